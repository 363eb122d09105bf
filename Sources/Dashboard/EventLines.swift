import Canvas
import KubernetesAPI
import Printers

/// Events of one object, a line each, as the panes of screens show them.
enum EventLines {
    /// Those with `filter` in type, reason or message, whatever the case.
    static func matching(_ filter: String, _ events: [Event]) -> [Event] {
        filter.isEmpty ? events : events.filter { "\($0.type) \($0.reason) \($0.message)".lowercased().contains(filter.lowercased()) }
    }

    /// When it was last told, `!` for a warning, the reason and the message, and how often.
    static func line(_ event: Event, _ world: World) -> StyledText {
        let theme = world.theme
        let isWarning = event.type == "Warning"
        var text = StyledText("\(event.lastTimestamp.map { world.shortTime($0) } ?? "") ", theme[.dim])
        text.append(isWarning ? "! " : "  ", theme[.rowPending])
        text.append("\(event.reason) ", theme[isWarning ? .rowPending : .accent])
        text.append(event.message, theme[.text])
        if event.count > 1 { text.append(" \(world.glyphs.times)\(event.count)", theme[.rowPending]) }
        return text
    }
}
