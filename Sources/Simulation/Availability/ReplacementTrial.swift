import ControlPlane
import KubernetesAPI
import SimulationKit

/// What becomes of a workload's pods if the node with most of them is lost: tried on a fork, bit by bit.
///
/// ```swift
/// var trial = ReplacementTrial(of: availability, simulation)
/// trial?.run()
/// trial?.outcome          // all back after 5m58s; or none, and why
/// ```
public struct ReplacementTrial: Sendable {
    public struct Outcome: Sendable, Equatable {
        /// The node that was lost, and how many ready pods with it.
        public var node: String
        public var lost: Int
        /// How many were ready elsewhere in the end.
        public var back: Int
        /// How long after the loss all were back; nil: they were not, within ``ReplacementTrial/limit``.
        public var after: Duration?
        /// Why not all came back; empty if they did.
        public var why: String
    }
    public let workload: Workload
    /// Nil until it is found out.
    public private(set) var outcome: Outcome?

    private var fork: Fork
    private let node: String
    private let lost: Int
    private let limit: Duration

    /// Nil if no pod is ready.
    ///
    /// - Parameter limit: how far to look ahead: a node that is repaired by then needs no replacement.
    public init?(of availability: WorkloadAvailability, _ simulation: Simulation, limit: Duration = .minutes(30)) {
        guard let worst = availability.byNode.domains.first else { return nil }
        (workload, node, lost) = (availability.workload, worst.name, worst.ready)
        self.limit = min(max(limit, .seconds(1)), .hours(1))
        fork = Fork(of: simulation)
        if case .failure(let error) = fork.perform(.fail(.node(node))) {
            outcome = Outcome(node: node, lost: lost, back: 0, why: error.message)
        }
    }

    public var isDone: Bool { outcome != nil }

    /// Runs on until it is found out or `shouldStop` says so: it is asked before each event.
    public mutating func run(until shouldStop: () -> Bool = { false }) {
        while outcome == nil {
            let trace = fork.readiness[workload]
            if let trace, trace.lowest < 0, trace.change >= 0 {
                outcome = Outcome(node: node, lost: lost, back: lost, after: fork.lastChange - fork.start, why: "")
                return
            }
            if shouldStop() { return }
            if !fork.step(by: fork.start + limit) { return conclude() }
        }
    }

    private mutating func conclude() {
        let back = max(0, lost + (fork.readiness[workload]?.change ?? -lost))
        outcome = Outcome(node: node, lost: lost, back: min(back, lost), why: why)
    }

    /// Why fewer pods are ready than before.
    private var why: String {
        let cluster = fork.simulation.cluster
        if let waiting = fork.pods.first(where: { $0.workload == workload && $0.after?.isWaitingForNode == true })?.after {
            let message = waiting.status.conditions[ConditionType.podScheduled]?.message ?? ""
            return "\(waiting.metadata.name) waits for a node" + (message.isEmpty ? "" : ": \(message)")
        }
        if let starting = fork.pods.first(where: { $0.workload == workload && $0.came && $0.after?.isReady == false })?.after {
            return "\(starting.metadata.name) on \(starting.nodeName) does not get ready"
        }
        switch workload.kind {
        case "Pod": return "nobody replaces a pod without a controller"
        case "Node": return "a static pod belongs to its node"
        case "DaemonSet": return "a DaemonSet's pod belongs to its node"
        case "StatefulSet":
            return "a StatefulSet's pod is not replaced before node \(node) is back, deleted or marked out-of-service"
        default: break
        }
        let left = cluster.store.pods(onNode: node).filter { Workload(of: $0, cluster) == workload && !$0.metadata.isTerminating && !$0.isFinished }
        return left.isEmpty ? "no replacement is created" : "pods stay on \(node): nothing evicts them"
    }
}
