// The names that Kubernetes itself gives to labels, annotations, taints, conditions and reasons, where more than one place
// needs them: a misspelt name would go unnoticed in a string.

/// Keys of labels.
public enum LabelKey {
    public static let zone = "topology.kubernetes.io/zone"
    public static let region = "topology.kubernetes.io/region"
    public static let hostname = "kubernetes.io/hostname"
    public static let os = "kubernetes.io/os"
    public static let arch = "kubernetes.io/arch"
    /// The names before 1.17, still honoured on volumes.
    public static let betaZone = "failure-domain.beta.kubernetes.io/zone"
    public static let betaRegion = "failure-domain.beta.kubernetes.io/region"
    public static let betaOS = "beta.kubernetes.io/os"
    public static let betaArch = "beta.kubernetes.io/arch"
    /// On an EndpointSlice: the Service that it belongs to.
    public static let serviceName = "kubernetes.io/service-name"
    public static let jobName = "batch.kubernetes.io/job-name"
    public static let jobControllerUID = "batch.kubernetes.io/controller-uid"
    /// A label and an annotation of the pods of an Indexed Job.
    public static let jobCompletionIndex = "batch.kubernetes.io/job-completion-index"
}

/// Keys of annotations.
public enum AnnotationKey {
    public static let deploymentRevision = "deployment.kubernetes.io/revision"
    public static let lastApplied = "kubectl.kubernetes.io/last-applied-configuration"
    /// The node that a claim waits for its volume on.
    public static let selectedNode = "volume.kubernetes.io/selected-node"
    public static let provisionedBy = "pv.kubernetes.io/provisioned-by"
    public static let storageClass = "volume.beta.kubernetes.io/storage-class"
    public static let isDefaultClass = "storageclass.kubernetes.io/is-default-class"
    /// Marks the API's copy of a static pod.
    public static let mirrorPod = "kubernetes.io/config.mirror"
    public static let podDeletionCost = "controller.kubernetes.io/pod-deletion-cost"
}

/// Keys of the taints that the control plane sets itself.
public enum TaintKey {
    public static let notReady = "node.kubernetes.io/not-ready"
    public static let unreachable = "node.kubernetes.io/unreachable"
    public static let unschedulable = "node.kubernetes.io/unschedulable"
    public static let memoryPressure = "node.kubernetes.io/memory-pressure"
    public static let diskPressure = "node.kubernetes.io/disk-pressure"
    public static let pidPressure = "node.kubernetes.io/pid-pressure"
    public static let networkUnavailable = "node.kubernetes.io/network-unavailable"
}

/// What a taint does to pods that do not tolerate it.
public enum TaintEffect {
    public static let noSchedule = "NoSchedule"
    public static let preferNoSchedule = "PreferNoSchedule"
    public static let noExecute = "NoExecute"
}

/// Types of conditions.
public enum ConditionType {
    // Of nodes; `ready` of pods too.
    public static let ready = "Ready"
    public static let memoryPressure = "MemoryPressure"
    public static let diskPressure = "DiskPressure"
    public static let pidPressure = "PIDPressure"
    public static let networkUnavailable = "NetworkUnavailable"
    // Of pods.
    public static let podScheduled = "PodScheduled"
    public static let initialized = "Initialized"
    public static let containersReady = "ContainersReady"
    public static let disruptionTarget = "DisruptionTarget"
    public static let podResizePending = "PodResizePending"
    public static let podResizeInProgress = "PodResizeInProgress"
    // Of workloads.
    public static let available = "Available"
    public static let progressing = "Progressing"
    public static let replicaFailure = "ReplicaFailure"
    // Of jobs.
    public static let complete = "Complete"
    public static let failed = "Failed"
    public static let suspended = "Suspended"
    public static let failureTarget = "FailureTarget"
    public static let successCriteriaMet = "SuccessCriteriaMet"
    // Of autoscalers and disruption budgets.
    public static let ableToScale = "AbleToScale"
    public static let scalingActive = "ScalingActive"
    public static let scalingLimited = "ScalingLimited"
    public static let disruptionAllowed = "DisruptionAllowed"
}

/// Reasons of conditions.
public enum ConditionReason {
    public static let unschedulable = "Unschedulable"
    public static let schedulingGated = "SchedulingGated"
    public static let infeasible = "Infeasible"
    public static let deferred = "Deferred"
    public static let newReplicaSetAvailable = "NewReplicaSetAvailable"
    public static let progressDeadlineExceeded = "ProgressDeadlineExceeded"
    public static let replicaSetCreateError = "ReplicaSetCreateError"
}

/// Reasons of events.
public enum EventReason {
    public static let failedCreate = "FailedCreate"
    public static let failedDelete = "FailedDelete"
    public static let successfulCreate = "SuccessfulCreate"
    public static let successfulDelete = "SuccessfulDelete"
    public static let failedMount = "FailedMount"
    public static let failedAttachVolume = "FailedAttachVolume"
    public static let failedScheduling = "FailedScheduling"
    public static let nodeNotReady = "NodeNotReady"
    public static let scaleDown = "ScaleDown"
}
