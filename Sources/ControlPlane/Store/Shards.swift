// A dictionary in parts: a copy shares all of them, and a write copies one.

/// A dictionary that is copied in parts: the first write after a copy copies some hundred entries, however many there are.
///
/// ```swift
/// var places = Shards<String, Int>()
/// places["a"] = 1
/// let snapshot = places
/// places["a"] = 2  // snapshot["a"] is 1
/// ```
public struct Shards<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// A power of two of them.
    private var shards: [[Key: Value]] = [[:]]
    public private(set) var count = 0

    /// So many entries a part has on the average, before there are four times as many parts.
    private static var most: Int { 512 }

    public init() {}

    // Which part has an entry differs from run to run, and nothing that is shown depends on it.
    private func shard(_ key: Key) -> Int {
        if shards.count == 1 { return 0 }
        var hasher = Hasher()
        hasher.combine(key)
        return hasher.finalize() & (shards.count - 1)
    }

    public subscript(key: Key) -> Value? {
        get { shards[shard(key)][key] }
        _modify {
            if count > Self.most * shards.count { split() }
            let index = shard(key)
            let before = shards[index].count
            defer { count += shards[index].count - before }
            yield &shards[index][key]
        }
    }

    private mutating func split() {
        let old = shards
        shards = Array(repeating: [:], count: old.count * 4)
        for part in old { for (key, value) in part { shards[shard(key)][key] = value } }
    }
}
