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
    /// All of it, behind one reference: a cluster has a table for each kind, and is copied as often as it is kept, forked and looked at.
    @usableFromInline final class Storage: @unchecked Sendable {  // written only while uniquely referenced
        // Reached through a Table alone, a value, of which the compiler knows that accesses do not overlap.
        @exclusivity(unchecked) @usableFromInline var rows: Pages<Object?>
        @exclusivity(unchecked) fileprivate var free: [Int]
        /// Slots by the hashes of keys.
        @exclusivity(unchecked) fileprivate var slots: SlotIndex
        @exclusivity(unchecked) fileprivate var changes: Backlog<Change<Object>>
        @exclusivity(unchecked) fileprivate var firstChange: Int

        fileprivate init() { (rows, free, slots, changes, firstChange) = (Pages(), [], SlotIndex(), Backlog(), 0) }
        fileprivate init(_ other: Storage) {
            (rows, free, slots, changes, firstChange) = (other.rows, other.free, other.slots, other.changes, other.firstChange)
        }

        @inline(__always) fileprivate func slot(_ hash: Int, where isThere: (Object) -> Bool) -> Int? {
            slots.find(hash) { rows[$0].map(isThere) ?? false }
        }
    }
    @usableFromInline var storage = Storage()

    public init() {}

    /// The objects by slot; nil where none is.
    @inlinable public var rows: Pages<Object?> { storage.rows }
    /// How many objects there are.
    public var count: Int { storage.slots.count }
    public var isEmpty: Bool { storage.slots.count == 0 }
    /// The object called `key`. O(1).
    public subscript(key: ObjectKey) -> Object? {
        @specialized(where Object == Pod)
        @specialized(where Object == Node)
        @specialized(where Object == ReplicaSet)
        get { slot(of: key).flatMap { storage.rows[$0] } }
    }
    /// Where the object called `key` stands.
    @specialized(where Object == Pod)
    @specialized(where Object == Node)
    @specialized(where Object == ReplicaSet)
    public func slot(of key: ObjectKey) -> Int? { storage.slot(Object.hash(of: key)) { $0.isCalled(key) } }
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
        return found.sorted { $0.key < $1.key }.compactMap { storage.rows[$0.slot] }
    }
    /// The change numbered `index` among those of this kind.
    public func change(_ index: Int) -> Change<Object> { storage.changes[index - storage.firstChange] }
    var changeCount: Int { storage.firstChange + storage.changes.count }

    /// The storage, to be written; a copy if others hold it too.
    private var own: Storage {
        mutating get {
            if !isKnownUniquelyReferenced(&storage) { storage = Storage(storage) }
            return storage
        }
    }

    /// Forgets the changes before `index`.
    mutating func compact(before index: Int) {
        let surplus = index - storage.firstChange
        guard surplus > 0 else { return }
        let own = own
        own.changes.removeFirst(surplus)
        own.firstChange = index
    }

    /// Returns the slot. The key must be free.
    mutating func insert(_ object: Object) -> Int {
        let (own, hash) = (own, object.keyHash)
        precondition(own.slot(hash) { $0.key == object.key } == nil, "\(Object.kind.rawValue) \(object.key) exists")
        let slot: Int
        if let reused = own.free.popLast() {
            slot = reused
            own.rows[slot] = object
        } else {
            slot = own.rows.count
            own.rows.append(object)
        }
        own.slots.insert(hash, slot)
        own.changes.append(Change(action: .added, object: object, previous: nil, slot: slot))
        return slot
    }
    mutating func replace(_ object: Object, at slot: Int) {
        let own = own
        let previous = own.rows[slot]
        own.rows[slot] = object
        own.changes.append(Change(action: .modified, object: object, previous: previous, slot: slot))
    }
    mutating func remove(at slot: Int, last: Object) {
        let own = own
        let previous = own.rows[slot]
        own.slots.remove(last.keyHash, slot)
        own.rows[slot] = nil
        own.free.append(slot)
        own.changes.append(Change(action: .deleted, object: last, previous: previous, slot: slot))
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
