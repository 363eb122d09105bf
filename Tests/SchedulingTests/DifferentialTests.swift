import ControlPlane
import Foundation
import KubernetesAPI
import Scheduling
import SimulationKit
import Testing

/// The scheduler against ``ReferenceScheduler`` on random clusters that change between the decisions.
///
/// `EVENKEEL_DIFFERENTIAL_SEEDS=100000 swift test --filter DifferentialTests` looks at more of them.
@Suite struct DifferentialTests {
    static let seeds = ProcessInfo.processInfo.environment["EVENKEEL_DIFFERENTIAL_SEEDS"].flatMap { Int($0) } ?? 2000

    @Test func `places each pod as the plain rules say`() {
        var decisions = 0
        var placed = 0
        for seed in 0..<Self.seeds {
            var trial = Trial(seed: UInt64(seed))
            if let difference = trial.run() {
                Issue.record("seed \(seed): \(difference)")
                return
            }
            decisions += trial.decisions
            placed += trial.placed
        }
        #expect(decisions > Self.seeds * 8 && placed > Self.seeds * 4, "\(placed) of \(decisions) placed")
    }

    struct Trial {
        var bench: Bench
        var random: SeededRandom
        var templates: [Pod] = []
        /// Nodes by zone, zones and nodes in the order in which they came.
        var zones: [(name: String, nodes: [String])] = []
        var decisions = 0
        var placed = 0
        var pods = 0

        init(seed: UInt64) {
            random = SeededRandom(seed: seed, stream: "differential")
            bench = Bench(minor: [27, 34, 36, 36][random.below(4)], seed: seed)
            // Now and then so many nodes that only a part of them is looked at would be too slow for the reference;
            // those are in SchedulerTests.
            for i in 0..<(3 + random.below(6)) { addNode("n\(i)") }
            for i in 0..<3 { templates.append(template(i)) }
        }

        // MARK: A random world

        mutating func chance(_ n: Int) -> Bool { random.below(n) == 0 }
        mutating func pick(_ values: [String]) -> String { values[random.below(values.count)] }

        mutating func addNode(_ name: String) {
            let zone: String? = chance(8) ? nil : pick(["a", "b", "c"])
            let (cpu, memory) = (pick(["1", "2", "4"]), pick(["2Gi", "4Gi"]))
            let (isSoft, hasDisk, hasImage, few) = (chance(6), chance(2), chance(3), chance(8))
            bench.node(name, cpu: cpu, memory: memory, zone: zone) { node in
                if isSoft { node.spec.taints = [Taint(key: "soft", effect: "PreferNoSchedule")] }
                if hasDisk { node.metadata.labels["disk"] = "ssd" }
                if few { node.status.allocatable["pods"] = Quantity(2) }
                if hasImage {
                    var image = ContainerImage()
                    (image.names, image.sizeBytes) = (["web:1"], 700 << 20)
                    node.status.images = [image]
                }
            }
            note(zone ?? "", name)
        }
        mutating func note(_ zone: String?, _ node: String) {
            for i in zones.indices.reversed() {
                zones[i].nodes.removeAll { $0 == node }
                if zones[i].nodes.isEmpty { zones.remove(at: i) }
            }
            guard let zone else { return }
            if let i = zones.firstIndex(where: { $0.name == zone }) {
                zones[i].nodes.append(node)
            } else {
                zones.append((zone, [node]))
            }
        }
        var order: [String] {
            let depth = zones.map(\.nodes.count).max() ?? 0
            return (0..<depth).flatMap { i in zones.compactMap { i < $0.nodes.count ? $0.nodes[i] : nil } }
        }

        mutating func term(_ app: String) -> PodAffinityTerm {
            var term = PodAffinityTerm()
            term.labelSelector = LabelSelector(matchLabels: ["app": app])
            term.topologyKey = chance(2) ? zoneKey : hostnameKey
            return term
        }
        mutating func template(_ number: Int) -> Pod {
            let apps = ["x", "y"]
            var pod = Pod()
            pod.metadata.namespace = "default"
            pod.metadata.labels = ["app": pick(apps)]
            var owner = OwnerReference()
            (owner.apiVersion, owner.kind, owner.name, owner.uid) = ("apps/v1", "Job", "t\(number)", "t\(number)")
            owner.controller = true
            pod.metadata.ownerReferences = [owner]
            var container = Container(name: "web", image: "web:1")
            if !chance(4) { container.resources.requests["cpu"] = Quantity(milli: Int64(50 * (1 + random.below(8)))) }
            if !chance(3) { container.resources.requests["memory"] = Quantity(bytes: Int64(100 + random.below(400)) << 20) }
            if chance(8) {
                var port = ContainerPort()
                (port.containerPort, port.hostPort) = (80, 8080)
                container.ports = [port]
            }
            pod.spec.containers = [container]
            for key in [zoneKey, hostnameKey] where chance(2) {
                var rule = spread(
                    key, 1 + random.below(3), hard: chance(2), selector: LabelSelector(matchLabels: ["app": pick(apps)]))
                if rule.whenUnsatisfiable == "DoNotSchedule", chance(4) { rule.minDomains = 2 + random.below(2) }
                if chance(3) { rule.nodeTaintsPolicy = "Honor" }
                if chance(3) { rule.nodeAffinityPolicy = "Ignore" }
                pod.spec.topologySpreadConstraints.append(rule)
            }
            var affinity = Affinity()
            if chance(4) {
                affinity.podAntiAffinity = PodAffinity()
                affinity.podAntiAffinity!.required = [term(pick(apps))]
            }
            if chance(4) {
                affinity.podAffinity = PodAffinity()
                if chance(2) { affinity.podAffinity!.required = [term(pick(apps))] }
                var weighted = WeightedPodAffinityTerm()
                (weighted.weight, weighted.podAffinityTerm) = (1 + random.below(100), term(pick(apps)))
                affinity.podAffinity!.preferred = [weighted]
            }
            if chance(5) {
                var like = PreferredSchedulingTerm()
                like.weight = 1 + random.below(50)
                like.preference.matchExpressions = [SelectorRequirement("disk", "Exists")]
                affinity.nodeAffinity = NodeAffinity()
                affinity.nodeAffinity!.preferred = [like]
            }
            if affinity != Affinity() { pod.spec.affinity = affinity }
            if chance(5) { pod.spec.nodeSelector = ["disk": "ssd"] }
            if chance(5) { pod.spec.tolerations = [Toleration(operator: "Exists")] }
            return pod
        }

        /// Something happens to the cluster.
        mutating func disturb() {
            let all = bench.cluster.store.pods.all
            let nodes = bench.cluster.store.nodes.all
            let node = nodes[random.below(nodes.count)]
            switch random.below(9) {
            case 0 where !all.isEmpty:
                let pod = all[random.below(all.count)]
                _ = try? bench.cluster.delete(Pod.self, pod.key, DeleteOptions(gracePeriodSeconds: chance(2) ? 0 : 30))
            case 1: _ = try! bench.cluster.update(Node.self, node.key) { $0.spec.unschedulable.toggle() }
            case 2:
                let effect = pick(["NoSchedule", "PreferNoSchedule"])
                _ = try! bench.cluster.update(Node.self, node.key) {
                    $0.spec.taints = $0.spec.taints.isEmpty ? [Taint(key: "k", effect: effect)] : []
                }
            case 3:
                let zone = pick(["a", "b", "d"])
                let old = node.metadata.labels[zoneKey]
                _ = try! bench.cluster.update(Node.self, node.key) { $0.metadata.labels[zoneKey] = zone }
                if old != zone { note(zone, node.name) }
            case 4:
                _ = try! bench.cluster.update(Node.self, node.key) {
                    $0.metadata.labels["disk"] = $0.metadata.labels["disk"] == nil ? "ssd" : nil
                }
            case 5 where nodes.count > 3:
                _ = try! bench.cluster.delete(Node.self, node.key)
                note(nil, node.name)
            case 6 where nodes.count < 9: addNode("m\(pods)")
            case 7 where !all.isEmpty:
                bench.cluster.modify(Pod.self, all[random.below(all.count)].key) {
                    if !$0.nodeName.isEmpty { $0.status.phase = .succeeded }
                }
            default: break
            }
            bench.run(.milliseconds(20))
        }

        // MARK: The comparison

        /// The first difference, in words; nil if all decisions agree.
        mutating func run() -> String? {
            for _ in 0..<10 {
                if chance(3) { disturb() }
                var pod = templates[random.below(templates.count)]
                pod.metadata.name = "p\(pods)"
                pods += 1
                guard let created = try? bench.cluster.create(pod) else { continue }
                if let difference = compare(created) { return difference }
            }
            return nil
        }

        private mutating func compare(_ pod: Pod) -> String? {
            decisions += 1
            let verdicts = ReferenceScheduler(bench.cluster).verdicts(pod)
            let explanation = bench.scheduler.explain(pod: pod, in: bench.cluster)
            for verdict in verdicts {
                guard let found = explanation.nodes.first(where: { $0.node == verdict.node }) else {
                    return "\(pod.name) on \(verdict.node): no verdict"
                }
                let refusal = verdict.refusal.map { $0.split(separator: " ")[0] }
                if found.refusal?.plugin.map({ Substring($0) }) != refusal {
                    return "\(pod.name) on \(verdict.node): filter: \(found.refusal?.plugin ?? "passes"), "
                        + "expected \(verdict.refusal ?? "passes")"
                }
                for (i, plugin) in explanation.scorePlugins.enumerated() where verdict.refusal == nil {
                    if found.scores[i] != verdict.scores[plugin] {
                        return "\(pod.name) on \(verdict.node): \(plugin): \(found.scores[i]), "
                            + "expected \(verdict.scores[plugin] ?? -1)"
                    }
                }
            }
            let feasible = order.compactMap { name in verdicts.first { $0.node == name && $0.refusal == nil } }
            bench.run(.milliseconds(50))
            let place = bench.place(pod.name)
            if feasible.isEmpty {
                if place != "" { return "\(pod.name): placed on \(place), expected nowhere" }
                _ = try! bench.cluster.delete(Pod.self, pod.key)
                bench.run(.milliseconds(20))
                return nil
            }
            placed += 1
            let best = feasible.map(\.total).max()!
            let expected =
                bench.cluster.profile.version.minor < 35
                ? feasible.filter { $0.total == best }.map(\.node)
                : [feasible[ReferenceScheduler.heapWinner(feasible.map(\.total))].node]
            return expected.contains(place) ? nil : "\(pod.name): winner: \(place), expected one of \(expected)"
        }
    }
}
