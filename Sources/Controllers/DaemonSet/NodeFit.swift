import KubernetesAPI

/// Whether a node is to have a pod of a DaemonSet.
/// - Source: Kubernetes `pkg/controller/daemon/daemon_controller.go`, `NodeShouldRunDaemonPod`.
struct NodeFit {
    private let template: PodTemplateSpec
    private let tolerations: [Toleration]
    let profile: KubernetesProfile

    init(_ template: PodTemplateSpec, _ profile: KubernetesProfile) {
        (self.template, self.profile) = (template, profile)
        tolerations = template.spec.tolerations + Self.added(hostNetwork: template.spec.hostNetwork)
    }

    /// Whether it was made of this template.
    func isOf(_ other: PodTemplateSpec) -> Bool { template.spec.identity == other.spec.identity && template.nodeName == other.nodeName }

    /// What every daemon pod tolerates.
    static func added(hostNetwork: Bool) -> [Toleration] {
        func tolerates(_ key: String, _ effect: String) -> Toleration {
            Toleration(key: key, operator: "Exists", effect: effect)
        }
        var list = [
            tolerates(TaintKey.notReady, TaintEffect.noExecute), tolerates(TaintKey.unreachable, TaintEffect.noExecute),
            tolerates(TaintKey.diskPressure, TaintEffect.noSchedule), tolerates(TaintKey.memoryPressure, TaintEffect.noSchedule),
            tolerates(TaintKey.pidPressure, TaintEffect.noSchedule), tolerates(TaintKey.unschedulable, TaintEffect.noSchedule),
        ]
        if hostNetwork { list.append(tolerates(TaintKey.networkUnavailable, TaintEffect.noSchedule)) }
        return list
    }

    /// Whether a pod is to be there, and whether one that is there may stay.
    func judge(_ node: Node) -> (run: Bool, stay: Bool) {
        if !template.nodeName.isEmpty, template.nodeName != node.name { return (false, false) }
        let labels = node.metadata.labels
        for (key, value) in template.spec.nodeSelector.entries where labels[key] != value {
            return (false, false)
        }
        if let required = template.spec.affinity?.nodeAffinity?.required,
            !required.matches(labels: labels, name: node.name)
        {
            return (false, false)
        }
        let refused = node.spec.taints.filter { taint in
            taint.effect != TaintEffect.preferNoSchedule && !tolerations.tolerate(taint, profile)
        }
        return (refused.isEmpty, !refused.contains { $0.effect == TaintEffect.noExecute })
    }

    /// The pod's spec bound to the node `name` by affinity, so that the scheduler places it there.
    func spec(on name: String) -> Shared<PodSpec> {
        var spec = template.spec
        for toleration in Self.added(hostNetwork: spec.hostNetwork)
        where !spec.tolerations.contains(toleration) {
            spec.tolerations.append(toleration)
        }
        var affinity = spec.affinity ?? Affinity()
        var node = affinity.nodeAffinity ?? NodeAffinity()
        var required = node.required ?? NodeSelector()
        if required.nodeSelectorTerms.isEmpty { required.nodeSelectorTerms = [NodeSelectorTerm()] }
        for index in required.nodeSelectorTerms.indices {
            required.nodeSelectorTerms[index].matchFields = [
                SelectorRequirement("metadata.name", "In", [name])
            ]
        }
        node.required = required
        affinity.nodeAffinity = node
        spec.affinity = affinity
        return spec
    }

    /// The node that a daemon pod stands on or waits for.
    static func node(of pod: Pod) -> String {
        if !pod.nodeName.isEmpty { return pod.nodeName }
        let terms = pod.spec.affinity?.nodeAffinity?.required?.nodeSelectorTerms ?? []
        return terms.first?.matchFields.first { $0.key == "metadata.name" }?.values.first ?? ""
    }
}
