// The expectation `pods`.
import ControlPlane
import KubernetesAPI

struct PodsExpectation: Claim {
    var namespace: String?
    var labelSelector: String?
    var phase: String?
    var ready: Bool?
    var node: String?
    var zone: String?
    var reason: String?
    var count: Int?
    var atLeast: Int?
    var atMost: Int?
    static let name = "pods"
    static let summary = "How many pods there are."
    static let fields: [Field<PodsExpectation>] = [
        .f("namespace", \.namespace, "Only this namespace; default default."),
        .f("labelSelector", \.labelSelector, "Only pods with these labels, as kubectl -l takes them."),
        .f("phase", \.phase, "Only this phase."),
        .f("ready", \.ready, "Only ready ones, or only those that are not."),
        .f("node", \.node, "Only on this node."), .f("zone", \.zone, "Only on nodes of this zone."),
        .f("reason", \.reason, "Only with this status.reason."),
        .f("count", \.count, "Exactly this many."), .f("atLeast", \.atLeast, "At least this many."),
        .f("atMost", \.atMost, "At most this many."),
    ]

    var faults: [(field: String, message: String)] {
        // Without a number an expectation could not fail.
        faults(ofSelector: labelSelector) + (count == nil && atLeast == nil && atMost == nil ? [("", "needs count, atLeast or atMost")] : [])
    }

    func difference(in simulation: Simulation) -> String? {
        difference(count(in: simulation.cluster), "pods" + words, exactly: count, atLeast: atLeast, atMost: atMost)
    }

    /// The filters in words: ` in shop with app=web, phase Running`.
    private var words: String {
        var text = ""
        if let namespace { text += " in \(namespace)" }
        if let labelSelector { text += " with \(labelSelector)" }
        if let phase { text += ", phase \(phase)" }
        if let ready { text += ready ? ", ready" : ", not ready" }
        if let node { text += ", on \(node)" }
        if let zone { text += ", in zone \(zone)" }
        if let reason { text += ", reason \(reason)" }
        return text
    }

    private func count(in cluster: Cluster) -> Int {
        let selector = labelSelector.flatMap { LabelSelector(text: $0) } ?? LabelSelector()
        return cluster.store.pods.rows.reduce(0) { sum, row in
            guard let pod = row, pod.metadata.namespace == namespace ?? "default", selector.matches(pod.metadata.labels),
                phase.map({ $0 == pod.status.phase.rawValue }) ?? true, ready.map({ $0 == pod.isReady }) ?? true,
                node.map({ $0 == pod.nodeName }) ?? true, reason.map({ $0 == pod.status.reason }) ?? true
            else { return sum }
            if let zone, cluster.store.nodes[ObjectKey(name: pod.nodeName)]?.zone != zone { return sum }
            return sum + 1
        }
    }
}
