/// One entry of an Accept header: `application/json;as=Table;v=v1;g=meta.k8s.io`.
struct MediaType: Sendable, Equatable {
    var name: String
    var parameters: [(name: String, value: String)] = []

    static func == (a: MediaType, b: MediaType) -> Bool { a.name == b.name && a.parameters.elementsEqual(b.parameters, by: ==) }
    subscript(_ parameter: String) -> String { parameters.first { $0.name == parameter }?.value ?? "" }

    /// The entries of a header in their order.
    static func list(_ header: String) -> [MediaType] {
        header.split(separator: ",").compactMap { entry in
            let parts = entry.split(separator: ";").map(\.trimmed)
            guard let name = parts.first else { return nil }
            return MediaType(
                name: name.lowercased(),
                parameters: parts.dropFirst().map { part in
                    let equals = part.firstIndex(of: "=") ?? part.endIndex
                    return (part[..<equals].lowercased(), String(part[equals...].dropFirst()))
                })
        }
    }
}

/// How a client wants objects.
struct Representation: Sendable, Equatable {
    enum Form: Sendable, Equatable {
        case whole
        /// Rows of cells; `object` says what of each object comes along.
        case table(version: String)
        case partial(version: String)
    }
    var form = Form.whole
    var isYAML = false

    var contentType: String {
        let base = isYAML ? "application/yaml" : "application/json"
        return base
    }

    /// The first of the accepted representations that is served; nil if none is.
    /// - Parameter transforms: whether the answer is of objects, which can be tables.
    static func chosen(accept: String?, transforms: Bool) -> Result<Representation, Refusal> {
        let accepted = MediaType.list(accept ?? "")
        if accepted.isEmpty { return .success(Representation()) }
        var isTransformRefused = false
        for type in accepted {
            let isYAML = type.name == "application/yaml"
            guard isYAML || ["application/json", "*/*", "application/*"].contains(type.name) else { continue }
            let wanted = type["as"]
            if wanted.isEmpty { return .success(Representation(form: .whole, isYAML: isYAML)) }
            guard transforms, type["g"] == "meta.k8s.io", ["v1", "v1beta1"].contains(type["v"]) else {
                isTransformRefused = true
                continue
            }
            switch wanted {
            case "Table": return .success(Representation(form: .table(version: type["v"]), isYAML: isYAML))
            case "PartialObjectMetadata", "PartialObjectMetadataList":
                return .success(Representation(form: .partial(version: type["v"]), isYAML: isYAML))
            default: isTransformRefused = true
            }
        }
        let types = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
        if isTransformRefused {
            return .failure(
                Refusal(.init(code: 406, reason: "NotAcceptable", message: "only the following media types are accepted: \(types)"), details: false))
        }
        return .failure(
            Refusal(.init(code: 406, reason: "NotAcceptable", message: "406: Not Acceptable\n\nAvailable representations: \(types)"), details: true))
    }
}
