// Answers with the documents that describe the API.

import ControlPlane
import KubernetesAPI
import Simulation

extension APIServer {
    func openAPI(_ request: APIRequest, _ info: RequestInfo, _ segments: [String], in session: Session) throws(Refusal) -> APIResponse {
        guard let form = segments.first else { throw .noPath }
        let definitions = session.cluster.store.customObjects.sorted().filter { $0.kindName == "CustomResourceDefinition" }
        if form == "v2", segments.count == 1 {
            let resources = resources
            let isProtobuf = (request.header("accept") ?? "").contains("proto")
            let tag = "\"\(OpenAPI.version2Hash(resources, definitions))\(isProtobuf ? "P" : "")\""
            let type = isProtobuf ? "application/com.github.proto-openapi.spec.v2.v1.0+protobuf" : "application/json"
            let headers = [("content-type", type), ("etag", tag), ("vary", "Accept-Encoding"), ("vary", "Accept")]
            if request.header("if-none-match") == tag { return APIResponse(status: 304, headers: headers) { [] } }
            return APIResponse(status: 200, headers: headers) {
                let document = OpenAPI.version2(resources, definitions)
                return isProtobuf ? OpenAPI.protobuf(version2: document) : document.line
            }
        }
        guard form == "v3" else { throw .noPath }
        if segments.count == 1 {
            let resources = resources
            return answer(200) { OpenAPI.index(resources, definitions) }
        }
        let path = segments.dropFirst().joined(separator: "/")
        guard let version = resources.versions.first(where: { OpenAPI.path($0) == path }) else { throw .noPath }
        let tag = "\"\(OpenAPI.hash(version, definitions))\""
        var headers = [("content-type", "application/json"), ("etag", tag), ("vary", "Accept")]
        if info.parameter("hash") != nil { headers.append(("cache-control", "public, immutable")) }
        if request.header("if-none-match") == tag { return APIResponse(status: 304, headers: headers) { [] } }
        return APIResponse(status: 200, headers: headers) { OpenAPI.document(version, definitions).line }
    }
}
