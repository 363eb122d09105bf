import ControlPlane
import KubernetesAPI

// What must hold, looked at while the scheduler works. In debug builds only: tests run with it, users do not pay for it.
#if DEBUG
extension Scheduler {
    /// A decision passes every filter, asked plainly of this one node: room, host ports, ReadWriteOncePod claims, pod
    /// affinity in both directions, and the skew of hard constraints are legal at this moment, whatever ranking, gates
    /// and sampling led here.
    func auditDecision(_ cycle: Cycle, row: Int, _ store: ObjectStore) {
        guard let rejection = state.filter(cycle, store, row: row) else { return }
        preconditionFailure(
            "\(cycle.pod.key) was given \(state.nodes.names[row]), which \(rejection.plugin.rawValue) refuses: "
                + rejection.reason.words(cycle.demand, state).joined(separator: ", "))
    }

    /// All that is kept incrementally equals what is counted anew. A look costs O(pods × counters), so it comes after
    /// each event only while there are few pods; with many, once for as many events as there are pods.
    mutating func auditCounts() {
        eventsUntilAudit -= 1
        if eventsUntilAudit > 0 { return }
        eventsUntilAudit = 8 * state.placed.count
        state.auditCounts()
    }
}

extension SchedulingState {
    func auditCounts() {
        var requested = nodes.requested.map { $0.map { _ in Int64(0) } }
        var slots: [[Int]] = Array(repeating: [], count: nodes.count)
        var ports: [[HostPort]] = Array(repeating: [], count: nodes.count)
        var users: [ObjectKey: Int] = [:]
        var perNode = counters.map { _ in Array(repeating: Int32(0), count: nodes.count) }
        for (slot, pod) in placed.enumerated() {
            guard let pod else { continue }
            slots[pod.row].append(slot)
            for amount in pod.requests { requested[amount.resource][pod.row] += amount.amount }
            ports[pod.row] += pod.facts.hostPorts
            for claim in pod.claims { users[claim, default: 0] += 1 }
            let key = PodClass.Key(namespace: pod.facts.namespace, labels: pod.facts.labels, carried: pod.facts.carried)
            for (i, counter) in counters.enumerated() where !(counter.leavesOutTerminating && pod.isTerminating) {
                perNode[i][pod.row] += Int32(multiplicity(of: key, in: counter.key))
            }
        }
        precondition(requested == nodes.requested, "the sums of requests are wrong")
        precondition(users == claimUsers, "the users of claims are wrong")
        for row in 0..<nodes.count {
            precondition(slots[row] == nodes.podSlots[row].sorted(), "the pods of \(nodes.names[row]) are wrong")
            precondition(ports[row].count == nodes.hostPorts[row].count && ports[row].allSatisfy(nodes.hostPorts[row].contains), "the ports of \(nodes.names[row]) are wrong")
        }
        for (i, counter) in counters.enumerated() {
            for row in 0..<nodes.count { precondition(Int(perNode[i][row]) == counter.count(row), "a count of pods is wrong on \(nodes.names[row])") }
        }
        for view in views {
            var pods = view.pods.map { _ in Int32(0) }
            for (row, domain) in view.domainOf.enumerated() where domain >= 0 { pods[Int(domain)] += Int32(counters[view.key.counter].count(row)) }
            precondition(pods == view.pods, "the pods of the domains of \(view.key.topologyKey) are wrong")
            let counted = view.pods.indices.filter { view.nodes[$0] > 0 }.map { Int(view.pods[$0]) }
            precondition(view.domains == counted.count && view.minimum == counted.min() ?? 0, "the minimum over \(view.key.topologyKey) is wrong")
        }
    }
}
#endif
