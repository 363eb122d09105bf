/// Lines of text that scroll both ways, with the hits of a search marked.
public struct TextPane: Sendable {
    /// Lines, 0 or more.
    public var lineCount: Int
    /// The first line seen.
    public var top: Int
    /// Columns scrolled out on the left.
    public var left: Int
    /// Marked wherever it occurs, capitals or not; nothing if nil or empty.
    public var search: String?

    /// A pane over `lineCount` lines.
    public init(lineCount: Int, top: Int = 0, left: Int = 0, search: String? = nil) {
        self.lineCount = lineCount
        self.top = top
        self.left = left
        self.search = search
    }

    /// Draws the lines that are seen into `rect` and returns their numbers.
    ///
    /// - Parameter line: called once for each line seen, from the top.
    @discardableResult
    public func draw(
        on canvas: inout Canvas, in rect: Rect, theme: Theme, role: Role = .text,
        line: (Int) -> StyledText
    ) -> Range<Int> {
        let first = min(max(0, top), lineCount)
        let seen = first..<min(lineCount, first + rect.height)
        canvas.withClip(rect) { canvas in
            for number in seen {
                let text = line(number)
                let y = rect.y + number - first
                canvas.write(text, at: Point(x: rect.x - left, y: y), style: theme[role])
                for hit in TextPane.hits(of: search, in: text.text) {
                    canvas.restyle(
                        Rect(x: rect.x - left + hit.lowerBound, y: y, width: hit.count, height: 1)
                    ) { _ in theme[.search] }
                }
                // What goes on beyond the edges is told, or nobody would look for it.
                if left > 0, !text.isEmpty { canvas.write(canvas.glyphs.less, at: Point(x: rect.x, y: y), style: theme[.tableSorted]) }
                if rect.width > 1, text.width - left > rect.width {
                    canvas.write(canvas.glyphs.more, at: Point(x: rect.right - 1, y: y), style: theme[.tableSorted])
                }
            }
        }
        return seen
    }

    /// The columns of the places where `search` occurs in `text`, capitals or not, from the left
    /// and not overlapping.
    public static func hits(of search: String?, in text: String) -> [Range<Int>] {
        guard let search, !search.isEmpty else { return [] }
        let needle = CellGlyph.all(in: search.lowercased())
        // What has no width is nowhere to be seen.
        guard !needle.isEmpty else { return [] }
        let hay = CellGlyph.all(in: text.lowercased())
        var hits: [Range<Int>] = []
        var column = 0
        var index = 0
        while index < hay.count {
            if index + needle.count <= hay.count,
                hay[index..<(index + needle.count)].elementsEqual(needle)
            {
                let width = needle.reduce(0) { $0 + Int($1.columns) }
                hits.append(column..<(column + width))
                column += width
                index += needle.count
            } else {
                column += Int(hay[index].columns)
                index += 1
            }
        }
        return hits
    }
}

extension StyledText {
    /// The text broken into lines of at most `width` columns, at spaces where there are any.
    ///
    /// - Returns: at least one line; line ends in the text break too.
    public func wrapped(to width: Int) -> [StyledText] {
        guard width > 0 else { return [self] }
        var lines: [StyledText] = []
        var line: [(CellGlyph, Style?)] = []
        var used = 0
        func flush(_ glyphs: some Sequence<(CellGlyph, Style?)>) {
            var text = StyledText()
            for (glyph, style) in glyphs {
                if let last = text.spans.indices.last, text.spans[last].style == style {
                    glyph.append(to: &text.spans[last].text)
                } else {
                    var part = ""
                    glyph.append(to: &part)
                    text.append(part, style)
                }
            }
            lines.append(text)
        }
        for span in spans {
            for (number, part) in span.text.split(
                separator: "\n", omittingEmptySubsequences: false
            ).enumerated() {
                if number > 0 {
                    flush(line)
                    line = []
                    used = 0
                }
                for glyph in CellGlyph.all(in: part) {
                    if used + Int(glyph.columns) > width, !line.isEmpty {
                        if glyph.scalar == 32 {
                            flush(line)
                            line = []
                            used = 0
                            continue
                        }
                        if let space = line.lastIndex(where: { $0.0.scalar == 32 }) {
                            flush(line[..<space])
                            line = Array(line[(space + 1)...])
                        } else {
                            flush(line)
                            line = []
                        }
                        used = line.reduce(0) { $0 + Int($1.0.columns) }
                    }
                    line.append((glyph, span.style))
                    used += Int(glyph.columns)
                }
            }
        }
        flush(line)
        return lines
    }
}
