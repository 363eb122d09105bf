// The expectation `nodes`.
import ControlPlane
import KubernetesAPI

struct NodesExpectation: Claim {
    var zone: String?
    var labelSelector: String?
    var ready: Bool?
    var count: Int?
    var atLeast: Int?
    var atMost: Int?
    var matchesNothing = false
    static let name = "nodes"
    static let summary = "How many nodes there are."
    static let fields: Fields<NodesExpectation> = [
        .f("zone", \.zone, "Only in this zone."),
        .f("labelSelector", \.labelSelector, "Only nodes with these labels, as kubectl -l takes them."),
        .f("ready", \.ready, "Only ready ones, or only those that are not."),
        .f("count", \.count, "Exactly this many."), .f("atLeast", \.atLeast, "At least this many."),
        .f("atMost", \.atMost, "At most this many."), matchesNothing(\.matchesNothing),
    ]

    var faults: [(field: String, message: String)] {
        // Without a number an expectation could not fail.
        faults(ofSelector: labelSelector) + (count == nil && atLeast == nil && atMost == nil ? [("", "needs count, atLeast or atMost")] : [])
    }

    func difference(in simulation: Simulation) -> String? {
        difference(matching(in: simulation.cluster).count, "nodes" + words, exactly: count, atLeast: atLeast, atMost: atMost)
    }

    func absence(in simulation: Simulation) -> String? {
        if matchesNothing { return nil }
        var any = self
        any.ready = nil
        return any.matching(in: simulation.cluster).isEmpty ? "there are no nodes" + any.words : nil
    }

    func evidence(in simulation: Simulation) -> [String] {
        var any = self
        any.ready = nil
        let nodes = any.matching(in: simulation.cluster)
        return nodes.prefix(10).map { node in
            let state = node.isReady ? "Ready" : "NotReady"
            let reason = node.status.conditions[ConditionType.ready].map { $0.message.isEmpty ? "" : ": \($0.message)" } ?? ""
            return "found: \(node.name) \(state)\(node.spec.unschedulable ? ", cordoned" : "")\(node.isReady ? "" : reason)"
        } + (nodes.count > 10 ? ["found: \(nodes.count - 10) more"] : [])
    }

    /// The filters in words: ` in zone eu-a, ready`.
    private var words: String {
        var text = ""
        if let zone { text += " in zone \(zone)" }
        if let labelSelector { text += " with \(labelSelector)" }
        if let ready { text += ready ? ", ready" : ", not ready" }
        return text
    }

    private func matching(in cluster: Cluster) -> [Node] {
        let selector = labelSelector.flatMap { LabelSelector(text: $0) } ?? LabelSelector()
        return cluster.store.nodes.sorted().filter { node in
            (zone.map { $0 == node.zone } ?? true) && selector.matches(node.metadata.labels)
                && (ready.map { $0 == node.status.conditions.isTrue(ConditionType.ready) } ?? true)
        }
    }
}
