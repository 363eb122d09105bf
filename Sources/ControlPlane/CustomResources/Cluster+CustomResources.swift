// What the API server makes of custom objects, and of the definitions of their kinds, that clients write.
//
// Objects of manifests and of the simulation do not go through here: they are kept as they are written.

import KubernetesAPI
import SimulationKit

extension CustomResource {
    /// What the server makes of an object that a client writes: without the fields that the schema does not know, with defaults, valid.
    ///
    /// - Parameters:
    ///   - version: the one that the client speaks.
    ///   - old: the object as it is; nil for a new one.
    ///   - subresource: `status`, or nothing for the object itself: then a status that has its own way in stays as it is.
    ///   - strict: refuse unknown fields.
    ///   - isRatcheting: what an update leaves as it is need not be right.
    /// - Returns: the object to be written, the paths of unknown fields, and what rules say of what stays as it is.
    /// - Throws: 400 for unknown fields if `strict`, 422 for what the schema refuses.
    public func admit(
        _ document: JSONValue, version: Version, over old: CustomObject?, subresource: String = "", strict: Bool = false, isRatcheting: Bool = false
    ) throws(APIError) -> (object: CustomObject, unknown: [String], warnings: [String]) {
        var unknown: [String] = []
        var wanted = document
        if let schema = version.schema { wanted = StructuralSchema(json: schema).pruned(document, &unknown) }
        if strict, !unknown.isEmpty {
            let list = unknown.map { "unknown field \"\($0)\"" }.joined(separator: ", ")
            throw .badRequest("\(kind) in version \"\(version.name)\" cannot be handled as a \(kind): strict decoding error: \(list)")
        }
        if version.hasStatus {
            if subresource == "status", let old {
                let status = wanted["status"]
                let managed = wanted["metadata"]?["managedFields"]
                let resourceVersion = wanted["metadata"]?["resourceVersion"]
                wanted = old.document
                wanted["status"] = status
                wanted["metadata"]?["managedFields"] = managed
                wanted["metadata"]?["resourceVersion"] = resourceVersion
            } else {
                wanted["status"] = old?.content["status"]
            }
        }
        wanted["apiVersion"] = .string("\(group)/\(version.name)")
        wanted["kind"] = .string(kind)
        if let schema = version.schema { wanted = StructuralSchema(json: schema).defaulted(wanted) }
        let object = object(wanted)
        var errors: [FieldError] = []
        var warnings: [String]? = isRatcheting ? [] : nil
        if let schema = version.schema {
            let before = old.map { self.document(of: $0, version: version) }
            StructuralSchema(json: schema).validate(wanted, "", isRoot: true, old: isRatcheting ? before : nil, &errors)
            StructuralSchema(json: schema).validateRules(wanted, old: before, warnings: &warnings, &errors)
        }
        if !errors.isEmpty { throw .invalid(info(version.name), object.metadata.name, errors) }
        // It is kept in the version that is stored, which may know less.
        if !version.isStored, let schema = versions.first(where: \.isStored)?.schema {
            var lost: [String] = []
            let stored = StructuralSchema(json: schema)
            return (self.object(stored.defaulted(stored.pruned(wanted, &lost))), unknown, warnings ?? [])
        }
        return (object, unknown, warnings ?? [])
    }

    /// The object as a client of `version` sees it.
    public func document(of object: CustomObject, version: Version) -> JSONValue {
        var document = object.document
        document["apiVersion"] = .string("\(group)/\(version.name)")
        return version.schema.map { StructuralSchema(json: $0).defaulted(document) } ?? document
    }
}

extension Cluster {
    /// A CustomResourceDefinition as the server keeps it: names filled in, conditions set. Kinds are there as soon as it is written.
    /// - Throws: 422 for a name that is not made of its plural and group, a name without versions, or two versions that are stored.
    public func admit(definition: CustomObject) throws(APIError) -> CustomObject {
        var result = definition
        var spec = result.content["spec"] ?? [:]
        var names = spec["names"] ?? [:]
        let kind = names["kind"]?.string ?? ""
        if names["singular"]?.string ?? "" == "" { names["singular"] = .string(kind.lowercased()) }
        if names["listKind"]?.string ?? "" == "" { names["listKind"] = .string("\(kind)List") }
        spec["names"] = names
        if spec["conversion"] == nil { spec["conversion"] = ["strategy": "None"] }
        result.content["spec"] = spec
        let errors = problems(of: result, spec)
        if !errors.isEmpty { throw .invalid(result.kindInfo, result.metadata.name, errors) }
        result.content["status"] = status(of: result, spec, names)
        return result
    }

    private func problems(of definition: CustomObject, _ spec: JSONValue) -> [FieldError] {
        let old = store.customObjects[definition.key]
        var check = DefinitionCheck(spec, over: old, minor: profile.version.minor)
        if old == nil { check.requireName(definition.metadata.name) }
        check.requireSpec()
        if let old { check.requireUnchanged(old) }
        return check.errors
    }

    private func status(of definition: CustomObject, _ spec: JSONValue, _ names: JSONValue) -> JSONValue {
        let before = definition.content["status"]
        func condition(_ type: String, _ reason: String, _ message: String) -> JSONValue {
            let known = before?["conditions"]?.array?.first { $0["type"]?.string == type && $0["status"] == "True" }
            return known ?? [
                "type": .string(type), "status": "True", "lastTransitionTime": .string(now.rfc3339), "reason": .string(reason),
                "message": .string(message),
            ]
        }
        var stored = before?["storedVersions"]?.array ?? []
        for version in spec["versions"]?.array ?? [] where version["storage"] == true {
            if let name = version["name"], !stored.contains(name) { stored.append(name) }
        }
        return [
            "conditions": [
                condition("NamesAccepted", "NoConflicts", "no conflicts found"),
                condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
            ],
            "acceptedNames": names, "storedVersions": .array(stored),
        ]
    }

    // MARK: Deletion

    private static let cleanup = "customresourcecleanup.apiextensions.k8s.io"

    /// Deletes a CustomResourceDefinition and with it the objects of its kind. While finalizers hold one of them the definition waits;
    /// it goes with the last of them.
    @discardableResult
    public mutating func deleteDefinition(_ name: String, _ options: DeleteOptions = DeleteOptions()) throws(APIError) -> CustomObject {
        let key = Self.definitionKey(name)
        if var definition = store.customObjects[key], !definition.metadata.finalizers.contains(Self.cleanup), CustomResource(definition) != nil {
            definition.metadata.finalizers.append(Self.cleanup)
            store.replace(definition, at: now)
        }
        let last = try delete(CustomObject.self, key, options)
        finishDefinitions()
        return store.customObjects[key] ?? last
    }

    /// Deletes the objects of kinds whose definition is being deleted, and lets go the definitions that have none left.
    private mutating func finishDefinitions() {
        let waiting = store.customObjects.all.filter {
            $0.kindName == "CustomResourceDefinition" && $0.metadata.isTerminating && $0.metadata.finalizers.contains(Self.cleanup)
        }
        for definition in waiting {
            guard let resource = CustomResource(definition) else { continue }
            for object in store.customObjects.all where object.kindName == resource.kind && object.group == resource.group && !object.metadata.isTerminating {
                _ = try? delete(CustomObject.self, object.key)
            }
            finish(definition, resource)
        }
    }

    /// Lets the definition of a kind go that waits for its last object, which has gone.
    mutating func finishDefinition(of object: CustomObject) {
        guard !object.kindInfo.isDefinition, let definition = store.definition(of: object.kindInfo), definition.metadata.isTerminating,
            let resource = CustomResource(definition)
        else { return }
        finish(definition, resource)
    }

    private mutating func finish(_ definition: CustomObject, _ resource: CustomResource) {
        if store.customObjects.all.contains(where: { $0.kindName == resource.kind && $0.group == resource.group }) { return }
        releaseFinalizers(CustomObject.self, definition.key) { $0.removeAll { $0 == Self.cleanup } }
    }
}

extension KindInfo {
    /// Whether this is the kind of CustomResourceDefinitions.
    var isDefinition: Bool { kind == "CustomResourceDefinition" && group == "apiextensions.k8s.io" }
}

extension StoredObject {
    /// Completes a CustomResourceDefinition; nothing for other kinds.
    mutating func admitDefinition(to cluster: Cluster) throws(APIError) {
        guard let definition = self as? CustomObject, definition.kindInfo.isDefinition, let complete = try cluster.admit(definition: definition) as? Self
        else { return }
        self = complete
    }
}
