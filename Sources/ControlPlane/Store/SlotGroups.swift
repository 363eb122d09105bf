// Objects of one kind by something they have in common, without looking at all of them.

import SimulationKit

/// Slots of a table by a key that several rows may share, rising under each key.
struct SlotGroups<Key: Hashable & Sendable>: Sendable, Equatable {
    private var slots: [Key: [Int]] = [:]

    /// The slots under `key`, rising.
    subscript(key: Key) -> [Int] { slots[key] ?? [] }

    mutating func insert(_ slot: Int, under key: Key) {
        // One look-up for both: the list is changed where it is.
        func insert(into slots: inout [Int]) { slots.insert(slot, at: slots.partitioningIndex { $0 >= slot }) }
        insert(into: &slots[key, default: []])
    }
    mutating func remove(_ slot: Int, from key: Key) {
        func remove(from slots: inout [Int]) -> Bool {
            let at = slots.partitioningIndex { $0 >= slot }
            if at < slots.count, slots[at] == slot { slots.remove(at: at) }
            return slots.isEmpty
        }
        if remove(from: &slots[key, default: []]) { slots[key] = nil }
    }
    /// Moves the slot to where it belongs after a write; nil: the row has no such key, or is not there.
    mutating func move(_ slot: Int, from before: Key?, to after: Key?) {
        if before == after { return }
        if let before { remove(slot, from: before) }
        if let after { insert(slot, under: after) }
    }
}
