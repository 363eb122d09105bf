import ControlPlane
import KubernetesAPI
import SimulationKit

/// kube-scheduler's rules written down once more, straight from `scheduler.md` and `topology-spread.md`:
/// nothing is kept from one decision to the next, every pod and every node is looked at each time. Slow, and meant to be
/// obviously right.
struct ReferenceScheduler {
    let minor: Int
    let store: ObjectStore
    let now: Instant
    /// In the store's order.
    let nodes: [Node]
    /// Pods that count, with the node they count on.
    var placed: [(pod: Pod, node: Node)]
    /// Pods that a dry run took away although spread had not counted them, as they are being deleted: upstream takes
    /// them off the counts all the same.
    var uncounted: [(pod: Pod, node: Node)] = []

    struct Refusal: Equatable {
        var plugin: String
        /// Evicting pods would not help.
        var isFinal = false
    }

    struct Verdict: Equatable {
        var node: String
        /// nil: the node would do.
        var refusal: Refusal?
        /// Weighted, by plugin.
        var scores: [String: Int] = [:]
        var total: Int { scores.values.reduce(0, +) }
    }

    init(_ cluster: Cluster) {
        minor = cluster.profile.version.minor
        (store, now) = (cluster.store, cluster.now)
        nodes = cluster.store.nodes.all
        placed = cluster.store.pods.all.filter { !$0.isFinished }.compactMap { pod in
            cluster.store.nodes[ObjectKey(name: pod.nodeName)].map { (pod, $0) }
        }
    }

    /// What is found about each node, in the store's order.
    func verdicts(_ pod: Pod) -> [Verdict] {
        var result = nodes.map { Verdict(node: $0.name, refusal: refusal(pod, $0)) }
        let feasible = nodes.indices.filter { result[$0].refusal == nil }
        let scored = scores(pod, feasible.map { nodes[$0] })
        for (i, index) in feasible.enumerated() { result[index].scores = scored[i] }
        return result
    }

    /// The index that 1.35 and later choose: Go's container/heap over `totals`, literally. Init sifts down from the
    /// middle to the root, and the root is taken.
    static func heapWinner(_ totals: [Int]) -> Int {
        var heap = totals.enumerated().map { (index: $0.offset, total: $0.element) }
        func less(_ a: Int, _ b: Int) -> Bool { heap[a].total > heap[b].total }
        for start in (0..<heap.count / 2).reversed() {
            var parent = start
            while true {
                let left = 2 * parent + 1
                if left >= heap.count { break }
                var child = left
                if left + 1 < heap.count, less(left + 1, left) { child = left + 1 }
                if !less(child, parent) { break }
                heap.swapAt(parent, child)
                parent = child
            }
        }
        return heap[0].index
    }

    /// The plugins that give scores.
    static let scorers = [
        "TaintToleration", "NodeAffinity", "NodeResourcesFit", "NodeResourcesBalancedAllocation", "ImageLocality",
        "PodTopologySpread", "InterPodAffinity",
    ]

    // MARK: Filters

    func refusal(_ pod: Pod, _ node: Node) -> Refusal? {
        let cordon = Taint(key: "node.kubernetes.io/unschedulable", effect: "NoSchedule")
        if node.spec.unschedulable, !pod.spec.tolerations.contains(where: { $0.tolerates(cordon) }) {
            return Refusal(plugin: "NodeUnschedulable", isFinal: true)
        }
        for taint in node.spec.taints where taint.effect != "PreferNoSchedule" {
            if !pod.spec.tolerations.contains(where: { $0.tolerates(taint) }) {
                return Refusal(plugin: "TaintToleration", isFinal: true)
            }
        }
        if !affinityAllows(pod, node) { return Refusal(plugin: "NodeAffinity", isFinal: true) }
        let here = placed.filter { $0.node.name == node.name }.map(\.pod)
        let wanted = pod.spec.hostPorts.map(\.hostPort)
        if here.contains(where: { $0.spec.hostPorts.contains { wanted.contains($0.hostPort) } }) {
            return Refusal(plugin: "NodePorts")
        }
        var isShort = Int64(here.count) + 1 > node.status.allocatable["pods"]?.value ?? 0
        var isHopeless = false
        for of in [\Resources.milliCPU, \Resources.memory] {
            let want = pod.requests()[keyPath: of]
            let used = here.reduce(0) { $0 + $1.requests()[keyPath: of] }
            let all = allocatable(node)[keyPath: of]
            if want > 0, want > all - used { isShort = true }
            if want > all, minor >= 34 { isHopeless = true }
        }
        if isShort { return Refusal(plugin: "NodeResourcesFit", isFinal: isHopeless) }
        if let refused = storageRefusal(pod, node, here) { return refused }
        if let refused = spreadRefusal(pod, node) { return refused }
        return neighbourRefusal(pod, node)
    }

    private func allocatable(_ node: Node) -> Resources { Resources(node.status.allocatable) }

    private func affinityAllows(_ pod: Pod, _ node: Node) -> Bool {
        for (key, value) in pod.spec.nodeSelector.entries where node.metadata.labels[key] != value { return false }
        return pod.spec.affinity?.nodeAffinity?.required?
            .matches(labels: node.metadata.labels, name: node.name) ?? true
    }

    // MARK: Spread

    /// Matching pods that count, on nodes for which `counts` holds and in the domain `value` of `key`.
    private func matching(
        _ constraint: TopologySpreadConstraint, _ pod: Pod, _ counts: (Node) -> Bool, value: String?
    ) -> Int {
        guard let selector = selector(of: constraint, pod), !selector.isEmpty else { return 0 }
        func isMeant(_ other: (pod: Pod, node: Node)) -> Bool {
            other.node.metadata.labels[constraint.topologyKey] == value && counts(other.node)
                && other.pod.namespace == pod.namespace && selector.matches(other.pod.metadata.labels)
        }
        return placed.count { isMeant($0) && !$0.pod.metadata.isTerminating } - uncounted.count(where: isMeant)
    }
    /// The selector with the pod's own values of matchLabelKeys.
    private func selector(of constraint: TopologySpreadConstraint, _ pod: Pod) -> LabelSelector? {
        var selector = constraint.labelSelector
        for key in constraint.matchLabelKeys {
            guard let value = pod.metadata.labels[key] else { continue }
            selector?.matchExpressions.append(SelectorRequirement(key, "In", [value]))
        }
        return selector
    }

    private func included(_ constraint: TopologySpreadConstraint, _ pod: Pod, _ node: Node, keys: [String]) -> Bool {
        if keys.contains(where: { node.metadata.labels[$0] == nil }) { return false }
        if constraint.nodeAffinityPolicy ?? "Honor" == "Honor", !affinityAllows(pod, node) { return false }
        if constraint.nodeTaintsPolicy == "Honor" {
            for taint in node.spec.taints where taint.effect != "PreferNoSchedule" {
                if !pod.spec.tolerations.contains(where: { $0.tolerates(taint) }) { return false }
            }
        }
        return true
    }

    private func spreadRefusal(_ pod: Pod, _ node: Node) -> Refusal? {
        let hard = pod.spec.topologySpreadConstraints.filter { $0.whenUnsatisfiable == "DoNotSchedule" }
        let keys = hard.map(\.topologyKey)
        for constraint in hard {
            guard let value = node.metadata.labels[constraint.topologyKey] else {
                return Refusal(plugin: "PodTopologySpread", isFinal: true)
            }
            let counted = nodes.filter { included(constraint, pod, $0, keys: keys) }
            let domains = Set(counted.map { $0.metadata.labels[constraint.topologyKey]! })
            func count(_ value: String) -> Int {
                matching(constraint, pod, { included(constraint, pod, $0, keys: keys) }, value: value)
            }
            let least = domains.map(count).min() ?? 0
            let g = domains.count < constraint.minDomains ?? 1 ? 0 : least
            let own = selector(of: constraint, pod)?.matches(pod.metadata.labels) ?? false ? 1 : 0
            if count(value) + own - g > constraint.maxSkew { return Refusal(plugin: "PodTopologySpread") }
        }
        return nil
    }

    private func spreadScores(_ pod: Pod, _ feasible: [Node]) -> [Int]? {
        let soft = pod.spec.topologySpreadConstraints.filter { $0.whenUnsatisfiable == "ScheduleAnyway" }
        if soft.isEmpty { return minor < 28 ? feasible.map { _ in 100 } : nil }
        let keys = soft.map(\.topologyKey)
        let ignored = feasible.map { node in keys.contains { node.metadata.labels[$0] == nil } }
        let kept = feasible.indices.filter { !ignored[$0] }
        var raw = feasible.map { _ in 0 }
        for i in kept {
            var sum = 0.0
            for constraint in soft {
                let key = constraint.topologyKey
                let value = feasible[i].metadata.labels[key]
                var size = Set(kept.map { feasible[$0].metadata.labels[key] }).count
                var count: Int
                if key == hostnameKey {
                    size = kept.count
                    count = matching(constraint, pod, { $0.name == feasible[i].name }, value: value)
                } else {
                    count = matching(constraint, pod, { included(constraint, pod, $0, keys: keys) }, value: value)
                }
                sum += Double(count) * DeterministicMath.ln(Double(size + 2)) + Double(constraint.maxSkew - 1)
            }
            raw[i] = Int(sum.rounded(.toNearestOrAwayFromZero))
        }
        let low = kept.map { raw[$0] }.min() ?? 0
        let high = kept.map { raw[$0] }.max() ?? 0
        return feasible.indices.map { ignored[$0] ? 0 : high == 0 ? 100 : 100 * (high + low - raw[$0]) / high }
    }

    // MARK: Neighbours

    private func means(_ term: PodAffinityTerm, of owner: Pod, _ other: Pod) -> Bool {
        let isOwn = term.namespaces.isEmpty && term.namespaceSelector == nil && owner.namespace == other.namespace
        let labels = store.namespaces[ObjectKey(name: other.namespace)]?.metadata.labels ?? [:]
        return (isOwn || term.namespaces.contains(other.namespace) || term.namespaceSelector?.matches(labels) ?? false)
            && term.labelSelector?.matches(other.metadata.labels) ?? false
    }
    /// Whether `a` and `b` are the same place by the term.
    private func together(_ term: PodAffinityTerm, _ a: Node, _ b: Node) -> Bool {
        guard let value = a.metadata.labels[term.topologyKey] else { return false }
        return b.metadata.labels[term.topologyKey] == value
    }

    private func neighbourRefusal(_ pod: Pod, _ node: Node) -> Refusal? {
        let wanted = pod.spec.affinity?.podAffinity?.required ?? []
        let group = placed.filter { other in wanted.allSatisfy { means($0, of: pod, other.pod) } }
        let isCounted = wanted.map { term in
            group.contains { $0.node.metadata.labels[term.topologyKey] != nil }
        }
        let isFirst = !isCounted.contains(true) && wanted.allSatisfy { means($0, of: pod, pod) }
        let affinity = Refusal(plugin: "InterPodAffinity", isFinal: true)
        let antiAffinity = Refusal(plugin: "InterPodAffinity")
        for term in wanted where node.metadata.labels[term.topologyKey] == nil { return affinity }
        for term in wanted where !isFirst && !group.contains(where: { together(term, node, $0.node) }) {
            return affinity
        }
        for term in pod.spec.affinity?.podAntiAffinity?.required ?? [] {
            if placed.contains(where: { means(term, of: pod, $0.pod) && together(term, node, $0.node) }) {
                return antiAffinity
            }
        }
        for other in placed {
            for term in other.pod.spec.affinity?.podAntiAffinity?.required ?? [] {
                if means(term, of: other.pod, pod), together(term, node, other.node) { return antiAffinity }
            }
        }
        return nil
    }

    private func neighbourScores(_ pod: Pod, _ feasible: [Node]) -> [Int]? {
        let own = pod.spec.affinity
        let raw = feasible.map { node in
            var sum = 0
            for other in placed {
                let theirs = other.pod.spec.affinity
                func add(_ term: PodAffinityTerm, _ owner: Pod, _ meant: Pod, _ weight: Int) {
                    if means(term, of: owner, meant), together(term, node, other.node) { sum += weight }
                }
                for t in own?.podAffinity?.preferred ?? [] { add(t.podAffinityTerm, pod, other.pod, t.weight) }
                for t in own?.podAntiAffinity?.preferred ?? [] { add(t.podAffinityTerm, pod, other.pod, -t.weight) }
                for t in theirs?.podAffinity?.required ?? [] { add(t, other.pod, pod, 1) }
                for t in theirs?.podAffinity?.preferred ?? [] { add(t.podAffinityTerm, other.pod, pod, t.weight) }
                for t in theirs?.podAntiAffinity?.preferred ?? [] { add(t.podAffinityTerm, other.pod, pod, -t.weight) }
            }
            return sum
        }
        let (low, high) = (raw.min()!, raw.max()!)
        return raw.map { high == low ? 0 : Int(100 * (Double($0 - low) / Double(high - low))) }
    }

    // MARK: Scores

    private func scores(_ pod: Pod, _ feasible: [Node]) -> [[String: Int]] {
        if feasible.isEmpty { return [] }
        var result = feasible.map { _ in [String: Int]() }
        func add(_ name: String, _ weight: Int, _ values: [Int]?) {
            for i in result.indices { result[i][name] = weight * (values?[i] ?? 0) }
        }
        let taints = feasible.map { node in
            node.spec.taints.count { taint in
                taint.effect == "PreferNoSchedule" && !pod.spec.tolerations.contains { $0.tolerates(taint) }
            }
        }
        let most = taints.max()!
        add("TaintToleration", 3, taints.map { 100 - (most == 0 ? 0 : 100 * $0 / most) })
        let preferred = pod.spec.affinity?.nodeAffinity?.preferred ?? []
        let liked = feasible.map { node in
            preferred.filter { $0.preference.matches(labels: node.metadata.labels, name: node.name) }
                .reduce(0) { $0 + $1.weight }
        }
        let top = liked.max()!
        add("NodeAffinity", 2, preferred.isEmpty ? nil : liked.map { top == 0 ? 0 : 100 * $0 / top })
        add("NodeResourcesFit", 1, feasible.map { leastAllocated(pod, $0) })
        let own = pod.requests()
        let isSkipped = own.milliCPU == 0 && own.memory == 0 && minor >= 28
        add("NodeResourcesBalancedAllocation", 1, isSkipped ? nil : feasible.map { balance(pod, $0) })
        add("ImageLocality", 1, feasible.map { images(pod, $0) })
        add("PodTopologySpread", 2, spreadScores(pod, feasible))
        add("InterPodAffinity", 2, neighbourScores(pod, feasible))
        return result
    }

    private func leastAllocated(_ pod: Pod, _ node: Node) -> Int {
        func nonZero(_ pod: Pod) -> (cpu: Int64, memory: Int64) {
            pod.spec.containers.reduce((0, 0)) { sum, container in
                let requests = container.resources.requests
                return (
                    sum.0 + (requests["cpu"]?.milliValue ?? 100), sum.1 + (requests["memory"]?.value ?? 209_715_200)
                )
            }
        }
        var used = nonZero(pod)
        for other in placed where other.node.name == node.name {
            let more = nonZero(other.pod)
            used = (used.cpu + more.cpu, used.memory + more.memory)
        }
        func part(_ used: Int64, _ all: Int64) -> Int64 { used > all ? 0 : (all - used) * 100 / all }
        return Int((part(used.cpu, allocatable(node).milliCPU) + part(used.memory, allocatable(node).memory)) / 2)
    }

    private func balance(_ pod: Pod, _ node: Node) -> Int {
        let all = allocatable(node)
        func b(_ cpu: Int64, _ memory: Int64) -> Int {
            let f = min(1, Double(cpu) / Double(all.milliCPU))
            let g = min(1, Double(memory) / Double(all.memory))
            return Int((1 - abs((f - g) / 2)) * 100)
        }
        let here = placed.filter { $0.node.name == node.name }.map { $0.pod.requests() }
        let (cpu, memory) = (here.reduce(0) { $0 + $1.milliCPU }, here.reduce(0) { $0 + $1.memory })
        let with = b(cpu + pod.requests().milliCPU, memory + pod.requests().memory)
        return minor >= 36 ? 50 + (50 + with - b(cpu, memory)) / 2 : with
    }

    private func images(_ pod: Pod, _ node: Node) -> Int {
        let mebibyte = 1024 * 1024
        let sum = pod.spec.containers.reduce(0) { sum, container in
            let having = nodes.filter { $0.status.images.contains { $0.names.contains(container.image) } }
            guard having.contains(where: { $0.name == node.name }),
                let image = having[0].status.images.first(where: { $0.names.contains(container.image) })
            else { return sum }
            return sum + Int(Double(image.sizeBytes) * (Double(having.count) / Double(nodes.count)))
        }
        let (low, high) = (23 * mebibyte, 1000 * mebibyte * pod.spec.containers.count)
        return 100 * (min(max(sum, low), high) - low) / (high - low)
    }
}
