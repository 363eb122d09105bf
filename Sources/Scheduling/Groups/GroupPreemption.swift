// Preemption by groups of pods, and of groups that are disrupted whole.
// - Source: Kubernetes v1.37 `pkg/scheduler/framework/preemption/podgrouppreemption.go`; gang-scheduling.md §5.

import ControlPlane
import KubernetesAPI
import SimulationKit

/// What is evicted together or not at all: a pod, or all pods of a group of mode `all`.
struct PreemptionUnit: Sendable {
    /// Slots of its pods, rising.
    var slots: [Int]
    var priority: Int
    var isGroup = false
    /// When the first of its pods started.
    var start: Instant
}

/// What preemption for a group came to.
struct GroupPreemption: Sendable {
    /// As it stands in the group's message.
    var message = ""
    /// By slot of a pod of the group: the node on which room is made for it.
    var nominations: [Int: String] = [:]
    /// Room is being made since an earlier attempt: nominations stay.
    var isOngoing = false
}

extension SchedulingState {
    /// The units that the pods at `slots` belong to and that matter less than `priority`; of groups only these pods.
    func units(_ slots: some Sequence<Int>, below priority: Int, now: Instant) -> [PreemptionUnit] {
        var units: [PreemptionUnit] = []
        var places: [Int: Int] = [:]
        for slot in slots {
            guard let pod = placedPod(slot), victimPriority(slot, pod) < priority else { continue }
            let start = pod.pod.status.startTime ?? now
            let group = groups?.object(ofSlot: slot)?.isDisruptedWhole == true ? groups?.number(ofSlot: slot) : nil
            if let group, let place = places[group] {
                units[place].slots.append(slot)
                units[place].start = min(units[place].start, start)
                continue
            }
            if let group { places[group] = units.count }
            units.append(PreemptionUnit(slots: [slot], priority: victimPriority(slot, pod), isGroup: group != nil, start: start))
        }
        return units
    }

    /// The units in the order in which they are given back: those that a budget protects first, in each kind the most important first.
    func reprieveOrder(_ units: [PreemptionUnit], _ pods: [Int: PlacedPod], _ store: ObjectStore) -> (units: [PreemptionUnit], protected: Int) {
        let ranked = units.sorted { a, b in
            if a.priority != b.priority { return a.priority > b.priority }
            if a.isGroup != b.isGroup { return a.isGroup }
            if a.slots.count != b.slots.count { return a.slots.count > b.slots.count }
            return a.start != b.start ? a.start < b.start : a.slots[0] < b.slots[0]
        }
        let violating = Set(split(ranked.flatMap(\.slots), pods, store.podDisruptionBudgets.sorted()).violating)
        let protected = ranked.filter { $0.slots.contains(where: violating.contains) }
        return (protected + ranked.filter { !$0.slots.contains(where: violating.contains) }, protected.count)
    }

    /// The victims on a node for a single pod, where groups may be disrupted whole: their pods elsewhere go too.
    mutating func victimsByUnit(
        on row: Int, _ cycle: Cycle, _ store: ObjectStore, _ budgets: [PodDisruptionBudget], _ now: Instant
    ) -> Result<PreemptionCandidate, DryRunFailure> {
        let order = nodes.podSlots[row]
        let units = units(order, below: cycle.demand.facts.priority, now: now)
        if units.isEmpty { return .failure(DryRunFailure(reason: Reason(.defaultPreemption))) }
        var removed: [Int: PlacedPod] = [:]
        let asked = AskedCounters(by: cycle.demand, self)
        for slot in units.flatMap(\.slots) { removed[slot] = unplace(slot, trial: true, isOnlyLifted: true, asked: asked) }
        defer {
            for slot in order { if let pod = removed[slot] { put(pod, slot: slot, trial: true, isBack: true, asked: asked) } }
            nodes.podSlots[row] = order
        }
        if let rejection = filterWithNominated(cycle, store, row: row) { return .failure(DryRunFailure(reason: rejection.reason)) }
        let ranked = reprieveOrder(units, removed, store)
        var victims: [Int] = []
        var violations = 0
        for (i, unit) in ranked.units.enumerated() {
            for slot in unit.slots { put(removed[slot]!, slot: slot, trial: true, isBack: true, asked: asked) }
            if filterWithNominated(cycle, store, row: row) == nil {
                for slot in unit.slots { removed[slot] = nil }
            } else {
                for slot in unit.slots { unplace(slot, trial: true, isOnlyLifted: true, asked: asked) }
                victims += unit.slots
                if i < ranked.protected { violations += unit.slots.count }
            }
        }
        return .success(PreemptionCandidate(row: row, victims: victims + partners(of: victims), violations: violations))
    }

    /// The placed pods that go with those of `slots`, as their groups are disrupted whole; rising.
    private func partners(of slots: [Int]) -> [Int] {
        var numbers: [Int] = []
        for slot in slots where groups?.object(ofSlot: slot)?.isDisruptedWhole == true {
            if let number = groups?.number(ofSlot: slot), !numbers.contains(number) { numbers.append(number) }
        }
        return numbers.flatMap { groups?[$0]?.slots ?? [] }.filter { placedPod($0) != nil && !slots.contains($0) }.sorted()
    }
}

extension Scheduler {
    /// Makes room for a group that does not fit: evicts as little as lets the whole of it in.
    mutating func preempt(for group: GroupInCycle, _ cluster: inout Cluster) -> GroupPreemption {
        guard let first = group.waiting.first.flatMap({ queue[$0]?.pod }), let settings = settings(for: first),
            settings.postFilters.contains(.defaultPreemption)
        else { return GroupPreemption() }
        var result = GroupPreemption()
        if !state.profile.has(.podGroupCycle), group.object.topologyKey != nil, state.profile.groupsHaveTopology {
            result.message = "workload aware preemption is not supported for pod groups with scheduling constraints"
        } else if policy(group) == "Never" {
            result.message = "not eligible due to preemptionPolicy=Never."
        } else if isMakingRoom(for: group) {
            (result.message, result.isOngoing) = ("ongoing preemption on nominated nodes", true)
        } else {
            let units = state.units(state.placed.indices, below: priority(group), now: cluster.now)
            if units.isEmpty {
                result.message = "No preemption victims found for incoming preemptor"
            } else {
                switch dryRun(group, units, cluster) {
                case .failure(let refusal): result.message = refusal.text
                case .success(let found):
                    result.message = "found a placement for podgroup, preempting \(found.victims.count) victims"
                    for place in found.plan.placed { result.nominations[place.slot] = state.nodes.names[place.row] }
                    evict(found.victims, for: group, nominated: Set(result.nominations.values), settings, &cluster)
                }
            }
        }
        if state.profile.has(.podGroupCycle), !result.message.isEmpty { result.message = "pod group preemption: " + result.message }
        return result
    }

    private func priority(_ group: GroupInCycle) -> Int {
        group.object.spec.priority ?? group.waiting.first.flatMap { queue[$0]?.facts.priority } ?? 0
    }
    private func policy(_ group: GroupInCycle) -> String? {
        state.profile.groupsHavePreemptionPolicy ? group.object.spec.preemptionPolicy : group.waiting.first.flatMap { queue[$0]?.pod.spec.preemptionPolicy }
    }

    /// Whether pods of lower priority are ending where a pod of the group is nominated.
    private func isMakingRoom(for group: GroupInCycle) -> Bool {
        group.waiting.contains { slot in
            guard let node = queue[slot]?.pod.status.nominatedNodeName, !node.isEmpty, let row = state.nodes.row(node) else { return false }
            return state.nodes.podSlots[row].contains { other in
                guard let pod = state.placedPod(other), pod.isTerminating, state.victimPriority(other, pod) < priority(group) else { return false }
                let condition = pod.pod.status.conditions[ConditionType.disruptionTarget]
                return condition?.isTrue ?? false && condition?.reason == "PreemptionByScheduler"
            }
        }
    }

    private struct Refusal: Error { var text: String }

    /// Tries the group without any of the units, and gives back as many as can stay. The state is the same afterwards.
    private mutating func dryRun(
        _ group: GroupInCycle, _ units: [PreemptionUnit], _ cluster: Cluster
    ) -> Result<(victims: [Int], plan: GroupPlan), Refusal> {
        var removed: [Int: PlacedPod] = [:]
        var orders: [Int: [Int]] = [:]
        for slot in units.flatMap(\.slots) {
            let row = state.placed[slot]!.row
            if orders[row] == nil { orders[row] = state.nodes.podSlots[row] }
            removed[slot] = state.unplace(slot, trial: true, isOnlyLifted: true)
        }
        defer {
            for slot in units.flatMap(\.slots) { if let pod = removed[slot] { state.put(pod, slot: slot, trial: true, isBack: true) } }
            for (row, order) in orders { state.nodes.podSlots[row] = order }
        }
        let plan = findPlaces(group, cluster)
        if let refusal = plan.refusal { return .failure(Refusal(text: refusal)) }
        let volumes = state.volumes
        for place in plan.placed { put(place, cluster.store) }
        defer {
            takeOff(plan)
            state.volumes = volumes
        }
        var victims: [Int] = []
        for unit in state.reprieveOrder(units, removed, cluster.store).units {
            for slot in unit.slots { state.put(removed[slot]!, slot: slot, trial: true, isBack: true) }
            if allPass(plan, unit, cluster.store) {
                for slot in unit.slots { removed[slot] = nil }
            } else {
                for slot in unit.slots { state.unplace(slot, trial: true, isOnlyLifted: true) }
                victims += unit.slots
            }
        }
        return .success((victims, plan))
    }

    /// Whether each pod of the plan still passes on its node with the unit back. A pod that looks at no other nodes is asked only if
    /// the unit is on its own.
    private mutating func allPass(_ plan: GroupPlan, _ unit: PreemptionUnit, _ store: ObjectStore) -> Bool {
        let rows = Set(unit.slots.compactMap { state.placedPod($0)?.row })
        for place in plan.placed {
            let demand = place.cycle.demand
            let isLocal =
                demand.hardSpread.isEmpty && demand.affinity.isEmpty && demand.antiAffinity.isEmpty && demand.existingAntiAffinity.isEmpty
                && demand.facts.hasNoVolumes
            if isLocal, !rows.contains(place.row) { continue }
            let pod = state.unplace(place.slot, trial: true)
            let rejection = state.filter(place.cycle, store, row: place.row)
            state.put(pod, slot: place.slot, trial: true)
            if rejection != nil { return false }
        }
        return true
    }

    private mutating func evict(
        _ victims: [Int], for group: GroupInCycle, nominated nodes: Set<String>, _ settings: SchedulingProfile, _ cluster: inout Cluster
    ) {
        for slot in victims {
            evict(
                slot, becauseOf: "podgroup", event: "Preempted by podgroup \(group.object.metadata.uid) on node cluster", settings, &cluster)
        }
        let priority = priority(group)
        for node in nodes.sorted() { clearNominations(to: node, below: priority, &cluster) }
    }

    /// Marks the groups that lose all their pods with the pod at `slot`.
    func markGroup(ofVictim slot: Int, _ settings: SchedulingProfile, _ message: String, _ cluster: inout Cluster) {
        guard let group = state.groups?.object(ofSlot: slot), group.isDisruptedWhole else { return }
        let now = cluster.now
        cluster.modify(PodGroup.self, group.key) { object in
            var condition = Condition(type: ConditionType.disruptionTarget, status: true, reason: "PreemptionByScheduler", message: message)
            condition.observedGeneration = object.metadata.generation
            object.status.conditions.set(condition, now: now)
        }
    }
}
