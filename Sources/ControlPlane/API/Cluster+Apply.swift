// Server-side apply, and whose writes are noted in `managedFields`.

import KubernetesAPI

extension Cluster {
    /// The client of a write as the owner of what it sets.
    func manager(of write: APIWrite) -> FieldManager {
        FieldManager(
            write.fieldManager.isEmpty ? "unknown" : write.fieldManager, apiVersion: write.apiVersion, subresource: write.subresource,
            rules: fieldRules(write.info), hasStatus: write.hasStatus, now: now)
    }

    /// What is to be written when a client applies `config`, and the object as it is; nil for the document if nothing would change.
    func applied(_ config: JSONValue, force: Bool, _ write: APIWrite) throws(APIError) -> (document: JSONValue?, old: (any StoredObject)?) {
        guard let members = config.object, config["metadata"]?.object != nil || config["metadata"] == nil else {
            throw .badRequest("error decoding YAML: the object provided must be a map")
        }
        if let fields = config["metadata"]?["managedFields"], fields != .null { throw .badRequest("metadata.managedFields must be nil") }
        try requireDeclared(members, write)
        let old = store.object(write.info.type, write.key)
        if old == nil, !write.subresource.isEmpty { throw .notFound(write.info, write.name) }
        // Who names an identity means an object that was there.
        if old == nil, let uid = config["metadata"]?["uid"]?.string, !uid.isEmpty {
            throw .conflict(write.info, write.name, "uid mismatch: the provided object specified uid \(uid), and no existing object was found")
        }
        let manager = manager(of: write)
        return (try manager.applied(config, to: old?.document.inVersion(write.apiVersion), force: force), old)
    }

    /// Refuses fields that the kind does not have: nobody could own them.
    private func requireDeclared(_ config: JSONObject, _ write: APIWrite) throws(APIError) {
        var members = config
        members["apiVersion"] = .string(write.apiVersion)
        members["kind"] = .string(write.info.kind)
        var unknown: [String] = []
        if let (_, version) = definedVersion(write) {
            unknown = version.unknownFields(.object(members))
        } else if write.info.type == .custom {
            unknown = KeptReading(.object(members))?.unknown ?? []
        } else {
            _ = decodeObject(JSONValue.object(members).inVersion(write.info.apiVersion)) { _, _, problems in
                unknown = problems.map { String($0.dropFirst("unknown field \"".count).dropLast()) }
                return nil
            }
        }
        var problems = unknown.map { ".\($0): field not declared in schema" }
        let rules = fieldRules(write.info)
        if let wrong = wrongType(in: .object(members), write, rules) { problems.append(wrong) }
        rules.collectProblems(of: .object(config), [], "", &problems)
        guard let first = problems.first else { return }
        let metadata = config["metadata"]
        let name = "\(metadata?["namespace"]?.string ?? "")/\(metadata?["name"]?.string ?? write.name)"
        let list = problems.count == 1 ? " \(first)" : " errors:\n" + problems.map { "  \($0)" }.joined(separator: "\n")
        throw APIError(
            code: 500, reason: "", message: "failed to create typed patch object (\(name); \(write.apiVersion), Kind=\(write.info.kind)):\(list)")
    }

    /// The first value of another type than its field, as the schema for applied objects has it; nil for a kind of a definition.
    /// - Source: sigs.k8s.io/structured-merge-diff/v6, typed/validate.go
    private func wrongType(in document: JSONValue, _ write: APIWrite, _ rules: FieldRules) -> String? {
        guard let problem = goTypeProblem(in: document.inVersion(write.info.apiVersion)), let value = document.value(at: problem.path) else { return nil }
        let place = rules.text(of: problem.path, in: document)
        switch problem.type {
        case "string": return "\(place): expected string, got &value.valueUnstructured{Value:\(value.goSyntax)}"
        case "bool": return "\(place): expected boolean, got &{\(value.goText)}"
        case let type where type.hasPrefix("int"): return "\(place): expected numeric (int or float), got \(value.goTypeName)"
        case let type where type.hasPrefix("[]"): return "\(place): expected list, got &{\(value.goText)}"
        default: return "\(place): expected map, got &{\(value.goText)}"
        }
    }

    /// The definition of the kind of a write, and the version that the client speaks; nil for Kubernetes' own kinds.
    func definedVersion(_ write: APIWrite) -> (resource: CustomResource, version: CustomResource.Version)? {
        guard write.info.type == .custom, let resource = customResource(group: write.info.group, plural: write.info.plural),
            let version = resource.version(String(write.apiVersion.split(separator: "/").last ?? ""))
        else { return nil }
        return (resource, version)
    }
}

extension CustomResource.Version {
    /// The paths of fields that the schema does not know.
    func unknownFields(_ document: JSONValue) -> [String] {
        var unknown: [String] = []
        if let schema { _ = StructuralSchema(json: schema).pruned(document, &unknown) }
        return unknown
    }
}
