import Canvas
import ControlPlane
import KubernetesAPI
import Scheduling
import Simulation
import SimulationKit

/// The big picture: domains as columns, nodes as boxes, pods as cells; below, skew per constraint and events.
struct DeckScreen: Screen {
    enum Pane: Int, CaseIterable { case spread, nodes, events }
    /// What the colour of a cell tells.
    enum Colouring: String, CaseIterable { case state, workload }

    var filter = ""
    private var pane = Pane.spread
    private var colouring = Colouring.state
    private var spreadCursor: String?
    private var nodeCursor: String?
    private var eventIndex = 0
    private var eventTop = 0
    private var spreadTop = 0
    private var firstDomain = 0
    private var onlyWarnings = false
    /// Whether the focused pane has the whole view.
    private var isZoomed = false
    private var nodeAreas: [(name: String, area: Rect)] = []
    private var spreadArea = Rect.zero

    var crumb: String { "deck" }
    var bindings: [BindingGroup] {
        let own = BindingGroup(
            "Deck",
            [
                Binding(.enter, action: .open, "open", "Open the rule, node or event under the cursor", footer: 5),
                Binding(.tab, action: .nextPane, "pane", "Next pane: spread, nodes, events", footer: 8),
                Binding(.character("x"), action: .cells, "cells", "Colour cells by state or by workload", footer: 35),
                Binding(.character("o"), action: .topologyKey, "key", "Columns by the next topology key", footer: 36),
                Binding(.character("W"), action: .why, "why", "Why the first waiting pod is not placed", footer: 30),
                Binding(.control("z"), action: .faultsOnly, "warnings", "Events: warnings only"),
            ])
        return pane == .nodes ? [own, Bindings.nodes] : [own]
    }

    func focusedWorkload(_ world: World) -> Workload? {
        selectedGroup(world).map { Workload(kind: $0.ownerKind, namespace: $0.namespace, name: $0.ownerName) }
    }
    func whatIfSubject(_ world: World) -> WhatIfSubject? {
        if pane == .nodes, let nodeCursor { return .node(nodeCursor) }
        return selectedGroup(world).map { .constraint($0.id) }
    }
    private func selectedGroup(_ world: World) -> SpreadGroup? {
        world.spread.first { $0.id == spreadCursor } ?? world.spread.first
    }

    // MARK: Actions

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        switch action {
        case .nextPane: pane = Pane(rawValue: (pane.rawValue + 1) % 3)!
        case .previousPane: pane = Pane(rawValue: (pane.rawValue + 2) % 3)!
        case .down: move(1, world)
        case .up: move(-1, world)
        case .top: move(-100_000, world)
        case .bottom: move(100_000, world)
        case .pageDown: move(10, world)
        case .pageUp: move(-10, world)
        case .left: if pane == .nodes { moveSideways(-1, world) } else { firstDomain = max(0, firstDomain - 1) }
        case .right: if pane == .nodes { moveSideways(1, world) } else { firstDomain += 1 }
        case .zoom: isZoomed.toggle()
        case .cells: colouring = colouring == .state ? .workload : .state
        case .faultsOnly:
            onlyWarnings.toggle()
            (eventIndex, eventTop) = (0, 0)
        case .topologyKey:
            let keys = TopologyKeys.used(world)
            let next = keys[((keys.firstIndex(of: world.topologyKey) ?? -1) + 1) % keys.count]
            return [.run(line: "deck \(next)")]
        case .open: return open(world)
        case .why:
            guard let pod = world.view.unplaced.first(where: { $0.state == .starting }) else { return [.flash("No pod is waiting for a node")] }
            return [.push(WhyScreen(pod.key))]
        case .fault:
            return [.open(Forms.fault(world, node: pane == .nodes ? nodeCursor : nil))]
        case .cordon where pane == .nodes: return nodeCursor.map { [.perform([.cordon(node: $0)])] }
        case .uncordon where pane == .nodes: return nodeCursor.map { [.perform([.uncordon(node: $0)])] }
        case .drain where pane == .nodes:
            return nodeCursor.flatMap { world.store.nodes[ObjectKey(name: $0)] }.map { [.open(Forms.drain([$0], world))] }
        default: return nil
        }
        return []
    }

    private mutating func move(_ step: Int, _ world: World) {
        switch pane {
        case .spread:
            let groups = world.spread
            guard !groups.isEmpty else { return }
            let index = groups.firstIndex { $0.id == spreadCursor } ?? 0
            spreadCursor = groups[max(0, min(groups.count - 1, index + step))].id
        case .nodes:
            let names = orderedNodes(world)
            guard !names.isEmpty else { return }
            let index = names.firstIndex(of: nodeCursor ?? "") ?? (step > 0 ? -1 : 0)
            nodeCursor = names[max(0, min(names.count - 1, index + step))]
        case .events: eventIndex = max(0, min(events(world).count - 1, eventIndex + step))
        }
    }
    private mutating func moveSideways(_ step: Int, _ world: World) {
        let domains = domains(world)
        guard let cursor = nodeCursor, let column = domains.firstIndex(where: { $0.nodes.contains(cursor) }) else { return move(1, world) }
        let row = domains[column].nodes.firstIndex(of: cursor)!
        let target = domains[max(0, min(domains.count - 1, column + step))]
        if !target.nodes.isEmpty { nodeCursor = target.nodes[min(row, target.nodes.count - 1)] }
    }
    private func orderedNodes(_ world: World) -> [String] { domains(world).flatMap(\.nodes) }

    private func open(_ world: World) -> [Effect] {
        switch pane {
        case .spread: return selectedGroup(world).map { [.push(SpreadScreen(group: $0.id))] } ?? [.flash("There are no spread constraints")]
        case .nodes: return nodeCursor.map { [.push(NodeScreen($0, world))] } ?? []
        case .events:
            let events = events(world)
            guard eventIndex < events.count, let info = KindInfo.find(events[eventIndex].kind),
                let object = world.store.object(info.type, events[eventIndex].object)
            else { return [.flash("That object is gone", .warning)] }
            return [.push(DetailScreen(object, tab: .describe))]
        }
    }

    mutating func mouse(_ event: MouseEvent, _ world: World) -> [Effect] {
        switch event.kind {
        case .wheelDown: move(1, world)
        case .wheelUp: move(-1, world)
        case .press:
            if let hit = nodeAreas.first(where: { $0.area.contains(event.point) }) {
                if pane == .nodes, nodeCursor == hit.name { return open(world) }
                (pane, nodeCursor) = (.nodes, hit.name)
            } else if spreadArea.contains(event.point) {
                pane = .spread
                let index = spreadTop + event.y - spreadArea.y - 2
                if world.spread.indices.contains(index) {
                    if spreadCursor == world.spread[index].id { return open(world) }
                    spreadCursor = world.spread[index].id
                }
            }
        case .release: break
        }
        return []
    }

    // MARK: Domains

    private struct Domain {
        var name: String
        var nodes: [String]
    }
    /// The values of the topology key in natural order with their nodes; nodes without the label come last.
    private func domains(_ world: World) -> [Domain] {
        var byName: [String: [String]] = [:]
        for name in world.view.nodeNames { byName[world.view.nodes[name]?.labels[world.topologyKey] ?? "", default: []].append(name) }
        return byName.keys.sorted(by: naturalOrder).filter { !$0.isEmpty }.map { Domain(name: $0, nodes: byName[$0]!) }
            + (byName[""].map { [Domain(name: "", nodes: $0)] } ?? [])
    }

    // MARK: Drawing

    mutating func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        nodeAreas = []
        let domains = domains(world)
        if isZoomed {
            switch pane {
            case .spread: drawSpread(on: &canvas, in: area, domains.map(\.name), world)
            case .nodes: drawDomains(domains, on: &canvas, in: area, world)
            case .events: drawEvents(on: &canvas, in: area, world)
            }
            return
        }
        let unplaced = world.view.unplaced.filter { $0.state == .starting }
        let lane = unplaced.isEmpty ? 0 : 1
        let least = min(area.height - 8, max(10, area.height * 2 / 5))
        let spreadRows = min(world.spread.count, 8)
        var bottomHeight = min(max(least, area.height >= 30 ? spreadRows + 8 : 8), area.height - 9)
        // A column never gets more rows than its nodes, their rules and curves can fill.
        let tallest = (domains.map(\.nodes.count).max() ?? 1) * 3 + 5
        bottomHeight = max(bottomHeight, area.height - lane - max(12, tallest))
        let top = area.inset(bottom: bottomHeight + lane)
        if world.view.nodeNames.isEmpty {
            canvas.drawBox(in: top, title: StyledText("Deck", world.theme[.title]), style: world.theme[.border])
            canvas.write("No nodes. <C> creates objects; start evenkeel with manifests or --nodes N.", at: Point(x: top.x + 2, y: top.y + 2), style: world.theme[.dim], maxWidth: top.width - 4)
        } else {
            drawDomains(domains, on: &canvas, in: top, world)
        }
        if lane > 0 { drawLane(unplaced, on: &canvas, in: Rect(x: area.x, y: top.bottom, width: area.width, height: 1), world) }
        let bottom = Rect(x: area.x, y: top.bottom + lane, width: area.width, height: bottomHeight)
        if area.width >= 100 {
            let eventsWidth = min(area.width * 2 / 5, max(44, area.width - 74))
            drawSpread(on: &canvas, in: Rect(x: bottom.x, y: bottom.y, width: bottom.width - eventsWidth, height: bottom.height), domains.map(\.name), world)
            drawEvents(on: &canvas, in: Rect(x: bottom.right - eventsWidth, y: bottom.y, width: eventsWidth, height: bottom.height), world)
        } else if pane == .events {
            drawEvents(on: &canvas, in: bottom, world)
        } else {
            drawSpread(on: &canvas, in: bottom, domains.map(\.name), world)
        }
    }

    private mutating func drawDomains(_ domains: [Domain], on canvas: inout Canvas, in area: Rect, _ world: World) {
        let room = max(1, area.width / 25)
        let count = min(domains.count, room)
        firstDomain = max(0, min(firstDomain, domains.count - count))
        if let cursor = nodeCursor, pane == .nodes, let column = domains.firstIndex(where: { $0.nodes.contains(cursor) }) {
            if column < firstDomain { firstDomain = column }
            if column >= firstDomain + count { firstDomain = column - count + 1 }
        }
        let columns = area.splitColumns(Array(repeating: .weight(1), count: count))
        let group = selectedGroup(world)
        let sameKey = group?.topologyKey == world.topologyKey ? group : nil
        for (index, column) in columns.enumerated() {
            let domain = domains[firstDomain + index]
            let hiddenLeft = index == 0 ? firstDomain : 0
            let hiddenRight = index == columns.count - 1 ? domains.count - firstDomain - count : 0
            draw(domain, on: &canvas, in: column, group: group, domainGroup: sameKey, hidden: (hiddenLeft, hiddenRight), world)
        }
    }

    private mutating func draw(
        _ domain: Domain, on canvas: inout Canvas, in box: Rect, group: SpreadGroup?, domainGroup: SpreadGroup?, hidden: (left: Int, right: Int),
        _ world: World
    ) {
        let theme = world.theme
        let nodes = domain.nodes.compactMap { world.view.nodes[$0] }
        let podCount = nodes.reduce(0) { $0 + $1.pods.count }
        var title = StyledText(hidden.left > 0 ? "« \(hidden.left) " : "", theme[.dim])
        title.append(domain.name.isEmpty ? "no \(TopologyKeys.short(world.topologyKey)) label" : domain.name, theme[.title])
        title.append("  \(nodes.count) \(nodes.count == 1 ? "node" : "nodes")", theme[.titleCounter])
        var right = StyledText("")
        if let found = domainGroup?.domains.first(where: { $0.name == domain.name }) {
            let isLeast = found.pods == domainGroup!.domains.map(\.pods).min()
            right.append("\(Workload(kind: group!.ownerKind, namespace: "", name: group!.ownerName).label()) \(found.pods)", theme[.titleHighlight])
            if isLeast { right.append(" \(world.glyphs.minimum)\(box.width >= 36 ? "min" : "")", theme[.accent]) }
        }
        if hidden.right > 0 { right.append(" \(hidden.right) »", theme[.dim]) }
        let pods = "  \(podCount) pods"
        let spare = box.width - title.width - right.width - (right.isEmpty ? 7 : 9)
        if spare >= pods.count - 1 { title.append(spare >= pods.count ? pods : String(pods.dropFirst()), theme[.titleCounter]) }
        canvas.drawBox(in: box, title: title, right: right.isEmpty ? nil : right, style: theme[pane == .nodes ? .borderFocus : .border])
        let inside = box.interior.inset(x: 1, y: 0)
        guard inside.height > 0 else { return }
        let extras = inside.height >= 15 && nodes.count * 2 + 5 <= inside.height ? 4 : inside.height >= 6 ? 1 : 0
        let rows = inside.height - extras
        var y = inside.y
        if nodes.count * 2 <= rows {
            let separated = nodes.count * 3 - 1 <= rows
            for (index, node) in nodes.enumerated() {
                drawTwoLines(node, on: &canvas, at: Point(x: inside.x, y: y), width: inside.width, group, world)
                nodeAreas.append((node.name, Rect(x: inside.x, y: y, width: inside.width, height: 2)))
                y += 2
                if separated, index < nodes.count - 1 {
                    canvas.write(String(repeating: canvas.glyphs.alphabet == .ascii ? "-" : "┈", count: inside.width), at: Point(x: inside.x, y: y), style: theme[.border])
                    y += 1
                }
            }
        } else if nodes.count <= rows {
            let nameWidth = min(8, (nodes.map(\.name.count).max() ?? 2))
            for node in nodes {
                drawOneLine(node, on: &canvas, at: Point(x: inside.x, y: y), width: inside.width, nameWidth: nameWidth, group, world)
                nodeAreas.append((node.name, Rect(x: inside.x, y: y, width: inside.width, height: 1)))
                y += 1
            }
        } else {
            drawHeat(nodes, on: &canvas, in: Rect(x: inside.x, y: inside.y, width: inside.width, height: rows), world)
            y = inside.y + rows
        }
        // What is odd about the nodes, where there is room above the curve.
        let remarks = remarks(nodes).prefix(max(0, inside.bottom - extras - y - 1))
        for (line, remark) in remarks.enumerated() {
            canvas.write(remark, at: Point(x: inside.x, y: inside.bottom - extras - remarks.count + line), style: theme[.rowPending], maxWidth: inside.width, ellipsis: true)
        }
        drawExtras(extras, domain, nodes, on: &canvas, box: box, inside: inside, world)
    }

    /// Nodes that are gone, or promise more than they have, in words.
    private func remarks(_ nodes: [NodeView]) -> [String] {
        var lines: [String] = []
        let gone = nodes.filter { !$0.isReady }.map(\.name)
        if gone.count > 1 { lines.append("\(gone.count) of \(nodes.count) nodes NotReady") }
        for node in nodes where max(node.cpuShare, node.memoryShare) > 1 {
            let name = node.cpuShare > 1 ? "cpu" : "mem"
            lines.append(
                node.waitingForResize.first.map { "\(node.name) \(name): \($0)'s deferred size counts" }
                    ?? "\(node.name) \(name): more asked than there is")
        }
        return lines
    }

    private func drawExtras(_ extras: Int, _ domain: Domain, _ nodes: [NodeView], on canvas: inout Canvas, box: Rect, inside: Rect, _ world: World) {
        let theme = world.theme
        let shares = world.history.cpuShare[domain.name] ?? []
        let curve = Sparkline(Array(shares.suffix(60)), minimum: 0, maximum: 1, limit: 0.9)
        if extras == 1 {
            canvas.write("cpu ", at: Point(x: inside.x, y: inside.bottom - 1), style: theme[.dim])
            curve.draw(on: &canvas, at: Point(x: inside.x + 4, y: inside.bottom - 1), width: inside.width - 4, theme: theme)
        }
        guard extras == 4 else { return }
        let y = inside.bottom - 4
        canvas.drawRule(inBox: box, y: y, title: StyledText("cpu requested, 10 min", theme[.dim]), style: theme[.border])
        curve.draw(on: &canvas, at: Point(x: inside.x, y: y + 1), width: inside.width, theme: theme)
        canvas.drawRule(inBox: box, y: y + 2, title: StyledText("pods by workload", theme[.dim]), style: theme[.border])
        var counts: [(name: String, count: Int, workload: Workload)] = []
        for pod in nodes.flatMap(\.pods) where pod.state != .done {
            let name = pod.workload.label()
            if let index = counts.firstIndex(where: { $0.name == name }) { counts[index].count += 1 } else { counts.append((name, 1, pod.workload)) }
        }
        counts.sort { ($0.workload.isSystem ? 1 : 0, -$0.count, $0.name) < ($1.workload.isSystem ? 1 : 0, -$1.count, $1.name) }
        var text = StyledText("")
        for entry in counts { text.append("\(entry.name) \(entry.count)  ", colour(of: entry.workload, world)) }
        canvas.write(text, at: Point(x: inside.x, y: y + 3), maxWidth: inside.width)
    }

    private func colour(of workload: Workload, _ world: World) -> Style {
        guard colouring == .workload, !workload.isSystem else { return world.theme[workload.isSystem ? .dim : .text] }
        return world.theme[.workload(Int(StableHash.fnv1a32(workload.name) % 8))]
    }

    /// The sign of a pod: by state for the workload looked at, `•` for ready pods of others.
    private func cell(_ pod: PodCell, _ group: SpreadGroup?, _ world: World) -> (Character, Style) {
        let isFocused = pod.workload.name == group?.ownerName && pod.workload.namespace == group?.namespace
        let glyph = pod.state == .ready && !isFocused ? world.glyphs.other : world.glyph(pod.state)
        if colouring == .workload, pod.state == .ready { return (glyph, colour(of: pod.workload, world)) }
        if pod.state == .ready { return (glyph, world.theme[isFocused ? .good : pod.workload.isSystem ? .dim : .text]) }
        return (glyph, world.theme[World.role(pod.state)])
    }

    /// `web●● cart• sys••`: the pods of a node by workload, cut to `width`.
    private func podText(_ node: NodeView, _ group: SpreadGroup?, _ world: World, names: Bool, width: Int) -> StyledText {
        var groups: [(label: String, workload: Workload, pods: [PodCell])] = []
        for pod in node.pods where pod.state != .done {
            let label = pod.workload.label()
            if let index = groups.firstIndex(where: { $0.label == label && ($0.workload.isSystem || $0.workload == pod.workload) }) {
                groups[index].pods.append(pod)
            } else {
                groups.append((label, pod.workload, [pod]))
            }
        }
        groups.sort { a, b in
            let (x, y) = (rank(a.workload, group), rank(b.workload, group))
            return x != y ? x < y : a.label < b.label
        }
        // Names give way before cells do.
        var nameWidth = names ? 8 : 0
        func need() -> Int { groups.reduce(0) { $0 + min(nameWidth, $1.label.count) + $1.pods.count + (names ? 1 : 0) } - 1 }
        while nameWidth > 2, need() > width { nameWidth -= 1 }
        var text = StyledText("")
        for (index, entry) in groups.enumerated() {
            if names, index > 0 { text.append(" ") }
            if nameWidth > 0 { text.append(String(entry.label.prefix(nameWidth)), colour(of: entry.workload, world)) }
            for pod in entry.pods {
                let (glyph, style) = cell(pod, group, world)
                text.append(String(glyph), style)
            }
        }
        return text
    }
    private func rank(_ workload: Workload, _ group: SpreadGroup?) -> Int {
        workload.isSystem ? 2 : workload.name == group?.ownerName && workload.namespace == group?.namespace ? 0 : 1
    }

    private func drawTwoLines(_ node: NodeView, on canvas: inout Canvas, at point: Point, width: Int, _ group: SpreadGroup?, _ world: World) {
        let theme = world.theme
        let isCursor = pane == .nodes && node.name == nodeCursor
        if isCursor { canvas.write(canvas.glyphs.cursor, at: point.offset(x: -1), style: theme[.accent]) }
        let nameWidth = max(3, min(node.name.count, width / 3))
        canvas.write(node.name, at: point, style: theme[isCursor ? .cursor : .title], maxWidth: nameWidth, ellipsis: true)
        let wordWidth = width >= 30 ? (node.isFine ? 9 : max(9, min(node.word.count, width / 3))) : node.isFine ? 0 : 8
        if wordWidth > 0 {
            canvas.write(node.word, at: point.offset(x: nameWidth + 1), style: theme[node.isReady ? (node.isFine ? .dim : .rowPending) : .rowError], maxWidth: wordWidth, ellipsis: true)
        }
        let x = nameWidth + 1 + (wordWidth > 0 ? wordWidth + 1 : 0)
        let room = max(0, width - x)
        canvas.write(podText(node, group, world, names: room >= 14, width: room), at: point.offset(x: x), maxWidth: room)
        // cpu █████▋░░  71%  mem ███▎░░░░  42%
        let half = (width - 2) / 2
        let bar = max(2, half - 4 - 5)
        for (index, item) in [("cpu", node.cpuShare, Role.gaugeCPU), ("mem", node.memoryShare, Role.gaugeMemory)].enumerated() {
            let at = point.offset(x: index * (half + 2), y: 1)
            canvas.write(item.0, at: at, style: theme[.dim])
            Gauge(used: item.1, scale: 1).draw(on: &canvas, at: at.offset(x: 4), width: bar, role: item.1 > 0.9 ? .rowPending : item.2, theme: theme)
            let percent = "\(Int((item.1 * 100).rounded()))%"
            canvas.write(percent, at: at.offset(x: 4 + bar + 5 - percent.count), style: theme[item.1 > 0.9 ? .rowPending : .text])
        }
    }

    private func drawOneLine(_ node: NodeView, on canvas: inout Canvas, at point: Point, width: Int, nameWidth: Int, _ group: SpreadGroup?, _ world: World) {
        let theme = world.theme
        let isCursor = pane == .nodes && node.name == nodeCursor
        if isCursor { canvas.write(canvas.glyphs.cursor, at: point.offset(x: -1), style: theme[.accent]) }
        canvas.write(node.name, at: point, style: theme[isCursor ? .cursor : .title], maxWidth: nameWidth, ellipsis: true)
        let word = node.isReady ? (node.isCordoned ? "cordon" : node.taints.isEmpty ? "" : "taint") : "NotReady"
        let tail = 4 + (word.isEmpty ? 0 : word.count + 1)
        let cells = min(max(5, node.pods.count), max(5, (width - nameWidth - tail) / 2))
        canvas.write(podText(node, group, world, names: false, width: cells), at: point.offset(x: nameWidth + 1), maxWidth: cells)
        let barX = nameWidth + 2 + cells
        let bar = width - barX - tail
        if bar >= 2 { Gauge(used: node.cpuShare, scale: 1).draw(on: &canvas, at: point.offset(x: barX), width: bar, role: .gaugeCPU, theme: theme) }
        if !word.isEmpty { canvas.write(word, at: point.offset(x: width - tail + 1), style: theme[node.isReady ? .rowPending : .rowError], maxWidth: tail - 1) }
        let percent = "\(Int((node.cpuShare * 100).rounded()))"
        canvas.write(percent, at: point.offset(x: width - percent.count), style: theme[.dim])
    }

    /// A mark for each node, as high as it is full: two cells wide, one if that does not fit, and for several nodes
    /// together if even that does not. The last line tells about the node under the cursor.
    private mutating func drawHeat(_ nodes: [NodeView], on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        let rows = area.height - 1
        guard rows > 0 else { return }
        let pitch = nodes.count <= area.width / 2 * rows ? 2 : 1
        let perRow = max(1, area.width / pitch)
        let share = max(1, (nodes.count + perRow * rows - 1) / (perRow * rows))
        var chosen: NodeView?
        for (index, start) in stride(from: 0, to: nodes.count, by: share).enumerated() {
            let group = nodes[start..<min(start + share, nodes.count)]
            let at = Point(x: area.x + index % perRow * pitch, y: area.y + index / perRow)
            let level = group.map { max($0.cpuShare, $0.memoryShare) }.max() ?? 0
            let levels = canvas.glyphs.sparkLevels
            let isReady = group.allSatisfy(\.isReady)
            let glyph = isReady ? levels[min(levels.count - 1, Int(level * Double(levels.count)))] : canvas.glyphs.failed
            let role: Role = !isReady ? .rowError : !group.allSatisfy(\.isFine) || level > 0.9 ? .rowPending : .gaugeCPU
            let cursor = pane == .nodes ? group.first { $0.name == nodeCursor } : nil
            if let cursor { chosen = cursor }
            canvas.write(glyph, at: at, style: cursor == nil ? theme[role] : theme[role].with(.reverse))
            nodeAreas.append((group.first!.name, Rect(x: at.x, y: at.y, width: pitch, height: 1)))
        }
        let last = Point(x: area.x, y: area.bottom - 1)
        if let chosen {
            func percent(_ share: Double) -> String { "\(Int((share * 100).rounded()))%" }
            canvas.write(
                "\(chosen.name) \(chosen.word)  cpu \(percent(chosen.cpuShare)) mem \(percent(chosen.memoryShare))  \(chosen.pods.count) pods", at: last,
                style: theme[.text], maxWidth: area.width, ellipsis: true)
        } else {
            canvas.write(share > 1 ? "a mark is \(share) nodes, the fullest" : "a mark is a node, as full as high", at: last, style: theme[.dim], maxWidth: area.width, ellipsis: true)
        }
    }

    /// What is not placed, always in sight.
    private func drawLane(_ pods: [PodCell], on canvas: inout Canvas, in row: Rect, _ world: World) {
        let theme = world.theme
        var text = StyledText(" not placed \(pods.count)  ", theme[.rowPending])
        let pod = pods[0]
        text.append("\(pod.key.name)\(world.glyphs.starting) \(world.age(world.store.pods[pod.key]?.metadata.creationTimestamp))  ", theme[.text])
        let message = world.store.pods[pod.key]?.status.conditions["PodScheduled"]?.message ?? ""
        text.append(message.isEmpty ? "waits for the scheduler" : message, theme[.dim])
        canvas.write(text.truncated(to: row.width - 10), at: row.origin)
        canvas.write("<W> why ", at: Point(x: row.right - 8, y: row.y), style: theme[.menuKey])
    }

    // MARK: Spread pane

    private mutating func drawSpread(on canvas: inout Canvas, in box: Rect, _ domainNames: [String], _ world: World) {
        let theme = world.theme
        spreadArea = box
        let groups = world.spread
        canvas.drawBox(
            in: box, title: StyledText("Spread  ", theme[.title]) + StyledText("\(groups.count) \(groups.count == 1 ? "constraint" : "constraints")", theme[.titleCounter]),
            right: StyledText(box.width >= 100 || box.width < 80 && box.width >= 60 ? "\(world.glyphs.limit) limit" : "<tab> events", theme[.dim]),
            style: theme[pane == .spread ? .borderFocus : .border])
        let inside = box.interior
        if groups.isEmpty {
            canvas.write("No workload has a spread constraint. <C> creates one with.", at: Point(x: inside.x + 2, y: inside.y + 1), style: theme[.dim], maxWidth: inside.width - 3)
            return
        }
        let detailHeight = inside.height >= 10 ? 5 : inside.height >= 6 ? 1 : 0
        let rows = max(1, inside.height - 1 - detailHeight)
        let cursor = groups.firstIndex { $0.id == spreadCursor } ?? 0
        spreadTop = Scrolling.top(following: cursor, from: spreadTop, height: rows, count: groups.count)
        var table = TableWidget(columns: SpreadWords.columns(width: inside.width), rowCount: groups.count, cursor: cursor, top: spreadTop)
        table.frozenColumns = 1
        table.draw(on: &canvas, in: Rect(x: inside.x, y: inside.y, width: inside.width, height: rows + 1), theme: theme) { index in
            TableRow(SpreadWords.cells(groups[index], width: inside.width, world))
        }
        guard detailHeight > 0 else { return }
        let group = groups[cursor]
        let y = inside.bottom - detailHeight
        if detailHeight == 1 {
            canvas.write(SpreadWords.takes(group, world), at: Point(x: inside.x + 1, y: y), maxWidth: inside.width - 2)
            return
        }
        canvas.drawRule(inBox: box, y: y, title: StyledText("selected: \(group.ownerName) / \(TopologyKeys.short(group.topologyKey))", theme[.dim]), style: theme[.border])
        canvas.write(SpreadWords.takes(group, world), at: Point(x: inside.x + 1, y: y + 1), maxWidth: inside.width - 2)
        canvas.write("skew", at: Point(x: inside.x + 1, y: y + 2), style: theme[.dim])
        let worst = world.history.worst[group.id]
        let most = max(group.maxSkew + 2, worst?.skew ?? 0, group.skewNow)
        Scale(minimum: 0, maximum: most, value: group.skewNow, limit: group.maxSkew)
            .draw(on: &canvas, at: Point(x: inside.x + 8, y: y + 2), width: min(60, inside.width - 10), role: SpreadWords.role(group), theme: theme)
        var summary = "\(group.skewNow) now, limit \(group.maxSkew)"
        if let worst { summary += "; worst \(worst.skew) at \(clockText(worst.at, milliseconds: false))" }
        canvas.write(summary, at: Point(x: inside.x + 8, y: y + 3), style: theme[.text], maxWidth: inside.width - 10)
        canvas.write(SpreadWords.remark(group, world), at: Point(x: inside.x + 1, y: y + 4), maxWidth: inside.width - 2)
    }

    // MARK: Events pane

    private func events(_ world: World) -> [ToldEvent] {
        world.cluster.narrative.events.suffix(400).reversed().filter { !onlyWarnings || $0.isWarning }
    }

    private mutating func drawEvents(on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        canvas.drawBox(
            in: box, title: StyledText(onlyWarnings ? "Warnings" : "Events", theme[.title]), right: StyledText(world.hint(.faultsOnly, onlyWarnings ? "all" : "warnings", in: bindings[0]), theme[.dim]),
            style: theme[pane == .events ? .borderFocus : .border])
        let inside = box.interior
        let events = events(world)
        eventIndex = max(0, min(eventIndex, events.count - 1))
        eventTop = Scrolling.top(following: eventIndex, from: eventTop, height: inside.height, count: events.count)
        if events.isEmpty { canvas.write("Nothing has happened yet. <,> plays.", at: Point(x: inside.x + 1, y: inside.y), style: theme[.dim], maxWidth: inside.width - 2) }
        for (line, event) in events.dropFirst(eventTop).prefix(inside.height).enumerated() {
            let at = Point(x: inside.x + 1, y: inside.y + line)
            let clock = clockText(event.time, milliseconds: false)
            var text = StyledText(String(clock.hasPrefix("00:") ? clock.dropFirst(3) : clock[...]) + " ", theme[.dim])
            text.append(event.isWarning ? "! " : "  ", theme[.rowPending])
            text.append(pad(shortName(event.object.name, 11), 12), theme[.text])
            text.append(event.reason, theme[event.isWarning ? .rowPending : .accent])
            text.append(" \(event.message)", theme[.dim])
            canvas.write(text, at: at, maxWidth: inside.width - 2)
            if pane == .events, eventTop + line == eventIndex {
                canvas.write(canvas.glyphs.cursor, at: at.offset(x: -1), style: theme[.accent])
            }
        }
    }

    /// A pod's name without its middle, which is the same for all its siblings: `web-x2k4q`.
    private func shortName(_ name: String, _ width: Int) -> String {
        guard name.count > width else { return name }
        let parts = name.split(separator: "-")
        guard parts.count > 2, let last = parts.last else { return TextWidth.truncated(name, to: width) }
        return String(parts[0].prefix(width - last.count - 1)) + "-" + last
    }
}
