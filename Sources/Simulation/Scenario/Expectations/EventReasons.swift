// The reasons of all events that can be told, so that a slip in an expectation is found.

/// Reasons of events.
enum EventReasons {
    /// All that the simulated components give.
    static let all = [
        // kubelet
        "BackOff", "Created", "DeadlineExceeded", "ErrImageNeverPull", "Evicted", "EvictionThresholdMet", "Failed", "FailedMapVolume", "FailedMount",
        "FailedPostStartHook", "FailedPreStopHook", "FailedToRetrieveImagePullSecret", "FreeDiskSpaceFailed", "ImageGCFailed", "InspectFailed",
        "InvalidNodeInfo", "Killing", "NodeAffinity", "NodeAllocatableEnforced", "NodeHasDiskPressure", "NodeHasInsufficientMemory",
        "NodeHasInsufficientPID", "NodeHasNoDiskPressure", "NodeHasSufficientMemory", "NodeHasSufficientPID", "NodeNotReady", "NodeNotSchedulable",
        "NodePorts", "NodeReady", "NodeSchedulable", "PodOSNotSupported", "Preempting", "Pulled", "Pulling", "Rebooted", "ResizeCompleted",
        "ResizeDeferred", "ResizeError", "ResizeInfeasible", "ResizeStarted", "SandboxChanged", "Started", "Starting", "TaintToleration", "Unhealthy",
        "OutOfcpu", "OutOfmemory", "OutOfpods", "OutOfephemeral-storage", "UnexpectedAdmissionError",
        // scheduler
        "FailedScheduling", "Preempted", "Scheduled",
        // controllers
        "AmbiguousSelector", "BackoffLimitExceeded", "CalculateExpectedPodCountFailed", "ClaimLost", "ClaimMisbound", "Completed",
        "ExternalProvisioning", "FailedAttachVolume", "FailedBinding", "FailedComputeMetricsReplicas", "FailedCreate", "FailedDaemonPod",
        "FailedDelete", "FailedGetContainerResourceMetric", "FailedGetExternalMetric", "FailedGetObjectMetric", "FailedGetPodsMetric",
        "FailedGetResourceMetric", "FailedGetScale", "FailedIndexes", "FailedRescale", "FailedUpdateScale", "InvalidMetricSourceType",
        "InvalidSchedule", "InvalidSelector", "JobAlreadyActive", "MaxFailedIndexesExceeded", "MissSchedule", "NoPods", "NotDeleted",
        "PodFailurePolicy", "Provisioning", "ProvisioningFailed", "ProvisioningSucceeded", "RegisteredNode", "RemovingNode", "Resumed",
        "SawCompletedJob", "ScalingReplicaSet", "SelectingAll", "SelectorRequired", "SucceededDaemonPod", "SuccessfulAttachVolume",
        "SuccessfulCreate", "SuccessfulDelete", "SuccessfulRescale", "Suspended", "TaintManagerEviction", "TooManyMissedTimes", "UnknownStrategy",
        "UnknownTimeZone",
        "UnmanagedPods", "UnparseableSchedule", "VolumeFailedDelete", "VolumeMismatch", "WaitForFirstConsumer", "WaitForPodScheduled", "WorkloadCreated",
        // autoscalers
        "EvictedByVPA", "InPlaceResizedByVPA", "NotTriggerScaleUp", "ScaleDown", "ScaleDownFailed", "TriggeredScaleUp",
    ]
}
