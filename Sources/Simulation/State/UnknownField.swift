// Fields of a state that this program does not know: kept beside the objects, and given back where they were.

import ControlPlane
import KubernetesAPI

/// A field that an object of a state had and that is not known here.
struct UnknownField: Sendable {
    /// The way to it: names of members, and elements of lists, which are found by their `name` or `type` where they have one.
    private enum Step: Sendable {
        case member(String)
        case element(Int, key: String, value: String)
    }
    private var steps: [Step] = []
    private var value: JSONValue

    /// - Parameter path: as `spec.containers[0].extra`. Nil if nothing is there.
    init?(_ path: String, in document: JSONValue) {
        guard let value = document.value(at: path) else { return nil }
        self.value = value
        var here = document
        for step in JSONValue.steps(path) {
            if let elements = here.array, let index = Int(step), elements.indices.contains(index) {
                here = elements[index]
                let key = ["name", "type"].first { here[$0]?.string != nil } ?? ""
                steps.append(.element(index, key: key, value: here[key]?.string ?? ""))
            } else {
                steps.append(.member(step))
                here = here[step] ?? .null
            }
        }
    }

    /// `document` with the field, unless what it was in is gone or the field is there.
    func added(to document: JSONValue) -> JSONValue { Self.added(value, at: steps[...], to: document) }

    private static func added(_ value: JSONValue, at steps: ArraySlice<Step>, to json: JSONValue) -> JSONValue {
        guard let step = steps.first else { return value }
        switch (step, json) {
        case (.member(let name), .object(var object)):
            if let inner = object[name] {
                if steps.count > 1 { object[name] = added(value, at: steps.dropFirst(), to: inner) }
            } else if steps.count == 1 {
                object[name] = value
            }
            return .object(object)
        case (.element(let index, let key, let name), .array(var elements)):
            guard let place = key.isEmpty ? index : elements.firstIndex(where: { $0[key]?.string == name }), elements.indices.contains(place) else {
                return json
            }
            elements[place] = added(value, at: steps.dropFirst(), to: elements[place])
            return .array(elements)
        default: return json
        }
    }
}

extension Simulation {
    /// The whole object as JSON as clients see it, with the fields that an opened state had and that are not known here.
    public func document(of object: any StoredObject) -> JSONValue {
        var document = (unknownFields[object.metadata.uid] ?? []).reduce(cluster.document(of: object)) { $1.added(to: $0) }
        if let version = mirroredVersion(of: object), var whole = document.object, var metadata = whole["metadata"]?.object {
            metadata["resourceVersion"] = .string("\(version)")
            whole["metadata"] = .object(metadata)
            document = .object(whole)
        }
        return document
    }
}
