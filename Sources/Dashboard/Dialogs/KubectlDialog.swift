// What would change a real cluster: the command lines that do it, to be copied. Nothing is done here.

import Canvas
import ControlPlane
import KubernetesAPI
import Simulation

/// Shows command lines for a shell.
struct KubectlDialog: Dialog {
    let lines: [String]
    /// What is not in the lines.
    let remark: String
    private var top = 0
    private var room = 1

    init(_ lines: [String], remark: String) { (self.lines, self.remark) = (lines, remark) }

    /// What would do these commands to the cluster that is followed; nil if only a simulation can.
    init?(_ commands: [Command], _ world: World) {
        guard let followed = world.followed else { return nil }
        let known = commands.map { KubectlText.lines($0, kubectl: followed.kubectl, in: world.cluster) }
        let lines = known.compactMap { $0 }.flatMap { $0 }
        if lines.isEmpty { return nil }
        self.init(
            lines, remark: "A real cluster is not changed from here. " + (known.contains { $0 == nil } ? "Some of it can be tried on a :branch alone." : ""))
    }

    /// One line of kubectl that only looks at, or talks with, an object of the cluster that is followed.
    init(talking words: [String], _ namespace: String, _ world: World) {
        let place = namespace.isEmpty ? [] : ["-n", namespace]
        let line = ([world.followed?.kubectl ?? "kubectl"] + (words + place).map(KubectlText.quoted)).joined(separator: " ")
        self.init([line], remark: "What programs say is theirs alone: it is not guessed of a real cluster.")
    }

    var changesCluster: Bool { false }
    var hints: [(key: String, text: String)] { [("enter", "copy"), ("j k", "scroll"), ("esc", "close")] }
    mutating func refused(_ text: String, _ causes: [APIError.Cause]) {}

    mutating func handle(_ key: Key, _ world: World) -> [Effect] {
        switch key {
        case .enter, .character("c"), .character("y"): return [.closeDialog, .copy(lines.joined(separator: "\n"), what: lines[0])]
        case .character("j"), .down: top += 1
        case .character("k"), .up: top = max(0, top - 1)
        case .escape, .character("q"): return [.closeDialog]
        default: break
        }
        return []
    }

    private func width(in area: Rect) -> Int { min(area.width, max(56, (lines.map(TextWidth.columns).max() ?? 0) + 4)) }

    /// A long line goes on in the next row, as a terminal shows it.
    private func rows(width: Int) -> [String] {
        lines.flatMap { line -> [String] in
            var (rest, rows) = (Substring(line), [String]())
            while TextWidth.columns(String(rest)) > width, !rest.isEmpty {
                rows.append(String(rest.prefix(max(1, width))))
                rest = rest.dropFirst(max(1, width))
            }
            return rows + [String(rest)]
        }
    }

    private func notes(_ world: World, width: Int) -> [StyledText] { StyledText(remark, world.theme[.dim]).wrapped(to: width) }

    mutating func refresh(_ world: World, in area: Rect) {
        let inner = max(1, width(in: area) - 4)
        let rows = rows(width: inner).count
        room = max(1, min(area.height - 2, rows + notes(world, width: inner).count + 1) - notes(world, width: inner).count - 1)
        top = min(top, max(0, rows - room))
    }

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        let width = width(in: area)
        let surface = theme[.dialog].background
        let rows = rows(width: max(1, width - 4))
        let notes = notes(world, width: max(1, width - 4))
        let inside = Popup(title: StyledText("With kubectl", theme[.title])).draw(
            on: &canvas, centeredIn: area, size: Size(width: width, height: min(area.height, rows.count + notes.count + 3)), theme: theme)
        for (index, row) in rows.dropFirst(top).prefix(room).enumerated() {
            canvas.write(row, at: Point(x: inside.x, y: inside.y + index), style: theme[.text].on(surface), maxWidth: inside.width)
        }
        for (index, note) in notes.enumerated() {
            canvas.write(note.restyled { $0.on(surface) }, at: Point(x: inside.x, y: inside.bottom - notes.count + index), maxWidth: inside.width)
        }
    }
}

extension Dashboard {
    /// Shows what would do these commands to the real cluster that is looked at.
    mutating func offer(_ commands: [Command]) {
        dialog = nil
        if let dialog = KubectlDialog(commands, world) { return apply([.open(dialog)]) }
        show("Only a simulation can do that; :branch makes one of the present state", .warning)
    }
}
