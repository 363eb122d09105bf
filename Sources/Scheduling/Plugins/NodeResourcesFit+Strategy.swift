// How NodeResourcesFit ranks nodes by what is used of them, where a configuration asks for something else than LeastAllocated by CPU and
// memory.

import KubernetesAPI

/// A scoring strategy of NodeResourcesFit.
struct FitStrategy: Sendable {
    enum Kind: Sendable {
        case leastAllocated, mostAllocated
        case ratio(UtilizationShape)
    }
    var kind = Kind.leastAllocated
    /// Resources that count, and how much.
    var resources: [(name: String, weight: Int64)] = [("cpu", 1), ("memory", 1)]
    /// Whether it is what all releases do without a configuration.
    private(set) var isDefault = true

    init() {}
    init(_ written: ScoringStrategy?) {
        guard let written else { return }
        isDefault = false
        if !written.resources.isEmpty { resources = written.resources.map { ($0.name, Int64($0.weight == 0 ? 1 : $0.weight)) } }
        switch written.type {
        case "MostAllocated": kind = .mostAllocated
        case "RequestedToCapacityRatio": kind = .ratio(UtilizationShape(written.requestedToCapacityRatio?.shape ?? []))
        default: break
        }
    }

    /// The score of a node with these shares in use, with the pod on it; resources that the node lacks are not among them.
    ///
    /// - Source: Kubernetes `pkg/scheduler/framework/plugins/noderesources/{least_allocated,most_allocated,requested_to_capacity_ratio}.go`.
    func score(_ use: [(requested: Int64, allocatable: Int64, weight: Int64)]) -> Int {
        var sum: Int64 = 0
        var weights: Int64 = 0
        for (requested, allocatable, weight) in use {
            let score: Int64
            switch kind {
            case .leastAllocated: score = requested > allocatable ? 0 : (allocatable - requested).proportion(100, of: allocatable)
            case .mostAllocated: score = min(requested, allocatable).proportion(100, of: allocatable)
            case .ratio(let shape):
                score = shape.score(at: requested > allocatable ? 100 : requested.proportion(100, of: allocatable))
                // What scores nothing does not count at all.
                if score <= 0 { continue }
            }
            (sum, weights) = (sum + score * weight, weights + weight)
        }
        if weights == 0 { return 0 }
        if case .ratio = kind { return Int((Double(sum) / Double(weights)).rounded(.toNearestOrAwayFromZero)) }
        return Int(sum / weights)
    }
}

extension SchedulingProfile {
    /// Whether NodeResourcesFit is told to leave an extended resource to others.
    func ignores(_ resource: String) -> Bool {
        if ignoredResources.isEmpty && ignoredResourceGroups.isEmpty { return false }
        guard let slash = resource.firstIndex(of: "/") else { return false }
        return ignoredResources.contains(resource) || ignoredResourceGroups.contains(String(resource[..<slash]))
    }
}

extension SchedulingState {
    /// What the pod asks for of a resource, and what of it is used on the node of `row`, with the pod; nil if the node has none, or the
    /// pod wants none of an extended resource.
    ///
    /// - Parameter isNonZero: CPU and memory of containers that state none count with a default.
    /// - Source: Kubernetes `pkg/scheduler/framework/plugins/noderesources/resource_allocation.go`, `calculateResourceAllocatableRequest`.
    func use(of name: String, _ cycle: Cycle, row: Int, isNonZero: Bool) -> (own: Int64, requested: Int64, allocatable: Int64)? {
        guard let number = nodes.knownResource(name), nodes.allocatable[number][row] > 0 else { return nil }
        let all = nodes.allocatable[number][row]
        if isNonZero, number < 2 {
            let own = number == 0 ? cycle.demand.nonZeroCPU : cycle.demand.nonZeroMemory
            return (own, (number == 0 ? nodes.nonZeroCPU[row] : nodes.nonZeroMemory[row]) &+ own, all)
        }
        let own =
            switch number {
            case 0 where !isNonZero: cycle.balancedCPU
            case 1 where !isNonZero: cycle.balancedMemory
            default: cycle.demand.requests.first { $0.resource == number }?.amount ?? 0
            }
        if own == 0, number > 2 { return nil }
        return (own, nodes.requested[number][row] &+ own, all)
    }
}
