import Canvas

/// The cursor of a list and the part of it that is seen.
///
/// Whatever is asked of it, the cursor is in the list, or at 0 if there are no rows; and it stays on its row when rows
/// come, go or change places.
struct ListCursor<ID: Hashable> {
    private(set) var index = 0
    /// The first row that is seen.
    private(set) var top = 0
    /// Rows that are seen at once.
    private(set) var page = 10
    private(set) var ids: [ID] = []
    /// Where the rows stand on the screen, a line each, for clicks; empty if they are not clicked at.
    private var body = Rect.zero
    /// The row to stand on once it is there.
    private var wanted: ID?

    init(on wanted: ID? = nil) { self.wanted = wanted }

    /// The row to stand on, or under the cursor.
    var target: ID? { wanted ?? id }
    /// The row under the cursor; nil if there are none.
    var id: ID? { ids.indices.contains(index) ? ids[index] : nil }

    /// Takes the rows that there are now.
    mutating func show(_ new: [ID]) {
        if let id = wanted ?? id, new != ids || wanted != nil, let place = new.firstIndex(of: id) { (index, wanted) = (place, nil) }
        ids = new
        clamp()
    }
    mutating func move(to place: Int) {
        (index, wanted) = (place, nil)
        clamp()
    }
    private mutating func clamp() { index = max(0, min(index, ids.count - 1)) }
    /// Stands on the row called `id`, now or as soon as it is there.
    mutating func select(_ id: ID) {
        wanted = id
        show(ids)
    }
    /// Back to the first row.
    mutating func reset() { (index, top, wanted) = (0, 0, nil) }

    /// Moves if that is what `action` does; returns whether it is.
    mutating func perform(_ action: Action) -> Bool {
        guard let place = action.place(from: index, count: ids.count, page: page) else { return false }
        move(to: place)
        return true
    }

    /// Sees to it that the cursor is among `height` rows.
    mutating func scroll(height: Int, margin: Int = 0) {
        page = max(1, height)
        top = Scrolling.top(following: index, from: top, height: page, count: ids.count, margin: margin)
    }
    /// Sees to it that the cursor is among the rows that stand in `body`, a line each.
    mutating func scroll(in body: Rect) {
        self.body = body
        scroll(height: body.height)
    }
    /// The row at a point of the screen.
    func row(at point: Point) -> Int? {
        let row = top + point.y - body.y
        return body.contains(point) && seen.contains(row) ? row : nil
    }
    /// The rows that are seen.
    var seen: Range<Int> { top..<max(top, min(top + page, ids.count)) }
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

/// A screen with a list whose rows have names: moving, the wheel and clicks are the same in all of them.
protocol ListedScreen: Screen {
    associatedtype RowID: Hashable
    var list: ListCursor<RowID> { get set }
}

extension ListedScreen {
    mutating func mouse(_ event: MouseEvent, _ world: World) -> [Effect] {
        switch event.kind {
        case .wheelDown: list.move(to: list.index + 3)
        case .wheelUp: list.move(to: list.index - 3)
        case .press:
            guard let row = list.row(at: event.point) else { return [] }
            if row == list.index { return [.press(.enter)] }
            list.move(to: row)
        case .release: break
        }
        return []
    }
}
