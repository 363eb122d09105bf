// What rules of custom resources come to.

import KubernetesAPI
import SimulationKit

/// Evaluates expressions with some variables, within a budget of steps.
struct CELEvaluation {
    var variables: [String: CELValue]
    /// What may still be done.
    var budget = 200_000

    mutating func value(_ expression: CELExpression) throws(CELProblem) -> CELValue {
        budget -= 1
        if budget < 0 { throw CELProblem(text: "operation cancelled: actual cost limit exceeded") }
        switch expression {
        case .literal(let value): return value
        case .name(let name):
            guard let value = variables[name] else { throw CELProblem(text: "undeclared reference to '\(name)'", isUnknown: true) }
            return value
        case .field(let inner, let name, let isTest):
            guard case .map(let members) = try value(inner) else { throw Self.noOverload("select") }
            let found = Self.names(name).lazy.compactMap { name in members.first { CELValue.same($0.key, .string(name)) } }.first
            if isTest { return .bool(found != nil) }
            guard let found else { throw CELProblem(text: "no such key: \(name)") }
            return found.value
        case .index(let list, let place): return try element(of: try value(list), try value(place))
        case .call(let name, let target, let arguments):
            let on: CELValue? = if let target { try value(target) } else { nil }
            var values: [CELValue] = []
            for argument in arguments { values.append(try value(argument)) }
            return try CELFunctions.call(name, (on.map { [$0] } ?? []) + values, isMember: on != nil)
        case .each(let macro, let range, let names, let inner): return try each(macro, try value(range), names[0], inner)
        case .list(let elements):
            var values: [CELValue] = []
            for element in elements { values.append(try value(element)) }
            return .list(values)
        case .map(let entries):
            var values: [(key: CELValue, value: CELValue)] = []
            for entry in entries { values.append((try value(entry.key), try value(entry.value))) }
            return .map(values)
        case .not(let inner): return .bool(!(try bool(try value(inner))))
        case .negative(let inner):
            switch try value(inner) {
            case .int(let value) where value != .min: return .int(-value)
            case .double(let value): return .double(-value)
            default: throw Self.noOverload("-_")
            }
        case .binary("&&", let left, let right): return try logic(left, right, deciding: false)
        case .binary("||", let left, let right): return try logic(left, right, deciding: true)
        case .binary(let sign, let left, let right): return try CELFunctions.apply(sign, try value(left), try value(right))
        case .choice(let condition, let then, let other): return try bool(try value(condition)) ? try value(then) : try value(other)
        }
    }

    static func noOverload(_ name: String) -> CELProblem { CELProblem(text: "no such overload") }

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

    func bool(_ value: CELValue) throws(CELProblem) -> Bool {
        guard case .bool(let value) = value else { throw Self.noOverload("!_") }
        return value
    }

    /// Either side may decide; what is wrong with the other is of no interest then.
    private mutating func logic(_ left: CELExpression, _ right: CELExpression, deciding: Bool) throws(CELProblem) -> CELValue {
        do throws(CELProblem) {
            if try bool(try value(left)) == deciding { return .bool(deciding) }
        } catch {
            if error.isUnknown || budget < 0 { throw error }
            if try bool(try value(right)) == deciding { return .bool(deciding) }
            throw error
        }
        return .bool(try bool(try value(right)))
    }

    private func element(of list: CELValue, _ place: CELValue) throws(CELProblem) -> CELValue {
        switch list {
        case .list(let elements):
            guard let number = place.number, let index = Int(exactly: number) else { throw Self.noOverload("_[_]") }
            guard elements.indices.contains(index) else { throw CELProblem(text: "index out of bounds: \(index)") }
            return elements[index]
        case .map(let members):
            guard let found = members.first(where: { CELValue.same($0.key, place) }) else {
                throw CELProblem(text: "no such key: \(place.text ?? "")")
            }
            return found.value
        default: throw Self.noOverload("_[_]")
        }
    }

    private mutating func each(_ macro: String, _ range: CELValue, _ name: String, _ inner: [CELExpression]) throws(CELProblem) -> CELValue {
        let elements: [CELValue]
        switch range {
        case .list(let list): elements = list
        case .map(let members): elements = members.map(\.key)
        default: throw Self.noOverload(macro)
        }
        let outer = variables[name]
        defer { variables[name] = outer }
        var found: [CELValue] = []
        var (count, problem): (Int, CELProblem?) = (0, nil)
        for element in elements {
            variables[name] = element
            do throws(CELProblem) {
                switch macro {
                case "map" where inner.count == 1: found.append(try value(inner[0]))
                case "map": if try bool(try value(inner[0])) { found.append(try value(inner[1])) }
                case "filter": if try bool(try value(inner[0])) { found.append(element) }
                case "all": if !(try bool(try value(inner[0]))) { return .bool(false) }
                case "exists": if try bool(try value(inner[0])) { return .bool(true) }
                default: if try bool(try value(inner[0])) { count += 1 }
                }
            } catch {
                // One element may decide without the others.
                if error.isUnknown || budget < 0 || !["all", "exists"].contains(macro) { throw error }
                problem = error
            }
        }
        if let problem { throw problem }
        switch macro {
        case "map", "filter": return .list(found)
        case "all": return .bool(true)
        case "exists": return .bool(false)
        default: return .bool(count == 1)
        }
    }
}

/// Operators and functions.
enum CELFunctions {
    static func apply(_ sign: String, _ a: CELValue, _ b: CELValue) throws(CELProblem) -> CELValue {
        switch sign {
        case "==": return .bool(CELValue.same(a, b))
        case "!=": return .bool(!CELValue.same(a, b))
        case "<": return .bool(try isLess(a, b))
        case ">": return .bool(try isLess(b, a))
        case "<=": return .bool(try !isLess(b, a))
        case ">=": return .bool(try !isLess(a, b))
        case "in":
            switch b {
            case .list(let elements): return .bool(elements.contains { CELValue.same($0, a) })
            case .map(let members): return .bool(members.contains { CELValue.same($0.key, a) })
            default: throw CELEvaluation.noOverload(sign)
            }
        default: return try calculate(sign, a, b)
        }
    }

    private static func isLess(_ a: CELValue, _ b: CELValue) throws(CELProblem) -> Bool {
        guard let result = CELValue.isLess(a, b) else { throw CELEvaluation.noOverload("_<_") }
        return result
    }

    private static func calculate(_ sign: String, _ a: CELValue, _ b: CELValue) throws(CELProblem) -> CELValue {
        switch (sign, a, b) {
        case ("+", .string(let a), .string(let b)): return .string(a + b)
        case ("+", .list(let a), .list(let b)): return .list(a + b)
        case ("+", .duration(let a), .duration(let b)): return .duration(a + b)
        case ("+", .timestamp(let a), .duration(let b)), ("+", .duration(let b), .timestamp(let a)): return .timestamp(a + b)
        case ("-", .duration(let a), .duration(let b)): return .duration(a - b)
        case ("-", .timestamp(let a), .duration(let b)): return .timestamp(a - b)
        case ("-", .timestamp(let a), .timestamp(let b)): return .duration(a - b)
        case (_, .int(let a), .int(let b)):
            if sign == "/" || sign == "%", b == 0 { throw CELProblem(text: sign == "/" ? "division by zero" : "modulus by zero") }
            let (value, isOver): (Int64, Bool) =
                switch sign {
                case "+": a.addingReportingOverflow(b)
                case "-": a.subtractingReportingOverflow(b)
                case "*": a.multipliedReportingOverflow(by: b)
                case "/": a.dividedReportingOverflow(by: b)
                default: a.remainderReportingOverflow(dividingBy: b)
                }
            if isOver { throw CELProblem(text: "integer overflow") }
            return .int(value)
        case ("+", .double(let a), .double(let b)): return .double(a + b)
        case ("-", .double(let a), .double(let b)): return .double(a - b)
        case ("*", .double(let a), .double(let b)): return .double(a * b)
        case ("/", .double(let a), .double(let b)): return .double(a / b)
        default: throw CELEvaluation.noOverload(sign)
        }
    }

    /// The value of a function; the first argument of a member is what it is called on.
    static func call(_ name: String, _ arguments: [CELValue], isMember: Bool) throws(CELProblem) -> CELValue {
        if name == "dyn", arguments.count == 1 { return arguments[0] }
        if arguments.count == 1, let value = try one(name, arguments[0]) { return value }
        switch (name, arguments.first, arguments.dropFirst().first) {
        case ("startsWith", .string(let text)?, .string(let part)?): return .bool(text.hasPrefix(part))
        case ("endsWith", .string(let text)?, .string(let part)?): return .bool(text.hasSuffix(part))
        case ("contains", .string(let text)?, .string(let part)?): return .bool(text.contains(part))
        case ("matches", .string(let text)?, .string(let pattern)?):
            guard let pattern = try? SearchPattern(pattern, exact: true) else { throw CELProblem(text: "patterns of this form", isUnknown: true) }
            return .bool(pattern.isFound(in: text))
        case ("indexOf", .string(let text)?, .string(let part)?) where arguments.count == 2:
            return .int(text.firstRange(of: part).map { Int64(text[..<$0.lowerBound].unicodeScalars.count) } ?? -1)
        case ("indexOf", .list(let list)?, let element?): return .int(list.firstIndex { CELValue.same($0, element) }.map { Int64($0) } ?? -1)
        case ("lastIndexOf", .list(let list)?, let element?): return .int(list.lastIndex { CELValue.same($0, element) }.map { Int64($0) } ?? -1)
        case ("split", .string(let text)?, .string(let separator)?) where arguments.count == 2:
            let parts = separator.isEmpty ? text.map { String($0) } : text.split(separator: separator, omittingEmptySubsequences: false).map { String($0) }
            return .list(parts.map { .string($0) })
        case ("join", .list(let list)?, nil): return .string(try texts(list).joined())
        case ("join", .list(let list)?, .string(let separator)?): return .string(try texts(list).joined(separator: separator))
        case ("replace", .string(let text)?, .string(let old)?) where arguments.count == 3:
            return .string(text.replacing(old, with: try self.text(arguments[2])))
        case ("substring", .string(let text)?, .int(let start)?):
            let letters = Array(text.unicodeScalars)
            let end: Int64 = if case .int(let end)? = arguments.dropFirst(2).first { end } else { Int64(letters.count) }
            guard start >= 0, start <= end, end <= letters.count else { throw CELProblem(text: "index out of range: \(start)") }
            var part = String.UnicodeScalarView()
            part.append(contentsOf: letters[Int(start)..<Int(end)])
            return .string(String(part))
        default: throw CELProblem(text: "undeclared reference to '\(name)'", isUnknown: true)
        }
    }

    /// Functions of one value; nil if this is none.
    private static func one(_ name: String, _ value: CELValue) throws(CELProblem) -> CELValue? {
        switch (name, value) {
        case ("size", .string(let text)): return .int(Int64(text.unicodeScalars.count))
        case ("size", .list(let list)): return .int(Int64(list.count))
        case ("size", .map(let members)): return .int(Int64(members.count))
        case ("int", .int), ("double", .double), ("string", .string), ("bool", .bool), ("timestamp", .timestamp), ("duration", .duration): return value
        case ("int", .double(let number)): return Int64(exactly: number.rounded(.towardZero)).map { .int($0) }
        case ("int", .string(let text)), ("uint", .string(let text)): if let number = Int64(text) { return .int(number) }
        case ("uint", .int(let number)): if number >= 0 { return value }
        case ("double", .int(let number)): return .double(Double(number))
        case ("double", .string(let text)): if let number = Double(text) { return .double(number) }
        case ("string", _): return value.text.map { .string($0) }
        case ("bool", .string(let text)): if let flag = Bool(text) { return .bool(flag) }
        case ("timestamp", .string(let text)): if let time = Instant(rfc3339: text) { return .timestamp(time) }
        case ("duration", .string(let text)): if let length = Duration(text) { return .duration(length) }
        case ("lowerAscii", .string(let text)): return .string(text.lowercased())
        case ("upperAscii", .string(let text)): return .string(text.uppercased())
        case ("trim", .string(let text)):
            return .string(text.trimmed)
        case ("isSorted", .list(let list)):
            for (a, b) in zip(list, list.dropFirst()) where try isLess(b, a) { return .bool(false) }
            return .bool(true)
        case ("min", .list(let list)), ("max", .list(let list)):
            guard var best = list.first else { throw CELProblem(text: "\(name) called on empty list") }
            for element in list where try name == "min" ? isLess(element, best) : isLess(best, element) { best = element }
            return best
        case ("sum", .list(let list)):
            var sum = list.first ?? .int(0)
            for element in list.dropFirst() { sum = try calculate("+", sum, element) }
            return sum
        default: return nil
        }
        throw CELProblem(text: "type conversion error from '\(value.typeName)' to '\(name)'")
    }

    private static func text(_ value: CELValue) throws(CELProblem) -> String {
        guard case .string(let text) = value else { throw CELEvaluation.noOverload("") }
        return text
    }
    private static func texts(_ list: [CELValue]) throws(CELProblem) -> [String] {
        var texts: [String] = []
        for element in list { texts.append(try text(element)) }
        return texts
    }
}
