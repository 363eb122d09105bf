/// A line of text that is being edited. Counts in characters, draws in columns.
public struct TextField: Equatable, Sendable {
    private var characters: [Character]
    /// Characters before the cursor, from 0 to the length.
    public private(set) var cursor: Int
    /// Whether all of the text is selected: what is typed or pasted next replaces it, any other key edits it.
    public private(set) var isSelected = false

    /// A field with `text` in it and the cursor at its end.
    public init(_ text: String = "", selected: Bool = false) {
        characters = Array(TextField.oneLine(text))
        cursor = characters.count
        isSelected = selected && !characters.isEmpty
    }

    /// A field for what is likely to be changed as a whole: a number is selected, other text is edited.
    public init(prefilled text: String) {
        self.init(text, selected: text.first.map { $0.isNumber || $0 == "-" } ?? false)
    }

    /// What is in the field. Setting it puts the cursor at the end.
    public var text: String {
        get { String(characters) }
        set { self = TextField(newValue) }
    }

    /// Whether there is nothing in the field.
    public var isEmpty: Bool { characters.isEmpty }

    /// Changes the field as a key asks for.
    ///
    /// Characters are inserted; arrows, home, end, backspace and delete do what they say; as in a
    /// shell ctrl-a and ctrl-e go to the ends, ctrl-w deletes a word to the left, ctrl-u all
    /// before and ctrl-k all after the cursor, alt-b and alt-f (or ctrl and an arrow) go by words,
    /// alt-d deletes a word to the right.
    ///
    /// - Returns: false if the key means nothing to a field, so that others may use it.
    @discardableResult
    public mutating func handle(_ key: Key) -> Bool {
        if case .character(let character) = key {
            insert(String(character))
            return true
        }
        defer { isSelected = false }
        switch key {
        case .left, .control("b"): cursor = max(0, cursor - 1)
        case .right, .control("f"): cursor = min(characters.count, cursor + 1)
        case .home, .control("a"): cursor = 0
        case .end, .control("e"): cursor = characters.count
        case .controlLeft, .alt("b"): cursor = wordStart
        case .controlRight, .alt("f"): cursor = wordEnd
        case .backspace, .control("h"): remove(max(0, cursor - 1)..<cursor)
        case .delete, .control("d"): remove(cursor..<min(characters.count, cursor + 1))
        case .control("w"): remove(wordStart..<cursor)
        case .alt("d"): remove(cursor..<wordEnd)
        case .control("u"): remove(0..<cursor)
        case .control("k"): remove(cursor..<characters.count)
        default: return false
        }
        return true
    }

    /// Inserts text at the cursor, as for a paste; line ends and tabs become spaces.
    ///
    /// What goes beyond ``limit`` is left out.
    ///
    /// - Complexity: O(length of `text`), and what moving the rest of the line costs.
    public mutating func insert(_ text: String) {
        let line = TextField.oneLine(text)
        if isSelected, !line.isEmpty { self = TextField() }
        let new = line.prefix(max(0, TextField.limit - characters.count))
        if new.isEmpty { return }
        // A combining mark typed after its letter joins it: characters may change where the texts meet, nowhere else.
        let seam = max(0, cursor - 1)..<min(characters.count, cursor + 1)
        let behind = characters.count - cursor
        let joined = String(characters[seam.lowerBound..<cursor]) + new + String(characters[cursor..<seam.upperBound])
        characters.replaceSubrange(seam, with: Array(joined))
        cursor = max(0, characters.count - behind)
    }

    /// The most characters in a field.
    public static let limit = 1 << 16

    /// Draws the field into `width` columns from `point`, scrolled so that the cursor is seen.
    ///
    /// - Parameters:
    ///   - focused: whether the cursor is shown, as a cell in reverse.
    ///   - suggestion: what completing would add, shown faintly behind the text.
    public func draw(
        on canvas: inout Canvas, at point: Point, width: Int, style: Style, focused: Bool,
        suggestion: String = "", suggestionStyle: Style? = nil
    ) {
        guard width > 0 else { return }
        // Only what is seen is measured: a line may be as long as something pasted.
        var first = cursor
        var before = 0
        while first > 0 {
            let columns = TextWidth.columns(characters[first - 1])
            if before + columns > width - 1 { break }
            before += columns
            first -= 1
        }
        var last = cursor
        var shown = before
        while last < characters.count, shown < width {
            shown += TextWidth.columns(characters[last])
            last += 1
        }
        let area = Rect(x: point.x, y: point.y, width: width, height: 1)
        canvas.withClip(area) { canvas in
            canvas.fill(area, style: style)
            var used = canvas.write(
                String(characters[first..<last]), at: point, style: style, maxWidth: width)
            if cursor == characters.count, !suggestion.isEmpty {
                used += canvas.write(
                    suggestion, at: point.offset(x: used), style: suggestionStyle ?? style)
            }
            if focused, isSelected {
                canvas.restyle(Rect(x: point.x, y: point.y, width: used, height: 1)) { $0.with(.reverse) }
            }
            if focused {
                let cell = canvas[point.x + before, point.y]
                canvas.restyle(
                    Rect(x: point.x + before, y: point.y, width: max(1, cell.width), height: 1)
                ) { $0.with(.reverse) }
            }
        }
    }

    private mutating func remove(_ range: Range<Int>) {
        characters.removeSubrange(range)
        cursor = range.lowerBound
    }

    private var wordStart: Int {
        var index = cursor
        while index > 0, !TextField.isWord(characters[index - 1]) { index -= 1 }
        while index > 0, TextField.isWord(characters[index - 1]) { index -= 1 }
        return index
    }

    private var wordEnd: Int {
        var index = cursor
        while index < characters.count, !TextField.isWord(characters[index]) { index += 1 }
        while index < characters.count, TextField.isWord(characters[index]) { index += 1 }
        return index
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber
    }

    private static func oneLine(_ text: String) -> String {
        String(
            text.map { character in
                character.isNewline || character == "\t" ? " " : character
            }.filter { character in
                character.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
            })
    }
}
