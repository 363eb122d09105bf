// The action `demand`.
import ControlPlane
import Kubelets
import KubernetesAPI

struct DemandStep: ObjectStep {
    var kind = ""
    var name = ""
    var namespace = ""
    var cpu: JSONValue?
    static let name = "demand"
    static let summary = "Sets the total demand on a workload or Service; its ready pods share it."
    static let fields =
        objectFields("Deployment, StatefulSet, DaemonSet, ReplicaSet or Service.") + [
            .f("cpu", \.cpu, "CPU in sum: 2; 200m..6/30m swings in 30 minutes; 500m@0s 6@5m goes through these points. Absent: no demand.")
        ]

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command {
        let (kind, key) = try object()
        let text: String? =
            switch cpu {
            case nil, .null: nil
            case .string(let text): text
            case let other?: other.text()
            }
        if let text, Demand.load(text) == nil { throw StepProblem("cpu", "\"\(text)\" is not a demand such as 2, 200m..6/30m or 500m@0s 6@5m") }
        return .demand(kind, key, text)
    }
}
