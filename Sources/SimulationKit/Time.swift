/// A length of virtual time in whole nanoseconds. Range about ±292 years; arithmetic stays at its ends.
///
/// Text follows Go's `time.Duration`, because Kubernetes prints and reads durations that way.
public struct Duration: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The length in nanoseconds.
    public var nanoseconds: Int64

    /// Creates a length of `nanoseconds`.
    @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// No time at all.
    public static let zero = Duration(nanoseconds: 0)

    /// `value` seconds.
    @inlinable public static func seconds(_ value: Int) -> Duration {
        Duration(nanoseconds: Int64(value).saturatingMultiply(1_000_000_000))
    }
    /// `value` seconds, rounded to the nearest nanosecond, half away from zero.
    @inlinable public static func seconds(_ value: Double) -> Duration {
        Duration(nanoseconds: Int64(saturating: value * 1e9))
    }
    /// `value` milliseconds.
    @inlinable public static func milliseconds(_ value: Int) -> Duration {
        Duration(nanoseconds: Int64(value).saturatingMultiply(1_000_000))
    }
    /// `value` microseconds.
    @inlinable public static func microseconds(_ value: Int) -> Duration {
        Duration(nanoseconds: Int64(value).saturatingMultiply(1_000))
    }
    /// `value` minutes.
    @inlinable public static func minutes(_ value: Int) -> Duration { .seconds(value.saturatingMultiply(60)) }
    /// `value` hours.
    @inlinable public static func hours(_ value: Int) -> Duration { .seconds(value.saturatingMultiply(3600)) }

    /// The length in seconds, as a floating-point number.
    @inlinable public var seconds: Double { Double(nanoseconds) / 1e9 }
    /// Whole seconds, rounded towards zero.
    @inlinable public var wholeSeconds: Int { Int(nanoseconds / 1_000_000_000) }

    @inlinable public static func < (a: Duration, b: Duration) -> Bool { a.nanoseconds < b.nanoseconds }
    @inlinable public static func + (a: Duration, b: Duration) -> Duration {
        Duration(nanoseconds: a.nanoseconds.saturatingAdd(b.nanoseconds))
    }
    @inlinable public static func - (a: Duration, b: Duration) -> Duration {
        Duration(nanoseconds: a.nanoseconds.saturatingSubtract(b.nanoseconds))
    }
    @inlinable public static func * (a: Duration, b: Int) -> Duration {
        Duration(nanoseconds: a.nanoseconds.saturatingMultiply(Int64(b)))
    }
    /// Scaled by a factor, rounded to the nearest nanosecond.
    @inlinable public static func * (a: Duration, b: Double) -> Duration {
        Duration(nanoseconds: Int64(saturating: Double(a.nanoseconds) * b))
    }
    @inlinable public static func / (a: Duration, b: Int) -> Duration {
        Duration(nanoseconds: a.nanoseconds / Int64(b))
    }

    /// The length cut down to a multiple of `unit`, as Go's `Truncate`.
    public func truncated(to unit: Duration) -> Duration {
        unit.nanoseconds <= 0 ? self : Duration(nanoseconds: nanoseconds - nanoseconds % unit.nanoseconds)
    }

    /// Go's form: `1h2m3s`, `1.503s`, `300ms`, `0s`.
    public var description: String {
        if nanoseconds == 0 { return "0s" }
        let sign = nanoseconds < 0 ? "-" : ""
        let n = nanoseconds.magnitude
        if n < 1_000 { return "\(sign)\(n)ns" }
        if n < 1_000_000 { return sign + Self.decimal(n, unit: 1_000) + "µs" }
        if n < 1_000_000_000 { return sign + Self.decimal(n, unit: 1_000_000) + "ms" }
        let hours = n / 3_600_000_000_000
        let minutes = n / 60_000_000_000 % 60
        let rest = Self.decimal(n % 60_000_000_000, unit: 1_000_000_000) + "s"
        if hours > 0 { return "\(sign)\(hours)h\(minutes)m\(rest)" }
        return minutes > 0 ? "\(sign)\(minutes)m\(rest)" : sign + rest
    }

    private static func decimal(_ value: UInt64, unit: UInt64) -> String {
        let fraction = value % unit
        if fraction == 0 { return "\(value / unit)" }
        var digits = String(fraction)
        digits = String(repeating: "0", count: String(unit).count - 1 - digits.count) + digits
        while digits.last == "0" { digits.removeLast() }
        return "\(value / unit).\(digits)"
    }

    /// Reads Go's form (`90s`, `1m30s`, `2h`, `1.5s`, `300ms`); nil if `text` is none, or longer than the range.
    public init?(_ text: some StringProtocol) {
        var rest = Substring(text)
        var sign: Double = 1
        if rest.first == "-" {
            sign = -1
            rest.removeFirst()
        } else if rest.first == "+" {
            rest.removeFirst()
        }
        if rest == "0" {
            self = .zero
            return
        }
        guard !rest.isEmpty else { return nil }
        var total = 0.0
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            guard let value = Double(number) else { return nil }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            switch unit {
            case "ns": total += value
            case "us", "µs", "μs": total += value * 1e3
            case "ms": total += value * 1e6
            case "s": total += value * 1e9
            case "m": total += value * 60e9
            case "h": total += value * 3600e9
            default: return nil
            }
        }
        guard let exact = Int64(exactly: (sign * total).rounded()) else { return nil }
        nanoseconds = exact
    }
}

/// A moment of virtual time: nanoseconds since the start of the simulation. From 1733 to 2318; what lies beyond stands at
/// the ends.
///
/// The start is 2026-01-01T00:00:00Z, so that timestamps in objects look real and are the same
/// in every run.
public struct Instant: Hashable, Comparable, Sendable {
    /// Nanoseconds since the start; negative before it.
    public var nanoseconds: Int64

    /// The moment `nanoseconds` after the start.
    @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    /// The start of the simulation.
    public static let start = Instant(nanoseconds: 0)
    /// A moment later than any event.
    public static let distantFuture = Instant(nanoseconds: .max)

    @inlinable public static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }
    @inlinable public static func + (a: Instant, b: Duration) -> Instant {
        Instant(nanoseconds: a.nanoseconds.saturatingAdd(b.nanoseconds))
    }
    @inlinable public static func - (a: Instant, b: Duration) -> Instant {
        Instant(nanoseconds: a.nanoseconds.saturatingSubtract(b.nanoseconds))
    }
    @inlinable public static func - (a: Instant, b: Instant) -> Duration {
        Duration(nanoseconds: a.nanoseconds.saturatingSubtract(b.nanoseconds))
    }
    /// Time since the start.
    @inlinable public var sinceStart: Duration { Duration(nanoseconds: nanoseconds) }
    /// The moment cut down to the whole second before it.
    @inlinable public var flooredToSecond: Instant {
        let r = nanoseconds % 1_000_000_000
        return Instant(nanoseconds: nanoseconds.saturatingSubtract(r < 0 ? r + 1_000_000_000 : r))
    }

    private static let unixStart: Int64 = 1_767_225_600  // 2026-01-01T00:00:00Z

    /// The moment `seconds` after 1970-01-01T00:00:00Z; what the range does not reach is its nearer end.
    public init(unixSeconds seconds: Int64) {
        nanoseconds = Duration.seconds(Int(seconds.saturatingSubtract(Self.unixStart))).nanoseconds
    }
    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    public var unixSeconds: Int64 { Self.unixStart + flooredToSecond.nanoseconds / 1_000_000_000 }

    /// The moment as RFC 3339 in UTC with whole seconds, as the API prints times.
    public var rfc3339: String {
        let (year, month, day, secondOfDay) = civil
        let h = secondOfDay / 3600
        let m = secondOfDay / 60 % 60
        let s = secondOfDay % 60
        return "\(Self.pad(year, 4))-\(Self.pad(month))-\(Self.pad(day))T\(Self.pad(h)):\(Self.pad(m)):\(Self.pad(s))Z"
    }

    private static func pad(_ value: Int64, _ width: Int = 2) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    // Days to civil date by the well-known era arithmetic of the proleptic Gregorian calendar.
    private var civil: (year: Int64, month: Int64, day: Int64, secondOfDay: Int64) {
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let seconds = Self.unixStart + whole - (rest < 0 ? 1 : 0)
        let secondOfDay = (seconds % 86_400 + 86_400) % 86_400
        let z = (seconds - secondOfDay) / 86_400 + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let doe = z - era * 146_097
        let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100)
        let mp = (5 * doy + 2) / 153
        let month = mp < 10 ? mp + 3 : mp - 9
        return (yoe + era * 400 + (month <= 2 ? 1 : 0), month, doy - (153 * mp + 2) / 5 + 1, secondOfDay)
    }

    /// Go's zero time, `0001-01-01T00:00:00Z`, which Kubernetes takes for no time at all.
    public static let zeroTime = Instant(nanoseconds: .min)

    /// Reads RFC 3339 (`2026-01-01T00:00:05Z`, fractions and offsets allowed) as strictly as Go; nil if `text` is none.
    /// A year that the range does not reach gives its nearer end, and Go's zero time ``zeroTime``.
    public init?(rfc3339 text: String) {
        var rest = Array(text.utf8)[...]
        /// The next `digits` digits as a number in `range`.
        func number(_ digits: Int, _ range: ClosedRange<Int64>) -> Int64? {
            guard rest.count >= digits else { return nil }
            var value: Int64 = 0
            for byte in rest.prefix(digits) {
                guard 48...57 ~= byte else { return nil }
                value = value * 10 + Int64(byte - 48)
            }
            rest = rest.dropFirst(digits)
            return range.contains(value) ? value : nil
        }
        func skip(_ character: Unicode.Scalar) -> Bool {
            guard let byte = rest.first, byte == UInt8(ascii: character) else { return false }
            rest.removeFirst()
            return true
        }
        guard let year = number(4, 0...9999), skip("-"), let month = number(2, 1...12), skip("-"),
            let day = number(2, 1...Self.days(month, year)), skip("T"), let hour = number(2, 0...23), skip(":"),
            let minute = number(2, 0...59), skip(":"), let second = number(2, 0...59)
        else { return nil }
        var fraction: Int64 = 0
        if let point = rest.first, point == UInt8(ascii: ".") || point == UInt8(ascii: ",") {
            let digits = rest.dropFirst().prefix { 48...57 ~= $0 }
            if digits.isEmpty { return nil }
            rest = rest.dropFirst(1 + digits.count)
            for digit in Array(digits.prefix(9)) + Array(repeating: 48, count: max(0, 9 - digits.count)) {
                fraction = fraction * 10 + Int64(digit - 48)
            }
        }
        var offset: Int64 = 0
        if !skip("Z") {
            let sign: Int64
            if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
            guard let hours = number(2, 0...24), skip(":"), let minutes = number(2, 0...60) else { return nil }
            offset = sign * (hours * 3600 + minutes * 60)
        }
        guard rest.isEmpty else { return nil }
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yoe = y - era * 400
        let doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let days = era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
        let unix = days * 86_400 + hour * 3600 + minute * 60 + second - offset
        if unix == -62_135_596_800, fraction == 0 {
            self = .zeroTime
            return
        }
        // The very ends mean no time and for ever.
        let limit = Int64.max - 1
        nanoseconds = max(-limit, min(limit, (unix - Self.unixStart).saturatingMultiply(1_000_000_000).saturatingAdd(fraction)))
    }

    private static func days(_ month: Int64, _ year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
