// What the API server refuses in a CustomResourceDefinition.

import KubernetesAPI

/// Looks through a definition's spec; errors are in the order in which the real server has them.
///
/// - Source: Kubernetes `staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go`
struct DefinitionCheck {
    private let spec: JSONValue
    private let versions: [JSONValue]
    private let before: [JSONValue]
    /// Whether they are as they were.
    private let areKept: Bool
    /// The API server's minor version.
    private let minor: Int
    /// Those of the rules that are there already.
    private var expressions: Set<String> = []
    private(set) var errors: [FieldError] = []

    init(_ spec: JSONValue, over old: CustomObject?, minor: Int) {
        (self.spec, self.minor) = (spec, minor)
        versions = spec["versions"]?.array ?? []
        before = old?.content["spec"]?["versions"]?.array ?? []
        areKept = versions == before
        for version in before { Self.collect(version["schema"]?["openAPIV3Schema"] ?? .null, &expressions) }
    }
    /// The expressions of all rules in a schema.
    private static func collect(_ json: JSONValue, _ found: inout Set<String>) {
        for rule in json["x-kubernetes-validations"]?.array ?? [] {
            for field in ["rule", "messageExpression"] { if let text = rule[field]?.string { found.insert(text) } }
        }
        for (_, part) in json.object?.members ?? [] { collect(part, &found) }
        for part in json.array ?? [] { collect(part, &found) }
    }

    private var group: String { spec["group"]?.string ?? "" }
    private func name(_ field: String) -> String { spec["names"]?[field]?.string ?? "" }

    private mutating func refuse(_ path: String, _ value: String, _ why: String) {
        errors.append(FieldError(.invalid, path, value: JSONValue.string(value).text(), why))
    }
    private mutating func require(_ path: String, _ why: String = "") { errors.append(FieldError(.required, path, why)) }
    /// One error for all that is wrong with a label.
    private mutating func requireLabel(_ path: String, _ value: String, _ head: String = "") {
        let problems = NameRules.dns1035Label(head.isEmpty ? value : value.lowercased())
        if !problems.isEmpty { refuse(path, value, head + problems.joined(separator: ",")) }
    }

    /// What all versions have in common belongs to the definition; its errors are said of it.
    private func isShared(_ field: String) -> Bool { versions.dropFirst().allSatisfy { $0[field] == versions[0][field] } }

    mutating func requireName(_ name: String) {
        if name != "\(self.name("plural")).\(group)" { refuse("metadata.name", name, "must be spec.names.plural+\".\"+spec.group") }
    }

    mutating func requireSpec() {
        if group.isEmpty {
            require("spec.group")
        } else if case let problems = NameRules.subdomain(group), !problems.isEmpty {
            refuse("spec.group", group, problems.joined(separator: ","))
        } else if !group.contains(".") {
            refuse("spec.group", group, "should be a domain with at least one dot")
        }
        let scope = spec["scope"]?.string ?? ""
        if scope.isEmpty {
            require("spec.scope")
        } else if !["Cluster", "Namespaced"].contains(scope) {
            errors.append(FieldError(.notSupported, "spec.scope", value: "\"\(scope)\"", "supported values: \"Cluster\", \"Namespaced\""))
        }
        for (index, version) in versions.enumerated() where version["schema"]?["openAPIV3Schema"] == nil {
            require("spec.versions[\(index)].schema.openAPIV3Schema", "schemas are required")
        }
        for (index, version) in versions.enumerated() {
            let at = "spec.versions[\(index)]"
            requireLabel("\(at).name", version["name"]?.string ?? "")
            if !isShared("schema") { requireSchema(version, "\(at).schema.openAPIV3Schema") }
            if !isShared("additionalPrinterColumns") { requireColumns(version, "\(at).additionalPrinterColumns") }
        }
        let known = versions.compactMap { $0["name"]?.string }
        if Set(known).count < known.count { errors.append(FieldError(.invalid, "spec.versions", value: printed, "must contain unique version names")) }
        if versions.count(where: { $0["storage"] == true }) != 1 {
            errors.append(FieldError(.invalid, "spec.versions", value: printed, "must have exactly one version marked as storage version"))
        }
        requireNames()
        guard let first = versions.first else { return }
        if isShared("schema") { requireSchema(first, "spec.validation.openAPIV3Schema") }
        if isShared("additionalPrinterColumns") { requireColumns(first, "spec.additionalPrinterColumns") }
    }

    /// The versions as the server holds them, without what they have in common.
    private var printed: String {
        let list = versions.map { version -> JSONValue in
            [
                "Name": version["name"] ?? "", "Served": version["served"] ?? false, "Storage": version["storage"] ?? false,
                "Deprecated": version["deprecated"] ?? false, "DeprecationWarning": version["deprecationWarning"] ?? .null, "Schema": .null,
                "Subresources": .null, "AdditionalPrinterColumns": .null, "SelectableFields": .null,
            ]
        }
        return JSONValue.array(list).text()
    }

    private mutating func requireNames() {
        for field in ["plural", "singular", "kind", "listKind"] where name(field).isEmpty { require("spec.names.\(field)") }
        for field in ["plural", "singular"] where !name(field).isEmpty { requireLabel("spec.names.\(field)", name(field)) }
        for field in ["kind", "listKind"] where !name(field).isEmpty {
            requireLabel("spec.names.\(field)", name(field), "may have mixed case, but should otherwise match: ")
        }
        func texts(_ field: String) -> [String] { spec["names"]?[field]?.array?.compactMap(\.string) ?? [] }
        for (index, short) in texts("shortNames").enumerated() { requireLabel("spec.names.shortNames[\(index)]", short) }
        if !name("kind").isEmpty, name("kind") == name("listKind") {
            refuse("spec.names.listKind", name("listKind"), "kind and listKind may not be the same")
        }
        for (index, category) in texts("categories").enumerated() { requireLabel("spec.names.categories[\(index)]", category) }
    }

    private mutating func requireSchema(_ version: JSONValue, _ path: String) {
        guard let schema = version["schema"]?["openAPIV3Schema"] else { return }
        let known = errors.count
        StructuralSchema(json: schema).requireTypes(at: path, of: .root, &errors)
        // Rules and defaults are about types; those of versions that are as they were are not judged anew.
        if areKept || errors.count > known { return }
        let isKept = before.contains { $0["name"] == version["name"] && $0["schema"] == version["schema"] }
        errors += RuleCheck.errors(in: StructuralSchema(json: schema), at: path, isWeighed: !isKept, minor: minor, kept: expressions)
        if errors.count == known { StructuralSchema(json: schema).requireDefaults(at: path, &errors) }
    }

    private static let columnTypes = ["boolean", "date", "integer", "number", "string"]
    private static let columnFormats = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"]

    private mutating func requireColumns(_ version: JSONValue, _ path: String) {
        for (index, column) in (version["additionalPrinterColumns"]?.array ?? []).enumerated() {
            let at = "\(path)[\(index)]"
            func text(_ field: String) -> String { column[field]?.string ?? "" }
            if text("name").isEmpty { require("\(at).name") }
            let types = "must be one of \(Self.columnTypes.joined(separator: ","))"
            if text("type").isEmpty {
                require("\(at).type", types)
            } else if !Self.columnTypes.contains(text("type")) {
                refuse("\(at).type", text("type"), types)
            }
            if !text("format").isEmpty, !Self.columnFormats.contains(text("format")) {
                refuse("\(at).format", text("format"), "must be one of \(Self.columnFormats.joined(separator: ","))")
            }
            if text("jsonPath").isEmpty {
                require("\(at).JSONPath")
            } else if !text("jsonPath").hasPrefix(".") {
                refuse("\(at).JSONPath", text("jsonPath"), "must be a simple json path starting with .")
            }
        }
    }

    /// What stays as it is for good: where objects are kept, and once they can be, what they are.
    mutating func requireUnchanged(_ old: CustomObject) {
        let before = old.content["spec"] ?? [:]
        let isEstablished = old.content["status"]?["conditions"]?.array?.contains { $0["type"] == "Established" && $0["status"] == "True" } ?? false
        for path in (isEstablished ? ["scope", "names.kind"] : []) + ["group", "names.plural"] {
            let (new, old) = (spec.value(at: path) ?? "", before.value(at: path) ?? "")
            if new != old { errors.append(FieldError(.invalid, "spec.\(path)", value: new.text(), "field is immutable")) }
        }
        let known = versions.compactMap { $0["name"]?.string }
        for (index, stored) in (old.content["status"]?["storedVersions"]?.array?.compactMap(\.string) ?? []).enumerated() where !known.contains(stored) {
            refuse(
                "status.storedVersions[\(index)]", stored,
                "missing from spec.versions; \(stored) was previously a storage version, and must remain in spec.versions until a storage migration "
                    + "ensures no data remains persisted in \(stored) and removes \(stored) from status.storedVersions")
        }
    }
}
