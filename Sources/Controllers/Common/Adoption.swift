// How controllers adopt pods and other children that match their selector, and let go of those that no longer do.

import ControlPlane
import KubernetesAPI

extension Cluster {
    /// Makes `owner` the controlling owner of the orphans `keys`. Returns those that were adopted.
    mutating func adopt<Child: StoredObject>(
        _ type: Child.Type, _ keys: [ObjectKey], by owner: some KubernetesObject
    ) -> [Child] {
        keys.compactMap { key in
            modify(type, key) { child in
                guard child.metadata.controller == nil, !child.metadata.isTerminating else { return }
                child.metadata.ownerReferences.append(OwnerReference(controller: owner))
            }
        }
    }

    /// Takes the reference to the owner with the identity `uid` off an object.
    mutating func release<Child: StoredObject>(_ type: Child.Type, _ key: ObjectKey, owner uid: String) {
        modify(type, key) { child in child.metadata.ownerReferences.removeAll { $0.uid == uid } }
    }

    /// The pods of `owner`, after orphans that its selector matches and that `suits` takes were adopted, and pods that it
    /// no longer matches released. An owner that is being deleted does neither.
    /// - Source: Kubernetes `pkg/controller/controller_ref_manager.go`, `ClaimPods`.
    mutating func claimPods(
        of owner: some KubernetesObject, _ selector: LabelSelector, _ orphans: Orphans, suits: (Pod) -> Bool
    ) -> [Pod] {
        let uid = owner.metadata.uid
        let isTerminating = owner.metadata.isTerminating
        var pods: [Pod] = []
        for pod in store.pods(ownedBy: uid) {
            if selector.matches(pod.metadata.labels) {
                pods.append(pod)
            } else if !isTerminating {
                release(Pod.self, pod.key, owner: uid)
            }
        }
        if isTerminating { return pods }
        let candidates = orphans.matching(namespace: owner.metadata.namespace, selector).filter { key in
            store.pods[key].map { $0.metadata.controller == nil && suits($0) } ?? false
        }
        return pods + adopt(Pod.self, candidates, by: owner)
    }
}
