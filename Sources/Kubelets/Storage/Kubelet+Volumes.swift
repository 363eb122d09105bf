// What must be there before containers can start: volumes with their claims, ConfigMaps and Secrets.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension Kubelet {
    enum VolumeState {
        /// Can be set up at once.
        case local
        /// Can be mounted from its persistent volume, once that is attached.
        case claim(PersistentVolumeClaim)
        /// This claim is not bound yet.
        case waiting(ObjectKey)
        case missing(String)
    }

    /// How far what the pod's volume needs is there.
    static func state(of volume: Volume, _ pod: Pod, _ host: KubeletHost, _ cluster: Cluster) -> VolumeState {
        let state = statedState(of: volume, pod, cluster)
        if case .missing(let what) = state, host.seen.covers(what) { return .local }
        return state
    }

    private static func statedState(of volume: Volume, _ pod: Pod, _ cluster: Cluster) -> VolumeState {
        let namespace = pod.namespace
        func config(_ source: ConfigMapVolumeSource) -> String? {
            cluster.store.configMaps[ObjectKey(namespace: namespace, name: source.name)] != nil
                || source.optional == true
                ? nil : "configmap \"\(source.name)\" not found"
        }
        func secret(_ name: String, _ optional: Bool?) -> String? {
            cluster.store.secrets[ObjectKey(namespace: namespace, name: name)] != nil || optional == true
                ? nil : "secret \"\(name)\" not found"
        }
        if let source = volume.configMap, let what = config(source) { return .missing(what) }
        if let source = volume.secret, let what = secret(source.secretName, source.optional) {
            return .missing(what)
        }
        for source in volume.projected?.sources ?? [] {
            // The root certificates are put into each namespace by a controller; they are taken as there.
            if let map = source.configMap, map.name != "kube-root-ca.crt", let what = config(map) {
                return .missing(what)
            }
            if let own = source.secret, let what = secret(own.name, own.optional) { return .missing(what) }
        }
        let claimName =
            volume.persistentVolumeClaim?.claimName
            ?? (volume.ephemeral == nil ? nil : "\(pod.name)-\(volume.name)")
        guard let claimName else { return .local }
        let key = ObjectKey(namespace: namespace, name: claimName)
        guard let claim = cluster.store.persistentVolumeClaims[key], claim.status.phase == "Bound" else {
            return .waiting(key)
        }
        return .claim(claim)
    }
}

extension PodWorker {
    /// A ConfigMap, Secret or key that container `i` takes its environment from and that is not there.
    func missingConfiguration(_ i: Int, _ host: KubeletHost, _ cluster: Cluster) -> String? {
        let spec = spec(i)
        if let missing = missingReference(spec, cluster), !host.seen.covers(missing) { return missing }
        return rootProblem(spec)
    }

    private func missingReference(_ spec: Container, _ cluster: Cluster) -> String? {
        let namespace = pod.namespace
        func map(_ name: String) -> ConfigMap? {
            cluster.store.configMaps[ObjectKey(namespace: namespace, name: name)]
        }
        func secret(_ name: String) -> Secret? {
            cluster.store.secrets[ObjectKey(namespace: namespace, name: name)]
        }
        for source in spec.envFrom {
            if let ref = source.configMapRef, ref.optional != true, map(ref.name) == nil {
                return "configmap \"\(ref.name)\" not found"
            }
            if let ref = source.secretRef, ref.optional != true, secret(ref.name) == nil {
                return "secret \"\(ref.name)\" not found"
            }
        }
        for variable in spec.env {
            if let ref = variable.valueFrom?.configMapKeyRef, ref.optional != true {
                guard let found = map(ref.name) else { return "configmap \"\(ref.name)\" not found" }
                if found.data[ref.key] == nil, found.binaryData[ref.key] == nil {
                    return "couldn't find key \(ref.key) in ConfigMap \(namespace)/\(ref.name)"
                }
            }
            if let ref = variable.valueFrom?.secretKeyRef, ref.optional != true {
                guard let found = secret(ref.name) else { return "secret \"\(ref.name)\" not found" }
                if found.data[ref.key] == nil, found.stringData[ref.key] == nil {
                    return "couldn't find key \(ref.key) in Secret \(namespace)/\(ref.name)"
                }
            }
        }
        return nil
    }

    /// Why a container that must not run as root may not start; nil if it may. What user an image has is not known: it is taken
    /// for one that is not root.
    /// - Source: Kubernetes v1.36.2 `pkg/kubelet/kuberuntime/security_context_others.go`, `verifyRunAsNonRoot`.
    private func rootProblem(_ spec: Container) -> String? {
        let (own, all) = (spec.securityContext, allocated.value.securityContext)
        guard own != nil || all != nil else { return nil }
        guard (own?["runAsNonRoot"] ?? all?["runAsNonRoot"]) == JSONValue.bool(true), (own?["runAsUser"] ?? all?["runAsUser"])?.int == 0 else { return nil }
        return "container's runAsUser breaks non-root policy (pod: \"\(pod.name)_\(pod.namespace)(\(uid))\", container: \(spec.name))"
    }
}
