import ControlPlane
import KubernetesAPI
import Manifests

// What `kubectl apply` and `kubectl edit` do. Both are work of the client: it asks for the object, sees what is to change
// and sends that; the API server has the last word.
extension Simulation {
    /// Where an object keeps the manifest that it was applied from, so that the next one may take things away.
    static let lastApplied = AnnotationKey.lastApplied

    /// Creates what `manifest` describes, or changes the object that is there by a three-way merge.
    mutating func apply(_ manifest: JSONValue) throws(APIError) -> String {
        try apply(decodeObject(manifest).get(), manifest)
    }

    /// Applies `object` as read from `manifest`.
    mutating func apply<O: StoredObject>(_ object: O, _ manifest: JSONValue) throws(APIError) -> String {
        var object = object
        if object.metadata.name.isEmpty, !object.metadata.generateName.isEmpty { throw .badRequest("cannot use generate name with apply") }
        if !object.kindInfo.isNamespaced {
            object.metadata.namespace = ""
        } else if object.metadata.namespace.isEmpty {
            object.metadata.namespace = "default"
        }
        let info = object.kindInfo
        var modified = O.kind == .custom ? manifest : manifest.inServedVersion
        if O.kind != .custom { modified["apiVersion"] = .string(info.apiVersion) }
        modified["metadata"]?["namespace"] = info.isNamespaced ? .string(object.metadata.namespace) : nil
        var annotations = modified["metadata"]?["annotations"]?.object ?? [:]
        annotations[AnnotationKey.lastApplied] = nil
        modified["metadata"]?["annotations"] = .object(annotations)
        let text = Self.record(modified)
        annotations[AnnotationKey.lastApplied] = .string(text)
        modified["metadata"]?["annotations"] = .object(annotations)

        guard let present = cluster.store.get(O.self, object.key) else {
            object.metadata.annotations[AnnotationKey.lastApplied] = text
            let made = try cluster.create(object)
            return "\(label(made)) created"
        }
        let before = present.metadata.annotations[AnnotationKey.lastApplied].flatMap {
            ManifestReader.read(text: $0, file: "", whole: true).documents.first?.json
        }
        let live = present.document
        let merged = live.applying(modified, over: before.map(\.inServedVersion), MergeRules(info))
        if merged.says(live) { return "\(label(present)) unchanged" }
        guard var new = try decodeObject(merged).get() as? O else { throw .badRequest("the object has another kind") }
        new.keepStatus(of: present)
        try cluster.update(new)
        return "\(label(present)) configured"
    }

    /// Brings in an object of the files that the cluster starts with: applied, unless it was taken from a cluster, where it has
    /// a history of its own. What every cluster has from the start takes over what the manifest says.
    mutating func start(_ object: any StoredObject, from manifest: JSONValue) -> Result<Receipt, APIError> {
        let meta = object.metadata
        let hasHistory = !meta.uid.isEmpty || meta.resourceVersion != 0 || meta.annotations[AnnotationKey.lastApplied] != nil
        func isStored<O: StoredObject>(_ object: O) -> Bool { cluster.store.get(O.self, object.key) != nil }
        let isThere = isStored(object)
        defer { keepGivenStatus(of: object) }
        do throws(APIError) {
            if !isThere, hasHistory || meta.name.isEmpty { return .success(Receipt(try create(object))) }
            var manifest = manifest
            if hasHistory { manifest = object.manifest }
            return .success(Receipt(try apply(object, manifest)))
        } catch {
            return .failure(error)
        }
    }

    /// A pod's status as its manifest has it, where nothing simulated owns it: of one that is over all of it, of others the
    /// conditions that somebody else sets, such as those of readiness gates.
    private mutating func keepGivenStatus(of object: any StoredObject) {
        guard let pod = object as? Pod else { return }
        let given = pod.status.value
        let owned = [
            ConditionType.podScheduled, "PodReadyToStartContainers", ConditionType.initialized, ConditionType.containersReady, ConditionType.ready,
            ConditionType.podResizePending, ConditionType.podResizeInProgress,
            ConditionType.disruptionTarget,
        ]
        let others = given.conditions.filter { !owned.contains($0.type) }
        guard pod.isFinished || !others.isEmpty else { return }
        let key = ObjectKey(namespace: pod.namespace.isEmpty ? "default" : pod.namespace, name: pod.name)
        cluster.modify(Pod.self, key) { pod in
            let qualityOfService = pod.status.qosClass
            if given.phase == .succeeded || given.phase == .failed { pod.status = Shared(given) } else { pod.status.conditions += others }
            pod.status.qosClass = qualityOfService
        }
    }

    /// Puts an edited object in the place of the one that is there.
    mutating func edit<O: StoredObject>(_ object: O) throws(APIError) -> String {
        var object = object
        if object.kindInfo.isNamespaced, object.metadata.namespace.isEmpty { object.metadata.namespace = "default" }
        guard let present = cluster.store.get(O.self, object.key) else { throw .notFound(object.kindInfo, object.metadata.name) }
        object.keepStatus(of: present)
        let written = try cluster.update(object)
        return "\(label(written)) \(written.metadata.resourceVersion == present.metadata.resourceVersion ? "unchanged" : "edited")"
    }

    /// The manifest on one line with its members in order, in the signs that Go's JSON has for `<`, `>` and `&`.
    private static func record(_ manifest: JSONValue) -> String {
        var text = manifest.sorted.text() + "\n"
        for (sign, escape) in [("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")] where text.contains(sign) {
            text = text.replacing(sign, with: escape)
        }
        return text
    }
}

extension StoredObject {
    /// The manifest that would make this object: without status and what only the system writes.
    var manifest: JSONValue {
        var document = document
        document["status"] = nil
        for field in ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"] { document["metadata"]?[field] = nil }
        document["metadata"]?["annotations"]?[AnnotationKey.lastApplied] = nil
        return document
    }
}

extension JSONValue {
    /// The members of all objects sorted by name.
    fileprivate var sorted: JSONValue {
        switch self {
        case .object(var object):
            object.members = object.members.map { ($0.key, $0.value.sorted) }.sorted { $0.0 < $1.0 }
            return .object(object)
        case .array(let elements): return .array(elements.map(\.sorted))
        default: return self
        }
    }

    /// Whether this object says what `other` does: an empty object is no more than none, as the API server writes many.
    fileprivate func says(_ other: JSONValue) -> Bool {
        switch (self, other) {
        case (.object(let a), .object(let b)):
            let empty = JSONValue.object(JSONObject())
            return a.members.allSatisfy { $0.value.says(b[$0.key] ?? empty) } && b.members.allSatisfy { a[$0.key] != nil || $0.value == empty }
        case (.array(let a), .array(let b)): return a.count == b.count && zip(a, b).allSatisfy { $0.says($1) }
        default: return self == other
        }
    }
}
