import ControlPlane
import KubernetesAPI

/// Refuses nodes on which a host port of the pod is taken.
enum NodePorts {
    static let plugin = Plugin(
        name: .nodePorts,
        title: "ports",
        points: .filter,
        filterScope: .node,
        filter: filter,
        events: [.nodes, .podGone],
        hint: hint,
        words: { _, _, _ in ["node(s) didn't have free ports for the requested pod ports"] },
        detail: detail)

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

extension Reason {
    static let ports = Reason(.nodePorts)
}

extension NodePorts {
    @Sendable private static func detail(_ reason: Reason, _ row: Int, _ cycle: Cycle, _ state: SchedulingState) -> String {
        let taken = cycle.demand.facts.hostPorts.filter { port in state.nodes.hostPorts[row].contains { $0.conflicts(port) } }
        return "taken: " + taken.map { "\($0.port)/\($0.protocol)" }.joined(separator: ", ")
    }
}
