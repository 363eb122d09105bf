import ControlPlane
import KubernetesAPI

/// What one attempt knows of its pod.
struct Cycle: Sendable {
    var pod: Pod
    var demand: PodDemand
    var settings: SchedulingProfile
    /// What BalancedAllocation adds: unlike the filter it looks at the pod's status too.
    var balancedCPU: Int64 = 0
    var balancedMemory: Int64 = 0
    var volumes = PodVolumes()
    /// Names of nodes that a PreFilter plugin allows, if it narrowed them, and which plugin.
    var nodeNames: Set<String>?
    var narrowedBy = PluginName.nodeAffinity
    /// The nodes of the domain that the pod's group is tried in; nil: all nodes.
    var domain: NodeMask?
    var spec: PodSpec { pod.spec.value }
}

/// What the filters found for a pod.
struct FilterResult: Sendable {
    var feasible: NodeMask
    /// By row; empty unless all were to be recorded.
    var rejections: [Rejection?]
}

extension SchedulingState {
    /// Begins an attempt for `pod`.
    mutating func makeCycle(_ pod: Pod, _ settings: SchedulingProfile) -> Cycle {
        trimCompiled()
        let facts = facts(of: pod)
        var cycle = Cycle(pod: pod, demand: demand(of: pod, facts, settings), settings: settings)
        let costs = costs(of: pod, facts)
        (cycle.balancedCPU, cycle.balancedMemory) = (costs.cpu, costs.memory)
        return cycle
    }

    /// Asks the plugins that look at the pod alone. Returns the first refusal.
    func preFilter(_ cycle: inout Cycle, _ store: ObjectStore) -> Rejection? {
        let hasNoVolumes = cycle.demand.facts.hasNoVolumes
        for plugin in cycle.settings.filters {
            if hasNoVolumes, plugin.filterScope == .volumes { continue }
            if let rejection = plugin.preFilter?(&cycle, self, store) { return rejection }
        }
        return nil
    }

    /// The nodes that pass all filters. With `explaining`, also why each other node does not.
    mutating func filter(_ cycle: Cycle, _ store: ObjectStore, explaining: Bool) -> FilterResult {
        var candidates = nodes.present
        if !explaining, let names = cycle.nodeNames {
            // A daemon pod looks at its node alone.
            var named = NodeMask(count: nodes.count)
            for name in names { if let row = nodes.row(name), candidates[row] { named[row] = true } }
            candidates = named
        }
        if let domain = cycle.domain { candidates.formIntersection(domain) }
        var pass = FilterPass(candidates: candidates, recording: explaining ? .all : .nothing, rows: nodes.count)
        if explaining, let names = cycle.nodeNames {
            pass.reject(cycle.narrowedBy) { row in
                names.contains(nodes.names[row]) ? nil : (Reason(cycle.narrowedBy, .notSelected), true)
            }
        }
        // Room kept for nominated pods: their nodes are judged one by one, with and without them.
        let crowded = crowdedRows(for: cycle.pod).filter { pass.candidates[$0] }
        for row in crowded { pass.candidates[row] = false }
        runFilters(cycle, store, &pass)
        for row in crowded {
            let rejection = filterWithNominated(cycle, store, row: row)
            pass.candidates[row] = rejection == nil
            if let rejection { pass.record(row, rejection) }
        }
        return FilterResult(feasible: pass.candidates, rejections: pass.rejections)
    }

    func runFilters(_ cycle: Cycle, _ store: ObjectStore, _ pass: inout FilterPass) {
        for plugin in cycle.settings.filters {
            if pass.candidates.isEmpty { return }
            plugin.filter?(cycle, self, store, &pass)
        }
    }

    /// Why the node of `row` does not pass; nil if it does. Nothing is added or taken away.
    func filter(_ cycle: Cycle, _ store: ObjectStore, row: Int) -> Rejection? {
        var one = NodeMask(count: nodes.count)
        one[row] = true
        var pass = FilterPass(candidates: one, recording: .last, rows: nodes.count)
        runFilters(cycle, store, &pass)
        return pass.last
    }

    /// Rows on which room is kept for other pods of at least the same priority.
    func crowdedRows(for pod: Pod) -> [Int] {
        var rows: [Int] = []
        let priority = pod.spec.priority ?? 0
        for slot in nominatedSlots {
            guard let other = nominated[slot], other.facts.priority >= priority,
                other.pod.metadata.uid != pod.metadata.uid,
                let row = nodes.row(other.pod.status.nominatedNodeName), !rows.contains(row)
            else { continue }
            rows.append(row)
        }
        return rows
    }

    /// The verdict on a node with the pods nominated to it added, and again without them; both must be good.
    mutating func filterWithNominated(_ cycle: Cycle, _ store: ObjectStore, row: Int) -> Rejection? {
        let priority = cycle.demand.facts.priority
        var added: [Int] = []
        for slot in nominatedSlots {
            guard var other = nominated[slot], other.facts.priority >= priority, placedPod(slot) == nil,
                other.pod.metadata.uid != cycle.pod.metadata.uid,
                nodes.row(other.pod.status.nominatedNodeName) == row
            else { continue }
            other.row = row
            put(other, slot: slot, trial: true)
            added.append(slot)
        }
        if !added.isEmpty {
            let rejection = filter(cycle, store, row: row)
            for slot in added.reversed() { unplace(slot, trial: true) }
            if rejection != nil { return rejection }
        }
        return filter(cycle, store, row: row)
    }

    /// The weighted scores of the nodes `rows`, one list a plugin in the profile's order; empty lists for plugins
    /// that have nothing to say.
    func scores(_ cycle: Cycle, _ rows: [Int]) -> [[Int]] {
        cycle.settings.scores.map { plugin, weight in
            var scores = Array(repeating: 0, count: rows.count)
            guard let score = plugin.score, score(cycle, self, rows, &scores) else { return [] }
            if weight != 1 { for i in scores.indices { scores[i] *= weight } }
            return scores
        }
    }
}
