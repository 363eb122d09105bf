// The nodes as screens show them, each at a place of its own.

/// Nodes by name. Whoever looks at thousands of them in each frame keeps their places and looks again at those alone whose version moved.
struct NodeViews {
    private var places: [String: Int] = [:]
    private var views: [NodeView?] = []
    private var versions: [Int] = []
    private var free: [Int] = []
    /// Raised with each node that becomes another.
    private var version = 0

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
            guard let place = places[name] else {
                guard newValue != nil else { return }
                let place = free.popLast() ?? views.count
                if place == views.count {
                    views.append(nil)
                    versions.append(version)
                }
                return (views[place], versions[place], places[name]) = (newValue, version, place)
            }
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
        return views[place]?.facts
    }
}
