/// How many columns text takes, and text fitted to columns.
///
/// Terminals measure text by scalars and by tables of their own; this is the table all agree on
/// (see `WidthTable`), so that a column computed here is a column on the screen.
public enum TextWidth {
    /// Where text stands in a space wider than itself.
    public enum Alignment: Hashable, Sendable {
        /// Room at the end.
        case left
        /// Room at the beginning, as for numbers.
        case right
        /// Room on both sides, the odd column at the end.
        case center
    }

    enum Kind: Equatable {
        case narrow, wide, zero, dropped, disputed, control, modifier
    }

    static func kind(of value: UInt32) -> Kind {
        if value < 0x20 || (value >= 0x7F && value < 0xA0) { return .control }
        if value < 0x300 { return value == 0xAD ? .dropped : .narrow }
        // Frames, bars, dots and letters of most scripts: no need to search.
        if value >= 0x2500 && value < 0x25FD { return .narrow }
        if value >= 0x2800 && value < 0x2900 { return .narrow }
        if value >= 0x1F3FB && value <= 0x1F3FF { return .modifier }
        if contains(WidthTable.disputed, value) { return .disputed }
        if contains(WidthTable.dropped, value) { return .dropped }
        if contains(WidthTable.zero, value) { return .zero }
        if value >= 0x1100 && contains(WidthTable.wide, value) { return .wide }
        return .narrow
    }

    private static func contains(_ ranges: [ClosedRange<UInt32>], _ value: UInt32) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < value { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].contains(value)
    }

    /// Columns `text` takes when written, 0 or more.
    ///
    /// - Complexity: O(length), no allocation.
    public static func columns(_ text: some StringProtocol) -> Int {
        var columns = 0
        CellGlyph.forEach(in: text) { glyph in
            columns += Int(glyph.columns)
            return true
        }
        return columns
    }

    /// Columns one character takes when written: 0, 1 or 2.
    public static func columns(_ character: Character) -> Int {
        columns(String(character))
    }

    /// As much of `text` as fits into `width` columns, ending in `ellipsis` if some is missing.
    ///
    /// Cuts between characters; a wide character that fits only by half is left out. The ellipsis
    /// must be one column wide; nil cuts without a sign.
    public static func truncated(
        _ text: some StringProtocol, to width: Int, ellipsis: Character? = "…"
    ) -> String {
        guard width > 0 else { return "" }
        guard columns(text) > width else { return String(text) }
        let room = ellipsis == nil ? width : width - 1
        var result = ""
        var used = 0
        CellGlyph.forEach(in: text) { glyph in
            guard used + Int(glyph.columns) <= room else { return false }
            glyph.append(to: &result)
            used += Int(glyph.columns)
            return true
        }
        if let ellipsis { result.append(ellipsis) }
        return result
    }

    /// Beginning and end of `text` in at most `width` columns, with `ellipsis` for what is missing between them.
    public static func truncatedInside(_ text: String, to width: Int, ellipsis: Character? = "…") -> String {
        guard columns(text) > width, width > 4 else { return truncated(text, to: width, ellipsis: ellipsis) }
        let room = width - (ellipsis == nil ? 0 : 1)
        // The end of a pod's name is what tells it from its siblings: hash and five letters are 16 characters.
        let head = max(room * 2 / 5, room - 16)
        return truncated(text, to: head, ellipsis: nil) + (ellipsis.map(String.init) ?? "") + ending(text, columns: room - head)
    }

    /// The end of `text` in at most so many columns.
    public static func ending(_ text: String, columns: Int) -> String {
        String(truncated(String(text.reversed()), to: columns, ellipsis: nil).reversed())
    }

    /// `text` in exactly `width` columns: cut with `ellipsis` or filled with spaces.
    public static func padded(
        _ text: some StringProtocol, to width: Int, alignment: Alignment = .left,
        ellipsis: Character? = "…"
    ) -> String {
        let cut = truncated(text, to: width, ellipsis: ellipsis)
        let room = max(0, width - columns(cut))
        switch alignment {
        case .left: return cut + String(repeating: " ", count: room)
        case .right: return String(repeating: " ", count: room) + cut
        case .center:
            let before = room / 2
            return String(repeating: " ", count: before) + cut
                + String(" ", times: room - before)
        }
    }
}
