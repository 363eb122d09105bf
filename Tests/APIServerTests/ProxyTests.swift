// The API server's proxy to nodes, pods and Services, as clients use it.

import ControlPlane
import KubernetesAPI
import Manifests
import Simulation
import Testing

@testable import APIServer

struct ProxyTests {
    /// A pod with a plain port and one with TLS behind a Service, and one whose node is known.
    static func client() -> Client {
        var client = Client()
        var overrides = InputOverrides()
        overrides.nodes = 3
        client.session = Input(ManifestReader.read(text: "", file: ""), overrides: overrides).makeSession().session
        client.run(seconds: 1)
        let ports: JSONValue = [["name": "web", "containerPort": 8080], ["name": "https", "containerPort": 8443]]
        let pod: JSONValue = [
            "metadata": ["name": "web", "labels": ["app": "web"]], "spec": ["containers": [["name": "c", "image": "web", "ports": ports]]],
        ]
        _ = client.send("POST", "/api/v1/namespaces/default/pods", body: pod)
        let service: JSONValue = [
            "metadata": ["name": "web"],
            "spec": [
                "selector": ["app": "web"],
                "ports": [["name": "http", "port": 80, "targetPort": "web"], ["name": "tls", "port": 443, "targetPort": "https"]],
            ],
        ]
        _ = client.send("POST", "/api/v1/namespaces/default/services", body: service)
        let empty: JSONValue = ["metadata": ["name": "empty"], "spec": ["selector": ["app": "none"], "ports": [["port": 80]]]]
        _ = client.send("POST", "/api/v1/namespaces/default/services", body: empty)
        client.run(seconds: 60)
        return client
    }
    static let pods = "/api/v1/namespaces/default/pods"
    static let services = "/api/v1/namespaces/default/services"

    @Test func `a pod answers whatever the method, and says what it was asked`() throws {
        var client = Self.client()
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            let answer = client.send(method, "\(Self.pods)/web:8080/proxy/a/b%20c?x=1&y=%2F", accept: "text/html", text: "{}")
            #expect(answer.code == 200)
            #expect(answer.text.contains("\(method) /a/b%20c?x=1&y=%2F on "), "\(answer.text)")
        }
        // The first port that a container declares.
        #expect(client.send("GET", "\(Self.pods)/web/proxy/", accept: "*/*").text.contains(":8080 at "))
        let json = client.send("GET", "\(Self.pods)/http:web:8080/proxy/v", accept: "application/json").json
        #expect(json["pod"]?.string == "web" && json["path"]?.string == "/v")
        let secure = client.send("GET", "\(Self.pods)/https:web:8443/proxy/", accept: "*/*")
        #expect(secure.code == 200 && secure.text.contains(":8443 at "))
        #expect(client.send("GET", "\(Self.pods)/web:8080/proxy/x/y/", accept: "*/*").text.contains("GET /x/y/ on "))
    }

    @Test func `the root without its slash is elsewhere`() {
        var client = Self.client()
        let moved = client.send("GET", "\(Self.pods)/web:8080/proxy?a=b")
        #expect(moved.code == 301 && moved.header("location") == "\(Self.pods)/web:8080/proxy/?a=b")
        #expect(client.send("POST", "\(Self.pods)/web:8080/proxy", accept: "*/*").text.contains("POST / on "))
    }

    @Test func `a Service is reached by the name and the number of its port`() {
        var client = Self.client()
        for id in ["web:80", "web:http", "http:web:http"] {
            let answer = client.send("GET", "\(Self.services)/\(id)/proxy/", accept: "*/*")
            #expect(answer.code == 200 && answer.text.contains("pod web in default"), "\(id)")
        }
        #expect(client.send("GET", "\(Self.services)/https:web:tls/proxy/", accept: "*/*").text.contains(":8443 at "))
    }

    @Test func `refusals have their words`() {
        var client = Self.client()
        let address = client.send("GET", "\(Self.pods)/web").json["status"]?["podIP"]?.string ?? ""
        func check(_ path: String, _ code: Int, _ reason: String, _ message: String) {
            let json = client.send("GET", path).json
            #expect(json["code"]?.int == Int64(code) && json["reason"]?.string == reason, "\(path): \(json.text())")
            #expect(json["message"]?.string == message, "\(path)")
        }
        let unreachable = "error trying to reach service: "
        check("\(Self.pods)/none/proxy/", 404, "NotFound", "pods \"none\" not found")
        check("\(Self.services)/none:80/proxy/", 404, "NotFound", "services \"none\" not found")
        check("/api/v1/nodes/none/proxy/", 404, "NotFound", "nodes \"none\" not found")
        check("\(Self.pods)/a:b:c:d/proxy/", 400, "BadRequest", "invalid pod request \"a:b:c:d\"")
        check("\(Self.services)/ftp:web:80/proxy/", 400, "BadRequest", "invalid service request \"ftp:web:80\"")
        check("\(Self.services)/web:81/proxy/", 503, "ServiceUnavailable", "no service port 81 found for service \"web\"")
        check("\(Self.services)/empty/proxy/", 503, "ServiceUnavailable", "no endpoints available for service \"empty\"")
        check("\(Self.pods)/web:9/proxy/", 503, "ServiceUnavailable", "\(unreachable)dial tcp \(address):9: connect: connection refused")
        check("\(Self.pods)/https:web:8080/proxy/", 503, "ServiceUnavailable", "\(unreachable)http: server gave HTTP response to HTTPS client")
        let plain = client.send("GET", "\(Self.pods)/web:8443/proxy/")
        #expect(plain.code == 400 && plain.text == "Client sent an HTTP request to an HTTPS server.\n")
    }

    @Test func `a kubelet answers at its own port`() throws {
        var client = Self.client()
        let node = try #require(client.send("GET", "\(Self.pods)/web").json["spec"]?["nodeName"]?.string)
        #expect(client.send("GET", "/api/v1/nodes/\(node)/proxy/healthz").text == "ok")
        let pods = client.send("GET", "/api/v1/nodes/https:\(node):10250/proxy/pods").json["items"]?.array ?? []
        let names = pods.compactMap { $0["metadata"]?["name"]?.string }
        #expect(names.contains("web"))
        let configuration = client.send("GET", "/api/v1/nodes/\(node)/proxy/configz").json["kubeletconfig"]
        #expect(configuration?["maxPods"]?.int == 110)
        let summary = client.send("GET", "/api/v1/nodes/\(node)/proxy/stats/summary").json
        #expect(summary["node"]?["nodeName"]?.string == node)
        #expect(client.send("GET", "/api/v1/nodes/\(node)/proxy/metrics/resource").text.contains("pod=\"web\""))
        #expect(client.send("GET", "/api/v1/nodes/\(node)/proxy/containerLogs/default/web/c").code == 200)
        #expect(client.send("GET", "/api/v1/nodes/\(node)/proxy/nothing").code == 404)
    }

    @Test func `the proxy goes by the chosen transport and fails with it`() {
        var client = Self.client()
        var settings = client.session.simulation.links
        (settings.egress, settings.fault) = (.konnectivity, .tunnelsDown)
        _ = client.session.perform(.links(settings))
        for path in ["\(Self.pods)/web:8080/proxy/", "\(Self.services)/web:80/proxy/"] {
            let json = client.send("GET", path).json
            #expect(json["code"]?.int == 503 && json["message"]?.string == "error trying to reach service: No agent available")
        }
    }

    @Test func `it takes a right of its own`() {
        var client = Self.client()
        let answer = client.send("GET", "\(Self.pods)/web:8080/proxy/", headers: [("impersonate-user", "nobody")])
        #expect(answer.code == 403)
        let words = "pods \"web:8080\" is forbidden: User \"nobody\" cannot get resource \"pods/proxy\" in API group \"\" in the namespace \"default\""
        #expect(answer.json["message"]?.string == words)
    }
}
