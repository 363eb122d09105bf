/// One program of a pod.
public struct Container: APIStruct {
    public var name = ""
    public var image = ""
    /// Always, IfNotPresent, Never.
    public var imagePullPolicy = ""
    public var command: [String] = []
    public var args: [String] = []
    public var workingDir = ""
    public var ports: [ContainerPort] = []
    public var envFrom: [EnvFromSource] = []
    public var env: [EnvVar] = []
    public var resources = ResourceRequirements()
    public var resizePolicy: [ContainerResizePolicy] = []
    /// Always on an init container makes it a sidecar.
    public var restartPolicy: String?
    public var restartPolicyRules: JSONValue?
    public var volumeMounts: [VolumeMount] = []
    public var volumeDevices: JSONValue?
    public var securityContext: JSONValue?
    public var terminationMessagePath = ""
    public var terminationMessagePolicy = ""
    public var stdin = false
    public var stdinOnce = false
    public var tty = false
    private var hooks = Seldom<Hooks>()

    /// Large, and most containers have few of them.
    fileprivate struct Hooks: SeldomSet {
        var livenessProbe: Probe?
        var readinessProbe: Probe?
        var startupProbe: Probe?
        var lifecycle: Lifecycle?
    }
    public var livenessProbe: Probe? {
        get { hooks.livenessProbe }
        set { hooks.livenessProbe = newValue }
    }
    public var readinessProbe: Probe? {
        get { hooks.readinessProbe }
        set { hooks.readinessProbe = newValue }
    }
    public var startupProbe: Probe? {
        get { hooks.startupProbe }
        set { hooks.startupProbe = newValue }
    }
    public var lifecycle: Lifecycle? {
        get { hooks.lifecycle }
        set { hooks.lifecycle = newValue }
    }

    public init() {}
    public init(name: String, image: String, resources: ResourceRequirements = ResourceRequirements()) {
        (self.name, self.image, self.resources) = (name, image, resources)
    }
    /// Whether this is an init container that stays.
    public var isSidecar: Bool { restartPolicy == "Always" }

    public static let summary = "One program of the pod, started from an image."
    public static let fields: Fields<Container> = [
        .f("name", \.name, "Name, unique in the pod.", always: true),
        .f("image", \.image, "The image, with tag or digest; no tag means latest."),
        .f("imagePullPolicy", \.imagePullPolicy, "Always, IfNotPresent or Never; default Always for latest, else IfNotPresent."),
        .f("command", \.command, "Replaces the image's entry point."),
        .f("args", \.args, "Arguments of the entry point."),
        .f("workingDir", \.workingDir, "Directory in which it starts."),
        .f("ports", \.ports, "Ports that the program listens on."),
        .f("envFrom", \.envFrom, "ConfigMaps and Secrets whose keys become environment variables."),
        .f("env", \.env, "Environment variables."),
        .f("resources", \.resources, "Requests (what the scheduler counts) and limits (what the kernel enforces)."),
        .f("resizePolicy", \.resizePolicy, "Per resource: whether a resize in place restarts the container."),
        .f("restartPolicy", \.restartPolicy, "Always on an init container makes it a sidecar that stays."),
        .f("restartPolicyRules", \.restartPolicyRules, as: [ContainerRestartRule].self, "Restart rules by exit code. Kept, not acted on."),
        .f("volumeMounts", \.volumeMounts, "Where volumes appear in the file system."),
        .f("volumeDevices", \.volumeDevices, as: [VolumeDevice].self, "Block devices. Kept, not acted on."),
        .f("livenessProbe", \.livenessProbe, "Failing it restarts the container."),
        .f("readinessProbe", \.readinessProbe, "While it fails the pod gets no traffic."),
        .f("startupProbe", \.startupProbe, "Until it succeeds the other probes wait; failing it restarts the container."),
        .f("lifecycle", \.lifecycle, "What runs right after the start and before the stop."),
        .f("securityContext", \.securityContext, as: SecurityContext.self, "User, group and kernel settings. Kept, not acted on."),
        .f("terminationMessagePath", \.terminationMessagePath, "File whose content becomes the termination message."),
        .f("terminationMessagePolicy", \.terminationMessagePolicy, "File or FallbackToLogsOnError."),
        .f("stdin", \.stdin, "Keep standard input open."),
        .f("stdinOnce", \.stdinOnce, "Close standard input after the first client left."),
        .f("tty", \.tty, "Give it a terminal."),
    ]
}

public struct ContainerPort: APIStruct, Hashable {
    public var name = ""
    public var hostPort = 0
    public var containerPort = 0
    public var `protocol` = ""
    public var hostIP = ""
    public init() {}
    public static let summary = "A port that the program listens on."
    public static let fields: Fields<ContainerPort> = [
        .f("name", \.name, "Name that services can refer to."),
        .f("hostPort", \.hostPort, "The same port of the node; then two such pods cannot share a node."),
        .f("containerPort", \.containerPort, "The port, 1 to 65535.", always: true),
        .f("protocol", \.protocol, "TCP (default), UDP or SCTP."),
        .f("hostIP", \.hostIP, "Address of the node that the host port is bound to."),
    ]
}

public struct EnvVar: APIStruct {
    public var name = ""
    public var value: String?
    public var valueFrom: EnvVarSource?
    public init() {}
    public static let summary = "An environment variable."
    public static let fields: Fields<EnvVar> = [
        .f("name", \.name, "Its name.", always: true),
        .f("value", \.value, "Its value."),
        .f("valueFrom", \.valueFrom, "Where its value comes from."),
    ]
}

public struct EnvVarSource: APIStruct {
    public var configMapKeyRef: KeySelector?
    public var secretKeyRef: KeySelector?
    public var fieldRef: JSONValue?
    public var resourceFieldRef: JSONValue?
    public var fileKeyRef: JSONValue?
    public init() {}
    public static let summary = "Where the value of an environment variable comes from."
    public static let fields: Fields<EnvVarSource> = [
        .f("configMapKeyRef", \.configMapKeyRef, "A key of a ConfigMap."),
        .f("secretKeyRef", \.secretKeyRef, "A key of a Secret."),
        .f("fieldRef", \.fieldRef, as: ObjectFieldSelector.self, "A field of the pod."),
        .f("resourceFieldRef", \.resourceFieldRef, as: ResourceFieldSelector.self, "A request or limit of a container."),
        .f("fileKeyRef", \.fileKeyRef, as: FileKeySelector.self, "A key of a file in a volume. Kept, not acted on."),
    ]
}

public struct KeySelector: APIStruct {
    public var name = ""
    public var key = ""
    public var optional: Bool?
    public init() {}
    public static let summary = "A key of a ConfigMap or Secret."
    public static let fields: Fields<KeySelector> = [
        .f("name", \.name, "The object's name."),
        .f("key", \.key, "The key.", always: true),
        .f("optional", \.optional, "Whether the object or key may be missing."),
    ]
}

public struct EnvFromSource: APIStruct {
    public var prefix = ""
    public var configMapRef: OptionalReference?
    public var secretRef: OptionalReference?
    public init() {}
    public static let summary = "An object whose keys become environment variables."
    public static let fields: Fields<EnvFromSource> = [
        .f("prefix", \.prefix, "Put in front of each name."),
        .f("configMapRef", \.configMapRef, "The ConfigMap."),
        .f("secretRef", \.secretRef, "The Secret."),
    ]
}

public struct OptionalReference: APIStruct {
    public var name = ""
    public var optional: Bool?
    public init() {}
    public static let summary = "An object that may be allowed to be missing."
    public static let fields: Fields<OptionalReference> = [
        .f("name", \.name, "The object's name."),
        .f("optional", \.optional, "Whether the object may be missing."),
    ]
}

public struct ResourceRequirements: APIStruct {
    public var limits: ResourceList = [:]
    public var requests: ResourceList = [:]
    public var claims: JSONValue?
    public init() {}
    public init(requests: ResourceList, limits: ResourceList = [:]) {
        self.requests = requests
        self.limits = limits
    }
    public static let summary = "What a container asks for and how much it may use."
    public static let fields: Fields<ResourceRequirements> = [
        .f("limits", \.limits, "The most it may use: CPU is throttled, memory beyond it is killed."),
        .f("requests", \.requests, "What the scheduler reserves on the node; defaults to the limits."),
        .f("claims", \.claims, as: [ResourceClaim].self, "Names of resource claims. Kept, not acted on."),
    ]
    public var json: JSONValue? {
        let object = jsonObject
        return object.members.isEmpty ? nil : .object(object)
    }
}

public struct ContainerResizePolicy: APIStruct, Hashable {
    /// cpu or memory.
    public var resourceName = ""
    /// NotRequired or RestartContainer.
    public var restartPolicy = ""
    public init() {}
    public init(_ resource: String, _ policy: String) { (resourceName, restartPolicy) = (resource, policy) }
    public static let summary = "Whether a resize of one resource restarts the container."
    public static let fields: Fields<ContainerResizePolicy> = [
        .f("resourceName", \.resourceName, "cpu or memory.", always: true),
        .f("restartPolicy", \.restartPolicy, "NotRequired or RestartContainer.", always: true),
    ]
}

public struct VolumeMount: APIStruct {
    public var name = ""
    public var readOnly = false
    public var recursiveReadOnly: String?
    public var mountPath = ""
    public var subPath = ""
    public var subPathExpr = ""
    public var mountPropagation: String?
    public init() {}
    public static let summary = "Where a volume appears in the container's file system."
    public static let fields: Fields<VolumeMount> = [
        .f("name", \.name, "The volume's name.", always: true),
        .f("readOnly", \.readOnly, "Whether it cannot be written."),
        .f("recursiveReadOnly", \.recursiveReadOnly, "Whether mounts below it cannot be written either."),
        .f("mountPath", \.mountPath, "The path in the container.", always: true),
        .f("subPath", \.subPath, "A folder inside the volume."),
        .f("subPathExpr", \.subPathExpr, "The same with environment variables in it."),
        .f("mountPropagation", \.mountPropagation, "How mounts pass between node and container."),
    ]
}

/// A check that the kubelet makes again and again.
///
/// Differs from Kubernetes: the alpha fields for HTTP/2 without TLS and for gRPC with TLS are not known (`kubernetes-1.37.md` row 4.6.8).
public struct Probe: APIStruct {
    public var exec: ExecAction?
    public var httpGet: HTTPGetAction?
    public var tcpSocket: TCPSocketAction?
    public var grpc: GRPCAction?
    public var initialDelaySeconds = 0
    public var timeoutSeconds = 0
    public var periodSeconds = 0
    public var successThreshold = 0
    public var failureThreshold = 0
    public var terminationGracePeriodSeconds: Int?
    public init() {}
    public static let summary = "A check that the kubelet makes again and again."
    public static let fields: Fields<Probe> = [
        .f("exec", \.exec, "Runs a command in the container; exit code 0 is a success."),
        .f("httpGet", \.httpGet, "Asks over HTTP; codes 200 to 399 are a success."),
        .f("tcpSocket", \.tcpSocket, "Opens a connection."),
        .f("grpc", \.grpc, "Asks the gRPC health service."),
        .f("initialDelaySeconds", \.initialDelaySeconds, "Seconds after the start before the first check; default 0."),
        .f("timeoutSeconds", \.timeoutSeconds, "Seconds that one check may take; default 1."),
        .f("periodSeconds", \.periodSeconds, "Seconds between checks; default 10."),
        .f("successThreshold", \.successThreshold, "Successes in a row that count; default 1."),
        .f("failureThreshold", \.failureThreshold, "Failures in a row that count; default 3."),
        .f("terminationGracePeriodSeconds", \.terminationGracePeriodSeconds, "Grace when this probe has the container killed.", bits: 64),
    ]
}

public struct ExecAction: APIStruct {
    public var command: [String] = []
    public init() {}
    public static let summary = "A command run in the container."
    public static let fields: Fields<ExecAction> = [.f("command", \.command, "The command and its arguments.")]
}

public struct HTTPGetAction: APIStruct {
    public var path = ""
    public var port = IntOrString.int(0)
    public var host = ""
    public var scheme = ""
    public var httpHeaders: JSONValue?
    public init() {}
    public static let summary = "A request over HTTP."
    public static let fields: Fields<HTTPGetAction> = [
        .f("path", \.path, "The path."),
        .f("port", \.port, "Number or name of the port.", always: true),
        .f("host", \.host, "Host name; default the pod's address."),
        .f("scheme", \.scheme, "HTTP (default) or HTTPS."),
        .f("httpHeaders", \.httpHeaders, as: [HTTPHeader].self, "Further headers."),
    ]
}

public struct TCPSocketAction: APIStruct {
    public var port = IntOrString.int(0)
    public var host = ""
    public init() {}
    public static let summary = "A connection to a port."
    public static let fields: Fields<TCPSocketAction> = [
        .f("port", \.port, "Number or name of the port.", always: true),
        .f("host", \.host, "Host name; default the pod's address."),
    ]
}

public struct GRPCAction: APIStruct {
    public var port = 0
    public var service: String?
    public init() {}
    public static let summary = "A question to the gRPC health service."
    public static let fields: Fields<GRPCAction> = [
        .f("port", \.port, "The port.", always: true),
        .f("service", \.service, "Name of the service asked about."),
    ]
}

public struct Lifecycle: APIStruct {
    public var postStart: LifecycleHandler?
    public var preStop: LifecycleHandler?
    public var stopSignal: String?
    public init() {}
    public static let summary = "What runs right after the start and before the stop of a container."
    public static let fields: Fields<Lifecycle> = [
        .f("postStart", \.postStart, "Runs beside the program right after its start."),
        .f("preStop", \.preStop, "Runs before the stop signal; its time counts against the grace period."),
        .f("stopSignal", \.stopSignal, "Signal that stops the program. Kept, not acted on."),
    ]
}

public struct LifecycleHandler: APIStruct {
    public var exec: ExecAction?
    public var httpGet: HTTPGetAction?
    public var tcpSocket: TCPSocketAction?
    public var sleep: SleepAction?
    public init() {}
    public static let summary = "One action of a container's life cycle."
    public static let fields: Fields<LifecycleHandler> = [
        .f("exec", \.exec, "Runs a command."),
        .f("httpGet", \.httpGet, "Asks over HTTP."),
        .f("tcpSocket", \.tcpSocket, "No longer supported."),
        .f("sleep", \.sleep, "Waits."),
    ]
}

public struct SleepAction: APIStruct {
    public var seconds = 0
    public init() {}
    public static let summary = "A pause."
    public static let fields: Fields<SleepAction> = [.f("seconds", \.seconds, "How long.", always: true, bits: 64)]
}
