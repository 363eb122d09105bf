// Priority classes, disruption budgets, autoscalers.
extension Validation {
    static func priorityClass(_ priority: PriorityClass, _ errors: inout [FieldError]) {
        let system = ["system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000]
        if system[priority.metadata.name] == priority.value, !priority.globalDefault {
        } else if priority.metadata.name.hasPrefix("system-") {
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

    static func priorityClassChange(_ new: PriorityClass, _ old: PriorityClass, _ errors: inout [FieldError]) {
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
        if spec.minReplicas == 0, !spec.hasMetricWithoutPods {
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
        for (value, field) in [(reference.kind, "kind"), (reference.name, "name")] {
            if value.isEmpty {
                errors.required("\(at).\(field)")
            } else {
                errors.invalid("\(at).\(field)", value, each: NameRules.pathSegment(value))
            }
        }
    }

    private static func metric(_ metric: MetricSpec, _ at: String, _ errors: inout [FieldError]) {
        let types = ["ContainerResource", "External", "Object", "Pods", "Resource"]
        if metric.type.isEmpty { errors.required("\(at).type", "must specify a metric source type") }
        errors.oneOf("\(at).type", metric.type, types)
        // Of several sources the first is looked at.
        let present = [
            ("object", metric.object != nil), ("external", metric.external != nil), ("pods", metric.pods != nil),
            ("resource", metric.resource != nil), ("containerResource", metric.containerResource != nil),
        ].filter(\.1).map(\.0)
        let own = "\(at).\(present.first ?? "")"
        switch present.first {
        case "object": if let source = metric.object { object(source, own, &errors) }
        case "external": if let source = metric.external { external(source, own, &errors) }
        case "pods": if let source = metric.pods { pods(source, own, &errors) }
        case "resource":
            if let source = metric.resource { resource(source.name, source.target, own, &errors) }
        case "containerResource":
            if let source = metric.containerResource {
                resource(source.name, source.target, container: source.container, own, &errors)
            }
        default: break
        }
        let expected = metric.type.prefix(1).lowercased() + metric.type.dropFirst()
        if types.contains(metric.type) {
            if !present.contains(expected) {
                errors.required("\(at).\(expected)", "must populate information for the given metric source")
            }
        } else {
            errors.notSupported("\(at).type", .string(metric.type), types)
        }
        if present.count != 1 {
            for name in present where name != expected {
                errors.forbidden("\(at).\(name)", "must populate the given metric source only")
            }
        }
    }

    private static func object(_ source: ObjectMetricSource, _ at: String, _ errors: inout [FieldError]) {
        target(source.describedObject, "\(at).describedObject", &errors)
        identifier(source.metric, "\(at).metric", &errors)
        metricTarget(source.target, "\(at).target", &errors)
        if source.target.value == nil, source.target.averageValue == nil {
            errors.required("\(at).target.averageValue", "must set either a target value or averageValue")
        }
    }

    private static func external(_ source: ExternalMetricSource, _ at: String, _ errors: inout [FieldError]) {
        identifier(source.metric, "\(at).metric", &errors)
        metricTarget(source.target, "\(at).target", &errors)
        switch (source.target.value, source.target.averageValue) {
        case (nil, nil):
            errors.required("\(at).target.averageValue", "must set either a target value for metric or a per-pod target")
        case (.some, .some):
            errors.forbidden("\(at).target.value", "may not set both a target value for metric and a per-pod target")
        default: break
        }
    }

    private static func pods(_ source: PodsMetricSource, _ at: String, _ errors: inout [FieldError]) {
        identifier(source.metric, "\(at).metric", &errors)
        metricTarget(source.target, "\(at).target", &errors)
        if source.target.averageValue == nil || source.target.averageValue! <= .zero {
            errors.required("\(at).target.averageValue", "must specify a positive target averageValue")
        }
    }

    private static func resource(
        _ name: String, _ target: MetricTarget, container: String? = nil, _ at: String, _ errors: inout [FieldError]
    ) {
        if container == "" { errors.required("\(at).container", "must specify a container") }
        if name.isEmpty { errors.required("\(at).name", "must specify a resource name") }
        metricTarget(target, "\(at).target", &errors)
        switch (target.averageUtilization, target.averageValue) {
        case (nil, nil):
            errors.required("\(at).target.averageUtilization", "must set either a target raw value or a target utilization")
        case (.some, .some):
            errors.forbidden("\(at).target.averageValue", "may not set both a target raw value and a target utilization")
        default: break
        }
    }

    private static func identifier(_ metric: MetricIdentifier, _ at: String, _ errors: inout [FieldError]) {
        if metric.name.isEmpty {
            errors.required("\(at).name", "must specify a metric name")
        } else {
            errors.invalid("\(at).name", metric.name, each: NameRules.pathSegment(metric.name))
        }
    }

    private static func metricTarget(_ target: MetricTarget, _ at: String, _ errors: inout [FieldError]) {
        if target.type.isEmpty { errors.required("\(at).type", "must specify a metric target type") }
        if !["Utilization", "Value", "AverageValue"].contains(target.type) {
            errors.invalid("\(at).type", .string(target.type), "must be either Utilization, Value, or AverageValue")
        }
        if let value = target.value, value <= .zero { errors.invalid("\(at).value", value, "must be positive") }
        if let value = target.averageValue, value <= .zero { errors.invalid("\(at).averageValue", value, "must be positive") }
        if let percent = target.averageUtilization, percent < 1 {
            errors.invalid("\(at).averageUtilization", percent, "must be greater than 0")
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
        if rules["policies"]?.array?.isEmpty ?? true {
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
