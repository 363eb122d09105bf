import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit
import Testing

/// How a granted resize comes into force: control groups, their order, the pod as a whole, side cars.
@Suite struct ActuationTests {
    private func wish(_ name: String, cpu: String? = nil, memory: String? = nil, cpuLimit: String? = nil, memoryLimit: String? = nil) -> ContainerResize {
        ContainerResize(name, requests: .init(cpu: cpu, memory: memory), limits: .init(cpu: cpuLimit, memory: memoryLimit))
    }

    @Test func `shares, weight and quota are the kernel's`() {
        #expect([1000, 1500, 1600].map { CgroupValue.shares(milliCPU: $0) } == [1024, 1536, 1638])
        #expect(CgroupValue.shares(milliCPU: 0) == 2 && CgroupValue.shares(milliCPU: 1_000_000) == 262_144)
        #expect([2, 1024, 262_144].map { CgroupValue.weight(shares: $0) } == [1, 100, 10_000])
        #expect(CgroupValue.quota(milliCPU: 250) == 25_000)
        #expect(CgroupValue.quota(milliCPU: 5) == 1000 && CgroupValue.quota(milliCPU: nil) == nil)
    }

    @Test func `the pod's group grows before its containers and shrinks after them, memory before cpu`() throws {
        var bench = try Bench()
        try bench.node()
        let key = try bench.bind(
            Pod.named(containers: ["a", "b"], ["memory": "10Mi"]).resources(cpu: "500m", memory: "256Mi", cpuLimit: "1", memoryLimit: "512Mi"))
        bench.run(to: 60)
        try bench.cluster.resize(
            pod: key,
            containers: [
                wish("a", cpu: "600m", memoryLimit: "1Gi"), wish("b", memory: "128Mi", cpuLimit: "600m", memoryLimit: "256Mi"),
            ])
        bench.run(to: 61)
        let trace = try #require(bench.fleet.resizeTrace(of: bench.pod()))
        #expect(
            trace.writes.map { "\($0.target) \($0.what) \($0.value)" } == [
                "pod memory.max 1342177280", "b memory 128Mi/256Mi", "a memory 256Mi/1Gi",
                "pod cpu.weight 108", "b cpu 500m/600m", "a cpu 600m/1", "pod cpu.max 160000 100000",
            ])
        // Told to the runtime, then two calls, for each resource: six times 50 ms.
        #expect(trace.length == .milliseconds(300))
        #expect(trace.trigger == "pod_updated" && trace.tries == 1)
    }

    @Test func `containers that swap leave the pod's group alone`() throws {
        var bench = try Bench()
        try bench.node()
        let key = try bench.bind(Pod.named(containers: ["c1", "c2"]).resources(cpu: "1", cpuLimit: "1"))
        bench.run(to: 60)
        let before = bench.fleet.cgroup(of: bench.pod())
        try bench.cluster.resize(pod: key, containers: [wish("c2", cpu: "1500m", cpuLimit: "1500m"), wish("c1", cpu: "500m", cpuLimit: "500m")])
        bench.run(to: 61)
        #expect(bench.fleet.cgroup(of: bench.pod()) == before)
        #expect(bench.fleet.resizeTrace(of: bench.pod())?.writes.map(\.target) == ["c1", "c2"])
    }

    @Test func `a runtime that refuses the pod's new size leaves everything as it was, until it does not`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(Pod.named().resources(cpu: "500m", cpuLimit: "1"))
        bench.run(to: 60)
        bench.fleet.failUpdates(of: bench.pod(), container: "", resource: "cpu", times: 1)
        try bench.resize(cpu: "800m")
        bench.run(to: 61)
        #expect(bench.inProgress()?.reason == "Error")
        #expect(bench.inProgress()?.message == "failed to notify runtime for UpdatePodSandboxResources (resource=cpu); resize rejected: runtime refused")
        #expect(bench.actual().requests["cpu"] == Quantity("500m"))
        bench.run(to: 80)
        #expect(bench.inProgress() == nil)
        #expect(bench.actual().requests["cpu"] == Quantity("800m"))
    }

    @Test func `an error of an older resize and a newer one that waits are told side by side`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(Pod.named().resources(cpu: "500m", cpuLimit: "4"))
        bench.run(to: 60)
        try bench.bind(Pod.named("other").resources(cpu: "2"))
        bench.run(to: 70)
        bench.fleet.failUpdates(of: bench.pod(), container: "c", resource: "cpu", times: 100)
        try bench.resize(cpu: "800m")
        bench.run(to: 71)
        try bench.resize(cpu: "3")
        bench.run(to: 72)
        #expect(bench.pending()?.reason == "Deferred" && bench.pending()?.observedGeneration == 3)
        #expect(bench.inProgress()?.reason == "Error" && bench.inProgress()?.observedGeneration == 2)
        #expect(bench.container().allocatedResources["cpu"] == Quantity("800m"))
        #expect(bench.actual().requests["cpu"] == Quantity("500m"))
        // The scheduler counts the most of the three.
        #expect(bench.pod().requests(RequestRules(assigned: bench.cluster.profile)).milliCPU == 3000)
    }

    @Test func `a limit that grows does not wait behind requests that do`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(Pod.named("full").resources(cpu: "3"))
        try bench.bind(Pod.named("big").resources(cpu: "500m"))
        try bench.bind(Pod.named().resources(cpu: "500m", cpuLimit: "1"))
        bench.run(to: 60)
        try bench.resize("big", cpu: "2")
        try bench.resize(cpuLimit: "2")
        bench.run(to: 61)
        #expect(bench.pending("big")?.reason == "Deferred")
        #expect(bench.actual().limits["cpu"] == Quantity("2"))
        #expect(bench.events("ResizeCompleted").count == 1)
    }

    @Test func `a side car is resized like a container and counted like one`() throws {
        var bench = try Bench()
        try bench.node()
        var side = Container(name: "side", image: "side:1")
        side.restartPolicy = "Always"
        side.resources.requests["cpu"] = Quantity("200m")!
        try bench.bind(Pod.named().resources(cpu: "500m").with { $0.spec.initContainers = [side] })
        bench.run(to: 60)
        try bench.resize("p", "side", cpu: "400m")
        bench.run(to: 61)
        let status = bench.pod().status.initContainerStatuses[0]
        #expect(status.resources?.requests["cpu"] == Quantity("400m"))
        #expect(status.restartCount == 0)
        #expect(bench.pod().requests(RequestRules(assigned: bench.cluster.profile)).milliCPU == 900)
    }

    @Test func `2_5 and 4_6_7 an init container that has ended takes a resize, unless its policy wants a restart`() throws {
        var bench = try Bench()
        try bench.node()
        var first = Container(name: "first", image: "init:1")
        first.resources.requests["cpu"] = Quantity("200m")!
        var second = first
        second.name = "second"
        second.resizePolicy = [.init("cpu", "RestartContainer")]
        try bench.bind(Pod.named().resources(cpu: "500m").with { $0.spec.initContainers = [first, second] })
        bench.run(to: 60)
        try bench.resize("p", "first", cpu: "400m")
        bench.run(to: 61)
        #expect(bench.pod().status.initContainerStatuses[0].allocatedResources["cpu"] == Quantity("400m"))
        let error = bench.refusal { try $0.resize("p", "second", cpu: "400m") }
        #expect(
            error?.message
                == "Pod \"p\" is invalid: spec.initContainers[1]: Forbidden: non-sidecar init containers with a resize policy of RestartContainer cannot be resized"
        )
    }

    private func podLevel(_ minor: Int = 36) throws -> Bench {
        var bench = try Bench(minor, gates: minor < 36 ? [("InPlacePodLevelResourcesVerticalScaling", false)] : [])
        try bench.node()
        var own = ResourceRequirements()
        own.requests = ["cpu": Quantity("1")!, "memory": Quantity("512Mi")!]
        own.limits = ["cpu": Quantity("2")!, "memory": Quantity("1Gi")!]
        try bench.bind(
            Pod.named(containers: ["a", "b"], ["a.memory": "300Mi", "b.memory": "100Mi", "cpu": "3"]).resources(cpu: "200m").with {
                $0.spec.resources = own
            })
        bench.run(to: 60)
        return bench
    }

    @Test func `2_4 the pod as a whole is resized, counted and reported`() throws {
        var bench = try podLevel()
        try bench.resize("p", ContainerResize.wholePod, cpu: "1500m", cpuLimit: "3", memoryLimit: "2Gi")
        var seen: [Int64] = []
        bench.run(to: 61) { bench in
            let actual = bench.pod().status.resources?.limits.memoryBytes ?? 0
            if seen.last != actual >> 20 { seen.append(actual >> 20) }
        }
        #expect(seen == [1024, 2048])
        #expect(bench.pod().status.allocatedResources["cpu"] == Quantity("1500m"))
        #expect(bench.pod().requests(RequestRules(assigned: bench.cluster.profile)).milliCPU == 1500)
        #expect(bench.events("ResizeStarted").count == 1 && bench.events("ResizeCompleted").count == 1)
        #expect(bench.container().restartCount == 0)
        #expect(
            bench.fleet.resizeTrace(of: bench.pod())?.writes.map { "\($0.target) \($0.what)" }
                == ["pod memory.max", "pod cpu.max", "pod cpu.weight"])
    }

    @Test func `the limit of the whole pod bounds containers that have none`() throws {
        var bench = try podLevel()
        let usage = bench.fleet.containerUsage(of: bench.pod(), in: bench.cluster)
        #expect(usage.map(\.cpuLimit) == [2000, 2000])
        // Both want 3 CPU; together they get the 2 of the pod.
        #expect(usage.map(\.milliCPU) == [1000, 1000] && usage[0].isThrottled && usage[0].wantedMilliCPU == 3000)
        try bench.resize("p", ContainerResize.wholePod, memory: "200Mi", memoryLimit: "350Mi")
        bench.run(to: 61)
        #expect(
            bench.inProgress()?.message
                == "cannot decrease memory limits: attempting to set pod memory limit (367001600) below current usage (419430400)")
    }

    @Test func `what the API server says about the whole pod's resources`() throws {
        var bench = try podLevel()
        func refusal(_ change: (inout Pod) -> Void) -> String? {
            var pod = bench.pod()
            change(&pod)
            return bench.refusal { try $0.cluster.resize(pod) }?.message
        }
        #expect(refusal { $0.spec.resources = nil }?.contains("spec.resources: Forbidden: pod-level resources cannot be removed") == true)
        #expect(
            refusal { $0.spec.resources?.limits["cpu"] = nil }?.contains("spec.resources.limits: Forbidden: pod-level resource limits cannot be removed")
                == true)
        #expect(
            refusal { $0.spec.resources?.requests["cpu"] = nil }?.contains(
                "spec.resources.requests: Forbidden: pod-level resource requests cannot be removed") == true)
    }

    @Test func `memory that may be swapped is not resized without a restart`() throws {
        var configuration = KubeletConfiguration()
        configuration.memorySwap = ["swapBehavior": "LimitedSwap"]
        var bench = try Bench(configuration: configuration)
        try bench.node()
        try bench.bind(Pod.named().resources(cpu: "500m", memory: "512Mi", memoryLimit: "1Gi"))
        bench.run(to: 60)
        try bench.resize(memory: "600Mi")
        bench.run(to: 61)
        #expect(bench.pending()?.reason == "Infeasible")
        #expect(bench.pending()?.message == "In-place resize of containers with swap is not supported.")
        try bench.resize(cpu: "600m", memory: "512Mi")
        bench.run(to: 62)
        #expect(bench.pending() == nil)
        #expect(bench.actual().requests["cpu"] == Quantity("600m"))
    }

    @Test func `a kubelet that comes back tries what waited, and does not mistake what was granted for what is in force`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(Pod.named("p", ["memory": "700Mi"]).resources(cpu: "500m", memory: "512Mi", memoryLimit: "1Gi"))
        bench.run(to: 60)
        try bench.resize(memoryLimit: "600Mi")
        bench.run(to: 61)
        #expect(bench.inProgress()?.reason == "Error")
        bench.fleet.fail(node: "n1")
        bench.run(to: 100)
        bench.fleet.recover(node: "n1")
        bench.run(to: 200)
        #expect(bench.actual().limits["memory"] == Quantity("1Gi"))
        #expect(bench.container().restartCount == 0)
        #expect(bench.inProgress()?.reason == "Error")
    }

    @Test func `what made a waiting resize go through is remembered`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(Pod.named("other").resources(cpu: "3"))
        try bench.bind(Pod.named().resources(cpu: "500m"))
        bench.run(to: 60)
        try bench.resize(cpu: "2")
        bench.run(to: 65)
        #expect(bench.fleet.resizeTrace(of: bench.pod())?.granted == nil)
        try bench.cluster.delete(Pod.self, ObjectKey(namespace: "default", name: "other"))
        bench.run(to: 70)
        let trace = try #require(bench.fleet.resizeTrace(of: bench.pod()))
        #expect(trace.trigger == "pods_removed" && trace.tries == 2)
        #expect((trace.length ?? .zero) > .seconds(5))
    }

    @Test func `throttled use is what the limit gives, and a resize gives more`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(Pod.named("p", ["cpu": "2"]).resources(cpu: "500m", cpuLimit: "1"))
        bench.run(to: 60)
        func use(_ bench: Bench) -> KubeletFleet.Usage { bench.fleet.containerUsage(of: bench.pod(), in: bench.cluster)[0] }
        #expect(use(bench).milliCPU == 1000 && use(bench).isThrottled)
        try bench.resize(cpuLimit: "3")
        bench.run(to: 61)
        #expect(use(bench).milliCPU == 2000 && !use(bench).isThrottled)
        // Both stretches are remembered.
        let spans = bench.fleet.usageHistory(of: bench.pod(), container: "c", in: bench.cluster)
        #expect(spans.map { $0.milliCPU(at: $0.to) } == [1000, 2000])
        #expect(spans[0].to == spans[1].from)
    }

    @Test func `memory above the limit kills, and a higher limit ends that`() throws {
        var bench = try Bench()
        try bench.node()
        try bench.bind(Pod.named("p", ["memory": "100Mi"]).resources(memory: "128Mi", memoryLimit: "256Mi"))
        bench.run(to: 60)
        bench.fleet.setLoad(of: LoadTarget(kind: "Pod", key: bench.pod().key), cpu: nil, memory: 300 << 20, in: &bench.cluster)
        bench.run(to: 65)
        #expect(bench.container().lastState.terminated?.reason == "OOMKilled" || bench.container().state.terminated?.reason == "OOMKilled")
        #expect(bench.fleet.usageHistory(of: bench.pod(), container: "c", in: bench.cluster).contains { $0.isOutOfMemory })
        try bench.resize(memoryLimit: "512Mi")
        bench.run(to: 400)
        #expect(bench.pod().isReady)
        let restarts = bench.container().restartCount
        bench.run(to: 4000)
        #expect(bench.container().restartCount == restarts)
    }
}
