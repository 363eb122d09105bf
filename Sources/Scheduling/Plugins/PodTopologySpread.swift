import ControlPlane
import KubernetesAPI
import SimulationKit

/// Spreads pods over domains: refuses nodes where a hard constraint would be broken, ranks by soft ones.
///
/// - Source: Kubernetes `pkg/scheduler/framework/plugins/podtopologyspread/{filtering,scoring}.go`.
enum PodTopologySpread {
    static let plugin = Plugin(
        name: .podTopologySpread,
        title: "spread",
        points: [.filter, .score],
        weight: 2,
        filterScope: .domain,
        filter: filter,
        isUniform: isUniform,
        score: score,
        events: [.nodes, .nodeGone, .pods, .podGone],
        hint: hint,
        words: words,
        detail: detail,
        remedies: [RemedyRule(rank: 60, find: looserConstraint)])

    @Sendable static func filter(
        _ cycle: Cycle, _ state: SchedulingState, _ store: ObjectStore, _ pass: inout FilterPass
    ) {
        let rules = cycle.demand.hardSpread
        if rules.isEmpty { return }
        let minima = rules.map { $0.effectiveMinimum(state.views[$0.view]) }
        pass.reject(.podTopologySpread) { row in
            for (i, rule) in rules.enumerated() {
                let view = state.views[rule.view]
                let domain = state.columns[view.column].value(row)
                if domain < 0 { return (.spreadLabel, true) }
                if view.count(domain) + rule.selfMatch - minima[i] > rule.maxSkew {
                    return (.spreadSkew, false)
                }
            }
            return nil
        }
    }

    @Sendable static func isUniform(_ cycle: Cycle, _ state: SchedulingState) -> Bool {
        cycle.demand.softSpread.isEmpty
    }
    @Sendable static func score(
        _ cycle: Cycle, _ state: SchedulingState, _ rows: [Int], _ scores: inout [Int]
    ) -> Bool {
        let rules = cycle.demand.softSpread
        if rules.isEmpty {
            for i in scores.indices { scores[i] = 100 }
            return state.profile.spreadWithoutSoftConstraintsScores
        }
        // The tables are taken out once: reaching them through the state for each node costs more than the sums.
        let tables = rules.map { rule in
            let view = state.views[rule.view]
            let isHostname = rule.constraint.topologyKey == LabelKey.hostname
            return (
                values: state.columns[view.column].valueOf,
                counts: isHostname ? state.counters[rule.counter].perNode : view.pods, isHostname: isHostname
            )
        }
        var ignored = Array(repeating: false, count: rows.count)
        if cycle.demand.softNeedsAllKeys {
            for table in tables {
                for (i, row) in rows.enumerated() where table.values[row] < 0 { ignored[i] = true }
            }
        }
        let kept = rows.count - ignored.count { $0 }
        var raw = Array(repeating: 0.0, count: rows.count)
        for (c, table) in tables.enumerated() {
            var size = kept
            if !table.isHostname {
                // A missing label counts as a value of its own.
                let column = state.columns[state.views[rules[c].view].column]
                var seen = Array(repeating: false, count: column.values.count + 1)
                for (i, row) in rows.enumerated() where !ignored[i] { seen[Int(table.values[row]) + 1] = true }
                size = seen.count { $0 }
            }
            let weight = DeterministicMath.ln(Double(size + 2))
            let constant = Double(rules[c].maxSkew - 1)
            for (i, row) in rows.enumerated() {
                let domain = Int(table.values[row])
                if domain < 0 { continue }
                let index = table.isHostname ? row : domain
                let count = index < table.counts.count ? table.counts[index] : 0
                raw[i] += Double(count) * weight + constant
            }
        }
        var low = Int.max
        var high = 0
        for i in rows.indices where !ignored[i] {
            scores[i] = Int(raw[i].rounded())
            low = min(low, scores[i])
            high = max(high, scores[i])
        }
        for i in scores.indices {
            scores[i] = ignored[i] ? 0 : high == 0 ? 100 : 100 * (high + low - scores[i]) / high
        }
        return true
    }
}

extension PodTopologySpread {
    /// Whether `event` may make a pod fit that the plugin refused: the closer look of 1.32 and later.
    @Sendable static func hint(_ state: inout SchedulingState, _ entry: QueuedPod, _ event: ClusterEvent, _ settings: SchedulingProfile) -> Bool {
        let rules = state.demand(of: entry.pod, entry.facts, settings).hardSpread
        func matches(_ pod: Pod, _ rule: SpreadRule) -> Bool {
            rule.selector?.matches(pod.metadata.labels) ?? false
        }
        func hasAllKeys(_ node: Node) -> Bool {
            rules.allSatisfy { node.metadata.labels[$0.constraint.topologyKey] != nil }
        }
        switch event {
        case .assignedPodAdded(let pod), .assignedPodDeleted(let pod):
            return pod.metadata.namespace == entry.facts.namespace && rules.contains { matches(pod, $0) }
        case .assignedPodChanged(let pod, let old):
            return pod.metadata.namespace == entry.facts.namespace
                && rules.contains { matches(pod, $0) != matches(old, $0) }
        case .podItselfChanged(let pod, let old):
            if pod.metadata.labels != old.metadata.labels {
                return rules.contains { matches(pod, $0) != matches(old, $0) }
            }
            return pod.spec.tolerations != old.spec.tolerations
                && rules.contains { $0.constraint.nodeTaintsPolicy == "Honor" }
        case .nodeAdded(let node), .nodeDeleted(let node): return hasAllKeys(node)
        case .nodeChanged(let node, let old):
            let (new, before) = (hasAllKeys(node), hasAllKeys(old))
            if new != before { return true }
            return new
                && (node.spec.taints != old.spec.taints || node.spec.unschedulable != old.spec.unschedulable
                    || rules.contains {
                        node.metadata.labels[$0.constraint.topologyKey]
                            != old.metadata.labels[$0.constraint.topologyKey]
                    })
        case .storageChanged: return false
        }
    }
}

extension Reason {
    static let spreadSkew = Reason(.podTopologySpread)
    static let spreadLabel = Reason(.podTopologySpread, code: 1)
}

extension PodTopologySpread {
    @Sendable private static func words(_ reason: Reason, _ demand: PodDemand, _ state: SchedulingState) -> [String] {
        ["node(s) didn't match pod topology spread constraints" + (reason == .spreadLabel ? " (missing required label)" : "")]
    }
    @Sendable private static func detail(_ reason: Reason, _ row: Int, _ cycle: Cycle, _ state: SchedulingState) -> String {
        if reason == .spreadLabel {
            let missing = cycle.demand.hardSpread.first { state.columns[state.views[$0.view].column].value(row) < 0 }
            return missing.map { "no label \($0.constraint.topologyKey)" } ?? ""
        }
        for rule in cycle.demand.hardSpread {
            let view = state.views[rule.view]
            let count = view.count(state.columns[view.column].value(row))
            let minimum = rule.effectiveMinimum(view)
            let skew = count + rule.selfMatch - minimum
            guard skew > rule.maxSkew, let place = state.domain(rule.view, row) else { continue }
            let few = view.domains < rule.minDomains ? ", minDomains \(rule.minDomains) of \(view.domains)" : ""
            return "\(place): \(count)+\(rule.selfMatch)-\(minimum) = \(skew) > \(rule.maxSkew)\(few)"
        }
        return ""
    }

    /// Each hard constraint a little looser, until it helps.
    private static func looserConstraint(_ search: inout RemedySearch) {
        guard search.isRefused(by: .podTopologySpread) else { return }
        for (i, constraint) in search.pod.spec.topologySpreadConstraints.enumerated() where constraint.isHard {
            let key = SchedulingState.short(constraint.topologyKey)
            if let least = constraint.minDomains, least > 1 {
                search.tryPod("minDomains \(least) to \(least - 1) on \(key)", cost: "looser rule") { $0.topologySpreadConstraints[i].minDomains = least - 1 }
            }
            // The least that helps, among those worth trying; if none does, the first says so.
            let before = search.found.count
            for more in [1, 2, 3, 5, 10] {
                let words = "maxSkew \(constraint.maxSkew) to \(constraint.maxSkew + more) on \(key)"
                if search.tryPod(words, cost: "looser rule", { $0.topologySpreadConstraints[i].maxSkew += more }) {
                    search.found.removeSubrange(before..<(search.found.count - 1))
                    break
                }
            }
            if search.found.count > before + 1 { search.found.removeSubrange((before + 1)...) }
            if search.state.profile.isEnabled(.nodeInclusionPolicyInPodTopologySpread) {
                // Domains of nodes that the pod cannot use no longer hold the minimum down.
                if constraint.nodeTaintsPolicy != "Honor", search.isRefused(by: .taintToleration) || search.isRefused(by: .nodeUnschedulable) {
                    search.tryPod("nodeTaintsPolicy Honor on \(key)", cost: "other nodes count") { $0.topologySpreadConstraints[i].nodeTaintsPolicy = "Honor" }
                }
                if constraint.nodeAffinityPolicy == "Ignore" {
                    search.tryPod("nodeAffinityPolicy Honor on \(key)", cost: "other nodes count") {
                        $0.topologySpreadConstraints[i].nodeAffinityPolicy = "Honor"
                    }
                }
            }
            search.tryPod("ScheduleAnyway on \(key)", cost: "soft rule") {
                $0.topologySpreadConstraints[i].whenUnsatisfiable = "ScheduleAnyway"
                $0.topologySpreadConstraints[i].minDomains = nil
            }
        }
    }
}
