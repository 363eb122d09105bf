// The nodes as screens show them, each at a place of its own.

import KubernetesAPI

/// Nodes by name. Whoever looks at thousands of them in each frame keeps their places and looks again at those alone whose version moved.
struct NodeViews {
    private var places: [String: Int] = [:]
    private var views: [NodeView?] = []
    private var versions: [Int] = []
    private var free: [Int] = []
    /// Raised with each node that becomes another.
    private var version = 0
    /// The node label whose domains are summed up.
    private(set) var topologyKey = LabelKey.zone
    /// What the nodes of each domain have and what is asked of them; empty for those without the label.
    private(set) var domains: [String: DomainSum] = [:]

    var names: Dictionary<String, Int>.Keys { places.keys }
    /// All nodes, in no order that means anything.
    var values: some Sequence<NodeView> { views.lazy.compactMap { $0 } }

    /// Where a node stands for as long as it is there.
    func place(of name: String) -> Int? { places[name] }
    func view(at place: Int) -> NodeView? { views[safe: place] ?? nil }
    /// Differs from what it was before if another node, or the same in another state, stands at the place.
    func version(at place: Int) -> Int { versions[safe: place] ?? -1 }

    subscript(name: String) -> NodeView? {
        get { places[name].flatMap { views[$0] } }
        set {
            version += 1
            if let newValue { count(newValue, 1) }
            guard let place = places[name] else {
                guard newValue != nil else { return }
                let place = free.popLast() ?? views.count
                if place == views.count {
                    views.append(nil)
                    versions.append(version)
                }
                return (views[place], versions[place], places[name]) = (newValue, version, place)
            }
            if let before = views[place] { count(before, -1) }
            (views[place], versions[place]) = (newValue, version)
            if newValue == nil {
                places[name] = nil
                free.append(place)
            }
        }
    }
    /// Takes the node out of its place, for who puts it back changed: without another reference to it.
    mutating func take(_ name: String) -> NodeFacts? {
        guard let place = places[name] else { return nil }
        defer { views[place] = nil }
        if let view = views[place] { count(view, -1) }
        return views[place]?.facts
    }
    /// Sums up by another label. O(nodes).
    mutating func sum(by topologyKey: String) {
        (self.topologyKey, domains) = (topologyKey, [:])
        for view in views { if let view { count(view, 1) } }
    }
    private mutating func count(_ node: NodeView, _ sign: Int128) {
        let domain = node.labels[topologyKey] ?? ""
        domains[domain, default: DomainSum()].count(node, sign)
        if domains[domain]?.nodes == 0 { domains[domain] = nil }
    }
}

/// The nodes of a domain together. Wide enough for what a hundred thousand opened nodes may claim to have.
struct DomainSum: Equatable {
    private(set) var nodes: Int128 = 0
    private(set) var requested: Int128 = 0
    private(set) var allocatable: Int128 = 0
    /// Requested share of CPU; 0 where there is none.
    var cpuShare: Double { allocatable == 0 ? 0 : Double(requested) / Double(allocatable) }

    fileprivate mutating func count(_ node: NodeView, _ sign: Int128) {
        nodes += sign
        requested += sign * Int128(node.requested.milliCPU)
        allocatable += sign * Int128(node.allocatable.milliCPU)
    }
}
