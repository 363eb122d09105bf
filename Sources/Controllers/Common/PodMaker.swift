import ControlPlane
import KubernetesAPI

/// Makes pods of a workload one after another, as its controller would: for a look at how many more would fit, without time.
public struct PodMaker: Sendable {
    private var prototype = Pod()
    /// Whose pods have numbers and claims of their own, with the next number.
    private var numbered: (set: StatefulSet, revision: String, next: Int)?

    /// - Returns: nil if there is no such workload, or if it is not for it to say how many pods it has (a DaemonSet).
    public init?(of kind: Kind, _ key: ObjectKey, in cluster: Cluster) {
        let store = cluster.store
        func take(_ template: PodTemplateSpec, _ owner: some KubernetesObject) { prototype = PodControl.pod(from: template, owner: owner) }
        switch kind {
        case .deployment:
            guard let deployment = store.deployments[key] else { return nil }
            let wanted = deployment.spec.template.withoutHash
            let sets = store.replicaSets.all.filter { $0.metadata.controller?.uid == deployment.metadata.uid }
            if let set = sets.oldestFirst.first(where: { $0.spec.template.withoutHash == wanted }) {
                take(set.spec.template, set)
            } else {
                take(deployment.spec.template, deployment)
            }
        case .replicaSet:
            guard let set = store.replicaSets[key] else { return nil }
            take(set.spec.template, set)
        case .replicationController:
            guard let controller = store.replicationControllers[key], let template = controller.spec.template else { return nil }
            take(template, controller)
        case .statefulSet:
            guard let set = store.statefulSets[key] else { return nil }
            numbered = (set, "\(set.name)-\(set.spec.template.revisionHash(collisions: nil))", set.firstOrdinal)
        case .job:
            guard let job = store.jobs[key] else { return nil }
            take(job.spec.template, job)
            for label in [LabelKey.jobName, "job-name"] { prototype.metadata.labels[label] = job.name }
            for label in [LabelKey.jobControllerUID, "controller-uid"] { prototype.metadata.labels[label] = job.metadata.uid }
        case .cronJob:
            guard let cronJob = store.cronJobs[key] else { return nil }
            take(cronJob.spec.jobTemplate.spec.template, cronJob)
        case .pod:
            guard let pod = store.pods[key] else { return nil }
            prototype.metadata.generateName = pod.name + "-"
            prototype.metadata.namespace = pod.namespace
            (prototype.metadata.labels, prototype.metadata.annotations) = (pod.metadata.labels, pod.metadata.annotations)
            prototype.spec = pod.spec
        default: return nil
        }
    }

    /// Creates one pod more, with the claims that are its own.
    /// - Throws: what admission, a limit or a quota says against it.
    public mutating func create(in cluster: inout Cluster) throws(APIError) -> Pod {
        guard let (set, revision, first) = numbered else { return try cluster.create(prototype) }
        var ordinal = first
        while cluster.store.pods[ObjectKey(namespace: set.namespace, name: "\(set.name)-\(ordinal)")] != nil { ordinal += 1 }
        numbered?.next = ordinal + 1
        for template in set.spec.volumeClaimTemplates where cluster.store.persistentVolumeClaims[set.claimKey(template, ordinal)] == nil {
            try cluster.create(set.claim(from: template, ordinal))
        }
        return try cluster.create(set.pod(ordinal, set.spec.template, revision: revision, profile: cluster.profile))
    }
}
