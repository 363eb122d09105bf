// Topology spread constraints, one rule after another.

import ControlPlane
import KubernetesAPI
import Scheduling
import SimulationKit
import Testing

let zoneKey = "topology.kubernetes.io/zone"
let hostnameKey = "kubernetes.io/hostname"

func spread(
    _ key: String, _ maxSkew: Int, hard: Bool = true,
    selector: LabelSelector? = LabelSelector(matchLabels: ["app": "web"]),
    _ change: (inout TopologySpreadConstraint) -> Void = { _ in }
) -> TopologySpreadConstraint {
    var constraint = TopologySpreadConstraint(
        maxSkew: maxSkew, topologyKey: key, whenUnsatisfiable: hard ? "DoNotSchedule" : "ScheduleAnyway",
        labelSelector: selector)
    change(&constraint)
    return constraint
}

extension Bench {
    /// Zones of one node each, called like the zone, with so many pods of app=web each.
    mutating func zones(
        _ counts: (zone: String, pods: Int)..., carrying constraints: [TopologySpreadConstraint] = []
    ) {
        for (zone, pods) in counts {
            node(zone + "1", cpu: "64", zone: zone)
            for i in 0..<pods {
                pod("\(zone)-\(i)", on: zone + "1") { $0.spec.topologySpreadConstraints = constraints }
            }
        }
    }
    /// A Service for app=web.
    mutating func service() {
        var service = Service()
        service.metadata.name = "web"
        service.spec.selector = ["app": "web"]
        var port = ServicePort()
        port.port = 80
        service.spec.ports = [port]
        try! cluster.create(service)
    }
    /// The nodes that would take a pod with these constraints, and the reasons of the others.
    func verdicts(
        _ constraints: [TopologySpreadConstraint], labels: StringMap<String> = ["app": "web"],
        _ change: (inout Pod) -> Void = { _ in }
    ) -> [String: String] {
        var copy = self
        copy.pod("incoming", labels: labels) {
            $0.spec.topologySpreadConstraints = constraints
            change(&$0)
        }
        let decision = decide(cluster: copy.cluster, order: .file).last!
        var result: [String: String] = [:]
        for node in decision.nodes {
            result[node.node] = node.refusal?.reasons.joined(separator: ", ") ?? "ok"
        }
        return result
    }
    /// The score of PodTopologySpread by node.
    func spreadScores(_ constraints: [TopologySpreadConstraint], _ change: (inout Pod) -> Void = { _ in })
        -> [String: Int]
    {
        var copy = self
        copy.pod("incoming") {
            $0.spec.topologySpreadConstraints = constraints
            change(&$0)
        }
        let decision = decide(cluster: copy.cluster, order: .file).last!
        let i = decision.scorePlugins.firstIndex(of: "PodTopologySpread")!
        return Dictionary(uniqueKeysWithValues: decision.nodes.map { ($0.node, $0.scores[i] / 2) })
    }
}

private let skewed = "node(s) didn't match pod topology spread constraints"
private let unlabelled = "node(s) didn't match pod topology spread constraints (missing required label)"

/// The worked scenarios of `topology-spread.md`, by their numbers.
@Suite struct SpreadTests {
    @Test func `1 a domain above the minimum by maxSkew refuses`() {
        var bench = Bench()
        bench.zones(("a", 2), ("b", 2), ("c", 1))
        #expect(bench.verdicts([spread(zoneKey, 1)]) == ["a1": skewed, "b1": skewed, "c1": "ok"])
    }

    @Test func `2 a pod that its selector does not match changes no count`() {
        var bench = Bench()
        bench.zones(("a", 2), ("b", 2), ("c", 1))
        #expect(
            bench.verdicts([spread(zoneKey, 1)], labels: ["app": "other"]) == [
                "a1": "ok", "b1": "ok", "c1": "ok",
            ])
    }

    @Test func `3 with fewer domains than minDomains the minimum counts as 0`() {
        var bench = Bench()
        let rule = spread(zoneKey, 2) { $0.minDomains = 5 }
        bench.zones(("a", 2), ("b", 2), ("c", 2), carrying: [rule])
        #expect(bench.verdicts([rule]) == ["a1": skewed, "b1": skewed, "c1": skewed])
        let group = SpreadView.groups(of: bench.cluster)[0]
        #expect(
            group.skewNow == 2 && !group.violatedNow && group.minDomainsUnmet && group.effectiveMinimum == 0)
        #expect(group.minimum == 2 && group.rawSpread == 0 && group.state == .atLimit && group.room == 0)
        #expect(group.domains[0].arithmetic(maxSkew: group.maxSkew) == "2+1-0 = 3 > 2")
    }

    @Test func `4 new nodes take what minDomains held back`() {
        var bench = Bench()
        for name in ["n1", "n2", "n3"] { bench.node(name, cpu: "64") }
        for i in 0..<10 {
            bench.pod("p\(i)") {
                $0.spec.topologySpreadConstraints = [spread(hostnameKey, 2) { $0.minDomains = 5 }]
            }
        }
        bench.run(.seconds(5))
        func counts() -> [Int] {
            ["n1", "n2", "n3", "n4", "n5"].map { name in (0..<10).count { bench.place("p\($0)") == name } }
        }
        #expect(counts() == [2, 2, 2, 0, 0])
        bench.node("n4", cpu: "64")
        bench.node("n5", cpu: "64")
        bench.run(.seconds(60))
        #expect(counts() == [2, 2, 2, 2, 2])
    }

    @Test func `5 the first constraint that fails gives the reason, and all have the same text`() {
        var bench = Bench()
        bench.node("n1", cpu: "64", zone: "a")
        bench.node("n2", cpu: "64", zone: "a")
        bench.node("n3", cpu: "64", zone: "b")
        for (i, node) in ["n1", "n1", "n2", "n3", "n3"].enumerated() { bench.pod("p\(i)", on: node) }
        bench.pod("incoming") {
            $0.spec.topologySpreadConstraints = [spread(zoneKey, 1), spread(hostnameKey, 1)]
        }
        bench.run(.seconds(1))
        #expect(
            bench.messages("FailedScheduling") == [
                "0/3 nodes are available: 3 \(skewed). no new claims to deallocate, preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod."
            ])
    }

    @Test func `6 a cordoned empty zone holds the minimum down unless taints are honoured`() {
        var bench = Bench()
        bench.zones(("a", 1), ("b", 1))
        bench.node("c1", zone: "c") {
            $0.spec.unschedulable = true
            $0.spec.taints = [Taint(key: "node.kubernetes.io/unschedulable", effect: "NoSchedule")]
        }
        let cordoned = "node(s) were unschedulable"
        #expect(bench.verdicts([spread(zoneKey, 1)]) == ["a1": skewed, "b1": skewed, "c1": cordoned])
        #expect(
            bench.verdicts([spread(zoneKey, 1) { $0.nodeTaintsPolicy = "Honor" }])
                == ["a1": "ok", "b1": "ok", "c1": cordoned])
        // The dashboard names the zone that is to blame.
        bench.pod("waits") { $0.spec.topologySpreadConstraints = [spread(zoneKey, 1)] }
        let group = SpreadView.groups(of: bench.cluster)[0]
        #expect(group.blockers == ["c"])
        #expect(group.room == 0)
        #expect(group.domains.map(\.isOpen) == [true, true, false])
        #expect(group.domains.map(\.takesNext) == [false, false, true])
        #expect(group.waiting == [ObjectKey(namespace: "default", name: "waits")])
    }

    @Test(arguments: [("Ignore", [5, 5], 5), ("Honor", [8, 7], 0)])
    func `7 a lost node blocks its replacements only if taints are ignored`(
        policy: String, counts: [Int], pending: Int
    ) {
        var bench = Bench()
        for name in ["n1", "n2", "n3"] {
            bench.node(name, cpu: "64") {
                if name == "n3" {
                    // Pods tolerate NoExecute for five minutes, as admission has it; NoSchedule keeps them off.
                    $0.spec.taints = ["NoSchedule", "NoExecute"].map {
                        Taint(key: "node.kubernetes.io/unreachable", effect: $0)
                    }
                }
            }
            for i in 0..<5 {
                bench.pod("\(name)-\(i)", on: name)
                if name == "n3" {
                    _ = try! bench.cluster.delete(Pod.self, ObjectKey(namespace: "default", name: "n3-\(i)"))
                }
            }
        }
        for i in 0..<5 {
            bench.pod("new\(i)") {
                $0.spec.topologySpreadConstraints = [spread(hostnameKey, 1) { $0.nodeTaintsPolicy = policy }]
            }
        }
        bench.run(.seconds(20))
        let live = bench.cluster.store.pods.all.filter { !$0.metadata.isTerminating }
        #expect(["n1", "n2"].map { name in live.count { $0.nodeName == name } }.sorted(by: >) == counts)
        #expect(live.count { $0.nodeName.isEmpty } == pending)
    }

    @Test(arguments: [true, false])
    func `8 a rolling update ends even if matchLabelKeys tells revisions apart`(isApart: Bool) throws {
        var bench = Bench()
        let rule = spread(zoneKey, 1) { if isApart { $0.matchLabelKeys = ["pod-template-hash"] } }
        func labels(_ revision: String) -> StringMap<String> { ["app": "web", "pod-template-hash": revision] }
        bench.node("a1", cpu: "64", zone: "a")
        bench.node("b1", cpu: "64", zone: "b")
        for i in 0..<6 {
            bench.pod("old\(i)", labels: labels("old"), on: i < 3 ? "a1" : "b1") { $0.spec.topologySpreadConstraints = [rule] }
        }
        // With the old revision even, the first new pod may go anywhere. One surges, one goes.
        #expect(bench.verdicts([rule], labels: labels("new")) == ["a1": "ok", "b1": "ok"])
        for i in 0..<6 {
            bench.pod("new\(i)", labels: labels("new")) { $0.spec.topologySpreadConstraints = [rule] }
            bench.run(.seconds(1))
            #expect(bench.place("new\(i)") != "")
            try bench.cluster.delete(Pod.self, bench.stored("old\(i)").key)
        }
        bench.run(.seconds(1))
        let inA = (0..<6).count { bench.place("new\($0)") == "a1" }
        // Otherwise only the sum with what is left of the old revision is bounded.
        if isApart { #expect(inA == 3) } else { #expect((2...4).contains(inA)) }
    }

    @Test func `9 a scale-down leaves a skew that only the next pod mends`() {
        var bench = Bench()
        bench.zones(("a", 3), ("b", 3), ("c", 0), carrying: [spread(zoneKey, 1)])
        let group = SpreadView.groups(of: bench.cluster)[0]
        #expect(group.skewNow == 3 && group.violatedNow && group.state == .violated)
        #expect(group.movesToEven == 2)
        #expect(group.domains.map(\.takesNext) == [false, false, true])
        #expect(group.room == nil)
        #expect(group.domains.map { $0.arithmetic(maxSkew: group.maxSkew) } == ["3+1-0 = 4 > 1", "3+1-0 = 4 > 1", "0+1-0 = 1 ≤ 1"])
        #expect(bench.verdicts([spread(zoneKey, 1)]) == ["a1": skewed, "b1": skewed, "c1": "ok"])
    }

    @Test func `10 a node that lacks one of the keys counts for none of them`() {
        var bench = Bench()
        bench.zones(("a", 2), ("b", 1))
        bench.node("c1", zone: "c") { $0.metadata.labels[hostnameKey] = nil }
        let rules = [spread(zoneKey, 1), spread(hostnameKey, 5)]
        #expect(bench.verdicts(rules) == ["a1": skewed, "b1": "ok", "c1": unlabelled])
        bench.pod("waits") { $0.spec.topologySpreadConstraints = rules }
        let group = SpreadView.groups(of: bench.cluster)[0]
        #expect(group.domains.map(\.name) == ["a", "b"])
        #expect(group.excludedNodes == [.init(name: "c1", why: .missingLabel(hostnameKey))])
    }

    /// Nodes n1, n2 in zone a with 2 and 1 pods, n3 in b with 1, n4 in c.
    private func four(pods: Bool = true, owned: Bool = false) -> Bench {
        var bench = Bench()
        for (name, zone) in [("n1", "a"), ("n2", "a"), ("n3", "b"), ("n4", "c")] {
            bench.node(name, cpu: "64", zone: zone)
        }
        if pods { for (i, node) in ["n1", "n1", "n2", "n3"].enumerated() { bench.pod("p\(i)", on: node) } }
        if owned {
            bench.service()
        }
        return bench
    }

    @Test func `11 soft constraints rank domains by their pods`() {
        #expect(
            four().spreadScores([spread(zoneKey, 1, hard: false)]) == ["n1": 0, "n2": 0, "n3": 60, "n4": 100])
    }
    @Test func `12 pods of a service are spread by default`() {
        #expect(four(owned: true).spreadScores([]) == ["n1": 42, "n2": 50, "n3": 78, "n4": 100])
    }
    @Test func `13 in an empty cluster all nodes score alike`() {
        #expect(
            four(pods: false, owned: true).spreadScores([]) == ["n1": 100, "n2": 100, "n3": 100, "n4": 100])
    }

    @Test func `14 on twenty nodes a pod weighs on its node most, then on its zone`() {
        var bench = Bench()
        for i in 0..<20 {
            bench.node(i < 10 ? "n0\(i)" : "n\(i)", cpu: "64", zone: ["a", "b", "c"][i % 3])
        }
        bench.service()
        bench.pod("web-0", on: "n00")
        let scores = bench.spreadScores([])
        for (name, score) in scores {
            let number = Int(name.dropFirst())!
            #expect(score == (number == 0 ? 54 : number % 3 == 0 ? 81 : 100), "\(name)")
        }
        #expect(scores.count == 20)
    }

    @Test func `15 a node without the key of a soft constraint scores 0`() {
        var bench = Bench()
        bench.zones(("a", 0), ("b", 1), ("c", 2))
        bench.node("n5", cpu: "64")
        #expect(
            bench.spreadScores([spread(zoneKey, 1, hard: false)]) == ["a1": 100, "b1": 33, "c1": 0, "n5": 0])
    }

    @Test func `16 and 17 empty and absent selectors never refuse for counts`() {
        var bench = Bench()
        bench.zones(("a", 5), ("b", 0))
        bench.node("n", cpu: "64")
        for selector in [LabelSelector(), nil] {
            #expect(
                bench.verdicts([spread(zoneKey, 1, selector: selector)]) == [
                    "a1": "ok", "b1": "ok", "n": unlabelled,
                ])
        }
    }

    @Test func `18 a pod that is being deleted does not count from that instant`() {
        var bench = Bench()
        bench.zones(("a", 1), ("b", 0))
        #expect(bench.verdicts([spread(zoneKey, 1)])["a1"] == skewed)
        _ = try! bench.cluster.delete(Pod.self, ObjectKey(namespace: "default", name: "a-0"))
        #expect(bench.verdicts([spread(zoneKey, 1)]) == ["a1": "ok", "b1": "ok"])
    }

    @Test func `19 listed default constraints take the selector of the pod's services`() {
        var bench = Bench()
        bench.zones(("a", 2), ("b", 2), ("c", 1))
        bench.service()
        bench.pod("incoming")
        let decision = decide(cluster: bench.cluster, order: .file, configuration: Self.listed)[0]
        #expect(decision.nodes.map(\.isFeasible) == [false, false, true])
        let groups = SpreadView.groups(of: bench.cluster, configuration: Self.listed)
        #expect(groups.count == 1)
        #expect(
            groups[0].isDefault && groups[0].isHard && groups[0].selector == "app=web"
                && groups[0].carriers == 6)
    }
    static let listed: SchedulerConfiguration = {
        var configuration = SchedulerConfiguration()
        var profile = SchedulerProfile()
        var config = SchedulerPluginConfig()
        config.name = "PodTopologySpread"
        config.args = [
            "defaultingType": "List",
            "defaultConstraints": [
                ["maxSkew": 1, "topologyKey": .string(zoneKey), "whenUnsatisfiable": "DoNotSchedule"]
            ],
        ]
        profile.pluginConfig = [config]
        configuration.profiles = [profile]
        return configuration
    }()

    @Test func `20 two hard rules spread over zones and nodes at once`() {
        var bench = Bench()
        for i in 0..<20 { bench.node("n\(i)", cpu: "64", zone: ["a", "b", "c"][i % 3]) }
        for i in 0..<15 {
            bench.pod("p\(i)") {
                $0.spec.topologySpreadConstraints = [spread(zoneKey, 1), spread(hostnameKey, 1)]
            }
        }
        bench.run(.seconds(5))
        var byZone = [0, 0, 0]
        for i in 0..<20 {
            let count = (0..<15).count { bench.place("p\($0)") == "n\(i)" }
            #expect(count <= 1)
            byZone[i % 3] += count
        }
        #expect(byZone == [5, 5, 5])
    }

    @Test func `matchLabelKeys makes a group of each revision`() {
        var bench = Bench()
        bench.zones(("a", 0), ("b", 0))
        for (revision, node, count) in [("old", "a1", 3), ("new", "b1", 2)] {
            for i in 0..<count {
                bench.pod("\(revision)\(i)", labels: ["app": "web", "pod-template-hash": revision], on: node) {
                    $0.spec.topologySpreadConstraints = [
                        spread(zoneKey, 1) { $0.matchLabelKeys = ["pod-template-hash"] }
                    ]
                }
            }
        }
        let groups = SpreadView.groups(of: bench.cluster)
        #expect(groups.map(\.revision) == ["old", "new"])
        #expect(groups.map { $0.domains.map(\.pods) } == [[3, 0], [0, 2]])
        #expect(groups[0].selector == "app=web,pod-template-hash=old")
    }

    @Test func `a view that follows tells the same as a new one`() {
        var bench = Bench()
        var view = SpreadView()
        var random = SeededRandom(seed: 5, stream: "test")
        let rules = [
            spread(zoneKey, 1), spread(hostnameKey, 2, hard: false) { $0.nodeTaintsPolicy = "Honor" },
        ]
        for i in 0..<12 { bench.node("n\(i)", cpu: "64", zone: ["a", "b", "c"][i % 3]) }
        for step in 0..<150 {
            bench.cluster.now = bench.cluster.now + .seconds(1)
            let pods = bench.cluster.store.pods.all
            switch random.below(6) {
            case 0, 1:
                bench.pod("p\(step)", on: "n\(random.below(12))") {
                    $0.spec.topologySpreadConstraints = rules
                }
            case 2: bench.pod("w\(step)") { $0.spec.topologySpreadConstraints = rules }
            case 3 where !pods.isEmpty:
                _ = try! bench.cluster.delete(Pod.self, pods[random.below(pods.count)].key)
            case 4:
                let key = ObjectKey(name: "n\(random.below(12))")
                _ = try? bench.cluster.update(Node.self, key) { node in
                    if node.spec.taints.isEmpty {
                        node.spec.taints = [Taint(key: "dedicated", effect: "NoSchedule")]
                    } else {
                        node.spec.taints = []
                        node.metadata.labels[zoneKey] = ["a", "b", "c", "d"][random.below(4)]
                    }
                }
            case 5 where step % 3 == 0:
                let key = ObjectKey(name: "n\(random.below(12))")
                if bench.cluster.store.nodes[key] != nil {
                    _ = try! bench.cluster.delete(Node.self, key)
                } else {
                    bench.node(key.name, zone: "a")
                }
            default: break
            }
            #expect(view.groups(of: bench.cluster) == SpreadView.groups(of: bench.cluster), "step \(step)")
        }
        #expect(!SpreadView.groups(of: bench.cluster).isEmpty)
    }
}
