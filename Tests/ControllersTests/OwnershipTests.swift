// Garbage collection: what goes with its owner, and what stays.

import ControlPlane
import KubernetesAPI
import SimulationKit
import Testing

@Suite struct OwnershipTests {
    @Test func `what a deleted deployment owned goes with it`() {
        var test = TestCluster()
        test.deploy(replicas: 3)
        test.run(10)
        _ = try! test.cluster.delete(Deployment.self, test.deployment().key)
        test.run(10)
        #expect(test.cluster.store.replicaSets.isEmpty)
        #expect(test.cluster.store.pods.isEmpty)
    }

    @Test func `foreground deletion keeps the owner until its dependents are gone`() {
        var test = TestCluster()
        test.player.gone = .seconds(5)
        test.deploy(replicas: 3)
        test.run(10)
        let key = test.deployment().key
        _ = try! test.cluster.delete(Deployment.self, key, DeleteOptions(propagation: .foreground))
        test.run(3)
        #expect(test.cluster.store.deployments[key]?.metadata.isTerminating == true)
        #expect(test.cluster.store.pods.all.allSatisfy { $0.metadata.isTerminating })
        test.run(5)
        #expect(test.cluster.store.deployments[key] == nil)
        #expect(test.cluster.store.replicaSets.isEmpty && test.cluster.store.pods.isEmpty)
    }

    @Test func `orphans stay and are adopted by the next owner`() {
        var test = TestCluster()
        test.deploy(replicas: 3)
        test.run(10)
        let names = test.pods().map(\.name)
        _ = try! test.cluster.delete(
            Deployment.self, test.deployment().key, DeleteOptions(propagation: .orphan))
        test.run(5)
        #expect(test.cluster.store.deployments.isEmpty)
        #expect(test.cluster.store.replicaSets.all.allSatisfy { $0.metadata.ownerReferences.isEmpty })
        test.deploy(replicas: 3)
        test.run(5)
        #expect(test.pods().map(\.name) == names)
        #expect(test.sets().count == 1)
    }

    @Test func `an object whose owner never existed is collected`() {
        var test = TestCluster()
        var map = ConfigMap()
        map.metadata.name = "lost"
        var owner = OwnerReference()
        (owner.apiVersion, owner.kind, owner.name, owner.uid) = ("apps/v1", "Deployment", "nobody", "x")
        map.metadata.ownerReferences = [owner]
        let key = try! test.cluster.create(map).key
        test.run(1)
        #expect(test.cluster.store.configMaps[key] == nil)
    }

    // Scenario 20.
    @Test func `a deleted namespace loses its pods first and then the rest`() {
        var test = TestCluster()
        test.player.gone = .seconds(20)
        var namespace = Namespace()
        namespace.metadata.name = "shop"
        _ = try! test.cluster.create(namespace)
        test.run(1)
        var deployment = Deployment()
        deployment.metadata = Metadata(ObjectMeta(name: "web", namespace: "shop"))
        deployment.spec.replicas = 2
        deployment.spec.selector = LabelSelector(matchLabels: ["app": "web"])
        deployment.spec.template = TestCluster.template("web")
        _ = try! test.cluster.create(deployment)
        test.run(10)
        #expect(test.pods("shop").count == 2)
        let key = ObjectKey(name: "shop")
        _ = try! test.cluster.delete(Namespace.self, key)
        test.run(5)
        #expect(test.pods("shop").allSatisfy { $0.metadata.isTerminating })
        #expect(test.cluster.store.deployments.count == 1)
        let remaining = test.cluster.store.namespaces[key]?.status.conditions["NamespaceContentRemaining"]
        #expect(remaining?.reason == "SomeResourcesRemain")
        #expect(
            remaining?.message.hasPrefix("Some resources are remaining: pods. has 2 resource instances")
                == true)
        test.run(60)
        #expect(test.cluster.store.namespaces[key] == nil)
        #expect(test.cluster.store.deployments.isEmpty && test.pods("shop").isEmpty)
    }

    @Test func `each namespace has its account and its certificate`() {
        var test = TestCluster()
        test.run(1)
        let account = ObjectKey(namespace: "kube-system", name: "default")
        #expect(test.cluster.store.serviceAccounts[account] != nil)
        _ = try! test.cluster.delete(ServiceAccount.self, account)
        test.run(1)
        #expect(test.cluster.store.serviceAccounts[account] != nil)
        #expect(
            test.cluster.store.configMaps[ObjectKey(namespace: "kube-system", name: "kube-root-ca.crt")]
                != nil)
    }
}
