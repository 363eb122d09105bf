import KubernetesAPI

/// What is counted per node: pods that match, or pods that carry a term.
enum CounterKey: Sendable, Hashable {
    /// Pods in the scope whose labels match all selectors. Spread leaves out pods that are being deleted.
    case matching(scope: NamespaceScope, selectors: [LabelSelector], leavesOutTerminating: Bool)
    case carrying(CarriedTerm)
}

/// Pods counted per node, for one question. Kept current by every pod that comes and goes.
struct PodCounter: Sendable {
    var key: CounterKey
    var leavesOutTerminating = false
    /// By node row; as long as the highest row that ever counted.
    var perNode: [Int32] = []
    var views: [Int] = []
    /// Rows whose count changed.
    var changed = ChangeLog()
    func count(_ row: Int) -> Int { row < perNode.count ? Int(perNode[row]) : 0 }
}

/// Which nodes count for a view, and what makes a domain.
struct ViewKey: Sendable, Hashable {
    var counter: Int
    var topologyKey: String
    /// Labels that a node must all have.
    var requiredKeys: [String]
    /// The mask of nodes that the pod's affinity allows, if that is honoured.
    var affinityMask: Int?
    /// The mask of nodes without a taint that the pod does not tolerate, if that is honoured.
    var taintMask: Int?
}

/// The counters that the filters of one pod look at.
struct AskedCounters {
    private let asked: [Int]
    /// Those made later may have been filled while pods were lifted: they follow.
    private let known: Int

    init(by demand: PodDemand, _ state: SchedulingState) {
        asked = demand.hardSpread.map(\.counter) + (demand.affinity + demand.antiAffinity + demand.existingAntiAffinity).map { state.views[$0].key.counter }
        known = state.counters.count
    }
    func leavesOut(_ counter: Int) -> Bool { counter < known && !asked.contains(counter) }
}

/// The pods of a counter per topology domain, over the nodes that count.
struct DomainView: Sendable {
    var key: ViewKey
    var column: Int
    /// By row: the domain, or -1 if the node does not count.
    var domainOf: [Int32] = []
    /// By domain: pods, and nodes that count.
    var pods: [Int32] = []
    var nodes: [Int32] = []
    /// Domains with a node that counts.
    var domains = 0
    /// Pods in all domains.
    var total = 0
    /// The fewest pods in a domain; 0 without domains.
    private(set) var minimum = 0
    // How many domains have so many pods.
    private var histogram: [Int32] = [0]
    // Counts below zero: a dry run may take away a pod that was never counted, as it is being deleted. Almost always none.
    private var negative: [Int32] = []
    /// Domains whose pods or nodes changed.
    private(set) var changed = ChangeLog()
    /// Up to where it has read of the nodes' changes.
    var journal = 0

    init(key: ViewKey, column: Int) {
        self.key = key
        self.column = column
    }

    /// The most pods in a domain; 0 without domains.
    var maximum: Int { histogram.lastIndex { $0 > 0 } ?? negative.max().map { Int($0) } ?? 0 }

    /// Pods in `domain`; 0 for one that is not eligible.
    func count(_ domain: Int) -> Int { domain >= 0 && domain < pods.count ? Int(pods[domain]) : 0 }

    /// Makes room for so many, before all rows are assigned.
    mutating func makeRoom(rows: Int, domains: Int) {
        domainOf += Array(repeating: -1, count: max(0, rows - domainOf.count))
        pods += Array(repeating: 0, count: max(0, domains - pods.count))
        nodes += Array(repeating: 0, count: max(0, domains - nodes.count))
    }

    /// Adds `delta` pods on `row`.
    mutating func add(_ delta: Int, row: Int) {
        guard row < domainOf.count, domainOf[row] >= 0 else { return }
        change(Int(domainOf[row]), pods: delta, nodes: 0)
    }
    /// Moves `row`, on which `count` pods are, to `domain`, or out of the view.
    mutating func assign(row: Int, to domain: Int, count: Int) {
        if row >= domainOf.count { domainOf += Array(repeating: -1, count: row + 1 - domainOf.count) }
        let old = Int(domainOf[row])
        if old == domain { return }
        if old >= 0 { change(old, pods: -count, nodes: -1) }
        domainOf[row] = Int32(domain)
        if domain >= 0 { change(domain, pods: count, nodes: 1) }
    }
    private mutating func change(_ domain: Int, pods delta: Int, nodes nodeDelta: Int) {
        if domain >= pods.count {
            pods += Array(repeating: 0, count: domain + 1 - pods.count)
            nodes += Array(repeating: 0, count: domain + 1 - nodes.count)
        }
        changed.note(domain, of: pods.count)
        if nodes[domain] > 0 {
            leave(Int(pods[domain]))
            domains -= 1
        }
        pods[domain] += Int32(delta)
        nodes[domain] += Int32(nodeDelta)
        total += delta
        if nodes[domain] > 0 {
            enter(Int(pods[domain]))
            domains += 1
        }
        if domains == 0 { minimum = 0 }
        if let least = negative.min() {
            minimum = Int(least)
        } else {
            minimum = max(0, minimum)
            while domains > 0, minimum < histogram.count, histogram[minimum] == 0 { minimum += 1 }
        }
    }
    private mutating func leave(_ count: Int) {
        if count < 0 { negative.remove(at: negative.firstIndex(of: Int32(count))!) } else { histogram[count] -= 1 }
    }
    private mutating func enter(_ count: Int) {
        if count < 0 {
            negative.append(Int32(count))
            return
        }
        if count >= histogram.count { histogram += Array(repeating: 0, count: count + 1 - histogram.count) }
        histogram[count] += 1
        minimum = domains == 0 ? count : min(minimum, count)
    }
}

/// The nodes' values of one label, as numbers.
struct TopologyColumn: Sendable {
    var key: String
    private(set) var values: [String] = []
    private var numbers: [String: Int] = [:]
    /// By row; -1 without the label or the node.
    private(set) var valueOf: [Int32] = []
    /// Raised when a row's value changes.
    private(set) var version = 0

    init(key: String) { self.key = key }
    func value(_ row: Int) -> Int { row < valueOf.count ? Int(valueOf[row]) : -1 }
    mutating func set(_ value: String?, row: Int) {
        if row >= valueOf.count { valueOf += Array(repeating: -1, count: row + 1 - valueOf.count) }
        let number: Int32
        if let value {
            if let known = numbers[value] {
                number = Int32(known)
            } else {
                number = Int32(values.count)
                numbers[value] = values.count
                values.append(value)
            }
        } else {
            number = -1
        }
        if valueOf[row] != number { version += 1 }
        valueOf[row] = number
    }
}

/// A set of nodes that a rule of pods allows.
enum NodeRule: Sendable, Hashable {
    case selection(NodeSelection)
    /// No taint with effect NoSchedule or NoExecute that these do not tolerate.
    case tolerations([Toleration])

    /// Whether another taint changes what it allows; other labels do otherwise.
    var looksAtTaints: Bool { if case .tolerations = self { true } else { false } }

    func allows(_ node: Node, _ profile: KubernetesProfile) -> Bool {
        switch self {
        case .selection(let selection):
            selection.allows(labels: node.metadata.labels, name: node.metadata.name)
        case .tolerations(let tolerations): untoleratedTaint(of: node, tolerations, profile) == nil
        }
    }
}

/// The first taint that keeps pods with these tolerations away.
func untoleratedTaint(of node: Node, _ tolerations: [Toleration], _ profile: KubernetesProfile) -> Taint? {
    node.spec.taints.first { taint in
        (taint.effect == TaintEffect.noSchedule || taint.effect == TaintEffect.noExecute)
            && !tolerations.tolerate(taint, profile)
    }
}

/// A rule's nodes, kept current from the journal of node changes.
struct RuleMask: Sendable {
    var rule: NodeRule
    var mask: NodeMask
    var journal = 0
}
