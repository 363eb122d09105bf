public import ControlPlane
public import KubernetesAPI
import SimulationKit

/// Follows a cluster and tells how its pods are spread.
///
/// Keeps counts between calls: a call costs what changed, plus one pass over the pods. An instance follows one
/// history; going back in it, or losing sight of it, makes the next call start anew.
///
/// ```swift
/// var view = SpreadView(configuration: configuration)
/// let groups = view.groups(of: cluster)  // again with each frame
/// ```
public struct SpreadView: Sendable {
    private let configuration: SchedulerConfiguration
    private var state: SchedulingState?
    private var profiles: [SchedulingProfile] = []
    private var cursor = WatchCursor.beginning
    private var seen = (revision: -1, now: Instant.start)
    private var groups: [SpreadGroup] = []
    /// New pods like those with these facts, which the filters are asked about: made once, so that they are compiled once.
    private var fresh: [ObjectIdentifier: (facts: PodFacts, pod: Pod)] = [:]
    /// A pod as the template of a DaemonSet has it: its pods differ by the node to which each is pinned.
    private var daemons: [DaemonTemplate: Pod] = [:]
    private struct DaemonTemplate: Hashable {
        var owner: String
        var labels: StringMap<String>
    }

    /// A view of clusters whose scheduler has this configuration.
    public init(configuration: SchedulerConfiguration = .init()) { self.configuration = configuration }

    /// The groups of `cluster`, once.
    public static func groups(of cluster: Cluster, configuration: SchedulerConfiguration = .init())
        -> [SpreadGroup]
    {
        var view = SpreadView(configuration: configuration)
        return view.groups(of: cluster)
    }

    /// The groups of `cluster`: the pods' own rules first, then those by default, in the order of their first pod.
    public mutating func groups(of cluster: Cluster) -> [SpreadGroup] {
        if seen.revision == cluster.store.revision, seen.now <= cluster.now, state?.profile == cluster.profile { return groups }
        follow(cluster)
        groups = build(cluster.store)
        seen = (cluster.store.revision, cluster.now)
        return groups
    }

    /// The nodes of `cluster` that the scheduler's filters would give to another pod like `pod`, if spread had no say.
    public mutating func openNodes(like pod: Pod, in cluster: Cluster) -> Set<String> {
        follow(cluster)
        seen.now = max(seen.now, cluster.now)
        let name = pod.spec.schedulerName.isEmpty ? "default-scheduler" : pod.spec.schedulerName
        guard let settings = profiles.first(where: { $0.name == name }) else { return [] }
        let open = verdict(of: freshPod(like: pod), settings, cluster.store).open
        var names: Set<String> = []
        state!.nodes.present.forEach { row in if open[row] { names.insert(state!.nodes.names[row]) } }
        return names
    }

    /// Forgets the history, for instance after a jump to another branch.
    public mutating func reset() { (state, seen) = (nil, (-1, .start)) }

    private mutating func follow(_ cluster: Cluster) {
        if state?.profile == cluster.profile, cluster.store.revision >= seen.revision, cluster.now >= seen.now {
            let before = cursor.position
            var count = 0
            while let entry = cluster.store.next(&cursor, until: cluster.now) {
                state!.read(entry, cluster.store)
                count += 1
            }
            // Every write is one entry: a gap means that entries were forgotten.
            if before + count == cursor.position { return }
        }
        profiles = SchedulingProfile.all(configuration, cluster.profile)
        state = SchedulingState(cluster)
        (fresh, daemons) = ([:], [:])
        cursor = cluster.store.end
    }

    // MARK: Building

    private struct Key: Hashable {
        var view: Int
        var constraint: TopologySpreadConstraint
        var isDefault: Bool
        var profile: String
    }
    private struct Draft {
        var rule: SpreadRule
        var group: SpreadGroup
        /// A carrier, by which the filters are asked: one that waits if there is any, else the newest.
        var sample: Pod
        var settings: SchedulingProfile
        var ready: [Int: Int] = [:]
    }
    /// What the filters say to a new pod.
    private struct Verdict {
        /// Nodes that would take it if spread had no say.
        var open: NodeMask
        /// Nodes that take it.
        var taking: NodeMask
    }

    private mutating func build(_ store: ObjectStore) -> [SpreadGroup] {
        state!.trimCompiled()
        var drafts: [Draft] = []
        var numbers: [Key: Int] = [:]
        var byFacts: [ObjectIdentifier: [Int]] = [:]
        for case let pod? in store.pods.rows where !pod.isFinished && !pod.metadata.isTerminating {
            let name = pod.spec.schedulerName.isEmpty ? "default-scheduler" : pod.spec.schedulerName
            guard let settings = profiles.first(where: { $0.name == name }) else { continue }
            let pattern = pattern(of: pod)
            let facts = state!.facts(of: pattern)
            let mine: [Int]
            if let known = byFacts[ObjectIdentifier(facts)] {
                mine = known
            } else {
                let demand = state!.demand(of: pattern, facts, settings)
                mine = (demand.hardSpread + demand.softSpread).map { rule in
                    var written = rule.constraint
                    written.labelSelector = nil  // already in the view
                    let key = Key(view: rule.view, constraint: written, isDefault: demand.usesDefaultSpread, profile: settings.name)
                    if let number = numbers[key] { return number }
                    numbers[key] = drafts.count
                    drafts.append(
                        Draft(
                            rule: rule, group: group(rule, facts, settings, isDefault: demand.usesDefaultSpread),
                            sample: pod, settings: settings))
                    return drafts.count - 1
                }
                byFacts[ObjectIdentifier(facts)] = mine
                let owner = Self.workload(of: pod, store)
                for i in mine where !drafts[i].group.owners.contains(owner) {
                    drafts[i].group.owners.append(owner)
                }
            }
            for i in mine {
                drafts[i].group.carriers += 1
                if pod.nodeName.isEmpty {
                    if drafts[i].group.waiting.isEmpty { drafts[i].sample = pod }
                    drafts[i].group.waiting.append(pod.key)
                } else if drafts[i].group.waiting.isEmpty, pod.metadata.creationTimestamp ?? .start > drafts[i].sample.metadata.creationTimestamp ?? .start {
                    drafts[i].sample = pod
                }
            }
        }
        countPods(&drafts)
        // Rules of one template share what the filters say.
        var verdicts: [ObjectIdentifier: Verdict] = [:]
        let built = drafts.map { finish($0, store, &verdicts) }
        return built.filter { !$0.isDefault } + built.filter(\.isDefault)
    }

    private func group(_ rule: SpreadRule, _ facts: PodFacts, _ settings: SchedulingProfile, isDefault: Bool) -> SpreadGroup {
        let constraint = rule.constraint
        let policies = state!.profile.isEnabled(.nodeInclusionPolicyInPodTopologySpread)
        return SpreadGroup(
            owners: [], namespace: facts.namespace, topologyKey: constraint.topologyKey,
            isHard: constraint.isHard,
            maxSkew: constraint.maxSkew,
            minDomains: state!.profile.isEnabled(.minDomainsInPodTopologySpread) ? constraint.minDomains : nil,
            honorsAffinity: !policies || constraint.nodeAffinityPolicy ?? "Honor" == "Honor",
            honorsTaints: policies && constraint.nodeTaintsPolicy == "Honor",
            selector: rule.selector?.canonical ?? "", matchLabelKeys: constraint.matchLabelKeys,
            revision: constraint.matchLabelKeys.contains("pod-template-hash")
                ? facts.labels["pod-template-hash"] : nil,
            isDefault: isDefault, scheduler: settings.name, isEnforced: settings.runs(.podTopologySpread), carriers: 0, waiting: [], selfMatch: rule.selfMatch,
            domains: [],
            stranded: [],
            terminating: [], excludedNodes: [], minimum: 0, effectiveMinimum: 0)
    }

    /// The Deployment behind a ReplicaSet, the CronJob behind a Job, else the controller, else the pod itself.
    static func workload(of pod: Pod, _ store: ObjectStore) -> SpreadGroup.Owner {
        guard let owner = pod.metadata.controller else {
            return SpreadGroup.Owner(kind: "Pod", name: pod.metadata.name)
        }
        let key = ObjectKey(namespace: pod.metadata.namespace, name: owner.name)
        let above: OwnerReference? =
            switch owner.kind {
            case "ReplicaSet": store.replicaSets[key]?.metadata.controller
            case "Job": store.jobs[key]?.metadata.controller
            default: nil
            }
        return SpreadGroup.Owner(kind: above?.kind ?? owner.kind, name: above?.name ?? owner.name)
    }

    /// Sorts the placed pods that match into ready, stranded and terminating. O(placed pods × rules that match each).
    private func countPods(_ drafts: inout [Draft]) {
        let state = state!
        var byCounter: [Int: [Int]] = [:]
        for (i, draft) in drafts.enumerated() { byCounter[draft.rule.counter, default: []].append(i) }
        let byClass = state.classes.map { podClass in
            (podClass?.counters ?? []).flatMap { byCounter[$0.counter] ?? [] }
        }
        for case let pod? in state.placed {
            for i in byClass[pod.podClass] {
                if pod.isTerminating {
                    drafts[i].group.terminating.append(pod.pod.key)
                    continue
                }
                let view = state.views[drafts[i].rule.view]
                let domain = pod.row < view.domainOf.count ? Int(view.domainOf[pod.row]) : -1
                if domain < 0 {
                    drafts[i].group.stranded.append(pod.pod.key)
                } else if pod.pod.isReady {
                    drafts[i].ready[domain, default: 0] += 1
                }
            }
        }
    }

    private mutating func finish(_ draft: Draft, _ store: ObjectStore, _ verdicts: inout [ObjectIdentifier: Verdict]) -> SpreadGroup {
        var group = draft.group
        let sample = ObjectIdentifier(state!.facts(of: pattern(of: draft.sample)))
        let verdict = verdicts[sample] ?? self.verdict(of: freshPod(like: draft.sample), draft.settings, store)
        verdicts[sample] = verdict
        let state = state!
        let view = state.views[draft.rule.view]
        let column = state.columns[view.column]
        group.minimum = view.minimum
        group.effectiveMinimum = group.isHard ? draft.rule.effectiveMinimum(view) : view.minimum
        let g = group.effectiveMinimum
        var nodes = Array(repeating: 0, count: column.values.count)
        var openCounts = nodes
        var takers = nodes
        state.nodes.present.forEach { row in
            let value = column.value(row)
            if value >= 0 { nodes[value] += 1 }
            if row < view.domainOf.count, view.domainOf[row] >= 0 {
                if verdict.open[row] { openCounts[value] += 1 }
                if verdict.taking[row] { takers[value] += 1 }
            } else {
                group.excludedNodes.append(
                    .init(name: state.nodes.names[row], why: whyExcluded(row, view.key, draft.sample, state)))
            }
        }
        for domain in view.nodes.indices where view.nodes[domain] > 0 {
            let pods = view.count(domain)
            let oneMore = pods + group.selfMatch - g
            group.domains.append(
                SpreadDomain(
                    name: column.values[domain], nodes: nodes[domain], countedNodes: Int(view.nodes[domain]),
                    openNodes: openCounts[domain], pods: pods, ready: draft.ready[domain] ?? 0,
                    skew: pods - g,
                    oneMore: oneMore, takesNext: oneMore <= group.maxSkew, takers: takers[domain],
                    arithmetic: "\(pods)+\(group.selfMatch)-\(g) = \(oneMore) "
                        + (oneMore <= group.maxSkew ? "≤" : ">") + " \(group.maxSkew)"))
        }
        group.domains.sort { $0.name < $1.name }
        group.excludedNodes.sort { $0.name < $1.name }
        group.stranded.sort()
        group.terminating.sort()
        group.waiting.sort()
        return group
    }

    /// What the scheduler's own filters say to a new pod, with spread and without.
    private mutating func verdict(of pod: Pod, _ settings: SchedulingProfile, _ store: ObjectStore) -> Verdict {
        var settings = settings
        func ask(_ state: inout SchedulingState, _ settings: SchedulingProfile) -> NodeMask {
            var cycle = Cycle(pod: pod, demand: state.demand(of: pod, state.facts(of: pod), settings), settings: settings)
            if state.preFilter(&cycle, store) != nil { return NodeMask(count: state.nodes.count) }
            return state.filter(cycle, store, explaining: false).feasible
        }
        let taking = ask(&state!, settings)
        let hasHardRule = !state!.demand(of: pod, state!.facts(of: pod), settings).hardSpread.isEmpty
        guard hasHardRule, settings.runs(.podTopologySpread) else { return Verdict(open: taking, taking: taking) }
        settings.filters.removeAll { $0.name == .podTopologySpread }
        return Verdict(open: ask(&state!, settings), taking: taking)
    }

    /// A pod as the template of `sample` makes the next one: without a node and without the claims that are a pod's own.
    private mutating func freshPod(like sample: Pod) -> Pod {
        let sample = pattern(of: sample)
        if sample.nodeName.isEmpty { return sample }
        let facts = state!.facts(of: sample)
        if let known = fresh[ObjectIdentifier(facts)] { return known.pod }
        if fresh.count > 4096 { fresh = [:] }
        var pod = sample
        (pod.nodeName, pod.status, pod.metadata.uid) = ("", Pod().status, "")
        // A claim made for this one pod lies where the pod is; the next pod gets one of its own.
        let own = sample.metadata.name
        pod.spec.volumes.removeAll { volume in
            volume.ephemeral != nil || sample.metadata.controller?.kind == "StatefulSet" && volume.persistentVolumeClaim?.claimName == "\(volume.name)-\(own)"
        }
        fresh[ObjectIdentifier(facts)] = (facts, pod)
        return pod
    }

    /// The pod by which `pod` is looked at: itself, or for all pods of one revision of a DaemonSet the same one, pinned to no node.
    private mutating func pattern(of pod: Pod) -> Pod {
        guard let owner = pod.metadata.controller, owner.kind == "DaemonSet" else { return pod }
        let template = DaemonTemplate(owner: owner.uid, labels: pod.metadata.labels)
        if let known = daemons[template] { return known }
        if daemons.count > 4096 { daemons = [:] }
        var pattern = pod
        (pattern.nodeName, pattern.status, pattern.metadata.uid) = ("", Pod().status, "")
        // The controller pins each pod to its node by name. A term without anything else would match no node.
        let terms = pod.spec.affinity?.nodeAffinity?.required?.nodeSelectorTerms ?? []
        let unpinned = terms.map { term in
            var term = term
            term.matchFields = []
            return term
        }
        if unpinned.contains(where: \.matchExpressions.isEmpty) {
            pattern.spec.affinity?.nodeAffinity?.required = nil
        } else if !unpinned.isEmpty {
            pattern.spec.affinity?.nodeAffinity?.required?.nodeSelectorTerms = unpinned
        }
        daemons[template] = pattern
        return pattern
    }

    private func whyExcluded(_ row: Int, _ key: ViewKey, _ carrier: Pod, _ state: SchedulingState)
        -> SpreadGroup.ExcludedNode.Why
    {
        let labels = state.nodes.labels(row)
        if let missing = ([key.topologyKey] + key.requiredKeys).first(where: { labels[$0] == nil }) {
            return .missingLabel(missing)
        }
        if let mask = key.affinityMask, !state.masks[mask].mask[row] { return .affinity }
        let taint = state.nodes.objects[row].flatMap { untoleratedTaint(of: $0, carrier.spec.tolerations, state.profile) }
        return .taint(taint?.text ?? "")
    }
}
