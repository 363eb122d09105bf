/// Storage that a pod's containers can mount. Exactly one source is set.
public struct Volume: APIStruct {
    public var name = ""
    public var emptyDir: EmptyDirVolumeSource?
    public var hostPath: JSONValue?
    public var configMap: ConfigMapVolumeSource?
    public var secret: SecretVolumeSource?
    public var downwardAPI: JSONValue?
    public var projected: ProjectedVolumeSource?
    public var persistentVolumeClaim: PersistentVolumeClaimVolumeSource?
    public var ephemeral: JSONValue?
    public var csi: JSONValue?
    public var image: ImageVolumeSource?
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
    public var gitRepo: JSONValue?
    public var glusterfs: JSONValue?
    public var photonPersistentDisk: JSONValue?
    public var portworxVolume: JSONValue?
    public var quobyte: JSONValue?
    public var scaleIO: JSONValue?
    public var storageos: JSONValue?
    public var vsphereVolume: JSONValue?

    public init() {}
    public static let summary = "Storage that containers can mount; exactly one source is set."
    public static let fields: Fields<Volume> = [
        .f("name", \.name, "Name, unique in the pod.", always: true),
        .f("emptyDir", \.emptyDir, "An empty folder that lives as long as the pod."),
        .f("hostPath", \.hostPath, as: HostPathVolumeSource.self, "A path of the node."),
        .f("configMap", \.configMap, "The keys of a ConfigMap as files."),
        .f("secret", \.secret, "The keys of a Secret as files."),
        .f("downwardAPI", \.downwardAPI, as: DownwardAPIVolumeSource.self, "Fields of the pod as files."),
        .f("projected", \.projected, "Several sources in one folder."),
        .f("persistentVolumeClaim", \.persistentVolumeClaim, "A claim for persistent storage."),
        .f("ephemeral", \.ephemeral, as: EphemeralVolumeSource.self, "A claim made for this pod and deleted with it."),
        .f("csi", \.csi, as: CSIVolumeSource.self, "Storage of a CSI driver that lives with the pod."),
        .f("image", \.image, "The content of an image."),
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
        .f("gitRepo", \.gitRepo, as: GitRepoVolumeSource.self, "A git repository."),
        .f("glusterfs", \.glusterfs, as: GlusterfsVolumeSource.self, "A Gluster file system."),
        .f("photonPersistentDisk", \.photonPersistentDisk, as: PhotonPersistentDiskVolumeSource.self, "Removed upstream."),
        .f("portworxVolume", \.portworxVolume, as: PortworxVolumeSource.self, "A Portworx volume."),
        .f("quobyte", \.quobyte, as: QuobyteVolumeSource.self, "Removed upstream."),
        .f("scaleIO", \.scaleIO, as: ScaleIOVolumeSource.self, "A ScaleIO volume."),
        .f("storageos", \.storageos, as: StorageOSVolumeSource.self, "Removed upstream."),
        .f("vsphereVolume", \.vsphereVolume, as: VsphereVolumeSource.self, "A vSphere disk."),
    ]
}

public struct EmptyDirVolumeSource: APIStruct {
    public var medium = ""
    public var sizeLimit: Quantity?
    public init() {}
    public static let summary = "An empty folder that lives as long as the pod."
    public static let fields: Fields<EmptyDirVolumeSource> = [
        .f("medium", \.medium, "Empty for disk, Memory for RAM."),
        .f("sizeLimit", \.sizeLimit, "The most it may hold; beyond it the pod is evicted."),
    ]
}

public struct ConfigMapVolumeSource: APIStruct {
    public var name = ""
    public var items: JSONValue?
    public var defaultMode: Int?
    public var optional: Bool?
    public init() {}
    public static let summary = "The keys of a ConfigMap as files."
    public static let fields: Fields<ConfigMapVolumeSource> = [
        .f("name", \.name, "The ConfigMap."),
        .f("items", \.items, as: [KeyToPath].self, "Which keys, under which paths."),
        .f("defaultMode", \.defaultMode, "File mode."),
        .f("optional", \.optional, "Whether it may be missing."),
    ]
}

public struct SecretVolumeSource: APIStruct {
    public var secretName = ""
    public var items: JSONValue?
    public var defaultMode: Int?
    public var optional: Bool?
    public init() {}
    public static let summary = "The keys of a Secret as files."
    public static let fields: Fields<SecretVolumeSource> = [
        .f("secretName", \.secretName, "The Secret."),
        .f("items", \.items, as: [KeyToPath].self, "Which keys, under which paths."),
        .f("defaultMode", \.defaultMode, "File mode."),
        .f("optional", \.optional, "Whether it may be missing."),
    ]
}

public struct ProjectedVolumeSource: APIStruct {
    public var sources: [VolumeProjection] = []
    public var defaultMode: Int?
    public init() {}
    public static let summary = "Several sources in one folder."
    public static let fields: Fields<ProjectedVolumeSource> = [
        .f("sources", \.sources, "The sources."),
        .f("defaultMode", \.defaultMode, "File mode."),
    ]
}

public struct VolumeProjection: APIStruct {
    public var configMap: ConfigMapVolumeSource?
    public var secret: OptionalProjection?
    public var downwardAPI: JSONValue?
    public var serviceAccountToken: JSONValue?
    public var clusterTrustBundle: JSONValue?
    public var podCertificate: JSONValue?
    public init() {}
    public static let summary = "One source of a projected volume."
    public static let fields: Fields<VolumeProjection> = [
        .f("configMap", \.configMap, "The keys of a ConfigMap."),
        .f("secret", \.secret, "The keys of a Secret."),
        .f("downwardAPI", \.downwardAPI, as: DownwardAPIProjection.self, "Fields of the pod."),
        .f("serviceAccountToken", \.serviceAccountToken, as: ServiceAccountTokenProjection.self, "A token bound to the pod, renewed by the kubelet."),
        .f("clusterTrustBundle", \.clusterTrustBundle, as: ClusterTrustBundleProjection.self, "Trusted certificates. Kept, not acted on."),
        .f("podCertificate", \.podCertificate, as: PodCertificateProjection.self, "A certificate for the pod. Kept, not acted on."),
    ]
}

public struct OptionalProjection: APIStruct {
    public var name = ""
    public var items: JSONValue?
    public var optional: Bool?
    public init() {}
    public static let summary = "The keys of an object as files."
    public static let fields: Fields<OptionalProjection> = [
        .f("name", \.name, "The object."),
        .f("items", \.items, as: [KeyToPath].self, "Which keys, under which paths."),
        .f("optional", \.optional, "Whether it may be missing."),
    ]
}

public struct PersistentVolumeClaimVolumeSource: APIStruct {
    public var claimName = ""
    public var readOnly = false
    public init() {}
    public static let summary = "A claim for persistent storage in the pod's namespace."
    public static let fields: Fields<PersistentVolumeClaimVolumeSource> = [
        .f("claimName", \.claimName, "The claim.", always: true),
        .f("readOnly", \.readOnly, "Whether it cannot be written."),
    ]
}

public struct ImageVolumeSource: APIStruct {
    public var reference = ""
    public var pullPolicy = ""
    public init() {}
    public static let summary = "The content of an image as a volume."
    public static let fields: Fields<ImageVolumeSource> = [
        .f("reference", \.reference, "The image."),
        .f("pullPolicy", \.pullPolicy, "Always, IfNotPresent or Never."),
    ]
}

/// A cloud disk by its id: two pods on one node may not share it unless both only read.
public struct DiskVolumeSource: APIStruct {
    public var pdName = ""
    public var volumeID = ""
    public var fsType = ""
    public var partition = 0
    public var readOnly = false
    public init() {}
    public static let summary = "A disk of a cloud provider."
    public static let fields: Fields<DiskVolumeSource> = [
        .f("pdName", \.pdName, "Name of a Google Cloud disk."),
        .f("volumeID", \.volumeID, "Id of an AWS disk."),
        .f("fsType", \.fsType, "File system."),
        .f("partition", \.partition, "Partition."),
        .f("readOnly", \.readOnly, "Whether it cannot be written."),
    ]
}
