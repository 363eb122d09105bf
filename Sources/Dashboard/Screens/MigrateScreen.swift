import Canvas
import ControlPlane
import KubernetesAPI
import Printers
import Simulation

/// Moving a volume to ReadWriteOncePod, step by step: how each step stands, its kubectl command, and Enter to perform the
/// next one. Each is a command of its own, which `U` takes back.
struct MigrateScreen: Screen {
    private let migration: Migration
    private var view = VolumeView()
    private var steps: [Migration.Step] = []
    var filter = ""

    init(_ migration: Migration) { self.migration = migration }

    var crumb: String { "migrate \(migration.claim.name)" }
    static let keys = BindingGroup(
        "Migrate",
        [
            Binding(.enter, action: Actions.open, "do the step", "Perform the next step", footer: 5),
            Binding(.character("c"), action: Actions.copyCommand, "copy", "Copy the next step's kubectl command", footer: 10).formerly("copyName"),
            Binding(.character("V"), action: Actions.holders, "volumes", "The claim among the volumes", footer: 15),
            Binding(.character("d"), action: Actions.describe, "describe", "Describe the volume", footer: 20),
        ])
    var bindings: [BindingGroup] { [Self.keys] }

    mutating func refresh(_ world: World, in area: Rect) {
        view.refresh(world.cluster, generation: world.generation)
        steps = migration.steps(view.pods(of: migration.claim), in: world.cluster)
    }

    enum Actions: String, ScreenAction {
        case open, copyCommand, holders, describe
    }

    func unavailable(_ action: Action, _ world: World) -> String? {
        let next = steps.first { $0.state != .done }
        switch Actions(action) {
        case .open:
            if let obstacle = migration.obstacle(in: world.cluster) { return obstacle }
            guard let next else { return "All steps are done" }
            guard migration.commandsOfNext(view.pods(of: migration.claim), in: world.cluster).isEmpty else { return nil }
            let hint = world.session.isPaused ? "; \(world.mark(GeneralAction.pause, in: Bindings.time)) lets time run" : ""
            return "\(next.title): \(next.words)\(hint)"
        case .copyCommand: return next == nil ? "All steps are done" : nil
        case .describe: return volume(world) == nil ? "The volume is gone" : nil
        case .holders, nil: return nil
        }
    }
    private func volume(_ world: World) -> PersistentVolume? { world.store.persistentVolumes[ObjectKey(name: migration.volume)] }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        guard let action = Actions(action) else { return nil }
        let next = steps.first { $0.state != .done }
        switch action {
        case .open:
            guard let next else { return nil }
            let commands = migration.commandsOfNext(view.pods(of: migration.claim), in: world.cluster)
            // The screen opens by one key, so a second one must not change the cluster.
            return [
                .open(
                    Form(
                        title: "Step", subject: next.title, fields: [], action: "Apply", startOnCancel: true,
                        preview: { _, world in [StyledText(next.words, world.theme[.text]), StyledText(next.command, world.theme[.dim])] },
                        submit: { _, _ in .done([.perform(commands)]) }))
            ]
        case .copyCommand: return next.map { [.copy($0.command, what: $0.command)] } ?? []
        case .holders: return [.push(VolumesScreen(claim: migration.claim))]
        case .describe: return volume(world).map { [.push(DetailScreen($0, tab: .describe))] }
        }
    }

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        let done = steps.count { $0.state == .done }
        var title = StyledText("Migrate  ", theme[.title])
        title.append("\(migration.claim)", theme[.titleHighlight])
        title.append(" to ReadWriteOncePod", theme[.title])
        canvas.drawBox(in: area, title: title, right: StyledText("\(done) of \(steps.count) done", theme[.dim]), style: theme[.borderFocus])
        let inside = area.interior.inset(x: 1, y: 0)
        var y = inside.y
        func write(_ text: StyledText, x: Int = 0) {
            if y < inside.bottom { canvas.write(text, at: Point(x: inside.x + x, y: y), maxWidth: inside.width - x) }
            y += 1
        }
        write(head(world, theme))
        if let obstacle = migration.obstacle(in: world.cluster) {
            for line in StyledText("\(world.glyphs.stopped) \(obstacle)", theme[.rowError]).wrapped(to: inside.width) { write(line) }
        }
        // Three lines a step where there is room, else two, else only the next one has more than one.
        let room = inside.bottom - y
        let spacious = room >= steps.count * 4
        let perStep = spacious ? 4 : room >= steps.count * 3 ? 3 : room >= steps.count * 2 + 2 ? 2 : 1
        if spacious { y += 1 }
        for (index, step) in steps.enumerated() {
            let isNext = step.state == .next || step.state == .waits
            let lines = max(perStep, isNext ? min(3, max(1, room - (steps.count - 1) * perStep)) : 1)
            let (sign, role): (Character, Role) =
                switch step.state {
                case .done: (world.glyphs.passed, .good)
                case .next: (world.glyphs.cursor, .rowHighlight)
                case .waits: (world.glyphs.starting, .rowPending)
                case .later: (" ", .dim)
                }
            var text = StyledText("\(sign) ", theme[role])
            text.append("\(index + 1)  ", theme[.dim])
            text.append(pad(step.title, min(38, inside.width / 2)), theme[isNext ? .text : .dim])
            text.append(" \(step.words)", theme[role])
            if step.state == .waits {
                text.append(world.session.isPaused ? "   \(world.mark(GeneralAction.pause, in: Bindings.time)) lets time run" : "   under way", theme[.dim])
            }
            write(text)
            if lines >= 2, !step.command.isEmpty {
                write(StyledText(step.command, theme[isNext ? .accent : .dim]).truncated(to: inside.width - 5, ellipsis: world.glyphs.ellipsis), x: 5)
            }
            if lines >= 3 { write(StyledText(step.reason, theme[.dim]).truncated(to: inside.width - 5, ellipsis: world.glyphs.ellipsis), x: 5) }
            if spacious { y += 1 }
        }
        if done == steps.count {
            write(StyledText("The volume is ReadWriteOncePod, with its data: \(migration.volume).", theme[.good]))
        }
    }

    /// The claim and the volume as they are.
    private func head(_ world: World, _ theme: Theme) -> StyledText {
        var text = StyledText("claim ", theme[.dim])
        if let claim = world.store.persistentVolumeClaims[migration.claim] {
            text.append("\(claim.status.phase) \(Printers.accessModes(claim.spec.accessModes))", theme[.text])
        } else {
            text.append("none", theme[.text])
        }
        text.append("   volume ", theme[.dim])
        if let volume = world.store.persistentVolumes[ObjectKey(name: migration.volume)] {
            text.append("\(volume.name) ", theme[.text])
            text.append("\(volume.status.phase) \(Printers.accessModes(volume.spec.accessModes)) \(volume.spec.persistentVolumeReclaimPolicy)", theme[.text])
        } else {
            text.append("\(migration.volume) is gone", theme[.rowError])
        }
        return text
    }
}

extension MigrateScreen {
    static let command = PromptCommand(
        names: ["migrate"], arguments: "claim", help: "Move a claim's volume to ReadWriteOncePod, step by step",
        candidates: { world, word in world.names(of: PersistentVolumeClaim.self, beginning: word) }
    ) { dashboard, words in
        guard let word = words.first else { return dashboard.show("Name a claim: :migrate CLAIM, or NAMESPACE/CLAIM", .error) }
        let world = dashboard.world
        dashboard.withClaim(word) { key in
            var view = VolumeView()
            view.refresh(world.cluster, generation: 0)
            guard let migration = Migration(of: key, users: view.pods(of: key), in: world.cluster) else {
                return [.flash("The claim \(key) has no volume", .error)]
            }
            return [.push(MigrateScreen(migration))]
        }
    }
}
