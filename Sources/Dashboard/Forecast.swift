import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// What would happen, in a sentence for a dialog: tried on a fork that is run ahead and thrown away.
enum Forecast {
    /// Where the replacements of `pods` would land if they were evicted (or deleted) now. Runs one minute ahead at most.
    static func replacement(of pods: [Pod], _ world: World, deleting: Bool = false) -> String {
        guard let first = pods.first, first.metadata.controller != nil else { return "" }
        let workload = Workload(of: first, world.cluster)
        var fork = Fork(of: world.session.simulation)
        var refusal: String?
        for pod in pods {
            if case .failure(let error) = fork.perform(deleting ? .delete(.pod, pod.key, DeleteOptions()) : .evict(pod: pod.key)) {
                refusal = refusal ?? error.message
            }
        }
        if let refusal { return "Tried on a fork: refused. \(refusal)" }
        func fresh(_ fork: Fork) -> [Pod] { fork.pods.filter { $0.came && $0.workload == workload }.compactMap(\.after) }
        let start = fork.start
        let isDone = fork.run(
            for: .minutes(1),
            until: { fork in
                let fresh = fresh(fork)
                return fresh.count >= pods.count && fresh.allSatisfy { !$0.nodeName.isEmpty }
            },
            unless: { now in
                world.patience.isOver { WorkProgress(title: "Trying it on a fork", detail: (now - start).description, share: (now - start).seconds / 60) }
            })
        if !isDone { return "Tried on a fork: stopped before it was known." }
        let found = fresh(fork)
        guard !found.isEmpty else { return "Tried on a fork: no replacement within a minute." }
        let places = found.filter { !$0.nodeName.isEmpty }.map { pod in
            "\(pod.nodeName)\(fork.simulation.cluster.store.nodes[ObjectKey(name: pod.nodeName)].map { $0.zone.isEmpty ? "" : " in \($0.zone)" } ?? "")"
        }
        let waiting = found.filter(\.nodeName.isEmpty)
        let name = "the replacement\(found.count == 1 ? "" : "s")"
        var outcomes = places.isEmpty ? [] : ["\(name) would go to \(places.joined(separator: ", "))"]
        if let reason = waiting.first?.status.conditions[ConditionType.podScheduled]?.message {
            outcomes.append("\(places.isEmpty ? name : "\(waiting.count)") would wait (\(reason.prefix(90)))")
        }
        return "Tried on a fork: \(outcomes.joined(separator: ", "))."
    }
}
