import ControlPlane
import KubernetesAPI

/// Refuses nodes that cannot have more volumes of a driver.
///
/// - Source: Kubernetes `pkg/scheduler/framework/plugins/nodevolumelimits/csi.go`.
enum NodeVolumeLimits {
    static let plugin = Plugin(
        name: .nodeVolumeLimits,
        title: "vols",
        points: .filter,
        filterScope: .volumes,
        filter: filter,
        events: [.nodes, .podGone, .storage],
        hint: hint,
        words: { _, _, _ in ["node(s) exceed max volume count"] })

    /// A volume as its driver knows it, or as it will.
    private struct Attachment: Hashable {
        var driver: String
        var volume: String
    }

    @Sendable static func filter(
        _ cycle: Cycle, _ state: SchedulingState, _ store: ObjectStore, _ pass: inout FilterPass
    ) {
        if cycle.volumes.claims.isEmpty { return }
        let wanted = Set(cycle.volumes.claims.compactMap { attachment($0, store) })
        if wanted.isEmpty { return }
        let demanding = demandingDrivers(of: wanted, state.profile, store)
        if store.csiNodes.isEmpty, demanding.isEmpty { return }
        pass.reject(.nodeVolumeLimits) { row in
            let csiNode = store.csiNodes[ObjectKey(name: state.nodes.names[row])]
            let drivers = csiNode?.spec.drivers ?? []
            if let missing = demanding.first(where: { name in !drivers.contains { $0.name == name } }) {
                return (Reason(.nodeVolumeLimits, .text("\(missing) CSI driver is not installed on the node")), false)
            }
            guard let node = csiNode else { return nil }
            if !node.spec.drivers.contains(where: { driver in driver.allocatable?.count != nil && wanted.contains { $0.driver == driver.name } }) { return nil }
            var attached = attachments(to: state.nodes.names[row], state.profile, store)
            for slot in state.nodes.podSlots[row] {
                for key in state.placed[slot]!.claims {
                    if let claim = store.persistentVolumeClaims[key], let found = attachment(claim, store) {
                        attached.insert(found)
                    }
                }
            }
            for driver in node.spec.drivers {
                guard let limit = driver.allocatable?.count else { continue }
                let new = wanted.count { $0.driver == driver.name && !attached.contains($0) }
                if new > 0, attached.count(where: { $0.driver == driver.name }) + new > limit {
                    return (.volumeLimit, false)
                }
            }
            return nil
        }
    }

    /// What is attached to the node, also for pods that are gone or not there yet.
    private static func attachments(to node: String, _ profile: KubernetesProfile, _ store: ObjectStore) -> Set<Attachment> {
        guard profile.has(.attachmentsCounted) else { return [] }
        return Set(
            store.attachments(toNode: node).compactMap { attachment in
                guard let name = attachment.spec.source.persistentVolumeName, let source = store.persistentVolumes[ObjectKey(name: name)]?.spec.csi else {
                    return nil
                }
                return Attachment(driver: source.driver, volume: source.volumeHandle)
            })
    }

    private static func attachment(_ claim: PersistentVolumeClaim, _ store: ObjectStore) -> Attachment? {
        if let volume = store.persistentVolumes[ObjectKey(name: claim.spec.volumeName)] {
            return volume.spec.csi.map { Attachment(driver: $0.driver, volume: $0.volumeHandle) }
        }
        guard let storageClass = store.storageClasses[ObjectKey(name: claim.className)] else { return nil }
        return Attachment(driver: storageClass.provisioner, volume: "\(claim.key)")
    }
}

extension NodeVolumeLimits {
    /// The drivers of `wanted` that keep pods off nodes without them, by name.
    /// - Source: `kubernetes-1.37.md` §3.4.
    private static func demandingDrivers(of wanted: Set<Attachment>, _ profile: KubernetesProfile, _ store: ObjectStore) -> [String] {
        guard profile.isEnabled(.volumeLimitScaling) else { return [] }
        return Set(wanted.map(\.driver)).filter { store.csiDrivers[ObjectKey(name: $0)]?.spec.preventPodSchedulingIfMissing == true }.sorted()
    }
}

extension NodeVolumeLimits {
    /// Whether `event` may make a pod fit that the plugin refused: the closer look of 1.32 and later.
    @Sendable static func hint(_ state: inout SchedulingState, _ entry: QueuedPod, _ event: ClusterEvent, _ settings: SchedulingProfile) -> Bool {
        switch event {
        case .assignedPodDeleted(let pod): pod.spec.volumes.contains { $0.persistentVolumeClaim != nil || $0.ephemeral != nil }
        case .storageChanged(let kind, let key, let isNew):
            kind == .csiNode || kind == .volumeAttachment || kind == .persistentVolumeClaim && isNew && entry.claims(key)
        default: false
        }
    }
}

extension Reason {
    static let volumeLimit = Reason(.nodeVolumeLimits)
}
