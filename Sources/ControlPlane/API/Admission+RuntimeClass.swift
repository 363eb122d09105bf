import KubernetesAPI

// What the admission plugin RuntimeClass does to pods. RuntimeClasses are kept as they came; nothing else acts on them.
// - Source: Kubernetes `plugin/pkg/admission/runtimeclass/admission.go`.
extension Cluster {
    /// Gives the pod the overhead, node selector and tolerations of its runtime class, or refuses it.
    func setRuntimeClass(_ pod: inout Pod) throws(APIError) {
        var runtimeClass: CustomObject?
        if let name = pod.spec.runtimeClassName {
            runtimeClass = store.customObjects[CustomObject.key("RuntimeClass", "node.k8s.io", name)]
            guard runtimeClass != nil else {
                throw .forbidden(pod.kindInfo, pod.name, "pod rejected: RuntimeClass \"\(name)\" not found")
            }
        }
        var decoder = APIDecoder()
        if let overhead = runtimeClass?.content["overhead"]?["podFixed"].flatMap({ ResourceList.decode($0, &decoder) }) {
            guard pod.spec.overhead.isEmpty || pod.spec.overhead == overhead else {
                throw .forbidden(pod.kindInfo, pod.name, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
            }
            pod.spec.overhead = overhead
        } else if !pod.spec.overhead.isEmpty {
            throw .forbidden(pod.kindInfo, pod.name, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead")
        }
        guard let scheduling = runtimeClass?.content["scheduling"] else { return }
        for (key, value) in (StringMap<String>.decode(scheduling["nodeSelector"] ?? .object([:]), &decoder) ?? [:]).entries {
            if let own = pod.spec.nodeSelector[key], own != value {
                throw .forbidden(
                    pod.kindInfo, pod.name,
                    "conflict: runtimeClass.scheduling.nodeSelector[\(key)] = \(value); pod.spec.nodeSelector[\(key)] = \(own)")
            }
            pod.spec.nodeSelector[key] = value
        }
        for toleration in [Toleration].decode(scheduling["tolerations"] ?? .array([]), &decoder) ?? [] where !pod.spec.tolerations.contains(toleration) {
            pod.spec.tolerations.append(toleration)
        }
    }
}
