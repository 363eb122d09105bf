// What the operators and functions of expressions do.

import KubernetesAPI
import SimulationKit

/// Operators, conversions, and where to look for the rest.
enum CELFunctions {
    /// The value of an operator or a function; the first argument of a member is what it is called on.
    static func call(_ name: String, _ arguments: [CELValue]) throws(CELProblem) -> CELValue {
        guard let first = arguments.first else { return try constant(name) }
        if arguments.count == 2, let value = try operation(name, first, arguments[1]) { return value }
        if arguments.count == 1, let value = try conversion(name, first) { return value }
        if let value = try text(name, first, Array(arguments.dropFirst())) { return value }
        if let value = try list(name, first, Array(arguments.dropFirst())) { return value }
        if let value = try time(name, first, arguments.dropFirst().first) { return value }
        if let value = try kind(name, first, arguments.dropFirst().first) { return value }
        throw CELEvaluation.noOverload
    }

    private static func constant(_ name: String) throws(CELProblem) -> CELValue {
        if name == "optional.none" { return .optional(nil) }
        if name.hasPrefix("format.") { return .format(String(name.dropFirst(7))) }
        throw CELEvaluation.noOverload
    }

    // MARK: Operators

    private static func operation(_ name: String, _ a: CELValue, _ b: CELValue) throws(CELProblem) -> CELValue? {
        switch name {
        case "_==_": return .bool(CELValue.same(a, b))
        case "_!=_": return .bool(!CELValue.same(a, b))
        case "_<_": return .bool(try isLess(a, b))
        case "_>_": return .bool(try isLess(b, a))
        case "_<=_": return .bool(try !isLess(b, a))
        case "_>=_": return .bool(try !isLess(a, b))
        case "@in":
            switch b {
            case .list(let elements): return .bool(elements.contains { CELValue.same($0, a) })
            case .map(let members): return .bool(members.contains { CELValue.same($0.key, a) })
            default: throw CELEvaluation.noOverload
            }
        case "_[_]", "_[?_]": return try element(of: a, b, isOptional: name == "_[?_]")
        case "_+_", "_-_", "_*_", "_/_", "_%_": return try calculate(name, a, b)
        default: return nil
        }
    }

    static func isLess(_ a: CELValue, _ b: CELValue) throws(CELProblem) -> Bool {
        guard let result = CELValue.isLess(a, b) else { throw CELEvaluation.noOverload }
        return result
    }

    private static func element(of list: CELValue, _ place: CELValue, isOptional: Bool) throws(CELProblem) -> CELValue {
        let found: CELValue?
        switch list {
        case .optional(let inner):
            guard let inner else { return list }
            return try element(of: inner, place, isOptional: true)
        case .list(let elements):
            guard let number = place.number, let index = Int(exactly: number) else { throw CELEvaluation.noOverload }
            found = elements.indices.contains(index) ? elements[index] : nil
            if found == nil, !isOptional { throw CELProblem(text: "index out of bounds: \(index)") }
        case .map(let members):
            found = members.first { CELValue.same($0.key, place) }?.value
            if found == nil, !isOptional { throw CELProblem(text: "no such key: \(place.text ?? "")") }
        default: throw CELEvaluation.noOverload
        }
        guard !isOptional, let found else { return .optional(found) }
        return found
    }

    static func calculate(_ sign: String, _ a: CELValue, _ b: CELValue) throws(CELProblem) -> CELValue {
        switch (sign, a, b) {
        case ("_+_", .string(let a), .string(let b)): return .string(a + b)
        case ("_+_", .bytes(let a), .bytes(let b)): return .bytes(a + b)
        case ("_+_", .list(let a), .list(let b)): return .list(a + b)
        case ("_+_", .duration(let a), .duration(let b)): return .duration(a + b)
        case ("_+_", .timestamp(let a), .duration(let b)), ("_+_", .duration(let b), .timestamp(let a)): return .timestamp(a + b)
        case ("_-_", .duration(let a), .duration(let b)): return .duration(a - b)
        case ("_-_", .timestamp(let a), .duration(let b)): return .timestamp(a - b)
        case ("_-_", .timestamp(let a), .timestamp(let b)): return .duration(a - b)
        case (_, .int(let a), .int(let b)): return .int(try whole(sign, a, b, "integer overflow"))
        case (_, .uint(let a), .uint(let b)): return .uint(try whole(sign, a, b, "unsigned integer overflow"))
        case ("_+_", .double(let a), .double(let b)): return .double(a + b)
        case ("_-_", .double(let a), .double(let b)): return .double(a - b)
        case ("_*_", .double(let a), .double(let b)): return .double(a * b)
        case ("_/_", .double(let a), .double(let b)): return .double(a / b)
        default: throw CELEvaluation.noOverload
        }
    }

    private static func whole<Number: FixedWidthInteger>(_ sign: String, _ a: Number, _ b: Number, _ overflow: String) throws(CELProblem) -> Number {
        if b == 0, sign == "_/_" || sign == "_%_" { throw CELProblem(text: sign == "_/_" ? "division by zero" : "modulus by zero") }
        let (value, isOver): (Number, Bool) =
            switch sign {
            case "_+_": a.addingReportingOverflow(b)
            case "_-_": a.subtractingReportingOverflow(b)
            case "_*_": a.multipliedReportingOverflow(by: b)
            case "_/_": a.dividedReportingOverflow(by: b)
            default: a.remainderReportingOverflow(dividingBy: b)
            }
        if isOver { throw CELProblem(text: overflow) }
        return value
    }

    // MARK: Conversions

    /// Functions of one value that make it another type, or tell its size; nil if this is none.
    private static func conversion(_ name: String, _ value: CELValue) throws(CELProblem) -> CELValue? {
        func whole(_ number: Double) -> Double { number.rounded(.towardZero) }
        switch (name, value) {
        case ("dyn", _): return value
        case ("type", _): return .type(value.typeName)
        case ("!_", .bool(let value)): return .bool(!value)
        case ("-_", .int(let value)):
            if value == .min { throw CELProblem(text: "integer overflow") }
            return .int(-value)
        case ("-_", .double(let value)): return .double(-value)
        case ("size", .string(let text)): return .int(Int64(text.unicodeScalars.count))
        case ("size", .bytes(let bytes)): return .int(Int64(bytes.count))
        case ("size", .list(let list)): return .int(Int64(list.count))
        case ("size", .map(let members)): return .int(Int64(members.count))
        case ("int", .int), ("uint", .uint), ("double", .double), ("string", .string), ("bool", .bool), ("bytes", .bytes), ("timestamp", .timestamp),
            ("duration", .duration):
            return value
        case ("int", .uint(let number)): if let number = Int64(exactly: number) { return .int(number) }
        case ("int", .double(let number)): if let number = Int64(exactly: whole(number)) { return .int(number) }
        case ("int", .string(let text)): if let number = Int64(text) { return .int(number) }
        case ("int", .timestamp(let time)): return .int(time.unixSeconds)
        case ("int", .duration(let length)): return .int(length.nanoseconds)
        case ("uint", .int(let number)): if let number = UInt64(exactly: number) { return .uint(number) }
        case ("uint", .double(let number)): if let number = UInt64(exactly: whole(number)) { return .uint(number) }
        case ("uint", .string(let text)): if let number = UInt64(text) { return .uint(number) }
        case ("double", .int), ("double", .uint): if let number = value.number { return .double(number) }
        case ("double", .string(let text)): if let number = Double(text) { return .double(number) }
        case ("string", _): if let text = value.text { return .string(text) }
        case ("bytes", .string(let text)): return .bytes(Array(text.utf8))
        case ("bool", .string("true")), ("bool", .string("True")), ("bool", .string("TRUE")), ("bool", .string("t")), ("bool", .string("1")):
            return .bool(true)
        case ("bool", .string("false")), ("bool", .string("False")), ("bool", .string("FALSE")), ("bool", .string("f")), ("bool", .string("0")):
            return .bool(false)
        case ("timestamp", .string(let text)): if let time = Instant(rfc3339: text) { return .timestamp(time) }
        case ("timestamp", .int(let seconds)): return .timestamp(Instant(unixSeconds: seconds))
        case ("duration", .string(let text)): if let length = Duration(text) { return .duration(length) }
        case ("duration", .int(let nanoseconds)): return .duration(Duration(nanoseconds: nanoseconds))
        default: return nil
        }
        throw CELProblem(text: "type conversion error from '\(value.typeName)' to '\(name)'")
    }

    // MARK: Time

    private static func time(_ name: String, _ value: CELValue, _ zone: CELValue?) throws(CELProblem) -> CELValue? {
        switch (value, zone) {
        case (.duration(let length), nil): return lengthPart(name, length.nanoseconds).map { .int($0) }
        case (.timestamp(let time), nil): return timePart(name, time).map { .int($0) }
        case (.timestamp(let time), .string(let text)?):
            guard let offset = offset(text, at: time) else { throw CELProblem(text: "unknown time zone \(text)") }
            return timePart(name, time + .seconds(offset)).map { .int($0) }
        default: return nil
        }
    }

    private static func lengthPart(_ name: String, _ nanoseconds: Int64) -> Int64? {
        switch name {
        case "getHours": nanoseconds / 3_600_000_000_000
        case "getMinutes": nanoseconds / 60_000_000_000
        case "getSeconds": nanoseconds / 1_000_000_000
        case "getMilliseconds": nanoseconds / 1_000_000 % 1000
        default: nil
        }
    }

    /// A zone by name, or as `+02:00`.
    private static func offset(_ text: String, at time: Instant) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 2, let hours = Int(parts[0]), let minutes = Int(parts[1]), abs(hours) < 24, 0..<60 ~= minutes {
            return hours * 3600 + (parts[0].hasPrefix("-") ? -minutes : minutes) * 60
        }
        return text == "UTC" ? 0 : ZoneInfo.named(text)?.offset(at: time)
    }

    private static func timePart(_ name: String, _ time: Instant) -> Int64? {
        let second = time.unixSeconds
        let ofDay = (second % 86_400 + 86_400) % 86_400
        // The day's own name holds for all years.
        let parts = time.rfc3339.prefix { $0 != "T" }.split(separator: "-").compactMap { Int($0) }
        guard parts.count == 3 else { return nil }
        let day = CivilDay(year: parts[0], month: parts[1], day: parts[2])
        switch name {
        case "getFullYear": return Int64(day.year)
        case "getMonth": return Int64(day.month - 1)
        case "getDate": return Int64(day.day)
        case "getDayOfMonth": return Int64(day.day - 1)
        case "getDayOfWeek": return Int64(day.weekday)
        case "getDayOfYear": return Int64(day.number - CivilDay(year: day.year, month: 1, day: 1).number)
        case "getHours": return ofDay / 3600
        case "getMinutes": return ofDay / 60 % 60
        case "getSeconds": return ofDay % 60
        case "getMilliseconds": return (time - Instant(unixSeconds: second)).nanoseconds / 1_000_000
        default: return nil
        }
    }
}
