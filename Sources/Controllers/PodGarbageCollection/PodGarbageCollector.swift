import ControlPlane
import KubernetesAPI
import SimulationKit

/// Removes pods that nobody else will: of nodes that are gone, of nodes out of service, and too many finished ones.
///
/// It acts every 20 s, but only looks at what changes have brought to its notice.
/// - Source: Kubernetes `pkg/controller/podgc/gc_controller.go`.
struct PodGarbageCollector: Controller {
    enum Key: Hashable, Sendable { case pass }

    static let queueName = "orphaned_pods_nodes"
    static let watches: [Kind] = [.pod, .node]
    var queue = WorkQueue<Key>()

    static let period = Duration.seconds(20)
    static let quarantine = Duration.seconds(40)
    /// How many finished pods are kept.
    private let finishedThreshold: Int

    /// Names of nodes that pods stand on and that may not exist, with the end of their quarantine.
    private var missing: [String: Instant?] = [:]
    private var outOfService: Set<String> = []
    private var finished: Set<ObjectKey> = []

    init(settings: ControllerManagerSettings) {
        finishedThreshold = settings.terminatedPodGCThreshold
        queue.add(.pass, at: .start + Self.period)
    }

    mutating func observe(node change: Change<Node>, _ cluster: inout Cluster) {
        let name = change.object.name
        if change.action == .deleted {
            missing[name] = .some(nil)
            outOfService.remove(name)
        } else if change.object.spec.taints.contains(where: { $0.key == "node.kubernetes.io/out-of-service" }) {
            outOfService.insert(name)
        } else {
            outOfService.remove(name)
        }
    }

    mutating func observe(pod change: Change<Pod>, _ cluster: inout Cluster) {
        let pod = change.object
        if change.action != .deleted, pod.isFinished {
            finished.insert(pod.key)
        } else if change.previous?.isFinished == true {
            finished.remove(pod.key)
        }
        if !pod.nodeName.isEmpty, pod.nodeName != change.previous?.nodeName, change.action != .deleted,
            missing[pod.nodeName] == nil, cluster.store.nodes[ObjectKey(name: pod.nodeName)] == nil
        {
            missing[pod.nodeName] = .some(nil)
        }
    }

    mutating func reconcile(_ key: Key, _ cluster: inout Cluster) -> Requeue {
        collectFinished(&cluster)
        if cluster.profile.isEnabled(.nodeOutOfServiceVolumeDetach) { collectOutOfService(&cluster) }
        collectOrphans(&cluster)
        return .at(cluster.now + Self.period)
    }

    private func collectFinished(_ cluster: inout Cluster) {
        guard finished.count > finishedThreshold else { return }
        let oldest = finished.compactMap { cluster.store.pods[$0] }.sorted { a, b in
            let (x, y) = (a.metadata.creationTimestamp ?? .start, b.metadata.creationTimestamp ?? .start)
            return x == y ? a.key < b.key : x < y
        }
        for pod in oldest.prefix(oldest.count - finishedThreshold) {
            _ = try? cluster.delete(Pod.self, pod.key, DeleteOptions(gracePeriodSeconds: 0))
        }
    }

    private func collectOutOfService(_ cluster: inout Cluster) {
        for name in outOfService.sorted() where cluster.store.nodes[ObjectKey(name: name)]?.isReady == false {
            for pod in cluster.store.pods(onNode: name) where pod.metadata.isTerminating {
                forceDelete(pod, becauseOfMissingNode: false, &cluster)
            }
        }
    }

    private mutating func collectOrphans(_ cluster: inout Cluster) {
        for name in missing.keys.sorted() {
            let pods = cluster.store.pods(onNode: name)
            if pods.isEmpty || cluster.store.nodes[ObjectKey(name: name)] != nil {
                missing[name] = nil
            } else if let end = missing[name]! {
                guard end <= cluster.now else { continue }
                for pod in pods { forceDelete(pod, becauseOfMissingNode: true, &cluster) }
                missing[name] = nil
            } else {
                missing[name] = cluster.now + Self.quarantine
            }
        }
    }

    /// Marks the pod as failed, as its containers cannot be asked, and removes it at once.
    private func forceDelete(_ pod: Pod, becauseOfMissingNode: Bool, _ cluster: inout Cluster) {
        let now = cluster.now
        let tellsWhy = becauseOfMissingNode && cluster.profile.isEnabled(.podDisruptionConditions)
        if !pod.isFinished {
            cluster.modify(Pod.self, pod.key) { pod in
                pod.status.phase = .failed
                if tellsWhy {
                    pod.status.conditions.set(
                        Condition(
                            type: ConditionType.disruptionTarget, status: true, reason: "DeletionByPodGC",
                            message: "PodGC: node no longer exists"), now: now)
                }
            }
        }
        _ = try? cluster.delete(Pod.self, pod.key, DeleteOptions(gracePeriodSeconds: 0))
    }
}
