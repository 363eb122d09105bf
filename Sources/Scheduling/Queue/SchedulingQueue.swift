import ControlPlane
import HeapModule
import KubernetesAPI
import SimulationKit

/// A pod that waits for a node.
struct QueuedPod: Sendable {
    enum Place: Sendable, Equatable {
        case active, backoff, errorBackoff, unschedulable, gated, inFlight
        /// Beside the queue: its group is in one.
        case grouped
    }
    var pod: Pod
    var facts: PodFacts
    var place = Place.inFlight
    /// Attempts so far.
    var attempts = 0
    /// Rejections so far; attempts that ended in an error do not count.
    var rejections = 0
    var errors = 0
    /// When it was last put into the queue, or last failed.
    var timestamp: Instant
    var rejectedBy: Set<PluginName> = []
    var message = ""
    var lastAttempt: Instant?
    // What stands in a heap is valid only with the present stamp.
    fileprivate(set) var stamp = 0
    fileprivate var position = 0
    /// While it waits for an event: its class, and its place there.
    fileprivate var waitingClass = -1
    fileprivate var classPosition = 0

    init(pod: Pod, facts: PodFacts, timestamp: Instant) {
        (self.pod, self.facts, self.timestamp) = (pod, facts, timestamp)
    }

    fileprivate func likeness(_ slot: Int) -> SchedulingQueue.Likeness {
        let hasNode = !pod.nodeName.isEmpty
        return SchedulingQueue.Likeness(
            facts: ObjectIdentifier(facts), rejectedBy: rejectedBy, own: hasNode || facts.hasEphemeralClaims ? slot : -1, hasNode: hasNode)
    }
}

/// Pods that wait: ready to try, backing off, waiting for an event, gated.
///
/// - Source: Kubernetes `pkg/scheduler/backend/queue/scheduling_queue.go`.
struct SchedulingQueue: Sendable {
    fileprivate struct Ticket: Sendable, Comparable {
        var expiry: Instant
        var priority: Int
        var timestamp: Instant
        var slot: Int
        var stamp: Int
        static func < (a: Ticket, b: Ticket) -> Bool {
            if a.expiry != b.expiry { return a.expiry < b.expiry }
            if a.priority != b.priority { return a.priority > b.priority }
            if a.timestamp != b.timestamp { return a.timestamp < b.timestamp }
            return a.stamp < b.stamp
        }
    }
    let initialBackoff: Duration
    let maxBackoff: Duration
    /// Since 1.33 expiry is floored to the second, and an idle scheduler takes pods out of backoff early.
    let floorsExpiry: Bool
    let popsFromBackoff: Bool
    /// How long a pod may wait for an event, and how often that is looked at.
    static let longestStay = Duration.minutes(5)
    static let flushPeriod = Duration.seconds(30)

    // By slot.
    private var entries = Pages<QueuedPod?>()
    private var active = Heap<Ticket>()
    private var backoff = Heap<Ticket>()
    private var errorBackoff = Heap<Ticket>()
    /// Slots of the pods that wait for an event.
    private(set) var unschedulable: [Int] = []
    /// The same by classes to all of whose pods an event says the same: made from one template, refused by the same plugins. Those with a
    /// node, which wait to be resized, and those with claims of their own names are alone.
    fileprivate struct Likeness: Hashable {
        var facts: ObjectIdentifier
        var rejectedBy: Set<PluginName>
        var own: Int
        var hasNode: Bool
    }
    private var classNumbers: [Likeness: Int] = [:]
    private var classes: [(likeness: Likeness, slots: [Int])?] = []
    /// How many of them have a node.
    private(set) var waitingResizes = 0
    private var freeClasses: [Int] = []
    private var stays = EventQueue<(slot: Int, stamp: Int)>()
    private var stamps = 0

    init(initialBackoff: Duration, maxBackoff: Duration, profile: KubernetesProfile) {
        (self.initialBackoff, self.maxBackoff) = (initialBackoff, maxBackoff)
        floorsExpiry = profile.backoffExpiryIsFloored
        popsFromBackoff = profile.isEnabled(.schedulerPopFromBackoffQ)
    }

    /// How many pods wait in which way; those that wait with their group count as unschedulable.
    var pending: (active: Int, backoff: Int, unschedulable: Int, gated: Int) {
        var count = (active: 0, backoff: 0, unschedulable: 0, gated: 0)
        for case let entry? in entries {
            switch entry.place {
            case .active: count.active += 1
            case .backoff, .errorBackoff: count.backoff += 1
            case .unschedulable, .grouped: count.unschedulable += 1
            case .gated: count.gated += 1
            case .inFlight: continue
            }
        }
        return count
    }
    subscript(slot: Int) -> QueuedPod? { slot < entries.count ? entries[slot] : nil }

    /// Puts a pod into a place; the entry is updated by `change` first.
    mutating func put(_ entry: QueuedPod, slot: Int, into place: QueuedPod.Place) {
        var entry = entry
        while entries.count <= slot { entries.append(nil) }
        leave(slot)
        stamps += 1
        entry.stamp = stamps
        entry.place = place
        switch place {
        case .active: active.insert(ticket(entry, slot, expiry: .start))
        case .backoff: backoff.insert(ticket(entry, slot, expiry: expiry(entry)))
        case .errorBackoff: errorBackoff.insert(ticket(entry, slot, expiry: expiry(entry)))
        case .unschedulable:
            entry.position = unschedulable.count
            unschedulable.append(slot)
            file(&entry, slot)
            // Pods that left in the meantime: those that are refused again and again would be many.
            if stays.count > 4 * unschedulable.count + 4096 { stays.removeAll { [entries] in entries[$0.slot]?.stamp != $0.stamp } }
            let period = Self.flushPeriod.nanoseconds
            let due = (entry.timestamp + Self.longestStay).nanoseconds
            stays.schedule((slot, entry.stamp), at: Instant(nanoseconds: (due / period + 1) * period))
        case .gated, .inFlight, .grouped: break
        }
        entries[slot] = entry
    }
    /// Puts a pod that failed before into the active queue, or into backoff while its time has not come.
    mutating func requeue(_ slot: Int, now: Instant) {
        guard let entry = self[slot] else { return }
        put(entry, slot: slot, into: isBackingOff(entry, now: now) ? .backoff : .active)
    }
    @discardableResult
    mutating func remove(_ slot: Int) -> QueuedPod? {
        guard slot < entries.count, entries[slot] != nil else { return nil }
        leave(slot)
        var entry: QueuedPod?
        swap(&entry, &entries[slot])
        return entry
    }
    /// Replaces what is known of a pod without moving it.
    mutating func update(_ slot: Int, _ change: (inout QueuedPod) -> Void) {
        guard slot < entries.count, let before = entries[slot] else { return }
        change(&entries[slot]!)
        guard before.place == .unschedulable, before.likeness(slot) != entries[slot]!.likeness(slot) else { return }
        unfile(slot)
        var entry = entries[slot]!
        file(&entry, slot)
        entries[slot] = entry
    }

    private mutating func file(_ entry: inout QueuedPod, _ slot: Int) {
        let likeness = entry.likeness(slot)
        let number: Int
        if let known = classNumbers[likeness] {
            number = known
        } else {
            number = freeClasses.popLast() ?? classes.count
            if number == classes.count { classes.append(nil) }
            classes[number] = (likeness, [])
            classNumbers[likeness] = number
        }
        if likeness.hasNode { waitingResizes += 1 }
        entry.waitingClass = number
        entry.classPosition = classes[number]!.slots.count
        classes[number]!.slots.append(slot)
    }
    private mutating func unfile(_ slot: Int) {
        guard let (number, position) = entries[slot].map({ ($0.waitingClass, $0.classPosition) }), number >= 0 else { return }
        let last = classes[number]!.slots.removeLast()
        if position < classes[number]!.slots.count {
            classes[number]!.slots[position] = last
            entries[last]?.classPosition = position
        }
        if classes[number]!.likeness.hasNode { waitingResizes -= 1 }
        entries[slot]?.waitingClass = -1
        guard classes[number]!.slots.isEmpty else { return }
        classNumbers[classes[number]!.likeness] = nil
        classes[number] = nil
        freeClasses.append(number)
    }

    /// The classes of the pods that wait for an event, each by one of its pods.
    var waitingClasses: [(number: Int, first: QueuedPod)] {
        classes.indices.compactMap { number in classes[number]?.slots.first.flatMap { entries[$0] }.map { (number, $0) } }
    }
    /// Puts the pods of these classes into the active queue or backoff, in the order in which all wait.
    mutating func requeue(classes numbers: [Int], now: Instant) {
        var woken: [(position: Int, slot: Int)] = []
        for number in numbers { woken += (classes[number]?.slots ?? []).map { (entries[$0]?.position ?? 0, $0) } }
        woken.sort { $0.position < $1.position }
        for (_, slot) in woken { requeue(slot, now: now) }
    }

    private mutating func leave(_ slot: Int) {
        guard entries[slot]?.place == .unschedulable, let position = entries[slot]?.position else { return }
        unfile(slot)
        let last = unschedulable.removeLast()
        if position < unschedulable.count {
            unschedulable[position] = last
            entries[last]?.position = position
        }
    }
    private func ticket(_ entry: QueuedPod, _ slot: Int, expiry: Instant) -> Ticket {
        Ticket(
            expiry: expiry, priority: entry.facts.priority, timestamp: entry.timestamp, slot: slot,
            stamp: entry.stamp)
    }

    // MARK: Backoff

    /// Until when a pod that failed is not tried again.
    func expiry(_ entry: QueuedPod) -> Instant {
        let n = entry.errors > 0 ? entry.errors : entry.rejections
        if n == 0 { return entry.timestamp }
        var wait = initialBackoff
        for _ in 1..<max(1, n) where wait < maxBackoff { wait = wait * 2 }
        let end = entry.timestamp + min(wait, maxBackoff)
        return floorsExpiry ? end.flooredToSecond : end
    }
    func isBackingOff(_ entry: QueuedPod, now: Instant) -> Bool {
        if entry.errors == 0 && entry.rejections == 0 { return false }
        return floorsExpiry ? expiry(entry) >= now.flooredToSecond : expiry(entry) > now
    }
    /// The flush, at a whole second, at which a pod with this expiry leaves backoff.
    private func flush(after expiry: Instant) -> Instant {
        let floor = expiry.flooredToSecond
        return floorsExpiry || floor < expiry ? floor + .seconds(1) : floor
    }

    /// When something happens by itself: pods leave backoff, or have waited too long for an event.
    /// May be too early, if a pod left by other ways.
    var nextFlush: Instant? {
        var next = stays.nextDue
        for ticket in [backoff.min, errorBackoff.min] {
            guard let due = ticket.map({ flush(after: $0.expiry) }) else { continue }
            next = min(next ?? due, due)
        }
        return next
    }

    /// Moves what is due at `now`; returns the pods that waited for five minutes.
    mutating func flush(now: Instant) {
        dropStale()
        while let ticket = backoff.min, flush(after: ticket.expiry) <= now {
            _ = backoff.popMin()
            if isValid(ticket) { put(entries[ticket.slot]!, slot: ticket.slot, into: .active) }
        }
        while let ticket = errorBackoff.min, flush(after: ticket.expiry) <= now {
            _ = errorBackoff.popMin()
            if isValid(ticket) { put(entries[ticket.slot]!, slot: ticket.slot, into: .active) }
        }
        while let (_, stay) = stays.popDue(by: now) {
            if entries[stay.slot]?.stamp == stay.stamp { requeue(stay.slot, now: now) }
        }
    }

    // MARK: Taking

    private func isValid(_ ticket: Ticket) -> Bool { entries[ticket.slot]?.stamp == ticket.stamp }
    private mutating func dropStale() {
        while let ticket = active.min, !isValid(ticket) { _ = active.popMin() }
        while let ticket = backoff.min, !isValid(ticket) { _ = backoff.popMin() }
        while let ticket = errorBackoff.min, !isValid(ticket) { _ = errorBackoff.popMin() }
    }
    /// Whether a pod could be tried at once.
    var isReady: Bool { active.min != nil || (popsFromBackoff && backoff.min != nil) }

    /// What ``pop()`` would take, to compare two queues by.
    struct Head {
        fileprivate var ticket: Ticket
        fileprivate var isActive: Bool
        /// Whether it comes strictly before `other` of another queue.
        func precedes(_ other: Head) -> Bool {
            if isActive != other.isActive { return isActive }
            if ticket.priority != other.ticket.priority { return ticket.priority > other.ticket.priority }
            return ticket.timestamp < other.ticket.timestamp
        }
    }
    mutating func head() -> Head? {
        dropStale()
        if let ticket = active.min { return Head(ticket: ticket, isActive: true) }
        return popsFromBackoff ? backoff.min.map { Head(ticket: $0, isActive: false) } : nil
    }

    /// The next pod to try, now in flight. An idle scheduler also takes the first pod out of backoff.
    mutating func pop() -> Int? {
        dropStale()
        guard let ticket = active.popMin() ?? (popsFromBackoff ? backoff.popMin() : nil) else { return nil }
        stamps += 1
        entries[ticket.slot]!.attempts += 1
        entries[ticket.slot]!.stamp = stamps
        entries[ticket.slot]!.place = .inFlight
        return ticket.slot
    }
}
