import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit
import Testing

/// What `kubernetes-1.37.md` says of the kubelet, by the numbers of its rows.
@Suite struct Kubernetes137Tests {
    private static let gi: Int64 = 1 << 30

    // MARK: MemoryQoS

    private func memory(_ minor: Int, factor: Double?, _ pod: Pod) throws -> [CgroupValues] {
        var configuration = KubeletConfiguration()
        configuration.memoryThrottlingFactor = factor
        var bench = try Bench(minor, configuration: configuration)
        try bench.node()
        try bench.bind(pod)
        bench.run(to: 60)
        return bench.fleet.cgroups(of: bench.pod(), in: bench.cluster)
    }

    @Test func `4_2 MemoryQoS is on in 1_37 and writes no more than memory_max`() throws {
        let groups = try memory(37, factor: nil, Pod.named().resources(memory: "50Mi", memoryLimit: "100Mi"))
        #expect(groups.count == 2)
        for group in groups {
            #expect(group.memoryHigh == nil && group.memoryMin == 0 && group.memoryLow == 0)
            #expect(group.memoryMax == 100 << 20)
        }
    }

    @Test func `4_2 with a factor containers and their pod are throttled between request and limit`() throws {
        let groups = try memory(37, factor: 0.9, Pod.named().resources(memory: "50Mi", memoryLimit: "100Mi"))
        #expect(groups.map(\.memoryHigh) == [99_614_720, 99_614_720])
        let old = try memory(36, factor: 0.9, Pod.named().resources(memory: "50Mi", memoryLimit: "100Mi"))
        #expect(old.map(\.memoryHigh) == [nil, nil])
    }

    @Test func `4_2 with a factor BestEffort containers are throttled from 1_37 on`() throws {
        #expect(try memory(37, factor: 0.9, .named())[1].memoryHigh == 7_730_937_856)
        var protection = MemoryProtection()
        (protection.isEnabled, protection.factor) = (true, 0.9)
        #expect(protection.high(request: 0, limit: 0, allocatable: 8 * Self.gi) == nil)
    }

    // MARK: Finding out

    /// How long after its end each of some containers was seen to have ended.
    private func delays(_ minor: Int, evented: Bool) throws -> [Duration] {
        var bench = try Bench(minor, gates: [("EventedPLEG", evented)])
        try bench.node()
        for i in 0..<8 { try bench.bind(Pod.named("p\(i)", ["run-time": "\(3 + i).\(i)s"]).with { $0.spec.restartPolicy = "Never" }) }
        bench.run(to: 60)
        let activity = bench.fleet.activity(node: "n1", in: bench.cluster)
        return activity?.pleg.detections.filter { $0.event == "ContainerDied" }.map { $0.seen - $0.happened } ?? []
    }

    @Test func `4_1 in 1_37 events of the runtime tell of unexpected ends alone`() throws {
        #expect(try delays(37, evented: false).contains { $0 > .milliseconds(100) })
        #expect(try delays(37, evented: true) == Array(repeating: .milliseconds(20), count: 8))
        #expect(try delays(36, evented: true) == Array(repeating: .milliseconds(20), count: 8))
        for (minor, period, threshold) in [(36, 300.0, 600.0), (37, 1, 180)] {
            var bench = try Bench(minor, gates: [("EventedPLEG", true)])
            try bench.node()
            bench.run(to: 5)
            let pleg = bench.fleet.activity(node: "n1", in: bench.cluster)?.pleg
            #expect(pleg?.period == .seconds(period) && pleg?.threshold == .seconds(threshold))
        }
    }

    @Test func `2_11 a start is seen at once from 1_36 on`() throws {
        for (minor, atOnce) in [(35, false), (36, true), (37, true)] {
            var bench = try Bench(minor)
            try bench.node()
            try bench.bind(.named())
            bench.run(to: 60)
            let ready = bench.pod().status.conditions["Ready"]?.lastTransitionTime
            #expect((ready == bench.container().state.running?.startedAt) == atOnce)
        }
    }

    // MARK: Conditions and events

    @Test func `2_7 and 4_3 the sandbox is told before images are pulled, and why it is not there`() throws {
        for minor in [35, 36, 37] {
            var bench = try Bench(minor)
            try bench.node()
            try bench.bind(Pod.named("p", ["image-pull-time": "20s"]))
            var first: Condition?
            bench.run(to: 10) { bench in
                if first == nil { first = bench.pod().status.conditions["PodReadyToStartContainers"] }
            }
            #expect(first?.status == "False")
            #expect(first?.reason == (minor == 37 ? "PodSandboxNotReady" : "") && first?.message == (minor == 37 ? "no pod sandbox exists" : ""))
            let pulling = bench.pod().status.conditions["PodReadyToStartContainers"]
            #expect(pulling?.status == (minor == 35 ? "False" : "True"))
            bench.run(to: 40)
            let after = bench.pod().status.conditions["PodReadyToStartContainers"]
            #expect(after?.status == "True" && after?.reason == "" && after?.message == "")
        }
    }

    @Test func `4_4 a missing pull secret is told only after a pull failed from 1_37 on`() throws {
        func events(_ minor: Int, _ annotations: StringMap<String>) throws -> (missing: [Double], failed: [Double]) {
            var bench = try Bench(minor)
            try bench.node()
            var login = LocalObjectReference()
            login.name = "regcred"
            try bench.bind(Pod.named("p", annotations).with { $0.spec.imagePullSecrets = [login] })
            bench.run(to: 30)
            let message = bench.events("FailedToRetrieveImagePullSecret").first?.message
            if let message {
                #expect(message == "Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.")
            }
            return (bench.times("FailedToRetrieveImagePullSecret"), bench.times("Failed"))
        }
        #expect(try !events(36, [:]).missing.isEmpty)
        #expect(try events(37, [:]).missing.isEmpty)
        let failing = try events(37, ["image-pull": "denied"])
        #expect(!failing.missing.isEmpty && failing.missing.first == failing.failed.first)
    }

    @Test func `4_5 an event rate of zero is the default up to 1_36 and no limit later`() throws {
        for (minor, value) in [(36, "50"), (37, "no limit")] {
            var configuration = KubeletConfiguration()
            configuration.eventRecordQPS = 0
            var bench = try Bench(minor, configuration: configuration)
            try bench.node()
            bench.run(to: 1)
            let row = bench.fleet.settings(node: "n1").first { $0.field == "eventRecordQPS" }
            #expect(row?.value == value)
        }
    }

    // MARK: Life of a pod

    @Test func `1_6 status and conditions say which generation they are about from 1_34 on`() throws {
        for minor in [33, 34, 37] {
            var bench = try Bench(minor)
            try bench.node()
            try bench.bind(.named())
            bench.run(to: 30)
            let status = bench.pod().status
            #expect(status.observedGeneration == (minor == 33 ? 0 : 1))
            #expect(status.conditions["Ready"]?.observedGeneration == (minor == 33 ? 0 : 1))
        }
        #expect(throws: ProfileError.self) { try Bench(35, gates: [("PodObservedGenerationTracking", false)]) }
    }

    @Test(arguments: [34, 35, 37])
    func `1_8 a kubelet that starts again leaves the status of pods alone and asks no startup probe again`(minor: Int) throws {
        var bench = try Bench(minor)
        try bench.node()
        try bench.bind(
            Pod.named().with {
                $0.spec.containers[0].startupProbe = .http(period: 1)
                $0.spec.containers[0].readinessProbe = .http(period: 5)
            })
        bench.run(to: 60)
        let before = bench.pod()
        #expect(before.isReady && bench.container().started == true)
        bench.fleet.fail(node: "n1")
        bench.run(to: 70)
        bench.fleet.recover(node: "n1")
        var isLeftAlone = true
        bench.run(to: 130) { bench in
            if !bench.pod().isReady || bench.container().started != true { isLeftAlone = false }
        }
        #expect(isLeftAlone == (minor >= 35) && bench.pod().isReady)
        let (old, new) = (before.status.conditions["Ready"]?.lastTransitionTime, bench.pod().status.conditions["Ready"]?.lastTransitionTime)
        #expect((old == new) == (minor >= 35))
        #expect(bench.container().restartCount == 0 && bench.events("Unhealthy").isEmpty)
    }

    @Test func `2_5 and 3_10_1 nodes declare what they can, and a change that needs more is refused`() throws {
        let names = ["GuaranteedQoSPodCPUResize", "InPlacePodLevelResourcesVerticalScaling", "InPlacePodVerticalScalingInitContainers"]
        for (minor, declared) in [(34, []), (36, names)] {
            var bench = try Bench(minor)
            try bench.node()
            bench.run(to: 1)
            let found = bench.cluster.store.nodes[ObjectKey(name: "n1")]?.status.declaredFeatures ?? []
            #expect(found.filter(names.contains) == declared && found.contains("RestartAllContainersOnContainerExits") == (minor == 36))
        }
        var bench = try Bench(37)
        try bench.node()
        var first = Container(name: "first", image: "init:1")
        first.resources.requests["cpu"] = Quantity("200m")!
        try bench.bind(Pod.named().resources(cpu: "500m").with { $0.spec.initContainers = [first] })
        bench.run(to: 60)
        bench.fleet.fail(node: "n1")
        bench.cluster.modify(Node.self, ObjectKey(name: "n1")) { $0.status.declaredFeatures = [] }
        let error = bench.refusal { try $0.resize("p", "first", cpu: "400m") }
        let why = "pod update requires features InPlacePodVerticalScalingInitContainers which are not available on node \"n1\""
        #expect(error?.code == 403 && error?.message == "pods \"p\" is forbidden: \(why)")
    }

    /// When readiness was told to have failed after a pod with a slow preStop hook was deleted at 60 s.
    private func readinessWhileEnding(_ minor: Int) throws -> Bool {
        var bench = try Bench(minor)
        try bench.node()
        var probe = Probe()
        probe.exec = ExecAction()
        probe.exec?.command = ["true"]
        (probe.periodSeconds, probe.failureThreshold) = (1, 1)
        try bench.bind(
            Pod.named("p", ["readiness-fails": "70s-600s", "stop-time": "25s"]).with {
                $0.spec.containers[0].readinessProbe = probe
                $0.spec.containers[0].lifecycle = Lifecycle()
                $0.spec.containers[0].lifecycle?.preStop = LifecycleHandler()
                $0.spec.containers[0].lifecycle?.preStop?.exec = ExecAction()
                $0.spec.containers[0].lifecycle?.preStop?.exec?.command = ["sleep", "25"]
            })
        bench.run(to: 60)
        #expect(bench.pod().isReady)
        try bench.cluster.delete(Pod.self, bench.pod().key)
        var wasUnready = false
        bench.run(to: 84) { bench in
            if bench.has(), !bench.pod().isReady { wasUnready = true }
        }
        return wasUnready
    }

    @Test func `4_6_1 readiness goes on to be asked by a command while a pod ends, but in 1_35 and 1_36`() throws {
        #expect(try [34, 35, 36, 37].map(readinessWhileEnding) == [true, false, false, true])
    }

    @Test func `4_6_3 a pod that its node refuses takes no room there`() throws {
        var bench = try Bench(37)
        try bench.node(cpu: "1")
        try bench.bind(Pod.named("p").resources(cpu: "600m"))
        bench.run(to: 30)
        try bench.bind(Pod.named("q").resources(cpu: "600m"))
        try bench.resize(cpu: "900m")
        bench.run(to: 31)
        #expect(bench.pod("q").status.reason == "OutOfcpu")
        #expect(bench.actual().requests["cpu"] == Quantity("900m") && bench.events("ResizeDeferred").isEmpty)
    }
}
