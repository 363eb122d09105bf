// Which pods carry spread constraints, and which of the pods counted are ready: kept up by changes.

import ControlPlane
import KubernetesAPI
import SimulationKit

/// The pods that want a place, or have one, by the template from which they are made.
struct SpreadCarriers: Sendable {
    struct Template: Sendable {
        /// Kept alive because templates are found by its identity.
        var facts: PodFacts
        var pattern: Pod
        var settings: SchedulingProfile
        /// Slots, rising; of the pods without a node too.
        var members: [Int32] = []
        var waiting: [Int32] = []
        /// Raised when one of them comes, goes or gets a node.
        var version = 0
        /// Raised when another pod becomes the first member.
        var first = 0
        /// The newest member as of a version.
        var newest: (version: Int, created: Instant, slot: Int32?) = (-1, .start, nil)
    }
    private var templates: [Template?] = []
    private var free: [Int] = []
    private var numbers: [ObjectIdentifier: Int] = [:]
    /// By slot; -1 for none.
    private var templateOf: [Int32] = []
    /// One number for all versions, so that a template that takes another's place has none of its versions.
    private var version = 0
    /// Raised when templates come, go or stand in another order.
    private(set) var structure = 0

    subscript(number: Int) -> Template { templates[number]! }
    func facts(of number: Int) -> PodFacts { templates[number]!.facts }
    /// How many templates there are.
    var count: Int { numbers.count }
    func version(of number: Int) -> Int { templates[number]?.version ?? -1 }
    /// The numbers of the templates in the order of their first pods.
    var inOrder: [Int] {
        templates.indices.compactMap { number in templates[number]?.members.first.map { (number, $0) } }.sorted { $0.1 < $1.1 }.map(\.0)
    }

    /// The pod of `slot` is made from a template.
    mutating func put(_ slot: Int, isWaiting: Bool, _ facts: PodFacts, _ pattern: Pod, _ settings: SchedulingProfile) {
        let number: Int
        if let known = numbers[ObjectIdentifier(facts)] {
            number = known
        } else {
            let new = Template(facts: facts, pattern: pattern, settings: settings)
            if let reused = free.popLast() {
                number = reused
                templates[number] = new
            } else {
                number = templates.count
                templates.append(new)
            }
            numbers[ObjectIdentifier(facts)] = number
        }
        while templateOf.count <= slot { templateOf.append(-1) }
        // Another pod may have taken the slot: its age may be another.
        remove(slot, keeping: number)
        templateOf[slot] = Int32(number)
        version += 1
        templates[number]!.version = version
        if templates[number]!.members.first.map({ Int32(slot) < $0 }) ?? true { noteFirst(number) }
        Self.insert(Int32(slot), into: &templates[number]!.members)
        if isWaiting { Self.insert(Int32(slot), into: &templates[number]!.waiting) }
    }

    mutating func remove(_ slot: Int) { remove(slot, keeping: nil) }
    private mutating func remove(_ slot: Int, keeping kept: Int?) {
        guard slot < templateOf.count, templateOf[slot] >= 0 else { return }
        let number = Int(templateOf[slot])
        templateOf[slot] = -1
        if templates[number]!.members.first == Int32(slot) { noteFirst(number) }
        Self.remove(Int32(slot), from: &templates[number]!.members)
        Self.remove(Int32(slot), from: &templates[number]!.waiting)
        version += 1
        templates[number]!.version = version
        guard templates[number]!.members.isEmpty, number != kept else { return }
        numbers[ObjectIdentifier(templates[number]!.facts)] = nil
        templates[number] = nil
        free.append(number)
    }

    private mutating func noteFirst(_ number: Int) {
        structure += 1
        templates[number]!.first = structure
    }
    /// Differs from what it was before if another pod is the first of the template.
    func first(of number: Int) -> Int { templates[number]?.first ?? -1 }

    /// The newest pod of a template, and when it was made.
    mutating func newest(_ number: Int, _ store: ObjectStore) -> (created: Instant, slot: Int32?) {
        let known = templates[number]!.newest
        if known.version == templates[number]!.version { return (known.created, known.slot) }
        var newest: (created: Instant, slot: Int32?) = (.start, nil)
        for slot in templates[number]!.members {
            let created = store.pods.rows[Int(slot)]?.metadata.creationTimestamp ?? .start
            if newest.slot == nil || created > newest.created { newest = (created, slot) }
        }
        templates[number]!.newest = (templates[number]!.version, newest.created, newest.slot)
        return newest
    }

    private static func insert(_ slot: Int32, into slots: inout [Int32]) {
        let place = slots.partitioningIndex { $0 >= slot }
        if place < slots.count, slots[place] == slot { return }
        slots.insert(slot, at: place)
    }
    private static func remove(_ slot: Int32, from slots: inout [Int32]) {
        let place = slots.partitioningIndex { $0 >= slot }
        if place < slots.count, slots[place] == slot { slots.remove(at: place) }
    }
}

/// How many of the pods that a counter counts are ready on each node, and which are being deleted.
struct ReadyCounts: Sendable {
    struct Counts: Sendable {
        /// By node row.
        fileprivate var perNode: [Int32] = []
        /// Slots.
        fileprivate(set) var terminating: Set<Int> = []
        fileprivate(set) var version = 0
        fileprivate init(version: Int = 0) { self.version = version }
        func count(_ row: Int) -> Int { row < perNode.count ? Int(perNode[row]) : 0 }
    }
    /// What one placed pod adds.
    struct Contribution: Equatable {
        fileprivate var row: Int
        fileprivate var podClass: Int
        fileprivate var isReady: Bool
        fileprivate var isTerminating: Bool
        fileprivate var counters: [PodClass.Match]

        static func == (a: Contribution, b: Contribution) -> Bool {
            (a.row, a.podClass, a.isReady, a.isTerminating) == (b.row, b.podClass, b.isReady, b.isTerminating) && a.counters == b.counters
        }
    }
    private var counts: [Int: Counts] = [:]
    /// The slots of the placed pods by their class; nil before anything was counted.
    private var members: [Int: Set<Int32>]?
    private var epoch = -1
    private var version = 0

    subscript(counter: Int) -> Counts { counts[counter] ?? Counts() }

    func contribution(of slot: Int, _ state: SchedulingState) -> Contribution? {
        guard let pod = state.placedPod(slot) else { return nil }
        return Contribution(
            row: pod.row, podClass: pod.podClass, isReady: pod.pod.isReady, isTerminating: pod.isTerminating,
            counters: state.classes[pod.podClass]?.counters ?? [])
    }

    /// Takes in what became of a pod that added `before`.
    mutating func move(_ slot: Int, from before: Contribution?, _ state: SchedulingState) {
        if members == nil { return }
        let now = contribution(of: slot, state)
        if before == now { return }
        if before?.podClass != now?.podClass {
            if let before { members?[before.podClass]?.remove(Int32(slot)) }
            if let now { members?[now.podClass, default: []].insert(Int32(slot)) }
        }
        // Counters have other numbers now: all is counted anew.
        if epoch != state.epoch { return counts = [:] }
        if let before { add(before, -1, slot) }
        if let now { add(now, 1, slot) }
    }
    private mutating func add(_ contribution: Contribution, _ sign: Int32, _ slot: Int) {
        for match in contribution.counters where counts[match.counter] != nil { add(contribution, sign, slot, to: match.counter) }
    }
    private mutating func add(_ contribution: Contribution, _ sign: Int32, _ slot: Int, to counter: Int) {
        version += 1
        counts[counter]!.version = version
        if contribution.isTerminating {
            if sign > 0 { counts[counter]!.terminating.insert(slot) } else { counts[counter]!.terminating.remove(slot) }
        } else if contribution.isReady {
            while counts[counter]!.perNode.count <= contribution.row { counts[counter]!.perNode.append(0) }
            counts[counter]!.perNode[contribution.row] += sign
        }
    }

    /// Counts for these counters from now on. O(the pods that they count) if one of them is new; the first time O(placed pods).
    mutating func count(_ counters: [Int], _ state: SchedulingState) {
        if epoch != state.epoch { (counts, epoch) = ([:], state.epoch) }
        if members == nil {
            var all: [Int: Set<Int32>] = [:]
            for slot in state.placed.indices { if let pod = state.placed[slot] { all[pod.podClass, default: []].insert(Int32(slot)) } }
            members = all
        }
        let wanted = Set(counters)
        // Others may soon be wanted again: which groups are seen changes with what becomes of them.
        if counts.count > max(256, 2 * wanted.count) { counts = counts.filter { wanted.contains($0.key) } }
        for counter in wanted where counts[counter] == nil {
            version += 1
            counts[counter] = Counts(version: version)
            for number in state.classes.indices where state.classes[number]?.counters.contains(where: { $0.counter == counter }) ?? false {
                for slot in members?[number] ?? [] {
                    if let pod = contribution(of: Int(slot), state) { add(pod, 1, Int(slot), to: counter) }
                }
            }
        }
    }
}
