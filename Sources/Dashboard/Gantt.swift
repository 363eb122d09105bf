import Canvas

/// Bars over a common axis of time, as waterfalls and pull queues show them: waiting and working are different characters.
enum Gantt {
    enum Kind { case wait, work, after }

    /// A stretch of time in seconds from the beginning of the axis.
    struct Bar {
        var kind: Kind
        var from: Double
        var to: Double
    }

    /// How many seconds a column stands for.
    struct Scale {
        var step: Double
        var columns: Int

        private static let steps = [
            0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.8, 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12, 15,
            20, 25, 30, 40, 60, 90, 120, 180, 300, 600, 1800, 3600,
        ]

        /// The finest round step with which `span` seconds fit into `columns`.
        init(span: Double, columns: Int) {
            self.columns = max(1, columns)
            step = Self.steps.first { $0 * Double(max(1, columns)) >= span } ?? span / Double(max(1, columns))
        }
        func column(_ seconds: Double) -> Int { Canvas.step((seconds / step + 1e-9).rounded(.down), upTo: columns) }
        /// `0.15 s`
        var text: String { "\(secondsText(step)) s" }
    }

    /// The times above the bars: one each ten columns.
    static func drawAxis(_ scale: Scale, on canvas: inout Canvas, at point: Point, _ theme: Theme) {
        for column in stride(from: 0, to: scale.columns - 3, by: 10) {
            let text = column == 0 ? "0 s" : secondsText(Double(column) * scale.step)
            canvas.write(text, at: point.offset(x: column), style: theme[.dim], maxWidth: scale.columns - column)
        }
    }

    /// The bars of one row; each is at least one column wide, and work is drawn over waiting.
    static func draw(_ bars: [Bar], _ scale: Scale, on canvas: inout Canvas, at point: Point, _ theme: Theme) {
        for kind in [Kind.wait, .after, .work] {
            for bar in bars where bar.kind == kind {
                let from = scale.column(bar.from)
                let to = max(from + 1, Canvas.step((bar.to / scale.step).rounded(), upTo: scale.columns))
                let (glyph, role): (Character, Role) =
                    switch kind {
                    case .wait: (canvas.glyphs.wait, .wait)
                    case .work: (canvas.glyphs.work, .work)
                    case .after: (canvas.glyphs.after, .after)
                    }
                guard from < scale.columns else { continue }
                canvas.repeating(glyph, count: min(to, scale.columns) - from, at: point.offset(x: from), style: theme[role])
            }
        }
    }

    /// `▒ waits  █ works`, for a box's edge.
    static func legend(_ words: [(Kind, String)], _ glyphs: GlyphSet, _ theme: Theme) -> StyledText {
        var text = StyledText("")
        for (index, (kind, word)) in words.enumerated() {
            let (glyph, role): (Character, Role) =
                switch kind {
                case .wait: (glyphs.wait, .wait)
                case .work: (glyphs.work, .work)
                case .after: (glyphs.after, .after)
                }
            if index > 0 { text.append("  ") }
            text.append(String(glyph), theme[role])
            text.append(" \(word)", theme[.dim])
        }
        return text
    }
}

/// `7.30`: with exactly so many decimals, rounded. What is too large to have decimals is written as it is: `1e+300`.
func fixed(_ value: Double, _ places: Int = 2) -> String {
    var factor = 1
    for _ in 0..<places { factor *= 10 }
    guard abs(value) * Double(factor) < 9e15 else { return "\(value)" }
    let scaled = Int((abs(value) * Double(factor)).rounded())
    let sign = value < 0 && scaled != 0 ? "-" : ""
    if places == 0 { return "\(sign)\(scaled)" }
    let rest = String(scaled % factor)
    return "\(sign)\(scaled / factor).\(String("0", times: places - rest.count))\(rest)"
}

/// The share of `part` in `whole` in percent, cut to whole ones; 0 of nothing.
func percent(_ part: Int64, of whole: Int64) -> Int { whole == 0 ? 0 : Int(clamping: Int128(part) * 100 / Int128(whole)) }

/// Seconds with as many decimals as are needed, three at most: `0.15`, `1.5`, `30`.
func secondsText(_ value: Double) -> String {
    var text = fixed(value, 3)
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
}

/// `85Mi`, `1.5Gi`: bytes in three digits.
func bytesText(_ bytes: Int64) -> String {
    let units = ["", "Ki", "Mi", "Gi", "Ti"]
    var value = Double(bytes)
    var unit = 0
    while value >= 1024, unit < units.count - 1 {
        value /= 1024
        unit += 1
    }
    let text = value < 10 && unit >= 3 ? fixed(value, 1) : fixed(value, 0)
    return (text.hasSuffix(".0") ? String(text.dropLast(2)) : text) + units[unit]
}

/// `1.1 GB`, `212 MB`: decimal units, as registries count.
func megabytesText(_ bytes: Int64) -> String {
    bytes >= 1_000_000_000
        ? "\(fixed(Double(bytes) / 1e9, 1)) GB" : bytes >= 10_000_000 || bytes == 0 ? "\(bytes / 1_000_000) MB" : "\(fixed(Double(bytes) / 1e6, 1)) MB"
}

/// `web:1.8` of `shop/web:1.8`.
func shortImage(_ image: String) -> String { String((image.split(separator: "/").last ?? "").prefix { $0 != "@" }) }
