// JSON patches and merge patches, as a value becomes another by them.

import KubernetesAPI

extension JSONValue {
    /// What a JSON merge patch makes of this value.
    /// - Source: RFC 7386.
    public func merged(_ patch: JSONValue) -> JSONValue {
        guard let change = patch.object else { return patch }
        var result = object ?? JSONObject()
        for (name, value) in change.members {
            result[name] = value == .null ? nil : (result[name] ?? .null).merged(value)
        }
        return .object(result)
    }

    /// What a JSON patch makes of this value.
    /// - Throws: 400 for what is no patch, 422 for an operation that cannot be done here.
    /// - Source: RFC 6902.
    public func patched(operations patch: JSONValue) throws(APIError) -> JSONValue {
        guard let operations = patch.array else {
            throw .badRequest("error decoding patch: json: cannot unmarshal \(patch.typeName) into Go value of type []handlers.jsonPatchOp")
        }
        guard operations.count <= 10_000 else {
            throw APIError(
                code: 413, reason: "RequestEntityTooLarge",
                message: "The allowed maximum operations in a JSON patch is 10000, got \(operations.count)")
        }
        var result = self
        for operation in operations {
            let kind = operation["op"]?.string ?? ""
            guard let path = operation["path"]?.string, let steps = Self.pointer(path) else { throw .rejectedPatch }
            func value() throws(APIError) -> JSONValue {
                guard let value = operation["value"] else { throw .rejectedPatch }
                return value
            }
            func source() throws(APIError) -> JSONValue {
                guard let from = operation["from"]?.string, let steps = Self.pointer(from), let value = result.at(steps[...]) else { throw .rejectedPatch }
                return value
            }
            let outcome: JSONValue?
            switch kind {
            case "add": outcome = result.changed(steps[...], .add(try value()))
            case "replace": outcome = result.changed(steps[...], .replace(try value()))
            case "remove": outcome = result.changed(steps[...], .remove)
            case "test": outcome = (result.at(steps[...]) ?? .null) == (operation["value"] ?? .null) ? result : nil
            case "copy": outcome = result.changed(steps[...], .add(try source()))
            case "move":
                let moved = try source()
                guard let from = operation["from"]?.string.flatMap(Self.pointer) else { throw .rejectedPatch }
                outcome = result.changed(from[...], .remove)?.changed(steps[...], .add(moved))
            default: throw .rejectedPatch
            }
            guard let outcome else { throw .rejectedPatch }
            result = outcome
        }
        return result
    }

    private enum Change { case add(JSONValue), replace(JSONValue), remove }

    /// The names and positions of a JSON pointer; nil if it is none.
    private static func pointer(_ text: String) -> [String]? {
        if text.isEmpty { return [] }
        guard text.first == "/" else { return nil }
        return text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { part in
            guard part.contains("~") else { return String(part) }
            var step = ""
            var rest = part
            while let character = rest.popFirst() {
                if character == "~", let next = rest.first, next == "0" || next == "1" {
                    rest.removeFirst()
                    step.append(next == "0" ? "~" : "/")
                } else {
                    step.append(character)
                }
            }
            return step
        }
    }

    private func at(_ steps: ArraySlice<String>) -> JSONValue? {
        guard let step = steps.first else { return self }
        switch self {
        case .object(let object): return object[step]?.at(steps.dropFirst())
        case .array(let elements):
            guard let index = Int(step), elements.indices.contains(index) else { return nil }
            return elements[index].at(steps.dropFirst())
        default: return nil
        }
    }

    /// The value with a change at the end of `steps`; nil if that leads nowhere.
    private func changed(_ steps: ArraySlice<String>, _ change: Change) -> JSONValue? {
        guard let step = steps.first else {
            switch change {
            case .add(let value), .replace(let value): return value
            case .remove: return .null
            }
        }
        let isLast = steps.count == 1
        switch self {
        case .object(var object):
            if isLast {
                switch change {
                case .add(let value): object[step] = value
                case .replace(let value):
                    guard object[step] != nil else { return nil }
                    object[step] = value
                case .remove:
                    guard object[step] != nil else { return nil }
                    object[step] = nil
                }
            } else {
                guard let next = object[step]?.changed(steps.dropFirst(), change) else { return nil }
                object[step] = next
            }
            return .object(object)
        case .array(var elements):
            if isLast, case .add(let value) = change {
                guard let index = step == "-" ? elements.count : Int(step), 0...elements.count ~= index else { return nil }
                elements.insert(value, at: index)
                return .array(elements)
            }
            guard let index = Int(step), elements.indices.contains(index) else { return nil }
            if isLast {
                switch change {
                case .add: break
                case .replace(let value): elements[index] = value
                case .remove: elements.remove(at: index)
                }
            } else {
                guard let next = elements[index].changed(steps.dropFirst(), change) else { return nil }
                elements[index] = next
            }
            return .array(elements)
        default: return nil
        }
    }
}

extension APIError {
    /// 422: a JSON patch that cannot be done; the API server does not say why.
    static let rejectedPatch = APIError(
        code: 422, reason: "Invalid", message: "the server rejected our request due to an error in our request")
}
