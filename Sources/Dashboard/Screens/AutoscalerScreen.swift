import Canvas
import ControlPlane
import Controllers
import Kubelets
import KubernetesAPI
import Simulation
import SimulationKit

/// One HorizontalPodAutoscaler: what it measured, how it came to its size, what is asked of its workload and what that
/// did over time; and the node autoscaler, which gives its pods room.
struct AutoscalerScreen: Screen {
    enum Pane: String, CaseIterable {
        case history = "Over time"
        case events = "Events"
        case nodes = "Node autoscaler"
    }
    var filter = ""
    var pane = Pane.history
    private var key: ObjectKey?
    var scroll = LineScroll()
    private var trace: AutoscalerTrace?
    private var steps: [AutoscalerWords.Step] = []
    var events: [Event] = []
    private var eventsStamp: (revision: Int, generation: Int, key: ObjectKey?)?
    /// What an event is about.
    private struct Subject: Hashable {
        var kind: String
        var key: ObjectKey
    }

    init(_ key: ObjectKey?) { self.key = key }

    /// The autoscaler of a workload, else any.
    init(of workload: Workload?, _ world: World) {
        let own = workload.flatMap { workload in
            world.store.horizontalPodAutoscalers.sorted().first {
                $0.namespace == workload.namespace && $0.spec.scaleTargetRef.kind == workload.kind && $0.spec.scaleTargetRef.name == workload.name
            }
        }
        key = own?.key
    }

    var crumb: String { key?.name ?? "autoscaler" }
    var bindings: [BindingGroup] {
        [
            BindingGroup(
                "Autoscaler",
                [
                    Binding(.tab, action: Actions.nextPane, "pane", "Next pane: over time, events, node autoscaler", footer: 8),
                    Binding(.enter, action: Actions.open, "pods", "The pods of the workload", footer: 5),
                    Binding(.character(")"), action: Actions.moreDemand, "demand", "Raise the workload's demand by 10 %", footer: 10),
                    Binding(.character("("), action: Actions.lessDemand, "less", "Lower the workload's demand by 10 %", footer: 11),
                    Binding(.character("L"), action: Actions.setDemand, "set demand", "Set the workload's demand: 2, 200m..6/30m, 500m@0s 6@5m", footer: 12)
                        .formerly("load"),
                    Binding(.character("a"), action: Actions.toggleNodeAutoscaler, "nodes", "Turn the node autoscaler on or off", footer: 15).formerly(
                        "autosize"),
                    Binding(.character("s"), action: Actions.scale, "scale", "Scale the workload by hand: the autoscaler answers", footer: 20),
                    Binding(.character("d"), action: Actions.describe, "describe", "Describe the autoscaler", footer: 25),
                    Binding(.character("y"), action: Actions.yaml, "yaml", "YAML of the autoscaler", footer: 26),
                    Binding(.character("e"), action: Actions.edit, "edit", "Edit the autoscaler as YAML in your editor", footer: 27),
                ])
        ]
    }

    // MARK: What it is about

    private func all(_ world: World) -> [HorizontalPodAutoscaler] { world.store.horizontalPodAutoscalers.sorted().filter { world.shows($0.namespace) } }
    private func scaler(_ world: World) -> HorizontalPodAutoscaler? {
        key.map { world.store.horizontalPodAutoscalers[$0] } ?? all(world).first
    }
    func workload(_ scaler: HorizontalPodAutoscaler) -> Workload {
        Workload(kind: scaler.spec.scaleTargetRef.kind, namespace: scaler.namespace, name: scaler.spec.scaleTargetRef.name)
    }
    func focusedWorkload(_ world: World) -> Workload? { scaler(world).map(workload) }
    func target(_ scaler: HorizontalPodAutoscaler, _ world: World) -> (any StoredObject)? {
        KindInfo.find(scaler.spec.scaleTargetRef.kind).flatMap {
            world.store.object($0.type, ObjectKey(namespace: scaler.namespace, name: scaler.spec.scaleTargetRef.name))
        }
    }

    // MARK: Keys

    mutating func refresh(_ world: World, in area: Rect) {
        guard let scaler = scaler(world) else { return }
        readEvents(scaler, world)
        trace = world.session.simulation.controllers.autoscaling(scaler.key)
        steps = trace.map { AutoscalerWords.steps($0, scaler, since: world.cluster.origin) } ?? []
        guard let inside = places(area, scaler).panes[pane]?.interior else { return }
        switch pane {
        case .history: break
        case .events: scroll.show(EventLines.matching(filter, events).count, height: inside.height)
        case .nodes: scroll.show(nodeLines(world).count, height: inside.height)
        }
    }

    /// The arithmetic, and those panes that there is room for.
    private func places(_ area: Rect, _ scaler: HorizontalPodAutoscaler) -> (steps: Rect, panes: [Pane: Rect]) {
        let conditions = scaler.status.conditions
        let wanted = max(1, steps.count) + conditions.count + 2 + (conditions.isEmpty ? 0 : 1)
        let isTall = area.height >= 28
        let upper = min(wanted, isTall ? area.height - 16 : area.height - 7)
        let above = Rect(x: area.x, y: area.y, width: area.width, height: upper)
        let rest = area.inset(top: upper)
        guard isTall, area.width >= 100 else { return (above, [pane: rest]) }
        let rows = rest.splitRows([.weight(1), .fixed(max(8, min(16, rest.height / 3)))])
        let columns = rows[1].splitColumns([.weight(1), .fixed(area.width / 2)])
        return (above, [.history: rows[0], .events: columns[0], .nodes: columns[1]])
    }

    enum Actions: String, ScreenAction {
        case nextPane, previousPane, open, moreDemand, lessDemand, setDemand, toggleNodeAutoscaler, scale, describe, yaml, edit
    }

    func unavailable(_ action: Action, _ world: World) -> String? {
        guard let action = Actions(action), ![.nextPane, .previousPane, .toggleNodeAutoscaler].contains(action) else { return nil }
        guard let scaler = scaler(world) else { return "There is no HorizontalPodAutoscaler" }
        guard [.open, .setDemand, .scale].contains(action), target(scaler, world) == nil else { return nil }
        return "\(scaler.spec.scaleTargetRef.kind) \(scaler.spec.scaleTargetRef.name) does not exist"
    }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        if pane != .history, scroll.perform(action) { return [] }
        if let motion = Motion(action), motion == .down || motion == .up {
            let list = all(world)
            guard let present = scaler(world), let index = list.firstIndex(where: { $0.key == present.key }) else { return [] }
            key = list[max(0, min(list.count - 1, index + (motion == .down ? 1 : -1)))].key
            return []
        }
        guard let action = Actions(action) else { return nil }
        switch action {
        case .nextPane, .previousPane:
            pane = Pane.allCases.neighbour(of: pane, isNext: action == .nextPane)
            scroll.reset()
            return []
        case .toggleNodeAutoscaler:
            var settings = world.session.simulation.nodeAutoscaler.settings
            settings.isOn.toggle()
            return [.perform([.nodeAutoscaler(settings)])]
        case .open: return scaler(world).map { [.push(TableScreen(Kind.pod.info, scope: .ofWorkload(workload($0))))] }
        case .describe: return scaler(world).map { [.push(DetailScreen($0, tab: .describe))] }
        case .yaml: return scaler(world).map { [.push(DetailScreen($0, tab: .yaml))] }
        case .edit: return scaler(world).map { [.edit($0)] }
        case .moreDemand, .lessDemand: return scaler(world).map { Demands.effects([$0], percent: action == .moreDemand ? 10 : -10, world) }
        case .scale: return scaler(world).flatMap { target($0, world) }.map { [.open(Forms.scale([$0], $0.kindInfo, world))] }
        case .setDemand:
            guard let scaler = scaler(world), let object = target(scaler, world) else { return nil }
            let demand = Demands.target(of: object, world).flatMap { Demands.load($0, world) }
            return [.prompt("demand \(workload(scaler).name) \(demand.map(Demand.text) ?? "")")]
        }
    }

    // MARK: Drawing

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        guard let scaler = scaler(world) else { return drawNone(on: &canvas, in: area, world) }
        let places = places(area, scaler)
        drawSteps(scaler, steps, trace, on: &canvas, in: places.steps, world)
        for pane in Pane.allCases {
            guard let box = places.panes[pane] else { continue }
            switch pane {
            case .history: drawHistory(scaler, trace, on: &canvas, in: box, world)
            case .events: drawEvents(on: &canvas, in: box, world)
            case .nodes: drawNodes(on: &canvas, in: box, world)
            }
        }
    }

    private func drawNone(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        let rows = area.splitRows([.fixed(5), .weight(1)])
        canvas.drawBox(in: rows[0], title: StyledText("Autoscaler", theme[.title]), style: theme[.border])
        let name = key.map { "HorizontalPodAutoscaler \($0.name) is gone." } ?? "There is no HorizontalPodAutoscaler here."
        canvas.write(name, at: Point(x: area.x + 2, y: area.y + 1), style: theme[.text], maxWidth: area.width - 4)
        canvas.write(
            StyledText("Load a manifest with one, or :scenario horizontal-autoscaling shows one at work.", theme[.dim]).truncated(to: area.width - 4),
            at: Point(x: area.x + 2, y: area.y + 2))
        drawNodes(on: &canvas, in: rows[1], world)
    }

    private func drawSteps(
        _ scaler: HorizontalPodAutoscaler, _ steps: [AutoscalerWords.Step], _ trace: AutoscalerTrace?, on canvas: inout Canvas, in box: Rect, _ world: World
    ) {
        let theme = world.theme
        let list = all(world)
        var title = StyledText("Autoscaler ", theme[.title])
        title.append(scaler.name, theme[.titleHighlight])
        title.append(" \(world.glyphs.arrowRight) \(scaler.spec.scaleTargetRef.kind) \(scaler.spec.scaleTargetRef.name)", theme[.title])
        if list.count > 1, let index = list.firstIndex(where: { $0.key == scaler.key }) {
            title.append("  \(index + 1) of \(list.count)", theme[.titleCounter])
        }
        var right = StyledText("replicas \(scaler.status.currentReplicas) \(world.glyphs.arrowRight) \(scaler.status.desiredReplicas)", theme[.titleHighlight])
        if let trace, trace.next > world.now, box.width >= 70 { right.append("  next check in \((trace.next - world.now).wholeSecondsUp)s", theme[.dim]) }
        canvas.drawBox(in: box, title: title, right: right, style: theme[.border])
        let inside = box.interior.inset(x: 1, y: 0)
        guard !steps.isEmpty else {
            canvas.write("No check yet: the first is 15 s after it was created.", at: inside.origin, style: theme[.dim], maxWidth: inside.width)
            return
        }
        let conditions = scaler.status.conditions
        let room = max(1, inside.height - conditions.count)
        // What came of it is never cut.
        let shown = steps.count <= room ? steps : Array(steps.prefix(max(0, room - 1))) + [steps.last!]
        let nameWidth = max(11, (steps.map { TextWidth.columns($0.name) }.max() ?? 0) + 1)
        let valueWidth = max(7, steps.map { TextWidth.columns($0.value) }.max() ?? 0)
        for (index, step) in shown.enumerated() {
            let isLast = step.name == "desired"
            var text = StyledText(pad(step.name, nameWidth), theme[isLast ? .title : .dim])
            text.append(pad(step.value, valueWidth, .right), theme[step.role])
            text.append("   \(step.why)", theme[isLast ? step.role : step.role == .rowError ? .rowError : .text])
            canvas.write(text.truncated(to: inside.width), at: Point(x: inside.x, y: inside.y + index))
        }
        let y = inside.bottom - min(conditions.count, max(0, inside.height - shown.count))
        for (index, condition) in conditions.enumerated() where y + index < inside.bottom {
            let isFine = condition.isTrue != (condition.type == ConditionType.scalingLimited)
            var text = StyledText("\(isFine ? world.glyphs.passed : world.glyphs.notReady) ", theme[isFine ? .good : .rowPending])
            text.append(pad(condition.type, 15), theme[.text])
            text.append("\(condition.isTrue ? "yes" : "no ")  \(condition.reason)", theme[isFine ? .text : .rowPending])
            text.append("  \(condition.message)", theme[.dim])
            canvas.write(text.truncated(to: inside.width), at: Point(x: inside.x, y: y + index))
        }
    }

    /// The autoscaler's events, its workload's and the node autoscaler's, the newest first.
    private mutating func readEvents(_ scaler: HorizontalPodAutoscaler, _ world: World) {
        if let stamp = eventsStamp, stamp == (world.store.revision, world.generation, scaler.key) { return }
        eventsStamp = (world.store.revision, world.generation, scaler.key)
        let (store, reference) = (world.store, scaler.spec.scaleTargetRef)
        let told = world.cluster.eventLog.events.lazy.filter { $0.source == "cluster-autoscaler" }.map { Subject(kind: $0.kind, key: $0.object) }
        var found = store.events(about: Kind.horizontalPodAutoscaler.rawValue, scaler.key).filter { $0.involvedObject.uid == scaler.metadata.uid }
        let workload = Subject(kind: reference.kind, key: ObjectKey(namespace: scaler.namespace, name: reference.name))
        found += store.events(about: workload.kind, workload.key)
        for subject in Set(told) where subject != workload {
            found += store.events(about: subject.kind, subject.key).filter { $0.source.component == "cluster-autoscaler" }
        }
        events = found.sorted {
            ($0.lastTimestamp?.nanoseconds ?? 0, $0.metadata.resourceVersion) > ($1.lastTimestamp?.nanoseconds ?? 0, $1.metadata.resourceVersion)
        }
    }

    mutating func mouse(_ event: MouseEvent, _ world: World) -> [Effect] {
        switch event.kind {
        case .wheelDown: _ = scroll.perform(Action(Motion.down))
        case .wheelUp: _ = scroll.perform(Action(Motion.up))
        default: break
        }
        return []
    }
}

extension AutoscalerScreen {
    static let command = PromptCommand(
        names: ["autoscaler", "autoscale"], arguments: "[name|workload]", help: "An autoscaler's arithmetic, curves and demand; the node autoscaler",
        candidates: { world, word in world.names(of: HorizontalPodAutoscaler.self, beginning: word) }
    ) { dashboard, words in
        let world = dashboard.world
        guard let word = words.first else { return dashboard.apply([.push(AutoscalerScreen(of: dashboard.stack.last!.focusedWorkload(world), world))]) }
        let all = world.store.horizontalPodAutoscalers.sorted()
        guard let scaler = all.first(where: { $0.name == word }) ?? all.first(where: { $0.spec.scaleTargetRef.name == word }) else {
            let near = nearest(word, among: all.map(\.name)).map { "; nearest: \($0)" } ?? ""
            return dashboard.show("No HorizontalPodAutoscaler \(word)\(near)", .error)
        }
        dashboard.apply([.push(AutoscalerScreen(scaler.key))])
    }
}
