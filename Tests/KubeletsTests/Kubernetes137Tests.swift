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
}
