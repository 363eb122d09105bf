// Boxes and rules with titles in their edges.

extension Canvas {
    /// Draws a box around the edge of `rect`, with text in its upper and lower edge.
    ///
    /// `╭─ title ───── right ─╮`. The inside is left as it is. When the edge is too short the title
    /// ends in `…`, and `right` goes first when the title would have fewer than eight columns.
    ///
    /// - Parameters:
    ///   - rect: at least 2 × 2 cells, or nothing is drawn.
    ///   - title: on the left of the upper edge.
    ///   - right: on the right of the upper edge.
    ///   - bottom: on the left of the lower edge.
    ///   - bottomRight: on the right of the lower edge.
    ///   - style: of the frame.
    ///   - titleStyle: of text without a style of its own; the frame's if nil.
    public mutating func drawBox(
        in rect: Rect, title: StyledText? = nil, right: StyledText? = nil,
        bottom: StyledText? = nil, bottomRight: StyledText? = nil, style: Style,
        titleStyle: Style? = nil
    ) {
        guard rect.width >= 2, rect.height >= 2 else { return }
        let frame = glyphs.frame
        let last = rect.bottom - 1
        for (y, left, end) in [
            (rect.y, frame.topLeft, frame.topRight), (last, frame.bottomLeft, frame.bottomRight),
        ] {
            write(left, at: Point(x: rect.x, y: y), style: style)
            repeating(
                frame.horizontal, count: rect.width - 2, at: Point(x: rect.x + 1, y: y),
                style: style)
            write(end, at: Point(x: rect.right - 1, y: y), style: style)
        }
        let inner = Rect(x: rect.x, y: rect.y + 1, width: 1, height: rect.height - 2)
        fill(inner, frame.vertical, style: style)
        fill(
            Rect(x: rect.right - 1, y: inner.y, width: 1, height: inner.height), frame.vertical,
            style: style)
        let text = titleStyle ?? style
        edge(rect.inset(x: 1, y: 0), y: rect.y, title, right, style: text)
        edge(rect.inset(x: 1, y: 0), y: last, bottom, bottomRight, style: text)
    }

    /// Draws a line through the inside of a box with text in it:
    /// `│─ selected: web / zone ───│`. The box's own edges stay.
    ///
    /// - Parameters:
    ///   - rect: the box, edges included.
    ///   - y: the row, counted from the top of the canvas.
    public mutating func drawRule(
        inBox rect: Rect, y: Int, title: StyledText? = nil, right: StyledText? = nil,
        style: Style, titleStyle: Style? = nil
    ) {
        let inside = rect.inset(x: 1, y: 0)
        guard inside.width > 0, y > rect.y, y < rect.bottom - 1 else { return }
        repeating(
            glyphs.frame.horizontal, count: inside.width, at: Point(x: inside.x, y: y),
            style: style)
        edge(inside, y: y, title, right, style: titleStyle ?? style)
    }

    /// Writes ` title ` one column in from the left and ` right ` one column in from the right.
    private mutating func edge(
        _ inside: Rect, y: Int, _ title: StyledText?, _ right: StyledText?, style: Style
    ) {
        // A line of at least one column stays on both ends, and a blank around each text.
        let room = inside.width - 4
        guard room > 0 else { return }
        let titleWidth = title?.width ?? 0
        var rightText = right
        if let width = right?.width, width > 0 {
            let left = titleWidth > 0 ? min(titleWidth, 8) + 3 : 0
            if width + left > room { rightText = nil }
        }
        var titleRoom = room
        if let rightText, !rightText.isEmpty {
            let width = rightText.width
            let x = inside.right - 2 - width
            write(" ", at: Point(x: x - 1, y: y), style: style)
            write(rightText, at: Point(x: x, y: y), style: style)
            write(" ", at: Point(x: inside.right - 2, y: y), style: style)
            titleRoom = room - width - 3
        }
        if let title, !title.isEmpty, titleRoom > 0 {
            let start = Point(x: inside.x + 1, y: y)
            write(" ", at: start, style: style)
            let used = write(title, at: start.offset(x: 1), style: style, maxWidth: titleRoom)
            write(" ", at: start.offset(x: 1 + used), style: style)
        }
    }
}
