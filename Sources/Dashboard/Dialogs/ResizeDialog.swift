import Canvas
import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// New requests and limits for the containers of one pod, of marked pods or of all pods of a workload, with the outcome
/// before it is confirmed.
///
/// `+` and `-` step through sensible values, Enter goes to the buttons, Enter again applies: R + Enter Enter.
struct ResizeDialog: Dialog {
    struct Row {
        var container: String
        var isLimit: Bool
        var field: QuantityField
        /// The resizePolicy of the resource wants a restart.
        var restarts: Bool
        /// Pods differ in what they have now.
        var isMixed = false
        /// Set because its other half was.
        var isCarried = false
        var resource: String { field.resource }
    }
    private let pods: [Pod]
    private let title: String
    private var rows: [Row] = []
    /// A row, then the buttons.
    private var focus = 0
    private var layout = Layout()
    private var outlook: ResizeOutlook?
    private var outlookFor = ""
    private var problem: String?
    /// Whether the user has changed an amount. Until then arrows go from field to field and Enter leads to Cancel, so that a
    /// key pressed by mistake and what is typed after it resize nothing.
    private var isTouched = false
    /// Requests that equal their limits stay so: another class would be refused.
    private let keepsEqual: Bool

    /// - Parameters:
    ///   - name: whose pods they are; nil: named by themselves.
    ///   - suggestion: values to begin with.
    init(_ pods: [Pod], of name: String? = nil, suggesting suggestion: [ContainerResize] = [], _ world: World) {
        self.pods = pods
        title = name ?? (pods.count == 1 ? pods[0].key.description : "\(pods.count) pods")
        keepsEqual = pods.first?.status.qosClass == .guaranteed
        guard let pod = pods.first else { return }
        addRows(pod)
        for wish in suggestion {
            for index in rows.indices where rows[index].container == wish.name {
                let list = rows[index].isLimit ? wish.limits : wish.requests
                if let quantity = list[rows[index].resource] { rows[index].field.set(quantity) }
            }
        }
        isTouched = !suggestion.isEmpty
        if !suggestion.isEmpty { focus = rows.firstIndex { $0.field.isChanged } ?? 0 }
        updateOutlook(world)
    }

    private mutating func addRows(_ pod: Pod) {
        func add(_ name: String, _ resources: ResourceRequirements, _ policies: [ContainerResizePolicy]) {
            for resource in ["cpu", "memory"] {
                let restarts = policies.contains { $0.resourceName == resource && $0.restartPolicy == "RestartContainer" }
                for isLimit in [false, true] {
                    let present = isLimit ? resources.limits[resource] : resources.requests[resource]
                    let others = pods.dropFirst().prefix(500).map { self.present($0, name, resource, isLimit) }
                    rows.append(
                        Row(
                            container: name, isLimit: isLimit, field: QuantityField(resource, present: present), restarts: restarts,
                            isMixed: others.contains { $0 != present }))
                }
            }
        }
        if let own = pod.spec.resources { add(ContainerResize.wholePod, own, []) }
        for container in pod.spec.containers + pod.spec.sidecars { add(container.name, container.resources, container.resizePolicy) }
    }

    private func present(_ pod: Pod, _ container: String, _ resource: String, _ isLimit: Bool) -> Quantity? {
        let resources =
            container == ContainerResize.wholePod
            ? pod.spec.resources : (pod.spec.containers + pod.spec.initContainers).first { $0.name == container }?.resources
        return isLimit ? resources?.limits[resource] : resources?.requests[resource]
    }

    // MARK: Buttons

    private enum Button: Equatable {
        case cancel
        case fit(String)
        case apply
    }
    private var fit: (row: Int, quantity: Quantity)? {
        guard let lead = outlook?.lead, lead.verdict >= .deferred,
            let room = lead.largest.first(where: { room in rows.contains { $0.container == room.container && !$0.isLimit && $0.field.isChanged } })
        else { return nil }
        let resource =
            lead.lack?.resource
            ?? (rows.contains { $0.container == room.container && $0.resource == "cpu" && !$0.isLimit && $0.field.isChanged } ? "cpu" : "memory")
        guard let row = rows.firstIndex(where: { $0.container == room.container && $0.resource == resource && !$0.isLimit && $0.field.isChanged }) else {
            return nil
        }
        let quantity = resource == "cpu" ? Quantity(milli: room.milliCPU) : Quantity(mebibytesOf: room.memory)
        guard quantity > rows[row].field.present ?? .zero else { return nil }
        return (row, quantity)
    }
    private var buttons: [Button] {
        var list: [Button] = [.cancel]
        if let fit { list.append(.fit(fit.quantity.description)) }
        list.append(.apply)
        return list
    }
    private func label(of button: Button) -> String {
        switch button {
        case .cancel: "Cancel"
        case .fit(let amount): "Fit \(amount)"
        case .apply:
            switch outlook?.verdict {
            case .fits: "Apply"
            case .restarts: "Apply, restarts"
            case .deferred: "Apply deferred"
            case .blocked: "Apply, waits"
            case .infeasible, .refused: "Apply anyway"
            case .unchanged, nil: "Apply"
            }
        }
    }

    var hints: [(key: String, text: String)] {
        var hints: [(key: String, text: String)] = [("tab", "next field"), ("+/-", "step"), ("shift-↑/↓", "big step"), ("u", "undo field")]
        if fit != nil { hints.append(("f", "largest that fits")) }
        if (outlook?.verdict ?? .fits) >= .deferred { hints.append(("V", "evict instead")) }
        return hints + [("enter", focus < rows.count ? "buttons" : "press"), ("esc", "cancel")]
    }

    // MARK: Wishes

    /// What changes, for each pod as the resize verb takes it; nil with ``problem`` set if a field cannot be read.
    private mutating func wishes() -> [(pod: ObjectKey, resizes: [ContainerResize])]? {
        if let row = rows.first(where: { $0.field.isChanged && !$0.field.isReadable }) {
            problem =
                row.field.wanted.isEmpty
                ? "A \(row.isLimit ? "limit" : "request") cannot be removed by a resize"
                : "\"\(row.field.wanted)\" is not an amount such as 250m, 512Mi, +100m or -10%"
            return nil
        }
        problem = nil
        let changed = rows.filter { $0.field.isChanged }
        return pods.compactMap { pod in
            var result: [ContainerResize] = []
            for row in changed {
                let present = present(pod, row.container, row.resource, row.isLimit)
                guard let quantity = row.field.quantity(from: present), quantity != present else { continue }
                if !result.contains(where: { $0.name == row.container }) { result.append(ContainerResize(row.container)) }
                guard let index = result.firstIndex(where: { $0.name == row.container }) else { continue }
                if row.isLimit { result[index].limits[row.resource] = quantity } else { result[index].requests[row.resource] = quantity }
            }
            return result.isEmpty ? nil : (pod.key, result)
        }
    }

    private mutating func updateOutlook(_ world: World) {
        let key = rows.map(\.field.wanted).joined(separator: " ") + " \(world.store.revision)"
        if key == outlookFor { return }
        outlookFor = key
        outlook = nil
        guard let wishes = wishes(), !wishes.isEmpty else { return }
        outlook = world.session.simulation.outlook(resizing: wishes)
    }

    /// Takes along what must change together: a limit below its request, or both halves of a Guaranteed pod.
    private mutating func takeAlong(_ index: Int) {
        rows[index].isCarried = false
        let row = rows[index]
        guard let other = rows.firstIndex(where: { $0.container == row.container && $0.resource == row.resource && $0.isLimit != row.isLimit }) else { return }
        // While an amount is being typed, its first digits must not leave traces in the other half.
        if rows[other].isCarried { rows[other].field.reset() }
        rows[other].isCarried = false
        guard let new = row.field.quantity, let partner = rows[other].field.quantity else { return }
        let isPair = keepsEqual && rows[other].field.present == row.field.present
        if isPair ? partner != new : row.isLimit ? partner > new : partner < new {
            rows[other].field.set(new)
            rows[other].isCarried = true
        }
    }

    // MARK: Keys

    mutating func handle(_ key: Key, _ world: World) -> [Effect] {
        guard !rows.isEmpty else { return [.closeDialog] }
        let count = rows.count + buttons.count
        let onButtons = focus >= rows.count
        switch key {
        case .escape: return [.closeDialog]
        case .tab: focus = (focus + 1) % count
        case .backtab: focus = (focus + count - 1) % count
        case .down where onButtons, .right where onButtons: focus = rows.count + (focus - rows.count + 1) % buttons.count
        case .up where onButtons, .left where onButtons: focus = rows.count + (focus - rows.count + buttons.count - 1) % buttons.count
        case .down where !isTouched: focus = min(focus + 1, rows.count)
        case .up where !isTouched: focus = max(0, min(focus, rows.count + 1) - 1)
        case .enter where !onButtons: focus = isTouched ? count - 1 : rows.count
        case .enter: return press(buttons[focus - rows.count], world)
        case .character("y") where onButtons: return press(.apply, world)
        case .character("n") where onButtons: return [.closeDialog]
        case .character("u") where !onButtons:
            rows[focus].field.reset()
            takeAlong(focus)
        case .character("f"): return press(.fit(""), world)
        case .character("V"): return [.closeDialog, .open(evictDialog(pods, world))]
        default:
            let index = onButtons ? 0 : focus
            if rows[index].field.handle(key) {
                isTouched = isTouched || rows[index].field.isChanged
                takeAlong(index)
                if onButtons { focus = 0 }
            }
        }
        updateOutlook(world)
        focus = min(focus, rows.count + buttons.count - 1)
        return []
    }

    private mutating func press(_ button: Button, _ world: World) -> [Effect] {
        switch button {
        case .cancel: return [.closeDialog]
        case .fit:
            guard let fit else { return [] }
            rows[fit.row].field.set(fit.quantity)
            takeAlong(fit.row)
            updateOutlook(world)
            focus = rows.count + buttons.count - 1
            return []
        case .apply:
            guard let wishes = wishes() else { return [] }
            if wishes.isEmpty {
                problem = "Nothing changed yet: + and - step, or type an amount"
                focus = 0
                return []
            }
            return [.attempt(wishes.map { .resize(pod: $0.pod, $0.resizes) })]
        }
    }

    mutating func paste(_ text: String) {
        guard focus < rows.count else { return }
        rows[focus].field.paste(text)
        isTouched = true
    }

    mutating func refused(_ text: String, _ causes: [APIError.Cause]) { problem = text }

    // MARK: Drawing

    /// How the room is shared among the parts.
    private struct Layout {
        var size = Size(width: 0, height: 0)
        var verdict: [StyledText] = []
        var checks: [StyledText] = []
        var gauges: [GaugeLine] = []
        var showsRules = true
        /// Rows for the fields with their headers, and the first of these that is seen.
        var fieldRows = 0
        var top = 0
    }

    mutating func refresh(_ world: World, in area: Rect) {
        guard let pod = pods.first else { return }
        updateOutlook(world)
        let width = min(area.width, 106)
        let verdict = verdictLines(world).flatMap { $0.wrapped(to: width - 4) }
        let checks = checkLines(width - 4, world)
        let bars = world.view.nodes[outlook?.lead?.node ?? pod.nodeName].map { gaugeLines($0, world) } ?? []
        let gauges = bars.count
        let lines = fieldLines
        // Top to bottom; what there is no room for gives way in this order: rules, checks, the bars, then fields scroll.
        let room = area.height - 4
        let least = min(lines.count, 5)
        var showsRules = true
        var shownGauges = gauges
        var shownChecks = checks.count
        func needed() -> Int { verdict.count + shownChecks + shownGauges + (showsRules ? (shownGauges > 0 ? 1 : 0) + 1 + (shownChecks > 0 ? 1 : 0) : 0) }
        if needed() + lines.count > room { showsRules = false }
        if needed() + least > room { shownChecks = min(shownChecks, 1) }
        if needed() + least > room { shownGauges = min(shownGauges, 2) }
        if needed() + least > room { shownChecks = 0 }
        if needed() + least > room { shownGauges = 0 }
        let fieldRows = max(3, min(lines.count, room - needed()))
        layout = Layout(
            size: Size(width: width, height: min(area.height, fieldRows + needed() + 4)), verdict: verdict, checks: Array(checks.first(upTo: shownChecks)),
            gauges: Array(bars.last(upTo: shownGauges)), showsRules: showsRules, fieldRows: fieldRows,
            top: Scrolling.top(
                following: lines.firstIndex { $0.header == nil && $0.row == focus } ?? 0, from: layout.top, height: fieldRows, count: lines.count, margin: 1))
    }

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        guard let pod = pods.first else { return }
        let theme = world.theme
        let surface = theme[.dialog].background
        let inner = layout.size.width - 4
        var heading = StyledText("Resize", theme[.title])
        heading.append("  \(title)", theme[.titleHighlight])
        if pods.count == 1, !pod.nodeName.isEmpty { heading.append("  on \(pod.nodeName)", theme[.dim]) }
        let inside = Popup(title: heading, right: StyledText("in place, v\(world.cluster.profile.version) rules"))
            .draw(on: &canvas, centeredIn: area, size: layout.size, theme: theme)
        var y = inside.y
        func rule(_ text: String) {
            guard layout.showsRules, y < inside.bottom - 1 else { return }
            let line = String(canvas.glyphs.frame.horizontal) + " \(text) "
            canvas.write(
                line + String(canvas.glyphs.frame.horizontal, times: inner - TextWidth.columns(line)), at: Point(x: inside.x, y: y),
                style: theme[.dim].on(surface), maxWidth: inner)
            y += 1
        }
        func write(_ line: StyledText) {
            guard y < inside.bottom - 1 else { return }
            canvas.write(line.restyled(from: theme[.dialog]) { $0.on(surface) }, at: Point(x: inside.x, y: y), style: theme[.dialog], maxWidth: inner)
            y += 1
        }
        drawFields(on: &canvas, in: Rect(x: inside.x, y: y, width: inner, height: layout.fieldRows), theme)
        y += layout.fieldRows
        if !layout.gauges.isEmpty, let node = world.view.nodes[outlook?.lead?.node ?? pod.nodeName] {
            rule("Node \(node.name)   allocatable cpu \(Quantity(milli: node.allocatable.milliCPU)), memory \(Quantity(bytes: node.allocatable.memory))")
            for line in layout.gauges {
                draw(line, on: &canvas, at: Point(x: inside.x, y: y), inner, theme)
                y += 1
            }
        }
        rule("Verdict")
        for line in layout.verdict { write(line) }
        if !layout.checks.isEmpty { rule("Checks") }
        for line in layout.checks { write(line) }
        // A long reason goes over what stands above it.
        let reason = problem.map { StyledText($0, theme[.flashError].on(surface)).wrapped(to: inner) } ?? []
        for (line, text) in reason.suffix(max(1, inside.height - 2)).enumerated() {
            let row = Rect(x: inside.x, y: inside.bottom - 1 - min(reason.count, max(1, inside.height - 2)) + line, width: inner, height: 1)
            canvas.fill(row, style: theme[.dialog])
            canvas.write(text, at: row.origin, maxWidth: inner)
        }
        ButtonRow(buttons.map { label(of: $0) }, focused: focus >= rows.count ? focus - rows.count : nil)
            .draw(on: &canvas, in: Rect(x: inside.x, y: inside.bottom - 1, width: inner, height: 1), theme: theme)
    }

    /// The fields, and before each container's its name.
    private var fieldLines: [(header: String?, row: Int)] {
        var lines: [(header: String?, row: Int)] = []
        for (index, row) in rows.enumerated() {
            if index == 0 || rows[index - 1].container != row.container {
                lines.append((row.container == ContainerResize.wholePod ? "WHOLE POD" : "CONTAINER \(row.container)", index))
            }
            lines.append((nil, index))
        }
        return lines
    }

    private func drawFields(on canvas: inout Canvas, in area: Rect, _ theme: Theme) {
        let surface = theme[.dialog].background
        let isWide = area.width >= 92
        let (now, new, change, when) = isWide ? (28, 42, 60, 73) : (22, 34, 50, 61)
        for (offset, line) in fieldLines.dropFirst(layout.top).prefix(area.height).enumerated() {
            let point = Point(x: area.x, y: area.y + offset)
            if let header = line.header {
                let style = theme[.tableHeader].on(surface)
                canvas.write(header, at: point, style: style, maxWidth: now - 1)
                for (x, text) in [(now, isWide ? "DESIRED NOW" : "NOW"), (new, "NEW"), (change, "CHANGE"), (when, isWide ? "WHEN IT CHANGES" : "THEN")] {
                    canvas.write(text, at: point.offset(x: x), style: style, maxWidth: area.width - x)
                }
            } else {
                draw(line.row, on: &canvas, at: point, area.width, (now, new, change, when), theme)
            }
        }
    }

    private func draw(
        _ index: Int, on canvas: inout Canvas, at point: Point, _ width: Int, _ x: (now: Int, new: Int, change: Int, when: Int), _ theme: Theme
    ) {
        let surface = theme[.dialog].background
        let row = rows[index]
        let focused = index == focus
        canvas.write(focused ? String(canvas.glyphs.cursor) : " ", at: point, style: theme[.accent].on(surface))
        canvas.write("\(row.resource) \(row.isLimit ? "limit" : "request")", at: point.offset(x: 2), style: theme[.dialogLabel].on(surface))
        canvas.write(
            row.isMixed ? "mixed" : row.field.present?.description ?? "-", at: point.offset(x: x.now), style: theme[.dialog], maxWidth: x.new - x.now - 1)
        rows[index].field.text.draw(
            on: &canvas, at: point.offset(x: x.new), width: 14, style: theme[focused ? .dialogFieldFocus : .dialogField], focused: focused)
        var change = "-"
        if row.field.isChanged {
            if row.isMixed, row.field.isRelative {
                change = "each"
            } else if let new = row.field.quantity {
                let difference = new - (row.field.present ?? .zero)
                change = (difference >= .zero ? "+" : "") + difference.description
            } else {
                change = "?"
            }
        }
        canvas.write(
            change, at: point.offset(x: x.change), style: theme[row.field.isChanged ? .rowHighlight : .dim].on(surface), maxWidth: x.when - x.change - 1)
        let then =
            row.restarts
            ? (row.field.isChanged ? "\(canvas.glyphs.restarts) RestartContainer" : "RestartContainer") : x.now == 28 ? "NotRequired: no restart" : "no restart"
        canvas.write(
            then, at: point.offset(x: x.when), style: theme[row.restarts && row.field.isChanged ? .rowPending : .dim].on(surface), maxWidth: width - x.when)
    }

    // MARK: The node

    private struct GaugeLine {
        var name: String
        var used: Double
        var added: Double
        var all: Double
        var isCPU: Bool
        var text: String
        var isOver: Bool
    }

    /// CPU now, CPU afterwards, memory afterwards.
    private func gaugeLines(_ node: NodeView, _ world: World) -> [GaugeLine] {
        let changes = (outlook?.pods ?? []).filter { $0.node == node.name && $0.verdict != .refused }
        let change = changes.reduce(Resources()) { $0 + $1.change }
        func line(_ name: String, _ used: Int64, _ change: Int64, _ all: Int64, _ isCPU: Bool) -> GaugeLine {
            let after = used.saturatingAdd(change)
            func text(_ amount: Int64) -> String { isCPU ? Quantity(milli: amount).description : Quantity(mebibytesOf: amount).description }
            let over = after.saturatingSubtract(all)
            let percent = percent(after, of: all)
            var words = "\(text(after)) of \(text(all))  \(percent) %"
            if over > 0 { words += "  \(text(over)) over" } else if change == 0 && name.hasSuffix("after") { words += "  same" }
            return GaugeLine(
                name: name, used: Double(min(used, after)), added: Double(max(0, change)), all: Double(max(1, all)), isCPU: isCPU, text: words, isOver: over > 0
            )
        }
        if outlook?.verdict == .refused, changes.isEmpty {
            return [
                line("cpu now", node.requested.milliCPU, 0, node.allocatable.milliCPU, true),
                line("mem now", node.requested.memory, 0, node.allocatable.memory, false),
            ]
        }
        return [
            line("cpu now", node.requested.milliCPU, 0, node.allocatable.milliCPU, true),
            line("cpu after", node.requested.milliCPU, change.milliCPU, node.allocatable.milliCPU, true),
            line("mem after", node.requested.memory, change.memory, node.allocatable.memory, false),
        ]
    }

    private func draw(_ line: GaugeLine, on canvas: inout Canvas, at point: Point, _ width: Int, _ theme: Theme) {
        let surface = theme[.dialog].background
        canvas.write(line.name, at: point.offset(x: 2), style: theme[.dialogLabel].on(surface))
        let words = min(36, width / 2)
        let barWidth = width - 13 - words
        Gauge(used: line.used, scale: max(line.all, line.used + line.added), added: line.added, limit: line.isOver ? line.all : nil, showsRoom: true)
            .draw(on: &canvas, at: point.offset(x: 12), width: barWidth, role: line.isCPU ? .gaugeCPU : .gaugeMemory, theme: theme)
        canvas.write(line.text, at: point.offset(x: 13 + barWidth), style: theme[line.isOver ? .rowError : .dialog].on(surface), maxWidth: words)
    }

    // MARK: Words

    private func verdictLines(_ world: World) -> [StyledText] {
        let theme = world.theme
        guard let outlook, let lead = outlook.lead else {
            return [StyledText("+ and - step, or type an amount (900m, +250m, -20%). The outcome is shown here before you confirm.", theme[.dim])]
        }
        var lines: [StyledText] = []
        let isAlpha = !world.cluster.profile.resizeReportsConditions
        if outlook.pods.count > 1 {
            var head = StyledText("")
            for (verdict, count) in outlook.counts { head.append("\(glyph(verdict, world)) \(count) \(verdict.word)   ", theme[role(verdict)]) }
            if outlook.unseen > 0 { head.append("the first 200 of \(outlook.pods.count + outlook.unseen) pods", theme[.dim]) }
            lines.append(head)
            if outlook.verdict > .fits { lines.append(StyledText("  \(lead.pod.name) on \(lead.node):", theme[.dim])) }
        }
        var head = StyledText("")
        if outlook.pods.count == 1 {
            head.append("\(glyph(lead.verdict, world)) \(lead.verdict.word)   ", theme[role(lead.verdict)])
        } else {
            head.append("  ")
        }
        let subtle = lead.verdict == .deferred
        if subtle, outlook.pods.count == 1 {
            head.append(isAlpha ? "status.resize Deferred: accepted, not granted yet" : "accepted by the API server, not by the kubelet yet", theme[.dialog])
        } else {
            head.append(lead.message, theme[.dialog])
        }
        lines.append(head)
        func detail(_ label: String, _ text: String, _ role: Role = .dialog) {
            var line = StyledText("  " + pad(label, 14), theme[.dim])
            line.append(text, theme[role])
            lines.append(line)
        }
        if subtle, outlook.pods.count == 1 { lines.append(StyledText("  " + lead.message, theme[.dialog])) }
        if lead.verdict == .deferred {
            let when = isAlpha ? "at the pod's next sync, in 60 to 90 s" : "when a pod ends or shrinks on \(lead.node), or every 3 min"
            detail("tried again", "\(when); the scheduler counts the new size at once")
        }
        if lead.verdict == .blocked { detail("tried again", "every 10 to 15 s, until less is used: nothing is written before") }
        if lead.verdict == .infeasible { detail("tried again", isAlpha ? "at each sync of the pod" : "never, until the size is changed again") }
        if let lack = lead.lack {
            detail(
                "short by", "\(lack.resource == "cpu" ? Quantity(milli: lack.amount) : Quantity(mebibytesOf: lack.amount, roundedUp: true)) \(lack.resource)")
        }
        if let fit { detail("fits up to", "\(fit.quantity)   <f> takes it") }
        if lead.verdict >= .deferred, lead.lack != nil {
            let places = roomElsewhere(lead, world)
            detail(
                "room on",
                places.isEmpty
                    ? "no other node" : "\(places)   \(world.mark(ObjectAction.evict, in: Bindings.pods)) evicts instead: the replacement has the old size")
        }
        if !outlook.makingRoom.isEmpty { detail("to make room", outlook.makingRoom.joined(separator: ", or ")) }
        return lines
    }

    /// Nodes with room for the pod at its new size: `a4 b4 c2(cordoned)`.
    private func roomElsewhere(_ lead: ResizeOutlook.PodOutlook, _ world: World) -> String {
        let places = world.view.nodeNames.compactMap { name -> String? in
            guard name != lead.node, let node = world.view.nodes[name], node.isReady else { return nil }
            let free = node.allocatable - node.requested
            guard free.milliCPU >= lead.wanted.milliCPU, free.memory >= lead.wanted.memory else { return nil }
            return node.isCordoned ? "\(name)(cordoned)" : node.taints.isEmpty ? name : "\(name)(taint)"
        }
        return places.prefix(6).joined(separator: " ") + (places.count > 6 ? " and \(places.count - 6) more" : "")
    }

    private func checkLines(_ width: Int, _ world: World) -> [StyledText] {
        let theme = world.theme
        var lines: [StyledText] = []
        for check in outlook?.checks ?? [] {
            let glyph: String =
                switch check.state {
                case .passed: String(world.glyphs.passed)
                case .warning: "!"
                case .failed: String(world.glyphs.stopped)
                }
            var item = StyledText("\(glyph) ", theme[check.state == .passed ? .good : .rowPending])
            item.append(check.text, theme[.dialog])
            if let last = lines.last, last.width + item.width + 3 <= width {
                lines[lines.count - 1].append("   ")
                lines[lines.count - 1] = lines[lines.count - 1] + item
            } else {
                lines.append(StyledText("  ") + item)
            }
        }
        return lines
    }

    private func glyph(_ verdict: ResizeOutlook.Verdict, _ world: World) -> Character {
        switch verdict {
        case .unchanged: world.glyphs.notAsked
        case .fits: world.glyphs.passed
        case .restarts: world.glyphs.restarts
        case .blocked, .deferred: world.glyphs.notReady
        case .infeasible, .refused: world.glyphs.stopped
        }
    }
    private func role(_ verdict: ResizeOutlook.Verdict) -> Role {
        switch verdict {
        case .unchanged: .dim
        case .fits: .good
        case .restarts, .blocked, .deferred: .rowPending
        case .infeasible, .refused: .rowError
        }
    }
}
