import Canvas
import ControlPlane
import KubernetesAPI
import Scheduling
import Simulation
import SimulationKit

/// Changes to the selected thing, each tried on a branch that is run ahead: what would be other than now.
struct WhatIfScreen: ListedScreen {
    let subject: WhatIfSubject
    var filter = ""
    var list = ListCursor<Int>()
    private var detailTop = 0
    private var answers = WhatIfAnswers()
    /// Those to the questions that are seen.
    private var shown: [Int: WhatIfAnswer] = [:]

    init(_ subject: WhatIfSubject) { self.subject = subject }

    var crumb: String { "what if" }
    var bindings: [BindingGroup] {
        [
            BindingGroup(
                "What if",
                [
                    Binding(.enter, action: Actions.open, "do it", "Make the change for real; undo takes it back", footer: 5),
                    Binding(.character("n"), action: Actions.askAgain, "again", "Ask again from the present, after time went on", footer: 10).formerly(
                        "searchNext"),
                    Binding(.character("s"), action: Actions.scale, "scale to", "Ask for any number of replicas of the workload", footer: 12),
                    Binding(.tab, action: Actions.nextPane, "more", "Scroll what differs", footer: 15),
                ])
        ]
    }

    /// The workload that READY and SKEW are about.
    private func focus(_ world: World) -> Workload? {
        switch subject {
        case .workload(let workload), .rebalance(let workload), .scale(let workload, _): workload
        case .constraint(let id): world.spread.first { $0.id == id }?.workload
        default: nil
        }
    }
    func focusedWorkload(_ world: World) -> Workload? { focus(world) }
    func whatIfSubject(_ world: World) -> WhatIfSubject? { subject }

    var hasWork: Bool { answers.isUnderWay }
    mutating func work(_ world: World, until shouldStop: () -> Bool) { answers.work(until: shouldStop) }

    /// What the change was refused with or which pods wait with their whole messages, else the workload.
    func peek(_ world: World) -> Peek? {
        let focused = focus(world).flatMap { Peek(of: $0, world) }
        guard let question = answers.questions[safe: list.index] else { return focused }
        var peek = Peek(title: question.title, lines: focused?.lines ?? [])
        let answer = answers.known(list.index)
        if let refusal = answer?.refusal { peek.lines.insert(("refused", StyledText(refusal, world.theme[.rowError])), at: 0) }
        for pod in (answer?.pending ?? []).prefix(3).reversed() {
            peek.lines.insert(("waits", StyledText("\(pod.workload.name): \(pod.message)", world.theme[.rowPending])), at: 0)
        }
        return peek
    }

    mutating func refresh(_ world: World, in area: Rect) {
        answers.refresh(subject, world)
        list.show(Array(answers.questions.indices))
        list.scroll(in: rects(area)[0].interior.inset(top: 1))
        answers.look(at: list.index)
        shown = [:]
        for index in list.seen { shown[index] = answers.answer(index, now: answers.isQuick || index == list.index, world.patience) }
    }

    /// The questions, and what differs by the change under the cursor.
    private func rects(_ area: Rect) -> [Rect] {
        area.splitRows([.fixed(min(answers.questions.count + 3, max(5, area.height * 2 / 5))), .weight(1)])
    }

    enum Actions: String, ScreenAction {
        case open, askAgain, scale, nextPane, previousPane
    }

    func unavailable(_ action: Action, _ world: World) -> String? {
        switch Actions(action) {
        case .open:
            guard let question = answers.questions[safe: list.index] else { return "There is nothing to do" }
            guard question.commands.isEmpty else { return nil }
            return question.plan?.problem.isEmpty == false ? question.plan?.problem : "There is nothing to do"
        case .scale: return scaled(world) == nil ? "Nothing here can be scaled: select a workload" : nil
        case .askAgain, .nextPane, .previousPane, nil: return nil
        }
    }
    /// The workload whose number of replicas can be asked for.
    private func scaled(_ world: World) -> Workload? {
        focus(world).flatMap { workload in Kind(rawValue: workload.kind).flatMap { world.cluster.replicas($0, workload.key) }.map { _ in workload } }
    }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        let before = list.index
        if list.perform(action) {
            if list.index != before { detailTop = 0 }
            return []
        }
        guard let action = Actions(action) else { return nil }
        switch action {
        case .nextPane: detailTop += 3
        case .previousPane: detailTop = max(0, detailTop - 3)
        case .askAgain: answers.again()
        case .scale: return scaled(world).map { [.prompt("whatif \($0.name) ")] }
        case .open: return answers.questions[safe: list.index].map { [.perform($0.commands)] }
        }
        return []
    }

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        let questions = answers.questions
        let cursor = list.index
        let rects = rects(area)
        var title = StyledText("What if  ", theme[.title])
        title.append(subjectTitle(world), theme[.titleHighlight])
        let right =
            answers.isOld(world)
            ? StyledText(
                "as of \(world.time(answers.at, milliseconds: false)); \(world.hint(Actions.askAgain, "asks again", in: bindings[0]))", theme[.rowPending])
            : StyledText("tried on a fork; nothing changes until \(world.mark(Actions.open, in: bindings[0]))", theme[.dim])
        canvas.drawBox(in: rects[0], title: title, right: right, style: theme[.borderFocus])
        let inside = rects[0].interior
        guard !questions.isEmpty else {
            canvas.write("There is no question to ask about it.", at: Point(x: inside.x + 1, y: inside.y), style: theme[.dim], maxWidth: inside.width - 2)
            return
        }
        let focus = focus(world)
        let spread: SpreadOutline? =
            if case .constraint(let id) = subject {
                world.spread.first { $0.id == id }
            } else {
                focus.flatMap { focus in answers.spread(of: focus) }.flatMap { group in world.spread.first { $0.id == group.id } }
            }
        let table = TableWidget(columns: WhatIfWords.columns, rowCount: questions.count, cursor: cursor, top: list.top)
        let layout = table.draw(on: &canvas, in: inside, theme: theme) { index in
            let head = StyledText(questions[index].title, theme[index == cursor ? .accent : .text])
            guard let answer = shown[index] else { return TableRow([head]) }
            return TableRow([head] + WhatIfWords.cells(answer, subject: subject, focus: focus, spread: spread, theme))
        }
        canvas.drawPosition(of: list.seen, in: questions.count, onBox: rects[0], rows: layout.body, theme: theme)
        if let answer = shown[cursor] { drawAnswer(answer, on: &canvas, in: rects[1], world) }
    }

    private func subjectTitle(_ world: World) -> String {
        guard case .constraint(let id) = subject else { return subject.text }
        return world.spread.first { $0.id == id }.map { "\($0.ownerName) / \($0.topologyKey)" } ?? "a constraint that is gone"
    }

    // MARK: The difference

    private func drawAnswer(_ answer: WhatIfAnswer, on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        if let refusal = answer.refusal {
            canvas.drawBox(in: area, title: StyledText(answer.question.title, theme[.title]), style: theme[.border])
            let inside = area.interior.inset(x: 1, y: 0)
            for (line, text) in StyledText("Refused: \(refusal)", theme[.rowError]).wrapped(to: inside.width).prefix(inside.height).enumerated() {
                canvas.write(text, at: Point(x: inside.x, y: inside.y + line), maxWidth: inside.width)
            }
            return
        }
        let placements = plan(answer, world) + placements(answer, world)
        let workloads = workloads(answer, world)
        let rest = rest(answer, world)
        let ends =
            answers.isFirst(list.index)
            ? StyledText("after \(WhatIfWords.short(answer.ran)); still running", theme[.rowPending])
            : StyledText(
                answer.isSettled
                    ? "settles after \(WhatIfWords.short(answer.took))" : "not settled after \(WhatIfWords.short(answer.ran)), where the run stopped",
                theme[answer.isSettled ? .dim : .rowPending])
        if area.width < 100 {
            // One after the other, scrolled together.
            let lines = workloads + [StyledText("")] + rest + [StyledText("")] + placements
            drawLines(lines, title: "now → then", right: ends, on: &canvas, in: area, world)
            return
        }
        let columns = area.splitColumns([.weight(4), .weight(7)])
        drawLines(placements, title: "Placements that differ", right: StyledText("now → then", theme[.dim]), on: &canvas, in: columns[0], world)
        let restHeight = max(4, min(rest.count + 2, columns[1].height / 2))
        let rows = columns[1].splitRows([.weight(1), .fixed(restHeight)])
        drawLines(workloads, title: "Workloads", right: ends, on: &canvas, in: rows[0], world)
        drawLines(rest, title: "Spread, budgets, waiting pods", right: nil, on: &canvas, in: rows[1], world)
    }

    private func drawLines(_ lines: [StyledText], title: String, right: StyledText?, on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        canvas.drawBox(in: box, title: StyledText(title, theme[.title]), right: right, style: theme[.border])
        let inside = box.interior.inset(x: 1, y: 0)
        let lines = lines.flatMap { $0.width > inside.width ? $0.wrapped(to: inside.width) : [$0] }
        let first = max(0, min(detailTop, lines.count - inside.height))
        for (line, text) in lines.dropFirst(first).prefix(inside.height).enumerated() {
            canvas.write(text.truncated(to: inside.width), at: Point(x: inside.x, y: inside.y + line), maxWidth: inside.width)
        }
        let hidden = lines.count - first - inside.height
        if hidden > 0 { canvas.write(StyledText(" \(hidden) more ", theme[.dim]), endingAt: box.right - 2, y: box.bottom - 1) }
    }

    /// The evictions of a rebalance in their order, with where the replacement landed when it was tried.
    private func plan(_ answer: WhatIfAnswer, _ world: World) -> [StyledText] {
        guard let plan = answer.question.plan else { return [] }
        let theme = world.theme
        var lines = plan.steps.enumerated().map { index, step in
            var line = StyledText("\(index + 1) evict \(step.pod.name)  ", theme[.text])
            line.append("\(step.from) → \(step.to)", theme[.good])
            return line
        }
        if !plan.problem.isEmpty { lines.append(StyledText("\(world.glyphs.stopped) \(plan.problem)", theme[.rowError])) }
        if plan.steps.isEmpty, plan.problem.isEmpty {
            lines.append(StyledText("\(world.glyphs.passed) Its hard constraints hold: nothing to move.", theme[.good]))
        }
        return lines + [StyledText("")]
    }

    private func placements(_ answer: WhatIfAnswer, _ world: World) -> [StyledText] {
        let theme = world.theme
        if answer.nodes.isEmpty { return [StyledText("Every pod stays where it is.", theme[.dim])] }
        let nameWidth = min(24, answer.nodes.map { TextWidth.columns($0.name) }.max() ?? 4)
        let zoneWidth = min(12, answer.nodes.map { TextWidth.columns($0.zone) }.max() ?? 0)
        return answer.nodes.sorted { a, b in a.zone != b.zone ? a.zone < b.zone : naturalOrder(a.name, b.name) }.map { node in
            var line = StyledText(pad(node.name, nameWidth) + " ", theme[.text])
            line.append(pad(node.zone, zoneWidth) + (zoneWidth > 0 ? "  " : " "), theme[.dim])
            if node.before != node.after {
                let text = node.before.isEmpty ? "new, \(node.after)" : node.after.isEmpty ? "gone" : "\(node.before) → \(node.after)"
                line.append("\(text)  ", theme[node.after == "Ready" ? .good : .rowPending])
            }
            for pods in node.pods {
                line.append("\(pods.workload.name) ", theme[.text])
                line.append("\(pods.before) → \(pods.after)   ", theme[pods.after > pods.before ? .good : .rowPending])
            }
            return line
        }
    }

    private func workloads(_ answer: WhatIfAnswer, _ world: World) -> [StyledText] {
        let theme = world.theme
        if answer.workloads.isEmpty { return [StyledText("No workload loses or gains a pod.", theme[.dim])] }
        let width = min(22, max(8, answer.workloads.map { TextWidth.columns($0.workload.name) }.max() ?? 8))
        var lines = [StyledText(pad("WORKLOAD", width) + " READY    LOWEST     MOVED WORST NODE  WORST ZONE  DOWN A YEAR", theme[.tableHeader])]
        for one in answer.workloads {
            var line = StyledText(pad(one.workload.name, width) + " ", theme[.text])
            func cell(_ text: StyledText, _ width: Int) {
                line.append(text)
                line.append(String(" ", times: max(1, width - text.width)))
            }
            cell(WhatIfWords.change("\(one.readyBefore)", "\(one.readyAfter)", theme, one.readyAfter < one.readyBefore ? .rowError : .good), 9)
            let dips = one.lowest < min(one.readyBefore, one.readyAfter)
            cell(StyledText(dips ? "\(one.lowest) at \(WhatIfWords.short(one.lowestAfter))" : "-", theme[dips ? .rowPending : .dim]), 11)
            cell(StyledText("\(one.moved)", theme[one.moved == 0 ? .dim : .text]), 6)
            func share(_ radius: BlastRadius?) -> String { radius?.worst.map(AvailabilityWords.percent) ?? "-" }
            cell(WhatIfWords.change(share(one.before?.byNode), share(one.after?.byNode), theme, .rowPending), 12)
            cell(WhatIfWords.change(share(one.before?.byZone), share(one.after?.byZone), theme, .rowPending), 12)
            func down(_ found: WorkloadAvailability?) -> String { found.map { AvailabilityWords.downtime($0.unavailability.belowQuorum) } ?? "-" }
            let isWorse = (one.after?.unavailability.belowQuorum ?? 1) > (one.before?.unavailability.belowQuorum ?? 0)
            line.append(WhatIfWords.change(down(one.before), down(one.after), theme, isWorse ? .rowPending : .good))
            lines.append(line)
            if let after = one.after, after.risk != .none, after.risk != one.before?.risk {
                lines.append(StyledText("  \(world.glyphs.stopped) \(after.riskText)", theme[.rowError]))
            }
        }
        return lines
    }

    private func counts(_ group: SpreadGroup) -> String {
        let pods = group.domains.map(\.pods)
        return pods.count <= 6 ? pods.map(String.init).joined(separator: " ") : "\(pods.min() ?? 0)..\(pods.max() ?? 0)/\(pods.count)"
    }

    private func rest(_ answer: WhatIfAnswer, _ world: World) -> [StyledText] {
        let theme = world.theme
        var lines: [StyledText] = []
        for difference in answer.spread where !difference.group.isDefault {
            let group = difference.group
            if let before = difference.before, let after = difference.after, counts(before) == counts(after), before.skewNow == after.skewNow,
                (before.maxSkew, before.minDomains, before.waiting.count) == (after.maxSkew, after.minDomains, after.waiting.count)
            {
                continue
            }
            var line = StyledText(
                "\(group.ownerName)\(group.revision.map { " \($0.prefix(6))" } ?? "") / \(TopologyKeys.short(group.topologyKey))  ", theme[.text])
            guard let after = difference.after else {
                line.append("no pod has it any more", theme[.dim])
                lines.append(line)
                continue
            }
            line.append(WhatIfWords.change(difference.before.map(counts) ?? "new", counts(after), theme, .text))
            line.append("  skew ", theme[.dim])
            line.append(WhatIfWords.change(difference.before.map { "\($0.skewNow)" } ?? "-", "\(after.skewNow)", theme, SpreadWords.role(after)))
            line.append(" of \(after.maxSkew)  ", theme[.dim])
            line.append(SpreadWords.state(after, world))
            lines.append(line)
        }
        for budget in answer.blocked {
            lines.append(
                StyledText(
                    "\(world.glyphs.stopped) budget \(budget.budget.name): \(budget.needed) needed, \(budget.healthy) healthy: \(budget.pods.count) not evicted, asked again every 5s",
                    theme[.rowError]))
        }
        for group in answer.groups where !group.fits || group.runningBefore != group.runningAfter {
            lines.append(
                StyledText("\(group.fits ? world.glyphs.passed : world.glyphs.stopped) group \(group.key.name): ", theme[group.fits ? .text : .rowError])
                    + StyledText(group.words, theme[group.fits ? .dim : .rowError]))
        }
        // Pods of a workload that wait for the same reason are one line.
        var groups: [(workload: Workload, reason: String, count: Int, isOld: Bool)] = []
        for pod in answer.pending {
            let reason = WhatIfWords.reason(pod.message)
            if let index = groups.firstIndex(where: { $0.workload == pod.workload && $0.reason == reason }) {
                groups[index].count += 1
                groups[index].isOld = groups[index].isOld && pod.isOld
            } else {
                groups.append((pod.workload, reason, 1, pod.isOld))
            }
        }
        for group in groups {
            var line = StyledText(
                "\(world.glyphs.starting) \(group.workload.name) \(counted(group.count, "waits", "wait"))\(group.isOld ? " as before" : ""): ",
                theme[group.isOld ? .dim : .rowPending])
            line.append(group.reason, theme[group.isOld ? .dim : .text])
            lines.append(line)
        }
        return lines.isEmpty ? [StyledText("No constraint, budget or waiting pod is affected.", theme[.dim])] : lines
    }
}

extension WhatIfScreen {
    static let command = PromptCommand(
        names: ["whatif", "what-if"], arguments: "[node|zone|workload [replicas]]", help: "Try a change on a fork before making it",
        candidates: { world, _ in world.view.nodeNames }
    ) {
        dashboard, words in
        guard let word = words.first else { return dashboard.perform(.whatIf) }
        guard var subject = WhatIfSubject.named(word, dashboard.world) else { return dashboard.show("No node, zone or workload \(word)", .error) }
        if words.count > 1 {
            guard case .workload(let workload) = subject, let replicas = Int32(words[1]), replicas >= 0 else {
                return dashboard.show("Give a number of replicas, at most \(WhatIf.mostReplicas), after the workload: :whatif web 22", .error)
            }
            guard replicas <= WhatIf.mostReplicas else { return dashboard.show("What-if goes up to \(WhatIf.mostReplicas) replicas", .error) }
            subject = .scale(workload, Int(replicas))
        }
        if dashboard.stack.last is WhatIfScreen { dashboard.apply([.pop]) }
        dashboard.apply([.push(WhatIfScreen(subject))])
    }
}
