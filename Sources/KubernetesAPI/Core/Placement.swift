import SimulationKit

/// Rules about which nodes and which neighbours a pod wants.
public struct Affinity: APIStruct {
    public var nodeAffinity: NodeAffinity?
    public var podAffinity: PodAffinity?
    public var podAntiAffinity: PodAffinity?
    public init() {}
    public static let summary = "Rules about which nodes and which neighbours the pod wants."
    public static let fields: Fields<Affinity> = [
        .f("nodeAffinity", \.nodeAffinity, "Rules about the node's labels."),
        .f("podAffinity", \.podAffinity, "Pods to be near to, per topology domain."),
        .f("podAntiAffinity", \.podAntiAffinity, "Pods to keep away from, per topology domain."),
    ]
}

/// Rules about the node's labels.
public struct NodeAffinity: APIStruct {
    public var required: NodeSelector?
    public var preferred: [PreferredSchedulingTerm] = []
    public init() {}
    public static let summary = "Rules about the labels of the node."
    public static let fields: Fields<NodeAffinity> = [
        .f(
            "requiredDuringSchedulingIgnoredDuringExecution", \.required,
            "The node must satisfy this when the pod is placed; later changes of labels do not move the pod."),
        .f(
            "preferredDuringSchedulingIgnoredDuringExecution", \.preferred,
            "Each satisfied term adds its weight to the node's score."),
    ]
}

/// A wish about the node with a weight.
public struct PreferredSchedulingTerm: APIStruct {
    /// 1 … 100.
    public var weight = 0
    public var preference = NodeSelectorTerm()
    public init() {}
    public static let summary = "A wish about the node, with a weight."
    public static let fields: Fields<PreferredSchedulingTerm> = [
        .f("weight", \.weight, "1 to 100: how much the term adds to the score.", always: true),
        .f("preference", \.preference, "The requirements that earn the weight.", always: true),
    ]
}

/// Pods to be near to, or to keep away from.
public struct PodAffinity: APIStruct {
    public var required: [PodAffinityTerm] = []
    public var preferred: [WeightedPodAffinityTerm] = []
    public init() {}
    public static let summary = "Pods that this pod wants near, or away, per topology domain."
    public static let fields: Fields<PodAffinity> = [
        .f(
            "requiredDuringSchedulingIgnoredDuringExecution", \.required,
            "Terms that must hold when the pod is placed."),
        .f(
            "preferredDuringSchedulingIgnoredDuringExecution", \.preferred,
            "Terms that add to (or take from) the node's score."),
    ]
}

/// Which pods, in which domain.
public struct PodAffinityTerm: APIStruct, Hashable {
    public var labelSelector: LabelSelector?
    public var namespaces: [String] = []
    public var namespaceSelector: LabelSelector?
    public var topologyKey = ""
    public var matchLabelKeys: [String] = []
    public var mismatchLabelKeys: [String] = []
    public init() {}
    public static let summary = "Which pods count, and what counts as the same place."
    public static let fields: Fields<PodAffinityTerm> = [
        .f("labelSelector", \.labelSelector, "Which pods count; absent: none."),
        .f("namespaces", \.namespaces, "Namespaces in which pods count; with namespaceSelector absent too: the pod's own."),
        .f("namespaceSelector", \.namespaceSelector, "Further namespaces, by their labels; empty: all."),
        .f("topologyKey", \.topologyKey, "Node label whose equal values make one place.", always: true),
        .f("matchLabelKeys", \.matchLabelKeys, "Labels of this pod whose values are added to the selector."),
        .f("mismatchLabelKeys", \.mismatchLabelKeys, "Labels of this pod whose values must differ."),
    ]
}

/// A pod affinity term with a weight.
public struct WeightedPodAffinityTerm: APIStruct {
    public var weight = 0
    public var podAffinityTerm = PodAffinityTerm()
    public init() {}
    public static let summary = "A pod affinity term with a weight."
    public static let fields: Fields<WeightedPodAffinityTerm> = [
        .f("weight", \.weight, "1 to 100.", always: true),
        .f("podAffinityTerm", \.podAffinityTerm, "The term that earns the weight.", always: true),
    ]
}

/// Lets a pod onto nodes with a matching taint.
public struct Toleration: APIStruct, Hashable {
    public var key = ""
    /// Equal (also when empty), Exists, or with TaintTolerationComparisonOperators Lt or Gt.
    public var `operator` = ""
    public var value = ""
    /// NoSchedule, PreferNoSchedule, NoExecute; empty: all.
    public var effect = ""
    /// Only for NoExecute: seconds that the pod stays; absent: for ever.
    public var tolerationSeconds: Int?

    public init() {}
    public init(key: String = "", operator: String = "", value: String = "", effect: String = "", seconds: Int? = nil) {
        (self.key, self.operator, self.value, self.effect) = (key, `operator`, value, effect)
        tolerationSeconds = seconds
    }

    /// Whether the toleration covers `taint` by the rules of `profile`.
    /// - Source: Kubernetes v1.36.2 `k8s.io/api/core/v1/toleration.go`, `ToleratesTaint`.
    public func tolerates(_ taint: Taint, _ profile: KubernetesProfile = .default) -> Bool {
        if !effect.isEmpty && effect != taint.effect { return false }
        if !key.isEmpty && key != taint.key { return false }
        switch `operator` {
        case "Exists": return true
        case "", "Equal": return !key.isEmpty && value == taint.value
        case "Lt", "Gt":
            guard profile.isEnabled(.taintTolerationComparisonOperators), let bound = Self.number(value),
                let there = Self.number(taint.value)
            else { return false }
            return `operator` == "Lt" ? there < bound : there > bound
        default: return false
        }
    }

    /// A whole number as people write it: no sign but a minus, no leading zeros.
    public static func number(_ text: String) -> Int64? {
        guard let number = Int64(text), String(number) == text else { return nil }
        return number
    }
    public static let summary = "Lets the pod onto nodes with a matching taint."
    public static let fields: Fields<Toleration> = [
        .f("key", \.key, "Key of the taint; empty with operator Exists: every taint."),
        .f("operator", \.operator, "Equal (default) compares the value, Exists does not; Lt and Gt compare numbers: the taint's is less or greater."),
        .f("value", \.value, "Value of the taint, for operator Equal."),
        .f("effect", \.effect, "NoSchedule, PreferNoSchedule or NoExecute; empty: all of them."),
        .f("tolerationSeconds", \.tolerationSeconds, "For NoExecute: how long the pod stays; absent: for ever.", bits: 64),
    ]
}

extension Array where Element == Toleration {
    /// Whether one of them covers `taint`.
    public func tolerate(_ taint: Taint, _ profile: KubernetesProfile) -> Bool {
        contains { $0.tolerates(taint, profile) }
    }
}

/// A mark on a node that keeps pods away unless they tolerate it.
public struct Taint: APIStruct, Hashable {
    public var key = ""
    public var value = ""
    /// NoSchedule, PreferNoSchedule or NoExecute.
    public var effect = ""
    public var timeAdded: Instant?
    public init() {}
    public init(key: String, value: String = "", effect: String, timeAdded: Instant? = nil) {
        (self.key, self.value, self.effect, self.timeAdded) = (key, value, effect, timeAdded)
    }
    /// `key=value:effect` as kubectl writes it.
    public var text: String { "\(key)\(value.isEmpty ? "" : "=\(value)"):\(effect)" }
    public static let summary = "A mark on a node that keeps pods away unless they tolerate it."
    public static let fields: Fields<Taint> = [
        .f("key", \.key, "Name of the taint.", always: true),
        .f("value", \.value, "Value of the taint."),
        .f("effect", \.effect, "NoSchedule keeps new pods away, NoExecute also drives running ones off.", always: true),
        .f("timeAdded", \.timeAdded, "When the taint was put there."),
    ]
}

/// How a group of pods is to be spread over the domains of one node label.
public struct TopologySpreadConstraint: APIStruct, Hashable {
    public var maxSkew = 0
    public var topologyKey = ""
    /// DoNotSchedule or ScheduleAnyway.
    public var whenUnsatisfiable = ""
    public var labelSelector: LabelSelector?
    public var minDomains: Int?
    /// Honor (when absent) or Ignore.
    public var nodeAffinityPolicy: String?
    /// Ignore (when absent) or Honor.
    public var nodeTaintsPolicy: String?
    public var matchLabelKeys: [String] = []

    public init() {}
    public init(maxSkew: Int, topologyKey: String, whenUnsatisfiable: String, labelSelector: LabelSelector?) {
        (self.maxSkew, self.topologyKey, self.whenUnsatisfiable) = (maxSkew, topologyKey, whenUnsatisfiable)
        self.labelSelector = labelSelector
    }
    /// Whether the constraint is hard: a node that breaks it is refused.
    public var isHard: Bool { whenUnsatisfiable == "DoNotSchedule" }

    public static let summary = "How matching pods are to be spread over the domains of one node label."
    public static let fields: Fields<TopologySpreadConstraint> = [
        .f("maxSkew", \.maxSkew, "By how many pods a domain may exceed the one with the fewest; 1 or more.", always: true),
        .f("topologyKey", \.topologyKey, "Node label whose values are the domains, such as topology.kubernetes.io/zone.", always: true),
        .f("whenUnsatisfiable", \.whenUnsatisfiable, "DoNotSchedule: the pod waits. ScheduleAnyway: the rule only weighs in the node's score.", always: true),
        .f("labelSelector", \.labelSelector, "Which pods are counted, in the pod's own namespace; absent: none."),
        .f("minDomains", \.minDomains, "With fewer eligible domains than this the minimum counts as 0; only with DoNotSchedule."),
        .f("nodeAffinityPolicy", \.nodeAffinityPolicy, "Honor (default): only nodes that the pod's node selector and affinity allow count. Ignore: all count."),
        .f("nodeTaintsPolicy", \.nodeTaintsPolicy, "Honor: nodes with a taint that the pod does not tolerate do not count. Ignore (default): they do."),
        .f("matchLabelKeys", \.matchLabelKeys, "Labels of this pod whose values narrow the selector; pod-template-hash counts each revision apart."),
    ]
}
