import ControlPlane
import KubernetesAPI
import SimulationKit

/// Binds claims to volumes, makes volumes on demand, and releases them.
///
/// It also plays the CSI provisioner of every StorageClass: any driver makes its volume after ``provisionLatency``.
/// - Source: Kubernetes `pkg/controller/volume/persistentvolume/pv_controller.go`, `pvcprotection`, `pvprotection`.
struct PersistentVolumeController: Controller {
    enum Key: Hashable, Sendable {
        case claim(ObjectKey)
        case volume(ObjectKey)
        case provision(ObjectKey)
    }

    static let queueName = "claims"
    static let watches: [Kind] = [.persistentVolumeClaim, .persistentVolume, .storageClass, .pod]
    var queue = WorkQueue<Key>()
    private let source = EventSource("persistentvolume-controller")
    /// Claims without a volume.
    private var pending: Set<ObjectKey> = []
    /// Pods that are not finished, by the claims they name.
    private var users: [ObjectKey: Set<ObjectKey>] = [:]
    /// Claims for which a volume is being made, by their identity.
    private var provisioning: [ObjectKey: String] = [:]
    /// When volumes that could not be deleted are tried again, and how long that was put off.
    private var deletions: [ObjectKey: (at: Instant, delay: Duration)] = [:]

    static let resync = Duration.seconds(15)
    /// How long a driver needs to make a volume. *Model*.
    static let provisionLatency = Duration.seconds(5)
    /// How long the provisioner waits after its first failure to delete a volume; doubles up to 5 minutes.
    static let deleteRetry = Duration.seconds(1)

    static let bindCompleted = "pv.kubernetes.io/bind-completed"
    static let boundByController = "pv.kubernetes.io/bound-by-controller"

    mutating func observe(_ entry: LogEntry, _ cluster: inout Cluster) {
        switch entry.kind {
        case .persistentVolumeClaim:
            let change = cluster.store.persistentVolumeClaims.change(entry.index)
            let claim = change.object
            if change.action == .deleted {
                pending.remove(claim.key)
                provisioning[claim.key] = nil
                if !claim.spec.volumeName.isEmpty {
                    queue.add(.volume(ObjectKey(name: claim.spec.volumeName)))
                }
            } else {
                if claim.spec.volumeName.isEmpty {
                    pending.insert(claim.key)
                } else {
                    pending.remove(claim.key)
                }
                // Its own notes on the claim are nothing to look at.
                if let old = change.previous, old.spec == claim.spec,
                    old.status.phase == claim.status.phase || old.status.phase.isEmpty,
                    old.metadata.isTerminating == claim.metadata.isTerminating,
                    old.metadata.annotations[AnnotationKey.selectedNode]
                        == claim.metadata.annotations[AnnotationKey.selectedNode]
                {
                    return
                }
                queue.add(.claim(claim.key))
            }
        case .persistentVolume:
            let change = cluster.store.persistentVolumes.change(entry.index)
            if let reference = change.object.spec.claimRef {
                queue.add(.claim(ObjectKey(namespace: reference.namespace, name: reference.name)))
            }
            queue.add(.volume(change.object.key))
        default:
            for key in pending.sorted() { queue.add(.claim(key)) }
        }
    }

    mutating func observe(pod change: Change<Pod>, _ cluster: inout Cluster) {
        let pod = change.object
        if change.action == .modified, change.previous?.nodeName == pod.nodeName,
            change.previous?.isFinished == pod.isFinished
        {
            return
        }
        for volume in pod.spec.volumes {
            guard let name = volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral == nil ? nil : "\(pod.name)-\(volume.name)") else { continue }
            let claim = ObjectKey(namespace: pod.namespace, name: name)
            if change.action == .deleted || pod.isFinished {
                users[claim]?.remove(pod.key)
                if users[claim]?.isEmpty == true { users[claim] = nil }
            } else {
                users[claim, default: []].insert(pod.key)
            }
            queue.add(.claim(claim))
        }
    }

    mutating func reconcile(_ key: Key, _ cluster: inout Cluster) -> Requeue {
        switch key {
        case .claim(let key): return sync(claim: key, &cluster)
        case .volume(let key): return sync(volume: key, &cluster)
        case .provision(let key):
            finishProvisioning(key, &cluster)
            return .none
        }
    }

    // MARK: Claims

    private mutating func sync(claim key: ObjectKey, _ cluster: inout Cluster) -> Requeue {
        guard var claim = cluster.store.persistentVolumeClaims[key] else { return .none }
        if claim.metadata.isTerminating {
            // A claim goes when no pod on a node uses it any more; one without a node will not get the claim.
            if !(users[key] ?? []).contains(where: { cluster.store.pods[$0]?.nodeName.isEmpty == false }) {
                cluster.releaseFinalizer("kubernetes.io/pvc-protection", .persistentVolumeClaim, key)
            }
            return .none
        }
        let now = cluster.now
        let fallback =
            !claim.namesClass && claim.spec.volumeName.isEmpty
            ? cluster.store.defaultStorageClass?.name : nil
        if let changed = cluster.modify(
            PersistentVolumeClaim.self, key,
            { claim in
                if !claim.metadata.finalizers.contains("kubernetes.io/pvc-protection") {
                    claim.metadata.finalizers.append("kubernetes.io/pvc-protection")
                }
                if let fallback { claim.spec.storageClassName = fallback }
                if claim.status.phase.isEmpty { claim.status.phase = "Pending" }
            })
        {
            claim = changed
        }
        noteUse(of: claim, &cluster)
        if claim.status.phase == "Lost" { return .none }
        if !claim.spec.volumeName.isEmpty { return syncNamed(claim, &cluster) }

        let storageClass = cluster.store.storageClasses[ObjectKey(name: claim.className)]
        let waits = storageClass?.volumeBindingMode == "WaitForFirstConsumer"
        if let volume = cluster.store.volume(for: claim, onlyReserved: waits) {
            bind(claim, volume, &cluster)
            return .none
        }
        if waits, claim.metadata.annotations[AnnotationKey.selectedNode] == nil {
            tellWaiting(claim, &cluster)
            return .at(now + Self.resync)
        }
        if claim.className.isEmpty {
            cluster.record(
                "FailedBinding", "no persistent volumes available for this claim and no storage class is set",
                about: claim, source: source)
            return .at(now + Self.resync)
        }
        return provision(claim, storageClass, &cluster)
    }

    /// Tells on a bound claim since when no pod uses it that has not ended, placed or not.
    /// - Source: Kubernetes `pkg/controller/volume/pvcprotection/pvc_protection_controller.go`; `kubernetes-1.37.md` §5.4.
    private func noteUse(of claim: PersistentVolumeClaim, _ cluster: inout Cluster) {
        guard cluster.profile.isEnabled(.persistentVolumeClaimUnusedSinceTime), claim.status.phase == "Bound" else { return }
        let isUnused = users[claim.key]?.isEmpty ?? true
        if claim.status.conditions["Unused"]?.isTrue == isUnused { return }
        let now = cluster.now
        cluster.modify(PersistentVolumeClaim.self, claim.key) {
            $0.status.conditions.set(
                isUnused
                    ? Condition(type: "Unused", status: true, reason: "NoPodsUsingPVC", message: "No pods are currently referencing this PVC")
                    : Condition(type: "Unused", status: false, reason: "PodUsingPVC", message: "A pod is currently referencing this PVC"),
                now: now)
        }
    }

    /// A claim with a volume: whether the two still belong together.
    private func syncNamed(_ claim: PersistentVolumeClaim, _ cluster: inout Cluster) -> Requeue {
        let isComplete = claim.metadata.annotations[Self.bindCompleted] != nil
        guard let volume = cluster.store.persistentVolumes[ObjectKey(name: claim.spec.volumeName)] else {
            if isComplete {
                cluster.modify(PersistentVolumeClaim.self, claim.key) { $0.status.phase = "Lost" }
                cluster.record(
                    "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!",
                    about: claim,
                    warning: true, source: source)
                return .none
            }
            return .at(cluster.now + Self.resync)
        }
        if volume.spec.claimRef == nil || volume.isReserved(for: claim) {
            if !isComplete, let why = volume.mismatch(with: claim) {
                cluster.record(
                    "VolumeMismatch", "Cannot bind to requested volume \"\(volume.name)\": \(why)", about: claim,
                    warning: true, source: source)
                return .at(cluster.now + Self.resync)
            }
            bind(claim, volume, &cluster)
        } else if isComplete {
            cluster.modify(PersistentVolumeClaim.self, claim.key) { $0.status.phase = "Lost" }
            cluster.record(
                "ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly",
                about: claim,
                warning: true, source: source)
        } else {
            cluster.record(
                "FailedBinding", "volume \"\(volume.name)\" already bound to a different claim.",
                about: claim,
                warning: true, source: source)
            return .at(cluster.now + Self.resync)
        }
        return .none
    }

    /// Points claim and volume at each other.
    private func bind(_ claim: PersistentVolumeClaim, _ volume: PersistentVolume, _ cluster: inout Cluster) {
        var reference = ObjectReference(claim)
        reference.resourceVersion = ""
        cluster.modify(PersistentVolume.self, volume.key) { volume in
            if volume.spec.claimRef == nil { volume.metadata.annotations[Self.boundByController] = "yes" }
            if volume.spec.claimRef?.uid != reference.uid { volume.spec.claimRef = reference }
            volume.status.phase = "Bound"
        }
        cluster.modify(PersistentVolumeClaim.self, claim.key) { claim in
            if claim.spec.volumeName.isEmpty {
                claim.spec.volumeName = volume.name
                claim.metadata.annotations[Self.boundByController] = "yes"
            }
            claim.metadata.annotations[Self.bindCompleted] = "yes"
            claim.status.phase = "Bound"
            claim.status.accessModes = volume.spec.accessModes
            claim.status.capacity = volume.spec.capacity
        }
    }

    private func tellWaiting(_ claim: PersistentVolumeClaim, _ cluster: inout Cluster) {
        let pods = (users[claim.key] ?? []).sorted().filter {
            cluster.store.pods[$0]?.nodeName.isEmpty ?? false
        }
        .map(\.name)
        if pods.isEmpty {
            cluster.record(
                "WaitForFirstConsumer", "waiting for first consumer to be created before binding",
                about: claim,
                source: source)
        } else {
            let who = pods.count == 1 ? "pod \(pods[0])" : "pods \(pods.joined(separator: ","))"
            cluster.record(
                "WaitForPodScheduled", "waiting for \(who) to be scheduled", about: claim, source: source)
        }
    }

    // MARK: Making volumes

    private mutating func provision(
        _ claim: PersistentVolumeClaim, _ storageClass: StorageClass?, _ cluster: inout Cluster
    ) -> Requeue {
        func fail(_ message: String) -> Requeue {
            cluster.record("ProvisioningFailed", message, about: claim, warning: true, source: source)
            return .at(cluster.now + Self.resync)
        }
        guard let storageClass else {
            return fail("storageclass.storage.k8s.io \"\(claim.className)\" not found")
        }
        if storageClass.provisioner == "kubernetes.io/no-provisioner" {
            return fail("no volume plugin matched name: kubernetes.io/no-provisioner")
        }
        if storageClass.isNodeLocal, claim.metadata.annotations[AnnotationKey.selectedNode] == nil {
            return fail("failed to provision volume with StorageClass \"\(storageClass.name)\": configuration error, no node was specified")
        }
        if claim.spec.accessModes.contains("ReadWriteOncePod") {
            let unsupported = "failed to provision volume with StorageClass \"\(storageClass.name)\": unsupported access mode: ReadWriteOncePod"
            // Differs from Kubernetes: plugins that are no CSI drivers do not know the mode; here that is said at once.
            if storageClass.provisioner.contains("/") {
                return fail(unsupported + " (\(storageClass.provisioner) is no CSI driver)")
            }
            if let version = cluster.store.csiDrivers[ObjectKey(name: storageClass.provisioner)]?.outdated(.provisioner) {
                return fail(unsupported + " (csi-provisioner \(version); \(CSISidecar.provisioner.required) is the first to know it)")
            }
        }
        if provisioning[claim.key] == claim.metadata.uid { return .none }
        let driver = storageClass.provisioner
        cluster.modify(PersistentVolumeClaim.self, claim.key) { claim in
            claim.metadata.annotations["volume.kubernetes.io/storage-provisioner"] = driver
            claim.metadata.annotations["volume.beta.kubernetes.io/storage-provisioner"] = driver
        }
        cluster.record(
            "ExternalProvisioning",
            cluster.profile.externalProvisioningMessage(driver: driver), about: claim, source: source)
        cluster.record(
            "Provisioning", "External provisioner is provisioning volume for claim \"\(claim.key)\"",
            about: claim,
            source: EventSource(driver))
        provisioning[claim.key] = claim.metadata.uid
        queue.add(.provision(claim.key), at: cluster.now + Self.provisionLatency)
        return .none
    }

    private mutating func finishProvisioning(_ key: ObjectKey, _ cluster: inout Cluster) {
        guard let uid = provisioning.removeValue(forKey: key),
            let claim = cluster.store.persistentVolumeClaims[key],
            claim.metadata.uid == uid, claim.spec.volumeName.isEmpty, !claim.metadata.isTerminating,
            let storageClass = cluster.store.storageClasses[ObjectKey(name: claim.className)]
        else { return }
        var volume = PersistentVolume()
        volume.metadata.name = "pvc-\(uid)"
        volume.metadata.annotations = [AnnotationKey.provisionedBy: storageClass.provisioner]
        volume.metadata.finalizers = ["kubernetes.io/pv-protection"]
        volume.spec.capacity = ["storage": claim.requested]
        volume.spec.accessModes = claim.spec.accessModes
        volume.spec.claimRef = ObjectReference(claim)
        volume.spec.persistentVolumeReclaimPolicy = storageClass.reclaimPolicy ?? "Delete"
        volume.spec.storageClassName = storageClass.name
        volume.spec.mountOptions = storageClass.mountOptions
        volume.spec.volumeMode = claim.mode
        if let driver = storageClass.csiDriverName {
            volume.spec.csi = CSIPersistentVolumeSource()
            volume.spec.csi?.driver = driver
            volume.spec.csi?.volumeHandle = volume.metadata.name
        } else {
            volume.spec.hostPath = ["path": .string("/var/lib/volumes/\(volume.metadata.name)"), "type": ""]
        }
        if let name = claim.metadata.annotations[AnnotationKey.selectedNode],
            let node = cluster.store.nodes[ObjectKey(name: name)],
            let place = storageClass.place(ofVolumeMadeFor: node)
        {
            var term = NodeSelectorTerm()
            term.matchExpressions = [SelectorRequirement(place.label, "In", [place.value])]
            var required = NodeSelector()
            required.nodeSelectorTerms = [term]
            volume.spec.nodeAffinity = VolumeNodeAffinity()
            volume.spec.nodeAffinity?.required = required
        }
        let driver = EventSource(storageClass.provisioner)
        do throws(APIError) {
            let made = try cluster.create(volume)
            cluster.record(
                "ProvisioningSucceeded", "Successfully provisioned volume \(made.name)", about: claim,
                source: driver)
        } catch {
            cluster.record("ProvisioningFailed", error.message, about: claim, warning: true, source: driver)
        }
    }

    // MARK: Volumes

    private mutating func sync(volume key: ObjectKey, _ cluster: inout Cluster) -> Requeue {
        guard let volume = cluster.store.persistentVolumes[key] else { return .none }
        if volume.metadata.isTerminating {
            if volume.status.phase != "Bound" || !isClaimed(volume, cluster) {
                cluster.releaseFinalizer("kubernetes.io/pv-protection", .persistentVolume, key)
            }
            return .none
        }
        func setPhase(_ phase: String) {
            let now = cluster.now
            cluster.modify(PersistentVolume.self, key) { volume in
                if volume.status.phase == phase { return }
                volume.status.phase = phase
                volume.status.lastPhaseTransitionTime = now
            }
        }
        guard let reference = volume.spec.claimRef, !reference.uid.isEmpty else {
            setPhase("Available")
            // Somebody may wait for such a volume.
            if volume.status.phase != "Available" { for key in pending.sorted() { queue.add(.claim(key)) } }
            return .none
        }
        if isClaimed(volume, cluster) {
            let claim = ObjectKey(namespace: reference.namespace, name: reference.name)
            if cluster.store.persistentVolumeClaims[claim]?.spec.volumeName == volume.name {
                setPhase("Bound")
            } else {
                queue.add(.claim(claim))
            }
            return .none
        }
        setPhase("Released")
        if volume.spec.persistentVolumeReclaimPolicy == "Delete" {
            if volume.metadata.annotations[AnnotationKey.provisionedBy] != nil {
                return deleteWhenDetached(volume, &cluster)
            } else {
                setPhase("Failed")
                cluster.record(
                    "VolumeFailedDelete", "no deletable volume plugin matched", about: volume, warning: true,
                    source: source)
            }
        }
        return .none
    }

    /// Deletes the volume with its data, once it is attached nowhere.
    /// - Source: kubernetes-csi `external-provisioner/pkg/controller/controller.go`, `canDeleteVolume`.
    private mutating func deleteWhenDetached(_ volume: PersistentVolume, _ cluster: inout Cluster) -> Requeue {
        if let waits = deletions[volume.key], cluster.now < waits.at { return .at(waits.at) }
        guard let attachment = cluster.store.attachments(ofVolume: volume.name).first else {
            deletions[volume.key] = nil
            _ = try? cluster.delete(PersistentVolume.self, volume.key)
            return .none
        }
        cluster.record(
            "VolumeFailedDelete", "persistentvolume \(volume.name) is still attached to node \(attachment.spec.nodeName)",
            about: volume, warning: true, source: EventSource(volume.spec.csi?.driver ?? source.component))
        let delay = min(deletions[volume.key].map { $0.delay * 2 } ?? Self.deleteRetry, .minutes(5))
        deletions[volume.key] = (cluster.now + delay, delay)
        return .at(cluster.now + delay)
    }

    /// Whether the claim that the volume names is there.
    private func isClaimed(_ volume: PersistentVolume, _ cluster: Cluster) -> Bool {
        guard let reference = volume.spec.claimRef else { return false }
        let claim = cluster.store.persistentVolumeClaims[
            ObjectKey(namespace: reference.namespace, name: reference.name)]
        return claim?.metadata.uid == reference.uid
    }
}
