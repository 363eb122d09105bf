// Storage in pages: a copy shares all pages, and a write copies one of them.

/// A list that is copied in pages: a copy costs nothing, and the first write after it copies one page, however long the list is.
///
/// ```swift
/// var rows = Pages<Int>()
/// rows.append(1)
/// let snapshot = rows
/// rows[0] = 2  // snapshot[0] is 1
/// ```
public struct Pages<Element: Sendable>: RandomAccessCollection, MutableCollection, Sendable {
    // An object has dozens of references, each of which a copy counts: the first writes after a copy are all to pages that others have too.
    @inlinable static var bits: Int { MemoryLayout<Element>.stride > 64 ? 5 : MemoryLayout<Element>.stride > 16 ? 8 : 10 }
    @inlinable static var size: Int { 1 << bits }
    /// All full but the last.
    @usableFromInline var pages: [ContiguousArray<Element>] = []
    @usableFromInline var length = 0
    @inlinable public var count: Int { length }

    public init() {}
    public init(repeating element: Element, count: Int) {
        pages = stride(from: 0, to: count, by: Self.size).map { ContiguousArray(repeating: element, count: Swift.min(Self.size, count - $0)) }
        length = count
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { count }
    @inlinable public subscript(index: Int) -> Element {
        _read { yield pages[index &>> Self.bits][index & (Self.size - 1)] }
        _modify { yield &pages[index &>> Self.bits][index & (Self.size - 1)] }
    }
    @inlinable public mutating func append(_ element: Element) {
        if count & (Self.size - 1) == 0 {
            var page = ContiguousArray<Element>()
            // The first page grows as it is needed: most lists are short.
            if count > 0 { page.reserveCapacity(Self.size) }
            pages.append(page)
        }
        pages[pages.count - 1].append(element)
        length += 1
    }

    // By page, so that a pass over all costs what one over an array does.
    public struct Iterator: IteratorProtocol {
        @usableFromInline var rest: IndexingIterator<[ContiguousArray<Element>]>
        @usableFromInline var page: IndexingIterator<ContiguousArray<Element>>
        @inlinable init(_ pages: [ContiguousArray<Element>]) {
            rest = pages.makeIterator()
            page = (rest.next() ?? []).makeIterator()
        }
        @inlinable public mutating func next() -> Element? {
            while true {
                if let element = page.next() { return element }
                guard let more = rest.next() else { return nil }
                page = more.makeIterator()
            }
        }
    }
    @inlinable public func makeIterator() -> Iterator { Iterator(pages) }
}
