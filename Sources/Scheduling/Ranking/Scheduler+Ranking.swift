// Choosing a node from the ranking that was kept of the template's last pod.

import KubernetesAPI

extension Scheduler {
    /// The node of the highest total by the template's ranking; nil if no node is feasible. The same node as the plain
    /// evaluation of all nodes finds, and the same step in the order of nodes and of chance.
    mutating func choose(by ranking: NodeRanking, _ cycle: Cycle) -> Int? {
        let feasible = ranking.feasible()
        let found = feasible.count
        if found == 0 { return nil }
        let order = state.order.rows
        let count = order.count
        let wanted = feasibleNodeTarget(nodeCount: count, percentage: cycle.settings.percentageOfNodesToScore)
        let start = startIndex < count ? startIndex : 0
        // Sets in the order of the search: what stands at `start` is number 0.
        var sample = feasible.rotated(to: start, count: count)
        startIndex = start
        if found >= wanted {
            sample = sample.prefix(wanted)
            startIndex = (start + sample.member(wanted - 1) + 1) % count
        }
        let place: Int
        if found == 1 || wanted == 1 {
            place = sample.member(0)
        } else {
            let tied = best(of: sample.rotated(to: (count - start) % count, count: count), ranking, cycle)
                .rotated(to: start, count: count)
            if state.profile.schedulerTieRule == .heap {
                place = sample.heapRoot(tied: tied)
            } else {
                let ties = tied.count
                place = tied.member(ties == 1 ? 0 : random.below(ties))
            }
        }
        return order[(place + start) % count]
    }

    /// The positions with the highest total among those of `sample`.
    private func best(of sample: NodeMask, _ ranking: NodeRanking, _ cycle: Cycle) -> NodeMask {
        let others = cycle.settings.scores.filter { plugin, weight in
            plugin.score != nil && plugin.scoreScope != .node && weight != 0
                && !(plugin.isUniform?(cycle, state) ?? false)
        }
        if others.isEmpty { return ranking.best(of: sample).nodes }
        if others.count == 1, others[0].plugin.name == .podTopologySpread, !ranking.levels.isEmpty {
            let classes = PodTopologySpread.classes(of: sample, ranking.levels, cycle.demand, state)
            return ranking.best(of: classes, weight: others[0].weight)
        }
        let positions = sample.members
        let rows = positions.map { state.order.rows[$0] }
        var totals = positions.map { Int(ranking.scores[$0]) }
        var scores = Array(repeating: 0, count: rows.count)
        for (plugin, weight) in others {
            for i in scores.indices { scores[i] = 0 }
            guard plugin.score!(cycle, state, rows, &scores) else { continue }
            for i in totals.indices { totals[i] += weight * scores[i] }
        }
        let highest = totals.max()!
        var result = NodeMask(count: state.order.rows.count)
        for i in totals.indices where totals[i] == highest { result[positions[i]] = true }
        return result
    }
}
