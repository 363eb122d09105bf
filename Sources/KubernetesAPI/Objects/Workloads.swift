import SimulationKit

/// What pods made by a controller look like.
public struct PodTemplateSpec: APIStruct {
    public var metadata = ObjectMeta()
    /// Shared by all pods made from this template.
    public var spec = Shared(PodSpec())
    public init() {}
    public static let summary = "What the pods look like."
    public static let fields: Fields<PodTemplateSpec> = [
        .f("metadata", \.metadata, "Labels and annotations of the pods."),
        .f("spec", \.specInAPI, "What is wanted of each pod."),
    ]
    // A template may name a node, as a pod may; it is rare, and kept beside the shared spec.
    public var nodeName = ""
    var specInAPI: PodSpecInAPI {
        get { PodSpecInAPI(spec: spec, nodeName: nodeName) }
        set { (spec, nodeName) = (newValue.spec, newValue.nodeName) }
    }
}

// MARK: Deployment

/// Keeps a number of equal pods and replaces them step by step when the template changes.
public struct Deployment: ObjectWithStatus {
    public static let kind = Kind.deployment
    public static let info = KindInfo(.deployment, "apps", "v1", "deployments", ["deploy", "dp"])
    public var metadata = Metadata(ObjectMeta())
    public var spec = Shared(DeploymentSpec())
    public var status = DeploymentStatus()
    public init() {}
    public var conditions: [Condition] { status.conditions }
    public static let summary = "Keeps a number of equal pods and replaces them step by step when the template changes."
    public static let fields: Fields<Deployment> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("spec", \.spec, "How many pods, what they look like, how to replace them."),
        .f("status", \.status, "How far the roll-out is."),
    ]
}

extension Deployment {
    public mutating func setDefaults(_ profile: KubernetesProfile) { Defaulting.deployment(&self, profile) }
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) { Validation.deployment(spec.value, profile, &errors) }
    public func validateChange(from old: Deployment, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        validate(profile, &errors)
        errors.immutable("spec.selector", spec.selector, old.spec.selector)
    }
    public var isFaulty: Bool { status.availableReplicas < spec.replicas ?? 1 }
    public var quotaUse: ResourceList { [:] }
}

public struct DeploymentSpec: APIStruct {
    public var replicas: Int?
    public var selector: LabelSelector?
    public var template = PodTemplateSpec()
    public var strategy = DeploymentStrategy()
    public var minReadySeconds = 0
    public var revisionHistoryLimit: Int?
    public var paused = false
    public var progressDeadlineSeconds: Int?
    public init() {}
    public static let summary = "How many pods, what they look like, and how to replace them."
    public static let fields: Fields<DeploymentSpec> = [
        .f("replicas", \.replicas, "How many pods; default 1."),
        .f("selector", \.selector, "Which pods belong to it; must match the template's labels and cannot change."),
        .f("template", \.template, "What the pods look like; changing it starts a roll-out."),
        .f("strategy", \.strategy, "How old pods are replaced by new ones."),
        .f("minReadySeconds", \.minReadySeconds, "Seconds that a pod must be ready before it counts as available."),
        .f("revisionHistoryLimit", \.revisionHistoryLimit, "How many old ReplicaSets are kept to go back to; default 10."),
        .f("paused", \.paused, "While true, template changes do not start a roll-out."),
        .f("progressDeadlineSeconds", \.progressDeadlineSeconds, "Seconds without progress after which it reports failure; default 600."),
    ]
}

public struct DeploymentStrategy: APIStruct {
    /// RollingUpdate (default) or Recreate.
    public var type = ""
    public var rollingUpdate: RollingUpdateDeployment?
    public init() {}
    public static let summary = "How old pods are replaced by new ones."
    public static let fields: Fields<DeploymentStrategy> = [
        .f("type", \.type, "RollingUpdate (default) or Recreate."),
        .f("rollingUpdate", \.rollingUpdate, "Bounds of a rolling update."),
    ]
}

public struct RollingUpdateDeployment: APIStruct {
    public var maxUnavailable: IntOrString?
    public var maxSurge: IntOrString?
    public init() {}
    public static let summary = "Bounds of a rolling update."
    public static let fields: Fields<RollingUpdateDeployment> = [
        .f("maxUnavailable", \.maxUnavailable, "How many pods may be missing; number or percentage rounded down, default 25%."),
        .f("maxSurge", \.maxSurge, "How many pods may be too many; number or percentage rounded up, default 25%."),
    ]
}

public struct DeploymentStatus: APIStruct {
    public var observedGeneration = 0
    public var replicas = 0
    public var updatedReplicas = 0
    public var readyReplicas = 0
    public var availableReplicas = 0
    public var unavailableReplicas = 0
    public var terminatingReplicas: Int?
    public var conditions: [Condition] = []
    public var collisionCount: Int?
    public init() {}
    public static let summary = "How far the roll-out is."
    public static let fields: Fields<DeploymentStatus> = [
        .f("observedGeneration", \.observedGeneration, "The generation of the spec that this belongs to.", bits: 64),
        .f("replicas", \.replicas, "Pods of all revisions."),
        .f("updatedReplicas", \.updatedReplicas, "Pods of the newest revision."),
        .f("readyReplicas", \.readyReplicas, "Ready pods."),
        .f("availableReplicas", \.availableReplicas, "Pods ready for minReadySeconds."),
        .f("unavailableReplicas", \.unavailableReplicas, "Pods still missing."),
        .f("terminatingReplicas", \.terminatingReplicas, "Pods being deleted."),
        .f("conditions", \.conditions, "Available, Progressing, ReplicaFailure."),
        .f("collisionCount", \.collisionCount, "How often a template hash was taken already."),
    ]
}

// MARK: ReplicaSet

/// Keeps a number of equal pods.
public struct ReplicaSet: ObjectWithStatus {
    public static let kind = Kind.replicaSet
    public static let info = KindInfo(.replicaSet, "apps", "v1", "replicasets", ["rs"])
    public var metadata = Metadata(ObjectMeta())
    public var spec = Shared(ReplicaSetSpec())
    public var status = ReplicaSetStatus()
    public init() {}
    public var conditions: [Condition] { status.conditions }
    public static let summary = "Keeps a number of equal pods."
    public static let fields: Fields<ReplicaSet> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("spec", \.spec, "How many pods and what they look like."),
        .f("status", \.status, "How many there are."),
    ]
}

extension ReplicaSet {
    public mutating func setDefaults(_ profile: KubernetesProfile) { Defaulting.replicaSet(&self, profile) }
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) { Validation.replicaSet(spec.value, profile, &errors) }
    public func validateChange(from old: ReplicaSet, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        validate(profile, &errors)
        errors.immutable("spec.selector", spec.selector, old.spec.selector)
    }
    public var isFaulty: Bool { status.readyReplicas < spec.replicas ?? 1 }
    public var quotaUse: ResourceList { [:] }
}

public struct ReplicaSetSpec: APIStruct {
    public var replicas: Int?
    public var minReadySeconds = 0
    public var selector: LabelSelector?
    public var template = PodTemplateSpec()
    public init() {}
    public static let summary = "How many pods and what they look like."
    public static let fields: Fields<ReplicaSetSpec> = [
        .f("replicas", \.replicas, "How many pods; default 1."),
        .f("minReadySeconds", \.minReadySeconds, "Seconds that a pod must be ready before it counts as available."),
        .f("selector", \.selector, "Which pods belong to it."),
        .f("template", \.template, "What the pods look like."),
    ]
}

public struct ReplicaSetStatus: APIStruct {
    public var replicas = 0
    public var fullyLabeledReplicas = 0
    public var readyReplicas = 0
    public var availableReplicas = 0
    public var terminatingReplicas: Int?
    public var observedGeneration = 0
    public var conditions: [Condition] = []
    public init() {}
    public static let summary = "How many pods there are."
    public static let fields: Fields<ReplicaSetStatus> = [
        .f("replicas", \.replicas, "Pods that are there.", always: true),
        .f("fullyLabeledReplicas", \.fullyLabeledReplicas, "Pods with all labels of the template."),
        .f("readyReplicas", \.readyReplicas, "Ready pods."),
        .f("availableReplicas", \.availableReplicas, "Pods ready for minReadySeconds."),
        .f("terminatingReplicas", \.terminatingReplicas, "Pods being deleted."),
        .f("observedGeneration", \.observedGeneration, "The generation of the spec that this belongs to.", bits: 64),
        .f("conditions", \.conditions, "ReplicaFailure."),
    ]
}

/// The older form of a ReplicaSet; only its selector is used (by default spread constraints).
public struct ReplicationController: ObjectWithStatus {
    public static let kind = Kind.replicationController
    public static let info = KindInfo(.replicationController, "", "v1", "replicationcontrollers", ["rc"])
    public var metadata = Metadata(ObjectMeta())
    public var spec = ReplicationControllerSpec()
    public var status: JSONValue?
    public init() {}
    public var conditions: [Condition] { [] }
    public static let summary = "Keeps so many pods of one template: the older form of a ReplicaSet."
    public static let fields: Fields<ReplicationController> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("spec", \.spec, "How many pods and what they look like."),
        .f("status", \.status, "How many there are."),
    ]
}

extension ReplicationController {
    public mutating func setDefaults(_ profile: KubernetesProfile) { Defaulting.replicationController(&self, profile) }
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) { Validation.replicationController(spec, profile, &errors) }
    public func validateChange(from old: ReplicationController, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        validate(profile, &errors)
    }
    public var isFaulty: Bool { (status?["readyReplicas"]?.int ?? 0) < Int64(spec.replicas ?? 1) }
    public var quotaUse: ResourceList { [Self.info.plural: Quantity(1)] }
}

public struct ReplicationControllerSpec: APIStruct {
    public var replicas: Int?
    public var minReadySeconds = 0
    public var selector: StringMap<String> = [:]
    public var template: PodTemplateSpec?
    public init() {}
    public static let summary = "How many pods and what they look like."
    public static let fields: Fields<ReplicationControllerSpec> = [
        .f("replicas", \.replicas, "How many pods; default 1."),
        .f("minReadySeconds", \.minReadySeconds, "Seconds that a pod must be ready before it counts as available."),
        .f("selector", \.selector, "Labels that its pods have."),
        .f("template", \.template, "What the pods look like."),
    ]
}

// MARK: StatefulSet

/// Keeps pods with fixed names and storage of their own.
public struct StatefulSet: ObjectWithStatus {
    public static let kind = Kind.statefulSet
    public static let info = KindInfo(.statefulSet, "apps", "v1", "statefulsets", ["sts"])
    public var metadata = Metadata(ObjectMeta())
    public var spec = Shared(StatefulSetSpec())
    public var status = StatefulSetStatus()
    public init() {}
    public var conditions: [Condition] { status.conditions }
    public static let summary = "Keeps pods with fixed names and storage of their own."
    public static let fields: Fields<StatefulSet> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("spec", \.spec, "How many pods, what they look like, which claims each has."),
        .f("status", \.status, "How many there are, in which revision."),
    ]
}

extension StatefulSet {
    public mutating func setDefaults(_ profile: KubernetesProfile) { Defaulting.statefulSet(&self, profile) }
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) { Validation.statefulSet(spec.value, profile, &errors) }
    public func validateChange(from old: StatefulSet, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        Validation.statefulSetChange(spec.value, old.spec.value, profile, &errors)
    }
    public var isFaulty: Bool { status.readyReplicas < spec.replicas ?? 1 }
    public var quotaUse: ResourceList { [:] }
}

public struct StatefulSetSpec: APIStruct {
    public var replicas: Int?
    public var selector: LabelSelector?
    public var template = PodTemplateSpec()
    public var volumeClaimTemplates: [PersistentVolumeClaim] = []
    public var serviceName = ""
    /// OrderedReady (default) or Parallel.
    public var podManagementPolicy = ""
    public var updateStrategy = StatefulSetUpdateStrategy()
    public var revisionHistoryLimit: Int?
    public var minReadySeconds = 0
    public var persistentVolumeClaimRetentionPolicy: PVCRetentionPolicy?
    public var ordinals: StatefulSetOrdinals?
    public init() {}
    public static let summary = "How many pods, what they look like, which claims each has."
    public static let fields: Fields<StatefulSetSpec> = [
        .f("replicas", \.replicas, "How many pods; default 1."),
        .f("selector", \.selector, "Which pods belong to it."),
        .f("template", \.template, "What the pods look like."),
        .f("volumeClaimTemplates", \.volumeClaimTemplates, "Claims made for each pod, named TEMPLATE-NAME-ordinal."),
        .f("serviceName", \.serviceName, "Headless service that gives the pods their names."),
        .f("podManagementPolicy", \.podManagementPolicy, "OrderedReady (default): one after another. Parallel: all at once."),
        .f("updateStrategy", \.updateStrategy, "How old pods are replaced by new ones."),
        .f("revisionHistoryLimit", \.revisionHistoryLimit, "How many old revisions are kept; default 10."),
        .f("minReadySeconds", \.minReadySeconds, "Seconds that a pod must be ready before it counts as available."),
        .f("persistentVolumeClaimRetentionPolicy", \.persistentVolumeClaimRetentionPolicy, "What happens to the claims."),
        .f("ordinals", \.ordinals, "Where the numbering starts."),
    ]
}

public struct StatefulSetUpdateStrategy: APIStruct {
    /// RollingUpdate (default), OnDelete, or Recreate by its gate.
    public var type = ""
    public var rollingUpdate: RollingUpdateStatefulSet?
    public init() {}
    public static let summary = "How old pods are replaced by new ones."
    public static let fields: Fields<StatefulSetUpdateStrategy> = [
        .f("type", \.type, "RollingUpdate (default), OnDelete, or Recreate (gate StatefulSetRecreateStrategy)."),
        .f("rollingUpdate", \.rollingUpdate, "Bounds of a rolling update."),
    ]
}

public struct RollingUpdateStatefulSet: APIStruct {
    public var partition: Int?
    public var maxUnavailable: IntOrString?
    public init() {}
    public static let summary = "Bounds of a rolling update."
    public static let fields: Fields<RollingUpdateStatefulSet> = [
        .f("partition", \.partition, "Only ordinals from here on are updated; default 0."),
        .f("maxUnavailable", \.maxUnavailable, "How many pods may be missing; needs the gate MaxUnavailableStatefulSet."),
    ]
}

public struct PVCRetentionPolicy: APIStruct {
    public var whenDeleted = ""
    public var whenScaled = ""
    public init() {}
    public static let summary = "What happens to the claims of a StatefulSet."
    public static let fields: Fields<PVCRetentionPolicy> = [
        .f("whenDeleted", \.whenDeleted, "Retain (default) or Delete when the set is deleted."),
        .f("whenScaled", \.whenScaled, "Retain (default) or Delete when it shrinks."),
    ]
}

public struct StatefulSetOrdinals: APIStruct {
    public var start = 0
    public init() {}
    public static let summary = "Where the numbering of the pods starts."
    public static let fields: Fields<StatefulSetOrdinals> = [.f("start", \.start, "The first number; default 0.")]
}

public struct StatefulSetStatus: APIStruct {
    public var observedGeneration = 0
    public var replicas = 0
    public var readyReplicas = 0
    public var currentReplicas = 0
    public var updatedReplicas = 0
    public var currentRevision = ""
    public var updateRevision = ""
    public var collisionCount: Int?
    public var conditions: [Condition] = []
    public var availableReplicas = 0
    public init() {}
    public static let summary = "How many pods there are, in which revision."
    public static let fields: Fields<StatefulSetStatus> = [
        .f("observedGeneration", \.observedGeneration, "The generation of the spec that this belongs to.", bits: 64),
        .f("replicas", \.replicas, "Pods that are there.", always: true),
        .f("readyReplicas", \.readyReplicas, "Ready pods."),
        .f("currentReplicas", \.currentReplicas, "Pods of the current revision."),
        .f("updatedReplicas", \.updatedReplicas, "Pods of the new revision."),
        .f("currentRevision", \.currentRevision, "The revision before the update."),
        .f("updateRevision", \.updateRevision, "The revision of the update."),
        .f("collisionCount", \.collisionCount, "How often a revision's hash was taken already."),
        .f("conditions", \.conditions, "Progressing while an update of strategy Recreate replaces the pods."),
        .f("availableReplicas", \.availableReplicas, "Pods ready for minReadySeconds.", always: true),
    ]
}

/// One revision of a StatefulSet or DaemonSet.
public struct ControllerRevision: ObjectWithoutStatus {
    public static let kind = Kind.controllerRevision
    public static let info = KindInfo(.controllerRevision, "apps", "v1", "controllerrevisions", [])
    public var metadata = Metadata(ObjectMeta())
    public var data: JSONValue?
    public var revision = 0
    public init() {}
    public static let summary = "One revision of a StatefulSet or DaemonSet."
    public static let fields: Fields<ControllerRevision> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("data", \.data, "The template of this revision."),
        .f("revision", \.revision, "Its number.", always: true, bits: 64),
    ]
}

extension ControllerRevision {
    public mutating func setDefaults(_ profile: KubernetesProfile) {}
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        if data == nil { errors.required("data", "data is mandatory") }
        errors.nonnegative("revision", revision)
    }
    public func validateChange(from old: ControllerRevision, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        validate(profile, &errors)
        if data != old.data { errors.invalid("data", data ?? .null, "field is immutable") }
    }
    public var quotaUse: ResourceList { [:] }
}

// MARK: DaemonSet

/// Runs one pod on each node that fits.
public struct DaemonSet: ObjectWithStatus {
    public static let kind = Kind.daemonSet
    public static let info = KindInfo(.daemonSet, "apps", "v1", "daemonsets", ["ds"])
    public var metadata = Metadata(ObjectMeta())
    public var spec = Shared(DaemonSetSpec())
    public var status = DaemonSetStatus()
    public init() {}
    public var conditions: [Condition] { status.conditions }
    public static let summary = "Runs one pod on each node that fits."
    public static let fields: Fields<DaemonSet> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("spec", \.spec, "What the pods look like and how to replace them."),
        .f("status", \.status, "How many nodes have one."),
    ]
}

extension DaemonSet {
    public mutating func setDefaults(_ profile: KubernetesProfile) { Defaulting.daemonSet(&self, profile) }
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) { Validation.daemonSet(spec.value, profile, &errors) }
    public func validateChange(from old: DaemonSet, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        validate(profile, &errors)
        errors.immutable("spec.selector", spec.selector, old.spec.selector)
    }
    public var isFaulty: Bool { status.numberReady < status.desiredNumberScheduled }
    public var quotaUse: ResourceList { [:] }
}

public struct DaemonSetSpec: APIStruct {
    public var selector: LabelSelector?
    public var template = PodTemplateSpec()
    public var updateStrategy = DaemonSetUpdateStrategy()
    public var minReadySeconds = 0
    public var revisionHistoryLimit: Int?
    public init() {}
    public static let summary = "What the pods look like and how to replace them."
    public static let fields: Fields<DaemonSetSpec> = [
        .f("selector", \.selector, "Which pods belong to it."),
        .f("template", \.template, "What the pods look like."),
        .f("updateStrategy", \.updateStrategy, "How old pods are replaced by new ones."),
        .f("minReadySeconds", \.minReadySeconds, "Seconds that a pod must be ready before it counts as available."),
        .f("revisionHistoryLimit", \.revisionHistoryLimit, "How many old revisions are kept; default 10."),
    ]
}

public struct DaemonSetUpdateStrategy: APIStruct {
    /// RollingUpdate (default) or OnDelete.
    public var type = ""
    public var rollingUpdate: RollingUpdateDeployment?
    public init() {}
    public static let summary = "How old pods are replaced by new ones."
    public static let fields: Fields<DaemonSetUpdateStrategy> = [
        .f("type", \.type, "RollingUpdate (default) or OnDelete."),
        .f("rollingUpdate", \.rollingUpdate, "Bounds of a rolling update; default maxUnavailable 1, maxSurge 0."),
    ]
}

public struct DaemonSetStatus: APIStruct {
    public var currentNumberScheduled = 0
    public var numberMisscheduled = 0
    public var desiredNumberScheduled = 0
    public var numberReady = 0
    public var observedGeneration = 0
    public var updatedNumberScheduled = 0
    public var numberAvailable = 0
    public var numberUnavailable = 0
    public var collisionCount: Int?
    public var conditions: [Condition] = []
    public init() {}
    public static let summary = "How many nodes have a pod."
    public static let fields: Fields<DaemonSetStatus> = [
        .f("currentNumberScheduled", \.currentNumberScheduled, "Nodes that have one and should.", always: true),
        .f("numberMisscheduled", \.numberMisscheduled, "Nodes that have one and should not.", always: true),
        .f("desiredNumberScheduled", \.desiredNumberScheduled, "Nodes that should have one.", always: true),
        .f("numberReady", \.numberReady, "Nodes with a ready one.", always: true),
        .f("observedGeneration", \.observedGeneration, "The generation of the spec that this belongs to.", bits: 64),
        .f("updatedNumberScheduled", \.updatedNumberScheduled, "Nodes with one of the newest template."),
        .f("numberAvailable", \.numberAvailable, "Nodes with an available one."),
        .f("numberUnavailable", \.numberUnavailable, "Nodes still without an available one."),
        .f("collisionCount", \.collisionCount, "How often a revision's hash was taken already."),
        .f("conditions", \.conditions, "None are set by Kubernetes itself."),
    ]
}

// MARK: Job and CronJob

/// Runs pods until enough of them succeeded.
public struct Job: ObjectWithStatus {
    public static let kind = Kind.job
    public static let info = KindInfo(.job, "batch", "v1", "jobs", ["jo"])
    public var metadata = Metadata(ObjectMeta())
    public var spec = Shared(JobSpec())
    public var status = JobStatus()
    public init() {}
    public var conditions: [Condition] { status.conditions }
    public static let summary = "Runs pods until enough of them succeeded."
    public static let fields: Fields<Job> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("spec", \.spec, "How often, how many at a time, what the pods look like."),
        .f("status", \.status, "How many succeeded and failed."),
    ]
}

extension Job {
    public mutating func setDefaults(_ profile: KubernetesProfile) { Defaulting.job(&self, profile) }
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) { Validation.job(spec.value, "spec", profile, &errors) }
    public func validateNew(_ errors: inout [FieldError]) { Validation.newJob(self, &errors) }
    public func validateChange(from old: Job, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        validate(profile, &errors)
        Validation.jobChange(self, old, profile, &errors)
    }
    public var isFaulty: Bool { status.conditions.isTrue(ConditionType.failed) }
    public var quotaUse: ResourceList { [:] }
}

public struct JobSpec: APIStruct {
    public var parallelism: Int?
    public var completions: Int?
    public var activeDeadlineSeconds: Int?
    public var podFailurePolicy: JSONValue?
    public var successPolicy: JSONValue?
    public var backoffLimit: Int?
    public var backoffLimitPerIndex: Int?
    public var maxFailedIndexes: Int?
    public var selector: LabelSelector?
    public var manualSelector: Bool?
    public var template = PodTemplateSpec()
    public var ttlSecondsAfterFinished: Int?
    /// NonIndexed (default) or Indexed.
    public var completionMode: String?
    public var suspend: Bool?
    public var podReplacementPolicy: String?
    public var managedBy: String?
    public init() {}
    public static let summary = "How often, how many at a time, and what the pods look like."
    public static let fields: Fields<JobSpec> = [
        .f("parallelism", \.parallelism, "How many pods at a time; default 1."),
        .f("completions", \.completions, "How many successes are wanted; default 1."),
        .f("activeDeadlineSeconds", \.activeDeadlineSeconds, "Seconds after which the job is failed.", bits: 64),
        .f("podFailurePolicy", \.podFailurePolicy, as: PodFailurePolicySchema.self, "What a failure means, by exit code or condition of the pod."),
        .f("successPolicy", \.successPolicy, as: SuccessPolicySchema.self, "When the job counts as done early, by its indexes."),
        .f("backoffLimit", \.backoffLimit, "How many failures are accepted; default 6."),
        .f("backoffLimitPerIndex", \.backoffLimitPerIndex, "The same for each index of an Indexed job; a limit for all then only if it is set."),
        .f("maxFailedIndexes", \.maxFailedIndexes, "How many indexes may fail before the job does."),
        .f("selector", \.selector, "Which pods belong to it; made by the API server."),
        .f("manualSelector", \.manualSelector, "Whether the selector is the user's own."),
        .f("template", \.template, "What the pods look like; restartPolicy OnFailure or Never."),
        .f("ttlSecondsAfterFinished", \.ttlSecondsAfterFinished, "Seconds after the end when the job is deleted."),
        .f("completionMode", \.completionMode, "NonIndexed (default) or Indexed."),
        .f("suspend", \.suspend, "While true no pods are made and running ones are deleted."),
        .f("podReplacementPolicy", \.podReplacementPolicy, "TerminatingOrFailed (default) or Failed: when a replacement is made."),
        .f("managedBy", \.managedBy, "Another controller that looks after the job."),
    ]
}

public struct JobStatus: APIStruct {
    public var conditions: [Condition] = []
    public var startTime: Instant?
    public var completionTime: Instant?
    public var active = 0
    public var succeeded = 0
    public var failed = 0
    public var terminating: Int?
    public var completedIndexes = ""
    public var failedIndexes: String?
    public var uncountedTerminatedPods: JSONValue?
    public var ready: Int?
    public init() {}
    public static let summary = "How many pods succeeded and failed."
    public static let fields: Fields<JobStatus> = [
        .f("conditions", \.conditions, "Complete, Failed, Suspended, SuccessCriteriaMet, FailureTarget."),
        .f("startTime", \.startTime, "When the job began."),
        .f("completionTime", \.completionTime, "When it succeeded."),
        .f("active", \.active, "Pods that are not finished."),
        .f("succeeded", \.succeeded, "Pods that succeeded."),
        .f("failed", \.failed, "Pods that failed."),
        .f("terminating", \.terminating, "Pods being deleted."),
        .f("completedIndexes", \.completedIndexes, "Indexes that are done."),
        .f("failedIndexes", \.failedIndexes, "Indexes that failed."),
        .f("uncountedTerminatedPods", \.uncountedTerminatedPods, "Kept, not acted on."),
        .f("ready", \.ready, "Ready pods."),
    ]
}

/// Makes a Job at the times of a schedule.
public struct CronJob: ObjectWithStatus {
    public static let kind = Kind.cronJob
    public static let info = KindInfo(.cronJob, "batch", "v1", "cronjobs", ["cj"])
    public var metadata = Metadata(ObjectMeta())
    public var spec = CronJobSpec()
    public var status = CronJobStatus()
    public init() {}
    public var conditions: [Condition] { [] }
    public static let summary = "Makes a Job at the times of a schedule."
    public static let fields: Fields<CronJob> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("spec", \.spec, "When, and what the jobs look like."),
        .f("status", \.status, "When it last ran."),
    ]
}

extension CronJob {
    public mutating func setDefaults(_ profile: KubernetesProfile) { Defaulting.cronJob(&self, profile) }
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) { Validation.cronJob(self, profile, &errors) }
    public func validateChange(from old: CronJob, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        validate(profile, &errors)
    }
    public var isFaulty: Bool { metadata.isTerminating }
    public var quotaUse: ResourceList { [:] }
}

public struct CronJobSpec: APIStruct {
    public var schedule = ""
    public var timeZone: String?
    public var startingDeadlineSeconds: Int?
    /// Allow (default), Forbid, Replace.
    public var concurrencyPolicy = ""
    public var suspend: Bool?
    public var jobTemplate = JobTemplateSpec()
    public var successfulJobsHistoryLimit: Int?
    public var failedJobsHistoryLimit: Int?
    public init() {}
    public static let summary = "When jobs are made and what they look like."
    public static let fields: Fields<CronJobSpec> = [
        .f("schedule", \.schedule, "Minute, hour, day, month, weekday.", always: true),
        .f("timeZone", \.timeZone, "Time zone of the schedule, such as Europe/Berlin; absent: UTC."),
        .f("startingDeadlineSeconds", \.startingDeadlineSeconds, "How late a job may still be made.", bits: 64),
        .f("concurrencyPolicy", \.concurrencyPolicy, "Allow (default), Forbid or Replace while the last job runs."),
        .f("suspend", \.suspend, "While true no jobs are made."),
        .f("jobTemplate", \.jobTemplate, "What the jobs look like."),
        .f("successfulJobsHistoryLimit", \.successfulJobsHistoryLimit, "How many done jobs are kept; default 3."),
        .f("failedJobsHistoryLimit", \.failedJobsHistoryLimit, "How many failed jobs are kept; default 1."),
    ]
}

public struct JobTemplateSpec: APIStruct {
    public var metadata = ObjectMeta()
    public var spec = JobSpec()
    public init() {}
    public static let summary = "What the jobs of a CronJob look like."
    public static let fields: Fields<JobTemplateSpec> = [
        .f("metadata", \.metadata, "Labels and annotations of the jobs."),
        .f("spec", \.spec, "What is wanted of each job."),
    ]
}

public struct CronJobStatus: APIStruct {
    public var active: JSONValue?
    public var lastScheduleTime: Instant?
    public var lastSuccessfulTime: Instant?
    public init() {}
    public static let summary = "When the CronJob last ran."
    public static let fields: Fields<CronJobStatus> = [
        .f("active", \.active, "Jobs that are running."),
        .f("lastScheduleTime", \.lastScheduleTime, "When a job was last made."),
        .f("lastSuccessfulTime", \.lastSuccessfulTime, "When a job last succeeded."),
    ]
}
