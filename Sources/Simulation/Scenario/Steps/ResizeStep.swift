// The action `resize`.
import ControlPlane
import KubernetesAPI

struct ResizeStep: StepAction, APIStruct {
    var pod = ""
    var namespace = ""
    var container = ""
    var requests: ResourceList = [:]
    var limits: ResourceList = [:]
    static let name = "resize"
    static let summary = "Resizes a container of a pod in place."
    static let fields: Fields<ResizeStep> = [
        .f("pod", \.pod, "The pod."), .f("namespace", \.namespace, "Its namespace; default default."),
        .f("container", \.container, "The container; may be left out if there is one only."),
        .f("requests", \.requests, "New requests; only what changes."),
        .f("limits", \.limits, "New limits; only what changes."),
    ]

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command {
        .resize(pod: ObjectKey(given: namespace, pod), [ContainerResize(container, requests: requests, limits: limits)])
    }
}
