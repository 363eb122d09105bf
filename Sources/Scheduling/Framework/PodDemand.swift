import KubernetesAPI

/// A pod template compiled against the present cluster: numbers of masks, views and counters instead of selectors.
struct PodDemand: Sendable {
    var facts: PodFacts
    /// What the filter asks for, in the order in which shortages are told.
    var requests: [ResourceAmount] = []
    /// What LeastAllocated adds to a node.
    var nonZeroCPU: Int64 = 0
    var nonZeroMemory: Int64 = 0
    var selectionMask: Int?
    var taintMask = 0

    var hardSpread: [SpreadRule] = []
    var softSpread: [SpreadRule] = []
    /// Whether a node that lacks one soft key is left out of the score.
    var softNeedsAllKeys = false
    var usesDefaultSpread = false
    var selectorEpoch = -1

    /// Views of the pods that match all required affinity terms, one for each term's key.
    var affinity: [Int] = []
    var affinityMatchesSelf = false
    var antiAffinity: [Int] = []
    var preferredAffinity: [(view: Int, weight: Int)] = []
    /// Of placed pods' terms that match this pod.
    var existingAntiAffinity: [Int] = []
    var existingPreferences: [(view: Int, weight: Int)] = []
    var carryingSeen = 0
}

/// A topology spread constraint of a pod, compiled.
struct SpreadRule: Sendable {
    var constraint: TopologySpreadConstraint
    var counter: Int
    var view: Int
    var selfMatch: Int
    /// nil means no pod matches.
    var selector: LabelSelector?
    var maxSkew: Int { constraint.maxSkew }
    var minDomains: Int

    /// g: the minimum that counts, 0 while there are too few domains.
    func effectiveMinimum(_ view: DomainView) -> Int { view.domains < minDomains ? 0 : view.minimum }
}

extension SchedulingState {
    /// The demand of pods with these facts, compiled once and brought up to date.
    mutating func demand(of pod: Pod, _ facts: PodFacts, _ settings: SchedulingProfile) -> PodDemand {
        let identity = ObjectIdentifier(facts)
        if let known = demands[identity], known.carryingSeen == carryingCounters.count,
            !known.usesDefaultSpread || known.selectorEpoch == selectors.epoch
        {
            refresh(known)
            return known
        }
        var demand = demands[identity] ?? compileDemand(pod, facts, settings)
        if demand.usesDefaultSpread || demand.selectorEpoch < 0, demand.selectorEpoch != selectors.epoch {
            compileSpread(&demand, settings)
        }
        if demand.carryingSeen < carryingCounters.count { compileCarried(&demand, settings) }
        refresh(demand)
        demands[identity] = demand
        return demand
    }

    private mutating func refresh(_ demand: PodDemand) {
        if let mask = demand.selectionMask { refresh(mask: mask) }
        refresh(mask: demand.taintMask)
        for rule in demand.hardSpread { refresh(view: rule.view) }
        for rule in demand.softSpread { refresh(view: rule.view) }
        for view in demand.affinity { refresh(view: view) }
        for view in demand.antiAffinity { refresh(view: view) }
        for (view, _) in demand.preferredAffinity { refresh(view: view) }
        for view in demand.existingAntiAffinity { refresh(view: view) }
        for (view, _) in demand.existingPreferences { refresh(view: view) }
    }

    private mutating func compileDemand(_ pod: Pod, _ facts: PodFacts, _ settings: SchedulingProfile)
        -> PodDemand
    {
        var demand = PodDemand(facts: facts)
        let rules = RequestRules(pending: profile)
        demand.requests = compile(pod.requests(rules)).filter { !settings.ignores(nodes.resourceNames[$0.resource]) }
        var containersOnly = rules
        containersOnly.podLevelResources = false
        (demand.nonZeroCPU, demand.nonZeroMemory) = nonZeroRequests(pod, containersOnly)
        if !facts.nodeSelection.isEmpty { demand.selectionMask = mask(.selection(facts.nodeSelection)) }
        demand.taintMask = mask(.tolerations(facts.spec.tolerations))

        // Affinity: one counter for pods that match all required terms, seen per key of each term.
        if !facts.requiredAffinity.isEmpty {
            let counter = affinityCounter(facts.requiredAffinity)
            demand.affinity = facts.requiredAffinity.map { plainView(counter, $0.topologyKey) }
            let own = namespaceLabels[facts.namespace] ?? [:]
            demand.affinityMatchesSelf = facts.requiredAffinity.allSatisfy {
                $0.matches(labels: facts.labels, namespace: facts.namespace, namespaceLabels: own)
            }
        }
        demand.antiAffinity = facts.requiredAntiAffinity.map {
            plainView(affinityCounter([$0]), $0.topologyKey)
        }
        demand.preferredAffinity =
            facts.preferredAffinity.map {
                (plainView(affinityCounter([$0.term]), $0.term.topologyKey), $0.weight)
            }
            + facts.preferredAntiAffinity.map {
                (plainView(affinityCounter([$0.term]), $0.term.topologyKey), -$0.weight)
            }
        return demand
    }

    /// Pods that match all `terms`.
    private mutating func affinityCounter(_ terms: [AffinityTerm]) -> Int {
        // Terms with one scope become one question. Others need a scope each; a pod must be in all of them.
        var scope = terms[0].scope
        for term in terms.dropFirst() where term.scope != scope { scope = intersection(scope, term.scope) }
        var selectors: [LabelSelector] = []
        for term in terms {
            guard let selector = term.selector else {
                return counter(
                    .matching(scope: NamespaceScope(names: []), selectors: [], leavesOutTerminating: false))
            }
            if !selectors.contains(selector) { selectors.append(selector) }
        }
        return counter(.matching(scope: scope, selectors: selectors, leavesOutTerminating: false))
    }
    private func intersection(_ a: NamespaceScope, _ b: NamespaceScope) -> NamespaceScope {
        let names = Set(namespaceLabels.keys).union(a.names).union(b.names).filter {
            let labels = namespaceLabels[$0] ?? [:]
            return a.contains($0, labels: labels) && b.contains($0, labels: labels)
        }
        return NamespaceScope(names: names.sorted())
    }
    private mutating func plainView(_ counter: Int, _ key: String) -> Int {
        view(ViewKey(counter: counter, topologyKey: key, requiredKeys: [key]))
    }

    /// Finds the terms of placed pods that mean this pod, among those that are new.
    private mutating func compileCarried(_ demand: inout PodDemand, _ settings: SchedulingProfile) {
        let facts = demand.facts
        let labels = namespaceLabels[facts.namespace] ?? [:]
        for i in demand.carryingSeen..<carryingCounters.count {
            guard case .carrying(let carried) = counters[carryingCounters[i]].key,
                carried.term.matches(
                    labels: facts.labels, namespace: facts.namespace, namespaceLabels: labels)
            else { continue }
            let view = plainView(carryingCounters[i], carried.term.topologyKey)
            switch carried.role {
            case .requiredAntiAffinity: demand.existingAntiAffinity.append(view)
            case .requiredAffinity:
                if settings.hardPodAffinityWeight > 0 {
                    demand.existingPreferences.append((view, settings.hardPodAffinityWeight))
                }
            case .preferred(let weight): demand.existingPreferences.append((view, weight))
            }
        }
        demand.carryingSeen = carryingCounters.count
    }

    /// Compiles the pod's own spread constraints, or the defaults if it has none.
    private mutating func compileSpread(_ demand: inout PodDemand, _ settings: SchedulingProfile) {
        let facts = demand.facts
        demand.selectorEpoch = selectors.epoch
        let rules = spreadRules(of: facts, settings)
        demand.usesDefaultSpread = rules.areDefaults
        demand.hardSpread = rules.hard
        demand.softSpread = rules.soft
        demand.softNeedsAllKeys = rules.softNeedsAllKeys
    }

    struct SpreadRules {
        var hard: [SpreadRule]
        var soft: [SpreadRule]
        var areDefaults: Bool
        var softNeedsAllKeys: Bool
    }

    mutating func spreadRules(of facts: PodFacts, _ settings: SchedulingProfile) -> SpreadRules {
        let own = facts.spec.topologySpreadConstraints
        var constraints = own
        var isSystem = false
        if own.isEmpty {
            isSystem = settings.spreadDefaults == nil
            constraints = settings.spreadDefaults ?? SchedulingProfile.systemSpread
            let selector =
                constraints.isEmpty
                ? nil
                : selectors.deduced(namespace: facts.namespace, labels: facts.labels, owner: facts.owner)
            if let selector {
                for i in constraints.indices {
                    constraints[i].labelSelector = selector
                    constraints[i].matchLabelKeys = []
                }
            } else {
                constraints = []
            }
        }
        let hard = constraints.filter(\.isHard)
        let soft = constraints.filter { !$0.isHard }
        let hardKeys = Set(hard.map(\.topologyKey)).sorted()
        let softKeys = Set(soft.map(\.topologyKey)).sorted()
        return SpreadRules(
            hard: hard.map { spreadRule($0, facts, requiredKeys: hardKeys) },
            soft: soft.map { spreadRule($0, facts, requiredKeys: isSystem ? [$0.topologyKey] : softKeys) },
            areDefaults: own.isEmpty, softNeedsAllKeys: !isSystem)
    }

    private mutating func spreadRule(
        _ constraint: TopologySpreadConstraint, _ facts: PodFacts, requiredKeys: [String]
    ) -> SpreadRule {
        var selector = constraint.labelSelector
        if selector != nil, profile.isEnabled(.matchLabelKeysInPodTopologySpread) {
            for key in constraint.matchLabelKeys {
                guard let value = facts.labels[key] else { continue }
                let requirement = SelectorRequirement(key, "In", [value])
                if !selector!.matchExpressions.contains(requirement) {
                    selector!.matchExpressions.append(requirement)
                }
            }
        }
        // An empty selector matches the pod itself, but upstream's counting takes it for "nothing".
        let counts = selector.map { !$0.isEmpty } ?? false
        let counter = counter(
            .matching(
                scope: NamespaceScope(names: counts ? [facts.namespace] : []),
                selectors: counts ? [selector!] : [],
                leavesOutTerminating: true))
        let policies = profile.isEnabled(.nodeInclusionPolicyInPodTopologySpread)
        let honorsAffinity = !policies || constraint.nodeAffinityPolicy ?? "Honor" == "Honor"
        let honorsTaints = policies && constraint.nodeTaintsPolicy == "Honor"
        let view = view(
            ViewKey(
                counter: counter, topologyKey: constraint.topologyKey, requiredKeys: requiredKeys,
                affinityMask: honorsAffinity && !facts.nodeSelection.isEmpty
                    ? mask(.selection(facts.nodeSelection)) : nil,
                taintMask: honorsTaints ? mask(.tolerations(facts.spec.tolerations)) : nil))
        return SpreadRule(
            constraint: constraint, counter: counter, view: view,
            selfMatch: selector?.matches(facts.labels) ?? false ? 1 : 0, selector: selector,
            minDomains: profile.isEnabled(.minDomainsInPodTopologySpread) ? constraint.minDomains ?? 1 : 1)
    }
}
