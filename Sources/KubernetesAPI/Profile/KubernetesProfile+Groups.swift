// What the releases and gates make of groups of pods.
// - Source: gang-scheduling.md §1.

extension KubernetesProfile {
    /// Whether Workloads, PodGroups and the pods' `schedulingGroup` exist.
    ///
    /// Differs from Kubernetes: 1.35, where a Workload holds its groups itself and pods name it in `workloadRef`, keeps these
    /// and places the pods one by one.
    public var knowsPodGroups: Bool { has(.podGroups) && isEnabled(.genericWorkload) }
    /// Whether the scheduler places groups together: in 1.36 that has a gate of its own.
    public var schedulesPodGroups: Bool { knowsPodGroups && (has(.podGroupsByOneGate) || isEnabled(.gangScheduling)) }
    /// Whether groups have a priority, and preempt others as a whole.
    public var groupsHavePriority: Bool { knowsPodGroups && (has(.podGroupsByOneGate) || isEnabled(.workloadAwarePreemption)) }
    /// Whether groups say themselves whether they preempt.
    public var groupsHavePreemptionPolicy: Bool { knowsPodGroups && isEnabled(.podGroupPreemptionPolicy) }
    /// Whether groups can be kept in one topology domain.
    public var groupsHaveTopology: Bool { schedulesPodGroups && isEnabled(.topologyAwareWorkloadScheduling) }
    /// The condition that tells whether a group was placed.
    public var podGroupScheduledCondition: String { has(.podGroupConditionName) ? "PodGroupInitiallyScheduled" : "PodGroupScheduled" }
}
