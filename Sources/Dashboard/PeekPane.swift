import Canvas
import ControlPlane
import KubernetesAPI
import Simulation

/// The pane under a pods table: why, last events, owner, next step, so that nobody needs describe and scroll.
enum PeekPane {
    static func draw(_ pod: Pod, on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        canvas.drawBox(
            in: box, title: StyledText("Peek  ", theme[.title]) + StyledText(pod.key.description, theme[.titleHighlight]),
            right: StyledText(world.hint(.peek, "hide", in: Bindings.table), theme[.dim]), style: theme[.border])
        let inside = box.interior.inset(x: 1, y: 0)
        var lines: [(String, StyledText)] = []
        let scheduled = pod.status.conditions["PodScheduled"]
        if pod.nodeName.isEmpty, let scheduled, !scheduled.message.isEmpty {
            lines.append(("why", StyledText(scheduled.message, theme[.rowPending])))
        } else if let waiting = (pod.status.initContainerStatuses + pod.status.containerStatuses).first(where: { $0.state.waiting != nil }) {
            let state = waiting.state.waiting!
            lines.append(("why", StyledText("\(waiting.name): \(state.reason) \(state.message)", theme[.rowPending])))
        } else if !pod.status.message.isEmpty {
            lines.append(("why", StyledText("\(pod.status.reason): \(pod.status.message)", theme[.rowError])))
        }
        if let progress = ResizeProgress.line(pod, world) { lines.append(("resize", progress)) }
        let events = world.store.events.all.filter { $0.involvedObject.uid == pod.metadata.uid }
            .sorted { ($0.lastTimestamp?.nanoseconds ?? 0, $0.metadata.resourceVersion) > ($1.lastTimestamp?.nanoseconds ?? 0, $1.metadata.resourceVersion) }
        let room = inside.height - lines.count - (inside.height >= 5 ? 2 : 0)
        for (index, event) in events.prefix(max(1, room)).enumerated() {
            var text = StyledText("\(event.lastTimestamp.map { clockText($0, milliseconds: false) } ?? "")  ", theme[.dim])
            text.append(pad(event.reason, 18), theme[event.type == "Warning" ? .rowPending : .accent])
            text.append(" \(event.message)", theme[.text])
            lines.append((index == 0 ? "events" : "", text))
        }
        if inside.height >= 5 {
            var owner = StyledText("", theme[.text])
            let workload = Workload(of: pod, world.cluster)
            owner.append("\(workload.kind) \(workload.name)", theme[.text])
            if let controller = pod.metadata.controller, controller.name != workload.name { owner.append(" \(world.glyphs.more) \(controller.kind) \(controller.name)", theme[.text]) }
            owner.append("   priority \(pod.spec.priority ?? 0)   QoS \(pod.status.qosClass.rawValue)   grace \(pod.spec.terminationGracePeriodSeconds ?? 30) s", theme[.dim])
            lines.append(("owner", owner))
            let usage = world.session.simulation.kubelets.containerUsage(of: pod, in: world.cluster)
            var line = StyledText("")
            for (index, container) in pod.spec.containers.enumerated() {
                func pair(_ name: String) -> String {
                    "\(container.resources.requests[name]?.description ?? "-")/\(container.resources.limits[name]?.description ?? "-")"
                }
                let used = usage.first { $0.container == container.name }
                line.append("\(index == 0 ? "" : "   ")\(container.name) cpu \(used.map { "\($0.milliCPU)m of " } ?? "")\(pair("cpu"))", theme[.dim])
                if let used, used.isThrottled { line.append(" throttled, wants \(used.wantedMilliCPU)m", theme[.rowPending]) }
                line.append("  mem \(used.map { "\($0.memory >> 20)Mi of " } ?? "")\(pair("memory"))  image \(container.image)", theme[.dim])
            }
            lines.append(("spec", line))
        }
        for (index, line) in lines.prefix(inside.height).enumerated() {
            canvas.write(line.0, at: Point(x: inside.x, y: inside.y + index), style: theme[.dim])
            canvas.write(line.1, at: Point(x: inside.x + 9, y: inside.y + index), maxWidth: inside.width - 9)
        }
    }
}
