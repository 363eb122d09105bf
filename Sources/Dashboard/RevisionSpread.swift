import ControlPlane
import KubernetesAPI
import Scheduling

/// How the pods of one revision of a Deployment lie in the domains of a rule: what `matchLabelKeys:
/// [pod-template-hash]` has counted by itself, and other rules count together.
struct RevisionSpread {
    /// Its pod-template-hash.
    var hash: String
    var isNewest: Bool
    /// Pods by domain, in the order of the rule's domains.
    var counts: [Int]

    var skew: Int { (counts.max() ?? 0) - (counts.min() ?? 0) }
    /// `4 4 3`; of many domains the fewest and the most.
    var countsText: String {
        counts.count <= 6 ? counts.map(String.init).joined(separator: " ") : "\(counts.min() ?? 0)..\(counts.max() ?? 0)/\(counts.count)"
    }

    /// The revisions that have pods, the newest first; empty unless there are two.
    static func all(of group: SpreadGroup, _ world: World) -> [RevisionSpread] {
        let store = world.store
        guard group.ownerKind == "Deployment", let deployment = store.deployments[group.workload.key] else { return [] }
        func number(_ set: ReplicaSet) -> Int { Int(set.metadata.annotations[AnnotationKey.deploymentRevision] ?? "") ?? 0 }
        let sets = store.replicaSets.all.filter { $0.metadata.controller?.uid == deployment.metadata.uid }.sorted { number($0) > number($1) }
        // Mostly there is one: its pods, which may be thousands, are not looked at.
        guard sets.count(where: { !store.podSlots(ownedBy: $0.metadata.uid).isEmpty }) > 1 else { return [] }
        let places = Dictionary(group.domains.enumerated().map { ($1.name, $0) }) { first, _ in first }
        let revisions = sets.enumerated().compactMap { index, set -> RevisionSpread? in
            var counts = [Int](repeating: 0, count: group.domains.count)
            for pod in store.pods(ownedBy: set.metadata.uid) where pod.isActive && !pod.nodeName.isEmpty {
                guard let domain = store.nodes[ObjectKey(name: pod.nodeName)]?.metadata.labels[group.topologyKey], let place = places[domain] else { continue }
                counts[place] += 1
            }
            guard counts.contains(where: { $0 > 0 }) else { return nil }
            return RevisionSpread(hash: set.metadata.labels["pod-template-hash"] ?? set.metadata.name, isNewest: index == 0, counts: counts)
        }
        return revisions.count > 1 ? revisions : []
    }
}
