import ControlPlane
import Foundation
import KubernetesAPI
import Simulation
import SimulationKit

/// A stream of changes. The holder asks for what is new after each slice of the simulation, on the simulation's thread.
public struct APIWatch: Sendable {
    /// Of the answer that begins the stream; its status is 200.
    public let headers: [(name: String, value: String)]
    /// Seconds of the wall clock after which the stream is to end without an error; the holder counts them.
    public let timeoutSeconds: Int

    private let form: ObjectForm
    private let formName: String
    private let filter: ObjectFilter
    private let cache: WatchCache
    private let sendsBookmarks: Bool
    private let returns: Int
    private var cursor: WatchCursor
    /// What is sent before any change.
    private var pending: [@Sendable () -> [UInt8]] = []
    private var isOver = false
    private var lastBookmark: Instant
    private var lastRevision: Int
    /// Columns come with the first event of a table.
    private var needsColumns = true
    /// What there is already is being told.
    private var isFirst = true

    init(
        _ request: ResourceRequest, filter: ObjectFilter, initial: [any StoredObject]?, endsInitial: Bool, from revision: Int, timeoutSeconds: Int,
        cache: WatchCache, in session: Session
    ) {
        (form, self.filter, self.cache, self.timeoutSeconds) = (request.form, filter, cache, timeoutSeconds)
        formName = WatchCache.name(of: form)
        headers = request.headers
        sendsBookmarks = request.info.flag("allowWatchBookmarks")
        returns = session.returns
        let start = session.cluster.store.cursor(after: revision)
        cursor = start ?? .beginning
        lastBookmark = session.now
        lastRevision = revision
        for object in initial ?? [] {
            pending.append(event("ADDED", object, revision: object.metadata.resourceVersion, isPrevious: false, in: session))
        }
        isFirst = false
        if endsInitial { pending.append(bookmark(revision, isEnd: true)) }
        if initial == nil, start == nil || !session.cluster.store.holds(cursor) { expire(session, from: revision) }
    }

    /// What is new since the last call: one closure an event, each called at most once, on any thread. After `isOver` the
    /// stream ends once these are sent.
    public mutating func next(in session: Session) -> (chunks: [@Sendable () -> [UInt8]], isOver: Bool) {
        if !isOver {
            if session.returns != returns || !session.cluster.store.holds(cursor) {
                expire(session, from: lastRevision)
            } else {
                read(session)
            }
        }
        defer { pending = [] }
        return (pending, isOver)
    }

    private mutating func read(_ session: Session) {
        let store = session.cluster.store
        while let entry = store.next(&cursor, until: .distantFuture) {
            if entry.kind != form.info.type { continue }
            let change = store.change(of: entry)
            note(change.object, change.previous, isDeleted: change.isDeleted, revision: store.revision(at: cursor), in: session)
        }
        // Once a minute, as upstream: a client that sees no change of its own would have to list again after a break.
        if sendsBookmarks, session.now - lastBookmark >= .seconds(60) {
            let revision = store.revision(at: cursor)
            if revision != lastRevision { pending.append(bookmark(revision, isEnd: false)) }
            (lastBookmark, lastRevision) = (session.now, revision)
        }
    }

    private mutating func note(
        _ object: any StoredObject, _ previous: (any StoredObject)?, isDeleted: Bool, revision: Int, in session: Session
    ) {
        if form.info.type == .custom, object.kindInfo.kind != form.info.kind || object.kindInfo.group != form.info.group { return }
        let was = previous.map(filter.matches) ?? false
        let isNow = !isDeleted && filter.matches(object)
        switch (was, isNow) {
        case (false, true): pending.append(event("ADDED", object, revision: revision, isPrevious: false, in: session))
        case (true, true): pending.append(event("MODIFIED", object, revision: revision, isPrevious: false, in: session))
        case (true, false):
            // What left the selection is sent as it was while it was in it, but with the new revision.
            let last = isDeleted ? object : previous ?? object
            pending.append(event("DELETED", last, revision: revision, isPrevious: !isDeleted, in: session))
        case (false, false): return
        }
        lastRevision = revision
    }

    // MARK: Events

    private mutating func event(
        _ type: String, _ object: any StoredObject, revision: Int, isPrevious: Bool, in session: Session
    ) -> @Sendable () -> [UInt8] {
        var object = object
        if isPrevious { object.metadata.resourceVersion = revision }
        if case .table(let version) = form.representation.form {
            let columns = needsColumns ? form.columnDefinitions(in: session.cluster) : .null
            needsColumns = false
            let row = row(WatchCache.Key(revision: revision, isPrevious: isPrevious, form: formName), object, in: session)
            let head: JSONValue = [
                "kind": "Table", "apiVersion": .string("meta.k8s.io/\(version)"), "metadata": ["resourceVersion": .string(String(revision))],
                "columnDefinitions": columns,
            ]
            return {
                var bytes = Array("{\"type\":\"\(type)\",\"object\":".utf8)
                head.write(to: &bytes)
                bytes.removeLast()
                return bytes + Array(",\"rows\":[".utf8) + row.bytes + Array("]}}\n".utf8)
            }
        }
        let encoded = encoded(WatchCache.Key(revision: revision, isPrevious: isPrevious, form: formName), object, in: session)
        return { Array("{\"type\":\"\(type)\",\"object\":".utf8) + encoded.bytes + Array("}\n".utf8) }
    }

    /// The row of an object as text, which is made once for all watchers that want the same.
    private func row(_ key: WatchCache.Key, _ object: any StoredObject, in session: Session) -> WatchCache.Encoded {
        // What its cells say depends on the cluster as it is now: those that begin a watch are made for it.
        if !isFirst, let known = cache.known(key) { return known }
        let row = form.row(object, in: session.cluster)
        let make: @Sendable () -> [UInt8] = {
            var bytes: [UInt8] = []
            row.write(to: &bytes)
            return bytes
        }
        return isFirst ? WatchCache.Encoded(make) : cache.add(key, make)
    }

    /// The object as text, which is made once for all watchers that want the same.
    private func encoded(_ key: WatchCache.Key, _ object: any StoredObject, in session: Session) -> WatchCache.Encoded {
        if let known = cache.known(key) { return known }
        let (form, kept) = (form, session.cluster.seen(object))
        return cache.add(key) {
            var bytes: [UInt8] = []
            if case .partial(let version) = form.representation.form {
                form.partial(kept, version: version).write(to: &bytes)
            } else {
                form.write(kept, asItem: false, to: &bytes)
            }
            return bytes
        }
    }

    private static func line(_ type: String, _ object: JSONValue) -> [UInt8] {
        let event: JSONValue = ["type": .string(type), "object": object]
        return event.line
    }

    private func bookmark(_ revision: Int, isEnd: Bool) -> @Sendable () -> [UInt8] {
        var metadata: JSONObject = ["resourceVersion": .string(String(revision))]
        if isEnd { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
        var object: JSONObject
        switch form.representation.form {
        case .whole: object = ["kind": .string(form.info.kind), "apiVersion": .string(form.apiVersion), "metadata": .object(metadata)]
        case .partial(let version):
            object = ["kind": "PartialObjectMetadata", "apiVersion": .string("meta.k8s.io/\(version)"), "metadata": .object(metadata)]
        case .table(let version):
            object = ["kind": "Table", "apiVersion": .string("meta.k8s.io/\(version)"), "metadata": .object(metadata), "columnDefinitions": .null]
            object["rows"] = [["cells": .null, "object": ["kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": .object(metadata)]]]
        }
        if form.info.type == .pod, form.representation.form == .whole {
            object["spec"] = ["containers": .null]
            object["status"] = [:]
        }
        let document = object
        return { Self.line("BOOKMARK", .object(document)) }
    }

    /// Ends the stream as what was asked for is no longer known.
    private mutating func expire(_ session: Session, from revision: Int) {
        let error = APIError(
            code: 410, reason: "Expired", message: "too old resource version: \(revision) (\(session.cluster.store.revision))")
        pending.append { Self.line("ERROR", error.status) }
        isOver = true
    }
}

extension ObjectStore {
    /// The write that an entry of the feed tells of, whatever its kind.
    func change(of entry: LogEntry) -> (object: any StoredObject, previous: (any StoredObject)?, isDeleted: Bool) {
        func read<O: StoredObject>(_ type: O.Type) -> (object: any StoredObject, previous: (any StoredObject)?, isDeleted: Bool) {
            let change = self[keyPath: O.table].change(entry.index)
            let isDeleted = if case .deleted = change.action { true } else { false }
            return (change.object, change.previous, isDeleted)
        }
        return read(Self.type(of: entry.kind))
    }
}

/// Objects as they were encoded for one watcher, for all others that want the same: each is encoded once, by the first who needs it.
final class WatchCache: @unchecked Sendable {
    // The table is used on the simulation's thread alone; an entry on any, under its lock.
    struct Key: Hashable {
        var revision: Int
        var isPrevious: Bool
        var form: String
    }
    final class Encoded: @unchecked Sendable {
        private let lock = NSLock()
        private var make: (@Sendable () -> [UInt8])?
        private var made: [UInt8] = []
        private let generation: Generation?
        init(in generation: Generation? = nil, _ make: @escaping @Sendable () -> [UInt8]) { (self.make, self.generation) = (make, generation) }
        var bytes: [UInt8] {
            lock.lock()
            defer { lock.unlock() }
            if let make {
                made = make()
                self.make = nil
                generation?.note(made.count)
            }
            return made
        }
    }
    /// What the texts of a generation hold, in bytes, which is known when they were made.
    final class Generation: @unchecked Sendable {
        private let lock = NSLock()
        private var held = 0
        func note(_ size: Int) { lock.withLock { held += size } }
        var size: Int { lock.withLock { held } }
    }
    private var newer: [Key: Encoded] = [:]
    private var older: [Key: Encoded] = [:]
    private var generation = Generation()
    private var returns = 0
    private static let capacity = 2048
    /// What a generation may hold, in bytes.
    private static let mostHeld = 16 << 20

    static func name(of form: ObjectForm) -> String {
        switch form.representation.form {
        case .whole: form.apiVersion
        case .partial(let version): "partial \(version)"
        case .table(let version): "table \(version) \(form.included.rawValue) \(form.apiVersion)"
        }
    }

    func known(_ key: Key) -> Encoded? { newer[key] ?? older[key] }

    func add(_ key: Key, _ make: @escaping @Sendable () -> [UInt8]) -> Encoded {
        // Two generations: the older is dropped as a whole when the newer is full.
        if newer.count >= Self.capacity || generation.size > Self.mostHeld { (older, newer, generation) = (newer, [:], Generation()) }
        let new = Encoded(in: generation, make)
        newer[key] = new
        return new
    }

    /// Forgets all: revisions mean something else after going back.
    func clear(at returns: Int) {
        if returns == self.returns { return }
        (newer, older, generation, self.returns) = ([:], [:], Generation(), returns)
    }
}
