import KubernetesAPI
import SimulationKit

/// Pods that a controller wants and the API server does not let it create: over a quota, outside a LimitRange, against
/// pod security.
///
/// Fed from the feed of changes: it costs what was refused, not what exists.
package struct HeldBackPods: Sendable {
    package struct Entry: Sendable {
        /// Who wants the pods, such as a ReplicaSet, and the workload that users know.
        package var owner: Workload
        package var workload: Workload
        /// How many are missing.
        package var count: Int
        /// Why, as the API server says it.
        package var message: String
        /// When it was first refused, and how often since.
        package var since: Instant?
        package var times: Int
    }
    package private(set) var entries: [Entry] = []
    /// The last refusal of each owner.
    private var refusals: [Workload: Event] = [:]

    package var count: Int { entries.reduce(0) { $0 + $1.count } }

    package init() {}

    /// Whether an event about an object of a kind is asked for where all others may be left out.
    static func needs(_ reason: String, of kind: String) -> Bool {
        reason == EventReason.failedCreate || reason == EventReason.successfulCreate && kind != "ReplicaSet"
    }

    /// Hears of an event.
    package mutating func note(_ event: Event) {
        let about = event.involvedObject
        let owner = Workload(kind: about.kind, namespace: about.namespace, name: about.name)
        switch event.reason {
        case EventReason.failedCreate, ConditionReason.replicaSetCreateError:
            if event.lastTimestamp ?? .start >= refusals[owner]?.lastTimestamp ?? .start { refusals[owner] = event }
        case EventReason.successfulCreate:
            // A controller that makes one after another waits for that one now.
            if about.kind != "ReplicaSet", event.lastTimestamp ?? .start >= refusals[owner]?.lastTimestamp ?? .start { refusals[owner] = nil }
        default: break
        }
    }

    /// Looks whether what was refused is still missing.
    package mutating func refresh(_ cluster: Cluster) {
        if refusals.isEmpty && entries.isEmpty { return }
        entries = []
        for owner in refusals.keys.sorted() {
            guard let event = refusals[owner] else { continue }
            guard Self.exists(owner, cluster) else {
                refusals[owner] = nil
                continue
            }
            let missing = Self.missing(owner, cluster)
            guard missing > 0 else { continue }
            let above = owner.kind == "ReplicaSet" ? cluster.store.replicaSets[owner.key]?.metadata.controller : nil
            entries.append(
                Entry(
                    owner: owner, workload: above.map { Workload(kind: $0.kind, namespace: owner.namespace, name: $0.name) } ?? owner, count: missing,
                    message: Self.reason(event.message), since: event.firstTimestamp, times: max(1, event.count)))
        }
    }

    private static func exists(_ owner: Workload, _ cluster: Cluster) -> Bool {
        Kind(rawValue: owner.kind).flatMap { cluster.store.object($0, owner.key) } != nil
    }

    private static func missing(_ owner: Workload, _ cluster: Cluster) -> Int {
        let (store, key) = (cluster.store, owner.key)
        switch owner.kind {
        case "ReplicaSet":
            guard let set = store.replicaSets[key], set.status.conditions.isTrue(ConditionType.replicaFailure) else { return 0 }
            return (set.spec.replicas ?? 1) - set.status.replicas
        case "StatefulSet": return store.statefulSets[key].map { ($0.spec.replicas ?? 1) - $0.status.replicas } ?? 0
        case "DaemonSet": return store.daemonSets[key].map { $0.status.desiredNumberScheduled - $0.status.currentNumberScheduled } ?? 0
        case "Job":
            guard let job = store.jobs[key], job.status.completionTime == nil, !job.status.conditions.isTrue(ConditionType.failed), job.spec.suspend != true
            else {
                return 0
            }
            let parallelism = job.spec.parallelism ?? 1
            return min(parallelism, (job.spec.completions ?? parallelism) - job.status.succeeded) - job.status.active
        case "Deployment":
            guard let deployment = store.deployments[key],
                deployment.status.conditions[ConditionType.progressing]?.reason == ConditionReason.replicaSetCreateError
            else { return 0 }
            return (deployment.spec.replicas ?? 1) - deployment.status.replicas
        case "CronJob": return 1
        default: return 0
        }
    }

    /// The API server's own words: `exceeded quota: …` without who failed to create what.
    package static func reason(_ message: String) -> String {
        if let start = message.firstRange(of: " is forbidden: ") { return String(message[start.upperBound...]) }
        for prefix in ["Error creating: ", "Error creating job: "] where message.hasPrefix(prefix) { return String(message.dropFirst(prefix.count)) }
        return message
    }
}
