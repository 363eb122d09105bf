import ControlPlane
import KubernetesAPI

/// Lets a group of pods that is being deleted go once none of its pods can run any more.
///
/// Looks at all pods, but only while a group waits for its deletion.
/// - Source: Kubernetes `pkg/controller/scheduling/podgroupprotection`; the scheduler's gang-scheduling.md §2.3.
struct PodGroupProtectionController: Controller {
    static let queueName = "podgroup_protection"
    static let watches: [Kind] = [.podGroup, .pod]
    var queue = WorkQueue<ObjectKey>()

    mutating func observe(pod change: Change<Pod>, _ cluster: inout Cluster) {
        guard let group = change.object.podGroupKey, change.action == .deleted || change.object.isFinished else { return }
        if cluster.store.podGroups[group]?.metadata.isTerminating ?? false { queue.add(group) }
    }
    mutating func observe(_ entry: LogEntry, _ cluster: inout Cluster) {
        let group = cluster.store.podGroups.change(entry.index).object
        if group.metadata.isTerminating { queue.add(group.key) }
    }

    mutating func reconcile(_ key: ObjectKey, _ cluster: inout Cluster) -> Requeue {
        guard let group = cluster.store.podGroups[key], group.metadata.isTerminating,
            group.metadata.finalizers.contains(PodGroup.protection)
        else { return .none }
        let isUsed = cluster.store.pods.all.contains { $0.podGroupKey == key && !$0.isFinished }
        if !isUsed { cluster.releaseFinalizers(PodGroup.self, key) { $0.removeAll { $0 == PodGroup.protection } } }
        return .none
    }
}
