// The scripted terminal, palettes, the clipboard, and what is wrong with a terminal.

import Canvas
import Terminal
import Testing

struct ScriptedTerminalTests {
    @Test func `keys go in and frames without repetitions come out`() throws {
        var terminal = try ScriptedTerminal(size: Size(width: 10, height: 1), keys: "ab<Enter>")
        var text = ""
        loop: while true {
            var canvas = Canvas(size: terminal.size)
            canvas.write(text, at: .zero, style: .plain)
            try terminal.present(canvas)
            try terminal.present(canvas)
            for event in terminal.nextEvents(timeoutMilliseconds: -1) {
                switch event {
                case .key(.character(let character)): text.append(character)
                case .hangup: break loop
                default: break
                }
            }
        }
        #expect(terminal.frames.map { $0.picture() } == ["", "a", "ab"])
        #expect(terminal.picture == "ab")
    }

    @Test func `a resize changes the size when it is taken`() {
        var terminal = ScriptedTerminal(
            size: Size(width: 80, height: 24), events: [.resize(Size(width: 40, height: 10))])
        #expect(terminal.size.width == 80)
        #expect(
            terminal.nextEvents(timeoutMilliseconds: 0)
                == [.resize(Size(width: 40, height: 10))])
        #expect(terminal.size.width == 40)
        #expect(terminal.nextEvents(timeoutMilliseconds: 0) == [])
        #expect(terminal.nextEvents(timeoutMilliseconds: -1) == [.hangup])
    }

    @Test func `suspending resumes with an event`() {
        var terminal = ScriptedTerminal(size: .zero)
        terminal.suspend()
        #expect(terminal.nextEvents(timeoutMilliseconds: 0) == [.resumed])
        #expect(terminal.withTerminalReleased { 7 } == 7)
        #expect((terminal.suspensions, terminal.releases) == (1, 1))
    }
}

struct PaletteTests {
    @Test func `colours go to the nearest the terminal has`() {
        let wide = Palette(colors: 256)
        #expect(wide.index(of: .rgb(255, 0, 0)) == 196)
        #expect(wide.index(of: .rgb(0, 0, 0)) == 16)
        #expect(wide.index(of: .rgb(0x80, 0x80, 0x80)) == 244)
        #expect(wide.index(of: .terminalDefault) == -1)
        let few = Palette(colors: 8)
        #expect(few.index(of: .rgb(250, 30, 30)) == 1)
        #expect(few.index(of: .rgb(0xD3, 0xDA, 0xE4)) == 7)
        #expect(few.index(of: .rgb(0x10, 0x15, 0x1C)) == 0)
        #expect(Palette(colors: 16_777_216).index(of: .rgb(1, 2, 3)) == 0x010203)
        #expect(Palette(colors: 0).index(of: .rgb(1, 2, 3)) == -1)
    }

    @Test func `with eight colours the states of our theme stay apart`() {
        let palette = Palette(colors: 8)
        func index(_ role: Role) -> Int32 {
            palette.index(of: Theme.standard[role].foreground)
        }
        #expect(Set([index(.good), index(.rowPending), index(.rowError), index(.text)]).count == 4)
    }
}

struct ClipboardTests {
    private func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self).replacing("\u{1B}", with: "^[")
            .replacing("\u{7}", with: "^G")
    }

    @Test func `text is sent as OSC 52, through tmux too`() throws {
        #expect(
            text(
                try Clipboard.sequence(
                    for: "hello", insideTmux: false, terminalType: "xterm-256color"))
                == "^[]52;c;aGVsbG8=^G")
        #expect(
            text(
                try Clipboard.sequence(
                    for: "hi", insideTmux: true, terminalType: "tmux-256color"))
                == "^[]52;c;aGk=^G^[Ptmux;^[^[]52;c;aGk=^G^[\\")
    }

    @Test func `too much text and terminals without a clipboard are refused`() {
        let long = String(repeating: "x", count: 56_246)
        #expect(throws: TerminalError.self) {
            try Clipboard.sequence(for: long, insideTmux: false, terminalType: "xterm")
        }
        #expect(throws: Never.self) {
            try Clipboard.sequence(
                for: String(long.dropLast(4)), insideTmux: false, terminalType: "xterm")
        }
        #expect(throws: TerminalError.clipboard("This terminal (TERM=linux) has no clipboard.")) {
            try Clipboard.sequence(for: "x", insideTmux: false, terminalType: "linux")
        }
    }
}

struct TerminalErrorTests {
    @Test func `errors say what to do instead`() {
        for error in [
            TerminalError.notATerminal, .typeUnset, .typeUnknown("vt999"), .typeTooPoor("dumb"),
        ] {
            #expect(error.description.contains("`evenkeel run`"))
            #expect(error.description.contains("`evenkeel screen`"))
        }
    }

    @Test func `a program is run with its exit status, and a missing one is named`() throws {
        #expect(try ChildProgram.run(["sh", "-c", "exit 3"]) == 3)
        #expect(try ChildProgram.run(["sh", "-c", "kill -TERM $$"]) == 143)
        let error = #expect(throws: TerminalError.self) {
            try ChildProgram.run(["/no/such/editor"])
        }
        #expect(error?.description.contains("/no/such/editor: No such file") == true)
    }
}
