public import KubernetesAPI

/// The workload at the root of a pod's owners, or the pod itself if nobody owns it.
public struct Workload: Hashable, Comparable, Sendable {
    /// `Deployment`, `StatefulSet` …; `Pod` for a pod without owner.
    public var kind: String
    public var namespace: String
    public var name: String

    public init(kind: String, namespace: String, name: String) {
        (self.kind, self.namespace, self.name) = (kind, namespace, name)
    }

    /// By namespace, name and kind.
    public static func < (a: Workload, b: Workload) -> Bool {
        (a.namespace, a.name, a.kind) < (b.namespace, b.name, b.kind)
    }
    public var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }
    /// Belongs to the machinery rather than to users: shown together as `sys`.
    public var isSystem: Bool { namespace == "kube-system" || kind == "DaemonSet" }

    /// The workload at the root of `owner`: a ReplicaSet's Deployment, a Job's CronJob.
    public static func root(of owner: OwnerReference, namespace: String, _ cluster: Cluster) -> Workload {
        let key = ObjectKey(namespace: namespace, name: owner.name)
        let above: OwnerReference? =
            switch owner.kind {
            case "ReplicaSet": cluster.store.replicaSets[key]?.metadata.controller
            case "Job": cluster.store.jobs[key]?.metadata.controller
            default: nil
            }
        return Workload(kind: (above ?? owner).kind, namespace: namespace, name: (above ?? owner).name)
    }
    /// The workload of a pod, found anew.
    public init(of pod: Pod, _ cluster: Cluster) {
        self =
            pod.metadata.controller.map { Workload.root(of: $0, namespace: pod.metadata.namespace, cluster) }
            ?? Workload(kind: "Pod", namespace: pod.metadata.namespace, name: pod.metadata.name)
    }
}

/// Remembers the workload of each owner, so that a pod costs one look-up.
public struct WorkloadIndex: Sendable {
    private var byOwner: [String: Workload] = [:]
    public init() {}

    /// The workload that a pod belongs to.
    public mutating func workload(of pod: Pod, _ cluster: Cluster) -> Workload {
        guard let owner = pod.metadata.controller else {
            return Workload(kind: "Pod", namespace: pod.metadata.namespace, name: pod.metadata.name)
        }
        if let known = byOwner[owner.uid] { return known }
        let found = Workload.root(of: owner, namespace: pod.metadata.namespace, cluster)
        byOwner[owner.uid] = found
        return found
    }
    /// Forgets an owner that is gone.
    public mutating func forget(ownedBy uid: String) { byOwner[uid] = nil }
}
