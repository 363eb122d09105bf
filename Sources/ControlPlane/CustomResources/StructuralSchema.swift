// The schema of a custom resource: what it leaves out, fills in and refuses.
//
// Differs from Kubernetes: patterns with `\p{…}` are taken to match.
// - Source: Kubernetes `staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema`, `kube-openapi/pkg/validation`

import KubernetesAPI
import SimulationKit

/// One `openAPIV3Schema`, or a part of it.
struct StructuralSchema: Sendable {
    let json: JSONValue

    /// Fields of the object itself, which no schema need name.
    private static let ownFields = ["apiVersion", "kind", "metadata"]

    private func part(_ name: String) -> StructuralSchema? { json[name].map(StructuralSchema.init) }
    private func property(_ name: String) -> StructuralSchema? { json["properties"]?[name].map(StructuralSchema.init) }
    /// Of the values of a map; nil if it has none or takes any.
    private var values: StructuralSchema? { json["additionalProperties"]?.object == nil ? nil : part("additionalProperties") }
    private func flag(_ name: String) -> Bool { json[name] == true }
    private var isEmbedded: Bool { flag("x-kubernetes-embedded-resource") }

    // MARK: Structure

    enum Part: String {
        case root = "must not be empty at the root"
        case items = "must not be empty for specified array items"
        case field = "must not be empty for specified object fields"
    }

    /// Refuses a schema that leaves the types of its parts open.
    func requireTypes(at path: String, of kind: Part, _ errors: inout [FieldError]) {
        let type = json["type"]?.string ?? ""
        if type.isEmpty {
            if !flag("x-kubernetes-int-or-string"), !flag("x-kubernetes-preserve-unknown-fields") {
                errors.append(FieldError(.required, "\(path).type", kind.rawValue))
            }
        } else if !Self.types.contains(type) {
            let list = Self.types.map { "\"\($0)\"" }.joined(separator: ", ")
            errors.append(FieldError(.notSupported, "\(path).type", value: "\"\(type)\"", "supported values: \(list)"))
        }
        if type == "array", json["items"] == nil { errors.append(FieldError(.required, "\(path).items", "must be specified")) }
        part("items")?.requireTypes(at: "\(path).items", of: .items, &errors)
        values?.requireTypes(at: "\(path).additionalProperties", of: .field, &errors)
        for (name, schema) in json["properties"]?.object?.members ?? [] where kind != .root || !Self.ownFields.contains(name) {
            StructuralSchema(json: schema).requireTypes(at: "\(path).properties[\(name)]", of: .field, &errors)
        }
    }
    private static let types = ["array", "boolean", "integer", "number", "object", "string"]

    // MARK: Pruning

    /// `value` without the fields that the schema does not know; their paths are added to `unknown`.
    func pruned(_ value: JSONValue, _ unknown: inout [String], at path: String = "", isRoot: Bool = true) -> JSONValue {
        switch value {
        case .object(let object):
            var result = JSONObject()
            for (name, member) in object.members {
                let place = path.isEmpty ? name : "\(path).\(name)"
                if (isRoot || isEmbedded) && Self.ownFields.contains(name) {
                    result.members.append((name, member))
                } else if let schema = property(name) ?? values {
                    result.members.append((name, schema.pruned(member, &unknown, at: place, isRoot: false)))
                } else if flag("x-kubernetes-preserve-unknown-fields") || json["additionalProperties"] == true {
                    result.members.append((name, member))
                } else {
                    unknown.append(place)
                }
            }
            return .object(result)
        case .array(let elements):
            guard let items = part("items") else { return value }
            var result: [JSONValue] = []
            for (index, element) in elements.enumerated() { result.append(items.pruned(element, &unknown, at: "\(path)[\(index)]", isRoot: false)) }
            return .array(result)
        default: return value
        }
    }

    // MARK: Defaults

    /// `value` with the defaults of the fields that it does not say.
    func defaulted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(var object):
            for (name, property) in json["properties"]?.object?.members ?? [] {
                let schema = StructuralSchema(json: property)
                let present = object[name]
                if let standard = property["default"], present == nil || present == .null && !schema.flag("nullable") { object[name] = standard }
                if let member = object[name] { object[name] = schema.defaulted(member) }
            }
            if let values {
                for (index, member) in object.members.enumerated() where property(member.key) == nil {
                    object.members[index].value = values.defaulted(member.value)
                }
            }
            return .object(object)
        case .array(let elements):
            guard let items = part("items") else { return value }
            return .array(elements.map(items.defaulted))
        default: return value
        }
    }

    // MARK: Validation

    /// - Parameter old: what was here before, if what stays as it is need not be right.
    func validate(_ value: JSONValue, _ path: String, isRoot: Bool, old: JSONValue? = nil, _ errors: inout [FieldError]) {
        if value == .null, flag("nullable") { return }
        if old == value { return }
        guard validateType(value, path, &errors) else { return }
        if let allowed = json["enum"]?.array, !allowed.contains(value) {
            let list = allowed.map { JSONValue.string($0.string ?? $0.text()).text() }.joined(separator: ", ")
            errors.append(FieldError(.notSupported, path, value: value.text(), "supported values: \(list)"))
        }
        switch value {
        case .int(let number): validate(Double(number), value, path, &errors)
        case .double(let number): validate(number, value, path, &errors)
        case .string(let text): validate(text, path, &errors)
        case .array(let elements): validate(elements, path, old: old, &errors)
        case .object(let object): validate(object, path, isRoot: isRoot, old: old, &errors)
        default: break
        }
        validateLogic(value, path, old: old, &errors)
    }

    /// The element of a list that was this one before: only elements with keys can be found again.
    func before(_ element: JSONValue, in old: JSONValue?) -> JSONValue? {
        let keys = json["x-kubernetes-list-type"] == "map" ? json["x-kubernetes-list-map-keys"]?.array?.compactMap(\.string) ?? [] : []
        return keys.isEmpty ? nil : old?.array?.first { other in keys.allSatisfy { other[$0] == element[$0] } }
    }

    private func refuse(_ path: String, _ value: JSONValue, _ why: String, _ errors: inout [FieldError]) {
        errors.append(FieldError(.invalid, path, value: value.text(), "\(path) in body \(why)"))
    }

    private func validateType(_ value: JSONValue, _ path: String, _ errors: inout [FieldError]) -> Bool {
        if flag("x-kubernetes-int-or-string") {
            switch value {
            case .int, .string: return true
            default: break
            }
            refuse(path, .string(Self.typeName(value)), "must be of type integer,string: \"\(Self.typeName(value))\"", &errors)
            return false
        }
        guard let type = json["type"]?.string else { return true }
        let found = Self.typeName(value)
        if found == type || type == "number" && found == "integer" { return true }
        refuse(path, .string(found), "must be of type \(type): \"\(found)\"", &errors)
        return false
    }

    private static func typeName(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool: "boolean"
        case .int: "integer"
        case .double(let number): number == number.rounded() && abs(number) < 9e15 ? "integer" : "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    private func number(_ name: String) -> Double? {
        switch json[name] {
        case .int(let number): Double(number)
        case .double(let number): number
        default: nil
        }
    }
    private func count(_ name: String) -> Int? { json[name]?.int.map { Int($0) } }

    private func validate(_ number: Double, _ value: JSONValue, _ path: String, _ errors: inout [FieldError]) {
        if let most = self.number("maximum") {
            let limit = json["maximum"]?.text() ?? ""
            if flag("exclusiveMaximum") {
                if number >= most { refuse(path, value, "should be less than \(limit)", &errors) }
            } else if number > most {
                refuse(path, value, "should be less than or equal to \(limit)", &errors)
            }
        }
        if let least = self.number("minimum") {
            let limit = json["minimum"]?.text() ?? ""
            if flag("exclusiveMinimum") {
                if number <= least { refuse(path, value, "should be greater than \(limit)", &errors) }
            } else if number < least {
                refuse(path, value, "should be greater than or equal to \(limit)", &errors)
            }
        }
        if let step = self.number("multipleOf"), step > 0, (number / step).rounded() * step != number {
            refuse(path, value, "should be a multiple of \(json["multipleOf"]?.text() ?? "")", &errors)
        }
    }

    private func validate(_ text: String, _ path: String, _ errors: inout [FieldError]) {
        let length = text.unicodeScalars.count
        if let most = count("maxLength"), length > most {
            errors.append(FieldError(.tooLong, path, "may not be more than \(most) bytes"))
        }
        if let least = count("minLength"), length < least { refuse(path, .string(text), "should be at least \(least) chars long", &errors) }
        if let pattern = json["pattern"]?.string, let matcher = try? SearchPattern(pattern, exact: true), !matcher.isFound(in: text) {
            refuse(path, .string(text), "should match '\(pattern)'", &errors)
        }
        if let format = json["format"]?.string, !Self.isInFormat(text, format) {
            refuse(path, .string(text), "must be of type \(format): \(JSONValue.string(text).text())", &errors)
        }
    }

    /// The formats of texts that are looked at; all others are taken as they are, as Kubernetes does with those it does not know.
    private static func isInFormat(_ text: String, _ format: String) -> Bool {
        switch format {
        case "date-time": Instant(rfc3339: text) != nil
        case "date": Instant(rfc3339: text + "T00:00:00Z") != nil
        case "duration": Duration(text) != nil
        case "byte": text.utf8.count % 4 == 0 && text.utf8.allSatisfy { 48...57 ~= $0 || 65...90 ~= $0 || 97...122 ~= $0 || [43, 47, 61].contains($0) }
        default: true
        }
    }

    private func validate(_ elements: [JSONValue], _ path: String, old: JSONValue?, _ errors: inout [FieldError]) {
        if let most = count("maxItems"), elements.count > most {
            errors.append(FieldError(.tooMany, path, value: "\(elements.count)", "must have at most \(most) items"))
        }
        if let least = count("minItems"), elements.count < least {
            refuse(path, .int(Int64(elements.count)), "should have at least \(least) items", &errors)
        }
        if let items = part("items") {
            for (index, element) in elements.enumerated() {
                items.validate(element, "\(path)[\(index)]", isRoot: false, old: before(element, in: old), &errors)
            }
        }
        if let before = old?.array, !duplicates(before, path).isEmpty { return }
        errors += duplicates(elements, path)
    }

    /// The elements of a set or a map that are there more than once.
    private func duplicates(_ elements: [JSONValue], _ path: String) -> [FieldError] {
        var errors: [FieldError] = []
        let keys = json["x-kubernetes-list-map-keys"]?.array?.compactMap(\.string) ?? []
        var seen: Set<String> = []
        for (index, element) in elements.enumerated() {
            var shown: String
            switch json["x-kubernetes-list-type"]?.string {
            case "set": shown = element.text()
            case "map":
                let members = keys.sorted().compactMap { key in (element[key] ?? items(default: key)).map { "\(JSONValue.string(key).text()):\($0.text())" } }
                shown = "{\(members.joined(separator: ","))}"
            default: return []
            }
            if !seen.insert(shown).inserted { errors.append(FieldError(.duplicate, "\(path)[\(index)]", value: shown)) }
        }
        return errors
    }
    private func items(default key: String) -> JSONValue? { json["items"]?["properties"]?[key]?["default"] }

    private func validate(_ object: JSONObject, _ path: String, isRoot: Bool, old: JSONValue?, _ errors: inout [FieldError]) {
        func place(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
        for name in json["required"]?.array?.compactMap(\.string) ?? [] where object[name] == nil { errors.append(FieldError(.required, place(name))) }
        if let most = count("maxProperties"), object.members.count > most {
            refuse(path, .int(Int64(object.members.count)), "should have at most \(most) properties", &errors)
        }
        if let least = count("minProperties"), object.members.count < least {
            refuse(path, .int(Int64(object.members.count)), "should have at least \(least) properties", &errors)
        }
        for (name, member) in object.members {
            if (isRoot || isEmbedded) && Self.ownFields.contains(name) && name != "metadata" { continue }
            if let schema = property(name) ?? values { schema.validate(member, place(name), isRoot: false, old: old?[name], &errors) }
        }
    }

    private func validateLogic(_ value: JSONValue, _ path: String, old: JSONValue?, _ errors: inout [FieldError]) {
        func problems(_ schema: JSONValue) -> [FieldError] {
            var found: [FieldError] = []
            StructuralSchema(json: schema).validate(value, path, isRoot: false, old: old, &found)
            return found
        }
        func refuse(_ why: String) { errors.append(FieldError(.invalid, path, value: "\"\"", "\"\(path)\" \(why)")) }
        if let schemas = json["allOf"]?.array {
            let found = schemas.flatMap(problems)
            if !found.isEmpty {
                refuse("must validate all the schemas (allOf)")
                errors += found
            }
        }
        if let schemas = json["anyOf"]?.array, !schemas.isEmpty, !schemas.contains(where: { problems($0).isEmpty }) {
            refuse("must validate at least one schema (anyOf)")
        }
        if let schemas = json["oneOf"]?.array {
            let valid = schemas.count { problems($0).isEmpty }
            if valid != 1 {
                refuse("must validate one and only one schema (oneOf). Found \(valid == 0 ? "none" : "\(valid)") valid\(valid > 1 ? " alternatives" : "")")
            }
        }
        if let schema = json["not"], problems(schema).isEmpty { refuse("must not validate the schema (not)") }
    }
}
