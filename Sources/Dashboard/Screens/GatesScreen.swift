import Canvas
import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// Every feature gate that matters: its stage in this release, whether it is on, what it changes.
struct GatesScreen: ListedScreen {
    var filter = "" { didSet { list.reset() } }
    var list = ListCursor<String>()
    private var showsAll = false
    private var onlyChanged = false
    private var gates: [FeatureGate] = []

    var crumb: String { "gates" }
    var bindings: [BindingGroup] {
        [
            BindingGroup(
                "Feature gates",
                [
                    Binding(.enter, action: Actions.open, "on/off", "Turn the gate on or off: the components restart with it", footer: 5),
                    Binding(.control("w"), action: Actions.allReleases, "all releases", "Show also gates that this release does not have", footer: 10).formerly(
                        "wide"),
                    Binding(.control("z"), action: Actions.changedOnly, "changed", "Show only gates that differ from the release's default", footer: 15)
                        .formerly("faultsOnly"),
                    Binding(.character("c"), action: Actions.copyName, "copy", "Copy the gate's name"),
                ])
        ]
    }

    mutating func refresh(_ world: World, in area: Rect) {
        let profile = world.cluster.profile
        let words = filter.lowercased().split(separator: " ")
        gates = FeatureGate.allCases.filter { gate in
            guard showsAll || gate.stage(in: profile.version).isKnown else { return false }
            if onlyChanged, !isChanged(gate, profile) { return false }
            let text =
                "\(gate.name) \(gate.stage(in: profile.version).text) \(profile.isEnabled(gate) ? "on" : "off") \(gate.group.title) \(gate.summary.on) \(gate.summary.off)"
                .lowercased()
            return words.allSatisfy { text.contains($0) }
        }
        list.show(gates.map(\.name))
        list.scroll(in: rects(area)[0].interior.inset(top: 1))
    }
    /// The list, and below it what is known about the gate under the cursor.
    private func rects(_ area: Rect) -> [Rect] { area.splitRows([.weight(1), .fixed(area.height >= 26 ? 9 : area.height >= 17 ? 8 : 0)]) }
    private func isChanged(_ gate: FeatureGate, _ profile: KubernetesProfile) -> Bool {
        profile.isEnabled(gate) != gate.isOnByDefault(in: profile.version)
    }

    func peek(_ world: World) -> Peek? {
        gates[safe: list.index].map { gate in
            let why = Self.whyFixed(gate, world.cluster.profile)
            return Peek(
                title: gate.name,
                lines: [
                    ("on", StyledText(gate.summary.on)), ("off", StyledText(gate.summary.off)), ("releases", StyledText(Self.history(gate), world.theme[.dim])),
                ]
                    + (why.map { [("fixed", StyledText($0, world.theme[.rowPending]))] } ?? []))
        }
    }

    enum Actions: String, ScreenAction {
        case open, allReleases, changedOnly, copyName
    }

    func unavailable(_ action: Action, _ world: World) -> String? {
        switch Actions(action) {
        case .open: gates[safe: list.index].map { Self.whyFixed($0, world.cluster.profile) } ?? "Nothing is selected"
        case .copyName: gates.isEmpty ? "Nothing is selected" : nil
        case .allReleases, .changedOnly, nil: nil
        }
    }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        if list.perform(action) { return [] }
        guard let action = Actions(action) else { return nil }
        switch action {
        case .allReleases: showsAll.toggle()
        case .changedOnly: onlyChanged.toggle()
        case .copyName: return gates[safe: list.index].map { [.copy($0.name, what: $0.name)] }
        case .open: return gates[safe: list.index].map { [.open(Forms.gate($0, world))] }
        }
        return []
    }

    /// Why the gate cannot be set; nil if it can.
    static func whyFixed(_ gate: FeatureGate, _ profile: KubernetesProfile) -> String? {
        let on = !profile.isEnabled(gate)
        do throws(ProfileError) {
            _ = try profile.setting(profile.settings(for: gate, on: on).map { ($0.0.name, $0.1) })
            return nil
        } catch {
            return error.description
        }
    }

    // MARK: Drawing

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        let profile = world.cluster.profile
        let rects = rects(area)
        var title = StyledText("Feature gates", theme[.title])
        title.append("(v\(profile.version))", theme[.titleHighlight])
        title.append("[\(gates.count)]", theme[.titleCounter])
        if onlyChanged { title.append(" changed", theme[.titleFilter]) }
        if !filter.isEmpty { title.append(" </\(filter)>", theme[.titleFilter]) }
        let changed = profile.changedGates.count
        canvas.drawBox(
            in: rects[0], title: title,
            right: StyledText(changed == 0 ? "all at the release's default" : "\(changed) changed *", theme[changed == 0 ? .dim : .mark]),
            style: theme[.borderFocus])
        let inside = rects[0].interior
        guard !gates.isEmpty else {
            canvas.write(
                "No gate passes. \(world.hint(GeneralAction.back, "clears the filter."))", at: Point(x: inside.x + 2, y: inside.y + 1), style: theme[.dim],
                maxWidth: inside.width - 3)
            return
        }
        let widest = gates.map { $0.name.count }.max() ?? 20
        let table = TableWidget(
            columns: [
                TableWidget.Column("GATE", minimum: min(widest, 30), ideal: widest), TableWidget.Column("STAGE", minimum: 10),
                TableWidget.Column("DEFAULT", minimum: 7, priority: 3), TableWidget.Column("NOW", minimum: 5),
                TableWidget.Column("SO", minimum: 12, ideal: 60, priority: 2, stretches: true),
            ], rowCount: gates.count, cursor: list.index, top: list.top)
        let layout = table.draw(on: &canvas, in: inside, theme: theme) { index in
            let gate = gates[index]
            let stage = gate.stage(in: profile.version)
            let isOn = profile.isEnabled(gate)
            let role: Role = stage == .locked || !stage.isKnown ? .dim : .text
            return TableRow(
                [
                    StyledText(gate.name, theme[role]), StyledText(stage.text, theme[stage == .alphaOff || stage == .alphaOn ? .rowPending : .dim]),
                    StyledText(stage.isKnown ? (stage.isOnByDefault ? "on" : "off") : "-", theme[.dim]),
                    StyledText(isOn ? "\(world.glyphs.passed) on" : "\(world.glyphs.stopped) off", theme[isOn ? .good : .dim]),
                    StyledText(isOn ? gate.summary.on : gate.summary.off, theme[role]),
                ], isMarked: isChanged(gate, profile))
        }
        canvas.drawPosition(of: list.seen, in: gates.count, onBox: rects[0], rows: layout.body, theme: theme)
        if rects[1].height > 0 { drawDetail(gates[list.index], on: &canvas, in: rects[1], world) }
    }

    private func drawDetail(_ gate: FeatureGate, on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        let profile = world.cluster.profile
        canvas.drawBox(in: box, title: StyledText(gate.name, theme[.titleHighlight]), right: StyledText(gate.group.title, theme[.dim]), style: theme[.border])
        let inside = box.interior.inset(x: 1, y: 0)
        let isOn = profile.isEnabled(gate)
        func names(_ gates: [FeatureGate]) -> StyledText {
            var text = StyledText("")
            for other in gates {
                text.append(other.name, theme[.text])
                text.append(profile.isEnabled(other) ? " on   " : " off   ", theme[profile.isEnabled(other) ? .good : .dim])
            }
            return gates.isEmpty ? StyledText("nothing", theme[.dim]) : text
        }
        var lines: [(String, StyledText)] = [
            ("on", StyledText(gate.summary.on, theme[isOn ? .good : .text])), ("off", StyledText(gate.summary.off, theme[isOn ? .text : .good])),
            ("needs", names(gate.dependencies)), ("needed by", names(FeatureGate.allCases.filter { $0.dependencies.contains(gate) })),
            ("releases", StyledText(Self.history(gate), theme[.dim])),
        ]
        if let why = Self.whyFixed(gate, profile) {
            lines.append(("fixed", StyledText(why, theme[.rowPending])))
        } else {
            let others = profile.settings(for: gate, on: !isOn).filter { $0.0 != gate }.map(\.0.name)
            let text = "turns it \(isOn ? "off" : "on")" + (others.isEmpty ? "" : ", and with it \(others.joined(separator: ", "))")
            lines.append((world.mark(Actions.open, in: bindings[0]), StyledText(text, theme[.text])))
        }
        let wrapped = lines.flatMap { entry in entry.1.wrapped(to: max(1, inside.width - 11)).enumerated().map { ($0 == 0 ? entry.0 : "", $1) } }
        for (line, entry) in wrapped.prefix(inside.height).enumerated() {
            canvas.write(entry.0, at: Point(x: inside.x, y: inside.y + line), style: theme[.dim])
            canvas.write(entry.1, at: Point(x: inside.x + 11, y: inside.y + line), maxWidth: inside.width - 11)
        }
    }

    /// `1.24 alpha off, 1.27-1.29 beta on, 1.30-1.31 GA, locked`
    static func history(_ gate: FeatureGate) -> String {
        var runs: [(text: String, first: KubernetesVersion, last: KubernetesVersion)] = []
        for version in KubernetesVersion.all {
            let stage = gate.stage(in: version)
            guard stage != .absent else { continue }
            let text =
                switch stage {
                case .alphaOff, .alphaOn, .betaOff, .betaOn: "\(stage.text) \(stage.isOnByDefault ? "on" : "off")"
                case .removed: gate.isDropped ? "dropped" : "built in"
                default: stage.text
                }
            if runs.last?.text == text { runs[runs.count - 1].last = version } else { runs.append((text, version, version)) }
        }
        return runs.map { run in
            let isOpen = run.last == KubernetesVersion.all.last
            return run.first == run.last && !isOpen
                ? "\(run.first) \(run.text)" : isOpen ? "\(run.first) on \(run.text)".replacing(" on ", with: "+ ") : "\(run.first)-\(run.last) \(run.text)"
        }.joined(separator: ", ")
    }
}

extension Forms {
    /// Turns a gate on or off, with what must follow.
    static func gate(_ gate: FeatureGate, _ world: World) -> Form {
        let on = !world.cluster.profile.isEnabled(gate)
        let settings = world.cluster.profile.settings(for: gate, on: on)
        return Form(
            title: on ? "Turn on" : "Turn off", subject: gate.name, fields: [], action: "Restart with it", startOnCancel: true,
            preview: { _, world in
                var lines: [StyledText] = []
                for (one, on) in settings {
                    lines.append(StyledText("\(one.name)=\(on)", world.theme[one == gate ? .text : .accent]))
                    lines.append(StyledText("  from now on: \(on ? one.summary.on : one.summary.off)", world.theme[.dim]))
                }
                if settings.count > 1 { lines.append(StyledText("\(on ? "It needs the others." : "The others need it.")", world.theme[.rowPending])) }
                lines.append(
                    StyledText(
                        "All components restart at once. Objects keep their fields; the scheduler retries every waiting pod. \(world.mark(GeneralAction.undo)) takes it back.",
                        world.theme[.dim]))
                return lines
            },
            submit: { _, _ in
                var gates = StringMap<Bool>()
                for (one, on) in settings { gates[one.name] = on }
                return .done([.perform([.setGates(gates)])])
            })
    }
}

extension GatesScreen {
    static let command = PromptCommand(names: ["gates", "gate"], arguments: "", help: "Feature gates: stage, on or off, what each changes") { dashboard, _ in
        dashboard.apply([.push(GatesScreen())])
    }
}
