public import KubernetesAPI

// The table of each kind: a property of ObjectStore, a line here and in the list below. The compiler asks for all three once the
// kind is in the list of kinds, ``Kind``.
extension Pod: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<Pod>> & Sendable { \.pods }
    public static func sameSpec(_ a: Pod, _ b: Pod) -> Bool { a.spec == b.spec && a.nodeName == b.nodeName }
    public static func index(slot: Int, from previous: Pod?, to object: Pod?, in store: inout ObjectStore) {
        store.indexPod(slot, from: previous, to: object)
    }
}
extension Node: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<Node>> & Sendable { \.nodes }
    public static func sameSpec(_ a: Node, _ b: Node) -> Bool { a.spec == b.spec }
    public static func index(slot: Int, from previous: Node?, to object: Node?, in store: inout ObjectStore) {
        // Heartbeats change the status alone.
        if previous?.metadata.identity != object?.metadata.identity || previous?.spec.identity != object?.spec.identity { store.nodeLayout += 1 }
    }
}
extension Deployment: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<Deployment>> & Sendable { \.deployments }
    public static func sameSpec(_ a: Deployment, _ b: Deployment) -> Bool { a.spec == b.spec }
}
extension ReplicaSet: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<ReplicaSet>> & Sendable { \.replicaSets }
    public static func sameSpec(_ a: ReplicaSet, _ b: ReplicaSet) -> Bool { a.spec == b.spec }
}
extension StatefulSet: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<StatefulSet>> & Sendable { \.statefulSets }
    public static func sameSpec(_ a: StatefulSet, _ b: StatefulSet) -> Bool { a.spec == b.spec }
}
extension DaemonSet: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<DaemonSet>> & Sendable { \.daemonSets }
    public static func sameSpec(_ a: DaemonSet, _ b: DaemonSet) -> Bool { a.spec == b.spec }
}
extension Job: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<Job>> & Sendable { \.jobs }
    public static func sameSpec(_ a: Job, _ b: Job) -> Bool { a.spec == b.spec }
}
extension CronJob: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<CronJob>> & Sendable { \.cronJobs }
}
extension Service: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<Service>> & Sendable { \.services }
}
extension EndpointSlice: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<EndpointSlice>> & Sendable { \.endpointSlices }
}
extension Namespace: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<Namespace>> & Sendable { \.namespaces }
}
extension Event: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<Event>> & Sendable { \.events }
    // The names of events that are told here end with a number that no other has: nothing else of them needs to be hashed, or made.
    public static func hash(of key: ObjectKey) -> Int {
        if let dot = key.name.utf8.lastIndex(of: UInt8(ascii: ".")), let stamp = UInt64(key.name[key.name.index(after: dot)...], radix: 16) {
            return Int(truncatingIfNeeded: stamp)
        }
        return SlotIndex.hash(of: key)
    }
    public static func index(slot: Int, from previous: Event?, to object: Event?, in store: inout ObjectStore) {
        store.indexEvent(slot, from: previous, to: object)
    }
    public var keyHash: Int { stamp.map { Int(truncatingIfNeeded: $0) } ?? Self.hash(of: key) }
}
extension ConfigMap: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<ConfigMap>> & Sendable { \.configMaps }
}
extension Secret: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<Secret>> & Sendable { \.secrets }
}
extension ServiceAccount: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<ServiceAccount>> & Sendable { \.serviceAccounts }
}
extension PersistentVolume: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<PersistentVolume>> & Sendable { \.persistentVolumes }
    var claimKey: ObjectKey { spec.claimRef.map { ObjectKey(namespace: $0.namespace, name: $0.name) } ?? ObjectKey(name: "") }
    public static func index(slot: Int, from previous: PersistentVolume?, to object: PersistentVolume?, in store: inout ObjectStore) {
        store.volumesByClaim.move(slot, from: previous?.claimKey, to: object?.claimKey)
    }
}
extension PersistentVolumeClaim: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<PersistentVolumeClaim>> & Sendable { \.persistentVolumeClaims }
}
extension StorageClass: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<StorageClass>> & Sendable { \.storageClasses }
}
extension CSIDriver: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<CSIDriver>> & Sendable { \.csiDrivers }
}
extension CSINode: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<CSINode>> & Sendable { \.csiNodes }
}
extension VolumeAttachment: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<VolumeAttachment>> & Sendable { \.volumeAttachments }
    public static func index(slot: Int, from previous: VolumeAttachment?, to object: VolumeAttachment?, in store: inout ObjectStore) {
        store.attachmentsByNode.move(slot, from: previous?.spec.nodeName, to: object?.spec.nodeName)
        store.attachmentsByVolume.move(slot, from: previous?.spec.source.persistentVolumeName, to: object?.spec.source.persistentVolumeName)
    }
}
extension PodDisruptionBudget: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<PodDisruptionBudget>> & Sendable { \.podDisruptionBudgets }
}
extension PriorityClass: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<PriorityClass>> & Sendable { \.priorityClasses }
}
extension HorizontalPodAutoscaler: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<HorizontalPodAutoscaler>> & Sendable { \.horizontalPodAutoscalers }
}
extension ResourceQuota: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<ResourceQuota>> & Sendable { \.resourceQuotas }
}
extension LimitRange: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<LimitRange>> & Sendable { \.limitRanges }
}
extension ControllerRevision: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<ControllerRevision>> & Sendable { \.controllerRevisions }
}
extension ReplicationController: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<ReplicationController>> & Sendable { \.replicationControllers }
}
extension SchedulingWorkload: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<SchedulingWorkload>> & Sendable { \.workloads }
}
extension PodGroup: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<PodGroup>> & Sendable { \.podGroups }
}
extension CustomObject: StoredObject {
    public static var table: WritableKeyPath<ObjectStore, Table<CustomObject>> & Sendable { \.customObjects }
}

extension ObjectStore {
    /// All types that have a table, in the order in which lists show them.
    public static let types: [any StoredObject.Type] = Kind.allCases.map { type(of: $0) }

    /// The type of the objects of `kind`.
    public static func type(of kind: Kind) -> any StoredObject.Type {
        switch kind {
        case .pod: Pod.self
        case .node: Node.self
        case .deployment: Deployment.self
        case .replicaSet: ReplicaSet.self
        case .statefulSet: StatefulSet.self
        case .daemonSet: DaemonSet.self
        case .job: Job.self
        case .cronJob: CronJob.self
        case .service: Service.self
        case .endpointSlice: EndpointSlice.self
        case .namespace: Namespace.self
        case .event: Event.self
        case .configMap: ConfigMap.self
        case .secret: Secret.self
        case .serviceAccount: ServiceAccount.self
        case .persistentVolume: PersistentVolume.self
        case .persistentVolumeClaim: PersistentVolumeClaim.self
        case .storageClass: StorageClass.self
        case .csiDriver: CSIDriver.self
        case .csiNode: CSINode.self
        case .volumeAttachment: VolumeAttachment.self
        case .podDisruptionBudget: PodDisruptionBudget.self
        case .priorityClass: PriorityClass.self
        case .horizontalPodAutoscaler: HorizontalPodAutoscaler.self
        case .resourceQuota: ResourceQuota.self
        case .limitRange: LimitRange.self
        case .controllerRevision: ControllerRevision.self
        case .replicationController: ReplicationController.self
        case .workload: SchedulingWorkload.self
        case .podGroup: PodGroup.self
        case .custom: CustomObject.self
        }
    }

    /// The metadata of the object of `kind` called `key`.
    public func metadata(_ kind: Kind, _ key: ObjectKey) -> Metadata? {
        // Most pods' owners without a detour: the look at any kind copies the whole store.
        switch kind {
        case .replicaSet: replicaSets[key]?.metadata
        case .statefulSet: statefulSets[key]?.metadata
        case .daemonSet: daemonSets[key]?.metadata
        case .job: jobs[key]?.metadata
        default: object(kind, key)?.metadata
        }
    }
    /// The object of `kind` called `key`, whatever its type.
    public func object(_ kind: Kind, _ key: ObjectKey) -> (any StoredObject)? {
        func get<O: StoredObject>(_ type: O.Type) -> (any StoredObject)? { self.get(type, key) }
        return get(Self.type(of: kind)) ?? (kind == .custom ? derived(key) : nil)
    }
    /// All objects of `kind`, or those of one namespace, sorted by namespace and name.
    public func objects(_ kind: Kind, namespace: String? = nil) -> [any StoredObject] {
        func list<O: StoredObject>(_ type: O.Type) -> [any StoredObject] {
            self[keyPath: O.table].sorted(namespace: namespace)
        }
        return list(Self.type(of: kind))
    }
    /// How many writes of objects of `kind` there were: as long as it stays, so do they.
    public func writeCount(_ kind: Kind) -> Int {
        func count<O: StoredObject>(_ type: O.Type) -> Int { self[keyPath: O.table].changeCount }
        return count(Self.type(of: kind))
    }
    /// How many objects of `kind` there are.
    public func count(_ kind: Kind) -> Int {
        func count<O: StoredObject>(_ type: O.Type) -> Int { self[keyPath: O.table].count }
        return count(Self.type(of: kind))
    }
    /// The class that claims without one get: the newest that is marked so.
    public var defaultStorageClass: StorageClass? {
        storageClasses.all.filter(\.isDefault).max { a, b in
            let (x, y) = (a.metadata.creationTimestamp ?? .start, b.metadata.creationTimestamp ?? .start)
            return x == y ? a.metadata.name > b.metadata.name : x < y
        }
    }
    /// The kinds of custom objects that are there, in the order of their first object.
    public var customKinds: [KindInfo] {
        var seen: [KindInfo] = []
        for object in customObjects.all where !seen.contains(object.kindInfo) { seen.append(object.kindInfo) }
        return seen
    }
}
