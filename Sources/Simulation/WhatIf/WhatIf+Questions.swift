import ControlPlane
import KubernetesAPI
import Scheduling
import SimulationKit

// The changes worth asking about, for what a user has selected.
extension WhatIf {
    /// Drain it or let it back in, lose it, lose its zone, add one like it.
    public static func questions(about node: Node, _ simulation: Simulation) -> [WhatIf] {
        let name = node.metadata.name
        var list = [drain(name)]
        list.append(node.spec.unschedulable ? WhatIf("uncordon \(name)", [.uncordon(node: name)]) : WhatIf("cordon \(name)", [.cordon(node: name)]))
        list.append(
            simulation.kubelets.isFailed(node: name)
                ? WhatIf("recover node \(name)", [.recover(.node(name))]) : WhatIf("lose node \(name)", [.fail(.node(name))]))
        if !node.zone.isEmpty { list.append(contentsOf: questions(aboutZone: node.zone, simulation)) }
        list.append(addNode(like: node))
        return list
    }

    /// Lose it, or get it back.
    public static func questions(aboutZone zone: String, _ simulation: Simulation) -> [WhatIf] {
        let nodes = simulation.cluster.store.nodes.all.filter { $0.zone == zone }
        let allFailed = nodes.allSatisfy { simulation.kubelets.isFailed(node: $0.metadata.name) }
        return [allFailed ? WhatIf("recover zone \(zone)", [.recover(.zone(zone))]) : WhatIf("lose zone \(zone)", [.fail(.zone(zone))])]
    }

    /// Scale it, roll it out, lose the node or zone with most of its pods, change its constraints.
    public static func questions(about workload: Workload, _ present: Present) -> [WhatIf] {
        let simulation = present.simulation
        let (store, key) = (simulation.cluster.store, workload.key)
        guard let kind = Kind(rawValue: workload.kind) else { return [] }
        var list: [WhatIf] = []
        if let replicas = simulation.cluster.replicas(kind, key) {
            for wanted in [replicas + 1, replicas - 1, replicas * 2]
            where wanted >= 0 && wanted != replicas && !list.contains(where: { $0.title.hasSuffix(" \(wanted)") }) {
                list.append(scale(kind, key, from: replicas, to: wanted))
            }
        }
        if [.deployment, .statefulSet, .daemonSet].contains(kind) { list.append(WhatIf("restart \(workload.name)", [.restart(kind, key)])) }
        if let availability = simulation.availability(only: [workload]).first {
            if let node = availability.byNode.domains.first { list.append(WhatIf("lose node \(node.name)", [.fail(.node(node.name))])) }
            if let zone = availability.byZone.domains.first, !zone.name.isEmpty { list.append(WhatIf("lose zone \(zone.name)", [.fail(.zone(zone.name))])) }
        }
        for group in present.spread(of: workload) where !group.isDefault {
            list += questions(about: group, store).filter { question in !list.contains { $0.title == question.title } }
        }
        return list
    }

    /// Loosen or tighten it, make it soft, let taints or affinity decide which nodes count, open or lose what holds it.
    public static func questions(about group: SpreadGroup, _ store: ObjectStore) -> [WhatIf] {
        var list: [WhatIf] = []
        // A cordoned node of a domain that could take a pod is the cheapest help.
        let room = Set(group.domains.filter(\.takesNext).map(\.name))
        let cordoned = store.nodes.all.filter { node in
            node.spec.unschedulable && node.metadata.labels[group.topologyKey].map(room.contains) ?? false
        }.map(\.metadata.name).sorted()
        for name in cordoned.prefix(2) { list.append(WhatIf("uncordon \(name)", [.uncordon(node: name)])) }
        let key = String(group.topologyKey.split(separator: "/").last ?? "")
        func change(_ title: String, _ modify: (inout TopologySpreadConstraint) -> Void) {
            guard let owner = group.owners.first,
                let object = Self.changed(Workload(kind: owner.kind, namespace: group.namespace, name: owner.name), group, store, modify)
            else { return }
            list.append(WhatIf(title, [.edit([object])]))
        }
        change("maxSkew \(group.maxSkew) to \(group.maxSkew + 1) on \(key)") { $0.maxSkew += 1 }
        if group.maxSkew > 1 { change("maxSkew \(group.maxSkew) to \(group.maxSkew - 1) on \(key)") { $0.maxSkew -= 1 } }
        if group.isHard {
            let least = group.minDomains ?? 1
            if group.minDomains != nil, least > 1 { change("minDomains \(least) to \(least - 1) on \(key)") { $0.minDomains = least - 1 } }
            change("minDomains \(group.minDomains.map(String.init) ?? "unset") to \(least + 1) on \(key)") { $0.minDomains = least + 1 }
            change("ScheduleAnyway on \(key)") { ($0.whenUnsatisfiable, $0.minDomains) = ("ScheduleAnyway", nil) }
        }
        change("nodeTaintsPolicy \(group.honorsTaints ? "Honor to Ignore" : "Ignore to Honor") on \(key)") {
            $0.nodeTaintsPolicy = group.honorsTaints ? "Ignore" : "Honor"
        }
        if group.topologyKey == LabelKey.zone, let fullest = group.domains.max(by: { ($0.pods, $1.name) < ($1.pods, $0.name) }) {
            list.append(WhatIf("lose zone \(fullest.name)", [.fail(.zone(fullest.name))]))
        }
        return list
    }

    /// As `kubectl drain` with the flags that dashboards use.
    public static func drain(_ node: String) -> WhatIf {
        WhatIf("drain \(node)", [.drain(node: node, .thorough)])
    }
    public static func scale(_ kind: Kind, _ key: ObjectKey, from present: Int, to replicas: Int) -> WhatIf {
        WhatIf("scale \(key.name) \(present) to \(replicas)", [.scale(kind, key, replicas: replicas)])
    }
    /// One node more, empty and like `like`.
    public static func addNode(like: Node) -> WhatIf {
        var node = Node()
        node.metadata.name = like.metadata.name + "-new"
        node.metadata.labels = like.metadata.labels
        node.metadata.labels[LabelKey.hostname] = node.metadata.name
        // Taints of its sort, but not those that say how `like` is doing.
        node.spec.taints = like.spec.taints.filter { !$0.key.hasPrefix("node.kubernetes.io/") }
        node.status.capacity = like.status.capacity
        node.status.allocatable = like.status.allocatable
        return WhatIf("add a node" + (like.zone.isEmpty ? "" : " to \(like.zone)"), [.create(node)])
    }

    /// The workload with the constraint behind `group` changed in its template; nil if its pods have no template.
    static func changed(
        _ workload: Workload, _ group: SpreadGroup, _ store: ObjectStore, _ modify: (inout TopologySpreadConstraint) -> Void
    ) -> (any StoredObject)? {
        func change(_ spec: inout PodSpec) -> Bool {
            let index = spec.topologySpreadConstraints.firstIndex {
                $0.topologyKey == group.topologyKey && $0.isHard == group.isHard && $0.maxSkew == group.maxSkew && $0.minDomains == group.minDomains
            }
            guard let index else { return false }
            modify(&spec.topologySpreadConstraints[index])
            return true
        }
        switch workload.kind {
        case "Deployment":
            guard var object = store.deployments[workload.key], change(&object.spec.template.spec.value) else { return nil }
            return object
        case "StatefulSet":
            guard var object = store.statefulSets[workload.key], change(&object.spec.template.spec.value) else { return nil }
            return object
        default: return nil
        }
    }
}
