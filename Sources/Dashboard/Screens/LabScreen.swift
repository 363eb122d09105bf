import Canvas
import KubernetesAPI
import Simulation
import SimulationKit

/// What makes pods start faster: the same burst on a cold node under settings A and B, as two Gantt charts and as
/// percentiles over several seeds.
struct LabScreen: ListedScreen {
    private var lab: StartupLab
    private var side = StartupLab.Side.b
    private var option = StartupLab.Option.serializeImagePulls
    private var preset: StartupLab.Preset? = .serialOrParallel
    var list = ListCursor<Int>()
    var filter = ""

    init(_ world: World) { lab = StartupLab(world.session.simulation.options) }

    var crumb: String { "lab" }
    var bindings: [BindingGroup] { [Self.keys] }
    static let keys = BindingGroup(
        "Startup lab",
        [
            Binding(.tab, action: Actions.nextPane, "side", "The side that is edited, and shown when there is room for one only", footer: 5),
            Binding(.character("o"), action: Actions.nextOption, "option", "Next option", footer: 10),
            Binding(.character("O"), action: Actions.previousOption, "", "Option before"),
            Binding(.character("+"), .character("="), action: Actions.increase, "value +", "Next value of the option", footer: 15),
            Binding(.character("-"), action: Actions.decrease, "value -", "Value before", footer: 16),
            Binding(.character("1"), action: Actions.comparePulls, "serial", "Compare serial with parallel pulls", footer: 20).formerly("namespace1"),
            Binding(.character("2"), action: Actions.compareAPIBudgets, "API budget", "Compare kubeAPIQPS and Burst 5/10 with 50/100", footer: 21).formerly(
                "namespace2"),
            Binding(.character("3"), action: Actions.comparePLEGs, "PLEG", "Compare generic with evented PLEG", footer: 22).formerly("namespace3"),
            Binding(.character("4"), action: Actions.compareCPULimits, "CPU", "Compare a CPU limit of 500m with 2", footer: 23).formerly("namespace4"),
            Binding(.character("n"), action: Actions.newSeed, "seed", "Another seed", footer: 30),
            Binding(.character("m"), action: Actions.moreRuns, "more runs", "Five more seeds", footer: 31),
            Binding(.character("e"), action: Actions.export, "export", "Save settings and results as text", footer: 40),
            Binding(.character("y"), action: Actions.saveScenario, "scenario", "Save this side as manifests with a scenario", footer: 41).formerly("yaml"),
        ])

    private var options: [StartupLab.Option] { StartupLab.Option.available(lab.base.profile) }
    private func text(_ option: StartupLab.Option, _ side: StartupLab.Side) -> String { option.text(lab.burst, lab.setting(side)) }
    private func differs(_ option: StartupLab.Option) -> Bool { text(option, .a) != text(option, .b) }

    // MARK: Actions

    var hasWork: Bool { !lab.isDone }
    mutating func work(_ world: World, until shouldStop: () -> Bool) { lab.work(until: shouldStop) }

    mutating func refresh(_ world: World, in area: Rect) {
        list.show(Array(0..<max(0, lab.run(side)?.pods.count ?? lab.burst.pods)))
        list.scroll(height: parts(area)[1].interior.height - 1)
    }

    enum Actions: String, ScreenAction {
        case nextPane, previousPane, nextOption, previousOption, increase, decrease
        case comparePulls, compareAPIBudgets, comparePLEGs, compareCPULimits
        case newSeed, moreRuns, export, saveScenario

        /// The comparisons in the order of `StartupLab.Preset`.
        static let comparisons: [Actions] = [.comparePulls, .compareAPIBudgets, .comparePLEGs, .compareCPULimits]
    }

    func unavailable(_ action: Action, _ world: World) -> String? {
        Actions(action) == .export && !lab.isDone ? "Still running: \(lab.progress.done) of \(lab.progress.wanted)" : nil
    }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        if list.perform(action) { return [] }
        guard let action = Actions(action) else { return nil }
        switch action {
        case .nextPane, .previousPane: side = side.other
        case .nextOption, .previousOption:
            let index = options.firstIndex(of: option) ?? 0
            option = options[(index + (action == .nextOption ? 1 : options.count - 1)) % options.count]
        case .increase, .decrease:
            guard lab.change(option, side, by: action == .increase ? 1 : -1) else { return [.flash("\(option.title) ends there")] }
            preset = nil
        case .comparePulls, .compareAPIBudgets, .comparePLEGs, .compareCPULimits:
            guard let chosen = Actions.comparisons.firstIndex(of: action).flatMap({ StartupLab.Preset(rawValue: $0) }) else { return nil }
            lab.apply(chosen)
            preset = chosen
            list.reset()
            option = options.first(where: differs) ?? option
        case .newSeed: lab.nextSeed()
        case .moreRuns: lab.addSeeds()
        case .export:
            return [.open(Forms.write(report, to: "startup-lab.txt", what: "results"))]
        case .saveScenario:
            return [.open(Forms.write(lab.scenario(side), to: "startup-\(side.name.lowercased()).yaml", what: "side \(side.name) as a scenario"))]
        }
        return []
    }

    // MARK: Drawing

    /// The options, the chart of each side that there is room for, and the results.
    private func parts(_ area: Rect) -> [Rect] {
        let isWide = area.height >= 28
        let sides = isWide ? 2 : 1
        var resultRows = area.height >= 14 ? 4 : 0
        var room = area.height - 2 - (resultRows > 0 ? resultRows + 2 : 0)
        // The charts get what their pods need, then the means, and the options the rest.
        let least = isWide ? max(2, min(4, options.count { differs($0) || $0 == option })) : 2
        let chart = min(lab.burst.pods + 3, (room - least) / sides)
        room -= chart * sides
        let means = min(3, max(0, room - options.count))
        if resultRows > 0 { resultRows += means }
        let optionRows = min(options.count, room - (resultRows > 0 ? means : 0))
        return area.splitRows([.fixed(2 + optionRows)] + Array(repeating: .fixed(chart), count: sides) + [.fixed(resultRows + 2)])
    }

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        let parts = parts(area)
        drawOptions(on: &canvas, in: parts[0], theme)
        if parts.count == 4 {
            drawSide(.a, on: &canvas, in: parts[1], theme)
            drawSide(.b, on: &canvas, in: parts[2], theme)
        } else {
            drawSide(side, on: &canvas, in: parts[1], theme)
        }
        if area.height >= 14 { drawResult(on: &canvas, in: parts[parts.count - 1], theme) }
    }

    private func drawOptions(on canvas: inout Canvas, in box: Rect, _ theme: Theme) {
        var title = StyledText("Startup lab  ", theme[.title])
        title.append(preset.map(\.title) ?? "burst of \(lab.burst.pods) pods on one cold node", theme[.titleHighlight])
        let images = min(lab.burst.images, lab.burst.pods)
        let burst = "\(lab.burst.pods) pods, \(counted(images, "image")), \(megabytesText(lab.imageBytes))"
        canvas.drawBox(in: box, title: title, right: StyledText(burst, theme[.dim]), style: theme[.borderFocus])
        let inside = box.interior
        // What differs and the chosen one are always to be seen; the others as far as there is room.
        let wanted = options.filter { differs($0) || $0 == option }
        let others = options.filter { !wanted.contains($0) }.prefix(max(0, inside.height - wanted.count))
        let shown = options.filter { wanted.contains($0) || others.contains($0) }
        let first = max(0, min((shown.firstIndex(of: option) ?? 0) - inside.height + 1, shown.count - inside.height))
        let column = max(10, min(28, (inside.width - 30) / 3))
        for (line, each) in shown.dropFirst(first).prefix(inside.height).enumerated() {
            let y = inside.y + line
            let isChosen = each == option
            if isChosen { canvas.write(canvas.glyphs.cursor, at: Point(x: inside.x, y: y), style: theme[.accent]) }
            canvas.write(each.title, at: Point(x: inside.x + 1, y: y), style: theme[isChosen ? .accent : .text])
            var x = inside.x + 24
            for each2 in StartupLab.Side.allCases {
                let isFocus = isChosen && (each2 == side || each.isShared)
                canvas.write("\(each2.name) ", at: Point(x: x, y: y), style: theme[.dim])
                canvas.write(
                    " \(text(each, each2)) ", at: Point(x: x + 2, y: y), style: theme[isFocus ? .dialogFieldFocus : .text],
                    maxWidth: min(column - 3, inside.right - x - 2))
                x += column
            }
            let note = differs(each) ? "\(canvas.glyphs.ready) differs" : each.isShared ? "the burst: both sides" : "the same"
            canvas.write(note, at: Point(x: x, y: y), style: theme[differs(each) ? .rowHighlight : .dim], maxWidth: inside.right - x - 1, ellipsis: true)
            if line == 0, inside.width >= 110 {
                let setting = lab.setting(side)
                canvas.write(
                    StyledText("link \(setting.nodeBandwidth) MB/s, a pull \(setting.registryRate)", theme[.dim]), endingAt: inside.right - 1, y: y)
            }
        }
    }

    /// One axis for both sides, as long as the longer run.
    private var span: Double {
        let ends = StartupLab.Side.allCases.compactMap { side in lab.run(side).map { run in (run.pods.map { $0.ready ?? run.end }.max() ?? .zero).seconds } }
        return max(1, ends.max() ?? 1)
    }

    private func drawSide(_ side: StartupLab.Side, on canvas: inout Canvas, in box: Rect, _ theme: Theme) {
        let run = lab.run(side)
        var title = StyledText("\(side.name)  ", theme[side == self.side ? .titleHighlight : .title])
        title.append(words(side), theme[.title])
        if let run, run.failedMounts > 0 { title.append("  FailedMount \(run.failedMounts)", theme[.rowError]) }
        if let run, run.unready > 0 { title.append("  \(run.unready) never ready", theme[.rowError]) }
        let legend = Gantt.legend([(.wait, "waits"), (.work, "pulls"), (.after, "starts")], canvas.glyphs, theme)
        var bottom: StyledText?
        if let run, run.pods.indices.contains(list.index) { bottom = StyledText(story(run.pods[list.index]), theme[.dim]) }
        canvas.drawBox(
            in: box, title: title, right: box.width >= 76 ? legend : nil, bottom: bottom,
            bottomRight: run.map {
                $0.pods.count > box.height - 3 ? StyledText("\(list.index + 1) of \($0.pods.count)", theme[.dim]) : StyledText("seed \($0.seed)", theme[.dim])
            },
            style: theme[side == self.side ? .borderFocus : .border])
        let inside = box.interior
        if let problem = lab.problem(side) {
            for (line, text) in StyledText("\(canvas.glyphs.stopped) \(problem)", theme[.rowError]).wrapped(to: inside.width - 2).enumerated() {
                canvas.write(text, at: Point(x: inside.x + 1, y: inside.y + 1 + line), maxWidth: inside.width - 2)
            }
            return
        }
        guard let run else {
            canvas.write("runs \(canvas.glyphs.ellipsis)", at: Point(x: inside.x + 1, y: inside.y + 1), style: theme[.dim])
            return
        }
        canvas.drawPosition(of: list.seen, in: run.pods.count, onBox: box, rows: inside.inset(top: 1), text: false, theme: theme)
        let nameWidth = 9
        let scale = Gantt.Scale(span: span, columns: inside.width - nameWidth - 15)
        Gantt.drawAxis(scale, on: &canvas, at: Point(x: inside.x + nameWidth, y: inside.y), theme)
        for (line, pod) in run.pods.dropFirst(list.top).prefix(list.page).enumerated() {
            let y = inside.y + 1 + line
            let isCursor = list.top + line == list.index
            canvas.write(pod.name, at: Point(x: inside.x + 1, y: y), style: theme[isCursor ? .cursor : .text], maxWidth: nameWidth - 1, ellipsis: true)
            Gantt.draw(Self.bars(pod, run), scale, on: &canvas, at: Point(x: inside.x + nameWidth, y: y), theme)
            if let ready = pod.ready {
                let number = "\(fixed(ready.seconds, 1)) s"
                canvas.write("ready", at: Point(x: inside.right - 14, y: y), style: theme[.good])
                canvas.write(StyledText(number, theme[.text]), endingAt: inside.right - 1, y: y)
            } else {
                canvas.write(StyledText("never ready", theme[.rowError]), endingAt: inside.right - 1, y: y)
            }
        }
    }

    private static func bars(_ pod: StartupLab.PodStart, _ run: StartupLab.Run) -> [Gantt.Bar] {
        let end = pod.ready ?? run.end
        let begun = pod.pullBegan ?? pod.started ?? end
        var bars = [Gantt.Bar(kind: .wait, from: pod.created.seconds, to: begun.seconds)]
        if let from = pod.pullBegan { bars.append(.init(kind: .work, from: from.seconds, to: (pod.pullEnded ?? end).seconds)) }
        if let from = pod.pullEnded ?? pod.started { bars.append(.init(kind: .after, from: from.seconds, to: (pod.answered ?? end).seconds)) }
        // It runs, but the API does not know yet: the status waits for its turn.
        if let from = pod.answered, end > from + .milliseconds(50) { bars.append(.init(kind: .wait, from: from.seconds, to: end.seconds)) }
        return bars
    }

    /// What sets the side apart, in a few words.
    private func words(_ side: StartupLab.Side) -> String {
        let setting = lab.setting(side)
        func word(_ option: StartupLab.Option) -> String {
            switch option {
            case .serializeImagePulls:
                setting.serializeImagePulls ? "serial pulls" : setting.maxParallelImagePulls.map { "\($0) pulls at once" } ?? "all pulls at once"
            case .maxParallelImagePulls: differs(.serializeImagePulls) ? "" : setting.maxParallelImagePulls.map { "\($0) pulls at once" } ?? "no limit"
            case .kubeAPI: "API \(setting.kubeAPIQPS)/\(setting.kubeAPIBurst)"
            case .eventedPLEG: setting.eventedPLEG ? "evented PLEG" : "generic PLEG"
            case .cpuLimit: "CPU limit \(option.text(lab.burst, setting))"
            default: "\(option.title) \(option.text(lab.burst, setting))"
            }
        }
        let parts = options.filter(differs).map(word).filter { !$0.isEmpty }
        return parts.isEmpty ? "the same as \(side.other.name)" : parts.joined(separator: ", ")
    }

    /// One pod's start in a line.
    private func story(_ pod: StartupLab.PodStart) -> String {
        var parts = ["\(pod.name) of \(shortImage(pod.image))"]
        if let asked = pod.pullAsked, let began = pod.pullBegan, let ended = pod.pullEnded {
            parts.append("waited \(fixed((began - asked).seconds, 1)) s for its turn, pulled \(fixed((ended - began).seconds, 1)) s")
        }
        if let started = pod.started, let answered = pod.answered { parts.append("started in \(fixed((answered - started).seconds, 1)) s") }
        if let answered = pod.answered, let ready = pod.ready, ready > answered + .milliseconds(50) {
            parts.append("status waited \(fixed((ready - answered).seconds, 1)) s")
        }
        if let took = pod.took { parts.append("ready after \(fixed(took.seconds, 1)) s") }
        return parts.joined(separator: ", ")
    }

    private func drawResult(on canvas: inout Canvas, in box: Rect, _ theme: Theme) {
        let (done, wanted) = lab.progress
        var title = StyledText("Result  ", theme[.title])
        title.append("\(lab.seedCount) seeds from \(lab.seed(0))", theme[.titleHighlight])
        if done < wanted { title.append("  run \(done) of \(wanted)", theme[.rowPending]) }
        canvas.drawBox(in: box, title: title, right: StyledText("median, bar from 5 % to 95 %", theme[.dim]), style: theme[.border])
        let inside = box.interior
        let longest = StartupLab.Side.allCases.compactMap { lab.summary(.all, $0)?.high.seconds }.max() ?? 1
        let barWidth = inside.width >= 100 ? 12 : 8
        for (line, moment) in StartupLab.Moment.allCases.prefix(inside.height).enumerated() {
            let y = inside.y + line
            canvas.write(moment.rawValue, at: Point(x: inside.x + 1, y: y), style: theme[.text])
            var x = inside.x + 18
            let sums = StartupLab.Side.allCases.map { lab.summary(moment, $0) }
            for each in StartupLab.Side.allCases {
                canvas.write(each.name, at: Point(x: x, y: y), style: theme[each == side ? .titleHighlight : .dim])
                let sum = sums[each.rawValue]
                canvas.write(
                    StyledText(sum.map { "\(fixed($0.middle.seconds, 1)) s" } ?? (lab.run(each) == nil ? "-" : "never"), theme[.text]), endingAt: x + 10, y: y)
                if let sum { drawBar(sum, longest, width: barWidth, on: &canvas, at: Point(x: x + 11, y: y), theme) }
                x += 13 + barWidth
            }
            if let a = sums[0], let b = sums[1] {
                let change = (b.middle - a.middle).seconds
                var text = StyledText(pad("\(change > 0.05 ? "+" : "")\(fixed(change, 1)) s", 8, .right), theme[Self.role(change)])
                if a.middle > .zero { text.append(pad("  \(change > 0 ? "+" : "")\(fixed(change / a.middle.seconds * 100, 0)) %", 8), theme[.dim]) }
                canvas.write(text, at: Point(x: x, y: y), maxWidth: inside.right - x)
            }
            if inside.width >= 108 { drawNarrow(moment, line, on: &canvas, at: Point(x: x + 19, y: y), width: inside.right - x - 20, theme) }
        }
        for (line, phase) in Phase.allCases.enumerated() where line + 4 < inside.height { drawMean(phase, on: &canvas, in: inside.row(line + 4), theme) }
    }

    /// The parts of a pod's start.
    private enum Phase: String, CaseIterable {
        case waits = "mean pod waits"
        case pulls = "mean pod pulls"
        case starts = "mean pod starts"
        func time(_ pod: StartupLab.PodStart) -> Double {
            switch self {
            case .waits:
                ((pod.pullBegan ?? pod.started ?? pod.created) - pod.created).seconds
                    + (pod.ready.flatMap { ready in pod.answered.map { (ready - $0).seconds } } ?? 0)
            case .pulls: pod.pullBegan.flatMap { began in pod.pullEnded.map { ($0 - began).seconds } } ?? 0
            case .starts: pod.answered.map { ($0 - (pod.pullEnded ?? pod.started ?? $0)).seconds } ?? 0
            }
        }
    }

    private func drawMean(_ phase: Phase, on canvas: inout Canvas, in row: Rect, _ theme: Theme) {
        canvas.write(phase.rawValue, at: row.origin.offset(x: 1), style: theme[.dim])
        let means = StartupLab.Side.allCases.map { side in lab.run(side).map { $0.pods.reduce(0) { $0 + phase.time($1) } / Double($0.pods.count) } }
        let barWidth = row.width >= 100 ? 12 : 8
        for side in StartupLab.Side.allCases {
            let x = row.x + 18 + side.rawValue * (13 + barWidth)
            canvas.write(side.name, at: Point(x: x, y: row.y), style: theme[.dim])
            canvas.write(StyledText(means[side.rawValue].map { "\(fixed($0, 1)) s" } ?? "-", theme[.dim]), endingAt: x + 10, y: row.y)
        }
    }

    private static func role(_ change: Double) -> Role { change < -0.05 ? .good : change > 0.05 ? .rowError : .dim }

    private func drawBar(_ sum: StartupLab.Summary, _ longest: Double, width: Int, on canvas: inout Canvas, at point: Point, _ theme: Theme) {
        func column(_ time: Duration) -> Int { Canvas.step(time.seconds / longest * Double(width - 1) + 0.5, upTo: width - 1) }
        let (from, to) = (column(sum.low), column(sum.high))
        canvas.repeating(canvas.glyphs.frame.horizontal, count: to - from + 1, at: point.offset(x: from), style: theme[.sparkline])
        canvas.write(from == to ? canvas.glyphs.frame.vertical : canvas.glyphs.frame.teeRight, at: point.offset(x: from), style: theme[.sparkline])
        if to > from { canvas.write(canvas.glyphs.frame.teeLeft, at: point.offset(x: to), style: theme[.sparkline]) }
    }

    /// The same under the assumption that matters most: what if the node's link, not the registry, is the limit?
    private func drawNarrow(_ moment: StartupLab.Moment, _ line: Int, on canvas: inout Canvas, at point: Point, width: Int, _ theme: Theme) {
        guard lab.comparesNetworks else {
            let note = ["both sides pull serially:", "a narrower link would slow", "them alike"]
            if line < note.count { canvas.write(note[line], at: point, style: theme[.dim], maxWidth: width, ellipsis: true) }
            return
        }
        if moment == .first {
            let rate = min(lab.setting(side).registryRate, lab.setting(side).nodeBandwidth)
            canvas.write("if the link were \(rate) MB/s:", at: point, style: theme[.dim], maxWidth: width, ellipsis: true)
            return
        }
        guard let a = lab.summary(moment, .a, .narrow), let b = lab.summary(moment, .b, .narrow) else { return }
        let name = [StartupLab.Moment.half: "half", .most: "95 %", .all: "all"][moment] ?? ""
        var text = StyledText(pad(name, 5), theme[.dim])
        text.append("A\(pad("\(fixed(a.middle.seconds, 1)) s", 7, .right)) B\(pad("\(fixed(b.middle.seconds, 1)) s", 7, .right)) ", theme[.text])
        let change = (b.middle - a.middle).seconds
        text.append(
            abs(change) < 0.02 * a.middle.seconds ? "same" : change < 0 ? "B wins" : "A wins",
            theme[abs(change) < 0.02 * a.middle.seconds ? .dim : .rowHighlight])
        canvas.write(text, at: point, maxWidth: width)
    }

    /// Settings and results as plain text.
    private var report: String {
        var lines = ["Startup lab: \(lab.burst.pods) pods on one cold node, Kubernetes v\(lab.base.profile.version)", ""]
        func line(_ cells: [String]) { lines.append(cells.enumerated().map { $0.offset == 0 ? pad($0.element, 24) : pad($0.element, 14, .right) }.joined()) }
        line(["", "A", "B"])
        for option in options { line([option.title, text(option, .a), text(option, .b)]) }
        for network in lab.comparesNetworks ? StartupLab.Network.allCases : [.given] {
            let rate = min(lab.setting(side).registryRate, lab.setting(side).nodeBandwidth)
            lines += [
                "",
                "Time to ready, median of \(lab.seedCount) seeds (5 % to 95 %)" + (network == .narrow ? ", if the link gave \(rate) MB/s to all pulls" : ""),
            ]
            for moment in StartupLab.Moment.allCases {
                let cells = StartupLab.Side.allCases.map { side in
                    lab.summary(moment, side, network).map { "\(fixed($0.middle.seconds, 2)) s (\(fixed($0.low.seconds, 2)) to \(fixed($0.high.seconds, 2)))" }
                        ?? "never"
                }
                lines.append(pad(moment.rawValue, 24) + cells.map { pad($0, 28) }.joined())
            }
        }
        for side in StartupLab.Side.allCases {
            guard let run = lab.run(side) else { continue }
            lines += ["", "\(side.name): \(words(side)), seed \(run.seed), FailedMount \(run.failedMounts), never ready \(run.unready)"]
            lines += run.pods.map(story)
        }
        return lines.map(\.trimmedAtEnd).joined(separator: "\n") + "\n"
    }
}

extension LabScreen {
    static let command = PromptCommand(names: ["lab"], arguments: "", help: "What makes pods start faster: a burst under two settings") { dashboard, _ in
        dashboard.apply([.push(LabScreen(dashboard.world))])
    }
}
