import ControlPlane
import KubernetesAPI

/// The pod's node selector and node affinity.
enum NodeAffinityPlugin {
    static let plugin = Plugin(
        name: .nodeAffinity,
        title: "affin",
        points: [.filter, .score],
        weight: 2,
        preFilter: preFilter,
        filterScope: .node,
        filter: filter,
        isUniform: isUniform,
        score: score,
        hint: hint,
        words: { reason, _, _ in
            [reason == .enforcedAffinity ? "node(s) didn't match scheduler-enforced node affinity" : "node(s) didn't match Pod's node affinity/selector"]
        },
        detail: detail,
        remedies: [RemedyRule(rank: 50, find: label), RemedyRule(rank: 90, find: withoutSelection)])

    /// Narrows the nodes to those named by `metadata.name`, if every alternative names some.
    @Sendable static func preFilter(_ cycle: inout Cycle, _ state: SchedulingState, _ store: ObjectStore)
        -> Rejection?
    {
        guard let terms = cycle.demand.facts.nodeSelection.required?.nodeSelectorTerms, !terms.isEmpty else {
            return nil
        }
        var names: Set<String> = []
        for term in terms {
            var wanted: Set<String>?
            for field in term.matchFields where field.key == "metadata.name" && field.operator == "In" {
                wanted = wanted?.intersection(field.values) ?? Set(field.values)
            }
            guard let wanted else { return nil }
            names.formUnion(wanted)
        }
        if names.isEmpty {
            return Rejection(
                plugin: .nodeAffinity, reason: Reason(.nodeAffinity, .text("pod affinity terms conflict")), isUnresolvable: true)
        }
        (cycle.nodeNames, cycle.narrowedBy) = (names, .nodeAffinity)
        return nil
    }

    @Sendable static func filter(
        _ cycle: Cycle, _ state: SchedulingState, _ store: ObjectStore, _ pass: inout FilterPass
    ) {
        if let added = cycle.settings.addedAffinity?.required {
            let nodes = state.nodes
            pass.reject(.nodeAffinity) { row in
                !added.matches(labels: nodes.labels(row), name: nodes.names[row])
            } because: { _ in
                (.enforcedAffinity, true)
            }
        }
        guard let mask = cycle.demand.selectionMask else { return }
        pass.keep(state.masks[mask].mask) { _ in
            Rejection(plugin: .nodeAffinity, reason: .nodeAffinity, isUnresolvable: true)
        }
    }

    @Sendable static func isUniform(_ cycle: Cycle, _ state: SchedulingState) -> Bool {
        (cycle.demand.facts.spec.affinity?.nodeAffinity?.preferred.isEmpty ?? true) && (cycle.settings.addedAffinity?.preferred.isEmpty ?? true)
    }
    @Sendable static func score(
        _ cycle: Cycle, _ state: SchedulingState, _ rows: [Int], _ scores: inout [Int]
    ) -> Bool {
        let terms = (cycle.settings.addedAffinity?.preferred ?? []) + (cycle.demand.facts.spec.affinity?.nodeAffinity?.preferred ?? [])
        if terms.isEmpty { return false }
        for (i, row) in rows.enumerated() {
            let labels = state.nodes.labels(row)
            for term in terms where term.preference.matches(labels: labels, name: state.nodes.names[row]) {
                scores[i] += term.weight
            }
        }
        normalize(&scores)
        return true
    }
}

extension NodeAffinityPlugin {
    /// Whether `event` may make a pod fit that the plugin refused: the closer look of 1.32 and later.
    @Sendable static func hint(_ state: inout SchedulingState, _ entry: QueuedPod, _ event: ClusterEvent, _ settings: SchedulingProfile) -> Bool {
        func allows(_ node: Node) -> Bool {
            entry.facts.nodeSelection.allows(labels: node.metadata.labels, name: node.metadata.name)
                && settings.addedAffinity?.required?.matches(labels: node.metadata.labels, name: node.metadata.name) ?? true
        }
        return switch event {
        case .nodeAdded(let node): allows(node)
        case .nodeChanged(let node, let old): allows(node) && !allows(old)
        default: false
        }
    }
}

extension Reason {
    static let nodeAffinity = Reason(.nodeAffinity)
    static let enforcedAffinity = Reason(.nodeAffinity, code: 1)
}

extension NodeAffinityPlugin {
    @Sendable private static func detail(_ reason: Reason, _ row: Int, _ cycle: Cycle, _ state: SchedulingState) -> String {
        if reason == .enforcedAffinity { return "by the scheduler's configuration" }
        let selection = cycle.demand.facts.nodeSelection
        let labels = state.nodes.labels(row)
        let missed = selection.labels.entries.filter { labels[$0.key] != $0.value }.map { "\($0.key)=\($0.value)" }
        if !missed.isEmpty { return "wants " + missed.joined(separator: ", ") }
        let terms = selection.required?.nodeSelectorTerms ?? []
        let unmet = terms.map { term in
            (term.matchExpressions.filter { !$0.matches(labels) } + term.matchFields).map(\.canonical).joined(separator: ", ")
        }
        return "wants " + unmet.joined(separator: " or ")
    }

    private static func label(_ search: inout RemedySearch) {
        guard let name = search.first(refusedBy: .nodeAffinity), var node = search.object(name),
            let label = search.pod.spec.nodeSelector.entries.first(where: { node.metadata.labels[$0.key] != $0.value })
        else { return }
        node.metadata.labels[label.key] = label.value
        search.tryState(.label(node: name, key: label.key, value: label.value), "label \(name) \(label.key)=\(label.value)", cost: "one label") {
            $0.set(node: node)
        }
    }
    private static func withoutSelection(_ search: inout RemedySearch) {
        guard search.isRefused(by: .nodeAffinity) else { return }
        search.tryPod("without node selector and affinity", cost: "new rollout") { spec in
            spec.nodeSelector = [:]
            spec.affinity?.nodeAffinity?.required = nil
        }
    }
}
