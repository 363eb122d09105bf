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
    /// Writes a score of 0…100 for each node; answers false if the plugin has nothing to say.
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
    /// Whether a score is the same for all nodes.
    typealias Uniform = @Sendable (Cycle, SchedulingState) -> Bool

    var name: PluginName
    var points: ExtensionPoints
    var weight = 1
    var preFilter: PreFilter?
    var filterScope = Scope.others
    var filter: Filter?
    var scoreScope = Scope.others
    var isUniform: Uniform?
    var score: Score?
}

/// The one list of plugins, in the order of the default profile. A new plugin: a file in Plugins, a line here.
///
/// - Source: Kubernetes `pkg/scheduler/apis/config/v1/default_plugins.go`.
enum PluginCatalog {
    static func plugins(_ profile: KubernetesProfile) -> [Plugin] {
        all.filter { plugin in
            switch plugin.name {
            case .schedulingGates: profile.isEnabled(.podSchedulingReadiness)
            case .dynamicResources: profile.postFilterDynamicResourcesText
            case .nodeDeclaredFeatures: profile.isEnabled(.nodeDeclaredFeatures)
            default: true
            }
        }
    }

    static let all: [Plugin] = [
        Plugin(name: .schedulingGates, points: .preEnqueue),
        Plugin(name: .prioritySort, points: []),
        Plugin(name: .nodeUnschedulable, points: .filter, filterScope: .node, filter: NodeUnschedulable.filter),
        Plugin(name: .nodeName, points: .filter, filterScope: .node, filter: NodeNamePlugin.filter),
        Plugin(
            name: .taintToleration, points: [.filter, .score], weight: 3, filterScope: .node,
            filter: TaintToleration.filter, isUniform: TaintToleration.isUniform,
            score: TaintToleration.score),
        Plugin(
            name: .nodeAffinity, points: [.filter, .score], weight: 2,
            preFilter: NodeAffinityPlugin.preFilter, filterScope: .node, filter: NodeAffinityPlugin.filter,
            isUniform: NodeAffinityPlugin.isUniform, score: NodeAffinityPlugin.score),
        Plugin(name: .nodePorts, points: .filter, filterScope: .node, filter: NodePorts.filter),
        Plugin(
            name: .nodeResourcesFit, points: [.filter, .score], filterScope: .node,
            filter: NodeResourcesFit.filter, scoreScope: .node,
            score: NodeResourcesFit.score),
        Plugin(
            name: .volumeRestrictions, points: .filter, preFilter: VolumeRestrictions.preFilter,
            filterScope: .volumes, filter: VolumeRestrictions.filter),
        Plugin(name: .nodeVolumeLimits, points: .filter, filterScope: .volumes, filter: NodeVolumeLimits.filter),
        Plugin(
            name: .volumeBinding, points: .filter, preFilter: VolumeBinding.preFilter,
            filterScope: .volumes, filter: VolumeBinding.filter),
        Plugin(
            name: .volumeZone, points: .filter, preFilter: VolumeZone.preFilter, filterScope: .volumes,
            filter: VolumeZone.filter),
        Plugin(
            name: .podTopologySpread, points: [.filter, .score], weight: 2, filterScope: .domain,
            filter: PodTopologySpread.filter, isUniform: PodTopologySpread.isUniform,
            score: PodTopologySpread.score),
        Plugin(
            name: .interPodAffinity, points: [.filter, .score], weight: 2, filterScope: .domain,
            filter: InterPodAffinity.filter, isUniform: InterPodAffinity.isUniform,
            score: InterPodAffinity.score),
        // Claims of dynamic resources are kept, not acted on: of this plugin only the words appear.
        Plugin(name: .dynamicResources, points: .postFilter),
        Plugin(name: .defaultPreemption, points: [.postFilter]),
        Plugin(
            name: .nodeResourcesBalancedAllocation, points: .score, scoreScope: .node,
            score: NodeResourcesBalancedAllocation.score),
        Plugin(name: .imageLocality, points: .score, scoreScope: .node, score: ImageLocality.score),
        Plugin(name: .defaultBinder, points: .bind),
        // Pods cannot declare the features they need here, so the plugin never refuses.
        Plugin(name: .nodeDeclaredFeatures, points: []),
    ]
}
