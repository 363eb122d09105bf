import ControlPlane
import KubernetesAPI

/// Workloads by their names and pods, for dialogs about all pods of one.
enum LiveWorkload {
    /// The unfinished pods of workloads, those on nodes first, in natural order.
    static func pods(of objects: [any StoredObject], _ world: World) -> [Pod] {
        var seen: Set<ObjectKey> = []
        return objects.flatMap { world.store.pods(below: $0) }
            .filter { !$0.isFinished && !$0.metadata.isTerminating && seen.insert($0.key).inserted }
            .sorted { a, b in
                if a.nodeName.isEmpty != b.nodeName.isEmpty { return !a.nodeName.isEmpty }
                return a.namespace != b.namespace ? a.namespace < b.namespace : naturalOrder(a.name, b.name)
            }
    }

    /// The workload called `kind/name` in the namespaces looked at; nil if the word is no such thing.
    static func find(_ word: String?, _ world: World) -> (kind: KindInfo, object: any StoredObject)? {
        let parts = (word ?? "").split(separator: "/").map(String.init)
        guard parts.count == 2, let info = KindInfo.find(parts[0]), info.type != .pod else { return nil }
        let found = world.store.objects(info.type).first {
            $0.metadata.name == parts[1] && (world.namespace.isEmpty || world.namespace == $0.metadata.namespace)
        }
        return found.map { (info, $0) }
    }
}

extension ObjectStore {
    /// The pods that `object` owns, itself or by its ReplicaSets or Jobs, in no order; itself if it is a pod. O(its pods, and all
    /// ReplicaSets or Jobs).
    func pods(below object: any StoredObject) -> [Pod] {
        if let pod = object as? Pod { return [pod] }
        func owned<O: StoredObject>(_ type: O.Type) -> [Pod] {
            self[keyPath: O.table].rows.flatMap { row -> [Pod] in
                guard let row, row.metadata.controller?.uid == object.metadata.uid else { return [] }
                return pods(ownedBy: row.metadata.uid)
            }
        }
        let own = pods(ownedBy: object.metadata.uid)
        switch object.kindInfo.type {
        case .deployment: return own + owned(ReplicaSet.self)
        case .cronJob: return own + owned(Job.self)
        default: return own
        }
    }
    /// The pods of a workload, in no order. O(them, and all ReplicaSets or Jobs).
    func pods(of workload: Workload, _ cluster: Cluster) -> [Pod] {
        if let kind = KindInfo.find(workload.kind), let object = object(kind.type, workload.key) { return pods(below: object) }
        // Its owner is gone, or of a kind that nobody knows.
        return pods.all.filter { $0.namespace == workload.namespace && Workload(of: $0, cluster) == workload }
    }
}
