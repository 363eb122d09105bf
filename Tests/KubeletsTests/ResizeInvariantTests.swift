import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit
import Testing

/// Random resizes in both versions; after each step the invariants of `in-place-resize.md` §11.
@Suite struct ResizeInvariantTests {
    private struct Seen {
        var generation = 0
        var allocated: [ResourceList] = []
        var ids: [String] = []
        var granted: Instant?
        var resize = ""
        var policies = false
        var qos = QOSClass.unset
    }

    @Test(arguments: [27, 33, 36], 0..<8 as Range<UInt64>)
    func `invariants hold whatever is resized`(minor: Int, seed: UInt64) throws {
        var random = SeededRandom(seed: seed, stream: "resize \(minor)")
        var bench = try Bench(minor, gates: minor == 27 ? [("InPlacePodVerticalScaling", true)] : [])
        try bench.node(cpu: "4", memory: "4Gi")
        let names = (0..<6).map { "p\($0)" }
        for name in names {
            var pod = Pod.named(
                name, containers: random.below(2) == 0 ? ["a", "b"] : ["a"],
                ["memory": ["50Mi", "100Mi..300Mi/1m", "200Mi->10Mi/2m"][random.below(3)], "stop-time": "0s"]
            ).resources(cpu: "200m", memory: "256Mi", cpuLimit: "500m", memoryLimit: "512Mi")
            if random.below(3) == 0 { pod.spec.containers[0].resizePolicy = [.init("memory", "RestartContainer")] }
            try bench.bind(pod)
        }
        var seen: [String: Seen] = [:]
        var deletions = 0
        for step in 0..<80 {
            let name = names[random.below(names.count)]
            let key = ObjectKey(namespace: "default", name: name)
            switch random.below(10) {
            case 0: bench.fleet.failUpdates(of: bench.pod(name), container: "a", resource: "cpu", times: random.below(3))
            case 1:
                if deletions < 2, (try? bench.cluster.delete(Pod.self, key)) != nil { deletions += 1 }
            default:
                let container = ["a", "b"][random.below(2)]
                let cpu = Int64(1 + random.below(24)) * 100
                let memory = Int64(1 + random.below(10)) << 26
                _ = try? bench.cluster.resize(
                    pod: key,
                    containers: [
                        .init(
                            container, requests: ["cpu": Quantity(milli: cpu), "memory": Quantity(bytes: memory)],
                            limits: ["cpu": Quantity(milli: cpu * 2), "memory": Quantity(bytes: memory * 2)])
                    ])
                if minor == 27, let pod = bench.cluster.store.pods[key] { seen[pod.metadata.uid]?.resize = pod.status.resize }
            }
            let length = [0.03, 1, 7, 40][random.below(4)]
            bench.run(to: bench.cluster.now.sinceStart.seconds + length) { check($0, minor, &seen) }
            if step % 20 == 19 { bench.run(to: bench.cluster.now.sinceStart.seconds + 200) { check($0, minor, &seen) } }
        }
    }

    private func check(_ bench: Bench, _ minor: Int, _ seen: inout [String: Seen]) {
        let rules = RequestRules(assigned: bench.cluster.profile)
        var granted = Resources()
        for pod in bench.cluster.store.pods.all {
            let status = pod.status.value
            guard !status.containerStatuses.isEmpty else { continue }
            let allocated = status.containerStatuses.map(\.allocatedResources)
            let grant = bench.fleet.resizeTrace(of: pod)?.granted
            let ids = status.containerStatuses.map(\.containerID)
            let hasPolicy = pod.spec.containers.contains { $0.resizePolicy.contains { $0.restartPolicy == "RestartContainer" } }
            if let last = seen[pod.metadata.uid] {
                // 2. The class stays.
                #expect(status.qosClass == last.qos)
                // 4. What the status shows as granted changes only with a grant.
                if minor >= 33, last.allocated != allocated { #expect(grant != nil && grant != last.granted, "\(pod.name)") }
                // 5. Without a policy nothing restarts.
                let ranOut = status.containerStatuses.contains {
                    ($0.state.terminated ?? $0.lastState.terminated)?.reason == "OOMKilled"
                }
                if !hasPolicy, !ranOut, last.ids.allSatisfy({ !$0.isEmpty }) { #expect(ids == last.ids) }
                // 7. Only the API server proposes.
                if minor == 27, status.resize == "Proposed" { #expect(last.resize == "Proposed") }
            }
            if minor == 27 {
                #expect(status.conditions["PodResizePending"] == nil && status.conditions["PodResizeInProgress"] == nil)
            } else {
                #expect(status.resize.isEmpty)
                // 10. Nothing happens to a pod that has ended.
                if pod.isFinished {
                    #expect(status.conditions["PodResizePending"] == nil && status.conditions["PodResizeInProgress"] == nil)
                }
            }
            seen[pod.metadata.uid] = Seen(
                generation: pod.metadata.generation, allocated: allocated, ids: ids, granted: grant, resize: status.resize,
                policies: hasPolicy, qos: status.qosClass)
            if pod.isFinished { continue }
            // 8. The scheduler counts no less than what is granted, and than what is in force.
            let counted = pod.requests(rules)
            let sum = allocated.reduce(0) { $0 + ($1.milliCPU ?? 0) }
            let actual = status.containerStatuses.reduce(0) { $0 + ($1.resources?.requests.milliCPU ?? 0) }
            #expect(counted.milliCPU >= sum)
            if minor >= 33 { #expect(counted.milliCPU >= actual) }
            granted.milliCPU += sum
            granted.memory += allocated.reduce(0) { $0 + ($1.memoryBytes ?? 0) }
            // 6. The containers together never have more than their pod; but upstream starts a container even when the write
            // that was to make room for it has failed.
            if status.conditions["PodResizeInProgress"]?.reason == "Error" { continue }
            let inForce = bench.fleet.actuated(of: pod)
            if let group = bench.fleet.cgroup(of: pod), inForce.count == pod.spec.containers.count {
                let cpu = inForce.reduce(0) { $0 + ($1.resources.limits.milliCPU ?? 0) }
                let memory = inForce.reduce(0) { $0 + ($1.resources.limits.memoryBytes ?? 0) }
                #expect(cpu <= group.cpuLimit ?? .max, "\(pod.name) \(cpu) \(group)")
                #expect(memory <= group.memoryLimit ?? .max, "\(pod.name) \(memory) \(group)")
            }
        }
        // 1. No more is granted than the node has.
        #expect(granted.milliCPU <= 4000 && granted.memory <= 4 << 30)
        // 9. The same refusal is told once for each generation and reason.
        let told = bench.cluster.eventLog.events.filter { $0.reason == "ResizeDeferred" || $0.reason == "ResizeInfeasible" }
        for (a, b) in zip(told, told.dropFirst()) where a.object.name == b.object.name && a.reason == b.reason {
            #expect(a.message != b.message)
        }
    }
}
