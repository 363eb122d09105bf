// The actions `taint` and `untaint`.
import ControlPlane
import KubernetesAPI

struct TaintStep: StepAction, APIStruct {
    var node = ""
    var key = ""
    var value = ""
    var effect = ""
    static let name = "taint"
    static let summary = "Puts a taint on a node."
    static let fields: Fields<TaintStep> = [
        .f("node", \.node, "The node."), .f("key", \.key, "Key of the taint."), .f("value", \.value, "Value of the taint."),
        .f("effect", \.effect, "NoSchedule, PreferNoSchedule or NoExecute."),
    ]

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command { .taint(node: node, Taint(key: key, value: value, effect: effect)) }
}

struct UntaintStep: StepAction, APIStruct {
    var node = ""
    var key = ""
    var value = ""
    var effect = ""
    static let name = "untaint"
    static let summary = "Takes a taint off a node."
    static let fields: Fields<UntaintStep> = [
        .f("node", \.node, "The node."), .f("key", \.key, "Key of the taint."), .f("value", \.value, "Value of the taint."),
        .f("effect", \.effect, "NoSchedule, PreferNoSchedule or NoExecute."),
    ]

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command { .untaint(node: node, key: key, effect: effect) }
}
