/// A list to choose one line from.
public struct PickList: Sendable {
    /// Lines, 0 or more.
    public var count: Int
    /// The line under the cursor.
    public var cursor: Int?
    /// The first line seen.
    public var top: Int

    /// A list of `count` lines.
    public init(count: Int, cursor: Int? = nil, top: Int = 0) {
        self.count = count
        self.cursor = cursor
        self.top = top
    }

    /// Draws the lines that are seen, with `▸` before the one under the cursor.
    ///
    /// - Returns: the numbers of the lines seen.
    @discardableResult
    public func draw(
        on canvas: inout Canvas, in rect: Rect, theme: Theme, role: Role = .text,
        item: (Int) -> StyledText
    ) -> Range<Int> {
        let first = min(max(0, top), max(0, count))
        let seen = first..<min(max(0, count), first + rect.height)
        canvas.withClip(rect) { canvas in
            for index in seen {
                let area = rect.row(index - first)
                if index == cursor {
                    canvas.fill(area, style: theme[.cursor])
                    canvas.write(canvas.glyphs.cursor, at: area.origin, style: theme[.cursor])
                }
                let base = theme[role]
                var text = item(index)
                if index == cursor { text = text.restyled(from: base) { theme.underCursor($0, plain: base) } }
                canvas.write(
                    text, at: area.origin.offset(x: 1), style: base,
                    maxWidth: max(0, area.width - 1))
            }
        }
        return seen
    }
}

/// A box over everything else.
public struct Popup: Sendable {
    /// In the upper edge, left.
    public var title: StyledText
    /// In the upper edge, right.
    public var right: StyledText?
    /// In the lower edge, left.
    public var bottom: StyledText?

    /// A box with text in its edge.
    public init(title: StyledText, right: StyledText? = nil, bottom: StyledText? = nil) {
        self.title = title
        self.right = right
        self.bottom = bottom
    }

    /// Draws a box of `size` (frame included) in the middle of `rect`, cut to what is there.
    ///
    /// - Returns: the inside, without the frame and one blank column left and right.
    @discardableResult
    public func draw(
        on canvas: inout Canvas, centeredIn rect: Rect, size: Size, theme: Theme
    ) -> Rect {
        draw(on: &canvas, in: rect.centered(size), theme: theme)
    }

    /// Draws the box at `area`, frame included.
    ///
    /// - Returns: the inside, without the frame and one blank column left and right.
    @discardableResult
    public func draw(on canvas: inout Canvas, in area: Rect, theme: Theme) -> Rect {
        let surface = theme[.dialog]
        canvas.fill(area, style: surface)
        canvas.drawBox(
            in: area, title: title.restyled(from: theme[.title]) { $0.on(surface.background) },
            right: right?.restyled(from: theme[.dialogLabel]) { $0.on(surface.background) },
            bottom: bottom?.restyled(from: theme[.dialogLabel]) { $0.on(surface.background) },
            style: theme[.borderFocus].on(surface.background))
        return area.inset(x: 2, y: 1)
    }
}

/// Buttons in the middle of a row: `[ Cancel ]      [ Apply ]`.
public struct ButtonRow: Sendable {
    /// The labels.
    public var labels: [String]
    /// The button with the focus; nil if the focus is elsewhere.
    public var focused: Int?

    /// A row of buttons.
    public init(_ labels: [String], focused: Int? = nil) {
        self.labels = labels
        self.focused = focused
    }

    /// Draws the buttons into the first row of `rect` and returns where each stands, for clicks.
    /// The gaps shrink from six columns to one as the room does.
    @discardableResult
    public func draw(on canvas: inout Canvas, in rect: Rect, theme: Theme) -> [Rect] {
        let texts = labels.map { "[ \($0) ]" }
        let widths = texts.map { TextWidth.columns($0) }
        let sum = widths.reduce(0, +)
        let gaps = max(1, texts.count - 1)
        let gap = min(6, max(1, (rect.width - sum) / gaps))
        let total = sum + gap * (texts.count - 1)
        var x = rect.x + max(0, (rect.width - total) / 2)
        let row = rect.row(0)
        return canvas.withClip(row) { canvas in
            texts.indices.map { index in
                canvas.write(
                    texts[index], at: Point(x: x, y: rect.y),
                    style: theme[index == focused ? .buttonFocus : .button])
                defer { x += widths[index] + gap }
                return Rect(x: x, y: rect.y, width: widths[index], height: 1).intersection(row)
            }
        }
    }
}

/// The keys of the focused pane in one row: `<enter> open <x> cells … <?> help`.
public struct KeyHints: Sendable {
    /// A key and what it does.
    public struct Hint: Sendable {
        /// As k9s prints it, without brackets.
        public var key: String
        /// One or two words.
        public var text: String

        /// A hint.
        public init(_ key: String, _ text: String) {
            self.key = key
            self.text = text
        }
    }

    /// Most useful first.
    public var hints: [Hint]
    /// Stands at the end whatever is left out.
    public var last: Hint?

    /// Hints for a row.
    public init(_ hints: [Hint], last: Hint? = nil) {
        self.hints = hints
        self.last = last
    }

    /// Draws as many hints as fit into `width` columns from `point`.
    ///
    /// - Returns: the hints drawn and where, for clicks.
    @discardableResult
    public func draw(
        on canvas: inout Canvas, at point: Point, width: Int, theme: Theme
    ) -> [(hint: Hint, area: Rect)] {
        func columns(_ hint: Hint) -> Int {
            TextWidth.columns(hint.key) + TextWidth.columns(hint.text) + 3
        }
        let reserve = last.map { columns($0) + 1 } ?? 0
        var shown: [Hint] = []
        var used = 0
        for hint in hints {
            let need = columns(hint) + (shown.isEmpty ? 0 : 1)
            guard used + need + reserve <= width else { break }
            shown.append(hint)
            used += need
        }
        if let last { shown.append(last) }
        var x = point.x
        return canvas.withClip(Rect(x: point.x, y: point.y, width: width, height: 1)) { canvas in
            shown.map { hint in
                let start = x
                x += canvas.write(
                    "<\(hint.key)>", at: Point(x: x, y: point.y),
                    style: theme[.menuKey])
                x += canvas.write(
                    " \(hint.text)", at: Point(x: x, y: point.y),
                    style: theme[.menuText])
                defer { x += 1 }
                return (hint, Rect(x: start, y: point.y, width: x - start, height: 1))
            }
        }
    }
}
