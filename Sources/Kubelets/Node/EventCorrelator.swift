// Combines and limits the events of a kubelet before they are sent.

import KubernetesAPI
import SimulationKit

/// What a kubelet's event recorder does before it sends an event: similar ones become one, and an object that has too much
/// told about it is cut short.
///
/// - Source: Kubernetes `client-go/tools/record/events_cache.go` (`EventAggregator`, `EventSourceObjectSpamFilter`).
struct EventCorrelator: Sendable {
    /// So many different messages of one object, type and reason are told apart; those after them are combined.
    private static let similar = 10
    /// Similar events that are further apart than this begin anew.
    private static let similarWithin = Duration.minutes(10)
    /// Events of one object: so many at once, and one in each period after that.
    private static let burst = 25
    private static let refill = Duration.minutes(5)

    /// What was told about one object.
    private struct Object: Sendable {
        /// When its bucket is full again if nothing more is told.
        var full = Instant.start
        var told: [Told] = []

        /// Notes a message of a group; returns whether the group has told so many that it is combined with others.
        mutating func note(_ message: UInt64, group: UInt64, at now: Instant) -> Bool {
            var count = 0
            var isKnown = false
            var last: Instant?
            for one in told where one.group == group {
                count += 1
                isKnown = isKnown || one.message == message
                last = one.last
            }
            if let last, now - last > EventCorrelator.similarWithin {
                told.removeAll { $0.group == group }
                (count, isKnown) = (0, false)
            }
            if !isKnown, count + 1 < EventCorrelator.similar { told.append(Told(group: group, message: message, last: now)) }
            for index in told.indices where told[index].group == group { told[index].last = now }
            return (isKnown ? count : count + 1) >= EventCorrelator.similar
        }
    }
    /// A message by hash; its group is its reason and type.
    private struct Told: Sendable {
        var group: UInt64
        var message: UInt64
        /// When the group last told something.
        var last: Instant
    }
    private var objects: [String: Object] = [:]
    /// As many objects as are remembered before those that are quiet are looked for.
    private var limit = 16

    /// The message as it is to be told, or nil if the event is dropped.
    mutating func message(_ event: APIClient.PendingEvent, at now: Instant) -> String? {
        if objects.count > limit { forgetQuiet(now) }
        let group = StableHash.of(event.reason, seed: event.isWarning ? 1 : 0)
        // Changed where it is: most pods tell four events, and a copy would cost more than the look.
        func tell(_ object: inout Object) -> String? {
            let isCombined = object.note(StableHash.of(event.message), group: group, at: now)
            let full = max(object.full, now)
            guard full - now <= Self.refill * (Self.burst - 1) else { return nil }
            object.full = full + Self.refill
            return isCombined ? "(combined from similar events): " + event.message : event.message
        }
        return tell(&objects[event.about.uid, default: Object()])
    }

    /// Forgets objects that are as if nothing had been told about them.
    private mutating func forgetQuiet(_ now: Instant) {
        objects = objects.filter { _, object in
            object.full > now || object.told.contains { now - $0.last <= Self.similarWithin }
        }
        limit = max(16, objects.count * 2)
    }

    /// The object is gone, or the kubelet starts anew.
    mutating func forget(_ uid: String) { objects[uid] = nil }
    mutating func forgetAll() { objects = [:] }
}
