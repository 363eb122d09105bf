import ControlPlane
import KubernetesAPI

/// Claims: bound ones must be reachable; waiting ones need a volume that is free or can be made for the node.
///
/// - Source: Kubernetes `pkg/scheduler/framework/plugins/volumebinding/{volume_binding,binder}.go`.
enum VolumeBinding {
    // What may be wrong with a node, in the order of the sentences.
    static let conflict: UInt8 = 1
    static let unmatched: UInt8 = 2
    static let noSpace: UInt8 = 4
    static let missing: UInt8 = 8

    static let plugin = Plugin(
        name: .volumeBinding,
        title: "vols",
        points: [.filter, .score],
        scoreGate: .storageCapacityScoring,
        preFilter: preFilter,
        filterScope: .volumes,
        filter: filter,
        scoreScope: .volumes,
        isUniform: { cycle, _ in cycle.volumes.waiting.isEmpty },
        score: score,
        events: [.nodes, .storage],
        hint: hint,
        words: words,
        remedies: [RemedyRule(rank: 10, find: addClass)])

    @Sendable static func preFilter(_ cycle: inout Cycle, _ state: SchedulingState, _ store: ObjectStore)
        -> Rejection?
    {
        cycle.volumes.readClaims(of: cycle, store)
        func refuse(_ text: String) -> Rejection {
            Rejection(plugin: .volumeBinding, reason: Reason(.volumeBinding, .text(text)), isUnresolvable: true)
        }
        if let missing = cycle.volumes.missingClaim {
            return refuse("persistentvolumeclaim \"\(missing)\" not found")
        }
        for claim in cycle.volumes.claims {
            let name = claim.metadata.name
            if claim.status.phase == "Lost" {
                return refuse(
                    "persistentvolumeclaim \"\(name)\" bound to non-existent persistentvolume \"\(claim.spec.volumeName)\""
                )
            }
            if claim.metadata.isTerminating {
                return refuse("persistentvolumeclaim \"\(name)\" is being deleted")
            }
        }
        for claim in cycle.volumes.claims {
            if claim.isFullyBound {
                cycle.volumes.bound.append(store.persistentVolumes[ObjectKey(name: claim.spec.volumeName)])
                continue
            }
            let storageClass = store.storageClasses[ObjectKey(name: claim.className)]
            if storageClass?.volumeBindingMode == "WaitForFirstConsumer", claim.spec.volumeName.isEmpty {
                cycle.volumes.waiting.append(claim)
            } else {
                return refuse("pod has unbound immediate PersistentVolumeClaims")
            }
        }
        for claim in cycle.volumes.waiting {
            cycle.volumes.candidates[claim.key] = (store.volumes(reservedFor: claim.key) + store.unclaimedVolumes)
                .filter { $0.className == claim.className }.sorted { $0.metadata.name < $1.metadata.name }
        }
        if !cycle.volumes.waiting.isEmpty { cycle.volumes.rooms = rooms(for: cycle.volumes.waiting, store) }
        return nil
    }

    @Sendable static func filter(
        _ cycle: Cycle, _ state: SchedulingState, _ store: ObjectStore, _ pass: inout FilterPass
    ) {
        if cycle.volumes.bound.isEmpty && cycle.volumes.waiting.isEmpty { return }
        // Taken out once: a volume is large, and there are many nodes.
        let areMissing = cycle.volumes.bound.contains { $0 == nil }
        let reach = cycle.volumes.bound.compactMap { $0?.spec.nodeAffinity?.required }
        let needsPlan = !isMadeAnywhere(cycle, state, store)
        if !areMissing, reach.isEmpty, !needsPlan { return }
        pass.reject(.volumeBinding) { row in
            let node = state.nodes.objects[row]!
            var problems: UInt8 = areMissing ? missing : 0
            if reach.contains(where: { !$0.matches(labels: node.metadata.labels, name: node.metadata.name) }) { problems |= conflict }
            if needsPlan {
                problems |= plan(cycle, node, state, store).problems
            }
            return problems == 0 ? nil : (.volumes(problems), true)
        }
    }

    /// What the waiting claims would get on a node.
    struct Plan {
        /// Claims to take a volume that is there.
        var matched: [(claim: PersistentVolumeClaim, volume: PersistentVolume)] = []
        /// Claims for which one is to be made.
        var provisioned: [PersistentVolumeClaim] = []
        var problems: UInt8 = 0
    }

    /// Whether each of the waiting claims gets a new volume, on whatever node the pod is: then no node has to be looked at.
    private static func isMadeAnywhere(_ cycle: Cycle, _ state: SchedulingState, _ store: ObjectStore) -> Bool {
        cycle.volumes.waiting.allSatisfy { claim in
            guard cycle.volumes.candidates[claim.key]?.isEmpty ?? true, state.volumes.nodeOfClaim[claim.key] == nil,
                claim.metadata.annotations[AnnotationKey.selectedNode] == nil,
                let storageClass = store.storageClasses[ObjectKey(name: claim.className)]
            else { return false }
            return canProvision(storageClass) && storageClass.allowedTopologies.isEmpty && !publishesCapacity(storageClass, store)
        }
    }
    /// Whether volumes of the class are made when they are asked for.
    private static func canProvision(_ storageClass: StorageClass) -> Bool {
        !storageClass.provisioner.isEmpty && storageClass.provisioner != "kubernetes.io/no-provisioner"
    }
    /// Whether the class's driver tells how much room there is where.
    static func publishesCapacity(_ storageClass: StorageClass, _ store: ObjectStore) -> Bool {
        store.csiDrivers[ObjectKey(name: storageClass.provisioner)]?.spec.storageCapacity == true
    }

    /// The volumes that there are for the claims, and which claims are left to be provisioned.
    static func matches(_ cycle: Cycle, _ node: Node, _ state: SchedulingState) -> Plan {
        var plan = Plan()
        var toMatch: [PersistentVolumeClaim] = []
        for claim in cycle.volumes.waiting {
            let selected =
                state.volumes.nodeOfClaim[claim.key]
                ?? claim.metadata.annotations[AnnotationKey.selectedNode]
            if let selected {
                if selected != node.metadata.name {
                    plan.problems = unmatched
                    return plan
                }
                plan.provisioned.append(claim)
            } else {
                toMatch.append(claim)
            }
        }
        var chosen: Set<String> = []
        for claim in toMatch.sorted(by: { $0.requestedStorage < $1.requestedStorage }) {
            let volumes = cycle.volumes.candidates[claim.key] ?? []
            if let volume = match(claim, volumes, node, chosen, state) {
                chosen.insert(volume.metadata.name)
                plan.matched.append((claim, volume))
            } else {
                plan.provisioned.append(claim)
            }
        }
        return plan
    }

    static func plan(_ cycle: Cycle, _ node: Node, _ state: SchedulingState, _ store: ObjectStore) -> Plan {
        var plan = matches(cycle, node, state)
        if plan.problems != 0 { return plan }
        for claim in plan.provisioned {
            guard let storageClass = store.storageClasses[ObjectKey(name: claim.className)], canProvision(storageClass), allows(storageClass, node)
            else {
                plan.problems = unmatched
                return plan
            }
            if !hasSpace(storageClass, for: claim, node, cycle, store) {
                plan.problems = noSpace
                return plan
            }
        }
        return plan
    }

    /// The smallest free volume that suits, or the one that is reserved for the claim.
    /// - Source: Kubernetes `component-helpers/storage/volume/pv_helpers.go`, `FindMatchingVolume`.
    private static func match(
        _ claim: PersistentVolumeClaim, _ volumes: [PersistentVolume], _ node: Node, _ taken: Set<String>,
        _ state: SchedulingState
    ) -> PersistentVolume? {
        var best: PersistentVolume?
        for volume in volumes where !taken.contains(volume.metadata.name) {
            let owner: ObjectKey? =
                state.volumes.claimOfVolume[volume.metadata.name]
                ?? volume.spec.claimRef.map { ObjectKey(namespace: $0.namespace, name: $0.name) }
            if let owner {
                guard owner == claim.key else { continue }
                if let uid = volume.spec.claimRef?.uid, !uid.isEmpty, uid != claim.metadata.uid { continue }
            }
            let capacity = volume.spec.capacity["storage"] ?? .zero
            if capacity < claim.requestedStorage { continue }
            if (volume.spec.volumeMode ?? "Filesystem") != (claim.spec.volumeMode ?? "Filesystem") {
                continue
            }
            if volume.metadata.isTerminating { continue }
            let reachable = volume.isReachable(from: node)
            if owner != nil { return reachable ? volume : nil }
            if volume.status.phase != "Available" || !reachable { continue }
            if let selector = claim.spec.selector, !selector.matches(volume.metadata.labels) { continue }
            if !claim.spec.accessModes.allSatisfy(volume.spec.accessModes.contains) { continue }
            if best == nil || capacity < best!.spec.capacity["storage"] ?? .zero { best = volume }
        }
        return best
    }

    private static func allows(_ storageClass: StorageClass, _ node: Node) -> Bool {
        storageClass.allowedTopologies.isEmpty
            || storageClass.allowedTopologies.contains { term in
                !term.matchLabelExpressions.isEmpty
                    && term.matchLabelExpressions.allSatisfy { requirement in
                        node.metadata.labels[requirement.key].map(requirement.values.contains) ?? false
                    }
            }
    }

    private static func hasSpace(
        _ storageClass: StorageClass, for claim: PersistentVolumeClaim, _ node: Node, _ cycle: Cycle, _ store: ObjectStore
    ) -> Bool {
        guard publishesCapacity(storageClass, store) else { return true }
        return cycle.volumes.rooms.contains {
            $0.className == storageClass.metadata.name && $0.largest >= claim.requestedStorage && $0.nodes.matches(node.metadata.labels)
        }
    }
}

extension VolumeBinding {
    /// Whether `event` may make a pod fit that the plugin refused: the closer look of 1.32 and later.
    @Sendable static func hint(_ state: inout SchedulingState, _ entry: QueuedPod, _ event: ClusterEvent, _ settings: SchedulingProfile) -> Bool {
        switch event {
        case .storageChanged(let kind, let key, _): kind != .persistentVolumeClaim || entry.claims(key)
        case .nodeAdded, .nodeChanged: true
        default: false
        }
    }
}

extension Reason {
    /// `problems` are bits, such as ``VolumeBinding/conflict``.
    static func volumes(_ problems: UInt8) -> Reason { Reason(.volumeBinding, code: problems) }
}

extension VolumeBinding {
    @Sendable private static func words(_ reason: Reason, _ demand: PodDemand, _ state: SchedulingState) -> [String] {
        var result: [String] = []
        if reason.code & conflict != 0 { result.append(state.profile.volumeNodeAffinityReason) }
        if reason.code & unmatched != 0 { result.append("node(s) didn't find available persistent volumes to bind") }
        if reason.code & noSpace != 0 { result.append("node(s) did not have enough free storage") }
        if reason.code & missing != 0 { result.append("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)") }
        return result
    }

    /// A StorageClass that is missing.
    private static func addClass(_ search: inout RemedySearch) {
        let store = search.store
        for claim in search.claims where claim.spec.volumeName.isEmpty {
            func tryClass(_ storageClass: StorageClass, isNew: Bool, _ change: Remedy.Change, _ words: String) {
                var (fork, claim, storageClass) = (store, claim, storageClass)
                claim.spec.storageClassName = storageClass.name
                // A volume that is made at once is not there yet: what matters is that one can be made.
                storageClass.volumeBindingMode = "WaitForFirstConsumer"
                if isNew { fork.insert(storageClass, at: .start) } else { fork.replace(storageClass, at: .start) }
                fork.replace(claim, at: .start)
                search.tryState(change, words, cost: "one class", fork)
            }
            if let name = claim.spec.storageClassName, !name.isEmpty {
                if store.storageClasses[ObjectKey(name: name)] != nil { continue }
                let made = StorageClass.make(name, StorageClass.standard.provisioner, waits: true, isDefault: false)
                tryClass(made, isNew: true, .addClass(made), "create StorageClass \(name), which claim \(claim.name) asks for")
            } else if claim.spec.storageClassName == nil, !store.storageClasses.all.contains(where: \.isDefault) {
                if let first = store.storageClasses.sorted().first {
                    tryClass(
                        first, isNew: false, .makeDefault(storageClass: first.name),
                        "make \(first.name) the default StorageClass: claim \(claim.name) names none")
                } else {
                    tryClass(.standard, isNew: true, .addClass(.standard), "create a default StorageClass: claim \(claim.name) names none")
                }
            }
        }
    }
}
