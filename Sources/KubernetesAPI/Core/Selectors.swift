/// Selects objects by their labels. An absent selector (nil) selects nothing, an empty one everything.
public struct LabelSelector: APIStruct, Hashable {
    public var matchLabels: StringMap<String> = [:]
    public var matchExpressions: [SelectorRequirement] = []

    public init() {}
    public init(matchLabels: StringMap<String>, matchExpressions: [SelectorRequirement] = []) {
        self.matchLabels = matchLabels
        self.matchExpressions = matchExpressions
    }
    public var isEmpty: Bool { matchLabels.isEmpty && matchExpressions.isEmpty }

    /// Whether all requirements hold for `labels`.
    public func matches(_ labels: StringMap<String>) -> Bool {
        for (key, value) in matchLabels.entries where labels[key] != value { return false }
        for requirement in matchExpressions where !requirement.matches(labels) { return false }
        return true
    }

    /// The selector in one stable line: requirements sorted, `a=b,c in (d,e)`.
    public var canonical: String {
        (matchLabels.entries.map { "\($0.key)=\($0.value)" } + matchExpressions.map(\.canonical)).sorted()
            .joined(separator: ",")
    }

    public static let summary = "Selects objects by their labels; all requirements must hold."
    public static let fields: Fields<LabelSelector> = [
        .f("matchLabels", \.matchLabels, "Labels that must be there with exactly these values."),
        .f("matchExpressions", \.matchExpressions, "Further requirements, each a key, an operator and values."),
    ]
}

/// One requirement of a label or node selector.
public struct SelectorRequirement: APIStruct, Hashable {
    public var key = ""
    /// In, NotIn, Exists, DoesNotExist; for nodes also Gt and Lt.
    public var `operator` = ""
    public var values: [String] = []

    public init() {}
    public init(_ key: String, _ operator: String, _ values: [String] = []) {
        (self.key, self.operator, self.values) = (key, `operator`, values)
    }

    public func matches(_ labels: StringMap<String>) -> Bool {
        let value = labels[key]
        switch `operator` {
        case "In": return value.map(values.contains) ?? false
        case "NotIn": return value.map { !values.contains($0) } ?? true
        case "Exists": return value != nil
        case "DoesNotExist": return value == nil
        case "Gt", "Lt":
            guard let value, let have = Int(value), values.count == 1, let bound = Int(values[0]) else { return false }
            return `operator` == "Gt" ? have > bound : have < bound
        default: return false
        }
    }

    public var canonical: String {
        switch `operator` {
        case "In" where values.count == 1: "\(key)=\(values[0])"
        case "In": "\(key) in (\(values.sorted().joined(separator: ",")))"
        case "NotIn": "\(key) notin (\(values.sorted().joined(separator: ",")))"
        case "Exists": key
        case "DoesNotExist": "!\(key)"
        default: "\(key)\(`operator` == "Gt" ? ">" : "<")\(values.joined())"
        }
    }

    public static let summary = "A key, an operator and, for some operators, values."
    public static let fields: Fields<SelectorRequirement> = [
        .f("key", \.key, "The label that is looked at.", always: true),
        .f("operator", \.operator, "In, NotIn, Exists or DoesNotExist; for nodes also Gt and Lt.", always: true),
        .f("values", \.values, "The values that In and NotIn compare with; one number for Gt and Lt."),
    ]
}

/// One of several alternatives of a node selector: all its requirements must hold.
public struct NodeSelectorTerm: APIStruct, Hashable {
    public var matchExpressions: [SelectorRequirement] = []
    /// Requirements on node fields; the only field is `metadata.name`.
    public var matchFields: [SelectorRequirement] = []

    public init() {}

    /// Whether a node with `labels` and `name` satisfies the term. A term without requirements satisfies no node.
    public func matches(labels: StringMap<String>, name: String) -> Bool {
        if matchExpressions.isEmpty && matchFields.isEmpty { return false }
        guard matchExpressions.allSatisfy({ $0.matches(labels) }) else { return false }
        if matchFields.isEmpty { return true }
        let fields: StringMap<String> = ["metadata.name": name]
        return matchFields.allSatisfy { $0.matches(fields) }
    }
    public static let summary = "Requirements on a node that must all hold."
    public static let fields: Fields<NodeSelectorTerm> = [
        .f("matchExpressions", \.matchExpressions, "Requirements on the node's labels."),
        .f("matchFields", \.matchFields, "Requirements on the node's fields; only metadata.name is known."),
    ]
}

/// Alternatives of which one must hold for a node.
public struct NodeSelector: APIStruct, Hashable {
    public var nodeSelectorTerms: [NodeSelectorTerm] = []
    public init() {}
    public func matches(labels: StringMap<String>, name: String) -> Bool {
        nodeSelectorTerms.contains { $0.matches(labels: labels, name: name) }
    }
    public static let summary = "Alternatives of which at least one must hold for the node."
    public static let fields: Fields<NodeSelector> = [
        .f("nodeSelectorTerms", \.nodeSelectorTerms, "The alternatives.", always: true)
    ]
}
