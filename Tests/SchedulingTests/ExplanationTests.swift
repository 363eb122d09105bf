import ControlPlane
import KubernetesAPI
import Scheduling
import Testing

/// What Kubernetes does not tell: which constraint, which domain, what would help.
@Suite struct ExplanationTests {
    /// Two zones of two nodes; `a` is full of pods of the group, `b` is closed in different ways.
    private static func bench() -> Bench {
        var bench = Bench()
        for name in ["a1", "a2"] { bench.node(name, zone: "a") }
        bench.node("b1", zone: "b") { $0.spec.unschedulable = true }
        bench.node("b2", cpu: "1", zone: "b") { $0.spec.taints = [Taint(key: "dedicated", value: "db", effect: "NoSchedule")] }
        bench.pod("old", cpu: "1", on: "a1")
        return bench
    }
    private static func waiting(_ bench: inout Bench, cpu: String = "2") -> Pod {
        bench.pod("p", cpu: cpu) {
            $0.spec.topologySpreadConstraints = [spread(zoneKey, 1, hard: true, selector: LabelSelector(matchLabels: ["app": "web"]))]
        }
    }

    @Test func `each refusal has the numbers behind it, and every filter is asked`() {
        var bench = Self.bench()
        let pod = Self.waiting(&bench)
        let explained = bench.scheduler.explain(pod: pod, in: bench.cluster, everyFilter: true)
        #expect(
            explained.nodes.map { $0.refusal?.words } == [
                "zone a: 1+1-0 = 2 > 1", "zone a: 1+1-0 = 2 > 1", "cordoned", "taint dedicated=db:NoSchedule",
            ])
        #expect(explained.nodes[3].further.map(\.words) == ["cpu: 2 asked, 1 free"])
        // What is recorded of the real scheduler stays as it is.
        #expect(explained.json == bench.scheduler.explain(pod: pod, in: bench.cluster).json)
    }

    @Test func `the matrix marks what passed, stopped, fails too and was not asked`() {
        var bench = Self.bench()
        let pod = Self.waiting(&bench)
        let explained = bench.scheduler.explain(pod: pod, in: bench.cluster, everyFilter: true)
        #expect(explained.checks.map(\.title) == ["unsch", "name", "taint", "affin", "ports", "fit", "vols", "spread", "podaff"])
        #expect(
            explained.marks(explained.nodes[3], all: false) == [.passed, .passed, .stopped, .notAsked, .notAsked, .notAsked, .notAsked, .notAsked, .notAsked])
        #expect(explained.marks(explained.nodes[3], all: true) == [.passed, .passed, .stopped, .passed, .passed, .failsToo, .passed, .passed, .passed])
        #expect(explained.groups(all: false).map(\.nodes) == [["a1", "a2"], ["b1"], ["b2"]])
        #expect(explained.stoppedBy.map(\.plugin) == ["PodTopologySpread", "NodeUnschedulable", "TaintToleration"])
    }

    @Test func `changes that would help are tried, the smallest of each sort`() {
        var bench = Self.bench()
        let pod = Self.waiting(&bench)
        let explained = bench.scheduler.explain(pod: pod, in: bench.cluster, everyFilter: true)
        let revision = bench.cluster.store.revision
        let remedies = bench.scheduler.remedies(for: pod, explained, in: bench.cluster)
        #expect(
            remedies.map { "\($0.words): \($0.node ?? "no")" } == [
                "uncordon b1: b1", "maxSkew 1 to 2 on zone: a2", "ScheduleAnyway on zone: a2", "open zone c with a node: a1-new",
                "take dedicated=db:NoSchedule off b2: no", "tolerate dedicated=db:NoSchedule: no", "nodeTaintsPolicy Honor on zone: no",
                "add a node to a: no",
            ])
        #expect(bench.cluster.store.revision == revision && bench.scheduler.explain(pod: pod, in: bench.cluster).json == explained.json)
    }

    @Test func `the smallest maxSkew that helps is found`() {
        var bench = Bench()
        bench.node("a1", zone: "a")
        bench.node("b1", cpu: "100m", zone: "b")
        for i in 0..<2 { bench.pod("old\(i)", cpu: "1", on: "a1") }
        let pod = Self.waiting(&bench, cpu: "1")
        let explained = bench.scheduler.explain(pod: pod, in: bench.cluster, everyFilter: true)
        let remedies = bench.scheduler.remedies(for: pod, explained, in: bench.cluster)
        #expect(remedies.first { $0.words.hasPrefix("maxSkew") }?.words == "maxSkew 1 to 3 on zone")
        #expect(remedies.first { $0.words.hasPrefix("add a node") }.map { "\($0.words) \($0.node ?? "no")" } == "add a node to a no")
    }

    @Test func `a smaller neighbour makes room`() throws {
        var bench = Bench()
        bench.node("n", cpu: "2")
        bench.pod("big", cpu: "1500m", labels: ["app": "big"], on: "n")
        let pod = bench.pod("p", cpu: "800m")
        let explained = bench.scheduler.explain(pod: pod, in: bench.cluster, everyFilter: true)
        let remedies = bench.scheduler.remedies(for: pod, explained, in: bench.cluster)
        let resize = try #require(remedies.first { $0.words.hasPrefix("resize") })
        #expect(resize.words == "resize big on n: cpu 1500m to 1200m" && resize.node == "n")
        #expect(remedies.first { $0.words.hasPrefix("cpu request") }?.words == "cpu request 800m to 500m")
    }

    @Test func `one node more is tried in each zone until it helps`() {
        var bench = Bench()
        bench.node("a1", cpu: "1", zone: "a")
        bench.node("b1", cpu: "1", zone: "b")
        bench.pod("ours", cpu: "1", on: "a1")
        bench.pod("other", cpu: "1", labels: ["app": "x"], on: "b1")
        let pod = Self.waiting(&bench, cpu: "1")
        let explained = bench.scheduler.explain(pod: pod, in: bench.cluster, everyFilter: true)
        let remedies = bench.scheduler.remedies(for: pod, explained, in: bench.cluster)
        #expect(remedies.first { $0.words.hasPrefix("add a node") }.map { "\($0.words): \($0.node ?? "no")" } == "add a node to b: b1-new")
    }

    @Test func `preemption is told in a sentence`() {
        var bench = Bench()
        bench.node("n", cpu: "1")
        bench.pod("low", cpu: "1", on: "n")
        let pod = bench.pod("boss", cpu: "1", priority: 10)
        #expect(bench.scheduler.explain(pod: pod, in: bench.cluster).preemptionWords == "would evict default/low on n")
    }
}
