import ControlPlane
public import KubernetesAPI
import SimulationKit

/// One small change that might get a pending pod placed, and what came of trying it on a fork of the scheduler's state.
public struct Remedy: Sendable {
    /// What is changed.
    public enum Change: Sendable {
        case uncordon(node: String)
        case untaint(node: String, [Taint])
        case label(node: String, key: String, value: String)
        case addNode(Node)
        /// Requests of a container of another, placed pod.
        case resize(pod: ObjectKey, container: String, requests: ResourceList)
        /// The pod's own spec, as its template would have to say.
        case template(PodSpec)
        case addClass(StorageClass)
        /// A class that is there becomes the one of claims that name none.
        case makeDefault(storageClass: String)
        case delete(pod: ObjectKey)
    }
    public var change: Change
    /// `uncordon c2`, `maxSkew 1 to 2 on zone`.
    public var words: String
    /// Where the pod would go; nil: it would still wait.
    public var node: String?
    /// What it costs: `none`, `new rollout`, `looser rule`.
    public var cost: String
}

extension SchedulingState {
    /// The smallest changes of each sort that could help `pod`, each tried; those that help first.
    ///
    /// - Parameter explanation: why no node will do, with every filter asked.
    /// - Complexity: O(nodes) for each change that is tried, at most some twenty.
    func remedies(_ pod: Pod, _ explanation: Explanation, _ settings: SchedulingProfile, _ store: ObjectStore) -> [Remedy] {
        guard explanation.result == .unschedulable else { return [] }
        var search = RemedySearch(state: self, pod: pod, settings: settings, store: store, refused: explanation.nodes.filter { !$0.isFeasible })
        for rule in RemedyRule.all { rule.find(&search) }
        search.oneNodeMore()
        return search.found.filter { $0.node != nil } + search.found.filter { $0.node == nil }
    }

    /// The node that `pod` would be put on, all nodes looked at; nil if none will do.
    mutating func winner(_ pod: Pod, _ settings: SchedulingProfile, _ store: ObjectStore) -> String? {
        var cycle = makeCycle(pod, settings)
        if preFilter(&cycle, store) != nil { return nil }
        let rows = filter(cycle, store, explaining: false).feasible.members.sorted { nodes.names[$0] < nodes.names[$1] }
        if rows.isEmpty { return nil }
        let scores = scores(cycle, rows).filter { !$0.isEmpty }
        let totals = rows.indices.map { i in scores.reduce(0) { $0 + $1[i] } }
        return nodes.names[rows[totals.firstIndex(of: totals.max()!)!]]
    }
}

/// One sort of change that a plugin knows to help the pods that it refuses.
struct RemedyRule: Sendable {
    /// Remedies are tried and listed by rising rank.
    var rank: Int
    var find: @Sendable (inout RemedySearch) -> Void

    static let all = PluginCatalog.all.flatMap(\.remedies).sorted { $0.rank < $1.rank }
}

/// The search for remedies for one pod: what plugins know about it, and the means to try a change.
struct RemedySearch {
    let state: SchedulingState
    let pod: Pod
    let settings: SchedulingProfile
    let store: ObjectStore
    let refused: [Explanation.Verdict]
    var found: [Remedy] = []

    /// Nodes that nothing but these plugins keeps the pod from.
    func stopped(onlyBy plugins: Set<PluginName>) -> [Explanation.Verdict] {
        let names = Set(plugins.map(\.rawValue))
        return refused.filter { verdict in
            ([verdict.refusal].compactMap { $0 } + verdict.further).allSatisfy { $0.plugin.map(names.contains) ?? false }
        }
    }
    func object(_ name: String) -> Node? { state.nodes.row(name).flatMap { state.nodes.objects[$0] } }
    /// The first node that nothing but the plugin keeps the pod from, else the first that it refused.
    func first(refusedBy plugin: PluginName) -> String? {
        stopped(onlyBy: [plugin]).first?.node ?? refused.first { $0.refusal?.plugin == plugin.rawValue }?.node
    }
    /// The pod's claims that are there.
    var claims: [PersistentVolumeClaim] {
        pod.spec.volumes.compactMap { $0.persistentVolumeClaim?.claimName }
            .compactMap { store.persistentVolumeClaims[ObjectKey(namespace: pod.namespace, name: $0)] }
    }
    func isRefused(by plugin: PluginName) -> Bool {
        refused.contains { ($0.refusal?.plugin == plugin.rawValue) || $0.further.contains { $0.plugin == plugin.rawValue } }
    }

    // MARK: Trying

    mutating func tryState(
        _ change: Remedy.Change, _ words: String, cost: String, _ store: ObjectStore? = nil, _ modify: (inout SchedulingState) -> Void = { _ in }
    ) {
        var fork = state
        modify(&fork)
        found.append(Remedy(change: change, words: words, node: fork.winner(pod, settings, store ?? self.store), cost: cost))
    }
    @discardableResult
    mutating func tryPod(_ words: String, cost: String, _ modify: (inout PodSpec) -> Void) -> Bool {
        var changed = pod
        modify(&changed.spec.value)
        var fork = state
        let node = fork.winner(changed, settings, store)
        found.append(Remedy(change: .template(changed.spec.value), words: words, node: node, cost: cost))
        return node != nil
    }

    /// An empty node like one that is there: in each zone, until it helps.
    mutating func oneNodeMore() {
        var zones: [String] = []
        let before = found.count
        for row in state.nodes.presentByName where zones.count < 8 {
            guard let like = state.nodes.objects[row] else { continue }
            let zone = like.zone
            if zones.contains(zone) { continue }
            let isOpen = !like.spec.unschedulable && untoleratedTaint(of: like, pod.spec.tolerations, state.profile) == nil
            guard isOpen else { continue }
            zones.append(zone)
            let node = Self.node(like: like, like.metadata.name + "-new")
            tryState(.addNode(node), "add a node" + (zone.isEmpty ? "" : " to \(zone)"), cost: "one node") { $0.set(node: node) }
            if found.last?.node != nil {
                found.removeSubrange(before..<(found.count - 1))
                return
            }
        }
        if found.count > before + 1 { found.removeSubrange((before + 1)...) }
        // A domain more: what is short of domains, or may not stand beside its like in any.
        guard isRefused(by: .podTopologySpread) || isRefused(by: .interPodAffinity),
            let like = state.nodes.presentByName.compactMap({ state.nodes.objects[$0] })
                .first(where: { !$0.zone.isEmpty && !$0.spec.unschedulable && untoleratedTaint(of: $0, pod.spec.tolerations, state.profile) == nil })
        else { return }
        let taken = Set(state.nodes.presentByName.compactMap { state.nodes.objects[$0]?.zone })
        let zone = Self.next(after: taken.sorted().last ?? like.zone, taken)
        var node = Self.node(like: like, like.metadata.name + "-new")
        node.metadata.labels[LabelKey.zone] = zone
        tryState(.addNode(node), "open zone \(zone) with a node", cost: "one node") { $0.set(node: node) }
        if found.last?.node == nil { found.removeLast() }
    }

    /// An empty node with the labels and the size of another.
    private static func node(like other: Node, _ name: String) -> Node {
        var node = Node()
        node.metadata.name = name
        node.metadata.labels = other.metadata.labels
        node.metadata.labels[LabelKey.hostname] = name
        (node.status.capacity, node.status.allocatable) = (other.status.capacity, other.status.allocatable)
        return node
    }

    /// The name of a zone that is not there: `eu-d` after `eu-c`, `west-4` after `west-3`.
    private static func next(after last: String, _ taken: Set<String>) -> String {
        if let byte = last.utf8.last, (97...121).contains(byte) || (48...56).contains(byte) {
            let name = String(last.dropLast()) + String(UnicodeScalar(byte + 1))
            if !taken.contains(name) { return name }
        }
        var name = last + "-new"
        while taken.contains(name) { name += "-new" }
        return name
    }
}
