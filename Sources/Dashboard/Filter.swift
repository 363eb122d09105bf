import ControlPlane
import KubernetesAPI
import SimulationKit

/// What `/` takes: a pattern over the row, `!pattern`, `-l labels` or `app=web`, `-f fuzzy`, and typed terms
/// such as `status:pending node:c3 age<5m`.
struct Filter {
    enum Term {
        case pattern(SearchPattern, negated: Bool)
        case labels(LabelSelector)
        case fuzzy(String)
        /// A column by its title and what it must contain, or be below or above.
        case column(String, Comparison, String)
        enum Comparison: String {
            case contains = ":"
            case below = "<"
            case above = ">"
        }
    }
    private(set) var terms: [Term] = []
    /// A longer filter is something pasted by mistake; reading it at each frame would be felt.
    private static let longest = 1000
    /// Whether it compares numbers, such as ages, which move by themselves.
    var hasBounds: Bool { terms.contains { if case .column(_, .below, _) = $0 { true } else if case .column(_, .above, _) = $0 { true } else { false } } }
    /// Why the text cannot be read; then it filters nothing.
    private(set) var problem: String?

    init(_ text: String) {
        let text = text.trimmingSpaces
        if text.isEmpty { return }
        guard text.utf8.count <= Self.longest else {
            problem = "longer than \(Self.longest) characters"
            return
        }
        if text.hasPrefix("-l ") {
            add(selector: String(text.dropFirst(3)))
            return
        }
        if text.hasPrefix("-f ") {
            terms.append(.fuzzy(text.dropFirst(3).lowercased()))
            return
        }
        var patterns: [String] = []
        for word in text.split(separator: " ") {
            if let mark = word.firstIndex(where: { ":<>".contains($0) }), mark != word.startIndex,
                word[..<mark].allSatisfy({ $0.isLetter }), word.index(after: mark) < word.endIndex
            {
                terms.append(
                    .column(
                        word[..<mark].uppercased(), .init(rawValue: String(word[mark]))!,
                        String(word[word.index(after: mark)...])))
            } else if word.contains("="), !word.hasPrefix("!") {
                add(selector: String(word))
            } else {
                patterns.append(String(word))
            }
        }
        guard !patterns.isEmpty else { return }
        var pattern = patterns.joined(separator: " ")
        let negated = pattern.hasPrefix("!")
        if negated { pattern.removeFirst() }
        do {
            terms.append(.pattern(try SearchPattern(pattern), negated: negated))
        } catch {
            problem = "\"\(pattern)\" is not a regular expression: \(error.text)"
        }
    }

    private mutating func add(selector text: String) {
        if let selector = LabelSelector(text: text) {
            terms.append(.labels(selector))
        } else {
            problem = "\"\(text)\" is not a label selector"
        }
    }

    /// Whether a row passes: `cells` by column title, with the object's labels.
    func passes(cells: some Sequence<(title: String, text: String)>, labels: StringMap<String>) -> Bool {
        for term in terms {
            switch term {
            case .pattern(let pattern, let negated):
                if cells.contains(where: { pattern.isFound(in: $0.text) }) == negated { return false }
            case .labels(let selector):
                if !selector.matches(labels) { return false }
            case .fuzzy(let text):
                if !cells.contains(where: { Self.fuzzy(text, in: $0.text.lowercased()) }) { return false }
            case .column(let title, let comparison, let value):
                guard let cell = cells.first(where: { $0.title.hasPrefix(title) }) else { return false }
                switch comparison {
                case .contains: if !cell.text.lowercased().contains(value.lowercased()) { return false }
                case .below, .above:
                    guard let have = Self.number(cell.text), let bound = Self.number(value) else { return false }
                    if comparison == .below ? have >= bound : have <= bound { return false }
                }
            }
        }
        return true
    }

    /// Those of `columns` that can decide whether a row passes: a name is not looked for among figures.
    func deciding(_ columns: [ObjectColumn]) -> [ObjectColumn] {
        guard terms.count == 1, case .pattern(let pattern, _) = terms[0], let literal = pattern.literal else { return columns }
        return literal.allSatisfy(ObjectColumn.figures.contains) ? columns : columns.filter { !$0.isFigure }
    }

    private static func fuzzy(_ word: String, in text: String) -> Bool {
        var rest = Substring(text)
        for character in word {
            guard let index = rest.firstIndex(of: character) else { return false }
            rest = rest[rest.index(after: index)...]
        }
        return true
    }

    /// The number in a cell: a plain one, a quantity, or an age such as `3m19s`.
    static func number(_ text: String) -> Double? {
        let word = text.split(separator: " ").first.map(String.init) ?? text
        if let age = ageSeconds(word) { return age }
        if let number = Double(word) { return number }
        return Quantity(word).map { Double($0.nano) / 1e9 }
    }
}

/// The seconds in an age such as `11s`, `3m19s`, `5h2m`, `3d4h`, `2y12d`; nil if the text is none.
func ageSeconds(_ text: String) -> Double? {
    var total = 0.0
    var digits = ""
    guard let last = text.last, "smhdy".contains(last) else { return nil }
    for character in text {
        if character.isWholeNumber {
            digits.append(character)
            continue
        }
        guard let value = Double(digits) else { return nil }
        digits = ""
        switch character {
        case "s": total += value
        case "m": total += value * 60
        case "h": total += value * 3600
        case "d": total += value * 86_400
        case "y": total += value * 31_536_000
        default: return nil
        }
    }
    return digits.isEmpty ? total : nil
}

extension String {
    var trimmingSpaces: String {
        var view = self[...]
        while view.first?.isWhitespace == true { view = view.dropFirst() }
        while view.last?.isWhitespace == true { view = view.dropLast() }
        return String(view)
    }
}
