// The expectation `field`.
import ControlPlane
import KubernetesAPI

struct FieldExpectation: Claim {
    var kind = ""
    var name = ""
    var namespace = ""
    var path = ""
    var equals: JSONValue?
    var atLeast: Int?
    var atMost: Int?
    static let name = "field"
    static let summary = "A field of an object."
    static let fields: [Field<FieldExpectation>] = [
        .f("kind", \.kind, "Kind of the object."), .f("name", \.name, "Its name."),
        .f("namespace", \.namespace, "Its namespace; default default."),
        .f("path", \.path, "The field, such as status.desiredReplicas or spec.template.spec.containers[0].image."),
        .f("equals", \.equals, "Exactly this."), .f("atLeast", \.atLeast, "A number of at least this; absent counts as 0.", bits: 64),
        .f("atMost", \.atMost, "A number of at most this; absent counts as 0.", bits: 64),
    ]

    var faults: [(field: String, message: String)] {
        equals == nil && atLeast == nil && atMost == nil ? [("", "needs equals, atLeast or atMost")] : []
    }

    func difference(in simulation: Simulation) -> String? {
        do throws(Difference) {
            let (object, title) = try object(kind, namespace, name, in: simulation.cluster)
            let found = simulation.cluster.document(of: object).value(at: path)
            let what = "\(path) of \(title) is \(found?.text() ?? "absent")"
            if let equals, found != equals { return "\(what), expected \(equals.text())" }
            if atLeast == nil, atMost == nil { return nil }
            guard let number = found.map({ $0.int }) ?? 0 else { return "\(what), which is no whole number" }
            if let atLeast, number < atLeast { return "\(what), expected at least \(atLeast)" }
            if let atMost, number > atMost { return "\(what), expected at most \(atMost)" }
            return nil
        } catch {
            return error.text
        }
    }
}
