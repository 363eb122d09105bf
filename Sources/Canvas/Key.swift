/// A key as the terminal tells it: what was typed, not which cap was pressed.
///
/// `A` is `.character("A")`; there is no shift for characters. Some keys cannot be told apart by a
/// terminal: ctrl-i is `.tab`, ctrl-m is `.enter`, ctrl-[ is `.escape`; ctrl-h may be `.backspace`.
public enum Key: Hashable, Sendable {
    /// A character that was typed, with shift or without.
    case character(Character)
    /// Return.
    case enter
    /// Tab.
    case tab
    /// Shift and tab.
    case backtab
    /// Escape alone.
    case escape
    /// Deletes to the left.
    case backspace
    /// Deletes to the right.
    case delete
    /// Insert.
    case insert
    /// Arrow up.
    case up
    /// Arrow down.
    case down
    /// Arrow left.
    case left
    /// Arrow right.
    case right
    /// To the beginning.
    case home
    /// To the end.
    case end
    /// A page up.
    case pageUp
    /// A page down.
    case pageDown
    /// Shift and arrow left.
    case shiftLeft
    /// Shift and arrow right.
    case shiftRight
    /// Shift and arrow up.
    case shiftUp
    /// Shift and arrow down.
    case shiftDown
    /// Control and an arrow left.
    case controlLeft
    /// Control and an arrow right.
    case controlRight
    /// Control and an arrow up.
    case controlUp
    /// Control and an arrow down.
    case controlDown
    /// Control and a lower-case letter, a space, or one of `\ ] ^ _`.
    case control(Character)
    /// F1 to F24.
    case function(Int)
    /// Alt (escape within 25 ms) and a character.
    case alt(Character)
}
