// The simulator's own API: time, faults, snapshots, expectations.

import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit
import Testing

@testable import APIServer

struct EvenkeelAPITests {
    static let root = "/apis/evenkeel.dev/v1"
    static let configMaps = "/api/v1/namespaces/default/configmaps"

    /// A cluster of one node with a few pods.
    private func client() -> Client {
        var client = Client()
        client.prepareForErrors()
        return client
    }

    @Test func `the group is found by both forms of discovery`() {
        var client = Client()
        let names = (client.send("GET", Self.root).json["resources"]?.array ?? []).compactMap { $0["name"]?.string }
        #expect(names == ["expectations", "faults", "snapshots", "snapshots/restore", "time"])
        let groups = client.send("GET", "/apis", accept: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList").json["items"]?.array ?? []
        let own = groups.first { $0.value(at: "metadata.name") == "evenkeel.dev" }
        let resources = (own?["versions"]?.array?.first?["resources"]?.array ?? []).compactMap { $0["resource"]?.string }
        #expect(resources == ["expectations", "faults", "snapshots", "time"])
        // Without fields kubectl leaves it to the server what may stand in a Fault.
        let schemas = client.send("GET", "/openapi/v3/apis/evenkeel.dev/v1").json.value(at: "components.schemas")
        for kind in ["Fault", "Snapshot", "Time", "ExpectationReview"] {
            let schema = schemas?["io.k8s.api.evenkeel.v1.\(kind)"]
            #expect(schema?["type"] == "object" && schema?["properties"] == nil && schema?["description"] != nil)
        }
    }

    // MARK: Time

    @Test func `time is told, paused, sped up and moved on`() {
        var client = client()
        let before = client.session.now
        #expect(client.send("GET", Self.root + "/time").json["now"]?.string == before.rfc3339)
        let paused = client.send("POST", Self.root + "/time", body: ["paused": true, "advance": "10m"])
        #expect(paused.code == 201)
        #expect(paused.json["now"]?.string == (before + .minutes(10)).rfc3339)
        #expect(client.session.isPaused)
        #expect(client.send("POST", Self.root + "/time", body: ["speed": 100]).json["speed"] == 100)
        #expect(!client.session.isPaused && client.session.speed == .times(100))
        #expect(client.send("POST", Self.root + "/time", body: ["speed": "max"]).json["speed"] == "max")
        #expect(client.send("POST", Self.root + "/time", body: ["speed": 0]).json["paused"] == true)
        let table = client.send("GET", Self.root + "/time", accept: "application/json;as=Table;v=v1;g=meta.k8s.io").json
        #expect(table["rows"]?.array?.first?["cells"]?.array?.count == 4)
    }

    @Test(arguments: [
        (#"{"speed": -1}"#, "speed"), (#"{"advance": "-5m"}"#, "advance"), (#"{"advance": 7}"#, "advance"), (#"{"advance": "9999999h"}"#, "advance"),
        (#"{"paused": "yes"}"#, "paused"), (#"{"warp": 9}"#, "warp"),
    ])
    func `what is no wish about time is refused with its field`(_ body: String, _ field: String) {
        var client = Client()
        let before = (client.session.isPaused, client.session.speed, client.session.now)
        let answer = client.send("POST", Self.root + "/time", text: body)
        #expect(answer.code == 422 && answer.json["kind"] == "Status")
        #expect(answer.json.value(at: "details.causes[0].field")?.string == field)
        #expect(before == (client.session.isPaused, client.session.speed, client.session.now))
    }

    @Test func `a body that is no object is refused`() {
        var client = Client()
        for body in ["[]", "7", "{", "\"10m\""] { #expect(client.send("POST", Self.root + "/time", text: body).code == 400) }
        #expect(client.send("DELETE", Self.root + "/time").code == 405)
    }

    // MARK: Faults

    @Test func `a node fails and comes back, as commands of the journal`() {
        var client = client()
        let fail = client.send("POST", Self.root + "/faults", body: ["kind": "Fault", "metadata": ["name": "down"], "fail": ["node": "n"]])
        #expect(fail.code == 201 && fail.json["metadata"]?["name"] == "down")
        #expect(client.send("GET", Self.root + "/faults").json["items"]?.array?.first?["fail"]?["node"] == "n")
        if case .fail(.node("n"))? = client.session.journal.last?.command {} else { Issue.record("the journal does not have it") }
        client.run(seconds: 60)
        #expect(client.session.cluster.store.nodes[ObjectKey(name: "n")]?.status.conditions.isTrue("Ready") == false)
        #expect(client.send("POST", Self.root + "/faults", body: ["recover": ["node": "n"]]).code == 201)
        client.run(seconds: 60)
        #expect(client.session.cluster.store.nodes[ObjectKey(name: "n")]?.status.conditions.isTrue("Ready") == true)
        #expect(client.send("GET", Self.root + "/faults").json["items"]?.array?.isEmpty == true)
        #expect(client.send("POST", Self.root + "/faults", body: ["runtime": ["node": "n", "hangs": "5m"]]).code == 201)
        #expect(client.send("GET", Self.root + "/faults").json["items"]?.array?.first?["runtime"]?["node"] == "n")
    }

    @Test(arguments: [
        (#"{}"#, 422), (#"{"fail": {}}"#, 422), (#"{"fail": {"node": "n", "zone": "z"}}"#, 422), (#"{"fall": {"node": "n"}}"#, 422),
        (#"{"fail": {"node": "nobody"}}"#, 404), (#"{"fail": {"zone": "z"}}"#, 400), (#"{"at": "5m", "fail": {"node": "n"}}"#, 422),
        (#"{"fail": {"node": "n"}, "recover": {"node": "n"}}"#, 422), (#"{"runtime": {"node": "n", "hangs": "-1s"}}"#, 422),
    ])
    func `what is no fault is refused and changes nothing`(_ body: String, _ code: Int) {
        var client = client()
        let before = client.session.journal.count
        let answer = client.send("POST", Self.root + "/faults", text: body)
        #expect(answer.code == code && answer.json["status"] == "Failure", "\(answer.text)")
        #expect(client.session.journal.count == before)
    }

    @Test func `a dry run of a fault strikes nobody`() {
        var client = client()
        #expect(client.send("POST", Self.root + "/faults?dryRun=All", body: ["fail": ["node": "n"]]).code == 201)
        #expect(client.send("GET", Self.root + "/faults").json["items"]?.array?.isEmpty == true)
    }

    // MARK: Snapshots

    @Test func `going back to a snapshot brings the cluster and its time back, and ends watches`() throws {
        var client = client()
        #expect(client.send("POST", Self.root + "/snapshots", body: ["metadata": ["name": "clean"]]).code == 201)
        #expect(client.send("POST", Self.root + "/snapshots", body: ["metadata": ["name": "clean"]]).code == 409)
        let (before, time) = (client.session.cluster.store.everything, client.session.now)
        var watch = try client.watch(Self.configMaps + "?watch=1&resourceVersion=\(client.session.cluster.store.revision)")
        let made = client.send("POST", Self.configMaps, body: ["metadata": ["name": "later"]]).json
        client.run(seconds: 300)
        #expect(client.events(&watch).count == 1)
        let last = client.session.cluster.store.revision
        #expect(client.send("POST", Self.root + "/snapshots/clean/restore", body: [:]).code == 201)
        #expect(client.session.cluster.store.everything == before && client.session.now == time)
        #expect(client.send("GET", Self.configMaps + "/later").code == 404)
        let expired = client.events(&watch)
        #expect(expired.count == 1 && expired.first?["object"]?["code"] == 410)

        // Revisions go on: what was read before can neither be watched from nor be taken for what comes now.
        let list = client.send("GET", Self.configMaps).json
        let revision = try #require(list.value(at: "metadata.resourceVersion")?.string.flatMap { Int($0) })
        #expect(revision > last)
        var stale = try client.watch(Self.configMaps + "?watch=1&resourceVersion=\(made.value(at: "metadata.resourceVersion")?.string ?? "")")
        #expect(client.events(&stale).first?["object"]?["code"] == 410)
        var fresh = try client.watch(Self.configMaps + "?watch=1&resourceVersion=\(revision)")
        let again = client.send("POST", Self.configMaps, body: ["metadata": ["name": "later"]]).json
        let event = try #require(client.events(&fresh).first)
        #expect(event["type"] == "ADDED" && event["object"]?["metadata"] == again["metadata"])
        #expect(again.value(at: "metadata.resourceVersion")?.string == String(revision + 1))
    }

    @Test func `the journal of a session that went back to a snapshot leads to the same`() throws {
        var client = client()
        _ = client.send("POST", Self.root + "/snapshots", body: ["metadata": ["name": "a"]])
        _ = client.send("POST", Self.configMaps, body: ["metadata": ["generateName": "x-"]])
        client.run(seconds: 100)
        _ = client.send("POST", Self.root + "/snapshots", body: ["metadata": ["name": "b"]])
        _ = client.send("POST", Self.root + "/snapshots/a/restore", body: [:])
        _ = client.send("POST", Self.configMaps, body: ["metadata": ["generateName": "y-"]])
        client.run(seconds: 50)
        // Forward again, to what the first way back had left.
        _ = client.send("POST", Self.root + "/snapshots/b/restore", body: [:])
        #expect(client.session.cluster.store.configMaps.all.contains { $0.name.hasPrefix("x-") })
        _ = client.send("POST", Self.configMaps, body: ["metadata": ["generateName": "z-"]])
        client.run(seconds: 50)
        var replay = try #require(client.session.replayOfAll())
        replay.run()
        #expect(replay.session.cluster.store.everything == client.session.cluster.store.everything)
        #expect(replay.session.cluster.store.revision == client.session.cluster.store.revision)
    }

    @Test func `snapshots are listed, deleted, and bounded in number`() {
        var client = Client()
        for number in 0..<EvenkeelAPI.mostSnapshots {
            #expect(client.send("POST", Self.root + "/snapshots", body: ["metadata": ["name": .string("s\(number)")]]).code == 201)
        }
        #expect(client.send("POST", Self.root + "/snapshots", body: ["metadata": ["name": "more"]]).code == 403)
        #expect(client.send("GET", Self.root + "/snapshots").json["items"]?.array?.count == EvenkeelAPI.mostSnapshots)
        #expect(client.send("DELETE", Self.root + "/snapshots/s7").code == 200)
        for (method, path) in [("GET", "s7"), ("DELETE", "s7"), ("POST", "s7/restore")] {
            #expect(client.send(method, Self.root + "/snapshots/\(path)").code == 404)
        }
        for name in ["", "Not Valid", "a/b"] {
            #expect(client.send("POST", Self.root + "/snapshots", body: ["metadata": ["name": .string(name)]]).code == 422)
        }
    }

    // MARK: Expectations

    @Test func `expectations are checked now and tell what they found`() {
        var client = client()
        let list: JSONValue = [
            ["pods": ["namespace": "default", "labelSelector": "app=web", "phase": "Running", "atLeast": 1]],
            ["pods": ["namespace": "default", "labelSelector": "app=web", "count": 40]],
        ]
        let review = client.send("POST", Self.root + "/expectations", body: ["expect": list])
        #expect(review.code == 201 && review.json.value(at: "status.passed") == false)
        #expect(review.json.value(at: "status.results[0].passed") == true)
        #expect(review.json.value(at: "status.results[1].message")?.string == "3 pods in default with app=web, expected 40")
        let scenario: JSONValue = [
            "apiVersion": "evenkeel.dev/v1", "kind": "Scenario", "metadata": ["name": "s"], "spec": ["expect": .array([list.array?.first ?? .null])],
        ]
        #expect(client.send("POST", Self.root + "/expectations", body: scenario).json.value(at: "status.passed") == true)
    }

    @Test(arguments: [
        (#"{}"#, "expect"), (#"{"expect": {}}"#, "expect"), (#"{"expect": [{}]}"#, "expect[0]"), (#"{"expect": [{"at": "5m", "pods": {}}]}"#, "expect[0].at"),
        (#"{"expect": [{"pods": {"atMost": "x"}}]}"#, "expect[0].pods.atMost"), (#"{"expect": [{"pots": {}}]}"#, "expect[0].pots"),
        (#"{"expect": [], "steps": []}"#, "steps"),
    ])
    func `what is no expectation is refused with its field`(_ body: String, _ field: String) {
        var client = Client()
        let answer = client.send("POST", Self.root + "/expectations", text: body)
        #expect(answer.code == 422, "\(answer.text)")
        let fields = (answer.json.value(at: "details.causes")?.array ?? []).compactMap { $0["field"]?.string }
        #expect(fields.contains(field), "\(fields)")
    }

    // MARK: Rights

    @Test func `who may not is refused`() {
        var client = client()
        let admin = client.user
        func code(_ method: String, _ path: String) -> Int {
            client.user = UserInfo(name: "viewer", groups: ["system:authenticated"])
            defer { client.user = admin }
            return client.send(method, Self.root + path, text: #"{"paused": true}"#).code
        }
        let asked = [("GET", "/time"), ("POST", "/time"), ("POST", "/faults"), ("POST", "/snapshots/x/restore"), ("POST", "/expectations")]
        for (method, path) in asked { #expect(code(method, path) == 403) }
        let rbac = "/apis/rbac.authorization.k8s.io/v1/"
        _ = client.send(
            "POST", rbac + "clusterroles",
            body: ["metadata": ["name": "clock"], "rules": [["apiGroups": ["evenkeel.dev"], "resources": ["time"], "verbs": ["get", "create"]]]])
        _ = client.send(
            "POST", rbac + "clusterrolebindings",
            body: [
                "metadata": ["name": "clock"], "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "clock"],
                "subjects": [["apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "viewer"]],
            ])
        #expect(code("GET", "/time") == 200 && code("POST", "/time") == 201 && code("POST", "/faults") == 403)
    }
}
