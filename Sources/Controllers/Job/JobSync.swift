import ControlPlane
import KubernetesAPI
import SimulationKit

/// One look at one Job.
struct JobSync {
    let job: Job
    let tally: JobTally
    let podControl: PodControl
    private var active: [Pod]
    private let terminating: Int
    private var status: JobStatus

    init(job: Job, pods: [Pod], tally: JobTally, podControl: PodControl) {
        (self.job, self.tally, self.podControl) = (job, tally, podControl)
        active = pods.filter(\.isActive)
        terminating = pods.count { $0.isTerminating }
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
        if isIndexed { status.completedIndexes = tally.indexText }
    }

    /// Ends, suspends or continues the job.
    mutating func run(waitsForFailed: Bool, _ cluster: inout Cluster) -> Requeue {
        if let target = status.conditions["FailureTarget"] {
            return fail(target.reason, target.message, &cluster)
        }
        if let (reason, message) = failure(cluster.now) { return fail(reason, message, &cluster) }
        if isDone { return complete(&cluster) }
        if isSuspended { return suspend(&cluster) }
        resume(&cluster)
        let again = manage(waitsForFailed: waitsForFailed, &cluster)
        guard let seconds = job.spec.activeDeadlineSeconds, let start = status.startTime else { return again }
        return again.sooner(.at(start + .seconds(seconds)))
    }

    private func failure(_ now: Instant) -> (String, String)? {
        if tally.failed > backoffLimit || restartsExceedLimit {
            return ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
        }
        if let seconds = job.spec.activeDeadlineSeconds, let start = status.startTime, !isSuspended,
            start + .seconds(seconds) <= now
        {
            return ("DeadlineExceeded", "Job was active longer than specified deadline")
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
        return tally.succeeded >= completions
    }

    /// Since 1.31 a job is Failed or Complete only when its last pod is gone; until then it says what it will be.
    private func ends(
        _ cluster: Cluster, then type: String, _ reason: String, _ message: String,
        _ status: inout JobStatus
    ) -> Bool {
        let target = type == "Failed" ? "FailureTarget" : "SuccessCriteriaMet"
        let waits = cluster.profile.version.minor >= 31
        if waits {
            status.conditions.set(
                Condition(type: target, status: true, reason: reason, message: message), now: cluster.now)
            if !active.isEmpty || terminating > 0 { return false }
        }
        status.conditions.set(
            Condition(type: type, status: true, reason: reason, message: message), now: cluster.now)
        return true
    }

    private mutating func fail(_ reason: String, _ message: String, _ cluster: inout Cluster) -> Requeue {
        deleteAll(&cluster)
        if ends(cluster, then: "Failed", reason, message, &status) {
            cluster.record(reason, message, about: job, warning: true, source: source)
        }
        return .none
    }

    private mutating func complete(_ cluster: inout Cluster) -> Requeue {
        deleteAll(&cluster)
        let tells = cluster.profile.version.minor >= 31
        if ends(
            cluster, then: "Complete", tells ? "CompletionsReached" : "",
            tells ? "Reached expected number of succeeded pods" : "", &status)
        {
            status.completionTime = cluster.now
            cluster.record("Completed", "Job completed", about: job, source: source)
        }
        return .none
    }

    private mutating func suspend(_ cluster: inout Cluster) -> Requeue {
        deleteAll(&cluster)
        if !status.conditions.isTrue("Suspended") {
            status.conditions.set(
                Condition(type: "Suspended", status: true, reason: "JobSuspended", message: "Job suspended"),
                now: cluster.now)
            cluster.record("Suspended", "Job suspended", about: job, source: source)
        }
        status.startTime = nil
        return .none
    }

    private mutating func resume(_ cluster: inout Cluster) {
        guard status.conditions.isTrue("Suspended") else { return }
        status.conditions.set(
            Condition(type: "Suspended", status: false, reason: "JobResumed", message: "Job resumed"),
            now: cluster.now)
        cluster.record("Resumed", "Job resumed", about: job, source: source)
        status.startTime = cluster.now
    }

    // MARK: Pods

    private mutating func deleteAll(_ cluster: inout Cluster) {
        for pod in active { try? podControl.delete(pod, for: job, &cluster) }
        active = active.filter { cluster.store.pods[$0.key]?.metadata.uid == $0.metadata.uid }
    }

    private mutating func manage(waitsForFailed: Bool, _ cluster: inout Cluster) -> Requeue {
        var wanted = parallelism
        if let completions {
            wanted = min(parallelism, completions - tally.succeeded)
        } else if tally.succeeded > 0 {
            wanted = active.count
        }
        if active.count > wanted {
            // Pods that are not running yet go first, then the youngest.
            let order = active.sorted { a, b in
                if a.isReady != b.isReady { return !a.isReady }
                let (x, y) = (a.metadata.creationTimestamp ?? .start, b.metadata.creationTimestamp ?? .start)
                return x == y ? a.name < b.name : x > y
            }
            for pod in order.prefix(active.count - wanted) { try? podControl.delete(pod, for: job, &cluster) }
            active = Array(order.dropFirst(active.count - wanted))
            return .none
        }
        let missing = wanted - active.count - (waitsForFailed ? terminating : 0)
        if missing <= 0 { return .none }
        if let start = tally.nextStart, start > cluster.now { return .at(start) }
        let indexes = isIndexed ? freeIndexes(missing) : []
        let base = basePod()
        let job = self.job
        let podControl = self.podControl
        var made: [Pod] = []
        let count = min(isIndexed ? indexes.count : missing, PodControl.burst)
        let result = PodControl.slowStart(count) { number throws(APIError) in
            let pod = indexes.isEmpty ? base : Self.indexed(base, indexes[number], of: job)
            made.append(try podControl.create(pod, for: job, &cluster))
        }
        active += made
        guard let error = result.error else { return .none }
        return error.isNamespaceTerminating ? .none : .retry
    }

    private func basePod() -> Pod {
        var pod = PodControl.pod(from: job.spec.template, owner: job)
        for key in ["batch.kubernetes.io/controller-uid", "controller-uid"] {
            pod.metadata.labels[key] = job.metadata.uid
        }
        for key in ["batch.kubernetes.io/job-name", "job-name"] { pod.metadata.labels[key] = job.name }
        return pod
    }

    private func freeIndexes(_ count: Int) -> [Int] {
        let taken = Set(tally.indexes + active.compactMap(\.completionIndex))
        return Array((0..<(completions ?? 0)).lazy.filter { !taken.contains($0) }.prefix(count))
    }

    private static func indexed(_ base: Pod, _ index: Int, of job: Job) -> Pod {
        var pod = base
        pod.metadata.generateName = "\(job.name)-\(index)-"
        for key in ["batch.kubernetes.io/job-completion-index"] {
            pod.metadata.annotations[key] = String(index)
            pod.metadata.labels[key] = String(index)
        }
        pod.spec.hostname = "\(job.name)-\(index)"
        var variable = EnvVar()
        variable.name = "JOB_COMPLETION_INDEX"
        variable.value = String(index)
        for container in pod.spec.containers.indices { pod.spec.containers[container].env.append(variable) }
        return pod
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
