import ControlPlane
import KubernetesAPI
import SimulationKit

/// Moving a volume from its present access modes to ReadWriteOncePod: eight steps, each with what it is in now, the
/// kubectl command, and the commands that perform it.
///
/// The steps are read from the cluster each time, so that they may as well be taken by hand. What the cluster forgets on
/// the way (the claim, the reclaim policy, the replicas) is remembered from the moment at which the migration began.
/// - Source: KEP-2485, "Migrating existing PersistentVolumes".
public struct Migration: Sendable {
    public let claim: ObjectKey
    public let volume: String
    /// The claim to be made in step 6.
    private let manifest: PersistentVolumeClaim
    /// The reclaim policy to go back to.
    private let policy: String
    /// The workloads of the pods that use the claim, with their replicas.
    private var workloads: [(kind: Kind, key: ObjectKey, replicas: Int)] = []
    /// Pods that belong to nothing that can be scaled.
    private var pods: [Pod] = []

    public struct Step: Sendable, Equatable {
        public enum State: String, Sendable { case done, next, waits, later }
        public var title: String
        /// As one would type it.
        public var command: String
        public var state: State
        /// How things stand, in words.
        public var words: String
        /// What goes wrong without the step.
        public var reason: String
        /// Whether ``Migration/commands(of:in:)`` has any for it.
        public var canPerform: Bool
    }

    /// The migration of the claim called `key`, with its users as they are now. Nil with no claim of that name that has
    /// a volume, and no volume that is kept for it.
    public init?(of key: ObjectKey, users: [ObjectKey], in cluster: Cluster) {
        let store = cluster.store
        claim = key
        let found = store.persistentVolumeClaims[key]
        let volume =
            found.flatMap { store.persistentVolumes[ObjectKey(name: $0.spec.volumeName)] }
            ?? store.persistentVolumes.all.first { $0.spec.claimRef?.name == key.name && $0.spec.claimRef?.namespace == key.namespace }
        guard let volume else { return nil }
        self.volume = volume.name
        var made = PersistentVolumeClaim()
        made.metadata.name = key.name
        made.metadata.namespace = key.namespace
        if let found {
            made.metadata.labels = found.metadata.labels
            made.spec = found.spec
        } else {
            made.spec.resources.requests["storage"] = volume.spec.capacity["storage"]
            made.spec.storageClassName = volume.spec.storageClassName
            made.spec.volumeMode = volume.spec.volumeMode
        }
        made.spec.accessModes = ["ReadWriteOncePod"]
        made.spec.volumeName = volume.name
        manifest = made
        // Where the migration goes on after step 1, the class says what the policy was.
        let storageClass = store.storageClasses[ObjectKey(name: volume.className)]
        policy =
            volume.metadata.annotations[AnnotationKey.provisionedBy] == nil || volume.spec.persistentVolumeReclaimPolicy != "Retain"
            ? volume.spec.persistentVolumeReclaimPolicy : storageClass?.reclaimPolicy ?? volume.spec.persistentVolumeReclaimPolicy
        for pod in users.compactMap({ store.pods[$0] }) { note(pod, cluster) }
    }

    private mutating func note(_ pod: Pod, _ cluster: Cluster) {
        var owner = pod.metadata.controller
        if owner?.kind == "ReplicaSet", let above = cluster.store.replicaSets[ObjectKey(namespace: pod.namespace, name: owner!.name)]?.metadata.controller {
            owner = above
        }
        guard let owner, let kind = KindInfo.find(owner.kind)?.type else { return pods.append(pod) }
        let key = ObjectKey(namespace: pod.namespace, name: owner.name)
        guard let replicas = cluster.replicas(kind, key) else { return pods.append(pod) }
        if !workloads.contains(where: { $0.kind == kind && $0.key == key }) { workloads.append((kind, key, max(1, replicas))) }
    }

    // MARK: Steps

    /// Why the migration cannot succeed, if it cannot.
    public func obstacle(in cluster: Cluster) -> String? {
        guard let volume = cluster.store.persistentVolumes[ObjectKey(name: volume)] else {
            return "The volume \(self.volume) is gone, and its data with it."
        }
        if !cluster.profile.isEnabled(.readWriteOncePod) {
            return "Kubernetes \(cluster.profile.version) has the feature gate ReadWriteOncePod off: the API server refuses the mode."
        }
        guard let csi = volume.spec.csi else { return "\(volume.name) is no CSI volume: only those can be ReadWriteOncePod." }
        let driver = cluster.store.csiDrivers[ObjectKey(name: csi.driver)]
        for sidecar in CSISidecar.allCases {
            if let version = driver?.outdated(sidecar) {
                return "The driver \(csi.driver) has \(sidecar.rawValue) \(version): ReadWriteOncePod needs \(sidecar.required)."
            }
        }
        return nil
    }

    /// Whether all steps are done.
    public func isDone(_ users: [ObjectKey], in cluster: Cluster) -> Bool { steps(users, in: cluster).allSatisfy { $0.state == .done } }

    /// The eight steps as they stand; `users` are the pods that name the claim now.
    public func steps(_ users: [ObjectKey], in cluster: Cluster) -> [Step] {
        let now = Situation(self, users, cluster)
        let flags = (1...8).map { now.isDone($0) }
        let next = flags.firstIndex(of: false)
        return (1...8).map { number in
            let isDone = flags[number - 1] && number - 1 < next ?? 8
            let waits = !isDone && number - 1 == next && now.waits(number)
            return Step(
                title: Self.titles[number - 1], command: command(number), state: isDone ? .done : number - 1 == next ? (waits ? .waits : .next) : .later,
                words: now.words(number), reason: Self.reasons[number - 1], canPerform: !commands(number, now).isEmpty)
        }
    }

    /// What performs the step that is next; empty if it only waits.
    public func commandsOfNext(_ users: [ObjectKey], in cluster: Cluster) -> [Command] {
        let now = Situation(self, users, cluster)
        guard let next = (1...8).first(where: { !now.isDone($0) }) else { return [] }
        return commands(next, now)
    }

    private static let titles = [
        "Keep the volume", "Stop every pod that uses it", "Delete the claim", "Free the volume for the same claim name",
        "Only ReadWriteOncePod on the volume", "Make the claim anew", "Restore the reclaim policy", "Start the workload",
    ]
    private static let reasons = [
        "Without it a reclaim policy of Delete destroys the data in step 3.", "A claim in use is not removed: it would stay Terminating.",
        "A claim's access modes cannot be changed.", "A released volume names the old claim by its identity, and binds to no other.",
        "A volume of other modes does not match the claim: it would stay Pending, or get a new, empty volume.",
        "The name is the one that the pods know.", "So that the volume goes with its claim again, as before.",
        "At most one pod for each claim: a roll-out that surges would hang.",
    ]

    /// As one would type it.
    private func command(_ number: Int) -> String {
        let place = claim.namespace == "default" ? "" : " -n \(claim.namespace)"
        func patch(_ json: String) -> String { "kubectl patch pv \(volume) -p '\(json)'" }
        switch number {
        case 1: return patch(#"{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}"#)
        case 2:
            let scales = workloads.map { "kubectl scale \($0.kind.info.kind.lowercased()) \($0.key.name)\(place) --replicas=0" }
            return (scales + pods.map { "kubectl delete pod \($0.name)\(place)" }).joined(separator: "; ")
        case 3: return "kubectl delete pvc \(claim.name)\(place)"
        case 4: return patch(#"{"spec":{"claimRef":{"uid":""}}}"#)
        case 5: return patch(#"{"spec":{"accessModes":["ReadWriteOncePod"]}}"#)
        case 6: return "kubectl apply -f - (\(claim.name), accessModes: [ReadWriteOncePod], volumeName: \(volume))"
        case 7: return patch(#"{"spec":{"persistentVolumeReclaimPolicy":"\#(policy)"}}"#)
        default:
            let scales = workloads.map { "kubectl scale \($0.kind.info.kind.lowercased()) \($0.key.name)\(place) --replicas=\(replicas($0))" }
            return (scales + pods.map { "kubectl apply -f - (pod \($0.name))" }).joined(separator: "; ")
        }
    }

    /// A StatefulSet has a claim for each pod; all others share the one.
    private func replicas(_ workload: (kind: Kind, key: ObjectKey, replicas: Int)) -> Int {
        workload.kind == .statefulSet ? workload.replicas : 1
    }

    private func commands(_ number: Int, _ now: Situation) -> [Command] {
        guard let pv = now.pv else { return [] }
        func patch(_ spec: JSONValue) -> [Command] { [.patch(.persistentVolume, pv.key, ["spec": spec])] }
        switch number {
        case 1: return patch(["persistentVolumeReclaimPolicy": "Retain"])
        case 2:
            let running = workloads.filter { now.cluster.replicas($0.kind, $0.key).map { $0 > 0 } ?? false }
            let alone = now.users.filter { user in !user.metadata.isTerminating && pods.contains { $0.key == user.key } }
            return running.map { .scale($0.kind, $0.key, replicas: 0) } + alone.map { .delete(.pod, $0.key, DeleteOptions()) }
        case 3: return now.pvc.map { $0.metadata.isTerminating ? [] : [.delete(.persistentVolumeClaim, claim, DeleteOptions())] } ?? []
        case 4: return pv.spec.claimRef == nil ? [] : patch(["claimRef": ["uid": ""]])
        case 5: return patch(["accessModes": ["ReadWriteOncePod"]])
        case 6: return now.pvc == nil ? [.create(manifest)] : []
        case 7: return patch(["persistentVolumeReclaimPolicy": .string(policy)])
        default:
            let stopped = workloads.filter { now.cluster.replicas($0.kind, $0.key) == 0 }
            let gone = pods.filter { now.cluster.store.pods[$0.key] == nil }.map { pod -> Command in
                var again = Pod()
                again.metadata.name = pod.name
                again.metadata.namespace = pod.namespace
                (again.metadata.labels, again.metadata.annotations) = (pod.metadata.labels, pod.metadata.annotations)
                again.spec = pod.spec
                return .create(again)
            }
            return stopped.map { .scale($0.kind, $0.key, replicas: replicas($0)) } + gone
        }
    }

    /// The cluster as the steps look at it.
    private struct Situation {
        let migration: Migration
        @Shared private(set) var cluster: Cluster
        @Shared private(set) var pv: PersistentVolume?
        let pvc: PersistentVolumeClaim?
        let users: [Pod]
        /// The claim is the new one.
        var isNew: Bool { pvc?.spec.accessModes == ["ReadWriteOncePod"] }

        init(_ migration: Migration, _ users: [ObjectKey], _ cluster: Cluster) {
            self.migration = migration
            self.cluster = cluster
            pv = cluster.store.persistentVolumes[ObjectKey(name: migration.volume)]
            pvc = cluster.store.persistentVolumeClaims[migration.claim]
            self.users = users.compactMap { cluster.store.pods[$0] }
        }

        func isDone(_ number: Int) -> Bool {
            guard let pv else { return false }
            switch number {
            case 1: return isNew || pv.spec.persistentVolumeReclaimPolicy == "Retain"
            case 2: return isNew || users.isEmpty
            case 3: return isNew || pvc == nil
            case 4: return isNew || pv.spec.claimRef == nil || pv.spec.claimRef?.uid.isEmpty == true
            case 5: return pv.spec.accessModes == ["ReadWriteOncePod"]
            case 6: return isNew && pvc?.status.phase == "Bound" && pvc?.spec.volumeName == pv.name
            case 7: return isDone(6) && pv.spec.persistentVolumeReclaimPolicy == migration.policy
            default: return isDone(7) && (users.contains { $0.isReady } || migration.workloads.isEmpty && migration.pods.isEmpty)
            }
        }

        /// Whether the step is under way and needs no more than time.
        func waits(_ number: Int) -> Bool { migration.commands(number, self).isEmpty }

        func words(_ number: Int) -> String {
            guard let pv else { return "the volume is gone" }
            switch number {
            case 1: return "policy \(pv.spec.persistentVolumeReclaimPolicy)"
            case 2:
                if isNew || users.isEmpty { return "no pod uses the claim" }
                let leaving = users.allSatisfy(\.metadata.isTerminating)
                return (leaving ? "waits for the end of " : "used by ") + users.map(\.name).joined(separator: ", ")
            case 3:
                guard let pvc, !isNew else { return "the old claim is gone" }
                return pvc.metadata.isTerminating ? "Terminating" : "\(pvc.status.phase), \(pvc.spec.accessModes.joined(separator: ", "))"
            case 4:
                if isNew { return "bound to the new claim" }
                guard let reference = pv.spec.claimRef else { return "\(pv.status.phase), free for any claim" }
                return reference.uid.isEmpty ? "\(pv.status.phase), kept for \(reference.namespace)/\(reference.name)" : pv.status.phase
            case 5: return "modes \(pv.spec.accessModes.joined(separator: ", "))"
            case 6:
                guard let pvc else { return "no claim" }
                return isNew ? pvc.status.phase : "the old claim"
            case 7: return migration.policy == "Retain" ? "it was Retain before" : "policy \(pv.spec.persistentVolumeReclaimPolicy)"
            default:
                if migration.workloads.isEmpty && migration.pods.isEmpty { return "nothing used the claim when this began" }
                let parts = migration.workloads.map { "\($0.key.name) \(cluster.replicas($0.kind, $0.key) ?? 0) of \(migration.replicas($0))" }
                return (parts + users.map { "\($0.name) \($0.isReady ? "ready" : $0.status.phase.rawValue)" }).joined(separator: ", ")
            }
        }
    }
}
