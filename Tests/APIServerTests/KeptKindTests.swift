// Kinds that are kept without being acted on: what the server fills in, refuses and explains.

import KubernetesAPI
import Testing

@testable import APIServer

@Suite struct KeptKindTests {
    @Test func `every kind that is acted on has its resource`() {
        let served = Set(
            (APIGroupVersion.builtIn + APIGroupVersion.podGroups).flatMap { version in version.resources.map { "\(version.groupVersion)/\($0.name)" } })
        for kind in Kind.allCases where kind != .custom { #expect(served.contains("\(kind.info.apiVersion)/\(kind.info.plural)"), "\(kind.rawValue)") }
    }

    private static let ingresses = "/apis/networking.k8s.io/v1/namespaces/default/ingresses"
    private static let policies = "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies"
    private static let rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default"

    private func rule(_ paths: JSONValue) -> JSONValue { ["rules": [["host": "a.b", "http": ["paths": paths]]]] }

    @Test func `unknown fields are refused, warned of or left out as clients want it`() {
        var client = Client()
        let body: JSONValue = [
            "metadata": ["name": "i"], "spec": ["defaultBackend": ["service": ["name": "s", "port": ["number": 80], "ports": 1]], "colour": "red"],
        ]
        let strict = client.send("POST", Self.ingresses + "?fieldValidation=Strict", body: body)
        #expect(strict.code == 400)
        let texts = strict.json["message"]?.string
        #expect(
            texts == "Ingress in version \"v1\" cannot be handled as a Ingress: strict decoding error: "
                + "unknown field \"spec.defaultBackend.service.ports\", unknown field \"spec.colour\"")
        let warned = client.send("POST", Self.ingresses + "?fieldValidation=Warn", body: body)
        #expect(warned.code == 201)
        #expect(warned.warnings == [#"299 - "unknown field \"spec.defaultBackend.service.ports\"""#, #"299 - "unknown field \"spec.colour\"""#])
        #expect(warned.json["spec"]?["colour"] == nil)
        #expect(warned.json["status"] == ["loadBalancer": [:]])
    }

    @Test func `a value of the wrong type is refused in Go's words`() {
        var client = Client()
        let answer = client.send("POST", Self.policies, body: ["metadata": ["name": "p"], "spec": ["policyTypes": "Ingress"]])
        #expect(answer.code == 400)
        #expect(
            answer.json["message"]?.string == "NetworkPolicy in version \"v1\" cannot be handled as a NetworkPolicy: json: cannot unmarshal string into "
                + "Go struct field NetworkPolicySpec.spec.policyTypes of type []string")
    }

    private static let invalid: [(spec: JSONValue, text: String)] = [
        ([:], "spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"),
        (
            ["rules": [["host": "1.2.3.4", "http": ["paths": [["path": "x", "pathType": "Prefix", "backend": [:]]]]]]],
            "[spec.rules[0].host: Invalid value: \"1.2.3.4\": must be a DNS name, not an IP address, "
                + "spec.rules[0].http.paths[0].path: Invalid value: \"x\": must be an absolute path, "
                + "spec.rules[0].http.paths[0].backend: Invalid value: \"\": resource or service backend is required]"
        ),
        (
            ["rules": [["http": ["paths": [["path": "/", "backend": ["service": ["name": "s", "port": [:]]]]]]]]],
            "spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified"
        ),
        (["defaultBackend": ["service": ["name": "s"]]], "spec.defaultBackend: Required value: port name or number is required"),
    ]

    @Test(arguments: invalid)
    func `ingresses are validated`(_ spec: JSONValue, _ text: String) {
        var client = Client()
        let answer = client.send("POST", Self.ingresses, body: ["metadata": ["name": "i"], "spec": spec])
        #expect(answer.code == 422)
        #expect(answer.json["message"]?.string == "Ingress.networking.k8s.io \"i\" is invalid: \(text)")
    }

    @Test func `network policies get their types and protocols`() {
        var client = Client()
        let spec: JSONValue = ["podSelector": [:], "egress": [["ports": [["port": 53]]]]]
        let made = client.send("POST", Self.policies, body: ["metadata": ["name": "p"], "spec": spec])
        #expect(made.code == 201)
        #expect(made.json["spec"]?["policyTypes"] == ["Ingress", "Egress"])
        #expect(made.json.value(at: "spec.egress[0].ports[0].protocol") == "TCP")
        let bad: JSONValue = ["podSelector": [:], "ingress": [["from": [[:], ["ipBlock": ["cidr": "x"], "podSelector": [:]]]]], "policyTypes": ["Up"]]
        let refused = client.send("POST", Self.policies, body: ["metadata": ["name": "q"], "spec": bad])
        let fields = (refused.json["details"]?["causes"]?.array ?? []).compactMap { $0["field"]?.string }
        #expect(fields == ["spec.ingress[0].from[0]", "spec.ingress[0].from[1].ipBlock.cidr", "spec.ingress[0].from[1]", "spec.policyTypes[0]"])
    }

    @Test func `roles and bindings are validated, and a binding keeps its role`() {
        var client = Client()
        let role = client.send("POST", Self.rbac + "/roles", body: ["metadata": ["name": "r"], "rules": [["resources": ["pods"]]]])
        #expect(
            role.json["message"]?.string == "Role.rbac.authorization.k8s.io \"r\" is invalid: [rules[0].verbs: Required value: verbs must contain at "
                + "least one value, rules[0].apiGroups: Required value: resource rules must supply at least one api group]")
        let binding: JSONValue = [
            "metadata": ["name": "b"], "roleRef": ["kind": "Role", "name": "r"],
            "subjects": [["kind": "User", "name": "jane"], ["kind": "ServiceAccount", "name": "robot"]],
        ]
        let made = client.send("POST", Self.rbac + "/rolebindings", body: binding)
        #expect(made.code == 201)
        #expect(made.json["roleRef"]?["apiGroup"] == "rbac.authorization.k8s.io")
        #expect(made.json.value(at: "subjects[0].apiGroup") == "rbac.authorization.k8s.io")
        var wide = binding
        wide["roleRef"]?["kind"] = "ClusterRole"
        let refused = client.send("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", body: wide)
        #expect(refused.json["message"]?.string?.hasSuffix("is invalid: subjects[1].namespace: Required value") == true)
        let moved = client.send(
            "PATCH", Self.rbac + "/rolebindings/b", body: ["roleRef": ["name": "other"]], contentType: "application/merge-patch+json")
        #expect(
            moved.json["message"]?.string == "RoleBinding.rbac.authorization.k8s.io \"b\" is invalid: roleRef: Invalid value: "
                + #"{"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"other"}: cannot change roleRef"#)
    }

    @Test func `leases, events and pod templates have their rules`() {
        var client = Client()
        let lease = client.send(
            "POST", "/apis/coordination.k8s.io/v1/namespaces/default/leases", body: ["metadata": ["name": "l"], "spec": ["leaseDurationSeconds": -1]])
        #expect(lease.json["message"]?.string?.hasSuffix("spec.leaseDurationSeconds: Invalid value: -1: must be greater than 0") == true)
        let event = client.send(
            "POST", "/api/v1/namespaces/default/events", body: ["metadata": ["name": "e"], "involvedObject": ["kind": "Pod", "namespace": "other"]])
        #expect(event.json["message"]?.string == "Event \"e\" is invalid: involvedObject.namespace: Invalid value: \"other\": does not match event.namespace")
        let template = client.send(
            "POST", "/api/v1/namespaces/default/podtemplates",
            body: ["metadata": ["name": "t"], "template": ["spec": ["containers": [["name": "c", "image": "b"]]]]])
        #expect(template.code == 201)
        #expect(template.json.value(at: "template.spec.restartPolicy") == "Always")
    }

    @Test func `the documents for explain have the fields of kept kinds`() {
        let document = OpenAPI.document(APIGroupVersion.builtIn.first { $0.groupVersion == "networking.k8s.io/v1" }!, [])
        let schemas = document["components"]?["schemas"]
        #expect(
            schemas?["io.k8s.api.networking.v1.IngressSpec"]?["properties"]?.object?.members.map(\.key) == [
                "defaultBackend", "ingressClassName", "rules", "tls",
            ])
        #expect(schemas?["io.k8s.api.networking.v1.HTTPIngressPath"]?["required"] == ["backend", "pathType"])
        #expect(schemas?["io.k8s.api.networking.v1.NetworkPolicyPort"]?.value(at: "properties.port.allOf[0].$ref") != nil)
    }

    /// Each name in the catalog leads somewhere, or kinds would lose their fields without a word.
    @Test func `every type that the catalog names is known`() {
        let plain: Set<String> = ["string", "integer", "boolean", "number", "Time", "Quantity", "IntOrString", "object"]
        for structure in Array(KeptCatalogLook.all) {
            for field in structure.fields {
                var type = field.type
                while let prefix = ["[]", "map[string]"].first(where: type.hasPrefix) { type.removeFirst(prefix.count) }
                #expect(
                    plain.contains(type) || KeptStructure.named(type) != nil || KeptStructure.typed(type) != nil, "\(structure.name).\(field.name): \(type)")
            }
        }
    }
    private enum KeptCatalogLook {
        static var all: [KeptStructure] {
            var found: [KeptStructure] = []
            var open = KindInfo.keptKinds.compactMap { KeptStructure.of(apiVersion: $0.apiVersion, kind: $0.kind) }
            var seen: Set<String> = []
            while let next = open.popLast() {
                if !seen.insert(next.name).inserted { continue }
                found.append(next)
                open += next.fields.compactMap { KeptStructure.named($0.type.replacing("[]", with: "").replacing("map[string]", with: "")) }
            }
            return found
        }
    }
}
