import DequeModule

/// A list that grows at its end and is forgotten from its start, and that is copied in pages.
///
/// A copy costs nothing, and the first write after it copies one page: states that are kept hold the log of changes once between them,
/// however long it is.
public struct Backlog<Element: Sendable>: RandomAccessCollection, Sendable {
    private static var bits: Int { 6 }
    private static var size: Int { 1 << bits }
    /// All full but the last.
    private var pages = Deque<ContiguousArray<Element>>()
    /// How many elements of the first page are forgotten. Their memory goes with their page.
    private var skipped = 0
    public private(set) var count = 0

    public init() {}

    public var startIndex: Int { 0 }
    public var endIndex: Int { count }
    public subscript(index: Int) -> Element {
        _read {
            let place = index + skipped
            yield pages[place &>> Self.bits][place & (Self.size - 1)]
        }
    }

    public mutating func append(_ element: Element) {
        if (count + skipped) & (Self.size - 1) == 0 { pages.append([]) }
        pages[pages.count - 1].append(element)
        count += 1
    }
    /// Puts `element` before the one at `index`. O(elements behind it).
    public mutating func insert(_ element: Element, at index: Int) {
        let later = Array(self[index...])
        for _ in later { removeLast() }
        append(element)
        for element in later { append(element) }
    }
    public mutating func removeFirst(_ surplus: Int = 1) {
        precondition(0...count ~= surplus, "a log forgets what it has")
        (count, skipped) = (count - surplus, skipped + surplus)
        pages.removeFirst(Swift.min(skipped &>> Self.bits, pages.count))
        skipped &= Self.size - 1
        // What is empty begins anew, so that a log that is always read up stays in one page.
        if count == 0 {
            skipped = 0
            pages.removeAll(keepingCapacity: true)
        }
    }
    private mutating func removeLast() {
        pages[pages.count - 1].removeLast()
        if pages[pages.count - 1].isEmpty { pages.removeLast() }
        count -= 1
        if count == 0 { removeFirst(0) }
    }
}
