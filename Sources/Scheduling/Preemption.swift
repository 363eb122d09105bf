import ControlPlane
import KubernetesAPI
import SimulationKit

/// A node that evicting some pods would free.
struct PreemptionCandidate: Sendable {
    var row: Int
    /// Slots of the pods to evict, the most important first.
    var victims: [Int]
    /// How many of them are evicted against a disruption budget.
    var violations: Int
}

/// What preemption found.
struct Preemption: Sendable {
    enum Outcome: Sendable {
        case nominated(PreemptionCandidate)
        /// Not even evictions would help.
        case notHelpful
        /// The pod may not preempt.
        case notEligible
        /// The victims of a former attempt are on their way out: its nomination holds.
        case waiting
        /// PreFilter refused the pod, or there is nothing to try with.
        case notTried
    }
    var outcome: Outcome
    var candidates: [PreemptionCandidate] = []
    /// Rows that are as good as the chosen one.
    var tied: [Int] = []
    /// What the plugin says, starting with `preemption: `; empty if it succeeds.
    var message = ""
}

/// Why a pod fits nowhere.
struct Diagnosis: Sendable {
    var preFilter: Rejection?
    var rejections: [Rejection?] = []
    var feasible: NodeMask
    var narrowedBy: PluginName?

    /// All plugins that had a part in it.
    var plugins: Set<PluginName> {
        var result: Set<PluginName> = []
        if let preFilter { result.insert(preFilter.plugin) }
        var last: PluginName?
        for rejection in rejections {
            guard let plugin = rejection?.plugin, plugin != last else { continue }
            result.insert(plugin)
            last = plugin
        }
        if let narrowedBy { result.insert(narrowedBy) }
        return result
    }
}

extension SchedulingState {
    /// Looks at all nodes and remembers each refusal.
    mutating func diagnose(_ cycle: inout Cycle, _ store: ObjectStore) -> Diagnosis {
        if let refusal = preFilter(&cycle, store) {
            return Diagnosis(preFilter: refusal, feasible: NodeMask(count: nodes.count))
        }
        let result = filter(cycle, store, explaining: true)
        return Diagnosis(
            rejections: result.rejections, feasible: result.feasible,
            narrowedBy: cycle.nodeNames == nil ? nil : cycle.narrowedBy)
    }

    // MARK: Words

    /// `0/N nodes are available: ` and the counted reasons.
    func core(_ diagnosis: Diagnosis, _ cycle: Cycle) -> String {
        if let preFilter = diagnosis.preFilter {
            return availability(cycle) + " \(preFilter.reason.words(cycle.demand, self).joined(separator: ", "))."
        }
        var found = ReasonCounts()
        for rejection in diagnosis.rejections { if let reason = rejection?.reason { found.add(reason) } }
        var words = NodeReasons()
        for (reason, nodes) in found.counts {
            if reason.subject == .notSelected, !profile.preFilterExclusionsAreCounted { continue }
            for word in reason.words(cycle.demand, self) { words.add(word, nodes) }
        }
        return availability(cycle) + words.text
    }
    private func availability(_ cycle: Cycle) -> String { "0/\(cycle.domain?.count ?? nodes.presentCount) nodes are available:" }

    /// The whole text of the event and the condition.
    func message(_ diagnosis: Diagnosis, _ preemption: Preemption, _ cycle: Cycle) -> String {
        let core = core(diagnosis, cycle)
        if case .nominated(let candidate) = preemption.outcome, profile.has(.preemptionNamesNode) {
            return core
                + " preemption: found a potential placement for pod on node \(nodes.names[candidate.row]), preempting \(candidate.victims.count) victims"
        }
        if preemption.message.isEmpty { return core }
        if !cycle.settings.postFilters.contains(.dynamicResources) {
            return core + " " + preemption.message + (profile.failureTextEndsInTwoStops ? "." : "")
        }
        // Without its own PreFilter state the plugin for dynamic resources fails, and nothing runs after it.
        if diagnosis.preFilter != nil { return core + " not found" }
        return core + " no new claims to deallocate, " + preemption.message
    }

    // MARK: Finding victims

    /// Whether evicting pods of lower priority would free a node, and which.
    ///
    /// - Parameter all: try all nodes from the first on and break ties by node name, instead of what the version does.
    /// - Source: Kubernetes `pkg/scheduler/framework/preemption/preemption.go`.
    mutating func preempt(
        _ diagnosis: Diagnosis, _ cycle: Cycle, _ store: ObjectStore, random: inout SeededRandom,
        now: Instant,
        all: Bool = false
    ) -> Preemption {
        guard cycle.settings.postFilters.contains(.defaultPreemption) else {
            return Preemption(outcome: .notTried)
        }
        if cycle.demand.facts.spec.preemptionPolicy == "Never" {
            return Preemption(outcome: .notEligible, message: "preemption: not eligible due to preemptionPolicy=Never.")
        }
        if waitsForVictims(diagnosis, cycle) {
            return Preemption(outcome: .waiting, message: "preemption: not eligible due to a terminating pod on the nominated node.")
        }
        if diagnosis.preFilter == nil, groups == nil, !isAnyPlaced(below: cycle.demand.facts.priority) {
            return nobodyToEvict(diagnosis, cycle, random: &random, all: all)
        }
        nodes.keepOrder()
        let rows = nodes.presentByName
        let potential = rows.filter { row in
            guard diagnosis.preFilter == nil, let rejection = diagnosis.rejections[row] else { return false }
            return !rejection.isUnresolvable
        }
        var candidates: [PreemptionCandidate] = []
        var failures = ReasonCounts()
        if !potential.isEmpty {
            let share = potential.count * cycle.settings.minCandidateNodesPercentage / 100
            let wanted =
                all ? Int.max : min(potential.count, max(share, cycle.settings.minCandidateNodesAbsolute))
            let offset = all || potential.count < wanted ? 0 : random.below(potential.count)
            let budgets = store.podDisruptionBudgets.sorted()
            // Where groups are preempted their pods go together: nothing is told by arithmetic there.
            let plain = groups == nil ? plainFilters(cycle) : []
            // Rows that pods are nominated to: there the filters run with these, too.
            let awaited = plain.isEmpty ? [] : Set(nominatedSlots.compactMap { slot in nominated[slot].flatMap { nodes.row($0.pod.status.nominatedNodeName) } })
            var anyWithoutViolation = false
            for i in potential.indices {
                if candidates.count >= wanted && anyWithoutViolation { break }
                let row = potential[(offset + i) % potential.count]
                if let rejection = diagnosis.rejections[row], plain.contains(rejection.plugin), !awaited.contains(row),
                    let reason = outlasting(rejection, on: row, cycle)
                {
                    failures.add(reason)
                    continue
                }
                let found =
                    groups == nil ? victims(on: row, cycle, store, budgets, now) : victimsByUnit(on: row, cycle, store, budgets, now)
                switch found {
                case .success(let candidate):
                    candidates.append(candidate)
                    if candidate.violations == 0 { anyWithoutViolation = true }
                case .failure(let failure): failures.add(failure.reason)
                }
            }
        }
        if candidates.isEmpty {
            let unhelpful = profile.preFilterRefusalIsUnresolvable || diagnosis.preFilter == nil ? rows.count - failures.count : 0
            var words = NodeReasons()
            for (reason, nodes) in failures.counts { for word in reason.words(cycle.demand, self) { words.add(word, nodes) } }
            if unhelpful > 0 { words.add("Preemption is not helpful for scheduling", unhelpful) }
            return Preemption(outcome: .notHelpful, message: "preemption: " + availability(cycle) + words.text)
        }
        let tied = best(candidates, now)
        return Preemption(outcome: .nominated(tied[0]), candidates: candidates, tied: tied.map(\.row))
    }

    /// What the search comes to if no pod has a lower priority: the usual case, and it need not look at each node's pods.
    private func nobodyToEvict(_ diagnosis: Diagnosis, _ cycle: Cycle, random: inout SeededRandom, all: Bool) -> Preemption {
        var potential = 0
        nodes.present.forEach { row in
            if let rejection = diagnosis.rejections[row], !rejection.isUnresolvable { potential += 1 }
        }
        // Where the search would have begun.
        if potential > 0, !all { _ = random.below(potential) }
        var words = NodeReasons()
        if potential > 0 { for word in Reason(.defaultPreemption).words(cycle.demand, self) { words.add(word, potential) } }
        let others = nodes.presentCount - potential
        if others > 0 { words.add("Preemption is not helpful for scheduling", others) }
        return Preemption(outcome: .notHelpful, message: "preemption: " + availability(cycle) + words.text)
    }

    private func waitsForVictims(_ diagnosis: Diagnosis, _ cycle: Cycle) -> Bool {
        let nominated = cycle.pod.status.nominatedNodeName
        guard !nominated.isEmpty, let row = nodes.row(nominated), diagnosis.preFilter == nil else {
            return false
        }
        if row < diagnosis.rejections.count, diagnosis.rejections[row]?.isUnresolvable ?? false { return false }
        return isMakingRoom(on: row, below: cycle.demand.facts.priority)
    }

    /// Whether a pod of lower priority that was preempted on the node is on its way out.
    func isMakingRoom(on row: Int, below priority: Int) -> Bool {
        nodes.podSlots[row].contains { slot in
            let other = placed[slot]!
            guard other.facts.priority < priority, other.isTerminating else { return false }
            let condition = other.pod.status.conditions[ConditionType.disruptionTarget]
            return condition?.isTrue ?? false && condition?.reason == "PreemptionByScheduler"
        }
    }

    struct DryRunFailure: Error { var reason: Reason }

    /// The filters whose refusal may last whatever pods go, as all before them look at the node with its pods and volumes alone: what passed
    /// those passes with fewer pods, too.
    private func plainFilters(_ cycle: Cycle) -> [PluginName] {
        var plain: [PluginName] = []
        for filter in cycle.settings.filters {
            if filter.name == .nodeResourcesFit || filter.name == .podTopologySpread { plain.append(filter.name) }
            if filter.filterScope != .node && filter.filterScope != .volumes { break }
        }
        return plain
    }

    /// The slots of the node's pods that have a lower priority than the pod.
    private func lesserPods(on row: Int, _ cycle: Cycle) -> [Int] {
        let priority = Int32(clamping: cycle.demand.facts.priority)
        return nodes.podSlots[row].filter { placedPriority[$0] < priority }
    }

    /// Why the node would still be refused without all its pods of lower priority: by far the most frequent end of a search. Found without
    /// taking the pods off and putting them back, which changes every counter twice; nil: to be found out that way.
    private func outlasting(_ rejection: Rejection, on row: Int, _ cycle: Cycle) -> Reason? {
        let slots = lesserPods(on: row, cycle)
        if slots.isEmpty { return Reason(.defaultPreemption) }
        if rejection.plugin == .podTopologySpread {
            let rules = cycle.demand.hardSpread
            let isCounted = slots.contains { slot in
                guard let entry = placed[slot], let counters = classes[entry.podClass]?.counters else { return true }
                return counters.contains { match in rules.contains { $0.counter == match.counter } }
            }
            return isCounted ? nil : rejection.reason
        }
        var short = Shortage(ofPods: Int64(nodes.podSlots[row].count - slots.count) + 1 > nodes.podLimit[row])
        var isAny = short.isOfPods
        for (place, want) in cycle.demand.requests.enumerated() where nodes.isShort(of: want, row) {
            var free = nodes.free(want.resource, row)
            if free == .min { return nil }
            for slot in slots {
                for amount in placed[slot]?.requests ?? [] where amount.resource == want.resource { free = free.saturatingAdd(amount.amount) }
            }
            if want.amount > free {
                short.insert(place)
                isAny = true
            }
        }
        return isAny ? .resources(short) : nil
    }

    /// Takes all pods of lower priority off the node and puts back as many as can stay.
    private mutating func victims(
        on row: Int, _ cycle: Cycle, _ store: ObjectStore, _ budgets: [PodDisruptionBudget], _ now: Instant
    ) -> Result<PreemptionCandidate, DryRunFailure> {
        let order = nodes.podSlots[row]
        let potential = lesserPods(on: row, cycle)
        if potential.isEmpty { return .failure(DryRunFailure(reason: Reason(.defaultPreemption))) }
        var removed: [Int: PlacedPod] = [:]
        let asked = AskedCounters(by: cycle.demand, self)
        for slot in potential { removed[slot] = unplace(slot, trial: true, isOnlyLifted: true, asked: asked) }
        defer {
            for slot in potential { if let pod = removed[slot] { put(pod, slot: slot, trial: true, isBack: true, asked: asked) } }
            nodes.podSlots[row] = order
        }
        if let rejection = filterWithNominated(cycle, store, row: row) {
            return .failure(DryRunFailure(reason: rejection.reason))
        }
        // Upstream leaves open which of two equal pods comes first; here the older one does.
        let ranked = potential.sorted { a, b in
            let (x, y) = (removed[a]!, removed[b]!)
            if isMoreImportant(x, y, now) { return true }
            if isMoreImportant(y, x, now) { return false }
            let (s, t) = (x.pod.metadata.creationTimestamp ?? now, y.pod.metadata.creationTimestamp ?? now)
            return s != t ? s < t : a < b
        }
        let (violating, others) = split(ranked, removed, budgets)
        var victims: [Int] = []
        var violations = 0
        for slot in violating + others {
            put(removed[slot]!, slot: slot, trial: true, isBack: true, asked: asked)
            if filterWithNominated(cycle, store, row: row) == nil {
                removed[slot] = nil
            } else {
                unplace(slot, trial: true, isOnlyLifted: true, asked: asked)
                victims.append(slot)
                if violating.contains(slot) { violations += 1 }
            }
        }
        if profile.victimsAreSortedByImportance {
            victims.sort { ranked.firstIndex(of: $0)! < ranked.firstIndex(of: $1)! }
        }
        return .success(PreemptionCandidate(row: row, victims: victims, violations: violations))
    }

    private func isMoreImportant(_ a: PlacedPod, _ b: PlacedPod, _ now: Instant) -> Bool {
        if a.facts.priority != b.facts.priority { return a.facts.priority > b.facts.priority }
        return (a.pod.status.startTime ?? now) < (b.pod.status.startTime ?? now)
    }

    /// Those that a disruption budget protects, and the others.
    func split(
        _ slots: [Int], _ pods: [Int: PlacedPod], _ budgets: [PodDisruptionBudget]
    ) -> (violating: [Int], others: [Int]) {
        var allowed = budgets.map(\.status.disruptionsAllowed)
        var violating: [Int] = []
        var others: [Int] = []
        for slot in slots {
            let pod = pods[slot]!.pod
            var violates = false
            for (i, budget) in budgets.enumerated() {
                guard budget.metadata.namespace == pod.metadata.namespace, !pod.metadata.labels.isEmpty,
                    let selector = budget.spec.selector, !selector.isEmpty,
                    selector.matches(pod.metadata.labels),
                    budget.status.disruptedPods[pod.metadata.name] == nil
                else { continue }
                allowed[i] -= 1
                if allowed[i] < 0 { violates = true }
            }
            if violates { violating.append(slot) } else { others.append(slot) }
        }
        return (violating, others)
    }

    /// The candidates that are equal under every rule of the choice; the first by name first.
    private func best(_ candidates: [PreemptionCandidate], _ now: Instant) -> [PreemptionCandidate] {
        func priority(_ slot: Int) -> Int { placed[slot]!.facts.priority }
        // The less of each, the better, in this order.
        func rank(_ candidate: PreemptionCandidate) -> [Int64] {
            let highest = candidate.victims.map(priority).max() ?? Int.min
            let earliest =
                candidate.victims.filter { priority($0) == highest }
                .map { (placed[$0]!.pod.status.startTime ?? now).nanoseconds }.min() ?? 0
            return [
                Int64(candidate.violations), Int64(highest),
                candidate.victims.reduce(0) { $0 + Int64(priority($1)) + 2_147_483_648 },
                Int64(candidate.victims.count), -earliest,
            ]
        }
        let ranks = candidates.map(rank)
        let lowest = ranks.min { $0.lexicographicallyPrecedes($1) }!
        return candidates.indices.filter { ranks[$0] == lowest }.map { candidates[$0] }
            .sorted { nodes.names[$0.row] < nodes.names[$1.row] }
    }
}

/// How many nodes have which reason. Nodes are many, reasons few: each is put into words once.
private struct ReasonCounts {
    private(set) var counts: [(reason: Reason, nodes: Int)] = []
    private(set) var count = 0
    private var numbers: [Reason: Int] = [:]
    private var last = 0
    /// So many are compared one by one: nodes mostly have one of a few reasons.
    private static let few = 4

    mutating func add(_ reason: Reason) {
        count += 1
        // Mostly the same as for the node before.
        if last < counts.count, counts[last].reason == reason {
            counts[last].nodes += 1
        } else if let number = counts.indices.prefix(Self.few).first(where: { counts[$0].reason == reason }) ?? numbers[reason] {
            counts[number].nodes += 1
            last = number
        } else {
            (numbers[reason], last) = (counts.count, counts.count)
            counts.append((reason, 1))
        }
    }
}

/// Counts reasons over nodes and puts them into upstream's order: as strings, the count in front.
struct NodeReasons {
    private var counts: [String: Int] = [:]
    private var order: [String] = []
    mutating func add(_ word: String, _ nodes: Int = 1) {
        if counts[word] == nil { order.append(word) }
        counts[word, default: 0] += nodes
    }
    /// ` 1 first, 2 second.`; empty without reasons.
    var text: String {
        if order.isEmpty { return "" }
        return " " + order.map { "\(counts[$0]!) \($0)" }.sorted().joined(separator: ", ") + "."
    }
}
