import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit
import Testing

/// `pod-startup.md` §7: how the kubelet finds out what became of containers.
@Suite struct PlegTests {
    private func activity(_ bench: Bench) -> NodeActivity { bench.fleet.activity(node: "n1", in: bench.cluster)! }
    private func node(_ bench: Bench) -> Node { bench.cluster.store.nodes[ObjectKey(name: "n1")]! }

    /// From the ends of short-lived containers until their kubelet knew.
    private func latencies(_ minor: Int, evented: Bool) throws -> [Duration] {
        var bench = try Bench(minor, gates: [("EventedPLEG", evented)])
        try bench.node()
        for i in 0..<20 {
            try bench.bind(Pod.named("p\(i)", ["run-time": "\(3 + i).\(i)s"]).with { $0.spec.restartPolicy = "Never" })
        }
        bench.run(to: 120)
        return activity(bench).pleg.detections.filter { $0.event == "ContainerDied" }.map { $0.seen - $0.happened }
    }

    @Test func `S13 an end is seen with the next list, or by its event after 20 ms`() throws {
        let generic = try latencies(27, evented: false)
        #expect(generic.count == 20)
        // A second from the end of one list to the next, and two lists.
        #expect(generic.allSatisfy { $0 > .zero && $0 <= .seconds(1) + .milliseconds(2 * (2 + 6 + 3)) })
        #expect(Set(generic).count > 10)
        let evented = try latencies(27, evented: true)
        #expect(evented == Array(repeating: .milliseconds(20), count: 20))
    }

    @Test func `before the kubelet looked at once, a start is seen with the next list`() throws {
        func ready(_ minor: Int, _ gates: [(String, Bool)] = []) throws -> Duration {
            var bench = try Bench(minor, gates: gates)
            try bench.node()
            try bench.bind(.named())
            bench.run(to: 60)
            return bench.pod().status.conditions["Ready"]!.lastTransitionTime! - bench.container().state.running!.startedAt!
        }
        let times = [try ready(36), try ready(27), try ready(27, [("EventedPLEG", true)])]
        #expect(times[0] == .zero && times[1] > .zero && times[2] == .milliseconds(20))
    }

    @Test func `S12 a runtime that hangs makes the node unready three minutes after the last list`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(Pod.named("p", ["run-time": "100s"]))
        bench.run(to: 60)
        bench.fleet.hangRuntime(node: "n1", for: .seconds(200), at: bench.cluster.now)
        let last = activity(bench).pleg.lastRelist!
        var changes: [(Double, Bool, String)] = []
        bench.run(to: 300) { bench in
            let ready = node(bench).status.conditions["Ready"]!
            if changes.last?.1 != ready.isTrue { changes.append(((bench.cluster.now - last).seconds, ready.isTrue, ready.message)) }
        }
        #expect(changes.map(\.1) == [true, false, true])
        #expect(changes[1].0 > 180 && changes[1].0 <= 190.1)
        #expect(changes[1].2.hasPrefix("PLEG is not healthy: pleg was last seen active 3m"))
        #expect(changes[1].2.hasSuffix("s ago; threshold is 3m0s"))
        #expect(changes[2].0 > 200 && changes[2].0 <= 212)
        #expect(bench.times("NodeNotReady", of: "n1").count == 1)
        // The end of the container was found out when the runtime answered again.
        #expect(bench.container().lastState.terminated != nil || bench.container().state.terminated != nil)
        let seen = activity(bench).pleg.detections.first { $0.event == "ContainerDied" }
        #expect(seen!.seen.sinceStart >= .seconds(260))
    }

    @Test func `a short hang is not told`() throws {
        var bench = try Bench()
        try bench.node()
        bench.run(to: 60)
        bench.fleet.hangRuntime(node: "n1", for: .seconds(100), at: bench.cluster.now)
        bench.run(to: 300)
        #expect(bench.times("NodeNotReady", of: "n1").isEmpty)
    }

    @Test func `S14 with five failures of its stream the evented PLEG goes back to listing each second`() throws {
        var bench = try Bench(27, gates: [("EventedPLEG", true)])
        try bench.node()
        bench.run(to: 10)
        #expect(activity(bench).pleg.period == .seconds(300) && activity(bench).pleg.threshold == .minutes(10))
        for _ in 0..<4 { bench.fleet.breakEventStream(node: "n1", at: bench.cluster.now) }
        #expect(activity(bench).pleg.isEvented)
        bench.fleet.breakEventStream(node: "n1", at: bench.cluster.now)
        #expect(!activity(bench).pleg.isEvented)
        #expect(activity(bench).pleg.period == .seconds(1) && activity(bench).pleg.threshold == .minutes(3))
    }

    @Test func `listing 110 quiet pods of two containers costs a twentieth of a core, events nearly nothing`() throws {
        func cost(_ evented: Bool) throws -> (items: Int, milliCPU: Double) {
            var configuration = KubeletConfiguration()
            configuration.registryPullQPS = 0
            var bench = try Bench(27, gates: [("EventedPLEG", evented)], configuration: configuration)
            try bench.node()
            for i in 0..<110 { try bench.bind(.named("p\(i)", containers: ["a", "b"])) }
            bench.run(to: 300)
            return (activity(bench).pleg.items, activity(bench).pleg.milliCPU)
        }
        let generic = try cost(false)
        #expect(generic.items == 330)
        #expect(abs(generic.milliCPU - 49) < 1)
        let evented = try cost(true)
        #expect(evented.milliCPU < 0.2)
    }
}
