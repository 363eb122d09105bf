import KubernetesAPI

/// Reads JSON text with its members in their order, which Foundation's reader does not keep.
struct JSONText {
    /// Paths of members that stand twice in an object.
    private(set) var duplicates: [String] = []
    private let bytes: [UInt8]
    private var at = 0

    struct Broken: Error {}

    init(_ text: String) { bytes = Array(text.utf8) }

    static func read(_ text: String) throws -> JSONValue {
        var reader = JSONText(text)
        return try reader.read()
    }

    mutating func read() throws -> JSONValue {
        let value = try value("")
        skipSpace()
        guard at == bytes.count else { throw Broken() }
        return value
    }

    private mutating func skipSpace() {
        while at < bytes.count, [32, 9, 10, 13].contains(bytes[at]) { at += 1 }
    }
    private mutating func peek() throws -> Character {
        skipSpace()
        guard at < bytes.count else { throw Broken() }
        return Character(Unicode.Scalar(bytes[at]))
    }
    private mutating func take(_ text: String) throws {
        skipSpace()
        guard bytes[at...].starts(with: text.utf8) else { throw Broken() }
        at += text.utf8.count
    }

    private mutating func value(_ path: String) throws -> JSONValue {
        switch try peek() {
        case "{": return .object(try object(path))
        case "[":
            try take("[")
            var elements: [JSONValue] = []
            while try peek() != "]" {
                if !elements.isEmpty { try take(",") }
                elements.append(try value("\(path)[\(elements.count)]"))
            }
            try take("]")
            return .array(elements)
        case "\"": return .string(try string())
        case "t":
            try take("true")
            return true
        case "f":
            try take("false")
            return false
        case "n":
            try take("null")
            return .null
        default: return try number()
        }
    }

    private mutating func object(_ path: String) throws -> JSONObject {
        var object = JSONObject()
        try take("{")
        while try peek() != "}" {
            if !object.members.isEmpty { try take(",") }
            _ = try peek()
            let key = try string()
            try take(":")
            let inner = path.isEmpty ? key : "\(path).\(key)"
            if object[key] != nil { duplicates.append(inner) }
            object[key] = try value(inner)
        }
        try take("}")
        return object
    }

    private mutating func number() throws -> JSONValue {
        let start = at
        while at < bytes.count, "+-.0123456789eE".utf8.contains(bytes[at]) { at += 1 }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        if let int = Int64(text) { return .int(int) }
        guard let double = Double(text) else { throw Broken() }
        return .double(double)
    }

    private mutating func string() throws -> String {
        try take("\"")
        var out: [UInt16] = []
        var plain: [UInt8] = []
        func flush(_ plain: inout [UInt8], _ out: inout [UInt16]) {
            out += Array(String(decoding: plain, as: UTF8.self).utf16)
            plain = []
        }
        while true {
            guard at < bytes.count else { throw Broken() }
            let byte = bytes[at]
            at += 1
            if byte == UInt8(ascii: "\"") { break }
            guard byte == UInt8(ascii: "\\") else {
                plain.append(byte)
                continue
            }
            flush(&plain, &out)
            let escape = Character(Unicode.Scalar(bytes[at]))
            at += 1
            switch escape {
            case "n": out.append(10)
            case "t": out.append(9)
            case "r": out.append(13)
            case "b": out.append(8)
            case "f": out.append(12)
            case "u":
                guard let unit = UInt16(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16) else {
                    throw Broken()
                }
                out.append(unit)
                at += 4
            default: out += Array(String(escape).utf16)
            }
        }
        flush(&plain, &out)
        return String(decoding: out, as: UTF16.self)
    }
}
