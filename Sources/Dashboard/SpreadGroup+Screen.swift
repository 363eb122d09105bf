import ControlPlane
import KubernetesAPI
import Scheduling

// What screens ask of a constraint group beyond what the scheduler's view of it says.
extension SpreadGroup {
    /// Tells a group from all others, and is the same as long as the rule is.
    var id: String {
        "\(namespace)/\(ownerKind)/\(ownerName)/\(topologyKey)/\(isHard)/\(maxSkew)/\(minDomains ?? 0)/\(honorsAffinity)/\(honorsTaints)/\(selector)\(scheduler == "default-scheduler" ? "" : "/\(scheduler)")"
    }
    var ownerKind: String { owners.first?.kind ?? "" }
    var ownerName: String { owners.first?.name ?? selector }
    var workload: Workload { Workload(kind: ownerKind, namespace: namespace, name: ownerName) }
    var isViolated: Bool { violatedNow }
    var isAtLimit: Bool { isHard && isEnforced && domains.contains { !$0.takesNext } }
    var whenUnsatisfiable: String { isHard ? "DoNotSchedule" : "ScheduleAnyway" }
}
