import KubernetesAPI
import Testing

@testable import APIServer

/// Server-side apply and custom resources as clients use them.
@Suite struct ApplyTests {
    private static let applyType = "application/apply-patch+yaml"

    private static func deployment(replicas: Int64) -> JSONValue {
        [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "d"],
            "spec": [
                "replicas": .int(replicas), "selector": ["matchLabels": ["app": "d"]],
                "template": ["metadata": ["labels": ["app": "d"]], "spec": ["containers": [["name": "c", "image": "nginx:1.25"]]]],
            ],
        ]
    }
    private static let path = "/apis/apps/v1/namespaces/golden/deployments/d"

    @Test(arguments: [
        (#"{"replicas": "x"}"#, ".spec.replicas: expected numeric (int or float), got string"),
        (#"{"paused": 1}"#, ".spec.paused: expected boolean, got &{1}"),
        (
            #"{"template": {"spec": {"containers": [{"name": "a", "env": [{"name": "b", "value": 1}]}]}}}"#,
            #".spec.template.spec.containers[name="a"].env[name="b"].value: expected string, got &value.valueUnstructured{Value:1}"#
        ),
        (
            #"{"template": {"spec": {"containers": [{"name": "a"}, {"name": "a"}]}}}"#,
            #".spec.template.spec.containers: duplicate entries for key [name="a"]"#
        ),
        (
            #"{"template": {"spec": {"containers": [{"name": "a", "ports": [{"name": "p"}]}]}}}"#,
            #".spec.template.spec.containers[name="a"].ports: element 0: associative list with keys has an element that omits key field "containerPort" (and doesn't have default value)"#
        ),
    ])
    func `what cannot be owned field by field cannot be applied`(_ spec: String, _ problem: String) throws {
        var client = Client()
        let text = #"{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": \#(spec)}"#
        let path = "/apis/apps/v1/namespaces/default/deployments"
        let answer = client.send("PATCH", "\(path)/d?fieldManager=m", contentType: "application/apply-patch+yaml", text: text)
        #expect(answer.code == 500)
        #expect(answer.json["message"]?.string == "failed to create typed patch object (/d; apps/v1, Kind=Deployment): \(problem)")
    }

    @Test func `who applies an identity means an object that was there`() {
        var client = Client()
        let text = #"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "d", "uid": "x"}}"#
        let answer = client.send(
            "PATCH", "/api/v1/namespaces/default/configmaps/d?fieldManager=m", contentType: "application/apply-patch+yaml", text: text)
        #expect(answer.code == 409)
        let why = "uid mismatch: the provided object specified uid x, and no existing object was found"
        #expect(answer.json["message"]?.string == "Operation cannot be fulfilled on configmaps \"d\": \(why)")
    }

    @Test func `a deployment is applied by two`() {
        var client = Client(namespaces: ["golden"])
        let made = client.send("PATCH", "\(Self.path)?fieldManager=one", body: Self.deployment(replicas: 1), contentType: Self.applyType)
        #expect(made.code == 201)
        #expect(made.json.value(at: "metadata.managedFields[0].operation") == "Apply")
        let again = client.send("PATCH", "\(Self.path)?fieldManager=one", body: Self.deployment(replicas: 1), contentType: Self.applyType)
        #expect(again.code == 200)
        #expect(again.json.value(at: "metadata.generation") == 1)
        let refused = client.send("PATCH", "\(Self.path)?fieldManager=two", body: Self.deployment(replicas: 2), contentType: Self.applyType)
        #expect(refused.code == 409)
        #expect(refused.json["message"] == "Apply failed with 1 conflict: conflict with \"one\": .spec.replicas")
        #expect(refused.json["details"] == ["causes": [["reason": "FieldManagerConflict", "message": "conflict with \"one\"", "field": ".spec.replicas"]]])
        let forced = client.send("PATCH", "\(Self.path)?fieldManager=two&force=true", body: Self.deployment(replicas: 0), contentType: Self.applyType)
        #expect(forced.code == 200)
        #expect(forced.json.value(at: "spec.replicas") == 0)
    }

    @Test func `what cannot be applied is refused in the recorded words`() {
        var client = Client(namespaces: ["golden"])
        var document = Self.deployment(replicas: 1)
        document["sepc"] = [:]
        let unknown = client.send("PATCH", "\(Self.path)?fieldManager=one", body: document, contentType: Self.applyType)
        #expect(unknown.code == 500)
        #expect(unknown.json["message"] == "failed to create typed patch object (/d; apps/v1, Kind=Deployment): .sepc: field not declared in schema")
        document = Self.deployment(replicas: 1)
        document["metadata"]?["managedFields"] = [["manager": "x", "operation": "Apply", "apiVersion": "apps/v1"]]
        let managed = client.send("PATCH", "\(Self.path)?fieldManager=one", body: document, contentType: Self.applyType)
        #expect(managed.code == 400)
        #expect(managed.json["message"] == "metadata.managedFields must be nil")
        let nobody = client.send("PATCH", Self.path, body: Self.deployment(replicas: 1), contentType: Self.applyType)
        #expect(nobody.code == 422)
        #expect(
            nobody.json["message"] == "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch")
    }

    @Test func `a write of a client is noted, one of the cluster is not`() {
        var client = Client(namespaces: ["golden"])
        _ = client.send("POST", "/apis/apps/v1/namespaces/golden/deployments?fieldManager=kubectl-create", body: Self.deployment(replicas: 2))
        client.run(seconds: 5)
        let live = client.send("GET", Self.path).json
        #expect(live.value(at: "metadata.managedFields")?.array?.compactMap { $0["manager"]?.string } == ["kubectl-create"])
        #expect(live.value(at: "status.replicas") == 2)
        _ = client.send("PATCH", "\(Self.path)/scale?fieldManager=kubectl", body: ["spec": ["replicas": 3]], contentType: "application/merge-patch+json")
        let scaled = client.send("GET", Self.path).json.value(at: "metadata.managedFields")?.array?.last
        #expect(scaled?["subresource"] == "scale")
        #expect(scaled?["fieldsV1"] == ["f:spec": ["f:replicas": [:]]])
        let pods = client.send("GET", "/api/v1/namespaces/golden/pods").json["items"]?.array ?? []
        #expect(!pods.isEmpty)
        #expect(pods.allSatisfy { $0["metadata"]?["managedFields"] == nil })
    }

    // MARK: Custom resources

    private static let definition = Recorded.json("../../Recorded/widgets.json")

    @Test func `the life of a custom resource`() {
        var client = Client(namespaces: ["golden"])
        let widgets = "/apis/conf.example.com/v1/namespaces/golden/widgets"
        #expect(client.send("GET", widgets).code == 404)
        let defined = client.send("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body: Self.definition)
        #expect(defined.code == 201)
        #expect(defined.json.value(at: "status.conditions[1].type") == "Established")

        func widget(_ spec: JSONValue) -> JSONValue { ["apiVersion": "conf.example.com/v1", "kind": "Widget", "metadata": ["name": "one"], "spec": spec] }
        let made = client.send("POST", "\(widgets)?fieldManager=kit", body: widget(["colour": "red"]))
        #expect(made.code == 201)
        #expect(made.json["spec"] == ["colour": "red", "count": 1])
        let invalid = client.send("POST", widgets, body: widget(["colour": "pink", "count": 12]))
        #expect(invalid.code == 422)
        #expect(
            invalid.json["message"]?.string
                == "Widget.conf.example.com \"one\" is invalid: [spec.colour: Unsupported value: \"pink\": supported values: \"red\", \"green\", \"blue\", "
                + "spec.count: Invalid value: 12: spec.count in body should be less than or equal to 9]")
        let strict = client.send("POST", "\(widgets)?fieldValidation=Strict", body: widget(["colour": "red", "flavour": "sweet"]))
        #expect(
            strict.json["message"] == "Widget in version \"v1\" cannot be handled as a Widget: strict decoding error: unknown field \"spec.flavour\"")

        let merge = "application/merge-patch+json"
        _ = client.send("PATCH", "\(widgets)/one/scale", body: ["spec": ["replicas": 4]], contentType: merge)
        _ = client.send(
            "PATCH", "\(widgets)/one/status", body: ["status": ["phase": "Done"], "spec": ["colour": "blue"]], contentType: merge)
        let after = client.send("GET", "\(widgets)/one").json
        #expect(after["spec"] == ["colour": "red", "count": 4])
        #expect(after["status"] == ["phase": "Done"])
        #expect(after.value(at: "metadata.generation") == 2)
        let applied = client.send(
            "PATCH", "\(widgets)/two?fieldManager=kit",
            body: ["apiVersion": "conf.example.com/v1", "kind": "Widget", "metadata": ["name": "two"], "spec": ["colour": "blue"]], contentType: Self.applyType)
        #expect(applied.code == 201)

        #expect(client.send("DELETE", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.conf.example.com").code == 200)
        #expect(client.send("GET", widgets).code == 404)
        #expect(client.session.cluster.store.customObjects.all.allSatisfy { $0.kindName != "Widget" })
    }

    @Test func `who applies a Scale owns the replicas, and others are told`() {
        var client = Client()
        let labels: JSONValue = ["app": "web"]
        let deployment: JSONValue = [
            "metadata": ["name": "web"],
            "spec": [
                "replicas": 2, "selector": ["matchLabels": labels],
                "template": ["metadata": ["labels": labels], "spec": ["containers": [["name": "c", "image": "i"]]]],
            ],
        ]
        let path = "/apis/apps/v1/namespaces/default/deployments"
        _ = client.send("POST", "\(path)?fieldManager=maker", body: deployment)
        func apply(_ replicas: Int64, _ manager: String, _ more: String = "") -> Client.Answer {
            let scale: JSONValue = ["apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": ["name": "web"], "spec": ["replicas": .int(replicas)]]
            return client.send(
                "PATCH", "\(path)/web/scale?fieldManager=\(manager)\(more)", body: scale, contentType: "application/apply-patch+yaml")
        }
        let refused = apply(3, "scaler")
        #expect(refused.code == 409)
        #expect(refused.json["message"]?.string == "Apply failed with 1 conflict: conflict with \"maker\" using apps/v1: .spec.replicas")
        let forced = apply(3, "scaler", "&force=true")
        #expect(forced.code == 200 && forced.json["kind"]?.string == "Scale" && forced.json["spec"]?["replicas"]?.int == 3)
        let fields = client.send("GET", "\(path)/web").json["metadata"]?["managedFields"]?.array ?? []
        let mine = fields.first { $0["manager"]?.string == "scaler" }
        #expect(mine?["operation"]?.string == "Apply" && mine?["subresource"]?.string == "scale")
        #expect(mine?["fieldsV1"]?.text() == #"{"f:spec":{"f:replicas":{}}}"#)
        #expect(apply(4, "other").code == 409)
        #expect(apply(-1, "scaler", "&force=true").code == 422)
        #expect(client.send("GET", "\(path)/none/scale").code == 404)
        let table = client.send("GET", "\(path)/web/scale", accept: "application/json;as=Table;v=v1;g=meta.k8s.io").json
        let names = (table["columnDefinitions"]?.array ?? []).compactMap { $0["name"]?.string }
        #expect(names == ["Name", "Desired", "Available", "Age"])
        #expect(table["rows"]?.array?.first?["cells"]?.array?.prefix(2) == [.string("web"), .int(3)])
    }

    @Test func `a changed cluster address is refused by the name of the list`() {
        var client = Client()
        _ = client.send("POST", "/api/v1/namespaces/default/services", body: ["metadata": ["name": "s"], "spec": ["ports": [["port": 80]]]])
        let patch: JSONValue = ["spec": ["clusterIP": "10.96.200.1"]]
        let answer = client.send(
            "PATCH", "/api/v1/namespaces/default/services/s", body: patch, contentType: "application/strategic-merge-patch+json")
        #expect(
            answer.json["message"]?.string
                == "Service \"s\" is invalid: spec.clusterIPs[0]: Invalid value: [\"10.96.200.1\"]: may not change once set")
        #expect(client.send("GET", "/api/v1/services/s").json["message"]?.string == "the server could not find the requested resource")
    }
}
