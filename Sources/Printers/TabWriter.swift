/// Aligns cells in columns as Go's `text/tabwriter` does, which kubectl prints with.
///
/// All cells of a line but the last stand in columns. A column reaches over neighbouring lines that have a
/// cell in it; a line without one ends it, and the next column below has a width of its own.
enum TabWriter {
    /// - Parameters:
    ///   - minimum: the least width of a column.
    ///   - padding: spaces behind the widest cell of a column.
    /// - Returns: the lines, each with its line break.
    static func text(_ lines: [[String]], minimum: Int = 0, padding: Int) -> String {
        var out = ""
        var widths: [Int] = []
        func write(_ range: Range<Int>) {
            for line in lines[range] {
                for (column, cell) in line.enumerated() {
                    out += cell
                    if column < widths.count, column + 1 < line.count {
                        out += String(repeating: " ", count: widths[column] - cell.unicodeScalars.count)
                    }
                }
                out += "\n"
            }
        }
        func format(_ range: Range<Int>) {
            let column = widths.count
            var start = range.lowerBound
            var index = start
            while index < range.upperBound {
                guard column + 1 < lines[index].count else {
                    index += 1
                    continue
                }
                write(start..<index)
                start = index
                var width = minimum
                while index < range.upperBound, column + 1 < lines[index].count {
                    width = max(width, lines[index][column].unicodeScalars.count + padding)
                    index += 1
                }
                widths.append(width)
                format(start..<index)
                widths.removeLast()
                start = index
            }
            write(start..<range.upperBound)
        }
        format(lines.indices)
        return out
    }
}
