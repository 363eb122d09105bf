// The action `setImage`.
import ControlPlane
import KubernetesAPI

struct SetImageStep: ObjectStep {
    var kind = ""
    var name = ""
    var namespace = ""
    var container = ""
    var image = ""
    static let name = "setImage"
    static let summary = "Sets the image of a container of a workload, as kubectl set image."
    static let fields =
        objectFields("Deployment, StatefulSet, DaemonSet or Pod.") + [
            .f("container", \.container, "The container; * for all."), .f("image", \.image, "The new image."),
        ]

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command {
        let (kind, key) = try object()
        return .setImage(kind, key, container: container, image: image)
    }
}
