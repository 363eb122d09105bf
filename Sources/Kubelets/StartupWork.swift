import SimulationKit

/// The work of a starting program under its CPU limit.
///
/// The kernel grants `limit × 100 ms` of CPU time in each period of 100 ms, over all threads, and stops the
/// container for the rest of the period.
/// - Source: Linux CFS bandwidth control; `pod-startup.md` §8.
struct StartupWork: Sendable, Equatable {
    static let period: Int64 = 100_000_000
    /// CPU time left, in nanoseconds, at `since`.
    var left: Int64
    var since: Instant
    /// Threads that can run at once: busy ones, but no more than the node has cores.
    var parallel: Int64
    /// Thousandths of a core; nil: no limit.
    var limit: Int64?

    private var quota: Int64? {
        guard let limit, limit > 0, limit < parallel * 1000 else { return nil }
        return max(1_000_000, limit * Self.period / 1000)
    }

    /// When the work is done if the limit stays.
    var end: Instant {
        guard left > 0 else { return since }
        guard let quota else { return since + Duration(nanoseconds: (left + parallel - 1) / parallel) }
        let full = (left + quota - 1) / quota - 1
        return since
            + Duration(nanoseconds: full * Self.period + (left - full * quota + parallel - 1) / parallel)
    }

    /// Goes on from `now` under another limit.
    mutating func change(limit: Int64?, at now: Instant) {
        let passed = (now - since).nanoseconds
        if let quota {
            left -= passed / Self.period * quota + min(quota, passed % Self.period * parallel)
        } else {
            left -= passed * parallel
        }
        left = max(0, left)
        since = now
        self.limit = limit
    }
}
