// Which pods a ResourceQuota counts.

extension ResourceQuotaSpec {
    /// Whether the quota is for pods of some sort only: then nothing but pods counts.
    public var hasScopes: Bool { !scopes.isEmpty || !requirements.isEmpty }

    /// Whether all scopes hold for `pod`, those of the list and those of the selector.
    ///
    /// - Source: Kubernetes `pkg/quota/v1/evaluator/core/pods.go`, `podMatchesScopeFunc`.
    public func selects(_ pod: Pod) -> Bool {
        scopes.allSatisfy { Self.holds($0, "Exists", [], pod) } && requirements.allSatisfy { Self.holds($0.scopeName, $0.operator, $0.values, pod) }
    }

    private var requirements: [ScopeRequirement] { scopeSelector?.read(ScopeSelector.self)?.matchExpressions ?? [] }

    private static func holds(_ scope: String, _ comparison: String, _ values: [String], _ pod: Pod) -> Bool {
        switch scope {
        case "Terminating": return (pod.spec.activeDeadlineSeconds ?? -1) >= 0
        case "NotTerminating": return pod.spec.activeDeadlineSeconds == nil
        case "BestEffort": return pod.spec.qosClass == .bestEffort
        case "NotBestEffort": return pod.spec.qosClass != .bestEffort
        case "PriorityClass":
            let name = pod.spec.priorityClassName
            switch comparison {
            case "In": return values.contains(name)
            case "NotIn": return !values.contains(name)
            case "DoesNotExist": return name.isEmpty
            default: return !name.isEmpty
            }
        case "CrossNamespacePodAffinity":
            return [pod.spec.affinity?.podAffinity, pod.spec.affinity?.podAntiAffinity].contains { affinity in
                let terms = (affinity?.required ?? []) + (affinity?.preferred.map(\.podAffinityTerm) ?? [])
                return terms.contains { !$0.namespaces.isEmpty || $0.namespaceSelector != nil }
            }
        default: return false
        }
    }
}
