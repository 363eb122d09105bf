import ControlPlane
import KubernetesAPI

/// Refuses cordoned nodes, unless the pod tolerates the taint that cordoning puts there.
enum NodeUnschedulable {
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
