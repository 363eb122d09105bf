// The notation of keys.

import Canvas
import Testing

struct KeyTests {
    @Test(
        arguments: [
            (":po<Enter>", [.character(":"), .character("p"), .character("o"), .enter]),
            ("<C-d><ctrl-D><CTRL-space>", [.control("d"), .control("d"), .control(" ")]),
            ("<Tab><S-Tab><shift-left><ctrl-right>", [.tab, .backtab, .shiftLeft, .controlRight]),
            (
                "<F1><f12><lt><Space><PgDn>",
                [
                    .function(1), .function(12), .character("<"),
                    .character(" "), .pageDown,
                ]
            ),
            ("<alt-b><M-B><S-n>", [.alt("b"), .alt("B"), .character("N")]),
            ("<C-i><C-m><C-[><C-\\>", [.tab, .enter, .escape, .control("\\")]),
            ("a>b\n", [.character("a"), .character(">"), .character("b"), .enter]),
            ("", []),
        ] as [(String, [Key])])
    func `notation reads characters, names and modifiers`(text: String, keys: [Key]) throws {
        #expect(try Key.parse(text) == keys)
    }

    @Test func `a mistake is told with its place`() {
        let unknown = #expect(throws: KeyNotationError.self) { try Key.parse("ab<Entr>") }
        #expect(
            unknown?.description
                == "<Entr> is not a key; try <Enter>, <Esc>, <ctrl-d>, <F1> or <lt> "
                + "(at character 3 of \"ab<Entr>\")")
        let open = #expect(throws: KeyNotationError.self) { try Key.parse("j<Up") }
        #expect(open?.position == 1)
        for text in ["<>", "<ctrl-up-x>", "<F99>", "<ctrl-enter>", "<hyper-a>"] {
            #expect(throws: KeyNotationError.self, "\(text)") { try Key.parse(text) }
        }
    }

    @Test func `keys print as k9s prints them and read back`() throws {
        #expect(Key.control("d").description == "ctrl-d")
        #expect(Key.character("N").description == "N")
        #expect(Key.shiftLeft.description == "shift-left")
        let keys: [Key] = [
            .character("a"), .character("<"), .character(" "), .enter, .tab, .backtab, .escape,
            .backspace, .delete, .insert, .up, .down, .left, .right, .home, .end, .pageUp,
            .pageDown, .shiftLeft, .shiftRight, .shiftUp, .shiftDown, .controlLeft, .controlRight,
            .controlUp, .controlDown, .control("a"), .control(" "), .control("\\"), .function(5),
            .alt("x"), .alt("X"), .alt(">"), .alt(" "), .character("漢"),
        ]
        #expect(try Key.parse(Key.notation(keys)) == keys)
    }
}
