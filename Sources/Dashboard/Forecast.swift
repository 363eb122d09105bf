import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// What would happen: tried on a fork of the simulation that is run ahead and thrown away.
enum Forecast {
    /// Where the replacements of `pods` would land if they were evicted (or deleted) now, in a sentence.
    ///
    /// The fork runs one minute ahead at most; nothing of the session changes.
    static func replacement(of pods: [Pod], _ world: World, deleting: Bool = false) -> String {
        guard let first = pods.first, first.metadata.controller != nil else { return "" }
        let workload = Workload(of: first, world.cluster)
        var fork = world.session.simulation
        let before = Set(fork.cluster.store.pods.all.map(\.metadata.uid))
        var refusal: String?
        for pod in pods {
            if case .failure(let error) = fork.perform(deleting ? .delete(.pod, pod.key, DeleteOptions()) : .evict(pod: pod.key)) { refusal = refusal ?? error.message }
        }
        if let refusal { return "Tried on a fork: refused. \(refusal)" }
        var fresh: [Pod] = []
        for _ in 0..<12 {
            fork.advance(to: fork.now + .seconds(5))
            fresh = fork.cluster.store.pods.all.filter { !before.contains($0.metadata.uid) && Workload(of: $0, fork.cluster) == workload }
            if fresh.count >= pods.count, fresh.allSatisfy({ !$0.nodeName.isEmpty }) { break }
        }
        guard !fresh.isEmpty else { return "Tried on a fork: no replacement within a minute." }
        let places = fresh.map { pod in
            pod.nodeName.isEmpty
                ? "nowhere (\(pod.status.conditions["PodScheduled"]?.message.prefix(90) ?? "pending"))"
                : "\(pod.nodeName)\(fork.cluster.store.nodes[ObjectKey(name: pod.nodeName)].map { $0.zone.isEmpty ? "" : " in \($0.zone)" } ?? "")"
        }
        return "Tried on a fork: the replacement\(fresh.count == 1 ? "" : "s") would go to \(places.joined(separator: ", "))."
    }
}
