// `:xray`: objects and what they own, as a tree.

import Canvas
import ControlPlane
import KubernetesAPI
import Printers
import SimulationKit

extension Lists {
    /// The kinds that an x-ray can begin with, as k9s has them, and nodes.
    static let xrayKinds: [Kind] = [.pod, .service, .deployment, .replicaSet, .statefulSet, .daemonSet, .job, .node]

    /// Objects with what belongs to them below: ReplicaSets, pods, containers, and what pods use, missing or not.
    static func xray(_ info: KindInfo) -> ListScreen {
        ListScreen(
            crumb: "xray \(info.plural)", title: "XRay \(info.pluralTitle) ",
            columns: [.init("TREE", minimum: 20), .init("KIND", minimum: 9, priority: 2), .init("STATE", minimum: 12, stretches: true)], isTree: true,
            source: XRayTree(info))
    }
}

/// The lines of an x-ray, each below what it belongs to. A small cluster is looked through whenever something has changed; a large one in
/// slices, and only when objects come, go or change their owners: what the lines say of them is read when they are seen.
struct XRayTree: ListSource {
    private let info: KindInfo
    private(set) var lines: [ListScreen.Line] = []
    private(set) var version = 0
    private var walk: Walk?
    private var stamp: WorldStamp?
    private var cursor = WatchCursor.beginning
    /// Objects came or went since the walk began.
    private var isStale = false

    init(_ info: KindInfo) { self.info = info }
    var anew: any ListSource { XRayTree(info) }

    var progress: Double? { walk?.progress }

    mutating func refresh(_ world: World) {
        let now = WorldStamp(world)
        guard now != stamp else { return }
        let before = stamp
        stamp = now
        let isKept = before?.generation == now.generation && before?.namespace == now.namespace && world.store.holds(cursor)
        let isSmall = world.store.pods.count <= RowIndex.atOnce / 4
        if isSmall || !isKept {
            cursor = world.store.end
            (lines, isStale) = ([], false)
            begin(world, limit: isSmall ? .max : RowIndex.atOnce / 4)
            return
        }
        while let entry = world.store.next(&cursor, until: .distantFuture) { isStale = isStale || Self.isStructural(entry, world.store) }
        if isStale, walk == nil {
            isStale = false
            walk = Walk(info, world)
        }
    }
    private mutating func begin(_ world: World, limit: Int) {
        walk = Walk(info, world)
        var steps = 0
        work(world) {
            steps += 1
            return steps > limit
        }
        if let walk { (lines, version) = (walk.lines, version + 1) }
    }
    mutating func work(_ world: World, until shouldStop: () -> Bool) {
        guard var walk else { return }
        self.walk = nil
        while case let steps = walk.step(world), steps > 0 {
            for _ in 0..<steps where shouldStop() {
                self.walk = walk
                return
            }
        }
        (lines, version) = (walk.lines, version + 1)
    }

    /// Whether a change puts lines elsewhere, rather than changing what they say.
    private static func isStructural(_ entry: LogEntry, _ store: ObjectStore) -> Bool {
        switch entry.kind {
        case .pod:
            let change = store.pods.change(entry.index)
            return change.action != .modified || change.previous?.nodeName != change.object.nodeName
                || change.previous?.metadata.controller?.uid != change.object.metadata.controller?.uid
        case .replicaSet:
            let change = store.replicaSets.change(entry.index)
            return change.action != .modified || change.previous?.spec.replicas != change.object.spec.replicas
        case .job: return store.jobs.change(entry.index).action != .modified
        case .deployment: return store.deployments.change(entry.index).action != .modified
        case .statefulSet: return store.statefulSets.change(entry.index).action != .modified
        case .daemonSet: return store.daemonSets.change(entry.index).action != .modified
        case .node: return store.nodes.change(entry.index).action != .modified
        case .service: return true
        default: return false
        }
    }

    func cells(of line: ListScreen.Line, _ world: World) -> [StyledText] {
        guard let (kind, key) = line.object else { return line.cells }
        let theme = world.theme
        func cells(_ name: String, _ kind: String, _ state: (String, Role)) -> [StyledText] {
            [StyledText(name), StyledText(kind, theme[.dim]), StyledText(state.0, theme[state.1])]
        }
        let object = world.store.object(kind, key)
        guard let part = line.part else {
            return cells(key.name, kind.rawValue, object.map { state($0, world) } ?? ("\(world.glyphs.stopped) missing", .rowError))
        }
        guard let pod = object as? Pod, let container = (pod.spec.initContainers + pod.spec.containers).first(where: { $0.name == part }) else {
            return cells(part, "Container", ("\(world.glyphs.stopped) missing", .rowError))
        }
        let status = (pod.status.initContainerStatuses + pod.status.containerStatuses).first { $0.name == part }
        let isFine = status?.ready == true || status?.state.terminated?.exitCode == 0
        return cells(part, "Container", (container.image, isFine ? .dim : .rowPending))
    }

    private func state(_ object: any StoredObject, _ world: World) -> (String, Role) {
        switch object {
        case let pod as Pod:
            let state = world.state(of: pod)
            return (
                "\(world.glyph(state)) \(PodDisplay(pod, profile: world.cluster.profile).status)\(pod.nodeName.isEmpty ? "" : "  \(pod.nodeName)")",
                World.role(state)
            )
        case let node as Node: return (world.view.nodes[node.metadata.name]?.word ?? "", ObjectColumns.isFault(node, world) ? .rowPending : .good)
        case let x as Deployment: return count(x.status.readyReplicas, x.spec.replicas ?? 1, world)
        case let x as ReplicaSet: return count(x.status.readyReplicas, x.spec.replicas ?? 1, world)
        case let x as StatefulSet: return count(x.status.readyReplicas, x.spec.replicas ?? 1, world)
        case let x as DaemonSet: return count(x.status.numberReady, x.status.desiredNumberScheduled, world)
        case let x as PersistentVolumeClaim: return (x.status.phase, .dim)
        case is ConfigMap, is Secret: return ("there", .dim)
        default: return ("", .dim)
        }
    }
    private func count(_ ready: Int, _ wanted: Int, _ world: World) -> (String, Role) {
        ("\(ready >= wanted ? world.glyphs.ready : world.glyphs.notReady) \(ready)/\(wanted) ready", ready >= wanted ? .good : .rowPending)
    }
}

/// A walk through the trees of an x-ray that can be left and gone on with.
private struct Walk: Sendable {
    private struct Stop {
        var kind: Kind
        var key: ObjectKey
        var depth: Int
        var id: String
    }
    private(set) var lines: [ListScreen.Line] = []
    /// What is to be visited, the next at the end.
    private var stops: [Stop]
    private var rootsLeft: Int
    private let roots: Int
    /// ReplicaSets and Jobs by the identity of their owner.
    private var owned: [String: [Stop]] = [:]
    /// For Services: the slots of pods by namespace, and how far they are gathered; nil for other kinds.
    private var pods: (byNamespace: [String: [Int]], next: Int)?

    init(_ info: KindInfo, _ world: World) {
        func keys<O: StoredObject>(_ type: O.Type) -> [ObjectKey] {
            world.store[keyPath: O.table].rows.compactMap { row in
                guard let row, world.shows(row.metadata.namespace) || !info.isNamespaced else { return nil }
                return row.key
            }
        }
        let keys = keys(ObjectStore.type(of: info.type)).sorted()
        stops = keys.reversed().map { Stop(kind: info.type, key: $0, depth: 0, id: "") }
        (roots, rootsLeft) = (keys.count, keys.count)
        func own<O: StoredObject>(_ type: O.Type) {
            for case let object? in world.store[keyPath: O.table].rows {
                if let owner = object.metadata.controller { owned[owner.uid, default: []].append(Stop(kind: O.kind, key: object.key, depth: 0, id: "")) }
            }
        }
        own(ReplicaSet.self)
        own(Job.self)
        if info.type == .service { pods = ([:], 0) }
    }

    var progress: Double { roots == 0 ? 1 : 1 - Double(rootsLeft) / Double(roots) }

    /// Visits the next object. Returns as how many steps that counts; 0 if there is none.
    mutating func step(_ world: World) -> Int {
        if let at = pods?.next, at < world.store.pods.rows.count {
            if let pod = world.store.pods.rows[at] { pods?.byNamespace[pod.namespace, default: []].append(at) }
            pods?.next = at + 1
            return 1
        }
        guard let stop = stops.popLast() else { return 0 }
        if stop.depth == 0 { rootsLeft -= 1 }
        guard let object = world.store.object(stop.kind, stop.key) else { return 1 }
        // An old ReplicaSet without pods tells nothing.
        if stop.depth > 0, let set = object as? ReplicaSet, set.spec.replicas == 0, world.store.pods(ownedBy: set.metadata.uid).isEmpty { return 1 }
        let id = "\(stop.id)/\(stop.kind.rawValue)/\(stop.key)"
        append(stop.kind, stop.key, stop.depth, id)
        if let pod = object as? Pod {
            parts(of: pod, stop.depth + 1, id)
            return 1
        }
        let (children, looks) = children(of: object, world)
        visit(children, stop.depth + 1, id)
        return 1 + looks / 16
    }

    /// What stands below an object, and how many pods had to be looked at.
    private func children(of object: any StoredObject, _ world: World) -> ([Stop], looks: Int) {
        let store = world.store
        func stops(_ pods: [Pod]) -> [Stop] { pods.map { Stop(kind: .pod, key: $0.key, depth: 0, id: "") } }
        switch object {
        case let node as Node:
            let pods = store.pods(onNode: node.metadata.name)
            return (stops(pods.filter { world.shows($0.metadata.namespace) }), pods.count)
        case let service as Service:
            if service.spec.selector.isEmpty { return ([], 0) }
            let selector = LabelSelector(matchLabels: service.spec.selector)
            let near = pods?.byNamespace[service.metadata.namespace] ?? []
            let found = near.compactMap { store.pods.rows[$0] }.filter {
                $0.metadata.namespace == service.metadata.namespace && selector.matches($0.metadata.labels)
            }
            return (stops(found), near.count)
        default:
            let pods = store.pods(ownedBy: object.metadata.uid)
            return ((owned[object.metadata.uid] ?? []) + stops(pods), pods.count)
        }
    }
    private mutating func visit(_ children: [Stop], _ depth: Int, _ id: String) {
        for var child in children.sorted(by: { $0.key > $1.key }) {
            (child.depth, child.id) = (depth, id)
            stops.append(child)
        }
    }

    /// Containers, and what the pod uses.
    private mutating func parts(of pod: Pod, _ depth: Int, _ id: String) {
        for container in pod.spec.initContainers + pod.spec.containers {
            append(.pod, pod.key, depth, "\(id)/\(container.name)", part: container.name)
        }
        func use(_ kind: Kind, _ name: String) {
            append(kind, ObjectKey(namespace: pod.metadata.namespace, name: name), depth, "\(id)/\(kind.rawValue)/\(name)")
        }
        for volume in pod.spec.volumes {
            if let map = volume.configMap { use(.configMap, map.name) }
            if let secret = volume.secret { use(.secret, secret.secretName) }
            if let claim = volume.persistentVolumeClaim { use(.persistentVolumeClaim, claim.claimName) }
        }
    }

    private mutating func append(_ kind: Kind, _ key: ObjectKey, _ depth: Int, _ id: String, part: String? = nil) {
        lines.append(ListScreen.Line(id: id, cells: [], depth: depth, object: (kind: kind, key: key), part: part))
    }
}
