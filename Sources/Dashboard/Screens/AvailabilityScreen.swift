import Canvas
import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// What a failure would cost: workloads by domains, the worst first, and the numbers of the selected one.
struct AvailabilityScreen: ListedScreen {
    var filter = "" { didSet { list.reset() } }
    var list = ListCursor<Workload>()
    private var detailTop = 0
    private var search = AvailabilitySearch()
    private var rows: [WorkloadAvailability] = []
    private var rowsStamp: RowsStamp?
    /// The numbers of the workload under the cursor, wrapped.
    private var details: [(String, StyledText)] = []
    private var zones: [String] = []
    private var zonesAt: (layout: Int, generation: Int)?

    private struct RowsStamp: Equatable {
        var version: Int
        var filter: String
        var namespace: String
        var onlyRisks: Bool
    }

    init(_ workload: Workload? = nil) { list = ListCursor(on: workload) }

    var crumb: String { "availability" }
    var bindings: [BindingGroup] {
        [
            BindingGroup(
                "Availability",
                [
                    Binding(.enter, action: Actions.open, "pods", "The pods of the workload", footer: 5),
                    Binding(.character("p"), action: Actions.parameters, "rates", "Set failure rates, traffic, prices and clients", footer: 10),
                    Binding(.tab, action: Actions.nextPane, "more", "Scroll the numbers", footer: 15),
                    Binding(.control("z"), action: Actions.faultsOnly, "risks", "Show only workloads at risk", footer: 20),
                    Binding(.character("d"), action: Actions.describe, "describe", "Describe the workload"),
                    Binding(.character("s"), action: Actions.scale, "scale", "Scale the workload"),
                ])
        ]
    }
    private var onlyRisks = false
    /// What becomes of the selected workload's pods if their node is lost, and for which state of it that was tried.
    private var trial: (key: TrialKey, trial: ReplacementTrial)?
    /// The nodes that would take another pod of the selected workload.
    private var open: (key: TrialKey, names: Set<String>)?

    private struct TrialKey: Equatable {
        var places: [Unavailability.Place]
        var workload: Workload
        var repair: Duration
        var generation: Int
        /// While time runs, the same places are as good as the same state.
        var revision: Int
    }

    var hasWork: Bool { search.isAtWork || trial.map { !$0.trial.isDone } ?? false }
    mutating func work(_ world: World, until shouldStop: () -> Bool) {
        search.work(world, until: shouldStop)
        if !search.isAtWork { trial?.trial.run(until: shouldStop) }
    }
    mutating func refresh(_ world: World, in area: Rect) {
        prepare(world)
        details =
            rows.isEmpty
            ? []
            : AvailabilityDetail.lines(rows[list.index], open: open?.names ?? [], loss: trial?.trial, world).flatMap { entry -> [(String, StyledText)] in
                let parts = entry.1.wrapped(to: max(10, area.width - 15))
                return parts.enumerated().map { ($0 == 0 ? entry.0 : "", $1) }
            }
        let rects = rects(area)
        list.scroll(in: rects[0].interior.inset(top: 1))
        if rects[1].height > 0 { detailTop = max(0, min(detailTop, details.count - rects[1].interior.height)) }
    }

    /// The workloads, and below the numbers of the one under the cursor.
    private func rects(_ area: Rect) -> [Rect] {
        area.splitRows([
            .weight(1), .fixed(area.height >= 16 ? min(details.count + 2, area.height - min(rows.count + 3, max(6, area.height / 2))) : 0),
        ])
    }

    mutating func prepare(_ world: World) {
        findRows(world)
        guard let one = rows[safe: list.index] else { return }
        let key = TrialKey(
            places: one.places, workload: one.workload, repair: world.availability.nodeRepair, generation: world.generation,
            revision: world.session.isPaused ? world.store.revision : -1)
        if trial?.key != key {
            trial = ReplacementTrial(of: one, world.session.simulation, limit: world.availability.nodeRepair).map { (key, $0) }
        }
        if open?.key != key {
            let pod = one.places.lazy.flatMap { world.store.pods(onNode: $0.node) }.first { Workload(of: $0, world.cluster) == one.workload }
            var view = world.spreadFollower
            open = (key, pod.map { view.openNodes(like: $0, in: world.cluster) } ?? [])
        }
    }

    private mutating func findRows(_ world: World) {
        search.refresh(world)
        if let zonesAt, zonesAt == (world.view.layout, world.generation) {
        } else {
            zonesAt = (world.view.layout, world.generation)
            zones = Set(world.view.nodes.values.map { $0.labels[LabelKey.zone] ?? "" }).sorted().prefix(12).map { $0 }
        }
        let stamp = RowsStamp(version: search.version, filter: filter, namespace: world.namespace, onlyRisks: onlyRisks)
        if stamp == rowsStamp { return }
        rowsStamp = stamp
        let words = filter.lowercased().split(separator: " ")
        rows = search.found.filter { one in
            guard world.shows(one.workload.namespace) else { return false }
            if onlyRisks, one.risk == .none { return false }
            if words.isEmpty { return true }
            let text = "\(one.workload.namespace) \(one.workload.kind) \(one.workload.name) \(one.riskText)".lowercased()
            return words.allSatisfy { text.contains($0) }
        }
        list.show(rows.map(\.workload))
    }

    func focusedWorkload(_ world: World) -> Workload? { list.id ?? search.found.first?.workload }

    func peek(_ world: World) -> Peek? { focusedWorkload(world).flatMap { Peek(of: $0, world) } }

    enum Actions: String, ScreenAction {
        case open, parameters, nextPane, previousPane, faultsOnly, describe, scale
    }

    func unavailable(_ action: Action, _ world: World) -> String? {
        guard let action = Actions(action), [.open, .describe, .scale].contains(action) else { return nil }
        guard let workload = rows[safe: list.index]?.workload else { return "Nothing is selected" }
        guard let info = KindInfo.find(workload.kind), world.store.object(info.type, workload.key) != nil else {
            return "\(workload.kind) \(workload.name) is gone"
        }
        return action == .scale && world.cluster.replicas(info.type, workload.key) == nil ? "A \(workload.kind) cannot be scaled" : nil
    }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        let before = list.id
        if list.perform(action) {
            if list.id != before { detailTop = 0 }
            return []
        }
        guard let action = Actions(action) else { return nil }
        switch action {
        case .nextPane: detailTop += 3
        case .previousPane: detailTop = max(0, detailTop - 3)
        case .faultsOnly: onlyRisks.toggle()
        case .parameters: return [.open(Forms.availability(world))]
        case .open, .describe, .scale:
            guard let workload = rows[safe: list.index]?.workload, let info = KindInfo.find(workload.kind),
                let object = world.store.object(info.type, workload.key)
            else { return nil }
            if action == .open { return [.push(TableScreen(Kind.pod.info, scope: .ofWorkload(workload)))] }
            return action == .describe ? [.push(DetailScreen(object, tab: .describe))] : [.open(Forms.scale([object], info, world))]
        }
        return []
    }

    // MARK: Drawing

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        let rects = rects(area)
        drawFrame(on: &canvas, in: rects[0], world)
        let inside = rects[0].interior
        guard let selected = rows[safe: list.index] else {
            let progress = search.progress(world)
            let text = progress.map { "looking at all pods: \(fixed($0 * 100, 0))%" } ?? "No workload has a pod here."
            canvas.write(text, at: Point(x: inside.x + 1, y: inside.y), style: theme[.dim], maxWidth: inside.width - 2)
            return
        }
        let nodes = nodes(world, width: inside.width - 104 - zones.count * 11)
        let table = TableWidget(columns: columns(zones: zones, nodes: nodes), rowCount: rows.count, cursor: list.index, top: list.top)
        let layout = table.draw(on: &canvas, in: inside, theme: theme) { Self.cells(of: rows[$0], zones: zones, nodes: nodes, world) }
        canvas.drawPosition(of: list.seen, in: rows.count, onBox: rects[0], rows: layout.body, theme: theme)
        if rects[1].height > 0 { drawDetail(selected, details, on: &canvas, in: rects[1], world) }
    }

    private func drawFrame(on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        var title = StyledText("Availability", theme[.title])
        title.append("(\(world.namespace.isEmpty ? "all" : world.namespace))", theme[.titleHighlight])
        title.append("[\(rows.count)]", theme[.titleCounter])
        if onlyRisks { title.append(" risks", theme[.titleFilter]) }
        if !filter.isEmpty { title.append(" </\(filter)>", theme[.titleFilter]) }
        let points = rows.count { $0.risk.isSinglePoint || $0.risk == .down }
        canvas.drawBox(
            in: box, title: title,
            right: StyledText(
                points == 0 ? "no single point of failure" : counted(points, "single point of failure", "single points of failure"),
                theme[points == 0 ? .good : .rowError]),
            style: theme[.borderFocus])
    }

    /// Columns of a workload; those of single zones and nodes give way first.
    private func columns(zones: [String], nodes: [String]) -> [TableWidget.Column] {
        let names = rows.map { TextWidth.columns($0.workload.name) }.max() ?? 0
        return [
            TableWidget.Column("WORKLOAD", minimum: 10, ideal: max(22, names + 1)),
            TableWidget.Column("READY", alignment: .right, minimum: 5, ideal: 7),
            TableWidget.Column("RISK", minimum: 36, ideal: 40), TableWidget.Column("NODE", alignment: .right, minimum: 4, ideal: 5),
            TableWidget.Column("ZONE", alignment: .right, minimum: 4, ideal: 5), TableWidget.Column("DOWN A YEAR", alignment: .right, minimum: 11, priority: 3),
            TableWidget.Column("CROSS-ZONE", alignment: .right, minimum: 10, priority: 4),
        ]
            + zones.map { TableWidget.Column($0.isEmpty ? "(none)" : $0, alignment: .right, minimum: max(3, min(10, TextWidth.columns($0))), priority: 5) }
            + nodes.map { TableWidget.Column($0, alignment: .right, minimum: max(3, TextWidth.columns($0)), priority: 6) }
    }

    private static func cells(of one: WorkloadAvailability, zones: [String], nodes: [String], _ world: World) -> TableRow {
        let theme = world.theme
        /// Ready pods in one domain, coloured by their share.
        func count(_ ready: Int?) -> StyledText {
            let ready = ready ?? 0
            let share = one.ready == 0 ? 0 : Double(ready) / Double(one.ready)
            return StyledText(ready == 0 ? world.glyphs.notAsked.description : "\(ready)", theme[role(share)])
        }
        let cells = [
            StyledText(one.workload.name, theme[.text]), StyledText("\(one.ready)/\(one.desired)", theme[one.ready < one.desired ? .rowPending : .text]),
            risk(one, world), share(one.byNode.worst, theme), share(one.byZone.worst, theme),
            StyledText(AvailabilityWords.downtime(one.unavailability.belowQuorum), theme[.text]),
            StyledText(one.traffic.map { AvailabilityWords.percent($0.crossZone) } ?? "-", theme[.dim]),
        ]
        let byZone = zones.map { zone in count(one.byZone.domains.first { $0.name == zone }?.ready) }
        return TableRow(cells + byZone + nodes.map { node in count(one.places.first { $0.node == node }?.ready) })
    }

    /// All nodes by zone, if a column for each fits into `width`.
    private func nodes(_ world: World, width: Int) -> [String] {
        let names = world.view.nodeNames
        guard names.count <= width / 4, names.reduce(0, { $0 + max(3, TextWidth.columns($1)) + 1 }) <= width else { return [] }
        func zone(_ name: String) -> String { world.view.nodes[name]?.labels[LabelKey.zone] ?? "" }
        return names.sorted { zone($0) != zone($1) ? zone($0) < zone($1) : naturalOrder($0, $1) }
    }

    static func role(_ share: Double) -> Role { share > 0.5 ? .rowError : share > 0.34 ? .rowPending : share == 0 ? .dim : .text }
    private static func share(_ value: Double?, _ theme: Theme) -> StyledText {
        value.map { StyledText(AvailabilityWords.percent($0), theme[role($0)]) } ?? StyledText("-", theme[.dim])
    }
    /// Glyph and words of what is wrong.
    static func risk(_ one: WorkloadAvailability, _ world: World, short: Bool = false) -> StyledText {
        let theme = world.theme
        if one.risk == .none {
            return StyledText(
                one.desired == 0 ? "scaled to 0" : "\(world.glyphs.passed) survives any one node\(one.knowsZones ? " or zone" : "")",
                theme[one.desired == 0 ? .dim : .good])
        }
        let isPoint = one.risk.isSinglePoint || one.risk == .down
        return StyledText("\(world.glyphs.stopped) \(short ? one.riskWord : one.riskText)", theme[isPoint ? .rowError : .rowPending])
    }

    private func drawDetail(_ one: WorkloadAvailability, _ lines: [(String, StyledText)], on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        var title = StyledText("\(one.workload.kind.lowercased()) \(one.workload.name)  ", theme[.titleHighlight])
        title.append("needs \(one.quorum) of \(one.desired)", theme[.title])
        title.append(one.budget.map { " (budget \($0))" } ?? "", theme[.dim])
        let rates = world.availability
        let right = StyledText(
            "down: zone \(AvailabilityWords.scientific(rates.zone))  node \(AvailabilityWords.scientific(rates.node))  pod \(AvailabilityWords.scientific(rates.pod))",
            theme[.dim])
        canvas.drawBox(in: box, title: title, right: right, style: theme[.border])
        let inside = box.interior.inset(x: 1, y: 0)
        for (line, entry) in lines.dropFirst(detailTop).prefix(inside.height).enumerated() {
            canvas.write(entry.0, at: Point(x: inside.x, y: inside.y + line), style: theme[.dim])
            canvas.write(entry.1, at: Point(x: inside.x + 11, y: inside.y + line), maxWidth: inside.width - 11)
        }
        let hidden = lines.count - detailTop - inside.height
        if hidden > 0 {
            canvas.write(
                StyledText(" \(world.hint(Actions.nextPane, "\(hidden) more", in: bindings[0])) ", theme[.dim]), endingAt: box.right - 2, y: box.bottom - 1)
        }
    }
}

/// The formulas with their numbers.
enum AvailabilityDetail {
    static func lines(_ one: WorkloadAvailability, open names: Set<String>, loss: ReplacementTrial?, _ world: World) -> [(String, StyledText)] {
        guard one.ready > 0 else { return [("", StyledText("No pod is ready: there is nothing to lose.", world.theme[.rowError]))] }
        return radii(one, names, world) + [("if lost", losses(one, world))] + outages(one, world) + [("replaced", replaced(one, loss, world))]
            + traffic(one, world) + domains(one, world)
    }

    /// How much of the workload the worst node and the worst zone hold, and what would be best.
    private static func radii(_ one: WorkloadAvailability, _ names: Set<String>, _ world: World) -> [(String, StyledText)] {
        let theme = world.theme
        let open = openDomains(one, names, world)
        return [("nodes", one.byNode, open.nodes), ("zones", one.byZone, open.zones)].compactMap { name, radius, count in
            var radius = radius
            let open = max(count, radius.domains.count)
            radius.open = open
            guard let worst = radius.domains.first, let share = radius.worst, let best = radius.bestPossible, let evenness = radius.evenness else { return nil }
            var line = StyledText(
                "worst \(AvailabilityWords.percent(share)) = \(worst.ready)/\(radius.ready) in \(worst.name.isEmpty ? "(none)" : worst.name)",
                theme[AvailabilityScreen.role(share)])
            line.append("   best possible \(AvailabilityWords.percent(best)) = ceil(\(radius.ready)/\(open))/\(radius.ready)", theme[.dim])
            line.append(
                "   evenness \(fixed(evenness))   as good as \(fixed(radius.effectiveDomains, 1)) equal \(name), uses \(radius.domains.count) of \(open)",
                theme[.dim])
            return (name, line)
        }
    }

    /// What is left without the worst node, and without the worst zone.
    private static func losses(_ one: WorkloadAvailability, _ world: World) -> StyledText {
        let theme = world.theme
        var losses = StyledText("", theme[.text])
        for radius in [one.byNode, one.byZone] {
            guard let worst = radius.domains.first else { continue }
            let left = radius.survivors(without: worst)
            losses.append("\(worst.name.isEmpty ? "(none)" : worst.name): ", theme[.text])
            losses.append("\(left) left\(radius.loadFactor(without: worst).map { ", load ×\(fixed($0))" } ?? "")", theme[left < one.quorum ? .rowError : .text])
            losses.append(left < one.quorum ? ", \(one.quorum) needed     " : "     ", theme[.rowError])
        }
        return losses
    }

    /// How likely it is that no pod, or too few, are up.
    private static func outages(_ one: WorkloadAvailability, _ world: World) -> [(String, StyledText)] {
        let theme = world.theme
        let odds = one.unavailability
        var none = StyledText("P0 = × over zones [ pz + (1-pz) · × over nodes ( pn + (1-pn)·pp^r ) ] = ", theme[.dim])
        none.append("\(AvailabilityWords.scientific(odds.none)) = \(AvailabilityWords.downtime(odds.none)) a year", theme[.text])
        var lines = [("all down", none)]
        if one.quorum > 1 {
            var below = StyledText("P(<\(one.quorum)) = sum of P(up = k) for k < \(one.quorum) = ", theme[.dim])
            below.append("\(AvailabilityWords.scientific(odds.belowQuorum)) = \(AvailabilityWords.downtime(odds.belowQuorum)) a year", theme[.text])
            lines.append(("too few", below))
        }
        let loss = "1 - (1-pz)(1-pn)(1-pp) = \(fixed(odds.loss * 100, 3))% of the pods on average, wherever they run"
        return lines + [("lost", StyledText(loss, theme[.dim]))]
    }

    /// What crosses zones, what that costs, and how long it takes.
    private static func traffic(_ one: WorkloadAvailability, _ world: World) -> [(String, StyledText)] {
        let theme = world.theme
        func text(_ text: String, _ role: Role = .text) -> StyledText { StyledText(text, theme[role]) }
        guard let traffic = one.traffic, let service = one.service else { return [("traffic", text("no Service selects its pods", .dim))] }
        let rates = world.availability
        var route = text("service \(service), \(traffic.asked.text)")
        if traffic.routing != traffic.asked { route.append("; uniform instead: \(traffic.hintsRefusal)", theme[.rowPending]) }
        let gigabytes = "\(fixed(rates.gigabytesPerSecond, 3)) GB/s · 2,592,000 s · \(fixed(traffic.crossZone, 3)) · \(fixed(rates.pricePerGigabyte, 3))/GB"
        let loads = traffic.zones.indices.compactMap { zone in traffic.loadFactor(zone).map { "\(traffic.zones[zone].name) \(fixed($0))" } }
        let mean = traffic.meanLatency(rates.latency).map { "\(fixed($0)) ms" } ?? "-"
        let slow = AvailabilityWords.percent(traffic.share(slowerThan: 1, rates.latency))
        var latency = text("mean \(mean), slower than 1 ms: \(slow)   load of an endpoint (1 is fair)  \(loads.joined(separator: "  "))")
        if traffic.dropped > 0 { latency.append("   \(AvailabilityWords.percent(traffic.dropped)) finds no endpoint", theme[.rowError]) }
        var lines = [
            ("traffic", route), ("cross-zone", text(crossZone(traffic) + " = \(AvailabilityWords.percent(traffic.crossZone))")),
            ("cost", text("\(gigabytes) = \(fixed(traffic.monthlyCost(rates))) a month")), ("latency", latency),
        ]
        if traffic.asked == .uniform {
            let prefer = Traffic(traffic.zones, .preferSameZone)
            let mean = prefer.meanLatency(rates.latency).map { fixed($0) } ?? "-"
            let crossing = "cross-zone \(AvailabilityWords.percent(prefer.crossZone)), \(fixed(prefer.monthlyCost(rates))) a month"
            lines.append(("instead", text("PreferSameZone: \(crossing), mean \(mean) ms, load up to \(fixed(prefer.worstLoadFactor ?? 0))", .dim)))
        }
        return lines
    }

    /// What the loss of each zone and each node would leave.
    private static func domains(_ one: WorkloadAvailability, _ world: World) -> [(String, StyledText)] {
        let theme = world.theme
        return [(one.byZone, "each zone"), (one.byNode, "each node")].flatMap { radius, name in
            let told = radius.domains.prefix(mostDomains)
            let width = told.map { TextWidth.columns($0.name) }.max() ?? 0
            let lines = told.enumerated().map { index, domain in
                let share = Double(domain.ready) / Double(max(1, radius.ready))
                let left = radius.survivors(without: domain)
                let full = Canvas.step((share * 20).rounded(), upTo: 20)
                var line = StyledText(pad(domain.name.isEmpty ? "(none)" : domain.name, max(width, 6) + 1), theme[.text])
                line.append(String(world.glyphs.barFull, times: full), theme[AvailabilityScreen.role(share)])
                line.append(String(world.glyphs.barEmpty, times: 20 - full), theme[.gaugeFree])
                line.append(" \(AvailabilityWords.percent(share))  \(left) left", theme[.text])
                if let factor = radius.loadFactor(without: domain) { line.append(", load ×\(fixed(factor, 2))", theme[.dim]) }
                if left < one.quorum { line.append("  \(world.glyphs.stopped) \(one.quorum) needed", theme[.rowError]) }
                return (index == 0 ? name : "", line)
            }
            guard radius.domains.count > told.count, let last = told.last else { return lines }
            let rest = "and \(counted(radius.domains.count - told.count, "more", "more")) with at most \(counted(last.ready, "pod")) each"
            return lines + [("", StyledText(rest, theme[.dim]))]
        }
    }
    /// Those with most pods are told one by one.
    private static let mostDomains = 100

    private static func crossZone(_ traffic: Traffic) -> String {
        let total = traffic.zones.reduce(0) { $0 + $1.endpoints }
        func share(_ value: Double) -> String { fixed(value, 2) }
        switch traffic.routing {
        case .uniform:
            return "X = sum of c·(1 - e/E) = "
                + traffic.zones.filter { $0.clients > 0 }.map { "\(share($0.clients))·(1 - \($0.endpoints)/\(total))" }.joined(separator: " + ")
        default:
            let terms = traffic.zones.indices.filter { traffic.zones[$0].clients > 0 }.map { z in
                let away = traffic.shares[z].indices.reduce(0) { $0 + ($1 == z ? 0 : traffic.shares[z][$1]) }
                return "\(share(traffic.zones[z].clients))·\(share(away))"
            }
            return "X = sum of c·(share that leaves the zone) = " + terms.joined(separator: " + ")
        }
    }

    /// What the loss of the node with most of the pods came to on a fork, and what that means over a year.
    private static func replaced(_ one: WorkloadAvailability, _ loss: ReplacementTrial?, _ world: World) -> StyledText {
        let theme = world.theme
        guard let loss, let outcome = loss.outcome else {
            return StyledText("trying on a fork what becomes of the pods of a lost node \(world.glyphs.ellipsis)", theme[.dim])
        }
        let rates = world.availability
        let repair = WhatIfWords.short(rates.nodeRepair)
        let pods = "\(counted(outcome.lost, "pod"))"
        guard let after = outcome.after else {
            var text = StyledText("\(outcome.node) lost: \(outcome.back) of \(pods) ready again within \(repair)", theme[.rowPending])
            text.append(": \(outcome.why)", theme[.text])
            return text
        }
        let quick = rates.node(repairedIn: min(rates.nodeRepair, after))
        let none = Unavailability(one.places, quorum: one.quorum, rates, node: quick).none
        var text = StyledText("\(outcome.node) lost: \(pods) ready again after \(WhatIfWords.short(after)), not \(repair)", theme[.text])
        text.append(
            ", as tried on a fork: pn \(AvailabilityWords.scientific(quick)), P0 \(AvailabilityWords.scientific(none)) = \(AvailabilityWords.downtime(none)) a year",
            theme[.dim])
        return text
    }

    /// How many nodes and zones could have pods of the workload: those that have some, and those that the filters leave.
    private static func openDomains(_ one: WorkloadAvailability, _ open: Set<String>, _ world: World) -> (nodes: Int, zones: Int) {
        let names = open.union(one.places.map(\.node))
        return (names.count, Set(names.map { world.view.nodes[$0]?.zone ?? "" }).count)
    }
}

extension Forms {
    /// The rates and prices that availability is worked out from.
    static func availability(_ world: World) -> Form {
        let present = world.availability
        func number(_ value: Double) -> String { AvailabilityWords.plain(value) }
        let clients = present.clientShares.sorted { $0.key < $1.key }.map { "\($0.key)=\(number($0.value))" }.joined(separator: ",")
        return Form(
            title: "Rates and prices",
            fields: [
                FormField("zone", "Zone down", text: number(present.zone), hint: "share of time, 0..1"),
                FormField("node", "Node down", text: number(present.node), hint: "while its zone is up"),
                FormField("pod", "Pod down", text: number(present.pod), hint: "while its node is up"),
                FormField("replacement", "Replacement", text: present.replacement.description, hint: "until pods are replaced"),
                FormField("repair", "Node repair", text: present.nodeRepair.description, hint: "mean time"),
                FormField("quorum", "Pods needed", text: present.quorum.map(String.init) ?? "", hint: "empty: budget's or 1"),
                FormField("traffic", "Traffic GB/s", text: number(present.gigabytesPerSecond), hint: "to each Service"),
                FormField("price", "Price a GB", text: number(present.pricePerGigabyte), hint: "that crosses zones"),
                FormField("clients", "Clients", text: clients, hint: "empty: even; or a=2,b=1"),
            ], action: "Use them",
            submit: { values, world in
                var parameters = AvailabilityParameters()
                for (name, path) in [
                    ("zone", \AvailabilityParameters.zone), ("node", \.node), ("pod", \.pod), ("traffic", \.gigabytesPerSecond), ("price", \.pricePerGigabyte),
                ] {
                    guard let value = Double(values[name]), value >= 0, value.isFinite else { return .problem("\(values[name]) is not a number", field: name) }
                    if ["zone", "node", "pod"].contains(name), value >= 1 { return .problem("A share of time is less than 1", field: name) }
                    parameters[keyPath: path] = value
                }
                for (name, path) in [("replacement", \AvailabilityParameters.replacement), ("repair", \.nodeRepair)] {
                    guard let span = Duration(values[name]), span > .zero else { return .problem("A time is written as 6m30s or 30m", field: name) }
                    parameters[keyPath: path] = span
                }
                if !values["quorum"].isEmpty {
                    guard let quorum = values.int("quorum"), quorum >= 0 else { return .problem("The pods needed are a number", field: "quorum") }
                    parameters.quorum = quorum
                }
                for item in values["clients"].split(separator: ",") {
                    let parts = item.split(separator: "=")
                    guard parts.count == 2, let share = Double(parts[1]), share >= 0, share.isFinite else {
                        return .problem("Clients are written as eu-a=2,eu-b=1", field: "clients")
                    }
                    guard world.view.nodes.values.contains(where: { $0.labels[LabelKey.zone] == String(parts[0]) }) else {
                        return .problem("There is no zone \(parts[0])", field: "clients")
                    }
                    parameters.clientShares[String(parts[0])] = share
                }
                return .done([.setAvailability(parameters)])
            })
    }
}

extension AvailabilityScreen {
    static let command = PromptCommand(
        names: ["availability", "av"], arguments: "", help: "Single points of failure, what a failure would cost, traffic between zones"
    ) {
        dashboard, _ in
        dashboard.apply([.push(AvailabilityScreen(dashboard.stack.last!.focusedWorkload(dashboard.world)))])
    }
}
