import ControlPlane
import KubernetesAPI
import Scheduling
import SimulationKit

/// A scenario being played: its steps as commands, its expectations, and what came of them.
public struct Script: Sendable {
    public struct Step: Sendable {
        public var at: Instant
        public var command: Command
        /// What the scenario says about a refusal: nil for "accepted", "" for any refusal, else part of the message.
        public var refusal: String?
        /// The step in words, for messages: `steps[2] scale`.
        public var title: String
    }
    /// An expectation that did not hold, or a step that was refused (or was not).
    public struct Failure: Sendable, Equatable {
        public var at: Instant
        public var message: String
    }

    public private(set) var steps: [Step]
    private var expectations: [(at: Instant?, index: Int, expectation: Expectation)]
    private var nextStep = 0
    private var checked: Set<Int> = []
    public private(set) var failures: [Failure] = []
    /// How many expectations held.
    public private(set) var passed = 0
    /// How long the scenario wants to be played.
    public var duration: Duration?
    public var name = ""

    /// A script without steps.
    public init() { (steps, expectations) = ([], []) }

    /// The script of `scenario`, played from `origin` on; `steps` are its steps as commands in the order of the file.
    init(_ scenario: Scenario, steps: [Step], origin: Instant = .start) {
        name = scenario.metadata.name
        duration = scenario.spec.duration
        // A stable sort: steps of one instant stay in the order of the file.
        self.steps = steps.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
        expectations = scenario.spec.expect.enumerated().map { index, expectation in
            (expectation.at.map { origin + $0 }, index, expectation)
        }
    }

    /// When the next step or expectation is due.
    var nextDue: Instant? {
        let step = nextStep < steps.count ? steps[nextStep].at : nil
        let expectation = expectations.lazy.filter { !checked.contains($0.index) }.compactMap(\.at).min()
        return [step, expectation].compactMap { $0 }.min()
    }

    /// The next step due by `limit`, taken off the script.
    mutating func takeStep(by limit: Instant) -> Step? {
        guard nextStep < steps.count, steps[nextStep].at <= limit else { return nil }
        nextStep += 1
        return steps[nextStep - 1]
    }

    mutating func note(_ result: Result<Receipt, APIError>, of step: Step, at now: Instant) {
        switch (result, step.refusal) {
        case (.success, nil): break
        case (.success(let receipt), .some):
            failures.append(Failure(at: now, message: "\(step.title): was to be refused, but: \(receipt.message)"))
        case (.failure(let error), nil):
            failures.append(Failure(at: now, message: "\(step.title): refused: \(error.message)"))
        case (.failure(let error), let part?):
            if !part.isEmpty, !error.message.contains(part) {
                failures.append(Failure(at: now, message: "\(step.title): refused with \"\(error.message)\", not with \"\(part)\""))
            }
        }
    }

    /// Checks the expectations that are due at `now`.
    mutating func checkExpectations(due now: Instant, in simulation: Simulation) {
        for (at, index, expectation) in expectations {
            guard let at, at <= now, checked.insert(index).inserted else { continue }
            check(expectation, index: index, in: simulation)
        }
    }

    /// Checks all expectations that were not checked yet: those without a time hold at the end.
    public mutating func finish(in simulation: Simulation) {
        for (_, index, expectation) in expectations where checked.insert(index).inserted {
            check(expectation, index: index, in: simulation)
        }
    }

    private mutating func check(_ expectation: Expectation, index: Int, in simulation: Simulation) {
        if let difference = expectation.claims.first?.difference(in: simulation) {
            failures.append(Failure(at: simulation.now, message: "expect[\(index)]: \(difference)"))
        } else {
            passed += 1
        }
    }
}
