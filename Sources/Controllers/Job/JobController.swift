import ControlPlane
import KubernetesAPI
import SimulationKit

/// Runs the pods of each Job until enough of them succeeded.
///
/// Differs from Kubernetes: pods carry no finalizer `batch.kubernetes.io/job-tracking`; each pod's end is counted
/// once by its identity, which this controller remembers.
/// - Source: Kubernetes `pkg/controller/job/job_controller.go`.
struct JobController: Controller {
    static let queueName = "job"
    static let watches: [Kind] = [.job, .pod]
    var queue = WorkQueue<ObjectKey>()
    private var tallies: [String: JobTally] = [:]
    private let podControl = PodControl(source: EventSource("job-controller"))
    /// Whom chance picks of equal pods when there are too many.
    private var chance: SeededRandom

    init(seed: UInt64) { chance = SeededRandom(seed: seed, stream: "job-controller") }

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
        let key = ObjectKey(namespace: pod.namespace, name: owner.name)
        // A pod that vanishes before its end was counted counts too.
        if change.action == .deleted, let job = cluster.store.jobs[key], job.metadata.uid == owner.uid {
            tallies[owner.uid, default: JobTally()].count(pod, of: job, cluster.profile, now: cluster.now)
        }
        queue.add(key, at: cluster.now + Self.batch)
    }

    mutating func reconcile(_ key: ObjectKey, _ cluster: inout Cluster) -> Requeue {
        guard let job = cluster.store.jobs[key], !job.metadata.isTerminating,
            job.spec.managedBy == nil
                || job.spec.managedBy == "kubernetes.io/job-controller"
        else { return .none }
        if job.isFinished { return collect(job, &cluster) }
        let pods = cluster.store.pods(ownedBy: job.metadata.uid)
        let now = cluster.now
        var tally = tallies[job.metadata.uid] ?? JobTally()
        let ended = pods.filter { $0.isFinished || ($0.metadata.isTerminating && !job.replacesOnlyFailed) }
        // In the order of their ends: a success forgives the failures before it.
        for pod in ended.sorted(by: { ($0.finishedAt(now: now), $0.name) < ($1.finishedAt(now: now), $1.name) }) {
            tally.count(pod, of: job, cluster.profile, now: now)
        }
        var sync = JobSync(job: job, pods: pods, tally: tally, podControl: podControl, random: chance)
        sync.begin(&cluster)
        let again = sync.run(&cluster)
        sync.report(&cluster)
        tallies[job.metadata.uid] = sync.tally
        chance = sync.random
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
