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
        if pod.status.phase == .failed && !pod.metadata.isTerminating {
            self = .failed
        } else if pod.status.phase == .succeeded && !pod.metadata.isTerminating {
            self = .done
        } else if pod.metadata.isTerminating {
            let due = pod.metadata.deletionTimestamp.map { $0 + Self.patience }
            let isOverdue = due.map { $0 < now ?? .start } ?? false
            self = isOverdue ? .stuck : .leaving
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
        if !pod.nodeName.isEmpty, !isNodeReady { self = onLostNode }
    }

    /// The state of a pod in this one, on a node that is ready, once that node is not.
    var onLostNode: PodState {
        switch self {
        case .failed, .done: self
        case .leaving, .stuck: .stuck
        case .ready, .notReady, .starting, .unschedulable, .faulty, .unreachable: .unreachable
        }
    }

    /// How long after its grace period a pod may still be there: containers are killed, volumes unmounted, the API told.
    static let patience = Duration.seconds(15)

    private static func hasContainerFault(_ pod: Pod) -> Bool {
        pod.status.initContainerStatuses.contains(where: isFault) || pod.status.containerStatuses.contains(where: isFault)
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

/// What screens show of one node. A reference, as frames hand thousands of them about; what changes becomes a new one.
///
/// Each property stands here once more: looked up by key path they would cost more than the copies that are saved.
final class NodeView: Sendable {
    let facts: NodeFacts
    init(_ facts: NodeFacts) { self.facts = facts }

    var name: String { facts.name }
    var labels: StringMap<String> { facts.labels }
    var isReady: Bool { facts.isReady }
    var isUnreported: Bool { facts.isUnreported }
    var isDown: Bool { facts.isDown }
    var isCordoned: Bool { facts.isCordoned }
    var isFine: Bool { facts.isFine }
    var taints: [Taint] { facts.taints }
    var allocatable: Resources { facts.allocatable }
    var pods: [PodCell] { facts.pods }
    var podCount: Int { facts.podCount }
    var requested: Resources { facts.requested }
    var faults: Int { facts.faults }
    var done: Int { facts.done }
    var pressures: [String] { facts.pressures }
    var waitingForResize: [String] { facts.waitingForResize }
    var zone: String { facts.zone }
    var word: String { facts.word }
    var cpuShare: Double { facts.cpuShare }
    var memoryShare: Double { facts.memoryShare }
    func shortWord(_ width: Int) -> String { facts.shortWord(width) }
}

/// What a ``NodeView`` tells.
struct NodeFacts: Sendable {
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
    var pods: [PodCell] = []
    var requested = Resources()
    /// How many pods there are, kept here as each frame asks all nodes.
    var podCount = 0
    /// How many of the pods have a fault, and how many are finished.
    var faults = 0
    var done = 0
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
    fileprivate mutating func countPods() {
        podCount = pods.count
        faults = pods.count { $0.state.isFault }
        done = pods.count { $0.state == .done }
    }
    var cpuShare: Double { allocatable.milliCPU == 0 ? 0 : Double(requested.milliCPU) / Double(allocatable.milliCPU) }
    var memoryShare: Double { allocatable.memory == 0 ? 0 : Double(requested.memory) / Double(allocatable.memory) }
}

/// Pods of one workload that wait for a node for the same reason.
struct WaitingGroup {
    struct Key: Hashable {
        var workload: Workload
        /// What the scheduler says; empty if it has not tried.
        var message: String
    }
    var key: Key
    private(set) var count = 0
    /// The first of them by key.
    var first: ObjectKey?
    /// The one that was the first is gone.
    var isStale = false

    init(key: Key) { self.key = key }
    mutating func add(_ pod: ObjectKey) {
        count += 1
        offer(pod)
    }
    mutating func offer(_ pod: ObjectKey) { if first.map({ pod < $0 }) ?? true { first = pod } }
    /// Returns whether none is left.
    mutating func remove(_ pod: ObjectKey) -> Bool {
        count -= 1
        if first == pod { isStale = true }
        return count == 0
    }
}

/// The cluster as screens show it: nodes with their pods, workloads, what is not placed.
///
/// Kept up to date from the feed of changes: a frame costs what changed since the last one.
struct ClusterView {
    /// By name; ``nodeNames`` has the order.
    private(set) var nodes = NodeViews()
    /// Natural order: `node-2` before `node-10`.
    private(set) var nodeNames: [String] = []
    /// Raised when nodes come, go or get other labels.
    private(set) var layout = 0
    /// Pods without a node, and what the scheduler says about each.
    private var unplaced: [ObjectKey: (cell: PodCell, message: String)] = [:]
    private var waitingGroups: [WaitingGroup.Key: WaitingGroup] = [:]
    /// How many pods are to have a node, and whether no node takes one of them.
    private(set) var waitingCount = 0
    var isStuck: Bool { unschedulable > 0 }
    private var unschedulable = 0
    /// Those pods by key. O(n log n).
    var waiting: [PodCell] { unplaced.values.map(\.cell).filter(\.state.isWaiting).sorted { $0.key < $1.key } }
    /// The same by workload and reason, in the order of their first pods.
    private(set) var waitingByReason: [WaitingGroup] = []
    /// Pods that nobody may create.
    private(set) var heldBack = HeldBackPods()
    /// How many pods have a fault.
    private(set) var faults = 0
    /// The nodes that are not ready.
    private(set) var down: Set<String> = []
    /// When the first of a node's pods that are on their way out is overdue.
    private var overdue: [String: Instant] = [:]
    private var cursor = WatchCursor.beginning
    private var generation = -1
    private var owners = WorkloadIndex()
    /// The pods of each workload, by the topology key.
    private(set) var workloads = WorkloadTally()

    /// Takes in what changed. `generation` differs when the store is another one than before (undo, rewind).
    mutating func refresh(_ cluster: Cluster, generation: Int, topologyKey: String = LabelKey.zone) {
        // The feed forgets what all components have read: then some changes may have been missed.
        if generation != self.generation || !cluster.store.holds(cursor) {
            let layout = layout
            self = ClusterView()
            (self.generation, self.layout) = (generation, layout)
            nodes.sum(by: topologyKey)
            cursor = cluster.store.end
            for node in cluster.store.nodes.all { read(node.metadata.name, cluster) }
            for pod in cluster.store.pods.rows.lazy.compactMap({ $0 }) where pod.nodeName.isEmpty { readUnplaced(pod.key, cluster) }
            for event in cluster.store.events.rows.lazy.compactMap({ $0 }) { heldBack.note(event) }
            finish(namesChanged: true, unplacedChanged: true)
            heldBack.refresh(cluster)
            return
        }
        if topologyKey != nodes.topologyKey {
            nodes.sum(by: topologyKey)
            countWorkloads()
        }
        var dirty: Set<String> = []
        // By node: pods of it that changed.
        var touched: [String: Set<ObjectKey>] = [:]
        var unplacedChanged: Set<ObjectKey> = []
        var namesChanged = false
        while let entry = cluster.store.next(&cursor, until: .distantFuture) {
            switch entry.kind {
            case .pod:
                let change = cluster.store.pods.change(entry.index)
                let (before, now) = (change.previous?.nodeName ?? "", change.object.nodeName)
                if !before.isEmpty { touched[before, default: []].insert(change.object.key) }
                if !now.isEmpty, now != before { touched[now, default: []].insert(change.object.key) }
                if now.isEmpty || before.isEmpty { unplacedChanged.insert(change.object.key) }
            case .event:
                let change = cluster.store.events.change(entry.index)
                if change.action != .deleted { heldBack.note(change.object) }
            case .node:
                let change = cluster.store.nodes.change(entry.index)
                if change.action == .modified, let previous = change.previous, Self.looksTheSame(change.object, previous) { continue }
                dirty.insert(change.object.metadata.name)
                namesChanged = namesChanged || change.action != .modified || change.previous?.metadata.labels != change.object.metadata.labels
            case .replicaSet:
                let change = cluster.store.replicaSets.change(entry.index)
                if change.action == .deleted { owners.forget(ownedBy: change.object.metadata.uid) }
            default: break
            }
        }
        // A node whose pods look as before is not read as a whole: most changes of thousands of nodes are reports and taints.
        var whole = dirty.filter { !readNode($0, cluster) }
        // What is overdue changes without a write.
        for (name, time) in overdue where time < cluster.now { whole.insert(name) }
        for name in whole { read(name, changed: touched[name] ?? [], cluster) }
        for (name, keys) in touched where !whole.contains(name) { read(keys, onNode: name, cluster) }
        for key in unplacedChanged { readUnplaced(key, cluster) }
        finish(namesChanged: namesChanged, unplacedChanged: !unplacedChanged.isEmpty)
        heldBack.refresh(cluster)
    }

    /// Counts the pods of all workloads anew, by another topology key. O(pods).
    private mutating func countWorkloads() {
        workloads = WorkloadTally()
        for name in nodeNames { if let node = nodes[name] { for pod in node.pods { workloads.add(pod, domain: domain(node.labels)) } } }
        for (cell, _) in unplaced.values { workloads.add(cell, domain: nil) }
    }
    private func domain(_ labels: StringMap<String>) -> String { labels[nodes.topologyKey] ?? "" }

    private mutating func finish(namesChanged: Bool, unplacedChanged: Bool) {
        if namesChanged {
            nodeNames = nodes.names.sorted(by: naturalOrder)
            layout += 1
        }
        guard unplacedChanged else { return }
        if waitingGroups.values.contains(where: \.isStale) {
            // The first pod of a group is gone: which is it now?
            for key in waitingGroups.keys where waitingGroups[key]!.isStale { waitingGroups[key]!.first = nil }
            for (cell, message) in unplaced.values where cell.state.isWaiting {
                waitingGroups[WaitingGroup.Key(workload: cell.workload, message: message)]?.offer(cell.key)
            }
            for key in waitingGroups.keys { waitingGroups[key]!.isStale = false }
        }
        waitingByReason = waitingGroups.values.sorted { ($0.first ?? ObjectKey(name: "")) < ($1.first ?? ObjectKey(name: "")) }
    }

    /// Looks at a pod that has, or had, no node.
    private mutating func readUnplaced(_ key: ObjectKey, _ cluster: Cluster) {
        if let (cell, message) = unplaced.removeValue(forKey: key) {
            workloads.remove(cell, domain: nil)
            faults -= cell.state.isFault ? 1 : 0
            unschedulable -= cell.state == .unschedulable ? 1 : 0
            if cell.state.isWaiting {
                waitingCount -= 1
                let group = WaitingGroup.Key(workload: cell.workload, message: message)
                if waitingGroups[group]?.remove(key) ?? false { waitingGroups[group] = nil }
            }
        }
        guard let pod = cluster.store.pods[key], pod.nodeName.isEmpty else { return }
        let cell = cell(pod, isNodeReady: true, cluster)
        let message = pod.status.conditions[ConditionType.podScheduled]?.message ?? ""
        unplaced[key] = (cell, message)
        workloads.add(cell, domain: nil)
        faults += cell.state.isFault ? 1 : 0
        unschedulable += cell.state == .unschedulable ? 1 : 0
        if cell.state.isWaiting {
            waitingCount += 1
            let group = WaitingGroup.Key(workload: cell.workload, message: message)
            waitingGroups[group, default: WaitingGroup(key: group)].add(key)
        }
    }

    /// Looks at pods of the node `name` that changed.
    private mutating func read(_ keys: Set<ObjectKey>, onNode name: String, _ cluster: Cluster) {
        guard var view = nodes.take(name) else { return }
        let rules = RequestRules(assigned: cluster.profile)
        let domain = domain(view.labels)
        var hasResizes = !view.waitingForResize.isEmpty
        for key in keys {
            let place = view.pods.partitioningIndex { $0.key >= key }
            let isThere = place < view.pods.count && view.pods[place].key == key
            if isThere { workloads.remove(view.pods[place], domain: domain) }
            guard let pod = cluster.store.pods[key], pod.nodeName == name else {
                if isThere { view.pods.remove(at: place) }
                continue
            }
            let cell = readCell(pod, on: view, rules, cluster)
            workloads.add(cell, domain: domain)
            hasResizes = hasResizes || pod.status.conditions[ConditionType.podResizePending] != nil
            if isThere { view.pods[place] = cell } else { view.pods.insert(cell, at: place) }
        }
        faults -= view.faults
        view.countPods()
        faults += view.faults
        view.requested = view.pods.reduce(Resources()) { $0 + $1.requests }
        nodes[name] = NodeView(view)
        if hasResizes { read(name, cluster) }
    }

    /// The cell of a pod on a node; notes when it should be gone. `known` is its last cell, if the pod has not changed since.
    private mutating func readCell(_ pod: Pod, on view: NodeFacts, known: PodCell? = nil, _ rules: RequestRules, _ cluster: Cluster) -> PodCell {
        var cell = known ?? cell(pod, isNodeReady: !view.isDown, cluster)
        if known != nil { cell.state = PodState(pod, isNodeReady: !view.isDown, now: cluster.now) }
        if cell.state == .leaving, let time = pod.metadata.deletionTimestamp {
            overdue[view.name] = min(overdue[view.name] ?? .distantFuture, time + PodState.patience)
        }
        if known == nil, !pod.isFinished { cell.requests = pod.requests(rules) }
        return cell
    }

    /// Takes in what is new of a node itself. Returns false, and has done nothing, if its pods have to be looked at as well.
    private mutating func readNode(_ name: String, _ cluster: Cluster) -> Bool {
        guard let node = cluster.store.nodes[ObjectKey(name: name)], let before = nodes[name]?.facts else { return false }
        var view = Self.facts(of: node)
        // How pods were before their node went down does not matter for how they are now; when it comes back it does.
        guard view.isDown || !before.isDown, view.labels == before.labels else { return false }
        (view.pods, view.podCount, view.requested, view.faults, view.done) = (before.pods, before.podCount, before.requested, before.faults, before.done)
        view.waitingForResize = before.waitingForResize
        if view.isDown, !before.isDown {
            for place in view.pods.indices {
                let state = view.pods[place].state
                view.pods[place].state = state.onLostNode
                workloads.change(of: view.pods[place].workload, from: state, to: state.onLostNode)
            }
            faults -= view.faults
            view.countPods()
            faults += view.faults
            down.insert(name)
            overdue[name] = nil
        }
        nodes[name] = NodeView(view)
        return true
    }

    /// Whether ``facts(of:)`` are those of before: most changes are a kubelet's reports that all is as it was.
    private static func looksTheSame(_ node: Node, _ before: Node) -> Bool {
        let (conditions, old) = (node.status.conditions, before.status.conditions)
        return conditions.count == old.count && conditions.indices.allSatisfy { conditions[$0].status == old[$0].status && conditions[$0].type == old[$0].type }
            && node.spec.identity == before.spec.identity && node.metadata.labels == before.metadata.labels
            && node.status.allocatable == before.status.allocatable
    }

    /// What is to be told of a node, without its pods.
    private static func facts(of node: Node) -> NodeFacts {
        var view = NodeFacts(
            name: node.name, labels: node.metadata.labels, isReady: node.isReady, isUnreported: node.status.conditions[ConditionType.ready] == nil,
            isCordoned: node.spec.unschedulable,
            taints: node.spec.taints.filter { !$0.key.hasPrefix("node.kubernetes.io/") && $0.effect != TaintEffect.preferNoSchedule },
            allocatable: Resources(node.status.allocatable))
        view.pressures = node.status.conditions.filter { $0.isTrue && ($0.type.hasSuffix("Pressure") || $0.type == ConditionType.networkUnavailable) }.map(
            \.type)
        return view
    }

    /// Takes in what is new of a node and all its pods; of those that are not `changed`, no more than the node and the time can change.
    private mutating func read(_ name: String, changed: Set<ObjectKey>? = nil, _ cluster: Cluster) {
        let cells = nodes[name]?.pods ?? []
        if let before = nodes[name] { for pod in cells { workloads.remove(pod, domain: domain(before.labels)) } }
        faults -= nodes[name]?.faults ?? 0
        down.remove(name)
        overdue[name] = nil
        guard let node = cluster.store.nodes[ObjectKey(name: name)] else {
            nodes[name] = nil
            return
        }
        var view = Self.facts(of: node)
        let rules = RequestRules(assigned: cluster.profile)
        for slot in cluster.store.podSlots(onNode: name) {
            guard let pod = cluster.store.pods.rows[slot] else { continue }
            var known: PodCell?
            let key = pod.key
            if let changed, !changed.contains(key) {
                let place = cells.partitioningIndex { $0.key >= key }
                if place < cells.count, cells[place].key == key { known = cells[place] }
            }
            let cell = readCell(pod, on: view, known: known, rules, cluster)
            view.requested += cell.requests
            if !pod.isFinished, pod.status.conditions[ConditionType.podResizePending] != nil { view.waitingForResize.append(pod.metadata.name) }
            view.pods.append(cell)
        }
        view.pods.sort { $0.key < $1.key }
        view.countPods()
        faults += view.faults
        if view.isDown { down.insert(name) }
        for pod in view.pods { workloads.add(pod, domain: domain(view.labels)) }
        nodes[name] = NodeView(view)
    }

    private mutating func cell(_ pod: Pod, isNodeReady: Bool, _ cluster: Cluster) -> PodCell {
        PodCell(
            key: pod.key, workload: workload(of: pod, cluster), state: PodState(pod, isNodeReady: isNodeReady, now: cluster.now),
            requests: Resources())
    }

    /// What differs from counts that are made anew; empty if nothing does. For tests, with the world as it was when it was refreshed last.
    func faults(_ cluster: Cluster) -> [String] {
        var fresh = ClusterView()
        fresh.refresh(cluster, generation: generation, topologyKey: nodes.topologyKey)
        var faults: [String] = []
        func compare<Value: Equatable>(_ what: String, _ value: (ClusterView) -> Value) {
            if value(self) != value(fresh) { faults.append("\(what): \(value(self)), counted anew \(value(fresh))") }
        }
        compare("node names") { $0.nodeNames }
        compare("faults") { $0.faults }
        compare("nodes not ready") { $0.down }
        compare("waiting") { $0.waitingCount }
        compare("stuck") { $0.isStuck }
        compare("waiting by reason") { $0.waitingByReason.map { "\($0.key.workload) \($0.count) \($0.first?.name ?? "") \($0.key.message)" } }
        compare("domains") { $0.nodes.domains }
        compare("workloads") { $0.workloads.all }
        for name in fresh.nodeNames {
            compare("pods of \(name)") { $0.nodes[name]?.pods.map { "\($0.key) \($0.state) \($0.requests.milliCPU)" } ?? [] }
            compare("requests of \(name)") { $0.nodes[name]?.requested }
        }
        return faults
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
