/// One character as it goes into cells: a scalar, up to two marks on it, and its columns.
package struct CellGlyph: Equatable, Sendable {
    package var scalar: UInt32
    package var mark1: UInt16 = 0
    package var mark2: UInt16 = 0
    /// 1 or 2.
    package var columns: UInt8

    package static let dot = CellGlyph(scalar: 0xB7, columns: 1)

    /// Calls `body` for each character of `text` as it will be drawn, until it returns false.
    ///
    /// Measuring and drawing both go through here, so they cannot disagree. What terminals
    /// disagree on does not come out: sequences with ZWJ become their first part, skin tones and
    /// variation selectors vanish, flags, new emoji and control characters become a dot, a tab or
    /// a line end becomes a space.
    package static func forEach(
        in text: some StringProtocol, _ body: (CellGlyph) -> Bool
    ) {
        var pending: CellGlyph?
        var afterJoiner = false
        for scalar in text.unicodeScalars {
            let value = scalar.value
            if value >= 0x20 && value < 0x7F {
                afterJoiner = false
                if let glyph = pending, !body(glyph) { return }
                pending = CellGlyph(scalar: value, columns: 1)
                continue
            }
            if value == 0x200D {
                afterJoiner = true
                continue
            }
            switch TextWidth.kind(of: value) {
            case .dropped:
                continue
            case .zero:
                guard value <= 0xFFFF, var glyph = pending else { continue }
                if glyph.mark1 == 0 {
                    glyph.mark1 = UInt16(value)
                } else if glyph.mark2 == 0 {
                    glyph.mark2 = UInt16(value)
                }
                pending = glyph
                continue
            case .modifier where pending?.columns == 2:
                continue
            case .narrow, .wide, .modifier, .disputed, .control:
                // Joined emoji: the first one stands for all. Joiners between letters of scripts
                // that use them must not swallow the letter.
                let isPictograph = value >= 0x1F000 || (0x2190...0x2BFF).contains(value)
                if afterJoiner, isPictograph, pending != nil {
                    afterJoiner = false
                    continue
                }
                afterJoiner = false
                if let glyph = pending, !body(glyph) { return }
                switch TextWidth.kind(of: value) {
                case .control where value == 9 || value == 10 || value == 13:
                    pending = CellGlyph(scalar: 32, columns: 1)
                case .control, .disputed: pending = .dot
                case .wide, .modifier: pending = CellGlyph(scalar: value, columns: 2)
                default: pending = CellGlyph(scalar: value, columns: 1)
                }
            }
        }
        if let glyph = pending { _ = body(glyph) }
    }

    /// The characters of `text` in order.
    package static func all(in text: some StringProtocol) -> [CellGlyph] {
        var glyphs: [CellGlyph] = []
        forEach(in: text) { glyph in
            glyphs.append(glyph)
            return true
        }
        return glyphs
    }

    package func append(to text: inout String) {
        Cell(self, style: .plain).append(to: &text)
    }
}
