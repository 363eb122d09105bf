import Canvas
import ControlPlane
import KubernetesAPI
import Simulation

/// What is to be known about the row under the cursor: its conditions, why it waits, its last events. Texts are whole.
struct Peek {
    typealias Line = (label: String, text: StyledText)
    var title: String
    /// What must be seen, the most urgent first.
    var lines: [Line]
    /// The last events, the newest first: as many as there is room for.
    var events: [StyledText] = []
    /// What is good to know where there is room.
    var facts: [Line] = []

    init(title: String, lines: [Line]) { (self.title, self.lines) = (title, lines) }

    init(of object: any StoredObject, _ world: World) {
        let key = object.key
        title = object is Pod ? key.description : "\(object.kindInfo.kind.lowercased()) \(key)"
        switch object {
        case let pod as Pod:
            lines = Self.lines(of: pod, world)
            facts = Self.facts(of: pod, world)
        case let event as Event:
            title = ObjectColumns.subject(event)
            lines = Self.lines(of: event, world)
            return
        default:
            lines = Self.conditions(of: object, world)
            facts = Self.facts(of: object, world)
        }
        events = Self.events(about: object, world)
    }

    /// That of a workload; nil if it is gone.
    init?(of workload: Workload, _ world: World) {
        guard let info = KindInfo.find(workload.kind), let object = world.store.object(info.type, workload.key) else { return nil }
        self.init(of: object, world)
    }

    // MARK: What is told

    /// Conditions that tell of a fault with their messages, then the others in one line.
    private static func conditions(of object: any StoredObject, _ world: World) -> [Line] {
        let theme = world.theme
        var lines: [Line] = []
        var fine = StyledText("")
        for condition in object.conditions {
            if condition.isFine {
                fine.append("\(world.glyphs.passed) \(condition.type)=\(condition.status)   ", theme[.good])
            } else {
                var text = StyledText("\(world.glyphs.stopped) \(condition.type)=\(condition.status) ", theme[.rowPending])
                text.append([condition.reason, condition.message].filter { !$0.isEmpty }.joined(separator: ": "), theme[.text])
                lines.append(("status", text))
            }
        }
        if !fine.isEmpty { lines.append(("status", fine)) }
        if let message = (object as? PersistentVolume)?.status.message, !message.isEmpty { lines.append(("status", StyledText(message, theme[.rowPending]))) }
        return lines
    }

    private static func lines(of pod: Pod, _ world: World) -> [Line] {
        let theme = world.theme
        var lines: [Line] = []
        let scheduled = pod.status.conditions[ConditionType.podScheduled]
        if pod.nodeName.isEmpty, let scheduled, !scheduled.message.isEmpty {
            lines.append(("why", StyledText(scheduled.message, theme[.rowPending])))
        } else if !pod.status.message.isEmpty {
            lines.append(("why", StyledText("\(pod.status.reason): \(pod.status.message)", theme[.rowError])))
        }
        for status in pod.status.initContainerStatuses + pod.status.containerStatuses {
            if let waiting = status.state.waiting {
                lines.append(("why", StyledText("\(status.name): \(waiting.reason) \(waiting.message)", theme[.rowPending])))
            } else if let ended = status.state.terminated ?? status.lastState.terminated, ended.exitCode != 0 {
                let before = status.state.terminated == nil ? "before: " : ""
                lines.append(("why", StyledText("\(status.name): \(before)\(ended.reason), exit code \(ended.exitCode) \(ended.message)", theme[.rowPending])))
            }
        }
        // What is not ready while it waits or starts is told by the lines above.
        for condition in pod.status.conditions
        where !condition.isFine && !condition.message.isEmpty && (condition.type != ConditionType.podScheduled || !pod.nodeName.isEmpty) {
            if !lines.isEmpty, [ConditionType.ready, ConditionType.containersReady, ConditionType.initialized].contains(condition.type) { continue }
            lines.append(("status", StyledText("\(condition.type)=\(condition.status) \(condition.reason): \(condition.message)", theme[.rowPending])))
        }
        if let progress = ResizeProgress.line(pod, world) { lines.append(("resize", progress)) }
        return lines
    }

    private static func facts(of pod: Pod, _ world: World) -> [Line] {
        let theme = world.theme
        var owner = StyledText("", theme[.text])
        let workload = Workload(of: pod, world.cluster)
        owner.append("\(workload.kind) \(workload.name)", theme[.text])
        if let controller = pod.metadata.controller, controller.name != workload.name {
            owner.append(" \(world.glyphs.more) \(controller.kind) \(controller.name)", theme[.text])
        }
        owner.append(
            "   priority \(pod.spec.priority ?? 0)   QoS \(pod.status.qosClass.rawValue)   grace \(pod.spec.terminationGracePeriodSeconds ?? 30) s", theme[.dim]
        )
        let usage = world.session.simulation.kubelets.containerUsage(of: pod, in: world.cluster)
        let guess = world.guessMark(pod)
        var line = StyledText("")
        for (index, container) in pod.spec.containers.enumerated() {
            func pair(_ name: String) -> String {
                "\(container.resources.requests[name]?.description ?? "-")/\(container.resources.limits[name]?.description ?? "-")"
            }
            let used = usage.first { $0.container == container.name }
            line.append("\(index == 0 ? "" : "   ")\(container.name) cpu \(used.map { "\(guess)\($0.milliCPU)m of " } ?? "")\(pair("cpu"))", theme[.dim])
            if let used, used.isThrottled { line.append(" throttled, wants \(used.wantedMilliCPU)m", theme[.rowPending]) }
            line.append("  mem \(used.map { "\(guess)\($0.memory >> 20)Mi of " } ?? "")\(pair("memory"))  image \(container.image)", theme[.dim])
        }
        return [("owner", owner), ("spec", line)]
    }

    private static func facts(of object: any StoredObject, _ world: World) -> [Line] {
        let theme = world.theme
        var lines: [Line] = []
        if let owner = object.metadata.controller { lines.append(("owner", StyledText("\(owner.kind) \(owner.name)", theme[.dim]))) }
        let labels = object.metadata.labels.entries.map { "\($0.key)=\($0.value)" }.joined(separator: "  ")
        if !labels.isEmpty { lines.append(("labels", StyledText(labels, theme[.dim]))) }
        return lines
    }

    private static func lines(of event: Event, _ world: World) -> [Line] {
        let theme = world.theme
        let about = event.involvedObject
        let place = about.namespace.isEmpty ? about.name : "\(about.namespace)/\(about.name)"
        var times = "last \(event.lastTimestamp.map { world.time($0, milliseconds: false) } ?? "-")"
        if event.count > 1 { times += ", \(event.count) times since \(event.firstTimestamp.map { world.time($0, milliseconds: false) } ?? "-")" }
        return [
            (event.type.lowercased(), StyledText("\(event.reason): \(event.message)", theme[event.type == "Warning" ? .rowPending : .text])),
            ("object", StyledText("\(about.kind) \(place)", theme[.text])), ("seen", StyledText(times, theme[.dim])),
        ]
    }

    /// The last events about an object, repeated ones once.
    private static func events(about object: any StoredObject, _ world: World) -> [StyledText] {
        let (kind, meta) = (object.kindInfo.kind, object.metadata)
        let found = world.store.events(about: kind, ObjectKey(namespace: meta.namespace, name: meta.name)).filter {
            kind == "Node" || $0.involvedObject.uid == object.metadata.uid
        }.sorted { ($0.lastTimestamp?.nanoseconds ?? 0, $0.metadata.resourceVersion) > ($1.lastTimestamp?.nanoseconds ?? 0, $1.metadata.resourceVersion) }
        return found.prefix(20).map { event in
            var text = StyledText("\(event.lastTimestamp.map { world.time($0, milliseconds: false) } ?? "")  ", world.theme[.dim])
            text.append(pad(event.reason, 18), world.theme[event.type == "Warning" ? .rowPending : .accent])
            text.append(" \(event.message)", world.theme[.text])
            if event.count > 1 { text.append("  \(world.glyphs.times)\(event.count)", world.theme[.dim]) }
            return text
        }
    }
}

/// The pane under a list about the row under its cursor, so that nobody needs describe and scroll.
enum PeekPane {
    private static let labelWidth = 9

    /// How high the pane is under a list in `area`: a fixed part of it, or more if what must be seen asks for it. 0: no room.
    static func height(_ peek: Peek, in area: Rect, isWanted: Bool) -> Int {
        let least = area.height >= 28 ? max(8, area.height / 5) : area.height >= 17 || isWanted && area.height >= 10 ? 5 : 0
        guard least > 0 else { return 0 }
        let needed = peek.lines.reduce(0) { $0 + $1.text.wrapped(to: max(1, area.width - 4 - labelWidth)).count }
        return min(max(least, needed + (peek.events.isEmpty ? 2 : 3)), max(least, area.height / 2))
    }

    static func draw(_ peek: Peek, on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        canvas.drawBox(
            in: box, title: StyledText("Peek  ", theme[.title]) + StyledText(peek.title, theme[.titleHighlight]),
            right: StyledText(world.hint(GeneralAction.peek, "hide", in: Bindings.general), theme[.dim]), style: theme[.border])
        let inside = box.interior.inset(x: 1, y: 0)
        let width = max(1, inside.width - labelWidth)
        func wrapped(_ lines: [Peek.Line]) -> [Peek.Line] {
            lines.flatMap { line in line.text.wrapped(to: width).enumerated().map { ($0 == 0 ? line.label : "", $1) } }
        }
        var lines = wrapped(peek.lines)
        var facts = inside.height >= 5 ? wrapped(peek.facts) : []
        if lines.isEmpty, peek.events.isEmpty, facts.isEmpty { facts = wrapped(peek.facts) }
        // Facts give way to the newest event.
        while !facts.isEmpty, lines.count + facts.count + (peek.events.isEmpty ? 0 : 1) > inside.height { facts.removeLast() }
        let room = inside.height - lines.count - facts.count
        lines += wrapped(peek.events.enumerated().map { ($0 == 0 ? "events" : "", $1) }).prefix(max(0, room))
        lines += facts
        if lines.isEmpty { lines = [("", StyledText("No conditions, no events.", theme[.dim]))] }
        for (index, line) in lines.prefix(inside.height).enumerated() {
            canvas.write(line.label, at: Point(x: inside.x, y: inside.y + index), style: theme[.dim])
            canvas.write(line.text, at: Point(x: inside.x + labelWidth, y: inside.y + index), maxWidth: width)
        }
        if lines.count > inside.height {
            canvas.write(
                StyledText(" \(lines.count - inside.height) more lines: \(world.hint(ObjectAction.describe, "describe", in: Bindings.table)) ", theme[.dim]),
                endingAt: box.right - 2, y: box.bottom - 1)
        }
    }
}

extension Condition {
    /// Whether it says that all is well: true, or false for those that tell of a fault.
    var isFine: Bool {
        let faults = [
            "Pressure", "Unavailable", ConditionType.replicaFailure, ConditionType.failed, ConditionType.failureTarget, ConditionType.disruptionTarget,
            "PodResize",
        ]
        return isTrue != faults.contains { type.contains($0) }
    }
}
