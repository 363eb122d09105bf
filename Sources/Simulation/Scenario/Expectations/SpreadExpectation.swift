// The expectation `spread`.
import ControlPlane
import KubernetesAPI
import Scheduling

struct SpreadExpectation: Claim {
    var kind = ""
    var name = ""
    var namespace = ""
    var topologyKey = ""
    var revision: String?
    var skewAtMost: Int?
    var skewAtLeast: Int?
    static let name = "spread"
    static let summary = "How even the pods of a workload are."
    static let fields: Fields<SpreadExpectation> = [
        .f("kind", \.kind, "Kind of the workload."), .f("name", \.name, "Its name."),
        .f("namespace", \.namespace, "Its namespace; default default."),
        .f("topologyKey", \.topologyKey, "The constraint's key."),
        .f("revision", \.revision, "newest: only the pods of the newest revision, whatever the constraint counts."),
        .f("skewAtMost", \.skewAtMost, "The most that the skew may be."),
        .f("skewAtLeast", \.skewAtLeast, "The least that the skew may be."),
    ]

    var faults: [(field: String, message: String)] {
        var faults: [(field: String, message: String)] = []
        // Without a number an expectation could not fail.
        if skewAtMost == nil, skewAtLeast == nil { faults.append(("", "needs skewAtMost or skewAtLeast")) }
        if let revision, revision != "newest" { faults.append(("revision", "must be newest, not \"\(revision)\"")) }
        return faults
    }

    func difference(in simulation: Simulation) -> String? {
        let cluster = simulation.cluster
        let key = ObjectKey(given: namespace, name)
        let groups = SpreadView.groups(of: cluster, configuration: simulation.options.scheduler).filter {
            $0.namespace == key.namespace && $0.owners.contains { $0.kind == kind && $0.name == name } && $0.topologyKey == topologyKey
        }
        guard let skew = groups.map({ revision == nil ? $0.skewNow : $0.skewOfNewestRevision(kind, key, in: cluster) }).max() else {
            return "\(kind) \(key) has no spread constraint on \(topologyKey) with pods"
        }
        let what = "\(revision == nil ? "skew" : "skew of the newest revision") of \(kind) \(key) over \(topologyKey) is \(skew)"
        if let most = skewAtMost, skew > most { return "\(what), expected at most \(most)" }
        if let least = skewAtLeast, skew < least { return "\(what), expected at least \(least)" }
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
            guard owner.kind == "ReplicaSet", let set = cluster.store.replicaSets[ObjectKey(namespace: workload.namespace, name: owner.name)] else {
                return false
            }
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
