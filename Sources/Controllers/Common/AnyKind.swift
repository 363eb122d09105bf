import ControlPlane
import KubernetesAPI

// Verbs on objects whose kind is only known at run time.
extension Cluster {
    /// Deletes an object; one that is gone already is no failure.
    mutating func delete(_ kind: Kind, _ key: ObjectKey, _ options: DeleteOptions = DeleteOptions()) {
        func open<O: StoredObject>(_ type: O.Type) { _ = try? delete(type, key, options) }
        open(ObjectStore.type(of: kind))
    }
    /// Changes an object's metadata as the system does.
    mutating func editMetadata(_ kind: Kind, _ key: ObjectKey, _ change: (inout ObjectMeta) -> Void) {
        func open<O: StoredObject>(_ type: O.Type) { modify(type, key) { change(&$0.metadata.value) } }
        open(ObjectStore.type(of: kind))
    }
    /// Takes a finalizer off an object, which goes if it was the last it waited for.
    mutating func releaseFinalizer(_ finalizer: String, _ kind: Kind, _ key: ObjectKey) {
        func open<O: StoredObject>(_ type: O.Type) {
            releaseFinalizers(type, key) { $0.removeAll { $0 == finalizer } }
        }
        open(ObjectStore.type(of: kind))
    }
}
