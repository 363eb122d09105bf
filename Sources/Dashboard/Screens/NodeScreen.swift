import Canvas
import ControlPlane
import Kubelets
import KubernetesAPI
import Printers
import Simulation
import SimulationKit

/// One node: its state and lease, what its kubelet is doing (image pulls, requests to the API server, PLEG), the
/// control groups it writes, its pods, and what would happen if it were lost.
struct NodeScreen: ListedScreen, PodHolder {
    enum Pane: String, CaseIterable {
        case pods = "Pods"
        case pulls = "Image pulls"
        case client = "API client"
        case cgroups = "cgroups"
        case settings = "Settings"
        case lost = "If lost"
    }
    let name: String
    var filter = ""
    var pane: Pane
    var list = ListCursor<ObjectKey>()
    /// Lines of the panes that have no list of pods.
    var scroll = LineScroll()
    var activity: NodeActivity?
    /// The pods' control groups below the node's, and the first that is seen.
    var groups: [(level: Int, values: CgroupValues)] = []
    var groupCursor = 0
    var groupTop = 0
    var rows: [ObjectKey] { list.ids }
    private var loss: NodeLoss?
    private var lossFor = ""

    init(_ name: String, _ world: World, pane: Pane = .pods) {
        (self.name, self.pane) = (name, pane)
        forecast(world)
        list.show(sortedPods(world).map(\.key))
    }

    /// Opens the pod's node, or says that it has none.
    static func effect(_ pod: Pod, _ world: World, pane: Pane = .pods) -> Effect {
        pod.nodeName.isEmpty ? .flash("The pod has no node yet", .warning) : .push(NodeScreen(pod.nodeName, world, pane: pane))
    }

    var crumb: String { name }
    var bindings: [BindingGroup] { [Self.keys, Bindings.nodes] }
    static let keys = BindingGroup(
        "Node",
        [
            Binding(.tab, action: Actions.nextPane, "pane", "Next pane: pods, pulls, API client and PLEG, cgroups, settings, if lost", footer: 5),
            Binding(.enter, action: Actions.open, "pod", "Open the pod under the cursor", footer: 6),
            Binding(.character("d"), action: Actions.describe, "describe", "Describe the node", footer: 40),
            Binding(.character("y"), action: Actions.yaml, "yaml", "YAML of the node", footer: 41),
            Binding(.character("e"), action: Actions.edit, "edit", "Edit the node as YAML in your editor", footer: 42),
            Binding(.character("p"), action: Actions.showPods, "table", "The node's pods as a table of their own"),
        ])

    func selectedPod(_ world: World) -> Pod? { list.id.flatMap { world.store.pods[$0] } }
    func focusedWorkload(_ world: World) -> Workload? { selectedPod(world).map { Workload(of: $0, world.cluster) } }

    private func node(_ world: World) -> Node? { world.store.nodes[ObjectKey(name: name)] }

    // MARK: Forecast

    var hasWork: Bool { loss.map { !$0.isDone } ?? false }
    mutating func work(_ world: World, until shouldStop: () -> Bool) { loss?.work(until: shouldStop) }

    /// Tries the loss of the node anew when other pods are on it.
    private mutating func forecast(_ world: World) {
        let pods = "\(world.generation) " + (world.view.nodes[name]?.pods.map(\.key.description).joined(separator: " ") ?? "")
        guard pods != lossFor, !hasWork else { return }
        lossFor = pods
        loss = world.session.simulation.kubelets.isFailed(node: name) ? nil : NodeLoss(name, world)
    }

    // MARK: Actions

    func peek(_ world: World) -> Peek? { selectedPod(world).map { Peek(of: $0, world) } ?? node(world).map { Peek(of: $0, world) } }

    enum Actions: String, ScreenAction {
        case nextPane, previousPane, open, describe, yaml, edit, showPods, fault, cordon, uncordon, drain
    }

    func unavailable(_ action: Action, _ world: World) -> String? {
        switch Actions(action) {
        case .open: selectedPod(world) == nil ? "No pod runs here" : nil
        case .describe, .yaml, .edit, .drain: node(world) == nil ? "The node is gone" : nil
        case .nextPane, .previousPane, .showPods, .fault, .cordon, .uncordon, nil: nil
        }
    }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        if move(action) { return [] }
        guard let action = Actions(action) else { return nil }
        switch action {
        case .nextPane, .previousPane:
            pane = Pane.allCases.neighbour(of: pane, isNext: action == .nextPane)
            scroll.reset()
        case .open: return selectedPod(world).map { [.push(PodScreen($0))] }
        case .showPods: return [.push(TableScreen(Kind.pod.info, scope: .onNode(name)))]
        case .fault: return [.open(Forms.fault(world, node: name))]
        case .cordon: return [.perform([.cordon(node: name)])]
        case .uncordon: return [.perform([.uncordon(node: name)])]
        case .describe: return node(world).map { [.push(DetailScreen($0, tab: .describe))] }
        case .yaml: return node(world).map { [.push(DetailScreen($0, tab: .yaml))] }
        case .edit: return node(world).map { [.edit($0)] }
        case .drain: return node(world).map { [.open(Forms.drain([$0], world))] }
        }
        return []
    }

    private mutating func move(_ action: Action) -> Bool { pane == .pods || pane == .cgroups ? list.perform(action) : scroll.perform(action) }

    private func sortedPods(_ world: World) -> [Pod] {
        let rules = RequestRules(assigned: world.cluster.profile)
        let pods = world.store.pods(onNode: name).map { pod -> (pod: Pod, cpu: Int64) in (pod, pod.isFinished ? -1 : pod.requests(rules).milliCPU) }
        return pods.sorted { ($1.cpu, $0.pod.key) < ($0.cpu, $1.pod.key) }.map(\.pod)
    }

    // MARK: Drawing

    mutating func refresh(_ world: World, in area: Rect) {
        guard node(world) != nil else { return }
        forecast(world)
        list.show(sortedPods(world).map(\.key))
        activity = world.session.simulation.kubelets.activity(node: name, in: world.cluster)
        let places = places(area)
        if let box = places.panes[.pods] { list.scroll(in: podTable(box, withLoss: places.hasLoss).inset(top: 1)) }
        if let box = places.panes[.cgroups] { readGroups(world, in: box) }
        if let box = places.panes[pane], pane == .pulls || pane == .settings {
            let (count, height) = pane == .pulls ? pullLines(in: box) : settingLines(in: box, world)
            scroll.show(count, height: height)
        }
    }

    /// Where the facts, the conditions and those panes stand that there is room for; whether the loss is told under the pods.
    private func places(_ area: Rect) -> (facts: Rect, conditions: Rect?, panes: [Pane: Rect], hasLoss: Bool) {
        func facts(_ height: Int) -> Rect { Rect(x: area.x, y: area.y, width: area.width, height: height) }
        guard activity != nil else { return (facts(min(8, area.height)), nil, [:], false) }
        guard area.width >= 100, area.height >= 26 else {
            let height = min(8, max(0, area.height - 8))
            return (facts(height), nil, [pane: area.inset(top: height)], false)
        }
        let bands = area.splitRows([.fixed(8), .fixed(area.height >= 44 ? 16 : 11), .weight(1)])
        let above = bands[0].splitColumns([.weight(1), .weight(1)])
        let middle = bands[1].splitColumns([.weight(1), .fixed(max(44, area.width * 44 / 120))])
        var panes = [Pane.pulls: middle[0], .client: middle[1]]
        switch pane {
        case .cgroups, .settings: panes[pane] = bands[2]
        case _ where bands[2].height >= 26:
            let parts = bands[2].splitRows([.weight(3), .weight(2)])
            (panes[.pods], panes[.cgroups]) = (parts[0], parts[1])
        default: panes[.pods] = bands[2]
        }
        return (above[0], above[1], panes, true)
    }

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        guard let node = node(world) else {
            canvas.drawBox(in: area, title: StyledText("Node \(name)", theme[.title]), right: StyledText("gone", theme[.rowError]), style: theme[.borderFocus])
            canvas.write("The node is gone.", at: Point(x: area.x + 2, y: area.y + 1), style: theme[.dim])
            return
        }
        let places = places(area)
        drawFacts(node, on: &canvas, in: places.facts, world)
        if let box = places.conditions { drawConditions(node, on: &canvas, in: box, world) }
        guard let activity else { return }
        for pane in Pane.allCases {
            guard let box = places.panes[pane], box.height > 2 else { continue }
            switch pane {
            case .pods: drawPods(withLoss: places.hasLoss, on: &canvas, in: box, world)
            case .pulls: drawPulls(activity, on: &canvas, in: box, world)
            case .client: drawClient(activity, on: &canvas, in: box, world)
            case .cgroups: drawCgroups(on: &canvas, in: box, world)
            case .settings: drawSettings(on: &canvas, in: box, world)
            case .lost:
                var box = box
                if box.height >= 10 {
                    let parts = box.splitRows([.weight(1), .weight(1)])
                    drawConditions(node, on: &canvas, in: parts[0], world)
                    box = parts[1]
                }
                frame(.lost, StyledText("If \(name) is lost now", theme[.title]), nil, on: &canvas, in: box, theme)
                drawLoss(on: &canvas, in: box.interior.inset(x: 1, y: 0), world)
            }
        }
    }

    func frame(_ pane: Pane, _ title: StyledText, _ right: StyledText?, on canvas: inout Canvas, in box: Rect, _ theme: Theme) {
        canvas.drawBox(in: box, title: title, right: right, style: theme[pane == self.pane ? .borderFocus : .border])
    }

    private func drawFacts(_ node: Node, on canvas: inout Canvas, in box: Rect, _ world: World) {
        guard box.height > 2 else { return }
        let theme = world.theme
        let view = world.view.nodes[name]
        var title = StyledText("Node ", theme[.title])
        title.append(name, theme[.titleHighlight])
        if !node.zone.isEmpty { title.append("  \(node.zone)", theme[.title]) }
        let ready = node.status.conditions[ConditionType.ready]
        let words = (node.isReady ? "Ready" : ready == nil ? "Unknown" : "NotReady") + (node.spec.unschedulable ? ", cordoned" : "")
        let glyph = node.isReady ? world.glyphs.ready : ready == nil ? world.glyphs.notReady : world.glyphs.failed
        canvas.drawBox(
            in: box, title: title,
            right: StyledText(
                "\(glyph) \(words) \(world.age(ready?.lastTransitionTime))",
                theme[node.isReady ? (node.spec.unschedulable ? .rowPending : .good) : ready == nil ? .rowPending : .rowError]), style: theme[.border])
        let inside = box.interior.inset(x: 1, y: 0)
        var y = inside.y
        func line(_ label: String, _ text: StyledText) {
            guard y < inside.bottom else { return }
            canvas.write(label, at: Point(x: inside.x, y: y), style: theme[.dim])
            canvas.write(text, at: Point(x: inside.x + 10, y: y), maxWidth: inside.width - 10)
            y += 1
        }
        let info = node.status.nodeInfo
        line(
            "kubelet",
            StyledText(
                [
                    info?.kubeletVersion ?? "", (info?.containerRuntimeVersion ?? "").replacing("://", with: " "), info?.operatingSystem ?? "",
                    info?.kernelVersion ?? "",
                ].filter { !$0.isEmpty }.joined(separator: "  "), theme[.text]))
        let labels = node.metadata.labels.entries.filter {
            !$0.key.hasPrefix("beta.kubernetes.io/") && ![LabelKey.os, LabelKey.arch].contains($0.key)
        }
        line("labels", StyledText(labels.map { "\(TopologyKeys.short($0.key))=\($0.value)" }.joined(separator: "  "), theme[.text]))
        let taints = node.spec.taints.map(\.text)
        line("taints", StyledText(taints.isEmpty ? "none" : taints.joined(separator: "  "), theme[taints.isEmpty ? .dim : .rowPending]))
        let used = world.session.simulation.kubelets.usage(ofNode: name, in: world.cluster)
        let guess = world.session.simulation.kubelets.isGuessed(node: name, in: world.cluster) ? "~" : ""
        guard let view else { return }
        func bar(_ label: String, _ value: Int64, _ whole: Int64, _ role: Role, _ text: String) {
            guard y < inside.bottom else { return }
            canvas.write(label, at: Point(x: inside.x, y: y), style: theme[.dim])
            let width = max(4, inside.width - 10 - 17)
            Gauge(used: whole == 0 ? 0 : Double(value) / Double(whole)).draw(
                on: &canvas, at: Point(x: inside.x + 10, y: y), width: width, role: role, theme: theme)
            let over = value > whole
            canvas.write(StyledText(text, theme[over ? .rowError : .text]), endingAt: inside.right, y: y)
            y += 1
        }
        let memory = view.allocatable.memory
        bar(
            "cpu  req", view.requested.milliCPU, view.allocatable.milliCPU, .gaugeCPU,
            "\(fixed(Double(view.requested.milliCPU) / 1000, 2))/\(Quantity(milli: view.allocatable.milliCPU))")
        if inside.height >= 6 { bar("     use", used.milliCPU, view.allocatable.milliCPU, .gaugeCPU, guess + fixed(Double(used.milliCPU) / 1000, 2)) }
        bar("mem  req", view.requested.memory, memory, .gaugeMemory, "\(bytesText(view.requested.memory))/\(bytesText(memory))")
        bar("     use", used.memory, memory, .gaugeMemory, guess + bytesText(used.memory))
    }

    private func drawConditions(_ node: Node, on canvas: inout Canvas, in box: Rect, _ world: World) {
        guard box.height > 2 else { return }
        let theme = world.theme
        let kubelets = world.session.simulation.kubelets
        let life = kubelets.configuration(node: name)?.nodeLeaseDurationSeconds ?? 40
        let renewed = world.cluster.leaseRenewals[name]
        let silent = kubelets.isFailed(node: name)
        var right = StyledText("the kubelet is silent", theme[.rowError])
        if !silent, let renewed {
            let next = Duration.seconds(life) / 4 - (world.now - renewed)
            right = StyledText("next heartbeat \(max(0, next.wholeSeconds)) s", theme[.dim])
        }
        canvas.drawBox(in: box, title: StyledText("Conditions and lease", theme[.title]), right: right, style: theme[.border])
        let inside = box.interior.inset(x: 1, y: 0)
        var lines: [StyledText] = []
        for condition in node.status.conditions.filter({ $0.type == ConditionType.ready }) + node.status.conditions.filter({ $0.type != ConditionType.ready }) {
            let fine = condition.type == ConditionType.ready ? condition.isTrue : condition.status == "False"
            var text = StyledText(pad(condition.type, 16), theme[.text])
            text.append(pad(condition.status, 8), theme[fine ? .good : .rowError])
            text.append(pad(condition.reason, max(10, inside.width - 33)), theme[fine ? .dim : .rowPending])
            text.append(pad(world.age(condition.lastTransitionTime), 8, .right), theme[.dim])
            lines.append(text)
            // What it says counts when something is wrong.
            if !fine, !condition.message.isEmpty { lines.append(StyledText(pad("", 16) + condition.message, theme[.rowPending])) }
        }
        if let renewed {
            let left = Duration.seconds(life) - (world.now - renewed)
            let text =
                "renewed \((world.now - renewed).wholeSeconds) s ago, "
                + (left > .zero ? "expires in \(left.wholeSeconds) s" : "expired \(-left.wholeSeconds) s ago")
            lines.append(StyledText(pad("lease", 16), theme[.text]) + StyledText(text, theme[left > .seconds(life / 2) ? .dim : .rowPending]))
        }
        lines.append(
            StyledText(pad("api server", 16), theme[.text])
                + StyledText("answers in \(kubelets.latencies.apiLatency), watch lag \(world.cluster.settings.kubeletWatchDelay)", theme[.dim]))
        for (index, line) in lines.prefix(inside.height).enumerated() {
            canvas.write(line, at: Point(x: inside.x, y: inside.y + index), maxWidth: inside.width)
        }
    }

    // MARK: Pods

    /// The table of pods inside its box, above what would happen if the node were lost.
    private func podTable(_ box: Rect, withLoss: Bool) -> Rect {
        let inside = box.interior
        guard withLoss, inside.height >= 8 else { return inside }
        return inside.inset(bottom: inside.height >= 12 || inside.height - 1 - rows.count >= 4 ? 4 : 3)
    }

    private func drawPods(withLoss: Bool, on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        var title = StyledText("Pods(", theme[.title])
        title.append(name, theme[.titleHighlight])
        title.append(")", theme[.title])
        title.append("[\(rows.count)]", theme[.titleCounter])
        frame(.pods, title, StyledText("CPU REQ\(canvas.glyphs.arrowDown)", theme[.dim]), on: &canvas, in: box, theme)
        let inside = podTable(box, withLoss: withLoss)
        if inside.bottom < box.interior.bottom {
            let y = inside.bottom
            canvas.drawRule(
                inBox: box, y: y, title: StyledText("If \(name) is lost now", theme[pane == .lost ? .titleHighlight : .title]),
                right: StyledText("tried on a fork", theme[.dim]), style: theme[.border])
            drawLoss(on: &canvas, in: Rect(x: inside.x + 1, y: y + 1, width: inside.width - 2, height: box.interior.bottom - y - 1), world)
        }
        let columns = [
            TableWidget.Column("NAMESPACE", minimum: 9, ideal: 12, priority: 5),
            TableWidget.Column("NAME", minimum: 16, ideal: max(26, rows.map { TextWidth.columns($0.name) }.max() ?? 0), keepsEnd: true),
            TableWidget.Column("READY", minimum: 5, priority: 2), TableWidget.Column("STATUS", minimum: 12, ideal: 18),
            TableWidget.Column("CPU REQ", alignment: .right, minimum: 7, priority: 1), TableWidget.Column("USE", alignment: .right, minimum: 6, priority: 2),
            TableWidget.Column("MEM REQ", alignment: .right, minimum: 7, priority: 3), TableWidget.Column("USE", alignment: .right, minimum: 6, priority: 4),
            TableWidget.Column("QOS", minimum: 10, priority: 6), TableWidget.Column("PRIO", alignment: .right, minimum: 10, priority: 7),
            TableWidget.Column("AGE", alignment: .right, minimum: 5),
        ]
        let keys = rows
        let rules = RequestRules(assigned: world.cluster.profile)
        let table = TableWidget(columns: columns, rowCount: rows.count, cursor: rows.isEmpty ? nil : list.index, top: list.top, frozenColumns: 2)
        let layout = table.draw(on: &canvas, in: inside, theme: theme) { index in
            guard let pod = world.store.pods[keys[index]] else { return TableRow([]) }
            let display = PodDisplay(pod, profile: world.cluster.profile)
            let requests = pod.requests(rules)
            let use = world.session.simulation.usage(of: pod)
            let guess = world.guessMark(pod)
            let state = world.state(of: pod)
            let cells: [(String, Role)] = [
                (pod.metadata.namespace, .dim), (pod.metadata.name, .text), (display.ready, .text),
                ("\(world.glyph(state)) \(display.status)", World.role(state)),
                ("\(requests.milliCPU)m", .text), ("\(guess)\(use.milliCPU)m", .text), (bytesText(requests.memory), .text),
                (guess + bytesText(use.memory), .text),
                (pod.spec.qosClass.rawValue, .dim), ("\(pod.spec.priority ?? 0)", .dim), (world.age(pod.metadata.creationTimestamp), .dim),
            ]
            return TableRow(cells.map { StyledText($0.0, theme[$0.1]) }, role: ObjectColumns.role(pod, world))
        }
        canvas.drawPosition(of: list.seen, in: rows.count, onBox: box, rows: layout.body, theme: theme)
        if rows.isEmpty { canvas.write("No pods here.", at: Point(x: inside.x + 2, y: inside.y + 1), style: theme[.dim]) }
    }

    private func drawLoss(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        var lines: [StyledText] = []
        if let loss {
            lines = loss.isDone ? loss.lines.map { StyledText($0, theme[.text]) } : [StyledText("trying it on a fork \(canvas.glyphs.ellipsis)", theme[.dim])]
        } else {
            lines = [StyledText("The node is lost: its kubelet is silent. \(world.mark(GeneralAction.fault)) recovers it.", theme[.rowError])]
        }
        let budgets = NodeLoss.budgets(name, world)
        if !budgets.isEmpty { lines.append(StyledText("disruption budgets  ", theme[.dim]) + StyledText(budgets, theme[.text])) }
        if area.height > lines.count { lines = lines.flatMap { $0.wrapped(to: area.width) } }
        for (index, line) in lines.prefix(area.height).enumerated() { canvas.write(line, at: Point(x: area.x, y: area.y + index), maxWidth: area.width) }
    }

    mutating func mouse(_ event: MouseEvent, _ world: World) -> [Effect] {
        switch event.kind {
        case .wheelDown: for _ in 0..<3 { _ = move(Action(Motion.down)) }
        case .wheelUp: for _ in 0..<3 { _ = move(Action(Motion.up)) }
        case .press:
            guard pane != .cgroups, let row = list.row(at: event.point) else { return [] }
            if row == list.index { return [.press(.enter)] }
            list.move(to: row)
        case .release: break
        }
        return []
    }
}
