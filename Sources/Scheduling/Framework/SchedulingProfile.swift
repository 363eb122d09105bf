import KubernetesAPI
import SimulationKit

/// One profile of the configuration, ready to use: which plugins run and with which settings.
struct SchedulingProfile: Sendable {
    var name = "default-scheduler"
    /// 0: adaptive.
    var percentageOfNodesToScore = 0
    var preEnqueue: Set<PluginName> = []
    var filters: [Plugin] = []
    var scores: [(plugin: Plugin, weight: Int)] = []
    /// Whether the sum of all scores has room in the 32 bits that rankings keep for it. Weights can be anything.
    private(set) var hasRankableWeights = true
    var postFilters: [PluginName] = []
    /// nil: the system's own soft constraints.
    var spreadDefaults: [TopologySpreadConstraint]?
    var hardPodAffinityWeight = 1
    var ignoresPreferredTermsOfExistingPods = false
    /// How VolumeBinding scores the use of storage; nil: not at all.
    var storageShape: UtilizationShape?
    /// How NodeResourcesFit scores what is used of nodes.
    var fit = FitStrategy()
    /// Extended resources, and groups of them, that NodeResourcesFit does not look at.
    var ignoredResources: Set<String> = []
    var ignoredResourceGroups: Set<String> = []
    /// Resources whose use NodeResourcesBalancedAllocation balances.
    var balancedResources = ["cpu", "memory"]
    /// What NodeAffinity asks of nodes for all pods.
    var addedAffinity: NodeAffinity?
    var minCandidateNodesPercentage = 10
    var minCandidateNodesAbsolute = 100

    /// The default profile of a version.
    init(_ profile: KubernetesProfile) {
        let catalog = PluginCatalog.plugins(profile)
        preEnqueue = Set(catalog.filter { $0.points.contains(.preEnqueue) }.map(\.name))
        filters = catalog.filter { $0.points.contains(.filter) }
        scores = catalog.filter { $0.points.contains(.score) }.map { ($0, $0.weight) }
        postFilters = catalog.filter { $0.points.contains(.postFilter) }.map(\.name)
        if profile.isEnabled(.storageCapacityScoring) { storageShape = .most }
    }

    /// To be called when ``scores`` is complete.
    mutating func weighScores() {
        hasRankableWeights = scores.map(\.weight.magnitude).saturatingSum <= UInt(Int32.max) / 100
    }

    func runs(_ name: PluginName) -> Bool { filters.contains { $0.name == name } }

    /// The constraints that `System` defaulting gives to pods without own ones.
    static let systemSpread = [
        TopologySpreadConstraint(
            maxSkew: 3, topologyKey: LabelKey.hostname, whenUnsatisfiable: "ScheduleAnyway",
            labelSelector: nil),
        TopologySpreadConstraint(
            maxSkew: 5, topologyKey: LabelKey.zone, whenUnsatisfiable: "ScheduleAnyway",
            labelSelector: nil),
    ]
}
