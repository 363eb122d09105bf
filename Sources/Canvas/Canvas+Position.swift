// Where one is in a list that is longer than its pane.

extension Canvas {
    /// Tells which of `count` rows are seen in a box unless all are: `21–40 of 500` in its lower edge, a bar in its right one.
    ///
    /// - Parameters:
    ///   - rows: where the rows stand in the box; all of its inside if nil.
    ///   - text: whether there is room for the words; the lower edge may be taken.
    public mutating func drawPosition(
        of seen: Range<Int>, in count: Int, onBox box: Rect, rows: Rect? = nil, text: Bool = true, theme: Theme
    ) {
        guard seen.count < count, box.height >= 3, box.width >= 8 else { return }
        let words = "\(seen.lowerBound + 1)–\(seen.upperBound) of \(count)"
        if text, TextWidth.columns(words) + 6 <= box.width {
            write(StyledText(" \(words) ", theme[.dim]), endingAt: box.right - 2, y: box.bottom - 1)
        }
        let track = (rows ?? box.interior).intersection(box.interior)
        guard track.height >= 2 else { return }
        let thumb = max(1, min(track.height - 1, track.height * seen.count / count))
        let first = (track.height - thumb) * max(0, seen.lowerBound) / max(1, count - seen.count)
        for line in 0..<thumb {
            write(glyphs.scrollBar, at: Point(x: box.right - 1, y: track.y + min(first, track.height - thumb) + line), style: theme[.title])
        }
    }
}
