import SimulationKit

/// A room for names.
public struct Namespace: ObjectWithStatus {
    public static let kind = Kind.namespace
    public static let info = KindInfo(.namespace, "", "v1", "namespaces", ["ns"], namespaced: false)
    public var metadata = Metadata(ObjectMeta())
    public var spec = NamespaceSpec()
    public var status = NamespaceStatus()
    public init() {}
    public var conditions: [Condition] { status.conditions }
    public static let summary = "A room for names: objects of different namespaces may have the same name."
    public static let fields: Fields<Namespace> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("spec", \.spec, "Finalizers."),
        .f("status", \.status, "Active or Terminating."),
    ]
}

extension Namespace {
    public mutating func setDefaults(_ profile: KubernetesProfile) { Defaulting.namespace(&self) }
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) { Validation.namespace(self, &errors) }
    public func validateChange(from old: Namespace, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        validate(profile, &errors)
    }
    public var isFaulty: Bool { metadata.isTerminating }
    public var quotaUse: ResourceList { [:] }
}

public struct NamespaceSpec: APIStruct {
    public var finalizers: [String] = []
    public init() {}
    public static let summary = "Finalizers of the namespace."
    public static let fields: Fields<NamespaceSpec> = [
        .f("finalizers", \.finalizers, "Who must clean up before the namespace may vanish.")
    ]
}

public struct NamespaceStatus: APIStruct {
    /// Active or Terminating.
    public var phase = ""
    public var conditions: [Condition] = []
    public init() {}
    public static let summary = "Active or Terminating."
    public static let fields: Fields<NamespaceStatus> = [
        .f("phase", \.phase, "Active or Terminating."),
        .f("conditions", \.conditions, "What still keeps a deleted namespace."),
    ]
}

/// Configuration by key.
public struct ConfigMap: ObjectWithoutStatus {
    public static let kind = Kind.configMap
    public static let info = KindInfo(.configMap, "", "v1", "configmaps", ["cm"])
    public var metadata = Metadata(ObjectMeta())
    public var data: StringMap<String> = [:]
    public var binaryData: StringMap<String> = [:]
    public var immutable: Bool?
    public init() {}
    public static let summary = "Configuration by key."
    public static let fields: Fields<ConfigMap> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("data", \.data, "Texts by key."),
        .f("binaryData", \.binaryData, as: StringMap<Base64Text>.self, "Bytes by key, in base64."),
        .f("immutable", \.immutable, "Whether it cannot be changed."),
    ]
}

extension ConfigMap {
    public mutating func setDefaults(_ profile: KubernetesProfile) {}
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) { Validation.configMap(self, &errors) }
    public func validateChange(from old: ConfigMap, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        validate(profile, &errors)
        Validation.configMapChange(self, old, &errors)
    }
    public var quotaUse: ResourceList { [Self.info.plural: Quantity(1)] }
}

/// Credentials by key.
public struct Secret: ObjectWithoutStatus {
    public static let kind = Kind.secret
    public static let info = KindInfo(.secret, "", "v1", "secrets", ["sec"])
    public var metadata = Metadata(ObjectMeta())
    public var type = ""
    public var data: StringMap<String> = [:]
    public var stringData: StringMap<String> = [:]
    public var immutable: Bool?
    public init() {}
    public static let summary = "Credentials by key."
    public static let fields: Fields<Secret> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("type", \.type, "What it holds; default Opaque."),
        .f("data", \.data, as: StringMap<Base64Text>.self, "Bytes by key, in base64."),
        .f("stringData", \.stringData, "Texts by key, turned into data when written."),
        .f("immutable", \.immutable, "Whether it cannot be changed."),
    ]
}

extension Secret {
    public mutating func setDefaults(_ profile: KubernetesProfile) { Defaulting.secret(&self) }
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) { Validation.secret(self, &errors) }
    public func validateChange(from old: Secret, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        validate(profile, &errors)
        Validation.secretChange(self, old, &errors)
    }
    public var quotaUse: ResourceList { [Self.info.plural: Quantity(1)] }
}

/// The account under which pods talk to the API server.
public struct ServiceAccount: ObjectWithoutStatus {
    public static let kind = Kind.serviceAccount
    public static let info = KindInfo(.serviceAccount, "", "v1", "serviceaccounts", ["sa"])
    public var metadata = Metadata(ObjectMeta())
    public var secrets: JSONValue?
    public var imagePullSecrets: [LocalObjectReference] = []
    public var automountServiceAccountToken: Bool?
    public init() {}
    public static let summary = "The account under which pods talk to the API server."
    public static let fields: Fields<ServiceAccount> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("secrets", \.secrets, "Secrets that its pods may use."),
        .f("imagePullSecrets", \.imagePullSecrets, "Registry credentials added to its pods."),
        .f("automountServiceAccountToken", \.automountServiceAccountToken, "Whether its token is mounted; default yes."),
    ]
}

extension ServiceAccount {
    public mutating func setDefaults(_ profile: KubernetesProfile) {}
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) {}
    public func validateChange(from old: ServiceAccount, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {}
    public var quotaUse: ResourceList { [:] }
}

/// How important pods are.
public struct PriorityClass: ObjectWithoutStatus {
    public static let kind = Kind.priorityClass
    public static let info = KindInfo(.priorityClass, "scheduling.k8s.io", "v1", "priorityclasses", ["pc"], namespaced: false)
    public var metadata = Metadata(ObjectMeta())
    public var value = 0
    public var globalDefault = false
    public var description = ""
    public var preemptionPolicy: String?
    public init() {}
    public static let summary = "A name for how important pods are."
    public static let fields: Fields<PriorityClass> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("value", \.value, "The priority; at most 1000000000 for users.", always: true),
        .f("globalDefault", \.globalDefault, "Whether pods without a class get this one."),
        .f("description", \.description, "When to use it."),
        .f("preemptionPolicy", \.preemptionPolicy, "PreemptLowerPriority (default) or Never."),
    ]
}

extension PriorityClass {
    public mutating func setDefaults(_ profile: KubernetesProfile) { Defaulting.priorityClass(&self) }
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) { Validation.priorityClass(self, &errors) }
    public func validateChange(from old: PriorityClass, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        validate(profile, &errors)
        Validation.priorityClassChange(self, old, &errors)
    }
    public var quotaUse: ResourceList { [:] }
}

/// How many pods of a group must stay when pods are evicted.
public struct PodDisruptionBudget: ObjectWithStatus {
    public static let kind = Kind.podDisruptionBudget
    public static let info = KindInfo(.podDisruptionBudget, "policy", "v1", "poddisruptionbudgets", ["pdb"])
    public var metadata = Metadata(ObjectMeta())
    public var spec = PodDisruptionBudgetSpec()
    public var status = PodDisruptionBudgetStatus()
    public init() {}
    public var conditions: [Condition] { status.conditions }
    public static let summary = "How many pods of a group must stay when pods are evicted."
    public static let fields: Fields<PodDisruptionBudget> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("spec", \.spec, "Which pods and how many."),
        .f("status", \.status, "How many may go now."),
    ]
}

extension PodDisruptionBudget {
    public mutating func setDefaults(_ profile: KubernetesProfile) { Defaulting.podDisruptionBudget(&self, profile) }
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) { Validation.podDisruptionBudget(spec, &errors) }
    public func validateChange(from old: PodDisruptionBudget, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        validate(profile, &errors)
    }
    public var isFaulty: Bool { metadata.isTerminating }
    public var quotaUse: ResourceList { [:] }
}

public struct PodDisruptionBudgetSpec: APIStruct {
    public var minAvailable: IntOrString?
    public var selector: LabelSelector?
    public var maxUnavailable: IntOrString?
    public var unhealthyPodEvictionPolicy: String?
    public init() {}
    public static let summary = "Which pods, and how many must stay."
    public static let fields: Fields<PodDisruptionBudgetSpec> = [
        .f("minAvailable", \.minAvailable, "How many must stay; number or percentage."),
        .f("selector", \.selector, "Which pods; empty: all of the namespace."),
        .f("maxUnavailable", \.maxUnavailable, "How many may be missing; number or percentage."),
        .f("unhealthyPodEvictionPolicy", \.unhealthyPodEvictionPolicy, "IfHealthyBudget (default) or AlwaysAllow: pods that are not ready."),
    ]
}

public struct PodDisruptionBudgetStatus: APIStruct {
    public var observedGeneration = 0
    public var disruptedPods: StringMap<Instant> = [:]
    public var disruptionsAllowed = 0
    public var currentHealthy = 0
    public var desiredHealthy = 0
    public var expectedPods = 0
    public var conditions: [Condition] = []
    public init() {}
    public static let summary = "How many pods may go now."
    public static let fields: Fields<PodDisruptionBudgetStatus> = [
        .f("observedGeneration", \.observedGeneration, "The generation of the spec that this belongs to.", bits: 64),
        .f("disruptedPods", \.disruptedPods, "Pods whose eviction was granted but not seen yet."),
        .f("disruptionsAllowed", \.disruptionsAllowed, "How many may be evicted now.", always: true),
        .f("currentHealthy", \.currentHealthy, "Ready pods.", always: true),
        .f("desiredHealthy", \.desiredHealthy, "How many must be ready.", always: true),
        .f("expectedPods", \.expectedPods, "How many there should be.", always: true),
        .f("conditions", \.conditions, "DisruptionAllowed."),
    ]
}

/// What a namespace may use in sum.
public struct ResourceQuota: ObjectWithStatus {
    public static let kind = Kind.resourceQuota
    public static let info = KindInfo(.resourceQuota, "", "v1", "resourcequotas", ["quota"])
    public var metadata = Metadata(ObjectMeta())
    public var spec = ResourceQuotaSpec()
    public var status = ResourceQuotaStatus()
    public init() {}
    public var conditions: [Condition] { [] }
    public static let summary = "What a namespace may use in sum."
    public static let fields: Fields<ResourceQuota> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("spec", \.spec, "The limits."),
        .f("status", \.status, "What is used."),
    ]
}

extension ResourceQuota {
    public mutating func setDefaults(_ profile: KubernetesProfile) {}
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) { Validation.resourceQuota(self, &errors) }
    public func validateChange(from old: ResourceQuota, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        validate(profile, &errors)
        if Set(spec.scopes) != Set(old.spec.scopes) {
            errors.invalid("spec.scopes", spec.scopes.json ?? [], "field is immutable")
        }
    }
    public var isFaulty: Bool { metadata.isTerminating }
    public var quotaUse: ResourceList { [Self.info.plural: Quantity(1)] }
}

public struct ResourceQuotaSpec: APIStruct {
    public var hard: ResourceList = [:]
    public var scopes: [String] = []
    public var scopeSelector: JSONValue?
    public init() {}
    public static let summary = "The limits."
    public static let fields: Fields<ResourceQuotaSpec> = [
        .f("hard", \.hard, "The limits by resource, such as requests.cpu or pods."),
        .f("scopes", \.scopes, "Which pods count."),
        .f("scopeSelector", \.scopeSelector, as: ScopeSelector.self, "Which pods count."),
    ]
}

public struct ResourceQuotaStatus: APIStruct {
    public var hard: ResourceList = [:]
    public var used: ResourceList = [:]
    public init() {}
    public static let summary = "The limits in force and what is used."
    public static let fields: Fields<ResourceQuotaStatus> = [
        .f("hard", \.hard, "The limits in force."),
        .f("used", \.used, "What is used."),
    ]
}

/// Defaults and bounds for the resources of one container or pod.
public struct LimitRange: ObjectWithoutStatus {
    public static let kind = Kind.limitRange
    public static let info = KindInfo(.limitRange, "", "v1", "limitranges", ["limits"])
    public var metadata = Metadata(ObjectMeta())
    public var spec = LimitRangeSpec()
    public init() {}
    public static let summary = "Defaults and bounds for the resources of one container or pod."
    public static let fields: Fields<LimitRange> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("spec", \.spec, "The defaults and bounds."),
    ]
}

extension LimitRange {
    public mutating func setDefaults(_ profile: KubernetesProfile) { Defaulting.limitRange(&self) }
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) { Validation.limitRange(spec, &errors) }
    public func validateChange(from old: LimitRange, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        validate(profile, &errors)
    }
    public var quotaUse: ResourceList { [:] }
}

public struct LimitRangeSpec: APIStruct {
    public var limits: [LimitRangeItem] = []
    public init() {}
    public static let summary = "The defaults and bounds."
    public static let fields: Fields<LimitRangeSpec> = [.f("limits", \.limits, "One entry for each type.", always: true)]
}

public struct LimitRangeItem: APIStruct {
    /// Container, Pod, PersistentVolumeClaim.
    public var type = ""
    public var max: ResourceList = [:]
    public var min: ResourceList = [:]
    public var `default`: ResourceList = [:]
    public var defaultRequest: ResourceList = [:]
    public var maxLimitRequestRatio: ResourceList = [:]
    public init() {}
    public static let summary = "Defaults and bounds of one type."
    public static let fields: Fields<LimitRangeItem> = [
        .f("type", \.type, "Container, Pod or PersistentVolumeClaim.", always: true),
        .f("max", \.max, "The most."),
        .f("min", \.min, "The least."),
        .f("default", \.default, "Limits where none are given."),
        .f("defaultRequest", \.defaultRequest, "Requests where none are given."),
        .f("maxLimitRequestRatio", \.maxLimitRequestRatio, "How many times the request a limit may be."),
    ]
}

public struct EventSource: APIStruct, Hashable {
    public var component = ""
    public var host = ""
    public init() {}
    public init(_ component: String, host: String = "") { (self.component, self.host) = (component, host) }
    public static let summary = "Who tells an event."
    public static let fields: Fields<EventSource> = [
        .f("component", \.component, "The component."),
        .f("host", \.host, "The node it runs on."),
    ]
}

/// An object by kind, name and identity.
public struct ObjectReference: APIStruct, Hashable {
    public var kind = ""
    public var namespace = ""
    public var name = ""
    public var uid = ""
    public var apiVersion = ""
    public var resourceVersion = ""
    public var fieldPath = ""
    public init() {}
    /// A reference to `object`, or to the part of it at `fieldPath`.
    public init(_ object: some KubernetesObject, fieldPath: String = "") {
        let (info, metadata) = (object.kindInfo, object.metadata)
        (kind, apiVersion) = (info.kind, info.apiVersion)
        (namespace, name, uid) = (metadata.namespace, metadata.name, metadata.uid)
        self.fieldPath = fieldPath
    }
    public static let summary = "An object by kind, name and identity."
    public static let fields: Fields<ObjectReference> = [
        .f("kind", \.kind, "Its kind."),
        .f("namespace", \.namespace, "Its namespace."),
        .f("name", \.name, "Its name."),
        .f("uid", \.uid, "Its identity."),
        .f("apiVersion", \.apiVersion, "Its group and version."),
        .f("resourceVersion", \.resourceVersion, "Its version then."),
        .f("fieldPath", \.fieldPath, "The part of it, such as spec.containers{web}."),
    ]
}
