// The structures of kinds that the API server keeps without acting on them: which fields they have, of which types, and what is filled in.

/// A structure of Kubernetes' own API that has no Swift type here: it is read as JSON, by this table.
public struct KeptStructure: Sendable {
    public struct Field: Sendable {
        public var name: String
        /// `string`, `integer`, `boolean`, `number`, `Time`, `Quantity`, `IntOrString`, `object` (anything), another structure, or one of these behind
        /// `[]` or `map[string]`.
        public var type: String
        public var isRequired: Bool
        /// What is filled in where the field is missing.
        public var standard: JSONValue?
    }
    public var name: String
    public var fields: [Field]

    public func field(_ name: String) -> Field? { fields.first { $0.name == name } }

    /// The structure that objects of a kind are, their metadata aside; nil if the kind has a type of its own or is not known.
    public static func of(apiVersion: String, kind: String) -> KeptStructure? { KeptCatalog.roots["\(apiVersion) \(kind)"] }
    /// The structure that is called `name` in the package of `root`.
    public static func named(_ name: String) -> KeptStructure? { KeptCatalog.structures[name] }
    /// The structure that has a Swift type and is called `name`.
    public static func typed(_ name: String) -> (any APIStruct.Type)? {
        switch name {
        case "LabelSelector": LabelSelector.self
        case "PodTemplateSpec": PodTemplateSpec.self
        case "Toleration": Toleration.self
        case "ObjectReference": ObjectReference.self
        default: nil
        }
    }
}

/// What is wrong with a document as an object of a kept kind, in the words of Go's decoder.
public struct KeptReading: Sendable {
    /// The document without unknown fields and with what is filled in.
    public var document: JSONValue
    /// `spec.rules[0].htttp`
    public var unknown: [String] = []
    /// The first value of a wrong type: `json: cannot unmarshal …`
    public var mistake: String?
    private let keepsUnknown: Bool

    /// Reads `document` as an object of its kind; nil if that is no kept kind.
    /// - Parameter keepsUnknown: unknown fields stay in the document.
    public init?(_ document: JSONValue, keepsUnknown: Bool = false) {
        guard let apiVersion = document["apiVersion"]?.string, let kind = document["kind"]?.string,
            let root = KeptStructure.of(apiVersion: apiVersion, kind: kind), let object = document.object
        else { return nil }
        self.document = document
        self.keepsUnknown = keepsUnknown
        var place = Place(owner: kind, version: String(apiVersion.split(separator: "/").last ?? ""))
        self.document = .object(read(object, as: root, &place, isRoot: true))
    }

    private struct Place {
        var owner: String
        var version: String
        var names: [String] = []
        var path = ""
    }

    private mutating func read(_ object: JSONObject, as structure: KeptStructure, _ place: inout Place, isRoot: Bool = false) -> JSONObject {
        let outer = place
        defer { place = outer }
        var result = JSONObject()
        for (name, value) in object.members {
            if isRoot, ["apiVersion", "kind", "metadata"].contains(name) {
                result.members.append((name, value))
                continue
            }
            place.path = outer.path.isEmpty ? name : "\(outer.path).\(name)"
            guard let field = structure.field(name) else {
                unknown.append(place.path)
                if keepsUnknown { result.members.append((name, value)) }
                continue
            }
            if value == .null { continue }
            (place.owner, place.names) = (structure.name, outer.names + [name])
            result.members.append((name, read(value, as: field.type, &place)))
        }
        for field in structure.fields where field.standard != nil && (result[field.name] == nil || result[field.name] == .string("")) {
            result[field.name] = field.standard
        }
        return result
    }

    private mutating func read(_ value: JSONValue, as type: String, _ place: inout Place) -> JSONValue {
        if type.hasPrefix("[]") {
            guard let elements = value.array else { return refuse(value, type, place) }
            let inner = String(type.dropFirst(2))
            let path = place.path
            return .array(
                elements.enumerated().map { index, element in
                    place.path = "\(path)[\(index)]"
                    return read(element, as: inner, &place)
                })
        }
        if type.hasPrefix("map[string]") {
            guard let object = value.object else { return refuse(value, type, place) }
            let inner = String(type.dropFirst("map[string]".count))
            let path = place.path
            var result = JSONObject()
            for (key, member) in object.members {
                place.path = "\(path).\(key)"
                result.members.append((key, read(member, as: inner, &place)))
            }
            return .object(result)
        }
        switch type {
        case "string", "Time": if value.string == nil { return refuse(value, type, place) }
        case "integer": if value.int == nil { return refuse(value, type, place) }
        case "boolean": if case .bool = value {} else { return refuse(value, type, place) }
        case "object", "IntOrString", "Quantity", "number": break
        default:
            if let structure = KeptStructure.named(type) {
                guard let object = value.object else { return refuse(value, type, place) }
                return .object(read(object, as: structure, &place))
            }
            if let typed = KeptStructure.typed(type) { return read(value, as: typed, &place) }
        }
        return value
    }

    private mutating func read(_ value: JSONValue, as type: any APIStruct.Type, _ place: inout Place) -> JSONValue {
        guard let object = value.object else { return refuse(value, "\(type)", place) }
        var decoder = APIDecoder()
        func decode<S: APIStruct>(_ type: S.Type) -> JSONValue {
            var structure = S()
            structure.read(object, &decoder)
            return decoder.problems.isEmpty || keepsUnknown ? value : structure.json ?? [:]
        }
        let result = decode(type)
        for problem in decoder.problems {
            switch problem.kind {
            case .unknownField: unknown.append("\(place.path).\(problem.path)")
            case .wrongType(let expected, let found):
                if mistake == nil {
                    mistake = "json: cannot unmarshal \(found) into Go struct field \(place.names.joined(separator: ".")).\(problem.path) of type \(expected)"
                }
            case .invalid(let why): if mistake == nil { mistake = why }
            }
        }
        return result
    }

    private mutating func refuse(_ value: JSONValue, _ type: String, _ place: Place) -> JSONValue {
        if mistake == nil {
            mistake =
                "json: cannot unmarshal \(value.typeName) into Go struct field \(place.owner).\(place.names.joined(separator: ".")) of type "
                + goType(type, place.version)
        }
        return value
    }

    private func goType(_ type: String, _ version: String) -> String {
        for prefix in ["[]", "map[string]"] where type.hasPrefix(prefix) { return prefix + goType(String(type.dropFirst(prefix.count)), version) }
        switch type {
        case "integer": return "int32"
        case "boolean": return "bool"
        case "string": return "string"
        default: return "\(version).\(type)"
        }
    }
}
