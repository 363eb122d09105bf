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

    /// One line of the table.
    struct Row: Sendable {
        let gate: FeatureGate
        let group: Group
        /// One stage a release, 1.22 first.
        let stages: [Stage]
    }

    /// The whole table, in the order of the cases: `rows[gate.ordinal].gate == gate`.
    static let rows: [Row] = {
        let groups: [(Group, [(FeatureGate, String)])] = [
            (.scheduling, schedulingHistories),
            (.podResources, podResourcesHistories),
            (.kubelet, kubeletHistories),
            (.storage, storageHistories),
            (.controllers, controllersHistories),
            (.services, servicesHistories),
        ]
        return groups.flatMap { group, histories in
            histories.map { gate, history in
                Row(gate: gate, group: group, stages: stages(of: history, for: gate))
            }
        }
    }()

    private static func stages(of history: String, for gate: FeatureGate) -> [Stage] {
        let stages = history.compactMap(Stage.init(rawValue:))
        precondition(
            stages.count == history.count && stages.count == KubernetesVersion.minors.count,
            "The history of \(gate.name) needs one letter a release")
        return stages
    }

    // One letter a release, 1.22 at the left and 1.36 at the right; the letters are the raw values
    // of `Stage`. Small letters are off, capitals are on.
    //
    // Some columns are judgements where sources disagree. EventedPLEG shows the .0 releases; patch
    // releases of 1.27 to 1.29 put it back to alpha. SchedulerAsyncAPICalls was shipped on in
    // 1.34.1 and later recorded as off. The first × of PodDisruptionConditions,
    // TopologyAwareHints, ServiceTrafficDistribution, StatefulSetAutoDeletePVC, PodIndexLabel and
    // InPlacePodVerticalScalingAllocatedStatus may be one release early or late.

    /// Rows of the group "Topology spread and scheduling".
    private static let schedulingHistories: [(FeatureGate, String)] = [
        (.defaultPodTopologySpread, "BBLL×××××××××××"),
        (.minDomainsInPodTopologySpread, "··abbBBBLL×××××"),
        (.nodeInclusionPolicyInPodTopologySpread, "···aBBBBBBBLLLL"),
        (.matchLabelKeysInPodTopologySpread, "···aaBBBBBBBBBB"),
        (.matchLabelKeysInPodTopologySpreadSelectorMerge, "············BBB"),
        (.matchLabelKeysInPodAffinity, "·······aaBBLLLL"),
        (.podSchedulingReadiness, "····aBBBLLLLLLL"),
        (.schedulerQueueingHints, "······bbbbBBLLL"),
        (.schedulerPopFromBackoffQ, "···········BBBB"),
        (.schedulerAsyncPreemption, "··········aBBBB"),
        (.schedulerAsyncAPICalls, "············bbb"),
        (.nominatedNodeNameForExpectation, "············aBB"),
        (.clearingNominatedNodeNameAfterBinding, "············aBB"),
        (.opportunisticBatching, "·············BB"),
        (.taintTolerationComparisonOperators, "·············aa"),
        (.podTopologyLabelsAdmission, "···········aaBB"),
        (.nodeDeclaredFeatures, "·············aB"),
        (.storageCapacityScoring, "···········aaaa"),
        (.genericWorkload, "·············aa"),
        (.gangScheduling, "·············aa"),
        (.topologyAwareWorkloadScheduling, "··············a"),
        (.workloadAwarePreemption, "··············a"),
    ]

    /// Rows of the group "Pod resources and resize".
    private static let podResourcesHistories: [(FeatureGate, String)] = [
        (.inPlacePodVerticalScaling, "·····aaaaaaBBLL"),
        (.inPlacePodVerticalScalingAllocatedStatus, "··········addd×"),
        (.inPlacePodVerticalScalingExclusiveCPUs, "··········aaaaa"),
        (.inPlacePodVerticalScalingExclusiveMemory, "············aaa"),
        (.inPlacePodVerticalScalingInitContainers, "··············B"),
        (.inPlacePodLevelResourcesVerticalScaling, "·············aB"),
        (.podLevelResources, "··········aaBBB"),
        (.sidecarContainers, "······aBBBBLLLL"),
        (.podObservedGenerationTracking, "···········aBLL"),
        (.mutablePodResourcesForSuspendedJobs, "·············aB"),
    ]

    /// Rows of the group "Kubelet start-up and node".
    private static let kubeletHistories: [(FeatureGate, String)] = [
        (.eventedPLEG, "····abbbaaaaaaa"),
        (.memoryQoS, "aaaaaaaaaaaaaaa"),
        (.plegOnDemandRelist, "··············B"),
        (.kubeletSeparateDiskGC, "·······aaBBBBBB"),
        (.kubeletCrashLoopBackOffMax, "··········aaaBB"),
        (.reduceDefaultCrashLoopBackOffDecay, "···········aaaa"),
        (.kubeletEnsureSecretPulledImages, "···········aaBB"),
        (.imageMaximumGCAge, "·······aBBBBBLL"),
        (.imageVolume, "·········aabbBL"),
        (.gracefulNodeShutdown, "BBBBBBBBBBBBBBB"),
        (.gracefulNodeShutdownBasedOnPodPriority, "·aBBBBBBBBBBBBB"),
        (.nodeSwap, "aaaaaabbBBBBLLL"),
        (.podHasNetworkCondition, "···aaa×××××××××"),
        (.podReadyToStartContainersCondition, "······aBBBBBBBB"),
        (.podLifecycleSleepAction, "·······aBBBBLLL"),
        (.containerRestartRules, "············aBB"),
        (.restartAllContainersOnContainerExits, "·············aB"),
        (.containerStopSignals, "···········aaaa"),
        (.kubeletTracing, "···aaBBBBBBBLLL"),
        (.userNamespacesSupport, "···aaaaabbbBBBL"),
    ]

    /// Rows of the group "Storage".
    private static let storageHistories: [(FeatureGate, String)] = [
        (.readWriteOncePod, "aaaaaBBLL××××××"),
        (.selinuxMountReadWriteOncePod, "···aaBBBBBBBBBL"),
        (.recoverVolumeExpansionFailure, "·aaaaaaaaaBBLLL"),
        (.volumeAttributesClass, "·······aabbbGGL"),
        (.mutableCSINodeAllocatableCount, "···········abBL"),
        (.nodeOutOfServiceVolumeDetach, "··aaBBLLLL×××××"),
        (.anyVolumeDataSource, "aaBBBBBBBBBLLLL"),
    ]

    /// Rows of the group "Controllers and availability".
    private static let controllersHistories: [(FeatureGate, String)] = [
        (.podDisruptionConditions, "···aBBBBBLLL×××"),
        (.pdbUnhealthyPodEvictionPolicy, "····aBBBBLL××××"),
        (.separateTaintEvictionController, "·······BBBBBLLL"),
        (.logarithmicScaleDown, "BBBBBBBBBLLLLLL"),
        (.podDeletionCost, "BBBBBBBBBBBBBBB"),
        (.statefulSetAutoDeletePVC, "·aaaaBBBBBLLL××"),
        (.statefulSetStartOrdinal, "····aBBBBLL××××"),
        (.podIndexLabel, "······BBBBLLL××"),
        (.maxUnavailableStatefulSet, "··aaaaaaaaaaabb"),
        (.deploymentReplicaSetTerminatingReplicas, "···········aaBB"),
        (.jobPodFailurePolicy, "···aBBBBBLL××××"),
        (.jobBackoffLimitPerIndex, "······aBBBBLLLL"),
        (.jobPodReplacementPolicy, "······aBBBBBLLL"),
        (.jobSuccessPolicy, "········aBBLLLL"),
        (.jobManagedBy, "········aaBBBLL"),
        (.hpaContainerMetrics, "aaaaaBBBLL×××××"),
        (.hpaConfigurableTolerance, "···········aaBB"),
        (.hpaScaleToZero, "aaaaaaaaaaaaaaa"),
        (.orderedNamespaceDeletion, "········bbbBLLL"),
    ]

    /// Rows of the group "Services".
    private static let servicesHistories: [(FeatureGate, String)] = [
        (.endpointSliceTerminatingCondition, "BBBBLL×××××××××"),
        (.proxyTerminatingEndpoints, "aaaaBBLL×××××××"),
        (.topologyAwareHints, "abBBBBBBBBBLLL×"),
        (.serviceTrafficDistribution, "········aBBLLL×"),
        (.preferSameTrafficDistribution, "···········aBLL"),
    ]
}
