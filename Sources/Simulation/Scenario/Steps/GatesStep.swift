// The action `gates`.
import ControlPlane
import KubernetesAPI

struct GatesStep: WrappingStep {
    var value: StringMap<Bool>
    static let name = "gates"
    static let summary = "Restarts the components with these feature gates."

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command { .setGates(value) }
}
