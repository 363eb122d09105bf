// The action `apply`.
import ControlPlane
import KubernetesAPI

struct ApplyStep: WrappingStep {
    /// One manifest or a list of them.
    var value: JSONValue
    static let name = "apply"
    static let summary = "Applies one manifest or a list of them."

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command {
        let manifests = value.array ?? [value]
        var faults: [(field: String, message: String)] = []
        for (number, json) in manifests.enumerated() {
            let place = value.array == nil ? "" : "[\(number)]"
            switch decodeObject(json) {
            case .success(let object): faults += AnnotationReview.problems(of: object).map { ("\(place).\($0.path)", $0.message) }
            case .failure(let error): faults.append((place, error.message))
            }
        }
        if !faults.isEmpty { throw StepProblem(faults) }
        return .apply(manifests)
    }
}
