// Volumes, claims and storage classes.
extension Validation {
    private static func accessModes(
        _ modes: [String], _ profile: KubernetesProfile, _ at: String, _ errors: inout [FieldError]
    ) {
        if modes.isEmpty { errors.required(at, "at least 1 access mode is required") }
        var known = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce"]
        if profile.isEnabled(.readWriteOncePod) { known.append("ReadWriteOncePod") }
        for mode in modes { errors.oneOf(at, mode, known) }
        if modes.count > 1, modes.contains("ReadWriteOncePod") {
            errors.forbidden(at, "may not use ReadWriteOncePod with other access modes")
        }
    }

    // MARK: PersistentVolume

    static func persistentVolume(
        _ volume: PersistentVolume, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        let spec = volume.spec
        accessModes(spec.accessModes, profile, "spec.accessModes", &errors)
        if spec.capacity.isEmpty { errors.required("spec.capacity") }
        if spec.capacity["storage"] == nil || spec.capacity.count > 1 {
            errors.notSupported("spec.capacity", spec.capacity.json ?? .null, ["storage"])
        }
        for (name, amount) in spec.capacity.entries where amount <= .zero {
            errors.invalid("spec.capacity[\(name)]", amount, "must be greater than zero")
        }
        errors.oneOf(
            "spec.persistentVolumeReclaimPolicy", spec.persistentVolumeReclaimPolicy,
            ["Delete", "Recycle", "Retain"])
        if let required = spec.nodeAffinity?.required {
            nodeSelector(required, "spec.nodeAffinity.required", &errors)
        }
        if spec.nodeAffinity != nil, spec.nodeAffinity?.required == nil {
            errors.required("spec.nodeAffinity.required", "must specify required node constraints")
        }
        let sources = spec.sources
        for name in sources.dropFirst() {
            errors.forbidden("spec.\(name)", "may not specify more than 1 volume type")
        }
        switch sources.first {
        case nil: errors.required("spec", "must specify a volume type")
        case "hostPath": hostPath(spec.hostPath, "spec.hostPath", &errors)
        case "local":
            if (spec.local?["path"]?.string ?? "").isEmpty { errors.required("spec.local.path") }
            if spec.nodeAffinity == nil {
                errors.required("spec.nodeAffinity", "Local volume requires node affinity")
            }
        case "csi":
            if spec.csi!.driver.isEmpty { errors.required("spec.csi.driver") }
            if spec.csi!.volumeHandle.isEmpty { errors.required("spec.csi.volumeHandle") }
        default: break
        }
        if spec.hostPath?["path"] == "/", spec.persistentVolumeReclaimPolicy == "Recycle" {
            errors.forbidden(
                "spec.persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'")
        }
        if !spec.storageClassName.isEmpty {
            errors.invalid(
                "spec.storageClassName", spec.storageClassName,
                each: NameRules.subdomain(spec.storageClassName))
        }
        if let mode = spec.volumeMode { errors.oneOf("spec.volumeMode", mode, ["Block", "Filesystem"]) }
    }

    static func persistentVolumeChange(
        _ new: PersistentVolume, _ old: PersistentVolume, _ errors: inout [FieldError]
    ) {
        let same = new.spec.sources == old.spec.sources && sourceJSON(new.spec) == sourceJSON(old.spec)
        if !same {
            errors.forbidden(
                "spec.persistentvolumesource", "spec.persistentvolumesource is immutable after creation")
        }
        errors.immutable("spec.volumeMode", new.spec.volumeMode, old.spec.volumeMode)
        if let before = old.spec.nodeAffinity, new.spec.nodeAffinity != before {
            errors.invalid("spec.nodeAffinity", new.spec.nodeAffinity?.json ?? .null, "field is immutable")
        }
    }

    private static func sourceJSON(_ spec: PersistentVolumeSpec) -> JSONValue? {
        spec.sources.first.flatMap { spec.jsonObject[$0] }
    }

    // MARK: PersistentVolumeClaim

    static func persistentVolumeClaim(
        _ spec: PersistentVolumeClaimSpec, _ at: String, _ profile: KubernetesProfile,
        _ errors: inout [FieldError]
    ) {
        labelSelector("\(at).selector", spec.selector, &errors)
        accessModes(spec.accessModes, profile, "\(at).accessModes", &errors)
        if let storage = spec.resources.requests["storage"] {
            if storage <= .zero {
                errors.invalid("\(at).resources[storage]", storage, "must be greater than zero")
            }
        } else {
            errors.required("\(at).resources[storage]")
        }
        if let name = spec.storageClassName, !name.isEmpty {
            errors.invalid("\(at).storageClassName", name, each: NameRules.subdomain(name))
        }
        if let mode = spec.volumeMode { errors.oneOf("\(at).volumeMode", mode, ["Block", "Filesystem"]) }
    }

    static func persistentVolumeClaimChange(
        _ new: PersistentVolumeClaim, _ old: PersistentVolumeClaim, _ profile: KubernetesProfile,
        _ errors: inout [FieldError]
    ) {
        persistentVolumeClaim(new.spec, "spec", profile, &errors)
        let attributes = profile.isEnabled(.volumeAttributesClass)
        let isBound = old.status.phase == "Bound"
        var same = new.spec
        // Binding names the volume; a class may be given where there was none.
        if old.spec.volumeName.isEmpty { same.volumeName = old.spec.volumeName }
        if old.spec.storageClassName == nil { same.storageClassName = nil }
        if isBound {
            same.resources.requests["storage"] = old.spec.resources.requests["storage"]
            if attributes { same.volumeAttributesClassName = old.spec.volumeAttributesClassName }
        }
        if same != old.spec {
            errors.forbidden(
                "spec",
                "spec is immutable after creation except resources.requests"
                    + (attributes ? " and volumeAttributesClassName" : "") + " for bound claims")
            return
        }
        guard isBound, let size = new.spec.resources.requests["storage"],
            let before = old.spec.resources.requests["storage"], size < before
        else { return }
        let recover = profile.isEnabled(.recoverVolumeExpansionFailure)
        if !recover {
            errors.forbidden("spec.resources.requests.storage", "field can not be less than previous value")
        } else if let capacity = old.status.capacity["storage"], size <= capacity {
            errors.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity")
        }
    }

    // MARK: StorageClass

    static func storageClass(_ storage: StorageClass, _ errors: inout [FieldError]) {
        if storage.provisioner.isEmpty {
            errors.required("provisioner")
        } else {
            errors.invalid(
                "provisioner", storage.provisioner,
                each: NameRules.qualifiedName(storage.provisioner.lowercased()))
        }
        if let policy = storage.reclaimPolicy { errors.oneOf("reclaimPolicy", policy, ["Delete", "Retain"]) }
        guard let mode = storage.volumeBindingMode else {
            errors.required("volumeBindingMode")
            return
        }
        errors.oneOf("volumeBindingMode", mode, ["Immediate", "WaitForFirstConsumer"])
    }

    static func storageClassChange(_ new: StorageClass, _ old: StorageClass, _ errors: inout [FieldError]) {
        if new.parameters != old.parameters {
            errors.forbidden("parameters", "updates to parameters are forbidden.")
        }
        if new.provisioner != old.provisioner {
            errors.forbidden("provisioner", "updates to provisioner are forbidden.")
        }
        if new.reclaimPolicy != old.reclaimPolicy {
            errors.forbidden("reclaimPolicy", "updates to reclaimPolicy are forbidden.")
        }
        errors.immutable("volumeBindingMode", new.volumeBindingMode, old.volumeBindingMode)
    }
}

extension PersistentVolumeSpec {
    /// The names of the sources that are set; one in a valid volume.
    public var sources: [String] {
        let others = [
            "capacity", "accessModes", "claimRef", "persistentVolumeReclaimPolicy", "storageClassName",
            "mountOptions", "volumeMode", "nodeAffinity", "volumeAttributesClassName",
        ]
        return jsonObject.members.map(\.key).filter { !others.contains($0) }
    }
}
