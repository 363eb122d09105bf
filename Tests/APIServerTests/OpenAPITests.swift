// The documents that describe the API, as clients look things up in them.

import KubernetesAPI
import Testing

@testable import APIServer

struct OpenAPITests {
    /// kubectl 1.27 finds the kind of a resource by the operation that lists it in all namespaces, later ones by any.
    @Test func `explain finds the kind of each listed resource`() {
        var client = Client()
        for version in APIGroupVersion.builtIn {
            let document = client.send("GET", "/openapi/v3/\(OpenAPI.path(version))").json
            let root = version.group.isEmpty ? "/api/\(version.version)/" : "/apis/\(version.groupVersion)/"
            for resource in version.resources where !resource.isSubresource && resource.verbs.contains("list") {
                let kind = document["paths"]?[root + resource.name]?["get"]?["x-kubernetes-group-version-kind"]
                #expect(kind?["kind"]?.string == resource.kind, "\(resource.groupVersion) \(resource.name)")
                let schemas = document["components"]?["schemas"]?.object?.members.map(\.value) ?? []
                let known = schemas.contains { $0["x-kubernetes-group-version-kind"]?.array?.first?["kind"]?.string == resource.kind }
                #expect(known, "\(resource.name)")
            }
            let reviews = document["paths"]?["/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"]
            #expect(reviews == nil || reviews?["get"] == nil)
        }
    }

    @Test func `each reference leads to a schema`() {
        var client = Client()
        func check(_ value: JSONValue, _ prefix: String, _ names: Set<String>) {
            if let reference = value["$ref"]?.string { #expect(names.contains(String(reference.dropFirst(prefix.count))), "\(reference)") }
            for member in value.object?.members ?? [] { check(member.value, prefix, names) }
            for item in value.array ?? [] { check(item, prefix, names) }
        }
        for version in APIGroupVersion.builtIn {
            let document = client.send("GET", "/openapi/v3/\(OpenAPI.path(version))").json
            let names = Set(document["components"]?["schemas"]?.object?.members.map(\.key) ?? [])
            check(document, "#/components/schemas/", names)
        }
        let document = client.send("GET", "/openapi/v2").json
        let names = Set(document["definitions"]?.object?.members.map(\.key) ?? [])
        #expect(names.contains("io.k8s.api.core.v1.PodSpec"))
        check(document["definitions"] ?? .null, "#/definitions/", names)
    }

    @Test func `version 2 tells of changes by its tag`() {
        var client = Client()
        let type = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
        let first = client.send("GET", "/openapi/v2", accept: type)
        #expect(first.code == 200 && first.header("content-type") == type)
        #expect(first.text.contains("io.k8s.api.apps.v1.DeploymentSpec") && first.text.contains("#/definitions/io.k8s.api.core.v1.PodTemplateSpec"))
        let tag = first.header("etag") ?? ""
        #expect(client.send("GET", "/openapi/v2", accept: type, headers: [("if-none-match", tag)]).code == 304)
        #expect(client.send("GET", "/openapi/v2", headers: [("if-none-match", tag)]).code == 200)
    }
}
