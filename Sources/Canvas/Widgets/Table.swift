/// Rows and columns with a cursor; asks only for the rows that are seen.
///
/// ```swift
/// let table = TableWidget(columns: columns, rowCount: pods.count, cursor: 3, top: 0)
/// let layout = table.draw(on: &canvas, in: rect, theme: theme) { row in
///     TableRow([StyledText(pods[row].name), …])
/// }
/// ```
///
/// The first column of the area is a gutter: `▸` the cursor, `*` a mark. When the columns do not
/// fit, those with the highest `priority` go first, from the right; `›` in the header tells.
public struct TableWidget: Sendable {
    /// One column.
    public struct Column: Sendable {
        /// Its header.
        public var title: String
        /// Left for text, right for numbers.
        public var alignment: TextWidth.Alignment
        /// With fewer columns than this it is left out.
        public var minimumWidth: Int
        /// More columns than this help nobody.
        public var idealWidth: Int
        /// 0 is never left out before others; of the rest, the highest number goes first.
        public var priority: Int
        /// Whether it takes what room is left over.
        public var stretches: Bool
        /// Whether a text that is too long loses its middle rather than its end: the ends of names tell them apart.
        public var keepsEnd: Bool

        /// A column; the ideal width is the minimum if not given.
        public init(
            _ title: String, alignment: TextWidth.Alignment = .left, minimum: Int,
            ideal: Int? = nil, priority: Int = 0, stretches: Bool = false, keepsEnd: Bool = false
        ) {
            self.title = title
            self.alignment = alignment
            self.minimumWidth = max(1, minimum)
            self.idealWidth = max(self.minimumWidth, ideal ?? 0)
            self.priority = priority
            self.stretches = stretches
            self.keepsEnd = keepsEnd
        }
    }

    /// All columns, also those that will not fit.
    public var columns: [Column]
    /// Rows, 0 or more.
    public var rowCount: Int
    /// The row under the cursor; nil if the table has none.
    public var cursor: Int?
    /// The first row to be seen.
    public var top: Int
    /// Columns at the left that stay when scrolling sideways.
    public var frozenColumns: Int
    /// How many of the other columns are scrolled out on the left.
    public var columnOffset: Int
    /// The column that sorts and the direction.
    public var sort: (column: Int, ascending: Bool)?
    /// The column chosen for sorting next; underlined.
    public var selectedColumn: Int?
    /// Whether a row of column titles stands on top.
    public var showsHeader: Bool

    /// A table.
    public init(
        columns: [Column], rowCount: Int, cursor: Int? = nil, top: Int = 0,
        frozenColumns: Int = 1, columnOffset: Int = 0,
        sort: (column: Int, ascending: Bool)? = nil, selectedColumn: Int? = nil,
        showsHeader: Bool = true
    ) {
        self.columns = columns
        self.rowCount = rowCount
        self.cursor = cursor
        self.top = top
        self.frozenColumns = frozenColumns
        self.columnOffset = columnOffset
        self.sort = sort
        self.selectedColumn = selectedColumn
        self.showsHeader = showsHeader
    }

    /// Where things came to stand, for clicks and for scrolling.
    public struct Layout: Sendable {
        /// The rows below the header.
        public var body: Rect
        /// The rows of the table that are seen.
        public var rows: Range<Int>
        /// The columns that are seen and where, from left to right.
        public var columns: [(index: Int, area: Rect)]
        /// Columns scrolled out on the left.
        public var hiddenLeft: Int
        /// Columns without room.
        public var hiddenRight: Int

        /// The row of the table at a point of the canvas.
        public func row(at point: Point) -> Int? {
            guard body.contains(point) else { return nil }
            let row = rows.lowerBound + point.y - body.y
            return rows.contains(row) ? row : nil
        }

        /// The column whose cells or header are at a point of the canvas.
        public func column(at point: Point) -> Int? {
            columns.first { point.x >= $0.area.x && point.x < $0.area.right }?.index
        }
    }

    /// The columns seen in `width` columns of the screen, with their places from `x`.
    public func layout(in rect: Rect) -> Layout {
        let header = showsHeader ? 1 : 0
        let body = rect.inset(top: header)
        let first = max(0, min(top, max(0, rowCount - 1)))
        let rows = rowCount == 0 ? 0..<0 : first..<min(rowCount, first + body.height)
        let frozen = min(max(0, frozenColumns), columns.count)
        let scrolled = min(max(0, columnOffset), max(0, columns.count - frozen - 1))
        var visible = Array(0..<frozen) + Array((frozen + scrolled)..<columns.count)
        func minimum(_ index: Int) -> Int {
            // The arrow of the sorted column must not cost the title's last letter.
            guard showsHeader, sort?.column == index else { return columns[index].minimumWidth }
            return max(columns[index].minimumWidth, TextWidth.columns(columns[index].title) + 1)
        }
        func need(_ indices: [Int]) -> Int {
            indices.reduce(0) { $0 + minimum($1) } + max(0, indices.count - 1)
        }
        // The sign for hidden columns has a column of its own at the end of the header.
        var room = rect.width - 1
        while visible.count > 1, need(visible) > room {
            room = rect.width - 2
            // While scrolling sideways only the right end gives way, or a column could never be
            // reached.
            var victim = visible.count - 1
            if scrolled == 0 {
                for (place, index) in visible.enumerated()
                where columns[index].priority > 0
                    && columns[index].priority >= columns[visible[victim]].priority
                {
                    victim = place
                }
            }
            visible.remove(at: victim)
        }
        var widths = visible.map(minimum)
        var rest = max(0, room - need(visible))
        let order = visible.indices.sorted {
            (columns[visible[$0]].priority, $0) < (columns[visible[$1]].priority, $1)
        }
        for place in order {
            let more = max(0, min(rest, columns[visible[place]].idealWidth - widths[place]))
            widths[place] += more
            rest -= more
        }
        let stretching = visible.indices.filter { columns[visible[$0]].stretches }
        for (count, place) in stretching.enumerated() {
            let more = rest / (stretching.count - count)
            widths[place] += more
            rest -= more
        }
        var x = rect.x + 1
        var places: [(index: Int, area: Rect)] = []
        for (place, index) in visible.enumerated() {
            let area = Rect(x: x, y: rect.y, width: widths[place], height: rect.height)
            places.append((index, area.intersection(rect)))
            x += widths[place] + 1
        }
        return Layout(
            body: body, rows: rows, columns: places, hiddenLeft: scrolled,
            hiddenRight: columns.count - scrolled - visible.count)
    }

    /// Draws header and visible rows into `rect`.
    ///
    /// - Parameter row: called once for each visible row, from the top.
    /// - Complexity: O(visible cells), whatever `rowCount` is.
    @discardableResult
    public func draw(
        on canvas: inout Canvas, in rect: Rect, theme: Theme, row: (Int) -> TableRow
    ) -> Layout {
        let layout = layout(in: rect)
        if showsHeader { drawHeader(on: &canvas, in: rect, theme: theme, layout: layout) }
        for (line, index) in layout.rows.enumerated() {
            let content = row(index)
            let y = layout.body.y + line
            let base = theme[content.role]
            let isCursor = index == cursor
            let area = Rect(x: rect.x, y: y, width: rect.width, height: 1)
            let gutter = content.isMarked ? canvas.glyphs.mark : canvas.glyphs.cursor
            if content.isMarked || isCursor {
                canvas.write(
                    gutter, at: area.origin, style: theme[content.isMarked ? .mark : .accent])
            } else if let sign = content.gutter {
                canvas.write(sign, at: area.origin, style: base)
            }
            for (column, place) in layout.columns where column < content.cells.count {
                drawCell(
                    content.cells[column], on: &canvas,
                    in: Rect(x: place.x, y: y, width: place.width, height: 1),
                    alignment: columns[column].alignment, keepsEnd: columns[column].keepsEnd, style: base)
            }
            if isCursor {
                let plain = theme[.text]
                canvas.restyle(area) { theme.underCursor($0, plain: plain) }
            }
        }
        return layout
    }

    private func drawHeader(
        on canvas: inout Canvas, in rect: Rect, theme: Theme, layout: Layout
    ) {
        let line = rect.row(0)
        for (index, place) in layout.columns {
            var title = columns[index].title
            var style = theme[.tableHeader]
            if let sort, sort.column == index {
                title.append(sort.ascending ? canvas.glyphs.arrowUp : canvas.glyphs.arrowDown)
                style = theme[.tableSorted]
            }
            if index == selectedColumn { style = style.with(.underline) }
            drawCell(
                StyledText(title), on: &canvas,
                in: Rect(x: place.x, y: rect.y, width: place.width, height: 1).intersection(line),
                alignment: columns[index].alignment, style: style)
        }
        if layout.hiddenRight > 0, let last = layout.columns.last {
            let x = max(last.area.right, rect.right - 1)
            canvas.write(
                canvas.glyphs.more, at: Point(x: min(x, rect.right - 1), y: rect.y),
                style: theme[.tableSorted])
        }
        if layout.hiddenLeft > 0 {
            canvas.write(canvas.glyphs.less, at: rect.origin, style: theme[.tableSorted])
        }
    }

    private func drawCell(
        _ text: StyledText, on canvas: inout Canvas, in area: Rect,
        alignment: TextWidth.Alignment, keepsEnd: Bool = false, style: Style
    ) {
        let text = text.truncated(to: area.width, ellipsis: canvas.glyphs.ellipsis, keepsEnd: keepsEnd)
        let room = area.width - text.width
        let shift =
            switch alignment {
            case .left: 0
            case .right: room
            case .center: room / 2
            }
        canvas.write(text, at: area.origin.offset(x: max(0, shift)), style: style)
    }
}

/// The cells of one row of a table.
public struct TableRow: Sendable {
    /// A text for each column of the table, seen or not. Missing ones are blank.
    public var cells: [StyledText]
    /// The style of text that has none of its own.
    public var role: Role
    /// Whether the row is marked.
    public var isMarked: Bool
    /// A sign for the gutter when there is neither cursor nor mark, as for a row just changed.
    public var gutter: Character?

    /// A row.
    public init(
        _ cells: [StyledText], role: Role = .text, isMarked: Bool = false,
        gutter: Character? = nil
    ) {
        self.cells = cells
        self.role = role
        self.isMarked = isMarked
        self.gutter = gutter
    }
}

/// Which rows of a long list are seen.
public enum Scrolling {
    /// The first row to show so that `cursor` is seen, moving as little as possible from `top`.
    ///
    /// - Parameters:
    ///   - margin: rows kept above and below the cursor where there are any.
    ///   - height: rows seen at once.
    public static func top(
        following cursor: Int, from top: Int, height: Int, count: Int, margin: Int = 0
    ) -> Int {
        guard height > 0, count > 0 else { return 0 }
        let margin = min(max(0, margin), (height - 1) / 2)
        var top = top
        if cursor - margin < top { top = cursor - margin }
        if cursor + margin >= top + height { top = cursor + margin - height + 1 }
        return max(0, min(top, count - height))
    }
}
