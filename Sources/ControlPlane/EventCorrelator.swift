// What the recorder of a component combines and holds back before it sends events.

import KubernetesAPI
import SimulationKit

/// The memory of one component's recorder: similar events become one, and an object about which too much is told is cut short.
///
/// Its tables hold what was told of the objects that were told about last, by hash. A component that starts anew has a new one.
/// - Source: Kubernetes `client-go/tools/record/events_cache.go` (`EventAggregator`, `eventLogger`, `EventSourceObjectSpamFilter`).
public struct EventCorrelator: Sendable {
    /// With so many different messages of one object, type and reason, the newest is combined with those after it.
    fileprivate static let similar = 10
    /// Similar events that are further apart than this begin anew.
    fileprivate static let similarWithin = Duration.minutes(10)
    /// Events of one object: so many at once, and one in each period after that.
    private static let burst = 25
    private static let refill = Duration.minutes(5)
    /// As many objects are remembered.
    static let mostObjects = 4096

    /// Where an event is that was told: a slot may have another one since.
    struct Place: Sendable {
        var slot: Int32
        var number: Int32
    }
    /// What becomes of an event.
    struct Verdict {
        var message: String
        /// What it is counted with, whatever that says; only for one that is combined with others.
        var combined: Place?
        /// Whether other names are drawn for it than for the last one that it is combined with; nil for one that stands for itself.
        var isOther: Bool?
        /// How many of the same were held back before it.
        var heldBack = 0
        var isDropped = false
    }

    /// A message by hash, and how many of it were held back since one was sent.
    fileprivate struct Told: Sendable {
        var message: UInt64 = 0
        var heldBack: Int32 = 0
    }
    /// Events of one type and reason about one object.
    fileprivate struct Group: Sendable {
        let key: UInt64
        var last: Instant
        var told: [Told] = []
        /// The event that stands for those after the first nine, and what it said last.
        var combined = Told()
        var place: Place?
    }
    fileprivate struct Object: Sendable {
        /// When its bucket is full again if nothing more is told.
        var full = Instant.start
        /// Grows with each event of the component: what was used last has the largest.
        var used = 0
        var groups: [Group] = []
    }
    private var objects: [UInt64: Object] = [:]
    private var uses = 0
    /// As many objects as are held before those that are quiet are looked for.
    private var limit = 16

    public init() {}

    private static func key(_ about: ObjectReference, _ source: EventSource) -> UInt64 {
        var hash = StableHash.of(about.uid)
        for part in [about.name, about.namespace, about.kind, source.component, source.host] { hash = StableHash.of(part, seed: hash) }
        return hash
    }

    /// Notes an event that is to be told, and says what becomes of it.
    mutating func note(_ reason: String, _ message: String, about: ObjectReference, warning: Bool, source: EventSource, at now: Instant) -> Verdict {
        if objects.count >= limit { forgetSome(now) }
        uses += 1
        let uses = uses
        // Changed where it is: most objects have few events, and a copy would cost more than the look.
        func note(_ object: inout Object) -> Verdict {
            object.used = uses
            let full = max(object.full, now)
            let isDropped = full - now > Self.refill * (Self.burst - 1)
            if !isDropped { object.full = full + Self.refill }
            let group = object.group(StableHash.of(reason, seed: warning ? 1 : 0), at: now)
            return object.groups[group].note(message, isDropped: isDropped)
        }
        return note(&objects[Self.key(about, source), default: Object()])
    }

    /// Notes where the event is that stands for others.
    mutating func keep(_ place: Place, _ reason: String, about: ObjectReference, warning: Bool, source: EventSource) {
        let key = StableHash.of(reason, seed: warning ? 1 : 0)
        func keep(_ object: inout Object?) {
            guard let group = object?.groups.firstIndex(where: { $0.key == key }) else { return }
            object?.groups[group].place = place
        }
        keep(&objects[Self.key(about, source)])
    }

    /// Forgets objects that are as if nothing had been told about them and, with very many, those that were told about longest ago:
    /// many at once, so that an event pays for a few of them.
    private mutating func forgetSome(_ now: Instant) {
        objects = objects.filter { _, object in
            object.full > now || object.groups.contains { now - $0.last <= Self.similarWithin || $0.place != nil }
        }
        if objects.count >= Self.mostObjects {
            let oldest = objects.values.map(\.used).sorted()[Self.mostObjects / 8]
            objects = objects.filter { $0.value.used > oldest }
        }
        limit = min(Self.mostObjects, max(16, objects.count * 2))
    }
    /// How many objects are remembered.
    var count: Int { objects.count }

    /// The object is gone: nothing more will be told about it.
    public mutating func forget(_ about: ObjectReference, _ source: EventSource) { objects[Self.key(about, source)] = nil }
}

extension EventCorrelator.Object {
    /// The place of a group, which begins anew after a long silence.
    fileprivate mutating func group(_ key: UInt64, at now: Instant) -> Int {
        guard let index = groups.firstIndex(where: { $0.key == key }) else {
            groups.append(EventCorrelator.Group(key: key, last: now))
            return groups.count - 1
        }
        if now - groups[index].last > EventCorrelator.similarWithin { groups[index].told = [] }
        groups[index].last = now
        return index
    }
}

extension EventCorrelator.Group {
    /// What a message becomes in the group.
    fileprivate mutating func note(_ message: String, isDropped: Bool) -> EventCorrelator.Verdict {
        func count(_ heldBack: inout Int32) -> Int {
            defer { heldBack = isDropped ? heldBack &+ 1 : 0 }
            return Int(heldBack)
        }
        let hash = StableHash.of(message)
        var verdict = EventCorrelator.Verdict(message: message, isDropped: isDropped)
        if let index = told.firstIndex(where: { $0.message == hash }) {
            verdict.heldBack = count(&told[index].heldBack)
        } else if told.count + 1 < EventCorrelator.similar {
            told.append(.init(message: hash, heldBack: isDropped ? 1 : 0))
        } else {
            verdict.message = "(combined from similar events): " + message
            (verdict.combined, verdict.isOther) = (place, combined.message != hash)
            verdict.heldBack = count(&combined.heldBack)
            combined.message = hash
        }
        return verdict
    }
}
