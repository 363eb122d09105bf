// The actions `restart`, `pause`, `resume` and `undo`: the verbs of `kubectl rollout`.
import ControlPlane
import KubernetesAPI

struct RestartStep: ObjectStep {
    var kind = ""
    var name = ""
    var namespace = ""
    static let name = "restart"
    static let summary = "Restarts the pods of a workload by a rolling update, as kubectl rollout restart."
    static let fields = objectFields()

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command {
        let (kind, key) = try object()
        return .restart(kind, key)
    }
}

struct PauseStep: ObjectStep {
    var kind = ""
    var name = ""
    var namespace = ""
    static let name = "pause"
    static let summary = "Pauses the rollout of a Deployment, as kubectl rollout pause."
    static let fields = objectFields()

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command { .pause(try deployment(), true) }
}

struct ResumeStep: ObjectStep {
    var kind = ""
    var name = ""
    var namespace = ""
    static let name = "resume"
    static let summary = "Resumes it, as kubectl rollout resume."
    static let fields = objectFields()

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command { .pause(try deployment(), false) }
}

extension ObjectStep {
    fileprivate func deployment() throws(StepProblem) -> ObjectKey {
        let (kind, key) = try object()
        if kind != .deployment { throw StepProblem("kind", "must be Deployment") }
        return key
    }
}

struct UndoStep: StepAction, APIStruct {
    var name = ""
    var namespace = ""
    var toRevision: Int?
    static let name = "undo"
    static let summary = "Rolls a Deployment back, as kubectl rollout undo."
    static let fields: Fields<UndoStep> = [
        .f("name", \.name, "Name of the Deployment."), .f("namespace", \.namespace, "Its namespace; default default."),
        .f("toRevision", \.toRevision, "The revision; default the one before the present.", bits: 64),
    ]

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command {
        .undoRollout(ObjectKey(given: namespace, name), toRevision: toRevision ?? 0)
    }
}
