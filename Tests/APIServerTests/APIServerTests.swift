// Requests and their answers, compared with those recorded from a real server.

import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit
import Testing

@testable import APIServer

struct APIServerTests {
    private static func configMap(_ name: String, _ labels: JSONValue = [:], value: String = "1") -> JSONValue {
        ["metadata": ["name": .string(name), "labels": labels], "data": ["a": .string(value)]]
    }
    private static let path = "/api/v1/namespaces/default/configmaps"

    // MARK: Lists

    @Test func `a list in pages shows the state of its first page`() throws {
        var client = Client()
        for name in ["a", "b", "c", "d", "e"] { #expect(client.send("POST", Self.path, body: Self.configMap(name)).code == 201) }
        let all = (client.send("GET", Self.path).json["items"]?.array ?? []).count
        let first = client.send("GET", Self.path + "?limit=2").json
        #expect(first["items"]?.array?.count == 2)
        #expect(first["metadata"]?["remainingItemCount"]?.int == Int64(all - 2))
        #expect(client.send("DELETE", Self.path + "/e").code == 200)
        #expect(client.send("POST", Self.path, body: Self.configMap("f")).code == 201)
        var names = (first["items"]?.array ?? []).compactMap { $0["metadata"]?["name"]?.string }
        var token = first["metadata"]?["continue"]?.string
        while let next = token {
            let page = client.send("GET", Self.path + "?limit=2&continue=\(next)").json
            names += (page["items"]?.array ?? []).compactMap { $0["metadata"]?["name"]?.string }
            token = page["metadata"]?["continue"]?.string
            #expect(page["metadata"]?["resourceVersion"] == first["metadata"]?["resourceVersion"])
        }
        #expect(names.count == all)
        #expect(names.contains("e") && !names.contains("f"))
        #expect(names == names.sorted())
    }

    @Test func `a long list shows each pod as it is now, however often it is read`() throws {
        var client = Client(namespaces: ["many"])
        let path = "/api/v1/namespaces/many/pods"
        for number in 0..<1010 {
            let spec: JSONValue = ["schedulerName": "none", "containers": [["name": "c", "image": "b"]]]
            _ = client.send("POST", path, body: ["metadata": ["name": .string("p\(number)"), "labels": ["n": "0"]], "spec": spec])
        }
        func labels() -> [String: String] {
            let items = client.send("GET", path).json["items"]?.array ?? []
            return Dictionary(
                items.map { ($0["metadata"]?["name"]?.string ?? "", $0["metadata"]?["labels"]?["n"]?.string ?? "") }, uniquingKeysWith: { first, _ in first })
        }
        let first = client.send("GET", path)
        #expect(first.text == client.send("GET", path).text)
        for change in 1...3 {
            let name = "p\(change * 100)"
            _ = client.send(
                "PATCH", "\(path)/\(name)", body: ["metadata": ["labels": ["n": .string("\(change)")]]], contentType: "application/merge-patch+json")
            _ = client.send("DELETE", "\(path)/p\(change)")
            let now = labels()
            #expect(now.count == 1010 - change)
            #expect(now[name] == "\(change)")
            #expect(now["p\(change)"] == nil)
        }
        let one = client.send("GET", path + "/p7").json
        let item = (client.send("GET", path).json["items"]?.array ?? []).first { $0["metadata"]?["name"] == "p7" }
        #expect(item?["spec"] == one["spec"])
        #expect(item?["metadata"] == one["metadata"])
    }

    @Test func `selectors of labels and fields choose`() throws {
        var client = Client()
        _ = client.send("POST", Self.path, body: Self.configMap("x", ["t": "x"]))
        _ = client.send("POST", Self.path, body: Self.configMap("y", ["t": "y"]))
        func names(_ query: String) -> [String] {
            (client.send("GET", Self.path + "?" + query).json["items"]?.array ?? []).compactMap { $0["metadata"]?["name"]?.string }
        }
        #expect(names("labelSelector=t%3Dx") == ["x"])
        #expect(names("labelSelector=t%20in%20(x%2Cy)") == ["x", "y"])
        #expect(names("labelSelector=t%20notin%20(x),t") == ["y"])
        #expect(names("fieldSelector=metadata.name%3Dy,metadata.name%3Dy") == ["y"])
        #expect(names("labelSelector=t&fieldSelector=metadata.name!%3Dy") == ["x"])
    }

    @Test func `tables have the columns and rows that kubectl prints`() throws {
        var client = Client()
        _ = client.send("POST", Self.path, body: Self.configMap("x"))
        let accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
        let table = client.send("GET", Self.path + "/x", accept: accept).json
        #expect(table["kind"] == "Table")
        #expect(table["columnDefinitions"]?.array?.map { $0["name"] } == ["Name", "Data", "Age"])
        #expect(table["rows"]?.array?.first?["object"]?["kind"] == "PartialObjectMetadata")
        #expect(client.send("GET", Self.path + "?includeObject=None", accept: accept).json["rows"]?.array?.first?["object"] == .null)
        #expect(client.send("GET", Self.path + "?includeObject=Object", accept: accept).json["rows"]?.array?.first?["object"]?["kind"] == "ConfigMap")
        let partial = client.send("GET", Self.path, accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io").json
        #expect(partial["kind"] == "PartialObjectMetadataList")
        #expect(partial["items"]?.array?.first?["data"] == nil)
    }

    // MARK: Watches

    @Test func `a watch sends each change once, and what leaves a selection as deleted`() throws {
        var client = Client()
        let start = client.send("GET", Self.path).json["metadata"]?["resourceVersion"]?.string ?? ""
        var watch = try client.watch(Self.path + "?watch=true&labelSelector=t%3Dx&resourceVersion=\(start)")
        _ = client.send("POST", Self.path, body: Self.configMap("w", ["t": "x"]))
        _ = client.send("PATCH", Self.path + "/w", body: ["data": ["a": "2"]], contentType: "application/merge-patch+json")
        _ = client.send("PATCH", Self.path + "/w", body: ["metadata": ["labels": ["t": "y"]]], contentType: "application/merge-patch+json")
        _ = client.send("PATCH", Self.path + "/w", body: ["metadata": ["labels": ["t": "x"]]], contentType: "application/merge-patch+json")
        _ = client.send("DELETE", Self.path + "/w")
        let events = client.events(&watch)
        #expect(events.map { $0["type"]?.string } == ["ADDED", "MODIFIED", "DELETED", "ADDED", "DELETED"])
        // The third is the object as it was while it was selected, with the revision of the change.
        #expect(events.map { $0["object"]?["metadata"]?["labels"]?["t"]?.string } == ["x", "x", "x", "x", "x"])
        let revisions = events.compactMap { $0["object"]?["metadata"]?["resourceVersion"]?.string.flatMap { Int($0) } }
        #expect(revisions == revisions.sorted() && Set(revisions).count == 5)
        let again = client.events(&watch)
        #expect(again.isEmpty)
    }

    @Test func `a streaming list ends its first part with a bookmark`() throws {
        var client = Client()
        _ = client.send("POST", Self.path, body: Self.configMap("w", ["t": "x"]))
        var watch = try client.watch(
            Self.path + "?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&labelSelector=t%3Dx")
        let events = client.events(&watch)
        #expect(events.map { $0["type"]?.string } == ["ADDED", "BOOKMARK"])
        #expect(events.last?["object"]?["metadata"]?["annotations"]?["k8s.io/initial-events-end"] == "true")
    }

    @Test func `a long list is in order, in pages and after each change`() {
        var client = Client()
        for number in 0..<250 { _ = client.send("POST", Self.path, body: Self.configMap("n\(number * 7919 % 1000)")) }
        func names(_ query: String = "") -> [String] {
            (client.send("GET", "/api/v1/configmaps" + query).json["items"]?.array ?? []).compactMap {
                $0.value(at: "metadata.namespace") == "default" ? $0.value(at: "metadata.name")?.string : nil
            }
        }
        let before = names()
        #expect(before.count > 250 && before == before.sorted())
        let first = client.send("GET", "/api/v1/configmaps?limit=100").json
        _ = client.send("DELETE", Self.path + "/n0")
        _ = client.send("POST", Self.path, body: Self.configMap("a"))
        let after = names()
        #expect(after == (before.filter { $0 != "n0" } + ["a"]).sorted())
        // The next page goes on with what the first was of.
        let token = first.value(at: "metadata.continue")?.string ?? ""
        let pages = (first["items"]?.array ?? []).compactMap { $0.value(at: "metadata.name")?.string } + names("?limit=400&continue=\(token)")
        #expect(pages.contains("n0") && !pages.contains("a"))
        #expect(names() == after)
    }

    @Test func `a watch from a revision that is forgotten is an error in the stream`() throws {
        var client = Client()
        for number in 0..<600 { _ = client.send("POST", Self.path, body: Self.configMap("n\(number)")) }
        client.run(seconds: 60)
        // What only watchers need is left out of a snapshot.
        client.session = client.session.snapshot
        var watch = try client.watch(Self.path + "?watch=1&resourceVersion=2")
        let (chunks, isOver) = watch.next(in: client.session)
        #expect(isOver)
        let first = try #require(chunks.first)
        let event = try JSONParser.read(first()).value
        #expect(event["type"] == "ERROR")
        #expect(event["object"]?["code"] == 410)
        #expect(chunks.count == 1)
    }

    @Test func `a watch ends when the session goes back`() throws {
        var client = Client()
        _ = client.session.perform(.create(ConfigMap()))
        var watch = try client.watch(Self.path + "?watch=1")
        _ = client.events(&watch)
        client.run(seconds: 10)
        client.session.rewind(to: .start + .seconds(1))
        let (_, isOver) = watch.next(in: client.session)
        #expect(isOver)
    }

    // MARK: Writes

    @Test func `a dry run keeps nothing`() {
        var client = Client()
        let before = client.session.cluster.store.revision
        #expect(client.send("POST", Self.path + "?dryRun=All", body: Self.configMap("dry")).code == 201)
        #expect(client.session.cluster.store.revision == before)
        #expect(client.session.journal.isEmpty)
        #expect(client.send("GET", Self.path + "/dry").code == 404)
    }

    @Test func `an update needs the newest revision, if it names one`() throws {
        var client = Client()
        let made = client.send("POST", Self.path, body: Self.configMap("u")).json
        var changed = made
        changed["data"] = ["a": "2"]
        #expect(client.send("PUT", Self.path + "/u", body: changed).code == 200)
        #expect(client.send("PUT", Self.path + "/u", body: changed).code == 409)
        #expect(client.send("PUT", Self.path + "/u", body: Self.configMap("u", value: "3")).json["data"]?["a"] == "3")
        #expect(client.send("PUT", Self.path + "/v", body: Self.configMap("u")).code == 404)
    }

    @Test func `status and spec are written apart`() throws {
        var client = Client()
        let path = "/apis/apps/v1/namespaces/default/deployments"
        let labels: JSONValue = ["app": "d"]
        let deployment: JSONValue = [
            "metadata": ["name": "d"], "status": ["replicas": 7],
            "spec": [
                "replicas": 0, "selector": ["matchLabels": labels],
                "template": ["metadata": ["labels": labels], "spec": ["containers": [["name": "c", "image": "i"]]]],
            ],
        ]
        #expect(client.send("POST", path, body: deployment).json["status"]?["replicas"] == nil)
        let merge = "application/merge-patch+json"
        let status = client.send("PATCH", path + "/d/status", body: ["status": ["readyReplicas": 3], "spec": ["replicas": 9]], contentType: merge).json
        #expect(status["status"]?["readyReplicas"] == 3)
        #expect(status["spec"]?["replicas"] == 0)
        let scale = client.send("PATCH", path + "/d/scale", body: ["spec": ["replicas": 2]], contentType: merge)
        #expect(scale.code == 200 && scale.json["spec"]?["replicas"] == 2 && scale.json["kind"] == "Scale")
        #expect(client.send("GET", path + "/d").json["spec"]?["replicas"] == 2)
    }

    @Test func `a deletion waits for finalizers, and a foreground one for dependents`() throws {
        var client = Client()
        var object = Self.configMap("f")
        object["metadata"]?["finalizers"] = ["example.com/hold"]
        _ = client.send("POST", Self.path, body: object)
        let gone = client.send("DELETE", Self.path + "/f")
        #expect(gone.json["metadata"]?["deletionTimestamp"] != nil)
        #expect(client.send("GET", Self.path + "/f").code == 200)
        let released = client.send(
            "PATCH", Self.path + "/f", body: ["metadata": ["finalizers": .null]], contentType: "application/merge-patch+json")
        #expect(released.code == 200)
        #expect(client.send("GET", Self.path + "/f").code == 404)
    }

    @Test func `a run with clients is repeated from its journal`() throws {
        func play(_ commands: [Session.JournalEntry]?) -> (String, [Session.JournalEntry]) {
            var client = Client()
            if let commands {
                var session = Session(Simulation(client.session.simulation.options))
                for entry in commands {
                    session.advance(to: entry.time)
                    _ = session.perform(entry.command)
                }
                session.advance(to: .start + .minutes(10))
                return (session.cluster.store.everything, [])
            }
            client.prepareForErrors()
            _ = client.send("POST", Self.path, body: ["metadata": ["generateName": "x-"]])
            _ = client.send("POST", Self.path, body: ["metadata": ["name": "Not Valid"]])
            _ = client.send("POST", Self.path, body: ["metadata": ["generateName": "x-"]])
            client.session.advance(to: .start + .minutes(10))
            return (client.session.cluster.store.everything, client.session.journal)
        }
        let (first, journal) = play(nil)
        #expect(journal.count >= 8)
        #expect(play(journal).0 == first)
    }

    @Test func `the session goes back over clients' writes`() {
        var client = Client()
        client.prepareForErrors()
        let now = client.session.now
        let before = client.session.cluster.store.everything
        client.run(seconds: 100)
        client.session.rewind(to: now)
        #expect(client.session.cluster.store.everything == before)
    }

    // MARK: Versions

    @Test func `an autoscaler is read and written in both versions`() throws {
        var client = Client()
        let v1 = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers"
        let made = client.send(
            "POST", v1,
            body: [
                "apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "metadata": ["name": "h"],
                "spec": [
                    "maxReplicas": 3, "targetCPUUtilizationPercentage": 70,
                    "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "d"],
                ],
            ])
        #expect(made.code == 201, "\(made.text)")
        #expect(made.json["apiVersion"] == "autoscaling/v1")
        #expect(made.json["spec"]?["targetCPUUtilizationPercentage"] == 70)
        let v2 = client.send("GET", "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers/h").json
        #expect(v2["spec"]?["metrics"]?.array?.first?["resource"]?["target"]?["averageUtilization"] == 70)
        let patched = client.send("PATCH", v1 + "/h", body: ["spec": ["targetCPUUtilizationPercentage": 50]], contentType: "application/merge-patch+json")
        #expect(patched.json["spec"]?["targetCPUUtilizationPercentage"] == 50, "\(patched.text)")
    }

    @Test func `what is written as bytes is what the value says`() throws {
        var client = Client()
        client.prepareForErrors()
        for info in KindInfo.all {
            for object in client.session.cluster.store.objects(info.type) {
                var bytes: [UInt8] = []
                _ = object.writeJSON(to: &bytes)
                let written = try JSONParser.read(bytes).value
                // Of a container's resources clients see the empty ones too.
                let text = RecordedTests.sorted(written).text().replacing("\"resources\":{},", with: "")
                #expect(text == RecordedTests.sorted(.object(object.jsonObject)).text().replacing("\"resources\":{},", with: ""))
            }
        }
        let list = client.send("GET", "/api/v1/pods").json["items"]?.array ?? []
        #expect(list.count >= 5)
        for item in list {
            let path = "/api/v1/namespaces/\(item["metadata"]?["namespace"]?.string ?? "")/pods/\(item["metadata"]?["name"]?.string ?? "")"
            var one = client.send("GET", path).json
            (one["kind"], one["apiVersion"]) = (nil, nil)
            #expect(item == one)
        }
    }

    /// Clients show these words, which name the types of Go.
    @Test func `a value of the wrong type is refused in Go's words`() {
        var client = Client()
        func create(_ kind: String, _ path: String, _ body: JSONValue) -> String? {
            client.send("POST", path, body: body).json["message"]?.string
        }
        let labels: JSONValue = ["app": "w"]
        func deployment(_ container: JSONValue, replicas: JSONValue = 1) -> JSONValue {
            [
                "metadata": ["name": "w"],
                "spec": [
                    "replicas": replicas, "selector": ["matchLabels": labels],
                    "template": ["metadata": ["labels": labels], "spec": ["containers": [container]]],
                ],
            ]
        }
        let path = "/apis/apps/v1/namespaces/default/deployments"
        let head = "Deployment in version \"v1\" cannot be handled as a Deployment: json: cannot unmarshal "
        #expect(
            create("Deployment", path, deployment(["name": "c", "image": "i", "env": [["name": "A", "value": 1]]]))
                == head + "number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string")
        #expect(create("Deployment", path, deployment([:], replicas: "x")) == head + "string into Go struct field DeploymentSpec.spec.replicas of type int32")
        #expect(
            create("Deployment", path, deployment("x")) == head + "string into Go struct field PodSpec.spec.template.spec.containers of type v1.Container")
        #expect(
            create("ConfigMap", "/api/v1/namespaces/default/configmaps", ["metadata": ["name": "c"], "data": ["a": 1]])
                == "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string"
        )
        #expect(
            create("Pod", "/api/v1/namespaces/default/pods", ["metadata": ["name": "c", "labels": ["a": true]]])
                == "Pod in version \"v1\" cannot be handled as a Pod: json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string"
        )
        _ = client.send("POST", path, body: deployment(["name": "c", "image": "i"]))
        let patched = client.send(
            "PATCH", "\(path)/w", body: ["spec": ["replicas": "x", "paused": false]], contentType: "application/strategic-merge-patch+json")
        #expect(patched.code == 422)
        #expect(
            patched.json["message"]?.string
                == " \"\" is invalid: patch: Invalid value: \"map[spec:map[paused:false replicas:x]]\": unrecognized type: int32")
    }

    // MARK: Metrics

    @Test func `metrics count what the scheduler did, and what waits`() {
        var client = Client(namespaces: ["golden"])
        func metric(_ name: String, _ client: inout Client) -> String? {
            client.send("GET", "/metrics").text.split(separator: "\n").first { $0.hasPrefix(name + " ") }.map { String($0.dropFirst(name.count + 1)) }
        }
        let (scheduled, refused) = (
            "scheduler_schedule_attempts_total{profile=\"default-scheduler\",result=\"scheduled\"}",
            "scheduler_schedule_attempts_total{profile=\"default-scheduler\",result=\"unschedulable\"}"
        )
        let size: JSONValue = ["cpu": "4", "memory": "8Gi", "pods": "20"]
        _ = client.send("POST", "/api/v1/nodes", body: ["metadata": ["name": "n1"], "status": ["capacity": size, "allocatable": size]])
        client.run(seconds: 30)
        let before = metric(scheduled, &client).flatMap { Int($0) } ?? -1
        #expect(before >= 0 && metric(refused, &client) == "0")
        for (name, cpu) in [("small", "10m"), ("large", "999")] {
            _ = client.send(
                "POST", "/api/v1/namespaces/golden/pods",
                body: [
                    "metadata": ["name": .string(name)],
                    "spec": ["containers": [["name": "c", "image": "i", "resources": ["requests": ["cpu": .string(cpu)]]]]],
                ])
        }
        client.run(seconds: 5)
        #expect(metric(scheduled, &client) == String(before + 1))
        #expect(metric(refused, &client) == "1")
        #expect(metric("scheduler_pending_pods{queue=\"unschedulable\"}", &client) == "1")
        #expect(metric("scheduler_pending_pods{queue=\"active\"}", &client) == "0")
        #expect(metric("workqueue_depth{name=\"deployment\"}", &client) == "0")
    }

    // MARK: Anything

    @Test func `no request traps`() {
        var client = Client(namespaces: ["golden"])
        let paths = [
            "", "/", "//", "/api", "/api/", "/api/v1", "/api/v2", "/apis//", "/apis/apps", "/apis/apps/v1/namespaces", "/api/v1/namespaces/default",
            "/api/v1/namespaces/default/finalize", "/api/v1/namespaces/default/pods/x/y/z", "/api/v1/pods/x", "/api/v1/nodes/%ff%00", "/api/v1/watch",
            "/api/v1/watch/pods", "/openapi/v3", "/openapi/v2", "/openapi", "/metrics", "/apis/metrics.k8s.io/v1beta1/nodes/x", "/healthz/ping",
            "/api/v1/namespaces/default/configmaps/x", "/api/v1/namespaces/default/configmaps", "/api/v1/namespaces/default/pods/x/eviction",
            "/apis/apps/v1/namespaces/default/deployments/d/scale", "/api/v1/bindings", "/api/v1/namespaces/default/serviceaccounts/d/token",
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "/api/v1/namespaces/default/services/kubernetes/proxy/a",
        ]
        let queries = [
            "", "?limit=-1", "?limit=1&continue=AAAA", "?watch=1&resourceVersion=-5", "?resourceVersion=99999999999999999999", "?labelSelector=(((",
            "?fieldSelector==,=,!",
        ]
        let bodies = [
            "", "{", "[]", "null", "{\"metadata\":7}", "{\"metadata\":{\"name\":{}}}", "{\"spec\":{\"replicas\":1e99}}",
            "[{\"op\":\"move\",\"from\":\"/\",\"path\":\"\"}]",
        ]
        let types = [
            "application/json", "application/merge-patch+json", "application/json-patch+json", "application/strategic-merge-patch+json",
            "application/apply-patch+yaml", "",
        ]
        for path in paths {
            for query in queries { _ = client.send("GET", path + query) }
            for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", ""] {
                for body in bodies {
                    for type in types { _ = client.send(method, path, contentType: type, text: body) }
                }
            }
        }
    }
}

extension ObjectStore {
    /// All objects as text.
    var everything: String { Kind.allCases.flatMap { objects($0) }.map { $0.document.text() }.joined(separator: "\n") }
}
