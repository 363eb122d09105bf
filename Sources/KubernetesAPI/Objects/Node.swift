/// A machine that runs pods.
public struct Node: ObjectWithStatus {
    public static let kind = Kind.node
    public static let info = KindInfo(.node, "", "v1", "nodes", ["no"], namespaced: false)
    public var metadata = Metadata(ObjectMeta())
    public var spec = Shared(NodeSpec())
    public var status = Shared(NodeStatus())
    public init() {}
    public var conditions: [Condition] { status.conditions }
    public static let summary = "A machine that runs pods."
    public static let fields: Fields<Node> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("spec", \.spec, "Taints and whether new pods are allowed."),
        .f("status", \.status, "Capacity, conditions and what the kubelet reports."),
    ]
    public var isReady: Bool { status.conditions.isTrue(ConditionType.ready) }
    /// The value of `topology.kubernetes.io/zone`; empty without.
    public var zone: String { metadata.labels[LabelKey.zone] ?? "" }
}

extension Node {
    public mutating func setDefaults(_ profile: KubernetesProfile) { Defaulting.node(&self) }
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) { Validation.node(self, &errors) }
    public func validateNew(_ errors: inout [FieldError]) { Validation.podCIDRs(spec.podCIDRs, &errors) }
    public func validateChange(from old: Node, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        validate(profile, &errors)
        Validation.nodeChange(spec.value, old.spec.value, &errors)
    }
    public var isFaulty: Bool { !isReady || spec.unschedulable }
    public var quotaUse: ResourceList { [:] }
}

public struct NodeSpec: APIStruct {
    public var podCIDR = ""
    public var podCIDRs: [String] = []
    public var providerID = ""
    public var unschedulable = false
    public var taints: [Taint] = []
    public var externalID = ""
    public var configSource: JSONValue?
    public init() {}
    public static let summary = "Taints of the node and whether new pods are allowed."
    public static let fields: Fields<NodeSpec> = [
        .f("podCIDR", \.podCIDR, "Addresses for the node's pods."),
        .f("podCIDRs", \.podCIDRs, "The same for each family."),
        .f("providerID", \.providerID, "The machine's name at the cloud provider."),
        .f("unschedulable", \.unschedulable, "Set by cordon: no new pods."),
        .f("taints", \.taints, "Marks that keep pods away unless they tolerate them."),
        .f("externalID", \.externalID, "No longer used."),
        .f("configSource", \.configSource, "No longer used."),
    ]
}

public struct NodeStatus: APIStruct {
    public var capacity: ResourceList = [:]
    public var allocatable: ResourceList = [:]
    public var phase = ""
    public var conditions: [Condition] = []
    public var addresses: [NodeAddress] = []
    public var daemonEndpoints: JSONValue?
    public var nodeInfo: NodeSystemInfo?
    public var images: [ContainerImage] = []
    public var volumesInUse: [String] = []
    public var volumesAttached: [AttachedVolume] = []
    public var config: JSONValue?
    public var runtimeHandlers: JSONValue?
    public var features: JSONValue?
    public var declaredFeatures: [String] = []
    public init() {}
    public static let summary = "What the node has and how it is."
    public static let fields: Fields<NodeStatus> = [
        .f("capacity", \.capacity, "What the machine has."),
        .f("allocatable", \.allocatable, "What is left for pods after reservations."),
        .f("phase", \.phase, "No longer used."),
        .f("conditions", \.conditions, "Ready and the pressures."),
        .f("addresses", \.addresses, "Names and addresses of the machine."),
        .f("daemonEndpoints", \.daemonEndpoints, "Port of the kubelet."),
        .f("nodeInfo", \.nodeInfo, "Versions of what runs on it."),
        .f("images", \.images, "Images that are there already."),
        .f("volumesInUse", \.volumesInUse, "Volumes that the kubelet mounted."),
        .f("volumesAttached", \.volumesAttached, "Volumes that are attached."),
        .f("config", \.config, "No longer used."),
        .f("runtimeHandlers", \.runtimeHandlers, "Kept, not acted on."),
        .f("features", \.features, "Kept, not acted on."),
        .f("declaredFeatures", \.declaredFeatures, "What its kubelet can do that some pods need."),
    ]
}

public struct NodeAddress: APIStruct {
    public var type = ""
    public var address = ""
    public init() {}
    public init(_ type: String, _ address: String) { (self.type, self.address) = (type, address) }
    public static let summary = "A name or address of the machine."
    public static let fields: Fields<NodeAddress> = [
        .f("type", \.type, "Hostname, InternalIP, ExternalIP …", always: true),
        .f("address", \.address, "The name or address.", always: true),
    ]
}

public struct ContainerImage: APIStruct {
    public var names: [String] = []
    public var sizeBytes = 0
    public init() {}
    public static let summary = "An image on the node."
    public static let fields: Fields<ContainerImage> = [
        .f("names", \.names, "Names under which it is known."),
        .f("sizeBytes", \.sizeBytes, "Its size.", bits: 64),
    ]
}

public struct NodeSystemInfo: APIStruct {
    public var machineID = ""
    public var systemUUID = ""
    public var bootID = ""
    public var kernelVersion = ""
    public var osImage = ""
    public var containerRuntimeVersion = ""
    public var kubeletVersion = ""
    public var kubeProxyVersion = ""
    public var operatingSystem = ""
    public var architecture = ""
    public var swap: JSONValue?
    public init() {}
    public static let summary = "Versions of what runs on the node."
    public static let fields: Fields<NodeSystemInfo> = [
        .f("machineID", \.machineID, "Identity of the machine.", always: true),
        .f("systemUUID", \.systemUUID, "Identity of the hardware.", always: true),
        .f("bootID", \.bootID, "Identity of this boot.", always: true),
        .f("kernelVersion", \.kernelVersion, "Kernel.", always: true),
        .f("osImage", \.osImage, "Distribution.", always: true),
        .f("containerRuntimeVersion", \.containerRuntimeVersion, "Container runtime.", always: true),
        .f("kubeletVersion", \.kubeletVersion, "Kubelet.", always: true),
        .f("kubeProxyVersion", \.kubeProxyVersion, "No longer filled in.", always: true),
        .f("operatingSystem", \.operatingSystem, "linux or windows.", always: true),
        .f("architecture", \.architecture, "amd64, arm64 …", always: true),
        .f("swap", \.swap, "Swap space."),
    ]
}

/// A volume that is attached to a node.
public struct AttachedVolume: APIStruct {
    /// ``PersistentVolume/uniqueName``.
    public var name = ""
    public var devicePath = ""
    public init() {}
    public static let summary = "A volume that is attached to a node."
    public static let fields: Fields<AttachedVolume> = [
        .f("name", \.name, "The volume, as driver and handle.", always: true),
        .f("devicePath", \.devicePath, "Where it is on the node.", always: true),
    ]
}
