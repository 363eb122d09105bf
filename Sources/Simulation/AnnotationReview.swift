import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit

/// What is wrong with the annotations `evenkeel.dev/…` of an object: those that give numbers to the simulation.
///
/// An API server takes any text in an annotation; files are told what cannot be meant, instead of it being passed over.
enum AnnotationReview {
    /// Each with the path of the annotation and what it must be.
    static func problems(of object: any KubernetesObject) -> [(path: String, message: String)] {
        let own = object.metadata.annotations
        var problems: [(path: String, message: String)] = []
        func check(_ key: String, _ wanted: String, _ isRight: (String) -> Bool) {
            guard let text = own[key], !isRight(text) else { return }
            problems.append(("metadata.annotations[\(key)]", "must be \(wanted), not \"\(text)\""))
        }
        func program(_ spec: PodSpec, _ annotations: StringMap<String>, _ path: String) {
            guard annotations.keys.contains(where: { $0.hasPrefix(Program.prefix) }) else { return }
            for container in spec.initContainers + spec.containers {
                for (key, message) in Program.problems(of: annotations, container: container.name) {
                    // One for all containers is told once.
                    let place = "\(path)metadata.annotations[\(key)]"
                    if !problems.contains(where: { $0.path == place }) { problems.append((place, message)) }
                }
            }
        }
        if let pod = object as? Pod { program(pod.spec.value, own, "") }
        if let (template, path) = object.podTemplate { program(template.spec.value, template.metadata.annotations, "\(path).") }
        check(Demand.annotation, "from 0 to 9007199254740 cores: 2, 200m..6/30m with a time from 100ms to 87600h, or 500m@0s 6@5m") {
            Demand.load($0) != nil
        }
        check(CSIDriver.volumesPerNode, "a whole number from 0 to \(Int32.max)") { Int32($0).map { $0 >= 0 } ?? false }
        return problems
    }
}
