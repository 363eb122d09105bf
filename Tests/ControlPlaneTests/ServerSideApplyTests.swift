import Foundation
import KubernetesAPI
import SimulationKit
import Testing

@testable import ControlPlane

/// Who owns which field, as a real API server 1.36 says it.
@Suite struct ServerSideApplyTests {
    private static let objects: [JSONValue] = {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/managed-objects.jsonl")
        return ((try? String(contentsOf: url, encoding: .utf8)) ?? "").split(separator: "\n").compactMap { try? JSONParser.read(Array($0.utf8)).value }
    }()

    private static func info(_ document: JSONValue) throws -> KindInfo {
        try decodeObject(document, strict: false).get().kindInfo
    }

    private func manager(_ name: String, _ document: JSONValue, _ subresource: String = "", at second: Int = 0) throws -> FieldManager {
        FieldManager(
            name, apiVersion: document["apiVersion"]?.string ?? "", subresource: subresource, rules: FieldRules(try Self.info(document)),
            now: .start + .seconds(second))
    }

    @Test(arguments: objects) func `recorded entries are read and written the same`(_ object: JSONValue) throws {
        let recorded = object["metadata"]?["managedFields"]
        let entries = try #require(ManagedFields.read(object))
        // Written in Kubernetes' order.
        #expect(ManagedFields.json(entries)?.text().count == recorded?.text().count)
        #expect(ManagedFields.json(entries) == recorded)
    }

    /// What the real server notes for a new object is part of what we note for the object as it became: admission added the rest.
    @Test(arguments: objects) func `a new object's fields are noted as recorded`(_ object: JSONValue) throws {
        let entries = try #require(ManagedFields.read(object))
        for entry in entries where !entry.manager.isApply {
            var document = object
            document["metadata"]?["managedFields"] = nil
            let manager = try manager(entry.manager.name, object, entry.manager.subresource)
            let ours = try #require(manager.managedFields(live: nil, new: document)?.array?.first)
            let fields = FieldSet(fieldsV1: ours["fieldsV1"])
            let missing = entry.fields.subtracting(fields).paths.map(FieldSet.text)
            #expect(missing == [], "\(object["kind"]?.string ?? "") \(entry.manager.subresource)")
        }
    }

    @Test func `a deployment that kubectl applies is noted exactly as recorded`() throws {
        var document = try #require(Self.objects.first)
        let recorded = try #require(ManagedFields.read(document)?.first { $0.manager.name == "kubectl-client-side-apply" })
        document["metadata"]?["managedFields"] = nil
        document["metadata"]?["annotations"]?["deployment.kubernetes.io/revision"] = nil
        let ours = try manager(recorded.manager.name, document).managedFields(live: nil, new: document)
        #expect(ours?.array?.first?["fieldsV1"]?.text() == recorded.fields.fieldsV1.text())
    }

    // MARK: The story of the conformance kit

    private static let first: JSONValue = [
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "shared", "labels": ["owner": "one"]], "data": ["alpha": "1", "beta": "2"],
    ]
    private static let second: JSONValue = [
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "shared"], "data": ["beta": "20", "gamma": "30"],
    ]

    @Test func `two managers of one config map`() throws {
        let (kubectl, other) = (try manager("kubectl", Self.first), try manager("second", Self.first, at: 1))
        let created = try #require(try kubectl.applied(Self.first, to: nil, force: false))
        #expect(created["data"] == ["alpha": "1", "beta": "2"])
        #expect(try kubectl.applied(Self.first, to: created, force: false) == nil)

        let refusal = #expect(throws: APIError.self) { try other.applied(Self.second, to: created, force: false) }
        #expect(refusal?.message == "Apply failed with 1 conflict: conflict with \"kubectl\": .data.beta")
        #expect(refusal?.causes == [APIError.Cause(reason: "FieldManagerConflict", message: "conflict with \"kubectl\"", field: ".data.beta")])

        let forced = try #require(try other.applied(Self.second, to: created, force: true))
        #expect(forced["data"] == ["alpha": "1", "beta": "20", "gamma": "30"])
        let entries = forced["metadata"]?["managedFields"]?.array?.map { "\($0["manager"]?.string ?? "") \($0["fieldsV1"]?.text() ?? "")" }
        #expect(
            entries == [
                #"kubectl {"f:data":{"f:alpha":{}},"f:metadata":{"f:labels":{"f:owner":{}}}}"#, #"second {"f:data":{"f:beta":{},"f:gamma":{}}}"#,
            ])

        let less: JSONValue = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "shared"], "data": ["alpha": "1"]]
        let given = try #require(try kubectl.applied(less, to: forced, force: false))
        #expect(given["data"] == ["alpha": "1", "beta": "20", "gamma": "30"])
        #expect(given["metadata"]?["labels"] == nil)
    }

    // MARK: Deployments

    private static func deployment(replicas: Int64?, containers: [JSONValue]) -> JSONValue {
        var spec: JSONObject = ["selector": ["matchLabels": ["app": "web"]], "template": ["spec": ["containers": .array(containers)]]]
        if let replicas { spec["replicas"] = .int(replicas) }
        return ["apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "web"], "spec": .object(spec)]
    }

    @Test func `a conflict with an update names the version`() throws {
        let config = Self.deployment(replicas: 3, containers: [["name": "c", "image": "web:1"]])
        var live = config
        live["metadata"]?["managedFields"] = try manager("kubectl-client-side-apply", config).managedFields(live: nil, new: config)
        let other = Self.deployment(replicas: 5, containers: [["name": "c", "image": "web:2"]])
        let one = try manager("ci", config)
        let refusal = #expect(throws: APIError.self) {
            try one.applied(Self.deployment(replicas: 5, containers: [["name": "c", "image": "web:1"]]), to: live, force: false)
        }
        #expect(refusal?.message == "Apply failed with 1 conflict: conflict with \"kubectl-client-side-apply\" using apps/v1: .spec.replicas")
        let both = #expect(throws: APIError.self) { try one.applied(other, to: live, force: false) }
        #expect(
            both?.message == """
                Apply failed with 2 conflicts: conflicts with "kubectl-client-side-apply" using apps/v1:
                - .spec.replicas
                - .spec.template.spec.containers[name="c"].image
                """)
    }

    @Test func `an element that is applied no longer goes, one that another owns stays`() throws {
        let one = try manager("one", Self.deployment(replicas: nil, containers: []))
        let two = try manager("two", Self.deployment(replicas: nil, containers: []))
        let both: [JSONValue] = [["name": "a", "image": "a:1"], ["name": "b", "image": "b:1"], ["name": "c", "image": "c:1"]]
        var live = try one.applied(Self.deployment(replicas: 1, containers: both), to: nil, force: false)
        live = try two.applied(Self.deployment(replicas: nil, containers: [["name": "b", "imagePullPolicy": "Always"]]), to: live, force: false)
        // A default that nobody owns goes with its element.
        var object = try #require(live)
        var containers = try #require(object.value(at: "spec.template.spec.containers")?.array)
        containers[2]["terminationMessagePath"] = "/dev/termination-log"
        var spec = try #require(object["spec"])
        spec["template"] = ["spec": ["containers": .array(containers)]]
        object["spec"] = spec
        let after = try one.applied(Self.deployment(replicas: nil, containers: [both[0]]), to: object, force: false)
        #expect(after?["spec"]?["replicas"] == nil)
        #expect(
            after?.value(at: "spec.template.spec.containers") == [["name": "a", "image": "a:1"], ["name": "b", "imagePullPolicy": "Always"]])
    }

    @Test func `kubectl takes over what it applied on the client's side`() throws {
        let config = Self.deployment(replicas: 3, containers: [["name": "c", "image": "web:1"]])
        var live = config
        live["metadata"]?["annotations"] = ["kubectl.kubernetes.io/last-applied-configuration": .string(config.text())]
        let noted = try manager("kubectl-client-side-apply", config).managedFields(live: nil, new: live)
        live["metadata"]?["managedFields"] = noted
        let other = Self.deployment(replicas: 4, containers: [["name": "c", "image": "web:2"]])
        let after = try manager("kubectl", config).applied(other, to: live, force: false)
        #expect(after?["spec"]?["replicas"] == 4)
        #expect(after?.value(at: "metadata.annotations[kubectl.kubernetes.io/last-applied-configuration]") == .string(other.text() + "\n"))
        #expect(throws: APIError.self) { try manager("ci", config).applied(other, to: live, force: false) }

        // What somebody else changed since is theirs.
        var scaled = live
        scaled["spec"]?["replicas"] = 7
        let taken = try manager("kubectl", config, "scale").managedFields(live: live, new: scaled)
        scaled["metadata"]?["managedFields"] = taken
        let refusal = #expect(throws: APIError.self) { try manager("kubectl", config).applied(other, to: scaled, force: false) }
        #expect(
            refusal?.message == "Apply failed with 1 conflict: conflict with \"kubectl\" with subresource \"scale\" using apps/v1: .spec.replicas")
    }

    // MARK: Updates

    @Test func `an update takes what it changes and lets go what is gone`() throws {
        let manager = try manager("kubectl", Self.first)
        let live = try #require(try manager.applied(Self.first, to: nil, force: false))
        var new = live
        new["data"] = ["alpha": "changed"]
        let fields = try self.manager("edit", Self.first, at: 5).managedFields(live: live, new: new)
        let entries = fields?.array?.map { "\($0["manager"]?.string ?? "") \($0["operation"]?.string ?? "") \($0["fieldsV1"]?.text() ?? "")" }
        #expect(
            entries == [
                #"kubectl Apply {"f:metadata":{"f:labels":{"f:owner":{}}}}"#, #"edit Update {"f:data":{"f:alpha":{}}}"#,
            ])
        #expect(try self.manager("nobody", Self.first).managedFields(live: live, new: live) == live["metadata"]?["managedFields"])
    }

    @Test func `an entry that is empty takes all of them away`() throws {
        var new = try #require(try manager("kubectl", Self.first).applied(Self.first, to: nil, force: false))
        let live = new
        new["metadata"]?["managedFields"] = [[:]]
        #expect(try manager("x", Self.first).managedFields(live: live, new: new) == nil)
    }

    @Test func `of more than ten updates the oldest are put together`() throws {
        var live = Self.first
        for number in 0..<14 {
            var new = live
            new["data"]?["key-\(number)"] = "x"
            let noted = try manager("m\(number)", Self.first, at: number).managedFields(live: number == 0 ? nil : live, new: new)
            new["metadata"]?["managedFields"] = noted
            live = new
        }
        let names = live["metadata"]?["managedFields"]?.array?.compactMap { $0["manager"]?.string }
        #expect(names == ["ancient-changes", "m5", "m6", "m7", "m8", "m9", "m10", "m11", "m12", "m13"])
    }
}
