// What screens share whose rows are objects in blocks: a claim with its volume and its pods, a group with its pods.

import Canvas
import ControlPlane
import KubernetesAPI

/// A screen of blocks of rows, each row about one object.
protocol BlocksScreen: ListedScreen, PodHolder {
    /// Whether blocks that nothing is wrong with are left out.
    var onlyFaults: Bool { get set }
    /// The object of a row; nil if it is not there.
    func object(_ id: RowID, _ world: World) -> (any StoredObject)?
}

/// What is done alike to the object of any row.
private enum BlockAction: String, ScreenAction {
    case describe, yaml, events, delete, copyName
}

extension BlocksScreen {
    func selectedPod(_ world: World) -> Pod? { list.id.flatMap { object($0, world) as? Pod } }
    func focusedWorkload(_ world: World) -> Workload? { selectedPod(world).map { Workload(of: $0, world.cluster) } }
    func peek(_ world: World) -> Peek? { list.id.flatMap { object($0, world) }.map { Peek(of: $0, world) } }

    /// What `action` does to the object under the cursor; nil if that is the screen's own matter, or there is no object.
    func effects(of action: Action, _ world: World) -> [Effect]? {
        guard let action = BlockAction(action), let object = list.id.flatMap({ object($0, world) }) else { return nil }
        switch action {
        case .describe: return [.push(DetailScreen(object, tab: .describe))]
        case .yaml: return [.push(DetailScreen(object, tab: .yaml))]
        case .events: return [.push(TableScreen(Kind.event.info, scope: .about(kind: object.kindInfo.kind, object.key)))]
        case .delete: return [.open(deleteDialog([object], world))]
        case .copyName: return [.copy(object.metadata.name, what: object.metadata.name)]
        }
    }

    /// The table of nodes with the cursor on `name`.
    func showNode(_ name: String) -> [Effect] {
        var screen = TableScreen(Kind.node.info)
        screen.select(ObjectKey(name: name))
        return [.push(screen)]
    }

    /// Draws the rows that are seen.
    /// - Parameters:
    ///   - faults: what the rows are if ``onlyFaults``.
    ///   - empty: said where there are no rows at all.
    ///   - columns: given how wide a column must be for the rows that are seen, by its number and title, and at most.
    func drawRows(
        on canvas: inout Canvas, in box: Rect, title: String, count: Int, faults: String, empty: String, _ world: World,
        columns: ((Int, String, _ atMost: Int) -> Int) -> [TableWidget.Column], cells: (RowID) -> TableRow
    ) {
        let theme = world.theme
        var heading = StyledText(title, theme[.title])
        heading.append("(\(world.namespace.isEmpty ? "all" : world.namespace))", theme[.titleHighlight])
        heading.append("[\(count)]", theme[.titleCounter])
        if onlyFaults { heading.append(" \(faults)", theme[.titleFilter]) }
        if !filter.isEmpty { heading.append(" </\(filter)>", theme[.titleFilter]) }
        canvas.drawBox(in: box, title: heading, style: theme[.borderFocus])
        let inside = box.interior
        let visible = list.ids[list.seen].map(cells)
        let widths = columns { column, title, atMost in min(atMost, max(title.count, visible.map { $0.cells[safe: column]?.width ?? 0 }.max() ?? 0)) }
        let rows = list.ids
        let table = TableWidget(columns: widths, rowCount: rows.count, cursor: rows.isEmpty ? nil : list.index, top: list.top)
        let layout = table.draw(on: &canvas, in: inside, theme: theme) { index in visible[index - list.top] }
        canvas.drawPosition(of: list.seen, in: rows.count, onBox: box, rows: layout.body, theme: theme)
        guard rows.isEmpty else { return }
        let isFiltered = !filter.isEmpty || onlyFaults
        canvas.write(
            isFiltered ? "Nothing passes the filter. \(world.hint(GeneralAction.back, "clears it."))" : empty,
            at: Point(x: inside.x + 2, y: inside.y + 2), style: theme[.dim], maxWidth: inside.width - 4)
    }
}
