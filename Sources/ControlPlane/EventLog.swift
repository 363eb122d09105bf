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
    /// How often the same was told until now: the count of the Event object.
    public var count = 1

    /// The line of `--events jsonl`: `t` in seconds of virtual time since `origin`.
    public func json(since origin: Instant) -> JSONValue {
        [
            "t": .double(Double((time - origin).nanoseconds / 1_000_000) / 1000), "type": isWarning ? "Warning" : "Normal",
            "reason": .string(reason), "object": .string(objectText), "message": .string(message),
            "source": .string(source),
        ]
    }
    /// `Pod/shop/web-0`, or `Node/c2`.
    public var objectText: String { "\(kind)/\(object)" }
}

/// The told events in order; the oldest are forgotten when they are many, or a day old.
public struct EventLog: Sendable {
    /// The events that are kept.
    public private(set) var events = Deque<ToldEvent>()
    /// How many were told since the start: the number after that of the newest.
    public private(set) var count = 0
    /// How many of them an opened state told of the time before it.
    public private(set) var past = 0
    /// How many are kept; the oldest beyond are dropped.
    public var capacity = 4096

    /// The events from number `first` on that are still kept.
    public func events(from first: Int) -> Deque<ToldEvent>.SubSequence {
        events.suffix(max(0, min(count - first, events.count)))
    }
    /// Takes in an event that another API server has, in its place by time; those before `start` are of the past.
    mutating func note(_ event: Event, since start: Instant) {
        guard let time = Self.time(of: event) else { return }
        let about = event.involvedObject
        let told = ToldEvent(
            time: time, isWarning: event.type == "Warning", reason: event.reason, kind: about.kind,
            object: ObjectKey(namespace: about.namespace, name: about.name), message: event.message,
            source: event.source.component.isEmpty ? event.reportingComponent : event.source.component, host: event.source.host, count: max(1, event.count))
        let place = (events.lastIndex { $0.time <= time } ?? -1) + 1
        events.insert(told, at: place)
        count += 1
        if time < start { past += 1 }
        if events.count > capacity * 2 { events.removeFirst(events.count - capacity) }
    }
    /// When an event happened last.
    public static func time(of event: Event) -> Instant? { event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp }
    mutating func append(_ event: ToldEvent) {
        events.append(event)
        count += 1
        // Dropping in blocks keeps the cost of an append constant.
        if events.count > capacity * 2 { events.removeFirst(events.count - capacity) }
        while let first = events.first, event.time - first.time > .hours(24) { events.removeFirst() }
    }
}

/// Remembers which Event object stands for which repeated event.
struct EventRecorder: Sendable {
    /// Where the newest Event about the same stands, by the hash of what makes it the same. A hint: what stands there
    /// is compared.
    var slots: [Int: Int32] = [:]
    /// By slot: the number of the Event there.
    private var numbers: [Int] = []
    var expiry = EventQueue<(slot: Int, number: Int)>()
    private(set) var number = 0

    /// The number of the event to come.
    mutating func next() -> Int {
        number += 1
        return number
    }
    mutating func keep(_ slot: Int, number: Int, hash: Int, until time: Instant) {
        slots[hash] = Int32(slot)
        expire(slot, number: number, at: time)
    }
    /// Lets the event at `slot` go at a time, whoever told it.
    mutating func expire(_ slot: Int, number: Int, at time: Instant) {
        while numbers.count <= slot { numbers.append(0) }
        numbers[slot] = number
        expiry.schedule((slot, number), at: time)
    }
    func holds(_ slot: Int, number: Int) -> Bool { slot < numbers.count && numbers[slot] == number }

    static func hash(_ reference: ObjectReference, _ reason: String, _ message: String) -> Int {
        var hasher = Hasher()
        hasher.combine(reference.uid.isEmpty ? reference.name : reference.uid)
        hasher.combine(reason)
        hasher.combine(message)
        return hasher.finalize()
    }
    static func isSame(_ event: EventContent, _ reference: ObjectReference, _ reason: String, _ message: String, _ source: EventSource) -> Bool {
        event.message == message && event.reason == reason && event.source == source
            && event.involvedObject.uid == reference.uid && event.involvedObject.name == reference.name
            && event.involvedObject.fieldPath == reference.fieldPath
    }
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
        if !tellsEvents { return leaveOut(reference, reason, message, source) }
        var told = ToldEvent(
            time: now, isWarning: warning, reason: reason, kind: reference.kind,
            object: ObjectKey(namespace: reference.namespace, name: reference.name), message: message,
            source: source.component, host: source.host)
        defer { eventLog.append(told) }
        expireEvents()
        let hash = EventRecorder.hash(reference, reason, message)
        if let slot = eventRecorder.slots[hash].map(Int.init), var event = store.events.rows[slot],
            EventRecorder.isSame(event.content.value, reference, reason, message, source)
        {
            event.count += 1
            told.count = event.count
            event.lastTimestamp = time
            store.replace(event, at: now)
            return
        }
        let number = eventRecorder.next()
        let stamp = String(UInt64(bitPattern: now.nanoseconds &+ 0x17a0_0000_0000_0000) &+ UInt64(number), radix: 16)
        var metadata = ObjectMeta(
            name: "\(reference.name).\(stamp)", namespace: reference.namespace.isEmpty ? "default" : reference.namespace)
        metadata.uid = makeUID()
        metadata.creationTimestamp = now
        var content = EventContent()
        content.involvedObject = reference
        (content.reason, content.message, content.action) = (reason, message, action)
        (content.source, content.reportingComponent, content.reportingInstance) = (source, source.component, source.host)
        (content.firstTimestamp, content.lastTimestamp, content.count) = (time, time, 1)
        content.type = warning ? "Warning" : "Normal"
        let slot = store.add(Event(Metadata(metadata), content), at: now)
        eventRecorder.keep(slot, number: number, hash: hash, until: now + settings.eventTimeToLive)
    }

    /// Draws what a new event would have drawn, so that all that comes after is named as if it had been told.
    private mutating func leaveOut(_ reference: ObjectReference, _ reason: String, _ message: String, _ source: EventSource) {
        let hash = EventRecorder.hash(reference, reason, message)
        if let slot = eventRecorder.slots[hash].map(Int.init), let event = store.events.rows[slot],
            EventRecorder.isSame(event.content.value, reference, reason, message, source)
        {
            return
        }
        if leftOut.insert(hash).inserted { _ = makeUID() }
    }

    private mutating func expireEvents() {
        while let (due, told) = eventRecorder.expiry.popDue(by: store.events.count >= settings.mostEvents ? .distantFuture : now) {
            guard eventRecorder.holds(told.slot, number: told.number), let event = store.events.rows[told.slot] else { continue }
            // It was told again since: its time begins anew.
            if let last = event.lastTimestamp, last + settings.eventTimeToLive > max(now, due) {
                eventRecorder.expiry.schedule(told, at: last + settings.eventTimeToLive)
                continue
            }
            store.remove(Event.self, event.key, at: now)
            let hash = EventRecorder.hash(event.involvedObject, event.reason, event.message)
            if eventRecorder.slots[hash] == Int32(told.slot) { eventRecorder.slots[hash] = nil }
        }
    }
}
