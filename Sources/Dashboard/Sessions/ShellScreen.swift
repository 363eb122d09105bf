import Canvas
import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// A shell in a container: it takes all keys but the one that leaves.
struct ShellScreen: Screen {
    var filter = ""
    /// Nil: its container does not run yet.
    private var shell: Shell?
    /// Whose own shell it is; nil: a shell beside what the container runs.
    private var attached: (pod: ObjectKey, container: String)?
    /// Why it does not run yet, in the kubelet's words.
    private var reason = ""
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
    /// The shell that a container runs itself, as soon as it runs.
    init(attachingTo pod: ObjectKey, container: String, intro: [String]) {
        attached = (pod, container)
        title = "\(pod.name):\(container)"
        for line in intro { show(line, .dim) }
    }

    var sessions: [LinkSession] {
        guard exitCode == nil, let shell else { return [] }
        return [LinkSession(stream: attached == nil ? .exec : .attach, pod: shell.pod, container: shell.container, bytes: bytes)]
    }
    /// Bytes that went either way.
    private var bytes = 0
    var crumb: String { "shell" }
    var isText: Bool { true }
    var bindings: [BindingGroup] { [] }
    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        var heading = StyledText("Shell in ", theme[.title])
        heading.append(title, theme[.titleHighlight])
        let waits = shell == nil && exitCode == nil ? "waits for the container\(reason.isEmpty ? "" : ": \(reason)")" : nil
        let state = waits ?? exitCode.map { "ended with code \($0)" } ?? wake.map { "waits until \(world.time($0, milliseconds: false))" } ?? ""
        canvas.drawBox(in: area, title: heading, right: StyledText(state, theme[.dim]), style: theme[.borderFocus], titleStyle: theme[.title])
        let inside = area.interior.inset(x: 1, y: 0)
        var rows: [StyledText] = []
        for line in lines.suffix(inside.height * 4 + back) { rows += StyledText(line.text, theme[line.role]).wrapped(to: inside.width) }
        let isTyping = exitCode == nil && wake == nil && shell != nil
        let room = inside.height - (isTyping ? 1 : 0)
        let end = max(min(rows.count, room), rows.count - back)
        let seen = rows[max(0, end - room)..<end]
        for (index, row) in seen.enumerated() { canvas.write(row, at: Point(x: inside.x, y: inside.y + index), maxWidth: inside.width) }
        guard isTyping else { return }
        let y = inside.y + seen.count
        let prompt = prompt
        canvas.write(prompt, at: Point(x: inside.x, y: y), style: theme[.accent])
        let at = inside.x + TextWidth.columns(prompt)
        field.draw(on: &canvas, at: Point(x: at, y: y), width: max(1, inside.right - at), style: theme[.text], focused: true)
    }
    private var prompt: String { shell?.prompt ?? "" }
    mutating func refresh(_ world: World, in area: Rect) {
        height = max(1, area.height - 3)
        if shell == nil, exitCode == nil { attach(world) }
    }

    /// Attaches to the container if it runs by now.
    private mutating func attach(_ world: World) {
        guard let (pod, container) = attached else { return }
        guard let stored = world.store.pods[pod] else { return end(1, "error: pod \(pod.name) is gone") }
        let state = stored.allContainerStatuses.first { $0.name == container }?.state
        if let ended = state?.terminated {
            // What it had to say is in its log.
            if case .success(let log) = world.session.simulation.log(of: pod, LogOptions(container: container)) {
                show(String(decoding: log.text, as: UTF8.self), .log)
            }
            return end(ended.exitCode, "The container has ended with code \(ended.exitCode)")
        }
        reason = state?.waiting?.reason ?? ""
        guard state?.running != nil else { return }
        switch world.session.simulation.attachedShell(to: pod, container: container) {
        case .success(let found?):
            shell = found
            show("If you don't see a command prompt, try pressing enter.", .dim)
        case .success: end(0, "It runs no shell that reads what is typed: its output is in its log")
        case .failure(let error): end(1, "warning: couldn't attach to pod/\(pod.name), falling back to streaming logs: \(error.message)")
        }
    }
    private mutating func end(_ code: Int, _ text: String) {
        exitCode = code
        show(text, .dim)
    }

    var typingHints: [(key: String, text: String)]? {
        if shell == nil, exitCode == nil { return nil }
        return exitCode == nil ? [("esc", "leave"), ("ctrl-d", "end of input"), ("ctrl-c", "stop the command"), ("pgup", "scroll back")] : [("esc", "back")]
    }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? { nil }

    // MARK: Keys and time

    mutating func typed(_ key: Key, _ world: World) -> [Effect]? {
        switch key {
        case .escape: return [.pop]
        case .pageUp: back = min(back + height, lines.count)
        case .pageDown: back = max(0, back - height)
        // Until there is a prompt keys do what they do everywhere: let time go on, for one.
        case _ where shell == nil && exitCode == nil: return nil
        case _ where exitCode != nil: return key == .enter || key == .character("q") ? [.pop] : []
        case .control("c"):
            // What waits is given up.
            if wake != nil { return run([3], world, interrupts: true) }
            show("\(prompt)\(field.text)^C", .dim)
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
            show("\(prompt)\(line)", .text)
            if !line.isEmpty, history.last != line { history.append(line) }
            place = history.count
            field = TextField()
            return run(Array((line + "\n").utf8), world)
        default: if wake == nil { _ = field.handle(key) }
        }
        return []
    }
    mutating func paste(_ text: String, _ world: World) -> [Effect]? {
        guard exitCode == nil, shell != nil else { return [] }
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
        if shell == nil { attach(world) }
        if let wake, world.now < wake { return [] }
        return run([], world)
    }

    private mutating func run(_ input: [UInt8], _ world: World, isEnd: Bool = false, interrupts: Bool = false) -> [Effect] {
        guard var shell else { return [] }
        if interrupts {
            shell.interrupt()
            show("^C", .dim)
        }
        let output = shell.run(interrupts ? [] : input, isEnd: isEnd, in: world.session.simulation)
        self.shell = shell
        bytes += input.count + output.stdout.count + output.stderr.count
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
