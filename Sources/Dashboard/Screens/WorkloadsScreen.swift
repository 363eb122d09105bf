import Canvas
import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// All workloads in one table with their rollouts, and the revisions of the selected one.
struct WorkloadsScreen: ListedScreen {
    var filter = "" { didSet { list.reset() } }
    var list = ListCursor<Workload>()
    private var revisions = ListCursor<Int>()
    private var rows: [Rollout] = []
    private var found: [Revision] = []
    private var foundAt: (revision: Int, generation: Int, workload: Workload)?
    private var inRevisions = false
    private var onlyFaults = false
    private var index = RolloutIndex()
    private var rowsStamp: RowsStamp?
    private var search = AvailabilitySearch()
    private var risks: [Workload: WorkloadAvailability] = [:]
    private var risksVersion = 0

    private struct RowsStamp: Equatable {
        var version: Int
        var filter: String
        var namespace: String
        var onlyFaults: Bool
    }

    init(_ workload: Workload? = nil) { list = ListCursor(on: workload) }

    var crumb: String { "workloads" }
    var bindings: [BindingGroup] {
        [
            BindingGroup(
                "Workloads",
                [
                    Binding(.enter, action: Actions.open, "pods", "The pods of the workload, or of the revision", footer: 5),
                    Binding(.tab, action: Actions.nextPane, "revisions", "To the revisions and back", footer: 8),
                    Binding(
                        .control("l"), action: Actions.rollback, "roll back", "Roll back to the revision under the cursor, or to the one before", footer: 10),
                    Binding(.character("p"), action: Actions.pauseRollout, "pause", "Pause or resume the rollout", footer: 12),
                    Binding(.character("s"), action: Actions.scale, "scale", "Scale", footer: 20),
                    Binding(.character("r"), action: Actions.restart, "restart", "Restart by a rolling update", footer: 25),
                    Binding(.character("i"), action: Actions.setImage, "image", "Set the image of a container", footer: 30),
                    Binding(.character("d"), action: Actions.describe, "describe", "Describe the workload", footer: 35),
                    Binding(.character("y"), action: Actions.yaml, "yaml", "YAML of the workload", footer: 36),
                    Binding(.control("z"), action: Actions.faultsOnly, "faults", "Show only workloads that are not complete"),
                ])
        ]
    }

    // MARK: Rows

    mutating func refresh(_ world: World, in area: Rect) {
        findRows(world)
        search.refresh(world)
        takeRisks()
        let rects = rects(area)
        list.scroll(in: rects[0].interior.inset(top: 1))
        guard let rollout = rows[safe: list.index] else { return }
        let stamp = (world.store.revision, world.generation, rollout.workload)
        if foundAt.map({ $0 != stamp }) ?? true {
            foundAt = stamp
            found = Revision.all(of: rollout, world)
            revisions.show(found.map(\.number))
        }
        let inside = rects[1].interior
        if rects[1].height > 0 { revisions.scroll(height: revisionHeight(rollout, inside) - 1) }
    }

    /// The workloads, and below the revisions of the one under the cursor.
    private func rects(_ area: Rect) -> [Rect] {
        area.splitRows([.weight(1), .fixed(area.height >= 15 && !rows.isEmpty ? max(8, min(area.height / 2, area.height - rows.count - 3)) : 0)])
    }
    private func conditionCount(_ rollout: Rollout, _ inside: Rect) -> Int { min(rollout.object.conditions.count, max(0, inside.height - 2), 4) }
    /// Of the table of revisions with its header; conditions stand below.
    private func revisionHeight(_ rollout: Rollout, _ inside: Rect) -> Int { max(1, inside.height - conditionCount(rollout, inside)) }

    private mutating func findRows(_ world: World) {
        index.refresh(world)
        let stamp = RowsStamp(version: index.version, filter: filter, namespace: world.namespace, onlyFaults: onlyFaults)
        if stamp == rowsStamp { return }
        rowsStamp = stamp
        let words = filter.lowercased().split(separator: " ")
        rows = index.all.filter { rollout in
            guard world.shows(rollout.workload.namespace) else { return false }
            if onlyFaults, rollout.role == .good { return false }
            if words.isEmpty { return true }
            let text = "\(rollout.workload.namespace) \(rollout.workload.kind) \(rollout.workload.name) \(rollout.word)".lowercased()
            return words.allSatisfy { text.contains($0) }
        }
        list.show(rows.map(\.workload))
    }
    private mutating func takeRisks() {
        if risksVersion == search.version { return }
        risksVersion = search.version
        risks = Dictionary(search.found.map { ($0.workload, $0) }) { first, _ in first }
    }
    var hasWork: Bool { search.isAtWork }
    mutating func work(_ world: World, until shouldStop: () -> Bool) { search.work(world, until: shouldStop) }
    /// What differs from rollouts that are read anew: for tests.
    func faults(_ world: World) -> [String] { index.faults(world) }

    func focusedWorkload(_ world: World) -> Workload? { list.id }

    func peek(_ world: World) -> Peek? { focusedWorkload(world).flatMap { Peek(of: $0, world) } }

    enum Actions: String, ScreenAction {
        case open, nextPane, previousPane, rollback, pauseRollout, scale, restart, setImage, describe, yaml, faultsOnly
    }

    func unavailable(_ action: Action, _ world: World) -> String? {
        guard let action = Actions(action), action != .faultsOnly else { return nil }
        guard let rollout = rows[safe: list.index] else { return "Nothing is selected" }
        switch action {
        case .scale: return world.cluster.replicas(rollout.kind, rollout.workload.key) == nil ? "A \(rollout.workload.kind) cannot be scaled" : nil
        case .setImage: return rollout.kind == .job ? "The template of a Job cannot be changed" : nil
        case .rollback: return rollout.kind == .deployment ? nil : "Only Deployments are rolled back"
        case .pauseRollout: return rollout.kind == .deployment ? nil : "Only the rollout of a Deployment can be paused"
        case .open, .nextPane, .previousPane, .restart, .describe, .yaml, .faultsOnly: return nil
        }
    }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        let rollout = rows[safe: list.index]
        if inRevisions, revisions.perform(action) { return [] }
        if !inRevisions, list.perform(action) {
            if list.id != rollout?.workload { revisions.reset() }
            return []
        }
        guard let action = Actions(action) else { return nil }
        if action == .faultsOnly {
            onlyFaults.toggle()
            return []
        }
        return rollout.flatMap { act(action, $0, world) }
    }

    private mutating func act(_ action: Actions, _ rollout: Rollout, _ world: World) -> [Effect]? {
        let (kind, key) = (rollout.kind, rollout.workload.key)
        let chosen = inRevisions ? found[safe: revisions.index] : nil
        switch action {
        case .faultsOnly: break
        case .nextPane, .previousPane: inRevisions = !inRevisions && !found.isEmpty
        case .open:
            guard let chosen else { return [.push(TableScreen(Kind.pod.info, scope: .ofWorkload(rollout.workload)))] }
            return [.push(TableScreen(Kind.pod.info, scope: .labels(LabelSelector(matchLabels: [chosen.label: chosen.hash]), title: chosen.name)))]
        case .describe: return [.push(DetailScreen(rollout.object, tab: .describe))]
        case .yaml: return [.push(DetailScreen(rollout.object, tab: .yaml))]
        case .scale: return [.open(Forms.scale([rollout.object], kind.info, world))]
        case .restart: return [.perform([.restart(kind, key)])]
        case .setImage: return [.open(Forms.setImage(rollout.object, kind.info))]
        case .rollback: return [.perform([.undoRollout(key, toRevision: chosen?.number ?? 0)])]
        case .pauseRollout: return (rollout.object as? Deployment).map { [.perform([.pause(key, !$0.spec.paused)])] }
        }
        return []
    }

    // MARK: Drawing

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        let rects = rects(area)
        var title = StyledText("Workloads", theme[.title])
        title.append("(\(world.namespace.isEmpty ? "all" : world.namespace))", theme[.titleHighlight])
        title.append("[\(rows.count)]", theme[.titleCounter])
        if onlyFaults { title.append(" faults", theme[.titleFilter]) }
        if !filter.isEmpty { title.append(" </\(filter)>", theme[.titleFilter]) }
        let busy = rows.count { $0.role != .good }
        canvas.drawBox(
            in: rects[0], title: title, right: StyledText(busy == 0 ? "all complete" : "\(busy) not complete", theme[busy == 0 ? .good : .rowPending]),
            style: theme[inRevisions ? .border : .borderFocus])
        let inside = rects[0].interior
        guard !rows.isEmpty else {
            canvas.write("No workloads here.", at: Point(x: inside.x + 2, y: inside.y + 1), style: theme[.dim], maxWidth: inside.width - 3)
            return
        }
        let nameWidth = rows.map { TextWidth.columns($0.workload.name) }.max() ?? 4
        let table = TableWidget(
            columns: [
                TableWidget.Column("NAMESPACE", minimum: 9, ideal: 12, priority: 5), TableWidget.Column("NAME", minimum: 12, ideal: max(18, nameWidth + 1)),
                TableWidget.Column("KIND", minimum: 11, priority: 4), TableWidget.Column("READY", alignment: .right, minimum: 5, ideal: 7),
                TableWidget.Column("UPDATED", alignment: .right, minimum: 7, priority: 3), TableWidget.Column("ROLLOUT", minimum: 8, priority: 2),
                TableWidget.Column("STATE", minimum: 22, ideal: 26), TableWidget.Column("REV", alignment: .right, minimum: 3, priority: 3),
                TableWidget.Column("RISK", minimum: 14, ideal: 40, priority: 6), TableWidget.Column("AGE", alignment: .right, minimum: 5, priority: 3),
            ], rowCount: rows.count, cursor: list.index, top: list.top)
        let layout = table.draw(on: &canvas, in: inside, theme: theme) { row in
            let rollout = rows[row]
            let full = rollout.desired == 0 ? 8 : Canvas.step(Double(rollout.updatedReady) * 8 / Double(rollout.desired), upTo: 8)
            var bar = StyledText(String(world.glyphs.barFull, times: full), theme[rollout.role])
            bar.append(String(world.glyphs.barEmpty, times: 8 - full), theme[.gaugeFree])
            let risk = risks[rollout.workload]
            return TableRow([
                StyledText(rollout.workload.namespace, theme[.dim]), StyledText(rollout.workload.name, theme[.text]),
                StyledText(rollout.workload.kind, theme[.dim]),
                StyledText("\(rollout.ready)/\(rollout.desired)", theme[rollout.ready < rollout.desired ? .rowPending : .text]),
                StyledText("\(rollout.updated)", theme[rollout.updated < rollout.desired ? .rowPending : .dim]), bar,
                StyledText("\(rollout.glyph(world)) \(rollout.word)", theme[rollout.role]), StyledText(rollout.revision, theme[.dim]),
                risk.map { $0.risk == .none ? StyledText("", theme[.dim]) : AvailabilityScreen.risk($0, world, short: inside.width < 150) } ?? StyledText(""),
                StyledText(world.age(rollout.object.metadata.creationTimestamp), theme[.dim]),
            ])
        }
        canvas.drawPosition(of: list.seen, in: rows.count, onBox: rects[0], rows: layout.body, theme: theme)
        if rects[1].height > 0 { drawRevisions(rows[list.index], on: &canvas, in: rects[1], world) }
    }

    private func drawRevisions(_ rollout: Rollout, on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        var title = StyledText("\(rollout.workload.kind.lowercased()) \(rollout.workload.name)  ", theme[.titleHighlight])
        title.append(rollout.strategy, theme[.dim])
        canvas.drawBox(
            in: box, title: title, right: StyledText("\(counted(found.count, "revision"))", theme[.dim]),
            style: theme[inRevisions ? .borderFocus : .border])
        let inside = box.interior
        let conditions = rollout.object.conditions
        let conditionRows = conditionCount(rollout, inside)
        let tableHeight = revisionHeight(rollout, inside)
        let table = TableWidget(
            columns: [
                TableWidget.Column("REV", alignment: .right, minimum: 3), TableWidget.Column("NAME", minimum: 14, ideal: 28),
                TableWidget.Column("PODS", alignment: .right, minimum: 4), TableWidget.Column("READY", alignment: .right, minimum: 5),
                TableWidget.Column("AGE", alignment: .right, minimum: 6), TableWidget.Column("IMAGES", minimum: 14, ideal: 40),
                TableWidget.Column("CHANGE", minimum: 10, ideal: 30, priority: 3, stretches: true),
            ], rowCount: found.count, cursor: inRevisions ? revisions.index : nil, top: revisions.top)
        canvas.drawPosition(
            of: revisions.seen, in: found.count, onBox: box, rows: Rect(x: inside.x, y: inside.y + 1, width: inside.width, height: tableHeight - 1),
            theme: theme)
        table.draw(on: &canvas, in: Rect(x: inside.x, y: inside.y, width: inside.width, height: tableHeight), theme: theme) { row in
            let revision = found[row]
            let role: Role = row == 0 ? .text : .dim
            return TableRow([
                StyledText("\(revision.number)", theme[role]), StyledText(revision.name, theme[row == 0 ? .accent : role]),
                StyledText("\(revision.pods)", theme[revision.pods == 0 ? .dim : row == 0 ? .text : .rowPending]),
                StyledText("\(revision.ready)", theme[revision.ready < revision.pods ? .rowPending : role]),
                StyledText(world.age(revision.created), theme[.dim]),
                StyledText(revision.images, theme[role]), StyledText(revision.cause, theme[.dim]),
            ])
        }
        for (line, condition) in conditions.prefix(conditionRows).enumerated() {
            let isFine = condition.isTrue != [ConditionType.replicaFailure, ConditionType.failed, ConditionType.failureTarget].contains(condition.type)
            var text = StyledText("\(isFine ? world.glyphs.passed : world.glyphs.stopped) \(pad(condition.type, 14)) ", theme[isFine ? .good : .rowError])
            text.append("\(condition.reason)  ", theme[.text])
            text.append(condition.message, theme[.dim])
            canvas.write(text.truncated(to: inside.width - 2), at: Point(x: inside.x + 1, y: inside.bottom - conditionRows + line), maxWidth: inside.width - 2)
        }
    }
}

/// The rollouts of all workloads in order, kept up from the feed of changes.
private struct RolloutIndex {
    private var rollouts: [Workload: Rollout] = [:]
    /// Users' workloads before those of the machinery, by namespace and name.
    private var order: [Workload] = []
    private(set) var version = 0
    private var cursor = WatchCursor.beginning
    private var generation: Int?

    /// In order. O(workloads).
    var all: [Rollout] { order.compactMap { rollouts[$0] } }

    private static let kinds: [Kind] = [.deployment, .statefulSet, .daemonSet, .job]

    private static func comesFirst(_ x: Workload, _ y: Workload) -> Bool {
        if x.isSystem != y.isSystem { return !x.isSystem }
        if x.namespace != y.namespace { return x.namespace < y.namespace }
        if x.name != y.name { return naturalOrder(x.name, y.name) || !naturalOrder(y.name, x.name) && x.name < y.name }
        func rank(_ workload: Workload) -> Int { kinds.firstIndex { $0.rawValue == workload.kind } ?? kinds.count }
        return rank(x) < rank(y)
    }

    mutating func refresh(_ world: World) {
        guard generation == world.generation, world.store.holds(cursor) else {
            (rollouts, generation, cursor, version) = ([:], world.generation, world.store.end, version + 1)
            for kind in Self.kinds {
                for object in world.store.objects(kind) {
                    let rollout = Rollout(object, world)
                    rollouts[rollout.workload] = rollout
                }
            }
            order = rollouts.keys.sorted(by: Self.comesFirst)
            return
        }
        var changed: Set<Workload> = []
        while let entry = world.store.next(&cursor, until: .distantFuture) {
            func note<O: StoredObject>(_ type: O.Type) {
                let key = world.store[keyPath: O.table].change(entry.index).object.key
                changed.insert(Workload(kind: O.kind.rawValue, namespace: key.namespace, name: key.name))
            }
            if Self.kinds.contains(entry.kind) { note(ObjectStore.type(of: entry.kind)) }
        }
        if changed.isEmpty { return }
        version += 1
        for workload in changed { read(workload, world) }
    }
    private mutating func read(_ workload: Workload, _ world: World) {
        let rollout = Kind(rawValue: workload.kind).flatMap { world.store.object($0, workload.key) }.map { Rollout($0, world) }
        let before = rollouts[workload]
        rollouts[workload] = rollout
        let place = order.partitioningIndex { !Self.comesFirst($0, workload) }
        if before == nil, rollout != nil { order.insert(workload, at: place) }
        if before != nil, rollout == nil { order.remove(at: place) }
    }

    /// What differs from rollouts that are read anew.
    func faults(_ world: World) -> [String] {
        var fresh = RolloutIndex()
        fresh.refresh(world)
        func text(_ index: RolloutIndex) -> [String] {
            index.all.map { "\($0.workload) \($0.ready)/\($0.desired) \($0.updated) \($0.updatedReady) \($0.word) \($0.revision)" }
        }
        let (kept, made) = (text(self), text(fresh))
        return kept == made ? [] : ["rollouts: \(zip(kept, made).first { $0 != $1 }.map { "\($0)" } ?? "\(kept.count), anew \(made.count)")"]
    }
}

/// How far the rollout of a workload is.
struct Rollout {
    var workload: Workload
    var kind: Kind
    var object: any StoredObject
    var desired = 0
    var ready = 0
    var updated = 0
    var revision = "-"
    var strategy = ""
    var word = "complete"
    var role = Role.good
    /// Pods of the newest revision that are available, for the bar.
    var updatedReady = 0

    func glyph(_ world: World) -> Character {
        role == .good ? world.glyphs.passed : role == .rowError ? world.glyphs.stopped : world.glyphs.notReady
    }

    init(_ object: any StoredObject, _ world: World) {
        self.object = object
        kind = type(of: object).kind
        workload = Workload(kind: kind.rawValue, namespace: object.metadata.namespace, name: object.metadata.name)
        switch object {
        case let it as Deployment: read(it)
        case let it as StatefulSet: read(it, world)
        case let it as DaemonSet: read(it, world)
        case let it as Job: read(it)
        default: break
        }
    }

    private mutating func say(_ word: String, _ role: Role = .rowPending) { (self.word, self.role) = (word, role) }

    private mutating func read(_ it: Deployment) {
        let status = it.status
        (desired, ready, updated) = (it.spec.replicas ?? 1, status.readyReplicas, status.updatedReplicas)
        updatedReady = min(updated, max(0, status.availableReplicas - (status.replicas - updated)))
        revision = it.metadata.annotations[AnnotationKey.deploymentRevision] ?? "-"
        let rolling = it.spec.strategy.rollingUpdate
        strategy = it.spec.strategy.type + (rolling.map { "  maxSurge \($0.maxSurge?.text ?? "-")  maxUnavailable \($0.maxUnavailable?.text ?? "-")" } ?? "")
        let progressing = status.conditions[ConditionType.progressing]
        if status.observedGeneration < it.metadata.generation {
            say("not observed yet")
        } else if it.spec.paused {
            say("paused")
        } else if progressing?.reason == ConditionReason.progressDeadlineExceeded {
            say("stuck for \(it.spec.progressDeadlineSeconds ?? 600)s", .rowError)
        } else if updated < desired {
            say("\(updated) of \(desired) updated")
        } else if status.replicas > updated {
            say("\(counted(status.replicas - updated, "old pod")) left")
        } else if status.availableReplicas < updated {
            say("\(status.availableReplicas) of \(updated) available")
        }
    }
    private mutating func read(_ it: StatefulSet, _ world: World) {
        let status = it.status
        (desired, ready) = (it.spec.replicas ?? 1, status.readyReplicas)
        updated = status.updateRevision == status.currentRevision ? status.replicas : status.updatedReplicas
        updatedReady = min(updated, ready)
        revision = world.store.controllerRevisions[ObjectKey(namespace: it.metadata.namespace, name: status.updateRevision)].map { "\($0.revision)" } ?? "-"
        strategy = it.spec.updateStrategy.type + (it.spec.updateStrategy.rollingUpdate?.partition.map { $0 > 0 ? "  partition \($0)" : "" } ?? "")
        if ready < desired { say("\(ready) of \(desired) ready") } else if updated < desired { say("\(updated) of \(desired) updated") }
    }
    private mutating func read(_ it: DaemonSet, _ world: World) {
        let status = it.status
        (desired, ready, updated) = (status.desiredNumberScheduled, status.numberReady, status.updatedNumberScheduled)
        updatedReady = min(updated, status.numberAvailable)
        strategy = it.spec.updateStrategy.type
        revision =
            world.store.controllerRevisions.all.lazy.filter { $0.metadata.controller?.uid == it.metadata.uid }.map(\.revision).max().map(String.init) ?? "-"
        if updated < desired { say("\(updated) of \(desired) updated") } else if ready < desired { say("\(ready) of \(desired) ready") }
    }
    private mutating func read(_ it: Job) {
        (desired, ready, updated) = (it.spec.completions ?? it.spec.parallelism ?? 1, it.status.succeeded, it.status.succeeded)
        updatedReady = ready
        strategy = "completions \(it.spec.completions.map(String.init) ?? "any")  parallelism \(it.spec.parallelism ?? 1)"
        if it.status.conditions.isTrue(ConditionType.failed) {
            say("failed: \(it.status.conditions[ConditionType.failed]?.reason ?? "")", .rowError)
        } else if it.spec.suspend == true {
            say("suspended")
        } else if !it.status.conditions.isTrue(ConditionType.complete) {
            say("\(it.status.succeeded) of \(desired) done, \(it.status.active) active\(it.status.failed > 0 ? ", \(it.status.failed) failed" : "")")
        }
    }
}

/// One revision of a workload's template.
struct Revision {
    var number: Int
    var name: String
    var pods: Int
    var ready: Int
    var created: Instant?
    var images: String
    var cause: String
    /// The label by which its pods are known, and its value.
    var label: String
    var hash: String

    /// All revisions that are kept, newest first.
    static func all(of rollout: Rollout, _ world: World) -> [Revision] {
        let store = world.store
        let uid = rollout.object.metadata.uid
        func images(_ spec: PodSpec) -> String { spec.containers.map(\.image).joined(separator: ", ") }
        if rollout.kind == .deployment {
            return store.replicaSets.all.filter { $0.metadata.controller?.uid == uid }.map { set in
                Revision(
                    number: Int(set.metadata.annotations[AnnotationKey.deploymentRevision] ?? "") ?? 0, name: set.metadata.name,
                    pods: set.status.replicas, ready: set.status.readyReplicas, created: set.metadata.creationTimestamp,
                    images: images(set.spec.template.spec.value),
                    cause: set.metadata.annotations["kubernetes.io/change-cause"]
                        ?? (set.spec.template.metadata.annotations["kubectl.kubernetes.io/restartedAt"].map { "restarted at \($0)" } ?? ""),
                    label: "pod-template-hash", hash: set.metadata.labels["pod-template-hash"] ?? "")
            }.sorted { ($0.number, $0.name) > ($1.number, $1.name) }
        }
        guard rollout.kind == .statefulSet || rollout.kind == .daemonSet else { return [] }
        let pods = store.pods(ownedBy: uid).filter { !$0.metadata.isTerminating }
        return store.controllerRevisions.all.filter { $0.metadata.controller?.uid == uid }.map { revision in
            let hash = revision.metadata.labels["controller-revision-hash"] ?? ""
            // StatefulSets name the whole revision in the label, DaemonSets its hash.
            let mine = pods.filter { [hash, revision.metadata.name].contains($0.metadata.labels["controller-revision-hash"] ?? "-") }
            let containers = revision.data?["spec"]?["template"]?["spec"]?["containers"]?.array ?? []
            return Revision(
                number: revision.revision, name: revision.metadata.name, pods: mine.count, ready: mine.count(where: \.isReady),
                created: revision.metadata.creationTimestamp,
                images: containers.compactMap { $0["image"]?.string }.joined(separator: ", "),
                cause: revision.metadata.annotations["kubernetes.io/change-cause"] ?? "",
                label: "controller-revision-hash", hash: mine.first?.metadata.labels["controller-revision-hash"] ?? hash)
        }.sorted { ($0.number, $0.name) > ($1.number, $1.name) }
    }
}

extension WorkloadsScreen {
    static let command = PromptCommand(names: ["workload", "wk", "workloads"], arguments: "", help: "All workloads: rollouts and revisions") { dashboard, _ in
        dashboard.apply([.root(WorkloadsScreen(dashboard.stack.last!.focusedWorkload(dashboard.world)))])
    }
}
