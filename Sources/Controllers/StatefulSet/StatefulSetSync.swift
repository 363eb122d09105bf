import ControlPlane
import KubernetesAPI
import SimulationKit

/// One look at one StatefulSet: what to create, delete or wait for.
struct StatefulSetSync {
    let set: StatefulSet
    let current: ControllerRevision
    let update: ControllerRevision
    /// The set's pods by ordinal.
    private var byOrdinal: [Int: Pod] = [:]
    private let source: EventSource
    /// What the condition Progressing says of an update that recreates all pods; nil: there is none.
    private var progress: String?

    init(
        set: StatefulSet, current: ControllerRevision, update: ControllerRevision, pods: [Pod],
        source: EventSource
    ) {
        (self.set, self.current, self.update, self.source) = (set, current, update, source)
        for pod in pods { if let ordinal = set.ordinal(of: pod) { byOrdinal[ordinal] = pod } }
    }

    private var ordinals: Range<Int> { self.set.firstOrdinal..<self.set.firstOrdinal + self.set.wanted }
    private func isReady(_ pod: Pod) -> Bool { pod.status.phase == .running && pod.isReady }
    private func isAvailable(_ pod: Pod, _ now: Instant) -> Bool {
        isReady(pod) && pod.isAvailable(minReadySeconds: set.spec.minReadySeconds, now: now)
    }
    private func isHealthy(_ pod: Pod, _ now: Instant) -> Bool {
        isAvailable(pod, now) && !pod.metadata.isTerminating
    }
    /// When to look again at a pod that is ready but not available.
    private func wait(for pod: Pod, _ now: Instant) -> Requeue {
        pod.availableAt(minReadySeconds: set.spec.minReadySeconds, now: now).map { .at($0) } ?? .none
    }

    /// Does what can be done now.
    mutating func run(_ cluster: inout Cluster) throws(APIError) -> Requeue {
        let now = cluster.now
        if set.spec.updateStrategy.type == "Recreate", try removesOldPods(&cluster) { return .none }
        let allowance = PodAllowance(missing: set.wanted, Array(byOrdinal.values), cluster)
        var again = Requeue.none
        var made = 0
        for ordinal in ordinals {
            guard let pod = byOrdinal[ordinal] else {
                if made >= allowance.count { return allowance.again == .none ? .at(now + .milliseconds(10)) : allowance.again }
                try create(ordinal, &cluster)
                if !set.isParallel { return .none }
                made += 1
                continue
            }
            if pod.isFinished {
                // The name must be free before the pod comes anew.
                if !pod.metadata.isTerminating { try delete(pod, &cluster) }
                if !set.isParallel { return .none }
                continue
            }
            if pod.status.phase == .pending { try makeClaims(ordinal, &cluster) }
            if !set.isParallel, !isHealthy(pod, now) { return wait(for: pod, now) }
            again = again.sooner(wait(for: pod, now))
        }
        // The lowest unhealthy one may go although it is not healthy; nobody behind it may.
        let condemned = byOrdinal.keys.filter { !ordinals.contains($0) }.sorted(by: >)
        let firstUnhealthy = byOrdinal.keys.sorted().first { !isHealthy(byOrdinal[$0]!, now) }
        for ordinal in condemned {
            let pod = byOrdinal[ordinal]!
            if pod.metadata.isTerminating {
                if !set.isParallel { return .none }
                continue
            }
            if !set.isParallel, !isAvailable(pod, now), ordinal != firstUnhealthy {
                return wait(for: pod, now)
            }
            try retire(pod, ordinal, &cluster)
            if !set.isParallel { return .none }
        }
        guard !["OnDelete", "Recreate"].contains(set.spec.updateStrategy.type) else { return again }
        return again.sooner(try rollOver(&cluster))
    }

    /// Replaces outdated pods from the highest ordinal down to the partition: one after another, or as many at once as
    /// `maxUnavailable` leaves, where it counts.
    /// - Source: Kubernetes v1.36.2 `stateful_set_control.go`, `updateStatefulSet` and
    ///   `updateStatefulSetAfterInvariantEstablished`; for 1.37 `kubernetes-1.37.md` §5.2.
    private func rollOver(_ cluster: inout Cluster) throws(APIError) -> Requeue {
        let now = cluster.now
        let lowest = min(ordinals.upperBound, set.firstOrdinal + max(0, set.partition))
        if cluster.profile.isEnabled(.maxUnavailableStatefulSet) {
            let most = set.spec.updateStrategy.rollingUpdate?.maxUnavailable ?? .int(1)
            var budget = max(1, most.scaled(of: set.wanted, roundUp: false) ?? 1)
            budget -= ordinals.count - byOrdinal.count { ordinals.contains($0.key) && isHealthy($0.value, now) }
            // By the pods that there are: a set may ask for very many more.
            var old = byOrdinal.keys.filter { (lowest..<ordinals.upperBound).contains($0) }.sorted(by: >).compactMap { byOrdinal[$0] }
                .filter { isOld($0) && !$0.metadata.isTerminating }
            if set.isParallel, cluster.profile.has(.brokenPodsReplacedFirst) {
                // Those that are broken anyway go first, and at once: they cost nothing.
                let broken = old.filter { !isAvailable($0, now) }
                for pod in broken { try delete(pod, &cluster) }
                old.removeAll { !isAvailable($0, now) }
            }
            for pod in old where budget > 0 {
                try delete(pod, &cluster)
                budget -= 1
            }
            return .none
        }
        for ordinal in (lowest..<ordinals.upperBound).reversed() {
            // A pod that is missing, or was made a moment ago, is waited for like any other that is not available.
            guard let pod = byOrdinal[ordinal] else { return .none }
            if isOld(pod), !pod.metadata.isTerminating {
                try delete(pod, &cluster)
                return .none
            }
            if !isHealthy(pod, now) { return wait(for: pod, now) }
        }
        return .none
    }

    /// Deletes all pods of an old revision, also those that are too many; true while any of them is there, as nothing is created before.
    ///
    /// The condition goes once all pods are of the new revision: what becomes of it is not known for 1.37.0.
    /// - Source: Kubernetes v1.37 `stateful_set_control.go`; `kubernetes-1.37.md` §5.2.
    private mutating func removesOldPods(_ cluster: inout Cluster) throws(APIError) -> Bool {
        guard cluster.profile.isEnabled(.statefulSetRecreateStrategy) else {
            let why = "uses Recreate strategy but feature gate StatefulSetRecreateStrategy is disabled"
            tell("UnknownStrategy", "statefulset \(set.namespace)/\(set.name) \(why)", &cluster, warning: true)
            return false
        }
        let old = byOrdinal.keys.sorted(by: >).compactMap { byOrdinal[$0] }.filter(isOld)
        if old.isEmpty {
            if current.name != update.name { progress = "Waiting for new-revision pods to be created" }
            return false
        }
        progress = "Deleting old revision pods"
        for pod in old where !pod.metadata.isTerminating { try delete(pod, &cluster) }
        return true
    }

    private func isOld(_ pod: Pod) -> Bool { revision(of: pod) != update.name }
    private func revision(of pod: Pod) -> String { pod.metadata.labels["controller-revision-hash"] ?? "" }

    // MARK: Pods

    /// A verb as events begin with it: with a capital since 1.36.
    private func verb(_ verb: String, _ cluster: Cluster) -> String {
        cluster.profile.has(.statefulSetVerbsCapital) ? verb.prefix(1).uppercased() + verb.dropFirst() : verb
    }

    private func create(_ ordinal: Int, _ cluster: inout Cluster) throws(APIError) {
        let usesCurrent =
            set.spec.updateStrategy.type != "OnDelete" && ordinal < set.firstOrdinal + set.partition
        let revision = usesCurrent ? current : update
        let template = usesCurrent ? current.template ?? set.spec.template : set.spec.template
        let pod = set.pod(ordinal, template, revision: revision.name, profile: cluster.profile)
        do throws(APIError) {
            try makeClaims(ordinal, &cluster)
            try cluster.create(pod)
            tell(EventReason.successfulCreate, "\(verb("create", cluster)) Pod \(pod.name) in StatefulSet \(set.name) successful", &cluster)
        } catch {
            if !error.isNamespaceTerminating {
                tell(
                    EventReason.failedCreate,
                    "\(verb("create", cluster)) Pod \(pod.name) in StatefulSet \(set.name) failed error: \(error.message)",
                    &cluster,
                    warning: true)
            }
            throw error
        }
    }

    private func makeClaims(_ ordinal: Int, _ cluster: inout Cluster) throws(APIError) {
        // Mostly they are there: then their names are enough.
        for template in set.spec.volumeClaimTemplates where cluster.store.persistentVolumeClaims[set.claimKey(template, ordinal)] == nil {
            let claim = set.claim(from: template, ordinal)
            let text = "create Claim \(claim.name) Pod \(set.name)-\(ordinal) in StatefulSet \(set.name)"
            do throws(APIError) {
                try cluster.create(claim)
                tell(EventReason.successfulCreate, "\(text) success", &cluster)
            } catch {
                tell(EventReason.failedCreate, "\(text) failed error: \(error.message)", &cluster, warning: true)
                throw error
            }
        }
    }

    private func delete(_ pod: Pod, _ cluster: inout Cluster) throws(APIError) {
        do throws(APIError) {
            try cluster.delete(Pod.self, pod.key, DeleteOptions(uid: pod.metadata.uid))
            tell(EventReason.successfulDelete, "\(verb("delete", cluster)) Pod \(pod.name) in StatefulSet \(set.name) successful", &cluster)
        } catch {
            if error.code == 404 || error.code == 409 { return }
            tell(
                EventReason.failedDelete,
                "\(verb("delete", cluster)) Pod \(pod.name) in StatefulSet \(set.name) failed error: \(error.message)",
                &cluster, warning: true)
            throw error
        }
    }

    /// Deletes a pod that the set no longer wants; its claims go with it if the set says so.
    private func retire(_ pod: Pod, _ ordinal: Int, _ cluster: inout Cluster) throws(APIError) {
        if set.spec.persistentVolumeClaimRetentionPolicy?.whenScaled == "Delete" {
            var owner = OwnerReference(controller: pod)
            owner.controller = nil
            owner.blockOwnerDeletion = nil
            for template in set.spec.volumeClaimTemplates {
                cluster.modify(PersistentVolumeClaim.self, set.claimKey(template, ordinal)) {
                    $0.metadata.ownerReferences = [owner]
                }
            }
        }
        try delete(pod, &cluster)
    }

    private func tell(_ reason: String, _ message: String, _ cluster: inout Cluster, warning: Bool = false) {
        cluster.record(reason, message, about: set, warning: warning, source: source)
    }

    // MARK: Status

    /// The set's pods as they are now.
    func livingPods(_ cluster: Cluster) -> [Pod] {
        cluster.store.pods(ownedBy: set.metadata.uid).filter { set.ordinal(of: $0) != nil }
    }

    func report(_ cluster: inout Cluster) {
        let pods = livingPods(cluster)
        var status = set.status
        status.observedGeneration = set.metadata.generation
        status.replicas = pods.count
        status.readyReplicas = pods.count(where: isReady)
        status.availableReplicas = pods.count { isAvailable($0, cluster.now) }
        status.currentReplicas = pods.count { !$0.metadata.isTerminating && revision(of: $0) == current.name }
        status.updatedReplicas = pods.count { !$0.metadata.isTerminating && revision(of: $0) == update.name }
        status.currentRevision = current.name
        status.updateRevision = update.name
        if set.spec.updateStrategy.type != "OnDelete" || cluster.profile.has(.onDeleteRevisionMoves), status.updatedReplicas == status.replicas,
            status.readyReplicas == status.replicas, status.replicas > 0 || current.name == update.name
        {
            status.currentReplicas = status.updatedReplicas
            status.currentRevision = update.name
        }
        if let progress {
            status.conditions.set(Condition(type: "Progressing", status: true, reason: "RecreateInProgress", message: progress), now: cluster.now)
        } else {
            status.conditions.removeAll { $0.type == "Progressing" && $0.reason == "RecreateInProgress" }
        }
        if status != set.status { cluster.modify(StatefulSet.self, set.key) { $0.status = status } }
    }
}
