// Parts of pods of which the objects keep the JSON as it was written: these say what it may hold, for reading strictly, for
// validation and for `explain`.

struct SecurityContext: APIStruct {
    var capabilities: Capabilities?
    var privileged: Bool?
    var seLinuxOptions: SELinuxOptions?
    var windowsOptions: WindowsSecurityContextOptions?
    var runAsUser: Int?
    var runAsGroup: Int?
    var runAsNonRoot: Bool?
    var readOnlyRootFilesystem: Bool?
    var allowPrivilegeEscalation: Bool?
    var procMount: String?
    var seccompProfile: SeccompProfile?
    var appArmorProfile: AppArmorProfile?
    static let summary = "User, group and kernel settings of a container."
    static let fields: Fields<SecurityContext> = [
        .f("capabilities", \.capabilities, "Kernel capabilities added and dropped."),
        .f("privileged", \.privileged, "Whether it may do all that root of the node may."),
        .f("seLinuxOptions", \.seLinuxOptions, "SELinux labels."),
        .f("windowsOptions", \.windowsOptions, "Settings for Windows."),
        .f("runAsUser", \.runAsUser, "User id of the program; default that of the image.", bits: 64),
        .f("runAsGroup", \.runAsGroup, "Group id of the program.", bits: 64),
        .f("runAsNonRoot", \.runAsNonRoot, "Whether the kubelet refuses to start it as root."),
        .f("readOnlyRootFilesystem", \.readOnlyRootFilesystem, "Whether its root file system cannot be written."),
        .f("allowPrivilegeEscalation", \.allowPrivilegeEscalation, "Whether a process may gain more rights than its parent."),
        .f("procMount", \.procMount, "Default or Unmasked."),
        .f("seccompProfile", \.seccompProfile, "Which system calls are allowed."),
        .f("appArmorProfile", \.appArmorProfile, "The AppArmor profile."),
    ]
}

struct PodSecurityContext: APIStruct {
    var seLinuxOptions: SELinuxOptions?
    var windowsOptions: WindowsSecurityContextOptions?
    var runAsUser: Int?
    var runAsGroup: Int?
    var runAsNonRoot: Bool?
    var supplementalGroups: [Int] = []
    var supplementalGroupsPolicy: String?
    var fsGroup: Int?
    var sysctls: [Sysctl] = []
    var fsGroupChangePolicy: String?
    var seccompProfile: SeccompProfile?
    var appArmorProfile: AppArmorProfile?
    var seLinuxChangePolicy: String?
    static let summary = "User, group and kernel settings of all containers."
    static let fields: Fields<PodSecurityContext> = [
        .f("seLinuxOptions", \.seLinuxOptions, "SELinux labels."),
        .f("windowsOptions", \.windowsOptions, "Settings for Windows."),
        .f("runAsUser", \.runAsUser, "User id of the programs; default that of the image.", bits: 64),
        .f("runAsGroup", \.runAsGroup, "Group id of the programs.", bits: 64),
        .f("runAsNonRoot", \.runAsNonRoot, "Whether the kubelet refuses to start them as root."),
        .f("supplementalGroups", \.supplementalGroups, "Further groups of the programs.", bits: 64),
        .f("supplementalGroupsPolicy", \.supplementalGroupsPolicy, "Merge (default) or Strict."),
        .f("fsGroup", \.fsGroup, "Group that owns the volumes.", bits: 64),
        .f("sysctls", \.sysctls, "Kernel parameters of the pod."),
        .f("fsGroupChangePolicy", \.fsGroupChangePolicy, "Always (default) or OnRootMismatch."),
        .f("seccompProfile", \.seccompProfile, "Which system calls are allowed."),
        .f("appArmorProfile", \.appArmorProfile, "The AppArmor profile."),
        .f("seLinuxChangePolicy", \.seLinuxChangePolicy, "MountOption (default) or Recursive."),
    ]
}

struct Capabilities: APIStruct {
    var add: [String] = []
    var drop: [String] = []
    static let summary = "Kernel capabilities."
    static let fields: Fields<Capabilities> = [
        .f("add", \.add, "Added ones."),
        .f("drop", \.drop, "Dropped ones."),
    ]
}

struct SELinuxOptions: APIStruct {
    var user = ""
    var role = ""
    var type = ""
    var level = ""
    static let summary = "SELinux labels."
    static let fields: Fields<SELinuxOptions> = [
        .f("user", \.user, "User label."),
        .f("role", \.role, "Role label."),
        .f("type", \.type, "Type label."),
        .f("level", \.level, "Level label."),
    ]
}

struct WindowsSecurityContextOptions: APIStruct {
    var gmsaCredentialSpecName: String?
    var gmsaCredentialSpec: String?
    var runAsUserName: String?
    var hostProcess: Bool?
    static let summary = "Settings for Windows containers."
    static let fields: Fields<WindowsSecurityContextOptions> = [
        .f("gmsaCredentialSpecName", \.gmsaCredentialSpecName, "Name of the GMSA credentials."),
        .f("gmsaCredentialSpec", \.gmsaCredentialSpec, "The GMSA credentials."),
        .f("runAsUserName", \.runAsUserName, "User of the program."),
        .f("hostProcess", \.hostProcess, "Whether it runs as a process of the host."),
    ]
}

struct SeccompProfile: APIStruct {
    var type = ""
    var localhostProfile: String?
    static let summary = "Which system calls are allowed."
    static let fields: Fields<SeccompProfile> = [
        .f("type", \.type, "Localhost, RuntimeDefault or Unconfined.", always: true),
        .f("localhostProfile", \.localhostProfile, "File on the node, for type Localhost."),
    ]
}

struct AppArmorProfile: APIStruct {
    var type = ""
    var localhostProfile: String?
    static let summary = "An AppArmor profile."
    static let fields: Fields<AppArmorProfile> = [
        .f("type", \.type, "Localhost, RuntimeDefault or Unconfined.", always: true),
        .f("localhostProfile", \.localhostProfile, "Profile loaded on the node, for type Localhost."),
    ]
}

struct Sysctl: APIStruct {
    var name = ""
    var value = ""
    static let summary = "A kernel parameter."
    static let fields: Fields<Sysctl> = [
        .f("name", \.name, "Its name.", always: true),
        .f("value", \.value, "Its value.", always: true),
    ]
}

struct HostAlias: APIStruct {
    var ip = ""
    var hostnames: [String] = []
    static let summary = "A line of the hosts file."
    static let fields: Fields<HostAlias> = [
        .f("ip", \.ip, "The address.", always: true),
        .f("hostnames", \.hostnames, "Its names."),
    ]
}

struct PodDNSConfig: APIStruct {
    var nameservers: [String] = []
    var searches: [String] = []
    var options: [PodDNSConfigOption] = []
    static let summary = "Resolver settings."
    static let fields: Fields<PodDNSConfig> = [
        .f("nameservers", \.nameservers, "Addresses of name servers, at most three."),
        .f("searches", \.searches, "Domains in which short names are looked up."),
        .f("options", \.options, "Options of the resolver."),
    ]
}

struct PodDNSConfigOption: APIStruct {
    var name = ""
    var value: String?
    static let summary = "An option of the resolver."
    static let fields: Fields<PodDNSConfigOption> = [
        .f("name", \.name, "Its name."),
        .f("value", \.value, "Its value."),
    ]
}

struct PodResourceClaim: APIStruct {
    var name = ""
    var resourceClaimName: String?
    var resourceClaimTemplateName: String?
    static let summary = "A claim of dynamic resources under the name that containers use."
    static let fields: Fields<PodResourceClaim> = [
        .f("name", \.name, "The name in the pod.", always: true),
        .f("resourceClaimName", \.resourceClaimName, "The ResourceClaim."),
        .f("resourceClaimTemplateName", \.resourceClaimTemplateName, "The template of which a ResourceClaim is made for the pod."),
    ]
}

struct ResourceClaim: APIStruct {
    var name = ""
    var request = ""
    static let summary = "A claim of the pod that a container uses."
    static let fields: Fields<ResourceClaim> = [
        .f("name", \.name, "The name in spec.resourceClaims.", always: true),
        .f("request", \.request, "One request of the claim; default all."),
    ]
}

struct VolumeDevice: APIStruct {
    var name = ""
    var devicePath = ""
    static let summary = "A block device made of a volume."
    static let fields: Fields<VolumeDevice> = [
        .f("name", \.name, "The volume.", always: true),
        .f("devicePath", \.devicePath, "The path in the container.", always: true),
    ]
}

struct HTTPHeader: APIStruct {
    var name = ""
    var value = ""
    static let summary = "A header of a request."
    static let fields: Fields<HTTPHeader> = [
        .f("name", \.name, "Its name.", always: true),
        .f("value", \.value, "Its value.", always: true),
    ]
}

struct ObjectFieldSelector: APIStruct {
    var apiVersion = ""
    var fieldPath = ""
    static let summary = "A field of the pod."
    static let fields: Fields<ObjectFieldSelector> = [
        .f("apiVersion", \.apiVersion, "Version of the field's path; v1."),
        .f("fieldPath", \.fieldPath, "The path, such as metadata.name.", always: true),
    ]
}

struct ResourceFieldSelector: APIStruct {
    var containerName = ""
    var resource = ""
    var divisor: Quantity?
    static let summary = "A request or limit of a container."
    static let fields: Fields<ResourceFieldSelector> = [
        .f("containerName", \.containerName, "The container; needed in volumes."),
        .f("resource", \.resource, "Such as limits.cpu.", always: true),
        .f("divisor", \.divisor, "Unit of the result; default 1."),
    ]
}

struct FileKeySelector: APIStruct {
    var volumeName = ""
    var path = ""
    var key = ""
    var optional: Bool?
    static let summary = "A key of a file in a volume."
    static let fields: Fields<FileKeySelector> = [
        .f("volumeName", \.volumeName, "The emptyDir volume.", always: true),
        .f("path", \.path, "The file.", always: true),
        .f("key", \.key, "The key.", always: true),
        .f("optional", \.optional, "Whether it may be missing."),
    ]
}

struct ContainerRestartRule: APIStruct {
    var action = ""
    var exitCodes: ContainerRestartRuleOnExitCodes?
    static let summary = "What an exit means."
    static let fields: Fields<ContainerRestartRule> = [
        .f("action", \.action, "Restart or RestartAllContainers.", always: true),
        .f("exitCodes", \.exitCodes, "For which exit codes."),
    ]
}

struct ContainerRestartRuleOnExitCodes: APIStruct {
    var `operator` = ""
    var values: [Int] = []
    static let summary = "Exit codes."
    static let fields: Fields<ContainerRestartRuleOnExitCodes> = [
        .f("operator", \.operator, "In or NotIn.", always: true),
        .f("values", \.values, "The codes."),
    ]
}

struct WorkloadReference: APIStruct {
    var name = ""
    var podGroup = ""
    var podGroupReplicaKey = ""
    static let summary = "The gang that a pod belongs to."
    static let fields: Fields<WorkloadReference> = [
        .f("name", \.name, "The Workload.", always: true),
        .f("podGroup", \.podGroup, "The group in it.", always: true),
        .f("podGroupReplicaKey", \.podGroupReplicaKey, "Which replica of the group."),
    ]
}

/// A container added to a running pod for debugging: the fields of a container, and the one that it looks into.
public struct EphemeralContainer: APIStruct {
    public var container = Container()
    public var targetContainerName = ""
    public init() {}
    public static let summary = "A container added to a running pod for debugging."
    public static let fields =
        Fields<EphemeralContainer>(Container.fields.map { .inner($0, at: \.container) })
        + [.f("targetContainerName", \.targetContainerName, "The container whose processes it sees.")]
}

extension PodSpec {
    /// The containers that were added for debugging, in order.
    public var ephemeral: [EphemeralContainer] { ephemeralContainers?.read([EphemeralContainer].self) ?? [] }
}

extension PodStatus {
    /// What is known of the containers that were added for debugging.
    public var ephemeralStatuses: [ContainerStatus] {
        get { ephemeralContainerStatuses?.read([ContainerStatus].self) ?? [] }
        set { ephemeralContainerStatuses = newValue.isEmpty ? nil : .array(newValue.map { .object($0.jsonObject) }) }
    }
}

extension Pod {
    /// All containers: those of the program, those before it, and those added for debugging.
    public var allContainers: [Container] { spec.containers + spec.initContainers + spec.ephemeral.map(\.container) }
    public var allContainerStatuses: [ContainerStatus] { status.containerStatuses + status.initContainerStatuses + status.ephemeralStatuses }
}

extension JSONValue {
    /// What the JSON says as a `type`; what cannot be read is left out: reading has refused it.
    func read<Value: APIValue>(_ type: Value.Type) -> Value? {
        var decoder = APIDecoder()
        return Value.decode(self, &decoder)
    }
}
