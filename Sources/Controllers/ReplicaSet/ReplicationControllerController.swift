import ControlPlane
import KubernetesAPI
import SimulationKit

/// Keeps each ReplicationController at its number of pods, as ``ReplicaSetController`` does with its sets.
///
/// - Source: Kubernetes `pkg/controller/replication/replication_controller.go`, which is `replica_set.go` with another kind.
struct ReplicationControllerController: Controller {
    static let queueName = "replicationmanager"
    static let watches: [Kind] = [.pod, .replicationController]
    var queue = WorkQueue<ObjectKey>()
    private var selectors = SelectorIndex()
    private var orphans = Orphans()
    private let podControl = PodControl(source: EventSource("replication-controller"))
    /// Whom chance picks when one shrinks; a stream of its own, so that nothing else is drawn differently.
    private var chance: SeededRandom

    init(seed: UInt64) { chance = SeededRandom(seed: seed, stream: "replication-controller") }

    private static func selector(_ controller: ReplicationController) -> LabelSelector? {
        controller.spec.selector.isEmpty ? nil : LabelSelector(matchLabels: controller.spec.selector)
    }

    mutating func observe(_ entry: LogEntry, _ cluster: inout Cluster) {
        let change = cluster.store.replicationControllers.change(entry.index)
        let key = change.object.key
        selectors.set(key, change.action == .deleted ? nil : Self.selector(change.object))
        // Its own status report is nothing to look at.
        if let old = change.previous, old.spec == change.object.spec, old.metadata.identity == change.object.metadata.identity { return }
        queue.add(key)
    }

    mutating func observe(pod change: Change<Pod>, _ cluster: inout Cluster) {
        if let labels = orphans.observe(change) {
            for key in selectors.matching(namespace: change.object.namespace, labels) { queue.add(key) }
        }
        for pod in [change.previous, change.object] {
            guard let pod, let owner = pod.metadata.controller, owner.kind == "ReplicationController" else { continue }
            queue.add(ObjectKey(namespace: pod.namespace, name: owner.name))
        }
    }

    mutating func reconcile(_ key: ObjectKey, _ cluster: inout Cluster) -> Requeue {
        guard let controller = cluster.store.replicationControllers[key], let selector = Self.selector(controller) else { return .none }
        let active = cluster.claimPods(of: controller, selector, orphans, suits: \.isActive).filter(\.isActive)
        let allowance = PodAllowance(missing: controller.wanted - active.count, active, cluster)
        var failure: (reason: String, error: APIError)?
        if !controller.metadata.isTerminating { failure = manage(controller, active, allowance, &cluster) }
        report(controller, active, failure, &cluster)
        if let failure, !failure.error.isNamespaceTerminating { return .retry }
        let available = active.compactMap { $0.availableAt(minReadySeconds: controller.spec.minReadySeconds, now: cluster.now) }.min()
        return (available.map { Requeue.at($0) } ?? Requeue.none).sooner(allowance.again)
    }

    /// Creates what is missing or deletes what is too much, at most 500.
    private mutating func manage(
        _ controller: ReplicationController, _ active: [Pod], _ allowance: PodAllowance, _ cluster: inout Cluster
    ) -> (reason: String, error: APIError)? {
        let surplus = active.count - controller.wanted
        if surplus < 0 {
            guard let template = controller.spec.template else { return nil }
            let pod = PodControl.pod(from: template, owner: controller)
            let result = PodControl.slowStart(allowance.count) { _ throws(APIError) in try podControl.create(pod, for: controller, &cluster) }
            return result.error.map { (EventReason.failedCreate, $0) }
        }
        var ranking = DeletionRanking(
            now: cluster.now, usesDeletionCost: cluster.profile.isEnabled(.podDeletionCost),
            usesLogarithmicAges: cluster.profile.isEnabled(.logarithmicScaleDown), random: chance)
        defer { chance = ranking.random }
        var failure: APIError?
        let victims = surplus == active.count ? active : surplus == 0 ? [] : ranking.first(surplus, of: active)
        for pod in victims.prefix(PodControl.burst) {
            do throws(APIError) { try podControl.delete(pod, for: controller, &cluster) } catch { failure = failure ?? error }
        }
        return failure.map { (EventReason.failedDelete, $0) }
    }

    private func report(
        _ controller: ReplicationController, _ active: [Pod], _ failure: (reason: String, error: APIError)?, _ cluster: inout Cluster
    ) {
        func count(_ isCounted: (Pod) -> Bool) -> JSONValue? {
            let count = active.count(where: isCounted)
            return count == 0 ? nil : .int(Int64(count))
        }
        let labels = LabelSelector(matchLabels: controller.spec.template?.metadata.labels ?? [:])
        var status: JSONObject = ["replicas": .int(Int64(active.count))]
        status["fullyLabeledReplicas"] = count { labels.matches($0.metadata.labels) }
        status["readyReplicas"] = count(\.isReady)
        status["availableReplicas"] = count { $0.isAvailable(minReadySeconds: controller.spec.minReadySeconds, now: cluster.now) }
        status["observedGeneration"] = .int(Int64(controller.metadata.generation))
        if let failure {
            let known = controller.status?["conditions"]?.array?.first { $0["type"]?.string == ConditionType.replicaFailure }
            status["conditions"] = [
                known ?? [
                    "type": .string(ConditionType.replicaFailure), "status": "True", "lastTransitionTime": .string(cluster.now.rfc3339),
                    "reason": .string(failure.reason), "message": .string(failure.error.message),
                ]
            ]
        }
        let new = JSONValue.object(status)
        if new != controller.status { cluster.modify(ReplicationController.self, controller.key) { $0.status = new } }
    }
}

extension ReplicationController {
    /// How many pods are asked for; a state that was opened may say less than none.
    var wanted: Int { max(0, spec.replicas ?? 1) }
}
