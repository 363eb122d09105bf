// Requests and limits of containers and pods.
extension Validation {
    private static let containerResourceNames = ["cpu", "memory", "ephemeral-storage"]
    private static let standardResourceNames =
        containerResourceNames + [
            "storage", "pods", "services", "replicationcontrollers", "resourcequotas", "secrets",
            "configmaps",
            "persistentvolumeclaims", "services.loadbalancers", "services.nodeports",
        ]
    private static func isHugePages(_ name: String) -> Bool { name.hasPrefix("hugepages-") }
    /// Of `kubernetes.io` itself, or without a domain.
    private static func isNative(_ name: String) -> Bool {
        !name.contains("/") || name.contains("kubernetes.io/")
    }
    private static func isExtended(_ name: String) -> Bool { !isNative(name) && !name.hasPrefix("requests.") }
    /// Whether more may be promised than there is: limits above requests.
    private static func mayOvercommit(_ name: String) -> Bool { isNative(name) && !isHugePages(name) }

    static func containerResources(
        _ resources: ResourceRequirements, _ at: String, _ errors: inout [FieldError]
    ) {
        for (name, limit) in resources.limits.entries {
            containerResourceName(name, "\(at).limits[\(name)]", &errors)
            amount(name, limit, "\(at).limits[\(name)]", &errors)
        }
        for (name, request) in resources.requests.entries {
            containerResourceName(name, "\(at).requests[\(name)]", &errors)
            amount(name, request, "\(at).requests[\(name)]", &errors)
            requestAgainstLimit(name, request, resources.limits[name], at, &errors)
        }
        let names = resources.limits.keys + resources.requests.keys
        if names.contains(where: isHugePages), !names.contains("cpu"), !names.contains("memory") {
            errors.forbidden(at, "HugePages require cpu or memory")
        }
    }

    private static func requestAgainstLimit(
        _ name: String, _ request: Quantity, _ limit: Quantity?, _ at: String, _ errors: inout [FieldError]
    ) {
        if let limit {
            if request != limit, !mayOvercommit(name) {
                errors.invalid("\(at).requests", request, "must be equal to \(name) limit of \(limit)")
            } else if request > limit {
                errors.invalid(
                    "\(at).requests", request, "must be less than or equal to \(name) limit of \(limit)")
            }
        } else if !mayOvercommit(name) {
            errors.required("\(at).limits", "Limit must be set for non overcommitable resources")
        }
    }

    private static func containerResourceName(_ name: String, _ at: String, _ errors: inout [FieldError]) {
        let before = errors.count
        resourceName(name, at, &errors)
        if !name.contains("/") {
            if !containerResourceNames.contains(name), !isHugePages(name) {
                errors.invalid(at, .string(name), "must be a standard resource for containers")
            }
        } else if before == errors.count, !isNative(name), !isExtended(name) {
            errors.invalid(at, .string(name), "doesn't follow extended resource name standard")
        }
    }

    private static func resourceName(_ name: String, _ at: String, _ errors: inout [FieldError]) {
        let problems = NameRules.qualifiedName(name)
        errors.invalid(at, name, each: problems)
        if problems.isEmpty, !name.contains("/"), !standardResourceNames.contains(name), !isHugePages(name),
            !name.hasPrefix("requests."), !name.hasPrefix("limits."), !name.hasPrefix("count/")
        {
            errors.invalid(at, .string(name), "must be a standard resource type or fully qualified")
        }
    }

    private static func amount(
        _ name: String, _ quantity: Quantity, _ at: String, _ errors: inout [FieldError]
    ) {
        if quantity < .zero { errors.invalid(at, quantity, "must be greater than or equal to 0") }
        let whole = isExtended(name) || ["pods", "services", "secrets", "configmaps"].contains(name)
        if whole, quantity.nano % 1_000_000_000 != 0 { errors.invalid(at, quantity, "must be an integer") }
    }

    /// Names and amounts of a list that stands by itself: overheads, quotas, capacities.
    static func resourceList(_ list: ResourceList, _ at: String, _ errors: inout [FieldError]) {
        for (name, quantity) in list.entries {
            resourceName(name, "\(at)[\(name)]", &errors)
            amount(name, quantity, "\(at)[\(name)]", &errors)
        }
    }

    /// The amounts of a list whose names are free.
    static func amounts(_ list: ResourceList, _ at: String, _ errors: inout [FieldError]) {
        for (name, quantity) in list.entries { amount(name, quantity, "\(at)[\(name)]", &errors) }
    }

    static func resizePolicy(
        _ policies: [ContainerResizePolicy], _ spec: PodSpec, _ at: String, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        for (i, policy) in policies.enumerated() {
            if policies[..<i].contains(where: { $0.resourceName == policy.resourceName }) {
                errors.duplicate("\(at)[\(i)]", .string(policy.resourceName))
            }
            errors.oneOf(at, policy.resourceName, ["cpu", "memory"])
            errors.oneOf(at, policy.restartPolicy, ["NotRequired", "RestartContainer"])
            if profile.resizeReportsConditions, spec.restartPolicy == "Never", policy.restartPolicy == "RestartContainer" {
                errors.invalid(
                    at, .string(policy.restartPolicy),
                    "must be 'NotRequired' when pod `restartPolicy` is 'Never'")
            }
        }
    }

    /// The resources of the pod as a whole: not less than its containers together.
    static func podResources(
        _ resources: ResourceRequirements, _ spec: PodSpec, _ at: String, _ errors: inout [FieldError]
    ) {
        func isSupported(_ name: String) -> Bool { name == "cpu" || name == "memory" || isHugePages(name) }
        for (list, field) in [(resources.limits, "limits"), (resources.requests, "requests")] {
            for (name, quantity) in list.entries {
                let at = "\(at).\(field)[\(name)]"
                if !isSupported(name) {
                    errors.notSupported(at, .string(name), ["cpu", "hugepages-", "memory"])
                }
                amount(name, quantity, at, &errors)
            }
        }
        for (name, request) in resources.requests.entries where isSupported(name) {
            guard let limit = resources.limits[name], request > limit else { continue }
            errors.invalid(
                "\(at).requests", request, "must be less than or equal to \(name) limit of \(limit)")
        }
        for (name, sum) in spec.aggregate(\.requests).entries {
            guard let request = resources.requests[name], sum > request else { continue }
            errors.invalid(
                "\(at).requests[\(name)]", request,
                "must be greater than or equal to aggregate container requests of \(sum)")
        }
        for (i, container) in spec.containers.enumerated() {
            for (name, limit) in container.resources.limits.entries {
                guard let most = resources.limits[name], limit > most else { continue }
                // The path is the API server's own.
                errors.invalid(
                    "\(at).containers[\(i)].resources.limits[\(name)]", limit,
                    "must be less than or equal to pod limits of \(most)")
            }
        }
    }
}
