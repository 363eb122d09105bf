// Ages and spans as kubectl prints them.

import SimulationKit

extension Printers {
    /// How long ago `time` was, as kubectl prints ages: `11s`, `3m19s`, `22m`, `5h2m`, `3d4h`, `2y15d`.
    ///
    /// The API keeps whole seconds, so `time` counts from the start of its second.
    /// - Returns: `<unknown>` without a time, `<invalid>` for one more than a second ahead.
    public static func ageText(from time: Instant?, to now: Instant) -> String {
        guard let time else { return "<unknown>" }
        return durationText(now - time.flooredToSecond)
    }

    /// A length of time in one or two units, the coarser the longer it is.
    /// - Source: Kubernetes `apimachinery/pkg/util/duration/duration.go`, `HumanDuration`.
    public static func durationText(_ duration: Duration) -> String {
        func pair(_ a: Int, _ unitA: String, _ b: Int, _ unitB: String) -> String {
            b == 0 ? "\(a)\(unitA)" : "\(a)\(unitA)\(b)\(unitB)"
        }
        let seconds = duration.wholeSeconds
        if seconds < -1 { return "<invalid>" }
        if seconds < 0 { return "0s" }
        if seconds < 120 { return "\(seconds)s" }
        let minutes = seconds / 60
        if minutes < 10 { return pair(minutes, "m", seconds % 60, "s") }
        if minutes < 180 { return "\(minutes)m" }
        let hours = minutes / 60
        if hours < 8 { return pair(hours, "h", minutes % 60, "m") }
        if hours < 48 { return "\(hours)h" }
        let days = hours / 24
        if hours < 24 * 8 { return pair(days, "d", hours % 24, "h") }
        if hours < 24 * 365 * 2 { return "\(days)d" }
        if hours < 24 * 365 * 8 { return pair(days / 365, "y", days % 365, "d") }
        return "\(days / 365)y"
    }
}
