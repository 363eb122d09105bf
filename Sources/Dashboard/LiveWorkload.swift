import ControlPlane
import KubernetesAPI

/// Workloads by their names and pods, for dialogs about all pods of one.
enum LiveWorkload {
    /// The unfinished pods of workloads, those on nodes first, in natural order.
    static func pods(of objects: [any StoredObject], _ world: World) -> [Pod] {
        let owners = objects.map { Workload(kind: $0.kindInfo.kind, namespace: $0.metadata.namespace, name: $0.metadata.name) }
        let wanted = Set(owners)
        let own = Set(objects.map(\.metadata.uid))
        return world.store.pods.all
            .filter { pod in
                !pod.isFinished && !pod.metadata.isTerminating
                    && (own.contains(pod.metadata.controller?.uid ?? "") || wanted.contains(Workload(of: pod, world.cluster)))
            }
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
