import ControlPlane
import KubernetesAPI

// Volumes by the plain rules: VolumeRestrictions, NodeVolumeLimits, VolumeBinding, VolumeZone.
extension ReferenceScheduler {
    private func claims(_ pod: Pod) -> [PersistentVolumeClaim] {
        pod.spec.volumes.compactMap(\.persistentVolumeClaim).compactMap {
            store.persistentVolumeClaims[ObjectKey(namespace: pod.namespace, name: $0.claimName)]
        }
    }
    private func volume(_ claim: PersistentVolumeClaim) -> PersistentVolume? {
        store.persistentVolumes[ObjectKey(name: claim.spec.volumeName)]
    }
    /// Driver and handle of a claim's volume; of one that is still to be made the driver is known.
    private func attachment(_ claim: PersistentVolumeClaim) -> [String]? {
        if let volume = volume(claim) { return volume.spec.csi.map { [$0.driver, $0.volumeHandle] } }
        let storageClass = store.storageClasses[ObjectKey(name: claim.spec.storageClassName ?? "")]
        return storageClass.map { [$0.provisioner, "\(claim.key)"] }
    }

    func storageRefusal(_ pod: Pod, _ node: Node, _ here: [Pod]) -> Refusal? {
        let claims = claims(pod)
        for claim in claims where claim.spec.accessModes == ["ReadWriteOncePod"] {
            if placed.contains(where: { self.claims($0.pod).contains { $0.key == claim.key } }) {
                return Refusal(plugin: "VolumeRestrictions")
            }
        }
        for driver in store.csiNodes[ObjectKey(name: node.name)]?.spec.drivers ?? [] {
            let attached = Set(here.flatMap(self.claims).compactMap(attachment)).filter { $0[0] == driver.name }
            let wanted = Set(claims.compactMap(attachment)).filter { $0[0] == driver.name }
            let new = wanted.subtracting(attached)
            if !new.isEmpty, attached.count + new.count > driver.allocatable?.count ?? Int.max {
                return Refusal(plugin: "NodeVolumeLimits")
            }
        }
        for claim in claims {
            if let volume = volume(claim) {
                if !reaches(node, volume) { return Refusal(plugin: "VolumeBinding", isFinal: true) }
            } else if !mayGet(claim, node) {
                return Refusal(plugin: "VolumeBinding", isFinal: true)
            }
        }
        for claim in claims {
            guard let zone = volume(claim)?.metadata.labels[zoneKey], let own = node.metadata.labels[zoneKey] else { continue }
            if zone != own { return Refusal(plugin: "VolumeZone", isFinal: true) }
        }
        return nil
    }

    private func reaches(_ node: Node, _ volume: PersistentVolume) -> Bool {
        volume.spec.nodeAffinity?.required?.matches(labels: node.metadata.labels, name: node.name) ?? true
    }
    /// Whether a claim that waits for its first consumer finds a free volume on the node, or one can be made there.
    private func mayGet(_ claim: PersistentVolumeClaim, _ node: Node) -> Bool {
        guard let name = claim.spec.storageClassName, let storageClass = store.storageClasses[ObjectKey(name: name)] else {
            return false
        }
        let isThere = store.persistentVolumes.all.contains { volume in
            volume.spec.storageClassName == name && volume.spec.claimRef == nil && volume.status.phase == "Available"
                && volume.spec.capacity["storage"]! >= claim.spec.resources.requests["storage"]! && reaches(node, volume)
        }
        if isThere { return true }
        if storageClass.provisioner == "kubernetes.io/no-provisioner" { return false }
        return storageClass.allowedTopologies.allSatisfy { term in
            term.matchLabelExpressions.allSatisfy { node.metadata.labels[$0.key].map($0.values.contains) ?? false }
        }
    }
}
