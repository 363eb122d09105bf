/// A picture made of cells, to draw on. Knows nothing of terminals.
///
/// ```swift
/// var canvas = Canvas(size: Size(width: 12, height: 3))
/// canvas.drawBox(in: canvas.bounds, title: "Pods", style: theme[.border])
/// canvas.write("web ●", at: Point(x: 2, y: 1), style: theme[.text])
/// print(canvas.picture())
/// ```
///
/// Whatever lies outside the canvas or the clip rectangle is left out without a word, and half of
/// a wide character is never left standing.
public struct Canvas: Sendable, Equatable {
    /// Columns and rows.
    public let size: Size
    /// The characters to draw with. In ASCII, other characters come out as `?` or a stand-in.
    public let glyphs: GlyphSet
    /// Where drawing has an effect at the moment.
    public private(set) var clip: Rect
    package private(set) var cells: [Cell]

    /// An empty canvas.
    public init(size: Size, glyphs: GlyphSet = .block, style: Style = .plain) {
        self.size = size
        self.glyphs = glyphs
        self.clip = Rect(size: size)
        self.cells = [Cell](repeating: .blank(style), count: size.width * size.height)
    }

    /// Two canvases are equal if they look the same.
    public static func == (left: Canvas, right: Canvas) -> Bool {
        left.size == right.size && left.cells == right.cells
    }

    /// The whole canvas.
    public var bounds: Rect { Rect(size: size) }

    /// The cell at column `x` of row `y`; an empty cell outside the canvas.
    public subscript(x: Int, y: Int) -> Cell {
        guard x >= 0, y >= 0, x < size.width, y < size.height else { return .blank() }
        return cells[y * size.width + x]
    }

    /// Draws with everything outside `rect` (and outside the clip in force) left as it is.
    public mutating func withClip<Result>(
        _ rect: Rect, _ body: (inout Canvas) throws -> Result
    ) rethrows -> Result {
        let outer = clip
        clip = outer.intersection(rect)
        defer { clip = outer }
        return try body(&self)
    }

    /// Writes one line of text and returns the columns it used.
    ///
    /// - Parameters:
    ///   - text: shown as `TextWidth` measures it; line ends and tabs become spaces.
    ///   - point: where the first character goes; may lie outside.
    ///   - style: of all its cells.
    ///   - maxWidth: columns not to be exceeded, whatever the canvas has room for.
    ///   - ellipsis: end in `…` when `maxWidth` cuts the text.
    /// - Returns: columns from `point` to the end of the text, as if nothing were clipped.
    @discardableResult
    public mutating func write(
        _ text: some StringProtocol, at point: Point, style: Style, maxWidth: Int? = nil,
        ellipsis: Bool = false
    ) -> Int {
        let limit = maxWidth ?? Int.max
        guard limit > 0 else { return 0 }
        if ellipsis, maxWidth != nil, TextWidth.columns(text) > limit {
            let cut = TextWidth.truncated(text, to: limit, ellipsis: glyphs.ellipsis)
            return write(cut, at: point, style: style, maxWidth: limit)
        }
        var x = 0
        CellGlyph.forEach(in: text) { glyph in
            let columns = Int(glyph.columns)
            guard x + columns <= limit else { return false }
            put(glyph, x: point.x + x, y: point.y, style: style)
            x += columns
            return true
        }
        return x
    }

    /// Writes one character and returns its columns.
    @discardableResult
    public mutating func write(_ character: Character, at point: Point, style: Style) -> Int {
        write(String(character), at: point, style: style)
    }

    /// Fills `rect` with a character of one column (others are replaced by a space).
    public mutating func fill(_ rect: Rect, _ character: Character = " ", style: Style) {
        var filler = CellGlyph(scalar: 32, columns: 1)
        CellGlyph.forEach(in: String(character)) { glyph in
            if glyph.columns == 1 { filler = glyph }
            return false
        }
        let area = rect.intersection(clip)
        for y in area.y..<area.bottom {
            for x in area.x..<area.right { put(filler, x: x, y: y, style: style) }
        }
    }

    /// The cell, level or row, counted from 0 to `last`, for a place on a scale; 0 for no number.
    public static func step(_ place: Double, upTo last: Int) -> Int { place.isNaN ? 0 : Int(max(0, min(Double(last), place))) }

    /// Repeats a character `count` times to the right of `point`.
    @discardableResult
    public mutating func repeating(
        _ character: Character, count: Int, at point: Point, style: Style
    ) -> Int {
        fill(Rect(x: point.x, y: point.y, width: count, height: 1), character, style: style)
        return max(0, count)
    }

    /// Changes the style of all cells in `rect` and leaves their characters.
    public mutating func restyle(_ rect: Rect, _ change: (Style) -> Style) {
        let area = rect.intersection(clip)
        for y in area.y..<area.bottom {
            for x in area.x..<area.right {
                let index = y * size.width + x
                cells[index].style = change(cells[index].style)
            }
        }
    }

    /// Copies another canvas onto this one with its upper left corner at `point`.
    public mutating func draw(_ other: Canvas, at point: Point) {
        for y in 0..<other.size.height {
            for x in 0..<other.size.width {
                let cell = other.cells[y * other.size.width + x]
                guard !cell.isContinuation else { continue }
                let glyph = CellGlyph(
                    scalar: cell.scalar, mark1: cell.mark1, mark2: cell.mark2,
                    columns: cell.columns)
                put(glyph, x: point.x + x, y: point.y + y, style: cell.style)
            }
        }
    }

    package mutating func put(_ glyph: CellGlyph, x: Int, y: Int, style: Style) {
        guard y >= clip.y, y < clip.bottom, x < clip.right else { return }
        var glyph = glyph
        if glyphs.isASCII, glyph.scalar > 0x7E {
            if glyph.columns == 2 {
                put(CellGlyph(scalar: 32, columns: 1), x: x + 1, y: y, style: style)
            }
            glyph = ASCIIFallback.glyph(for: glyph)
        }
        let index = y * size.width + x
        if glyph.columns == 1 {
            guard x >= clip.x else { return }
            clearHalves(from: index, columns: 1)
            cells[index] = Cell(glyph, style: style)
            return
        }
        switch (x >= clip.x, x + 1 >= clip.x && x + 1 < clip.right) {
        case (true, true):
            clearHalves(from: index, columns: 2)
            cells[index] = Cell(glyph, style: style)
            cells[index + 1] = .continuation(style)
        case (true, false):
            clearHalves(from: index, columns: 1)
            cells[index] = .blank(style)
        case (false, true):
            clearHalves(from: index + 1, columns: 1)
            cells[index + 1] = .blank(style)
        case (false, false):
            return
        }
    }

    /// Blanks the halves of wide characters that stay when these columns are overwritten.
    private mutating func clearHalves(from index: Int, columns: Int) {
        if cells[index].isContinuation, index > 0 {
            cells[index - 1] = .blank(cells[index - 1].style)
        }
        let last = index + columns - 1
        if cells[last].width == 2, last + 1 < cells.count {
            cells[last + 1] = .blank(cells[last + 1].style)
        }
    }
}

/// What is shown for characters outside ASCII where only ASCII may be used.
enum ASCIIFallback {
    private static let table: [UInt32: Character] = [
        0xA0: " ", 0xB7: ".", 0xD7: "x", 0xB1: "~", 0x2010: "-", 0x2011: "-", 0x2012: "-",
        0x2013: "-", 0x2014: "-", 0x2018: "'", 0x2019: "'", 0x201C: "\"", 0x201D: "\"",
        0x2022: ":", 0x2026: "~", 0x2039: "<", 0x203A: ">", 0xAB: "<", 0xBB: ">", 0x2190: "<",
        0x2191: "^", 0x2192: ">", 0x2193: "v", 0x2264: "<", 0x2265: ">", 0x2500: "-",
        0x2502: "|", 0x2506: ":", 0x2503: "|", 0x2588: "=", 0x2591: " ", 0x2592: ".", 0x2593: "+",
        0x25B6: ">", 0x25B8: ">", 0x25C2: "<", 0x25C6: "@", 0x25CB: ".", 0x25CC: "-", 0x25CF: "#",
        0x25D0: "o", 0x2713: "y", 0x2714: "y", 0x2717: "x", 0x2718: "x",
    ]

    /// A stand-in of one column.
    static func glyph(for glyph: CellGlyph) -> CellGlyph {
        if let stand = table[glyph.scalar]?.unicodeScalars.first {
            return CellGlyph(scalar: stand.value, columns: 1)
        }
        return CellGlyph(scalar: 0x3F, columns: 1)
    }
}
