import Canvas
import ControlPlane
import KubernetesAPI
import Scheduling
import Simulation
import SimulationKit

/// What a question is about: what the user has selected.
enum WhatIfSubject: Hashable {
    case node(String)
    case zone(String)
    /// The nodes with this value of a label.
    case domain(key: String, name: String)
    case workload(Workload)
    /// Another number of replicas than the usual questions try.
    case scale(Workload, Int)
    /// A spread constraint, by its group's id.
    case constraint(String)
    /// Moving pods of a workload until its constraints hold.
    case rebalance(Workload)

    var text: String {
        switch self {
        case .node(let name): "node \(name)"
        case .zone(let name): "zone \(name)"
        case .domain(let key, let name): "\(TopologyKeys.short(key)) \(name)"
        case .workload(let workload): "\(workload.kind.lowercased()) \(workload.name)"
        case .scale(let workload, let replicas): "\(workload.kind.lowercased()) \(workload.name) with \(replicas) replicas"
        case .constraint(let id): id
        case .rebalance(let workload): "rebalance \(workload.name)"
        }
    }

    /// The node, zone or workload of that name in the namespaces looked at.
    static func named(_ word: String, _ world: World) -> WhatIfSubject? {
        if world.view.nodes[word] != nil { return .node(word) }
        if world.view.nodes.values.contains(where: { $0.labels[LabelKey.zone] == word }) { return .zone(word) }
        if let equals = word.firstIndex(of: "=") {
            let key = TopologyKeys.full(String(word[..<equals]), world)
            let name = String(word[word.index(after: equals)...])
            return world.view.nodes.values.contains { $0.labels[key] == name } ? .domain(key: key, name: name) : nil
        }
        for kind in [Kind.deployment, .statefulSet, .daemonSet, .job, .replicaSet] {
            let found = world.store.objects(kind).first { $0.metadata.name == word && (world.namespace.isEmpty || world.namespace == $0.metadata.namespace) }
            if let found { return .workload(Workload(kind: kind.rawValue, namespace: found.metadata.namespace, name: word)) }
        }
        return nil
    }

    /// The changes worth asking about.
    func questions(_ present: WhatIf.Present, _ patience: Patience) -> [WhatIf] {
        let store = present.simulation.cluster.store
        func rebalance(_ workload: Workload) -> WhatIf {
            .rebalance(workload, present.simulation) { found in
                patience.isOver {
                    WorkProgress(title: "Planning the rebalance of \(workload.name)", detail: "\(counted(found, "eviction")) found")
                }
            }
        }
        switch self {
        case .node(let name): return store.nodes[ObjectKey(name: name)].map { WhatIf.questions(about: $0, present.simulation) } ?? []
        case .zone(let name): return WhatIf.questions(aboutZone: name, present.simulation)
        case .domain(let key, let name): return [WhatIf("lose \(text)", [.fail(.domain(key: key, value: name))])]
        case .workload(let workload): return WhatIf.questions(about: workload, present)
        case .scale(let workload, let replicas):
            guard let kind = Kind(rawValue: workload.kind), let now = present.simulation.cluster.replicas(kind, workload.key) else { return [] }
            return [WhatIf.scale(kind, workload.key, from: now, to: replicas)] + WhatIf.questions(about: workload, present)
        case .constraint(let id):
            guard let group = present.spread.first(where: { $0.id == id }) else { return [] }
            // Planning tries each eviction; where there are many pods it is done when asked for.
            let plans = group.isHard && group.isViolated && store.pods.count <= 1000 ? [rebalance(group.workload)] : []
            return plans + WhatIf.questions(about: group, store)
        case .rebalance(let workload): return [rebalance(workload)]
        }
    }
}

/// Answers to the questions about one thing, worked out once for a moment and when they are looked at.
struct WhatIfAnswers {
    private(set) var subject: WhatIfSubject?
    private(set) var questions: [WhatIf] = []
    private(set) var at = Instant.start
    private var present: WhatIf.Present?
    private var found: [Int: WhatIfAnswer] = [:]
    /// Answers that are not final: they go on when there is time.
    private var trials: [Int: WhatIf.Trial] = [:]
    private var lookedAt = 0
    private var revision = -1
    private var generation = -1
    private var parameters = AvailabilityParameters()

    /// Starts anew for another subject, and when the present is another one and stands still. While time runs the
    /// answers stay, with their time, until ``again``.
    mutating func refresh(_ subject: WhatIfSubject, _ world: World) {
        let isStale = revision != world.store.revision || generation != world.generation
        if subject == self.subject, parameters == world.availability, !isStale || (!world.session.isPaused && generation == world.generation && present != nil)
        {
            return
        }
        let new = WhatIf.Present(world.session.simulation, view: world.spreadFollower)
        (self.subject, present, at, found, parameters) = (subject, new, world.now, [:], world.availability)
        trials = [:]
        (revision, generation) = (world.store.revision, world.generation)
        questions = subject.questions(new, world.patience)
    }
    mutating func again() { present = nil }
    func isOld(_ world: World) -> Bool { revision != world.store.revision }

    /// The answer to the question numbered `index`; worked out if it is not there yet and `now` says so, as far as that
    /// is not felt. What is left goes on in ``work(until:)``.
    mutating func answer(_ index: Int, now: Bool = true, _ patience: Patience) -> WhatIfAnswer? {
        if let known = found[index] { return known }
        guard now, let present, questions.indices.contains(index) else { return nil }
        var new = WhatIf.Trial(questions[index], from: present)
        new.run(pause: isQuick ? nil : WhatIf.Trial.first, until: patience.isFelt)
        found[index] = new.answer(parameters)
        if !new.isDone { trials[index] = new }
        return found[index]
    }

    /// The answer to the question numbered `index` if it is there.
    func known(_ index: Int) -> WhatIfAnswer? { found[index] }

    /// Whether an answer is a first one, and goes on.
    var isUnderWay: Bool { !trials.isEmpty }
    /// Whether that is so of the answer numbered `index`.
    func isFirst(_ index: Int) -> Bool { trials[index] != nil }
    /// Runs first answers to their end, as long as `shouldStop` allows: the one looked at before the others.
    mutating func work(until shouldStop: () -> Bool) {
        while let index = trials[lookedAt] != nil ? lookedAt : trials.keys.min(), var it = trials.removeValue(forKey: index) {
            it.run(until: shouldStop)
            guard it.isDone else {
                trials[index] = it
                return
            }
            found[index] = it.answer(parameters)
        }
    }
    /// In a large cluster others than the answer looked at are not worked on; they are asked again when they are looked at.
    mutating func look(at index: Int) {
        lookedAt = index
        if isQuick { return }
        for other in trials.keys.sorted() where other != index {
            found[other] = nil
            trials[other] = nil
        }
    }
    /// Whether all can be worked out at once without being felt.
    var isQuick: Bool { present.map { $0.simulation.cluster.store.pods.count <= 1000 } ?? true }
    func spread(of workload: Workload) -> SpreadGroup? { present?.spread(of: workload).first { !$0.isDefault } }
}

/// What screens say about an answer.
enum WhatIfWords {
    /// The one thing to know, in a line.
    static func note(_ answer: WhatIfAnswer, focus: Workload?) -> (text: String, role: Role) {
        if let refusal = answer.refusal { return ("refused: \(refusal)", .rowError) }
        if let problem = answer.question.plan?.problem, !problem.isEmpty { return (problem, .rowPending) }
        if let budget = answer.blocked.first {
            let count = answer.blocked.reduce(0) { $0 + $1.pods.count }
            return (
                "budget \(budget.budget.name) keeps \(counted(count, "pod")): \(budget.needed) needed, \(budget.healthy) healthy", .rowPending
            )
        }
        let fresh = answer.pending.filter { !$0.isOld }
        if fresh.count > 0, answer.pending.count > answer.pendingBefore {
            return ("\(counted(fresh.count, "waits", "wait")): \(reason(fresh[0].message))", .rowError)
        }
        if let held = answer.heldBack.first(where: { $0.count > $0.before }) {
            return ("\(counted(held.count, "pod")) of \(held.workload.name) not made: \(held.message)", .rowError)
        }
        if let worse = answer.workloads.first(where: { ($0.after?.risk ?? .none) < ($0.before?.risk ?? .none) }), let after = worse.after {
            return ("\(worse.workload.name): \(after.riskText)", .rowError)
        }
        if let drift = answer.spread.first(where: { $0.after?.isViolated == true && $0.before?.isViolated != true && $0.group.isHard }), let after = drift.after
        {
            return ("\(after.ownerName) \(TopologyKeys.short(after.topologyKey)): skew \(after.skewNow) > \(after.maxSkew), nothing moves back", .rowPending)
        }
        if let node = answer.placed.first {
            return (answer.placed.count == 1 ? "the waiting pod goes to \(node)" : "\(answer.placed.count) waiting pods find places", .good)
        }
        if let dip = answer.workloads.first(where: { $0.lowest < min($0.readyBefore, $0.readyAfter) && ($0.workload == focus || focus == nil) }) {
            return ("\(dip.workload.name) down to \(dip.lowest) ready after \(short(dip.lowestAfter))", .rowPending)
        }
        if let better = answer.workloads.first(where: { ($0.after?.risk ?? .none) > ($0.before?.risk ?? .none) }), let before = better.before {
            return ("\(better.workload.name): no longer \(before.riskText)", .good)
        }
        if !answer.isSettled { return ("not settled after \(short(answer.ran))", .rowPending) }
        if answer.workloads.isEmpty, answer.nodes.allSatisfy(\.pods.isEmpty) { return ("nothing moves", .dim) }
        return ("settles after \(short(answer.took))", .dim)
    }

    /// The scheduler's message without its head: `3 node(s) didn't match pod topology spread constraints, …`.
    static func reason(_ message: String) -> String {
        guard let colon = message.range(of: "available: ") else { return message.isEmpty ? "the scheduler has not said why" : message }
        let rest = message[colon.upperBound...]
        return String(rest.range(of: ". ").map { rest[..<$0.lowerBound] } ?? rest)
    }

    /// Whole seconds, or minutes and seconds.
    static func short(_ span: Duration) -> String {
        let seconds = span.wholeSeconds
        return seconds < 60 ? "\(seconds)s" : seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds / 60)m\(seconds % 60)s"
    }

    /// `12`, or `12 → 9` where they differ.
    static func change(_ before: String, _ after: String, _ theme: Theme, _ role: Role) -> StyledText {
        before == after ? StyledText(after, theme[.dim]) : StyledText("\(before) → \(after)", theme[role])
    }

    /// The cells of a question's row after its title: READY, PENDING, SKEW, MOVED, TOOK, NOTE.
    static func cells(_ answer: WhatIfAnswer, subject: WhatIfSubject, focus: Workload?, spread: SpreadOutline?, _ theme: Theme) -> [StyledText] {
        if answer.refusal != nil {
            let text = note(answer, focus: focus)
            return Array(repeating: StyledText("-", theme[.dim]), count: 5) + [StyledText(text.text, theme[text.role])]
        }
        let touched = focus.flatMap { focus in answer.workload(focus) }
        // Of the workload in question, else of all that are touched.
        let counted = focus == nil ? answer.workloads : touched.map { [$0] } ?? []
        let (before, after) = (counted.reduce(0) { $0 + $1.readyBefore }, counted.reduce(0) { $0 + $1.readyAfter })
        let ready = counted.isEmpty ? StyledText("same", theme[.dim]) : change("\(before)", "\(after)", theme, after < before ? .rowError : .good)
        let pending = change(
            "\(answer.pendingBefore)", "\(answer.pending.count)", theme, answer.pending.count > answer.pendingBefore ? .rowError : .good)
        let skew: StyledText
        let changed = answer.spread.filter { !$0.group.isDefault }
        let one =
            spread.flatMap { spread in
                changed.first { $0.before?.id == spread.id }
                    ?? changed.first { $0.group.ownerName == spread.ownerName && $0.group.topologyKey == spread.topologyKey }
            } ?? (spread == nil ? changed.first : nil)
        if let one, let after = one.after {
            skew = change(one.before.map { "\($0.skewNow)" } ?? "-", "\(after.skewNow)", theme, SpreadWords.role(after))
        } else {
            skew = StyledText(spread.map { "\($0.skewNow)" } ?? "same", theme[.dim])
        }
        let text = note(answer, focus: focus)
        return [
            ready, pending, skew, StyledText("\(answer.moved)", theme[answer.moved == 0 ? .dim : .text]),
            StyledText(answer.isSettled ? short(answer.took) : ">\(short(answer.ran))", theme[answer.isSettled ? .dim : .rowPending]),
            StyledText(text.text, theme[text.role]),
        ]
    }
    static let columns = [
        TableWidget.Column("CHANGE", minimum: 20, ideal: 36), TableWidget.Column("READY", minimum: 9, priority: 3),
        TableWidget.Column("PENDING", minimum: 7), TableWidget.Column("SKEW", minimum: 5),
        TableWidget.Column("MOVED", alignment: .right, minimum: 5), TableWidget.Column("SETTLES", alignment: .right, minimum: 7, priority: 4),
        TableWidget.Column("NOTE", minimum: 28, ideal: 90, priority: 1, stretches: true),
    ]
}
