// How groups of pods come into the queue, wait there, and are woken. A group is one entity in the queue; its pods stand beside it.
//
// Differs from Kubernetes: in 1.36 the queue holds each pod of a group, and the first to be taken pulls the others with it; here
// groups are entities in both releases.
// - Source: Kubernetes v1.37 `pkg/scheduler/backend/queue`; gang-scheduling.md §3.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension Scheduler {
    /// Takes whatever is next, a pod or a group, and tries it. False if nothing can be tried.
    mutating func attemptNext(_ cluster: inout Cluster) -> Bool {
        if state.groups != nil, let group = groupQueue.head(), queue.head().map({ group.precedes($0) }) ?? true {
            guard let number = groupQueue.pop() else { return false }
            attemptGroup(number, &cluster)
            return true
        }
        guard let slot = queue.pop() else { return false }
        attempt(slot, &cluster)
        return true
    }

    // MARK: The feed

    /// Takes in a pod without a node that names a group.
    mutating func noteGrouped(_ pod: Pod, _ slot: Int, _ now: Instant) {
        let isGated = isGated(pod)
        let facts = state.facts(of: pod)
        if let known = queue[slot] {
            queue.update(slot) { ($0.pod, $0.facts) = (pod, facts) }
            if known.place == .grouped || isGated { return }
        } else if bindings[slot] != nil {
            return
        }
        var entry = queue[slot] ?? QueuedPod(pod: pod, facts: facts, timestamp: now)
        if queue[slot] != nil { entry.timestamp = now }
        queue.put(entry, slot: slot, into: isGated ? .gated : .grouped)
        if let number = state.groups?.number(ofSlot: slot) { wake(number, now) }
    }

    mutating func read(_ change: Change<PodGroup>, _ now: Instant) {
        let group = change.object
        if change.action == .deleted {
            let number = state.groups?.number(of: group.key)
            state.groups?.remove(group.key)
            if let number { sleep(number) }
            return
        }
        state.groups?.set(group)
        guard let number = state.groups?.number(of: group.key) else { return }
        let before = change.previous?.minCount ?? Int.max
        if group.minCount < before { wake(number, now) }
    }

    /// A pod of a group got a node by other ways, or left: what the group waited for may have come.
    mutating func noteMemberChanged(_ number: Int, isAdded: Bool, _ now: Instant) {
        if isAdded, groupQueue[number]?.rejectedBy.contains(.gangScheduling) ?? false { wake(number, now) }
        if waiting(number).isEmpty { groupQueue.remove(number) } else { sleep(number) }
    }

    // MARK: The queue

    /// Slots of the group's pods that wait to be tried, those first that are to be tried first.
    func waiting(_ number: Int) -> [Int] {
        let slots = (state.groups?[number]?.slots ?? []).filter { queue[$0]?.place == .grouped }
        return slots.sorted { a, b in
            let (x, y) = (queue[a]!, queue[b]!)
            if x.facts.priority != y.facts.priority { return x.facts.priority > y.facts.priority }
            if x.timestamp != y.timestamp { return x.timestamp < y.timestamp }
            return x.stamp < y.stamp
        }
    }

    /// Lets the group be tried, now or when its back-off is over, if enough of it is there.
    private mutating func wake(_ number: Int, _ now: Instant) {
        guard state.groups?.whyNotTried(number) == nil, let first = waiting(number).first, let pod = queue[first] else { return }
        switch groupQueue[number]?.place {
        case .unschedulable: groupQueue.requeue(number, now: now)
        case .active, .backoff, .errorBackoff, .inFlight, .grouped: break
        case .gated:
            groupQueue.update(number) { $0.timestamp = now }
            groupQueue.requeue(number, now: now)
        case nil: groupQueue.put(QueuedPod(pod: pod.pod, facts: pod.facts, timestamp: now), slot: number, into: .active)
        }
    }
    /// Keeps the group from being tried if not enough of it is there any more.
    private mutating func sleep(_ number: Int) {
        guard let entry = groupQueue[number], entry.place != .gated, state.groups?.whyNotTried(number) != nil else { return }
        groupQueue.put(entry, slot: number, into: .gated)
    }

    /// The binding of the group's pod at `slot` failed: the group is tried again after a back-off, unless it waits already.
    mutating func putBack(_ number: Int, after slot: Int, _ now: Instant) {
        guard let pod = queue[slot], groupQueue[number] == nil else { return }
        var entry = QueuedPod(pod: pod.pod, facts: pod.facts, timestamp: now)
        (entry.errors, entry.message) = (1, pod.message)
        groupQueue.put(entry, slot: number, into: .errorBackoff)
    }

    /// Offers an event to the groups that wait for one: it is worth a try if it may help one of their pods.
    mutating func moveGroups(after event: ClusterEvent, _ now: Instant) {
        for number in groupQueue.unschedulable {
            let helps = waiting(number).contains { slot in
                guard let entry = queue[slot], let settings = settings(for: entry.pod) else { return false }
                return state.isWorthRetry(entry, after: event, settings)
            }
            if helps { wake(number, now) }
        }
    }
}
