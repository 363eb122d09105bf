// The action `scale`.
import ControlPlane
import KubernetesAPI

struct ScaleStep: ObjectStep {
    var kind = ""
    var name = ""
    var namespace = ""
    var replicas = 0
    static let name = "scale"
    static let summary = "Sets the replicas of a workload."
    static let fields = objectFields("Deployment, ReplicaSet or StatefulSet.") + [.f("replicas", \.replicas, "The new number.")]

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command {
        let (kind, key) = try object()
        return .scale(kind, key, replicas: replicas)
    }
}
