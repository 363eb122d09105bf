import ControlPlane
import KubernetesAPI
import Scheduling
import SimulationKit

// What expectations see, and how they say that it is not what they expect.
extension Expectation {
    /// What differs from what is expected, in words; nil if it holds.
    func difference(in simulation: Simulation) -> String? {
        let cluster = simulation.cluster
        if let spread {
            let key = ObjectKey(namespace: spread.namespace.isEmpty ? "default" : spread.namespace, name: spread.name)
            let groups = SpreadView.groups(of: cluster, configuration: simulation.options.scheduler).filter {
                $0.namespace == key.namespace && $0.owners.contains { $0.kind == spread.kind && $0.name == spread.name }
                    && $0.topologyKey == spread.topologyKey
            }
            guard let skew = groups.map({ spread.revision == nil ? $0.skewNow : $0.skewOfNewestRevision(spread.kind, key, in: cluster) }).max() else {
                return "\(spread.kind) \(key) has no spread constraint on \(spread.topologyKey) with pods"
            }
            let what = spread.revision == nil ? "skew" : "skew of the newest revision"
            if let most = spread.skewAtMost, skew > most { return "\(what) of \(spread.kind) \(key) over \(spread.topologyKey) is \(skew), expected at most \(most)" }
            if let least = spread.skewAtLeast, skew < least { return "\(what) of \(spread.kind) \(key) over \(spread.topologyKey) is \(skew), expected at least \(least)" }
            return nil
        }
        if let pods {
            let count = pods.count(in: cluster)
            return Self.difference(count, "pods" + pods.words, exactly: pods.count, atLeast: pods.atLeast, atMost: pods.atMost)
        }
        if let nodes {
            let count = nodes.count(in: cluster)
            return Self.difference(count, "nodes" + nodes.words, exactly: nodes.count, atLeast: nodes.atLeast, atMost: nodes.atMost)
        }
        if let field { return field.difference(in: cluster) }
        if let timeToReady { return timeToReady.difference(in: simulation) }
        if let condition {
            guard let info = KindInfo.find(condition.kind), info.type != .custom else { return "no kind \(condition.kind)" }
            let key = ObjectKey(namespace: info.isNamespaced ? (condition.namespace.isEmpty ? "default" : condition.namespace) : "", name: condition.name)
            guard let object = cluster.store.object(info.type, key) else { return "\(info.kind) \(key) does not exist" }
            let found = object.conditions[condition.type]
            let status = found?.status ?? "absent"
            if status != condition.status { return "condition \(condition.type) of \(info.kind) \(key) is \(status), expected \(condition.status)" }
            if let reason = condition.reason, found?.reason != reason { return "condition \(condition.type) of \(info.kind) \(key) has reason \(found?.reason ?? ""), expected \(reason)" }
            return nil
        }
        if let event {
            // Counted over Event objects, so that repeats count and the hour's limit is Kubernetes' own.
            var count = 0
            for row in cluster.store.events.rows {
                guard let row, row.reason == event.reason, event.kind.map({ $0 == row.involvedObject.kind }) ?? true,
                    event.name.map({ $0 == row.involvedObject.name }) ?? true,
                    event.message.map({ row.message.contains($0) }) ?? true
                else { continue }
                count += max(1, row.count)
            }
            if let most = event.atMost, count > most { return "\(count) events \(event.reason), expected at most \(most)" }
            let least = event.atLeast ?? (event.atMost == nil ? 1 : 0)
            if count < least { return "\(count) events \(event.reason), expected at least \(least)" }
        }
        return nil
    }

    /// How `count` of `what` misses its bounds, in words; nil if it does not.
    private static func difference(_ count: Int, _ what: String, exactly: Int?, atLeast: Int?, atMost: Int?) -> String? {
        if let exactly, count != exactly { return "\(count) \(what), expected \(exactly)" }
        if let atLeast, count < atLeast { return "\(count) \(what), expected at least \(atLeast)" }
        if let atMost, count > atMost { return "\(count) \(what), expected at most \(atMost)" }
        return nil
    }
}

extension SpreadGroup {
    /// The skew that the pods of the workload's newest revision have by themselves over the rule's domains, whatever
    /// the rule counts: the most pods in a domain less the fewest.
    fileprivate func skewOfNewestRevision(_ kind: String, _ workload: ObjectKey, in cluster: Cluster) -> Int {
        let pods = cluster.store.pods.rows.compactMap { $0 }.filter { pod in
            guard pod.metadata.namespace == workload.namespace, !pod.metadata.isTerminating, let owner = pod.metadata.controller else { return false }
            if owner.kind == kind, owner.name == workload.name { return true }
            guard owner.kind == "ReplicaSet", let set = cluster.store.replicaSets[ObjectKey(namespace: workload.namespace, name: owner.name)] else { return false }
            return set.metadata.controller?.kind == kind && set.metadata.controller?.name == workload.name
        }
        func revision(_ pod: Pod) -> String { pod.metadata.labels["pod-template-hash"] ?? pod.metadata.labels["controller-revision-hash"] ?? "" }
        guard let youngest = pods.max(by: { ($0.metadata.creationTimestamp ?? .start, $0.name) < ($1.metadata.creationTimestamp ?? .start, $1.name) })
        else { return 0 }
        let counts = domains.map { domain in
            pods.count { pod in
                revision(pod) == revision(youngest)
                    && cluster.store.nodes[ObjectKey(name: pod.nodeName)]?.metadata.labels[topologyKey] == domain.name
            }
        }
        return (counts.max() ?? 0) - (counts.min() ?? 0)
    }
}

extension NodesExpectation {
    /// The filters in words: ` in zone eu-a, ready`.
    fileprivate var words: String {
        var text = ""
        if let zone { text += " in zone \(zone)" }
        if let labelSelector { text += " with \(labelSelector)" }
        if let ready { text += ready ? ", ready" : ", not ready" }
        return text
    }

    fileprivate func count(in cluster: Cluster) -> Int {
        let selector = labelSelector.flatMap { LabelSelector(text: $0) } ?? LabelSelector()
        return cluster.store.nodes.all.count { node in
            (zone.map { $0 == node.zone } ?? true) && selector.matches(node.metadata.labels)
                && (ready.map { $0 == node.status.conditions.isTrue("Ready") } ?? true)
        }
    }
}

extension FieldExpectation {
    fileprivate func difference(in cluster: Cluster) -> String? {
        guard let info = KindInfo.find(kind), info.type != .custom else { return "no kind \(kind)" }
        let key = ObjectKey(namespace: info.isNamespaced ? (namespace.isEmpty ? "default" : namespace) : "", name: name)
        guard let object = cluster.store.object(info.type, key) else { return "\(info.kind) \(key) does not exist" }
        let found = object.document.value(at: path)
        let what = "\(path) of \(info.kind) \(key) is \(found?.text() ?? "absent")"
        if let equals, found != equals { return "\(what), expected \(equals.text())" }
        if atLeast == nil, atMost == nil { return nil }
        guard let number = found == nil ? 0 : found!.int else { return "\(what), which is no whole number" }
        if let atLeast, number < atLeast { return "\(what), expected at least \(atLeast)" }
        if let atMost, number > atMost { return "\(what), expected at most \(atMost)" }
        return nil
    }
}

extension PodsExpectation {
    /// The filters in words: ` in shop with app=web, phase Running`.
    fileprivate var words: String {
        var text = ""
        if let namespace { text += " in \(namespace)" }
        if let labelSelector { text += " with \(labelSelector)" }
        if let phase { text += ", phase \(phase)" }
        if let ready { text += ready ? ", ready" : ", not ready" }
        if let node { text += ", on \(node)" }
        if let zone { text += ", in zone \(zone)" }
        if let reason { text += ", reason \(reason)" }
        return text
    }

    fileprivate func count(in cluster: Cluster) -> Int {
        let selector = labelSelector.flatMap { LabelSelector(text: $0) } ?? LabelSelector()
        return cluster.store.pods.rows.reduce(0) { sum, row in
            guard let pod = row, pod.metadata.namespace == namespace ?? "default", selector.matches(pod.metadata.labels),
                phase.map({ $0 == pod.status.phase.rawValue }) ?? true, ready.map({ $0 == pod.isReady }) ?? true,
                node.map({ $0 == pod.nodeName }) ?? true, reason.map({ $0 == pod.status.reason }) ?? true
            else { return sum }
            if let zone, cluster.store.nodes[ObjectKey(name: pod.nodeName)]?.zone != zone { return sum }
            return sum + 1
        }
    }
}

extension TimeToReadyExpectation {
    fileprivate func difference(in simulation: Simulation) -> String? {
        let selector = labelSelector.flatMap { LabelSelector(text: $0) }
        let times = simulation.kubelets.timesToReady(in: simulation.cluster) { pod in
            (namespace.map { $0 == pod.namespace } ?? true) && (selector?.matches(pod.metadata.labels) ?? true)
        }
        guard let time = times.percentile(percentile) else { return "no pod became ready" }
        let what = "\(percentile) % of \(times.count) pods were ready within \(time)"
        if let most = atMost, time > most { return "\(what), expected at most \(most)" }
        if let least = atLeast, time < least { return "\(what), expected at least \(least)" }
        return nil
    }
}
