// What clients hear of patches that cannot be read, and of paths that lead nowhere.

import KubernetesAPI
import Testing

@testable import APIServer

struct PatchAnswerTests {
    private static let path = "/apis/apps/v1/namespaces/default/deployments/d"
    private static let deployment: JSONValue = [
        "metadata": ["name": "d"],
        "spec": [
            "selector": ["matchLabels": ["a": "b"]],
            "template": ["metadata": ["labels": ["a": "b"]], "spec": ["containers": [["name": "c", "image": "b"]]]],
        ],
    ]
    private static func client() -> Client {
        var client = Client()
        _ = client.send("POST", "/apis/apps/v1/namespaces/default/deployments", body: deployment)
        return client
    }
    private static let strategic = "application/strategic-merge-patch+json"

    @Test func `an unknown field in a patch is the patch's fault`() {
        var client = Self.client()
        let answer = client.send("PATCH", Self.path + "?fieldValidation=Strict", body: ["spec": ["bogus": 1]], contentType: Self.strategic)
        #expect(answer.code == 422)
        #expect(
            answer.json["message"]?.string
                == " \"\" is invalid: patch: Invalid value: \"map[spec:map[bogus:1]]\": strict decoding error: unknown field \"spec.bogus\"")
        let merged = client.send("PATCH", Self.path + "?fieldValidation=Strict", body: ["spec": ["bogus": 1]], contentType: "application/merge-patch+json")
        #expect(merged.code == 422)
        #expect(merged.json.value(at: "details.causes[0].field") == "patch")
        #expect(merged.json["message"]?.string?.hasSuffix(": strict decoding error: unknown field \"spec.bogus\"") == true)
    }

    @Test func `quantities in patches are refused as part of the patch`() {
        var client = Self.client()
        let containers: JSONValue = [["name": "c", "resources": ["requests": ["cpu": "bad"]]]]
        let answer = client.send(
            "PATCH", Self.path, body: ["spec": ["template": ["spec": ["containers": containers]]]], contentType: Self.strategic)
        #expect(answer.code == 422)
        #expect(answer.json["message"]?.string?.contains(": quantities must match the regular expression") == true)
    }

    @Test func `an element that says not which one it is cannot be merged`() {
        var client = Self.client()
        let answer = client.send(
            "PATCH", Self.path, body: ["spec": ["template": ["spec": ["containers": [["image": "x"]]]]]], contentType: Self.strategic)
        #expect(answer.code == 500 && answer.json["reason"] == nil)
        #expect(answer.json["message"] == "map: map[image:x] does not contain declared merge key: name")
        // In a list that is not there yet nothing is looked for.
        let new = client.send(
            "PATCH", Self.path, body: ["spec": ["template": ["spec": ["volumes": [["emptyDir": [:]]]]]]], contentType: Self.strategic)
        #expect(new.code == 422)
    }

    @Test func `an operation that is none is refused as one that fails`() {
        var client = Self.client()
        let answer = client.send("PATCH", Self.path, body: [["op": "fly", "path": "/x"]], contentType: "application/json-patch+json")
        #expect(answer.code == 422)
        #expect(answer.json["message"] == "the server rejected our request due to an error in our request")
    }

    @Test func `a patch cannot change who the object is`() {
        var client = Self.client()
        let answer = client.send("PATCH", Self.path, body: ["metadata": ["uid": "q"]], contentType: "application/merge-patch+json")
        #expect(answer.code == 422)
        #expect(answer.json["message"] == "Deployment.apps \"d\" is invalid: metadata.uid: Invalid value: \"q\": field is immutable")
    }

    @Test func `workloads without a selector select nothing`() {
        var client = Client()
        let labels = "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`"
        let containers = "spec.template.spec.containers: Required value"
        for (kind, plural, text) in [
            ("Deployment", "deployments", "[spec.selector: Required value, \(labels), \(containers)]"),
            ("DaemonSet", "daemonsets", "[\(labels), \(containers)]"),
        ] {
            let answer = client.send("POST", "/apis/apps/v1/namespaces/default/\(plural)", body: ["metadata": ["name": "v"], "spec": [:]])
            #expect(answer.json["message"]?.string == "\(kind).apps \"v\" is invalid: \(text)")
        }
    }

    @Test func `namespaces of the system may not be deleted`() {
        var client = Client()
        let answer = client.send("DELETE", "/api/v1/namespaces/default")
        #expect(answer.code == 403)
        #expect(answer.json["message"] == "namespaces \"default\" is forbidden: this namespace may not be deleted")
    }

    @Test func `a volume in use waits for its claim to go`() {
        var client = Client()
        let (volumes, claims) = ("/api/v1/persistentvolumes", "/api/v1/namespaces/default/persistentvolumeclaims")
        let volume: JSONValue = [
            "metadata": ["name": "v"],
            "spec": [
                "capacity": ["storage": "1Gi"], "accessModes": ["ReadWriteOnce"], "storageClassName": "s", "hostPath": ["path": "/d"],
                "persistentVolumeReclaimPolicy": "Retain",
            ],
        ]
        let made = client.send("POST", volumes, body: volume)
        #expect(made.json["metadata"]?["finalizers"] == ["kubernetes.io/pv-protection"])
        let spec: JSONValue = ["accessModes": ["ReadWriteOnce"], "storageClassName": "s", "resources": ["requests": ["storage": "1Gi"]]]
        _ = client.send("POST", claims, body: ["metadata": ["name": "c"], "spec": spec])
        client.run(seconds: 2)
        #expect(client.send("GET", claims + "/c").json["status"]?["phase"] == "Bound")
        #expect(client.send("DELETE", volumes + "/v").json["metadata"]?["deletionTimestamp"] != nil)
        client.run(seconds: 2)
        #expect(client.send("GET", volumes + "/v").code == 200)
        #expect(client.send("DELETE", claims + "/c").code == 200)
        client.run(seconds: 2)
        #expect(client.send("GET", volumes + "/v").code == 404)
    }

    @Test func `a service that changes its type loses what only the old one had`() {
        var client = Client()
        let path = "/api/v1/namespaces/default/services"
        let made = client.send("POST", path, body: ["metadata": ["name": "s"], "spec": ["type": "LoadBalancer", "ports": [["port": 80]]]])
        #expect(made.json.value(at: "spec.ports[0].nodePort") != nil)
        let inside = client.send("PATCH", path + "/s", body: ["spec": ["type": "ClusterIP"]], contentType: "application/merge-patch+json")
        #expect(inside.code == 200)
        for field in ["ports[0].nodePort", "externalTrafficPolicy", "allocateLoadBalancerNodePorts"] {
            #expect(inside.json.value(at: "spec.\(field)") == nil, "\(field)")
        }
        let name: JSONValue = ["spec": ["type": "ExternalName", "externalName": "a.b"]]
        let outside = client.send("PATCH", path + "/s", body: name, contentType: "application/merge-patch+json")
        #expect(outside.code == 200)
        #expect(outside.json["spec"]?["clusterIP"] == nil)
    }

    @Test func `each check of health has its path, and no other`() {
        var client = Client()
        #expect(client.send("GET", "/livez/ping").text == "ok")
        #expect(client.send("GET", "/readyz/poststarthook/rbac/bootstrap-roles").text == "ok")
        #expect(client.send("GET", "/livez/nothing").code == 404)
        #expect(client.send("GET", "/livez/etcd").text == "ok" && client.send("GET", "/readyz/etcd").code == 404)
        let lines = client.send("GET", "/readyz?verbose&exclude=ping").text.split(separator: "\n")
        #expect(lines.first == "[+]ping excluded: ok" && lines.suffix(2) == ["[+]shutdown ok", "readyz check passed"])
    }
}
