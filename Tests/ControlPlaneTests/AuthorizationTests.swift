// Who may do what: roles, bindings, nodes, impersonation, escalation, reviews and tokens.

import ControlPlane
import KubernetesAPI
import SimulationKit
import Testing

struct AuthorizationTests {
    var cluster = Cluster(seed: 1)
    static let masters = UserInfo(name: "admin", uid: "admin", groups: ["system:masters", "system:authenticated"])
    static let robot = UserInfo.serviceAccount(ObjectKey(namespace: "default", name: "robot"))
    static let kitUser = UserInfo(name: "kit-user", groups: ["system:authenticated"])

    /// With the role of the conformance kit, bound to the account `robot`.
    init() throws {
        try create([
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": ["name": "reader"],
            "rules": [
                ["apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list", "watch"]],
                ["apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"], "resourceNames": ["web"]],
            ],
        ])
        try create(binding("RoleBinding", "robot-reads", "Role", "reader", ["kind": "ServiceAccount", "name": "robot", "namespace": "default"]))
    }
    private func binding(_ kind: String, _ name: String, _ roleKind: String, _ role: String, _ subject: JSONValue) -> JSONValue {
        [
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": .string(kind), "metadata": ["name": .string(name)],
            "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": .string(roleKind), "name": .string(role)], "subjects": [subject],
        ]
    }
    private mutating func create(_ json: JSONValue) throws {
        func create<O: StoredObject>(_ object: O) throws(APIError) { try cluster.create(object) }
        try create(try decodeObject(json).get())
    }
    private func may(_ user: UserInfo, _ verb: String, _ resource: String, group: String = "", namespace: String = "default", name: String = "") -> Bool {
        let parts = resource.split(separator: "/").map(String.init)
        return Authorizer(cluster).decide(
            user,
            AccessRequest(
                verb: verb, group: group, resource: parts[0], subresource: parts.count > 1 ? parts[1] : "", namespace: namespace, name: name)
        ).isAllowed
    }
    private func refusal(_ user: UserInfo, _ request: AccessRequest) -> APIError? {
        do throws(APIError) {
            try Authorizer(cluster).require(user, request)
            return nil
        } catch { return error }
    }

    // MARK: Roles

    @Test func `a role gives what its rules say, in its namespace, by name where it names`() {
        #expect(may(Self.robot, "list", "pods") && may(Self.robot, "get", "pods/log"))
        #expect(!may(Self.robot, "delete", "pods") && !may(Self.robot, "get", "pods/exec") && !may(Self.robot, "list", "pods", namespace: "kube-system"))
        #expect(!may(Self.robot, "list", "pods", namespace: ""))
        #expect(may(Self.robot, "get", "deployments", group: "apps", name: "web") && !may(Self.robot, "get", "deployments", group: "apps", name: "db"))
        #expect(may(Self.masters, "escalate", "anything", group: "any"))
    }

    /// Texts of the recordings `errors.jsonl` and of the kit's cases `auth/forbidden`.
    @Test func `a refusal has the API server's words`() {
        let viewer = UserInfo(name: "viewer", groups: ["system:authenticated"])
        func text(_ request: AccessRequest, _ user: UserInfo = viewer) -> String? { refusal(user, request)?.message }
        #expect(
            text(AccessRequest(verb: "list", resource: "pods", namespace: "default"), .anonymous)
                == "pods is forbidden: User \"system:anonymous\" cannot list resource \"pods\" in API group \"\" in the namespace \"default\"")
        #expect(
            text(AccessRequest(verb: "list", resource: "nodes"))
                == "nodes is forbidden: User \"viewer\" cannot list resource \"nodes\" in API group \"\" at the cluster scope")
        #expect(
            text(AccessRequest(verb: "create", resource: "pods", subresource: "exec", namespace: "default", name: "solo"))
                == "pods \"solo\" is forbidden: User \"viewer\" cannot create resource \"pods/exec\" in API group \"\" in the namespace \"default\"")
        #expect(
            text(AccessRequest(verb: "list", group: "apps", resource: "deployments", namespace: "default"), Self.robot)
                == "deployments.apps is forbidden: User \"system:serviceaccount:default:robot\" cannot list resource \"deployments\" in API group \"apps\" in the namespace \"default\""
        )
        let path = refusal(viewer, AccessRequest(verb: "get", path: "/metrics"))
        #expect(path?.message == "forbidden: User \"viewer\" cannot get path \"/metrics\"")
        #expect(
            path?.status.text()
                == #"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"forbidden: User \"viewer\" cannot get path \"/metrics\"","reason":"Forbidden","details":{},"code":403}"#
        )
        #expect(
            APIError.unauthorized.status.text()
                == #"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}"#)
    }

    @Test mutating func `a binding of a role that is not there says so`() throws {
        try create(binding("RoleBinding", "lost", "ClusterRole", "none", ["kind": "User", "name": "kit-user"]))
        let error = refusal(Self.kitUser, AccessRequest(verb: "create", resource: "configmaps", namespace: "default"))
        #expect(
            error?.message
                == "configmaps is forbidden: User \"kit-user\" cannot create resource \"configmaps\" in API group \"\" in the namespace \"default\": RBAC: clusterrole.rbac.authorization.k8s.io \"none\" not found"
        )
    }

    @Test mutating func `the default roles view, edit and admin hold one another, and take in others by label`() throws {
        for role in ["view", "edit", "admin"] {
            try create(binding("RoleBinding", role, "ClusterRole", role, ["kind": "User", "name": .string(role)]))
        }
        func user(_ name: String) -> UserInfo { UserInfo(name: name, groups: ["system:authenticated"]) }
        #expect(may(user("view"), "list", "pods") && !may(user("view"), "get", "secrets") && !may(user("view"), "create", "pods"))
        #expect(may(user("edit"), "get", "secrets") && may(user("edit"), "create", "deployments", group: "apps"))
        #expect(!may(user("edit"), "create", "roles", group: "rbac.authorization.k8s.io"))
        #expect(may(user("admin"), "create", "roles", group: "rbac.authorization.k8s.io") && may(user("admin"), "list", "pods"))
        #expect(!may(user("view"), "list", "widgets", group: "example.com"))
        try create([
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": ["name": "widgets", "labels": ["rbac.authorization.k8s.io/aggregate-to-view": "true"]],
            "rules": [["apiGroups": ["example.com"], "resources": ["widgets"], "verbs": ["list"]]],
        ])
        for name in ["view", "edit", "admin"] { #expect(may(user(name), "list", "widgets", group: "example.com"), "\(name)") }
    }

    @Test func `everybody may discover, and the components may do their work`() {
        func get(_ path: String, _ user: UserInfo) -> Bool { Authorizer(cluster).decide(user, AccessRequest(verb: "get", path: path)).isAllowed }
        #expect(get("/version", .anonymous) && get("/healthz", .anonymous) && !get("/apis", .anonymous) && !get("/metrics", .anonymous))
        #expect(get("/apis/apps/v1", Self.kitUser) && get("/openapi/v3", Self.kitUser) && !get("/metrics", Self.kitUser))
        let scheduler = UserInfo(name: "system:kube-scheduler", groups: ["system:authenticated"])
        #expect(may(scheduler, "create", "pods/binding") && may(scheduler, "list", "persistentvolumes") && !may(scheduler, "create", "pods"))
        #expect(may(UserInfo(name: "system:kube-proxy", groups: []), "watch", "endpointslices", group: "discovery.k8s.io", namespace: ""))
    }

    @Test mutating func `default roles are listed, can be changed, and come back`() throws {
        let info = try #require(KindInfo.find("clusterroles"))
        let names = cluster.store.objects(of: info).map(\.metadata.name)
        #expect(names.contains("cluster-admin") && names.contains("system:basic-user") && cluster.store.customObjects.count == 2)
        let key = CustomObject.key("ClusterRole", info.group, "system:basic-user")
        #expect(may(Self.kitUser, "create", "selfsubjectaccessreviews", group: "authorization.k8s.io", namespace: ""))
        try cluster.update(CustomObject.self, key) { $0.content["rules"] = [] }
        #expect(!may(Self.kitUser, "create", "selfsubjectaccessreviews", group: "authorization.k8s.io", namespace: ""))
        try cluster.delete(CustomObject.self, key)
        #expect(may(Self.kitUser, "create", "selfsubjectaccessreviews", group: "authorization.k8s.io", namespace: ""))
    }

    // MARK: Impersonation and escalation

    @Test mutating func `who impersonates needs the right to`() throws {
        let acting = try Authorizer(cluster).impersonate("kit-user", groups: ["kit-team"], by: Self.masters)
        #expect(acting == UserInfo(name: "kit-user", groups: ["kit-team", "system:authenticated"]))
        let account = try Authorizer(cluster).impersonate("system:serviceaccount:default:robot", by: Self.masters)
        #expect(account.groups == ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"])
        #expect(try Authorizer(cluster).impersonate("system:anonymous", by: Self.masters).groups == ["system:unauthenticated"])
        #expect(try Authorizer(cluster).impersonate(nil, by: Self.kitUser) == Self.kitUser)
        let authorizer = Authorizer(cluster)
        func refusal(_ name: String?, _ groups: [String] = []) -> APIError? {
            do throws(APIError) {
                _ = try authorizer.impersonate(name, groups: groups, by: Self.kitUser)
                return nil
            } catch { return error }
        }
        #expect(
            refusal("jane")?.message
                == "users \"jane\" is forbidden: User \"kit-user\" cannot impersonate resource \"users\" in API group \"\" at the cluster scope")
        #expect(refusal(nil, ["a"])?.code == 500)
        try create([
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": ["name": "actor"],
            "rules": [["apiGroups": [""], "resources": ["users"], "verbs": ["impersonate"], "resourceNames": ["jane"]]],
        ])
        try create(binding("ClusterRoleBinding", "actor", "ClusterRole", "actor", ["kind": "User", "name": "kit-user"]))
        #expect(try Authorizer(cluster).impersonate("jane", by: Self.kitUser).name == "jane")
        #expect(throws: APIError.self) { try Authorizer(cluster).impersonate("jane", groups: ["system:masters"], by: Self.kitUser) }
    }

    @Test mutating func `nobody gives rights that he does not have`() throws {
        let info = try #require(KindInfo.find("roles"))
        try create(binding("RoleBinding", "robot-admin", "ClusterRole", "admin", ["kind": "ServiceAccount", "name": "robot", "namespace": "default"]))
        func refusal(_ json: JSONValue) throws -> String? {
            let object = try #require(try decodeObject(json).get() as? CustomObject)
            do throws(APIError) {
                try Authorizer(cluster).requireNoEscalation(Self.robot, writing: object)
                return nil
            } catch { return error.message }
        }
        func role(_ rules: JSONValue) -> JSONValue {
            ["apiVersion": .string(info.apiVersion), "kind": "Role", "metadata": ["name": "x", "namespace": "default"], "rules": rules]
        }
        #expect(try refusal(role([["apiGroups": [""], "resources": ["pods"], "verbs": ["list"]]])) == nil)
        #expect(
            try refusal(role([["apiGroups": [""], "resources": ["nodes", "pods"], "verbs": ["list", "get"]]]))
                == """
                roles.rbac.authorization.k8s.io "x" is forbidden: user "system:serviceaccount:default:robot" (groups=["system:serviceaccounts" \
                "system:serviceaccounts:default" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:
                {APIGroups:[""], Resources:["nodes"], Verbs:["list" "get"]}
                """)
        func bind(_ kind: String, _ name: String) -> JSONValue {
            var json = binding("RoleBinding", "b", kind, name, ["kind": "User", "name": "u"])
            json["metadata"]?["namespace"] = "default"
            return json
        }
        #expect(try refusal(bind("ClusterRole", "view")) == nil)
        #expect(
            try refusal(bind("ClusterRole", "cluster-admin"))?.hasSuffix(
                "{APIGroups:[\"*\"], Resources:[\"*\"], Verbs:[\"*\"]}\n{NonResourceURLs:[\"*\"], Verbs:[\"*\"]}") == true)
        #expect(try refusal(bind("Role", "none")) == "role.rbac.authorization.k8s.io \"none\" not found")
    }

    // MARK: Nodes

    @Test mutating func `a kubelet reads what its own pods need`() throws {
        let node = UserInfo(name: "system:node:n1", groups: ["system:nodes", "system:authenticated"])
        #expect(node.node == "n1" && UserInfo.named("system:node:n1") == node)
        try create([
            "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p"],
            "spec": [
                "nodeName": "n1", "containers": [["name": "c", "image": "i", "envFrom": [["secretRef": ["name": "own"]]]]],
                "volumes": [["name": "v", "configMap": ["name": "settings"]]],
            ],
        ])
        #expect(may(node, "get", "secrets", name: "own") && !may(node, "get", "secrets", name: "other") && !may(node, "list", "secrets"))
        #expect(may(node, "watch", "configmaps", name: "settings") && may(node, "get", "configmaps", name: "kube-root-ca.crt"))
        #expect(may(node, "create", "serviceaccounts/token", name: "default") && !may(node, "create", "serviceaccounts/token", name: "robot"))
        #expect(may(node, "update", "leases", group: "coordination.k8s.io", namespace: "kube-node-lease", name: "n1"))
        #expect(!may(node, "update", "leases", group: "coordination.k8s.io", namespace: "kube-node-lease", name: "n2"))
        #expect(may(node, "get", "pods", name: "p") && may(node, "patch", "pods/status", name: "p") && !may(node, "list", "pods", namespace: ""))
        let mine = AccessRequest(verb: "watch", resource: "pods", fieldSelector: "spec.nodeName=n1")
        #expect(Authorizer(cluster).decide(node, mine).isAllowed)
        #expect(
            refusal(node, AccessRequest(verb: "get", resource: "secrets", namespace: "default", name: "other"))?.message
                == "secrets \"other\" is forbidden: User \"system:node:n1\" cannot get resource \"secrets\" in API group \"\" in the namespace \"default\": no relationship found between node 'n1' and this object"
        )
        #expect(may(node, "update", "nodes/status", namespace: "", name: "n1") && !may(node, "update", "nodes/status", namespace: "", name: "n2"))
    }

    // MARK: Reviews

    private func review(_ kind: Review, _ spec: JSONValue, _ user: UserInfo, namespace: String = "") throws -> JSONValue {
        try kind.answer(to: ["spec": spec], namespace: namespace, from: user, in: cluster)
    }

    @Test func `an access review says yes and by what, or no`() throws {
        let resource: JSONValue = ["resourceAttributes": ["namespace": "default", "verb": "list", "resource": "pods"]]
        #expect(
            try review(.selfSubjectAccess, resource, Self.masters).text()
                == #"{"kind":"SelfSubjectAccessReview","apiVersion":"authorization.k8s.io/v1","metadata":{},"spec":{"resourceAttributes":{"namespace":"default","verb":"list","resource":"pods"}},"status":{"allowed":true}}"#
        )
        #expect(
            try review(.selfSubjectAccess, resource, Self.robot)["status"]?.text()
                == #"{"allowed":true,"reason":"RBAC: allowed by RoleBinding \"robot-reads/default\" of Role \"reader\" to ServiceAccount \"robot/default\""}"#)
        #expect(try review(.selfSubjectAccess, resource, Self.kitUser)["status"]?.text() == #"{"allowed":false}"#)
        var asked = resource
        asked["user"] = "system:serviceaccount:default:robot"
        #expect(try review(.subjectAccess, asked, Self.masters)["status"]?["allowed"] == .bool(true))
        #expect(try review(.localSubjectAccess, asked, Self.masters, namespace: "default")["status"]?["allowed"] == .bool(true))
        #expect(throws: APIError.self) { try review(.localSubjectAccess, asked, Self.masters, namespace: "other") }
        let path: JSONValue = ["nonResourceAttributes": ["path": "/version", "verb": "get"]]
        #expect(try review(.selfSubjectAccess, path, .anonymous)["status"]?["allowed"] == .bool(true))
        do {
            _ = try review(.subjectAccess, [:], Self.masters)
            Issue.record("accepted")
        } catch {
            #expect(
                (error as? APIError)?.message
                    == "SubjectAccessReview.authorization.k8s.io \"\" is invalid: [spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified, spec.user: Invalid value: \"\": at least one of user or group must be specified]"
            )
        }
    }

    /// The rules of a service account, as in the kit's case `auth/robot-list`, and of an administrator, as recorded from kubectl 1.32.
    @Test func `a rules review lists the default rules and one's own`() throws {
        let status = try review(.selfSubjectRules, ["namespace": "default"], Self.robot)["status"]
        #expect(
            status?["resourceRules"]?.text()
                == #"[{"verbs":["create"],"apiGroups":["authorization.k8s.io"],"resources":["selfsubjectaccessreviews","selfsubjectrulesreviews"]},"#
                + #"{"verbs":["create"],"apiGroups":["authentication.k8s.io"],"resources":["selfsubjectreviews"]},"#
                + #"{"verbs":["get","list","watch"],"apiGroups":[""],"resources":["pods","pods/log"]},"#
                + #"{"verbs":["get"],"apiGroups":["apps"],"resources":["deployments"],"resourceNames":["web"]}]"#)
        let paths = status?["nonResourceRules"]?.array?.flatMap { $0["nonResourceURLs"]?.array?.compactMap(\.string) ?? [] } ?? []
        #expect(
            paths.sorted() == [
                "/.well-known", "/.well-known/*", "/.well-known/openid-configuration", "/.well-known/openid-configuration/", "/api", "/api/*", "/apis",
                "/apis/*", "/healthz", "/healthz", "/livez", "/livez", "/openapi", "/openapi/*", "/openid/v1/jwks", "/openid/v1/jwks/", "/readyz", "/readyz",
                "/version", "/version", "/version/", "/version/",
            ])
        #expect(
            try review(.selfSubjectRules, ["namespace": "default"], Self.masters).text()
                == #"{"kind":"SelfSubjectRulesReview","apiVersion":"authorization.k8s.io/v1","metadata":{},"spec":{},"status":{"resourceRules":[{"verbs":["*"],"apiGroups":["*"],"resources":["*"]},{"verbs":["create"],"apiGroups":["authorization.k8s.io"],"resources":["selfsubjectaccessreviews","selfsubjectrulesreviews"]},{"verbs":["create"],"apiGroups":["authentication.k8s.io"],"resources":["selfsubjectreviews"]}],"nonResourceRules":[{"verbs":["*"],"nonResourceURLs":["*"]},{"verbs":["get"],"nonResourceURLs":["/api","/api/*","/apis","/apis/*","/healthz","/livez","/openapi","/openapi/*","/readyz","/version","/version/"]},{"verbs":["get"],"nonResourceURLs":["/.well-known","/.well-known/*"]},{"verbs":["get"],"nonResourceURLs":["/healthz","/livez","/readyz","/version","/version/"]}],"incomplete":false}}"#
        )
        #expect(throws: APIError.self) { try review(.selfSubjectRules, [:], Self.masters) }
        #expect(
            try review(.selfSubject, [:], Self.masters).text()
                == #"{"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1","metadata":{"creationTimestamp":"2026-01-01T00:00:00Z"},"status":{"userInfo":{"username":"admin","uid":"admin","groups":["system:masters","system:authenticated"]}}}"#
        )
    }

    // MARK: Tokens

    @Test mutating func `a token is made on request, recognised, and expires`() throws {
        try create(["apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "robot"]])
        let key = ObjectKey(namespace: "default", name: "robot")
        let answer = try cluster.requestToken(key, ["spec": ["audiences": .null, "boundObjectRef": .null, "expirationSeconds": 1200]])
        let text = try #require(answer["status"]?["token"]?.string)
        #expect(try cluster.requestToken(key, ["spec": ["expirationSeconds": 1200]])["status"]?["token"]?.string == text)
        #expect(answer["spec"]?.text() == #"{"audiences":["https://kubernetes.default.svc"],"expirationSeconds":1200,"boundObjectRef":null}"#)
        #expect(answer["status"]?["expirationTimestamp"] == "2026-01-01T00:20:00Z")
        let found = try cluster.authenticate(token: text).get()
        #expect(found.user.name == "system:serviceaccount:default:robot" && found.user.groups == Self.robot.groups && !found.isStale)
        let review = try Review.token.answer(to: ["spec": ["token": .string(text)]], from: Self.masters, in: cluster)
        #expect(review["status"]?["authenticated"] == .bool(true) && review["status"]?["user"]?["username"] == .string(found.user.name))
        func refusal(_ text: String, _ cluster: Cluster) -> String? {
            if case .failure(let refusal) = cluster.authenticate(token: text) { refusal.text } else { nil }
        }
        #expect(refusal(text + "x", cluster) == "invalid bearer token" && refusal("a.b.c", cluster) == "invalid bearer token")
        var other = cluster
        other.tokenKey[0] ^= 1
        #expect(refusal(text, other) == "invalid bearer token")
        var later = cluster
        later.now = cluster.now + .minutes(20)
        #expect(refusal(text, later) == "service account token has expired")
        try cluster.delete(ServiceAccount.self, key)
        #expect(refusal(text, cluster) == "serviceaccounts \"robot\" not found")
        try create(["apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "robot"]])
        #expect(refusal(text, cluster)?.hasPrefix("service account UID (") == true)
    }

    @Test mutating func `a token of other audiences is not for the server`() throws {
        try create(["apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "robot"]])
        let answer = try cluster.requestToken(ObjectKey(namespace: "default", name: "robot"), ["spec": ["audiences": ["vault", #"a","pod":{"name":"x"#]]])
        let text = try #require(answer["status"]?["token"]?.string)
        guard case .failure(let refusal) = cluster.authenticate(token: text) else {
            Issue.record("accepted")
            return
        }
        #expect(refusal.text.hasPrefix("token audiences [\"vault\""))
        #expect(try cluster.authenticate(token: text, audiences: ["vault", "other"]).get().audiences == ["vault"])
    }

    /// The kit's case `create/token-short`, and what else a request can get wrong.
    @Test mutating func `a request for a token is checked`() throws {
        try create(["apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "robot"]])
        try create(["apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p"], "spec": ["containers": [["name": "c", "image": "i"]]]])
        func refusal(_ spec: JSONValue, _ name: String = "robot") -> String? {
            do throws(APIError) {
                _ = try cluster.requestToken(ObjectKey(namespace: "default", name: name), ["spec": spec])
                return nil
            } catch { return error.message }
        }
        #expect(
            refusal(["expirationSeconds": 60])
                == "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes"
        )
        #expect(refusal([:], "nobody") == "serviceaccounts \"nobody\" not found")
        #expect(
            refusal(["boundObjectRef": ["apiVersion": "v1", "kind": "Pod", "name": "p"]])
                == "cannot bind token for serviceaccount \"robot\" to pod running with different serviceaccount name.")
        #expect(refusal(["boundObjectRef": ["apiVersion": "v1", "kind": "Pod", "name": "q"]]) == "pods \"q\" not found")
        #expect(refusal(["boundObjectRef": ["apiVersion": "v1", "kind": "Secret", "name": "s"]]) == "secrets \"s\" not found")
    }

    @Test func `the hash is SHA-256`() {
        func hex(_ bytes: [UInt8]) -> String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
        #expect(hex(SHA256.hash([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(hex(SHA256.hash(Array("abc".utf8))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let long = Array(String(repeating: "a", count: 119).utf8)
        #expect(hex(SHA256.hash(long)) == "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb")
        // RFC 4231, case 2.
        #expect(
            hex(SHA256.code(of: Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8)))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        for length in 0..<7 {
            let bytes = (0..<UInt8(length)).map { $0 &* 77 }
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        }
    }
}
