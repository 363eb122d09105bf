/// Numbers of things that changed, in order, so that what is derived from them can catch up.
///
/// Only the newest changes are kept; who is further behind looks at everything.
struct ChangeLog: Sendable {
    private var entries: [Int32] = []
    /// The number of the first entry that is kept, and of the one to come.
    private(set) var start = 0
    var end: Int { start + entries.count }

    /// Notes that `number` changed. O(1) amortised.
    /// - Parameter things: how many there are; a few times as many changes are kept.
    mutating func note(_ number: Int, of things: Int) {
        if entries.count > 4 * things + 1024 {
            let surplus = entries.count / 2
            entries.removeFirst(surplus)
            start += surplus
        }
        entries.append(Int32(truncatingIfNeeded: number))
    }
    /// What changed since `position`; nil if that is forgotten.
    func since(_ position: Int) -> ArraySlice<Int32>? {
        position < start ? nil : entries[(position - start)...]
    }
}
