import KubernetesAPI
import SimulationKit

// The volume through which pods get a token, the cluster's certificates and their namespace. It is not kept in the store: its name differs
// from pod to pod, and the pods of a template share one spec. Whoever shows a pod puts it in, whoever changes one takes it out.
//
// - Source: Kubernetes `plugin/pkg/admission/serviceaccount/admission.go`.
extension Pod {
    /// Where the volume is mounted.
    public static let tokenMountPath = "/var/run/secrets/kubernetes.io/serviceaccount"
    private static let tokenVolumePrefix = "kube-api-access-"
    /// The volume's name: what the pod came with, or five signs that follow from its identity.
    public var tokenVolumeName: String {
        tokenVolume.isEmpty ? Self.tokenVolumePrefix + StableHash.safeEncode(StableHash.fnv1a32(metadata.uid)).prefix(5) : tokenVolume
    }

    /// With the volume, mounted into each container that has nothing at its path.
    fileprivate mutating func addTokenVolume() {
        let present = spec.volumes.first { $0.name.hasPrefix(Self.tokenVolumePrefix) }?.name
        var mount = VolumeMount()
        (mount.name, mount.readOnly, mount.mountPath) = (present ?? tokenVolumeName, true, Self.tokenMountPath)
        var isMounted = false
        func add(to containers: inout [Container]) {
            for i in containers.indices where !containers[i].volumeMounts.contains(where: { $0.mountPath == Self.tokenMountPath }) {
                containers[i].volumeMounts.append(mount)
                isMounted = true
            }
        }
        var spec = spec.value
        add(to: &spec.initContainers)
        add(to: &spec.containers)
        guard isMounted else { return }
        if present == nil { spec.volumes.append(.token(mount.name)) }
        self.spec = Shared(spec)
    }

    /// The pod as clients see it if it has a token.
    public var withTokenVolume: Pod {
        var pod = self
        pod.addTokenVolume()
        return pod
    }

    /// Without what ``addTokenVolume()`` adds.
    mutating func removeTokenVolume() {
        let name = tokenVolumeName
        guard spec.volumes.contains(where: { $0.name == name }) else { return }
        spec.volumes.removeAll { $0.name == name }
        for i in spec.initContainers.indices { spec.initContainers[i].volumeMounts.removeAll { $0.name == name } }
        for i in spec.containers.indices { spec.containers[i].volumeMounts.removeAll { $0.name == name } }
    }

    /// Takes out of a pod from elsewhere the volume that admission put in there, and remembers its name. Where it is not just as
    /// ``withTokenVolume`` puts it in, it stays.
    public mutating func setTokenVolumeAside() {
        guard var volume = spec.volumes.last, volume.name.hasPrefix(Self.tokenVolumePrefix) else { return }
        let name = volume.name
        volume.name = ""
        var mount = VolumeMount()
        (mount.name, mount.readOnly, mount.mountPath) = (name, true, Self.tokenMountPath)
        func isUsual(_ container: Container) -> Bool {
            container.volumeMounts.last == mount && container.volumeMounts.count { $0.name == name || $0.mountPath == mount.mountPath } == 1
        }
        guard volume == Self.unnamedTokenVolume, !spec.containers.isEmpty, spec.containers.allSatisfy(isUsual), spec.initContainers.allSatisfy(isUsual)
        else { return }
        tokenVolume = name
        spec.volumes.removeLast()
        for i in spec.initContainers.indices { spec.initContainers[i].volumeMounts.removeLast() }
        for i in spec.containers.indices { spec.containers[i].volumeMounts.removeLast() }
    }
    private static let unnamedTokenVolume = Volume.token("")

    public mutating func admitChange(from old: Pod, to cluster: inout Cluster) throws(APIError) {
        tokenVolume = old.tokenVolume
        if !old.spec.volumes.contains(where: { $0.name == old.tokenVolumeName }) { removeTokenVolume() }
    }
}

extension Volume {
    fileprivate static func token(_ name: String) -> Volume {
        var (token, certificates, namespace) = (VolumeProjection(), VolumeProjection(), VolumeProjection())
        token.serviceAccountToken = ["expirationSeconds": .int(Int64(ServiceAccountToken.podLife.wholeSeconds)), "path": "token"]
        var map = ConfigMapVolumeSource()
        (map.name, map.items) = ("kube-root-ca.crt", [["key": "ca.crt", "path": "ca.crt"]])
        certificates.configMap = map
        namespace.downwardAPI = ["items": [["path": "namespace", "fieldRef": ["apiVersion": "v1", "fieldPath": "metadata.namespace"]]]]
        var volume = Volume()
        volume.name = name
        volume.projected = ProjectedVolumeSource()
        volume.projected?.sources = [token, certificates, namespace]
        volume.projected?.defaultMode = 0o644
        return volume
    }
}

extension ObjectStore {
    /// Whether a pod gets a token: by its own word, else its account's, else yes. Those that stand for files of a node have none.
    public func mountsToken(_ pod: Pod) -> Bool {
        if !pod.tokenVolume.isEmpty { return true }
        if pod.metadata.annotations["kubernetes.io/config.mirror"] != nil { return false }
        if let own = pod.spec.automountServiceAccountToken { return own }
        let name = pod.spec.serviceAccountName.isEmpty ? "default" : pod.spec.serviceAccountName
        return serviceAccounts[ObjectKey(namespace: pod.namespace, name: name)]?.automountServiceAccountToken ?? true
    }
}

extension Cluster {
    /// The pod as clients see it: with the volume of its token. What an opened state brought is as it was there.
    public func shown(_ pod: Pod) -> Pod { showsToken(pod) ? pod.withTokenVolume : pod }
    /// Whether clients see the volume of a token in the pod.
    public func showsToken(_ pod: Pod) -> Bool {
        !pod.tokenVolume.isEmpty || store.mountsToken(pod) && (origin == .start || pod.metadata.creationTimestamp.map { $0 > origin } ?? true)
    }
    /// The object as clients see it, of any kind.
    public func seen(_ object: any StoredObject) -> any StoredObject { (object as? Pod).map(shown) ?? object }
    /// The object's whole JSON as clients see it.
    public func document(of object: any StoredObject) -> JSONValue { seen(object).document }
}
