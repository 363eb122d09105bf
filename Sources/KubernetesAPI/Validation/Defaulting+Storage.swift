// What the API server fills in for storage.
extension Defaulting {
    static func persistentVolume(_ volume: inout PersistentVolume, _ profile: KubernetesProfile) {
        volume.status.phase.fill("Pending")
        volume.spec.persistentVolumeReclaimPolicy.fill("Retain")
        volume.spec.volumeMode.fill("Filesystem")
        if volume.spec.hostPath != nil, volume.spec.hostPath!["type"] == nil {
            volume.spec.hostPath!["type"] = ""
        }
        if !profile.isEnabled(.volumeAttributesClass) { volume.spec.volumeAttributesClassName = nil }
    }

    static func persistentVolumeClaim(_ claim: inout PersistentVolumeClaim, _ profile: KubernetesProfile) {
        claimTemplate(&claim, profile)
        // The two ways to name a source of data say the same.
        if profile.isEnabled(.anyVolumeDataSource), claim.spec.dataSourceRef == nil,
            let source = claim.spec.dataSource
        {
            claim.spec.dataSourceRef = source
        }
    }

    static func claimTemplate(_ claim: inout PersistentVolumeClaim, _ profile: KubernetesProfile) {
        claim.status.phase.fill("Pending")
        claim.spec.volumeMode.fill("Filesystem")
        if !profile.isEnabled(.volumeAttributesClass) { claim.spec.volumeAttributesClassName = nil }
    }

    static func storageClass(_ storage: inout StorageClass) {
        storage.reclaimPolicy.fill("Delete")
        storage.volumeBindingMode.fill("Immediate")
    }

    static func csiDriver(_ driver: inout CSIDriver, _ profile: KubernetesProfile) {
        driver.spec.attachRequired.fill(true)
        driver.spec.podInfoOnMount.fill(false)
        driver.spec.storageCapacity.fill(false)
        driver.spec.fsGroupPolicy.fill("ReadWriteOnceWithFSType")
        if driver.spec.volumeLifecycleModes.isEmpty { driver.spec.volumeLifecycleModes = ["Persistent"] }
        driver.spec.requiresRepublish.fill(false)
        driver.spec.seLinuxMount.fill(false)
        if !profile.isEnabled(.volumeLimitScaling) { driver.spec.preventPodSchedulingIfMissing = nil }
    }
}
