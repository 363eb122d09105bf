// What a fresh server has by itself.

import KubernetesAPI
import Testing

@testable import APIServer

struct DefaultObjectsTests {
    private static let flow = "/apis/flowcontrol.apiserver.k8s.io/v1"

    private func names(_ client: inout Client, _ path: String) -> [String] {
        (client.send("GET", path).json["items"]?.array ?? []).compactMap { $0["metadata"]?["name"]?.string }
    }

    @Test func `priority and fairness has its levels and schemas, each naming a level that is there`() {
        var client = Client()
        let levels = names(&client, "\(Self.flow)/prioritylevelconfigurations")
        #expect(
            levels == ["catch-all", "exempt", "global-default", "leader-election", "node-high", "system", "workload-high", "workload-low"])
        let schemas = client.send("GET", "\(Self.flow)/flowschemas").json["items"]?.array ?? []
        #expect(schemas.count == 13)
        for schema in schemas {
            let level = schema["spec"]?["priorityLevelConfiguration"]?["name"]?.string ?? ""
            #expect(levels.contains(level))
            #expect(schema["spec"]?["rules"]?.array?.first?["subjects"]?.array?.isEmpty == false)
        }
        let one = client.send("GET", "\(Self.flow)/flowschemas/probes").json
        #expect(one["kind"]?.string == "FlowSchema" && one["spec"]?["matchingPrecedence"]?.int == 2)
        let table = client.send("GET", "\(Self.flow)/flowschemas/probes", accept: "application/json;as=Table;v=v1;g=meta.k8s.io").json
        let cells = table["rows"]?.array?.first?["cells"]?.array ?? []
        #expect(cells.prefix(3) == [.string("probes"), .string("exempt"), .string("2")] || cells.prefix(3) == [.string("probes"), .string("exempt"), .int(2)])
    }

    @Test func `each cluster address of a Service is an IPAddress in the one range`() throws {
        var client = Client()
        let range = client.send("GET", "/apis/networking.k8s.io/v1/servicecidrs/kubernetes").json
        #expect(range["spec"]?["cidrs"]?.array == ["10.96.0.0/16"])
        #expect(names(&client, "/apis/networking.k8s.io/v1/ipaddresses") == ["10.96.0.1"])
        let service: JSONValue = ["metadata": ["name": "web"], "spec": ["ports": [["port": 80]]]]
        let made = client.send("POST", "/api/v1/namespaces/default/services", body: service).json
        let address = try #require(made["spec"]?["clusterIP"]?.string)
        let object = client.send("GET", "/apis/networking.k8s.io/v1/ipaddresses/\(address)").json
        #expect(object["spec"]?["parentRef"]?["name"]?.string == "web")
    }

    @Test func `an address and a node port that another Service has are refused`() {
        var client = Client()
        func service(_ name: String, _ spec: JSONValue) -> Client.Answer {
            client.send("POST", "/api/v1/namespaces/default/services", body: ["metadata": ["name": .string(name)], "spec": spec])
        }
        let ports: JSONValue = [["port": 80, "nodePort": 30123]]
        #expect(service("a", ["type": "NodePort", "ports": ports]).code == 201)
        let port = service("b", ["type": "NodePort", "ports": ports])
        #expect(port.code == 422)
        #expect(
            port.json["message"]?.string
                == "Service \"b\" is invalid: spec.ports[0].nodePort: Invalid value: 30123: provided port is already allocated")
        let address = service("c", ["clusterIP": "10.96.0.1", "ports": [["port": 80]]])
        #expect(
            address.json["message"]?.string
                == "Service \"c\" is invalid: spec.clusterIPs: Invalid value: [\"10.96.0.1\"]: failed to allocate IP 10.96.0.1: provided IP is already allocated"
        )
        // What it has itself it keeps.
        let patch: JSONValue = ["spec": ["ports": [["port": 81, "nodePort": 30123]]]]
        let kept = client.send("PATCH", "/api/v1/namespaces/default/services/a", body: patch, contentType: "application/merge-patch+json")
        #expect(kept.code == 200)
    }

    @Test func `families and addresses that the cluster does not give are refused`() {
        var client = Client()
        let path = "/api/v1/namespaces/default/services"
        func message(_ spec: JSONValue) -> String {
            let answer = client.send("POST", path, body: ["metadata": ["name": "s"], "spec": spec])
            return answer.json["message"]?.string?.replacing("Service \"s\" is invalid: spec.", with: "") ?? "\(answer.code)"
        }
        let ports: JSONValue = [["port": 80]]
        #expect(
            message(["clusterIP": "1.2.3.4", "ports": ports])
                == #"clusterIPs: Invalid value: ["1.2.3.4"]: failed to allocate IP 1.2.3.4: the provided network does not match the current range"#)
        #expect(message(["clusterIP": "fd00::1", "ports": ports]) == #"clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster"#)
        #expect(
            message(["ipFamilyPolicy": "RequireDualStack", "ports": ports])
                == #"ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services"#)
        #expect(message(["ipFamilies": ["IPv6"], "ports": ports]) == #"ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster"#)
        // Nobody gives the addresses of this one.
        #expect(client.send("POST", path, body: ["metadata": ["name": "h"], "spec": ["clusterIP": "None", "ports": ports]]).code == 201)
        let headless = client.send("GET", "\(path)/h").json["spec"]
        #expect(headless?["ipFamilyPolicy"] == "RequireDualStack" && headless?["ipFamilies"] == ["IPv4", "IPv6"])
    }

    @Test func `each controller has a role, bound to the service account of its name`() {
        var client = Client()
        let path = "/apis/rbac.authorization.k8s.io/v1"
        let roles = names(&client, "\(path)/clusterroles").filter { $0.hasPrefix("system:controller:") }
        #expect(roles.count == 37 && roles == names(&client, "\(path)/clusterrolebindings").filter { $0.hasPrefix("system:controller:") })
        let rules = client.send("GET", "\(path)/clusterroles/system:controller:job-controller").json["rules"]?.array ?? []
        #expect(rules.count == 5 && rules[1] == ["apiGroups": ["batch"], "resources": ["jobs/status"], "verbs": ["update"]])
        let binding = client.send("GET", "\(path)/clusterrolebindings/system:controller:job-controller").json
        #expect(binding["subjects"] == [["kind": "ServiceAccount", "name": "job-controller", "namespace": "kube-system"]])
        #expect(binding["metadata"]?["resourceVersion"] != nil)
    }

    @Test func `kube-system has the roles of its components, and they can be changed`() {
        var client = Client()
        let path = "/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system"
        #expect(names(&client, "\(path)/roles").contains("extension-apiserver-authentication-reader"))
        #expect(names(&client, "\(path)/rolebindings").contains("system::leader-locking-kube-scheduler"))
        let patch: JSONValue = ["metadata": ["labels": ["a": "b"]]]
        let changed = client.send(
            "PATCH", "\(path)/roles/system:controller:token-cleaner", body: patch, contentType: "application/merge-patch+json")
        #expect(changed.code == 200 && changed.json["metadata"]?["labels"]?["a"]?.string == "b")
        #expect(names(&client, "\(path)/roles").filter { $0 == "system:controller:token-cleaner" }.count == 1)
    }
}
