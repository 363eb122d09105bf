import Canvas

/// A key that waits for a letter.
enum Chord { case set, go }

/// A view to come back to: where the user was, with cursor, scroll, sort and filter as they were.
struct Bookmark {
    fileprivate var stack: [any Screen]
    fileprivate var namespace: String
    fileprivate var topologyKey: String
    /// What the list of bookmarks says.
    fileprivate var title: String { stack.map { "<\($0.crumb)>" }.joined(separator: " ") + (namespace.isEmpty ? "" : "  ns:\(namespace)") }
}

extension Dashboard {
    /// Sets or goes to the bookmark of the letter that followed.
    mutating func finish(_ chord: Chord, _ key: Key) {
        guard case .character(let letter) = key, letter.isLetter || letter.isNumber else {
            if key != .escape { show("A bookmark has a letter", .warning) }
            return
        }
        switch chord {
        case .set:
            bookmarks[letter] = Bookmark(stack: stack, namespace: world.namespace, topologyKey: world.topologyKey)
            show("Bookmark \(letter); ' \(letter) comes back here", .info)
        case .go:
            guard let bookmark = bookmarks[letter] else { return show("There is no bookmark \(letter)", .warning) }
            (stack, world.namespace, world.topologyKey) = (bookmark.stack, bookmark.namespace, bookmark.topologyKey)
        }
    }

    /// The bookmarks there are, while a letter is awaited.
    func drawBookmarks(for chord: Chord, on canvas: inout Canvas, in area: Rect) {
        let theme = world.theme
        let all = bookmarks.sorted { $0.key < $1.key }
        let lines = all.isEmpty ? [("", "No bookmarks yet")] : all.map { (String($0.key), $0.value.title) }
        let width = min(area.width, max(34, (lines.map { TextWidth.columns($0.1) }.max() ?? 0) + 10))
        let height = min(area.height, lines.count + 2)
        let box = Rect(x: area.x, y: area.bottom - height, width: width, height: height)
        let inside = Popup(title: StyledText(chord == .set ? "Bookmark: a letter" : "Go to bookmark", theme[.title])).draw(on: &canvas, in: box, theme: theme)
        for (index, line) in lines.prefix(inside.height).enumerated() {
            canvas.write(line.0, at: Point(x: inside.x, y: inside.y + index), style: theme[.menuKey])
            canvas.write(line.1, at: Point(x: inside.x + 3, y: inside.y + index), style: theme[.text], maxWidth: inside.width - 3, ellipsis: true)
        }
    }
}
