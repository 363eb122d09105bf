// A hash table that holds places only: what stands there is asked whether it is what is looked for.

import KubernetesAPI

/// Places by the hash of what stands in them.
///
/// Keys are not kept: who looks something up says whether a place has it. An entry takes 8 bytes, and a copy of the table shares all of it:
/// a write copies a page. Nothing may depend on the order of entries; it is not shown.
struct SlotIndex: Sendable {
    /// Half of a hash, and the place; −1: none.
    private struct Entry: Sendable {
        var hash: UInt32
        var slot: Int32
    }
    /// As many as a power of two; at most three quarters are taken.
    private var entries = Pages<Entry>()
    private(set) var count = 0

    /// The hash of a key whose object says nothing else. It differs from run to run, and nothing that is shown depends on it.
    static func hash(of key: ObjectKey) -> Int {
        var hasher = Hasher()
        hasher.combine(key)
        return hasher.finalize()
    }
    private static func half(_ hash: Int) -> UInt32 {
        // The table takes low bits, of which hashes made of numbers have few that differ.
        let mixed = UInt64(bitPattern: Int64(hash)) &* 0x9e37_79b9_7f4a_7c15
        return UInt32(truncatingIfNeeded: mixed >> 32)
    }

    /// The place with this hash of which `isThere` says that it has what is looked for.
    @inline(__always)
    func find(_ hash: Int, where isThere: (Int) -> Bool) -> Int? {
        guard let index = position(hash, where: isThere) else { return nil }
        return Int(entries[index].slot)
    }
    @inline(__always)
    private func position(_ hash: Int, where isThere: (Int) -> Bool) -> Int? {
        if count == 0 { return nil }
        let half = Self.half(hash)
        let mask = entries.count - 1
        var index = Int(half) & mask
        while entries[index].slot >= 0 {
            if entries[index].hash == half, isThere(Int(entries[index].slot)) { return index }
            index = (index + 1) & mask
        }
        return nil
    }

    /// Files `slot`, which is not filed under this hash yet.
    mutating func insert(_ hash: Int, _ slot: Int) {
        if (count + 1) * 4 > entries.count * 3 { grow() }
        put(Entry(hash: Self.half(hash), slot: Int32(slot)))
        count += 1
    }
    private mutating func put(_ entry: Entry) {
        let mask = entries.count - 1
        var index = Int(entry.hash) & mask
        while entries[index].slot >= 0 { index = (index + 1) & mask }
        entries[index] = entry
    }
    private mutating func grow() {
        let old = entries
        entries = Pages(repeating: Entry(hash: 0, slot: -1), count: Swift.max(8, old.count * 2))
        for entry in old where entry.slot >= 0 { put(entry) }
    }

    /// Takes out `slot`; returns whether it was filed under this hash.
    @discardableResult
    mutating func remove(_ hash: Int, _ slot: Int) -> Bool {
        guard var hole = position(hash, where: { $0 == slot }) else { return false }
        let mask = entries.count - 1
        var next = (hole + 1) & mask
        // What stands behind the hole and could stand in it moves up, so that no look-up stops early.
        while entries[next].slot >= 0 {
            let home = Int(entries[next].hash) & mask
            if (next - home) & mask >= (next - hole) & mask {
                entries[hole] = entries[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        entries[hole].slot = -1
        count -= 1
        return true
    }
}
