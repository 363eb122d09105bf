import KubernetesAPI

/// Turns a document (from JSON or YAML) into an object: of its own type where the kind has one, else a
/// ``CustomObject``. The object is as written: not defaulted, not validated.
///
/// - Parameter strict: refuse fields that the kind does not have, as `fieldValidation=Strict` does;
///   otherwise they are left out.
/// - Returns: a refusal with code 400 if the document has no kind, a field has the wrong type, a quantity
///   cannot be read, or (if strict) a field is unknown; the API server's text.
public func decodeObject(_ json: JSONValue, strict: Bool = true) -> Result<any StoredObject, APIError> {
    decodeObject(json, unknownFields: { strict ? cannotHandle($0, $1, "strict decoding error: " + $2.joined(separator: ", ")) : nil })
}

/// The same; `unknownFields` hears kind, version and what the kind does not know (`unknown field "spec.foo"`), if anything, and may
/// refuse the object for it.
func decodeObject(
    _ json: JSONValue, unknownFields: (_ kind: String, _ apiVersion: String, _ problems: [String]) -> APIError?
) -> Result<any StoredObject, APIError> {
    guard let document = json.object else {
        return .failure(
            .badRequest("the object provided is unrecognized (must be an object, not \(json.typeName))"))
    }
    guard let kind = document["kind"]?.string, !kind.isEmpty else {
        return .failure(.badRequest("Object 'Kind' is missing in '\(json.text())'"))
    }
    guard let apiVersion = document["apiVersion"]?.string, !apiVersion.isEmpty else {
        return .failure(.badRequest("Object 'apiVersion' is missing in '\(json.text())'"))
    }
    let type = ObjectStore.type(of: KindInfo.typed(apiVersion: apiVersion, kind: kind)?.type ?? .custom)
    return decode(type, document, apiVersion, unknownFields)
}

private func decode<O: StoredObject>(
    _ type: O.Type, _ document: JSONObject, _ apiVersion: String, _ unknownFields: (String, String, [String]) -> APIError?
) -> Result<any StoredObject, APIError> {
    let kind = document["kind"]?.string ?? ""
    var decoder = APIDecoder()
    let object = O(document: document, &decoder)
    var unknown: [String] = []
    for problem in decoder.problems {
        switch problem.kind {
        case .unknownField: unknown.append("unknown field \"\(problem.path)\"")
        case .wrongType(let expected, let found):
            let version = String(apiVersion.split(separator: "/").last ?? "")
            let words = GoTypeProblem(in: type, version: version, path: problem.path, found: found)?.text
            return .failure(cannotHandle(kind, apiVersion, words ?? "json: cannot unmarshal \(found) into \(problem.path): expected \(expected)"))
        case .invalid(let why): return .failure(cannotHandle(kind, apiVersion, why))
        }
    }
    if !unknown.isEmpty, let refusal = unknownFields(kind, apiVersion, unknown) { return .failure(refusal) }
    return .success(object)
}

func cannotHandle(_ kind: String, _ apiVersion: String, _ why: String) -> APIError {
    let version = apiVersion.split(separator: "/").last ?? ""
    return .badRequest("\(kind) in version \"\(version)\" cannot be handled as a \(kind): \(why)")
}
