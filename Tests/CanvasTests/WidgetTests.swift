// Gauges, curves, tables and panes.

import Canvas
import Testing

private let theme = Theme.standard

private func picture(
    _ width: Int, _ height: Int, glyphs: GlyphSet = .block, _ draw: (inout Canvas) -> Void
) -> String {
    var canvas = Canvas(size: Size(width: width, height: height), glyphs: glyphs)
    draw(&canvas)
    return canvas.picture()
}

struct GaugeAndCurveTests {
    @Test(arguments: [
        (0.71, "█████▋░░"), (0.94, "███████▌"), (0.12, "▉░░░░░░░"), (0.64, "█████░░░"),
        (0.0, "░░░░░░░░"), (1.0, "████████"), (1.7, "████████"), (0.5, "████░░░░"),
    ])
    func `a bar shows eighths and is full only when all is used`(share: Double, bar: String) {
        #expect(Gauge(used: share).text(width: 8, glyphs: .block) == bar)
    }

    @Test func `a bar shows a limit, what is added, and room`() {
        #expect(Gauge(used: 4, scale: 10, limit: 8).text(width: 10, glyphs: .block) == "████░░░░┆░")
        #expect(
            Gauge(used: 3.76, scale: 5, added: 0.4, limit: 4, showsRoom: true)
                .text(width: 20, glyphs: .block) == "███████████████▓┆···")
        #expect(Gauge(used: 0.55).text(width: 10, glyphs: .ascii) == "=====.    ")
        #expect(Gauge(used: 0.5).text(width: 0, glyphs: .block) == "")
    }

    @Test func `a curve keeps its peaks and stands at the right`() {
        #expect(Sparkline([0, 1, 2, 3, 4, 5, 6, 7]).text(width: 8, glyphs: .block) == "▁▂▃▄▅▆▇█")
        #expect(Sparkline([1, 1, 9, 1, 1, 1]).text(width: 3, glyphs: .block) == "▂█▂")
        #expect(Sparkline([7, 7]).text(width: 4, glyphs: .block) == "  ██")
        #expect(Sparkline([0, 0]).text(width: 2, glyphs: .block) == "▁▁")
        #expect(Sparkline([1, .nan, 2], maximum: 2).text(width: 3, glyphs: .block) == "▅ █")
        #expect(Sparkline([0, 3, 7]).text(width: 3, glyphs: .ascii) == "_-#")
        #expect(Sparkline([0, 1, 2, 3]).text(width: 2, glyphs: .braille) == "⣠⣾")
        #expect(Sparkline([Double]()).text(width: 3, glyphs: .block) == "   ")
    }

    @Test func `values over the limit are in the fault style`() {
        var canvas = Canvas(size: Size(width: 3, height: 1))
        Sparkline([1, 3, 2], limit: 2).draw(on: &canvas, at: .zero, width: 3, theme: theme)
        #expect(canvas[0, 0].style == theme[.sparkline])
        #expect(canvas[1, 0].style == theme[.sparklineFault])
        #expect(canvas[2, 0].style == theme[.sparkline])
    }

    @Test func `a chart fills rows in eighths`() {
        #expect(
            picture(4, 2) { canvas in
                AreaChart([4, 8, 12, 16]).draw(on: &canvas, in: canvas.bounds, theme: theme)
            } == "  ▄█\n▄███")
    }

    @Test func `a scale shows value and limit`() {
        #expect(
            picture(19, 1) { canvas in
                Scale(maximum: 6, value: 1, limit: 1)
                    .draw(on: &canvas, at: .zero, width: 19, theme: theme)
            } == "0 ──●┆─────────── 6")
    }
}

struct TableTests {
    private let columns = [
        TableWidget.Column("NAME", minimum: 8, ideal: 12), TableWidget.Column("READY", minimum: 5),
        TableWidget.Column("CPU", alignment: .right, minimum: 5, priority: 2),
        TableWidget.Column("NODE", minimum: 4, priority: 1),
        TableWidget.Column("AGE", alignment: .right, minimum: 5),
    ]

    private func row(_ index: Int) -> TableRow {
        TableRow(
            ["web-7d9f6c-\(index)", "2/2", "\(index)m", "a\(index)", "8m0\(index)s"],
            isMarked: index == 2)
    }

    private func picture(_ table: TableWidget, _ width: Int, _ height: Int) -> String {
        var canvas = Canvas(size: Size(width: width, height: height))
        table.draw(on: &canvas, in: canvas.bounds, theme: theme, row: row)
        return canvas.picture()
    }

    @Test func `cursor, mark, sorting and alignment`() {
        let table = TableWidget(
            columns: columns, rowCount: 4, cursor: 1, sort: (column: 4, ascending: true))
        #expect(
            picture(table, 40, 5) == """
                 NAME         READY   CPU NODE  AGE↑
                 web-7d9f6c-0 2/2      0m a0   8m00s
                ▸web-7d9f6c-1 2/2      1m a1   8m01s
                *web-7d9f6c-2 2/2      2m a2   8m02s
                 web-7d9f6c-3 2/2      3m a3   8m03s
                """)
    }

    @Test func `columns go in a fixed order and are told of`() {
        let table = TableWidget(columns: columns, rowCount: 1)
        #expect(
            picture(table, 32, 2) == """
                 NAME     READY   CPU NODE   AGE
                 web-7d9… 2/2      0m a0   8m00s
                """)
        #expect(
            picture(table, 29, 2) == """
                 NAME       READY NODE   AGE›
                 web-7d9f6… 2/2   a0   8m00s
                """)
        #expect(
            picture(table, 23, 2) == """
                 NAME      READY   AGE›
                 web-7d9f… 2/2   8m00s
                """)
        #expect(
            picture(table, 10, 2) == """
                 NAME    ›
                 web-7d9…
                """)
    }

    @Test func `scrolling sideways keeps the first column`() {
        let table = TableWidget(columns: columns, rowCount: 1, columnOffset: 2)
        #expect(picture(table, 25, 2) == "‹NAME         NODE   AGE\n web-7d9f6c-0 a0   8m00s")
    }

    @Test func `only the rows that are seen are asked for`() {
        var asked: [Int] = []
        var canvas = Canvas(size: Size(width: 40, height: 4))
        let table = TableWidget(columns: columns, rowCount: 150_000, cursor: 100_001, top: 100_000)
        let layout = table.draw(on: &canvas, in: canvas.bounds, theme: theme) { index in
            asked.append(index)
            return row(index)
        }
        #expect(asked == [100_000, 100_001, 100_002])
        #expect(layout.rows == 100_000..<100_003)
        #expect(layout.row(at: Point(x: 5, y: 2)) == 100_001)
        #expect(layout.row(at: Point(x: 5, y: 0)) == nil)
        #expect(layout.column(at: Point(x: 15, y: 0)) == 1)
    }

    @Test func `the cursor's row is lit from end to end and keeps the colour of states`() {
        var canvas = Canvas(size: Size(width: 40, height: 2))
        let table = TableWidget(columns: columns, rowCount: 1, cursor: 0)
        table.draw(on: &canvas, in: canvas.bounds, theme: theme) { _ in
            TableRow(["web", StyledText("0/2", theme[.rowError])])
        }
        for x in 0..<40 { #expect(canvas[x, 1].style.background == theme[.cursor].background) }
        #expect(canvas[1, 1].style.foreground == theme[.cursor].foreground)
        #expect(canvas[14, 1].style.foreground == theme.underCursor(theme[.rowError], plain: theme[.text]).foreground)
    }

    @Test func `nothing breaks at any size`() {
        for width in 0...12 {
            for height in 0...3 {
                _ = picture(TableWidget(columns: columns, rowCount: 3, cursor: 2), width, height)
            }
        }
    }

    @Test func `a list scrolls as little as it must`() {
        func top(_ cursor: Int, _ from: Int, margin: Int = 0) -> Int {
            Scrolling.top(following: cursor, from: from, height: 5, count: 20, margin: margin)
        }
        #expect(top(0, 0) == 0)
        #expect(top(5, 0) == 1)
        #expect(top(3, 4) == 3)
        #expect(top(19, 0) == 15)
        #expect(top(5, 0, margin: 2) == 3)
        #expect(top(19, 15, margin: 2) == 15)
        #expect(Scrolling.top(following: 0, from: 9, height: 5, count: 3) == 0)
    }
}

struct PaneTests {
    @Test func `a search is marked wherever it occurs`() {
        #expect(TextPane.hits(of: "web", in: "Web 漢 web-web") == [0..<3, 7..<10, 11..<14])
        #expect(TextPane.hits(of: "", in: "abc") == [])
        #expect(TextPane.hits(of: "\u{200B}", in: "abc") == [])
        var canvas = Canvas(size: Size(width: 8, height: 2))
        let lines = ["first", "second", "third"]
        TextPane(lineCount: 3, top: 1, left: 1, search: "CON").draw(
            on: &canvas, in: canvas.bounds, theme: theme
        ) { StyledText(lines[$0]) }
        // What is scrolled out is told.
        #expect(canvas.picture() == "‹cond\n‹ird")
        #expect(canvas[1, 0].style == theme[.search])
        #expect(canvas[4, 0].style == theme[.text])
    }

    @Test func `text wraps at spaces and breaks long words`() {
        let bold = Style(attributes: .bold)
        let text = StyledText("only eu-c ", nil) + StyledText("allowed by web/zone", bold)
        #expect(text.wrapped(to: 12).map(\.text) == ["only eu-c", "allowed by", "web/zone"])
        #expect(StyledText("abcdefgh").wrapped(to: 3).map(\.text) == ["abc", "def", "gh"])
        #expect(StyledText("a\n\nb").wrapped(to: 9).map(\.text) == ["a", "", "b"])
        #expect(StyledText("漢字漢").wrapped(to: 4).map(\.text) == ["漢字", "漢"])
    }

    @Test func `a dialog has buttons and a list`() {
        #expect(
            picture(36, 6) { canvas in
                let inside = Popup(title: "Delete", right: "2 pods").draw(
                    on: &canvas, centeredIn: canvas.bounds, size: Size(width: 34, height: 6),
                    theme: theme)
                PickList(count: 2, cursor: 1).draw(
                    on: &canvas, in: inside, theme: theme, role: .dialog
                ) { StyledText(["web-1", "web-2"][$0]) }
                ButtonRow(["Cancel", "Delete"], focused: 0).draw(
                    on: &canvas, in: inside.row(3), theme: theme)
            } == """
                 ╭─ Delete ────────────── 2 pods ─╮
                 │  web-1                         │
                 │ ▸web-2                         │
                 │                                │
                 │   [ Cancel ]      [ Delete ]   │
                 ╰────────────────────────────────╯
                """)
    }

    @Test func `hints fit and help stays`() {
        let hints = KeyHints(
            [.init("enter", "open"), .init("x", "cells"), .init("W", "why")],
            last: .init("?", "help"))
        func row(_ width: Int) -> String {
            picture(width, 1) { _ = hints.draw(on: &$0, at: .zero, width: width, theme: theme) }
        }
        #expect(row(60) == "<enter> open <x> cells <W> why <?> help")
        #expect(row(38) == "<enter> open <x> cells <?> help")
        #expect(row(8) == "<?> help")
    }
}
