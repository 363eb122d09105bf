import DequeModule
import KubernetesAPI
import SimulationKit

/// One event as it was told, with its exact time: what `--events jsonl` prints.
public struct ToldEvent: Sendable {
    public var time: Instant
    public var isWarning: Bool
    public var reason: String
    public var kind: String
    public var object: ObjectKey
    public var message: String
    /// The component that told it, such as `kubelet`.
    public var source: String
    /// The node it runs on, for kubelets.
    public var host: String

    /// The line of `--events jsonl`: `t` in seconds of virtual time.
    public var json: JSONValue {
        [
            "t": .double(Double(time.nanoseconds / 1_000_000) / 1000), "type": isWarning ? "Warning" : "Normal",
            "reason": .string(reason), "object": .string(objectText), "message": .string(message),
            "source": .string(source),
        ]
    }
    /// `Pod/shop/web-0`, or `Node/c2`.
    public var objectText: String { "\(kind)/\(object)" }
}

/// The told events in order; the oldest are forgotten when they are many.
public struct Narrative: Sendable {
    /// The events that are kept.
    public private(set) var events = Deque<ToldEvent>()
    /// How many were told since the start: the number after that of the newest.
    public private(set) var count = 0
    /// How many are kept; the oldest beyond are dropped.
    public var capacity = 4096

    /// The events from number `first` on that are still kept.
    public func events(from first: Int) -> Deque<ToldEvent>.SubSequence {
        events.suffix(max(0, min(count - first, events.count)))
    }
    mutating func append(_ event: ToldEvent) {
        events.append(event)
        count += 1
        // Dropping in blocks keeps the cost of an append constant.
        if events.count > capacity * 2 { events.removeFirst(events.count - capacity) }
    }
}

/// Remembers which Event object stands for which repeated event.
struct EventRecorder: Sendable {
    struct Identity: Hashable {
        var object: String
        var reason: String
        var message: String
        var fieldPath: String
        var component: String
        // The rest seldom differs, and is compared anyway.
        func hash(into hasher: inout Hasher) {
            hasher.combine(object)
            hasher.combine(reason)
        }
    }
    var known: [Identity: ObjectKey] = [:]
    var expiry = EventQueue<(key: ObjectKey, identity: Identity)>()
    var number = 0
}

extension Cluster {
    /// Tells an event about `object`: the same one again raises its count instead of adding an object.
    ///
    /// - Parameters:
    ///   - warning: `type: Warning` instead of Normal.
    ///   - fieldPath: the part of the object, such as `spec.containers{web}`.
    /// - Source: Kubernetes `client-go/tools/record/events_cache.go`.
    public mutating func record(
        _ reason: String, _ message: String, about object: some KubernetesObject, warning: Bool = false,
        source: EventSource, fieldPath: String = "", action: String = ""
    ) {
        record(
            reason, message, about: ObjectReference(object, fieldPath: fieldPath), warning: warning, source: source,
            action: action)
    }

    /// Tells an event about the object that `reference` names.
    /// - Parameter happened: when, if it could not be told at once; default now.
    public mutating func record(
        _ reason: String, _ message: String, about reference: ObjectReference, warning: Bool = false,
        source: EventSource, action: String = "", happened: Instant? = nil
    ) {
        let time = happened ?? now
        narrative.append(
            ToldEvent(
                time: now, isWarning: warning, reason: reason, kind: reference.kind,
                object: ObjectKey(namespace: reference.namespace, name: reference.name), message: message,
                source: source.component, host: source.host))
        expireEvents()
        let identity = EventRecorder.Identity(
            object: reference.uid.isEmpty ? reference.name : reference.uid, reason: reason, message: message,
            fieldPath: reference.fieldPath, component: source.component + source.host)
        if let key = recorder.known[identity], var event = store.events[key] {
            event.count += 1
            event.lastTimestamp = time
            store.replace(event, at: now)
            return
        }
        recorder.number += 1
        var event = Event()
        let stamp = String(UInt64(bitPattern: now.nanoseconds &+ 0x17a0_0000_0000_0000) &+ UInt64(recorder.number), radix: 16)
        event.metadata.name = "\(reference.name).\(stamp)"
        event.metadata.namespace = reference.namespace.isEmpty ? "default" : reference.namespace
        event.metadata.uid = makeUID()
        event.metadata.creationTimestamp = now
        event.involvedObject = reference
        (event.reason, event.message, event.action) = (reason, message, action)
        (event.source, event.reportingComponent, event.reportingInstance) = (source, source.component, source.host)
        (event.firstTimestamp, event.lastTimestamp, event.count) = (time, time, 1)
        event.type = warning ? "Warning" : "Normal"
        store.insert(event, at: now)
        recorder.known[identity] = event.key
        recorder.expiry.schedule((event.key, identity), at: now + settings.eventTimeToLive)
    }

    private mutating func expireEvents() {
        while let (_, told) = recorder.expiry.popDue(by: now) {
            if let event = store.events[told.key], let last = event.lastTimestamp,
                last + settings.eventTimeToLive > now
            {
                recorder.expiry.schedule(told, at: last + settings.eventTimeToLive)
                continue
            }
            store.remove(Event.self, told.key, at: now)
            if recorder.known[told.identity] == told.key { recorder.known[told.identity] = nil }
        }
    }
}
