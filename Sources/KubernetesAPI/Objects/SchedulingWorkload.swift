// The kind Workload of the group scheduling.k8s.io.

/// A plan of the groups of pods that one workload consists of: controllers make PodGroups from its templates.
///
/// Named for what tells it from the workloads that own pods.
/// - Source: Kubernetes v1.37 `k8s.io/api/scheduling/v1beta1/types.go`; gang-scheduling.md §2.2.
public struct SchedulingWorkload: ObjectWithoutStatus {
    public static let kind = Kind.workload
    public static let info = KindInfo(.workload, "scheduling.k8s.io", "v1beta1", "workloads", [])
    public var metadata = Metadata(ObjectMeta())
    public var spec = SchedulingWorkloadSpec()
    public init() {}
    public static let summary = "A plan of the groups of pods that a workload consists of. Since 1.36, with the gate GenericWorkload."
    public static let fields: Fields<SchedulingWorkload> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("spec", \.spec, "Templates of groups.", always: true),
    ]
}

extension SchedulingWorkload {
    public mutating func setDefaults(_ profile: KubernetesProfile) {}
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) { Validation.workload(spec, profile, &errors) }
    public func validateChange(from old: SchedulingWorkload, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        validate(profile, &errors)
        Validation.workloadChange(spec, old.spec, profile, &errors)
    }
    public var quotaUse: ResourceList { [:] }
}

public struct SchedulingWorkloadSpec: APIStruct {
    public struct ControllerReference: APIStruct {
        public var apiGroup = ""
        public var kind = ""
        public var name = ""
        public init() {}
        public static let summary = "The object that the plan belongs to."
        public static let fields: Fields<ControllerReference> = [
            .f("apiGroup", \.apiGroup, "Its API group; empty for the core group."),
            .f("kind", \.kind, "Its kind.", always: true),
            .f("name", \.name, "Its name.", always: true),
        ]
    }
    public var controllerRef: ControllerReference?
    public var podGroupTemplates: [PodGroupTemplate] = []
    public init() {}
    public static let summary = "The groups that the workload consists of."
    public static let fields: Fields<SchedulingWorkloadSpec> = [
        .f("controllerRef", \.controllerRef, "The object that the plan belongs to; tells people and tools, nobody acts on it."),
        .f("podGroupTemplates", \.podGroupTemplates, "One to eight templates of groups, told apart by name; none may come or go later."),
    ]
}

public struct PodGroupTemplate: APIStruct {
    public var name = ""
    public var spec = PodGroupSpec()
    public init() {}
    public static let summary = "What groups made from it are like. A change does not touch the groups that are there."
    public static let fields: Fields<PodGroupTemplate> = [
        .f("name", \.name, "Tells it from the other templates.", always: true),
        .f("schedulingPolicy", \.spec.schedulingPolicy, "Exactly one of basic and gang.", always: true),
        .f("schedulingConstraints", \.spec.schedulingConstraints, "Domains that a group must not leave."),
        .f("disruptionMode", \.spec.disruptionMode, "Whether pods are preempted one by one or all together."),
        .f("priorityClassName", \.spec.priorityClassName, "Name of the class that gives the priority."),
        .f("priority", \.spec.priority, "How important the groups are."),
        .f("preemptionPolicy", \.spec.preemptionPolicy, "PreemptLowerPriority or Never."),
    ]
}
