import ControlPlane
import KubernetesAPI
import SimulationKit

/// Empties namespaces that are being deleted, pods first, and lets them go.
/// - Source: Kubernetes `pkg/controller/namespace/deletion/namespaced_resources_deleter.go`.
struct NamespaceController: Controller {
    static let queueName = "namespace"
    static let watches: [Kind] = [.namespace]
    var queue = WorkQueue<ObjectKey>()

    mutating func observe(_ entry: LogEntry, _ cluster: inout Cluster) {
        let change = cluster.store.namespaces.change(entry.index)
        let before = change.previous?.metadata.isTerminating ?? false
        if change.action != .deleted, change.object.metadata.isTerminating, !before {
            queue.add(change.object.key)
        }
    }

    mutating func reconcile(_ key: ObjectKey, _ cluster: inout Cluster) -> Requeue {
        guard let namespace = cluster.store.namespaces[key], namespace.metadata.isTerminating else {
            return .none
        }
        // Seconds that what remains is estimated to need.
        var estimate = 0
        var remaining: [String] = []
        var finalizers: [String: Int] = [:]
        for pod in cluster.store.pods.sorted(namespace: key.name) {
            _ = try? cluster.delete(Pod.self, pod.key)
            guard cluster.store.pods[pod.key] != nil else { continue }
            if !pod.isFinished { estimate = max(estimate, pod.spec.terminationGracePeriodSeconds ?? 30) }
        }
        let podsFirst = cluster.profile.isEnabled(.orderedNamespaceDeletion)
        for info in KindInfo.all.filter(\.isNamespaced).map(\.type) + [.custom] {
            if info != .pod, !(podsFirst && remaining.first?.hasPrefix("pods. ") == true) {
                for object in cluster.store.objects(info, namespace: key.name)
                where !object.metadata.isTerminating {
                    cluster.delete(info, object.key)
                }
            }
            let left = cluster.store.objects(info, namespace: key.name)
            guard let first = left.first else { continue }
            remaining.append(
                "\(first.kindInfo.plural).\(first.kindInfo.group) has \(left.count) resource instances")
            for finalizer in left.flatMap({ $0.metadata.finalizers }) {
                finalizers[finalizer, default: 0] += 1
            }
            if !left.allSatisfy({ $0.metadata.finalizers.isEmpty }) { estimate = max(estimate, 15) }
        }
        if remaining.isEmpty {
            cluster.modify(Namespace.self, key) { $0.spec.finalizers.removeAll { $0 == "kubernetes" } }
            cluster.releaseFinalizers(Namespace.self, key) { _ in }
            return .none
        }
        tell(key, remaining, finalizers, &cluster)
        return .at(cluster.now + .seconds(estimate / 2 + 1))
    }

    /// Writes into the namespace's conditions what still keeps it.
    ///
    /// - Parameter finalizers: how many objects have each.
    private func tell(_ key: ObjectKey, _ remaining: [String], _ finalizers: [String: Int], _ cluster: inout Cluster) {
        let now = cluster.now
        let held = finalizers.keys.sorted().map { "\($0) in \(finalizers[$0]!) resource instances" }
        cluster.modify(Namespace.self, key) { namespace in
            for (type, reason, message) in [
                (
                    "NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered",
                    "All resources successfully discovered"
                ),
                (
                    "NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions",
                    "All legacy kube types successfully parsed"
                ),
                (
                    "NamespaceDeletionContentFailure", "ContentDeleted",
                    "All content successfully deleted, may be waiting on finalization"
                ),
            ] {
                namespace.status.conditions.set(
                    Condition(type: type, status: false, reason: reason, message: message), now: now)
            }
            namespace.status.conditions.set(
                Condition(
                    type: "NamespaceContentRemaining", status: true, reason: "SomeResourcesRemain",
                    message: "Some resources are remaining: \(remaining.joined(separator: ", "))"), now: now)
            namespace.status.conditions.set(
                held.isEmpty
                    ? Condition(
                        type: "NamespaceFinalizersRemaining", status: false, reason: "ContentHasNoFinalizers",
                        message: "All content-preserving finalizers finished")
                    : Condition(
                        type: "NamespaceFinalizersRemaining", status: true, reason: "SomeFinalizersRemain",
                        message:
                            "Some content in the namespace has finalizers remaining: \(held.joined(separator: ", "))"
                    ),
                now: now)
        }
    }
}
