// The action `autosize`.
import ControlPlane
import KubernetesAPI

struct AutosizeStep: ObjectStep {
    var kind = ""
    var name = ""
    var namespace = ""
    var mode = "InPlaceOrRecreate"
    static let name = "autosize"
    static let summary = "Resizes the pods of a workload as recommended, as a VerticalPodAutoscaler does."
    static let fields =
        objectFields("Deployment, StatefulSet, DaemonSet, ReplicaSet, Job or CronJob.") + [
            .f("mode", \.mode, "Off, InPlaceOrRecreate (default) or InPlace.")
        ]

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command {
        let (kind, key) = try object()
        guard let mode = VerticalScaling(rawValue: mode) else { throw StepProblem("mode", "must be Off, InPlaceOrRecreate or InPlace, not \"\(mode)\"") }
        return .autosize(kind, key, mode)
    }
}
