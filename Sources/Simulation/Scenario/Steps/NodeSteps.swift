// The actions `cordon`, `uncordon` and `drain`, which name a node and no more.
import ControlPlane
import KubernetesAPI

struct CordonStep: StepAction, APIStruct {
    var node = ""
    static let name = "cordon"
    static let summary = "Keeps new pods off a node."
    static let fields: [Field<CordonStep>] = [.f("node", \.node, "Its name.")]

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command { .cordon(node: node) }
}

struct UncordonStep: StepAction, APIStruct {
    var node = ""
    static let name = "uncordon"
    static let summary = "Lets new pods onto a node again."
    static let fields: [Field<UncordonStep>] = [.f("node", \.node, "Its name.")]

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command { .uncordon(node: node) }
}

struct DrainStep: StepAction, APIStruct {
    var node = ""
    static let name = "drain"
    static let summary = "Cordons a node and evicts its pods."
    static let fields: [Field<DrainStep>] = [.f("node", \.node, "Its name.")]

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command {
        .drain(node: node, .init(ignoreDaemonSets: true, deleteEmptyDirData: true, force: true))
    }
}
