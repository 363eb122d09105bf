// The actions `fail` and `recover`.
import ControlPlane
import KubernetesAPI

/// An action on a node or on all nodes of a zone.
protocol FaultStep: StepAction, APIStruct {
    var node: String? { get set }
    var zone: String? { get set }
}

extension FaultStep {
    static var fields: [Field<Self>] {
        [.f("node", \.node, "A node."), .f("zone", \.zone, "A zone: all nodes with this topology.kubernetes.io/zone.")]
    }

    fileprivate func target() throws(StepProblem) -> FaultTarget {
        switch (node, zone) {
        case (let node?, nil): .node(node)
        case (nil, let zone?): .zone(zone)
        default: throw StepProblem("", "needs exactly one of node, zone")
        }
    }
}

struct FailStep: FaultStep {
    var node: String?
    var zone: String?
    static let name = "fail"
    static let summary = "Stops the kubelet of a node, or of all nodes of a zone, from reporting."

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command { .fail(try target()) }
}

struct RecoverStep: FaultStep {
    var node: String?
    var zone: String?
    static let name = "recover"
    static let summary = "Ends the failure of a node or zone."

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command { .recover(try target()) }
}
