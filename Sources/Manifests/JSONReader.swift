// JSON read without the detour over YAML: what clients print for a whole cluster is many megabytes.

import KubernetesAPI

/// Reads JSON text with the line of everything, and finds the items of a List that comes bit by bit; gives up at the first thing that is no
/// plain JSON, which the YAML reader then explains or accepts (comments, several documents, numbers out of range, keys that are there twice).
struct JSONReader {
    private var bytes: UnsafeBufferPointer<UInt8>
    private var at = 0
    private var line: Int32 = 1

    /// The value that `bytes` are, or nil if they are no plain JSON object. The first of them is in `line`.
    static func read(_ bytes: UnsafeBufferPointer<UInt8>, line: Int32 = 1) -> (json: JSONValue, positions: PositionTree)? {
        guard bytes.first(where: { !isSpace($0) }) == UInt8(ascii: "{") else { return nil }
        return part(bytes, line)
    }

    /// The same without the lines of what is inside.
    /// - Parameter texts: of what was read before and is much the same.
    static func value(_ bytes: UnsafeBufferPointer<UInt8>, _ texts: RepeatedTexts) -> JSONValue? {
        guard bytes.first(where: { !isSpace($0) }) == UInt8(ascii: "{") else { return nil }
        return JSONParser.plain(bytes, texts: texts, depthLimit: YAMLConversion.depthLimit)?.value
    }

    private static func part(_ bytes: UnsafeBufferPointer<UInt8>, _ line: Int32) -> (json: JSONValue, positions: PositionTree)? {
        guard let (json, lines) = JSONParser.plain(bytes, line: line, withLines: true, depthLimit: YAMLConversion.depthLimit) else { return nil }
        var left = lines[...]
        return (json, PositionTree(of: json, &left))
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
        var reader = JSONReader(bytes: pages.bytes)
        reader.lookAhead(pages, ahead)
        reader.skipSpace()
        guard reader.next == UInt8(ascii: "{"), let list = reader.list(pages, ahead) else { return nil }
        repeat { reader.skipSpace() } while reader.at == reader.bytes.count && reader.grow(pages, by: ahead)
        return reader.at == reader.bytes.count && !pages.isBroken ? list : nil
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

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
            guard next == UInt8(ascii: "\""), let key = part()?.json.string, object[key] == nil else { return nil }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { return nil }
            skipSpace()
            if key == "items" {
                guard items == nil, next == UInt8(ascii: "["), let found = elements(pages, ahead) else { return nil }
                items = found
            } else {
                guard let (json, positions) = part() else { return nil }
                object.members.append((key, json))
                tree.children.append(PositionTree(line: line, children: positions.children))
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
            while !skipValue() {
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

    /// The value that begins here, and goes behind it.
    private mutating func part() -> (json: JSONValue, positions: PositionTree)? {
        let (start, first) = (at, line)
        return skipValue() ? Self.part(UnsafeBufferPointer(rebasing: bytes[start..<at]), first) : nil
    }

    /// Goes behind the end of the value that begins here: whatever is in it, its brackets and texts are paired.
    /// - Returns: false if its end is not there.
    private mutating func skipValue() -> Bool {
        guard let text = bytes.baseAddress else { return false }
        // In variables of its own: what is written through `self` would be loaded and stored for each byte.
        let end = bytes.count
        var (at, line, depth) = (self.at, self.line, 0)
        defer { (self.at, self.line) = (at, line) }
        while at < end {
            let byte = text[at]
            at += 1
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "\""):
                while at < end, text[at] != UInt8(ascii: "\"") { at += text[at] == UInt8(ascii: "\\") ? 2 : 1 }
                at += 1
            case 0x0a:
                line += 1
                // What is printed to be read is indented, and a third of it is spaces.
                while at < end, text[at] == 0x20 { at += 1 }
            // A number or a word.
            default: if depth == 0 { while at < end, !Self.isEnd(text[at]) { at += 1 } }
            }
            if depth <= 0 { return at <= end }
        }
        return false
    }

    private static func isEnd(_ byte: UInt8) -> Bool {
        isSpace(byte) || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
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
}

extension PositionTree {
    /// The lines of a value and of everything in it, from those in the order in which they begin.
    fileprivate init(of json: JSONValue, _ lines: inout ArraySlice<Int32>) {
        line = lines.popFirst() ?? 0
        switch json {
        case .object(let object): for member in object.members { children.append(PositionTree(of: member.value, &lines)) }
        case .array(let elements): for element in elements { children.append(PositionTree(of: element, &lines)) }
        case .null, .bool, .int, .double, .string: break
        }
    }
}
