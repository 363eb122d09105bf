import ControlPlane
import KubernetesAPI
import SimulationKit

// Preemption by the plain rules: each node is tried with pods really taken away and put back.
extension ReferenceScheduler {
    struct Candidate: Equatable {
        var node: String
        var victims: [ObjectKey]
        var violations: Int
    }

    /// The nodes that evictions would free, in the order of names, and those of them that are best.
    func candidates(for pod: Pod) -> (all: [Candidate], best: [String]) {
        if pod.spec.preemptionPolicy == "Never" { return ([], []) }
        var found: [(candidate: Candidate, rank: [Int64])] = []
        for node in nodes.sorted(by: { $0.name < $1.name }) {
            guard let refusal = refusal(pod, node), !refusal.isFinal, let result = victims(for: pod, on: node) else { continue }
            found.append(result)
        }
        let least = found.map(\.rank).min { $0.lexicographicallyPrecedes($1) }
        return (found.map(\.candidate), found.filter { $0.rank == least }.map(\.candidate.node))
    }

    private func priority(_ pod: Pod) -> Int { pod.spec.priority ?? 0 }
    private func start(_ pod: Pod) -> Instant { pod.status.startTime ?? now }

    /// This cluster without `gone`.
    private func without(_ gone: [Pod]) -> ReferenceScheduler {
        var result = self
        let uids = Set(gone.map(\.metadata.uid))
        result.uncounted = placed.filter { uids.contains($0.pod.metadata.uid) && $0.pod.metadata.isTerminating }
        result.placed.removeAll { uids.contains($0.pod.metadata.uid) }
        return result
    }

    private func victims(for pod: Pod, on node: Node) -> (Candidate, [Int64])? {
        let lower = placed.map(\.pod).filter { $0.nodeName == node.name && priority($0) < priority(pod) }
        if lower.isEmpty || without(lower).refusal(pod, node) != nil { return nil }
        // The most important first; of equal ones the older.
        let ranked = lower.enumerated().sorted { a, b in
            let (x, y) = (a.element, b.element)
            if priority(x) != priority(y) { return priority(x) > priority(y) }
            if start(x) != start(y) { return start(x) < start(y) }
            let (s, t) = (x.metadata.creationTimestamp!, y.metadata.creationTimestamp!)
            return s != t ? s < t : a.offset < b.offset
        }.map(\.element)
        var allowed: [ObjectKey: Int] = [:]
        let violating = ranked.filter { victim in
            var isOver = false
            for budget in store.podDisruptionBudgets.all
            where budget.metadata.namespace == victim.namespace && budget.spec.selector!.matches(victim.metadata.labels) {
                allowed[budget.key, default: budget.status.disruptionsAllowed] -= 1
                if allowed[budget.key]! < 0 { isOver = true }
            }
            return isOver
        }
        let isProtected = Set(violating.map(\.key))
        var gone = lower
        for victim in violating + ranked.filter({ !isProtected.contains($0.key) }) {
            let fewer = gone.filter { $0.key != victim.key }
            if without(fewer).refusal(pod, node) == nil { gone = fewer }
        }
        let keys = Set(gone.map(\.key))
        let order = minor >= 28 ? ranked : violating + ranked.filter { !isProtected.contains($0.key) }
        let victims = order.filter { keys.contains($0.key) }
        let violations = victims.count { isProtected.contains($0.key) }
        let highest = victims.map(priority).max()!
        let rank: [Int64] = [
            Int64(violations), Int64(highest), victims.reduce(0) { $0 + Int64(priority($1)) + 1 << 31 }, Int64(victims.count),
            -victims.filter { priority($0) == highest }.map { start($0).nanoseconds }.min()!,
        ]
        return (Candidate(node: node.name, victims: victims.map(\.key), violations: violations), rank)
    }
}
