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
    public init(gracePeriodSeconds: Int? = nil, propagation: Propagation = .background, uid: String? = nil) {
        (self.gracePeriodSeconds, self.propagation, self.uid) = (gracePeriodSeconds, propagation, uid)
    }
}

// The verbs of the API server. Users and controllers go through them alike.
extension Cluster {
    /// Creates `object`: completes, admits and validates it, gives it a name (from `generateName`), identity
    /// and time, and writes it. Returns the object as written.
    @discardableResult
    @specialized(where O == Pod)
    public mutating func create<O: StoredObject>(_ object: O) throws(APIError) -> O {
        var object = object
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
        let source = (object as? Pod)?.spec
        let isKnown = try complete(&object)
        resetForCreate(&object)
        let errors = isKnown ? Validation.metadata(of: object, profile: profile) : Validation.create(object, profile: profile)
        if !errors.isEmpty { throw .invalid(object.kindInfo, object.metadata.name, errors) }
        if !isKnown { remember(object, source: source) }
        try reviewCreate(object)
        if store.get(O.self, object.key) != nil { throw .alreadyExists(object.kindInfo, object.metadata.name) }
        object.metadata.creationTimestamp = now
        object.metadata.generation = 1
        return store.insert(object, at: now)
    }

    /// Clears what only the system writes, and sets the first status.
    private func resetForCreate<O: StoredObject>(_ object: inout O) {
        if var pod = object as? Pod {
            var status = PodStatus()
            status.phase = .pending
            if !pod.spec.schedulingGates.isEmpty, profile.isEnabled(.podSchedulingReadiness) {
                status.conditions.set(
                    Condition(
                        type: ConditionType.podScheduled, status: false, reason: ConditionReason.schedulingGated,
                        message: "Scheduling is blocked due to non-empty scheduling gates"), now: now)
            }
            status.qosClass = pod.spec.qosClass
            pod.status = Shared(status)
            object = pod as! O
        } else if var namespace = object as? Namespace {
            namespace.spec.finalizers = ["kubernetes"]
            namespace.status.phase = "Active"
            object = namespace as! O
        }
    }

    /// Replaces an object by a user's or controller's new version of it. Status stays as it is, identity and
    /// times too; a changed spec raises the generation. Refused if `metadata.resourceVersion` is set and stale.
    @discardableResult
    public mutating func update<O: StoredObject>(_ object: O) throws(APIError) -> O {
        var new = object
        let info = object.kindInfo
        guard let old = store.get(O.self, object.key) else { throw .notFound(info, object.metadata.name) }
        if new.metadata.resourceVersion != 0, new.metadata.resourceVersion != old.metadata.resourceVersion {
            throw .conflict(
                info, new.metadata.name,
                "the object has been modified; please apply your changes to the latest version and try again")
        }
        let profile = gatesWereChanged ? Defaulting.profile(profile, keepingFieldsOf: old) : profile
        Defaulting.apply(&new, profile: profile)
        try admitUpdate(&new, old: old)
        let errors = Validation.update(new, old: old, profile: profile)
        if !errors.isEmpty { throw .invalid(info, new.metadata.name, errors) }
        return write(new, over: old)
    }

    /// Changes an object in place, as ``update(_:)`` does.
    @discardableResult
    public mutating func update<O: StoredObject>(
        _ type: O.Type, _ key: ObjectKey, _ change: (inout O) -> Void
    ) throws(APIError) -> O {
        guard var object = store.get(type, key) else { throw .notFound(O.kind.info, key.name) }
        change(&object)
        return try update(object)
    }

    /// Writes what the system itself knows to be right (status, bindings, owner references): no defaulting and
    /// no validation. Returns nil, and does nothing, if the object is gone or `change` leaves it as it was.
    @discardableResult
    public mutating func modify<O: StoredObject>(_ type: O.Type, _ key: ObjectKey, _ change: (inout O) -> Void) -> O? {
        guard let old = store.get(type, key) else { return nil }
        var new = old
        change(&new)
        return new == old ? nil : store.replace(new, at: now)
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
        // A finalizer taken off an object that waits only for it lets it go.
        if new.metadata.isTerminating, new.metadata.finalizers.isEmpty, !old.metadata.finalizers.isEmpty,
            !(new is Pod) || new.metadata.deletionGracePeriodSeconds == 0
        {
            return store.remove(O.self, new.key, at: now) ?? new
        }
        return store.replace(new, at: now)
    }

    // MARK: Deleting

    /// Deletes an object as the API server does: pods get their grace, finalizers are waited for, dependents
    /// follow by garbage collection. Returns the object's last state.
    @discardableResult
    public mutating func delete<O: StoredObject>(
        _ type: O.Type, _ key: ObjectKey, _ options: DeleteOptions = DeleteOptions()
    ) throws(APIError) -> O {
        guard var object = store.get(type, key) else { throw .notFound(O.kind.info, key.name) }
        if let uid = options.uid, uid != object.metadata.uid {
            throw .staleIdentity(object.kindInfo, object.metadata.name, wanted: uid, found: object.metadata.uid)
        }
        switch options.propagation {
        case .background: break
        case .foreground where !object.metadata.finalizers.contains("foregroundDeletion"):
            object.metadata.finalizers.append("foregroundDeletion")
        case .orphan where !object.metadata.finalizers.contains("orphan"):
            object.metadata.finalizers.append("orphan")
        default: break
        }
        if var pod = object as? Pod {
            var grace = options.gracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30
            if grace < 0 { grace = 1 }
            if pod.nodeName.isEmpty || pod.isFinished { grace = 0 }
            if let running = pod.metadata.deletionGracePeriodSeconds {
                // A later wish can only shorten the grace that was given.
                grace = min(grace, running)
                if grace == running && grace > 0 { return pod as! O }
            }
            let began = pod.metadata.deletionTimestamp.map { $0 - .seconds(pod.metadata.deletionGracePeriodSeconds ?? 0) } ?? now
            pod.metadata.deletionTimestamp = began + .seconds(grace)
            pod.metadata.deletionGracePeriodSeconds = grace
            if grace == 0 && pod.metadata.finalizers.isEmpty {
                return store.remove(type, key, at: now) ?? object
            }
            pod.metadata.generation += 1
            return store.replace(pod, at: now) as! O
        }
        if var namespace = object as? Namespace {
            if namespace.metadata.isTerminating { return object }
            namespace.metadata.deletionTimestamp = now
            namespace.status.phase = "Terminating"
            return store.replace(namespace, at: now) as! O
        }
        if object.metadata.finalizers.isEmpty { return store.remove(type, key, at: now) ?? object }
        if object.metadata.deletionTimestamp == nil {
            object.metadata.deletionTimestamp = now
            object.metadata.deletionGracePeriodSeconds = 0
            object.metadata.generation += 1
        }
        return store.replace(object, at: now)
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
            store.remove(type, key, at: now)
        } else {
            store.replace(object, at: now)
        }
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
            for label in [LabelKey.zone, LabelKey.region] {
                if let value = labels[label], pod.metadata.labels[label] == nil { pod.metadata.labels[label] = value }
            }
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
