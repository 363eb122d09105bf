import Canvas
import ControlPlane
import KubernetesAPI
import Scheduling
import Simulation

/// Why a pod is pending, or why it stands where it stands: what each plugin says of each node.
struct WhyScreen: Screen {
    let key: ObjectKey
    var filter = ""
    private var cursor = 0
    private var top = 0
    private var height = 5
    private var cached: (revision: Int, generation: Int, explanation: Explanation)?
    private var remedies: [Remedy] = []
    private var remediesFor = ""

    init(_ key: ObjectKey) { self.key = key }
    var crumb: String { "why \(key.name)" }
    var bindings: [BindingGroup] {
        [
            BindingGroup(
                "Why",
                [
                    Binding(.enter, action: .open, "node", "The pods on the node", footer: 5),
                    Binding(.character("d"), action: .describe, "describe", "Describe the pod", footer: 10),
                    Binding(.character("y"), action: .yaml, "yaml", "YAML of the pod", footer: 15),
                    Binding(.character("c"), action: .cordon, "cordon", "Keep new pods off the node", footer: 20),
                    Binding(.character("u"), action: .uncordon, "uncordon", "Let new pods onto the node", footer: 25),
                    Binding(.character("1"), action: .namespace1, "try fix", "Apply the first of the changes that would help; 2 to 9 the others", footer: 8),
                ])
        ]
    }

    func focusedWorkload(_ world: World) -> Workload? { world.store.pods[key].map { Workload(of: $0, world.cluster) } }

    private mutating func explanation(_ pod: Pod, _ world: World) -> Explanation {
        if let cached, cached.revision == world.store.revision, cached.generation == world.generation { return cached.explanation }
        let found = world.session.simulation.scheduler.explain(pod: pod, in: world.cluster)
        cached = (world.store.revision, world.generation, found)
        return found
    }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        guard let pod = world.store.pods[key] else { return nil }
        let nodes = explanation(pod, world).nodes
        switch action {
        case .down: cursor = min(nodes.count - 1, cursor + 1)
        case .up: cursor = max(0, cursor - 1)
        case .top: cursor = 0
        case .bottom: cursor = max(0, nodes.count - 1)
        case .pageDown: cursor = min(nodes.count - 1, cursor + height)
        case .pageUp: cursor = max(0, cursor - height)
        case .open: return nodes.indices.contains(cursor) ? [.push(TableScreen(Kind.pod.info, scope: .onNode(nodes[cursor].node)))] : []
        case .describe: return [.push(DetailScreen(pod, tab: .describe))]
        case .yaml: return [.push(DetailScreen(pod, tab: .yaml))]
        case .namespace1, .namespace2, .namespace3, .namespace4, .namespace5, .namespace6, .namespace7, .namespace8, .namespace9:
            let index = Int(String(action.rawValue.last!))! - 1
            if pod.nodeName.isEmpty { findRemedies(pod, explanation(pod, world), world) }
            guard pod.nodeName.isEmpty, remedies.indices.contains(index) else { return [.flash("There is no change \(index + 1)", .warning)] }
            guard let command = remedies[index].command else { return [.flash("\(remedies[index].change): nobody owns the pod, so there is no template to change", .warning)] }
            return [.perform([command])]
        case .cordon: return nodes.indices.contains(cursor) ? [.perform([.cordon(node: nodes[cursor].node)])] : []
        case .uncordon: return nodes.indices.contains(cursor) ? [.perform([.uncordon(node: nodes[cursor].node)])] : []
        default: return nil
        }
        return []
    }

    mutating func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        guard let pod = world.store.pods[key] else {
            canvas.drawBox(in: area, title: StyledText("Why  \(key)", theme[.title]), style: theme[.borderFocus])
            canvas.write("The pod is gone.", at: Point(x: area.x + 2, y: area.y + 1), style: theme[.dim])
            return
        }
        let explanation = explanation(pod, world)
        let waits = pod.nodeName.isEmpty
        if waits { findRemedies(pod, explanation, world) }
        let helpHeight = waits && !remedies.isEmpty ? min(remedies.count + 2, area.height >= 30 ? 10 : area.height >= 19 ? 6 : 0) : 0
        let rects = area.splitRows([.fixed(5), .weight(1), .fixed(helpHeight)])
        drawHead(pod, explanation, on: &canvas, in: rects[0], world)
        drawMatrix(pod, explanation, on: &canvas, in: rects[1], world)
        if helpHeight > 0 { drawRemedies(on: &canvas, in: rects[2], world) }
    }

    /// Tries the changes anew when the reason or the cluster's shape is another one, not at every write.
    private mutating func findRemedies(_ pod: Pod, _ explanation: Explanation, _ world: World) {
        let shape = "\(explanation.core) \(world.view.nodeNames.count) \(world.generation)"
        guard shape != remediesFor else { return }
        remediesFor = shape
        remedies = Remedy.find(for: pod, explanation, world)
    }

    private func drawRemedies(on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        canvas.drawBox(in: box, title: StyledText("What would help", theme[.title]), right: StyledText("each was tried on a fork", theme[.dim]), style: theme[.border])
        let inside = box.interior
        for (index, remedy) in remedies.prefix(inside.height).enumerated() {
            let y = inside.y + index
            canvas.write("\(index + 1)", at: Point(x: inside.x + 1, y: y), style: theme[.menuKey])
            canvas.write(remedy.change, at: Point(x: inside.x + 3, y: y), style: theme[.text], maxWidth: inside.width / 2 - 4, ellipsis: true)
            var text = StyledText("")
            if let node = remedy.node {
                text.append("\(world.glyphs.passed) \(node)", theme[.good])
            } else {
                text.append("\(world.glyphs.stopped) still waits", theme[.rowError])
            }
            canvas.write(text, at: Point(x: inside.x + inside.width / 2, y: y), maxWidth: inside.width / 4)
            canvas.write(remedy.cost, at: Point(x: inside.x + inside.width * 3 / 4, y: y), style: theme[.dim], maxWidth: inside.width / 4)
        }
    }

    /// Why a node was refused, with the numbers that Kubernetes leaves out.
    private func reason(_ node: Explanation.Verdict, _ pod: Pod, _ world: World) -> String {
        let plain = (node.refusal?.reasons ?? []).joined(separator: ", ")
        guard let view = world.view.nodes[node.node] else { return plain }
        switch node.refusal?.plugin {
        case "PodTopologySpread":
            let workload = Workload(of: pod, world.cluster)
            for group in world.spread where group.isHard && group.workload == workload {
                let key = TopologyKeys.short(group.topologyKey)
                guard let value = view.labels[group.topologyKey] else { return "\(key): the node has no label \(group.topologyKey)" }
                if let domain = group.domains.first(where: { $0.name == value }), !domain.takesNext { return "\(key) \(value): \(domain.arithmetic)" }
            }
            return plain
        case "NodeResourcesFit":
            let wanted = pod.requests(RequestRules(pending: world.cluster.profile))
            let free = view.allocatable - view.requested
            var parts: [String] = []
            for reason in node.refusal?.reasons ?? [] {
                let resource = reason.hasPrefix("Insufficient ") ? String(reason.dropFirst("Insufficient ".count)) : ""
                func amount(_ value: Int64) -> String { resource == "cpu" ? Quantity(milli: value).description : resource == "memory" ? Quantity(bytes: value).description : String(value) }
                parts.append(resource.isEmpty ? reason : "\(reason): \(amount(wanted[resource])) asked, \(amount(max(0, free[resource]))) free")
            }
            return parts.joined(separator: ", ")
        case "TaintToleration": return plain + (view.taints.first.map { plain.contains("{") ? "" : ": \($0.text)" } ?? "")
        case "NodeUnschedulable": return plain + " (cordoned)"
        default: return plain
        }
    }

    private func drawHead(_ pod: Pod, _ explanation: Explanation, on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        let waits = pod.nodeName.isEmpty
        var title = StyledText(waits ? "Why pending  " : "Why on \(pod.nodeName)  ", theme[.title])
        title.append(key.description, theme[.titleHighlight])
        canvas.drawBox(in: box, title: title, right: StyledText("since \(world.age(pod.metadata.creationTimestamp))", theme[.dim]), style: theme[.borderFocus])
        let inside = box.interior.inset(x: 1, y: 0)
        let message = pod.status.conditions["PodScheduled"]?.message ?? ""
        let text = waits ? (message.isEmpty ? "The scheduler has not looked at it yet." : message) : "As if it were placed again now; the pod itself does not count."
        for (line, part) in StyledText(text, theme[waits ? .rowPending : .dim]).wrapped(to: inside.width).prefix(2).enumerated() {
            canvas.write(part, at: Point(x: inside.x, y: inside.y + line), maxWidth: inside.width)
        }
        let requests = pod.requests(RequestRules(pending: world.cluster.profile))
        var asks = "asks cpu \(Quantity(milli: requests.milliCPU))  memory \(Quantity(bytes: requests.memory))"
        if !pod.spec.nodeSelector.isEmpty { asks += "  selector " + pod.spec.nodeSelector.entries.map { "\($0.key)=\($0.value)" }.joined(separator: ",") }
        let tolerated = pod.spec.tolerations.filter { !$0.key.hasPrefix("node.kubernetes.io/") }.map { $0.key.isEmpty ? "everything" : $0.key }
        if !tolerated.isEmpty { asks += "  tolerates \(tolerated.joined(separator: ","))" }
        canvas.write(asks, at: Point(x: inside.x, y: inside.bottom - 1), style: theme[.dim], maxWidth: inside.width)
    }

    private mutating func drawMatrix(_ pod: Pod, _ explanation: Explanation, on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        canvas.drawBox(
            in: box, title: StyledText("Nodes", theme[.title]), right: StyledText("\(explanation.nodes.count { $0.isFeasible }) of \(explanation.nodes.count) feasible", theme[.dim]),
            style: theme[.border])
        let inside = box.interior
        height = inside.height - 2
        let nodes = explanation.nodes
        cursor = max(0, min(cursor, nodes.count - 1))
        top = Scrolling.top(following: cursor, from: top, height: height, count: nodes.count)
        var columns = [
            TableWidget.Column("NODE", minimum: 6, ideal: 12), TableWidget.Column("ZONE", minimum: 6, ideal: 10, priority: 4),
            TableWidget.Column("FREE CPU", alignment: .right, minimum: 8, priority: 5), TableWidget.Column("VERDICT", minimum: 18, ideal: 22),
        ]
        let scored = nodes.contains { !$0.scores.isEmpty } ? explanation.scorePlugins : []
        for name in scored { columns.append(TableWidget.Column(Self.short(name), alignment: .right, minimum: 6, priority: 6)) }
        if !scored.isEmpty { columns.append(TableWidget.Column("TOTAL", alignment: .right, minimum: 5)) }
        columns.append(TableWidget.Column("REASON", minimum: 10, ideal: 80, priority: 2))
        let table = TableWidget(columns: columns, rowCount: nodes.count, cursor: cursor, top: top)
        table.draw(on: &canvas, in: Rect(x: inside.x, y: inside.y, width: inside.width, height: height + 1), theme: theme) { index in
            let node = nodes[index]
            let view = world.view.nodes[node.node]
            let chosen = node.node == (pod.nodeName.isEmpty ? explanation.winner : pod.nodeName)
            var cells = [
                StyledText(node.node, theme[chosen ? .accent : .text]), StyledText(view?.labels["topology.kubernetes.io/zone"] ?? "-", theme[.dim]),
                StyledText(view.map { Quantity(milli: max(0, $0.allocatable.milliCPU - $0.requested.milliCPU)).description } ?? "-", theme[.dim]),
            ]
            if node.isFeasible {
                cells.append(StyledText("\(world.glyphs.passed) \(chosen ? "chosen" : "fits")", theme[.good]))
                cells += node.scores.map { StyledText(String($0), theme[.text]) }
                while cells.count < 4 + scored.count { cells.append(StyledText("-", theme[.dim])) }
                if !scored.isEmpty { cells.append(StyledText(String(node.total), theme[chosen ? .accent : .text])) }
                cells.append(StyledText("", theme[.dim]))
            } else {
                cells.append(StyledText("\(world.glyphs.stopped) \(node.refusal?.plugin ?? "left out")", theme[.rowError]))
                if !scored.isEmpty { cells += Array(repeating: StyledText(""), count: scored.count + 1) }
                cells.append(StyledText(reason(node, pod, world), theme[.text]))
            }
            return TableRow(cells)
        }
        var summary = "stopped by  "
        var counts: [(String, Int)] = []
        for node in nodes where !node.isFeasible {
            let name = node.refusal?.plugin ?? "PreFilter"
            if let index = counts.firstIndex(where: { $0.0 == name }) { counts[index].1 += 1 } else { counts.append((name, 1)) }
        }
        summary += counts.sorted { $0.1 > $1.1 }.map { "\($0.0) \($0.1)" }.joined(separator: "   ")
        if !counts.isEmpty { canvas.write(summary, at: Point(x: inside.x + 1, y: inside.bottom - 1), style: theme[.dim], maxWidth: inside.width - 2) }
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
