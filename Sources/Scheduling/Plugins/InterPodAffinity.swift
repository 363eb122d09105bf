import ControlPlane
import KubernetesAPI
import SimulationKit

/// Pods that want, or do not want, to be near others.
///
/// - Source: Kubernetes `pkg/scheduler/framework/plugins/interpodaffinity/{filtering,scoring}.go`.
enum InterPodAffinity {
    static let plugin = Plugin(
        name: .interPodAffinity,
        title: "podaff",
        points: [.filter, .score],
        weight: 2,
        filterScope: .domain,
        filter: filter,
        isUniform: isUniform,
        score: score,
        events: [.nodes, .pods, .podGone],
        hint: hint,
        words: words,
        detail: detail,
        remedies: [RemedyRule(rank: 100, find: withoutTerms)])

    @Sendable static func filter(
        _ cycle: Cycle, _ state: SchedulingState, _ store: ObjectStore, _ pass: inout FilterPass
    ) {
        let demand = cycle.demand
        if demand.affinity.isEmpty && demand.antiAffinity.isEmpty && demand.existingAntiAffinity.isEmpty {
            return
        }
        let isFirst = state.isFirstOfGroup(demand)
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

    /// The terms that say something about any node: some pod is meant by them.
    private static func terms(_ cycle: Cycle, _ state: SchedulingState) -> [(view: Int, weight: Int)] {
        let own = cycle.demand.preferredAffinity
        let isDeaf = cycle.settings.ignoresPreferredTermsOfExistingPods && own.isEmpty
        return (isDeaf ? [] : own + cycle.demand.existingPreferences).filter { state.views[$0.view].total != 0 }
    }

    @Sendable static func isUniform(_ cycle: Cycle, _ state: SchedulingState) -> Bool {
        terms(cycle, state).isEmpty
    }
    @Sendable static func score(
        _ cycle: Cycle, _ state: SchedulingState, _ rows: [Int], _ scores: inout [Int]
    ) -> Bool {
        let terms = terms(cycle, state)
        if terms.isEmpty { return false }
        for (number, weight) in terms {
            let view = state.views[number]
            let column = state.columns[view.column]
            for (i, row) in rows.enumerated() { scores[i] += view.count(column.value(row)) * weight }
        }
        let low = scores.min() ?? 0
        let range = (scores.max() ?? 0) - low
        for i in scores.indices {
            scores[i] = range == 0 ? 0 : Int(100 * (Double(scores[i] - low) / Double(range)))
        }
        return true
    }
}

extension InterPodAffinity {
    /// Whether `event` may make a pod fit that the plugin refused: the closer look of 1.32 and later.
    @Sendable static func hint(_ state: inout SchedulingState, _ entry: QueuedPod, _ event: ClusterEvent, _ settings: SchedulingProfile) -> Bool {
        let labelsOfNamespaces = state.namespaceLabels
        let facts = entry.facts
        func labels(_ pod: Pod) -> StringMap<String> { labelsOfNamespaces[pod.metadata.namespace] ?? [:] }
        func wants(_ pod: Pod, _ terms: [AffinityTerm]) -> Bool {
            terms.contains {
                $0.matches(
                    labels: pod.metadata.labels, namespace: pod.metadata.namespace,
                    namespaceLabels: labels(pod))
            }
        }
        func isUnwanted(by pod: Pod) -> Bool {
            (pod.spec.affinity?.podAntiAffinity?.required ?? []).contains {
                AffinityTerm($0, namespace: pod.metadata.namespace).matches(
                    labels: facts.labels, namespace: facts.namespace,
                    namespaceLabels: labelsOfNamespaces[facts.namespace] ?? [:])
            }
        }
        let keys = (facts.requiredAffinity + facts.requiredAntiAffinity).map(\.topologyKey)
        switch event {
        case .assignedPodAdded(let pod): return wants(pod, facts.requiredAffinity)
        case .assignedPodChanged(let pod, let old):
            return wants(pod, facts.requiredAffinity) && !wants(old, facts.requiredAffinity)
                || wants(old, facts.requiredAntiAffinity) && !wants(pod, facts.requiredAntiAffinity)
        case .assignedPodDeleted(let pod):
            return wants(pod, facts.requiredAntiAffinity) || isUnwanted(by: pod)
        case .nodeAdded(let node): return keys.isEmpty || keys.contains { node.metadata.labels[$0] != nil }
        case .nodeChanged(let node, let old):
            return keys.contains { node.metadata.labels[$0] != old.metadata.labels[$0] }
                || keys.isEmpty && node.metadata.labels != old.metadata.labels
        case .podItselfChanged(let pod, let old): return pod.metadata.labels != old.metadata.labels
        default: return false
        }
    }
}

extension Reason {
    static let podAffinity = Reason(.interPodAffinity)
    static let podAntiAffinity = Reason(.interPodAffinity, code: 1)
    static let existingAntiAffinity = Reason(.interPodAffinity, code: 2)
}

extension InterPodAffinity {
    @Sendable private static func words(_ reason: Reason, _ demand: PodDemand, _ state: SchedulingState) -> [String] {
        switch reason {
        case .podAffinity: ["node(s) didn't match pod affinity rules"]
        case .podAntiAffinity: ["node(s) didn't match pod anti-affinity rules"]
        default: ["node(s) didn't satisfy existing pods anti-affinity rules"]
        }
    }
    @Sendable private static func detail(_ reason: Reason, _ row: Int, _ cycle: Cycle, _ state: SchedulingState) -> String {
        let demand = cycle.demand
        switch reason {
        case .podAffinity:
            let alone = demand.affinity.first { state.views[$0].count(state.columns[state.views[$0].column].value(row)) == 0 }
            guard let alone, let place = state.domain(alone, row) else {
                return alone.map { "no label \(state.columns[state.views[$0].column].key)" } ?? ""
            }
            return "\(place): none of the pods it must be with"
        case .podAntiAffinity: return crowd(demand.antiAffinity, row, "that it must not be with", state)
        default: return crowd(demand.existingAntiAffinity, row, "that will not have it near", state)
        }
    }
    private static func crowd(_ views: [Int], _ row: Int, _ words: String, _ state: SchedulingState) -> String {
        for view in views {
            let count = state.views[view].count(state.columns[state.views[view].column].value(row))
            guard count > 0, let place = state.domain(view, row) else { continue }
            return "\(place): \(counted(count, "pod")) \(words)"
        }
        return ""
    }

    private static func withoutTerms(_ search: inout RemedySearch) {
        guard search.isRefused(by: .interPodAffinity) else { return }
        if search.pod.spec.affinity?.podAntiAffinity?.required.isEmpty == false {
            search.tryPod("without required pod anti-affinity", cost: "looser rule") { $0.affinity?.podAntiAffinity?.required = [] }
        }
        if search.pod.spec.affinity?.podAffinity?.required.isEmpty == false {
            search.tryPod("without required pod affinity", cost: "looser rule") { $0.affinity?.podAffinity?.required = [] }
        }
    }
}
