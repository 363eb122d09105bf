import Canvas
import ControlPlane
import Kubelets
import KubernetesAPI
import Simulation
import SimulationKit

/// Steps of load by one key.
enum LoadSteps {
    static let kinds: [Kind] = [.pod, .deployment, .statefulSet, .daemonSet, .replicaSet, .job]

    /// Commands that raise or lower what `objects` have to do: the demand of a workload that has one by a tenth; else the CPU
    /// used by each pod to the next quarter of its request. Memory stays as it was set.
    static func commands(_ objects: [any StoredObject], _ direction: Int64, _ world: World) -> [Command] {
        objects.map { object in
            if let target = Demands.target(of: object, world), let demand = Demands.load(target, world) {
                return Demands.bent(target, demand, percent: direction > 0 ? 10 : -10)
            }
            let kind = object.kindInfo.type
            let pods = pods(of: object, world)
            let unit = max(10, (pods.first?.requests().milliCPU ?? 0) / 4)
            let set = override(of: object, world)
            let now = set?.cpu ?? mean(pods, world).milliCPU
            let next = max(0, QuantityField.step(now, direction, unit))
            return .load(kind, object.key, cpu: Quantity(milli: next), memory: set?.memory.map { Quantity(bytes: $0) })
        }
    }

    static func pods(of object: any StoredObject, _ world: World) -> [Pod] {
        (object as? Pod).map { [$0] } ?? LiveWorkload.pods(of: [object], world)
    }
    static func override(of object: any StoredObject, _ world: World) -> LoadOverride? {
        world.session.simulation.kubelets.load(of: LoadTarget(kind: object.kindInfo.kind, key: object.key))
    }
    /// What a pod uses now on average, without the CPU limit; of the first fifty.
    static func mean(_ pods: [Pod], _ world: World) -> (milliCPU: Int64, memory: Int64) {
        let uses = pods.prefix(50).map { world.session.simulation.kubelets.containerUsage(of: $0, in: world.cluster) }.filter { !$0.isEmpty }
        guard !uses.isEmpty else { return (0, 0) }
        let sum = uses.reduce((Int64(0), Int64(0))) { sum, use in use.reduce(sum) { ($0.0.saturatingAdd($1.wantedMilliCPU), $0.1.saturatingAdd($1.memory)) } }
        return (sum.0 / Int64(uses.count), sum.1 / Int64(uses.count))
    }
}

/// How much CPU and memory pods use from now on: for trying what throttles, what is killed, and what a resize helps.
struct LoadDialog: Dialog {
    private let objects: [any StoredObject]
    private let subject: String
    private let sample: Pod?
    private var fields: [QuantityField] = []
    /// A field, then Cancel, Own, Set.
    private var focus = 0
    /// Whether the user has changed an amount; until then arrows go from field to field and Enter leads to Cancel.
    private var isTouched = false
    private var problem: String?

    init(_ objects: [any StoredObject], _ world: World) {
        self.objects = objects
        let first = objects.first
        subject = first.map { objects.count == 1 ? "\($0.kindInfo.kind) \($0.metadata.name)" : "\(objects.count) \($0.kindInfo.plural)" } ?? ""
        let pods = first.map { LoadSteps.pods(of: $0, world) } ?? []
        sample = pods.first
        let mean = LoadSteps.mean(pods, world)
        let set = first.flatMap { LoadSteps.override(of: $0, world) }
        fields = [
            QuantityField("cpu", present: Quantity(milli: set?.cpu ?? mean.milliCPU)),
            QuantityField("memory", present: Quantity(mebibytesOf: set?.memory ?? mean.memory)),
        ]
    }

    var hints: [(key: String, text: String)] {
        [("tab", "next field"), ("+/-", "step"), ("shift-↑/↓", "big step"), ("enter", focus < fields.count ? "buttons" : "press"), ("esc", "cancel")]
    }

    mutating func handle(_ key: Key, _ world: World) -> [Effect] {
        let count = fields.count + 3
        let onButtons = focus >= fields.count
        problem = nil
        switch key {
        case .escape: return [.closeDialog]
        case .tab: focus = (focus + 1) % count
        case .backtab: focus = (focus + count - 1) % count
        case .left where onButtons, .up where onButtons: focus = fields.count + (focus - fields.count + 2) % 3
        case .right where onButtons, .down where onButtons: focus = fields.count + (focus - fields.count + 1) % 3
        case .down where !isTouched: focus = min(focus + 1, fields.count)
        case .up where !isTouched: focus = max(0, min(focus, fields.count + 1) - 1)
        case .enter where !onButtons: focus = isTouched ? count - 1 : fields.count
        case .character("n") where onButtons: return [.closeDialog]
        case .enter where focus == fields.count: return [.closeDialog]
        case .enter where focus == fields.count + 1:
            return [.attempt(objects.map { .load($0.kindInfo.type, $0.key, cpu: nil, memory: nil) })]
        case .enter: return set()
        case .character("y") where onButtons: return set()
        default:
            let index = onButtons ? 0 : focus
            if fields[index].handle(key) { isTouched = isTouched || fields[index].isChanged }
        }
        return []
    }

    private mutating func set() -> [Effect] {
        for field in fields where !field.wanted.isEmpty && !field.isReadable {
            problem = "\"\(field.wanted)\" is not an amount such as 250m, 512Mi, +100m or -10%"
            return []
        }
        // What is left as it was stays the program's own, unless it was set before.
        func amount(_ index: Int, _ isSet: (LoadOverride?) -> Bool, _ object: any StoredObject, _ world: LoadOverride?) -> Quantity? {
            fields[index].wanted.isEmpty || !fields[index].isChanged && !isSet(world) ? nil : fields[index].quantity
        }
        return [
            .attempt(
                objects.map { object in
                    .load(
                        object.kindInfo.type, object.key, cpu: amount(0, { $0?.cpu != nil }, object, overrides[object.key] ?? nil),
                        memory: amount(1, { $0?.memory != nil }, object, overrides[object.key] ?? nil))
                })
        ]
    }
    private var overrides: [ObjectKey: LoadOverride?] = [:]

    mutating func paste(_ text: String) {
        guard focus < fields.count else { return }
        fields[focus].paste(text)
        isTouched = true
    }

    mutating func refused(_ text: String, _ causes: [APIError.Cause]) { problem = text }

    mutating func refresh(_ world: World, in area: Rect) {
        for object in objects { overrides[object.key] = LoadSteps.override(of: object, world) }
    }

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        let surface = theme[.dialog].background
        let width = min(area.width, 88)
        let inner = width - 4
        let words = verdict(world).flatMap { $0.wrapped(to: inner) }
        var heading = StyledText("Load", theme[.title])
        heading.append("  \(subject)", theme[.titleHighlight])
        let inside = Popup(title: heading, right: StyledText("simulator only"))
            .draw(on: &canvas, centeredIn: area, size: Size(width: width, height: min(area.height, words.count + 8)), theme: theme)
        var y = inside.y
        canvas.write(
            pad("USED BY EACH POD", 20) + pad("NOW", 12) + pad("NEW", 17) + pad("REQUEST", 12) + "LIMIT", at: Point(x: inside.x, y: y),
            style: theme[.tableHeader].on(surface), maxWidth: inner)
        for index in fields.indices {
            y += 1
            let focused = index == focus
            canvas.write(focused ? String(canvas.glyphs.cursor) : " ", at: Point(x: inside.x, y: y), style: theme[.accent].on(surface))
            canvas.write(fields[index].resource, at: Point(x: inside.x + 2, y: y), style: theme[.dialogLabel].on(surface))
            canvas.write(fields[index].present?.description ?? "-", at: Point(x: inside.x + 20, y: y), style: theme[.dialog], maxWidth: 11)
            fields[index].text.draw(
                on: &canvas, at: Point(x: inside.x + 32, y: y), width: 14, style: theme[focused ? .dialogFieldFocus : .dialogField], focused: focused)
            let (request, limit) = bounds(fields[index].resource)
            canvas.write(
                pad(request.map(\.description) ?? "-", 12) + (limit?.description ?? "-"), at: Point(x: inside.x + 49, y: y), style: theme[.dialog],
                maxWidth: inner - 49)
        }
        y += 2
        for line in words where y < inside.bottom - 1 {
            canvas.write(line.restyled(from: theme[.dialog]) { $0.on(surface) }, at: Point(x: inside.x, y: y), style: theme[.dialog], maxWidth: inner)
            y += 1
        }
        if let problem { canvas.write(problem, at: Point(x: inside.x, y: inside.bottom - 2), style: theme[.flashError].on(surface), maxWidth: inner) }
        ButtonRow(["Cancel", "Program's own", "Set"], focused: focus >= fields.count ? focus - fields.count : nil)
            .draw(on: &canvas, in: Rect(x: inside.x, y: inside.bottom - 1, width: inner, height: 1), theme: theme)
    }

    /// Request and limit of a pod in sum; a limit only if each container has one.
    private func bounds(_ resource: String) -> (request: Quantity?, limit: Quantity?) {
        guard let containers = sample?.spec.containers else { return (nil, nil) }
        func sum(_ list: [Quantity?]) -> Quantity? {
            let known = list.compactMap { $0 }
            guard var total = known.first, known.count == list.count else { return nil }
            for other in known.dropFirst() { total = total + other }
            return total
        }
        return (sum(containers.map { $0.resources.requests[resource] }), sum(containers.map { $0.resources.limits[resource] }))
    }

    private func verdict(_ world: World) -> [StyledText] {
        let theme = world.theme
        return fields.map { field in
            let (request, limit) = bounds(field.resource)
            guard let wanted = field.wanted.isEmpty ? nil : field.quantity else {
                return StyledText("\(world.glyphs.notAsked) \(field.resource): as the program does by itself", theme[.dim])
            }
            if let limit, wanted > limit {
                return field.resource == "cpu"
                    ? StyledText("! cpu: throttled to its limit of \(limit), wants \(wanted)", theme[.rowPending])
                    : StyledText("\(world.glyphs.stopped) memory: OOMKilled above its limit of \(limit), again after each restart", theme[.rowError])
            }
            if let request, wanted > request {
                return StyledText(
                    field.resource == "cpu" ? "! cpu: more than requested" : "! memory: more than requested, so evicted first under node pressure",
                    theme[.rowPending])
            }
            return StyledText("\(world.glyphs.passed) \(field.resource): within what is requested", theme[.good])
        }
    }
}
