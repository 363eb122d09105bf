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

    /// The script of `scenario`; `steps` are its steps as commands in the order of the file.
    init(_ scenario: Scenario, steps: [Step]) {
        name = scenario.metadata.name
        duration = scenario.spec.duration
        // A stable sort: steps of one instant stay in the order of the file.
        self.steps = steps.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
        expectations = scenario.spec.expect.enumerated().map { index, expectation in
            (expectation.at.map { Instant.start + $0 }, index, expectation)
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
        if let difference = expectation.difference(in: simulation) {
            failures.append(Failure(at: simulation.now, message: "expect[\(index)]: \(difference)"))
        } else {
            passed += 1
        }
    }
}

extension Expectation {
    /// What differs from what is expected, in words; nil if it holds.
    func difference(in simulation: Simulation) -> String? {
        let cluster = simulation.cluster
        if let spread {
            let key = ObjectKey(namespace: spread.namespace.isEmpty ? "default" : spread.namespace, name: spread.name)
            let groups = SpreadView.groups(of: cluster).filter {
                $0.namespace == key.namespace && $0.owners.contains { $0.kind == spread.kind && $0.name == spread.name }
                    && $0.topologyKey == spread.topologyKey
            }
            guard let skew = groups.map(\.skewNow).max() else {
                return "\(spread.kind) \(key) has no spread constraint on \(spread.topologyKey) with pods"
            }
            if let most = spread.skewAtMost, skew > most { return "skew of \(spread.kind) \(key) over \(spread.topologyKey) is \(skew), expected at most \(most)" }
            if let least = spread.skewAtLeast, skew < least { return "skew of \(spread.kind) \(key) over \(spread.topologyKey) is \(skew), expected at least \(least)" }
            return nil
        }
        if let pods {
            let count = pods.count(in: cluster)
            let what = "pods" + pods.words
            if let wanted = pods.count, count != wanted { return "\(count) \(what), expected \(wanted)" }
            if let least = pods.atLeast, count < least { return "\(count) \(what), expected at least \(least)" }
            if let most = pods.atMost, count > most { return "\(count) \(what), expected at most \(most)" }
            return nil
        }
        if let condition {
            guard let info = KindInfo.find(condition.kind), info.type != .custom else { return "no kind \(condition.kind)" }
            let key = ObjectKey(namespace: info.isNamespaced ? (condition.namespace.isEmpty ? "default" : condition.namespace) : "", name: condition.name)
            guard let object = cluster.store.object(info.type, key) else { return "\(info.kind) \(key) does not exist" }
            let found = object.conditions[condition.type]
            let status = found?.status ?? "absent"
            if status != condition.status { return "condition \(condition.type) of \(info.kind) \(key) is \(status), expected \(condition.status)" }
            if let reason = condition.reason, found?.reason != reason { return "condition \(condition.type) of \(info.kind) \(key) has reason \(found?.reason ?? ""), expected \(reason)" }
            return nil
        }
        if let event {
            // Counted over Event objects, so that repeats count and the hour's limit is Kubernetes' own.
            var count = 0
            for row in cluster.store.events.rows {
                guard let row, row.reason == event.reason, event.kind.map({ $0 == row.involvedObject.kind }) ?? true,
                    event.name.map({ $0 == row.involvedObject.name }) ?? true,
                    event.message.map({ row.message.contains($0) }) ?? true
                else { continue }
                count += max(1, row.count)
            }
            if let most = event.atMost, count > most { return "\(count) events \(event.reason), expected at most \(most)" }
            let least = event.atLeast ?? (event.atMost == nil ? 1 : 0)
            if count < least { return "\(count) events \(event.reason), expected at least \(least)" }
        }
        return nil
    }
}

extension PodsExpectation {
    /// The filters in words: ` in shop with app=web, phase Running`.
    fileprivate var words: String {
        var text = ""
        if let namespace { text += " in \(namespace)" }
        if let labelSelector { text += " with \(labelSelector)" }
        if let phase { text += ", phase \(phase)" }
        if let ready { text += ready ? ", ready" : ", not ready" }
        if let node { text += ", on \(node)" }
        if let zone { text += ", in zone \(zone)" }
        if let reason { text += ", reason \(reason)" }
        return text
    }

    fileprivate func count(in cluster: Cluster) -> Int {
        let selector = labelSelector.flatMap { LabelSelector(text: $0) } ?? LabelSelector()
        return cluster.store.pods.rows.reduce(0) { sum, row in
            guard let pod = row, pod.metadata.namespace == namespace ?? "default", selector.matches(pod.metadata.labels),
                phase.map({ $0 == pod.status.phase.rawValue }) ?? true, ready.map({ $0 == pod.isReady }) ?? true,
                node.map({ $0 == pod.nodeName }) ?? true, reason.map({ $0 == pod.status.reason }) ?? true
            else { return sum }
            if let zone, cluster.store.nodes[ObjectKey(name: pod.nodeName)]?.zone != zone { return sum }
            return sum + 1
        }
    }
}
