import Canvas
import ControlPlane
import KubernetesAPI
import Printers
import Scheduling
import Simulation
import SimulationKit

/// Why a pod is pending, or why it stands where it stands: nodes × plugins, every score, what would help.
struct WhyScreen: ListedScreen {
    let key: ObjectKey
    var filter = ""
    /// Scores instead of filters; nil: filters for a pod that waits, scores for one that has a place.
    private var showsScores: Bool?
    /// Whether plugins are heard that were not asked any more.
    private var hearsAll = false
    var list = ListCursor<String>()
    private var isNarrow = false
    private var rows: [OutcomeGroup] = []
    private var cached: (revision: Int, generation: Int, explanation: Explanation)?
    private var explainedAt = Duration.zero
    /// In which form the rows are; nil if they are to be made anew.
    private var rowsFor: [Bool]?
    private var remedies: [Remedy] = []
    private var sibling: (name: String, explanation: Explanation)?
    private var remediesFor = ""
    /// The group that the pod waits with.
    private var group: PodGroupReport?

    init(_ key: ObjectKey) { self.key = key }
    var crumb: String { "why \(key.name)" }
    var bindings: [BindingGroup] {
        [
            BindingGroup(
                "Why",
                [
                    Binding(.enter, action: Actions.open, "node", "The pods on the node", footer: 5),
                    Binding(
                        .character("a"), action: Actions.allFailures, "all failures", "Also ask the plugins that are skipped once one has refused a node",
                        footer: 6),
                    Binding(.character("s"), action: Actions.scores, "scores", "Scores or filters of each node", footer: 7),
                    Binding(.character("1"), action: Actions.tryFix1, "try fix", "Apply the first of the changes that would help; 2 to 9 the others", footer: 8)
                        .formerly("namespace1"),
                    Binding(.character("2"), action: Actions.tryFix2, "", "").formerly("namespace2"),
                    Binding(.character("3"), action: Actions.tryFix3, "", "").formerly("namespace3"),
                    Binding(.character("4"), action: Actions.tryFix4, "", "").formerly("namespace4"),
                    Binding(.character("5"), action: Actions.tryFix5, "", "").formerly("namespace5"),
                    Binding(.character("6"), action: Actions.tryFix6, "", "").formerly("namespace6"),
                    Binding(.character("7"), action: Actions.tryFix7, "", "").formerly("namespace7"),
                    Binding(.character("8"), action: Actions.tryFix8, "", "").formerly("namespace8"),
                    Binding(.character("9"), action: Actions.tryFix9, "", "").formerly("namespace9"),
                    Binding(.character("d"), action: Actions.describe, "describe", "Describe the pod", footer: 10),
                    Binding(.character("y"), action: Actions.yaml, "yaml", "YAML of the pod", footer: 15),
                    Binding(.character("c"), action: Actions.cordon, "cordon", "Keep new pods off the node", footer: 20),
                    Binding(.character("u"), action: Actions.uncordon, "uncordon", "Let new pods onto the node", footer: 25),
                ])
        ]
    }

    func focusedWorkload(_ world: World) -> Workload? { world.store.pods[key].map { Workload(of: $0, world.cluster) } }

    mutating func refresh(_ world: World, in area: Rect) {
        isNarrow = area.width < 100
        guard let pod = world.store.pods[key] else { return }
        if isOutdated(world) {
            cached = (world.store.revision, world.generation, world.running.scheduler.explain(pod: pod, in: world.running.cluster, everyFilter: true))
            explainedAt = world.clock
            rowsFor = nil
        }
        guard let explanation = cached?.explanation else { return }
        group = pod.nodeName.isEmpty ? pod.podGroupKey.flatMap { world.running.scheduler.podGroup($0, in: world.running.cluster) } : nil
        if pod.nodeName.isEmpty { findRemedies(pod, explanation, world) }
        let form = [isNarrow, hearsAll, inScores(pod)]
        if rowsFor != form {
            rowsFor = form
            rows = rows(explanation, scores: inScores(pod))
            list.show(rows.compactMap(\.nodes.first))
        }
        list.scroll(in: rects(area, pod)[1].interior.inset(top: 1, bottom: footer(explanation, world.theme).count))
    }

    /// Whether the pod is to be explained anew: after each write, or of many nodes twice a second while time runs.
    private func isOutdated(_ world: World) -> Bool {
        guard let cached, cached.generation == world.generation else { return true }
        if cached.revision == world.store.revision { return false }
        return world.session.isPaused || world.store.nodes.count <= Self.manyNodes || world.clock - explainedAt >= .milliseconds(500)
    }
    private static let manyNodes = 500

    /// The pod, the nodes, and what would help.
    private func rects(_ area: Rect, _ pod: Pod) -> [Rect] {
        let helps = pod.nodeName.isEmpty && !remedies.isEmpty
        return area.splitRows([.fixed(5), .weight(1), .fixed(helps ? min(remedies.count + 2, area.height >= 30 ? 11 : area.height >= 19 ? 6 : 0) : 0)])
    }

    /// The rows: nodes, or on a narrow screen refused nodes with the same outcome as one.
    private func rows(_ explanation: Explanation, scores: Bool) -> [OutcomeGroup] {
        let all = hearsAll && !scores
        let groups = isNarrow ? explanation.groups(all: all) : explanation.nodes.map { OutcomeGroup(nodes: [$0.node], verdict: $0) }
        guard scores else { return groups }
        // The best first, refused ones last.
        return groups.enumerated().sorted { a, b in
            let (x, y) = (a.element.verdict, b.element.verdict)
            if x.isFeasible != y.isFeasible { return x.isFeasible }
            return x.total != y.total ? x.total > y.total : a.offset < b.offset
        }.map(\.element)
    }
    private func inScores(_ pod: Pod) -> Bool { showsScores ?? !pod.nodeName.isEmpty }

    /// The node's whole answer, and the node itself.
    func peek(_ world: World) -> Peek? {
        guard let name = list.id, let node = world.store.nodes[ObjectKey(name: name)] else { return world.store.pods[key].map { Peek(of: $0, world) } }
        var peek = Peek(of: node, world)
        let verdict = cached?.explanation.nodes.first { $0.node == name }
        let refusals = (verdict?.refusal.map { [$0] } ?? []) + (verdict?.further ?? [])
        for refusal in refusals.reversed() {
            let words = refusal.reasons.joined(separator: ", ") + (refusal.detail.isEmpty ? "" : " (\(refusal.detail))")
            peek.lines.insert(("refuses", StyledText("\(refusal.plugin.map { "\($0): " } ?? "")\(words)", world.theme[.rowPending])), at: 0)
        }
        return peek
    }

    enum Actions: String, ScreenAction {
        case open, allFailures, scores, describe, yaml, cordon, uncordon
        case tryFix1, tryFix2, tryFix3, tryFix4, tryFix5, tryFix6, tryFix7, tryFix8, tryFix9

        /// The changes that are offered, in their order.
        static let fixes: [Actions] = [.tryFix1, .tryFix2, .tryFix3, .tryFix4, .tryFix5, .tryFix6, .tryFix7, .tryFix8, .tryFix9]
    }

    func unavailable(_ action: Action, _ world: World) -> String? {
        guard let action = Actions(action) else { return nil }
        guard let pod = world.store.pods[key] else { return "The pod is gone" }
        guard let number = Actions.fixes.firstIndex(of: action) else { return nil }
        guard pod.nodeName.isEmpty, let remedy = remedies[safe: number] else { return "There is no change \(number + 1)" }
        return remedy.commands(for: pod, world).isEmpty
            ? "\(remedy.words): the pod has no controller, so there is no template to change" : nil
    }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        guard let pod = world.store.pods[key] else { return nil }
        if list.perform(action) { return [] }
        guard let action = Actions(action) else { return nil }
        let node = list.id
        switch action {
        case .allFailures:
            hearsAll.toggle()
            showsScores = false
        case .scores: showsScores = !inScores(pod)
        case .open: return node.map { [.push(TableScreen(Kind.pod.info, scope: .onNode($0)))] } ?? []
        case .describe: return [.push(DetailScreen(pod, tab: .describe))]
        case .yaml: return [.push(DetailScreen(pod, tab: .yaml))]
        case .tryFix1, .tryFix2, .tryFix3, .tryFix4, .tryFix5, .tryFix6, .tryFix7, .tryFix8, .tryFix9:
            return Actions.fixes.firstIndex(of: action).flatMap { remedies[safe: $0] }.map { [.perform($0.commands(for: pod, world))] }
        case .cordon: return node.map { [.perform([.cordon(node: $0)])] } ?? []
        case .uncordon: return node.map { [.perform([.uncordon(node: $0)])] } ?? []
        }
        return []
    }

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        guard let pod = world.store.pods[key], let explanation = cached?.explanation else {
            canvas.drawBox(in: area, title: StyledText("Why  \(key)", theme[.title]), style: theme[.borderFocus])
            canvas.write("The pod is gone.", at: Point(x: area.x + 2, y: area.y + 1), style: theme[.dim])
            return
        }
        let rects = rects(area, pod)
        drawHead(pod, explanation, on: &canvas, in: rects[0], world)
        drawNodes(pod, explanation, on: &canvas, in: rects[1], world)
        guard rects[2].height > 0 else { return }
        if let sibling, area.width >= 110 {
            let halves = rects[2].splitColumns([.weight(3), .weight(2)])
            drawRemedies(on: &canvas, in: halves[0], world)
            drawScores(of: sibling.name, sibling.explanation, on: &canvas, in: halves[1], world)
        } else {
            drawRemedies(on: &canvas, in: rects[2], world)
        }
    }

    /// Tries the changes anew when the reason or the cluster's shape is another one, not at every write.
    private mutating func findRemedies(_ pod: Pod, _ explanation: Explanation, _ world: World) {
        let shape = "\(explanation.core) \(world.view.nodeNames.count) \(world.generation)"
        guard shape != remediesFor else { return }
        remediesFor = shape
        let simulation = world.running
        let scheduler = simulation.scheduler
        remedies = scheduler.remedies(for: pod, explanation, in: simulation.cluster)
        // How the last one of its kind was scored.
        sibling = nil
        let owner = pod.metadata.controller?.uid ?? ""
        let placed = world.store.pods(ownedBy: owner).filter { !$0.nodeName.isEmpty && $0.isActive }
        if let last = placed.max(by: { ($0.metadata.creationTimestamp ?? .start) <= ($1.metadata.creationTimestamp ?? .start) }) {
            sibling = (last.name, scheduler.explain(pod: last, in: simulation.cluster))
        }
    }

    private func drawRemedies(on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        canvas.drawBox(
            in: box, title: StyledText("What would help", theme[.title]), right: StyledText("each tried on a fork", theme[.dim]), style: theme[.border])
        let inside = box.interior
        let narrow = max(14, inside.width / 5)
        let wide = inside.width - 2 * narrow
        for (index, remedy) in remedies.prefix(inside.height).enumerated() {
            let y = inside.y + index
            canvas.write("\(index + 1)", at: Point(x: inside.x + 1, y: y), style: theme[.menuKey])
            canvas.write(remedy.words, at: Point(x: inside.x + 3, y: y), style: theme[.text], maxWidth: wide - 4, ellipsis: true)
            var text = StyledText("")
            if let node = remedy.node {
                text.append("\(world.glyphs.passed) \(node)", theme[.good])
            } else {
                text.append("\(world.glyphs.stopped) still waits", theme[.rowError])
            }
            canvas.write(text, at: Point(x: inside.x + wide, y: y), maxWidth: narrow - 1)
            canvas.write(remedy.cost, at: Point(x: inside.x + wide + narrow, y: y), style: theme[.dim], maxWidth: inside.width - wide - narrow)
        }
    }

    private func drawHead(_ pod: Pod, _ explanation: Explanation, on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        let waits = pod.nodeName.isEmpty
        var title = StyledText(waits ? "Why pending  " : "Why on \(pod.nodeName)  ", theme[.title])
        title.append(key.description, theme[.titleHighlight])
        canvas.drawBox(in: box, title: title, right: StyledText(attempts(pod, world), theme[.dim]), style: theme[.borderFocus])
        let inside = box.interior.inset(x: 1, y: 0)
        let message = pod.status.conditions[ConditionType.podScheduled]?.message ?? ""
        let text =
            waits
            ? (message.isEmpty ? (group?.message).flatMap { $0.isEmpty ? nil : $0 } ?? "The scheduler has not tried it yet." : message)
            : "As if it were placed again now; the pod itself is not counted."
        // Two lines; what does not fit is told by the matrix below.
        let aloneText =
            group == nil || explanation.winner == nil ? "" : " Each node is looked at for the pod alone, which would fit; its group would not: see :groups."
        let lines = StyledText(text + aloneText, theme[waits ? .rowPending : .dim]).wrapped(to: inside.width)
        for (line, part) in lines.prefix(2).enumerated() {
            var part = part
            if line == 1, lines.count > 2 { part.append(" …", theme[.dim]) }
            canvas.write(part, at: Point(x: inside.x, y: inside.y + line), maxWidth: inside.width)
        }
        let requests = pod.requests(RequestRules(pending: world.cluster.profile))
        var asks = group.map { "group \($0.key.name): \($0.state.rawValue), \($0.scheduled) of \($0.minCount) placed  " } ?? ""
        asks += "asks cpu \(Quantity(milli: requests.milliCPU))  memory \(Quantity(bytes: requests.memory))"
        if !pod.spec.nodeSelector.isEmpty { asks += "  selector " + pod.spec.nodeSelector.entries.map { "\($0.key)=\($0.value)" }.joined(separator: ",") }
        let tolerated = pod.spec.tolerations.filter { !$0.key.hasPrefix("node.kubernetes.io/") }.map { $0.key.isEmpty ? "everything" : $0.key }
        if !tolerated.isEmpty { asks += "  tolerates \(tolerated.joined(separator: ","))" }
        canvas.write(asks, at: Point(x: inside.x, y: inside.bottom - 1), style: theme[.dim], maxWidth: inside.width, ellipsis: true)
    }

    /// `since 40s   attempt 3   next try in 8s`
    private func attempts(_ pod: Pod, _ world: World) -> String {
        var text = "since \(world.age(pod.metadata.creationTimestamp))"
        guard pod.nodeName.isEmpty, let last = world.session.simulation.scheduler.lastAttempt(of: key, in: world.cluster) else { return text }
        if last.attempts > 0 { text += "   attempt \(last.attempts)" }
        if let retry = last.nextRetry, retry > world.now {
            text += "   next try \(last.queue == "unschedulable" ? "by an event or " : "")in \(Printers.ageText(from: world.now, to: retry))"
        }
        return text
    }

    // MARK: Nodes

    private func drawNodes(_ pod: Pod, _ explanation: Explanation, on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        let scores = inScores(pod)
        let feasible = explanation.nodes.count { $0.isFeasible }
        let glyphs = world.glyphs
        var right = StyledText(
            isNarrow || scores ? "" : "\(glyphs.passed) passed  \(glyphs.stopped) stopped here  \(hearsAll ? "x fails too" : "\(glyphs.notAsked) not asked")  ",
            theme[.dim])
        right.append("\(feasible) of \(explanation.nodes.count) fit", theme[feasible > 0 ? .good : .rowError])
        let title = scores ? "Scores  each times its weight" : "Filters  in the order in which they run"
        canvas.drawBox(in: box, title: StyledText(isNarrow ? (scores ? "Scores" : "Filters") : title, theme[.title]), right: right, style: theme[.border])
        let inside = box.interior
        let footer = footer(explanation, theme)
        let height = max(1, inside.height - 1 - footer.count)
        if let refusal = explanation.preFilter ?? explanation.gate {
            canvas.write(
                "\(refusal.plugin ?? "Several plugins"): \(refusal.words)", at: Point(x: inside.x + 1, y: inside.y), style: theme[.text],
                maxWidth: inside.width - 2, ellipsis: true)
        }
        var body: Rect?
        if !rows.isEmpty {
            let chosen = pod.nodeName.isEmpty ? explanation.winner : pod.nodeName
            let table = TableWidget(columns: columns(explanation, scores: scores), rowCount: rows.count, cursor: list.index, top: list.top)
            let area = Rect(x: inside.x, y: inside.y, width: inside.width, height: height + 1)
            body =
                table.draw(on: &canvas, in: area, theme: theme) { index in
                    TableRow(cells(rows[index], explanation, scores: scores, chosen: chosen, world))
                }.body
        }
        canvas.drawPosition(of: list.seen, in: rows.count, onBox: box, rows: body, theme: theme)
        for (i, text) in footer.enumerated() {
            canvas.write(text, at: Point(x: inside.x + 1, y: inside.bottom - footer.count + i), maxWidth: inside.width - 2, ellipsis: true)
        }
    }

    /// What stopped how many, and what preemption would do.
    private func footer(_ explanation: Explanation, _ theme: Theme) -> [StyledText] {
        var lines: [StyledText] = []
        if !explanation.stoppedBy.isEmpty {
            lines.append(StyledText("stopped by  " + explanation.stoppedBy.map { "\($0.plugin) \($0.nodes)" }.joined(separator: "   "), theme[.dim]))
        }
        if !explanation.preemptionWords.isEmpty { lines.append(StyledText("preemption  " + explanation.preemptionWords, theme[.dim])) }
        return lines
    }

    private func columns(_ explanation: Explanation, scores: Bool) -> [TableWidget.Column] {
        var columns = [
            TableWidget.Column(isNarrow ? "NODES" : "NODE", minimum: isNarrow ? 11 : 6, ideal: isNarrow ? 16 : 12),
            TableWidget.Column("ZONE", minimum: 6, ideal: 10, priority: 5), TableWidget.Column("FREE CPU", alignment: .right, minimum: 8, priority: 6),
        ]
        if scores {
            for name in explanation.scorePlugins { columns.append(TableWidget.Column(Self.short(name), alignment: .right, minimum: 6, priority: 4)) }
            columns.append(TableWidget.Column("TOTAL", alignment: .right, minimum: 5))
            columns.append(TableWidget.Column("", minimum: 10, ideal: 40, priority: 3))
        } else {
            for check in explanation.checks { columns.append(TableWidget.Column(check.title, alignment: .right, minimum: check.title.count, priority: 3)) }
            columns.append(TableWidget.Column("REASON", minimum: 10, ideal: 80))
        }
        return columns
    }

    private func cells(_ row: OutcomeGroup, _ explanation: Explanation, scores: Bool, chosen: String?, _ world: World) -> [StyledText] {
        let (theme, glyphs, verdict) = (world.theme, world.glyphs, row.verdict)
        let view = world.view.nodes[verdict.node]
        let isChosen = row.nodes.contains { $0 == chosen }
        let zones = Set(row.nodes.map { world.view.nodes[$0]?.labels[LabelKey.zone] ?? "-" })
        var cells = [
            StyledText(row.nodes.count > 1 ? "\(verdict.node) +\(row.nodes.count - 1)" : verdict.node, theme[isChosen ? .accent : .text]),
            StyledText(zones.count == 1 ? zones.first! : "\(zones.count) zones", theme[.dim]),
            StyledText(view.map { Quantity(milli: max(0, $0.allocatable.milliCPU.saturatingSubtract($0.requested.milliCPU))).description } ?? "-", theme[.dim]),
        ]
        if scores {
            guard verdict.isFeasible else {
                cells += Array(repeating: StyledText("-", theme[.dim]), count: explanation.scorePlugins.count + 1)
                return cells + [StyledText("\(glyphs.stopped) \(verdict.refusal?.plugin ?? "left out")", theme[.dim])]
            }
            cells += verdict.scores.map { StyledText(String($0), theme[.text]) }
            // The only feasible node is taken without scores.
            while cells.count < 3 + explanation.scorePlugins.count { cells.append(StyledText("-", theme[.dim])) }
            cells.append(StyledText(String(verdict.total), theme[isChosen ? .accent : .text]))
            return cells + [StyledText(isChosen ? "\(glyphs.passed) \(chosenWords(explanation))" : "", theme[.good])]
        }
        cells += explanation.marks(verdict, all: hearsAll).map { mark in
            switch mark {
            case .passed: StyledText(String(glyphs.passed), theme[.good])
            case .stopped: StyledText(String(glyphs.stopped), theme[.rowError])
            case .failsToo: StyledText("x", theme[.rowPending])
            case .notAsked: StyledText(String(glyphs.notAsked), theme[.dim])
            }
        }
        if verdict.isFeasible {
            cells.append(StyledText(isChosen ? chosenWords(explanation) : "fits", theme[isChosen ? .accent : .dim]))
        } else {
            cells.append(StyledText(explanation.reason(verdict, all: hearsAll), theme[.text]))
        }
        return cells
    }
    private func chosenWords(_ explanation: Explanation) -> String { explanation.viaNomination ? "room was made here" : "chosen" }

    /// The scores of the chosen node and of the next best one.
    private func drawScores(of name: String, _ explanation: Explanation, on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        canvas.drawBox(
            in: box, title: StyledText("Scores of its last sibling", theme[.title]),
            right: StyledText(name.count > 24 ? "…" + name.suffix(23) : name, theme[.dim]), style: theme[.border])
        let inside = box.interior.inset(x: 1, y: 0)
        let best = explanation.nodes.filter(\.isFeasible).enumerated().sorted { ($1.element.total, $0.offset) < ($0.element.total, $1.offset) }.map(\.element)
        guard best.count > 1, !best[0].scores.isEmpty else {
            canvas.write("One node fits: it is taken without scores.", at: Point(x: inside.x, y: inside.y), style: theme[.dim], maxWidth: inside.width)
            return
        }
        let columns =
            [TableWidget.Column("PLUGIN", minimum: 10, ideal: 18)]
            + best.prefix(2).map { TableWidget.Column($0.node, alignment: .right, minimum: 6, ideal: 10) }
        var lines = explanation.scorePlugins.indices.map { i in
            [StyledText(explanation.scorePlugins[i].replacing("NodeResources", with: ""), theme[.text])]
                + best.prefix(2).map { StyledText(String($0.scores[i]), theme[.text]) }
        }
        lines.append([StyledText("total", theme[.accent])] + best.prefix(2).map { StyledText(String($0.total), theme[.accent]) })
        TableWidget(columns: columns, rowCount: lines.count, top: 0).draw(on: &canvas, in: inside, theme: theme) { TableRow(lines[$0]) }
    }

    /// A plugin's name in six columns.
    static func short(_ plugin: String) -> String {
        switch plugin {
        case "TaintToleration": "TAINT"
        case "NodeAffinity": "NODEAF"
        case "NodeResourcesFit": "FIT"
        case "PodTopologySpread": "SPREAD"
        case "InterPodAffinity": "PODAFF"
        case "NodeResourcesBalancedAllocation": "BALANC"
        case "ImageLocality": "IMAGE"
        default: String(plugin.uppercased().prefix(6))
        }
    }
}

extension WhyScreen {
    static let command = PromptCommand(
        names: ["why"], arguments: "[pod]", help: "Why a pod is pending, or where it is",
        candidates: { world, word in world.names(of: Pod.self, beginning: word) }
    ) { dashboard, words in
        // A workload whose pods are not even created.
        if let name = words.first, dashboard.world.view.heldBack.entries.contains(where: { $0.workload.name == name || $0.owner.name == name }) {
            return dashboard.apply([.push(Lists.heldBack)])
        }
        dashboard.withPod(words.first) { [.push(WhyScreen($0.key))] }
    }
}
