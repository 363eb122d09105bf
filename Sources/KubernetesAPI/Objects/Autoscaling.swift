import SimulationKit

/// Scales a workload by its load.
public struct HorizontalPodAutoscaler: ObjectWithStatus {
    public static let kind = Kind.horizontalPodAutoscaler
    public static let info = KindInfo(.horizontalPodAutoscaler, "autoscaling", "v2", "horizontalpodautoscalers", ["hpa"])
    public var metadata = Metadata(ObjectMeta())
    public var spec = HorizontalPodAutoscalerSpec()
    public var status = HorizontalPodAutoscalerStatus()
    public init() {}
    public var conditions: [Condition] { status.conditions }
    public static let summary = "Scales a workload by its load."
    public static let fields: Fields<HorizontalPodAutoscaler> = [
        .f("metadata", \.metadata, "Names, labels, owners."),
        .f("spec", \.spec, "What is scaled, between which bounds, by which metrics."),
        .f("status", \.status, "What was measured and decided."),
    ]
}

extension HorizontalPodAutoscaler {
    public mutating func setDefaults(_ profile: KubernetesProfile) { Defaulting.horizontalPodAutoscaler(&self, profile) }
    public func validate(_ profile: KubernetesProfile, _ errors: inout [FieldError]) { Validation.horizontalPodAutoscaler(spec, profile, &errors) }
    public func validateChange(from old: HorizontalPodAutoscaler, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        validate(profile, &errors)
    }
    public var isFaulty: Bool { metadata.isTerminating }
    public var quotaUse: ResourceList { [:] }
}

public struct HorizontalPodAutoscalerSpec: APIStruct {
    public var scaleTargetRef = CrossVersionObjectReference()
    public var minReplicas: Int?
    public var maxReplicas = 0
    public var metrics: [MetricSpec] = []
    public var behavior: HorizontalPodAutoscalerBehavior?
    public init() {}
    public static let summary = "What is scaled, between which bounds, by which metrics."
    public static let fields: Fields<HorizontalPodAutoscalerSpec> = [
        .f("scaleTargetRef", \.scaleTargetRef, "The workload.", always: true),
        .f("minReplicas", \.minReplicas, "Fewest replicas; default 1."),
        .f("maxReplicas", \.maxReplicas, "Most replicas.", always: true),
        .f("metrics", \.metrics, "What is measured and wanted; default 80 % of the requested CPU."),
        .f("behavior", \.behavior, "How fast it may go up and down."),
    ]
}

public struct CrossVersionObjectReference: APIStruct {
    public var kind = ""
    public var name = ""
    public var apiVersion = ""
    public init() {}
    public static let summary = "An object by kind and name."
    public static let fields: Fields<CrossVersionObjectReference> = [
        .f("kind", \.kind, "Its kind.", always: true),
        .f("name", \.name, "Its name.", always: true),
        .f("apiVersion", \.apiVersion, "Its group and version."),
    ]
}

public struct MetricSpec: APIStruct {
    /// Resource, ContainerResource, Pods, Object, External.
    public var type = ""
    public var object: ObjectMetricSource?
    public var pods: PodsMetricSource?
    public var resource: ResourceMetricSource?
    public var containerResource: ContainerResourceMetricSource?
    public var external: ExternalMetricSource?
    public init() {}
    public static let summary = "What is measured and which value is wanted."
    public static let fields: Fields<MetricSpec> = [
        .f("type", \.type, "Resource, ContainerResource, Pods, Object or External.", always: true),
        .f("object", \.object, "A metric of another object; an annotation of the autoscaler stands for the adapter."),
        .f("pods", \.pods, "A metric of each pod; there is no adapter that serves it."),
        .f("resource", \.resource, "CPU or memory of the pods."),
        .f("containerResource", \.containerResource, "CPU or memory of one container of the pods."),
        .f("external", \.external, "A metric from outside; an annotation of the autoscaler stands for the adapter."),
    ]
}

public struct ResourceMetricSource: APIStruct {
    public var name = ""
    public var target = MetricTarget()
    public init() {}
    public static let summary = "CPU or memory of the pods."
    public static let fields: Fields<ResourceMetricSource> = [
        .f("name", \.name, "cpu or memory.", always: true),
        .f("target", \.target, "The wanted value.", always: true),
    ]
}

public struct ContainerResourceMetricSource: APIStruct {
    public var name = ""
    public var target = MetricTarget()
    public var container = ""
    public init() {}
    public static let summary = "CPU or memory of one container of the pods."
    public static let fields: Fields<ContainerResourceMetricSource> = [
        .f("name", \.name, "cpu or memory.", always: true),
        .f("target", \.target, "The wanted value.", always: true),
        .f("container", \.container, "The container.", always: true),
    ]
}

public struct PodsMetricSource: APIStruct {
    public var metric = MetricIdentifier()
    public var target = MetricTarget()
    public init() {}
    public static let summary = "A metric of each pod."
    public static let fields: Fields<PodsMetricSource> = [
        .f("metric", \.metric, "The metric.", always: true), .f("target", \.target, "The wanted value.", always: true),
    ]
}

public struct ObjectMetricSource: APIStruct {
    public var describedObject = CrossVersionObjectReference()
    public var target = MetricTarget()
    public var metric = MetricIdentifier()
    public init() {}
    public static let summary = "A metric of another object."
    public static let fields: Fields<ObjectMetricSource> = [
        .f("describedObject", \.describedObject, "The object.", always: true),
        .f("target", \.target, "The wanted value.", always: true), .f("metric", \.metric, "The metric.", always: true),
    ]
}

public struct ExternalMetricSource: APIStruct {
    public var metric = MetricIdentifier()
    public var target = MetricTarget()
    public init() {}
    public static let summary = "A metric from outside the cluster."
    public static let fields: Fields<ExternalMetricSource> = [
        .f("metric", \.metric, "The metric.", always: true), .f("target", \.target, "The wanted value.", always: true),
    ]
}

public struct MetricIdentifier: APIStruct {
    public var name = ""
    public var selector: LabelSelector?
    public init() {}
    public static let summary = "A metric by name and labels."
    public static let fields: Fields<MetricIdentifier> = [
        .f("name", \.name, "Its name.", always: true), .f("selector", \.selector, "Its labels."),
    ]
}

public struct MetricTarget: APIStruct {
    /// Utilization, AverageValue, Value.
    public var type = ""
    public var value: Quantity?
    public var averageValue: Quantity?
    public var averageUtilization: Int?
    public init() {}
    public static let summary = "The wanted value of a metric."
    public static let fields: Fields<MetricTarget> = [
        .f("type", \.type, "Utilization, AverageValue or Value.", always: true),
        .f("value", \.value, "The wanted value."),
        .f("averageValue", \.averageValue, "The wanted value of each pod."),
        .f("averageUtilization", \.averageUtilization, "The wanted percentage of the request."),
    ]
}

public struct HorizontalPodAutoscalerBehavior: APIStruct {
    public var scaleUp: HPAScalingRules?
    public var scaleDown: HPAScalingRules?
    public init() {}
    public static let summary = "How fast it may go up and down."
    public static let fields: Fields<HorizontalPodAutoscalerBehavior> = [
        .f("scaleUp", \.scaleUp, "Rules upwards; default at most 4 pods or 100 % in 15 s, whichever is more."),
        .f("scaleDown", \.scaleDown, "Rules downwards; default 100 % in 15 s, to the highest wish of the last 300 s."),
    ]
}

public struct HPAScalingRules: APIStruct {
    public var stabilizationWindowSeconds: Int?
    public var selectPolicy: String?
    public var policies: [HPAScalingPolicy]?
    public var tolerance: Quantity?
    public init() {}
    public static let summary = "Stabilization and speed in one direction."
    public static let fields: Fields<HPAScalingRules> = [
        .f("stabilizationWindowSeconds", \.stabilizationWindowSeconds, "How far back wishes count, 0 to 3600; default 0 upwards, 300 downwards."),
        .f("selectPolicy", \.selectPolicy, "Max (default): the policy that allows most; Min: least; Disabled: never in this direction."),
        .f("policies", \.policies, "How much is allowed in which time."),
        .f("tolerance", \.tolerance, "How far the metric may be off the target without scaling; default 0.1. Gate HPAConfigurableTolerance."),
    ]
}

public struct HPAScalingPolicy: APIStruct {
    public var type = ""
    public var value = 0
    public var periodSeconds = 0
    public init() {}
    public init(type: String, value: Int, periodSeconds: Int) { (self.type, self.value, self.periodSeconds) = (type, value, periodSeconds) }
    public static let summary = "How much is allowed in which time."
    public static let fields: Fields<HPAScalingPolicy> = [
        .f("type", \.type, "Pods or Percent.", always: true), .f("value", \.value, "How many, more than 0.", always: true),
        .f("periodSeconds", \.periodSeconds, "In so many seconds, 1 to 1800.", always: true),
    ]
}

extension HorizontalPodAutoscalerSpec {
    /// Whether a metric can be had without pods, so that there is a way back from zero replicas.
    public var hasMetricWithoutPods: Bool { metrics.contains { $0.type == "Object" || $0.type == "External" } }
}

public struct HorizontalPodAutoscalerStatus: APIStruct {
    public var observedGeneration: Int?
    public var lastScaleTime: Instant?
    public var currentReplicas = 0
    public var desiredReplicas = 0
    public var currentMetrics: [MetricStatus]?
    public var conditions: [Condition] = []
    public init() {}
    public static let summary = "What was measured and decided."
    public static let fields: Fields<HorizontalPodAutoscalerStatus> = [
        .f("observedGeneration", \.observedGeneration, "The generation of the spec that this belongs to.", bits: 64),
        .f("lastScaleTime", \.lastScaleTime, "When it last scaled."),
        .f("currentReplicas", \.currentReplicas, "Replicas when last seen."),
        .f("desiredReplicas", \.desiredReplicas, "Replicas it wants.", always: true),
        .f("currentMetrics", \.currentMetrics, "What was measured."),
        .f("conditions", \.conditions, "AbleToScale, ScalingActive, ScalingLimited; ScaledToZero since 1.36."),
    ]
}

/// What was measured of one metric, in the order of the spec; its type is empty if it could not be measured.
public struct MetricStatus: APIStruct {
    public var type = ""
    public var resource: ResourceMetricStatus?
    public var containerResource: ContainerResourceMetricStatus?
    public var object: JSONValue?
    public var pods: JSONValue?
    public var external: JSONValue?
    public init() {}
    public static let summary = "What was measured of one metric."
    public static let fields: Fields<MetricStatus> = [
        .f("type", \.type, "Resource, ContainerResource, Pods, Object or External.", always: true),
        .f("object", \.object, "A metric of another object."), .f("pods", \.pods, "A metric of each pod."),
        .f("resource", \.resource, "CPU or memory of the pods."),
        .f("containerResource", \.containerResource, "CPU or memory of one container of the pods."),
        .f("external", \.external, "A metric from outside."),
    ]
    /// The measured value, of a resource or of a container's.
    public var current: MetricValueStatus? { resource?.current ?? containerResource?.current }
}

public struct ResourceMetricStatus: APIStruct {
    public var name = ""
    public var current = MetricValueStatus()
    public init() {}
    public static let summary = "CPU or memory of the pods."
    public static let fields: Fields<ResourceMetricStatus> = [
        .f("name", \.name, "cpu or memory.", always: true), .f("current", \.current, "The measured value.", always: true),
    ]
}

public struct ContainerResourceMetricStatus: APIStruct {
    public var name = ""
    public var current = MetricValueStatus()
    public var container = ""
    public init() {}
    public static let summary = "CPU or memory of one container of the pods."
    public static let fields: Fields<ContainerResourceMetricStatus> = [
        .f("name", \.name, "cpu or memory.", always: true), .f("current", \.current, "The measured value.", always: true),
        .f("container", \.container, "The container.", always: true),
    ]
}

public struct MetricValueStatus: APIStruct {
    public var value: Quantity?
    public var averageValue: Quantity?
    public var averageUtilization: Int?
    public init() {}
    public static let summary = "A measured value."
    public static let fields: Fields<MetricValueStatus> = [
        .f("value", \.value, "The value."), .f("averageValue", \.averageValue, "The value of each pod."),
        .f("averageUtilization", \.averageUtilization, "The percentage of the request."),
    ]
}
