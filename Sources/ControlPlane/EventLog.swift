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
    public private(set) var events = Backlog<ToldEvent>()
    /// How many were told since the start: the number after that of the newest.
    public private(set) var count = 0
    /// How many of them an opened state told of the time before it.
    public private(set) var past = 0
    /// How many are kept; the oldest beyond are dropped.
    public var capacity = 4096

    /// The events from number `first` on that are still kept.
    public func events(from first: Int) -> Backlog<ToldEvent>.SubSequence {
        events.suffix(max(0, min(count - first, events.count)))
    }
    /// Takes in an event that another API server has, in its place by time; those before `start` are of the past.
    mutating func note(_ event: Event, since start: Instant) {
        guard let time = Self.time(of: event) else { return }
        let about = event.involvedObject
        let told = ToldEvent(
            time: time, isWarning: event.isWarning, reason: event.reason, kind: about.kind,
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

/// When events go. Nearly all come in the order in which they go, each an hour after it was told: these stand in a list that kept states share.
struct ExpiryQueue: Sendable {
    private struct Entry: Sendable {
        var due: Instant
        var slot: Int32
        var number: Int32
    }
    private var inOrder = Backlog<Entry>()
    /// Those that go before the last of the others: told again since, or long ago.
    private var others = EventQueue<(slot: Int32, number: Int32)>()

    mutating func schedule(slot: Int32, number: Int32, at due: Instant) {
        if due < inOrder.last?.due ?? due {
            others.schedule((slot, number), at: due)
        } else {
            inOrder.append(Entry(due: due, slot: slot, number: number))
        }
    }
    /// The first that is due by `limit`, removed; nil if none is.
    mutating func popDue(by limit: Instant) -> (due: Instant, told: (slot: Int32, number: Int32))? {
        guard let first = inOrder.first, first.due <= others.nextDue ?? .distantFuture else { return others.popDue(by: limit).map { ($0, $1) } }
        if first.due > limit { return nil }
        inOrder.removeFirst()
        return (first.due, (first.slot, first.number))
    }
}

/// When which Event object goes, and what many of them have in common.
struct EventRecorder: Sendable {
    /// By slot: the number of the Event there.
    private var numbers = Pages<Int32>()
    var expiry = ExpiryQueue()
    private(set) var number = 0
    /// What was told last, by hash: an event with an equal part takes this one in its place. Nothing but memory depends on it.
    private var references = Recent<Shared<ObjectReference>>(most: 1 << 14)
    private var messages = Recent<String>(most: 1 << 10)
    private var sources = Recent<Shared<EventSource>>(most: 1 << 14)

    /// The newest of some values, each in the place that its hash gives it.
    private struct Recent<Value: Sendable>: Sendable {
        let most: Int
        var values = Pages<Value?>()

        mutating func share(_ hash: UInt64, of count: Int, isSame: (Value) -> Bool, make: () -> Value) -> Value {
            // As many places as there are events, so that a small cluster holds a small table.
            if values.count < most, values.count <= count { values = Pages(repeating: nil, count: min(most, max(16, values.count * 4))) }
            let place = Int(truncatingIfNeeded: hash >> 32) & (values.count - 1)
            if let known = values[place], isSame(known) { return known }
            let value = make()
            values[place] = value
            return value
        }
    }

    /// The number of the event to come.
    mutating func next() -> Int {
        number += 1
        return number
    }
    /// Lets the event at `slot` go at a time, whoever told it.
    mutating func expire(_ slot: Int, number: Int, at time: Instant) {
        while numbers.count <= slot { numbers.append(0) }
        numbers[slot] = Int32(truncatingIfNeeded: number)
        expiry.schedule(slot: Int32(slot), number: numbers[slot], at: time)
    }
    /// Which event is at a slot.
    func place(_ slot: Int) -> EventCorrelator.Place? {
        slot < numbers.count ? EventCorrelator.Place(slot: Int32(truncatingIfNeeded: slot), number: numbers[slot]) : nil
    }
    func holds(_ slot: Int32, number: Int32) -> Bool { slot < numbers.count && numbers[Int(slot)] == number }

    mutating func share(_ reference: ObjectReference, of count: Int) -> Shared<ObjectReference> {
        let hash = StableHash.of(reference.uid.isEmpty ? reference.name : reference.uid, seed: StableHash.of(reference.fieldPath))
        return references.share(hash, of: count, isSame: { $0.value == reference }, make: { Shared(reference) })
    }
    mutating func share(_ message: String, of count: Int) -> String {
        // Short ones are kept in place.
        if message.utf8.count < 16 { return message }
        return messages.share(StableHash.of(message), of: count, isSame: { $0 == message }, make: { message })
    }
    mutating func share(_ source: EventSource, of count: Int) -> Shared<EventSource> {
        sources.share(StableHash.of(source.host, seed: StableHash.of(source.component)), of: count, isSame: { $0.value == source }, make: { Shared(source) })
    }
}

extension Event {
    /// A hash of what makes two events the same: they differ in time alone.
    static func hash(_ reason: String, _ message: String, about: ObjectReference, source: EventSource) -> Int {
        var hash = StableHash.of(about.uid.isEmpty ? about.name : about.uid)
        for part in [about.fieldPath, reason, message, source.component, source.host] { hash = StableHash.of(part, seed: hash) }
        return Int(truncatingIfNeeded: hash)
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
    public mutating func record(
        _ reason: String, _ message: String, about reference: ObjectReference, warning: Bool = false, source: EventSource, action: String = ""
    ) {
        // Who says what it was doing has a recorder of the newer kind, which holds nothing back.
        if !action.isEmpty {
            _ = tell(.init(message: message), message, reason, about: reference, warning: warning, source: source, action: action, happened: now)
            return
        }
        var correlator = EventCorrelator()
        swap(&correlator, &eventCorrelator)
        defer { swap(&correlator, &eventCorrelator) }
        let verdict = correlator.note(reason, message, about: reference, warning: warning, source: source, at: now)
        if !verdict.isDropped {
            // The log has what was told, the API server what came of it.
            let place = tell(verdict, message, reason, about: reference, warning: warning, source: source, action: "", happened: now)
            if verdict.isOther != nil, let place { correlator.keep(place, reason, about: reference, warning: warning, source: source) }
            return
        }
        let hash = Event.hash(reason, message, about: reference, source: source)
        let known = store.event(hash, telling: reason, message, about: reference, source: source).flatMap { store.events.rows[$0] }
        // Names that come after do not depend on what is held back.
        if known == nil, !leftOut.contains(hash) { skipName() }
        if !tellsEvents { return }
        var told = toldEvent(reason, message, about: reference, warning: warning, source: source)
        told.count = (known?.count ?? 0).saturatingAdd(verdict.heldBack + 1)
        eventLog.append(told)
    }
    private func toldEvent(_ reason: String, _ message: String, about: ObjectReference, warning: Bool, source: EventSource) -> ToldEvent {
        ToldEvent(
            time: now, isWarning: warning, reason: reason, kind: about.kind, object: ObjectKey(namespace: about.namespace, name: about.name), message: message,
            source: source.component, host: source.host)
    }
    /// Draws what a new event would have drawn.
    private mutating func skipName() {
        _ = makeUID()
        _ = eventRecorder.next()
    }

    /// Tells an event through the recorder of a component; returns whether it was let through.
    /// - Parameter happened: when, if it could not be told at once; default now.
    public mutating func record(
        _ reason: String, _ message: String, about reference: ObjectReference, warning: Bool, source: EventSource, happened: Instant? = nil,
        through correlator: inout EventCorrelator
    ) -> Bool {
        let verdict = correlator.note(reason, message, about: reference, warning: warning, source: source, at: now)
        if verdict.isDropped { return false }
        let place = tell(verdict, verdict.message, reason, about: reference, warning: warning, source: source, action: "", happened: happened ?? now)
        if verdict.isOther != nil, let place { correlator.keep(place, reason, about: reference, warning: warning, source: source) }
        return true
    }

    /// Returns where the event is; nil if nobody is told.
    /// - Parameter logged: what the log of told events says.
    private mutating func tell(
        _ verdict: EventCorrelator.Verdict, _ logged: String, _ reason: String, about reference: ObjectReference, warning: Bool, source: EventSource,
        action: String, happened time: Instant
    ) -> EventCorrelator.Place? {
        if !tellsEvents, !HeldBackPods.needs(reason, of: reference.kind) {
            leaveOut(verdict, reason, reference, source)
            return nil
        }
        let count = store.events.count
        let message = eventRecorder.share(verdict.message, of: count)
        let isOwn = verdict.isOther == nil
        var told = toldEvent(reason, isOwn ? message : eventRecorder.share(logged, of: count), about: reference, warning: warning, source: source)
        defer { eventLog.append(told) }
        expireEvents()
        let hash = Event.hash(reason, message, about: reference, source: source)
        if let slot = slot(of: verdict.combined) ?? store.event(hash, telling: reason, message, about: reference, source: source),
            var event = store.events.rows[slot]
        {
            if !isExpired(event) {
                if verdict.isOther == true { skipName() }
                event.again(at: time, saying: message, times: verdict.heldBack + 1)
                if isOwn { told.count = event.count }
                store.replace(event, at: slot, now)
                return eventRecorder.place(slot)
            }
            store.remove(Event.self, event.key, at: now)
        }
        let number = eventRecorder.next()
        let stamp = UInt64(bitPattern: now.nanoseconds &+ 0x17a0_0000_0000_0000) &+ UInt64(number)
        let event = Event(
            telling: reason, message, about: eventRecorder.share(reference, of: count), isWarning: warning, source: eventRecorder.share(source, of: count),
            action: action, bits: StableHash.uuidBits(&names), stamp: stamp, at: now, happened: time, count: verdict.heldBack + 1)
        if isOwn { told.count = event.count }
        store.unheard = hash
        let slot = store.add(event, at: now)
        eventRecorder.expire(slot, number: number, at: now + settings.eventTimeToLive)
        return eventRecorder.place(slot)
    }

    /// The slot of an event, if it is there still.
    private func slot(of place: EventCorrelator.Place?) -> Int? {
        guard let place, eventRecorder.holds(place.slot, number: place.number), store.events.rows[Int(place.slot)] != nil else { return nil }
        return Int(place.slot)
    }
    /// Whether just this was told before, or left out.
    private func isKnown(_ hash: Int, _ reason: String, _ message: String, about reference: ObjectReference, source: EventSource) -> Bool {
        leftOut.contains(hash) || store.event(hash, telling: reason, message, about: reference, source: source) != nil
    }

    /// Draws what a new event would have drawn, so that all that comes after is named as if it had been told.
    private mutating func leaveOut(_ verdict: EventCorrelator.Verdict, _ reason: String, _ reference: ObjectReference, _ source: EventSource) {
        let hash = Event.hash(reason, verdict.message, about: reference, source: source)
        if verdict.isOther ?? !isKnown(hash, reason, verdict.message, about: reference, source: source) { skipName() }
        if verdict.isOther == nil { leftOut.insert(hash) }
    }

    /// So many events are removed when one is told: of a large cluster hundreds of thousands grow old together.
    private static let expiredAtOnce = 250

    private func isExpired(_ event: Event) -> Bool { event.lastTimestamp.map { $0 + settings.eventTimeToLive <= now } ?? false }

    private mutating func expireEvents() {
        var looks = 0
        while looks < Self.expiredAtOnce,
            let (due, told) = eventRecorder.expiry.popDue(by: store.events.count >= settings.mostEvents ? .distantFuture : now)
        {
            looks += 1
            guard eventRecorder.holds(told.slot, number: told.number), let event = store.events.rows[Int(told.slot)] else { continue }
            // It was told again since: its time begins anew.
            if let last = event.lastTimestamp, last + settings.eventTimeToLive > max(now, due) {
                eventRecorder.expiry.schedule(slot: told.slot, number: told.number, at: last + settings.eventTimeToLive)
                continue
            }
            store.remove(Event.self, event.key, at: now)
        }
    }
}
