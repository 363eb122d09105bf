import Canvas
import ControlPlane
import KubernetesAPI
import Printers
import SimulationKit

/// Nodes being drained, pod by pod: queued, evicting, held by which budget, leaving, gone.
struct DrainScreen: ListedScreen, PodHolder {
    private let nodes: [String]
    var list = ListCursor<ObjectKey>()
    var filter = ""

    init(_ nodes: [String]) { self.nodes = nodes }

    var crumb: String { "drain \(nodes.joined(separator: ","))" }
    static let keys = BindingGroup(
        "Drain",
        [
            Binding(.enter, action: Actions.open, "describe", "Describe the pod", footer: 5),
            Binding(.character("x"), action: Actions.stopDrain, "stop", "Stop draining; the node stays cordoned", footer: 10),
            Binding(.character("u"), action: Actions.uncordon, "uncordon", "Stop draining and let pods onto the node again", footer: 15),
            Binding(.character("W"), action: Actions.why, "why", "Why the pod under the cursor is where it is", footer: 30),
        ])
    var bindings: [BindingGroup] { [Self.keys] }

    private var drains: [Drain] = []
    private var rows: [(node: String, pod: Drain.PodProgress)] = []
    /// What kubectl would say.
    private var said: [String] = []

    mutating func refresh(_ world: World, in area: Rect) {
        drains = nodes.compactMap { name in world.session.simulation.drains.last { $0.node == name } }
        rows = drains.flatMap { drain in drain.pods.map { (drain.node, $0) } }
        said = drains.flatMap { drain in drain.lines.filter { !$0.hasPrefix("evicting") }.map { drains.count > 1 ? "\(drain.node): \($0)" : $0 } }
        list.show(rows.map(\.pod.pod))
        list.scroll(in: table(area).inset(top: 1))
    }

    /// How many of the last lines of kubectl there is room for.
    private func spoken(_ area: Rect) -> Int { min(said.count, max(0, area.height - 2 - rows.count - 4), 6) }
    /// Where the pods stand, with their header.
    private func table(_ area: Rect) -> Rect {
        let spoken = spoken(area)
        return Rect(x: area.x + 1, y: area.y + 3, width: area.width - 2, height: max(2, area.height - 4 - (spoken > 0 ? spoken + 1 : 0)))
    }
    func selectedPod(_ world: World) -> Pod? {
        list.id.flatMap { world.store.pods[$0] }
    }

    func peek(_ world: World) -> Peek? {
        guard var peek = selectedPod(world).map({ Peek(of: $0, world) }) else { return nil }
        if let progress = rows[safe: list.index]?.pod {
            peek.lines.insert(("drain", StyledText(words(progress, world).2, world.theme[.rowPending])), at: 0)
        }
        return peek
    }

    enum Actions: String, ScreenAction {
        case open, stopDrain, uncordon, why
    }

    private var running: [Drain] { drains.filter { $0.state == .running } }

    func unavailable(_ action: Action, _ world: World) -> String? {
        switch Actions(action) {
        case .open, .why: selectedPod(world) == nil ? "The pod is gone" : nil
        case .stopDrain: running.isEmpty ? "Nothing is being drained" : nil
        case .uncordon, nil: nil
        }
    }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        if list.perform(action) { return [] }
        guard let action = Actions(action) else { return nil }
        switch action {
        case .open: return selectedPod(world).map { [.push(DetailScreen($0, tab: .describe))] }
        case .why: return selectedPod(world).map { [.push(WhyScreen($0.key))] }
        case .stopDrain: return [.perform(running.map { .stopDrain(node: $0.node) })]
        case .uncordon: return [.perform(running.map { .stopDrain(node: $0.node) } + nodes.map { .uncordon(node: $0) })]
        }
    }

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        let gone = rows.count { $0.pod.state == .gone }
        var title = StyledText("Drain ", theme[.title])
        title.append(nodes.joined(separator: ", "), theme[.titleHighlight])
        canvas.drawBox(in: area, title: title, right: StyledText("\(gone) of \(rows.count) gone", theme[.titleCounter]), style: theme[.borderFocus])
        let inside = area.interior.inset(x: 1, y: 0)
        guard !drains.isEmpty else {
            canvas.write("The drain has ended; the node stays as it is.", at: Point(x: inside.x, y: inside.y + 1), style: theme[.dim], maxWidth: inside.width)
            return
        }
        Gauge(used: Double(gone), scale: Double(max(1, rows.count))).draw(
            on: &canvas, at: Point(x: inside.x, y: inside.y), width: max(8, inside.width - 60), role: .gaugeCPU, theme: theme)
        canvas.write(
            summary(drains, rows.map(\.pod), world), at: Point(x: inside.x + max(8, inside.width - 60) + 2, y: inside.y), maxWidth: min(58, inside.width - 10))
        let spoken = spoken(area)
        let body = table(area)
        let nameWidth = rows.map { TextWidth.columns($0.pod.pod.description) }.max() ?? 4
        var table = TableWidget(
            columns: [
                .init("NODE", minimum: 4, ideal: max(4, nodes.map(\.count).max() ?? 4), priority: 3),
                .init("POD", minimum: min(40, nameWidth), ideal: nameWidth), .init("STATE", minimum: 10),
                .init("DETAIL", minimum: 20, priority: 1, stretches: true),
            ], rowCount: rows.count, cursor: rows.isEmpty ? nil : list.index, top: list.top)
        table.frozenColumns = 2
        let layout = table.draw(on: &canvas, in: body, theme: theme) { index in
            let (word, role, detail) = words(rows[index].pod, world)
            return TableRow(
                [
                    StyledText(rows[index].node, theme[.dim]), StyledText(rows[index].pod.pod.description, theme[role == .dim ? .dim : .text]),
                    StyledText(word, theme[role]), StyledText(detail, theme[.dim]),
                ])
        }
        canvas.drawPosition(of: list.seen, in: rows.count, onBox: area, rows: layout.body, theme: theme)
        if rows.isEmpty { canvas.write("No pod had to be evicted.", at: Point(x: inside.x, y: body.y + 1), style: theme[.dim]) }
        guard spoken > 0 else { return }
        canvas.drawRule(inBox: area, y: inside.bottom - spoken - 1, title: StyledText("kubectl would say", theme[.dim]), style: theme[.border])
        for (index, line) in said.suffix(spoken).enumerated() {
            canvas.write(line, at: Point(x: inside.x, y: inside.bottom - spoken + index), style: theme[.dim], maxWidth: inside.width, ellipsis: true)
        }
    }

    private func summary(_ drains: [Drain], _ pods: [Drain.PodProgress], _ world: World) -> StyledText {
        let theme = world.theme
        if let failure = drains.lazy.compactMap({ if case .failed(let why) = $0.state { why } else { nil } }).first {
            return StyledText("\(world.glyphs.stopped) \(failure)", theme[.rowError])
        }
        if drains.allSatisfy({ $0.state == .drained }) { return StyledText("\(world.glyphs.passed) drained: every pod is gone", theme[.good]) }
        var parts: [String] = []
        for (word, count) in [
            ("blocked", pods.count { if case .evicting(_, let refusal?) = $0.state { !refusal.isEmpty } else { false } }),
            ("leaving", pods.count { $0.state == .ending }),
            ("queued", pods.count { if case .evicting(_, nil) = $0.state { true } else { false } }),
        ] where count > 0 { parts.append("\(count) \(word)") }
        return StyledText(parts.joined(separator: ", "), theme[.rowPending])
    }

    private func words(_ progress: Drain.PodProgress, _ world: World) -> (String, Role, String) {
        let glyphs = world.glyphs
        func span(until time: Instant) -> String { Printers.ageText(from: world.now, to: max(time, world.now)) }
        switch progress.state {
        case .gone: return ("\(glyphs.passed) gone", .dim, successor(of: progress.pod, world))
        case .failed(let why): return ("\(glyphs.stopped) failed", .rowError, why)
        case .ending:
            let deadline = world.store.pods[progress.pod]?.metadata.deletionTimestamp
            return (
                "\(glyphs.leaving) leaving", .rowKilled,
                deadline.map { "its containers to stop; killed in \(span(until: $0)) at the latest" } ?? "its containers to stop"
            )
        case .evicting(let at, let refusal):
            guard refusal != nil else { return ("\(glyphs.starting) queued", .rowPending, "its turn") }
            let budgets = world.store.podDisruptionBudgets.all.filter { budget in
                world.store.pods[progress.pod].map {
                    $0.metadata.namespace == budget.metadata.namespace && budget.spec.selector?.matches($0.metadata.labels) ?? false
                } ?? false
            }
            let names = budgets.map { "budget \($0.metadata.name): \($0.status.currentHealthy) healthy, \($0.status.desiredHealthy) needed" }
            return ("\(glyphs.notReady) blocked", .rowError, "\(names.isEmpty ? refusal! : names.joined(separator: "; ")); tried again in \(span(until: at))")
        }
    }

    /// Where the pod came back, if it keeps its name, as pods of StatefulSets do.
    private func successor(of key: ObjectKey, _ world: World) -> String {
        guard let pod = world.store.pods[key], !pod.metadata.isTerminating else { return "" }
        return pod.nodeName.isEmpty ? "was replaced; the replacement waits for a node" : "was replaced on \(pod.nodeName)"
    }
}
