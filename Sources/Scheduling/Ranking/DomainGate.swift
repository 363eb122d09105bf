/// Lets nodes through by the number of pods in their topology domain: one hard spread constraint, or one required
/// term of pod affinity.
struct DomainGate: Sendable {
    enum Rule: Sendable, Equatable {
        /// The constraint with this number among the pod's hard ones.
        case spread(Int)
        /// Some pod must be there, unless the incoming one is the first of its group.
        case near
        /// No pod may be there.
        case apart
    }
    let rule: Rule
    let view: Int
    /// Positions of the nodes that pass.
    private(set) var open = NodeMask(count: 0)
    private var isOpen: [Bool] = []
    private var limits: ClosedRange<Int> = 0...0
    private var seen = -1
    private var layoutVersion = DomainLayout.Version()

    init(_ rule: Rule, view: Int) { (self.rule, self.view) = (rule, view) }

    /// Takes in what changed. A domain is open while its count is within `limits`.
    mutating func refresh(_ view: DomainView, _ layout: DomainLayout, limits: ClosedRange<Int>) {
        if layoutVersion != layout.version {
            self.limits = limits
            layoutVersion = layout.version
            isOpen = (0..<layout.domainCount).map { limits.contains(view.count($0)) }
            // A node without the label has no domain to keep away from, and none to be near in.
            open = rule == .apart ? layout.unlabelled : NodeMask(count: layout.nodeCount)
            for domain in isOpen.indices where isOpen[domain] { layout.set(&open, domain, true) }
        } else if limits != self.limits {
            self.limits = limits
            for domain in isOpen.indices { check(domain, view, layout) }
        } else if seen != view.changed.end {
            if let changed = view.changed.since(seen) {
                for domain in changed { check(Int(domain), view, layout) }
            } else {
                for domain in isOpen.indices { check(domain, view, layout) }
            }
        }
        seen = view.changed.end
    }
    private mutating func check(_ domain: Int, _ view: DomainView, _ layout: DomainLayout) {
        let now = limits.contains(view.count(domain))
        if now == isOpen[domain] { return }
        isOpen[domain] = now
        layout.set(&open, domain, now)
    }
}

/// Which positions of the order of nodes belong to which domain of one topology key.
struct DomainLayout: Sendable {
    struct Version: Sendable, Equatable {
        var column = -1
        var order = -1
    }
    let version: Version
    let domainCount: Int
    let nodeCount: Int
    /// Positions of nodes without the key.
    private(set) var unlabelled: NodeMask
    // Positions by domain, one after the other; domain d has those from starts[d] to starts[d + 1].
    private var starts: [Int32]
    private var positions: [Int32]
    // Domains of many nodes are also sets: -1 or the number of the set.
    private var setNumbers: [Int32]
    private var sets: [NodeMask] = []

    init() { self.init(TopologyColumn(key: ""), NodeOrder()) }

    init(_ column: TopologyColumn, _ order: NodeOrder) {
        version = Version(column: column.version, order: order.epoch)
        domainCount = column.values.count
        nodeCount = order.rows.count
        unlabelled = NodeMask(count: nodeCount)
        starts = Array(repeating: 0, count: domainCount + 1)
        for row in order.rows where column.value(row) >= 0 { starts[column.value(row) + 1] += 1 }
        for domain in 0..<domainCount { starts[domain + 1] += starts[domain] }
        positions = Array(repeating: 0, count: Int(starts[domainCount]))
        var next = starts
        for (position, row) in order.rows.enumerated() {
            let domain = column.value(row)
            if domain < 0 {
                unlabelled[position] = true
                continue
            }
            positions[Int(next[domain])] = Int32(position)
            next[domain] += 1
        }
        setNumbers = Array(repeating: -1, count: domainCount)
        let many = max(8, unlabelled.words.count)
        for domain in 0..<domainCount where starts[domain + 1] - starts[domain] >= many {
            var set = NodeMask(count: nodeCount)
            for i in starts[domain]..<starts[domain + 1] { set[Int(positions[Int(i)])] = true }
            setNumbers[domain] = Int32(sets.count)
            sets.append(set)
        }
    }

    /// How many values of the key the nodes of `mask` have; having none counts as one.
    func valueCount(in mask: NodeMask) -> Int {
        var result = mask.intersects(unlabelled) ? 1 : 0
        for domain in 0..<domainCount {
            let number = setNumbers[domain]
            if number >= 0 {
                if mask.intersects(sets[Int(number)]) { result += 1 }
            } else if (starts[domain]..<starts[domain + 1]).contains(where: { mask[Int(positions[Int($0)])] }) {
                result += 1
            }
        }
        return result
    }

    /// Adds the nodes of `domain` to `mask`, or takes them out.
    func set(_ mask: inout NodeMask, _ domain: Int, _ isMember: Bool) {
        let number = setNumbers[domain]
        if number >= 0 {
            if isMember { mask.formUnion(sets[Int(number)]) } else { mask.subtract(sets[Int(number)]) }
            return
        }
        for i in starts[domain]..<starts[domain + 1] { mask[Int(positions[Int(i)])] = isMember }
    }
}
