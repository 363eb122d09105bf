import KubernetesAPI
import SimulationKit

/// What is known of all nodes for the pods of one template, kept from one pod to the next.
///
/// Between two pods of a template few nodes change: those that took a pod, and the topology domains whose counts
/// crossed a limit. Only these are looked at again, with the same plugins that look at all nodes elsewhere. A placement
/// so costs what changed, plus a few passes over sets of one bit a node.
///
/// Nodes stand by their position in ``NodeOrder``. Kept apart are
/// - plugins of scope ``Plugin/Scope/node``: their filters decide about ``fitting``, their scores are summed up and
///   group the fitting nodes into ``buckets``;
/// - filters that count pods per domain: a ``DomainGate`` each;
/// - the score of soft spread constraints: ``SpreadLevels`` each;
/// - all other scores: computed anew for the feasible nodes, unless they are the same for all.
struct NodeRanking: Sendable {
    /// Nodes with the same sum of scores.
    struct Bucket: Sendable {
        let score: Int
        var nodes: NodeMask
        var count = 0
    }
    /// Nodes that pass the filters which look at one node at a time.
    private(set) var fitting = NodeMask(count: 0)
    /// Highest score first. Some may be empty.
    private(set) var buckets: [Bucket] = []
    /// By position: the sum of scores; of no meaning for nodes that do not fit.
    private(set) var scores: [Int32] = []
    var gates: [DomainGate] = []
    /// One for each soft spread constraint.
    var levels: [SpreadLevels] = []

    /// What the ranking was made from; it starts anew when one of these is another.
    struct Basis: Sendable, Equatable {
        var orderEpoch = -1
        var nodes = 0
        var images: [Int] = []
        var balancedCPU: Int64 = 0
        var balancedMemory: Int64 = 0
    }
    var basis = Basis()
    /// What the gates were made from: the placed pods' terms that were known, and the default constraints.
    struct Rules: Sendable, Equatable {
        var carryingSeen = -1
        var selectorEpoch = 0
    }
    var rules = Rules()
    /// Up to where changes of nodes were taken in.
    var seen = 0

    mutating func reset(_ basis: Basis, nodes count: Int) {
        self.basis = basis
        fitting = NodeMask(count: count)
        buckets = []
        scores = Array(repeating: 0, count: count)
    }

    /// Notes the score of a node; nil if it does not fit.
    mutating func set(_ score: Int?, at position: Int) {
        if fitting[position] {
            let old = Int(scores[position])
            if old == score { return }
            let i = index(of: old)
            buckets[i].nodes[position] = false
            buckets[i].count -= 1
            // An emptied bucket is likely to be wanted again soon; many are a burden.
            if buckets[i].count == 0, buckets.count > 64 { buckets.remove(at: i) }
        }
        fitting[position] = score != nil
        guard let score else { return }
        let i = index(of: score)
        if i == buckets.count || buckets[i].score != score {
            buckets.insert(Bucket(score: score, nodes: NodeMask(count: scores.count)), at: i)
        }
        buckets[i].nodes[position] = true
        buckets[i].count += 1
        scores[position] = Int32(score)
    }
    /// Where the bucket of `score` is, or belongs.
    private func index(of score: Int) -> Int { buckets.partitioningIndex { $0.score <= score } }

    /// The nodes that pass everything.
    func feasible() -> NodeMask {
        var result = fitting
        for gate in gates { result.formIntersection(gate.open) }
        return result
    }
    /// Those of `nodes` with the highest score, and that. `nodes` must fit, and not be empty.
    func best(of nodes: NodeMask) -> (nodes: NodeMask, score: Int) {
        for bucket in buckets where bucket.count > 0 {
            if let result = bucket.nodes.intersection(nodes) { return (result, bucket.score) }
        }
        preconditionFailure("a fitting node stands in no bucket")
    }
    /// Those of `classes` with the highest total, each class having its own score with `weight` besides.
    func best(of classes: [PodTopologySpread.Class], weight: Int) -> NodeMask {
        guard let ceiling = buckets.first(where: { $0.count > 0 })?.score else { preconditionFailure("no node fits") }
        var result = NodeMask(count: 0)
        var highest = Int.min
        for part in classes where ceiling + weight * part.score >= highest {
            let best = best(of: part.nodes)
            let total = best.score + weight * part.score
            if total > highest { (highest, result) = (total, best.nodes) } else if total == highest { result.formUnion(best.nodes) }
        }
        return result
    }
}
