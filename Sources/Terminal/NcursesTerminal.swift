import CTerminal
public import Canvas
import Glibc

/// The terminal of this process, drawn by ncurses.
///
/// ```swift
/// let terminal = try NcursesTerminal.open()
/// defer { terminal.restore() }
/// try terminal.present(canvas)
/// let events = terminal.nextEvents(timeoutMilliseconds: -1)
/// ```
///
/// One a process, one thread. Whatever ends the process but SIGKILL gives the terminal back:
/// `restore`, `exit`, a trap, a signal. Nothing here waits for a terminal that is not read, and a
/// signal that ends the process does so within a tenth of a second, whatever the thread is doing.
public final class NcursesTerminal: TerminalDevice {
    /// What the user chose.
    public struct Options: Sendable {
        /// Attributes only; also set by the environment variable `NO_COLOR`.
        public var noColor: Bool
        /// Draw with ASCII whatever the terminal can do.
        public var ascii: Bool
        /// Ask for reports of clicks and the wheel.
        public var mouse: Bool

        /// Options; the environment variable `NO_COLOR`, if not empty, overrides `noColor`.
        public init(noColor: Bool = false, ascii: Bool = false, mouse: Bool = true) {
            self.noColor = noColor
            self.ascii = ascii
            self.mouse = mouse
        }
    }

    /// What the terminal can show, as far as it has told: nobody waits for its answers, of which `.learned` tells.
    public private(set) var capabilities: TerminalCapabilities
    public private(set) var background: Color?
    /// What to tell the user about the terminal: that its type is not known here. Nil for nothing.
    public let remark: String?
    private let palette: Palette
    private var pairs: [UInt64: Int32] = [:]
    private var pairsByIndices: [UInt64: Int32] = [:]
    private var nextPair: Int32 = 1
    private let pairLimit: Int32
    private var shown: Canvas?
    private var row: [evk_cell] = []
    private var pendingEvents: [TerminalEvent] = []
    private var isRestored = false

    /// Takes the terminal.
    ///
    /// - Throws: `TerminalError`, whose description says what to do instead.
    public static func open(_ options: Options = Options()) throws(TerminalError)
        -> NcursesTerminal
    {
        let noColor = options.noColor || !(environment("NO_COLOR") ?? "").isEmpty
        var found = evk_terminal()
        let status = evk_open(
            evk_options(no_color: noColor, mouse: options.mouse, probe: !options.ascii), &found)
        let type = environment("TERM") ?? ""
        switch status {
        case EVK_OK: return NcursesTerminal(found, options)
        case EVK_NOT_A_TERMINAL: throw .notATerminal
        case EVK_TYPE_UNSET: throw .typeUnset
        case EVK_TYPE_UNKNOWN: throw .typeUnknown(type)
        case EVK_TYPE_TOO_POOR: throw .typeTooPoor(type)
        case EVK_ALREADY_OPEN: throw .alreadyOpen
        default: throw .system(String(cString: strerror(errno)))
        }
    }

    private init(_ found: evk_terminal, _ options: Options) {
        let plain = options.ascii || !found.utf8
        capabilities = TerminalCapabilities(
            isUTF8: found.utf8, colors: Int(found.colors), mouse: options.mouse,
            alphabet: plain ? .ascii : .block)
        let drawnAs = withUnsafeBytes(of: found.drawn_as) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let type = NcursesTerminal.environment("TERM") ?? ""
        remark = drawnAs.isEmpty ? nil : "This system has no entry for TERM=\(type); drawing as \(drawnAs)"
        palette = Palette(colors: Int(found.colors))
        // Cells keep 15 bits for the pair.
        pairLimit = min(found.pairs, 32_767)
    }

    deinit {
        if !isRestored { evk_close() }
    }

    /// Columns and rows at present.
    public var size: Size {
        var columns: Int32 = 0
        var rows: Int32 = 0
        evk_size(&columns, &rows)
        return Size(width: Int(columns), height: Int(rows))
    }

    /// Draws what differs from the frame before, in one write; nothing if nothing does.
    public func present(_ frame: Canvas) throws(TerminalError) {
        guard !isRestored else { return }
        let runs = FrameDiff.runs(from: shown, to: frame)
        guard !runs.isEmpty else { return }
        let size = size
        for run in runs where run.y < size.height && run.x < size.width {
            row.removeAll(keepingCapacity: true)
            let end = min(run.x + run.count, size.width)
            var lastStyle: Style?
            var pair: Int32 = 0
            for x in run.x..<end {
                let cell = frame[x, run.y]
                guard !cell.isContinuation else { continue }
                if cell.style != lastStyle {
                    pair = self.pair(for: cell.style)
                    lastStyle = cell.style
                }
                let fits = x + cell.width <= end
                row.append(
                    evk_cell(
                        scalar: fits ? cell.scalar : 32, mark1: fits ? cell.mark1 : 0,
                        mark2: fits ? cell.mark2 : 0, pair: pair,
                        attributes: cell.style.attributes.rawValue,
                        columns: fits ? cell.columns : 1))
            }
            row.withUnsafeBufferPointer { cells in
                evk_draw(Int32(run.y), Int32(run.x), cells.baseAddress, Int32(cells.count))
            }
        }
        shown = frame
        guard evk_flush() else { throw .lost }
    }

    /// Waits for events; see `TerminalDevice`.
    public func nextEvents(timeoutMilliseconds: Int32) -> [TerminalEvent] {
        var events = pendingEvents
        pendingEvents = []
        guard !isRestored else { return [.hangup] }
        var timeout = events.isEmpty ? timeoutMilliseconds : 0
        // A flood of input must not keep the caller from drawing.
        while events.count < 256 {
            var event = evk_event()
            guard evk_next_event(timeout, &event) else { break }
            timeout = 0
            guard let translated = translate(event) else { continue }
            events.append(translated)
            if translated == .hangup { break }
        }
        return events
    }

    /// Gives the terminal back as it was found. Later calls do nothing.
    public func restore() {
        isRestored = true
        evk_close()
    }

    /// Stops the process with the terminal given back, and returns when it is continued.
    public func suspend() {
        guard !isRestored else { return }
        evk_release()
        evk_stop()
        retake()
        pendingEvents.append(.resumed)
    }

    /// Lends the terminal to `body`, as for `ChildProgram.run`.
    public func withTerminalReleased<Result>(_ body: () throws -> Result) rethrows -> Result {
        guard !isRestored else { return try body() }
        evk_release()
        defer { retake() }
        return try body()
    }

    /// Sends text to the terminal's clipboard with OSC 52; see `Clipboard`.
    public func copyToClipboard(_ text: String) throws(TerminalError) -> Int {
        let bytes = try Clipboard.sequence(
            for: text, insideTmux: NcursesTerminal.environment("TMUX") != nil,
            terminalType: NcursesTerminal.environment("TERM") ?? "")
        guard !isRestored, evk_write(bytes, Int64(bytes.count)) else { throw .lost }
        return text.utf8.count
    }

    private func retake() {
        evk_retake()
        shown = nil
    }

    /// The number of the pair of colours, defined on first use.
    private func pair(for style: Style) -> Int32 {
        guard pairLimit > 1 else { return 0 }
        let key = UInt64(style.foregroundPacked) << 32 | UInt64(style.backgroundPacked)
        if key == 0 { return 0 }
        if let pair = pairs[key] { return pair }
        let front = palette.index(of: style.foreground)
        let back = palette.index(of: style.background)
        // Different colours of the theme may be the same on this terminal.
        let indices = UInt64(UInt32(bitPattern: front)) << 32 | UInt64(UInt32(bitPattern: back))
        if let pair = pairsByIndices[indices] {
            pairs[key] = pair
            return pair
        }
        let number = nextPair
        guard number < pairLimit, evk_define_pair(number, front, back) else {
            // With eight colours there are 64 pairs; the background goes first.
            let plain = style.on(.terminalDefault)
            return plain == style ? 0 : pair(for: plain)
        }
        nextPair += 1
        pairsByIndices[indices] = number
        pairs[key] = number
        return number
    }

    private func translate(_ event: evk_event) -> TerminalEvent? {
        switch event.kind {
        case EVK_CHARACTER: return Key(input: event.code).map { .key($0) }
        case EVK_ALT:
            guard let scalar = Unicode.Scalar(UInt32(event.code)) else { return nil }
            if event.code == 127 { return .key(.control("w")) }
            return scalar.value < 32 ? nil : .key(.alt(Character(scalar)))
        case EVK_KEY: return Key(named: evk_key(UInt32(event.code))).map { .key($0) }
        case EVK_FUNCTION: return .key(.function(Int(event.code)))
        case EVK_PASTE:
            var text = String.UnicodeScalarView()
            if let scalars = evk_pasted() {
                for index in 0..<Int(event.code) {
                    if let scalar = Unicode.Scalar(scalars[index]) { text.append(scalar) }
                }
            }
            return .paste(String(text))
        case EVK_MOUSE: return mouse(event)
        case EVK_RESIZE:
            shown = nil
            return .resize(Size(width: Int(event.x), height: Int(event.y)))
        case EVK_FOCUS: return .focus(event.code != 0)
        case EVK_SUSPEND: return .suspendRequested
        case EVK_RESUMED:
            shown = nil
            return .resumed
        case EVK_TERMINATE: return .terminate(signal: event.code)
        case EVK_HANGUP: return .hangup
        case EVK_AMBIGUOUS_WIDE:
            capabilities.alphabet = .ascii
            return .learned
        case EVK_BACKGROUND:
            background = Color(hex: UInt32(clamping: event.code))
            return .learned
        default: return nil
        }
    }

    private func mouse(_ event: evk_event) -> TerminalEvent? {
        let x = Int(event.x)
        let y = Int(event.y)
        guard x >= 0, y >= 0, x < size.width, y < size.height else { return nil }
        // Bits 4, 8 and 16 are shift, alt and control, 32 is movement, 64 the wheel.
        let code = event.code & ~28
        switch code {
        case 64: return .mouse(MouseEvent(x: x, y: y, kind: .wheelUp, button: 0))
        case 65: return .mouse(MouseEvent(x: x, y: y, kind: .wheelDown, button: 0))
        case 0...2:
            return .mouse(
                MouseEvent(
                    x: x, y: y, kind: event.pressed ? .press : .release, button: Int(code) + 1))
        default: return nil
        }
    }

    static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}

extension Key {
    /// The key of a character from the terminal, control characters included.
    init?(input code: Int32) {
        switch code {
        case 0: self = .control(" ")
        case 9: self = .tab
        case 13: self = .enter
        case 27: self = .escape
        case 8, 127: self = .backspace
        case 1...26:
            guard let scalar = Unicode.Scalar(UInt32(code) + 96) else { return nil }
            self = .control(Character(scalar))
        case 28...31:
            guard let scalar = Unicode.Scalar(UInt32(code) + 64) else { return nil }
            self = .control(Character(scalar))
        default:
            guard code >= 32, let scalar = Unicode.Scalar(UInt32(code)),
                !(0x80..<0xA0).contains(scalar.value)
            else { return nil }
            self = .character(Character(scalar))
        }
    }

    /// The key of a code of the C side.
    init?(named key: evk_key) {
        switch key {
        case EVK_UP: self = .up
        case EVK_DOWN: self = .down
        case EVK_LEFT: self = .left
        case EVK_RIGHT: self = .right
        case EVK_HOME: self = .home
        case EVK_END: self = .end
        case EVK_PAGE_UP: self = .pageUp
        case EVK_PAGE_DOWN: self = .pageDown
        case EVK_INSERT: self = .insert
        case EVK_DELETE: self = .delete
        case EVK_BACKSPACE: self = .backspace
        case EVK_ENTER: self = .enter
        case EVK_BACKTAB: self = .backtab
        case EVK_SHIFT_UP: self = .shiftUp
        case EVK_SHIFT_DOWN: self = .shiftDown
        case EVK_SHIFT_LEFT: self = .shiftLeft
        case EVK_SHIFT_RIGHT: self = .shiftRight
        case EVK_CONTROL_UP: self = .controlUp
        case EVK_CONTROL_DOWN: self = .controlDown
        case EVK_CONTROL_LEFT: self = .controlLeft
        case EVK_CONTROL_RIGHT: self = .controlRight
        default: return nil
        }
    }
}
