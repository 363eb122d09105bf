import ControlPlane
import KubernetesAPI
import SimulationKit

/// Which pods each of some selecting objects (Services, disruption budgets) selects, kept current by changes.
///
/// A change of a pod costs a look-up of its labels; a new selector costs one pass over all pods, shared by all
/// selectors that are new at the time.
struct PodMembership: Sendable {
    private var index = SelectorIndex()
    /// Slots of the pods, rising.
    private var members: [ObjectKey: [Int]] = [:]
    private var fresh = SelectorIndex()
    /// Slots whose pods changed since somebody looked, of those objects whose pods are followed one by one.
    private var touched: [ObjectKey: Set<Int>] = [:]
    /// Up to where changes were read that were not heard of yet.
    private var ahead = WatchCursor.beginning

    /// The object `key` selects by `selector` from now on; nil: it is gone or selects nothing.
    mutating func set(_ key: ObjectKey, _ selector: LabelSelector?) {
        if selector == nil { touched[key] = nil }
        if index.selectors[key] == selector { return }
        index.set(key, selector)
        fresh.set(key, selector)
        members[key] = nil
        touched[key] = nil
    }

    /// Keeps the members current. Returns who selects the pod, or did before.
    mutating func observe(_ change: Change<Pod>) -> [ObjectKey] {
        let keys = file(change)
        for key in keys { touched[key]?.insert(change.slot) }
        return keys
    }
    private mutating func file(_ change: Change<Pod>) -> [ObjectKey] {
        let pod = change.object
        let now = index.matching(namespace: pod.namespace, pod.metadata.labels)
        if change.action == .deleted {
            for key in now { remove(change.slot, from: key) }
            return now
        }
        guard let previous = change.previous else {
            for key in now { insert(change.slot, into: key) }
            return now
        }
        if previous.metadata.identity == pod.metadata.identity
            || previous.metadata.labels == pod.metadata.labels
        {
            return now
        }
        let before = index.matching(namespace: pod.namespace, previous.metadata.labels)
        for key in before where !now.contains(key) { remove(change.slot, from: key) }
        for key in now where !before.contains(key) { insert(change.slot, into: key) }
        return now + before.filter { !now.contains($0) }
    }

    /// Who selects the pod, sorted.
    func selecting(_ pod: Pod) -> [ObjectKey] { index.matching(namespace: pod.namespace, pod.metadata.labels) }

    /// The pods that the object `key` selects, in slot order.
    mutating func pods(of key: ObjectKey, _ cluster: Cluster) -> [Pod] { placed(of: key, cluster).map(\.pod) }

    /// From now on ``changes(of:_:)`` tells which of the object's pods changed. To be called when all have been looked at.
    mutating func follow(_ key: ObjectKey, _ cluster: Cluster) {
        touched[key] = []
        readAhead(cluster)
        touched[key] = []
    }
    mutating func unfollow(_ key: ObjectKey) { touched[key] = nil }

    /// The slots of pods that changed, or came or went, since the last call or ``follow(_:_:)``, rising; nil if nobody follows them. As with
    /// ``pods(of:_:)`` the pods are as they are now, whether the change was heard of or not. O(changes).
    mutating func changes(of key: ObjectKey, _ cluster: Cluster) -> [Int]? {
        if touched[key] == nil { return nil }
        readAhead(cluster)
        let slots = touched[key] ?? []
        touched[key] = []
        return slots.sorted()
    }
    /// Reads changes that were not heard of yet, at most so many. Returns whether there are no more.
    @discardableResult
    mutating func readAhead(_ cluster: Cluster, most: Int = .max) -> Bool {
        if touched.isEmpty {
            ahead = cluster.store.end
            return true
        }
        let end = ahead.position.saturatingAdd(most)
        // What the feed has forgotten was heard of.
        while let entry = cluster.store.next(&ahead, until: .distantFuture) {
            if ahead.position > end {
                ahead.position -= 1
                return false
            }
            guard entry.kind == .pod else { continue }
            let change = cluster.store.pods.change(entry.index)
            for key in selecting(change.object) { touched[key]?.insert(change.slot) }
            if let previous = change.previous, !previous.metadata.labels.isIdentical(to: change.object.metadata.labels) {
                for key in selecting(previous) { touched[key]?.insert(change.slot) }
            }
        }
        return true
    }

    /// The pod in `slot`, if the object `key` selects it.
    func pod(in slot: Int, of key: ObjectKey, _ cluster: Cluster) -> Pod? {
        guard let slots = members[key], let selector = index.selectors[key], slot < cluster.store.pods.rows.count else { return nil }
        let at = slots.partitioningIndex { $0 >= slot }
        guard at < slots.count, slots[at] == slot, let pod = cluster.store.pods.rows[slot], pod.namespace == key.namespace else { return nil }
        return selector.matches(pod.metadata.labels) ? pod : nil
    }

    /// The pods that the object `key` selects, and their slots, which rise.
    mutating func placed(of key: ObjectKey, _ cluster: Cluster) -> [(slot: Int, pod: Pod)] {
        resolveFresh(cluster)
        guard let selector = index.selectors[key] else { return [] }
        guard let slots = members[key] else { return [] }
        var pods: [(slot: Int, pod: Pod)] = []
        pods.reserveCapacity(slots.count)
        // Pods of one template share their labels.
        var last: StringMap<String>?
        for slot in slots where slot < cluster.store.pods.rows.count {
            // A slot may have a new tenant whose change was not heard of yet.
            guard let pod = cluster.store.pods.rows[slot], pod.namespace == key.namespace else { continue }
            let labels = pod.metadata.labels
            if last?.isIdentical(to: labels) != true {
                guard selector.matches(labels) else { continue }
                last = labels
            }
            pods.append((slot, pod))
        }
        return pods
    }

    private mutating func resolveFresh(_ cluster: Cluster) {
        if fresh.selectors.isEmpty { return }
        for (slot, pod) in cluster.store.pods.rows.enumerated() {
            guard let pod else { continue }
            for key in fresh.matching(namespace: pod.namespace, pod.metadata.labels) {
                insert(slot, into: key)
            }
        }
        fresh = SelectorIndex()
    }

    private mutating func insert(_ slot: Int, into key: ObjectKey) {
        let at = (members[key] ?? []).partitioningIndex { $0 >= slot }
        if let slots = members[key], at < slots.count, slots[at] == slot { return }
        members[key, default: []].insert(slot, at: at)
    }
    private mutating func remove(_ slot: Int, from key: ObjectKey) {
        guard let slots = members[key] else { return }
        let at = slots.partitioningIndex { $0 >= slot }
        if at < slots.count, slots[at] == slot { members[key]!.remove(at: at) }
    }
}
