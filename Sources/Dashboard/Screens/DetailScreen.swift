import Canvas
import ControlPlane
import KubernetesAPI
import Manifests
import Printers

/// One object in full: describe, YAML, events and conditions as tabs of one text.
struct DetailScreen: Screen, PodHolder {
    enum Tab: String, CaseIterable {
        case describe = "Describe"
        case yaml = "YAML"
        case events = "Events"
        case conditions = "Conditions"
        case resize = "Resize"
    }
    let kind: Kind
    let key: ObjectKey
    let info: KindInfo
    var tab: Tab
    var filter = ""
    private var text = ScrollingText()
    private var last: any StoredObject

    init(_ object: any StoredObject, tab: Tab) {
        (kind, key, info) = (type(of: object).kind, object.key, object.kindInfo)
        self.tab = tab
        last = object
    }

    var crumb: String { last.metadata.name }
    var isText: Bool { true }
    var bindings: [BindingGroup] {
        // In a text, l scrolls and f fills the screen.
        let inTables = [ObjectAction.logs, .previousLogs, .shell, .attach, .portForward, .forwards, .setImage].map { Action($0) }
        let own = kind == .pod ? [BindingGroup(Bindings.pods.title, Bindings.pods.bindings.filter { !inTables.contains($0.action) })] : []
        return own + [Bindings.object, Bindings.text]
    }

    func focusedWorkload(_ world: World) -> Workload? { (last as? Pod).map { Workload(of: $0, world.cluster) } }

    func selectedPod(_ world: World) -> Pod? { last as? Pod }

    /// Only pods are resized.
    private var tabs: [Tab] { kind == .pod ? Tab.allCases : Tab.allCases.filter { $0 != .resize } }

    private func lines(_ world: World) -> [StyledText] {
        let theme = world.theme
        switch tab {
        case .describe:
            return Printers.describe(last, in: world.cluster).split(separator: "\n", omittingEmptySubsequences: false).map { line in
                guard let colon = line.firstIndex(of: ":"), !line.hasPrefix("  Normal"), !line.hasPrefix("  Warning"),
                    line[..<colon].allSatisfy({ !$0.isNewline && ($0.isLetter || " ()-/_.".contains($0) || $0.isNumber) })
                else {
                    return StyledText(String(line), line.hasPrefix("  Warning") ? theme[.rowPending] : nil)
                }
                var text = StyledText(String(line[...colon]), theme[.yamlKey])
                text.append(String(line[line.index(after: colon)...]), theme[.text])
                return text
            }
        case .yaml: return YAMLColours.lines(ManifestWriter.yaml(world.session.simulation.document(of: last)), theme)
        case .events:
            let events = world.store.events(about: info.kind, ObjectKey(namespace: last.metadata.namespace, name: last.metadata.name)).sorted {
                ($0.lastTimestamp?.nanoseconds ?? 0, $0.metadata.name) < ($1.lastTimestamp?.nanoseconds ?? 0, $1.metadata.name)
            }
            if events.isEmpty { return [StyledText("No events about this object.", theme[.dim])] }
            return events.map { event in
                var text = StyledText("\(event.lastTimestamp.map { world.time($0) } ?? "")  ", theme[.dim])
                text.append(event.type == "Warning" ? "! " : "  ", theme[.rowPending])
                text.append(pad(event.reason, 24) + " ", theme[event.type == "Warning" ? .rowPending : .accent])
                text.append(event.message, theme[.text])
                if event.count > 1 { text.append("  (x\(event.count))", theme[.dim]) }
                return text
            }
        case .resize: return (last as? Pod).map { ResizeProgress.report($0, world) } ?? []
        case .conditions:
            if last.conditions.isEmpty { return [StyledText("This object has no conditions.", theme[.dim])] }
            return last.conditions.map { condition in
                let fine =
                    condition.isTrue
                    != ["Pressure", "Unavailable", ConditionType.replicaFailure, ConditionType.failed].contains { condition.type.contains($0) }
                var text = StyledText(String(fine ? world.glyphs.passed : world.glyphs.stopped) + " ", theme[fine ? .good : .rowPending])
                text.append(pad(condition.type, 26) + " " + pad(condition.status, 8), theme[.text])
                text.append("since \(condition.lastTransitionTime.map { world.time($0) } ?? "-")  ", theme[.dim])
                text.append([condition.reason, condition.message].filter { !$0.isEmpty }.joined(separator: ": "), theme[.text])
                return text
            }
        }
    }

    mutating func refresh(_ world: World, in area: Rect) {
        if let object = world.store.object(kind, key) { last = object }
        text.show(lines(world), in: area.interior.inset(x: 1, y: 0))
    }

    enum Actions: String, ScreenAction {
        case nextPane, previousPane, describe, yaml, edit, delete
    }

    func unavailable(_ action: Action, _ world: World) -> String? {
        Actions(action) == nil ? ObjectAction(action)?.unavailable(for: last, world) : nil
    }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        if text.perform(action) { return [] }
        if let action = TextActions(action) {
            switch action {
            case .searchNext, .searchPrevious: text.search(filter, forward: action == .searchNext)
            case .copyText: return [.copy(lines(world).map(\.text).joined(separator: "\n"), what: "\(info.kind.lowercased()) \(last.metadata.name)")]
            case .save:
                return [
                    .write(
                        file: "\(info.kind.lowercased())-\(last.metadata.name).yaml", content: ManifestWriter.yaml(world.session.simulation.document(of: last)))
                ]
            }
            return []
        }
        guard let own = Actions(action) else { return ObjectAction(action)?.effects(on: last, [last], world) }
        switch own {
        case .nextPane, .previousPane:
            show(tabs.neighbour(of: tab, isNext: own == .nextPane))
        case .describe: show(.describe)
        case .yaml: show(.yaml)
        case .edit: return [.edit(last)]
        case .delete: return [.open(deleteDialog([last], world))]
        }
        return []
    }
    private mutating func show(_ tab: Tab) {
        self.tab = tab
        text = ScrollingText()
    }

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let present = world.store.object(kind, key)
        let theme = world.theme
        var title = StyledText(info.kind + " ", theme[.title])
        title.append(last.metadata.namespace.isEmpty ? last.metadata.name : "\(last.metadata.namespace)/\(last.metadata.name)", theme[.titleHighlight])
        if present == nil { title.append("  gone", theme[.rowError]) }
        if let pod = present as? Pod {
            let state = world.state(of: pod)
            title.append("  \(world.glyph(state)) \(PodDisplay(pod, profile: world.cluster.profile).status)", theme[World.role(state)])
        }
        if !filter.isEmpty { title.append("  </\(filter)>", theme[.titleFilter]) }
        var right = StyledText("")
        for each in tabs {
            right.append(each == tab ? "[\(each.rawValue)]" : " \(each.rawValue) ", theme[each == tab ? .titleHighlight : .dim])
        }
        canvas.drawBox(in: area, title: title, right: right, style: theme[.borderFocus])
        text.draw(search: filter, on: &canvas, in: area.interior.inset(x: 1, y: 0), box: area, theme)
    }
}

/// A text that is scrolled and searched: the moving part of all text screens.
struct ScrollingText {
    private var scroll = LineScroll()
    private var left = 0
    private var width = 80
    private var lines: [StyledText] = []
    /// Columns of the longest line.
    private var longest = 0

    /// Takes the lines that there are now and where they stand.
    mutating func show(_ lines: [StyledText], in area: Rect) {
        self.lines = lines
        width = area.width
        longest = lines.reduce(0) { max($0, $1.width) }
        scroll.show(lines.count, height: area.height)
        move(by: 0)
    }
    private mutating func move(by columns: Int) { left = max(0, min(left + columns, longest - width)) }

    mutating func perform(_ action: Action) -> Bool {
        switch Motion(action) {
        case .left: move(by: -8)
        case .right: move(by: 8)
        default: return scroll.perform(action)
        }
        return true
    }

    /// Scrolls to the next line that contains `word`, around the end.
    mutating func search(_ word: String, forward: Bool) {
        guard !word.isEmpty, !lines.isEmpty else { return }
        for step in 1...lines.count {
            let index = ((forward ? scroll.top + step : scroll.top - step) % lines.count + lines.count) % lines.count
            if !TextPane.hits(of: word, in: lines[index].text).isEmpty { return scroll.move(to: index) }
        }
    }

    /// Draws the lines into the inside of a box, and on its edges which of them they are.
    func draw(search: String, on canvas: inout Canvas, in area: Rect, box: Rect, _ theme: Theme) {
        var pane = TextPane(lineCount: lines.count, top: scroll.top, left: left)
        pane.search = search.isEmpty ? nil : search
        let seen = pane.draw(on: &canvas, in: area, theme: theme) { lines[$0] }
        canvas.drawPosition(of: seen, in: lines.count, onBox: box, theme: theme)
    }
}

/// YAML with its keys and values in their colours.
enum YAMLColours {
    static func lines(_ yaml: String, _ theme: Theme) -> [StyledText] {
        yaml.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let start = line.firstIndex { $0 != " " && $0 != "-" } ?? line.endIndex
            guard let colon = line[start...].firstIndex(of: ":"), line[start..<colon].allSatisfy({ $0 != "\"" && $0 != " " }),
                line.index(after: colon) == line.endIndex || line[line.index(after: colon)] == " "
            else { return StyledText(String(line), theme[.yamlValue]) }
            var text = StyledText(String(line[..<start]), theme[.dim])
            text.append(String(line[start..<colon]), theme[.yamlKey])
            text.append(":", theme[.yamlColon])
            text.append(String(line[line.index(after: colon)...]), theme[.yamlValue])
            return text
        }
    }
}

func pad(_ text: String, _ width: Int, _ alignment: TextWidth.Alignment = .left) -> String {
    TextWidth.padded(text, to: width, alignment: alignment)
}
