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
            ], hasObjects: false,
            lines: { world in
                let theme = world.theme
                let kinds = KindInfo.all.filter { ![.event, .custom, .endpointSlice, .controllerRevision].contains($0.type) }
                return kinds.compactMap { info -> ListScreen.Line? in
                    let objects = world.store.objects(info.type).filter { world.shows($0.metadata.namespace) || !info.isNamespaced }
                    if objects.isEmpty { return nil }
                    let faults = objects.filter { ObjectColumns.isFault($0, world) }
                    let fine = objects.count - faults.count
                    let full = fine * 12 / objects.count
                    var bar = StyledText(String(world.glyphs.barFull, times: full), theme[faults.isEmpty ? .good : .rowPending])
                    bar.append(String(world.glyphs.barEmpty, times: 12 - full), theme[.dim])
                    return ListScreen.Line(
                        id: info.plural,
                        cells: [
                            StyledText(info.pluralTitle), StyledText("\(objects.count)"), StyledText("\(fine)"),
                            StyledText("\(faults.count)", theme[faults.isEmpty ? .dim : .rowError]), bar,
                            StyledText(
                                faults.prefix(3).map(\.metadata.name).joined(separator: ", ") + (faults.count > 3 ? " and \(faults.count - 3) more" : ""),
                                theme[.dim]),
                        ],
                        open: { _ in
                            var table = TableScreen(info)
                            if !faults.isEmpty { table.showFaults() }
                            return [.push(table)]
                        })
                }
            })
    }
}
