// Kinds that CustomResourceDefinitions make: their versions, and what may be changed of a definition.

import KubernetesAPI
import Testing

@testable import APIServer

struct DefinitionTests {
    private static let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    private static let gears = "/apis/kit.io/v1/namespaces/default/gears"

    private static func definition(_ spec: JSONValue = ["type": "object", "properties": ["size": ["type": "string"]]]) -> JSONValue {
        [
            "metadata": ["name": "gears.kit.io"],
            "spec": [
                "group": "kit.io", "scope": "Namespaced", "names": ["plural": "gears", "kind": "Gear"],
                "versions": [
                    [
                        "name": "v1", "served": true, "storage": true, "selectableFields": [["jsonPath": ".spec.size"]],
                        "additionalPrinterColumns": [
                            ["name": "Size", "type": "string", "jsonPath": ".spec.size"], ["name": "When", "type": "date", "jsonPath": ".status.when"],
                        ],
                        "schema": ["openAPIV3Schema": ["type": "object", "properties": ["spec": spec]]],
                    ],
                    [
                        "name": "v1beta1", "served": true, "storage": false, "deprecated": true, "deprecationWarning": "use v1",
                        "schema": ["openAPIV3Schema": ["type": "object", "x-kubernetes-preserve-unknown-fields": true]],
                    ],
                ],
            ],
        ]
    }
    private static func client() -> Client {
        var client = Client()
        _ = client.send("POST", definitions, body: definition())
        return client
    }
    private static func gear(_ name: String, _ spec: JSONValue) -> JSONValue { ["metadata": ["name": .string(name)], "spec": spec] }

    @Test func `objects are selected by the fields that the definition names`() {
        var client = Self.client()
        for size in ["big", "small"] { #expect(client.send("POST", Self.gears, body: Self.gear(size, ["size": .string(size)])).code == 201) }
        let found = client.send("GET", Self.gears + "?fieldSelector=spec.size%3Dbig").json["items"]?.array ?? []
        #expect(found.map { $0["metadata"]?["name"] } == ["big"])
        let refused = client.send("GET", Self.gears + "?fieldSelector=spec.colour%3Dred")
        #expect(refused.code == 400)
        #expect(refused.json["message"] == "field label not supported: spec.colour")
    }

    @Test func `each version has its own columns and its own warning`() {
        var client = Self.client()
        _ = client.send("POST", Self.gears, body: Self.gear("one", ["size": "big"]))
        let accept = "application/json;as=Table;v=v1;g=meta.k8s.io"
        let new = client.send("GET", Self.gears, accept: accept)
        #expect(new.warnings.isEmpty)
        #expect(new.json.value(at: "rows[0].cells") == ["one", "big", ""])
        let old = client.send("GET", Self.gears.replacing("v1", with: "v1beta1"), accept: accept)
        #expect(old.warnings == [#"299 - "use v1""#])
        #expect((old.json["columnDefinitions"]?.array ?? []).map { $0["name"] } == ["Name", "Age"])
        #expect(old.json.value(at: "rows[0].cells") == ["one", "0s"])
    }

    @Test func `what the stored version does not know is lost`() {
        var client = Self.client()
        let beta = Self.gears.replacing("v1", with: "v1beta1")
        let made = client.send("POST", beta, body: Self.gear("two", ["size": "big", "any": "thing"]))
        #expect(made.code == 201)
        #expect(client.send("GET", Self.gears + "/two").json["spec"] == ["size": "big"])
        let labelled = client.send("PATCH", Self.gears + "/two", body: ["metadata": ["labels": ["a": "b"]]], contentType: "application/merge-patch+json")
        #expect(labelled.code == 200)
        #expect(labelled.warnings.isEmpty)
    }

    @Test func `where objects are kept stays, and once there can be some, what they are`() {
        var client = Self.client()
        for (path, value) in [("/spec/scope", "Cluster"), ("/spec/names/kind", "Cog"), ("/spec/group", "x.y")] {
            let answer = client.send(
                "PATCH", Self.definitions + "/gears.kit.io", body: [["op": "replace", "path": .string(path), "value": .string(value)]],
                contentType: "application/json-patch+json")
            let field = path.dropFirst().replacing("/", with: ".")
            #expect(
                answer.json["message"]?.string == "CustomResourceDefinition.apiextensions.k8s.io \"gears.kit.io\" is invalid: \(field): Invalid value: "
                    + "\"\(value)\": field is immutable")
        }
    }

    @Test func `schemas say the types of all their parts`() {
        var client = Client()
        let answer = client.send("POST", Self.definitions, body: Self.definition(["properties": ["list": ["type": "array"], "word": ["type": "text"]]]))
        let causes = (answer.json["details"]?["causes"]?.array ?? []).compactMap { $0["field"]?.string }
        let at = "spec.versions[0].schema.openAPIV3Schema.properties[spec]"
        #expect(causes == ["\(at).type", "\(at).properties[list].items", "\(at).properties[word].type"])
        let strict = client.send(
            "POST", Self.definitions + "?fieldValidation=Strict", body: Self.definition(["type": "object", "propertiez": [:]]))
        #expect(strict.json["message"]?.string?.hasSuffix(#"unknown field "spec.versions[0].schema.openAPIV3Schema.properties.spec.propertiez""#) == true)
    }
}
