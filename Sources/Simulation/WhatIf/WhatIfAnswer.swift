import ControlPlane
import KubernetesAPI
import Scheduling
import SimulationKit

/// The difference between the present and what would come of a change.
public struct WhatIfAnswer: Sendable {
    public var question: WhatIf
    /// Why the change is not possible, in the API server's words; then there is nothing else.
    public var refusal: String?
    /// Objects of manifests that were not applied while others were, each with why in the API server's words.
    public var refused: [String] = []
    /// From the change to the last thing that came of it.
    public var took = Duration.zero
    /// How far the fork was run.
    public var ran = Duration.zero
    /// Whether nothing more was about to happen then.
    public var isSettled = true
    /// Nodes whose pods or state differ, by name.
    public var nodes: [NodeDifference] = []
    /// Workloads with pods that came, left or became ready or not; the hardest hit first.
    public var workloads: [WorkloadDifference] = []
    /// Spread rules whose counts or state differ.
    public var spread: [SpreadDifference] = []
    /// Pods without a node at the end.
    public var pending: [PendingPod] = []
    public var pendingBefore = 0
    /// Pods that are missing at the end since the API server refuses to let them be made, by who wants them.
    public var heldBack: [HeldBack] = []
    /// Nodes of the pods that waited before and do no more.
    public var placed: [String] = []
    /// Budgets that kept pods from being evicted until the end.
    public var blocked: [BlockedBudget] = []
    /// What the API server said to each eviction that was asked for, in their order.
    public var evictions: [Eviction] = []
    /// What kubectl would have printed of each drain.
    public var drains: [DrainOutcome] = []
    /// Moments on the way at which nothing moved for a while.
    public var rests: [Rest] = []
    /// All groups of pods; empty where pods are placed one by one.
    public var groups: [GroupDifference] = []

    /// A node with other pods than before, or in another state.
    public struct NodeDifference: Sendable, Equatable {
        public var name: String
        public var zone: String
        /// `Ready`, `NotReady`, `cordoned`; empty: there is no such node.
        public var before: String
        public var after: String
        /// Workloads with another number of pods here.
        public var pods: [(workload: Workload, before: Int, after: Int)] = []
        public static func == (a: Self, b: Self) -> Bool {
            (a.name, a.zone, a.before, a.after) == (b.name, b.zone, b.before, b.after)
                && a.pods.elementsEqual(b.pods) { $0 == $1 }
        }
    }
    public struct WorkloadDifference: Sendable, Equatable {
        public var workload: Workload
        public var readyBefore: Int
        public var readyAfter: Int
        /// The fewest ready pods on the way, and how long after the change.
        public var lowest: Int
        public var lowestAfter: Duration
        /// Pods that left and were replaced elsewhere or in place.
        public var moved: Int
        public var pendingBefore: Int
        public var pendingAfter: Int
        /// What became of its pods, and where they are.
        public var counts: PodCounts
        /// Where they were.
        public var countsBefore: PodCounts
        /// Nil: no pods.
        public var before: WorkloadAvailability?
        public var after: WorkloadAvailability?
    }
    public struct SpreadDifference: Sendable, Equatable {
        /// Nil: the rule is new, or another one now.
        public var before: SpreadGroup?
        public var after: SpreadGroup?
        public var group: SpreadGroup { (after ?? before)! }
    }
    public struct PendingPod: Sendable, Equatable {
        public var key: ObjectKey
        public var workload: Workload
        /// The scheduler's message.
        public var message: String
        /// Waited before already.
        public var isOld: Bool
    }
    /// Pods that a controller wants and may not make: over a quota, outside a LimitRange.
    public struct HeldBack: Sendable, Equatable {
        public var workload: Workload
        public var count: Int
        /// So many were missing before.
        public var before: Int
        /// Why, in the API server's words.
        public var message: String
    }
    /// The answer to one eviction.
    public struct Eviction: Sendable, Equatable {
        public var pod: ObjectKey
        /// Nil: granted.
        public var refusal: APIError?
        init(pod: ObjectKey, _ result: Result<Receipt, APIError>) {
            self.pod = pod
            if case .failure(let error) = result { refusal = error }
        }
        /// `429 Cannot evict pod as it would violate the pod's disruption budget. (The disruption budget web needs 2 …)`
        public var words: String {
            guard let refusal else { return "201" }
            let causes = refusal.causes.map(\.message).joined(separator: "; ")
            return "\(refusal.code) \(refusal.message)" + (causes.isEmpty ? "" : " (\(causes))")
        }
    }
    public struct DrainOutcome: Sendable, Equatable {
        public var node: String
        /// Why it did not end, in kubectl's words; nil: it did.
        public var failure: String?
        /// Whether it was still going on when nothing moved any more.
        public var isRunning: Bool
        /// Pods that are still there then.
        public var left: [ObjectKey]
        public var lines: [String]
    }
    public struct BlockedBudget: Sendable, Equatable {
        public var budget: ObjectKey
        public var healthy: Int
        public var needed: Int
        /// Pods that it still protects.
        public var pods: [ObjectKey]
    }

    /// Pods that left and were replaced, DaemonSets aside.
    public var moved: Int { workloads.reduce(0) { $0 + ($1.workload.kind == "DaemonSet" ? 0 : $1.moved) } }
    public func workload(_ workload: Workload) -> WorkloadDifference? { workloads.first { $0.workload == workload } }

    init(_ question: WhatIf, refusal: String) { (self.question, self.refusal) = (question, refusal) }

    init(_ question: WhatIf, _ fork: Fork, _ present: WhatIf.Present, spread: [SpreadGroup], _ parameters: AvailabilityParameters) {
        self.question = question
        took = fork.lastChange - fork.start
        ran = fork.simulation.now - fork.start
        isSettled = fork.isSettled
        pendingBefore = present.pending
        compare(
            Comparison(before: present.simulation, after: fork.simulation, pods: fork.pods, readiness: fork.readiness, start: fork.start), parameters)
        self.spread = Self.spread(present.spread, spread)
        blocked = Self.blocked(fork)
        drains = fork.simulation.drains.filter { drain in !present.simulation.drains.contains { $0.node == drain.node } }.map { drain in
            var failure: String?
            if case .failed(let why) = drain.state { failure = why }
            let left = drain.pods.filter { !$0.isOver }.map(\.pod)
            return DrainOutcome(node: drain.node, failure: failure, isRunning: drain.state == .running, left: left, lines: drain.lines)
        }
        rests = Self.rests(fork, present)
    }

    private static func rests(_ fork: Fork, _ present: WhatIf.Present) -> [Rest] {
        if fork.rests.isEmpty { return [] }
        let tally = PodPlaces(present.simulation, later: fork.simulation)
        return fork.rests.map { rest in
            let changed = Set(rest.pods.compactMap { $0.before?.metadata.uid })
            var waiting = rest.pods.compactMap(\.after).filter(\.isWaitingForNode)
            waiting += present.simulation.cluster.store.pods.rows.compactMap { $0 }.filter { $0.isWaitingForNode && !changed.contains($0.metadata.uid) }
            let counts = tally.counts(after: rest.pods).filter { $0.value.hasMoved }.sorted { $0.key < $1.key }
            return Rest(
                after: rest.at - fork.start, workloads: counts.map { ($0.key, $0.value) },
                pending: waiting.map { pending($0, fork.simulation.cluster, since: fork.start) }.sorted { $0.key < $1.key })
        }
    }

    /// The difference between two states that are given, without what happened in between: pods are the same if their uids are.
    public init(_ title: String, from before: Simulation, to after: Simulation, _ parameters: AvailabilityParameters = .init()) {
        question = WhatIf(title, [])
        ran = after.now - before.now
        pendingBefore = before.cluster.store.pods.rows.count { $0?.isWaitingForNode ?? false }
        compare(Comparison(before: before, after: after), parameters)
        spread = Self.spread(
            SpreadView.groups(of: before.cluster, configuration: before.options.scheduler),
            SpreadView.groups(of: after.cluster, configuration: after.options.scheduler))
    }

    /// Two states, and what became of the pods that differ.
    fileprivate struct Comparison {
        @Shared var before: Simulation
        @Shared var after: Simulation
        var pods: [Fork.PodFate]
        var readiness: [Workload: Fork.ReadinessTrace] = [:]
        var start: Instant
    }

    private mutating func compare(_ comparison: Comparison, _ parameters: AvailabilityParameters) {
        pending = Self.pending(comparison)
        heldBack = Self.heldBack(comparison)
        placed = comparison.pods.compactMap { fate in
            guard fate.before?.isWaitingForNode == true, let node = fate.after?.nodeName, !node.isEmpty else { return nil }
            return node
        }
        nodes = Self.nodes(comparison)
        workloads = Self.workloads(comparison, pending, parameters)
        if comparison.after.cluster.profile.schedulesPodGroups { groups = Self.groups(comparison.before, comparison.after) }
    }

    // MARK: Parts

    private static func heldBack(_ comparison: Comparison) -> [HeldBack] {
        func find(_ cluster: Cluster) -> [HeldBackPods.Entry] {
            var held = HeldBackPods()
            for case let event? in cluster.store.events.rows { held.note(event) }
            held.refresh(cluster)
            return held.entries
        }
        let waiting = waitingInLine(comparison)
        let after = find(comparison.after.cluster)
        if after.isEmpty { return waiting }
        let before = Dictionary(find(comparison.before.cluster).map { ($0.workload, $0.count) }, uniquingKeysWith: +)
        return after.map { HeldBack(workload: $0.workload, count: $0.count, before: before[$0.workload] ?? 0, message: $0.message) } + waiting
    }
    /// Pods of StatefulSets that are made one after another, where one does not become ready.
    private static func waitingInLine(_ comparison: Comparison) -> [HeldBack] {
        func missing(_ set: StatefulSet?) -> Int { set.map { max(0, ($0.spec.replicas ?? 1) - $0.status.replicas) } ?? 0 }
        let (before, cluster) = (comparison.before.cluster.store.statefulSets, comparison.after.cluster)
        var found: [HeldBack] = []
        for set in cluster.store.statefulSets.sorted() where set.spec.podManagementPolicy != "Parallel" {
            let (count, old) = (missing(set), missing(before[set.key]))
            guard count > old else { continue }
            let pods = cluster.store.pods(ownedBy: set.metadata.uid)
            guard let first = pods.filter({ !$0.isReady }).map(\.name).min(by: { ($0.count, $0) < ($1.count, $1) }) else { continue }
            found.append(
                HeldBack(
                    workload: Workload(kind: "StatefulSet", namespace: set.namespace, name: set.name), count: count, before: old,
                    message: "each waits for the one before it, and \(first) is not ready"))
        }
        return found
    }
    private static func pending(_ comparison: Comparison) -> [PendingPod] {
        let cluster = comparison.after.cluster
        var found: [PendingPod] = []
        for case let pod? in cluster.store.pods.rows where pod.isWaitingForNode {
            found.append(Self.pending(pod, cluster, since: comparison.start))
        }
        return found.sorted { $0.key < $1.key }
    }
    private static func pending(_ pod: Pod, _ cluster: Cluster, since start: Instant) -> PendingPod {
        let message = pod.status.conditions[ConditionType.podScheduled]?.message ?? ""
        let isOld = pod.metadata.creationTimestamp.map { $0 < start } ?? false
        return PendingPod(key: pod.key, workload: Workload(of: pod, cluster), message: message, isOld: isOld)
    }

    private static func nodes(_ comparison: Comparison) -> [NodeDifference] {
        let (before, after) = (comparison.before, comparison.after)
        func tally(_ name: String, _ simulation: Simulation) -> [Workload: Int] {
            var owners = WorkloadIndex()
            var counts: [Workload: Int] = [:]
            for pod in simulation.cluster.store.pods(onNode: name) where pod.isActive {
                counts[owners.workload(of: pod, simulation.cluster), default: 0] += 1
            }
            return counts
        }
        func node(_ name: String, _ simulation: Simulation) -> Node? { simulation.cluster.store.nodes[ObjectKey(name: name)] }
        func state(_ node: Node?) -> String {
            node.map { !$0.isReady ? "NotReady" : $0.spec.unschedulable ? "cordoned" : "Ready" } ?? ""
        }
        var touched: Set<String> = []
        for fate in comparison.pods {
            for name in [fate.before?.nodeName, fate.after?.nodeName] { if let name, !name.isEmpty { touched.insert(name) } }
        }
        // Few changes are about nodes, so that looking at all of them is cheap.
        for now in after.cluster.store.nodes.all where state(now) != state(node(now.name, before)) { touched.insert(now.name) }
        for old in before.cluster.store.nodes.all where node(old.name, after) == nil { touched.insert(old.name) }
        return touched.sorted().compactMap { name in
            let (old, new) = (node(name, before), node(name, after))
            var difference = NodeDifference(name: name, zone: (new ?? old)?.zone ?? "", before: state(old), after: state(new))
            let (was, now) = (tally(name, before), tally(name, after))
            for workload in Set(was.keys).union(now.keys).sorted() where was[workload] != now[workload] {
                difference.pods.append((workload, was[workload] ?? 0, now[workload] ?? 0))
            }
            return difference.pods.isEmpty && difference.before == difference.after ? nil : difference
        }
    }

    private static func workloads(
        _ comparison: Comparison, _ pending: [PendingPod], _ parameters: AvailabilityParameters
    ) -> [WorkloadDifference] {
        let simulation = comparison.before
        var names: [Workload] = []
        var counts: [Workload: (left: Int, came: Int)] = [:]
        for fate in comparison.pods {
            let touched =
                fate.left || (fate.before == nil) != (fate.after == nil) || fate.before?.nodeName != fate.after?.nodeName
                || (fate.before?.isReady ?? false) != (fate.after?.isReady ?? false) || comparison.readiness[fate.workload] != nil
            guard touched else { continue }
            if counts[fate.workload] == nil { names.append(fate.workload) }
            counts[fate.workload, default: (0, 0)].left += fate.left ? 1 : 0
            counts[fate.workload, default: (0, 0)].came += fate.came ? 1 : 0
        }
        guard !names.isEmpty else { return [] }
        let only = Set(names)
        func byWorkload(_ list: [WorkloadAvailability]) -> [Workload: WorkloadAvailability] {
            Dictionary(list.map { ($0.workload, $0) }) { first, _ in first }
        }
        let before = byWorkload(simulation.availability(parameters, only: only))
        let after = byWorkload(comparison.after.availability(parameters, only: only))
        var waitedBefore: [Workload: Int] = [:]
        for case let pod? in simulation.cluster.store.pods.rows where pod.isWaitingForNode {
            waitedBefore[Workload(of: pod, simulation.cluster), default: 0] += 1
        }
        let tally = PodPlaces(simulation, later: comparison.after)
        let counted = tally.counts(after: comparison.pods)
        return names.map { name in
            let ready = before[name]?.ready ?? 0
            let trace = comparison.readiness[name]
            return WorkloadDifference(
                workload: name, readyBefore: ready, readyAfter: after[name]?.ready ?? 0, lowest: ready + (trace?.lowest ?? 0),
                lowestAfter: (trace?.lowestAt ?? comparison.start) - comparison.start, moved: min(counts[name]!.left, counts[name]!.came),
                pendingBefore: waitedBefore[name] ?? 0, pendingAfter: pending.count { $0.workload == name },
                counts: counted[name] ?? tally[name], countsBefore: tally[name],
                before: before[name], after: after[name])
        }
        .sorted { a, b in
            let (lostA, lostB) = (a.readyBefore - a.readyAfter, b.readyBefore - b.readyAfter)
            return lostA != lostB ? lostA > lostB : a.moved != b.moved ? a.moved > b.moved : a.workload < b.workload
        }
    }

    /// Rules are the same rule if they count the same pods over the same key in the same way; the numbers may differ.
    private static func spread(_ before: [SpreadGroup], _ after: [SpreadGroup]) -> [SpreadDifference] {
        func id(_ group: SpreadGroup) -> String {
            "\(group.namespace)/\(group.selector)/\(group.topologyKey)/\(group.isDefault)/\(group.owners.first?.kind ?? "")/\(group.owners.first?.name ?? "")"
        }
        var rest = after
        var found: [SpreadDifference] = []
        for old in before {
            let index = rest.firstIndex { id($0) == id(old) && $0.isHard == old.isHard } ?? rest.firstIndex { id($0) == id(old) }
            let new = index.map { rest.remove(at: $0) }
            let isSame = new.map {
                $0.skewNow == old.skewNow && $0.domains.elementsEqual(old.domains) { ($0.name, $0.pods) == ($1.name, $1.pods) }
                    && $0.waiting.count == old.waiting.count && $0.maxSkew == old.maxSkew && $0.minDomains == old.minDomains
                    && $0.effectiveMinimum == old.effectiveMinimum
            }
            if isSame != true { found.append(SpreadDifference(before: old, after: new)) }
        }
        return found + rest.map { SpreadDifference(before: nil, after: $0) }
    }

    /// Budgets that keep a drain from ending.
    static func blocked(_ fork: Fork) -> [BlockedBudget] {
        let store = fork.simulation.cluster.store
        var found: [BlockedBudget] = []
        for drain in fork.simulation.drains where drain.state == .running {
            for progress in drain.pods {
                guard case .evicting(_, let refusal?) = progress.state, !refusal.isEmpty, let pod = store.pods[progress.pod] else { continue }
                for budget in store.podDisruptionBudgets.sorted(namespace: pod.metadata.namespace)
                where budget.spec.selector?.matches(pod.metadata.labels) ?? false {
                    if let index = found.firstIndex(where: { $0.budget == budget.key }) {
                        found[index].pods.append(pod.key)
                    } else {
                        found.append(
                            BlockedBudget(
                                budget: budget.key, healthy: budget.status.currentHealthy, needed: budget.status.desiredHealthy, pods: [pod.key]))
                    }
                }
            }
        }
        return found
    }
}

extension WhatIfAnswer.Comparison {
    /// Pods of two states that nothing connects but their uids.
    fileprivate init(before: Simulation, after: Simulation) {
        var fates: [Fork.PodFate] = []
        var places: [String: Int] = [:]
        var owners = WorkloadIndex()
        for case let pod? in before.cluster.store.pods.rows {
            places[pod.metadata.uid] = fates.count
            fates.append(Fork.PodFate(workload: owners.workload(of: pod, before.cluster), before: pod))
        }
        owners = WorkloadIndex()
        for case let pod? in after.cluster.store.pods.rows {
            if let place = places[pod.metadata.uid] {
                fates[place].after = pod
            } else {
                fates.append(Fork.PodFate(workload: owners.workload(of: pod, after.cluster), after: pod))
            }
        }
        self.init(before: before, after: after, pods: fates, start: before.now)
    }
}

extension Workload {
    /// `deployment/shop/web`
    public var title: String { "\(kind.lowercased())/\(key)" }
}
