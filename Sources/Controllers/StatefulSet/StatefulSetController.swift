import ControlPlane
import KubernetesAPI
import SimulationKit

/// Keeps each StatefulSet's pods by their ordinals: created, scaled, updated one after another.
///
/// - Source: Kubernetes `pkg/controller/statefulset/stateful_set_control.go`.
struct StatefulSetController: Controller {
    static let queueName = "statefulset"
    static let watches: [Kind] = [.statefulSet, .controllerRevision, .pod]
    var queue = WorkQueue<ObjectKey>()
    private var revisions = Revisions()
    private var selectors = SelectorIndex()
    private var orphans = Orphans()
    private let source = EventSource("statefulset-controller")

    mutating func observe(_ entry: LogEntry, _ cluster: inout Cluster) {
        guard entry.kind == .statefulSet else { return revisions.observe(entry, cluster) }
        let change = cluster.store.statefulSets.change(entry.index)
        let isGone = change.action == .deleted
        selectors.set(change.object.key, isGone ? nil : change.object.spec.selector)
        if isGone { revisions.forget(owner: change.object.metadata.uid) }
        queue.add(change.object.key)
    }

    mutating func observe(pod change: Change<Pod>, _ cluster: inout Cluster) {
        if let labels = orphans.observe(change) {
            for key in selectors.matching(namespace: change.object.namespace, labels) { queue.add(key) }
        }
        if let owner = change.object.metadata.controller ?? change.previous?.metadata.controller,
            owner.kind == "StatefulSet"
        {
            queue.add(ObjectKey(namespace: change.object.namespace, name: owner.name))
        }
    }

    mutating func reconcile(_ key: ObjectKey, _ cluster: inout Cluster) -> Requeue {
        guard let set = cluster.store.statefulSets[key], let selector = set.spec.selector else {
            return .none
        }
        let pods = cluster.claimPods(of: set, selector, orphans) { set.ordinal(of: $0) != nil }
        if set.metadata.isTerminating { return .none }
        do throws(APIError) {
            let update = try revisions.current(
                set.spec.template, of: set, collisions: set.status.collisionCount, &cluster)
            let history = revisions.all(of: set.metadata.uid, cluster)
            let current = history.first { $0.name == set.status.currentRevision } ?? update
            var sync = StatefulSetSync(set: set, current: current, update: update, pods: pods, source: source)
            let again = try sync.run(&cluster)
            sync.report(&cluster)
            let live = Set(
                sync.livingPods(cluster).compactMap { pod in
                    pod.metadata.labels["controller-revision-hash"]
                } + [current.name, update.name])
            revisions.truncate(
                of: set.metadata.uid, limit: set.spec.revisionHistoryLimit ?? 10, live: live, &cluster)
            return again
        } catch {
            return error.isNamespaceTerminating ? .none : .retry
        }
    }
}
