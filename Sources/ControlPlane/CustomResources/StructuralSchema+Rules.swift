// The rules of a custom resource's schema: `x-kubernetes-validations`.
//
// Differs from Kubernetes: what a rule may cost is counted in steps when it is evaluated, and not estimated when it is written. A
// rule that does not hold for what an update leaves as it is is passed over without a warning.
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
    /// - Parameter isRatcheting: what is as it was need not be right.
    func validateRules(_ value: JSONValue, old: JSONValue?, isRatcheting: Bool, _ errors: inout [FieldError]) {
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
        validateRules(value, old: old, isRatcheting: isRatcheting, "", &budget, &errors)
    }

    private func validateRules(
        _ value: JSONValue, old: JSONValue?, isRatcheting: Bool, _ path: String, _ budget: inout Int, _ errors: inout [FieldError]
    ) {
        // Rules are about what is there.
        if value == .null { return }
        for rule in json["x-kubernetes-validations"]?.array ?? [] {
            check(rule, value, old, isKept: isRatcheting && old == value, path, &budget, &errors)
        }
        switch value {
        case .object(let object):
            for (name, member) in object.members {
                guard let schema = json["properties"]?[name] ?? (json["additionalProperties"]?.object == nil ? nil : json["additionalProperties"]) else {
                    continue
                }
                let place = json["properties"]?[name] == nil ? "\(path)[\(name)]" : path.isEmpty ? name : "\(path).\(name)"
                StructuralSchema(json: schema).validateRules(member, old: old?[name], isRatcheting: isRatcheting, place, &budget, &errors)
            }
        case .array(let elements):
            guard let items = json["items"] else { return }
            for (index, element) in elements.enumerated() {
                StructuralSchema(json: items).validateRules(
                    element, old: before(element, in: old), isRatcheting: isRatcheting, "\(path)[\(index)]", &budget, &errors)
            }
        default: break
        }
    }

    private func check(
        _ rule: JSONValue, _ value: JSONValue, _ old: JSONValue?, isKept: Bool, _ path: String, _ budget: inout Int, _ errors: inout [FieldError]
    ) {
        // A rule that does not compile can be in a definition that was opened, or stored by an older server.
        guard budget >= 0, let text = rule["rule"]?.string, let expression = try? CELExpression(text) else { return }
        let before = old == .null ? nil : old.map { CELValue($0, json) }
        let isOptional = rule["optionalOldSelf"] == true
        if expression.names("oldSelf") ? before == nil && !isOptional : isKept { return }
        var evaluation = CELEvaluation(variables: ["self": CELValue(value, json)], budget: budget)
        evaluation.variables["oldSelf"] = isOptional ? .optional(before) : before
        defer { budget = evaluation.budget }
        func trimmed(_ name: String) -> String? { rule[name]?.string.map(\.trimmed) }
        let type = JSONValue.string(json["type"]?.string ?? "").text()
        var place = path + (rule["fieldPath"]?.string ?? "")
        if place.hasPrefix(".") { place.removeFirst() }
        if place.isEmpty { place = "<nil>" }
        do throws(CELProblem) {
            if try evaluation.bool(try evaluation.value(expression)) { return }
        } catch {
            let shown = trimmed("message") ?? text.trimmed
            if evaluation.budget < 0 {
                let why = "validation failed due to running out of cost budget, no further validation rules will be run"
                errors.append(FieldError(.invalid, path.isEmpty ? "<nil>" : path, value: type, why))
                return
            }
            let why =
                error.text == "no such overload"
                ? "'\(error.text)': call arguments did not match a supported operator, function or macro signature for rule: \(shown)"
                : "\(error.text) evaluating rule: \(shown)"
            errors.append(FieldError(.invalid, path.isEmpty ? "<nil>" : path, value: type, why))
            return
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
    }
}
