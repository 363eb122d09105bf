import Canvas
import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// What containers write: one, all of a pod, or those of all pods of a workload or Service, followed while time runs.
struct LogScreen: Screen {
    var filter = "" {
        didSet { if filter != oldValue { logs.find(filter) } }
    }
    private var logs: FollowedLogs
    private var top = 0
    private var left = 0
    private var height = 10
    /// The end stays in sight as lines come.
    private var isFollowing = true
    private var showsTimes = false
    private var wraps = false
    /// What is seen: rows of lines, wrapped or not.
    private var rows: [StyledText] = []

    init(_ subject: LogSubject, container: String? = nil, previous: Bool = false, range: LogRange = .tail) {
        logs = FollowedLogs(subject, container: container, previous: previous, range: range)
    }

    var sessions: [LinkSession] { logs.sessions }
    var crumb: String { logs.isAttached ? "attach" : "logs" }
    var isText: Bool { true }

    static let keys = BindingGroup(
        "Logs",
        [
            Binding(.character("0"), action: Actions.tail, "tail", "The end of the log", footer: 5),
            Binding(.character("1"), action: Actions.head, "head", "The beginning of the log"),
            Binding(.character("2"), action: Actions.minute, "1m", "The last minute; 3 to 6: the last 5, 15, 30 and 60 minutes", footer: 6),
            Binding(.character("3"), action: Actions.minutes5, "", "The last 5 minutes"),
            Binding(.character("4"), action: Actions.minutes15, "", "The last 15 minutes"),
            Binding(.character("5"), action: Actions.minutes30, "", "The last 30 minutes"),
            Binding(.character("6"), action: Actions.hour, "", "The last hour"),
            Binding(.character("s"), action: Actions.autoscroll, "autoscroll", "Keep the end in sight as lines come, or stay", footer: 10),
            Binding(.character("a"), action: Actions.allContainers, "all", "All containers of the pods, or one of each", footer: 12),
            Binding(.character("p"), action: Actions.previous, "previous", "The instance before the present one, or the present one", footer: 14),
            Binding(.character("t"), action: Actions.timestamps, "times", "Show or hide the time of each line", footer: 16),
            Binding(.character("w"), action: Actions.wrap, "wrap", "Wrap long lines, or cut them", footer: 18),
            Binding(.character("f"), action: GeneralAction.fullScreen, "full screen", "Full screen on or off", footer: 20),
            Binding(.character("m"), action: Actions.markLine, "mark", "Put a mark below the last line", footer: 22),
            Binding(.character("c"), action: TextActions.copyText, "copy", "Copy the lines that are shown"),
            Binding(.character("C"), action: Actions.clear, "clear", "Forget the lines; new ones go on coming").k9s(.character("C")),
            Binding(.control("s"), action: TextActions.save, "save", "Save the lines in the working directory"),
        ])
    var bindings: [BindingGroup] { [Self.keys] }

    enum Actions: String, ScreenAction {
        case tail, head, minute, minutes5, minutes15, minutes30, hour
        case autoscroll, allContainers, previous, timestamps, wrap, markLine, clear

        fileprivate var range: LogRange? {
            switch self {
            case .tail: .tail
            case .head: .head
            case .minute: .last(minutes: 1)
            case .minutes5: .last(minutes: 5)
            case .minutes15: .last(minutes: 15)
            case .minutes30: .last(minutes: 30)
            case .hour: .last(minutes: 60)
            default: nil
            }
        }
    }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        if let motion = Motion(action), move(motion) { return [] }
        if let action = TextActions(action) {
            let text = logs.shown.map { $0.text(withTime: showsTimes) }.joined(separator: "\n")
            switch action {
            case .copyText: return [.copy(text, what: logs.subject.title)]
            case .save: return [.write(file: "\(logs.subject.fileName).log", content: text + "\n")]
            case .searchNext, .searchPrevious: return nil
            }
        }
        guard let action = Actions(action) else { return nil }
        if let range = action.range {
            logs.read(range)
            isFollowing = range != .head
            top = 0
            return []
        }
        switch action {
        case .autoscroll: isFollowing.toggle()
        case .allContainers: logs.toggleContainers()
        case .previous: logs.togglePrevious()
        case .timestamps: showsTimes.toggle()
        case .wrap: (wraps, left) = (!wraps, 0)
        case .markLine: logs.mark(world.now)
        case .clear: logs.clear()
        default: break
        }
        return []
    }

    private mutating func move(_ motion: Motion) -> Bool {
        switch motion {
        case .down: top += 1
        case .up: top -= 1
        case .pageDown: top += max(1, height - 1)
        case .pageUp: top -= max(1, height - 1)
        case .top: top = 0
        case .bottom: top = .max
        case .left: left = max(0, left - 8)
        case .right: left += 8
        case .nextPane, .previousPane: return false
        }
        // Who scrolls wants to read, and at the end again to follow.
        if motion != .left, motion != .right { isFollowing = motion == .bottom || motion == .pageDown && top >= logs.shown.count - height }
        return true
    }

    // MARK: Drawing

    mutating func refresh(_ world: World, in area: Rect) {
        logs.update(world)
        let inside = area.interior.inset(x: 1, y: 0)
        height = max(1, inside.height)
        let lines = logs.shown
        func rows(of line: FollowedLogs.Line) -> [StyledText] {
            let text = line.styled(withTime: showsTimes, width: inside.width, world.theme)
            return wraps ? text.wrapped(to: inside.width) : [text]
        }
        if wraps, isFollowing {
            // As many of the last lines as fit.
            var found: [StyledText] = []
            top = lines.count
            while top > 0, found.count < height {
                top -= 1
                found = rows(of: lines[top]) + found
            }
            self.rows = found.suffix(height)
            return
        }
        let last = wraps ? lines.count - 1 : lines.count - height
        top = max(0, isFollowing ? lines.count - height : min(top, last))
        self.rows = []
        for line in lines.dropFirst(top).prefix(height) where self.rows.count < height { self.rows += rows(of: line) }
        left = max(0, min(left, (self.rows.lazy.map(\.width).max() ?? 0) - inside.width))
    }

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        var title = StyledText("\(logs.isAttached ? "Attached to" : logs.isPrevious ? "Previous logs of" : "Logs of") ", theme[.title])
        title.append(logs.subject.title, theme[.titleHighlight])
        if let container = logs.container { title.append(":\(container)", theme[.titleHighlight]) }
        title.append("  \(logs.rangeText)", theme[.titleCounter])
        if !filter.isEmpty { title.append("  </\(filter)>", theme[logs.badFilter == nil ? .titleFilter : .flashError]) }
        let flags = [("scroll", isFollowing), ("times", showsTimes), ("wrap", wraps)].filter(\.1).map(\.0).joined(separator: " ")
        canvas.drawBox(in: area, title: title, right: StyledText(flags, theme[.logIndicator]), style: theme[.borderFocus], titleStyle: theme[.title])
        let inside = area.interior.inset(x: 1, y: 0)
        if rows.isEmpty {
            for (index, line) in StyledText(logs.emptyText, theme[.dim]).wrapped(to: inside.width).prefix(inside.height).enumerated() {
                canvas.write(line, at: Point(x: inside.x, y: inside.y + index))
            }
            return
        }
        var pane = TextPane(lineCount: rows.count, top: 0, left: left)
        pane.search = filter.isEmpty || filter.hasPrefix("!") ? nil : filter
        pane.draw(on: &canvas, in: inside, theme: theme, role: .log) { rows[$0] }
        canvas.drawPosition(of: top..<min(logs.shown.count, top + max(1, wraps ? 1 : height)), in: logs.shown.count, onBox: area, theme: theme)
    }

    func remark(_ world: World) -> String? { logs.remark }
}
