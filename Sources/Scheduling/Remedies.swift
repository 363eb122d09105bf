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
        search.storage()
        search.nodes()
        search.spread()
        search.requests()
        search.otherPods()
        search.affinity()
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

private struct RemedySearch {
    let state: SchedulingState
    let pod: Pod
    let settings: SchedulingProfile
    let store: ObjectStore
    let refused: [Explanation.Verdict]
    var found: [Remedy] = []

    /// Nodes that nothing but these plugins keeps the pod from.
    private func stopped(onlyBy plugins: Set<PluginName>) -> [Explanation.Verdict] {
        let names = Set(plugins.map(\.rawValue))
        return refused.filter { verdict in
            ([verdict.refusal].compactMap { $0 } + verdict.further).allSatisfy { $0.plugin.map(names.contains) ?? false }
        }
    }
    private func object(_ name: String) -> Node? { state.nodes.row(name).flatMap { state.nodes.objects[$0] } }
    private func isRefused(by plugin: PluginName) -> Bool {
        refused.contains { ($0.refusal?.plugin == plugin.rawValue) || $0.further.contains { $0.plugin == plugin.rawValue } }
    }

    // MARK: Trying

    private mutating func tryState(
        _ change: Remedy.Change, _ words: String, cost: String, _ store: ObjectStore? = nil, _ modify: (inout SchedulingState) -> Void = { _ in }
    ) {
        var fork = state
        modify(&fork)
        found.append(Remedy(change: change, words: words, node: fork.winner(pod, settings, store ?? self.store), cost: cost))
    }
    @discardableResult
    private mutating func tryPod(_ words: String, cost: String, _ modify: (inout PodSpec) -> Void) -> Bool {
        var changed = pod
        modify(&changed.spec.value)
        var fork = state
        let node = fork.winner(changed, settings, store)
        found.append(Remedy(change: .template(changed.spec.value), words: words, node: node, cost: cost))
        return node != nil
    }

    // MARK: Sorts of changes

    /// A StorageClass that is missing, and the pod that holds a claim for one pod alone.
    mutating func storage() {
        let claims = pod.spec.volumes.compactMap { $0.persistentVolumeClaim?.claimName }
            .compactMap { store.persistentVolumeClaims[ObjectKey(namespace: pod.namespace, name: $0)] }
        for claim in claims where claim.spec.volumeName.isEmpty {
            func tryClass(_ storageClass: StorageClass, isNew: Bool, _ change: Remedy.Change, _ words: String) {
                var (fork, claim, storageClass) = (store, claim, storageClass)
                claim.spec.storageClassName = storageClass.name
                // A volume that is made at once is not there yet: what matters is that one can be made.
                storageClass.volumeBindingMode = "WaitForFirstConsumer"
                if isNew { fork.insert(storageClass, at: .start) } else { fork.replace(storageClass, at: .start) }
                fork.replace(claim, at: .start)
                tryState(change, words, cost: "one class", fork)
            }
            if let name = claim.spec.storageClassName, !name.isEmpty {
                if store.storageClasses[ObjectKey(name: name)] != nil { continue }
                let made = StorageClass.make(name, StorageClass.standard.provisioner, waits: true, isDefault: false)
                tryClass(made, isNew: true, .addClass(made), "create StorageClass \(name), which claim \(claim.name) asks for")
            } else if claim.spec.storageClassName == nil, !store.storageClasses.all.contains(where: \.isDefault) {
                if let first = store.storageClasses.sorted().first {
                    tryClass(
                        first, isNew: false, .makeDefault(storageClass: first.name),
                        "make \(first.name) the default StorageClass: claim \(claim.name) names none")
                } else {
                    tryClass(.standard, isNew: true, .addClass(.standard), "create a default StorageClass: claim \(claim.name) names none")
                }
            }
        }
        guard isRefused(by: .volumeRestrictions) else { return }
        let single = Set(claims.filter { $0.spec.accessModes.contains("ReadWriteOncePod") }.map(\.name))
        for row in state.byName(state.nodes.present) {
            for slot in state.nodes.podSlots[row] {
                guard let holder = state.placedPod(slot)?.pod, holder.namespace == pod.namespace,
                    let claim = holder.spec.volumes.compactMap({ $0.persistentVolumeClaim?.claimName }).first(where: single.contains)
                else { continue }
                let again = holder.metadata.controller.map { "; its \($0.kind) makes another" } ?? ""
                tryState(.delete(pod: holder.key), "delete pod \(holder.name), which holds claim \(claim)", cost: "one pod\(again)") { $0.remove(podAt: slot) }
            }
        }
    }

    /// Cordons, taints and labels: first of nodes that nothing else keeps the pod from, of one node each.
    mutating func nodes() {
        func first(_ plugin: PluginName) -> String? {
            stopped(onlyBy: [plugin]).first?.node ?? refused.first { $0.refusal?.plugin == plugin.rawValue }?.node
        }
        if let name = first(.nodeUnschedulable), var node = object(name) {
            node.spec.unschedulable = false
            // The controller takes its taint off at once.
            node.spec.taints.removeAll { $0.key == TaintKey.unschedulable }
            tryState(.uncordon(node: name), "uncordon \(name)", cost: "none") { $0.set(node: node) }
        }
        if let name = first(.taintToleration), let node = object(name) {
            let taints = node.spec.taints.filter { taint in
                (taint.effect == TaintEffect.noSchedule || taint.effect == TaintEffect.noExecute) && !pod.spec.tolerations.tolerate(taint, state.profile)
            }
            var changed = node
            changed.spec.taints.removeAll { taints.contains($0) }
            let text = taints.map(\.text).joined(separator: ", ")
            tryState(.untaint(node: name, taints), "take \(text) off \(name)", cost: "one taint less") { $0.set(node: changed) }
            tryPod("tolerate \(text)", cost: "new rollout") { spec in
                spec.tolerations += taints.map { Toleration(key: $0.key, operator: "Equal", value: $0.value, effect: $0.effect) }
            }
        }
        let missed = pod.spec.nodeSelector.entries
        if let name = first(.nodeAffinity), var node = object(name),
            let label = missed.first(where: { node.metadata.labels[$0.key] != $0.value })
        {
            node.metadata.labels[label.key] = label.value
            tryState(.label(node: name, key: label.key, value: label.value), "label \(name) \(label.key)=\(label.value)", cost: "one label") {
                $0.set(node: node)
            }
        }
    }

    /// Each hard spread constraint a little looser, until it helps.
    mutating func spread() {
        guard isRefused(by: .podTopologySpread) else { return }
        for (i, constraint) in pod.spec.topologySpreadConstraints.enumerated() where constraint.isHard {
            let key = SchedulingState.short(constraint.topologyKey)
            if let least = constraint.minDomains, least > 1 {
                tryPod("minDomains \(least) to \(least - 1) on \(key)", cost: "looser rule") { $0.topologySpreadConstraints[i].minDomains = least - 1 }
            }
            // The least that helps, among those worth trying; if none does, the first says so.
            let before = found.count
            for more in [1, 2, 3, 5, 10] {
                let words = "maxSkew \(constraint.maxSkew) to \(constraint.maxSkew + more) on \(key)"
                if tryPod(words, cost: "looser rule", { $0.topologySpreadConstraints[i].maxSkew += more }) {
                    found.removeSubrange(before..<(found.count - 1))
                    break
                }
            }
            if found.count > before + 1 { found.removeSubrange((before + 1)...) }
            if state.profile.isEnabled(.nodeInclusionPolicyInPodTopologySpread) {
                // Domains of nodes that the pod cannot use no longer hold the minimum down.
                if constraint.nodeTaintsPolicy != "Honor", isRefused(by: .taintToleration) || isRefused(by: .nodeUnschedulable) {
                    tryPod("nodeTaintsPolicy Honor on \(key)", cost: "other nodes count") { $0.topologySpreadConstraints[i].nodeTaintsPolicy = "Honor" }
                }
                if constraint.nodeAffinityPolicy == "Ignore" {
                    tryPod("nodeAffinityPolicy Honor on \(key)", cost: "other nodes count") { $0.topologySpreadConstraints[i].nodeAffinityPolicy = "Honor" }
                }
            }
            tryPod("ScheduleAnyway on \(key)", cost: "soft rule") {
                $0.topologySpreadConstraints[i].whenUnsatisfiable = "ScheduleAnyway"
                $0.topologySpreadConstraints[i].minDomains = nil
            }
        }
    }

    /// The free amount of a resource on a node.
    private func free(_ name: String, _ resource: Int) -> Int64 {
        guard let row = state.nodes.row(name) else { return 0 }
        return state.nodes.free(resource, row)
    }
    private static func amount(_ container: Container, _ resource: String) -> Int64 { Resources(container.resources.requests)[resource] }
    private static func quantity(_ amount: Int64, _ resource: String) -> Quantity {
        resource == "cpu" ? Quantity(milli: amount) : Quantity(bytes: (amount >> 20) << 20)
    }

    /// The pod's own requests, cut to what is free on the emptiest node that lacks nothing else.
    mutating func requests() {
        for (number, resource) in ["cpu", "memory"].enumerated() {
            let short = stopped(onlyBy: [.nodeResourcesFit]).filter { $0.refusal?.reasons == ["Insufficient \(resource)"] }
            guard let room = short.map({ free($0.node, number) }).max() else { continue }
            let containers = pod.spec.containers
            guard let i = containers.indices.max(by: { Self.amount(containers[$0], resource) < Self.amount(containers[$1], resource) }),
                let present = containers[i].resources.requests[resource]
            else { continue }
            let fitting = room.saturatingSubtract(
                pod.requests(RequestRules(pending: state.profile))[resource].saturatingSubtract(Self.amount(containers[i], resource)))
            guard fitting > 0 else { continue }
            let wanted = Self.quantity(fitting, resource)
            tryPod("\(resource) request \(present) to \(wanted)", cost: "new rollout") { $0.containers[i].resources.requests[resource] = wanted }
        }
    }

    /// Another pod's request, cut by what is missing on the node that lacks least.
    mutating func otherPods() {
        for (number, resource) in ["cpu", "memory"].enumerated() {
            let wanted = pod.requests(RequestRules(pending: state.profile))[resource]
            let short = stopped(onlyBy: [.nodeResourcesFit]).filter { $0.refusal?.reasons == ["Insufficient \(resource)"] }
            guard let node = short.max(by: { free($0.node, number) < free($1.node, number) })?.node, let row = state.nodes.row(node) else { continue }
            let missing = wanted.saturatingSubtract(free(node, number))
            var best: (slot: Int, container: Int, amount: Int64)?
            for slot in state.nodes.podSlots[row] {
                guard let placed = state.placedPod(slot), placed.pod.metadata.namespace != "kube-system" else { continue }
                for (i, container) in placed.pod.spec.containers.enumerated() {
                    let amount = Self.amount(container, resource)
                    if amount > missing, amount > best?.amount ?? 0 { best = (slot, i, amount) }
                }
            }
            guard let best, var other = state.placedPod(best.slot)?.pod else { continue }
            let container = other.spec.containers[best.container]
            let left = Self.quantity(best.amount.saturatingSubtract(missing), resource)
            other.spec.containers[best.container].resources.requests[resource] = left
            other.status = Shared(PodStatus())
            tryState(
                .resize(pod: other.key, container: container.name, requests: [resource: left]),
                "resize \(other.name) on \(node): \(resource) \(container.resources.requests[resource]!) to \(left)", cost: "one resize"
            ) { fork in
                fork.remove(podAt: best.slot)
                fork.note(pod: other, slot: best.slot)
            }
        }
    }

    mutating func affinity() {
        if isRefused(by: .nodeAffinity) {
            tryPod("without node selector and affinity", cost: "new rollout") { spec in
                spec.nodeSelector = [:]
                spec.affinity?.nodeAffinity?.required = nil
            }
        }
        if isRefused(by: .interPodAffinity) {
            if pod.spec.affinity?.podAntiAffinity?.required.isEmpty == false {
                tryPod("without required pod anti-affinity", cost: "looser rule") { $0.affinity?.podAntiAffinity?.required = [] }
            }
            if pod.spec.affinity?.podAffinity?.required.isEmpty == false {
                tryPod("without required pod affinity", cost: "looser rule") { $0.affinity?.podAffinity?.required = [] }
            }
        }
    }

    /// An empty node like one that is there: in each zone, until it helps.
    mutating func oneNodeMore() {
        var zones: [String] = []
        let before = found.count
        for row in state.byName(state.nodes.present) where zones.count < 8 {
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
            let like = state.byName(state.nodes.present).compactMap({ state.nodes.objects[$0] })
                .first(where: { !$0.zone.isEmpty && !$0.spec.unschedulable && untoleratedTaint(of: $0, pod.spec.tolerations, state.profile) == nil })
        else { return }
        let taken = Set(state.byName(state.nodes.present).compactMap { state.nodes.objects[$0]?.zone })
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
