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

    @Test func `a definition's names, columns and versions are looked at`() {
        var client = Self.client()
        func causes(_ patch: JSONValue, _ type: String) -> [String] {
            let answer = client.send("PATCH", Self.definitions + "/gears.kit.io", body: patch, contentType: "application/\(type)-patch+json")
            return (answer.json["details"]?["causes"]?.array ?? []).map { "\($0["field"]?.string ?? ""): \($0["message"]?.string ?? "")" }
        }
        let label =
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
            + "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
        #expect(causes(["spec": ["names": ["shortNames": ["A"]]]], "merge") == ["spec.names.shortNames[0]: Invalid value: \"A\": \(label)"])
        let storage = causes([["op": "replace", "path": "/spec/versions/0/storage", "value": false]], "json")
        #expect(storage.count == 1 && storage[0].hasPrefix(#"spec.versions: Invalid value: [{"Name":"v1","Served":true,"Storage":false,"#))
        #expect(
            causes([["op": "replace", "path": "/spec/versions/0/additionalPrinterColumns/0/type", "value": "text"]], "json")
                == [#"spec.versions[0].additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string"#])
        let renamed = causes([["op": "replace", "path": "/spec/versions/0/name", "value": "V1"]], "json")
        #expect(renamed.count == 2 && renamed[0] == "spec.versions[0].name: Invalid value: \"V1\": \(label)")
        #expect(renamed.last?.hasPrefix("status.storedVersions[0]: Invalid value: \"v1\": missing from spec.versions; ") == true)
    }

    @Test func `of several values a column shows the first, and of another type nothing`() {
        var client = Client()
        var definition = Self.definition(["type": "object", "x-kubernetes-preserve-unknown-fields": true])
        let columns: [(String, String)] = [("string", ".list[*]"), ("string", ".map"), ("integer", ".real"), ("integer", ".list[0]"), ("date", ".list[0]")]
        let json = columns.enumerated().map { index, column -> JSONValue in
            ["name": .string("\(index)"), "type": .string(column.0), "jsonPath": .string(".spec\(column.1)")]
        }
        var versions = definition["spec"]?["versions"]?.array ?? []
        versions[0]["additionalPrinterColumns"] = .array(json)
        definition["spec"]?["versions"] = .array(versions)
        #expect(client.send("POST", Self.definitions, body: definition).code == 201)
        _ = client.send("POST", Self.gears, body: Self.gear("one", ["list": ["a", "b"], "map": ["x": 1], "real": .double(1.5)]))
        let table = client.send("GET", Self.gears, accept: "application/json;as=Table;v=v1;g=meta.k8s.io").json
        let cells = (table.value(at: "rows[0].cells")?.array ?? []).dropFirst().map { $0.string ?? $0.text() }
        #expect(cells == ["a", #"{"x":1}"#, "1", "", "<invalid>"] || cells == ["a", #"{"x":1}"#, "1", "null", "<invalid>"], "\(cells)")
    }

    @Test func `rules are heard, those of changes too`() {
        var client = Client()
        let rules: JSONValue = [
            ["rule": "self.min <= self.max", "message": "min is more than max"],
            ["rule": "!has(oldSelf.kind) || self.kind == oldSelf.kind", "message": "kind stays", "fieldPath": ".kind", "reason": "FieldValueForbidden"],
            ["rule": "self.names.all(n, n.startsWith('a'))", "messageExpression": "'not with a: ' + self.names.filter(n, !n.startsWith('a'))[0]"],
        ]
        let number: JSONValue = ["type": "integer", "default": 1]
        let schema: JSONValue = [
            "type": "object", "x-kubernetes-validations": rules,
            "properties": [
                "min": number, "max": number, "kind": ["type": "string"],
                "names": ["type": "array", "maxItems": 9, "default": [], "items": ["type": "string"]],
            ],
        ]
        #expect(client.send("POST", Self.definitions, body: Self.definition(schema)).code == 201)
        func causes(_ method: String, _ path: String, _ spec: JSONValue) -> [String] {
            let type = method == "PATCH" ? "application/merge-patch+json" : "application/json"
            let body: JSONValue = method == "PATCH" ? ["spec": spec] : Self.gear("one", spec)
            let answer = client.send(method, path, body: body, contentType: type)
            return (answer.json["details"]?["causes"]?.array ?? []).map { "\($0["field"]?.string ?? ""): \($0["message"]?.string ?? "")" }
        }
        #expect(causes("POST", Self.gears, ["min": 3, "max": 2]) == [#"spec: Invalid value: "object": min is more than max"#])
        #expect(causes("POST", Self.gears, ["names": ["ab", "b", "c"]]) == [#"spec: Invalid value: "object": not with a: b"#])
        let blocked = causes("POST", Self.gears, ["min": "x"])
        #expect(blocked.count == 2 && blocked[1].hasPrefix("<nil>: Invalid value: null: some validation rules were not checked"))
        #expect(causes("POST", Self.gears, ["min": 1, "kind": "x"]).isEmpty)
        #expect(causes("PATCH", Self.gears + "/one", ["kind": "y"]) == ["spec.kind: Forbidden: kind stays"])
        #expect(causes("PATCH", Self.gears + "/one", ["max": 5]).isEmpty)
    }

    private static func causes(_ answer: Client.Answer) -> [String] {
        (answer.json["details"]?["causes"]?.array ?? []).map { "\($0["field"]?.string ?? ""): \($0["message"]?.string ?? "")" }
    }

    @Test func `rules that do not compile, and defaults that the schema refuses, are refused with the definition`() {
        var client = Client()
        let text: JSONValue = ["type": "string", "maxLength": 2]
        func schema(_ rule: JSONValue, _ more: JSONValue = ["type": "string"]) -> JSONValue {
            ["type": "object", "x-kubernetes-validations": [rule], "properties": ["text": text, "more": more]]
        }
        func causes(_ schema: JSONValue) -> [String] { Self.causes(client.send("POST", Self.definitions, body: Self.definition(schema))) }
        let at = "spec.versions[0].schema.openAPIV3Schema.properties[spec]"
        func shown(_ rule: String, message: String = "") -> String {
            #"{"Rule":"\#(rule)","Message":"","MessageExpression":"\#(message)","Reason":null,"FieldPath":"","OptionalOldSelf":null}"#
        }
        #expect(
            causes(schema(["rule": "self.tex == 1"]))
                == [
                    "\(at).x-kubernetes-validations[0].rule: Invalid value: \(shown("self.tex == 1")): compilation failed: ERROR: <input>:1:5: undefined field 'tex'\n | self.tex == 1\n | ....^"
                ])
        #expect(
            causes(schema(["rule": "self.text"]))
                == ["\(at).x-kubernetes-validations[0].rule: Invalid value: \(shown("self.text")): cel expression must evaluate to a bool"])
        #expect(
            causes(schema(["rule": "true", "messageExpression": "1"]))
                == [
                    "\(at).x-kubernetes-validations[0].messageExpression: Invalid value: \(shown("true", message: "1")): messageExpression must evaluate to a string"
                ])
        #expect(causes(schema(["rule": " "])) == ["\(at).x-kubernetes-validations[0].rule: Required value: rule is not specified"])
        var items: JSONValue = ["type": "array", "items": ["type": "string", "x-kubernetes-validations": [["rule": "self == oldSelf"]]]]
        // Nothing bounds how many there are, and how long they are: that is said of the rule twice, and of the schema.
        let dear = causes(schema(["rule": "true"], items))
        #expect(dear.count == 4 && dear.first?.hasPrefix("\(at).properties[more].items.x-kubernetes-validations[0].rule: Forbidden: estimated") == true)
        items["items"]?["maxLength"] = 9
        #expect(
            causes(schema(["rule": "true"], items))
                == [
                    "\(at).properties[more].items.x-kubernetes-validations[0].rule: Invalid value: \"self == oldSelf\": "
                        + "oldSelf cannot be used on the uncorrelatable portion of the schema within \(at).properties[more]"
                ])
        let wrong = causes(schema(["rule": "true"], ["type": "integer", "default": "x"]))
        #expect(wrong == [#"\#(at).properties[more].default: Invalid value: "string":  in body must be of type integer: "string""#])
        let unknown: JSONValue = ["type": "object", "properties": ["a": ["type": "string"]], "default": ["b": "x"]]
        #expect(causes(schema(["rule": "true"], unknown)) == [#"\#(at).properties[more].default: Invalid value: {"b":"x"}: must not have unknown fields"#])
        #expect(causes(schema(["rule": "self.?text.orValue('') != 'x' && isQuantity('1')"], ["type": "integer", "default": 1])) == [])
    }

    @Test(arguments: [(29, false), (36, true)])
    func `what an update leaves as it is need not be right`(_ minor: Int, _ isTolerated: Bool) {
        var client = Client(minor: minor)
        func schema(_ limits: JSONObject) -> JSONValue {
            var text: JSONValue = ["type": "string"]
            for (name, value) in limits.members { text[name] = value }
            let item: JSONValue = ["type": "object", "required": ["name"], "properties": ["name": ["type": "string"], "text": text]]
            return [
                "type": "object",
                "properties": [
                    "text": text, "n": ["type": "integer"],
                    "items": ["type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"], "items": item],
                ],
            ]
        }
        #expect(client.send("POST", Self.definitions, body: Self.definition(schema(JSONObject()))).code == 201)
        #expect(client.send("POST", Self.gears, body: Self.gear("one", ["text": "long", "items": [["name": "a", "text": "long"]]])).code == 201)
        // The rules become stricter than what is stored.
        let strict = Self.definition(schema(["maxLength": 2, "x-kubernetes-validations": [["rule": "self != 'long'"]]]))
        let changed = client.send(
            "PATCH", Self.definitions + "/gears.kit.io", body: ["spec": strict["spec"] ?? [:]], contentType: "application/merge-patch+json")
        #expect(changed.code == 200, "\(changed.json["message"]?.string ?? "")")
        func patch(_ spec: JSONValue) -> Int {
            client.send("PATCH", Self.gears + "/one", body: ["spec": spec], contentType: "application/merge-patch+json").code
        }
        #expect(patch(["n": 1]) == (isTolerated ? 200 : 422))
        if isTolerated {
            let warned = client.send("PATCH", Self.gears + "/one", body: ["spec": ["n": 2]], contentType: "application/merge-patch+json")
            #expect(warned.warnings.contains { $0.contains("spec.text: Invalid value: \\\"string\\\": failed rule: self != 'long'") }, "\(warned.warnings)")
        }
        #expect(patch(["items": [["name": "b"], ["name": "a", "text": "long"]]]) == (isTolerated ? 200 : 422))
        #expect(patch(["text": "longer"]) == 422)
        #expect(patch(["items": [["name": "a", "text": "longer"]]]) == 422)
        #expect(patch(["text": "ok", "items": .null]) == 200)
        #expect(patch(["text": "long"]) == 422)
    }

    @Test func `a rule with an optional value of before is heard from the start`() {
        var client = Client()
        let rule: JSONValue = ["rule": "oldSelf.hasValue() || self.n == 1", "optionalOldSelf": true, "message": "begins with 1"]
        let schema: JSONValue = ["type": "object", "x-kubernetes-validations": [rule], "properties": ["n": ["type": "integer"]]]
        #expect(client.send("POST", Self.definitions, body: Self.definition(schema)).code == 201)
        #expect(Self.causes(client.send("POST", Self.gears, body: Self.gear("one", ["n": 2]))) == [#"spec: Invalid value: "object": begins with 1"#])
        #expect(client.send("POST", Self.gears, body: Self.gear("one", ["n": 1])).code == 201)
        #expect(client.send("PATCH", Self.gears + "/one", body: ["spec": ["n": 2]], contentType: "application/merge-patch+json").code == 200)
    }

    @Test func `a Scale is judged by the schema of what is scaled`() {
        var client = Client()
        var definition = Self.definition(["type": "object", "properties": ["size": ["type": "integer", "maximum": 5]]])
        var versions = definition["spec"]?["versions"]?.array ?? []
        versions[0]["subresources"] = ["scale": ["specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"]]
        versions.removeLast()
        definition["spec"]?["versions"] = .array(versions)
        #expect(client.send("POST", Self.definitions, body: definition).code == 201)
        _ = client.send("POST", Self.gears, body: Self.gear("one", ["size": 1]))
        func scale(_ replicas: Int64) -> Client.Answer {
            client.send(
                "PATCH", Self.gears + "/one/scale", body: ["spec": ["replicas": .int(replicas)]], contentType: "application/merge-patch+json")
        }
        #expect(scale(4).code == 200)
        let refused = scale(6)
        #expect(refused.code == 422)
        let why = "spec.size: Invalid value: 6: spec.size in body should be less than or equal to 5"
        #expect(refused.json["message"]?.string == "Gear.kit.io \"one\" is invalid: \(why)")
        #expect(client.send("GET", Self.gears + "/one").json["spec"]?["size"] == 4)
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
