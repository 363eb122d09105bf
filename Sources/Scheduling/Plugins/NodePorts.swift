import ControlPlane
import KubernetesAPI

/// Refuses nodes on which a host port of the pod is taken.
enum NodePorts {
    @Sendable static func filter(
        _ cycle: Cycle, _ state: SchedulingState, _ store: ObjectStore, _ pass: inout FilterPass
    ) {
        let wanted = cycle.demand.facts.hostPorts
        if wanted.isEmpty { return }
        pass.reject(.nodePorts) { row in
            let taken = state.nodes.hostPorts[row]
            return taken.contains { port in wanted.contains { $0.conflicts(port) } } ? (.ports, false) : nil
        }
    }
}
