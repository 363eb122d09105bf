/// A feature gate of Kubernetes that matters to the simulation or to what its screens explain.
///
/// The raw value is the gate's place among the cases, and so its bit in a profile. Everything else that is known about a
/// gate stands in its row of `FeatureGate+Table.swift`.
/// What a gate does in a run is asked from the profile: `profile.isEnabled(.sidecarContainers)`.
///
/// - Source: `pkg/features/kube_features.go` of Kubernetes v1.27.1, v1.34.1, v1.36.2 and of the 1.37 line, and
///   the documentation's page of removed feature gates.
public enum FeatureGate: Int, CaseIterable, Sendable {
    // MARK: Topology spread and scheduling

    /// Default spreading by topology constraints instead of SelectorSpread.
    case defaultPodTopologySpread
    /// `minDomains` in spread constraints.
    case minDomainsInPodTopologySpread
    /// `nodeAffinityPolicy` and `nodeTaintsPolicy` in spread constraints.
    case nodeInclusionPolicyInPodTopologySpread
    /// `matchLabelKeys` in spread constraints.
    case matchLabelKeysInPodTopologySpread
    /// The API server stores the selector merged from `matchLabelKeys`.
    case matchLabelKeysInPodTopologySpreadSelectorMerge
    /// `matchLabelKeys` and `mismatchLabelKeys` in affinity terms.
    case matchLabelKeysInPodAffinity
    /// `schedulingGates` on pods.
    case podSchedulingReadiness
    /// Plugins say which events make a pod worth retrying.
    case schedulerQueueingHints
    /// An idle scheduler takes pods out of the backoff queue.
    case schedulerPopFromBackoffQ
    /// Victims are deleted outside the scheduling cycle.
    case schedulerAsyncPreemption
    /// The scheduler's API calls leave the scheduling cycle.
    case schedulerAsyncAPICalls
    /// `nominatedNodeName` announces any expected placement.
    case nominatedNodeNameForExpectation
    /// The bind call clears `nominatedNodeName`.
    case clearingNominatedNodeNameAfterBinding
    /// Like pods share the result of a scheduling cycle.
    case opportunisticBatching
    /// Tolerations with `Lt` and `Gt`.
    case taintTolerationComparisonOperators
    /// Zone and region labels of the node are copied to its pods.
    case podTopologyLabelsAdmission
    /// Nodes declare features; the scheduler matches them.
    case nodeDeclaredFeatures
    /// Nodes are scored by free storage capacity.
    case storageCapacityScoring
    /// The Workload API.
    case genericWorkload
    /// All pods of a gang are placed, or none.
    case gangScheduling
    /// Pods of a workload are placed into one topology domain.
    case topologyAwareWorkloadScheduling
    /// Preemption for and of whole workloads.
    case workloadAwarePreemption
    /// Whether a group of pods may preempt is said by the group.
    case podGroupPreemptionPolicy
    /// Groups of groups of pods.
    case compositePodGroup
    /// Hints that are asked once for many pods; faster, nothing else.
    case schedulerPreQueueingHints
    /// Faster counting of affinity by host name, nothing else.
    case interPodAffinityHostnameFastPath

    // MARK: Pod resources and resize

    /// Changing the resources of a running pod.
    case inPlacePodVerticalScaling
    /// `allocatedResources` in container statuses.
    case inPlacePodVerticalScalingAllocatedStatus
    /// Resize of containers with exclusive CPUs.
    case inPlacePodVerticalScalingExclusiveCPUs
    /// Resize of containers with pinned memory.
    case inPlacePodVerticalScalingExclusiveMemory
    /// Resize of plain init containers.
    case inPlacePodVerticalScalingInitContainers
    /// Resize of `spec.resources` of a pod.
    case inPlacePodLevelResourcesVerticalScaling
    /// Requests and limits of a whole pod.
    case podLevelResources
    /// Init containers with `restartPolicy: Always`.
    case sidecarContainers
    /// `observedGeneration` in pod status and conditions.
    case podObservedGenerationTracking
    /// Resources of a suspended Job's template can change.
    case mutablePodResourcesForSuspendedJobs
    /// Preemption for deferred resizes.
    case inPlacePodVerticalScalingSchedulerPreemption
    /// Memory-backed volumes follow a resize.
    case inPlacePodVerticalScalingMemoryBackedVolumes
    /// Empty `spec.resources` counts as absent for defaults.
    case podLevelResourcesFixDefaulting
    /// Empty `spec.resources` counts as absent for the QoS class.
    case podLevelResourcesFixKubeletQOSClass
    /// Scheduling directives of a suspended Job's template can change.
    case mutableSchedulingDirectivesForSuspendedJobs

    // MARK: Kubelet start-up and node

    /// The kubelet listens to the runtime's events.
    case eventedPLEG
    /// cgroup v2 memory protection and throttling.
    case memoryQoS
    /// The kubelet lists one pod's containers when it needs to.
    case plegOnDemandRelist
    /// Images and writable layers on separate file systems.
    case kubeletSeparateDiskGC
    /// The longest crash back-off can be configured.
    case kubeletCrashLoopBackOffMax
    /// Shorter crash back-off for everybody.
    case reduceDefaultCrashLoopBackOffDecay
    /// Present images are used only with valid credentials.
    case kubeletEnsureSecretPulledImages
    /// Unused images are deleted after a maximum age.
    case imageMaximumGCAge
    /// Volumes with the contents of an image.
    case imageVolume
    /// The kubelet ends pods before its machine shuts down.
    case gracefulNodeShutdown
    /// Node shutdown in the order of pod priority.
    case gracefulNodeShutdownBasedOnPodPriority
    /// Pods may use swap.
    case nodeSwap
    /// Condition `PodHasNetwork`, the former name of `PodReadyToStartContainers`.
    case podHasNetworkCondition
    /// Condition `PodReadyToStartContainers`.
    case podReadyToStartContainersCondition
    /// `sleep` as a life-cycle hook.
    case podLifecycleSleepAction
    /// Restart policy and exit-code rules of a container.
    case containerRestartRules
    /// A container's exit can restart its whole pod.
    case restartAllContainersOnContainerExits
    /// Stop signal in the pod spec.
    case containerStopSignals
    /// OpenTelemetry traces from the kubelet.
    case kubeletTracing
    /// Pods with their own user namespace.
    case userNamespacesSupport
    /// Rights of their own for some paths of the kubelet.
    case kubeletFineGrainedAuthz
    /// Logs of one stream.
    case podLogsQuerySplitStreams
    /// exec and attach over WebSocket v5.
    case translateStreamCloseWebsocketRequests
    /// port-forward over WebSocket.
    case portForwardWebsockets
    /// exec over WebSocket needs the right to create too.
    case authorizePodWebsocketUpgradeCreatePermission
    /// WebSocket up to the kubelet.
    case extendWebSocketsToKubelet
    /// Eviction leaves reserved huge pages out.
    case hugepageAwareEviction
    /// The kubelet tells what it has allocated.
    case kubeletAllocatedPodsEndpoint

    // MARK: Storage

    /// Volumes that a single pod may use.
    case readWriteOncePod
    /// SELinux labels by mount option.
    case selinuxMountReadWriteOncePod
    /// A failed volume expansion can be retried smaller.
    case recoverVolumeExpansionFailure
    /// Classes of volume attributes that can change.
    case volumeAttributesClass
    /// CSI drivers update a node's volume limit.
    case mutableCSINodeAllocatableCount
    /// The out-of-service taint frees pods and volumes.
    case nodeOutOfServiceVolumeDetach
    /// Claims filled from any kind of object.
    case anyVolumeDataSource
    /// Nodes without a CSI driver can be refused.
    case volumeLimitScaling
    /// Condition `Unused` of claims.
    case persistentVolumeClaimUnusedSinceTime
    /// SELinux labels by mount option for all access modes.
    case selinuxMount

    // MARK: Controllers and availability

    /// Condition `DisruptionTarget` on pods about to be ended.
    case podDisruptionConditions
    /// `unhealthyPodEvictionPolicy` of disruption budgets.
    case pdbUnhealthyPodEvictionPolicy
    /// Taint eviction as a controller of its own.
    case separateTaintEvictionController
    /// Scaling down compares ages roughly.
    case logarithmicScaleDown
    /// Annotation for the order of scaling down.
    case podDeletionCost
    /// Claims deleted with their StatefulSet or on scale-down.
    case statefulSetAutoDeletePVC
    /// First ordinal of a StatefulSet.
    case statefulSetStartOrdinal
    /// Label with the index of a StatefulSet's or Job's pod.
    case podIndexLabel
    /// Several pods of a StatefulSet updated at once.
    case maxUnavailableStatefulSet
    /// Count of terminating pods in status.
    case deploymentReplicaSetTerminatingReplicas
    /// Rules for failed pods of a Job.
    case jobPodFailurePolicy
    /// Retry limit for each index of a Job.
    case jobBackoffLimitPerIndex
    /// When a Job replaces ending pods.
    case jobPodReplacementPolicy
    /// A Job can succeed early.
    case jobSuccessPolicy
    /// Jobs left to another controller.
    case jobManagedBy
    /// Autoscaling by one container's usage.
    case hpaContainerMetrics
    /// Tolerance of an autoscaler.
    case hpaConfigurableTolerance
    /// Autoscaling down to zero.
    case hpaScaleToZero
    /// Order of deletion in a namespace.
    case orderedNamespaceDeletion
    /// `generation` of autoscalers.
    case hpaGeneration
    /// The autoscaler's controller waits for its own writes.
    case staleControllerConsistencyHPA
    /// StatefulSets that delete all pods before they create new ones.
    case statefulSetRecreateStrategy
    /// A lease is read anew before its node counts as lost.
    case nodeControllerLeaseCircuitBreaker
    /// Names of conditions about a node's drain and maintenance.
    case nodeLifecycleConditions
    /// The EvictionRequest API.
    case evictionRequestAPI
    /// Jobs make a Workload of their own.
    case workloadWithJob

    // MARK: Services

    /// `serving` and `terminating` in EndpointSlices.
    case endpointSliceTerminatingCondition
    /// Traffic to terminating endpoints as a last resort.
    case proxyTerminatingEndpoints
    /// Zone hints from the annotation `topology-mode`.
    case topologyAwareHints
    /// `trafficDistribution: PreferClose`.
    case serviceTrafficDistribution
    /// `PreferSameZone` and `PreferSameNode`.
    case preferSameTrafficDistribution
}

extension FeatureGate: CustomStringConvertible {
    /// The gate that Kubernetes calls `name`; nil if there is none in the table.
    public init?(name: String) {
        guard let gate = Self.byName[name] else { return nil }
        self = gate
    }

    /// The name that Kubernetes uses on command lines and in configuration files.
    public var name: String { Self.rows[rawValue].name }

    /// The name that Kubernetes uses.
    public var description: String { name }

    /// The gates that have to be on for this one to be turned on.
    public var dependencies: [FeatureGate] { Self.rows[rawValue].needs }

    /// What a cluster does with the gate off and with the gate on, in a few words each.
    public var summary: (off: String, on: String) { (Self.rows[rawValue].off, Self.rows[rawValue].on) }
}
