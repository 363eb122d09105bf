import Canvas
import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// A shell in a container: it takes all keys but the one that leaves.
struct ShellScreen: Screen {
    var filter = ""
    private var shell: Shell
    private var lines: [(text: String, role: Role)] = []
    private var field = TextField()
    private var wake: Instant?
    private var exitCode: Int?
    private var history: [String] = []
    private var place = 0
    /// Rows scrolled back from the end.
    private var back = 0
    private var height = 10
    private let title: String

    /// So many lines are kept.
    private static let capacity = 5000

    init(_ shell: Shell) {
        self.shell = shell
        title = "\(shell.pod.name):\(shell.container)"
    }

    var crumb: String { "shell" }
    var isText: Bool { true }
    var bindings: [BindingGroup] { [] }
    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        var heading = StyledText("Shell in ", theme[.title])
        heading.append(title, theme[.titleHighlight])
        let state = exitCode.map { "ended with code \($0)" } ?? wake.map { "waits until \(world.time($0, milliseconds: false))" } ?? ""
        canvas.drawBox(in: area, title: heading, right: StyledText(state, theme[.dim]), style: theme[.borderFocus], titleStyle: theme[.title])
        let inside = area.interior.inset(x: 1, y: 0)
        var rows: [StyledText] = []
        for line in lines.suffix(inside.height * 4 + back) { rows += StyledText(line.text, theme[line.role]).wrapped(to: inside.width) }
        let isTyping = exitCode == nil && wake == nil
        let room = inside.height - (isTyping ? 1 : 0)
        let end = max(min(rows.count, room), rows.count - back)
        let seen = rows[max(0, end - room)..<end]
        for (index, row) in seen.enumerated() { canvas.write(row, at: Point(x: inside.x, y: inside.y + index), maxWidth: inside.width) }
        guard isTyping else { return }
        let y = inside.y + seen.count
        let prompt = shell.prompt
        canvas.write(prompt, at: Point(x: inside.x, y: y), style: theme[.accent])
        let at = inside.x + TextWidth.columns(prompt)
        field.draw(on: &canvas, at: Point(x: at, y: y), width: max(1, inside.right - at), style: theme[.text], focused: true)
    }
    mutating func refresh(_ world: World, in area: Rect) { height = max(1, area.height - 3) }

    var typingHints: [(key: String, text: String)]? {
        exitCode == nil ? [("esc", "leave"), ("ctrl-d", "end of input"), ("ctrl-c", "stop the command"), ("pgup", "scroll back")] : [("esc", "back")]
    }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? { nil }

    // MARK: Keys and time

    mutating func typed(_ key: Key, _ world: World) -> [Effect]? {
        switch key {
        case .escape: return [.pop]
        case .pageUp: back = min(back + height, lines.count)
        case .pageDown: back = max(0, back - height)
        case _ where exitCode != nil: return key == .enter || key == .character("q") ? [.pop] : []
        case .control("c"):
            // What waits is given up.
            if wake != nil { return run([3], world, interrupts: true) }
            show("\(shell.prompt)\(field.text)^C", .dim)
            field = TextField()
        case .control("d"): if field.isEmpty { return run([], world, isEnd: true) }
        case .control("l"): lines = []
        case .up, .down:
            let next = place + (key == .up ? -1 : 1)
            guard (0...history.count).contains(next) else { return [] }
            place = next
            field = TextField(prefilled: next < history.count ? history[next] : "")
        case .enter:
            back = 0
            let line = field.text
            show("\(shell.prompt)\(line)", .text)
            if !line.isEmpty, history.last != line { history.append(line) }
            place = history.count
            field = TextField()
            return run(Array((line + "\n").utf8), world)
        default: if wake == nil { _ = field.handle(key) }
        }
        return []
    }
    mutating func paste(_ text: String, _ world: World) -> [Effect]? {
        guard exitCode == nil else { return [] }
        let parts = text.split(separator: "\n", omittingEmptySubsequences: false)
        var effects: [Effect] = []
        for (index, part) in parts.enumerated() {
            field.insert(String(part))
            if index < parts.count - 1 { effects += typed(.enter, world) ?? [] }
        }
        return effects
    }

    mutating func tick(_ world: World) -> [Effect] {
        guard exitCode == nil else { return [] }
        if let wake, world.now < wake { return [] }
        return run([], world)
    }

    private mutating func run(_ input: [UInt8], _ world: World, isEnd: Bool = false, interrupts: Bool = false) -> [Effect] {
        if interrupts {
            shell.interrupt()
            show("^C", .dim)
        }
        let output = shell.run(interrupts ? [] : input, isEnd: isEnd, in: world.session.simulation)
        show(String(decoding: output.stdout, as: UTF8.self), .log)
        show(String(decoding: output.stderr, as: UTF8.self), .rowPending)
        wake = output.wake
        if let code = output.exitCode {
            exitCode = code
            show(code == 0 ? "The session has ended" : "command terminated with exit code \(code)", .dim)
        }
        return output.commands.isEmpty ? [] : [.perform(output.commands)]
    }

    private mutating func show(_ text: String, _ role: Role) {
        guard !text.isEmpty else { return }
        var parts = text.split(separator: "\n", omittingEmptySubsequences: false)
        if parts.last?.isEmpty == true, parts.count > 1 { parts.removeLast() }
        lines += parts.map { (String($0).replacing("\t", with: "    "), role) }
        if lines.count > Self.capacity { lines.removeFirst(lines.count - Self.capacity) }
    }
}
