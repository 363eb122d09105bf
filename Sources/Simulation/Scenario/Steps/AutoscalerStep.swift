// The action `autoscaler`.
import ControlPlane
import KubernetesAPI

struct AutoscalerStep: WrappingStep {
    var value: AutoscalerFlags
    static let name = "autoscaler"
    static let summary = "Changes the scenario's node autoscaler, or turns it off."

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command {
        let settings = value.applied(to: options.nodeAutoscaler)
        if let problem = settings.problem { throw StepProblem(problem.field, problem.message) }
        return .nodeAutoscaler(settings)
    }
}
