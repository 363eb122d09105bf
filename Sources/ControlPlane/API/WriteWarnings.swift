// Warnings of the API server about objects that it takes all the same.

import KubernetesAPI

extension StoredObject {
    /// What the API server warns of in an object that it takes.
    /// - Source: Kubernetes `pkg/api/pod/warnings.go`
    var warnings: [String] { podSpec.map { Self.warnings($0.spec, $0.path) } ?? [] }

    private static func warnings(_ spec: PodSpec, _ path: String) -> [String] {
        var warnings: [String] = []
        for (index, constraint) in spec.topologySpreadConstraints.enumerated() where constraint.labelSelector == nil {
            warnings.append("\(path).topologySpreadConstraints[\(index)].labelSelector: a null labelSelector results in matching no pod")
        }
        for (index, container) in spec.initContainers.enumerated() { warnings += self.warnings(container, "\(path).initContainers[\(index)]") }
        for (index, container) in spec.containers.enumerated() { warnings += self.warnings(container, "\(path).containers[\(index)]") }
        return warnings
    }

    private static func warnings(_ container: Container, _ path: String) -> [String] {
        var warnings: [String] = []
        for (name, list) in [("limits", container.resources.limits), ("requests", container.resources.requests)] {
            for (resource, amount) in list.entries where resource == "memory" && amount.value.saturatingMultiply(1000) != amount.milliValue {
                warnings.append("\(path).resources.\(name)[\(resource)]: fractional byte value \"\(amount)\" is invalid, must be an integer")
            }
        }
        var names: [String] = []
        for (index, variable) in container.env.enumerated() {
            if names.contains(variable.name) {
                warnings.append(
                    "\(path).env[\(index)]: hides previous definition of \"\(variable.name)\", which may be dropped when using apply")
            }
            names.append(variable.name)
        }
        return warnings
    }
}
