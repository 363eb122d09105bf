// Functions of lists, sets and optional values.

import KubernetesAPI

extension CELFunctions {
    /// - Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/cel/library/lists.go`; cel-go `ext/{lists,sets}.go`, `cel/library.go`
    static func list(_ name: String, _ first: CELValue, _ rest: [CELValue]) throws(CELProblem) -> CELValue? {
        if let value = try optional(name, first) { return value }
        if name == "lists.range", case .int(let count) = first {
            guard 0...100_000 ~= count else { throw CELProblem(text: "lists.range: size \(count) exceeds limit") }
            return .list((0..<count).map { .int($0) })
        }
        guard case .list(let list) = first else { return nil }
        switch rest.first {
        case nil: return try one(name, list)
        case .list(let other)?: return sets(name, list, other) ?? place(name, list, .list(other))
        case .string(let separator)? where name == "join": return .string(try texts(list).joined(separator: separator))
        case .int(let depth)? where name == "flatten":
            if depth < 0 { throw CELProblem(text: "flatten: level must be non-negative, got: \(depth)") }
            return .list(flat(list, Int(clamping: depth)))
        case .int(let start)? where name == "slice":
            guard case .int(let end)? = rest.dropFirst().first else { return nil }
            if start < 0 || end < 0 { throw CELProblem(text: "cannot slice(\(start), \(end)), negative indexes not supported") }
            if start > end { throw CELProblem(text: "cannot slice(\(start), \(end)), start index must be less than or equal to end index") }
            if end > list.count { throw CELProblem(text: "cannot slice(\(start), \(end)), list is length \(list.count)") }
            return .list(Array(list[Int(start)..<Int(end)]))
        case let element?: return place(name, list, element)
        }
    }

    private static func place(_ name: String, _ list: [CELValue], _ element: CELValue) -> CELValue? {
        switch name {
        case "indexOf": .int(list.firstIndex { CELValue.same($0, element) }.map { Int64($0) } ?? -1)
        case "lastIndexOf": .int(list.lastIndex { CELValue.same($0, element) }.map { Int64($0) } ?? -1)
        default: nil
        }
    }

    private static func one(_ name: String, _ list: [CELValue]) throws(CELProblem) -> CELValue? {
        switch name {
        case "isSorted":
            for (a, b) in zip(list, list.dropFirst()) where try isLess(b, a) { return .bool(false) }
            return .bool(true)
        case "min", "max":
            guard var best = list.first else { throw CELProblem(text: "\(name) called on empty list") }
            for element in list where try name == "min" ? isLess(element, best) : isLess(best, element) { best = element }
            return best
        case "sum":
            var sum = list.first ?? .int(0)
            for element in list.dropFirst() { sum = try calculate("_+_", sum, element) }
            return sum
        case "join": return .string(try texts(list).joined())
        case "distinct":
            var kept: [CELValue] = []
            for element in list where !kept.contains(where: { CELValue.same($0, element) }) { kept.append(element) }
            return .list(kept)
        case "flatten": return .list(flat(list, 1))
        case "reverse": return .list(list.reversed())
        case "sort": return .list(try sorted(list.map { ($0, $0) }))
        case "first": return .optional(list.first)
        case "last": return .optional(list.last)
        case "optional.unwrap", "unwrapOpt": return .list(list.compactMap { if case .optional(let inner) = $0 { inner } else { $0 } })
        default: return nil
        }
    }

    /// Values in the order of their keys; equal ones stay as they are.
    static func sorted(_ pairs: [(key: CELValue, value: CELValue)]) throws(CELProblem) -> [CELValue] {
        for pair in pairs where CELValue.isLess(pairs[0].key, pair.key) == nil { throw CELProblem(text: "list elements must be comparable") }
        return pairs.enumerated().sorted { a, b in
            if CELValue.isLess(a.element.key, b.element.key) == true { return true }
            return CELValue.isLess(b.element.key, a.element.key) == true ? false : a.offset < b.offset
        }.map(\.element.value)
    }

    private static func flat(_ list: [CELValue], _ depth: Int) -> [CELValue] {
        depth <= 0 ? list : list.flatMap { if case .list(let inner) = $0 { flat(inner, depth - 1) } else { [$0] } }
    }

    private static func sets(_ name: String, _ a: [CELValue], _ b: [CELValue]) -> CELValue? {
        func contains(_ list: [CELValue], _ other: [CELValue]) -> Bool {
            other.allSatisfy { element in list.contains { CELValue.same($0, element) } }
        }
        switch name {
        case "sets.contains": return .bool(contains(a, b))
        case "sets.equivalent": return .bool(contains(a, b) && contains(b, a))
        case "sets.intersects": return .bool(b.contains { element in a.contains { CELValue.same($0, element) } })
        default: return nil
        }
    }

    private static func optional(_ name: String, _ value: CELValue) throws(CELProblem) -> CELValue? {
        switch (name, value) {
        case ("optional.of", _): return .optional(value)
        case ("optional.ofNonZeroValue", _): return .optional(value.isZero ? nil : value)
        case ("hasValue", .optional(let inner)): return .bool(inner != nil)
        case ("value", .optional(let inner)):
            guard let inner else { throw CELProblem(text: "optional.none() dereference") }
            return inner
        default: return nil
        }
    }

    private static func texts(_ list: [CELValue]) throws(CELProblem) -> [String] {
        var texts: [String] = []
        for element in list {
            guard case .string(let text) = element else { throw CELEvaluation.noOverload }
            texts.append(text)
        }
        return texts
    }
}
