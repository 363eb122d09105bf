// What stands in `$((…))`: whole numbers, names, and what is done with them.

/// The arithmetic of a shell, in 64 bits.
struct ShellArithmetic {
    private var signs: ArraySlice<Character>
    private let names: (String) -> Int
    private var depth = 0

    /// Nil if it cannot be read, or divides by zero.
    static func value(_ text: String, _ names: @escaping (String) -> Int) -> Int? {
        var reader = ShellArithmetic(signs: Array(text)[...], names: names)
        let value = reader.level(0)
        reader.skip()
        return reader.signs.isEmpty ? value : nil
    }
    private init(signs: ArraySlice<Character>, names: @escaping (String) -> Int) { (self.signs, self.names) = (signs, names) }

    /// By how tightly they bind, the loosest first; the longer of two that begin alike stand first.
    private static let operators = [["||"], ["&&"], ["==", "!="], ["<=", ">=", "<", ">"], ["+", "-"], ["*", "/", "%"]]

    private mutating func skip() { signs = signs.drop { $0.isWhitespace } }
    private mutating func take(_ text: String) -> Bool {
        skip()
        guard signs.starts(with: text) else { return false }
        signs.removeFirst(text.count)
        return true
    }

    private mutating func level(_ level: Int) -> Int? {
        guard level < Self.operators.count else { return unary() }
        guard var left = self.level(level + 1) else { return nil }
        while let sign = Self.operators[level].first(where: { take($0) }) {
            guard let right = self.level(level + 1), let value = Self.apply(sign, left, right) else { return nil }
            left = value
        }
        return left
    }
    private static func apply(_ sign: String, _ a: Int, _ b: Int) -> Int? {
        switch sign {
        case "||": return a != 0 || b != 0 ? 1 : 0
        case "&&": return a != 0 && b != 0 ? 1 : 0
        case "==": return a == b ? 1 : 0
        case "!=": return a != b ? 1 : 0
        case "<=": return a <= b ? 1 : 0
        case ">=": return a >= b ? 1 : 0
        case "<": return a < b ? 1 : 0
        case ">": return a > b ? 1 : 0
        case "+": return a &+ b
        case "-": return a &- b
        case "*": return a &* b
        default:
            if b == 0 || a == .min && b == -1 { return nil }
            return sign == "/" ? a / b : a % b
        }
    }
    private mutating func unary() -> Int? {
        depth += 1
        defer { depth -= 1 }
        if depth > 100 { return nil }
        if take("-") { return unary().map { 0 &- $0 } }
        if take("+") { return unary() }
        if take("!") { return unary().map { $0 == 0 ? 1 : 0 } }
        if take("(") {
            guard let value = level(0), take(")") else { return nil }
            return value
        }
        if take("$") {}
        skip()
        let word = String(signs.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
        signs.removeFirst(word.count)
        guard let first = word.first else { return nil }
        return first.isNumber ? Int(word) : names(word)
    }
}
