import KubernetesAPI
import SimulationKit

/// Nodes by the number of pods that one soft spread constraint counts for them.
///
/// All nodes of a level get the same share of the score, so a score is worked out once a level instead of once a node.
/// Kept from one pod of a template to the next: only nodes of domains that took a pod change their level.
struct SpreadLevels: Sendable {
    struct Level: Sendable {
        let count: Int
        var nodes: NodeMask
    }
    /// Fewest pods first. None is empty of things, though the things may have no nodes.
    private(set) var levels: [Level] = []
    // By thing that is counted (a row for hostname, else a domain): the count that it stands under.
    private var counts: [Int32] = []
    // By level: how many things stand there.
    private var sizes: [Int] = []
    private var seen = -1
    private var layoutVersion = DomainLayout.Version()

    /// Takes in what changed of a constraint over a label that several nodes may share.
    mutating func refresh(_ view: DomainView, _ layout: DomainLayout) {
        refresh(view.changed, layout, things: layout.domainCount, count: { view.count($0) }) { mask, domain, isMember in
            layout.set(&mask, domain, isMember)
        }
    }
    /// Takes in what changed of a constraint over hostnames: there each node counts its own pods.
    mutating func refresh(_ counter: PodCounter, _ column: TopologyColumn, _ order: NodeOrder, _ layout: DomainLayout) {
        refresh(counter.changed, layout, things: order.positions.count, count: { counter.count($0) }) { mask, row, isMember in
            if row < order.positions.count, order.positions[row] >= 0, column.value(row) >= 0 { mask[order.positions[row]] = isMember }
        }
    }

    private mutating func refresh(
        _ changes: ChangeLog, _ layout: DomainLayout, things: Int, count: (Int) -> Int,
        _ set: (inout NodeMask, Int, Bool) -> Void
    ) {
        let changed = layoutVersion == layout.version ? changes.since(seen) : nil
        if let changed {
            for thing in changed where thing < counts.count {
                let (thing, old, new) = (Int(thing), Int(counts[Int(thing)]), count(Int(thing)))
                if old == new { continue }
                move(thing, to: new, layout, set)
                let i = index(of: old)
                sizes[i] -= 1
                if sizes[i] == 0 {
                    levels.remove(at: i)
                    sizes.remove(at: i)
                } else {
                    set(&levels[i].nodes, thing, false)
                }
            }
        } else {
            (levels, sizes, counts) = ([], [], Array(repeating: 0, count: things))
            for thing in 0..<things { move(thing, to: count(thing), layout, set) }
        }
        layoutVersion = layout.version
        seen = changes.end
    }
    /// Puts a thing under its new count.
    private mutating func move(_ thing: Int, to count: Int, _ layout: DomainLayout, _ set: (inout NodeMask, Int, Bool) -> Void) {
        let i = index(of: count)
        if i == levels.count || levels[i].count != count {
            levels.insert(Level(count: count, nodes: NodeMask(count: layout.nodeCount)), at: i)
            sizes.insert(0, at: i)
        }
        counts[thing] = Int32(count)
        sizes[i] += 1
        set(&levels[i].nodes, thing, true)
    }
    /// Where the level of `count` is, or belongs.
    private func index(of count: Int) -> Int { levels.partitioningIndex { $0.count >= count } }
}

extension PodTopologySpread {
    /// Nodes with the same score.
    struct Class {
        var nodes: NodeMask
        var score: Int
    }

    /// The nodes of `sample` grouped by the score that ``score(_:_:_:_:)`` gives them, by way of the levels of each
    /// soft constraint. O(classes) passes over sets of one bit a node.
    static func classes(of sample: NodeMask, _ levels: [SpreadLevels], _ demand: PodDemand, _ state: SchedulingState) -> [Class] {
        let rules = demand.softSpread
        let layouts = rules.map { state.layouts[state.views[$0.view].column] }
        var kept = sample
        if demand.softNeedsAllKeys {
            for layout in layouts { kept.subtract(layout.unlabelled) }
        }
        var ignored = sample
        ignored.subtract(kept)
        var parts: [(nodes: NodeMask, raw: Double)] = kept.isEmpty ? [] : [(kept, 0)]
        for (i, rule) in rules.enumerated() {
            let size = rule.constraint.topologyKey == LabelKey.hostname ? kept.count : layouts[i].valueCount(in: kept)
            let weight = DeterministicMath.ln(Double(size + 2))
            let constant = Double(rule.maxSkew - 1)
            var finer: [(nodes: NodeMask, raw: Double)] = []
            for part in parts {
                for level in levels[i].levels {
                    if let both = part.nodes.intersection(level.nodes) {
                        finer.append((both, part.raw + (Double(level.count) * weight + constant)))
                    }
                }
                // A node without the label gets nothing for it.
                if let both = part.nodes.intersection(layouts[i].unlabelled) { finer.append((both, part.raw)) }
            }
            parts = finer
        }
        let raws = parts.map { Int($0.raw.rounded()) }
        let (low, high) = (raws.min() ?? 0, max(0, raws.max() ?? 0))
        var result = zip(parts, raws).map { part, raw in
            Class(nodes: part.nodes, score: high == 0 ? 100 : 100 * (high + low - raw) / high)
        }
        if !ignored.isEmpty { result.append(Class(nodes: ignored, score: 0)) }
        return result
    }
}
