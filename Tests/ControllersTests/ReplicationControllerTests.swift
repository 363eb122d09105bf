import ControlPlane
import KubernetesAPI
import SimulationKit
import Testing

/// The older form of ReplicaSets, claims of ephemeral volumes, and secrets that are to hold tokens.
@Suite struct ReplicationControllerTests {
    private static func controller(_ replicas: Int) -> ReplicationController {
        var controller = ReplicationController()
        controller.metadata = Metadata(ObjectMeta(name: "rc", namespace: "default"))
        controller.spec.replicas = replicas
        controller.spec.selector = ["app": "rc"]
        controller.spec.template = TestCluster.template("rc")
        return controller
    }

    @Test func `it makes its pods, counts them and takes away what is too much`() throws {
        var test = TestCluster()
        try test.cluster.create(Self.controller(3))
        test.run(2)
        let pods = test.cluster.store.pods.sorted(namespace: "default")
        #expect(pods.count == 3)
        #expect(pods.allSatisfy { $0.metadata.controller?.kind == "ReplicationController" && $0.name.hasPrefix("rc-") })
        let key = ObjectKey(namespace: "default", name: "rc")
        #expect(test.cluster.store.replicationControllers[key]?.status?["replicas"] == 3)
        try test.cluster.update(ReplicationController.self, key) { $0.spec.replicas = 1 }
        test.run(2)
        #expect(test.cluster.store.pods.sorted(namespace: "default").count { $0.isActive } == 1)
        #expect(test.cluster.store.replicationControllers[key]?.status?["replicas"] == 1)
        let reasons = test.cluster.store.events.all.filter { $0.source.component == "replication-controller" }.map(\.reason)
        #expect(reasons.count { $0 == "SuccessfulCreate" } == 3)
        #expect(reasons.count { $0 == "SuccessfulDelete" } == 2)
    }

    @Test func `a claim is made for an ephemeral volume, and made again under its pod`() throws {
        var test = TestCluster()
        var volume = Volume()
        volume.name = "scratch"
        volume.ephemeral = ["volumeClaimTemplate": ["spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]]]]
        var pod = Pod()
        pod.metadata = Metadata(ObjectMeta(name: "p", namespace: "default"))
        pod.spec = TestCluster.template("p").spec
        pod.spec.volumes = [volume]
        let made = try test.cluster.create(pod)
        test.run(1)
        let key = ObjectKey(namespace: "default", name: "p-scratch")
        #expect(test.cluster.store.persistentVolumeClaims[key]?.metadata.controller?.uid == made.metadata.uid)
        let first = test.cluster.store.persistentVolumeClaims[key]?.metadata.uid
        test.cluster.store.remove(PersistentVolumeClaim.self, key, at: test.cluster.now)
        test.run(1)
        #expect(test.cluster.store.persistentVolumeClaims[key].map { $0.metadata.uid != first } == true)
    }

    @Test func `a secret of an account gets a token that is taken, and goes with the account`() throws {
        var test = TestCluster()
        test.run(1)
        var account = ServiceAccount()
        account.metadata = Metadata(ObjectMeta(name: "robot", namespace: "default"))
        try test.cluster.create(account)
        var secret = Secret()
        secret.metadata = Metadata(ObjectMeta(name: "s", namespace: "default"))
        secret.metadata.annotations["kubernetes.io/service-account.name"] = "robot"
        secret.type = "kubernetes.io/service-account-token"
        try test.cluster.create(secret)
        test.run(1)
        let key = ObjectKey(namespace: "default", name: "s")
        let data = test.cluster.store.secrets[key]?.data ?? [:]
        #expect(data.entries.map(\.key).sorted() == ["ca.crt", "namespace", "token"])
        let token = String(decoding: Base64.decode(data["token"] ?? "") ?? [], as: UTF8.self)
        #expect(try test.cluster.authenticate(token: token).get().user.name == "system:serviceaccount:default:robot")
        try test.cluster.delete(ServiceAccount.self, ObjectKey(namespace: "default", name: "robot"))
        test.run(1)
        #expect(test.cluster.store.secrets[key] == nil)
    }
}
