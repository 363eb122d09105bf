// What the API server refuses in the rules of a definition's schema.

import KubernetesAPI
import SimulationKit

/// Looks through the rules of a schema and of its parts, and adds up what they can cost.
///
/// A rule that could take the server too long is refused with the definition, not when an object comes that makes it slow.
/// - Source: Kubernetes `staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/{validation,cel_validation}.go`,
///   `pkg/apiserver/schema/cel/compilation.go`
struct RuleCheck {
    /// Whether what each rule costs is judged: not in a schema that stays as it is.
    private let isWeighed: Bool
    /// The minor version of Kubernetes whose library rules may use.
    private let minor: Int
    /// Expressions that are there already.
    private let kept: Set<String>
    private var formErrors: [FieldError] = []
    private var errors: [FieldError] = []
    private var total: UInt64 = 0
    /// The dearest expressions, the dearest first.
    private var dearest: [(path: String, cost: UInt64)] = []

    private static let limit: UInt64 = 10_000_000
    private static let totalLimit: UInt64 = 100_000_000

    /// - Parameters:
    ///   - minor: the API server's minor version. New expressions may use what the version before it knows too, so that one can go back.
    ///   - kept: expressions that the definition had before, in whatever place.
    static func errors(in schema: StructuralSchema, at path: String, isWeighed: Bool, minor: Int, kept: Set<String> = []) -> [FieldError] {
        var check = RuleCheck(isWeighed: isWeighed, minor: minor, kept: kept)
        check.look(at: schema, path, isRoot: true, changesWithin: nil, times: 1)
        check.judgeTotal(path)
        return check.formErrors + check.errors
    }

    private init(isWeighed: Bool, minor: Int, kept: Set<String>) { (self.isWeighed, self.minor, self.kept) = (isWeighed, minor, kept) }

    /// - Parameters:
    ///   - list: the list around it whose elements have no keys: changes of what is in there cannot be told.
    ///   - times: how often such a value is in an object at most; nil if nothing bounds that.
    private mutating func look(at schema: StructuralSchema, _ path: String, isRoot: Bool = false, changesWithin list: String?, times: UInt64?) {
        let known = formErrors.count
        let isList = schema.json["type"] == "array" && schema.json["x-kubernetes-list-type"] != "map"
        let within = times.flatMap { times in Self.most(schema.json).map { times.saturatingMultiply($0) } }
        for part in schema.parts(at: path) { look(at: part.schema, part.path, changesWithin: list ?? (isList ? path : nil), times: within) }
        let rules = schema.json["x-kubernetes-validations"]?.array ?? []
        guard !rules.isEmpty else { return }
        for (index, rule) in rules.enumerated() { requireForm(rule, schema, "\(path).x-kubernetes-validations[\(index)]") }
        // What is wrong with the form is told before what comes of it.
        guard formErrors.count == known, let type = CELType(schema, "selfType", isRoot: isRoot), let shape = CELShape(schema, isRoot: isRoot) else { return }
        let often = times ?? CELShape.request / shape.shortest.saturatingAdd(1)
        for (index, rule) in rules.enumerated() { require(rule, type, shape, "\(path).x-kubernetes-validations[\(index)]", changesWithin: list, often) }
    }

    /// How many parts of a kind a value has at most.
    private static func most(_ json: JSONValue) -> UInt64? {
        switch json["type"]?.string {
        case "array": CELShape.limit(json, "maxItems")
        case "object" where json["additionalProperties"] != nil: CELShape.limit(json, "maxProperties")
        default: 1
        }
    }

    private mutating func require(_ rule: JSONValue, _ type: CELType, _ shape: CELShape, _ at: String, changesWithin list: String?, _ times: UInt64) {
        let scope = ["self": type, "oldSelf": rule["optionalOldSelf"] == true ? .optional(type) : type]
        let text = rule["rule"]?.string ?? ""
        var isAboutChange = false
        if let condition = checked("rule", text, scope, .bool, rule, at, "compilation failed: ", "cel expression must evaluate to a bool") {
            isAboutChange = condition.expression.names("oldSelf")
            weigh("rule", CELCost.worst(condition, shape).saturatingMultiply(times), at)
            let (field, failed) = ("messageExpression", "messageExpression compilation failed: ")
            if let message = rule[field]?.string, !message.isEmpty,
                let said = checked(field, message, scope, .string, rule, at, failed, "messageExpression must evaluate to a string")
            {
                weigh(field, CELCost.worst(said, shape), at)
            }
        }
        if isAboutChange, let list {
            let why = "oldSelf cannot be used on the uncorrelatable portion of the schema within \(list)"
            errors.append(FieldError(.invalid, "\(at).rule", value: JSONValue.string(text).text(), why))
        } else if !isAboutChange, let wanted = rule["optionalOldSelf"], wanted != .null {
            errors.append(FieldError(.invalid, "\(at).optionalOldSelf", value: wanted.text(), "may not be set if oldSelf is not used in rule"))
        }
    }

    /// An expression of a rule; nil if it does not compile to the type that is wanted, which is noted.
    private mutating func checked(
        _ field: String, _ text: String, _ scope: [String: CELType], _ wanted: CELType, _ rule: JSONValue, _ at: String, _ failed: String,
        _ other: String
    ) -> CELChecked? {
        var why = other
        do throws(CELProblem) {
            let checked = try CELChecker.checked(text, scope, minor: isWeighed && !kept.contains(text) ? minor - 1 : minor)
            if checked.type == wanted { return checked }
        } catch {
            why = failed + error.text
        }
        errors.append(FieldError(.invalid, "\(at).\(field)", value: Self.printed(rule), why))
        return nil
    }

    // MARK: Costs

    private mutating func weigh(_ field: String, _ cost: UInt64, _ at: String) {
        if isWeighed, cost > Self.limit {
            errors.append(FieldError(.forbidden, "\(at).\(field)", Self.tooDear("estimated \(field) cost", cost, Self.limit)))
        }
        total = total.saturatingAdd(cost)
        // What makes up less than a hundredth is not worth telling.
        if cost >= Self.totalLimit / 100 {
            dearest = Array((dearest + [("\(at).\(field)", cost)]).sorted { $0.cost > $1.cost }.prefix(4))
        }
    }

    private mutating func judgeTotal(_ path: String) {
        guard total > Self.totalLimit else { return }
        let what = "estimated rule & messageExpression cost total"
        for (place, _) in dearest {
            errors.append(FieldError(.forbidden, place, "contributed to \(what) exceeding cost limit for entire OpenAPIv3 schema"))
        }
        errors.append(FieldError(.forbidden, path, Self.tooDear("x-kubernetes-validations \(what) for entire OpenAPIv3 schema", total, Self.totalLimit)))
    }

    private static func tooDear(_ what: String, _ cost: UInt64, _ limit: UInt64) -> String {
        let ratio = Double(cost) / Double(limit)
        // So that nothing is told to be 1.0 times too much.
        let factor = ratio > 100 ? "more than 100" : CELFunctions.fixed(ratio, ratio < 1.5 ? 6 : 1)
        return "\(what) exceeds budget by factor of \(factor)x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength "
            + "where arrays, maps, and strings are declared)"
    }

    // MARK: Form

    private mutating func requireForm(_ rule: JSONValue, _ schema: StructuralSchema, _ at: String) {
        func text(_ field: String) -> String? { rule[field]?.string }
        func invalid(_ field: String, _ why: String) {
            formErrors.append(FieldError(.invalid, "\(at).\(field)", value: JSONValue.string(text(field) ?? "").text(), why))
        }
        func isBroken(_ text: String) -> Bool { text.unicodeScalars.contains { $0 == "\n" || $0 == "\r" } }
        let (condition, message) = (text("rule")?.trimmed ?? "", text("message") ?? "")
        if condition.isEmpty {
            formErrors.append(FieldError(.required, "\(at).rule", "rule is not specified"))
        } else if !message.isEmpty, message.trimmed.isEmpty {
            invalid("message", "message must be non-empty if specified")
        } else if isBroken(message.trimmed) {
            invalid("message", "message must not contain line breaks")
        } else if isBroken(condition), message.isEmpty {
            formErrors.append(FieldError(.required, "\(at).message", "message must be specified if rule contains line breaks"))
        }
        if let message = text("messageExpression"), !message.isEmpty, message.trimmed.isEmpty {
            formErrors.append(FieldError(.required, "\(at).messageExpression", "messageExpression must be non-empty if specified"))
        }
        let reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"]
        if let reason = text("reason"), !reasons.contains(reason) {
            let list = reasons.map { "\"\($0)\"" }.joined(separator: ", ")
            formErrors.append(FieldError(.notSupported, "\(at).reason", value: JSONValue.string(reason).text(), "supported values: \(list)"))
        }
        if let field = text("fieldPath"), !field.isEmpty {
            if field.trimmed.isEmpty { invalid("fieldPath", "fieldPath must be non-empty if specified") }
            if isBroken(field) { invalid("fieldPath", "fieldPath must not contain line breaks") }
            if !schema.leads(field) { invalid("fieldPath", "fieldPath must be a valid path") }
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
}

extension StructuralSchema {
    /// Whether a path such as `.a['b']` is that of a field below, or of a value of a map.
    /// - Source: Kubernetes `staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go` (`ValidFieldPath`)
    func leads(_ path: String) -> Bool {
        var schema: JSONValue? = json
        var rest = Substring(path)
        while let sign = rest.popFirst() {
            let name: String
            if sign == "." {
                name = String(rest.prefix { !".[]".contains($0) })
                rest = rest.dropFirst(name.count)
                if name.isEmpty { return false }
            } else if sign == "[", let quoted = Self.quoted(&rest), rest.popFirst() == "]" {
                name = quoted
            } else {
                return false
            }
            if let properties = schema?["properties"]?.object {
                guard let property = properties[name] else { return false }
                schema = property
            } else {
                guard let values = schema?["additionalProperties"] else { return false }
                schema = values
            }
        }
        return true
    }

    private static let escapes: [Character: Character] = [
        "a": "\u{7}", "b": "\u{8}", "f": "\u{c}", "n": "\n", "r": "\r", "t": "\t", "v": "\u{b}", "'": "'", "\\": "\\",
    ]

    /// Takes a name in single quotes from the beginning of a path; nil if there is none.
    private static func quoted(_ rest: inout Substring) -> String? {
        guard rest.popFirst() == "'" else { return nil }
        var name = ""
        while let letter = rest.popFirst() {
            if letter == "'" { return name }
            guard letter == "\\" else {
                name.append(letter)
                continue
            }
            guard let escape = rest.popFirst(), let escaped = escapes[escape] else { return nil }
            name.append(escaped)
        }
        return nil
    }
}
