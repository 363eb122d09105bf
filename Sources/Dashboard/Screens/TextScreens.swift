import Canvas
import KubernetesAPI
import Printers
import Simulation

/// What is done in every text.
enum TextActions: String, ScreenAction {
    case searchNext, searchPrevious, copyText, save
}

/// What text screens share: lines in a box, scrolled and searched.
protocol TextScreen: Screen {
    var text: ScrollingText { get set }
    var heading: StyledText { get }
    func lines(_ world: World, width: Int) -> [StyledText]
}

extension TextScreen {
    var isText: Bool { true }
    var bindings: [BindingGroup] { [Bindings.text] }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        if text.perform(action) { return [] }
        guard let action = TextActions(action) else { return nil }
        switch action {
        case .searchNext, .searchPrevious: text.search(filter, forward: action == .searchNext)
        case .copyText: return [.copy(lines(world, width: 100).map(\.text).joined(separator: "\n"), what: crumb)]
        case .save: return [.write(file: "\(crumb).txt", content: lines(world, width: 100).map(\.text).joined(separator: "\n") + "\n")]
        }
        return []
    }

    mutating func refresh(_ world: World, in area: Rect) {
        let inside = area.interior.inset(x: 1, y: 0)
        text.show(lines(world, width: inside.width), in: inside)
    }

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        var title = heading
        if !filter.isEmpty { title.append("  </\(filter)>", world.theme[.titleFilter]) }
        canvas.drawBox(in: area, title: title, style: world.theme[.borderFocus], titleStyle: world.theme[.title])
        text.draw(search: filter, on: &canvas, in: area.interior.inset(x: 1, y: 0), box: area, world.theme)
    }
}

/// The kinds and the names by which they are called.
struct AliasScreen: TextScreen {
    var text = ScrollingText()
    var filter = ""
    var crumb: String { "aliases" }
    var heading: StyledText { "Aliases" }
    func lines(_ world: World, width: Int) -> [StyledText] {
        let theme = world.theme
        var header = StyledText(pad("NAME", 28) + pad("SHORT", 12) + pad("GROUP/VERSION", 28) + "OBJECTS", theme[.tableHeader])
        header.append("")
        return [header]
            + (KindInfo.all + world.store.customKinds).map { kind in
                let count =
                    kind.type == .custom
                    ? world.store.customObjects.all.count { $0.kindInfo == kind } : world.store.count(kind.type)
                var line = StyledText(pad(kind.plural, 28), theme[.accent])
                line.append(pad(kind.shortNames.joined(separator: ","), 12) + pad(kind.apiVersion, 28), theme[.text])
                line.append("\(count)" + (kind.type == .custom ? "  kept, not acted on" : ""), theme[.dim])
                return line
            }
            + world.options.settings.aliases.sorted { $0.key < $1.key }.map { name, target in
                var line = StyledText(pad(target, 28), theme[.accent])
                line.append(pad(name, 12), theme[.text])
                line.append("yours", theme[.dim])
                return line
            }
    }
}

/// What became of the objects of the state that was opened.
struct ImportScreen: TextScreen {
    var text = ScrollingText()
    var filter = ""
    var crumb: String { "import" }
    var heading: StyledText { "Opened state" }
    func lines(_ world: World, width: Int) -> [StyledText] {
        let (state, theme) = (world.options.opened, world.theme)
        guard !state.isEmpty else {
            return StyledText("No state was opened: these objects were made here. evenkeel state.yaml opens what kubectl get -A -o yaml prints.").wrapped(
                to: width)
        }
        var lines = [StyledText("As of \(state.newest.rfc3339), seed \(world.session.simulation.options.seed)", theme[.text]), ""]
        func list(_ heading: String, _ rows: [(text: String, count: Int?)]) {
            guard !rows.isEmpty else { return }
            lines.append(StyledText(heading, theme[.tableHeader]))
            for row in rows { lines += StyledText((row.count.map { pad("\($0)", 7) } ?? "") + row.text, theme[.text]).wrapped(to: width) }
            lines.append("")
        }
        list("KEPT", state.kept.map { ($0.kind.qualifiedPlural, $0.count) })
        list("GUESSED", state.guessed.map { ($0, nil) })
        list("LEFT OUT", state.leftOut.map { ($0.what, $0.count) })
        list("RULES", OpenedState.rules.map { ($0, nil) })
        return lines
    }
}

/// What is followed of a real cluster, kind by kind, and what is missing.
struct LiveScreen: TextScreen {
    var text = ScrollingText()
    var filter = ""
    var crumb: String { "live" }
    var heading: StyledText { "Followed cluster" }
    func lines(_ world: World, width: Int) -> [StyledText] {
        guard let followed = world.followed else { return ["No cluster is followed."] }
        let theme = world.theme
        let status = followed.status
        let (state, role) = followed.words
        var lines = [StyledText("\(followed.name), Kubernetes v\(world.cluster.profile.version): \(state)", theme[role])]
        if let lost = status.lost { lines += StyledText(lost.why, theme[.rowError]).wrapped(to: width) }
        for words in LiveResource.remarks { lines += StyledText(words, theme[.dim]).wrapped(to: width) }
        if !status.missing.isEmpty {
            lines += ["", StyledText("MISSING", theme[.tableHeader])]
            for line in status.missing { lines += StyledText(line, theme[.rowPending]).wrapped(to: width) }
            if !status.rules.isEmpty {
                lines += ["", StyledText("THE SMALLEST CLUSTERROLE THAT GIVES IT  (evenkeel help rbac prints all)", theme[.tableHeader])]
                for line in LiveRule.role("evenkeel-view-more", status.rules).split(separator: "\n") { lines.append(StyledText(String(line), theme[.text])) }
            }
        }
        lines += ["", StyledText(pad("KIND", 48) + pad("OBJECTS", 9) + "STATE", theme[.tableHeader])]
        for row in status.kinds {
            let (word, why) = row.state.words
            let count = row.resource.info.type == .custom || row.resource.info.type == .configMap ? "" : "\(world.store.count(row.resource.info.type))"
            var line = StyledText(pad(row.resource.name, 48) + pad(count, 9), theme[.text])
            line.append(word + (row.namespace.map { " in \($0)" } ?? ""), theme[row.state == .following ? .good : .rowPending])
            if !why.isEmpty { line.append("  \(why)", theme[.dim]) }
            lines += line.wrapped(to: width)
        }
        return lines
    }
}

/// What a field means: `kubectl explain` in the dashboard.
struct ExplainScreen: TextScreen {
    var text = ScrollingText()
    var filter = ""
    private let path: String
    init(_ path: String) { self.path = path }
    var crumb: String { "explain \(path)" }
    var heading: StyledText { StyledText("Explain \(path)") }
    func lines(_ world: World, width: Int) -> [StyledText] {
        do {
            return try Explain.text(path: path, in: .complete(world.store)).split(separator: "\n", omittingEmptySubsequences: false)
                .flatMap { StyledText(String($0)).wrapped(to: width) }
        } catch {
            return [StyledText("\(error)", world.theme[.flashError])]
        }
    }
}
