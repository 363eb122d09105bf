import KubernetesAPI

/// The order in which nodes are tried: zones interleaved, so that the first nodes found spread over zones.
///
/// - Source: Kubernetes `pkg/scheduler/backend/cache/node_tree.go`.
struct NodeOrder: Sendable {
    // Zones in order of appearance, each with its rows in order of arrival.
    private var zones: [(name: String, rows: [Int])] = []
    private var zoneOf: [Int: String] = [:]
    private var isCurrent = true
    private(set) var rows: [Int] = []
    /// By row: where it stands in ``rows``; -1 if it does not.
    private(set) var positions: [Int] = []
    /// Raised when ``rows`` changes.
    private(set) var epoch = 0

    /// Region and zone of a node as one name; empty without labels.
    static func zone(of node: Node) -> String {
        let labels = node.metadata.labels
        let zone =
            labels[LabelKey.zone] ?? labels[LabelKey.betaZone] ?? ""
        let region =
            labels[LabelKey.region] ?? labels[LabelKey.betaRegion]
            ?? ""
        return zone.isEmpty && region.isEmpty ? "" : region + ":\0:" + zone
    }

    /// Puts the node of `row` into `zone`, or takes it out.
    mutating func set(zone: String?, row: Int) {
        if let old = zoneOf.removeValue(forKey: row), let i = zones.firstIndex(where: { $0.name == old }) {
            zones[i].rows.removeAll { $0 == row }
            if zones[i].rows.isEmpty { zones.remove(at: i) }
        }
        if let zone {
            zoneOf[row] = zone
            if let i = zones.firstIndex(where: { $0.name == zone }) {
                zones[i].rows.append(row)
            } else {
                zones.append((zone, [row]))
            }
        }
        isCurrent = false
    }

    /// Rebuilds ``rows`` if nodes came or went. O(nodes) then.
    mutating func refresh() {
        if isCurrent { return }
        isCurrent = true
        rows.removeAll(keepingCapacity: true)
        var depth = 0
        while true {
            let before = rows.count
            for zone in zones where depth < zone.rows.count { rows.append(zone.rows[depth]) }
            if rows.count == before { break }
            depth += 1
        }
        epoch += 1
        positions = Array(repeating: -1, count: (rows.max() ?? -1) + 1)
        for (position, row) in rows.enumerated() { positions[row] = position }
    }
}
