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
    var matchesNothing = false
    static let name = "pods"
    static let summary = "How many pods there are."
    static let fields: Fields<PodsExpectation> = [
        .f("namespace", \.namespace, "Only this namespace; default default."),
        .f("labelSelector", \.labelSelector, "Only pods with these labels, as kubectl -l takes them."),
        .f("phase", \.phase, "Only this phase."),
        .f("ready", \.ready, "Only ready ones, or only those that are not."),
        .f("node", \.node, "Only on this node."), .f("zone", \.zone, "Only on nodes of this zone."),
        .f("reason", \.reason, "Only with this status.reason."),
        .f("count", \.count, "Exactly this many."), .f("atLeast", \.atLeast, "At least this many."),
        .f("atMost", \.atMost, "At most this many."), matchesNothing(\.matchesNothing),
    ]

    var faults: [(field: String, message: String)] {
        var faults = faults(ofSelector: labelSelector)
        // Without a number an expectation could not fail.
        if count == nil, atLeast == nil, atMost == nil { faults.append(("", "needs count, atLeast or atMost")) }
        if let phase, ["", PodPhase.unknown.rawValue].contains(phase) || PodPhase(rawValue: phase) == nil {
            faults.append(("phase", "must be Pending, Running, Succeeded or Failed, not \"\(phase)\""))
        }
        return faults
    }

    func difference(in simulation: Simulation) -> String? {
        difference(matching(in: simulation.cluster).count, "pods" + words, exactly: count, atLeast: atLeast, atMost: atMost)
    }

    func absence(in simulation: Simulation) -> String? {
        if matchesNothing { return nil }
        let nodes = simulation.cluster.store.nodes
        if let node, !node.isEmpty, nodes[ObjectKey(name: node)] == nil { return "there is no node \(node)" }
        if let zone, !nodes.all.contains(where: { $0.zone == zone }) { return "no node is in zone \(zone)" }
        return whom.matching(in: simulation.cluster).isEmpty ? "there are no pods" + whom.words : nil
    }

    func evidence(in simulation: Simulation) -> [String] {
        let pods = whom.matching(in: simulation.cluster)
        return pods.isEmpty ? ["found: no pods" + whom.words] : PodEvidence.lines(pods, in: simulation)
    }

    /// Whom it is about, whatever is asked of them.
    private var whom: PodsExpectation {
        var whom = PodsExpectation()
        (whom.namespace, whom.labelSelector) = (namespace, labelSelector)
        return whom
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

    private func matching(in cluster: Cluster) -> [Pod] {
        let selector = labelSelector.flatMap { LabelSelector(text: $0) } ?? LabelSelector()
        return cluster.store.pods.sorted(namespace: namespace ?? "default").filter { pod in
            guard selector.matches(pod.metadata.labels),
                phase.map({ $0 == pod.status.phase.rawValue }) ?? true, ready.map({ $0 == pod.isReady }) ?? true,
                node.map({ $0 == pod.nodeName }) ?? true, reason.map({ $0 == pod.status.reason }) ?? true
            else { return false }
            return zone.map { cluster.store.nodes[ObjectKey(name: pod.nodeName)]?.zone == $0 } ?? true
        }
    }
}
