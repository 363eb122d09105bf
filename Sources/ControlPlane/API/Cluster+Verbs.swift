import KubernetesAPI
import SimulationKit

/// How an object is to be deleted.
public struct DeleteOptions: Sendable, Equatable {
    /// What happens to the objects that belong to it.
    public enum Propagation: String, Sendable, CaseIterable {
        case background = "Background"
        case foreground = "Foreground"
        case orphan = "Orphan"
    }
    /// Seconds of grace for a pod; nil: its own.
    public var gracePeriodSeconds: Int?
    public var propagation: Propagation
    /// Refuse unless the object has this identity.
    public var uid: String?
    /// Refuse unless the object was last written with this revision.
    public var resourceVersion: String?
    public init(
        gracePeriodSeconds: Int? = nil, propagation: Propagation = .background, uid: String? = nil, resourceVersion: String? = nil
    ) {
        (self.gracePeriodSeconds, self.propagation, self.uid) = (gracePeriodSeconds, propagation, uid)
        self.resourceVersion = resourceVersion
    }
}

/// What becomes of an object at once when it is deleted.
public enum DeletionStart: Sendable {
    /// Nothing holds it.
    case goes
    /// It is marked and waits for its finalizers, its grace or its content.
    case waits
    /// It was waiting already, and nothing changes.
    case waitsAlready
}

// The verbs of the API server. Users and controllers go through them alike.
extension Cluster {
    /// Creates `object`: completes, admits and validates it, gives it a name (from `generateName`), identity
    /// and time, and writes it. Returns the object as written.
    @discardableResult
    @specialized(where O == Pod)
    public mutating func create<O: StoredObject>(_ object: O) throws(APIError) -> O {
        var object = object
        settleKind(of: &object)
        if object.kindInfo.isNamespaced {
            if object.metadata.namespace.isEmpty { object.metadata.namespace = "default" }
        } else {
            object.metadata.namespace = ""
        }
        if object.metadata.name.isEmpty, !object.metadata.generateName.isEmpty {
            object.metadata.name = makeName(object.metadata.generateName)
        }
        object.metadata.deletionTimestamp = nil
        object.metadata.deletionGracePeriodSeconds = nil
        object.metadata.uid = makeUID()
        if let writer {
            // What admission adds is nobody's.
            var complete = object
            complete.setDefaults(profile)
            object.metadata.managedFields = writer.managedFields(live: nil, new: complete.document.inVersion(writer.apiVersion))
                .map { Shared(KeptJSON($0)) }
        }
        let source = (object as? Pod)?.spec
        let isKnown = try complete(&object)
        object.resetForCreate(in: self)
        let errors = isKnown ? Validation.metadata(of: object, profile: profile) : Validation.create(object, profile: profile)
        if !errors.isEmpty { throw .invalid(object.kindInfo, object.metadata.name, errors) }
        if !isKnown { remember(object, source: source) }
        try object.review(in: self)
        try requireQuota(for: object)
        if store.get(O.self, object.key) != nil { throw .alreadyExists(object.kindInfo, object.metadata.name) }
        object.metadata.creationTimestamp = now
        object.metadata.generation = 1
        return store.insert(object, at: now)
    }

    /// Replaces an object by a user's or controller's new version of it. Status stays as it is, identity and
    /// times too; a changed spec raises the generation. Refused if `metadata.resourceVersion` is set and stale.
    @discardableResult
    public mutating func update<O: StoredObject>(_ object: O) throws(APIError) -> O {
        var new = object
        let info = object.kindInfo
        if storeDefault(O.self, object.key) { new.metadata.resourceVersion = 0 }
        guard let old = store.get(O.self, object.key) else { throw .notFound(info, object.metadata.name) }
        if new.metadata.resourceVersion != 0, new.metadata.resourceVersion != old.metadata.resourceVersion {
            throw .conflict(
                info, new.metadata.name,
                "the object has been modified; please apply your changes to the latest version and try again")
        }
        let profile = gatesWereChanged ? Defaulting.profile(profile, keepingFieldsOf: old) : profile
        new.setDefaults(profile)
        try new.admitChange(from: old, to: &self)
        let errors = Validation.update(new, old: old, profile: profile)
        if !errors.isEmpty { throw .invalid(info, new.metadata.name, errors) }
        return write(new, over: old)
    }

    /// Changes an object in place, as ``update(_:)`` does.
    @discardableResult
    public mutating func update<O: StoredObject>(
        _ type: O.Type, _ key: ObjectKey, _ change: (inout O) -> Void
    ) throws(APIError) -> O {
        storeDefault(type, key)
        guard var object = store.get(type, key) else { throw .notFound(O.kind.info, key.name) }
        change(&object)
        return try update(object)
    }

    /// What each cluster has by itself is stored from its first change on; if it is deleted, the default one is back.
    /// - Returns: whether it was stored now, and so has another version than what was read.
    @discardableResult
    private mutating func storeDefault<O: StoredObject>(_ type: O.Type, _ key: ObjectKey) -> Bool {
        guard O.kind == .custom, store.customObjects[key] == nil, let made = store.derived(key) as? CustomObject,
            !made.group.isEmpty
        else { return false }
        store.insert(made, at: now)
        return true
    }

    /// Writes what the system itself knows to be right (status, bindings, owner references): no defaulting and
    /// no validation. Returns nil, and does nothing, if the object is gone or `change` leaves it as it was.
    @discardableResult
    @specialized(where O == Pod)
    public mutating func modify<O: StoredObject>(_ type: O.Type, _ key: ObjectKey, _ change: (inout O) -> Void) -> O? {
        guard let slot = store[keyPath: O.table].slot(of: key), let old = store[keyPath: O.table].rows[slot] else { return nil }
        var new = old
        change(&new)
        if new == old { return nil }
        note(&new, over: old)
        return store.replace(new, at: slot, now)
    }

    /// Notes in a new version of an object what the client whose write this is set in it.
    func note<O: StoredObject>(_ new: inout O, over old: O) {
        guard let writer else { return }
        new.metadata.managedFields = writer.managedFields(
            live: old.document.inVersion(writer.apiVersion), new: new.document.inVersion(writer.apiVersion)
        ).map { Shared(KeptJSON($0)) }
    }

    /// Keeps what an update may not touch, and raises the generation if the spec changed.
    private mutating func write<O: StoredObject>(_ object: O, over old: O) -> O {
        var new = object
        new.metadata.uid = old.metadata.uid
        new.metadata.creationTimestamp = old.metadata.creationTimestamp
        new.metadata.deletionTimestamp = old.metadata.deletionTimestamp
        new.metadata.deletionGracePeriodSeconds = old.metadata.deletionGracePeriodSeconds
        new.metadata.generation = old.metadata.generation
        new.metadata.resourceVersion = old.metadata.resourceVersion
        if new == old { return old }
        if !O.sameSpec(new, old) { new.metadata.generation += 1 }
        note(&new, over: old)
        // A finalizer taken off an object that waits only for it lets it go.
        if new.metadata.isTerminating, new.metadata.finalizers.isEmpty, !old.metadata.finalizers.isEmpty,
            !(new is Pod) || new.metadata.deletionGracePeriodSeconds == 0
        {
            return removed(new)
        }
        return store.replace(new, at: now)
    }

    // MARK: Deleting

    /// - Source: Kubernetes `plugin/pkg/admission/namespace/lifecycle/admission.go`
    private static var immortalNamespaces: [String] { ["default", "kube-system", "kube-public"] }

    /// Deletes an object as the API server does: pods get their grace, finalizers are waited for, dependents
    /// follow by garbage collection. Returns the object's last state.
    @discardableResult
    public mutating func delete<O: StoredObject>(
        _ type: O.Type, _ key: ObjectKey, _ options: DeleteOptions = DeleteOptions()
    ) throws(APIError) -> O {
        storeDefault(type, key)
        if O.kind == .namespace, Self.immortalNamespaces.contains(key.name) {
            throw .forbidden(O.kind.info, key.name, "this namespace may not be deleted")
        }
        guard var object = store.get(type, key) else { throw .notFound(O.kind.info, key.name) }
        if let uid = options.uid, uid != object.metadata.uid {
            throw .staleIdentity(object.kindInfo, object.metadata.name, wanted: uid, found: object.metadata.uid)
        }
        if let revision = options.resourceVersion, revision != String(object.metadata.resourceVersion) {
            throw .staleRevision(object.kindInfo, object.metadata.name, wanted: revision, found: object.metadata.resourceVersion)
        }
        switch options.propagation {
        case .background: break
        case .foreground where !object.metadata.finalizers.contains("foregroundDeletion"):
            object.metadata.finalizers.append("foregroundDeletion")
        case .orphan where !object.metadata.finalizers.contains("orphan"):
            object.metadata.finalizers.append("orphan")
        default: break
        }
        switch object.beginDeletion(options, now: now) {
        case .goes: return removed(object)
        case .waits: return store.replace(object, at: now)
        case .waitsAlready: return object
        }
    }

    /// Takes the last finalizers into account: removes an object that is being deleted and waits for nobody,
    /// after `change` took finalizers off it.
    public mutating func releaseFinalizers<O: StoredObject>(
        _ type: O.Type, _ key: ObjectKey, _ change: (inout [String]) -> Void
    ) {
        guard var object = store.get(type, key) else { return }
        change(&object.metadata.finalizers)
        if object.metadata.finalizers.isEmpty, object.metadata.isTerminating,
            !(object is Pod) || object.metadata.deletionGracePeriodSeconds == 0
        {
            _ = removed(object)
        } else {
            store.replace(object, at: now)
        }
    }

    /// Takes an object out of the store; the definition of its kind goes with the last if it waits for that. Returns the last state.
    private mutating func removed<O: StoredObject>(_ object: O) -> O {
        let last = store.remove(O.self, object.key, at: now) ?? object
        if let custom = last as? CustomObject { finishDefinition(of: custom) }
        return last
    }

    /// Removes a pod whose containers have ended: the kubelet's last call, with grace 0 and the pod's identity.
    public mutating func finishDeletion(ofPod key: ObjectKey, uid: String) {
        _ = try? delete(Pod.self, key, DeleteOptions(gracePeriodSeconds: 0, uid: uid))
    }

    // MARK: Verbs on pods and scalable kinds

    /// Binds a pod to a node: the scheduler's last step.
    /// - Source: Kubernetes `pkg/registry/core/pod/storage/storage.go`, `setPodNodeAndMetadata`.
    public mutating func bind(pod key: ObjectKey, uid: String, to node: String) throws(APIError) {
        guard let slot = store.pods.slot(of: key), var pod = store.pods.rows[slot], pod.metadata.uid == uid else {
            throw .notFound(Kind.pod.info, key.name)
        }
        func refuse(_ why: String) -> APIError { .bindingConflict(key.name, why) }
        if pod.metadata.isTerminating { throw refuse("pod \(key.name) is being deleted, cannot be assigned to a host") }
        if !pod.nodeName.isEmpty { throw refuse("pod \(key.name) is already assigned to node \"\(pod.nodeName)\"") }
        if !pod.spec.schedulingGates.isEmpty { throw refuse("pod \(key.name) has non-empty .spec.schedulingGates") }
        pod.nodeName = node
        if profile.isEnabled(.podTopologyLabelsAdmission), let labels = store.nodes[ObjectKey(name: node)]?.metadata.labels {
            let bound = boundLabels.labels(pod.metadata.labels, on: labels)
            if bound != pod.metadata.labels { pod.metadata.labels = bound }
        }
        if profile.isEnabled(.clearingNominatedNodeNameAfterBinding), !pod.status.nominatedNodeName.isEmpty {
            pod.status.nominatedNodeName = ""
        }
        pod.status.conditions.set(Condition(type: ConditionType.podScheduled, status: true), now: now)
        store.replace(pod, at: slot, now)
    }

    /// How many replicas a workload has now; nil if its kind cannot be scaled or it is not there.
    public func replicas(_ kind: Kind, _ key: ObjectKey) -> Int? {
        switch kind {
        case .deployment: store.deployments[key].map { $0.spec.replicas ?? 1 }
        case .replicaSet: store.replicaSets[key].map { $0.spec.replicas ?? 1 }
        case .statefulSet: store.statefulSets[key].map { $0.spec.replicas ?? 1 }
        default: nil
        }
    }

    /// Sets the number of replicas of a Deployment, ReplicaSet or StatefulSet.
    public mutating func scale(_ kind: Kind, _ key: ObjectKey, to replicas: Int) throws(APIError) {
        guard replicas >= 0 else {
            throw .invalidScale(key.name, replicas: replicas)
        }
        switch kind {
        case .deployment: try update(Deployment.self, key) { $0.spec.replicas = replicas }
        case .replicaSet: try update(ReplicaSet.self, key) { $0.spec.replicas = replicas }
        case .statefulSet: try update(StatefulSet.self, key) { $0.spec.replicas = replicas }
        default: throw .notFound(kind.info, key.name)
        }
    }
}

extension StoredObject {
    public mutating func resetForCreate(in cluster: Cluster) {}
    public mutating func beginDeletion(_ options: DeleteOptions, now: Instant) -> DeletionStart {
        if metadata.finalizers.isEmpty { return .goes }
        if metadata.deletionTimestamp == nil {
            metadata.deletionTimestamp = now
            metadata.deletionGracePeriodSeconds = 0
            metadata.generation += 1
        }
        return .waits
    }
}

extension Pod {
    public mutating func resetForCreate(in cluster: Cluster) {
        var status = PodStatus()
        status.phase = .pending
        if !spec.schedulingGates.isEmpty, cluster.profile.isEnabled(.podSchedulingReadiness) {
            status.conditions.set(
                Condition(
                    type: ConditionType.podScheduled, status: false, reason: ConditionReason.schedulingGated,
                    message: "Scheduling is blocked due to non-empty scheduling gates"), now: cluster.now)
        }
        status.qosClass = spec.value.qosClass(cluster.profile)
        self.status = Shared(status)
    }
    /// A pod gets its grace.
    public mutating func beginDeletion(_ options: DeleteOptions, now: Instant) -> DeletionStart {
        var grace = options.gracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30
        if grace < 0 { grace = 1 }
        if nodeName.isEmpty || isFinished { grace = 0 }
        if let running = metadata.deletionGracePeriodSeconds {
            // A later wish can only shorten the grace that was given.
            grace = min(grace, running)
            if grace == running && grace > 0 { return .waitsAlready }
        }
        let began = metadata.deletionTimestamp.map { $0 - .seconds(metadata.deletionGracePeriodSeconds ?? 0) } ?? now
        metadata.deletionTimestamp = began + .seconds(grace)
        metadata.deletionGracePeriodSeconds = grace
        if grace == 0 && metadata.finalizers.isEmpty { return .goes }
        metadata.generation += 1
        return .waits
    }
}

extension Namespace {
    public mutating func resetForCreate(in cluster: Cluster) {
        spec.finalizers = ["kubernetes"]
        status.phase = "Active"
    }
    /// A namespace stays until the controller has emptied it.
    public mutating func beginDeletion(_ options: DeleteOptions, now: Instant) -> DeletionStart {
        if metadata.isTerminating { return .waitsAlready }
        metadata.deletionTimestamp = now
        status.phase = "Terminating"
        return .waits
    }
}
