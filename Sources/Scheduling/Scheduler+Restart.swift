// The scheduler starts again with another configuration or other gates.

public import ControlPlane
public import KubernetesAPI

extension Scheduler {
    /// Starts again with the gates of `cluster`: lists everything, and puts the pods without a node into the queue.
    ///
    /// What was under way is forgotten: back-off times, and pods that were chosen a node but not bound yet.
    public mutating func restart(in cluster: Cluster, configuration: SchedulerConfiguration) {
        var fresh = Scheduler(profile: cluster.profile, seed: 0, configuration: configuration)
        (fresh.timing, fresh.random, fresh.startIndex) = (timing, random, startIndex)
        fresh.state = SchedulingState(cluster)
        fresh.cursor = cluster.store.end
        for (slot, pod) in cluster.store.pods.rows.enumerated() {
            guard let pod, !pod.isFinished, !pod.metadata.isTerminating, fresh.settings(for: pod) != nil else { continue }
            if pod.nodeName.isEmpty { fresh.notePending(pod, slot, nil, cluster.now) } else { fresh.notePlaced(pod, slot, nil, cluster.now) }
        }
        self = fresh
    }
}
