// How much CPU or memory a program uses over time.

import KubernetesAPI
import SimulationKit

/// How much of a resource a program uses over time: thousandths of a core, or bytes; each value is in ``range``.
public enum Load: Sendable, Equatable {
    case constant(Int64)
    /// Swings smoothly between `low` and `high`; `shift` moves the wave in time.
    case wave(low: Int64, high: Int64, period: Duration, shift: Duration)
    /// Goes evenly from one value to another in the time `over` after the container's start, and stays there.
    case ramp(from: Int64, to: Int64, over: Duration)
    /// Goes evenly from point to point, by times since the start of the cluster, rising; the first and the last value
    /// hold before and after.
    case points([Point])

    /// A point of a curve.
    public struct Point: Sendable, Equatable {
        public var at: Duration
        public var value: Int64
        public init(at: Duration, value: Int64) { (self.at, self.value) = (at, value) }
    }

    /// What can be used: up to 2^53, which is 8Pi bytes or 9 billion cores. So sums over a node's containers stay far from
    /// the end of what an integer holds, and floating-point numbers are exact.
    public static let range: ClosedRange<Int64> = 0...(1 << 53)
    /// How long a wave's period or a ramp can be.
    public static let lengths: ClosedRange<Duration> = .milliseconds(100)...Program.longest

    /// The most that will ever be used.
    public var maximum: Int64 {
        switch self {
        case .constant(let value): value
        case .wave(_, let high, _, _): high
        case .ramp(let from, let to, _): max(from, to)
        case .points(let points): points.map(\.value).max() ?? 0
        }
    }

    /// The use at `now` of a container that started at `start`.
    public func value(at now: Instant, startedAt start: Instant) -> Int64 {
        switch self {
        case .constant(let value): return value
        case .wave(let low, let high, let period, let shift):
            return low + Int64(saturating: (Double(high - low) * Self.swing(now.sinceStart + shift, period)).rounded(.towardZero))
        case .ramp(let from, let to, let over):
            let passed = max(.zero, now - start)
            if passed >= over { return to }
            return from + Int64(saturating: (Double(to - from) * (passed.seconds / over.seconds)).rounded(.towardZero))
        case .points(let points):
            let time = now.sinceStart
            guard let next = points.firstIndex(where: { $0.at > time }) else { return points.last?.value ?? 0 }
            if next == 0 { return points[0].value }
            let (a, b) = (points[next - 1], points[next])
            return a.value + Int64(saturating: (Double(b.value - a.value) * ((time - a.at).seconds / (b.at - a.at).seconds)).rounded(.towardZero))
        }
    }

    // Differs from a sine only a little, and needs no maths library: smoothstep up, smoothstep down.
    private static func swing(_ time: Duration, _ period: Duration) -> Double {
        let phase = Double(time.nanoseconds % period.nanoseconds) / Double(period.nanoseconds)
        let x = phase < 0.5 ? phase * 2 : 2 - phase * 2
        return x * x * (3 - 2 * x)
    }

    /// The first moment from `now` on at which more than `limit` is used; nil if that never happens.
    public func firstAbove(_ limit: Int64, from now: Instant, startedAt start: Instant) -> Instant? {
        guard maximum > limit else { return nil }
        if value(at: now, startedAt: start) > limit { return now }
        switch self {
        case .constant: return now
        case .ramp(let from, let to, let over):
            guard to > limit else { return nil }
            let share = Double(limit - from) / Double(to - from)
            return max(now, start + over * share + .milliseconds(1))
        case .wave(_, _, let period, _):
            // The wave rises in the first half of each period: find the crossing there by halving.
            var step = Duration.zero
            let stride = period / 64
            while value(at: now + step, startedAt: start) <= limit, step <= period { step = step + stride }
            guard step <= period else { return nil }
            var low = step - stride
            var high = step
            while high - low > .milliseconds(1) {
                let middle = (low + high) / 2
                if value(at: now + middle, startedAt: start) > limit { high = middle } else { low = middle }
            }
            return now + high
        case .points(let points):
            let time = now.sinceStart
            guard let next = points.firstIndex(where: { $0.at > time && $0.value > limit }) else { return nil }
            let (a, b) = (points[max(0, next - 1)], points[next])
            guard b.value > a.value else { return max(now, .start + a.at) }
            let share = Double(limit - a.value) / Double(b.value - a.value)
            return max(now, .start + a.at + (b.at - a.at) * max(0, share) + .milliseconds(1))
        }
    }

    /// Reads `300m` (constant), `100m..500m/10m` (wave with its period), `64Mi->1Gi/5m` (ramp with its length) or
    /// `200m@0s 6@5m 6@20m` (a curve through these points).
    public init?(_ text: String, amount: (Quantity) -> Int64) {
        func quantity(_ text: Substring) -> Int64? { Quantity(text).map(amount).flatMap { Self.range.contains($0) ? $0 : nil } }
        if text.contains("@") {
            var points: [Point] = []
            for word in text.split(whereSeparator: { $0 == " " || $0 == "," }) {
                let parts = word.split(separator: "@", omittingEmptySubsequences: false)
                guard parts.count == 2, let value = quantity(parts[0]), let at = Duration(parts[1]), at >= points.last?.at ?? .zero,
                    at <= Self.lengths.upperBound
                else { return nil }
                points.append(Point(at: at, value: value))
            }
            if points.isEmpty { return nil }
            self = .points(points)
            return
        }
        let parts = text.split(separator: "/")
        guard let range = parts.first, parts.count <= 2 else { return nil }
        var length: Duration?
        if parts.count == 2 {
            guard let given = Duration(parts[1]), Self.lengths.contains(given) else { return nil }
            length = given
        }
        if let (low, high) = Self.split(range, at: "..") {
            guard let low = quantity(low), let high = quantity(high), low <= high else { return nil }
            self = .wave(low: low, high: high, period: length ?? .minutes(10), shift: .zero)
        } else if let (from, to) = Self.split(range, at: "->") {
            guard let from = quantity(from), let to = quantity(to) else { return nil }
            self = .ramp(from: from, to: to, over: length ?? .minutes(5))
        } else {
            guard parts.count == 1, let value = quantity(range) else { return nil }
            self = .constant(value)
        }
    }

    /// The same curve with each value changed.
    public func map(_ change: (Int64) -> Int64) -> Load {
        switch self {
        case .constant(let value): .constant(change(value))
        case .wave(let low, let high, let period, let shift): .wave(low: change(low), high: change(high), period: period, shift: shift)
        case .ramp(let from, let to, let over): .ramp(from: change(from), to: change(to), over: over)
        case .points(let points): .points(points.map { Point(at: $0.at, value: change($0.value)) })
        }
    }

    /// The text that ``init(_:amount:)`` reads as this, `quantity` being the text of an amount.
    public func text(_ quantity: (Int64) -> String) -> String {
        switch self {
        case .constant(let value): quantity(value)
        case .wave(let low, let high, let period, _): "\(quantity(low))..\(quantity(high))/\(period)"
        case .ramp(let from, let to, let over): "\(quantity(from))->\(quantity(to))/\(over)"
        case .points(let points): points.map { "\(quantity($0.value))@\($0.at)" }.joined(separator: " ")
        }
    }

    private static func split(_ text: Substring, at separator: String) -> (Substring, Substring)? {
        let first = Array(separator)[0]
        var index = text.startIndex
        while let found = text[index...].firstIndex(of: first) {
            if text[found...].hasPrefix(separator) {
                return (text[..<found], text[text.index(found, offsetBy: separator.count)...])
            }
            index = text.index(after: found)
        }
        return nil
    }
}
