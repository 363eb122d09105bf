import ControlPlane
import KubernetesAPI
import SimulationKit

/// Deletes pods from nodes with a NoExecute taint that they do not tolerate, or no longer.
///
/// Disruption budgets are not asked. The time of a toleration runs from when this controller saw the taint.
/// - Source: Kubernetes `pkg/controller/tainteviction/taint_eviction.go`.
struct TaintEvictionController: Controller {
    enum Key: Hashable, Sendable {
        case node(String)
        case pod(ObjectKey)
        case eviction(ObjectKey)
    }

    static let queueName = "noexec_taint_pod"
    static let watches: [Kind] = [.pod, .node]
    var queue = WorkQueue<Key>()

    private struct Plan: Sendable {
        var uid: String
        var due: Instant
    }
    /// Pods that are going to be deleted.
    private var plans: [ObjectKey: Plan] = [:]

    private static func source(_ cluster: Cluster) -> EventSource {
        EventSource(cluster.profile.isEnabled(.separateTaintEvictionController) ? "taint-eviction-controller" : "taint-controller")
    }

    mutating func observe(node change: Change<Node>, _ cluster: inout Cluster) {
        let before = change.previous.map(Self.taints) ?? []
        let after = change.action == .deleted ? [] : Self.taints(change.object)
        if before != after { queue.add(.node(change.object.name)) }
    }

    mutating func observe(pod change: Change<Pod>, _ cluster: inout Cluster) {
        let pod = change.object
        if change.action == .deleted {
            plans[pod.key] = nil
        } else if pod.nodeName.isEmpty {
            return
        } else if change.previous == nil || change.previous?.nodeName != pod.nodeName
            || change.previous?.spec.identity != pod.spec.identity
        {
            queue.add(.pod(pod.key))
        }
    }

    private static func taints(_ node: Node) -> [Taint] {
        node.spec.taints.filter { $0.effect == TaintEffect.noExecute }
    }

    mutating func reconcile(_ key: Key, _ cluster: inout Cluster) -> Requeue {
        switch key {
        case .node(let name):
            let taints = cluster.store.nodes[ObjectKey(name: name)].map(Self.taints) ?? []
            for pod in cluster.store.pods(onNode: name) { plan(pod, taints, &cluster) }
        case .pod(let key):
            guard let pod = cluster.store.pods[key],
                let node = cluster.store.nodes[ObjectKey(name: pod.nodeName)]
            else { return .none }
            let taints = Self.taints(node)
            if !taints.isEmpty || plans[key] != nil { plan(pod, taints, &cluster) }
        case .eviction(let key):
            guard let plan = plans[key], plan.due <= cluster.now else { return .none }
            plans[key] = nil
            evict(key, plan.uid, &cluster)
        }
        return .none
    }

    private mutating func plan(_ pod: Pod, _ taints: [Taint], _ cluster: inout Cluster) {
        if pod.metadata.isTerminating { return }
        let tolerations = pod.spec.tolerations
        var seconds: Int?
        for taint in taints {
            let used = tolerations.filter { $0.tolerates(taint, cluster.profile) }
            if used.isEmpty {
                cancel(pod, &cluster)
                return schedule(pod, due: cluster.now)
            }
            for limit in used.compactMap(\.tolerationSeconds) {
                seconds = min(seconds ?? limit, max(0, limit))
            }
        }
        guard !taints.isEmpty, let seconds else { return cancel(pod, &cluster) }
        // A plan that was made stands, even if another taint now asks for a shorter time.
        if plans[pod.key]?.uid == pod.metadata.uid { return }
        schedule(pod, due: cluster.now + .seconds(seconds))
    }

    /// When the first of a node's pods is going to be deleted: by the plans there are, or if the node has its taint at
    /// `taintAt`. nil: none is.
    func firstEviction(from node: String, taintAt: Instant?, _ cluster: Cluster) -> Instant? {
        let taint = Taint(key: TaintKey.unreachable, effect: TaintEffect.noExecute)
        return cluster.store.pods(onNode: node).compactMap { pod -> Instant? in
            if pod.metadata.isTerminating || pod.isFinished { return nil }
            if let plan = plans[pod.key], plan.uid == pod.metadata.uid { return plan.due }
            guard let taintAt else { return nil }
            let used = pod.spec.tolerations.filter { $0.tolerates(taint, cluster.profile) }
            if used.isEmpty { return taintAt }
            return used.compactMap(\.tolerationSeconds).min().map { taintAt + .seconds(max(0, $0)) }
        }.min()
    }

    private mutating func schedule(_ pod: Pod, due: Instant) {
        plans[pod.key] = Plan(uid: pod.metadata.uid, due: due)
        queue.add(.eviction(pod.key), at: due)
    }

    private mutating func cancel(_ pod: Pod, _ cluster: inout Cluster) {
        guard plans.removeValue(forKey: pod.key) != nil else { return }
        cluster.record(
            "TaintManagerEviction", "Cancelling deletion of Pod \(pod.key)", about: pod, source: Self.source(cluster))
    }

    private func evict(_ key: ObjectKey, _ uid: String, _ cluster: inout Cluster) {
        guard let pod = cluster.store.pods[key], pod.metadata.uid == uid, !pod.metadata.isTerminating else {
            return
        }
        cluster.record("TaintManagerEviction", "Marking for deletion Pod \(key)", about: pod, source: Self.source(cluster))
        if cluster.profile.isEnabled(.podDisruptionConditions) {
            cluster.markDisrupted(
                key, reason: "DeletionByTaintManager",
                message: "Taint manager: deleting due to NoExecute taint")
        }
        _ = try? cluster.delete(Pod.self, key, DeleteOptions(uid: uid))
    }
}
