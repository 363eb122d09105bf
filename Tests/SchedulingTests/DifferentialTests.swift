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

    /// Two runs side by side, each over every other seed.
    @Test(arguments: [0, 1])
    func `places each pod, and evicts for it, as the plain rules say`(first: Int) {
        var seen = Coverage()
        for seed in stride(from: first, to: Self.seeds, by: 2) {
            var trial = Trial(seed: UInt64(seed))
            if let difference = trial.run() {
                Issue.record("seed \(seed): \(difference)")
                return
            }
            seen.add(trial.seen)
        }
        // Neither can it pass by looking at nothing: each kind of answer was compared, many times.
        let seeds = Self.seeds / 2
        guard seeds >= 1000 else { return }
        #expect(seen.decisions > seeds * 8 && seen.placed > seeds * 4 && seen.ranked > seeds, "\(seen)")
        #expect(seen.preempting > seeds / 20 && seen.violating > 0, "\(seen)")
        let deciders = [
            "NodeUnschedulable", "TaintToleration", "NodeAffinity", "NodePorts", "NodeResourcesFit", "VolumeRestrictions",
            "NodeVolumeLimits", "VolumeBinding", "VolumeZone", "PodTopologySpread", "InterPodAffinity",
        ]
        for plugin in deciders { #expect(seen.refusals[plugin, default: 0] > seeds / 40, "\(plugin): \(seen)") }
        for plugin in ReferenceScheduler.scorers {
            #expect(seen.contested[plugin, default: 0] > seeds / 40, "\(plugin): \(seen)")
        }
    }

    /// What was compared.
    struct Coverage {
        var decisions = 0
        var placed = 0
        /// Placements with several feasible nodes.
        var ranked = 0
        /// Pods for which others were to be evicted, and those of them against a budget.
        var preempting = 0
        var violating = 0
        /// By plugin: nodes that it refused; pods for whose nodes its scores differ.
        var refusals: [String: Int] = [:]
        var contested: [String: Int] = [:]

        mutating func add(_ other: Coverage) {
            decisions += other.decisions
            placed += other.placed
            ranked += other.ranked
            preempting += other.preempting
            violating += other.violating
            refusals.merge(other.refusals, uniquingKeysWith: +)
            contested.merge(other.contested, uniquingKeysWith: +)
        }
    }

    struct Trial {
        var bench: Bench
        var random: SeededRandom
        var templates: [Pod] = []
        /// Nodes by zone, zones and nodes in the order in which they came.
        var zones: [(name: String, nodes: [String])] = []
        var seen = Coverage()
        var pods = 0

        init(seed: UInt64) {
            random = SeededRandom(seed: seed, stream: "differential")
            bench = Bench(minor: [27, 34, 36, 36][random.below(4)], seed: seed)
            // Now and then so many nodes that only a part of them is looked at would be too slow for the reference;
            // those are in SchedulerTests.
            for i in 0..<(3 + random.below(6)) { addNode("n\(i)") }
            addObjects()
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
            if chance(3) { limitVolumes(of: name) }
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
            case 8:
                for pod in all where pod.metadata.isTerminating {
                    bench.cluster.finishDeletion(ofPod: pod.key, uid: pod.metadata.uid)
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
            seen.decisions += 1
            let reference = ReferenceScheduler(bench.cluster)
            let verdicts = reference.verdicts(pod)
            let explanation = bench.scheduler.explain(pod: pod, in: bench.cluster)
            for verdict in verdicts {
                guard let found = explanation.nodes.first(where: { $0.node == verdict.node }) else {
                    return "\(pod.name) on \(verdict.node): no verdict"
                }
                let refusal = found.refusal.map {
                    ReferenceScheduler.Refusal(plugin: $0.plugin ?? "", isFinal: $0.code == "UnschedulableAndUnresolvable")
                }
                if refusal != verdict.refusal {
                    return "\(pod.name) on \(verdict.node): filter: \(refusal.map { "\($0)" } ?? "passes"), "
                        + "expected \(verdict.refusal.map { "\($0)" } ?? "passes")"
                }
                for (i, plugin) in explanation.scorePlugins.enumerated() where verdict.refusal == nil {
                    if found.scores[i] != verdict.scores[plugin] {
                        return "\(pod.name) on \(verdict.node): \(plugin): \(found.scores[i]), "
                            + "expected \(verdict.scores[plugin] ?? -1)"
                    }
                }
                if let refusal { seen.refusals[refusal.plugin, default: 0] += 1 }
            }
            let feasible = order.compactMap { name in verdicts.first { $0.node == name && $0.refusal == nil } }
            for plugin in ReferenceScheduler.scorers where Set(feasible.map { $0.scores[plugin] }).count > 1 {
                seen.contested[plugin, default: 0] += 1
            }
            if feasible.isEmpty { return compareFailure(pod, explanation, reference) }
            if pod.spec.volumes.contains(where: { ["local", "made"].contains($0.persistentVolumeClaim?.claimName) }) {
                // Nobody binds volumes here: the pod would wait for ever.
                return forget(pod)
            }
            bench.run(.milliseconds(50))
            let place = bench.cluster.store.pods[pod.key]?.nodeName ?? "gone"
            seen.placed += 1
            seen.ranked += feasible.count > 1 ? 1 : 0
            let best = feasible.map(\.total).max()!
            let expected =
                bench.cluster.profile.version.minor < 35
                ? feasible.filter { $0.total == best }.map(\.node)
                : [feasible[ReferenceScheduler.heapWinner(feasible.map(\.total))].node]
            if !expected.contains(place) { return "\(pod.name): winner: \(place), expected one of \(expected)" }
            if chance(2) {
                let start = bench.cluster.now - .milliseconds(1 + random.below(5))
                bench.cluster.modify(Pod.self, pod.key) { $0.status.startTime = start }
            }
            return nil
        }

        /// A pod that fits nowhere: whom would it evict, and does it?
        private mutating func compareFailure(_ pod: Pod, _ explanation: Explanation, _ reference: ReferenceScheduler) -> String? {
            let expected = reference.candidates(for: pod)
            let found = (explanation.preemption?.candidates ?? []).map {
                ReferenceScheduler.Candidate(node: $0.node, victims: $0.victims, violations: $0.pdbViolations)
            }
            if found != expected.all { return "\(pod.name): preemption: \(found), expected \(expected.all)" }
            let wasTerminating = Set(bench.cluster.store.pods.all.filter(\.metadata.isTerminating).map(\.key))
            bench.run(.milliseconds(50))
            let stored = bench.cluster.store.pods[pod.key]
            // With spread, a victim that is being deleted may be all that was in the way.
            let nominated = stored.map { $0.nodeName.isEmpty ? $0.status.nominatedNodeName : $0.nodeName } ?? "gone"
            if expected.best.isEmpty != nominated.isEmpty || !nominated.isEmpty && !expected.best.contains(nominated) {
                return "\(pod.name): nominated: \(nominated), expected one of \(expected.best)"
            }
            let evicted = bench.cluster.store.pods.all.filter { $0.metadata.isTerminating && !wasTerminating.contains($0.key) }
            let victims = expected.all.first { $0.node == nominated }?.victims.filter { !wasTerminating.contains($0) } ?? []
            if Set(evicted.map(\.key)) != Set(victims) { return "\(pod.name): evicted: \(evicted.map(\.key)), expected \(victims)" }
            if !expected.all.isEmpty { seen.preempting += 1 }
            seen.violating += expected.all.contains { $0.violations > 0 } ? 1 : 0
            return forget(pod)
        }
        private mutating func forget(_ pod: Pod) -> String? {
            _ = try! bench.cluster.delete(Pod.self, pod.key)
            bench.run(.milliseconds(20))
            return nil
        }
    }
}
