// Groups of pods and the plans that they are made from.
// - Source: gang-scheduling.md §2.
extension Validation {
    /// The highest priority that a user may give.
    private static let highestPriority = 1_000_000_000

    static func podGroup(_ spec: PodGroupSpec, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        if let reference = spec.workloadRef {
            errors.invalid("spec.workloadRef.workloadName", reference.workloadName, each: NameRules.subdomain(reference.workloadName))
            errors.invalid("spec.workloadRef.templateName", reference.templateName, each: NameRules.label(reference.templateName))
        }
        group(spec, "spec", profile, &errors)
    }

    /// What a group and a template of groups have in common.
    private static func group(_ spec: PodGroupSpec, _ at: String, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        let policy = spec.schedulingPolicy
        oneOf("\(at).schedulingPolicy", [("basic", policy.basic != nil), ("gang", policy.gang != nil)], &errors)
        if let count = policy.gang?.minCount, count < 1 {
            errors.invalid("\(at).schedulingPolicy.gang.minCount", count, "must be greater than or equal to 1")
        }
        if let topology = spec.schedulingConstraints?.topology {
            let field = "\(at).schedulingConstraints.topology"
            if !profile.isEnabled(.topologyAwareWorkloadScheduling) {
                errors.forbidden(field, "may not be set when the TopologyAwareWorkloadScheduling feature gate is disabled")
            }
            if topology.count > 1 { errors.tooMany(field, topology.count, 1) }
            for (i, constraint) in topology.enumerated() {
                errors.invalid("\(field)[\(i)].key", constraint.key, each: NameRules.labelKey(constraint.key))
            }
        }
        if let mode = spec.disruptionMode {
            oneOf("\(at).disruptionMode", [("single", mode.single != nil), ("all", mode.all != nil)], &errors)
        }
        if !spec.priorityClassName.isEmpty {
            errors.invalid("\(at).priorityClassName", spec.priorityClassName, each: NameRules.subdomain(spec.priorityClassName))
        }
        if let priority = spec.priority, priority > highestPriority {
            errors.invalid("\(at).priority", priority, "must be less than or equal to \(highestPriority)")
        }
        if let preemption = spec.preemptionPolicy {
            if profile.groupsHavePreemptionPolicy {
                errors.oneOf("\(at).preemptionPolicy", preemption, ["Never", "PreemptLowerPriority"])
            } else {
                errors.forbidden("\(at).preemptionPolicy", "may not be set when the PodGroupPreemptionPolicy feature gate is disabled")
            }
        }
    }

    /// A union: one member of it must be there.
    /// - Source: Kubernetes `apimachinery/pkg/api/validate/union.go`.
    static func oneOf(_ field: String, _ members: [(name: String, isSet: Bool)], _ errors: inout [FieldError]) {
        let set = members.filter(\.isSet).map(\.name)
        let names = members.map { "`\($0.name)`" }.joined(separator: ", ")
        if set.isEmpty { errors.invalid(field, .null, "must specify one of: \(names)") }
        if set.count > 1 { errors.invalid(field, .string("{\(set.joined(separator: ", "))}"), "must specify exactly one of: \(names)") }
    }

    static func podGroupChange(_ new: PodGroupSpec, _ old: PodGroupSpec, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        errors.immutable("spec.workloadRef", new.workloadRef, old.workloadRef)
        groupChange(new, old, "spec", profile, &errors)
    }

    private static func groupChange(
        _ new: PodGroupSpec, _ old: PodGroupSpec, _ at: String, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        var (policy, before) = (new.schedulingPolicy, old.schedulingPolicy)
        // From 1.37 on the number may change, but not the sort of policy.
        if profile.has(.podGroupSizeChanges), policy.gang != nil, before.gang != nil { (policy.gang, before.gang) = (nil, nil) }
        errors.immutable("\(at).schedulingPolicy", policy, before)
        errors.immutable("\(at).schedulingConstraints", new.schedulingConstraints, old.schedulingConstraints)
        errors.immutable("\(at).disruptionMode", new.disruptionMode, old.disruptionMode)
        errors.immutable("\(at).priorityClassName", new.priorityClassName, old.priorityClassName)
        errors.immutable("\(at).priority", new.priority, old.priority)
        errors.immutable("\(at).preemptionPolicy", new.preemptionPolicy, old.preemptionPolicy)
    }

    static func schedulingGroup(_ group: PodSchedulingGroup, _ at: String, _ errors: inout [FieldError]) {
        guard let name = group.podGroupName else {
            return errors.invalid("\(at).podGroupName", .null, "must specify one of: `podGroupName`")
        }
        errors.invalid("\(at).podGroupName", name, each: NameRules.subdomain(name))
    }

    // MARK: Workload

    static func workload(_ spec: SchedulingWorkloadSpec, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        if let owner = spec.controllerRef {
            if !owner.apiGroup.isEmpty { errors.invalid("spec.controllerRef.apiGroup", owner.apiGroup, each: NameRules.subdomain(owner.apiGroup)) }
            for (value, field) in [(owner.kind, "kind"), (owner.name, "name")] {
                if value.isEmpty {
                    errors.required("spec.controllerRef.\(field)")
                } else {
                    errors.invalid("spec.controllerRef.\(field)", value, each: NameRules.pathSegment(value))
                }
            }
        }
        let field = "spec.podGroupTemplates"
        if spec.podGroupTemplates.isEmpty { errors.required(field, "must have at least one item") }
        if spec.podGroupTemplates.count > 8 { errors.tooMany(field, spec.podGroupTemplates.count, 8) }
        var names: Set<String> = []
        for (i, template) in spec.podGroupTemplates.enumerated() {
            let at = "\(field)[\(i)]"
            if template.name.isEmpty {
                errors.required("\(at).name")
            } else {
                errors.invalid("\(at).name", template.name, each: NameRules.label(template.name))
                if !names.insert(template.name).inserted { errors.duplicate(at, .string(template.name)) }
            }
            group(template.spec, at, profile, &errors)
        }
    }

    static func workloadChange(
        _ new: SchedulingWorkloadSpec, _ old: SchedulingWorkloadSpec, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        errors.immutable("spec.controllerRef", new.controllerRef, old.controllerRef)
        let field = "spec.podGroupTemplates"
        if new.podGroupTemplates.map(\.name) != old.podGroupTemplates.map(\.name) {
            return errors.immutable(field, new.podGroupTemplates, old.podGroupTemplates)
        }
        for (i, (template, before)) in zip(new.podGroupTemplates, old.podGroupTemplates).enumerated() {
            groupChange(template.spec, before.spec, "\(field)[\(i)]", profile, &errors)
        }
    }
}
