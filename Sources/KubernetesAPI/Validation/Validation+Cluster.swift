import SimulationKit

// Nodes, configuration, quotas.
extension Validation {
    static func node(_ node: Node, _ errors: inout [FieldError]) {
        let taints = node.spec.taints
        for (i, taint) in taints.enumerated() {
            // The API server says metadata here.
            let at = "metadata.taints[\(i)]"
            errors.invalid("\(at).key", taint.key, each: NameRules.labelKey(taint.key))
            let problems = NameRules.labelValue(taint.value)
            if !problems.isEmpty { errors.invalid("\(at).value", .string(taint.value), problems.joined(separator: ";")) }
            if taint.effect.isEmpty {
                errors.required("\(at).effect")
            } else {
                taintEffect(taint.effect, "\(at).effect", &errors)
            }
            if taints[..<i].contains(where: { $0.key == taint.key && $0.effect == taint.effect }) {
                errors.duplicate(
                    at,
                    [
                        "Key": .string(taint.key), "Value": .string(taint.value),
                        "Effect": .string(taint.effect),
                        "TimeAdded": taint.timeAdded?.json ?? .null,
                    ], "taints must be unique by key and effect pair")
            }
        }
        // A node may offer resources by any name.
        amounts(node.status.capacity, "status.capacity", &errors)
        amounts(node.status.allocatable, "status.allocatable", &errors)
    }

    static func podCIDRs(_ ranges: [String], _ errors: inout [FieldError]) {
        for (i, range) in ranges.enumerated() { errors.ipRange("spec.podCIDRs[\(i)]", range) }
        if ranges.count < 2 { return }
        let families = Set(ranges.map { IPAddress.range($0)?.isV6 })
        if families.count < 2 || families.contains(nil) || ranges.count > 2 {
            errors.invalid("spec.podCIDRs", ranges.json ?? [], "may specify no more than one CIDR for each IP family")
        }
        for (i, range) in ranges.enumerated() where ranges[..<i].contains(range) {
            errors.duplicate("spec.podCIDRs[\(i)]", .string(range))
        }
    }

    static func nodeChange(_ new: NodeSpec, _ old: NodeSpec, _ errors: inout [FieldError]) {
        // The API server fills the list from the single range.
        func ranges(_ spec: NodeSpec) -> [String] { spec.podCIDRs.isEmpty && !spec.podCIDR.isEmpty ? [spec.podCIDR] : spec.podCIDRs }
        let (after, before) = (ranges(new), ranges(old))
        if !before.isEmpty, after != before {
            errors.forbidden("spec.podCIDRs", "node updates may not change podCIDR except from \"\" to valid")
        }
        if !old.providerID.isEmpty, new.providerID != old.providerID {
            errors.forbidden("spec.providerID", "node updates may not change providerID except from \"\" to valid")
        }
        if new.externalID != old.externalID { errors.forbidden("spec.externalID", "may not be updated") }
    }

    static func namespace(_ namespace: Namespace, _ errors: inout [FieldError]) {
        for finalizer in namespace.spec.finalizers {
            errors.invalid("spec.finalizers", finalizer, each: NameRules.qualifiedName(finalizer))
            standardFinalizer(finalizer, "spec.finalizers", &errors)
        }
    }

    // MARK: ConfigMap and Secret

    private static let sizeMax = 1 << 20

    static func configMap(_ map: ConfigMap, _ errors: inout [FieldError]) {
        var size = 0
        for (key, value) in map.data.entries {
            errors.invalid("data[\(key)]", key, each: NameRules.configKey(key))
            if map.binaryData[key] != nil {
                errors.invalid("data[\(key)]", .string(key), "duplicate of key present in binaryData")
            }
            size += value.utf8.count
        }
        for (key, value) in map.binaryData.entries {
            errors.invalid("binaryData[\(key)]", key, each: NameRules.configKey(key))
            size += base64Size(value)
        }
        if size > sizeMax { errors.tooLong("", sizeMax) }
    }

    static func configMapChange(_ new: ConfigMap, _ old: ConfigMap, _ errors: inout [FieldError]) {
        guard old.immutable == true else { return }
        let why = "field is immutable when `immutable` is set"
        if new.immutable != true { errors.forbidden("immutable", why) }
        if new.data != old.data { errors.forbidden("data", why) }
        if new.binaryData != old.binaryData { errors.forbidden("binaryData", why) }
    }

    static func secret(_ secret: Secret, _ errors: inout [FieldError]) {
        var size = 0
        for (key, value) in secret.data.entries {
            errors.invalid("data[\(key)]", key, each: NameRules.configKey(key))
            size += base64Size(value)
        }
        if size > sizeMax { errors.tooLong("data", sizeMax) }
        func require(_ keys: String...) { for key in keys where secret.data[key] == nil { errors.required("data[\(key)]") } }
        switch secret.type {
        case "kubernetes.io/service-account-token":
            let key = "kubernetes.io/service-account.name"
            if (secret.metadata.annotations[key] ?? "").isEmpty { errors.required("metadata.annotations[\(key)]") }
        case "kubernetes.io/dockercfg": dockerConfig(secret, ".dockercfg", &errors)
        case "kubernetes.io/dockerconfigjson": dockerConfig(secret, ".dockerconfigjson", &errors)
        case "kubernetes.io/basic-auth":
            if secret.data["username"] == nil, secret.data["password"] == nil { require("username", "password") }
        case "kubernetes.io/ssh-auth": if (secret.data["ssh-privatekey"] ?? "").isEmpty { errors.required("data[ssh-privatekey]") }
        case "kubernetes.io/tls": require("tls.crt", "tls.key")
        default: break
        }
    }

    /// Bytes behind a text in base64.
    private static func base64Size(_ text: String) -> Int {
        let bytes = text.utf8.filter { $0 != 10 && $0 != 13 }
        return bytes.count / 4 * 3 - bytes.suffix(2).count { $0 == 61 }
    }

    /// Credentials of registries must be an object in JSON.
    private static func dockerConfig(_ secret: Secret, _ key: String, _ errors: inout [FieldError]) {
        guard let text = secret.data[key] else { return errors.required("data[\(key)]") }
        // Reading has seen to it that the text is base64; lines may end in it.
        let bytes = Base64.decode(text.filter { !$0.isNewline }) ?? []
        guard let problem = JSONSyntax.problem(inObject: bytes) else { return }
        errors.invalid("data[\(key)]", "<secret contents redacted>", problem)
    }

    static func secretChange(_ new: Secret, _ old: Secret, _ errors: inout [FieldError]) {
        errors.immutable("type", new.type, old.type)
        guard old.immutable == true else { return }
        let why = "field is immutable when `immutable` is set"
        if new.immutable != true { errors.forbidden("immutable", why) }
        if new.data != old.data { errors.forbidden("data", why) }
    }

    // MARK: Quotas and limits

    /// - Source: Kubernetes `pkg/apis/core/helper/helpers.go`, `IsStandardQuotaResourceName`.
    private static let quotaResourceNames = [
        "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage", "requests.ephemeral-storage",
        "limits.cpu", "limits.memory", "limits.ephemeral-storage", "pods", "resourcequotas", "services", "replicationcontrollers",
        "secrets", "persistentvolumeclaims", "configmaps", "services.nodeports", "services.loadbalancers",
    ]
    private static func isQuotaResource(_ name: String) -> Bool {
        quotaResourceNames.contains(name) || isHugePages(name) || name.hasPrefix("requests.hugepages-")
    }
    private static let quotaScopes = [
        "BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass", "Terminating",
        "VolumeAttributesClass",
    ]

    /// Whether a scope can say which objects count for a resource.
    private static func scope(_ scope: String, fits resource: String) -> Bool {
        let compute = [
            "pods", "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory", "ephemeral-storage",
            "requests.ephemeral-storage", "limits.ephemeral-storage",
        ]
        switch scope {
        case "Terminating", "NotTerminating", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity":
            return compute.contains(resource) || isHugePages(resource) || resource.hasPrefix("requests.hugepages-")
        case "BestEffort": return resource == "pods"
        case "VolumeAttributesClass": return resource == "persistentvolumeclaims" || resource == "requests.storage"
        default: return true
        }
    }

    static func resourceQuota(_ quota: ResourceQuota, _ errors: inout [FieldError]) {
        let spec = quota.spec
        quotaList(spec.hard, "spec.hard", &errors)
        let printed = spec.scopes.json ?? []
        for scope in spec.scopes {
            if !quotaScopes.contains(scope) { errors.invalid("spec.scopes", printed, "unsupported scope") }
            for name in spec.hard.keys where isQuotaResource(name) && !Self.scope(scope, fits: name) {
                errors.invalid("spec.scopes", printed, "unsupported scope applied to resource")
            }
        }
        conflicts(spec.scopes, "spec.scopes", printed, &errors)
        if let selector = spec.scopeSelector { scopeSelector(selector, spec, "spec.scopeSelector.matchExpressions", &errors) }
        quotaList(quota.status.hard, "status.hard", &errors)
        quotaList(quota.status.used, "status.used", &errors)
    }

    private static func quotaList(_ list: ResourceList, _ at: String, _ errors: inout [FieldError]) {
        for (name, quantity) in list.entries {
            let at = "\(at)[\(name)]"
            let problems = NameRules.qualifiedName(name)
            errors.invalid(at, name, each: problems)
            if !name.contains("/"), !isQuotaResource(name) {
                if problems.isEmpty, !isStandardResource(name) {
                    errors.invalid(at, .string(name), "must be a standard resource type or fully qualified")
                }
                errors.invalid(at, .string(name), "must be a standard resource for quota")
            }
            amount(name, quantity, at, &errors)
        }
    }

    private static func conflicts(_ scopes: [String], _ at: String, _ printed: JSONValue, _ errors: inout [FieldError]) {
        for (a, b) in [("BestEffort", "NotBestEffort"), ("NotTerminating", "Terminating")]
        where scopes.contains(a) && scopes.contains(b) {
            errors.invalid(at, printed, "conflicting scopes")
        }
    }

    private static func scopeSelector(_ json: JSONValue, _ spec: ResourceQuotaSpec, _ at: String, _ errors: inout [FieldError]) {
        let requirements = json.read(ScopeSelector.self)?.matchExpressions ?? []
        for requirement in requirements {
            let name = requirement.scopeName
            if !quotaScopes.contains(name) { errors.invalid("\(at).scopeName", .string(name), "unsupported scope") }
            for resource in spec.hard.keys where isQuotaResource(resource) && !scope(name, fits: resource) {
                errors.invalid(at, json, "unsupported scope applied to resource")
            }
            let bare = ["BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "CrossNamespacePodAffinity"]
            if bare.contains(name), requirement.operator != "Exists" {
                errors.invalid(
                    "\(at).operator", .string(requirement.operator),
                    "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "
                        + "ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity")
            }
            switch requirement.operator {
            case "In", "NotIn":
                if requirement.values.isEmpty {
                    errors.required(
                        "\(at).values", "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")
                }
            case "Exists", "DoesNotExist":
                if !requirement.values.isEmpty {
                    errors.invalid(
                        "\(at).values", requirement.values.json ?? [],
                        "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector")
                }
            default: errors.invalid("\(at).operator", .string(requirement.operator), "not a valid selector operator")
            }
        }
        conflicts(requirements.map(\.scopeName), at, spec.scopes.json ?? [], &errors)
    }

    static func limitRange(_ spec: LimitRangeSpec, _ errors: inout [FieldError]) {
        for (i, item) in spec.limits.enumerated() {
            let at = "spec.limits[\(i)]"
            let problems = NameRules.qualifiedName(item.type)
            errors.invalid("\(at).type", item.type, each: problems)
            if problems.isEmpty, !item.type.contains("/"), !["Pod", "Container", "PersistentVolumeClaim"].contains(item.type) {
                errors.invalid("\(at).type", .string(item.type), "must be a standard limit type or fully qualified")
            }
            if spec.limits[..<i].contains(where: { $0.type == item.type }) {
                errors.duplicate("\(at).type", .string(item.type))
            }
            limitNames(item.max, "\(at).max", item.type, &errors)
            limitNames(item.min, "\(at).min", item.type, &errors)
            if item.type == "Pod" {
                if !item.default.isEmpty {
                    errors.forbidden("\(at).default", "may not be specified when `type` is 'Pod'")
                }
                if !item.defaultRequest.isEmpty {
                    errors.forbidden("\(at).defaultRequest", "may not be specified when `type` is 'Pod'")
                }
            } else {
                limitNames(item.default, "\(at).default", item.type, &errors)
                limitNames(item.defaultRequest, "\(at).defaultRequest", item.type, &errors)
            }
            if item.type == "PersistentVolumeClaim", item.min["storage"] == nil, item.max["storage"] == nil {
                errors.required(
                    "\(at).limits",
                    "either minimum or maximum storage value is required, but neither was provided")
            }
            limitNames(item.maxLimitRequestRatio, "\(at).maxLimitRequestRatio", item.type, &errors)
            for name in names(item) { limits(item, name, at, &errors) }
        }
    }

    private static func limitNames(_ list: ResourceList, _ at: String, _ type: String, _ errors: inout [FieldError]) {
        for name in list.keys {
            if type == "Pod" || type == "Container" {
                containerResourceName(name, "\(at)[\(name)]", &errors)
            } else {
                resourceName(name, "\(at)[\(name)]", &errors)
            }
        }
    }

    private static func names(_ item: LimitRangeItem) -> [String] {
        var all = ResourceList()
        for list in [item.max, item.min, item.default, item.defaultRequest, item.maxLimitRequestRatio] {
            all = all.merging(list)
        }
        return all.keys
    }

    /// What belongs together must be in order: min ≤ default request ≤ default ≤ max.
    private static func limits(
        _ item: LimitRangeItem, _ name: String, _ at: String, _ errors: inout [FieldError]
    ) {
        let (least, most) = (item.min[name], item.max[name])
        let (standard, request) = item.type == "Pod" ? (nil, nil) : (item.default[name], item.defaultRequest[name])
        func order(
            _ low: Quantity?, _ high: Quantity?, _ field: String, _ shown: Quantity?, _ lowName: String, _ highName: String
        ) {
            guard let low, let high, let shown, low > high else { return }
            errors.invalid(
                "\(at).\(field)[\(name)]", shown,
                "\(lowName) value \(low) is greater than \(highName) value \(high)")
        }
        order(least, most, "min", least, "min", "max")
        order(least, request, "defaultRequest", request, "min", "default request")
        order(request, most, "defaultRequest", request, "default request", "max")
        order(request, standard, "defaultRequest", request, "default request", "default limit")
        order(least, standard, "default", least, "min", "default")
        order(standard, most, "default", most, "default", "max")
        if let ratio = item.maxLimitRequestRatio[name] {
            let field = "\(at).maxLimitRequestRatio[\(name)]"
            if ratio < Quantity(1) { errors.invalid(field, ratio, "ratio \(ratio) is less than 1") }
            if let least, let most, least > .zero {
                let widest = Double(most.nano) / Double(least.nano)
                if Double(ratio.nano) / 1e9 > widest {
                    errors.invalid(field, ratio, "ratio \(ratio) is greater than max/min = \(sixDecimals(widest))")
                }
            }
        }
        if !mayOvercommit(name), let standard, let request, standard != request {
            errors.invalid(
                "\(at).defaultRequest[\(name)]", request,
                "default value \(standard) must equal to defaultRequest value \(request) in \(name)")
        }
    }

    private static func sixDecimals(_ value: Double) -> String {
        let millionths = Int64(saturating: value * 1e6)
        return "\(millionths / 1_000_000)." + String(millionths % 1_000_000 + 1_000_000).dropFirst()
    }
}
