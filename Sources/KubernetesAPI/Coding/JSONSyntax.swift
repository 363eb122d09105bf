/// Whether bytes are JSON, for texts that objects carry.
enum JSONSyntax {
    /// What keeps `bytes` from being an object in JSON, in Go's words; nil if they are one.
    static func problem(inObject bytes: [UInt8]) -> String? {
        var scanner = Scanner(bytes: bytes)
        scanner.skipSpace()
        let first = scanner.peek
        do throws(Problem) {
            try scanner.value(depth: 0)
            scanner.skipSpace()
            if let byte = scanner.peek { throw Problem(text: "invalid character \(quoted(byte)) after top-level value") }
        } catch { return error.text }
        switch first {
        case UInt8(ascii: "{"), UInt8(ascii: "n"): return nil
        case UInt8(ascii: "["): return "json: cannot unmarshal array into Go value of type map[string]interface {}"
        case UInt8(ascii: "\""): return "json: cannot unmarshal string into Go value of type map[string]interface {}"
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return "json: cannot unmarshal bool into Go value of type map[string]interface {}"
        default: return "json: cannot unmarshal number into Go value of type map[string]interface {}"
        }
    }

    private struct Problem: Error { var text: String }
    private static func quoted(_ byte: UInt8) -> String { "'\(Character(UnicodeScalar(byte)))'" }

    private struct Scanner {
        let bytes: [UInt8]
        var at = 0
        init(bytes: [UInt8]) { self.bytes = bytes }
        var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

        mutating func skipSpace() { while let byte = peek, [32, 9, 10, 13].contains(byte) { at += 1 } }

        func unexpected(_ place: String) -> Problem {
            Problem(text: peek.map { "invalid character \(JSONSyntax.quoted($0)) \(place)" } ?? "unexpected end of JSON input")
        }
        mutating func expect(_ character: Unicode.Scalar, _ place: String) throws(Problem) {
            guard peek == UInt8(ascii: character) else { throw unexpected(place) }
            at += 1
        }

        mutating func value(depth: Int) throws(Problem) {
            if depth > 1000 { throw Problem(text: "exceeded max depth") }
            skipSpace()
            switch peek {
            case UInt8(ascii: "{"):
                at += 1
                skipSpace()
                if peek == UInt8(ascii: "}") {
                    at += 1
                    return
                }
                while true {
                    skipSpace()
                    guard peek == UInt8(ascii: "\"") else { throw unexpected("looking for beginning of object key string") }
                    try string()
                    skipSpace()
                    try expect(":", "after object key")
                    try value(depth: depth + 1)
                    skipSpace()
                    if peek == UInt8(ascii: "}") {
                        at += 1
                        return
                    }
                    try expect(",", "after object key:value pair")
                }
            case UInt8(ascii: "["):
                at += 1
                skipSpace()
                if peek == UInt8(ascii: "]") {
                    at += 1
                    return
                }
                while true {
                    try value(depth: depth + 1)
                    skipSpace()
                    if peek == UInt8(ascii: "]") {
                        at += 1
                        return
                    }
                    try expect(",", "after array element")
                }
            case UInt8(ascii: "\""): try string()
            case UInt8(ascii: "t"): try word("true")
            case UInt8(ascii: "f"): try word("false")
            case UInt8(ascii: "n"): try word("null")
            case UInt8(ascii: "-"): try number()
            case let byte? where 48...57 ~= byte: try number()
            default: throw unexpected("looking for beginning of value")
            }
        }

        mutating func word(_ word: String) throws(Problem) {
            for (byte, letter) in zip(word.utf8, word) {
                guard peek == byte else { throw unexpected("in literal \(word) (expecting '\(letter)')") }
                at += 1
            }
        }

        mutating func string() throws(Problem) {
            at += 1
            while let byte = peek, byte != UInt8(ascii: "\"") {
                if byte < 32 { throw unexpected("in string literal") }
                at += byte == UInt8(ascii: "\\") ? 2 : 1
            }
            try expect("\"", "in string literal")
        }

        mutating func number() throws(Problem) {
            func digits(_ scanner: inout Scanner) throws(Problem) {
                guard let byte = scanner.peek, 48...57 ~= byte else { throw scanner.unexpected("in numeric literal") }
                while let byte = scanner.peek, 48...57 ~= byte { scanner.at += 1 }
            }
            if peek == UInt8(ascii: "-") { at += 1 }
            try digits(&self)
            if peek == UInt8(ascii: ".") {
                at += 1
                try digits(&self)
            }
            if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
                at += 1
                if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { at += 1 }
                try digits(&self)
            }
        }
    }
}

/// Bytes as a text in base64: read for whether it is one.
struct Base64Text: APIValue {
    static var typeName: String { "string" }
    static func decode(_ json: JSONValue, _ decoder: inout APIDecoder) -> Base64Text? {
        guard let text = String.decode(json, &decoder) else { return nil }
        var (digits, padding) = (0, 0)
        for (i, byte) in text.utf8.enumerated() where byte != 10 && byte != 13 {
            switch byte {
            case _ where padding == 0 && (65...90 ~= byte || 97...122 ~= byte || 47...57 ~= byte || byte == 43): digits += 1
            case 61 where digits % 4 >= 2 && (digits + padding) % 4 != 0: padding += 1
            default:
                decoder.note(.invalid("illegal base64 data at input byte \(i)"))
                return nil
            }
        }
        if (digits + padding) % 4 != 0 {
            decoder.note(.invalid("illegal base64 data at input byte \(text.utf8.count / 4 * 4)"))
            return nil
        }
        return Base64Text()
    }
    var json: JSONValue? { nil }
}
