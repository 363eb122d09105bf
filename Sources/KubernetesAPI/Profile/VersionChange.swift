/// What a release of Kubernetes does otherwise than the one before it, outside of feature gates: the one table of it.
///
/// The code asks `profile.has(.untoleratedTaintText)`, or a property of the profile that does; `evenkeel plan` and `:versions` tell
/// the rows between two releases that concern the objects at hand. A row is in `VersionChange+Table.swift`.
public enum VersionChange: Int, CaseIterable, Sendable {
    // MARK: API server

    case digitsFirstInServiceNames
    case numbersInTolerations
    case resizeBySubresource
    case resizeBeyondNodeRefused
    case memoryLimitsShrinkInPlace
    case podGroups
    case podGroupSizeChanges
    case podGroupWorkloadUnchecked
    case statefulSetNamesAreLabels
    case templateHostPortsLeft
    case olderKubeletsTaken
    case environmentNamesRelaxed
    case sleepRefusalNamesGate
    case sleepOfNothing
    case searchDomainsRelaxed
    case statefulSetTemplatesValidated
    case statefulSetHistoryChanges
    case suspendedJobsWithoutCondition
    case brokenBudgetNamed
    case imageReferencesInTemplates
    case escalationJudgedAtCreation
    case customResourcesRatcheted

    // MARK: Scheduler

    case readWriteOncePodPreempts
    case preFilterRefusalUndecided
    case preFilterRefusalUnresolvable
    case imageLocalityOfInitContainers
    case spreadWithoutSoftConstraintsSkipped
    case preemptorNamed
    case oneFullStop
    case preFilterExclusionsCounted
    case victimsByImportance
    case attachmentsCounted
    case balanceOfBestEffortSkipped
    case backoffFloored
    case readWriteOncePodText
    case volumeAffinityText
    case tooLargeUnresolvable
    case dynamicResourcesText
    case untoleratedTaintText
    case failedAttemptClearsNomination
    case balancedByImprovement
    case tiesByHeap
    case victimInPreBindSpared
    case imageLocalityOfImageVolumes
    case imageLocalityCountsImageVolumes
    case podGroupsByOneGate
    case podGroupConditionName
    case podGroupCycle
    case preemptionNamesNode
    case bindingRetried
    case footprintOfSums

    // MARK: Controllers

    case externalProvisioningText
    case cronTimeZones
    case cronScheduledTime
    case jobEndsAfterItsPods
    case deletedVolumeReclaimed
    case nodeMonitorGrace50
    case scalingEventFromTo
    case statefulSetVerbsCapital
    case ownZeroRemembered
    case autoscalerSyncedAtOnce
    case brokenPodsReplacedFirst
    case onDeleteRevisionMoves

    // MARK: Kubelet

    case kubeletLimitsTenfold
    case parallelImagePulls
    case mountFailureLists
    case freeDiskSpaceWords
    case hostIPsOfPods
    case kubeProxyVersionEmpty
    case containerd2
    case watchBringsList
    case cpuWeightOfKernel
    case kubeletRestartKeepsStatus
    case execReadinessStops
    case readinessProbedAtStart
    case execReadinessGoesOn
    case memoryHighBetween
    case terminalPhaseOfDeletedPods
    case signatureReason
    case missingPullSecretEvent
    case pulledTexts
    case hardEvictionGrace
    case causeOfPullBackOff
    case resizeConditions
    case containerEventTexts
    case memoryReservationPolicy
    case mergedEvictionSettings
    case volumeTimeOutSilent
    case sandboxToldBeforeImages
    case throttlingFactorUnset
    case memoryHighOfBestEffort
    case memoryHighOfPods
    case memoryLowOfAllPods
    case unlimitedEvents
    case sandboxConditionReason
    case pullSecretEventAfterFailure
    case eventedPLEGOnDemand

    // MARK: Tables and descriptions

    case terminalPhaseInStatusColumn
    case failurePreferredInStatusColumn
    case autoscalerTargetsNamed
    case finishedPodDescribed
    case architectureAfterKernel
    case defaultIngressClassMarked
    case definitionColumns
    case fieldPathBeforeEventText
    case oneDefaultStorageClass
    case probeWords
    case statefulSetWords
}

extension VersionChange {
    /// Which program behaves otherwise.
    public enum Part: String, Sendable, CaseIterable {
        case apiServer = "API server"
        case scheduler, controllers, kubelet, kubectl
    }

    /// One row of the table.
    struct Facts: Sendable {
        /// The minor release that brought it.
        let since: Int
        let part: Part
        let before: String
        let after: String
        let source: String

        init(_ since: Int, _ part: Part, _ before: String, _ after: String, _ source: String) {
            (self.since, self.part, self.before, self.after, self.source) = (since, part, before, after, source)
        }
    }

    /// `rows[change.rawValue]` is the row of `change`.
    static let rows: [Facts] = allCases.map(\.row)

    /// The release that brought the change.
    public var since: KubernetesVersion { KubernetesVersion(minor: Self.rows[rawValue].since) }
    public var part: Part { Self.rows[rawValue].part }
    /// What older releases do, in a few words.
    public var before: String { Self.rows[rawValue].before }
    /// What the release and newer ones do, in a few words.
    public var after: String { Self.rows[rawValue].after }
    /// Where it is written: a section of a paper in this module's or another's documentation, or a change of Kubernetes.
    public var source: String { Self.rows[rawValue].source }

    /// What changes on the way from one release to another, in the order of the table; backwards for an older one.
    public static func between(_ a: KubernetesVersion, _ b: KubernetesVersion) -> [VersionChange] {
        allCases.filter { min(a, b) < $0.since && $0.since <= max(a, b) }
    }
}

extension KubernetesProfile {
    /// Whether the release, or one before it, brought a change.
    ///
    /// - Complexity: O(1), no allocation.
    public func has(_ change: VersionChange) -> Bool { version.minor >= VersionChange.rows[change.rawValue].since }
}
