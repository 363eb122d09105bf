public import ControlPlane
public import KubernetesAPI
import SimulationKit

/// Places pods one after another without time, all nodes looked at: each counts for the next, and nobody is evicted.
///
/// Equal totals go to the node that is first by name.
public struct Packing: Sendable {
    private let profiles: [SchedulingProfile]
    private var state: SchedulingState
    private var cursor: WatchCursor

    /// What is placed in `cluster` counts.
    public init(_ cluster: Cluster, configuration: SchedulerConfiguration = .init()) {
        profiles = SchedulingProfile.all(configuration, cluster.profile)
        state = SchedulingState(cluster)
        cursor = cluster.store.end
    }

    /// The node for `pod`, which `cluster` holds and no node has; it counts there from now on. Nil if none will do.
    /// - Complexity: O(nodes), and what changed in the cluster since.
    public mutating func place(_ pod: Pod, in cluster: Cluster) -> String? {
        follow(cluster)
        guard pod.spec.schedulingGates.isEmpty, let settings = settings(for: pod), let slot = cluster.store.pods.slot(of: pod.key),
            let node = state.winner(pod, settings, cluster.store), let row = state.nodes.row(node)
        else { return nil }
        state.reserveVolumes(pod, settings, row: row, cluster.store)
        var placed = pod
        placed.nodeName = node
        placed.status.startTime = cluster.now
        state.place(placed, slot: slot, row: row)
        return node
    }

    /// Why `pod` finds no node, with every filter asked, and which changes would help, each tried.
    public mutating func explain(_ pod: Pod, in cluster: Cluster) -> Explanation {
        follow(cluster)
        guard let settings = settings(for: pod) else {
            var explanation = Explanation(pod: pod.key, result: .skipped)
            explanation.message = "no scheduler is called \(pod.spec.schedulerName)"
            return explanation
        }
        var explanation = state.explain(pod, settings, cluster.store, now: cluster.now, everyFilter: true)
        explanation.remedies = state.remedies(pod, explanation, settings, cluster.store)
        return explanation
    }

    private func settings(for pod: Pod) -> SchedulingProfile? {
        profiles.first { $0.name == (pod.spec.schedulerName.isEmpty ? "default-scheduler" : pod.spec.schedulerName) }
    }
    private mutating func follow(_ cluster: Cluster) {
        while let entry = cluster.store.next(&cursor, until: .distantFuture) { state.read(entry, cluster.store) }
    }
}
