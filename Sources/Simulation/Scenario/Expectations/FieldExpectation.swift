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
    static let fields: Fields<FieldExpectation> = [
        .f("kind", \.kind, "Kind of the object."), .f("name", \.name, "Its name."),
        .f("namespace", \.namespace, "Its namespace; default default."),
        .f("path", \.path, "The field, such as status.desiredReplicas or spec.template.spec.containers[0].image."),
        .f("equals", \.equals, "Exactly this."), .f("atLeast", \.atLeast, "A number of at least this; absent counts as 0.", bits: 64),
        .f("atMost", \.atMost, "A number of at most this; absent counts as 0.", bits: 64),
    ]

    var faults: [(field: String, message: String)] {
        var faults: [(field: String, message: String)] = []
        if equals == nil, atLeast == nil, atMost == nil { faults.append(("", "needs equals, atLeast or atMost")) }
        // What is absent counts as 0: a slip in the path would hold for ever.
        if let info = KindInfo.find(kind), info.type != .custom, let wrong = Self.unknownStep(of: path, in: ObjectStore.type(of: info.type)) {
            faults.append(("path", "\(info.kind) has no field \(wrong)"))
        }
        return faults
    }

    /// The part of a path up to the first step that names no field; nil if all do.
    private static func unknownStep(of path: String, in root: any APIStruct.Type) -> String? {
        func field<S: APIStruct>(_ name: String, _ type: S.Type) -> (isThere: Bool, structure: (any APIStruct.Type)?) {
            let field = type.fields.first { $0.name == name }
            return (field != nil, field?.structure)
        }
        var type: any APIStruct.Type = root
        var seen: [String] = []
        for step in JSONValue.steps(path) where Int(step) == nil {
            seen.append(step)
            if seen == ["apiVersion"] || seen == ["kind"] { return nil }
            let (isThere, structure) = field(step, type)
            if !isThere { return seen.joined(separator: ".") }
            // Below are keys of a map, or nothing.
            guard let structure else { return nil }
            type = structure
        }
        return nil
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
