// Which objects make pods, and what their pods look like: the one list of them.

extension KubernetesObject {
    /// The template of the pods that the object makes, and where it stands: `spec.template`. Nil for one that makes none.
    public var podTemplate: (template: PodTemplateSpec, path: String)? {
        var path = "spec.template"
        var template: PodTemplateSpec?
        switch Self.kind {
        case .deployment: template = (self as? Deployment)?.spec.template
        case .replicaSet: template = (self as? ReplicaSet)?.spec.template
        case .statefulSet: template = (self as? StatefulSet)?.spec.template
        case .daemonSet: template = (self as? DaemonSet)?.spec.template
        case .job: template = (self as? Job)?.spec.template
        case .cronJob: (template, path) = ((self as? CronJob)?.spec.jobTemplate.spec.template, "spec.jobTemplate.spec.template")
        case .replicationController: template = (self as? ReplicationController)?.spec.template
        case .pod, .node, .service, .endpointSlice, .namespace, .event, .configMap, .secret, .serviceAccount, .persistentVolume, .persistentVolumeClaim,
            .storageClass, .csiDriver, .csiNode, .volumeAttachment, .podDisruptionBudget, .priorityClass, .horizontalPodAutoscaler, .resourceQuota,
            .limitRange, .controllerRevision, .workload, .podGroup, .custom:
            break
        }
        return template.map { ($0, path) }
    }

    /// The spec of the pod, or of the pods that the object makes, and where it stands; nil for an object without pods.
    public var podSpec: (spec: PodSpec, path: String)? {
        if let pod = self as? Pod { return (pod.spec.value, "spec") }
        return podTemplate.map { ($0.template.spec.value, "\($0.path).spec") }
    }
}
