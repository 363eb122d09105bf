// What rules of custom resources come to.

import KubernetesAPI
import SimulationKit

/// Evaluates expressions with some variables, within a budget of steps.
struct CELEvaluation {
    var variables: [String: CELValue]
    /// What may still be done.
    var budget = 200_000

    mutating func value(_ expression: CELExpression) throws(CELProblem) -> CELValue {
        try pay(1)
        switch expression.node {
        case .literal(let value): return value
        case .name(let name):
            if let value = variables[name] { return value }
            if CELValue.types.contains(name) { return .type(name) }
            throw CELProblem(text: "no such attribute(s): \(name)")
        case .field(let inner, let name, let form): return try Self.field(of: try value(inner), name, form)
        case .call(let name, let target, let arguments): return try call(name, target, arguments)
        case .each(let macro, let range, let names, let inner): return try each(macro, try value(range), names, inner)
        case .list(let elements):
            var values: [CELValue] = []
            for element in elements {
                let value = try value(element.value)
                guard element.isOptional else {
                    values.append(value)
                    continue
                }
                guard case .optional(let inner) = value else { throw Self.noOverload }
                if let inner { values.append(inner) }
            }
            return .list(values)
        case .map(let entries):
            var values: [(key: CELValue, value: CELValue)] = []
            for entry in entries {
                let (key, value) = (try value(entry.key), try value(entry.value))
                guard entry.isOptional else {
                    values.append((key, value))
                    continue
                }
                guard case .optional(let inner) = value else { throw Self.noOverload }
                if let inner { values.append((key, inner)) }
            }
            return .map(values)
        }
    }

    /// - Throws: when the budget is used up.
    mutating func pay(_ steps: Int) throws(CELProblem) {
        budget = budget.saturatingSubtract(steps)
        if budget < 0 { throw CELProblem(text: "operation cancelled: actual cost limit exceeded") }
    }

    static var noOverload: CELProblem { CELProblem(text: "no such overload") }

    private mutating func call(_ name: String, _ target: CELExpression?, _ arguments: [CELExpression]) throws(CELProblem) -> CELValue {
        switch (name, arguments.count) {
        case ("_&&_", 2): return try logic(arguments[0], arguments[1], deciding: false)
        case ("_||_", 2): return try logic(arguments[0], arguments[1], deciding: true)
        case ("_?_:_", 3): return try bool(try value(arguments[0])) ? try value(arguments[1]) : try value(arguments[2])
        case ("or", 1), ("orValue", 1):
            // What stands in is looked at only if it is needed.
            guard let target, case .optional(let inner) = try value(target) else { throw Self.noOverload }
            guard let inner else { return try value(arguments[0]) }
            return name == "or" ? .optional(inner) : inner
        default: break
        }
        var values: [CELValue] = []
        if let target { values.append(try value(target)) }
        for argument in arguments { values.append(try value(argument)) }
        // What a function costs grows with what it is about.
        try pay(values.reduce(0) { $0.saturatingAdd($1.size / 10) })
        return try CELFunctions.call(name, values)
    }

    /// A field whose name is no name of the language is written in another way.
    private static func names(_ name: String) -> [String] {
        guard name.hasPrefix("__") || name.contains("__") else { return [name] }
        var plain = name
        if plain.hasPrefix("__"), plain.hasSuffix("__"), plain.count > 4 { plain = String(plain.dropFirst(2).dropLast(2)) }
        for (escaped, character) in [("__dot__", "."), ("__dash__", "-"), ("__slash__", "/"), ("__underscores__", "__")] {
            if name.contains(escaped) { plain = (plain.contains(escaped) ? plain : name).replacing(escaped, with: character) }
        }
        return [name, plain]
    }

    private static func field(of value: CELValue, _ name: String, _ form: CELExpression.Form) throws(CELProblem) -> CELValue {
        if case .optional(let inner) = value {
            guard let inner else { return form == .test ? .bool(false) : value }
            let found = try field(of: inner, name, form == .test ? .test : .optional)
            return found
        }
        guard case .map(let members) = value else { throw noOverload }
        let found = names(name).lazy.compactMap { name in members.first { CELValue.same($0.key, .string(name)) } }.first
        switch form {
        case .test: return .bool(found != nil)
        case .optional: return .optional(found?.value)
        case .plain:
            guard let found else { throw CELProblem(text: "no such key: \(name)") }
            return found.value
        }
    }

    func bool(_ value: CELValue) throws(CELProblem) -> Bool {
        guard case .bool(let value) = value else { throw Self.noOverload }
        return value
    }

    /// Either side may decide; what is wrong with the other is of no interest then.
    private mutating func logic(_ left: CELExpression, _ right: CELExpression, deciding: Bool) throws(CELProblem) -> CELValue {
        do throws(CELProblem) {
            if try bool(try value(left)) == deciding { return .bool(deciding) }
        } catch {
            if budget < 0 { throw error }
            if try bool(try value(right)) == deciding { return .bool(deciding) }
            throw error
        }
        return .bool(try bool(try value(right)))
    }

    /// What a macro goes through: keys or places, and values.
    private static func pairs(_ range: CELValue) throws(CELProblem) -> [(key: CELValue, value: CELValue)] {
        switch range {
        case .list(let list): return list.enumerated().map { (.int(Int64($0.offset)), $0.element) }
        case .map(let members): return members
        default: throw noOverload
        }
    }

    private mutating func each(_ macro: String, _ range: CELValue, _ names: [String], _ inner: [CELExpression]) throws(CELProblem) -> CELValue {
        let outer = names.map { variables[$0] }
        defer { for (name, value) in zip(names, outer) { variables[name] = value } }
        if macro == "optMap" || macro == "optFlatMap" {
            guard case .optional(let value) = range else { throw Self.noOverload }
            guard let value else { return range }
            variables[names[0]] = value
            let result = try self.value(inner[0])
            return macro == "optMap" ? .optional(result) : result
        }
        let isMap: Bool = if case .map = range { true } else { false }
        var found: [(key: CELValue, value: CELValue)] = []
        var (count, problem): (Int, CELProblem?) = (0, nil)
        for (key, element) in try Self.pairs(range) {
            // One name stands for the keys of a map, and for the elements of a list.
            let one = isMap ? key : element
            if names.count == 2 { variables[names[1]] = element }
            variables[names[0]] = names.count == 2 ? key : one
            do throws(CELProblem) {
                switch macro {
                case "map", "transformList", "transformMap", "transformMapEntry":
                    if inner.count == 2, !(try bool(try value(inner[0]))) { continue }
                    found.append((key, try value(inner[inner.count - 1])))
                case "sortBy": found.append((try value(inner[0]), element))
                case "filter": if try bool(try value(inner[0])) { found.append((key, one)) }
                case "all": if !(try bool(try value(inner[0]))) { return .bool(false) }
                case "exists": if try bool(try value(inner[0])) { return .bool(true) }
                default: if try bool(try value(inner[0])) { count += 1 }
                }
            } catch {
                // One element may decide without the others.
                if budget < 0 || !["all", "exists"].contains(macro) { throw error }
                problem = error
            }
        }
        if let problem { throw problem }
        switch macro {
        case "map", "filter", "transformList": return .list(found.map(\.value))
        case "transformMap": return .map(found)
        case "transformMapEntry": return .map(try Self.merged(found.map(\.value)))
        case "sortBy": return .list(try CELFunctions.sorted(found))
        case "all": return .bool(true)
        case "exists": return .bool(false)
        default: return .bool(count == 1)
        }
    }

    private static func merged(_ maps: [CELValue]) throws(CELProblem) -> [(key: CELValue, value: CELValue)] {
        var entries: [(key: CELValue, value: CELValue)] = []
        for map in maps {
            guard case .map(let members) = map else { throw noOverload }
            for member in members {
                if entries.contains(where: { CELValue.same($0.key, member.key) }) {
                    throw CELProblem(text: "insert failed: key \(member.key.text ?? "") already exists")
                }
                entries.append(member)
            }
        }
        return entries
    }
}

extension CELValue {
    /// How much there is to look through.
    fileprivate var size: Int {
        switch self {
        case .string(let text): text.utf8.count
        case .bytes(let bytes): bytes.count
        case .list(let list): list.count
        case .map(let members): members.count
        default: 1
        }
    }
}
