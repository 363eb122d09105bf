// Functions of texts.

import KubernetesAPI
import SimulationKit

extension CELFunctions {
    /// - Source: cel-go `ext/{strings,formatting}.go`; Kubernetes `staging/src/k8s.io/apiserver/pkg/cel/library/regex.go`
    static func text(_ name: String, _ first: CELValue, _ rest: [CELValue]) throws(CELProblem) -> CELValue? {
        guard case .string(let text) = first else { return nil }
        let number: Int64? = rest.lazy.compactMap { if case .int(let number) = $0 { number } else { nil } }.first
        let words = rest.compactMap { if case .string(let text) = $0 { text } else { nil } }
        switch (name, words.count) {
        case ("startsWith", 1): return .bool(text.utf8.starts(with: words[0].utf8))
        case ("endsWith", 1): return .bool(text.utf8.reversed().starts(with: words[0].utf8.reversed()))
        case ("contains", 1): return .bool(find(words[0], in: text) != nil)
        case ("matches", 1): return .bool(try pattern(words[0]).isFound(in: text))
        case ("find", 1): return .string(try matches(words[0], in: text, most: 1).first ?? "")
        case ("findAll", 1): return .list(try matches(words[0], in: text, most: number.map { Int(clamping: $0) } ?? -1).map { .string($0) })
        case ("lowerAscii", 0): return .string(mapped(text, 65...90) { $0 + 32 })
        case ("upperAscii", 0): return .string(mapped(text, 97...122) { $0 - 32 })
        case ("trim", 0): return .string(text.trimmed)
        case ("strings.quote", 0): return .string(JSONValue.string(text).text())
        case ("replace", 2): return .string(replaced(text, words[0], words[1], most: number.map { Int(clamping: $0) } ?? -1))
        case ("split", 1): return .list(parts(text, words[0], most: number.map { Int(clamping: $0) } ?? -1).map { .string($0) })
        case ("indexOf", 1), ("lastIndexOf", 1): return .int(try place(words[0], in: text, from: number, isLast: name == "lastIndexOf"))
        case ("charAt", 0), ("substring", 0): return .string(try part(name, text, rest))
        case ("format", 0):
            guard case .list(let values)? = rest.first else { return nil }
            return .string(try CELFormat(values).text(text))
        default: return nil
        }
    }

    private static func mapped(_ text: String, _ range: ClosedRange<UInt8>, _ change: (UInt8) -> UInt8) -> String {
        String(decoding: text.utf8.map { range.contains($0) ? change($0) : $0 }, as: UTF8.self)
    }
    private static func scalars(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    /// Where a text begins first, in scalars.
    private static func find(_ part: String, in text: String) -> Int? {
        place(Array(part.unicodeScalars), in: Array(text.unicodeScalars)[...])
    }
    private static func place(_ part: [Unicode.Scalar], in text: ArraySlice<Unicode.Scalar>) -> Int? {
        if part.isEmpty { return text.startIndex }
        if part.count > text.count { return nil }
        return (text.startIndex...text.endIndex - part.count).first { text[$0...].starts(with: part) }
    }

    private static func place(_ part: String, in text: String, from: Int64?, isLast: Bool) throws(CELProblem) -> Int64 {
        let (part, text) = (Array(part.unicodeScalars), Array(text.unicodeScalars))
        if part.isEmpty { return from ?? (isLast ? Int64(text.count) : 0) }
        if let from, !(0...Int64(text.count) ~= from) { throw CELProblem(text: "index out of range: \(from)") }
        guard part.count <= text.count else { return -1 }
        let places = 0...text.count - part.count
        func isThere(_ place: Int) -> Bool { text[place...].starts(with: part) }
        let found = isLast ? places.last { $0 <= Int(from ?? .max) && isThere($0) } : places.first { $0 >= Int(from ?? 0) && isThere($0) }
        return Int64(found ?? -1)
    }

    private static func replaced(_ text: String, _ old: String, _ new: String, most: Int) -> String {
        let (part, all) = (Array(old.unicodeScalars), Array(text.unicodeScalars))
        if part.isEmpty {
            // Between all characters.
            let places = most < 0 ? all.count + 1 : min(most, all.count + 1)
            let pieces = all.enumerated().map { ($0.offset < places ? new : "") + String($0.element) }
            return pieces.joined() + (places > all.count ? new : "")
        }
        return parts(text, old, most: most < 0 ? -1 : most.saturatingAdd(1)).joined(separator: new)
    }

    private static func parts(_ text: String, _ separator: String, most: Int) -> [String] {
        if most == 0 { return [] }
        let separator = Array(separator.unicodeScalars)
        let text = Array(text.unicodeScalars)
        if separator.isEmpty {
            let singles = most < 0 ? text.count : min(most - 1, text.count)
            return text.prefix(singles).map { String($0) } + (singles < text.count ? [scalars(text[singles...])] : [])
        }
        var (found, rest): ([String], ArraySlice<Unicode.Scalar>) = ([], text[...])
        while most < 0 || found.count < most - 1, let next = place(separator, in: rest) {
            found.append(scalars(rest[..<next]))
            rest = rest[(next + separator.count)...]
        }
        return found + [scalars(rest)]
    }

    private static func part(_ name: String, _ text: String, _ rest: [CELValue]) throws(CELProblem) -> String {
        guard case .int(let start)? = rest.first else { throw CELEvaluation.noOverload }
        let letters = Array(text.unicodeScalars)
        guard 0...Int64(letters.count) ~= start else { throw CELProblem(text: "index out of range: \(start)") }
        if name == "charAt" { return start < letters.count ? String(letters[Int(start)]) : "" }
        var end = Int64(letters.count)
        if case .int(let given)? = rest.dropFirst().first { end = given }
        guard 0...Int64(letters.count) ~= end else { throw CELProblem(text: "index out of range: \(end)") }
        guard start <= end else { throw CELProblem(text: "invalid substring range. start: \(start), end: \(end)") }
        return scalars(letters[Int(start)..<Int(end)])
    }

    private static func pattern(_ text: String) throws(CELProblem) -> SearchPattern {
        do { return try SearchPattern(text, exact: true) } catch { throw CELProblem(text: "error parsing regexp: \(error.text)") }
    }
    private static func matches(_ pattern: String, in text: String, most: Int) throws(CELProblem) -> [String] {
        let letters = Array(text.unicodeScalars)
        guard let matches = try self.pattern(pattern).matches(in: text, most: most < 0 ? .max : most) else {
            throw CELProblem(text: "operation cancelled: actual cost limit exceeded")
        }
        return matches.map { scalars(letters[$0]) }
    }
}

/// `%s` and its like.
private struct CELFormat {
    private var values: ArraySlice<CELValue>

    init(_ values: [CELValue]) { self.values = values[...] }

    func text(_ format: String) throws(CELProblem) -> String {
        var (rest, out, values) = (Array(format.unicodeScalars)[...], "", values)
        while let letter = rest.popFirst() {
            guard letter == "%" else {
                out.unicodeScalars.append(letter)
                continue
            }
            if rest.first == "%" {
                rest.removeFirst()
                out += "%"
                continue
            }
            var precision: Int?
            if rest.first == "." {
                let digits = rest.dropFirst().prefix { "0" <= $0 && $0 <= "9" }
                rest = rest.dropFirst(1 + digits.count)
                precision = min(Int(String(String.UnicodeScalarView(digits))) ?? 0, 100)
            }
            guard let kind = rest.popFirst() else { throw CELProblem(text: "unexpected end of string") }
            guard let value = values.popFirst() else { throw CELProblem(text: "index \(self.values.count) out of range") }
            out += try clause(kind, value, precision)
        }
        return out
    }

    private func clause(_ kind: Unicode.Scalar, _ value: CELValue, _ precision: Int?) throws(CELProblem) -> String {
        func based(_ radix: Int, uppercase: Bool = false) -> String? { value.whole.map { String($0, radix: radix, uppercase: uppercase) } }
        func hex(_ isUpper: Bool) -> String? {
            let bytes: [UInt8]
            switch value {
            case .string(let text): bytes = Array(text.utf8)
            case .bytes(let own): bytes = own
            default: return based(16, uppercase: isUpper)
            }
            return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: isUpper) }.joined()
        }
        let shown: String? =
            switch kind {
            case "s": Self.plain(value)
            case "d": based(10)
            case "f": value.number.map { CELFunctions.fixed($0, precision ?? 6) }
            case "e": value.number.map { Self.exponent($0, precision ?? 6) }
            case "x", "X": hex(kind == "X")
            case "o": based(8)
            case "b": if case .bool(let flag) = value { flag ? "1" : "0" } else { based(2) }
            default: throw CELProblem(text: "could not parse formatting clause: unrecognized formatting clause \"\(kind)\"")
            }
        guard let shown else {
            throw CELProblem(text: "error during formatting: no formatting function for %\(kind) and type \(value.typeName)")
        }
        return shown
    }

    private static func plain(_ value: CELValue) -> String? {
        switch value {
        case .null: return "null"
        case .list(let list): return "[\(list.map { plain($0) ?? "" }.joined(separator: ", "))]"
        case .map(let members):
            let entries = members.map { (plain($0.key) ?? "", plain($0.value) ?? "") }.sorted { $0.0 < $1.0 }
            return "{\(entries.map { "\($0.0): \($0.1)" }.joined(separator: ", "))}"
        case .type(let name): return name
        default: return value.text
        }
    }

    private static func exponent(_ number: Double, _ digits: Int) -> String {
        guard number.isFinite else { return CELFunctions.fixed(number, digits) }
        var (amount, exponent) = (abs(number), 0)
        while amount >= 10 { (amount, exponent) = (amount / 10, exponent + 1) }
        while amount > 0, amount < 1 { (amount, exponent) = (amount * 10, exponent - 1) }
        let size = abs(exponent)
        return "\(number < 0 ? "-" : "")\(CELFunctions.fixed(amount, digits))e\(exponent < 0 ? "-" : "+")\(size < 10 ? "0" : "")\(size)"
    }
}

extension CELFunctions {
    /// So many digits after the point, the last rounded to even.
    static func fixed(_ number: Double, _ digits: Int) -> String {
        guard number.isFinite else { return number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity" }
        let scaled = (abs(number) * Double(sign: .plus, exponent: 0, significand: power(10, digits))).rounded(.toNearestOrEven)
        guard let whole = UInt64(exactly: scaled) else { return JSONValue.double(number).text() }
        var text = String(whole)
        text = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        let sign = number < 0 ? "-" : ""
        return digits == 0 ? sign + text : "\(sign)\(text.dropLast(digits)).\(text.suffix(digits))"
    }
    private static func power(_ base: Double, _ count: Int) -> Double { (0..<count).reduce(1) { result, _ in result * base } }
}
