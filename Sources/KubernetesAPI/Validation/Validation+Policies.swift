// Priority classes, disruption budgets, autoscalers.
extension Validation {
    static func priorityClass(_ priority: PriorityClass, _ errors: inout [FieldError]) {
        if priority.metadata.name.hasPrefix("system-") {
            errors.forbidden(
                "metadata.name", "priority class names with 'system-' prefix are reserved for system use only"
            )
        } else if priority.value > 1_000_000_000 {
            errors.forbidden("value", "maximum allowed value of a user defined priority is 1000000000")
        }
        if let policy = priority.preemptionPolicy {
            errors.oneOf("preemptionPolicy", policy, ["Never", "PreemptLowerPriority"])
        }
    }

    static func priorityClassChange(_ new: PriorityClass, _ old: PriorityClass, _ errors: inout [FieldError])
    {
        errors.removeAll { $0.field == "metadata.name" || $0.field == "value" }
        if new.value != old.value { errors.forbidden("value", "may not be changed in an update.") }
        errors.immutable("preemptionPolicy", new.preemptionPolicy, old.preemptionPolicy)
    }

    static func podDisruptionBudget(_ spec: PodDisruptionBudgetSpec, _ errors: inout [FieldError]) {
        if spec.minAvailable != nil, spec.maxUnavailable != nil {
            // The internal type's own names, which upstream prints.
            let printed: JSONValue = [
                "MinAvailable": spec.minAvailable?.json ?? .null, "Selector": spec.selector?.json ?? .null,
                "MaxUnavailable": spec.maxUnavailable?.json ?? .null,
                "UnhealthyPodEvictionPolicy": spec.unhealthyPodEvictionPolicy.map { .string($0) } ?? .null,
            ]
            errors.invalid("spec", printed, "minAvailable and maxUnavailable cannot be both set")
        }
        errors.nonnegativeOrPercent("spec.minAvailable", spec.minAvailable)
        errors.atMost100Percent("spec.minAvailable", spec.minAvailable)
        errors.nonnegativeOrPercent("spec.maxUnavailable", spec.maxUnavailable)
        errors.atMost100Percent("spec.maxUnavailable", spec.maxUnavailable)
        labelSelector("spec.selector", spec.selector, &errors)
        if let policy = spec.unhealthyPodEvictionPolicy {
            errors.oneOf("spec.unhealthyPodEvictionPolicy", policy, ["AlwaysAllow", "IfHealthyBudget"])
        }
    }

    // MARK: HorizontalPodAutoscaler

    static func horizontalPodAutoscaler(
        _ spec: HorizontalPodAutoscalerSpec, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        let least = profile.isEnabled(.hpaScaleToZero) ? 0 : 1
        if let replicas = spec.minReplicas, replicas < least {
            errors.invalid("spec.minReplicas", replicas, "must be greater than or equal to \(least)")
        }
        if spec.maxReplicas < 1 { errors.required("spec.maxReplicas", "must be set and greater than 0") }
        if let replicas = spec.minReplicas, spec.maxReplicas < replicas {
            errors.invalid(
                "spec.maxReplicas", spec.maxReplicas, "must be greater than or equal to `minReplicas`")
        }
        target(spec.scaleTargetRef, "spec.scaleTargetRef", &errors)
        for (i, own) in spec.metrics.enumerated() { metric(own, "spec.metrics[\(i)]", &errors) }
        if spec.minReplicas == 0,
            !spec.metrics.contains(where: { $0.type == "Object" || $0.type == "External" })
        {
            errors.forbidden(
                "spec.metrics",
                "must specify at least one Object or External metric to support scaling to zero replicas")
        }
        if let behavior = spec.behavior?.json {
            for direction in ["scaleUp", "scaleDown"] {
                if let rules = behavior[direction] {
                    scalingRules(rules, "spec.behavior.\(direction)", &errors)
                }
            }
        }
    }

    private static func target(
        _ reference: CrossVersionObjectReference, _ at: String, _ errors: inout [FieldError]
    ) {
        if reference.kind.isEmpty { errors.required("\(at).kind") }
        if reference.name.isEmpty { errors.required("\(at).name") }
    }

    private static func metric(_ metric: MetricSpec, _ at: String, _ errors: inout [FieldError]) {
        let sources: [(type: String, field: String, value: JSONValue?)] = [
            ("ContainerResource", "containerResource", metric.containerResource?.json),
            ("External", "external", metric.external?.json), ("Object", "object", metric.object?.json),
            ("Pods", "pods", metric.pods?.json), ("Resource", "resource", metric.resource?.json),
        ]
        if metric.type.isEmpty { errors.required("\(at).type", "must specify a metric source type") }
        guard let wanted = sources.first(where: { $0.type == metric.type }) else {
            errors.notSupported("\(at).type", .string(metric.type), sources.map(\.type))
            return
        }
        guard let source = wanted.value else {
            errors.required("\(at).\(wanted.field)", "must populate information for the given metric source")
            return
        }
        for other in sources where other.field != wanted.field && other.value != nil {
            errors.forbidden("\(at).\(other.field)", "must populate the given metric source only")
        }
        let at = "\(at).\(wanted.field)"
        switch metric.type {
        case "Resource", "ContainerResource":
            if metric.type == "ContainerResource", (source["container"]?.string ?? "").isEmpty {
                errors.required("\(at).container", "must specify a container")
            }
            if (source["name"]?.string ?? "").isEmpty {
                errors.required("\(at).name", "must specify a resource name")
            }
            metricTarget(source["target"], "\(at).target", &errors)
            let target = source["target"]
            if target?["averageUtilization"] == nil, target?["averageValue"] == nil {
                errors.required(
                    "\(at).target.averageUtilization",
                    "must set either a target raw value or a target utilization")
            }
        default:
            if (source["metric"]?["name"]?.string ?? "").isEmpty {
                errors.required("\(at).metric.name", "must specify a metric name")
            }
            metricTarget(source["target"], "\(at).target", &errors)
        }
    }

    private static func metricTarget(_ target: JSONValue?, _ at: String, _ errors: inout [FieldError]) {
        let type = target?["type"]?.string ?? ""
        if type.isEmpty { errors.required("\(at).type", "must specify a metric target type") }
        errors.oneOf("\(at).type", type, ["Utilization", "Value", "AverageValue"])
        for field in ["value", "averageValue"] {
            guard let text = target?[field]?.string, let amount = Quantity(text), amount <= .zero else {
                continue
            }
            errors.invalid("\(at).\(field)", amount, "must be positive")
        }
        if let percent = target?["averageUtilization"]?.int, percent < 1 {
            errors.invalid("\(at).averageUtilization", .int(percent), "must be greater than 0")
        }
    }

    private static func scalingRules(_ rules: JSONValue, _ at: String, _ errors: inout [FieldError]) {
        if let seconds = rules["stabilizationWindowSeconds"]?.int {
            let field = "\(at).stabilizationWindowSeconds"
            if seconds < 0 { errors.invalid(field, .int(seconds), "must be greater than or equal to zero") }
            if seconds > 3600 { errors.invalid(field, .int(seconds), "must be less than or equal to 3600") }
        }
        if let select = rules["selectPolicy"]?.string {
            errors.oneOf("\(at).selectPolicy", select, ["Disabled", "Max", "Min"])
        }
        if rules["policies"]?.array?.isEmpty ?? false {
            errors.required("\(at).policies", "must specify at least one Policy")
        }
        for (i, policy) in (rules["policies"]?.array ?? []).enumerated() {
            let at = "\(at).policies[\(i)]"
            errors.oneOf("\(at).type", policy["type"]?.string ?? "", ["Percent", "Pods"])
            let value = policy["value"]?.int ?? 0
            if value <= 0 { errors.invalid("\(at).value", .int(value), "must be greater than zero") }
            let period = policy["periodSeconds"]?.int ?? 0
            if period <= 0 {
                errors.invalid("\(at).periodSeconds", .int(period), "must be greater than zero")
            }
            if period > 1800 {
                errors.invalid("\(at).periodSeconds", .int(period), "must be less than or equal to 1800")
            }
        }
        if let text = rules["tolerance"]?.string, let tolerance = Quantity(text), tolerance < .zero {
            errors.invalid("\(at).tolerance", tolerance, "must be greater than or equal to 0")
        }
    }
}
