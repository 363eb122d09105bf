// The actions `cordon`, `uncordon` and `drain`, which name a node and no more.
import ControlPlane
import KubernetesAPI

/// An action on a node and no more.
protocol NodeStep: StepAction, APIStruct {
    var node: String { get set }
}

extension NodeStep {
    static var fields: [Field<Self>] { [.f("node", \.node, "Its name.")] }
}

struct CordonStep: NodeStep {
    var node = ""
    static let name = "cordon"
    static let summary = "Keeps new pods off a node."

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command { .cordon(node: node) }
}

struct UncordonStep: NodeStep {
    var node = ""
    static let name = "uncordon"
    static let summary = "Lets new pods onto a node again."

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command { .uncordon(node: node) }
}

struct DrainStep: NodeStep {
    var node = ""
    static let name = "drain"
    static let summary = "Cordons a node and evicts its pods."

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command {
        .drain(node: node, .init(ignoreDaemonSets: true, deleteEmptyDirData: true, force: true))
    }
}
