// The table of feature gates: one row a gate, with everything that is known about it.

extension FeatureGate {
    /// A heading of the table of feature gates.
    public enum Group: String, CaseIterable, Sendable {
        /// Topology spread, queues and the scheduling cycle.
        case scheduling = "Topology spread and scheduling"
        /// Requests, limits and in-place resize.
        case podResources = "Pod resources and resize"
        /// Starting, restarting and ending containers; the node.
        case kubelet = "Kubelet start-up and node"
        /// Claims and volumes.
        case storage = "Storage"
        /// Workload controllers, disruption and autoscaling.
        case controllers = "Controllers and availability"
        /// Endpoints and traffic.
        case services = "Services"

        /// The heading in words.
        public var title: String { rawValue }
    }

    /// One row of the table.
    struct Facts: Sendable {
        /// The name that Kubernetes uses.
        let name: String
        let group: Group
        /// One stage a release, 1.22 first.
        let stages: [Stage]
        let off: String
        let on: String
        let needs: [FeatureGate]

        init(_ name: String, _ group: Group, _ history: String, off: String, on: String, needs: [FeatureGate] = []) {
            (self.name, self.group, self.off, self.on, self.needs) = (name, group, off, on, needs)
            stages = history.compactMap(Stage.init(rawValue:))
            precondition(
                stages.count == history.count && stages.count == KubernetesVersion.minors.count,
                "The history of \(name) needs one letter a release")
        }
    }

    /// The whole table, in the order of the cases: `rows[gate.rawValue]` is the row of `gate`.
    static let rows: [Facts] = allCases.map(\.row)
    /// The gates by their names.
    static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name, $0) })

    // One letter a release, 1.22 at the left and 1.37 at the right; the letters are the raw values
    // of `Stage`. Small letters are off, capitals are on.
    //
    // Some columns are judgements where sources disagree. EventedPLEG shows the .0 releases; patch
    // releases of 1.27 to 1.29 put it back to alpha. SchedulerAsyncAPICalls was shipped on in
    // 1.34.1 and later recorded as off. The first × of PodDisruptionConditions,
    // TopologyAwareHints, ServiceTrafficDistribution, StatefulSetAutoDeletePVC, PodIndexLabel and
    // InPlacePodVerticalScalingAllocatedStatus may be one release early or late.
    //
    // Then what a cluster does with the gate off and with it on, for lists on the screen (no full stop, at most 80
    // characters), and the gates that have to be on for it.
    //
    // - Source of the latter: Kubernetes v1.37, `defaultKubernetesFeatureGateDependencies`; `feature-gates.md`.

    /// The row as it is written; a case without one does not compile.
    private var row: Facts {
        switch self {
        // MARK: Topology spread and scheduling
        case .defaultPodTopologySpread:
            Facts(
                "DefaultPodTopologySpread", .scheduling, "BBLL××××××××××××",
                off: "SelectorSpread spreads pods without constraints", on: "default constraints: zones (5) and hosts (3)")
        case .minDomainsInPodTopologySpread:
            Facts(
                "MinDomainsInPodTopologySpread", .scheduling, "··abbBBBLL××××××",
                off: "minDomains dropped on create; counts as 1", on: "too few domains make the global minimum 0")
        case .nodeInclusionPolicyInPodTopologySpread:
            Facts(
                "NodeInclusionPolicyInPodTopologySpread", .scheduling, "···aBBBBBBBLLLLL",
                off: "fields dropped; affinity honoured, taints ignored", on: "each constraint says which nodes count")
        case .matchLabelKeysInPodTopologySpread:
            Facts(
                "MatchLabelKeysInPodTopologySpread", .scheduling, "···aaBBBBBBBBBBB",
                off: "matchLabelKeys dropped on create", on: "the pod's own values join the selector")
        case .matchLabelKeysInPodTopologySpreadSelectorMerge:
            Facts(
                "MatchLabelKeysInPodTopologySpreadSelectorMerge", .scheduling, "············BBBB",
                off: "only the scheduler merges; the stored selector stays", on: "the API server writes the merged selector too",
                needs: [.matchLabelKeysInPodTopologySpread])
        case .matchLabelKeysInPodAffinity:
            Facts(
                "MatchLabelKeysInPodAffinity", .scheduling, "·······aaBBLLLLL",
                off: "fields dropped on create", on: "the API server merges them into the term's selector")
        case .podSchedulingReadiness:
            Facts(
                "PodSchedulingReadiness", .scheduling, "····aBBBLLLLLLLL",
                off: "schedulingGates dropped on create", on: "pods wait until their gates are removed")
        case .schedulerQueueingHints:
            Facts(
                "SchedulerQueueingHints", .scheduling, "······bbbbBBLLL×",
                off: "any event of a fitting kind wakes a pod", on: "plugins look at the event before waking a pod")
        case .schedulerPopFromBackoffQ:
            Facts(
                "SchedulerPopFromBackoffQ", .scheduling, "···········BBBBB",
                off: "a backoff is always waited out", on: "an idle scheduler takes the next pod in backoff")
        case .schedulerAsyncPreemption:
            Facts(
                "SchedulerAsyncPreemption", .scheduling, "··········aBBBBB",
                off: "victims are deleted inside the cycle", on: "victims are deleted afterwards; the pod is held back")
        case .schedulerAsyncAPICalls:
            Facts(
                "SchedulerAsyncAPICalls", .scheduling, "············bbbb",
                off: "the cycle waits for its status writes", on: "status writes are queued and merged")
        case .nominatedNodeNameForExpectation:
            Facts(
                "NominatedNodeNameForExpectation", .scheduling, "············aBBB",
                off: "only preemption nominates a node", on: "slow binds announce their node too")
        case .clearingNominatedNodeNameAfterBinding:
            Facts(
                "ClearingNominatedNodeNameAfterBinding", .scheduling, "············aBBB",
                off: "a stale nomination stays on the bound pod", on: "binding clears the nomination")
        case .opportunisticBatching:
            Facts(
                "OpportunisticBatching", .scheduling, "·············BBB",
                off: "each pod is filtered and scored by itself", on: "identical pods may reuse the previous ranking")
        case .taintTolerationComparisonOperators:
            Facts(
                "TaintTolerationComparisonOperators", .scheduling, "·············aaa",
                off: "tolerations know Equal and Exists", on: "tolerations also compare numbers with Lt and Gt")
        case .podTopologyLabelsAdmission:
            Facts(
                "PodTopologyLabelsAdmission", .scheduling, "···········aaBBB",
                off: "pods carry no topology labels", on: "binding copies the node's zone and region labels")
        case .nodeDeclaredFeatures:
            Facts(
                "NodeDeclaredFeatures", .scheduling, "·············aBL",
                off: "features of a node are not looked at", on: "pods only go to nodes with the features they need")
        case .storageCapacityScoring:
            Facts("StorageCapacityScoring", .scheduling, "···········aaaaB", off: "storage capacity only filters", on: "VolumeBinding scores by free capacity")
        case .genericWorkload:
            Facts("GenericWorkload", .scheduling, "·············aab", off: "no Workload objects", on: "pods can belong to a Workload")
        case .gangScheduling:
            Facts(
                "GangScheduling", .scheduling, "·············aa×",
                off: "pods are placed one by one", on: "a gang waits until enough of its pods fit", needs: [.genericWorkload])
        case .topologyAwareWorkloadScheduling:
            Facts(
                "TopologyAwareWorkloadScheduling", .scheduling, "··············aa",
                off: "a workload's pods are placed anywhere", on: "a workload's pods share a topology domain", needs: [.genericWorkload])
        case .workloadAwarePreemption:
            Facts(
                "WorkloadAwarePreemption", .scheduling, "··············a×",
                off: "preemption looks at single pods", on: "preemption looks at whole gangs", needs: [.gangScheduling])
        case .podGroupPreemptionPolicy:
            Facts(
                "PodGroupPreemptionPolicy", .scheduling, "···············a",
                off: "the pods of a group say whether it preempts", on: "preemptionPolicy of a group decides for it", needs: [.genericWorkload])
        case .compositePodGroup:
            Facts(
                "CompositePodGroup", .scheduling, "···············a",
                off: "groups of groups forbidden", on: "groups of groups, four levels deep at most",
                needs: [.genericWorkload, .topologyAwareWorkloadScheduling])
        case .schedulerPreQueueingHints:
            Facts(
                "SchedulerPreQueueingHints", .scheduling, "···············a",
                off: "hints are asked for each waiting pod", on: "some are asked once an event; same pods wake")
        case .interPodAffinityHostnameFastPath:
            Facts(
                "InterPodAffinityHostnameFastPath", .scheduling, "···············a",
                off: "all topology keys are counted alike", on: "hostname terms are counted faster; same answers")

        // MARK: Pod resources and resize
        case .inPlacePodVerticalScaling:
            Facts(
                "InPlacePodVerticalScaling", .podResources, "·····aaaaaaBBLLL",
                off: "requests cannot change; the scheduler uses spec", on: "running pods can be resized; the larger value counts")
        case .inPlacePodVerticalScalingAllocatedStatus:
            Facts(
                "InPlacePodVerticalScalingAllocatedStatus", .podResources, "··········addd××",
                off: "allocatedResources not shown", on: "allocatedResources shown per container")
        case .inPlacePodVerticalScalingExclusiveCPUs:
            Facts(
                "InPlacePodVerticalScalingExclusiveCPUs", .podResources, "··········aaaaaa",
                off: "containers with exclusive CPUs cannot be resized", on: "exclusive CPUs are reassigned on resize", needs: [.inPlacePodVerticalScaling])
        case .inPlacePodVerticalScalingExclusiveMemory:
            Facts(
                "InPlacePodVerticalScalingExclusiveMemory", .podResources, "············aaaa",
                off: "containers with pinned memory cannot be resized", on: "pinned memory is reassigned on resize", needs: [.inPlacePodVerticalScaling])
        case .inPlacePodVerticalScalingInitContainers:
            Facts(
                "InPlacePodVerticalScalingInitContainers", .podResources, "··············BL",
                off: "plain init containers cannot be resized", on: "plain init containers can be resized",
                needs: [.inPlacePodVerticalScaling, .nodeDeclaredFeatures])
        case .inPlacePodLevelResourcesVerticalScaling:
            Facts(
                "InPlacePodLevelResourcesVerticalScaling", .podResources, "·············aBB",
                off: "pod-level resources cannot change", on: "pod-level resources can be resized",
                needs: [.inPlacePodVerticalScaling, .podLevelResources, .nodeDeclaredFeatures])
        case .podLevelResources:
            Facts(
                "PodLevelResources", .podResources, "··········aaBBBB",
                off: "spec.resources dropped on create", on: "spec.resources replaces the sum of the containers")
        case .sidecarContainers:
            Facts(
                "SidecarContainers", .podResources, "······aBBBBLLLL×",
                off: "such an init container is a plain one", on: "it keeps running, and its requests are added")
        case .podObservedGenerationTracking:
            Facts(
                "PodObservedGenerationTracking", .podResources, "···········aBLLL",
                off: "pod status has no observedGeneration", on: "status says which generation it reports on")
        case .mutablePodResourcesForSuspendedJobs:
            Facts(
                "MutablePodResourcesForSuspendedJobs", .podResources, "·············aBB",
                off: "a Job's pod resources are fixed", on: "a suspended Job's pod resources can change")
        case .inPlacePodVerticalScalingSchedulerPreemption:
            Facts(
                "InPlacePodVerticalScalingSchedulerPreemption", .podResources, "···············a",
                off: "a deferred resize waits for room", on: "the scheduler preempts on the node for a deferred resize", needs: [.inPlacePodVerticalScaling])
        case .inPlacePodVerticalScalingMemoryBackedVolumes:
            Facts(
                "InPlacePodVerticalScalingMemoryBackedVolumes", .podResources, "···············a",
                off: "a memory-backed emptyDir keeps its size", on: "its size follows a memory resize",
                needs: [.inPlacePodVerticalScaling, .nodeDeclaredFeatures])
        case .podLevelResourcesFixDefaulting:
            Facts(
                "PodLevelResourcesFixDefaulting", .podResources, "···············B",
                off: "an empty spec.resources is defaulted as a set one", on: "an empty spec.resources counts as absent", needs: [.podLevelResources])
        case .podLevelResourcesFixKubeletQOSClass:
            Facts(
                "PodLevelResourcesFixKubeletQOSClass", .podResources, "···············B",
                off: "an empty spec.resources makes a pod BestEffort", on: "QoS by spec.resources only if it requests something", needs: [.podLevelResources])
        case .mutableSchedulingDirectivesForSuspendedJobs:
            Facts(
                "MutableSchedulingDirectivesForSuspendedJobs", .podResources, "·············aBB",
                off: "directives change only before a Job's first start", on: "a suspended Job's scheduling directives can change")

        // MARK: Kubelet start-up and node
        case .eventedPLEG:
            Facts("EventedPLEG", .kubelet, "····abbbaaaaaaaa", off: "the kubelet lists containers each second", on: "runtime events; a full list each 300 s")
        case .memoryQoS:
            Facts("MemoryQoS", .kubelet, "aaaaaaaaaaaaaaaB", off: "memory.high is not set", on: "memory.high set between request and limit")
        case .plegOnDemandRelist:
            Facts(
                "PLEGOnDemandRelist", .kubelet, "··············BL",
                off: "a pod waits for the next periodic list", on: "one pod is listed as soon as it matters")
        case .kubeletSeparateDiskGC:
            Facts(
                "KubeletSeparateDiskGC", .kubelet, "·······aaBBBBBBB",
                off: "images and containers share a file system", on: "garbage collection knows split file systems")
        case .kubeletCrashLoopBackOffMax:
            Facts(
                "KubeletCrashLoopBackOffMax", .kubelet, "··········aaaBBB",
                off: "crash back-off grows to 300 s", on: "each kubelet can set a maximum of 1 to 300 s")
        case .reduceDefaultCrashLoopBackOffDecay:
            Facts("ReduceDefaultCrashLoopBackOffDecay", .kubelet, "···········aaaaa", off: "crash back-off 10 s to 300 s", on: "crash back-off 1 s to 60 s")
        case .kubeletEnsureSecretPulledImages:
            Facts(
                "KubeletEnsureSecretPulledImages", .kubelet, "···········aaBBB",
                off: "any pod may use an image already present", on: "credentials are checked for present images")
        case .imageMaximumGCAge:
            Facts(
                "ImageMaximumGCAge", .kubelet, "·······aBBBBBLLL",
                off: "images go only when the disk is full", on: "imageMaximumGCAge also deletes old unused images")
        case .imageVolume:
            Facts("ImageVolume", .kubelet, "·········aabbBLL", off: "image volumes refused", on: "images can be mounted as volumes")
        case .gracefulNodeShutdown:
            Facts("GracefulNodeShutdown", .kubelet, "BBBBBBBBBBBBBBBB", off: "pods are cut off by a shutdown", on: "a configured kubelet ends its pods first")
        case .gracefulNodeShutdownBasedOnPodPriority:
            Facts(
                "GracefulNodeShutdownBasedOnPodPriority", .kubelet, "·aBBBBBBBBBBBBBB",
                off: "two waves: regular, then critical pods", on: "waves by priority class", needs: [.gracefulNodeShutdown])
        case .nodeSwap:
            Facts("NodeSwap", .kubelet, "aaaaaabbBBBBLLLL", off: "the kubelet keeps pods out of swap", on: "swap follows memorySwap.swapBehavior")
        case .podHasNetworkCondition:
            Facts("PodHasNetworkCondition", .kubelet, "···aaa××××××××××", off: "no such condition", on: "PodHasNetwork tells that the sandbox is ready")
        case .podReadyToStartContainersCondition:
            Facts(
                "PodReadyToStartContainersCondition", .kubelet, "······aBBBBBBBBL",
                off: "no such condition", on: "the condition tells that the sandbox is ready")
        case .podLifecycleSleepAction:
            Facts("PodLifecycleSleepAction", .kubelet, "·······aBBBBLLL×", off: "sleep hooks dropped", on: "preStop and postStart can sleep")
        case .containerRestartRules:
            Facts(
                "ContainerRestartRules", .kubelet, "············aBBB",
                off: "only the pod's restartPolicy counts", on: "containers have their own policy and rules")
        case .restartAllContainersOnContainerExits:
            Facts(
                "RestartAllContainersOnContainerExits", .kubelet, "·············aBB",
                off: "a container restarts alone", on: "a rule can restart all containers in place", needs: [.containerRestartRules, .nodeDeclaredFeatures])
        case .containerStopSignals:
            Facts("ContainerStopSignals", .kubelet, "···········aaaaa", off: "the image decides the stop signal", on: "lifecycle.stopSignal decides")
        case .kubeletTracing:
            Facts("KubeletTracing", .kubelet, "···aaBBBBBBBLLLL", off: "no traces", on: "traces if configured; no effect on pods")
        case .userNamespacesSupport:
            Facts("UserNamespacesSupport", .kubelet, "···aaaaabbbBBBLL", off: "hostUsers dropped on create", on: "hostUsers: false gives a user namespace")
        case .kubeletFineGrainedAuthz:
            Facts(
                "KubeletFineGrainedAuthz", .kubelet, "··········aBBBLL",
                off: "most kubelet paths need nodes/proxy", on: "nodes/pods, nodes/healthz and nodes/configz tried first")
        case .podLogsQuerySplitStreams:
            Facts(
                "PodLogsQuerySplitStreams", .kubelet, "··········aaaaaa",
                off: "stream of pod logs refused", on: "logs of Stdout or Stderr alone")
        case .translateStreamCloseWebsocketRequests:
            Facts(
                "TranslateStreamCloseWebsocketRequests", .kubelet, "·······aBBBBBBBB",
                off: "exec and attach over SPDY only", on: "exec and attach over WebSocket v5 too")
        case .portForwardWebsockets:
            Facts(
                "PortForwardWebsockets", .kubelet, "········aBBBBBBB",
                off: "port-forward over SPDY only", on: "port-forward over WebSocket too")
        case .authorizePodWebsocketUpgradeCreatePermission:
            Facts(
                "AuthorizePodWebsocketUpgradeCreatePermission", .kubelet, "·············BBB",
                off: "exec over WebSocket needs get alone", on: "exec over WebSocket also needs create")
        case .extendWebSocketsToKubelet:
            Facts(
                "ExtendWebSocketsToKubelet", .kubelet, "··············BB",
                off: "the API server translates to SPDY", on: "WebSocket is passed on to kubelets that declare it", needs: [.nodeDeclaredFeatures])
        case .hugepageAwareEviction:
            Facts(
                "HugepageAwareEviction", .kubelet, "···············B",
                off: "memory.available counts reserved huge pages as free", on: "reserved huge pages are not available memory")
        case .kubeletAllocatedPodsEndpoint:
            Facts(
                "KubeletAllocatedPodsEndpoint", .kubelet, "···············a",
                off: "no such endpoint", on: "the kubelet tells its allocated pods", needs: [.inPlacePodVerticalScaling])

        // MARK: Storage
        case .readWriteOncePod:
            Facts("ReadWriteOncePod", .storage, "aaaaaBBLL×××××××", off: "the access mode is refused", on: "one pod at a time; preemption since 1.27")
        case .selinuxMountReadWriteOncePod:
            Facts(
                "SELinuxMountReadWriteOncePod", .storage, "···aaBBBBBBBBBLL",
                off: "labels are written file by file", on: "the volume is mounted with its label")
        case .recoverVolumeExpansionFailure:
            Facts(
                "RecoverVolumeExpansionFailure", .storage, "·aaaaaaaaaBBLLLL",
                off: "a claim's size can only grow", on: "a failed expansion can be made smaller")
        case .volumeAttributesClass:
            Facts(
                "VolumeAttributesClass", .storage, "·······aabbbGGLL",
                off: "volumeAttributesClassName dropped", on: "claims can change their attributes class")
        case .mutableCSINodeAllocatableCount:
            Facts("MutableCSINodeAllocatableCount", .storage, "···········abBLL", off: "a node's volume limit is fixed", on: "the limit follows the driver")
        case .nodeOutOfServiceVolumeDetach:
            Facts(
                "NodeOutOfServiceVolumeDetach", .storage, "··aaBBLLLL××××××",
                off: "the taint only repels pods", on: "pods are force-deleted and volumes detached")
        case .anyVolumeDataSource:
            Facts("AnyVolumeDataSource", .storage, "aaBBBBBBBBBLLLL×", off: "dataSourceRef dropped", on: "dataSourceRef may name any object")
        case .volumeLimitScaling:
            Facts(
                "VolumeLimitScaling", .storage, "·············aaB",
                off: "a node without the CSI driver has no limit", on: "preventPodSchedulingIfMissing keeps pods off it")
        case .persistentVolumeClaimUnusedSinceTime:
            Facts(
                "PersistentVolumeClaimUnusedSinceTime", .storage, "··············aB",
                off: "no such condition", on: "condition Unused tells since when no pod uses a claim")
        case .selinuxMount:
            Facts(
                "SELinuxMount", .storage, "········aaabbbbG",
                off: "only ReadWriteOncePod volumes are mounted with a label", on: "all volumes are mounted with their label")

        // MARK: Controllers and availability
        case .podDisruptionConditions:
            Facts("PodDisruptionConditions", .controllers, "···aBBBBBLLL××××", off: "no DisruptionTarget condition", on: "DisruptionTarget gives the reason")
        case .pdbUnhealthyPodEvictionPolicy:
            Facts(
                "PDBUnhealthyPodEvictionPolicy", .controllers, "····aBBBBLL×××××",
                off: "field dropped; as IfHealthyBudget", on: "AlwaysAllow and IfHealthyBudget honoured")
        case .separateTaintEvictionController:
            Facts(
                "SeparateTaintEvictionController", .controllers, "·······BBBBBLLLL",
                off: "part of the node life-cycle controller", on: "its own controller; same behaviour")
        case .logarithmicScaleDown:
            Facts(
                "LogarithmicScaleDown", .controllers, "BBBBBBBBBLLLLLL×",
                off: "the youngest pod goes first, by exact age", on: "ages in powers of two; UID breaks ties")
        case .podDeletionCost:
            Facts("PodDeletionCost", .controllers, "BBBBBBBBBBBBBBBB", off: "the annotation is ignored", on: "pods with a lower deletion cost go first")
        case .statefulSetAutoDeletePVC:
            Facts(
                "StatefulSetAutoDeletePVC", .controllers, "·aaaaBBBBBLLL×××",
                off: "claims are always kept", on: "persistentVolumeClaimRetentionPolicy decides")
        case .statefulSetStartOrdinal:
            Facts("StatefulSetStartOrdinal", .controllers, "····aBBBBLL×××××", off: "ordinals start at 0", on: "spec.ordinals.start is the first")
        case .podIndexLabel:
            Facts("PodIndexLabel", .controllers, "······BBBBLLL×××", off: "no index label", on: "pods carry their index as a label")
        case .maxUnavailableStatefulSet:
            Facts("MaxUnavailableStatefulSet", .controllers, "··aaaaaaaaaaabbB", off: "one pod is updated at a time", on: "up to maxUnavailable pods at a time")
        case .deploymentReplicaSetTerminatingReplicas:
            Facts(
                "DeploymentReplicaSetTerminatingReplicas", .controllers, "···········aaBBB",
                off: "terminating pods are not counted", on: "status has terminatingReplicas")
        case .jobPodFailurePolicy:
            Facts("JobPodFailurePolicy", .controllers, "···aBBBBBLL×××××", off: "podFailurePolicy dropped", on: "rules decide: fail, ignore or count")
        case .jobBackoffLimitPerIndex:
            Facts("JobBackoffLimitPerIndex", .controllers, "······aBBBBLLLL×", off: "backoffLimitPerIndex dropped", on: "each index has its own limit")
        case .jobPodReplacementPolicy:
            Facts(
                "JobPodReplacementPolicy", .controllers, "······aBBBBBLLL×",
                off: "replaced as soon as terminating", on: "podReplacementPolicy can wait for the end")
        case .jobSuccessPolicy:
            Facts("JobSuccessPolicy", .controllers, "········aBBLLLL×", off: "all completions are needed", on: "successPolicy can end a Job early")
        case .jobManagedBy:
            Facts("JobManagedBy", .controllers, "········aaBBBLLL", off: "managedBy dropped", on: "jobs of other controllers are left alone")
        case .hpaContainerMetrics:
            Facts("HPAContainerMetrics", .controllers, "aaaaaBBBLL××××××", off: "ContainerResource metrics dropped", on: "ContainerResource metrics count")
        case .hpaConfigurableTolerance:
            Facts("HPAConfigurableTolerance", .controllers, "···········aaBBL", off: "tolerance 0.1 for all", on: "tolerance per autoscaler and direction")
        case .hpaScaleToZero:
            Facts("HPAScaleToZero", .controllers, "aaaaaaaaaaaaaaaB", off: "minReplicas at least 1", on: "minReplicas 0 with object or external metrics")
        case .orderedNamespaceDeletion:
            Facts(
                "OrderedNamespaceDeletion", .controllers, "········bbbBLLL×",
                off: "contents deleted in any order", on: "pods first, other objects after the last pod")
        case .hpaGeneration:
            Facts(
                "HPAGeneration", .controllers, "···············B",
                off: "autoscalers have no generation", on: "autoscalers have generation and observedGeneration")
        case .staleControllerConsistencyHPA:
            Facts(
                "StaleControllerConsistencyHPA", .controllers, "···············B",
                off: "the controller may act on an old status", on: "it waits until it has seen its own last write")
        case .statefulSetRecreateStrategy:
            Facts(
                "StatefulSetRecreateStrategy", .controllers, "···············a",
                off: "update strategy Recreate refused", on: "Recreate deletes all old pods before it creates")
        case .nodeControllerLeaseCircuitBreaker:
            Facts(
                "NodeControllerLeaseCircuitBreaker", .controllers, "···············B",
                off: "the cached lease decides", on: "a live lease is read before a node is unhealthy")
        case .nodeLifecycleConditions:
            Facts(
                "NodeLifecycleConditions", .controllers, "···············a",
                off: "names without a meaning", on: "names of conditions about drain and maintenance")
        case .evictionRequestAPI:
            Facts(
                "EvictionRequestAPI", .controllers, "···············a",
                off: "no EvictionRequest objects", on: "evictions can be asked for by objects")
        case .workloadWithJob:
            Facts(
                "WorkloadWithJob", .controllers, "··············aa",
                off: "Jobs make no Workload", on: "indexed parallel Jobs make a Workload and a PodGroup", needs: [.genericWorkload])

        // MARK: Services
        case .endpointSliceTerminatingCondition:
            Facts(
                "EndpointSliceTerminatingCondition", .services, "BBBBLL××××××××××",
                off: "endpoints only have ready", on: "endpoints also have serving and terminating")
        case .proxyTerminatingEndpoints:
            Facts(
                "ProxyTerminatingEndpoints", .services, "aaaaBBLL××××××××",
                off: "traffic only to ready endpoints", on: "serving endpoints are used if none is ready")
        case .topologyAwareHints:
            Facts("TopologyAwareHints", .services, "abBBBBBBBBBLLL××", off: "no hints", on: "Auto gives endpoints zone hints")
        case .serviceTrafficDistribution:
            Facts("ServiceTrafficDistribution", .services, "········aBBLLL××", off: "field dropped; no hints", on: "PreferClose gives same-zone hints")
        case .preferSameTrafficDistribution:
            Facts("PreferSameTrafficDistribution", .services, "···········aBLLL", off: "values refused", on: "same-zone and same-node hints")
        }
    }
}
