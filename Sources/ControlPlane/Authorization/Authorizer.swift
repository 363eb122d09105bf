// Whether a user may do what is asked: the group of masters, the node authorizer, then roles and their bindings.

import KubernetesAPI

/// Decides about requests by the roles of a cluster. It holds a snapshot of the objects: make one for a request, keep none.
///
/// - Source: Kubernetes `plugin/pkg/auth/authorizer/rbac/rbac.go`, `pkg/registry/rbac/validation/rule.go`.
public struct Authorizer: Sendable {
    let store: ObjectStore

    public init(_ cluster: Cluster) { store = cluster.store }
    init(store: ObjectStore) { self.store = store }

    public struct Decision: Sendable, Equatable {
        public var isAllowed: Bool
        /// What allowed it (`RBAC: allowed by …`), or what kept a role from being found. Mostly empty for a refusal.
        public var reason: String
    }

    public func decide(_ user: UserInfo, _ request: AccessRequest) -> Decision {
        if user.groups.contains(UserInfo.mastersGroup) { return Decision(isAllowed: true, reason: "") }
        var reasons: [String] = []
        if let node = user.node {
            let decision = NodeAuthorizer(store: store, node: node).decide(request)
            if decision.isAllowed { return decision }
            if !decision.reason.isEmpty { reasons.append(decision.reason) }
        }
        var found: String?
        let errors = visit(user, request.path == nil ? request.namespace : "") { rule, source in
            if rule.allows(request) { found = source() }
            return found == nil
        }
        if let found { return Decision(isAllowed: true, reason: "RBAC: allowed by \(found)") }
        if !errors.isEmpty { reasons.append("RBAC: " + (errors.count == 1 ? errors[0] : "[\(errors.joined(separator: ", "))]")) }
        return Decision(isAllowed: false, reason: reasons.joined(separator: "\n"))
    }

    /// Throws the API server's refusal unless `user` may do what is asked.
    public func require(_ user: UserInfo, _ request: AccessRequest) throws(APIError) {
        let decision = decide(user, request)
        if !decision.isAllowed { throw request.refusal(of: user, reason: decision.reason) }
    }

    /// All rules that apply to `user` in `namespace`, those of the whole cluster first.
    public func rules(of user: UserInfo, in namespace: String) -> [PolicyRule] {
        var rules: [PolicyRule] = []
        _ = visit(user, namespace) { rule, _ in
            rules.append(rule)
            return true
        }
        return rules
    }

    // MARK: Bindings

    /// Calls `each` with the rules that bindings give to `user`, and with what says where one comes from, as long as it returns true.
    /// Returns what could not be found.
    private func visit(_ user: UserInfo, _ namespace: String, _ each: (PolicyRule, () -> String) -> Bool) -> [String] {
        var errors: [String] = []
        func go(_ kind: String, _ binding: Binding) -> Bool {
            guard let subject = binding.subjects.first(where: { $0.matches(user, namespace: binding.namespace) }) else { return true }
            guard let rules = rules(ofRole: binding.role.kind, binding.role.name, namespace: binding.namespace) else {
                errors.append("\(binding.role.kind.lowercased()).rbac.authorization.k8s.io \"\(binding.role.name)\" not found")
                return true
            }
            let place = binding.namespace.isEmpty ? binding.name : "\(binding.name)/\(binding.namespace)"
            let source = { "\(kind) \"\(place)\" of \(binding.role.kind) \"\(binding.role.name)\" to \(subject.text(namespace: binding.namespace))" }
            return rules.allSatisfy { each($0, source) }
        }
        for binding in clusterBindings where !go("ClusterRoleBinding", binding) { return errors }
        if !namespace.isEmpty {
            for binding in kept("RoleBinding", namespace: namespace).map(Binding.init) where !go("RoleBinding", binding) { return errors }
        }
        return errors
    }

    /// A binding as it is written.
    struct Binding: Sendable {
        var name: String
        /// Empty for one of the whole cluster.
        var namespace: String
        var role: (kind: String, name: String)
        var subjects: [Subject]

        init(_ object: CustomObject) {
            (name, namespace) = (object.metadata.name, object.metadata.namespace)
            let reference = object.content["roleRef"]
            role = (reference?["kind"]?.string ?? "", reference?["name"]?.string ?? "")
            subjects = (object.content["subjects"]?.array ?? []).map {
                Subject(kind: $0["kind"]?.string ?? "", name: $0["name"]?.string ?? "", namespace: $0["namespace"]?.string ?? "")
            }
        }
        init(_ name: String, _ subjects: [(kind: String, name: String)]) {
            (self.name, namespace, role) = (name, "", ("ClusterRole", name))
            self.subjects = subjects.map { subject in
                let parts = subject.name.split(separator: "/").map(String.init)
                return subject.kind == "ServiceAccount"
                    ? Subject(kind: subject.kind, name: parts[1], namespace: parts[0]) : Subject(kind: subject.kind, name: subject.name, namespace: "")
            }
        }
    }
    /// Who gets a role.
    struct Subject: Sendable {
        /// `User`, `Group` or `ServiceAccount`.
        var kind: String
        var name: String
        var namespace: String

        func matches(_ user: UserInfo, namespace home: String) -> Bool {
            switch kind {
            case "User": return user.name == name
            case "Group": return user.groups.contains(name)
            case "ServiceAccount":
                let own = namespace.isEmpty ? home : namespace
                return !own.isEmpty && user.name == "system:serviceaccount:\(own):\(name)"
            default: return false
            }
        }
        func text(namespace home: String) -> String {
            kind == "ServiceAccount" ? "\(kind) \"\(name)/\(namespace.isEmpty ? home : namespace)\"" : "\(kind) \"\(name)\""
        }
    }

    private static let group = "rbac.authorization.k8s.io"
    /// The objects of a kind of the group, by name.
    private func kept(_ kind: String, namespace: String = "") -> [CustomObject] {
        store.customObjects.rows.lazy.compactMap { $0 }
            .filter { $0.kindName == kind && $0.metadata.namespace == namespace && $0.group == Self.group }
            .sorted { $0.metadata.name < $1.metadata.name }
    }
    /// Those of the store, and the default ones that none of them stands for, by name.
    private var clusterBindings: [Binding] {
        let stored = kept("ClusterRoleBinding").map(Binding.init)
        if stored.isEmpty { return Self.standardBindings }
        let standard = Self.standardBindings.filter { binding in !stored.contains { $0.name == binding.name } }
        return (stored + standard).sorted { $0.name < $1.name }
    }
    private static let standardBindings = DefaultRoles.bindings.map { Binding($0.name, $0.subjects) }

    // MARK: Roles

    /// The rules of a role; nil if it is not there.
    func rules(ofRole kind: String, _ name: String, namespace: String) -> [PolicyRule]? {
        switch kind {
        case "Role": return store.customObjects[CustomObject.key(kind, Self.group, namespace: namespace, name)].map { PolicyRule.list($0.content["rules"]) }
        case "ClusterRole":
            var visited: Set<String> = []
            return rules(ofClusterRole: name, &visited)
        default: return nil
        }
    }

    /// With the rules of those that aggregate to it, each rule once.
    private func rules(ofClusterRole name: String, _ visited: inout Set<String>) -> [PolicyRule]? {
        guard visited.insert(name).inserted else { return [] }
        let selectors: [LabelSelector]
        if let object = store.customObjects[CustomObject.key("ClusterRole", Self.group, name)] {
            guard let aggregation = object.content["aggregationRule"] else { return PolicyRule.list(object.content["rules"]) }
            var decoder = APIDecoder()
            selectors = aggregation["clusterRoleSelectors"].flatMap { [LabelSelector].decode($0, &decoder) } ?? []
        } else if let role = DefaultRoles.role(name) {
            guard role.isAggregated else { return role.rules }
            selectors = role.selectors
        } else {
            return nil
        }
        var rules: [PolicyRule] = []
        for (other, labels) in clusterRoleLabels where other != name && selectors.contains(where: { $0.matches(labels) }) {
            for rule in self.rules(ofClusterRole: other, &visited) ?? [] where !rules.contains(rule) { rules.append(rule) }
        }
        return rules
    }
    private var clusterRoleLabels: [(name: String, labels: StringMap<String>)] {
        let stored = kept("ClusterRole").map { (name: $0.metadata.name, labels: $0.metadata.labels) }
        let standard = DefaultRoles.roles.filter { role in !stored.contains { $0.name == role.name } }
        return (stored + standard.map { ($0.name, $0.labels) }).sorted { $0.name < $1.name }
    }

    // MARK: Impersonation

    /// The user that a request acts as by its headers `Impersonate-User`, `-Group`, `-Uid` and `-Extra-…`; `user` itself without them.
    /// - Parameter extra: by lower-case key.
    /// - Throws: 403 if `user` may not act as one of them, 500 for groups without a user.
    /// - Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/endpoints/filters/impersonation.go`.
    public func impersonate(
        _ name: String?, groups: [String] = [], uid: String = "", extra: StringMap<[String]> = [:], by user: UserInfo
    ) throws(APIError) -> UserInfo {
        guard let name, !name.isEmpty else {
            if groups.isEmpty, uid.isEmpty, extra.isEmpty { return user }
            let text = "Internal error occurred: requested impersonation of groups, extra info or UID without impersonating a user"
            throw APIError(code: 500, reason: "InternalError", message: text)
        }
        let account = UserInfo.account(of: name)
        if let account {
            try require(user, AccessRequest(verb: "impersonate", resource: "serviceaccounts", namespace: account.namespace, name: account.name))
        } else {
            try require(user, AccessRequest(verb: "impersonate", resource: "users", name: name))
        }
        for group in groups { try require(user, AccessRequest(verb: "impersonate", resource: "groups", name: group)) }
        if !uid.isEmpty { try require(user, AccessRequest(verb: "impersonate", group: "authentication.k8s.io", resource: "uids", name: uid)) }
        for (key, values) in extra.entries {
            for value in values {
                try require(
                    user, AccessRequest(verb: "impersonate", group: "authentication.k8s.io", resource: "userextras", subresource: key, name: value))
            }
        }
        var acting = groups
        if acting.isEmpty, let account { acting = UserInfo.serviceAccount(account).groups }
        let standard = name == UserInfo.anonymousName ? UserInfo.unauthenticatedGroup : UserInfo.authenticatedGroup
        if !acting.contains(UserInfo.authenticatedGroup), !acting.contains(UserInfo.unauthenticatedGroup) { acting.append(standard) }
        return UserInfo(name: name, uid: uid, groups: acting, extra: extra)
    }

    // MARK: Escalation

    /// Throws unless `user` may write `object`, a role or binding: nobody gives rights that he does not have. Other kinds pass.
    /// - Source: Kubernetes `pkg/registry/rbac/{role,clusterrole,rolebinding,clusterrolebinding}/policybased/storage.go`.
    public func requireNoEscalation(_ user: UserInfo, writing object: CustomObject) throws(APIError) {
        let info = object.kindInfo
        guard info.group == Self.group, !user.groups.contains(UserInfo.mastersGroup) else { return }
        let namespace = object.metadata.namespace
        func may(_ verb: String, _ resource: String, _ name: String) -> Bool {
            decide(user, AccessRequest(verb: verb, group: Self.group, resource: resource, namespace: namespace, name: name)).isAllowed
        }
        let wanted: [PolicyRule]
        switch info.kind {
        case "Role", "ClusterRole":
            if may("escalate", info.plural, object.metadata.name) { return }
            wanted = PolicyRule.list(object.content["rules"])
            if object.content["aggregationRule"] != nil {
                let everything = [AccessRequest(verb: "*", group: "*", resource: "*"), AccessRequest(verb: "*", path: "*")]
                if !everything.allSatisfy({ decide(user, $0).isAllowed }) {
                    throw .forbidden(info, object.metadata.name, "must have cluster-admin privileges to use the aggregationRule")
                }
            }
        case "RoleBinding", "ClusterRoleBinding":
            let role = Binding(object).role
            if may("bind", role.kind == "Role" ? "roles" : "clusterroles", role.name) { return }
            guard let rules = rules(ofRole: role.kind, role.name, namespace: namespace) else {
                throw APIError(
                    code: 404, reason: "NotFound", message: "\(role.kind.lowercased()).\(Self.group) \"\(role.name)\" not found",
                    kind: role.kind.lowercased(), group: Self.group, name: role.name)
            }
            wanted = rules
        default: return
        }
        let missing = PolicyRule.missing(from: rules(of: user, in: namespace), of: wanted)
        if missing.isEmpty { return }
        throw .forbidden(
            info, object.metadata.name,
            "user \"\(user.name)\" (groups=\(user.groups.quoted)) is attempting to grant RBAC permissions not currently held:\n"
                + PolicyRule.text(missing).joined(separator: "\n"))
    }
}
