// JSON read without the detour over YAML: what clients print for a whole cluster is many megabytes.

import Foundation
import KubernetesAPI

/// Reads JSON text into a value with the line of everything; gives up at the first thing that is no plain JSON, which the YAML reader
/// then explains or accepts (comments, several documents, tabs, numbers out of range, keys that are there twice).
struct JSONReader {
    private var bytes: UnsafeBufferPointer<UInt8>
    private var at = 0
    private var line: Int32
    /// Whether anybody asks for the lines of what is inside.
    private let withLines: Bool
    private let texts: RepeatedTexts?

    /// The value that `bytes` are, or nil if they are no plain JSON object. The first of them is in `line`.
    static func read(_ bytes: UnsafeBufferPointer<UInt8>, line: Int32 = 1) -> (json: JSONValue, positions: PositionTree)? {
        read(bytes, line: line, withLines: true, nil)
    }

    /// The same without the lines of what is inside.
    /// - Parameter texts: of what was read before and is much the same.
    static func value(_ bytes: UnsafeBufferPointer<UInt8>, _ texts: RepeatedTexts) -> JSONValue? {
        read(bytes, line: 1, withLines: false, texts)?.json
    }

    private static func read(
        _ bytes: UnsafeBufferPointer<UInt8>, line: Int32, withLines: Bool, _ texts: RepeatedTexts?
    ) -> (json: JSONValue, positions: PositionTree)? {
        var reader = JSONReader(bytes: bytes, line: line, withLines: withLines, texts: texts)
        reader.skipSpace()
        guard reader.next == UInt8(ascii: "{"), let value = reader.value(depth: 0) else { return nil }
        reader.skipSpace()
        return reader.at == bytes.count ? value : nil
    }

    /// A List of which the items were not read yet: they are many.
    struct List {
        /// All members but the items.
        var head: (json: JSONValue, positions: PositionTree)
        /// Where each item is in the text, and in which line it begins.
        var items: [(place: Range<Int>, line: Int32)]
    }

    /// The List that the text is, or nil if it is no plain JSON object, or one without items. Of the items only the shape is looked at.
    /// - Parameter ahead: how many bytes are looked ahead. What is in a List besides its items is shorter, or it is not read as a List.
    static func list(_ pages: TextPages, ahead: Int = 1 << 24) -> List? {
        pages.rewind()
        var reader = JSONReader(bytes: pages.bytes, line: 1, withLines: true, texts: nil)
        reader.lookAhead(pages, ahead)
        reader.skipSpace()
        guard reader.next == UInt8(ascii: "{"), let list = reader.list(pages, ahead) else { return nil }
        repeat { reader.skipSpace() } while reader.at == reader.bytes.count && reader.grow(pages, by: ahead)
        return reader.at == reader.bytes.count && !pages.isBroken ? list : nil
    }

    private init(bytes: UnsafeBufferPointer<UInt8>, line: Int32, withLines: Bool, texts: RepeatedTexts?) {
        (self.bytes, self.line, self.withLines, self.texts) = (bytes, line, withLines, texts)
    }

    private mutating func grow(_ pages: TextPages, by count: Int) -> Bool {
        let isMore = pages.grow(by: count)
        bytes = pages.bytes
        return isMore
    }
    private mutating func lookAhead(_ pages: TextPages, _ ahead: Int) {
        while bytes.count - at < ahead, grow(pages, by: ahead) {}
    }

    private mutating func list(_ pages: TextPages, _ ahead: Int) -> List? {
        var tree = PositionTree(line: line)
        var object = JSONObject()
        var items: [(Range<Int>, Int32)]?
        at += 1
        skipSpace()
        while true {
            let line = self.line
            guard next == UInt8(ascii: "\""), let key = string(), object[key] == nil else { return nil }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { return nil }
            skipSpace()
            if key == "items" {
                guard items == nil, next == UInt8(ascii: "["), let found = elements(pages, ahead) else { return nil }
                items = found
            } else {
                guard var (json, positions) = value(depth: 1) else { return nil }
                positions.line = line
                object.members.append((key, json))
                json = .null
                tree.children.append(positions)
            }
            skipSpace()
            if take(UInt8(ascii: "}")) { return items.map { List(head: (.object(object), tree), items: $0) } }
            guard take(UInt8(ascii: ",")) else { return nil }
            skipSpace()
        }
    }

    /// The places of the objects of an array; nil if something else is in it.
    private mutating func elements(_ pages: TextPages, _ ahead: Int) -> [(Range<Int>, Int32)]? {
        var places: [(Range<Int>, Int32)] = []
        at += 1
        skipSpace()
        if take(UInt8(ascii: "]")) { return places }
        while true {
            let (start, first) = (at, line)
            guard next == UInt8(ascii: "{") else { return nil }
            while !skipObject() {
                guard grow(pages, by: max(ahead, bytes.count - start)) else { return nil }
                (at, line) = (start, first)
            }
            places.append((start..<at, first))
            pages.passed(at)
            pages.release(before: at)
            lookAhead(pages, ahead)
            skipSpace()
            if take(UInt8(ascii: "]")) { return places }
            guard take(UInt8(ascii: ",")) else { return nil }
            skipSpace()
        }
    }

    /// Goes behind the end of the object that begins here: whatever is in it, its brackets and texts are paired.
    private mutating func skipObject() -> Bool {
        var depth = 0
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return true }
            case UInt8(ascii: "\""):
                while at < bytes.count, bytes[at] != UInt8(ascii: "\"") { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
                at += 1
            case 0x0a: line += 1
            default: break
            }
        }
        return false
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 }

    private var next: UInt8 { at < bytes.count ? bytes[at] : 0 }

    private mutating func skipSpace() {
        while at < bytes.count, Self.isSpace(bytes[at]) {
            if bytes[at] == 0x0a { line += 1 }
            at += 1
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        at += 1
        return true
    }

    private mutating func take(word: StaticString) -> Bool {
        guard at + word.utf8CodeUnitCount <= bytes.count else { return false }
        for i in 0..<word.utf8CodeUnitCount where bytes[at + i] != word.utf8Start[i] { return false }
        at += word.utf8CodeUnitCount
        return true
    }

    private mutating func value(depth: Int) -> (json: JSONValue, positions: PositionTree)? {
        let tree = PositionTree(line: line)
        switch next {
        case UInt8(ascii: "{"): return depth < YAMLConversion.depthLimit ? object(tree, depth) : nil
        case UInt8(ascii: "["): return depth < YAMLConversion.depthLimit ? array(tree, depth) : nil
        case UInt8(ascii: "\""): return string().map { (.string($0), tree) }
        case UInt8(ascii: "t"): return take(word: "true") ? (.bool(true), tree) : nil
        case UInt8(ascii: "f"): return take(word: "false") ? (.bool(false), tree) : nil
        case UInt8(ascii: "n"): return take(word: "null") ? (.null, tree) : nil
        default: return number().map { ($0, tree) }
        }
    }

    private mutating func object(_ start: PositionTree, _ depth: Int) -> (json: JSONValue, positions: PositionTree)? {
        var tree = start
        var object = JSONObject()
        // Look-up in an object is linear.
        var keys: Set<String>?
        at += 1
        skipSpace()
        if take(UInt8(ascii: "}")) { return (.object(object), tree) }
        while true {
            let line = self.line
            guard next == UInt8(ascii: "\""), let key = string() else { return nil }
            if object.members.count == 16 { keys = Set(object.members.map(\.key)) }
            if keys?.insert(key).inserted ?? (object[key] == nil) == false { return nil }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { return nil }
            skipSpace()
            guard var (json, positions) = value(depth: depth + 1) else { return nil }
            object.members.append((key, json))
            json = .null
            if withLines {
                positions.line = line
                tree.children.append(positions)
            }
            skipSpace()
            if take(UInt8(ascii: "}")) { return (.object(object), tree) }
            guard take(UInt8(ascii: ",")) else { return nil }
            skipSpace()
        }
    }

    private mutating func array(_ start: PositionTree, _ depth: Int) -> (json: JSONValue, positions: PositionTree)? {
        var tree = start
        var elements: [JSONValue] = []
        at += 1
        skipSpace()
        if take(UInt8(ascii: "]")) { return (.array(elements), tree) }
        while true {
            guard let (json, positions) = value(depth: depth + 1) else { return nil }
            elements.append(json)
            if withLines { tree.children.append(positions) }
            skipSpace()
            if take(UInt8(ascii: "]")) { return (.array(elements), tree) }
            guard take(UInt8(ascii: ",")) else { return nil }
            skipSpace()
        }
    }

    private mutating func string() -> String? {
        at += 1
        let start = at
        var seen: UInt8 = 0
        while at < bytes.count {
            let byte = bytes[at]
            switch byte {
            case UInt8(ascii: "\""):
                defer { at += 1 }
                let text = UnsafeBufferPointer(rebasing: bytes[start..<at])
                // Short ones are kept without memory of their own, and long ones are hardly ever the same.
                if 16...256 ~= text.count, let texts { return texts.text(text, isASCII: seen < 0x80) }
                return RepeatedTexts.make(text, isASCII: seen < 0x80)
            case UInt8(ascii: "\\"): return string(escapedFrom: start)
            case 0..<0x20: return nil
            default:
                seen |= byte
                at += 1
            }
        }
        return nil
    }

    /// The rest of a text in which something is escaped.
    private mutating func string(escapedFrom start: Int) -> String? {
        var text = Array(bytes[start..<at])
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            switch byte {
            case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                let sign = next
                at += 1
                switch sign {
                case UInt8(ascii: "n"): text.append(0x0a)
                case UInt8(ascii: "t"): text.append(0x09)
                case UInt8(ascii: "r"): text.append(0x0d)
                case UInt8(ascii: "b"): text.append(0x08)
                case UInt8(ascii: "f"): text.append(0x0c)
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(sign)
                case UInt8(ascii: "u"):
                    guard let scalar = escapedScalar() else { return nil }
                    text.append(contentsOf: Array(String(scalar).utf8))
                default: return nil
                }
            case 0..<0x20: return nil
            default: text.append(byte)
            }
        }
        return nil
    }

    /// The character of `\u….`, of which the `\u` was read; two of them where it is beyond the first plane.
    private mutating func escapedScalar() -> UnicodeScalar? {
        guard let first = hexadecimal() else { return nil }
        guard 0xd800..<0xdc00 ~= first else { return UnicodeScalar(first) }
        guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), let second = hexadecimal(), 0xdc00..<0xe000 ~= second else { return nil }
        return UnicodeScalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
    }
    private mutating func hexadecimal() -> UInt32? {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(UnicodeScalar(next)).hexDigitValue else { return nil }
            value = value << 4 | UInt32(digit)
            at += 1
        }
        return value
    }

    /// A number as JSON writes it. Whole numbers beyond 64 bits are left to the YAML reader.
    private mutating func number() -> JSONValue? {
        let start = at
        var isWhole = true
        var magnitude: Int64 = 0
        loop: while at < bytes.count {
            switch bytes[at] {
            // Longer ones are read as text.
            case UInt8(ascii: "0")...UInt8(ascii: "9"): if at - start < 18 { magnitude = magnitude * 10 + Int64(bytes[at] - 48) }
            case UInt8(ascii: "-"): if at > start { isWhole = false }
            case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"): isWhole = false
            default: break loop
            }
            at += 1
        }
        let isNegative = at > start && bytes[start] == UInt8(ascii: "-")
        let digits = bytes[(isNegative ? start + 1 : start)..<at]
        // No empty number, and none with a zero in front, which would be octal in YAML.
        guard let first = digits.first, UInt8(ascii: "0")...UInt8(ascii: "9") ~= first else { return nil }
        if first == UInt8(ascii: "0"), let second = digits.dropFirst().first, UInt8(ascii: "0")...UInt8(ascii: "9") ~= second { return nil }
        if isWhole, at - start <= 18 { return .int(isNegative ? -magnitude : magnitude) }
        let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<at]), as: UTF8.self)
        if isWhole { return Int64(text).map { .int($0) } }
        return ScalarResolution.number(text).flatMap { if case .double = $0 { $0 } else { nil } }
    }
}

/// Texts that were read, so that one that comes again is not made again: in the objects of a cluster most of the longer ones do.
final class RepeatedTexts {
    private static let count = 4096
    private var texts: [String]

    init() { texts = Array(repeating: "", count: Self.count) }

    /// The text that the bytes are, at least eight of them; nil if they are no UTF-8.
    func text(_ bytes: UnsafeBufferPointer<UInt8>, isASCII: Bool) -> String? {
        guard let start = bytes.baseAddress else { return nil }
        let (head, tail) = (UnsafeRawPointer(start).loadUnaligned(as: UInt64.self), UnsafeRawPointer(start + bytes.count - 8).loadUnaligned(as: UInt64.self))
        let mixed = (head ^ tail &* 0x9e37_79b9_7f4a_7c15 ^ UInt64(bytes.count)) &* 0xff51_afd7_ed55_8ccd
        let place = Int(mixed >> 40) & (Self.count - 1)
        let known = texts[place].utf8.withContiguousStorageIfAvailable { known in
            known.count == bytes.count && known.baseAddress.map { memcmp($0, start, bytes.count) == 0 } ?? false
        }
        if known == true { return texts[place] }
        guard let text = Self.make(bytes, isASCII: isASCII) else { return nil }
        texts[place] = text
        return text
    }

    /// Checking what is plain ASCII once more would cost as much as reading it.
    static func make(_ bytes: UnsafeBufferPointer<UInt8>, isASCII: Bool) -> String? {
        isASCII ? String(decoding: bytes, as: UTF8.self) : String(validating: bytes, as: UTF8.self)
    }
}
