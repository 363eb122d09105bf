// How Swift's own types, lists, maps and shared parts are read from JSON and written to it.

import SimulationKit

extension String: APIValue {
    public static var typeName: String { "string" }
    public static func decode(_ json: JSONValue, _ decoder: inout APIDecoder) -> String? {
        switch json {
        case .string(let s): return s
        case .null: return ""
        default:
            decoder.expected("a string", json)
            return nil
        }
    }
    public var json: JSONValue? { isEmpty ? nil : .string(self) }
}

extension StringProtocol {
    /// The text without white space at its ends.
    package var trimmed: String { String(inner) }
    /// The text without white space at its end.
    package var trimmedAtEnd: String { String(self[..<endOfText]) }

    /// By scalars: walking over characters, backwards above all, is slow, and Go trims by scalars, too.
    private var endOfText: Index {
        guard let last = unicodeScalars.lastIndex(where: { !$0.properties.isWhitespace }) else { return startIndex }
        return unicodeScalars.index(after: last)
    }
    private var inner: SubSequence {
        let end = endOfText
        let first = unicodeScalars[..<end].firstIndex { !$0.properties.isWhitespace } ?? end
        return self[first..<end]
    }
}

extension Bool: APIValue {
    public static var typeName: String { "boolean" }
    public static func decode(_ json: JSONValue, _ decoder: inout APIDecoder) -> Bool? {
        switch json {
        case .bool(let b): return b
        case .null: return false
        default:
            decoder.expected("true or false", json)
            return nil
        }
    }
    public var json: JSONValue? { self ? .bool(true) : nil }
}

extension Int: APIValue {
    public static var typeName: String { "integer" }
    public static func decode(_ json: JSONValue, _ decoder: inout APIDecoder) -> Int? {
        decoder.integer(json, "a whole number")
    }
    public var json: JSONValue? { self == 0 ? nil : .int(Int64(self)) }
}

extension Double: APIValue {
    public static var typeName: String { "number" }
    public static func decode(_ json: JSONValue, _ decoder: inout APIDecoder) -> Double? {
        switch json {
        case .int(let i): return Double(i)
        case .double(let d): return d
        default:
            decoder.expected("a number", json)
            return nil
        }
    }
    public var json: JSONValue? { .double(self) }
}

extension JSONValue: APIValue {
    public static var typeName: String { "Object" }
    public static func decode(_ json: JSONValue, _ decoder: inout APIDecoder) -> JSONValue? { json }
    public var json: JSONValue? { self == .null ? nil : self }
}

extension Optional: APIValue where Wrapped: APIValue {
    public static var typeName: String { Wrapped.typeName }
    public static var structure: (any APIStruct.Type)? { Wrapped.structure }
    public static func decode(_ json: JSONValue, _ decoder: inout APIDecoder) -> Wrapped?? {
        guard let value = Wrapped.decode(json, &decoder) else { return nil }
        return .some(value)
    }
    public var json: JSONValue? {
        guard let self else { return nil }
        // A pointer that is set is written even if what it points to is empty: replicas 0, false, {}.
        if let json = self.json { return json }
        if let i = self as? Int { return .int(Int64(i)) }
        if let b = self as? Bool { return .bool(b) }
        if self is String { return "" }
        return Wrapped.typeName.hasPrefix("[]") ? [] : [:]
    }
}

extension Array: APIValue where Element: APIValue {
    public static var typeName: String { "[]" + Element.typeName }
    public static var structure: (any APIStruct.Type)? { Element.structure }
    public static func decode(_ json: JSONValue, _ decoder: inout APIDecoder) -> [Element]? {
        if json == .null { return [] }
        guard case .array(let elements) = json else {
            decoder.expected("a list", json)
            return nil
        }
        var result: [Element] = []
        result.reserveCapacity(elements.count)
        for (i, element) in elements.enumerated() {
            if let value = decoder.at(.index(i), { Element.decode(element, &$0) }) { result.append(value) }
        }
        return result
    }
    public var json: JSONValue? {
        isEmpty ? nil : .array(map { $0.json ?? (Element.typeName == "string" ? "" : [:]) })
    }
}

extension Instant: APIValue {
    public static var typeName: String { "Time" }
    public static func decode(_ json: JSONValue, _ decoder: inout APIDecoder) -> Instant? {
        guard let text = json.string else {
            decoder.expected("a time in RFC 3339", json)
            return nil
        }
        if let instant = Instant(rfc3339: text) { return instant == .zeroTime ? nil : instant }
        decoder.note(.invalid("\"\(text)\" is not a time in RFC 3339"))
        return nil
    }
    public var json: JSONValue? { .string(rfc3339) }
}

extension Duration: APIValue {
    public static var typeName: String { "Duration" }
    public static func decode(_ json: JSONValue, _ decoder: inout APIDecoder) -> Duration? {
        if let text = json.string, let duration = Duration(text) { return duration }
        if json.int == 0 || json == .null { return .zero }
        decoder.note(.invalid("must be a duration such as 90s, 1m30s or 2h"))
        return nil
    }
    public var json: JSONValue? { .string(description) }
}

/// A whole number or a text such as `25%`.
public enum IntOrString: APIValue, Hashable {
    case int(Int)
    case string(String)

    public static var typeName: String { "IntOrString" }
    public static func decode(_ json: JSONValue, _ decoder: inout APIDecoder) -> IntOrString? {
        if let s = json.string { return .string(s) }
        return decoder.integer(json, "a whole number or a string", bits: 32).map { .int($0) }
    }
    public var json: JSONValue? {
        switch self {
        case .int(let i): .int(Int64(i))
        case .string(let s): .string(s)
        }
    }
    /// The value as written: `3` or `25%`.
    public var text: String {
        switch self {
        case .int(let i): String(i)
        case .string(let s): s
        }
    }
    /// The percentage, if this is one such as `25%`; of more digits than 32 bits hold, what 32 bits hold.
    public var percent: Int? {
        guard case .string(let s) = self, s.hasSuffix("%") else { return nil }
        let digits = s.utf8.dropLast()
        if let percent = Int32(s.dropLast()) { return Int(percent) }
        return !digits.isEmpty && digits.allSatisfy { 48...57 ~= $0 } ? Int(Int32.max) : nil
    }
    /// The number meant, a percentage taken of `total`, rounded up or down; nil if the text is no percentage.
    public func scaled(of total: Int, roundUp: Bool) -> Int? {
        if case .int(let i) = self { return i }
        guard let percent else { return nil }
        let product = percent.saturatingMultiply(total)
        return roundUp ? product.saturatingAdd(99) / 100 : product / 100
    }
}

/// A map from texts to values, kept sorted by key: iteration order is the same in each process,
/// and small maps (labels) are faster to search than a dictionary.
public struct StringMap<Value: APIValue>: APIValue, ExpressibleByDictionaryLiteral {
    /// The entries, sorted by key.
    @inlinable public var entries: [(key: String, value: Value)] { sorted }
    @usableFromInline var sorted: [(key: String, value: Value)] = []

    @inlinable public init() {}
    @inlinable public init(dictionaryLiteral elements: (String, Value)...) {
        for (key, value) in elements { self[key] = value }
    }
    public var isEmpty: Bool { entries.isEmpty }
    public var count: Int { entries.count }
    // A closure: a key path would be made anew for each call.
    public var keys: [String] { entries.map { $0.key } }
    /// Whether a key begins with `prefix`. O(log n).
    public func hasKey(withPrefix prefix: String) -> Bool {
        let index = sorted.partitioningIndex { $0.key >= prefix }
        return index < sorted.count && sorted[index].key.hasPrefix(prefix)
    }

    @inlinable func position(of key: String) -> (index: Int, found: Bool) {
        let index = sorted.partitioningIndex { $0.key >= key }
        return (index, index < sorted.count && sorted[index].key == key)
    }

    /// The value of `key`; setting nil removes it.
    public subscript(key: String) -> Value? {
        @inlinable get {
            let (index, found) = position(of: key)
            return found ? sorted[index].value : nil
        }
        @inlinable set {
            let (index, found) = position(of: key)
            switch (found, newValue) {
            case (true, let value?): sorted[index].value = value
            case (true, nil): sorted.remove(at: index)
            case (false, let value?): sorted.insert((key, value), at: index)
            case (false, nil): break
            }
        }
    }
    /// Whether it is the other's very storage, and so the same. O(1).
    @inlinable public func isIdentical(to other: StringMap) -> Bool { sorted.count == other.sorted.count && sorted.sharesStorage(with: other.sorted) }
    /// This map with the entries of `other` over it.
    public func merging(_ other: StringMap) -> StringMap {
        var result = self
        for (key, value) in other.entries { result[key] = value }
        return result
    }
    @inlinable public static func == (a: StringMap, b: StringMap) -> Bool {
        let (x, y) = (a.entries, b.entries)
        if x.count != y.count { return false }
        if x.sharesStorage(with: y) { return true }
        for i in x.indices where x[i].key != y[i].key || x[i].value != y[i].value { return false }
        return true
    }

    public static var typeName: String { "map[string]" + Value.typeName }
    public static var structure: (any APIStruct.Type)? { Value.structure }
    public static func decode(_ json: JSONValue, _ decoder: inout APIDecoder) -> StringMap? {
        if json == .null { return StringMap() }
        guard let object = json.object else {
            decoder.expected("a map", json)
            return nil
        }
        var result = StringMap()
        for (key, member) in object.members {
            if let value = decoder.at(.key(key), { Value.decode(member, &$0) }) { result[key] = value }
        }
        return result
    }
    public var json: JSONValue? {
        if isEmpty { return nil }
        var object = JSONObject()
        object.members = entries.map { ($0.key, $0.value.json ?? (Value.typeName == "string" ? "" : [:])) }
        return .object(object)
    }
}

extension StringMap: Hashable where Value: Hashable {
    @inlinable public func hash(into hasher: inout Hasher) {
        for (key, value) in entries {
            hasher.combine(key)
            hasher.combine(value)
        }
    }
}

extension Shared: APIValue where Value: APIValue {
    public static var typeName: String { Value.typeName }
    public static var structure: (any APIStruct.Type)? { Value.structure }
    public static func decode(_ json: JSONValue, _ decoder: inout APIDecoder) -> Shared? {
        Value.decode(json, &decoder).map { Shared($0) }
    }
    public var json: JSONValue? { box.value.json }
    public func writeJSON(to out: inout [UInt8]) -> Bool { box.value.writeJSON(to: &out) }
}
