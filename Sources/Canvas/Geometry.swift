/// A cell's place: `x` columns from the left, `y` rows from the top, both from 0.
public struct Point: Hashable, Sendable {
    /// Columns from the left edge.
    public var x: Int
    /// Rows from the top edge.
    public var y: Int

    /// The point at column `x` and row `y`.
    public init(x: Int, y: Int) {
        self.x = x
        self.y = y
    }

    /// The upper left corner.
    public static let zero = Point(x: 0, y: 0)

    /// This point moved right by `dx` columns and down by `dy` rows.
    public func offset(x dx: Int = 0, y dy: Int = 0) -> Point {
        Point(x: x + dx, y: y + dy)
    }
}

/// Columns and rows, never negative.
public struct Size: Hashable, Sendable {
    /// Columns, 0 or more.
    public var width: Int
    /// Rows, 0 or more.
    public var height: Int

    /// A size; negative numbers count as 0.
    public init(width: Int, height: Int) {
        self.width = max(0, width)
        self.height = max(0, height)
    }

    /// No columns and no rows.
    public static let zero = Size(width: 0, height: 0)
}

/// Columns `x..<right` of rows `y..<bottom`.
public struct Rect: Hashable, Sendable {
    /// First column.
    public var x: Int
    /// First row.
    public var y: Int
    /// Columns, 0 or more.
    public var width: Int
    /// Rows, 0 or more.
    public var height: Int

    /// A rectangle; a negative width or height counts as 0.
    public init(x: Int, y: Int, width: Int, height: Int) {
        self.x = x
        self.y = y
        self.width = max(0, width)
        self.height = max(0, height)
    }

    /// A rectangle from its upper left corner and its size.
    public init(origin: Point = .zero, size: Size) {
        self.init(x: origin.x, y: origin.y, width: size.width, height: size.height)
    }

    /// An empty rectangle at the upper left corner.
    public static let zero = Rect(x: 0, y: 0, width: 0, height: 0)

    /// The first column right of the rectangle.
    public var right: Int { x + width }
    /// The first row below the rectangle.
    public var bottom: Int { y + height }
    /// The upper left cell.
    public var origin: Point { Point(x: x, y: y) }
    /// Width and height.
    public var size: Size { Size(width: width, height: height) }
    /// Whether it holds no cell.
    public var isEmpty: Bool { width == 0 || height == 0 }

    /// Whether the cell at `point` is inside.
    public func contains(_ point: Point) -> Bool {
        point.x >= x && point.x < right && point.y >= y && point.y < bottom
    }

    /// The cells in both rectangles; an empty rectangle if there are none.
    public func intersection(_ other: Rect) -> Rect {
        let left = max(x, other.x)
        let top = max(y, other.y)
        return Rect(
            x: left, y: top,
            width: min(right, other.right) - left, height: min(bottom, other.bottom) - top)
    }

    /// The rectangle without `dx` columns on the left and right and `dy` rows above and below.
    public func inset(x dx: Int, y dy: Int) -> Rect {
        inset(left: dx, top: dy, right: dx, bottom: dy)
    }

    /// The rectangle without the given columns and rows; empty rather than negative.
    public func inset(left: Int = 0, top: Int = 0, right: Int = 0, bottom: Int = 0) -> Rect {
        Rect(
            x: x + left, y: y + top, width: width - left - right, height: height - top - bottom)
    }

    /// The inside of a box drawn around this rectangle's edge.
    public var interior: Rect { inset(x: 1, y: 1) }

    /// One row of the rectangle, counted from its top; empty if there is no such row.
    public func row(_ index: Int) -> Rect {
        Rect(x: x, y: y + index, width: width, height: 1).intersection(self)
    }

    /// A rectangle of at most `size`, in the middle of this one.
    public func centered(_ size: Size) -> Rect {
        let w = min(size.width, width)
        let h = min(size.height, height)
        return Rect(x: x + (width - w) / 2, y: y + (height - h) / 2, width: w, height: h)
    }

    /// How much of a split one part gets.
    public enum Share: Hashable, Sendable {
        /// Exactly so many columns or rows, as long as there are any left.
        case fixed(Int)
        /// A part of what the fixed shares leave, in proportion to its weight (1 or more).
        case weight(Int)
    }

    /// Stacked parts from top to bottom that fill the rectangle.
    ///
    /// Fixed shares are served first and in order; when they do not fit, the last ones are cut.
    /// Remainders of the division go to the first weighted parts. Weights without any room are
    /// empty. Fixed shares alone may leave room at the end.
    public func splitRows(_ shares: [Share], gap: Int = 0) -> [Rect] {
        var top = y
        return Rect.lengths(shares, total: height, gap: gap).map { length in
            defer { top += length + gap }
            return Rect(x: x, y: top, width: width, height: length).intersection(self)
        }
    }

    /// Parts side by side from left to right that fill the rectangle, as `splitRows` does.
    public func splitColumns(_ shares: [Share], gap: Int = 0) -> [Rect] {
        var left = x
        return Rect.lengths(shares, total: width, gap: gap).map { length in
            defer { left += length + gap }
            return Rect(x: left, y: y, width: length, height: height).intersection(self)
        }
    }

    private static func lengths(_ shares: [Share], total: Int, gap: Int) -> [Int] {
        var rest = max(0, total - gap * max(0, shares.count - 1))
        var lengths = [Int](repeating: 0, count: shares.count)
        var weights = 0
        for (index, share) in shares.enumerated() {
            switch share {
            case .fixed(let length):
                lengths[index] = min(max(0, length), rest)
                rest -= lengths[index]
            case .weight(let weight):
                weights += max(1, weight)
            }
        }
        // Handing out from what is left, share by share, puts the remainder on the first parts.
        for (index, share) in shares.enumerated() {
            if case .weight(let weight) = share {
                let part = (rest * max(1, weight) + weights - 1) / weights
                lengths[index] = part
                rest -= part
                weights -= max(1, weight)
            }
        }
        return lengths
    }
}
