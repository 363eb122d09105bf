// Fields whose feature gate is off are left out when an object is created; an update keeps those that were set
// while the gate was on.
extension Defaulting {
    /// `profile` with those gates on whose fields `old` has: what an update of it is defaulted and validated by.
    public static func profile(_ profile: KubernetesProfile, keepingFieldsOf old: some KubernetesObject) -> KubernetesProfile {
        if let group = old as? PodGroup, group.spec.priority != nil || !group.spec.priorityClassName.isEmpty {
            return profile.with(.genericWorkload, on: true).with(.workloadAwarePreemption, on: true)
        }
        let off = fieldGates.filter { !profile.isEnabled($0) }
        if off.isEmpty { return profile }
        let all = off.reduce(profile) { $0.with($1, on: true) }
        func isUsed<Spec: Equatable>(_ gate: FeatureGate, by spec: Spec?, _ drop: (inout Spec, KubernetesProfile) -> Void) -> Bool {
            guard let spec else { return false }
            var (kept, dropped) = (spec, spec)
            drop(&kept, all)
            drop(&dropped, all.with(gate, on: false))
            return kept != dropped
        }
        let (pod, set) = (old.podSpec?.spec, (old as? StatefulSet)?.spec.value)
        let job = (old as? Job)?.spec.value ?? (old as? CronJob)?.spec.jobTemplate.spec
        return off.reduce(profile) { result, gate in
            isUsed(gate, by: pod, dropDisabledFields) || isUsed(gate, by: job, dropDisabledFields)
                || isUsed(gate, by: set, dropDisabledFields) ? result.with(gate, on: true) : result
        }
    }

    /// The gates that have a field below.
    private static let fieldGates: [FeatureGate] = [
        .minDomainsInPodTopologySpread, .nodeInclusionPolicyInPodTopologySpread, .matchLabelKeysInPodTopologySpread,
        .matchLabelKeysInPodAffinity, .podSchedulingReadiness, .podLevelResources, .userNamespacesSupport, .genericWorkload,
        .imageVolume, .sidecarContainers, .containerRestartRules, .inPlacePodVerticalScaling, .containerStopSignals,
        .podLifecycleSleepAction, .jobPodFailurePolicy, .jobSuccessPolicy, .jobBackoffLimitPerIndex, .jobPodReplacementPolicy,
        .jobManagedBy, .maxUnavailableStatefulSet, .statefulSetAutoDeletePVC, .statefulSetStartOrdinal,
    ]

    static func dropDisabledFields(_ spec: inout PodSpec, _ profile: KubernetesProfile) {
        if !spec.topologySpreadConstraints.isEmpty { dropDisabledSpreadFields(&spec, profile) }
        if spec.affinity != nil, !profile.isEnabled(.matchLabelKeysInPodAffinity) {
            drop(&spec.affinity!.podAffinity)
            drop(&spec.affinity!.podAntiAffinity)
        }
        if !profile.isEnabled(.podSchedulingReadiness), !spec.schedulingGates.isEmpty {
            spec.schedulingGates = []
        }
        if !profile.isEnabled(.podLevelResources) { spec.resources = nil }
        if !profile.isEnabled(.userNamespacesSupport) { spec.hostUsers = nil }
        // In 1.36 the group took the place of the reference.
        if !profile.knowsPodGroups { spec.schedulingGroup = nil }
        if !profile.isEnabled(.genericWorkload) || profile.knowsPodGroups { spec.workloadRef = nil }
        if !profile.isEnabled(.imageVolume) {
            for i in spec.volumes.indices where spec.volumes[i].image != nil { spec.volumes[i].image = nil }
        }
        for i in spec.containers.indices { dropDisabledFields(&spec.containers[i], profile) }
        for i in spec.initContainers.indices {
            dropDisabledFields(&spec.initContainers[i], profile)
            if spec.initContainers[i].restartPolicy != nil, !profile.isEnabled(.sidecarContainers),
                !profile.isEnabled(.containerRestartRules)
            {
                spec.initContainers[i].restartPolicy = nil
            }
        }
    }

    private static func dropDisabledFields(_ container: inout Container, _ profile: KubernetesProfile) {
        if !profile.isEnabled(.inPlacePodVerticalScaling), !container.resizePolicy.isEmpty {
            container.resizePolicy = []
        }
        if !profile.isEnabled(.containerRestartRules) { container.restartPolicyRules = nil }
        if !profile.isEnabled(.containerStopSignals), container.lifecycle?.stopSignal != nil {
            container.lifecycle!.stopSignal = nil
        }
        if !profile.isEnabled(.podLifecycleSleepAction), container.lifecycle != nil {
            container.lifecycle!.preStop?.sleep = nil
            container.lifecycle!.postStart?.sleep = nil
        }
    }

    private static func dropDisabledSpreadFields(_ spec: inout PodSpec, _ profile: KubernetesProfile) {
        let minDomains = profile.isEnabled(.minDomainsInPodTopologySpread)
        let policies = profile.isEnabled(.nodeInclusionPolicyInPodTopologySpread)
        let keys = profile.isEnabled(.matchLabelKeysInPodTopologySpread)
        if minDomains && policies && keys { return }
        for i in spec.topologySpreadConstraints.indices {
            if !minDomains { spec.topologySpreadConstraints[i].minDomains = nil }
            if !policies {
                spec.topologySpreadConstraints[i].nodeAffinityPolicy = nil
                spec.topologySpreadConstraints[i].nodeTaintsPolicy = nil
            }
            if !keys { spec.topologySpreadConstraints[i].matchLabelKeys = [] }
        }
    }

    private static func drop(_ affinity: inout PodAffinity?) {
        guard affinity != nil else { return }
        for i in affinity!.required.indices {
            affinity!.required[i].matchLabelKeys = []
            affinity!.required[i].mismatchLabelKeys = []
        }
        for i in affinity!.preferred.indices {
            affinity!.preferred[i].podAffinityTerm.matchLabelKeys = []
            affinity!.preferred[i].podAffinityTerm.mismatchLabelKeys = []
        }
    }

    static func dropDisabledFields(_ spec: inout JobSpec, _ profile: KubernetesProfile) {
        if !profile.isEnabled(.jobPodFailurePolicy) { spec.podFailurePolicy = nil }
        if !profile.isEnabled(.jobSuccessPolicy) { spec.successPolicy = nil }
        if !profile.isEnabled(.jobBackoffLimitPerIndex) {
            spec.backoffLimitPerIndex = nil
            spec.maxFailedIndexes = nil
        }
        if !profile.isEnabled(.jobPodReplacementPolicy) { spec.podReplacementPolicy = nil }
        if !profile.isEnabled(.jobManagedBy) { spec.managedBy = nil }
    }

    static func dropDisabledFields(_ spec: inout StatefulSetSpec, _ profile: KubernetesProfile) {
        if !profile.isEnabled(.maxUnavailableStatefulSet) {
            spec.updateStrategy.rollingUpdate?.maxUnavailable = nil
        }
        if !profile.isEnabled(.statefulSetAutoDeletePVC) { spec.persistentVolumeClaimRetentionPolicy = nil }
        if !profile.isEnabled(.statefulSetStartOrdinal) { spec.ordinals = nil }
    }
}
