// Types of expressions, and how those of arguments fit those of parameters.

import KubernetesAPI

/// A type of the language.
indirect enum CELType: Equatable, Sendable {
    /// Known when the expression is evaluated.
    case dyn
    /// One that is told apart by its name alone: `int`, `string`, `kubernetes.Quantity`.
    case named(String)
    case list(CELType)
    case map(CELType, CELType)
    case optional(CELType)
    case type(CELType)
    /// An object with the fields of a schema, called by its place there.
    case object(StructuralSchema, String, isRoot: Bool)
    /// Any type, the same in all places of a signature.
    case parameter(String)

    static let (bool, int, uint, double) = (named("bool"), named("int"), named("uint"), named("double"))
    static let (string, bytes, null) = (named("string"), named("bytes"), named("null"))
    static let (timestamp, duration) = (named("timestamp"), named("duration"))

    /// As messages have it.
    var text: String {
        switch self {
        case .dyn: "dyn"
        case .named(let name): name
        case .list(let element): "list(\(element.text))"
        case .map(let key, let value): "map(\(key.text), \(value.text))"
        case .optional(let inner): "optional_type(\(inner.text))"
        case .type(let inner): "type(\(inner.text))"
        case .object(_, let name, _): name
        case .parameter(let name): name
        }
    }

    static func == (a: CELType, b: CELType) -> Bool {
        switch (a, b) {
        case (.dyn, .dyn): true
        case (.named(let a), .named(let b)), (.parameter(let a), .parameter(let b)): a == b
        case (.list(let a), .list(let b)), (.optional(let a), .optional(let b)), (.type(let a), .type(let b)): a == b
        case (.map(let a, let b), .map(let c, let d)): a == c && b == d
        case (.object(_, let a, _), .object(_, let b, _)): a == b
        default: false
        }
    }

    /// The type with parameters in their places; those that are not known may be anything.
    func with(_ known: [String: CELType]) -> CELType {
        switch self {
        case .dyn, .named, .object: self
        case .list(let element): .list(element.with(known))
        case .map(let key, let value): .map(key.with(known), value.with(known))
        case .optional(let inner): .optional(inner.with(known))
        case .type(let inner): .type(inner.with(known))
        case .parameter(let name): known[name] ?? .dyn
        }
    }

    /// Whether a value of `actual` may stand here; parameters become known by it.
    func takes(_ actual: CELType, _ known: inout [String: CELType]) -> Bool {
        if case .parameter(let name) = self {
            guard let before = known[name] else {
                known[name] = actual
                return true
            }
            if before.takes(actual, &known) {
                // Of two that fit each other the one that says less is kept.
                if actual == .dyn { known[name] = .dyn }
                return true
            }
            var none: [String: CELType] = [:]
            guard actual.takes(before, &none) else { return false }
            known[name] = actual
            return true
        }
        switch (self, actual) {
        case (.dyn, _), (_, .dyn): return true
        case (.list(let a), .list(let b)), (.optional(let a), .optional(let b)), (.type(let a), .type(let b)): return a.takes(b, &known)
        case (.map(let a, let b), .map(let c, let d)): return a.takes(c, &known) && b.takes(d, &known)
        case (.object, .named("null")), (.optional, .named("null")), (.timestamp, .named("null")), (.duration, .named("null")): return true
        default: return self == actual
        }
    }

    // MARK: Of a schema

    /// The type of the values of a schema; nil if expressions cannot see them.
    init?(_ schema: StructuralSchema, _ name: String = "object", isRoot: Bool = false) {
        let json = schema.json
        if json["x-kubernetes-int-or-string"] == true {
            self = .dyn
            return
        }
        switch json["type"]?.string {
        case "array":
            guard let items = json["items"], let element = CELType(StructuralSchema(json: items), "\(name).@items") else { return nil }
            self = .list(element)
        case "object":
            if let values = json["additionalProperties"], values.object != nil {
                guard let value = CELType(StructuralSchema(json: values), "\(name).@values") else { return nil }
                self = .map(.string, value)
            } else {
                self = .object(schema, name, isRoot: isRoot || json["x-kubernetes-embedded-resource"] == true)
            }
        case "string":
            switch json["format"]?.string {
            case "byte": self = .bytes
            case "duration": self = .duration
            case "date", "date-time": self = .timestamp
            default: self = .string
            }
        case "boolean": self = .bool
        case "number": self = .double
        case "integer": self = .int
        default: return nil
        }
    }

    private static let words: Set<String> = [
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package",
        "namespace", "return", "var", "void", "while",
    ]
    /// How a field is called in expressions; nil for one that has no name there.
    /// - Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/cel/escaping.go`
    static func escaped(_ field: String) -> String? {
        if words.contains(field) { return "__\(field)__" }
        guard let first = field.utf8.first, !(48...57 ~= first) else { return nil }
        let plain = field.replacing("__", with: "__underscores__").replacing(".", with: "__dot__").replacing("-", with: "__dash__")
            .replacing("/", with: "__slash__")
        return plain.utf8.allSatisfy { 48...57 ~= $0 || 65...90 ~= $0 || 97...122 ~= $0 || $0 == 95 } ? plain : nil
    }

    private static let objectMeta: JSONValue = ["type": "object", "properties": ["name": ["type": "string"], "generateName": ["type": "string"]]]

    /// The type of a field by its name in expressions; nil if there is no such field.
    func field(_ name: String) -> CELType? {
        guard case .object(let schema, let own, let isRoot) = self else { return nil }
        if isRoot {
            if ["apiVersion", "kind"].contains(name) { return .string }
            if name == "metadata" { return CELType(StructuralSchema(json: Self.objectMeta), "\(own).metadata") }
        }
        guard let found = schema.json["properties"]?.object?.members.first(where: { Self.escaped($0.key) == name }) else { return nil }
        return CELType(StructuralSchema(json: found.value), "\(own).\(name)")
    }
}

/// One way to call a function.
struct CELSignature: Sendable {
    var isMember: Bool
    var parameters: [CELType]
    var result: CELType
    /// The minor version of Kubernetes that brought it; 0: it has been there from the first.
    var since = 0

    func callable(with arguments: [CELType], isMember: Bool) -> CELType? {
        guard isMember == self.isMember, arguments.count == parameters.count else { return nil }
        var known: [String: CELType] = [:]
        for (parameter, argument) in zip(parameters, arguments) where !parameter.takes(argument, &known) { return nil }
        return result.with(known)
    }
}
