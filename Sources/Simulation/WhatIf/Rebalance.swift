import ControlPlane
import KubernetesAPI
import Scheduling
import SimulationKit

/// Which pods of a workload to evict, one after another, so that its hard constraints are within maxSkew again.
///
/// Kubernetes moves no pod that runs. The plan has the fewest moves that the counts need; each step was tried on a fork
/// with the budgets in force, where the replacement was waited for and looked at.
public struct RebalancePlan: Sendable, Equatable {
    public struct Step: Sendable, Equatable {
        public var pod: ObjectKey
        public var from: String
        /// Where its replacement landed on the fork.
        public var to: String
    }
    public var workload: Workload
    public var steps: [Step] = []
    /// Why it does not reach its end; empty if it does.
    public var problem = ""

    /// What does it for real.
    public var command: Command { .rebalance(workload, steps.map(\.pod)) }

    /// The plan for `workload` from now on.
    ///
    /// - Parameters:
    ///   - limit: evictions at most.
    ///   - shouldStop: asked after each event of each fork, with how many evictions were found so far; the plan then ends there.
    public init(for workload: Workload, _ simulation: Simulation, limit: Int = 50, unless shouldStop: (Int) -> Bool = { _ in false }) {
        self.workload = workload
        var planner = Planner(workload, simulation)
        while steps.count < limit {
            let violated = planner.violated()
            if violated.isEmpty { return }
            let found = steps.count
            switch planner.step(violated, unless: { shouldStop(found) }) {
            case .success(let step): steps.append(step)
            case .failure(let stop):
                problem = stop.why
                return
            }
        }
        problem = "more than \(limit) evictions"
    }
}

/// Tries evictions on a fork.
private struct Planner {
    struct Stop: Error { var why: String }
    let workload: Workload
    @Shared var fork: Simulation
    var view: SpreadView

    init(_ workload: Workload, _ simulation: Simulation) {
        let simulation = simulation.awake
        (self.workload, fork) = (workload, simulation)
        view = SpreadView(configuration: simulation.options.scheduler)
    }

    /// Hard constraints of the workload with more skew than allowed.
    mutating func violated() -> [SpreadGroup] {
        view.groups(of: fork.cluster).filter { group in
            group.isHard && group.violatedNow && group.namespace == workload.namespace
                && group.owners.contains { $0.kind == workload.kind && $0.name == workload.name }
        }
    }

    private struct Need {
        var key: String
        var moves: Int
        /// Domains that have to give pods, with how many.
        var surplus: [String: Int]
    }
    private func need(_ group: SpreadGroup) -> Need? {
        let movable = pods().reduce(into: [String: Int]()) { counts, pod in
            if let domain = domain(of: pod, group.topologyKey) { counts[domain, default: 0] += 1 }
        }
        let domains = group.domains.map { RebalanceMath.Domain(pods: $0.pods, movable: min($0.pods, movable[$0.name] ?? 0), isOpen: $0.isOpen) }
        guard !group.minDomainsUnmet, let math = RebalanceMath(domains, maxSkew: group.maxSkew) else { return nil }
        var surplus: [String: Int] = [:]
        for (domain, target) in zip(group.domains, math.target) where domain.pods > target { surplus[domain.name] = domain.pods - target }
        return Need(key: group.topologyKey, moves: math.moves, surplus: surplus)
    }

    /// Pods that somebody makes anew, by name.
    private func pods() -> [Pod] {
        fork.cluster.store.pods.rows.compactMap { $0 }.filter { pod in
            pod.isActive && !pod.nodeName.isEmpty && pod.metadata.controller != nil && workload.kind != "DaemonSet"
                && pod.metadata.namespace == workload.namespace && Workload(of: pod, fork.cluster) == workload
        }.sorted { $0.key < $1.key }
    }
    private func domain(of pod: Pod, _ key: String) -> String? {
        fork.cluster.store.nodes[ObjectKey(name: pod.nodeName)]?.metadata.labels[key]
    }

    /// Evicts the pod that helps most, and waits for its replacement.
    mutating func step(_ violated: [SpreadGroup], unless shouldStop: () -> Bool) -> Result<RebalancePlan.Step, Stop> {
        let needs = violated.compactMap(need)
        guard needs.count == violated.count else {
            let group = violated.first { need($0) == nil } ?? violated[0]
            let key = group.topologyKey.split(separator: "/").last ?? ""
            return .failure(
                Stop(
                    why: group.minDomainsUnmet
                        ? "\(key): fewer than minDomains \(group.minDomains ?? 1) domains" : "\(key): no domain that lacks pods can take one"))
        }
        let before = needs.reduce(0) { $0 + $1.moves }
        // A pod that is too many for several rules at once helps most; the fullest domain gives first.
        var ranked: [(pod: Pod, score: Int)] = []
        for pod in pods() {
            var score = 0
            for need in needs { if let domain = domain(of: pod, need.key) { score += need.surplus[domain] ?? 0 } }
            if score > 0 { ranked.append((pod, score)) }
        }
        ranked.sort { ($1.score, $0.pod.key) < ($0.score, $1.pod.key) }
        var stop = Stop(why: "no pod may leave a domain that has too many")
        for (pod, _) in ranked.prefix(4) {
            var attempt = Fork(of: fork)
            if case .failure(let error) = attempt.perform(.evict(pod: pod.key)) {
                stop = Stop(why: error.causes.first?.message ?? error.message)
                continue
            }
            var isStopped = false
            attempt.run(
                for: .minutes(5),
                unless: { _ in
                    isStopped = shouldStop()
                    return isStopped
                })
            if isStopped { return .failure(Stop(why: "the planning was stopped")) }
            guard let fresh = attempt.pods.first(where: { $0.came && $0.workload == workload })?.after, !fresh.nodeName.isEmpty, fresh.isReady else {
                stop = Stop(why: "the replacement of \(pod.name) finds no place or does not get ready")
                continue
            }
            let previous = self
            fork = attempt.simulation
            let now = self.violated().compactMap(need).reduce(0) { $0 + $1.moves }
            if now < before { return .success(RebalancePlan.Step(pod: pod.key, from: pod.nodeName, to: fresh.nodeName)) }
            self = previous
            stop = Stop(why: "the scheduler puts the replacement of \(pod.name) on \(fresh.nodeName), which does not help")
        }
        return .failure(stop)
    }
}

/// A rebalance under way: evicts a pod, waits until its workload has as many ready pods as before, then the next.
public struct Rebalancing: Sendable {
    public enum State: Sendable, Equatable {
        case running, done
        case failed(String)
    }
    public private(set) var pods: [ObjectKey]
    /// How many were evicted.
    public private(set) var evicted = 0
    public private(set) var state = State.running
    /// When ``step(_:)`` is to be called next; nil once it is over.
    public private(set) var nextStep: Instant? = .start
    private var waitsFor: (owner: String, ready: Int, until: Instant)?

    init(_ pods: [ObjectKey]) { self.pods = pods }

    mutating func step(_ cluster: inout Cluster) {
        if let wait = waitsFor {
            if Self.ready(wait.owner, cluster) < wait.ready {
                return cluster.now >= wait.until ? fail("no replacement within 5 minutes") : poll(cluster)
            }
            waitsFor = nil
        }
        // Pods that went by themselves need no eviction.
        while evicted < pods.count, cluster.store.pods[pods[evicted]]?.isActive != true { evicted += 1 }
        guard evicted < pods.count, let pod = cluster.store.pods[pods[evicted]] else {
            (state, nextStep) = (.done, nil)
            return
        }
        let owner = pod.metadata.controller?.uid ?? ""
        let ready = Self.ready(owner, cluster)
        do throws(APIError) {
            try cluster.evict(pod: pod.key)
            evicted += 1
            waitsFor = (owner, ready, cluster.now + .minutes(5))
            poll(cluster)
        } catch {
            guard error.code == 429 else { return fail(error.message) }
            nextStep = cluster.now + .seconds(5)
        }
    }
    private mutating func poll(_ cluster: Cluster) { nextStep = cluster.now + .seconds(1) }
    private mutating func fail(_ why: String) { (state, nextStep) = (.failed(why), nil) }

    private static func ready(_ owner: String, _ cluster: Cluster) -> Int {
        cluster.store.pods(ownedBy: owner).count { $0.isReady && !$0.metadata.isTerminating }
    }
}

extension Simulation {
    mutating func startRebalancing(_ workload: Workload, _ pods: [ObjectKey]) throws(APIError) -> String {
        var pods = pods
        if pods.isEmpty {
            let plan = RebalancePlan(for: workload, self)
            guard !plan.steps.isEmpty else {
                throw .badRequest(plan.problem.isEmpty ? "\(workload.name) has nothing to move: its hard constraints hold" : plan.problem)
            }
            pods = plan.steps.map(\.pod)
        }
        for key in pods where cluster.store.pods[key] == nil { throw .notFound(Kind.pod.info, key.name) }
        rebalancings.removeAll { $0.state != .running }
        var rebalancing = Rebalancing(pods)
        rebalancing.step(&cluster)
        rebalancings.append(rebalancing)
        return "\(counted(pods.count, "pod")) to move, one after another"
    }

    mutating func runRebalancings() {
        for index in rebalancings.indices where rebalancings[index].nextStep.map({ $0 <= now }) ?? false { rebalancings[index].step(&cluster) }
    }
}
