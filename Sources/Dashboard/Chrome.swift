import Canvas
import KubernetesAPI
import Simulation
import SimulationKit

/// Row 1: who, where, which rules, when, how fast, how many, may I write.
enum StatusLine {
    static func draw(on canvas: inout Canvas, in row: Rect, _ world: World) {
        let theme = world.theme
        canvas.fill(row, style: theme[.statusLine])
        // What is least needed goes first where there is no room: seed, version, nodes, milliseconds, product name.
        let start = row.width >= 110 ? 0 : row.width >= 100 ? 1 : 5
        let room = row.width - 5
        let line = (start...7).lazy.map { text(without: $0, world) }.first { $0.width <= room } ?? text(without: 8, world)
        // One background from end to end, whatever is said.
        let back = theme[.statusLine]
        func onLine(_ style: Style) -> Style {
            let isPlain = style.background == .terminalDefault || style.background == theme[.text].background
            return (isPlain ? style.on(back.background) : style).with(back.attributes.intersection(.reverse))
        }
        canvas.write(line.truncated(to: room + 1).restyled(from: back, onLine), at: row.origin, style: back)
        let isReadOnly = world.options.readOnly || world.isMirror
        let mode = isReadOnly ? "RO" : "RW"
        canvas.write(mode, at: Point(x: row.right - 3, y: row.y), style: onLine(theme[isReadOnly ? .rowPending : .good]))
    }

    /// Where the objects come from.
    private static func source(_ world: World) -> String { world.isMirror ? "live" : world.options.opened.isEmpty && world.followed == nil ? "sim" : "state" }

    /// The row without its `left out` least needed parts.
    private static func text(without leftOut: Int, _ world: World) -> StyledText {
        let theme = world.theme
        let session = world.session
        let running = world.isMirror ? "" : session.isPaused ? "\(world.glyphs.pause) paused" : "\(world.glyphs.play) \(session.speed)"
        let (pending, isStuck) = (world.view.waitingCount, world.view.isStuck)
        let faults = world.view.faults
        let drift = world.drift
        let isLong = leftOut < 5
        var left = StyledText(" ")
        if isLong { left.append("evenkeel  ", theme[.accent]) }
        // A real cluster is never without its mark: where there is no room for its name, for the end of it, which tells most.
        if world.isMirror || isLong {
            let name = leftOut < 8 ? world.options.name : "\(world.glyphs.ellipsis)\(world.options.name.suffix(11))"
            left.append("\(source(world)):\(name)  ", theme[.title])
        } else if leftOut < 8 {
            left.append(world.options.name + "  ", theme[.title])
        }
        left.append("ns:\(world.namespace.isEmpty ? "all" : world.namespace)", theme[.titleHighlight])
        if leftOut < 2 { left.append("  v\(world.cluster.profile.version)", theme[.statusLabel]) }
        if leftOut < 1, !world.isMirror { left.append("  seed \(session.simulation.options.seed)", theme[.statusLabel]) }
        left.append(" \(world.glyphs.alphabet == .ascii ? "|" : "│") ", theme[.dim])
        if let followed = world.followed, world.isMirror {
            let (words, role) = followed.words
            left.append(words, theme[role])
            // Of the past: which moment.
            if !world.isFollowing { left.append("  \(world.glyphs.pause) seen \(Outages.span(followed.now - world.now)) ago", theme[.titleHighlight]) }
        } else {
            left.append(
                "\(running)  \(isLong ? "T+" : "")\(world.time(session.now, milliseconds: leftOut < 4))", theme[session.isPaused ? .titleHighlight : .good])
        }
        left.append(" \(world.glyphs.alphabet == .ascii ? "|" : "│") ", theme[.dim])
        if leftOut < 3 { left.append("nodes \(world.store.nodes.count)  ", theme[.statusLabel]) }
        // Counts are grey; what needs somebody is in colour, and goes last where there is no room.
        let counts: [(String, Int, Role)] = [
            ("pods", leftOut < 7 ? world.store.pods.count : 0, .statusLabel), (isLong ? "pending" : "pend", pending, isStuck ? .rowPending : .statusLabel),
            ("faults", faults, .rowError), ("drift", drift, .rowError),
        ]
        for (index, (name, count, role)) in counts.enumerated() where count > 0 || leftOut < 6 {
            left.append("\(index == 0 ? "" : leftOut < 6 ? "  " : " ")\(name) \(count)", theme[count > 0 ? role : .statusLabel])
        }
        return left
    }
}

/// The row above the crumbs: how much happened, from the start to now.
enum TimeStrip {
    static func draw(on canvas: inout Canvas, in row: Rect, _ world: World) {
        let theme = world.theme
        let left = " time 00:00 "
        let right = " now \(world.time(world.now, milliseconds: false)) "
        let x = left.count
        let width = row.width - left.count - right.count - 2
        guard width > 10 else { return }
        canvas.write(left, at: row.origin, style: theme[.dim])
        canvas.write("├", at: Point(x: x, y: row.y), style: theme[.border])
        let counts = world.history.eventCounts.map(Double.init)
        // The strip always reaches from the start to now: few samples are stretched, many are thinned.
        let values =
            counts.count >= width
            ? Sparkline.thinned(counts, to: width - 1) : (0..<(width - 1)).map { counts.isEmpty ? 0 : counts[$0 * counts.count / (width - 1)] }
        let shown = values.map { $0 == 0 ? 0 : DeterministicMath.ln($0 + 1) }
        canvas.write(String(canvas.glyphs.alphabet == .ascii ? "-" : "─", times: width), at: Point(x: x + 1, y: row.y), style: theme[.border])
        let highest = shown.max() ?? 0
        for (index, value) in shown.enumerated() where value > 0 {
            let levels = canvas.glyphs.sparkLevels
            let level = levels[Canvas.step(value / highest * Double(levels.count - 1), upTo: levels.count - 1)]
            canvas.write(level, at: Point(x: x + 1 + index, y: row.y), style: theme[.sparkline])
        }
        canvas.write(canvas.glyphs.now, at: Point(x: x + 1 + min(width - 1, shown.count), y: row.y), style: theme[.accent])
        canvas.write("┤", at: Point(x: x + 1 + width, y: row.y), style: theme[.border])
        canvas.write(right, at: Point(x: x + 2 + width, y: row.y), style: theme[.text])
    }
}

/// The last row: keys for what has the focus, generated from the bindings.
enum KeyRow {
    static func draw(_ dashboard: Dashboard, on canvas: inout Canvas, in row: Rect) {
        let hints: [KeyHints.Hint]
        var last: KeyHints.Hint?
        if let dialog = dashboard.dialog {
            hints = dialog.hints.map { KeyHints.Hint($0.key, $0.text) }
        } else if let prompt = dashboard.prompt {
            let arrows = dashboard.world.glyphs.alphabet == .ascii ? "up/down" : "↑/↓"
            let keys =
                switch prompt.purpose {
                case .command: [("tab", "complete"), ("enter", "do it"), (arrows, "history"), ("esc", "leave")]
                case .filter: [("enter", "keep"), ("ctrl-u", "empty"), ("esc", "clear")]
                case .palette: [("enter", "do it"), (arrows, "choose"), ("ctrl-u", "empty"), ("esc", "leave")]
                }
            hints = keys.map { KeyHints.Hint($0.0, $0.1) }
        } else if let typing = dashboard.stack.last!.typingHints {
            hints = typing.map { KeyHints.Hint($0.key, $0.text) }
        } else {
            let screen = dashboard.stack.last!
            let bindings = dashboard.bindingGroups.flatMap(\.bindings).filter { $0.footer > 0 && screen.offers($0.action, dashboard.world) }
            let help = dashboard.world.key(GeneralAction.help, in: Bindings.general)
            if !help.isEmpty { last = KeyHints.Hint(help, "help") }
            hints = bindings.sorted { $0.footer < $1.footer }.map { KeyHints.Hint($0.keys[0].description, $0.label) }
        }
        _ = KeyHints(hints, last: last).draw(on: &canvas, at: Point(x: row.x + 1, y: row.y), width: row.width - 1, theme: dashboard.world.theme)
    }
}
