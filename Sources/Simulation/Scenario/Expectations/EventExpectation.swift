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
    var matchesNothing = false
    static let name = "event"
    static let summary = "How often an event was recorded since the start."
    static let fields: Fields<EventExpectation> = [
        .f("reason", \.reason, "Its reason."), .f("kind", \.kind, "Only about objects of this kind."),
        .f("name", \.name, "Only about the object of this name."),
        .f("message", \.message, "Only with this in the message."),
        .f("atLeast", \.atLeast, "At least this often; default 1 without atMost."), .f("atMost", \.atMost, "At most this often."),
        matchesNothing(\.matchesNothing),
    ]

    var faults: [(field: String, message: String)] {
        var faults: [(field: String, message: String)] = []
        if !EventReasons.all.contains(reason), !matchesNothing {
            let near = nearest(reason, among: EventReasons.all).map { "; nearest: \($0)" } ?? ""
            faults.append(("reason", "no event has the reason \"\(reason)\"\(near)"))
        }
        if let kind, KindInfo.all.allSatisfy({ $0.kind != kind }), !matchesNothing { faults.append(("kind", "no kind is called \(kind)")) }
        return faults
    }

    func absence(in simulation: Simulation) -> String? {
        guard let name, !matchesNothing else { return nil }
        let store = simulation.cluster.store
        let isTold = store.events.rows.contains {
            $0.map { $0.involvedObject.name == name && kind ?? $0.involvedObject.kind == $0.involvedObject.kind } ?? false
        }
        let kinds = Kind.allCases.filter { $0 != .event && (kind == nil || $0.rawValue == kind) }
        if isTold || kinds.contains(where: { store.objects($0).contains { $0.metadata.name == name } }) { return nil }
        return "no \(kind ?? "object") is called \(name)"
    }

    func evidence(in simulation: Simulation) -> [String] {
        var texts: [(text: String, count: Int)] = []
        for case let event? in simulation.cluster.store.events.rows where event.reason == reason {
            let text = "\(event.involvedObject.kind) \(event.involvedObject.name): \(event.message)"
            if let known = texts.firstIndex(where: { $0.text == text }) { texts[known].count += event.count } else { texts.append((text, max(1, event.count))) }
        }
        return texts.prefix(5).map { "found: \($0.text) (\($0.count))" } + (texts.count > 5 ? ["found: \(texts.count - 5) more"] : [])
    }

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
