// A group that may not leave one topology domain: which domain takes it.

import ControlPlane
import KubernetesAPI

extension Scheduler {
    /// Tries the group in each domain of the node label `key` and takes the best of those that hold it. The state is the same
    /// afterwards.
    ///
    /// The order of domains is by name; how the two scores are weighed and that the tighter domain is better is a *judgement*.
    /// - Source: Kubernetes v1.37 `pkg/scheduler/schedule_one_podgroup.go`; gang-scheduling.md §4.1.
    mutating func findDomain(_ group: GroupInCycle, _ key: String, _ cluster: Cluster) -> GroupPlan {
        let domains = domains(of: group.number, key)
        let nominated = Set(group.waiting.compactMap { queue[$0]?.pod.status.nominatedNodeName }.filter { !$0.isEmpty })
        let preferred = domains.filter { domain in nominated.contains { state.nodes.row($0).map { domain.nodes[$0] } ?? false } }
        if state.profile.has(.podGroupCycle), nominated.count > 0, preferred.count == 1 {
            let plan = findPlaces(group, within: preferred[0].nodes, cluster)
            if plan.refusal == nil { return plan }
        }
        var first: GroupPlan?
        var found: [(plan: GroupPlan, fill: Double)] = []
        for domain in domains {
            let plan = findPlaces(group, within: domain.nodes, cluster)
            if plan.refusal == nil { found.append((plan, fill(domain.nodes, plan))) }
            if first == nil { first = plan }
        }
        let most = found.map(\.plan.placed.count).max() ?? 1
        func score(_ one: (plan: GroupPlan, fill: Double)) -> Double { Double(one.plan.placed.count) / Double(max(1, most)) + one.fill }
        // The first of equal ones.
        if let best = found.indices.min(by: { score(found[$0]) != score(found[$1]) ? score(found[$0]) > score(found[$1]) : $0 < $1 }) {
            return found[best].plan
        }
        var plan = first ?? GroupPlan(refusal: "")
        let status = plan.refusal ?? ""
        plan.refusal = "0/\(domains.count) placements are available" + (first == nil ? "" : ", first placement status: \(status)")
        return plan
    }

    /// The domains that the group may be in, by name: only the one where pods of it are already, if there are some.
    func domains(of number: Int, _ key: String) -> [(name: String, nodes: NodeMask)] {
        let taken = Set((state.groups?[number]?.slots ?? []).compactMap { state.placedPod($0) }.compactMap { state.nodes.labels($0.row)[key] })
        return allDomains(key).filter { taken.isEmpty || taken.contains($0.name) }
    }

    /// All domains of the node label `key`, by name.
    func allDomains(_ key: String) -> [(name: String, nodes: NodeMask)] {
        var byName: [String: NodeMask] = [:]
        state.nodes.present.forEach { row in
            guard let name = state.nodes.labels(row)[key] else { return }
            byName[name, default: NodeMask(count: state.nodes.count)][row] = true
        }
        return byName.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// How full the domain is with the pods of the plan: the mean of the shares of CPU and memory, 0…1.
    private func fill(_ nodes: NodeMask, _ plan: GroupPlan) -> Double {
        var used = [Double](repeating: 0, count: 2)
        var all = used
        for row in nodes.members {
            for resource in 0..<2 {
                used[resource] += Double(state.nodes.requested[resource][row])
                all[resource] += Double(state.nodes.allocatable[resource][row])
            }
        }
        for place in plan.placed {
            for want in place.cycle.demand.requests where want.resource < 2 { used[want.resource] += Double(want.amount) }
        }
        let shares = (0..<2).filter { all[$0] > 0 }.map { used[$0] / all[$0] }
        return shares.isEmpty ? 0 : shares.reduce(0, +) / Double(shares.count)
    }
}
