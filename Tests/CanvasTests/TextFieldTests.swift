// Editing in a field.

import Canvas
import Testing

struct TextFieldTests {
    @Test(arguments: [
        ("", "abc<Left>X", "abXc"), ("abc", "<Home><Del>", "bc"), ("abc", "<BS><C-a>z", "zab"),
        ("get pods -n shop", "<C-w>", "get pods -n "),
        ("get pods -n shop", "<C-w><C-w>", "get pods -"),
        ("one two", "<A-b><C-k>", "one "), ("one two", "<C-left><C-u>", "two"),
        ("one two", "<Home><A-d>", " two"), ("漢字", "<BS>", "漢"),
        ("", "<BS><Del><Left><C-w>", ""),
    ])
    func `keys edit where the cursor is`(start: String, keys: String, text: String) throws {
        var field = TextField(start)
        for key in try Key.parse(keys) {
            let isTaken = field.handle(key)
            #expect(isTaken)
        }
        #expect(field.text == text)
    }

    @Test func `keys that mean nothing to a field are left to others`() {
        var field = TextField("a")
        for key in [Key.enter, .escape, .tab, .up, .control("s"), .function(1)] {
            let isTaken = field.handle(key)
            #expect(!isTaken)
        }
        #expect(field.text == "a")
    }

    @Test func `pasted line ends become spaces and control characters vanish`() {
        var field = TextField()
        field.insert("a\nb\tc\u{1B}d\r\ne")
        #expect(field.text == "a b cd e")
        #expect(field.cursor == 8)
    }

    @Test func `a long text scrolls with the cursor`() {
        var field = TextField("0123456789")
        var canvas = Canvas(size: Size(width: 5, height: 1))
        field.draw(on: &canvas, at: .zero, width: 5, style: .plain, focused: true)
        #expect(canvas.picture() == "6789")
        #expect(canvas[4, 0].style.attributes == .reverse)
        field.handle(.home)
        field.draw(on: &canvas, at: .zero, width: 5, style: .plain, focused: true)
        #expect(canvas.picture() == "01234")
        #expect(canvas[0, 0].style.attributes == .reverse)
        field.text = "漢字漢字"
        field.draw(on: &canvas, at: .zero, width: 5, style: .plain, focused: false)
        #expect(canvas.picture() == "漢字")
    }

    @Test func `a long line is edited and drawn at the cost of what is seen`() {
        var field = TextField()
        field.insert(String(repeating: "é漢a\u{0}", count: 40_000))
        #expect(field.cursor == TextField.limit)
        var canvas = Canvas(size: Size(width: 40, height: 1))
        for _ in 0..<500 {
            field.handle(.left)
            field.handle(.character("x"))
            field.draw(on: &canvas, at: .zero, width: 40, style: .plain, focused: true)
        }
        field.handle(.home)
        field.draw(on: &canvas, at: .zero, width: 40, style: .plain, focused: true)
        #expect(canvas.picture().hasPrefix("é漢aé漢a"))
        field.handle(.control("k"))
        #expect(field.isEmpty && field.cursor == 0)
    }

    @Test func `a mark that is typed after its letter joins it, in the middle too`() {
        var field = TextField("ae")
        field.handle(.left)
        field.insert("\u{301}")
        #expect(field.text == "a\u{301}e" && field.cursor == 1)
        field.handle(.backspace)
        #expect(field.text == "e" && field.cursor == 0)
    }
}
