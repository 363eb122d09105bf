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

extension NodePorts {
    /// Whether `event` may make a pod fit that the plugin refused: the closer look of 1.32 and later.
    @Sendable static func hint(_ state: inout SchedulingState, _ entry: QueuedPod, _ event: ClusterEvent, _ settings: SchedulingProfile) -> Bool {
        switch event {
        case .nodeAdded: true
        case .assignedPodDeleted(let pod):
            pod.spec.hostPorts.contains { port in entry.facts.hostPorts.contains { $0.conflicts(HostPort(port)) } }
        default: false
        }
    }
}
