/// How much of the time a workload is down if zones, nodes and pods fail independently of each other.
///
/// Each node has none of its pods with probability p_n, else a binomial number of them; each zone none with p_z, else
/// the sum of its nodes; the workload is the sum of its zones.
public struct Unavailability: Sendable, Equatable {
    /// Ready pods on one node.
    public struct Place: Sendable, Equatable {
        public var node: String
        /// Empty for nodes without the label: they form a zone of their own.
        public var zone: String
        public var region: String
        public var ready: Int
        public init(node: String, zone: String, region: String = "", ready: Int) {
            (self.node, self.zone, self.region, self.ready) = (node, zone, region, ready)
        }
    }
    /// P0: no pod is up.
    public let none: Double
    /// P(<Q): fewer than the quorum are up.
    public let belowQuorum: Double
    /// E_loss: the share of the pods that is down on average, wherever they are.
    public let loss: Double

    public static let minutesPerYear = 525_600.0

    /// - Parameters:
    ///   - quorum: Q, 0 or more.
    ///   - node: p_n in place of that of `rates`, such as with quick replacement.
    /// - Complexity: O(nodes × quorum × pods on a node).
    public init(_ places: [Place], quorum: Int, _ rates: AvailabilityParameters, node: Double? = nil) {
        let p = (zone: rates.zone, node: node ?? rates.node, pod: rates.pod)
        // Counts below the quorum are all that is asked for, and P0.
        let most = max(quorum, 1)
        var zones: [(name: String, counts: [Double])] = []
        for place in places where place.ready > 0 {
            var onNode = Self.binomial(place.ready, up: 1 - p.pod, most: most).map { $0 * (1 - p.node) }
            onNode[0] += p.node
            if let index = zones.firstIndex(where: { $0.name == place.zone }) {
                zones[index].counts = Self.sum(zones[index].counts, onNode, most: most)
            } else {
                zones.append((place.zone, onNode))
            }
        }
        var all = [1.0]
        for zone in zones {
            var counts = zone.counts.map { $0 * (1 - p.zone) }
            counts[0] += p.zone
            all = Self.sum(all, counts, most: most)
        }
        none = all[0]
        belowQuorum = quorum == 0 ? 0 : min(1, all.prefix(quorum).reduce(0, +))
        loss = zones.isEmpty ? 1 : 1 - (1 - p.zone) * (1 - p.node) * (1 - p.pod)
    }

    /// P(k of n are up) for k < `most`.
    static func binomial(_ n: Int, up: Double, most: Int) -> [Double] {
        var counts = [1.0]
        for _ in 0..<n { counts = sum(counts, [1 - up, up], most: most) }
        return counts
    }
    /// The distribution of the sum of two counts, cut after `most` entries.
    private static func sum(_ a: [Double], _ b: [Double], most: Int) -> [Double] {
        var result = [Double](repeating: 0, count: min(a.count + b.count - 1, most))
        for (i, x) in a.enumerated() {
            for (j, y) in b.enumerated() where i + j < result.count { result[i + j] += x * y }
        }
        return result
    }
}
