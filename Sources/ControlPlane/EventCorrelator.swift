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

    /// A message that stands for itself, by hash; its group is its reason and type. Small: each pod has some.
    fileprivate struct Told: Sendable {
        var message: UInt64
        var group: UInt32
        /// How many of it were held back since one was sent.
        var heldBack: Int32 = 0
        /// When the group last told something.
        var last: Instant
    }
    /// The event that stands for those of a group after the first nine, and what it said last.
    fileprivate struct Combined: Sendable {
        let group: UInt32
        var message: UInt64 = 0
        var heldBack: Int32 = 0
        var last: Instant
        var place: Place?
    }
    fileprivate struct Object: Sendable {
        /// When its bucket is full again if nothing more is told.
        var full = Instant.start
        /// Grows with each event of the component: what was used last has the largest.
        var used = 0
        var told: [Told] = []
        var combined: [Combined] = []
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

    private static func group(_ reason: String, _ warning: Bool) -> UInt32 {
        UInt32(truncatingIfNeeded: StableHash.of(reason, seed: warning ? 1 : 0))
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
            return object.note(message, Self.group(reason, warning), isDropped: isDropped, at: now)
        }
        return note(&objects[Self.key(about, source), default: Object()])
    }

    /// Notes where the event is that stands for others.
    mutating func keep(_ place: Place, _ reason: String, about: ObjectReference, warning: Bool, source: EventSource) {
        let group = Self.group(reason, warning)
        func keep(_ object: inout Object?) {
            guard let index = object?.combined.firstIndex(where: { $0.group == group }) else { return }
            object?.combined[index].place = place
        }
        keep(&objects[Self.key(about, source)])
    }

    /// Forgets objects that are as if nothing had been told about them and, with very many, those that were told about longest ago:
    /// many at once, so that an event pays for a few of them.
    private mutating func forgetSome(_ now: Instant) {
        objects = objects.filter { _, object in
            object.full > now || !object.combined.isEmpty || object.told.contains { now - $0.last <= Self.similarWithin }
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
    /// What a message of a group becomes.
    fileprivate mutating func note(_ message: String, _ group: UInt32, isDropped: Bool, at now: Instant) -> EventCorrelator.Verdict {
        func count(_ heldBack: inout Int32) -> Int {
            defer { heldBack = isDropped ? heldBack &+ 1 : 0 }
            return Int(heldBack)
        }
        let hash = StableHash.of(message)
        let combinedIndex = combined.firstIndex { $0.group == group }
        let last = told.first { $0.group == group }?.last ?? combinedIndex.map { combined[$0].last }
        if let last, now - last > EventCorrelator.similarWithin { told.removeAll { $0.group == group } }
        var (similar, same): (Int, Int?) = (0, nil)
        for index in told.indices where told[index].group == group {
            told[index].last = now
            similar += 1
            if told[index].message == hash { same = index }
        }
        if let combinedIndex { combined[combinedIndex].last = now }
        var verdict = EventCorrelator.Verdict(message: message, isDropped: isDropped)
        if let same {
            verdict.heldBack = count(&told[same].heldBack)
        } else if similar + 1 < EventCorrelator.similar {
            told.append(.init(message: hash, group: group, heldBack: isDropped ? 1 : 0, last: now))
        } else {
            let index = combinedIndex ?? combined.count
            if combinedIndex == nil { combined.append(.init(group: group, last: now)) }
            verdict.message = "(combined from similar events): " + message
            (verdict.combined, verdict.isOther) = (combined[index].place, combined[index].message != hash)
            verdict.heldBack = count(&combined[index].heldBack)
            combined[index].message = hash
        }
        return verdict
    }
}
