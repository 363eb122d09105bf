// The rules of a custom resource's schema: `x-kubernetes-validations`.
//
// Differs from Kubernetes: a rule that cannot be read, or that names what is not known here (optionals, quantities, addresses, URLs,
// formats), is passed over; there a definition with a rule that cannot be read is refused.
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
    func validateRules(_ value: JSONValue, old: JSONValue?, _ errors: inout [FieldError]) {
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
        validateRules(value, old: old, "", &budget, &errors)
    }

    private func validateRules(_ value: JSONValue, old: JSONValue?, _ path: String, _ budget: inout Int, _ errors: inout [FieldError]) {
        // Rules are about what is there.
        if value == .null { return }
        for rule in json["x-kubernetes-validations"]?.array ?? [] { check(rule, value, old, path, &budget, &errors) }
        switch value {
        case .object(let object):
            for (name, member) in object.members {
                guard let schema = json["properties"]?[name] ?? (json["additionalProperties"]?.object == nil ? nil : json["additionalProperties"]) else {
                    continue
                }
                let place = json["properties"]?[name] == nil ? "\(path)[\(name)]" : path.isEmpty ? name : "\(path).\(name)"
                StructuralSchema(json: schema).validateRules(member, old: old?[name], place, &budget, &errors)
            }
        case .array(let elements):
            guard let items = json["items"] else { return }
            let keys = json["x-kubernetes-list-type"] == "map" ? json["x-kubernetes-list-map-keys"]?.array?.compactMap(\.string) ?? [] : []
            for (index, element) in elements.enumerated() {
                // Only elements with keys are the same ones as before.
                let before = keys.isEmpty ? nil : old?.array?.first { other in keys.allSatisfy { other[$0] == element[$0] } }
                StructuralSchema(json: items).validateRules(element, old: before, "\(path)[\(index)]", &budget, &errors)
            }
        default: break
        }
    }

    private func check(_ rule: JSONValue, _ value: JSONValue, _ old: JSONValue?, _ path: String, _ budget: inout Int, _ errors: inout [FieldError]) {
        guard budget >= 0, let text = rule["rule"]?.string, rule["optionalOldSelf"] != true, let expression = try? CELExpression(text) else { return }
        if expression.names("oldSelf"), old == nil || old == .null { return }
        var evaluation = CELEvaluation(variables: ["self": CELValue(value, json)], budget: budget)
        if let old { evaluation.variables["oldSelf"] = CELValue(old, json) }
        defer { budget = evaluation.budget }
        func trimmed(_ name: String) -> String? { rule[name]?.string.map(\.trimmed) }
        let type = JSONValue.string(json["type"]?.string ?? "").text()
        var place = path + (rule["fieldPath"]?.string ?? "")
        if place.hasPrefix(".") { place.removeFirst() }
        if place.isEmpty { place = "<nil>" }
        do throws(CELProblem) {
            if try evaluation.bool(try evaluation.value(expression)) { return }
        } catch {
            if error.isUnknown { return }
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
