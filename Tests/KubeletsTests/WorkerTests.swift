import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit
import Testing

/// Probe workers, restart rules, users, and what CPU limits do.
@Suite struct WorkerTests {
    private func phase(_ time: Double, _ period: Double) -> Double {
        let rest = (time / period).rounded(.down) * period
        return time - rest
    }

    @Test func `probes tick from the pod's start, and a new container does not move them`() throws {
        var bench = try Bench(35)
        try bench.node()
        try bench.bind(
            Pod.named("p", ["liveness-fails": "0s", "image-pull-time": "3s", "stop-time": "700ms"]).with {
                $0.spec.containers[0].livenessProbe = .http(period: 10, threshold: 2)
            })
        bench.run(to: 200)
        let (started, failed) = (bench.times("Started"), bench.times("Unhealthy"))
        #expect(started.count > 2 && failed.count > 4)
        // The first attempt waits for a tick of a ticker that began before the image was pulled.
        #expect(failed[0] - started[0] > 5 && failed[0] - started[0] < 10)
        let phases = failed.map { phase($0, 10) }
        #expect(phases.allSatisfy { abs($0 - phases[0]) < 0.001 }, "\(phases)")
        #expect(phase(started[1], 10) != phase(started[0], 10))
    }

    @Test func `the initial delay is looked at when the ticker ticks`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(
            Pod.named("p", ["liveness-fails": "0s"]).with {
                $0.spec.containers[0].livenessProbe = .http(period: 10, threshold: 9)
                $0.spec.containers[0].livenessProbe?.initialDelaySeconds = 7
            })
        bench.run(to: 60)
        let (start, first) = (bench.times("Started")[0], bench.times("Unhealthy")[0])
        #expect(first - start >= 7 && first - start < 17)
        #expect(bench.times("Unhealthy").dropFirst().first.map { abs($0 - first - 10) < 0.001 } == true)
    }

    @Test func `a kubelet that comes back waits for a random part of the period`() throws {
        func first(_ seed: Int) throws -> Double {
            var bench = try Bench()
            try bench.node()
            try bench.bind(
                Pod.named("p", ["liveness-fails": "0s", "sequence": "\(seed)"]).with { $0.spec.containers[0].livenessProbe = .http(period: 60, threshold: 9) })
            bench.run(to: 100)
            _ = bench.fleet.fail(node: "n1")
            bench.run(to: 200)
            _ = bench.fleet.recover(node: "n1")
            bench.run(to: 400)
            return try #require(bench.times("Unhealthy").first { $0 > 200 }) - 200
        }
        #expect((0...60).contains(try first(0)))
        #expect(try first(0) == first(0))
    }

    @Test(arguments: [(true, nil, true), (true, 1000, false), (false, nil, false), (true, 0, true)] as [(Bool, Int?, Bool)])
    func `a container that must not be root and is does not start`(_ podSaysNonRoot: Bool, _ own: Int?, _ fails: Bool) throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(
            Pod.named("p").with {
                $0.spec.securityContext = ["runAsNonRoot": .bool(podSaysNonRoot), "runAsUser": 0]
                if let own { $0.spec.containers[0].securityContext = ["runAsUser": .int(Int64(own))] }
            })
        bench.run(to: 30)
        guard fails else {
            #expect(bench.container().state.running != nil)
            return
        }
        let uid = bench.pod().metadata.uid
        let text = "container's runAsUser breaks non-root policy (pod: \"p_default(\(uid))\", container: c)"
        #expect(bench.container().state.waiting?.reason == "CreateContainerConfigError")
        #expect(bench.container().state.waiting?.message == text)
        #expect(bench.events("Failed").first?.message == "Error: \(text)")
        #expect(bench.pod().status.phase == .pending)
    }

    private func rules(_ action: String, _ codes: [Int], _ op: String = "In") -> JSONValue {
        [["action": .string(action), "exitCodes": ["operator": .string(op), "values": .array(codes.map { .int(Int64($0)) })]]]
    }

    @Test func `a rule restarts a container of a pod that does not restart, for its exit codes only`() throws {
        for (code, restarts) in [(42, true), (1, false)] {
            var bench = try Bench()
            try bench.node()
            try bench.bind(
                Pod.named("p", ["run-time": "5s", "exit-code": "\(code)"]).with {
                    $0.spec.restartPolicy = "Never"
                    $0.spec.containers[0].restartPolicy = "Never"
                    $0.spec.containers[0].restartPolicyRules = rules("Restart", [42])
                })
            bench.run(to: 60)
            #expect((bench.container().restartCount > 0) == restarts)
            #expect(bench.pod().status.phase == (restarts ? .running : .failed))
        }
    }

    @Test func `a container's own restart policy is stronger than the pod's`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(
            Pod.named("p", containers: ["c", "d"], ["c.run-time": "5s", "c.exit-code": "1"]).with { $0.spec.containers[0].restartPolicy = "Never" })
        bench.run(to: 60)
        #expect(bench.container().restartCount == 0 && bench.container().state.terminated?.exitCode == 1)
        #expect(bench.pod().status.phase == .running)
        // Before the gate it counts for nothing.
        var old = try Bench(34)
        try old.node()
        try old.bind(Pod.named("p", ["run-time": "5s", "exit-code": "1"]))
        old.run(to: 60)
        #expect(old.container().restartCount > 0)
    }

    @Test func `2_14 a rule restarts all containers of the pod, init containers first`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(
            Pod.named("p", containers: ["c", "d"], ["c.run-time": "20s,forever", "c.exit-code": "7", "d.run-time": "forever", "i.run-time": "2s"]).with {
                $0.spec.restartPolicy = "Never"
                $0.spec.initContainers = [Container(name: "i", image: "app:1")]
                $0.spec.containers[0].restartPolicy = "Never"
                $0.spec.containers[0].restartPolicyRules = rules("RestartAllContainers", [7])
            })
        var phases: [PodPhase] = []
        var wasTold = false
        bench.run(to: 90) { bench in
            let status = bench.pod().status
            if phases.last != status.phase { phases.append(status.phase) }
            if status.conditions.isTrue("AllContainersRestarting") { wasTold = true }
        }
        #expect(phases == [.pending, .running])
        #expect(wasTold && bench.pod().status.conditions["AllContainersRestarting"] == nil)
        #expect(bench.container(0).restartCount == 1 && bench.container(1).restartCount == 1)
        #expect(bench.pod().status.initContainerStatuses[0].restartCount == 1)
        #expect(bench.container(1).lastState.terminated?.reason == "RestartingAllContainers")
        #expect(bench.container(0).state.running != nil && bench.container(1).state.running != nil)
        #expect(bench.times("Started").count == 6)
        // The gate is off in 1.35.
        var old = try Bench(35)
        try old.node()
        let refusal = old.refusal {
            try $0.bind(
                Pod.named("p", ["run-time": "5s", "exit-code": "7"]).with {
                    $0.spec.restartPolicy = "Never"
                    $0.spec.containers[0].restartPolicy = "Never"
                    $0.spec.containers[0].restartPolicyRules = rules("RestartAllContainers", [7])
                })
        }
        #expect(refusal?.message.contains("Unsupported value: \"RestartAllContainers\"") == true)
    }

    @Test func `one formula gives the weight of CPU, by version`() throws {
        let (old, new) = (KubernetesProfile(minor: 34), KubernetesProfile(minor: 36))
        #expect(CgroupValue.weight(milliCPU: 1000, old) == 39 && CgroupValue.weight(milliCPU: 500, old) == 20)
        #expect((100...101).contains(CgroupValue.weight(milliCPU: 1000, new)) && CgroupValue.weight(milliCPU: 500, new) == 59)
        #expect([0, 1, 2].map { CgroupValue.weight(milliCPU: $0, new) } == [1, 1, 1])
        #expect([old, new].map { CgroupValue.weight(milliCPU: .max, $0) } == [10_000, 10_000])
        for profile in [old, new] {
            var bench = try Bench(profile.version.minor)
            try bench.node()
            try bench.bind(Pod.named("p").resources(cpu: "500m"))
            bench.run(to: 30)
            let group = try #require(bench.fleet.cgroup(of: bench.pod()))
            let shown = bench.fleet.cgroups(of: bench.pod(), in: bench.cluster)
            #expect(shown.map(\.cpuWeight) == Array(repeating: CgroupValue.weight(milliCPU: group.milliCPU, profile), count: 2))
        }
    }

    @Test func `a throttled container is throttled wherever one looks`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(Pod.named("p", ["cpu": "400m"]).resources(cpu: "100m", cpuLimit: "100m"))
        bench.run(to: 30)
        let before = try #require(bench.fleet.cgroups(of: bench.pod(), in: bench.cluster).last)
        bench.run(to: 40)
        let group = try #require(bench.fleet.cgroups(of: bench.pod(), in: bench.cluster).last)
        // Ten periods a second, of each of which it is stopped for three quarters.
        #expect(group.throttledPeriods - before.throttledPeriods == 100)
        #expect(abs((group.throttledTime - before.throttledTime).seconds - 7.5) < 0.001)
        #expect(abs(group.cpuThrottled - 0.75) < 0.001)
        #expect(bench.fleet.isThrottled(bench.pod(), in: bench.cluster))
        #expect(bench.fleet.usage(of: bench.pod(), in: bench.cluster).milliCPU == 100)
        #expect(bench.fleet.usage(of: bench.pod(), at: bench.cluster.now)?.milliCPU == 100)
        #expect(bench.fleet.usageHistory(of: bench.pod(), container: "c", in: bench.cluster).last?.milliCPU(at: bench.cluster.now) == 100)
    }

    @Test func `throttling never falls, whatever the use does`() throws {
        for cpu in ["50m..400m/1m", "50m->400m/90s", "50m@0s 400m@30s 50m@60s 300m@2m"] {
            var bench = try Bench()
            try bench.node()
            try bench.bind(Pod.named("p", ["cpu": cpu]).resources(cpu: "100m", cpuLimit: "100m"))
            var last = (periods: 0, time: SimulationKit.Duration.zero)
            for second in stride(from: 10.0, through: 200, by: 3) {
                bench.run(to: second)
                guard let group = bench.fleet.cgroups(of: bench.pod(), in: bench.cluster).last else { continue }
                #expect(group.throttledPeriods >= last.periods && group.throttledTime >= last.time, "\(cpu) at \(second)")
                last = (group.throttledPeriods, group.throttledTime)
            }
            #expect(last.periods > 300)
        }
    }

    @Test func `containers under a limit of their pod share what it allows`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(
            Pod.named("p", containers: ["c", "d"], ["cpu": "400m"]).with {
                $0.spec.resources = ResourceRequirements()
                $0.spec.resources?.limits["cpu"] = Quantity("500m")!
                $0.spec.resources?.requests["cpu"] = Quantity("100m")!
            })
        bench.run(to: 30)
        #expect(bench.fleet.usage(of: bench.pod(), in: bench.cluster).milliCPU == 500)
        #expect(bench.fleet.usage(of: bench.pod(), at: bench.cluster.now)?.milliCPU == 500)
    }

    @Test func `what a silent node uses stays what was last heard, and is marked`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(Pod.named("p", ["cpu": "0..1/1m"]))
        bench.run(to: 60)
        #expect(!bench.fleet.isStale(bench.pod()))
        _ = bench.fleet.fail(node: "n1")
        bench.run(to: 75)
        let first = bench.fleet.containerUsage(of: bench.pod(), in: bench.cluster)
        #expect(bench.fleet.isStale(bench.pod()) && first.first?.staleSince.map { $0 <= Instant.start + .seconds(60) } == true)
        for second in [90.0, 300, 1800] {
            bench.run(to: second)
            #expect(bench.fleet.containerUsage(of: bench.pod(), in: bench.cluster) == first)
        }
        _ = bench.fleet.recover(node: "n1")
        bench.run(to: 1810)
        #expect(!bench.fleet.isStale(bench.pod()))
    }
}
