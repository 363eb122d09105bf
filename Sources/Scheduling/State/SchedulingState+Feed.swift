// How the scheduler's view of the cluster follows the feed of changes.

import ControlPlane
import KubernetesAPI

extension SchedulingState {
    /// Takes in one entry of the feed of changes.
    mutating func read(_ entry: LogEntry, _ store: ObjectStore) {
        switch entry.kind {
        case .pod:
            let change = store.pods.change(entry.index)
            if change.action == .deleted {
                forget(podAt: change.slot)
            } else {
                note(pod: change.object, slot: change.slot)
            }
        case .node:
            let change = store.nodes.change(entry.index)
            if change.action == .deleted {
                remove(node: change.object.metadata.name)
            } else {
                set(node: change.object)
            }
        case .namespace:
            let change = store.namespaces.change(entry.index)
            note(namespace: change.object, gone: change.action == .deleted)
        case .service:
            let change = store.services.change(entry.index)
            selectors.set(change.object, gone: change.action == .deleted)
        case .replicaSet:
            let change = store.replicaSets.change(entry.index)
            selectors.set(
                .replicaSet, change.object.key, change.action == .deleted ? nil : change.object.spec.selector)
        case .statefulSet:
            let change = store.statefulSets.change(entry.index)
            selectors.set(
                .statefulSet, change.object.key, change.action == .deleted ? nil : change.object.spec.selector
            )
        case .replicationController:
            let change = store.replicationControllers.change(entry.index)
            selectors.set(change.object, gone: change.action == .deleted)
        default: break
        }
    }
}
