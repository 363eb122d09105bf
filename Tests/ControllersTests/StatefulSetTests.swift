// StatefulSets: order, identity, claims, partitions.

import ControlPlane
import KubernetesAPI
import SimulationKit
import Testing

@Suite struct StatefulSetTests {
    private let key = ObjectKey(namespace: "default", name: "web")
    private func make(
        _ test: inout TestCluster, replicas: Int, _ change: (inout StatefulSetSpec) -> Void = { _ in }
    ) {
        var set = StatefulSet()
        set.metadata.name = "web"
        set.spec.replicas = replicas
        set.spec.serviceName = "web"
        set.spec.selector = LabelSelector(matchLabels: ["app": "web"])
        set.spec.template = TestCluster.template("web")
        change(&set.spec.value)
        _ = try! test.cluster.create(set)
    }
    private func images(_ test: TestCluster) -> [String] { test.pods().map { $0.spec.containers[0].image } }

    @Test func `pods come one after another with their identity`() {
        var test = TestCluster()
        make(&test, replicas: 3) { spec in
            var claim = PersistentVolumeClaim()
            claim.metadata.name = "data"
            claim.spec.accessModes = ["ReadWriteOnce"]
            claim.spec.resources.requests = ["storage": Quantity("1Gi")!]
            spec.volumeClaimTemplates = [claim]
        }
        test.run(20) { cluster in
            // Invariant 9: nobody is created while a lower ordinal is not available.
            let pods = cluster.store.pods.sorted()
            #expect(pods.dropLast().allSatisfy { $0.isReady })
        }
        let pods = test.pods()
        #expect(pods.map(\.name) == ["web-0", "web-1", "web-2"])
        #expect(pods[1].metadata.labels["apps.kubernetes.io/pod-index"] == "1")
        #expect(pods[1].metadata.labels["statefulset.kubernetes.io/pod-name"] == "web-1")
        #expect(pods[1].spec.hostname == "web-1" && pods[1].spec.subdomain == "web")
        #expect(pods[1].spec.volumes[0].persistentVolumeClaim?.claimName == "data-web-1")
        #expect(
            test.cluster.store.persistentVolumeClaims.sorted().map(\.name) == [
                "data-web-0", "data-web-1", "data-web-2",
            ])
        #expect(test.events("SuccessfulCreate").contains("Create Pod web-0 in StatefulSet web successful"))
        let status = test.cluster.store.statefulSets[key]!.status
        #expect(
            [status.replicas, status.readyReplicas, status.currentReplicas, status.updatedReplicas] == [
                3, 3, 3, 3,
            ])
        #expect(pods[0].metadata.labels["controller-revision-hash"] == status.currentRevision)
    }

    @Test func `scaling down takes the highest ordinal and waits for it`() {
        var test = TestCluster()
        make(&test, replicas: 3)
        test.run(20)
        try! test.cluster.scale(.statefulSet, key, to: 1)
        test.run(1)
        #expect(test.pods().map(\.metadata.isTerminating) == [false, false, true])
        test.run(10)
        #expect(test.pods().map(\.name) == ["web-0"])
    }

    @Test func `parallel pods come all at once`() {
        var test = TestCluster()
        make(&test, replicas: 3) { $0.podManagementPolicy = "Parallel" }
        test.run(0.5)
        #expect(test.pods().count == 3)
    }

    @Test func `an update goes from the highest ordinal down to the partition`() {
        var test = TestCluster()
        make(&test, replicas: 3) { spec in
            spec.updateStrategy.rollingUpdate = RollingUpdateStatefulSet()
            spec.updateStrategy.rollingUpdate?.partition = 1
        }
        test.run(20)
        try! test.cluster.update(StatefulSet.self, key) { $0.spec.template.spec.containers[0].image = "v2" }
        test.run(2)
        #expect(test.pods().map(\.metadata.isTerminating) == [false, false, true])
        test.run(30)
        #expect(images(test) == ["v1", "v2", "v2"])
        // The pod before the partition comes again as it was.
        _ = try! test.cluster.delete(Pod.self, ObjectKey(namespace: "default", name: "web-0"))
        test.run(10)
        #expect(images(test) == ["v1", "v2", "v2"])
        try! test.cluster.update(StatefulSet.self, key) {
            $0.spec.updateStrategy.rollingUpdate?.partition = 0
        }
        test.run(10)
        #expect(images(test) == ["v2", "v2", "v2"])
        let status = test.cluster.store.statefulSets[key]!.status
        #expect(status.currentRevision == status.updateRevision)
    }

    @Test(arguments: ["OrderedReady", "Parallel"])
    func `an update takes one pod at a time`(policy: String) {
        var test = TestCluster()
        make(&test, replicas: 5) { $0.podManagementPolicy = policy }
        test.run(30)
        try! test.cluster.update(StatefulSet.self, key) { $0.spec.template.spec.containers[0].image = "v2" }
        var least = 5
        test.run(60) { least = min(least, $0.store.pods.all.count { $0.isReady && !$0.metadata.isTerminating }) }
        #expect(least == 4)
        #expect(images(test) == Array(repeating: "v2", count: 5))
    }

    @Test(arguments: [
        ("50%", 5, 2), ("10%", 5, 1), ("99%", 5, 4), ("100%", 3, 3), ("40%", 5, 2), ("2", 5, 2), ("", 4, 1),
    ])
    func `where it counts maxUnavailable is rounded down and at least one`(text: String, replicas: Int, atOnce: Int) {
        for policy in ["OrderedReady", "Parallel"] {
            var test = TestCluster(gates: [.maxUnavailableStatefulSet: true])
            make(&test, replicas: replicas) { spec in
                spec.podManagementPolicy = policy
                spec.updateStrategy.rollingUpdate = RollingUpdateStatefulSet()
                spec.updateStrategy.rollingUpdate?.maxUnavailable = text.isEmpty ? nil : Int(text).map { .int($0) } ?? .string(text)
            }
            test.run(30)
            try! test.cluster.update(StatefulSet.self, key) { $0.spec.template.spec.containers[0].image = "v2" }
            test.run(1)
            let gone = test.pods().filter(\.metadata.isTerminating).map(\.name)
            #expect(gone == (replicas - atOnce..<replicas).map { "web-\($0)" })
            var least = replicas
            test.run(90) { least = min(least, $0.store.pods.all.count { $0.isReady && !$0.metadata.isTerminating }) }
            #expect(least == replicas - atOnce)
            #expect(images(test) == Array(repeating: "v2", count: replicas))
        }
    }

    // Scenario 18.
    @Test func `a pod on a lost node is replaced only once it is out of service`() {
        var test = TestCluster(nodes: 4, zones: 2)
        make(&test, replicas: 3) { spec in
            spec.template.spec.tolerations = [
                Toleration(
                    key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute",
                    seconds: 300)
            ]
        }
        test.run(60)
        let lost = test.pods()[1]
        test.player.kill(lost.nodeName)
        test.run(500)
        #expect(test.cluster.store.pods[lost.key]?.metadata.uid == lost.metadata.uid)
        #expect(test.cluster.store.pods[lost.key]?.metadata.isTerminating == true)
        try! test.cluster.update(Node.self, ObjectKey(name: lost.nodeName)) {
            $0.spec.taints.append(Taint(key: "node.kubernetes.io/out-of-service", effect: "NoExecute"))
        }
        test.run(60)
        let again = test.cluster.store.pods[lost.key]!
        #expect(again.metadata.uid != lost.metadata.uid && again.isReady && again.nodeName != lost.nodeName)
    }
}

@Suite struct DaemonSetTests {
    private let key = ObjectKey(namespace: "default", name: "agent")
    private func make(_ test: inout TestCluster, _ change: (inout DaemonSetSpec) -> Void = { _ in }) {
        var set = DaemonSet()
        set.metadata.name = "agent"
        set.spec.selector = LabelSelector(matchLabels: ["app": "agent"])
        set.spec.template = TestCluster.template("agent")
        change(&set.spec.value)
        _ = try! test.cluster.create(set)
    }

    @Test func `orphans are adopted, and pods that no longer match are let go`() {
        var test = TestCluster(nodes: 3)
        // A pod with the right labels and one with others.
        let orphan = test.addPod("mine", labels: ["app": "agent"], node: "n1")
        test.addPod("other", labels: ["app": "else"], node: "n2")
        make(&test) { $0.updateStrategy.type = "OnDelete" }
        test.run(10)
        let owned = { (test: TestCluster) in test.pods().filter { $0.metadata.controller?.kind == "DaemonSet" } }
        #expect(owned(test).map(\.nodeName).sorted() == ["n0", "n1", "n2"])
        #expect(test.cluster.store.pods[orphan.key]?.metadata.uid == orphan.metadata.uid)
        #expect(owned(test).contains { $0.name == "mine" })
        // Out of the selector: released, and replaced on its node.
        test.cluster.modify(Pod.self, orphan.key) { $0.metadata.labels = ["app": "loose"] }
        test.run(10)
        #expect(test.cluster.store.pods[orphan.key]?.metadata.controller == nil)
        #expect(owned(test).map(\.nodeName).sorted() == ["n0", "n1", "n2"])
        #expect(!owned(test).contains { $0.name == "mine" })
        // Back in: one of the two on the node goes, the older stays.
        test.cluster.modify(Pod.self, orphan.key) { $0.metadata.labels = ["app": "agent"] }
        test.run(10)
        #expect(owned(test).map(\.nodeName).sorted() == ["n0", "n1", "n2"])
        #expect(owned(test).contains { $0.name == "mine" })
    }

    @Test func `a set made again takes over the pods and revisions of the one that was deleted without them`() {
        var test = TestCluster(nodes: 3)
        make(&test)
        test.run(10)
        let before = test.pods().map(\.metadata.uid)
        _ = try! test.cluster.delete(DaemonSet.self, key, DeleteOptions(propagation: .orphan))
        test.run(5)
        #expect(test.pods().allSatisfy { $0.metadata.controller == nil })
        make(&test)
        test.run(20)
        #expect(test.pods().map(\.metadata.uid) == before)
        #expect(test.pods().allSatisfy { $0.metadata.controller?.name == "agent" })
        #expect(test.cluster.store.daemonSets[key]?.status.updatedNumberScheduled == 3)
        #expect(test.cluster.store.controllerRevisions.count == 1)
    }

    @Test(arguments: [false, true]) func `tolerations that compare numbers count where the gate is on`(isOn: Bool) {
        var test = TestCluster(nodes: 3, gates: [.taintTolerationComparisonOperators: isOn])
        for (name, tier) in [("n0", "3"), ("n1", "7")] {
            try! test.cluster.update(Node.self, ObjectKey(name: name)) {
                $0.spec.taints.append(Taint(key: "tier", value: tier, effect: "NoExecute"))
            }
        }
        var set = DaemonSet()
        set.metadata.name = "agent"
        set.spec.selector = LabelSelector(matchLabels: ["app": "agent"])
        set.spec.template = TestCluster.template("agent")
        set.spec.template.spec.tolerations = [Toleration(key: "tier", operator: "Gt", value: "5", effect: "NoExecute")]
        guard isOn else {
            let message = "spec.template.spec.tolerations[0].operator: Unsupported value: \"Gt\": supported values: \"Equal\", \"Exists\", \"Lt\", \"Gt\""
            let error = #expect(throws: APIError.self) { try test.cluster.create(set) }
            #expect(error?.message.hasSuffix(message) == true)
            return
        }
        _ = try! test.cluster.create(set)
        test.run(10)
        #expect(test.pods().map(\.nodeName).sorted() == ["n1", "n2"])
        // The eviction by taints compares in the same way.
        try! test.cluster.update(Node.self, ObjectKey(name: "n1")) { $0.spec.taints[0].value = "5" }
        test.run(10)
        #expect(test.pods().map(\.nodeName).sorted() == ["n2"])
    }

    @Test func `each node has one pod, cordoned or new`() {
        var test = TestCluster(nodes: 3)
        try! test.cluster.cordon("n0")
        make(&test)
        test.run(10)
        #expect(test.pods().map(\.nodeName).sorted() == ["n0", "n1", "n2"])
        test.addNode("n3", zone: "z0")
        test.run(10)
        #expect(test.pods().count == 4)
        let status = test.cluster.store.daemonSets[key]!.status
        #expect(
            [status.desiredNumberScheduled, status.numberReady, status.updatedNumberScheduled] == [4, 4, 4])
        let terms = test.pods()[0].spec.affinity?.nodeAffinity?.required?.nodeSelectorTerms
        #expect(terms?.first?.matchFields.first?.key == "metadata.name")
    }

    @Test func `a taint keeps new pods away and NoExecute drives them off`() {
        var test = TestCluster(nodes: 3)
        make(&test)
        test.run(10)
        try! test.cluster.update(Node.self, ObjectKey(name: "n0")) {
            $0.spec.taints = [Taint(key: "gpu", effect: "NoSchedule")]
        }
        test.run(10)
        #expect(test.pods().count == 3)
        #expect(test.cluster.store.daemonSets[key]?.status.numberMisscheduled == 1)
        try! test.cluster.update(Node.self, ObjectKey(name: "n0")) {
            $0.spec.taints = [Taint(key: "gpu", effect: "NoExecute")]
        }
        test.run(10)
        #expect(test.pods().map(\.nodeName).sorted() == ["n1", "n2"])
    }

    @Test(arguments: [1, 2])
    func `an update replaces at most maxUnavailable at a time`(most: Int) {
        var test = TestCluster(nodes: 5)
        make(&test) { spec in
            spec.updateStrategy.rollingUpdate = RollingUpdateDeployment()
            spec.updateStrategy.rollingUpdate?.maxUnavailable = .int(most)
        }
        test.run(10)
        try! test.cluster.update(DaemonSet.self, key) { $0.spec.template.spec.containers[0].image = "v2" }
        var least = Int.max
        test.run(60) { cluster in
            least = min(least, cluster.store.pods.all.count { $0.isReady && !$0.metadata.isTerminating })
        }
        #expect(least == 5 - most)
        #expect(test.pods().allSatisfy { $0.spec.containers[0].image == "v2" })
    }
}
