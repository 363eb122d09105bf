import Canvas
import ControlPlane
import Controllers
import Kubelets
import KubernetesAPI
import Simulation
import SimulationKit

// The lower panes: curves over time, events, and the node autoscaler.
extension AutoscalerScreen {
    private func box(_ own: Pane, _ rest: String, _ right: StyledText? = nil, on canvas: inout Canvas, in area: Rect, _ theme: Theme) {
        var title = StyledText(own.rawValue, theme[.title])
        if !rest.isEmpty { title.append("  \(rest)", theme[.titleHighlight]) }
        canvas.drawBox(in: area, title: title, right: right, style: theme[own == pane ? .borderFocus : .border])
    }

    // MARK: Over time

    /// One curve: values over the columns, where it is known; the last ones are ahead of now.
    private struct Curve {
        var name: String
        var now: String
        var values: [Double]
        var maximum: Double
        /// A line to compare with, and what it is.
        var line: (value: Double, name: String)?
        var limit: Double?
    }

    func drawHistory(_ scaler: HorizontalPodAutoscaler, _ trace: AutoscalerTrace?, on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        let demand = Demands.target(of: scaler, world).flatMap { Demands.load($0, world) }
        let inside = area.interior.inset(x: 1, y: 0)
        let labels = inside.width >= 90 ? 24 : 18
        let width = inside.width - labels
        guard width > 4, inside.height > 0, let trace else {
            box(.history, "", on: &canvas, in: area, theme)
            return
        }
        // A column is one look. A quarter lies ahead: what is asked for then is known.
        let step = max(.seconds(1), trace.next - trace.at)
        let ahead = demand == nil ? 0 : width / 4
        let past = width - ahead
        let curves = curves(trace, demand, step, past: past, width: width, world)
        var right = StyledText("last \(spanText(step * past))", theme[.dim])
        if ahead > 0 { right.append("  \(canvas.glyphs.now) now  next \(spanText(step * ahead))", theme[.dim]) }
        box(
            .history,
            demand.map { "asked \($0.text(AutoscalerWords.cores).replacing("m0s", with: "m"))" }
                ?? "no demand given: \(world.hint(Actions.setDemand, "sets one", in: bindings[0]))", right, on: &canvas, in: area, theme)
        let shown = Array(curves.prefix(max(1, inside.height)))
        let gaps = inside.height >= shown.count * 3 ? shown.count - 1 : 0
        var y = inside.y
        for (index, curve) in shown.enumerated() {
            let height = (inside.height - gaps) * (index + 1) / shown.count - (inside.height - gaps) * index / shown.count
            draw(curve, past: past, on: &canvas, in: Rect(x: inside.x, y: y, width: inside.width, height: height), labels: labels, theme)
            y += height + (gaps > 0 ? 1 : 0)
        }
    }

    private func spanText(_ span: Duration) -> String {
        span >= .minutes(2) ? "\(Int(span.seconds / 60)) min" : "\(Int(span.seconds)) s"
    }

    private func curves(_ trace: AutoscalerTrace, _ demand: Load?, _ step: Duration, past: Int, width: Int, _ world: World) -> [Curve] {
        /// The time of a column.
        func time(_ column: Int) -> Instant { world.now + step * (column - past + 1) }
        func look(_ column: Int) -> AutoscalerTrace.Look? {
            guard column < past else { return nil }
            let at = time(column)
            return trace.looks.last { $0.at <= at }
        }
        var curves: [Curve] = []
        if let demand {
            let values = (0..<width).map { column in
                time(column) < .start ? .nan : Double(demand.value(at: time(column), startedAt: .start))
            }
            let now = demand.value(at: world.now, startedAt: .start)
            let next = values.last ?? 0
            let trend = abs(next - Double(now)) < 1 ? "" : ", then \(AutoscalerWords.cores(Int64(saturating: next.rounded(.down))))"
            curves.append(
                Curve(name: "asked", now: "\(AutoscalerWords.cores(now)) cpu\(trend)", values: values, maximum: max(1, values.filter(\.isFinite).max() ?? 1)))
        }
        if let metric = trace.metrics.first {
            let values = (0..<past).map { look($0)?.value.map(Double.init) ?? .nan }
            let target = Double(metric.target)
            let now = metric.measured.map { AutoscalerWords.text($0.value, of: metric) } ?? "?"
            curves.append(
                Curve(
                    name: metric.name, now: "\(now), wanted \(AutoscalerWords.text(metric.target, of: metric))", values: values,
                    maximum: max(target * 1.5, values.filter(\.isFinite).max() ?? 0), line: (target, "target"),
                    limit: target * (1 + (metric.measured?.toleranceUp ?? 0.1))))
        }
        let values = (0..<past).map { column in look(column).map { Double($0.desired) } ?? .nan }
        curves.append(
            Curve(
                name: "replicas", now: "\(trace.desired ?? trace.current), \(trace.least) to \(trace.most)", values: values,
                maximum: max(Double(trace.most), values.filter(\.isFinite).max() ?? 1), line: (Double(trace.most), "max")))
        return curves
    }

    private func draw(_ curve: Curve, past: Int, on canvas: inout Canvas, in area: Rect, labels: Int, _ theme: Theme) {
        guard area.height > 0 else { return }
        canvas.write(curve.name, at: area.origin, style: theme[.text], maxWidth: labels - 1, ellipsis: true)
        let width = TextWidth.columns(curve.name) + 1
        if area.height > 1 {
            canvas.write(curve.now, at: Point(x: area.x, y: area.y + 1), style: theme[.accent], maxWidth: labels - 1, ellipsis: true)
        } else {
            canvas.write(curve.now, at: Point(x: area.x + width, y: area.y), style: theme[.accent], maxWidth: labels - 1 - width, ellipsis: true)
        }
        let plot = area.inset(left: labels)
        let left = Rect(x: plot.x, y: plot.y, width: past, height: plot.height)
        AreaChart(Array(curve.values.prefix(past)), maximum: curve.maximum, limit: curve.limit).draw(on: &canvas, in: left, theme: theme)
        if curve.values.count > past {
            let right = Rect(x: plot.x + past, y: plot.y, width: plot.width - past, height: plot.height)
            AreaChart(Array(curve.values.dropFirst(past)), maximum: curve.maximum).draw(on: &canvas, in: right, style: theme[.dim], faultStyle: theme[.dim])
        }
        if let line = curve.line, plot.height > 1, line.value <= curve.maximum {
            let y = plot.bottom - 1 - Canvas.step(line.value / curve.maximum * Double(plot.height), upTo: plot.height - 1)
            for x in left.x..<left.right where canvas[x, y].scalar == 32 { canvas.write(canvas.glyphs.dotted, at: Point(x: x, y: y), style: theme[.limit]) }
            if plot.width > past + line.name.count {
                canvas.write(line.name, at: Point(x: left.right + 1, y: y), style: theme[.limit], maxWidth: plot.width - past - 1)
            }
        }
        if plot.width > past {
            for y in plot.y..<plot.bottom where canvas[left.right, y].scalar == 32 {
                canvas.write(canvas.glyphs.now, at: Point(x: left.right, y: y), style: theme[.dim])
            }
        }
    }

    // MARK: Events

    func drawEvents(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        let shown = EventLines.matching(filter, events)
        box(.events, filter.isEmpty ? "" : "</\(filter)>", StyledText("\(shown.count)", theme[.dim]), on: &canvas, in: area, theme)
        let inside = area.interior.inset(x: 1, y: 0)
        let first = min(pane == .events ? scroll.top : 0, max(0, shown.count - inside.height))
        for (index, event) in shown.dropFirst(first).prefix(inside.height).enumerated() {
            let text = EventLines.line(event, world)
            canvas.write(text.truncated(to: inside.width), at: Point(x: inside.x, y: inside.y + index))
        }
        if shown.isEmpty { canvas.write("none", at: inside.origin, style: theme[.dim]) }
    }

    // MARK: Nodes

    func drawNodes(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        let autoscaler = world.session.simulation.nodeAutoscaler
        let settings = autoscaler.settings
        let pools = autoscaler.pools(world.cluster)
        let total = pools.reduce(0) { $0 + $1.size }
        let most = settings.maxNodesTotal ?? settings.maxPerZone.saturatingMultiply(pools.count)
        box(
            .nodes, settings.isOn ? "on" : "off",
            StyledText(
                settings.isOn ? "\(total) of \(most) nodes" : world.hint(Actions.toggleNodeAutoscaler, "turns it on", in: bindings[0]), theme[.dim]),
            on: &canvas,
            in: area, theme)
        let inside = area.interior.inset(x: 1, y: 0)
        let lines = nodeLines(world)
        let first = min(pane == .nodes ? scroll.top : 0, max(0, lines.count - inside.height))
        for (index, line) in lines.dropFirst(first).prefix(inside.height).enumerated() {
            canvas.write(line.truncated(to: inside.width), at: Point(x: inside.x, y: inside.y + index))
        }
    }

    /// How full each pool is, and what the node autoscaler does.
    func nodeLines(_ world: World) -> [StyledText] {
        let theme = world.theme
        let autoscaler = world.session.simulation.nodeAutoscaler
        let settings = autoscaler.settings
        let pools = autoscaler.pools(world.cluster)
        var lines: [StyledText] = []
        if settings.isOn {
            let width = max(6, pools.map { TextWidth.columns($0.zone) }.max() ?? 0) + 2
            for pool in pools {
                var text = StyledText(pad(pool.zone, width), theme[.text])
                let full = max(0, settings.maxPerZone)
                let bar = min(20, full)
                let filled = full == 0 ? 0 : min(bar, pool.nodes.count * bar / full)
                let coming = full == 0 ? 0 : min(bar - filled, (pool.upcoming * bar + full - 1) / full)
                text.append(String(world.glyphs.barFull, times: filled), theme[.good])
                text.append(String(world.glyphs.barAdded, times: coming), theme[.rowPending])
                text.append(String(world.glyphs.barEmpty, times: bar - filled - coming), theme[.gaugeFree])
                text.append("  \(pool.nodes.count)", theme[.text])
                if pool.upcoming > 0 { text.append(" +\(pool.upcoming)", theme[.rowPending]) }
                text.append(" of \(settings.minPerZone)..\(settings.maxPerZone)", theme[pool.size >= settings.maxPerZone ? .rowPending : .dim])
                if pool.size >= settings.maxPerZone { text.append("  full", theme[.rowPending]) }
                lines.append(text)
            }
        }
        return lines + doings(autoscaler, world)
    }

    /// What it does now and is about to do.
    private func doings(_ autoscaler: NodeAutoscaler, _ world: World) -> [StyledText] {
        let theme = world.theme
        let settings = autoscaler.settings
        func from(_ time: Instant) -> String { "\(max(.zero, time - world.now).truncated(to: .seconds(1)))" }
        var lines: [StyledText] = []
        for new in autoscaler.upcoming {
            lines.append(StyledText("+ \(new.node.metadata.name) in \(new.zone) ready in \(from(new.due))", theme[.rowAdded]))
        }
        for removal in autoscaler.removals {
            let left = world.store.pods(onNode: removal.node).count { !$0.isFinished && $0.metadata.controller?.kind != "DaemonSet" }
            lines.append(StyledText("- \(removal.node) is being drained: \(counted(left, "pod")) left", theme[.rowKilled]))
        }
        var earliest = Instant.start
        if let added = autoscaler.lastAdd { earliest = max(earliest, added + settings.delayAfterAdd) }
        if let failed = autoscaler.lastFailure { earliest = max(earliest, failed + settings.delayAfterFailure) }
        for node in autoscaler.unneeded {
            let due = max(earliest, node.since + settings.unneededTime)
            let use =
                world.view.nodes[node.node].map { $0.allocatable.milliCPU > 0 ? "cpu \(percent($0.requested.milliCPU, of: $0.allocatable.milliCPU))%, " : "" }
                ?? ""
            lines.append(
                StyledText(
                    "- \(node.node) is not needed (\(use)for \(from(world.now + (world.now - node.since)))): removed in \(from(due))", theme[.rowPending]))
        }
        guard settings.isOn else {
            return [
                StyledText("Off: pods that find no room wait; no node is added or removed.", theme[.text]),
                StyledText(
                    "On, it adds nodes of \(settings.minPerZone)..\(settings.maxPerZone) a zone for pods that wait, \(settings.provisioningFrom.wholeSeconds) to \(settings.provisioningTo.wholeSeconds) s later,",
                    theme[.dim]),
                StyledText(
                    "and removes nodes below \(fixed(settings.utilizationThreshold * 100, 0)) % use after \(AutoscalerWords.span(settings.unneededTime)).",
                    theme[.dim]),
            ]
        }
        if lines.isEmpty {
            let waiting = world.view.waitingCount
            lines.append(
                StyledText(
                    waiting == 0
                        ? "Nothing to do: no pod waits, no node is idle." : "\(counted(waiting, "pod waits", "pods wait")); it checks them next.",
                    theme[.dim]))
        }
        if let scan = autoscaler.nextScan, scan > world.now { lines.append(StyledText("next check in \((scan - world.now).wholeSecondsUp)s", theme[.dim])) }
        return lines
    }
}

extension Duration {
    /// Seconds, a part counting as a whole one.
    var wholeSecondsUp: Int64 { (nanoseconds + 999_999_999) / 1_000_000_000 }
}
