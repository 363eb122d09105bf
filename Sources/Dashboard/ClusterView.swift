import ControlPlane
import KubernetesAPI
import SimulationKit

extension Workload {
    /// A name of at most `width` characters for crowded places.
    func label(_ width: Int = 8) -> String { isSystem ? "sys" : String(name.prefix(width)) }
}

/// How a pod is, as one of the signs that screens show.
enum PodState: Int, CaseIterable {
    case ready, notReady, starting, leaving, failed, done

    init(_ pod: Pod) {
        if pod.metadata.isTerminating {
            self = .leaving
        } else if pod.status.phase == .failed {
            self = .failed
        } else if pod.status.phase == .succeeded {
            self = .done
        } else if pod.status.phase == .running {
            self = pod.isReady ? .ready : .notReady
        } else {
            self = .starting
        }
    }
    var word: String { ["ready", "not ready", "starting", "terminating", "failed", "completed"][rawValue] }
}

/// What screens show of one pod.
struct PodCell {
    var key: ObjectKey
    var workload: Workload
    var state: PodState
    var requests: Resources
}

/// What screens show of one node.
struct NodeView {
    var name: String
    var labels: StringMap<String>
    var isReady: Bool
    var isCordoned: Bool
    /// Taints other than those of cordon and node conditions.
    var taints: [Taint]
    var allocatable: Resources
    var capacityPods: Int
    var pods: [PodCell] = []
    var requested = Resources()
    /// Pods whose new size the kubelet has not taken yet; the scheduler counts it already.
    var waitingForResize: [String] = []

    /// The state in one word.
    var word: String {
        if !isReady { return "NotReady" }
        if isCordoned { return "cordoned" }
        // `dedicated=db` is known by what it is dedicated to.
        if let taint = taints.first { return "taint \(taint.value.isEmpty ? String(taint.key.split(separator: "/").last ?? "") : taint.value)" }
        return "Ready"
    }
    var isFine: Bool { isReady && !isCordoned && taints.isEmpty }
    var cpuShare: Double { allocatable.milliCPU == 0 ? 0 : Double(requested.milliCPU) / Double(allocatable.milliCPU) }
    var memoryShare: Double { allocatable.memory == 0 ? 0 : Double(requested.memory) / Double(allocatable.memory) }
}

/// The cluster as screens show it: nodes with their pods, workloads, what is not placed.
///
/// Kept up to date from the feed of changes: a frame costs what changed since the last one.
struct ClusterView {
    /// By name; ``nodeNames`` has the order.
    private(set) var nodes: [String: NodeView] = [:]
    /// Natural order: `node-2` before `node-10`.
    private(set) var nodeNames: [String] = []
    /// Pods without a node, by key.
    private(set) var unplaced: [PodCell] = []
    private var cursor = WatchCursor.beginning
    private var generation = -1
    private var owners = WorkloadIndex()
    private var unplacedKeys: Set<ObjectKey> = []

    /// Takes in what changed. `generation` differs when the store is another one than before (undo, rewind).
    mutating func refresh(_ cluster: Cluster, generation: Int) {
        // The feed forgets what all components have read: then some changes may have been missed.
        if generation != self.generation || !cluster.store.holds(cursor) {
            self = ClusterView()
            self.generation = generation
            cursor = cluster.store.end
            for node in cluster.store.nodes.all { read(node.metadata.name, cluster) }
            for pod in cluster.store.pods.rows.lazy.compactMap({ $0 }) where pod.nodeName.isEmpty { unplacedKeys.insert(pod.key) }
            finish(cluster, namesChanged: true)
            return
        }
        var dirty: Set<String> = []
        var namesChanged = false
        var unplacedChanged = false
        while let entry = cluster.store.next(&cursor, until: .distantFuture) {
            switch entry.kind {
            case .pod:
                let change = cluster.store.pods.change(entry.index)
                let now = change.action == .deleted ? nil : change.object
                for name in [change.previous?.nodeName, now?.nodeName] {
                    if let name, !name.isEmpty { dirty.insert(name) }
                }
                if let now, now.nodeName.isEmpty {
                    unplacedKeys.insert(now.key)
                    unplacedChanged = true
                } else if unplacedKeys.remove(change.object.key) != nil {
                    unplacedChanged = true
                }
            case .node:
                let change = cluster.store.nodes.change(entry.index)
                dirty.insert(change.object.metadata.name)
                namesChanged = namesChanged || change.action != .modified
            case .replicaSet:
                let change = cluster.store.replicaSets.change(entry.index)
                if change.action == .deleted { owners.forget(ownedBy: change.object.metadata.uid) }
            default: break
            }
        }
        for name in dirty { read(name, cluster) }
        if namesChanged || unplacedChanged { finish(cluster, namesChanged: namesChanged) }
    }

    private mutating func finish(_ cluster: Cluster, namesChanged: Bool) {
        if namesChanged { nodeNames = nodes.keys.sorted(by: naturalOrder) }
        unplaced = unplacedKeys.sorted().compactMap { key in cluster.store.pods[key].map { cell($0, cluster) } }
    }

    private mutating func read(_ name: String, _ cluster: Cluster) {
        guard let node = cluster.store.nodes[ObjectKey(name: name)] else {
            nodes[name] = nil
            return
        }
        var view = NodeView(
            name: name, labels: node.metadata.labels, isReady: node.isReady,
            isCordoned: node.spec.unschedulable,
            taints: node.spec.taints.filter { !$0.key.hasPrefix("node.kubernetes.io/") && $0.effect != "PreferNoSchedule" },
            allocatable: Resources(node.status.allocatable),
            capacityPods: Int(node.status.allocatable["pods"]?.value ?? 0))
        let rules = RequestRules(assigned: cluster.profile)
        for pod in cluster.store.pods(onNode: name) {
            var cell = cell(pod, cluster)
            if !pod.isFinished {
                cell.requests = pod.requests(rules)
                view.requested += cell.requests
                if pod.status.conditions["PodResizePending"] != nil { view.waitingForResize.append(pod.metadata.name) }
            }
            view.pods.append(cell)
        }
        view.pods.sort { $0.key < $1.key }
        nodes[name] = view
    }

    private mutating func cell(_ pod: Pod, _ cluster: Cluster) -> PodCell {
        PodCell(key: pod.key, workload: workload(of: pod, cluster), state: PodState(pod), requests: Resources())
    }

    /// The workload that a pod belongs to.
    mutating func workload(of pod: Pod, _ cluster: Cluster) -> Workload { owners.workload(of: pod, cluster) }
}

/// Compares names so that numbers in them count as numbers: `node-2` before `node-10`.
func naturalOrder(_ a: String, _ b: String) -> Bool {
    var x = Substring(a)
    var y = Substring(b)
    while let c = x.first, let d = y.first {
        if c.isWholeNumber, d.isWholeNumber {
            let m = x.prefix { $0.isWholeNumber }
            let n = y.prefix { $0.isWholeNumber }
            let i = Int(m) ?? 0
            let j = Int(n) ?? 0
            if i != j { return i < j }
            x = x.dropFirst(m.count)
            y = y.dropFirst(n.count)
        } else {
            if c != d { return c < d }
            x = x.dropFirst()
            y = y.dropFirst()
        }
    }
    return x.isEmpty && !y.isEmpty
}
