import ControlPlane
import KubernetesAPI
import SimulationKit

/// Spreads pods over domains: refuses nodes where a hard constraint would be broken, ranks by soft ones.
///
/// - Source: Kubernetes `pkg/scheduler/framework/plugins/podtopologyspread/{filtering,scoring}.go`.
enum PodTopologySpread {
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

    static let hostname = "kubernetes.io/hostname"

    @Sendable static func isUniform(_ cycle: Cycle, _ state: SchedulingState) -> Bool {
        cycle.demand.softSpread.isEmpty
    }
    @Sendable static func score(
        _ cycle: Cycle, _ state: SchedulingState, _ rows: [Int], _ scores: inout [Int]
    ) -> Bool {
        let rules = cycle.demand.softSpread
        if rules.isEmpty {
            // Up to 1.27 the plugin was not left out, and gave every node full marks.
            for i in scores.indices { scores[i] = 100 }
            return state.profile.version.minor < 28
        }
        let columns = rules.map { state.columns[state.views[$0.view].column] }
        let ignored = rows.map { row in
            cycle.demand.softNeedsAllKeys && columns.contains { $0.value(row) < 0 }
        }
        let weights = rules.indices.map { c -> Double in
            var size = 0
            if rules[c].constraint.topologyKey == hostname {
                size = ignored.count { !$0 }
            } else {
                var seen: Set<Int> = []
                for (i, row) in rows.enumerated() where !ignored[i] { seen.insert(columns[c].value(row)) }
                size = seen.count
            }
            return DeterministicMath.ln(Double(size + 2))
        }
        var low = Int.max
        var high = 0
        for (i, row) in rows.enumerated() where !ignored[i] {
            var raw = 0.0
            for (c, rule) in rules.enumerated() {
                let domain = columns[c].value(row)
                if domain < 0 { continue }
                let count =
                    rule.constraint.topologyKey == hostname
                    ? state.counters[rule.counter].count(row) : state.views[rule.view].count(domain)
                raw += Double(count) * weights[c] + Double(rule.maxSkew - 1)
            }
            scores[i] = Int(raw.rounded())
            low = min(low, scores[i])
            high = max(high, scores[i])
        }
        for i in scores.indices {
            scores[i] = ignored[i] ? 0 : high == 0 ? 100 : 100 * (high + low - scores[i]) / high
        }
        return true
    }
}
