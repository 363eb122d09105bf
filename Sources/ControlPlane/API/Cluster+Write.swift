// What the API server does with a client's write of any kind.

import KubernetesAPI
import SimulationKit

extension Cluster {
    /// Does what a client asks. A refused write leaves everything as it was.
    public mutating func perform(_ write: APIWrite) -> Result<APIWritten, APIError> {
        // What is refused must not even change the names that chance gives next.
        let names = names
        defer { writer = nil }
        do throws(APIError) {
            return .success(try performed(write))
        } catch {
            self.names = names
            return .failure(error)
        }
    }

    private mutating func performed(_ write: APIWrite) throws(APIError) -> APIWritten {
        if case .patch(.apply, let config, let force) = write.action { return try apply(config, force: force, write) }
        writer = manager(of: write)
        switch write.action {
        case .create(let document): return try create(document, write)
        case .update(let document):
            guard let old = store.object(write.info.type, write.key) else { throw .notFound(write.info, write.name) }
            return try put(document, write, over: old)
        case .patch(let type, let document, _): return try patch(type, document, write)
        case .delete(let options): return try delete(write, options)
        case .evict(let options):
            guard let pod = store.pods[write.key] else { throw .notFound(write.info, write.name) }
            try restrictNode(write, old: pod, new: nil)
            try evict(pod: write.key, options)
            return APIWritten(pod)
        case .bind(let binding):
            guard let pod = store.pods[write.key] else { throw .notFound(write.info, write.name) }
            let node = binding["target"]?["name"]?.string ?? ""
            if node.isEmpty {
                throw .invalid(KindInfo.binding, write.name, [FieldError(.required, "target.name", "")])
            }
            try bind(pod: write.key, uid: binding["metadata"]?["uid"]?.string ?? pod.metadata.uid, to: node)
            return APIWritten(store.pods[write.key] ?? pod, isNew: true)
        }
    }

    private mutating func apply(_ config: JSONValue, force: Bool, _ write: APIWrite) throws(APIError) -> APIWritten {
        if write.subresource == "scale" { return try applyScale(config, force: force, write) }
        let (document, old) = try applied(config, force: force, write)
        guard let old else { return try create(document ?? config, write) }
        guard let document else { return APIWritten(old) }
        return try put(document, write, over: old)
    }

    // MARK: Creating

    private mutating func create(_ document: JSONValue, _ write: APIWrite) throws(APIError) -> APIWritten {
        var warnings: [String] = []
        let object = try decoded(document, write, &warnings)
        try restrictNode(write, old: nil, new: object)
        func create<O: StoredObject>(_ object: O, _ cluster: inout Cluster) throws(APIError) -> any StoredObject {
            var object = object
            object.metadata.resourceVersion = 0
            object.protectStorage()
            // Nodes come with what their kubelets say of them.
            if write.hasStatus, O.kind != .node { object.dropStatus() }
            try object.admitDefinition(to: cluster)
            if let service = object as? Service { try cluster.requireServable(service, over: nil) }
            return try cluster.create(object)
        }
        let written = try create(object, &self)
        // Events of clients are kept no longer than others.
        if let event = written as? Event, let slot = store.events.slot(of: event.key) {
            eventRecorder.expire(slot, number: eventRecorder.next(), at: now + settings.eventTimeToLive)
        }
        return APIWritten(written, isNew: true, warnings: warnings + object.warnings + podSecurityWarnings(written))
    }

    /// The object of a document in the client's version, in the namespace of the request.
    private func decoded(_ document: JSONValue, _ write: APIWrite, _ warnings: inout [String]) throws(APIError) -> any StoredObject {
        let info = write.info
        guard var members = document.object else {
            throw .badRequest("the object provided is unrecognized (must be of type \(info.kind)): must be an object, not \(document.typeName)")
        }
        let version = String(write.apiVersion.split(separator: "/").last ?? "")
        if let kind = members["kind"]?.string, !kind.isEmpty, kind != info.kind {
            let found = (members["apiVersion"]?.string ?? "").split(separator: "/").last ?? ""
            throw .badRequest(
                "\(kind) in version \"\(found)\" cannot be handled as a \(info.kind): converting (\(found).\(kind)) to "
                    + "(\(info.group.isEmpty ? "core" : info.group.prefix { $0 != "." }).\(info.kind)): unknown conversion")
        }
        if let found = members["apiVersion"]?.string, !found.isEmpty, found != write.apiVersion {
            throw .badRequest(
                "the API version in the data (\(found)) does not match the expected API version (\(write.apiVersion))")
        }
        members["apiVersion"] = .string(write.apiVersion)
        members["kind"] = .string(info.kind)
        var unknown: [String] = write.duplicates.map { "duplicate field \"\($0)\"" }
        var client: JSONValue = .object(members)
        if let (resource, version) = definedVersion(write) {
            let (object, paths, kept) = try resource.admit(
                client, version: version, over: store.customObjects[write.key], subresource: write.subresource, strict: write.fieldValidation == .strict,
                isRatcheting: profile.has(.customResourcesRatcheted))
            warnings += kept
            if write.fieldValidation == .warn { warnings += (unknown + paths.map { "unknown field \"\($0)\"" }) }
            return try placed(object, write)
        }
        if info.type == .custom, let reading = KeptReading(client) {
            if let mistake = reading.mistake { throw cannotHandle(info.kind, write.apiVersion, mistake) }
            unknown += reading.unknown.map { "unknown field \"\($0)\"" }
            client = reading.document
        }
        let isServed = info.type == .custom || KindInfo.typed(apiVersion: write.apiVersion, kind: info.kind) != nil
        let result = decodeObject(isServed ? client : client.inVersion(info.apiVersion)) { _, _, problems in
            unknown += problems
            return nil
        }
        let object = try result.get()
        if !unknown.isEmpty {
            switch write.fieldValidation {
            case .strict:
                throw .badRequest(
                    "\(info.kind) in version \"\(version)\" cannot be handled as a \(info.kind): strict decoding error: \(unknown.joined(separator: ", "))")
            case .warn: warnings += unknown
            case .ignore: break
            }
        }
        return try placed(object, write)
    }

    /// The object in the namespace and with the name of the request, which it may leave out.
    private func placed<O: StoredObject>(_ object: O, _ write: APIWrite) throws(APIError) -> any StoredObject {
        var object = object
        if write.info.isNamespaced {
            if object.metadata.namespace.isEmpty { object.metadata.namespace = write.namespace }
            if object.metadata.namespace != write.namespace {
                throw .badRequest("the namespace of the provided object does not match the namespace sent on the request")
            }
        } else {
            object.metadata.namespace = ""
        }
        if !write.name.isEmpty {
            if object.metadata.name.isEmpty, object.metadata.generateName.isEmpty { object.metadata.name = write.name }
            if object.metadata.name != write.name {
                throw .badRequest("the name of the object (\(object.metadata.name)) does not match the name on the URL (\(write.name))")
            }
        }
        return object
    }

    // MARK: Replacing

    /// Puts what `document` says over `old`: all of it, or what the subresource is about.
    private mutating func put(_ document: JSONValue, _ write: APIWrite, over old: any StoredObject) throws(APIError) -> APIWritten {
        if write.subresource == "scale" { return try putScale(document, write, over: old) }
        var warnings: [String] = []
        let new = try decoded(document, write, &warnings)
        try restrictNode(write, old: old, new: new)
        func put<O: StoredObject>(_ old: O, _ cluster: inout Cluster) throws(APIError) -> any StoredObject {
            guard let new = new as? O else { throw .badRequest("the object has another kind") }
            try cluster.requireFresh(new, old, write)
            return try cluster.put(new, over: old, write)
        }
        let written = try put(old, &self)
        let isGone = store.object(write.info.type, write.key) == nil
        if write.subresource.isEmpty {
            warnings += written.warnings
            if let namespace = written as? Namespace, let old = old as? Namespace {
                warnings += podSecurityWarnings(namespace, over: old)
            } else if !(written is Pod) {
                warnings += podSecurityWarnings(written)
            }
        }
        return APIWritten(written, isGone: isGone, warnings: warnings)
    }

    /// Refuses what was read from another object or an older version of it.
    private func requireFresh<O: StoredObject>(_ new: O, _ old: O, _ write: APIWrite) throws(APIError) {
        if new.metadata.resourceVersion != 0, new.metadata.resourceVersion != old.metadata.resourceVersion {
            throw .conflict(
                old.kindInfo, old.metadata.name, "the object has been modified; please apply your changes to the latest version and try again")
        }
        if !new.metadata.uid.isEmpty, new.metadata.uid != old.metadata.uid {
            // A patch is of the object that is there, so its identity is a field as any other.
            if case .patch = write.action {
                let value = JSONValue.string(new.metadata.uid).text()
                throw .invalid(old.kindInfo, old.metadata.name, [FieldError(.invalid, "metadata.uid", value: value, "field is immutable")])
            }
            throw .conflict(
                old.kindInfo, old.metadata.name,
                "Precondition failed: UID in precondition: \(new.metadata.uid), UID in object meta: \(old.metadata.uid)")
        }
    }

    private mutating func put<O: StoredObject>(_ new: O, over old: O, _ write: APIWrite) throws(APIError) -> any StoredObject {
        var new = new
        switch write.subresource {
        case "":
            if write.hasStatus { new.takeStatus(of: old) }
            // Whom a namespace waits for is written through its subresource `finalize`.
            if var namespace = new as? Namespace, let old = old as? Namespace {
                namespace.spec.finalizers = old.spec.finalizers
                if let kept = namespace as? O { new = kept }
            }
            try new.admitDefinition(to: self)
            if let service = new as? Service, let old = old as? Service { try requireServable(service, over: old) }
            return try update(new)
        case "status", "approval":
            let isApplied = writer == nil
            return modify(O.self, old.key) {
                $0.takeStatus(of: new)
                if isApplied { $0.metadata.managedFields = new.metadata.managedFields }
            } ?? old
        case "resize":
            guard let pod = new as? Pod else { throw .notFound(write.info, write.name) }
            return try resize(pod)
        case "ephemeralcontainers":
            guard var pod = new as? Pod, let present = old as? Pod else { throw .notFound(write.info, write.name) }
            pod.fillEphemeral()
            let problems = pod.ephemeralProblems(profile)
            if !problems.isEmpty { throw .invalid(Kind.pod.info, pod.name, problems) }
            try requireOnlyMore(pod.spec.ephemeralContainers, than: present.spec.ephemeralContainers, of: present)
            return modify(Pod.self, old.key) {
                $0.spec.ephemeralContainers = pod.spec.ephemeralContainers
                $0.metadata.generation += 1
            } ?? old
        case "finalize":
            guard let namespace = new as? Namespace else { throw .notFound(write.info, write.name) }
            return modify(Namespace.self, old.key) { $0.spec.finalizers = namespace.spec.finalizers } ?? old
        default: throw .notFound(write.info, write.name)
        }
    }

    /// Ephemeral containers come and stay.
    private func requireOnlyMore(_ new: JSONValue?, than old: JSONValue?, of pod: Pod) throws(APIError) {
        if pod.metadata.annotations["kubernetes.io/config.mirror"] != nil {
            throw .invalid(Kind.pod.info, pod.name, [FieldError(.forbidden, "", "static pods do not support ephemeral containers")])
        }
        for (index, container) in (old?.array ?? []).enumerated() {
            guard let name = container["name"]?.string else { continue }
            if let same = new?.array?.first(where: { $0["name"]?.string == name }) {
                if same == container { continue }
                throw .invalid(
                    Kind.pod.info, pod.name,
                    [FieldError(.forbidden, "spec.ephemeralContainers[\(index)]", "existing ephemeral containers \"\(name)\" may not be changed\n")])
            }
            throw .invalid(
                Kind.pod.info, pod.name,
                [FieldError(.forbidden, "spec.ephemeralContainers[\(index)]", "existing ephemeral containers \"\(name)\" may not be removed\n")])
        }
    }

    // MARK: Scale

    /// The Scale of a workload; nil if its kind has none.
    public func scaleDocument(of object: any StoredObject) -> JSONValue? {
        var (replicas, selector, current): (Int64, String, Int64)
        switch object {
        case let object as Deployment:
            (replicas, selector, current) = (Int64(object.spec.replicas ?? 1), object.spec.selector?.canonical ?? "", Int64(object.status.replicas))
        case let object as ReplicaSet:
            (replicas, selector, current) = (Int64(object.spec.replicas ?? 1), object.spec.selector?.canonical ?? "", Int64(object.status.replicas))
        case let object as StatefulSet:
            (replicas, selector, current) = (Int64(object.spec.replicas ?? 1), object.spec.selector?.canonical ?? "", Int64(object.status.replicas))
        case let object as ReplicationController:
            replicas = Int64(object.spec.replicas ?? 1)
            selector = object.spec.selector.entries.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
            current = object.status?["replicas"]?.int ?? 0
        case let object as CustomObject:
            guard let paths = scalePaths(of: object) else { return nil }
            replicas = object.document.value(at: paths.spec)?.int ?? 0
            current = object.document.value(at: paths.status)?.int ?? 0
            selector = paths.selector.flatMap { object.document.value(at: $0)?.string } ?? ""
        default: return nil
        }
        var metadata: JSONObject = ["name": .string(object.metadata.name)]
        if !object.metadata.namespace.isEmpty { metadata["namespace"] = .string(object.metadata.namespace) }
        metadata["uid"] = .string(object.metadata.uid)
        metadata["resourceVersion"] = .string(String(object.metadata.resourceVersion))
        metadata["creationTimestamp"] = object.metadata.creationTimestamp?.json
        var spec = JSONObject()
        if replicas != 0 { spec["replicas"] = .int(replicas) }
        var status: JSONObject = ["replicas": .int(current)]
        if !selector.isEmpty { status["selector"] = .string(selector) }
        return [
            "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": .object(metadata), "spec": .object(spec), "status": .object(status),
        ]
    }

    /// Where a custom resource keeps what its Scale says, without the leading dot.
    private func scalePaths(of object: CustomObject) -> (spec: String, status: String, selector: String?)? {
        let versions = store.definition(of: object.kindInfo)?.content["spec"]?["versions"]?.array ?? []
        let version = versions.first { $0["name"]?.string == object.kindInfo.version } ?? versions.first
        guard let scale = version?["subresources"]?["scale"], let spec = scale["specReplicasPath"]?.string,
            let status = scale["statusReplicasPath"]?.string
        else { return nil }
        return (String(spec.drop { $0 == "." }), String(status.drop { $0 == "." }), scale["labelSelectorPath"]?.string.map { String($0.drop { $0 == "." }) })
    }

    /// Applies a Scale: whoever does so owns the field of the workload that says how many replicas it has.
    ///
    /// - Source: staging/src/k8s.io/apimachinery/pkg/util/managedfields/scalehandler.go
    private mutating func applyScale(_ config: JSONValue, force: Bool, _ write: APIWrite) throws(APIError) -> APIWritten {
        guard let old = store.object(write.info.type, write.key), scaleDocument(of: old) != nil else { throw .notFound(write.info, write.name) }
        guard config["kind"]?.string == "Scale", config["apiVersion"]?.string == "autoscaling/v1" else {
            throw .badRequest("invalid object type: \(config["apiVersion"]?.string ?? ""), Kind=\(config["kind"]?.string ?? "")")
        }
        let path = (old as? CustomObject).flatMap { scalePaths(of: $0)?.spec } ?? "spec.replicas"
        var wanted: JSONValue = ["apiVersion": .string(write.apiVersion), "kind": .string(write.info.kind), "metadata": config["metadata"] ?? [:]]
        if let replicas = config["spec"]?["replicas"] {
            if let number = replicas.int, number < 0 { throw .invalidScale(write.name, replicas: Int(clamping: number)) }
            wanted = wanted.setting(path.split(separator: ".").map(String.init)[...], replicas)
        }
        let (document, _) = try applied(wanted, force: force, write)
        guard let document else { return APIWritten(old) }
        var whole = write
        whole.subresource = ""
        return try put(document, whole, over: old)
    }

    private mutating func putScale(_ scale: JSONValue, _ write: APIWrite, over old: any StoredObject) throws(APIError) -> APIWritten {
        guard scaleDocument(of: old) != nil else { throw .notFound(write.info, write.name) }
        if let revision = scale["metadata"]?["resourceVersion"]?.string, !revision.isEmpty, revision != String(old.metadata.resourceVersion) {
            throw .conflict(
                write.info, write.name, "the object has been modified; please apply your changes to the latest version and try again")
        }
        let wanted = scale["spec"]?["replicas"] ?? .int(0)
        guard let replicas = wanted.int, Int64(Int32.min)...Int64(Int32.max) ~= replicas else {
            throw cannotHandle("Scale", "autoscaling/v1", "json: cannot unmarshal \(wanted.typeName) into spec.replicas: expected a whole number")
        }
        if replicas < 0 { throw .invalidScale(write.name, replicas: Int(replicas)) }
        func put<O: StoredObject>(_ old: O, _ cluster: inout Cluster) throws(APIError) -> any StoredObject {
            if let custom = old as? CustomObject, let path = cluster.scalePaths(of: custom)?.spec {
                let steps = path.split(separator: ".").map(String.init)
                var new = custom
                new.content = JSONValue.object(custom.content).setting(steps[...], .int(replicas)).object ?? custom.content
                // The schema and its rules have a say here too.
                let info = write.info
                if let resource = cluster.customResource(group: info.group, plural: info.plural), let version = resource.version(info.version) {
                    let isRatcheting = cluster.profile.has(.customResourcesRatcheted)
                    new = try resource.admit(resource.document(of: new, version: version), version: version, over: custom, isRatcheting: isRatcheting).object
                }
                return try cluster.update(new)
            }
            if var controller = old as? ReplicationController {
                controller.spec.replicas = Int(replicas)
                return try cluster.update(controller)
            }
            try cluster.scale(O.kind, old.key, to: Int(replicas))
            return cluster.store.get(O.self, old.key) ?? old
        }
        return APIWritten(try put(old, &self))
    }

    // MARK: Patching

    private mutating func patch(_ type: PatchType, _ patch: JSONValue, _ write: APIWrite) throws(APIError) -> APIWritten {
        guard let old = store.object(write.info.type, write.key) else { throw .notFound(write.info, write.name) }
        let isScale = write.subresource == "scale"
        guard let current = isScale ? scaleDocument(of: old) : document(of: old).inVersion(write.apiVersion) else {
            throw .notFound(write.info, write.name)
        }
        let new: JSONValue
        switch type {
        case .json: new = try current.patched(operations: patch)
        case .merge: new = current.merged(try requireObject(patch))
        case .strategic where isScale: new = current.merged(try requireObject(patch))
        case .strategic:
            let rules = MergeRules(write.info)
            // The real server has no words of its own for this either: it is an error inside it.
            if let problem = current.mergeProblem(try requireObject(patch), rules) { throw APIError(code: 500, reason: "", message: problem) }
            new = current.patched(patch, rules)
        case .apply: throw APIError(code: 415, reason: "UnsupportedMediaType", message: "415: Unsupported Media Type")
        }
        do throws(APIError) { return try put(new, write, over: old) } catch {
            // What comes of a patch that cannot be read is the patch's fault.
            let head = Self.unreadable(write)
            guard error.code == 400, !isScale, error.message.hasPrefix(head) else { throw error }
            // What is merged is not read as JSON.
            let why = type == .strategic ? goTypeProblem(in: new)?.conversionText : nil
            let nobody = KindInfo(group: "", version: "", kind: "", plural: "", shortNames: [], isNamespaced: false, type: .custom)
            let value = JSONValue.string(type == .strategic ? patch.goText : new.text()).text()
            throw .invalid(nobody, "", [FieldError(.invalid, "patch", value: value, why ?? String(error.message.dropFirst(head.count)))])
        }
    }

    /// How a refusal of a document begins that cannot be read as an object of its kind.
    private static func unreadable(_ write: APIWrite) -> String {
        let version = write.apiVersion.split(separator: "/").last ?? ""
        return "\(write.info.kind) in version \"\(version)\" cannot be handled as a \(write.info.kind): "
    }

    private func requireObject(_ patch: JSONValue) throws(APIError) -> JSONValue {
        guard patch.object != nil else {
            throw .badRequest("json: cannot unmarshal \(patch.typeName) into Go value of type map[string]interface {}")
        }
        return patch
    }

    // MARK: Deleting

    private mutating func delete(_ write: APIWrite, _ options: DeleteOptions) throws(APIError) -> APIWritten {
        func delete<O: StoredObject>(_ type: O.Type, _ cluster: inout Cluster) throws(APIError) -> any StoredObject {
            if write.info.isDefinition { return try cluster.deleteDefinition(write.name, options) }
            return try cluster.delete(type, write.key, options)
        }
        if let old = store.object(write.info.type, write.key) { try restrictNode(write, old: old, new: nil) }
        let last: any StoredObject
        do throws(APIError) {
            last = try delete(ObjectStore.type(of: write.info.type), &self)
        } catch {
            throw error.code == 404 ? .notFound(write.info, write.name) : error
        }
        return APIWritten(last, isGone: store.object(write.info.type, write.key) == nil)
    }
}

extension KindInfo {
    static let binding = KindInfo(group: "", version: "v1", kind: "Binding", plural: "bindings", shortNames: [], isNamespaced: true, type: .custom)
}

extension StoredObject {
    /// Volumes and claims in use are not to vanish: their controllers let them go.
    /// - Source: Kubernetes `plugin/pkg/admission/storage/storageobjectinuseprotection/admission.go`
    fileprivate mutating func protectStorage() {
        let finalizers: [Kind: String] = [.persistentVolume: "kubernetes.io/pv-protection", .persistentVolumeClaim: "kubernetes.io/pvc-protection"]
        guard let finalizer = finalizers[Self.kind], !metadata.finalizers.contains(finalizer) else { return }
        metadata.finalizers.append(finalizer)
    }
    /// The status of `other` in place of this one's, be the kind one with a type or not.
    mutating func takeStatus(of other: Self) {
        if var custom = self as? CustomObject, let other = other as? CustomObject {
            custom.content["status"] = other.content["status"]
            if let new = custom as? Self { self = new }
        } else {
            keepStatus(of: other)
        }
    }
    /// No status.
    mutating func dropStatus() { takeStatus(of: Self()) }
}

extension JSONValue {
    /// The value with another at the end of `steps`; objects on the way are made.
    fileprivate func setting(_ steps: ArraySlice<String>, _ value: JSONValue) -> JSONValue {
        guard let step = steps.first else { return value }
        var result = object ?? JSONObject()
        result[step] = (result[step] ?? .null).setting(steps.dropFirst(), value)
        return .object(result)
    }
}
