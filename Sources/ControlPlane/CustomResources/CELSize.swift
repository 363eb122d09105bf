// How large the values can be that expressions are about, as far as their schema and the size of a request bound them.

import KubernetesAPI
import SimulationKit

/// A number of elements, letters or bytes that is known within bounds.
struct CELSize: Equatable, Sendable {
    var least: UInt64
    var most: UInt64

    static let unknown = CELSize(least: 0, most: .max)
    static let one = CELSize(exactly: 1)

    init(least: UInt64, most: UInt64) { (self.least, self.most) = (least, most) }
    init(exactly size: UInt64) { self.init(least: size, most: size) }

    /// Bounds for what is one or the other.
    func union(_ other: CELSize) -> CELSize { CELSize(least: min(least, other.least), most: max(most, other.most)) }

    static func + (a: CELSize, b: CELSize) -> CELSize {
        CELSize(least: a.least.saturatingAdd(b.least), most: a.most.saturatingAdd(b.most))
    }
    static func * (a: CELSize, b: CELSize) -> CELSize {
        CELSize(least: a.least.saturatingMultiply(b.least), most: a.most.saturatingMultiply(b.most))
    }

    /// What it costs at worst to go over all of it, rounded up.
    func cost(_ factor: Double) -> UInt64 { most.scaled(by: factor) }
}

extension UInt64 {
    /// The product rounded up, or the end of the range beyond which it lies.
    func scaled(by factor: Double) -> UInt64 { UInt64(exactly: (Double(self) * factor).rounded(.up)) ?? .max }
}

/// What a schema says of the sizes of its values and of their parts.
///
/// - Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/cel/{limits,types}.go`, `pkg/cel/common/schemas.go`
struct CELShape: Sendable {
    /// The most elements, letters or bytes; 0 for what has none.
    private(set) var most: UInt64 = 0
    /// The length of the shortest value as JSON: the shorter, the more of them a request can hold.
    private(set) var shortest: UInt64
    /// By their names in expressions; those of lists and maps are `@items`, `@values` and `@keys`.
    private var parts: [String: CELShape] = [:]

    /// The bytes of the largest request.
    static let request: UInt64 = 3 * 1024 * 1024
    /// What brackets or quotes leave of it.
    private static let room = request - 2

    private init(most: UInt64 = 0, shortest: UInt64) { (self.most, self.shortest) = (most, shortest) }

    /// nil if expressions cannot see its values.
    init?(_ schema: StructuralSchema, isRoot: Bool = false) {
        let json = schema.json
        let isRoot = isRoot || json["x-kubernetes-embedded-resource"] == true
        func part(_ name: String) -> CELShape? { json[name].flatMap { CELShape(StructuralSchema(json: $0)) } }
        if json["x-kubernetes-int-or-string"] == true {
            self.init(most: Self.letters(json) ?? Self.room, shortest: 1)
            return
        }
        switch json["type"]?.string {
        case "array":
            guard let items = part("items") else { return nil }
            self.init(most: Self.limit(json, "maxItems") ?? Self.room / items.shortest.saturatingAdd(1), shortest: 2)
            parts = ["@items": items, "@values": items]
        case "object" where json["additionalProperties"]?.object != nil:
            guard let values = part("additionalProperties") else { return nil }
            self.init(most: Self.limit(json, "maxProperties") ?? Self.room / values.shortest.saturatingAdd(6), shortest: 2)
            // How long keys are is not told, and upstream they count as empty.
            parts = ["@items": values, "@values": values, "@keys": CELShape(shortest: 2)]
        case "object": self.init(object: json, isRoot: isRoot)
        case "string": self.init(text: json)
        case "boolean": self.init(shortest: 4)
        case "number", "integer": self.init(shortest: 1)
        default: return nil
        }
    }

    private static let text: JSONValue = ["type": "string"]
    private static let ownFields: [(key: String, value: JSONValue)] = [
        ("apiVersion", text), ("kind", text), ("metadata", ["type": "object", "properties": ["name": text, "generateName": text]]),
    ]

    private init(object json: JSONValue, isRoot: Bool) {
        self.init(shortest: 2)
        var properties = (json["properties"]?.object?.members ?? []).map { (key: $0.key, value: $0.value) }
        // What says itself what it is bounds its names as it likes.
        let isOwn = isRoot && !StructuralSchema.hasTypedHead(json)
        if isOwn { properties = properties.filter { property in !Self.ownFields.contains { $0.key == property.key } } + Self.ownFields }
        let required = Set(json["required"]?.array?.compactMap(\.string) ?? [])
        for (name, property) in properties {
            guard let shape = CELShape(StructuralSchema(json: property)) else { continue }
            if let known = CELType.escaped(name) { parts[known] = shape }
            // Defaults are filled in by the server, so that a request need not hold them.
            if required.contains(name), property["default"] == nil {
                shortest = shortest.saturatingAdd(UInt64(name.utf8.count) + 4).saturatingAdd(shape.shortest)
            }
        }
    }

    private init(text json: JSONValue) {
        switch json["format"]?.string {
        case "byte": self.init(most: Self.limit(json, "maxLength") ?? Self.room, shortest: 2)
        case "duration": self.init(most: 32, shortest: 3)
        case "date": self.init(most: 12, shortest: 12)
        case "date-time": self.init(most: 32, shortest: 21)
        default:
            let values = json["enum"]?.array ?? []
            let longest = values.isEmpty ? nil : values.compactMap { $0.string?.utf8.count }.max() ?? 0
            self.init(most: Self.letters(json) ?? longest.map { UInt64($0) } ?? Self.room, shortest: 2)
        }
    }

    /// A bound that a schema sets; none is below 0.
    static func limit(_ json: JSONValue, _ name: String) -> UInt64? { json[name]?.int.map { UInt64(max(0, $0)) } }
    /// A letter may take four bytes.
    private static func letters(_ json: JSONValue) -> UInt64? { limit(json, "maxLength")?.saturatingMultiply(4) }

    /// How large the value at a path can be; nil where the schema does not reach. The first step is the variable, whichever it is.
    func size(at path: [String]) -> CELSize? {
        if path.isEmpty { return nil }
        return path.dropFirst().reduce(Optional(self)) { $0?.parts[$1] }.map { CELSize(least: 0, most: $0.most) }
    }
}

extension StructuralSchema {
    /// Whether the schema of an object says of its kind, version and names that they are texts.
    fileprivate static func hasTypedHead(_ json: JSONValue) -> Bool {
        let (own, meta) = (json["properties"], json["properties"]?["metadata"])
        return [own?["apiVersion"], own?["kind"], meta?["properties"]?["name"], meta?["properties"]?["generateName"]].allSatisfy { $0?["type"] == "string" }
            && meta?["type"] == "object"
    }
}
