import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit
import Testing

/// `memory-qos.md`: the worked numbers, the scenarios M1 to M12 and the invariants.
@Suite struct MemoryQoSTests {
    private static let gi: Int64 = 1 << 30
    private static func bytes(_ text: String) -> Int64 { text == "none" ? 0 : Quantity(text)!.value }

    private func protection(
        _ factor: Double = 0.9, _ formula: KubernetesProfile.MemoryHighFormula = .betweenRequestAndLimit,
        page: Int64 = 4096
    ) -> MemoryProtection {
        var protection = MemoryProtection()
        (protection.isEnabled, protection.factor, protection.formula, protection.pageSize) = (true, factor, formula, page)
        return protection
    }

    /// The rows of §3: request, limit, factor, allocatable, `memory.high` of 1.27 and of 1.22.
    static let rows: [(String, String, Double, String, Int64?, Int64?)] = [
        ("50Mi", "100Mi", 0.9, "8Gi", 99_614_720, 94_371_840),
        ("50Mi", "100Mi", 0.8, "8Gi", 94_371_840, 83_886_080),
        ("64Mi", "128Mi", 0.9, "8Gi", 127_504_384, 120_795_955),
        ("128Mi", "128Mi", 0.9, "8Gi", nil, nil),
        ("0", "100Mi", 0.9, "8Gi", 94_371_840, 94_371_840),
        ("256Mi", "none", 0.9, "8Gi", 7_757_783_040, 7_730_941_132),
        ("512Mi", "1Gi", 0.9, "8Gi", 1_020_051_456, 966_367_641),
        ("512Mi", "1Gi", 0.8, "8Gi", 966_365_184, 858_993_459),
        ("512Mi", "1Gi", 0.6, "8Gi", 858_992_640, 644_245_094),
        ("512Mi", "1Gi", 1.0, "8Gi", 1_073_741_824, 1_073_741_824),
        ("85Mi", "100Mi", 0.8, "8Gi", 101_711_872, nil),
        ("100Mi", "1000Mi", 0.9, "8Gi", 954_204_160, 943_718_400),
        ("800Mi", "1000Mi", 0.6, "8Gi", 964_689_920, nil),
        ("850Mi", "1000Mi", 0.8, "8Gi", 1_017_118_720, nil),
        ("500Mi", "1000Mi", 0.4, "8Gi", 734_003_200, nil),
        ("1Gi", "none", 0.9, "4Gi", 3_972_841_472, 3_865_470_566),
        ("1Gi", "2Gi", 0.9, "4Gi", 2_040_107_008, 1_932_735_283),
        ("100000000", "300000000", 0.9, "8Gi", 279_998_464, 270_000_000),
        ("4Gi", "none", 0.9, "4Gi", nil, nil),
        ("127Mi", "128Mi", 0.001, "8Gi", nil, nil),
    ]

    @Test(arguments: rows)
    func `memory high is what the worked numbers say, to the byte`(
        request: String, limit: String, factor: Double, allocatable: String, new: Int64?, old: Int64?
    ) {
        let (r, l, a) = (Self.bytes(request), Self.bytes(limit), Self.bytes(allocatable))
        #expect(protection(factor).high(request: r, limit: l, allocatable: a) == new)
        #expect(protection(factor, .shareOfLimit).high(request: r, limit: l, allocatable: a) == old)
    }

    @Test func `a container without request and limit gets no memory high`() {
        #expect(protection().high(request: 0, limit: 0, allocatable: 8 * Self.gi) == nil)
    }

    @Test func `memory high is cut to pages of the node's size`() {
        #expect(protection(page: 65_536).high(request: 64 << 20, limit: 128 << 20, allocatable: 8 * Self.gi) == 127_467_520)
        #expect(protection(page: 65_536).high(request: 512 << 20, limit: Self.gi, allocatable: 8 * Self.gi) == 1_020_002_304)
    }

    @Test func `memory high is whole pages between request and limit, and grows with factor, limit and request`() {
        var random = SeededRandom(seed: 5, stream: "test")
        for _ in 0..<2000 {
            let request = Int64(random.below(1 << 30))
            let limit = request + Int64(random.below(1 << 30))
            let factor = Double(1 + random.below(1000)) / 1000
            let high = protection(factor).high(request: request, limit: limit, allocatable: 8 * Self.gi)
            if request == limit { #expect(high == nil) }
            guard let high else { continue }
            #expect(high % 4096 == 0 && high > request && high <= limit)
            func other(_ factor: Double, _ request: Int64, _ limit: Int64) -> Int64 {
                protection(factor).high(request: request, limit: limit, allocatable: 8 * Self.gi) ?? limit
            }
            #expect(other(min(1, factor + 0.05), request, limit) >= high)
            #expect(other(factor, request, limit + (1 << 20)) >= high)
            #expect(other(factor, min(limit, request + 4096), limit) >= high)
        }
    }

    @Test(arguments: [(0.01, 0.0064), (0.02, 0.0256), (0.05, 0.16), (0.10, 0.64), (0.18, 2.0), (0.5, 2.0)])
    func `the delay above memory high grows with the square of the overage`(overage: Double, delay: Double) {
        let high: Int64 = 1_000_000_000
        let usage = high + Int64(Double(high) * overage)
        #expect(abs(MemoryProtection.delay(usage: usage, high: high) - delay) < 1e-9)
        #expect(MemoryProtection.delay(usage: high, high: high) == 0)
    }

    // MARK: Scenarios

    private func bench(_ minor: Int = 36, factor: Double? = nil, gate: Bool = true, policy: String = "") throws -> Bench {
        var configuration = KubeletConfiguration()
        configuration.memoryThrottlingFactor = factor
        configuration.memoryReservationPolicy = policy
        var bench = try Bench(minor, gates: [("MemoryQoS", gate)], configuration: configuration)
        try bench.node()
        return bench
    }
    private func row8(_ memory: String) -> Pod {
        Pod.named("p", ["memory": memory]).resources(memory: "512Mi", memoryLimit: "1Gi")
    }
    private func cgroup(_ bench: Bench, _ name: String = "p") -> CgroupValues {
        bench.fleet.cgroups(of: bench.pod(name), in: bench.cluster)[1]
    }
    private func ends(_ bench: Bench) -> [ContainerStateTerminated] {
        [bench.container().state.terminated, bench.container().lastState.terminated].compactMap { $0 }
    }

    @Test func `M1 below memory high nothing is throttled`() throws {
        var bench = try bench()
        try bench.bind(row8("100Mi->960Mi/20s"))
        bench.run(to: 120)
        #expect(cgroup(bench).memoryHigh == 1_020_051_456)
        #expect(cgroup(bench).memoryUsed == 960 << 20)
        #expect(cgroup(bench).memoryHighEvents == 0)
        #expect(bench.container().restartCount == 0)
    }

    @Test func `M2 with a lower factor the same demand is throttled, and not killed`() throws {
        var bench = try bench(factor: 0.6)
        try bench.bind(row8("100Mi->960Mi/20s"))
        bench.run(to: 120)
        let group = cgroup(bench)
        #expect(group.memoryHigh == 858_992_640)
        #expect(group.memoryHighEvents > 0 && group.memoryStall > 0.5)
        #expect(group.memoryUsed > 858_992_640 && group.memoryUsed < 960 << 20)
        #expect(bench.container().restartCount == 0 && ends(bench).isEmpty)
        #expect(abs(MemoryProtection.delay(usage: 960 << 20, high: 858_992_640) - 1.89) < 0.01)
    }

    @Test func `M3 and M4 throttling delays the end that too much demand comes to`() throws {
        func life(gate: Bool) throws -> (seconds: Double, end: ContainerStateTerminated) {
            var bench = try bench(gate: gate)
            try bench.bind(row8("100Mi->1100Mi/20s"))
            var throttled = 0
            bench.run(to: 300) { bench in
                if let group = bench.fleet.cgroups(of: bench.pod(), in: bench.cluster).last {
                    throttled = max(throttled, group.memoryHighEvents)
                }
            }
            #expect(gate == (throttled > 0))
            let end = try #require(ends(bench).first)
            return ((end.finishedAt! - end.startedAt!).seconds, end)
        }
        let (with, end) = try life(gate: true)
        let (without, _) = try life(gate: false)
        #expect(end.reason == "OOMKilled" && end.exitCode == 137)
        #expect(abs(without - 18.48) < 0.1)
        #expect(with > without + 5)
    }

    @Test func `M5 a Guaranteed pod has no memory high and is killed at its limit`() throws {
        var bench = try bench()
        try bench.bind(
            Pod.named("p", ["memory": "100Mi->600Mi/50s"]).resources(
                cpu: "1", memory: "512Mi", cpuLimit: "1", memoryLimit: "512Mi"))
        bench.run(to: 30)
        #expect(cgroup(bench).memoryHigh == nil && cgroup(bench).memoryMax == 512 << 20)
        bench.run(to: 90)
        let end = try #require(ends(bench).first)
        #expect(end.reason == "OOMKilled")
        #expect(abs((end.finishedAt! - end.startedAt!).seconds - 41.2) < 0.1)
    }

    @Test func `M6 a container without request and limit is neither protected nor throttled`() throws {
        var bench = try bench(27)
        try bench.bind(.named())
        bench.run(to: 30)
        let group = cgroup(bench)
        #expect(group.memoryMin == 0 && group.memoryLow == 0 && group.memoryHigh == nil && group.memoryMax == nil)
    }

    private func two(_ bench: inout Bench) throws {
        try bench.bind(Pod.named("g").resources(cpu: "1", memory: "1Gi", cpuLimit: "1", memoryLimit: "1Gi"))
        try bench.bind(Pod.named("b").resources(memory: "512Mi", memoryLimit: "1Gi"))
        bench.run(to: 60)
    }

    @Test func `2_9 and M7 the tiered policy protects Guaranteed pods hard and Burstable ones softly`() throws {
        var bench = try bench(policy: "TieredReservation")
        try two(&bench)
        let node = bench.fleet.cgroups(node: "n1", in: bench.cluster)
        #expect(node.map(\.name) == ["/kubepods", "/kubepods/burstable", "/kubepods/besteffort"])
        #expect(node.map(\.memoryMin) == [1_610_612_736, 0, 0])
        #expect(node.map(\.memoryLow) == [0, 536_870_912, 0])
        let (g, b) = (bench.fleet.cgroups(of: bench.pod("g"), in: bench.cluster), bench.fleet.cgroups(of: bench.pod("b"), in: bench.cluster))
        #expect(g.map(\.memoryMin) == [1 << 30, 1 << 30] && g.map(\.memoryLow) == [0, 0])
        #expect(b.map(\.memoryMin) == [0, 0] && b.map(\.memoryLow) == [512 << 20, 512 << 20])
        #expect(g[0].memoryHigh == nil && b[0].memoryHigh == nil)
    }

    @Test func `M8 by default 1_36 protects nothing and still throttles`() throws {
        var bench = try bench()
        try two(&bench)
        #expect(bench.fleet.cgroups(node: "n1", in: bench.cluster).allSatisfy { $0.memoryMin == 0 && $0.memoryLow == 0 })
        let b = bench.fleet.cgroups(of: bench.pod("b"), in: bench.cluster)
        #expect(b.allSatisfy { $0.memoryMin == 0 && $0.memoryLow == 0 })
        #expect(b[1].memoryHigh == 1_020_051_456)
    }

    @Test func `before 1_36 requests are always protected, and the sum follows the pods`() throws {
        var bench = try bench(27)
        try two(&bench)
        func sum() -> Int64 { bench.fleet.cgroups(node: "n1", in: bench.cluster)[0].memoryMin }
        #expect(sum() == 1_610_612_736)
        #expect(bench.fleet.cgroups(of: bench.pod("b"), in: bench.cluster).map(\.memoryMin) == [512 << 20, 512 << 20])
        try bench.cluster.delete(Pod.self, bench.pod("g").key)
        bench.run(to: 70)
        #expect(sum() == 512 << 20)
    }

    @Test func `no pod, and no class of pods, has a memory high of its own`() throws {
        for minor in [27, 36] {
            var bench = try bench(minor)
            try two(&bench)
            let pods = ["g", "b"].map { bench.fleet.cgroups(of: bench.pod($0), in: bench.cluster)[0] }
            #expect((pods + bench.fleet.cgroups(node: "n1", in: bench.cluster)).allSatisfy { $0.memoryHigh == nil })
        }
    }

    @Test func `a scenario may have kernels with larger pages`() throws {
        var latencies = KubeletLatencies()
        latencies.pageSize = 65536
        var bench = try Bench(36, gates: [("MemoryQoS", true)], latencies: latencies)
        try bench.node()
        try bench.bind(row8("100Mi"))
        bench.run(to: 60)
        #expect(cgroup(bench).memoryHigh == 1_020_002_304)
    }

    @Test func `without the gate only memory max is written`() throws {
        var bench = try bench(gate: false)
        try two(&bench)
        for name in ["g", "b"] {
            for group in bench.fleet.cgroups(of: bench.pod(name), in: bench.cluster) {
                #expect(group.memoryMin == 0 && group.memoryLow == 0 && group.memoryHigh == nil)
                #expect(group.memoryMax == 1 << 30)
            }
        }
    }

    @Test func `M10 page cache makes room before anything is throttled for long`() throws {
        var bench = try bench(factor: 0.8)
        // memory.high is 300 + 0.8 × 500 = 700 Mi.
        try bench.bind(
            Pod.named("p", ["memory": "400Mi->650Mi/50s", "page-cache": "300Mi"]).resources(memory: "300Mi", memoryLimit: "800Mi"))
        bench.run(to: 120)
        #expect(cgroup(bench).memoryHigh == 734_003_200)
        #expect(cgroup(bench).memoryStall == 0)
        #expect(cgroup(bench).memoryUsed <= 734_003_200 + 4096)
        #expect(bench.container().restartCount == 0)
    }

    @Test func `M11 the old formula leaves out who requests most of the limit`() throws {
        func throttles(_ minor: Int) throws -> Bool {
            var bench = try bench(minor, factor: 0.8)
            try bench.bind(Pod.named("p", ["memory": "50Mi->99Mi/10s"]).resources(memory: "85Mi", memoryLimit: "100Mi"))
            var throttled = false
            bench.run(to: 60) { bench in
                throttled = throttled || bench.fleet.cgroups(of: bench.pod(), in: bench.cluster).contains { $0.memoryHighEvents > 0 }
            }
            return throttled
        }
        let (old, new) = (try throttles(26), try throttles(27))
        #expect(!old && new)
    }

    @Test func `M12 a changed factor is for containers that start from then on`() throws {
        var bench = try bench()
        try bench.bind(row8("100Mi"))
        bench.run(to: 60)
        let problems = bench.fleet.configure(["n1"], ["memoryThrottlingFactor": .double(0.6)], in: &bench.cluster)
        #expect(problems.isEmpty)
        var new = row8("100Mi")
        new.metadata.name = "new"
        try bench.bind(new)
        bench.run(to: 120)
        #expect(cgroup(bench).memoryHigh == 1_020_051_456)
        #expect(cgroup(bench, "new").memoryHigh == 858_992_640)
    }
}
