import ControlPlane
import KubernetesAPI

/// Pods that want, or do not want, to be near others.
///
/// - Source: Kubernetes `pkg/scheduler/framework/plugins/interpodaffinity/{filtering,scoring}.go`.
enum InterPodAffinity {
    @Sendable static func filter(
        _ cycle: Cycle, _ state: SchedulingState, _ store: ObjectStore, _ pass: inout FilterPass
    ) {
        let demand = cycle.demand
        if demand.affinity.isEmpty && demand.antiAffinity.isEmpty && demand.existingAntiAffinity.isEmpty {
            return
        }
        // The first pod of a group that wants to be near itself may go anywhere.
        let isFirst = demand.affinityMatchesSelf && demand.affinity.allSatisfy { state.views[$0].total == 0 }
        pass.reject(.interPodAffinity) { row in
            var near = true
            for number in demand.affinity {
                let view = state.views[number]
                let domain = state.columns[view.column].value(row)
                if domain < 0 { return (.podAffinity, true) }
                if view.count(domain) == 0 { near = false }
            }
            if !near && !isFirst { return (.podAffinity, true) }
            if demand.antiAffinity.contains(where: { occupied($0, row, state) }) {
                return (.podAntiAffinity, false)
            }
            if demand.existingAntiAffinity.contains(where: { occupied($0, row, state) }) {
                return (.existingAntiAffinity, false)
            }
            return nil
        }
    }

    private static func occupied(_ number: Int, _ row: Int, _ state: SchedulingState) -> Bool {
        let view = state.views[number]
        return view.count(state.columns[view.column].value(row)) > 0
    }

    @Sendable static func score(
        _ cycle: Cycle, _ state: SchedulingState, _ rows: [Int], _ scores: inout [Int]
    ) -> Bool {
        let demand = cycle.demand
        var terms = demand.preferredAffinity
        if !(cycle.settings.ignoresPreferredTermsOfExistingPods && terms.isEmpty) {
            terms += demand.existingPreferences
        }
        terms.removeAll { state.views[$0.view].total == 0 }
        if terms.isEmpty { return false }
        for (i, row) in rows.enumerated() {
            for (number, weight) in terms {
                let view = state.views[number]
                scores[i] += view.count(state.columns[view.column].value(row)) * weight
            }
        }
        let low = scores.min() ?? 0
        let range = (scores.max() ?? 0) - low
        for i in scores.indices {
            scores[i] = range == 0 ? 0 : Int(100 * (Double(scores[i] - low) / Double(range)))
        }
        return true
    }
}
