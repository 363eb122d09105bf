// The expectation `condition`.
import ControlPlane
import KubernetesAPI

struct ConditionExpectation: Claim {
    var kind = ""
    var name = ""
    var namespace = ""
    var type = ""
    var status = ""
    var reason: String?
    static let name = "condition"
    static let summary = "A condition of an object."
    static let fields: Fields<ConditionExpectation> = [
        .f("kind", \.kind, "Kind of the object."), .f("name", \.name, "Its name."),
        .f("namespace", \.namespace, "Its namespace; default default."), .f("type", \.type, "Type of the condition."),
        .f("status", \.status, "True, False, Unknown or absent."), .f("reason", \.reason, "Its reason, if that matters."),
    ]

    var faults: [(field: String, message: String)] {
        ["True", "False", "Unknown", "absent"].contains(status) ? [] : [("status", "must be True, False, Unknown or absent, not \"\(status)\"")]
    }

    func difference(in simulation: Simulation) -> String? {
        do throws(Difference) {
            let (object, title) = try object(kind, namespace, name, in: simulation.cluster)
            let found = object.conditions[type]
            let status = found?.status ?? "absent"
            if status != self.status { return "condition \(type) of \(title) is \(status), expected \(self.status)" }
            if let reason, found?.reason != reason { return "condition \(type) of \(title) has reason \(found?.reason ?? ""), expected \(reason)" }
            return nil
        } catch {
            return error.text
        }
    }

    func evidence(in simulation: Simulation) -> [String] {
        guard let (object, _) = try? object(kind, namespace, name, in: simulation.cluster) else { return [] }
        let conditions = object.conditions.map { condition in
            "found: \(condition.type) \(condition.status)" + (condition.reason.isEmpty ? "" : ", \(condition.reason)")
                + (condition.message.isEmpty ? "" : ": \(condition.message)")
        }
        if let pod = object as? Pod { return conditions + PodEvidence.lines([pod], in: simulation) }
        return conditions
    }
}
