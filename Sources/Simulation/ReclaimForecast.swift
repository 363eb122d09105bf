public import ControlPlane
public import KubernetesAPI

/// What becomes of a claim's volume when the claim, or the volume itself, is deleted.
public struct ReclaimForecast: Sendable, Equatable {
    public enum Fate: String, Sendable {
        /// The volume goes, and what is on it.
        case destroyed
        /// The volume stays as Released, with its data.
        case retained
        /// Nobody can delete the volume: it becomes Failed.
        case failed
        /// There is no volume.
        case none
    }
    public var fate: Fate
    public var volume: String?
    /// Pods on nodes that use the claim: until the last of them has gone, it is only Terminating.
    public var users: [ObjectKey] = []
    /// The same in sentences.
    public var text: String
}

extension Cluster {
    /// What deleting `claim` does to its volume.
    public func reclaim(deleting claim: PersistentVolumeClaim) -> ReclaimForecast {
        let users = store.pods.sorted(namespace: claim.namespace).filter { pod in
            !pod.isFinished && !pod.nodeName.isEmpty
                && pod.spec.volumes.contains { volume in
                    volume.persistentVolumeClaim?.claimName == claim.name
                        || volume.ephemeral != nil && "\(pod.name)-\(volume.name)" == claim.name
                }
        }.map(\.key)
        var forecast: ReclaimForecast
        if let volume = store.persistentVolumes[ObjectKey(name: claim.spec.volumeName)] {
            let (fate, text) = fate(of: volume)
            forecast = ReclaimForecast(fate: fate, volume: volume.name, text: text)
        } else {
            forecast = ReclaimForecast(fate: .none, text: "It has no volume.")
        }
        if !users.isEmpty {
            forecast.users = users
            let names = users.prefix(3).map(\.name).joined(separator: ", ") + (users.count > 3 ? " and \(users.count - 3) more" : "")
            forecast.text +=
                " Protected while in use: it stays Terminating until \(users.count == 1 ? "pod" : "pods") \(names) \(users.count == 1 ? "is" : "are") gone."
        }
        return forecast
    }

    /// Whether the claim's volume is destroyed when the claim goes.
    public func losesVolume(deleting claim: PersistentVolumeClaim) -> Bool {
        store.persistentVolumes[ObjectKey(name: claim.spec.volumeName)].map(isDestroyed) ?? false
    }

    /// What deleting the PersistentVolume object itself does.
    public func reclaim(deleting volume: PersistentVolume) -> ReclaimForecast {
        let reference = volume.spec.claimRef
        let claim = reference.flatMap { store.persistentVolumeClaims[ObjectKey(namespace: $0.namespace, name: $0.name)] }
        if let claim, claim.metadata.uid == reference?.uid || reference?.uid.isEmpty == true, volume.status.phase == "Bound" {
            var forecast = reclaim(deleting: claim)
            forecast.text = "Bound to claim \(claim.key): it stays Terminating until the claim is gone. Then: " + fate(of: volume).text
            return forecast
        }
        if isDestroyed(volume), profile.has(.deletedVolumeReclaimed) {
            return ReclaimForecast(fate: .destroyed, volume: volume.name, text: "The storage and its data are destroyed: reclaim policy Delete.")
        }
        return ReclaimForecast(fate: .retained, volume: volume.name, text: "Only the object goes; the storage behind it keeps its data.")
    }

    /// The claims that are deleted with `object`: those of a namespace, those that a pod or a StatefulSet owns.
    public func claims(deletedWith object: any StoredObject) -> [PersistentVolumeClaim] {
        if object is Namespace { return store.persistentVolumeClaims.sorted(namespace: object.metadata.name) }
        guard object is Pod || object is StatefulSet else { return [] }
        let uid = object.metadata.uid
        return store.persistentVolumeClaims.sorted(namespace: object.metadata.namespace).filter { claim in
            !claim.metadata.ownerReferences.isEmpty && claim.metadata.ownerReferences.allSatisfy { $0.uid == uid }
        }
    }

    private func isDestroyed(_ volume: PersistentVolume) -> Bool {
        volume.spec.persistentVolumeReclaimPolicy == "Delete" && volume.metadata.annotations[AnnotationKey.provisionedBy] != nil
    }

    private func fate(of volume: PersistentVolume) -> (fate: ReclaimForecast.Fate, text: String) {
        let policy = volume.spec.persistentVolumeReclaimPolicy.isEmpty ? "Retain" : volume.spec.persistentVolumeReclaimPolicy
        let name = "PersistentVolume \(volume.name)"
        if isDestroyed(volume) { return (.destroyed, "\(name) is deleted with it, and all data on it: reclaim policy Delete.") }
        if policy == "Delete" {
            return (.failed, "\(name) becomes Failed: its reclaim policy is Delete, but no provisioner made it, so nobody can delete it.")
        }
        return (.retained, "\(name) is kept as Released, with its data: reclaim policy \(policy).")
    }
}
