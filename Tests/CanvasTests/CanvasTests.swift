// Drawing on a canvas: boxes, texts, edges.

import Canvas
import Testing

private func canvas(_ width: Int, _ height: Int, glyphs: GlyphSet = .block) -> Canvas {
    Canvas(size: Size(width: width, height: height), glyphs: glyphs)
}

struct CanvasTests {
    @Test func `a box has its texts in the edge`() {
        var picture = canvas(40, 4)
        picture.drawBox(
            in: picture.bounds,
            title: StyledText("Pods", Theme.standard[.title])
                + StyledText("[57]", Theme.standard[.titleCounter]),
            right: "AGE↑", bottomRight: "1 of 5", style: .plain)
        picture.drawRule(inBox: picture.bounds, y: 2, title: "selected: web / zone", style: .plain)
        #expect(
            picture.picture() == """
                ╭─ Pods[57] ──────────────────── AGE↑ ─╮
                │                                      │
                │─ selected: web / zone ───────────────│
                ╰───────────────────────────── 1 of 5 ─╯
                """)
        #expect(picture[3, 0].style == Theme.standard[.title])
        #expect(picture[7, 0].style == Theme.standard[.titleCounter])
    }

    @Test func `a narrow edge shortens the title and drops the right text first`() {
        func edge(_ width: Int) -> String {
            var picture = canvas(width, 2)
            picture.drawBox(
                in: picture.bounds, title: "Counted and not", right: "1 of 5", style: .plain)
            return picture.row(0)
        }
        #expect(edge(31) == "╭─ Counted and not ── 1 of 5 ─╮")
        #expect(edge(26) == "╭─ Counted an… ─ 1 of 5 ─╮")
        #expect(edge(20) == "╭─ Counted and n… ─╮")
        #expect(edge(6) == "╭────╮")
        #expect(edge(1) == "")
    }

    @Test func `ASCII draws nothing above 7E`() {
        var picture = canvas(24, 3, glyphs: .ascii)
        picture.drawBox(in: picture.bounds, title: "Wörk → 漢", style: .plain)
        picture.write("a ≤ b … ●", at: Point(x: 2, y: 1), style: .plain)
        #expect(
            picture.picture() == """
                +- W?rk > ?  ----------+
                | a < b ~ #            |
                +----------------------+
                """)
        #expect(picture.picture().unicodeScalars.allSatisfy { $0.isASCII })
    }

    @Test func `overwriting half a wide character blanks the other half`() {
        var picture = canvas(6, 1)
        picture.write("漢字", at: .zero, style: .plain)
        picture.write("x", at: Point(x: 1, y: 0), style: .plain)
        #expect(picture.picture() == " x字")
        picture.write("y", at: Point(x: 2, y: 0), style: .plain)
        #expect(picture.picture() == " xy")
        picture.write("漢", at: Point(x: 0, y: 0), style: .plain)
        picture.write("字", at: Point(x: 1, y: 0), style: .plain)
        #expect(picture.picture() == " 字")
        #expect(picture[2, 0].isContinuation)
    }

    @Test func `a wide character on an edge becomes a space`() {
        var picture = canvas(3, 1)
        picture.write("ab漢", at: .zero, style: .plain)
        #expect(picture.picture() == "ab")
        picture.write("漢x", at: Point(x: -1, y: 0), style: .plain)
        #expect(picture.picture() == " x")
    }

    @Test func `writing stops at its width, the clip and the canvas`() {
        var picture = canvas(8, 2)
        #expect(picture.write("abcdef", at: .zero, style: .plain, maxWidth: 4, ellipsis: true) == 4)
        picture.withClip(Rect(x: 2, y: 1, width: 3, height: 5)) { inner in
            inner.write("0123456789", at: Point(x: 0, y: 1), style: .plain)
            inner.write("gone", at: .zero, style: .plain)
            inner.withClip(Rect(x: 4, y: 0, width: 9, height: 9)) { deeper in
                deeper.fill(deeper.bounds, "#", style: .plain)
            }
        }
        #expect(picture.picture() == "abc…\n  23#")
        picture.write("far away", at: Point(x: 99, y: 99), style: .plain)
        picture.write("far away", at: Point(x: -99, y: -1), style: .plain)
        #expect(picture.picture() == "abc…\n  23#")
    }

    @Test func `a picture in colours resets on every line`() {
        var picture = canvas(3, 1)
        picture.write("ab", at: .zero, style: Style(foreground: .rgb(1, 2, 3), attributes: .bold))
        #expect(picture.styledPicture() == "\u{1B}[0;1;38;2;1;2;3mab\u{1B}[0m \u{1B}[0m")
    }

    @Test func `canvases are laid over each other`() {
        var small = canvas(2, 1)
        small.write("字", at: .zero, style: .plain)
        var picture = canvas(5, 1)
        picture.write("abcde", at: .zero, style: .plain)
        picture.draw(small, at: Point(x: 2, y: 0))
        #expect(picture.picture() == "ab字e")
        picture.draw(small, at: Point(x: 4, y: 0))
        #expect(picture.picture() == "ab字")
    }

    @Test func `rectangles are split without gaps or overlap`() {
        let rect = Rect(x: 1, y: 2, width: 10, height: 7)
        #expect(
            rect.splitColumns([.weight(1), .weight(1), .weight(1)])
                .map { [$0.x, $0.width] } == [[1, 4], [5, 3], [8, 3]])
        #expect(
            rect.splitRows([.fixed(1), .weight(2), .fixed(3), .weight(1)])
                .map { [$0.y, $0.height] } == [[2, 1], [3, 2], [5, 3], [8, 1]])
        #expect(rect.splitRows([.fixed(5), .fixed(5)]).map(\.height) == [5, 2])
        #expect(
            rect.splitColumns([.weight(1), .weight(1)], gap: 2).map { [$0.x, $0.width] }
                == [[1, 4], [7, 4]])
        #expect(rect.inset(x: 6, y: 0).isEmpty)
        #expect(rect.centered(Size(width: 4, height: 99)) == Rect(x: 4, y: 2, width: 4, height: 7))
    }

    @Test func `only what changed is drawn again`() {
        var old = canvas(30, 3)
        old.write("hello 漢字", at: Point(x: 0, y: 1), style: .plain)
        var new = old
        #expect(FrameDiff.runs(from: old, to: new) == [])
        new.write("J", at: .zero, style: .plain)
        new.write("x", at: Point(x: 25, y: 0), style: .plain)
        new.write("字", at: Point(x: 6, y: 1), style: .plain)
        #expect(
            FrameDiff.runs(from: old, to: new) == [
                .init(y: 0, x: 0, count: 1), .init(y: 0, x: 25, count: 1),
                .init(y: 1, x: 6, count: 2),
            ])
        #expect(FrameDiff.runs(from: nil, to: new).count == 3)
        #expect(FrameDiff.runs(from: canvas(1, 1), to: new).map(\.count) == [30, 30, 30])
    }

    @Test func `styled text is measured and cut as a whole`() {
        let text: StyledText = [("web", Style.plain), (" 漢字", Style(attributes: .bold))]
        #expect(text.width == 8)
        #expect(text.truncated(to: 7).text == "web 漢…")
        #expect(text.truncated(to: 3).text == "we…")
        #expect(text.truncated(to: 0).isEmpty)
        let count = 3
        #expect(StyledText("pods \(count)") == "pods \(count)")
    }
}
