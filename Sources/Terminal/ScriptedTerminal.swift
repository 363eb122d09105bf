public import Canvas

/// A terminal for tests: events go in, frames come out.
///
/// ```swift
/// var terminal = ScriptedTerminal(size: Size(width: 80, height: 24), keys: ":po<Enter>q")
/// run(on: &terminal)
/// #expect(terminal.picture == …)
/// ```
public struct ScriptedTerminal: TerminalDevice {
    /// Columns and rows; changed by `.resize` events as they are taken.
    public private(set) var size: Size
    /// What it pretends to be able to show.
    public var capabilities: TerminalCapabilities
    /// Frames that were shown, without repetitions.
    public private(set) var frames: [Canvas] = []
    /// Events not taken yet.
    public var events: [TerminalEvent]
    /// What was copied.
    public private(set) var clipboard: [String] = []
    /// How often it was suspended.
    public private(set) var suspensions = 0
    /// How often it was lent to another program.
    public private(set) var releases = 0
    /// Whether it was given back.
    public private(set) var isRestored = false
    /// How long each call of `nextEvents` would have waited, in milliseconds.
    public private(set) var waits: [Int32] = []
    /// Events handed out by one call of `nextEvents`, 1 or more.
    public var batch = 1

    /// A terminal that will deliver `events`, and a hang-up after the last.
    public init(
        size: Size, events: [TerminalEvent] = [],
        capabilities: TerminalCapabilities = TerminalCapabilities()
    ) {
        self.size = size
        self.events = events
        self.capabilities = capabilities
    }

    /// A terminal that will deliver the keys of a text as `Key.parse` reads it.
    ///
    /// - Throws: `KeyNotationError` if the text names no keys.
    public init(
        size: Size, keys: String, capabilities: TerminalCapabilities = TerminalCapabilities()
    ) throws(KeyNotationError) {
        let keys = try Key.parse(keys)
        self.init(size: size, events: keys.map { .key($0) }, capabilities: capabilities)
    }

    /// The last frame as text; empty before the first.
    public var picture: String { frames.last?.picture() ?? "" }

    /// Keeps the frame if it differs from the last.
    public mutating func present(_ frame: Canvas) throws(TerminalError) {
        if !isRestored, frames.last != frame { frames.append(frame) }
    }

    /// The next events of the script; `.hangup` when there are none and the wait would be endless.
    public mutating func nextEvents(timeoutMilliseconds: Int32) -> [TerminalEvent] {
        waits.append(timeoutMilliseconds)
        if events.isEmpty { return timeoutMilliseconds < 0 ? [.hangup] : [] }
        let taken = Array(events.prefix(max(1, batch)))
        events.removeFirst(taken.count)
        for case .resize(let newSize) in taken { size = newSize }
        return taken
    }

    /// Notes that the terminal was given back.
    public mutating func restore() { isRestored = true }

    /// Counts, and puts `.resumed` before the next events.
    public mutating func suspend() {
        suspensions += 1
        events.insert(.resumed, at: 0)
    }

    /// Counts and runs `body`.
    public mutating func withTerminalReleased<Result>(
        _ body: () throws -> Result
    ) rethrows -> Result {
        releases += 1
        return try body()
    }

    /// Keeps the text.
    public mutating func copyToClipboard(_ text: String) throws(TerminalError) -> Int {
        clipboard.append(text)
        return text.utf8.count
    }
}
