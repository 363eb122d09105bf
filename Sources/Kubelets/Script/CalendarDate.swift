// Day and time of a moment in words, as `date` and `ls` write them.

import SimulationKit

/// A moment in UTC in its parts.
package struct CalendarDate {
    package let year: Int
    package let month: Int
    package let day: Int
    /// `12:31:05`
    package let clock: String
    let weekday: Int

    package init(_ time: Instant) {
        // 2026-01-01T00:00:00Z
        let text = Array(time.rfc3339)
        func number(_ range: Range<Int>) -> Int { Int(String(text[range])) ?? 0 }
        (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
        clock = String(text[11..<19])
        // The simulation starts on a Thursday.
        let days = (time.flooredToSecond.nanoseconds / 1_000_000_000 - (time.nanoseconds < 0 ? 86_399 : 0)) / 86_400
        weekday = Int(((days + 4) % 7 + 7) % 7)
    }
    package var monthName: String { ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][max(1, min(12, month)) - 1] }
    package var weekdayName: String { ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][weekday] }
    /// `Thu Jan  1 00:01:05 UTC 2026`
    package var text: String { "\(weekdayName) \(monthName) \(day < 10 ? " " : "")\(day) \(clock) UTC \(year)" }

    /// Seconds since 1970.
    package static func unixSeconds(_ time: Instant) -> Int { Int(time.flooredToSecond.nanoseconds / 1_000_000_000) + 1_767_225_600 }
}
