import Canvas
import ControlPlane
import KubernetesAPI

/// Lines about things of several kinds, flat or as a tree, each of which can be opened: containers, pulses, x-rays.
struct ListScreen: ListedScreen, PodHolder {
    struct Line {
        /// Says which line it is from one frame to the next.
        var id: String
        var cells: [StyledText]
        var role = Role.text
        /// How deep it stands in a tree; 0 at the root.
        var depth = 0
        /// What it is about, for describe, YAML and the keys of pods.
        var object: (kind: Kind, key: ObjectKey)?
        /// The container of that pod that it is about.
        var container: String?
        /// What Enter does; describe if nil.
        var open: (@Sendable (World) -> [Effect])?
    }

    let crumb: String
    let title: String
    let columns: [TableWidget.Column]
    let isTree: Bool
    /// The namespace that the lines are about; nil for those looked at.
    let namespace: String?
    /// Whether lines are about objects, rather than about kinds of them.
    let hasObjects: Bool
    /// Whether each line is about a container of a pod, to which its sessions go.
    let hasContainers: Bool
    let lines: @Sendable (World) -> [Line]
    var filter = ""
    var list = ListCursor<String>()
    private var collapsed: Set<String> = []
    private var shown: [Line] = []
    private var all: [Line] = []
    private var stamp: (revision: Int, generation: Int, namespace: String, now: Int64) = (-1, 0, "", 0)

    init(
        crumb: String, title: String, columns: [TableWidget.Column], isTree: Bool = false, namespace: String? = nil, hasObjects: Bool = true,
        hasContainers: Bool = false, lines: @escaping @Sendable (World) -> [Line]
    ) {
        (self.crumb, self.title, self.columns, self.isTree, self.lines) = (crumb, title, columns, isTree, lines)
        (self.namespace, self.hasObjects, self.hasContainers) = (namespace, hasObjects, hasContainers)
    }

    static let tree = BindingGroup(
        "Tree",
        [
            Binding(.character(" "), action: Actions.expand, "expand", "Show or hide what is below the line", footer: 6).formerly("mark"),
            Binding(.character("x"), action: Actions.expandAll, "all", "Show or hide what is below all lines", footer: 7).formerly("cells"),
        ])
    static let list = BindingGroup(
        "List",
        [
            Binding(.enter, action: Actions.open, "open", "Open the line", footer: 5),
            Binding(.character("d"), action: Actions.describe, "describe", "Describe the object", footer: 10),
            Binding(.character("y"), action: Actions.yaml, "yaml", "Show the object as YAML", footer: 15),
            Binding(.character("W"), action: Actions.why, "why", "Pods: why it is pending, or placed here", footer: 30),
            Binding(.character("R"), action: Actions.resize, "resize", "Pods: resize in place", footer: 20),
            Binding(.character("V"), action: Actions.evict, "evict", "Pods: evict; disruption budgets apply", footer: 25),
        ])
    var bindings: [BindingGroup] {
        if hasContainers { return [Bindings.containers, BindingGroup(Self.list.title, Array(Self.list.bindings.dropFirst()))] }
        return hasObjects ? (isTree ? [Self.tree] : []) + [Self.list] : [BindingGroup(Self.list.title, Array(Self.list.bindings.prefix(1)))]
    }

    func offers(_ action: Action, _ world: World) -> Bool {
        if GeneralAction(action) == .spread { return focusedWorkload(world) != nil }
        return refusal(action, world) == nil
    }

    mutating func refresh(_ world: World, in area: Rect) {
        let now = (world.store.revision, world.generation, world.namespace, world.now.nanoseconds)
        if now != stamp {
            stamp = now
            all = lines(world)
        }
        var hiddenBelow: Int?
        shown = all.filter { line in
            if let depth = hiddenBelow {
                if line.depth > depth { return false }
                hiddenBelow = nil
            }
            if collapsed.contains(line.id) { hiddenBelow = line.depth }
            return true
        }
        let wanted = Filter(filter)
        if !wanted.terms.isEmpty {
            shown = shown.filter { line in
                let cells = zip(columns, line.cells).map { (title: $0.title, text: $1.text) }
                let labels = line.object.flatMap { world.store.object($0.kind, $0.key)?.metadata.labels } ?? [:]
                return wanted.passes(cells: cells, labels: labels)
            }
        }
        list.show(shown.map(\.id))
        list.scroll(in: area.interior.inset(top: 1))
    }

    private var line: Line? { shown[safe: list.index] }
    private func object(_ world: World) -> (any StoredObject)? { line?.object.flatMap { world.store.object($0.kind, $0.key) } }
    func selectedPod(_ world: World) -> Pod? { object(world) as? Pod }
    func focusedWorkload(_ world: World) -> Workload? { selectedPod(world).map { Workload(of: $0, world.cluster) } }
    func peek(_ world: World) -> Peek? {
        guard hasObjects else { return nil }
        return object(world).map { Peek(of: $0, world) }
    }

    enum Actions: String, ScreenAction {
        case open, describe, yaml, why, resize, evict, expand, expandAll
    }

    func unavailable(_ action: Action, _ world: World) -> String? {
        switch Actions(action) {
        case .why, .resize, .evict: selectedPod(world) == nil ? "This line is not a pod" : nil
        case .describe, .yaml: object(world) == nil ? "That object is not there" : nil
        case .open: line?.open == nil && object(world) == nil ? "That object is not there" : nil
        case .expand, .expandAll, nil: nil
        }
    }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        if list.perform(action) { return [] }
        if let action = ObjectAction(action), let container = line?.container, let pod = selectedPod(world) {
            return Sessions.effects(of: action, in: container, of: pod, world)
        }
        guard let action = Actions(action), let line else { return nil }
        switch action {
        case .expand: if collapsed.remove(line.id) == nil { collapsed.insert(line.id) }
        // Roots only, or everything.
        case .expandAll: collapsed = collapsed.isEmpty ? Set(all.filter { $0.depth == 0 }.map(\.id)) : []
        case .open:
            if let open = line.open { return open(world) }
            return object(world).map { [.push(DetailScreen($0, tab: .describe))] }
        case .describe, .yaml: return object(world).map { [.push(DetailScreen($0, tab: action == .yaml ? .yaml : .describe))] }
        case .why: return selectedPod(world).map { [.push(WhyScreen($0.key))] }
        case .resize: return selectedPod(world).map { [.open(ResizeDialog([$0], world))] }
        case .evict: return selectedPod(world).map { [.open(evictDialog([$0], world))] }
        }
        return []
    }

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        var heading = StyledText(title, theme[.title])
        heading.append("(\(namespace ?? (world.namespace.isEmpty ? "all" : world.namespace)))", theme[.titleHighlight])
        heading.append("[\(shown.count)]", theme[.titleCounter])
        if !filter.isEmpty { heading.append(" </\(filter)>", theme[Filter(filter).problem == nil ? .titleFilter : .flashError]) }
        canvas.drawBox(in: area, title: heading, style: theme[.borderFocus])
        let inside = area.interior
        if shown.isEmpty {
            canvas.write("Nothing here.", at: Point(x: inside.x + 2, y: inside.y + 2), style: theme[.dim])
            return
        }
        let branches = isTree ? branches(canvas.glyphs) : []
        var columns = columns
        // As wide as what is seen asks for.
        for index in columns.indices {
            let widest =
                list.seen.map {
                    (shown[$0].cells.indices.contains(index) ? shown[$0].cells[index].width : 0) + (index == 0 && isTree ? branches[$0].count + 2 : 0)
                }.max() ?? 0
            columns[index].minimumWidth = max(columns[index].minimumWidth, min(widest, index == 0 ? 60 : 40))
            columns[index].idealWidth = max(columns[index].idealWidth, widest + 1)
        }
        let table = TableWidget(columns: columns, rowCount: shown.count, cursor: list.index, top: list.top)
        canvas.drawPosition(of: list.seen, in: shown.count, onBox: area, rows: inside.inset(top: 1), theme: theme)
        table.draw(on: &canvas, in: inside, theme: theme) { index in
            let line = shown[index]
            guard isTree else { return TableRow(line.cells, role: line.role) }
            var first = StyledText(branches[index], theme[.dim])
            first.append(collapsed.contains(line.id) ? "+ " : "", theme[.accent])
            first.append(line.cells[0])
            return TableRow([first] + line.cells.dropFirst(), role: line.role)
        }
    }

    /// The lines that connect each shown line with its parent: `│  └─ `.
    private func branches(_ glyphs: GlyphSet) -> [String] {
        let plain = glyphs.alphabet == .ascii
        var result = Array(repeating: "", count: shown.count)
        var more: [Bool] = []
        for index in shown.indices.reversed() {
            let depth = shown[index].depth
            while more.count <= depth { more.append(false) }
            if depth > 0 {
                for level in 1..<depth where depth > 1 { result[index] += more[level] ? (plain ? "|  " : "│  ") : "   " }
                result[index] += more[depth] ? (plain ? "|- " : "├─ ") : (plain ? "`- " : "└─ ")
            }
            more[depth] = true
            for level in more.indices where level > depth { more[level] = false }
        }
        return result
    }
}
