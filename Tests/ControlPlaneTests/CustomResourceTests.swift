import Foundation
import KubernetesAPI
import SimulationKit
import Testing

@testable import ControlPlane

/// Definitions of kinds and their objects, with the texts of a real API server 1.36.
@Suite struct CustomResourceTests {
    private static let definition: JSONValue = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Recorded/widgets.json")
        return (try? JSONParser.read(Array(Data(contentsOf: file))).value) ?? .null
    }()

    private static func cluster() throws -> (Cluster, CustomResource) {
        var cluster = Cluster()
        let definition = try #require(try decodeObject(Self.definition).get() as? CustomObject)
        try cluster.create(try cluster.admit(definition: definition))
        return (cluster, try #require(cluster.customResource(group: "conf.example.com", plural: "widgets")))
    }

    private static func widget(_ spec: JSONValue, name: String = "one", status: JSONValue? = nil) -> JSONValue {
        var document: JSONValue = [
            "apiVersion": "conf.example.com/v1", "kind": "Widget", "metadata": ["name": .string(name), "namespace": "default"], "spec": spec,
        ]
        document["status"] = status
        return document
    }

    /// Refusals as kubectl lists them.
    private func refusals(_ spec: JSONValue) throws -> [String] {
        let (_, resource) = try Self.cluster()
        let version = try #require(resource.version("v1"))
        do throws(APIError) {
            _ = try resource.admit(Self.widget(spec), version: version, over: nil)
            return []
        } catch { return error.causes.map { "\($0.field): \($0.message)" } }
    }

    @Test func `a definition is accepted and makes its kind known`() throws {
        let (cluster, resource) = try Self.cluster()
        let kept = try #require(cluster.store.customObjects[Cluster.definitionKey("widgets.conf.example.com")])
        let conditions = kept.content["status"]?["conditions"]?.array?.map {
            "\($0["type"]?.string ?? "") \($0["status"]?.string ?? "") \($0["reason"]?.string ?? "")"
        }
        #expect(conditions == ["NamesAccepted True NoConflicts", "Established True InitialNamesAccepted"])
        #expect(kept.content["status"]?["storedVersions"] == ["v1"])
        #expect(kept.content["spec"]?["names"]?["listKind"] == "WidgetList")
        #expect(cluster.customResources.map(\.name) == ["widgets.conf.example.com"])
        #expect(resource.versions.map(\.hasStatus) == [true, false])
        #expect(resource.versions[1].columns == [["name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"]])
    }

    @Test func `a definition with another name is refused`() throws {
        var document = Self.definition
        document["metadata"] = ["name": "gadgets.conf.example.com"]
        let definition = try #require(try decodeObject(document).get() as? CustomObject)
        let refusal = #expect(throws: APIError.self) { try Cluster().admit(definition: definition) }
        #expect(
            refusal?.message
                == "CustomResourceDefinition.apiextensions.k8s.io \"gadgets.conf.example.com\" is invalid: metadata.name: Invalid value: "
                + "\"gadgets.conf.example.com\": must be spec.names.plural+\".\"+spec.group")
    }

    @Test func `the schema refuses with the recorded words`() throws {
        #expect(
            try refusals(["colour": "pink", "count": 12]) == [
                "spec.colour: Unsupported value: \"pink\": supported values: \"red\", \"green\", \"blue\"",
                "spec.count: Invalid value: 12: spec.count in body should be less than or equal to 9",
            ])
        #expect(try refusals([:]) == ["spec.colour: Required value"])
        #expect(
            try refusals(["colour": "red", "count": "two"])
                == ["spec.count: Invalid value: \"string\": spec.count in body must be of type integer: \"string\""])
        #expect(try refusals(["colour": "red", "note": "A"]) == ["spec.note: Invalid value: \"A\": spec.note in body should match '^[a-z ]*$'"])
        #expect(try refusals(["colour": "red", "note": "a text of more than twenty"]) == ["spec.note: Too long: may not be more than 20 bytes"])
        #expect(try refusals(["colour": "red", "port": "http"]) == [])
        #expect(try refusals(["colour": "red", "port": 80]) == [])
        #expect(
            try refusals(["colour": "red", "port": true])
                == ["spec.port: Invalid value: \"boolean\": spec.port in body must be of type integer,string: \"boolean\""])
        #expect(
            try refusals(["colour": "red", "parts": [["name": "a"], ["name": "a"]]])
                == ["spec.parts[1]: Duplicate value: {\"name\":\"a\"}"])
        #expect(try refusals(["colour": "red", "parts": [["size": 1]]]).first == "spec.parts[0].name: Required value")
    }

    @Test func `unknown fields are taken away, or refused`() throws {
        let (_, resource) = try Self.cluster()
        let version = try #require(resource.version("v1"))
        let document = Self.widget([
            "colour": "red", "flavour": "sweet", "any": ["x": ["y": 1]], "labels": ["a": "b"], "parts": [["name": "a", "odd": true]],
        ])
        let (object, unknown, _) = try resource.admit(document, version: version, over: nil)
        #expect(unknown == ["spec.flavour", "spec.parts[0].odd"])
        #expect(
            object.content["spec"] == ["colour": "red", "count": 1, "any": ["x": ["y": 1]], "labels": ["a": "b"], "parts": [["name": "a", "size": 3]]])
        let refusal = #expect(throws: APIError.self) {
            try resource.admit(Self.widget(["colour": "red", "flavour": "sweet"]), version: version, over: nil, strict: true)
        }
        #expect(refusal?.message == "Widget in version \"v1\" cannot be handled as a Widget: strict decoding error: unknown field \"spec.flavour\"")
        #expect(refusal?.code == 400)
    }

    @Test func `status goes its own way and does not raise the generation`() throws {
        var (cluster, resource) = try Self.cluster()
        let version = try #require(resource.version("v1"))
        try cluster.create(try resource.admit(Self.widget(["colour": "red"], status: ["phase": "Lost"]), version: version, over: nil).object)
        let key = CustomObject.key("Widget", "conf.example.com", namespace: "default", "one")
        let created = try #require(cluster.store.customObjects[key])
        #expect(created.content["status"] == nil)

        let changed = Self.widget(["colour": "blue"], status: ["phase": "Done"])
        try cluster.update(try resource.admit(changed, version: version, over: created, subresource: "status").object)
        let done = try #require(cluster.store.customObjects[key])
        #expect(done.document.value(at: "spec.colour") == "red")
        #expect(done.document.value(at: "status.phase") == "Done")
        #expect(done.metadata.generation == 1)

        try cluster.update(try resource.admit(changed, version: version, over: done).object)
        let blue = try #require(cluster.store.customObjects[key])
        #expect(blue.document.value(at: "spec.colour") == "blue")
        #expect(blue.document.value(at: "status.phase") == "Done")
        #expect(blue.metadata.generation == 2)
        #expect(resource.document(of: blue, version: try #require(resource.version("v2")))["apiVersion"] == "conf.example.com/v2")
    }

    @Test func `objects that are opened, followed or in manifests are in a namespace only if their kind is`() throws {
        func object(_ kind: String, _ metadata: JSONValue) throws -> CustomObject {
            let document: JSONValue = ["apiVersion": "conf.example.com/v1", "kind": .string(kind), "metadata": metadata]
            return try #require(try decodeObject(document).get() as? CustomObject)
        }
        var cluster = Cluster()
        // What a server has written tells it by itself.
        let wheel = try object("Wheel", ["name": "a", "uid": "1"])
        #expect(try cluster.adopt(wheel).metadata.namespace == "")
        let other = try object("Wheel", ["name": "b", "uid": "2"])
        cluster.mirror(other)
        let inside = try object("Nut", ["name": "c", "namespace": "default", "uid": "3"])
        cluster.mirror(inside)
        #expect(cluster.store.customKinds.map { "\($0.plural) \($0.isNamespaced)" }.suffix(2) == ["wheels false", "nuts true"])
        cluster.unmirror(CustomObject.self, other.key)
        #expect(!cluster.store.customObjects.all.contains { $0.metadata.name == "b" })
        // What a user has written is told by its definition; without one it is taken for one with a namespace.
        var document = Self.definition
        document["spec"]?["scope"] = "Cluster"
        try cluster.create(try cluster.admit(definition: try #require(try decodeObject(document).get() as? CustomObject)))
        let made = try cluster.create(try object("Widget", ["name": "d"]))
        #expect(made.metadata.namespace == "" && made.kindInfo.shortNames == ["wd"])
        #expect(try cluster.create(try object("Bolt", ["name": "e"])).metadata.namespace == "default")
        #expect(try cluster.create(try object("Lease", ["name": "f"])).metadata.namespace == "default")
    }

    @Test func `a kind without namespaces is kept without one`() throws {
        var document = Self.definition
        document["spec"]?["scope"] = "Cluster"
        var cluster = Cluster()
        let definition = try #require(try decodeObject(document).get() as? CustomObject)
        try cluster.create(try cluster.admit(definition: definition))
        let resource = try #require(cluster.customResource(group: "conf.example.com", plural: "widgets"))
        let version = try #require(resource.version("v1"))
        var widget = Self.widget(["colour": "red"])
        widget["metadata"]?["namespace"] = nil
        let made = try cluster.create(try resource.admit(widget, version: version, over: nil).object)
        #expect(made.metadata.namespace.isEmpty)
        #expect(made.kindInfo.plural == "widgets")
    }

    @Test func `a definition takes its objects with it, and waits for those that are held`() throws {
        var (cluster, resource) = try Self.cluster()
        let version = try #require(resource.version("v1"))
        try cluster.create(try resource.admit(Self.widget(["colour": "red"], name: "free"), version: version, over: nil).object)
        var held = Self.widget(["colour": "red"], name: "held")
        held["metadata"]?["finalizers"] = ["conf.example.com/hold"]
        let kept = try cluster.create(try resource.admit(held, version: version, over: nil).object)
        let waiting = try cluster.deleteDefinition("widgets.conf.example.com")
        #expect(waiting.metadata.isTerminating)
        #expect(cluster.customResources.isEmpty)
        #expect(cluster.store.customObjects.all.filter { $0.kindName == "Widget" }.map(\.name) == ["held"])
        cluster.releaseFinalizers(CustomObject.self, kept.key) { $0 = [] }
        #expect(cluster.store.customObjects[Cluster.definitionKey("widgets.conf.example.com")] == nil)
    }

    @Test func `lists and maps are owned as the schema says`() throws {
        let (cluster, resource) = try Self.cluster()
        let version = try #require(resource.version("v1"))
        let (object, _, _) = try resource.admit(Self.widget(["colour": "red", "parts": [["name": "a"]], "labels": ["x": "y"]]), version: version, over: nil)
        let manager = FieldManager(
            "kit", apiVersion: "conf.example.com/v1", rules: cluster.fieldRules(resource.info("v1")), hasStatus: version.hasStatus, now: .start)
        let fields = manager.managedFields(live: nil, new: object.document)?.array?.first?["fieldsV1"]
        #expect(
            fields?.text()
                == #"{"f:spec":{".":{},"f:colour":{},"f:count":{},"f:labels":{".":{},"f:x":{}},"f:parts":{".":{},"k:{\"name\":\"a\"}":{".":{},"f:name":{},"f:size":{}}}}}"#
        )
    }
}
