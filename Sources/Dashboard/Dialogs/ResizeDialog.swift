import Canvas
import ControlPlane
import KubernetesAPI
import Simulation

/// New requests and limits for the containers of a pod, with the outcome before it is confirmed.
///
/// `+` and `-` step through sensible values, Enter goes to the buttons, Enter again applies: R + Enter Enter.
struct ResizeDialog: Dialog {
    private struct Row {
        var container: String
        var resource: String
        var isLimit: Bool
        var present: Quantity?
        var field: TextField
        var policy: String
        var wanted: String { field.text.trimmingSpaces }
        var isChanged: Bool { wanted != (present?.description ?? "") }
    }
    private let pods: [Pod]
    private var rows: [Row] = []
    /// A row, then Cancel and Apply.
    private var focus = 0
    private var top = 0
    private var forecast: ResizeOutlook?
    private var forecastFor = ""
    private var problem: String?

    init(_ pods: [Pod], _ world: World) {
        self.pods = pods
        guard let pod = pods.first else { return }
        for container in pod.spec.containers + pod.spec.sidecars {
            for resource in ["cpu", "memory"] {
                for isLimit in [false, true] {
                    let present = isLimit ? container.resources.limits[resource] : container.resources.requests[resource]
                    let policy = container.resizePolicy.first { $0.resourceName == resource }?.restartPolicy ?? "NotRequired"
                    rows.append(
                        Row(container: container.name, resource: resource, isLimit: isLimit, present: present, field: TextField(present?.description ?? ""), policy: policy))
                }
            }
        }
        updateForecast(world)
    }

    var hints: [(key: String, text: String)] {
        [("tab", "next field"), ("+/-", "step"), ("u", "undo field"), ("f", "largest that fits"), ("enter", focus < rows.count ? "to the buttons" : "press"), ("esc", "cancel")]
    }

    /// What changes, as the resize verb takes it; nil with ``problem`` set if a field cannot be read.
    private mutating func resizes() -> [ContainerResize]? {
        var result: [ContainerResize] = []
        for row in rows where row.isChanged {
            guard let quantity = Self.quantity(row.wanted, present: row.present) else {
                problem = "\"\(row.wanted)\" is not a quantity such as 250m, 512Mi, +100m or +10%"
                return nil
            }
            if !result.contains(where: { $0.name == row.container }) { result.append(ContainerResize(row.container)) }
            let index = result.firstIndex { $0.name == row.container }!
            if row.isLimit { result[index].limits[row.resource] = quantity } else { result[index].requests[row.resource] = quantity }
        }
        problem = nil
        return result
    }

    /// An amount, or a change of the present one: `+250m`, `-10%`.
    static func quantity(_ text: String, present: Quantity?) -> Quantity? {
        guard let sign = text.first, sign == "+" || sign == "-", let present else { return Quantity(text) }
        let rest = text.dropFirst().filter { $0 != " " }
        let factor: Int128 = sign == "-" ? -1 : 1
        if rest.hasSuffix("%"), let percent = Int(rest.dropLast()) {
            let change = present.nano * Int128(percent) / 100
            // Whole millicores and whole mebibytes: what a user would have typed.
            let unit: Int128 = present.format == .binarySI ? (1 << 20) * 1_000_000_000 : 1_000_000
            return Quantity(nano: (present.nano + factor * change + unit / 2) / unit * unit, format: present.format)
        }
        guard let change = Quantity(rest) else { return nil }
        return Quantity(nano: present.nano + factor * change.nano, format: present.format)
    }

    private mutating func updateForecast(_ world: World) {
        let key = rows.map(\.wanted).joined(separator: " ")
        if key == forecastFor { return }
        forecastFor = key
        forecast = nil
        guard let pod = pods.first, let resizes = resizes(), !resizes.isEmpty else { return }
        forecast = world.session.simulation.outlook(resizing: pod.key, resizes)
    }

    /// Steps to the next sensible amount: 50m steps below half a core, 100m, 250m above; memory in powers' eighths.
    private mutating func step(_ direction: Int) {
        guard focus < rows.count else { return }
        let row = rows[focus]
        let base = Self.quantity(row.wanted, present: row.present) ?? row.present ?? (row.resource == "cpu" ? Quantity(milli: 100) : Quantity(bytes: 64 << 20))
        let next: Quantity
        if row.resource == "cpu" {
            let now = base.milliValue
            let step: Int64 = now + Int64(min(0, direction)) < 500 ? 50 : now < 2000 ? 100 : 250
            next = Quantity(milli: max(10, now + Int64(direction) * step))
        } else {
            let now = base.value
            let step: Int64 = now < 512 << 20 ? 32 << 20 : now < 2 << 30 ? 128 << 20 : 512 << 20
            next = Quantity(bytes: max(16 << 20, now + Int64(direction) * step))
        }
        rows[focus].field = TextField(next.description)
        // A request beyond the limit takes the limit along, as a user would have to do next.
        if !row.isLimit, let limit = rows.indices.first(where: { rows[$0].container == row.container && rows[$0].resource == row.resource && rows[$0].isLimit }),
            let most = Quantity(rows[limit].wanted), most < next
        {
            rows[limit].field = TextField(next.description)
        }
    }

    mutating func handle(_ key: Key, _ world: World) -> [Effect] {
        guard !pods.isEmpty else { return [.closeDialog] }
        let count = rows.count + 2
        switch key {
        case .escape: return [.closeDialog]
        case .tab, .down: focus = (focus + 1) % count
        case .backtab, .up: focus = (focus + count - 1) % count
        case .left where focus >= rows.count, .right where focus >= rows.count: focus = focus == rows.count ? rows.count + 1 : rows.count
        case .enter, .character("y"):
            guard key == .enter || focus >= rows.count else { break }
            if focus < rows.count { focus = rows.count + 1 } else if focus == rows.count, key == .enter { return [.closeDialog] } else { return apply(world) }
        case .character("+") where !(focus < rows.count && rows[focus].field.isEmpty), .character("="), .shiftUp: step(1)
        case .character("-") where !(focus < rows.count && rows[focus].field.isEmpty), .shiftDown: step(-1)
        case .character("u") where focus < rows.count: rows[focus].field = TextField(rows[focus].present?.description ?? "")
        case .character("f"):
            if let fit = forecast?.largestCPU, let index = rows.firstIndex(where: { $0.resource == "cpu" && !$0.isLimit && $0.isChanged }) {
                rows[index].field = TextField(fit.description)
            }
        default: if focus < rows.count { _ = rows[focus].field.handle(key) }
        }
        updateForecast(world)
        return []
    }

    private mutating func apply(_ world: World) -> [Effect] {
        guard let resizes = resizes() else { return [] }
        if resizes.isEmpty {
            problem = "Nothing is changed yet: + and - step, or type an amount"
            focus = 0
            return []
        }
        return [.closeDialog, .perform(pods.map { .resize(pod: $0.key, resizes) })]
    }

    mutating func paste(_ text: String) { if focus < rows.count { rows[focus].field.insert(text) } }

    mutating func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        guard let pod = pods.first else { return }
        let theme = world.theme
        let surface = theme[.dialog].background
        let lines = verdictLines(world)
        let width = min(area.width, 104)
        let inner = width - 4
        let wrapped = lines.flatMap { $0.wrapped(to: inner) }
        let gauges = world.view.nodes[pod.nodeName] == nil ? 0 : 4
        let containers = Set(rows.map(\.container)).count
        let wantedHeight = rows.count + containers + gauges + wrapped.count + 6
        let height = min(area.height, wantedHeight)
        var title = StyledText("Resize", theme[.title])
        title.append("  \(pods.count == 1 ? pod.key.description : "\(pods.count) pods")", theme[.titleHighlight])
        if !pod.nodeName.isEmpty { title.append("  on \(pod.nodeName)", theme[.dim]) }
        let inside = Popup(title: title, right: StyledText("in place, v\(world.cluster.profile.version) rules")).draw(on: &canvas, centeredIn: area, size: Size(width: width, height: height), theme: theme)
        // The fields scroll when the terminal is short; gauges give way first.
        let fixed = wrapped.count + 3
        let showsGauges = inside.height - fixed - gauges >= min(rows.count + containers, 5)
        let fieldRows = max(3, inside.height - fixed - (showsGauges ? gauges : 0))
        var lineOf: [(y: Int, row: Int?)] = []
        var lastContainer = ""
        for (index, row) in rows.enumerated() {
            if row.container != lastContainer {
                lineOf.append((lineOf.count, nil))
                lastContainer = row.container
            }
            lineOf.append((lineOf.count, index))
        }
        let focusLine = lineOf.first { $0.row == focus }?.y ?? 0
        top = Scrolling.top(following: focusLine, from: top, height: fieldRows, count: lineOf.count, margin: 1)
        var y = inside.y
        for line in lineOf.dropFirst(top).prefix(fieldRows) {
            if let index = line.row {
                draw(rows[index], index: index, on: &canvas, at: Point(x: inside.x, y: y), inner, theme)
            } else {
                let name = line.y + 1 < lineOf.count ? lineOf[line.y + 1].row.map { rows[$0].container } ?? "" : ""
                canvas.write(pad("CONTAINER \(name)", 26) + pad("NOW", 12) + pad("NEW", 16) + pad("CHANGE", 11) + "WHEN IT CHANGES", at: Point(x: inside.x, y: y), style: theme[.tableHeader].on(surface), maxWidth: inner)
            }
            y += 1
        }
        if showsGauges, let node = world.view.nodes[pod.nodeName] { y = drawGauges(node, on: &canvas, at: Point(x: inside.x, y: y), inner, world) }
        for line in wrapped where y < inside.bottom - 2 {
            canvas.write(line.restyled(from: theme[.dialog]) { $0.on(surface) }, at: Point(x: inside.x, y: y), style: theme[.dialog], maxWidth: inner)
            y += 1
        }
        if let problem { canvas.write(problem, at: Point(x: inside.x, y: inside.bottom - 2), style: theme[.flashError].on(surface), maxWidth: inner) }
        let verb = forecast.map { "Apply: \($0.word.lowercased())" } ?? "Apply"
        ButtonRow(["Cancel", verb], focused: focus >= rows.count ? focus - rows.count : nil)
            .draw(on: &canvas, in: Rect(x: inside.x, y: inside.bottom - 1, width: inner, height: 1), theme: theme)
    }

    private mutating func draw(_ row: Row, index: Int, on canvas: inout Canvas, at point: Point, _ width: Int, _ theme: Theme) {
        let surface = theme[.dialog].background
        let focused = index == focus
        canvas.write(focused ? String(canvas.glyphs.cursor) : " ", at: point, style: theme[.accent].on(surface))
        canvas.write("\(row.resource) \(row.isLimit ? "limit" : "request")", at: point.offset(x: 2), style: theme[.dialogLabel].on(surface))
        canvas.write(row.present?.description ?? "-", at: point.offset(x: 26), style: theme[.dialog], maxWidth: 11)
        var field = row.field
        field.draw(on: &canvas, at: point.offset(x: 38), width: 14, style: theme[focused ? .dialogFieldFocus : .dialogField], focused: focused)
        rows[index].field = field
        var change = "-"
        if row.isChanged, let new = Self.quantity(row.wanted, present: row.present) {
            let difference = new - (row.present ?? .zero)
            change = (difference >= .zero ? "+" : "") + difference.description
        }
        canvas.write(change, at: point.offset(x: 54), style: theme[row.isChanged ? .rowHighlight : .dim].on(surface), maxWidth: 10)
        canvas.write(row.policy == "NotRequired" ? "NotRequired: no restart" : row.policy, at: point.offset(x: 65), style: theme[.dim].on(surface), maxWidth: width - 65)
    }

    private func drawGauges(_ node: NodeView, on canvas: inout Canvas, at point: Point, _ width: Int, _ world: World) -> Int {
        let theme = world.theme
        let surface = theme[.dialog].background
        canvas.write("Node \(node.name)   allocatable cpu \(Quantity(milli: node.allocatable.milliCPU)), memory \(Quantity(bytes: node.allocatable.memory))", at: point.offset(y: 1), style: theme[.dialogLabel].on(surface), maxWidth: width)
        let change = forecast?.change ?? Resources()
        let barWidth = max(10, width - 44)
        for (line, item) in [
            ("cpu after", Double(node.requested.milliCPU), Double(change.milliCPU), Double(node.allocatable.milliCPU)),
            ("mem after", Double(node.requested.memory), Double(change.memory), Double(node.allocatable.memory)),
        ].enumerated() {
            let (name, used, added, all) = item
            guard all > 0 else { continue }
            let at = point.offset(y: 2 + line)
            canvas.write(name, at: at, style: theme[.dialogLabel].on(surface))
            let over = used + added > all
            Gauge(used: min(used, used + added), scale: max(all, used + added), added: max(0, added), limit: over ? all : nil)
                .draw(on: &canvas, at: at.offset(x: 11), width: barWidth, role: line == 0 ? .gaugeCPU : .gaugeMemory, theme: theme)
            let after = used + added
            let text = line == 0 ? "\(Quantity(milli: Int64(after))) of \(Quantity(milli: Int64(all)))" : "\(Int64(after) >> 20)Mi of \(Int64(all) >> 20)Mi"
            canvas.write("\(text)  \(Int(after / all * 100)) %", at: at.offset(x: 13 + barWidth), style: theme[over ? .rowError : .dialog].on(surface), maxWidth: width - 13 - barWidth)
        }
        return point.y + 4
    }

    private func verdictLines(_ world: World) -> [StyledText] {
        let theme = world.theme
        guard let forecast else { return [StyledText("+ and - step, or type an amount (900m, +250m, +10%). The outcome is shown here before you confirm.", theme[.dim])] }
        let (glyph, role): (Character, Role) =
            switch forecast.verdict {
            case .unchanged: (world.glyphs.notAsked, .dim)
            case .fits: (world.glyphs.passed, .good)
            case .deferred: (world.glyphs.notReady, .rowPending)
            case .infeasible, .refused: (world.glyphs.stopped, .rowError)
            }
        var head = StyledText("\(glyph) \(forecast.word)", theme[role])
        head.append("   " + forecast.message, theme[.dialog])
        return [head] + forecast.remarks.map { StyledText("  " + $0, theme[.dim]) }
    }
}
