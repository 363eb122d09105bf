import Canvas
import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// What another version of Kubernetes would refuse, drop, default or decide otherwise of what is there, each with where that is written.
struct VersionsScreen: ListedScreen {
    var filter = "" { didSet { list.reset() } }
    var list = ListCursor<String>()
    /// nil: the next version after this cluster's.
    private var other: KubernetesVersion?
    private var plan: VersionPlan?
    /// What the plan was made of: the cluster at another time may look otherwise.
    private var madeAt = Instant.start
    private var madeFrom: KubernetesProfile?
    private var rows: [VersionPlan.Finding] = []

    init(_ other: KubernetesVersion?) { self.other = other }

    var crumb: String { "versions" }
    var bindings: [BindingGroup] {
        [
            BindingGroup(
                "Versions",
                [
                    Binding(.character("("), action: Actions.older, "older", "Compare with an older version", footer: 5),
                    Binding(.character(")"), action: Actions.newer, "newer", "Compare with a newer version", footer: 6),
                    Binding(.control("r"), action: Actions.again, "again", "Look at the cluster as it is now", footer: 10),
                    Binding(.character("c"), action: Actions.copySource, "copy", "Copy where the difference is written"),
                ])
        ]
    }

    enum Actions: String, ScreenAction {
        case older, newer, again, copySource
    }

    // MARK: What is compared

    /// The version to compare with: the one asked for, else the newest, or the one before it where that is the cluster's own.
    private func target(_ world: World) -> KubernetesVersion {
        if let other { return other }
        let own = world.cluster.profile.version
        return own == .default ? KubernetesVersion(minor: own.minor - 1) : .default
    }
    private func next(_ step: Int, _ world: World) -> KubernetesVersion? {
        var minor = target(world).minor + step
        if minor == world.cluster.profile.version.minor { minor += step }
        return KubernetesVersion.minors.contains(minor) ? KubernetesVersion(minor: minor) : nil
    }

    mutating func refresh(_ world: World, in area: Rect) {
        if plan == nil || madeFrom != world.cluster.profile {
            plan = VersionPlan(of: world.cluster, to: KubernetesProfile(target(world)))
            (madeAt, madeFrom) = (world.cluster.now, world.cluster.profile)
        }
        let words = filter.lowercased().split(separator: " ")
        rows = (plan?.findings ?? []).filter { finding in
            let text = "\(finding.sort.rawValue) \(finding.words) \(finding.objects.joined(separator: " ")) \(finding.source)".lowercased()
            return words.allSatisfy { text.contains($0) }
        }
        list.show(rows.map { "\($0.sort.rawValue) \($0.words)" })
        list.scroll(in: rects(area)[0].interior.inset(top: 1))
    }
    private func rects(_ area: Rect) -> [Rect] { area.splitRows([.weight(1), .fixed(area.height >= 26 ? 9 : area.height >= 17 ? 8 : 0)]) }

    func unavailable(_ action: Action, _ world: World) -> String? {
        switch Actions(action) {
        case .older: next(-1, world) == nil ? "There is no older version" : nil
        case .newer: next(1, world) == nil ? "There is no newer version" : nil
        case .copySource: rows.isEmpty ? "Nothing is selected" : nil
        case .again, nil: nil
        }
    }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        if list.perform(action) { return [] }
        guard let action = Actions(action) else { return nil }
        switch action {
        case .older, .newer:
            guard let version = next(action == .older ? -1 : 1, world) else { return [] }
            (other, plan) = (version, nil)
            list.reset()
        case .again: plan = nil
        case .copySource: return rows[safe: list.index].map { [.copy($0.source.filter { $0 != "`" }, what: "the source")] }
        }
        return []
    }

    func peek(_ world: World) -> Peek? {
        rows[safe: list.index].map { finding in
            Peek(title: Self.word(finding.sort), lines: [("what", StyledText(finding.words)), ("source", StyledText(Self.source(finding), world.theme[.dim]))])
        }
    }

    // MARK: Words

    private static func word(_ sort: VersionPlan.Sort) -> String {
        switch sort {
        case .refuses: "refuse"
        case .drops: "drop"
        case .defaults: "default"
        case .kubelets: "kubelet"
        case .decides: "otherwise"
        }
    }
    private static func source(_ finding: VersionPlan.Finding) -> String { finding.source.filter { $0 != "`" } }

    // MARK: Drawing

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        let rects = rects(area)
        var title = StyledText("Versions", theme[.title])
        title.append("(\(world.cluster.profile.version) to \(target(world)))", theme[.titleHighlight])
        title.append("[\(rows.count)]", theme[.titleCounter])
        if !filter.isEmpty { title.append(" </\(filter)>", theme[.titleFilter]) }
        let blocks = rows.count { $0.sort.blocks }
        let age = world.cluster.now > madeAt ? "as of T+\(world.time(madeAt, milliseconds: false))  " : ""
        canvas.drawBox(
            in: rects[0], title: title,
            right: StyledText(age + (blocks == 0 ? "nothing stands in the way" : "\(blocks) in the way"), theme[blocks == 0 ? .good : .rowError]),
            style: theme[.borderFocus])
        let inside = rects[0].interior
        guard !rows.isEmpty else {
            let words =
                filter.isEmpty
                ? "Nothing that is here would be treated otherwise." : "No difference passes. \(world.hint(GeneralAction.back, "clears the filter."))"
            canvas.write(words, at: Point(x: inside.x + 2, y: inside.y + 1), style: theme[.dim], maxWidth: inside.width - 3)
            return
        }
        let table = TableWidget(
            columns: [
                TableWidget.Column("WOULD", minimum: 9), TableWidget.Column("SINCE", minimum: 5, priority: 3),
                TableWidget.Column("OBJECTS", minimum: 16, ideal: 30), TableWidget.Column("WHAT", minimum: 20, ideal: 90, priority: 1, stretches: true),
            ], rowCount: rows.count, cursor: list.index, top: list.top)
        let layout = table.draw(on: &canvas, in: inside, theme: theme) { index in
            let finding = rows[index]
            let role: Role = finding.sort.blocks ? .rowError : finding.sort == .decides ? .text : .rowPending
            let more = finding.objects.count > 1 ? " +\(finding.objects.count - 1)" : ""
            return TableRow([
                StyledText(Self.word(finding.sort), theme[role]), StyledText(finding.since.map { "\($0)" } ?? "-", theme[.dim]),
                StyledText((finding.objects.first ?? "") + more), StyledText(finding.words.filter { $0 != "`" }, theme[.text]),
            ])
        }
        canvas.drawPosition(of: list.seen, in: rows.count, onBox: rects[0], rows: layout.body, theme: theme)
        if rects[1].height > 0, let finding = rows[safe: list.index] { drawDetail(finding, on: &canvas, in: rects[1], world) }
    }

    private func drawDetail(_ finding: VersionPlan.Finding, on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        canvas.drawBox(in: box, title: StyledText("would \(Self.word(finding.sort))", theme[.titleHighlight]), style: theme[.border])
        let inside = box.interior.inset(x: 1, y: 0)
        let lines: [(String, StyledText)] = [
            ("what", StyledText(finding.words.filter { $0 != "`" }, theme[.text])), ("since", StyledText(finding.since.map { "\($0)" } ?? "-", theme[.text])),
            ("source", StyledText(Self.source(finding), theme[.dim])), ("objects", StyledText(finding.objects.joined(separator: ", "), theme[.text])),
        ]
        let wrapped = lines.flatMap { entry in entry.1.wrapped(to: max(1, inside.width - 11)).enumerated().map { ($0 == 0 ? entry.0 : "", $1) } }
        for (line, entry) in wrapped.prefix(inside.height).enumerated() {
            canvas.write(entry.0, at: Point(x: inside.x, y: inside.y + line), style: theme[.dim])
            canvas.write(entry.1, at: Point(x: inside.x + 11, y: inside.y + line), maxWidth: inside.width - 11)
        }
    }
}

extension VersionsScreen {
    static let command = PromptCommand(
        names: ["versions", "version"], arguments: "[version]", help: "What another version of Kubernetes would do otherwise with what is here",
        candidates: { _, _ in KubernetesVersion.all.map { "\($0)" } }
    ) { dashboard, words in
        do throws(ProfileError) {
            let version = try words.first.map { word throws(ProfileError) in try KubernetesVersion(word) }
            if version == dashboard.world.cluster.profile.version { return dashboard.show("\(words[0]) is the version that the cluster has", .warning) }
            dashboard.apply([.push(VersionsScreen(version))])
        } catch {
            dashboard.show(error.description, .error)
        }
    }
}
