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
            Binding(.enter, action: .open, "do the step", "Perform the next step", footer: 5),
            Binding(.character("c"), action: .copyCommand, "copy", "Copy the next step's kubectl command", footer: 10),
            Binding(.character("V"), action: .holders, "volumes", "The claim among the volumes", footer: 15),
            Binding(.character("d"), action: .describe, "describe", "Describe the volume", footer: 20),
        ])
    var bindings: [BindingGroup] { [Self.keys] }

    mutating func refresh(_ world: World, in area: Rect) {
        view.refresh(world.cluster, generation: world.generation)
        steps = migration.steps(view.pods(of: migration.claim), in: world.cluster)
    }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        let next = steps.first { $0.state != .done }
        switch action {
        case .open:
            if let obstacle = migration.obstacle(in: world.cluster) { return [.flash(obstacle, .error)] }
            guard let next else { return [.flash("All steps are done")] }
            let commands = migration.commandsOfNext(view.pods(of: migration.claim), in: world.cluster)
            if commands.isEmpty {
                return [
                    .flash(
                        world.session.isPaused
                            ? "\(next.title): \(next.words); \(world.mark(.pause, in: Bindings.time)) lets time run" : "\(next.title): \(next.words)", .warning)
                ]
            }
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
        case .describe:
            guard let volume = world.store.persistentVolumes[ObjectKey(name: migration.volume)] else { return [.flash("The volume is gone", .warning)] }
            return [.push(DetailScreen(volume, tab: .describe))]
        default: return nil
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
                text.append(world.session.isPaused ? "   \(world.mark(.pause, in: Bindings.time)) lets time run" : "   under way", theme[.dim])
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
