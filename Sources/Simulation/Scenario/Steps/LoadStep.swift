// The action `load`.
import ControlPlane
import Kubelets
import KubernetesAPI

struct LoadStep: ObjectStep {
    var kind = ""
    var name = ""
    var namespace = ""
    var cpu: Quantity?
    var memory: Quantity?
    static let name = "load"
    static let summary = "Sets the usage of each pod of a workload from now on."
    static let fields =
        objectFields("Deployment, StatefulSet, DaemonSet, ReplicaSet, Job or Pod.") + [
            .f("cpu", \.cpu, "CPU of each pod from now on."), .f("memory", \.memory, "Memory of each pod from now on."),
        ]

    func command(_ options: SimulationOptions) throws(StepProblem) -> Command {
        let (kind, key) = try object()
        var faults: [(field: String, message: String)] = []
        if let cpu, !Load.range.contains(cpu.milliValue) { faults.append(("cpu", "must be from 0 to 9007199254740 cores, not \(cpu)")) }
        if let memory, !Load.range.contains(memory.value) { faults.append(("memory", "must be from 0 to 8Pi, not \(memory)")) }
        if !faults.isEmpty { throw StepProblem(faults) }
        return .load(kind, key, cpu: cpu, memory: memory)
    }
}
