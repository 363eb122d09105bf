import SimulationKit

/// A pod: containers that share a place and a fate.
///
/// Three shared parts and the node's name, so that a status change or a binding copies neither the
/// spec nor the labels. The node's name stands beside the spec although the API has it inside:
/// the pods of one template then share their spec even after they are bound.
public struct Pod: ObjectWithStatus {
    public static let kind = Kind.pod
    public static let info = KindInfo(.pod, "", "v1", "pods", ["po"])
    public var metadata = Metadata(ObjectMeta())
    /// `spec.nodeName` of the API; empty until bound.
    public var nodeName = ""
    /// The name of the volume with the pod's token, where the pod came with one that is not kept in `spec`; else empty.
    public var tokenVolume = ""
    public var spec = Shared(PodSpec())
    public var status = Shared(PodStatus())

    public init() {}
    public var conditions: [Condition] { status.conditions }
    /// The node is kept as well: a manifest seldom names it.
    public mutating func keepStatus(of other: Pod) {
        status = other.status
        if nodeName.isEmpty { nodeName = other.nodeName }
        if tokenVolume.isEmpty { tokenVolume = other.tokenVolume }
    }
    public static let summary = "Containers that run together on one node."
    public static let fields: Fields<Pod> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("spec", \.specWithNode, "What is wanted: containers, volumes, rules of placement."),
        .f("status", \.status, "What is: phase, conditions, containers as the kubelet sees them."),
    ]

    /// The spec as the API has it, with `nodeName` inside.
    var specWithNode: PodSpecInAPI {
        get { PodSpecInAPI(spec: spec, nodeName: nodeName) }
        set { (spec, nodeName) = (newValue.spec, newValue.nodeName) }
    }

    /// Whether phase is Succeeded or Failed.
    public var isFinished: Bool { status.phase == .succeeded || status.phase == .failed }
    /// Neither finished nor being deleted: what controllers count as a replica.
    public var isActive: Bool { !isFinished && metadata.deletionTimestamp == nil }
    public var isReady: Bool { status.isReady }
}

extension Pod {
    public mutating func setDefaults(_ profile: KubernetesProfile) { Defaulting.pod(&self, profile) }
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) { Validation.pod(self, profile, &errors) }
    public func validateChange(from old: Pod, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        Validation.podChange(self, old, profile, &errors)
    }
    /// By its phase alone: what a list says of a pod takes its node into account too.
    public var isFaulty: Bool { status.phase == .failed }
    public var quotaUse: ResourceList {
        var use = ResourceList()
        // Finished pods use nothing but their place in the store.
        if isFinished { return use }
        use["pods"] = Quantity(1)
        let requests = requests()
        for name in ["cpu", "memory", "ephemeral-storage"] {
            let amount = requests[name]
            guard amount > 0 else { continue }
            let quantity = name == "cpu" ? Quantity(milli: amount) : Quantity(bytes: amount)
            use[name] = quantity
            use["requests.\(name)"] = quantity
        }
        for scalar in requests.scalars { use["requests.\(scalar.name)"] = Quantity(scalar.amount) }
        let limits = spec.value.sum(\.limits).merging(spec.resources?.limits ?? [:])
        for (name, amount) in limits.entries { use["limits.\(name)"] = amount }
        return use
    }
}

/// The pod spec with `nodeName` put back where the API has it.
struct PodSpecInAPI: APIValue {
    var spec: Shared<PodSpec>
    var nodeName: String
    static var typeName: String { "Object" }
    static var structure: (any APIStruct.Type)? { PodSpec.self }
    static func decode(_ json: JSONValue, _ decoder: inout APIDecoder) -> PodSpecInAPI? {
        guard var object = json.object else {
            decoder.expected("an object", json)
            return nil
        }
        var name = ""
        if let json = object["nodeName"], json != .null {
            name = decoder.at(.field("nodeName")) { String.decode(json, &$0) } ?? ""
        }
        object["nodeName"] = nil
        return PodSpec.decode(.object(object), &decoder).map { PodSpecInAPI(spec: Shared($0), nodeName: name) }
    }
    var json: JSONValue? {
        var object = spec.value.jsonObject
        if !nodeName.isEmpty { object["nodeName"] = .string(nodeName) }
        return .object(object)
    }
}

/// The life-cycle phase of a pod.
public enum PodPhase: String, APIValue {
    case unset = ""
    case pending = "Pending"
    case running = "Running"
    case succeeded = "Succeeded"
    case failed = "Failed"
    case unknown = "Unknown"

    public static var typeName: String { "string" }
    public static func decode(_ json: JSONValue, _ decoder: inout APIDecoder) -> PodPhase? {
        guard let text = String.decode(json, &decoder) else { return nil }
        if let phase = PodPhase(rawValue: text) { return phase }
        decoder.note(.invalid("\"\(text)\" is not a pod phase"))
        return nil
    }
    public var json: JSONValue? { self == .unset ? nil : .string(rawValue) }
}

/// The three classes by which nodes rank pods under pressure.
public enum QOSClass: String, APIValue {
    case unset = ""
    case guaranteed = "Guaranteed"
    case burstable = "Burstable"
    case bestEffort = "BestEffort"
    public static var typeName: String { "string" }
    public static func decode(_ json: JSONValue, _ decoder: inout APIDecoder) -> QOSClass? {
        String.decode(json, &decoder).flatMap(QOSClass.init(rawValue:))
    }
    public var json: JSONValue? { self == .unset ? nil : .string(rawValue) }
}

/// What is wanted of a pod, without the node's name.
public struct PodSpec: APIStruct {
    public var volumes: [Volume] = []
    public var initContainers: [Container] = []
    public var containers: [Container] = []
    public var ephemeralContainers: JSONValue?
    /// Always (default), OnFailure, Never.
    public var restartPolicy = ""
    public var terminationGracePeriodSeconds: Int?
    public var activeDeadlineSeconds: Int?
    public var dnsPolicy = ""
    public var nodeSelector: StringMap<String> = [:]
    public var serviceAccountName = ""
    public var serviceAccount = ""
    public var automountServiceAccountToken: Bool?
    public var hostNetwork = false
    public var hostPID = false
    public var hostIPC = false
    public var hostUsers: Bool?
    public var shareProcessNamespace: Bool?
    public var securityContext: JSONValue?
    public var imagePullSecrets: [LocalObjectReference] = []
    public var hostname = ""
    public var hostnameOverride: String?
    public var subdomain = ""
    public var affinity: Affinity?
    public var schedulerName = ""
    public var tolerations: [Toleration] = []
    public var hostAliases: JSONValue?
    public var priorityClassName = ""
    public var priority: Int?
    public var preemptionPolicy: String?
    public var dnsConfig: JSONValue?
    public var readinessGates: [PodReadinessGate] = []
    public var runtimeClassName: String?
    public var enableServiceLinks: Bool?
    public var overhead: ResourceList = [:]
    public var topologySpreadConstraints: [TopologySpreadConstraint] = []
    public var setHostnameAsFQDN: Bool?
    public var os: PodOS?
    public var schedulingGates: [PodSchedulingGate] = []
    public var resourceClaims: JSONValue?
    public var resources: ResourceRequirements?
    public var workloadRef: JSONValue?
    public var schedulingGroup: PodSchedulingGroup?

    public init() {}

    public static let summary = "What is wanted of the pod: containers, volumes, and rules of placement."
    public static let fields: Fields<PodSpec> = [
        .f("volumes", \.volumes, "Storage that containers can mount."),
        .f("initContainers", \.initContainers, "Run one after another before the containers; with restartPolicy Always they stay as sidecars."),
        .f("containers", \.containers, "The programs that make up the pod.", always: true),
        .f("ephemeralContainers", \.ephemeralContainers, as: [EphemeralContainer].self, "Added to a running pod for debugging."),
        .f("restartPolicy", \.restartPolicy, "Always (default), OnFailure or Never: whether ended containers start again."),
        .f("terminationGracePeriodSeconds", \.terminationGracePeriodSeconds, "Seconds between the wish to stop and the kill; default 30.", bits: 64),
        .f("activeDeadlineSeconds", \.activeDeadlineSeconds, "Seconds on the node after which the pod is failed.", bits: 64),
        .f("dnsPolicy", \.dnsPolicy, "How names are resolved; default ClusterFirst."),
        .f("nodeSelector", \.nodeSelector, "Labels that the node must have."),
        .f("serviceAccountName", \.serviceAccountName, "The account under which the pod talks to the API server."),
        .f("serviceAccount", \.serviceAccount, "Old name of serviceAccountName."),
        .f("automountServiceAccountToken", \.automountServiceAccountToken, "Whether the account's token is mounted; default yes."),
        .f("hostNetwork", \.hostNetwork, "Use the node's network; then container ports are host ports."),
        .f("hostPID", \.hostPID, "Use the node's process ids."),
        .f("hostIPC", \.hostIPC, "Use the node's shared memory."),
        .f("hostUsers", \.hostUsers, "Use the node's user ids; default yes."),
        .f("shareProcessNamespace", \.shareProcessNamespace, "One process namespace for all containers of the pod."),
        .f("securityContext", \.securityContext, as: PodSecurityContext.self, "User, group and kernel settings of all containers. Kept, not acted on."),
        .f("imagePullSecrets", \.imagePullSecrets, "Secrets with credentials for private registries."),
        .f("hostname", \.hostname, "Host name inside the pod; default its name."),
        .f("hostnameOverride", \.hostnameOverride, "Host name that wins over all other rules."),
        .f("subdomain", \.subdomain, "Part of the pod's full name; the headless service of a StatefulSet."),
        .f("affinity", \.affinity, "Rules about nodes and neighbours."),
        .f("schedulerName", \.schedulerName, "Which scheduler places the pod; default default-scheduler."),
        .f("tolerations", \.tolerations, "Taints that the pod accepts."),
        .f("hostAliases", \.hostAliases, as: [HostAlias].self, "Extra lines of the hosts file. Kept, not acted on."),
        .f("priorityClassName", \.priorityClassName, "Name of the class that gives the priority."),
        .f("priority", \.priority, "Resolved from the class by the API server; higher is scheduled first and may preempt."),
        .f("preemptionPolicy", \.preemptionPolicy, "PreemptLowerPriority (default) or Never."),
        .f("dnsConfig", \.dnsConfig, as: PodDNSConfig.self, "Resolver settings. Kept, not acted on."),
        .f("readinessGates", \.readinessGates, "Conditions that must be True besides the containers' readiness."),
        .f("runtimeClassName", \.runtimeClassName, "Which container runtime class runs the pod."),
        .f("enableServiceLinks", \.enableServiceLinks, "Whether services appear as environment variables; default yes."),
        .f("overhead", \.overhead, "Resources that the runtime class needs besides the containers."),
        .f("topologySpreadConstraints", \.topologySpreadConstraints, "How pods like this one are spread over domains such as zones."),
        .f("setHostnameAsFQDN", \.setHostnameAsFQDN, "Use the full name as host name."),
        .f("os", \.os, "Operating system of the containers."),
        .f("schedulingGates", \.schedulingGates, "While any is there, the scheduler does not look at the pod."),
        .f("resourceClaims", \.resourceClaims, as: [PodResourceClaim].self, "Claims of dynamic resources. Kept, not acted on."),
        .f("resources", \.resources, "Requests and limits of the pod as a whole (1.34 and later)."),
        .f("workloadRef", \.workloadRef, as: WorkloadReference.self, "The gang that the pod belongs to (1.35 alone). Kept, not acted on."),
        .f("schedulingGroup", \.schedulingGroup, "The group with which the pod is placed (1.36 and later, gate GenericWorkload)."),
    ]

    /// The sidecars: init containers that are restarted always.
    public var sidecars: [Container] { initContainers.filter(\.isSidecar) }
}

/// The name of an object in the same namespace.
public struct LocalObjectReference: APIStruct {
    public var name = ""
    public init() {}
    public static let summary = "The name of an object in the same namespace."
    public static let fields: Fields<LocalObjectReference> = [.f("name", \.name, "Its name.")]
}

public struct PodReadinessGate: APIStruct {
    public var conditionType = ""
    public init() {}
    public static let summary = "A condition that must be True for the pod to be ready."
    public static let fields: Fields<PodReadinessGate> = [
        .f("conditionType", \.conditionType, "Type of the condition.", always: true)
    ]
}

public struct PodSchedulingGate: APIStruct {
    public var name = ""
    public init() {}
    public static let summary = "A gate that keeps the pod from being scheduled."
    public static let fields: Fields<PodSchedulingGate> = [.f("name", \.name, "Name of the gate.", always: true)]
}

public struct PodOS: APIStruct {
    public var name = ""
    public init() {}
    public static let summary = "The operating system that the pod needs."
    public static let fields: Fields<PodOS> = [.f("name", \.name, "linux or windows.", always: true)]
}
