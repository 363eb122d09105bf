// Who asks, what is asked, and how the API server refuses.

import KubernetesAPI

/// Who asks: what a client certificate, a token or an impersonation header says.
///
/// - Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/authentication/user/user.go`.
public struct UserInfo: Sendable, Equatable {
    /// `system:admin`, `system:serviceaccount:NAMESPACE:NAME`, `system:anonymous`
    public var name: String
    public var uid: String
    public var groups: [String]
    /// What else the credentials say, by lower-case key: the pod and node that a token is bound to.
    public var extra: StringMap<[String]>

    public init(name: String, uid: String = "", groups: [String] = [], extra: StringMap<[String]> = [:]) {
        (self.name, self.uid, self.groups, self.extra) = (name, uid, groups, extra)
    }

    public static let anonymousName = "system:anonymous"
    /// May do everything, whatever the roles say.
    public static let mastersGroup = "system:masters"
    public static let authenticatedGroup = "system:authenticated"
    public static let unauthenticatedGroup = "system:unauthenticated"
    static let nodesGroup = "system:nodes"
    /// A request without credentials.
    public static let anonymous = UserInfo(name: anonymousName, groups: [unauthenticatedGroup])

    /// A service account, as its token or an impersonation names it.
    public static func serviceAccount(_ account: ObjectKey, uid: String = "") -> UserInfo {
        UserInfo(
            name: "\(accountPrefix)\(account.namespace):\(account.name)", uid: uid,
            groups: ["system:serviceaccounts", "system:serviceaccounts:\(account.namespace)", authenticatedGroup])
    }
    private static let accountPrefix = "system:serviceaccount:"
    /// The user that a name means where nothing else is said, as with `kubectl --as`: nodes and service accounts have their groups.
    public static func named(_ name: String) -> UserInfo {
        if name == anonymousName { return anonymous }
        if let account = account(of: name) { return serviceAccount(account) }
        let groups = name.hasPrefix("system:node:") ? [nodesGroup] : []
        return UserInfo(name: name, groups: groups + [authenticatedGroup])
    }
    /// The account that a user name means; nil if it means none.
    public static func account(of name: String) -> ObjectKey? {
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        guard name.hasPrefix(accountPrefix), parts.count == 4, !parts[2].isEmpty, !parts[3].isEmpty else { return nil }
        return ObjectKey(namespace: String(parts[2]), name: String(parts[3]))
    }
    /// The node whose kubelet this is; nil if it is none.
    public var node: String? {
        groups.contains(Self.nodesGroup) && name.hasPrefix("system:node:") ? String(name.dropFirst("system:node:".count)) : nil
    }

    /// As reviews show it.
    public var json: JSONValue {
        var object: JSONObject = ["username": .string(name)]
        if !uid.isEmpty { object["uid"] = .string(uid) }
        if !groups.isEmpty { object["groups"] = .array(groups.map { .string($0) }) }
        if !extra.isEmpty { object["extra"] = extra.json }
        return .object(object)
    }
}

/// What a request wants to do with what.
///
/// - Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/authorization/authorizer/interfaces.go`.
public struct AccessRequest: Sendable, Equatable {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, `impersonate`, `escalate` …
    public var verb: String
    public var group: String
    /// The plural.
    public var resource: String
    public var subresource: String
    /// Empty for what belongs to no namespace, and for all namespaces.
    public var namespace: String
    public var name: String
    /// What is asked if it is no resource: `/version`.
    public var path: String?
    /// The field selector of a list or watch, as it was sent.
    public var fieldSelector: String

    public init(
        verb: String, group: String = "", resource: String, subresource: String = "", namespace: String = "", name: String = "",
        fieldSelector: String = ""
    ) {
        (self.verb, self.group, self.resource, self.subresource) = (verb, group, resource, subresource)
        (self.namespace, self.name, self.fieldSelector) = (namespace, name, fieldSelector)
    }
    public init(verb: String, path: String) {
        self.init(verb: verb, resource: "")
        self.path = path
    }

    /// What an HTTP request asks for: verbs and names as the API server finds them in its path.
    /// - Parameters:
    ///   - method: upper case.
    ///   - path: percent-decoded, without the query.
    ///   - isWatch: the query has `watch=true`.
    ///   - fieldSelector: that of the query.
    /// - Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go`.
    public init(method: String, path: String, isWatch: Bool = false, fieldSelector: String = "") {
        var parts = path.split(separator: "/").map(String.init)
        let isCore = parts.first == "api"
        guard isCore && parts.count >= 3 || parts.first == "apis" && parts.count >= 4 else {
            self.init(verb: method.lowercased(), path: path)
            return
        }
        var verb = ["POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"][method] ?? "get"
        let group = isCore ? "" : parts[1]
        parts.removeFirst(isCore ? 2 : 3)
        var namespace = ""
        if parts[0] == "namespaces", parts.count > 1 {
            namespace = parts[1]
            if parts.count > 2, !["status", "finalize"].contains(parts[2]) { parts.removeFirst(2) }
        }
        let name = parts.count > 1 ? parts[1] : ""
        if name.isEmpty, verb == "get" { verb = isWatch ? "watch" : "list" }
        if name.isEmpty, verb == "delete" { verb = "deletecollection" }
        self.init(
            verb: verb, group: group, resource: parts[0], subresource: parts.count > 2 ? parts[2] : "", namespace: namespace, name: name,
            fieldSelector: fieldSelector)
    }

    /// `pods` or `pods/exec`
    var combinedResource: String { subresource.isEmpty ? resource : "\(resource)/\(subresource)" }

    /// 403, in the API server's words.
    /// - Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go`.
    public func refusal(of user: UserInfo, reason: String = "") -> APIError {
        var what: String
        if let path {
            what = "User \"\(user.name)\" cannot \(verb) path \"\(path)\""
        } else {
            what = "User \"\(user.name)\" cannot \(verb) resource \"\(combinedResource)\" in API group \"\(group)\""
            what += namespace.isEmpty ? " at the cluster scope" : " in the namespace \"\(namespace)\""
        }
        if !reason.isEmpty { what += ": \(reason)" }
        let qualified = group.isEmpty ? resource : "\(resource).\(group)"
        let subject = resource.isEmpty ? "forbidden" : name.isEmpty ? "\(qualified) is forbidden" : "\(qualified) \"\(name)\" is forbidden"
        return APIError(code: 403, reason: "Forbidden", message: "\(subject): \(what)", kind: resource, group: group, name: name)
    }
}

extension APIError {
    /// 401: the credentials are not known, or not any more.
    public static let unauthorized = APIError(code: 401, reason: "Unauthorized", message: "Unauthorized")
}
