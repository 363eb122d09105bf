import ControlPlane
import Foundation
import KubernetesAPI
import Simulation
import SimulationKit
import Testing

@testable import APIServer

/// Requests with the answers that a real kube-apiserver 1.36 gave.
struct RecordedTests {
    // MARK: Discovery

    static let discovery = Recorded.json("discovery.json")

    @Test func `the old form of discovery is that of a real server`() {
        var client = Client()
        #expect(Self.discovery.object?.members.count == 27)
        for (name, wanted) in Self.discovery.object?.members ?? [] where !name.hasSuffix("-aggregated-v2") {
            let path =
                switch name {
                case "api", "apis": "/\(name)"
                case "groups/v1": "/api/v1/"
                default: "/apis/" + name.dropFirst("groups/".count).replacing("_", with: "/")
                }
            let answer = client.send("GET", path)
            #expect(answer.code == 200, "\(path)")
            guard let resources = wanted["resources"]?.array else {
                #expect(Self.withoutOwn(answer.json) == wanted, "\(path)")
                continue
            }
            let got = answer.json["resources"]?.array ?? []
            #expect(got.map { $0["name"] } == resources.map { $0["name"] }, "\(path)")
            for (a, b) in zip(got, resources) {
                #expect(Set((a["verbs"]?.array ?? []).compactMap(\.string)) == Set((b["verbs"]?.array ?? []).compactMap(\.string)))
                var (a, b) = (a, b)
                (a["verbs"], b["verbs"]) = (nil, nil)
                #expect(a == b, "\(path)")
            }
        }
    }

    @Test func `aggregated discovery is that of a real server, and says when it is the same`() throws {
        var client = Client()
        for name in ["api", "apis"] {
            let accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
            let answer = client.send("GET", "/\(name)", accept: accept)
            #expect(Self.withoutOwn(answer.json) == Self.discovery["\(name)-aggregated-v2"], "\(name)")
            #expect(answer.header("content-type") == "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
            let tag = try #require(answer.header("etag"))
            #expect(client.send("GET", "/\(name)", accept: accept, headers: [("if-none-match", tag)]).code == 304)
            let old = client.send("GET", "/\(name)", accept: "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json")
            #expect(Self.withoutOwn(old.json) == Self.discovery[name])
        }
    }

    /// The document without the group of the simulator itself.
    private static func withoutOwn(_ document: JSONValue) -> JSONValue {
        var document = document
        for (list, path) in [("groups", "name"), ("items", "metadata.name")] where document[list] != nil {
            document[list] = .array((document[list]?.array ?? []).filter { $0.value(at: path) != "evenkeel.dev" })
        }
        return document
    }

    // MARK: Errors

    static let errors = Recorded.lines("errors.jsonl")
    /// Questions of rights and credentials, and what depends on what was there: a budget that allows an eviction, a history that is
    /// forgotten.
    static let leftOut: Set<String> = ["403-anonymous", "401-wrong", "401-wrong-version", "201-eviction-dryrun", "200-watch-too-old"]

    @Test(arguments: errors.filter { !leftOut.contains($0["id"]?.string ?? "") })
    func `a refusal is that of a real server`(_ recorded: JSONValue) throws {
        var client = Client(namespaces: [])
        client.prepareForErrors()
        let request = try #require(recorded["request"])
        let answer = try #require(recorded["answer"])
        let id = recorded["id"]?.string ?? ""
        if id.hasPrefix("403-") { return }
        var path = request["path"]?.string ?? ""
        if id.contains("eviction") {
            guard let pod = client.session.cluster.store.pods.sorted().first(where: { $0.name.hasPrefix("web-") }) else { return }
            path = path.replacing(#/web-[0-9a-z]+-[0-9a-z]+/#, with: pod.name)
        }
        var body = request["body"]
        if id.contains("eviction") { body?["metadata"] = nil }
        if id == "409-rv" { path = "/api/v1/namespaces/default" }
        let text: String? = body.flatMap { $0 == .null ? nil : $0.string ?? $0.text() }
        let got = client.send(
            request["method"]?.string ?? "", path, accept: request["accept"]?.string, contentType: request["contentType"]?.string, text: text)
        #expect(got.code == Int(answer["code"]?.int ?? 0), "\(id): \(got.text.prefix(300))")
        for (name, value) in answer["headers"]?.object?.members ?? [] where name != "content-type" || got.code != 204 {
            #expect(got.header(name) == value.string, "\(id)")
        }
        guard let wanted = answer["body"] else { return }
        if case .string(let wanted) = wanted {
            #expect(got.text == wanted, "\(id)")
            return
        }
        guard id != "400-continue" else { return }
        func plain(_ json: JSONValue) -> String {
            var json = json
            if json["metadata"]?["resourceVersion"] != nil { json["metadata"]?["resourceVersion"] = "N" }
            if json["details"]?["uid"] != nil { json["details"]?["uid"] = "UID" }
            return masked(Self.sorted(json).text())
        }
        #expect(plain(got.json) == plain(wanted), "\(id)")
    }

    static func sorted(_ json: JSONValue) -> JSONValue {
        switch json {
        case .object(var object):
            object.members = object.members.sorted { $0.key < $1.key }.map { ($0.key, sorted($0.value)) }
            return .object(object)
        case .array(let elements): return .array(elements.map(sorted))
        default: return json
        }
    }

    // MARK: Validation

    /// The cases of the control plane's tests, sent as a client does.
    static let validation = Recorded.lines(
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../ControlPlaneTests/Golden/validation.jsonl"))
    static let otherValidation: [String: String] = [
        "resize-via-main": "the recorded server gives pods one more volume source", "upd-nodename": "the recorded server gives pods one more volume source",
        "pod-wrong-type": "Go's JSON decoder names its types",
        "dep-replicas-type": "Go's JSON decoder names its types", "upd-jsonpatch-shape": "Go's JSON decoder names its types",
        "pod-broken-json": "Go's JSON decoder names its types",
    ]

    @Test(arguments: validation)
    func `a write is judged as by a real server`(_ recorded: JSONValue) throws {
        var client = Client(namespaces: ["golden"])
        let id = recorded["id"]?.string ?? ""
        func send(_ request: JSONValue) -> Client.Answer {
            client.send(
                request["method"]?.string ?? "", request["path"]?.string ?? "", contentType: request["contentType"]?.string,
                text: request["body"].map { $0.string ?? $0.text() })
        }
        for request in recorded["setup"]?.array ?? [] { #expect(send(request).code < 300, "\(id)") }
        let got = send(try #require(recorded["request"]))
        let answer = try #require(recorded["answer"])
        #expect(got.code == Int(answer["code"]?.int ?? 0), "\(id): \(got.text.prefix(300))")
        let warnings = (answer["warnings"]?.array ?? []).compactMap(\.string)
        #expect(got.warnings == warnings, "\(id)")
        guard let wanted = answer["status"], Self.otherValidation[id] == nil else { return }
        #expect(masked(got.json["message"]?.string ?? "") == masked(wanted["message"]?.string ?? ""), "\(id)")
        #expect(got.json["reason"] == wanted["reason"])
        #expect(got.json["details"] == wanted["details"], "\(id)")
    }
}

extension Client {
    /// The objects that the recorded refusals are about.
    mutating func prepareForErrors() {
        let container: JSONValue = ["name": "c", "image": "busybox"]
        func pod(_ name: String, _ scheduler: String) -> JSONValue {
            ["metadata": ["name": .string(name)], "spec": ["schedulerName": .string(scheduler), "containers": [container]]]
        }
        _ = send("PATCH", "/api/v1/namespaces/default", body: ["metadata": ["labels": ["a": "b"]]], contentType: "application/merge-patch+json")
        _ = send("POST", "/api/v1/nodes", body: ["metadata": ["name": "n"], "status": ["capacity": ["cpu": "4", "memory": "8Gi", "pods": "20"]]])
        run(seconds: 60)
        _ = send("POST", "/api/v1/namespaces/default/pods", body: pod("solo", "default-scheduler"))
        _ = send("POST", "/api/v1/namespaces/default/pods", body: pod("pend", "none"))
        _ = send(
            "POST", "/api/v1/namespaces/default/services",
            body: ["metadata": ["name": "web"], "spec": ["ports": [["port": 80]], "selector": ["a": "b"]]])
        _ = send("POST", "/api/v1/namespaces/default/configmaps", body: ["metadata": ["name": "e1"]])
        let labels: JSONValue = ["app": "web"]
        _ = send(
            "POST", "/apis/apps/v1/namespaces/default/deployments",
            body: [
                "metadata": ["name": "web"],
                "spec": [
                    "replicas": 3, "selector": ["matchLabels": labels], "template": ["metadata": ["labels": labels], "spec": ["containers": [container]]],
                ],
            ])
        _ = send(
            "POST", "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
            body: ["metadata": ["name": "web"], "spec": ["minAvailable": 3, "selector": ["matchLabels": labels]]])
        run(seconds: 120)
    }
}
