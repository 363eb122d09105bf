// What is left of a width may be less than nothing: then nothing is shown of what it was for.

extension Collection {
    /// The first `count` elements, or all there are; none if `count` is negative.
    @inlinable public func first(upTo count: Int) -> SubSequence { prefix(Swift.max(0, count)) }
    /// All but the first `count` elements; all if `count` is negative.
    @inlinable public func skipping(_ count: Int) -> SubSequence { dropFirst(Swift.max(0, count)) }
}

extension BidirectionalCollection {
    /// The last `count` elements, or all there are; none if `count` is negative.
    @inlinable public func last(upTo count: Int) -> SubSequence { suffix(Swift.max(0, count)) }
}

extension String {
    /// `character` so many times; empty if `count` is negative.
    public init(_ character: Character, times count: Int) { self.init(repeating: character, count: Swift.max(0, count)) }
}
