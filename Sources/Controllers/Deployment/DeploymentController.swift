import ControlPlane
import KubernetesAPI
import SimulationKit

/// Keeps a ReplicaSet for the present template of each Deployment and moves the replicas over to it.
/// - Source: Kubernetes `pkg/controller/deployment/deployment_controller.go`, `sync.go`.
struct DeploymentController: Controller {
    static let queueName = "deployment"
    static let watches: [Kind] = [.deployment, .replicaSet, .pod]
    var queue = WorkQueue<ObjectKey>()
    var owned = ChildIndex()
    private var selectors = SelectorIndex()
    private var orphans = Orphans()
    let source = EventSource("deployment-controller")

    mutating func observe(_ entry: LogEntry, _ cluster: inout Cluster) {
        switch entry.kind {
        case .deployment:
            let change = cluster.store.deployments.change(entry.index)
            selectors.set(change.object.key, change.action == .deleted ? nil : change.object.spec.selector)
            queue.add(change.object.key)
        default:
            let change = cluster.store.replicaSets.change(entry.index)
            owned.observe(change)
            if let labels = orphans.observe(change) {
                for key in selectors.matching(namespace: change.object.namespace, labels) { queue.add(key) }
            }
            if let owner = Self.owner(of: change.object.metadata.value) { queue.add(owner) }
        }
    }

    /// A Recreate roll-out waits for the last old pod to go.
    mutating func observe(pod change: Change<Pod>, _ cluster: inout Cluster) {
        guard change.action == .deleted, let owner = change.object.metadata.controller,
            owner.kind == "ReplicaSet",
            let set = cluster.store.replicaSets[
                ObjectKey(namespace: change.object.namespace, name: owner.name)],
            let key = Self.owner(of: set.metadata.value),
            cluster.store.deployments[key]?.spec.isRollingUpdate == false
        else { return }
        queue.add(key)
    }

    private static func owner(of meta: ObjectMeta) -> ObjectKey? {
        guard let owner = meta.controller, owner.kind == "Deployment" else { return nil }
        return ObjectKey(namespace: meta.namespace, name: owner.name)
    }

    mutating func reconcile(_ key: ObjectKey, _ cluster: inout Cluster) -> Requeue {
        guard var deployment = cluster.store.deployments[key] else { return .none }
        guard let selector = deployment.spec.selector, !selector.isEmpty else {
            cluster.record(
                "SelectingAll",
                "This deployment is selecting all pods. A non-empty selector is required.", about: deployment,
                warning: true, source: source)
            return .none
        }
        let sets = claimSets(of: deployment, selector, &cluster)
        if deployment.metadata.isTerminating {
            let (new, _) = split(sets, for: deployment)
            reportCounts(deployment, sets, new: new, &cluster)
            return .none
        }
        notePause(&deployment, &cluster)
        let isScaling = sets.active.contains {
            ($0.annotation(DeploymentAnnotation.desiredReplicas) ?? deployment.spec.wanted)
                != deployment.spec.wanted
        }
        do throws(APIError) {
            if deployment.spec.paused || isScaling {
                let (new, old) = try newSet(for: &deployment, sets, create: false, &cluster)
                try scale(deployment, new, old, &cluster)
                let present = refreshed(sets, cluster)
                let (newest, rest) = split(present, for: deployment)
                if deployment.spec.paused { cleanUp(deployment, rest, &cluster) }
                reportCounts(deployment, present, new: newest, &cluster)
                return .none
            }
            return deployment.spec.isRollingUpdate
                ? try rollOver(&deployment, sets, &cluster) : try recreate(&deployment, sets, &cluster)
        } catch {
            return error.isNamespaceTerminating ? .none : .retry
        }
    }

    // MARK: ReplicaSets

    private func claimSets(
        of deployment: Deployment, _ selector: LabelSelector, _ cluster: inout Cluster
    ) -> [ReplicaSet] {
        var sets: [ReplicaSet] = []
        for key in owned[deployment.metadata.uid] {
            guard let set = cluster.store.replicaSets[key],
                set.metadata.controller?.uid == deployment.metadata.uid
            else { continue }
            if selector.matches(set.metadata.labels) {
                sets.append(set)
            } else {
                cluster.release(ReplicaSet.self, key, owner: deployment.metadata.uid)
            }
        }
        let candidates =
            deployment.metadata.isTerminating
            ? [] : orphans.matching(namespace: deployment.namespace, selector)
        return sets + cluster.adopt(ReplicaSet.self, candidates, by: deployment)
    }

    /// The set of the present template, the oldest if there are several, and the others.
    func split(_ sets: [ReplicaSet], for deployment: Deployment) -> (new: ReplicaSet?, old: [ReplicaSet]) {
        let template = deployment.spec.template.withoutHash
        let new = sets.oldestFirst.first { $0.spec.template.withoutHash == template }
        return (new, sets.filter { $0.key != new?.key })
    }

    /// The sets as they are now.
    func refreshed(_ sets: [ReplicaSet], _ cluster: Cluster) -> [ReplicaSet] {
        sets.compactMap { cluster.store.replicaSets[$0.key] }
    }

    /// The set of the present template, made if there is none and `create` is set, with its revision; and the others.
    func newSet(
        for deployment: inout Deployment, _ sets: [ReplicaSet], create: Bool, _ cluster: inout Cluster
    ) throws(APIError) -> (new: ReplicaSet?, old: [ReplicaSet]) {
        let (found, old) = split(sets, for: deployment)
        let revision = (old.map(\.revision).max() ?? 0).saturatingAdd(1)
        if let found {
            let new = try annotate(found, of: deployment, revision: revision, &cluster)
            setRevision(new.revision, of: &deployment, &cluster) { status, now in
                if status.conditions[ConditionType.progressing] == nil {
                    status.set(
                        Condition(
                            type: ConditionType.progressing, status: true, reason: "FoundNewReplicaSet",
                            message: "Found new replica set \"\(new.name)\""), now: now)
                }
            }
            return (new, old)
        }
        guard create else { return (nil, old) }
        let wanted = makeSet(for: deployment, old, revision: revision)
        do throws(APIError) {
            let new = try cluster.create(wanted)
            if new.wanted > 0 { tellScaling(deployment, new, from: 0, &cluster, atCreation: true) }
            setRevision(revision, of: &deployment, &cluster) { status, now in
                status.set(
                    Condition(
                        type: ConditionType.progressing, status: true, reason: "NewReplicaSetCreated",
                        message: "Created new replica set \"\(new.name)\""), now: now)
            }
            return (new, old)
        } catch {
            if error.reason == "AlreadyExists" {
                if let taken = cluster.store.replicaSets[wanted.key],
                    taken.metadata.controller?.uid == deployment.metadata.uid,
                    taken.spec.template.withoutHash == deployment.spec.template.withoutHash
                {
                    return (taken, old)
                }
                // Another template has the same hash: the next try has another one.
                cluster.modify(Deployment.self, deployment.key) {
                    $0.status.collisionCount = ($0.status.collisionCount ?? 0) + 1
                }
            } else if !error.isNamespaceTerminating {
                let message = "Failed to create new replica set \"\(wanted.name)\": \(error.message)"
                let now = cluster.now
                cluster.modify(Deployment.self, deployment.key) { deployment in
                    if deployment.spec.progressDeadline == nil { return }
                    deployment.status.set(
                        Condition(
                            type: ConditionType.progressing, status: false, reason: ConditionReason.replicaSetCreateError,
                            message: message), now: now)
                }
                cluster.record(
                    ConditionReason.replicaSetCreateError, message, about: deployment, warning: true, source: source)
            }
            throw error
        }
    }

    private func makeSet(for deployment: Deployment, _ old: [ReplicaSet], revision: Int) -> ReplicaSet {
        let hash = deployment.spec.template.revisionHash(collisions: deployment.status.collisionCount)
        var template = deployment.spec.template
        template.metadata.labels[DeploymentAnnotation.podTemplateHash] = hash
        var meta = ObjectMeta(
            name: "\(deployment.name)-\(hash)", namespace: deployment.namespace,
            labels: template.metadata.labels)
        meta.ownerReferences = [OwnerReference(controller: deployment)]
        meta.annotations = copied(deployment.metadata.annotations)
        meta.annotations[AnnotationKey.deploymentRevision] = String(revision)
        meta.annotations[DeploymentAnnotation.desiredReplicas] = String(deployment.spec.wanted)
        meta.annotations[DeploymentAnnotation.maxReplicas] = String(
            deployment.spec.wanted.saturatingAdd(deployment.spec.maxSurge))
        var spec = ReplicaSetSpec()
        spec.replicas = deployment.spec.value.newReplicas(total: old.total, new: 0)
        spec.minReadySeconds = deployment.spec.minReadySeconds
        spec.selector = deployment.spec.selector
        spec.selector?.matchLabels[DeploymentAnnotation.podTemplateHash] = hash
        spec.template = template
        var set = ReplicaSet()
        (set.metadata, set.spec) = (Metadata(meta), Shared(spec))
        return set
    }

    private func copied(_ annotations: StringMap<String>) -> StringMap<String> {
        var result: StringMap<String> = [:]
        for (key, value) in annotations.entries where !DeploymentAnnotation.notCopied.contains(key) {
            result[key] = value
        }
        return result
    }

    /// Carries the Deployment's annotations over to its set; a set that becomes the new one again gets the next
    /// revision, and remembers its former one.
    private func annotate(
        _ set: ReplicaSet, of deployment: Deployment, revision: Int, _ cluster: inout Cluster
    ) throws(APIError) -> ReplicaSet {
        var annotations = set.metadata.annotations.merging(copied(deployment.metadata.annotations))
        if set.revision < revision {
            annotations[AnnotationKey.deploymentRevision] = String(revision)
            if set.revision > 0 {
                let history = annotations[DeploymentAnnotation.revisionHistory]
                annotations[DeploymentAnnotation.revisionHistory] =
                    (history.map { "\($0)," } ?? "") + "\(set.revision)"
            }
        }
        if annotations == set.metadata.annotations,
            set.spec.minReadySeconds == deployment.spec.minReadySeconds
        {
            return set
        }
        return try cluster.update(ReplicaSet.self, set.key) {
            $0.metadata.annotations = annotations
            if $0.spec.minReadySeconds != deployment.spec.minReadySeconds {
                $0.spec.minReadySeconds = deployment.spec.minReadySeconds
            }
        }
    }

    private func setRevision(
        _ revision: Int, of deployment: inout Deployment, _ cluster: inout Cluster,
        _ conditions: (inout DeploymentStatus, Instant) -> Void
    ) {
        let now = cluster.now
        let changed = cluster.modify(Deployment.self, deployment.key) { deployment in
            let text = String(revision)
            if deployment.metadata.annotations[AnnotationKey.deploymentRevision] != text {
                deployment.metadata.annotations[AnnotationKey.deploymentRevision] = text
            }
            if deployment.spec.progressDeadline != nil { conditions(&deployment.status, now) }
        }
        if let changed { deployment = changed }
    }

    private func notePause(_ deployment: inout Deployment, _ cluster: inout Cluster) {
        guard deployment.spec.progressDeadline != nil else { return }
        let reason = deployment.status.conditions[ConditionType.progressing]?.reason
        if reason == ConditionReason.progressDeadlineExceeded { return }
        let isNoted = reason == "DeploymentPaused"
        if deployment.spec.paused == isNoted { return }
        let paused = deployment.spec.paused
        let now = cluster.now
        let changed = cluster.modify(Deployment.self, deployment.key) {
            $0.status.set(
                Condition(
                    type: ConditionType.progressing, status: "Unknown",
                    reason: paused ? "DeploymentPaused" : "DeploymentResumed",
                    message: paused ? "Deployment is paused" : "Deployment is resumed"), now: now)
        }
        if let changed { deployment = changed }
    }

    // MARK: Scaling

    /// Gives `set` the size `size`, tells so, and notes the Deployment's size on it. Returns whether the size changed.
    @discardableResult
    func resize(
        _ set: ReplicaSet, to size: Int, of deployment: Deployment, _ cluster: inout Cluster
    ) throws(APIError) -> Bool {
        let desired = String(deployment.spec.wanted)
        let most = String(deployment.spec.wanted.saturatingAdd(deployment.spec.maxSurge))
        let annotations = set.metadata.annotations
        if set.wanted == size, annotations[DeploymentAnnotation.desiredReplicas] == desired,
            annotations[DeploymentAnnotation.maxReplicas] == most
        {
            return false
        }
        let changed = try cluster.update(ReplicaSet.self, set.key) { set in
            if set.wanted != size { set.spec.replicas = size }
            set.metadata.annotations[DeploymentAnnotation.desiredReplicas] = desired
            set.metadata.annotations[DeploymentAnnotation.maxReplicas] = most
        }
        if set.wanted == size { return false }
        tellScaling(deployment, changed, from: set.wanted, &cluster)
        return true
    }

    private func tellScaling(
        _ deployment: Deployment, _ set: ReplicaSet, from: Int, _ cluster: inout Cluster,
        atCreation: Bool = false
    ) {
        let direction = from < set.wanted ? "up" : "down"
        let sizes =
            if cluster.profile.scalingEventReadsFromTo { "from \(from) to \(set.wanted)" } else if atCreation {
                "to \(set.wanted)"
            } else { "to \(set.wanted) from \(from)" }
        cluster.record(
            "ScalingReplicaSet", "Scaled \(direction) replica set \(set.name) \(sizes)", about: deployment,
            source: source)
    }

    /// Brings the sets to the Deployment's size without rolling: in proportion if several are active.
    private func scale(
        _ deployment: Deployment, _ new: ReplicaSet?, _ old: [ReplicaSet], _ cluster: inout Cluster
    ) throws(APIError) {
        let wanted = deployment.spec.wanted
        let all = old + (new.map { [$0] } ?? [])
        let active = all.active
        if active.count <= 1 {
            guard let only = active.first ?? new ?? old.oldestFirst.last else { return }
            if only.wanted != wanted { try resize(only, to: wanted, of: deployment, &cluster) }
            return
        }
        if let new, new.wanted == wanted, new.status.availableReplicas == wanted,
            new.annotation(DeploymentAnnotation.desiredReplicas) == wanted
        {
            for set in old.active { try resize(set, to: 0, of: deployment, &cluster) }
            return
        }
        guard deployment.spec.isRollingUpdate else { return }
        let allowed = wanted > 0 ? wanted.saturatingAdd(deployment.spec.maxSurge) : 0
        let toAdd = allowed - active.total
        let sorted = active.largestFirst(newerFirst: toAdd > 0)
        var sizes: [Int] = []
        var added = 0
        for set in sorted {
            let share = set.proportion(of: deployment, toAdd: toAdd, added: added)
            sizes.append(set.wanted + share)
            added += share
        }
        // What rounding left over goes to the largest.
        if toAdd != 0 { sizes[0] = max(0, sizes[0] + toAdd - added) }
        for (set, size) in zip(sorted, sizes) { try resize(set, to: size, of: deployment, &cluster) }
    }

    /// Deletes old sets without pods beyond the history limit, lowest revision first.
    func cleanUp(_ deployment: Deployment, _ old: [ReplicaSet], _ cluster: inout Cluster) {
        let limit = deployment.spec.revisionHistoryLimit ?? 10
        if limit == Int(Int32.max) { return }
        let sets = old.filter { !$0.metadata.isTerminating }
        for set in sets.sorted(by: { $0.revision < $1.revision }).prefix(max(0, sets.count - limit)) {
            guard set.status.replicas == 0, set.wanted == 0,
                set.metadata.generation <= set.status.observedGeneration
            else { continue }
            _ = try? cluster.delete(ReplicaSet.self, set.key)
        }
    }
}
