public import ControlPlane
public import KubernetesAPI
import SimulationKit

/// Follows a cluster and tells how its pods are spread.
///
/// Keeps counts between calls: a call costs what changed. ``outlines(of:)`` tells of all groups what every screen needs and is always
/// exact; ``look(at:of:)`` tells all of some groups, those that are seen, and ``groups(of:)`` all of all. An instance follows one history;
/// going back in it, or losing sight of it, makes the next call start anew.
///
/// ```swift
/// var view = SpreadView(configuration: configuration)
/// let outlines = view.outlines(of: cluster)  // again with each frame
/// let seen = view.look(at: outlines.prefix(20).map(\.id), of: cluster)
/// ```
public struct SpreadView: Sendable {
    private let configuration: SchedulerConfiguration
    private var state: SchedulingState?
    private var profiles: [SchedulingProfile] = []
    private var cursor = WatchCursor.beginning
    private var seen = (revision: -1, now: Instant.start)
    /// New pods like those with these facts, which the filters are asked about: made once, so that they are compiled once.
    private var fresh: [ObjectIdentifier: (facts: PodFacts, pod: Pod)] = [:]
    /// A pod as the template of a DaemonSet has it: its pods differ by the node to which each is pinned.
    private var daemons: [DaemonTemplate: Pod] = [:]
    private struct DaemonTemplate: Hashable {
        var owner: String
        var labels: StringMap<String>
    }
    private var carriers = SpreadCarriers()
    private var ready = ReadyCounts()
    private var verdicts: [ObjectIdentifier: Verdict] = [:]
    private var kept: [Int: (stamp: Stamp, group: SpreadGroup)] = [:]

    /// One for each group, and what they follow from: they are made anew when that changes.
    private var drafts: [Draft] = []
    private var draftsFrom: DraftsFrom?
    /// As of which revision of the store.
    private var draftsAt = -1
    private struct DraftsFrom: Equatable {
        var structure: Int
        var epoch: Int
        var selectors: Int
    }
    /// The rules of the templates, by number, and the numbers of the groups that they belong to: as long as neither epoch changes.
    private var compiled: [Int: (facts: PodFacts, rules: [CompiledRule])] = [:]
    private final class CompiledRule: Sendable {
        /// The number of its group.
        let key: Int
        let rule: SpreadRule
        let isDefault: Bool

        init(key: Int, rule: SpreadRule, isDefault: Bool) { (self.key, self.rule, self.isDefault) = (key, rule, isDefault) }
    }
    private var keyNumbers: [Key: Int] = [:]
    private var lastKey = 0
    /// The owner of an owner may have changed.
    private var ownersChanged = false
    /// How often they were, and how many drafts were made.
    private var draftsVersion = 0
    private var draftsMade = 0
    private var numbers: [String: Int] = [:]
    /// By draft, as of a version of these and a revision of the store.
    private var outlines: [(stamp: OutlineStamp, outline: SpreadOutline)] = []
    private var outlinesOf = (version: -1, revision: -1)
    private struct OutlineStamp: Equatable {
        var draft: Int
        var templates: Int
        var view: Int
    }
    /// Outlines that differ from those of the call before.
    public private(set) var changed: [SpreadOutline] = []
    /// Whether some of the groups that ``look(at:of:)`` gave last are as they were before: more than one call is wanted.
    public private(set) var isBehind = false
    /// The draft with which the next call begins to look at those that changed.
    private var turn = 0

    /// So many nodes are looked at in a call of ``look(at:of:)``.
    private let share: Int

    /// A view of clusters whose scheduler has this configuration.
    ///
    /// - Parameter share: how many nodes ``look(at:of:)`` looks at, over all groups that changed: what bounds its time. Two groups at least.
    public init(configuration: SchedulerConfiguration = .init(), share: Int = 20_000) { (self.configuration, self.share) = (configuration, share) }

    /// The groups of `cluster`, once.
    public static func groups(of cluster: Cluster, configuration: SchedulerConfiguration = .init())
        -> [SpreadGroup]
    {
        var view = SpreadView(configuration: configuration)
        return view.groups(of: cluster)
    }

    /// The groups of `cluster` as they are now, however long that takes: the pods' own rules first, then those by default, in the order of
    /// their first pod.
    public mutating func groups(of cluster: Cluster) -> [SpreadGroup] {
        bringUp(to: cluster)
        let built = build(drafts, cluster.store, isWhole: true)
        return built.filter { !$0.isDefault } + built.filter(\.isDefault)
    }

    /// What every screen needs of all groups of `cluster`, in no particular order; ``changed`` has those that differ from the call before.
    public mutating func outlines(of cluster: Cluster) -> [SpreadOutline] {
        changed = []
        bringUp(to: cluster)
        guard let state, outlinesOf != (draftsVersion, cluster.store.revision) else { return outlines.map(\.outline) }
        if outlinesOf.version != draftsVersion {
            let known = outlines
            let places = Dictionary(known.indices.map { (known[$0].stamp.draft, $0) }, uniquingKeysWith: { first, _ in first })
            outlines = drafts.map { draft in
                // An id that others have as well may have become another.
                if let place = places[draft.version], known[place].outline.id == draft.outline.id { return known[place] }
                return (OutlineStamp(draft: -1, templates: -1, view: -1), draft.outline)
            }
        }
        outlinesOf = (draftsVersion, cluster.store.revision)
        for (index, draft) in drafts.enumerated() {
            let view = state.views[draft.rule.view]
            let stamp = OutlineStamp(
                draft: draft.version, templates: draft.templates.reduce(0) { max($0, carriers.version(of: $1)) }, view: view.changed.end)
            if outlines[index].stamp == stamp { continue }
            var outline = draft.outline
            for number in draft.templates {
                outline.carriers += carriers[number].members.count
                outline.waiting += carriers[number].waiting.count
            }
            outline.skewNow = view.domains == 0 ? 0 : view.maximum - (outline.isHard ? draft.rule.effectiveMinimum(view) : view.minimum)
            let isNew = outlines[index].stamp.draft != draft.version
            if isNew || outlines[index].outline != outline { changed.append(outline) }
            outlines[index] = (stamp, outline)
        }
        return outlines.map(\.outline)
    }

    /// All of the groups whose outlines have these ids; those that are gone are left out. Which nodes would take one more pod is asked of the
    /// scheduler's filters: so many nodes a call, for those longest out of date. Some may be out of date while ``isBehind``.
    public mutating func look(at ids: [String], of cluster: Cluster) -> [String: SpreadGroup] {
        bringUp(to: cluster)
        let wanted = ids.compactMap { numbers[$0] }.map { drafts[$0] }
        return Dictionary(zip(wanted.map(\.outline.id), build(wanted, cluster.store, isWhole: false)), uniquingKeysWith: { first, _ in first })
    }

    /// Takes in what changed, so that it is not lost sight of. O(changes).
    public mutating func catchUp(with cluster: Cluster) {
        if isPresent(cluster) { return }
        follow(cluster)
        seen = (cluster.store.revision, cluster.now)
    }
    private func isPresent(_ cluster: Cluster) -> Bool {
        seen.revision == cluster.store.revision && seen.now <= cluster.now && state?.profile == cluster.profile
    }
    /// The same, and which groups there are by now.
    private mutating func bringUp(to cluster: Cluster) {
        catchUp(with: cluster)
        if draftsAt != seen.revision { prepareDrafts(cluster.store) }
        draftsAt = seen.revision
    }

    /// The nodes of `cluster` that the scheduler's filters would give to another pod like `pod`, if spread had no say.
    public mutating func openNodes(like pod: Pod, in cluster: Cluster) -> Set<String> {
        follow(cluster)
        seen.now = max(seen.now, cluster.now)
        let name = pod.spec.schedulerName.isEmpty ? "default-scheduler" : pod.spec.schedulerName
        guard let settings = profiles.first(where: { $0.name == name }) else { return [] }
        let open = ask(freshPod(like: pod), settings, cluster.store).open
        var names: Set<String> = []
        state!.nodes.present.forEach { row in if open[row] { names.insert(state!.nodes.names[row]) } }
        return names
    }

    private mutating func follow(_ cluster: Cluster) {
        if state?.profile == cluster.profile, cluster.store.revision >= seen.revision, cluster.now >= seen.now {
            let before = cursor.position
            var count = 0
            while let entry = cluster.store.next(&cursor, until: cluster.now) {
                if entry.kind == .pod {
                    read(cluster.store.pods.change(entry.index), entry, cluster.store)
                } else {
                    noteOwner(entry, cluster.store)
                    state!.read(entry, cluster.store)
                }
                count += 1
            }
            // Every write is one entry: a gap means that entries were forgotten.
            if before + count == cursor.position { return }
        }
        profiles = SchedulingProfile.all(configuration, cluster.profile)
        state = SchedulingState(cluster)
        (fresh, daemons, verdicts, kept, compiled, keyNumbers, drafts) = ([:], [:], [:], [:], [:], [:], [])
        (carriers, ready, draftsFrom, draftsAt) = (SpreadCarriers(), ReadyCounts(), nil, -1)
        for (slot, pod) in cluster.store.pods.rows.enumerated() { file(pod, slot) }
        cursor = cluster.store.end
    }

    /// Notes when an object that has pods gets another owner, or goes: their workload is another one then.
    private mutating func noteOwner(_ entry: LogEntry, _ store: ObjectStore) {
        func differs<O: StoredObject>(_ change: Change<O>) -> Bool {
            change.action == .deleted || change.previous.map { $0.metadata.ownerReferences != change.object.metadata.ownerReferences } ?? true
        }
        switch entry.kind {
        case .replicaSet: if differs(store.replicaSets.change(entry.index)) { ownersChanged = true }
        case .job: if differs(store.jobs.change(entry.index)) { ownersChanged = true }
        default: break
        }
    }

    private mutating func read(_ change: Change<Pod>, _ entry: LogEntry, _ store: ObjectStore) {
        let before = ready.contribution(of: change.slot, state!)
        state!.read(entry, store)
        ready.move(change.slot, from: before, state!)
        let pod = change.action == .deleted ? nil : change.object
        // Most changes are of the status alone.
        if let pod, let previous = change.previous, !pod.isFinished, !previous.isFinished, previous.spec.identity == pod.spec.identity,
            previous.metadata.identity == pod.metadata.identity, previous.nodeName.isEmpty == pod.nodeName.isEmpty
        {
            return
        }
        file(pod, change.slot)
    }

    /// Notes whether the pod of `slot` carries rules, and those of which template.
    private mutating func file(_ pod: Pod?, _ slot: Int) {
        guard let pod, !pod.isFinished, !pod.metadata.isTerminating, let settings = settings(for: pod) else { return carriers.remove(slot) }
        let pattern = pattern(of: pod)
        carriers.put(slot, isWaiting: pod.nodeName.isEmpty, state!.facts(of: pattern), pattern, settings)
    }
    private func settings(for pod: Pod) -> SchedulingProfile? {
        let name = pod.spec.schedulerName.isEmpty ? "default-scheduler" : pod.spec.schedulerName
        return profiles.first { $0.name == name }
    }

    // MARK: Building

    private struct Key: Hashable {
        var view: Int
        var constraint: TopologySpreadConstraint
        var isDefault: Bool
        var profile: String
    }
    /// A group before anything is counted. A reference, as thousands of them are put in order again and again.
    private final class Draft: Sendable {
        /// That of its ``Key``.
        let number: Int
        let isDefault: Bool
        let rule: SpreadRule
        let templates: [Int]
        let owners: [SpreadGroup.Owner]
        /// The first pods of the templates, as of which the owners are known.
        let firsts: [Int]
        /// Those of the first template, and one of its pods.
        let sample: Sample
        /// Told apart from all that were made before.
        let version: Int
        let id: String
        /// Without counts. Its id is told apart from those of other drafts.
        let outline: SpreadOutline

        init(_ compiled: CompiledRule, _ templates: [Int], _ bare: SpreadGroup, firsts: [Int], sample: Sample, version: Int) {
            (number, isDefault, rule) = (compiled.key, compiled.isDefault, compiled.rule)
            (self.templates, owners, self.firsts, self.sample, self.version) = (templates, bare.owners, firsts, sample, version)
            id = bare.id
            outline = SpreadOutline(bare, id: bare.id)
        }
        /// The same with other first pods, or another id.
        init(_ other: Draft, firsts: [Int], id: String) {
            (number, isDefault, rule, templates, owners) = (other.number, other.isDefault, other.rule, other.templates, other.owners)
            (self.firsts, sample, version, self.id) = (firsts, other.sample, other.version, other.id)
            var outline = other.outline
            outline.id = id
            self.outline = outline
        }
    }
    /// A carrier, by which the filters are asked.
    private struct Sample {
        var facts: PodFacts
        var pod: Pod
    }
    /// What a group follows from: while none of it changes the group stays as it is.
    private struct Stamp: Equatable {
        var epoch: Int
        /// Numbers and versions of the templates.
        var templates: [Int]
        var view: Int
        var nodes: Int
        var ready: Int
        var verdict: Int
        var owners: [SpreadGroup.Owner]
    }
    /// What the filters say to a new pod.
    private struct Verdict {
        /// Kept alive because verdicts are found by its identity.
        var facts: PodFacts
        /// When they were asked, as a revision of the store.
        var revision: Int
        /// Raised when they say something else.
        var version = 0
        /// Nodes that would take it if spread had no say.
        var open: NodeMask
        /// Nodes that take it.
        var taking: NodeMask
    }

    /// Which groups there are, if that may have changed.
    private mutating func prepareDrafts(_ store: ObjectStore) {
        state!.trimCompiled(besides: 3 * carriers.count)
        let from = DraftsFrom(structure: carriers.structure, epoch: state!.epoch, selectors: state!.selectors.epoch)
        if draftsFrom == from, !ownersChanged {
            for draft in drafts { state!.refresh(view: draft.rule.view) }
            return
        }
        if draftsFrom?.epoch != from.epoch { keyNumbers = [:] }
        if draftsFrom?.epoch != from.epoch || draftsFrom?.selectors != from.selectors { (compiled, drafts) = ([:], []) }
        // Each group by its first rule.
        var order: [CompiledRule] = []
        var carrying: [Int: [Int]] = [:]
        for number in carriers.inOrder {
            for rule in compile(number) {
                if carrying[rule.key] == nil { order.append(rule) }
                if carrying[rule.key]?.last != number { carrying[rule.key, default: []].append(number) }
            }
        }
        let known = drafts
        let places = Dictionary(known.indices.map { (known[$0].number, $0) }, uniquingKeysWith: { first, _ in first })
        (drafts, numbers) = ([], [:])
        draftsVersion += 1
        for rule in order {
            let draft = draft(rule, carrying[rule.key] ?? [], like: places[rule.key].map { known[$0] }, store)
            var id = draft.id
            while numbers[id] != nil { id += "'" }
            numbers[id] = drafts.count
            drafts.append(id == draft.outline.id ? draft : Draft(draft, firsts: draft.firsts, id: id))
        }
        ownersChanged = false
        // Compiling may have started anew.
        draftsFrom = DraftsFrom(structure: carriers.structure, epoch: state!.epoch, selectors: state!.selectors.epoch)
        if state!.epoch != from.epoch { (compiled, keyNumbers) = ([:], [:]) }
    }

    /// The rules of a template.
    private mutating func compile(_ number: Int) -> [CompiledRule] {
        let facts = carriers.facts(of: number)
        if let known = compiled[number], known.facts === facts { return known.rules }
        let template = carriers[number]
        let demand = state!.demand(of: template.pattern, template.facts, template.settings)
        let rules = (demand.hardSpread + demand.softSpread).map { rule in
            var written = rule.constraint
            written.labelSelector = nil  // already in the view
            let key = Key(view: rule.view, constraint: written, isDefault: demand.usesDefaultSpread, profile: template.settings.name)
            if keyNumbers[key] == nil {
                lastKey += 1
                keyNumbers[key] = lastKey
            }
            return CompiledRule(key: keyNumbers[key] ?? lastKey, rule: rule, isDefault: demand.usesDefaultSpread)
        }
        compiled[number] = (template.facts, rules)
        return rules
    }

    /// The group of a rule that these templates have; as it was, if that has not changed.
    private mutating func draft(_ compiled: CompiledRule, _ templates: [Int], like known: Draft?, _ store: ObjectStore) -> Draft {
        state!.refresh(view: compiled.rule.view)
        let firsts = templates.map { carriers.first(of: $0) }
        let known = known.flatMap { $0.templates == templates && $0.sample.facts === carriers.facts(of: templates[0]) ? $0 : nil }
        if let known, known.firsts == firsts, !ownersChanged { return known }
        let owners = owners(of: templates, store)
        if let known, known.owners == owners { return Draft(known, firsts: firsts, id: known.outline.id) }
        draftsMade += 1
        let template = carriers[templates[0]]
        var bare = group(compiled.rule, template.facts, template.settings, isDefault: compiled.isDefault)
        bare.owners = owners
        return Draft(
            compiled, templates, bare, firsts: firsts, sample: Sample(facts: template.facts, pod: template.pattern), version: draftsMade)
    }

    /// The groups of the drafts: those of which something changed are made anew, all or as many as a short call allows, in turn.
    private mutating func build(_ wanted: [Draft], _ store: ObjectStore, isWhole: Bool) -> [SpreadGroup] {
        isBehind = false
        ready.count(wanted.map(\.rule.counter), state!)
        let samples = wanted.map { chooseSample($0, store) }
        askFilters(wanted, samples, store, isWhole: isWhole)
        let stamps = zip(wanted, samples).map { draft, sample in
            Stamp(
                epoch: state!.epoch, templates: draft.templates.flatMap { [$0, carriers[$0].version] }, view: state!.views[draft.rule.view].changed.end,
                nodes: state!.nodes.journal.end, ready: ready[draft.rule.counter].version, verdict: verdicts[ObjectIdentifier(sample.facts)]?.version ?? 0,
                owners: draft.owners)
        }
        let stale = wanted.indices.filter { kept[wanted[$0].number].map { $0.stamp } != stamps[$0] }
        // Each costs a look at all nodes.
        let most = isWhole ? stale.count : max(2, share / max(1, state!.nodes.count))
        let first = stale.firstIndex { $0 >= turn } ?? 0
        // What was never seen comes first: there is nothing to show in its place.
        let new = stale.filter { kept[wanted[$0].number] == nil }
        let chosen = Array((new + (stale[first...] + stale[..<first]).filter { kept[wanted[$0].number] != nil }).prefix(max(most, new.count)))
        turn = (chosen.last ?? -1) + 1
        if stale.count > chosen.count { isBehind = true }
        let now = Set(chosen)
        var built: [SpreadGroup] = []
        var next: [Int: (stamp: Stamp, group: SpreadGroup)] = [:]
        for (index, draft) in wanted.enumerated() {
            if let known = kept[draft.number], !now.contains(index) {
                next[draft.number] = known
                built.append(known.group)
                continue
            }
            let group = finish(draft, samples[index], store)
            next[draft.number] = (stamps[index], group)
            built.append(group)
        }
        kept = next
        return built
    }

    /// The workloads of the pods of these templates, in the order of their first pods.
    private func owners(of templates: [Int], _ store: ObjectStore) -> [SpreadGroup.Owner] {
        var owners: [SpreadGroup.Owner] = []
        for number in templates {
            guard let slot = carriers[number].members.first, let pod = store.pods.rows[Int(slot)] else { continue }
            let owner = Self.workload(of: pod, store)
            if !owners.contains(owner) { owners.append(owner) }
        }
        return owners
    }

    /// A carrier, by which the filters are asked: one that waits if there is any, else the newest.
    private mutating func chooseSample(_ draft: Draft, _ store: ObjectStore) -> Sample {
        let waiting = draft.templates.min { carriers[$0].waiting.first ?? .max < carriers[$1].waiting.first ?? .max }
        var chosen = draft.templates[0]
        var slot = carriers[chosen].members.first
        if let waiting, let first = carriers[waiting].waiting.first {
            (chosen, slot) = (waiting, first)
        } else if draft.templates.count > 1 {
            var newest: Instant?
            for number in draft.templates {
                let (created, place) = carriers.newest(number, store)
                if newest.map({ created > $0 }) ?? true { (newest, chosen, slot) = (created, number, place) }
            }
        }
        return Sample(facts: carriers.facts(of: chosen), pod: slot.flatMap { store.pods.rows[Int($0)] } ?? draft.sample.pod)
    }

    /// Asks the filters where they were not asked since something changed: of all templates, or of those asked longest ago.
    private mutating func askFilters(_ drafts: [Draft], _ samples: [Sample], _ store: ObjectStore, isWhole: Bool) {
        var wanted: [ObjectIdentifier: Int] = [:]
        for (index, sample) in samples.enumerated() { wanted[ObjectIdentifier(sample.facts)] = index }
        verdicts = verdicts.filter { wanted[$0.key] != nil }
        let stale = wanted.filter { verdicts[$0.key]?.revision != store.revision }.values
            .sorted {
                (verdicts[ObjectIdentifier(samples[$0].facts)]?.revision ?? -1, $0) < (
                    verdicts[ObjectIdentifier(samples[$1].facts)]?.revision ?? -1, $1
                )
            }
        // Each question costs all nodes, for each of two answers. What was never asked has no answer that could stand for a moment.
        let most = isWhole ? stale.count : max(2, share / max(1, state!.nodes.count), stale.count { verdicts[ObjectIdentifier(samples[$0].facts)] == nil })
        for index in stale.prefix(most) {
            let sample = samples[index]
            let (open, taking) = ask(freshPod(like: sample.pod), carriers[drafts[index].templates[0]].settings, store)
            let identity = ObjectIdentifier(sample.facts)
            let known = verdicts[identity]
            let isSame = known?.open == open && known?.taking == taking
            verdicts[identity] = Verdict(
                facts: sample.facts, revision: store.revision, version: (known?.version ?? 0) + (isSame ? 0 : 1), open: open, taking: taking)
        }
        if stale.count > most { isBehind = true }
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
            domains: [], stranded: [], terminating: [], excludedNodes: [], minimum: 0, effectiveMinimum: 0)
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

    private func finish(_ draft: Draft, _ sample: Sample, _ store: ObjectStore) -> SpreadGroup {
        let template = carriers[draft.templates[0]]
        var group = group(draft.rule, template.facts, template.settings, isDefault: draft.isDefault)
        group.owners = draft.owners
        for number in draft.templates {
            group.carriers += carriers[number].members.count
            group.waiting += carriers[number].waiting.compactMap { store.pods.rows[Int($0)]?.key }
        }
        let counts = ready[draft.rule.counter]
        group.terminating = counts.terminating.compactMap { self.state!.placedPod($0)?.pod.key }
        let none = NodeMask(count: 0)
        let verdict = verdicts[ObjectIdentifier(sample.facts)]
        let (open, taking) = (verdict?.open ?? none, verdict?.taking ?? none)
        let state = state!
        let view = state.views[draft.rule.view]
        let column = state.columns[view.column]
        group.minimum = view.minimum
        group.effectiveMinimum = group.isHard ? draft.rule.effectiveMinimum(view) : view.minimum
        let g = group.effectiveMinimum
        var nodes = Array(repeating: 0, count: column.values.count)
        var openCounts = nodes
        var takers = nodes
        var readyCounts = nodes
        for row in 0..<state.nodes.count {
            let domain = row < view.domainOf.count ? Int(view.domainOf[row]) : -1
            if domain >= 0 {
                readyCounts[domain] += counts.count(row)
            } else if state.counters[draft.rule.counter].count(row) > 0 {
                group.stranded += stranded(row, draft.rule.counter, state)
            }
        }
        state.nodes.present.forEach { row in
            let value = column.value(row)
            if value >= 0 { nodes[value] += 1 }
            if row < view.domainOf.count, view.domainOf[row] >= 0 {
                if open[row] { openCounts[value] += 1 }
                if taking[row] { takers[value] += 1 }
            } else {
                group.excludedNodes.append(
                    .init(name: state.nodes.names[row], why: whyExcluded(row, view.key, sample.pod, state)))
            }
        }
        for domain in view.nodes.indices where view.nodes[domain] > 0 {
            let pods = view.count(domain)
            let oneMore = pods + group.selfMatch - g
            group.domains.append(
                SpreadDomain(
                    name: column.values[domain], nodes: nodes[domain], countedNodes: Int(view.nodes[domain]),
                    openNodes: openCounts[domain], pods: pods, ready: readyCounts[domain],
                    skew: pods - g,
                    oneMore: oneMore, takesNext: oneMore <= group.maxSkew, takers: takers[domain]))
        }
        group.domains.sort { $0.name < $1.name }
        group.excludedNodes.sort { $0.name < $1.name }
        group.stranded.sort()
        group.terminating.sort()
        group.waiting.sort()
        return group
    }

    /// Pods of a node that does not count.
    private func stranded(_ row: Int, _ counter: Int, _ state: SchedulingState) -> [ObjectKey] {
        state.nodes.podSlots[row].compactMap { slot in
            guard let pod = state.placedPod(slot), !pod.isTerminating else { return nil }
            return state.classes[pod.podClass]?.counters.contains { $0.counter == counter } ?? false ? pod.pod.key : nil
        }
    }

    /// What the scheduler's own filters say to a new pod, with spread and without.
    private mutating func ask(_ pod: Pod, _ settings: SchedulingProfile, _ store: ObjectStore) -> (open: NodeMask, taking: NodeMask) {
        var settings = settings
        func feasible(_ state: inout SchedulingState, _ settings: SchedulingProfile) -> NodeMask {
            var cycle = Cycle(pod: pod, demand: state.demand(of: pod, state.facts(of: pod), settings), settings: settings)
            if state.preFilter(&cycle, store) != nil { return NodeMask(count: state.nodes.count) }
            return state.filter(cycle, store, explaining: false).feasible
        }
        let taking = feasible(&state!, settings)
        let hasHardRule = !state!.demand(of: pod, state!.facts(of: pod), settings).hardSpread.isEmpty
        guard hasHardRule, settings.runs(.podTopologySpread) else { return (taking, taking) }
        settings.filters.removeAll { $0.name == .podTopologySpread }
        return (feasible(&state!, settings), taking)
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
