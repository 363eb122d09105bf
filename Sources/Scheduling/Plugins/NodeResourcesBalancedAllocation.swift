import KubernetesAPI

/// Prefers nodes whose CPU and memory are used to the same share.
///
/// - Source: Kubernetes `pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go`.
enum NodeResourcesBalancedAllocation {
    static let plugin = Plugin(
        name: .nodeResourcesBalancedAllocation,
        points: .score,
        scoreScope: .node,
        score: score)

    @Sendable static func score(
        _ cycle: Cycle, _ state: SchedulingState, _ rows: [Int], _ scores: inout [Int]
    ) -> Bool {
        let profile = state.profile
        let (cpu, memory) = (cycle.balancedCPU, cycle.balancedMemory)
        let isPlain = cycle.settings.balancedResources == ["cpu", "memory"]
        let wantsOther = !isPlain && cycle.demand.requests.contains { cycle.settings.balancedResources.contains(state.nodes.resourceNames[$0.resource]) }
        if cpu == 0 && memory == 0 && !wantsOther && profile.bestEffortBalancedAllocationSkipped { return false }
        let nodes = state.nodes
        let countsChange = profile.balancedAllocationFormula == .improvement
        if !isPlain {
            for (i, row) in rows.enumerated() {
                let use = cycle.settings.balancedResources.compactMap { state.use(of: $0, cycle, row: row, isNonZero: false) }
                let with = balance(use.map { ($0.requested, $0.allocatable) })
                scores[i] = countsChange ? 50 + (50 + with - balance(use.map { ($0.requested &- $0.own, $0.allocatable) })) / 2 : with
            }
            return true
        }
        for (i, row) in rows.enumerated() {
            let usedCPU = nodes.requested[0][row]
            let usedMemory = nodes.requested[1][row]
            func balance(_ cpu: Int64, _ memory: Int64) -> Int {
                Self.balance(cpu, of: nodes.allocatable[0][row], memory, of: nodes.allocatable[1][row])
            }
            let with = balance(usedCPU &+ cpu, usedMemory &+ memory)
            // By improvement it is the change that counts, around 75.
            scores[i] = countsChange ? 50 + (50 + with - balance(usedCPU, usedMemory)) / 2 : with
        }
        return true
    }

    /// The same for any number of resources: half the difference of two, the standard deviation of more.
    static func balance(_ use: [(requested: Int64, allocatable: Int64)]) -> Int {
        let shares = use.map { max(0, min(1, Double($0.requested) / Double($0.allocatable))) }
        if shares.count < 2 { return 100 }
        if shares.count == 2 { return Int((1 - abs((shares[0] - shares[1]) / 2)) * 100) }
        let mean = shares.reduce(0, +) / Double(shares.count)
        let variance = shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(shares.count)
        return Int((1 - variance.squareRoot()) * 100)
    }

    /// 100 for equal shares, less by their standard deviation; a resource that the node lacks is left out.
    static func balance(_ cpu: Int64, of cpuTotal: Int64, _ memory: Int64, of memoryTotal: Int64) -> Int {
        guard cpuTotal > 0, memoryTotal > 0 else { return 100 }
        let a = max(0, min(1, Double(cpu) / Double(cpuTotal)))
        let b = max(0, min(1, Double(memory) / Double(memoryTotal)))
        return Int((1 - abs((a - b) / 2)) * 100)
    }
}
