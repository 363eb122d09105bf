import ControlPlane
import KubernetesAPI

/// A pod that takes room on a node: bound, assumed, or put there for a trial.
struct PlacedPod: Sendable {
    var pod: Pod
    var facts: PodFacts
    var row: Int
    var podClass: Int
    var requests: [ResourceAmount]
    var nonZeroCPU: Int64
    var nonZeroMemory: Int64
    /// Placed by this scheduler, binding not seen yet.
    var isAssumed = false
    var claims: [ObjectKey]
    var isTerminating: Bool { pod.metadata.deletionTimestamp != nil }
}

/// What a pod takes of its node.
struct PodCosts: Sendable {
    /// Kept alive because the costs are found by its identity.
    var facts: PodFacts
    var requests: [ResourceAmount]
    var cpu: Int64
    var memory: Int64
    var nonZeroCPU: Int64
    var nonZeroMemory: Int64
}

/// All that a scheduling cycle looks at, kept current from the feed of changes: nodes, placed pods, counts.
///
/// Placed pods stand under their slot in the store's table of pods.
struct SchedulingState: Sendable {
    let profile: KubernetesProfile
    var nodes = NodeColumns()
    var placed = Pages<PlacedPod?>()
    /// Raised when a pod is placed, taken away or gets another class.
    private(set) var placements = 0
    /// Where the pods of each class are, as of a number of placements: one look at all pods serves all counters that are made in a row.
    var standing: (placements: Int, byClass: [[Standing]]) = (-1, [])
    /// By slot: the priority of the pod that is, or was last, placed there. Beside the pods, as preemption looks at many of them.
    private(set) var placedPriority = Pages<Int32>()
    /// Pending pods with a nominated node, by slot; slots in rising order.
    var nominated: [Int: PlacedPod] = [:]
    var nominatedSlots: [Int] = []

    /// How many placed pods have each priority, the lowest first.
    private var priorities: [(priority: Int, pods: Int)] = []

    /// Raised when counters and views are numbered anew.
    var epoch = 0

    // Classes of pods that look alike to selectors.
    var classes: [PodClass?] = []
    var classNumbers: [PodClass.Key: Int] = [:]
    var freeClasses: [Int] = []

    var counters: [PodCounter] = []
    var counterNumbers: [CounterKey: Int] = [:]
    var carryingCounters: [Int] = []
    var views: [DomainView] = []
    var viewNumbers: [ViewKey: Int] = [:]
    var columns: [TopologyColumn] = []
    var columnNumbers: [String: Int] = [:]
    var masks: [RuleMask] = []
    var maskNumbers: [NodeRule: Int] = [:]

    // By template: what is kept of all nodes. By topology column: which nodes are in which domain.
    var rankings: [NodeRanking] = []
    var rankingNumbers: [ObjectIdentifier: Int] = [:]
    var layouts: [DomainLayout] = []

    private var factsBySpec: [ObjectIdentifier: [PodFacts]] = [:]
    private var factsCount = 0
    private var costs: [ObjectIdentifier: PodCosts] = [:]
    var demands: [ObjectIdentifier: PodDemand] = [:]
    var images = ImageIndex()
    var selectors = SelectorIndex()
    /// How many placed pods use a claim; those on a node that is gone do not count.
    var claimUsers: [ObjectKey: Int] = [:]
    var namespaceLabels: [String: StringMap<String>] = [:]
    var volumes = AssumedVolumes()
    var order = NodeOrder()
    /// nil: pods are placed one by one.
    var groups: PodGroupIndex?

    init(profile: KubernetesProfile) {
        self.profile = profile
        if profile.schedulesPodGroups { groups = PodGroupIndex() }
    }

    /// The state of `cluster` as it is now. O(objects).
    init(_ cluster: Cluster) {
        self.init(profile: cluster.profile)
        for namespace in cluster.store.namespaces.all { note(namespace: namespace, gone: false) }
        selectors = SelectorIndex(cluster.store)
        for node in cluster.store.nodes.all { set(node: node) }
        if groups != nil { for group in cluster.store.podGroups.all { groups!.set(group) } }
        for (slot, pod) in cluster.store.pods.rows.enumerated() {
            if let pod { note(pod: pod, slot: slot) }
        }
    }

    // MARK: Objects

    mutating func set(node: Node) {
        let row = nodes.makeRow(node.metadata.name)
        let old = nodes.objects[row]
        if let old, old.spec.identity == node.spec.identity, old.metadata.labels == node.metadata.labels,
            old.status.allocatable == node.status.allocatable, old.status.images == node.status.images,
            old.status.declaredFeatures == node.status.declaredFeatures
        {
            // A heartbeat: nothing that placement looks at.
            nodes.objects[row] = node
            return
        }
        images.change(from: old, to: node, row: row)
        nodes.set(node, row: row)
        if old == nil { countClaims(row, 1) }
        updateColumns(row)
        if old == nil || NodeOrder.zone(of: old!) != NodeOrder.zone(of: node) {
            order.set(zone: NodeOrder.zone(of: node), row: row)
        }
    }

    mutating func remove(node name: String) {
        guard let row = nodes.row(name), let old = nodes.objects[row] else { return }
        images.change(from: old, to: nil, row: row)
        nodes.set(nil, row: row)
        countClaims(row, -1)
        updateColumns(row)
        order.set(zone: nil, row: row)
        nodes.releaseIfUnused(row)
    }

    /// Takes in that a node came or went: the claims of the pods that are bound to it.
    private mutating func countClaims(_ row: Int, _ sign: Int) {
        for slot in nodes.podSlots[row] { count(claims: placed[slot]!.claims, sign) }
    }
    private mutating func count(claims: [ObjectKey], _ sign: Int) {
        for claim in claims {
            let users = claimUsers[claim, default: 0] + sign
            claimUsers[claim] = users == 0 ? nil : users
        }
    }

    private mutating func updateColumns(_ row: Int) {
        let labels = nodes.labels(row)
        for i in columns.indices { columns[i].set(labels[columns[i].key], row: row) }
    }

    mutating func note(namespace: Namespace, gone: Bool) {
        let name = namespace.metadata.name
        let new = gone ? nil : namespace.metadata.labels
        if let old = namespaceLabels[name], old != new {
            namespaceLabels[name] = new
            // Terms with a namespace selector may mean other pods now. Rare: everything compiled starts anew.
            resetCompiled()
        } else {
            namespaceLabels[name] = new
        }
    }

    /// Takes a pod as the store has it: places it, moves it, takes it away.
    mutating func note(pod: Pod, slot: Int) {
        if groups != nil { groups!.note(pod, slot) }
        if let current = placedPod(slot) {
            let gone = pod.isFinished || pod.nodeName.isEmpty
            if !gone, current.pod.metadata.uid == pod.metadata.uid, nodes.names[current.row] == pod.nodeName,
                current.isTerminating == pod.metadata.isTerminating, sameTemplate(current, pod)
            {
                placed[slot]!.pod = pod
                placed[slot]!.isAssumed = false
                return
            }
            if !gone, current.pod.metadata.uid == pod.metadata.uid, nodes.names[current.row] == pod.nodeName,
                current.isTerminating == pod.metadata.isTerminating,
                current.pod.spec.identity == pod.spec.identity, relabel(pod, slot: slot)
            {
                return
            }
            // A pending pod whose assumed place is not known to the store yet keeps it.
            if gone, current.isAssumed, !pod.isFinished, current.pod.metadata.uid == pod.metadata.uid {
                return
            }
            unplace(slot)
        }
        if !pod.nodeName.isEmpty, !pod.isFinished {
            setNominated(nil, slot: slot)
            place(pod, slot: slot, row: nodes.makeRow(pod.nodeName))
        } else {
            setNominated(pod.nodeName.isEmpty && !pod.isFinished ? pod : nil, slot: slot)
        }
    }
    /// Takes in that a placed pod has other labels, such as its node's zone, which binding adds: it takes of the node
    /// what it took, and most often counts for the same questions. False if it takes something else.
    private mutating func relabel(_ pod: Pod, slot: Int) -> Bool {
        let old = placed[slot]!
        var new = makeEntry(pod, row: old.row)
        guard old.requests == new.requests, old.nonZeroCPU == new.nonZeroCPU,
            old.nonZeroMemory == new.nonZeroMemory
        else { return false }
        new.podClass = retainClass(of: new.facts)
        let (before, after) = (classes[old.podClass]!.counters, classes[new.podClass]!.counters)
        if before != after {
            count(old, before, -1, trial: false, nil)
            count(new, after, 1, trial: false, nil)
        }
        releaseClass(old.podClass)
        placed[slot] = new
        placements += 1
        return true
    }
    private func sameTemplate(_ current: PlacedPod, _ pod: Pod) -> Bool {
        let old = current.pod
        guard old.spec.identity == pod.spec.identity || old.spec == pod.spec else { return false }
        if old.metadata.identity != pod.metadata.identity, old.metadata.labels != pod.metadata.labels {
            return false
        }
        if old.status.identity == pod.status.identity || !profile.isEnabled(.inPlacePodVerticalScaling) {
            return true
        }
        // What the kubelet allocated counts too, where resizing in place is known. Mostly it is what it was, or what the spec asks for.
        if Self.sameResources(old.status, pod.status) || old.runsAsAsked && pod.runsAsAsked { return true }
        let rules = RequestRules(assigned: profile)
        return old.requests(rules) == pod.requests(rules)
    }

    /// Whether the statuses say the same of resources.
    private static func sameResources(_ a: Shared<PodStatus>, _ b: Shared<PodStatus>) -> Bool {
        func same(_ x: [ContainerStatus], _ y: [ContainerStatus]) -> Bool {
            x.count == y.count
                && x.indices.allSatisfy {
                    x[$0].name == y[$0].name && x[$0].allocatedResources == y[$0].allocatedResources && x[$0].resources == y[$0].resources
                }
        }
        return same(a.containerStatuses, b.containerStatuses) && same(a.initContainerStatuses, b.initContainerStatuses) && a.resources == b.resources
            && a.allocatedResources == b.allocatedResources
            && a.resize == b.resize && a.conditions[ConditionType.podResizePending]?.reason == b.conditions[ConditionType.podResizePending]?.reason
    }

    /// Takes away a pod that is gone.
    mutating func forget(podAt slot: Int) {
        remove(podAt: slot)
        if groups != nil { groups!.remove(slot) }
    }
    /// Takes a pod off its node; it is still there.
    mutating func remove(podAt slot: Int) {
        if placedPod(slot) != nil { unplace(slot) }
        setNominated(nil, slot: slot)
    }

    // MARK: Placing

    func placedPod(_ slot: Int) -> PlacedPod? { slot < placed.count ? placed[slot] : nil }

    /// Counts `pod` on the node of `row`.
    mutating func place(_ pod: Pod, _ facts: PodFacts? = nil, slot: Int, row: Int, assumed: Bool = false) {
        var entry = makeEntry(pod, facts ?? self.facts(of: pod), row: row)
        entry.isAssumed = assumed
        put(entry, slot: slot)
    }

    mutating func makeEntry(_ pod: Pod, row: Int) -> PlacedPod { makeEntry(pod, facts(of: pod), row: row) }

    mutating func makeEntry(_ pod: Pod, _ facts: PodFacts, row: Int) -> PlacedPod {
        let costs = costs(of: pod, facts)
        return PlacedPod(
            pod: pod, facts: facts, row: row, podClass: -1, requests: costs.requests,
            nonZeroCPU: costs.nonZeroCPU, nonZeroMemory: costs.nonZeroMemory,
            claims: facts.claimNames(podName: pod.metadata.name).map {
                ObjectKey(namespace: facts.namespace, name: $0)
            })
    }

    /// What a pod takes of its node: worked out once a template, unless the pod's status has a say.
    mutating func costs(of pod: Pod, _ facts: PodFacts) -> PodCosts {
        let isPlain = pod.runsAsAsked
        if isPlain, let known = costs[ObjectIdentifier(facts)] { return known }
        let rules = RequestRules(assigned: profile)
        let nonZero = nonZeroRequests(pod, rules)
        let requests = pod.requests(rules)
        let result = PodCosts(
            facts: facts, requests: compile(requests), cpu: requests.milliCPU, memory: requests.memory,
            nonZeroCPU: nonZero.cpu, nonZeroMemory: nonZero.memory)
        if isPlain { costs[ObjectIdentifier(facts)] = result }
        return result
    }

    /// Counts an entry. In a `trial` a pod that is being deleted counts for spread too, as in upstream's dry runs.
    ///
    /// - Parameters:
    ///   - isBack: it was taken away as `isOnlyLifted`.
    ///   - asked: the same as when it was taken away.
    mutating func put(_ entry: PlacedPod, slot: Int, trial: Bool = false, isBack: Bool = false, asked: AskedCounters? = nil) {
        var entry = entry
        if !isBack { entry.podClass = retainClass(of: entry.facts) }
        while slot >= placed.count {
            placed.append(nil)
            placedPriority.append(0)
        }
        placed[slot] = entry
        placements += 1
        placedPriority[slot] = Int32(clamping: entry.facts.priority)
        nodes.podSlots[entry.row].append(slot)
        account(entry, 1, trial: trial, asked)
    }
    /// Takes a placed pod away; returns what was there.
    ///
    /// - Parameters:
    ///   - isOnlyLifted: it is put back, in this trial: its class, which is looked for in all counters when it is made, stays.
    ///   - asked: it is lifted for a look at one pod by these counters; the others, and what follows them, need not know of it.
    @discardableResult
    mutating func unplace(_ slot: Int, trial: Bool = false, isOnlyLifted: Bool = false, asked: AskedCounters? = nil) -> PlacedPod {
        let entry = placed[slot]!
        placed[slot] = nil
        placements += 1
        nodes.podSlots[entry.row].removeAll { $0 == slot }
        account(entry, -1, trial: trial, asked)
        if !isOnlyLifted { releaseClass(entry.podClass) }
        if !trial { nodes.releaseIfUnused(entry.row) }
        return entry
    }

    /// Whether a placed pod has a lower priority than `priority`.
    func isAnyPlaced(below priority: Int) -> Bool { priorities.first.map { $0.priority < priority } ?? false }

    private mutating func count(priority: Int, _ sign: Int) {
        let index = priorities.firstIndex { $0.priority >= priority } ?? priorities.count
        if index == priorities.count || priorities[index].priority != priority { priorities.insert((priority, 0), at: index) }
        priorities[index].pods += sign
        if priorities[index].pods == 0 { priorities.remove(at: index) }
    }

    private mutating func account(_ entry: PlacedPod, _ sign: Int, trial: Bool, _ asked: AskedCounters?) {
        let row = entry.row
        count(priority: entry.facts.priority, sign)
        if asked == nil { nodes.touch(row) }
        for amount in entry.requests { nodes.requested[amount.resource][row] &+= Int64(sign) &* amount.amount }
        nodes.nonZeroCPU[row] &+= Int64(sign) &* entry.nonZeroCPU
        nodes.nonZeroMemory[row] &+= Int64(sign) &* entry.nonZeroMemory
        for port in entry.facts.hostPorts {
            if sign > 0 {
                nodes.hostPorts[row].append(port)
            } else if let i = nodes.hostPorts[row].firstIndex(of: port) {
                nodes.hostPorts[row].remove(at: i)
            }
        }
        if nodes.objects[row] != nil { count(claims: entry.claims, sign) }
        count(entry, classes[entry.podClass]!.counters, sign, trial: trial, asked)
    }
    private mutating func count(_ entry: PlacedPod, _ matches: [PodClass.Match], _ sign: Int, trial: Bool, _ asked: AskedCounters?) {
        let row = entry.row
        for match in matches where !(asked?.leavesOut(match.counter) ?? false) {
            if counters[match.counter].leavesOutTerminating && entry.isTerminating && !trial { continue }
            add(sign * match.multiplicity, to: match.counter, row: row)
        }
    }
    mutating func add(_ delta: Int, to counter: Int, row: Int) {
        if row >= counters[counter].perNode.count {
            counters[counter].perNode += Array(
                repeating: 0, count: nodes.count - counters[counter].perNode.count)
        }
        counters[counter].perNode[row] += Int32(delta)
        counters[counter].changed.note(row, of: nodes.count)
        for view in counters[counter].views { views[view].add(delta, row: row) }
    }

    mutating func compile(_ resources: Resources) -> [ResourceAmount] {
        var result: [ResourceAmount] = []
        if resources.milliCPU != 0 { result.append(ResourceAmount(resource: 0, amount: resources.milliCPU)) }
        if resources.memory != 0 { result.append(ResourceAmount(resource: 1, amount: resources.memory)) }
        if resources.ephemeralStorage != 0 {
            result.append(ResourceAmount(resource: 2, amount: resources.ephemeralStorage))
        }
        for scalar in resources.scalars {
            result.append(ResourceAmount(resource: nodes.resource(scalar.name), amount: scalar.amount))
        }
        return result
    }

    // MARK: Nominations

    /// Remembers that room is kept for `pod` on its nominated node.
    mutating func setNominated(_ pod: Pod?, slot: Int) {
        let name = pod?.status.nominatedNodeName ?? ""
        if name.isEmpty {
            if nominated.removeValue(forKey: slot) != nil { nominatedSlots.removeAll { $0 == slot } }
            return
        }
        if nominated[slot] == nil {
            nominatedSlots.append(slot)
            nominatedSlots.sort()
        }
        let entry = makeEntry(pod!, row: nodes.makeRow(name))
        // Its terms must be known before others are compiled: it is put on its node only while they are filtered.
        for term in entry.facts.carriedTerms { _ = counter(.carrying(term)) }
        nominated[slot] = entry
    }

    // MARK: Facts

    /// The facts of the pod's template. Same spec, labels, namespace and owner give the same object.
    mutating func facts(of pod: Pod) -> PodFacts {
        let identity = pod.spec.identity
        if let known = factsBySpec[identity] {
            for facts in known
            where facts.namespace == pod.metadata.namespace && facts.labels == pod.metadata.labels
                && facts.owner?.uid == pod.metadata.controller?.uid
            { return facts }
        }
        // Most of them are then of templates that are gone.
        if factsCount > 256 + 4 * classNumbers.count {
            (factsBySpec, costs) = ([:], [:])
            factsCount = 0
        }
        let facts = PodFacts(pod, profile: profile)
        factsBySpec[identity, default: []].append(facts)
        factsCount += 1
        return facts
    }
}
