/// A level bar: used, optionally what would be added, a limit, and what is free.
public struct Gauge: Sendable {
    /// How much is used, 0 or more.
    public var used: Double
    /// How much a preview adds to it, 0 or more.
    public var added: Double
    /// The value at the end of the bar, more than 0.
    public var scale: Double
    /// Where a mark goes.
    public var limit: Double?
    /// Whether free columns show `·` (room in a dialog) instead of `░`.
    public var showsRoom: Bool

    /// A bar for `used` of `scale`.
    public init(
        used: Double, scale: Double = 1, added: Double = 0, limit: Double? = nil,
        showsRoom: Bool = false
    ) {
        self.used = used
        self.scale = scale
        self.added = added
        self.limit = limit
        self.showsRoom = showsRoom
    }

    /// The bar as text of exactly `width` columns.
    public func text(width: Int, glyphs: GlyphSet) -> String {
        String(columns(width, glyphs).map(\.character))
    }

    /// Draws the bar into `width` columns from `point`.
    public func draw(
        on canvas: inout Canvas, at point: Point, width: Int, style: Style, addedStyle: Style,
        freeStyle: Style, limitStyle: Style
    ) {
        for (index, column) in columns(width, canvas.glyphs).enumerated() {
            let style =
                switch column.part {
                case .used: style
                case .added: addedStyle
                case .free: freeStyle
                case .limit: limitStyle
                }
            canvas.write(column.character, at: point.offset(x: index), style: style)
        }
    }

    /// Draws the bar with the theme's styles: `role` for what is used.
    public func draw(
        on canvas: inout Canvas, at point: Point, width: Int, role: Role = .gaugeCPU,
        theme: Theme
    ) {
        draw(
            on: &canvas, at: point, width: width, style: theme[role],
            addedStyle: theme[.rowHighlight], freeStyle: theme[.gaugeFree],
            limitStyle: theme[.limit])
    }

    private enum Part { case used, added, free, limit }

    private func columns(_ width: Int, _ glyphs: GlyphSet) -> [(character: Character, part: Part)] {
        guard width > 0, scale > 0 else { return [] }
        // Rounded down, so that a bar is full only when the thing is; the addend keeps exact
        // eighths from falling to the one below.
        let steps = glyphs.barParts.count + 1
        let all = width * steps
        func position(_ value: Double) -> Int {
            Canvas.step((value / scale * Double(all) + 1e-6).rounded(.down), upTo: all)
        }
        let usedSteps = position(used)
        let addedEnd = added > 0 ? (position(used + added) + steps - 1) / steps : 0
        let free = showsRoom ? glyphs.barRoom : glyphs.barEmpty
        var result: [(character: Character, part: Part)] = []
        for column in 0..<width {
            let rest = usedSteps - column * steps
            if rest >= steps {
                result.append((glyphs.barFull, .used))
            } else if rest > 0 {
                result.append((glyphs.barParts[rest - 1], .used))
            } else if column < addedEnd {
                result.append((glyphs.barAdded, .added))
            } else {
                result.append((free, .free))
            }
        }
        if let limit, limit >= 0, limit <= scale {
            let column = min(width - 1, position(limit) / steps)
            result[column] = (glyphs.limit, .limit)
        }
        return result
    }
}

/// A line with a value and a limit on it: `0 ──────●┆──────── 6`.
public struct Scale: Sendable {
    /// The value at the left end.
    public var minimum: Int
    /// The value at the right end.
    public var maximum: Int
    /// Where the mark stands.
    public var value: Int
    /// After which value the limit stands.
    public var limit: Int?

    /// A scale from `minimum` to `maximum`.
    public init(minimum: Int = 0, maximum: Int, value: Int, limit: Int? = nil) {
        self.minimum = minimum
        self.maximum = maximum
        self.value = value
        self.limit = limit
    }

    /// Draws the line into `width` columns from `point`, with its ends as numbers.
    public func draw(
        on canvas: inout Canvas, at point: Point, width: Int, role: Role = .good, theme: Theme
    ) {
        let left = "\(minimum) "
        let right = " \(maximum)"
        let room = width - left.count - right.count
        guard room >= 3, maximum > minimum else { return }
        let start = point.offset(x: left.count)
        canvas.write(left, at: point, style: theme[.dim])
        canvas.repeating(
            canvas.glyphs.frame.horizontal, count: room, at: start, style: theme[.border])
        canvas.write(right, at: start.offset(x: room), style: theme[.dim])
        func column(_ value: Int) -> Int {
            let share = (Double(value) - Double(minimum)) / (Double(maximum) - Double(minimum))
            return Canvas.step((share * Double(room - 1)).rounded(), upTo: room - 1)
        }
        if let limit {
            canvas.write(
                canvas.glyphs.limit, at: start.offset(x: min(room - 1, column(limit) + 1)),
                style: theme[.limit])
        }
        canvas.write(canvas.glyphs.ready, at: start.offset(x: column(value)), style: theme[role])
    }
}
