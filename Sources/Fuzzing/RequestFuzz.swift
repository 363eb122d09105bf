// Requests to the API server that are nearly right, and what becomes of them.

import APIServer
import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// One request as it is drawn.
public struct FuzzedRequest: Sendable, CustomStringConvertible {
    var method: String
    var path: String
    var query: String
    var contentType: String
    var body: [UInt8]

    public var description: String {
        let text = contentType.contains("protobuf") ? body.map { String($0, radix: 16) }.joined(separator: " ") : String(decoding: body, as: UTF8.self)
        return "\(method) \(path)?\(query) \(contentType) \(text.debugDescription)"
    }
}

extension ManifestFuzz {
    private static let types = [
        "application/json", "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json",
        "application/apply-patch+yaml", "application/yaml", "application/vnd.kubernetes.protobuf",
    ]

    /// A request of the simulator's own API.
    private func own(_ hostile: inout Hostile) -> FuzzedRequest {
        let resource = hostile.pick(["time", "faults", "snapshots", "snapshots/one", "snapshots/one/restore", "expectations", "time/status", "x"])
        var body: JSONObject = ["metadata": ["name": .string(hostile.pick(["one", "one", hostile.anyText()]))]]
        for _ in 0..<hostile.below(3) {
            let name = hostile.pick(["paused", "speed", "advance", "expect", "at", "kind", hostile.anyText()] + ScenarioStep.names)
            let inner = hostile.pick(["node", "zone", "kind", "name", "namespace", "replicas", "hangs", "set", "selector"])
            switch hostile.below(4) {
            case 0: body[name] = .object([inner: hostile.value(hostile.pick(["string", "integer", "map[string]string"]), of: inner)])
            case 1: body[name] = [.object([hostile.pick(Expectation.names): .object([inner: hostile.value("string", of: inner), "count": 1])])]
            case 2: body[name] = hostile.value(hostile.pick(["string", "integer", "boolean", "Duration"]), of: name)
            default: body[name] = hostile.pick(["10s", "max", 7, true, .null])
            }
        }
        return FuzzedRequest(
            method: hostile.pick(["POST", "POST", "POST", "GET", "DELETE", "PATCH"]), path: "/apis/evenkeel.dev/v1/" + resource, query: options(&hostile),
            contentType: "application/json", body: bytes(.object(body), &hostile))
    }

    func request(_ hostile: inout Hostile) -> FuzzedRequest {
        if hostile.chance(8) { return own(&hostile) }
        var document = document(&hostile)
        if hostile.chance(15) { document = FuzzedServer.widget(hostile.value("integer", of: "count"), hostile.value("string", of: "colour")) }
        let info = KindInfo.typed(apiVersion: document["apiVersion"]?.string ?? "", kind: document["kind"]?.string ?? "")
        let kind = info ?? .custom(apiVersion: document["apiVersion"]?.string ?? "v1", kind: document["kind"]?.string ?? "Pod")
        var path = (kind.group.isEmpty ? "/api/" : "/apis/") + kind.apiVersion
        if kind.isNamespaced, hostile.chance(95) { path += "/namespaces/" + (document["metadata"]?["namespace"]?.string ?? "default") }
        path += "/" + kind.plural
        let name = "/" + (document["metadata"]?["name"]?.string ?? "one")
        if hostile.chance(5) { path = hostile.anyText(200) }
        switch hostile.below(10) {
        case 0, 1, 2:
            return FuzzedRequest(method: "POST", path: path, query: options(&hostile), contentType: "application/json", body: bytes(document, &hostile))
        case 3:
            return FuzzedRequest(method: "PUT", path: path + name, query: options(&hostile), contentType: "application/json", body: bytes(document, &hostile))
        case 4, 5:
            let type = hostile.pick(Self.types)
            let patch = type.hasPrefix("application/json-patch") ? operations(&hostile) : directed(document, &hostile)
            return FuzzedRequest(
                method: "PATCH", path: path + name + hostile.pick(["", "", "", "/status", "/scale", "/resize"]), query: options(&hostile), contentType: type,
                body: bytes(patch, &hostile))
        case 6:
            return FuzzedRequest(
                method: hostile.pick(["POST", "PUT", "DELETE"]), path: path + hostile.pick(["", name]), query: options(&hostile), contentType: Self.types[6],
                body: protobuf(kind, &hostile))
        case 7: return FuzzedRequest(method: "DELETE", path: path + hostile.pick(["", name]), query: options(&hostile), contentType: "", body: [])
        default:
            return FuzzedRequest(method: "GET", path: path + hostile.pick(["", "", name]), query: selection(&hostile), contentType: "", body: [])
        }
    }

    private func bytes(_ json: JSONValue, _ hostile: inout Hostile) -> [UInt8] {
        var bytes = Array(json.text().utf8)
        if hostile.chance(10), !bytes.isEmpty { bytes[hostile.below(bytes.count)] = UInt8(hostile.below(256)) }
        if hostile.chance(5) { bytes.removeLast(hostile.below(bytes.count + 1)) }
        return bytes
    }

    private func options(_ hostile: inout Hostile) -> String {
        var parts = ["fieldManager=" + hostile.pick(["kit", "helm", "kubectl", ""])]
        if hostile.chance(30) { parts.append("force=true") }
        if hostile.chance(20) { parts.append("dryRun=" + hostile.pick(["All", "x"])) }
        if hostile.chance(30) { parts.append("fieldValidation=" + hostile.pick(["Strict", "Warn", "Ignore", "x"])) }
        return parts.joined(separator: "&")
    }

    private func selection(_ hostile: inout Hostile) -> String {
        var parts: [String] = []
        if hostile.chance(40) { parts.append("labelSelector=" + hostile.pick(["app%3Dweb", "app+in+(a,b)", "!x", "a!=", hostile.anyText()])) }
        if hostile.chance(40) {
            parts.append("fieldSelector=" + hostile.pick(["metadata.name%3Done", "spec.nodeName!%3Dx", "status.phase", hostile.anyText()]))
        }
        for name in ["limit", "resourceVersion", "timeoutSeconds", "continue"] where hostile.chance(20) { parts.append("\(name)=\(hostile.number())") }
        if hostile.chance(20) { parts.append("resourceVersionMatch=" + hostile.pick(["Exact", "NotOlderThan", "x"])) }
        if hostile.chance(20) { parts.append("watch=true") }
        if hostile.chance(10) { parts.append(hostile.anyText()) }
        return parts.joined(separator: "&")
    }

    /// A JSON patch.
    private func operations(_ hostile: inout Hostile) -> JSONValue {
        let paths = [
            "/spec/replicas", "/metadata/labels/a~1b", "/spec/template/spec/containers/0", "/spec/template/spec/containers/-", "", "/", "/status", "/data/x~0",
        ]
        return .array(
            (0..<hostile.below(5)).map { _ in
                [
                    "op": .string(hostile.pick(["add", "remove", "replace", "move", "copy", "test", "x"])),
                    "path": .string(hostile.pick(paths + [hostile.anyText()])),
                    "from": .string(hostile.pick(paths)), "value": hostile.value(hostile.pick(["string", "integer", "[]string", "map[string]string"]), of: ""),
                ]
            })
    }

    /// The document with directives of strategic merge patches in places.
    private func directed(_ document: JSONValue, _ hostile: inout Hostile) -> JSONValue {
        switch document {
        case .object(var object):
            for index in object.members.indices { object.members[index].value = directed(object.members[index].value, &hostile) }
            if hostile.chance(15) {
                let name = object.members.isEmpty ? "x" : object.members[hostile.below(object.members.count)].key
                switch hostile.below(5) {
                case 0: object["$patch"] = .string(hostile.pick(["delete", "replace", "merge", "x"]))
                case 1: object["$retainKeys"] = [.string(name)]
                case 2: object["$setElementOrder/\(name)"] = hostile.pick([object[name] ?? [], [["name": "x"]], "x"])
                case 3: object["$deleteFromPrimitiveList/\(name)"] = hostile.pick([["x"], "x", object[name] ?? .null])
                default: object[name] = .null
                }
            }
            return .object(object)
        case .array(let elements): return .array(elements.map { directed($0, &hostile) })
        default: return document
        }
    }

    // MARK: Protobuf

    private func protobuf(_ kind: KindInfo, _ hostile: inout Hostile) -> [UInt8] {
        func field(_ number: Int, _ content: [UInt8]) -> [UInt8] { [UInt8(number << 3 | 2)] + length(content.count) + content }
        func length(_ count: Int) -> [UInt8] { count < 128 ? [UInt8(count)] : [UInt8(count & 127 | 128), UInt8(count >> 7 & 127)] }
        func message(_ depth: Int, _ hostile: inout Hostile) -> [UInt8] {
            var bytes: [UInt8] = []
            for _ in 0..<hostile.below(6) {
                let number = 1 + hostile.below(15)
                switch hostile.below(10) {
                case 0, 1: bytes += [UInt8(number << 3), UInt8(hostile.below(128))]
                case 2: bytes += [UInt8(hostile.below(256)), UInt8(hostile.below(256))]
                case 3, 4: bytes += field(number, Array(hostile.label().utf8.prefix(100)))
                default: if depth > 0 { bytes += field(number, Array(message(depth - 1, &hostile).prefix(2000))) }
                }
            }
            return bytes
        }
        var body: [UInt8] = [0x6b, 0x38, 0x73, 0]
        body += field(1, field(1, Array(kind.apiVersion.utf8)) + field(2, Array(kind.kind.utf8)))
        body += field(2, Array((field(1, field(1, Array("one".utf8))) + message(6, &hostile)).prefix(8000)))
        if hostile.chance(30) { body[hostile.below(body.count)] = UInt8(hostile.below(256)) }
        return body
    }
}

/// A cluster with a kind of its own, to which requests go.
enum FuzzedServer {
    static func widget(_ count: JSONValue, _ colour: JSONValue) -> JSONValue {
        [
            "apiVersion": "fuzz.example.com/v1", "kind": "Widget", "metadata": ["name": "one", "namespace": "default"],
            "spec": ["count": count, "colour": colour, "parts": [["name": colour], ["name": "a"]]],
        ]
    }

    private static let definition: JSONValue = [
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": ["name": "widgets.fuzz.example.com"],
        "spec": [
            "group": "fuzz.example.com", "scope": "Namespaced", "names": ["plural": "widgets", "kind": "Widget"],
            "versions": [
                [
                    "name": "v1", "served": true, "storage": true,
                    "subresources": ["status": [:], "scale": ["specReplicasPath": ".spec.count", "statusReplicasPath": ".status.count"]],
                    "schema": [
                        "openAPIV3Schema": [
                            "type": "object",
                            "properties": [
                                "spec": [
                                    "type": "object",
                                    "properties": [
                                        "colour": ["type": "string", "maxLength": 20, "pattern": "^[a-z]+$"],
                                        "count": ["type": "integer", "minimum": 0, "default": 1],
                                        "parts": [
                                            "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                                            "items": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
                                        ],
                                    ],
                                ],
                                "status": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
                            ],
                        ]
                    ],
                ]
            ],
        ],
    ]

    private static let start: (server: APIServer, session: Session) = {
        var (server, session) = (APIServer(address: "127.0.0.1:6443"), Session(Simulation(SimulationOptions())))
        let create = FuzzedRequest(
            method: "POST", path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", query: "", contentType: "application/json",
            body: Array(definition.text().utf8))
        _ = server.reply(to: request(create), in: &session)
        // What each case would do first is done once: the controllers' first rounds, and the list of what is served.
        session.advance(to: session.now + .seconds(5))
        let list = FuzzedRequest(method: "GET", path: "/apis/fuzz.example.com/v1/widgets", query: "", contentType: "", body: [])
        _ = server.reply(to: request(list), in: &session)
        return (server, session)
    }()

    private static func request(_ drawn: FuzzedRequest) -> APIRequest {
        var headers = [(name: "accept", value: "application/json"), (name: "user-agent", value: "fuzz/1")]
        if !drawn.contentType.isEmpty { headers.append((name: "content-type", value: drawn.contentType)) }
        return APIRequest(
            method: drawn.method, path: drawn.path, query: drawn.query, headers: headers, body: drawn.body,
            user: UserInfo(name: "fuzz", groups: ["system:masters", "system:authenticated"]))
    }

    /// Sends the requests one after the other, reads what comes back, and lets a little time pass after each.
    static func send(_ requests: [FuzzedRequest]) {
        var (server, session) = start
        for drawn in requests {
            switch server.reply(to: request(drawn), in: &session) {
            case .answer(let response): _ = response.body()
            case .watch(var watch): for chunk in watch.next(in: session).chunks { _ = chunk() }
            case .advance(let goal, let answer):
                session.advance(to: min(goal, session.now + .seconds(2)))
                _ = answer(session).body()
            default: break
            }
            session.advance(to: session.now + .milliseconds(200))
        }
    }
}
