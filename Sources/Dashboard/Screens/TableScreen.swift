import Canvas
import ControlPlane
import KubernetesAPI
import Printers
import Simulation
import SimulationKit

/// The objects of one kind in rows: k9s' table.
struct TableScreen: LinedScreen, PodHolder {
    /// Which objects of the kind: all, or those that belong to something.
    enum Scope {
        case all
        case onNode(String)
        case ofWorkload(Workload)
        case labels(LabelSelector, title: String)
        /// Those with these keys.
        case keys(Set<ObjectKey>, title: String)
        /// Events about one object.
        case about(kind: String, ObjectKey)
    }

    let kind: KindInfo
    var scope: Scope = .all
    var filter = ""
    private(set) var line = LineCursor()
    private var index = RowIndex()
    /// The row to stand on once it is there.
    private var wanted: ObjectKey?
    private var columnOffset = 0
    private var marks: Set<ObjectKey> = []
    private var lastMark: ObjectKey?
    private var sortTitle: String?
    private var ascending = true
    private var chosenColumn: Int?
    private var isWide = false
    private var onlyFaults = false
    /// The cells of the rows that are seen.
    private var visible: [[StyledText]] = []
    /// What the rows are of; two frames with the same show the same kind of rows, so that a difference is a change of the cluster.
    private var recipe: RowRule.Recipe?
    /// The last filter that could be read: it stays in force while a new one is being typed.
    private var goodFilter = Filter("")
    private var stateCounts: (revision: Int, now: Instant, recipe: RowRule.Recipe?, counts: [PodState: Int])?
    /// The rows of the last frame, and what they said.
    private var lastFrame: LastFrame?
    private var highlights: [ObjectKey: (role: Role, until: Duration)] = [:]
    private var ghosts: [Ghost] = []

    /// For how long a row that has just come, changed or gone is shown as such.
    static let highlightTime = Duration.seconds(2)
    private struct LastFrame {
        var index: Int
        var cells: [ObjectKey: [StyledText]]
        /// The rows whose objects were there, nil for the others.
        var keys: [ObjectKey?]
        var time: Instant
        var recipe: RowRule.Recipe?
    }
    /// A row whose object is gone.
    private struct Ghost {
        var key: ObjectKey
        var index: Int
        var cells: [StyledText]
        var until: Duration
        var generation: Int
    }
    init(_ kind: KindInfo, scope: Scope = .all, filter: String = "") {
        self.kind = kind
        self.scope = scope
        self.filter = filter
        if kind.type == .event { (sortTitle, ascending) = ("LAST SEEN", true) }
    }

    /// Shows only rows with a fault.
    mutating func showFaults() { onlyFaults = true }

    /// Puts the cursor on the object called `key`.
    mutating func select(_ key: ObjectKey) { wanted = key }
    mutating func move(to place: Int) {
        wanted = nil
        line.move(to: place)
    }

    var crumb: String {
        switch scope {
        case .all: kind.plural
        case .onNode(let name): "\(kind.plural) on \(name)"
        case .ofWorkload(let workload): "\(kind.plural) of \(workload.name)"
        case .labels(_, let title): "\(kind.plural) of \(title)"
        case .keys(_, let title): "\(kind.plural) \(title)"
        case .about(_, let key): "events of \(key.name)"
        }
    }

    var bindings: [BindingGroup] { [Bindings.sorting(kind.type)] + ownBindings }
    private var ownBindings: [BindingGroup] {
        switch kind.type {
        case .pod: [Bindings.pods, Bindings.table]
        case .deployment, .statefulSet, .daemonSet: [Bindings.workloads, Bindings.table]
        case .replicaSet: [Bindings.replicaSets, Bindings.table]
        case .horizontalPodAutoscaler: [Bindings.demand, Bindings.table]
        case .service: [Bindings.services, Bindings.demand, Bindings.table]
        case .job: [Bindings.jobs, Bindings.table]
        case .node: [Bindings.nodes, Bindings.table]
        case .persistentVolumeClaim, .persistentVolume: [Bindings.claims, Bindings.table]
        case .namespace: [Bindings.namespaces, Bindings.table]
        case .cronJob: [Bindings.cronJobs, Bindings.table]
        case .secret: [Bindings.secrets, Bindings.table]
        case .configMap, .serviceAccount, .priorityClass: [Bindings.used, Bindings.table]
        default: [Bindings.table]
        }
    }

    // MARK: Rows

    private func columns(_ world: World) -> [ObjectColumn] {
        var columns = ObjectColumns.columns(for: kind, wide: isWide, world)
        if case .about = scope { columns.removeAll { $0.title == "OBJECT" } }
        if kind.isNamespaced, world.namespace.isEmpty || world.namespace.contains(",") {
            columns.insert(ObjectColumns.namespace, at: 0)
        }
        return columns
    }

    /// How many rows there are, those of objects that have just gone among them.
    private var rowCount: Int { index.count + ghosts.count }
    /// The object of a row, which may be gone.
    private func key(at place: Int) -> ObjectKey? {
        var before = 0
        for ghost in ghosts where ghost.index <= place {
            if ghost.index == place { return ghost.key }
            before += 1
        }
        return index.key(at: place - before)
    }
    private func place(of key: ObjectKey, _ world: World) -> Int? {
        if let ghost = ghosts.first(where: { $0.key == key }) { return ghost.index }
        guard var place = index.place(of: key, world) else { return nil }
        for ghost in ghosts where ghost.index <= place { place += 1 }
        return place
    }
    /// All rows. O(rows).
    private var rows: [ObjectKey] { index.keys }
    private var seen: [ObjectKey] { line.seen.compactMap(key) }
    private var statusWidth = 0

    mutating func refresh(_ world: World, in area: Rect) {
        findRows(world)
        line.scroll(in: places(area).rows)
        let columns = columns(world)
        visible = seen.map { key in
            world.store.object(kind.type, key).map { object in columns.map { $0.styled(object, world) } } ?? ghosts.first { $0.key == key }?.cells ?? []
        }
        findNews(columns, world)
        countStates(world)
    }

    // A table of very many objects is looked through in slices; the rows that come first are there at once.
    mutating func prepare(_ world: World) { findRows(world) }
    var hasWork: Bool { index.progress != nil }
    mutating func work(_ world: World, until shouldStop: () -> Bool) { index.go(on: world, until: shouldStop) }

    /// What differs from rows that are made anew, and cells of figures with more than figures in them. For tests.
    func faults(_ world: World) -> [String] {
        let columns = ObjectColumns.columns(for: kind, wide: true, world).filter(\.isFigure)
        let texts = rows.compactMap { world.store.object(kind.type, $0) }.flatMap { object in columns.map { $0.text(object, world) } }
        return index.faults(world)
            + texts.filter { !$0.unicodeScalars.allSatisfy { ObjectColumn.figures.contains($0.value) } }.map { "\($0) is no figure" }
    }

    private func rule(_ world: World) -> RowRule {
        let columns = columns(world)
        let byAge = sortTitle == "AGE" || sortTitle == "LAST SEEN"
        // A column that is not shown sorts, too.
        let sorter = byAge ? nil : sortTitle.flatMap { title in (columns + ObjectColumns.columns(for: kind, wide: true, world)).first { $0.title == title } }
        let recipe = RowRule.Recipe(
            generation: world.generation, namespace: world.namespace, filter: filter, sort: sortTitle, ascending: ascending, faults: onlyFaults, wide: isWide)
        return RowRule(recipe: recipe, kind: kind, scope: scope, filter: goodFilter, columns: goodFilter.deciding(columns), sorter: sorter, byAge: byAge)
    }

    private mutating func findRows(_ world: World) {
        let typed = Filter(filter)
        if typed.problem == nil { goodFilter = typed }
        let target = wanted ?? key(at: line.index)
        let rule = rule(world)
        recipe = rule.recipe
        index.refresh(rule, world)
        if !marks.isEmpty { marks = marks.filter { key in world.store.object(kind.type, key) != nil } }
        findGhosts(world)
        // Until all rows are known, others may come before the first.
        let staysOnTop = hasWork && line.index == 0 && wanted == nil
        let place = staysOnTop ? nil : target.flatMap { self.place(of: $0, world) }
        if place != nil { wanted = nil } else if hasWork, !staysOnTop { wanted = target }
        line.show(rowCount, at: place)
    }

    /// Puts rows whose objects have just gone back where they were, for a moment: a list that jumps under the finger
    /// makes users hit the wrong row.
    private mutating func findGhosts(_ world: World) {
        guard let last = lastFrame, !world.options.reducedMotion, last.recipe == recipe else {
            ghosts = []
            return
        }
        ghosts.removeAll { ghost in
            ghost.until <= world.clock || world.generation != ghost.generation
                || world.store.object(kind.type, ghost.key) != nil && index.place(of: ghost.key, world) != nil
        }
        for (offset, key) in last.keys.enumerated() {
            guard let key, world.store.object(kind.type, key) == nil, !ghosts.contains(where: { $0.key == key }) else { continue }
            ghosts.append(
                Ghost(key: key, index: last.index + offset, cells: last.cells[key] ?? [], until: world.clock + Self.highlightTime, generation: world.generation)
            )
        }
        ghosts.sort { $0.index < $1.index }
        for place in ghosts.indices { ghosts[place].index = min(ghosts[place].index, index.count + place) }
    }

    /// Notes which of the rows seen have come or changed since the last frame.
    private mutating func findNews(_ columns: [ObjectColumn], _ world: World) {
        highlights = highlights.filter { $0.value.until > world.clock }
        guard let last = lastFrame, !world.options.reducedMotion, last.recipe == recipe else { return }
        for (key, cells) in zip(seen, visible) {
            guard let object = world.store.object(kind.type, key) else { continue }
            if let before = last.cells[key] {
                let isSame = columns.indices.allSatisfy { index in
                    columns[index].isRestless || index >= before.count || index >= cells.count || before[index].text == cells[index].text
                }
                if !isSame { highlights[key] = (.rowModified, world.clock + Self.highlightTime) }
            } else if let created = object.metadata.creationTimestamp, created > last.time {
                highlights[key] = (.rowAdded, world.clock + Self.highlightTime)
            }
        }
    }

    mutating func wasDrawn(_ world: World) {
        statusWidth = widgets(columns(world), 0).first { $0.title == "STATUS" }?.minimumWidth ?? statusWidth
        let seen = seen
        lastFrame = LastFrame(
            index: line.top, cells: Dictionary(zip(seen, visible)) { a, _ in a },
            keys: seen.map { world.store.object(kind.type, $0) == nil ? nil : $0 }, time: world.now, recipe: recipe)
    }

    private func object(_ world: World) -> (any StoredObject)? {
        key(at: line.index).flatMap { world.store.object(kind.type, $0) }
    }
    /// The marked objects, or the one under the cursor.
    private func targets(_ world: World) -> [any StoredObject] {
        if marks.isEmpty { return object(world).map { [$0] } ?? [] }
        return rows.filter(marks.contains).compactMap { world.store.object(kind.type, $0) }
    }

    func selectedPod(_ world: World) -> Pod? { object(world) as? Pod }

    func focusedWorkload(_ world: World) -> Workload? {
        object(world).flatMap { Workload(focusedBy: $0, world) }
    }

    func whatIfSubject(_ world: World) -> WhatIfSubject? {
        kind.type == .node ? object(world).map { .node($0.metadata.name) } : focusedWorkload(world).map(WhatIfSubject.workload)
    }

    // MARK: Actions

    enum Actions: String, ScreenAction {
        case mark, markRange, clearMarks, faultsOnly, wide, columnLeft, columnRight, copyName, copyNamespace, warp, save
    }

    func unavailable(_ action: Action, _ world: World) -> String? {
        ObjectAction(action).flatMap { action in
            guard let object = object(world) else { return "Nothing is selected" }
            return action.unavailable(for: object, world)
        }
    }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        if line.perform(action) {
            wanted = nil
            return []
        }
        if let motion = Motion(action), motion == .left || motion == .right {
            columnOffset = max(0, min(columns(world).count - 2, columnOffset + (motion == .right ? 1 : -1)))
            return []
        }
        // k9s sorts by one of them with shift and u.
        if GeneralAction(action) == .undo, [.deployment, .daemonSet].contains(kind.type) { return [.open(Forms.undo(world))] }
        if let sorting = SortAction(action) { return sort(sorting, world) }
        if let action = ObjectAction(action) { return object(world).flatMap { action.effects(on: $0, targets(world), world) } }
        guard let action = Actions(action) else { return nil }
        switch action {
        case .wide: isWide.toggle()
        case .faultsOnly: onlyFaults.toggle()
        case .mark: toggleMark()
        case .markRange: markRange(world)
        case .clearMarks: marks = []
        case .columnLeft, .columnRight: chooseColumn(action == .columnRight ? 1 : -1, world)
        case .copyName: return copy(targets(world).map(\.metadata.name).joined(separator: "\n"))
        case .copyNamespace: return copy(object(world)?.metadata.namespace ?? "")
        case .warp: return object(world).map { [.setNamespace($0.metadata.namespace)] } ?? []
        case .save: return [.open(Forms.save(name: kind.plural, csv: csv(world), objects: rows.compactMap { world.store.object(kind.type, $0) }))]
        }
        return []
    }

    private mutating func sort(_ action: SortAction, _ world: World) -> [Effect] {
        let columns = columns(world)
        guard let (titles, isDescending) = action.columns else {
            if let column = columns[safe: chosenColumn ?? 0] {
                sort(by: column.title, descending: column.isNumber && !["AGE", "LAST SEEN"].contains(column.title))
            }
            return []
        }
        let known = Set((columns + ObjectColumns.columns(for: kind, wide: true, world)).map(\.title))
        guard let title = titles.first(where: known.contains) else { return [.flash("\(kind.pluralTitle) have no column \(titles[0])", .warning)] }
        sort(by: title, descending: isDescending)
        return []
    }

    /// Opens the table with the object's owner under the cursor.
    static func owner(of object: any StoredObject) -> [Effect] {
        guard let owner = object.metadata.controller, let info = KindInfo.find(owner.kind) else {
            return [.flash("Nothing owns \(object.kindInfo.kind.lowercased()) \(object.metadata.name)", .warning)]
        }
        var screen = TableScreen(info)
        screen.select(ObjectKey(namespace: info.isNamespaced ? object.metadata.namespace : "", name: owner.name))
        return [.push(screen)]
    }

    private mutating func toggleMark() {
        guard let key = key(at: line.index) else { return }
        if marks.remove(key) == nil { marks.insert(key) }
        lastMark = key
        move(to: line.index + 1)
    }
    private mutating func markRange(_ world: World) {
        guard let lastMark, let from = place(of: lastMark, world) else { return toggleMark() }
        marks.formUnion((min(from, line.index)...max(from, line.index)).compactMap(key))
    }
    private mutating func chooseColumn(_ step: Int, _ world: World) {
        let count = columns(world).count
        if count > 0 { chosenColumn = (min(chosenColumn ?? (step > 0 ? -1 : count), count) + step + count) % count }
    }
    private mutating func sort(by title: String, descending: Bool) {
        if sortTitle == title { ascending.toggle() } else { (sortTitle, ascending) = (title, !descending) }
    }
    private func copy(_ text: String) -> [Effect] { text.isEmpty ? [] : [.copy(text, what: text)] }

    private func csv(_ world: World) -> String {
        let columns = columns(world)
        func line(_ cells: [String]) -> String {
            cells.map { $0.contains(where: { ",\"\n".contains($0) }) ? "\"\($0.replacing("\"", with: "\"\""))\"" : $0 }.joined(separator: ",") + "\n"
        }
        return line(columns.map(\.title))
            + rows.compactMap { key in
                world.store.object(kind.type, key).map { object in line(columns.map { $0.text(object, world) }) }
            }.joined()
    }

    // MARK: Drawing

    /// STATUS never gets narrower, and has room for what pods usually go through: the columns beside it stay where they are.
    private func steady(_ column: TableWidget.Column, _ width: Int) -> TableWidget.Column {
        guard column.title == "STATUS" else { return column }
        var column = column
        column.minimumWidth = max(statusWidth, column.minimumWidth, kind.type == .pod && width >= 100 ? 19 : 0)
        column.idealWidth = max(column.minimumWidth, column.idealWidth)
        return column
    }
    private func widgets(_ columns: [ObjectColumn], _ width: Int) -> [TableWidget.Column] {
        columns.enumerated().map { index, column in steady(column.widget(cells: visible.map { index < $0.count ? $0[index] : "" }), width) }
    }

    /// Where the table with its header, its rows, and the line of totals under a table of pods stand.
    private func places(_ area: Rect) -> (table: Rect, rows: Rect, totals: Rect?) {
        let inside = area.interior
        let hasTotals = kind.type == .pod && rowCount > 0 && rowCount <= 5000 && !hasWork
        let table = inside.inset(bottom: hasTotals && inside.height > 6 ? 1 : 0)
        return (table, table.inset(top: 1), table.height < inside.height ? inside.inset(top: table.height) : nil)
    }

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        var title = StyledText(kindTitle, theme[.title])
        title.append("(\(world.namespace.isEmpty || !kind.isNamespaced ? "all" : world.namespace))", theme[.titleHighlight])
        title.append("[\(index.total)]", theme[.titleCounter])
        if onlyFaults { title.append(" faults", theme[.titleFilter]) }
        if !filter.isEmpty {
            let problem = Filter(filter).problem
            title.append(" </\(filter)>", theme[problem == nil ? .titleFilter : .flashError])
        }
        var right = StyledText("")
        if let progress = index.progress {
            right.append("looking through all \(kind.plural): \(fixed(progress * 100, 0))%", theme[.rowPending])
        } else if index.count != index.total {
            right.append("\(index.count) of \(index.total) shown", theme[.dim])
        }
        if !marks.isEmpty { right.append("  \(marks.count) marked", theme[.mark]) }
        canvas.drawBox(in: area, title: title, right: right.isEmpty ? nil : right, style: theme[.borderFocus])

        let columns = columns(world)
        let (inside, _, totals) = places(area)
        if let totals { canvas.write(stateTotals(world), at: totals.origin.offset(x: 1), style: theme[.dim], maxWidth: inside.width - 2) }
        var table = TableWidget(
            columns: widgets(columns, inside.width), rowCount: rowCount, cursor: rowCount == 0 ? nil : line.index, top: line.top,
            frozenColumns: columns.first?.title == "NAMESPACE" ? 2 : 1, columnOffset: columnOffset)
        if let sortTitle, let index = columns.firstIndex(where: { $0.title == sortTitle }) { table.sort = (index, ascending) }
        table.selectedColumn = chosenColumn
        let first = line.top
        let layout = table.draw(on: &canvas, in: inside, theme: theme) { index in
            guard let key = key(at: index), index - first < visible.count else { return TableRow([]) }
            guard let object = world.store.object(kind.type, key) else {
                return TableRow(visible[index - first].map { $0.restyled { _ in theme[.rowKilled] } }, role: .rowKilled, gutter: "-")
            }
            let highlight = highlights[key]?.role
            return TableRow(
                visible[index - first], role: highlight ?? ObjectColumns.role(object, world), isMarked: marks.contains(key),
                gutter: highlight.map { $0 == .rowAdded ? "+" : "~" })
        }
        if rowCount == 0 {
            let text = index.total > 0 ? "No \(kind.plural) pass the filter. \(world.hint(GeneralAction.back, "clears it."))" : "No \(kind.plural) here."
            canvas.write(text, at: Point(x: inside.x + 2, y: inside.y + 2), style: theme[.dim], maxWidth: inside.width - 4)
        }
        canvas.drawPosition(of: line.seen, in: rowCount, onBox: area, rows: layout.body, theme: theme)
    }

    var peeksByDefault: Bool { true }
    func peek(_ world: World) -> Peek? { object(world).map { Peek(of: $0, world) } }

    private var kindTitle: String {
        switch scope {
        case .all: kind.pluralTitle
        case .onNode(let name): "Pods on \(name) "
        case .ofWorkload(let workload): "\(kind.pluralTitle) of \(workload.name) "
        case .labels(_, let title): "\(kind.pluralTitle) of \(title) "
        case .keys(_, let title): "\(kind.pluralTitle) \(title) "
        case .about(_, let key): "Events of \(key.name) "
        }
    }

    private mutating func countStates(_ world: World) {
        guard kind.type == .pod, rowCount <= 5000, !hasWork else { return stateCounts = nil }
        if let known = stateCounts, known.revision == world.store.revision, known.now == world.now, known.recipe == recipe { return }
        var counts: [PodState: Int] = [:]
        for key in rows { if let pod = world.store.pods[key] { counts[world.state(of: pod), default: 0] += 1 } }
        stateCounts = (world.store.revision, world.now, recipe, counts)
    }
    /// The line under a pods table: how many are in which state.
    private func stateTotals(_ world: World) -> StyledText {
        let counts = stateCounts?.counts ?? [:]
        var text = StyledText("")
        for state in PodState.allCases {
            guard let count = counts[state] else { continue }
            text.append(String(world.glyph(state)), world.theme[World.role(state)])
            text.append(" \(state.word) \(count)   ", world.theme[.dim])
        }
        return text
    }
}

extension KindInfo {
    /// `Pods`, `NetworkPolicies`, `StorageClasses`: the kind's name with the ending of its plural.
    var pluralTitle: String {
        let lower = kind.lowercased()
        if plural.hasPrefix(lower) { return kind + plural.dropFirst(lower.count) }
        return plural.hasSuffix("ies") ? kind.dropLast() + "ies" : kind
    }
}

/// Sorting a table: k9s' keys.
enum SortAction: String, ScreenAction {
    case sortByColumn, sortByName, sortByAge, sortByStatus, sortByNamespace
    case sortByReady, sortByRestarts, sortByCPU, sortByMemory, sortByCPURequest, sortByMemoryRequest, sortByCPULimit, sortByMemoryLimit
    case sortByIP, sortByNode, sortByRole, sortByPods, sortByUpToDate, sortByAvailable, sortByDesired, sortByCurrent
    case sortByType, sortByReason, sortBySource, sortByCount, sortByFirstSeen, sortByLastSeen, sortByVolume, sortByStorageClass, sortByCapacity

    /// The columns by which it sorts, the first that there is, and whether the largest comes first; nil for the chosen one.
    var columns: (titles: [String], isDescending: Bool)? {
        switch self {
        case .sortByColumn: nil
        case .sortByName: (["NAME"], false)
        case .sortByAge: (["AGE", "LAST SEEN"], false)
        case .sortByStatus: (["STATUS", "PHASE", "STATE", "READY", "TYPE"], false)
        case .sortByNamespace: (["NAMESPACE"], false)
        case .sortByReady: (["READY"], false)
        case .sortByRestarts: (["RST", "RESTARTS"], true)
        case .sortByCPU: (["CPU", "CPU%"], true)
        case .sortByMemory: (["MEM", "MEM%"], true)
        case .sortByCPURequest: (["%R"], true)
        case .sortByMemoryRequest: (["%M"], true)
        case .sortByCPULimit: (["%CPU/L"], true)
        case .sortByMemoryLimit: (["%MEM/L"], true)
        case .sortByIP: (["IP"], false)
        case .sortByNode: (["NODE"], false)
        case .sortByRole: (["ROLES", "ROLE"], false)
        case .sortByPods: (["PODS"], true)
        case .sortByUpToDate: (["UP-TO-DATE"], false)
        case .sortByAvailable: (["AVAILABLE"], false)
        case .sortByDesired: (["DESIRED"], false)
        case .sortByCurrent: (["CURRENT"], false)
        case .sortByType: (["TYPE"], false)
        case .sortByReason: (["REASON"], false)
        case .sortBySource: (["SOURCE"], false)
        case .sortByCount: (["COUNT"], true)
        case .sortByFirstSeen: (["FIRST SEEN"], false)
        case .sortByLastSeen: (["LAST SEEN"], false)
        case .sortByVolume: (["VOLUME"], false)
        case .sortByStorageClass: (["STORAGECLASS"], false)
        case .sortByCapacity: (["CAPACITY"], false)
        }
    }
}
