import ControlPlane
import KubernetesAPI
import SimulationKit

/// Deletes objects whose owners are gone, and carries out foreground and orphaning deletions.
/// - Source: Kubernetes `pkg/controller/garbagecollector/garbagecollector.go`.
struct GarbageCollector: Controller {
    /// An object by kind and key.
    struct Item: Hashable, Sendable, Comparable {
        var kind: Kind
        var key: ObjectKey
        static func < (a: Item, b: Item) -> Bool {
            a.kind == b.kind ? a.key < b.key : a.kind.rawValue < b.kind.rawValue
        }
    }
    enum Key: Hashable, Sendable {
        /// Has owners, of which some may be gone.
        case dependent(Item)
        /// Is being deleted and waits for its dependents.
        case owner(Item)
    }

    static let queueName = "garbage_collector_attempt_to_delete"
    static let watches: [Kind] = []
    var queue = WorkQueue<Key>()
    /// Dependents by the identity of each owner; pods with nothing but a controller are found through the store.
    private var dependents: [String: Set<Item>] = [:]
    /// Identities of owners of custom kinds that went while they had dependents: the last of its kind takes the kind with it.
    private var gone: Set<String> = []
    /// Owners that wait for their dependents, by identity.
    private var waiting: [String: Item] = [:]

    mutating func observe(pod change: Change<Pod>, _ cluster: inout Cluster) { hear(change, &cluster) }
    mutating func observe(node change: Change<Node>, _ cluster: inout Cluster) { hear(change, &cluster) }
    mutating func observe(_ entry: LogEntry, _ cluster: inout Cluster) {
        func open<O: StoredObject>(_ type: O.Type) {
            hear(cluster.store[keyPath: O.table].change(entry.index), &cluster)
        }
        open(ObjectStore.type(of: entry.kind))
    }

    private mutating func hear<O: StoredObject>(_ change: Change<O>, _ cluster: inout Cluster) {
        if change.action == .modified, change.previous?.metadata.identity == change.object.metadata.identity {
            return
        }
        let item = Item(kind: O.kind, key: change.object.key)
        let meta = change.object.metadata.value
        let before = change.previous?.metadata.ownerReferences ?? []
        let after = change.action == .deleted ? [] : meta.ownerReferences
        if before != after {
            for reference in before where !isFoundThroughStore(before, O.kind) {
                dependents[reference.uid]?.remove(item)
                if dependents[reference.uid]?.isEmpty == true { dependents[reference.uid] = nil }
            }
            for reference in after where !isFoundThroughStore(after, O.kind) {
                dependents[reference.uid, default: []].insert(item)
            }
        }
        for reference in before { if let owner = waiting[reference.uid] { queue.add(.owner(owner)) } }
        if change.action == .deleted {
            waiting[meta.uid] = nil
            let left = dependentItems(of: meta.uid, cluster)
            if O.kind == .custom, !left.isEmpty { gone.insert(meta.uid) }
            for dependent in left { queue.add(.dependent(dependent)) }
            return
        }
        if after.contains(where: { fate(of: $0, namespace: meta.namespace, cluster) != .solid }) {
            queue.add(.dependent(item))
        }
        if meta.isTerminating,
            meta.finalizers.contains("foregroundDeletion") || meta.finalizers.contains("orphan")
        {
            waiting[meta.uid] = item
            queue.add(.owner(item))
        }
    }

    private func isFoundThroughStore(_ references: [OwnerReference], _ kind: Kind) -> Bool {
        kind == .pod && references.count == 1 && references[0].controller == true
    }

    private func dependentItems(of uid: String, _ cluster: Cluster) -> [Item] {
        let pods = cluster.store.pods(ownedBy: uid).map { Item(kind: .pod, key: $0.key) }
        let others = dependents[uid] ?? []
        return pods.filter { !others.contains($0) } + others.sorted()
    }

    mutating func reconcile(_ key: Key, _ cluster: inout Cluster) -> Requeue {
        switch key {
        case .dependent(let item): collect(item, &cluster)
        case .owner(let item): releaseOwner(item, &cluster)
        }
        return .none
    }

    // MARK: Dependents

    private enum Fate { case solid, dangling, waiting }

    /// Whether the owner that `reference` names is there, gone, or waits for its dependents to go.
    private func fate(of reference: OwnerReference, namespace: String, _ cluster: Cluster) -> Fate {
        if cluster.unseenOwners.contains(reference.uid) { return .solid }
        let group = reference.group
        let owner: ObjectMeta?
        if let info = KindInfo.named(reference.kind, group: group) {
            let key = ObjectKey(namespace: info.isNamespaced ? namespace : "", name: reference.name)
            owner = cluster.store.metadata(info.type, key)?.value
        } else {
            let found =
                cluster.store.customObjects[CustomObject.key(reference.kind, group, namespace: namespace, reference.name)]
                ?? cluster.store.customObjects[CustomObject.key(reference.kind, group, reference.name)]
            // Of a kind that the cluster does not know, nobody can say that an owner is gone.
            guard let found else {
                return gone.contains(reference.uid) || cluster.store.customKinds.contains { $0.kind == reference.kind && $0.group == group }
                    ? .dangling : .solid
            }
            owner = found.metadata.value
        }
        guard let owner, owner.uid == reference.uid else { return .dangling }
        return owner.isTerminating && owner.finalizers.contains("foregroundDeletion") ? .waiting : .solid
    }

    /// Deletes an object of which no owner is left; takes references to owners that are gone off others.
    private func collect(_ item: Item, _ cluster: inout Cluster) {
        guard let meta = cluster.store.object(item.kind, item.key)?.metadata.value,
            !meta.ownerReferences.isEmpty
        else { return }
        let isDeletingDependents = meta.finalizers.contains("foregroundDeletion")
        if meta.isTerminating, !isDeletingDependents { return }
        let fates = meta.ownerReferences.map { fate(of: $0, namespace: meta.namespace, cluster) }
        if fates.contains(.solid) {
            guard fates.contains(where: { $0 != .solid }) else { return }
            let kept = zip(meta.ownerReferences, fates).filter { $0.1 == .solid }.map(\.0)
            cluster.editMetadata(item.kind, item.key) { $0.ownerReferences = kept }
            return
        }
        var options = DeleteOptions(uid: meta.uid)
        if meta.finalizers.contains("orphan") {
            options.propagation = .orphan
        } else if isDeletingDependents
            || (fates.contains(.waiting) && !dependentItems(of: meta.uid, cluster).isEmpty)
        {
            options.propagation = .foreground
        }
        if meta.isTerminating { return }
        cluster.delete(item.kind, item.key, options)
    }

    // MARK: Owners that wait

    private func releaseOwner(_ item: Item, _ cluster: inout Cluster) {
        guard let meta = cluster.store.object(item.kind, item.key)?.metadata.value, meta.isTerminating else {
            return
        }
        let items = dependentItems(of: meta.uid, cluster)
        if meta.finalizers.contains("orphan") {
            for dependent in items {
                cluster.editMetadata(dependent.kind, dependent.key) { child in
                    child.ownerReferences.removeAll { $0.uid == meta.uid }
                }
            }
            cluster.releaseFinalizer("orphan", item.kind, item.key)
        } else if meta.finalizers.contains("foregroundDeletion") {
            var isBlocked = false
            for dependent in items {
                guard let child = cluster.store.object(dependent.kind, dependent.key)?.metadata.value else {
                    continue
                }
                let blocks = child.ownerReferences.contains {
                    $0.uid == meta.uid && $0.blockOwnerDeletion == true
                }
                collect(dependent, &cluster)
                if blocks, cluster.store.object(dependent.kind, dependent.key)?.metadata.uid == child.uid {
                    isBlocked = true
                }
            }
            if !isBlocked { cluster.releaseFinalizer("foregroundDeletion", item.kind, item.key) }
        }
    }
}
