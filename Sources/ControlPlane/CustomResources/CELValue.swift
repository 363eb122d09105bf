// What expressions of the Common Expression Language are about and what comes of them.

import KubernetesAPI
import SimulationKit

/// A value.
indirect enum CELValue: Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case double(Double)
    case string(String)
    case bytes([UInt8])
    case timestamp(Instant)
    case duration(Duration)
    case list([CELValue])
    case map([(key: CELValue, value: CELValue)])
    /// One that may be there or not.
    case optional(CELValue?)
    case quantity(Quantity)
    case ip(CELAddress)
    case cidr(CELRange)
    case url(CELLocation)
    case semver(CELVersion)
    /// One of the formats of names, by its name.
    case format(String)
    case type(String)

    /// A value of an object, by the schema of its place: moments are texts with a format there.
    init(_ json: JSONValue, _ schema: JSONValue?) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .int(let value): self = schema?["type"] == "number" ? .double(Double(value)) : .int(value)
        case .double(let value): self = schema?["type"] == "integer" ? Int64(exactly: value).map { .int($0) } ?? .double(value) : .double(value)
        case .string(let text):
            switch schema?["format"]?.string {
            case "date-time": self = Instant(rfc3339: text).map { .timestamp($0) } ?? .string(text)
            case "date": self = Instant(rfc3339: text + "T00:00:00Z").map { .timestamp($0) } ?? .string(text)
            case "duration": self = Duration(text).map { .duration($0) } ?? .string(text)
            case "byte": self = Base64.decode(text).map { .bytes($0) } ?? .string(text)
            default: self = .string(text)
            }
        case .array(let elements): self = .list(elements.map { CELValue($0, schema?["items"]) })
        case .object(let object):
            // A field that is null is as if it were absent.
            let members = object.members.filter { $0.value != .null || schema?["properties"]?[$0.key] == nil }
            self = .map(members.map { (.string($0.key), CELValue($0.value, schema?["properties"]?[$0.key] ?? schema?["additionalProperties"])) })
        }
    }

    var number: Double? {
        switch self {
        case .int(let value): Double(value)
        case .uint(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }
    /// A whole number, whatever its type.
    var whole: Int128? {
        switch self {
        case .int(let value): Int128(value)
        case .uint(let value): Int128(value)
        default: nil
        }
    }

    static func same(_ a: CELValue, _ b: CELValue) -> Bool {
        switch (a, b) {
        case (.null, .null): return true
        case (.bool(let a), .bool(let b)): return a == b
        case (.string(let a), .string(let b)), (.format(let a), .format(let b)), (.type(let a), .type(let b)): return a == b
        case (.bytes(let a), .bytes(let b)): return a == b
        case (.timestamp(let a), .timestamp(let b)): return a == b
        case (.duration(let a), .duration(let b)): return a == b
        case (.list(let a), .list(let b)): return a.count == b.count && zip(a, b).allSatisfy(same)
        case (.map(let a), .map(let b)):
            return a.count == b.count && a.allSatisfy { entry in b.first { same($0.key, entry.key) }.map { same($0.value, entry.value) } ?? false }
        case (.optional(let a), .optional(let b)):
            guard let a, let b else { return a == nil && b == nil }
            return same(a, b)
        case (.quantity(let a), .quantity(let b)): return a == b
        case (.ip(let a), .ip(let b)): return a == b
        case (.cidr(let a), .cidr(let b)): return a == b
        case (.url(let a), .url(let b)): return a.text == b.text
        case (.semver(let a), .semver(let b)): return !a.isBefore(b) && !b.isBefore(a)
        default:
            if let a = a.whole, let b = b.whole { return a == b }
            return a.number != nil && a.number == b.number
        }
    }

    /// Whether `a` comes before `b`; nil if they have no order.
    static func isLess(_ a: CELValue, _ b: CELValue) -> Bool? {
        switch (a, b) {
        case (.bool(let a), .bool(let b)): return !a && b
        case (.string(let a), .string(let b)): return a.unicodeScalars.lexicographicallyPrecedes(b.unicodeScalars)
        case (.bytes(let a), .bytes(let b)): return a.lexicographicallyPrecedes(b)
        case (.timestamp(let a), .timestamp(let b)): return a < b
        case (.duration(let a), .duration(let b)): return a < b
        default:
            if let a = a.whole, let b = b.whole { return a < b }
            guard let x = a.number, let y = b.number else { return nil }
            return x < y
        }
    }

    /// Whether it is what a variable of its type has at first.
    var isZero: Bool {
        switch self {
        case .null: true
        case .bool(let value): !value
        case .string(let text): text.isEmpty
        case .bytes(let bytes): bytes.isEmpty
        case .list(let list): list.isEmpty
        case .map(let members): members.isEmpty
        case .optional(let inner): inner == nil
        case .duration(let length): length == .zero
        default: number == 0
        }
    }

    /// As `string()` has it; nil for what has no text.
    var text: String? {
        switch self {
        case .string(let text): text
        case .bool(let value): "\(value)"
        case .int(let value): "\(value)"
        case .uint(let value): "\(value)"
        case .double(let value): JSONValue.double(value).text()
        case .bytes(let bytes): String(validating: bytes, as: UTF8.self)
        case .timestamp(let time): time.rfc3339
        case .duration(let duration): "\(JSONValue.double(Double(duration.nanoseconds) / 1e9).text())s"
        case .ip(let address): address.text
        case .cidr(let range): range.text
        default: nil
        }
    }

    /// Its type; of what is in it only what all of it has.
    var type: CELType {
        switch self {
        case .null: .null
        case .bool: .bool
        case .int: .int
        case .uint: .uint
        case .double: .double
        case .string: .string
        case .bytes: .bytes
        case .timestamp: .timestamp
        case .duration: .duration
        case .list: .list(.dyn)
        case .map: .map(.dyn, .dyn)
        case .optional: .optional(.dyn)
        case .quantity: .named("kubernetes.Quantity")
        case .ip: .named("net.IP")
        case .cidr: .named("net.CIDR")
        case .url: .named("kubernetes.URL")
        case .semver: .named("kubernetes.Semver")
        case .format: .named("kubernetes.NamedFormat")
        case .type: .type(.dyn)
        }
    }

    /// The types that are values themselves, as in `type(x) == string`.
    static let types: Set<String> = ["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"]

    /// As conversions call it.
    var typeName: String {
        switch self {
        case .null: "null_type"
        case .timestamp: "google.protobuf.Timestamp"
        case .duration: "google.protobuf.Duration"
        case .list: "list"
        case .map: "map"
        case .type: "type"
        default: type.text
        }
    }
}
