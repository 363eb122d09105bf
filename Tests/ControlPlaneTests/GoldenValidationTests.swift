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
    /// All that was recorded of the answer.
    var answer: JSONValue
    var testDescription: String { "\(id): \(title)" }

    /// Recorded from a real kube-apiserver v1.36.2.
    static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Golden/validation.jsonl")

    static let all: [GoldenCase] = {
        let text = try! String(contentsOf: file, encoding: .utf8)
        return text.split(separator: "\n").map { line in
            let json = try! JSONParser.read(Array(line.utf8)).value
            func request(_ json: JSONValue) -> Request {
                Request(
                    method: json["method"]!.string!, path: json["path"]!.string!,
                    contentType: json["contentType"]?.string ?? "", body: json["body"])
            }
            return GoldenCase(
                id: json["id"]!.string!, title: json["title"]!.string!,
                setup: json["setup"]!.array!.map(request), request: request(json["request"]!),
                code: Int(json["answer"]!["code"]!.int!), status: json["answer"]!["status"], answer: json["answer"]!)
        }
    }()

    /// Cases about the transport of requests, which nothing here has: objects and patches come as values.
    static let leftOut: [String: String] = [
        "pod-fieldvalidation-bad": "a parameter in the URL", "pod-dryrun-bad": "a parameter in the URL",
        "del-propagation": "a parameter in the URL; the propagation policy is an enumeration here",
        "pod-no-kind": "kind and apiVersion come from the URL", "pod-wrong-kind": "kind and URL disagree",
        "pod-ns-mismatch": "namespace and URL disagree", "upd-put-mismatch": "name and URL disagree",
        "pod-broken-json": "the text of an HTTP body", "pod-dup-field-strict": "the text of an HTTP body",
        "upd-jsonpatch-test": "JSON patches", "upd-jsonpatch-shape": "JSON patches", "upd-patch-type": "content types",
        "ssa-conflict": "server-side apply", "ssa-force": "server-side apply", "ssa-managedfields": "server-side apply",
        "ssa-unknown-field": "server-side apply",
    ]
    static let run = all.filter { leftOut[$0.id] == nil }

    /// Cases of which the code, the reason and the fields agree, and the first line of the message where it is the API server's
    /// own; what is not compared, and why.
    static let loose: [String: String] = [
        "resize-via-main": "the recorded server gives pods one more volume source", "upd-nodename": "the recorded server gives pods one more volume source",

        "pod-wrong-type": "Go's JSON decoder names its types", "dep-replicas-type": "Go's JSON decoder names its types",
    ]
}

/// Sends the requests of the golden cases to a cluster.
struct GoldenClient {
    var cluster = Cluster(profile: KubernetesProfile(minor: 36))

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
            case ("POST", _):
                // A fork is what a dry run leaves the cluster as it was by.
                let before = cluster
                try create(try decodeObject(request.body!, strict: strict).get(), path)
                if request.path.contains("dryRun=All") { cluster = before }
            case ("PUT", _): try update(try decodeObject(request.body!, strict: strict).get())
            case ("PATCH", "resize"): try resize(path[path.count - 2], request)
            case ("PATCH", _):
                let kind = KindInfo.find(path[path.count - 2])!.type
                let namespace = path.contains("namespaces") ? "golden" : ""
                try cluster.patch(kind, ObjectKey(namespace: namespace, name: path.last!), request.body!)
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

    private mutating func resize(_ name: String, _ request: GoldenCase.Request) throws(APIError) {
        let key = ObjectKey(namespace: "golden", name: name)
        var pod: JSONValue
        if request.contentType.hasPrefix("application/json-patch") {
            guard let old = cluster.store.pods[key] else { throw .notFound(Kind.pod.info, name) }
            pod = old.document
            for step in request.body!.array! {
                #expect(step["op"] == "remove")
                pod = Self.removing(step["path"]!.string!.split(separator: "/").map(String.init)[...], from: pod)
            }
        } else {
            pod = try cluster.patched(.pod, key, request.body!).document
        }
        try cluster.resize(try decodeObject(pod).get() as! Pod)
    }

    private static func removing(_ path: ArraySlice<String>, from value: JSONValue) -> JSONValue {
        guard let step = path.first else { return value }
        if var elements = value.array, let i = Int(step) {
            elements[i] = removing(path.dropFirst(), from: elements[i])
            return .array(elements)
        }
        var value = value
        value[step] = path.count == 1 ? nil : removing(path.dropFirst(), from: value[step]!)
        return value
    }
}

struct GoldenValidationTests {
    @Test func `every case is run or has a reason why not`() {
        #expect(GoldenCase.all.count == 138)
        for id in GoldenCase.leftOut.keys { #expect(GoldenCase.all.contains { $0.id == id }, "\(id)") }
        #expect(GoldenCase.run.count == 122)
    }

    @Test(arguments: GoldenCase.run)
    func `the answer is that of the API server`(_ golden: GoldenCase) throws {
        var client = try GoldenClient()
        for request in golden.setup { #expect(client.send(request) == nil, "\(request.path)") }
        let refusal = client.send(golden.request)
        guard let wanted = golden.status else {
            #expect(refusal == nil)
            if golden.id.hasPrefix("resize-") {
                try expect(client.cluster.store.pods[ObjectKey(namespace: "golden", name: "rz")], as: golden.answer)
            }
            return
        }
        let got = try #require(refusal)
        #expect(got.code == golden.code)
        #expect(got.status["reason"] == wanted["reason"])
        func fields(_ status: JSONValue) -> [JSONValue?] {
            (status["details"]?["causes"]?.array ?? []).map { $0["field"] }
        }
        #expect(fields(got.status) == fields(wanted))
        if let reason = GoldenCase.loose[golden.id] {
            guard reason.contains("diff"), let line = wanted["message"]?.string?.split(separator: "\n")[0] else { return }
            #expect(got.message.split(separator: "\n")[0] == line)
            return
        }
        // Identities are of the recorded run.
        let identity = #/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/#
        #expect(
            got.message.replacing(identity, with: "UID")
                == wanted["message"]?.string?.replacing(identity, with: "UID"))
        #expect(got.status["details"] == wanted["details"])
    }

    /// The pod after a resize is as recorded.
    private func expect(_ pod: Pod?, as answer: JSONValue) throws {
        let pod = try #require(pod)
        let spec = try #require(pod.document["spec"])
        let containers = (spec["containers"]!.array! + (spec["initContainers"]?.array ?? [])).map { container -> JSONValue in
            ["name": container["name"]!, "resources": container["resources"] ?? [:]]
        }
        #expect(.array(containers) == answer["containers"])
        #expect((spec["resources"] ?? .null) == answer["podResources"])
        #expect(pod.metadata.generation == Int(answer["generation"]!.int!))
        #expect(pod.document["metadata"]!["labels"] == answer["labels"])
        #expect(spec["containers"]!.array!.map { $0["image"]! } == answer["images"]!.array!)
    }
}
