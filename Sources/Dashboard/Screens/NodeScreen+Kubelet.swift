import Canvas
import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit

// What a node's kubelet is doing: image pulls, requests to the API server, PLEG, control groups, settings.
extension NodeScreen {
    // MARK: Image pulls

    /// A pull as a row: past, running or waiting.
    private struct PullRow {
        var image: String
        var pod: ObjectKey
        var asked: Instant
        var began: Instant?
        var ended: Instant?
        var size: Int64
        var progress: Double?
        var error: String?
    }

    /// How many pulls there are, and how many of them are seen at once; bandwidth and store stand below, as far as there is room.
    func pullLines(in box: Rect) -> (count: Int, height: Int) {
        ((activity?.pastPulls.count ?? 0) + (activity?.pulls.count ?? 0), max(1, box.interior.height - 1 - pullFooter(box)))
    }
    private func pullFooter(_ box: Rect) -> Int { box.interior.height >= 8 ? 4 : box.interior.height >= 6 ? 2 : 0 }

    func drawPulls(_ activity: NodeActivity, on canvas: inout Canvas, in box: Rect, _ world: World) {
        guard box.height > 2 else { return }
        let theme = world.theme
        let waiting = activity.pulls.count { $0.began == nil }
        let limit = activity.pullLimit
        var title = StyledText("Image pulls  ", theme[.title])
        title.append(limit == 1 ? "serializeImagePulls: true" : limit.map { "maxParallelImagePulls: \($0)" } ?? "no limit", theme[.titleHighlight])
        frame(.pulls, title, StyledText("queue \(waiting)", theme[waiting > 0 ? .rowPending : .dim]), on: &canvas, in: box, theme)
        let inside = box.interior
        var all = activity.pastPulls.map {
            PullRow(image: $0.image, pod: $0.pod, asked: $0.asked, began: $0.began, ended: $0.ended, size: $0.size, progress: nil, error: $0.error)
        }
        all += activity.pulls.map {
            PullRow(
                image: $0.image, pod: $0.pod, asked: $0.asked, began: $0.began, ended: nil, size: $0.size, progress: $0.began == nil ? nil : $0.progress,
                error: nil)
        }
        let room = pullLines(in: box).height
        // The newest are seen first.
        let first = max(0, all.count - room - (pane == .pulls ? scroll.top : 0))
        canvas.drawPosition(
            of: first..<min(all.count, first + room), in: all.count, onBox: box, rows: Rect(x: inside.x, y: inside.y + 1, width: inside.width, height: room),
            theme: theme)
        drawPulls(Array(all.dropFirst(first).prefix(room)), on: &canvas, in: inside, world)
        drawPullFooter(activity, on: &canvas, in: box, world)
    }

    /// The rows that are seen, with their header and, where there is room, their bars.
    private func drawPulls(_ shown: [PullRow], on canvas: inout Canvas, in inside: Rect, _ world: World) {
        let theme = world.theme
        let now = world.now
        let names = max(14, min(24, inside.width / 4))
        let columns = 1 + names + 12
        canvas.write(pad("IMAGE", names), at: Point(x: inside.x + 1, y: inside.y), style: theme[.tableHeader])
        canvas.write("FOR", at: Point(x: inside.x + 1 + names, y: inside.y), style: theme[.tableHeader])
        let gantt = columns + 18
        canvas.write("WAITED   PULLED", at: Point(x: inside.x + columns + 1, y: inside.y), style: theme[.tableHeader])
        let start = shown.map(\.asked).min() ?? now
        let end = shown.map { $0.ended ?? now }.max() ?? now
        let scale = Gantt.Scale(span: max(0.5, (end - start).seconds), columns: max(1, inside.width - gantt - 1))
        let hasGantt = inside.width >= gantt + 8
        if !shown.isEmpty, hasGantt {
            let text =
                inside.width - gantt >= 25 ? "from \(world.shortTime(start)), \(scale.text) a column" : "\(scale.text) a column"
            canvas.write(text, at: Point(x: inside.x + gantt, y: inside.y), style: theme[.dim], maxWidth: inside.width - gantt - 1)
        } else if shown.isEmpty {
            canvas.write("No image was pulled here.", at: Point(x: inside.x + 1, y: inside.y + 1), style: theme[.dim])
        }
        for (index, row) in shown.enumerated() {
            let y = inside.y + 1 + index
            canvas.write(row.image, at: Point(x: inside.x + 1, y: y), style: theme[row.error == nil ? .text : .rowError], maxWidth: names - 1, ellipsis: true)
            canvas.write(shortPod(row.pod.name), at: Point(x: inside.x + 1 + names, y: y), style: theme[.text], maxWidth: 11, ellipsis: true)
            let waited = ((row.began ?? now) - row.asked).seconds
            canvas.write(StyledText("\(fixed(waited, 1)) s", theme[waited > 0.05 ? .rowPending : .dim]), endingAt: inside.x + columns + 7, y: y)
            let pulled =
                row.error != nil
                ? "failed"
                : row.progress.map { "\(fixed($0 * 100, 0)) %" } ?? row.began.map { "\(fixed(((row.ended ?? now) - $0).seconds, 1)) s" } ?? "waits"
            canvas.write(
                StyledText(pulled, theme[row.error != nil ? .rowError : row.ended == nil ? .rowPending : .text]), endingAt: inside.x + columns + 16, y: y)
            var bars = [Gantt.Bar]()
            if waited > 0 { bars.append(.init(kind: .wait, from: (row.asked - start).seconds, to: ((row.began ?? now) - start).seconds)) }
            if let began = row.began { bars.append(.init(kind: .work, from: (began - start).seconds, to: ((row.ended ?? now) - start).seconds)) }
            if hasGantt { Gantt.draw(bars, scale, on: &canvas, at: Point(x: inside.x + gantt, y: y), theme) }
        }
    }

    /// Bandwidth over the last minutes, and what the image store holds, as far as there is room.
    private func drawPullFooter(_ activity: NodeActivity, on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        let inside = box.interior
        let footer = pullFooter(box)
        guard footer > 0 else { return }
        let latencies = world.session.simulation.kubelets.latencies
        var y = inside.bottom - footer
        canvas.drawRule(
            inBox: box, y: y,
            title: StyledText(
                "bandwidth \(fixed((latencies.nodeBandwidth / 1e6).rounded(.down), 0)) MB/s, a pull \(fixed((latencies.registryRate / 1e6).rounded(.down), 0)), last 10 min",
                theme[.dim]), style: theme[.border])
        let width = inside.width - 2
        Sparkline(rates(activity, width, world.now), maximum: latencies.nodeBandwidth).draw(
            on: &canvas, at: Point(x: inside.x + 1, y: y + 1), width: width, theme: theme)
        guard footer == 4 else { return }
        y += 2
        let percent = percent(activity.imageBytes, of: activity.imageCapacity)
        canvas.drawRule(
            inBox: box, y: y,
            title: StyledText(
                "image store \(megabytesText(activity.imageBytes)) of \(megabytesText(activity.imageCapacity)), \(percent) %   gc above \(activity.imageHighPercent) %",
                theme[.dim]), style: theme[.border])
        let images = activity.images.sorted { ($1.size, $0.name) < ($0.size, $1.name) }
        var text = StyledText("")
        var count = 0
        for image in images {
            let part = "\(shortImage(image.name)) \(megabytesText(image.size))  "
            guard text.width + part.count < width - 8 else { break }
            text.append(part, theme[image.isInUse ? .text : .dim])
            count += 1
        }
        if count < images.count { text.append("\(images.count - count) more", theme[.dim]) }
        canvas.write(images.isEmpty ? StyledText("empty", theme[.dim]) : text, at: Point(x: inside.x + 1, y: y + 1), maxWidth: width)
    }

    /// Bytes a second over the last ten minutes, from the pulls that are known.
    private func rates(_ activity: NodeActivity, _ columns: Int, _ now: Instant) -> [Double] {
        let window = Duration.minutes(10)
        let step = window.seconds / Double(max(1, columns))
        var sums = Array(repeating: 0.0, count: max(1, columns))
        func add(_ bytes: Double, _ from: Instant, _ to: Instant) {
            let (a, b) = ((from - (now - window)).seconds, (to - (now - window)).seconds)
            guard b > a, b > 0 else { return }
            let rate = bytes / (b - a)
            for column in Canvas.step(a / step, upTo: sums.count - 1)...Canvas.step(b / step, upTo: sums.count - 1) {
                let (low, high) = (max(a, Double(column) * step), min(b, Double(column + 1) * step))
                if high > low { sums[column] += rate * (high - low) / step }
            }
        }
        for pull in activity.pastPulls where pull.error == nil { add(Double(pull.size), pull.began, pull.ended) }
        for pull in activity.pulls { if let began = pull.began { add(Double(pull.size) * pull.progress, began, now) } }
        return sums
    }

    /// `web-k8t2p` of `web-7d9f6c-k8t2p`.
    private func shortPod(_ name: String) -> String {
        let parts = name.split(separator: "-")
        return parts.count >= 3 ? "\(parts[0])-\(parts[parts.count - 1])" : name
    }

    // MARK: API client and PLEG

    func drawClient(_ activity: NodeActivity, on canvas: inout Canvas, in box: Rect, _ world: World) {
        guard box.height > 2 else { return }
        let theme = world.theme
        let now = world.now
        let api = activity.api
        var title = StyledText("API client  ", theme[.title])
        title.append(api.qps == 0 ? "no limit" : "\(api.qps)/s burst \(api.burst)", theme[.titleHighlight])
        let tokens = Int(saturating: api.tokens.rounded(.down))
        frame(.client, title, box.width >= 56 ? StyledText("tokens \(tokens)", theme[tokens > 0 ? .dim : .rowError]) : nil, on: &canvas, in: box, theme)
        let inside = box.interior.inset(x: 1, y: 0)
        var lines: [(StyledText, Double?)] = []
        func add(_ text: String, _ role: Role = .text) { lines.append((StyledText(text, theme[role]), nil)) }
        lines.append(
            (StyledText("\(max(0, tokens))/\(api.burst)", theme[tokens > 0 ? .text : .rowError]), api.burst == 0 ? 1 : max(0, api.tokens) / Double(api.burst)))
        if let lastCall = activity.waitingCalls.last {
            add("\(counted(activity.waitingCalls.count, "call waits", "calls wait")), the last \(fixed((lastCall.began - now).seconds, 1)) s more", .rowError)
        } else {
            add(
                "calls \(activity.calls), \(activity.callsWaited) waited, longest \(fixed(activity.longestWait.seconds, 1)) s\(activity.mountTimeouts > 0 ? ", \(activity.mountTimeouts) mounts timed out" : "")",
                activity.callsWaited > 0 ? .rowPending : .dim)
        }
        if let call = activity.waitingCalls.first {
            add("next \(call.request) for \(shortPod(call.pod.name))", .dim)
        } else if let wait = activity.pastWaits.last {
            add("last \(wait.request): waited \(fixed((wait.began - wait.asked).seconds, 1)) s", .dim)
        }
        if !activity.unsentStatuses.isEmpty { add("\(activity.unsentStatuses.count) statuses not sent yet: the API budget is used up", .rowPending) }
        let buckets = [("events", activity.events), ("registry", activity.registry)].map { name, bucket in
            "\(name) \(bucket.qps)/s, \(max(0, Int(saturating: bucket.tokens.rounded(.down)))) of \(bucket.burst)"
        }
        for text in inside.width >= 50 ? [buckets.joined(separator: "   ")] : buckets { add(text, .dim) }
        let pleg = plegLines(activity.pleg, now, theme)
        // Ten pods that start at once, 12 calls each, are what the budget is there for.
        let calls = 120.0
        func last(_ qps: Int, _ burst: Double) -> Double { qps == 0 ? 0 : max(0, (calls - burst) / Double(qps)) }
        let compare: [StyledText] = [
            StyledText("10 pods at once \(fixed(last(api.qps, max(0, api.tokens)), 1)) s, with 5/10 \(fixed(last(5, 10), 1)) s", theme[.dim])
        ]
        var y = inside.y
        for (index, (text, gauge)) in lines.enumerated() where y < inside.bottom - 2 {
            if let gauge {
                canvas.write("bucket", at: Point(x: inside.x, y: y), style: theme[.dim])
                let width = max(4, inside.width - 16)
                Gauge(used: min(1, gauge)).draw(on: &canvas, at: Point(x: inside.x + 7, y: y), width: width, theme: theme)
                canvas.write(text, endingAt: inside.right, y: y)
            } else {
                canvas.write(text, at: Point(x: inside.x, y: y), maxWidth: inside.width)
            }
            y += 1
            // The comparison has its rule only where everything fits.
            if index == lines.count - 1, inside.bottom - y >= pleg.count + 2 + compare.count {
                canvas.drawRule(inBox: box, y: y, title: StyledText("as before v1.27: 5 and 10", theme[.dim]), style: theme[.border])
                for (line, text) in compare[0].wrapped(to: inside.width).prefix(2).enumerated() where y + 1 + line < inside.bottom {
                    canvas.write(text, at: Point(x: inside.x, y: y + 1 + line), maxWidth: inside.width)
                }
                y += 1 + min(2, compare[0].wrapped(to: inside.width).count)
            }
        }
        guard y < inside.bottom - 1 else { return }
        let word = activity.pleg.isEvented ? "evented" : "generic"
        canvas.drawRule(
            inBox: box, y: y,
            title: StyledText("PLEG  \(word), relist every \(activity.pleg.period)", theme[activity.pleg.problem == nil ? .title : .rowError]),
            style: theme[.border])
        for (index, text) in pleg.enumerated() where y + 1 + index < inside.bottom {
            canvas.write(text, at: Point(x: inside.x, y: y + 1 + index), maxWidth: inside.width)
        }
    }

    private func plegLines(_ pleg: NodeActivity.PLEG, _ now: Instant, _ theme: Theme) -> [StyledText] {
        var lines: [StyledText] = []
        if let problem = pleg.problem { lines.append(StyledText(problem, theme[.rowError])) }
        if let hang = pleg.hangsUntil { lines.append(StyledText("the runtime hangs for another \((hang - now).wholeSeconds) s", theme[.rowError])) }
        var text = "relist \(fixed(pleg.relistDuration.seconds * 1000, 0)) ms"
        if let last = pleg.lastRelist { text += ", last \(fixed((now - last).seconds, 1)) s ago" }
        lines.append(StyledText("\(text), \(pleg.items) items", theme[.text]))
        lines.append(StyledText("exit detected in \(fixed(pleg.detectionAtMost.seconds, 2)) s, costs \(fixed(pleg.milliCPU, 1))m cpu", theme[.dim]))
        if let last = pleg.detections.last {
            lines.append(StyledText("last \(last.event) \(shortPod(last.pod.name)) after \(fixed((last.seen - last.happened).seconds, 2)) s", theme[.dim]))
        }
        return lines
    }

    // MARK: Control groups and settings

    mutating func readGroups(_ world: World, in box: Rect) {
        let kubelets = world.session.simulation.kubelets
        groups = kubelets.cgroups(node: name, in: world.cluster).map { (0, $0) }
        groupCursor = 0
        for (index, key) in rows.enumerated() {
            guard let pod = world.store.pods[key] else { continue }
            if index == list.index { groupCursor = groups.count }
            for (number, group) in kubelets.cgroups(of: pod, in: world.cluster).enumerated() { groups.append((number == 0 ? 1 : 2, group)) }
        }
        groupTop = Scrolling.top(following: groupCursor, from: groupTop, height: max(1, box.interior.height - 1), count: groups.count)
    }

    func drawCgroups(on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        let kubelets = world.session.simulation.kubelets
        // Its own configuration may switch the gate on.
        let isOn = kubelets.settings(node: name).contains { $0.field == "featureGates.MemoryQoS" && $0.value == "true" }
        frame(
            .cgroups, StyledText("cgroup v2", theme[.title]), StyledText("MemoryQoS \(isOn ? "on" : "off")", theme[isOn ? .good : .dim]), on: &canvas, in: box,
            theme)
        func limit(_ bytes: Int64?) -> String { bytes.map(bytesText) ?? "max" }
        func low(_ bytes: Int64) -> String { bytes == 0 ? "-" : bytesText(bytes) }
        let columns = [
            TableWidget.Column("CGROUP", minimum: 18, ideal: 36), TableWidget.Column("CPU QUOTA", alignment: .right, minimum: 9, priority: 4),
            TableWidget.Column("WEIGHT", alignment: .right, minimum: 6, priority: 5), TableWidget.Column("MIN", alignment: .right, minimum: 6, priority: 2),
            TableWidget.Column("LOW", alignment: .right, minimum: 6, priority: 2), TableWidget.Column("HIGH", alignment: .right, minimum: 6, priority: 1),
            TableWidget.Column("MAX", alignment: .right, minimum: 6, priority: 1), TableWidget.Column("USED", alignment: .right, minimum: 6),
            TableWidget.Column("STALL", alignment: .right, minimum: 5, priority: 3), TableWidget.Column("OOM ADJ", alignment: .right, minimum: 7, priority: 6),
        ]
        let inside = box.interior
        let table = TableWidget(columns: columns, rowCount: groups.count, cursor: groups.isEmpty ? nil : groupCursor, top: groupTop)
        canvas.drawPosition(
            of: groupTop..<min(groups.count, groupTop + max(1, inside.height - 1)), in: groups.count, onBox: box, rows: inside.inset(top: 1), theme: theme)
        _ = table.draw(on: &canvas, in: inside, theme: theme) { index in
            let (level, group) = groups[index]
            let role: Role = level == 2 ? .text : .dim
            let name = level == 0 ? group.name : String(" ", times: level * 2) + group.name
            let over = group.memoryHigh.map { group.memoryUsed > $0 } ?? false
            let cells: [(String, Role)] = [
                (name, level == 1 ? .accent : role), (group.cpuQuota.map { "\($0 / 1000) ms" } ?? "max", role), ("\(group.cpuWeight)", .dim),
                (low(group.memoryMin), role),
                (low(group.memoryLow), role), (limit(group.memoryHigh), role), (limit(group.memoryMax), role),
                (level == 2 ? bytesText(group.memoryUsed) : "", over ? .rowPending : .text),
                (group.memoryStall > 0 ? "\(fixed(group.memoryStall * 100, 0)) %" : "", .rowPending), (group.oomScoreAdj.map { "\($0)" } ?? "", .dim),
            ]
            return TableRow(cells.map { StyledText($0.0, theme[$0.1]) })
        }
    }

    /// How many lines the settings take in their columns, and how many of them are seen at once.
    func settingLines(in box: Rect, _ world: World) -> (count: Int, height: Int) {
        let columns = settingColumns(box)
        return (max(1, (world.session.simulation.kubelets.settings(node: name).count + columns - 1) / columns), box.interior.height)
    }
    private func settingColumns(_ box: Rect) -> Int { max(1, (box.interior.width - 2) / 58) }

    func drawSettings(on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        frame(
            .settings, StyledText("KubeletConfiguration in force", theme[.title]), StyledText("dim: the version's default", theme[.dim]), on: &canvas, in: box,
            theme)
        let settings = world.session.simulation.kubelets.settings(node: name)
        let inside = box.interior.inset(x: 1, y: 0)
        let columns = settingColumns(box)
        let perColumn = settingLines(in: box, world).count
        let height = min(inside.height, perColumn)
        let first = pane == .settings ? scroll.top : 0
        canvas.drawPosition(of: first..<min(perColumn, first + height), in: perColumn, onBox: box, theme: theme)
        for column in 0..<columns {
            for row in 0..<height {
                let index = column * perColumn + first + row
                guard row + first < perColumn, settings.indices.contains(index) else { continue }
                let setting = settings[index]
                let x = inside.x + column * (inside.width / columns)
                canvas.write(setting.field, at: Point(x: x, y: inside.y + row), style: theme[setting.isDefault ? .dim : .text], maxWidth: 34, ellipsis: true)
                canvas.write(
                    setting.value, at: Point(x: x + 35, y: inside.y + row), style: theme[setting.isDefault ? .dim : .rowHighlight],
                    maxWidth: inside.width / columns - 36, ellipsis: true)
            }
        }
    }
}
