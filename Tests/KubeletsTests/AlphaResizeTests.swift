import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit
import Testing

/// The decision table of `in-place-resize.md` §10 as Kubernetes 1.27 answers it, with the gate on.
@Suite struct AlphaResizeTests {
    /// The table's ground: 4000m and 8Gi, others with 1500m and 2Gi, `c` with 500m/512Mi of 1000m/1Gi, using 700Mi.
    private func ground(policies: [ContainerResizePolicy] = [], annotations: StringMap<String> = [:]) throws -> Bench {
        var bench = try Bench(27, gates: [("InPlacePodVerticalScaling", true)])
        try bench.node()
        try bench.bind(Pod.named("other").resources(cpu: "1200m", memory: "2Gi"))
        try bench.bind(Pod.named("small").resources(cpu: "300m"))
        let habits: StringMap<String> = ["memory": "700Mi", "stop-time": "0s"]
        let pod = Pod.named("p", habits.merging(annotations))
            .resources(cpu: "500m", memory: "512Mi", cpuLimit: "1", memoryLimit: "1Gi")
        try bench.bind(pod.with { $0.spec.containers[0].resizePolicy = policies })
        bench.run(to: 60)
        return bench
    }
    private func states(_ bench: inout Bench, to end: Double) -> [String] {
        var seen = [bench.pod().status.resize]
        bench.run(to: end) { bench in
            let state = bench.pod().status.resize
            if seen.last != state { seen.append(state) }
        }
        return seen
    }

    @Test func `a request that fits goes through Proposed and InProgress without an event`() throws {
        var bench = try ground()
        try bench.resize(cpu: "800m")
        #expect(states(&bench, to: 61) == ["Proposed", "InProgress", ""])
        #expect(bench.actual().requests["cpu"] == Quantity("800m"))
        #expect(bench.container().allocatedResources["cpu"] == Quantity("800m"))
        #expect(bench.container().restartCount == 0)
        #expect(!bench.cluster.eventLog.events.contains { $0.reason.hasPrefix("Resize") })
        #expect(bench.pending() == nil && bench.inProgress() == nil)
    }

    @Test func `only the policy of the changed resource restarts, once for both`() throws {
        for (policy, cpu, memory, restarts) in [
            ("cpu", "800m", nil, 1), ("memory", "800m", nil, 0), ("memory", "800m", "1Gi", 1),
        ] as [(String, String, String?, Int)] {
            var bench = try ground(policies: [.init(policy, "RestartContainer")])
            try bench.resize(cpu: cpu, memoryLimit: memory.map { _ in "2Gi" })
            bench.run(to: 70)
            #expect(bench.container().restartCount == restarts, "\(policy)")
            #expect(bench.events("Killing").map(\.message) == Array(repeating: "Container c resize requires restart", count: restarts))
            #expect(bench.actual().requests["cpu"] == Quantity("800m"))
        }
    }

    @Test func `what does not fit now is Deferred, what never fits is Infeasible, and both are tried at each sync`() throws {
        var bench = try ground()
        try bench.resize(cpu: "2600m", cpuLimit: "3")
        #expect(states(&bench, to: 61) == ["Proposed", "Deferred"])
        #expect(bench.pod().requests(RequestRules(assigned: bench.cluster.profile)).milliCPU == 2600)
        try bench.resize(cpu: "5", cpuLimit: "5")
        #expect(states(&bench, to: 62) == ["Proposed", "Infeasible"])
        // The scheduler goes back to what is granted.
        #expect(bench.pod().requests(RequestRules(assigned: bench.cluster.profile)).milliCPU == 500)
        let node = bench.cluster.store.nodes.all[0]
        try bench.cluster.update(Node.self, node.key) { $0.status.allocatable["cpu"] = Quantity("8")! }
        #expect(states(&bench, to: 160) == ["Infeasible", "InProgress", ""])
        #expect(bench.actual().requests["cpu"] == Quantity("5"))
    }

    @Test func `a memory limit below the use is not written, and only the log knows`() throws {
        var bench = try ground()
        try bench.resize(memory: "300Mi", memoryLimit: "600Mi")
        #expect(states(&bench, to: 100) == ["Proposed", "InProgress"])
        #expect(bench.actual().limits["memory"] == Quantity("1Gi"))
        bench.fleet.setLoad(
            of: LoadTarget(kind: "Pod", key: bench.pod().key), cpu: nil, memory: 500 << 20, in: &bench.cluster)
        #expect(states(&bench, to: 140) == ["InProgress", ""])
        #expect(bench.actual().limits["memory"] == Quantity("600Mi"))
    }

    @Test func `the API server's refusals are those of an update`() throws {
        var bench = try ground()
        let head = "Pod \"p\" is invalid: "
        let qos = bench.refusal { try $0.resize(cpu: "1", memory: "1Gi") }
        #expect(qos?.code == 422)
        #expect(qos?.message == head + "metadata: Invalid value: \"Guaranteed\": Pod QoS is immutable")
        func other(_ change: (inout Pod) -> Void) -> String {
            var pod = bench.pod()
            change(&pod)
            return bench.refusal { try $0.cluster.resize(pod) }?.message ?? ""
        }
        let immutable = head + "spec: Forbidden: pod updates may not change fields other than "
        #expect(other { $0.spec.containers[0].resources.requests["ephemeral-storage"] = Quantity("1Gi")! }.hasPrefix(immutable))
        #expect(other { $0.spec.containers[0].resizePolicy = [.init("cpu", "RestartContainer")] }.hasPrefix(immutable))
        // Leaving a limit out is no offence yet.
        var pod = bench.pod()
        pod.spec.containers[0].resources.limits["cpu"] = nil
        try bench.cluster.resize(pod)
        bench.run(to: 61)
        #expect(bench.actual().limits["cpu"] == nil)
    }

    @Test func `values set back end the state at the next sync`() throws {
        var bench = try ground()
        try bench.resize(cpu: "2600m", cpuLimit: "3")
        bench.run(to: 61)
        try bench.resize(cpu: "500m", cpuLimit: "1")
        bench.run(to: 62)
        #expect(bench.pod().status.resize == "")
        #expect(bench.container().restartCount == 0)
    }

    @Test func `a pod that waits to start again is granted its resize and uses it at its next start`() throws {
        var bench = try ground(annotations: ["run-time": "0s", "exit-code": "1"])
        #expect(bench.container().state.waiting?.reason == "CrashLoopBackOff")
        try bench.resize(cpu: "800m")
        bench.run(to: 62)
        #expect(bench.container().allocatedResources["cpu"] == Quantity("800m"))
    }

    @Test func `a container without limits is granted more, but nothing is written`() throws {
        var bench = try ground()
        try bench.resize("other", cpu: "1500m")
        bench.run(to: 70)
        #expect(bench.container(0, of: "other").allocatedResources["cpu"] == Quantity("1500m"))
        #expect(bench.actual("other").requests["cpu"] == Quantity("1200m"))
        #expect(bench.pod("other").status.resize == "InProgress")
    }

    @Test func `a change of a memory request alone writes nothing and restarts nothing`() throws {
        var bench = try ground(policies: [.init("memory", "RestartContainer")])
        try bench.resize(memory: "600Mi")
        #expect(states(&bench, to: 61) == ["Proposed", ""])
        #expect(bench.actual().requests["memory"] == Quantity("600Mi"))
        #expect(bench.container().restartCount == 0)
    }

    @Test func `a container that never restarts may ask for a restart, which the release refuses`() throws {
        var bench = try ground()
        let pod = Pod.named("q").resources(cpu: "100m").with {
            $0.spec.restartPolicy = "Never"
            $0.spec.containers[0].resizePolicy = [.init("cpu", "RestartContainer")]
        }
        #expect(bench.refusal { try $0.cluster.create(pod) } == nil)
        var release = try Bench()
        let error = release.refusal { try $0.cluster.create(pod) }
        #expect(error?.message.contains("must be 'NotRequired' when pod `restartPolicy` is 'Never'") == true)
    }

    @Test func `policies are written for each request, and no longer in the release`() throws {
        let alpha = try ground()
        #expect(alpha.pod().spec.containers[0].resizePolicy == [.init("cpu", "NotRequired"), .init("memory", "NotRequired")])
        var release = try Bench()
        try release.node()
        try release.bind(Pod.named().resources(cpu: "500m", memory: "512Mi"))
        #expect(release.pod().spec.containers[0].resizePolicy.isEmpty)
    }
}
