// Who may do what, asked over the API: credentials, impersonation, roles, reviews, tokens.

import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit
import Testing

@testable import APIServer

struct AccessTests {
    var client = Client(namespaces: ["kit"])
    static let viewer = UserInfo(name: "viewer", groups: ["system:authenticated"])
    static let masters = UserInfo(name: "admin", uid: "admin", groups: ["system:masters", "system:authenticated"])

    private mutating func send(
        _ method: String, _ path: String, _ body: JSONValue? = nil, user: UserInfo = masters, bytes: [UInt8]? = nil, headers: [(String, String)] = []
    ) -> (code: Int, json: JSONValue) {
        let parts = path.split(separator: "?", maxSplits: 1).map(String.init)
        var all: [(name: String, value: String)] = [("accept", "application/json")]
        all += headers.map { (name: $0.0, value: $0.1) }
        if bytes != nil {
            all.append(("content-type", "application/vnd.kubernetes.protobuf"))
        } else if body != nil {
            all.append(("content-type", method == "PATCH" ? "application/merge-patch+json" : "application/json"))
        }
        let request = APIRequest(
            method: method, path: parts[0], query: parts.count > 1 ? parts[1] : "", headers: all, body: bytes ?? Array((body?.text() ?? "").utf8), user: user)
        guard case .answer(let answer) = client.server.reply(to: request, in: &client.session) else { return (200, .null) }
        return (answer.status, (try? JSONParser.read(answer.body()).value) ?? .null)
    }

    /// The refusals 401 and 403 that were recorded from a real server.
    @Test(arguments: RecordedTests.errors.filter { ["401-", "403-"].contains(($0["id"]?.string ?? "").prefix(4)) })
    mutating func `who may not is refused as by a real server`(_ recorded: JSONValue) throws {
        let id = recorded["id"]?.string ?? ""
        let request = try #require(recorded["request"])
        let wanted = try #require(recorded["answer"])
        let message = wanted["body"]?["message"]?.string ?? ""
        // What admission or the state refuses is not about users.
        guard id.hasPrefix("401") || message.contains("User \"") else { return }
        let user: UserInfo = message.contains("\"viewer\"") ? Self.viewer : .anonymous
        let headers = id.hasPrefix("401") ? [("authorization", "Bearer not-known")] : []
        let body = request["body"].flatMap { $0 == .null ? nil : $0 }
        let answer = send(request["method"]?.string ?? "", request["path"]?.string ?? "", body, user: user, headers: headers)
        #expect(Int64(answer.code) == wanted["code"]?.int)
        #expect(answer.json == wanted["body"], "\(id)")
    }

    /// Reviews and tokens as kubectl sends them, with the answers of a real server.
    @Test(arguments: Recorded.lines("protobuf-requests.jsonl").filter { ($0["uri"]?.string ?? "").contains("review") })
    mutating func `a review is answered as by a real server`(_ recorded: JSONValue) throws {
        let bytes = try #require(recorded["body_b64"]?.string.flatMap(Self.bytes))
        let uri = try #require(recorded["uri"]?.string)
        var wanted = try #require(recorded["answer"]?["body"])
        let answer = send("POST", uri, bytes: bytes)
        #expect(answer.code == 201)
        var found = answer.json
        for part in ["creationTimestamp"] where wanted["metadata"]?[part] != nil {
            wanted["metadata"]?[part] = nil
            found["metadata"]?[part] = nil
        }
        // The order of the rules changes from time to time on a real server.
        func sorted(_ json: JSONValue?) -> [String]? { json?.array?.map { $0.text() }.sorted() }
        for part in ["resourceRules", "nonResourceRules"] where wanted["status"]?[part] != nil {
            #expect(sorted(found["status"]?[part]) == sorted(wanted["status"]?[part]))
            wanted["status"]?[part] = nil
            found["status"]?[part] = nil
        }
        #expect(found == wanted)
    }
    private static func bytes(_ base64: String) -> [UInt8]? {
        Base64URL.decode(base64.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: ""))
    }

    /// The kit's cases `auth/…` and `create/token`.
    @Test mutating func `an account has the rights of its roles, by token and by impersonation`() throws {
        #expect(send("POST", "/api/v1/namespaces/kit/serviceaccounts", ["metadata": ["name": "robot"]]).code == 201)
        let role: JSONValue = [
            "metadata": ["name": "reader"],
            "rules": [["apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list", "watch"]]],
        ]
        #expect(send("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/kit/roles", role).code == 201)
        let binding: JSONValue = [
            "metadata": ["name": "robot-reads"], "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"],
            "subjects": [["kind": "ServiceAccount", "name": "robot", "namespace": "kit"]],
        ]
        #expect(send("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/kit/rolebindings", binding).code == 201)
        let acting = [("impersonate-user", "system:serviceaccount:kit:robot")]
        #expect(send("GET", "/api/v1/namespaces/kit/pods", headers: acting).code == 200)
        let refused = send("GET", "/api/v1/namespaces/kit/secrets?limit=500", headers: acting)
        #expect(refused.code == 403)
        #expect(
            refused.json["message"]
                == "secrets is forbidden: User \"system:serviceaccount:kit:robot\" cannot list resource \"secrets\" in API group \"\" in the namespace \"kit\"")
        let who = send(
            "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", [:], headers: [("impersonate-user", "kit-user"), ("impersonate-group", "kit-team")])
        #expect(who.json["status"]?.text() == #"{"userInfo":{"username":"kit-user","groups":["kit-team","system:authenticated"]}}"#)

        let answer = send("POST", "/api/v1/namespaces/kit/serviceaccounts/robot/token", ["spec": ["expirationSeconds": 1200]])
        #expect(answer.code == 201)
        let token = try #require(answer.json["status"]?["token"]?.string)
        let bearer = [("authorization", "Bearer \(token)")]
        #expect(send("GET", "/api/v1/namespaces/kit/pods", user: .anonymous, headers: bearer).code == 200)
        #expect(send("DELETE", "/api/v1/namespaces/kit/pods/x", user: .anonymous, headers: bearer).code == 403)
        let short = send("POST", "/api/v1/namespaces/kit/serviceaccounts/robot/token", ["spec": ["expirationSeconds": 60]])
        #expect(
            short.json["message"]
                == "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes"
        )
        client.run(seconds: 1200)
        #expect(send("GET", "/api/v1/namespaces/kit/pods", user: .anonymous, headers: bearer).code == 401)
    }

    @Test mutating func `nobody writes a role that gives more than he has`() {
        let admin: JSONValue = [
            "metadata": ["name": "admin"], "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"],
            "subjects": [["kind": "User", "name": "viewer", "apiGroup": "rbac.authorization.k8s.io"]],
        ]
        #expect(send("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/kit/rolebindings", admin).code == 201)
        func role(_ resource: String) -> JSONValue {
            ["metadata": ["name": "r"], "rules": [["apiGroups": [""], "resources": [.string(resource)], "verbs": ["get"]]]]
        }
        let path = "/apis/rbac.authorization.k8s.io/v1/namespaces/kit/roles"
        let refused = send("POST", path, role("nodes"), user: Self.viewer)
        #expect(refused.code == 403 && (refused.json["message"]?.string ?? "").hasSuffix("{APIGroups:[\"\"], Resources:[\"nodes\"], Verbs:[\"get\"]}"))
        #expect(send("POST", path, role("pods"), user: Self.viewer).code == 201)
        #expect(send("PATCH", "\(path)/r", ["rules": [["apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]]]], user: Self.viewer).code == 403)
        #expect(send("GET", "\(path)/r").json["rules"]?.array?[0]["resources"] == ["pods"])
    }

    @Test mutating func `a pod is answered with the volume of its token, and a change without it`() throws {
        let pod: JSONValue = ["metadata": ["name": "p"], "spec": ["containers": [["name": "c", "image": "i"]]]]
        let made = send("POST", "/api/v1/namespaces/kit/pods", pod)
        #expect(made.code == 201)
        let name = try #require(made.json["spec"]?["volumes"]?.array?[0]["name"]?.string)
        #expect(name.hasPrefix("kube-api-access-"))
        #expect(send("GET", "/api/v1/namespaces/kit/pods").json["items"]?.array?[0]["spec"]?["volumes"]?.array?[0]["name"]?.string == name)
        #expect(client.session.cluster.store.pods[ObjectKey(namespace: "kit", name: "p")]?.spec.volumes.isEmpty == true)
        var changed = send("GET", "/api/v1/namespaces/kit/pods/p").json
        changed["metadata"]?["labels"] = ["a": "b"]
        let put = send("PUT", "/api/v1/namespaces/kit/pods/p", changed)
        #expect(put.code == 200 && put.json["metadata"]?["labels"]?["a"] == "b" && put.json["spec"]?["volumes"]?.array?[0]["name"]?.string == name)
    }

    /// What others need to check tokens by themselves.
    @Test mutating func `the keys of tokens are published`() throws {
        let metadata = send("GET", "/.well-known/openid-configuration").json
        #expect(
            metadata.text() == #"{"issuer":"https://kubernetes.default.svc","jwks_uri":"https://\#(client.server.address)/openid/v1/jwks","#
                + #""response_types_supported":["id_token"],"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["ES256"]}"#)
        let key = try #require(send("GET", "/openid/v1/jwks").json.value(at: "keys[0]"))
        #expect(key["use"] == "sig" && key["kty"] == "EC" && key["crv"] == "P-256" && key["alg"] == "ES256")
        #expect(["x", "y"].allSatisfy { Base64URL.decode(key[$0]?.string ?? "")?.count == 32 })
        let made = send("POST", "/api/v1/namespaces/kit/serviceaccounts/default/token", ["spec": ["audiences": ["vault"]]])
        let text = try #require(made.json["status"]?["token"]?.string)
        let header = try #require(Base64URL.decode(text.prefix { $0 != "." }))
        #expect(String(decoding: header, as: UTF8.self) == #"{"alg":"ES256","kid":"\#(key["kid"]?.string ?? "")"}"#)
        // By a role of their own service accounts may read them, as upstream.
        let robot = UserInfo.serviceAccount(ObjectKey(namespace: "kit", name: "default"), uid: "u")
        #expect(send("GET", "/openid/v1/jwks", user: robot).code == 200 && send("GET", "/openid/v1/jwks", user: .anonymous).code == 403)
        #expect(send("GET", "/openid/v2/jwks").code == 404)
    }
}
