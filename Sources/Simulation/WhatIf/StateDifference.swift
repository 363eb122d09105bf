import ControlPlane
import KubernetesAPI

/// What two states of a cluster say differently of objects other than pods: what came, what is gone, what is wanted otherwise,
/// which versions run.
public struct StateDifference: Sendable {
    public struct Change: Sendable, Equatable {
        /// `deployment/shop/web`
        public var object: String
        /// `new`, `gone`, or what is wanted otherwise: `spec.replicas 3 → 5`.
        public var words: [String]
    }
    public struct Version: Sendable, Equatable {
        /// `kubelet`, or a workload's container: `deployment/shop/web main`.
        public var what: String
        /// A version or an image; empty: there was none.
        public var before: String
        public var after: String
        /// On how many nodes; 1 for images.
        public var count: Int
    }
    /// By kind, namespace and name.
    public private(set) var changes: [Change] = []
    public private(set) var versions: [Version] = []

    /// What follows from other objects, is told elsewhere or changes all the time.
    private static let others: Set<Kind> = [.pod, .event, .replicaSet, .endpointSlice, .controllerRevision, .volumeAttachment]
    /// The same of kinds without a type of their own.
    private static let otherKept: Set<String> = ["Lease", "Endpoints", "ComponentStatus", "PodMetrics", "NodeMetrics"]

    public init(from before: Cluster, to after: Cluster) {
        for kind in Kind.allCases where !Self.others.contains(kind) {
            let (old, new) = (Self.objects(kind, before), Self.objects(kind, after))
            for name in Set(old.keys).union(new.keys).sorted() {
                var words: [String] = []
                switch (old[name], new[name]) {
                case (let a?, let b?): words = Self.wanted(a, b)
                case (nil, _): words = ["new"]
                case (_, nil): words = ["gone"]
                }
                if !words.isEmpty { changes.append(Change(object: name, words: words)) }
            }
            if let template = Self.template(kind) { noteImages(old.compactMapValues(template), new.compactMapValues(template)) }
        }
        noteKubelets(before, after)
    }

    /// The objects of a kind by name; those without a type by the plural of theirs, with its group, as several may have the same.
    private static func objects(_ kind: Kind, _ cluster: Cluster) -> [String: any StoredObject] {
        var objects: [String: any StoredObject] = [:]
        for object in cluster.store.objects(kind) {
            let info = object.kindInfo
            if kind == .custom, otherKept.contains(info.kind) { continue }
            let word = kind == .custom ? info.qualifiedPlural : info.kind.lowercased()
            objects["\(word)/\(info.isNamespaced ? "\(object.metadata.namespace)/" : "")\(object.metadata.name)"] = object
        }
        return objects
    }

    /// What two forms of an object want differently: all but status and what the server writes; labels and annotations that people set.
    private static func wanted(_ a: any StoredObject, _ b: any StoredObject) -> [String] {
        func own(_ object: any StoredObject) -> [(key: String, value: JSONValue)] {
            (object.document.object?.members ?? []).filter { !["apiVersion", "kind", "metadata", "status"].contains($0.key) }
        }
        let (old, new) = (own(a), own(b))
        let names = old.map(\.key) + new.map(\.key).filter { name in !old.contains { $0.key == name } }
        var words = names.flatMap { name in
            differences(old.first { $0.key == name }?.value ?? .null, new.first { $0.key == name }?.value ?? .null, name)
        }
        if a.metadata.labels != b.metadata.labels {
            words += differences(a.metadata.labels.json ?? .object(JSONObject()), b.metadata.labels.json ?? .object(JSONObject()), "labels")
        }
        return words
    }

    /// How to get at the template of a workload's pods.
    private static func template(_ kind: Kind) -> ((any StoredObject) -> PodTemplateSpec?)? {
        switch kind {
        case .deployment: { ($0 as? Deployment)?.spec.template }
        case .statefulSet: { ($0 as? StatefulSet)?.spec.template }
        case .daemonSet: { ($0 as? DaemonSet)?.spec.template }
        case .cronJob: { ($0 as? CronJob)?.spec.jobTemplate.spec.template }
        default: nil
        }
    }

    private mutating func noteImages(_ old: [String: PodTemplateSpec], _ new: [String: PodTemplateSpec]) {
        func images(_ template: PodTemplateSpec?) -> [String: String] {
            let containers = (template?.spec.initContainers ?? []) + (template?.spec.containers ?? [])
            return Dictionary(containers.map { ($0.name, $0.image) }) { first, _ in first }
        }
        for workload in new.keys.sorted() {
            guard let was = old[workload] else { continue }
            let (a, b) = (images(was), images(new[workload]))
            for name in Set(a.keys).union(b.keys).sorted() where a[name] != b[name] {
                versions.append(Version(what: "\(workload) \(name)", before: a[name] ?? "", after: b[name] ?? "", count: 1))
            }
        }
    }

    private mutating func noteKubelets(_ before: Cluster, _ after: Cluster) {
        var counts: [[String]: Int] = [:]
        for node in after.store.nodes.all {
            guard let was = before.store.nodes[node.key]?.status.nodeInfo?.kubeletVersion, let now = node.status.nodeInfo?.kubeletVersion, was != now else {
                continue
            }
            counts[[was, now], default: 0] += 1
        }
        let kubelets = counts.keys.sorted { $0.lexicographicallyPrecedes($1) }
        versions = kubelets.map { Version(what: "kubelet", before: $0[0], after: $0[1], count: counts[$0] ?? 0) } + versions
    }

    /// The fields that differ, with what they were and are; a list is one field unless both have as many elements.
    public static func differences(_ a: JSONValue, _ b: JSONValue, _ path: String = "spec") -> [String] {
        if a == b { return [] }
        switch (a, b) {
        case (.object(let old), .object(let new)):
            var names = old.members.map(\.key)
            names += new.members.map(\.key).filter { old[$0] == nil }
            return names.flatMap { differences(old[$0] ?? .null, new[$0] ?? .null, "\(path).\($0)") }
        case (.array(let old), .array(let new)) where old.count == new.count:
            return old.indices.flatMap { differences(old[$0], new[$0], "\(path)[\($0)]") }
        default: return ["\(path) \(brief(a)) → \(brief(b))"]
        }
    }
    private static func brief(_ value: JSONValue) -> String {
        if case .null = value { return "unset" }
        let text = value.string ?? value.text()
        return text.count > 60 ? text.prefix(57) + "…" : text
    }
}
