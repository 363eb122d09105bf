// Rankings of nodes that are kept for the next pod of the same template, and brought up to date.

import ControlPlane
import KubernetesAPI

extension SchedulingState {
    /// How many templates have a ranking at most. Each takes a few bits a node and score, 20 to 100 kB for 5,000 nodes.
    static let rankingLimit = 512

    /// Whether pods of the template are placed by a ranking: not if a filter looks at more than it can keep.
    func isRankable(_ cycle: Cycle) -> Bool {
        cycle.settings.hasRankableWeights && cycle.demand.facts.hasNoVolumes && cycle.nodeNames == nil && cycle.domain == nil && cycle.pod.nodeName.isEmpty
            && cycle.settings.filters.allSatisfy { $0.filter == nil || $0.filterScope != .others }
            && (nominatedSlots.isEmpty || crowdedRows(for: cycle.pod).isEmpty)
    }

    /// The ranking for the pod, up to date, taken out of its place: it must be put back with ``keep(_:_:)``.
    /// nil for the first pod of a template, which may stay the only one.
    mutating func takeRanking(_ cycle: Cycle, _ store: ObjectStore) -> NodeRanking? {
        let identity = ObjectIdentifier(cycle.demand.facts)
        guard let number = rankingNumbers[identity] else {
            if rankingNumbers.count >= Self.rankingLimit { (rankings, rankingNumbers) = ([], [:]) }
            rankingNumbers[identity] = rankings.count
            rankings.append(NodeRanking())
            return nil
        }
        var ranking = NodeRanking()
        swap(&ranking, &rankings[number])
        refresh(&ranking, cycle, store)
        return ranking
    }
    mutating func keep(_ ranking: inout NodeRanking, _ cycle: Cycle) {
        swap(&ranking, &rankings[rankingNumbers[ObjectIdentifier(cycle.demand.facts)]!])
    }

    private mutating func refresh(_ ranking: inout NodeRanking, _ cycle: Cycle, _ store: ObjectStore) {
        order.refresh()
        let basis = NodeRanking.Basis(
            orderEpoch: order.epoch, nodes: nodes.presentCount, images: imageShares(cycle),
            balancedCPU: cycle.balancedCPU, balancedMemory: cycle.balancedMemory)
        let changed = nodes.touched.since(ranking.seen)
        if ranking.basis != basis || changed == nil {
            ranking.reset(basis, nodes: order.rows.count)
            assess(nodes.present, &ranking, cycle, store)
        } else if let changed, !changed.isEmpty {
            var rows = NodeMask(count: nodes.count)
            for row in changed { rows[Int(row)] = true }
            assess(rows, &ranking, cycle, store)
        }
        ranking.seen = nodes.touched.end
        let rules = NodeRanking.Rules(
            carryingSeen: cycle.demand.carryingSeen, selectorEpoch: cycle.demand.selectorEpoch)
        if ranking.rules != rules {
            ranking.rules = rules
            ranking.gates = gates(cycle)
            ranking.levels = Array(repeating: SpreadLevels(), count: cycle.demand.softSpread.count)
        }
        for i in ranking.gates.indices { refresh(&ranking.gates[i], cycle.demand) }
        for i in ranking.levels.indices { refresh(&ranking.levels[i], cycle.demand.softSpread[i]) }
    }

    /// What one node with the image adds to ImageLocality's sum, by image.
    private func imageShares(_ cycle: Cycle) -> [Int] {
        cycle.demand.facts.images.map { images.entries[$0].map { ImageLocality.share($0, of: nodes.presentCount) } ?? 0 }
    }

    /// Looks at the nodes of `rows` anew.
    private func assess(_ rows: NodeMask, _ ranking: inout NodeRanking, _ cycle: Cycle, _ store: ObjectStore) {
        var candidates = rows
        candidates.formIntersection(nodes.present)
        var pass = FilterPass(candidates: candidates, recording: .nothing, rows: nodes.count)
        for plugin in cycle.settings.filters where plugin.filterScope == .node {
            plugin.filter?(cycle, self, store, &pass)
        }
        let fitting = pass.candidates.members
        var totals = Array(repeating: 0, count: fitting.count)
        var scores = totals
        for (plugin, weight) in cycle.settings.scores where plugin.scoreScope == .node {
            for i in scores.indices { scores[i] = 0 }
            guard let score = plugin.score, score(cycle, self, fitting, &scores) else { continue }
            for i in scores.indices { totals[i] += weight * scores[i] }
        }
        candidates.subtract(pass.candidates)
        candidates.forEach { ranking.set(nil, at: order.positions[$0]) }
        for (i, row) in fitting.enumerated() { ranking.set(totals[i], at: order.positions[row]) }
    }

    // MARK: Gates

    private func gates(_ cycle: Cycle) -> [DomainGate] {
        let demand = cycle.demand
        var result: [DomainGate] = []
        if cycle.settings.runs(.podTopologySpread) {
            result += demand.hardSpread.indices.map { DomainGate(.spread($0), view: demand.hardSpread[$0].view) }
        }
        if cycle.settings.runs(.interPodAffinity) {
            result += demand.affinity.map { DomainGate(.near, view: $0) }
            result += (demand.antiAffinity + demand.existingAntiAffinity).map { DomainGate(.apart, view: $0) }
        }
        return result
    }

    private mutating func refresh(_ gate: inout DomainGate, _ demand: PodDemand) {
        let column = views[gate.view].column
        refresh(layout: column)
        let limits: ClosedRange<Int>
        switch gate.rule {
        case .spread(let i):
            let rule = demand.hardSpread[i]
            limits = Int.min...(rule.maxSkew + rule.effectiveMinimum(views[gate.view]) - rule.selfMatch)
        case .near: limits = (isFirstOfGroup(demand) ? Int.min : 1)...Int.max
        case .apart: limits = Int.min...0
        }
        gate.refresh(views[gate.view], layouts[column], limits: limits)
    }

    private mutating func refresh(_ levels: inout SpreadLevels, _ rule: SpreadRule) {
        let column = views[rule.view].column
        refresh(layout: column)
        if rule.constraint.topologyKey == LabelKey.hostname {
            levels.refresh(counters[rule.counter], columns[column], order, layouts[column])
        } else {
            levels.refresh(views[rule.view], layouts[column])
        }
    }

    /// Brings the layout of a topology column up to date.
    private mutating func refresh(layout column: Int) {
        while layouts.count <= column { layouts.append(DomainLayout()) }
        if layouts[column].version != .init(column: columns[column].version, order: order.epoch) {
            layouts[column] = DomainLayout(columns[column], order)
        }
    }

    /// The first pod of a group that wants to be near itself may go anywhere.
    func isFirstOfGroup(_ demand: PodDemand) -> Bool {
        demand.affinityMatchesSelf && demand.affinity.allSatisfy { views[$0].total == 0 }
    }
}
