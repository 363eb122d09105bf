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

    /// Answers whether it is new.
    mutating func use(_ name: String) -> Bool {
        let place = inUse.firstIndex { $0 >= name } ?? inUse.count
        if place < inUse.count, inUse[place] == name { return false }
        inUse.insert(name, at: place)
        return true
    }
    mutating func release(_ name: String) { inUse.removeAll { $0 == name } }
}

// Volumes of claims on a node: reported in use, found attached, staged once, published to each pod, and back.
// - Source: Kubernetes `pkg/kubelet/volumemanager/reconciler`, `pkg/volume/util/operationexecutor/operation_generator.go`.
extension KubeletFleet {
    /// How far a volume of a claim has come.
    enum ClaimMount {
        /// It is, or will be, mounted at this moment.
        case mounted(Instant)
        /// Until this happens.
        case waits(String)
        /// The node's status does not say that it is attached: tried again without a word.
        case isNotAttached
        case fails(reason: String, message: String)
    }

    /// Tries to mount the volume of a bound claim.
    mutating func mount(
        _ claim: PersistentVolumeClaim, _ worker: inout PodWorker, _ cluster: inout Cluster
    ) -> ClaimMount {
        let now = cluster.now
        guard let volume = cluster.store.persistentVolumes[ObjectKey(name: claim.spec.volumeName)] else {
            // Its claim says that it is bound; whatever stands behind it needs no more than to be mounted.
            return .mounted(now + latencies.stageVolume + latencies.publishVolume)
        }
        var state = nodes[worker.node]!.volumes.states[volume.name] ?? .init()
        defer { nodes[worker.node]!.volumes.states[volume.name] = state }
        // Mounted in an earlier try, that another volume of the pod held up.
        if let mount = state.mount(for: worker.uid) { return .mounted(max(now, mount.at)) }
        if !state.claimants.contains(worker.uid) { state.claimants.append(worker.uid) }
        let driver = volume.spec.csi.flatMap { cluster.store.csiDrivers[ObjectKey(name: $0.driver)] }
        if volume.isAttached(with: driver) {
            state.uniqueName = volume.uniqueName
            if nodes[worker.node]!.volumes.use(volume.uniqueName) { reportDue[worker.node] = .start }
            guard nodes[worker.node]!.volumes.reported.contains(volume.uniqueName) else {
                return .waits(Self.reportName(worker.node))
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
        if !state.isStaged { end = end + latencies.stageVolume }
        end = end + latencies.publishVolume
        state.isStaged = true
        state.busyUntil = end
        state.mounts.append(.init(pod: worker.uid, at: end))
        return .mounted(end)
    }

    private static func reportName(_ node: Int) -> String { "report \(node)" }

    /// The node's status was written: what it reports in use may be looked for among what is attached.
    mutating func reportedVolumes(_ node: Int, _ cluster: inout Cluster) {
        guard let volumes = nodes[node]?.volumes, !volumes.inUse.isEmpty || !volumes.reported.isEmpty else { return }
        nodes[node]!.volumes.reported = Set(volumes.inUse)
        wake(Self.reportName(node), &cluster)
    }

    // MARK: Unmounting

    /// The pod's containers have ended: its volumes are taken from it. Answers when that is done.
    mutating func unmount(_ worker: PodWorker, _ now: Instant) -> Instant {
        guard let volumes = nodes[worker.node]?.volumes, !volumes.states.isEmpty, worker.hasBegunMounting else { return now }
        var last = now
        for name in volumes.states.keys.sorted() where volumes.states[name]!.claimants.contains(worker.uid) {
            nodes[worker.node]!.volumes.states[name]!.claimants.removeAll { $0 == worker.uid }
            guard volumes.states[name]!.mount(for: worker.uid) != nil else {
                timers.schedule(.unstaged(node: worker.node, volume: name), at: now)
                continue
            }
            let end = max(now, volumes.states[name]!.busyUntil) + latencies.unpublishVolume
            nodes[worker.node]!.volumes.states[name]!.busyUntil = end
            timers.schedule(.unpublished(node: worker.node, volume: name, pod: worker.uid), at: end)
            last = max(last, end)
        }
        return last
    }

    mutating func unpublished(_ name: String, _ pod: String, _ node: Int, _ now: Instant) {
        guard nodes[node]?.isFailed == false, nodes[node]!.volumes.states[name] != nil else { return }
        nodes[node]!.volumes.states[name]!.mounts.removeAll { $0.pod == pod }
        guard nodes[node]!.volumes.states[name]!.isFree else { return }
        let end = max(now, nodes[node]!.volumes.states[name]!.busyUntil) + latencies.unpublishVolume
        nodes[node]!.volumes.states[name]!.busyUntil = end
        timers.schedule(.unstaged(node: node, volume: name), at: end)
    }

    mutating func unstaged(_ name: String, _ node: Int) {
        guard nodes[node]?.isFailed == false, let state = nodes[node]!.volumes.states[name], state.isFree else { return }
        nodes[node]!.volumes.states[name] = nil
        guard !state.uniqueName.isEmpty else { return }
        // The controller may detach it once the next status of the node does not name it any more.
        nodes[node]!.volumes.release(state.uniqueName)
        reportDue[node] = .start
    }

    /// A kubelet that comes back unmounts what it finds of pods that it does not know.
    mutating func unmountForgotten(_ node: Int, _ now: Instant) {
        guard let volumes = nodes[node]?.volumes, !volumes.states.isEmpty else { return }
        for name in volumes.states.keys.sorted() {
            for pod in volumes.states[name]!.mounts.map(\.pod) where slots[pod] == nil {
                timers.schedule(.unpublished(node: node, volume: name, pod: pod), at: now + latencies.unpublishVolume)
            }
            if volumes.states[name]!.isFree {
                timers.schedule(.unstaged(node: node, volume: name), at: now + latencies.unpublishVolume)
            }
        }
    }

    /// The pods on a node that a persistent volume is mounted for, by identity.
    public func mounts(of volume: String, on node: String) -> [String] {
        nodeIndex[node].flatMap { nodes[$0]?.volumes.states[volume]?.mounts.map(\.pod) } ?? []
    }

    /// When a persistent volume is, or was, published to a pod, by its identity; nil if that has not begun.
    public func mount(of volume: String, for pod: String, on node: String) -> Instant? {
        nodeIndex[node].flatMap { nodes[$0]?.volumes.states[volume]?.mount(for: pod)?.at }
    }
}
