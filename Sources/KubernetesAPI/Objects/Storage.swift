import SimulationKit

/// A piece of storage.
public struct PersistentVolume: ObjectWithStatus {
    public static let kind = Kind.persistentVolume
    public static let info = KindInfo(.persistentVolume, "", "v1", "persistentvolumes", ["pv"], namespaced: false)
    public var metadata = Metadata(ObjectMeta())
    public var spec = PersistentVolumeSpec()
    public var status = PersistentVolumeStatus()
    public init() {}
    public var conditions: [Condition] { [] }
    public static let summary = "A piece of storage."
    public static let fields: Fields<PersistentVolume> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("spec", \.spec, "How big, where, who may use it how."),
        .f("status", \.status, "Available, Bound, Released or Failed."),
    ]
}

extension PersistentVolume {
    public mutating func setDefaults(_ profile: KubernetesProfile) { Defaulting.persistentVolume(&self, profile) }
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) { Validation.persistentVolume(self, profile, &errors) }
    public func validateChange(from old: PersistentVolume, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        validate(profile, &errors)
        Validation.persistentVolumeChange(self, old, profile, &errors)
    }
    public var isFaulty: Bool { metadata.isTerminating }
    public var quotaUse: ResourceList { [:] }
}

public struct PersistentVolumeSpec: APIStruct {
    public var capacity: ResourceList = [:]
    /// ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod.
    public var accessModes: [String] = []
    public var claimRef: ObjectReference?
    public var persistentVolumeReclaimPolicy = ""
    public var storageClassName = ""
    public var mountOptions: [String] = []
    public var volumeMode: String?
    public var nodeAffinity: VolumeNodeAffinity?
    public var volumeAttributesClassName: String?
    public var csi: CSIPersistentVolumeSource?
    public var hostPath: JSONValue?
    public var local: JSONValue?
    public var nfs: JSONValue?
    public var gcePersistentDisk: DiskVolumeSource?
    public var awsElasticBlockStore: DiskVolumeSource?
    public var azureDisk: JSONValue?
    public var azureFile: JSONValue?
    public var iscsi: JSONValue?
    public var rbd: JSONValue?
    public var cephfs: JSONValue?
    public var cinder: JSONValue?
    public var fc: JSONValue?
    public var flexVolume: JSONValue?
    public var flocker: JSONValue?
    public var glusterfs: JSONValue?
    public var photonPersistentDisk: JSONValue?
    public var portworxVolume: JSONValue?
    public var quobyte: JSONValue?
    public var scaleIO: JSONValue?
    public var storageos: JSONValue?
    public var vsphereVolume: JSONValue?
    public init() {}
    public static let summary = "How big the storage is, where it is, and who may use it how."
    public static let fields: Fields<PersistentVolumeSpec> = [
        .f("capacity", \.capacity, "Its size."),
        .f("accessModes", \.accessModes, "ReadWriteOnce, ReadOnlyMany, ReadWriteMany or ReadWriteOncePod."),
        .f("claimRef", \.claimRef, "The claim that has it."),
        .f("persistentVolumeReclaimPolicy", \.persistentVolumeReclaimPolicy, "Retain, Delete or Recycle once the claim is gone."),
        .f("storageClassName", \.storageClassName, "Its class."),
        .f("mountOptions", \.mountOptions, "Options for mounting."),
        .f("volumeMode", \.volumeMode, "Filesystem (default) or Block."),
        .f("nodeAffinity", \.nodeAffinity, "Nodes from which it can be reached."),
        .f("volumeAttributesClassName", \.volumeAttributesClassName, "Its class of attributes."),
        .f("csi", \.csi, "Storage of a CSI driver."),
        .f("hostPath", \.hostPath, as: HostPathVolumeSource.self, "A path of one node."),
        .f("local", \.local, as: LocalVolumeSource.self, "A disk of one node."),
        .f("nfs", \.nfs, as: NFSVolumeSource.self, "A network share."),
        .f("gcePersistentDisk", \.gcePersistentDisk, "A disk of Google Cloud."),
        .f("awsElasticBlockStore", \.awsElasticBlockStore, "A disk of AWS."),
        .f("azureDisk", \.azureDisk, as: AzureDiskVolumeSource.self, "A disk of Azure."),
        .f("azureFile", \.azureFile, as: AzureFileVolumeSource.self, "A share of Azure."),
        .f("iscsi", \.iscsi, as: ISCSIVolumeSource.self, "An iSCSI disk."),
        .f("rbd", \.rbd, as: RBDVolumeSource.self, "A Ceph block device."),
        .f("cephfs", \.cephfs, as: CephFSVolumeSource.self, "A Ceph file system."),
        .f("cinder", \.cinder, as: CinderVolumeSource.self, "An OpenStack disk."),
        .f("fc", \.fc, as: FCVolumeSource.self, "A Fibre Channel disk."),
        .f("flexVolume", \.flexVolume, as: FlexVolumeSource.self, "An exec based driver."),
        .f("flocker", \.flocker, as: FlockerVolumeSource.self, "Removed upstream."),
        .f("glusterfs", \.glusterfs, as: GlusterfsVolumeSource.self, "A Gluster file system."),
        .f("photonPersistentDisk", \.photonPersistentDisk, as: PhotonPersistentDiskVolumeSource.self, "Removed upstream."),
        .f("portworxVolume", \.portworxVolume, as: PortworxVolumeSource.self, "A Portworx volume."),
        .f("quobyte", \.quobyte, as: QuobyteVolumeSource.self, "Removed upstream."),
        .f("scaleIO", \.scaleIO, as: ScaleIOVolumeSource.self, "A ScaleIO volume."),
        .f("storageos", \.storageos, as: StorageOSVolumeSource.self, "Removed upstream."),
        .f("vsphereVolume", \.vsphereVolume, as: VsphereVolumeSource.self, "A vSphere disk."),
    ]
}

public struct VolumeNodeAffinity: APIStruct {
    public var required: NodeSelector?
    public init() {}
    public static let summary = "Nodes from which a volume can be reached."
    public static let fields: Fields<VolumeNodeAffinity> = [.f("required", \.required, "Requirements on the node.")]
}

public struct CSIPersistentVolumeSource: APIStruct {
    public var driver = ""
    public var volumeHandle = ""
    public var readOnly = false
    public var fsType = ""
    public var volumeAttributes: JSONValue?
    public var controllerPublishSecretRef: JSONValue?
    public var nodeStageSecretRef: JSONValue?
    public var nodePublishSecretRef: JSONValue?
    public var controllerExpandSecretRef: JSONValue?
    public var nodeExpandSecretRef: JSONValue?
    public init() {}
    public static let summary = "Storage of a CSI driver."
    public static let fields: Fields<CSIPersistentVolumeSource> = [
        .f("driver", \.driver, "The driver.", always: true),
        .f("volumeHandle", \.volumeHandle, "The driver's name of the volume.", always: true),
        .f("readOnly", \.readOnly, "Whether it cannot be written."),
        .f("fsType", \.fsType, "File system."),
        .f("volumeAttributes", \.volumeAttributes, "Attributes for the driver."),
        .f("controllerPublishSecretRef", \.controllerPublishSecretRef, as: SecretReference.self, "Secret for attaching."),
        .f("nodeStageSecretRef", \.nodeStageSecretRef, as: SecretReference.self, "Secret for staging."),
        .f("nodePublishSecretRef", \.nodePublishSecretRef, as: SecretReference.self, "Secret for mounting."),
        .f("controllerExpandSecretRef", \.controllerExpandSecretRef, as: SecretReference.self, "Secret for growing."),
        .f("nodeExpandSecretRef", \.nodeExpandSecretRef, as: SecretReference.self, "Secret for growing on the node."),
    ]
}

public struct PersistentVolumeStatus: APIStruct {
    public var phase = ""
    public var message = ""
    public var reason = ""
    public var lastPhaseTransitionTime: Instant?
    public var currentVolumeAttributesClassName: String?
    public var modifyVolumeStatus: JSONValue?
    public init() {}
    public static let summary = "Whether the volume is free."
    public static let fields: Fields<PersistentVolumeStatus> = [
        .f("phase", \.phase, "Pending, Available, Bound, Released or Failed."),
        .f("message", \.message, "Why, in a sentence."),
        .f("reason", \.reason, "Why, in one word."),
        .f("lastPhaseTransitionTime", \.lastPhaseTransitionTime, "When the phase last changed."),
        .f("currentVolumeAttributesClassName", \.currentVolumeAttributesClassName, "Its class of attributes now."),
        .f("modifyVolumeStatus", \.modifyVolumeStatus, "Kept, not acted on."),
    ]
}

/// A wish for storage.
public struct PersistentVolumeClaim: ObjectWithStatus {
    public static let kind = Kind.persistentVolumeClaim
    public static let info = KindInfo(.persistentVolumeClaim, "", "v1", "persistentvolumeclaims", ["pvc"])
    public var metadata = Metadata(ObjectMeta())
    public var spec = PersistentVolumeClaimSpec()
    public var status = PersistentVolumeClaimStatus()
    // A StatefulSet's claim templates carry these two like whole objects.
    var apiVersion = ""
    var kindName = ""
    public init() {}
    public var conditions: [Condition] { status.conditions }
    public static let summary = "A wish for storage."
    public static let fields: Fields<PersistentVolumeClaim> = [
        .f("apiVersion", \.apiVersion, "v1, in the claim templates of a StatefulSet."),
        .f("kind", \.kindName, "PersistentVolumeClaim, in the claim templates of a StatefulSet."),
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("spec", \.spec, "How much, of which class, used how."),
        .f("status", \.status, "Pending, Bound or Lost."),
    ]
}

extension PersistentVolumeClaim {
    public mutating func setDefaults(_ profile: KubernetesProfile) { Defaulting.persistentVolumeClaim(&self, profile) }
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) { Validation.persistentVolumeClaim(spec, "spec", profile, &errors) }
    public func validateChange(from old: PersistentVolumeClaim, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        Validation.persistentVolumeClaimChange(self, old, profile, &errors)
    }
    public var isFaulty: Bool { status.phase != "Bound" }
    public var quotaUse: ResourceList {
        var use: ResourceList = ["persistentvolumeclaims": Quantity(1)]
        let storage = spec.resources.requests["storage"]
        use["requests.storage"] = storage
        if let name = spec.storageClassName, !name.isEmpty {
            use["\(name).storageclass.storage.k8s.io/persistentvolumeclaims"] = Quantity(1)
            use["\(name).storageclass.storage.k8s.io/requests.storage"] = storage
        }
        return use
    }
}

public struct PersistentVolumeClaimSpec: APIStruct {
    public var accessModes: [String] = []
    public var selector: LabelSelector?
    public var resources = ResourceRequirements()
    public var volumeName = ""
    public var storageClassName: String?
    public var volumeMode: String?
    public var dataSource: JSONValue?
    public var dataSourceRef: JSONValue?
    public var volumeAttributesClassName: String?
    public init() {}
    public static let summary = "How much storage, of which class, used how."
    public static let fields: Fields<PersistentVolumeClaimSpec> = [
        .f("accessModes", \.accessModes, "ReadWriteOnce, ReadOnlyMany, ReadWriteMany, or ReadWriteOncePod alone."),
        .f("selector", \.selector, "Labels that the volume must have."),
        .f("resources", \.resources, "How much storage."),
        .f("volumeName", \.volumeName, "The volume that the claim has."),
        .f("storageClassName", \.storageClassName, "The class; absent: the default class; empty: none."),
        .f("volumeMode", \.volumeMode, "Filesystem (default) or Block."),
        .f("dataSource", \.dataSource, as: TypedObjectReference.self, "What the volume is filled with."),
        .f("dataSourceRef", \.dataSourceRef, as: TypedObjectReference.self, "What the volume is filled with."),
        .f("volumeAttributesClassName", \.volumeAttributesClassName, "The class of attributes."),
    ]
}

public struct PersistentVolumeClaimStatus: APIStruct {
    public var phase = ""
    public var accessModes: [String] = []
    public var capacity: ResourceList = [:]
    public var conditions: [Condition] = []
    public var allocatedResources: ResourceList = [:]
    public var allocatedResourceStatuses: JSONValue?
    public var currentVolumeAttributesClassName: String?
    public var modifyVolumeStatus: JSONValue?
    public init() {}
    public static let summary = "What the claim got."
    public static let fields: Fields<PersistentVolumeClaimStatus> = [
        .f("phase", \.phase, "Pending, Bound or Lost."),
        .f("accessModes", \.accessModes, "The modes of the volume."),
        .f("capacity", \.capacity, "Its size."),
        .f("conditions", \.conditions, "Growing and the like; Unused, since no pod uses it (since 1.37)."),
        .f("allocatedResources", \.allocatedResources, "Kept, not acted on."),
        .f("allocatedResourceStatuses", \.allocatedResourceStatuses, "Kept, not acted on."),
        .f("currentVolumeAttributesClassName", \.currentVolumeAttributesClassName, "Its class of attributes now."),
        .f("modifyVolumeStatus", \.modifyVolumeStatus, "Kept, not acted on."),
    ]
}

/// A kind of storage that can be made on demand.
public struct StorageClass: ObjectWithoutStatus {
    public static let kind = Kind.storageClass
    public static let info = KindInfo(.storageClass, "storage.k8s.io", "v1", "storageclasses", ["sc"], namespaced: false)
    public var metadata = Metadata(ObjectMeta())
    public var provisioner = ""
    public var parameters: StringMap<String> = [:]
    public var reclaimPolicy: String?
    public var mountOptions: [String] = []
    public var allowVolumeExpansion: Bool?
    /// Immediate (default) or WaitForFirstConsumer.
    public var volumeBindingMode: String?
    public var allowedTopologies: [TopologySelectorTerm] = []
    public init() {}
    public static let summary = "A kind of storage that can be made on demand."
    public static let fields: Fields<StorageClass> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("provisioner", \.provisioner, "Who makes the volumes.", always: true),
        .f("parameters", \.parameters, "Settings for the provisioner."),
        .f("reclaimPolicy", \.reclaimPolicy, "Delete (default) or Retain once the claim is gone."),
        .f("mountOptions", \.mountOptions, "Options for mounting."),
        .f("allowVolumeExpansion", \.allowVolumeExpansion, "Whether claims may grow."),
        .f("volumeBindingMode", \.volumeBindingMode, "Immediate (default), or WaitForFirstConsumer: the first pod's node decides."),
        .f("allowedTopologies", \.allowedTopologies, "Where volumes may be made."),
    ]
}

extension StorageClass {
    public mutating func setDefaults(_ profile: KubernetesProfile) { Defaulting.storageClass(&self) }
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) { Validation.storageClass(self, profile, &errors) }
    public func validateChange(from old: StorageClass, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        validate(profile, &errors)
        Validation.storageClassChange(self, old, &errors)
    }
    public var quotaUse: ResourceList { [:] }
}

public struct TopologySelectorTerm: APIStruct {
    public var matchLabelExpressions: [TopologySelectorRequirement] = []
    public init() {}
    public static let summary = "Node labels that must hold together."
    public static let fields: Fields<TopologySelectorTerm> = [
        .f("matchLabelExpressions", \.matchLabelExpressions, "Labels and their values.")
    ]
}

public struct TopologySelectorRequirement: APIStruct {
    public var key = ""
    public var values: [String] = []
    public init() {}
    public static let summary = "A node label and its allowed values."
    public static let fields: Fields<TopologySelectorRequirement> = [
        .f("key", \.key, "The label.", always: true),
        .f("values", \.values, "The allowed values.", always: true),
    ]
}

/// A CSI driver as the cluster knows it.
public struct CSIDriver: ObjectWithoutStatus {
    public static let kind = Kind.csiDriver
    public static let info = KindInfo(.csiDriver, "storage.k8s.io", "v1", "csidrivers", [], namespaced: false)
    public var metadata = Metadata(ObjectMeta())
    public var spec = CSIDriverSpec()
    public init() {}
    public static let summary = "A CSI driver as the cluster knows it."
    public static let fields: Fields<CSIDriver> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("spec", \.spec, "What the driver needs."),
    ]
}

extension CSIDriver {
    public mutating func setDefaults(_ profile: KubernetesProfile) { Defaulting.csiDriver(&self, profile) }
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) { Validation.csiDriver(self, &errors) }
    public func validateChange(from old: CSIDriver, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        validate(profile, &errors)
        Validation.csiDriverChange(spec, old.spec, &errors)
    }
    public var quotaUse: ResourceList { [:] }
}

public struct CSIDriverSpec: APIStruct {
    public var attachRequired: Bool?
    public var podInfoOnMount: Bool?
    public var volumeLifecycleModes: [String] = []
    public var storageCapacity: Bool?
    public var fsGroupPolicy: String?
    public var tokenRequests: JSONValue?
    public var requiresRepublish: Bool?
    public var seLinuxMount: Bool?
    public var nodeAllocatableUpdatePeriodSeconds: Int?
    public var serviceAccountTokenInSecrets: Bool?
    public var preventPodSchedulingIfMissing: Bool?
    public init() {}
    public static let summary = "What a CSI driver needs."
    public static let fields: Fields<CSIDriverSpec> = [
        .f("attachRequired", \.attachRequired, "Whether volumes are attached to nodes first; default yes."),
        .f("podInfoOnMount", \.podInfoOnMount, "Whether it is told the pod."),
        .f("volumeLifecycleModes", \.volumeLifecycleModes, "Persistent, Ephemeral."),
        .f("storageCapacity", \.storageCapacity, "Whether free capacity is published."),
        .f("fsGroupPolicy", \.fsGroupPolicy, "How file ownership is changed."),
        .f("tokenRequests", \.tokenRequests, "Tokens it wants."),
        .f("requiresRepublish", \.requiresRepublish, "Whether mounting is repeated."),
        .f("seLinuxMount", \.seLinuxMount, "Whether it mounts with a context."),
        .f("nodeAllocatableUpdatePeriodSeconds", \.nodeAllocatableUpdatePeriodSeconds, "How often the limit of volumes is refreshed.", bits: 64),
        .f("serviceAccountTokenInSecrets", \.serviceAccountTokenInSecrets, "Kept, not acted on."),
        .f(
            "preventPodSchedulingIfMissing", \.preventPodSchedulingIfMissing,
            "Whether nodes without the driver take no pods with its volumes; default no. With the gate VolumeLimitScaling, from 1.35 on."),
    ]
}

/// The CSI drivers of a node.
public struct CSINode: ObjectWithoutStatus {
    public static let kind = Kind.csiNode
    public static let info = KindInfo(.csiNode, "storage.k8s.io", "v1", "csinodes", [], namespaced: false)
    public var metadata = Metadata(ObjectMeta())
    public var spec = CSINodeSpec()
    public init() {}
    public static let summary = "The CSI drivers of a node."
    public static let fields: Fields<CSINode> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("spec", \.spec, "The drivers."),
    ]
}

extension CSINode {
    public mutating func setDefaults(_ profile: KubernetesProfile) {}
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) {}
    /// A driver that is there stays as it is; how many volumes it attaches may change where MutableCSINodeAllocatableCount is on.
    public func validateChange(from old: CSINode, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        for before in old.spec.drivers {
            guard var driver = spec.drivers.first(where: { $0.name == before.name }) else { continue }
            if profile.isEnabled(.mutableCSINodeAllocatableCount) { driver.allocatable = before.allocatable }
            if driver != before { errors.invalid("CSINodeDriver", driver.json ?? [:], "field is immutable") }
        }
    }
    public var quotaUse: ResourceList { [:] }
}

public struct CSINodeSpec: APIStruct {
    public var drivers: [CSINodeDriver] = []
    public init() {}
    public static let summary = "The drivers of a node."
    public static let fields: Fields<CSINodeSpec> = [.f("drivers", \.drivers, "The drivers.", always: true)]
}

public struct CSINodeDriver: APIStruct {
    public var name = ""
    public var nodeID = ""
    public var topologyKeys: [String] = []
    public var allocatable: VolumeNodeResources?
    public init() {}
    public static let summary = "A driver on a node."
    public static let fields: Fields<CSINodeDriver> = [
        .f("name", \.name, "The driver.", always: true),
        .f("nodeID", \.nodeID, "The driver's name of the node.", always: true),
        .f("topologyKeys", \.topologyKeys, "Node labels that say where volumes can be reached."),
        .f("allocatable", \.allocatable, "How many volumes the node can have."),
    ]
}

public struct VolumeNodeResources: APIStruct {
    public var count: Int?
    public init() {}
    public static let summary = "How many volumes a node can have."
    public static let fields: Fields<VolumeNodeResources> = [.f("count", \.count, "The number.")]
}

/// That a volume is, or is to be, attached to a node.
public struct VolumeAttachment: ObjectWithStatus {
    public static let kind = Kind.volumeAttachment
    public static let info = KindInfo(.volumeAttachment, "storage.k8s.io", "v1", "volumeattachments", [], namespaced: false)
    public var metadata = Metadata(ObjectMeta())
    public var spec = VolumeAttachmentSpec()
    public var status = VolumeAttachmentStatus()
    public init() {}
    public var conditions: [Condition] { [] }
    public static let summary = "That a volume is, or is to be, attached to a node."
    public static let fields: Fields<VolumeAttachment> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("spec", \.spec, "Which volume, which node."),
        .f("status", \.status, "Whether it is attached."),
    ]
}

extension VolumeAttachment {
    public mutating func setDefaults(_ profile: KubernetesProfile) {}
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) {}
    public func validateChange(from old: VolumeAttachment, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {}
    public var isFaulty: Bool { metadata.isTerminating }
    public var quotaUse: ResourceList { [:] }
}

public struct VolumeAttachmentSpec: APIStruct {
    public var attacher = ""
    public var source = VolumeAttachmentSource()
    public var nodeName = ""
    public init() {}
    public static let summary = "Which volume goes to which node."
    public static let fields: Fields<VolumeAttachmentSpec> = [
        .f("attacher", \.attacher, "The driver.", always: true),
        .f("source", \.source, "The volume.", always: true),
        .f("nodeName", \.nodeName, "The node.", always: true),
    ]
}

public struct VolumeAttachmentSource: APIStruct {
    public var persistentVolumeName: String?
    public var inlineVolumeSpec: JSONValue?
    public init() {}
    public static let summary = "The volume to attach."
    public static let fields: Fields<VolumeAttachmentSource> = [
        .f("persistentVolumeName", \.persistentVolumeName, "Name of the persistent volume."),
        .f("inlineVolumeSpec", \.inlineVolumeSpec, "A volume given in place."),
    ]
}

public struct VolumeAttachmentStatus: APIStruct {
    public var attached = false
    public var attachmentMetadata: JSONValue?
    public var attachError: JSONValue?
    public var detachError: JSONValue?
    public init() {}
    public static let summary = "Whether the volume is attached."
    public static let fields: Fields<VolumeAttachmentStatus> = [
        .f("attached", \.attached, "Whether it is attached.", always: true),
        .f("attachmentMetadata", \.attachmentMetadata, "What the driver answered."),
        .f("attachError", \.attachError, "Why attaching failed."),
        .f("detachError", \.detachError, "Why detaching failed."),
    ]
}

// Before 1.6 the class stood in an annotation; published manifests still have it, and it wins.

extension PersistentVolumeClaim {
    /// The name of its class, the old annotation included; empty for none.
    public var className: String { metadata.annotations[AnnotationKey.storageClass] ?? spec.storageClassName ?? "" }
    /// Whether it says which class it wants, be it none; otherwise it gets the default class.
    public var namesClass: Bool { metadata.annotations[AnnotationKey.storageClass] != nil || spec.storageClassName != nil }
}

extension PersistentVolume {
    /// The name of its class, the old annotation included; empty for none.
    public var className: String { metadata.annotations[AnnotationKey.storageClass] ?? spec.storageClassName }
}
