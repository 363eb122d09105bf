// How long a starting program works under its CPU limit.

import SimulationKit

/// The work of a starting program under its CPU limit.
///
/// The kernel grants `limit × 100 ms` of CPU time in each period of 100 ms, over all threads, and stops the
/// container for the rest of the period.
/// - Source: Linux CFS bandwidth control; `pod-startup.md` §8.
struct StartupWork: Sendable, Equatable {
    static let period: Int64 = 100_000_000
    /// CPU time left, in nanoseconds, at `since`.
    private(set) var left: Int64
    private(set) var since: Instant
    /// Threads that can run at once: busy ones, but no more than the node has cores.
    let parallel: Int64
    /// Thousandths of a core; nil: no limit.
    private(set) var limit: Int64?
    /// Share of its speed that waiting for memory leaves it, 0.02…1.
    private(set) var speed = 1.0
    /// Throttled periods and their time before `since`.
    private var periods = 0
    private var stopped = Duration.zero

    init(left: Int64, since: Instant, parallel: Int64, limit: Int64?) {
        (self.left, self.since, self.parallel, self.limit) = (left, since, parallel, limit)
    }

    private var quota: Int64? {
        guard let limit, limit > 0, limit < parallel.saturatingMultiply(1000) else { return nil }
        return max(1_000_000, limit.proportion(Self.period, of: 1000))
    }
    /// CPU time that it takes at the present speed to do what is left.
    private var cost: Int64 { speed == 1 ? left : Int64(saturating: Double(left) / speed) }

    /// When the work is done if limit and speed stay.
    var end: Instant {
        guard left > 0 else { return since }
        let cost = cost
        guard let quota else { return since + Duration(nanoseconds: (cost + parallel - 1) / parallel) }
        let full = (cost + quota - 1) / quota - 1
        return since
            + Duration(nanoseconds: full * Self.period + (cost - full * quota + parallel - 1) / parallel)
    }

    /// Goes on from `now` under another limit.
    mutating func change(limit: Int64?, at now: Instant) {
        settle(at: now)
        self.limit = limit
    }
    /// Goes on from `now` at another speed.
    mutating func change(speed: Double, at now: Instant) {
        settle(at: now)
        self.speed = max(0.02, speed)
    }

    private mutating func settle(at now: Instant) {
        (periods, stopped) = throttling(at: now)
        let passed = (now - since).nanoseconds
        let spent: Int64
        if let quota {
            spent = (passed / Self.period).saturatingMultiply(quota).saturatingAdd(min(quota, passed % Self.period * parallel))
        } else {
            spent = passed.saturatingMultiply(parallel)
        }
        left = max(0, left - (speed == 1 ? spent : Int64(saturating: Double(spent) * speed)))
        since = now
    }

    /// Periods in which it was stopped since its start, and for how long in all.
    func throttling(at now: Instant) -> (periods: Int, time: Duration) {
        guard let quota, left > 0, now > since else { return (periods, stopped) }
        let cost = cost
        let most = (cost + quota - 1) / quota - 1
        let done = min(most, (now - since).nanoseconds / Self.period)
        return (periods + Int(done), stopped + Duration(nanoseconds: done * (Self.period - quota / parallel)))
    }

    /// The share of time in which it is stopped now, 0…1.
    func throttledShare(at now: Instant) -> Double {
        guard let quota, left > 0, now < end else { return 0 }
        return 1 - Double(quota / parallel) / Double(Self.period)
    }
}
