/// A feature gate of Kubernetes that matters to the simulation or to what its screens explain.
///
/// The raw value is the name that Kubernetes uses on command lines and in configuration files.
/// What a gate does in a run is asked from the profile: `profile.isEnabled(.sidecarContainers)`.
///
/// - Source: `pkg/features/kube_features.go` of Kubernetes v1.27.1, v1.34.1 and v1.36.2, and the
///   documentation's page of removed feature gates.
public enum FeatureGate: String, CaseIterable, Sendable {
    // MARK: Topology spread and scheduling

    /// Default spreading by topology constraints instead of SelectorSpread.
    case defaultPodTopologySpread = "DefaultPodTopologySpread"
    /// `minDomains` in spread constraints.
    case minDomainsInPodTopologySpread = "MinDomainsInPodTopologySpread"
    /// `nodeAffinityPolicy` and `nodeTaintsPolicy` in spread constraints.
    case nodeInclusionPolicyInPodTopologySpread = "NodeInclusionPolicyInPodTopologySpread"
    /// `matchLabelKeys` in spread constraints.
    case matchLabelKeysInPodTopologySpread = "MatchLabelKeysInPodTopologySpread"
    /// The API server stores the selector merged from `matchLabelKeys`.
    case matchLabelKeysInPodTopologySpreadSelectorMerge =
        "MatchLabelKeysInPodTopologySpreadSelectorMerge"
    /// `matchLabelKeys` and `mismatchLabelKeys` in affinity terms.
    case matchLabelKeysInPodAffinity = "MatchLabelKeysInPodAffinity"
    /// `schedulingGates` on pods.
    case podSchedulingReadiness = "PodSchedulingReadiness"
    /// Plugins say which events make a pod worth retrying.
    case schedulerQueueingHints = "SchedulerQueueingHints"
    /// An idle scheduler takes pods out of the backoff queue.
    case schedulerPopFromBackoffQ = "SchedulerPopFromBackoffQ"
    /// Victims are deleted outside the scheduling cycle.
    case schedulerAsyncPreemption = "SchedulerAsyncPreemption"
    /// The scheduler's API calls leave the scheduling cycle.
    case schedulerAsyncAPICalls = "SchedulerAsyncAPICalls"
    /// `nominatedNodeName` announces any expected placement.
    case nominatedNodeNameForExpectation = "NominatedNodeNameForExpectation"
    /// The bind call clears `nominatedNodeName`.
    case clearingNominatedNodeNameAfterBinding = "ClearingNominatedNodeNameAfterBinding"
    /// Like pods share the result of a scheduling cycle.
    case opportunisticBatching = "OpportunisticBatching"
    /// Tolerations with `Lt` and `Gt`.
    case taintTolerationComparisonOperators = "TaintTolerationComparisonOperators"
    /// Zone and region labels of the node are copied to its pods.
    case podTopologyLabelsAdmission = "PodTopologyLabelsAdmission"
    /// Nodes declare features; the scheduler matches them.
    case nodeDeclaredFeatures = "NodeDeclaredFeatures"
    /// Nodes are scored by free storage capacity.
    case storageCapacityScoring = "StorageCapacityScoring"
    /// The Workload API.
    case genericWorkload = "GenericWorkload"
    /// All pods of a gang are placed, or none.
    case gangScheduling = "GangScheduling"
    /// Pods of a workload are placed into one topology domain.
    case topologyAwareWorkloadScheduling = "TopologyAwareWorkloadScheduling"
    /// Preemption for and of whole workloads.
    case workloadAwarePreemption = "WorkloadAwarePreemption"

    // MARK: Pod resources and resize

    /// Changing the resources of a running pod.
    case inPlacePodVerticalScaling = "InPlacePodVerticalScaling"
    /// `allocatedResources` in container statuses.
    case inPlacePodVerticalScalingAllocatedStatus = "InPlacePodVerticalScalingAllocatedStatus"
    /// Resize of containers with exclusive CPUs.
    case inPlacePodVerticalScalingExclusiveCPUs = "InPlacePodVerticalScalingExclusiveCPUs"
    /// Resize of containers with pinned memory.
    case inPlacePodVerticalScalingExclusiveMemory = "InPlacePodVerticalScalingExclusiveMemory"
    /// Resize of plain init containers.
    case inPlacePodVerticalScalingInitContainers = "InPlacePodVerticalScalingInitContainers"
    /// Resize of `spec.resources` of a pod.
    case inPlacePodLevelResourcesVerticalScaling = "InPlacePodLevelResourcesVerticalScaling"
    /// Requests and limits of a whole pod.
    case podLevelResources = "PodLevelResources"
    /// Init containers with `restartPolicy: Always`.
    case sidecarContainers = "SidecarContainers"
    /// `observedGeneration` in pod status and conditions.
    case podObservedGenerationTracking = "PodObservedGenerationTracking"
    /// Resources of a suspended Job's template can change.
    case mutablePodResourcesForSuspendedJobs = "MutablePodResourcesForSuspendedJobs"

    // MARK: Kubelet start-up and node

    /// The kubelet listens to the runtime's events.
    case eventedPLEG = "EventedPLEG"
    /// cgroup v2 memory protection and throttling.
    case memoryQoS = "MemoryQoS"
    /// The kubelet lists one pod's containers when it needs to.
    case plegOnDemandRelist = "PLEGOnDemandRelist"
    /// Images and writable layers on separate file systems.
    case kubeletSeparateDiskGC = "KubeletSeparateDiskGC"
    /// The longest crash back-off can be configured.
    case kubeletCrashLoopBackOffMax = "KubeletCrashLoopBackOffMax"
    /// Shorter crash back-off for everybody.
    case reduceDefaultCrashLoopBackOffDecay = "ReduceDefaultCrashLoopBackOffDecay"
    /// Present images are used only with valid credentials.
    case kubeletEnsureSecretPulledImages = "KubeletEnsureSecretPulledImages"
    /// Unused images are deleted after a maximum age.
    case imageMaximumGCAge = "ImageMaximumGCAge"
    /// Volumes with the contents of an image.
    case imageVolume = "ImageVolume"
    /// The kubelet ends pods before its machine shuts down.
    case gracefulNodeShutdown = "GracefulNodeShutdown"
    /// Node shutdown in the order of pod priority.
    case gracefulNodeShutdownBasedOnPodPriority = "GracefulNodeShutdownBasedOnPodPriority"
    /// Pods may use swap.
    case nodeSwap = "NodeSwap"
    /// Condition `PodHasNetwork`, the former name of `PodReadyToStartContainers`.
    case podHasNetworkCondition = "PodHasNetworkCondition"
    /// Condition `PodReadyToStartContainers`.
    case podReadyToStartContainersCondition = "PodReadyToStartContainersCondition"
    /// `sleep` as a life-cycle hook.
    case podLifecycleSleepAction = "PodLifecycleSleepAction"
    /// Restart policy and exit-code rules of a container.
    case containerRestartRules = "ContainerRestartRules"
    /// A container's exit can restart its whole pod.
    case restartAllContainersOnContainerExits = "RestartAllContainersOnContainerExits"
    /// Stop signal in the pod spec.
    case containerStopSignals = "ContainerStopSignals"
    /// OpenTelemetry traces from the kubelet.
    case kubeletTracing = "KubeletTracing"
    /// Pods with their own user namespace.
    case userNamespacesSupport = "UserNamespacesSupport"

    // MARK: Storage

    /// Volumes that a single pod may use.
    case readWriteOncePod = "ReadWriteOncePod"
    /// SELinux labels by mount option.
    case selinuxMountReadWriteOncePod = "SELinuxMountReadWriteOncePod"
    /// A failed volume expansion can be retried smaller.
    case recoverVolumeExpansionFailure = "RecoverVolumeExpansionFailure"
    /// Classes of volume attributes that can change.
    case volumeAttributesClass = "VolumeAttributesClass"
    /// CSI drivers update a node's volume limit.
    case mutableCSINodeAllocatableCount = "MutableCSINodeAllocatableCount"
    /// The out-of-service taint frees pods and volumes.
    case nodeOutOfServiceVolumeDetach = "NodeOutOfServiceVolumeDetach"
    /// Claims filled from any kind of object.
    case anyVolumeDataSource = "AnyVolumeDataSource"

    // MARK: Controllers and availability

    /// Condition `DisruptionTarget` on pods about to be ended.
    case podDisruptionConditions = "PodDisruptionConditions"
    /// `unhealthyPodEvictionPolicy` of disruption budgets.
    case pdbUnhealthyPodEvictionPolicy = "PDBUnhealthyPodEvictionPolicy"
    /// Taint eviction as a controller of its own.
    case separateTaintEvictionController = "SeparateTaintEvictionController"
    /// Scaling down compares ages roughly.
    case logarithmicScaleDown = "LogarithmicScaleDown"
    /// Annotation for the order of scaling down.
    case podDeletionCost = "PodDeletionCost"
    /// Claims deleted with their StatefulSet or on scale-down.
    case statefulSetAutoDeletePVC = "StatefulSetAutoDeletePVC"
    /// First ordinal of a StatefulSet.
    case statefulSetStartOrdinal = "StatefulSetStartOrdinal"
    /// Label with the index of a StatefulSet's or Job's pod.
    case podIndexLabel = "PodIndexLabel"
    /// Several pods of a StatefulSet updated at once.
    case maxUnavailableStatefulSet = "MaxUnavailableStatefulSet"
    /// Count of terminating pods in status.
    case deploymentReplicaSetTerminatingReplicas = "DeploymentReplicaSetTerminatingReplicas"
    /// Rules for failed pods of a Job.
    case jobPodFailurePolicy = "JobPodFailurePolicy"
    /// Retry limit for each index of a Job.
    case jobBackoffLimitPerIndex = "JobBackoffLimitPerIndex"
    /// When a Job replaces ending pods.
    case jobPodReplacementPolicy = "JobPodReplacementPolicy"
    /// A Job can succeed early.
    case jobSuccessPolicy = "JobSuccessPolicy"
    /// Jobs left to another controller.
    case jobManagedBy = "JobManagedBy"
    /// Autoscaling by one container's usage.
    case hpaContainerMetrics = "HPAContainerMetrics"
    /// Tolerance of an autoscaler.
    case hpaConfigurableTolerance = "HPAConfigurableTolerance"
    /// Autoscaling down to zero.
    case hpaScaleToZero = "HPAScaleToZero"
    /// Order of deletion in a namespace.
    case orderedNamespaceDeletion = "OrderedNamespaceDeletion"

    // MARK: Services

    /// `serving` and `terminating` in EndpointSlices.
    case endpointSliceTerminatingCondition = "EndpointSliceTerminatingCondition"
    /// Traffic to terminating endpoints as a last resort.
    case proxyTerminatingEndpoints = "ProxyTerminatingEndpoints"
    /// Zone hints from the annotation `topology-mode`.
    case topologyAwareHints = "TopologyAwareHints"
    /// `trafficDistribution: PreferClose`.
    case serviceTrafficDistribution = "ServiceTrafficDistribution"
    /// `PreferSameZone` and `PreferSameNode`.
    case preferSameTrafficDistribution = "PreferSameTrafficDistribution"
}

extension FeatureGate: CustomStringConvertible {
    /// The name that Kubernetes uses.
    public var name: String { rawValue }

    /// The name that Kubernetes uses.
    public var description: String { rawValue }

    /// The gates that have to be on for this one to be turned on.
    ///
    /// - Source: Kubernetes v1.36, `defaultKubernetesFeatureGateDependencies`.
    public var dependencies: [FeatureGate] {
        switch self {
        case .matchLabelKeysInPodTopologySpreadSelectorMerge:
            [.matchLabelKeysInPodTopologySpread]
        case .inPlacePodVerticalScalingExclusiveCPUs, .inPlacePodVerticalScalingExclusiveMemory:
            [.inPlacePodVerticalScaling]
        case .inPlacePodVerticalScalingInitContainers:
            [.inPlacePodVerticalScaling, .nodeDeclaredFeatures]
        case .inPlacePodLevelResourcesVerticalScaling:
            [.inPlacePodVerticalScaling, .podLevelResources, .nodeDeclaredFeatures]
        case .gangScheduling, .topologyAwareWorkloadScheduling:
            [.genericWorkload]
        case .workloadAwarePreemption:
            [.gangScheduling]
        case .gracefulNodeShutdownBasedOnPodPriority:
            [.gracefulNodeShutdown]
        case .restartAllContainersOnContainerExits:
            [.containerRestartRules, .nodeDeclaredFeatures]
        default:
            []
        }
    }
}
