// EndpointSlices, and the binding of claims and volumes.

import ControlPlane
import Controllers
import KubernetesAPI
import SimulationKit
import Testing

@Suite struct EndpointSliceTests {
    private func expose(_ test: inout TestCluster) {
        var service = Service()
        service.metadata.name = "web"
        service.spec.selector = ["app": "web"]
        var port = ServicePort()
        port.port = 80
        port.targetPort = .int(8080)
        service.spec.ports = [port]
        _ = try! test.cluster.create(service)
    }
    private func endpoints(_ test: TestCluster) -> [Endpoint] {
        slices(test).flatMap(\.endpoints)
    }
    /// All but those of the API server itself.
    private func slices(_ test: TestCluster) -> [EndpointSlice] {
        test.cluster.store.endpointSlices.all.filter { $0.name != "kubernetes" }
    }

    @Test func `endpoints say where their pods are and how`() {
        var test = TestCluster()
        expose(&test)
        test.deploy(replicas: 3)
        test.run(10)
        #expect(endpoints(test).count == 3)
        #expect(endpoints(test).allSatisfy { $0.conditions.ready == true && $0.conditions.serving == true })
        #expect(Set(endpoints(test).compactMap(\.zone)) == ["z0", "z1", "z2"])
        #expect(slices(test)[0].ports.map(\.port) == [8080])
        let victim = test.pods()[0]
        _ = try! test.cluster.delete(Pod.self, victim.key)
        test.run(0.5)
        let ending = endpoints(test).first { $0.targetRef?["name"]?.string == victim.name }
        #expect(ending?.conditions.terminating == true)
        #expect(ending?.conditions.serving == true && ending?.conditions.ready == false)
        test.run(10)
        #expect(endpoints(test).count == 3)
    }

    @Test func `a slice has at most a hundred endpoints`() {
        var test = TestCluster(nodes: 5)
        test.deploy(replicas: 230)
        test.run(10)
        expose(&test)
        test.run(1)
        #expect(slices(test).map(\.endpoints.count) == [100, 100, 30])
    }

    @Test func `a slice of more endpoints, as another controller made it, is kept`() throws {
        var test = TestCluster(nodes: 5)
        test.deploy(replicas: 230)
        test.run(10)
        expose(&test)
        test.run(1)
        let (first, second) = (slices(test)[0], slices(test)[1])
        test.cluster.modify(EndpointSlice.self, first.key) { $0.endpoints += second.endpoints }
        _ = try test.cluster.delete(EndpointSlice.self, second.key)
        test.run(1)
        #expect(slices(test).map(\.endpoints.count).sorted() == [30, 200])
        _ = try test.cluster.delete(Pod.self, test.pods()[0].key)
        test.run(40)
        #expect(endpoints(test).count == 230)
        #expect(Set(endpoints(test).compactMap { $0.targetRef?["uid"]?.string }) == Set(test.pods().map(\.metadata.uid)))
    }

    @Test func `a lost node's endpoints are no longer ready`() {
        var test = TestCluster()
        expose(&test)
        test.deploy(replicas: 3)
        test.run(30)
        test.player.kill("n0")
        test.run(80)
        #expect(endpoints(test).filter { $0.conditions.ready == false }.map(\.nodeName) == ["n0"])
    }
}

/// Endpoints and budgets are brought up to date by the pods that changed: whatever happens, they tell what is there.
@Suite struct SelectedPodsTests {
    @Test(arguments: [1, 2, 3, 4] as [UInt64]) func `endpoints and budgets follow what happens to pods, nodes and Services`(_ seed: UInt64) throws {
        var test = TestCluster(nodes: 8, seed: seed)
        var random = SeededRandom(seed: seed, stream: "churn")
        for app in ["web", "api"] {
            var service = Service()
            service.metadata.name = app
            service.spec.selector = ["app": app]
            var port = ServicePort()
            port.port = 80
            service.spec.ports = [port]
            _ = try test.cluster.create(service)
            var budget = PodDisruptionBudget()
            budget.metadata.name = app
            budget.spec.selector = LabelSelector(matchLabels: ["app": app])
            budget.spec.maxUnavailable = .int(2)
            _ = try test.cluster.create(budget)
        }
        test.deploy("web", replicas: 130)
        test.deploy("api", replicas: 12)
        test.run(10)
        for round in 0..<60 {
            try disturb(&test, &random, round)
            test.run(random.below(3) == 0 ? 6 : 0.2)
            if round % 6 == 5 {
                test.run(12)
                for app in ["web", "api"] { check(app, test, round) }
            }
        }
    }

    private func disturb(_ test: inout TestCluster, _ random: inout SeededRandom, _ round: Int) throws {
        let pods = test.pods()
        let (pod, now) = (pods[random.below(pods.count)], test.cluster.now)
        switch random.below(7) {
        case 0: _ = try test.cluster.delete(Pod.self, pod.key)
        case 1: try test.cluster.update(Pod.self, pod.key) { $0.metadata.labels["app"] = $0.metadata.labels["app"] == "web" ? "api" : "web" }
        case 2: test.cluster.modify(Pod.self, pod.key) { $0.status.conditions.set(Condition(type: "Ready", status: !$0.isReady), now: now) }
        case 3:
            let node = ObjectKey(name: "n\(random.below(8))")
            test.cluster.modify(Node.self, node) { $0.metadata.labels[LabelKey.zone] = "z\(round)" }
        case 4:
            try test.cluster.update(Service.self, ObjectKey(namespace: "default", name: "api")) { $0.spec.ports[0].targetPort = .int(8000 + round) }
        case 5:
            let replicas = 90 + random.below(60)
            try test.cluster.update(Deployment.self, ObjectKey(namespace: "default", name: "web")) { $0.spec.replicas = replicas }
        default: for pod in pods.prefix(15) { _ = try test.cluster.delete(Pod.self, pod.key) }
        }
    }

    private func check(_ app: String, _ test: TestCluster, _ round: Int) {
        let store = test.cluster.store
        let pods = test.pods().filter { $0.metadata.labels["app"] == app }
        let slices = store.endpointSlices.all.filter { $0.metadata.labels[LabelKey.serviceName] == app }
        // A node's zone is looked at when something else of the Service changes.
        let told = slices.flatMap(\.endpoints).map { "\($0.addresses) \($0.conditions.ready == true) \($0.nodeName ?? "")" }.sorted()
        let there = pods.filter { !$0.isFinished && !$0.status.podIP.isEmpty }.map { pod in
            "\([pod.status.podIP]) \(pod.isReady && !pod.metadata.isTerminating) \(pod.nodeName)"
        }
        #expect(told == there.sorted(), "\(app) after \(round)")
        #expect(slices.allSatisfy { $0.endpoints.count <= 100 })
        let status = store.podDisruptionBudgets[ObjectKey(namespace: "default", name: app)]?.status
        #expect(status?.currentHealthy == pods.count { $0.isReady && !$0.metadata.isTerminating }, "\(app) after \(round)")
    }
}

@Suite struct PersistentVolumeTests {
    private let key = ObjectKey(namespace: "default", name: "data")
    private func addClass(_ test: inout TestCluster, _ mode: String, isDefault: Bool = false) {
        var made = StorageClass()
        made.metadata.name = "fast"
        made.provisioner = "disk.example.com"
        made.volumeBindingMode = mode
        if isDefault { made.metadata.annotations["storageclass.kubernetes.io/is-default-class"] = "true" }
        _ = try! test.cluster.create(made)
    }
    private func claim(_ test: inout TestCluster, className: String?) {
        var claim = PersistentVolumeClaim()
        claim.metadata.name = "data"
        claim.spec.accessModes = ["ReadWriteOnce"]
        claim.spec.storageClassName = className
        claim.spec.resources.requests = ["storage": Quantity("1Gi")!]
        _ = try! test.cluster.create(claim)
    }
    private func phase(_ test: TestCluster) -> String? {
        test.cluster.store.persistentVolumeClaims[key]?.status.phase
    }

    // V1.
    @Test func `an immediate class makes the volume at once`() {
        var test = TestCluster()
        addClass(&test, "Immediate", isDefault: true)
        claim(&test, className: nil)
        test.run(4.9)
        #expect(phase(test) == "Pending")
        test.run(1)
        #expect(phase(test) == "Bound")
        let volume = test.cluster.store.persistentVolumes.all[0]
        #expect(volume.status.phase == "Bound" && volume.spec.nodeAffinity == nil)
        #expect(test.events("ProvisioningSucceeded") == ["Successfully provisioned volume \(volume.name)"])
        // V15, without a pod: the claim's end is the volume's end.
        _ = try! test.cluster.delete(PersistentVolumeClaim.self, key)
        test.run(1)
        #expect(
            test.cluster.store.persistentVolumeClaims.isEmpty && test.cluster.store.persistentVolumes.isEmpty)
    }

    // V2.
    @Test func `a class that waits gets its volume in the zone of the chosen node`() {
        var test = TestCluster()
        addClass(&test, "WaitForFirstConsumer")
        claim(&test, className: "fast")
        test.run(60)
        #expect(phase(test) == "Pending")
        #expect(
            test.events("WaitForFirstConsumer").first
                == "waiting for first consumer to be created before binding")
        try! test.cluster.update(PersistentVolumeClaim.self, key) {
            $0.metadata.annotations["volume.kubernetes.io/selected-node"] = "n1"
        }
        test.run(6)
        #expect(phase(test) == "Bound")
        let affinity = test.cluster.store.persistentVolumes.all[0].spec.nodeAffinity?.required
        #expect(affinity?.nodeSelectorTerms[0].matchExpressions[0].values == ["z1"])
    }

    @Test func `a claim without class takes the smallest volume that suits`() {
        var test = TestCluster()
        claim(&test, className: "")
        test.run(1)
        #expect(
            test.events("FailedBinding")
                == ["no persistent volumes available for this claim and no storage class is set"])
        for (name, size) in [("small", "500Mi"), ("large", "10Gi"), ("right", "2Gi")] {
            var volume = PersistentVolume()
            volume.metadata.name = name
            volume.spec.capacity = ["storage": Quantity(size)!]
            volume.spec.accessModes = ["ReadWriteOnce"]
            volume.spec.persistentVolumeReclaimPolicy = "Retain"
            var disk = CSIPersistentVolumeSource()
            (disk.driver, disk.volumeHandle) = ("disk.example.com", name)
            volume.spec.csi = disk
            _ = try! test.cluster.create(volume)
        }
        test.run(1)
        #expect(test.cluster.store.persistentVolumeClaims[key]?.spec.volumeName == "right")
        _ = try! test.cluster.delete(PersistentVolumeClaim.self, key)
        test.run(1)
        #expect(test.cluster.store.persistentVolumes[ObjectKey(name: "right")]?.status.phase == "Released")
        #expect(test.cluster.store.persistentVolumes[ObjectKey(name: "large")]?.status.phase == "Available")
    }
}

@Suite struct DeterminismTests {
    @Test func `the same seed gives the same history, and a copy is a fork`() {
        func history(fork: Bool) -> [String] {
            var test = TestCluster(nodes: 6)
            test.deploy(replicas: 20)
            test.run(10)
            if fork {
                var other = test
                other.setImage("v3")
                other.run(30)
            }
            test.setImage("v2")
            test.player.kill("n2")
            test.run(400)
            return test.cluster.eventLog.events.map {
                "\($0.time.nanoseconds) \($0.objectText) \($0.reason) \($0.message)"
            }
        }
        let plain = history(fork: false)
        #expect(plain.count > 60)
        #expect(plain == history(fork: true))
    }

    @Test func `the controllers rest when nothing is to be done`() {
        var test = TestCluster()
        test.deploy(replicas: 3)
        test.run(30)
        var writes = 0
        let before = test.cluster.store.revision
        test.run(60)
        writes = test.cluster.store.revision - before
        #expect(writes == 0)
    }

    @Test func `an undone roll-out brings the former template back as a new revision`() {
        var test = TestCluster()
        test.deploy(replicas: 2)
        test.run(10)
        test.setImage("v2")
        test.run(20)
        let key = test.deployment().key
        let answer = try? test.cluster.undoRollout(ofDeployment: key)
        #expect(answer == "rolled back")
        test.run(20)
        #expect(test.deployment().metadata.annotations["deployment.kubernetes.io/revision"] == "3")
        #expect(test.sets().map { $0.spec.template.spec.containers[0].image } == ["v2", "v1"])
        #expect(test.sizes() == [0, 2])
        let missing = try? test.cluster.undoRollout(ofDeployment: key, toRevision: 9)
        #expect(missing == nil)
    }
}
