/// What the API server fills in, and what it leaves out because a feature gate is off.
///
/// Applying it twice is the same as once. A ``Shared`` part that is complete already is not copied:
/// its ``Shared/identity`` stays.
/// - Source: Kubernetes `pkg/apis/*/v1/defaults.go`; for gated fields `pkg/api/pod/util.go` and the
///   `dropDisabledFields` of each kind's strategy.
public enum Defaulting {
    /// Fills in what the API server would when `object` is written.
    ///
    /// For pods, that is what the API server gives to pods alone as well (requests from limits,
    /// `enableServiceLinks`); templates get what they get in Kubernetes.
    public static func apply<O: KubernetesObject>(_ object: inout O, profile: KubernetesProfile) {
        switch O.kind {
        case .pod: edit(&object) { (pod: inout Pod) in Self.pod(&pod, profile) }
        case .node: edit(&object, node)
        case .deployment: edit(&object) { (it: inout Deployment) in deployment(&it, profile) }
        case .replicaSet: edit(&object) { (it: inout ReplicaSet) in replicaSet(&it, profile) }
        case .statefulSet: edit(&object) { (it: inout StatefulSet) in statefulSet(&it, profile) }
        case .daemonSet: edit(&object) { (it: inout DaemonSet) in daemonSet(&it, profile) }
        case .job: edit(&object) { (it: inout Job) in job(&it, profile) }
        case .cronJob: edit(&object) { (it: inout CronJob) in cronJob(&it, profile) }
        case .replicationController:
            edit(&object) { (it: inout ReplicationController) in replicationController(&it, profile) }
        case .service: edit(&object) { (it: inout Service) in service(&it, profile) }
        case .endpointSlice: edit(&object, endpointSlice)
        case .namespace: edit(&object, namespace)
        case .secret: edit(&object, secret)
        case .persistentVolume:
            edit(&object) { (it: inout PersistentVolume) in persistentVolume(&it, profile) }
        case .persistentVolumeClaim:
            edit(&object) { (it: inout PersistentVolumeClaim) in persistentVolumeClaim(&it, profile) }
        case .storageClass: edit(&object, storageClass)
        case .csiDriver: edit(&object, csiDriver)
        case .podDisruptionBudget:
            edit(&object) { (it: inout PodDisruptionBudget) in podDisruptionBudget(&it, profile) }
        case .priorityClass: edit(&object, priorityClass)
        case .horizontalPodAutoscaler:
            edit(&object) { (it: inout HorizontalPodAutoscaler) in horizontalPodAutoscaler(&it, profile) }
        case .limitRange: edit(&object, limitRange)
        case .configMap, .serviceAccount, .resourceQuota, .event, .csiNode, .volumeAttachment,
            .controllerRevision, .custom:
            break
        }
    }

    private static func edit<O: KubernetesObject, T>(_ object: inout O, _ body: (inout T) -> Void) {
        guard var typed = object as? T else { return }
        body(&typed)
        object = typed as! O
    }

    /// Changes a shared part only if `body` changes its content, so that it stays shared otherwise.
    static func edit<Value>(_ shared: inout Shared<Value>, _ body: (inout Value) -> Void) {
        var copy = shared.value
        body(&copy)
        if copy != shared.value { shared.value = copy }
    }
}

/// Sets what nobody set.
extension Optional {
    mutating func fill(_ value: @autoclosure () -> Wrapped) { if self == nil { self = value() } }
}
extension String {
    mutating func fill(_ value: @autoclosure () -> String) { if isEmpty { self = value() } }
}
extension Int {
    mutating func fill(_ value: Int) { if self == 0 { self = value } }
}
