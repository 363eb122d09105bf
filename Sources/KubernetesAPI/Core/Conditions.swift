extension KubernetesObject {
    /// The conditions in the object's status; none for kinds without.
    public var conditions: [Condition] {
        switch self {
        case let pod as Pod: pod.status.conditions
        case let node as Node: node.status.conditions
        case let deployment as Deployment: deployment.status.conditions
        case let set as ReplicaSet: set.status.conditions
        case let set as StatefulSet: set.status.conditions
        case let set as DaemonSet: set.status.conditions
        case let job as Job: job.status.conditions
        case let namespace as Namespace: namespace.status.conditions
        case let budget as PodDisruptionBudget: budget.status.conditions
        case let autoscaler as HorizontalPodAutoscaler: autoscaler.status.conditions
        case let claim as PersistentVolumeClaim: claim.status.conditions
        default: []
        }
    }
}
