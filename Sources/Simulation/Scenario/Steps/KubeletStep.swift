// The action `kubelet`.
import ControlPlane
import KubernetesAPI

struct KubeletStep: StepAction, APIStruct {
    var node = ""
    var selector = ""
    var set: JSONValue?
    static let name = "kubelet"
    static let summary = "Changes the configuration of kubelets."
    static let fields: Fields<KubeletStep> = [
        .f("node", \.node, "The kubelet of this node; default all."),
        .f("selector", \.selector, "The kubelets of nodes with these labels, as kubectl -l takes them; default all."),
        .f("set", \.set, "Fields of KubeletConfiguration with their new values; null resets a field to its default."),
    ]

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command {
        var faults: [(field: String, message: String)] = []
        var choice = node.isEmpty ? NodeChoice.all : .node(node)
        if !selector.isEmpty {
            choice = .selector(selector)
            if !node.isEmpty {
                faults.append(("selector", "cannot be used with node"))
            } else if LabelSelector(text: selector) == nil {
                faults.append(("selector", "\"\(selector)\" is not a label selector"))
            }
        }
        guard let fields = set?.object, !fields.members.isEmpty else {
            throw StepProblem(faults + [("set", "needs fields of KubeletConfiguration")])
        }
        var decoder = APIDecoder()
        _ = KubeletConfiguration.decode(.object(KubeletConfiguration().merged(with: fields)), &decoder)
        faults += decoder.problems.map { ("set.\($0.path)", $0.message) }
        if !faults.isEmpty { throw StepProblem(faults) }
        return .configureKubelets(choice, fields)
    }
}
