import ControlPlane
import Foundation
import KubernetesAPI
import Testing

/// One request that was sent to a real API server, with its answer.
struct GoldenCase: Sendable, CustomTestStringConvertible {
    struct Request: Sendable {
        var method: String
        var path: String
        var contentType: String
        var body: JSONValue?
    }
    var id: String
    var title: String
    var setup: [Request]
    var request: Request
    var code: Int
    var status: JSONValue?
    var testDescription: String { "\(id): \(title)" }

    static let folder: String? = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        return ["\(root)/../../shared/golden/api-v1.36", "\(root)/../shared/golden/api-v1.36"].first {
            FileManager.default.fileExists(atPath: $0)
        }
    }()

    static let all: [GoldenCase] = {
        guard let folder,
            let text = try? String(contentsOfFile: "\(folder)/validation.jsonl", encoding: .utf8)
        else { return [] }
        return text.split(separator: "\n").map { line in
            let json = try! JSONText.read(String(line))
            func request(_ json: JSONValue) -> Request {
                Request(
                    method: json["method"]!.string!, path: json["path"]!.string!,
                    contentType: json["contentType"]?.string ?? "", body: json["body"])
            }
            return GoldenCase(
                id: json["id"]!.string!, title: json["title"]!.string!,
                setup: json["setup"]!.array!.map(request), request: request(json["request"]!),
                code: Int(json["answer"]!["code"]!.int!), status: json["answer"]!["status"])
        }
    }()

    /// Cases about parts of an API server that the simulation does not have.
    static let leftOut: [String: String] = {
        let resize = "the resize subresource has tests of its own"
        let parameters = "the cluster has no request parameters"
        let apply = "the cluster has no server-side apply"
        let jsonPatch = "the cluster has no JSON patches and content types"
        var table = [
            "pod-fieldvalidation-bad": parameters, "pod-dryrun-bad": parameters, "pod-dryrun-all": parameters,
            "pod-no-kind": "kind and apiVersion come from the path",
            "pod-wrong-kind": "kind and path disagree", "pod-ns-mismatch": "namespace and path disagree",
            "pod-broken-json": "the text of an HTTP body", "pod-dup-field-strict": "the text of an HTTP body",
            "upd-name": "name and path disagree", "upd-put-mismatch": "name and path disagree",
            "upd-jsonpatch-test": jsonPatch, "upd-jsonpatch-shape": jsonPatch, "upd-patch-type": jsonPatch,
            "del-propagation": "the propagation policy is an enumeration here",
        ]
        for id in ["conflict", "force", "managedfields", "unknown-field"] { table["ssa-\(id)"] = apply }
        for golden in all where golden.id.hasPrefix("resize-") && golden.id != "resize-via-main" {
            table[golden.id] = resize
        }
        return table
    }()
    static let run = all.filter { leftOut[$0.id] == nil }

    /// Cases whose message prints Go structures or Go's JSON decoder: code, reason and fields are enough.
    static let loose: Set = [
        "pdb-both", "node-taint-dup", "pvc-change-class", "pvc-shrink", "pvc-expand-unbound",
        "resize-via-main",
        "upd-nodename", "pod-wrong-type", "dep-replicas-type",
    ]
}

/// Sends the requests of the golden cases to a cluster.
struct GoldenClient {
    var cluster = Cluster()

    init() throws {
        var namespace = Namespace()
        namespace.metadata.name = "golden"
        try cluster.create(namespace)
    }

    /// Answers the refusal, or nil if the request is granted.
    mutating func send(_ request: GoldenCase.Request) -> APIError? {
        do throws(APIError) {
            let strict = request.path.contains("fieldValidation=Strict")
            let path = request.path.split(separator: "?")[0].split(separator: "/").map(String.init)
            switch (request.method, path.last!) {
            case ("GET", _): break
            case ("POST", "binding"):
                let key = ObjectKey(namespace: "golden", name: path[path.count - 2])
                let uid = cluster.store.pods[key]?.metadata.uid ?? ""
                try cluster.bind(pod: key, uid: uid, to: request.body!["target"]!["name"]!.string!)
            case ("PUT", "scale"):
                let key = ObjectKey(namespace: "golden", name: path[path.count - 2])
                try cluster.scale(.deployment, key, to: Int(request.body!["spec"]!["replicas"]!.int!))
            case ("POST", _): try create(try decodeObject(request.body!, strict: strict).get(), path)
            case ("PUT", _): try update(try decodeObject(request.body!, strict: strict).get())
            case ("PATCH", _): try patch(path, request.body!)
            case ("DELETE", _):
                let uid = request.body?["preconditions"]?["uid"]?.string
                try cluster.delete(
                    Pod.self, ObjectKey(namespace: "golden", name: path.last!), DeleteOptions(uid: uid))
            default: Issue.record("\(request.method) \(request.path) is not known here")
            }
            return nil
        } catch {
            return error
        }
    }

    private mutating func create(_ object: any StoredObject, _ path: [String]) throws(APIError) {
        func create<O: StoredObject>(_ object: O) throws(APIError) {
            var object = object
            if let i = path.firstIndex(of: "namespaces"), path.count > i + 2 {
                object.metadata.namespace = path[i + 1]
            }
            try cluster.create(object)
        }
        try create(object)
    }

    private mutating func update(_ object: any StoredObject) throws(APIError) {
        func update<O: StoredObject>(_ object: O) throws(APIError) {
            var object = object
            if O.kind.info.isNamespaced { object.metadata.namespace = "golden" }
            try cluster.update(object)
        }
        try update(object)
    }

    private mutating func patch(_ path: [String], _ patch: JSONValue) throws(APIError) {
        let kind = KindInfo.find(path[path.count - 2])!.type
        let key = ObjectKey(namespace: path.contains("namespaces") ? "golden" : "", name: path.last!)
        guard let old = cluster.store.object(kind, key) else { throw .notFound(kind.info, key.name) }
        try update(try decodeObject(Self.merge(patch, into: old.document)).get())
    }

    /// A merge patch; lists of named things are merged by name, as a strategic merge patch does.
    static func merge(_ patch: JSONValue, into value: JSONValue) -> JSONValue {
        if let elements = patch.array, let old = value.array, elements.allSatisfy({ $0["name"] != nil }) {
            var merged = old
            for element in elements {
                if let i = merged.firstIndex(where: { $0["name"] == element["name"] }) {
                    merged[i] = merge(element, into: merged[i])
                } else {
                    merged.append(element)
                }
            }
            return .array(merged)
        }
        guard let members = patch.object?.members else { return patch }
        var result = value.object ?? JSONObject()
        for (key, change) in members {
            result[key] = change == .null ? nil : merge(change, into: result[key] ?? .null)
        }
        return .object(result)
    }
}

@Suite(.enabled(if: GoldenCase.folder != nil, "golden data are not there"))
struct GoldenValidationTests {
    @Test func `every case is run or has a reason why not`() {
        #expect(GoldenCase.all.count == 138)
        for id in GoldenCase.leftOut.keys { #expect(GoldenCase.all.contains { $0.id == id }, "\(id)") }
        #expect(GoldenCase.run.count >= 100)
    }

    @Test(arguments: GoldenCase.run)
    func `the answer is that of the API server`(_ golden: GoldenCase) throws {
        var client = try GoldenClient()
        for request in golden.setup { #expect(client.send(request) == nil, "\(request.path)") }
        let refusal = client.send(golden.request)
        guard let wanted = golden.status else {
            #expect(refusal == nil)
            return
        }
        let got = try #require(refusal)
        #expect(got.code == golden.code)
        #expect(got.status["reason"] == wanted["reason"])
        func fields(_ status: JSONValue) -> [JSONValue?] {
            (status["details"]?["causes"]?.array ?? []).map { $0["field"] }
        }
        #expect(fields(got.status) == fields(wanted))
        if GoldenCase.loose.contains(golden.id) { return }
        // Identities are of the recorded run.
        let identity = #/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/#
        #expect(
            got.message.replacing(identity, with: "UID")
                == wanted["message"]?.string?.replacing(identity, with: "UID"))
        #expect(got.status["details"] == wanted["details"])
    }
}
