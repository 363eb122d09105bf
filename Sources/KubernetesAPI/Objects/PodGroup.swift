import SimulationKit

// Pods that are placed together: the group that they name, and the plan from which controllers make groups.

/// An instance of a group of pods that the scheduler places together.
///
/// Differs from Kubernetes: there are no CompositePodGroups, and claims of groups are not kept (the gates CompositePodGroup,
/// DRAWorkloadResourceClaims). In 1.36 groups are written as v1beta1, too
/// (`kubernetes-1.37.md` row 6.5).
/// - Source: Kubernetes v1.37 `k8s.io/api/scheduling/v1beta1/types.go`; gang-scheduling.md §2.3.
public struct PodGroup: ObjectWithStatus {
    public static let kind = Kind.podGroup
    public static let info = KindInfo(.podGroup, "scheduling.k8s.io", "v1beta1", "podgroups", [])
    /// Keeps a group as long as pods belong to it.
    public static let protection = "scheduling.k8s.io/podgroup-protection"
    public var metadata = Metadata(ObjectMeta())
    public var spec = PodGroupSpec()
    public var status = PodGroupStatus()
    public init() {}
    public var conditions: [Condition] { status.conditions }
    public static let summary = "A group of pods that the scheduler places together. Since 1.36, with the gate GenericWorkload."
    public static let fields: Fields<PodGroup> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("spec", \.spec, "How many of its pods must fit, where, and how important they are.", always: true),
        .f("status", \.status, "Whether it was placed."),
    ]
}

extension PodGroup {
    public mutating func setDefaults(_ profile: KubernetesProfile) {
        if spec.disruptionMode == nil { spec.disruptionMode = .init(single: .init()) }
        if !profile.groupsHavePriority { (spec.priorityClassName, spec.priority) = ("", nil) }
    }
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) { Validation.podGroup(spec, profile, &errors) }
    public func validateChange(from old: PodGroup, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        validate(profile, &errors)
        Validation.podGroupChange(spec, old.spec, profile, &errors)
    }
    public var isFaulty: Bool { metadata.isTerminating || status.conditions.contains { $0.type.hasSuffix("Scheduled") && !$0.isTrue } }
    public var quotaUse: ResourceList { [:] }

    /// How many pods must be placed for the group to count as placed: 1 for a basic group.
    public var minCount: Int { max(1, spec.schedulingPolicy.gang?.minCount ?? 1) }
    public var isGang: Bool { spec.schedulingPolicy.gang != nil }
    /// Whether preemption takes all of its pods or none.
    public var isDisruptedWhole: Bool { spec.disruptionMode?.all != nil }
    /// The node label whose domains the group must not leave.
    public var topologyKey: String? { spec.schedulingConstraints?.topology.first?.key }
}

public struct PodGroupSpec: APIStruct {
    public var workloadRef: PodGroupWorkloadReference?
    public var schedulingPolicy = PodGroupSchedulingPolicy()
    public var schedulingConstraints: PodGroupSchedulingConstraints?
    public var disruptionMode: PodGroupDisruptionMode?
    public var priorityClassName = ""
    public var priority: Int?
    public var preemptionPolicy: String?
    public init() {}
    public static let summary = "How many pods of the group must fit, where, and how important they are."
    public static let fields: Fields<PodGroupSpec> = [
        .f("workloadRef", \.workloadRef, "The Workload and the template in it that the group was made from; tells people, not the scheduler."),
        .f("schedulingPolicy", \.schedulingPolicy, "Exactly one of basic and gang.", always: true),
        .f("schedulingConstraints", \.schedulingConstraints, "Domains that the group must not leave (gate TopologyAwareWorkloadScheduling)."),
        .f("disruptionMode", \.disruptionMode, "Whether its pods are preempted one by one (single, default) or all together (all)."),
        .f("priorityClassName", \.priorityClassName, "Name of the class that gives the priority."),
        .f("priority", \.priority, "Resolved from the class by the API server; all pods of the group must have the same."),
        .f("preemptionPolicy", \.preemptionPolicy, "PreemptLowerPriority or Never (gate PodGroupPreemptionPolicy)."),
    ]
}

public struct PodGroupWorkloadReference: APIStruct {
    public var workloadName = ""
    public var templateName = ""
    public init() {}
    public static let summary = "The Workload that a group was made from."
    public static let fields: Fields<PodGroupWorkloadReference> = [
        .f("workloadName", \.workloadName, "The Workload, in the group's namespace.", always: true),
        .f("templateName", \.templateName, "Which of its templates.", always: true),
    ]
}

public struct PodGroupSchedulingPolicy: APIStruct {
    public struct Basic: APIStruct {
        public init() {}
        public static let summary = "Each pod of the group may run alone."
        public static let fields: Fields<Basic> = []
    }
    public struct Gang: APIStruct {
        public var minCount = 0
        public init() {}
        public static let summary = "A number of pods run together or not at all."
        public static let fields: Fields<Gang> = [
            .f("minCount", \.minCount, "How many pods must fit at the same time; at least 1. May be changed.", always: true)
        ]
    }
    public var basic: Basic?
    public var gang: Gang?
    public init() {}
    public static let summary = "How the pods of a group are placed: exactly one of these."
    public static let fields: Fields<PodGroupSchedulingPolicy> = [
        .f("basic", \.basic, "One by one, as without a group."),
        .f("gang", \.gang, "All or nothing."),
    ]
}

public struct PodGroupSchedulingConstraints: APIStruct {
    public struct Topology: APIStruct {
        public var key = ""
        public init() {}
        public static let summary = "A sort of domain that the group must not leave."
        public static let fields: Fields<Topology> = [.f("key", \.key, "The node label whose value names the domain.", always: true)]
    }
    public var topology: [Topology] = []
    public init() {}
    public static let summary = "Where the pods of a group may be, seen together."
    public static let fields: Fields<PodGroupSchedulingConstraints> = [
        .f("topology", \.topology, "At most one entry: all pods stay in one domain of it.")
    ]
}

public struct PodGroupDisruptionMode: APIStruct {
    public struct Mode: APIStruct {
        public init() {}
        public static let summary = "Has no settings."
        public static let fields: Fields<Mode> = []
    }
    public var single: Mode?
    public var all: Mode?
    public init() {}
    public init(single: Mode) { self.single = single }
    public static let summary = "What preemption takes of a group: exactly one of these."
    public static let fields: Fields<PodGroupDisruptionMode> = [
        .f("single", \.single, "Single pods."),
        .f("all", \.all, "All pods or none, on whatever nodes they are."),
    ]
}

public struct PodGroupStatus: APIStruct {
    public var conditions: [Condition] = []
    public init() {}
    public static let summary = "Whether the group was placed."
    public static let fields: Fields<PodGroupStatus> = [
        .f("conditions", \.conditions, "PodGroupInitiallyScheduled (PodGroupScheduled in 1.36), and DisruptionTarget once it was preempted whole.")
    ]
}

/// What a pod says of the group that it belongs to.
public struct PodSchedulingGroup: APIStruct {
    public var podGroupName: String?
    public init() {}
    public static let summary = "The group that a pod belongs to. Since 1.36, with the gate GenericWorkload."
    public static let fields: Fields<PodSchedulingGroup> = [
        .f("podGroupName", \.podGroupName, "Name of a PodGroup in the pod's namespace; it need not exist yet.")
    ]
}

extension Pod {
    /// The group that the pod is placed with; nil if it names none.
    public var podGroupKey: ObjectKey? {
        spec.schedulingGroup?.podGroupName.map { ObjectKey(namespace: namespace, name: $0) }
    }
}
