// The action `delete`.
import ControlPlane
import KubernetesAPI

struct DeleteStep: ObjectStep {
    var kind = ""
    var name = ""
    var namespace = ""
    var gracePeriodSeconds: Int?
    var propagationPolicy: String?
    static let name = "delete"
    static let summary = "Deletes an object."
    static let fields =
        objectFields("Its kind.") + [
            .f("gracePeriodSeconds", \.gracePeriodSeconds, "Grace for a pod; default its own.", bits: 64),
            .f("propagationPolicy", \.propagationPolicy, "Background (default), Foreground or Orphan."),
        ]

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command {
        let (kind, key) = try object()
        var options = DeleteOptions(gracePeriodSeconds: gracePeriodSeconds)
        if let text = propagationPolicy {
            guard let policy = DeleteOptions.Propagation(rawValue: text) else {
                throw StepProblem("propagationPolicy", "must be Background, Foreground or Orphan, not \"\(text)\"")
            }
            options.propagation = policy
        }
        return .delete(kind, key, options)
    }
}
