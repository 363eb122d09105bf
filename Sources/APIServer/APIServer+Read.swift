// Getting and listing objects.

import ControlPlane
import KubernetesAPI
import Printers
import Simulation
import SimulationKit

/// A state that lists in pages go on with.
struct ListSnapshot: Sendable {
    var revision: Int
    var returns: Int
    var store: ObjectStore
}

/// The objects of a kind as they were sorted for a list.
struct SortedObjects: Sendable {
    /// Fewer are sorted again each time.
    static let fewest = 200
    var kind: Kind
    /// What tells one state of them from another.
    var writes: Int
    var returns: Int
    var objects: [any StoredObject]
}

/// Where a list in pages goes on.
struct ContinueToken: Sendable, Equatable {
    /// -1: with what there is now.
    var revision: Int
    /// The key after which the page begins: `name`, or `namespace/name` in a list of all namespaces.
    var start: String

    var text: String {
        let json: JSONValue = ["v": "meta.k8s.io/v1", "rv": .int(Int64(revision)), "start": .string(start + "\u{0}")]
        var bytes: [UInt8] = []
        json.write(to: &bytes)
        return Base64URL.encode(bytes)
    }

    init(revision: Int, start: String) { (self.revision, self.start) = (revision, start) }

    init(_ text: String) throws(Refusal) {
        func refuse(_ why: String) -> Refusal { Refusal(.badRequest("invalid continue token: continue key is not valid: \(why)")) }
        guard let bytes = Base64.decode(text) else { throw refuse("illegal base64 data at input byte 0") }
        let json: JSONValue
        do throws(JSONParser.Problem) { json = try JSONParser.read(bytes).value } catch { throw refuse(error.text) }
        guard json["v"]?.string == "meta.k8s.io/v1" else { throw refuse("server does not recognize this encoded version \"\(json["v"]?.string ?? "")\"") }
        guard let revision = json["rv"]?.int, revision != 0 else { throw refuse("incorrect encoded start resourceVersion (version meta.k8s.io/v1)") }
        guard var start = json["start"]?.string, !start.isEmpty else { throw refuse("encoded start key empty (version meta.k8s.io/v1)") }
        if start.hasSuffix("\u{0}") { start.removeLast() }
        (self.revision, self.start) = (Int(clamping: revision), start)
    }
}

extension APIServer {
    /// The objects of a kind in a state of the store, sorted by namespace and name.
    mutating func objects(_ kind: ServedKind, namespace: String, in store: ObjectStore, session: Session) -> [any StoredObject] {
        if kind.info.type != .custom {
            guard namespace.isEmpty, store.count(kind.info.type) >= SortedObjects.fewest else {
                return store.objects(kind.info.type, namespace: namespace.isEmpty ? nil : namespace)
            }
            return sorted(kind.info.type, in: store, session)
        }
        let all = store.objects(of: kind.info) + derivedObjects(kind, in: session).filter { store.object(.custom, $0.key) == nil }
        return namespace.isEmpty ? all : all.filter { $0.metadata.namespace == namespace }
    }

    /// All of a kind, sorted anew only if one was written since: pages of a list follow each other.
    private mutating func sorted(_ kind: Kind, in store: ObjectStore, _ session: Session) -> [any StoredObject] {
        let writes = store.writeCount(kind)
        if let known = sortedObjects.first(where: { $0.kind == kind && $0.writes == writes && $0.returns == session.returns }) { return known.objects }
        let new = SortedObjects(kind: kind, writes: writes, returns: session.returns, objects: store.objects(kind))
        sortedObjects = [new] + sortedObjects.prefix(1)
        return new.objects
    }

    func object(_ kind: ServedKind, namespace: String, name: String, in session: Session) -> (any StoredObject)? {
        let key = ObjectStore.key(kind.info, namespace: namespace, name)
        return session.cluster.store.object(kind.info.type, key) ?? derivedObjects(kind, in: session).first { $0.key == key }
    }

    /// Objects that are not kept as such but known: the leases of the kubelets, and what the server serves.
    private func derivedObjects(_ kind: ServedKind, in session: Session) -> [CustomObject] {
        switch (kind.info.group, kind.info.kind) {
        case ("coordination.k8s.io", "Lease"): leases(in: session)
        case ("apiregistration.k8s.io", "APIService"): services(in: session)
        default: []
        }
    }

    /// One for each version of a group: the server's own, and that of the metrics server.
    private func services(in session: Session) -> [CustomObject] {
        resources.versions.map { version in
            let isLocal = version.group != "metrics.k8s.io"
            var service = CustomObject()
            (service.apiVersion, service.kindName) = ("apiregistration.k8s.io/v1", "APIService")
            service.metadata.name = "\(version.version).\(version.group)"
            let digits = String(StableHash.fnv1a64(version.groupVersion), radix: 16)
            service.metadata.uid = "00000000-0000-4000-8000-" + String((String(repeating: "0", count: 12) + digits).suffix(12))
            service.metadata.resourceVersion = 1
            service.metadata.creationTimestamp = session.cluster.origin
            if isLocal { service.metadata.labels["kube-aggregator.kubernetes.io/automanaged"] = "onstart" }
            var spec: JSONObject = [
                "version": .string(version.version), "groupPriorityMinimum": isLocal ? 17800 : 100, "versionPriority": isLocal ? 15 : 100,
            ]
            if !version.group.isEmpty { spec["group"] = .string(version.group) }
            if !isLocal { spec["service"] = ["namespace": "kube-system", "name": "metrics-server", "port": 443] }
            service.content["spec"] = .object(spec)
            service.content["status"] = [
                "conditions": [
                    [
                        "type": "Available", "status": "True", "lastTransitionTime": .string(session.cluster.origin.rfc3339),
                        "reason": isLocal ? "Local" : "Passed",
                        "message": isLocal ? "Local APIServices are always available" : "all checks passed",
                    ]
                ]
            ]
            return service
        }.sorted { $0.key < $1.key }
    }

    private func leases(in session: Session) -> [CustomObject] {
        let cluster = session.cluster
        return cluster.store.nodes.sorted().compactMap { node in
            guard let renewed = cluster.leaseRenewals[node.name] else { return nil }
            var lease = CustomObject()
            (lease.apiVersion, lease.kindName) = ("coordination.k8s.io/v1", "Lease")
            lease.metadata.name = node.name
            lease.metadata.namespace = "kube-node-lease"
            lease.metadata.uid = node.metadata.uid
            lease.metadata.creationTimestamp = node.metadata.creationTimestamp
            lease.metadata.resourceVersion = max(1, node.metadata.resourceVersion)
            lease.metadata.ownerReferences = [OwnerReference(controller: node)]
            lease.metadata.ownerReferences[0].controller = nil
            lease.metadata.ownerReferences[0].blockOwnerDeletion = nil
            let time = renewed.rfc3339.dropLast() + ".000000Z"
            lease.content["spec"] = ["holderIdentity": .string(node.name), "leaseDurationSeconds": 40, "renewTime": .string(String(time))]
            return lease
        }
    }

    // MARK: Get

    func get(_ request: ResourceRequest, in session: Session) throws(Refusal) -> APIResponse {
        guard let found = object(request.kind, namespace: request.info.namespace, name: request.info.name, in: session) else {
            throw Refusal(.notFound(request.kind.info, request.info.name))
        }
        if request.info.subresource == "scale" {
            guard let scale = session.cluster.scaleDocument(of: found) else { throw .noResource }
            return answer(200, request, scale: scale, in: session)
        }
        return answer(200, request, found, in: session)
    }

    /// A Scale in the form that was asked for.
    /// - Source: Kubernetes `pkg/printers/internalversion/printers.go`, `printScale`
    func answer(_ status: Int, _ request: ResourceRequest, scale: JSONValue, in session: Session) -> APIResponse {
        let headers = request.warnings.map { (name: "warning", value: "299 - \(ResourceRequest.quoted($0))") }
        guard case .table(let version) = request.representation.form else { return answer(status, request.representation, headers: headers) { scale } }
        let created = scale["metadata"]?["creationTimestamp"]?.string.flatMap { Instant(rfc3339: $0) }
        let age = Printers.ageText(from: created, to: session.now)
        return answer(status, request.representation, headers: headers) {
            let columns = [("Name", "string", "name"), ("Desired", "integer", ""), ("Available", "integer", ""), ("Age", "string", "")].map {
                name, type, format -> JSONValue in
                ["name": .string(name), "type": .string(type), "format": .string(format), "description": .string(name), "priority": 0]
            }
            let cells: [JSONValue] = [
                scale["metadata"]?["name"] ?? "", scale["spec"]?["replicas"] ?? 0, scale["status"]?["replicas"] ?? 0, .string(age),
            ]
            let object: JSONValue = [
                "kind": "PartialObjectMetadata", "apiVersion": .string("meta.k8s.io/\(version)"), "metadata": scale["metadata"] ?? [:],
            ]
            let metadata: JSONValue = ["resourceVersion": scale["metadata"]?["resourceVersion"] ?? ""]
            return ObjectForm.table(version, metadata: metadata, columns: .array(columns), rows: [["cells": .array(cells), "object": object]])
        }
    }

    // MARK: List

    mutating func list(_ request: ResourceRequest, in session: Session) throws(Refusal) -> APIResponse {
        let info = request.info
        let filter = try request.filter()
        let limit = try limit(info)
        let token: ContinueToken? =
            if let text = info.parameter("continue"), !text.isEmpty { try ContinueToken(text) } else { nil }
        try checkListOptions(info, isContinued: token != nil)
        let (store, revision) = try state(info, token, in: session)
        var objects = objects(request.kind, namespace: filter.namespace, in: store, session: session)
        if !filter.isPlain { objects = objects.filter(filter.matches) }
        let isWide = filter.namespace.isEmpty && request.kind.info.isNamespaced
        func place(_ object: any StoredObject) -> ObjectKey { object.metadata.key }
        if let token {
            let slash = isWide ? token.start.firstIndex(of: "/") : nil
            let start =
                slash.map { ObjectKey(namespace: String(token.start[..<$0]), name: String(token.start[token.start.index(after: $0)...])) }
                ?? ObjectKey(namespace: filter.namespace, name: token.start)
            objects = Array(objects[(objects.firstIndex { start < place($0) } ?? objects.count)...])
        }
        var metadata: JSONObject = ["resourceVersion": .string(String(revision))]
        if limit > 0, objects.count > limit {
            let last = objects[limit - 1].metadata
            keepSnapshot(store, revision, session)
            metadata["continue"] = .string(ContinueToken(revision: revision, start: isWide ? "\(last.namespace)/\(last.name)" : last.name).text)
            if filter.isPlain { metadata["remainingItemCount"] = .int(Int64(objects.count - limit)) }
            objects = Array(objects[..<limit])
        }
        let body = request.form.body(objects, metadata: .object(metadata), in: session.cluster, texts: (podTexts, session.returns))
        return APIResponse(status: 200, headers: request.headers, body: body)
    }

    private func limit(_ info: RequestInfo) throws(Refusal) -> Int {
        guard let text = info.parameter("limit"), !text.isEmpty else { return 0 }
        guard let limit = Int(text) else { throw Refusal(.badRequest("strconv.ParseInt: parsing \"\(text)\": invalid syntax")) }
        return max(0, limit)
    }

    /// - Source: staging/src/k8s.io/apimachinery/pkg/apis/meta/internalversion/validation/validation.go
    func checkListOptions(_ info: RequestInfo, isContinued: Bool = false) throws(Refusal) {
        let revision = info.parameter("resourceVersion") ?? ""
        let match = info.parameter("resourceVersionMatch") ?? ""
        let isWatch = info.verb == "watch"
        var errors: [FieldError] = []
        func forbid(_ field: String, _ why: String) { errors.append(FieldError(.forbidden, field, why)) }
        if let initial = info.parameter("sendInitialEvents"), isWatch {
            if match.isEmpty {
                forbid("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
            } else if match != "NotOlderThan" {
                errors.append(
                    FieldError(.notSupported, "resourceVersionMatch", value: "\"\(match)\"", "supported values: \"NotOlderThan\""))
            }
            if initial == "true", !info.flag("allowWatchBookmarks") {
                // Upstream lets it pass, without the mark at the end.
            }
        } else if info.parameter("sendInitialEvents") != nil {
            forbid("sendInitialEvents", "sendInitialEvents is forbidden for list")
        } else if !match.isEmpty {
            if isWatch { forbid("resourceVersionMatch", "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided") }
            if revision.isEmpty { forbid("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided") }
            if isContinued { forbid("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided") }
            if !["Exact", "NotOlderThan"].contains(match) {
                errors.append(
                    FieldError(.notSupported, "resourceVersionMatch", value: "\"\(match)\"", "supported values: \"Exact\", \"NotOlderThan\""))
            }
            if match == "Exact", revision == "0" { forbid("resourceVersionMatch", "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"") }
        }
        if !errors.isEmpty { throw .options("ListOptions", errors) }
    }

    /// The state that a list is of, with its revision.
    private func state(_ info: RequestInfo, _ token: ContinueToken?, in session: Session) throws(Refusal) -> (ObjectStore, Int) {
        let store = session.cluster.store
        let current = store.revision
        let text = info.parameter("resourceVersion") ?? ""
        if let token {
            if !text.isEmpty, text != "0" {
                throw Refusal(.badRequest("specifying resource version is not allowed when using continue"))
            }
            if token.revision < 0 || token.revision == current { return (store, current) }
            if let kept = snapshot(token.revision, session) { return (kept, token.revision) }
            throw Refusal(
                APIError(
                    code: 410, reason: "Expired",
                    message: "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
                        + "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
                        + "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
                        + "deleted between the time the first chunk was returned and now may show up in the list."),
                continueToken: ContinueToken(revision: -1, start: token.start).text)
        }
        if text.isEmpty { return (store, current) }
        guard let wanted = UInt64(text) else {
            throw Refusal(
                .badRequest("invalid resource version: resourceVersion: Invalid value: \"\(text)\": strconv.ParseUint: parsing \"\(text)\": invalid syntax"))
        }
        if wanted > UInt64(current) { throw .tooLargeRevision(text, current: current) }
        if info.parameter("resourceVersionMatch") == "Exact", wanted != UInt64(current) {
            guard let kept = snapshot(Int(wanted), session) else {
                throw Refusal(APIError(code: 410, reason: "Expired", message: "The resourceVersion for the provided list is too old."))
            }
            return (kept, Int(wanted))
        }
        return (store, current)
    }

    private func snapshot(_ revision: Int, _ session: Session) -> ObjectStore? {
        snapshots.first { $0.revision == revision && $0.returns == session.returns }?.store
    }

    private static let mostSnapshots = 16

    private mutating func keepSnapshot(_ store: ObjectStore, _ revision: Int, _ session: Session) {
        if snapshot(revision, session) != nil { return }
        snapshots.append(ListSnapshot(revision: revision, returns: session.returns, store: store))
        if snapshots.count > Self.mostSnapshots { snapshots.removeFirst() }
    }
}

extension Refusal {
    /// 504: a revision that does not exist yet.
    static func tooLargeRevision(_ text: String, current: Int) -> Refusal {
        Refusal(
            APIError(
                code: 504, reason: "Timeout", message: "Timeout: Too large resource version: \(text), current: \(current)",
                causes: [.init(reason: "ResourceVersionTooLarge", message: "Too large resource version")], retryAfterSeconds: 1))
    }
}
