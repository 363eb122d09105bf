import ControlPlane
import KubernetesAPI
import SimulationKit

/// The ends of a Job's pods, each counted once.
struct JobTally: Sendable {
    /// How often an index failed, and when last.
    struct IndexFailures: Sendable {
        var counted = 0
        var ignored = 0
        var last: Instant
    }

    private var counted: Set<String> = []
    private(set) var succeeded = 0
    private(set) var failed = 0
    private(set) var succeededIndexes: Set<Int> = []
    /// Indexes that failed for good.
    private(set) var failedIndexes: Set<Int> = []
    private(set) var failuresByIndex: [Int: IndexFailures] = [:]
    /// Why the failure policy fails the Job.
    private(set) var failMessage: String?
    /// Failures since the last success, and when the last was.
    private var failuresInRow = 0
    private var lastFailure: Instant?

    /// The pod is the controller's own business: its end counts for nothing.
    mutating func leaveOut(_ pod: Pod) { counted.insert(pod.metadata.uid) }

    /// Counts the end of `pod`; one that is deleted before it succeeded has failed.
    mutating func count(_ pod: Pod, of job: Job, _ profile: KubernetesProfile, now: Instant) {
        guard counted.insert(pod.metadata.uid).inserted else { return }
        let index = pod.completionIndex
        if job.spec.completionMode == "Indexed", index.map({ $0 >= job.spec.completions ?? 0 }) ?? true { return }
        if pod.status.phase == .succeeded {
            if let index {
                guard succeededIndexes.insert(index).inserted else { return }
                // One that succeeds after all has not failed.
                failedIndexes.remove(index)
            }
            succeeded += 1
            failuresInRow = 0
            lastFailure = nil
            return
        }
        let time = pod.finishedAt(now: now)
        failuresInRow += 1
        lastFailure = max(lastFailure ?? time, time)
        let verdict = PodFailurePolicy(job.spec.value)?.verdict(on: pod, profile) ?? PodFailurePolicy.Verdict()
        if verdict.isCounted { failed += 1 }
        failMessage = failMessage ?? verdict.message
        guard let index, let limit = job.spec.backoffLimitPerIndex else { return }
        let before = failuresByIndex[index]
        failuresByIndex[index] = IndexFailures(
            counted: (before?.counted ?? 0) + (verdict.isCounted ? 1 : 0),
            ignored: (before?.ignored ?? 0) + (verdict.isCounted ? 0 : 1), last: time)
        if !succeededIndexes.contains(index), verdict.action == .failIndex || verdict.isCounted && (before?.counted ?? 0) >= limit {
            failedIndexes.insert(index)
        }
    }

    /// When the next pod may be made after failures.
    var nextStart: Instant? {
        lastFailure.map { $0 + Self.pause(after: failuresInRow) }
    }
    /// When the next pod of an index may be made.
    func nextStart(of index: Int) -> Instant? {
        failuresByIndex[index].map { $0.last + Self.pause(after: $0.counted + $0.ignored) }
    }
    /// 10 s · 2^(n−1), at most 10 min.
    private static func pause(after failures: Int) -> Duration {
        failures <= 0 ? .zero : min(.seconds(10 << min(failures - 1, 10)), .minutes(10))
    }
}

extension Pod {
    /// The index of a pod of an Indexed Job.
    var completionIndex: Int? {
        metadata.annotations[LabelKey.jobCompletionIndex].flatMap { Int($0) }
    }
    /// When the last of the pod's containers ended; now if one has not.
    func finishedAt(now: Instant) -> Instant {
        var latest: Instant?
        for status in self.status.containerStatuses {
            guard let time = status.state.terminated?.finishedAt else { return now }
            latest = max(latest ?? time, time)
        }
        return latest ?? now
    }
}

extension Job {
    var isFinished: Bool { status.conditions.isTrue(ConditionType.complete) || status.conditions.isTrue(ConditionType.failed) }
    var finishedAt: Instant? {
        (status.conditions[ConditionType.complete] ?? status.conditions[ConditionType.failed]).flatMap(\.lastTransitionTime)
    }
    /// Whether a pod is replaced only once it has ended, not as soon as it is being deleted.
    var replacesOnlyFailed: Bool { spec.podReplacementPolicy == "Failed" || spec.podFailurePolicy != nil }
}
