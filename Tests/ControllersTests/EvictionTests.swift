// Disruption budgets: their status, and what they refuse.

import ControlPlane
import KubernetesAPI
import SimulationKit
import Testing

@Suite struct EvictionTests {
    private func budget(_ test: inout TestCluster, _ change: (inout PodDisruptionBudgetSpec) -> Void)
        -> ObjectKey
    {
        var budget = PodDisruptionBudget()
        budget.metadata.name = "pdb"
        budget.spec.selector = LabelSelector(matchLabels: ["app": "web"])
        change(&budget.spec)
        return try! test.cluster.create(budget).key
    }
    private func refusal(_ test: inout TestCluster, _ pod: Pod) -> APIError? {
        do throws(APIError) {
            try test.cluster.evict(pod: pod.key)
            return nil
        } catch { return error }
    }

    // Scenario 15.
    @Test func `a drain waits for ever for a budget that allows nothing`() {
        var test = TestCluster(nodes: 2)
        test.deploy(replicas: 2)
        let key = budget(&test) { $0.minAvailable = .int(2) }
        test.run(10)
        let pod = test.cluster.store.pods(onNode: "n0")[0]
        let error = refusal(&test, pod)
        #expect(error?.code == 429)
        #expect(error?.message == "Cannot evict pod as it would violate the pod's disruption budget.")
        #expect(
            error?.causes == [
                .init(
                    reason: "DisruptionBudget",
                    message: "The disruption budget pdb needs 2 healthy pods and has 2 currently")
            ])
        var drain = Drain(node: "n0")
        for _ in 0..<4 {
            drain.step(&test.cluster)
            test.run(5)
        }
        let text =
            "error when evicting pods/\"\(pod.name)\" -n \"default\" (will retry after 5s): "
            + "Cannot evict pod as it would violate the pod's disruption budget."
        #expect(
            drain.lines == ["node/n0 cordoned", "evicting pod default/\(pod.name)"]
                + Array(repeating: text, count: 4))
        #expect(drain.state == .running)
        #expect(test.cluster.store.podDisruptionBudgets[key]?.status.disruptionsAllowed == 0)
    }

    @Test func `a drain that may evict ends with an empty node`() {
        var test = TestCluster(nodes: 3)
        test.deploy(replicas: 3)
        test.run(10)
        let pod = test.cluster.store.pods(onNode: "n0")[0]
        var drain = Drain(node: "n0")
        while let next = drain.nextStep {
            test.run(max(0, (next - test.cluster.now).seconds))
            drain.step(&test.cluster)
        }
        #expect(
            drain.lines == [
                "node/n0 cordoned", "evicting pod default/\(pod.name)", "pod/\(pod.name) evicted",
                "node/n0 drained",
            ])
        #expect(drain.state == .drained)
        #expect(test.cluster.store.pods(onNode: "n0").isEmpty)
    }

    @Test func `a drain refuses pods that need a flag`() {
        var test = TestCluster()
        test.addPod("bare", labels: [:], node: "n0")
        let cache = test.addPod("cache", labels: [:], node: "n0")
        test.cluster.modify(Pod.self, cache.key) { pod in
            var volume = Volume()
            volume.name = "tmp"
            volume.emptyDir = EmptyDirVolumeSource()
            pod.spec.volumes = [volume]
        }
        var drain = Drain(node: "n0")
        drain.step(&test.cluster)
        #expect(
            drain.state
                == .failed(
                    "[cannot delete Pods that declare no controller (use --force to override): default/bare, "
                        + "cannot delete Pods with local storage (use --delete-emptydir-data to override): default/cache]"
                ))
        drain = Drain(node: "n0", .init(deleteEmptyDirData: true, force: true))
        drain.step(&test.cluster)
        #expect(drain.lines.contains("evicting pod default/bare") && drain.pods.count == 2)
    }

    // Scenario 16.
    @Test func `a quarter of two may be unavailable is one`() {
        var test = TestCluster()
        test.deploy(replicas: 2)
        let key = budget(&test) { $0.maxUnavailable = .string("25%") }
        test.run(10)
        let status = test.cluster.store.podDisruptionBudgets[key]!.status
        #expect(
            [status.expectedPods, status.desiredHealthy, status.currentHealthy, status.disruptionsAllowed]
                == [2, 1, 2, 1])
        #expect(status.conditions["DisruptionAllowed"]?.reason == "SufficientPods")
        let pods = test.pods()
        #expect(refusal(&test, pods[0]) == nil)
        let evicted = test.cluster.store.pods[pods[0].key]
        #expect(evicted?.status.conditions["DisruptionTarget"]?.message == "Eviction API: evicting")
        // In the same instant the budget is used up, before its controller looks.
        #expect(refusal(&test, pods[1])?.code == 429)
        #expect(test.cluster.store.podDisruptionBudgets[key]?.status.disruptedPods.keys == [pods[0].name])
        test.run(30)
        #expect(test.cluster.store.podDisruptionBudgets[key]?.status.disruptionsAllowed == 1)
        #expect(test.cluster.store.podDisruptionBudgets[key]?.status.disruptedPods.isEmpty == true)
    }

    // Scenario 17.
    @Test func `a pod that is not ready may go if the budget is healthy`() {
        var test = TestCluster()
        test.deploy(replicas: 3)
        let key = budget(&test) { $0.minAvailable = .int(2) }
        test.run(10)
        let broken = test.pods()[0]
        let now = test.cluster.now
        test.cluster.modify(Pod.self, broken.key) {
            $0.status.conditions.set(Condition(type: "Ready", status: false), now: now)
        }
        test.run(1)
        #expect(test.cluster.store.podDisruptionBudgets[key]?.status.disruptionsAllowed == 0)
        #expect(refusal(&test, test.pods()[1])?.code == 429)
        #expect(refusal(&test, test.pods()[0]) == nil)
        #expect(test.cluster.store.podDisruptionBudgets[key]?.status.disruptedPods.isEmpty == true)
    }

    @Test func `a budget whose status is behind asks to wait`() {
        var test = TestCluster()
        test.deploy(replicas: 2)
        test.run(10)
        _ = budget(&test) { $0.minAvailable = .int(1) }
        let error = refusal(&test, test.pods()[0])
        #expect(error?.retryAfterSeconds == 10)
        #expect(
            error?.causes[0].message == "The disruption budget pdb is still being processed by the server.")
    }

    @Test func `two budgets for one pod are refused`() {
        var test = TestCluster()
        test.deploy(replicas: 2)
        _ = budget(&test) { $0.minAvailable = .int(1) }
        var second = PodDisruptionBudget()
        second.metadata.name = "other"
        second.spec.selector = LabelSelector(matchLabels: ["app": "web"])
        _ = try! test.cluster.create(second)
        test.run(10)
        #expect(refusal(&test, test.pods()[0])?.code == 500)
    }

    @Test func `evictions never push healthy pods below what is desired`() {
        var test = TestCluster(nodes: 5)
        test.deploy(replicas: 10)
        let key = budget(&test) { $0.minAvailable = .int(8) }
        test.run(10)
        var least = Int.max
        for _ in 0..<60 {
            for pod in test.pods() { _ = refusal(&test, pod) }
            test.run(0.3) { cluster in
                least = min(least, cluster.store.pods.all.count { $0.isReady && !$0.metadata.isTerminating })
            }
        }
        #expect(least == 8)
        #expect(test.cluster.store.podDisruptionBudgets[key]?.status.desiredHealthy == 8)
    }
}
