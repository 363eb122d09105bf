// Questions about rights and identities that the API server answers at once and keeps nowhere.

import KubernetesAPI
import SimulationKit

/// A kind that is only ever created, and whose answer is the object with its status.
///
/// - Source: Kubernetes `pkg/registry/authorization`, `pkg/registry/authentication`.
public enum Review: String, Sendable, CaseIterable {
    case selfSubjectAccess = "SelfSubjectAccessReview"
    case subjectAccess = "SubjectAccessReview"
    /// In a namespace.
    case localSubjectAccess = "LocalSubjectAccessReview"
    case selfSubjectRules = "SelfSubjectRulesReview"
    case selfSubject = "SelfSubjectReview"
    case token = "TokenReview"

    public var group: String { self == .selfSubject || self == .token ? "authentication.k8s.io" : "authorization.k8s.io" }
    /// `selfsubjectaccessreviews`
    public var plural: String { rawValue.lowercased() + "s" }
    public var isNamespaced: Bool { self == .localSubjectAccess }

    /// The object that `user` gets back for `body`, as JSON; the code is 201.
    /// - Parameter namespace: of the path, for ``localSubjectAccess``.
    public func answer(to body: JSONValue, namespace: String = "", from user: UserInfo, in cluster: Cluster) throws(APIError) -> JSONValue {
        var metadata = body["metadata"]?.object ?? JSONObject()
        var spec: JSONValue? = body["spec"] ?? [:]
        let status: JSONValue
        switch self {
        case .selfSubjectAccess, .subjectAccess, .localSubjectAccess:
            status = try access(spec ?? [:], namespace: namespace, user, cluster)
        case .selfSubjectRules:
            status = try Self.rules(spec?["namespace"]?.string ?? "", user, cluster)
            // The answer has nothing of the question.
            (metadata, spec) = ([:], [:])
        case .selfSubject:
            metadata["creationTimestamp"] = .string(cluster.now.rfc3339)
            (spec, status) = (nil, ["userInfo": user.json])
        case .token: status = try Self.token(spec ?? [:], cluster)
        }
        var object: JSONObject = ["kind": .string(rawValue), "apiVersion": .string("\(group)/v1"), "metadata": .object(metadata)]
        if let spec { object["spec"] = spec }
        object["status"] = status
        return .object(object)
    }

    private func access(_ spec: JSONValue, namespace: String, _ user: UserInfo, _ cluster: Cluster) throws(APIError) -> JSONValue {
        let resource = spec["resourceAttributes"].flatMap { $0 == .null ? nil : $0 }
        let path = spec["nonResourceAttributes"].flatMap { $0 == .null ? nil : $0 }
        var errors: [FieldError] = []
        if resource != nil, let path {
            errors.append(
                FieldError(.invalid, "spec.nonResourceAttributes", value: path.text(), "cannot be specified in combination with resourceAttributes"))
        }
        if resource == nil, path == nil {
            errors.append(
                FieldError(
                    .invalid, "spec.resourceAttributes", value: "null", "exactly one of nonResourceAttributes or resourceAttributes must be specified"))
        }
        var asked = user
        if self != .selfSubjectAccess {
            let groups = spec["groups"]?.array?.compactMap(\.string) ?? []
            asked = UserInfo(name: spec["user"]?.string ?? "", uid: spec["uid"]?.string ?? "", groups: groups)
            if asked.name.isEmpty, groups.isEmpty {
                errors.append(FieldError(.invalid, "spec.user", value: "\"\"", "at least one of user or group must be specified"))
            }
        }
        if self == .localSubjectAccess {
            if path != nil { errors.append(FieldError(.invalid, "spec.nonResourceAttributes", value: "{}", "disallowed on this kind of request")) }
            if resource?["namespace"]?.string ?? "" != namespace {
                errors.append(
                    FieldError(
                        .invalid, "spec.resourceAttributes.namespace", value: "\"\(resource?["namespace"]?.string ?? "")\"", "must match metadata.namespace"))
            }
        }
        if !errors.isEmpty {
            throw .invalid(KindInfo.custom(apiVersion: "\(group)/v1", kind: rawValue), "", errors)
        }
        func word(_ name: String) -> String { resource?[name]?.string ?? "" }
        let request =
            path.map { AccessRequest(verb: $0["verb"]?.string ?? "", path: $0["path"]?.string ?? "") }
            ?? AccessRequest(
                verb: word("verb"), group: word("group"), resource: word("resource"), subresource: word("subresource"), namespace: word("namespace"),
                name: word("name"), fieldSelector: resource?["fieldSelector"]?["rawSelector"]?.string ?? "")
        let decision = Authorizer(cluster).decide(asked, request)
        var status: JSONObject = ["allowed": .bool(decision.isAllowed)]
        if !decision.reason.isEmpty { status["reason"] = .string(decision.reason) }
        return .object(status)
    }

    private static func rules(_ namespace: String, _ user: UserInfo, _ cluster: Cluster) throws(APIError) -> JSONValue {
        if namespace.isEmpty { throw .badRequest("no namespace on request") }
        let rules = Authorizer(cluster).rules(of: user, in: namespace)
        func list(_ rules: [PolicyRule]) -> JSONValue { .array(rules.map { .object($0.jsonObject) }) }
        var status: JSONObject = [
            "resourceRules": list(rules.filter(\.nonResourceURLs.isEmpty)),
            "nonResourceRules": list(
                rules.filter { !$0.nonResourceURLs.isEmpty }.map { rule in
                    var paths = PolicyRule()
                    (paths.verbs, paths.nonResourceURLs) = (rule.verbs, rule.nonResourceURLs)
                    return paths
                }),
            "incomplete": .bool(user.node != nil),
        ]
        if user.node != nil { status["evaluationError"] = "node authorizer does not support user rule resolution" }
        return .object(status)
    }

    private static func token(_ spec: JSONValue, _ cluster: Cluster) throws(APIError) -> JSONValue {
        guard let text = spec["token"]?.string, !text.isEmpty else { throw .badRequest("token is required for TokenReview in authentication") }
        let wanted = spec["audiences"]?.array?.compactMap(\.string) ?? []
        switch cluster.authenticate(token: text, audiences: wanted.isEmpty ? [ServiceAccountToken.serverAudience] : wanted) {
        case .success(let found):
            var status: JSONObject = ["authenticated": true, "user": found.user.json]
            if !wanted.isEmpty { status["audiences"] = .array(found.audiences.map { .string($0) }) }
            return .object(status)
        case .failure(let refusal): return ["user": [:], "error": .string(refusal.text)]
        }
    }
}
