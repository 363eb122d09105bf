// Rules of roles: what they allow, and whether some cover others.

import KubernetesAPI

/// One rule of a Role or ClusterRole.
///
/// - Source: Kubernetes `pkg/apis/rbac/v1/evaluation_helpers.go`.
public struct PolicyRule: APIStruct {
    public var verbs: [String] = []
    public var apiGroups: [String] = []
    public var resources: [String] = []
    public var resourceNames: [String] = []
    public var nonResourceURLs: [String] = []

    public init() {}
    public static let summary = "What may be done with what."
    public static let fields: Fields<PolicyRule> = [
        .f("verbs", \.verbs, "get, list, watch, create, update, patch, delete, deletecollection, or * for all.", always: true),
        .f("apiGroups", \.apiGroups, "Groups of the resources; \"\" is the core group, * all."),
        .f("resources", \.resources, "Plurals, pods/log for a subresource, * for all."),
        .f("resourceNames", \.resourceNames, "Names of the objects; none: all."),
        .f("nonResourceURLs", \.nonResourceURLs, "Paths that are no resources; a * at the end stands for anything."),
    ]

    /// The rules of a role's JSON.
    static func list(_ json: JSONValue?) -> [PolicyRule] {
        var decoder = APIDecoder()
        return json.flatMap { [PolicyRule].decode($0, &decoder) } ?? []
    }

    /// Whether the rule allows `request`.
    func allows(_ request: AccessRequest) -> Bool {
        guard Self.holds(verbs, request.verb) else { return false }
        if let path = request.path {
            return nonResourceURLs.contains { $0 == "*" || $0 == path || $0.hasSuffix("*") && path.hasPrefix($0.dropLast()) }
        }
        return Self.holds(apiGroups, request.group)
            && (Self.holds(resources, request.combinedResource) || !request.subresource.isEmpty && resources.contains("*/\(request.subresource)"))
            && (resourceNames.isEmpty || resourceNames.contains(request.name))
    }
    private static func holds(_ list: [String], _ word: String) -> Bool { list.contains("*") || list.contains(word) }

    // MARK: Escalation

    /// The parts of `wanted` that no rule of `owned` covers, one for each verb, group and resource.
    /// - Source: Kubernetes `pkg/registry/rbac/validation/policy_comparator.go`.
    static func missing(from owned: [PolicyRule], of wanted: [PolicyRule]) -> [PolicyRule] {
        wanted.flatMap(\.parts).filter { part in !owned.contains { $0.covers(part) } }
    }

    /// The rule in rules of one verb, one group, one resource and at most one name, or of one path.
    private var parts: [PolicyRule] {
        var parts: [PolicyRule] = []
        for group in apiGroups {
            for resource in resources {
                for verb in verbs {
                    for name in resourceNames.isEmpty ? [nil] : resourceNames.map(Optional.some) {
                        var part = PolicyRule()
                        (part.verbs, part.apiGroups, part.resources) = ([verb], [group], [resource])
                        if let name { part.resourceNames = [name] }
                        parts.append(part)
                    }
                }
            }
        }
        for path in nonResourceURLs {
            for verb in verbs {
                var part = PolicyRule()
                (part.verbs, part.nonResourceURLs) = ([verb], [path])
                parts.append(part)
            }
        }
        return parts
    }

    /// Whether this rule allows all that `part` does, which is one of ``parts``.
    private func covers(_ part: PolicyRule) -> Bool {
        guard part.verbs.allSatisfy({ Self.holds(verbs, $0) }) else { return false }
        if let path = part.nonResourceURLs.first {
            return nonResourceURLs.contains { own in
                own == "*" || own == path || own.hasSuffix("*") && path.hasPrefix(own.dropLast())
            }
        }
        guard let resource = part.resources.first else { return false }
        let slash = resource.firstIndex(of: "/")
        return part.apiGroups.allSatisfy { Self.holds(apiGroups, $0) }
            && (Self.holds(resources, resource) || slash.map { resources.contains("*\(resource[$0...])") } == true)
            && (resourceNames.isEmpty || !part.resourceNames.isEmpty && part.resourceNames.allSatisfy(resourceNames.contains))
    }

    /// `parts` with the verbs of the same thing in one rule, in the API server's form and order.
    static func text(_ parts: [PolicyRule]) -> [String] {
        var compact: [PolicyRule] = []
        for part in parts {
            if part.nonResourceURLs.isEmpty, part.resourceNames.count <= 1,
                let same = compact.firstIndex(where: {
                    $0.nonResourceURLs.isEmpty && $0.apiGroups == part.apiGroups && $0.resources == part.resources && $0.resourceNames == part.resourceNames
                })
            {
                compact[same].verbs += part.verbs
            } else {
                compact.append(part)
            }
        }
        var texts: [String] = []
        for text in compact.map(\.text) where !texts.contains(text) { texts.append(text) }
        return texts.sorted()
    }
    private var text: String {
        let lists = [
            ("APIGroups", apiGroups), ("Resources", resources), ("NonResourceURLs", nonResourceURLs), ("ResourceNames", resourceNames), ("Verbs", verbs),
        ]
        return "{" + lists.filter { !$0.1.isEmpty }.map { "\($0.0):\($0.1.quoted)" }.joined(separator: ", ") + "}"
    }
}

extension [String] {
    /// As Go prints a list with `%q`: `["a" "b"]`.
    var quoted: String { "[" + map { "\"\($0)\"" }.joined(separator: " ") + "]" }
}
