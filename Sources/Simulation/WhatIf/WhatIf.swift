import ControlPlane
import KubernetesAPI
import Scheduling
import SimulationKit

/// A change that has not been made, and what would come of it.
///
/// ```swift
/// let present = WhatIf.Present(simulation)
/// let answer = WhatIf("drain c2", [.drain(node: "c2", options)]).answer(from: present)
/// answer.pending        // who would wait for a node, and why
/// ```
/// It is worked out on a fork that runs ahead until it settles, at most ten virtual minutes. The scenario's own later
/// steps do not happen there.
public struct WhatIf: Sendable {
    /// `drain c2`, `maxSkew 1 to 2`
    public var title: String
    /// What makes it so; all are performed at once.
    public var commands: [Command]

    public init(_ title: String, _ commands: [Command]) { (self.title, self.commands) = (title, commands) }

    /// The state that answers are compared with; shared by the questions about one moment.
    public struct Present: Sendable {
        public let simulation: Simulation
        public private(set) var spread: [SpreadGroup]
        /// How many pods have no node.
        public let pending: Int
        fileprivate var view: SpreadView

        /// - Parameter view: one that has followed the simulation so far saves counting all pods.
        public init(_ simulation: Simulation, view: SpreadView? = nil) {
            self.simulation = simulation
            var view = view ?? SpreadView(configuration: simulation.options.scheduler)
            spread = view.groups(of: simulation.cluster)
            self.view = view
            pending = simulation.cluster.store.pods.rows.count { $0?.isWaitingForNode ?? false }
        }
        /// The rules that `workload` has now.
        public func spread(of workload: Workload) -> [SpreadGroup] {
            spread.filter { $0.namespace == workload.namespace && $0.owners.contains { $0.kind == workload.kind && $0.name == workload.name } }
        }
    }

    /// What would come of the change.
    public func answer(
        from present: Present, limit: Duration = .minutes(10), _ parameters: AvailabilityParameters = .init()
    ) -> WhatIfAnswer {
        var fork = Fork(of: present.simulation)
        for command in commands {
            if case .failure(let error) = fork.perform(command) { return WhatIfAnswer(self, refusal: error.message) }
        }
        fork.run(for: limit)
        var view = present.view
        return WhatIfAnswer(self, fork, present, spread: view.groups(of: fork.simulation.cluster), parameters)
    }
}

extension Pod {
    /// Created, and no node has it yet.
    var isWaitingForNode: Bool { nodeName.isEmpty && !isFinished && !metadata.isTerminating }
}
