import ControlPlane
import KubernetesAPI

/// Refuses nodes with a taint that the pod does not tolerate; prefers nodes with few PreferNoSchedule taints.
enum TaintToleration {
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
