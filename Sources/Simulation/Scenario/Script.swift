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
        /// With file and line: `app.yaml:12: spec.expect[0] pods: 3 pods with app=web, expected 5`.
        public var message: String
        /// What was found, and what would be needed.
        public var evidence: [String] = []
    }
    /// What came of a step or an expectation.
    public struct Outcome: Sendable, Equatable {
        /// `app.yaml:12: spec.expect[0] pods`
        public var title: String
        public var at: Instant
        public var isExpectation: Bool
        /// Nil: it held.
        public var failure: Failure?
    }

    public private(set) var steps: [Step]
    private var expectations: [(at: Instant?, index: Int, expectation: Expectation, title: String)]
    private var nextStep = 0
    private var checked: Set<Int> = []
    /// What came of all that was done and checked so far, in that order.
    public private(set) var outcomes: [Outcome] = []
    public var failures: [Failure] { outcomes.compactMap(\.failure) }
    /// How many expectations held.
    public var passed: Int { outcomes.count { $0.isExpectation && $0.failure == nil } }
    /// How long one is played that does not say.
    public static let usualDuration = Duration.minutes(10)
    /// How long the scenario wants to be played.
    public var duration: Duration?
    public var name = ""

    /// A script without steps.
    public init() { (steps, expectations) = ([], []) }

    /// The script of `scenario`, played from `origin` on; `steps` are its steps as commands in the order of the file, `titles` its
    /// expectations in words.
    init(_ scenario: Scenario, steps: [Step], titles: [String], origin: Instant = .start) {
        name = scenario.metadata.name
        duration = scenario.spec.duration
        // A stable sort: steps of one instant stay in the order of the file.
        self.steps = steps.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
        expectations = scenario.spec.expect.enumerated().map { index, expectation in
            (expectation.at.map { origin + $0 }, index, expectation, titles[index])
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
        let problem: String? =
            switch (result, step.refusal) {
            case (.success, nil): nil
            case (.success(let receipt), .some): "was to be refused, but: \(receipt.message)"
            case (.failure(let error), nil): "refused: \(error.message)"
            case (.failure(let error), let part?):
                part.isEmpty || error.message.contains(part) ? nil : "refused with \"\(error.message)\", not with \"\(part)\""
            }
        let failure = problem.map { Failure(at: now, message: "\(step.title): \($0)") }
        outcomes.append(Outcome(title: step.title, at: now, isExpectation: false, failure: failure))
    }

    /// Checks the expectations that are due at `now`.
    mutating func checkExpectations(due now: Instant, in simulation: Simulation) {
        for (at, index, expectation, title) in expectations {
            guard let at, at <= now, checked.insert(index).inserted else { continue }
            check(expectation, title, in: simulation)
        }
    }

    /// Checks all expectations that were not checked yet: those without a time hold at the end. What did not come up to then is a
    /// failure: the scenario would tell of what was not tried.
    ///
    /// - Parameter early: the user chose the end: a step after it is none.
    mutating func finish(in simulation: Simulation, early: Bool) {
        func missed(_ title: String, _ at: Instant, isExpectation: Bool) -> Outcome {
            let failure = Failure(at: simulation.now, message: "\(title): was not reached: it is \(at - simulation.now) after the end")
            return Outcome(title: title, at: at, isExpectation: isExpectation, failure: failure)
        }
        if !early { for step in steps[nextStep...] { outcomes.append(missed(step.title, step.at, isExpectation: false)) } }
        for (at, index, expectation, title) in expectations where checked.insert(index).inserted {
            if let at, at > simulation.now {
                outcomes.append(missed(title, at, isExpectation: true))
            } else {
                check(expectation, title, in: simulation)
            }
        }
    }

    private mutating func check(_ expectation: Expectation, _ title: String, in simulation: Simulation) {
        guard let claim = expectation.claims.first else { return }
        let failure = claim.problem(in: simulation).map { Failure(at: simulation.now, message: "\(title): \($0)", evidence: claim.evidence(in: simulation)) }
        outcomes.append(Outcome(title: title, at: simulation.now, isExpectation: true, failure: failure))
    }
}
