// The expectation `timeToReady`.
import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit

struct TimeToReadyExpectation: Claim {
    var namespace: String?
    var labelSelector: String?
    var percentile = 50
    var atLeast: Duration?
    var atMost: Duration?
    static let name = "timeToReady"
    static let summary = "How long pods took from creation to being ready for the first time."
    static let fields: Fields<TimeToReadyExpectation> = [
        .f("namespace", \.namespace, "Only this namespace; default all."),
        .f("labelSelector", \.labelSelector, "Only pods with these labels, as kubectl -l takes them."),
        .f("percentile", \.percentile, "Of which share of the pods, 1 to 100; default 50, the median."),
        .f("atLeast", \.atLeast, "At least this long."), .f("atMost", \.atMost, "At most this long."),
    ]

    var faults: [(field: String, message: String)] {
        var faults = faults(ofSelector: labelSelector)
        if !(1...100).contains(percentile) { faults.append(("percentile", "must be 1 to 100, not \(percentile)")) }
        if atLeast == nil, atMost == nil { faults.append(("", "needs atLeast or atMost")) }
        return faults
    }

    func difference(in simulation: Simulation) -> String? {
        let selector = labelSelector.flatMap { LabelSelector(text: $0) }
        let times = simulation.kubelets.timesToReady(in: simulation.cluster) { pod in
            (namespace.map { $0 == pod.namespace } ?? true) && (selector?.matches(pod.metadata.labels) ?? true)
        }
        guard let time = times.percentile(percentile) else { return "no pod became ready" }
        let what = "\(percentile) % of \(times.count) pods were ready within \(time)"
        if let most = atMost, time > most { return "\(what), expected at most \(most)" }
        if let least = atLeast, time < least { return "\(what), expected at least \(least)" }
        return nil
    }
}
