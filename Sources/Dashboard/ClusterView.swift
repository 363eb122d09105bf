// What the big picture shows of workloads, pods, nodes and domains: names, states and colours.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension Workload {
    /// A name of at most `width` characters for crowded places.
    func label(_ width: Int = 8) -> String { isSystem ? "sys" : String(name.prefix(width)) }
}

/// How a pod is, as one of the signs that screens show.
enum PodState: Int, CaseIterable {
    case ready, notReady, starting
    /// No node takes it.
    case unschedulable
    /// A container does not start, or keeps ending: CrashLoopBackOff, ImagePullBackOff, CreateContainerConfigError …
    case faulty
    /// It is on a node that is not ready, or gone: nobody knows how it is.
    case unreachable
    case leaving
    /// It should have been gone by now.
    case stuck
    case failed, done

    /// - Parameters:
    ///   - isNodeReady: of the pod's node; of no interest before it has one.
    ///   - now: to tell what is overdue; nil if that does not matter.
    init(_ pod: Pod, isNodeReady: Bool, now: Instant?) {
        let isLost = !pod.nodeName.isEmpty && !isNodeReady
        if pod.status.phase == .failed && !pod.metadata.isTerminating {
            self = .failed
        } else if pod.status.phase == .succeeded && !pod.metadata.isTerminating {
            self = .done
        } else if pod.metadata.isTerminating {
            let due = pod.metadata.deletionTimestamp.map { $0 + Self.patience }
            let isOverdue = due.map { $0 < now ?? .start } ?? false
            self = isLost || isOverdue ? .stuck : .leaving
        } else if isLost {
            self = .unreachable
        } else if pod.status.phase == .running && pod.isReady {
            self = .ready
        } else if Self.hasContainerFault(pod) {
            self = .faulty
        } else if pod.status.phase == .running {
            self = .notReady
        } else if pod.nodeName.isEmpty, let scheduled = pod.status.conditions[ConditionType.podScheduled], scheduled.status == "False",
            scheduled.reason != ConditionReason.schedulingGated
        {
            self = .unschedulable
        } else {
            self = .starting
        }
    }

    /// How long after its grace period a pod may still be there: containers are killed, volumes unmounted, the API told.
    static let patience = Duration.seconds(15)

    private static func hasContainerFault(_ pod: Pod) -> Bool {
        let status = pod.status.value
        return (status.initContainerStatuses + status.containerStatuses).contains(where: isFault)
    }
    /// Whether a container waits for anything but its turn, or ended badly.
    static func isFault(_ status: ContainerStatus) -> Bool {
        if let waiting = status.state.waiting { return !["", "ContainerCreating", "PodInitializing"].contains(waiting.reason) }
        return (status.state.terminated?.exitCode ?? 0) != 0
    }

    var word: String {
        switch self {
        case .ready: "ready"
        case .notReady: "not ready"
        case .starting: "starting"
        case .unschedulable: "unschedulable"
        case .faulty: "faulty"
        case .unreachable: "unreachable"
        case .leaving: "terminating"
        case .stuck: "stuck terminating"
        case .failed: "failed"
        case .done: "completed"
        }
    }
    /// Whether somebody has to look at it; what starts or ends in good time needs nobody.
    var isFault: Bool {
        switch self {
        case .notReady, .unschedulable, .faulty, .unreachable, .stuck, .failed: true
        case .ready, .starting, .leaving, .done: false
        }
    }
    /// Whether it has no node and is to have one.
    var isWaiting: Bool { self == .starting || self == .unschedulable }
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
    /// Has no condition Ready yet: its kubelet has not reported since the node was made.
    var isUnreported: Bool
    /// Is said to be out of order.
    var isDown: Bool { !isReady && !isUnreported }
    var isCordoned: Bool
    /// Taints other than those of cordon and node conditions.
    var taints: [Taint]
    var allocatable: Resources
    var capacityPods: Int
    var pods: [PodCell] = []
    var requested = Resources()
    /// How many of the pods have a fault.
    var faults = 0
    /// `MemoryPressure`, `DiskPressure` …, those that are true.
    var pressures: [String] = []
    /// Pods whose new size the kubelet has not taken yet; the scheduler counts it already.
    var waitingForResize: [String] = []

    var zone: String { labels[LabelKey.zone] ?? "" }
    /// The state in one word.
    var word: String {
        // As kubectl calls a node without the condition.
        if isUnreported { return "Unknown" }
        if !isReady { return "NotReady" }
        if let first = pressures.first { return first }
        if isCordoned { return "cordoned" }
        // `dedicated=db` is known by what it is dedicated to.
        if let taint = taints.first { return "taint \(taint.value.isEmpty ? String(taint.key.split(separator: "/").last ?? "") : taint.value)" }
        return "Ready"
    }
    /// The same in at most `width` columns, if it is a pressure: `MemPress`.
    func shortWord(_ width: Int) -> String {
        guard isReady, let first = pressures.first, first.count > width else { return word }
        return first.replacing("Memory", with: "Mem").replacing("Pressure", with: "Press")
    }
    var isFine: Bool { isReady && !isCordoned && taints.isEmpty && pressures.isEmpty }
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
    /// Those of them that are to have one.
    var waiting: [PodCell] { unplaced.filter(\.state.isWaiting) }
    /// Pods that nobody may create.
    private(set) var heldBack = HeldBackPods()
    /// How many pods have a fault.
    private(set) var faults = 0
    /// How many nodes are not ready.
    private(set) var notReady = 0
    /// When the first of a node's pods that are on their way out is overdue.
    private var overdue: [String: Instant] = [:]
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
            for event in cluster.store.events.rows.lazy.compactMap({ $0 }) { heldBack.note(event) }
            finish(cluster, namesChanged: true)
            heldBack.refresh(cluster)
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
            case .event:
                let change = cluster.store.events.change(entry.index)
                if change.action != .deleted { heldBack.note(change.object) }
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
        // What is overdue changes without a write.
        for (name, time) in overdue where time < cluster.now { dirty.insert(name) }
        for name in dirty { read(name, cluster) }
        if namesChanged || unplacedChanged { finish(cluster, namesChanged: namesChanged) }
        heldBack.refresh(cluster)
    }

    private mutating func finish(_ cluster: Cluster, namesChanged: Bool) {
        if namesChanged { nodeNames = nodes.keys.sorted(by: naturalOrder) }
        faults -= unplaced.count { $0.state.isFault }
        unplaced = unplacedKeys.sorted().compactMap { key in cluster.store.pods[key].map { cell($0, isNodeReady: true, cluster) } }
        faults += unplaced.count { $0.state.isFault }
    }

    private mutating func read(_ name: String, _ cluster: Cluster) {
        faults -= nodes[name]?.faults ?? 0
        notReady -= nodes[name]?.isDown == true ? 1 : 0
        overdue[name] = nil
        guard let node = cluster.store.nodes[ObjectKey(name: name)] else {
            nodes[name] = nil
            return
        }
        var view = NodeView(
            name: name, labels: node.metadata.labels, isReady: node.isReady, isUnreported: node.status.conditions[ConditionType.ready] == nil,
            isCordoned: node.spec.unschedulable,
            taints: node.spec.taints.filter { !$0.key.hasPrefix("node.kubernetes.io/") && $0.effect != TaintEffect.preferNoSchedule },
            allocatable: Resources(node.status.allocatable),
            capacityPods: Int(node.status.allocatable["pods"]?.value ?? 0))
        view.pressures = node.status.conditions.filter { $0.isTrue && ($0.type.hasSuffix("Pressure") || $0.type == ConditionType.networkUnavailable) }.map(
            \.type)
        let rules = RequestRules(assigned: cluster.profile)
        for pod in cluster.store.pods(onNode: name) {
            var cell = cell(pod, isNodeReady: !view.isDown, cluster)
            if cell.state == .leaving, let time = pod.metadata.deletionTimestamp {
                overdue[name] = min(overdue[name] ?? .distantFuture, time + PodState.patience)
            }
            if !pod.isFinished {
                cell.requests = pod.requests(rules)
                view.requested += cell.requests
                if pod.status.conditions[ConditionType.podResizePending] != nil { view.waitingForResize.append(pod.metadata.name) }
            }
            view.pods.append(cell)
        }
        view.pods.sort { $0.key < $1.key }
        view.faults = view.pods.count { $0.state.isFault }
        faults += view.faults
        notReady += view.isDown ? 1 : 0
        nodes[name] = view
    }

    private mutating func cell(_ pod: Pod, isNodeReady: Bool, _ cluster: Cluster) -> PodCell {
        PodCell(
            key: pod.key, workload: workload(of: pod, cluster), state: PodState(pod, isNodeReady: isNodeReady, now: cluster.now),
            requests: Resources())
    }

    /// The workload that a pod belongs to.
    mutating func workload(of pod: Pod, _ cluster: Cluster) -> Workload { owners.workload(of: pod, cluster) }
}

/// Compares names so that numbers in them count as numbers: `node-2` before `node-10`.
func naturalOrder(_ a: String, _ b: String) -> Bool {
    // Almost all names are ASCII: many thousands of them are sorted by their bytes.
    let plain = a.utf8.withContiguousStorageIfAvailable { a in b.utf8.withContiguousStorageIfAvailable { b in plainNaturalOrder(a, b) } }
    if let known = plain ?? nil, let known { return known }
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

/// ``naturalOrder(_:_:)`` of ASCII texts; nil if they are more than that, or their numbers very long.
private func plainNaturalOrder(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Bool? {
    func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }
    func number(_ text: UnsafeBufferPointer<UInt8>, _ place: inout Int) -> Int? {
        let start = place
        var value = 0
        while place < text.count, isDigit(text[place]) {
            if place - start == 18 { return nil }
            value = value * 10 + Int(text[place] - 48)
            place += 1
        }
        return value
    }
    var (i, j) = (0, 0)
    while i < a.count, j < b.count {
        let (c, d) = (a[i], b[j])
        if isDigit(c), isDigit(d) {
            guard let m = number(a, &i), let n = number(b, &j) else { return nil }
            if m != n { return m < n }
        } else {
            if c >= 128 || d >= 128 || c == 13 || d == 13 { return nil }
            if c != d { return c < d }
            i += 1
            j += 1
        }
    }
    return i == a.count && j < b.count
}
