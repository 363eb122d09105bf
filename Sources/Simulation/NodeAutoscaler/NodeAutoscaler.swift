import ControlPlane
import KubernetesAPI
import Scheduling
import SimulationKit

/// Adds nodes when pods wait that a new node would take, and removes nodes that are hardly used: the cluster
/// autoscaler, with one pool of equal nodes in each zone.
///
/// Whether a node would help is tried on a fork of the cluster with the scheduler's own filters, so spread constraints
/// decide the zone: with `minDomains: 3` and nodes in one zone, only a node of another zone helps.
///
/// Differs from Kubernetes: with equal waste the pool with the fewest nodes grows, where upstream draws by chance; new
/// machines never fail to come.
/// - Source: kubernetes/autoscaler `cluster-autoscaler/core`, and `controllers.md` §12.
public struct NodeAutoscaler: Sendable {
    public var settings: NodeAutoscalerSettings
    /// Nodes that were asked for and are not there yet, in the order of asking.
    public internal(set) var upcoming: [Upcoming] = []
    /// Nodes that could go, and since when; in the order in which that was found.
    public internal(set) var unneeded: [(node: String, since: Instant)] = []
    /// Nodes that are being emptied and then removed.
    public internal(set) var removals: [Removal] = []

    /// A node on its way.
    public struct Upcoming: Sendable, Equatable {
        public var node: Node
        public var zone: String
        public var due: Instant
    }
    /// A node on its way out.
    public struct Removal: Sendable, Equatable {
        public var node: String
        public var zone: String
        public var began: Instant
        /// When its pods are asked to go, or looked after, next.
        var next: Instant
    }
    /// The nodes of one zone.
    public struct Pool: Sendable, Equatable {
        public var zone: String
        /// Those that are there and stay.
        public var nodes: [String]
        /// Those on their way.
        public var upcoming: Int
        public var size: Int { nodes.count + upcoming }
    }

    /// When nodes were last asked for, and when emptying one last failed: removals wait after both.
    public internal(set) var lastAdd: Instant?
    public internal(set) var lastFailure: Instant?
    /// When it looks next; nil: it is off.
    public private(set) var nextScan: Instant?
    var random: SeededRandom
    let source = EventSource("cluster-autoscaler")

    init(_ settings: NodeAutoscalerSettings, seed: UInt64) {
        self.settings = settings
        random = SeededRandom(seed: seed, stream: "node-autoscaler")
        if settings.isOn { nextScan = .start + settings.scanInterval }
    }

    /// Other settings from now on. What is under way goes on.
    mutating func set(_ new: NodeAutoscalerSettings, now: Instant) {
        settings = new
        nextScan = new.isOn ? now + new.scanInterval : nil
        if !new.isOn { unneeded = [] }
    }

    var nextWake: Instant? {
        [nextScan, upcoming.map(\.due).min(), removals.map(\.next).min()].compactMap { $0 }.min()
    }

    mutating func run(_ cluster: inout Cluster, _ scheduler: SchedulerConfiguration) {
        for new in upcoming where new.due <= cluster.now { _ = try? cluster.create(new.node) }
        upcoming.removeAll { $0.due <= cluster.now }
        goOnRemoving(&cluster)
        guard let scan = nextScan, scan <= cluster.now else { return }
        nextScan = cluster.now + settings.scanInterval
        if !scaleUp(&cluster, scheduler), settings.scalesDown { scaleDown(&cluster, scheduler) }
    }

    // MARK: Pools

    /// The pools with their nodes, by zone.
    public func pools(_ cluster: Cluster) -> [Pool] {
        var zones = settings.zones
        if zones.isEmpty {
            for node in cluster.store.nodes.rows { if let zone = node?.zone, !zone.isEmpty, !zones.contains(zone) { zones.append(zone) } }
            zones.sort()
        }
        let leaving = Set(removals.map(\.node))
        return zones.map { zone in
            Pool(
                zone: zone, nodes: cluster.store.nodes.rows.compactMap { $0 }.filter { $0.zone == zone && !leaving.contains($0.name) }.map(\.name),
                upcoming: upcoming.count { $0.zone == zone })
        }
    }

    /// A node of the pool called `name`: like the first one of its zone, else as ``ClusterShape`` has them.
    func template(_ pool: Pool, name: String, _ cluster: Cluster) -> Node {
        var node = Node()
        if let sample = pool.nodes.first.flatMap({ cluster.store.nodes[ObjectKey(name: $0)] }) ?? cluster.store.nodes.rows.lazy.compactMap({ $0 }).first {
            node.metadata.labels = sample.metadata.labels
            (node.status.capacity, node.status.allocatable) = (sample.status.capacity, sample.status.allocatable)
            node.spec.taints = sample.spec.taints.filter { !$0.key.hasPrefix("node.kubernetes.io/") && $0.key != Self.taint }
        } else {
            node = ClusterShape(zones: 1, nodes: 1).manifests[0]
        }
        node.metadata.name = name
        node.metadata.labels[LabelKey.hostname] = name
        node.metadata.labels[LabelKey.zone] = pool.zone
        return node
    }

    /// The next free names of the pool's nodes: `a5` after `a4`, else `eu-a-1`.
    func names(_ pool: Pool, count: Int, _ cluster: Cluster) -> [String] {
        func parts(_ name: String) -> (String, Int)? {
            let digits = name.reversed().prefix { $0.isASCII && $0.isWholeNumber }.reversed()
            return digits.isEmpty || digits.count > 9 ? nil : (String(name.dropLast(digits.count)), Int(String(digits))!)
        }
        let letter = pool.zone.hasPrefix("eu-") ? String(pool.zone.dropFirst(3)) : ""
        let prefix = pool.nodes.lazy.compactMap(parts).first?.0 ?? (letter.count == 1 ? letter : pool.zone + "-")
        var taken = 0
        for name in cluster.store.nodes.rows.compactMap({ $0?.name }) + upcoming.map(\.node.name) {
            if let (head, number) = parts(name), head == prefix { taken = max(taken, number) }
        }
        return (0..<count).map { "\(prefix)\(taken + 1 + $0)" }
    }

    static let taint = "ToBeDeletedByClusterAutoscaler"
}

extension Cluster {
    /// Puts a node that is not there into a fork, with the pods that DaemonSets would put on it.
    mutating func addForTrial(_ node: Node) {
        _ = try? adopt(node)
        for set in store.daemonSets.all {
            let template = set.spec.template
            guard template.spec.nodeSelector.entries.allSatisfy({ node.metadata.labels[$0.key] == $0.value }) else { continue }
            var pod = Pod()
            pod.metadata.name = "\(set.name)-\(node.name)"
            pod.metadata.namespace = set.namespace
            pod.metadata.labels = template.metadata.labels
            pod.spec = template.spec
            pod.nodeName = node.name
            pod.status.phase = .running
            _ = try? adopt(pod)
        }
    }
}
