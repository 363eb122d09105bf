// A table of what the program knows about itself, in Markdown for the documentation and as plain text for a terminal.

/// A table such as that of the keys or parameters: names, what each is, and further facts.
public struct ReferenceTable: Sendable {
    /// Titles of the columns: the group if ``isGrouped``, the name, what it is, then facts.
    public var columns: [String]
    /// Cells in Markdown, one for each column; facts may be empty.
    public var rows: [[String]]
    /// Whether the first column is what the rows below each other have in common.
    public var isGrouped: Bool

    public init(_ columns: [String], isGrouped: Bool = false, rows: [[String]]) {
        (self.columns, self.isGrouped, self.rows) = (columns, isGrouped, rows)
    }

    public var markdown: String {
        func line(_ cells: [String]) -> String { "|" + cells.map { $0.isEmpty ? " |" : " \($0.replacing("|", with: "\\|")) |" }.joined() }
        return ([line(columns), line(columns.map { _ in "---" })] + rows.map(line)).joined(separator: "\n")
    }

    /// Lines of at most 80 columns, as `--help` has them: names on the left, groups as headings.
    public var text: String {
        let first = isGrouped ? 1 : 0
        let margin = 4 + min(rows.map { Self.plain($0[first]).count }.max() ?? 0, 22)
        var lines: [String] = []
        var group = ""
        for row in rows {
            if isGrouped, row[0] != group {
                group = row[0]
                lines += (lines.isEmpty ? [] : [""]) + [group.uppercased() + ":"]
            }
            let facts = zip(columns, row).dropFirst(first + 2).filter { !$0.1.isEmpty }.map { "\($0.0): \($0.1)" }
            let words = Self.plain(row[first + 1] + (facts.isEmpty ? "" : " (\(facts.joined(separator: "; ")))"))
            var prose = Explain.wrapped(words, indent: margin).split(separator: "\n").map(String.init)
            let name = "  " + Self.plain(row[first])
            if name.count + 2 <= margin, !prose.isEmpty {
                prose[0] = name + prose[0].dropFirst(name.count)
            } else {
                prose.insert(name, at: 0)
            }
            lines += prose
        }
        return lines.joined(separator: "\n")
    }

    private static func plain(_ markdown: String) -> String { markdown.replacing("`", with: "") }
}
