import ControlPlane
import KubernetesAPI
import SimulationKit

/// Makes Jobs at the times of their CronJobs' schedules.
///
/// Differs from Kubernetes: `timeZone` is not acted on; schedules run in UTC.
/// - Source: Kubernetes `pkg/controller/cronjob/cronjob_controllerv2.go`.
struct CronJobController: Controller {
    static let watches: [Kind] = [.cronJob, .job]
    var queue = WorkQueue<ObjectKey>()
    private var children = ChildIndex()
    private let source = EventSource("cronjob-controller")

    mutating func observe(_ entry: LogEntry, _ cluster: inout Cluster) {
        if entry.kind == .cronJob {
            queue.add(cluster.store.cronJobs.change(entry.index).object.key)
            return
        }
        let change = cluster.store.jobs.change(entry.index)
        children.observe(change)
        if let owner = change.object.metadata.controller, owner.kind == "CronJob" {
            queue.add(ObjectKey(namespace: change.object.namespace, name: owner.name))
        }
    }

    mutating func reconcile(_ key: ObjectKey, _ cluster: inout Cluster) -> Requeue {
        guard let cronJob = cluster.store.cronJobs[key] else { return .none }
        let jobs = children[cronJob.metadata.uid].compactMap { cluster.store.jobs[$0] }
        var status = cronJob.status
        trimHistory(of: cronJob, jobs, &cluster)
        noteFinished(jobs, of: cronJob, &status, &cluster)
        defer { if status != cronJob.status { cluster.modify(CronJob.self, key) { $0.status = status } } }
        if cronJob.metadata.isTerminating || cronJob.spec.suspend ?? false { return .none }
        guard let schedule = CronSchedule(cronJob.spec.schedule) else {
            cluster.record(
                "UnparseableSchedule", "unparseable schedule: \"\(cronJob.spec.schedule)\"", about: cronJob,
                warning: true, source: source)
            return .none
        }
        let next: Requeue = schedule.next(after: cluster.now).map { .at($0) } ?? .none
        guard let time = missed(schedule, cronJob, &cluster) else { return next }
        if let limit = cronJob.spec.startingDeadlineSeconds, time + .seconds(limit) < cluster.now {
            cluster.record(
                "MissSchedule", "Missed scheduled time to start a job: \(time.rfc3339)", about: cronJob,
                warning: true,
                source: source)
            return next
        }
        let running = jobs.filter { !$0.isFinished && !$0.metadata.isTerminating }
        if !running.isEmpty {
            switch cronJob.spec.concurrencyPolicy {
            case "Forbid":
                cluster.record(
                    "JobAlreadyActive",
                    "Not starting job because prior execution is running and concurrency policy is Forbid",
                    about: cronJob, source: source)
                return next
            case "Replace":
                for job in running {
                    _ = try? cluster.delete(Job.self, job.key)
                    cluster.record(
                        "SuccessfulDelete", "Deleted job \(job.name)", about: cronJob, source: source)
                }
                remove(running, from: &status)
            default: break
            }
        }
        do throws(APIError) {
            let job = try cluster.create(Self.job(of: cronJob, at: time, cluster.profile))
            cluster.record("SuccessfulCreate", "Created job \(job.name)", about: cronJob, source: source)
            status.active = .array((status.active?.array ?? []) + [ObjectReference(job).json ?? [:]])
            status.lastScheduleTime = time
        } catch {
            if error.reason == "AlreadyExists" {
                status.lastScheduleTime = time
                return next
            }
            if error.isNamespaceTerminating { return .none }
            cluster.record(
                "FailedCreate", "Error creating job: \(error.message)", about: cronJob, warning: true,
                source: source)
            return .retry
        }
        return next
    }

    /// The latest time of the schedule that has come and for which no job was made yet.
    private func missed(_ schedule: CronSchedule, _ cronJob: CronJob, _ cluster: inout Cluster) -> Instant? {
        var from = cronJob.status.lastScheduleTime ?? cronJob.metadata.creationTimestamp ?? cluster.now
        if let limit = cronJob.spec.startingDeadlineSeconds {
            from = max(from, cluster.now - .seconds(limit))
        }
        var latest: Instant?
        var count = 0
        while let time = schedule.next(after: latest ?? from), time <= cluster.now {
            latest = time
            count += 1
            if count == 101 {
                cluster.record(
                    "TooManyMissedTimes",
                    "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew",
                    about: cronJob, warning: true, source: source)
                // Only the last of them counts: look for it from the present backwards, not minute by minute through years.
                let now = cluster.now
                let near = [.hours(1), .hours(24), .hours(24 * 31), Duration.hours(24 * 366)].map { now - $0 }
                    .first { schedule.next(after: $0).map { $0 <= now } ?? false }
                if let near, near > time { latest = near }
            }
        }
        return latest
    }

    private static func job(of cronJob: CronJob, at time: Instant, _ profile: KubernetesProfile) -> Job {
        let template = cronJob.spec.jobTemplate
        var meta = ObjectMeta()
        // The name tells the minute, so that one time never makes two jobs.
        let unixSeconds = 1_767_225_600 + time.nanoseconds / 1_000_000_000
        meta.name = "\(cronJob.name)-\(unixSeconds / 60)"
        meta.namespace = cronJob.namespace
        meta.labels = template.metadata.labels
        meta.annotations = template.metadata.annotations
        if profile.version.minor >= 28 {
            meta.annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"] = time.rfc3339
        }
        meta.ownerReferences = [OwnerReference(controller: cronJob)]
        var job = Job()
        (job.metadata, job.spec) = (Metadata(meta), Shared(template.spec))
        return job
    }

    private func remove(_ jobs: [Job], from status: inout CronJobStatus) {
        let uids = Set(jobs.map(\.metadata.uid))
        let kept = (status.active?.array ?? []).filter { !uids.contains($0["uid"]?.string ?? "") }
        status.active = kept.isEmpty ? nil : .array(kept)
    }

    /// Takes finished and vanished jobs off the list of active ones.
    private func noteFinished(
        _ jobs: [Job], of cronJob: CronJob, _ status: inout CronJobStatus, _ cluster: inout Cluster
    ) {
        let listed = Set((status.active?.array ?? []).compactMap { $0["uid"]?.string })
        let finished = jobs.filter { $0.isFinished && listed.contains($0.metadata.uid) }
        for job in finished {
            let condition = job.status.conditions.isTrue("Complete") ? "Complete" : "Failed"
            cluster.record(
                "SawCompletedJob", "Saw completed job: \(job.name), condition: \(condition)", about: cronJob,
                source: source)
            if condition == "Complete" {
                status.lastSuccessfulTime = max(
                    status.lastSuccessfulTime ?? .start, job.finishedAt ?? cluster.now)
            }
        }
        remove(finished, from: &status)
        let there = Set(jobs.map(\.metadata.uid))
        let kept = (status.active?.array ?? []).filter { there.contains($0["uid"]?.string ?? "") }
        status.active = kept.isEmpty ? nil : .array(kept)
    }

    private func trimHistory(of cronJob: CronJob, _ jobs: [Job], _ cluster: inout Cluster) {
        func trim(_ type: String, _ limit: Int) {
            let done = jobs.filter { $0.status.conditions.isTrue(type) && !$0.metadata.isTerminating }.sorted
            { a, b in
                let (x, y) = (a.status.startTime ?? .start, b.status.startTime ?? .start)
                return x == y ? a.name < b.name : x < y
            }
            for job in done.prefix(max(0, done.count - limit)) {
                _ = try? cluster.delete(Job.self, job.key)
                cluster.record("SuccessfulDelete", "Deleted job \(job.name)", about: cronJob, source: source)
            }
        }
        trim("Complete", cronJob.spec.successfulJobsHistoryLimit ?? 3)
        trim("Failed", cronJob.spec.failedJobsHistoryLimit ?? 1)
    }
}
