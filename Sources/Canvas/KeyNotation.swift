/// Why a text does not name keys, and where.
public struct KeyNotationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The whole text.
    public let text: String
    /// Characters before the mistake, 0 or more.
    public let position: Int
    /// What is wrong and what to do, as a sentence without the place.
    public let reason: String

    /// The reason with the place, counted from 1.
    public var description: String {
        "\(reason) (at character \(position + 1) of \"\(text)\")"
    }
}

extension Key {
    /// The keys named in `text`, in vim's notation: `":po<Enter>"`, `"<ctrl-d>jj<Esc>"`.
    ///
    /// A character stands for itself. A name in angle brackets is a key, capitals or not:
    /// `<Enter>` `<CR>` `<Esc>` `<Tab>` `<S-Tab>` `<Space>` `<BS>` `<Del>` `<Ins>` `<Up>` `<Home>`
    /// `<End>` `<PgUp>` `<PgDn>` `<F1>` `<lt>` `<gt>` `<Bar>`, with `C-`, `ctrl-`, `S-`, `shift-`,
    /// `A-`, `M-` or `alt-` before it. `<` alone must be written `<lt>`.
    ///
    /// - Throws: the first mistake with its place.
    public static func parse(_ text: String) throws(KeyNotationError) -> [Key] {
        let characters = Array(text)
        var keys: [Key] = []
        var index = 0
        while index < characters.count {
            let character = characters[index]
            guard character == "<" else {
                keys.append(plain(character))
                index += 1
                continue
            }
            // "<C->>" and "<alt->>" name the key ">".
            var end = index + 1
            while end < characters.count, characters[end] != ">" { end += 1 }
            if end + 1 < characters.count, characters[end - 1] == "-", characters[end + 1] == ">" {
                end += 1
            }
            guard end < characters.count else {
                throw KeyNotationError(
                    text: text, position: index,
                    reason: "\"<\" begins a key name that does not end in \">\"; "
                        + "write <lt> for the character")
            }
            let name = String(characters[(index + 1)..<end])
            guard let key = named(name) else {
                throw KeyNotationError(
                    text: text, position: index,
                    reason: "<\(name)> is not a key; try <Enter>, <Esc>, <ctrl-d>, <F1> or <lt>")
            }
            keys.append(key)
            index = end + 1
        }
        return keys
    }

    /// The key with a name as in `parse`, without the brackets; nil if there is none.
    public static func named(_ name: String) -> Key? {
        var rest = Substring(name)
        var control = false
        var shift = false
        var alt = false
        while let dash = rest.dropFirst().firstIndex(of: "-"),
            dash < rest.index(before: rest.endIndex)
        {
            switch rest[..<dash].lowercased() {
            case "c", "ctrl", "control": control = true
            case "s", "shift": shift = true
            case "a", "m", "alt", "meta": alt = true
            default: return nil
            }
            rest = rest[rest.index(after: dash)...]
        }
        guard let key = names[rest.lowercased()] ?? single(rest) else { return nil }
        return modified(key, control: control, shift: shift, alt: alt)
    }

    private static func single(_ text: Substring) -> Key? {
        if text.count == 1, let character = text.first { return .character(character) }
        if text.first == "F" || text.first == "f", let number = Int(text.dropFirst()),
            (1...24).contains(number)
        {
            return .function(number)
        }
        return nil
    }

    private static func plain(_ character: Character) -> Key {
        switch character {
        case "\n", "\r", "\r\n": .enter
        case "\t": .tab
        case "\u{1B}": .escape
        default: .character(character)
        }
    }

    private static func modified(_ key: Key, control: Bool, shift: Bool, alt: Bool) -> Key? {
        switch (control, shift, alt) {
        case (false, false, false):
            return key
        case (true, false, false):
            switch key {
            case .left: return .controlLeft
            case .right: return .controlRight
            case .up: return .controlUp
            case .down: return .controlDown
            case .character(let character):
                return controlled(character)
            default: return nil
            }
        case (false, true, false):
            switch key {
            case .left: return .shiftLeft
            case .right: return .shiftRight
            case .up: return .shiftUp
            case .down: return .shiftDown
            case .tab: return .backtab
            case .character(let character) where character.isLetter:
                return .character(Character(character.uppercased()))
            default: return nil
            }
        case (false, false, true):
            if case .character(let character) = key { return .alt(character) }
            return nil
        case (false, true, true):
            if case .character(let character) = key, character.isLetter {
                return .alt(Character(character.uppercased()))
            }
            return nil
        default:
            return nil
        }
    }

    /// Terminals send the same byte for ctrl-i and Tab, ctrl-m and Enter, ctrl-[ and Escape.
    private static func controlled(_ character: Character) -> Key? {
        let lower = Character(character.lowercased())
        switch lower {
        case "i": return .tab
        case "m": return .enter
        case "[": return .escape
        case "a"..."z" where lower.isASCII: return .control(lower)
        case " ", "\\", "]", "^", "_": return .control(lower)
        case "@": return .control(" ")
        case "/": return .control("_")
        default: return nil
        }
    }

    private static let names: [String: Key] = [
        "enter": .enter, "cr": .enter, "return": .enter, "esc": .escape, "escape": .escape,
        "tab": .tab, "backtab": .backtab, "space": .character(" "), "bs": .backspace,
        "backspace": .backspace, "del": .delete, "delete": .delete, "ins": .insert,
        "insert": .insert, "up": .up, "down": .down, "left": .left, "right": .right,
        "home": .home, "end": .end, "pgup": .pageUp, "pageup": .pageUp, "page-up": .pageUp,
        "pgdn": .pageDown, "pgdown": .pageDown, "pagedown": .pageDown, "page-down": .pageDown,
        "lt": .character("<"), "gt": .character(">"), "bar": .character("|"),
        "bslash": .character("\\"), "minus": .character("-"),
    ]

    /// Keys as text that `parse` reads back.
    public static func notation(_ keys: [Key]) -> String {
        keys.map { key in
            if case .character(let character) = key, character != " " {
                return character == "<" ? "<lt>" : String(character)
            }
            return "<\(key)>"
        }.joined()
    }
}

extension Key: CustomStringConvertible {
    /// The name as k9s prints it: `ctrl-d`, `enter`, `shift-left`, `f1`; a character is itself.
    public var description: String {
        switch self {
        case .character(" "): "space"
        case .character(let character): String(character)
        case .enter: "enter"
        case .tab: "tab"
        case .backtab: "shift-tab"
        case .escape: "esc"
        case .backspace: "backspace"
        case .delete: "del"
        case .insert: "ins"
        case .up: "up"
        case .down: "down"
        case .left: "left"
        case .right: "right"
        case .home: "home"
        case .end: "end"
        case .pageUp: "pgup"
        case .pageDown: "pgdn"
        case .shiftLeft: "shift-left"
        case .shiftRight: "shift-right"
        case .shiftUp: "shift-up"
        case .shiftDown: "shift-down"
        case .controlLeft: "ctrl-left"
        case .controlRight: "ctrl-right"
        case .controlUp: "ctrl-up"
        case .controlDown: "ctrl-down"
        case .control(" "): "ctrl-space"
        case .control(let character): "ctrl-\(character)"
        case .function(let number): "f\(number)"
        case .alt(" "): "alt-space"
        case .alt(let character): "alt-\(character)"
        }
    }
}
