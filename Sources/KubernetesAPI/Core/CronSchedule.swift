public import SimulationKit

/// A schedule of five fields: minute, hour, day of month, month, day of week; or `@hourly`, `@daily`, `@midnight`,
/// `@weekly`, `@monthly`, `@yearly`, `@annually`, `@every 90m`.
///
/// As in cron, if both days are restricted, either may match. Local times that a change of the clocks leaves out are left
/// out; those that come twice count twice.
/// - Source: robfig/cron v3.0.1, which Kubernetes uses: `parser.go`, `spec.go`, `constantdelay.go`.
public struct CronSchedule: Sendable, Equatable {
    /// Why a text is no schedule, in the words of the API server.
    public struct Problem: Error, Sendable, Equatable {
        public var message: String
    }

    fileprivate enum Times: Sendable, Equatable {
        case every(Duration)
        case fields(Fields)
    }
    fileprivate struct Fields: Sendable, Equatable {
        var minutes: [Int]
        var hours: [Int]
        var days: Set<Int>
        var months: Set<Int>
        var weekdays: Set<Int>
        /// One of the days is unrestricted: then both must match.
        var needsBothDays: Bool
    }
    fileprivate var times: Times

    private static let macros = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]
    private static let monthNames = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    private static let dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    /// Reads `text`; nil if it is no schedule.
    public init?(_ text: String) {
        guard let schedule = try? CronSchedule(parsing: text) else { return nil }
        self = schedule
    }

    /// Reads `text`, or says why it is no schedule.
    public init(parsing text: String) throws(Problem) {
        if text.isEmpty { throw Problem(message: "empty spec string") }
        if text.hasPrefix("@every ") {
            let span = text.dropFirst("@every ".count)
            guard let delay = Duration(span) else {
                throw Problem(message: "failed to parse duration \(text): time: invalid duration \"\(span)\"")
            }
            // Whole seconds, at least one.
            times = .every(max(.seconds(1), delay.truncated(to: .seconds(1))))
            return
        }
        if text.hasPrefix("@"), Self.macros[text] == nil { throw Problem(message: "unrecognized descriptor: \(text)") }
        let parts = (Self.macros[text] ?? text).split(whereSeparator: \.isWhitespace)
        guard parts.count == 5 else {
            throw Problem(message: "expected exactly 5 fields, found \(parts.count): [\(parts.joined(separator: " "))]")
        }
        let minutes = try Self.field(parts[0], 0...59)
        let hours = try Self.field(parts[1], 0...23)
        let days = try Self.field(parts[2], 1...31)
        let months = try Self.field(parts[3], 1...12, names: Self.monthNames)
        let weekdays = try Self.field(parts[4], 0...6, names: Self.dayNames)
        times = .fields(
            Fields(
                minutes: minutes.values.sorted(), hours: hours.values.sorted(), days: days.values, months: months.values,
                weekdays: weekdays.values, needsBothDays: days.isStar || weekdays.isStar))
    }

    private static func field(_ text: Substring, _ bounds: ClosedRange<Int>, names: [String] = []) throws(Problem) -> (
        values: Set<Int>, isStar: Bool
    ) {
        func integer(_ text: Substring) throws(Problem) -> Int {
            guard let value = Int(text) else {
                throw Problem(message: "failed to parse int from \(text): strconv.Atoi: parsing \"\(text)\": invalid syntax")
            }
            if value < 0 { throw Problem(message: "negative number (\(value)) not allowed: \(text)") }
            return value
        }
        func number(_ text: Substring) throws(Problem) -> Int {
            if let index = names.firstIndex(of: text.lowercased()) { return index + bounds.lowerBound }
            return try integer(text)
        }
        var result: Set<Int> = []
        var isStar = false
        for part in text.split(separator: ",") {
            let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
            let ends = pieces[0].split(separator: "-", omittingEmptySubsequences: false)
            var (low, high) = (bounds.lowerBound, bounds.upperBound)
            let isAll = ends[0] == "*" || ends[0] == "?"
            if !isAll {
                low = try number(ends[0])
                if ends.count > 2 { throw Problem(message: "too many hyphens: \(part)") }
                high = ends.count == 2 ? try number(ends[1]) : low
            }
            if pieces.count > 2 { throw Problem(message: "too many slashes: \(part)") }
            var step = 1
            if pieces.count == 2 {
                step = try integer(pieces[1])
                // `5/15` means from 5 on.
                if ends.count == 1 { high = bounds.upperBound }
            }
            if low < bounds.lowerBound {
                throw Problem(message: "beginning of range (\(low)) below minimum (\(bounds.lowerBound)): \(part)")
            }
            if high > bounds.upperBound {
                throw Problem(message: "end of range (\(high)) above maximum (\(bounds.upperBound)): \(part)")
            }
            if low > high { throw Problem(message: "beginning of range (\(low)) beyond end of range (\(high)): \(part)") }
            if step == 0 { throw Problem(message: "step of range should be a positive number: \(part)") }
            result.formUnion(stride(from: low, through: high, by: step))
            if isAll, step == 1 { isStar = true }
        }
        return (result, isStar)
    }

    /// The first time after `instant` by the clocks of `zone`; nil if there is none within five years.
    public func next(after instant: Instant, in zone: ZoneInfo = .utc) -> Instant? {
        let now = instant.flooredToSecond
        switch times {
        case .every(let delay):
            let (sum, overflows) = now.nanoseconds.addingReportingOverflow(delay.nanoseconds)
            return overflows ? nil : Instant(nanoseconds: sum)
        case .fields(let fields):
            let second = Int(now.nanoseconds / 1_000_000_000)
            let local = second + zone.offset(atSecond: second)
            let today = local >= 0 ? local / 86_400 : (local - 86_399) / 86_400
            let lastYear = CivilDay(number: today).year + 5
            var day = CivilDay(number: today)
            while day.year <= lastYear {
                if fields.match(day), let found = fields.first(on: day, after: second, zone) {
                    let (time, overflows) = Int64(found).multipliedReportingOverflow(by: 1_000_000_000)
                    return overflows ? nil : Instant(nanoseconds: time)
                }
                day = CivilDay(number: day.number + 1)
            }
            return nil
        }
    }
}

extension CronSchedule.Fields {
    fileprivate func match(_ day: CivilDay) -> Bool {
        guard months.contains(day.month) else { return false }
        let (byDay, byWeekday) = (days.contains(day.day), weekdays.contains(day.weekday))
        return needsBothDays ? byDay && byWeekday : byDay || byWeekday
    }

    /// The first second after `second` of the times on a local day.
    fileprivate func first(on day: CivilDay, after second: Int, _ zone: ZoneInfo) -> Int? {
        let base = day.number * 86_400
        let (before, behind) = (zone.offset(atSecond: base - 86_400), zone.offset(atSecond: base + 2 * 86_400))
        var best: Int?
        for hour in hours {
            for minute in minutes {
                let local = base + hour * 3600 + minute * 60
                if before == behind {
                    if local - before > second { return local - before }
                    continue
                }
                // The clocks change about this day: a local time may come never, once or twice.
                for offset in [before, behind] where local - offset > second && zone.offset(atSecond: local - offset) == offset {
                    best = min(best ?? .max, local - offset)
                }
            }
        }
        return best
    }
}
