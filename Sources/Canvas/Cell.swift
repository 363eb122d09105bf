/// What one column of one row shows: a character of one or two columns, and a style.
///
/// A character is one scalar and at most two combining marks, which is what terminals agree on.
/// The column after a wide character holds a *continuation*.
public struct Cell: Equatable, Sendable {
    package var scalar: UInt32
    package var mark1: UInt16
    package var mark2: UInt16
    package var columns: UInt8
    /// Colours and attributes.
    public var style: Style

    package init(
        scalar: UInt32, mark1: UInt16 = 0, mark2: UInt16 = 0, columns: UInt8 = 1, style: Style
    ) {
        self.scalar = scalar
        self.mark1 = mark1
        self.mark2 = mark2
        self.columns = columns
        self.style = style
    }

    package init(_ glyph: CellGlyph, style: Style) {
        self.init(
            scalar: glyph.scalar, mark1: glyph.mark1, mark2: glyph.mark2, columns: glyph.columns,
            style: style)
    }

    /// An empty cell.
    public static func blank(_ style: Style = .plain) -> Cell {
        Cell(scalar: 32, style: style)
    }

    package static func continuation(_ style: Style) -> Cell {
        Cell(scalar: 0, columns: 0, style: style)
    }

    /// Columns used: 1, 2, or 0 for the second half of a wide character.
    public var width: Int { Int(columns) }

    /// Whether this is the second half of a wide character.
    public var isContinuation: Bool { columns == 0 }

    /// The character with its marks; empty for a continuation.
    public var text: String {
        var text = ""
        append(to: &text)
        return text
    }

    package func append(to text: inout String) {
        guard columns > 0 else { return }
        for bits in [scalar, UInt32(mark1), UInt32(mark2)] where bits != 0 {
            if let scalar = Unicode.Scalar(bits) { text.unicodeScalars.append(scalar) }
        }
    }
}
