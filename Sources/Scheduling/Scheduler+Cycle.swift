public import ControlPlane
public import KubernetesAPI
public import SimulationKit

/// What the last attempt to place a pod brought.
public struct SchedulingAttempt: Sendable, Equatable {
    /// When it was; nil if there was none yet.
    public var time: Instant?
    /// How many there were.
    public var attempts: Int
    /// Why it failed, as in the event; empty if it did not.
    public var message: String
    /// When it is tried again at the latest; nil: as soon as its turn comes, or, with gates, never by itself.
    public var nextRetry: Instant?
    /// `active`, `backoff`, `unschedulable`, `gated` or `binding`.
    public var queue: String
}

extension Scheduler {
    static let source = EventSource("default-scheduler")

    /// Tries to place the pod of `slot`.
    mutating func attempt(_ slot: Int, _ cluster: inout Cluster) {
        guard let entry = queue[slot], let settings = settings(for: entry.pod) else { return }
        let pod = entry.pod
        if !pod.nodeName.isEmpty { return attemptResize(slot, &cluster) }
        // The pod may have been deleted, or replaced by one of the same slot, since it was seen.
        guard let stored = cluster.store.pods.rows[slot], stored.metadata.uid == pod.metadata.uid,
            stored.nodeName.isEmpty
        else { return }
        busyUntil = cluster.now + timing.cycle
        if pod.metadata.isTerminating {
            cluster.record(
                EventReason.failedScheduling, "skip schedule deleting pod: \(pod.key)", about: pod, warning: true,
                source: Self.source(settings), action: "Scheduling")
            queue.remove(slot)
            return
        }
        queue.update(slot) { $0.lastAttempt = cluster.now }
        if state.nodes.presentCount == 0 {
            fail(slot, "no nodes available to schedule pods", rejectedBy: [], nomination: nominationAfterFailure, &cluster)
            return
        }
        var cycle = state.makeCycle(pod, settings)
        if let row = findNode(&cycle, cluster.store) {
            #if DEBUG
                auditDecision(cycle, row: row, cluster.store)
            #endif
            assume(slot, row: row, cycle, &cluster)
        } else {
            handleFailure(slot, cycle, &cluster)
        }
    }

    /// The best node for a pod; nil if none will do.
    mutating func findNode(_ cycle: inout Cycle, _ store: ObjectStore) -> Int? {
        if state.preFilter(&cycle, store) != nil { return nil }
        let nominated = cycle.pod.status.nominatedNodeName
        if !nominated.isEmpty, let row = state.nodes.row(nominated), state.nodes.objects[row] != nil,
            cycle.nodeNames?.contains(nominated) ?? true, cycle.domain?[row] ?? true,
            state.filterWithNominated(cycle, store, row: row) == nil
        {
            return row
        }
        if state.isRankable(cycle), var ranking = state.takeRanking(cycle, store) {
            defer { state.keep(&ranking, cycle) }
            return choose(by: ranking, cycle)
        }
        let found = state.filter(cycle, store, explaining: false)
        if found.feasible.isEmpty { return nil }
        let rows = sample(found.feasible, cycle)
        if rows.count == 1 { return rows[0] }
        let scores = state.scores(cycle, rows)
        let totals = rows.indices.map { i in scores.reduce(0) { $0 + ($1.isEmpty ? 0 : $1[i]) } }
        return rows[choose(totals)]
    }

    /// The first feasible nodes in the order of nodes, as many as are wanted, beginning where the last search ended.
    private mutating func sample(_ feasible: NodeMask, _ cycle: Cycle) -> [Int] {
        state.order.refresh()
        let order = state.order.rows
        let wanted = feasibleNodeTarget(
            nodeCount: cycle.domain?.count ?? order.count, percentage: cycle.settings.percentageOfNodesToScore)
        var rows: [Int] = []
        var examined = 0
        var index = startIndex < order.count ? startIndex : 0
        // With a narrowed set upstream walks that set alone.
        while examined < order.count && rows.count < wanted {
            if feasible[order[index]] { rows.append(order[index]) }
            examined += 1
            index = index + 1 == order.count ? 0 : index + 1
        }
        startIndex = index
        return rows
    }

    /// The index of the highest total; equal ones by the rule of the version.
    private mutating func choose(_ totals: [Int]) -> Int {
        if state.profile.schedulerTieRule == .heap { return heapRoot(totals) }
        let best = totals.max()!
        let ties = totals.indices.filter { totals[$0] == best }
        return ties.count == 1 ? ties[0] : ties[random.below(ties.count)]
    }

    /// Counts the pod on its node from now on, and lets the binding follow.
    mutating func assume(_ slot: Int, row: Int, _ cycle: Cycle, _ cluster: inout Cluster) {
        let name = state.nodes.names[row]
        var pod = cycle.pod
        pod.nodeName = name
        state.setNominated(nil, slot: slot)
        state.place(pod, cycle.demand.facts, slot: slot, row: row, assumed: true)
        let entry = queue.remove(slot)!
        var binding = Binding(entry: entry, node: name)
        if !cycle.volumes.waiting.isEmpty {
            let plan = VolumeBinding.plan(cycle, state.nodes.objects[row]!, state, cluster.store)
            for (claim, volume) in plan.matched {
                state.volumes.claimOfVolume[volume.metadata.name] = claim.key
                binding.matched.append((claim.key, volume.metadata.name))
            }
            for claim in plan.provisioned {
                state.volumes.nodeOfClaim[claim.key] = name
                binding.provisioned.append(claim.key)
            }
        }
        beginBinding(slot, binding, &cluster)
    }

    /// Finds out why no node will do, tries preemption, and puts the pod back.
    private mutating func handleFailure(_ slot: Int, _ cycle: Cycle, _ cluster: inout Cluster) {
        var cycle = cycle
        cycle.volumes = PodVolumes()
        let diagnosis = state.diagnose(&cycle, cluster.store)
        let preemption = state.preempt(diagnosis, cycle, cluster.store, random: &random, now: cluster.now)
        let message = state.message(diagnosis, preemption, cycle)
        var nomination: String?
        switch preemption.outcome {
        case .nominated(let candidate):
            nomination = state.nodes.names[candidate.row]
            evict(candidate, for: cycle, &cluster)
        case .notHelpful: nomination = ""
        case .waiting: nomination = nil
        case .notEligible, .notTried: nomination = nominationAfterFailure
        }
        fail(slot, message, rejectedBy: diagnosis.plugins, nomination: nomination, &cluster)
    }

    /// What an attempt without a nomination of its own makes of an older one, also one that was set from outside: nothing, or none.
    /// - Source: kubernetes PR 135007; `VersionChange.failedAttemptClearsNomination`.
    var nominationAfterFailure: String? { state.profile.has(.failedAttemptClearsNomination) ? "" : nil }

    /// Deletes the victims of a preemption.
    mutating func evict(_ candidate: PreemptionCandidate, for cycle: Cycle, _ cluster: inout Cluster) {
        let node = state.nodes.names[candidate.row]
        let preemptor = state.profile.preemptedEventNamesPreemptor ? "pod \(cycle.pod.metadata.uid)" : "a pod"
        for slot in candidate.victims {
            evict(slot, becauseOf: "pod", event: "Preempted by \(preemptor) on node \(node)", cycle.settings, &cluster)
        }
        clearNominations(to: node, below: cycle.demand.facts.priority, &cluster)
    }

    /// Deletes one victim: `preemptor` is a `pod` or a `podgroup`.
    mutating func evict(_ slot: Int, becauseOf preemptor: String, event: String, _ settings: SchedulingProfile, _ cluster: inout Cluster) {
        guard let victim = cluster.store.pods.rows[slot], victim.metadata.uid == state.placedPod(slot)?.pod.metadata.uid,
            !victim.metadata.isTerminating
        else { return }
        totals.victims += 1
        if state.profile.has(.victimInPreBindSpared), bindings[slot]?.waitsForVolumes == true {
            cluster.record(
                "Preempted", "\(event) (in kube-scheduler memory).", about: victim, source: Self.source(settings), action: "Preempting")
            abandon(slot, "running PreBind plugin \"VolumeBinding\": binding volumes: context canceled", &cluster)
            return
        }
        let now = cluster.now
        let message = "\(Self.source(settings).component): preempting to accommodate a higher priority \(preemptor)"
        if state.profile.isEnabled(.podDisruptionConditions) {
            cluster.modify(Pod.self, victim.key) { pod in
                pod.status.conditions.set(
                    Condition(type: ConditionType.disruptionTarget, status: true, reason: "PreemptionByScheduler", message: message), now: now)
            }
        }
        if state.groups != nil { markGroup(ofVictim: slot, settings, message, &cluster) }
        _ = try? cluster.delete(Pod.self, victim.key, DeleteOptions(uid: victim.metadata.uid))
        cluster.record("Preempted", event, about: victim, source: Self.source(settings), action: "Preempting")
    }

    /// Pods of lower priority that waited for this node look for another one.
    mutating func clearNominations(to node: String, below priority: Int, _ cluster: inout Cluster) {
        for slot in state.nominatedSlots {
            guard let other = state.nominated[slot], other.pod.status.nominatedNodeName == node, other.facts.priority < priority else { continue }
            var changed = other.pod
            changed.status.nominatedNodeName = ""
            state.setNominated(nil, slot: slot)
            queue.update(slot) { $0.pod.status.nominatedNodeName = "" }
            cluster.modify(Pod.self, changed.key) { $0.status.nominatedNodeName = "" }
        }
    }

    /// Notes a failed attempt: condition, event, and the place in the queue.
    ///
    /// - Parameters:
    ///   - rejectedBy: empty if the attempt ended in an error.
    ///   - nomination: the node on which room is made; empty: none any more; nil: as before.
    ///   - isGrouped: the pod was tried with its group, which stands in the queue for it.
    mutating func fail(
        _ slot: Int, _ message: String, rejectedBy: Set<PluginName>, nomination: String?, isGrouped: Bool = false,
        _ cluster: inout Cluster
    ) {
        guard var entry = queue[slot], let settings = settings(for: entry.pod) else { return }
        let isError = rejectedBy.isEmpty
        entry.timestamp = cluster.now
        entry.rejectedBy = rejectedBy
        entry.message = message
        if isError { entry.errors += 1 } else { (entry.rejections, entry.errors) = (entry.rejections + 1, 0) }
        if isError { totals.errors += 1 } else { totals.unschedulable += 1 }
        cluster.record(
            EventReason.failedScheduling, Self.shortened(message), about: entry.pod, warning: true,
            source: Self.source(settings), action: "Scheduling")
        let now = cluster.now
        let uid = entry.pod.metadata.uid
        let updated = cluster.modify(Pod.self, entry.pod.key) { pod in
            guard pod.metadata.uid == uid else { return }
            pod.status.conditions.set(
                Condition(
                    type: ConditionType.podScheduled, status: false, reason: isError ? "SchedulerError" : ConditionReason.unschedulable,
                    message: message),
                now: now)
            if let nomination { pod.status.nominatedNodeName = nomination }
        }
        if let updated {
            entry.pod = updated
            state.setNominated(updated, slot: slot)
        }
        queue.put(entry, slot: slot, into: isGrouped ? .grouped : isError ? .errorBackoff : .unschedulable)
    }

    static func source(_ settings: SchedulingProfile) -> EventSource { EventSource(settings.name) }

    /// An event's message may have 1024 bytes.
    static func shortened(_ message: String) -> String {
        message.utf8.count <= 1024
            ? message : String(decoding: message.utf8.prefix(1020), as: UTF8.self) + " ..."
    }

    /// How many pods wait in each of its queues, as `scheduler_pending_pods` counts them. O(pods).
    public var pendingPods: (active: Int, backoff: Int, unschedulable: Int, gated: Int) { queue.pending }

    /// What the scheduler last did about the pod called `key`; nil if it does not wait for this scheduler. O(1).
    public func lastAttempt(of key: ObjectKey, in cluster: Cluster) -> SchedulingAttempt? {
        guard let slot = cluster.store.pods.slot(of: key) else { return nil }
        if let entry = queue[slot], entry.pod.key == key {
            var retry: Instant?
            let name: String
            switch entry.place {
            case .active, .inFlight: name = "active"
            case .backoff, .errorBackoff:
                name = "backoff"
                retry = queue.expiry(entry)
            case .unschedulable:
                name = "unschedulable"
                retry = entry.timestamp + SchedulingQueue.longestStay
            case .gated: name = "gated"
            case .grouped: return attempt(ofGroup: entry, slot)
            }
            return SchedulingAttempt(
                time: entry.lastAttempt, attempts: entry.attempts, message: entry.message, nextRetry: retry,
                queue: name)
        }
        if let binding = bindings[slot], binding.entry.pod.key == key {
            return SchedulingAttempt(
                time: binding.entry.lastAttempt, attempts: binding.entry.attempts, message: "",
                nextRetry: nil,
                queue: "binding")
        }
        return nil
    }
}

/// How many feasible nodes are enough.
///
/// Follows kube-scheduler's adaptive sampling: every node below 100 nodes, otherwise `50 − nodes/125` percent, at
/// least 5 percent and at least 100 nodes.
/// - Parameters:
///   - nodeCount: all nodes, 0 or more.
///   - percentage: 0 for adaptive, else 1…100.
/// - Source: Kubernetes `pkg/scheduler/schedule_one.go`, `numFeasibleNodesToFind`.
public func feasibleNodeTarget(nodeCount: Int, percentage: Int = 0) -> Int {
    guard nodeCount >= 100 else { return nodeCount }
    let share = percentage == 0 ? max(5, 50 - nodeCount / 125) : percentage
    return min(nodeCount, max(100, nodeCount * share / 100))
}

/// The index at the root of a binary max-heap built over `totals` as Go's `container/heap` does: 1.35 and later
/// choose that way.
func heapRoot(_ totals: [Int]) -> Int {
    var heap = Array(totals.indices)
    let n = heap.count
    for start in stride(from: n / 2 - 1, through: 0, by: -1) {
        var i = start
        while true {
            var child = 2 * i + 1
            if child >= n { break }
            if child + 1 < n, totals[heap[child + 1]] > totals[heap[child]] { child += 1 }
            if totals[heap[child]] <= totals[heap[i]] { break }
            heap.swapAt(i, child)
            i = child
        }
    }
    return heap[0]
}

extension Scheduler {
    /// Finds a node for `pod` and counts the pod there, without queue, binding and events: what measures decisions
    /// alone. Returns whether there was one.
    package mutating func decideAndCount(_ pod: Pod, slot: Int, _ store: ObjectStore) -> Bool {
        guard let settings = settings(for: pod) else { return false }
        var cycle = state.makeCycle(pod, settings)
        guard let row = findNode(&cycle, store) else { return false }
        state.place(pod, cycle.demand.facts, slot: slot, row: row, assumed: true)
        return true
    }
}
