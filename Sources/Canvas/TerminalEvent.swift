/// What came from the terminal.
public enum TerminalEvent: Equatable, Sendable {
    /// A key was pressed.
    case key(Key)
    /// Text was pasted; line ends are `\n`. Never to be run as keys.
    case paste(String)
    /// A button or the wheel.
    case mouse(MouseEvent)
    /// The screen has a new size; everything must be drawn again.
    case resize(Size)
    /// The window got (`true`) or lost the focus.
    case focus(Bool)
    /// SIGTSTP came from outside: save what must be saved, then call `suspend()`.
    case suspendRequested
    /// The process runs again after `suspend()`.
    case resumed
    /// A signal asks the process to end; exit with 128 + `signal`.
    case terminate(signal: Int32)
    /// The terminal has told what it is: its capabilities and its background are to be looked at again.
    case learned
    /// The terminal is gone: end without drawing.
    case hangup
}

/// A press, release or turn of the wheel at a cell.
public struct MouseEvent: Hashable, Sendable {
    /// What happened.
    public enum Kind: Hashable, Sendable {
        /// A button went down.
        case press
        /// A button went up.
        case release
        /// One notch away from the user.
        case wheelUp
        /// One notch towards the user.
        case wheelDown
    }

    /// Column, from 0.
    public var x: Int
    /// Row, from 0.
    public var y: Int
    /// What happened.
    public var kind: Kind
    /// 1 left, 2 middle, 3 right; 0 for the wheel.
    public var button: Int

    /// An event at column `x` of row `y`.
    public init(x: Int, y: Int, kind: Kind, button: Int = 1) {
        self.x = x
        self.y = y
        self.kind = kind
        self.button = button
    }

    /// Where it happened.
    public var point: Point { Point(x: x, y: y) }
}
