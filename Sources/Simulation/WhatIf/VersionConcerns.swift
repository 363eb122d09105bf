// Whom a difference between two versions of Kubernetes concerns among the objects of a cluster.

import ControlPlane
import KubernetesAPI

/// The objects at hand, seen by what a version could do otherwise with them.
struct VersionConcerns {
    private let cluster: Cluster
    private let from: KubernetesProfile
    /// Workloads and pods that no other object makes, by name, with the spec of their pods.
    private let specs: [(name: String, spec: PodSpec)]

    init(_ cluster: Cluster) {
        (self.cluster, from) = (cluster, cluster.profile)
        var specs: [(name: String, spec: PodSpec)] = []
        for kind in Kind.allCases {
            for object in cluster.store.objects(kind) where object.metadata.controller == nil {
                if let spec = object.podSpec?.spec { specs.append((Self.name(object), spec)) }
            }
        }
        self.specs = specs
    }

    /// `deployment/shop/web`, `node/a1`
    static func name(_ object: any StoredObject) -> String {
        let info = object.kindInfo
        return "\(info.kind.lowercased())/\(info.isNamespaced ? "\(object.metadata.namespace)/" : "")\(object.metadata.name)"
    }

    // MARK: Kinds of objects

    private func workloads(_ matches: (PodSpec) -> Bool) -> [String] { specs.filter { matches($0.spec) }.map(\.name) }
    private func pods(_ matches: (Pod) -> Bool) -> [String] { cluster.store.pods.sorted().filter(matches).map(Self.name) }
    private var waiting: [String] { pods { $0.nodeName.isEmpty && !$0.isFinished } }
    private var resizing: [String] {
        pods {
            !$0.nodeName.isEmpty
                && ($0.status.conditions["PodResizePending"] != nil || $0.status.conditions["PodResizeInProgress"] != nil || !$0.status.resize.isEmpty)
        }
    }
    private func kept(_ kind: String) -> [String] { cluster.store.objects(.custom).filter { $0.kindInfo.kind == kind }.map(Self.name) }
    private func all(_ kind: Kind) -> [String] { cluster.store.objects(kind).map(Self.name) }
    private var everyPod: [String] { cluster.store.pods.isEmpty ? [] : ["every pod"] }
    private var everyNode: [String] { cluster.store.nodes.isEmpty ? [] : ["every node"] }
    private func claims(_ matches: (PersistentVolumeClaim) -> Bool) -> [String] {
        cluster.store.persistentVolumeClaims.sorted().filter(matches).map(Self.name)
    }
    private func sets(_ matches: (StatefulSetSpec) -> Bool) -> [String] {
        cluster.store.statefulSets.sorted().filter { matches($0.spec.value) }.map(Self.name)
    }
    private func autoscalers(_ matches: (HorizontalPodAutoscalerSpec) -> Bool) -> [String] {
        cluster.store.horizontalPodAutoscalers.sorted().filter { matches($0.spec) }.map(Self.name)
    }
    private static func requestsAny(_ spec: PodSpec) -> Bool {
        (spec.containers + spec.initContainers).contains { $0.resources.requests["cpu"] != nil || $0.resources.requests["memory"] != nil }
    }
    private static func hasProbe(_ spec: PodSpec) -> Bool {
        spec.containers.contains { $0.livenessProbe != nil || $0.readinessProbe != nil || $0.startupProbe != nil }
    }
    private static func usesClaims(_ spec: PodSpec) -> Bool { spec.volumes.contains { $0.persistentVolumeClaim != nil || $0.ephemeral != nil } }

    // MARK: Changes

    /// Whom the change concerns; empty: nobody, or nobody can tell from the objects.
    func objects(_ change: VersionChange) -> [String] {
        switch change.part {
        case .apiServer: ofAPIServer(change)
        case .scheduler: ofScheduler(change)
        case .controllers: ofControllers(change)
        case .kubelet: ofKubelet(change)
        case .kubectl: ofTables(change)
        }
    }

    private func ofAPIServer(_ change: VersionChange) -> [String] {
        switch change {
        case .digitsFirstInServiceNames: cluster.store.services.sorted().filter { $0.name.first?.isNumber == true }.map(Self.name)
        case .numbersInTolerations: workloads { $0.tolerations.contains { ["Lt", "Gt"].contains($0.operator) } }
        case .podGroups, .podGroupSizeChanges, .podGroupWorkloadUnchecked: all(.podGroup) + all(.workload)
        case .resizeBySubresource, .resizeBeyondNodeRefused: resizing
        case .sleepOfNothing: workloads { $0.containers.contains { $0.lifecycle != nil } }
        case .searchDomainsRelaxed: workloads { $0.dnsConfig != nil }
        case .statefulSetTemplatesValidated, .statefulSetHistoryChanges: all(.statefulSet)
        case .templateHostPortsLeft: workloads(\.hostNetwork)
        case .suspendedJobsWithoutCondition: cluster.store.jobs.sorted().filter { $0.spec.suspend == true }.map(Self.name)
        case .imageReferencesInTemplates: workloads { $0.volumes.contains { $0.image?.reference.isEmpty == true } }
        case .memoryLimitsShrinkInPlace:
            from.isEnabled(.inPlacePodVerticalScaling) ? workloads { $0.containers.contains { $0.resources.limits["memory"] != nil } } : []
        default: []
        }
    }

    private func ofScheduler(_ change: VersionChange) -> [String] {
        switch change {
        case .readWriteOncePodPreempts, .readWriteOncePodText: claims { $0.spec.accessModes.contains("ReadWriteOncePod") }
        case .imageLocalityOfInitContainers: workloads { !$0.initContainers.isEmpty }
        case .imageLocalityOfImageVolumes, .imageLocalityCountsImageVolumes: workloads { $0.volumes.contains { $0.image != nil } }
        case .attachmentsCounted:
            cluster.store.csiNodes.all.contains { $0.spec.drivers.contains { $0.allocatable?.count != nil } } ? workloads(Self.usesClaims) : []
        case .balanceOfBestEffortSkipped: workloads { !Self.requestsAny($0) }
        case .balancedByImprovement: workloads(Self.requestsAny)
        case .spreadWithoutSoftConstraintsSkipped: []
        case .tiesByHeap: everyPod
        case .untoleratedTaintText:
            cluster.store.nodes.sorted().filter { $0.spec.taints.contains { $0.effect != "PreferNoSchedule" } }.map(Self.name)
        case .victimInPreBindSpared: claims { $0.status.phase == "Pending" }
        case .footprintOfSums: resizing
        case .podGroupsByOneGate, .podGroupConditionName, .podGroupCycle: all(.podGroup)
        case .volumeAffinityText: pods { $0.nodeName.isEmpty && !$0.isFinished && Self.usesClaims($0.spec.value) }
        default: waiting
        }
    }

    private func ofControllers(_ change: VersionChange) -> [String] {
        switch change {
        case .externalProvisioningText: claims { $0.status.phase == "Pending" }
        case .nodeMonitorGrace50: everyNode
        case .cronTimeZones: cluster.store.cronJobs.sorted().filter { $0.spec.timeZone != nil }.map(Self.name)
        case .cronScheduledTime: all(.cronJob)
        case .jobEndsAfterItsPods: all(.job) + all(.cronJob)
        case .deletedVolumeReclaimed: all(.persistentVolume)
        case .scalingEventFromTo: all(.deployment)
        case .statefulSetVerbsCapital: all(.statefulSet)
        case .ownZeroRemembered: autoscalers { $0.minReplicas == 0 }
        case .autoscalerSyncedAtOnce: all(.horizontalPodAutoscaler)
        case .brokenPodsReplacedFirst: sets { $0.podManagementPolicy == "Parallel" && $0.updateStrategy.type != "OnDelete" }
        case .onDeleteRevisionMoves: sets { $0.updateStrategy.type == "OnDelete" }
        default: []
        }
    }

    private func ofKubelet(_ change: VersionChange) -> [String] {
        switch change {
        case .missingPullSecretEvent, .pullSecretEventAfterFailure: workloads { !$0.imagePullSecrets.isEmpty }
        case .resizeConditions: resizing
        case .volumeTimeOutSilent: workloads(Self.usesClaims)
        case .memoryHighBetween, .memoryReservationPolicy, .throttlingFactorUnset: from.isEnabled(.memoryQoS) ? everyNode : []
        // They need a factor, which is configured on the nodes.
        case .memoryHighOfBestEffort, .memoryHighOfPods, .memoryLowOfAllPods: []
        case .eventedPLEGOnDemand: from.isEnabled(.eventedPLEG) ? everyNode : []
        // What concerns only kubelets that are configured so.
        case .parallelImagePulls, .mergedEvictionSettings, .unlimitedEvents, .signatureReason, .freeDiskSpaceWords: []
        case .kubeletLimitsTenfold, .hardEvictionGrace, .kubeProxyVersionEmpty, .containerd2: everyNode
        case .mountFailureLists: workloads { !$0.volumes.isEmpty }
        case .watchBringsList: workloads { $0.volumes.contains { $0.secret != nil || $0.configMap != nil } }
        case .cpuWeightOfKernel: workloads(Self.requestsAny)
        case .kubeletRestartKeepsStatus: workloads(Self.hasProbe)
        case .readinessProbedAtStart: workloads { $0.containers.contains { $0.readinessProbe != nil } }
        case .execReadinessStops, .execReadinessGoesOn: workloads { $0.containers.contains { $0.readinessProbe?.exec != nil } }
        default: everyPod
        }
    }

    private func ofTables(_ change: VersionChange) -> [String] {
        switch change {
        case .architectureAfterKernel: everyNode
        case .probeWords: workloads(Self.hasProbe)
        case .statefulSetWords: all(.statefulSet)
        case .autoscalerTargetsNamed: all(.horizontalPodAutoscaler)
        case .defaultIngressClassMarked: kept("IngressClass")
        case .definitionColumns: kept("CustomResourceDefinition")
        case .oneDefaultStorageClass:
            cluster.store.storageClasses.all.count(where: \.isDefault) > 1 ? cluster.store.storageClasses.sorted().filter(\.isDefault).map(Self.name) : []
        default: everyPod
        }
    }

    // MARK: Gates

    /// Whom a gate concerns that is on in one version only, besides those whose fields it drops.
    func objects(_ gate: FeatureGate) -> [String] {
        switch gate {
        case .storageCapacityScoring:
            cluster.store.csiDrivers.all.contains { $0.spec.storageCapacity == true } ? workloads(Self.usesClaims) : []
        case .volumeLimitScaling: cluster.store.csiDrivers.sorted().filter { $0.spec.preventPodSchedulingIfMissing == true }.map(Self.name)
        case .persistentVolumeClaimUnusedSinceTime: claims { $0.status.phase == "Bound" }
        case .hpaScaleToZero: autoscalers(\.hasMetricWithoutPods)
        case .hpaGeneration: all(.horizontalPodAutoscaler)
        case .maxUnavailableStatefulSet: sets { $0.updateStrategy.rollingUpdate?.maxUnavailable != nil }
        case .sidecarContainers: workloads { $0.initContainers.contains(where: \.isSidecar) }
        case .podLevelResourcesFixKubeletQOSClass: workloads { $0.resources != nil }
        case .defaultPodTopologySpread: workloads { $0.topologySpreadConstraints.isEmpty }
        case .matchLabelKeysInPodTopologySpreadSelectorMerge: workloads { $0.topologySpreadConstraints.contains { !$0.matchLabelKeys.isEmpty } }
        case .inPlacePodVerticalScaling, .podDisruptionConditions, .podReadyToStartContainersCondition, .podTopologyLabelsAdmission: everyPod
        case .schedulerQueueingHints, .schedulerPopFromBackoffQ, .schedulerAsyncPreemption: waiting
        case .logarithmicScaleDown: all(.deployment)
        case .deploymentReplicaSetTerminatingReplicas: all(.deployment)
        case .kubeletEnsureSecretPulledImages: workloads { !$0.imagePullSecrets.isEmpty }
        case .endpointSliceTerminatingCondition, .proxyTerminatingEndpoints: all(.service)
        default: []
        }
    }
}
