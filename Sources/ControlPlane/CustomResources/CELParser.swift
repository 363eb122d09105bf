// Rules of custom resources in the Common Expression Language, read.

import KubernetesAPI

/// Why an expression has no value, or is none.
struct CELProblem: Error {
    var text: String
    /// Where in the expression, in scalars from its begin; below 0: it is about the whole.
    var at = 0

    /// With its place and the line around it.
    func shown(in source: String) -> String {
        if at < 0 { return "ERROR: <input>:-1:0: \(text)" }
        let scalars = Array(source.unicodeScalars)
        let before = scalars.prefix(at)
        let line = before.count { $0 == "\n" } + 1
        let column = before.reversed().prefix { $0 != "\n" }.count
        let start = before.count - column
        var shown = String.UnicodeScalarView()
        shown.append(contentsOf: scalars[start...].prefix { $0 != "\n" })
        return "ERROR: <input>:\(line):\(column + 1): \(text)\n | \(String(shown))\n | \(String(repeating: ".", count: column))^"
    }
}

/// One expression.
///
/// - Source: the language's specification, <https://github.com/google/cel-spec/blob/master/doc/langdef.md>
struct CELExpression: Sendable {
    /// How a field is asked for: as it is, as an optional value, or whether it is there.
    enum Form: Sendable { case plain, optional, test }
    /// A part of a list or a map that is left out if it is an optional value without one.
    struct Element: Sendable {
        var value: CELExpression
        var isOptional = false
    }
    indirect enum Node: Sendable {
        case literal(CELValue)
        case name(String)
        case field(CELExpression, String, Form)
        /// A function or an operator, which is called `_+_` and so on.
        case call(String, on: CELExpression?, [CELExpression])
        /// `all`, `exists` and their like: over what, the names, the expressions.
        case each(String, CELExpression, [String], [CELExpression])
        case list([Element])
        case map([(key: CELExpression, value: CELExpression, isOptional: Bool)])
    }
    let node: Node
    /// Where messages about it point to.
    let at: Int
    /// How many expressions are in each other at most.
    let depth: Int

    /// The expressions that it is made of.
    private static func parts(_ node: Node) -> [CELExpression] {
        switch node {
        case .literal, .name: []
        case .field(let inner, _, _): [inner]
        case .call(_, let target, let arguments): (target.map { [$0] } ?? []) + arguments
        case .each(_, let range, _, let inner): [range] + inner
        case .list(let elements): elements.map(\.value)
        case .map(let entries): entries.flatMap { [$0.key, $0.value] }
        }
    }

    /// Whether a variable is named in it.
    func names(_ variable: String) -> Bool {
        if case .name(let name) = node { return name == variable }
        return Self.parts(node).contains { $0.names(variable) }
    }

    /// - Throws: for a text that is no expression, or one that is nested too deeply.
    /// So many scalars an expression may have.
    private static let mostScalars = 100_000

    init(_ text: String) throws(CELProblem) {
        let size = text.unicodeScalars.count
        if size > Self.mostScalars {
            throw CELProblem(text: "expression code point size exceeds limit: size: \(size), limit \(Self.mostScalars)", at: -1)
        }
        var parser = CELParser(try CELToken.list(text))
        self = try parser.expression()
        if parser.next != .end { throw parser.problem("extraneous input \(parser.shown) expecting <EOF>") }
    }

    init(_ node: Node, at: Int) {
        (self.node, self.at) = (node, at)
        depth = 1 + (Self.parts(node).map(\.depth).max() ?? 0)
    }
}

/// A word of an expression.
enum CELToken: Equatable {
    case name(String)
    case int(Int64)
    case uint(UInt64)
    case double(Double)
    case string(String)
    case bytes([UInt8])
    case sign(String)
    case end

    private static let pairs: Set<String> = ["&&", "||", "==", "!=", "<=", ">="]
    private static let signs: Set<Unicode.Scalar> = ["!", "<", ">", "+", "-", "*", "/", "%", "(", ")", "[", "]", "{", "}", ".", ",", "?", ":"]

    typealias Placed = (token: CELToken, at: Int)

    static func list(_ text: String) throws(CELProblem) -> [Placed] {
        let letters = Array(text.unicodeScalars)
        var (tokens, at): ([Placed], Int) = ([], 0)
        func isName(_ letter: Unicode.Scalar) -> Bool { letter.isASCII && (letter.properties.isAlphabetic || letter == "_") }
        func isDigit(_ letter: Unicode.Scalar) -> Bool { "0" <= letter && letter <= "9" }
        while at < letters.count {
            let (letter, start) = (letters[at], at)
            let pair = at + 1 < letters.count ? String(letter) + String(letters[at + 1]) : ""
            if letter.properties.isWhitespace {
                at += 1
                continue
            } else if pair == "//" {
                while at < letters.count, letters[at] != "\n" { at += 1 }
                continue
            } else if let quoted = try quoted(letters, &at) {
                tokens.append((quoted, start))
            } else if isName(letter) {
                while at < letters.count, isName(letters[at]) || isDigit(letters[at]) { at += 1 }
                tokens.append((.name(string(letters[start..<at])), start))
            } else if isDigit(letter) {
                tokens.append((try number(letters, &at), start))
            } else if pairs.contains(pair) {
                tokens.append((.sign(pair), start))
                at += 2
            } else if signs.contains(letter) {
                tokens.append((.sign(String(letter)), start))
                at += 1
            } else {
                throw CELProblem(text: "Syntax error: token recognition error at: '\(letter)'", at: at)
            }
        }
        return tokens + [(.end, letters.count)]
    }

    private static func string(_ letters: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: letters)
        return String(view)
    }

    private static func number(_ letters: [Unicode.Scalar], _ at: inout Int) throws(CELProblem) -> CELToken {
        let start = at
        func isDigit(_ place: Int) -> Bool { place < letters.count && "0" <= letters[place] && letters[place] <= "9" }
        func isOne(_ place: Int, of known: String) -> Bool { place < letters.count && known.unicodeScalars.contains(letters[place]) }
        let isHex = letters[at] == "0" && isOne(at + 1, of: "xX")
        if isHex {
            at += 2
            while isOne(at, of: "0123456789abcdefABCDEF") { at += 1 }
        } else {
            while isDigit(at) { at += 1 }
            // A point may be that of a call: `1.0` but not `1.foo()`.
            if isOne(at, of: "."), isDigit(at + 1) {
                at += 1
                while isDigit(at) { at += 1 }
            }
            if isOne(at, of: "eE"), isDigit(at + 1) || isOne(at + 1, of: "+-") && isDigit(at + 2) {
                at += 2
                while isDigit(at) { at += 1 }
            }
        }
        let digits = string(letters[(isHex ? start + 2 : start)..<at])
        if isOne(at, of: "uU") {
            at += 1
            guard let value = UInt64(digits, radix: isHex ? 16 : 10) else { throw CELProblem(text: "Syntax error: invalid uint literal", at: start) }
            return .uint(value)
        }
        if let value = Int64(digits, radix: isHex ? 16 : 10) { return .int(value) }
        // The smallest one is read without its sign, which comes before it.
        guard digits.contains(where: { ".eE".contains($0) }), !isHex, let value = Double(digits) else {
            throw CELProblem(text: "Syntax error: invalid int literal", at: start)
        }
        return .double(value)
    }

    /// A text or bytes, if there are some: with `r` for raw ones, `b` for bytes.
    private static func quoted(_ letters: [Unicode.Scalar], _ at: inout Int) throws(CELProblem) -> CELToken? {
        var (place, isRaw, isBytes) = (at, false, false)
        while place < letters.count, place < at + 2 {
            if letters[place] == "r" || letters[place] == "R", !isRaw {
                isRaw = true
            } else if letters[place] == "b" || letters[place] == "B", !isBytes {
                isBytes = true
            } else {
                break
            }
            place += 1
        }
        guard place < letters.count, letters[place] == "\"" || letters[place] == "'" else { return nil }
        let start = at
        at = place
        let bytes = try content(letters, &at, isRaw: isRaw, isBytes: isBytes, from: start)
        return isBytes ? .bytes(bytes) : .string(String(decoding: bytes, as: UTF8.self))
    }

    private static let escapes: [Unicode.Scalar: UInt8] = [
        "a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, "\"": 34, "'": 39, "`": 96, "?": 63,
    ]

    private static func content(
        _ letters: [Unicode.Scalar], _ at: inout Int, isRaw: Bool, isBytes: Bool, from start: Int
    ) throws(CELProblem) -> [UInt8] {
        let quote = letters[at]
        func isThree(_ place: Int) -> Bool { place + 2 < letters.count && letters[place...place + 2].allSatisfy { $0 == quote } }
        let isLong = isThree(at)
        at += isLong ? 3 : 1
        var bytes: [UInt8] = []
        while at < letters.count {
            let letter = letters[at]
            if letter == quote, !isLong || isThree(at) {
                at += isLong ? 3 : 1
                return bytes
            }
            if letter == "\n", !isLong { break }
            at += 1
            guard letter == "\\", !isRaw, at < letters.count else {
                bytes += Array(String(letter).utf8)
                continue
            }
            let kind = letters[at]
            at += 1
            if let escaped = escapes[kind] {
                bytes.append(escaped)
                continue
            }
            let isOctal = "0" <= kind && kind <= "3"
            guard let length = isOctal ? 3 : ["x": 2, "X": 2, "u": 4, "U": 8][kind], case let first = isOctal ? at - 1 : at, first + length <= letters.count,
                let value = UInt32(string(letters[first..<first + length]), radix: isOctal ? 8 : 16), let scalar = Unicode.Scalar(value)
            else { throw CELProblem(text: "Syntax error: token recognition error at: '\(string(letters[start..<at]))'", at: start) }
            at = first + length
            bytes += isBytes && (isOctal || length == 2) ? [UInt8(truncatingIfNeeded: value)] : Array(String(scalar).utf8)
        }
        throw CELProblem(text: "Syntax error: token recognition error at: '\(string(letters[start...]))'", at: start)
    }
}

/// Makes an expression of words.
private struct CELParser {
    private let tokens: [CELToken.Placed]
    private var place = 0
    private var depth = 0
    private static let deepest = 100
    private static let longest = 250

    init(_ tokens: [CELToken.Placed]) { self.tokens = tokens }

    var next: CELToken { tokens[place].token }
    private var at: Int { tokens[place].at }
    /// The next word as messages have it.
    var shown: String {
        switch next {
        case .name(let name), .sign(let name): "'\(name)'"
        case .int(let value): "'\(value)'"
        case .uint(let value): "'\(value)u'"
        case .double(let value): "'\(value)'"
        case .string(let text): "'\(JSONValue.string(text).text())'"
        case .bytes: "'b'"
        case .end: "'<EOF>'"
        }
    }
    private static let expected =
        "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"

    func problem(_ text: String) -> CELProblem { CELProblem(text: "Syntax error: \(text)", at: at) }

    private mutating func take(_ sign: String) -> Bool {
        guard next == .sign(sign) else { return false }
        place += 1
        return true
    }
    private mutating func expect(_ sign: String) throws(CELProblem) {
        if !take(sign) { throw problem("mismatched input \(shown) expecting '\(sign)'") }
    }
    private mutating func deeper<Result>(_ body: (inout CELParser) throws(CELProblem) -> Result) throws(CELProblem) -> Result {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.deepest { throw CELProblem(text: "expression recursion limit exceeded: \(Self.deepest)", at: at) }
        return try body(&self)
    }

    mutating func expression() throws(CELProblem) -> CELExpression {
        try deeper { (parser) throws(CELProblem) in
            let condition = try parser.binary(0)
            let start = parser.at
            guard parser.take("?") else { return condition }
            let then = try parser.binary(0)
            try parser.expect(":")
            return CELExpression(.call("_?_:_", on: nil, [condition, then, try parser.expression()]), at: start)
        }
    }

    /// From what binds least to what binds most.
    private static let levels = [["||"], ["&&"], ["==", "!=", "<", "<=", ">", ">=", "in"], ["+", "-"], ["*", "/", "%"]]

    private mutating func binary(_ level: Int) throws(CELProblem) -> CELExpression {
        guard level < Self.levels.count else { return try unary() }
        var (terms, places) = ([try binary(level + 1)], [Int]())
        while let sign = sign(in: Self.levels[level]) {
            let start = at
            place += 1
            let next = try binary(level + 1)
            if level < 2 {
                terms.append(next)
                places.append(start)
            } else {
                terms = [try bounded(CELExpression(.call(sign == "in" ? "@in" : "_\(sign)_", on: nil, [terms[0], next]), at: start))]
            }
        }
        return Self.balanced("_\(Self.levels[level][0])_", terms, places, places.indices)
    }
    /// Conditions of one kind may be grouped in any way: in halves, however many there are, they are not deep.
    /// - Source: cel-go `parser/helper.go`
    private static func balanced(_ name: String, _ terms: [CELExpression], _ places: [Int], _ range: Range<Int>) -> CELExpression {
        if range.isEmpty { return terms[range.lowerBound] }
        let middle = (range.lowerBound + range.upperBound) / 2
        let halves = [range.lowerBound..<middle, middle + 1..<range.upperBound].map { balanced(name, terms, places, $0) }
        return CELExpression(.call(name, on: nil, halves), at: places[middle])
    }
    /// Other operators and fields are within each other: all that goes through expressions would run out of stack.
    private func bounded(_ expression: CELExpression) throws(CELProblem) -> CELExpression {
        if expression.depth > Self.longest { throw CELProblem(text: "expression recursion limit exceeded: \(Self.longest)", at: at) }
        return expression
    }
    private func sign(in known: [String]) -> String? {
        switch next {
        case .sign(let sign) where known.contains(sign): sign
        case .name("in") where known.contains("in"): "in"
        default: nil
        }
    }

    private mutating func unary() throws(CELProblem) -> CELExpression {
        try deeper { (parser) throws(CELProblem) in
            let start = parser.at
            if parser.take("!") { return CELExpression(.call("!_", on: nil, [try parser.unary()]), at: start) }
            if parser.take("-") { return CELExpression(.call("-_", on: nil, [try parser.unary()]), at: start) }
            return try parser.member(of: try parser.primary())
        }
    }

    private mutating func member(of first: CELExpression) throws(CELProblem) -> CELExpression {
        var result = first
        while true {
            result = try bounded(result)
            let start = at
            if take("[") {
                let name = take("?") ? "_[?_]" : "_[_]"
                result = CELExpression(.call(name, on: nil, [result, try expression()]), at: start)
                try expect("]")
            } else if take(".") {
                let isOptional = take("?")
                guard case .name(let name) = next else { throw problem("mismatched input \(shown) expecting IDENTIFIER") }
                place += 1
                let open = at
                if !isOptional, take("(") {
                    result = try call(name, on: result, at: open)
                } else {
                    result = CELExpression(.field(result, name, isOptional ? .optional : .plain), at: start)
                }
            } else {
                return result
            }
        }
    }

    /// The macros by name: how many names they give, and how many expressions may follow.
    private static let macros: [String: [(names: Int, expressions: ClosedRange<Int>)]] = [
        "all": [(1, 1...1), (2, 1...1)], "exists": [(1, 1...1), (2, 1...1)], "exists_one": [(1, 1...1)], "existsOne": [(1, 1...1), (2, 1...1)],
        "filter": [(1, 1...1)], "map": [(1, 1...2)], "transformList": [(2, 1...2)], "transformMap": [(2, 1...2)], "transformMapEntry": [(2, 1...2)],
        "sortBy": [(1, 1...1)], "optMap": [(1, 1...1)], "optFlatMap": [(1, 1...1)],
    ]

    /// A call whose opening bracket is read; it is at `at`.
    private mutating func call(_ name: String, on target: CELExpression?, at: Int) throws(CELProblem) -> CELExpression {
        let arguments = try elements(until: ")").map(\.value)
        if target == nil, name == "has" {
            guard arguments.count == 1, case .field(let inner, let field, .plain) = arguments[0].node else {
                throw CELProblem(text: "invalid argument to has() macro", at: at)
            }
            return CELExpression(.field(inner, field, .test), at: at)
        }
        guard let target else { return CELExpression(.call(name, on: nil, arguments), at: at) }
        for form in Self.macros[name] ?? [] where form.expressions.contains(arguments.count - form.names) {
            let names = arguments.prefix(form.names).compactMap { if case .name(let name) = $0.node { name } else { nil } }
            guard names.count == form.names else { throw CELProblem(text: "argument must be a simple name", at: arguments[names.count].at) }
            return CELExpression(.each(name, target, names, Array(arguments.dropFirst(names.count))), at: at)
        }
        // `sets.contains` and its like are functions with a dot in their names.
        if case .name(let family) = target.node, CELLibrary.signatures("\(family).\(name)") != nil {
            return CELExpression(.call("\(family).\(name)", on: nil, arguments), at: at)
        }
        return CELExpression(.call(name, on: target, arguments), at: at)
    }

    private mutating func elements(until sign: String) throws(CELProblem) -> [CELExpression.Element] {
        var elements: [CELExpression.Element] = []
        while !take(sign) {
            let isOptional = sign == "]" && take("?")
            elements.append(.init(value: try expression(), isOptional: isOptional))
            if !take(",") {
                try expect(sign)
                break
            }
        }
        return elements
    }

    private mutating func primary() throws(CELProblem) -> CELExpression {
        let (token, start) = tokens[place]
        func literal(_ value: CELValue) -> CELExpression { CELExpression(.literal(value), at: start) }
        if token == .end { throw problem("mismatched input '<EOF>' expecting \(Self.expected)") }
        place += 1
        switch token {
        case .int(let value): return literal(.int(value))
        case .uint(let value): return literal(.uint(value))
        case .double(let value): return literal(.double(value))
        case .string(let text): return literal(.string(text))
        case .bytes(let bytes): return literal(.bytes(bytes))
        case .name("true"): return literal(.bool(true))
        case .name("false"): return literal(.bool(false))
        case .name("null"): return literal(.null)
        case .name(let name) where name != "in":
            let open = at
            return take("(") ? try call(name, on: nil, at: open) : CELExpression(.name(name), at: start)
        case .sign("("):
            let inner = try expression()
            try expect(")")
            return inner
        case .sign("["): return CELExpression(.list(try elements(until: "]")), at: start)
        case .sign("{"): return try map(at: start)
        default:
            place -= 1
            throw problem("\(token == .end ? "mismatched" : "extraneous") input \(shown) expecting \(Self.expected)")
        }
    }

    private mutating func map(at start: Int) throws(CELProblem) -> CELExpression {
        var entries: [(key: CELExpression, value: CELExpression, isOptional: Bool)] = []
        while !take("}") {
            let isOptional = take("?")
            let key = try expression()
            try expect(":")
            entries.append((key, try expression(), isOptional))
            if !take(",") {
                try expect("}")
                break
            }
        }
        return CELExpression(.map(entries), at: start)
    }
}
