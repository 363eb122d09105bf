/// The configuration file of kube-scheduler, `kubescheduler.config.k8s.io/v1`.
///
/// - Source: Kubernetes `staging/src/k8s.io/kube-scheduler/config/v1/types.go`.
public struct SchedulerConfiguration: APIStruct {
    public var apiVersion = ""
    public var kind = ""
    public var parallelism: Int?
    public var leaderElection: JSONValue?
    public var clientConnection: JSONValue?
    public var healthzBindAddress: String?
    public var metricsBindAddress: String?
    public var enableProfiling: Bool?
    public var enableContentionProfiling: Bool?
    /// 0 … 100; 0 means adaptive.
    public var percentageOfNodesToScore: Int?
    public var podInitialBackoffSeconds: Int?
    public var podMaxBackoffSeconds: Int?
    public var profiles: [SchedulerProfile] = []
    public var extenders: JSONValue?
    public var delayCacheUntilActive = false

    public init() {}
    public static let summary = "The configuration of the scheduler."
    public static let fields: Fields<SchedulerConfiguration> = [
        .f("apiVersion", \.apiVersion, "kubescheduler.config.k8s.io/v1."),
        .f("kind", \.kind, "KubeSchedulerConfiguration."),
        .f("parallelism", \.parallelism, "How many nodes are looked at at once. Kept, not acted on."),
        .f("leaderElection", \.leaderElection, "Which of several schedulers acts. Kept, not acted on."),
        .f("clientConnection", \.clientConnection, "How the API server is reached. Kept, not acted on."),
        .f("healthzBindAddress", \.healthzBindAddress, "Kept, not acted on."),
        .f("metricsBindAddress", \.metricsBindAddress, "Kept, not acted on."),
        .f("enableProfiling", \.enableProfiling, "Kept, not acted on."),
        .f("enableContentionProfiling", \.enableContentionProfiling, "Kept, not acted on."),
        .f(
            "percentageOfNodesToScore", \.percentageOfNodesToScore,
            "After this share of feasible nodes the search stops; 0 adapts it to the number of nodes."),
        .f(
            "podInitialBackoffSeconds", \.podInitialBackoffSeconds,
            "Wait after the first failure, doubled by each further one; default 1.", bits: 64),
        .f("podMaxBackoffSeconds", \.podMaxBackoffSeconds, "The longest wait after a failure; default 10.", bits: 64),
        .f("profiles", \.profiles, "Schedulers by name; pods choose with spec.schedulerName."),
        .f("extenders", \.extenders, "Webhooks that take part. Kept, not acted on."),
        .f("delayCacheUntilActive", \.delayCacheUntilActive, "Kept, not acted on."),
    ]
}

/// One scheduler by name: its plugins and their arguments.
public struct SchedulerProfile: APIStruct {
    public var schedulerName: String?
    public var percentageOfNodesToScore: Int?
    public var plugins: SchedulerPlugins?
    public var pluginConfig: [SchedulerPluginConfig] = []
    public init() {}
    public static let summary = "One scheduler by name."
    public static let fields: Fields<SchedulerProfile> = [
        .f("schedulerName", \.schedulerName, "The name that pods ask for; default default-scheduler."),
        .f("percentageOfNodesToScore", \.percentageOfNodesToScore, "As above, for this profile alone."),
        .f("plugins", \.plugins, "Plugins to enable or disable."),
        .f("pluginConfig", \.pluginConfig, "Arguments of plugins."),
    ]
}

/// Plugins to enable and disable at each extension point.
public struct SchedulerPlugins: APIStruct {
    public var preEnqueue = SchedulerPluginSet()
    public var queueSort = SchedulerPluginSet()
    public var preFilter = SchedulerPluginSet()
    public var filter = SchedulerPluginSet()
    public var postFilter = SchedulerPluginSet()
    public var preScore = SchedulerPluginSet()
    public var score = SchedulerPluginSet()
    public var reserve = SchedulerPluginSet()
    public var permit = SchedulerPluginSet()
    public var preBind = SchedulerPluginSet()
    public var bind = SchedulerPluginSet()
    public var postBind = SchedulerPluginSet()
    public var multiPoint = SchedulerPluginSet()
    public init() {}
    public static let summary = "Plugins to enable and disable at each extension point."
    public static let fields: Fields<SchedulerPlugins> = [
        .f("preEnqueue", \.preEnqueue, "Before a pod enters the queue."),
        .f("queueSort", \.queueSort, "The order of the queue."),
        .f("preFilter", \.preFilter, "Once before filtering."),
        .f("filter", \.filter, "Refuse nodes."),
        .f("postFilter", \.postFilter, "After no node was left: preemption."),
        .f("preScore", \.preScore, "Once before scoring."),
        .f("score", \.score, "Rank nodes."),
        .f("reserve", \.reserve, "When a node was chosen."),
        .f("permit", \.permit, "Hold or refuse the binding."),
        .f("preBind", \.preBind, "Before the binding."),
        .f("bind", \.bind, "The binding."),
        .f("postBind", \.postBind, "After the binding."),
        .f("multiPoint", \.multiPoint, "All points at once."),
    ]
}

public struct SchedulerPluginSet: APIStruct {
    public var enabled: [SchedulerPlugin] = []
    public var disabled: [SchedulerPlugin] = []
    public init() {}
    public static let summary = "Plugins to enable and disable."
    public static let fields: Fields<SchedulerPluginSet> = [
        .f("enabled", \.enabled, "Plugins to add, in this order, after the default ones."),
        .f("disabled", \.disabled, "Default plugins to leave out; * leaves out all."),
    ]
    public var json: JSONValue? {
        let object = jsonObject
        return object.members.isEmpty ? nil : .object(object)
    }
}

public struct SchedulerPlugin: APIStruct {
    public var name = ""
    public var weight: Int?
    public init() {}
    public init(_ name: String, weight: Int? = nil) { (self.name, self.weight) = (name, weight) }
    public static let summary = "A plugin."
    public static let fields: Fields<SchedulerPlugin> = [
        .f("name", \.name, "Its name.", always: true),
        .f("weight", \.weight, "How much its score counts."),
    ]
}

public struct SchedulerPluginConfig: APIStruct {
    public var name = ""
    public var args: JSONValue?
    public init() {}
    public static let summary = "Arguments of a plugin."
    public static let fields: Fields<SchedulerPluginConfig> = [
        .f("name", \.name, "The plugin.", always: true),
        .f("args", \.args, "Its arguments, of the kind NAMEArgs."),
    ]
}

/// Arguments of PodTopologySpread.
public struct PodTopologySpreadArgs: APIStruct {
    public var apiVersion = ""
    public var kind = ""
    public var defaultConstraints: [TopologySpreadConstraint] = []
    /// System (default) or List.
    public var defaultingType = ""
    public init() {}
    public static let summary = "Arguments of PodTopologySpread."
    public static let fields: Fields<PodTopologySpreadArgs> = [
        .f("apiVersion", \.apiVersion, "kubescheduler.config.k8s.io/v1."),
        .f("kind", \.kind, "PodTopologySpreadArgs."),
        .f("defaultConstraints", \.defaultConstraints, "Constraints of pods that have none of their own."),
        .f(
            "defaultingType", \.defaultingType,
            "System: built-in soft constraints; List: those of defaultConstraints."),
    ]
}

/// Arguments of InterPodAffinity.
public struct InterPodAffinityArgs: APIStruct {
    public var apiVersion = ""
    public var kind = ""
    public var hardPodAffinityWeight: Int?
    public var ignorePreferredTermsOfExistingPods = false
    public init() {}
    public static let summary = "Arguments of InterPodAffinity."
    public static let fields: Fields<InterPodAffinityArgs> = [
        .f("apiVersion", \.apiVersion, "kubescheduler.config.k8s.io/v1."),
        .f("kind", \.kind, "InterPodAffinityArgs."),
        .f(
            "hardPodAffinityWeight", \.hardPodAffinityWeight,
            "Score for nodes near pods whose required affinity wants this pod; default 1."),
        .f(
            "ignorePreferredTermsOfExistingPods", \.ignorePreferredTermsOfExistingPods,
            "Whether wishes of placed pods are left out for pods without wishes."),
    ]
}

/// Arguments of NodeResourcesFit.
public struct NodeResourcesFitArgs: APIStruct {
    public var apiVersion = ""
    public var kind = ""
    public var ignoredResources: [String] = []
    public var ignoredResourceGroups: [String] = []
    public var scoringStrategy: ScoringStrategy?
    public init() {}
    public static let summary = "Arguments of NodeResourcesFit."
    public static let fields: Fields<NodeResourcesFitArgs> = [
        .f("apiVersion", \.apiVersion, "kubescheduler.config.k8s.io/v1."),
        .f("kind", \.kind, "NodeResourcesFitArgs."),
        .f("ignoredResources", \.ignoredResources, "Extended resources that the filter does not look at."),
        .f("ignoredResourceGroups", \.ignoredResourceGroups, "The same for all resources of a group, such as example.com."),
        .f("scoringStrategy", \.scoringStrategy, "Which nodes are preferred; default LeastAllocated by cpu and memory."),
    ]
}

/// How nodes are ranked by what is used of them.
public struct ScoringStrategy: APIStruct {
    /// LeastAllocated, MostAllocated or RequestedToCapacityRatio.
    public var type = ""
    public var resources: [ResourceSpec] = []
    public var requestedToCapacityRatio: RequestedToCapacityRatioParam?
    public init() {}
    public static let summary = "How nodes are ranked by what is used of them."
    public static let fields: Fields<ScoringStrategy> = [
        .f("type", \.type, "LeastAllocated, MostAllocated or RequestedToCapacityRatio."),
        .f("resources", \.resources, "Resources that count; default cpu and memory, 1 each."),
        .f("requestedToCapacityRatio", \.requestedToCapacityRatio, "The line that turns use into a score."),
    ]
}

public struct ResourceSpec: APIStruct {
    public var name = ""
    public var weight = 0
    public init() {}
    public init(_ name: String, weight: Int = 1) { (self.name, self.weight) = (name, weight) }
    public static let summary = "A resource and how much it counts."
    public static let fields: Fields<ResourceSpec> = [
        .f("name", \.name, "Its name.", always: true),
        .f("weight", \.weight, "1 to 100; default 1.", bits: 64),
    ]
}

public struct RequestedToCapacityRatioParam: APIStruct {
    public var shape: [UtilizationPoint] = []
    public init() {}
    public static let summary = "The line that turns use into a score."
    public static let fields: Fields<RequestedToCapacityRatioParam> = [.f("shape", \.shape, "Points of the line.")]
}

/// Arguments of NodeResourcesBalancedAllocation.
public struct NodeResourcesBalancedAllocationArgs: APIStruct {
    public var apiVersion = ""
    public var kind = ""
    public var resources: [ResourceSpec] = []
    public init() {}
    public static let summary = "Arguments of NodeResourcesBalancedAllocation."
    public static let fields: Fields<NodeResourcesBalancedAllocationArgs> = [
        .f("apiVersion", \.apiVersion, "kubescheduler.config.k8s.io/v1."),
        .f("kind", \.kind, "NodeResourcesBalancedAllocationArgs."),
        .f("resources", \.resources, "Resources whose use is to be balanced; default cpu and memory. Weights are 1."),
    ]
}

/// Arguments of NodeAffinity.
public struct NodeAffinityArgs: APIStruct {
    public var apiVersion = ""
    public var kind = ""
    public var addedAffinity: NodeAffinity?
    public init() {}
    public static let summary = "Arguments of NodeAffinity."
    public static let fields: Fields<NodeAffinityArgs> = [
        .f("apiVersion", \.apiVersion, "kubescheduler.config.k8s.io/v1."),
        .f("kind", \.kind, "NodeAffinityArgs."),
        .f("addedAffinity", \.addedAffinity, "What all pods of the profile want of nodes besides their own affinity."),
    ]
}

/// Arguments of VolumeBinding.
public struct VolumeBindingArgs: APIStruct {
    public var apiVersion = ""
    public var kind = ""
    public var bindTimeoutSeconds: Int?
    public var shape: [UtilizationPoint] = []
    public init() {}
    public static let summary = "Arguments of VolumeBinding."
    public static let fields: Fields<VolumeBindingArgs> = [
        .f("apiVersion", \.apiVersion, "kubescheduler.config.k8s.io/v1."),
        .f("kind", \.kind, "VolumeBindingArgs."),
        .f("bindTimeoutSeconds", \.bindTimeoutSeconds, "Kept, not acted on: volumes may take 600 s."),
        .f("shape", \.shape, "With the gate StorageCapacityScoring: which use of a node's storage gets which score; default: the less, the better."),
    ]
}

/// One point of a line that turns use into a score.
public struct UtilizationPoint: APIStruct {
    public var utilization = 0
    public var score = 0
    public init() {}
    public static let summary = "A use and its score; between two points the score lies on a line."
    public static let fields: Fields<UtilizationPoint> = [
        .f("utilization", \.utilization, "Percent, 0 to 100.", always: true),
        .f("score", \.score, "0 to 10.", always: true),
    ]
}

/// Arguments of DefaultPreemption.
public struct DefaultPreemptionArgs: APIStruct {
    public var apiVersion = ""
    public var kind = ""
    public var minCandidateNodesPercentage: Int?
    public var minCandidateNodesAbsolute: Int?
    public init() {}
    public static let summary = "Arguments of DefaultPreemption."
    public static let fields: Fields<DefaultPreemptionArgs> = [
        .f("apiVersion", \.apiVersion, "kubescheduler.config.k8s.io/v1."),
        .f("kind", \.kind, "DefaultPreemptionArgs."),
        .f(
            "minCandidateNodesPercentage", \.minCandidateNodesPercentage,
            "Share of nodes after which the search for victims stops; default 10."),
        .f(
            "minCandidateNodesAbsolute", \.minCandidateNodesAbsolute,
            "Least number of nodes to search; default 100."),
    ]
}
