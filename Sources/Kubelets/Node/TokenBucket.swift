// A rate limit on virtual time.

import SimulationKit

/// A token bucket on virtual time, as client-go's flow control uses it: full at the start, filled at `qps` up to
/// `burst`; who finds it empty books the next token to come. So requests begin in the order in which they were made,
/// and the nth of a burst at time 0 begins at `max(0, (n − burst) / qps)`.
///
/// - Source: Kubernetes `client-go/util/flowcontrol/throttle.go`, `golang.org/x/time/rate`.
package struct TokenBucket: Sendable, Equatable {
    /// Tokens a second; 0: no limit.
    private(set) var qps: Int
    private(set) var burst: Int
    /// When it is full again if nobody asks: kept instead of a count, so that nothing is rounded.
    private var full = Instant.start

    package init(qps: Int, burst: Int) { (self.qps, self.burst) = (max(0, qps), max(1, burst)) }

    /// Between two tokens; rounded up, so that it is never more than the rate.
    private var interval: Int64 { Int64(999_999_999).saturatingAdd(Int64(qps)) / Int64(qps) }

    /// When a request made now begins; takes its token.
    package mutating func reserve(at now: Instant) -> Instant {
        guard qps > 0 else { return now }
        let start = next(at: now)
        full = max(full, now) + Duration(nanoseconds: interval)
        return start
    }
    /// Takes a token if one is there.
    mutating func take(at now: Instant) -> Bool {
        guard next(at: now) <= now else { return false }
        _ = reserve(at: now)
        return true
    }
    /// When a request made now would begin.
    func next(at now: Instant) -> Instant {
        guard qps > 0 else { return now }
        return max(now, max(full, now) - Duration(nanoseconds: interval) * (burst - 1))
    }
    /// Tokens that are there; negative if some are booked ahead.
    package func tokens(at now: Instant) -> Double {
        guard qps > 0 else { return Double(burst) }
        return Double(burst) - Double((max(full, now) - now).nanoseconds) / Double(interval)
    }
    func level(at now: Instant) -> NodeActivity.Bucket {
        .init(qps: qps, burst: qps > 0 ? burst : 0, tokens: qps > 0 ? tokens(at: now) : 0, next: next(at: now))
    }
}

/// The newest elements of a list, oldest first.
struct Recent<Element: Sendable>: Sendable {
    private(set) var elements: [Element] = []
    let capacity: Int
    init(_ capacity: Int) { self.capacity = capacity }
    mutating func append(_ element: Element) {
        elements.append(element)
        // Dropped in blocks, so that an append costs the same always.
        if elements.count >= capacity * 2 { elements.removeFirst(elements.count - capacity) }
    }
}
