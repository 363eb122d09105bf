// Defaults and texts of the kubelet that differ from release to release, outside of feature gates.
//
// "Source" names where the boundary comes from. Where only the end points v1.27.16 and v1.36.2 have
// been read, the doc says "Judgement".

// MARK: - Client limits

extension KubernetesProfile {
    /// Default of `kubeAPIQPS`: requests a second to the API server, events not counted. 5 up to
    /// 1.26, 50 from 1.27 on.
    ///
    /// - Source: Kubernetes v1.27, `pkg/kubelet/apis/config/v1beta1/defaults.go`.
    public var kubeAPIQPS: Int { has(.kubeletLimitsTenfold) ? 50 : 5 }

    /// Default of `kubeAPIBurst`: requests that may go out at once. 10 up to 1.26, 100 from 1.27.
    ///
    /// - Source: as `kubeAPIQPS`.
    public var kubeAPIBurst: Int { has(.kubeletLimitsTenfold) ? 100 : 10 }

    /// Default of `eventRecordQPS`: events a second. 5 up to 1.26, 50 from 1.27 on.
    ///
    /// - Source: as `kubeAPIQPS`.
    public var eventRecordQPS: Int { has(.kubeletLimitsTenfold) ? 50 : 5 }

    /// Default of `eventBurst`: events that may go out at once. 10 up to 1.26, 100 from 1.27 on.
    ///
    /// - Source: as `kubeAPIQPS`.
    public var eventRecordBurst: Int { has(.kubeletLimitsTenfold) ? 100 : 10 }
}

// MARK: - Images

extension KubernetesProfile {
    /// Default of `registryPullQPS`: image pulls a second; 5 in every release.
    ///
    /// - Source: as `kubeAPIQPS`.
    public var registryPullQPS: Int { 5 }

    /// Default of `registryBurst`: pulls that may start at once; 10 in every release.
    ///
    /// - Source: as `kubeAPIQPS`.
    public var registryPullBurst: Int { 10 }

    /// Whether the kubelet's configuration has `maxParallelImagePulls`: from 1.27 on.
    ///
    /// Unset, it sets no limit on pulls that are not serialized.
    public var hasMaxParallelImagePulls: Bool { has(.parallelImagePulls) }

    /// The value of `serializeImagePulls` when the configuration leaves it out.
    ///
    /// True, one pull at a time; but false from 1.27 on if at least 2 parallel pulls are allowed.
    ///
    /// - Parameter maxParallelImagePulls: the field of that name, 1 or more, or nil if not set;
    ///   ignored before 1.27, which does not know it.
    /// - Source: kubernetes PR 115220, `pkg/kubelet/apis/config/v1beta1/defaults.go`.
    public func serializesImagePulls(maxParallelImagePulls: Int? = nil) -> Bool {
        guard hasMaxParallelImagePulls, let limit = maxParallelImagePulls else { return true }
        return limit < 2
    }
}

// MARK: - Memory

extension KubernetesProfile {
    /// Default of `memoryThrottlingFactor`, for the gate MemoryQoS: more than 0, at most 1. 0.8 up
    /// to 1.26, 0.9 from 1.27 to 1.36; none from 1.37 on, so that no `memory.high` is written.
    ///
    /// - Source: KEP-2570; Kubernetes v1.27, `pkg/kubelet/apis/config/v1beta1/defaults.go`;
    ///   `kubernetes-1.37.md` §4.2.
    public var memoryThrottlingFactor: Double? { has(.throttlingFactorUnset) ? nil : has(.memoryHighBetween) ? 0.9 : 0.8 }

    /// Whether a container that neither requests nor limits memory gets a `memory.high` too, as a
    /// share of the node's allocatable memory.
    ///
    /// - Source: kubernetes PR 138139; `kubernetes-1.37.md` §4.2.
    public var memoryHighOfBestEffort: Bool { has(.memoryHighOfBestEffort) }

    /// Whether a pod's own cgroup gets a `memory.high` too, with the gate PodLevelResources.
    ///
    /// - Source: kubernetes PR 140262; `kubernetes-1.37.md` §4.2.
    public var memoryHighOfPods: Bool { has(.memoryHighOfPods) && isEnabled(.podLevelResources) }

    /// Whether `/kubepods` is given `memory.low` for what its burstable pods request, without which
    /// theirs protects nothing.
    ///
    /// - Source: kubernetes PR 140267; `kubernetes-1.37.md` §4.2.
    public var memoryLowOfAllPods: Bool { has(.memoryLowOfAllPods) }

    /// How `memory.high` comes from request, limit and throttling factor.
    public enum MemoryHighFormula: Hashable, Sendable {
        /// `factor × limit`, and only if that exceeds the request; not rounded.
        case shareOfLimit
        /// `request + factor × (limit − request)`, rounded down to pages.
        case betweenRequestAndLimit
    }

    /// The formula of `memory.high`; changed in 1.27.
    ///
    /// - Source: KEP-2570; Kubernetes v1.27.16 `kuberuntime_container_linux.go`.
    public var memoryHighFormula: MemoryHighFormula {
        has(.memoryHighBetween) ? .betweenRequestAndLimit : .shareOfLimit
    }

    /// Whether the kubelet's configuration has `memoryReservationPolicy`, and by default protects
    /// no memory; before 1.36 the gate MemoryQoS always sets `memory.min` to the request.
    ///
    /// - Source: Kubernetes v1.36.2, `pkg/kubelet/cm/helpers_linux.go`.
    public var hasMemoryReservationPolicy: Bool { has(.memoryReservationPolicy) }

    /// Grace in seconds that a pod gets when it is evicted at a hard threshold.
    ///
    /// - Source: Kubernetes v1.27.16 (0) and v1.36.2 (1), `pkg/kubelet/eviction`. Judgement between
    ///   them, taken as 1 from 1.31 on.
    public var hardEvictionGraceSeconds: Int { has(.hardEvictionGrace) ? 1 : 0 }
}

extension KubernetesProfile {
    /// Whether the configuration has `mergeDefaultEvictionSettings`, so that a hard threshold of
    /// one's own keeps the other defaults.
    ///
    /// - Source: Kubernetes v1.36.2, `pkg/kubelet/eviction`. Judgement for 1.28 to 1.35, taken as
    ///   no.
    public var hasMergeDefaultEvictionSettings: Bool { has(.mergedEvictionSettings) }
}

// MARK: - Life of a pod

extension KubernetesProfile {
    /// Whether a pod deleted while running gets a terminal phase before its object goes: from 1.27.
    ///
    /// - Source: KEP-3329; Kubernetes v1.27 `pkg/kubelet/status/status_manager.go`.
    public var deletedPodsGetTerminalPhase: Bool { has(.terminalPhaseOfDeletedPods) }

    /// Whether the STATUS column looks for a failed container before it says `NotReady` for a
    /// partly finished pod.
    ///
    /// - Source: Kubernetes v1.36.2 `pkg/printers/internalversion/printers.go`. Judgement for 1.28
    ///   to 1.35, taken as no.
    public var statusColumnPrefersFailure: Bool { has(.failurePreferredInStatusColumn) }

    /// Whether a finished pod that is being deleted keeps its last word in the STATUS column;
    /// before, it reads `Terminating`.
    ///
    /// - Source: Kubernetes v1.27.16 (no) and v1.36.2 (yes), as `statusColumnPrefersFailure`.
    ///   Judgement between them, taken as yes from 1.32 on.
    public var statusColumnKeepsTerminalPhase: Bool { has(.terminalPhaseInStatusColumn) }
}

// MARK: - In-place resize

extension KubernetesProfile {
    /// Whether resources of a running pod change through the subresource `resize`, from 1.32 on;
    /// before, through an ordinary update of the pod.
    ///
    /// Matters only with the gate `inPlacePodVerticalScaling` on.
    ///
    /// - Source: KEP-1287, feature-gate notes.
    public var resizeUsesSubresource: Bool { has(.resizeBySubresource) }

    /// Whether the conditions `PodResizePending` and `PodResizeInProgress` tell about a resize,
    /// from 1.33 on; before, the text `status.resize` does.
    ///
    /// - Source: KEP-1287, feature-gate notes.
    public var resizeReportsConditions: Bool { has(.resizeConditions) }

    /// Whether the API server adds `NotRequired` entries to `resizePolicy` for resources without
    /// one; from 1.33 on an absent entry means the same.
    ///
    /// - Source: Kubernetes v1.27.16 (yes) and v1.36.2 (no). Judgement for 1.28 to 1.35: it ends
    ///   with the alpha stage.
    public var resizePolicyIsDefaulted: Bool { !has(.resizeConditions) }

    /// Whether a memory limit may shrink without `RestartContainer`: from 1.34 on.
    ///
    /// - Source: KEP-1287; Kubernetes v1.34 `pkg/apis/core/validation/validation.go`.
    public var memoryLimitCanShrinkInPlace: Bool { has(.memoryLimitsShrinkInPlace) }

    /// Whether the API server refuses a resize beyond the node's allocatable (403, NodeCapacity),
    /// from 1.36 on; before, the kubelet calls it `Infeasible`.
    ///
    /// - Source: Kubernetes v1.36.2, `plugin/pkg/admission/podresize`.
    public var resizeBeyondNodeIsRefused: Bool { has(.resizeBeyondNodeRefused) }
}

// MARK: - Texts

extension KubernetesProfile {
    /// Two generations of the kubelet's words for the steps of a pod's start.
    public enum MessageStyle: Hashable, Sendable {
        /// As in 1.27.
        case v127
        /// As in 1.36.
        case v136
    }

    /// Words of the events `Created` and `Started`.
    ///
    /// `.v127`: `Created container NAME`, `Started container NAME`. `.v136`, from 1.35 on:
    /// `Container created`, `Container started`.
    ///
    /// - Source: kubernetes PR 134043. Releases shortly before it wrote `Created container: NAME`,
    ///   which is not imitated.
    public var podStatusTexts: MessageStyle { has(.containerEventTexts) ? .v136 : .v127 }

    /// Words of the event `Pulled` after a pull.
    ///
    /// `.v127`: `Successfully pulled image "I" in D (W including waiting)`, durations to the
    /// nanosecond. `.v136`, from 1.30 on: durations cut to milliseconds, and
    /// `. Image size: N bytes.` at the end.
    ///
    /// - Source: Kubernetes v1.27.16 and v1.36.2, `pkg/kubelet/images/image_manager.go`. Judgement
    ///   between them: kubernetes PR 121719 brought the image's size to the kubelet in 1.30.
    public var pulledEventTexts: MessageStyle { has(.pulledTexts) ? .v136 : .v127 }

    /// Whether `… already present on machine` goes on `and can be accessed by the pod`, that is,
    /// whether the kubelet checks credentials for present images.
    ///
    /// - Source: Kubernetes v1.36.2, `pkg/kubelet/images/image_manager.go`.
    public var presentImageTextTellsAccess: Bool { isEnabled(.kubeletEnsureSecretPulledImages) }

    /// Whether the message of `ImagePullBackOff` ends in its cause,
    /// `Back-off pulling image "I": ErrImagePull: ERROR`: from 1.32 on.
    ///
    /// - Source: kubernetes PR 127918.
    public var pullBackOffNamesCause: Bool { has(.causeOfPullBackOff) }

    /// Whether `RegistryUnavailable` goes on with the runtime's detail.
    ///
    /// - Source: Kubernetes v1.27.16 (no) and v1.36.2 (yes). Judgement for 1.28 to 1.35: it comes
    ///   with the cause of `ImagePullBackOff`.
    public var registryUnavailableTellsDetail: Bool { pullBackOffNamesCause }

    /// Whether a bad image signature has a reason of its own, `SignatureValidationFailed`: from
    /// 1.28 on.
    ///
    /// - Source: `pod-startup.md` §2.4, Kubernetes v1.36.2 `pkg/kubelet/images`.
    public var hasSignatureValidationReason: Bool { has(.signatureReason) }

    /// Whether a missing pull secret gives the Warning `FailedToRetrieveImagePullSecret`: from
    /// 1.28.
    ///
    /// - Source: `pod-lifecycle.md` §13.
    public var missingPullSecretGivesEvent: Bool { has(.missingPullSecretEvent) }

    /// Whether waiting too long for volumes gives the Warning `FailedMount`
    /// `Unable to attach or mount volumes: … timed out waiting for the condition`.
    ///
    /// - Source: Kubernetes v1.27.16 (yes) and v1.36.2 (no event), `pkg/kubelet/kubelet.go`.
    ///   Judgement for 1.28 to 1.35, taken as yes.
    public var volumeTimeOutGivesEvent: Bool { !has(.volumeTimeOutSilent) }
}
