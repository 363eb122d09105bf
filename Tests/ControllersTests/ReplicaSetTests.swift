// ReplicaSets: which pods come, and which go first.

import ControlPlane
import Controllers
import KubernetesAPI
import SimulationKit
import Testing

@Suite struct ReplicaSetTests {
    private func makeSet(_ test: inout TestCluster, replicas: Int) -> ObjectKey {
        var set = ReplicaSet()
        set.metadata.name = "web"
        set.spec.replicas = replicas
        set.spec.selector = LabelSelector(matchLabels: ["app": "web"])
        set.spec.template = TestCluster.template("web")
        return try! test.cluster.create(set).key
    }

    // Scenario 5.
    @Test func `scaling down empties the fullest node first`() {
        var test = TestCluster(nodes: 3)
        for (node, count) in [("n0", 6), ("n1", 5), ("n2", 4)] {
            for index in 0..<count { test.addPod("web-\(node)-\(index)", labels: ["app": "web"], node: node) }
        }
        let key = makeSet(&test, replicas: 15)
        test.run(5)
        #expect(test.cluster.store.replicaSets[key]?.status.readyReplicas == 15)
        try! test.cluster.scale(.replicaSet, key, to: 9)
        test.run(10)
        let counts = ["n0", "n1", "n2"].map { test.cluster.store.pods(onNode: $0).count }
        #expect(counts == [0, 5, 4])
    }

    /// The seed alone differs: the pods, their identities and ages are the same.
    @Test func `who goes of equal pods is chance, from the seed`() {
        func survivors(_ seed: UInt64) -> [String] {
            var test = TestCluster(nodes: 4)
            test.controllers = ControllerManager(profile: test.cluster.profile, seed: seed)
            for index in 0..<8 { test.addPod("web-\(index)", labels: ["app": "web"], node: "n\(index % 4)") }
            let key = makeSet(&test, replicas: 8)
            test.run(5)
            try! test.cluster.scale(.replicaSet, key, to: 4)
            test.run(5)
            return test.pods().map(\.name)
        }
        let answers = (0..<12).map { survivors(UInt64($0)) }
        #expect(answers.allSatisfy { $0.count == 4 })
        #expect(Set(answers).count > 6)
        #expect(survivors(3) == answers[3])
    }

    // Scenario 6.
    @Test func `a pod that is not ready goes before a cheap one`() {
        var test = TestCluster()
        test.addPod("a", labels: ["app": "web"], node: "n0")
        test.addPod("b", labels: ["app": "web"], node: "n1", ready: false)
        let cheap = test.addPod("c", labels: ["app": "web"], node: "n2")
        test.cluster.modify(Pod.self, cheap.key) {
            $0.metadata.annotations["controller.kubernetes.io/pod-deletion-cost"] = "-10"
        }
        let key = makeSet(&test, replicas: 3)
        test.run(5)
        try! test.cluster.scale(.replicaSet, key, to: 2)
        test.run(5)
        #expect(test.pods().map(\.name) == ["a", "c"])
        try! test.cluster.scale(.replicaSet, key, to: 1)
        test.run(5)
        #expect(test.pods().map(\.name) == ["a"])
    }

    @Test func `a pod that no longer matches is released and replaced`() {
        var test = TestCluster()
        let key = makeSet(&test, replicas: 2)
        test.run(5)
        let first = test.pods()[0]
        try! test.cluster.update(Pod.self, first.key) { $0.metadata.labels["app"] = "other" }
        test.run(5)
        #expect(test.cluster.store.pods[first.key]?.metadata.controller == nil)
        #expect(test.cluster.store.pods.count == 3)
        // And adopted again when it matches again; then one is too many.
        try! test.cluster.update(Pod.self, first.key) { $0.metadata.labels["app"] = "web" }
        test.run(5)
        #expect(test.cluster.store.pods.count == 2)
        #expect(test.cluster.store.replicaSets[key]?.status.replicas == 2)
    }

    @Test func `a replacement comes as soon as a pod starts to terminate`() {
        var test = TestCluster()
        _ = makeSet(&test, replicas: 3)
        test.run(5)
        test.player.gone = .seconds(20)
        let victim = test.pods()[0]
        _ = try! test.cluster.delete(Pod.self, victim.key)
        test.run(1)
        #expect(test.pods().count == 4)
        test.run(1)
        #expect(test.cluster.store.replicaSets.all[0].status.terminatingReplicas == 1)
    }

    @Test func `no sync creates more than 500 pods`() {
        var test = TestCluster(nodes: 1)
        test.player.binds = false
        _ = makeSet(&test, replicas: 700)
        var most = 0
        var before = 0
        test.run(1) { cluster in
            most = max(most, cluster.store.pods.count - before)
            before = cluster.store.pods.count
        }
        #expect(before == 700)
        #expect(most == 500)
    }

    @Test func `minReadySeconds delays availability`() {
        var test = TestCluster()
        let key = makeSet(&test, replicas: 1)
        try! test.cluster.update(ReplicaSet.self, key) { $0.spec.minReadySeconds = 10 }
        test.run(8)
        #expect(test.cluster.store.replicaSets[key]?.status.readyReplicas == 1)
        #expect(test.cluster.store.replicaSets[key]?.status.availableReplicas == 0)
        test.run(5)
        #expect(test.cluster.store.replicaSets[key]?.status.availableReplicas == 1)
    }
}
