import KubernetesAPI

// ResourceQuota: what the objects of a namespace may use together.
extension Cluster {
    /// Refuses an object that would exceed a quota of its namespace.
    ///
    /// Differs from Kubernetes: use is counted from the objects each time instead of being kept in the
    /// quota's status; O(objects of the kind), only in namespaces with a quota.
    /// - Source: Kubernetes `apiserver/pkg/admission/plugin/resourcequota/controller.go`, `CheckRequest`.
    /// An object that replaces `old` counts with what it needs more.
    func requireQuota<O: StoredObject>(for object: O, replacing old: O? = nil) throws(APIError) {
        if store.resourceQuotas.isEmpty { return }
        let before = old.map { ResourceList(QuotaUse.of($0)) } ?? [:]
        for quota in store.resourceQuotas.sorted(namespace: object.metadata.namespace) {
            guard QuotaUse.isInScope(object, quota.spec) else { continue }
            let wanted = QuotaUse.of(object).filter { quota.spec.hard[$0.key] != nil }
                .map { (key: $0.key, value: $0.value - (before[$0.key] ?? .zero)) }
            try requireStated(object, quota)
            guard !wanted.isEmpty else { continue }
            let used = used(O.self, quota)
            let exceeded = wanted.filter { name, amount in
                amount > .zero && (used[name] ?? .zero) + amount > quota.spec.hard[name]!
            }
            if exceeded.isEmpty { continue }
            func list(_ value: (String) -> Quantity) -> String {
                exceeded.map { "\($0.key)=\(value($0.key))" }.joined(separator: ",")
            }
            let requested = ResourceList(wanted)
            throw .forbidden(
                object.kindInfo, object.metadata.name,
                "exceeded quota: \(quota.name), requested: \(list { requested[$0]! }), "
                    + "used: \(list { used[$0] ?? .zero }), limited: \(list { quota.spec.hard[$0]! })")
        }
    }

    /// What the objects of one kind use of `quota` now.
    private func used<O: StoredObject>(_ type: O.Type, _ quota: ResourceQuota) -> ResourceList {
        var sum = ResourceList()
        for case let object? in store[keyPath: O.table].rows
        where object.metadata.namespace == quota.namespace && QuotaUse.isInScope(object, quota.spec) {
            for (name, amount) in QuotaUse.of(object) where quota.spec.hard[name] != nil {
                sum[name] = sum[name].map { $0 + amount } ?? amount
            }
        }
        return sum
    }

    /// Under a quota of computing resources each container must state them.
    private func requireStated<O: StoredObject>(_ object: O, _ quota: ResourceQuota) throws(APIError) {
        guard let pod = object as? Pod else { return }
        var missing: [String] = []
        for (name, _) in quota.spec.hard.entries {
            let resource = name.split(separator: ".", maxSplits: 1).last.map(String.init) ?? name
            guard resource == "cpu" || resource == "memory" else { continue }
            let list: KeyPath<ResourceRequirements, ResourceList> =
                name.hasPrefix("limits.") ? \.limits : \.requests
            if pod.spec.resources?[keyPath: list][resource] != nil { continue }
            let names = (pod.spec.containers + pod.spec.initContainers)
                .filter { $0.resources[keyPath: list][resource] == nil }.map(\.name)
            if !names.isEmpty { missing.append("\(name) for: \(names.joined(separator: ","))") }
        }
        if missing.isEmpty { return }
        throw .forbidden(
            object.kindInfo, object.metadata.name,
            "failed quota: \(quota.name): must specify \(missing.joined(separator: "; "))")
    }
}

/// What one object counts for in a quota.
enum QuotaUse {
    /// The amounts by quota resource, sorted by name.
    static func of<O: StoredObject>(_ object: O) -> [(key: String, value: Quantity)] {
        let use: ResourceList = ["count/\(object.kindInfo.qualifiedPlural)": Quantity(1)]
        return use.merging(object.quotaUse).entries
    }

    /// Whether the quota counts the object.
    static func isInScope<O: StoredObject>(_ object: O, _ quota: ResourceQuotaSpec) -> Bool {
        guard let pod = object as? Pod else { return !quota.hasScopes }
        return quota.selects(pod)
    }
}

extension StringMap where Value == Quantity {
    init(_ entries: [(key: String, value: Quantity)]) {
        self.init()
        for (name, amount) in entries { self[name] = amount }
    }
}
