import ControlPlane
import KubernetesAPI

/// A workload that has a scale: its size and its pods.
struct ScaleTarget {
    var kind: Kind
    var key: ObjectKey
    var replicas: Int
    var selector: LabelSelector?
}

extension Cluster {
    /// The workload of an autoscaler; nil if it does not exist or cannot be scaled.
    func scaleTarget(of scaler: HorizontalPodAutoscaler) -> ScaleTarget? {
        let reference = scaler.spec.scaleTargetRef
        let key = ObjectKey(namespace: scaler.namespace, name: reference.name)
        guard let kind = reference.kindInfo?.type, let replicas = replicas(kind, key) else { return nil }
        let selector: LabelSelector? =
            switch kind {
            case .deployment: store.deployments[key]?.spec.selector
            case .replicaSet: store.replicaSets[key]?.spec.selector
            case .statefulSet: store.statefulSets[key]?.spec.selector
            default: nil
            }
        return ScaleTarget(kind: kind, key: key, replicas: replicas, selector: selector)
    }
}

extension CrossVersionObjectReference {
    /// The kind that is meant, if group and kind are known.
    var kindInfo: KindInfo? { KindInfo.named(kind, group: KindInfo.group(of: apiVersion)) }
    /// What the API says if the object is not there.
    var notFoundMessage: String {
        guard let info = kindInfo else {
            return "no matches for kind \"\(kind)\" in group \"\(KindInfo.group(of: apiVersion))\""
        }
        return APIError.notFound(info, name).message
    }
}
