import ControlPlane
import KubernetesAPI
import SimulationKit

/// Refuses nodes without room; prefers nodes with much left (LeastAllocated).
enum NodeResourcesFit {
    static let plugin = Plugin(
        name: .nodeResourcesFit,
        title: "fit",
        points: [.filter, .score],
        filterScope: .node,
        filter: filter,
        scoreScope: .node,
        score: score,
        events: [.nodes, .podGone],
        hint: hint,
        words: words,
        detail: detail,
        remedies: [RemedyRule(rank: 70, find: smallerRequests), RemedyRule(rank: 80, find: smallerNeighbour)])

    @Sendable static func filter(
        _ cycle: Cycle, _ state: SchedulingState, _ store: ObjectStore, _ pass: inout FilterPass
    ) {
        let nodes = state.nodes
        let demand = cycle.demand.requests
        pass.reject(.nodeResourcesFit) { row in
            if nodes.isFull(row) { return true }
            for want in demand where nodes.isShort(of: want, row) { return true }
            return false
        } because: { row in
            var short = Shortage(ofPods: nodes.isFull(row))
            var hopeless = false
            for (i, want) in demand.enumerated() where nodes.isShort(of: want, row) {
                short.insert(i)
                if want.amount > nodes.allocatable[want.resource][row] { hopeless = state.profile.fitTooLargeIsUnresolvable }
            }
            return (.resources(short), hopeless)
        }
    }

    /// - Source: Kubernetes `pkg/scheduler/framework/plugins/noderesources/least_allocated.go`.
    @Sendable static func score(
        _ cycle: Cycle, _ state: SchedulingState, _ rows: [Int], _ scores: inout [Int]
    ) -> Bool {
        let nodes = state.nodes
        if !cycle.settings.fit.isDefault {
            let strategy = cycle.settings.fit
            for (i, row) in rows.enumerated() {
                scores[i] = strategy.score(
                    strategy.resources.compactMap { resource in
                        state.use(of: resource.name, cycle, row: row, isNonZero: true).map { (max(0, $0.requested), $0.allocatable, resource.weight) }
                    })
            }
            return true
        }
        func part(_ requested: Int64, of allocatable: Int64) -> Int64 {
            guard 0...allocatable ~= requested else { return 0 }
            let (product, overflow) = (allocatable - requested).multipliedReportingOverflow(by: 100)
            return overflow ? (allocatable - requested).proportion(100, of: allocatable) : product / allocatable
        }
        for (i, row) in rows.enumerated() {
            let (cpu, memory) = (nodes.allocatable[0][row], nodes.allocatable[1][row])
            var sum: Int64 = 0
            var weights: Int64 = 0
            if cpu > 0 {
                sum += part(nodes.nonZeroCPU[row] &+ cycle.demand.nonZeroCPU, of: cpu)
                weights += 1
            }
            if memory > 0 {
                sum += part(nodes.nonZeroMemory[row] &+ cycle.demand.nonZeroMemory, of: memory)
                weights += 1
            }
            scores[i] = weights == 0 ? 0 : Int(sum / weights)
        }
        return true
    }
}

/// What a node has too little of: pods, and resources by their place in the pod's demand, however many it asks for.
struct Shortage: Sendable, Hashable {
    /// Bit 0: pods; bit 1 + i: the i-th resource.
    private var first: UInt64
    /// Further resources: the first bit is the 64th place.
    private var rest: [UInt64] = []

    init(ofPods: Bool) { first = ofPods ? 1 : 0 }

    var isOfPods: Bool { first & 1 != 0 }
    func contains(_ place: Int) -> Bool {
        let bit = place + 1
        if bit < 64 { return first & (1 << UInt64(bit)) != 0 }
        return bit / 64 - 1 < rest.count && rest[bit / 64 - 1] & (1 << UInt64(bit % 64)) != 0
    }
    mutating func insert(_ place: Int) {
        let bit = place + 1
        if bit < 64 {
            first |= 1 << UInt64(bit)
            return
        }
        while rest.count < bit / 64 { rest.append(0) }
        rest[bit / 64 - 1] |= 1 << UInt64(bit % 64)
    }
}

extension NodeColumns {
    /// Whether one more pod is too many.
    func isFull(_ row: Int) -> Bool { Int64(podSlots[row].count) + 1 > podLimit[row] }
    /// Whether too little is left of what is wanted.
    @inline(__always)
    func isShort(of want: ResourceAmount, _ row: Int) -> Bool {
        want.amount > free(want.resource, row)
    }
}

extension NodeResourcesFit {
    /// Whether `event` may make a pod fit that the plugin refused: the closer look of 1.32 and later.
    @Sendable static func hint(_ state: inout SchedulingState, _ entry: QueuedPod, _ event: ClusterEvent, _ settings: SchedulingProfile) -> Bool {
        switch event {
        case .nodeAdded(let node):
            guard let row = state.nodes.row(node.metadata.name) else { return false }
            return state.fits(entry.pod, row: row, empty: true)
        case .nodeChanged(let node, let old):
            guard let row = state.nodes.row(node.metadata.name), state.fits(entry.pod, row: row, empty: true) else { return false }
            let (new, before) = (node.status.allocatable, old.status.allocatable)
            if new["pods"]?.value ?? 0 > before["pods"]?.value ?? 0 { return true }
            let wanted = entry.pod.requests(RequestRules(pending: state.profile))
            let (grown, was) = (Resources(new), Resources(before))
            return (["cpu", "memory", "ephemeral-storage"] + wanted.scalars.map(\.name)).contains { wanted[$0] > 0 && grown[$0] > was[$0] }
        case .assignedPodDeleted: return true
        case .assignedPodChanged(let pod, let old): return state.scaledDown(pod, old)
        case .podItselfChanged(let pod, let old):
            let rules = RequestRules(pending: state.profile)
            return pod.requests(rules) != old.requests(rules)
        default: return false
        }
    }
}

extension Reason {
    static func resources(_ short: Shortage) -> Reason { Reason(.nodeResourcesFit, .shortage(short)) }
}

extension NodeResourcesFit {
    @Sendable private static func words(_ reason: Reason, _ demand: PodDemand, _ state: SchedulingState) -> [String] {
        guard case .shortage(let short) = reason.subject else { return [] }
        var result = short.isOfPods ? ["Too many pods"] : []
        for (i, amount) in demand.requests.enumerated() where short.contains(i) {
            result.append("Insufficient \(state.nodes.resourceNames[amount.resource])")
        }
        return result
    }
    @Sendable private static func detail(_ reason: Reason, _ row: Int, _ cycle: Cycle, _ state: SchedulingState) -> String {
        guard case .shortage(let short) = reason.subject else { return "" }
        let nodes = state.nodes
        var parts = short.isOfPods ? ["pods: \(nodes.podSlots[row].count) of \(nodes.podLimit[row])"] : []
        for (i, want) in cycle.demand.requests.enumerated() where short.contains(i) {
            let free = nodes.free(want.resource, row)
            func text(_ amount: Int64) -> String {
                switch want.resource {
                case 0: Quantity(milli: amount).description
                case 1, 2: Quantity(bytes: amount).description
                default: String(amount)
                }
            }
            parts.append("\(nodes.resourceNames[want.resource]): \(text(want.amount)) asked, \(text(max(0, free))) free")
        }
        return parts.joined(separator: ", ")
    }

    // MARK: Remedies

    /// The free amount of a resource on a node.
    private static func free(_ name: String, _ resource: Int, _ state: SchedulingState) -> Int64 {
        guard let row = state.nodes.row(name) else { return 0 }
        return state.nodes.free(resource, row)
    }
    private static func amount(_ container: Container, _ resource: String) -> Int64 { Resources(container.resources.requests)[resource] }
    private static func quantity(_ amount: Int64, _ resource: String) -> Quantity {
        resource == "cpu" ? Quantity(milli: amount) : Quantity(bytes: (amount >> 20) << 20)
    }

    /// The pod's own requests, cut to what is free on the emptiest node that lacks nothing else.
    private static func smallerRequests(_ search: inout RemedySearch) {
        let (state, pod) = (search.state, search.pod)
        for (number, resource) in ["cpu", "memory"].enumerated() {
            let short = search.stopped(onlyBy: [.nodeResourcesFit]).filter { $0.refusal?.reasons == ["Insufficient \(resource)"] }
            guard let room = short.map({ free($0.node, number, state) }).max() else { continue }
            let containers = pod.spec.containers
            guard let i = containers.indices.max(by: { amount(containers[$0], resource) < amount(containers[$1], resource) }),
                let present = containers[i].resources.requests[resource]
            else { continue }
            let fitting = room.saturatingSubtract(
                pod.requests(RequestRules(pending: state.profile))[resource].saturatingSubtract(amount(containers[i], resource)))
            guard fitting > 0 else { continue }
            let wanted = quantity(fitting, resource)
            search.tryPod("\(resource) request \(present) to \(wanted)", cost: "new rollout") { $0.containers[i].resources.requests[resource] = wanted }
        }
    }

    /// Another pod's request, cut by what is missing on the node that lacks least.
    private static func smallerNeighbour(_ search: inout RemedySearch) {
        let (state, pod) = (search.state, search.pod)
        for (number, resource) in ["cpu", "memory"].enumerated() {
            let wanted = pod.requests(RequestRules(pending: state.profile))[resource]
            let short = search.stopped(onlyBy: [.nodeResourcesFit]).filter { $0.refusal?.reasons == ["Insufficient \(resource)"] }
            guard let node = short.max(by: { free($0.node, number, state) < free($1.node, number, state) })?.node, let row = state.nodes.row(node) else {
                continue
            }
            let missing = wanted.saturatingSubtract(free(node, number, state))
            var best: (slot: Int, container: Int, amount: Int64)?
            for slot in state.nodes.podSlots[row] {
                guard let placed = state.placedPod(slot), placed.pod.metadata.namespace != "kube-system" else { continue }
                for (i, container) in placed.pod.spec.containers.enumerated() {
                    let asked = amount(container, resource)
                    if asked > missing, asked > best?.amount ?? 0 { best = (slot, i, asked) }
                }
            }
            guard let best, var other = state.placedPod(best.slot)?.pod else { continue }
            let container = other.spec.containers[best.container]
            let left = quantity(best.amount.saturatingSubtract(missing), resource)
            other.spec.containers[best.container].resources.requests[resource] = left
            other.status = Shared(PodStatus())
            search.tryState(
                .resize(pod: other.key, container: container.name, requests: [resource: left]),
                "resize \(other.name) on \(node): \(resource) \(container.resources.requests[resource]!) to \(left)", cost: "one resize"
            ) { fork in
                fork.remove(podAt: best.slot)
                fork.note(pod: other, slot: best.slot)
            }
        }
    }
}
