// What expressions of the Common Expression Language are about and what comes of them.

import KubernetesAPI
import SimulationKit

/// A value.
indirect enum CELValue: Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case string(String)
    case timestamp(Instant)
    case duration(Duration)
    case list([CELValue])
    case map([(key: CELValue, value: CELValue)])

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
            default: self = .string(text)
            }
        case .array(let elements): self = .list(elements.map { CELValue($0, schema?["items"]) })
        case .object(let object):
            self = .map(object.members.map { (.string($0.key), CELValue($0.value, schema?["properties"]?[$0.key] ?? schema?["additionalProperties"])) })
        }
    }

    var number: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    static func same(_ a: CELValue, _ b: CELValue) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.int(let a), .int(let b)): a == b
        case (.string(let a), .string(let b)): a == b
        case (.timestamp(let a), .timestamp(let b)): a == b
        case (.duration(let a), .duration(let b)): a == b
        case (.list(let a), .list(let b)): a.count == b.count && zip(a, b).allSatisfy(same)
        case (.map(let a), .map(let b)):
            a.count == b.count && a.allSatisfy { entry in b.first { same($0.key, entry.key) }.map { same($0.value, entry.value) } ?? false }
        default: a.number != nil && a.number == b.number
        }
    }

    /// Whether `a` comes before `b`; nil if they have no order.
    static func isLess(_ a: CELValue, _ b: CELValue) -> Bool? {
        switch (a, b) {
        case (.bool(let a), .bool(let b)): return !a && b
        case (.int(let a), .int(let b)): return a < b
        case (.string(let a), .string(let b)): return a.unicodeScalars.lexicographicallyPrecedes(b.unicodeScalars)
        case (.timestamp(let a), .timestamp(let b)): return a < b
        case (.duration(let a), .duration(let b)): return a < b
        default:
            guard let x = a.number, let y = b.number else { return nil }
            return x < y
        }
    }

    /// As `string()` has it; nil for what has no text.
    var text: String? {
        switch self {
        case .string(let text): text
        case .bool(let value): "\(value)"
        case .int(let value): "\(value)"
        case .double(let value): JSONValue.double(value).text()
        case .timestamp(let time): time.rfc3339
        case .duration(let duration): "\(JSONValue.double(Double(duration.nanoseconds) / 1e9).text())s"
        default: nil
        }
    }

    var typeName: String {
        switch self {
        case .null: "null_type"
        case .bool: "bool"
        case .int: "int"
        case .double: "double"
        case .string: "string"
        case .timestamp: "google.protobuf.Timestamp"
        case .duration: "google.protobuf.Duration"
        case .list: "list"
        case .map: "map"
        }
    }
}
