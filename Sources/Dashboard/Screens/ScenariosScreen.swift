import Canvas
import KubernetesAPI
import Simulation

/// The scenarios that come with the program, to open one; below, the file of the one under the cursor.
struct ScenariosScreen: ListedScreen {
    var list = ListCursor<String>()
    var filter = "" { didSet { list.reset() } }

    var crumb: String { "scenarios" }
    var bindings: [BindingGroup] {
        [
            BindingGroup(
                "Scenarios",
                [
                    Binding(.enter, action: Actions.open, "open", "Open the scenario in place of the session", footer: 5),
                    Binding(.character("y"), action: Actions.yaml, "yaml", "Show its file", footer: 10),
                    Binding(.control("s"), action: Actions.save, "save", "Save its file in the working directory", footer: 20),
                ])
        ]
    }

    private var shown: [ShippedScenario] = []

    mutating func refresh(_ world: World, in area: Rect) {
        let wanted = filter.lowercased()
        shown = ScenarioCatalog.all.filter { wanted.isEmpty || ($0.name + " " + $0.summary).lowercased().contains(wanted) }
        list.show(shown.map(\.name))
        list.scroll(in: box(area).interior.inset(top: 1))
    }

    /// Where the list stands.
    private func box(_ area: Rect) -> Rect {
        Rect(x: area.x, y: area.y, width: area.width, height: area.height < 14 ? area.height : min(shown.count + 3, area.height * 2 / 3))
    }

    func peek(_ world: World) -> Peek? {
        shown[safe: list.index].map { Peek(title: $0.name, lines: [("shows", StyledText($0.summary))]) }
    }

    enum Actions: String, ScreenAction {
        case open, yaml, save
    }

    func unavailable(_ action: Action, _ world: World) -> String? { Actions(action) != nil && shown.isEmpty ? "Nothing is selected" : nil }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        if list.perform(action) { return [] }
        guard let action = Actions(action), let scenario = shown[safe: list.index] else { return nil }
        switch action {
        case .open: return [.run(line: "scenario \(scenario.name)")]
        case .save: return [.write(file: "\(scenario.name).yaml", content: scenario.manifests + "\n")]
        case .yaml: return [.push(ScenarioTextScreen(scenario))]
        }
    }

    /// How long each runs; reading them all takes longer than a frame may.
    private static let lengths = Dictionary(
        uniqueKeysWithValues: ScenarioCatalog.all.compactMap { one in one.input().scenario?.spec.duration.map { (one.name, "\($0)") } })

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        let box = box(area)
        var title = StyledText("Scenarios", theme[.title])
        title.append("[\(shown.count)]", theme[.titleCounter])
        if !filter.isEmpty { title.append(" </\(filter)>", theme[.titleFilter]) }
        canvas.drawBox(in: box, title: title, style: theme[.borderFocus])
        let inside = box.interior
        let nameWidth = shown.map(\.name.count).max() ?? 4
        let table = TableWidget(
            columns: [
                .init("NAME", minimum: min(nameWidth, area.width / 3), ideal: nameWidth), .init("SHOWS", minimum: 20, stretches: true),
                .init("LENGTH", alignment: .right, minimum: 6, priority: 1),
            ], rowCount: shown.count, cursor: shown.isEmpty ? nil : list.index, top: list.top)
        let layout = table.draw(on: &canvas, in: inside, theme: theme) { index in
            let scenario = shown[index]
            return TableRow([
                StyledText(scenario.name, theme[scenario.name == world.options.name ? .rowHighlight : .text]), StyledText(scenario.summary),
                StyledText(Self.lengths[scenario.name] ?? ""),
            ])
        }
        if shown.isEmpty {
            canvas.write(
                "No scenario passes the filter. \(world.hint(GeneralAction.back, "clears it."))", at: Point(x: inside.x + 2, y: inside.y + 1),
                style: theme[.dim])
        }
        canvas.drawPosition(of: list.seen, in: shown.count, onBox: box, rows: layout.body, theme: theme)
        guard shown.indices.contains(list.index), area.height - box.height >= 4 else { return }
        let below = area.inset(top: box.height)
        canvas.drawBox(
            in: below, title: StyledText(shown[list.index].name, theme[.title]),
            right: StyledText(world.hint(Actions.yaml, "all of it", in: bindings[0]), theme[.dim]), style: theme[.border])
        let text = below.interior.inset(x: 1, y: 0)
        for (row, line) in YAMLColours.lines(shown[list.index].manifests, theme).prefix(text.height).enumerated() {
            canvas.write(line.truncated(to: text.width), at: Point(x: text.x, y: text.y + row))
        }
    }
}

/// The file of a scenario that comes with the program.
struct ScenarioTextScreen: TextScreen {
    var text = ScrollingText()
    var filter = ""
    private let scenario: ShippedScenario
    init(_ scenario: ShippedScenario) { self.scenario = scenario }
    var crumb: String { scenario.name }
    var heading: StyledText { StyledText(scenario.name) }
    func lines(_ world: World, width: Int) -> [StyledText] { YAMLColours.lines(scenario.manifests, world.theme) }
}

extension ScenariosScreen {
    static let command = PromptCommand(
        names: ["scenario", "scenarios"], arguments: "[name]", help: "Open a scenario that comes with the program, or list them",
        candidates: { world, _ in ScenarioCatalog.all.map(\.name) }
    ) {
        dashboard, words in
        guard let word = words.first else { return dashboard.apply([.push(ScenariosScreen())]) }
        if let scenario = ScenarioCatalog.find(word) { return dashboard.open(scenario) }
        let near = nearest(word, among: ScenarioCatalog.all.map(\.name)).map { "; nearest: \($0)" } ?? ""
        dashboard.show("No scenario \(word)\(near)", .error)
    }
}
