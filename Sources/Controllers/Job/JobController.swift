import ControlPlane
import KubernetesAPI
import SimulationKit

/// Runs the pods of each Job until enough of them succeeded.
///
/// Differs from Kubernetes: pods carry no finalizer `batch.kubernetes.io/job-tracking`; each pod's end is counted
/// once by its identity, which this controller remembers.
/// - Source: Kubernetes `pkg/controller/job/job_controller.go`.
struct JobController: Controller {
    static let watches: [Kind] = [.job, .pod]
    var queue = WorkQueue<ObjectKey>()
    private var tallies: [String: JobTally] = [:]
    private let podControl = PodControl(source: EventSource("job-controller"))

    /// Changes of pods are looked at together.
    static let batch = Duration.seconds(1)

    mutating func observe(_ entry: LogEntry, _ cluster: inout Cluster) {
        let change = cluster.store.jobs.change(entry.index)
        if change.action == .deleted { tallies[change.object.metadata.uid] = nil }
        queue.add(change.object.key)
    }

    mutating func observe(pod change: Change<Pod>, _ cluster: inout Cluster) {
        let pod = change.object
        guard let owner = pod.metadata.controller, owner.kind == "Job" else { return }
        // A pod that vanishes before its end was counted counts too.
        if change.action == .deleted { tallies[owner.uid]?.count(pod, now: cluster.now) }
        queue.add(ObjectKey(namespace: pod.namespace, name: owner.name), at: cluster.now + Self.batch)
    }

    mutating func reconcile(_ key: ObjectKey, _ cluster: inout Cluster) -> Requeue {
        guard let job = cluster.store.jobs[key], !job.metadata.isTerminating,
            job.spec.managedBy == nil
                || job.spec.managedBy == "kubernetes.io/job-controller"
        else { return .none }
        if job.isFinished { return collect(job, &cluster) }
        let pods = cluster.store.pods(ownedBy: job.metadata.uid)
        let waitsForFailed = job.spec.podReplacementPolicy == "Failed" || job.spec.podFailurePolicy != nil
        var tally = tallies[job.metadata.uid] ?? JobTally()
        for pod in pods where pod.isFinished || (pod.metadata.isTerminating && !waitsForFailed) {
            tally.count(pod, now: cluster.now)
        }
        tallies[job.metadata.uid] = tally

        var sync = JobSync(job: job, pods: pods, tally: tally, podControl: podControl)
        sync.begin(&cluster)
        let again = sync.run(waitsForFailed: waitsForFailed, &cluster)
        sync.report(&cluster)
        return again
    }

    /// Deletes a finished job once its time is over.
    private func collect(_ job: Job, _ cluster: inout Cluster) -> Requeue {
        for pod in cluster.store.pods(ownedBy: job.metadata.uid) where pod.isActive {
            try? podControl.delete(pod, for: job, &cluster)
        }
        guard let seconds = job.spec.ttlSecondsAfterFinished, let end = job.finishedAt else { return .none }
        let due = end + .seconds(seconds)
        if due > cluster.now { return .at(due) }
        _ = try? cluster.delete(
            Job.self, job.key, DeleteOptions(propagation: .foreground, uid: job.metadata.uid))
        return .none
    }
}

/// The ends of a Job's pods, each counted once.
struct JobTally: Sendable {
    private var counted: Set<String> = []
    private(set) var succeeded = 0
    private(set) var failed = 0
    /// The indexes that are done, rising.
    private(set) var indexes: [Int] = []
    /// Failures since the last success, and when the last was.
    private(set) var failuresInRow = 0
    private(set) var lastFailure: Instant?

    /// Counts the end of `pod`; one that is deleted before it succeeded has failed.
    mutating func count(_ pod: Pod, now: Instant) {
        guard counted.insert(pod.metadata.uid).inserted else { return }
        if pod.status.phase == .succeeded {
            if let index = pod.completionIndex {
                guard !indexes.contains(index) else { return }
                indexes.append(index)
                indexes.sort()
            }
            succeeded += 1
            failuresInRow = 0
        } else {
            failed += 1
            failuresInRow += 1
            let ends = pod.status.containerStatuses.compactMap { $0.state.terminated?.finishedAt }
            lastFailure = max(lastFailure ?? .start, ends.max() ?? now)
        }
    }

    /// When the next pod may be made after failures: 10 s · 2^(n−1), at most 10 min.
    var nextStart: Instant? {
        guard failuresInRow > 0, let lastFailure else { return nil }
        return lastFailure + min(.seconds(10 << min(failuresInRow - 1, 10)), .minutes(10))
    }

    /// The done indexes as the API writes them: `0-2,5`.
    var indexText: String {
        var parts: [String] = []
        var position = 0
        while position < indexes.count {
            let first = indexes[position]
            var last = first
            while position + 1 < indexes.count, indexes[position + 1] == last + 1 {
                position += 1
                last += 1
            }
            parts.append(
                first == last ? "\(first)" : last == first + 1 ? "\(first),\(last)" : "\(first)-\(last)")
            position += 1
        }
        return parts.joined(separator: ",")
    }
}

extension Pod {
    /// The index of a pod of an Indexed Job.
    var completionIndex: Int? {
        metadata.annotations["batch.kubernetes.io/job-completion-index"].flatMap { Int($0) }
    }
}

extension Job {
    var isFinished: Bool { status.conditions.isTrue("Complete") || status.conditions.isTrue("Failed") }
    var finishedAt: Instant? {
        (status.conditions["Complete"] ?? status.conditions["Failed"]).flatMap(\.lastTransitionTime)
    }
}
