import ControlPlane
import KubernetesAPI
import SimulationKit

/// The revisions of the templates of StatefulSets and DaemonSets, kept as ControllerRevisions.
/// - Source: Kubernetes `pkg/controller/history/controller_history.go`.
struct Revisions: Sendable {
    private var children = ChildIndex()
    /// The data of the template last seen of each owner, so that an unchanged one is not written out again.
    private var known: [String: (template: PodTemplateSpec, data: JSONValue)] = [:]

    mutating func observe(_ entry: LogEntry, _ cluster: Cluster) {
        children.observe(cluster.store.controllerRevisions.change(entry.index))
    }
    mutating func forget(owner uid: String) { known[uid] = nil }

    private mutating func data(_ template: PodTemplateSpec, owner uid: String) -> JSONValue {
        if let known = known[uid], known.template == template { return known.data }
        var json = template.json ?? [:]
        json["$patch"] = "replace"
        let data: JSONValue = ["spec": ["template": json]]
        known[uid] = (template, data)
        return data
    }

    /// The owner's revisions, oldest first.
    func all(of uid: String, _ cluster: Cluster) -> [ControllerRevision] {
        children[uid].compactMap { cluster.store.controllerRevisions[$0] }.sorted {
            $0.revision == $1.revision ? $0.name < $1.name : $0.revision < $1.revision
        }
    }

    /// The revision of `template`, made if there is none; an older equal one becomes the newest.
    mutating func current(
        _ template: PodTemplateSpec, of owner: some KubernetesObject, collisions: Int?,
        _ cluster: inout Cluster
    ) throws(APIError) -> ControllerRevision {
        let uid = owner.metadata.uid
        let data = data(template, owner: uid)
        let history = all(of: uid, cluster)
        let next = (history.last?.revision ?? 0).saturatingAdd(1)
        if let last = history.last, last.data == data { return last }
        if let equal = history.last(where: { $0.data == data }) {
            return try cluster.update(ControllerRevision.self, equal.key) { $0.revision = next }
        }
        var collisions = collisions
        while true {
            let text = data.text() + (collisions.map(String.init) ?? "")
            let hash = StableHash.safeEncode(StableHash.fnv1a32(text))
            var meta = ObjectMeta(
                name: "\(owner.metadata.name)-\(hash)", namespace: owner.metadata.namespace,
                labels: template.metadata.labels)
            meta.labels["controller-revision-hash"] = hash
            meta.ownerReferences = [OwnerReference(controller: owner)]
            var revision = ControllerRevision()
            (revision.metadata, revision.data, revision.revision) = (Metadata(meta), data, next)
            guard let present = cluster.store.controllerRevisions[revision.key] else {
                return try cluster.create(revision)
            }
            if present.data == data, present.metadata.controller.map({ $0.uid == uid }) ?? !present.metadata.isTerminating {
                // Left over from an owner of the same name that was deleted without its dependents.
                return cluster.adopt(ControllerRevision.self, [present.key], by: owner).first ?? present
            }
            // The name is another's: try the next hash.
            collisions = (collisions ?? 0) + 1
        }
    }

    /// Deletes the oldest revisions beyond `limit` that `live` does not name.
    func truncate(of uid: String, limit: Int, live: Set<String>, _ cluster: inout Cluster) {
        let idle = all(of: uid, cluster).filter { !live.contains($0.name) }
        for revision in idle.prefix(max(0, idle.count - limit)) {
            _ = try? cluster.delete(ControllerRevision.self, revision.key)
        }
    }
}

extension ControllerRevision {
    /// The template that the revision holds.
    var template: PodTemplateSpec? {
        guard let json = data?["spec"]?["template"], var object = json.object else { return nil }
        object["$patch"] = nil
        var decoder = APIDecoder()
        return PodTemplateSpec.decode(.object(object), &decoder)
    }
    /// The hash in its name.
    var hash: String { metadata.labels["controller-revision-hash"] ?? "" }
}
