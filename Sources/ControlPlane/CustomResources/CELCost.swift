// What an expression can cost at worst, told before there is any value for it.

import KubernetesAPI
import SimulationKit

/// Weighs an expression by the sizes that the schema of its values allows.
///
/// Only the most is told: the least cost decides nothing.
/// - Source: cel-go `checker/cost.go`, `common/cost.go`; what macros stand for: cel-go `parser/macro.go`, `ext/{comprehensions,lists}.go`,
///   `cel/library.go`; sizes: Kubernetes `staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/compilation.go`
struct CELCost {
    /// The sizes of the keys and the values of a list or a map that an expression makes.
    private struct Entries {
        var isList: Bool
        var key: CELSize
        var value: CELSize
    }
    /// What is known of a variable that a macro names.
    private struct Local {
        var path: [String]
        var size: CELSize?
    }

    let shape: CELShape
    let types: [Int: CELType]
    /// By place: the steps from a variable to the value, where the schema describes it.
    private var paths: [Int: [String]] = [:]
    private var sizes: [Int: CELSize] = [:]
    private var entries: [Int: Entries] = [:]
    private var locals: [String: Local] = [:]

    /// - Parameter shape: that of `self`, and of `oldSelf`.
    static func worst(_ checked: CELChecked, _ shape: CELShape) -> UInt64 {
        var cost = CELCost(shape: shape, types: checked.types)
        return cost.cost(checked.expression)
    }

    private init(shape: CELShape, types: [Int: CELType]) { (self.shape, self.types) = (shape, types) }

    private static let (newList, newMap): (UInt64, UInt64) = (10, 30)
    private static func sum(_ costs: UInt64...) -> UInt64 { costs.reduce(UInt64(0)) { $0.saturatingAdd($1) } }

    private mutating func cost(_ expression: CELExpression) -> UInt64 {
        switch expression.node {
        case .literal: return 0
        case .name(let name):
            paths[expression.at] = locals[name]?.path ?? [name]
            return 1
        case .field(let operand, let name, let form):
            let inner = cost(operand)
            switch form {
            case .test: return inner
            case .optional: return inner.saturatingAdd(1)
            case .plain: break
            }
            paths[expression.at] = path(operand) + [name]
            switch types[operand.at] {
            case .map, .object: return inner.saturatingAdd(1)
            default: return inner
            }
        case .call(let name, let target, let arguments): return call(expression, name, target, arguments)
        case .each(let macro, let range, let names, let inner): return each(expression, macro, range, names, inner)
        case .list(let elements):
            let costs = elements.map { cost($0.value) }
            entries[expression.at] = Entries(isList: true, key: .one, value: bounds(elements.map(\.value)))
            return costs.reduce(Self.newList) { $0.saturatingAdd($1) }
        case .map(let pairs):
            let costs = pairs.map { Self.sum(cost($0.key), cost($0.value)) }
            entries[expression.at] = Entries(isList: false, key: bounds(pairs.map(\.key)), value: bounds(pairs.map(\.value)))
            return costs.reduce(Self.newMap) { $0.saturatingAdd($1) }
        }
    }

    // MARK: Sizes

    private func path(_ expression: CELExpression) -> [String] { paths[expression.at] ?? [] }

    /// nil where nothing is known of it.
    func size(of expression: CELExpression) -> CELSize? {
        if let known = sizes[expression.at] { return known }
        switch expression.node {
        case .literal(.string(let text)): return CELSize(exactly: UInt64(text.unicodeScalars.count))
        case .literal(.bytes(let bytes)): return CELSize(exactly: UInt64(bytes.count))
        case .literal: return .one
        case .list(let elements): return CELSize(exactly: UInt64(elements.count))
        case .map(let pairs): return CELSize(exactly: UInt64(pairs.count))
        case .name(let name): if let local = locals[name] { return local.size }
        default: break
        }
        return shape.size(at: path(expression)) ?? Self.size(of: types[expression.at])
    }

    /// The sizes of the elements of a list that is a part of the schema.
    func elementSize(of list: CELExpression) -> CELSize {
        let path = path(list)
        return (path.isEmpty ? nil : shape.size(at: path + ["@items"])) ?? .unknown
    }

    private func bounds(_ expressions: [CELExpression]) -> CELSize {
        let sizes = expressions.map { size(of: $0) ?? .unknown }
        return sizes.dropFirst().reduce(sizes.first ?? CELSize(exactly: 0)) { $0.union($1) }
    }

    private static func size(of type: CELType?) -> CELSize? {
        switch type {
        case .bool, .int, .uint, .double, .timestamp, .duration: .one
        case .optional(let inner): size(of: inner)
        default: nil
        }
    }

    private func union(_ a: CELExpression, _ b: CELExpression) -> Entries? {
        guard let a = entries[a.at], let b = entries[b.at] else { return nil }
        return Entries(isList: a.isList, key: a.key.union(b.key), value: a.value.union(b.value))
    }

    // MARK: Calls

    private mutating func call(_ expression: CELExpression, _ name: String, _ target: CELExpression?, _ arguments: [CELExpression]) -> UInt64 {
        // A number with a sign is one literal.
        if name == "-_", case .literal? = arguments.first?.node {
            sizes[expression.at] = .one
            return 0
        }
        let nodes = (target.map { [$0] } ?? []) + arguments
        let costs = nodes.map { cost($0) }
        let spent = costs.reduce(UInt64(0)) { $0.saturatingAdd($1) }
        switch (name, nodes.count) {
        case ("_&&_", 2), ("_||_", 2): return spent
        case ("_?_:_", 3):
            sizes[expression.at] = bounds(Array(nodes[1...]))
            entries[expression.at] = union(nodes[1], nodes[2])
            return Self.sum(costs[0], max(costs[1], costs[2]))
        case ("dyn", 1):
            sizes[expression.at] = size(of: nodes[0])
            entries[expression.at] = entries[nodes[0].at]
            return spent.saturatingAdd(1)
        case ("_+_", 2): entries[expression.at] = union(nodes[0], nodes[1])
        default: break
        }
        let known = nodes.map { types[$0.at] ?? .dyn }
        let forms = (CELLibrary.signatures(name) ?? []).filter { $0.callable(with: known, isMember: target != nil) != nil }
        // Where it is open which form is meant, the dearest counts.
        var (most, result): (UInt64, CELSize?) = (0, nil)
        for form in forms {
            let found = estimate(name, form, nodes)
            most = max(most, found.cost)
            if let size = found.size { result = result?.union(size) ?? size }
            if name == "_[_]", let step = Self.step(into: form.parameters[0]) {
                result = entries[nodes[0].at]?.value
                paths[expression.at] = path(nodes[0]) + [step]
            }
            if result == nil { result = size(of: expression) }
        }
        sizes[expression.at] = result
        return spent.saturatingAdd(most)
    }

    private static func step(into type: CELType) -> String? {
        switch type {
        case .list: "@items"
        case .map: "@values"
        default: nil
        }
    }

    // MARK: Macros

    private mutating func each(
        _ expression: CELExpression, _ macro: String, _ range: CELExpression, _ names: [String], _ inner: [CELExpression]
    ) -> UInt64 {
        let over = cost(range)
        let outer = locals
        defer { locals = outer }
        if macro.hasPrefix("opt") { return optional(expression, macro, over, range, names, inner) }
        // A macro's variable may have the name of what it goes over.
        let many = size(of: range) ?? .unknown
        bind(names, range)
        let costs = inner.map { cost($0) }
        let result = costs.last ?? 0
        /// A result that is added in each round, and if there is a condition, that.
        func build(_ start: UInt64, _ step: UInt64) -> UInt64 {
            let round = costs.dropLast().reduce(step.saturatingAdd(result)) { $0.saturatingAdd($1) }
            sizes[expression.at] = many
            return Self.sum(over, start, 1, many.most.saturatingMultiply(round))
        }
        func judge(_ step: UInt64, end: UInt64) -> UInt64 {
            sizes[expression.at] = .one
            return Self.sum(over, end, many.most.saturatingMultiply(step.saturatingAdd(result)))
        }
        func hold(_ value: CELSize?) {
            entries[expression.at] = Entries(isList: true, key: .one, value: CELSize(least: 0, most: (value ?? .unknown).most))
        }
        switch macro {
        case "all": return judge(3, end: 1)
        case "exists": return judge(4, end: 1)
        case "exists_one", "existsOne": return judge(2, end: 2)
        case "filter":
            hold(names.first.flatMap { locals[$0]?.size })
            return build(Self.newList, Self.newList + 3)
        case "transformMap": return build(Self.newMap, 3)
        case "transformMapEntry": return build(Self.newMap, 2)
        case "sortBy":
            // The list is given a name, its keys are made, and both lists are compared.
            let keys = Self.sum(build(Self.newList, Self.newList + 2), 1)
            let isLong = inner.last.flatMap { types[$0.at] }.map { $0 == .string || $0 == .bytes || $0 == .dyn } ?? false
            sizes[expression.at] = many * many
            return Self.sum(keys, Self.newList, 1, 1 + Self.newList, (many * many).cost(isLong ? 2.1 : 2))
        default:
            hold(inner.last.flatMap { size(of: $0) })
            return build(Self.newList, Self.newList + 2)
        }
    }

    /// Gives the names of a macro their places and sizes.
    private mutating func bind(_ names: [String], _ range: CELExpression) {
        let made = entries[range.at]
        let (isList, key, value): (Bool, CELType, CELType) =
            switch types[range.at] {
            case .list(let element): (true, .int, element)
            case .map(let key, let value): (made?.isList ?? false, key, value)
            default: (made?.isList ?? false, .dyn, .dyn)
            }
        func local(_ step: String, _ type: CELType, _ size: CELSize?) -> Local {
            let path = path(range) + [step]
            return Local(path: path, size: shape.size(at: path) ?? Self.size(of: type) ?? size)
        }
        let values = local(isList ? "@items" : "@values", value, made?.value)
        let keys = local(names.count == 2 && isList ? "@indices" : "@keys", key, made?.key)
        if names.count == 2 { locals[names[1]] = values }
        if let first = names.first { locals[first] = names.count == 1 && isList ? values : keys }
    }

    /// Asks whether there is a value, gives it a name and makes another one of it.
    private mutating func optional(
        _ expression: CELExpression, _ macro: String, _ over: UInt64, _ target: CELExpression, _ names: [String], _ inner: [CELExpression]
    ) -> UInt64 {
        let type: CELType? = if case .optional(let value)? = types[target.at] { value } else { nil }
        if let name = names.first { locals[name] = Local(path: [], size: Self.size(of: type)) }
        let result = inner.last.map { cost($0) } ?? 0
        let nothing = Self.size(of: types[expression.at]) ?? .unknown
        let isMap = macro == "optMap"
        sizes[expression.at] = isMap ? nothing : nothing.union(inner.last.flatMap { size(of: $0) } ?? .unknown)
        return Self.sum(over, 1, Self.newList, over, 1, result, isMap ? 1 : 0)
    }
}
