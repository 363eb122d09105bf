import ControlPlane
import KubernetesAPI

/// Objects without a controlling owner, found by labels: the candidates for adoption.
///
/// Only orphans are filed, so that the many objects that have their owner cost one look at their metadata.
struct Orphans: Sendable {
    private var byPair: [LabelPair: Set<ObjectKey>] = [:]
    private var byNamespace: [String: Set<ObjectKey>] = [:]
    private var labels: [ObjectKey: StringMap<String>] = [:]

    /// Keeps the index current. Returns the object's labels if it is an orphan that is new or changed.
    mutating func observe<O: KubernetesObject>(_ change: Change<O>) -> StringMap<String>? {
        if change.action == .modified, change.previous?.metadata.identity == change.object.metadata.identity {
            return nil
        }
        let meta = change.object.metadata
        let isOrphan = change.action != .deleted && meta.controller == nil && !meta.isTerminating
        // Nearly all have an owner, and are not filed.
        if !isOrphan, labels.isEmpty { return nil }
        let key = change.object.key
        let before = labels[key]
        if isOrphan, before == meta.labels { return nil }
        if let before { remove(key, before) }
        guard isOrphan else { return nil }
        labels[key] = meta.labels
        byNamespace[key.namespace, default: []].insert(key)
        for (name, value) in meta.labels.entries {
            byPair[LabelPair(namespace: key.namespace, key: name, value: value), default: []].insert(key)
        }
        return meta.labels
    }

    private mutating func remove(_ key: ObjectKey, _ before: StringMap<String>) {
        labels[key] = nil
        byNamespace[key.namespace]?.remove(key)
        for (name, value) in before.entries {
            let pair = LabelPair(namespace: key.namespace, key: name, value: value)
            byPair[pair]?.remove(key)
            if byPair[pair]?.isEmpty == true { byPair[pair] = nil }
        }
    }

    /// The orphans in `namespace` that `selector` matches, sorted by name.
    func matching(namespace: String, _ selector: LabelSelector) -> [ObjectKey] {
        if labels.isEmpty || selector.isEmpty { return [] }
        var smallest = byNamespace[namespace] ?? []
        for (name, value) in selector.matchLabels.entries {
            let bucket = byPair[LabelPair(namespace: namespace, key: name, value: value)] ?? []
            if bucket.count < smallest.count { smallest = bucket }
        }
        return smallest.filter { selector.matches(labels[$0]!) }.sorted()
    }
}
