public import Canvas

/// Where frames go and keys come from: a real terminal, or a script in tests.
///
/// Used from one thread. Between `nextEvents` and `present` the caller does its work; a device
/// never calls back.
public protocol TerminalDevice {
    /// Columns and rows at present.
    var size: Size { get }

    /// What the device can show; the dashboard chooses theme and glyphs by it.
    var capabilities: TerminalCapabilities { get }

    /// The background, if the terminal told; tells dark from light.
    var background: Color? { get }

    /// Shows a frame. Costs nothing and writes nothing when it equals the one before.
    ///
    /// - Throws: `TerminalError.lost` when the terminal is gone.
    mutating func present(_ frame: Canvas) throws(TerminalError)

    /// Waits for events and returns those that are there, in the order they came.
    ///
    /// - Parameter timeoutMilliseconds: −1 waits for ever, 0 only looks. A signal ends the wait.
    /// - Returns: empty when the time is over.
    mutating func nextEvents(timeoutMilliseconds: Int32) -> [TerminalEvent]

    /// Gives the terminal back as it was found. Later calls, also of `present`, do nothing.
    mutating func restore()

    /// Gives the terminal back, stops the process (SIGTSTP) and returns when it is continued; the
    /// next frame is drawn in full, and `.resumed` comes with the next events.
    mutating func suspend()

    /// Gives the terminal back while `body` runs, for editors and pagers, and takes it again.
    mutating func withTerminalReleased<Result>(_ body: () throws -> Result) rethrows -> Result

    /// Sends text to the terminal's clipboard (OSC 52). There is never an answer, so this cannot
    /// know whether the terminal took it.
    ///
    /// - Returns: the bytes of text sent.
    /// - Throws: `TerminalError.clipboard` with the reason if nothing was sent.
    mutating func copyToClipboard(_ text: String) throws(TerminalError) -> Int
}

extension TerminalDevice {
    public var background: Color? { nil }
}

/// What a terminal can show.
public struct TerminalCapabilities: Equatable, Sendable {
    /// Whether characters outside ASCII are possible.
    public var isUTF8: Bool
    /// Colours: 0, 8, 16, 88, 256 or 16,777,216.
    public var colors: Int
    /// Whether mouse reports are on.
    public var mouse: Bool
    /// The alphabet to draw with unless the user chose one.
    public var alphabet: GlyphSet.Alphabet

    /// A terminal with these abilities.
    public init(
        isUTF8: Bool = true, colors: Int = 16_777_216, mouse: Bool = true,
        alphabet: GlyphSet.Alphabet = .block
    ) {
        self.isUTF8 = isUTF8
        self.colors = colors
        self.mouse = mouse
        self.alphabet = alphabet
    }

    /// The glyphs to draw with unless the user chose others.
    public var glyphs: GlyphSet { .named(alphabet) }
}

/// Why there is no terminal to draw on.
public enum TerminalError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Standard input or output is a file or a pipe.
    case notATerminal
    /// `TERM` is not set.
    case typeUnset
    /// The terminal database has no entry for this `TERM`.
    case typeUnknown(String)
    /// The terminal cannot move its cursor, as `dumb`.
    case typeTooPoor(String)
    /// There is one already in this process.
    case alreadyOpen
    /// The terminal is gone.
    case lost
    /// The operating system refused; what was asked and what it said.
    case system(String)
    /// Nothing was put on the clipboard; why.
    case clipboard(String)

    /// What happened and what to do, in sentences.
    public var description: String {
        let instead =
            "Use `evenkeel run` for a run without a screen, "
            + "or `evenkeel screen` to print one."
        switch self {
        case .notATerminal:
            return "The dashboard needs a terminal for input and output. \(instead)"
        case .typeUnset:
            return "TERM is not set, so the dashboard cannot know the terminal. "
                + "Try TERM=xterm-256color. \(instead)"
        case .typeUnknown(let name):
            return "This system knows neither the terminal type TERM=\(name) nor the usual ones: "
                + "its terminfo database is missing. \(instead)"
        case .typeTooPoor(let name):
            return "A terminal of type TERM=\(name) cannot place its cursor. \(instead)"
        case .alreadyOpen:
            return "The terminal is already in use by this process."
        case .lost:
            return "The terminal is gone."
        case .system(let what):
            return "The terminal could not be set up: \(what). \(instead)"
        case .clipboard(let why):
            return why
        }
    }
}
