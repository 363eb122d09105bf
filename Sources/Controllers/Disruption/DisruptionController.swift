import ControlPlane
import KubernetesAPI
import SimulationKit

/// Counts how many of the pods of each PodDisruptionBudget are healthy and how many may be evicted.
/// - Source: Kubernetes `pkg/controller/disruption/disruption.go`.
struct DisruptionController: Controller {
    static let queueName = "disruption"
    static let watches: [Kind] = [.podDisruptionBudget, .pod]
    var queue = WorkQueue<ObjectKey>()
    private var membership = PodMembership()
    private var counts: [ObjectKey: DisruptionCounts] = [:]
    #if DEBUG
        private var looksUntilAudit = 0
    #endif
    private let source = EventSource("controllermanager")

    /// How long a granted eviction counts as done before its pod is seen to end.
    static let deletionTimeout = Duration.minutes(2)

    mutating func observe(_ entry: LogEntry, _ cluster: inout Cluster) {
        let change = cluster.store.podDisruptionBudgets.change(entry.index)
        membership.set(change.object.key, change.action == .deleted ? nil : change.object.spec.selector)
        if change.action == .deleted { counts[change.object.key] = nil }
        queue.add(change.object.key)
    }

    mutating func observe(pod change: Change<Pod>, _ cluster: inout Cluster) {
        let keys = membership.observe(change)
        if keys.isEmpty { return }
        if let previous = change.previous, change.action == .modified,
            previous.metadata.identity == change.object.metadata.identity,
            previous.isReady == change.object.isReady
        {
            return
        }
        for key in keys { queue.add(key) }
    }

    mutating func prepare(_ cluster: Cluster) -> Bool { membership.readAhead(cluster, most: ControllerManager.mostRead) }

    mutating func reconcile(_ key: ObjectKey, _ cluster: inout Cluster) -> Requeue {
        guard let budget = cluster.store.podDisruptionBudgets[key] else { return .none }
        let counts = count(key, cluster)
        if counts.pods == 0 { cluster.record("NoPods", "No matching pods found", about: budget, source: source) }
        let now = cluster.now
        var status = budget.status
        status.observedGeneration = budget.metadata.generation
        let expected: (pods: Int, healthy: Int, unmanaged: Int)
        do throws(ScaleError) {
            expected = try expectation(budget, counts, cluster)
        } catch let first {
            let error = failure(key, cluster) ?? first
            cluster.record(
                "CalculateExpectedPodCountFailed",
                "Failed to calculate the number of expected pods: \(error.message)", about: budget,
                warning: true,
                source: source)
            status.disruptionsAllowed = 0
            var condition = Condition(
                type: ConditionType.disruptionAllowed, status: false, reason: "SyncFailed", message: error.message)
            condition.observedGeneration = status.observedGeneration
            status.conditions.set(condition, now: now)
            if status != budget.status {
                cluster.modify(PodDisruptionBudget.self, key) { $0.status = status }
            }
            return .none
        }
        if expected.unmanaged > 0 {
            cluster.record(
                "UnmanagedPods",
                "Pods selected by this PodDisruptionBudget (selector: \(budget.spec.selector?.canonical ?? "")) were found "
                    + "to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may "
                    + "result in undefined behavior. To account for these pods please set \".spec.minAvailable\" field "
                    + "of the PDB to an integer value.", about: budget, warning: true, source: source)
        }
        status.expectedPods = expected.pods
        status.desiredHealthy = expected.healthy
        var recheck: Instant?
        if status.disruptedPods.isEmpty {
            status.currentHealthy = counts.healthy
        } else {
            let pods = membership.pods(of: key, cluster)
            recheck = keepDisrupted(&status, budget, pods, &cluster)
            status.currentHealthy = pods.count { DisruptionCounts.isHealthy($0) && status.disruptedPods[$0.name] == nil }
        }
        status.disruptionsAllowed =
            expected.pods > 0 ? max(0, status.currentHealthy - status.desiredHealthy) : 0
        status.noteWhetherAllowed(now: now)
        if status != budget.status { cluster.modify(PodDisruptionBudget.self, key) { $0.status = status } }
        return recheck.map { .at($0) } ?? .none
    }

    /// What is to be known of the budget's pods. O(those that changed), but for the first look.
    private mutating func count(_ key: ObjectKey, _ cluster: Cluster) -> DisruptionCounts {
        if let changed = membership.changes(of: key, cluster), counts[key] != nil {
            for slot in changed { counts[key]?.set(slot, membership.pod(in: slot, of: key, cluster)) }
            #if DEBUG
                looksUntilAudit -= 1
                if looksUntilAudit <= 0 {
                    looksUntilAudit = (counts[key]?.pods ?? 0) / 16
                    precondition(counts[key] == countAll(key, cluster), "the pods of the budget \(key) are counted wrongly")
                }
            #endif
        } else {
            counts[key] = countAll(key, cluster)
            membership.follow(key, cluster)
        }
        return counts[key] ?? DisruptionCounts()
    }
    private mutating func countAll(_ key: ObjectKey, _ cluster: Cluster) -> DisruptionCounts {
        var counts = DisruptionCounts()
        for (slot, pod) in membership.placed(of: key, cluster) { counts.set(slot, pod) }
        return counts
    }

    /// Drops the granted evictions that are seen or did not happen; returns when the next one expires.
    private func keepDisrupted(
        _ status: inout PodDisruptionBudgetStatus, _ budget: PodDisruptionBudget, _ pods: [Pod],
        _ cluster: inout Cluster
    ) -> Instant? {
        var kept: StringMap<Instant> = [:]
        var recheck: Instant?
        for pod in pods where !pod.metadata.isTerminating {
            guard let granted = status.disruptedPods[pod.name] else { continue }
            let expiry = granted + Self.deletionTimeout
            if expiry <= cluster.now {
                cluster.record(
                    "NotDeleted", "Pod was expected by PDB \(budget.key) to be deleted but it wasn't",
                    about: pod,
                    warning: true, source: source)
            } else {
                kept[pod.name] = granted
                recheck = min(recheck ?? expiry, expiry)
            }
        }
        status.disruptedPods = kept
        return recheck
    }

    // MARK: What is expected

    struct ScaleError: Error { var message: String }

    private func expectation(
        _ budget: PodDisruptionBudget, _ counts: DisruptionCounts, _ cluster: Cluster
    ) throws(ScaleError) -> (pods: Int, healthy: Int, unmanaged: Int) {
        func scale() throws(ScaleError) -> Int { try expectedScale(counts.owners, namespace: budget.namespace, cluster) }
        if let most = budget.spec.maxUnavailable {
            let scale = try scale()
            return (scale, max(0, scale - (most.scaled(of: scale, roundUp: true) ?? 0)), counts.unmanaged)
        }
        guard let least = budget.spec.minAvailable else { return (0, 0, 0) }
        if case .int(let number) = least { return (counts.pods, number, 0) }
        let scale = try scale()
        return (scale, least.scaled(of: scale, roundUp: true) ?? 0, counts.unmanaged)
    }

    /// The sum of the sizes of the workloads that the pods belong to.
    private func expectedScale(_ owners: [OwnerReference], namespace: String, _ cluster: Cluster) throws(ScaleError) -> Int {
        var sum = 0
        var seen: Set<String> = []
        for owner in owners {
            seen.insert(owner.uid)
            let (uid, scale) = try scale(of: owner, namespace: namespace, cluster)
            if uid == owner.uid || seen.insert(uid).inserted { sum += scale }
        }
        return sum
    }

    /// What is wrong with the owner of the first pod that has such a one.
    private mutating func failure(_ key: ObjectKey, _ cluster: Cluster) -> ScaleError? {
        for pod in membership.pods(of: key, cluster) {
            guard let owner = pod.metadata.controller else { continue }
            do throws(ScaleError) { _ = try scale(of: owner, namespace: pod.namespace, cluster) } catch { return error }
        }
        return nil
    }

    private func scale(
        of owner: OwnerReference, namespace: String, _ cluster: Cluster
    ) throws(ScaleError) -> (uid: String, scale: Int) {
        let key = ObjectKey(namespace: namespace, name: owner.name)
        switch owner.kind {
        case "ReplicaSet":
            guard let set = cluster.store.replicaSets[key], set.metadata.uid == owner.uid else { break }
            guard let parent = set.metadata.controller, parent.kind == "Deployment" else {
                return (owner.uid, set.wanted)
            }
            if let deployment = cluster.store.deployments[ObjectKey(namespace: namespace, name: parent.name)],
                deployment.metadata.uid == parent.uid
            {
                return (parent.uid, deployment.spec.wanted)
            }
            return (owner.uid, set.wanted)
        case "StatefulSet":
            if let set = cluster.store.statefulSets[key], set.metadata.uid == owner.uid {
                return (owner.uid, set.wanted)
            }
        case "ReplicationController":
            if let controller = cluster.store.replicationControllers[key],
                controller.metadata.uid == owner.uid
            {
                return (owner.uid, controller.wanted)
            }
        default:
            let plural =
                KindInfo.all.first { $0.kind == owner.kind }?.qualifiedPlural ?? owner.kind.lowercased()
            throw ScaleError(message: "\(plural) does not implement the scale subresource")
        }
        // The owner is gone: its pods count for nothing until they are gone too.
        return (owner.uid, 0)
    }
}
