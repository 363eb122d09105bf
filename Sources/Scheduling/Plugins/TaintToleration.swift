import ControlPlane
import KubernetesAPI

/// Refuses nodes with a taint that the pod does not tolerate; prefers nodes with few PreferNoSchedule taints.
enum TaintToleration {
    static let plugin = Plugin(
        name: .taintToleration,
        title: "taint",
        points: [.filter, .score],
        weight: 3,
        filterScope: .node,
        filter: filter,
        isUniform: isUniform,
        score: score,
        hint: hint,
        words: words,
        detail: detail,
        remedies: [RemedyRule(rank: 40, find: remedy)])

    @Sendable static func filter(
        _ cycle: Cycle, _ state: SchedulingState, _ store: ObjectStore, _ pass: inout FilterPass
    ) {
        let tolerations = cycle.demand.facts.spec.tolerations
        pass.keep(state.masks[cycle.demand.taintMask].mask) { row in
            let taint = state.nodes.objects[row].flatMap { untoleratedTaint(of: $0, tolerations, state.profile) }
            return Rejection(
                plugin: .taintToleration, reason: .taint(key: taint?.key ?? "", value: taint?.value ?? ""),
                isUnresolvable: true)
        }
    }

    @Sendable static func isUniform(_ cycle: Cycle, _ state: SchedulingState) -> Bool {
        state.nodes.discouragedCount == 0
    }
    @Sendable static func score(
        _ cycle: Cycle, _ state: SchedulingState, _ rows: [Int], _ scores: inout [Int]
    ) -> Bool {
        let tolerations = cycle.demand.facts.spec.tolerations.filter {
            $0.effect.isEmpty || $0.effect == TaintEffect.preferNoSchedule
        }
        for (i, row) in rows.enumerated() {
            scores[i] = state.nodes.objects[row]!.spec.taints.count { taint in
                taint.effect == TaintEffect.preferNoSchedule && !tolerations.tolerate(taint, state.profile)
            }
        }
        normalize(&scores, reversed: true)
        return true
    }
}

/// Stretches scores so that the highest becomes 100; reversed, so that 0 becomes 100 and the highest 0.
///
/// - Source: Kubernetes `pkg/scheduler/framework/plugins/helper/normalize_score.go`.
func normalize(_ scores: inout [Int], reversed: Bool = false) {
    let highest = scores.max() ?? 0
    for i in scores.indices {
        let scaled = highest == 0 ? 0 : 100 * scores[i] / highest
        scores[i] = reversed ? 100 - scaled : scaled
    }
}

extension TaintToleration {
    /// Whether `event` may make a pod fit that the plugin refused: the closer look of 1.32 and later.
    @Sendable static func hint(_ state: inout SchedulingState, _ entry: QueuedPod, _ event: ClusterEvent, _ settings: SchedulingProfile) -> Bool {
        let tolerations = entry.facts.spec.tolerations
        func isTolerated(_ node: Node) -> Bool { untoleratedTaint(of: node, tolerations, state.profile) == nil }
        return switch event {
        case .nodeAdded(let node): isTolerated(node)
        case .nodeChanged(let node, let old): isTolerated(node) && !isTolerated(old)
        case .podItselfChanged(let new, let old): new.spec.tolerations != old.spec.tolerations
        default: false
        }
    }
}

extension Reason {
    static func taint(key: String, value: String) -> Reason { Reason(.taintToleration, .taint(key: key, value: value)) }
}

extension TaintToleration {
    @Sendable private static func words(_ reason: Reason, _ demand: PodDemand, _ state: SchedulingState) -> [String] {
        guard case .taint(let key, let value) = reason.subject else { return [] }
        return [state.profile.taintReasonIsGeneric ? "node(s) had untolerated taint(s)" : "node(s) had untolerated taint {\(key): \(value)}"]
    }
    @Sendable private static func detail(_ reason: Reason, _ row: Int, _ cycle: Cycle, _ state: SchedulingState) -> String {
        guard let node = state.nodes.objects[row] else { return "" }
        return "taint " + untolerated(node, cycle.demand.facts.spec.tolerations, state).map(\.text).joined(separator: ", ")
    }
    private static func untolerated(_ node: Node, _ tolerations: [Toleration], _ state: SchedulingState) -> [Taint] {
        node.spec.taints.filter { taint in
            (taint.effect == TaintEffect.noSchedule || taint.effect == TaintEffect.noExecute) && !tolerations.tolerate(taint, state.profile)
        }
    }

    private static func remedy(_ search: inout RemedySearch) {
        guard let name = search.first(refusedBy: .taintToleration), let node = search.object(name) else { return }
        let taints = untolerated(node, search.pod.spec.tolerations, search.state)
        var changed = node
        changed.spec.taints.removeAll { taints.contains($0) }
        let text = taints.map(\.text).joined(separator: ", ")
        search.tryState(.untaint(node: name, taints), "take \(text) off \(name)", cost: "one taint less") { $0.set(node: changed) }
        search.tryPod("tolerate \(text)", cost: "new rollout") { spec in
            spec.tolerations += taints.map { Toleration(key: $0.key, operator: "Equal", value: $0.value, effect: $0.effect) }
        }
    }
}
