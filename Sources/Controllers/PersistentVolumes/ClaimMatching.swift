import ControlPlane
import KubernetesAPI
import SimulationKit

// Which volume suits which claim.
// - Source: Kubernetes `component-helpers/storage/volume/pv_helpers.go`, `FindMatchingVolume`.
extension PersistentVolumeClaim {
    var requested: Quantity { spec.resources.requests["storage"] ?? .zero }
    var mode: String { spec.volumeMode ?? "Filesystem" }
}

extension PersistentVolume {
    /// Whether the volume is reserved for, or has, just this claim.
    func isReserved(for claim: PersistentVolumeClaim) -> Bool {
        guard let reference = spec.claimRef else { return false }
        return reference.name == claim.name && reference.namespace == claim.namespace
            && (reference.uid.isEmpty || reference.uid == claim.metadata.uid)
    }

    /// Whether the volume has what the claim asks for.
    func suits(_ claim: PersistentVolumeClaim) -> Bool {
        mismatch(with: claim) == nil && claim.spec.selector?.matches(metadata.labels) ?? true
    }

    /// What the claim asks for and the volume has not; nil if it has all. Labels are not asked for by a claim that
    /// names its volume.
    /// - Source: Kubernetes `pkg/controller/volume/persistentvolume/pv_controller.go`, `checkVolumeSatisfyClaim`.
    func mismatch(with claim: PersistentVolumeClaim) -> String? {
        if (spec.capacity["storage"] ?? .zero) < claim.requested { return "requested PV is too small" }
        if className != claim.className { return "storageClassName does not match" }
        if (spec.volumeAttributesClassName ?? "") != (claim.spec.volumeAttributesClassName ?? "") {
            return "volumeAttributesClassName does not match"
        }
        if (spec.volumeMode ?? "Filesystem") != claim.mode { return "incompatible volumeMode" }
        return claim.spec.accessModes.allSatisfy(spec.accessModes.contains) ? nil : "incompatible accessMode"
    }
}

extension ObjectStore {
    /// The volume for `claim`: one reserved for it, else the smallest free one that suits; names decide ties.
    func volume(for claim: PersistentVolumeClaim, onlyReserved: Bool) -> PersistentVolume? {
        let reserved = volumes(reservedFor: claim.key).first { !$0.metadata.isTerminating && $0.isReserved(for: claim) && $0.suits(claim) }
        if reserved != nil || onlyReserved { return reserved }
        return unclaimedVolumes.filter { !$0.metadata.isTerminating && $0.status.phase == "Available" && $0.suits(claim) }
            .min { a, b in
                let (x, y) = (a.spec.capacity["storage"] ?? .zero, b.spec.capacity["storage"] ?? .zero)
                return x == y ? a.name < b.name : x < y
            }
    }
}
