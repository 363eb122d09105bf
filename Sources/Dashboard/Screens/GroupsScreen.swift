import Canvas
import ControlPlane
import KubernetesAPI
import Printers
import Scheduling
import Simulation
import SimulationKit

/// Groups of pods: who waits for whom, what is missing, which domain could take the whole group.
struct GroupsScreen: BlocksScreen {
    enum RowID: Hashable {
        case group(ObjectKey)
        case pod(ObjectKey, of: ObjectKey)
        var group: ObjectKey {
            switch self {
            case .group(let key), .pod(_, let key): key
            }
        }
    }
    var filter = ""
    var list = ListCursor<RowID>()
    var onlyFaults = false
    private var reports: [ObjectKey: PodGroupReport] = [:]
    /// What would come of trying the groups that are seen.
    private var trials: [ObjectKey: PodGroupTrial] = [:]
    /// Of the group under the cursor.
    private var domains: (group: ObjectKey, key: String, found: [PodGroupDomain])?
    private var stamp: (revision: Int, generation: Int, nanoseconds: Int64, key: String)?
    /// When the scheduler was asked last, in real time: in a large cluster it is asked four times a second while time runs.
    private var askedAt = Duration.zero

    init() {}
    /// With the cursor on a group.
    init(_ key: ObjectKey) { list.select(.group(key)) }

    var crumb: String { "groups" }
    var bindings: [BindingGroup] {
        [
            BindingGroup(
                "Groups",
                [
                    Binding(.enter, .character("d"), action: Actions.describe, "describe", "Describe the group or pod", footer: 5),
                    Binding(.character("y"), action: Actions.yaml, "yaml", "YAML of the group or pod", footer: 10),
                    Binding(.character("W"), action: Actions.why, "why", "Why the pod, or the first one of the group that waits, has no node", footer: 15),
                    Binding(.character("v"), action: Actions.events, "events", "Events of the group or pod", footer: 25),
                    Binding(.character("o"), action: Actions.node, "node", "Show the node of the pod", footer: 26),
                    Binding(.control("d"), action: Actions.delete, "delete", "Delete the group or pod", footer: 70),
                    Binding(.control("z"), action: Actions.faultsOnly, "faults", "Show only groups that wait", footer: 30),
                    Binding(.character("c"), action: Actions.copyName, "copy", "Copy the name"),
                ])
        ]
    }

    // MARK: Rows

    mutating func refresh(_ world: World, in area: Rect) {
        findRows(world)
        list.scroll(in: box(area).interior.inset(top: 1))
        let scheduler = world.running.scheduler
        for key in Set(list.ids[list.seen].map(\.group)) where trials[key] == nil && reports[key]?.waiting.isEmpty == false {
            trials[key] = scheduler.trial(ofGroup: key, in: world.running.cluster)
        }
        guard let key = list.id?.group, domains?.group != key else { return }
        let label = label(key, world)
        domains = (key, label, scheduler.domains(forGroup: key, by: label, in: world.running.cluster))
    }

    /// Where the rows stand; below is more about the one under the cursor.
    private func box(_ area: Rect) -> Rect { area.inset(bottom: list.ids.isEmpty ? 0 : area.height >= 28 ? 12 : area.height >= 16 ? 8 : 0) }

    private mutating func findRows(_ world: World) {
        let key = "\(world.namespace) \(filter) \(onlyFaults)"
        if let stamp, stamp == (world.store.revision, world.generation, world.now.nanoseconds, key) { return }
        if let stamp, stamp.generation == world.generation, stamp.key == key, !world.session.isPaused, world.store.pods.count > RowIndex.atOnce,
            world.clock - askedAt < .milliseconds(250)
        {
            return
        }
        stamp = (world.store.revision, world.generation, world.now.nanoseconds, key)
        askedAt = world.clock
        (trials, domains) = ([:], nil)
        let all = world.running.scheduler.podGroups(in: world.running.cluster).filter { world.shows($0.key.namespace) }
        reports = Dictionary(uniqueKeysWithValues: all.map { ($0.key, $0) })
        var rows: [RowID] = []
        for report in all {
            if onlyFaults, report.state == .placed { continue }
            let text = "\(report.key) \(report.state.rawValue) \(report.message) \(report.pods.map(\.name).joined(separator: " "))"
            if !filter.isEmpty, !text.lowercased().contains(filter.lowercased()) { continue }
            rows.append(.group(report.key))
            rows += report.pods.map { .pod($0, of: report.key) }
        }
        // Where a pod is gone, its group is nearest to it.
        if let wanted = list.target, !rows.contains(wanted), rows.contains(.group(wanted.group)) { list.select(.group(wanted.group)) }
        list.show(rows)
    }

    func object(_ id: RowID, _ world: World) -> (any StoredObject)? {
        switch id {
        case .group(let key): world.store.podGroups[key]
        case .pod(let key, _): world.store.pods[key]
        }
    }
    /// What if the domain with most of the group were lost: which group still fits.
    func whatIfSubject(_ world: World) -> WhatIfSubject? { list.id.flatMap { fullest($0.group, world) } }

    // MARK: Actions

    enum Actions: String, ScreenAction {
        case describe, yaml, why, events, node, delete, faultsOnly, copyName
    }

    func unavailable(_ action: Action, _ world: World) -> String? {
        guard let action = Actions(action), action != .faultsOnly else { return nil }
        guard let id = list.id else { return "Nothing is selected" }
        switch action {
        case .why: return waiting(id, world) == nil ? "No pod of it waits for a node" : nil
        case .node: return selectedPod(world)?.nodeName.isEmpty ?? true ? "It is on no node" : nil
        case .describe, .yaml, .events, .delete, .copyName: return object(id, world) == nil ? "There is no PodGroup \(id.group.name)" : nil
        case .faultsOnly: return nil
        }
    }
    /// The domain with most pods of the group; the first by name of equal ones.
    private func fullest(_ group: ObjectKey, _ world: World) -> WhatIfSubject? {
        let label = label(group, world)
        var counts: [String: Int] = [:]
        for key in reports[group]?.pods ?? [] {
            guard let pod = world.store.pods[key], let node = world.store.nodes[ObjectKey(name: pod.nodeName)] else { continue }
            if let name = node.metadata.labels[label] { counts[name, default: 0] += 1 }
        }
        return counts.min { a, b in a.value != b.value ? a.value > b.value : a.key < b.key }.map { .domain(key: label, name: $0.key) }
    }
    private func label(_ group: ObjectKey, _ world: World) -> String {
        reports[group]?.object?.topologyKey ?? TopologyKeys.used(world).first { $0 == LabelKey.zone } ?? LabelKey.hostname
    }
    /// The pod without a node that is meant.
    private func waiting(_ id: RowID, _ world: World) -> ObjectKey? {
        switch id {
        case .group(let key): reports[key]?.waiting.first
        case .pod(let key, _): world.store.pods[key]?.nodeName.isEmpty == true ? key : nil
        }
    }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        if list.perform(action) { return [] }
        if let effects = effects(of: action, world) { return effects }
        switch Actions(action) {
        case .faultsOnly:
            onlyFaults.toggle()
            return []
        case .why: return list.id.flatMap { waiting($0, world) }.map { [.push(WhyScreen($0))] }
        case .node: return selectedPod(world).map { showNode($0.nodeName) }
        case .describe, .yaml, .events, .delete, .copyName, nil: return nil
        }
    }

    // MARK: Drawing

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let box = box(area)
        drawRows(
            on: &canvas, in: box, title: "Groups", count: reports.count, faults: "waiting",
            empty: world.cluster.profile.schedulesPodGroups
                ? "No groups here. A PodGroup makes one, and pods that name it in spec.schedulingGroup."
                : "Pods are placed one by one: the gate GenericWorkload is off, see :gates.", world,
            columns: { width in
                [
                    .init("GROUP, PODS", minimum: width(0, "GROUP, PODS", 26), ideal: width(0, "GROUP, PODS", 40)),
                    .init("POLICY", minimum: width(1, "POLICY", 9), priority: 2),
                    .init("NODES", minimum: width(2, "NODES", 16)),
                    .init("STATE", minimum: width(3, "STATE", 15)),
                    .init("PRIORITY", alignment: .right, minimum: width(4, "PRIORITY", 11), priority: 3),
                    .init("AGE", alignment: .right, minimum: width(5, "AGE", 6), priority: 1),
                    .init("WHAT IS MISSING, WHO WAITS FOR WHOM", minimum: 20, stretches: true),
                ]
            }, cells: { cells($0, world) })
        guard box.bottom < area.bottom, let key = list.id?.group, let report = reports[key] else { return }
        let below = area.inset(top: box.height)
        let halves = below.splitColumns(area.width >= 100 ? [.weight(1), .weight(1)] : [.weight(1), .fixed(0)])
        if halves[1].width > 0 { drawStory(report, on: &canvas, in: halves[1], world) }
        drawDomains(report, on: &canvas, in: halves[0], world)
    }

    private func cells(_ id: RowID, _ world: World) -> TableRow {
        let theme = world.theme
        func row(_ texts: [(String, Role)], _ role: Role = .text) -> TableRow { TableRow(texts.map { StyledText($0.0, theme[$0.1]) }, role: role) }
        guard let report = reports[id.group] else { return TableRow([]) }
        switch id {
        case .group(let key):
            let role = Self.role(report.state)
            let policy = report.object.map { $0.isGang ? "gang \($0.minCount)" : "basic" } ?? ""
            return row(
                [
                    (world.namespace.isEmpty || world.namespace.contains(",") ? "\(key)" : key.name, role), (policy, .text),
                    ("\(report.scheduled) of \(report.pods.count)", role), (report.state.rawValue, role), ("\(report.object?.spec.priority ?? 0)", .dim),
                    (world.age(report.object?.metadata.creationTimestamp), .dim), (words(report), role == .good ? .dim : role),
                ], role)
        case .pod(let key, _):
            guard let pod = world.store.pods[key] else { return TableRow([]) }
            let (state, role, text) = story(pod, report)
            let sign = role == .good ? world.glyphs.ready : role == .rowKilled ? world.glyphs.leaving : world.glyphs.starting
            let node = pod.nodeName.isEmpty && !pod.status.nominatedNodeName.isEmpty ? "(\(pod.status.nominatedNodeName))" : pod.nodeName
            return row([
                (" \(world.glyphs.frame.branch) \(sign) \(key.name)", role), ("", .text), (node, .text), (state, role), ("", .text),
                (world.age(pod.metadata.creationTimestamp), .dim), (text, role == .good ? .dim : role),
            ])
        }
    }

    private static func role(_ state: PodGroupReport.State) -> Role {
        switch state {
        case .placed: .good
        case .partly, .queued, .makingRoom: .rowPending
        case .incomplete: .dim
        case .waiting: .rowError
        }
    }

    /// What a group waits for.
    private func words(_ report: PodGroupReport) -> String {
        switch report.state {
        case .placed: return "all have a node"
        case .queued: return "is tried next"
        case .makingRoom:
            let others = report.victims.count > 2 ? " and \(report.victims.count - 2) more" : ""
            return "waits for \(report.victims.prefix(2).map(\.name).joined(separator: ", "))\(others) to end"
        case .partly: return "\(counted(report.waiting.count, "pod")) beyond the minimum \(report.waiting.count == 1 ? "waits" : "wait")"
        case .incomplete:
            if report.object == nil { return "there is no PodGroup \(report.key.name)" }
            return report.podsToCome > 0 ? "\(counted(report.podsToCome, "more pod")) must be made" : report.pods.isEmpty ? "no pods yet" : report.message
        case .waiting:
            let fitting = fitting(report)
            let short = max(0, report.placesMissing - fitting)
            if short == 0 { return "it would fit now and is tried soon" }
            return fitting == 0
                ? "\(counted(short, "place")) missing"
                : "\(counted(short, "place")) missing; \(counted(fitting, "pod")) would fit and \(fitting == 1 ? "waits" : "wait")"
        }
    }
    private func fitting(_ report: PodGroupReport) -> Int {
        trials[report.key]?.outcomes.count { if case .fits = $0.outcome { true } else { false } } ?? 0
    }

    /// A pod's state, its colour, and what it waits for.
    private func story(_ pod: Pod, _ report: PodGroupReport) -> (String, Role, String) {
        if pod.metadata.isTerminating { return ("terminating", .rowKilled, "") }
        if !pod.nodeName.isEmpty { return ("placed", .good, "") }
        guard report.state != .incomplete else { return ("waits", .dim, "for the group to be complete") }
        guard let trial = trials[report.key] else { return ("waits", .rowPending, "") }
        switch trial.outcomes.first(where: { $0.pod == pod.key })?.outcome {
        case .fits(let node)?:
            return trial.refusal == nil ? ("fits", .rowPending, "on \(node)") : ("fits", .rowPending, "on \(node), and waits for the others")
        case .refused(let why)?: return ("no node", .rowError, why)
        case .notTried?: return ("not tried", .dim, "too many others do not fit")
        case nil: return ("waits", .rowPending, "")
        }
    }

    /// Which domain could take how much of the group.
    private func drawDomains(_ report: PodGroupReport, on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        let label = domains?.key ?? LabelKey.zone
        let isBound = report.object?.topologyKey != nil
        var title = StyledText("Where it would fit  ", theme[.title])
        title.append("\(report.key.name) by \(label.split(separator: "/").last ?? "")", theme[.titleHighlight])
        canvas.drawBox(in: box, title: title, right: StyledText(isBound ? "must stay in one" : "", theme[.dim]), style: theme[.border])
        let inside = box.interior
        let found = domains?.found ?? []
        if found.isEmpty {
            canvas.write(
                report.waiting.isEmpty ? "No pod of it waits." : report.object == nil ? "There is no PodGroup." : "No node has the label \(label).",
                at: Point(x: inside.x + 1, y: inside.y), style: theme[.dim], maxWidth: inside.width - 2)
            return
        }
        let table = TableWidget(
            columns: [
                .init("DOMAIN", minimum: 8, ideal: 20), .init("NODES", alignment: .right, minimum: 5), .init("HAS", alignment: .right, minimum: 4),
                .init("ROOM FOR", alignment: .right, minimum: 8), .init("TAKES", minimum: 12, stretches: true),
            ], rowCount: found.count, cursor: nil, top: 0)
        _ = table.draw(on: &canvas, in: inside, theme: theme) { index in
            let domain = found[index]
            let role: Role = domain.takesAll ? .good : domain.takesEnough ? .rowPending : .dim
            let verdict =
                domain.takesAll
                ? "the whole group" : domain.takesEnough ? "enough of it" : "\(report.minCount - domain.present - domain.room) too few"
            return TableRow([
                StyledText(domain.name, theme[role]), StyledText("\(domain.nodes)", theme[.text]), StyledText("\(domain.present)", theme[.dim]),
                StyledText("\(domain.room)", theme[role]), StyledText(verdict, theme[role]),
            ])
        }
    }

    /// What the scheduler says, and the newest events.
    private func drawStory(_ report: PodGroupReport, on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        canvas.drawBox(
            in: box, title: StyledText("PodGroup  ", theme[.title]) + StyledText(report.key.name, theme[.titleHighlight]), style: theme[.border])
        let inside = box.interior.inset(x: 1, y: 0)
        var lines: [StyledText] = []
        if let group = report.object {
            var facts = group.isDisruptedWhole ? "preempted as a whole" : "preempted pod by pod"
            if let key = group.topologyKey { facts += ", one domain of \(key)" }
            if let workload = group.spec.workloadRef?.workloadName { facts += ", from Workload \(workload)" }
            lines.append(StyledText(facts, theme[.dim]))
        }
        if !report.message.isEmpty { lines += StyledText(report.message, theme[.rowPending]).wrapped(to: inside.width) }
        let pods = Set(report.pods)
        let events = world.cluster.eventLog.events.suffix(2000).filter { $0.kind == "Pod" && pods.contains($0.object) }
        for event in events.suffix(max(0, inside.height - lines.count)).reversed() {
            var text = StyledText("\(world.time(event.time, milliseconds: false))  ", theme[.dim])
            text.append(pad(event.object.name, 14), theme[.text])
            text.append(" \(event.reason)", theme[event.isWarning ? .rowPending : .accent])
            text.append(" \(event.message)", theme[.dim])
            lines.append(text)
        }
        for (index, line) in lines.prefix(inside.height).enumerated() {
            canvas.write(line, at: Point(x: inside.x, y: inside.y + index), maxWidth: inside.width)
        }
    }
}

extension GroupsScreen {
    static let command = PromptCommand(
        names: ["groups", "group"], arguments: "[group]", help: "Groups of pods: who waits for whom, what is missing, which domain takes the whole group",
        candidates: { world, word in world.names(of: PodGroup.self, beginning: word) }
    ) { dashboard, words in
        guard let word = words.first else { return dashboard.apply([.push(GroupsScreen())]) }
        let known = dashboard.world.store.podGroups.sorted()
        guard let group = known.first(where: { $0.name == word || "\($0.key)" == word }) else {
            let near = nearest(word, among: known.map(\.name)).map { "; nearest: \($0)" } ?? ""
            return dashboard.show("No group \(word)\(near)", .error)
        }
        dashboard.apply([.push(GroupsScreen(group.key))])
    }
}
