import SimulationKit

/// The keys that a controller has to look at: each at most once at a time, in the order they came.
///
/// A key that failed comes back after 5 ms · 2^n, at most 1000 s; ``forget(_:)`` starts that anew.
///
/// Differs from Kubernetes: the overall limit of 10 retries a second (burst 100) is left out.
/// - Source: Kubernetes `client-go/util/workqueue/default_rate_limiters.go`.
struct WorkQueue<Key: Hashable & Sendable>: Sendable {
    private var ready: [Key] = []
    private var first = 0
    private var isReady: Set<Key> = []
    private var timers = EventQueue<Key>()
    /// The earliest timer of each key; later ones are dropped when they ring.
    private var wanted: [Key: Instant] = [:]
    private var failures: [Key: Int] = [:]

    static var retryFirst: Duration { .milliseconds(5) }
    static var retryMost: Duration { .seconds(1000) }

    /// How many keys are to be looked at now.
    var depth: Int { ready.count - first }
    /// When the next key is due by its timer; nil if none waits.
    var nextDue: Instant? { first < ready.count ? .start : timers.nextDue }

    /// When `key` is due by its timer; nil if it is due now or not at all.
    func due(_ key: Key) -> Instant? { wanted[key] }

    /// The key is to be looked at now.
    mutating func add(_ key: Key) {
        if isReady.insert(key).inserted { ready.append(key) }
    }

    /// The key is to be looked at at `time`, or earlier if it already is to be.
    mutating func add(_ key: Key, at time: Instant) {
        if isReady.contains(key) { return }
        if let already = wanted[key], already <= time { return }
        wanted[key] = time
        timers.schedule(key, at: time)
    }

    /// The key failed: look again after its back-off.
    mutating func retry(_ key: Key, now: Instant) {
        let failed = failures[key, default: 0]
        failures[key] = failed + 1
        add(key, at: now + min(Self.retryFirst * (1 << min(failed, 20)), Self.retryMost))
    }

    /// The key succeeded: its next failure is its first.
    mutating func forget(_ key: Key) { failures[key] = nil }

    /// The next key that is due, removed; nil if none is.
    mutating func next(by now: Instant) -> Key? {
        while let (due, key) = timers.popDue(by: now) {
            guard wanted[key] == due else { continue }
            wanted[key] = nil
            add(key)
        }
        guard first < ready.count else {
            ready.removeAll(keepingCapacity: true)
            first = 0
            return nil
        }
        let key = ready[first]
        first += 1
        isReady.remove(key)
        return key
    }
}
