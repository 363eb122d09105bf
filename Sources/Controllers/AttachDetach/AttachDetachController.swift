import ControlPlane
import KubernetesAPI
import SimulationKit

/// Attaches volumes to the nodes whose pods use them, and detaches them afterwards.
///
/// It also plays the CSI attacher of every driver: a VolumeAttachment is attached after ``attachLatency`` and gone
/// ``detachLatency`` after its deletion.
/// - Source: Kubernetes `pkg/controller/volume/attachdetach/{attach_detach_controller,reconciler/reconciler}.go`.
struct AttachDetachController: Controller {
    enum Key: Hashable, Sendable {
        case volume(String)
        case attached(VolumeOnNode)
        case published(VolumeOnNode)
        case detached(VolumeOnNode)
        case driver(String)
    }

    /// A volume and a node, by their names.
    struct VolumeOnNode: Hashable, Sendable, Comparable {
        var volume: String
        var node: String
        static func < (a: Self, b: Self) -> Bool { (a.volume, a.node) < (b.volume, b.node) }
        /// The name of a VolumeAttachment that is made here: of the form `csi-` and 64 hexadecimal digits.
        var newAttachment: ObjectKey {
            let digits = (0..<4).map { part in
                let text = String(StableHash.fnv1a64("\(part) \(volume) \(node)"), radix: 16)
                return String(repeating: "0", count: 16 - text.count) + text
            }
            return ObjectKey(name: "csi-" + digits.joined())
        }
    }

    static let queueName = "attachdetach"
    static let watches: [Kind] = [.pod, .node, .persistentVolume, .persistentVolumeClaim, .volumeAttachment, .csiDriver]
    var queue = WorkQueue<Key>()
    private let source = EventSource("attachdetach-controller")

    /// How often it compares what is wanted with what is.
    static let period = Duration.milliseconds(100)
    /// *Model*.
    static let attachLatency = Duration.seconds(3)
    /// *Model*.
    static let detachLatency = Duration.seconds(2)
    /// How long it waits for a node that has fallen silent to unmount a volume.
    static let maxWaitForUnmount = Duration.minutes(6)

    /// Pods that stand on a node and have not ended, by the claims they name, with their node.
    private var users: [ObjectKey: [ObjectKey: String]] = [:]
    /// The volume of each claim that has one, kept as long as the volume is there.
    private var volumeOfClaim: [ObjectKey: String] = [:]
    /// Every VolumeAttachment: those of a state that was opened have names of their own.
    private var attachments: [VolumeOnNode: ObjectKey] = [:]
    /// What is being attached or detached here.
    private var underway: Set<VolumeOnNode> = []
    /// The nodes with an attachment of each volume.
    private var nodesOfVolume: [String: Set<String>] = [:]
    private var volumesOfNode: [String: Set<String>] = [:]
    /// Since when a volume is to leave a node.
    private var leaving: [VolumeOnNode: Instant] = [:]
    /// Where it was told already that the volume is elsewhere.
    private var toldElsewhere: Set<VolumeOnNode> = []
    private var failures: [VolumeOnNode: Int] = [:]
    private var drivers: Set<String> = []

    // MARK: What it hears

    mutating func observe(pod change: Change<Pod>, _ cluster: inout Cluster) {
        let pod = change.object
        guard pod.spec.volumes.contains(where: { $0.persistentVolumeClaim != nil || $0.ephemeral != nil }) else { return }
        let isUser = change.action != .deleted && !pod.nodeName.isEmpty && !Self.hasEnded(pod)
        for volume in pod.spec.volumes {
            guard let name = volume.claimName(of: pod.name) else { continue }
            let claim = ObjectKey(namespace: pod.namespace, name: name)
            if (users[claim]?[pod.key] != nil) == isUser { continue }
            users[claim, default: [:]][pod.key] = isUser ? pod.nodeName : nil
            if users[claim]!.isEmpty { users[claim] = nil }
            lookAt(claim: claim, cluster)
        }
    }

    /// Whether none of the pod's containers runs any more.
    /// - Source: Kubernetes `pkg/volume/util/util.go`, `IsPodTerminated`.
    private static func hasEnded(_ pod: Pod) -> Bool {
        if pod.isFinished { return true }
        guard pod.metadata.isTerminating, !pod.status.containerStatuses.isEmpty else { return false }
        return pod.status.containerStatuses.allSatisfy { $0.state.running == nil && $0.state.waiting == nil }
    }

    mutating func observe(node change: Change<Node>, _ cluster: inout Cluster) {
        let name = change.object.name
        if change.action == .added, !drivers.isEmpty {
            for driver in drivers.sorted() { queue.add(.driver(driver)) }
        }
        guard let volumes = volumesOfNode[name] else { return }
        if let old = change.previous, change.action == .modified, old.status.volumesInUse == change.object.status.volumesInUse,
            old.isReady == change.object.isReady, old.spec.taints == change.object.spec.taints
        {
            return
        }
        for volume in volumes.sorted() { lookAt(volume, cluster) }
    }

    mutating func observe(_ entry: LogEntry, _ cluster: inout Cluster) {
        switch entry.kind {
        case .persistentVolumeClaim:
            let claim = cluster.store.persistentVolumeClaims.change(entry.index).object
            guard !claim.spec.volumeName.isEmpty, volumeOfClaim[claim.key] != claim.spec.volumeName else { return }
            volumeOfClaim[claim.key] = claim.spec.volumeName
            lookAt(claim: claim.key, cluster)
        case .persistentVolume:
            let change = cluster.store.persistentVolumes.change(entry.index)
            if change.action == .deleted, let claim = change.object.spec.claimRef {
                let key = ObjectKey(namespace: claim.namespace, name: claim.name)
                if volumeOfClaim[key] == change.object.name { volumeOfClaim[key] = nil }
            }
            lookAt(change.object.name, cluster)
        case .volumeAttachment:
            let change = cluster.store.volumeAttachments.change(entry.index)
            guard let volume = change.object.spec.source.persistentVolumeName else { return }
            let node = change.object.spec.nodeName
            let place = VolumeOnNode(volume: volume, node: node)
            if change.action == .deleted {
                guard attachments[place] == change.object.key else { return }
                attachments[place] = nil
                underway.remove(place)
                nodesOfVolume[volume]?.remove(node)
                volumesOfNode[node]?.remove(volume)
                if nodesOfVolume[volume]?.isEmpty == true { nodesOfVolume[volume] = nil }
                if volumesOfNode[node]?.isEmpty == true { volumesOfNode[node] = nil }
            } else {
                attachments[place] = change.object.key
                nodesOfVolume[volume, default: []].insert(node)
                volumesOfNode[node, default: []].insert(volume)
                goOn(place, change.object, cluster)
            }
            lookAt(volume, cluster)
        case .csiDriver:
            let name = cluster.store.csiDrivers.change(entry.index).object.name
            drivers.insert(name)
            queue.add(.driver(name))
        default: break
        }
    }

    /// What a state that was opened is in the middle of comes to its end.
    private mutating func goOn(_ place: VolumeOnNode, _ attachment: VolumeAttachment, _ cluster: Cluster) {
        let isLeaving = attachment.metadata.isTerminating
        guard isLeaving || !attachment.status.attached, underway.insert(place).inserted else { return }
        if isLeaving {
            queue.add(.detached(place), at: cluster.now + Self.detachLatency)
        } else {
            queue.add(.attached(place), at: cluster.now + Self.attachLatency)
        }
    }

    private mutating func lookAt(claim: ObjectKey, _ cluster: Cluster) {
        if let volume = volumeOfClaim[claim] { lookAt(volume, cluster) }
    }

    /// The volume is looked at when the controller next compares.
    private mutating func lookAt(_ volume: String, _ cluster: Cluster) {
        let period = Self.period.nanoseconds
        let passes = (cluster.now.sinceStart.nanoseconds + period - 1) / period
        queue.add(.volume(volume), at: .start + Duration(nanoseconds: passes * period))
    }

    // MARK: What it does

    mutating func reconcile(_ key: Key, _ cluster: inout Cluster) -> Requeue {
        switch key {
        case .volume(let name): return sync(name, &cluster)
        case .attached(let place): finishAttach(place, &cluster)
        case .published(let place): publish(place, isAttached: true, &cluster)
        case .detached(let place):
            guard let attachment = attachment(place, cluster) else { break }
            for finalizer in attachment.metadata.finalizers { cluster.releaseFinalizer(finalizer, .volumeAttachment, attachment.key) }
        case .driver(let name): register(driver: name, &cluster)
        }
        return .none
    }

    private func attachment(_ place: VolumeOnNode, _ cluster: Cluster) -> VolumeAttachment? {
        cluster.store.volumeAttachments[attachments[place] ?? place.newAttachment]
    }

    private mutating func sync(_ name: String, _ cluster: inout Cluster) -> Requeue {
        let attached = (nodesOfVolume[name] ?? []).sorted()
        let volume = cluster.store.persistentVolumes[ObjectKey(name: name)]
        var wanted: [String: [ObjectKey]] = [:]
        let isAttachable = volume?.isAttached(with: volume?.spec.csi.flatMap { cluster.store.csiDrivers[ObjectKey(name: $0.driver)] }) ?? false
        if isAttachable, let claim = volume?.spec.claimRef {
            let key = ObjectKey(namespace: claim.namespace, name: claim.name)
            // A state that was opened may hold volumes and pods, but no claims.
            if volumeOfClaim[key] == name || cluster.store.persistentVolumeClaims[key] == nil {
                for (pod, node) in (users[key] ?? [:]).sorted(by: { $0.key < $1.key }) { wanted[node, default: []].append(pod) }
            }
        }
        var again = Requeue.none
        for node in attached {
            let place = VolumeOnNode(volume: name, node: node)
            if wanted[node] != nil {
                leaving[place] = nil
            } else if isAttachable || attachments[place] == place.newAttachment {
                // One that was opened without its volume stays: who knows what uses it.
                again = again.sooner(detach(place, volume, &cluster))
            }
        }
        guard let volume else { return again }
        // What one pass attaches counts for the nodes after it.
        var holders = attached
        for node in wanted.keys.sorted() where !attached.contains(node) {
            let place = VolumeOnNode(volume: name, node: node)
            again = again.sooner(attach(place, volume, wanted[node]!, holders, &cluster))
            if self.attachment(place, cluster) != nil { holders.append(node) }
        }
        return again
    }

    // MARK: Attaching

    private mutating func attach(
        _ place: VolumeOnNode, _ volume: PersistentVolume, _ pods: [ObjectKey], _ attached: [String], _ cluster: inout Cluster
    ) -> Requeue {
        guard cluster.store.nodes[ObjectKey(name: place.node)] != nil else { return .none }
        if !volume.allowsMultiAttach, !attached.isEmpty {
            // Told once for a volume and node, until it could be attached.
            if toldElsewhere.insert(place).inserted { tellElsewhere(place, volume, pods, &cluster) }
            return .none
        }
        let driver = volume.spec.csi?.driver ?? ""
        if volume.isForOnePod, let version = cluster.store.csiDrivers[ObjectKey(name: driver)]?.outdated(.attacher) {
            return fail(
                place, pods,
                "unsupported access mode: ReadWriteOncePod (csi-attacher \(version); \(CSISidecar.attacher.required) is the first to know it)",
                &cluster)
        }
        var attachment = VolumeAttachment()
        attachment.metadata.name = place.newAttachment.name
        attachment.metadata.finalizers = ["external-attacher/" + String(driver.map { $0.isLetter || $0.isNumber ? $0 : "-" })]
        attachment.spec.attacher = driver
        attachment.spec.nodeName = place.node
        attachment.spec.source.persistentVolumeName = volume.name
        guard (try? cluster.create(attachment)) != nil else { return .none }
        underway.insert(place)
        queue.add(.attached(place), at: cluster.now + Self.attachLatency)
        return .none
    }

    private mutating func finishAttach(_ place: VolumeOnNode, _ cluster: inout Cluster) {
        underway.remove(place)
        let written = cluster.modify(VolumeAttachment.self, attachments[place] ?? place.newAttachment) { $0.status.attached = true }
        guard written != nil else { return }
        toldElsewhere.remove(place)
        failures[place] = nil
        queue.add(.published(place), at: cluster.now + Self.period)
        for pod in pods(place, cluster) {
            cluster.record(
                "SuccessfulAttachVolume", "AttachVolume.Attach succeeded for volume \"\(place.volume)\" ", about: pod,
                source: source)
        }
    }

    /// The pods on the node that use the volume.
    private func pods(_ place: VolumeOnNode, _ cluster: Cluster) -> [Pod] {
        guard let claim = cluster.store.persistentVolumes[ObjectKey(name: place.volume)]?.spec.claimRef else { return [] }
        let users = users[ObjectKey(namespace: claim.namespace, name: claim.name)] ?? [:]
        return users.filter { $0.value == place.node }.keys.sorted().compactMap { cluster.store.pods[$0] }
    }

    private mutating func fail(_ place: VolumeOnNode, _ pods: [ObjectKey], _ why: String, _ cluster: inout Cluster) -> Requeue {
        for pod in pods.compactMap({ cluster.store.pods[$0] }) {
            cluster.record(
                EventReason.failedAttachVolume, "AttachVolume.Attach failed for volume \"\(place.volume)\" : \(why)", about: pod,
                warning: true, source: source)
        }
        let failed = failures[place, default: 0]
        failures[place] = failed + 1
        return .at(cluster.now + min(.milliseconds(500) * (1 << min(failed, 12)), .seconds(122)))
    }

    /// Why pods on this node do not get a volume that is on another.
    /// - Source: Kubernetes `reconciler.go`, `reportMultiAttachError`.
    private func tellElsewhere(_ place: VolumeOnNode, _ volume: PersistentVolume, _ pods: [ObjectKey], _ cluster: inout Cluster) {
        let claim = volume.spec.claimRef.map { ObjectKey(namespace: $0.namespace, name: $0.name) }
        let others = (claim.flatMap { users[$0] } ?? [:]).filter { $0.value != place.node }.keys.sorted()
        // A claim's pods are of one namespace, so that none is ever in a different one.
        let why =
            others.isEmpty
            ? "Volume is already exclusively attached to one node and can't be attached to another"
            : "Volume is already used by pod(s) \(others.map(\.name).joined(separator: ", "))"
        for pod in pods.compactMap({ cluster.store.pods[$0] }) {
            cluster.record(
                EventReason.failedAttachVolume, "Multi-Attach error for volume \"\(volume.name)\" \(why)", about: pod, warning: true,
                source: source)
        }
    }

    // MARK: Detaching

    private mutating func detach(_ place: VolumeOnNode, _ volume: PersistentVolume?, _ cluster: inout Cluster) -> Requeue {
        guard let attachment = attachment(place, cluster), !attachment.metadata.isTerminating, attachment.status.attached else { return .none }
        let since = leaving[place] ?? cluster.now
        leaving[place] = since
        if let node = cluster.store.nodes[ObjectKey(name: place.node)], let volume,
            node.status.volumesInUse.contains(volume.uniqueName), !isOutOfService(node, cluster)
        {
            // A healthy node unmounts first; one that has fallen silent gets its time to.
            if node.isReady { return .none }
            let end = since + Self.maxWaitForUnmount
            if cluster.now < end { return .at(end) }
        }
        leaving[place] = nil
        publish(place, isAttached: false, &cluster)
        _ = try? cluster.delete(VolumeAttachment.self, attachment.key)
        underway.insert(place)
        queue.add(.detached(place), at: cluster.now + Self.detachLatency)
        return .none
    }

    private func isOutOfService(_ node: Node, _ cluster: Cluster) -> Bool {
        cluster.profile.isEnabled(.nodeOutOfServiceVolumeDetach)
            && node.spec.taints.contains { $0.key == "node.kubernetes.io/out-of-service" }
    }

    /// Tells the kubelet by its node's status.
    private func publish(_ place: VolumeOnNode, isAttached: Bool, _ cluster: inout Cluster) {
        guard let volume = cluster.store.persistentVolumes[ObjectKey(name: place.volume)] else { return }
        let name = volume.uniqueName
        cluster.modify(Node.self, ObjectKey(name: place.node)) { node in
            var volumes = node.status.volumesAttached.filter { $0.name != name }
            if isAttached {
                var entry = AttachedVolume()
                entry.name = name
                volumes.append(entry)
                volumes.sort { $0.name < $1.name }
            }
            node.status.volumesAttached = volumes
        }
    }

    // MARK: Drivers

    /// Every node has every driver: what the drivers' node parts would tell their kubelets.
    private func register(driver name: String, _ cluster: inout Cluster) {
        let driver = cluster.store.csiDrivers[ObjectKey(name: name)]
        var entry: CSINodeDriver?
        if let driver {
            var made = CSINodeDriver()
            made.name = name
            made.topologyKeys = [LabelKey.zone]
            if let limit = driver.metadata.annotations[CSIDriver.volumesPerNode].flatMap({ Int($0) }) {
                made.allocatable = VolumeNodeResources()
                made.allocatable?.count = limit
            }
            entry = made
        }
        for node in cluster.store.nodes.rows.compactMap({ $0?.name }) {
            let key = ObjectKey(name: node)
            entry?.nodeID = node
            guard let present = cluster.store.csiNodes[key] else {
                guard let entry else { continue }
                var object = CSINode()
                object.metadata.name = node
                object.spec.drivers = [entry]
                _ = try? cluster.create(object)
                continue
            }
            // What the files say about a node is not written over.
            if let entry, !present.spec.drivers.contains(where: { $0.name == name }) {
                cluster.modify(CSINode.self, key) { $0.spec.drivers.append(entry) }
            }
        }
    }
}

extension Volume {
    /// The name of the claim behind the volume in the pod `pod`; nil if there is none.
    func claimName(of pod: String) -> String? {
        persistentVolumeClaim?.claimName ?? (ephemeral == nil ? nil : "\(pod)-\(name)")
    }
}
