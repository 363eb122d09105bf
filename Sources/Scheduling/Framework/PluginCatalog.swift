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

/// A plugin: its name, default weight and what it does. Each function is called once a cycle for all nodes.
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
    /// Whether a score is the same for all nodes.
    typealias Uniform = @Sendable (Cycle, SchedulingState) -> Bool

    var name: PluginName
    /// The heading of its column where plugins are columns; plugins side by side with one title share a column.
    var title: String?
    var points: ExtensionPoints
    /// Whether a release has the plugin.
    var isThere: @Sendable (KubernetesProfile) -> Bool = { _ in true }
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
}

/// The one list of plugins, in the order of the default profile. A new plugin: a file in Plugins, a line here.
///
/// - Source: Kubernetes `pkg/scheduler/apis/config/v1/default_plugins.go`.
enum PluginCatalog {
    static func plugins(_ profile: KubernetesProfile) -> [Plugin] {
        all.filter { $0.isThere(profile) }
    }

    static let all: [Plugin] = [
        Plugin(name: .schedulingGates, points: .preEnqueue, isThere: { $0.isEnabled(.podSchedulingReadiness) }, events: []),
        Plugin(name: .prioritySort, points: []),
        Plugin(
            name: .nodeUnschedulable, title: "unsch", points: .filter, filterScope: .node, filter: NodeUnschedulable.filter,
            hint: NodeUnschedulable.hint),
        Plugin(
            name: .nodeName, title: "name", points: .filter, filterScope: .node, filter: NodeNamePlugin.filter,
            hint: NodeNamePlugin.hint),
        Plugin(
            name: .taintToleration, title: "taint", points: [.filter, .score], weight: 3, filterScope: .node,
            filter: TaintToleration.filter, isUniform: TaintToleration.isUniform,
            score: TaintToleration.score,
            hint: TaintToleration.hint),
        Plugin(
            name: .nodeAffinity, title: "affin", points: [.filter, .score], weight: 2,
            preFilter: NodeAffinityPlugin.preFilter, filterScope: .node, filter: NodeAffinityPlugin.filter,
            isUniform: NodeAffinityPlugin.isUniform, score: NodeAffinityPlugin.score,
            hint: NodeAffinityPlugin.hint),
        Plugin(
            name: .nodePorts, title: "ports", points: .filter, filterScope: .node, filter: NodePorts.filter,
            events: [.nodes, .podGone], hint: NodePorts.hint),
        Plugin(
            name: .nodeResourcesFit, title: "fit", points: [.filter, .score], filterScope: .node,
            filter: NodeResourcesFit.filter, scoreScope: .node,
            score: NodeResourcesFit.score,
            events: [.nodes, .podGone], hint: NodeResourcesFit.hint),
        Plugin(
            name: .volumeRestrictions, title: "vols", points: .filter, preFilter: VolumeRestrictions.preFilter,
            filterScope: .volumes, filter: VolumeRestrictions.filter,
            events: [.nodes, .podGone, .storage], hint: VolumeRestrictions.hint),
        Plugin(
            name: .nodeVolumeLimits, title: "vols", points: .filter, filterScope: .volumes, filter: NodeVolumeLimits.filter,
            events: [.nodes, .podGone, .storage], hint: NodeVolumeLimits.hint),
        Plugin(
            name: .volumeBinding, title: "vols", points: .filter, preFilter: VolumeBinding.preFilter,
            filterScope: .volumes, filter: VolumeBinding.filter,
            events: [.nodes, .storage], hint: VolumeBinding.hint),
        Plugin(
            name: .volumeZone, title: "vols", points: .filter, preFilter: VolumeZone.preFilter, filterScope: .volumes,
            filter: VolumeZone.filter,
            events: [.nodes, .storage], hint: VolumeZone.hint),
        Plugin(
            name: .podTopologySpread, title: "spread", points: [.filter, .score], weight: 2, filterScope: .domain,
            filter: PodTopologySpread.filter, isUniform: PodTopologySpread.isUniform,
            score: PodTopologySpread.score,
            events: [.nodes, .nodeGone, .pods, .podGone], hint: PodTopologySpread.hint),
        Plugin(
            name: .interPodAffinity, title: "podaff", points: [.filter, .score], weight: 2, filterScope: .domain,
            filter: InterPodAffinity.filter, isUniform: InterPodAffinity.isUniform,
            score: InterPodAffinity.score,
            events: [.nodes, .pods, .podGone], hint: InterPodAffinity.hint),
        // Claims of dynamic resources are kept, not acted on: of this plugin only the words appear.
        Plugin(name: .dynamicResources, points: .postFilter, isThere: { $0.postFilterDynamicResourcesText }),
        Plugin(name: .defaultPreemption, points: [.postFilter], events: .podGone),
        Plugin(
            name: .nodeResourcesBalancedAllocation, points: .score, scoreScope: .node,
            score: NodeResourcesBalancedAllocation.score),
        Plugin(name: .imageLocality, points: .score, scoreScope: .node, score: ImageLocality.score),
        Plugin(name: .defaultBinder, points: .bind),
        // Pods cannot declare the features they need here, so the plugin never refuses.
        Plugin(name: .nodeDeclaredFeatures, points: [], isThere: { $0.isEnabled(.nodeDeclaredFeatures) }),
    ]
}
