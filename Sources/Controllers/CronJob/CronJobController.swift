import ControlPlane
import KubernetesAPI
import SimulationKit

/// Makes Jobs at the times of their CronJobs' schedules.
///
/// Differs from Kubernetes: a job is made at its very time, not a tenth of a second later.
/// - Source: Kubernetes `pkg/controller/cronjob/cronjob_controllerv2.go`.
struct CronJobController: Controller {
    static let queueName = "cronjob"
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
        if cronJob.metadata.isTerminating { return .none }
        var zone = ZoneInfo.utc
        if let name = cronJob.spec.timeZone, cluster.profile.has(.cronTimeZones) {
            guard let known = ZoneInfo.named(name) else {
                cluster.record(
                    "UnknownTimeZone", "invalid timeZone: \"\(name)\": unknown time zone \(name)", about: cronJob, warning: true,
                    source: source)
                return .none
            }
            zone = known
        }
        if cronJob.spec.suspend ?? false { return .none }
        let schedule: CronSchedule
        do throws(CronSchedule.Problem) {
            schedule = try CronSchedule(parsing: cronJob.spec.schedule)
        } catch {
            cluster.record(
                "UnparseableSchedule", "unparseable schedule: \"\(cronJob.spec.schedule)\" : \(error.message)", about: cronJob,
                warning: true, source: source)
            return .none
        }
        guard let missed = Missed(schedule, zone, cronJob, now: cluster.now) else {
            cluster.record(
                "InvalidSchedule",
                "invalid schedule: \"\(cronJob.spec.schedule)\" : time difference between two schedules is less than 1 second",
                about: cronJob, warning: true, source: source)
            return .none
        }
        let next: Requeue = schedule.next(after: missed.latest ?? missed.from, in: zone).map { .at(max($0, cluster.now)) } ?? .none
        guard let time = missed.latest else { return next }
        let later: Requeue = schedule.next(after: time, in: zone).map { .at($0) } ?? .none
        if missed.isMany {
            cluster.record(
                "TooManyMissedTimes",
                "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew",
                about: cronJob, warning: true, source: source)
        }
        if let limit = cronJob.spec.startingDeadlineSeconds, time + .seconds(limit) < cluster.now {
            cluster.record(
                "MissSchedule", "Missed scheduled time to start a job: \(time.rfc1123)", about: cronJob, warning: true,
                source: source)
            return later
        }
        if cronJob.status.lastScheduleTime == time { return later }
        return start(cronJob, at: time, zone, among: jobs, then: later, &status, &cluster)
    }

    /// Makes the job of `time`, as far as the concurrency policy allows it beside those that run.
    private func start(
        _ cronJob: CronJob, at time: Instant, _ zone: ZoneInfo, among jobs: [Job], then later: Requeue, _ status: inout CronJobStatus,
        _ cluster: inout Cluster
    ) -> Requeue {
        let running = jobs.filter { !$0.isFinished && !$0.metadata.isTerminating }
        if !running.isEmpty {
            switch cronJob.spec.concurrencyPolicy {
            case "Forbid":
                cluster.record(
                    "JobAlreadyActive",
                    "Not starting job because prior execution is running and concurrency policy is Forbid",
                    about: cronJob, source: source)
                return later
            case "Replace":
                for job in running {
                    _ = try? cluster.delete(Job.self, job.key)
                    cluster.record(
                        EventReason.successfulDelete, "Deleted job \(job.name)", about: cronJob, source: source)
                }
                remove(running, from: &status)
            default: break
            }
        }
        do throws(APIError) {
            let job = try cluster.create(Self.job(of: cronJob, at: time, zone, cluster.profile))
            cluster.record(EventReason.successfulCreate, "Created job \(job.name)", about: cronJob, source: source)
            status.active = .array((status.active?.array ?? []) + [ObjectReference(job).json ?? [:]])
            status.lastScheduleTime = time
        } catch {
            if error.reason == "AlreadyExists" {
                status.lastScheduleTime = time
                return later
            }
            if error.isNamespaceTerminating { return .none }
            cluster.record(
                EventReason.failedCreate, "Error creating job: \(error.message)", about: cronJob, warning: true,
                source: source)
            return .retry
        }
        return later
    }

    /// Times of the schedule that have come and for which no job was made.
    /// - Source: Kubernetes v1.36.2 `pkg/controller/cronjob/utils.go`, `mostRecentScheduleTime`.
    private struct Missed {
        /// From when on was looked.
        var from: Instant
        var latest: Instant?
        var isMany = false

        /// Nil: the schedule never comes.
        init?(_ schedule: CronSchedule, _ zone: ZoneInfo, _ cronJob: CronJob, now: Instant) {
            from = cronJob.status.lastScheduleTime ?? cronJob.metadata.creationTimestamp ?? now
            if let limit = cronJob.spec.startingDeadlineSeconds { from = max(from, now - .seconds(limit)) }
            guard let first = schedule.next(after: from, in: zone), let second = schedule.next(after: first, in: zone) else {
                return nil
            }
            if now < first { return }
            latest = first
            if now < second { return }
            // How many came is told from the first two: a rough count is enough, and cheap after any length of time.
            let between = (second - first).truncated(to: .seconds(1))
            guard between.nanoseconds > 0 else { return nil }
            let count = (now - first).nanoseconds / between.nanoseconds + 1
            isMany = count > 100
            var time = first + between * Int(max(0, count - 2))
            while let next = schedule.next(after: time, in: zone), next <= now {
                latest = next
                time = next
            }
        }
    }

    private static func job(of cronJob: CronJob, at time: Instant, _ zone: ZoneInfo, _ profile: KubernetesProfile) -> Job {
        let template = cronJob.spec.jobTemplate
        var meta = ObjectMeta()
        // The name tells the minute, so that one time never makes two jobs.
        let unixSeconds = 1_767_225_600 + time.nanoseconds / 1_000_000_000
        meta.name = "\(cronJob.name)-\(unixSeconds / 60)"
        meta.namespace = cronJob.namespace
        meta.labels = template.metadata.labels
        meta.annotations = template.metadata.annotations
        if profile.has(.cronScheduledTime) {
            meta.annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"] = time.rfc3339(in: zone)
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
            let condition = job.status.conditions.isTrue(ConditionType.complete) ? ConditionType.complete : ConditionType.failed
            cluster.record(
                "SawCompletedJob", "Saw completed job: \(job.name), condition: \(condition)", about: cronJob,
                source: source)
            if condition == ConditionType.complete {
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
            let done = jobs.filter { $0.status.conditions.isTrue(type) && !$0.metadata.isTerminating }.sorted { a, b in
                let (x, y) = (a.status.startTime ?? .start, b.status.startTime ?? .start)
                return x == y ? a.name < b.name : x < y
            }
            for job in done.prefix(max(0, done.count - limit)) {
                _ = try? cluster.delete(Job.self, job.key)
                cluster.record(EventReason.successfulDelete, "Deleted job \(job.name)", about: cronJob, source: source)
            }
        }
        trim(ConditionType.complete, cronJob.spec.successfulJobsHistoryLimit ?? 3)
        trim(ConditionType.failed, cronJob.spec.failedJobsHistoryLimit ?? 1)
    }
}
