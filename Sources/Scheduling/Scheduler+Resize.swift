// Room for resizes that a kubelet put off, behind the gate InPlacePodVerticalScalingSchedulerPreemption: such pods stand in the queue
// although they have a node, and others on it make room for them.
//
// Differs from Kubernetes: a Node has no `spec.podPreemptionPolicy` to forbid that (unverified for 1.37.0, `kubernetes-1.37.md` §3.8);
// the pod's condition PodResizePreemptionDisabled does. These attempts write neither events nor conditions about the pod itself.
// - Source: KEP-5836; `kubernetes-1.37.md` §3.8.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension Scheduler {
    /// Takes in a pod on a node: it stands in the queue for as long as its resize is put off.
    mutating func notePlaced(_ pod: Pod, _ slot: Int, _ previous: Pod?, _ now: Instant) {
        guard isOwedRoom(pod), settings(for: pod) != nil else {
            queue.remove(slot)
            return
        }
        let facts = state.facts(of: pod)
        guard let known = queue[slot], !known.pod.nodeName.isEmpty else {
            queue.put(QueuedPod(pod: pod, facts: facts, timestamp: now), slot: slot, into: .active)
            return
        }
        queue.update(slot) { ($0.pod, $0.facts) = (pod, facts) }
        let rules = RequestRules(assigned: state.profile)
        if known.place == .unschedulable, let previous, previous.requests(rules) != pod.requests(rules) { queue.requeue(slot, now: now) }
    }

    /// Whether others are to make room for a resize of the pod.
    private func isOwedRoom(_ pod: Pod) -> Bool {
        guard state.profile.isEnabled(.inPlacePodVerticalScalingSchedulerPreemption), !pod.metadata.isTerminating else { return false }
        let conditions = pod.status.conditions
        return conditions.isTrue(ConditionType.podResizePending) && conditions[ConditionType.podResizePending]?.reason == ConditionReason.deferred
            && !conditions.isTrue("PodResizePreemptionDisabled")
    }

    /// Evicts pods of lower priority from the node of the pod at `slot` if its new size does not fit there; either way it waits on.
    mutating func attemptResize(_ slot: Int, _ cluster: inout Cluster) {
        guard var entry = queue[slot], let settings = settings(for: entry.pod), let stored = cluster.store.pods.rows[slot],
            stored.metadata.uid == entry.pod.metadata.uid, isOwedRoom(stored), let row = state.placedPod(slot)?.row, state.nodes.objects[row] != nil
        else {
            queue.remove(slot)
            return
        }
        busyUntil = cluster.now + timing.cycle
        var cycle = state.makeCycle(entry.pod, settings)
        cycle.settings.filters = settings.filters.filter { $0.name == .nodeResourcesFit }
        let preemption = roomByPreemption(slot, row: row, &cycle, cluster)
        if case .nominated(let candidate) = preemption?.outcome { evict(candidate, for: cycle, &cluster) }
        entry.message = preemption.map { $0.message } ?? "pod resize fits, waiting for Kubelet actuation"
        (entry.timestamp, entry.lastAttempt, entry.rejectedBy) = (cluster.now, cluster.now, [.nodeResourcesFit])
        (entry.rejections, entry.errors) = (entry.rejections + 1, 0)
        queue.put(entry, slot: slot, into: .unschedulable)
    }

    /// What evictions on the pod's own node would bring; nil if it fits without.
    private mutating func roomByPreemption(_ slot: Int, row: Int, _ cycle: inout Cycle, _ cluster: Cluster) -> Preemption? {
        // What it takes already, with the new size in it, is what it asks for.
        let order = state.nodes.podSlots[row]
        let own = state.unplace(slot, trial: true)
        defer {
            state.put(own, slot: slot, trial: true)
            state.nodes.podSlots[row] = order
        }
        cycle.demand.requests = own.requests
        guard let rejection = state.filterWithNominated(cycle, cluster.store, row: row) else { return nil }
        if state.isMakingRoom(on: row, below: cycle.demand.facts.priority) {
            return Preemption(outcome: .waiting, message: "preemption: not eligible due to a terminating pod on the nominated node.")
        }
        let elsewhere = Rejection(plugin: .nodeName, reason: .nodeName, isUnresolvable: true)
        var diagnosis = Diagnosis(rejections: Array(repeating: elsewhere, count: state.nodes.count), feasible: NodeMask(count: state.nodes.count))
        diagnosis.rejections[row] = rejection
        return state.preempt(diagnosis, cycle, cluster.store, random: &random, now: cluster.now)
    }
}

extension SchedulingState {
    /// Whether `event` may help a pod on a node whose resize does not fit: something went from that node, or changed its size there.
    func helpsResize(_ pod: Pod, _ event: ClusterEvent) -> Bool {
        switch event {
        case .assignedPodDeleted(let other): return other.nodeName == pod.nodeName
        case .assignedPodChanged(let new, let old):
            let rules = RequestRules(assigned: profile)
            return new.nodeName == pod.nodeName && new.metadata.uid != pod.metadata.uid && new.requests(rules) != old.requests(rules)
        case .nodeChanged(let node, let old): return node.name == pod.nodeName && node.status.allocatable != old.status.allocatable
        default: return false
        }
    }
}
