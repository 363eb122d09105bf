import KubernetesAPI
import SimulationKit

/// What the scheduler needs of a pod's template, worked out once: pods with the same spec, labels, namespace and
/// owner share one. Immutable.
final class PodFacts: Sendable {
    let namespace: String
    let labels: StringMap<String>
    /// Kept alive because caches go by its identity.
    let spec: Shared<PodSpec>
    let owner: OwnerReference?
    let priority: Int
    let hostPorts: [HostPort]
    /// Names of the claims of the pod's volumes. A generic ephemeral volume's claim depends on the pod's name.
    let claims: [String]
    let hasEphemeralClaims: Bool
    /// Volumes that two pods cannot share.
    let disks: [Volume]
    /// Terms that weigh on other pods, and what they say.
    let carried: [CarriedTerm: Int]
    let carriedTerms: [CarriedTerm]
    /// The class of pods that it belongs to.
    let classKey: PodClass.Key
    let requiredAffinity: [AffinityTerm]
    let requiredAntiAffinity: [AffinityTerm]
    let preferredAffinity: [(term: AffinityTerm, weight: Int)]
    let preferredAntiAffinity: [(term: AffinityTerm, weight: Int)]
    let nodeSelection: NodeSelection
    let images: [String]
    /// What a node must declare to take the pod.
    let features: [NodeFeature]
    /// Whether cordoned nodes may take the pod.
    let toleratesCordon: Bool
    /// Whether plugins that look at volumes have nothing to look at.
    var hasNoVolumes: Bool { claims.isEmpty && !hasEphemeralClaims && disks.isEmpty }

    init(_ pod: Pod, profile: KubernetesProfile) {
        let spec = pod.spec.value
        namespace = pod.metadata.namespace
        labels = pod.metadata.labels
        self.spec = pod.spec
        owner = pod.metadata.controller
        priority = spec.priority ?? 0
        let restartable = profile.isEnabled(.sidecarContainers) ? spec.sidecars : []
        hostPorts = (spec.containers + restartable).flatMap {
            $0.ports.filter { $0.hostPort > 0 }.map(HostPort.init)
        }
        claims = spec.volumes.compactMap { $0.persistentVolumeClaim?.claimName }
        hasEphemeralClaims = spec.volumes.contains { $0.ephemeral != nil }
        disks = spec.volumes.filter {
            $0.gcePersistentDisk != nil || $0.awsElasticBlockStore != nil || $0.rbd != nil || $0.iscsi != nil
        }
        let namespace = namespace
        func terms(_ list: [PodAffinityTerm]?) -> [AffinityTerm] {
            (list ?? []).map { AffinityTerm($0, namespace: namespace) }
        }
        func weighted(_ list: [WeightedPodAffinityTerm]?) -> [(term: AffinityTerm, weight: Int)] {
            (list ?? []).map { (AffinityTerm($0.podAffinityTerm, namespace: namespace), $0.weight) }
        }
        requiredAffinity = terms(spec.affinity?.podAffinity?.required)
        requiredAntiAffinity = terms(spec.affinity?.podAntiAffinity?.required)
        preferredAffinity = weighted(spec.affinity?.podAffinity?.preferred)
        preferredAntiAffinity = weighted(spec.affinity?.podAntiAffinity?.preferred)
        let all =
            requiredAffinity.map { CarriedTerm(term: $0, role: .requiredAffinity) }
            + requiredAntiAffinity.map { CarriedTerm(term: $0, role: .requiredAntiAffinity) }
            + preferredAffinity.map { CarriedTerm(term: $0.term, role: .preferred(weight: $0.weight)) }
            + preferredAntiAffinity.map { CarriedTerm(term: $0.term, role: .preferred(weight: -$0.weight)) }
        var counts: [CarriedTerm: Int] = [:]
        var distinct: [CarriedTerm] = []
        for term in all {
            if counts[term] == nil { distinct.append(term) }
            counts[term, default: 0] += 1
        }
        (carried, carriedTerms) = (counts, distinct)
        classKey = PodClass.Key(namespace: namespace, labels: labels, carried: counts)
        nodeSelection = NodeSelection(
            labels: spec.nodeSelector, required: spec.affinity?.nodeAffinity?.required)
        let programs = profile.imageLocalityCountsInitContainers ? spec.initContainers + spec.containers : spec.containers
        images =
            programs.map { Self.normalized(image: $0.image) }
            + (profile.has(.imageLocalityOfImageVolumes) ? spec.volumes.compactMap { $0.image.map { Self.normalized(image: $0.reference) } } : [])
        features = NodeFeature.needed(by: spec, profile)
        let cordon = Taint(key: TaintKey.unschedulable, effect: TaintEffect.noSchedule)
        toleratesCordon = spec.tolerations.tolerate(cordon, profile)
    }

    /// Adds the tag `latest` to an image name without one.
    static func normalized(image: String) -> String {
        let afterSlash = image.lastIndex(of: "/").map { image[$0...] } ?? image[...]
        return afterSlash.contains(":") ? image : image + ":latest"
    }

    /// The claims of a pod with these facts that is called `name`, in the order of its volumes.
    func claimNames(podName: String) -> [String] {
        guard hasEphemeralClaims else { return claims }
        return spec.volumes.compactMap { volume in
            volume.persistentVolumeClaim?.claimName
                ?? (volume.ephemeral != nil ? "\(podName)-\(volume.name)" : nil)
        }
    }
}

/// Which nodes a pod allows: its node selector and required node affinity.
struct NodeSelection: Sendable, Hashable {
    var labels: StringMap<String> = [:]
    var required: NodeSelector?
    var isEmpty: Bool { labels.isEmpty && required == nil }

    func allows(labels node: StringMap<String>, name: String) -> Bool {
        for (key, value) in labels.entries where node[key] != value { return false }
        return required?.matches(labels: node, name: name) ?? true
    }
    /// The only nodes that can be allowed, where each term names some as those of daemon pods do; nil: any node.
    var names: [String]? {
        guard let required, !required.nodeSelectorTerms.isEmpty else { return nil }
        var names: [String] = []
        for term in required.nodeSelectorTerms {
            guard let field = term.matchFields.first(where: { $0.key == "metadata.name" && $0.operator == "In" }) else { return nil }
            names += field.values
        }
        return names
    }
    /// One stable line, for showing and grouping.
    var canonical: String {
        var parts = labels.entries.map { "\($0.key)=\($0.value)" }
        if let required {
            parts.append(
                required.nodeSelectorTerms.map { term in
                    (term.matchExpressions + term.matchFields).map(\.canonical).sorted().joined(
                        separator: ",")
                }.joined(separator: " || "))
        }
        return parts.joined(separator: ",")
    }
}

/// A pod (anti-)affinity term with its namespaces resolved as far as the pod alone can.
struct AffinityTerm: Sendable, Hashable {
    var scope: NamespaceScope
    var selector: LabelSelector?
    var topologyKey: String

    init(_ term: PodAffinityTerm, namespace: String) {
        let own = term.namespaces.isEmpty && term.namespaceSelector == nil
        scope = NamespaceScope(
            names: own ? [namespace] : term.namespaces.sorted(), selector: term.namespaceSelector)
        selector = term.labelSelector
        topologyKey = term.topologyKey
    }
    func matches(labels: StringMap<String>, namespace: String, namespaceLabels: StringMap<String>) -> Bool {
        scope.contains(namespace, labels: namespaceLabels) && selector?.matches(labels) ?? false
    }
}

/// Namespaces by name, and further ones by their labels.
struct NamespaceScope: Sendable, Hashable {
    var names: [String]
    var selector: LabelSelector?
    /// - Parameter labels: of the namespace; looked up only where they matter.
    func contains(_ namespace: String, labels: @autoclosure () -> StringMap<String>) -> Bool {
        names.contains(namespace) || selector?.matches(labels()) ?? false
    }
}

/// A term of a placed pod that says something about pods to come.
struct CarriedTerm: Sendable, Hashable {
    enum Role: Sendable, Hashable {
        case requiredAffinity, requiredAntiAffinity
        case preferred(weight: Int)
    }
    var term: AffinityTerm
    var role: Role
}

/// Requests with a default for containers that state none, as scores count them: CPU in thousandths, memory in bytes.
///
/// - Source: Kubernetes `pkg/scheduler/framework/types.go`, `CalculateResource`.
func nonZeroRequests(_ pod: Pod, _ rules: RequestRules) -> (cpu: Int64, memory: Int64) {
    var changed = pod
    let spec = pod.spec.value
    let status = pod.status.value
    let isInfeasible =
        status.conditions[ConditionType.podResizePending]?.reason == ConditionReason.infeasible || status.resize == ConditionReason.infeasible
    let hasPodLevel = rules.podLevelResources && !(spec.resources?.requests.isEmpty ?? true)
    func fill(_ resource: String, _ amount: Quantity) {
        // With requests of the pod as a whole, a resource that anybody states gets no default at all.
        if hasPodLevel,
            spec.resources?.requests[resource] != nil || spec.overhead[resource] != nil
                || (spec.containers + spec.initContainers).contains(where: {
                    $0.resources.requests[resource] != nil
                })
        {
            return
        }
        for i in spec.containers.indices where !states(spec.containers[i], resource, status.containerStatuses) {
            changed.spec.containers[i].resources.requests[resource] = amount
            fillStatus(\.containerStatuses, spec.containers[i].name, resource, amount)
        }
        for i in spec.initContainers.indices
        where !states(
            spec.initContainers[i], resource,
            spec.initContainers[i].isSidecar ? status.initContainerStatuses : [])
        {
            changed.spec.initContainers[i].resources.requests[resource] = amount
            fillStatus(\.initContainerStatuses, spec.initContainers[i].name, resource, amount)
        }
    }
    // A default is for a container whose request is stated neither in the spec nor, where that counts, in the status.
    func states(_ container: Container, _ resource: String, _ statuses: [ContainerStatus]) -> Bool {
        guard rules.useStatus, let state = statuses.first(where: { $0.name == container.name }),
            let actual = state.resources
        else { return container.resources.requests[resource] != nil }
        return actual.requests[resource] != nil || state.allocatedResources[resource] != nil
            || !isInfeasible && container.resources.requests[resource] != nil
    }
    func fillStatus(
        _ path: WritableKeyPath<PodStatus, [ContainerStatus]>, _ name: String, _ resource: String,
        _ amount: Quantity
    ) {
        guard rules.useStatus,
            let i = changed.status.value[keyPath: path].firstIndex(where: { $0.name == name })
        else { return }
        changed.status.value[keyPath: path][i].resources?.requests[resource] = amount
        let granted = changed.status.value[keyPath: path][i].allocatedResources
        if !granted.isEmpty, granted[resource] == nil { changed.status.value[keyPath: path][i].allocatedResources[resource] = amount }
    }
    fill("cpu", Quantity(milli: 100))
    fill("memory", Quantity(bytes: 200 * 1024 * 1024))
    let total = changed.requests(rules)
    return (total.milliCPU, total.memory)
}
