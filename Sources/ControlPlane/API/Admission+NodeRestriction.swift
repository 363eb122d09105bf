// What a kubelet's own credentials may write: its node, and the pods on it.

import KubernetesAPI

extension Cluster {
    /// Refuses what the kubelet `system:node:NAME` asks for beyond its own node; others are not looked at.
    ///
    /// - Parameters:
    ///   - old: the object that is there; nil for a create.
    ///   - new: the object as it is to be; nil for a delete and an eviction.
    /// - Source: Kubernetes `plugin/pkg/admission/noderestriction/admission.go`.
    func restrictNode(_ write: APIWrite, old: (any StoredObject)?, new: (any StoredObject)?) throws(APIError) {
        guard let node = UserInfo.named(write.user).node else { return }
        let name = old?.metadata.name ?? new?.metadata.name ?? write.name
        func refuse(_ why: String) -> APIError { .forbidden(write.info, name, why) }
        switch write.info.type {
        case .pod:
            if let why = podRestriction(write, node, old as? Pod, new as? Pod) { throw refuse(why) }
        case .node:
            if name != node { throw refuse("node \"\(node)\" is not allowed to modify node \"\(name)\"") }
            if let why = Self.nodeRestriction(node, old as? Node, new as? Node) { throw refuse(why) }
        case .custom where write.info.group == "coordination.k8s.io" && write.info.plural == "leases":
            if write.namespace != "kube-node-lease" { throw refuse("can only access leases in the \"kube-node-lease\" system namespace") }
            if name != node { throw refuse("can only access node lease with the same name as the requesting node") }
        case .csiNode:
            if name != node { throw refuse("can only access CSINode with the same name as the requesting node") }
        default: break
        }
    }

    private func podRestriction(_ write: APIWrite, _ node: String, _ old: Pod?, _ new: Pod?) -> String? {
        if case .evict = write.action { return old?.nodeName == node ? nil : "node \(node) can only evict pods with spec.nodeName set to itself" }
        switch write.subresource {
        case "":
            guard let new else { return old?.nodeName == node ? nil : "node \"\(node)\" can only delete pods with spec.nodeName set to itself" }
            if old != nil { return "unexpected operation \"UPDATE\"" }
            if new.metadata.annotations["kubernetes.io/config.mirror"] == nil {
                return "pod does not have \"kubernetes.io/config.mirror\" annotation, node \"\(node)\" can only create mirror pods"
            }
            if new.nodeName != node { return "node \"\(node)\" can only create pods with spec.nodeName set to itself" }
            return new.spec.serviceAccountName.isEmpty ? nil : "node \"\(node)\" can not create pods that reference a service account"
        case "status":
            if old?.nodeName != node { return "node \"\(node)\" can only update pod status for pods with spec.nodeName set to itself" }
            return old?.metadata.labels == new?.metadata.labels ? nil : "node \"\(node)\" cannot update labels through pod status"
        default: return "unexpected pod subresource \"\(write.subresource)\", only 'status' and 'eviction' are allowed"
        }
    }

    private static func nodeRestriction(_ node: String, _ old: Node?, _ new: Node?) -> String? {
        guard let new else { return nil }
        let before = old?.metadata.labels ?? [:]
        var changed = new.metadata.labels.entries.filter { before[$0.key] != $0.value }.map(\.key)
        changed += before.keys.filter { new.metadata.labels[$0] == nil }
        let forbidden = changed.filter(isForbidden).sorted()
        guard let old else {
            return forbidden.isEmpty ? nil : "node \"\(node)\" is not allowed to set the following labels: \(forbidden.joined(separator: ", "))"
        }
        if old.spec.taints != new.spec.taints { return "node \"\(node)\" is not allowed to modify taints" }
        if !forbidden.isEmpty { return "is not allowed to modify labels: \(forbidden.joined(separator: ", "))" }
        return old.metadata.ownerReferences == new.metadata.ownerReferences ? nil : "node \"\(node)\" is not allowed to modify ownerReferences"
    }

    /// Whether a label says something of a node that its kubelet may not say itself.
    private static func isForbidden(_ label: String) -> Bool {
        guard let slash = label.firstIndex(of: "/") else { return false }
        let domain = label[..<slash]
        func isWithin(_ name: String) -> Bool { domain == name || domain.hasSuffix(".\(name)") }
        if isWithin("node-restriction.kubernetes.io") { return true }
        guard isWithin("kubernetes.io") || isWithin("k8s.io") else { return false }
        return !(own.contains(label) || isWithin("kubelet.kubernetes.io") || isWithin("node.kubernetes.io"))
    }
    private static let own: Set<String> = [
        "kubernetes.io/hostname", "topology.kubernetes.io/zone", "topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/zone",
        "failure-domain.beta.kubernetes.io/region", "kubernetes.io/os", "kubernetes.io/arch", "beta.kubernetes.io/os", "beta.kubernetes.io/arch",
        "beta.kubernetes.io/instance-type",
    ]
}
