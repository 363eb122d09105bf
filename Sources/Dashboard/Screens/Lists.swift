import Canvas
import ControlPlane
import Kubelets
import KubernetesAPI
import Printers
import SimulationKit

/// The lists of k9s that are no tables of one kind: containers, pulses, x-rays.
enum Lists {
    // MARK: Containers

    /// The containers of a pod: what each is, does and may use.
    static func containers(of pod: Pod) -> ListScreen {
        let key = pod.key
        return ListScreen(
            crumb: "containers of \(pod.metadata.name)", title: "Containers of \(pod.metadata.name) ",
            columns: [
                .init("NAME", minimum: 4), .init("ROLE", minimum: 7, priority: 3), .init("STATE", minimum: 9), .init("READY", minimum: 5),
                .init("RST", alignment: .right, minimum: 3, priority: 2), .init("CPU", alignment: .right, minimum: 5, priority: 4),
                .init("CPU R/L", alignment: .right, minimum: 7, priority: 1), .init("MEM", alignment: .right, minimum: 5, priority: 4),
                .init("MEM R/L", alignment: .right, minimum: 7, priority: 1), .init("PROBES", minimum: 6, priority: 5),
                .init("PORTS", minimum: 5, priority: 6), .init("IMAGE", minimum: 8, priority: 7, stretches: true),
            ], namespace: pod.metadata.namespace, hasContainers: true,
            lines: { world in
                guard let pod = world.store.pods[key] else { return [] }
                let usage = world.session.simulation.containerUsage(of: pod)
                let initial = pod.spec.initContainers.map { ($0, $0.restartPolicy == "Always" ? "sidecar" : "init", pod.status.initContainerStatuses) }
                let all = initial + pod.spec.containers.map { ($0, "app", pod.status.containerStatuses) }
                let added = pod.spec.ephemeral.map { ($0.container, "ephemeral", pod.status.ephemeralStatuses) }
                return (all + added).map { container, role, statuses in
                    line(container, role, statuses.first { $0.name == container.name }, usage.first { $0.container == container.name }, pod, world)
                }
            })
    }

    private static func line(
        _ container: Container, _ role: String, _ status: ContainerStatus?, _ usage: KubeletFleet.Usage?, _ pod: Pod, _ world: World
    ) -> ListScreen.Line {
        let theme = world.theme
        let (word, state) = state(of: status)
        let guess = world.guessMark(pod)
        func pair(_ name: String) -> String {
            "\(container.resources.requests[name]?.description ?? "-")/\(container.resources.limits[name]?.description ?? "-")"
        }
        let probes = [("S", container.startupProbe != nil), ("L", container.livenessProbe != nil), ("R", container.readinessProbe != nil)]
            .filter(\.1).map(\.0).joined(separator: " ")
        let ports = container.ports.map { "\($0.containerPort)" + ($0.protocol.isEmpty || $0.protocol == "TCP" ? "" : "/\($0.protocol)") }.joined(
            separator: ",")
        let cells: [StyledText] = [
            StyledText(container.name), StyledText(role, theme[.dim]), StyledText("\(world.glyph(state)) \(word)", theme[World.role(state)]),
            StyledText(status?.ready == true ? "true" : "false"), StyledText("\(status?.restartCount ?? 0)"),
            StyledText(usage.map { "\(guess)\($0.milliCPU)m" } ?? "-"), StyledText(pair("cpu")),
            StyledText(usage.map { "\(guess)\($0.memory >> 20)Mi" } ?? "-"), StyledText(pair("memory")), StyledText(probes.isEmpty ? "-" : probes),
            StyledText(ports.isEmpty ? "-" : ports),
            StyledText(container.image, theme[.dim]),
        ]
        return ListScreen.Line(id: container.name, cells: cells, object: (.pod, pod.key), container: container.name)
    }

    private static func state(of status: ContainerStatus?) -> (String, PodState) {
        if let waiting = status?.state.waiting {
            return (waiting.reason.isEmpty ? "Waiting" : waiting.reason, status.map(PodState.isFault) == true ? .faulty : .starting)
        }
        if let ended = status?.state.terminated {
            return (ended.reason.isEmpty ? "Exit \(ended.exitCode)" : ended.reason, ended.exitCode == 0 ? .done : .failed)
        }
        if status?.state.running != nil { return ("Running", status?.ready == true ? .ready : .notReady) }
        return ("Waiting", .starting)
    }

    // MARK: What is not created

    /// Pods that controllers want and the API server refuses, with its words.
    static var heldBack: ListScreen {
        ListScreen(
            crumb: "not created", title: "Pods not created",
            columns: [
                .init("WORKLOAD", minimum: 12, ideal: 20), .init("WANTED BY", minimum: 12, ideal: 28), .init("MISSING", alignment: .right, minimum: 7),
                .init("SINCE", alignment: .right, minimum: 6), .init("TRIED", alignment: .right, minimum: 6), .init("WHY", minimum: 20, stretches: true),
            ],
            lines: { world in
                let theme = world.theme
                return world.view.heldBack.entries.compactMap { entry -> ListScreen.Line? in
                    guard let kind = Kind(rawValue: entry.owner.kind), world.shows(entry.owner.namespace) else { return nil }
                    return ListScreen.Line(
                        id: "\(entry.owner.kind)/\(entry.owner.key)",
                        cells: [
                            StyledText(entry.workload.name), StyledText("\(entry.owner.kind.lowercased())/\(entry.owner.name)", theme[.dim]),
                            StyledText("\(entry.count)", theme[.rowError]), StyledText(world.age(entry.since)),
                            StyledText("\(world.glyphs.times)\(entry.times)"),
                            StyledText(entry.message, theme[.rowPending]),
                        ], object: (kind, entry.owner.key))
                }
            })
    }

    // MARK: Pulses

    /// How many objects of each kind there are, and how many have a fault.
    static var pulses: ListScreen {
        ListScreen(
            crumb: "pulses", title: "Pulses",
            columns: [
                .init("KIND", minimum: 12), .init("TOTAL", alignment: .right, minimum: 6), .init("FINE", alignment: .right, minimum: 6),
                .init("FAULTS", alignment: .right, minimum: 6), .init("SHARE FINE", minimum: 12), .init("WORST", minimum: 5, stretches: true),
            ], hasObjects: false, source: PulseLines())
    }
}

/// A line for each kind of which there are objects: counts that are kept up from the feed of changes.
struct PulseLines: ListSource {
    private static let kinds = KindInfo.all.filter { ![.event, .custom, .endpointSlice, .controllerRevision].contains($0.type) }
    /// Those with a fault, of each kind.
    private var faults = Array(repeating: RowIndex(), count: Self.kinds.count)
    private(set) var lines: [ListScreen.Line] = []
    private(set) var version = 0
    private var stamp: WorldStamp?

    var progress: Double? { faults.compactMap(\.progress).min() }
    var anew: any ListSource { PulseLines() }

    mutating func refresh(_ world: World) {
        let now = WorldStamp(world)
        if now == stamp, progress == nil { return }
        stamp = now
        for (place, kind) in Self.kinds.enumerated() { faults[place].refresh(rule(kind, world), world) }
        (lines, version) = (Self.kinds.indices.compactMap { line($0, world) }, version + 1)
    }
    mutating func work(_ world: World, until shouldStop: () -> Bool) {
        for place in faults.indices where faults[place].progress != nil {
            faults[place].go(on: world, until: shouldStop)
            if faults[place].progress != nil { return }
        }
    }

    private func rule(_ kind: KindInfo, _ world: World) -> RowRule {
        let recipe = RowRule.Recipe(
            generation: world.generation, namespace: world.namespace, filter: "", sort: nil, ascending: true, faults: true, wide: false)
        return RowRule(recipe: recipe, kind: kind, scope: .all, filter: Filter(""), columns: [], sorter: nil, byAge: false)
    }

    private func line(_ place: Int, _ world: World) -> ListScreen.Line? {
        let (info, index, theme) = (Self.kinds[place], faults[place], world.theme)
        if index.total == 0 { return nil }
        let fine = index.total - index.count
        let full = fine * 12 / index.total
        var bar = StyledText(String(world.glyphs.barFull, times: full), theme[index.count == 0 ? .good : .rowPending])
        bar.append(String(world.glyphs.barEmpty, times: 12 - full), theme[.dim])
        let worst = (0..<3).compactMap { index.key(at: $0)?.name }.joined(separator: ", ") + (index.count > 3 ? " and \(index.count - 3) more" : "")
        return ListScreen.Line(
            id: info.plural,
            cells: [
                StyledText(info.pluralTitle), StyledText("\(index.total)"), StyledText("\(fine)"),
                StyledText("\(index.count)", theme[index.count == 0 ? .dim : .rowError]), bar, StyledText(worst, theme[.dim]),
            ],
            open: { [hasFaults = index.count > 0] _ in
                var table = TableScreen(info)
                if hasFaults { table.showFaults() }
                return [.push(table)]
            })
    }
}
