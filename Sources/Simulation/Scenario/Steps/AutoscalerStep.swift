// The action `autoscaler`.
import ControlPlane
import KubernetesAPI

struct AutoscalerStep: WrappingStep {
    var value: AutoscalerFlags
    static let name = "autoscaler"
    static let summary = "Changes the scenario's node autoscaler, or turns it off."

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command {
        var settings = options.nodeAutoscaler
        settings.isOn = true
        settings = value.applied(to: settings)
        if let problem = value.problem(in: settings) { throw StepProblem(problem.field, problem.message) }
        return .nodeAutoscaler(settings)
    }
}
