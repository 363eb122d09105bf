import ControlPlane
import KubernetesAPI
import Scheduling
import SimulationKit

/// What is wrong with a cluster before anything has happened to it: each with the object, the reason and what would mend it.
public struct ClusterCheck: Sendable {
    /// What is looked for, in the order in which it is told. To add one, give it a case, a title and a function in ``run(_:)``.
    public enum Rule: String, Sendable, CaseIterable {
        case singlePoint = "single-point"
        case drain, budget, constraint, drift, requests
        case barePod = "bare-pod"

        /// What holds where nothing is found.
        public var title: String {
            switch self {
            case .singlePoint: "no single point of failure"
            case .drain: "each node can be drained"
            case .budget: "each budget counts pods and allows an eviction"
            case .constraint: "constraints can be met, and count somebody"
            case .drift: "spread constraints hold"
            case .requests: "containers say what they request"
            case .barePod: "a controller brings each pod back"
            }
        }
    }

    /// One thing that is wrong.
    public struct Finding: Sendable, Equatable {
        public var rule: Rule
        /// Whom it is about, as `deployment/shop/web`; several where the same is wrong with each.
        public var objects: [String]
        public var reason: String
        public var remedy: String
    }

    /// What was looked for.
    public let rules: [Rule]
    /// In the order of the rules.
    public private(set) var findings: [Finding] = []
    /// Nodes whose drain was to be tried and was not, as there are too many.
    public private(set) var untriedDrains = 0

    @Shared private var simulation: Simulation
    private let namespaces: Set<String>
    private let most: Int
    private var cluster: Cluster { simulation.cluster }
    private var store: ObjectStore { simulation.cluster.store }
    /// A pod of each workload, one that waits if there is any, in the order of the workloads.
    private var samples: [(workload: Workload, pod: Pod, waiting: Int)] = []

    /// - Parameters:
    ///   - rules: what is looked for.
    ///   - namespaces: only objects in these, and nodes; empty: all.
    ///   - drains: on so many nodes a drain is tried on a fork at most.
    public init(_ simulation: Simulation, rules: [Rule] = Rule.allCases, namespaces: Set<String> = [], drains: Int = 50) {
        (self.simulation, self.rules, self.namespaces, most) = (simulation, Rule.allCases.filter(rules.contains), namespaces, drains)
        samples = Self.samples(simulation.cluster).filter { isMeant($0.workload.namespace) }
        for rule in self.rules { run(rule) }
    }

    private mutating func run(_ rule: Rule) {
        switch rule {
        case .singlePoint: findSinglePoints()
        case .drain: findEndlessDrains()
        case .budget: findBudgets()
        case .constraint: findConstraints()
        case .drift: findDrift()
        case .requests: findMissingRequests()
        case .barePod: findBarePods()
        }
    }

    private func isMeant(_ namespace: String) -> Bool { namespaces.isEmpty || namespaces.contains(namespace) }
    private mutating func note(_ rule: Rule, _ objects: [String], _ reason: String, _ remedy: String) {
        findings.append(Finding(rule: rule, objects: objects, reason: reason, remedy: remedy))
    }

    private static func samples(_ cluster: Cluster) -> [(workload: Workload, pod: Pod, waiting: Int)] {
        var owners = WorkloadIndex()
        var found: [Workload: (pod: Pod, waiting: Int)] = [:]
        for case let pod? in cluster.store.pods.rows where !pod.isFinished && !pod.metadata.isTerminating && !pod.isMirror {
            let workload = owners.workload(of: pod, cluster)
            let waits = pod.isWaitingForNode
            if waits || found[workload] == nil { found[workload] = (pod, (found[workload]?.waiting ?? 0) + (waits ? 1 : 0)) }
        }
        return found.keys.sorted().map { ($0, found[$0]!.pod, found[$0]!.waiting) }
    }

    // MARK: Failures

    private mutating func findSinglePoints() {
        for workload in simulation.availability() where isMeant(workload.workload.namespace) && workload.risk != .none {
            // Those are there once on each node, run to an end, or are told by their own rule.
            guard workload.workload.hasReplicas else { continue }
            let remedy =
                switch workload.risk {
                case .down: "see why its pods are not ready: evenkeel STATE, then W or L on one of them"
                case .oneReplica where workload.desired > 1: "see why only one of \(workload.desired) pods is ready"
                case .oneReplica: "two replicas or more, kept apart by a constraint on \(LabelKey.hostname)"
                case .oneNode: "a constraint on \(LabelKey.hostname), then a restart or a rebalance"
                case .oneZone: "a constraint on \(LabelKey.zone), then a restart or a rebalance"
                case .quorumNode: "a replica more than \(workload.quorum) on another node, or a constraint on \(LabelKey.hostname)"
                case .quorumZone: "replicas in another zone, or a constraint on \(LabelKey.zone)"
                case .none: ""
                }
            let budget = workload.budget.map { " (budget \($0))" } ?? ""
            note(.singlePoint, [workload.workload.title], workload.riskText + (workload.risk > .oneZone ? budget : ""), remedy)
        }
    }

    private mutating func findEndlessDrains() {
        let budgets = store.podDisruptionBudgets.sorted().filter { isMeant($0.namespace) }
        var reasons: [(text: String, remedy: String, nodes: [String])] = []
        func add(_ node: String, _ text: String, _ remedy: String) {
            if let index = reasons.firstIndex(where: { $0.text == text }) {
                if reasons[index].nodes.last != node { reasons[index].nodes.append(node) }
            } else {
                reasons.append((text, remedy, [node]))
            }
        }
        var tried = 0
        for node in store.nodes.sorted() where node.isReady {
            var isGuarded = false
            var isStuck = false
            for pod in store.pods(onNode: node.name).sorted(by: { $0.key < $1.key }) where !pod.isFinished && isMeant(pod.namespace) {
                if Drain.Options.thorough.leaves(pod) { continue }
                let own = budgets.filter { $0.namespace == pod.namespace && $0.spec.selector?.matches(pod.metadata.labels) ?? false }
                isGuarded = isGuarded || !own.isEmpty
                for budget in own where budget.neverAllows {
                    isStuck = true
                    add(node.name, "poddisruptionbudget/\(budget.key) \(budget.words) and never lets a pod go", "loosen the budget, or add a replica")
                }
                if own.count > 1 {
                    isStuck = true
                    let names = own.map(\.name).joined(separator: " and ")
                    add(node.name, "budgets \(names) in \(pod.namespace) count the same pods, which no eviction can then take", "one budget for each pod")
                }
            }
            guard isGuarded, !isStuck else { continue }
            if tried == most {
                untriedDrains += 1
                continue
            }
            tried += 1
            var fork = Fork(of: simulation)
            for command in WhatIf.drain(node.name).commands { fork.perform(command) }
            fork.run()
            for blocked in WhatIfAnswer.blocked(fork) {
                add(
                    node.name, "poddisruptionbudget/\(blocked.budget) keeps its last pods: \(blocked.healthy) healthy, \(blocked.needed) needed",
                    "room on other nodes for what leaves, or a replica more")
            }
        }
        for reason in reasons { note(.drain, reason.nodes.map { "node/\($0)" }, reason.text, reason.remedy) }
    }

    private mutating func findBudgets() {
        for budget in store.podDisruptionBudgets.sorted() where isMeant(budget.namespace) {
            let name = "poddisruptionbudget/\(budget.key)"
            let status = budget.status
            if status.expectedPods == 0 {
                let counts = store.pods.sorted(namespace: budget.namespace).contains {
                    !$0.isFinished && budget.spec.selector?.matches($0.metadata.labels) ?? false
                }
                if !counts { note(.budget, [name], "its selector counts no pod", "labels that the pods have") }
            } else if budget.neverAllows {
                let loose = status.expectedPods > 1 ? "maxUnavailable 1" : "two replicas or more and maxUnavailable 1"
                note(.budget, [name], "\(budget.words) of \(counted(status.expectedPods, "pod")): no eviction is ever allowed", loose)
            } else if status.disruptionsAllowed == 0 {
                note(
                    .budget, [name], "allows nothing now: \(status.currentHealthy) healthy, \(status.desiredHealthy) needed",
                    "see why \(counted(status.expectedPods - status.currentHealthy, "pod is", "pods are")) not ready")
            }
        }
    }

    // MARK: Placement

    private mutating func findConstraints() {
        findUnplaced()
        for group in SpreadView.groups(of: cluster, configuration: simulation.options.scheduler) where isMeant(group.namespace) && !group.isDefault {
            let name = group.owners.first.map { "\($0.kind.lowercased())/\(group.namespace)/\($0.name)" } ?? group.namespace
            let rule = "\(group.isHard ? "" : "soft ")constraint on \(group.topologyKey)"
            if group.domains.isEmpty {
                note(.constraint, [name], "\(rule): no node that counts has this label", "label the nodes, or another topologyKey")
            } else if group.minDomainsUnmet {
                note(
                    .constraint, [name], "\(rule): minDomains \(group.minDomains ?? 1), but \(counted(group.domainCount, "domain")) to count",
                    "nodes in another domain, or minDomains \(group.domainCount)")
            }
            if group.selfMatch == 0 {
                note(
                    .constraint, [name], "\(rule): its selector \(group.selector) does not count its own pods" + (group.matched == 0 ? ", nor any other" : ""),
                    "a labelSelector that matches the pods' labels")
            }
            if group.isHard, !group.isEnforced {
                note(.constraint, [name], "\(rule): scheduler \(group.scheduler) runs without PodTopologySpread", "the plugin in its profile")
            }
        }
        for (workload, pod, _) in samples {
            for (what, term) in pod.affinityTerms where count(term, for: pod) == 0 {
                note(
                    .constraint, [workload.title], "\(what) over \(term.topologyKey): its selector counts no pod",
                    "a labelSelector that matches somebody, or leave the term out")
            }
        }
    }

    /// Workloads whose pods find no node.
    private mutating func findUnplaced() {
        var packing: Packing?
        for (workload, pod, waiting) in samples where waiting > 0 {
            packing = packing ?? Packing(cluster, configuration: simulation.options.scheduler)
            guard let explanation = packing?.explain(pod, in: cluster), explanation.result != .bound else { continue }
            let why = explanation.gate?.words ?? explanation.preFilter?.words ?? (explanation.core.isEmpty ? explanation.message : explanation.core)
            let remedy = explanation.remedies.first { $0.node != nil }.map { "\($0.words) (\($0.cost)): it goes to \($0.node ?? "")" }
            note(
                .constraint, [workload.title], "\(counted(waiting, "pod waits", "pods wait")) for a node: \(why)",
                remedy ?? "none of the small changes that were tried helps")
        }
    }

    /// How many pods a term of an affinity counts.
    private func count(_ term: PodAffinityTerm, for pod: Pod) -> Int {
        guard let selector = term.labelSelector else { return 0 }
        // Whom it counts then depends on more than its selector.
        guard term.matchLabelKeys.isEmpty, term.mismatchLabelKeys.isEmpty else { return 1 }
        var spaces = Set(term.namespaces)
        if let others = term.namespaceSelector {
            for namespace in store.namespaces.all where others.matches(namespace.metadata.labels) { spaces.insert(namespace.name) }
        } else if spaces.isEmpty {
            spaces = [pod.namespace]
        }
        return samples(matching: selector, in: spaces)
    }
    private func samples(matching selector: LabelSelector, in namespaces: Set<String>) -> Int {
        store.pods.rows.lazy.count { row in
            guard let pod = row, !pod.isFinished, namespaces.contains(pod.namespace) else { return false }
            return selector.matches(pod.metadata.labels)
        }
    }

    private mutating func findDrift() {
        var done: Set<Workload> = []
        for group in SpreadView.groups(of: cluster, configuration: simulation.options.scheduler)
        where group.isHard && group.violatedNow && isMeant(group.namespace) {
            guard let owner = group.owners.first else { continue }
            let workload = Workload(kind: owner.kind, namespace: group.namespace, name: owner.name)
            let counts = group.domains.prefix(8).map { "\($0.name) \($0.pods)" }.joined(separator: ", ")
            var remedy = "as its other constraint"
            if done.insert(workload).inserted {
                let plan = RebalancePlan(for: workload, simulation)
                let moves = plan.steps.map { "\($0.pod.name) (to \($0.to))" }.joined(separator: ", then ")
                remedy = plan.steps.isEmpty ? plan.problem : "evict \(moves)" + (plan.problem.isEmpty ? "" : "; then \(plan.problem)")
            }
            note(.drift, [workload.title], "skew \(group.skewNow) over \(group.topologyKey), maxSkew \(group.maxSkew): \(counts)", remedy)
        }
    }

    // MARK: Pods

    private mutating func findMissingRequests() {
        for (workload, pod, _) in samples where workload.kind != "Pod" || pod.metadata.controller == nil {
            var missing: [String] = []
            for container in pod.spec.containers {
                let names = ["cpu", "memory"].filter { container.resources.requests[$0] == nil && pod.spec.resources?.requests[$0] == nil }
                if !names.isEmpty { missing.append("\(container.name): no \(names.joined(separator: " and "))") }
            }
            if missing.isEmpty { continue }
            note(
                .requests, [workload.title], missing.joined(separator: "; "),
                "requests of what it uses, or a LimitRange with defaults in \(workload.namespace)")
        }
    }

    private mutating func findBarePods() {
        for (workload, pod, _) in samples where pod.metadata.controller == nil {
            let volatile = pod.spec.volumes.contains { $0.emptyDir != nil } ? ", and its emptyDir is lost with it" : ""
            note(
                .barePod, [workload.title], "no controller brings it back\(pod.nodeName.isEmpty ? "" : " once \(pod.nodeName) is lost or drained")\(volatile)",
                "a Deployment, a StatefulSet or a Job")
        }
    }
}

extension PodDisruptionBudget {
    /// Whether it allows no eviction even while all its pods are healthy.
    fileprivate var neverAllows: Bool { status.expectedPods > 0 && status.desiredHealthy >= status.expectedPods }
    /// What it says: `minAvailable 2`.
    fileprivate var words: String {
        spec.minAvailable.map { "keeps minAvailable \($0.text)" } ?? spec.maxUnavailable.map { "has maxUnavailable \($0.text)" } ?? "says nothing"
    }
}

extension Pod {
    /// The kubelet runs it from a file; the API server only shows it.
    fileprivate var isMirror: Bool { metadata.annotations[AnnotationKey.mirrorPod] != nil }

    /// All terms of its affinity to pods and from pods, with what each is.
    fileprivate var affinityTerms: [(what: String, term: PodAffinityTerm)] {
        var terms: [(String, PodAffinityTerm)] = []
        for (name, affinity) in [("podAffinity", spec.affinity?.podAffinity), ("podAntiAffinity", spec.affinity?.podAntiAffinity)] {
            terms += (affinity?.required ?? []).map { (name, $0) } + (affinity?.preferred ?? []).map { ("preferred \(name)", $0.podAffinityTerm) }
        }
        return terms
    }
}
