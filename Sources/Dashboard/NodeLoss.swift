import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// What would happen if a node were lost now: tried on a fork of the simulation, computed in slices.
struct NodeLoss {
    let node: String
    private var fork: Fork
    private let before: [Pod]
    private(set) var isDone = false
    /// The outcome in sentences; empty until it is computed.
    private(set) var lines: [String] = []

    /// The fork runs until pods have been evicted from a node that is unreachable, and a minute longer.
    init(_ node: String, _ world: World) {
        self.node = node
        fork = Fork(of: world.session.simulation)
        before = world.store.pods(onNode: node).filter { !$0.isFinished }.sorted { $0.key < $1.key }
        if before.isEmpty {
            lines = ["No pod runs here: nothing would be evicted."]
            isDone = true
        } else if case .failure(let error) = fork.perform(.fail(.node(node))) {
            lines = [error.message]
            isDone = true
        }
    }

    /// The lease runs out after 40 to 50 s, the default toleration is 300 s; then replacements are placed.
    static let horizon = Duration.seconds(420)

    mutating func work(until shouldStop: () -> Bool) {
        guard !isDone else { return }
        isDone = fork.run(for: Self.horizon, until: { _ in false }, unless: { _ in shouldStop() })
        if isDone { conclude() }
    }

    private mutating func conclude() {
        let cluster = fork.simulation.cluster
        let store = cluster.store
        var (stay, evicted) = ([Pod](), [Pod]())
        for pod in before {
            let now = store.pods[pod.key]
            if let now, now.metadata.uid == pod.metadata.uid, !now.metadata.isTerminating { stay.append(pod) } else { evicted.append(pod) }
        }
        let workloads = Set(evicted.map { Workload(of: $0, cluster) })
        let came = Set(fork.pods.lazy.filter { $0.before == nil && workloads.contains($0.workload) }.compactMap(\.after?.metadata.uid))
        let fresh = store.pods.all.filter { came.contains($0.metadata.uid) }
        let placed = fresh.filter { !$0.nodeName.isEmpty }
        let pending = fresh.filter { $0.nodeName.isEmpty && !$0.isFinished }
        let first = evicted.compactMap { pod in
            store.pods[pod.key].flatMap { now in now.metadata.deletionTimestamp.map { $0 - .seconds(now.metadata.deletionGracePeriodSeconds ?? 30) } }
        }.min()
        var text = evicted.isEmpty ? "No pod is evicted" : "\(counted(evicted.count, "pod is", "pods are")) evicted"
        if let first {
            // A pod on a silent node stays until the node is back: its deletion shows when it was evicted.
            text += " \((first - fork.start).wholeSeconds) s later"
        } else if !evicted.isEmpty {
            text += " after its tolerations run out"
        }
        if !stay.isEmpty { text += "; \(counted(stay.count, "stays", "stay")): \(Self.names(stay))" }
        lines = [text]
        if !evicted.isEmpty {
            var outcome =
                placed.isEmpty
                ? "no replacement can be placed" : "\(counted(placed.count, "comes", "come")) back on \(Self.tally(placed.map(\.nodeName)))"
            if !pending.isEmpty {
                let reason = pending[0].status.conditions[ConditionType.podScheduled]?.message ?? ""
                outcome += "; \(pending.count) pending: \(Self.names(pending))" + (reason.isEmpty ? "" : ": \(reason)")
            }
            let missing = evicted.count - fresh.count
            if missing > 0 { outcome += "; \(missing) not replaced: they have no controller, or their old pod must be removed first" }
            lines.append(outcome)
        }
    }

    private static func names(_ pods: [Pod]) -> String {
        pods.prefix(3).map(\.metadata.name).joined(separator: " ") + (pods.count > 3 ? " +\(pods.count - 3)" : "")
    }
    /// `a1 b2 (2) c4`
    private static func tally(_ names: [String]) -> String {
        var counts: [(name: String, count: Int)] = []
        for name in names.sorted(by: naturalOrder) {
            if counts.last?.name == name { counts[counts.count - 1].count += 1 } else { counts.append((name, 1)) }
        }
        return counts.prefix(6).map { $0.count == 1 ? $0.name : "\($0.name) (\($0.count))" }.joined(separator: " ")
            + (counts.count > 6 ? " +\(counts.count - 6)" : "")
    }

    /// The disruption budgets that pods on the node count for, in words.
    static func budgets(_ node: String, _ world: World) -> String {
        let pods = world.store.pods(onNode: node).filter { !$0.isFinished }
        var parts: [String] = []
        for budget in world.store.podDisruptionBudgets.sorted() {
            guard let selector = budget.spec.selector,
                pods.contains(where: { $0.metadata.namespace == budget.metadata.namespace && selector.matches($0.metadata.labels) })
            else { continue }
            let rule = budget.spec.minAvailable.map { "minAvailable \($0.text)" } ?? budget.spec.maxUnavailable.map { "maxUnavailable \($0.text)" } ?? ""
            parts.append("\(budget.metadata.name) \(rule): \(budget.status.currentHealthy) ready, \(budget.status.disruptionsAllowed) allowed")
        }
        return parts.joined(separator: "      ")
    }
}
