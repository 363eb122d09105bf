import ControlPlane
import KubernetesAPI

/// Refuses nodes that do not declare the features that the pod needs.
///
/// - Source: Kubernetes v1.37 `pkg/scheduler/framework/plugins/nodedeclaredfeatures`.
enum NodeDeclaredFeatures {
    static let plugin = Plugin(
        name: .nodeDeclaredFeatures,
        title: "features",
        points: .filter,
        isThere: { $0.isEnabled(.nodeDeclaredFeatures) },
        concerns: { !$0.features.isEmpty },
        filterScope: .node,
        filter: filter,
        hint: hint,
        words: { _, _, _ in ["node(s) didn't match Pod's required features"] },
        detail: detail)

    @Sendable static func filter(_ cycle: Cycle, _ state: SchedulingState, _ store: ObjectStore, _ pass: inout FilterPass) {
        let needed = cycle.demand.facts.features
        if needed.isEmpty { return }
        let nodes = state.nodes
        pass.reject(.nodeDeclaredFeatures) { row in
            nodes.objects[row].map { !$0.status.value.missing(needed).isEmpty } ?? false
        } because: { _ in
            (Reason(.nodeDeclaredFeatures), true)
        }
    }

    @Sendable private static func hint(_ state: inout SchedulingState, _ entry: QueuedPod, _ event: ClusterEvent, _ settings: SchedulingProfile) -> Bool {
        switch event {
        case .nodeAdded: true
        case .nodeChanged(let node, let old): node.status.declaredFeatures != old.status.declaredFeatures
        case .podItselfChanged(let new, let old): NodeFeature.needed(by: new.spec.value, state.profile) != NodeFeature.needed(by: old.spec.value, state.profile)
        default: false
        }
    }

    @Sendable private static func detail(_ reason: Reason, _ row: Int, _ cycle: Cycle, _ state: SchedulingState) -> String {
        let missing = state.nodes.objects[row]?.status.value.missing(cycle.demand.facts.features) ?? []
        return missing.isEmpty ? "" : "not declared: \(missing.map(\.rawValue).joined(separator: ", "))"
    }
}
