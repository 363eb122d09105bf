/// A JSON value that is kept as its text: one that is large, hardly ever looked at, and mostly only sent on.
public struct KeptJSON: APIValue {
    /// On one line.
    public let text: String

    public init(_ json: JSONValue) { text = json.text() }
    public static var typeName: String { JSONValue.typeName }
    public static func decode(_ json: JSONValue, _ decoder: inout APIDecoder) -> KeptJSON? { KeptJSON(json) }
    public var json: JSONValue? { try? JSONParser.read(Array(text.utf8)).value }
}

/// JSON text in bytes, read into a value: what clients send.
public struct JSONParser {
    /// Why bytes are no JSON, in the words of Go's decoder.
    public struct Problem: Error, Sendable, Equatable {
        public var text: String
    }

    /// Members deeper than this are refused; a request is read on a thread with a small stack.
    public static let depthLimit = 500

    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0
    private var path: [String] = []
    private var duplicates: [String] = []

    /// Reads the one value that `bytes` hold.
    /// - Returns: the value, in which the last of equal members counts, and the paths of members that are there twice.
    public static func read(_ bytes: [UInt8]) throws(Problem) -> (value: JSONValue, duplicates: [String]) {
        let result: Result<(JSONValue, [String]), Problem> = bytes.withUnsafeBufferPointer { buffer in
            var parser = JSONParser(bytes: buffer)
            do throws(Problem) {
                let value = try parser.value()
                parser.skipSpace()
                if parser.at < buffer.count { throw parser.unexpected("after top-level value") }
                return .success((value, parser.duplicates))
            } catch {
                return .failure(error)
            }
        }
        let read = try result.get()
        return (read.0, read.1)
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private var next: UInt8 { at < bytes.count ? bytes[at] : 0 }

    private mutating func skipSpace() {
        while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x0a || bytes[at] == 0x0d || bytes[at] == 0x09 { at += 1 }
    }

    private func unexpected(_ place: String) -> Problem {
        guard at < bytes.count else { return Problem(text: "unexpected end of JSON input") }
        return Problem(text: "invalid character '\(Character(UnicodeScalar(bytes[at])))' \(place)")
    }

    private mutating func value() throws(Problem) -> JSONValue {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw unexpected("looking for beginning of value")
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(Problem) -> JSONValue {
        for i in 0..<word.utf8CodeUnitCount {
            guard at < bytes.count, bytes[at] == word.utf8Start[i] else {
                throw unexpected("in literal \(word) (expecting '\(Character(Unicode.Scalar(word.utf8Start[i])))')")
            }
            at += 1
        }
        return value
    }

    private mutating func object() throws(Problem) -> JSONValue {
        guard path.count < Self.depthLimit else { throw Problem(text: "exceeded max depth") }
        var members: [(key: String, value: JSONValue)] = []
        // Look-up is linear in small objects; a large one has a set of its names.
        var names: [String: Int] = [:]
        at += 1
        skipSpace()
        if next == UInt8(ascii: "}"), at < bytes.count {
            at += 1
            return .object(JSONObject())
        }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw unexpected("looking for beginning of object key string") }
            let key = try string()
            skipSpace()
            guard next == UInt8(ascii: ":") else { throw unexpected("after object key") }
            at += 1
            path.append(key)
            let value = try value()
            if members.count == 16 { for (index, member) in members.enumerated() { names[member.key] = index } }
            let known = members.count < 16 ? members.firstIndex { $0.key == key } : names[key]
            if let known {
                duplicates.append(pathText)
                members[known].value = value
            } else {
                if members.count >= 16 { names[key] = members.count }
                members.append((key, value))
            }
            path.removeLast()
            skipSpace()
            if next == UInt8(ascii: "}"), at < bytes.count {
                at += 1
                var object = JSONObject()
                object.members = members
                return .object(object)
            }
            guard next == UInt8(ascii: ",") else { throw unexpected("after object key:value pair") }
            at += 1
        }
    }

    private mutating func array() throws(Problem) -> JSONValue {
        guard path.count < Self.depthLimit else { throw Problem(text: "exceeded max depth") }
        var elements: [JSONValue] = []
        at += 1
        skipSpace()
        if next == UInt8(ascii: "]"), at < bytes.count {
            at += 1
            return .array([])
        }
        while true {
            path.append("[\(elements.count)]")
            elements.append(try value())
            path.removeLast()
            skipSpace()
            if next == UInt8(ascii: "]"), at < bytes.count {
                at += 1
                return .array(elements)
            }
            guard next == UInt8(ascii: ",") else { throw unexpected("after array element") }
            at += 1
        }
    }

    /// `spec.containers[0].name`
    private var pathText: String {
        path.reduce(into: "") { text, step in text += step.hasPrefix("[") || text.isEmpty ? step : "." + step }
    }

    private mutating func string() throws(Problem) -> String {
        at += 1
        let start = at
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "\""):
                defer { at += 1 }
                return String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<at]), as: UTF8.self)
            case UInt8(ascii: "\\"): return try string(escapedFrom: start)
            case 0..<0x20: throw unexpected("in string literal")
            default: at += 1
            }
        }
        throw unexpected("in string literal")
    }

    /// The rest of a text in which something is escaped.
    private mutating func string(escapedFrom start: Int) throws(Problem) -> String {
        var text = Array(bytes[start..<at])
        while at < bytes.count {
            let byte = bytes[at]
            switch byte {
            case UInt8(ascii: "\""):
                at += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                at += 1
                let sign = next
                switch sign {
                case UInt8(ascii: "n"): text.append(0x0a)
                case UInt8(ascii: "t"): text.append(0x09)
                case UInt8(ascii: "r"): text.append(0x0d)
                case UInt8(ascii: "b"): text.append(0x08)
                case UInt8(ascii: "f"): text.append(0x0c)
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(sign)
                case UInt8(ascii: "u"):
                    at += 1
                    text.append(contentsOf: Array(String(try escapedScalar()).utf8))
                    continue
                default: throw unexpected("in string escape code")
                }
                at += 1
            case 0..<0x20: throw unexpected("in string literal")
            default:
                text.append(byte)
                at += 1
            }
        }
        throw unexpected("in string literal")
    }

    /// The character of `\u….`, of which the `\u` was read; half of a pair alone is the replacement character.
    private mutating func escapedScalar() throws(Problem) -> UnicodeScalar {
        let first = try hexadecimal()
        if let scalar = UnicodeScalar(first) { return scalar }
        if 0xd800..<0xdc00 ~= first, at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u") {
            at += 2
            let second = try hexadecimal()
            if 0xdc00..<0xe000 ~= second { return UnicodeScalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00)) ?? "\u{fffd}" }
        }
        return "\u{fffd}"
    }
    private mutating func hexadecimal() throws(Problem) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard at < bytes.count, let digit = Character(UnicodeScalar(bytes[at])).hexDigitValue else {
                throw unexpected("in \\u hexadecimal character escape")
            }
            value = value << 4 | UInt32(digit)
            at += 1
        }
        return value
    }

    private mutating func number() throws(Problem) -> JSONValue {
        let start = at
        var isWhole = true
        func digits(_ parser: inout JSONParser) throws(Problem) {
            guard 0x30...0x39 ~= parser.next else { throw parser.unexpected("in numeric literal") }
            while 0x30...0x39 ~= parser.next { parser.at += 1 }
        }
        if next == UInt8(ascii: "-") { at += 1 }
        if next == UInt8(ascii: "0") { at += 1 } else { try digits(&self) }
        if next == UInt8(ascii: ".") {
            at += 1
            isWhole = false
            try digits(&self)
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            at += 1
            isWhole = false
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { at += 1 }
            try digits(&self)
        }
        let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<at]), as: UTF8.self)
        if isWhole, let whole = Int64(text) { return .int(whole) }
        guard let number = Double(text), number.isFinite else { throw Problem(text: "cannot unmarshal number \(text) into a 64-bit float") }
        return .double(number)
    }
}
