// What a kubelet may do: what its own pods need, and its own objects.

import KubernetesAPI

/// Decides about the requests of one node's kubelet. What it has no opinion on is left to the roles.
///
/// - Source: Kubernetes `plugin/pkg/auth/authorizer/node/node_authorizer.go`.
struct NodeAuthorizer {
    let store: ObjectStore
    let node: String

    func decide(_ request: AccessRequest) -> Authorizer.Decision {
        if request.path == nil {
            switch (request.group, request.resource) {
            case ("", "secrets"): return read(request) { $0.needs(secret: request.name) }
            case ("", "configmaps"): return read(request) { $0.needs(configMap: request.name) }
            case ("", "persistentvolumeclaims") where request.subresource == "status":
                return request.verb == "update" || request.verb == "patch" || request.verb == "get"
                    ? related(request) { store.claims(of: $0).contains(request.name) } : refuse("can only get/update/patch this type")
            case ("", "persistentvolumeclaims"): return get(request) { store.claims(of: $0).contains(request.name) }
            case ("", "persistentvolumes"):
                return get(request) { pod in
                    store.claims(of: pod).contains {
                        store.persistentVolumeClaims[ObjectKey(namespace: pod.namespace, name: $0)]?.spec.volumeName == request.name
                    }
                }
            case ("storage.k8s.io", "volumeattachments"):
                guard request.verb == "get" else { return refuse("can only get individual resources of this type") }
                return store.volumeAttachments[ObjectKey(name: request.name)]?.spec.nodeName == node ? allowed : unrelated
            case ("", "serviceaccounts"):
                guard request.verb == "create", request.subresource == "token" else { return refuse("can only create tokens for service accounts") }
                return related(request) { ($0.spec.serviceAccountName.isEmpty ? "default" : $0.spec.serviceAccountName) == request.name }
            case ("coordination.k8s.io", "leases"):
                guard request.namespace == "kube-node-lease" else { return refuse("can only access leases in the \"kube-node-lease\" system namespace") }
                return own(request, "can only get, create, update, patch, or delete a node lease")
            case ("storage.k8s.io", "csinodes"): return own(request, "can only get, create, update, patch, or delete a CSINode")
            case ("", "pods"):
                if let decision = pods(request) { return decision }
            case ("", "nodes"):
                if let decision = nodes(request) { return decision }
            default: break
            }
        }
        return DefaultRoles.role("system:node")?.rules.contains { $0.allows(request) } == true ? allowed : refuse("")
    }

    private var allowed: Authorizer.Decision { .init(isAllowed: true, reason: "") }
    private func refuse(_ reason: String) -> Authorizer.Decision { .init(isAllowed: false, reason: reason) }
    private var unrelated: Authorizer.Decision { refuse("no relationship found between node '\(node)' and this object") }

    /// One named object that a pod of this node needs.
    private func related(_ request: AccessRequest, _ needs: (Pod) -> Bool) -> Authorizer.Decision {
        if request.name.isEmpty { return refuse("No Object name found") }
        return store.pods(onNode: node).contains { $0.namespace == request.namespace && needs($0) } ? allowed : unrelated
    }
    private func read(_ request: AccessRequest, _ needs: (Pod) -> Bool) -> Authorizer.Decision {
        guard ["get", "list", "watch"].contains(request.verb) else { return refuse("can only read resources of this type") }
        return request.subresource.isEmpty ? related(request, needs) : refuse("cannot read subresource")
    }
    private func get(_ request: AccessRequest, _ needs: (Pod) -> Bool) -> Authorizer.Decision {
        guard request.verb == "get" else { return refuse("can only get individual resources of this type") }
        if !request.subresource.isEmpty { return refuse("cannot get subresource") }
        if request.name.isEmpty { return refuse("No Object name found") }
        return store.pods(onNode: node).contains { (request.namespace.isEmpty || $0.namespace == request.namespace) && needs($0) } ? allowed : unrelated
    }
    /// The object that has the node's name.
    private func own(_ request: AccessRequest, _ verbs: String) -> Authorizer.Decision {
        guard ["get", "create", "update", "patch", "delete"].contains(request.verb), request.subresource.isEmpty else { return refuse(verbs) }
        // A create does not say the name.
        return request.verb == "create" || request.name == node ? allowed : refuse("can only access node lease with the same name as the requesting node")
    }
    private func pods(_ request: AccessRequest) -> Authorizer.Decision? {
        switch request.verb {
        case "get" where request.subresource.isEmpty:
            let isHere = store.pods[ObjectKey(namespace: request.namespace, name: request.name)]?.nodeName == node
            return isHere ? allowed : unrelated
        case "list" where request.subresource.isEmpty, "watch" where request.subresource.isEmpty:
            return request.fieldSelector.split(separator: ",").contains { $0 == "spec.nodeName=\(node)" || $0 == "spec.nodeName==\(node)" }
                ? allowed : refuse("can only list/watch pods with spec.nodeName field selector")
        default: return nil
        }
    }
    private func nodes(_ request: AccessRequest) -> Authorizer.Decision? {
        switch request.verb {
        case "get" where request.subresource.isEmpty, "update", "patch":
            return request.name == node ? allowed : refuse("node '\(node)' cannot read '\(request.name)', only its own Node object")
        case "list", "watch":
            let isOwn = request.name == node || request.fieldSelector.split(separator: ",").contains { $0 == "metadata.name=\(node)" }
            return isOwn ? allowed : refuse("node '\(node)' cannot read all nodes, only its own Node object")
        default: return nil
        }
    }
}

extension Pod {
    private var allContainers: [Container] { spec.initContainers + spec.containers }

    fileprivate func needs(secret name: String) -> Bool {
        spec.imagePullSecrets.contains { $0.name == name }
            || spec.volumes.contains { $0.secret?.secretName == name || $0.projected?.sources.contains { $0.secret?.name == name } == true }
            || allContainers.contains { mentions($0, "secretRef", "secretKeyRef", name) }
    }
    fileprivate func needs(configMap name: String) -> Bool {
        // Every pod with a token has the certificates of the cluster.
        name == "kube-root-ca.crt"
            || spec.volumes.contains { $0.configMap?.name == name || $0.projected?.sources.contains { $0.configMap?.name == name } == true }
            || allContainers.contains { mentions($0, "configMapRef", "configMapKeyRef", name) }
    }
    private func mentions(_ container: Container, _ whole: String, _ key: String, _ name: String) -> Bool {
        let json = container.jsonObject
        return json["envFrom"]?.array?.contains { $0[whole]?["name"]?.string == name } == true
            || json["env"]?.array?.contains { $0["valueFrom"]?[key]?["name"]?.string == name } == true
    }
}

extension ObjectStore {
    /// The claims that a pod mounts, those made for its ephemeral volumes too.
    fileprivate func claims(of pod: Pod) -> [String] {
        pod.spec.volumes.compactMap { volume in
            volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral == nil ? nil : "\(pod.name)-\(volume.name)")
        }
    }
}
