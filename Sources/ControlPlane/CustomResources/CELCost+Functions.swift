// What functions and operators cost at worst, and how large their results can be.

import KubernetesAPI
import SimulationKit

extension CELCost {
    typealias Estimate = (cost: UInt64, size: CELSize?)

    /// Without the cost of what it is called with; `nodes` begins with what it is called on.
    /// - Source: cel-go `checker/cost.go` (`functionCost`), `ext/{lists,sets}.go`; Kubernetes
    ///   `staging/src/k8s.io/apiserver/pkg/cel/library/cost.go` (`EstimateCallCost`)
    func estimate(_ name: String, _ form: CELSignature, _ nodes: [CELExpression]) -> Estimate {
        ofLists(name, form, nodes) ?? ofTexts(name, form, nodes) ?? ofComparisons(name, form, nodes) ?? (1, nil)
    }

    private static let letter = 0.1
    private static let pattern = 0.25

    private func size(_ index: Int, _ nodes: [CELExpression]) -> CELSize {
        nodes.indices.contains(index) ? size(of: nodes[index]) ?? .unknown : .unknown
    }

    /// A number that is written out; those below 0 count as 0.
    private static func literal(_ index: Int, _ nodes: [CELExpression]) -> UInt64? {
        guard nodes.indices.contains(index) else { return nil }
        switch nodes[index].node {
        case .literal(.int(let value)): return UInt64(max(0, value))
        case .call("-_", _, let inner): if case .literal(.int)? = inner.first?.node { return 0 }
        default: break
        }
        return nil
    }

    private func ofLists(_ name: String, _ form: CELSignature, _ nodes: [CELExpression]) -> Estimate? {
        let many = size(0, nodes)
        func built(_ size: CELSize, _ factor: Double = 1) -> Estimate { (size.cost(factor).saturatingAdd(11), size) }
        switch name {
        case "isSorted", "sum", "min", "max", "indexOf", "lastIndexOf":
            guard let list = nodes.first, case .list(let element)? = types[list.at] else { return (many.cost(Self.letter), nil) }
            let isLong = element == .string || element == .bytes
            let each = isLong ? elementSize(of: list).cost(Self.letter).saturatingAdd(1) : 1
            return (many.most.saturatingMultiply(each), nil)
        case "join":
            var size = CELSize(exactly: 0)
            if let list = nodes.first, case .list? = types[list.at] { size = many * elementSize(of: list) }
            if nodes.count > 1 {
                let gaps = CELSize(least: many.least.saturatingSubtract(1), most: many.most.saturatingSubtract(1))
                size = size + self.size(1, nodes) * gaps
            }
            return (size.cost(Self.letter), size)
        case "sets.contains", "sets.intersects": return ((many * size(1, nodes)).cost(1).saturatingAdd(1), nil)
        case "sets.equivalent": return ((many * size(1, nodes)).cost(2).saturatingAdd(1), nil)
        case "slice":
            let (start, end) = (Self.literal(1, nodes) ?? 0, Self.literal(2, nodes) ?? many.most)
            return built(CELSize(exactly: end < start ? .max : end - start))
        case "reverse": return built(many)
        case "flatten": return built(many, nodes.count > 1 ? Double(Self.literal(1, nodes) ?? .max) : 1)
        case "distinct": return built(many * many, 2)
        case "sort":
            let type = nodes.first.flatMap { types[$0.at] }
            return built(many * many, type == .list(.string) || type == .list(.bytes) || type == .list(.dyn) || type == .dyn ? 2.1 : 2)
        case "lists.range": return built(CELSize(exactly: Self.literal(0, nodes) ?? .max))
        case "@in":
            guard nodes.count == 2, case .list = form.parameters[1] else { return nil }
            return (size(1, nodes).most, nil)
        case "_+_":
            guard case .list? = form.parameters.first else { return nil }
            return (1, many + size(1, nodes))
        default: return nil
        }
    }

    private func ofTexts(_ name: String, _ form: CELSignature, _ nodes: [CELExpression]) -> Estimate? {
        let (text, second) = (size(0, nodes), size(1, nodes))
        let isText = form.parameters.first == .string
        switch name {
        case "url", "lowerAscii", "upperAscii", "substring", "trim": return (text.cost(Self.letter), text)
        // What is made of a text is read letter by letter; the address of a range is there already.
        case "ip", "cidr", "isIP", "isCIDR", "quantity", "isQuantity", "semver", "isSemver":
            return form.isMember ? nil : (text.cost(Self.letter), nil)
        case "ip.isCanonical": return (text.cost(2 * Self.letter), nil)
        case "replace": return (text.cost(2 * Self.letter), Self.replaced(text, second, size(2, nodes)))
        case "split": return (text.cost(2 * Self.letter), CELSize(least: 0, most: Self.parts(nodes) ?? text.most))
        case "find", "findAll", "matches":
            guard form.isMember else { return nil }
            // An empty text counts too: the pattern may be dear all the same.
            let cost = (text + .one).cost(Self.letter).saturatingMultiply(second.cost(Self.pattern))
            return (cost, name == "matches" ? nil : CELSize(least: 0, most: text.most))
        case "contains": return (text.cost(Self.letter).saturatingMultiply(second.cost(Self.letter)), nil)
        case "startsWith", "endsWith": return (second.cost(Self.letter), nil)
        case "format": return (text.cost(Self.letter), nil)
        case "strings.quote":
            let two = CELSize(exactly: 2)
            return (text.cost(Self.letter), CELSize(least: text.least, most: text.most.saturatingMultiply(2)) + two)
        case "bytes" where isText: return (text.cost(Self.letter), CELSize(least: text.least, most: text.most.saturatingMultiply(4)))
        case "string" where form.parameters.first == .bytes: return (text.cost(Self.letter), CELSize(least: text.least / 4, most: text.most))
        case "_+_" where isText || form.parameters.first == .bytes: return ((text + second).cost(Self.letter), text + second)
        // The 32 bytes of two addresses; one that is a text is read first.
        case "containsIP": return (form.parameters[1] == .string ? second.cost(Self.letter).saturatingAdd(4) : 4, nil)
        case "containsCIDR": return (form.parameters[1] == .string ? second.cost(Self.letter).saturatingAdd(7) : 7, nil)
        // The longest pattern of a format has 128 letters.
        case "validate": return (second.cost(Self.letter).scaled(by: 128 * Self.pattern), nil)
        default: return nil
        }
    }

    /// Into how many parts a text is split at most, if that is written out.
    private static func parts(_ nodes: [CELExpression]) -> UInt64? {
        guard nodes.count > 2 else { return nil }
        if case .call("-_", _, _) = nodes[2].node { return literal(2, nodes).map { _ in .max } }
        return literal(2, nodes)
    }

    /// The size of a text in which something is replaced.
    static func replaced(_ text: CELSize, _ old: CELSize, _ new: CELSize) -> CELSize {
        func count(_ size: UInt64, by length: UInt64) -> UInt64 { UInt64(exactly: (Double(size) / Double(length)).rounded(.up)) ?? .max }
        /// How often the new text comes in, and how many letters stay, in a text of one of the bounds.
        func bound(_ size: UInt64, _ old: UInt64, isKept: Bool) -> (times: UInt64, kept: UInt64) {
            // Something new comes before each letter and at the end.
            if old == 0 { return (size.saturatingAdd(1), size) }
            return isKept ? (0, size) : (count(size, by: old), 0)
        }
        let most = bound(text.most, old.least, isKept: new.most <= old.least)
        let least = bound(text.least, old.most, isKept: old.most <= new.least)
        return CELSize(least: least.times, most: most.times) * new + CELSize(least: least.kept, most: most.kept)
    }

    private func ofComparisons(_ name: String, _ form: CELSignature, _ nodes: [CELExpression]) -> Estimate? {
        guard nodes.count == 2 else { return nil }
        let isOrder = ["_<_", "_<=_", "_>_", "_>=_"].contains(name) && (form.parameters[0] == .string || form.parameters[0] == .bytes)
        guard isOrder || name == "_==_" || name == "_!=_" else { return nil }
        if name == "_==_", let type = types[nodes[0].at], type == types[nodes[1].at], case .named(let kind) = type {
            switch kind {
            case "kubernetes.Quantity", "net.IP", "net.CIDR", "kubernetes.Semver": return (1, nil)
            // The longest name of a format has 64 letters.
            case "kubernetes.NamedFormat": return (UInt64(64).scaled(by: Self.letter), nil)
            case "kubernetes.URL": return ((size(of: nodes[1]) ?? .one).cost(Self.letter), nil)
            default: break
            }
        }
        return (min(size(0, nodes).most, size(1, nodes).most).scaled(by: Self.letter), nil)
    }
}
