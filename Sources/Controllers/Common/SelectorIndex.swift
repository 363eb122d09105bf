import KubernetesAPI

/// A label with its value in a namespace: what indexes by labels are made of.
struct LabelPair: Hashable, Sendable {
    var namespace: String
    var key: String
    var value: String
}

/// Objects that select others by labels (ReplicaSets, Services, budgets), found by the labels they would select.
///
/// Each selector is filed under one of its `matchLabels`, so that a look-up costs the labels of the object in
/// question, not the number of selectors.
struct SelectorIndex: Sendable {
    private(set) var selectors: [ObjectKey: LabelSelector] = [:]
    private var byPair: [LabelPair: [ObjectKey]] = [:]
    /// Selectors without `matchLabels`, by namespace.
    private var others: [String: [ObjectKey]] = [:]

    /// Files `key` under `selector`; nil takes it out.
    mutating func set(_ key: ObjectKey, _ selector: LabelSelector?) {
        if let old = selectors[key] {
            if old == selector { return }
            selectors[key] = nil
            if let pair = Self.pair(key, old) {
                byPair[pair]?.removeAll { $0 == key }
                if byPair[pair]?.isEmpty == true { byPair[pair] = nil }
            } else {
                others[key.namespace]?.removeAll { $0 == key }
            }
        }
        guard let selector else { return }
        selectors[key] = selector
        if let pair = Self.pair(key, selector) {
            byPair[pair, default: []].append(key)
        } else {
            others[key.namespace, default: []].append(key)
        }
    }

    private static func pair(_ key: ObjectKey, _ selector: LabelSelector) -> LabelPair? {
        selector.matchLabels.entries.first.map {
            LabelPair(namespace: key.namespace, key: $0.key, value: $0.value)
        }
    }

    /// Whose selectors match `labels`, sorted by key.
    func matching(namespace: String, _ labels: StringMap<String>) -> [ObjectKey] {
        if selectors.isEmpty { return [] }
        var result: [ObjectKey] = []
        func consider(_ keys: [ObjectKey]) {
            for key in keys where selectors[key]!.matches(labels) { result.append(key) }
        }
        for (key, value) in labels.entries {
            if let keys = byPair[LabelPair(namespace: namespace, key: key, value: value)] { consider(keys) }
        }
        if let keys = others[namespace] { consider(keys) }
        return result.count > 1 ? result.sorted() : result
    }
}
