import ControlPlane
import KubernetesAPI
import SimulationKit

/// Keeps each ReplicaSet at its number of pods.
///
/// Differs from Kubernetes: no expectations, because a controller's own writes are seen at once.
/// - Source: Kubernetes `pkg/controller/replicaset/replica_set.go`.
struct ReplicaSetController: Controller {
    static let queueName = "replicaset"
    static let watches: [Kind] = [.pod, .replicaSet]
    var queue = WorkQueue<ObjectKey>()
    private var selectors = SelectorIndex()
    private var orphans = Orphans()
    /// ReplicaSets by the Deployment that owns them.
    private var siblings = ChildIndex()
    private let podControl = PodControl(source: EventSource("replicaset-controller"))
    /// Whom chance picks when a set shrinks; a stream of its own, so that nothing else is drawn differently.
    private var chance: SeededRandom

    init(seed: UInt64) { chance = SeededRandom(seed: seed, stream: "replicaset-controller") }

    /// Reports of many pods' states are counted together: changes wait this long for more of them, and as often
    /// as the set has 500 pods, because counting costs that much more.
    static let statusBatch = Duration.milliseconds(20)

    private func batch(_ owner: ObjectKey, _ cluster: Cluster) -> Duration {
        Self.statusBatch * (1 + (cluster.store.replicaSets[owner]?.status.replicas ?? 0) / 500)
    }

    mutating func observe(_ entry: LogEntry, _ cluster: inout Cluster) {
        let change = cluster.store.replicaSets.change(entry.index)
        let key = change.object.key
        siblings.observe(change)
        selectors.set(key, change.action == .deleted ? nil : change.object.spec.selector)
        // Its own status report is nothing to look at.
        if let old = change.previous, old.spec.identity == change.object.spec.identity,
            old.metadata.identity == change.object.metadata.identity
        {
            return
        }
        queue.add(key)
    }

    mutating func observe(pod change: Change<Pod>, _ cluster: inout Cluster) {
        if let labels = orphans.observe(change) {
            for key in selectors.matching(namespace: change.object.namespace, labels) { queue.add(key) }
        }
        let owner = Self.owner(of: change.object)
        if let previous = change.previous, previous.metadata.identity != change.object.metadata.identity,
            let old = Self.owner(of: previous), old != owner
        {
            queue.add(old)
        }
        guard let owner else { return }
        if let previous = change.previous, change.action == .modified,
            previous.isActive == change.object.isActive,
            previous.metadata.identity == change.object.metadata.identity
        {
            // Only what the status counts, and what decides who is deleted first, matters.
            if previous.isReady != change.object.isReady { queue.add(owner, at: cluster.now + batch(owner, cluster)) }
        } else if let previous = change.previous, change.action == .modified, previous.isActive, change.object.isActive {
            // Labels that the binding adds, say: whether they still match is looked at with the others.
            queue.add(owner, at: cluster.now + batch(owner, cluster))
        } else {
            queue.add(owner)
        }
    }

    private static func owner(of pod: Pod) -> ObjectKey? {
        guard let owner = pod.metadata.controller, owner.kind == "ReplicaSet" else { return nil }
        return ObjectKey(namespace: pod.namespace, name: owner.name)
    }

    mutating func reconcile(_ key: ObjectKey, _ cluster: inout Cluster) -> Requeue {
        guard let set = cluster.store.replicaSets[key], let selector = set.spec.selector else { return .none }
        let template = LabelSelector(matchLabels: set.spec.template.metadata.labels)
        // Mostly nothing is to be adopted, released or deleted, and the pods need only be counted.
        if set.spec.minReadySeconds == 0, orphans.matching(namespace: set.namespace, selector).isEmpty,
            let tally = cluster.store.count(podsOwnedBy: set.metadata.uid, matching: selector, template: template),
            tally.active <= set.wanted || set.metadata.isTerminating
        {
            return counted(tally, of: set, &cluster)
        }
        let pods = cluster.claimPods(of: set, selector, orphans, suits: \.isActive)
        let active = pods.filter(\.isActive)
        var failure: (reason: String, error: APIError)?
        let allowance = PodAllowance(missing: set.wanted - active.count, active, cluster)
        if !set.metadata.isTerminating { failure = manage(set, active, allowance, &cluster) }
        report(set, active, terminating: pods.count { $0.isTerminating }, failure, &cluster)
        if let failure, !failure.error.isNamespaceTerminating { return .retry }
        let available = active.compactMap { $0.availableAt(minReadySeconds: set.spec.minReadySeconds, now: cluster.now) }.min()
        return (available.map { Requeue.at($0) } ?? Requeue.none).sooner(allowance.again)
    }

    /// Goes on with a set of which no pod has to be looked at by itself: creates what is missing, and reports.
    private mutating func counted(_ tally: PodTally, of set: ReplicaSet, _ cluster: inout Cluster) -> Requeue {
        let uid = set.metadata.uid
        let allowance = PodAllowance(
            missing: set.wanted - tally.active, cluster.store.pods(ownedBy: uid).filter(\.isActive), cluster)
        var failure: (reason: String, error: APIError)?
        if !set.metadata.isTerminating, tally.active < set.wanted { failure = create(allowance, for: set, &cluster) }
        var status = set.status
        (status.replicas, status.fullyLabeledReplicas) = (tally.active, tally.fullyLabeled)
        (status.readyReplicas, status.availableReplicas) = (tally.ready, tally.ready)
        report(status, of: set, terminating: tally.terminating, failure, &cluster)
        if let failure, !failure.error.isNamespaceTerminating { return .retry }
        return allowance.again
    }

    private func create(_ allowance: PodAllowance, for set: ReplicaSet, _ cluster: inout Cluster) -> (reason: String, error: APIError)? {
        let pod = PodControl.pod(from: set.spec.template, owner: set)
        let result = PodControl.slowStart(allowance.count) { _ throws(APIError) in
            try podControl.create(pod, for: set, &cluster)
        }
        return result.error.map { (EventReason.failedCreate, $0) }
    }

    /// Creates what is missing or deletes what is too much, at most 500.
    private mutating func manage(
        _ set: ReplicaSet, _ active: [Pod], _ allowance: PodAllowance, _ cluster: inout Cluster
    ) -> (reason: String, error: APIError)? {
        let surplus = active.count - set.wanted
        if surplus < 0 { return create(allowance, for: set, &cluster) }
        var failure: APIError?
        for pod in victims(min(surplus, PodControl.burst), set, active, cluster) {
            do throws(APIError) {
                try podControl.delete(pod, for: set, &cluster)
            } catch {
                failure = failure ?? error
            }
        }
        return failure.map { (EventReason.failedDelete, $0) }
    }

    private mutating func victims(_ count: Int, _ set: ReplicaSet, _ active: [Pod], _ cluster: Cluster) -> [Pod] {
        if count <= 0 { return [] }
        if count >= active.count { return active }
        var neighbours: [String: Int] = [:]
        let related = set.metadata.controller.map { siblings[$0.uid] } ?? []
        for sibling in related.isEmpty ? [set.key] : related {
            guard let other = cluster.store.replicaSets[sibling] else { continue }
            for pod in cluster.store.pods(ownedBy: other.metadata.uid) where pod.isActive {
                neighbours[pod.nodeName, default: 0] += 1
            }
        }
        var ranking = DeletionRanking(
            now: cluster.now, usesDeletionCost: cluster.profile.isEnabled(.podDeletionCost),
            usesLogarithmicAges: cluster.profile.isEnabled(.logarithmicScaleDown), random: chance)
        defer { chance = ranking.random }
        return ranking.first(count, of: active, neighbours: neighbours)
    }

    private func report(
        _ set: ReplicaSet, _ active: [Pod], terminating: Int, _ failure: (reason: String, error: APIError)?,
        _ cluster: inout Cluster
    ) {
        var status = set.status
        status.replicas = active.count
        let template = LabelSelector(matchLabels: set.spec.template.metadata.labels)
        status.fullyLabeledReplicas = active.count { template.matches($0.metadata.labels) }
        status.readyReplicas = active.count { $0.isReady }
        status.availableReplicas = active.count {
            $0.isAvailable(minReadySeconds: set.spec.minReadySeconds, now: cluster.now)
        }
        report(status, of: set, terminating: terminating, failure, &cluster)
    }

    private func report(
        _ counts: ReplicaSetStatus, of set: ReplicaSet, terminating: Int, _ failure: (reason: String, error: APIError)?, _ cluster: inout Cluster
    ) {
        var status = counts
        if cluster.profile.isEnabled(.deploymentReplicaSetTerminatingReplicas) {
            status.terminatingReplicas = terminating
        }
        status.observedGeneration = set.metadata.generation
        if let failure {
            if status.conditions[ConditionType.replicaFailure] == nil {
                status.conditions.set(
                    Condition(
                        type: ConditionType.replicaFailure, status: true, reason: failure.reason,
                        message: failure.error.message),
                    now: cluster.now)
            }
        } else {
            status.conditions.remove(ConditionType.replicaFailure)
        }
        if status != set.status { cluster.modify(ReplicaSet.self, set.key) { $0.status = status } }
    }
}
