// Tables of groups of pods and the plans that they are made from.
// - Source: Kubernetes v1.36 `pkg/printers/internalversion/printers.go`; gang-scheduling.md §2.3.

import ControlPlane
import KubernetesAPI

extension KindPrinter {
    static let workload = KindPrinter(SchedulingWorkload.self, [.name, .age]) { object, cluster in [object.name, object.age(cluster)] }

    static let podGroup = KindPrinter(
        PodGroup.self, [.name, TableColumn("POLICY"), TableColumn("WORKLOAD"), TableColumn("STATUS"), .age]
    ) { object, cluster in
        [
            object.name, object.isGang ? "Gang" : "Basic", (object.spec.workloadRef?.workloadName ?? "").or("<none>"),
            object.statusText(cluster.profile), object.age(cluster),
        ]
    }
}

extension PodGroup {
    /// What `kubectl get podgroups` says of the group.
    public func statusText(_ profile: KubernetesProfile) -> String {
        if let disruption = conditions[ConditionType.disruptionTarget], disruption.isTrue { return disruption.reason }
        guard let scheduled = conditions[profile.podGroupScheduledCondition] else { return "Pending" }
        return scheduled.isTrue ? "Scheduled" : "Unschedulable"
    }
}
