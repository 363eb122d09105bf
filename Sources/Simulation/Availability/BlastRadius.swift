/// How the ready pods of a workload lie in the domains of one level (nodes, zones, any label): what the loss of one
/// domain takes.
public struct BlastRadius: Sendable, Equatable {
    public struct Domain: Sendable, Equatable {
        public var name: String
        /// r_d: ready pods in it, 1 or more.
        public var ready: Int
    }
    /// Domains with ready pods, the fullest first, then by name.
    public private(set) var domains: [Domain]
    /// R: ready pods in all.
    public let ready: Int
    /// D_open: domains that could take a pod, 1 or more; nil if nobody counted.
    public var open: Int?

    public init(_ counts: [(name: String, ready: Int)], open: Int? = nil) {
        domains = counts.filter { $0.ready > 0 }.map { Domain(name: $0.name, ready: $0.ready) }
            .sorted { ($1.ready, $0.name) < ($0.ready, $1.name) }
        ready = domains.reduce(0) { $0 + $1.ready }
        self.open = open
    }

    /// BR(d) = r_d / R; 0 where nothing is ready.
    public func share(of domain: Domain) -> Double { ready == 0 ? 0 : Double(domain.ready) / Double(ready) }
    /// The largest BR; nil if no pod is ready.
    public var worst: Double? { domains.first.map(share) }
    /// All ready pods are in one domain.
    public var isSinglePoint: Bool { domains.count == 1 }
    /// Losing the fullest domain leaves fewer than `quorum` ready pods.
    public func isQuorumSinglePoint(_ quorum: Int) -> Bool { ready - (domains.first?.ready ?? 0) < quorum }
    /// 1 / Σ BR²: how many equal domains would be as good.
    public var effectiveDomains: Double {
        let sum = domains.reduce(0) { $0 + share(of: $1) * share(of: $1) }
        return sum == 0 ? 0 : 1 / sum
    }
    /// The smallest worst BR that so many pods could have in the open domains: ceil(R / D_open) / R.
    public var bestPossible: Double? {
        guard ready > 0 else { return nil }
        let domains = max(1, open ?? self.domains.count)
        return Double((ready + domains - 1) / domains) / Double(ready)
    }
    /// 1 − (worst − best) / (1 − best); 1 is as even as can be.
    public var evenness: Double? {
        guard let worst, let best = bestPossible else { return nil }
        return best >= 1 ? 1 : min(1, max(0, 1 - (worst - best) / (1 - best)))
    }
    /// Ready pods after losing `domain`.
    public func survivors(without domain: Domain) -> Int { ready - domain.ready }
    /// R / (R − r_d): by how much the load of each remaining pod grows; nil if none remains.
    public func loadFactor(without domain: Domain) -> Double? {
        survivors(without: domain) == 0 ? nil : Double(ready) / Double(survivors(without: domain))
    }

    /// The smallest number of pods that, spread evenly over `zones`, leaves `demand` of them when one zone is lost.
    ///
    /// - Parameters: demand: 0 or more; zones: 2 or more (with one, nothing is left).
    public static func podsNeeded(for demand: Int, zones: Int) -> Int? {
        guard zones > 1 else { return demand == 0 ? 0 : nil }
        var pods = demand
        while pods - (pods + zones - 1) / zones < demand { pods += 1 }
        return pods
    }
}
