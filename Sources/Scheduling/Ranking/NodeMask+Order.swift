/// Questions about order: the members of a set stand in a list, lowest first.
extension NodeMask {
    mutating func formUnion(_ other: NodeMask) {
        for i in 0..<min(words.count, other.words.count) { words[i] |= other.words[i] }
    }

    /// What is in both; nil if nothing is. Both must be over the same rows.
    func intersection(_ other: NodeMask) -> NodeMask? {
        guard intersects(other) else { return nil }
        var result = self
        result.formIntersection(other)
        return result
    }
    func intersects(_ other: NodeMask) -> Bool {
        for i in 0..<min(words.count, other.words.count) where words[i] & other.words[i] != 0 { return true }
        return false
    }

    /// The position of the member with `rank` members below it; `rank` must be less than ``count``.
    func member(_ rank: Int) -> Int {
        var left = rank
        for i in words.indices {
            let here = words[i].nonzeroBitCount
            if left < here { return i << 6 + Self.bit(left, of: words[i]) }
            left -= here
        }
        preconditionFailure("a set of \(count) has no member of rank \(rank)")
    }
    /// How many members are below `position`.
    func rank(of position: Int) -> Int {
        var result = 0
        for i in 0..<(position >> 6) { result += words[i].nonzeroBitCount }
        return result + (words[position >> 6] & (1 << UInt64(position & 63) - 1)).nonzeroBitCount
    }
    /// The lowest member from `position` on.
    func first(from position: Int) -> Int? {
        var i = position >> 6
        guard i < words.count else { return nil }
        var word = words[i] & (~0 << UInt64(position & 63))
        while word == 0 {
            i += 1
            if i == words.count { return nil }
            word = words[i]
        }
        return i << 6 + word.trailingZeroBitCount
    }
    private static func bit(_ rank: Int, of word: UInt64) -> Int {
        if word == ~0 { return rank }
        var rest = word
        for _ in 0..<rank { rest &= rest - 1 }
        return rest.trailingZeroBitCount
    }

    /// The set over `count` positions with `start` taken as 0, and what is before it put behind.
    func rotated(to start: Int, count: Int) -> NodeMask {
        if start == 0 { return self }
        var result = NodeMask(count: count)
        let (skip, shift) = (start >> 6, UInt64(start & 63))
        // What was from `start` on goes down …
        for i in skip..<words.count {
            result.words[i - skip] |= words[i] >> shift
            if shift > 0, i > skip { result.words[i - skip - 1] |= words[i] << (64 - shift) }
        }
        // … and what was before it goes up.
        let (offset, up) = ((count - start) >> 6, UInt64((count - start) & 63))
        for i in 0...skip {
            let word = i < skip ? words[i] : words[i] & (1 << shift - 1)
            if word == 0 { continue }
            result.words[i + offset] |= word << up
            if up > 0, word >> (64 - up) != 0 { result.words[i + offset + 1] |= word >> (64 - up) }
        }
        return result
    }
    /// The first `wanted` members.
    func prefix(_ wanted: Int) -> NodeMask {
        var result = self
        var left = wanted
        for i in words.indices {
            let here = words[i].nonzeroBitCount
            if here <= left {
                left -= here
                continue
            }
            result.words[i] &= 1 << UInt64(Self.bit(left, of: words[i])) - 1
            for j in (i + 1)..<max(i + 1, words.count) { result.words[j] = 0 }
            break
        }
        return result
    }

    /// The member of `tied` that a binary max-heap over the members of this set has at its root, if `tied` are those
    /// with the highest total. `tied` must not be empty.
    ///
    /// Go's `container/heap` moves a child up only if it is strictly greater, the right one only if it is strictly
    /// greater than the left. So of equal ones that one wins which is first when the heap's tree is walked node, left
    /// side, right side. In each level of the tree that is the leftmost; then levels are compared.
    func heapRoot(tied: NodeMask) -> Int {
        // By word: how many members are below it.
        var below: [Int32] = []
        below.reserveCapacity(words.count + 1)
        var count: Int32 = 0
        for word in words {
            below.append(count)
            count += Int32(word.nonzeroBitCount)
        }
        var best: (key: UInt64, position: Int)?
        var level: Int32 = 0
        var word = 0
        while level < count {
            // Ranks level … 2 · level stand side by side in the tree. The member of rank `level`:
            while word + 1 < below.count, below[word + 1] <= level { word += 1 }
            let leftmost = word << 6 + Self.bit(Int(level - below[word]), of: words[word])
            guard let position = tied.first(from: leftmost) else { break }
            let rank = Int(below[position >> 6]) + (words[position >> 6] & (1 << UInt64(position & 63) - 1)).nonzeroBitCount
            if rank <= 2 * Int(level) {
                // The way down from the root: 1, then 0 for left and 1 for right.
                let path = UInt64(rank + 1)
                let key = path << UInt64(path.leadingZeroBitCount)
                if best == nil || key < best!.key { best = (key, position) }
            }
            level = 2 * level + 1
        }
        return best!.position
    }
}
