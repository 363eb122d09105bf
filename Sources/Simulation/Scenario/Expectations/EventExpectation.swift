// The expectation `event`.
import ControlPlane
import KubernetesAPI

struct EventExpectation: Claim {
    var reason = ""
    var kind: String?
    var name: String?
    var message: String?
    var atLeast: Int?
    var atMost: Int?
    static let name = "event"
    static let summary = "How often an event was recorded since the start."
    static let fields: [Field<EventExpectation>] = [
        .f("reason", \.reason, "Its reason."), .f("kind", \.kind, "Only about objects of this kind."),
        .f("name", \.name, "Only about the object of this name."),
        .f("message", \.message, "Only with this in the message."),
        .f("atLeast", \.atLeast, "At least this often; default 1 without atMost."), .f("atMost", \.atMost, "At most this often."),
    ]

    var faults: [(field: String, message: String)] { [] }

    func difference(in simulation: Simulation) -> String? {
        // Counted over Event objects, so that repeats count and the hour's limit is Kubernetes' own.
        var count = 0
        for row in simulation.cluster.store.events.rows {
            guard let row, row.reason == reason, kind.map({ $0 == row.involvedObject.kind }) ?? true,
                name.map({ $0 == row.involvedObject.name }) ?? true, message.map({ row.message.contains($0) }) ?? true
            else { continue }
            count += max(1, row.count)
        }
        if let most = atMost, count > most { return "\(count) events \(reason), expected at most \(most)" }
        let least = atLeast ?? (atMost == nil ? 1 : 0)
        return count < least ? "\(count) events \(reason), expected at least \(least)" : nil
    }
}
