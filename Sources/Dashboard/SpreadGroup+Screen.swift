import ControlPlane
import KubernetesAPI
import Scheduling

// What screens ask of a constraint group beyond what the scheduler's view of it says.
extension SpreadGroup {
    var ownerKind: String { owners.first?.kind ?? "" }
    var workload: Workload { Workload(kind: ownerKind, namespace: namespace, name: ownerName) }
    var isViolated: Bool { violatedNow }
    var isAtLimit: Bool { isHard && isEnforced && domains.contains { !$0.takesNext } }
    var whenUnsatisfiable: String { isHard ? "DoNotSchedule" : "ScheduleAnyway" }
}

extension SpreadOutline {
    var workload: Workload { Workload(kind: owner?.kind ?? "", namespace: namespace, name: ownerName) }
}
