import ControlPlane
import KubernetesAPI
import SimulationKit

/// One look at one Job.
struct JobSync {
    let job: Job
    private(set) var tally: JobTally
    let podControl: PodControl
    private(set) var random: SeededRandom
    private var active: [Pod]
    private let terminating: [Pod]
    private var status: JobStatus

    init(job: Job, pods: [Pod], tally: JobTally, podControl: PodControl, random: SeededRandom) {
        (self.job, self.tally, self.podControl, self.random) = (job, tally, podControl, random)
        active = pods.filter(\.isActive)
        terminating = pods.filter(\.isTerminating)
        status = job.status
    }

    private var source: EventSource { podControl.source }
    private var parallelism: Int { job.spec.parallelism ?? 1 }
    private var backoffLimit: Int { job.spec.backoffLimit ?? 6 }
    /// Nil: a work queue, done when one pod succeeded and none is left.
    private var completions: Int? {
        job.spec.completions ?? (job.spec.parallelism == nil ? 1 : nil)
    }
    private var isSuspended: Bool { job.spec.suspend ?? false }
    private var isIndexed: Bool { job.spec.completionMode == "Indexed" }

    mutating func begin(_ cluster: inout Cluster) {
        if status.startTime == nil, !isSuspended { status.startTime = cluster.now }
        status.succeeded = tally.succeeded
        status.failed = tally.failed
        if isIndexed {
            status.completedIndexes = JobIndexes.text(tally.succeededIndexes)
            if job.spec.backoffLimitPerIndex != nil { status.failedIndexes = JobIndexes.text(tally.failedIndexes) }
        }
    }

    /// Ends, suspends or continues the job.
    mutating func run(_ cluster: inout Cluster) -> Requeue {
        if let target = status.conditions[ConditionType.successCriteriaMet], target.isTrue {
            return end(ConditionType.complete, target.reason, target.message, &cluster)
        }
        if let target = status.conditions[ConditionType.failureTarget], target.isTrue {
            return end(ConditionType.failed, target.reason, target.message, &cluster)
        }
        if let (reason, message) = failure(cluster.now) { return end(ConditionType.failed, reason, message, &cluster) }
        if let message = job.spec.value.successMessage(tally.succeededIndexes) { return end(ConditionType.complete, "SuccessPolicy", message, &cluster) }
        var again = Requeue.none
        if isSuspended { deleteUncounted(active, &cluster) } else { again = manage(&cluster) }
        if isDone { return complete(&cluster) }
        if isSuspended {
            suspend(&cluster)
            return .none
        }
        resume(&cluster)
        guard let seconds = job.spec.activeDeadlineSeconds, let start = status.startTime else { return again }
        return again.sooner(.at(start + .seconds(seconds)))
    }

    private func failure(_ now: Instant) -> (String, String)? {
        if let message = tally.failMessage { return ("PodFailurePolicy", message) }
        if tally.failed > backoffLimit || restartsExceedLimit {
            return ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
        }
        if let seconds = job.spec.activeDeadlineSeconds, let start = status.startTime, !isSuspended,
            start + .seconds(seconds) <= now
        {
            return ("DeadlineExceeded", "Job was active longer than specified deadline")
        }
        guard isIndexed, job.spec.backoffLimitPerIndex != nil, !tally.failedIndexes.isEmpty else { return nil }
        if let most = job.spec.maxFailedIndexes, tally.failedIndexes.count > most {
            return ("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes")
        }
        if tally.failedIndexes.count + tally.succeededIndexes.count >= completions ?? 0 {
            return ("FailedIndexes", "Job has failed indexes")
        }
        return nil
    }

    /// Pods that restart their containers themselves count by their restarts.
    private var restartsExceedLimit: Bool {
        guard job.spec.template.spec.restartPolicy == "OnFailure" else { return false }
        let restarts = active.reduce(0) { sum, pod in
            sum + pod.status.containerStatuses.reduce(0) { $0 + $1.restartCount }
                + pod.status.initContainerStatuses.reduce(0) { $0 + $1.restartCount }
        }
        return backoffLimit == 0 ? restarts > 0 : restarts >= backoffLimit
    }

    private var isDone: Bool {
        guard let completions else { return tally.succeeded > 0 && active.isEmpty }
        return tally.succeeded >= completions && active.isEmpty
    }

    /// Since 1.31 a job is Failed or Complete only when its last pod is gone; until then it says what it will be. What
    /// the policies decide was always said so.
    private mutating func end(_ type: String, _ reason: String, _ message: String, _ cluster: inout Cluster) -> Requeue {
        for pod in active { try? podControl.delete(pod, for: job, &cluster) }
        active = active.filter { cluster.store.pods[$0.key]?.metadata.uid == $0.metadata.uid }
        let waits = cluster.profile.has(.jobEndsAfterItsPods)
        if waits || reason == "PodFailurePolicy" || reason == "SuccessPolicy" {
            let target = type == ConditionType.failed ? ConditionType.failureTarget : ConditionType.successCriteriaMet
            status.conditions.set(
                Condition(type: target, status: true, reason: reason, message: message), now: cluster.now)
        }
        if waits, !active.isEmpty || !terminating.isEmpty { return .none }
        status.conditions.set(
            Condition(type: type, status: true, reason: reason, message: message), now: cluster.now)
        if type == ConditionType.failed {
            cluster.record(reason, message, about: job, warning: true, source: source)
        } else {
            status.completionTime = cluster.now
            cluster.record("Completed", "Job completed", about: job, source: source)
        }
        return .none
    }

    private mutating func complete(_ cluster: inout Cluster) -> Requeue {
        let tells = cluster.profile.has(.jobEndsAfterItsPods)
        return end(
            ConditionType.complete, tells ? "CompletionsReached" : "", tells ? "Reached expected number of succeeded pods" : "", &cluster)
    }

    private mutating func suspend(_ cluster: inout Cluster) {
        if !status.conditions.isTrue(ConditionType.suspended) {
            status.conditions.set(
                Condition(type: ConditionType.suspended, status: true, reason: "JobSuspended", message: "Job suspended"),
                now: cluster.now)
            cluster.record("Suspended", "Job suspended", about: job, source: source)
        }
        status.startTime = nil
    }

    private mutating func resume(_ cluster: inout Cluster) {
        guard status.conditions.isTrue(ConditionType.suspended) else { return }
        status.conditions.set(
            Condition(type: ConditionType.suspended, status: false, reason: "JobResumed", message: "Job resumed"),
            now: cluster.now)
        cluster.record("Resumed", "Job resumed", about: job, source: source)
        status.startTime = cluster.now
    }

    // MARK: Pods

    /// Deletes pods that are too many: they have not failed.
    private mutating func deleteUncounted(_ pods: [Pod], _ cluster: inout Cluster) {
        for pod in pods {
            tally.leaveOut(pod)
            try? podControl.delete(pod, for: job, &cluster)
        }
        let gone = Set(pods.map(\.metadata.uid))
        active.removeAll { gone.contains($0.metadata.uid) }
    }

    /// The pods to delete if at least `count` are too many: those with an index that another has or that is not wanted any
    /// more, then by the order that ReplicaSets have, too.
    private mutating func surplus(_ count: Int, _ now: Instant) -> [Pod] {
        var ranking = DeletionRanking(now: now, usesDeletionCost: false, usesLogarithmicAges: false, random: random)
        defer { random = ranking.random }
        var result: [Pod] = []
        var rest = active
        if isIndexed {
            rest = []
            let byIndex = Dictionary(grouping: active) { $0.completionIndex ?? -1 }
            for (index, pods) in byIndex.sorted(by: { $0.key < $1.key }) {
                if index < 0 || index >= completions ?? 0 {
                    result += pods
                } else if pods.count > 1 {
                    let order = ranking.first(pods.count, of: pods)
                    result += order.dropLast()
                    rest += order.suffix(1)
                } else {
                    rest += pods
                }
            }
        }
        if result.count < count { result += ranking.first(count - result.count, of: rest) }
        return result
    }

    private mutating func manage(_ cluster: inout Cluster) -> Requeue {
        var wanted = parallelism
        if let completions {
            wanted = max(0, min(parallelism, completions - tally.succeeded))
        } else if tally.succeeded > 0 {
            wanted = active.count
        }
        if active.count > wanted || isIndexed {
            let surplus = surplus(max(0, active.count - wanted), cluster.now).prefix(PodControl.burst)
            if !surplus.isEmpty {
                deleteUncounted(Array(surplus), &cluster)
                return .none
            }
        }
        let missing = min(wanted - active.count - (job.replacesOnlyFailed ? terminating.count : 0), PodControl.burst)
        if missing <= 0 { return .none }
        let now = cluster.now
        let tally = self.tally
        let limitsIndexes = isIndexed && job.spec.backoffLimitPerIndex != nil
        if !limitsIndexes, let start = tally.nextStart, start > now { return .at(start) }
        let allowance = PodAllowance(missing: missing, active, cluster)
        var indexes = isIndexed ? freeIndexes(allowance.count) : []
        var later: Instant?
        if limitsIndexes {
            // Each index has its own pause.
            later = indexes.compactMap { tally.nextStart(of: $0) }.filter { $0 > now }.min()
            indexes.removeAll { tally.nextStart(of: $0).map { $0 > now } ?? false }
        }
        let group = JobGroups(job: job, source: source).group(in: &cluster)
        let base = basePod(group: group)
        let job = self.job
        let podControl = self.podControl
        var made: [Pod] = []
        let result = PodControl.slowStart(isIndexed ? indexes.count : allowance.count) { number throws(APIError) in
            var pod = base
            if job.spec.completionMode == "Indexed" { Self.index(&pod, indexes[number], of: job, tally, cluster.profile) }
            made.append(try podControl.create(pod, for: job, &cluster))
        }
        active += made
        guard let error = result.error else { return (later.map { Requeue.at($0) } ?? Requeue.none).sooner(allowance.again) }
        return error.isNamespaceTerminating ? .none : .retry
    }

    private func basePod(group: String?) -> Pod {
        var pod = PodControl.pod(from: job.spec.template, owner: job)
        if let group {
            pod.spec.schedulingGroup = PodSchedulingGroup()
            pod.spec.schedulingGroup?.podGroupName = group
        }
        for key in [LabelKey.jobControllerUID, "controller-uid"] {
            pod.metadata.labels[key] = job.metadata.uid
        }
        for key in [LabelKey.jobName, "job-name"] { pod.metadata.labels[key] = job.name }
        return pod
    }

    private func freeIndexes(_ count: Int) -> [Int] {
        var taken = tally.succeededIndexes.union(tally.failedIndexes).union(active.compactMap(\.completionIndex))
        if job.replacesOnlyFailed { taken.formUnion(terminating.compactMap(\.completionIndex)) }
        return Array((0..<max(0, completions ?? 0)).lazy.filter { !taken.contains($0) }.prefix(count))
    }

    private static func index(_ pod: inout Pod, _ index: Int, of job: Job, _ tally: JobTally, _ profile: KubernetesProfile) {
        let key = LabelKey.jobCompletionIndex
        pod.metadata.generateName = "\(job.name)-\(index)-"
        pod.metadata.annotations[key] = String(index)
        pod.metadata.labels[key] = String(index)
        if job.spec.backoffLimitPerIndex != nil {
            let failures = tally.failuresByIndex[index]
            pod.metadata.annotations["batch.kubernetes.io/job-index-failure-count"] = String(failures?.counted ?? 0)
            if let ignored = failures?.ignored, ignored > 0 {
                pod.metadata.annotations["batch.kubernetes.io/job-index-ignored-failure-count"] = String(ignored)
            }
        }
        pod.spec.hostname = "\(job.name)-\(index)"
        var variable = EnvVar()
        variable.name = "JOB_COMPLETION_INDEX"
        variable.value = String(index)
        for container in pod.spec.initContainers.indices { pod.spec.initContainers[container].env.append(variable) }
        for container in pod.spec.containers.indices { pod.spec.containers[container].env.append(variable) }
    }

    // MARK: Status

    mutating func report(_ cluster: inout Cluster) {
        status.active = active.count {
            !$0.metadata.isTerminating && (cluster.store.pods[$0.key]?.isActive ?? false)
        }
        status.ready = active.count { cluster.store.pods[$0.key]?.isReady ?? false }
        if cluster.profile.isEnabled(.jobPodReplacementPolicy) {
            status.terminating = cluster.store.pods(ownedBy: job.metadata.uid).count { $0.isTerminating }
        }
        let status = self.status
        if status != job.status { cluster.modify(Job.self, job.key) { $0.status = status } }
    }
}
