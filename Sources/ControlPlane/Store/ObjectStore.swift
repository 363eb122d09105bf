import KubernetesAPI
import SimulationKit

/// An object that the store has a table for.
public protocol StoredObject: KubernetesObject {
    /// Where its table is.
    static var table: WritableKeyPath<ObjectStore, Table<Self>> & Sendable { get }
    /// Whether two versions want the same: what decides about `metadata.generation`; default: all but metadata and status is
    /// the same.
    static func sameSpec(_ a: Self, _ b: Self) -> Bool
    /// Keeps the store's indices of the kind when the object of `slot` comes, changes or goes; default: it has none.
    static func index(slot: Int, from previous: Self?, to object: Self?, in store: inout ObjectStore)
    /// The hash by which objects are filed under their keys; default: that of namespace and name.
    static func hash(of key: ObjectKey) -> Int
    /// The same of the object's own key; default: as above.
    var keyHash: Int { get }
    /// Whether it is the object called `key`.
    func isCalled(_ key: ObjectKey) -> Bool

    // What the API server does for one kind alone. The defaults do nothing.

    /// Completes the object from what was found for an earlier one like it; returns whether it was, and is valid.
    mutating func reuse(from cluster: inout Cluster) throws(APIError) -> Bool
    /// Completes the object before it is created, or refuses it.
    mutating func admit(to cluster: inout Cluster) throws(APIError)
    /// Completes an object of a given state as ``admit(to:)`` does one that is created, as far as placement looks at it;
    /// what the object states already stays.
    mutating func completeGiven(in cluster: inout Cluster) throws(APIError)
    /// Completes or refuses the change from `old`.
    mutating func admitChange(from old: Self, to cluster: inout Cluster) throws(APIError)
    /// Refuses a complete and valid object that the cluster's limits do not allow.
    func review(in cluster: Cluster) throws(APIError)
    /// Clears what only the system writes, and sets the first status.
    mutating func resetForCreate(in cluster: Cluster)
    /// Begins the deletion; default: the object goes when no finalizer holds it.
    mutating func beginDeletion(_ options: DeleteOptions, now: Instant) -> DeletionStart
}

extension StoredObject {
    public static func index(slot: Int, from previous: Self?, to object: Self?, in store: inout ObjectStore) {}
    public static func hash(of key: ObjectKey) -> Int { SlotIndex.hash(of: key) }
    public var keyHash: Int { Self.hash(of: key) }
    public func isCalled(_ key: ObjectKey) -> Bool { self.key == key }

    /// Compares all but metadata and status.
    public static func sameSpec(_ a: Self, _ b: Self) -> Bool {
        func wanted(_ object: Self) -> JSONObject {
            var json = object.jsonObject
            json["metadata"] = nil
            json["status"] = nil
            return json
        }
        return wanted(a) == wanted(b)
    }
}

/// All objects of the cluster: a table for each kind, one counter of revisions, one feed of changes.
///
/// This is the bare storage: no defaulting, validation or admission; ``Cluster`` has the API's verbs.
/// A value: a copy is a snapshot that costs nothing until one of the two is written.
public struct ObjectStore: Sendable {
    public internal(set) var pods = Table<Pod>()
    public internal(set) var nodes = Table<Node>()
    public internal(set) var deployments = Table<Deployment>()
    public internal(set) var replicaSets = Table<ReplicaSet>()
    public internal(set) var statefulSets = Table<StatefulSet>()
    public internal(set) var daemonSets = Table<DaemonSet>()
    public internal(set) var jobs = Table<Job>()
    public internal(set) var cronJobs = Table<CronJob>()
    public internal(set) var services = Table<Service>()
    public internal(set) var endpointSlices = Table<EndpointSlice>()
    public internal(set) var namespaces = Table<Namespace>()
    public internal(set) var events = Table<Event>()
    public internal(set) var configMaps = Table<ConfigMap>()
    public internal(set) var secrets = Table<Secret>()
    public internal(set) var serviceAccounts = Table<ServiceAccount>()
    public internal(set) var persistentVolumes = Table<PersistentVolume>()
    public internal(set) var persistentVolumeClaims = Table<PersistentVolumeClaim>()
    public internal(set) var storageClasses = Table<StorageClass>()
    public internal(set) var csiDrivers = Table<CSIDriver>()
    public internal(set) var csiNodes = Table<CSINode>()
    public internal(set) var volumeAttachments = Table<VolumeAttachment>()
    public internal(set) var podDisruptionBudgets = Table<PodDisruptionBudget>()
    public internal(set) var priorityClasses = Table<PriorityClass>()
    public internal(set) var horizontalPodAutoscalers = Table<HorizontalPodAutoscaler>()
    public internal(set) var resourceQuotas = Table<ResourceQuota>()
    public internal(set) var limitRanges = Table<LimitRange>()
    public internal(set) var controllerRevisions = Table<ControllerRevision>()
    public internal(set) var replicationControllers = Table<ReplicationController>()
    public internal(set) var workloads = Table<SchedulingWorkload>()
    public internal(set) var podGroups = Table<PodGroup>()
    /// Objects of all other kinds; the key's name is `KIND.GROUP/name`, see ``customKey(_:)``.
    public internal(set) var customObjects = Table<CustomObject>()

    /// The counter of writes; each write raises it by one.
    public private(set) var revision = 0
    /// The revisions that no write has, see ``skipRevisions(to:)``, and the last of them.
    private var skipped = 0
    private var lastSkipped = 0
    private var log = Backlog<LogEntry>()
    private var firstEntry = 0

    /// Raised when nodes come, go, or get other metadata or another spec.
    public internal(set) var nodeLayout = 0
    // Pods by node and by controlling owner; slots in rising order.
    private(set) var slotsByNode = SlotGroups<String>()
    private(set) var slotsByOwner = SlotGroups<String>()
    /// By slot: what controllers count of each pod.
    private(set) var podMarks: [PodMarks] = []
    /// Volumes by the claim that they are for; under an empty key those for anyone.
    var volumesByClaim = SlotGroups<ObjectKey>()
    // Attachments by node and by volume.
    var attachmentsByNode = SlotGroups<String>()
    var attachmentsByVolume = SlotGroups<String>()
    var eventIndex = EventIndex()
    /// Events by what they tell: of several that tell the same, the newest.
    var eventsByContent = SlotIndex()
    /// The hash of what the event says that is added next, if it is known, and known that no other says the same.
    var unheard: Int?

    public init() {}

    // MARK: Reading

    /// How many objects there are, of all kinds.
    public var count: Int {
        func count<O: StoredObject>(_ type: O.Type) -> Int { self[keyPath: O.table].count }
        return Self.types.reduce(0) { $0 + count($1) }
    }

    /// The object of type `type` called `key`.
    @specialized(where O == Pod)
    public func get<O: StoredObject>(_ type: O.Type, _ key: ObjectKey) -> O? { self[keyPath: O.table][key] }

    /// The pods bound to the node `name`, in slot order. O(pods on the node).
    public func pods(onNode name: String) -> [Pod] { slotsByNode[name].compactMap { pods.rows[$0] } }
    /// Slots of the pods bound to the node `name`, rising.
    public func podSlots(onNode name: String) -> [Int] { slotsByNode[name] }
    /// The pods whose controlling owner has the identity `uid`, in slot order. O(pods of the owner).
    public func pods(ownedBy uid: String) -> [Pod] { slotsByOwner[uid].compactMap { pods.rows[$0] } }

    /// Slots of the pods whose controlling owner has the identity `uid`, rising.
    public func podSlots(ownedBy uid: String) -> [Int] { slotsByOwner[uid] }

    /// The volumes whose `claimRef` names `claim`, with whatever identity, in slot order. O(found).
    public func volumes(reservedFor claim: ObjectKey) -> [PersistentVolume] { volumesByClaim[claim].compactMap { persistentVolumes.rows[$0] } }
    /// The volumes without a `claimRef`, in slot order. O(found).
    public var unclaimedVolumes: [PersistentVolume] { volumes(reservedFor: ObjectKey(name: "")) }
    /// The attachments to the node `name`, in slot order. O(found).
    public func attachments(toNode name: String) -> [VolumeAttachment] { attachmentsByNode[name].compactMap { volumeAttachments.rows[$0] } }
    /// The attachments of the volume `name`, in slot order. O(found).
    public func attachments(ofVolume name: String) -> [VolumeAttachment] { attachmentsByVolume[name].compactMap { volumeAttachments.rows[$0] } }

    // MARK: The feed of changes

    /// The place after the newest change: a reader who starts here sees only what comes.
    public var end: WatchCursor { WatchCursor(position: firstEntry + log.count) }
    /// The entry at `cursor`; nil at the end.
    public func entry(at cursor: WatchCursor) -> LogEntry? {
        let index = max(cursor.position, firstEntry) - firstEntry
        return index < log.count ? log[index] : nil
    }
    /// The next entry that was written by `limit`, and moves the cursor behind it.
    public func next(_ cursor: inout WatchCursor, until limit: Instant) -> LogEntry? {
        if cursor.position < firstEntry { cursor.position = firstEntry }
        let index = cursor.position - firstEntry
        guard index < log.count, log[index].time <= limit else { return nil }
        cursor.position += 1
        return log[index]
    }
    /// Whether nothing after `cursor` was forgotten: a reader for whom it was has to read the objects themselves.
    public func holds(_ cursor: WatchCursor) -> Bool { cursor.position >= firstEntry }
    /// The revision that the write before `cursor` has.
    public func revision(at cursor: WatchCursor) -> Int { cursor.position + skipped }
    /// The place behind the write that has `revision`; nil if it is from before a leap of the counter.
    public func cursor(after revision: Int) -> WatchCursor? { revision >= lastSkipped ? WatchCursor(position: revision - skipped) : nil }
    /// Forgets the entries before `cursor` once they are many: each holds an object before and after. Readers that are behind
    /// would miss them.
    public mutating func compact(before cursor: WatchCursor) { compact(before: cursor, surplus: min(4096, 256 + pods.count)) }
    /// Forgets them if they are more than `least`.
    public mutating func compact(before cursor: WatchCursor, surplus least: Int) {
        let surplus = min(cursor.position - firstEntry, log.count)
        guard surplus > least else { return }
        var lastIndex: [Kind: Int] = [:]
        for i in 0..<surplus { lastIndex[log[i].kind] = log[i].index + 1 }
        log.removeFirst(surplus)
        firstEntry += surplus
        for type in Self.types {
            if let index = lastIndex[type.kind] { compact(type, before: index) }
        }
    }
    private mutating func compact<O: StoredObject>(_ type: O.Type, before index: Int) {
        self[keyPath: O.table].compact(before: index)
    }

    // MARK: Writing

    /// Lets the counter of writes leap to `revision`, if that is ahead: what was read before cannot be watched from any more.
    ///
    /// For a store that goes back to an earlier state under the eyes of clients: what it writes then must not have the revisions of
    /// what it wrote before.
    /// - Source: etcd `etcdutl snapshot restore --bump-revision --mark-compacted`
    package mutating func skipRevisions(to revision: Int) {
        guard revision > self.revision else { return }
        skipped += revision - self.revision
        (self.revision, lastSkipped) = (revision, revision)
    }

    /// Adds `object` and returns it with its revision. The key must be free.
    @discardableResult
    public mutating func insert<O: StoredObject>(_ object: O, at time: Instant) -> O {
        let slot = add(object, at: time)
        return self[keyPath: O.table].rows[slot]!
    }
    /// Adds `object` and returns its slot. The key must be free.
    @specialized(where O == Pod)
    @specialized(where O == Event)
    public mutating func add<O: StoredObject>(_ object: O, at time: Instant) -> Int {
        var object = object
        revision += 1
        object.resourceVersion = revision
        log.append(LogEntry(time: time, kind: O.kind, index: self[keyPath: O.table].changeCount))
        let slot = self[keyPath: O.table].insert(object)
        O.index(slot: slot, from: nil, to: object, in: &self)
        return slot
    }

    /// Puts `object` in place of the one with its key and returns it with its new revision.
    @discardableResult
    public mutating func replace<O: StoredObject>(_ object: O, at time: Instant) -> O {
        guard let slot = self[keyPath: O.table].slot(of: object.key) else {
            preconditionFailure("\(O.kind.rawValue) \(object.key) does not exist")
        }
        return replace(object, at: slot, time)
    }
    /// Puts `object` in place of the one of `slot`, which has its key.
    @discardableResult
    @specialized(where O == Pod)
    mutating func replace<O: StoredObject>(_ object: O, at slot: Int, _ time: Instant) -> O {
        var object = object
        revision += 1
        object.resourceVersion = revision
        log.append(LogEntry(time: time, kind: O.kind, index: self[keyPath: O.table].changeCount))
        O.index(slot: slot, from: self[keyPath: O.table].rows[slot], to: object, in: &self)
        self[keyPath: O.table].replace(object, at: slot)
        return object
    }

    /// Removes the object called `key`; returns its last state, nil if there is none.
    @discardableResult
    public mutating func remove<O: StoredObject>(_ type: O.Type, _ key: ObjectKey, at time: Instant) -> O? {
        guard let slot = self[keyPath: O.table].slot(of: key), var last = self[keyPath: O.table].rows[slot]
        else { return nil }
        revision += 1
        last.resourceVersion = revision
        log.append(LogEntry(time: time, kind: O.kind, index: self[keyPath: O.table].changeCount))
        O.index(slot: slot, from: last, to: nil, in: &self)
        self[keyPath: O.table].remove(at: slot, last: last)
        return last
    }

    /// Keeps pods by node and by owner.
    mutating func indexPod(_ slot: Int, from previous: Pod?, to pod: Pod?) {
        mark(slot, pod)
        // Most changes are of the status alone.
        if let pod, let previous, previous.metadata.identity == pod.metadata.identity, previous.nodeName == pod.nodeName { return }
        func node(_ pod: Pod?) -> String? { pod.flatMap { $0.nodeName.isEmpty ? nil : $0.nodeName } }
        slotsByNode.move(slot, from: node(previous), to: node(pod))
        // Sharing the metadata means the same owners; look only where they may differ.
        if let pod, let previous, previous.metadata.identity == pod.metadata.identity { return }
        slotsByOwner.move(slot, from: previous?.metadata.controller?.uid, to: pod?.metadata.controller?.uid)
    }
    private mutating func mark(_ slot: Int, _ pod: Pod?) {
        while podMarks.count <= slot { podMarks.append([]) }
        podMarks[slot] = pod.map(PodMarks.init) ?? []
    }
    /// Counts the pods whose controlling owner has the identity `uid`; nil if there is one that `selector` does not match.
    ///
    /// Labels are compared once for each of their versions, which the pods of a template share.
    public func count(podsOwnedBy uid: String, matching selector: LabelSelector, template: LabelSelector) -> PodTally? {
        var tally = PodTally()
        var known = LabelMemo<Bool?>()
        for slot in slotsByOwner[uid] {
            guard let labels = pods.rows[slot]?.metadata.labels else { continue }
            guard let isOfTemplate = known.value(labels, { selector.matches($0) ? template.matches($0) : nil }) else { return nil }
            tally.add(podMarks[slot], isOfTemplate: isOfTemplate)
        }
        return tally
    }
}
