import ControlPlane
import KubernetesAPI

/// Refuses nodes in another zone than a volume that is labelled with its zone.
///
/// - Source: Kubernetes `pkg/scheduler/framework/plugins/volumezone/volume_zone.go`.
enum VolumeZone {
    static let plugin = Plugin(
        name: .volumeZone,
        title: "vols",
        points: .filter,
        preFilter: preFilter,
        filterScope: .volumes,
        filter: filter,
        events: [.nodes, .storage],
        hint: hint,
        words: { _, _, _ in ["node(s) had no available volume zone"] })

    struct Constraint: Sendable {
        var key: String
        var values: [String]
    }
    private static let oldKeys = [
        LabelKey.betaZone: LabelKey.zone,
        LabelKey.betaRegion: LabelKey.region,
    ]
    private static let keys = [
        LabelKey.betaZone, LabelKey.betaRegion,
        LabelKey.zone, LabelKey.region,
    ]

    @Sendable static func preFilter(_ cycle: inout Cycle, _ state: SchedulingState, _ store: ObjectStore)
        -> Rejection?
    {
        func refuse(_ text: String) -> Rejection {
            Rejection(plugin: .volumeZone, reason: Reason(.volumeZone, .text(text)), isUnresolvable: true)
        }
        for claim in cycle.volumes.claims {
            if claim.spec.volumeName.isEmpty {
                let name = claim.className
                if name.isEmpty {
                    return refuse("PersistentVolumeClaim had no pv name and storageClass name")
                }
                guard let storageClass = store.storageClasses[ObjectKey(name: name)] else {
                    return refuse("storageclass.storage.k8s.io \"\(name)\" not found")
                }
                if storageClass.volumeBindingMode == "WaitForFirstConsumer" { continue }
                return refuse("PersistentVolume had no name")
            }
            guard let volume = store.persistentVolumes[ObjectKey(name: claim.spec.volumeName)] else {
                return refuse("persistentvolume \"\(claim.spec.volumeName)\" not found")
            }
            for key in keys {
                guard let value = volume.metadata.labels[key] else { continue }
                let values = value.split(separator: "__", omittingEmptySubsequences: false).map { $0.filter { $0 != " " } }
                // A label that cannot be read is passed over.
                if !values.contains("") { cycle.volumes.zones.append(Constraint(key: key, values: values)) }
            }
        }
        return nil
    }

    @Sendable static func filter(
        _ cycle: Cycle, _ state: SchedulingState, _ store: ObjectStore, _ pass: inout FilterPass
    ) {
        let constraints = cycle.volumes.zones
        if constraints.isEmpty { return }
        pass.reject(.volumeZone) { row in
            let labels = state.nodes.labels(row)
            guard keys.contains(where: { labels[$0] != nil }) else { return nil }
            let fits = constraints.allSatisfy { constraint in
                let value = labels[constraint.key] ?? oldKeys[constraint.key].flatMap { labels[$0] }
                return value.map(constraint.values.contains) ?? false
            }
            return fits ? nil : (.volumeZone, true)
        }
    }
}

extension VolumeZone {
    /// Whether `event` may make a pod fit that the plugin refused: the closer look of 1.32 and later.
    @Sendable static func hint(_ state: inout SchedulingState, _ entry: QueuedPod, _ event: ClusterEvent, _ settings: SchedulingProfile) -> Bool {
        switch event {
        case .storageChanged(let kind, let key, let isNew):
            kind == .persistentVolumeClaim ? entry.claims(key) : kind == .persistentVolume || isNew
        case .nodeAdded: true
        case .nodeChanged(let node, let old): node.metadata.labels != old.metadata.labels
        default: false
        }
    }
}

extension Reason {
    static let volumeZone = Reason(.volumeZone)
}
