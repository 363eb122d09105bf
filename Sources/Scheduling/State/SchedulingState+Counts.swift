import KubernetesAPI

/// Pods that all selectors treat alike: same namespace, labels and carried terms.
struct PodClass: Sendable {
    struct Key: Sendable, Hashable {
        let namespace: String
        let labels: StringMap<String>
        let carried: [CarriedTerm: Int]
        // Worked out once a template: each placement looks its class up.
        private let hash: Int

        init(namespace: String, labels: StringMap<String>, carried: [CarriedTerm: Int]) {
            (self.namespace, self.labels, self.carried) = (namespace, labels, carried)
            var hasher = Hasher()
            hasher.combine(namespace)
            hasher.combine(labels)
            hasher.combine(carried)
            hash = hasher.finalize()
        }
        func hash(into hasher: inout Hasher) { hasher.combine(hash) }
    }
    struct Match: Sendable, Equatable {
        var counter: Int
        /// How often one pod counts: more than once only if it carries the same term twice.
        var multiplicity: Int
    }
    var key: Key
    var pods = 0
    var counters: [Match] = []
}

// Counting incrementally: a pod touches the counters of its class and their views, nothing else.
extension SchedulingState {
    mutating func retainClass(of facts: PodFacts) -> Int {
        let key = facts.classKey
        if let number = classNumbers[key] {
            classes[number]!.pods += 1
            return number
        }
        for term in facts.carriedTerms { _ = counter(.carrying(term)) }
        var new = PodClass(key: key)
        new.pods = 1
        for i in counters.indices {
            let n = multiplicity(of: key, in: counters[i].key)
            if n > 0 { new.counters.append(.init(counter: i, multiplicity: n)) }
        }
        let number: Int
        if let reused = freeClasses.popLast() {
            number = reused
            classes[number] = new
        } else {
            number = classes.count
            classes.append(new)
        }
        classNumbers[key] = number
        return number
    }
    mutating func releaseClass(_ number: Int) {
        classes[number]!.pods -= 1
        if classes[number]!.pods == 0 {
            classNumbers[classes[number]!.key] = nil
            classes[number] = nil
            freeClasses.append(number)
        }
    }

    func multiplicity(of pod: PodClass.Key, in counter: CounterKey) -> Int {
        switch counter {
        case .carrying(let term): return pod.carried[term] ?? 0
        case .matching(let scope, let selectors, _):
            guard scope.contains(pod.namespace, labels: namespaceLabels[pod.namespace] ?? [:]) else { return 0 }
            return selectors.allSatisfy { $0.matches(pod.labels) } ? 1 : 0
        }
    }

    /// A placed pod, as counters see it.
    struct Standing: Sendable {
        var row: Int32
        var isTerminating: Bool
    }
    private mutating func findStanding() {
        if standing.placements == placements { return }
        var byClass = [[Standing]](repeating: [], count: classes.count)
        for case let pod? in placed where byClass.indices.contains(pod.podClass) {
            byClass[pod.podClass].append(Standing(row: Int32(truncatingIfNeeded: pod.row), isTerminating: pod.isTerminating))
        }
        standing = (placements, byClass)
    }

    /// The counter for `key`, made and filled if there is none. First use is O(classes + pods that it counts), and of the first of several in a
    /// row O(placed pods).
    mutating func counter(_ key: CounterKey) -> Int {
        if let number = counterNumbers[key] { return number }
        let number = counters.count
        counterNumbers[key] = number
        var new = PodCounter(key: key)
        if case .matching(_, _, true) = key { new.leavesOutTerminating = true }
        if case .carrying = key { carryingCounters.append(number) }
        new.perNode = Array(repeating: 0, count: nodes.count)
        counters.append(new)
        for i in classes.indices {
            guard let podClass = classes[i] else { continue }
            let n = multiplicity(of: podClass.key, in: key)
            guard n > 0 else { continue }
            classes[i]!.counters.append(.init(counter: number, multiplicity: n))
            findStanding()
            guard i < standing.byClass.count else { continue }
            for pod in standing.byClass[i] where !(new.leavesOutTerminating && pod.isTerminating) { counters[number].perNode[Int(pod.row)] += Int32(n) }
        }
        return number
    }

    /// The view for `key`, made if there is none, and brought up to date with the nodes.
    mutating func view(_ key: ViewKey) -> Int {
        let number: Int
        if let known = viewNumbers[key] {
            number = known
        } else {
            number = views.count
            viewNumbers[key] = number
            views.append(DomainView(key: key, column: column(key.topologyKey)))
            counters[key.counter].views.append(number)
            views[number].journal = -1
        }
        refresh(view: number)
        return number
    }

    /// Brings a view up to date with the nodes that changed. O(changed nodes).
    mutating func refresh(view number: Int) {
        let (key, position) = (views[number].key, views[number].journal)
        let journal = nodes.changes(withTaints: key.taintMask != nil)
        if position == journal.end { return }
        if let mask = key.affinityMask { refresh(mask: mask) }
        if let mask = key.taintMask { refresh(mask: mask) }
        if let changed = journal.since(position) {
            for row in changed { assign(Int(row), in: number, key) }
        } else {
            views[number].makeRoom(rows: nodes.count, domains: columns[views[number].column].values.count)
            for row in 0..<nodes.count { assign(row, in: number, key) }
        }
        views[number].journal = journal.end
    }
    private mutating func assign(_ row: Int, in number: Int, _ key: ViewKey) {
        var domain = columns[views[number].column].value(row)
        if domain >= 0 {
            if let mask = key.affinityMask, !masks[mask].mask[row] { domain = -1 }
            if let mask = key.taintMask, !masks[mask].mask[row] { domain = -1 }
            if key.requiredKeys.count > 1 || key.requiredKeys.first != key.topologyKey {
                let labels = nodes.labels(row)
                if key.requiredKeys.contains(where: { labels[$0] == nil }) { domain = -1 }
            }
        }
        views[number].assign(row: row, to: domain, count: counters[key.counter].count(row))
    }

    /// The column of the nodes' values of the label `key`.
    mutating func column(_ key: String) -> Int {
        if let number = columnNumbers[key] { return number }
        let number = columns.count
        columnNumbers[key] = number
        var new = TopologyColumn(key: key)
        for row in 0..<nodes.count { new.set(nodes.labels(row)[key], row: row) }
        columns.append(new)
        return number
    }

    /// The mask of the nodes that `rule` allows, up to date.
    mutating func mask(_ rule: NodeRule) -> Int {
        let number: Int
        if let known = maskNumbers[rule] {
            number = known
        } else {
            number = masks.count
            maskNumbers[rule] = number
            masks.append(RuleMask(rule: rule, mask: NodeMask(count: nodes.count), journal: -1))
        }
        refresh(mask: number)
        return number
    }
    mutating func refresh(mask number: Int) {
        let (rule, position) = (masks[number].rule, masks[number].journal)
        let journal = nodes.changes(withTaints: rule.looksAtTaints)
        if position == journal.end { return }
        let changed: [Int]
        if let since = journal.since(position) {
            changed = since.map(Int.init)
        } else if case .selection(let selection) = rule, let names = selection.names {
            // Each daemon pod has such a rule of its own: looking at all nodes for each would be a square of their number.
            masks[number].mask = NodeMask(count: nodes.count)
            changed = names.compactMap { nodes.row($0) }
        } else {
            changed = Array(0..<nodes.count)
        }
        for row in changed { masks[number].mask[row] = nodes.objects[row].map { rule.allows($0, profile) } ?? false }
        masks[number].journal = journal.end
    }

    /// Starts anew once many more templates were compiled than there are: most of them are gone.
    ///
    /// - Parameter templates: how many there are besides those of placed pods.
    mutating func trimCompiled(besides templates: Int = 0) {
        let there = classNumbers.count + templates
        if demands.count > 128 + 4 * there || counters.count > 2048 + 8 * there { resetCompiled() }
    }

    /// Forgets everything compiled for selectors and templates and builds what placed pods carry anew.
    mutating func resetCompiled() {
        epoch += 1
        (counters, counterNumbers, carryingCounters) = ([], [:], [])
        (views, viewNumbers, columns, columnNumbers) = ([], [:], [], [:])
        (masks, maskNumbers, demands) = ([], [:], [:])
        (rankings, rankingNumbers, layouts) = ([], [:], [])
        for i in classes.indices { classes[i]?.counters = [] }
        var carried: [CarriedTerm] = []
        var seen: Set<CarriedTerm> = []
        for pod in placed.compactMap({ $0 }) + nominatedSlots.compactMap({ nominated[$0] }) {
            for term in pod.facts.carriedTerms where seen.insert(term).inserted { carried.append(term) }
        }
        for term in carried { _ = counter(.carrying(term)) }
    }
}
