/// A curve in one row.
///
/// More values than columns are thinned by taking the largest of each group, so that no peak is
/// lost; fewer stand at the right end, as the newest is the last. `nan` leaves a blank.
public struct Sparkline: Sendable {
    /// Oldest first.
    public var values: [Double]
    /// The value of the lowest level.
    public var minimum: Double
    /// The value of the full height; the largest value if nil.
    public var maximum: Double?
    /// Values above it are drawn in the fault style.
    public var limit: Double?

    /// A curve of `values`, oldest first.
    public init(
        _ values: [Double], minimum: Double = 0, maximum: Double? = nil, limit: Double? = nil
    ) {
        self.values = values
        self.minimum = minimum
        self.maximum = maximum
        self.limit = limit
    }

    /// A curve of whole numbers, oldest first.
    public init(
        _ values: some Sequence<Int>, minimum: Double = 0, maximum: Double? = nil,
        limit: Double? = nil
    ) {
        self.init(values.map(Double.init), minimum: minimum, maximum: maximum, limit: limit)
    }

    /// The curve as text of exactly `width` columns.
    public func text(width: Int, glyphs: GlyphSet) -> String {
        guard width > 0 else { return "" }
        if glyphs.alphabet == .braille { return braille(width) }
        let samples = Sparkline.thinned(values, to: width)
        let levels = glyphs.sparkLevels
        let top = ceiling
        let curve = samples.map { value -> Character in
            guard value.isFinite else { return " " }
            return levels[level(of: value, top: top, count: levels.count)]
        }
        return String(" ", times: width - curve.count) + String(curve)
    }

    /// Draws the curve into `width` columns from `point`.
    public func draw(
        on canvas: inout Canvas, at point: Point, width: Int, style: Style,
        faultStyle: Style? = nil
    ) {
        guard width > 0 else { return }
        canvas.write(text(width: width, glyphs: canvas.glyphs), at: point, style: style)
        guard let limit, let faultStyle else { return }
        let perColumn = canvas.glyphs.alphabet == .braille ? 2 : 1
        let samples = Sparkline.thinned(values, to: width * perColumn)
        let blanks = width * perColumn - samples.count
        for (index, value) in samples.enumerated() where value > limit {
            let x = point.x + (blanks + index) / perColumn
            canvas.restyle(Rect(x: x, y: point.y, width: 1, height: 1)) { _ in faultStyle }
        }
    }

    /// Draws the curve in the theme's roles.
    public func draw(on canvas: inout Canvas, at point: Point, width: Int, theme: Theme) {
        draw(
            on: &canvas, at: point, width: width, style: theme[.sparkline],
            faultStyle: theme[.sparklineFault])
    }

    /// At most `count` values: the largest of each group of neighbours.
    public static func thinned(_ values: [Double], to count: Int) -> [Double] {
        guard count > 0 else { return [] }
        guard values.count > count else { return values }
        return (0..<count).map { column in
            let start = column * values.count / count
            let end = (column + 1) * values.count / count
            var largest = Double.nan
            for value in values[start..<end] where !(value <= largest) && !value.isNaN {
                largest = value
            }
            return largest
        }
    }

    private var ceiling: Double {
        maximum ?? values.lazy.filter(\.isFinite).max() ?? 1
    }

    private func level(of value: Double, top: Double, count: Int) -> Int {
        guard top > minimum else { return 0 }
        let share = (value - minimum) / (top - minimum)
        return Canvas.step((share * Double(count - 1)).rounded(), upTo: count - 1)
    }

    private func braille(_ width: Int) -> String {
        var samples = Sparkline.thinned(values, to: width * 2)
        samples.insert(
            contentsOf: [Double](repeating: .nan, count: width * 2 - samples.count), at: 0)
        let left: [UInt32] = [0x40, 0x44, 0x46, 0x47]
        let right: [UInt32] = [0x80, 0xA0, 0xB0, 0xB8]
        let top = ceiling
        var text = ""
        for column in 0..<width {
            var dots: UInt32 = 0
            let (first, second) = (samples[2 * column], samples[2 * column + 1])
            if first.isFinite { dots |= left[level(of: first, top: top, count: 4)] }
            if second.isFinite { dots |= right[level(of: second, top: top, count: 4)] }
            if dots == 0 {
                text.append(" ")
            } else if let scalar = Unicode.Scalar(0x2800 + dots) {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

/// A filled curve of several rows, in eighths of a row.
public struct AreaChart: Sendable {
    /// The values and their range, as in a sparkline.
    public var line: Sparkline

    /// A chart of `values`, oldest first.
    public init(
        _ values: [Double], minimum: Double = 0, maximum: Double? = nil, limit: Double? = nil
    ) {
        line = Sparkline(values, minimum: minimum, maximum: maximum, limit: limit)
    }

    /// Draws the chart into `rect`, newest value in the last column. Columns whose value is over
    /// the limit are in the fault style.
    public func draw(on canvas: inout Canvas, in rect: Rect, theme: Theme) {
        draw(
            on: &canvas, in: rect, style: theme[.sparkline], faultStyle: theme[.sparklineFault])
    }

    /// Draws the chart into `rect` in the given styles.
    public func draw(
        on canvas: inout Canvas, in rect: Rect, style: Style, faultStyle: Style
    ) {
        guard !rect.isEmpty else { return }
        let samples = Sparkline.thinned(line.values, to: rect.width)
        let top = line.maximum ?? samples.filter(\.isFinite).max() ?? 1
        let levels = canvas.glyphs.sparkLevels
        for (index, value) in samples.enumerated() where value.isFinite && top > line.minimum {
            let share = min(1, max(0, (value - line.minimum) / (top - line.minimum)))
            var eighths = Canvas.step((share * Double(rect.height * levels.count)).rounded(), upTo: rect.height * levels.count)
            if eighths == 0, share > 0 { eighths = 1 }
            let isOver = line.limit.map { value > $0 } ?? false
            let x = rect.right - samples.count + index
            for row in 0..<rect.height where eighths > row * levels.count {
                let level = min(levels.count, eighths - row * levels.count)
                canvas.write(
                    levels[level - 1], at: Point(x: x, y: rect.bottom - 1 - row),
                    style: isOver ? faultStyle : style)
            }
        }
    }
}
