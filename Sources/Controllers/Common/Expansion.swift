import ControlPlane
import KubernetesAPI
import SimulationKit

// The pods that workloads would have, made at once: for a look at where they would go, without time.
extension Cluster {
    /// Makes the pods of each workload that has none, as its controller would, and returns what is to be said about it: why
    /// one makes no pods, and which pods the API server refuses.
    ///
    /// A StatefulSet's pods come all at once, with their claims; a CronJob's are those of its next run. A ReplicaSet, StatefulSet
    /// or ReplicationController beside pods of the files stays as it is: there it may only say how others are spread.
    public mutating func expandWorkloads() -> [String] {
        var expansion = Expansion(cluster: self)
        expansion.run()
        self = expansion.cluster
        return expansion.notes
    }
}

private struct Expansion {
    var cluster: Cluster
    var notes: [String] = []
    /// More pods than this are not made.
    private var room = 100_000
    private var profile: KubernetesProfile { cluster.profile }

    init(cluster: Cluster) { self.cluster = cluster }

    mutating func run() {
        let hasPods = !cluster.store.pods.all.isEmpty
        // Those of the files: the ones that Deployments make below have had their turn.
        let given = Array(cluster.store.replicaSets.all)
        for deployment in cluster.store.deployments.all { expand(deployment) }
        var left = 0
        for set in given where isFree(set, set.spec.selector) {
            // One whose Deployment made it is no bystander.
            if hasPods, set.metadata.controller == nil { left += 1 } else { replicas(set.spec.replicas ?? 1, of: set, set.spec.template) }
        }
        for controller in cluster.store.replicationControllers.all where isFree(controller, LabelSelector(matchLabels: controller.spec.selector)) {
            if hasPods { left += 1 } else if let template = controller.spec.template { replicas(controller.spec.replicas ?? 1, of: controller, template) }
        }
        for set in cluster.store.statefulSets.all where isFree(set, set.spec.selector) {
            if hasPods { left += 1 } else { expand(set) }
        }
        if left > 0 {
            notes.append(
                "\(left) of the ReplicaSets, StatefulSets and ReplicationControllers \(left == 1 ? "has" : "have") no pods and \(left == 1 ? "is" : "are") left alone: the files hold pods."
            )
        }
        for set in cluster.store.daemonSets.all where isFree(set, set.spec.selector) { expand(set) }
        for job in cluster.store.jobs.all where isFree(job, job.spec.selector) { expand(job) }
        for cronJob in cluster.store.cronJobs.all { expand(cronJob) }
    }

    /// Whether nothing in the files is a pod of `owner` already.
    private func isFree<Owner: KubernetesObject>(_ owner: Owner, _ selector: LabelSelector?) -> Bool {
        if owner.metadata.isTerminating { return false }
        return !cluster.store.pods.all.contains { pod in
            guard pod.namespace == owner.namespace else { return false }
            if let controller = pod.metadata.controller { return controller.kind == Owner.kind.rawValue && controller.name == owner.name }
            return selector.map { !$0.isEmpty && $0.matches(pod.metadata.labels) } ?? false
        }
    }

    private mutating func expand(_ deployment: Deployment) {
        let isKnown = cluster.store.replicaSets.all.contains { set in
            set.namespace == deployment.namespace && set.metadata.controller?.name == deployment.name && set.metadata.controller?.kind == "Deployment"
        }
        guard !isKnown, isFree(deployment, deployment.spec.selector) else { return }
        let hash = deployment.spec.template.revisionHash(collisions: nil)
        var set = ReplicaSet()
        set.metadata.name = "\(deployment.name)-\(hash)"
        set.metadata.namespace = deployment.namespace
        set.spec.replicas = deployment.spec.wanted
        set.spec.selector = deployment.spec.selector
        set.spec.selector?.matchLabels[DeploymentAnnotation.podTemplateHash] = hash
        set.spec.template = deployment.spec.template
        set.spec.template.metadata.labels[DeploymentAnnotation.podTemplateHash] = hash
        set.metadata.labels = set.spec.template.metadata.labels
        set.metadata.ownerReferences = [OwnerReference(controller: deployment)]
        guard let made = attempt({ cluster throws(APIError) in try cluster.adopt(set) }, of: deployment) else { return }
        replicas(deployment.spec.wanted, of: made, made.spec.template, named: deployment)
    }

    /// `count` pods of a template; `named` is who is told about.
    private mutating func replicas(_ count: Int, of owner: some KubernetesObject, _ template: PodTemplateSpec, named: (any KubernetesObject)? = nil) {
        guard take(count, named ?? owner, zero: "replicas is 0") else { return }
        let pod = PodControl.pod(from: template, owner: owner)
        for _ in 0..<count where attempt({ cluster throws(APIError) in try cluster.create(pod) }, of: named ?? owner) == nil { return }
    }

    private mutating func expand(_ set: StatefulSet) {
        guard take(set.wanted, set, zero: "replicas is 0") else { return }
        let hash = set.spec.template.revisionHash(collisions: nil)
        for ordinal in (0..<set.wanted).map({ set.firstOrdinal &+ $0 }) {
            for template in set.spec.volumeClaimTemplates where cluster.store.persistentVolumeClaims[set.claimKey(template, ordinal)] == nil {
                let claim = set.claim(from: template, ordinal)
                if attempt({ cluster throws(APIError) in try cluster.create(claim) }, of: set) == nil { return }
            }
            let pod = set.pod(ordinal, set.spec.template, revision: "\(set.name)-\(hash)", profile: profile)
            if attempt({ cluster throws(APIError) in try cluster.create(pod) }, of: set) == nil { return }
        }
    }

    private mutating func expand(_ set: DaemonSet) {
        let fit = NodeFit(set.spec.template, profile)
        let nodes = cluster.store.nodes.all.filter { fit.judge($0).run }.map(\.name)
        guard take(nodes.count, set, zero: "no node fits it") else { return }
        var pod = PodControl.pod(from: set.spec.template, owner: set)
        pod.metadata.labels["controller-revision-hash"] = set.spec.template.revisionHash(collisions: nil)
        for node in nodes {
            pod.spec = fit.spec(on: node)
            if attempt({ cluster throws(APIError) in try cluster.create(pod) }, of: set) == nil { return }
        }
    }

    private mutating func expand(_ job: Job, named: (any KubernetesObject)? = nil) {
        let owner: any KubernetesObject = named ?? job
        if job.status.conditions.isTrue(ConditionType.complete) || job.status.conditions.isTrue(ConditionType.failed) { return note(owner, "it is over") }
        if job.spec.suspend == true { return note(owner, "it is suspended") }
        let count = min(job.spec.parallelism ?? 1, job.spec.completions ?? Int.max)
        guard take(count, owner, zero: "it wants no pods") else { return }
        var pod = PodControl.pod(from: job.spec.template, owner: job)
        for key in [LabelKey.jobControllerUID, "controller-uid"] { pod.metadata.labels[key] = job.metadata.uid }
        for key in [LabelKey.jobName, "job-name"] { pod.metadata.labels[key] = job.name }
        for index in 0..<count {
            if job.spec.completionMode == "Indexed" {
                pod.metadata.generateName = "\(job.name)-\(index)-"
                pod.metadata.labels[LabelKey.jobCompletionIndex] = String(index)
                pod.metadata.annotations[LabelKey.jobCompletionIndex] = String(index)
            }
            let pod = pod
            if attempt({ cluster throws(APIError) in try cluster.create(pod) }, of: owner) == nil { return }
        }
    }

    private mutating func expand(_ cronJob: CronJob) {
        if cronJob.spec.suspend == true { return note(cronJob, "it is suspended") }
        let has = cluster.store.jobs.all.contains {
            $0.namespace == cronJob.namespace && $0.metadata.controller?.name == cronJob.name && $0.metadata.controller?.kind == "CronJob"
        }
        if has { return }
        var job = Job()
        job.metadata.name = cronJob.name + "-next"
        job.metadata.namespace = cronJob.namespace
        job.metadata.labels = cronJob.spec.jobTemplate.metadata.labels
        job.metadata.annotations = cronJob.spec.jobTemplate.metadata.annotations
        job.metadata.ownerReferences = [OwnerReference(controller: cronJob)]
        job.spec = Shared(cronJob.spec.jobTemplate.spec)
        guard let made = attempt({ cluster throws(APIError) in try cluster.create(job) }, of: cronJob) else { return }
        expand(made, named: cronJob)
    }

    // MARK: Saying why

    /// Whether `count` pods are to be made; if not, it is said.
    private mutating func take(_ count: Int, _ owner: any KubernetesObject, zero: String) -> Bool {
        if count <= 0 {
            note(owner, zero)
            return false
        }
        if count > room {
            note(owner, "\(count) pods are more than the 100000 that are tried in sum")
            return false
        }
        room -= count
        return true
    }

    private mutating func attempt<O>(_ make: (inout Cluster) throws(APIError) -> O, of owner: any KubernetesObject) -> O? {
        do throws(APIError) {
            return try make(&cluster)
        } catch {
            note(owner, error.message)
            return nil
        }
    }

    private mutating func note(_ owner: any KubernetesObject, _ why: String) {
        let info = owner.kindInfo
        notes.append("\(info.kind.lowercased())\(info.group.isEmpty ? "" : ".\(info.group)")/\(owner.metadata.name) makes no pod: \(why)")
    }
}
