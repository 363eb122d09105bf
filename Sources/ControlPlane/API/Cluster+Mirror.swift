// Objects of another API server, kept here as they are there.

import KubernetesAPI
import SimulationKit

extension Cluster {
    /// Puts an object in place as another API server has it, status included: nothing is admitted, and nobody is told. A namespace that was
    /// not seen yet is made; the real one takes its place.
    public mutating func mirror<O: StoredObject>(_ object: O) {
        var object = object
        settleKind(of: &object)
        if object.kindInfo.isNamespaced { ensureNamespace(of: &object) }
        object.setDefaults(profile)
        let before = store.get(O.self, object.key)
        // Deleted and made again meanwhile: another object of the name.
        if let before, before.metadata.uid != object.metadata.uid { store.remove(O.self, before.key, at: now) }
        if store.get(O.self, object.key) == nil { store.insert(object, at: now) } else { store.replace(object, at: now) }
        if let event = object as? Event { eventLog.note(event, since: origin) }
    }

    /// Forgets an object that the other API server has no more.
    public mutating func unmirror<O: StoredObject>(_ type: O.Type, _ key: ObjectKey) { store.remove(type, key, at: now) }

    /// Forgets the oldest changes: so many of the newest are kept for what follows them.
    public mutating func keepChanges(_ count: Int) {
        store.compact(before: WatchCursor(position: max(0, store.end.position - count)))
    }
}
