// Rules of placement: affinity, tolerations, topology spread.
extension Validation {
    static func affinity(
        _ affinity: Affinity, _ at: String, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        let required = "requiredDuringSchedulingIgnoredDuringExecution"
        let preferred = "preferredDuringSchedulingIgnoredDuringExecution"
        if let node = affinity.nodeAffinity {
            let at = "\(at).nodeAffinity"
            if let selector = node.required { nodeSelector(selector, "\(at).\(required)", &errors) }
            for (i, term) in node.preferred.enumerated() {
                weight(term.weight, "\(at).\(preferred)[\(i)]", &errors)
                nodeSelectorTerm(term.preference, checksValues: false, "\(at).\(preferred)[\(i)].preference", &errors)
            }
        }
        for (own, name) in [
            (affinity.podAffinity, "podAffinity"), (affinity.podAntiAffinity, "podAntiAffinity"),
        ] {
            guard let own else { continue }
            for (i, term) in own.required.enumerated() {
                podAffinityTerm(term, "\(at).\(name).\(required)[\(i)]", &errors)
            }
            for (i, term) in own.preferred.enumerated() {
                let at = "\(at).\(name).\(preferred)[\(i)]"
                weight(term.weight, at, &errors)
                podAffinityTerm(term.podAffinityTerm, "\(at).podAffinityTerm", &errors)
            }
        }
    }

    private static func weight(_ weight: Int, _ at: String, _ errors: inout [FieldError]) {
        if !(1...100).contains(weight) {
            errors.invalid("\(at).weight", weight, "must be in the range 1-100")
        }
    }

    static func nodeSelector(_ selector: NodeSelector, _ at: String, _ errors: inout [FieldError]) {
        if selector.nodeSelectorTerms.isEmpty {
            errors.required("\(at).nodeSelectorTerms", "must have at least one node selector term")
        }
        for (i, term) in selector.nodeSelectorTerms.enumerated() {
            nodeSelectorTerm(term, "\(at).nodeSelectorTerms[\(i)]", &errors)
        }
    }

    /// The values of wishes are not looked at: no node need have them.
    private static func nodeSelectorTerm(
        _ term: NodeSelectorTerm, checksValues: Bool = true, _ at: String, _ errors: inout [FieldError]
    ) {
        for (i, requirement) in term.matchExpressions.enumerated() {
            self.requirement(requirement, isOfNode: true, checksValues: checksValues, "\(at).matchExpressions[\(i)]", &errors)
        }
        for (i, requirement) in term.matchFields.enumerated() {
            let at = "\(at).matchFields[\(i)]"
            switch requirement.operator {
            case "In", "NotIn":
                if requirement.values.count != 1 {
                    errors.required(
                        "\(at).values",
                        "must be only one value when `operator` is 'In' or 'NotIn' for node field selector")
                }
            default:
                errors.invalid(
                    "\(at).operator", .string(requirement.operator), "not a valid selector operator")
            }
            if requirement.key == "metadata.name" {
                for (j, value) in requirement.values.enumerated() {
                    errors.invalid("\(at).values[\(j)]", value, each: NameRules.subdomain(value))
                }
            } else {
                errors.invalid("\(at).key", .string(requirement.key), "not a valid field selector key")
            }
        }
    }

    private static func podAffinityTerm(_ term: PodAffinityTerm, _ at: String, _ errors: inout [FieldError]) {
        labelSelector("\(at).labelSelector", term.labelSelector, &errors)
        labelSelector("\(at).namespaceSelector", term.namespaceSelector, &errors)
        for namespace in term.namespaces {
            errors.invalid("\(at).namespace", namespace, each: NameRules.label(namespace))
        }
        for (keys, name) in [
            (term.matchLabelKeys, "matchLabelKeys"), (term.mismatchLabelKeys, "mismatchLabelKeys"),
        ] {
            if !keys.isEmpty, term.labelSelector == nil {
                errors.forbidden("\(at).\(name)", "must not be specified when labelSelector is not set")
                continue
            }
            for (i, key) in keys.enumerated() {
                errors.invalid("\(at).\(name)[\(i)]", key, each: NameRules.labelKey(key))
            }
        }
        if let selector = term.labelSelector {
            clashes(
                term.matchLabelKeys, selector, at, "exists in both matchLabelKeys and labelSelector", &errors)
            clashes(
                term.mismatchLabelKeys, selector, at, "exists in both mismatchLabelKeys and labelSelector",
                &errors)
        }
        for (i, key) in term.matchLabelKeys.enumerated() where term.mismatchLabelKeys.contains(key) {
            errors.invalid(
                "\(at).matchLabelKeys[\(i)]", .string(key),
                "exists in both matchLabelKeys and mismatchLabelKeys")
        }
        if term.topologyKey.isEmpty { errors.required("\(at).topologyKey", "can not be empty") }
        errors.invalid("\(at).topologyKey", term.topologyKey, each: NameRules.labelKey(term.topologyKey))
    }

    /// Keys that were merged into a selector which already had them. The path is the API server's: that of
    /// the term, with the place among the keys.
    private static func clashes(
        _ keys: [String], _ selector: LabelSelector, _ at: String, _ why: String, _ errors: inout [FieldError]
    ) {
        guard !keys.isEmpty else { return }
        var seen = selector.matchLabels.keys
        for requirement in selector.matchExpressions {
            if let i = keys.firstIndex(of: requirement.key), seen.contains(requirement.key) {
                errors.invalid("\(at)[\(i)]", .string(requirement.key), why)
            }
            seen.append(requirement.key)
        }
    }

    static func tolerations(
        _ tolerations: [Toleration], _ at: String, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        for (i, toleration) in tolerations.enumerated() {
            let at = "\(at)[\(i)]"
            if !toleration.key.isEmpty {
                errors.invalid("\(at).key", toleration.key, each: NameRules.labelKey(toleration.key))
            } else if toleration.operator != "Exists" {
                errors.invalid(
                    "\(at).operator", .string(toleration.operator),
                    "operator must be Exists when `key` is empty, which means \"match all values and all keys\""
                )
            }
            if toleration.tolerationSeconds != nil, toleration.effect != TaintEffect.noExecute {
                errors.invalid(
                    "\(at).effect", .string(toleration.effect),
                    "effect must be 'NoExecute' when `tolerationSeconds` is set")
            }
            switch toleration.operator {
            case "", "Equal":
                let problems = NameRules.labelValue(toleration.value)
                if !problems.isEmpty {
                    errors.invalid(
                        "\(at).operator", .string(toleration.value), problems.joined(separator: ";"))
                }
            case "Exists":
                if !toleration.value.isEmpty {
                    errors.invalid(
                        "\(at).operator", .string(toleration.value),
                        "value must be empty when `operator` is 'Exists'")
                }
            case "Lt", "Gt": comparison(toleration, at, profile, &errors)
            default: errors.notSupported("\(at).operator", .string(toleration.operator), ["Equal", "Exists"])
            }
            if !toleration.effect.isEmpty { taintEffect(toleration.effect, "\(at).effect", &errors) }
        }
    }

    private static func comparison(
        _ toleration: Toleration, _ at: String, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        if !profile.isEnabled(.taintTolerationComparisonOperators) {
            // From 1.35 on the text names the operators even where they are off.
            let known = profile.has(.numbersInTolerations) ? ["Equal", "Exists", "Lt", "Gt"] : ["Equal", "Exists"]
            errors.notSupported("\(at).operator", .string(toleration.operator), known)
        } else if Toleration.number(toleration.value) == nil {
            errors.invalid(
                "\(at).value", .string(toleration.value),
                "value must be a valid integer when `operator` is '\(toleration.operator)'")
        }
    }

    static func taintEffect(_ effect: String, _ at: String, _ errors: inout [FieldError]) {
        errors.oneOf(at, effect, [TaintEffect.noSchedule, TaintEffect.preferNoSchedule, TaintEffect.noExecute])
    }

    // MARK: Topology spread

    static func topologySpreadConstraints(
        _ constraints: [TopologySpreadConstraint], _ at: String, _ profile: KubernetesProfile,
        _ errors: inout [FieldError]
    ) {
        for (i, constraint) in constraints.enumerated() {
            let at = "\(at)[\(i)]"
            if constraint.maxSkew <= 0 {
                errors.invalid("\(at).maxSkew", constraint.maxSkew, "must be greater than zero")
            }
            if constraint.topologyKey.isEmpty { errors.required("\(at).topologyKey", "can not be empty") }
            errors.oneOf(
                "\(at).whenUnsatisfiable", constraint.whenUnsatisfiable, ["DoNotSchedule", "ScheduleAnyway"])
            let repeated = constraints[(i + 1)...].contains {
                $0.topologyKey == constraint.topologyKey
                    && $0.whenUnsatisfiable == constraint.whenUnsatisfiable
            }
            if repeated {
                errors.duplicate(
                    "\(at).{topologyKey, whenUnsatisfiable}",
                    .string("{\(constraint.topologyKey), \(constraint.whenUnsatisfiable)}"))
            }
            minDomains(constraint, "\(at).minDomains", &errors)
            if let policy = constraint.nodeAffinityPolicy {
                errors.oneOf("\(at).nodeAffinityPolicy", policy, ["Honor", "Ignore"])
            }
            if let policy = constraint.nodeTaintsPolicy {
                errors.oneOf("\(at).nodeTaintsPolicy", policy, ["Honor", "Ignore"])
            }
            matchLabelKeys(constraint, at, profile, &errors)
            labelSelector("\(at).labelSelector", constraint.labelSelector, &errors)
        }
    }

    private static func minDomains(
        _ constraint: TopologySpreadConstraint, _ at: String, _ errors: inout [FieldError]
    ) {
        guard let minDomains = constraint.minDomains else { return }
        if minDomains <= 0 { errors.invalid(at, minDomains, "must be greater than zero") }
        if !constraint.isHard {
            errors.invalid(
                at, minDomains,
                "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not \(constraint.whenUnsatisfiable)"
            )
        }
    }

    private static func matchLabelKeys(
        _ constraint: TopologySpreadConstraint, _ at: String, _ profile: KubernetesProfile,
        _ errors: inout [FieldError]
    ) {
        let keys = constraint.matchLabelKeys
        guard !keys.isEmpty else { return }
        if constraint.labelSelector == nil {
            errors.forbidden("\(at).matchLabelKeys", "must not be specified when labelSelector is not set")
        }
        let selector = constraint.labelSelector ?? LabelSelector()
        let merged = profile.isEnabled(.matchLabelKeysInPodTopologySpreadSelectorMerge)
        let inSelector = selector.matchLabels.keys + selector.matchExpressions.map(\.key)
        for (i, key) in keys.enumerated() {
            errors.invalid("\(at).matchLabelKeys[\(i)]", key, each: NameRules.labelKey(key))
            if !merged, inSelector.contains(key) {
                errors.invalid(
                    "\(at).matchLabelKeys[\(i)]", .string(key),
                    "exists in both matchLabelKeys and labelSelector")
            }
        }
        if merged { clashes(keys, selector, at, "exists in both matchLabelKeys and labelSelector", &errors) }
    }
}
