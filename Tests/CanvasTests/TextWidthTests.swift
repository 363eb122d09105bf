// How many columns a text takes, and how it is shortened.

import Canvas
import Testing

#if canImport(Glibc)
    import Glibc
#endif

struct TextWidthTests {
    @Test func `a name that is too long keeps the end that tells it from its siblings`() {
        #expect(TextWidth.truncatedInside("payments-reconciliation-5b8c7d9f6c-g2l4s", to: 30) == "payments-reco…5b8c7d9f6c-g2l4s")
        #expect(TextWidth.truncatedInside("web-1", to: 30) == "web-1")
        #expect(TextWidth.truncatedInside("支付对账服务很长的名字", to: 11) == "支付…的名字")
        for width in 0...12 { #expect(TextWidth.columns(TextWidth.truncatedInside("支付对账服务很长的名字", to: width)) <= width) }
    }

    @Test func `letters, frames and bars take one column, Chinese and simple emoji two`() {
        for text in ["a", "é", "e\u{301}", "─", "╭", "█", "▁", "⣿", "●", "◐", "▸", "…", "≤", "✓"] {
            #expect(TextWidth.columns(text) == 1, "\(text)")
        }
        for text in ["漢", "ア", "한", "⌚", "⏳", "⭐", "🚀", "ｗ"] {
            #expect(TextWidth.columns(text) == 2, "\(text)")
        }
        #expect(TextWidth.columns("") == 0)
        #expect(TextWidth.columns(Character("漢")) == 2)
    }

    @Test(arguments: [
        ("❤\u{FE0F}x", "❤x"), ("👨\u{200D}👩\u{200D}👧x", "👨x"), ("👍\u{1F3FD}x", "👍x"),
        ("👩\u{200D}💻x", "👩x"), ("👩\u{1F3FD}\u{200D}🚀x", "👩x"), ("🏴\u{200D}☠\u{FE0F}x", "🏴x"), ("🇩🇪x", "··x"),
        ("\u{1FAE8}x", "·x"), ("1\u{FE0F}\u{20E3}x", "1x"),
        ("a\u{1B}[31mb", "a·[31mb"), ("a\tb\nc", "a b c"), ("a\u{202E}b\u{200B}c", "abc"),
        ("क्\u{200D}ष", "क्ष"),
    ])
    func `what terminals disagree on is replaced, as drawn so measured`(text: String, drawn: String) {
        var canvas = Canvas(size: Size(width: 12, height: 1))
        let used = canvas.write(text, at: .zero, style: .plain)
        #expect(used == TextWidth.columns(text))
        #expect(Array(canvas.picture().unicodeScalars) == Array(drawn.unicodeScalars))
    }

    #if canImport(Glibc)
        @Test func `widths agree with the C library for all classes terminals agree on`() {
            // LC_CTYPE alone, for this thread alone: other tests run at the same time.
            // The header hides wcwidth behind a feature macro that Swift's module map does not set.
            guard let address = dlsym(nil, "wcwidth") else { return }
            let wcwidth = unsafeBitCast(
                address, to: (@convention(c) (Int32) -> Int32).self)
            guard let locale = newlocale(1, "C.UTF-8", nil) else { return }
            let before = uselocale(locale)
            defer {
                uselocale(before)
                freelocale(locale)
            }
            let classes: [ClosedRange<UInt32>] = [
                0x20...0x7E, 0xA1...0xAC, 0xAE...0x377, 0x391...0x3A1, 0x400...0x482,
                0x5D0...0x5EA, 0x2500...0x259F, 0x25A0...0x25FF, 0x2800...0x28FF, 0x2190...0x21FF,
                0x2200...0x22FF, 0x2713...0x2718, 0xE0A0...0xE0B3, 0x3041...0x3096,
                0x30A0...0x30FF, 0x3400...0x4DB5, 0x4E00...0x9FA5, 0xAC00...0xD7A3,
                0xFF01...0xFF60, 0x1F300...0x1F320, 0x1F400...0x1F43E, 0x1F600...0x1F64F,
                0x1F680...0x1F6C5, 0x20000...0x2A6D6,
            ]
            var wrong: [String] = []
            for value in classes.joined() {
                guard let scalar = Unicode.Scalar(value) else { continue }
                let expected = Int(wcwidth(Int32(value)))
                // A mark alone has nothing to stand on; it is measured on a letter.
                let columns = TextWidth.columns("a\(scalar)") - 1
                if columns != expected { wrong.append(String(value, radix: 16)) }
            }
            #expect(wrong == [])
        }
    #endif

    @Test func `a joined emoji has two columns wherever it stands`() {
        let worker = "👩\u{200D}💻"
        #expect(TextWidth.columns(worker) == 2 && TextWidth.columns("a\(worker)b\(worker)") == 6)
        #expect(TextWidth.columns(TextWidth.truncated("\(worker)\(worker)\(worker)", to: 5)) == 5)
        #expect(TextWidth.columns(TextWidth.padded(worker, to: 7)) == 7)
        #expect(StyledText("\(worker) \(worker) \(worker)").wrapped(to: 5).map(\.width) == [5, 2])
        // Typed scalar by scalar, as a terminal sends it, it is one character that backspace deletes.
        var field = TextField("x")
        for scalar in worker.unicodeScalars { field.handle(.character(Character(scalar))) }
        #expect(field.text == "x\(worker)" && TextWidth.columns(field.text) == 3)
        field.handle(.backspace)
        #expect(field.text == "x")
        var canvas = Canvas(size: Size(width: 6, height: 1))
        canvas.write("a\(worker)b", at: .zero, style: .plain)
        #expect(canvas[1, 0].width == 2 && canvas[2, 0].isContinuation && canvas[3, 0].text == "b")
    }

    @Test func `cut text ends in an ellipsis and never in half a character`() {
        #expect(TextWidth.truncated("web-7d9f6c", to: 10) == "web-7d9f6c")
        #expect(TextWidth.truncated("web-7d9f6c", to: 6) == "web-7…")
        #expect(TextWidth.truncated("漢字漢字", to: 5) == "漢字…")
        #expect(TextWidth.truncated("漢字漢字", to: 4) == "漢…")
        #expect(TextWidth.truncated("漢字漢字", to: 5, ellipsis: nil) == "漢字")
        #expect(TextWidth.truncated("ne\u{301}e\u{301}n", to: 3) == "ne\u{301}…")
        #expect(TextWidth.truncated("abc", to: 1) == "…")
        #expect(TextWidth.truncated("abc", to: 0) == "")
    }

    @Test func `padded text has exactly its columns`() {
        #expect(TextWidth.padded("7", to: 3, alignment: .right) == "  7")
        #expect(TextWidth.padded("漢", to: 5, alignment: .center) == " 漢  ")
        #expect(TextWidth.padded("abcdef", to: 4) == "abc…")
        #expect(TextWidth.padded("漢字", to: 3) == "漢…")
    }
}
