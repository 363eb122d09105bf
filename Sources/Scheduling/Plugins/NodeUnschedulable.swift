import ControlPlane
import KubernetesAPI

/// Refuses cordoned nodes, unless the pod tolerates the taint that cordoning puts there.
enum NodeUnschedulable {
    static let plugin = Plugin(
        name: .nodeUnschedulable,
        title: "unsch",
        points: .filter,
        filterScope: .node,
        filter: filter,
        hint: hint,
        words: { _, _, _ in ["node(s) were unschedulable"] },
        detail: { _, _, _, _ in "cordoned" },
        remedies: [RemedyRule(rank: 30, find: uncordon)])

    @Sendable static func filter(
        _ cycle: Cycle, _ state: SchedulingState, _ store: ObjectStore, _ pass: inout FilterPass
    ) {
        if cycle.demand.facts.toleratesCordon { return }
        pass.drop(
            state.nodes.cordoned,
            because: Rejection(plugin: .nodeUnschedulable, reason: .unschedulable, isUnresolvable: true))
    }
}

extension NodeUnschedulable {
    /// Whether `event` may make a pod fit that the plugin refused: the closer look of 1.32 and later.
    @Sendable static func hint(_ state: inout SchedulingState, _ entry: QueuedPod, _ event: ClusterEvent, _ settings: SchedulingProfile) -> Bool {
        switch event {
        case .nodeAdded(let node): !node.spec.unschedulable
        case .nodeChanged(let node, let old): old.spec.unschedulable && !node.spec.unschedulable
        case .podItselfChanged(let new, let old): new.spec.tolerations != old.spec.tolerations
        default: false
        }
    }
}

extension Reason {
    static let unschedulable = Reason(.nodeUnschedulable)
}

extension NodeUnschedulable {
    private static func uncordon(_ search: inout RemedySearch) {
        guard let name = search.first(refusedBy: .nodeUnschedulable), var node = search.object(name) else { return }
        node.spec.unschedulable = false
        // The controller takes its taint off at once.
        node.spec.taints.removeAll { $0.key == TaintKey.unschedulable }
        search.tryState(.uncordon(node: name), "uncordon \(name)", cost: "none") { $0.set(node: node) }
    }
}
