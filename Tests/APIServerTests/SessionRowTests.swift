// What the API server asks of who wants a session with a pod, and what it says: `pod-sessions.md` §1 and §2.1 row by row.

import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit
import Testing

@testable import APIServer

struct SessionRowTests {
    private static let pod = "/api/v1/namespaces/default/pods/web"
    private static let jane = [(name: "impersonate-user", value: "jane")]
    private static let upgrade = [(name: "upgrade", value: "websocket"), (name: "connection", value: "Upgrade")]

    private static func client(minor: Int = 36, rights: [(resource: String, verbs: [String])] = []) -> Client {
        var client = Client(minor: minor)
        let node: JSONValue = [
            "metadata": ["name": "n1"],
            "status": ["allocatable": ["cpu": "4", "memory": "8Gi", "pods": "10"], "conditions": [["type": "Ready", "status": "True"]]],
        ]
        _ = client.send("POST", "/api/v1/nodes", body: node)
        let spec: JSONValue = ["nodeName": "n1", "containers": [["name": "app", "image": "nginx"], ["name": "side", "image": "side"]]]
        _ = client.send("POST", "/api/v1/namespaces/default/pods", body: ["metadata": ["name": "web"], "spec": spec])
        if !rights.isEmpty {
            let rules = rights.map { right -> JSONValue in
                ["apiGroups": [""], "resources": [.string(right.resource)], "verbs": .array(right.verbs.map { .string($0) })]
            }
            let roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/default"
            _ = client.send("POST", "\(roles)/roles", body: ["metadata": ["name": "r"], "rules": .array(rules)])
            _ = client.send(
                "POST", "\(roles)/rolebindings",
                body: [
                    "metadata": ["name": "r"], "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"],
                    "subjects": [["apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "jane"]],
                ])
        }
        client.run(seconds: 60)
        return client
    }
    private static func message(_ answer: Client.Answer) -> String { answer.json["message"]?.string ?? answer.text }

    /// Rows: `pod-sessions.md` §1 rows 1–6, §2.1 row 6.
    @Test(arguments: [
        ("GET", "log?container=app", "get", "log"), ("POST", "exec?container=app&command=ls", "create", "exec"),
        ("GET", "exec?container=app&command=ls", "get", "exec"), ("POST", "attach?container=app", "create", "attach"),
        ("GET", "attach?container=app", "get", "attach"), ("POST", "portforward", "create", "portforward"), ("GET", "portforward", "get", "portforward"),
        ("PATCH", "ephemeralcontainers", "patch", "ephemeralcontainers"),
    ])
    func `1: each verb asks for a right of its own`(method: String, path: String, verb: String, subresource: String) {
        var client = Self.client()
        let headers = Self.jane + (method == "PATCH" ? [] : Self.upgrade)
        let body = method == "PATCH" ? "{}" : ""
        let type = method == "PATCH" ? "application/strategic-merge-patch+json" : nil
        let refused = client.send(method, "\(Self.pod)/\(path)", contentType: type, text: body, headers: headers)
        #expect(refused.code == 403)
        #expect(
            Self.message(refused)
                == "pods \"web\" is forbidden: User \"jane\" cannot \(verb) resource \"pods/\(subresource)\" in API group \"\" in the namespace \"default\"")
        var allowed = Self.client(rights: [("pods/\(subresource)", ["get", "create", "patch"])])
        let answer = allowed.send(method, "\(Self.pod)/\(path)", contentType: type, text: body, headers: headers)
        #expect(answer.code < 300, "\(answer.text)")
    }

    /// Rows: `pod-sessions.md` §1 rows 2–4.
    @Test func `1: a WebSocket needs get, and from 1.35 on create as well`() {
        for (minor, verbs, wanted) in [(34, ["get"], 101), (36, ["get"], 403), (36, ["get", "create"], 101), (36, ["create"], 403)] {
            for subresource in ["exec", "attach", "portforward"] {
                var client = Self.client(minor: minor, rights: [("pods/\(subresource)", verbs)])
                let query = subresource == "exec" ? "?container=app&command=ls" : subresource == "attach" ? "?container=app" : ""
                let answer = client.send("GET", "\(Self.pod)/\(subresource)\(query)", headers: Self.jane + Self.upgrade)
                #expect(answer.code == wanted, "1.\(minor) \(subresource) \(verbs): \(answer.text)")
            }
        }
    }

    /// Rows: `pod-sessions.md` §2.1 rows 1–4.
    @Test func `2.1: pods, containers and hosts that are not there`() {
        var client = Self.client()
        for subresource in ["log", "exec", "attach", "portforward"] {
            let missing = client.send("GET", "/api/v1/namespaces/default/pods/none/\(subresource)", headers: Self.upgrade)
            #expect(missing.code == 404 && Self.message(missing) == "pods \"none\" not found", "\(subresource)")
        }
        for subresource in ["log", "exec", "attach"] {
            let which = client.send("GET", "\(Self.pod)/\(subresource)", headers: Self.upgrade)
            #expect(which.code == 400)
            #expect(Self.message(which) == "a container name must be specified for pod web, choose one of: [app side]", "\(subresource)")
            let unknown = client.send("GET", "\(Self.pod)/\(subresource)?container=foo", headers: Self.upgrade)
            #expect(unknown.code == 400 && Self.message(unknown) == "container foo is not valid for pod web", "\(subresource)")
        }
        _ = client.send(
            "POST", "/api/v1/namespaces/default/pods",
            body: ["metadata": ["name": "stuck"], "spec": ["nodeSelector": ["no": "where"], "containers": [["name": "c", "image": "c"]]]])
        client.run(seconds: 5)
        let stuck = "/api/v1/namespaces/default/pods/stuck"
        let empty = client.send("GET", "\(stuck)/log")
        #expect(empty.code < 300 && empty.text.isEmpty)
        for subresource in ["exec?command=ls", "attach"] {
            let homeless = client.send("GET", "\(stuck)/\(subresource)", headers: Self.upgrade)
            #expect(homeless.code == 400 && Self.message(homeless) == "pod stuck does not have a host assigned")
        }
    }

    /// Rows: `pod-sessions.md` §3.1 row 14.
    @Test func `3.1: a log without a look at the kubelet's certificate`() {
        var client = Self.client()
        var links = client.session.simulation.links
        links.checksKubelets = true
        _ = client.session.perform(.links(links))
        let refused = client.send("GET", "\(Self.pod)/log?container=app")
        #expect(refused.code == 500 && Self.message(refused).hasSuffix("x509: certificate signed by unknown authority"))
        #expect(client.send("GET", "\(Self.pod)/log?container=app&insecureSkipTLSVerifyBackend=true").code == 200)
    }
}
