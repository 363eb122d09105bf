/// Fewest moves between domains after which no two differ by more than a bound.
public struct RebalanceMath: Sendable, Equatable {
    /// A domain of the constraint.
    public struct Domain: Sendable, Equatable {
        /// Pods counted in it.
        public var pods: Int
        /// Those of them that would come back elsewhere if they were evicted: somebody owns them.
        public var movable: Int
        /// Whether it can take a pod at all.
        public var isOpen: Bool
        public init(pods: Int, movable: Int, isOpen: Bool) { (self.pods, self.movable, self.isOpen) = (pods, movable, isOpen) }
    }
    /// How many pods each domain should have in the end.
    public let target: [Int]
    /// How many of them have to move.
    public let moves: Int

    /// - Returns: nil if no moves can do it: pods cannot leave or domains cannot take any.
    /// - Complexity: O(pods × domains).
    public init?(_ domains: [Domain], maxSkew: Int) {
        guard !domains.isEmpty else { return nil }
        var best: (moves: Int, target: [Int])?
        for low in 0...(domains.map(\.pods).max() ?? 0) {
            guard let target = Self.target(domains, low: low, high: low + maxSkew) else { continue }
            let moves = zip(domains, target).reduce(0) { $0 + max(0, $1.0.pods - $1.1) }
            if moves < best?.moves ?? Int.max { best = (moves, target) }
        }
        guard let best else { return nil }
        (target, moves) = (best.target, best.moves)
    }

    /// The nearest distribution with all counts in low … high; nil if there is none.
    private static func target(_ domains: [Domain], low: Int, high: Int) -> [Int]? {
        var target = domains.map { min(max($0.pods, low), high) }
        for (domain, wanted) in zip(domains, target) {
            if wanted < domain.pods - domain.movable { return nil }
            if wanted > domain.pods, !domain.isOpen { return nil }
        }
        var surplus = domains.reduce(0) { $0 + $1.pods } - target.reduce(0, +)
        // What is left over goes where there is room, what is missing comes from where pods may leave: the emptiest
        // and the fullest first.
        while surplus > 0 {
            let room = domains.indices.filter { target[$0] < high && (domains[$0].isOpen || target[$0] < domains[$0].pods) }
            guard let index = room.min(by: { target[$0] < target[$1] }) else { return nil }
            target[index] += 1
            surplus -= 1
        }
        while surplus < 0 {
            let spare = domains.indices.filter { target[$0] > low && target[$0] > domains[$0].pods - domains[$0].movable }
            guard let index = spare.max(by: { target[$0] < target[$1] }) else { return nil }
            target[index] -= 1
            surplus += 1
        }
        return target
    }
}
