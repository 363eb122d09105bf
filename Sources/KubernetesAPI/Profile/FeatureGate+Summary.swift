extension FeatureGate {
    /// What a cluster does with the gate off and with the gate on, in a few words each.
    ///
    /// For lists and details on the screen; no full stop, at most 80 characters.
    public var summary: (off: String, on: String) {
        switch self {
        case .defaultPodTopologySpread:
            (
                "SelectorSpread spreads pods without constraints",
                "default constraints: zones (5) and hosts (3)"
            )
        case .minDomainsInPodTopologySpread:
            (
                "minDomains dropped on create; counts as 1",
                "too few domains make the global minimum 0"
            )
        case .nodeInclusionPolicyInPodTopologySpread:
            (
                "fields dropped; affinity honoured, taints ignored",
                "each constraint says which nodes count"
            )
        case .matchLabelKeysInPodTopologySpread:
            ("matchLabelKeys dropped on create", "the pod's own values join the selector")
        case .matchLabelKeysInPodTopologySpreadSelectorMerge:
            (
                "only the scheduler merges; the stored selector stays",
                "the API server writes the merged selector too"
            )
        case .matchLabelKeysInPodAffinity:
            ("fields dropped on create", "the API server merges them into the term's selector")
        case .podSchedulingReadiness:
            ("schedulingGates dropped on create", "pods wait until their gates are removed")
        case .schedulerQueueingHints:
            (
                "any event of a fitting kind wakes a pod",
                "plugins look at the event before waking a pod"
            )
        case .schedulerPopFromBackoffQ:
            ("a backoff is always waited out", "an idle scheduler takes the next pod in backoff")
        case .schedulerAsyncPreemption:
            (
                "victims are deleted inside the cycle",
                "victims are deleted afterwards; the pod is held back"
            )
        case .schedulerAsyncAPICalls:
            ("the cycle waits for its status writes", "status writes are queued and merged")
        case .nominatedNodeNameForExpectation:
            ("only preemption nominates a node", "slow binds announce their node too")
        case .clearingNominatedNodeNameAfterBinding:
            ("a stale nomination stays on the bound pod", "binding clears the nomination")
        case .opportunisticBatching:
            (
                "each pod is filtered and scored by itself",
                "identical pods may reuse the previous ranking"
            )
        case .taintTolerationComparisonOperators:
            ("tolerations know Equal and Exists", "tolerations also compare numbers with Lt and Gt")
        case .podTopologyLabelsAdmission:
            ("pods carry no topology labels", "binding copies the node's zone and region labels")
        case .nodeDeclaredFeatures:
            (
                "features of a node are not looked at",
                "pods only go to nodes with the features they need"
            )
        case .storageCapacityScoring:
            ("storage capacity only filters", "VolumeBinding scores by free capacity")
        case .genericWorkload:
            ("no Workload objects", "pods can belong to a Workload")
        case .gangScheduling:
            ("pods are placed one by one", "a gang waits until enough of its pods fit")
        case .topologyAwareWorkloadScheduling:
            ("a workload's pods are placed anywhere", "a workload's pods share a topology domain")
        case .workloadAwarePreemption:
            ("preemption looks at single pods", "preemption looks at whole gangs")
        case .inPlacePodVerticalScaling:
            (
                "requests cannot change; the scheduler uses spec",
                "running pods can be resized; the larger value counts"
            )
        case .inPlacePodVerticalScalingAllocatedStatus:
            ("allocatedResources not shown", "allocatedResources shown per container")
        case .inPlacePodVerticalScalingExclusiveCPUs:
            (
                "containers with exclusive CPUs cannot be resized",
                "exclusive CPUs are reassigned on resize"
            )
        case .inPlacePodVerticalScalingExclusiveMemory:
            (
                "containers with pinned memory cannot be resized",
                "pinned memory is reassigned on resize"
            )
        case .inPlacePodVerticalScalingInitContainers:
            ("plain init containers cannot be resized", "plain init containers can be resized")
        case .inPlacePodLevelResourcesVerticalScaling:
            ("pod-level resources cannot change", "pod-level resources can be resized")
        case .podLevelResources:
            (
                "spec.resources dropped on create",
                "spec.resources replaces the sum of the containers"
            )
        case .sidecarContainers:
            (
                "such an init container is a plain one",
                "it keeps running, and its requests are added"
            )
        case .podObservedGenerationTracking:
            ("pod status has no observedGeneration", "status says which generation it reports on")
        case .mutablePodResourcesForSuspendedJobs:
            ("a Job's pod resources are fixed", "a suspended Job's pod resources can change")
        case .eventedPLEG:
            ("the kubelet lists containers each second", "runtime events; a full list each 300 s")
        case .memoryQoS:
            ("memory.high is not set", "memory.high set between request and limit")
        case .plegOnDemandRelist:
            ("a pod waits for the next periodic list", "one pod is listed as soon as it matters")
        case .kubeletSeparateDiskGC:
            (
                "images and containers share a file system",
                "garbage collection knows split file systems"
            )
        case .kubeletCrashLoopBackOffMax:
            ("crash back-off grows to 300 s", "each kubelet can set a maximum of 1 to 300 s")
        case .reduceDefaultCrashLoopBackOffDecay:
            ("crash back-off 10 s to 300 s", "crash back-off 1 s to 60 s")
        case .kubeletEnsureSecretPulledImages:
            (
                "any pod may use an image already present",
                "credentials are checked for present images"
            )
        case .imageMaximumGCAge:
            (
                "images go only when the disk is full",
                "imageMaximumGCAge also deletes old unused images"
            )
        case .imageVolume:
            ("image volumes refused", "images can be mounted as volumes")
        case .gracefulNodeShutdown:
            ("pods are cut off by a shutdown", "a configured kubelet ends its pods first")
        case .gracefulNodeShutdownBasedOnPodPriority:
            ("two waves: regular, then critical pods", "waves by priority class")
        case .nodeSwap:
            ("the kubelet keeps pods out of swap", "swap follows memorySwap.swapBehavior")
        case .podHasNetworkCondition:
            ("no such condition", "PodHasNetwork tells that the sandbox is ready")
        case .podReadyToStartContainersCondition:
            ("no such condition", "the condition tells that the sandbox is ready")
        case .podLifecycleSleepAction:
            ("sleep hooks dropped", "preStop and postStart can sleep")
        case .containerRestartRules:
            ("only the pod's restartPolicy counts", "containers have their own policy and rules")
        case .restartAllContainersOnContainerExits:
            ("a container restarts alone", "a rule can restart all containers in place")
        case .containerStopSignals:
            ("the image decides the stop signal", "lifecycle.stopSignal decides")
        case .kubeletTracing:
            ("no traces", "traces if configured; no effect on pods")
        case .userNamespacesSupport:
            ("hostUsers dropped on create", "hostUsers: false gives a user namespace")
        case .readWriteOncePod:
            ("the access mode is refused", "one pod at a time; preemption since 1.27")
        case .selinuxMountReadWriteOncePod:
            ("labels are written file by file", "the volume is mounted with its label")
        case .recoverVolumeExpansionFailure:
            ("a claim's size can only grow", "a failed expansion can be made smaller")
        case .volumeAttributesClass:
            ("volumeAttributesClassName dropped", "claims can change their attributes class")
        case .mutableCSINodeAllocatableCount:
            ("a node's volume limit is fixed", "the limit follows the driver")
        case .nodeOutOfServiceVolumeDetach:
            ("the taint only repels pods", "pods are force-deleted and volumes detached")
        case .anyVolumeDataSource:
            ("dataSourceRef dropped", "dataSourceRef may name any object")
        case .podDisruptionConditions:
            ("no DisruptionTarget condition", "DisruptionTarget gives the reason")
        case .pdbUnhealthyPodEvictionPolicy:
            ("field dropped; as IfHealthyBudget", "AlwaysAllow and IfHealthyBudget honoured")
        case .separateTaintEvictionController:
            ("part of the node life-cycle controller", "its own controller; same behaviour")
        case .logarithmicScaleDown:
            ("the youngest pod goes first, by exact age", "ages in powers of two; UID breaks ties")
        case .podDeletionCost:
            ("the annotation is ignored", "pods with a lower deletion cost go first")
        case .statefulSetAutoDeletePVC:
            ("claims are always kept", "persistentVolumeClaimRetentionPolicy decides")
        case .statefulSetStartOrdinal:
            ("ordinals start at 0", "spec.ordinals.start is the first")
        case .podIndexLabel:
            ("no index label", "pods carry their index as a label")
        case .maxUnavailableStatefulSet:
            ("one pod is updated at a time", "up to maxUnavailable pods at a time")
        case .deploymentReplicaSetTerminatingReplicas:
            ("terminating pods are not counted", "status has terminatingReplicas")
        case .jobPodFailurePolicy:
            ("podFailurePolicy dropped", "rules decide: fail, ignore or count")
        case .jobBackoffLimitPerIndex:
            ("backoffLimitPerIndex dropped", "each index has its own limit")
        case .jobPodReplacementPolicy:
            ("replaced as soon as terminating", "podReplacementPolicy can wait for the end")
        case .jobSuccessPolicy:
            ("all completions are needed", "successPolicy can end a Job early")
        case .jobManagedBy:
            ("managedBy dropped", "jobs of other controllers are left alone")
        case .hpaContainerMetrics:
            ("ContainerResource metrics dropped", "ContainerResource metrics count")
        case .hpaConfigurableTolerance:
            ("tolerance 0.1 for all", "tolerance per autoscaler and direction")
        case .hpaScaleToZero:
            ("minReplicas at least 1", "minReplicas 0 with object or external metrics")
        case .orderedNamespaceDeletion:
            ("contents deleted in any order", "pods first, other objects after the last pod")
        case .endpointSliceTerminatingCondition:
            ("endpoints only have ready", "endpoints also have serving and terminating")
        case .proxyTerminatingEndpoints:
            ("traffic only to ready endpoints", "serving endpoints are used if none is ready")
        case .topologyAwareHints:
            ("no hints", "Auto gives endpoints zone hints")
        case .serviceTrafficDistribution:
            ("field dropped; no hints", "PreferClose gives same-zone hints")
        case .preferSameTrafficDistribution:
            ("values refused", "same-zone and same-node hints")
        }
    }
}
