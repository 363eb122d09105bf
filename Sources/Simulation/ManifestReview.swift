import ControlPlane
import KubernetesAPI
import Manifests

/// What the API server would answer to each document of some files, sent one after the other as `kubectl create` does.
///
/// What the files may rightly leave to the cluster is taken as there: namespaces, and the PriorityClasses and
/// ServiceAccounts that pods name. What a later document brings is not: it would not be there yet.
public struct ManifestReview: Sendable {
    /// The answer to one document.
    public struct Answer: Sendable {
        public var document: ManifestDocument
        public var kind: KindInfo
        /// The name as written; for one that the server makes, its beginning and `…`.
        public var name: String
        /// Empty for kinds without namespaces.
        public var namespace: String
        /// Why it is refused; nil if it is accepted.
        public var error: APIError?
        /// The fields that the refusal is about, with what is wrong there, in the server's order.
        public var faults: [ManifestProblem]
        /// Whether the kind is known in full; of others only the metadata is looked at.
        public var isKindKnown: Bool

        /// `deployment.apps/web`, as kubectl names objects.
        public var title: String {
            let kind = kind.kind.lowercased() + (kind.group.isEmpty ? "" : ".\(kind.group)")
            return "\(kind)/\(name)"
        }

        /// The answer as a `v1` Status.
        public var status: JSONValue {
            if let error { return error.status }
            var details: JSONObject = ["name": .string(name)]
            if !kind.group.isEmpty { details["group"] = .string(kind.group) }
            details["kind"] = .string(kind.plural)
            return [
                "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "details": .object(details), "code": 201,
            ]
        }
    }

    /// In the order of the documents.
    public private(set) var answers: [Answer] = []
    /// What was taken as there, as `namespace shop`, in the order of first need.
    public private(set) var assumed: [String] = []
    private var cluster: Cluster
    private let assumes: Bool
    /// What documents further down bring, with how many of them.
    private var coming: [Wanted: Int] = [:]
    private struct Wanted: Hashable {
        var kind: Kind
        var key: ObjectKey
    }

    /// - Parameter onlyFiles: nothing is taken as there but what a new cluster has.
    public init(_ documents: [ManifestDocument], profile: KubernetesProfile = .default, onlyFiles: Bool = false) {
        cluster = Cluster(profile: profile)
        assumes = !onlyFiles
        for document in documents { coming[Self.identity(document), default: 0] += 1 }
        for document in documents {
            coming[Self.identity(document)]! -= 1
            answers.append(answer(document))
        }
    }

    public var refused: [Answer] { answers.filter { $0.error != nil } }

    private static func identity(_ document: ManifestDocument) -> Wanted {
        let info = document.kindInfo
        let namespace = !info.isNamespaced ? "" : document.namespace.isEmpty ? "default" : document.namespace
        let key =
            info.type == .custom
            ? CustomObject.key(info.kind, info.group, namespace: namespace, document.name) : ObjectKey(namespace: namespace, name: document.name)
        return Wanted(kind: info.type, key: key)
    }

    private mutating func answer(_ document: ManifestDocument) -> Answer {
        let info = document.kindInfo
        let base = document.json["metadata"]?["generateName"]?.string ?? ""
        var answer = Answer(
            document: document, kind: info, name: document.name.isEmpty && !base.isEmpty ? base + "…" : document.name,
            namespace: info.isNamespaced ? (document.namespace.isEmpty ? "default" : document.namespace) : "", error: nil,
            faults: [], isKindKnown: info.type != .custom)
        if let problem = document.kindProblem {
            answer.error = APIError(code: 404, reason: "NotFound", message: "the server could not find the requested resource")
            answer.faults = [problem]
            return answer
        }
        switch decodeObject(document.json) {
        case .failure(let error):
            answer.error = error
            answer.faults = document.decode().problems
        case .success(let object):
            assumeWhatNeeds(object)
            func create<O: StoredObject>(_ object: O, _ cluster: inout Cluster) -> APIError? {
                do throws(APIError) {
                    try cluster.create(object)
                    return nil
                } catch {
                    return error
                }
            }
            answer.error = create(object, &cluster)
            answer.faults = (answer.error?.causes ?? []).filter { !$0.field.isEmpty }.map { document.problem($0.field, $0.message) }
        }
        return answer
    }

    // MARK: What others bring

    /// Makes what the object needs and no document brings.
    private mutating func assumeWhatNeeds(_ object: any StoredObject) {
        guard assumes else { return }
        if object.kindInfo.isNamespaced, !object.metadata.namespace.isEmpty {
            var namespace = Namespace()
            namespace.metadata.name = object.metadata.namespace
            assume(namespace, "namespace")
        }
        guard let pod = object as? Pod else { return }
        if !pod.spec.priorityClassName.isEmpty {
            var priority = PriorityClass()
            priority.metadata.name = pod.spec.priorityClassName
            priority.value = pod.spec.priority ?? 0
            priority.preemptionPolicy = pod.spec.preemptionPolicy
            assume(priority, "priorityclass")
        }
        if !pod.spec.serviceAccountName.isEmpty, pod.spec.serviceAccountName != "default" {
            var account = ServiceAccount()
            account.metadata.name = pod.spec.serviceAccountName
            account.metadata.namespace = pod.namespace.isEmpty ? "default" : pod.namespace
            assume(account, "serviceaccount")
        }
        if let name = pod.spec.runtimeClassName {
            var runtimeClass = CustomObject()
            (runtimeClass.apiVersion, runtimeClass.kindName, runtimeClass.metadata.name) = ("node.k8s.io/v1", "RuntimeClass", name)
            runtimeClass.content["handler"] = .string(name)
            if let overhead = pod.spec.overhead.json { runtimeClass.content["overhead"] = ["podFixed": overhead] }
            assume(runtimeClass, "runtimeclass")
        }
    }

    private mutating func assume<O: StoredObject>(_ object: O, _ word: String) {
        guard cluster.store.get(O.self, object.key) == nil, coming[Wanted(kind: O.kind, key: object.key), default: 0] == 0
        else { return }
        // Not even this can be made if its name is none: then the object itself is told so.
        if (try? cluster.create(object)) != nil { assumed.append("\(word) \(object.key)") }
    }
}
