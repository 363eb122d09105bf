// What was found out about labels, for the next pod that has the same.

import KubernetesAPI

/// Remembers what follows from labels: the pods of a template share theirs, so those are looked at once.
///
/// Public and inlinable, as it runs for each pod of the objects that controllers look at.
public struct LabelMemo<Value> {
    @usableFromInline var known: [(labels: StringMap<String>, value: Value)] = []
    /// More sorts of labels than these are rare, and a longer search would cost more than it saves.
    @usableFromInline static var room: Int { 8 }

    @inlinable public init() {}

    @inlinable public mutating func value(_ labels: StringMap<String>, _ find: (StringMap<String>) -> Value) -> Value {
        for index in known.indices where known[index].labels.isIdentical(to: labels) { return known[index].value }
        let value = find(labels)
        if known.count < Self.room { known.append((labels, value)) }
        return value
    }
}
