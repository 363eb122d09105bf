// The action `runtime`.
import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit

struct RuntimeStep: StepAction, APIStruct {
    var node = ""
    var hangs = Duration.zero
    static let name = "runtime"
    static let summary = "Makes the container runtime of a node hang."
    static let fields: Fields<RuntimeStep> = [
        .f("node", \.node, "The node."), .f("hangs", \.hangs, "How long it does not answer, such as 200s."),
    ]

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command {
        if hangs <= .zero || hangs > Program.longest { throw StepProblem("hangs", "must be more than 0s and at most 87600h") }
        return .hangRuntime(node: node, hangs)
    }
}
