// The rules of a custom resource's schema: `x-kubernetes-validations`.
//
// Differs from Kubernetes: what a rule may cost is counted in steps when it is evaluated, and not estimated when it is written.
// - Source: Kubernetes `staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go`

import KubernetesAPI

extension StructuralSchema {
    /// Whether there is a rule anywhere in it.
    var hasRules: Bool {
        if json["x-kubernetes-validations"]?.array?.isEmpty == false { return true }
        let inner = [json["items"], json["additionalProperties"]].compactMap { $0 } + (json["properties"]?.object?.members.map(\.value) ?? [])
        return inner.contains { StructuralSchema(json: $0).hasRules }
    }

    /// Adds what the rules refuse. `errors` holds what the schema refuses, which may leave the rules without a hearing.
    /// - Parameter warnings: what rules say of values that are as they were; nil if all have to be right.
    func validateRules(_ value: JSONValue, old: JSONValue?, warnings: inout [String]?, _ errors: inout [FieldError]) {
        guard hasRules else { return }
        let blocks = errors.contains {
            [.required, .notSupported, .tooLong, .tooMany].contains($0.kind) || $0.kind == .invalid && $0.detail.contains("in body must be of type ")
        }
        if blocks {
            let why = "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"
            errors.append(FieldError(.invalid, "<nil>", value: "null", why))
            return
        }
        var budget = 200_000
        validateRules(value, old: old, "", &budget, &warnings, &errors)
    }

    private func validateRules(
        _ value: JSONValue, old: JSONValue?, _ path: String, _ budget: inout Int, _ warnings: inout [String]?, _ errors: inout [FieldError]
    ) {
        // Rules are about what is there.
        if value == .null { return }
        for rule in json["x-kubernetes-validations"]?.array ?? [] {
            var problems: [FieldError] = []
            let isAboutChange = check(rule, value, old, path, &budget, &problems)
            if warnings == nil || isAboutChange || budget < 0 || old != value { errors += problems } else { warnings? += problems.map(\.message) }
        }
        switch value {
        case .object(let object):
            for (name, member) in object.members {
                guard let schema = json["properties"]?[name] ?? (json["additionalProperties"]?.object == nil ? nil : json["additionalProperties"]) else {
                    continue
                }
                let place = json["properties"]?[name] == nil ? "\(path)[\(name)]" : path.isEmpty ? name : "\(path).\(name)"
                StructuralSchema(json: schema).validateRules(member, old: old?[name], place, &budget, &warnings, &errors)
            }
        case .array(let elements):
            guard let items = json["items"] else { return }
            for (index, element) in elements.enumerated() {
                StructuralSchema(json: items).validateRules(
                    element, old: before(element, in: old), "\(path)[\(index)]", &budget, &warnings, &errors)
            }
        default: break
        }
    }

    /// Returns whether the rule is about a change.
    private func check(
        _ rule: JSONValue, _ value: JSONValue, _ old: JSONValue?, _ path: String, _ budget: inout Int, _ errors: inout [FieldError]
    ) -> Bool {
        // A rule that does not compile can be in a definition that was opened, or stored by an older server.
        guard budget >= 0, let text = rule["rule"]?.string, let expression = try? CELExpression(text) else { return false }
        let before = old == .null ? nil : old.map { CELValue($0, json) }
        let isOptional = rule["optionalOldSelf"] == true
        let isAboutChange = expression.names("oldSelf")
        if isAboutChange, before == nil, !isOptional { return true }
        var evaluation = CELEvaluation(variables: ["self": CELValue(value, json)], budget: budget)
        evaluation.variables["oldSelf"] = isOptional ? .optional(before) : before
        defer { budget = evaluation.budget }
        func trimmed(_ name: String) -> String? { rule[name]?.string.map(\.trimmed) }
        let type = JSONValue.string(json["type"]?.string ?? "").text()
        var place = path + (rule["fieldPath"]?.string ?? "")
        if place.hasPrefix(".") { place.removeFirst() }
        if place.isEmpty { place = "<nil>" }
        do throws(CELProblem) {
            if try evaluation.bool(try evaluation.value(expression)) { return isAboutChange }
        } catch {
            let shown = trimmed("message") ?? text.trimmed
            if evaluation.budget < 0 {
                let why = "validation failed due to running out of cost budget, no further validation rules will be run"
                errors.append(FieldError(.invalid, path.isEmpty ? "<nil>" : path, value: type, why))
                return isAboutChange
            }
            let why =
                error.text == "no such overload"
                ? "'\(error.text)': call arguments did not match a supported operator, function or macro signature for rule: \(shown)"
                : "\(error.text) evaluating rule: \(shown)"
            errors.append(FieldError(.invalid, path.isEmpty ? "<nil>" : path, value: type, why))
            return isAboutChange
        }
        var why = trimmed("message") ?? "failed rule: \(text.trimmed)"
        if let source = rule["messageExpression"]?.string, let message = try? CELExpression(source),
            case .string(let said)? = try? evaluation.value(message), !said.trimmed.isEmpty, !said.contains("\n")
        {
            why = said.trimmed
        }
        switch rule["reason"]?.string {
        case "FieldValueForbidden": errors.append(FieldError(.forbidden, place, why))
        case "FieldValueRequired": errors.append(FieldError(.required, place, why))
        case "FieldValueDuplicate": errors.append(FieldError(.duplicate, place, value: type))
        default: errors.append(FieldError(.invalid, place, value: type, why))
        }
        return isAboutChange
    }
}
