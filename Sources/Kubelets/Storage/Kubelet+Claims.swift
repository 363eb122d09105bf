// Volumes that come from claims: attached, mounted and released on a node.

import ControlPlane
import KubernetesAPI
import SimulationKit

/// The persistent volumes of one node, as its kubelet's volume manager knows them.
struct NodeVolumes: Sendable {
    /// Unique names of attachable volumes that pods want or still have, sorted: what the node's status reports.
    private(set) var inUse: [String] = []
    /// Those that the API server was told of.
    var reported: Set<String> = []
    /// Pods that wait for the API server to be told.
    var waitingForReport: [PodReference] = []
    /// What is known of a volume that is on the node, by its name.
    var states: [String: State] = [:]

    struct State: Sendable {
        /// Identities of the pods that want it, mounted or not.
        var claimants: [String] = []
        /// The pods that it is mounted for, or being mounted, in order.
        var mounts: [Mount] = []
        var isStaged = false
        /// One operation on a volume at a time.
        var busyUntil = Instant.start
        /// Empty if the volume is not attachable.
        var uniqueName = ""
        var isFree: Bool { claimants.isEmpty && mounts.isEmpty }
        func mount(for pod: String) -> Mount? { mounts.first { $0.pod == pod } }
    }
    struct Mount: Sendable {
        /// The pod's identity.
        var pod: String
        /// When the volume is, or was, published to it.
        var at: Instant
    }

    /// Returns whether it is new.
    mutating func use(_ name: String) -> Bool {
        let place = inUse.firstIndex { $0 >= name } ?? inUse.count
        if place < inUse.count, inUse[place] == name { return false }
        inUse.insert(name, at: place)
        return true
    }
    mutating func release(_ name: String) { inUse.removeAll { $0 == name } }

    /// What the node's status reports in use is known to the API server.
    mutating func takeOver(_ names: [String]) {
        for name in names { _ = use(name) }
        reported = Set(names)
    }
    /// The volume has been mounted for a pod.
    mutating func takeOver(_ volume: String, uniqueName: String, pod: String, at time: Instant) {
        var state = states[volume] ?? State()
        state.claimants.append(pod)
        state.mounts.append(Mount(pod: pod, at: time))
        state.isStaged = true
        state.uniqueName = uniqueName
        states[volume] = state
        if !uniqueName.isEmpty, use(uniqueName) { reported.insert(uniqueName) }
    }
}

// Volumes of claims on a node: reported in use, found attached, staged once, published to each pod, and back.
// - Source: Kubernetes `pkg/kubelet/volumemanager/reconciler`, `pkg/volume/util/operationexecutor/operation_generator.go`.
extension Kubelet {
    /// How far a volume of a claim has come.
    enum ClaimMount {
        /// It is, or will be, mounted at this moment.
        case mounted(Instant)
        /// Until the node's status reports the volume in use.
        case waitsForReport
        /// The node's status does not say that it is attached: tried again without a word.
        case isNotAttached
        case fails(reason: String, message: String)
    }

    /// Tries to mount the volume of a bound claim.
    mutating func mount(
        _ claim: PersistentVolumeClaim, _ worker: inout PodWorker, _ host: inout KubeletHost, _ cluster: inout Cluster
    ) -> ClaimMount {
        let now = cluster.now
        guard let volume = cluster.store.persistentVolumes[ObjectKey(name: claim.spec.volumeName)] else {
            // Its claim says that it is bound; whatever stands behind it needs no more than to be mounted.
            return .mounted(now + host.latencies.stageVolume + host.latencies.publishVolume)
        }
        var state = volumes.states[volume.name] ?? .init()
        defer { volumes.states[volume.name] = state }
        // Mounted in an earlier try, that another volume of the pod held up.
        if let mount = state.mount(for: worker.uid) { return .mounted(max(now, mount.at)) }
        if !state.claimants.contains(worker.uid) { state.claimants.append(worker.uid) }
        let driver = volume.spec.csi.flatMap { cluster.store.csiDrivers[ObjectKey(name: $0.driver)] }
        if volume.isAttached(with: driver) {
            state.uniqueName = volume.uniqueName
            if volumes.use(volume.uniqueName) { host.reportDue[index] = .start }
            guard volumes.reported.contains(volume.uniqueName) else {
                return .waitsForReport
            }
            // Each look at what is attached asks for the node.
            _ = call("GET nodes", worker, now)
            let node = cluster.store.nodes[ObjectKey(name: worker.pod.nodeName)]
            guard node?.status.volumesAttached.contains(where: { $0.name == volume.uniqueName }) == true else { return .isNotAttached }
            _ = call("GET volumeattachments", worker, now)
        }
        if volume.isForOnePod, !state.mounts.isEmpty {
            let isBlock = volume.spec.volumeMode == "Block"
            let operation = isBlock ? "MapVolume.SetUpDevice" : "MountVolume.SetUp"
            return .fails(
                reason: isBlock ? "FailedMapVolume" : "FailedMount",
                message: "\(operation) failed for volume \"\(volume.name)\" : volume uses the ReadWriteOncePod access mode and is already "
                    + "in use by another pod")
        }
        var end = max(now, state.busyUntil)
        if !state.isStaged { end = end + host.latencies.stageVolume }
        end = end + host.latencies.publishVolume
        state.isStaged = true
        state.busyUntil = end
        state.mounts.append(.init(pod: worker.uid, at: end))
        return .mounted(end)
    }

    /// The node's status was written: what it reports in use may be looked for among what is attached.
    mutating func reportedVolumes(_ host: inout KubeletHost, _ cluster: inout Cluster) {
        if volumes.inUse.isEmpty && volumes.reported.isEmpty { return }
        volumes.reported = Set(volumes.inUse)
        let waiting = volumes.waitingForReport
        volumes.waitingForReport = []
        for reference in waiting { with(reference, &host, &cluster) { $0.sync(&$1, &$2, &$3) } }
    }

    // MARK: Unmounting

    /// The pod's containers have ended: its volumes are taken from it. Returns when that is done.
    mutating func unmount(_ worker: PodWorker, _ now: Instant, _ host: inout KubeletHost) -> Instant {
        if volumes.states.isEmpty || !worker.hasBegunMounting { return now }
        var last = now
        for name in volumes.states.keys.sorted() {
            guard let state = volumes.states[name], state.claimants.contains(worker.uid) else { continue }
            volumes.states[name]?.claimants.removeAll { $0 == worker.uid }
            guard state.mount(for: worker.uid) != nil else {
                host.schedule(.unstaged(volume: name), of: index, at: now)
                continue
            }
            let end = max(now, state.busyUntil) + host.latencies.unpublishVolume
            volumes.states[name]?.busyUntil = end
            host.schedule(.unpublished(volume: name, pod: worker.uid), of: index, at: end)
            last = max(last, end)
        }
        return last
    }

    /// A volume was taken from a pod; after the last it is taken off the node.
    mutating func unpublished(_ name: String, _ pod: String, _ now: Instant, _ host: inout KubeletHost) {
        if isFailed { return }
        volumes.states[name]?.mounts.removeAll { $0.pod == pod }
        guard let state = volumes.states[name], state.isFree else { return }
        let end = max(now, state.busyUntil) + host.latencies.unpublishVolume
        volumes.states[name]?.busyUntil = end
        host.schedule(.unstaged(volume: name), of: index, at: end)
    }

    mutating func unstaged(_ name: String, _ host: inout KubeletHost) {
        guard !isFailed, let state = volumes.states[name], state.isFree else { return }
        volumes.states[name] = nil
        guard !state.uniqueName.isEmpty else { return }
        // The controller may detach it once the next status of the node does not name it any more.
        volumes.release(state.uniqueName)
        host.reportDue[index] = .start
    }

    /// A kubelet that comes back unmounts what it finds of pods that it does not know.
    func unmountForgotten(_ now: Instant, _ host: inout KubeletHost) {
        for (name, state) in volumes.states.sorted(by: { $0.key < $1.key }) {
            for mount in state.mounts where host.pods[mount.pod] == nil {
                host.schedule(.unpublished(volume: name, pod: mount.pod), of: index, at: now + host.latencies.unpublishVolume)
            }
            if state.isFree {
                host.schedule(.unstaged(volume: name), of: index, at: now + host.latencies.unpublishVolume)
            }
        }
    }
}

extension KubeletFleet {
    /// A claim changed that pods may wait for.
    mutating func claimChanged(_ key: ObjectKey, _ cluster: inout Cluster) {
        for reference in host.waitingForClaim.removeValue(forKey: key) ?? [] {
            nodes[reference.node]?.with(reference, &host, &cluster) { $0.sync(&$1, &$2, &$3) }
        }
    }

    /// The pods on a node that a persistent volume is mounted for, by identity.
    public func mounts(of volume: String, on node: String) -> [String] {
        kubelet(of: node)?.volumes.states[volume]?.mounts.map(\.pod) ?? []
    }

    /// When a persistent volume is, or was, published to a pod, by its identity; nil if that has not begun.
    public func mount(of volume: String, for pod: String, on node: String) -> Instant? {
        kubelet(of: node)?.volumes.states[volume]?.mount(for: pod)?.at
    }
}
