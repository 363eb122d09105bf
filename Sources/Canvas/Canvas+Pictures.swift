// A canvas as text, plain or with escape sequences.

extension Canvas {
    /// The canvas as text: one line a row, without blanks at line ends, joined by `\n`.
    public func picture() -> String {
        (0..<size.height).map { row($0) }.joined(separator: "\n")
    }

    /// One row as text, without blanks at its end.
    public func row(_ y: Int) -> String {
        var line = ""
        var blanks = 0
        for x in 0..<size.width {
            let cell = self[x, y]
            if cell.scalar == 32, cell.mark1 == 0 {
                blanks += 1
            } else if !cell.isContinuation {
                line += String(repeating: " ", count: blanks)
                blanks = 0
                cell.append(to: &line)
            }
        }
        return line
    }

    /// The canvas as text with ANSI colours (SGR, 24 bits), for documentation and `cat`.
    ///
    /// Every line ends in a reset and stands for itself.
    public func styledPicture() -> String {
        var lines: [String] = []
        for y in 0..<size.height {
            var line = ""
            var current: Style?
            for x in 0..<size.width {
                let cell = self[x, y]
                guard !cell.isContinuation else { continue }
                if cell.style != current {
                    line += "\u{1B}[" + cell.style.selectGraphicRendition + "m"
                    current = cell.style
                }
                cell.append(to: &line)
            }
            lines.append(line + "\u{1B}[0m")
        }
        return lines.joined(separator: "\n")
    }
}

extension Style {
    /// The parameters of the escape sequence SGR that select this style, starting from nothing.
    var selectGraphicRendition: String {
        var codes = ["0"]
        if attributes.contains(.bold) { codes.append("1") }
        if attributes.contains(.dim) { codes.append("2") }
        if attributes.contains(.italic) { codes.append("3") }
        if attributes.contains(.underline) { codes.append("4") }
        if attributes.contains(.reverse) { codes.append("7") }
        if case .rgb(let r, let g, let b) = foreground { codes.append("38;2;\(r);\(g);\(b)") }
        if case .rgb(let r, let g, let b) = background { codes.append("48;2;\(r);\(g);\(b)") }
        return codes.joined(separator: ";")
    }
}
