// What is no resource: health, version, discovery, and the documents of the API.

import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

extension APIServer {
    mutating func answerPath(_ request: APIRequest, _ info: RequestInfo, in session: Session) throws(Refusal) -> APIResponse {
        let segments = info.path.split(separator: "/").map(String.init)
        guard ["GET", "HEAD"].contains(request.method.uppercased()) else { throw segments.first == "api" || segments.first == "apis" ? .noMethod : .noPath }
        switch segments.count {
        case 0: return try rootPaths(request)
        case 1:
            switch segments[0] {
            case "version": return answer(200) { [version = version(session)] in version }
            case "api", "apis": return try discovery(request, core: segments[0] == "api")
            case "healthz", "livez", "readyz": return try health(segments, info)
            case "metrics": return metricsText(session)
            default: throw .noPath
            }
        default: break
        }
        switch segments[0] {
        case "healthz", "livez", "readyz": return try health(segments, info)
        case "api":
            guard segments.count == 2, let version = resources.version("", segments[1]) else { throw .noPath }
            return try document(request) { Discovery.resourceList(version) }
        case "apis":
            let versions = resources.versions(ofGroup: segments[1])
            if versions.isEmpty { throw .noPath }
            if segments.count == 2 { return try document(request) { [resources] in Discovery.groupDocument(segments[1], resources) } }
            guard let version = versions.first(where: { $0.version == segments[2] }) else { throw .noResource }
            return try document(request) { Discovery.resourceList(version) }
        case "openapi": return try openAPI(request, info, Array(segments.dropFirst()), in: session)
        case ".well-known", "openid": return try tokenKeys(segments, in: session)
        default: throw .noPath
        }
    }

    /// What others need to check tokens of service accounts.
    private func tokenKeys(_ segments: [String], in session: Session) throws(Refusal) -> APIResponse {
        let (address, key) = (address, session.cluster.tokenKey)
        let type: String
        let document: @Sendable () -> JSONValue
        switch segments {
        case [".well-known", "openid-configuration"]: (type, document) = ("application/json", { ServiceAccountToken.metadata(address: address) })
        case ["openid", "v1", "jwks"]: (type, document) = ("application/jwk-set+json", { ServiceAccountToken.publicKeys(of: key) })
        default: throw .noPath
        }
        return APIResponse(status: 200, headers: [("content-type", type), ("cache-control", "public, max-age=3600")]) { Array(document().text().utf8) }
    }

    private func document(_ request: APIRequest, _ document: @escaping @Sendable () -> JSONValue) throws(Refusal) -> APIResponse {
        let representation = try Representation.chosen(accept: request.header("accept"), transforms: false).get()
        return answer(200, representation, document)
    }

    private func rootPaths(_ request: APIRequest) throws(Refusal) -> APIResponse {
        var paths = [
            "/.well-known/openid-configuration", "/api", "/api/v1", "/apis", "/apis/", "/healthz", "/livez", "/metrics", "/openapi/v2", "/openapi/v3",
            "/openid/v1/jwks", "/readyz", "/version",
        ]
        for version in resources.versions where !version.group.isEmpty { paths += ["/apis/\(version.group)", "/apis/\(version.groupVersion)"] }
        let sorted = Set(paths).sorted()
        return try document(request) { ["paths": .array(sorted.map { .string($0) })] }
    }

    private func version(_ session: Session) -> JSONValue {
        let minor = session.cluster.profile.version.minor
        return [
            "major": "1", "minor": .string(String(minor)), "emulationMajor": "1", "emulationMinor": .string(String(minor)), "minCompatibilityMajor": "1",
            "minCompatibilityMinor": .string(String(minor - 1)), "gitVersion": .string(minor == 36 ? "v1.36.3" : "v1.\(minor).0"),
            "gitCommit": "7b29fb077260554429dcef8234272e9fd25fcfbd", "gitTreeState": "clean", "buildDate": "1970-01-01T00:00:00Z", "goVersion": "go1.26.6",
            "compiler": "gc", "platform": "linux/amd64",
        ]
    }

    /// The aggregated form if the client takes it before the old one.
    private func discovery(_ request: APIRequest, core: Bool) throws(Refusal) -> APIResponse {
        var wantsOther = false
        for type in MediaType.list(request.header("accept") ?? "application/json") {
            guard ["application/json", "*/*", "application/*", "application/yaml"].contains(type.name) else { continue }
            if type["as"].isEmpty {
                let (resources, address) = (resources, address)
                return answer(200) { core ? Discovery.versions(address: address) : Discovery.groups(resources) }
            }
            guard type["as"] == "APIGroupDiscoveryList", type["g"] == "apidiscovery.k8s.io", type["v"] == "v2" else {
                wantsOther = true
                continue
            }
            let bytes = Discovery.aggregated(resources, core: core).line
            let tag = Discovery.etag(bytes)
            let headers = [
                ("cache-control", "public"), ("content-type", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"), ("etag", tag),
                ("vary", "Accept"),
            ]
            if request.header("if-none-match") == tag { return APIResponse(status: 304, headers: headers) { [] } }
            return APIResponse(status: 200, headers: headers) { bytes }
        }
        let types = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
        throw Refusal(
            APIError(
                code: 406, reason: "NotAcceptable",
                message: wantsOther
                    ? "only the following media types are accepted: \(types)" : "406: Not Acceptable\n\nAvailable representations: \(types)"),
            details: !wantsOther)
    }

    private func health(_ segments: [String], _ info: RequestInfo) throws(Refusal) -> APIResponse {
        let name = segments[0]
        // Each check has a path of its own.
        let one = segments.dropFirst().joined(separator: "/")
        let checks = Self.checks(of: name)
        if !one.isEmpty, !checks.contains(one) { throw .noPath }
        let left = Set(info.parameters.filter { $0.name == "exclude" }.map(\.value))
        let lines = checks.map { left.contains($0) ? "[+]\($0) excluded: ok\n" : "[+]\($0) ok\n" }.joined()
        let text = info.parameter("verbose") == nil || !one.isEmpty ? "ok" : "\(lines)\(name) check passed\n"
        return APIResponse(
            status: 200,
            headers: [("cache-control", "no-cache, private"), ("content-type", "text/plain; charset=utf-8"), ("x-content-type-options", "nosniff")]
        ) { Array(text.utf8) }
    }

    /// What is looked at, in the order of the answer. A server that ends is no longer ready, but it lives.
    private static func checks(of name: String) -> [String] {
        let first = name == "readyz" ? ["ping", "log", "informer-sync"] : ["ping", "log", "etcd", "loopback-serving-certificate"]
        return first + hooks + (name == "readyz" ? ["shutdown"] : [])
    }

    /// - Source: the paths that a server of 1.36 lists at `/`; their order is that in which they are begun.
    private static let hooks =
        [
            "start-apiserver-admission-initializer", "generic-apiserver-start-informers", "priority-and-fairness-config-consumer",
            "priority-and-fairness-filter", "storage-object-count-tracker-hook", "start-apiextensions-informers", "start-apiextensions-controllers",
            "crd-informer-synced", "start-system-namespaces-controller", "start-cluster-authentication-info-controller",
            "start-kube-apiserver-identity-lease-controller", "start-kube-apiserver-identity-lease-garbage-collector",
            "start-legacy-token-tracking-controller", "start-service-ip-repair-controllers", "peer-endpoint-reconciler-controller",
            "rbac/bootstrap-roles", "scheduling/bootstrap-system-priority-classes", "priority-and-fairness-config-producer", "bootstrap-controller",
            "start-kubernetes-service-cidr-controller", "storage-readiness", "start-kube-aggregator-informers",
            "apiservice-status-local-available-controller", "apiservice-status-remote-available-controller", "apiservice-registration-controller",
            "apiservice-discovery-controller", "kube-apiserver-autoregistration",
        ].map { "poststarthook/\($0)" }
        + ["autoregister-completion"]
        + ["apiservice-wait-for-first-sync", "apiservice-openapi-controller", "apiservice-openapiv3-controller"].map { "poststarthook/\($0)" }
}
