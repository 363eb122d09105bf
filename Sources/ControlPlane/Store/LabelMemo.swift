// What was found out about labels, for the next pod that has the same.

import KubernetesAPI

/// Remembers what follows from labels: the pods of a template share theirs, so those are looked at once.
package struct LabelMemo<Value> {
    private var known: [(labels: StringMap<String>, value: Value)] = []
    /// More sorts of labels than these are rare, and a longer search would cost more than it saves.
    private static var room: Int { 8 }

    package init() {}

    package mutating func value(_ labels: StringMap<String>, _ find: (StringMap<String>) -> Value) -> Value {
        if let same = known.first(where: { $0.labels.isIdentical(to: labels) }) { return same.value }
        let value = find(labels)
        if known.count < Self.room { known.append((labels, value)) }
        return value
    }
}
