import ControlPlane
import KubernetesAPI
import SimulationKit

// What must hold, looked at while the scheduler works. In debug builds only: tests run with it, users do not pay for it.
#if DEBUG
    extension Scheduler {
        /// A decision is legal at this moment, whatever ranking, gates and sampling led here: it passes every filter, asked
        /// plainly of this one node, and what matters most is looked at once more without plugins and counts.
        func auditDecision(_ cycle: Cycle, row: Int, _ store: ObjectStore) {
            func refuse(_ why: String) -> Never {
                preconditionFailure("\(cycle.pod.key) was given \(state.nodes.names[row]) \(why)")
            }
            if let rejection = state.filter(cycle, store, row: row) {
                let words = rejection.reason.words(cycle.demand, state).joined(separator: ", ")
                refuse("which \(rejection.plugin.rawValue) refuses: \(words)")
            }
            if cycle.settings.runs(.nodeResourcesFit), let short = state.overcommitted(cycle, row: row) { refuse("which lacks \(short)") }
            if cycle.settings.runs(.nodePorts), state.sharesPort(cycle, row: row) { refuse("where its host port is taken") }
            if cycle.settings.runs(.volumeRestrictions), let claim = state.claimInUse(cycle, store) {
                refuse("although another pod uses the ReadWriteOncePod claim \(claim)")
            }
            // The rest looks at all pods: with many of them only now and then.
            if state.placed.count > 1000, state.placed.count % 64 != 0 { return }
            if cycle.settings.runs(.interPodAffinity), let other = state.neighbourKeptAway(cycle, row: row) {
                refuse("next to \(other), from which required anti-affinity keeps it")
            }
            if cycle.settings.runs(.podTopologySpread), let rule = state.brokenSpread(cycle, row: row) {
                refuse("which makes the skew over \(rule.constraint.topologyKey) exceed \(rule.maxSkew)")
            }
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

    // The same rules once more, from the objects.
    extension SchedulingState {
        private func pods(on row: Int) -> [PlacedPod] { nodes.podSlots[row].map { placed[$0]! } }

        fileprivate func overcommitted(_ cycle: Cycle, row: Int) -> String? {
            let here = pods(on: row)
            guard let node = nodes.objects[row] else { return "a Node object" }
            if Int64(here.count) >= node.status.allocatable["pods"]?.value ?? 0 { return "room for a pod" }
            for want in cycle.demand.requests {
                let used = here.reduce(Int64(0)) { sum, pod in
                    sum.saturatingAdd(pod.requests.lazy.map { $0.resource == want.resource ? $0.amount : 0 }.saturatingSum)
                }
                let name = nodes.resourceNames[want.resource]
                let all = node.status.allocatable[name].map { name == "cpu" ? $0.milliValue : $0.value } ?? 0
                if want.amount > 0, used.saturatingAdd(want.amount) > all { return name }
            }
            return nil
        }

        fileprivate func sharesPort(_ cycle: Cycle, row: Int) -> Bool {
            let wanted = cycle.demand.facts.hostPorts
            return !wanted.isEmpty
                && pods(on: row).contains { other in other.facts.hostPorts.contains { taken in wanted.contains { $0.conflicts(taken) } } }
        }

        fileprivate func claimInUse(_ cycle: Cycle, _ store: ObjectStore) -> ObjectKey? {
            let names = cycle.demand.facts.claimNames(podName: cycle.pod.metadata.name)
            return names.map { ObjectKey(namespace: cycle.demand.facts.namespace, name: $0) }.first { key in
                store.persistentVolumeClaims[key]?.spec.accessModes.contains("ReadWriteOncePod") ?? false
                    && placed.contains { pod in pod.map { $0.claims.contains(key) && nodes.objects[$0.row] != nil } ?? false }
            }
        }

        /// A placed pod in the same domain that a required anti-affinity term of one of the two means.
        fileprivate func neighbourKeptAway(_ cycle: Cycle, row: Int) -> ObjectKey? {
            let facts = cycle.demand.facts
            let labels = nodes.labels(row)
            func apart(_ terms: [AffinityTerm], _ meant: PodFacts, _ other: Int) -> Bool {
                terms.contains { term in
                    guard let value = labels[term.topologyKey], nodes.labels(other)[term.topologyKey] == value else { return false }
                    return term.matches(
                        labels: meant.labels, namespace: meant.namespace, namespaceLabels: namespaceLabels[meant.namespace] ?? [:])
                }
            }
            for case let pod? in placed
            where apart(facts.requiredAntiAffinity, pod.facts, pod.row) || apart(pod.facts.requiredAntiAffinity, facts, pod.row) {
                return pod.pod.key
            }
            return nil
        }

        /// The first hard constraint that one more pod on the node would break.
        fileprivate func brokenSpread(_ cycle: Cycle, row: Int) -> SpreadRule? {
            let facts = cycle.demand.facts
            return cycle.demand.hardSpread.first { rule in
                let key = rule.constraint.topologyKey
                var domains: [String: Int] = [:]
                let isCounted = (0..<nodes.count).map { counts(views[rule.view].key, row: $0) }
                for other in isCounted.indices where isCounted[other] { domains[nodes.labels(other)[key]!] = 0 }
                if let selector = rule.selector, !selector.isEmpty {
                    for case let pod? in placed
                    where isCounted[pod.row] && !pod.isTerminating && pod.facts.namespace == facts.namespace
                        && selector.matches(pod.facts.labels)
                    { domains[nodes.labels(pod.row)[key]!]! += 1 }
                }
                let minimum = domains.count < rule.minDomains ? 0 : domains.values.min() ?? 0
                return domains[nodes.labels(row)[key] ?? "", default: 0] + rule.selfMatch - minimum > rule.maxSkew
            }
        }

        /// Whether the node is one whose pods count for a view.
        private func counts(_ key: ViewKey, row: Int) -> Bool {
            guard let node = nodes.objects[row], node.metadata.labels[key.topologyKey] != nil else { return false }
            return key.requiredKeys.allSatisfy { node.metadata.labels[$0] != nil }
                && [key.affinityMask, key.taintMask].allSatisfy { $0.map { masks[$0].rule.allows(node, profile) } ?? true }
        }

        func auditCounts() {
            var requested = nodes.requested.map { $0.map { _ in Int64(0) } }
            var slots: [[Int]] = Array(repeating: [], count: nodes.count)
            var ports: [[HostPort]] = Array(repeating: [], count: nodes.count)
            var users: [ObjectKey: Int] = [:]
            var perNode = counters.map { _ in Array(repeating: Int32(0), count: nodes.count) }
            for (slot, pod) in placed.enumerated() {
                guard let pod else { continue }
                slots[pod.row].append(slot)
                for amount in pod.requests { requested[amount.resource][pod.row] &+= amount.amount }
                ports[pod.row] += pod.facts.hostPorts
                if nodes.objects[pod.row] != nil { for claim in pod.claims { users[claim, default: 0] += 1 } }
                for (i, counter) in counters.enumerated() where !(counter.leavesOutTerminating && pod.isTerminating) {
                    perNode[i][pod.row] += Int32(multiplicity(of: pod.facts.classKey, in: counter.key))
                }
            }
            precondition(requested == nodes.requested, "the sums of requests are wrong")
            precondition(users == claimUsers, "the users of claims are wrong")
            for row in 0..<nodes.count {
                precondition(slots[row] == nodes.podSlots[row].sorted(), "the pods of \(nodes.names[row]) are wrong")
                precondition(
                    ports[row].count == nodes.hostPorts[row].count && ports[row].allSatisfy(nodes.hostPorts[row].contains),
                    "the ports of \(nodes.names[row]) are wrong")
            }
            for (i, counter) in counters.enumerated() {
                for row in 0..<nodes.count { precondition(Int(perNode[i][row]) == counter.count(row), "a count of pods is wrong on \(nodes.names[row])") }
            }
            for view in views {
                var pods = view.pods.map { _ in Int32(0) }
                for (row, domain) in view.domainOf.enumerated() where domain >= 0 { pods[Int(domain)] += Int32(counters[view.key.counter].count(row)) }
                precondition(pods == view.pods, "the pods of the domains of \(view.key.topologyKey) are wrong")
                if view.journal == nodes.changes(withTaints: view.key.taintMask != nil).end {
                    for row in 0..<nodes.count {
                        let domain = row < view.domainOf.count ? Int(view.domainOf[row]) : -1
                        let value = counts(view.key, row: row) ? nodes.labels(row)[view.key.topologyKey] : nil
                        precondition(value == (domain < 0 ? nil : columns[view.column].values[domain]), "the domain of \(nodes.names[row]) is wrong")
                    }
                }
                let counted = view.pods.indices.filter { view.nodes[$0] > 0 }.map { Int(view.pods[$0]) }
                precondition(view.domains == counted.count && view.minimum == counted.min() ?? 0, "the minimum over \(view.key.topologyKey) is wrong")
            }
        }
    }
#endif
