// The action `evict`.
import ControlPlane
import KubernetesAPI

struct EvictStep: StepAction, APIStruct {
    var pod = ""
    var namespace = ""
    static let name = "evict"
    static let summary = "Evicts a pod; disruption budgets apply."
    static let fields: Fields<EvictStep> = [.f("pod", \.pod, "Its name."), .f("namespace", \.namespace, "Its namespace; default default.")]

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command { .evict(pod: ObjectKey(given: namespace, pod)) }
}
