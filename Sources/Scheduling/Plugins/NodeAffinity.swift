import ControlPlane
import KubernetesAPI

/// The pod's node selector and node affinity.
enum NodeAffinityPlugin {
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
                plugin: .nodeAffinity, reason: .text("pod affinity terms conflict"), isUnresolvable: true)
        }
        (cycle.nodeNames, cycle.narrowedBy) = (names, .nodeAffinity)
        return nil
    }

    @Sendable static func filter(
        _ cycle: Cycle, _ state: SchedulingState, _ store: ObjectStore, _ pass: inout FilterPass
    ) {
        guard let mask = cycle.demand.selectionMask else { return }
        pass.keep(state.masks[mask].mask) { _ in
            Rejection(plugin: .nodeAffinity, reason: .nodeAffinity, isUnresolvable: true)
        }
    }

    @Sendable static func isUniform(_ cycle: Cycle, _ state: SchedulingState) -> Bool {
        cycle.demand.facts.spec.affinity?.nodeAffinity?.preferred.isEmpty ?? true
    }
    @Sendable static func score(
        _ cycle: Cycle, _ state: SchedulingState, _ rows: [Int], _ scores: inout [Int]
    ) -> Bool {
        let terms = cycle.demand.facts.spec.affinity?.nodeAffinity?.preferred ?? []
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
        func allows(_ node: Node) -> Bool { entry.facts.nodeSelection.allows(labels: node.metadata.labels, name: node.metadata.name) }
        return switch event {
        case .nodeAdded(let node): allows(node)
        case .nodeChanged(let node, let old): allows(node) && !allows(old)
        default: false
        }
    }
}
