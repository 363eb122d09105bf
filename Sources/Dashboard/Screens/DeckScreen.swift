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
    var pane = Pane.spread
    var colouring = Colouring.state
    private var rules = ListCursor<String>()
    var nodeCursor: String?
    /// The newest first.
    private var events: [ToldEvent] = []
    private var eventList = ListCursor<Int>()
    /// What they depend on. Most writes, and time alone, tell nothing new.
    private var eventsStamp: (count: Int, generation: Int, onlyWarnings: Bool)?
    var domains: [Domain] = []
    /// Whose pods are counted in the marks of nodes.
    var markedWorkload: Workload?
    /// The first that is seen, and the boxes of those that are.
    var firstDomain = 0
    var boxes: [Rect] = []
    /// How many boxes stand side by side, if they stand in several rows; otherwise how many there are.
    var domainsPerRow = 1
    var names = NodeNames()
    private var layoutSeen: (Int, String, Int)?
    private var spreadSeen: (Int, Int)?
    private var onlyWarnings = false
    /// Whether the focused pane has the whole view.
    private var isZoomed = false
    private var notPlaced: [NotPlaced] = []
    private var spreadArea = Rect.zero

    var crumb: String { "deck" }
    var bindings: [BindingGroup] {
        let own = BindingGroup(
            "Deck",
            [
                Binding(.enter, action: Actions.open, "open", "Open the rule, node or event under the cursor", footer: 5),
                Binding(.tab, action: Actions.nextPane, "pane", "Next pane: spread, nodes, events", footer: 8),
                Binding(.character("x"), action: Actions.cells, "cells", "Colour cells by state or by workload", footer: 35),
                Binding(.character("o"), action: Actions.topologyKey, "key", "Columns by the next topology key", footer: 36),
                Binding(.character("W"), action: Actions.why, "why", "Why the first waiting pod is not placed", footer: 30),
                Binding(.control("z"), action: Actions.warningsOnly, "warnings", "Events: warnings only").formerly("faultsOnly"),
            ])
        return pane == .nodes ? [own, Bindings.nodes] : [own]
    }

    func focusedWorkload(_ world: World) -> Workload? {
        selectedGroup(world)?.workload
    }
    func remark(_ world: World) -> String? {
        guard let group = selectedGroup(world) else { return nil }
        let waiting = group.waiting
        return "focus: \(group.ownerName) (\(counted(group.carriers, "pod"))\(waiting > 0 ? ", \(waiting) pending" : ""))"
    }
    func whatIfSubject(_ world: World) -> WhatIfSubject? {
        if pane == .nodes, let nodeCursor { return .node(nodeCursor) }
        return selectedGroup(world).map { .constraint($0.id) }
    }
    func selectedGroup(_ world: World) -> SpreadOutline? {
        world.spread.first { $0.id == rules.id } ?? world.spread.first
    }
    /// All rules decide how wide the columns are; where they are many, those in sight.
    private func measured(_ world: World) -> Range<Int> { world.spread.count > 64 ? rules.seen.clamped(to: world.spread.indices) : world.spread.indices }
    func spreadSeen(_ world: World) -> [String] {
        var ids = world.spread[measured(world)].map(\.id)
        if let selected = selectedGroup(world)?.id, !ids.contains(selected) { ids.append(selected) }
        return ids
    }

    func peek(_ world: World) -> Peek? {
        switch pane {
        case .spread: return focusedWorkload(world).flatMap { Peek(of: $0, world) }
        case .nodes: return nodeCursor.flatMap { world.store.nodes[ObjectKey(name: $0)] }.map { Peek(of: $0, world) }
        case .events:
            return events[safe: eventList.index].map { event in
                Peek(
                    title: "\(event.kind.lowercased()) \(event.object.name)",
                    lines: [(event.reason, StyledText(event.message, world.theme[event.isWarning ? .rowPending : .text]))])
            }
        }
    }

    // MARK: Actions

    enum Actions: String, ScreenAction {
        case open, nextPane, previousPane, zoom, cells, topologyKey, warningsOnly, why, fault, cordon, uncordon, drain
    }

    func unavailable(_ action: Action, _ world: World) -> String? {
        switch Actions(action) {
        case .open:
            switch pane {
            case .spread: world.spread.isEmpty ? "There are no spread constraints" : nil
            case .nodes: nodeCursor == nil ? "Select a node first" : nil
            case .events: event(world) == nil ? "That object is gone" : nil
            }
        case .why: world.view.waitingCount == 0 && world.view.heldBack.entries.isEmpty ? "No pod is waiting for a node" : nil
        case .cordon, .uncordon, .drain: nodeCursor.flatMap { world.store.nodes[ObjectKey(name: $0)] } == nil ? "Select a node first" : nil
        case .nextPane, .previousPane, .zoom, .cells, .topologyKey, .warningsOnly, .fault, nil: nil
        }
    }
    /// What the event under the cursor is about.
    private func event(_ world: World) -> (any StoredObject)? {
        events[safe: eventList.index].flatMap { event in KindInfo.find(event.kind).flatMap { world.store.object($0.type, event.object) } }
    }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        if let motion = Motion(action), move(motion) { return [] }
        guard let action = Actions(action) else { return nil }
        switch action {
        case .nextPane, .previousPane: pane = Pane.allCases.neighbour(of: pane, isNext: action == .nextPane)
        case .zoom: isZoomed.toggle()
        case .cells: colouring = colouring == .state ? .workload : .state
        case .warningsOnly:
            onlyWarnings.toggle()
            eventList.reset()
        case .topologyKey:
            let keys = TopologyKeys.used(world)
            let next = keys[((keys.firstIndex(of: world.topologyKey) ?? -1) + 1) % keys.count]
            return [.run(line: "deck \(next)")]
        case .open: return open(world)
        case .why: return [.push(world.view.waiting.first.map { WhyScreen($0.key) } ?? Lists.heldBack)]
        case .fault: return [.open(Forms.fault(world, node: pane == .nodes ? nodeCursor : nil))]
        case .cordon: return nodeCursor.map { [.perform([.cordon(node: $0)])] }
        case .uncordon: return nodeCursor.map { [.perform([.uncordon(node: $0)])] }
        case .drain: return nodeCursor.flatMap { world.store.nodes[ObjectKey(name: $0)] }.map { [.open(Forms.drain([$0], world))] }
        }
        return []
    }

    private mutating func move(_ motion: Motion) -> Bool {
        switch motion {
        case .left, .right:
            let step = motion == .right ? 1 : -1
            if pane == .nodes { moveSideways(step) } else { firstDomain = max(0, firstDomain + step) }
            return true
        case .nextPane, .previousPane: return false
        case .down, .up, .top, .bottom, .pageDown, .pageUp: break
        }
        let action = Action(motion)
        switch pane {
        case .spread: _ = rules.perform(action)
        case .events: _ = eventList.perform(action)
        case .nodes:
            let step = motion == .down ? 1 : motion == .up ? -1 : 0
            if step != 0, domainsPerRow < domains.count, let cursor = nodeCursor, let column = domains.firstIndex(where: { $0.nodes.contains(cursor) }),
                let inner = domains[column].nodes.firstIndex(of: cursor), !domains[column].nodes.indices.contains(inner + step)
            {
                // In several rows of boxes down and up lead to the box below or above.
                let target = domains[safe: column + step * domainsPerRow]
                if let target { nodeCursor = step > 0 ? target.nodes.first : target.nodes.last }
                return true
            }
            let names = domains.flatMap(\.nodes)
            let index = names.firstIndex(of: nodeCursor ?? "") ?? (step > 0 ? -1 : 0)
            guard !names.isEmpty, let place = action.place(from: index, count: names.count, page: 11) else { return true }
            nodeCursor = names[max(0, min(names.count - 1, place))]
        }
        return true
    }
    private mutating func moveSideways(_ step: Int) {
        guard let cursor = nodeCursor, let column = domains.firstIndex(where: { $0.nodes.contains(cursor) }),
            let row = domains[column].nodes.firstIndex(of: cursor)
        else { return _ = move(.down) }
        let target = domains[max(0, min(domains.count - 1, column + step))]
        if !target.nodes.isEmpty { nodeCursor = target.nodes[min(row, target.nodes.count - 1)] }
    }

    private func open(_ world: World) -> [Effect] {
        switch pane {
        case .spread: return selectedGroup(world).map { [.push(SpreadScreen(group: $0.id))] } ?? []
        case .nodes: return nodeCursor.map { [.push(NodeScreen($0, world))] } ?? []
        case .events:
            return event(world).map { [.push(DetailScreen($0, tab: .describe))] } ?? []
        }
    }

    mutating func mouse(_ event: MouseEvent, _ world: World) -> [Effect] {
        switch event.kind {
        case .wheelDown: _ = move(.down)
        case .wheelUp: _ = move(.up)
        case .press:
            if let name = node(at: event.point, world) {
                if pane == .nodes, nodeCursor == name { return open(world) }
                (pane, nodeCursor) = (.nodes, name)
            } else if let row = rules.row(at: event.point) {
                pane = .spread
                if rules.index == row { return open(world) }
                rules.move(to: row)
            } else if spreadArea.contains(event.point) {
                pane = .spread
            }
        case .release: break
        }
        return []
    }

    // MARK: Drawing

    mutating func refresh(_ world: World, in area: Rect) {
        let layout = (world.view.layout, world.topologyKey, world.generation)
        if layoutSeen.map({ $0 != layout }) ?? true {
            layoutSeen = layout
            domains = Self.domains(world)
            names = NodeNames(world.view.nodeNames)
            for index in domains.indices { domains[index].nameWidth = domains[index].nodes.map { names.short($0).count }.max() ?? 0 }
        }
        notPlaced = Self.notPlaced(world)
        let spread = (world.spreadVersion, world.generation)
        if spreadSeen.map({ $0 != spread }) ?? true {
            spreadSeen = spread
            rules.show(world.spread.map(\.id))
        }
        let stamp = (world.cluster.eventLog.count, world.generation, onlyWarnings)
        if eventsStamp.map({ $0 != stamp }) ?? true { (events, eventsStamp) = (toldEvents(world), stamp) }
        eventList.show(Array(events.indices))
        let places = places(area, world)
        spreadArea = places.spread ?? .zero
        if let box = places.spread { rules.scroll(in: ruleRows(box)) }
        if let box = places.events { eventList.scroll(in: box.interior) }
        boxes = []
        if let box = places.domains {
            placeDomains(in: box)
            lookAtNodes(world)
        }
    }

    private struct Places {
        var domains: Rect?
        var lane: Rect?
        var spread: Rect?
        var workloads: Rect?
        var events: Rect?
    }
    /// Where those parts stand that there is room for.
    private func places(_ area: Rect, _ world: World) -> Places {
        if isZoomed {
            switch pane {
            case .spread: return Places(spread: area)
            case .nodes: return Places(domains: area)
            case .events: return Places(events: area)
            }
        }
        let lane = min(notPlaced.count, area.height >= 50 ? 6 : area.height >= 40 ? 3 : 1)
        let least = min(area.height - 8, max(10, area.height * 2 / 5))
        let spreadRows = min(world.spread.count, 8)
        var bottomHeight = min(max(least, area.height >= 30 ? spreadRows + 8 : 8), area.height - 9)
        // A column never gets more rows than its nodes, their rules and curves can fill.
        let most = domains.map(\.nodes.count).max() ?? 1
        let perRow = Self.perRow(domains, width: area.width)
        let tallest = domains.count > perRow && most <= 2 ? (domains.count + perRow - 1) / perRow * (most * 2 + 2) : most * 3 + 5
        bottomHeight = max(bottomHeight, area.height - lane - max(12, tallest))
        let top = area.inset(bottom: bottomHeight + lane)
        var places = Places(domains: top)
        if lane > 0 { places.lane = Rect(x: area.x, y: top.bottom, width: area.width, height: lane) }
        let bottom = Rect(x: area.x, y: top.bottom + lane, width: area.width, height: bottomHeight)
        if area.width >= 100 {
            let eventsWidth = min(area.width * 2 / 5, max(44, area.width - 74))
            // What the rules leave of a large screen goes to the workloads.
            let needed = max(world.spread.count + 8, 12)
            let rest = bottom.height - needed >= 8 ? bottom.height - needed : 0
            let left = Rect(x: bottom.x, y: bottom.y, width: bottom.width - eventsWidth, height: bottom.height - rest)
            places.spread = left
            if rest > 0 { places.workloads = Rect(x: left.x, y: left.bottom, width: left.width, height: rest) }
            places.events = Rect(x: bottom.right - eventsWidth, y: bottom.y, width: eventsWidth, height: bottom.height)
        } else if pane == .events {
            places.events = bottom
        } else {
            places.spread = bottom
        }
        return places
    }

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let places = places(area, world)
        if let box = places.domains {
            if world.view.nodeNames.isEmpty, !isZoomed {
                canvas.drawBox(in: box, title: StyledText("Deck", world.theme[.title]), style: world.theme[.border])
                canvas.write(
                    "No nodes. \(world.mark(GeneralAction.create)) creates objects; start evenkeel with manifests or --nodes N.",
                    at: Point(x: box.x + 2, y: box.y + 2),
                    style: world.theme[.dim], maxWidth: box.width - 4)
            } else {
                drawDomains(on: &canvas, in: box, world)
            }
        }
        if let box = places.lane { drawLane(notPlaced, on: &canvas, in: box, world) }
        if let box = places.spread { drawSpread(on: &canvas, in: box, world) }
        if let box = places.workloads { drawWorkloads(on: &canvas, in: box, domains.map(\.name), world) }
        if let box = places.events { drawEvents(on: &canvas, in: box, world) }
    }

    /// Pods without a place for one reason.
    private struct NotPlaced {
        var name: String
        var count: Int
        var age: Instant?
        var why: String
        var isHeldBack: Bool
    }
    /// Pods that wait for a node, and those that are not even created, by workload and reason.
    private static func notPlaced(_ world: World) -> [NotPlaced] {
        var result = world.view.waitingByReason.map { group in
            NotPlaced(
                name: group.first?.name ?? "", count: group.count, age: group.first.flatMap { world.store.pods[$0]?.metadata.creationTimestamp },
                why: group.key.message.isEmpty ? "waits for the scheduler" : group.key.message, isHeldBack: false)
        }
        for entry in world.view.heldBack.entries {
            result.append(NotPlaced(name: entry.workload.name, count: entry.count, age: entry.since, why: entry.message, isHeldBack: true))
        }
        return result
    }

    /// What is not placed, always in sight.
    private func drawLane(_ groups: [NotPlaced], on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        let total = groups.reduce(0) { $0 + $1.count }
        for (line, group) in groups.prefix(box.height).enumerated() {
            let head = " not placed \(total)  "
            var text = StyledText(line == 0 ? head : String(repeating: " ", count: head.count), theme[.rowPending])
            if group.isHeldBack {
                text.append("\(group.name) \(world.glyphs.times)\(group.count) not created \(world.age(group.age))  ", theme[.rowError])
            } else {
                text.append(
                    "\(group.name)\(world.glyphs.starting) \(world.age(group.age))\(group.count > 1 ? " \(world.glyphs.times)\(group.count)" : "")  ",
                    theme[.text])
            }
            text.append(group.why, theme[.dim])
            let hidden = line == box.height - 1 ? groups.count - box.height : 0
            let tail = line == 0 ? "\(world.hint(ObjectAction.why, "why", in: Bindings.pods)) " : hidden > 0 ? "+\(hidden) more " : ""
            canvas.write(text.truncated(to: max(0, box.width - tail.count - 2)), at: Point(x: box.x, y: box.y + line))
            canvas.write(tail, at: Point(x: box.right - tail.count, y: box.y + line), style: theme[line == 0 ? .menuKey : .dim])
        }
    }

    // MARK: Spread pane

    /// Where the rules stand: below the header, above the numbers of the one under the cursor.
    private func ruleRows(_ box: Rect) -> Rect {
        let inside = box.interior
        // Where there is room for one line it is a rule, not the header.
        let header = inside.height > 1 ? 1 : 0
        let detailHeight = inside.height >= 10 ? 5 : inside.height >= 6 ? 1 : 0
        return Rect(x: inside.x, y: inside.y + header, width: inside.width, height: max(1, inside.height - header - detailHeight))
    }

    private func drawSpread(on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        let groups = world.spread
        canvas.drawBox(
            in: box,
            title: StyledText("Spread  ", theme[.title])
                + StyledText("\(counted(groups.count, "constraint"))", theme[.titleCounter]),
            right: StyledText(
                box.width >= 100 || box.width < 80 && box.width >= 60
                    ? "\(world.glyphs.limit) limit" : world.hint(Actions.nextPane, "events", in: bindings[0]), theme[.dim]),
            style: theme[pane == .spread ? .borderFocus : .border])
        let inside = box.interior
        if groups.isEmpty {
            canvas.write(
                "No workload has a spread constraint. \(world.mark(GeneralAction.create)) creates a workload with one.",
                at: Point(x: inside.x + 2, y: inside.y + 1),
                style: theme[.dim], maxWidth: inside.width - 3)
            return
        }
        let rows = ruleRows(box)
        let header = rows.y - inside.y
        let detailHeight = inside.bottom - rows.bottom
        let cursor = rules.index
        let measured = groups[measured(world)].compactMap { world.spreadGroup($0.id) }
        var table = TableWidget(columns: SpreadWords.columns(width: inside.width, measured), rowCount: groups.count, cursor: cursor, top: rules.top)
        table.frozenColumns = 1
        table.showsHeader = header == 1
        table.draw(on: &canvas, in: Rect(x: inside.x, y: inside.y, width: inside.width, height: rows.height + header), theme: theme) { index in
            TableRow(world.spreadGroup(groups[index].id).map { SpreadWords.cells($0, width: inside.width, of: measured, world) } ?? [])
        }
        guard detailHeight > 0, let group = world.spreadGroup(groups[safe: cursor]?.id) else { return }
        let y = inside.bottom - detailHeight
        if detailHeight == 1 {
            canvas.write(SpreadWords.takes(group, world), at: Point(x: inside.x + 1, y: y), maxWidth: inside.width - 2)
            return
        }
        canvas.drawRule(
            inBox: box, y: y, title: StyledText("selected: \(group.ownerName) / \(TopologyKeys.short(group.topologyKey))", theme[.dim]), style: theme[.border])
        canvas.write(SpreadWords.takes(group, world), at: Point(x: inside.x + 1, y: y + 1), maxWidth: inside.width - 2)
        canvas.write("skew", at: Point(x: inside.x + 1, y: y + 2), style: theme[.dim])
        let worst = world.history.worst[group.id]
        let most = max(group.maxSkew + 2, worst?.skew ?? 0, group.skewNow)
        Scale(minimum: 0, maximum: most, value: group.skewNow, limit: group.maxSkew)
            .draw(on: &canvas, at: Point(x: inside.x + 8, y: y + 2), width: min(60, inside.width - 10), role: SpreadWords.role(group), theme: theme)
        var summary = "\(group.skewNow) now, limit \(group.maxSkew)"
        if let worst { summary += "; worst \(worst.skew) at \(world.time(worst.at, milliseconds: false))" }
        canvas.write(summary, at: Point(x: inside.x + 8, y: y + 3), style: theme[.text], maxWidth: inside.width - 10)
        canvas.write(SpreadWords.remark(group, world), at: Point(x: inside.x + 1, y: y + 4), maxWidth: inside.width - 2)
    }

    // MARK: Workloads pane

    /// Workloads with their pods by domain, those with faults first.
    private func drawWorkloads(on canvas: inout Canvas, in box: Rect, _ domains: [String], _ world: World) {
        let theme = world.theme
        let lines = world.view.workloads.faultsFirst
        canvas.drawBox(
            in: box, title: StyledText("Workloads  ", theme[.title]) + StyledText("\(lines.count)", theme[.titleCounter]),
            right: StyledText("pods by \(TopologyKeys.short(world.topologyKey))", theme[.dim]), style: theme[.border])
        var columns = [
            TableWidget.Column("WORKLOAD", minimum: 12, ideal: 28), TableWidget.Column("KIND", minimum: 11, priority: 4),
            TableWidget.Column("READY", alignment: .right, minimum: 7), TableWidget.Column("FAULTS", alignment: .right, minimum: 6),
            TableWidget.Column("CPU", alignment: .right, minimum: 7, priority: 3), TableWidget.Column("MEM", alignment: .right, minimum: 7, priority: 3),
        ]
        let shown = Array(domains.prefix(24))
        for domain in shown {
            columns.append(
                TableWidget.Column(domain.isEmpty ? "(none)" : domain, alignment: .right, minimum: max(4, min(12, TextWidth.columns(domain))), priority: 5))
        }
        TableWidget(columns: columns, rowCount: lines.count).draw(on: &canvas, in: box.interior, theme: theme) { index in
            let line = world.view.workloads[lines[index]]
            let cells = [
                StyledText(line.workload.name, colour(of: line.workload, world)), StyledText(line.workload.kind, theme[.dim]),
                StyledText("\(line.ready)/\(line.pods)", theme[line.ready < line.pods ? .rowPending : .text]),
                StyledText("\(line.faults)", theme[line.faults > 0 ? .rowError : .dim]),
                StyledText("\(Int64(clamping: line.milliCPU))m", theme[.dim]), StyledText("\(Int64(clamping: line.memory) >> 20)Mi", theme[.dim]),
            ]
            return TableRow(cells + shown.map { StyledText("\(line.domains[$0] ?? 0)", theme[line.domains[$0] == nil ? .dim : .text]) })
        }
    }

    // MARK: Events pane

    private func toldEvents(_ world: World) -> [ToldEvent] {
        // What was told several times stands where it was told last, with its count.
        var seen: Set<String> = []
        return world.cluster.eventLog.events.suffix(400).reversed().filter { event in
            if onlyWarnings && !event.isWarning { return false }
            return seen.insert("\(event.objectText) \(event.reason) \(event.source) \(event.message)").inserted
        }
    }

    private func drawEvents(on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        canvas.drawBox(
            in: box, title: StyledText(onlyWarnings ? "Warnings" : "Events", theme[.title]),
            right: StyledText(world.hint(Actions.warningsOnly, onlyWarnings ? "all" : "warnings", in: bindings[0]), theme[.dim]),
            style: theme[pane == .events ? .borderFocus : .border])
        let inside = box.interior
        if events.isEmpty {
            canvas.write(
                "Nothing has happened yet. \(world.mark(GeneralAction.pause, in: Bindings.time)) plays.", at: Point(x: inside.x + 1, y: inside.y),
                style: theme[.dim],
                maxWidth: inside.width - 2)
        }
        for (line, event) in events[eventList.seen].prefix(inside.height).enumerated() {
            let at = Point(x: inside.x + 1, y: inside.y + line)
            let clock = world.time(event.time, milliseconds: false)
            let isShort = clock.hasPrefix("00:") || clock.hasPrefix("-")
            var text = StyledText((isShort ? world.shortTime(event.time) : clock) + " ", theme[.dim])
            text.append(event.isWarning ? "! " : "  ", theme[.rowPending])
            text.append(pad(Self.shortName(event.object.name, 11), 12), theme[.text])
            text.append(event.reason, theme[event.isWarning ? .rowPending : .accent])
            if event.count > 1 { text.append(" \(world.glyphs.times)\(event.count)", theme[.rowPending]) }
            text.append(" \(event.message)", theme[.dim])
            canvas.write(text, at: at, maxWidth: inside.width - 2)
            if pane == .events, eventList.top + line == eventList.index {
                canvas.write(canvas.glyphs.cursor, at: at.offset(x: -1), style: theme[.accent])
            }
        }
    }

    /// A pod's name without its middle, which is the same for all its siblings: `web-x2k4q`. Where its last part leaves no
    /// room for the first, as that of `my-team-authentication`, beginning and end of the whole.
    static func shortName(_ name: String, _ width: Int) -> String {
        guard TextWidth.columns(name) > width else { return name }
        let parts = name.split(separator: "-")
        guard parts.count > 2, let last = parts.last, case let room = width - TextWidth.columns(last) - 1, room >= 2 else {
            return TextWidth.truncatedInside(name, to: width)
        }
        return TextWidth.truncated(parts[0], to: room, ellipsis: nil) + "-" + last
    }
}

extension DeckScreen {
    static let command = PromptCommand(
        names: ["deck"], arguments: "[label]", help: "The big picture, by a node label (zone without)",
        candidates: { world, _ in TopologyKeys.used(world).map(TopologyKeys.short) }
    ) { dashboard, words in
        if let label = words.first { dashboard.world.topologyKey = TopologyKeys.full(label, dashboard.world) }
        dashboard.apply([.root(DeckScreen())])
    }
}
