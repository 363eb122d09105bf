// Whether expressions fit the types of what they are about, said as the API server says it.

import KubernetesAPI
import SimulationKit

/// An expression without problems.
struct CELChecked {
    var expression: CELExpression
    var type: CELType
    /// The types of all its parts by their places; no two parts share one.
    var types: [Int: CELType]
}

/// Finds the type of an expression and what is wrong with it.
///
/// - Source: cel-go `checker/{checker,errors}.go`
struct CELChecker {
    /// The types of variables.
    private var scope: [String: CELType]
    private(set) var problems: [CELProblem] = []
    private var types: [Int: CELType] = [:]
    private let minor: Int

    init(_ scope: [String: CELType], minor: Int = .max) { (self.scope, self.minor) = (scope, minor) }

    /// What `text` says.
    ///
    /// - Parameter minor: the minor version of Kubernetes whose library it may use.
    /// - Throws: All that is wrong with it, as one text with the places.
    static func checked(_ text: String, _ scope: [String: CELType], minor: Int = .max) throws(CELProblem) -> CELChecked {
        let expression: CELExpression
        do { expression = try CELExpression(text) } catch { throw CELProblem(text: error.shown(in: text)) }
        var checker = CELChecker(scope, minor: minor)
        let type = checker.type(expression)
        if !checker.problems.isEmpty { throw CELProblem(text: checker.problems.map { $0.shown(in: text) }.joined(separator: "\n")) }
        return CELChecked(expression: expression, type: type, types: checker.types)
    }

    private mutating func refuse(_ text: String, at: Int) -> CELType {
        problems.append(CELProblem(text: text, at: at))
        return .dyn
    }

    private mutating func type(_ expression: CELExpression) -> CELType {
        let type = findType(expression)
        types[expression.at] = type
        return type
    }
    private mutating func findType(_ expression: CELExpression) -> CELType {
        switch expression.node {
        case .literal(let value): return value.type
        case .name(let name):
            if scope[name] == nil, CELValue.types.contains(name) { return .type(.dyn) }
            return scope[name] ?? refuse("undeclared reference to '\(name)' (in container '')", at: expression.at)
        case .field(let inner, let name, let form): return field(of: type(inner), name, form, at: expression.at)
        case .call(let name, let target, let arguments):
            let types = ((target.map { [$0] } ?? []) + arguments).map { type($0) }
            return call(name, types, isMember: target != nil, arguments, at: expression.at)
        case .each(let macro, let range, let names, let inner): return each(macro, range, names, inner, at: expression.at)
        case .list(let elements):
            let types = elements.map { element -> CELType in
                let type = type(element.value)
                return element.isOptional ? unwrapped(type, at: element.value.at) : type
            }
            return .list(joined(types, elements.map(\.value.at)))
        case .map(let entries):
            let keys = entries.map { type($0.key) }
            let values = entries.map { entry -> CELType in
                let type = type(entry.value)
                return entry.isOptional ? unwrapped(type, at: entry.value.at) : type
            }
            return .map(joined(keys, entries.map(\.key.at)), joined(values, entries.map(\.value.at)))
        }
    }

    private mutating func unwrapped(_ type: CELType, at: Int) -> CELType {
        switch type {
        case .optional(let inner): inner
        case .dyn: .dyn
        default: refuse("expected type 'optional_type(\(type.text))' but found '\(type.text)'", at: at)
        }
    }

    /// The one type of several values; values of a list all have one.
    private mutating func joined(_ types: [CELType], _ places: [Int]) -> CELType {
        guard let first = types.first else { return .dyn }
        var known = ["A": first]
        for (type, place) in zip(types, places).dropFirst() where !CELType.parameter("A").takes(type, &known) {
            return refuse("expected type '\(first.text)' but found '\(type.text)'", at: place)
        }
        return known["A"] ?? first
    }

    private mutating func field(of type: CELType, _ name: String, _ form: CELExpression.Form, at: Int) -> CELType {
        if form == .optional, minor < CELLibrary.optionalsSince { return refuse("unsupported syntax '.?'", at: at) }
        let found: CELType
        switch type {
        case .optional(let inner):
            let inner = field(of: inner, name, .plain, at: at)
            if form == .test { return .bool }
            if case .optional = inner { return inner }
            return .optional(inner)
        case .object: found = type.field(name) ?? refuse("undefined field '\(name)'", at: at)
        case .map(_, let value): found = value
        case .dyn: found = .dyn
        default: found = refuse("type '\(type.text)' does not support field selection", at: at)
        }
        switch form {
        case .plain: return found
        case .optional: return .optional(found)
        case .test: return .bool
        }
    }

    private mutating func call(_ name: String, _ types: [CELType], isMember: Bool, _ arguments: [CELExpression], at: Int) -> CELType {
        if name == "_[?_]", minor < CELLibrary.optionalsSince { return refuse("unsupported syntax '[?'", at: at) }
        guard let signatures = CELLibrary.signatures(name, minor: minor) else { return refuse("undeclared reference to '\(name)' (in container '')", at: at) }
        let results = signatures.compactMap { $0.callable(with: types, isMember: isMember) }
        if let first = results.first {
            checkLiterals(name, arguments)
            return results.allSatisfy { $0 == first } ? first : .dyn
        }
        let list = types.dropFirst(isMember ? 1 : 0).map(\.text).joined(separator: ", ")
        return refuse("found no matching overload for '\(name)' applied to '\(isMember ? "\(types[0].text)." : "")(\(list))'", at: at)
    }

    /// Patterns, moments and durations that are written out are read when the rule is.
    private mutating func checkLiterals(_ name: String, _ arguments: [CELExpression]) {
        guard let last = arguments.last, case .literal(.string(let text)) = last.node else { return }
        let isRight =
            switch name {
            // What only Go's own reader knows may be right.
            case "matches": (try? SearchPattern(text, exact: true)) != nil || text.contains("\\") || text.contains("(?")
            case "timestamp": Instant(rfc3339: text) != nil
            case "duration": Duration(text) != nil
            default: true
            }
        if !isRight { _ = refuse("invalid \(name) argument", at: last.at) }
    }

    private mutating func each(_ macro: String, _ over: CELExpression, _ names: [String], _ inner: [CELExpression], at: Int) -> CELType {
        let range = type(over)
        if minor < CELLibrary.since(macro: macro, variables: names.count) {
            return refuse("undeclared reference to '\(macro)' (in container '')", at: at)
        }
        var variables: [CELType]
        switch range {
        case .dyn: variables = Array(repeating: .dyn, count: names.count)
        case .optional(let value) where macro.hasPrefix("opt"): variables = [value]
        case .list(let element) where !macro.hasPrefix("opt"): variables = names.count == 2 ? [.int, element] : [element]
        case .map(let key, let value) where !macro.hasPrefix("opt"): variables = [key, value]
        default:
            if macro.hasPrefix("opt") { return refuse("found no matching overload for '\(macro)' applied to '\(range.text).(dyn)'", at: at) }
            return refuse("expression of type '\(range.text)' cannot be range of a comprehension (must be list, map, or dynamic)", at: over.at)
        }
        let outer = scope
        defer { scope = outer }
        for (name, type) in zip(names, variables) { scope[name] = type }
        var types = inner.map { type($0) }
        let result = types.popLast() ?? .dyn
        let conditions = ["map", "transformList", "transformMap", "transformMapEntry"].contains(macro) ? types : types + [result]
        if !["sortBy", "optMap", "optFlatMap"].contains(macro) {
            for type in conditions where type != .bool && type != .dyn { _ = refuse(Self.mismatch(macro, type), at: at) }
        }
        return resultType(macro, range, result)
    }

    /// Conditions become operands of what the macro stands for.
    private static func mismatch(_ macro: String, _ type: CELType) -> String {
        switch macro {
        case "all": "found no matching overload for '_&&_' applied to '(bool, \(type.text))'"
        case "exists": "found no matching overload for '_||_' applied to '(bool, \(type.text))'"
        default: "found no matching overload for '_?_:_' applied to '(\(type.text), dyn, dyn)'"
        }
    }

    private func resultType(_ macro: String, _ range: CELType, _ result: CELType) -> CELType {
        var key: CELType {
            switch range {
            case .map(let key, _): key
            case .list: .int
            default: .dyn
            }
        }
        switch macro {
        case "map", "transformList": return .list(result)
        case "filter":
            if case .map(let key, _) = range { return .list(key) }
            return range
        case "sortBy", "optFlatMap": return macro == "sortBy" ? range : result
        case "optMap": return .optional(result)
        case "transformMap": return .map(key, result)
        case "transformMapEntry": return result
        default: return .bool
        }
    }
}
