// One attempt to place a group of pods: all that are needed, or none.

import ControlPlane
import KubernetesAPI
import SimulationKit

/// A group that is tried now.
struct GroupInCycle: Sendable {
    var number: Int
    var object: PodGroup
    /// Slots of the pods that wait, in the order in which they are tried.
    var waiting: [Int]
}

/// Where the pods of a group could go together.
struct GroupPlan: Sendable {
    struct Place: Sendable {
        var slot: Int
        var row: Int
        var cycle: Cycle
    }
    /// Why a pod fits nowhere, the others of its group that came before it counted.
    struct Failure: Sendable {
        var message: String
        var plugins: Set<PluginName>
        /// 1.36: what preemption for this pod alone would do.
        var candidate: (PreemptionCandidate, Cycle)?
        /// 1.36: the pod waits for an earlier preemption, and keeps its nomination.
        var isWaiting = false
    }
    /// Why the group as a whole cannot be placed; nil: it can. May be empty.
    var refusal: String?
    /// The refusal is that too few pods fit, not what one of them lacks.
    var isAboutCount = false
    var placed: [Place] = []
    var failures: [Int: Failure] = [:]
    /// How many pods were looked at.
    var tried = 0
}

extension Scheduler {
    /// Tries to place the group of `number`.
    /// - Source: Kubernetes v1.37 `pkg/scheduler/schedule_one_podgroup.go`; gang-scheduling.md §4.
    mutating func attemptGroup(_ number: Int, _ cluster: inout Cluster) {
        busyUntil = cluster.now + timing.cycle
        let waiting = waiting(number).filter { slot in
            guard let stored = cluster.store.pods.rows[slot], let pod = queue[slot]?.pod else { return false }
            return stored.metadata.uid == pod.metadata.uid && stored.nodeName.isEmpty && !stored.metadata.isTerminating
        }
        guard !waiting.isEmpty, let object = state.groups?[number]?.object, let entry = groupQueue[number] else {
            groupQueue.remove(number)
            return
        }
        if state.groups?.whyNotTried(number) != nil { return groupQueue.put(entry, slot: number, into: .gated) }
        let group = GroupInCycle(number: number, object: object, waiting: waiting)
        for slot in waiting {
            queue.update(slot) {
                $0.attempts += 1
                $0.lastAttempt = cluster.now
            }
        }
        if let problem = state.nodes.presentCount == 0 ? "no nodes available to schedule pods" : disagreement(group) {
            for slot in waiting { fail(slot, problem, rejectedBy: [], nomination: nominationAfterFailure, isGrouped: true, &cluster) }
            setCondition(group, status: false, reason: "SchedulerError", message: problem, &cluster)
            return putBack(group, problem, [], isError: true, cluster.now)
        }
        let plan = findPlaces(group, cluster)
        busyUntil = cluster.now + timing.cycle * max(1, plan.tried)
        if plan.refusal == nil { bind(group, plan, &cluster) } else { refuse(group, plan, &cluster) }
    }

    /// In what the group's pods differ from each other or from the group, although they may not.
    private func disagreement(_ group: GroupInCycle) -> String? {
        let pods = group.waiting.compactMap { queue[$0]?.pod }
        let prefix = "all pods in a single pod group should have the same "
        let names = pods.map(Self.schedulerName)
        if let first = names.first, let other = names.first(where: { $0 != first }) {
            return prefix + ".spec.schedulerName set, got: \"\(first)\" and \"\(other)\""
        }
        guard state.profile.has(.podGroupCycle) else { return nil }
        let scheduled = (state.groups?[group.number]?.slots ?? []).compactMap { state.placedPod($0)?.pod }
        let priority = group.object.spec.priority ?? 0
        if let other = (pods + scheduled).map({ $0.spec.priority ?? 0 }).first(where: { $0 != priority }) {
            return prefix + "priority as the pod group's priority, got \(other) and \(priority)"
        }
        let policies = pods.map { $0.spec.preemptionPolicy ?? "PreemptLowerPriority" }
        if state.profile.groupsHavePreemptionPolicy {
            let own = group.object.spec.preemptionPolicy ?? "PreemptLowerPriority"
            return policies.first { $0 != own }.map { prefix + "preemption policy as the pod group's preemption policy, got \($0) and \(own)" }
        }
        guard let first = policies.first, let other = policies.first(where: { $0 != first }) else { return nil }
        return prefix + "preemption policy, got \(first) and \(other)"
    }

    // MARK: Looking for places

    /// Where the group could go, in one domain if it may not be in several. The state is the same afterwards.
    mutating func findPlaces(_ group: GroupInCycle, _ cluster: Cluster) -> GroupPlan {
        guard state.profile.groupsHaveTopology, let key = group.object.topologyKey else { return findPlaces(group, within: nil, cluster) }
        return findDomain(group, key, cluster)
    }

    /// Tries the pods one after the other; those that fit count for those that follow. The state is the same afterwards.
    mutating func findPlaces(_ group: GroupInCycle, within domain: NodeMask?, _ cluster: Cluster) -> GroupPlan {
        var plan = GroupPlan()
        let volumes = state.volumes
        var scheduled = state.groups?[group.number].map { state.scheduledCount($0) } ?? 0
        var remaining = group.waiting.count
        let minCount = group.object.minCount
        let isStepwise = state.profile.has(.podGroupCycle)
        // The pods that are not tried could not make it enough.
        func cannotReach() -> String? {
            isStepwise && scheduled + remaining < minCount
                ? "minCount (\(minCount)) cannot be satisfied: \(scheduled) scheduled, \(remaining) remaining" : nil
        }
        plan.refusal = cannotReach()
        for slot in group.waiting where plan.refusal == nil {
            guard let pod = queue[slot]?.pod, let settings = settings(for: pod) else { continue }
            plan.tried += 1
            remaining -= 1
            var cycle = state.makeCycle(pod, settings)
            cycle.domain = domain
            if let row = findNode(&cycle, cluster.store) {
                #if DEBUG
                    auditDecision(cycle, row: row, cluster.store)
                #endif
                let place = GroupPlan.Place(slot: slot, row: row, cycle: cycle)
                put(place, cluster.store)
                plan.placed.append(place)
                scheduled += 1
            } else {
                plan.failures[slot] = failure(cycle, cluster)
            }
            plan.refusal = cannotReach()
        }
        plan.isAboutCount = scheduled < minCount
        if plan.refusal == nil, scheduled < minCount { plan.refusal = "waiting for minCount pods from a gang to be scheduled" }
        if plan.refusal == nil, plan.placed.isEmpty { plan.refusal = "" }
        takeOff(plan)
        state.volumes = volumes
        return plan
    }

    /// Counts a pod on its node for a trial.
    mutating func put(_ place: GroupPlan.Place, _ store: ObjectStore) {
        var pod = place.cycle.pod
        pod.nodeName = state.nodes.names[place.row]
        state.place(pod, place.cycle.demand.facts, slot: place.slot, row: place.row, assumed: true)
        guard !place.cycle.volumes.waiting.isEmpty, let node = state.nodes.objects[place.row] else { return }
        let volumes = VolumeBinding.plan(place.cycle, node, state, store)
        for (claim, volume) in volumes.matched { state.volumes.claimOfVolume[volume.metadata.name] = claim.key }
        for claim in volumes.provisioned { state.volumes.nodeOfClaim[claim.key] = node.metadata.name }
    }
    /// Takes the pods of a plan off their nodes again.
    mutating func takeOff(_ plan: GroupPlan) { for place in plan.placed.reversed() { state.unplace(place.slot) } }

    private mutating func failure(_ cycle: Cycle, _ cluster: Cluster) -> GroupPlan.Failure {
        var cycle = cycle
        cycle.volumes = PodVolumes()
        let diagnosis = state.diagnose(&cycle, cluster.store)
        guard !state.profile.groupsHavePriority else {
            return GroupPlan.Failure(message: state.core(diagnosis, cycle), plugins: diagnosis.plugins)
        }
        // Pods preempt for themselves where groups do not.
        let preemption = state.preempt(diagnosis, cycle, cluster.store, random: &random, now: cluster.now)
        var failure = GroupPlan.Failure(message: state.message(diagnosis, preemption, cycle), plugins: diagnosis.plugins)
        switch preemption.outcome {
        case .nominated(let candidate): failure.candidate = (candidate, cycle)
        case .waiting: failure.isWaiting = true
        default: break
        }
        return failure
    }

    // MARK: Outcomes

    /// Enough fit: these are bound. Those that do not fit are tried again at once, so that preemption is tried for them.
    private mutating func bind(_ group: GroupInCycle, _ plan: GroupPlan, _ cluster: inout Cluster) {
        for place in plan.placed { assume(place.slot, row: place.row, place.cycle, &cluster) }
        for slot in group.waiting {
            guard let failure = plan.failures[slot] else { continue }
            let timestamp = queue[slot]?.timestamp
            let nomination = failure.isWaiting ? nil : preempt(for: failure, &cluster) ?? nominationAfterFailure
            fail(slot, failure.message, rejectedBy: failure.plugins, nomination: nomination, isGrouped: true, &cluster)
            if let timestamp { queue.update(slot) { $0.timestamp = timestamp } }
        }
        setCondition(group, status: true, reason: "Scheduled", message: "", &cluster)
        guard let entry = groupQueue[group.number], !waiting(group.number).isEmpty else {
            groupQueue.remove(group.number)
            return
        }
        groupQueue.put(entry, slot: group.number, into: .active)
    }

    /// Too few fit: nothing is bound. Those that would fit, and those that were not tried, say why the group does not.
    private mutating func refuse(_ group: GroupInCycle, _ plan: GroupPlan, _ cluster: inout Cluster) {
        var reasons = [plan.refusal ?? ""]
        var nominations: [Int: String] = [:]
        var keepsNominations = false
        if state.profile.groupsHavePriority {
            let preemption = preempt(for: group, &cluster)
            reasons.append(preemption.message)
            nominations = preemption.nominations
            keepsNominations = preemption.isOngoing
        } else {
            for slot in group.waiting {
                if let failure = plan.failures[slot], let node = preempt(for: failure, &cluster) { nominations[slot] = node }
            }
            if !nominations.isEmpty || plan.failures.values.contains(where: \.isWaiting) { reasons = ["pod group is waiting for preemption to complete"] }
        }
        let message = reasons.filter { !$0.isEmpty }.joined(separator: ", ")
        var plugins: Set<PluginName> = plan.isAboutCount ? [.gangScheduling] : []
        for slot in group.waiting {
            let failure = plan.failures[slot]
            if let failure { plugins.formUnion(failure.plugins) }
            fail(
                slot, failure?.message ?? message, rejectedBy: failure?.plugins ?? [.gangScheduling],
                nomination: keepsNominations || failure?.isWaiting ?? false ? nil : nominations[slot] ?? nominationAfterFailure, isGrouped: true, &cluster)
        }
        setCondition(group, status: false, reason: ConditionReason.unschedulable, message: message, &cluster)
        putBack(group, message, plugins, isError: false, cluster.now)
    }

    /// 1.36 without preemption by groups: evicts for one pod. Returns the node that is freed.
    private mutating func preempt(for failure: GroupPlan.Failure, _ cluster: inout Cluster) -> String? {
        guard let (candidate, cycle) = failure.candidate else { return nil }
        evict(candidate, for: cycle, &cluster)
        return state.nodes.names[candidate.row]
    }

    private mutating func putBack(_ group: GroupInCycle, _ message: String, _ plugins: Set<PluginName>, isError: Bool, _ now: Instant) {
        guard var entry = groupQueue[group.number] else { return }
        (entry.timestamp, entry.lastAttempt, entry.message, entry.rejectedBy) = (now, now, message, plugins)
        if isError { entry.errors += 1 } else { (entry.rejections, entry.errors) = (entry.rejections + 1, 0) }
        groupQueue.put(entry, slot: group.number, into: isError ? .errorBackoff : .unschedulable)
    }

    /// Tells in the group's status whether it was placed. Once it was, that stays.
    /// - Source: gang-scheduling.md §6.
    private func setCondition(_ group: GroupInCycle, status: Bool, reason: String, message: String, _ cluster: inout Cluster) {
        let type = state.profile.podGroupScheduledCondition
        let now = cluster.now
        cluster.modify(PodGroup.self, group.object.key) { object in
            if object.status.conditions.isTrue(type) { return }
            var condition = Condition(type: type, status: status, reason: reason, message: message)
            condition.observedGeneration = object.metadata.generation
            object.status.conditions.set(condition, now: now)
        }
    }

    /// What the last attempt of the group brought, told for one of its pods.
    func attempt(ofGroup entry: QueuedPod, _ slot: Int) -> SchedulingAttempt {
        let number = state.groups?.number(ofSlot: slot)
        let group = number.flatMap { groupQueue[$0] }
        var attempt = SchedulingAttempt(
            time: entry.lastAttempt, attempts: entry.attempts, message: entry.message, nextRetry: nil, queue: "active")
        switch group?.place {
        case .backoff, .errorBackoff: (attempt.queue, attempt.nextRetry) = ("backoff", group.map(groupQueue.expiry))
        case .unschedulable: (attempt.queue, attempt.nextRetry) = ("unschedulable", group.map { $0.timestamp + SchedulingQueue.longestStay })
        case .gated, nil:
            attempt.queue = "gated"
            if let why = number.flatMap({ state.groups?.whyNotTried($0) }) { attempt.message = why }
        case .active, .inFlight, .grouped: break
        }
        return attempt
    }
}
