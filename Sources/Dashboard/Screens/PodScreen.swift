import Canvas
import ControlPlane
import Kubelets
import KubernetesAPI
import Manifests
import Printers
import Simulation
import SimulationKit

/// One pod: what it is, what it uses against what it asked for, how it started and where the time went, its
/// conditions and events.
struct PodScreen: Screen, PodHolder {
    enum Pane: String, CaseIterable {
        case startup = "Startup"
        case usage = "Usage"
        case conditions = "Conditions"
        case events = "Events"
    }
    let key: ObjectKey
    var filter = ""
    private var last: Pod
    private var pane = Pane.startup
    private var list = ListCursor<Int>()
    private var scroll = LineScroll()
    private var story: StartupStory?
    private var events: [Event] = []
    private var eventsStamp: (revision: Int, generation: Int)?

    init(_ pod: Pod) { (key, last) = (pod.key, pod) }

    var crumb: String { key.name }
    var bindings: [BindingGroup] { [Self.keys, Bindings.pods] }
    static let keys = BindingGroup(
        "Pod",
        [
            Binding(.tab, action: Actions.nextPane, "pane", "Next pane: startup, usage, conditions, events", footer: 5),
            Binding(.enter, action: Actions.open, "follow", "Go where the row of the waterfall leads: the node's pulls, its API client, why", footer: 6),
            Binding(.character("d"), action: Actions.describe, "describe", "Describe the pod", footer: 10),
            Binding(.character("y"), action: Actions.yaml, "yaml", "YAML of the pod", footer: 15),
            Binding(.character("e"), action: Actions.edit, "edit", "Edit the pod as YAML in your editor", footer: 16),
            Binding(.control("d"), action: Actions.delete, "delete", "Delete the pod", footer: 70),
        ])

    func focusedWorkload(_ world: World) -> Workload? { Workload(of: last, world.cluster) }
    func selectedPod(_ world: World) -> Pod? { world.store.pods[key] ?? last }

    // MARK: Actions

    func peek(_ world: World) -> Peek? { Peek(of: last, world) }

    mutating func refresh(_ world: World, in area: Rect) {
        if let pod = world.store.pods[key] { last = pod }
        readEvents(world)
        let story = StartupStory(last, world)
        self.story = story
        list.show(Array(story.rows.indices))
        let places = places(area)
        if let box = places.panes[.startup] { list.scroll(height: box.interior.height - 2) }
        if let box = places.panes[pane] {
            let inside = box.interior.inset(x: 1, y: 0)
            scroll.show(lines(of: pane, width: inside.width, world).count, height: inside.height)
        }
    }

    enum Actions: String, ScreenAction {
        case nextPane, previousPane, open, describe, yaml, edit, delete
    }

    func unavailable(_ action: Action, _ world: World) -> String? {
        Actions(action) == nil ? ObjectAction(action)?.unavailable(for: last, world) : nil
    }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        if move(action) { return [] }
        guard let own = Actions(action) else { return ObjectAction(action)?.effects(on: last, [last], world) }
        switch own {
        case .nextPane, .previousPane:
            pane = Pane.allCases.neighbour(of: pane, isNext: own == .nextPane)
            scroll.reset()
        case .open: return follow(pane == .startup ? story?.rows[safe: list.index]?.link ?? .none : .none, world)
        case .describe: return [.push(DetailScreen(last, tab: .describe))]
        case .yaml: return [.push(DetailScreen(last, tab: .yaml))]
        case .edit: return [.edit(last)]
        case .delete: return [.open(deleteDialog([last], world))]
        }
        return []
    }

    private mutating func move(_ action: Action) -> Bool { pane == .startup ? list.perform(action) : scroll.perform(action) }

    private func follow(_ link: StartupStory.Link, _ world: World) -> [Effect] {
        switch link {
        case .none: return [.push(DetailScreen(last, tab: .describe))]
        case .why: return [.push(WhyScreen(key))]
        case .pulls: return [NodeScreen.effect(last, world, pane: .pulls)]
        case .client: return [NodeScreen.effect(last, world, pane: .client)]
        case .node: return [NodeScreen.effect(last, world)]
        }
    }

    // MARK: Drawing

    /// Where the facts and those panes stand that there is room for.
    private func places(_ area: Rect) -> (facts: Rect, panes: [Pane: Rect]) {
        guard area.width >= 100, area.height >= 26 else {
            let facts = min(7, max(0, area.height - 8))
            return (Rect(x: area.x, y: area.y, width: area.width, height: facts), [pane: area.inset(top: facts)])
        }
        let upper = area.height >= 44 ? 16 : 12
        let middle = max(5, min((story?.rows.count ?? 0) + 4, area.height - upper - 6))
        let bands = area.splitRows([.fixed(upper), .fixed(middle), .weight(1)])
        let above = bands[0].splitColumns([.fixed(area.width * 46 / 120), .weight(1)])
        let below = bands[2].splitColumns([.weight(1), .weight(1)])
        return (above[0], [.usage: above[1], .startup: bands[1], .conditions: below[0], .events: below[1]])
    }

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let places = places(area)
        drawFacts(isGone: world.store.pods[key] == nil, on: &canvas, in: places.facts, world)
        for pane in Pane.allCases {
            guard let box = places.panes[pane] else { continue }
            switch pane {
            case .startup: if let story { drawStartup(story, on: &canvas, in: box, world) }
            case .usage: drawUsage(on: &canvas, in: box, world)
            case .conditions: drawConditions(on: &canvas, in: box, world)
            case .events: drawEvents(on: &canvas, in: box, world)
            }
        }
    }

    private func box(_ pane: Pane, _ title: StyledText, _ right: StyledText, on canvas: inout Canvas, in box: Rect, _ theme: Theme) {
        canvas.drawBox(in: box, title: title, right: right, style: theme[pane == self.pane ? .borderFocus : .border])
    }

    private func drawFacts(isGone: Bool, on canvas: inout Canvas, in box: Rect, _ world: World) {
        guard box.height > 2 else { return }
        let theme = world.theme
        let state = world.state(of: last)
        let status =
            isGone
            ? StyledText("gone", theme[.rowError])
            : StyledText("\(world.glyph(state)) \(PodDisplay(last, profile: world.cluster.profile).status)", theme[World.role(state)])
        canvas.drawBox(in: box, title: StyledText(key.description, theme[.titleHighlight]), right: status, style: theme[.border])
        var lines: [(label: String, text: StyledText)] = []
        func add(_ label: String, _ text: String, _ role: Role = .text) { lines.append((label, StyledText(text, theme[role]))) }
        let workload = Workload(of: last, world.cluster)
        var owner = "\(workload.kind) \(workload.name)"
        if let controller = last.metadata.controller, controller.name != workload.name {
            // A ReplicaSet is told by its hash: the rest of its name is the Deployment's.
            let prefix = workload.name + "-"
            let short = controller.kind == "ReplicaSet" && controller.name.hasPrefix(prefix)
            owner += " \(world.glyphs.more) " + (short ? "RS \(controller.name.dropFirst(prefix.count))" : "\(controller.kind) \(controller.name)")
        }
        add("owner", last.metadata.controller == nil ? "nobody" : owner)
        let zone = world.store.nodes[ObjectKey(name: last.nodeName)]?.zone ?? ""
        var place = last.nodeName.isEmpty ? "none yet" : last.nodeName
        if !zone.isEmpty { place += "   zone \(zone)" }
        if !last.status.podIP.isEmpty { place += "   ip \(last.status.podIP)" }
        add("node", place, last.nodeName.isEmpty ? .rowPending : .text)
        add(
            "qos",
            "\(last.spec.qosClass.rawValue)   priority \(last.spec.priority ?? 0)"
                + (box.width >= 60 ? "   grace \(last.spec.terminationGracePeriodSeconds ?? 30) s" : ""))
        let statuses = last.status.initContainerStatuses + last.status.containerStatuses
        for container in last.spec.initContainers + last.spec.containers {
            let status = statuses.first { $0.name == container.name }
            if lines.count == 3, box.height >= 11 { add("", "") }
            add("container", "\(container.name)  \(container.image)   restarts \(status?.restartCount ?? 0)")
            func pair(_ name: String) -> String {
                "\(container.resources.requests[name]?.description ?? "-")/\(container.resources.limits[name]?.description ?? "-")"
            }
            add("", "cpu \(pair("cpu"))   mem \(pair("memory"))", .dim)
            lines.append(("", words(status, container, world)))
        }
        if let resize = resizeWords { add("resize", resize.0, resize.1) }
        let inside = box.interior.inset(x: 1, y: 0)
        let room = lines.count > inside.height ? inside.height - 1 : inside.height
        for (index, line) in lines.prefix(room).enumerated() {
            canvas.write(line.label, at: Point(x: inside.x, y: inside.y + index), style: theme[.dim])
            canvas.write(line.text, at: Point(x: inside.x + 10, y: inside.y + index), maxWidth: inside.width - 10)
        }
        if room < lines.count {
            canvas.write(
                "\(lines.count - room) lines more: \(world.mark(Actions.describe, in: Self.keys))", at: Point(x: inside.x + 10, y: inside.bottom - 1),
                style: theme[.dim], maxWidth: inside.width - 10)
        }
    }

    /// How a container is, in a line: `● ready  startup ✓  liveness ✓`.
    private func words(_ status: ContainerStatus?, _ container: Container, _ world: World) -> StyledText {
        let theme = world.theme
        let glyphs = world.glyphs
        guard let status else { return StyledText("\(glyphs.starting) not created", theme[.dim]) }
        var text: StyledText
        if let waiting = status.state.waiting {
            let isFault = PodState.isFault(status)
            text = StyledText("\(isFault ? glyphs.failed : glyphs.starting) \(waiting.reason)", theme[isFault ? .rowError : .rowPending])
            if !waiting.message.isEmpty { text.append("  \(waiting.message)", theme[.dim]) }
            return text
        }
        if let ended = status.state.terminated {
            return StyledText(
                "\(ended.exitCode == 0 ? glyphs.passed : glyphs.failed) \(ended.reason)  exit \(ended.exitCode)",
                theme[ended.exitCode == 0 ? .rowCompleted : .rowError])
        }
        text = StyledText("\(status.ready ? glyphs.ready : glyphs.notReady) \(status.ready ? "ready" : "not ready")", theme[status.ready ? .good : .rowPending])
        if container.startupProbe != nil { text.append("  startup \(status.started == true ? glyphs.passed : glyphs.starting)", theme[.dim]) }
        if container.livenessProbe != nil { text.append("  liveness \(glyphs.passed)", theme[.dim]) }
        if container.readinessProbe != nil { text.append("  readiness \(status.ready ? glyphs.passed : glyphs.stopped)", theme[.dim]) }
        return text
    }

    /// How far a resize in place has come; nil if the version does not tell.
    private var resizeWords: (String, Role)? {
        if let pending = last.status.conditions[ConditionType.podResizePending] { return ("\(pending.reason) \(pending.message)", .rowPending) }
        if let running = last.status.conditions[ConditionType.podResizeInProgress] { return ("in progress \(running.message)", .rowPending) }
        if !last.status.resize.isEmpty { return (last.status.resize, .rowPending) }
        let known = last.status.containerStatuses.contains { $0.resources != nil }
        return known ? ("desired = allocated = actual", .dim) : nil
    }

    // MARK: Usage

    private func drawUsage(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        let starts = last.status.containerStatuses.compactMap { $0.state.running?.startedAt }
        let start = starts.min()
        var title = StyledText("Usage", theme[.title])
        if let start { title.append("  since start, \(world.age(start))", theme[.titleHighlight]) }
        if world.session.simulation.kubelets.isStale(last) { title.append("  stale: the node is silent", theme[.rowPending]) }
        box(.usage, title, StyledText("\(canvas.glyphs.dotted) request, top is the limit", theme[.dim]), on: &canvas, in: area, theme)
        let inside = area.interior.inset(x: 1, y: 0)
        guard let start, let now = world.session.simulation.kubelets.usage(of: last, at: world.now) else {
            canvas.write(last.isFinished ? "It has ended." : "No container runs yet.", at: inside.origin, style: theme[.dim], maxWidth: inside.width)
            return
        }
        let facts = notes(world).prefix(inside.height >= 9 ? 2 : inside.height >= 7 ? 1 : 0)
        let rows = inside.height - facts.count - 2
        let upper = max(1, (rows + 1) / 2)
        let width = inside.width - 7
        let length = world.now - start
        let samples = (1...max(1, width)).map { column -> (milliCPU: Int64, memory: Int64)? in
            world.session.simulation.kubelets.usage(of: last, at: start + length * (Double(column) / Double(max(1, width))))
        }
        let rules = RequestRules(assigned: world.cluster.profile)
        let requests = last.requests(rules)
        func limit(_ name: String, _ amount: (Quantity) -> Int64) -> Int64? {
            let limits = last.spec.containers.map { $0.resources.limits[name].map(amount) }
            return limits.contains(nil) ? nil : limits.compactMap { $0 }.reduce(0) { $0.saturatingAdd($1) }
        }
        func cpu(_ milli: Int64) -> String { milli >= 10_000 || milli % 1000 == 0 ? "\(milli / 1000)" : "\(milli)m" }
        let parts: [(String, Int64, Int64, Int64?, [Double], (Int64) -> String, Int)] = [
            ("cpu", now.milliCPU, requests.milliCPU, limit("cpu", \.milliValue), samples.map { $0.map { Double($0.milliCPU) } ?? .nan }, cpu, upper),
            (
                "mem", now.memory, requests.memory, limit("memory", \.value), samples.map { $0.map { Double($0.memory) } ?? .nan }, bytesText,
                max(1, rows - upper)
            ),
        ]
        var y = inside.y
        for (name, value, request, limit, values, text, height) in parts where y < inside.bottom {
            var head = StyledText("\(name)  ", theme[.dim])
            head.append(world.guessMark(last) + text(value), theme[.text])
            head.append(request > 0 ? " of \(text(request)) requested" : ", nothing requested", theme[.dim])
            head.append(limit.map { ", limit \(text($0))" } ?? ", no limit", theme[.dim])
            canvas.write(head, at: Point(x: inside.x, y: y), maxWidth: inside.width)
            let peak = values.lazy.filter(\.isFinite).max() ?? 0
            let most = max(limit.map(Double.init) ?? max(Double(request), peak) * 1.15, peak, 1)
            let chart = Rect(x: inside.x + 7, y: y + 1, width: width, height: height).intersection(inside)
            canvas.write(text(Int64(saturating: most.rounded(.down))), at: Point(x: inside.x, y: chart.y), style: theme[.dim], maxWidth: 6)
            if request > 0, Double(request) < most {
                let row = chart.bottom - 1 - Canvas.step(Double(request) / most * Double(chart.height), upTo: max(0, chart.height - 1))
                canvas.repeating(canvas.glyphs.dotted, count: width, at: Point(x: chart.x, y: row), style: theme[.limit])
            }
            AreaChart(values, minimum: 0, maximum: most, limit: limit.map { Double($0) * 0.98 }).draw(on: &canvas, in: chart, theme: theme)
            y += 1 + height
        }
        for (index, fact) in facts.enumerated() {
            canvas.write(fact, at: Point(x: inside.x, y: inside.bottom - facts.count + index), maxWidth: inside.width)
        }
    }

    /// What the control groups and the probes say.
    private func notes(_ world: World) -> [StyledText] {
        let theme = world.theme
        let groups = world.session.simulation.kubelets.cgroups(of: last, in: world.cluster)
        let names = last.spec.containers.map(\.name)
        var first = StyledText("", theme[.dim])
        if let group = groups.first(where: { names.contains($0.name) }) {
            if names.count > 1 { first.append("\(group.name): ", theme[.dim]) }
            let share = group.cpuThrottled > 0 ? "\(fixed(group.cpuThrottled * 100, 0)) % of the time, " : ""
            let throttled = "throttled \(share)\(group.throttledPeriods) periods, \(fixed(group.throttledTime.seconds, 1)) s"
            first.append(throttled, theme[group.cpuThrottled > 0 ? .rowPending : .dim])
            first.append("   memory.high \(group.memoryHigh.map(bytesText) ?? "max")", theme[.dim])
            if group.memoryStall > 0 { first.append(", stalled \(fixed(group.memoryStall * 100, 0)) %", theme[.rowPending]) }
            if let adjustment = group.oomScoreAdj { first.append("   oom_score_adj \(adjustment)", theme[.dim]) }
        }
        var second = StyledText("probes  ", theme[.dim])
        var parts: [String] = []
        for container in last.spec.containers {
            for (name, probe) in [("startup", container.startupProbe), ("liveness", container.livenessProbe), ("readiness", container.readinessProbe)] {
                if let probe { parts.append("\(name) every \(probe.periodSeconds == 0 ? 10 : probe.periodSeconds) s") }
            }
        }
        second.append(parts.isEmpty ? "none" : parts.prefix(3).joined(separator: ", "), theme[.dim])
        if !parts.isEmpty {
            let failure = events.first { $0.reason == "Unhealthy" }
            second.append(
                "   last failure \(failure?.lastTimestamp.map { world.time($0, milliseconds: false) } ?? "never")", theme[failure == nil ? .dim : .rowPending])
        }
        return [first, second]
    }

    // MARK: Startup

    private func drawStartup(_ story: StartupStory, on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        let inside = area.interior
        let isWide = inside.width >= 96
        let labels = isWide ? 36 : 20
        let scale = Gantt.Scale(span: max(story.length, 0.05), columns: inside.width - labels - 9)
        var title = StyledText("Startup  ", theme[.title])
        if story.isReady {
            title.append("\(fixed(story.length, 2)) s from created to ready", theme[.titleHighlight])
        } else if !story.rows.isEmpty {
            title.append(last.isFinished ? "\(fixed(story.length, 2)) s until it ended" : "not ready after \(fixed(story.length, 1)) s", theme[.rowPending])
        }
        var right = StyledText(isWide ? "each column \(scale.text)   " : "", theme[.dim])
        right.append(Gantt.legend([(.wait, "waiting"), (.work, "working")], canvas.glyphs, theme))
        box(.startup, title, right, on: &canvas, in: area, theme)
        guard !story.rows.isEmpty else {
            canvas.write(
                "It started before this kubelet did: its start was not recorded.", at: Point(x: inside.x + 1, y: inside.y), style: theme[.dim],
                maxWidth: inside.width - 2)
            return
        }
        let room = max(0, inside.height - 2)
        canvas.drawPosition(of: list.seen, in: story.rows.count, onBox: area, rows: inside.inset(top: 1, bottom: 1), theme: theme)
        Gantt.drawAxis(scale, on: &canvas, at: Point(x: inside.x + labels, y: inside.y), theme)
        canvas.write(StyledText("TOTAL s", theme[.tableHeader]), endingAt: inside.right - 1, y: inside.y)
        for (index, row) in story.rows.dropFirst(list.top).prefix(room).enumerated() {
            let y = inside.y + 1 + index
            let isCursor = pane == .startup && list.top + index == list.index
            if isCursor { canvas.write(canvas.glyphs.cursor, at: Point(x: inside.x, y: y), style: theme[.accent]) }
            canvas.write(row.label, at: Point(x: inside.x + 1, y: y), style: theme[isCursor ? .accent : .text], maxWidth: 18, ellipsis: true)
            if isWide { canvas.write(row.who, at: Point(x: inside.x + 20, y: y), style: theme[.dim], maxWidth: 15, ellipsis: true) }
            Gantt.draw(row.bars, scale, on: &canvas, at: Point(x: inside.x + labels, y: y), theme)
            let total = row.isOpen ? "\(fixed(row.total, 2))\(canvas.glyphs.ellipsis)" : fixed(row.total, 2)
            canvas.write(StyledText(total, theme[row.isOpen ? .rowPending : .text]), endingAt: inside.right - 1, y: y)
        }
        canvas.write(path(story, world), at: Point(x: inside.x + 1, y: inside.bottom - 1), maxWidth: inside.width - 2)
    }

    /// `critical path  image queue 28 % behind cart:2.3: serializeImagePulls   image pull 35 %   probes 26 %   rest 11 %`
    private func path(_ story: StartupStory, _ world: World) -> StyledText {
        let theme = world.theme
        var text = StyledText("critical path", theme[.title])
        let sum = story.causes.reduce(0) { $0 + $1.seconds }
        guard sum > 0 else { return text }
        var shown = 0.0
        for (cause, seconds) in story.causes.prefix(4) where seconds / sum >= 0.03 {
            shown += seconds
            text.append("   \(cause.title) ", theme[.text])
            text.append("\(fixed(seconds / sum * 100, 0)) %", theme[seconds == story.causes[0].seconds ? .rowHighlight : .text])
            if cause == .queue, !story.queuedBehind.isEmpty { text.append(" (\(fixed(seconds, 1)) s behind \(story.queuedBehind))", theme[.rowPending]) }
        }
        if sum - shown > 0.005 * sum { text.append("   rest \(fixed((sum - shown) / sum * 100, 0)) %", theme[.dim]) }
        return text
    }

    // MARK: Conditions and events

    /// What a pane of lines says, wrapped; nothing for the others.
    private func lines(of pane: Pane, width: Int, _ world: World) -> [StyledText] {
        let theme = world.theme
        var lines: [StyledText] = []
        if pane == .events { lines = EventLines.matching(filter, events).map { EventLines.line($0, world) } }
        if pane == .conditions {
            lines = last.status.conditions.map { condition in
                let fine = condition.isTrue != ["PodResize", ConditionType.disruptionTarget].contains { condition.type.hasPrefix($0) }
                var text = StyledText(pad(condition.type, 26), theme[.text])
                text.append(String(fine ? world.glyphs.passed : world.glyphs.stopped), theme[fine ? .good : .rowPending])
                text.append(" \(condition.lastTransitionTime.map { world.time($0, milliseconds: false) } ?? "-")", theme[.dim])
                let why = [condition.reason, condition.message].filter { !$0.isEmpty }.joined(separator: ": ")
                if !why.isEmpty { text.append("  \(why)", theme[.dim]) }
                return text
            }
        }
        return lines.flatMap { $0.wrapped(to: width) }
    }

    private func drawConditions(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        box(
            .conditions, StyledText("Conditions", theme[.title]), StyledText("\(last.status.conditions.count)", theme[.dim]), on: &canvas, in: area, theme)
        drawLines(of: .conditions, on: &canvas, in: area, world)
    }

    /// Lines that are scrolled while the pane has the focus.
    private func drawLines(of pane: Pane, on canvas: inout Canvas, in area: Rect, _ world: World) {
        let inside = area.interior.inset(x: 1, y: 0)
        let lines = lines(of: pane, width: inside.width, world)
        if lines.isEmpty { canvas.write("none", at: inside.origin, style: world.theme[.dim]) }
        let first = self.pane == pane ? scroll.top : 0
        for (index, line) in lines.dropFirst(first).prefix(inside.height).enumerated() {
            canvas.write(line, at: Point(x: inside.x, y: inside.y + index), maxWidth: inside.width)
        }
        canvas.drawPosition(of: first..<min(lines.count, first + inside.height), in: lines.count, onBox: area, theme: world.theme)
    }

    /// Looks for the pod's events when something was written, the newest first.
    private mutating func readEvents(_ world: World) {
        if let stamp = eventsStamp, stamp == (world.store.revision, world.generation) { return }
        eventsStamp = (world.store.revision, world.generation)
        let uid = last.metadata.uid
        events = world.store.events(about: Kind.pod.rawValue, key).filter { $0.involvedObject.uid == uid }
            .sorted { ($0.lastTimestamp?.nanoseconds ?? 0, $0.metadata.resourceVersion) > ($1.lastTimestamp?.nanoseconds ?? 0, $1.metadata.resourceVersion) }
    }

    private func drawEvents(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        let shown = EventLines.matching(filter, events)
        var title = StyledText("Events", theme[.title])
        if !filter.isEmpty { title.append(" </\(filter)>", theme[.titleFilter]) }
        box(.events, title, StyledText("\(shown.count)", theme[.dim]), on: &canvas, in: area, theme)
        drawLines(of: .events, on: &canvas, in: area, world)
    }

    mutating func mouse(_ event: MouseEvent, _ world: World) -> [Effect] {
        switch event.kind {
        case .wheelDown: for _ in 0..<3 { _ = move(Action(Motion.down)) }
        case .wheelUp: for _ in 0..<3 { _ = move(Action(Motion.up)) }
        default: break
        }
        return []
    }
}
