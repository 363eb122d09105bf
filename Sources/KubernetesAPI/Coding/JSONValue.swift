/// Any JSON value. Objects keep the order of their keys.
public enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// The object's member `key`; nil if this is no object or has no such member.
    public subscript(key: String) -> JSONValue? {
        get { if case .object(let object) = self { object[key] } else { nil } }
        set {
            var object = self.object ?? JSONObject()
            object[key] = newValue
            self = .object(object)
        }
    }
    /// About how many bytes it holds in memory. O(size).
    public var size: Int {
        switch self {
        case .null, .bool, .int, .double: 16
        case .string(let text): text.utf8.count + 32
        case .array(let items): items.reduce(48) { $0 + $1.size }
        case .object(let object): object.members.reduce(64) { $0 + $1.key.utf8.count + 16 + $1.value.size }
        }
    }
    /// The text, if this is a string.
    public var string: String? { if case .string(let s) = self { s } else { nil } }
    /// The number, if this is a whole number.
    public var int: Int64? {
        switch self {
        case .int(let i): i
        case .double(let d) where d == d.rounded() && abs(d) < 9e15: Int64(d)
        default: nil
        }
    }
    /// The members, if this is an object.
    public var object: JSONObject? { if case .object(let o) = self { o } else { nil } }
    /// The elements, if this is an array.
    public var array: [JSONValue]? { if case .array(let a) = self { a } else { nil } }
    /// `string`, `number`, `bool`, `array`, `object` or `null`, as messages name it.
    public var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .int, .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

/// The members of a JSON object in the order they were written. Look-up is linear: objects are small.
public struct JSONObject: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    /// The members in order.
    public var members: [(key: String, value: JSONValue)] = []

    public init() {}
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        members = elements.map { (key: $0.0, value: $0.1) }
    }
    /// Two objects are equal if they have the same members, in any order.
    public static func == (a: JSONObject, b: JSONObject) -> Bool {
        a.members.count == b.members.count && a.members.allSatisfy { b[$0.key] == $0.value }
    }
    /// The member `key`; setting nil removes it.
    public subscript(key: String) -> JSONValue? {
        get { members.first { $0.key == key }?.value }
        set {
            let index = members.firstIndex { $0.key == key }
            switch (index, newValue) {
            case (let i?, let value?): members[i].value = value
            case (let i?, nil): members.remove(at: i)
            case (nil, let value?): members.append((key, value))
            case (nil, nil): break
            }
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .int(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        object.members = elements.map { (key: $0.0, value: $0.1) }
        self = .object(object)
    }
}

extension JSONValue {
    /// The value as JSON text: on one line, or indented by `indent` spaces a level.
    public func text(indent: Int? = nil) -> String {
        var out = ""
        write(to: &out, indent: indent, level: 0)
        return out
    }

    private func write(to out: inout String, indent: Int?, level: Int) {
        func newline(_ level: Int) {
            guard let indent else { return }
            out += "\n" + String(repeating: " ", count: indent * level)
        }
        switch self {
        case .null: out += "null"
        case .bool(let b): out += b ? "true" : "false"
        case .int(let i): out += String(i)
        case .double(let d): out += d == d.rounded() && abs(d) < 1e15 ? String(Int64(d)) : "\(d)"
        case .string(let s): Self.quote(s, to: &out)
        case .array(let elements):
            if elements.isEmpty {
                out += "[]"
                return
            }
            out += "["
            for (i, element) in elements.enumerated() {
                if i > 0 { out += "," }
                newline(level + 1)
                element.write(to: &out, indent: indent, level: level + 1)
            }
            newline(level)
            out += "]"
        case .object(let object):
            if object.members.isEmpty {
                out += "{}"
                return
            }
            out += "{"
            for (i, member) in object.members.enumerated() {
                if i > 0 { out += "," }
                newline(level + 1)
                Self.quote(member.key, to: &out)
                out += indent == nil ? ":" : ": "
                member.value.write(to: &out, indent: indent, level: level + 1)
            }
            newline(level)
            out += "}"
        }
    }

    /// Appends `text` as a JSON string literal with its quotes.
    public static func quote(_ text: String, to out: inout String) {
        out += "\""
        defer { out += "\"" }
        // Nearly all texts stand for themselves.
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5c }) { return out += text }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: out.unicodeScalars.append(scalar)
            }
        }
    }
}

extension JSONValue {
    /// The value at a path such as `spec.containers[0].image` or `metadata.labels[app.kubernetes.io/name]`; nil if there is
    /// none. What stands in brackets may have dots.
    public func value(at path: String) -> JSONValue? {
        var value = self
        for step in Self.steps(path) {
            let next: JSONValue? = if let index = Int(step), let array = value.array { array.indices.contains(index) ? array[index] : nil } else { value[step] }
            guard let next else { return nil }
            value = next
        }
        return value
    }

    /// The names and numbers that make up `path`.
    public static func steps(_ path: String) -> [String] {
        var steps: [String] = []
        var current = ""
        var inBrackets = false
        for character in path {
            switch character {
            case "[" where !inBrackets, "." where !inBrackets, "]" where inBrackets:
                if !current.isEmpty { steps.append(current) }
                current = ""
                inBrackets = character == "["
            default: current.append(character)
            }
        }
        if !current.isEmpty { steps.append(current) }
        return steps
    }
}
