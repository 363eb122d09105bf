import Canvas
import ControlPlane
import KubernetesAPI
import Scheduling
import Simulation
import SimulationKit

/// One spread constraint in full: what is counted, the minimum, the limit, and the verdict for one more pod
/// in each domain with the arithmetic.
struct SpreadScreen: ListedScreen {
    private var groupID: String?
    private var focus: Workload?
    var list = ListCursor<String>()
    /// The maxSkew that is tried with `(` and `)`.
    private var triedSkew: Int?
    /// Pods placed (or taken away, below 0) by domain with `+` and `-`.
    private var ghosts: [String: Int] = [:]
    var filter = ""

    init(group: String) { groupID = group }
    init(focus: Workload?) { self.focus = focus }

    var crumb: String { "spread" }
    var bindings: [BindingGroup] {
        [
            BindingGroup(
                "Spread",
                [
                    Binding(.tab, action: Actions.nextPane, "rule", "Next constraint", footer: 5),
                    Binding(.enter, action: Actions.open, "domain", "The pods counted in the domain", footer: 6),
                    Binding(.character("("), action: Actions.smallerMaxSkew, "maxSkew -", "Try a smaller maxSkew (nothing is changed)", footer: 10).formerly(
                        "columnLeft"),
                    Binding(.character(")"), action: Actions.largerMaxSkew, "maxSkew +", "Try a larger maxSkew (nothing is changed)", footer: 11).formerly(
                        "columnRight"),
                    Binding(.character("M"), action: Actions.rebalance, "rebalance", "The fewest evictions that bring it within maxSkew", footer: 18),
                    Binding(.character("+"), .character("="), action: Actions.placeGhost, "place", "Add a pod to the domain, on paper only", footer: 8),
                    Binding(.character("-"), action: Actions.removeGhost, "remove", "Take a pod out of the domain, on paper only", footer: 9),
                    Binding(.character("s"), action: Actions.scale, "scale", "Scale the workload", footer: 20),
                    Binding(.character("W"), action: Actions.why, "why", "Why a pod of the workload waits", footer: 30),
                    Binding(.character("y"), action: Actions.yaml, "yaml", "YAML of the workload", footer: 35),
                    Binding(.character("o"), action: Actions.showPods, "pods", "The pods of the workload", footer: 36),
                ])
        ]
    }

    private func outline(_ world: World) -> SpreadOutline? {
        if let groupID, let found = world.spread.first(where: { $0.id == groupID }) { return found }
        if let focus, let found = world.spread.first(where: { $0.ownerName == focus.name && $0.namespace == focus.namespace }) { return found }
        return world.spread.first
    }
    private func group(_ world: World) -> SpreadGroup? { world.spreadGroup(outline(world)?.id) }
    func spreadSeen(_ world: World) -> [String] { outline(world).map { [$0.id] } ?? [] }
    func focusedWorkload(_ world: World) -> Workload? { outline(world)?.workload }

    func whatIfSubject(_ world: World) -> WhatIfSubject? { outline(world).map { .constraint($0.id) } }

    func peek(_ world: World) -> Peek? { focusedWorkload(world).flatMap { Peek(of: $0, world) } }

    mutating func refresh(_ world: World, in area: Rect) {
        guard let group = group(world) else { return list.show([]) }
        list.show(group.domains.map(\.name))
        let inside = rects(area, revisions: RevisionSpread.all(of: tried(group), world))[1].interior
        list.scroll(height: (inside.height - 1) / linesPerDomain(group, inside))
    }

    /// The rule, the domains, and what is counted.
    private func rects(_ area: Rect, revisions: [RevisionSpread]) -> [Rect] {
        area.splitRows([.fixed(revisions.isEmpty ? 5 : 6), .weight(1), .fixed(area.height >= 26 ? 8 : area.height >= 20 ? 6 : 0)])
    }
    private func linesPerDomain(_ group: SpreadGroup, _ inside: Rect) -> Int {
        let rows = inside.height - 1
        return group.domains.count * 3 <= rows ? 3 : group.domains.count * 2 <= rows ? 2 : 1
    }

    enum Actions: String, ScreenAction {
        case nextPane, previousPane, open, smallerMaxSkew, largerMaxSkew, rebalance, placeGhost, removeGhost, scale, why, yaml, showPods
    }

    func unavailable(_ action: Action, _ world: World) -> String? {
        guard let action = Actions(action) else { return nil }
        guard let workload = focusedWorkload(world) else { return "No workload has a spread constraint" }
        switch action {
        case .scale, .yaml:
            guard let info = KindInfo.find(workload.kind), world.store.object(info.type, workload.key) != nil else { return "The workload is gone" }
            return action == .scale && world.cluster.replicas(info.type, workload.key) == nil ? "A \(workload.kind) cannot be scaled" : nil
        case .why: return whoWaits(workload, world) == nil ? "No pod of \(workload.name) waits for a node" : nil
        case .nextPane, .previousPane, .open, .smallerMaxSkew, .largerMaxSkew, .rebalance, .placeGhost, .removeGhost, .showPods: return nil
        }
    }
    /// The view of the pod of the workload that waits, or of those that are not created; nil if there are none.
    private func whoWaits(_ workload: Workload, _ world: World) -> (any Screen)? {
        if let waiting = world.view.waiting.first(where: { $0.workload == workload }) { return WhyScreen(waiting.key) }
        return world.view.heldBack.entries.contains { $0.workload == workload } ? Lists.heldBack : nil
    }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        guard let group = group(world) else { return nil }
        let workload = group.workload
        if list.perform(action) { return [] }
        if GeneralAction(action) == .back, !ghosts.isEmpty || triedSkew != nil {
            (ghosts, triedSkew) = ([:], nil)
            return []
        }
        guard let action = Actions(action) else { return nil }
        switch action {
        case .nextPane, .previousPane:
            let shown = outline(world)?.id
            let index = world.spread.firstIndex { $0.id == shown } ?? 0
            let step = action == .nextPane ? 1 : world.spread.count - 1
            groupID = world.spread[(index + step) % world.spread.count].id
            (triedSkew, ghosts) = (nil, [:])
            list.reset()
        case .placeGhost, .removeGhost:
            guard let domain = group.domains.first(where: { $0.name == list.id }) else { return [] }
            let change = (ghosts[domain.name] ?? 0) + (action == .placeGhost ? 1 : -1)
            ghosts[domain.name] = max(-domain.pods, change) == 0 ? nil : max(-domain.pods, change)
        case .rebalance: return [.push(WhatIfScreen(.rebalance(workload)))]
        case .smallerMaxSkew: triedSkew = max(1, (triedSkew ?? group.maxSkew) - 1)
        case .largerMaxSkew: triedSkew = (triedSkew ?? group.maxSkew) + 1
        case .open:
            guard let name = list.id else { return [] }
            let term = group.topologyKey == LabelKey.hostname ? "node:\(name)" : group.topologyKey == LabelKey.zone ? "zone:\(name)" : ""
            return [.push(TableScreen(Kind.pod.info, scope: .ofWorkload(workload), filter: term))]
        case .showPods: return [.push(TableScreen(Kind.pod.info, scope: .ofWorkload(workload)))]
        case .scale, .yaml:
            guard let info = KindInfo.find(workload.kind), let object = world.store.object(info.type, workload.key) else { return nil }
            return action == .yaml ? [.push(DetailScreen(object, tab: .yaml))] : [.open(Forms.scale([object], info, world))]
        case .why: return whoWaits(workload, world).map { [.push($0)] }
        }
        return []
    }

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        guard let present = group(world) else {
            canvas.drawBox(in: area, title: StyledText("Spread", theme[.title]), style: theme[.borderFocus])
            canvas.write(
                "No workload has a spread constraint. \(world.mark(GeneralAction.create)) creates a workload with one.",
                at: Point(x: area.x + 2, y: area.y + 2),
                style: theme[.dim])
            return
        }
        let group = tried(present)
        let revisions = RevisionSpread.all(of: group, world)
        let rects = rects(area, revisions: revisions)
        drawFacts(group, revisions, on: &canvas, in: rects[0], world)
        drawDomains(group, on: &canvas, in: rects[1], world)
        guard rects[2].height > 0 else { return }
        if area.width >= 100 {
            let halves = rects[2].splitColumns([.weight(1), .weight(1)])
            drawCounted(present, on: &canvas, in: halves[0], world)
            drawCurve(present, on: &canvas, in: halves[1], world)
        } else {
            drawCounted(present, on: &canvas, in: rects[2], world)
        }
    }

    private func drawFacts(_ group: SpreadGroup, _ revisions: [RevisionSpread], on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        let shown = outline(world)?.id
        let index = (world.spread.firstIndex { $0.id == shown } ?? 0) + 1
        var title = StyledText("Spread  ", theme[.title])
        title.append("\(group.ownerName) / \(group.topologyKey)", theme[.titleHighlight])
        title.append("  ")
        title.append(SpreadWords.state(group, world))
        canvas.drawBox(in: box, title: title, right: StyledText("\(index) of \(world.spread.count)", theme[.dim]), style: theme[.borderFocus])
        let inside = box.interior.inset(x: 1, y: 0)
        func line(_ y: Int, _ name: String, _ parts: [(String, Role)]) {
            canvas.write(name, at: Point(x: inside.x, y: y), style: theme[.dim])
            var text = StyledText("")
            for (word, role) in parts { text.append(word + "   ", theme[role]) }
            canvas.write(text, at: Point(x: inside.x + 10, y: y), maxWidth: inside.width - 10)
        }
        var rule: [(String, Role)] = [(group.whenUnsatisfiable, .text), ("maxSkew \(group.maxSkew)", .text)]
        if let triedSkew, triedSkew != group.maxSkew { rule.append(("tried \(triedSkew)", .rowHighlight)) }
        if let least = group.minDomains {
            rule.append(
                (
                    "minDomains \(least) (\(group.domains.count >= least ? "met" : "not met"): \(group.domains.count))",
                    group.domains.count >= least ? .text : .rowPending
                ))
        }
        rule.append(("nodeAffinityPolicy \(group.honorsAffinity ? "Honor" : "Ignore")", .dim))
        rule.append(("nodeTaintsPolicy \(group.honorsTaints ? "Honor" : "Ignore")", .dim))
        line(inside.y, "rule", rule)
        line(
            inside.y + 1, "counts",
            [(group.selector.isEmpty ? "(nothing)" : group.selector, .text), ("namespace \(group.namespace)", .dim), ("terminating pods do not count", .dim)])
        let worst = world.history.worst[group.id]
        line(
            inside.y + 2, "now",
            [
                ("minimum \(group.effectiveMinimum)", .text), ("maximum \(group.domains.map(\.pods).max() ?? 0)", .text),
                ("skew \(group.skewNow)", SpreadWords.role(group)),
                ("limit \(group.effectiveMinimum + skew(group)) = minimum + maxSkew", .text),
                ("waiting \(group.waiting.count)", !group.waiting.isEmpty ? .rowPending : .text),
                (worst.map { "worst \($0.skew) at \(world.time($0.at, milliseconds: false))" } ?? "", .dim),
            ])
        guard !revisions.isEmpty else { return }
        line(
            inside.y + 3, "revisions",
            revisions.map {
                (
                    "\($0.hash.prefix(6)) \($0.isNewest ? "new" : "old") \($0.countsText) skew \($0.skew)",
                    group.isHard && $0.skew > group.maxSkew ? .rowPending : .text
                )
            }
                + [(group.revision == nil ? "together" : "each by itself", .dim)])
    }

    private func skew(_ group: SpreadGroup) -> Int { triedSkew ?? group.maxSkew }

    /// The group with the pods that were placed and taken away on paper.
    private func tried(_ group: SpreadGroup) -> SpreadGroup {
        if ghosts.isEmpty { return group }
        var result = group
        for index in result.domains.indices {
            let change = ghosts[result.domains[index].name] ?? 0
            result.domains[index].pods = max(0, result.domains[index].pods + change)
            result.domains[index].ready = min(result.domains[index].ready, result.domains[index].pods)
        }
        result.minimum = result.domains.map(\.pods).min() ?? 0
        result.effectiveMinimum = result.minDomainsUnmet ? 0 : result.minimum
        for index in result.domains.indices { result.domains[index].skew = result.domains[index].pods - result.effectiveMinimum }
        return result
    }

    private func drawDomains(_ group: SpreadGroup, on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        let limit = group.effectiveMinimum + skew(group)
        canvas.drawBox(
            in: box, title: StyledText("Eligible domains", theme[.title]),
            right: ghosts.isEmpty && triedSkew == nil
                ? StyledText("each block is one pod   \(canvas.glyphs.limit) limit \(limit)", theme[.dim])
                : StyledText("tried on paper, nothing is changed   \(world.hint(GeneralAction.back, "takes it back"))   limit \(limit)", theme[.rowHighlight]),
            style: theme[.border])
        let inside = box.interior
        let nameWidth = min(16, max(6, group.domains.map { TextWidth.columns($0.name) }.max() ?? 6))
        let verdictWidth = inside.width >= 100 ? 34 : inside.width >= 70 ? 22 : 10
        let barX = nameWidth + 10
        let barWidth = max(6, inside.width - barX - verdictWidth - 6)
        let most = max(limit, group.domains.map(\.pods).max() ?? 0, 1)
        let unit = max(1, min(8, barWidth / most))
        canvas.write(pad("DOMAIN", nameWidth + 1) + pad("NODES", 8), at: Point(x: inside.x + 1, y: inside.y), style: theme[.tableHeader])
        canvas.write("PODS", at: Point(x: inside.x + barX, y: inside.y), style: theme[.tableHeader])
        canvas.write("ONE MORE HERE WOULD BE", at: Point(x: inside.right - verdictWidth, y: inside.y), style: theme[.tableHeader], maxWidth: verdictWidth)
        let perDomain = linesPerDomain(group, inside)
        let shown = list.page
        canvas.drawPosition(of: list.seen, in: group.domains.count, onBox: box, rows: inside.inset(top: 1), theme: theme)
        for (line, domain) in group.domains.dropFirst(list.top).prefix(shown).enumerated() {
            let y = inside.y + 1 + line * perDomain
            let isCursor = list.top + line == list.index
            if isCursor { canvas.write(canvas.glyphs.cursor, at: Point(x: inside.x, y: y), style: theme[.accent]) }
            canvas.write(domain.name, at: Point(x: inside.x + 1, y: y), style: theme[isCursor ? .cursor : .text], maxWidth: nameWidth, ellipsis: true)
            canvas.write(
                "\(domain.openNodes)/\(domain.nodes)", at: Point(x: inside.x + nameWidth + 2, y: y),
                style: theme[domain.openNodes == domain.nodes ? .dim : .rowPending])
            for row in 0..<(perDomain == 3 ? 2 : 1) {
                drawBar(domain, group, unit: unit, width: barWidth, limit: limit, on: &canvas, at: Point(x: inside.x + barX, y: y + row), theme)
            }
            canvas.write("\(domain.pods)", at: Point(x: inside.x + barX + barWidth + 2, y: y), style: theme[.text])
            // The filter's own arithmetic, with the tried maxSkew; as it is, what the whole filter says comes after.
            let result = domain.pods + group.selfMatch - group.effectiveMinimum
            let passes = result <= skew(group)
            let relation = passes ? String(canvas.glyphs.atMost) : ">"
            var text = StyledText(
                verdictWidth >= 30
                    ? "\(domain.pods)+\(group.selfMatch)-\(group.effectiveMinimum) = \(result) \(relation) \(skew(group))  "
                    : "\(result) \(relation) \(skew(group)) ", theme[.dim])
            let isOnPaper = !ghosts.isEmpty || triedSkew != nil
            let (word, role) = Self.verdict(domain, group, passes: passes, isOnPaper: isOnPaper, isWide: verdictWidth >= 30)
            text.append(word, theme[role])
            canvas.write(text, at: Point(x: inside.right - verdictWidth, y: y), maxWidth: verdictWidth)
        }
    }

    /// What the scheduler says to one more pod in a domain; on paper only this rule and the nodes' room are known.
    private static func verdict(_ domain: SpreadDomain, _ group: SpreadGroup, passes: Bool, isOnPaper: Bool, isWide: Bool) -> (String, Role) {
        if group.isHard, !passes, group.isEnforced { return ("refused", .rowError) }
        if domain.openNodes == 0 { return (isWide ? "allowed, no node" : "no node", .rowPending) }
        if !isOnPaper, !domain.takesOneMore { return (isWide ? "other rule refuses" : "other rule", .rowPending) }
        return passes ? ("allowed", .good) : (group.isHard ? "not applied" : "allowed", .rowPending)
    }

    private func drawBar(
        _ domain: SpreadDomain, _ group: SpreadGroup, unit: Int, width: Int, limit: Int, on canvas: inout Canvas, at point: Point, _ theme: Theme
    ) {
        let block = String(canvas.glyphs.barFull, times: max(1, unit - (unit > 2 ? 1 : 0)))
        for index in 0..<domain.pods {
            let x = index * unit
            guard x + unit <= width else {
                canvas.write("+\(domain.pods - index)", at: point.offset(x: min(x, width - 3)), style: theme[.dim])
                return
            }
            let isGhost = index >= domain.pods - max(0, ghosts[domain.name] ?? 0)
            let role: Role = index >= limit ? .rowError : isGhost ? .rowHighlight : index < domain.ready ? .good : .rowPending
            canvas.write(isGhost ? String(repeating: canvas.glyphs.ghost, count: block.count) : block, at: point.offset(x: x), style: theme[role])
        }
        for index in domain.pods..<max(domain.pods, min(limit, width / unit)) {
            canvas.write(String(repeating: canvas.glyphs.wait, count: block.count), at: point.offset(x: index * unit), style: theme[.dim])
        }
        if limit <= width / unit { canvas.write(canvas.glyphs.limit, at: point.offset(x: limit * unit), style: theme[.limit]) }
    }

    private func drawCounted(_ group: SpreadGroup, on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        canvas.drawBox(in: box, title: StyledText("Counted and not counted", theme[.title]), style: theme[.border])
        let inside = box.interior.inset(x: 1, y: 0)
        var lines: [(String, String, Role)] = []
        for (reason, names) in excluded(group) {
            lines.append((names.prefix(3).joined(separator: " ") + (names.count > 3 ? " +\(names.count - 3)" : ""), reason, .rowPending))
        }
        if !group.terminating.isEmpty { lines.append((counted(group.terminating.count, "pod"), "terminating: not counted", .dim)) }
        if !group.waiting.isEmpty { lines.append((counted(group.waiting.count, "pod"), "pending: not counted until bound", .rowPending)) }
        if !group.stranded.isEmpty { lines.append((counted(group.stranded.count, "pod"), "stranded on nodes that do not count", .rowPending)) }
        if group.carriers - group.waiting.count != group.matched {
            lines.append(("\(group.matched) matched", "\(group.carriers) pods carry the constraint", .dim))
        }
        lines.append(("remark", SpreadWords.remark(group, world).text, .dim))
        for (line, entry) in lines.prefix(inside.height).enumerated() where !entry.1.isEmpty {
            canvas.write(entry.0, at: Point(x: inside.x, y: inside.y + line), style: theme[.text], maxWidth: 17, ellipsis: true)
            canvas.write(entry.1, at: Point(x: inside.x + 18, y: inside.y + line), style: theme[entry.2], maxWidth: inside.width - 18, ellipsis: true)
        }
    }

    /// Nodes that do not count, gathered by the reason.
    private func excluded(_ group: SpreadGroup) -> [(reason: String, names: [String])] {
        var result: [(reason: String, names: [String])] = []
        for node in group.excludedNodes {
            if let index = result.firstIndex(where: { $0.reason == node.text }) {
                result[index].names.append(node.name)
            } else {
                result.append((node.text, [node.name]))
            }
        }
        return result
    }

    private func drawCurve(_ group: SpreadGroup, on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        let values = Array((world.history.skew[group.id] ?? []).last(upTo: box.width - 8))
        let worst = world.history.worst[group.id]?.skew ?? 0
        canvas.drawBox(in: box, title: StyledText("Skew over time", theme[.title]), right: StyledText("worst \(worst)", theme[.dim]), style: theme[.border])
        let inside = box.interior.inset(x: 1, y: 0)
        let highest = max(Double(worst), Double(group.maxSkew) + 1)
        canvas.write(fixed(highest, 0), at: Point(x: inside.x, y: inside.y), style: theme[.dim])
        canvas.write("0", at: Point(x: inside.x, y: inside.bottom - 1), style: theme[.dim])
        var chart = AreaChart(values, minimum: 0, maximum: highest)
        chart.line.limit = Double(group.maxSkew)
        chart.draw(on: &canvas, in: inside.inset(left: 3), theme: theme)
    }
}

extension SpreadScreen {
    static let command = PromptCommand(
        names: ["spread"], arguments: "[workload]", help: "Spread constraints and their skew", candidates: { world, _ in world.spread.map(\.ownerName) }
    ) { dashboard, words in
        let group = words.first.flatMap { word in dashboard.world.spread.first { $0.ownerName == word } }
        let focus = group?.workload
        if let word = words.first, group == nil { return dashboard.show("No workload \(word) has a spread constraint", .error) }
        dashboard.apply([.push(SpreadScreen(focus: focus ?? dashboard.stack.last!.focusedWorkload(dashboard.world)))])
    }
}
