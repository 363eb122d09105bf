// Creating, changing and deleting objects.

import ControlPlane
import KubernetesAPI
import Manifests
import Simulation

extension APIServer {
    // MARK: Bodies

    /// The document in the body of a request.
    func body(_ request: ResourceRequest, as kind: String) throws(Refusal) -> (document: JSONValue, duplicates: [String]) {
        let type = MediaType.list(request.request.header("content-type") ?? "application/json").first?.name ?? "application/json"
        let bytes = request.request.body
        switch type {
        case "application/json":
            do throws(JSONParser.Problem) {
                let (document, duplicates) = try JSONParser.read(bytes)
                return (document, duplicates)
            } catch {
                let text = String(decoding: bytes.prefix(1024), as: UTF8.self)
                throw Refusal(
                    .badRequest(
                        "the object provided is unrecognized (must be of type \(kind)): couldn't get version/kind; json parse error: \(error.text) (\(text))"))
            }
        case "application/yaml": return (try yaml(bytes), [])
        case "application/vnd.kubernetes.protobuf":
            do throws(ProtobufError) { return (try ProtobufBody.json(bytes), []) } catch {
                throw Refusal(.badRequest("the object provided is unrecognized (must be of type \(kind)): \(error.message)"))
            }
        default:
            throw Refusal(
                APIError(
                    code: 415, reason: "UnsupportedMediaType",
                    message: "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, "
                        + "application/vnd.kubernetes.protobuf"))
        }
    }

    func yaml(_ bytes: [UInt8]) throws(Refusal) -> JSONValue {
        if let document = try? JSONParser.read(bytes).value { return document }
        let read = ManifestReader.read(text: String(decoding: bytes, as: UTF8.self), file: "", whole: true)
        guard read.documents.count == 1, let document = read.documents.first?.json else {
            throw Refusal(.badRequest("the object provided is unrecognized: error converting YAML to JSON"))
        }
        return document
    }

    private func write(_ action: APIWrite.Action, _ request: ResourceRequest, _ options: ResourceRequest.WriteOptions) -> APIWrite {
        APIWrite(
            action, request.kind.info, apiVersion: request.info.groupVersion,
            namespace: request.kind.info.isNamespaced ? request.info.namespace : "", name: request.info.name, subresource: request.info.subresource,
            hasStatus: request.kind.hasStatus, fieldManager: options.fieldManager, fieldValidation: options.fieldValidation,
            user: request.request.user.name)
    }

    /// Performs a write, or tries it on a copy.
    private func perform(_ write: APIWrite, dryRun: Bool, in session: inout Session) throws(Refusal) -> APIWritten {
        let result: Result<APIWritten, APIError>
        if dryRun {
            var copy = session.cluster
            result = copy.perform(write)
        } else {
            result = session.perform(write)
        }
        switch result {
        case .success(var written):
            // What is only tried has no revision of its own.
            if dryRun { written.object.metadata.resourceVersion = session.cluster.store.object(write.info.type, write.key)?.metadata.resourceVersion ?? 0 }
            return written
        // Of a patch that cannot be done nothing is said, in empty details.
        case .failure(let error): throw Refusal(error, details: error.code == 422 && error.kind.isEmpty)
        }
    }

    private func answer(_ written: APIWritten, _ request: ResourceRequest, in session: Session) -> APIResponse {
        var request = request
        request.warnings += written.warnings
        if request.info.subresource == "scale", let scale = session.cluster.scaleDocument(of: written.object) {
            return answer(200, request, scale: scale, in: session)
        }
        return answer(written.isNew ? 201 : 200, request, written.object, in: session)
    }

    // MARK: Create

    mutating func create(_ request: ResourceRequest, in session: inout Session) throws(Refusal) -> APIResponse {
        let options = try request.writeOptions()
        if let review = try review(request, in: session) { return review }
        if request.kind.info.isNamespaced, request.info.namespace.isEmpty { throw .noMethod }
        switch request.info.subresource {
        case "eviction": return try evict(request, options, in: &session)
        case "binding": return try bind(request, options, in: &session)
        default: break
        }
        if request.kind.resource.name == "bindings" { return try bind(request, options, in: &session) }
        var (document, duplicates) = try body(request, as: request.kind.info.kind)
        if request.kind.info.kind == "CertificateSigningRequest", !request.kind.isCustom { document = Self.noting(request.request.user, in: document) }
        var write = write(.create(document), request, options)
        write.duplicates = duplicates
        let written = try perform(write, dryRun: options.isDryRun, in: &session)
        return answer(written, request, in: session)
    }

    /// A request for a certificate with who made it, whatever it says of that itself.
    /// - Source: Kubernetes `pkg/registry/certificates/certificates/strategy.go`
    private static func noting(_ user: UserInfo, in document: JSONValue) -> JSONValue {
        guard document["spec"]?.object != nil else { return document }
        var document = document
        for field in ["username", "uid", "groups", "extra"] { document["spec"]?[field] = user.json[field] }
        return document
    }

    private static func success(_ code: Int) -> JSONValue {
        ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "code": .int(Int64(code))]
    }

    private func evict(_ request: ResourceRequest, _ options: ResourceRequest.WriteOptions, in session: inout Session) throws(Refusal) -> APIResponse {
        let (document, _) = try body(request, as: "Eviction")
        if let name = document["metadata"]?["name"]?.string, !name.isEmpty, name != request.info.name {
            throw Refusal(.badRequest("name in URL does not match name in Eviction object"))
        }
        let (delete, isDryRun) = try deleteOptions(document["deleteOptions"] ?? .null, request)
        _ = try perform(write(.evict(delete), request, options), dryRun: options.isDryRun || isDryRun, in: &session)
        return answer(201) { Self.success(201) }
    }

    private func bind(_ request: ResourceRequest, _ options: ResourceRequest.WriteOptions, in session: inout Session) throws(Refusal) -> APIResponse {
        let (document, _) = try body(request, as: "Binding")
        var write = write(.bind(document), request, options)
        write.info = Kind.pod.info
        if write.name.isEmpty { write.name = document["metadata"]?["name"]?.string ?? "" }
        _ = try perform(write, dryRun: options.isDryRun, in: &session)
        return answer(201) { Self.success(201) }
    }

    // MARK: Update and patch

    mutating func update(_ request: ResourceRequest, in session: inout Session) throws(Refusal) -> APIResponse {
        let options = try request.writeOptions()
        let (document, duplicates) = try body(request, as: request.kind.resource.kind)
        var write = write(.update(document), request, options)
        write.duplicates = duplicates
        return answer(try perform(write, dryRun: options.isDryRun, in: &session), request, in: session)
    }

    mutating func patch(_ request: ResourceRequest, in session: inout Session) throws(Refusal) -> APIResponse {
        let options = try request.writeOptions()
        let name = MediaType.list(request.request.header("content-type") ?? "").first?.name ?? ""
        guard let type = PatchType(rawValue: name) else {
            throw Refusal(APIError(code: 415, reason: "UnsupportedMediaType", message: "415: Unsupported Media Type"), details: true)
        }
        if type == .strategic, request.kind.isCustom {
            throw Refusal(
                APIError(
                    code: 415, reason: "UnsupportedMediaType",
                    message: "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, "
                        + "application/merge-patch+json, application/apply-patch+yaml"))
        }
        let document: JSONValue
        if type == .apply {
            if request.info.parameter("fieldManager") ?? "" == "" {
                throw .options("PatchOptions", [FieldError(.required, "fieldManager", "is required for apply patch")])
            }
            document = try yaml(request.request.body)
        } else {
            do throws(JSONParser.Problem) { document = try JSONParser.read(request.request.body).value } catch {
                throw Refusal(.badRequest("error decoding patch: \(error.text)"))
            }
        }
        let written = try perform(write(.patch(type, document, force: options.force), request, options), dryRun: options.isDryRun, in: &session)
        return answer(written, request, in: session)
    }

    // MARK: Delete

    /// Kinds of which a deletion returns the last state; of others it returns that it succeeded.
    /// - Source: Kubernetes `pkg/registry`, `ReturnDeletedObject`
    private static let returnedKinds: Set<String> = [
        "Pod", "Service", "ServiceAccount", "PersistentVolume", "PersistentVolumeClaim", "PodTemplate", "ResourceQuota", "StorageClass", "CSIDriver",
        "CSINode", "VolumeAttachment", "PodSecurityPolicy", "VolumeAttributesClass",
    ]

    mutating func delete(_ request: ResourceRequest, in session: inout Session) throws(Refusal) -> APIResponse {
        let (delete, isDryRun) = try deleteOptions(request)
        let written = try perform(write(.delete(delete), request, ResourceRequest.WriteOptions()), dryRun: isDryRun, in: &session)
        if written.isGone, !Self.returnedKinds.contains(request.kind.info.kind) {
            var details: JSONObject = ["name": .string(written.object.metadata.name)]
            if !request.kind.info.group.isEmpty { details["group"] = .string(request.kind.info.group) }
            details["kind"] = .string(request.kind.resource.name)
            details["uid"] = .string(written.object.metadata.uid)
            let status: JSONValue = ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "details": .object(details)]
            return answer(200) { status }
        }
        return answer(200, request, written.object, in: session)
    }

    mutating func deleteCollection(_ request: ResourceRequest, in session: inout Session) throws(Refusal) -> APIResponse {
        let (delete, isDryRun) = try deleteOptions(request)
        let filter = try request.filter()
        let found = objects(request.kind, namespace: filter.namespace, in: session.cluster.store, session: session).filter(filter.matches)
        for object in found {
            var one = write(.delete(delete), request, ResourceRequest.WriteOptions())
            (one.namespace, one.name) = (object.metadata.namespace, object.metadata.name)
            do throws(Refusal) { _ = try perform(one, dryRun: isDryRun, in: &session) } catch {
                // Somebody else may have been faster.
                if error.error.code != 404 { throw error }
            }
        }
        let metadata: JSONValue = ["resourceVersion": .string(String(session.cluster.store.revision))]
        return APIResponse(status: 200, headers: request.headers, body: request.form.body(found, metadata: metadata, in: session.cluster))
    }

    /// What the body and the parameters say about a deletion.
    private func deleteOptions(_ request: ResourceRequest) throws(Refusal) -> (DeleteOptions, isDryRun: Bool) {
        var document = JSONValue.object(JSONObject())
        if !request.request.body.isEmpty { document = try body(request, as: "DeleteOptions").document }
        func take(_ name: String, _ value: (String) -> JSONValue?) {
            if document[name] == nil, let text = request.info.parameter(name), !text.isEmpty { document[name] = value(text) ?? .string(text) }
        }
        take("gracePeriodSeconds") { Int64($0).map { .int($0) } }
        take("propagationPolicy") { .string($0) }
        take("orphanDependents") { .bool($0 == "true") }
        let dryRuns = request.info.parameters.filter { $0.name == "dryRun" && !$0.value.isEmpty }.map { JSONValue.string($0.value) }
        if !dryRuns.isEmpty { document["dryRun"] = .array(dryRuns) }
        return try deleteOptions(document, request)
    }

    private func deleteOptions(_ document: JSONValue, _ request: ResourceRequest) throws(Refusal) -> (DeleteOptions, isDryRun: Bool) {
        var errors: [FieldError] = []
        var options = DeleteOptions()
        let dryRuns = (document["dryRun"]?.array ?? []).compactMap(\.string)
        if dryRuns.contains(where: { $0 != "All" }) { errors.append(ResourceRequest.dryRunError(dryRuns)) }
        if let grace = document["gracePeriodSeconds"], grace != .null {
            guard let seconds = grace.int else {
                throw Refusal(.badRequest("json: cannot unmarshal \(grace.typeName) into Go struct field DeleteOptions.gracePeriodSeconds of type int64"))
            }
            options.gracePeriodSeconds = Int(clamping: min(seconds, 1 << 40))
        }
        if let policy = document["propagationPolicy"]?.string {
            if let known = DeleteOptions.Propagation(rawValue: policy) {
                options.propagation = known
            } else {
                errors.append(
                    FieldError(
                        .notSupported, "propagationPolicy", value: "\"\(policy)\"", "supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\""))
            }
            if document["orphanDependents"] != nil {
                errors.append(
                    FieldError(.invalid, "propagationPolicy", value: "\"\(policy)\"", "orphanDependents and deletionPropagation cannot be both set"))
            }
        } else if document["orphanDependents"] == .bool(true) {
            options.propagation = .orphan
        } else if request.kind.info.type == .job, document["orphanDependents"] == nil {
            // The one kind that leaves its pods behind unless told otherwise.
            options.propagation = .orphan
        }
        if !errors.isEmpty { throw .options("DeleteOptions", errors) }
        if let uid = document["preconditions"]?["uid"]?.string { options.uid = uid }
        if let revision = document["preconditions"]?["resourceVersion"]?.string { options.resourceVersion = revision }
        return (options, !dryRuns.isEmpty)
    }
}
