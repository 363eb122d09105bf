// What nodes declare that their kubelets can do (`status.declaredFeatures`), and what pods need of them.

/// A feature that a node declares and that some pods, or changes of pods, need there: the gate NodeDeclaredFeatures.
///
/// Differs from Kubernetes: nodes declare what follows from gates that are modelled, and GuaranteedQoSPodCPUResize where CPUs are not
/// given away exclusively; where they are, the kubelet still answers a resize with Infeasible, as `kubernetes-1.37.md` §2.2 has it.
/// - Source: Kubernetes v1.37 `component-helpers/nodedeclaredfeatures`; `kubernetes-1.37.md` §3.10 row 3.10.1.
public enum NodeFeature: String, CaseIterable, Sendable {
    // In the order of their names, as nodes list them.
    case extendWebSocketsToKubelet = "ExtendWebSocketsToKubelet"
    case guaranteedQoSPodCPUResize = "GuaranteedQoSPodCPUResize"
    case podLevelResize = "InPlacePodLevelResourcesVerticalScaling"
    case initContainerResize = "InPlacePodVerticalScalingInitContainers"
    case restartAllContainers = "RestartAllContainersOnContainerExits"

    /// The gate without which no node declares it; nil: another setting decides.
    private var gate: FeatureGate? {
        switch self {
        case .extendWebSocketsToKubelet: .extendWebSocketsToKubelet
        case .guaranteedQoSPodCPUResize: nil
        case .podLevelResize: .inPlacePodLevelResourcesVerticalScaling
        case .initContainerResize: .inPlacePodVerticalScalingInitContainers
        case .restartAllContainers: .restartAllContainersOnContainerExits
        }
    }

    /// The names that a node declares, sorted; none without the gate NodeDeclaredFeatures.
    public static func declared(_ profile: KubernetesProfile, hasExclusiveCPUs: Bool) -> [String] {
        guard profile.isEnabled(.nodeDeclaredFeatures) else { return [] }
        return allCases.filter { $0.gate.map(profile.isEnabled) ?? !hasExclusiveCPUs }.map(\.rawValue)
    }

    /// What a node must declare to take a pod of this spec.
    public static func needed(by spec: PodSpec, _ profile: KubernetesProfile) -> [NodeFeature] {
        guard profile.isEnabled(.nodeDeclaredFeatures), profile.isEnabled(.restartAllContainersOnContainerExits) else { return [] }
        let restartsAll = (spec.containers + spec.initContainers).contains { container in
            container.restartPolicyRules?.array?.contains { $0["action"]?.string == "RestartAllContainers" } ?? false
        }
        return restartsAll ? [.restartAllContainers] : []
    }

    /// What the pod's node must declare for a change of its spec.
    public static func needed(toChange old: PodSpec, to new: PodSpec, _ profile: KubernetesProfile) -> [NodeFeature] {
        guard profile.isEnabled(.nodeDeclaredFeatures) else { return [] }
        var needed: [NodeFeature] = []
        if profile.isEnabled(.inPlacePodLevelResourcesVerticalScaling), old.resources != new.resources { needed.append(.podLevelResize) }
        let changesInit = zip(old.initContainers, new.initContainers).contains { !$0.isSidecar && $0.resources != $1.resources }
        if profile.isEnabled(.inPlacePodVerticalScalingInitContainers), changesInit { needed.append(.initContainerResize) }
        return needed
    }
}

extension NodeStatus {
    /// Those of `features` that the node does not declare.
    public func missing(_ features: [NodeFeature]) -> [NodeFeature] { features.filter { !declaredFeatures.contains($0.rawValue) } }
}
