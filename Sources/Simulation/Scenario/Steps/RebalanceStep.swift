// The action `rebalance`.
import ControlPlane
import KubernetesAPI
import Scheduling

struct RebalanceStep: ObjectStep {
    var kind = ""
    var name = ""
    var namespace = ""
    static let name = "rebalance"
    static let summary = "Evicts pods of a workload, one after another, until its hard spread constraints hold."
    static let fields = objectFields()

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command {
        let (kind, key) = try object()
        return .rebalance(Workload(kind: kind.rawValue, namespace: key.namespace, name: key.name), [])
    }
}
