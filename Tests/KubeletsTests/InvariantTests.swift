import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit
import Testing

/// Random pods and random deeds; after each step the invariants of `pod-lifecycle.md` §14.
@Suite struct InvariantTests {
    private struct Seen {
        var phase = PodPhase.pending
        var restarts = 0
        var qos = QOSClass.unset
    }

    /// Runs a random cluster for ten minutes and answers all that was told.
    private func play(seed: UInt64, check: Bool) throws -> [String] {
        var random = SeededRandom(seed: seed, stream: "test")
        var bench = try Bench(random.below(2) == 0 ? 36 : 34)
        for i in 0..<3 { try bench.node("n\(i)", cpu: "4", memory: "4Gi") }
        var seen: [String: Seen] = [:]
        var number = 0
        var deletions: [String: Double] = [:]
        for step in 0..<60 {
            switch random.below(8) {
            case 0...3:
                number += 1
                var pod = Pod.named(
                    "p\(number)", containers: random.below(3) == 0 ? ["a", "b"] : ["a"],
                    [
                        "run-time": ["forever", "3s", "0s,20s", "40s"][random.below(4)],
                        "exit-code": "\(random.below(2))",
                        "stop-time": ["0s", "1s", "never"][random.below(3)],
                        "memory": ["100Mi", "64Mi->700Mi/60s", "50Mi..300Mi/1m"][random.below(3)],
                        "liveness-fails": ["0s", "50s", "30s-45s"][random.below(3)],
                    ]
                ).resources(cpu: "\(random.below(9) * 100)m", memory: "\(random.below(5) * 100)Mi")
                pod.spec.restartPolicy = ["Always", "OnFailure", "Never"][random.below(3)]
                pod.spec.terminationGracePeriodSeconds = random.below(20)
                if random.below(2) == 0 {
                    pod.spec.containers[0].resources.limits["memory"] = Quantity("500Mi")!
                }
                if random.below(3) == 0 {
                    pod.spec.containers[0].livenessProbe = .http(period: 5, threshold: 2)
                }
                if random.below(3) == 0 { pod.spec.containers[0].readinessProbe = .http(period: 3) }
                if random.below(3) == 0 {
                    var side = Container(name: "side", image: "side:1")
                    side.restartPolicy = "Always"
                    pod.spec.initContainers = [Container(name: "first", image: "init:1"), side]
                }
                if random.below(6) == 0 { pod.spec.containers[0].image = "does-not-exist:1" }
                try bench.bind(pod, to: "n\(random.below(3))")
            case 4:
                let key = ObjectKey(namespace: "default", name: "p\(random.below(number + 1))")
                _ = try? bench.cluster.delete(
                    Pod.self, key, DeleteOptions(gracePeriodSeconds: [nil, 0, 3][random.below(3)]))
                deletions[key.name] = deletions[key.name] ?? bench.cluster.now.sinceStart.seconds
            case 5:
                let key = ObjectKey(namespace: "default", name: "p\(random.below(number + 1))")
                _ = try? bench.cluster.resize(
                    pod: key,
                    containers: [
                        .init("a", requests: ["cpu": Quantity(milli: Int64(random.below(20) * 100))])
                    ])
            case 6:
                bench.fleet.fail(
                    node: "n\(random.below(3))", containers: random.below(2) == 0 ? .die : .survive)
            default: for i in 0..<3 { bench.fleet.recover(node: "n\(i)") }
            }
            bench.run(to: Double(step + 1) * 10) { bench in
                if check { self.check(bench, &seen) }
            }
            if check { checkStarts(bench, deletions) }
        }
        for i in 0..<3 { bench.fleet.recover(node: "n\(i)") }
        for pod in bench.cluster.store.pods.all { _ = try? bench.cluster.delete(Pod.self, pod.key) }
        bench.run(to: 700)
        #expect(bench.cluster.store.pods.isEmpty, "seed \(seed)")
        return bench.cluster.eventLog.events.map {
            "\($0.time.nanoseconds) \($0.reason) \($0.objectText) \($0.message)"
        }
    }

    /// Restarts are starts beyond the first, and nothing starts once its pod is being deleted.
    private func checkStarts(_ bench: Bench, _ deletions: [String: Double]) {
        var starts: [String: [Double]] = [:]
        for event in bench.cluster.eventLog.events where event.reason == "Started" && event.kind == "Pod" {
            starts[event.object.name, default: []].append(event.time.sinceStart.seconds)
        }
        for pod in bench.cluster.store.pods.all where !bench.fleet.isFailed(node: pod.nodeName) {
            let expected = (pod.status.containerStatuses + pod.status.initContainerStatuses).reduce(0) {
                $0 + $1.restartCount + ($1.state.running != nil || $1.state.terminated?.startedAt != nil || $1.lastState.terminated != nil ? 1 : 0)
            }
            // The status tells of a start once PLEG has seen it and the write had its tokens.
            let all = starts[pod.name] ?? []
            let settled = all.count { $0 < bench.cluster.now.sinceStart.seconds - 2 }
            // Of a pod that has much told about it, not every start is.
            let isCut = bench.fleet.activity(node: pod.nodeName, in: bench.cluster)?.droppedEvents ?? 0 > 0
            #expect(expected >= settled && (isCut || expected <= all.count), "\(pod.name): \(settled)...\(all.count), told \(expected)")
        }
        for (name, times) in starts {
            // The kubelet hears of a deletion after 10 ms.
            if let deleted = deletions[name] { #expect(times.allSatisfy { $0 <= deleted + 0.011 }, "\(name)") }
        }
    }

    private func check(_ bench: Bench, _ seen: inout [String: Seen]) {
        var requested: [String: Int64] = [:]
        for pod in bench.cluster.store.pods.all {
            let status = pod.status.value
            var last = seen[pod.metadata.uid] ?? Seen()
            if last.phase != status.phase {
                #expect(last.phase != .succeeded && last.phase != .failed, "a final phase changed")
                #expect(
                    !(last.phase == .running && status.phase == .pending), "\(pod.name) went back to Pending")
            }
            let restarts = status.containerStatuses.reduce(0) { $0 + $1.restartCount }
            #expect(restarts >= last.restarts, "restarts went back")
            if last.qos != .unset { #expect(last.qos == status.qosClass) }
            last = Seen(phase: status.phase, restarts: restarts, qos: status.qosClass)
            seen[pod.metadata.uid] = last
            let conditions = status.conditions
            if conditions.isTrue("Ready") { #expect(conditions.isTrue("ContainersReady")) }
            if conditions.isTrue("ContainersReady") { #expect(conditions.isTrue("Initialized")) }
            if conditions.isTrue("Initialized") { #expect(conditions.isTrue("PodScheduled")) }
            if pod.isFinished {
                #expect(conditions["PodResizePending"] == nil && conditions["PodResizeInProgress"] == nil)
                #expect(
                    !(status.containerStatuses + status.initContainerStatuses).contains {
                        $0.state.running != nil
                    })
            }
            if status.reason == "Evicted" { #expect(status.qosClass != .guaranteed, "a Guaranteed pod was evicted") }
            #expect(status.containerStatuses.count { $0.ready } <= pod.spec.containers.count)
            if status.phase == .failed {
                let failed = (status.containerStatuses + status.initContainerStatuses).contains {
                    ($0.state.terminated ?? $0.lastState.terminated)?.exitCode ?? 0 != 0
                }
                #expect(
                    failed || !status.reason.isEmpty || pod.metadata.isTerminating,
                    "\(pod.name) failed without a reason")
            }
            if !pod.isFinished, !status.containerStatuses.isEmpty {
                requested[pod.nodeName, default: 0] += status.containerStatuses.reduce(0) {
                    $0 + ($1.allocatedResources.milliCPU ?? 0)
                }
            }
        }
        for name in ["n0", "n1", "n2"] where !bench.fleet.isFailed(node: name) {
            #expect(requested[name] ?? 0 <= 4000, "more is granted on \(name) than it has")
        }
    }

    @Test(arguments: 0..<24 as Range<UInt64>)
    func `invariants hold whatever happens`(seed: UInt64) throws {
        _ = try play(seed: seed, check: true)
    }

    @Test func `the same seed tells the same story`() throws {
        #expect(try play(seed: 99, check: false) == play(seed: 99, check: false))
    }

    @Test func `a copy runs on by itself`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(.named())
        bench.run(to: 0.2)
        var fork = bench
        fork.run(to: 60)
        #expect(fork.pod().isReady)
        #expect(!bench.pod().isReady)
        bench.run(to: 60)
        #expect(bench.pod() == fork.pod())
    }
}
