// What the sources of volumes may hold. The objects keep the JSON as it was written.

struct KeyToPath: APIStruct {
    var key = ""
    var path = ""
    var mode: Int?
    static let summary = "A key and the file that it becomes."
    static let fields: Fields<KeyToPath> = [
        .f("key", \.key, "The key.", always: true),
        .f("path", \.path, "The file.", always: true),
        .f("mode", \.mode, "File mode."),
    ]
}

struct DownwardAPIVolumeSource: APIStruct {
    var items: [DownwardAPIVolumeFile] = []
    var defaultMode: Int?
    static let summary = "Fields of the pod as files."
    static let fields: Fields<DownwardAPIVolumeSource> = [
        .f("items", \.items, "The files."),
        .f("defaultMode", \.defaultMode, "File mode."),
    ]
}

struct DownwardAPIProjection: APIStruct {
    var items: [DownwardAPIVolumeFile] = []
    static let summary = "Fields of the pod as files."
    static let fields: Fields<DownwardAPIProjection> = [
        .f("items", \.items, "The files.")
    ]
}

struct DownwardAPIVolumeFile: APIStruct {
    var path = ""
    var fieldRef: ObjectFieldSelector?
    var resourceFieldRef: ResourceFieldSelector?
    var mode: Int?
    static let summary = "A file with a field of the pod."
    static let fields: Fields<DownwardAPIVolumeFile> = [
        .f("path", \.path, "The file.", always: true),
        .f("fieldRef", \.fieldRef, "A field of the pod."),
        .f("resourceFieldRef", \.resourceFieldRef, "A request or limit of a container."),
        .f("mode", \.mode, "File mode."),
    ]
}

struct ServiceAccountTokenProjection: APIStruct {
    var audience = ""
    var expirationSeconds: Int?
    var path = ""
    static let summary = "A token bound to the pod."
    static let fields: Fields<ServiceAccountTokenProjection> = [
        .f("audience", \.audience, "Who is meant to take it."),
        .f("expirationSeconds", \.expirationSeconds, "How long it is valid; default 3600.", bits: 64),
        .f("path", \.path, "The file.", always: true),
    ]
}

struct ClusterTrustBundleProjection: APIStruct {
    var name: String?
    var signerName: String?
    var labelSelector: LabelSelector?
    var optional: Bool?
    var path = ""
    static let summary = "Trusted certificates."
    static let fields: Fields<ClusterTrustBundleProjection> = [
        .f("name", \.name, "One bundle."),
        .f("signerName", \.signerName, "All bundles of a signer."),
        .f("labelSelector", \.labelSelector, "Which of the signer's bundles."),
        .f("optional", \.optional, "Whether they may be missing."),
        .f("path", \.path, "The file.", always: true),
    ]
}

struct PodCertificateProjection: APIStruct {
    var signerName = ""
    var keyType = ""
    var maxExpirationSeconds: Int?
    var credentialBundlePath = ""
    var keyPath = ""
    var certificateChainPath = ""
    var userAnnotations: StringMap<String> = [:]
    static let summary = "A certificate for the pod."
    static let fields: Fields<PodCertificateProjection> = [
        .f("signerName", \.signerName, "The signer."),
        .f("keyType", \.keyType, "Kind of the key."),
        .f("maxExpirationSeconds", \.maxExpirationSeconds, "How long it may be valid."),
        .f("credentialBundlePath", \.credentialBundlePath, "File of key and certificates."),
        .f("keyPath", \.keyPath, "File of the key."),
        .f("certificateChainPath", \.certificateChainPath, "File of the certificates."),
        .f("userAnnotations", \.userAnnotations, "Annotations for the signer."),
    ]
}

struct HostPathVolumeSource: APIStruct {
    var path = ""
    var type: String?
    static let summary = "A path of the node."
    static let fields: Fields<HostPathVolumeSource> = [
        .f("path", \.path, "The path.", always: true),
        .f("type", \.type, "What must be there."),
    ]
}

struct GitRepoVolumeSource: APIStruct {
    var repository = ""
    var revision = ""
    var directory = ""
    static let summary = "A git repository."
    static let fields: Fields<GitRepoVolumeSource> = [
        .f("repository", \.repository, "Its address.", always: true),
        .f("revision", \.revision, "The commit."),
        .f("directory", \.directory, "Folder of the copy."),
    ]
}

struct NFSVolumeSource: APIStruct {
    var server = ""
    var path = ""
    var readOnly = false
    static let summary = "A network share."
    static let fields: Fields<NFSVolumeSource> = [
        .f("server", \.server, "The server.", always: true),
        .f("path", \.path, "The exported path.", always: true),
        .f("readOnly", \.readOnly, "Whether it cannot be written."),
    ]
}

struct ISCSIVolumeSource: APIStruct {
    var targetPortal = ""
    var iqn = ""
    var lun = 0
    var iscsiInterface = ""
    var fsType = ""
    var readOnly = false
    var portals: [String] = []
    var chapAuthDiscovery = false
    var chapAuthSession = false
    var secretRef: SecretReference?
    var initiatorName: String?
    static let summary = "An iSCSI disk."
    static let fields: Fields<ISCSIVolumeSource> = [
        .f("targetPortal", \.targetPortal, "Address and port.", always: true),
        .f("iqn", \.iqn, "Name of the target.", always: true),
        .f("lun", \.lun, "Number of the disk.", always: true),
        .f("iscsiInterface", \.iscsiInterface, "Transport."),
        .f("fsType", \.fsType, "File system."),
        .f("readOnly", \.readOnly, "Whether it cannot be written."),
        .f("portals", \.portals, "Further portals."),
        .f("chapAuthDiscovery", \.chapAuthDiscovery, "Whether discovery is authenticated."),
        .f("chapAuthSession", \.chapAuthSession, "Whether sessions are authenticated."),
        .f("secretRef", \.secretRef, "Credentials."),
        .f("initiatorName", \.initiatorName, "Name of the initiator."),
    ]
}

struct GlusterfsVolumeSource: APIStruct {
    var endpoints = ""
    var endpointsNamespace: String?
    var path = ""
    var readOnly = false
    static let summary = "A Gluster file system."
    static let fields: Fields<GlusterfsVolumeSource> = [
        .f("endpoints", \.endpoints, "Endpoints of the servers.", always: true),
        .f("endpointsNamespace", \.endpointsNamespace, "Their namespace, for persistent volumes."),
        .f("path", \.path, "The volume.", always: true),
        .f("readOnly", \.readOnly, "Whether it cannot be written."),
    ]
}

struct RBDVolumeSource: APIStruct {
    var monitors: [String] = []
    var image = ""
    var fsType = ""
    var pool = ""
    var user = ""
    var keyring = ""
    var secretRef: SecretReference?
    var readOnly = false
    static let summary = "A Ceph block device."
    static let fields: Fields<RBDVolumeSource> = [
        .f("monitors", \.monitors, "The monitors.", always: true),
        .f("image", \.image, "The image.", always: true),
        .f("fsType", \.fsType, "File system."),
        .f("pool", \.pool, "The pool."),
        .f("user", \.user, "The user."),
        .f("keyring", \.keyring, "The key ring."),
        .f("secretRef", \.secretRef, "Credentials."),
        .f("readOnly", \.readOnly, "Whether it cannot be written."),
    ]
}

struct CinderVolumeSource: APIStruct {
    var volumeID = ""
    var fsType = ""
    var readOnly = false
    var secretRef: SecretReference?
    static let summary = "An OpenStack disk."
    static let fields: Fields<CinderVolumeSource> = [
        .f("volumeID", \.volumeID, "The disk.", always: true),
        .f("fsType", \.fsType, "File system."),
        .f("readOnly", \.readOnly, "Whether it cannot be written."),
        .f("secretRef", \.secretRef, "Credentials."),
    ]
}

struct CephFSVolumeSource: APIStruct {
    var monitors: [String] = []
    var path = ""
    var user = ""
    var secretFile = ""
    var secretRef: SecretReference?
    var readOnly = false
    static let summary = "A Ceph file system."
    static let fields: Fields<CephFSVolumeSource> = [
        .f("monitors", \.monitors, "The monitors.", always: true),
        .f("path", \.path, "The folder."),
        .f("user", \.user, "The user."),
        .f("secretFile", \.secretFile, "File of the key."),
        .f("secretRef", \.secretRef, "Credentials."),
        .f("readOnly", \.readOnly, "Whether it cannot be written."),
    ]
}

struct FlockerVolumeSource: APIStruct {
    var datasetName = ""
    var datasetUUID = ""
    static let summary = "A Flocker volume."
    static let fields: Fields<FlockerVolumeSource> = [
        .f("datasetName", \.datasetName, "Name of the data set."),
        .f("datasetUUID", \.datasetUUID, "Identity of the data set."),
    ]
}

struct FCVolumeSource: APIStruct {
    var targetWWNs: [String] = []
    var lun: Int?
    var fsType = ""
    var readOnly = false
    var wwids: [String] = []
    static let summary = "A Fibre Channel disk."
    static let fields: Fields<FCVolumeSource> = [
        .f("targetWWNs", \.targetWWNs, "Names of the targets."),
        .f("lun", \.lun, "Number of the disk."),
        .f("fsType", \.fsType, "File system."),
        .f("readOnly", \.readOnly, "Whether it cannot be written."),
        .f("wwids", \.wwids, "Identities of the disk."),
    ]
}

struct FlexVolumeSource: APIStruct {
    var driver = ""
    var fsType = ""
    var secretRef: SecretReference?
    var readOnly = false
    var options: StringMap<String> = [:]
    static let summary = "A volume of an exec based driver."
    static let fields: Fields<FlexVolumeSource> = [
        .f("driver", \.driver, "The driver.", always: true),
        .f("fsType", \.fsType, "File system."),
        .f("secretRef", \.secretRef, "Credentials."),
        .f("readOnly", \.readOnly, "Whether it cannot be written."),
        .f("options", \.options, "Options for the driver."),
    ]
}

struct AzureFileVolumeSource: APIStruct {
    var secretName = ""
    var shareName = ""
    var readOnly = false
    var secretNamespace: String?
    static let summary = "A share of Azure."
    static let fields: Fields<AzureFileVolumeSource> = [
        .f("secretName", \.secretName, "Credentials.", always: true),
        .f("shareName", \.shareName, "The share.", always: true),
        .f("readOnly", \.readOnly, "Whether it cannot be written."),
        .f("secretNamespace", \.secretNamespace, "Namespace of the credentials, for persistent volumes."),
    ]
}

struct AzureDiskVolumeSource: APIStruct {
    var diskName = ""
    var diskURI = ""
    var cachingMode: String?
    var fsType: String?
    var readOnly: Bool?
    var kind: String?
    static let summary = "A disk of Azure."
    static let fields: Fields<AzureDiskVolumeSource> = [
        .f("diskName", \.diskName, "The disk.", always: true),
        .f("diskURI", \.diskURI, "Its address.", always: true),
        .f("cachingMode", \.cachingMode, "None, ReadOnly or ReadWrite."),
        .f("fsType", \.fsType, "File system."),
        .f("readOnly", \.readOnly, "Whether it cannot be written."),
        .f("kind", \.kind, "Shared, Dedicated or Managed."),
    ]
}

struct VsphereVolumeSource: APIStruct {
    var volumePath = ""
    var fsType = ""
    var storagePolicyName = ""
    var storagePolicyID = ""
    static let summary = "A vSphere disk."
    static let fields: Fields<VsphereVolumeSource> = [
        .f("volumePath", \.volumePath, "The disk.", always: true),
        .f("fsType", \.fsType, "File system."),
        .f("storagePolicyName", \.storagePolicyName, "Storage policy."),
        .f("storagePolicyID", \.storagePolicyID, "Identity of the storage policy."),
    ]
}

struct PhotonPersistentDiskVolumeSource: APIStruct {
    var pdID = ""
    var fsType = ""
    static let summary = "A Photon disk."
    static let fields: Fields<PhotonPersistentDiskVolumeSource> = [
        .f("pdID", \.pdID, "The disk.", always: true),
        .f("fsType", \.fsType, "File system."),
    ]
}

struct PortworxVolumeSource: APIStruct {
    var volumeID = ""
    var fsType = ""
    var readOnly = false
    static let summary = "A Portworx volume."
    static let fields: Fields<PortworxVolumeSource> = [
        .f("volumeID", \.volumeID, "The volume.", always: true),
        .f("fsType", \.fsType, "File system."),
        .f("readOnly", \.readOnly, "Whether it cannot be written."),
    ]
}

struct QuobyteVolumeSource: APIStruct {
    var registry = ""
    var volume = ""
    var readOnly = false
    var user = ""
    var group = ""
    var tenant = ""
    static let summary = "A Quobyte volume."
    static let fields: Fields<QuobyteVolumeSource> = [
        .f("registry", \.registry, "The registry.", always: true),
        .f("volume", \.volume, "The volume.", always: true),
        .f("readOnly", \.readOnly, "Whether it cannot be written."),
        .f("user", \.user, "The user."),
        .f("group", \.group, "The group."),
        .f("tenant", \.tenant, "The tenant."),
    ]
}

struct ScaleIOVolumeSource: APIStruct {
    var gateway = ""
    var system = ""
    var secretRef: SecretReference?
    var sslEnabled = false
    var protectionDomain = ""
    var storagePool = ""
    var storageMode = ""
    var volumeName = ""
    var fsType = ""
    var readOnly = false
    static let summary = "A ScaleIO volume."
    static let fields: Fields<ScaleIOVolumeSource> = [
        .f("gateway", \.gateway, "The gateway.", always: true),
        .f("system", \.system, "The storage system.", always: true),
        .f("secretRef", \.secretRef, "Credentials."),
        .f("sslEnabled", \.sslEnabled, "Whether the connection is encrypted."),
        .f("protectionDomain", \.protectionDomain, "The protection domain."),
        .f("storagePool", \.storagePool, "The pool."),
        .f("storageMode", \.storageMode, "ThickProvisioned or ThinProvisioned."),
        .f("volumeName", \.volumeName, "The volume."),
        .f("fsType", \.fsType, "File system."),
        .f("readOnly", \.readOnly, "Whether it cannot be written."),
    ]
}

struct StorageOSVolumeSource: APIStruct {
    var volumeName = ""
    var volumeNamespace = ""
    var fsType = ""
    var readOnly = false
    var secretRef: StorageOSReference?
    static let summary = "A StorageOS volume."
    static let fields: Fields<StorageOSVolumeSource> = [
        .f("volumeName", \.volumeName, "The volume."),
        .f("volumeNamespace", \.volumeNamespace, "Its namespace."),
        .f("fsType", \.fsType, "File system."),
        .f("readOnly", \.readOnly, "Whether it cannot be written."),
        .f("secretRef", \.secretRef, "Credentials."),
    ]
}

struct StorageOSReference: APIStruct {
    var kind = ""
    var namespace = ""
    var name = ""
    var uid = ""
    var apiVersion = ""
    var resourceVersion = ""
    var fieldPath = ""
    static let summary = "An object with credentials."
    static let fields: Fields<StorageOSReference> = [
        .f("kind", \.kind, "Its kind."),
        .f("namespace", \.namespace, "Its namespace."),
        .f("name", \.name, "Its name."),
        .f("uid", \.uid, "Its identity."),
        .f("apiVersion", \.apiVersion, "Its group and version."),
        .f("resourceVersion", \.resourceVersion, "Its version."),
        .f("fieldPath", \.fieldPath, "The part of it."),
    ]
}

struct SecretReference: APIStruct {
    var name = ""
    var namespace = ""
    static let summary = "A Secret, in persistent volumes with its namespace."
    static let fields: Fields<SecretReference> = [
        .f("name", \.name, "Its name."),
        .f("namespace", \.namespace, "Its namespace."),
    ]
}

struct CSIVolumeSource: APIStruct {
    var driver = ""
    var readOnly: Bool?
    var fsType: String?
    var volumeAttributes: StringMap<String> = [:]
    var nodePublishSecretRef: LocalObjectReference?
    static let summary = "Storage of a CSI driver that lives with the pod."
    static let fields: Fields<CSIVolumeSource> = [
        .f("driver", \.driver, "The driver.", always: true),
        .f("readOnly", \.readOnly, "Whether it cannot be written."),
        .f("fsType", \.fsType, "File system."),
        .f("volumeAttributes", \.volumeAttributes, "Settings for the driver."),
        .f("nodePublishSecretRef", \.nodePublishSecretRef, "Credentials."),
    ]
}

struct LocalVolumeSource: APIStruct {
    var path = ""
    var fsType: String?
    static let summary = "A disk of one node."
    static let fields: Fields<LocalVolumeSource> = [
        .f("path", \.path, "The path.", always: true),
        .f("fsType", \.fsType, "File system."),
    ]
}

struct EphemeralVolumeSource: APIStruct {
    var volumeClaimTemplate: PersistentVolumeClaimTemplate?
    static let summary = "A claim made for the pod."
    static let fields: Fields<EphemeralVolumeSource> = [
        .f("volumeClaimTemplate", \.volumeClaimTemplate, "What the claim looks like.")
    ]
}

struct PersistentVolumeClaimTemplate: APIStruct {
    var metadata = ObjectMeta()
    var spec = PersistentVolumeClaimSpec()
    static let summary = "What a claim made for a pod looks like."
    static let fields: Fields<PersistentVolumeClaimTemplate> = [
        .f("metadata", \.metadata, "Labels and annotations of the claim."),
        .f("spec", \.spec, "What is wanted."),
    ]
}

struct TypedObjectReference: APIStruct {
    var apiGroup: String?
    var kind = ""
    var name = ""
    var namespace: String?
    static let summary = "An object that a volume is filled from."
    static let fields: Fields<TypedObjectReference> = [
        .f("apiGroup", \.apiGroup, "Its group; default core."),
        .f("kind", \.kind, "Its kind.", always: true),
        .f("name", \.name, "Its name.", always: true),
        .f("namespace", \.namespace, "Its namespace, for dataSourceRef."),
    ]
}

struct SessionAffinityConfig: APIStruct {
    var clientIP: ClientIPConfig?
    static let summary = "How long a client keeps its pod."
    static let fields: Fields<SessionAffinityConfig> = [
        .f("clientIP", \.clientIP, "For affinity ClientIP.")
    ]
}

struct ClientIPConfig: APIStruct {
    var timeoutSeconds: Int?
    static let summary = "How long a client keeps its pod."
    static let fields: Fields<ClientIPConfig> = [
        .f("timeoutSeconds", \.timeoutSeconds, "Seconds; default 10800.")
    ]
}

struct ScopeSelector: APIStruct {
    var matchExpressions: [ScopeRequirement] = []
    static let summary = "Which pods a quota counts."
    static let fields: Fields<ScopeSelector> = [
        .f("matchExpressions", \.matchExpressions, "Requirements that must all hold.")
    ]
}

struct ScopeRequirement: APIStruct {
    var scopeName = ""
    var `operator` = ""
    var values: [String] = []
    static let summary = "A scope and its values."
    static let fields: Fields<ScopeRequirement> = [
        .f("scopeName", \.scopeName, "The scope.", always: true),
        .f("operator", \.operator, "In, NotIn, Exists or DoesNotExist.", always: true),
        .f("values", \.values, "The values."),
    ]
}
