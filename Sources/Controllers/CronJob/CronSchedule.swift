import SimulationKit

/// A schedule of five fields: minute, hour, day of month, month, day of week; in UTC.
///
/// Knows `*`, lists, ranges, steps, names of months and days, and `@hourly`, `@daily`, `@midnight`, `@weekly`,
/// `@monthly`, `@yearly`, `@annually`. As in cron, if both days are restricted, either may match.
struct CronSchedule: Sendable, Equatable {
    private var minutes: [Int]
    private var hours: [Int]
    private var days: Set<Int>
    private var months: Set<Int>
    private var weekdays: Set<Int>
    private var anyDay: Bool
    private var anyWeekday: Bool

    private static let macros = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]
    private static let monthNames = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    private static let dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    /// Reads `text`; nil if it is no schedule.
    init?(_ text: String) {
        let fields = (Self.macros[text] ?? text).split(separator: " ", omittingEmptySubsequences: true)
        guard fields.count == 5, let minutes = Self.values(fields[0], 0...59),
            let hours = Self.values(fields[1], 0...23),
            let days = Self.values(fields[2], 1...31),
            let months = Self.values(fields[3], 1...12, names: Self.monthNames),
            let weekdays = Self.values(fields[4], 0...7, names: Self.dayNames)
        else { return nil }
        (self.minutes, self.hours) = (minutes.sorted(), hours.sorted())
        (self.days, self.months) = (days, months)
        self.weekdays = Set(weekdays.map { $0 % 7 })
        anyDay = fields[2].first == "*" || fields[2] == "?"
        anyWeekday = fields[4].first == "*" || fields[4] == "?"
    }

    private static func values(_ field: Substring, _ bounds: ClosedRange<Int>, names: [String] = []) -> Set<
        Int
    >? {
        func number(_ text: Substring) -> Int? {
            if let index = names.firstIndex(of: text.lowercased()) { return index + bounds.lowerBound }
            return Int(text).flatMap { bounds.contains($0) ? $0 : nil }
        }
        var result: Set<Int> = []
        for part in field.split(separator: ",", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
            guard pieces.count <= 2, let range = pieces.first else { return nil }
            var step = 1
            if pieces.count == 2 {
                guard let wanted = Int(pieces[1]), wanted > 0 else { return nil }
                step = wanted
            }
            let low: Int
            let high: Int
            if range == "*" || range == "?" {
                (low, high) = (bounds.lowerBound, bounds.upperBound)
            } else {
                let ends = range.split(separator: "-", omittingEmptySubsequences: false)
                guard ends.count <= 2, let first = number(ends[0]) else { return nil }
                low = first
                if ends.count == 2 {
                    guard let last = number(ends[1]) else { return nil }
                    high = last
                } else {
                    // `5/15` means from 5 on.
                    high = pieces.count == 2 ? bounds.upperBound : first
                }
            }
            guard low <= high else { return nil }
            result.formUnion(stride(from: low, through: high, by: step))
        }
        return result
    }

    /// The first time after `instant`; nil if there is none within five years.
    func next(after instant: Instant) -> Instant? {
        let secondsADay: Int64 = 86_400
        let seconds = instant.flooredToSecond.nanoseconds / 1_000_000_000
        var day = seconds >= 0 ? seconds / secondsADay : (seconds - secondsADay + 1) / secondsADay
        for _ in 0..<(5 * 366) {
            if matches(day: day) {
                for hour in hours {
                    for minute in minutes {
                        let time =
                            Instant.start + .seconds(Int(day * secondsADay) + hour * 3600 + minute * 60)
                        if time > instant { return time }
                    }
                }
            }
            day += 1
        }
        return nil
    }

    /// Whether the schedule runs on the day that begins `day` days after the start, 2026-01-01, a Thursday.
    private func matches(day: Int64) -> Bool {
        let date = (Instant.start + .hours(Int(day) * 24)).rfc3339.prefix(10).split(separator: "-")
        guard let month = Int(date[1]), let dayOfMonth = Int(date[2]), months.contains(month) else {
            return false
        }
        let weekday = Int(((4 + day) % 7 + 7) % 7)
        let byDay = days.contains(dayOfMonth)
        let byWeekday = weekdays.contains(weekday)
        return anyDay || anyWeekday ? byDay && byWeekday : byDay || byWeekday
    }
}
