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

    // One letter a release, 1.22 at the left and 1.36 at the right; the letters are the raw values
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
    // - Source of the latter: Kubernetes v1.36, `defaultKubernetesFeatureGateDependencies`.

    /// The row as it is written; a case without one does not compile.
    private var row: Facts {
        switch self {
        // MARK: Topology spread and scheduling
        case .defaultPodTopologySpread:
            Facts(
                "DefaultPodTopologySpread", .scheduling, "BBLL×××××××××××",
                off: "SelectorSpread spreads pods without constraints", on: "default constraints: zones (5) and hosts (3)")
        case .minDomainsInPodTopologySpread:
            Facts(
                "MinDomainsInPodTopologySpread", .scheduling, "··abbBBBLL×××××",
                off: "minDomains dropped on create; counts as 1", on: "too few domains make the global minimum 0")
        case .nodeInclusionPolicyInPodTopologySpread:
            Facts(
                "NodeInclusionPolicyInPodTopologySpread", .scheduling, "···aBBBBBBBLLLL",
                off: "fields dropped; affinity honoured, taints ignored", on: "each constraint says which nodes count")
        case .matchLabelKeysInPodTopologySpread:
            Facts(
                "MatchLabelKeysInPodTopologySpread", .scheduling, "···aaBBBBBBBBBB",
                off: "matchLabelKeys dropped on create", on: "the pod's own values join the selector")
        case .matchLabelKeysInPodTopologySpreadSelectorMerge:
            Facts(
                "MatchLabelKeysInPodTopologySpreadSelectorMerge", .scheduling, "············BBB",
                off: "only the scheduler merges; the stored selector stays", on: "the API server writes the merged selector too",
                needs: [.matchLabelKeysInPodTopologySpread])
        case .matchLabelKeysInPodAffinity:
            Facts(
                "MatchLabelKeysInPodAffinity", .scheduling, "·······aaBBLLLL",
                off: "fields dropped on create", on: "the API server merges them into the term's selector")
        case .podSchedulingReadiness:
            Facts(
                "PodSchedulingReadiness", .scheduling, "····aBBBLLLLLLL",
                off: "schedulingGates dropped on create", on: "pods wait until their gates are removed")
        case .schedulerQueueingHints:
            Facts(
                "SchedulerQueueingHints", .scheduling, "······bbbbBBLLL",
                off: "any event of a fitting kind wakes a pod", on: "plugins look at the event before waking a pod")
        case .schedulerPopFromBackoffQ:
            Facts(
                "SchedulerPopFromBackoffQ", .scheduling, "···········BBBB",
                off: "a backoff is always waited out", on: "an idle scheduler takes the next pod in backoff")
        case .schedulerAsyncPreemption:
            Facts(
                "SchedulerAsyncPreemption", .scheduling, "··········aBBBB",
                off: "victims are deleted inside the cycle", on: "victims are deleted afterwards; the pod is held back")
        case .schedulerAsyncAPICalls:
            Facts(
                "SchedulerAsyncAPICalls", .scheduling, "············bbb",
                off: "the cycle waits for its status writes", on: "status writes are queued and merged")
        case .nominatedNodeNameForExpectation:
            Facts(
                "NominatedNodeNameForExpectation", .scheduling, "············aBB",
                off: "only preemption nominates a node", on: "slow binds announce their node too")
        case .clearingNominatedNodeNameAfterBinding:
            Facts(
                "ClearingNominatedNodeNameAfterBinding", .scheduling, "············aBB",
                off: "a stale nomination stays on the bound pod", on: "binding clears the nomination")
        case .opportunisticBatching:
            Facts(
                "OpportunisticBatching", .scheduling, "·············BB",
                off: "each pod is filtered and scored by itself", on: "identical pods may reuse the previous ranking")
        case .taintTolerationComparisonOperators:
            Facts(
                "TaintTolerationComparisonOperators", .scheduling, "·············aa",
                off: "tolerations know Equal and Exists", on: "tolerations also compare numbers with Lt and Gt")
        case .podTopologyLabelsAdmission:
            Facts(
                "PodTopologyLabelsAdmission", .scheduling, "···········aaBB",
                off: "pods carry no topology labels", on: "binding copies the node's zone and region labels")
        case .nodeDeclaredFeatures:
            Facts(
                "NodeDeclaredFeatures", .scheduling, "·············aB",
                off: "features of a node are not looked at", on: "pods only go to nodes with the features they need")
        case .storageCapacityScoring:
            Facts("StorageCapacityScoring", .scheduling, "···········aaaa", off: "storage capacity only filters", on: "VolumeBinding scores by free capacity")
        case .genericWorkload:
            Facts("GenericWorkload", .scheduling, "·············aa", off: "no Workload objects", on: "pods can belong to a Workload")
        case .gangScheduling:
            Facts(
                "GangScheduling", .scheduling, "·············aa",
                off: "pods are placed one by one", on: "a gang waits until enough of its pods fit", needs: [.genericWorkload])
        case .topologyAwareWorkloadScheduling:
            Facts(
                "TopologyAwareWorkloadScheduling", .scheduling, "··············a",
                off: "a workload's pods are placed anywhere", on: "a workload's pods share a topology domain", needs: [.genericWorkload])
        case .workloadAwarePreemption:
            Facts(
                "WorkloadAwarePreemption", .scheduling, "··············a",
                off: "preemption looks at single pods", on: "preemption looks at whole gangs", needs: [.gangScheduling])

        // MARK: Pod resources and resize
        case .inPlacePodVerticalScaling:
            Facts(
                "InPlacePodVerticalScaling", .podResources, "·····aaaaaaBBLL",
                off: "requests cannot change; the scheduler uses spec", on: "running pods can be resized; the larger value counts")
        case .inPlacePodVerticalScalingAllocatedStatus:
            Facts(
                "InPlacePodVerticalScalingAllocatedStatus", .podResources, "··········addd×",
                off: "allocatedResources not shown", on: "allocatedResources shown per container")
        case .inPlacePodVerticalScalingExclusiveCPUs:
            Facts(
                "InPlacePodVerticalScalingExclusiveCPUs", .podResources, "··········aaaaa",
                off: "containers with exclusive CPUs cannot be resized", on: "exclusive CPUs are reassigned on resize", needs: [.inPlacePodVerticalScaling])
        case .inPlacePodVerticalScalingExclusiveMemory:
            Facts(
                "InPlacePodVerticalScalingExclusiveMemory", .podResources, "············aaa",
                off: "containers with pinned memory cannot be resized", on: "pinned memory is reassigned on resize", needs: [.inPlacePodVerticalScaling])
        case .inPlacePodVerticalScalingInitContainers:
            Facts(
                "InPlacePodVerticalScalingInitContainers", .podResources, "··············B",
                off: "plain init containers cannot be resized", on: "plain init containers can be resized",
                needs: [.inPlacePodVerticalScaling, .nodeDeclaredFeatures])
        case .inPlacePodLevelResourcesVerticalScaling:
            Facts(
                "InPlacePodLevelResourcesVerticalScaling", .podResources, "·············aB",
                off: "pod-level resources cannot change", on: "pod-level resources can be resized",
                needs: [.inPlacePodVerticalScaling, .podLevelResources, .nodeDeclaredFeatures])
        case .podLevelResources:
            Facts(
                "PodLevelResources", .podResources, "··········aaBBB",
                off: "spec.resources dropped on create", on: "spec.resources replaces the sum of the containers")
        case .sidecarContainers:
            Facts(
                "SidecarContainers", .podResources, "······aBBBBLLLL",
                off: "such an init container is a plain one", on: "it keeps running, and its requests are added")
        case .podObservedGenerationTracking:
            Facts(
                "PodObservedGenerationTracking", .podResources, "···········aBLL",
                off: "pod status has no observedGeneration", on: "status says which generation it reports on")
        case .mutablePodResourcesForSuspendedJobs:
            Facts(
                "MutablePodResourcesForSuspendedJobs", .podResources, "·············aB",
                off: "a Job's pod resources are fixed", on: "a suspended Job's pod resources can change")

        // MARK: Kubelet start-up and node
        case .eventedPLEG:
            Facts("EventedPLEG", .kubelet, "····abbbaaaaaaa", off: "the kubelet lists containers each second", on: "runtime events; a full list each 300 s")
        case .memoryQoS:
            Facts("MemoryQoS", .kubelet, "aaaaaaaaaaaaaaa", off: "memory.high is not set", on: "memory.high set between request and limit")
        case .plegOnDemandRelist:
            Facts(
                "PLEGOnDemandRelist", .kubelet, "··············B",
                off: "a pod waits for the next periodic list", on: "one pod is listed as soon as it matters")
        case .kubeletSeparateDiskGC:
            Facts(
                "KubeletSeparateDiskGC", .kubelet, "·······aaBBBBBB",
                off: "images and containers share a file system", on: "garbage collection knows split file systems")
        case .kubeletCrashLoopBackOffMax:
            Facts(
                "KubeletCrashLoopBackOffMax", .kubelet, "··········aaaBB",
                off: "crash back-off grows to 300 s", on: "each kubelet can set a maximum of 1 to 300 s")
        case .reduceDefaultCrashLoopBackOffDecay:
            Facts("ReduceDefaultCrashLoopBackOffDecay", .kubelet, "···········aaaa", off: "crash back-off 10 s to 300 s", on: "crash back-off 1 s to 60 s")
        case .kubeletEnsureSecretPulledImages:
            Facts(
                "KubeletEnsureSecretPulledImages", .kubelet, "···········aaBB",
                off: "any pod may use an image already present", on: "credentials are checked for present images")
        case .imageMaximumGCAge:
            Facts(
                "ImageMaximumGCAge", .kubelet, "·······aBBBBBLL",
                off: "images go only when the disk is full", on: "imageMaximumGCAge also deletes old unused images")
        case .imageVolume:
            Facts("ImageVolume", .kubelet, "·········aabbBL", off: "image volumes refused", on: "images can be mounted as volumes")
        case .gracefulNodeShutdown:
            Facts("GracefulNodeShutdown", .kubelet, "BBBBBBBBBBBBBBB", off: "pods are cut off by a shutdown", on: "a configured kubelet ends its pods first")
        case .gracefulNodeShutdownBasedOnPodPriority:
            Facts(
                "GracefulNodeShutdownBasedOnPodPriority", .kubelet, "·aBBBBBBBBBBBBB",
                off: "two waves: regular, then critical pods", on: "waves by priority class", needs: [.gracefulNodeShutdown])
        case .nodeSwap:
            Facts("NodeSwap", .kubelet, "aaaaaabbBBBBLLL", off: "the kubelet keeps pods out of swap", on: "swap follows memorySwap.swapBehavior")
        case .podHasNetworkCondition:
            Facts("PodHasNetworkCondition", .kubelet, "···aaa×××××××××", off: "no such condition", on: "PodHasNetwork tells that the sandbox is ready")
        case .podReadyToStartContainersCondition:
            Facts(
                "PodReadyToStartContainersCondition", .kubelet, "······aBBBBBBBB",
                off: "no such condition", on: "the condition tells that the sandbox is ready")
        case .podLifecycleSleepAction:
            Facts("PodLifecycleSleepAction", .kubelet, "·······aBBBBLLL", off: "sleep hooks dropped", on: "preStop and postStart can sleep")
        case .containerRestartRules:
            Facts(
                "ContainerRestartRules", .kubelet, "············aBB",
                off: "only the pod's restartPolicy counts", on: "containers have their own policy and rules")
        case .restartAllContainersOnContainerExits:
            Facts(
                "RestartAllContainersOnContainerExits", .kubelet, "·············aB",
                off: "a container restarts alone", on: "a rule can restart all containers in place", needs: [.containerRestartRules, .nodeDeclaredFeatures])
        case .containerStopSignals:
            Facts("ContainerStopSignals", .kubelet, "···········aaaa", off: "the image decides the stop signal", on: "lifecycle.stopSignal decides")
        case .kubeletTracing:
            Facts("KubeletTracing", .kubelet, "···aaBBBBBBBLLL", off: "no traces", on: "traces if configured; no effect on pods")
        case .userNamespacesSupport:
            Facts("UserNamespacesSupport", .kubelet, "···aaaaabbbBBBL", off: "hostUsers dropped on create", on: "hostUsers: false gives a user namespace")

        // MARK: Storage
        case .readWriteOncePod:
            Facts("ReadWriteOncePod", .storage, "aaaaaBBLL××××××", off: "the access mode is refused", on: "one pod at a time; preemption since 1.27")
        case .selinuxMountReadWriteOncePod:
            Facts(
                "SELinuxMountReadWriteOncePod", .storage, "···aaBBBBBBBBBL",
                off: "labels are written file by file", on: "the volume is mounted with its label")
        case .recoverVolumeExpansionFailure:
            Facts(
                "RecoverVolumeExpansionFailure", .storage, "·aaaaaaaaaBBLLL",
                off: "a claim's size can only grow", on: "a failed expansion can be made smaller")
        case .volumeAttributesClass:
            Facts(
                "VolumeAttributesClass", .storage, "·······aabbbGGL",
                off: "volumeAttributesClassName dropped", on: "claims can change their attributes class")
        case .mutableCSINodeAllocatableCount:
            Facts("MutableCSINodeAllocatableCount", .storage, "···········abBL", off: "a node's volume limit is fixed", on: "the limit follows the driver")
        case .nodeOutOfServiceVolumeDetach:
            Facts(
                "NodeOutOfServiceVolumeDetach", .storage, "··aaBBLLLL×××××",
                off: "the taint only repels pods", on: "pods are force-deleted and volumes detached")
        case .anyVolumeDataSource:
            Facts("AnyVolumeDataSource", .storage, "aaBBBBBBBBBLLLL", off: "dataSourceRef dropped", on: "dataSourceRef may name any object")

        // MARK: Controllers and availability
        case .podDisruptionConditions:
            Facts("PodDisruptionConditions", .controllers, "···aBBBBBLLL×××", off: "no DisruptionTarget condition", on: "DisruptionTarget gives the reason")
        case .pdbUnhealthyPodEvictionPolicy:
            Facts(
                "PDBUnhealthyPodEvictionPolicy", .controllers, "····aBBBBLL××××",
                off: "field dropped; as IfHealthyBudget", on: "AlwaysAllow and IfHealthyBudget honoured")
        case .separateTaintEvictionController:
            Facts(
                "SeparateTaintEvictionController", .controllers, "·······BBBBBLLL",
                off: "part of the node life-cycle controller", on: "its own controller; same behaviour")
        case .logarithmicScaleDown:
            Facts(
                "LogarithmicScaleDown", .controllers, "BBBBBBBBBLLLLLL",
                off: "the youngest pod goes first, by exact age", on: "ages in powers of two; UID breaks ties")
        case .podDeletionCost:
            Facts("PodDeletionCost", .controllers, "BBBBBBBBBBBBBBB", off: "the annotation is ignored", on: "pods with a lower deletion cost go first")
        case .statefulSetAutoDeletePVC:
            Facts(
                "StatefulSetAutoDeletePVC", .controllers, "·aaaaBBBBBLLL××",
                off: "claims are always kept", on: "persistentVolumeClaimRetentionPolicy decides")
        case .statefulSetStartOrdinal:
            Facts("StatefulSetStartOrdinal", .controllers, "····aBBBBLL××××", off: "ordinals start at 0", on: "spec.ordinals.start is the first")
        case .podIndexLabel:
            Facts("PodIndexLabel", .controllers, "······BBBBLLL××", off: "no index label", on: "pods carry their index as a label")
        case .maxUnavailableStatefulSet:
            Facts("MaxUnavailableStatefulSet", .controllers, "··aaaaaaaaaaabb", off: "one pod is updated at a time", on: "up to maxUnavailable pods at a time")
        case .deploymentReplicaSetTerminatingReplicas:
            Facts(
                "DeploymentReplicaSetTerminatingReplicas", .controllers, "···········aaBB",
                off: "terminating pods are not counted", on: "status has terminatingReplicas")
        case .jobPodFailurePolicy:
            Facts("JobPodFailurePolicy", .controllers, "···aBBBBBLL××××", off: "podFailurePolicy dropped", on: "rules decide: fail, ignore or count")
        case .jobBackoffLimitPerIndex:
            Facts("JobBackoffLimitPerIndex", .controllers, "······aBBBBLLLL", off: "backoffLimitPerIndex dropped", on: "each index has its own limit")
        case .jobPodReplacementPolicy:
            Facts(
                "JobPodReplacementPolicy", .controllers, "······aBBBBBLLL",
                off: "replaced as soon as terminating", on: "podReplacementPolicy can wait for the end")
        case .jobSuccessPolicy:
            Facts("JobSuccessPolicy", .controllers, "········aBBLLLL", off: "all completions are needed", on: "successPolicy can end a Job early")
        case .jobManagedBy:
            Facts("JobManagedBy", .controllers, "········aaBBBLL", off: "managedBy dropped", on: "jobs of other controllers are left alone")
        case .hpaContainerMetrics:
            Facts("HPAContainerMetrics", .controllers, "aaaaaBBBLL×××××", off: "ContainerResource metrics dropped", on: "ContainerResource metrics count")
        case .hpaConfigurableTolerance:
            Facts("HPAConfigurableTolerance", .controllers, "···········aaBB", off: "tolerance 0.1 for all", on: "tolerance per autoscaler and direction")
        case .hpaScaleToZero:
            Facts("HPAScaleToZero", .controllers, "aaaaaaaaaaaaaaa", off: "minReplicas at least 1", on: "minReplicas 0 with object or external metrics")
        case .orderedNamespaceDeletion:
            Facts(
                "OrderedNamespaceDeletion", .controllers, "········bbbBLLL",
                off: "contents deleted in any order", on: "pods first, other objects after the last pod")

        // MARK: Services
        case .endpointSliceTerminatingCondition:
            Facts(
                "EndpointSliceTerminatingCondition", .services, "BBBBLL×××××××××",
                off: "endpoints only have ready", on: "endpoints also have serving and terminating")
        case .proxyTerminatingEndpoints:
            Facts(
                "ProxyTerminatingEndpoints", .services, "aaaaBBLL×××××××",
                off: "traffic only to ready endpoints", on: "serving endpoints are used if none is ready")
        case .topologyAwareHints:
            Facts("TopologyAwareHints", .services, "abBBBBBBBBBLLL×", off: "no hints", on: "Auto gives endpoints zone hints")
        case .serviceTrafficDistribution:
            Facts("ServiceTrafficDistribution", .services, "········aBBLLL×", off: "field dropped; no hints", on: "PreferClose gives same-zone hints")
        case .preferSameTrafficDistribution:
            Facts("PreferSameTrafficDistribution", .services, "···········aBLL", off: "values refused", on: "same-zone and same-node hints")
        }
    }
}
