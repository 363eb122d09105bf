import ControlPlane
import KubernetesAPI

/// Where in a cycle a plugin has a say.
struct ExtensionPoints: OptionSet, Sendable {
    let rawValue: Int
    static let preEnqueue = ExtensionPoints(rawValue: 1)
    static let filter = ExtensionPoints(rawValue: 2)
    static let postFilter = ExtensionPoints(rawValue: 4)
    static let score = ExtensionPoints(rawValue: 8)
    static let bind = ExtensionPoints(rawValue: 16)
}

/// A plugin: its name, default weight and what it does, in the plugin's own file. Filters and scores are called once a cycle
/// for all nodes.
struct Plugin: Sendable {
    /// Looks at the pod alone; may refuse it, or narrow the set of nodes.
    typealias PreFilter = @Sendable (inout Cycle, SchedulingState, ObjectStore) -> Rejection?
    /// Refuses nodes among the candidates of the pass.
    typealias Filter = @Sendable (Cycle, SchedulingState, ObjectStore, inout FilterPass) -> Void
    /// Writes a score of 0…100 for each node; returns false if the plugin has nothing to say.
    typealias Score = @Sendable (Cycle, SchedulingState, [Int], inout [Int]) -> Bool

    /// What a plugin's word about a node depends on, besides the pod's template: tells what may be kept from one pod
    /// of the template to the next, see ``NodeRanking``.
    enum Scope: Sendable {
        /// On the node and its pods alone.
        case node
        /// On the pods in the node's topology domains; ``NodeRanking`` knows how.
        case domain
        /// On volumes; it says nothing about pods without.
        case volumes
        /// On anything.
        case others
    }
    /// Whether an event may make a pod fit that the plugin refused; asked with the gate `SchedulerQueueingHints`.
    typealias Hint = @Sendable (inout SchedulingState, QueuedPod, ClusterEvent, SchedulingProfile) -> Bool
    /// The sentences of one of the plugin's reasons, as upstream prints them.
    typealias Words = @Sendable (Reason, PodDemand, SchedulingState) -> [String]
    /// The numbers and names behind the refusal of the node in a row; empty if the words say it all.
    typealias Detail = @Sendable (_ reason: Reason, _ row: Int, Cycle, SchedulingState) -> String
    /// Whether a score is the same for all nodes.
    typealias Uniform = @Sendable (Cycle, SchedulingState) -> Bool

    var name: PluginName
    /// The heading of its column where plugins are columns; plugins side by side with one title share a column.
    var title: String?
    var points: ExtensionPoints
    /// Without this gate the plugin does not score.
    var scoreGate: FeatureGate?
    /// Whether a release has the plugin.
    var isThere: @Sendable (KubernetesProfile) -> Bool = { _ in true }
    /// Whether it ever refuses a node for such a pod: where it does not, it has no column.
    var concerns: @Sendable (PodFacts) -> Bool = { _ in true }
    var weight = 1
    var preFilter: PreFilter?
    var filterScope = Scope.others
    var filter: Filter?
    var scoreScope = Scope.others
    var isUniform: Uniform?
    var score: Score?
    /// Events that are worth a retry if nobody looks closer: without the gate `SchedulerQueueingHints`.
    var events: ClusterEvent.Sort = .nodes
    var hint: Hint?
    var words: Words?
    var detail: Detail?
    /// What a user could change about a pod that the plugin refused.
    var remedies: [RemedyRule] = []
}

/// The one list of plugins, in the order of the default profile. A new plugin: a file in Plugins, a line here.
///
/// Differs from Kubernetes: with the gate OpportunisticBatching each pod is still filtered and scored by itself; the system's default spread
/// constraints keep batching away from pods of the default profile anyway, and elsewhere it changes ties alone
/// (`kubernetes-1.37.md` row 1.4, §3.5).
/// - Source: Kubernetes `pkg/scheduler/apis/config/v1/default_plugins.go`.
enum PluginCatalog {
    static func plugins(_ profile: KubernetesProfile) -> [Plugin] {
        all.filter { $0.isThere(profile) }.map { plugin in
            var plugin = plugin
            if let gate = plugin.scoreGate, !profile.isEnabled(gate) { plugin.points.remove(.score) }
            return plugin
        }
    }

    static let all: [Plugin] = [
        Plugin(name: .schedulingGates, points: .preEnqueue, isThere: { $0.isEnabled(.podSchedulingReadiness) }, events: []),
        Plugin(name: .prioritySort, points: []),
        // What it does concerns groups as a whole: see Groups/.
        Plugin(name: .gangScheduling, points: .preEnqueue, isThere: { $0.schedulesPodGroups }, events: []),
        NodeUnschedulable.plugin,
        NodeNamePlugin.plugin,
        TaintToleration.plugin,
        NodeAffinityPlugin.plugin,
        NodePorts.plugin,
        NodeResourcesFit.plugin,
        VolumeRestrictions.plugin,
        NodeVolumeLimits.plugin,
        VolumeBinding.plugin,
        VolumeZone.plugin,
        PodTopologySpread.plugin,
        InterPodAffinity.plugin,
        // Differs from Kubernetes: claims of dynamic resources, and extended resources by them, are kept, not acted on; of this plugin only
        // the words appear (`kubernetes-1.37.md` row 3.10.5).
        Plugin(name: .dynamicResources, points: .postFilter, isThere: { $0.postFilterDynamicResourcesText }),
        Plugin(name: .defaultPreemption, points: [.postFilter], events: .podGone, words: { _, _, _ in ["No preemption victims found for incoming pod"] }),
        NodeResourcesBalancedAllocation.plugin,
        ImageLocality.plugin,
        Plugin(name: .defaultBinder, points: .bind),
        NodeDeclaredFeatures.plugin,
    ]

    private static let byName: [PluginName: Plugin] = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
    /// The plugin called `name`.
    static func plugin(_ name: PluginName) -> Plugin? { byName[name] }
}
