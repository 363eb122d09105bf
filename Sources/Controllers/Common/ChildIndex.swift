import ControlPlane
import KubernetesAPI

/// The objects of one kind by the identity of their controlling owner.
struct ChildIndex: Sendable {
    private var children: [String: Set<ObjectKey>] = [:]
    private var owners: [ObjectKey: String] = [:]

    /// Keeps the index current. O(1).
    mutating func observe<O: KubernetesObject>(_ change: Change<O>) {
        let key = change.object.key
        let owner = change.action == .deleted ? nil : change.object.metadata.controller?.uid
        let before = owners[key]
        if owner == before { return }
        if let before {
            children[before]?.remove(key)
            if children[before]?.isEmpty == true { children[before] = nil }
        }
        owners[key] = owner
        if let owner { children[owner, default: []].insert(key) }
    }

    /// The children of the owner with the identity `uid`, sorted by key.
    subscript(uid: String) -> [ObjectKey] { children[uid].map { $0.sorted() } ?? [] }
}
