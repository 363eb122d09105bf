import KubernetesAPI
import SimulationKit

/// One write of one object.
public struct Change<Object: KubernetesObject>: Sendable {
    public enum Action: Sendable { case added, modified, deleted }
    public var action: Action
    /// The object after the write; for a deletion its last state.
    public var object: Object
    /// The object before the write; nil if it was added.
    public var previous: Object?
    /// Its place in ``Table/rows``. After a deletion another object may take it.
    public var slot: Int
}

/// All objects of one kind, and the recent changes of them. A value: a copy is a snapshot.
///
/// Rows keep their slot as long as they live, so that components can have columns beside the table.
/// Iterate over ``rows`` (slot order, the same in each run).
public struct Table<Object: StoredObject>: Sendable {
    /// The objects by slot; nil where none is.
    public private(set) var rows = Pages<Object?>()
    private var free: [Int] = []
    /// Slots by the hashes of keys.
    private var slots = SlotIndex()
    private var changes = Backlog<Change<Object>>()
    private var firstChange = 0

    public init() {}

    /// How many objects there are.
    public var count: Int { slots.count }
    public var isEmpty: Bool { slots.count == 0 }
    /// The object called `key`. O(1).
    public subscript(key: ObjectKey) -> Object? {
        @specialized(where Object == Pod)
        @specialized(where Object == Node)
        @specialized(where Object == ReplicaSet)
        get { slot(of: key).flatMap { rows[$0] } }
    }
    /// Where the object called `key` stands.
    @specialized(where Object == Pod)
    @specialized(where Object == Node)
    @specialized(where Object == ReplicaSet)
    public func slot(of key: ObjectKey) -> Int? { slots.find(Object.hash(of: key)) { rows[$0]?.isCalled(key) ?? false } }
    /// All objects in slot order.
    public var all: [Object] { rows.compactMap { $0 } }
    /// All objects, or those of one namespace, sorted by namespace and name. O(n log n).
    public func sorted(namespace: String? = nil) -> [Object] {
        // Keys are sorted, which are smaller to move about than objects.
        var found: [(key: ObjectKey, slot: Int)] = []
        for (slot, row) in rows.enumerated() {
            guard let key = row?.key, namespace == nil || key.namespace == namespace else { continue }
            found.append((key, slot))
        }
        return found.sorted { $0.key < $1.key }.compactMap { rows[$0.slot] }
    }
    /// The change numbered `index` among those of this kind.
    public func change(_ index: Int) -> Change<Object> { changes[index - firstChange] }
    var changeCount: Int { firstChange + changes.count }

    /// Forgets the changes before `index`.
    mutating func compact(before index: Int) {
        let surplus = index - firstChange
        guard surplus > 0 else { return }
        changes.removeFirst(surplus)
        firstChange = index
    }

    /// Returns the slot. The key must be free.
    mutating func insert(_ object: Object) -> Int {
        let slot: Int
        let hash = object.keyHash
        precondition(slots.find(hash) { rows[$0].map { $0.key == object.key } ?? false } == nil, "\(Object.kind.rawValue) \(object.key) exists")
        if let reused = free.popLast() {
            slot = reused
            rows[slot] = object
        } else {
            slot = rows.count
            rows.append(object)
        }
        slots.insert(hash, slot)
        changes.append(Change(action: .added, object: object, previous: nil, slot: slot))
        return slot
    }
    mutating func replace(_ object: Object, at slot: Int) {
        let previous = rows[slot]
        rows[slot] = object
        changes.append(Change(action: .modified, object: object, previous: previous, slot: slot))
    }
    mutating func remove(at slot: Int, last: Object) {
        let previous = rows[slot]
        slots.remove(last.keyHash, slot)
        rows[slot] = nil
        free.append(slot)
        changes.append(Change(action: .deleted, object: last, previous: previous, slot: slot))
    }
}

/// One entry of the feed of all changes.
public struct LogEntry: Sendable {
    public var time: Instant
    public var kind: Kind
    /// The number of the change among those of its kind: ``Table/change(_:)``.
    public var index: Int
}

/// A reader's place in the feed of changes.
public struct WatchCursor: Sendable, Hashable {
    /// The number of the next entry to read.
    public var position: Int
    /// From the first change that is still kept.
    public static let beginning = WatchCursor(position: 0)
    public init(position: Int) { self.position = position }
}
