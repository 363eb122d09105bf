import ControlPlane
import KubernetesAPI

/// Refuses all nodes but the one that the pod names.
enum NodeNamePlugin {
    static let plugin = Plugin(
        name: .nodeName,
        title: "name",
        points: .filter,
        filterScope: .node,
        filter: filter,
        hint: hint,
        words: { _, _, _ in ["node(s) didn't match the requested node name"] })

    @Sendable static func filter(
        _ cycle: Cycle, _ state: SchedulingState, _ store: ObjectStore, _ pass: inout FilterPass
    ) {
        let name = cycle.pod.nodeName
        if name.isEmpty { return }
        var allowed = NodeMask(count: state.nodes.count)
        if let row = state.nodes.row(name) { allowed[row] = true }
        pass.keep(allowed) { _ in Rejection(plugin: .nodeName, reason: .nodeName, isUnresolvable: true) }
    }
}

extension NodeNamePlugin {
    /// Whether `event` may make a pod fit that the plugin refused: the closer look of 1.32 and later.
    @Sendable static func hint(_ state: inout SchedulingState, _ entry: QueuedPod, _ event: ClusterEvent, _ settings: SchedulingProfile) -> Bool {
        if case .nodeAdded = event { true } else { false }
    }
}

extension Reason {
    static let nodeName = Reason(.nodeName)
}
