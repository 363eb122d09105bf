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
