import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit

/// Storage as users ask about it: which claim has which volume, where that is attached, who has it mounted, who waits
/// for it and why.
///
/// Pods are indexed by the claims they name; a story is made when it is asked for, so that a refresh costs what changed.
///
/// ```swift
/// var view = VolumeView()
/// view.refresh(simulation.cluster, generation: 0)
/// let story = view.story(of: claim, in: simulation)
/// ```
public struct VolumeView: Sendable {
    /// Where a volume is, or is on its way to.
    public struct Place: Sendable, Equatable {
        public enum State: String, Sendable { case attaching, attached, detaching }
        public var node: String
        public var state: State
        /// Since when there is a VolumeAttachment.
        public var since: Instant?
    }
    /// A pod that names the claim.
    public struct User: Sendable, Equatable {
        public enum State: String, Sendable {
            /// It has no node.
            case pending
            /// The volume is not on its node yet.
            case attaching
            /// It is being staged and published.
            case mounting
            case mounted
            /// The volume is kept from it: it is elsewhere, or somebody else's.
            case refused
        }
        public var pod: ObjectKey
        /// Empty for pending ones.
        public var node: String
        public var state: State
        public var since: Instant?
        public var isTerminating: Bool
        /// Why it has no volume, in the words of the API's newest condition or event; empty for holders.
        public var why: String
    }
    /// One claim, or one volume without a claim.
    public struct Story: Sendable, Equatable {
        public var claim: ObjectKey?
        public var volume: String?
        public var places: [Place]
        public var users: [User]
        /// Why the claim has no volume, in the words of the newest event; empty if it has one.
        public var why: String

        /// One about something that is gone, if nothing is said.
        public init(claim: ObjectKey? = nil, volume: String? = nil, places: [Place] = [], users: [User] = [], why: String = "") {
            (self.claim, self.volume, self.places, self.users, self.why) = (claim, volume, places, users, why)
        }
    }

    /// Pods that have not ended, by the claims they name.
    private var users: [ObjectKey: Set<ObjectKey>] = [:]
    /// Attachments by the volumes they are of.
    private var attachments: [String: Set<ObjectKey>] = [:]
    /// Raised when pods come to claims or leave them, and when a claim, volume or attachment is written: which rows there are may be another.
    public private(set) var version = 0
    private var cursor = WatchCursor.beginning
    private var generation: Int?

    public init() {}

    /// Brings the index up to date; reads everything anew if `generation` is another than last time.
    public mutating func refresh(_ cluster: Cluster, generation: Int) {
        // The feed forgets what all components have read: then some changes may have been missed.
        if generation == self.generation, cluster.store.holds(cursor) {
            while let entry = cluster.store.next(&cursor, until: .distantFuture) {
                switch entry.kind {
                case .pod:
                    let change = cluster.store.pods.change(entry.index)
                    read(change.object, isGone: change.action == .deleted)
                case .volumeAttachment:
                    let change = cluster.store.volumeAttachments.change(entry.index)
                    read(change.object, isGone: change.action == .deleted)
                    version += 1
                case .persistentVolume, .persistentVolumeClaim: version += 1
                default: break
                }
            }
            return
        }
        let version = version
        self = VolumeView()
        (self.generation, self.version) = (generation, version + 1)
        cursor = cluster.store.end
        for case let pod? in cluster.store.pods.rows { read(pod, isGone: false) }
        for case let attachment? in cluster.store.volumeAttachments.rows { read(attachment, isGone: false) }
    }

    private mutating func read(_ attachment: VolumeAttachment, isGone: Bool) {
        let volume = attachment.spec.source.persistentVolumeName ?? ""
        if isGone {
            attachments[volume]?.remove(attachment.key)
            if attachments[volume]?.isEmpty == true { attachments[volume] = nil }
        } else {
            attachments[volume, default: []].insert(attachment.key)
        }
    }

    private mutating func read(_ pod: Pod, isGone: Bool) {
        for volume in pod.spec.volumes {
            guard let name = volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral == nil ? nil : "\(pod.name)-\(volume.name)")
            else { continue }
            let claim = ObjectKey(namespace: pod.namespace, name: name)
            if isGone || pod.isFinished {
                if users[claim]?.remove(pod.key) != nil { version += 1 }
                if users[claim]?.isEmpty == true { users[claim] = nil }
            } else if users[claim, default: []].insert(pod.key).inserted {
                version += 1
            }
        }
    }

    /// The pods that name the claim and have not ended, by name.
    public func pods(of claim: ObjectKey) -> [ObjectKey] { (users[claim] ?? []).sorted() }

    // MARK: Stories

    /// All about one claim.
    public func story(of claim: PersistentVolumeClaim, in simulation: Simulation) -> Story {
        let cluster = simulation.cluster
        let volume = cluster.store.persistentVolumes[ObjectKey(name: claim.spec.volumeName)]
        let isBound = claim.status.phase == "Bound"
        return Story(
            claim: claim.key, volume: volume?.name, places: volume.map { places(of: $0, cluster) } ?? [],
            users: pods(of: claim.key).compactMap { cluster.store.pods[$0] }.map { user($0, volume, claim, simulation) },
            why: isBound ? "" : Self.newest(about: "PersistentVolumeClaim", claim.key, in: cluster) { _ in true })
    }

    /// All about a volume that no claim has.
    public func story(of volume: PersistentVolume, in simulation: Simulation) -> Story {
        let reference = volume.spec.claimRef.map { "\($0.namespace)/\($0.name)" }
        let why =
            switch volume.status.phase {
            case "Released": "the claim \(reference ?? "") is gone; nobody can bind it until spec.claimRef.uid is cleared"
            case "Available": reference.map { "reserved for the claim \($0)" } ?? ""
            default: volume.status.message
            }
        return Story(claim: nil, volume: volume.name, places: places(of: volume, simulation.cluster), users: [], why: why)
    }

    private func places(of volume: PersistentVolume, _ cluster: Cluster) -> [Place] {
        var places: [Place] = []
        for attachment in (attachments[volume.name] ?? []).compactMap({ cluster.store.volumeAttachments[$0] }) {
            places.append(
                Place(
                    node: attachment.spec.nodeName,
                    state: attachment.metadata.isTerminating ? .detaching : attachment.status.attached ? .attached : .attaching,
                    since: attachment.metadata.deletionTimestamp ?? attachment.metadata.creationTimestamp))
        }
        return places.sorted { $0.node < $1.node }
    }

    private func user(
        _ pod: Pod, _ volume: PersistentVolume?, _ claim: PersistentVolumeClaim, _ simulation: Simulation
    ) -> User {
        let cluster = simulation.cluster
        var user = User(
            pod: pod.key, node: pod.nodeName, state: .pending, since: pod.metadata.creationTimestamp,
            isTerminating: pod.metadata.isTerminating, why: "")
        guard !pod.nodeName.isEmpty else {
            user.why = pod.status.conditions[ConditionType.podScheduled]?.message ?? ""
            return user
        }
        user.since = pod.status.conditions[ConditionType.podScheduled]?.lastTransitionTime ?? user.since
        if let volume, let mounted = simulation.kubelets.mount(of: volume.name, for: pod.metadata.uid, on: pod.nodeName) {
            user.state = mounted <= cluster.now ? .mounted : .mounting
            user.since = mounted <= cluster.now ? mounted : user.since
            return user
        }
        let refusals = [EventReason.failedAttachVolume, EventReason.failedMount, "FailedMapVolume"]
        user.why = Self.newest(about: "Pod", pod.key, in: cluster) { refusals.contains($0) }
        user.state = user.why.isEmpty ? .attaching : .refused
        guard user.why.isEmpty else { return user }
        if claim.status.phase != "Bound" {
            user.why = "the claim has no volume yet"
        } else if let volume {
            let node = cluster.store.nodes[ObjectKey(name: pod.nodeName)]
            let isAttached = node?.status.volumesAttached.contains { $0.name == volume.uniqueName } ?? false
            user.why =
                isAttached
                ? "attached; the kubelet looks for it after its next report of volumes in use" : "waits for the volume to be attached to \(pod.nodeName)"
        }
        return user
    }

    /// The message of the newest event about an object whose reason is wanted, if it is still kept.
    private static func newest(about kind: String, _ key: ObjectKey, in cluster: Cluster, _ isWanted: (String) -> Bool) -> String {
        let last = cluster.eventLog.events.last { $0.object == key && $0.kind == kind && isWanted($0.reason) }
        return last.map { event in
            // Events of attaching end in a blank.
            var text = Substring(event.message)
            while text.last == " " { text.removeLast() }
            return String(text)
        } ?? ""
    }
}
