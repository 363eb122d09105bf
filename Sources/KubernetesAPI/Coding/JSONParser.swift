/// A JSON value that is kept as its text: one that is large, hardly ever looked at, and mostly only sent on.
public struct KeptJSON: APIValue {
    /// On one line.
    public let text: String

    public init(_ json: JSONValue) { text = json.text() }
    public static var typeName: String { JSONValue.typeName }
    public static func decode(_ json: JSONValue, _ decoder: inout APIDecoder) -> KeptJSON? { KeptJSON(json) }
    public var json: JSONValue? { try? JSONParser.read(Array(text.utf8)).value }
}

/// JSON text in bytes, read into a value: the one reader of it, for what clients send and for files of any size.
///
/// What clients send is read as Go's decoder reads it, with its words for what is wrong: bytes that are no UTF-8 and halves of pairs are
/// replaced, and the last of equal members counts. A file is read by ``plain(_:line:withLines:texts:depthLimit:)``, which mends nothing.
public struct JSONParser {
    /// Why bytes are no JSON, in the words of Go's decoder.
    public struct Problem: Error, Sendable, Equatable {
        public var text: String
    }

    /// Members deeper than this are refused; a request is read on a thread with a small stack.
    public static let depthLimit = 500

    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0
    private var depth = 0
    private let depthLimit: Int
    /// Whether what would have to be mended is refused.
    private let isStrict: Bool
    private enum Step {
        case member(String)
        case element(Int)
    }
    /// Where the reader is, unless it is strict.
    private var path: [Step] = []
    private var duplicates: [String] = []
    private var line: Int32
    private let withLines: Bool
    /// The line of each value, of a member that of its name, in the order in which they begin.
    private var lines: [Int32] = []
    private let texts: RepeatedTexts?

    /// Reads the one value that `bytes` hold.
    /// - Returns: the value, in which the last of equal members counts, and the paths of members that are there twice.
    public static func read(_ bytes: [UInt8]) throws(Problem) -> (value: JSONValue, duplicates: [String]) {
        let result: Result<(JSONValue, [String]), Problem> = bytes.withUnsafeBufferPointer { buffer in
            var parser = JSONParser(buffer, isStrict: false, line: 1, withLines: false, texts: nil, depthLimit: depthLimit)
            do throws(Problem) { return .success((try parser.all(), parser.duplicates)) } catch { return .failure(error) }
        }
        let read = try result.get()
        return (read.0, read.1)
    }

    /// The one value that `bytes` hold if nothing of it has to be mended: all texts are UTF-8, whole numbers have at most 64 bits, no
    /// member is there twice. Nil otherwise: another reader explains or accepts it.
    /// - Parameters:
    ///   - line: that of the first byte.
    ///   - withLines: whether to return the line of each value, of a member that of its name, in the order in which they begin.
    ///   - texts: those of what was read before and is much the same.
    public static func plain(
        _ bytes: UnsafeBufferPointer<UInt8>, line: Int32 = 1, withLines: Bool = false, texts: RepeatedTexts? = nil, depthLimit: Int = depthLimit
    ) -> (value: JSONValue, lines: [Int32])? {
        var parser = JSONParser(bytes, isStrict: true, line: line, withLines: withLines, texts: texts, depthLimit: depthLimit)
        return (try? parser.all()).map { ($0, parser.lines) }
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>, isStrict: Bool, line: Int32, withLines: Bool, texts: RepeatedTexts?, depthLimit: Int) {
        (self.bytes, self.isStrict, self.depthLimit) = (bytes, isStrict, depthLimit)
        (self.line, self.withLines, self.texts) = (line, withLines, texts)
    }

    private mutating func all() throws(Problem) -> JSONValue {
        skipSpace()
        let value = try value(line: line)
        skipSpace()
        if at < bytes.count { throw unexpected("after top-level value") }
        return value
    }

    private var next: UInt8 { at < bytes.count ? bytes[at] : 0 }

    private mutating func skipSpace() {
        while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x0a || bytes[at] == 0x0d || bytes[at] == 0x09 {
            let isEndOfLine = bytes[at] == 0x0a
            at += 1
            // What is printed to be read is indented: a third of it is spaces.
            if isEndOfLine {
                line += 1
                while at < bytes.count, bytes[at] == 0x20 { at += 1 }
            }
        }
    }
    /// Goes over `byte` if it is the next one that is no space.
    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard at < bytes.count, bytes[at] == byte else { return false }
        at += 1
        return true
    }

    private func unexpected(_ place: String) -> Problem {
        guard !isStrict else { return Self.notPlain }
        guard at < bytes.count else { return Problem(text: "unexpected end of JSON input") }
        return Problem(text: "invalid character '\(Character(UnicodeScalar(bytes[at])))' \(place)")
    }
    private static let notPlain = Problem(text: "")
    /// Before something is mended.
    private func mend() throws(Problem) { if isStrict { throw Self.notPlain } }

    /// - Parameter line: where the value begins, or the name of the member that it is.
    private mutating func value(line: Int32) throws(Problem) -> JSONValue {
        if withLines { lines.append(line) }
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

    /// Goes over a bracket, one level deeper.
    private mutating func enter() throws(Problem) {
        guard depth < depthLimit else { throw Problem(text: "exceeded max depth") }
        depth += 1
        at += 1
    }

    private mutating func object() throws(Problem) -> JSONValue {
        try enter()
        defer { depth -= 1 }
        var object = JSONObject()
        // Look-up is linear in small objects; a large one has a set of its names.
        var names: [String: Int] = [:]
        if take(UInt8(ascii: "}")) { return .object(object) }
        // Most have a few: growing one by one would cost more than reading them.
        object.members.reserveCapacity(4)
        while true {
            skipSpace()
            let line = line
            guard next == UInt8(ascii: "\"") else { throw unexpected("looking for beginning of object key string") }
            let key = try string()
            guard take(UInt8(ascii: ":")) else { throw unexpected("after object key") }
            if object.members.count == 16 { for (index, member) in object.members.enumerated() { names[member.key] = index } }
            let known = object.members.count < 16 ? object.members.firstIndex { $0.key == key } : names[key]
            if known != nil { try mend() }
            if !isStrict { path.append(.member(key)) }
            skipSpace()
            let value = try value(line: line)
            if let known {
                duplicates.append(pathText)
                object.members[known].value = value
            } else {
                if object.members.count >= 16 { names[key] = object.members.count }
                object.members.append((key, value))
            }
            if !isStrict { path.removeLast() }
            if take(UInt8(ascii: "}")) { return .object(object) }
            guard take(UInt8(ascii: ",")) else { throw unexpected("after object key:value pair") }
        }
    }

    private mutating func array() throws(Problem) -> JSONValue {
        try enter()
        defer { depth -= 1 }
        var elements: [JSONValue] = []
        if take(UInt8(ascii: "]")) { return .array([]) }
        while true {
            if !isStrict { path.append(.element(elements.count)) }
            skipSpace()
            elements.append(try value(line: line))
            if !isStrict { path.removeLast() }
            if take(UInt8(ascii: "]")) { return .array(elements) }
            guard take(UInt8(ascii: ",")) else { throw unexpected("after array element") }
        }
    }

    /// `spec.containers[0].name`
    private var pathText: String {
        path.reduce(into: "") { text, step in
            switch step {
            case .member(let name): text += text.isEmpty || name.hasPrefix("[") ? name : "." + name
            case .element(let index): text += "[\(index)]"
            }
        }
    }

    private mutating func string() throws(Problem) -> String {
        at += 1
        let start = at
        var seen: UInt8 = 0
        while at < bytes.count {
            let byte = bytes[at]
            switch byte {
            case UInt8(ascii: "\""):
                let text = UnsafeBufferPointer(rebasing: bytes[start..<at])
                at += 1
                // Short ones are kept without memory of their own, and long ones are hardly ever the same.
                let read = if 16...256 ~= text.count, let texts { texts.text(text, isASCII: seen < 0x80) } else { text.string(isASCII: seen < 0x80) }
                if let read { return read }
                try mend()
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): return try string(escapedFrom: start)
            case 0..<0x20: throw unexpected("in string literal")
            default:
                seen |= byte
                at += 1
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
                if let read = String(validating: text, as: UTF8.self) { return read }
                try mend()
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
        try mend()
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
        // Of at most 18 signs; longer ones are read as text.
        var magnitude: Int64 = 0
        func digits(_ parser: inout JSONParser) throws(Problem) {
            guard 0x30...0x39 ~= parser.next else { throw parser.unexpected("in numeric literal") }
            while 0x30...0x39 ~= parser.next {
                if parser.at - start < 18 { magnitude = magnitude &* 10 &+ Int64(parser.next - 0x30) }
                parser.at += 1
            }
        }
        let isNegative = next == UInt8(ascii: "-")
        if isNegative { at += 1 }
        if next == UInt8(ascii: "0") { at += 1 } else { try digits(&self) }
        if next != UInt8(ascii: "."), next | 0x20 != UInt8(ascii: "e"), at - start <= 18 { return .int(isNegative ? -magnitude : magnitude) }
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
        if isWhole {
            if let whole = Int64(text) { return .int(whole) }
            try mend()
        }
        guard let number = Double(text), number.isFinite else { throw Problem(text: "cannot unmarshal number \(text) into a 64-bit float") }
        return .double(number)
    }
}

/// Texts that were read, so that one that comes again is not made again: in the objects of a cluster most of the longer ones do.
public final class RepeatedTexts {
    private static let count = 4096
    private var texts: [String]

    public init() { texts = Array(repeating: "", count: Self.count) }

    /// The text that the bytes are, at least eight of them; nil if they are no UTF-8.
    func text(_ bytes: UnsafeBufferPointer<UInt8>, isASCII: Bool) -> String? {
        let words = UnsafeRawBufferPointer(bytes)
        let (head, tail) = (words.loadUnaligned(as: UInt64.self), words.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self))
        let mixed = (head ^ tail &* 0x9e37_79b9_7f4a_7c15 ^ UInt64(bytes.count)) &* 0xff51_afd7_ed55_8ccd
        let place = Int(mixed >> 40) & (Self.count - 1)
        if texts[place].utf8.withContiguousStorageIfAvailable({ Self.same(UnsafeRawBufferPointer($0), words) }) == true { return texts[place] }
        guard let text = bytes.string(isASCII: isASCII) else { return nil }
        texts[place] = text
        return text
    }

    /// Eight bytes at a time; the last ones of the rest once more.
    private static func same(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
        guard a.count == b.count else { return false }
        func differ(_ offset: Int) -> Bool {
            a.loadUnaligned(fromByteOffset: offset, as: UInt64.self) != b.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        }
        for offset in stride(from: 0, to: b.count - 8, by: 8) where differ(offset) { return false }
        return !differ(b.count - 8)
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// The text that they are; nil if they are no UTF-8. Checking what is plain ASCII once more would cost as much as reading it.
    fileprivate func string(isASCII: Bool) -> String? {
        isASCII ? String(decoding: self, as: UTF8.self) : String(validating: self, as: UTF8.self)
    }
}
