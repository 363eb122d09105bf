// What is refused in the defaults of a definition's schema, and where its parts are.

import KubernetesAPI

extension StructuralSchema {
    /// The schemas within it, by their places in the definition.
    func parts(at path: String) -> [(schema: StructuralSchema, path: String)] {
        var parts = (json["properties"]?.object?.members ?? []).map { (StructuralSchema(json: $0.value), "\(path).properties[\($0.key)]") }
        if let values = json["additionalProperties"], values.object != nil { parts.append((StructuralSchema(json: values), "\(path).additionalProperties")) }
        if let items = json["items"] { parts.append((StructuralSchema(json: items), "\(path).items")) }
        return parts
    }

    /// Refuses defaults that the schema itself would refuse.
    /// - Source: Kubernetes `staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting/validation.go`
    func requireDefaults(at path: String, _ errors: inout [FieldError]) {
        if let standard = json["default"] {
            var unknown: [String] = []
            _ = pruned(standard, &unknown, isRoot: false)
            if !unknown.isEmpty { errors.append(FieldError(.invalid, "\(path).default", value: standard.text(), "must not have unknown fields")) }
            var found: [FieldError] = []
            validate(standard, "", isRoot: false, &found)
            var warnings: [String]?
            if found.isEmpty { validateRules(standard, old: nil, warnings: &warnings, &found) }
            for var error in found {
                error.field = error.field.isEmpty || error.field == "<nil>" ? "\(path).default" : "\(path).default.\(error.field)"
                errors.append(error)
            }
        }
        for part in parts(at: path) { part.schema.requireDefaults(at: part.path, &errors) }
    }
}
