import Canvas

/// A cursor among lines, and the part of them that is seen. Whatever is asked of it, the cursor is among them, or at 0 if there are none.
struct LineCursor {
    private(set) var index = 0
    /// The first line that is seen.
    private(set) var top = 0
    /// Lines that are seen at once.
    private(set) var page = 10
    private(set) var count = 0
    /// Where the lines stand on the screen, for clicks; empty if they are not clicked at.
    private var body = Rect.zero

    /// Takes how many lines there are now, and where the one under the cursor went; nil: it stays where it is.
    mutating func show(_ count: Int, at place: Int? = nil) {
        self.count = count
        move(to: place ?? index)
    }
    mutating func move(to place: Int) { index = max(0, min(place, count - 1)) }
    /// Back to the first line.
    mutating func reset() { (index, top) = (0, 0) }

    /// Moves if that is what `action` does; returns whether it is.
    mutating func perform(_ action: Action) -> Bool {
        guard let place = action.place(from: index, count: count, page: page) else { return false }
        move(to: place)
        return true
    }

    /// Sees to it that the cursor is among `height` lines.
    mutating func scroll(height: Int, margin: Int = 0) {
        page = max(1, height)
        top = Scrolling.top(following: index, from: top, height: page, count: count, margin: margin)
    }
    /// Sees to it that the cursor is among the lines that stand in `body`.
    mutating func scroll(in body: Rect) {
        self.body = body
        scroll(height: body.height)
    }
    /// The line at a point of the screen.
    func row(at point: Point) -> Int? {
        let row = top + point.y - body.y
        return body.contains(point) && seen.contains(row) ? row : nil
    }
    /// The lines that are seen.
    var seen: Range<Int> { top..<max(top, min(top + page, count)) }
}

/// The cursor of a list whose rows have names: it stays on its row when rows come, go or change places.
struct ListCursor<ID: Hashable> {
    private(set) var line = LineCursor()
    private(set) var ids: [ID] = []
    /// The row to stand on once it is there.
    private var wanted: ID?

    init(on wanted: ID? = nil) { self.wanted = wanted }

    var index: Int { line.index }
    var top: Int { line.top }
    var page: Int { line.page }
    var seen: Range<Int> { line.seen }
    /// The row to stand on, or under the cursor.
    var target: ID? { wanted ?? id }
    /// The row under the cursor; nil if there are none.
    var id: ID? { ids.indices.contains(index) ? ids[index] : nil }

    /// Takes the rows that there are now.
    mutating func show(_ new: [ID]) {
        var place: Int?
        if let id = wanted ?? id, new != ids || wanted != nil { place = new.firstIndex(of: id) }
        if place != nil { wanted = nil }
        ids = new
        line.show(ids.count, at: place)
    }
    mutating func move(to place: Int) {
        wanted = nil
        line.move(to: place)
    }
    /// Stands on the row called `id`, now or as soon as it is there.
    mutating func select(_ id: ID) {
        wanted = id
        show(ids)
    }
    /// Back to the first row.
    mutating func reset() {
        wanted = nil
        line.reset()
    }

    /// Moves if that is what `action` does; returns whether it is.
    mutating func perform(_ action: Action) -> Bool {
        var moved = line
        guard moved.perform(action) else { return false }
        move(to: moved.index)
        return true
    }
    mutating func scroll(height: Int, margin: Int = 0) { line.scroll(height: height, margin: margin) }
    mutating func scroll(in body: Rect) { line.scroll(in: body) }
    func row(at point: Point) -> Int? { line.row(at: point) }
}

/// Lines that are scrolled without a cursor, and the part of them that is seen.
struct LineScroll {
    /// The first line that is seen.
    private(set) var top = 0
    private var count = 0
    private var height = 10

    /// Takes how many lines there are now, and how many are seen at once.
    mutating func show(_ count: Int, height: Int) {
        (self.count, self.height) = (count, max(1, height))
        move(to: top)
    }
    mutating func move(to place: Int) { top = max(0, min(place, count - height)) }
    mutating func reset() { top = 0 }

    /// Moves if that is what `action` does; returns whether it is.
    mutating func perform(_ action: Action) -> Bool {
        guard let place = action.place(from: top, count: count, page: height) else { return false }
        move(to: place)
        return true
    }
}

extension Action {
    /// Where a cursor or the first line seen goes from `place`; nil for an action that does not move. It may lie outside the list.
    func place(from place: Int, count: Int, page: Int) -> Int? {
        switch Motion(self) {
        case .down: place + 1
        case .up: place - 1
        case .top: 0
        case .bottom: count - 1
        case .pageDown: place + max(1, page - 1)
        case .pageUp: place - max(1, page - 1)
        case .left, .right, .nextPane, .previousPane, nil: nil
        }
    }
}

extension Array where Element: Equatable {
    /// The one after `element`, or before it, in a ring: panes and tabs are gone through so.
    func neighbour(of element: Element, isNext: Bool) -> Element {
        guard let index = firstIndex(of: element) else { return first ?? element }
        return self[(index + (isNext ? 1 : count - 1)) % count]
    }
}

/// A screen with a cursor among lines: moving, the wheel and clicks are the same in all of them.
protocol LinedScreen: Screen {
    var line: LineCursor { get }
    mutating func move(to place: Int)
}

/// One whose lines have names that are kept as a list.
protocol ListedScreen: LinedScreen {
    associatedtype RowID: Hashable
    var list: ListCursor<RowID> { get set }
}

extension ListedScreen {
    var line: LineCursor { list.line }
    mutating func move(to place: Int) { list.move(to: place) }
}

extension LinedScreen {
    mutating func mouse(_ event: MouseEvent, _ world: World) -> [Effect] {
        switch event.kind {
        case .wheelDown: move(to: line.index + 3)
        case .wheelUp: move(to: line.index - 3)
        case .press:
            guard let row = line.row(at: event.point) else { return [] }
            if row == line.index { return [.press(.enter)] }
            move(to: row)
        case .release: break
        }
        return []
    }
}
