import Canvas
import ControlPlane
import Kubelets
import KubernetesAPI
import Simulation
import SimulationKit

/// What containers use against what they request, and the size that suggests: the vertical autoscaler's recommender.
struct RecommendScreen: ListedScreen {
    struct Row: Hashable {
        var workload: Workload
        var container: String
    }
    private struct Fact {
        var recommendation: Recommendation
        var container: Container
        /// As many pods as were looked at for the curves.
        var pods: [Pod]
        var count: Int
    }
    /// So often are the numbers worked out anew, in virtual time.
    private static let period = Duration.seconds(10)

    var filter = "" { didSet { stamp = nil } }
    var crumb: String { "recommend" }
    private var focus: Workload?
    private var rows: [Row] = []
    private var facts: [Row: Fact] = [:]
    /// For which moment each was worked out last.
    private var tried: [Row: Stamp] = [:]
    private var stamp: Stamp?
    /// Rows that are seen and not worked out for the present, those that wait longest first.
    private var due: [Row] = []
    var list = ListCursor<Row>()

    private struct Stamp: Equatable {
        var step: Int64
        var generation: Int
        var namespace: String
        var commands: Int
    }

    init(focus: Workload?) { self.focus = focus }

    var bindings: [BindingGroup] {
        [
            BindingGroup(
                "Recommend",
                [
                    Binding(
                        .character("R"), action: Actions.takeRecommendation, "take it", "Resize all of its pods as recommended; the outcome is shown first",
                        footer: 10
                    ).formerly("resize"),
                    Binding(.character("a"), action: Actions.autosize, "auto", "Automatic: off, InPlaceOrRecreate, InPlace", footer: 15),
                    Binding(.enter, action: Actions.open, "pods", "The pods of the workload", footer: 5),
                    Binding(.character("L"), action: Actions.load, "load", "Set the load of its pods", footer: 20),
                    Binding(.character(")"), action: Actions.moreLoad, "more load", "More load", footer: 25),
                    Binding(.character("("), action: Actions.lessLoad, "less load", "Less load"),
                    Binding(.character("y"), action: Actions.yaml, "yaml", "YAML of the workload"),
                ])
        ]
    }

    func focusedWorkload(_ world: World) -> Workload? { list.id?.workload ?? focus }

    // MARK: What is shown

    mutating func refresh(_ world: World, in area: Rect) {
        findRows(world)
        list.scroll(in: box(area).interior.inset(top: 1))
        guard let stamp else { return }
        due = (Array(rows[list.seen]) + (list.id.map { [$0] } ?? [])).filter { tried[$0] != stamp }
            .sorted { tried[$0]?.step ?? -1 < tried[$1]?.step ?? -1 }
        // In a small cluster all is there at once.
        if world.store.pods.count <= Self.atOnce { work(world) { false } }
    }

    /// Of so many pods in all everything is worked out at once.
    private static let atOnce = 1000

    var hasWork: Bool { !due.isEmpty }
    mutating func work(_ world: World, until shouldStop: () -> Bool) {
        while let row = due.first {
            due.removeFirst()
            if tried[row] != stamp { findFact(row, world) }
            // A row takes as long as many steps of others.
            for _ in 0..<100 where shouldStop() { return }
        }
    }

    /// Where the rows stand; below are the curves of the one under the cursor.
    private func box(_ area: Rect) -> Rect {
        area.inset(
            bottom: rows.isEmpty ? 0 : area.height >= 26 ? min(max(14, area.height - rows.count - 4), area.height - 12, 32) : area.height >= 15 ? 7 : 0)
    }

    private mutating func findRows(_ world: World) {
        let new = Stamp(
            step: world.now.nanoseconds / Self.period.nanoseconds, generation: world.generation, namespace: world.namespace,
            commands: world.session.journal.count)
        if new == stamp { return }
        stamp = new
        let terms = Filter(filter)
        rows = world.view.workloads.all.flatMap { line -> [Row] in
            let workload = line.workload
            guard line.pods > line.waiting + line.failed, world.shows(workload.namespace), let template = Self.template(of: workload, world) else { return [] }
            if !terms.terms.isEmpty {
                let cells = [(title: "NAMESPACE", text: workload.namespace), (title: "WORKLOAD", text: workload.name), (title: "KIND", text: workload.kind)]
                if !terms.passes(cells: cells, labels: template.labels) { return [] }
            }
            return (template.spec.containers + template.spec.sidecars).map { Row(workload: workload, container: $0.name) }
        }
        // What nobody can see any more.
        if tried.count > 4 * rows.count + 100 { (facts, tried) = ([:], [:]) }
        if list.id == nil, let focus, let row = rows.first(where: { $0.workload == focus }) { list.select(row) }
        list.show(rows)
    }

    /// The pods of a workload that are counted, in natural order.
    private static func pods(of workload: Workload, _ world: World) -> [Pod] {
        world.store.pods(of: workload, world.cluster).filter { !$0.isFinished && !$0.nodeName.isEmpty }.sorted { naturalOrder($0.name, $1.name) }
    }
    /// What the pods of a workload are like; nil if there are none any more.
    private static func template(of workload: Workload, _ world: World) -> (spec: PodSpec, labels: StringMap<String>)? {
        let object = KindInfo.find(workload.kind).flatMap { world.store.object($0.type, workload.key) }
        if let template = object?.podTemplate?.template { return (template.spec.value, template.metadata.labels) }
        return pods(of: workload, world).first.map { ($0.spec.value, $0.metadata.labels) }
    }

    /// Worked out for rows that are seen, and kept until the next period.
    private mutating func findFact(_ row: Row, _ world: World) {
        let pods = Self.pods(of: row.workload, world)
        tried[row] = stamp
        guard let first = pods.first else { return _ = facts.removeValue(forKey: row) }
        for recommendation in world.session.simulation.recommendations(for: pods) {
            guard let container = (first.spec.containers + first.spec.sidecars).first(where: { $0.name == recommendation.container }) else { continue }
            let row = Row(workload: row.workload, container: recommendation.container)
            tried[row] = stamp
            facts[row] = Fact(
                recommendation: recommendation, container: container, pods: Array(pods.prefix(8)), count: pods.count)
        }
    }

    private func target(_ workload: Workload) -> LoadTarget { LoadTarget(kind: workload.kind, key: workload.key) }
    private func object(_ workload: Workload, _ world: World) -> (any StoredObject)? {
        KindInfo.find(workload.kind).flatMap { world.store.object($0.type, workload.key) }
    }

    // MARK: Keys

    func peek(_ world: World) -> Peek? { focusedWorkload(world).flatMap { Peek(of: $0, world) } }

    enum Actions: String, ScreenAction {
        case open, takeRecommendation, autosize, load, moreLoad, lessLoad, yaml
    }

    func unavailable(_ action: Action, _ world: World) -> String? {
        guard let action = Actions(action) else { return nil }
        guard let workload = list.id?.workload else { return "Nothing is selected" }
        if object(workload, world) == nil { return "\(workload.kind) \(workload.name) is gone" }
        return action == .autosize && workload.kind == "Pod"
            ? "A pod without a controller cannot be recreated: \(world.hint(Actions.takeRecommendation, "resizes it", in: bindings[0]))" : nil
    }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        if list.perform(action) { return [] }
        guard let action = Actions(action), let row = list.id, let object = object(row.workload, world) else { return nil }
        switch action {
        case .open: return [.push(TableScreen(Kind.pod.info, scope: .ofWorkload(row.workload)))]
        case .load: return [.open(LoadDialog([object], world))]
        case .moreLoad, .lessLoad: return [.perform(LoadSteps.commands([object], action == .moreLoad ? 1 : -1, world))]
        case .yaml: return [.push(DetailScreen(object, tab: .yaml))]
        case .autosize:
            let modes: [VerticalScaling] = [.off, .inPlaceOrRecreate, .inPlace]
            let index = modes.firstIndex(of: world.session.simulation.vertical[target(row.workload)]) ?? 0
            return [.perform([.autosize(object.kindInfo.type, row.workload.key, modes[(index + 1) % modes.count])])]
        case .takeRecommendation:
            let pods = Self.pods(of: row.workload, world)
            guard !pods.isEmpty else { return [.flash("\(row.workload.name) has no pod", .warning)] }
            let wishes = world.session.simulation.recommendations(for: pods).compactMap { recommendation in
                (pods[0].spec.containers + pods[0].spec.sidecars).first { $0.name == recommendation.container }.flatMap { recommendation.resize(of: $0) }
            }
            if wishes.isEmpty { return [.flash("\(row.workload.name) already has the recommended size", .info)] }
            return [
                .open(
                    ResizeDialog(
                        pods, of: "\(counted(pods.count, "pod")) of \(row.workload.kind) \(row.workload.name), as recommended",
                        suggesting: wishes, world))
            ]
        }
    }

    // MARK: Drawing

    private static func cpu(_ amount: Int64) -> String { Quantity(milli: amount).description }
    private static func memory(_ amount: Int64) -> String { amount >> 20 >= 10_240 ? "\(amount >> 30)Gi" : "\(amount.saturatingAdd((1 << 20) - 1) >> 20)Mi" }

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        let box = box(area)
        var title = StyledText("Recommend", theme[.title])
        title.append("(\(world.namespace.isEmpty ? "all" : world.namespace))", theme[.titleHighlight])
        title.append("[\(rows.count)]", theme[.titleCounter])
        if !filter.isEmpty { title.append(" </\(filter)>", theme[.titleFilter]) }
        canvas.drawBox(in: box, title: title, right: StyledText("requests against use", theme[.dim]), style: theme[.borderFocus])
        let inside = box.interior
        let shown = rows[list.seen].map { cells($0, world) }
        let titles: [(String, Bool, Int)] = [
            ("NAMESPACE", false, 3), ("WORKLOAD", false, 0), ("CONTAINER", false, 1), ("PODS", true, 2), ("CPU REQ", true, 0), ("LIMIT", true, 4),
            ("P50", true, 5), ("P90", true, 1), ("P95", true, 6), ("SUGGEST", true, 0), ("MEM REQ", true, 0), ("LIMIT", true, 4), ("PEAK", true, 1),
            ("SUGGEST", true, 0), ("NOTE", false, 2), ("AUTO", false, 2),
        ]
        let columns = titles.enumerated().map { index, column in
            let widest = shown.reduce(column.0.count) { max($0, index < $1.cells.count ? $1.cells[index].width : 0) }
            return TableWidget.Column(
                column.0, alignment: column.1 ? .right : .left, minimum: min(widest, 26), ideal: widest + (column.1 ? 1 : 2), priority: column.2)
        }
        let table = TableWidget(columns: columns, rowCount: rows.count, cursor: rows.isEmpty ? nil : list.index, top: list.top, frozenColumns: 2)
        let first = list.top
        let layout = table.draw(on: &canvas, in: inside, theme: theme) { index in
            index - first < shown.count && index >= first ? shown[index - first] : TableRow([])
        }
        if rows.isEmpty { canvas.write("No pods run here.", at: Point(x: inside.x + 2, y: inside.y + 2), style: theme[.dim], maxWidth: inside.width - 4) }
        canvas.drawPosition(of: list.seen, in: rows.count, onBox: box, rows: layout.body, theme: theme)
        if box.bottom < area.bottom, let row = list.id, let fact = facts[row] {
            drawDetail(row, fact, on: &canvas, in: area.inset(top: box.height), world)
        }
    }

    private func cells(_ row: Row, _ world: World) -> TableRow {
        let theme = world.theme
        guard let fact = facts[row] else {
            return TableRow([StyledText(row.workload.namespace), StyledText(row.workload.name), StyledText(row.container)])
        }
        let it = fact.recommendation
        let resources = fact.container.resources
        func style(_ have: Int64?, _ target: Int64, _ lower: Int64) -> Role {
            guard let have else { return .rowPending }
            return have < lower ? .rowError : abs(Double(have) - Double(target)) * 10 > Double(have) ? .rowPending : .good
        }
        let mode = world.session.simulation.vertical[target(row.workload)]
        var notes: [String] = []
        if it.outOfMemory > 0 { notes.append("OOM \(it.outOfMemory)") }
        if it.throttled >= 0.01 { notes.append("throttled \(fixed(it.throttled * 100, 0)) %") }
        let cpuLimit = resources.limits["cpu"].map(\.description) ?? "-"
        let memoryLimit = resources.limits["memory"].map(\.description) ?? "-"
        return TableRow([
            StyledText(row.workload.namespace), StyledText(row.workload.name), StyledText(row.container), StyledText("\(fact.count)"),
            StyledText(resources.requests["cpu"]?.description ?? "-"), StyledText(cpuLimit), StyledText(Self.cpu(it.median.milliCPU)),
            StyledText(Self.cpu(it.p90.milliCPU)),
            StyledText(Self.cpu(it.p95.milliCPU)),
            StyledText(Self.cpu(it.target.milliCPU), theme[style(resources.requests.milliCPU, it.target.milliCPU, it.lower.milliCPU)]),
            StyledText(resources.requests["memory"]?.description ?? "-"), StyledText(memoryLimit), StyledText(Self.memory(it.p95.memory)),
            StyledText(Self.memory(it.target.memory), theme[style(resources.requests.memoryBytes, it.target.memory, it.lower.memory)]),
            StyledText(notes.isEmpty ? "-" : notes.joined(separator: ", "), notes.isEmpty ? theme[.dim] : theme[.rowPending]),
            StyledText(mode == .off ? "-" : mode.rawValue, mode == .off ? theme[.dim] : theme[.good]),
        ])
    }

    private func drawDetail(_ row: Row, _ fact: Fact, on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        let it = fact.recommendation
        var title = StyledText("Usage  ", theme[.title])
        title.append("\(row.workload.kind) \(row.workload.name) / \(row.container)", theme[.titleHighlight])
        if fact.pods.contains(where: { !world.guessMark($0).isEmpty }) { title.append("  guessed from requests", theme[.rowPending]) }
        canvas.drawBox(in: box, title: title, right: StyledText("over \(it.span.truncated(to: .seconds(1)))", theme[.dim]), style: theme[.border])
        let inside = box.interior.inset(x: 1, y: 0)
        var y = inside.y
        let charts = inside.height >= 10
        let resources = fact.container.resources
        let curves = curves(fact, columns: max(10, charts ? (inside.width - 3) / 2 : inside.width - 50), world)
        if charts {
            let half = (inside.width - 3) / 2
            let rows = inside.height - 4
            chart(
                "cpu", curves.cpu, resources.requests.milliCPU, resources.limits.milliCPU, it.target.milliCPU, Self.cpu, on: &canvas,
                in: Rect(x: inside.x, y: y, width: half, height: rows + 1), theme)
            chart(
                "memory", curves.memory, resources.requests.memoryBytes, resources.limits.memoryBytes, it.target.memory, Self.memory, on: &canvas,
                in: Rect(x: inside.x + half + 3, y: y, width: half, height: rows + 1), theme)
            y += rows + 1
        } else {
            for (name, values, unit) in [("cpu", curves.cpu, Self.cpu), ("mem", curves.memory, Self.memory)] {
                canvas.write(name, at: Point(x: inside.x, y: y), style: theme[.dim])
                let width = max(10, inside.width - 50)
                let limit = name == "cpu" ? resources.requests.milliCPU : resources.requests.memoryBytes
                Sparkline(values, maximum: max(values.max() ?? 1, Double(limit ?? 1)), limit: limit.map(Double.init)).draw(
                    on: &canvas, at: Point(x: inside.x + 5, y: y), width: width, theme: theme)
                canvas.write(
                    "now \(unit(Int64(saturating: (values.last ?? 0).rounded(.down))))  request \(limit.map(unit) ?? "-")",
                    at: Point(x: inside.x + 7 + width, y: y), style: theme[.text], maxWidth: inside.width - 7 - width)
                y += 1
            }
        }
        for line in words(row, fact, world) where y < inside.bottom {
            canvas.write(line, at: Point(x: inside.x, y: y), maxWidth: inside.width)
            y += 1
        }
    }

    /// Curves of the mean use of a pod, the newest at the end.
    private func curves(_ fact: Fact, columns: Int, _ world: World) -> (cpu: [Double], memory: [Double]) {
        let span = max(fact.recommendation.span, .seconds(60))
        let histories = fact.pods.map { world.session.simulation.kubelets.usageHistory(of: $0, container: fact.container.name, in: world.cluster) }
        var cpu: [Double] = []
        var memory: [Double] = []
        for column in 0..<columns {
            let time = world.now - span + span * column / max(1, columns - 1)
            var sum = (cpu: 0.0, memory: 0.0, count: 0.0)
            for spans in histories {
                guard let span = spans.last(where: { $0.from <= time && time <= $0.to }) else { continue }
                sum = (sum.cpu + Double(span.milliCPU(at: time)), sum.memory + Double(span.memory(at: time)), sum.count + 1)
            }
            cpu.append(sum.count == 0 ? 0 : sum.cpu / sum.count)
            memory.append(sum.count == 0 ? 0 : sum.memory / sum.count)
        }
        return (cpu, memory)
    }

    /// Columns of use, with lines where request, limit and suggestion are.
    private func chart(
        _ name: String, _ values: [Double], _ request: Int64?, _ limit: Int64?, _ target: Int64, _ unit: (Int64) -> String,
        on canvas: inout Canvas, in area: Rect, _ theme: Theme
    ) {
        var head = StyledText("\(name) ", theme[.text])
        head.append(
            "now \(unit(Int64(saturating: (values.last ?? 0).rounded(.down))))  request \(request.map(unit) ?? "-")  limit \(limit.map(unit) ?? "-")  suggested \(unit(target))",
            theme[.dim])
        canvas.write(head, at: area.origin, maxWidth: area.width)
        let plot = area.inset(top: 1)
        // A limit far above everything would flatten the curve.
        let highest = max(values.max() ?? 1, Double(max(request ?? 0, target)))
        let scale = max(1, (limit.map { Double($0) <= highest * 2 ? Double($0) : 0 } ?? 0), highest) * 1.05
        let levels = canvas.glyphs.sparkLevels
        let labelWidth = 10
        let width = plot.width - labelWidth
        let samples = Sparkline.thinned(values, to: width)
        for (column, value) in samples.enumerated() {
            let steps = Canvas.step(value / scale * Double(plot.height * levels.count), upTo: plot.height * levels.count)
            for line in 0..<plot.height {
                let rest = steps - line * levels.count
                guard rest > 0 else { break }
                let over = request.map { value > Double($0) } ?? false
                canvas.write(
                    levels[min(levels.count, rest) - 1], at: Point(x: plot.x + width - samples.count + column, y: plot.bottom - 1 - line),
                    style: theme[over ? .sparklineFault : .sparkline])
            }
        }
        var taken: Set<Int> = []
        for (label, amount, role) in [("limit", limit, Role.limit), ("request", request, .text), ("suggested", target, .good)] as [(String, Int64?, Role)] {
            guard let amount, Double(amount) <= scale else { continue }
            let line = Canvas.step(Double(amount) / scale * Double(plot.height), upTo: plot.height - 1)
            let y = plot.bottom - 1 - line
            for x in plot.x..<max(plot.x, plot.x + width) where canvas[x, y].scalar == 32 {
                canvas.write(canvas.glyphs.dotted, at: Point(x: x, y: y), style: theme[role])
            }
            if taken.insert(y).inserted { canvas.write(label, at: Point(x: plot.x + width + 1, y: y), style: theme[role], maxWidth: labelWidth - 1) }
        }
    }

    private func words(_ row: Row, _ fact: Fact, _ world: World) -> [StyledText] {
        let theme = world.theme
        let it = fact.recommendation
        let resources = fact.container.resources
        var lines: [StyledText] = []
        let spare = (resources.requests.milliCPU ?? 0).saturatingSubtract(it.target.milliCPU)
        let spareMemory = (resources.requests.memoryBytes ?? 0).saturatingSubtract(it.target.memory)
        func text(_ amount: Int64, _ unit: (Int64) -> String, _ name: String) -> String {
            let all = amount.saturatingMultiply(Int64(fact.count))
            return all >= 0 ? "\(unit(all)) \(name) too much" : "\(unit(Int64(0).saturatingSubtract(all))) \(name) too little"
        }
        lines.append(
            StyledText(
                "requested in all \(counted(fact.count, "pod")): \(text(spare, Self.cpu, "cpu")), \(text(spareMemory, Self.memory, "memory"))",
                theme[.text]))
        // With a history of minutes the upper bound is beyond all reason.
        func upper(_ resource: String, _ unit: (Int64) -> String) -> String {
            it.upper[resource] > it.target[resource].saturatingMultiply(10) ? "up" : "to \(unit(it.upper[resource]))"
        }
        var bounds = StyledText(
            "automatic mode accepts cpu from \(Self.cpu(it.lower.milliCPU)) \(upper("cpu", Self.cpu)), memory from \(Self.memory(it.lower.memory)) \(upper("memory", Self.memory))",
            theme[.dim])
        bounds.append("   p90 + 15 %, half-life 24 h", theme[.dim])
        lines.append(bounds)
        let mode = world.session.simulation.vertical[target(row.workload)]
        var auto = StyledText(
            "\(world.hint(Actions.takeRecommendation, "resizes as recommended", in: bindings[0]))   \(world.hint(Actions.autosize, "", in: bindings[0]))",
            theme[.dim])
        switch mode {
        case .off: auto.append("automatic: off", theme[.dim])
        case .inPlaceOrRecreate: auto.append("automatic: in place, or by eviction (deferred for 5 min, or infeasible); budgets apply", theme[.good])
        case .inPlace: auto.append("automatic: in place only", theme[.good])
        }
        lines.append(auto)
        return lines
    }
}

extension RecommendScreen {
    static let command = PromptCommand(names: ["recommend", "vpa"], arguments: "[workload]", help: "Usage over time and the recommended sizes") {
        dashboard, words in
        let cluster = dashboard.world.cluster
        let focus = words.first.flatMap { word in
            cluster.store.pods.rows.lazy.compactMap { $0.map { Workload(of: $0, cluster) } }.first { $0.name == word }
        }
        if let word = words.first, focus == nil { return dashboard.show("No workload \(word) has pods", .error) }
        dashboard.apply([.push(RecommendScreen(focus: focus ?? dashboard.stack.last!.focusedWorkload(dashboard.world)))])
    }
}
