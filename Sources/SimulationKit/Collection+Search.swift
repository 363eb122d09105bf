// Searching in what is sorted, and seeing cheaply that two arrays are the same.

extension RandomAccessCollection {
    /// The index of the first element that `isAfter` holds for, `endIndex` if there is none. The elements for which it
    /// does not hold must all stand before those for which it does. O(log n).
    @inlinable public func partitioningIndex(where isAfter: (Element) -> Bool) -> Index {
        var (low, left) = (startIndex, count)
        while left > 0 {
            let half = left / 2
            let middle = index(low, offsetBy: half)
            if isAfter(self[middle]) {
                left = half
            } else {
                low = index(after: middle)
                left -= half + 1
            }
        }
        return low
    }
}

extension Array {
    /// Whether both are copies of one array that nobody has changed since: then they are equal without a look at their
    /// content. O(1).
    @inlinable public func sharesStorage(with other: [Element]) -> Bool {
        count == other.count && withUnsafeBufferPointer { mine in other.withUnsafeBufferPointer { mine.baseAddress == $0.baseAddress } }
    }
}
