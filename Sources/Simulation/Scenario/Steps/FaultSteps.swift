// The actions `fail` and `recover`.
import ControlPlane
import KubernetesAPI

/// An action on a node, on all nodes of a zone, or on the kubelet of a node alone.
protocol FaultStep: StepAction, APIStruct {
    var node: String? { get set }
    var zone: String? { get set }
    var kubelet: String? { get set }
}

extension FaultStep {
    static var fields: Fields<Self> {
        [
            .f("node", \.node, "A node."), .f("zone", \.zone, "A zone: all nodes with this topology.kubernetes.io/zone."),
            .f("kubelet", \.kubelet, "A node whose kubelet alone it is about: the machine and what runs on it go on."),
        ]
    }

    fileprivate func target() throws(StepProblem) -> FaultTarget {
        switch (node, zone, kubelet) {
        case (let node?, nil, nil): .node(node)
        case (nil, let zone?, nil): .zone(zone)
        case (nil, nil, let node?): .kubelet(node)
        default: throw StepProblem("", "needs exactly one of node, zone, kubelet")
        }
    }
}

struct FailStep: FaultStep {
    var node: String?
    var zone: String?
    var kubelet: String?
    static let name = "fail"
    static let summary = "Stops the kubelet of a node, or of all nodes of a zone, from reporting."

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command { .fail(try target()) }
}

struct RecoverStep: FaultStep {
    var node: String?
    var zone: String?
    var kubelet: String?
    static let name = "recover"
    static let summary = "Ends the failure of a node or zone."

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command { .recover(try target()) }
}
