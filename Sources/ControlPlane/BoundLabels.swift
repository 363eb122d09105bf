// The labels of pods on nodes, kept once for the pods of one template in one zone.

import KubernetesAPI
import SimulationKit

/// What binding adds to a pod's labels, and the last results, so that pods that get the same share it.
struct BoundLabels: Sendable {
    private struct Known: Sendable {
        var before: StringMap<String>
        var place: SIMD2<UInt64>
        var after: StringMap<String>
    }
    private static let most = 512
    private var known: [Known?] = []
    private static let added = [LabelKey.zone, LabelKey.region]

    /// The labels of a pod that had `before` on a node with the labels `node`.
    mutating func labels(_ before: StringMap<String>, on node: StringMap<String>) -> StringMap<String> {
        let place = SIMD2(node[LabelKey.zone].map { StableHash.of($0, seed: 1) } ?? 0, node[LabelKey.region].map { StableHash.of($0, seed: 1) } ?? 0)
        if place == .zero { return before }
        if known.isEmpty { known = Array(repeating: nil, count: Self.most) }
        var hash = place.x ^ place.y
        for (_, value) in before.entries { hash = StableHash.of(value, seed: hash) }
        let slot = Int(truncatingIfNeeded: hash >> 32) & (Self.most - 1)
        if let known = known[slot], known.place == place, known.before == before { return known.after }
        var after = before
        for label in Self.added where after[label] == nil { if let value = node[label] { after[label] = value } }
        known[slot] = Known(before: before, place: place, after: after)
        return after
    }
}
