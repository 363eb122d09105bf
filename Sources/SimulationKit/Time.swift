/// A length of virtual time in whole nanoseconds. Range about ±292 years.
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
        Duration(nanoseconds: Int64(value) * 1_000_000_000)
    }
    /// `value` seconds, rounded to the nearest nanosecond, half away from zero.
    @inlinable public static func seconds(_ value: Double) -> Duration {
        Duration(nanoseconds: Int64((value * 1e9).rounded()))
    }
    /// `value` milliseconds.
    @inlinable public static func milliseconds(_ value: Int) -> Duration {
        Duration(nanoseconds: Int64(value) * 1_000_000)
    }
    /// `value` microseconds.
    @inlinable public static func microseconds(_ value: Int) -> Duration {
        Duration(nanoseconds: Int64(value) * 1_000)
    }
    /// `value` minutes.
    @inlinable public static func minutes(_ value: Int) -> Duration { .seconds(value * 60) }
    /// `value` hours.
    @inlinable public static func hours(_ value: Int) -> Duration { .seconds(value * 3600) }

    /// The length in seconds, as a floating-point number.
    @inlinable public var seconds: Double { Double(nanoseconds) / 1e9 }
    /// Whole seconds, rounded towards zero.
    @inlinable public var wholeSeconds: Int { Int(nanoseconds / 1_000_000_000) }

    @inlinable public static func < (a: Duration, b: Duration) -> Bool { a.nanoseconds < b.nanoseconds }
    @inlinable public static func + (a: Duration, b: Duration) -> Duration {
        Duration(nanoseconds: a.nanoseconds + b.nanoseconds)
    }
    @inlinable public static func - (a: Duration, b: Duration) -> Duration {
        Duration(nanoseconds: a.nanoseconds - b.nanoseconds)
    }
    @inlinable public static func * (a: Duration, b: Int) -> Duration {
        Duration(nanoseconds: a.nanoseconds * Int64(b))
    }
    /// Scaled by a factor, rounded to the nearest nanosecond.
    @inlinable public static func * (a: Duration, b: Double) -> Duration {
        Duration(nanoseconds: Int64((Double(a.nanoseconds) * b).rounded()))
    }
    @inlinable public static func / (a: Duration, b: Int) -> Duration {
        Duration(nanoseconds: a.nanoseconds / Int64(b))
    }

    /// The length cut down to a multiple of `unit`, as Go's `Truncate`.
    public func truncated(to unit: Duration) -> Duration {
        Duration(nanoseconds: nanoseconds - nanoseconds % unit.nanoseconds)
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

    /// Reads Go's form (`90s`, `1m30s`, `2h`, `1.5s`, `300ms`); nil if `text` is none.
    public init?(_ text: some StringProtocol) {
        var rest = Substring(text)
        var sign: Double = 1
        if rest.first == "-" { sign = -1; rest.removeFirst() } else if rest.first == "+" { rest.removeFirst() }
        if rest == "0" { self = .zero; return }
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
        guard total < 9.2e18 else { return nil }
        nanoseconds = Int64((sign * total).rounded())
    }
}

/// A moment of virtual time: nanoseconds since the start of the simulation.
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
        Instant(nanoseconds: a.nanoseconds + b.nanoseconds)
    }
    @inlinable public static func - (a: Instant, b: Duration) -> Instant {
        Instant(nanoseconds: a.nanoseconds - b.nanoseconds)
    }
    @inlinable public static func - (a: Instant, b: Instant) -> Duration {
        Duration(nanoseconds: a.nanoseconds - b.nanoseconds)
    }
    /// Time since the start.
    @inlinable public var sinceStart: Duration { Duration(nanoseconds: nanoseconds) }
    /// The moment cut down to the whole second before it.
    @inlinable public var flooredToSecond: Instant {
        let r = nanoseconds % 1_000_000_000
        return Instant(nanoseconds: nanoseconds - (r < 0 ? r + 1_000_000_000 : r))
    }

    private static let unixStart: Int64 = 1_767_225_600  // 2026-01-01T00:00:00Z

    /// The moment as RFC 3339 in UTC with whole seconds, as the API prints times.
    public var rfc3339: String {
        let (year, month, day, secondOfDay) = civil
        let h = secondOfDay / 3600, m = secondOfDay / 60 % 60, s = secondOfDay % 60
        return "\(Self.pad(year, 4))-\(Self.pad(month))-\(Self.pad(day))T\(Self.pad(h)):\(Self.pad(m)):\(Self.pad(s))Z"
    }

    private static func pad(_ value: Int64, _ width: Int = 2) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    // Days to civil date by the well-known era arithmetic of the proleptic Gregorian calendar.
    private var civil: (year: Int64, month: Int64, day: Int64, secondOfDay: Int64) {
        let seconds = Self.unixStart + flooredToSecond.nanoseconds / 1_000_000_000
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

    /// Reads RFC 3339 (`2026-01-01T00:00:05Z`, fractions and offsets allowed); nil if `text` is none.
    public init?(rfc3339 text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "T"))
        guard parts.count == 2 else { return nil }
        let date = String(parts[0])!.split(separator: "-").compactMap { Int64($0) }
        var clock = String(parts[1])!
        var offset: Int64 = 0
        if clock.hasSuffix("Z") {
            clock.removeLast()
        } else if let sign = clock.lastIndex(where: { $0 == "+" || $0 == "-" }) {
            let zone = clock[clock.index(after: sign)...].split(separator: ":").compactMap { Int64($0) }
            guard zone.count == 2 else { return nil }
            offset = (zone[0] * 3600 + zone[1] * 60) * (clock[sign] == "+" ? 1 : -1)
            clock = String(clock[..<sign])
        } else {
            return nil
        }
        let time = clock.split(separator: ":")
        guard date.count == 3, time.count == 3, let h = Int64(time[0]), let m = Int64(time[1]),
            let s = Double(time[2]), (1...12).contains(date[1]), (1...31).contains(date[2])
        else { return nil }
        let y = date[1] <= 2 ? date[0] - 1 : date[0]
        let era = (y >= 0 ? y : y - 399) / 400
        let yoe = y - era * 400
        let doy = (153 * (date[1] + (date[1] > 2 ? -3 : 9)) + 2) / 5 + date[2] - 1
        let days = era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
        let seconds = days * 86_400 + h * 3600 + m * 60 - offset - Self.unixStart
        nanoseconds = seconds * 1_000_000_000 + Int64((s * 1e9).rounded())
    }
}
