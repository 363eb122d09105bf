import ControlPlane
import KubernetesAPI

/// The claims of a pod as an attempt finds them, and what is to be done about them.
struct PodVolumes: Sendable {
    private var isRead = false
    var claims: [PersistentVolumeClaim] = []
    var missingClaim: String?
    /// Volumes of bound claims; nil where the volume does not exist.
    var bound: [PersistentVolume?] = []
    /// Claims that wait for the pod's node.
    var waiting: [PersistentVolumeClaim] = []
    var zones: [VolumeZone.Constraint] = []
    /// What can be provisioned for the waiting claims, as far as drivers tell.
    var rooms: [StorageRoom] = []
    /// Volumes that the waiting claims could take, by class.
    var candidates: [ObjectKey: [PersistentVolume]] = [:]

    /// Looks up the pod's claims once.
    mutating func readClaims(of cycle: Cycle, _ store: ObjectStore) {
        if isRead { return }
        isRead = true
        for name in cycle.demand.facts.claimNames(podName: cycle.pod.metadata.name) {
            if let claim = store.persistentVolumeClaims[
                ObjectKey(namespace: cycle.demand.facts.namespace, name: name)]
            {
                claims.append(claim)
            } else if missingClaim == nil {
                missingClaim = name
            }
        }
    }
}

extension PersistentVolumeClaim {
    /// Bound on both sides.
    var isFullyBound: Bool {
        !spec.volumeName.isEmpty && metadata.annotations["pv.kubernetes.io/bind-completed"] != nil
    }
    var requestedStorage: Quantity { spec.resources.requests["storage"] ?? .zero }
}

extension PersistentVolume {
    /// Whether the node can reach it.
    func isReachable(from node: Node) -> Bool {
        spec.nodeAffinity?.required?.matches(labels: node.metadata.labels, name: node.metadata.name) ?? true
    }
}
