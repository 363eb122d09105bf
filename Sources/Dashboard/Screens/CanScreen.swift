import Canvas
import ControlPlane
import KubernetesAPI

/// Who may do what: one question with its answer in the API server's words, and what the user may do with each resource.
struct CanScreen: ListedScreen {
    /// What follows `:can`.
    struct Question: Equatable {
        var user: UserInfo
        /// Empty for the whole cluster.
        var namespace: String
        /// What is asked; nil if only the table is wanted.
        var request: AccessRequest?

        /// `VERB RESOURCE[/SUBRESOURCE] [NAME]` or `VERB /PATH`, `as USER`, `in NAMESPACE`, all of which may be left out.
        init(_ words: [String], _ world: World) throws(Mistake) {
            var words = words
            func take(_ word: String) -> String? {
                guard let at = words.firstIndex(of: word), at + 1 < words.count else { return nil }
                defer { words.removeSubrange(at...at + 1) }
                return words[at + 1]
            }
            namespace = take("in") ?? (world.namespace.isEmpty ? "default" : world.namespace)
            let name = take("as") ?? "system:serviceaccount:\(namespace):default"
            user = name == UserInfo.mastersGroup ? UserInfo(name: "kubernetes-admin", groups: [name, UserInfo.authenticatedGroup]) : .named(name)
            if words.isEmpty { return }
            guard words.count >= 2 else { throw Mistake(text: "Ask as in: list pods as system:serviceaccount:default:default") }
            if words[1].hasPrefix("/") {
                request = AccessRequest(verb: words[0], path: words[1])
                return
            }
            let parts = words[1].split(separator: "/").map(String.init)
            guard let kind = KindInfo.find(parts[0], among: world.store.customKinds) else { throw Mistake(text: "No kind \(parts[0])") }
            request = AccessRequest(
                verb: words[0], group: kind.group, resource: kind.plural, subresource: parts.count > 1 ? parts[1] : "",
                namespace: kind.isNamespaced ? namespace : "", name: words.count > 2 ? words[2] : "")
        }
        struct Mistake: Error { var text: String }
    }

    private struct Row {
        var resource: String
        var group: String
        /// One for each of ``verbs``.
        var isAllowed: [Bool]
    }
    private static let verbs = ["get", "list", "watch", "create", "patch", "update", "delete", "deletecollection"]
    private static let subresources = [
        "pods/log", "pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "pods/eviction", "nodes/proxy", "services/proxy",
    ]

    let question: Question
    var filter = "" { didSet { list.reset() } }
    var list = ListCursor<String>()
    private var onlyAllowed = false
    private var all: [Row] = []
    private var rows: [Row] = []
    private var decision: Authorizer.Decision?
    private var stamp = -1

    init(_ question: Question) { self.question = question }

    var crumb: String { "can" }
    var bindings: [BindingGroup] { [Self.keys] }
    static let keys = BindingGroup(
        "Rights",
        [
            Binding(.character("t"), action: Actions.ask, "ask", "Ask whether somebody may: VERB RESOURCE as USER", footer: 5),
            Binding(.control("z"), action: Actions.allowedOnly, "allowed", "Show only resources with which something is allowed", footer: 10),
        ])

    enum Actions: String, ScreenAction {
        case ask, allowedOnly
    }
    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        if list.perform(action) { return [] }
        guard let action = Actions(action) else { return nil }
        switch action {
        case .ask: return [.prompt("can ")]
        case .allowedOnly: onlyAllowed.toggle()
        }
        return []
    }

    mutating func refresh(_ world: World, in area: Rect) {
        if stamp != world.store.revision {
            stamp = world.store.revision
            let authorizer = Authorizer(world.cluster)
            if let request = question.request { decision = authorizer.decide(question.user, request) }
            all = resources(world).map { kind, subresource in
                let allowed = Self.verbs.map { verb in
                    authorizer.decide(
                        question.user,
                        AccessRequest(
                            verb: verb, group: kind.group, resource: kind.plural, subresource: subresource,
                            namespace: kind.isNamespaced ? question.namespace : "")
                    ).isAllowed
                }
                return Row(resource: kind.plural + (subresource.isEmpty ? "" : "/\(subresource)"), group: kind.group, isAllowed: allowed)
            }
        }
        let words = filter.lowercased().split(separator: " ")
        rows = all.filter { row in
            (!onlyAllowed || row.isAllowed.contains(true)) && words.allSatisfy { "\(row.resource) \(row.group)".contains($0) }
        }
        list.show(rows.map { "\($0.resource).\($0.group)" })
        list.scroll(in: rects(area)[1].interior.inset(top: 1))
    }
    private func resources(_ world: World) -> [(KindInfo, String)] {
        let kinds = KindInfo.all + KindInfo.keptKinds + world.store.customKinds.filter { !KindInfo.keptKinds.contains($0) }
        var found: [(KindInfo, String)] = []
        for kind in kinds {
            found.append((kind, ""))
            for name in Self.subresources where kind.group.isEmpty && name.hasPrefix("\(kind.plural)/") {
                found.append((kind, String(name.dropFirst(kind.plural.count + 1))))
            }
        }
        return found
    }

    // MARK: Drawing

    /// The question with its answer, and the table.
    private func rects(_ area: Rect) -> [Rect] { area.splitRows([.fixed(question.request == nil ? 0 : area.height >= 16 ? 5 : 3), .weight(1)]) }

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let rects = rects(area)
        if let request = question.request, let decision { draw(decision, about: request, on: &canvas, in: rects[0], world) }
        let (theme, box) = (world.theme, rects[1])
        var title = StyledText("Can ", theme[.title])
        title.append(question.user.name, theme[.titleHighlight])
        title.append(" in \(question.namespace)", theme[.title])
        title.append("[\(rows.count)]", theme[.titleCounter])
        if onlyAllowed { title.append(" allowed", theme[.titleFilter]) }
        if !filter.isEmpty { title.append(" </\(filter)>", theme[.titleFilter]) }
        canvas.drawBox(in: box, title: title, style: theme[.borderFocus])
        canvas.drawPosition(of: list.seen, in: rows.count, onBox: box, rows: box.interior.inset(top: 1), theme: theme)
        let heads = ["GET", "LIST", "WATCH", "CREATE", "PATCH", "UPDATE", "DELETE", "DEL-LIST"]
        let columns =
            [TableWidget.Column("RESOURCE", minimum: 18, ideal: 34), TableWidget.Column("API-GROUP", minimum: 8, ideal: 28, priority: 2)]
            + heads.enumerated().map { TableWidget.Column($1, minimum: $1.count, ideal: $1.count, priority: [0, 0, 1, 0, 1, 1, 0, 2][$0]) }
        TableWidget(columns: columns, rowCount: rows.count, cursor: list.index, top: list.top).draw(on: &canvas, in: box.interior, theme: theme) { index in
            let row = rows[index]
            return TableRow(
                [StyledText(row.resource, theme[.text]), StyledText(row.group, theme[.dim])]
                    + row.isAllowed.map { StyledText(String($0 ? world.glyphs.passed : world.glyphs.stopped), theme[$0 ? .good : .dim]) })
        }
    }

    private func draw(_ decision: Authorizer.Decision, about request: AccessRequest, on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        var title = StyledText("May ", theme[.title])
        title.append(question.user.name, theme[.titleHighlight])
        title.append(" \(request.verb) \(request.path ?? "\(request.resource)\(request.name.isEmpty ? "" : " \(request.name)")")?", theme[.title])
        canvas.drawBox(in: box, title: title, style: theme[.border])
        let inside = box.interior.inset(x: 1, y: 0)
        let sign = decision.isAllowed ? world.glyphs.passed : world.glyphs.stopped
        let reason = decision.isAllowed ? decision.reason : request.refusal(of: question.user, reason: decision.reason).message
        let text = StyledText("\(sign) \(decision.isAllowed ? "yes" : "no")  \(reason)", theme[decision.isAllowed ? .good : .rowError])
        for (index, line) in text.wrapped(to: inside.width).prefix(inside.height).enumerated() {
            canvas.write(line, at: Point(x: inside.x, y: inside.y + index))
        }
    }
}

extension CanScreen {
    static let command = PromptCommand(
        names: ["can", "can-i"], arguments: "[verb resource] [as user] [in namespace]",
        help: "Who may do what: list pods as system:serviceaccount:default:default",
        candidates: { world, _ in
            let accounts = world.store.serviceAccounts.sorted().filter { world.shows($0.namespace) }.map { "system:serviceaccount:\($0.namespace):\($0.name)" }
            return accounts + ["system:anonymous", "system:kube-scheduler", UserInfo.mastersGroup] + verbs + KindInfo.all.map(\.plural)
        }
    ) { dashboard, words in
        do throws(Question.Mistake) {
            let question = try Question(words, dashboard.world)
            if dashboard.stack.last is CanScreen { dashboard.apply([.pop]) }
            dashboard.apply([.push(CanScreen(question))])
        } catch { dashboard.show(error.text, .error) }
    }
}
