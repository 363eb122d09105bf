import ControlPlane
import KubernetesAPI
import SimulationKit

/// Refuses nodes without room; prefers nodes with much left (LeastAllocated).
enum NodeResourcesFit {
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
