// What Go's decoders say of a value of the wrong type: clients show these words.

import KubernetesAPI

/// A field that was given a value of another type, as Go sees it.
struct GoTypeProblem {
    /// The structure that has the field, and the names from the object to the field.
    var owner: String
    var names: [String]
    /// `int32`, `[]v1.Container`
    var type: String
    /// `string`, `number 1.5`
    var found: String
    /// `spec.containers[0].image`
    var path: String

    /// - Parameters:
    ///   - object: the structure that was read.
    ///   - version: of its API group.
    ///   - path: the place of the value, as `spec.containers[0].ports[1].containerPort`.
    /// - Returns: nil if Go reads the field in a way of its own.
    init?(in object: any APIStruct.Type, version: String, path: String, found: String) {
        var structure: (any APIStruct.Type)? = object
        (owner, names, self.found, self.path) = ("", [], found, path)
        var (typeName, bits) = ("", 32)
        for element in Self.elements(path) {
            if element.hasPrefix("[") {
                if typeName.hasPrefix("[]") {
                    typeName.removeFirst(2)
                } else if typeName.hasPrefix("map[string]") {
                    typeName.removeFirst("map[string]".count)
                } else {
                    return nil
                }
                continue
            }
            guard let holder = structure, let field = Self.field(element, of: holder) else { return nil }
            owner = Self.name(holder)
            names.append(element)
            (typeName, structure, bits) = (field.typeName, field.structure, field.bits)
        }
        guard !names.isEmpty, let type = Self.goType(typeName, structure, bits, version) else { return nil }
        self.type = type
    }

    /// The parts of a path between points; what stands in brackets is a part of its own, with the opening bracket.
    private static func elements(_ path: String) -> [String] {
        var elements: [String] = []
        var (part, depth) = ("", 0)
        func end() {
            if !part.isEmpty { elements.append(part) }
            part = ""
        }
        for character in path {
            switch character {
            case "[" where depth == 0:
                end()
                (part, depth) = ("[", 1)
            case "]" where depth == 1:
                end()
                depth = 0
            case "." where depth == 0: end()
            default: part.append(character)
            }
        }
        end()
        return elements
    }

    private static func field(_ name: String, of type: any APIStruct.Type) -> (typeName: String, structure: (any APIStruct.Type)?, bits: Int)? {
        func find<S: APIStruct>(_ type: S.Type) -> (typeName: String, structure: (any APIStruct.Type)?, bits: Int)? {
            S.fields.first { $0.name == name }.map { ($0.typeName, $0.structure, $0.bits) }
        }
        return find(type)
    }

    /// Structures that Kubernetes calls otherwise.
    private static func name(_ type: any APIStruct.Type) -> String {
        let name = "\(type)"
        return ["SelectorRequirement": "LabelSelectorRequirement"][name] ?? name
    }

    private static func goType(_ name: String, _ structure: (any APIStruct.Type)?, _ bits: Int, _ version: String) -> String? {
        for prefix in ["[]", "map[string]"] where name.hasPrefix(prefix) {
            return goType(String(name.dropFirst(prefix.count)), structure, bits, version).map { prefix + $0 }
        }
        switch name {
        case "string": return "string"
        case "boolean": return "bool"
        case "integer": return "int\(bits)"
        default: return structure.map { "\(version).\(self.name($0))" }
        }
    }

    /// Of the decoder of JSON.
    var text: String { "json: cannot unmarshal \(found) into Go struct field \(owner).\(names.joined(separator: ".")) of type \(type)" }

    /// Of the converter of merged objects.
    /// - Source: staging/src/k8s.io/apimachinery/pkg/runtime/converter.go, `fromUnstructured`
    var conversionText: String {
        let kinds = ["object": "map", "array": "slice", "number": "int64"]
        let kind = found.hasPrefix("number ") ? (found.contains(".") ? "float64" : "int64") : kinds[found] ?? found
        if type.hasPrefix("[]") { return "cannot restore slice from \(kind)" }
        if type.hasPrefix("map[") { return "cannot restore map from \(kind)" }
        if type.contains(".") { return "cannot restore struct from: \(kind)" }
        let converts = type == "string" && kind == "int64" || type.hasPrefix("int") && kind == "float64"
        return converts ? "cannot convert \(kind) to \(type)" : "unrecognized type: \(type)"
    }
}

extension JSONValue {
    /// The value as Go writes it in a program.
    var goSyntax: String {
        switch self {
        case .array, .object: goText
        default: text()
        }
    }
    /// The type that Go's decoder gives a value that may be any.
    var goTypeName: String {
        switch self {
        case .null: "<nil>"
        case .bool: "bool"
        case .int: "int64"
        case .double: "float64"
        case .string: "string"
        case .array: "[]interface {}"
        case .object: "map[string]interface {}"
        }
    }
    /// The value as Go prints maps: `map[spec:map[replicas:3]]`.
    var goText: String {
        switch self {
        case .null: "<nil>"
        case .string(let text): text
        case .array(let items): "[\(items.map(\.goText).joined(separator: " "))]"
        case .object(let object):
            "map[\(object.members.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value.goText)" }.joined(separator: " "))]"
        default: text()
        }
    }
}

/// The first value of a document that has another type than its field; nil if Go has no words for it.
func goTypeProblem(in document: JSONValue) -> GoTypeProblem? {
    guard let members = document.object, let kind = members["kind"]?.string, let apiVersion = members["apiVersion"]?.string,
        let info = KindInfo.typed(apiVersion: apiVersion, kind: kind)
    else { return nil }
    func problem<O: StoredObject>(_ type: O.Type) -> GoTypeProblem? {
        var decoder = APIDecoder()
        _ = O(document: members, &decoder)
        for problem in decoder.problems {
            guard case .wrongType(_, let found) = problem.kind else { continue }
            return GoTypeProblem(in: type, version: String(apiVersion.split(separator: "/").last ?? ""), path: problem.path, found: found)
        }
        return nil
    }
    return problem(ObjectStore.type(of: info.type))
}
