// Why a node was refused, in short words for a screen.

import KubernetesAPI
import SimulationKit

extension SchedulingState {
    /// The numbers and names behind a refusal, which the scheduler knows and does not tell: which constraint, which
    /// domain, how much is missing. Empty if the reason says it all.
    func detail(_ rejection: Rejection, row: Int, _ cycle: Cycle) -> String {
        let demand = cycle.demand
        guard let node = nodes.objects[row] else { return "" }
        switch rejection.reason {
        case .unschedulable: return "cordoned"
        case .taint:
            let taints = node.spec.taints.filter { taint in
                (taint.effect == TaintEffect.noSchedule || taint.effect == TaintEffect.noExecute) && !demand.facts.spec.tolerations.tolerate(taint, profile)
            }
            return "taint " + taints.map(\.text).joined(separator: ", ")
        case .nodeAffinity: return selectionDetail(demand.facts.nodeSelection, node)
        case .ports:
            let taken = demand.facts.hostPorts.filter { port in nodes.hostPorts[row].contains { $0.conflicts(port) } }
            return "taken: " + taken.map { "\($0.port)/\($0.protocol)" }.joined(separator: ", ")
        case .resources(let short): return shortage(short, row, demand)
        case .spreadLabel:
            let missing = demand.hardSpread.first { columns[views[$0.view].column].value(row) < 0 }
            return missing.map { "no label \($0.constraint.topologyKey)" } ?? ""
        case .spreadSkew: return skewDetail(row, demand)
        case .podAffinity:
            let alone = demand.affinity.first { views[$0].count(columns[views[$0].column].value(row)) == 0 }
            guard let alone, let place = domain(alone, row) else {
                return alone.map { "no label \(columns[views[$0].column].key)" } ?? ""
            }
            return "\(place): none of the pods it must be with"
        case .podAntiAffinity: return crowd(demand.antiAffinity, row, "that it must not be with")
        case .existingAntiAffinity: return crowd(demand.existingAntiAffinity, row, "that will not have it near")
        default: return ""
        }
    }

    /// `zone eu-a`: the row's domain in a view; nil without the label.
    private func domain(_ view: Int, _ row: Int) -> String? {
        let column = columns[views[view].column]
        let value = column.value(row)
        return value < 0 ? nil : "\(Self.short(column.key)) \(column.values[value])"
    }
    /// The last part of a label's key: `zone` of `topology.kubernetes.io/zone`.
    static func short(_ key: String) -> String { String(key.split(separator: "/").last ?? "") }

    private func crowd(_ views: [Int], _ row: Int, _ words: String) -> String {
        for view in views {
            let count = self.views[view].count(columns[self.views[view].column].value(row))
            guard count > 0, let place = domain(view, row) else { continue }
            return "\(place): \(counted(count, "pod")) \(words)"
        }
        return ""
    }

    private func skewDetail(_ row: Int, _ demand: PodDemand) -> String {
        for rule in demand.hardSpread {
            let view = views[rule.view]
            let count = view.count(columns[view.column].value(row))
            let minimum = rule.effectiveMinimum(view)
            let skew = count + rule.selfMatch - minimum
            guard skew > rule.maxSkew, let place = domain(rule.view, row) else { continue }
            let few = view.domains < rule.minDomains ? ", minDomains \(rule.minDomains) of \(view.domains)" : ""
            return "\(place): \(count)+\(rule.selfMatch)-\(minimum) = \(skew) > \(rule.maxSkew)\(few)"
        }
        return ""
    }

    private func shortage(_ short: Shortage, _ row: Int, _ demand: PodDemand) -> String {
        var parts = short.isOfPods ? ["pods: \(nodes.podSlots[row].count) of \(nodes.podLimit[row])"] : []
        for (i, want) in demand.requests.enumerated() where short.contains(i) {
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

    private func selectionDetail(_ selection: NodeSelection, _ node: Node) -> String {
        let labels = node.metadata.labels
        let missed = selection.labels.entries.filter { labels[$0.key] != $0.value }.map { "\($0.key)=\($0.value)" }
        if !missed.isEmpty { return "wants " + missed.joined(separator: ", ") }
        let terms = selection.required?.nodeSelectorTerms ?? []
        let unmet = terms.map { term in
            (term.matchExpressions.filter { !$0.matches(labels) } + term.matchFields).map(\.canonical).joined(separator: ", ")
        }
        return "wants " + unmet.joined(separator: " or ")
    }
}
