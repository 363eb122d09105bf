import ControlPlane
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit

/// The API server of a simulated cluster: requests in, answers out, no sockets.
///
/// It is used on the simulation's thread alone. What it returns is encoded on any thread.
public struct APIServer: Sendable {
    /// What clients are told about the way to the server, as `127.0.0.1:6443`.
    public var address: String
    /// What is served, with the resources of CustomResourceDefinitions.
    var resources = APIResources.builtIn
    var definitions = ServedDefinitions()
    var snapshots: [ListSnapshot] = []
    /// The lists that were sorted last, the newest first.
    var sortedObjects: [SortedObjects] = []
    /// What clients keep of the cluster to come back to, by name.
    var savedStates: [String: EvenkeelAPI.Snapshot] = [:]
    let cache = WatchCache()
    let podTexts = PodTexts()
    /// Whether ``lastEvent`` is wanted.
    public var isAudited = false
    /// What an audit log says of the request that was answered last.
    public internal(set) var lastEvent: AuditEvent?
    private var requestNumber = 0
    /// How many requests there were of each kind.
    private(set) var requestCounts: [RequestLabels: Int] = [:]

    /// The largest body of a request, in bytes.
    public static let largestBody = 3 << 20
    /// So many of the newest changes can be watched from.
    static let history = 16_384

    public init(address: String = "127.0.0.1:6443") {
        self.address = address
    }

    /// Answers one request of an authenticated user. Writes go through the session's journal; nothing that a client sends traps.
    public mutating func reply(to request: APIRequest, in session: inout Session) -> APIReply {
        prepare(&session)
        let info = RequestInfo(request)
        if isAudited {
            requestNumber += 1
            let id = request.header("audit-id") ?? StableHash.uuid("audit \(address) \(requestNumber)")
            lastEvent = AuditEvent(id: id, request: request, info: info, user: request.user, code: 0, received: session.now)
            lastEvent?.request.body = []
        }
        let reply = reply(to: request, info, in: &session)
        lastEvent?.code = reply.code
        count(info, reply)
        return reply
    }

    private mutating func reply(to request: APIRequest, _ info: RequestInfo, in session: inout Session) -> APIReply {
        do throws(Refusal) {
            if request.body.count > Self.largestBody {
                throw Refusal(
                    APIError(code: 413, reason: "RequestEntityTooLarge", message: "Request entity too large: limit is \(Self.largestBody)"))
            }
            var request = request
            let user = try user(of: request, in: session)
            lastEvent?.user = user
            request.user = try access(request, info, of: user, in: session)
            if !info.isResource { return .answer(try answerPath(request, info, in: session)) }
            return try replyResource(request, info, in: &session)
        } catch {
            lastEvent?.failure = error.error
            return .answer(error.response)
        }
    }

    private mutating func count(_ info: RequestInfo, _ reply: APIReply) {
        let code = reply.code
        // Paths that lead nowhere are of no use to anybody, and of endless number.
        var labels = RequestLabels(verb: info.verb, group: code == 404 ? "" : info.group, resource: code == 404 ? "" : info.resource, code: code)
        // So are names that a user may not ask for.
        if requestCounts.count >= 4096, requestCounts[labels] == nil { (labels.verb, labels.group, labels.resource) = ("", "", "") }
        requestCounts[labels, default: 0] += 1
    }

    /// What requests are counted by.
    struct RequestLabels: Hashable, Comparable, Sendable {
        var verb: String
        var group: String
        var resource: String
        var code: Int
        static func < (a: RequestLabels, b: RequestLabels) -> Bool {
            (a.resource, a.group, a.verb, a.code) < (b.resource, b.group, b.verb, b.code)
        }
    }

    /// Takes note of what happened to the cluster since the last request.
    private mutating func prepare(_ session: inout Session) {
        session.keepChanges(Self.history)
        cache.clear(at: session.returns)
        podTexts.clear(at: session.returns)
        if let versions = definitions.update(session) { resources = APIResources(versions) }
    }

    // MARK: Resources

    private mutating func replyResource(_ request: APIRequest, _ info: RequestInfo, in session: inout Session) throws(Refusal) -> APIReply {
        let kind = try servedKind(info, in: session)
        var understood = ResourceRequest(request: request, info: info, kind: kind, representation: Representation())
        guard isAllowed(info, kind.resource) || (info.verb == "options" && info.subresource == "proxy") else { throw .noMethod }
        // What is accepted is the affair of whoever answers.
        if info.subresource == "proxy", info.group.isEmpty { return try proxy(request, info, in: session) }
        understood.representation = try Representation.chosen(accept: request.header("accept"), transforms: true).get()
        if let text = Self.deprecations["\(kind.apiVersion)/\(kind.resource.name)"] { understood.warnings.append(text) }
        if let text = definitions.note(of: resources.resource(info.group, info.version, info.resource) ?? kind.resource)?.warning {
            understood.warnings.append(text)
        }
        try requireNoEscalation(understood, in: &session)
        if kind.resource.group == EvenkeelAPI.group { return try replyEvenkeel(understood, in: &session) }
        if kind.resource.group == "metrics.k8s.io" { return .answer(try metrics(understood, in: session)) }
        switch (info.verb, info.subresource) {
        case ("get", ""), ("get", "status"), ("get", "scale"), ("get", "resize"), ("get", "ephemeralcontainers"), ("get", "approval"):
            return .answer(try get(understood, in: session))
        case ("list", ""): return .answer(try list(understood, in: session))
        case ("watch", ""): return try watch(understood, in: session)
        case ("create", ""), ("create", "eviction"), ("create", "binding"): return .answer(try create(understood, in: &session))
        case ("create", "token"): return .answer(try token(understood, in: session))
        case ("update", _): return .answer(try update(understood, in: &session))
        case ("patch", _): return .answer(try patch(understood, in: &session))
        case ("delete", ""): return .answer(try delete(understood, in: &session))
        case ("deletecollection", ""): return .answer(try deleteCollection(understood, in: &session))
        default: return try replyPod(understood, in: &session)
        }
    }

    /// The resource that a request names.
    func servedKind(_ info: RequestInfo, in session: Session) throws(Refusal) -> ServedKind {
        guard let resource = resources.resource(info.group, info.version, info.resourceName) else {
            if !info.group.isEmpty, resources.versions(ofGroup: info.group).isEmpty { throw .noPath }
            throw .noResource
        }
        let parent = resources.resource(info.group, info.version, info.resource) ?? resource
        if !parent.isNamespaced, !info.namespace.isEmpty, info.resource != "namespaces" { throw .noResource }
        // Objects in namespaces have no path without one.
        if parent.isNamespaced, info.namespace.isEmpty, !info.name.isEmpty { throw .noResource }
        let hasStatus = resources.resource(info.group, info.version, "\(info.resource)/status") != nil
        if let custom = definitions.kind(of: parent) {
            return ServedKind(
                resource: resource, info: custom, hasStatus: hasStatus, isCustom: true, selectableFields: definitions.note(of: parent)?.selectableFields ?? [])
        }
        return ServedKind(resource: resource, info: Self.keptKind(of: parent), hasStatus: hasStatus)
            .serving(parent)
    }

    /// The kind that is kept for a resource of Kubernetes itself.
    private static func keptKind(of resource: APIResource) -> KindInfo {
        if resource.kind == "Event" { return Event.info }
        return KindInfo.typed(apiVersion: resource.groupVersion, kind: resource.kind)
            ?? KindInfo.custom(apiVersion: resource.groupVersion, kind: resource.kind)
    }

    private func isAllowed(_ info: RequestInfo, _ resource: APIResource) -> Bool {
        // A POST to an object and a PUT to a collection have no meaning.
        if info.verb == "create", !info.name.isEmpty, info.subresource.isEmpty { return false }
        if ["update", "patch"].contains(info.verb), info.name.isEmpty { return false }
        return resource.verbs.contains(info.verb)
    }

    private static let deprecations = [
        "v1/endpoints": "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
        "v1/componentstatuses": "v1 ComponentStatus is deprecated in v1.19+",
    ]

    // MARK: Watch

    private mutating func watch(_ request: ResourceRequest, in session: Session) throws(Refusal) -> APIReply {
        let info = request.info
        try checkListOptions(info)
        let filter = try request.filter()
        let current = session.cluster.store.revision
        let text = info.parameter("resourceVersion") ?? ""
        guard let wanted = text.isEmpty ? 0 : UInt64(text) else {
            throw Refusal(
                APIError(
                    code: 500, reason: "",
                    message: "resourceVersion: Invalid value: \"\(text)\": strconv.ParseUint: parsing \"\(text)\": invalid syntax"))
        }
        if wanted > UInt64(current) { throw .tooLargeRevision(text, current: current) }
        let streamsList = info.parameter("sendInitialEvents").map { $0 == "true" || $0 == "1" }
        var initial: [any StoredObject]?
        if streamsList ?? (wanted == 0) {
            initial = objects(request.kind, namespace: filter.namespace, in: session.cluster.store, session: session).filter(filter.matches)
        }
        let start = initial != nil || wanted == 0 ? current : Int(wanted)
        let timeout = info.parameter("timeoutSeconds").flatMap { Int($0) } ?? 0
        return .watch(
            APIWatch(
                request, filter: filter, initial: initial ?? (wanted == 0 ? [] : nil), endsInitial: streamsList == true && info.flag("allowWatchBookmarks"),
                from: start, timeoutSeconds: timeout > 0 ? timeout : 1800 + Int(StableHash.fnv1a32(info.path)) % 1800, cache: cache, in: session))
    }

    // MARK: Answers

    /// One object in the form that was asked for.
    func answer(_ status: Int, _ request: ResourceRequest, _ object: any StoredObject, in session: Session) -> APIResponse {
        APIResponse(status: status, headers: request.headers, body: request.form.body(object, in: session.cluster))
    }

    /// A document that is no object of the resource's kind.
    func answer(
        _ status: Int, _ representation: Representation = Representation(), headers: [(name: String, value: String)] = [],
        _ document: @escaping @Sendable () -> JSONValue
    ) -> APIResponse {
        let isYAML = representation.isYAML
        return APIResponse(
            status: status, headers: [("cache-control", "no-cache, private"), ("content-type", isYAML ? "application/yaml" : "application/json")] + headers
        ) { isYAML ? Array(ManifestWriter.yaml(document()).utf8) : document().line }
    }
}

extension ServedKind {
    /// The same of the resource itself in place of one of its parts, whose kind may be another's.
    fileprivate func serving(_ parent: APIResource) -> ServedKind {
        var result = self
        if resource.isSubresource { result.resource.group = parent.group }
        return result
    }
}

extension APIReply {
    /// The HTTP status with which the answer begins.
    fileprivate var code: Int {
        switch self {
        case .answer(let response): response.status
        case .watch, .log: 200
        case .session: 101
        case .advance: 201
        }
    }
}

/// What becomes of a request.
public enum APIReply: Sendable {
    case answer(APIResponse)
    /// 200 and a stream of events, one a line; see ``APIWatch``.
    case watch(APIWatch)
    /// 200 and a text that goes on: the log of a container that is followed.
    case log(APILogStream)
    /// The connection is to be upgraded for a session with a pod's program: exec, attach or port-forward.
    case session(APIPodSession)
    /// Time has to get there first, whether it is paused or not; then this is the answer.
    case advance(to: Instant, answer: @Sendable (Session) -> APIResponse)
}
