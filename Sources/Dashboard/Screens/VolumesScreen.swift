import Canvas
import ControlPlane
import KubernetesAPI
import Printers
import Simulation
import SimulationKit

/// Claims with their volume, the nodes it is attached to and the pods that use it: who has it, who waits and why.
struct VolumesScreen: BlocksScreen {
    var filter = ""
    private var view = VolumeView()
    var list = ListCursor<RowID>()
    var onlyFaults = false
    private var stories: [Item: VolumeView.Story] = [:]
    private var stamp: (revision: Int, generation: Int, nanoseconds: Int64, key: String)?
    private var rowsStamp: (version: Int, key: String)?

    /// What a block of rows is about.
    enum Item: Hashable {
        case claim(ObjectKey)
        /// One without a claim.
        case volume(String)
    }
    struct RowID: Hashable {
        enum Part: Hashable {
            case head, volume
            case pod(ObjectKey)
        }
        var item: Item
        var part: Part
    }

    init() {}
    /// With the cursor on a claim.
    init(claim: ObjectKey) { list.select(RowID(item: .claim(claim), part: .head)) }
    /// With the cursor on a volume, or on the claim that has it.
    init(volume: PersistentVolume) {
        if let claim = volume.spec.claimRef, volume.status.phase == "Bound" {
            list.select(RowID(item: .claim(ObjectKey(namespace: claim.namespace, name: claim.name)), part: .volume))
        } else {
            list.select(RowID(item: .volume(volume.name), part: .head))
        }
    }

    var crumb: String { "volumes" }
    var bindings: [BindingGroup] {
        [
            BindingGroup(
                "Volumes",
                [
                    Binding(.enter, .character("d"), action: Actions.describe, "describe", "Describe the claim, volume or pod", footer: 5),
                    Binding(.character("y"), action: Actions.yaml, "yaml", "YAML of the claim, volume or pod", footer: 10),
                    Binding(.character("W"), action: Actions.why, "why", "Why the pod waits for a node", footer: 15),
                    Binding(.character("M"), action: Actions.migrate, "to RWOP", "Move the volume to ReadWriteOncePod, step by step", footer: 20),
                    Binding(.character("v"), action: Actions.events, "events", "Events of the claim, volume or pod", footer: 25),
                    Binding(.character("o"), action: Actions.node, "node", "Show the node of the pod or attachment", footer: 26),
                    Binding(.control("d"), action: Actions.delete, "delete", "Delete the claim, volume or pod", footer: 70),
                    Binding(.control("z"), action: Actions.faultsOnly, "faults", "Show only claims that a pod waits for", footer: 30),
                    Binding(.character("c"), action: Actions.copyName, "copy", "Copy the name"),
                ])
        ]
    }

    // MARK: Rows

    mutating func refresh(_ world: World, in area: Rect) {
        findRows(world)
        list.scroll(in: box(area).interior.inset(top: 1))
        for id in list.ids[list.seen] { findStory(id.item, world) }
    }

    /// Where the rows stand; below is more about the one under the cursor.
    private func box(_ area: Rect) -> Rect { area.inset(bottom: list.ids.isEmpty ? 0 : area.height >= 28 ? 9 : area.height >= 16 ? 6 : 0) }

    private mutating func findRows(_ world: World) {
        let key = "\(world.namespace) \(filter) \(onlyFaults)"
        if let stamp, stamp == (world.store.revision, world.generation, world.now.nanoseconds, key) { return }
        stamp = (world.store.revision, world.generation, world.now.nanoseconds, key)
        view.refresh(world.cluster, generation: world.generation)
        stories = [:]
        // Only a filter asks how things are.
        if filter.isEmpty, !onlyFaults, let rowsStamp, rowsStamp == (view.version, key) { return }
        rowsStamp = (view.version, key)
        var rows: [RowID] = []
        for item in items(world) {
            if !filter.isEmpty || onlyFaults {
                let story = findStory(item, world)
                if onlyFaults, !Self.isFault(story) { continue }
                if !filter.isEmpty, !text(item, story, world).localizedContains(filter) { continue }
            }
            func add(_ part: RowID.Part) { rows.append(RowID(item: item, part: part)) }
            add(.head)
            guard case .claim(let claim) = item else { continue }
            if let name = world.store.persistentVolumeClaims[claim]?.spec.volumeName, !name.isEmpty { add(.volume) }
            for pod in view.pods(of: claim) { add(.pod(pod)) }
        }
        // Where a row is gone, the head of its block is nearest to it.
        if let wanted = list.target, !rows.contains(wanted), let head = rows.first(where: { $0.item == wanted.item }) { list.select(head) }
        list.show(rows)
    }

    /// Claims by name, then the volumes that no claim has.
    private func items(_ world: World) -> [Item] {
        let names = world.namespace.isEmpty ? [] : world.namespace.split(separator: ",").map(String.init)
        func shown(_ namespace: String) -> Bool {
            guard let first = names.first else { return true }
            return first.hasPrefix("!") ? !names.contains("!" + namespace) : names.contains(namespace)
        }
        let claims = world.store.persistentVolumeClaims.sorted().map(\.key).filter { shown($0.namespace) }
        let free = world.store.persistentVolumes.sorted().filter { volume in
            guard let claim = volume.spec.claimRef else { return true }
            let key = ObjectKey(namespace: claim.namespace, name: claim.name)
            return world.store.persistentVolumeClaims[key]?.spec.volumeName != volume.name && shown(claim.namespace)
        }
        return claims.map { .claim($0) } + free.map { .volume($0.name) }
    }

    @discardableResult
    private mutating func findStory(_ item: Item, _ world: World) -> VolumeView.Story {
        if let known = stories[item] { return known }
        var story = VolumeView.Story()
        switch item {
        case .claim(let key):
            if let claim = world.store.persistentVolumeClaims[key] { story = view.story(of: claim, in: world.session.simulation) }
        case .volume(let name):
            if let volume = world.store.persistentVolumes[ObjectKey(name: name)] { story = view.story(of: volume, in: world.session.simulation) }
        }
        stories[item] = story
        return story
    }

    private static func isFault(_ story: VolumeView.Story) -> Bool {
        story.users.contains { [.pending, .refused].contains($0.state) } || story.claim != nil && story.volume == nil || story.claim == nil
    }

    private func text(_ item: Item, _ story: VolumeView.Story, _ world: World) -> String {
        var words = [story.volume ?? "", story.why] + story.users.flatMap { [$0.pod.name, $0.node, $0.why, $0.state.rawValue] } + story.places.map(\.node)
        if case .claim(let key) = item {
            words += ["\(key)", world.store.persistentVolumeClaims[key].map { Printers.accessModes($0.spec.accessModes) + " " + $0.className } ?? ""]
        }
        return words.joined(separator: " ")
    }

    func object(_ id: RowID, _ world: World) -> (any StoredObject)? {
        switch (id.item, id.part) {
        case (_, .pod(let key)): world.store.pods[key]
        case (.claim(let key), .head): world.store.persistentVolumeClaims[key]
        case (.claim(let key), .volume):
            world.store.persistentVolumeClaims[key].flatMap { world.store.persistentVolumes[ObjectKey(name: $0.spec.volumeName)] }
        case (.volume(let name), _): world.store.persistentVolumes[ObjectKey(name: name)]
        }
    }

    // MARK: Actions

    enum Actions: String, ScreenAction {
        case describe, yaml, why, migrate, events, node, delete, faultsOnly, copyName
    }

    func unavailable(_ action: Action, _ world: World) -> String? {
        guard let action = Actions(action), action != .faultsOnly else { return nil }
        guard let id = list.id, let object = object(id, world) else { return "Nothing is selected" }
        switch action {
        case .why: return object is Pod ? nil : "Only a pod waits for a node; select its row below"
        case .node: return node(id, object).isEmpty ? "It is on no node" : nil
        case .migrate: return claim(id.item, world) == nil ? "No claim has the volume" : nil
        case .describe, .yaml, .events, .delete, .faultsOnly, .copyName: return nil
        }
    }
    /// Where the pod is, or where the volume is attached.
    private func node(_ id: RowID, _ object: any StoredObject) -> String { (object as? Pod)?.nodeName ?? stories[id.item]?.places.first?.node ?? "" }
    private func claim(_ item: Item, _ world: World) -> ObjectKey? {
        switch item {
        case .claim(let key): key
        case .volume(let name):
            world.store.persistentVolumes[ObjectKey(name: name)]?.spec.claimRef.map { ObjectKey(namespace: $0.namespace, name: $0.name) }
        }
    }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        if list.perform(action) { return [] }
        if let effects = effects(of: action, world) { return effects }
        if Actions(action) == .faultsOnly {
            onlyFaults.toggle()
            return []
        }
        guard let id = list.id, let object = object(id, world) else { return nil }
        switch Actions(action) {
        case .why: return [.push(WhyScreen(object.key))]
        case .node: return showNode(node(id, object))
        case .migrate: return claim(id.item, world).map { [.run(line: "migrate \($0.namespace)/\($0.name)")] }
        case .describe, .yaml, .events, .delete, .faultsOnly, .copyName, nil: return nil
        }
    }

    // MARK: Drawing

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let box = box(area)
        drawRows(
            on: &canvas, in: box, title: "Volumes", count: list.ids.count { $0.part == .head }, faults: "faults",
            empty: "No claims and no volumes here. A PersistentVolumeClaim makes one: \(world.mark(GeneralAction.create)) or :create.", world,
            columns: { width in
                [
                    .init("CLAIM, VOLUME, PODS", minimum: width(0, "CLAIM", 28), ideal: width(0, "CLAIM, VOLUME, PODS", 48)),
                    .init("STATUS", minimum: width(1, "STATUS", 11)),
                    .init("MODES", minimum: width(2, "MODES", 9), priority: 1),
                    .init("SIZE", alignment: .right, minimum: width(3, "SIZE", 8), priority: 3),
                    .init("CLASS", minimum: width(4, "CLASS", 14), priority: 2),
                    .init("NODE", minimum: width(5, "NODE", 16)),
                    .init("SINCE", alignment: .right, minimum: width(6, "SINCE", 6)),
                    .init("WHO HOLDS IT, WHO WAITS AND WHY", minimum: 20, stretches: true),
                ]
            }, cells: { cells($0, world) })
        if box.bottom < area.bottom, let cursor = list.id {
            drawPeek(cursor, on: &canvas, in: area.inset(top: box.height), world)
        }
    }

    private func cells(_ id: RowID, _ world: World) -> TableRow {
        let theme = world.theme
        let story = stories[id.item] ?? VolumeView.Story()
        let branch = String(world.glyphs.frame.branch)
        func row(_ texts: [(String, Role)], _ role: Role = .text) -> TableRow {
            TableRow(texts.map { StyledText($0.0, theme[$0.1]) }, role: role)
        }
        switch (id.item, id.part) {
        case (.claim(let key), .head):
            guard let claim = world.store.persistentVolumeClaims[key] else { return TableRow([]) }
            let phase = claim.metadata.isTerminating ? "Terminating" : claim.status.phase
            let role: Role = claim.metadata.isTerminating ? .rowKilled : phase == "Bound" ? .text : phase == "Lost" ? .rowError : .rowPending
            let holders = story.users.count { $0.state == .mounted }
            let waiting = story.users.count { $0.state != .mounted }
            var words: [String] = []
            if holders > 0 { words.append("\(counted(holders, "pod has", "pods have")) it") }
            if waiting > 0 { words.append("\(counted(waiting, "waits", "wait"))") }
            if words.isEmpty { words.append(story.why.isEmpty ? "not used by any pod" : story.why) }
            return row(
                [
                    (world.namespace.isEmpty || world.namespace.contains(",") ? "\(key)" : key.name, role), (phase, role),
                    (Printers.accessModes(claim.spec.accessModes), .text),
                    ((claim.status.capacity["storage"] ?? claim.spec.resources.requests["storage"] ?? .zero).description, .text),
                    (claim.className, .text), ("", .text), (world.age(claim.metadata.creationTimestamp), .dim),
                    (words.joined(separator: ", "), waiting > 0 || !story.why.isEmpty ? .rowPending : .dim),
                ], role)
        case (.claim, .volume):
            guard let volume = object(id, world) as? PersistentVolume else {
                return row([
                    (" \(branch) (gone)", .rowError), ("", .text), ("", .text), ("", .text), ("", .text), ("", .text), ("", .text),
                    ("its volume does not exist", .rowError),
                ])
            }
            let claimModes = world.store.persistentVolumeClaims[story.claim!]?.spec.accessModes
            return volumeRow(
                volume, story, name: " \(branch) \(volume.name)",
                modes: volume.spec.accessModes == claimModes ? "" : Printers.accessModes(volume.spec.accessModes), world)
        case (.volume(let name), _):
            guard let volume = world.store.persistentVolumes[ObjectKey(name: name)] else { return TableRow([]) }
            var cells = volumeRow(volume, story, name: name, modes: Printers.accessModes(volume.spec.accessModes), world)
            cells.cells[3] = StyledText((volume.spec.capacity["storage"] ?? .zero).description)
            cells.cells[4] = StyledText(volume.className)
            if !story.why.isEmpty { cells.cells[7] = StyledText(story.why, theme[.rowPending]) }
            return cells
        case (_, .pod(let key)):
            guard let user = story.users.first(where: { $0.pod == key }) else { return TableRow([]) }
            let role: Role =
                switch user.state {
                case .mounted: user.isTerminating ? .rowKilled : .good
                case .mounting, .attaching: .rowPending
                case .pending: .rowPending
                case .refused: .rowError
                }
            let sign =
                switch user.state {
                case .mounted: user.isTerminating ? world.glyphs.leaving : world.glyphs.ready
                case .refused: world.glyphs.failed
                default: world.glyphs.starting
                }
            let words = user.why.isEmpty ? (user.isTerminating ? "holds it, terminating" : user.state == .mounting ? "attaching" : "has it") : user.why
            return row([
                ("   \(branch) \(sign) \(key.name)", role), (user.state.rawValue, role), ("", .text), ("", .text), ("", .text), (user.node, .text),
                (world.age(user.since), .dim), (words, user.state == .mounted ? .dim : role),
            ])
        }
    }

    private func volumeRow(_ volume: PersistentVolume, _ story: VolumeView.Story, name: String, modes: String, _ world: World) -> TableRow {
        let theme = world.theme
        let driver = volume.spec.csi.flatMap { world.store.csiDrivers[ObjectKey(name: $0.driver)] }
        let places = story.places.map { "\($0.state.rawValue) \($0.state == .detaching ? "from" : "to") \($0.node)" }.joined(separator: ", ")
        let attachment = !places.isEmpty ? places : volume.isAttached(with: driver) ? "attached nowhere" : "needs no attaching"
        let kind = volume.spec.csi?.driver ?? volume.spec.sources.first ?? ""
        let phase = volume.metadata.isTerminating ? "Terminating" : volume.status.phase
        let role: Role = phase == "Bound" ? .dim : phase == "Available" ? .good : phase == "Failed" ? .rowError : .rowPending
        return TableRow([
            StyledText(name, theme[.text]), StyledText(phase, theme[role]), StyledText(modes, theme[.rowHighlight]), StyledText(""), StyledText(""),
            StyledText(story.places.map(\.node).joined(separator: ","), theme[.text]),
            StyledText(story.places.count == 1 ? world.age(story.places[0].since) : "", theme[.dim]),
            StyledText("\(attachment), \(volume.spec.persistentVolumeReclaimPolicy), \(kind)", theme[.dim]),
        ])
    }

    /// All of what the row can only begin to say, and the newest events.
    private func drawPeek(_ id: RowID, on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        guard let object = object(id, world) else { return }
        canvas.drawBox(
            in: box, title: StyledText("\(object.kindInfo.kind)  ", theme[.title]) + StyledText(object.metadata.name, theme[.titleHighlight]),
            right: StyledText(world.hint(Actions.describe, "describe", in: bindings[0]), theme[.dim]), style: theme[.border])
        let inside = box.interior.inset(x: 1, y: 0)
        let story = stories[id.item] ?? VolumeView.Story()
        var lines: [StyledText] = []
        var why = ""
        if case .pod(let key) = id.part { why = story.users.first { $0.pod == key }?.why ?? "" } else if id.part == .head { why = story.why }
        if !why.isEmpty { lines += StyledText(why, theme[.rowPending]).wrapped(to: inside.width).prefix(max(1, inside.height - 2)) }
        let room = inside.height - lines.count
        let events = world.cluster.eventLog.events.suffix(2000).filter { $0.object == object.key && $0.kind == object.kindInfo.kind }
        for event in events.suffix(max(0, room)).reversed() {
            var text = StyledText("\(world.time(event.time, milliseconds: false))  ", theme[.dim])
            text.append(pad(event.reason, 22), theme[event.isWarning ? .rowPending : .accent])
            text.append(" \(event.message)", theme[.text])
            lines.append(text)
        }
        if lines.isEmpty { lines.append(StyledText("No events about it.", theme[.dim])) }
        for (index, line) in lines.prefix(inside.height).enumerated() {
            canvas.write(line, at: Point(x: inside.x, y: inside.y + index), maxWidth: inside.width)
        }
    }
}

extension String {
    /// Whether `text` is in it, in any case.
    fileprivate func localizedContains(_ text: String) -> Bool { lowercased().contains(text.lowercased()) }
}

extension VolumesScreen {
    static let command = PromptCommand(
        names: ["volumes", "volume", "vol"], arguments: "[claim]", help: "Claims, volumes, nodes and pods: who holds a volume, who waits for it, and why",
        candidates: { world, word in world.names(of: PersistentVolumeClaim.self, beginning: word) }
    ) { dashboard, words in
        guard let word = words.first else { return dashboard.apply([.push(VolumesScreen())]) }
        dashboard.withClaim(word) { [.push(VolumesScreen(claim: $0))] }
    }
}
