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
    /// What makes it so; all are performed at once, unless ``isInOrder``.
    public var commands: [Command]
    /// Each command is performed once what came of the one before has settled. A command with several manifests then does as kubectl does:
    /// those that are refused are told, the others are applied.
    public var isInOrder = false
    /// The evictions of a rebalance, one a line.
    public var plan: RebalancePlan?

    public init(_ title: String, _ commands: [Command]) { (self.title, self.commands) = (title, commands) }

    /// More replicas are not asked about: a cluster of that size is another cluster, and the answer would take minutes.
    public static let mostReplicas = 10_000

    /// The fewest evictions after which the workload's hard constraints hold.
    public static func rebalance(_ workload: Workload, _ simulation: Simulation, unless shouldStop: (Int) -> Bool = { _ in false }) -> WhatIf {
        let plan = RebalancePlan(for: workload, simulation, unless: shouldStop)
        let count = plan.steps.count
        var question = WhatIf("rebalance \(workload.name): \(counted(count, "move"))", count == 0 ? [] : [plan.command])
        question.plan = plan
        return question
    }

    /// The state that answers are compared with; shared by the questions about one moment.
    public struct Present: Sendable {
        @Shared public private(set) var simulation: Simulation
        public private(set) var spread: [SpreadGroup]
        /// How many pods have no node.
        public let pending: Int
        var view: SpreadView

        /// - Parameter view: one that has followed the simulation so far saves counting all pods.
        public init(_ simulation: Simulation, view: SpreadView? = nil) {
            // A view has followed the mirror, not the simulation that is made of it.
            let follower = simulation.isMirror ? nil : view
            let simulation = simulation.awake
            self.simulation = simulation
            var view = follower ?? SpreadView(configuration: simulation.options.scheduler)
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
        var trial = Trial(self, from: present)
        trial.run(for: limit)
        return trial.answer(parameters)
    }

    /// A change that is being tried: run ahead bit by bit, it can tell at any time what has come of it so far.
    public struct Trial: Sendable {
        public let question: WhatIf
        @Shared private var present: Present
        private var fork: Fork
        private var view: SpreadView
        private var refusal: String?
        private var evictions: [WhatIfAnswer.Eviction] = []
        private var refused: [String] = []
        /// Commands that wait for those before them.
        private var waiting: ArraySlice<Command> = []
        /// Whether there is nothing more to find out.
        public private(set) var isDone = false

        /// By then most changes have settled, and what fails has been noticed: enough for a first answer.
        public static let first = Duration.seconds(90)

        public init(_ question: WhatIf, from present: Present) {
            (self.question, self.present) = (question, present)
            fork = Fork(of: present.simulation)
            view = present.view
            waiting = question.commands[...]
            repeat { performNext() } while !question.isInOrder && !waiting.isEmpty && refusal == nil
        }

        private mutating func performNext() {
            guard let command = waiting.popFirst() else { return }
            perform(command)
            // What is lost, back or evicted one after another is so at once: nobody waits between two of them.
            while question.isInOrder, refusal == nil, let next = waiting.first, next.goesTogether(with: command) {
                waiting.removeFirst()
                // A client that evicts pod after pod gives controllers the time to count anew.
                if case .evict = next { fork.wait(for: .milliseconds(100)) }
                perform(next)
            }
        }

        private mutating func perform(_ command: Command) {
            if question.isInOrder, case .apply(let manifests) = command, manifests.count > 1 {
                for manifest in manifests {
                    guard case .failure(let error) = fork.perform(.apply([manifest])) else { continue }
                    let words = [manifest["metadata"]?["namespace"], manifest["metadata"]?["name"]].compactMap { $0?.string }
                    refused.append("\(manifest["kind"]?.string ?? "object") \(words.joined(separator: "/")): \(error.message)")
                }
                return
            }
            let result = fork.perform(command)
            if case .evict(let pod) = command {
                evictions.append(WhatIfAnswer.Eviction(pod: pod, result))
            } else if case .failure(let error) = result {
                (refusal, isDone) = (error.message, true)
            }
        }

        /// How far it was run ahead.
        public var ran: Duration { fork.simulation.now - fork.start }

        /// Runs on to the end, to `pause` of virtual time, or until `shouldStop` says so: it is asked before each event.
        public mutating func run(for limit: Duration = .minutes(10), pause: Duration? = nil, until shouldStop: () -> Bool = { false }) {
            if isDone { return }
            let goal = pause.map { fork.start + $0 }
            while !isDone {
                let arrived = fork.run(
                    for: limit,
                    unless: { now in
                        if let goal, now >= goal { return true }
                        return shouldStop()
                    })
                if !arrived { return }
                if waiting.isEmpty { isDone = true } else { performNext() }
            }
        }

        /// What has come of the change so far.
        public mutating func answer(_ parameters: AvailabilityParameters = .init()) -> WhatIfAnswer {
            if let refusal { return WhatIfAnswer(question, refusal: refusal) }
            var answer = WhatIfAnswer(question, fork, present, spread: view.groups(of: fork.simulation.cluster), parameters)
            (answer.evictions, answer.refused) = (evictions, refused)
            return answer
        }
    }
}

extension Command {
    /// Whether both are changes of one moment: machines that fall silent or come back, evictions that are asked for.
    fileprivate func goesTogether(with other: Command) -> Bool {
        switch (self, other) {
        case (.fail, .fail), (.recover, .recover), (.evict, .evict): true
        default: false
        }
    }
}

extension Pod {
    /// Created, and no node has it yet.
    var isWaitingForNode: Bool { nodeName.isEmpty && !isFinished && !metadata.isTerminating }
}
