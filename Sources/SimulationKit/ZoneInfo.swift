/// A time zone of the IANA tz database: how far its clocks are ahead of UTC at each moment.
///
/// The zones are part of the program, so that a simulation is the same on every machine. The rules that hold from 2026 on
/// are taken for all times.
///
/// ```swift
/// let berlin = ZoneInfo.named("Europe/Berlin")
/// berlin?.offset(at: .start)  // 3600
/// ```
public struct ZoneInfo: Sendable {
    /// `M3.5.0/2`: the last Sunday of March at 2 o'clock.
    private struct Change: Sendable {
        var month: Int
        var week: Int
        var weekday: Int
        /// Of the local day; may lie outside of it.
        var second: Int

        /// In local seconds since the start of 2026.
        func time(inYear year: Int) -> Int {
            let first = CivilDay(year: year, month: month, day: 1)
            var day = first.number + (weekday - first.weekday + 7) % 7 + (week - 1) * 7
            while CivilDay(number: day).month != month { day -= 7 }
            return day * 86_400 + second
        }
    }

    private var standard = 0
    private var summer: (offset: Int, from: Change, until: Change)?
    private var lunar: (offsets: (Int, Int), seconds: [Int])?

    /// UTC itself.
    public static let utc = ZoneInfo()

    private static let all: [String: ZoneInfo] = {
        var zones: [String: ZoneInfo] = [:]
        for line in table.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let rule = words.first, let zone = ZoneInfo(rule: rule) else { continue }
            for name in words.dropFirst() { zones[String(name)] = zone }
        }
        for entry in lunar {
            guard var zone = ZoneInfo(rule: Substring(entry.rule)) else { continue }
            zone.lunar = (entry.offsets, entry.hours.map { $0 * 3600 })
            for name in entry.zones { zones[name] = zone }
        }
        return zones
    }()

    /// The zone called `name`, such as `America/New_York`; nil if there is none. The empty name is UTC, as in Go.
    public static func named(_ name: String) -> ZoneInfo? { name.isEmpty ? utc : all[name] }
    /// All names, sorted.
    public static var names: [String] { all.keys.sorted() }

    /// Seconds by which the zone's clocks are ahead of UTC at `time`.
    public func offset(at time: Instant) -> Int {
        offset(atSecond: Int(time.flooredToSecond.nanoseconds / 1_000_000_000))
    }

    /// The same at a second since the start of 2026 in UTC.
    public func offset(atSecond second: Int) -> Int {
        if let lunar, let last = lunar.seconds.last, second < last {
            // How many changes are over.
            let over = lunar.seconds.partitioningIndex { $0 > second }
            return over % 2 == 0 ? lunar.offsets.0 : lunar.offsets.1
        }
        guard let summer else { return standard }
        let local = second + standard
        let year = CivilDay(number: local >= 0 ? local / 86_400 : (local - 86_399) / 86_400).year
        let from = summer.from.time(inYear: year) - standard
        let until = summer.until.time(inYear: year) - summer.offset
        let isSummer = from < until ? from <= second && second < until : !(until <= second && second < from)
        return isSummer ? summer.offset : standard
    }

    private init() {}

    /// Reads a rule of the form `CET-1CEST,M3.5.0,M10.5.0/3` (POSIX `TZ`); nil if it is none.
    private init?(rule: Substring) {
        var rest = rule
        func name() {
            if rest.first == "<" {
                rest = rest.drop { $0 != ">" }.dropFirst()
            } else {
                rest = rest.drop { $0.isLetter }
            }
        }
        /// `-3:30` in seconds.
        func time() -> Int? {
            let text = rest.prefix { $0.isNumber || $0 == "-" || $0 == "+" || $0 == ":" }
            rest = rest.dropFirst(text.count)
            let sign = text.first == "-" ? -1 : 1
            let parts = text.drop { $0 == "-" || $0 == "+" }.split(separator: ":").map { Int($0) }
            guard let hours = parts.first, let hours else { return nil }
            return sign * (hours * 3600 + ((parts.count > 1 ? parts[1] : 0) ?? 0) * 60)
        }
        func change() -> Change? {
            guard rest.hasPrefix(",M") else { return nil }
            let date = rest.dropFirst(2).prefix { $0.isNumber || $0 == "." }
            rest = rest.dropFirst(2 + date.count)
            let numbers = date.split(separator: ".").compactMap { Int($0) }
            guard numbers.count == 3 else { return nil }
            var second: Int? = 7200
            if rest.first == "/" {
                rest = rest.dropFirst()
                second = time()
            }
            return second.map { Change(month: numbers[0], week: numbers[1], weekday: numbers[2], second: $0) }
        }
        name()
        guard let west = time() else { return nil }
        standard = -west
        if rest.isEmpty { return }
        name()
        let offset = rest.first == "," ? standard + 3600 : time().map { -$0 }
        guard let offset, let from = change(), let until = change() else { return nil }
        summer = (offset, from, until)
    }
}

/// A day of the Gregorian calendar, counted from 2026-01-01.
public struct CivilDay: Sendable {
    public let number: Int
    public let year: Int
    public let month: Int
    public let day: Int
    /// Sunday is 0. The first day, number 0, was a Thursday.
    public var weekday: Int { ((number + 4) % 7 + 7) % 7 }

    // Both ways by the well-known arithmetic of 400-year eras that begin on 1 March.
    private static let first = 739_922  // 2026-01-01 from 0000-03-01

    public init(number: Int) {
        let z = number + Self.first
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let ofEra = z - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * ofYear + 2) / 153
        self.number = number
        month = shifted < 10 ? shifted + 3 : shifted - 9
        day = ofYear - (153 * shifted + 2) / 5 + 1
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    public init(year: Int, month: Int, day: Int) {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        number = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + ofYear - Self.first
        (self.year, self.month, self.day) = (year, month, day)
    }
}

extension Instant {
    /// The moment by the clocks of `zone`, as RFC 3339 with its offset.
    public func rfc3339(in zone: ZoneInfo) -> String {
        let offset = zone.offset(at: self)
        if offset == 0 { return rfc3339 }
        let minutes = abs(offset) / 60
        func pad(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return (self + .seconds(offset)).rfc3339.dropLast() + (offset < 0 ? "-" : "+") + pad(minutes / 60) + ":" + pad(minutes % 60)
    }

    /// The moment in UTC as RFC 1123 has it: `Thu, 01 Jan 2026 00:05:00 +0000`.
    public var rfc1123: String {
        let text = rfc3339
        let second = flooredToSecond.nanoseconds / 1_000_000_000
        let day = CivilDay(number: Int(second >= 0 ? second / 86_400 : (second - 86_399) / 86_400))
        let weekday = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][day.weekday]
        let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][day.month - 1]
        let clock = text.drop { $0 != "T" }.dropFirst().dropLast()
        return "\(weekday), \(day.day < 10 ? "0" : "")\(day.day) \(month) \(day.year) \(clock) +0000"
    }
}
