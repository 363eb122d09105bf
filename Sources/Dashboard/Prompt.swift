import Canvas
import KubernetesAPI

/// The line for commands, filters and the palette, on the row of the crumbs.
struct Prompt {
    enum Purpose { case command, filter, palette }
    var purpose: Purpose
    var field: TextField
    /// What is chosen in the list above the prompt; nil for what was typed.
    var choice: Int?
    /// How far back in the history.
    var historyIndex: Int?

    init(_ purpose: Purpose, text: String = "") {
        self.purpose = purpose
        field = TextField(text)
    }

    func draw(on canvas: inout Canvas, in row: Rect, _ dashboard: Dashboard) {
        let theme = dashboard.world.theme
        canvas.fill(row, style: theme[.prompt])
        let sign = purpose == .command ? ":" : purpose == .filter ? "/" : "> "
        canvas.write(" \(sign)", at: row.origin, style: theme[.prompt])
        let suggestion = purpose == .command ? Completions.rest(of: field.text, dashboard) : ""
        field.draw(
            on: &canvas, at: Point(x: row.x + 1 + sign.count, y: row.y), width: row.width - 2 - sign.count,
            style: theme[purpose == .filter && Filter(field.text).problem != nil ? .flashError : .prompt], focused: true,
            suggestion: suggestion, suggestionStyle: theme[.promptSuggestion])
    }

    /// The list above the palette's prompt.
    func drawSuggestions(on canvas: inout Canvas, above area: Rect, _ dashboard: Dashboard) {
        guard purpose == .palette else { return }
        let items = Palette.items(field.text, dashboard)
        let height = min(14, max(3, items.count + 2), area.height)
        let box = Rect(x: area.x, y: area.bottom - height, width: min(area.width, 76), height: height)
        let inside = Popup(title: StyledText("Palette")).draw(on: &canvas, in: box, theme: dashboard.world.theme)
        let cursor = min(choice ?? 0, max(0, items.count - 1))
        let list = PickList(
            count: items.count, cursor: items.isEmpty ? nil : cursor, top: Scrolling.top(following: cursor, from: 0, height: inside.height, count: items.count))
        let seen = list.draw(on: &canvas, in: inside, theme: dashboard.world.theme, role: .dialog) { index in
            var text = StyledText(pad(items[index].key, 15) + " ", dashboard.world.theme[.menuKey])
            let refusal = items[index].refusal
            text.append(items[index].title, dashboard.world.theme[refusal == nil ? .text : .dim])
            if let refusal { text.append("  \(refusal)", dashboard.world.theme[.rowPending]) }
            return text
        }
        canvas.drawPosition(of: seen, in: items.count, onBox: box, theme: dashboard.world.theme)
    }
}

extension Dashboard {
    mutating func typeInPrompt(_ key: Key) {
        guard var open = prompt else { return }
        defer { if prompt != nil { prompt = open } }
        switch key {
        case .escape, .control("c"):
            // Leaving a filter clears it, as in k9s: Enter keeps it.
            if open.purpose == .filter { setFilter("") }
            prompt = nil
        case .enter:
            prompt = nil
            let text = open.field.text.trimmingSpaces
            switch open.purpose {
            case .filter: setFilter(text)
            case .command: if !text.isEmpty { run(line: text) }
            case .palette:
                let items = Palette.items(open.field.text, self)
                if let item = items.isEmpty ? nil : items[min(open.choice ?? 0, items.count - 1)] { choose(item) }
            }
        case .right where open.purpose == .command && open.field.cursor == open.field.text.count, .tab, .control("f"):
            open.field.insert(Completions.rest(of: open.field.text, self))
        case .control("w"), .control("u"): open.field = TextField("")
        case .up, .down:
            let step = key == .up ? 1 : -1
            if open.purpose == .palette {
                open.choice = max(0, (open.choice ?? 0) - step)
            } else if open.purpose == .command, !history.lines.isEmpty {
                let index = max(0, min(history.lines.count - 1, (open.historyIndex ?? -1) + step))
                open.historyIndex = index
                open.field = TextField(history.lines[history.lines.count - 1 - index])
            }
        default:
            if key == .backspace, open.field.isEmpty {
                prompt = nil
                return
            }
            _ = open.field.handle(key)
            open.choice = nil
            // A filter shows its effect while it is typed.
            if open.purpose == .filter { setFilter(open.field.text) }
        }
    }
}

/// The commands of this session, for `[`, `]`, `-` and the prompt's arrows.
struct CommandHistory {
    private(set) var lines: [String] = []
    private var position = 0
    init(lines: [String] = []) { (self.lines, position) = (lines, max(0, lines.count - 1)) }
    mutating func add(_ line: String) {
        if lines.last != line { lines.append(line) }
        position = lines.count - 1
    }
    mutating func back() -> String? {
        guard position > 0 else { return nil }
        position -= 1
        return lines[position]
    }
    mutating func forward() -> String? {
        guard position + 1 < lines.count else { return nil }
        position += 1
        return lines[position]
    }
    /// The command before the last one.
    func last() -> String? { lines.count > 1 ? lines[lines.count - 2] : nil }
}
