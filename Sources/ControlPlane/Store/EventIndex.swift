// Which events are about an object, without looking at all of them.

import KubernetesAPI

/// The slots of events in chains, one for each name of an object that events are about, the newest first.
///
/// An event costs eight bytes and one look at a dictionary; a name that events are about costs twenty and up.
struct EventIndex: Sendable {
    private struct Link: Sendable {
        var older: Int32 = -1
        var newer: Int32 = -1
    }
    /// The newest event by name, which shares its bytes with the event: objects of one name share a chain, and are told apart by who reads it.
    private var newest = Shards<String, Int32>()
    private var links = Pages<Link>()

    mutating func insert(_ slot: Int, about name: String) {
        let slot32 = Int32(slot)
        while links.count <= slot { links.append(Link()) }
        let older = newest[name] ?? -1
        newest[name] = slot32
        links[slot] = Link(older: older)
        if older >= 0 { links[Int(older)].newer = slot32 }
    }
    mutating func remove(_ slot: Int, about name: String) {
        let link = links[slot]
        if link.older >= 0 { links[Int(link.older)].newer = link.newer }
        if link.newer >= 0 {
            links[Int(link.newer)].older = link.older
        } else {
            newest[name] = link.older >= 0 ? link.older : nil
        }
        links[slot] = Link()
    }
    /// The slots of a chain, the newest first.
    func slots(about name: String) -> some Sequence<Int> {
        sequence(state: newest[name] ?? -1) { slot -> Int? in
            guard slot >= 0 else { return nil }
            defer { slot = links[Int(slot)].older }
            return Int(slot)
        }
    }
}

extension ObjectStore {
    /// Slots of the events about the objects of `kind` called `key`, those told first last. O(events about objects of that name).
    public func eventSlots(about kind: String, _ key: ObjectKey) -> [Int] {
        eventIndex.slots(about: key.name).filter { slot in
            guard let about = events.rows[slot]?.involvedObject else { return false }
            return about.name == key.name && about.kind == kind && about.namespace == key.namespace
        }
    }
    /// The events about the objects of `kind` called `key`, whatever their identity, those told first last. O(events about objects of
    /// that name).
    public func events(about kind: String, _ key: ObjectKey) -> [Event] { eventSlots(about: kind, key).compactMap { events.rows[$0] } }

    mutating func indexEvent(_ slot: Int, from previous: Event?, to event: Event?) {
        indexContent(slot, from: previous, to: event)
        let (before, after) = (previous?.involvedObject.name, event?.involvedObject.name)
        // The same told again.
        if before == after { return }
        if let before { eventIndex.remove(slot, about: before) }
        if let after { eventIndex.insert(slot, about: after) }
    }

    // By what they tell.
    private mutating func indexContent(_ slot: Int, from previous: Event?, to event: Event?) {
        func hash(_ event: Event) -> Int { Event.hash(event.reason, event.message, about: event.involvedObject, source: event.source) }
        // Mostly the same was told again.
        if let previous, let event {
            if event.tells(previous.reason, previous.message, about: previous.involvedObject, source: previous.source) { return }
            eventsByContent.remove(hash(previous), slot)
        }
        guard let event else {
            if let previous { eventsByContent.remove(hash(previous), slot) }
            return
        }
        if let unheard {
            eventsByContent.insert(unheard, slot)
            self.unheard = nil
            return
        }
        let told = hash(event)
        if let older = self.event(told, telling: event.reason, event.message, about: event.involvedObject, source: event.source) {
            eventsByContent.remove(told, older)
        }
        eventsByContent.insert(told, slot)
    }
    /// Where the newest event is that tells just this.
    func event(telling reason: String, _ message: String, about: ObjectReference, source: EventSource) -> Int? {
        event(Event.hash(reason, message, about: about, source: source), telling: reason, message, about: about, source: source)
    }
    func event(_ hash: Int, telling reason: String, _ message: String, about: ObjectReference, source: EventSource) -> Int? {
        eventsByContent.find(hash) { events.rows[$0]?.tells(reason, message, about: about, source: source) ?? false }
    }
}
