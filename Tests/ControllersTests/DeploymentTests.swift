// Rollouts of Deployments: replica sets, surge, revisions, progress.

import ControlPlane
import KubernetesAPI
import SimulationKit
import Testing

@Suite struct DeploymentTests {
    @Test func `a new deployment gets its pods through one replica set`() {
        var test = TestCluster()
        test.deploy(replicas: 3)
        test.run(10)
        let deployment = test.deployment()
        #expect(deployment.status.readyReplicas == 3)
        #expect(deployment.status.observedGeneration == deployment.metadata.generation)
        #expect(deployment.metadata.annotations["deployment.kubernetes.io/revision"] == "1")
        let set = test.sets()[0]
        #expect(test.events("ScalingReplicaSet") == ["Scaled up replica set \(set.name) from 0 to 3"])
        #expect(test.events("SuccessfulCreate").count == 3)
        let progressing = deployment.status.conditions["Progressing"]
        #expect(progressing?.reason == "NewReplicaSetAvailable")
        #expect(progressing?.message == "ReplicaSet \"\(set.name)\" has successfully progressed.")
        #expect(deployment.status.conditions["Available"]?.message == "Deployment has minimum availability.")
        for pod in test.pods() {
            #expect(pod.name.hasPrefix(set.name + "-"))
            #expect(pod.metadata.labels["pod-template-hash"] == set.metadata.labels["pod-template-hash"])
        }
        // Admission completes the template's spec once; all of its pods share the result.
        let specs = test.pods().map(\.spec)
        #expect(specs.allSatisfy { $0.identity == specs[0].identity })
    }

    @Test func `older versions tell scaling the other way round`() {
        var test = TestCluster(minor: 27)
        test.deploy(replicas: 3)
        test.run(5)
        try! test.cluster.scale(.deployment, test.deployment().key, to: 1)
        test.run(5)
        let name = test.sets()[0].name
        #expect(
            test.events("ScalingReplicaSet")
                == ["Scaled up replica set \(name) to 3", "Scaled down replica set \(name) to 1 from 3"])
    }

    @Test(arguments: [(1, 1, 0), (2, 1, 0), (3, 1, 0), (4, 1, 1), (5, 2, 1), (10, 3, 2), (15, 4, 3)])
    func `a quarter rounds up for surge and down for unavailable`(replicas: Int, surge: Int, unavailable: Int) {
        var test = TestCluster(nodes: 5)
        test.deploy(replicas: replicas)
        test.run(10)
        test.player.brokenImages = ["v2"]
        test.setImage("v2")
        test.run(60)
        #expect(test.sizes() == [replicas - unavailable, surge + unavailable])
        #expect(test.deployment().status.availableReplicas == replicas - unavailable)
    }

    // Scenario 1.
    @Test func `ten replicas roll over within surge and availability`() {
        var test = TestCluster(nodes: 5)
        test.deploy(replicas: 10) { spec in
            spec.strategy.rollingUpdate = RollingUpdateDeployment()
            spec.strategy.rollingUpdate?.maxSurge = .int(3)
            spec.strategy.rollingUpdate?.maxUnavailable = .int(2)
        }
        test.run(10)
        test.setImage("v2")
        var steps: [[Int]] = []
        var least = Int.max
        test.run(30) { cluster in
            let sets = cluster.store.replicaSets.all
            let sizes = sets.map { $0.spec.replicas ?? 1 }
            if steps.last != sizes { steps.append(sizes) }
            least = min(least, cluster.store.pods.all.count { $0.isActive && $0.isReady })
            #expect(sizes.reduce(0, +) <= 13)
        }
        // The new set comes with 3 (13 in sum); the same sync takes the spare 2 off the old one.
        #expect(steps.prefix(2) == [[8, 3], [8, 5]])
        #expect(steps.last == [0, 10])
        #expect(least >= 8)
        #expect(test.deployment().metadata.annotations["deployment.kubernetes.io/revision"] == "2")
    }

    // Scenario 2.
    @Test func `two replicas roll over one by one`() {
        var test = TestCluster()
        test.deploy(replicas: 2)
        test.run(10)
        test.setImage("v2")
        var steps: [[Int]] = []
        test.run(30) { cluster in
            let sizes = cluster.store.replicaSets.all.map { $0.spec.replicas ?? 1 }
            if steps.last != sizes { steps.append(sizes) }
        }
        #expect(steps == [[2, 1], [1, 1], [1, 2], [0, 2]])
    }

    // Scenario 3.
    @Test func `a roll-out that is stuck is scaled in proportion`() {
        var test = TestCluster(nodes: 5)
        test.player.brokenImages = ["v2"]
        test.deploy(replicas: 10) { spec in
            spec.strategy.rollingUpdate = RollingUpdateDeployment()
            spec.strategy.rollingUpdate?.maxSurge = .int(3)
            spec.strategy.rollingUpdate?.maxUnavailable = .int(2)
        }
        test.run(10)
        test.setImage("v2")
        test.run(30)
        #expect(test.sizes() == [8, 5])
        try! test.cluster.scale(.deployment, test.deployment().key, to: 15)
        test.run(5)
        #expect(test.sizes() == [11, 7])
    }

    @Test func `scaling a stuck roll-out down keeps the old pods that must be available`() {
        var test = TestCluster(nodes: 5)
        test.player.brokenImages = ["v2"]
        test.deploy(replicas: 10) { spec in
            spec.strategy.rollingUpdate = RollingUpdateDeployment()
            spec.strategy.rollingUpdate?.maxSurge = .int(3)
            spec.strategy.rollingUpdate?.maxUnavailable = .int(2)
        }
        test.run(10)
        test.setImage("v2")
        test.run(30)
        try! test.cluster.scale(.deployment, test.deployment().key, to: 5)
        test.run(60)
        #expect(test.sizes() == [3, 5])
        #expect(test.deployment().status.availableReplicas == 3)
        #expect(test.deployment().status.conditions["Available"]?.isTrue == true)
    }

    /// By its own steps a roll-out never goes below the wanted availability nor above the surge, whatever is scaled,
    /// rolled back or rolled over meanwhile.
    @Test(arguments: 1...12) func `random roll-outs keep their promises`(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed), stream: "rollouts")
        var test = TestCluster(nodes: 4)
        test.player.brokenImages = ["v2", "v4"]
        func bound() -> IntOrString { random.below(2) == 0 ? .int(random.below(5)) : .string("\(1 + random.below(60))%") }
        test.deploy(replicas: random.below(12)) { spec in
            spec.minReadySeconds = random.below(2) * 3
            spec.strategy.rollingUpdate = RollingUpdateDeployment()
            spec.strategy.rollingUpdate?.maxSurge = bound()
            spec.strategy.rollingUpdate?.maxUnavailable = random.below(3) == 0 ? .int(0) : bound()
            if spec.strategy.rollingUpdate?.maxSurge == .int(0) { spec.strategy.rollingUpdate?.maxSurge = .int(1) }
        }
        let key = test.deployment().key
        struct View {
            var sizes: [String: Int] = [:]
            var ready: [String: Int] = [:]
            var desired: [String: String] = [:]
            var total: Int { sizes.values.reduce(0, +) }
            /// Ready pods that stay if each set gets its size.
            var kept: Int { sizes.reduce(0) { $0 + min(ready[$1.key] ?? 0, $1.value) } }
        }
        func look(_ cluster: Cluster) -> View {
            var view = View()
            for set in cluster.store.replicaSets.all {
                view.sizes[set.metadata.uid] = set.spec.replicas ?? 1
                view.desired[set.metadata.uid] = set.metadata.annotations["deployment.kubernetes.io/desired-replicas"]
                view.ready[set.metadata.uid] = cluster.store.pods(ownedBy: set.metadata.uid).count { $0.isActive && $0.isReady }
            }
            return view
        }
        var before = look(test.cluster)
        for _ in 0..<14 {
            test.run(Double(random.below(8)) + 0.3) { cluster in
                let now = look(cluster)
                defer { before = now }
                guard let spec = cluster.store.deployments[key]?.spec.value, now.sizes != before.sizes else { return }
                let wanted = spec.replicas ?? 1
                let surge = spec.strategy.rollingUpdate?.maxSurge?.scaled(of: wanted, roundUp: true) ?? 0
                var missing = spec.strategy.rollingUpdate?.maxUnavailable?.scaled(of: wanted, roundUp: false) ?? 0
                if surge == 0, missing == 0 { missing = 1 }
                #expect(now.total <= max(before.total, wanted + surge))
                // In proportion to their sizes sets are scaled whatever becomes of availability.
                let isScaling = now.desired.contains { before.desired[$0.key] ?? $0.value != $0.value }
                if !isScaling { #expect(now.kept >= min(before.kept, wanted - min(missing, wanted))) }
            }
            switch random.below(3) {
            case 0: try! test.cluster.scale(.deployment, key, to: random.below(16))
            default: test.setImage("v\(1 + random.below(5))")
            }
            before = look(test.cluster)
        }
        test.setImage("v9")
        test.run(200)
        #expect(test.sizes().last == test.deployment().spec.replicas && test.sizes().dropLast().allSatisfy { $0 == 0 })
    }

    // Scenario 4.
    @Test func `a roll-out without progress fails after its deadline`() {
        var test = TestCluster()
        test.deploy(replicas: 4) { $0.progressDeadlineSeconds = 60 }
        test.run(10)
        test.player.brokenImages = ["v2"]
        test.setImage("v2")
        test.run(50)
        #expect(test.deployment().status.conditions["Progressing"]?.status == "True")
        test.run(30)
        let progressing = test.deployment().status.conditions["Progressing"]
        #expect(progressing?.reason == "ProgressDeadlineExceeded")
        #expect(progressing?.message == "ReplicaSet \"\(test.sets()[1].name)\" has timed out progressing.")
        #expect(test.deployment().status.availableReplicas == 3)
        #expect(test.deployment().status.conditions["Available"]?.status == "True")
    }

    @Test func `recreate waits for the last old pod`() {
        var test = TestCluster()
        test.deploy(replicas: 3) { $0.strategy.type = "Recreate" }
        test.run(10)
        test.setImage("v2")
        test.run(30) { cluster in
            let images = Set(cluster.store.pods.all.map { $0.spec.containers[0].image })
            #expect(images.count <= 1)
        }
        #expect(test.sizes() == [0, 3])
        #expect(test.deployment().status.readyReplicas == 3)
    }

    @Test func `a paused deployment scales but does not roll`() {
        var test = TestCluster()
        test.deploy(replicas: 2)
        test.run(10)
        try! test.cluster.update(Deployment.self, test.deployment().key) { $0.spec.paused = true }
        test.setImage("v2")
        try! test.cluster.scale(.deployment, test.deployment().key, to: 4)
        test.run(10)
        #expect(test.sizes() == [4])
        #expect(test.deployment().status.conditions["Progressing"]?.message == "Deployment is paused")
        try! test.cluster.update(Deployment.self, test.deployment().key) { $0.spec.paused = false }
        test.run(30)
        #expect(test.sizes() == [0, 4])
    }

    @Test func `old replica sets beyond the history limit go`() {
        var test = TestCluster()
        test.deploy(replicas: 1) { $0.revisionHistoryLimit = 2 }
        for image in ["v2", "v3", "v4", "v5"] {
            test.run(15)
            test.setImage(image)
        }
        test.run(15)
        #expect(test.sets().map { $0.spec.template.spec.containers[0].image } == ["v3", "v4", "v5"])
    }
}
