import ControlPlane
import KubernetesAPI

/// Refuses nodes where a disk is in use that cannot be shared, and all nodes while a ReadWriteOncePod claim is.
///
/// - Source: Kubernetes `pkg/scheduler/framework/plugins/volumerestrictions/volume_restrictions.go`.
enum VolumeRestrictions {
    static let plugin = Plugin(
        name: .volumeRestrictions,
        title: "vols",
        points: .filter,
        preFilter: preFilter,
        filterScope: .volumes,
        filter: filter,
        events: [.nodes, .podGone, .storage],
        hint: hint,
        words: words,
        remedies: [RemedyRule(rank: 20, find: deleteHolder)])

    @Sendable static func preFilter(_ cycle: inout Cycle, _ state: SchedulingState, _ store: ObjectStore)
        -> Rejection?
    {
        cycle.volumes.readClaims(of: cycle, store)
        if let missing = cycle.volumes.missingClaim {
            return Rejection(
                plugin: .volumeRestrictions, reason: Reason(.volumeRestrictions, .text("persistentvolumeclaim \"\(missing)\" not found")),
                isUnresolvable: true)
        }
        return nil
    }

    @Sendable static func filter(
        _ cycle: Cycle, _ state: SchedulingState, _ store: ObjectStore, _ pass: inout FilterPass
    ) {
        let disks = cycle.demand.facts.disks
        if !disks.isEmpty {
            pass.reject(.volumeRestrictions) { row in
                let conflict = state.nodes.podSlots[row].contains { slot in
                    state.placed[slot]!.facts.disks.contains { other in
                        disks.contains { conflicts($0, other) }
                    }
                }
                return conflict ? (.diskConflict, false) : nil
            }
        }
        let exclusive = cycle.volumes.claims.filter { $0.spec.accessModes.contains("ReadWriteOncePod") }
        if exclusive.contains(where: { state.claimUsers[$0.key, default: 0] > 0 }) {
            let isUnresolvable = state.profile.readWriteOncePodConflictIsUnresolvable
            pass.reject(.volumeRestrictions) { _ in (.readWriteOncePod, isUnresolvable) }
        }
    }

    private static func conflicts(_ a: Volume, _ b: Volume) -> Bool {
        if let x = a.gcePersistentDisk, let y = b.gcePersistentDisk, x.pdName == y.pdName,
            !(x.readOnly && y.readOnly)
        {
            return true
        }
        if let x = a.awsElasticBlockStore, let y = b.awsElasticBlockStore, x.volumeID == y.volumeID {
            return true
        }
        func bothReadOnly(_ x: JSONValue, _ y: JSONValue) -> Bool {
            x["readOnly"] == .bool(true) && y["readOnly"] == .bool(true)
        }
        if let x = a.iscsi, let y = b.iscsi, x["iqn"] == y["iqn"], !bothReadOnly(x, y) { return true }
        if let x = a.rbd, let y = b.rbd, x["image"] == y["image"],
            (x["pool"]?.string ?? "rbd") == (y["pool"]?.string ?? "rbd"),
            !bothReadOnly(x, y)
        {
            let monitors = x["monitors"]?.array ?? []
            return (y["monitors"]?.array ?? []).contains { monitors.contains($0) }
        }
        return false
    }
}

extension VolumeRestrictions {
    /// Whether `event` may make a pod fit that the plugin refused: the closer look of 1.32 and later.
    @Sendable static func hint(_ state: inout SchedulingState, _ entry: QueuedPod, _ event: ClusterEvent, _ settings: SchedulingProfile) -> Bool {
        switch event {
        case .assignedPodDeleted(let pod):
            let names = Set(entry.facts.claims)
            return pod.metadata.namespace == entry.facts.namespace
                && pod.spec.volumes.contains { $0.persistentVolumeClaim.map { names.contains($0.claimName) } ?? false }
                || !entry.facts.disks.isEmpty
        case .storageChanged(.persistentVolumeClaim, let key, true): return entry.claims(key)
        case .nodeAdded: return true
        default: return false
        }
    }
}

extension Reason {
    static let diskConflict = Reason(.volumeRestrictions)
    static let readWriteOncePod = Reason(.volumeRestrictions, code: 1)
}

extension VolumeRestrictions {
    @Sendable private static func words(_ reason: Reason, _ demand: PodDemand, _ state: SchedulingState) -> [String] {
        [reason == .readWriteOncePod ? state.profile.readWriteOncePodReason : "node(s) had no available disk"]
    }

    /// The pod that holds a claim for one pod alone.
    private static func deleteHolder(_ search: inout RemedySearch) {
        let (state, pod) = (search.state, search.pod)
        guard search.isRefused(by: .volumeRestrictions) else { return }
        let single = Set(search.claims.filter { $0.spec.accessModes.contains("ReadWriteOncePod") }.map(\.name))
        for row in state.nodes.presentByName {
            for slot in state.nodes.podSlots[row] {
                guard let holder = state.placedPod(slot)?.pod, holder.namespace == pod.namespace,
                    let claim = holder.spec.volumes.compactMap({ $0.persistentVolumeClaim?.claimName }).first(where: single.contains)
                else { continue }
                let again = holder.metadata.controller.map { "; its \($0.kind) makes another" } ?? ""
                search.tryState(.delete(pod: holder.key), "delete pod \(holder.name), which holds claim \(claim)", cost: "one pod\(again)") {
                    $0.remove(podAt: slot)
                }
            }
        }
    }
}
