/// A set of nodes: one bit for each row of ``NodeColumns``.
struct NodeMask: Sendable, Equatable {
    var words: [UInt64]

    /// The empty set over `count` rows.
    init(count: Int) { words = Array(repeating: 0, count: (count + 63) / 64) }

    subscript(node: Int) -> Bool {
        get { node >> 6 < words.count && words[node >> 6] & (1 << UInt64(node & 63)) != 0 }
        set {
            if node >> 6 >= words.count {
                if !newValue { return }
                words += Array(repeating: 0, count: (node >> 6) + 1 - words.count)
            }
            if newValue {
                words[node >> 6] |= 1 << UInt64(node & 63)
            } else {
                words[node >> 6] &= ~(1 << UInt64(node & 63))
            }
        }
    }

    var isEmpty: Bool { words.allSatisfy { $0 == 0 } }
    var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
    /// The members in rising order.
    var members: [Int] {
        var result: [Int] = []
        forEach { result.append($0) }
        return result
    }

    /// Keeps what is also in `other`.
    mutating func formIntersection(_ other: NodeMask) {
        for i in words.indices { words[i] &= i < other.words.count ? other.words[i] : 0 }
    }
    /// Takes out what is in `other`.
    mutating func subtract(_ other: NodeMask) {
        for i in 0..<min(words.count, other.words.count) { words[i] &= ~other.words[i] }
    }
    @inline(__always)
    func forEach(_ body: (Int) -> Void) {
        for i in words.indices {
            var bits = words[i]
            while bits != 0 {
                body(i << 6 + bits.trailingZeroBitCount)
                bits &= bits - 1
            }
        }
    }
    /// Takes out the members for which `keep` is false.
    @inline(__always)
    mutating func filter(_ keep: (Int) -> Bool) {
        for i in words.indices {
            var bits = words[i]
            while bits != 0 {
                let bit = bits & (~bits + 1)
                if !keep(i << 6 + bits.trailingZeroBitCount) { words[i] &= ~bit }
                bits &= bits - 1
            }
        }
    }
}
