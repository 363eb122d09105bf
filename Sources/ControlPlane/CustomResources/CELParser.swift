// Rules of custom resources in the Common Expression Language, read.

import KubernetesAPI

/// Why an expression has no value.
struct CELProblem: Error {
    var text: String
    /// It is not the expression's fault: something in it is not known here.
    var isUnknown = false
}

/// One expression.
///
/// - Source: the language's specification, <https://github.com/google/cel-spec/blob/master/doc/langdef.md>
indirect enum CELExpression: Sendable {
    case literal(CELValue)
    case name(String)
    /// A field; with `isTest` whether it is there.
    case field(CELExpression, String, isTest: Bool)
    case index(CELExpression, CELExpression)
    case call(String, on: CELExpression?, [CELExpression])
    /// `all`, `exists` and their like: over what, the names, the expressions.
    case each(String, CELExpression, [String], [CELExpression])
    case list([CELExpression])
    case map([(key: CELExpression, value: CELExpression)])
    case not(CELExpression)
    case negative(CELExpression)
    case binary(String, CELExpression, CELExpression)
    case choice(CELExpression, CELExpression, CELExpression)

    /// Whether a variable is named in it.
    func names(_ variable: String) -> Bool {
        switch self {
        case .literal: false
        case .name(let name): name == variable
        case .field(let inner, _, _), .not(let inner), .negative(let inner): inner.names(variable)
        case .index(let a, let b), .binary(_, let a, let b): a.names(variable) || b.names(variable)
        case .call(_, let target, let arguments): target?.names(variable) == true || arguments.contains { $0.names(variable) }
        case .each(_, let range, _, let inner): range.names(variable) || inner.contains { $0.names(variable) }
        case .list(let elements): elements.contains { $0.names(variable) }
        case .map(let entries): entries.contains { $0.key.names(variable) || $0.value.names(variable) }
        case .choice(let a, let b, let c): a.names(variable) || b.names(variable) || c.names(variable)
        }
    }

    /// - Throws: for a text that is no expression, or one that is nested too deeply.
    init(_ text: String) throws(CELProblem) {
        var parser = CELParser(try CELToken.list(text))
        self = try parser.expression()
        if parser.next != .end { throw CELProblem(text: "Syntax error: extraneous input") }
    }
}

/// A word of an expression.
enum CELToken: Equatable {
    case name(String)
    case int(Int64)
    case double(Double)
    case string(String)
    case sign(String)
    case end

    private static let pairs = ["&&", "||", "==", "!=", "<=", ">="]

    static func list(_ text: String) throws(CELProblem) -> [CELToken] {
        let letters = Array(text)
        var (tokens, at): ([CELToken], Int) = ([], 0)
        while at < letters.count {
            let letter = letters[at]
            if letter.isWhitespace {
                at += 1
            } else if letter == "/", at + 1 < letters.count, letters[at + 1] == "/" {
                while at < letters.count, !letters[at].isNewline { at += 1 }
            } else if letter == "\"" || letter == "'" {
                tokens.append(.string(try string(letters, &at, isRaw: false)))
            } else if "rR".contains(letter), at + 1 < letters.count, "\"'".contains(letters[at + 1]) {
                at += 1
                tokens.append(.string(try string(letters, &at, isRaw: true)))
            } else if letter.isASCII, letter.isLetter || letter == "_" {
                let start = at
                while at < letters.count, letters[at].isASCII, letters[at].isLetter || letters[at].isNumber || letters[at] == "_" { at += 1 }
                tokens.append(.name(String(letters[start..<at])))
            } else if letter.isASCII, letter.isNumber {
                tokens.append(try number(letters, &at))
            } else if at + 1 < letters.count, pairs.contains(String(letters[at...at + 1])) {
                tokens.append(.sign(String(letters[at...at + 1])))
                at += 2
            } else {
                tokens.append(.sign(String(letter)))
                at += 1
            }
        }
        return tokens + [.end]
    }

    private static func number(_ letters: [Character], _ at: inout Int) throws(CELProblem) -> CELToken {
        let start = at
        if letters[at] == "0", at + 1 < letters.count, "xX".contains(letters[at + 1]) {
            at += 2
            while at < letters.count, letters[at].isHexDigit { at += 1 }
            guard let value = Int64(String(letters[(start + 2)..<at]), radix: 16) else { throw CELProblem(text: "Syntax error: bad number") }
            return .int(value)
        }
        while at < letters.count, letters[at].isNumber || ".eE".contains(letters[at]) || "+-".contains(letters[at]) && "eE".contains(letters[at - 1]) {
            // A point may be that of a call: `1.0` but not `1.foo()`.
            if letters[at] == ".", at + 1 >= letters.count || !letters[at + 1].isNumber { break }
            at += 1
        }
        let text = String(letters[start..<at])
        if at < letters.count, "uU".contains(letters[at]) { at += 1 }
        if let value = Int64(text) { return .int(value) }
        guard let value = Double(text) else { throw CELProblem(text: "Syntax error: bad number") }
        return .double(value)
    }

    private static func string(_ letters: [Character], _ at: inout Int, isRaw: Bool) throws(CELProblem) -> String {
        let quote = letters[at]
        let isLong = at + 2 < letters.count && letters[at + 1] == quote && letters[at + 2] == quote
        at += isLong ? 3 : 1
        var text = ""
        while at < letters.count {
            let letter = letters[at]
            if letter == quote, !isLong || at + 2 < letters.count && letters[at + 1] == quote && letters[at + 2] == quote {
                at += isLong ? 3 : 1
                return text
            }
            at += 1
            guard letter == "\\", !isRaw, at < letters.count else {
                text.append(letter)
                continue
            }
            let escapes: [Character: Character] = ["n": "\n", "t": "\t", "r": "\r", "\\": "\\", "\"": "\"", "'": "'", "`": "`", "?": "?"]
            if let escaped = escapes[letters[at]] {
                text.append(escaped)
                at += 1
            } else if let digits = ["x": 2, "u": 4, "U": 8][letters[at]], at + digits < letters.count,
                let value = UInt32(String(letters[(at + 1)...(at + digits)]), radix: 16), let scalar = Unicode.Scalar(value)
            {
                text.unicodeScalars.append(scalar)
                at += digits + 1
            } else {
                throw CELProblem(text: "Syntax error: bad escape")
            }
        }
        throw CELProblem(text: "Syntax error: string without end")
    }
}

/// Makes an expression of words.
private struct CELParser {
    private let tokens: [CELToken]
    private var at = 0
    private var depth = 0
    private static let deepest = 100

    init(_ tokens: [CELToken]) { self.tokens = tokens }

    var next: CELToken { tokens[at] }
    private mutating func take(_ sign: String) -> Bool {
        guard next == .sign(sign) else { return false }
        at += 1
        return true
    }
    private mutating func expect(_ sign: String) throws(CELProblem) {
        if !take(sign) { throw CELProblem(text: "Syntax error: expected '\(sign)'") }
    }

    mutating func expression() throws(CELProblem) -> CELExpression {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.deepest { throw CELProblem(text: "expression recursion limit exceeded") }
        let condition = try binary(0)
        guard take("?") else { return condition }
        let then = try binary(0)
        try expect(":")
        return .choice(condition, then, try expression())
    }

    /// From what binds least to what binds most.
    private static let levels = [["||"], ["&&"], ["==", "!=", "<", "<=", ">", ">=", "in"], ["+", "-"], ["*", "/", "%"]]

    private mutating func binary(_ level: Int) throws(CELProblem) -> CELExpression {
        guard level < Self.levels.count else { return try unary() }
        var left = try binary(level + 1)
        while let sign = sign(in: Self.levels[level]) {
            at += 1
            left = .binary(sign, left, try binary(level + 1))
        }
        return left
    }
    private func sign(in known: [String]) -> String? {
        switch next {
        case .sign(let sign) where known.contains(sign): sign
        case .name("in") where known.contains("in"): "in"
        default: nil
        }
    }

    private mutating func unary() throws(CELProblem) -> CELExpression {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.deepest { throw CELProblem(text: "expression recursion limit exceeded") }
        if take("!") { return .not(try unary()) }
        if take("-") { return .negative(try unary()) }
        return try member(of: try primary())
    }

    private mutating func member(of first: CELExpression) throws(CELProblem) -> CELExpression {
        var result = first
        while true {
            if take("[") {
                if take("?") { throw CELProblem(text: "optional indexes", isUnknown: true) }
                result = .index(result, try expression())
                try expect("]")
            } else if take(".") {
                if take("?") { throw CELProblem(text: "optional fields", isUnknown: true) }
                guard case .name(let name) = next else { throw CELProblem(text: "Syntax error: expected a name") }
                at += 1
                result = take("(") ? try call(name, on: result) : .field(result, name, isTest: false)
            } else {
                return result
            }
        }
    }

    private static let macros = ["all": 2, "exists": 2, "exists_one": 2, "existsOne": 2, "filter": 2, "map": 2]

    /// A call whose opening bracket is read.
    private mutating func call(_ name: String, on target: CELExpression?) throws(CELProblem) -> CELExpression {
        let arguments = try elements(until: ")")
        if target == nil, name == "has" {
            guard arguments.count == 1, case .field(let inner, let field, _) = arguments[0] else { throw CELProblem(text: "invalid argument to has() macro") }
            return .field(inner, field, isTest: true)
        }
        if let target, let count = Self.macros[name], arguments.count >= count, case .name(let variable) = arguments[0] {
            return .each(name, target, [variable], Array(arguments.dropFirst()))
        }
        return .call(name, on: target, arguments)
    }

    private mutating func elements(until sign: String) throws(CELProblem) -> [CELExpression] {
        var elements: [CELExpression] = []
        while !take(sign) {
            elements.append(try expression())
            if !take(",") {
                try expect(sign)
                break
            }
        }
        return elements
    }

    private mutating func primary() throws(CELProblem) -> CELExpression {
        let token = next
        at += 1
        switch token {
        case .int(let value): return .literal(.int(value))
        case .double(let value): return .literal(.double(value))
        case .string(let text): return .literal(.string(text))
        case .name("true"): return .literal(.bool(true))
        case .name("false"): return .literal(.bool(false))
        case .name("null"): return .literal(.null)
        case .name(let name): return take("(") ? try call(name, on: nil) : .name(name)
        case .sign("("):
            let inner = try expression()
            try expect(")")
            return inner
        case .sign("["): return .list(try elements(until: "]"))
        case .sign("{"):
            var entries: [(key: CELExpression, value: CELExpression)] = []
            while !take("}") {
                let key = try expression()
                try expect(":")
                entries.append((key, try expression()))
                if !take(",") {
                    try expect("}")
                    break
                }
            }
            return .map(entries)
        default:
            at -= 1
            throw CELProblem(text: "Syntax error: mismatched input")
        }
    }
}
