import Canvas
import ControlPlane
import KubernetesAPI
import Printers
import SimulationKit

/// One column of a table of objects: what it says of an object, in which style.
struct ObjectColumn {
    var title: String
    var isNumber = false
    /// Made of ``figures`` alone, whatever the object.
    var isFigure = false
    /// The scalars of counts, shares, amounts and ages of pods, `<invalid>` ones among them; letters in lower case as well.
    static let figures = Set("0123456789%-/~!<>adhilMmnsvy".unicodeScalars.map(\.value))
    /// Columns with a higher number go first when the terminal is narrow; 0 stays.
    var priority = 1
    var text: (any StoredObject, World) -> String
    var style: ((any StoredObject, World) -> Style?)?
    /// What rows are sorted by, if it is not what they show.
    var sort: ((any StoredObject, World) -> String)?
    func sortText(_ object: any StoredObject, _ world: World) -> String { (sort ?? text)(object, world) }

    /// Moves all the time by itself: no news.
    var isRestless: Bool { ["AGE", "LAST SEEN", "CPU", "MEM", "%R", "%M", "CPU%", "MEM%", "DURATION"].contains(title) || title.hasPrefix("CPU ") }

    /// The cell of `object`.
    func styled(_ object: any StoredObject, _ world: World) -> StyledText {
        StyledText(text(object, world), style?(object, world))
    }

    /// The widget's column, as wide as the cells to be seen ask for.
    func widget(cells: [StyledText]) -> TableWidget.Column {
        let widest = cells.reduce(title.count) { max($0, $1.width) }
        // Long names leave room for what is told about them; what is left over goes back to them.
        let most = ["MESSAGE": 24, "OBJECT": 24, "NAME": 34, "NODE": 18, "VOLUME": 18, "ZONE": 18][title] ?? 44
        let least = max(title.count, min(widest, most))
        let ideal = widest + (isNumber ? 1 : 2)
        return TableWidget.Column(
            title, alignment: isNumber ? .right : .left, minimum: least, ideal: ideal, priority: priority,
            stretches: title == "MESSAGE", keepsEnd: ["NAME", "OBJECT", "NODE", "VOLUME"].contains(title))
    }
}

/// The columns of each kind: kubectl's own, and for pods those that only a simulator can show.
enum ObjectColumns {
    static var namespace: ObjectColumn { ObjectColumn(title: "NAMESPACE", priority: 3, text: { object, _ in object.metadata.namespace }) }

    static func columns(for kind: KindInfo, wide: Bool, _ world: World) -> [ObjectColumn] {
        if kind.type == .pod { return pods(wide: wide, world) }
        var columns: [ObjectColumn] = []
        for (index, column) in Printers.columns(for: kind, in: world.cluster).enumerated() where wide || column.priority == 0 {
            columns.append(
                ObjectColumn(
                    title: column.title.uppercased(), isNumber: column.alignment == .trailing, priority: index == 0 ? 0 : index + 1,
                    text: { object, world in
                        let row = Printers.row(for: object, in: world.cluster)
                        return index < row.count ? row[index] : ""
                    }))
        }
        if kind.type == .node {
            for (title, share) in [("CPU%", \NodeView.cpuShare), ("MEM%", \NodeView.memoryShare)] {
                columns.append(
                    ObjectColumn(
                        title: title, isNumber: true, priority: 4,
                        text: { object, world in
                            world.view.nodes[object.metadata.name].map { fixed($0[keyPath: share] * 100, 0) } ?? "-"
                        }))
            }
            columns.append(
                ObjectColumn(
                    title: "PODS", isNumber: true, priority: 4,
                    text: { object, world in world.view.nodes[object.metadata.name].map { "\($0.pods.count)" } ?? "-" }))
            columns.append(
                ObjectColumn(
                    title: "ZONE", priority: 3, text: { object, _ in (object as? Node)?.zone ?? "" }))
        }
        if kind.type == .namespace {
            columns.append(
                ObjectColumn(
                    title: "KEY", priority: 3,
                    text: { object, world in world.favouriteNamespaces.firstIndex(of: object.metadata.name).flatMap { $0 < 9 ? "\($0 + 1)" : nil } ?? "" }))
        }
        return columns
    }

    private static func pods(wide: Bool, _ world: World) -> [ObjectColumn] {
        func pod(_ object: any StoredObject) -> Pod { object as? Pod ?? Pod() }
        func usage(_ object: any StoredObject, _ world: World) -> (milliCPU: Int64, memory: Int64)? {
            let pod = pod(object)
            return pod.status.phase == .running && !isStale(object, world) ? world.session.simulation.usage(of: pod) : nil
        }
        // What a node whose kubelet is silent uses is not known.
        func isStale(_ object: any StoredObject, _ world: World) -> Bool { world.session.simulation.kubelets.isStale(pod(object)) }
        func isThrottled(_ object: any StoredObject, _ world: World) -> Bool {
            let pod = pod(object)
            return pod.status.phase == .running && world.session.simulation.kubelets.isThrottled(pod, in: world.cluster)
        }
        func guess(_ object: any StoredObject, _ world: World) -> String { world.guessMark(pod(object)) }
        func cpu(_ object: any StoredObject, _ world: World) -> String {
            usage(object, world).map { "\($0.milliCPU)m\(isThrottled(object, world) ? "!" : "")" } ?? (isStale(object, world) ? "n/a" : "-")
        }
        func memory(_ object: any StoredObject, _ world: World) -> String {
            usage(object, world).map { "\($0.memory >> 20)Mi" } ?? (isStale(object, world) ? "n/a" : "-")
        }
        func share(_ used: Int64?, of requested: Int64) -> String {
            guard let used, requested > 0 else { return "-" }
            return "\(percent(used, of: requested))"
        }
        var columns: [ObjectColumn] = [
            ObjectColumn(title: "NAME", priority: 0, text: { object, _ in object.metadata.name }),
            ObjectColumn(title: "READY", priority: 0, text: { object, world in PodDisplay(pod(object), profile: world.cluster.profile).ready }),
            ObjectColumn(
                title: "STATUS", priority: 0,
                text: { object, world in "\(world.glyph(world.state(of: pod(object)))) \(PodDisplay(pod(object), profile: world.cluster.profile).status)" },
                style: { object, world in world.theme[World.role(world.state(of: pod(object)))] },
                sort: { object, world in PodDisplay(pod(object), profile: world.cluster.profile).status }),
            ObjectColumn(
                title: "RST", isNumber: true, priority: 2, text: { object, world in "\(PodDisplay(pod(object), profile: world.cluster.profile).restarts)" }),
            ObjectColumn(
                title: "CPU", isNumber: true, priority: 4, text: { object, world in guess(object, world) + cpu(object, world) },
                style: { object, world in isThrottled(object, world) ? world.theme[.rowPending] : nil }, sort: cpu),
            ObjectColumn(
                title: "%R", isNumber: true, priority: 6,
                text: { object, world in share(usage(object, world)?.milliCPU, of: pod(object).requests().milliCPU) }),
            ObjectColumn(
                title: "MEM", isNumber: true, priority: 4, text: { object, world in guess(object, world) + memory(object, world) }, sort: memory),
            ObjectColumn(
                title: "%M", isNumber: true, priority: 6,
                text: { object, world in share(usage(object, world)?.memory, of: pod(object).requests().memory) }),
            ObjectColumn(title: "NODE", priority: 1, text: { object, _ in pod(object).nodeName.isEmpty ? "-" : pod(object).nodeName }),
            ObjectColumn(
                title: "ZONE", priority: 5,
                text: { object, world in
                    let zone = world.store.nodes[ObjectKey(name: pod(object).nodeName)]?.zone ?? ""
                    return zone.isEmpty ? "-" : zone
                }),
            ObjectColumn(
                title: "SPREAD", priority: 3, text: { object, world in SpreadWords.word(for: pod(object), world).text },
                style: { object, world in SpreadWords.word(for: pod(object), world).role.map { world.theme[$0] } }),
        ]
        if world.session.simulation.kubelets.hasResizes(within: ResizeProgress.remembered, of: world.now) {
            columns.append(
                ObjectColumn(
                    title: "RESIZE", priority: 3, text: { object, world in ResizeProgress.word(pod(object), world)?.text ?? "-" },
                    style: { object, world in ResizeProgress.word(pod(object), world).map { world.theme[$0.role] } }))
        }
        if wide {
            for (title, name) in [("%CPU/L", "cpu"), ("%MEM/L", "memory")] {
                columns.append(
                    ObjectColumn(
                        title: title, isNumber: true, priority: 7,
                        text: { object, world in
                            let limits = pod(object).spec.containers.map { $0.resources.limits[name] }
                            guard !limits.contains(nil), let used = usage(object, world) else { return "-" }
                            let sum = limits.compactMap(\.self).reduce(0.0) { $0 + Double($1.milliValue) }
                            return share(name == "cpu" ? used.milliCPU : used.memory, of: Int64(clamping: Int(min(sum / (name == "cpu" ? 1 : 1000), 1e18))))
                        }))
            }
            columns.append(
                ObjectColumn(title: "IP", priority: 7, text: { object, _ in pod(object).status.podIP.isEmpty ? "<none>" : pod(object).status.podIP }))
            columns.append(ObjectColumn(title: "QOS", priority: 7, text: { object, _ in pod(object).status.qosClass.rawValue }))
        }
        columns.append(ObjectColumn(title: "AGE", isNumber: true, priority: 0, text: { object, world in world.age(object.metadata.creationTimestamp) }))
        for index in columns.indices { columns[index].isFigure = columns[index].isNumber || columns[index].title == "READY" }
        return columns
    }

    /// The role in which a row is drawn.
    static func role(_ object: any StoredObject, _ world: World) -> Role {
        switch object {
        case let pod as Pod:
            switch world.state(of: pod) {
            case .leaving: .rowKilled
            case .done: .rowCompleted
            case .ready, .notReady, .starting: .text
            default: .rowError
            }
        case let event as Event: event.type == "Warning" ? .rowPending : .text
        case let node as Node: node.isReady ? (node.spec.unschedulable ? .rowPending : .text) : .rowError
        default: isFault(object, world) ? .rowPending : .text
        }
    }

    /// Whether the object has a fault: what ctrl-z keeps.
    static func isFault(_ object: any StoredObject, _ world: World) -> Bool {
        (object as? Pod).map { world.state(of: $0).isFault } ?? object.isFaulty
    }

    /// The object of an event in words: `pod web-0`.
    static func subject(_ object: any StoredObject) -> String {
        guard let event = object as? Event else { return "\(object.kindInfo.kind.lowercased()) \(object.metadata.name)" }
        return "\(event.involvedObject.kind.lowercased()) \(event.involvedObject.name)"
    }
}
