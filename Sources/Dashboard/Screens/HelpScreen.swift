import Canvas
import KubernetesAPI

/// The keys of the view it was opened from, then the general ones, then the commands: a menu to read, to narrow by
/// typing after `/`, and to do things from.
struct HelpScreen: Screen {
    private struct Entry {
        var keys: String
        var text: String
        /// The name it has in the footer: for searching.
        var label = ""
        var section = 0
        var action: Action?
        /// A command, and whether something has to follow it.
        var line: (text: String, isOpen: Bool)?
    }
    private struct Place {
        var column: Int
        var row: Int
    }

    var filter = ""
    private let view: String
    private var sections: [String] = []
    private var entries: [Entry] = []
    /// The entries that pass the filter, by their numbers in ``entries``.
    private var list = ListCursor<Int>()
    private var top = 0
    /// All rows by column, and where each entry of the list stands in them.
    private var columns: [[Line]] = []
    private var places: [Place] = []
    private var inside = Rect.zero

    init(_ groups: [BindingGroup], of view: String, hotkeys: [Hotkey]) {
        self.view = view
        for (index, group) in groups.enumerated() {
            let bindings = group.bindings.filter { !$0.help.isEmpty }
            add(
                group.title,
                bindings.map { Entry(keys: $0.keys.map { "<\($0.description)>" }.joined(separator: " "), text: $0.help, label: $0.label, action: $0.action) })
            if index == 0, !hotkeys.isEmpty {
                add("Hot keys", hotkeys.map { Entry(keys: "<\($0.key)>", text: $0.description, line: ($0.command, false)) })
            }
        }
        let commands = PromptCommands.all.map { command in
            Entry(
                keys: ":" + command.names[0] + (command.arguments.isEmpty ? "" : " " + command.arguments), text: command.help,
                label: command.names.joined(separator: " "), line: (command.names[0], !command.arguments.isEmpty))
        }
        let anyKind = Entry(
            keys: ":KIND [namespace] [/filter] [label=value]", text: "Any kind by kubectl's names: po, no, deploy, sts, svc …", line: ("", true))
        add("Commands", commands + [anyKind])
        let filters = [
            ("text", "A regular expression; capitals count if there is one"), ("!text", "Rows that do not match"),
            ("app=web", "Labels; -l with a selector: -l app in (web,api)"), ("-f abc", "Fuzzy: these letters in this order"),
            ("status:pending", "A column's value; node:c3 zone:eu-c"), ("cpu>500m age<5m", "A column's number"),
        ]
        add("Filter", filters.map { Entry(keys: $0.0, text: $0.1) })
        add("Mouse", [Entry(keys: "wheel, click", text: "Move, choose, open; with shift held the terminal selects text")])
    }

    private mutating func add(_ title: String, _ lines: [Entry]) {
        sections.append(title)
        for var line in lines {
            line.section = sections.count - 1
            entries.append(line)
        }
    }

    var crumb: String { "help" }
    static let keys = BindingGroup(
        "Help",
        [
            Binding(.enter, action: Actions.open, "do it", "Do what the line under the cursor says", footer: 5),
            Binding(.character("c"), action: Actions.copyText, "copy", "Copy the text", footer: 30).formerly("copyName"),
            Binding(.control("s"), action: Actions.save, "save", "Save the text in the working directory"),
        ])
    var bindings: [BindingGroup] { [Self.keys] }
    func offers(_ action: Action, _ world: World) -> Bool { GeneralAction(action).map { ![.create, .fault, .spread, .whatIf].contains($0) } ?? true }

    // MARK: Actions

    enum Actions: String, ScreenAction {
        case open, copyText, save
    }

    func unavailable(_ action: Action, _ world: World) -> String? {
        guard Actions(action) == .open, let entry = list.id.map({ entries[$0] }) else { return nil }
        return entry.action == nil && entry.line == nil ? "Type it after /" : nil
    }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        if list.perform(action) { return [] }
        if let motion = Motion(action), motion == .left || motion == .right {
            moveSideways(motion == .right ? 1 : -1)
            return []
        }
        // Help about the help would only hide it.
        if GeneralAction(action) == .help { return [.pop] }
        guard let action = Actions(action) else { return nil }
        switch action {
        case .open: return open()
        case .copyText: return [.copy(text, what: "the keys of \(view)")]
        case .save: return [.write(file: "help.txt", content: text)]
        }
    }

    private mutating func moveSideways(_ step: Int) {
        guard let here = places[safe: list.index] else { return }
        let there = places.indices.filter { places[$0].column == here.column + step }
        if let nearest = there.min(by: { abs(places[$0].row - here.row) < abs(places[$1].row - here.row) }) { list.move(to: nearest) }
    }

    private func open() -> [Effect] {
        guard let index = list.id else { return [] }
        let entry = entries[index]
        if let action = entry.action { return [.pop, .act(action)] }
        guard let line = entry.line else { return [] }
        return line.isOpen ? [.pop, .prompt(line.text.isEmpty ? "" : line.text + " ")] : [.pop, .run(line: line.text)]
    }

    mutating func refresh(_ world: World, in area: Rect) {
        let wanted = filter.lowercased()
        list.show(
            entries.indices.filter { index in
                wanted.isEmpty || [entries[index].keys, entries[index].text, entries[index].label].contains { $0.lowercased().contains(wanted) }
            })
        inside = area.interior.inset(x: 1, y: 0)
        list.scroll(height: inside.height)
        columns = flow(lines(columnWidth), into: columnCount)
        places = Array(repeating: Place(column: 0, row: 0), count: list.ids.count)
        for (column, lines) in columns.enumerated() {
            for (row, line) in lines.enumerated() { if case .entry(let index, _, _) = line { places[index] = Place(column: column, row: row) } }
        }
        // The heading above the first entry comes along.
        let row = places[safe: list.index]?.row ?? 0
        top = Scrolling.top(following: row <= 1 ? 0 : row, from: top, height: inside.height, count: rowCount)
    }

    private var columnCount: Int { max(1, min(3, (inside.width + 2) / 57)) }
    private var columnWidth: Int { (inside.width - (columnCount - 1) * 2) / columnCount }
    private var rowCount: Int { columns.map(\.count).max() ?? 0 }

    /// The entry of the list at a point of the screen.
    private func entry(at point: Point) -> Int? {
        for (column, lines) in columns.enumerated() {
            let area = Rect(x: inside.x + column * (columnWidth + 2), y: inside.y, width: columnWidth, height: inside.height)
            if area.contains(point), case .entry(let index, _, _)? = lines[safe: top + point.y - area.y] { return index }
        }
        return nil
    }

    private var text: String {
        var lines: [String] = []
        for (section, title) in sections.enumerated() {
            lines.append(title)
            lines += entries.filter { $0.section == section }.map { pad("  " + $0.keys, 34) + $0.text }
            lines.append("")
        }
        return lines.joined(separator: "\n")
    }

    mutating func mouse(_ event: MouseEvent, _ world: World) -> [Effect] {
        switch event.kind {
        case .wheelDown: list.move(to: list.index + 1)
        case .wheelUp: list.move(to: list.index - 1)
        case .press:
            guard let hit = entry(at: event.point) else { return [] }
            if hit == list.index { return open() }
            list.move(to: hit)
        case .release: break
        }
        return []
    }

    // MARK: Drawing

    /// One row of a column: a heading, an entry (by its number among those shown), the rest of one, or nothing.
    private enum Line {
        case heading(String)
        case entry(Int, keys: String, text: StyledText)
        case rest(StyledText)
        case blank
    }

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        let count = list.ids.count
        var title = StyledText("Help ", theme[.title])
        title.append("(\(view))", theme[.titleHighlight])
        if !filter.isEmpty { title.append(" </\(filter)>", theme[.titleFilter]) }
        let right = filter.isEmpty ? "\(min(list.index + 1, count)) of \(count)" : "\(count) of \(entries.count)"
        canvas.drawBox(in: area, title: title, right: StyledText(right, theme[.dim]), style: theme[.borderFocus])
        if count == 0 {
            canvas.write(
                "Nothing has \(filter) in it. \(world.hint(GeneralAction.back, "shows all."))", at: Point(x: inside.x, y: inside.y + 1), style: theme[.dim],
                maxWidth: inside.width)
            return
        }
        canvas.drawPosition(of: top..<min(rowCount, top + inside.height), in: rowCount, onBox: area, text: false, theme: theme)
        for (column, lines) in columns.enumerated() {
            let x = inside.x + column * (columnWidth + 2)
            for (offset, line) in lines.dropFirst(top).prefix(inside.height).enumerated() {
                draw(line, on: &canvas, in: Rect(x: x, y: inside.y + offset, width: columnWidth, height: 1), theme)
            }
        }
    }

    private func draw(_ line: Line, on canvas: inout Canvas, in row: Rect, _ theme: Theme) {
        let indent = keyWidth(row.width)
        switch line {
        case .blank: break
        case .heading(let title): canvas.write(title, at: row.origin, style: theme[.helpSection], maxWidth: row.width, ellipsis: true)
        case .rest(let text): canvas.write(text, at: row.origin.offset(x: indent + 3), style: theme[.help])
        case .entry(let index, let keys, let text):
            let isCursor = index == list.index
            if isCursor {
                canvas.fill(row, style: theme[.cursor])
                canvas.write(canvas.glyphs.cursor, at: row.origin, style: theme[.cursor])
            }
            canvas.write(keys, at: row.origin.offset(x: 1), style: theme[isCursor ? .cursor : .helpKey], maxWidth: row.width - 1, ellipsis: true)
            let isLong = TextWidth.columns(keys) > indent
            if !isLong { canvas.write(text, at: row.origin.offset(x: indent + 3), style: theme[isCursor ? .cursor : .help]) }
        }
    }

    private func keyWidth(_ width: Int) -> Int { min(18, width * 2 / 5) }

    /// A block of lines for each section.
    private func lines(_ width: Int) -> [[Line]] {
        let indent = keyWidth(width)
        var blocks: [[Line]] = []
        var section = -1
        for (number, index) in list.ids.enumerated() {
            let entry = entries[index]
            if entry.section != section {
                if !blocks.isEmpty { blocks[blocks.count - 1].append(.blank) }
                section = entry.section
                blocks.append([.heading(sections[section])])
            }
            let text = StyledText(entry.text).wrapped(to: width - indent - 3)
            let isLong = TextWidth.columns(entry.keys) > indent
            blocks[blocks.count - 1].append(.entry(number, keys: entry.keys, text: text.first ?? ""))
            blocks[blocks.count - 1] += text.dropFirst(isLong ? 0 : 1).map { .rest($0) }
        }
        return blocks
    }

    /// The lines in columns of about the same height. A section may go on in the next column.
    private func flow(_ blocks: [[Line]], into count: Int) -> [[Line]] {
        let all = blocks.flatMap(\.self)
        let share = max(inside.height, (all.count + count - 1) / count)
        var columns: [[Line]] = [[]]
        for line in all {
            var isRest = false
            if case .rest = line { isRest = true }
            if columns[columns.count - 1].count >= share, columns.count < count, !isRest { columns.append([]) }
            if case .blank = line, columns[columns.count - 1].isEmpty { continue }
            columns[columns.count - 1].append(line)
        }
        return columns
    }
}
