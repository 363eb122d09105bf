public import ControlPlane
public import KubernetesAPI
import SimulationKit

/// What was decided about one pending pod.
public typealias Decision = Explanation

/// In which order pending pods are taken.
public enum DecisionOrder: String, Sendable, CaseIterable {
    /// As the scheduler's queue has it: by priority, then by age, then as they were read.
    case queue
    /// As they were read.
    case file
}

/// Decides each pending pod of `cluster` in turn, looking at all nodes.
///
/// A placed pod counts for the next ones; equal totals go to the node that is first by name; nobody is evicted.
///
/// Differs from Kubernetes: pods of a complete group are decided one by one here, without the others that must fit too.
/// - Parameters:
///   - explaining: asks every filter of each node, and looks for changes that would help the pods that fit nowhere.
///   - choose: the node that the pod is put on; nil: it is left out of what follows.
/// - Returns: one decision for each pending pod, in the order in which they were taken.
public func decide(
    cluster: Cluster, order: DecisionOrder, configuration: SchedulerConfiguration = .init(), explaining: Bool = false,
    choose: (Decision) -> String? = { $0.winner }
) -> [Decision] {
    let profiles = SchedulingProfile.all(configuration, cluster.profile)
    var state = SchedulingState(cluster)
    var pending: [(slot: Int, pod: Pod)] = []
    for (slot, pod) in cluster.store.pods.rows.enumerated() {
        if let pod, pod.nodeName.isEmpty, !pod.isFinished { pending.append((slot, pod)) }
    }
    if order == .queue {
        pending.sort { a, b in
            let (p, q) = (a.pod.spec.priority ?? 0, b.pod.spec.priority ?? 0)
            if p != q { return p > q }
            let (s, t) = (
                a.pod.metadata.creationTimestamp ?? .start, b.pod.metadata.creationTimestamp ?? .start
            )
            return s != t ? s < t : a.slot < b.slot
        }
    }
    var decisions: [Decision] = []
    for (index, (slot, pod)) in pending.enumerated() {
        let name = pod.spec.schedulerName.isEmpty ? "default-scheduler" : pod.spec.schedulerName
        guard let settings = profiles.first(where: { $0.name == name }) else { continue }
        // Pods that run without a known start count as started last.
        var decision = state.explain(
            pod, settings, cluster.store, now: cluster.now + .seconds(pending.count), everyFilter: explaining)
        if explaining { decision.remedies = state.remedies(pod, decision, settings, cluster.store) }
        decisions.append(decision)
        guard let node = choose(decision), let row = state.nodes.row(node) else { continue }
        state.reserveVolumes(pod, settings, row: row, cluster.store)
        state.setNominated(nil, slot: slot)
        var placed = pod
        placed.nodeName = node
        placed.status.startTime = cluster.now + .seconds(index)
        state.place(placed, slot: slot, row: row)
    }
    return decisions
}

/// How the placed `pod` of `cluster` would be placed now, with every filter asked; the pod itself does not count.
public func explainPlace(of pod: Pod, in cluster: Cluster, configuration: SchedulerConfiguration = .init()) -> Explanation {
    Scheduler(profile: cluster.profile, seed: 0, configuration: configuration).explain(pod: pod, in: cluster, everyFilter: true)
}

extension SchedulingState {
    /// Remembers which volumes the pod's waiting claims take on the node.
    mutating func reserveVolumes(
        _ pod: Pod, _ settings: SchedulingProfile, row: Int, _ store: ObjectStore
    ) {
        var cycle = makeCycle(pod, settings)
        if cycle.demand.facts.claims.isEmpty && !cycle.demand.facts.hasEphemeralClaims { return }
        if preFilter(&cycle, store) != nil || cycle.volumes.waiting.isEmpty { return }
        let plan = VolumeBinding.plan(cycle, nodes.objects[row]!, self, store)
        for (claim, volume) in plan.matched { volumes.claimOfVolume[volume.metadata.name] = claim.key }
        for claim in plan.provisioned { volumes.nodeOfClaim[claim.key] = nodes.names[row] }
    }
}

/// The names that the scores of decisions follow: the score plugins of the first profile, in their order.
public func scorePluginNames(_ configuration: SchedulerConfiguration, _ profile: KubernetesProfile) -> [String] {
    SchedulingProfile.all(configuration, profile).first?.scores.map(\.plugin.name.rawValue) ?? []
}
