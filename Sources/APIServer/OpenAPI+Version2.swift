// The older of the two documents that describe the API: what kubectl of 1.29 and older reads before it applies or creates anything.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension OpenAPI {
    /// What changes when the document does.
    static func version2Hash(_ resources: APIResources, _ definitions: [CustomObject]) -> String {
        let text = resources.versions.map { hash($0, definitions) }.joined()
        return String(StableHash.fnv1a64(text), radix: 16, uppercase: true)
    }

    /// The document: the paths of what can be patched, and the schemas of all kinds.
    static func version2(_ resources: APIResources, _ definitions: [CustomObject]) -> JSONValue {
        var paths = JSONObject()
        for (place, resource) in patchable(resources) {
            let operation: JSONValue = [
                "parameters": .array(["dryRun", "fieldManager", "fieldValidation"].map { ["in": "query", "name": .string($0), "type": "string"] }),
                "responses": ["200": ["description": "OK"]],
                "x-kubernetes-group-version-kind": [
                    "group": .string(resource.group), "kind": .string(resource.kind), "version": .string(resource.version),
                ],
            ]
            paths.members.append((place, ["patch": operation]))
        }
        var schemas: [String: JSONValue] = [:]
        for version in resources.versions {
            for (name, schema) in document(version, definitions)["components"]?["schemas"]?.object?.members ?? [] where schemas[name] == nil {
                schemas[name] = older(schema)
            }
        }
        var all = JSONObject()
        all.members = schemas.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        return [
            "swagger": "2.0", "info": ["title": "Kubernetes", "version": "v1.36.0"], "paths": .object(paths), "definitions": .object(all),
        ]
    }

    /// A schema of version 3 as version 2 can say it: a reference stands beside its description, and there are no alternatives.
    private static func older(_ schema: JSONValue) -> JSONValue {
        guard let members = schema.object else { return ["type": "object"] }
        var result = JSONObject()
        if let reference = (schema["allOf"]?.array?.first ?? schema)["$ref"]?.string {
            if let words = schema["description"] { result["description"] = words }
            result["$ref"] = .string("#/definitions/" + reference.drop { $0 == "#" }.replacing("/components/schemas/", with: ""))
            return .object(result)
        }
        for name in ["description", "type", "format", "required", "enum", "x-kubernetes-group-version-kind"] {
            if let value = members[name] { result[name] = value }
        }
        if members["oneOf"] != nil || members["anyOf"] != nil || members["x-kubernetes-int-or-string"] == .bool(true) { result["type"] = "string" }
        if let items = members["items"] { result["items"] = older(items) }
        if let values = members["additionalProperties"], values.object != nil { result["additionalProperties"] = older(values) }
        if let properties = members["properties"]?.object {
            var converted = JSONObject()
            converted.members = properties.members.map { ($0.key, older($0.value)) }
            result["properties"] = .object(converted)
        }
        // Without items an array has no meaning there.
        if result["type"] == "array", result["items"] == nil { result["items"] = ["type": "object"] }
        return .object(result)
    }

    /// The resources that can be patched, with their paths.
    private static func patchable(_ resources: APIResources) -> [(path: String, resource: APIResource)] {
        resources.versions.flatMap { version in
            let root = version.group.isEmpty ? "/api/\(version.version)/" : "/apis/\(version.groupVersion)/"
            return version.resources.filter { !$0.isSubresource && $0.verbs.contains("patch") }.map {
                (root + ($0.isNamespaced ? "namespaces/{namespace}/" : "") + $0.name + "/{name}", $0)
            }
        }
    }

    // MARK: Protobuf

    /// The document in the one form that old clients take.
    /// - Source: github.com/google/gnostic-models, `openapiv2/OpenAPIv2.proto`
    static func protobuf(version2 json: JSONValue) -> [UInt8] {
        var document = ProtobufWriter()
        document.text(1, "2.0")
        document.message(2) {
            $0.text(1, json["info"]?["title"]?.string ?? "")
            $0.text(2, json["info"]?["version"]?.string ?? "")
        }
        document.message(8) { paths in
            for (place, item) in json["paths"]?.object?.members ?? [] {
                paths.message(2) { path in
                    path.text(1, place)
                    path.message(2) { $0.message(8) { operation(item["patch"] ?? .null, &$0) } }
                }
            }
        }
        document.message(9) { definitions in
            for (name, schema) in json["definitions"]?.object?.members ?? [] {
                definitions.message(1) { named in
                    named.text(1, name)
                    named.message(2) { self.schema(schema, &$0) }
                }
            }
        }
        return document.bytes
    }

    private static func operation(_ json: JSONValue, _ operation: inout ProtobufWriter) {
        for parameter in json["parameters"]?.array ?? [] {
            operation.message(8) { item in
                item.message(1) { any in
                    any.message(2) { nonBody in
                        nonBody.message(3) { query in
                            query.text(2, "query")
                            query.text(4, parameter["name"]?.string ?? "")
                            query.text(6, "string")
                        }
                    }
                }
            }
        }
        operation.message(9) { responses in
            responses.message(1) { response in
                response.text(1, "200")
                response.message(2) { value in value.message(1) { $0.text(1, "OK") } }
            }
        }
        operation.message(13) { kind(json["x-kubernetes-group-version-kind"] ?? .null, &$0) }
    }

    /// The extension that names the kind, or the kinds; its value is YAML, and JSON is YAML.
    private static func kind(_ value: JSONValue, _ named: inout ProtobufWriter) {
        named.text(1, "x-kubernetes-group-version-kind")
        named.message(2) { $0.text(2, value.text() + "\n") }
    }

    private static func schema(_ json: JSONValue, _ schema: inout ProtobufWriter) {
        if let reference = json["$ref"]?.string { schema.text(1, reference) }
        if let format = json["format"]?.string { schema.text(2, format) }
        if let words = json["description"]?.string { schema.text(4, words) }
        for name in json["required"]?.array ?? [] { schema.text(19, name.string ?? "") }
        for value in json["enum"]?.array ?? [] { schema.message(20) { $0.text(2, value.text() + "\n") } }
        if let values = json["additionalProperties"] {
            schema.message(21) { item in item.message(1) { self.schema(values, &$0) } }
        }
        if let type = json["type"]?.string { schema.message(22) { $0.text(1, type) } }
        if let items = json["items"] {
            schema.message(23) { item in item.message(1) { self.schema(items, &$0) } }
        }
        if let properties = json["properties"]?.object {
            schema.message(25) { all in
                for (name, property) in properties.members {
                    all.message(1) { named in
                        named.text(1, name)
                        named.message(2) { self.schema(property, &$0) }
                    }
                }
            }
        }
        if let kinds = json["x-kubernetes-group-version-kind"] { schema.message(31) { kind(kinds, &$0) } }
    }
}
