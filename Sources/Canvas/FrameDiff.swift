/// The cells of a frame that differ from the frame before, in runs.
public enum FrameDiff {
    /// Neighbouring cells of one row.
    public struct Run: Equatable, Sendable {
        /// The row.
        public var y: Int
        /// The first column. Never the second half of a wide character.
        public var x: Int
        /// Columns, 1 or more. Never ends within a wide character.
        public var count: Int

        /// A run of `count` columns from column `x` of row `y`.
        public init(y: Int, x: Int, count: Int) {
            self.y = y
            self.x = x
            self.count = count
        }
    }

    /// The runs that must be drawn to turn `old` into `new`, by rows and from left to right.
    ///
    /// Without `old`, or with one of another size, everything is drawn. Runs with fewer than
    /// `bridging` equal cells between them become one, as moving the cursor costs as much.
    ///
    /// - Complexity: O(cells); nothing is allocated when the frames are equal.
    public static func runs(from old: Canvas?, to new: Canvas, bridging: Int = 6) -> [Run] {
        let width = new.size.width
        guard let old, old.size == new.size else {
            return (0..<new.size.height).compactMap { y in
                width > 0 ? Run(y: y, x: 0, count: width) : nil
            }
        }
        var runs: [Run] = []
        for y in 0..<new.size.height {
            let base = y * width
            var start = -1
            var end = -1
            for x in 0..<width where new.cells[base + x] != old.cells[base + x] {
                if start >= 0, x - end > bridging {
                    runs.append(widened(y, start, end, new))
                    start = x
                } else if start < 0 {
                    start = x
                }
                end = x + 1
            }
            if start >= 0 { runs.append(widened(y, start, end, new)) }
        }
        return runs
    }

    private static func widened(_ y: Int, _ start: Int, _ end: Int, _ new: Canvas) -> Run {
        var start = start
        var end = end
        if start > 0, new[start, y].isContinuation { start -= 1 }
        if end < new.size.width, new[end, y].isContinuation { end += 1 }
        return Run(y: y, x: start, count: end - start)
    }
}
