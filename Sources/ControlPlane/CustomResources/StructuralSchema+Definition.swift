// What is refused in the rules and the defaults of a definition's schema.

import KubernetesAPI

extension StructuralSchema {
    /// The schemas within it, by their places in the definition.
    private func parts(at path: String) -> [(schema: StructuralSchema, path: String)] {
        var parts = (json["properties"]?.object?.members ?? []).map { (StructuralSchema(json: $0.value), "\(path).properties[\($0.key)]") }
        if let values = json["additionalProperties"], values.object != nil { parts.append((StructuralSchema(json: values), "\(path).additionalProperties")) }
        if let items = json["items"] { parts.append((StructuralSchema(json: items), "\(path).items")) }
        return parts
    }

    /// Refuses rules that do not compile, and those about changes of what cannot be found again.
    /// - Parameter changesWithin: the list around it whose elements have no keys.
    /// - Source: Kubernetes `staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go`,
    ///   `pkg/apiserver/schema/cel/compilation.go`
    func requireRules(at path: String, isRoot: Bool = false, changesWithin list: String?, _ errors: inout [FieldError]) {
        let isList = json["type"] == "array" && json["x-kubernetes-list-type"] != "map"
        for part in parts(at: path) { part.schema.requireRules(at: part.path, changesWithin: list ?? (isList ? path : nil), &errors) }
        let rules = json["x-kubernetes-validations"]?.array ?? []
        guard !rules.isEmpty else { return }
        for (index, rule) in rules.enumerated() { requireForm(rule, "\(path).x-kubernetes-validations[\(index)]", &errors) }
        guard let type = CELType(self, "selfType", isRoot: isRoot) else { return }
        for (index, rule) in rules.enumerated() {
            let at = "\(path).x-kubernetes-validations[\(index)]"
            let text = rule["rule"]?.string ?? ""
            if text.trimmed.isEmpty { continue }
            let scope = ["self": type, "oldSelf": rule["optionalOldSelf"] == true ? .optional(type) : type]
            func require(_ field: String, _ text: String, _ wanted: CELType, _ failed: String, _ other: String) {
                do throws(CELProblem) {
                    let found = try CELChecker.type(of: text, scope)
                    if found != wanted { errors.append(FieldError(.invalid, "\(at).\(field)", value: Self.printed(rule), other)) }
                } catch {
                    errors.append(FieldError(.invalid, "\(at).\(field)", value: Self.printed(rule), failed + error.text))
                }
            }
            require("rule", text, .bool, "compilation failed: ", "cel expression must evaluate to a bool")
            if let message = rule["messageExpression"]?.string, !message.trimmed.isEmpty {
                require("messageExpression", message, .string, "messageExpression compilation failed: ", "messageExpression must evaluate to a string")
            }
            if let list, (try? CELExpression(text))?.names("oldSelf") == true {
                let why = "oldSelf cannot be used on the uncorrelatable portion of the schema within \(list)"
                errors.append(FieldError(.invalid, "\(at).rule", value: JSONValue.string(text).text(), why))
            }
        }
    }

    private func requireForm(_ rule: JSONValue, _ at: String, _ errors: inout [FieldError]) {
        func text(_ field: String) -> String? { rule[field]?.string }
        let isLong = text("rule")?.trimmed.contains("\n") ?? false
        if text("rule")?.trimmed.isEmpty ?? true { errors.append(FieldError(.required, "\(at).rule", "rule is not specified")) }
        if let message = text("message"), !message.isEmpty {
            if message.trimmed.isEmpty {
                errors.append(FieldError(.invalid, "\(at).message", value: JSONValue.string(message).text(), "message must be non-empty if specified"))
            } else if message.trimmed.contains("\n") {
                errors.append(FieldError(.invalid, "\(at).message", value: JSONValue.string(message).text(), "message must not contain line breaks"))
            }
        } else if isLong, text("messageExpression") == nil {
            errors.append(FieldError(.required, "\(at).message", "message must be specified if rule contains line breaks"))
        }
        if let message = text("messageExpression"), !message.isEmpty, message.trimmed.isEmpty {
            errors.append(FieldError(.required, "\(at).messageExpression", "must be non-empty if specified"))
        }
        let reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"]
        if let reason = text("reason"), !reasons.contains(reason) {
            let list = reasons.map { "\"\($0)\"" }.joined(separator: ", ")
            errors.append(FieldError(.notSupported, "\(at).reason", value: JSONValue.string(reason).text(), "supported values: \(list)"))
        }
    }

    /// A rule as the server holds it.
    private static func printed(_ rule: JSONValue) -> String {
        let value: JSONValue = [
            "Rule": rule["rule"] ?? "", "Message": rule["message"] ?? "", "MessageExpression": rule["messageExpression"] ?? "",
            "Reason": rule["reason"] ?? .null, "FieldPath": rule["fieldPath"] ?? "", "OptionalOldSelf": rule["optionalOldSelf"] ?? .null,
        ]
        return value.text()
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
