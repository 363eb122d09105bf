import ControlPlane
import KubernetesAPI

extension Cluster {
    /// Makes `owner` the controlling owner of the orphans `keys`. Answers those that were adopted.
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
}
