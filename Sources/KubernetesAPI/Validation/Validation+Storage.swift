// Volumes, claims and storage classes.
extension Validation {
    private static func accessModes(
        _ modes: [String], _ profile: KubernetesProfile, _ at: String, _ errors: inout [FieldError]
    ) {
        var known = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce"]
        if profile.isEnabled(.readWriteOncePod) { known.append("ReadWriteOncePod") }
        for mode in modes { errors.oneOf(at, mode, known) }
        if modes.contains("ReadWriteOncePod"), modes.contains(where: { known.contains($0) && $0 != "ReadWriteOncePod" }) {
            errors.forbidden(at, "may not use ReadWriteOncePod with other access modes")
        }
    }

    // MARK: PersistentVolume

    static func persistentVolume(
        _ volume: PersistentVolume, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        let spec = volume.spec
        if spec.accessModes.isEmpty { errors.required("spec.accessModes") }
        accessModes(spec.accessModes, profile, "spec.accessModes", &errors)
        if spec.capacity.isEmpty { errors.required("spec.capacity") }
        if spec.capacity["storage"] == nil || spec.capacity.count > 1 {
            errors.notSupported("spec.capacity", spec.capacity.json ?? .null, ["storage"])
        }
        for (name, amount) in spec.capacity.entries where amount <= .zero {
            if amount < .zero { errors.invalid("spec.capacity[\(name)]", .int(amount.value), "must be a valid resource quantity") }
            errors.invalid("spec.capacity[\(name)]", amount, "must be greater than zero")
        }
        if !spec.persistentVolumeReclaimPolicy.isEmpty {
            errors.oneOf(
                "spec.persistentVolumeReclaimPolicy", spec.persistentVolumeReclaimPolicy,
                ["Delete", "Recycle", "Retain"])
        }
        if let required = spec.nodeAffinity?.required {
            nodeSelector(required, "spec.nodeAffinity.required", &errors)
        }
        if spec.nodeAffinity != nil, spec.nodeAffinity?.required == nil {
            errors.required("spec.nodeAffinity.required", "must specify required node constraints")
        }
        let sources = spec.sources
        switch sources.first {
        case nil: errors.required("spec", "must specify a volume type")
        case "gcePersistentDisk": disk(spec.gcePersistentDisk, \.pdName, "pdName", "spec.persistentDisk", &errors)
        case "awsElasticBlockStore": disk(spec.awsElasticBlockStore, \.volumeID, "volumeID", "spec.awsElasticBlockStore", &errors)
        case "local":
            let path = spec.local?["path"]?.string ?? ""
            if path.isEmpty { errors.required("spec.local.path") } else { noBacksteps(path, "spec.local.path", &errors) }
            if spec.nodeAffinity == nil {
                errors.required("spec.nodeAffinity", "Local volume requires node affinity")
            }
        case "csi": if let csi = spec.csi { persistentCSI(csi, &errors) }
        case "iscsi"?:
            if let iscsi = spec.iscsi?.read(ISCSIVolumeSource.self), iscsi.initiatorName != nil,
                volume.name.utf8.count + 1 + iscsi.targetPortal.utf8.count > 64
            {
                errors.invalid(
                    "spec.iscsi.targetportal", .string(iscsi.targetPortal),
                    "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.")
            }
            sharedSource("iscsi", spec.iscsi, isPersistent: true, "spec", &errors)
        case let name?: sharedSource(name, spec.jsonObject[name], isPersistent: true, "spec", &errors)
        }
        for name in sources.dropFirst() {
            errors.forbidden("spec.\(name)", "may not specify more than 1 volume type")
        }
        let hostPath = spec.hostPath?["path"]?.string ?? ""
        let isRoot = hostPath.hasPrefix("/") && hostPath.split(separator: "/").allSatisfy { $0 == "." }
        if isRoot, spec.persistentVolumeReclaimPolicy == "Recycle" {
            errors.forbidden(
                "spec.persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'")
        }
        if !spec.storageClassName.isEmpty {
            errors.invalid(
                "spec.storageClassName", spec.storageClassName,
                each: NameRules.subdomain(spec.storageClassName))
        }
        if let mode = spec.volumeMode { errors.oneOf("spec.volumeMode", mode, ["Block", "Filesystem"]) }
        attributesClass(of: spec, profile, &errors)
    }

    private static func attributesClass(of spec: PersistentVolumeSpec, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        guard let name = spec.volumeAttributesClassName, profile.isEnabled(.volumeAttributesClass) else { return }
        if name.isEmpty {
            errors.required("spec.volumeAttributesClassName", "an empty string is disallowed")
        } else {
            errors.invalid("spec.volumeAttributesClassName", name, each: NameRules.subdomain(name))
        }
        if spec.csi == nil { errors.required("spec.csi", "has to be specified when using volumeAttributesClassName") }
    }

    private static func persistentCSI(_ csi: CSIPersistentVolumeSource, _ errors: inout [FieldError]) {
        csiDriverName(csi.driver, "spec.csi.driver", &errors)
        if csi.volumeHandle.isEmpty { errors.required("spec.csi.volumeHandle") }
        for (secret, field) in [
            (csi.controllerPublishSecretRef, "controllerPublishSecretRef"), (csi.controllerExpandSecretRef, "controllerExpandSecretRef"),
            (csi.nodePublishSecretRef, "nodePublishSecretRef"), (csi.nodeExpandSecretRef, "nodeExpandSecretRef"),
        ] {
            guard let secret = secret?.read(SecretReference.self) else { continue }
            let at = "spec.csi.\(field)"
            if secret.name.isEmpty {
                errors.required("\(at).name")
            } else {
                errors.invalid("\(at).name", secret.name, each: NameRules.subdomain(secret.name))
            }
            if secret.namespace.isEmpty {
                errors.required("\(at).namespace")
            } else {
                errors.invalid("\(at).namespace", secret.namespace, each: NameRules.label(secret.namespace))
            }
        }
    }

    static func persistentVolumeChange(
        _ new: PersistentVolume, _ old: PersistentVolume, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        var new = new
        // A secret for growing may be added.
        if old.spec.csi != nil, old.spec.csi?.controllerExpandSecretRef == nil { new.spec.csi?.controllerExpandSecretRef = nil }
        let same = new.spec.sources == old.spec.sources && sourceJSON(new.spec) == sourceJSON(old.spec)
        if !same {
            errors.forbidden(
                "spec.persistentvolumesource", "spec.persistentvolumesource is immutable after creation")
        }
        errors.immutable("volumeMode", new.spec.volumeMode, old.spec.volumeMode)
        if let before = old.spec.nodeAffinity, !isSame(new.spec.nodeAffinity, before) {
            errors.invalid(
                "nodeAffinity", new.spec.nodeAffinity?.json ?? .null,
                "field is immutable, except for updating from beta label to GA")
        }
        attributesChange(new.spec.volumeAttributesClassName, old.spec.volumeAttributesClassName, profile, &errors)
    }

    private static func attributesChange(_ new: String?, _ old: String?, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        guard new != old else { return }
        let at = "spec.volumeAttributesClassName"
        if !profile.isEnabled(.volumeAttributesClass) {
            errors.forbidden(at, "update is forbidden when the VolumeAttributesClass feature gate is disabled")
        }
        guard old != nil else { return }
        if new == nil { errors.forbidden(at, "update from non-nil value to nil is forbidden") }
    }

    /// Whether the affinity is as it was, but for labels that got their final names.
    private static func isSame(_ new: VolumeNodeAffinity?, _ old: VolumeNodeAffinity) -> Bool {
        let renamed = [
            LabelKey.betaZone: LabelKey.zone,
            LabelKey.betaRegion: LabelKey.region,
            LabelKey.betaOS: LabelKey.os, LabelKey.betaArch: LabelKey.arch,
            "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
        ]
        guard let terms = new?.required?.nodeSelectorTerms, let before = old.required?.nodeSelectorTerms, terms.count == before.count
        else { return new == old }
        return zip(terms, before).allSatisfy { new, old in
            new.matchFields == old.matchFields && new.matchExpressions.count == old.matchExpressions.count
                && zip(new.matchExpressions, old.matchExpressions).allSatisfy { new, old in
                    var same = old
                    if renamed[old.key] == new.key { same.key = new.key }
                    return same == new
                }
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
        if spec.accessModes.isEmpty { errors.required("\(at).accessModes", "at least 1 access mode is required") }
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
        dataSources(spec, at, profile, &errors)
        if let name = spec.volumeAttributesClassName, !name.isEmpty, profile.isEnabled(.volumeAttributesClass) {
            errors.invalid("\(at).volumeAttributesClassName", name, each: NameRules.subdomain(name))
        }
    }

    private static func dataSources(
        _ spec: PersistentVolumeClaimSpec, _ at: String, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        let source = spec.dataSource?.read(TypedObjectReference.self)
        let reference = profile.isEnabled(.anyVolumeDataSource) ? spec.dataSourceRef?.read(TypedObjectReference.self) : nil
        for (own, field) in [(source, "dataSource"), (reference, "dataSourceRef")] {
            guard let own else { continue }
            let at = "\(at).\(field)"
            if own.name.isEmpty { errors.required("\(at).name") }
            if own.kind.isEmpty { errors.required("\(at).kind") }
            let group = own.apiGroup ?? ""
            if group.isEmpty {
                if own.kind != "PersistentVolumeClaim" {
                    errors.invalid(at, .string(own.kind), "must be 'PersistentVolumeClaim' when referencing the default apiGroup")
                }
            } else {
                errors.invalid("\(at).apiGroup", group, each: NameRules.subdomain(group))
            }
            if field == "dataSourceRef", let namespace = own.namespace, !namespace.isEmpty {
                errors.invalid("\(at).namespace", namespace, each: NameRules.label(namespace))
            }
        }
        guard let source, let reference else { return }
        if reference.namespace ?? "" != "" {
            errors.invalid(at, .string("\(at).dataSource"), "may not be specified when dataSourceRef.namespace is specified")
        } else if source.apiGroup != reference.apiGroup || source.kind != reference.kind || source.name != reference.name {
            errors.invalid(at, .string("\(at).dataSource"), "must match dataSourceRef")
        }
    }

    static func persistentVolumeClaimChange(
        _ new: PersistentVolumeClaim, _ old: PersistentVolumeClaim, _ profile: KubernetesProfile,
        _ errors: inout [FieldError]
    ) {
        persistentVolumeClaim(new.spec, "spec", profile, &errors)
        let attributes = profile.isEnabled(.volumeAttributesClass)
        let isBound = new.status.phase == "Bound"
        let annotation = AnnotationKey.storageClass
        let (named, was) = (new.metadata.annotations[annotation] ?? "", old.metadata.annotations[annotation] ?? "")
        if named != was, !(old.spec.storageClassName == nil && new.spec.storageClassName == was) {
            errors.invalid("metadata.annotations.\(annotation)", .string(named), "field is immutable")
        }
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
                    + (attributes ? " and volumeAttributesClassName" : "") + " for bound claims\n"
                    + InternalForm.claimDifference(old.spec.json ?? [:], same.json ?? [:]))
        }
        if let size = new.spec.resources.requests["storage"], let before = old.spec.resources.requests["storage"], size < before {
            let field = "spec.resources.requests.storage"
            if !profile.isEnabled(.recoverVolumeExpansionFailure) {
                errors.forbidden(field, "field can not be less than previous value")
            } else if size <= old.status.capacity["storage"] ?? .zero {
                errors.forbidden(field, "field can not be less than status.capacity")
            }
        }
        errors.immutable("volumeMode", new.spec.volumeMode, old.spec.volumeMode)
        attributesChange(new.spec.volumeAttributesClassName, old.spec.volumeAttributesClassName, profile, &errors)
        if old.spec.volumeAttributesClassName != nil, new.spec.volumeAttributesClassName == "", profile.isEnabled(.volumeAttributesClass) {
            errors.forbidden("spec.volumeAttributesClassName", "update from non-nil value to an empty string is forbidden")
        }
    }

    // MARK: StorageClass

    static func storageClass(_ storage: StorageClass, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        if storage.provisioner.isEmpty {
            errors.required("provisioner")
        } else {
            errors.invalid(
                "provisioner", storage.provisioner,
                each: NameRules.qualifiedName(storage.provisioner.lowercased()))
        }
        if storage.parameters.count > 512 { errors.append(FieldError(.tooLong, "parameters", "Provisioner Parameters exceeded max allowed")) }
        var size = 0
        for (key, value) in storage.parameters.entries {
            if key.isEmpty { errors.invalid("parameters", .string(key), "field can not be empty.") }
            size += key.utf8.count + value.utf8.count
        }
        if size > 262_144 { errors.tooLong("parameters", 262_144) }
        if let policy = storage.reclaimPolicy { errors.oneOf("reclaimPolicy", policy, ["Delete", "Retain"]) }
        topologies(storage.allowedTopologies, "allowedTopologies", &errors)
        guard let mode = storage.volumeBindingMode else {
            errors.required("volumeBindingMode")
            return
        }
        errors.oneOf("volumeBindingMode", mode, ["Immediate", "WaitForFirstConsumer"])
    }

    /// Terms must be distinct, and within one the keys and the values of a key.
    private static func topologies(_ terms: [TopologySelectorTerm], _ at: String, _ errors: inout [FieldError]) {
        var seen: [[String: Set<String>]] = []
        for (i, term) in terms.enumerated() {
            let term = term.matchLabelExpressions
            for (j, requirement) in term.enumerated() {
                let at = "\(at)[\(i)].matchLabelExpressions[\(j)]"
                if requirement.values.isEmpty { errors.required("\(at).values") }
                for (k, value) in requirement.values.enumerated() where requirement.values[..<k].contains(value) {
                    errors.duplicate("\(at).values[\(k)]", .string(value))
                }
                errors.invalid("\(at).key", requirement.key, each: NameRules.labelKey(requirement.key))
                if term[..<j].contains(where: { $0.key == requirement.key }) {
                    errors.duplicate("\(at).key", .string(requirement.key))
                }
            }
            let raw = Dictionary(term.map { ($0.key, Set($0.values)) }, uniquingKeysWith: { $1 })
            if seen.contains(raw) { errors.duplicate("\(at)[\(i)].matchLabelExpressions", "") }
            seen.append(raw)
        }
    }

    // MARK: CSI

    static func csiDriver(_ driver: CSIDriver, _ errors: inout [FieldError]) {
        csiDriverName(driver.name, "name", &errors)
        let spec = driver.spec
        if spec.attachRequired == nil { errors.required("spec.attachedRequired") }
        if spec.podInfoOnMount == nil { errors.required("spec.podInfoOnMount") }
        if spec.storageCapacity == nil { errors.required("spec.storageCapacity") }
        if let policy = spec.fsGroupPolicy { errors.oneOf("spec.fsGroupPolicy", policy, ["File", "None", "ReadWriteOnceWithFSType"]) }
        for mode in spec.volumeLifecycleModes { errors.oneOf("spec.volumeLifecycleModes", mode, ["Ephemeral", "Persistent"]) }
        if let seconds = spec.nodeAllocatableUpdatePeriodSeconds, seconds < 10 {
            errors.invalid("spec.nodeAllocatableUpdatePeriodSeconds", seconds, "must be greater than or equal to 10 seconds")
        }
    }

    static func csiDriverChange(_ new: CSIDriverSpec, _ old: CSIDriverSpec, _ errors: inout [FieldError]) {
        errors.immutable("spec.attachedRequired", new.attachRequired, old.attachRequired)
        errors.immutable("spec.volumeLifecycleModes", new.volumeLifecycleModes, old.volumeLifecycleModes)
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
