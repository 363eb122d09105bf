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
            lines: { world in
                var tree = XRayTree(world)
                for object in world.store.objects(info.type).sorted(by: { $0.key < $1.key }) where world.shows(object.metadata.namespace) || !info.isNamespaced
                {
                    tree.add(object, depth: 0, id: "")
                }
                return tree.lines
            })
    }
}

/// Gathers the lines of an x-ray, each below what it belongs to.
private struct XRayTree {
    private let world: World
    private var owned: [String: [any StoredObject]] = [:]
    var lines: [ListScreen.Line] = []

    init(_ world: World) {
        self.world = world
        for object in world.store.replicaSets.all as [any StoredObject] + world.store.jobs.all + world.store.pods.all {
            if let owner = object.metadata.controller { owned[owner.uid, default: []].append(object) }
        }
    }

    mutating func add(_ object: any StoredObject, depth: Int, id: String) {
        let kind = type(of: object).kind
        let id = "\(id)/\(kind.rawValue)/\(object.key)"
        // An old ReplicaSet without pods tells nothing.
        if depth > 0, let set = object as? ReplicaSet, set.spec.replicas == 0, owned[set.metadata.uid]?.isEmpty ?? true { return }
        append(object.metadata.name, kind.rawValue, state(object), depth, id, (kind, object.key))
        switch object {
        case let pod as Pod: parts(of: pod, depth + 1, id)
        case let node as Node:
            for pod in world.store.pods(onNode: node.metadata.name).sorted(by: { $0.key < $1.key }) where world.shows(pod.metadata.namespace) {
                add(pod, depth: depth + 1, id: id)
            }
        case let service as Service:
            let selector = LabelSelector(matchLabels: service.spec.selector)
            if service.spec.selector.isEmpty { return }
            for pod in world.store.pods.all.filter({ $0.metadata.namespace == service.metadata.namespace && selector.matches($0.metadata.labels) }).sorted(by: {
                $0.key < $1.key
            }) {
                add(pod, depth: depth + 1, id: id)
            }
        default:
            for child in (owned[object.metadata.uid] ?? []).sorted(by: { $0.key < $1.key }) { add(child, depth: depth + 1, id: id) }
        }
    }

    /// Containers, and what the pod uses.
    private mutating func parts(of pod: Pod, _ depth: Int, _ id: String) {
        for container in pod.spec.initContainers + pod.spec.containers {
            let status = (pod.status.initContainerStatuses + pod.status.containerStatuses).first { $0.name == container.name }
            let isFine = status?.ready == true || status?.state.terminated?.exitCode == 0
            append(container.name, "Container", (container.image, isFine ? .dim : .rowPending), depth, "\(id)/\(container.name)", (.pod, pod.key))
        }
        var uses: [(Kind, String)] = []
        for volume in pod.spec.volumes {
            if let map = volume.configMap { uses.append((.configMap, map.name)) }
            if let secret = volume.secret { uses.append((.secret, secret.secretName)) }
            if let claim = volume.persistentVolumeClaim { uses.append((.persistentVolumeClaim, claim.claimName)) }
        }
        for (kind, name) in uses {
            let key = ObjectKey(namespace: pod.metadata.namespace, name: name)
            let found = world.store.object(kind, key)
            let state: (String, Role) =
                found.map { (($0 as? PersistentVolumeClaim)?.status.phase ?? "there", .dim) } ?? ("\(world.glyphs.stopped) missing", .rowError)
            append(name, kind.rawValue, state, depth, "\(id)/\(kind.rawValue)/\(name)", (kind, key))
        }
    }

    private mutating func append(_ name: String, _ kind: String, _ state: (String, Role), _ depth: Int, _ id: String, _ object: (Kind, ObjectKey)) {
        let theme = world.theme
        lines.append(
            ListScreen.Line(
                id: id, cells: [StyledText(name), StyledText(kind, theme[.dim]), StyledText(state.0, theme[state.1])], depth: depth,
                object: (kind: object.0, key: object.1)))
    }

    private func state(_ object: any StoredObject) -> (String, Role) {
        switch object {
        case let pod as Pod:
            let state = world.state(of: pod)
            return (
                "\(world.glyph(state)) \(PodDisplay(pod, profile: world.cluster.profile).status)\(pod.nodeName.isEmpty ? "" : "  \(pod.nodeName)")",
                World.role(state)
            )
        case let node as Node: return (world.view.nodes[node.metadata.name]?.word ?? "", ObjectColumns.isFault(node, world) ? .rowPending : .good)
        case let x as Deployment: return count(x.status.readyReplicas, x.spec.replicas ?? 1)
        case let x as ReplicaSet: return count(x.status.readyReplicas, x.spec.replicas ?? 1)
        case let x as StatefulSet: return count(x.status.readyReplicas, x.spec.replicas ?? 1)
        case let x as DaemonSet: return count(x.status.numberReady, x.status.desiredNumberScheduled)
        default: return ("", .dim)
        }
    }
    private func count(_ ready: Int, _ wanted: Int) -> (String, Role) {
        ("\(ready >= wanted ? world.glyphs.ready : world.glyphs.notReady) \(ready)/\(wanted) ready", ready >= wanted ? .good : .rowPending)
    }
}
