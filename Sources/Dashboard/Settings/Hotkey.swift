import Canvas

/// A key that runs a line of the `:` prompt: k9s' hot key.
public struct Hotkey: Sendable, Equatable {
    public var key: Key
    /// As it is typed after `:`.
    public var command: String
    public var description: String
    /// Whether it wins over a key that has a meaning already.
    public var overrides: Bool

    /// A key by the name that k9s gives it: `Shift-0`, `Ctrl-U`, `F5`, `a`; nil if there is none.
    ///
    /// `Shift-0` is what a US keyboard sends for it, as in k9s: `)`.
    static func key(_ name: String) -> Key? {
        let lower = name.lowercased()
        if lower.hasPrefix("shift-"), let digit = lower.last?.wholeNumberValue, lower.count == 7 {
            return .character(Array(")!@#$%^&*(")[digit])
        }
        // A letter alone means the letter, whatever its case; Shift-A is the capital.
        if name.count == 1, name.first!.isLetter { return .character(Character(lower)) }
        return Key.named(name)
    }
}
