// Nodes, configuration, quotas.
extension Validation {
    static func node(_ node: Node, _ errors: inout [FieldError]) {
        let taints = node.spec.taints
        for (i, taint) in taints.enumerated() {
            // The API server says metadata here.
            let at = "metadata.taints[\(i)]"
            errors.invalid("\(at).key", taint.key, each: NameRules.labelKey(taint.key))
            errors.invalid("\(at).value", taint.value, each: NameRules.labelValue(taint.value))
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
            size += value.utf8.count / 4 * 3
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
            size += value.utf8.count / 4 * 3
        }
        if size > sizeMax { errors.tooLong("data", sizeMax) }
        let needed: [String] =
            switch secret.type {
            case "kubernetes.io/dockerconfigjson": [".dockerconfigjson"]
            case "kubernetes.io/dockercfg": [".dockercfg"]
            case "kubernetes.io/ssh-auth": ["ssh-privatekey"]
            case "kubernetes.io/tls": ["tls.crt", "tls.key"]
            default: []
            }
        for key in needed where secret.data[key] == nil { errors.required("data[\(key)]") }
    }

    static func secretChange(_ new: Secret, _ old: Secret, _ errors: inout [FieldError]) {
        errors.immutable("type", new.type, old.type)
        guard old.immutable == true else { return }
        let why = "field is immutable when `immutable` is set"
        if new.immutable != true { errors.forbidden("immutable", why) }
        if new.data != old.data { errors.forbidden("data", why) }
    }

    // MARK: Quotas and limits

    static func resourceQuota(_ spec: ResourceQuotaSpec, _ errors: inout [FieldError]) {
        resourceList(spec.hard, "spec.hard", &errors)
        let scopes = [
            "BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass",
            "Terminating", "VolumeAttributesClass",
        ]
        for scope in spec.scopes where !scopes.contains(scope) {
            errors.invalid("spec.scopes", spec.scopes.json ?? [], "unsupported scope")
        }
    }

    static func limitRange(_ spec: LimitRangeSpec, _ errors: inout [FieldError]) {
        for (i, item) in spec.limits.enumerated() {
            let at = "spec.limits[\(i)]"
            if spec.limits[..<i].contains(where: { $0.type == item.type }) {
                errors.duplicate("\(at).type", .string(item.type))
            }
            if item.type == "Pod" {
                if !item.default.isEmpty {
                    errors.forbidden("\(at).default", "may not be specified when `type` is 'Pod'")
                }
                if !item.defaultRequest.isEmpty {
                    errors.forbidden("\(at).defaultRequest", "may not be specified when `type` is 'Pod'")
                }
            }
            if item.type == "PersistentVolumeClaim", item.min["storage"] == nil, item.max["storage"] == nil {
                errors.required(
                    "\(at).limits",
                    "either minimum or maximum storage value is required, but neither was provided")
            }
            for name in names(item) { limits(item, name, at, &errors) }
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
        func order(
            _ low: Quantity?, _ high: Quantity?, _ field: String, _ lowName: String, _ highName: String
        ) {
            guard let low, let high, low > high else { return }
            errors.invalid(
                "\(at).\(field)[\(name)]", low,
                "\(lowName) value \(low) is greater than \(highName) value \(high)")
        }
        order(item.min[name], item.max[name], "min", "min", "max")
        order(item.min[name], item.defaultRequest[name], "defaultRequest", "min", "default request")
        order(item.defaultRequest[name], item.max[name], "defaultRequest", "default request", "max")
        order(
            item.defaultRequest[name], item.default[name], "defaultRequest", "default request",
            "default limit")
        order(item.min[name], item.default[name], "default", "min", "default")
        order(item.default[name], item.max[name], "default", "default", "max")
        if let ratio = item.maxLimitRequestRatio[name], ratio < Quantity(1) {
            errors.invalid("\(at).maxLimitRequestRatio[\(name)]", ratio, "ratio \(ratio) is less than 1")
        }
    }
}
