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
        /// The part of the object that it is about.
        var part: String?
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
    private var source: any ListSource
    var filter = ""
    var list = ListCursor<String>()
    private var collapsed: Set<String> = []
    private var shown: [Line] = []
    private var sift = ListSift()

    init(
        crumb: String, title: String, columns: [TableWidget.Column], isTree: Bool = false, namespace: String? = nil, hasObjects: Bool = true,
        hasContainers: Bool = false, source: any ListSource
    ) {
        (self.crumb, self.title, self.columns, self.isTree, self.source) = (crumb, title, columns, isTree, source)
        (self.namespace, self.hasObjects, self.hasContainers) = (namespace, hasObjects, hasContainers)
    }
    /// One whose lines are made anew whenever something has changed.
    init(
        crumb: String, title: String, columns: [TableWidget.Column], namespace: String? = nil, hasObjects: Bool = true, hasContainers: Bool = false,
        lines: @escaping @Sendable (World) -> [Line]
    ) {
        self.init(
            crumb: crumb, title: title, columns: columns, namespace: namespace, hasObjects: hasObjects, hasContainers: hasContainers,
            source: MadeLines(make: lines))
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
        source.refresh(world)
        sift.refresh(source, filter: filter, collapsed: collapsed, columns.map(\.title), world)
        take()
        list.scroll(in: area.interior.inset(top: 1))
    }

    /// Takes in what the filter and the folded lines leave, if that is news.
    private mutating func take() {
        guard let found = sift.takeFound() else { return }
        shown = found
        list.show(found.map(\.id))
    }

    /// What differs from lines that are made anew: for tests.
    func faults(_ world: World) -> [String] { source.faults(world) }

    var hasWork: Bool { source.progress != nil || sift.isAtWork }
    mutating func work(_ world: World, until shouldStop: () -> Bool) {
        source.work(world, until: shouldStop)
        sift.refresh(source, filter: filter, collapsed: collapsed, columns.map(\.title), world)
        sift.work(source, world, until: shouldStop)
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
        case .expandAll: collapsed = collapsed.isEmpty ? Set(source.lines.filter { $0.depth == 0 }.map(\.id)) : []
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
        let progress = source.progress.map { StyledText("looking through all: \(fixed($0 * 100, 0))%", theme[.rowPending]) }
        canvas.drawBox(in: area, title: heading, right: progress, style: theme[.borderFocus])
        let inside = area.interior
        if shown.isEmpty {
            canvas.write("Nothing here.", at: Point(x: inside.x + 2, y: inside.y + 2), style: theme[.dim])
            return
        }
        let branches = isTree ? branches(canvas.glyphs) : []
        let first = list.top
        let cells = list.seen.map { source.cells(of: shown[$0], world) }
        var columns = columns
        // As wide as what is seen asks for.
        for index in columns.indices {
            let widest =
                cells.indices.map { row in
                    (cells[row].indices.contains(index) ? cells[row][index].width : 0) + (index == 0 && isTree ? branches[row].count + 2 : 0)
                }.max() ?? 0
            columns[index].minimumWidth = max(columns[index].minimumWidth, min(widest, index == 0 ? 60 : 40))
            columns[index].idealWidth = max(columns[index].idealWidth, widest + 1)
        }
        let table = TableWidget(columns: columns, rowCount: shown.count, cursor: list.index, top: list.top)
        canvas.drawPosition(of: list.seen, in: shown.count, onBox: area, rows: inside.inset(top: 1), theme: theme)
        table.draw(on: &canvas, in: inside, theme: theme) { index in
            guard let cells = cells[safe: index - first] else { return TableRow([]) }
            let line = shown[index]
            guard isTree else { return TableRow(cells, role: line.role) }
            var head = StyledText(branches[index - first], theme[.dim])
            head.append(collapsed.contains(line.id) ? "+ " : "", theme[.accent])
            head.append(cells[0])
            return TableRow([head] + cells.dropFirst(), role: line.role)
        }
    }

    /// The lines that connect each line that is seen with its parent: `│  └─ `. O(those, and what is left of the last one's tree).
    private func branches(_ glyphs: GlyphSet) -> [String] {
        let plain = glyphs.alphabet == .ascii
        let seen = list.seen
        var result = Array(repeating: "", count: seen.count)
        var more: [Bool] = []
        let end = shown[seen.upperBound...].firstIndex { $0.depth == 0 } ?? shown.count
        for index in (seen.lowerBound..<end).reversed() {
            let depth = shown[index].depth
            while more.count <= depth { more.append(false) }
            if depth > 0, seen.contains(index) {
                let row = index - seen.lowerBound
                for level in 1..<depth where depth > 1 { result[row] += more[level] ? (plain ? "|  " : "│  ") : "   " }
                result[row] += more[depth] ? (plain ? "|- " : "├─ ") : (plain ? "`- " : "└─ ")
            }
            more[depth] = true
            for level in more.indices where level > depth { more[level] = false }
        }
        return result
    }
}
