// The actions `cordon`, `uncordon` and `drain`, which name a node and no more.
import ControlPlane
import KubernetesAPI
import SimulationKit

/// An action on a node and no more.
protocol NodeStep: StepAction, APIStruct {
    var node: String { get set }
}

extension NodeStep {
    static var fields: Fields<Self> { [.f("node", \.node, "Its name.")] }
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
    var ignoreDaemonSets: Bool?
    var deleteEmptyDirData: Bool?
    var force: Bool?
    var disableEviction: Bool?
    var gracePeriodSeconds: Int?
    var timeout: Duration?
    static let name = "drain"
    static let summary = "Cordons a node and evicts its pods."
    static let fields: Fields<DrainStep> = [
        .f("node", \.node, "Its name."),
        .f("ignoreDaemonSets", \.ignoreDaemonSets, "Leave pods of DaemonSets (default), instead of refusing."),
        .f("deleteEmptyDirData", \.deleteEmptyDirData, "Evict pods with emptyDir volumes (default), instead of refusing."),
        .f("force", \.force, "Evict pods that no controller replaces (default), instead of refusing."),
        .f("disableEviction", \.disableEviction, "Delete instead of evicting: budgets are not asked."),
        .f("gracePeriodSeconds", \.gracePeriodSeconds, "Seconds of grace; default each pod's own.", bits: 64),
        .f("timeout", \.timeout, "Give up after so long; default never."),
    ]

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command {
        if let gracePeriodSeconds, gracePeriodSeconds < 0 { throw StepProblem("gracePeriodSeconds", "must not be negative") }
        if let timeout, timeout <= .zero { throw StepProblem("timeout", "must be more than nothing") }
        return .drain(
            node: node,
            .init(
                ignoreDaemonSets: ignoreDaemonSets ?? true, deleteEmptyDirData: deleteEmptyDirData ?? true, force: force ?? true,
                disableEviction: disableEviction ?? false, gracePeriodSeconds: gracePeriodSeconds, timeout: timeout))
    }
}
