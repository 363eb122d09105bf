// Fields whose feature gate is off are left out when an object is written.
//
// Differs from Kubernetes: an update does not keep a field that was set while its gate was on; the gates of a
// cluster do not change while it runs.
extension Defaulting {
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
        if !profile.isEnabled(.genericWorkload) { spec.workloadRef = nil }
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
