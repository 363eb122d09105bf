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
        var groups: [Group] = []
    }
    private struct Group: Sendable {
        var reason: String
        var isWarning: Bool
        /// The first ones, by hash.
        var messages: [UInt64] = []
        var last = Instant.start
    }
    private var objects: [String: Object] = [:]
    /// As many objects as are remembered before those that are quiet are looked for.
    private var limit = 16

    /// The message as it is to be told, or nil if the event is dropped.
    mutating func message(_ event: APIClient.PendingEvent, at now: Instant) -> String? {
        if objects.count > limit { forgetQuiet(now) }
        var object = objects[event.about.uid] ?? Object()
        defer { objects[event.about.uid] = object }
        let index = object.groups.firstIndex { $0.reason == event.reason && $0.isWarning == event.isWarning } ?? object.groups.count
        if index == object.groups.count { object.groups.append(Group(reason: event.reason, isWarning: event.isWarning, last: now)) }
        if now - object.groups[index].last > Self.similarWithin { object.groups[index].messages = [] }
        object.groups[index].last = now
        let hash = StableHash.of(event.message)
        if !object.groups[index].messages.contains(hash) { object.groups[index].messages.append(hash) }
        var message = event.message
        if object.groups[index].messages.count >= Self.similar {
            object.groups[index].messages.removeLast()
            message = "(combined from similar events): " + message
        }
        let full = max(object.full, now)
        guard full - now <= Self.refill * (Self.burst - 1) else { return nil }
        object.full = full + Self.refill
        return message
    }

    /// Forgets objects that are as if nothing had been told about them.
    private mutating func forgetQuiet(_ now: Instant) {
        objects = objects.filter { _, object in
            object.full > now || object.groups.contains { now - $0.last <= Self.similarWithin }
        }
        limit = max(16, objects.count * 2)
    }

    /// The object is gone, or the kubelet starts anew.
    mutating func forget(_ uid: String) { objects[uid] = nil }
    mutating func forgetAll() { objects = [:] }
}
