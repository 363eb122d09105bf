import SimulationKit

/// What is known of a pod: mostly what its kubelet reports.
public struct PodStatus: APIStruct {
    public var observedGeneration = 0
    public var phase = PodPhase.unset
    public var conditions: [Condition] = [] {
        didSet { isReady = conditions.isTrue(ConditionType.ready) }
    }
    /// Whether the condition Ready is True. Kept because everyone asks for it all the time.
    public private(set) var isReady = false
    public var qosClass = QOSClass.unset
    public var hostIP = ""
    public var hostIPs: JSONValue?
    public var podIP = ""
    public var podIPs: JSONValue?
    public var startTime: Instant?
    public var initContainerStatuses: [ContainerStatus] = []
    public var containerStatuses: [ContainerStatus] = []
    private var others = Seldom<Others>()

    /// What most pods have nothing of.
    fileprivate struct Others: SeldomSet {
        var message = ""
        var reason = ""
        var nominatedNodeName = ""
        var ephemeralContainerStatuses: JSONValue?
        var resize = ""
        var resourceClaimStatuses: JSONValue?
        var extendedResourceClaimStatus: JSONValue?
        var allocatedResources: ResourceList = [:]
        var resources: ResourceRequirements?
    }
    public var message: String {
        get { others.message }
        set { others.message = newValue }
    }
    public var reason: String {
        get { others.reason }
        set { others.reason = newValue }
    }
    public var nominatedNodeName: String {
        get { others.nominatedNodeName }
        set { others.nominatedNodeName = newValue }
    }
    public var ephemeralContainerStatuses: JSONValue? {
        get { others.ephemeralContainerStatuses }
        set { others.ephemeralContainerStatuses = newValue }
    }
    /// 1.27's state of a resize: Proposed, InProgress, Deferred, Infeasible.
    public var resize: String {
        get { others.resize }
        set { others.resize = newValue }
    }
    public var resourceClaimStatuses: JSONValue? {
        get { others.resourceClaimStatuses }
        set { others.resourceClaimStatuses = newValue }
    }
    public var extendedResourceClaimStatus: JSONValue? {
        get { others.extendedResourceClaimStatus }
        set { others.extendedResourceClaimStatus = newValue }
    }
    public var allocatedResources: ResourceList {
        get { others.allocatedResources }
        set { others.allocatedResources = newValue }
    }
    public var resources: ResourceRequirements? {
        get { others.resources }
        set { others.resources = newValue }
    }

    public init() {}
    public static let summary = "What is known of the pod: phase, conditions, and its containers."
    public static let fields: Fields<PodStatus> = [
        .f("observedGeneration", \.observedGeneration, "The generation of the spec that this status belongs to.", bits: 64),
        .f("phase", \.phase, "Pending, Running, Succeeded or Failed."),
        .f("conditions", \.conditions, "Aspects such as PodScheduled, Initialized and Ready."),
        .f("message", \.message, "Why the pod is in this state, in a sentence."),
        .f("reason", \.reason, "Why, in one word, such as Evicted."),
        .f("nominatedNodeName", \.nominatedNodeName, "The node on which room is being made for the pod."),
        .f("hostIP", \.hostIP, "Address of the node."),
        .f("hostIPs", \.hostIPs, "All addresses of the node."),
        .f("podIP", \.podIP, "Address of the pod."),
        .f("podIPs", \.podIPs, "All addresses of the pod."),
        .f("startTime", \.startTime, "When the kubelet took the pod over."),
        .f("initContainerStatuses", \.initContainerStatuses, "One entry for each init container."),
        .f("containerStatuses", \.containerStatuses, "One entry for each container."),
        .f("ephemeralContainerStatuses", \.ephemeralContainerStatuses, as: [ContainerStatus].self, "States of the containers added for debugging."),
        .f("qosClass", \.qosClass, "Guaranteed, Burstable or BestEffort."),
        .f("resize", \.resize, "State of a resize in place up to 1.32: Proposed, InProgress, Deferred or Infeasible."),
        .f("resourceClaimStatuses", \.resourceClaimStatuses, "Kept, not acted on."),
        .f("extendedResourceClaimStatus", \.extendedResourceClaimStatus, "Kept, not acted on."),
        .f("allocatedResources", \.allocatedResources, "Requests of the pod as a whole that the kubelet granted."),
        .f("resources", \.resources, "Requests and limits of the pod as a whole that are in force."),
    ]
}

public struct ContainerStatus: APIStruct {
    public var name = ""
    public var state = ContainerState()
    public var lastState = ContainerState()
    public var ready = false
    public var restartCount = 0
    public var image = ""
    public var imageID = ""
    public var containerID = ""
    public var started: Bool?
    public var allocatedResources: ResourceList = [:]
    public var resources: ResourceRequirements?
    private var others = Seldom<Others>()

    /// What is kept and not acted on.
    fileprivate struct Others: SeldomSet {
        var allocatedResourcesStatus: JSONValue?
        var volumeMounts: JSONValue?
        var user: JSONValue?
        var stopSignal: String?
    }
    public var allocatedResourcesStatus: JSONValue? {
        get { others.allocatedResourcesStatus }
        set { others.allocatedResourcesStatus = newValue }
    }
    public var volumeMounts: JSONValue? {
        get { others.volumeMounts }
        set { others.volumeMounts = newValue }
    }
    public var user: JSONValue? {
        get { others.user }
        set { others.user = newValue }
    }
    public var stopSignal: String? {
        get { others.stopSignal }
        set { others.stopSignal = newValue }
    }

    public init() {}
    public static let summary = "What is known of one container."
    public static let fields: Fields<ContainerStatus> = [
        .f("name", \.name, "The container's name.", always: true),
        .f("state", \.state, "Waiting, running or terminated, with details."),
        .f("lastState", \.lastState, "How the previous instance ended."),
        .f("ready", \.ready, "Whether it counts as ready.", always: true),
        .f("restartCount", \.restartCount, "How often it was started again.", always: true),
        .f("image", \.image, "The image.", always: true),
        .f("imageID", \.imageID, "Identity of the image.", always: true),
        .f("containerID", \.containerID, "Identity of this instance."),
        .f("started", \.started, "Whether the startup probe passed."),
        .f("allocatedResources", \.allocatedResources, "Requests that the kubelet granted."),
        .f("resources", \.resources, "Requests and limits in force."),
        .f("allocatedResourcesStatus", \.allocatedResourcesStatus, "Kept, not acted on."),
        .f("volumeMounts", \.volumeMounts, "Kept, not acted on."),
        .f("user", \.user, "Kept, not acted on."),
        .f("stopSignal", \.stopSignal, "Kept, not acted on."),
    ]
}

/// Exactly one of the three is set; none means waiting.
public struct ContainerState: APIStruct {
    public var running: ContainerStateRunning?
    // Out of line: a container runs nearly all of the time.
    private var wait: Shared<ContainerStateWaiting>?
    private var end: Shared<ContainerStateTerminated>?
    public var waiting: ContainerStateWaiting? {
        get { wait?.value }
        set { wait = newValue.map { Shared($0) } }
    }
    public var terminated: ContainerStateTerminated? {
        get { end?.value }
        set { end = newValue.map { Shared($0) } }
    }
    public init() {}
    public static func waiting(_ reason: String, _ message: String = "") -> ContainerState {
        var state = ContainerState()
        var waiting = ContainerStateWaiting()
        (waiting.reason, waiting.message) = (reason, message)
        state.waiting = waiting
        return state
    }
    public static func running(since time: Instant) -> ContainerState {
        var state = ContainerState()
        state.running = ContainerStateRunning()
        state.running?.startedAt = time
        return state
    }
    public var isEmpty: Bool { wait == nil && running == nil && end == nil }
    public static let summary = "Waiting, running or terminated."
    public static let fields: Fields<ContainerState> = [
        .f("waiting", \.waiting, "Not running yet or again, and why."),
        .f("running", \.running, "Running, and since when."),
        .f("terminated", \.terminated, "Ended, and how."),
    ]
    public var json: JSONValue? {
        let object = jsonObject
        return object.members.isEmpty ? nil : .object(object)
    }
}

public struct ContainerStateWaiting: APIStruct {
    public var reason = ""
    public var message = ""
    public init() {}
    public static let summary = "Why a container is not running."
    public static let fields: Fields<ContainerStateWaiting> = [
        .f("reason", \.reason, "In one word, such as ContainerCreating or CrashLoopBackOff."),
        .f("message", \.message, "In a sentence."),
    ]
}

public struct ContainerStateRunning: APIStruct {
    public var startedAt: Instant?
    public init() {}
    public static let summary = "Since when a container runs."
    public static let fields: Fields<ContainerStateRunning> = [.f("startedAt", \.startedAt, "Since when it runs.")]
}

public struct ContainerStateTerminated: APIStruct {
    public var exitCode = 0
    public var signal = 0
    public var reason = ""
    public var message = ""
    public var startedAt: Instant?
    public var finishedAt: Instant?
    public var containerID = ""
    public init() {}
    public static let summary = "How a container ended."
    public static let fields: Fields<ContainerStateTerminated> = [
        .f("exitCode", \.exitCode, "0 is success; 137 killed, 143 stopped.", always: true),
        .f("signal", \.signal, "The signal that ended it."),
        .f("reason", \.reason, "Completed, Error, OOMKilled …"),
        .f("message", \.message, "Its last words."),
        .f("startedAt", \.startedAt, "When it started."),
        .f("finishedAt", \.finishedAt, "When it ended."),
        .f("containerID", \.containerID, "Identity of the instance."),
    ]
}
