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
        let knowsHopeless = state.profile.fitTooLargeIsUnresolvable
        pass.reject(.nodeResourcesFit) { row in
            var short: UInt64 = Int64(nodes.podSlots[row].count) + 1 > nodes.podLimit[row] ? 1 : 0
            var hopeless = false
            for (i, want) in demand.enumerated() {
                let allocatable = nodes.allocatable[want.resource][row]
                if want.amount > nodes.free(want.resource, row) {
                    short |= 2 << UInt64(i)
                    if want.amount > allocatable { hopeless = knowsHopeless }
                }
            }
            return short == 0 ? nil : (.resources(short), hopeless)
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
