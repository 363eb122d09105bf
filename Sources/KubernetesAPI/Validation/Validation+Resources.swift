// Requests and limits of containers and pods.
extension Validation {
    private static let containerResourceNames = ["cpu", "memory", "ephemeral-storage"]
    private static let standardResourceNames =
        containerResourceNames + [
            "storage", "pods", "services", "replicationcontrollers", "resourcequotas", "secrets",
            "configmaps",
            "persistentvolumeclaims", "services.loadbalancers", "services.nodeports",
        ]
    static func isHugePages(_ name: String) -> Bool { name.hasPrefix("hugepages-") }
    /// Of `kubernetes.io` itself, or without a domain.
    private static func isNative(_ name: String) -> Bool {
        !name.contains("/") || name.contains("kubernetes.io/")
    }
    private static func isExtended(_ name: String) -> Bool {
        !isNative(name) && !name.hasPrefix("requests.") && NameRules.qualifiedName("requests.\(name)").isEmpty
    }
    /// Whether more may be promised than there is: limits above requests.
    static func mayOvercommit(_ name: String) -> Bool { isNative(name) && !isHugePages(name) }

    static func containerResources(
        _ resources: ResourceRequirements, claims: [String], _ at: String, _ errors: inout [FieldError]
    ) {
        requirements(resources, claims: claims, containerResourceName, at, &errors)
    }

    private static func requirements(
        _ resources: ResourceRequirements, claims: [String],
        _ nameRule: (_ name: String, _ at: String, _ errors: inout [FieldError]) -> Void, _ at: String, _ errors: inout [FieldError]
    ) {
        for (name, limit) in resources.limits.entries {
            let at = "\(at).limits[\(name)]"
            nameRule(name, at, &errors)
            amount(name, limit, at, &errors)
            hugePages(name, limit, at, &errors)
        }
        for (name, request) in resources.requests.entries {
            let own = "\(at).requests[\(name)]"
            nameRule(name, own, &errors)
            amount(name, request, own, &errors)
            requestAgainstLimit(name, request, resources.limits[name], at, &errors)
            hugePages(name, request, own, &errors)
        }
        let names = resources.limits.keys + resources.requests.keys
        if names.contains(where: isHugePages), !names.contains("cpu"), !names.contains("memory") {
            errors.forbidden(at, "HugePages require cpu or memory")
        }
        usedClaims(resources.claims?.read([ResourceClaim].self) ?? [], claims, "\(at).claims", &errors)
    }

    /// Huge pages come in whole pages.
    private static func hugePages(_ name: String, _ quantity: Quantity, _ at: String, _ errors: inout [FieldError]) {
        guard isHugePages(name) else { return }
        let size = Quantity(name.dropFirst("hugepages-".count))
        if let size, size > .zero, quantity.nano % size.nano == 0 { return }
        errors.invalid(at, quantity, "\(quantity) is not positive integer multiple of \(name)")
    }

    /// The claims of the pod that a container uses: each once, and not a request of one beside the whole.
    private static func usedClaims(_ claims: [ResourceClaim], _ ofPod: [String], _ at: String, _ errors: inout [FieldError]) {
        var taken: [String] = []
        for (i, claim) in claims.enumerated() {
            let (at, name) = ("\(at)[\(i)]", claim.name)
            if name.isEmpty {
                errors.required(at)
                continue
            }
            if taken.contains(name) {
                errors.duplicate(at, .string(name))
            } else {
                let key = claim.request.isEmpty ? name : "\(name)/\(claim.request)"
                if !claim.request.isEmpty {
                    errors.invalid("\(at).request", claim.request, each: NameRules.label(claim.request))
                }
                if taken.contains(key) {
                    errors.duplicate(at, .string(key))
                } else if claim.request.isEmpty {
                    for other in taken where other.hasPrefix("\(name)/") { errors.duplicate(at, .string(name)) }
                }
                taken.append(key)
            }
            if !ofPod.contains(name) {
                let list = ofPod.isEmpty ? " which is empty" : ": " + Set(ofPod).sorted().joined(separator: ", ")
                errors.append(
                    FieldError(
                        .notFound, at, value: JSONValue.string(name).text(),
                        "must be one of the names in pod.spec.resourceClaims\(list)"))
            }
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

    static func containerResourceName(_ name: String, _ at: String, _ errors: inout [FieldError]) {
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

    static func isStandardResource(_ name: String) -> Bool {
        standardResourceNames.contains(name) || isHugePages(name) || name.hasPrefix("requests.hugepages-")
            || [
                "requests.cpu", "requests.memory", "requests.storage", "requests.ephemeral-storage", "limits.cpu", "limits.memory",
                "limits.ephemeral-storage",
            ].contains(name)
    }

    static func resourceName(_ name: String, _ at: String, _ errors: inout [FieldError]) {
        let problems = NameRules.qualifiedName(name)
        errors.invalid(at, name, each: problems)
        if problems.isEmpty, !name.contains("/"), !isStandardResource(name) {
            errors.invalid(at, .string(name), "must be a standard resource type or fully qualified")
        }
    }

    private static let wholeResourceNames = [
        "pods", "services", "replicationcontrollers", "resourcequotas", "secrets", "configmaps", "persistentvolumeclaims",
        "services.nodeports", "services.loadbalancers",
    ]

    static func amount(
        _ name: String, _ quantity: Quantity, _ at: String, _ errors: inout [FieldError]
    ) {
        if quantity < .zero { errors.invalid(at, quantity, "must be greater than or equal to 0") }
        let whole = isExtended(name) || wholeResourceNames.contains(name)
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
        if resources.claims != nil { errors.forbidden("\(at).claims", "claims cannot be set for Resources at pod-level") }
        func nameRule(_ name: String, _ at: String, _ errors: inout [FieldError]) {
            let before = errors.count
            resourceName(name, at, &errors)
            if errors.count == before, !isSupported(name) {
                errors.notSupported(at, .string(name), ["cpu", "hugepages-", "memory"])
            }
        }
        requirements(resources, claims: claimNames(spec), nameRule, at, &errors)
        for (name, sum) in spec.aggregate(\.requests).entries where isSupported(name) {
            let request = resources.requests[name] ?? .zero
            if sum > request {
                errors.invalid(
                    "\(at).requests[\(name)]", request,
                    "must be greater than or equal to aggregate container requests of \(sum)")
            }
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
