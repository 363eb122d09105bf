import ControlPlane
import KubernetesAPI
import SimulationKit

/// A control loop: it hears of changes, notes which keys to look at again, and brings each key's objects to
/// what is wanted.
///
/// Level-triggered: a change only says "look again"; ``reconcile(_:_:)`` reads the present state and may be called
/// at any time. A new controller is a struct with this protocol and a line in ``ControllerCatalog``.
///
/// ```swift
/// struct LabelCounter: Controller {
///     static let queueName = "label_counter"
///     static let watches: [Kind] = [.configMap]
///     var queue = WorkQueue<ObjectKey>()
///     mutating func observe(_ entry: LogEntry, _ cluster: inout Cluster) {
///         queue.add(cluster.store.configMaps.change(entry.index).object.key)
///     }
///     mutating func reconcile(_ key: ObjectKey, _ cluster: inout Cluster) -> Requeue { .none }
/// }
/// ```
protocol Controller: Sendable {
    associatedtype Key: Hashable & Sendable
    /// What metrics call its queue, as `workqueue_depth{name="…"}` of kube-controller-manager does.
    static var queueName: String { get }
    /// The kinds whose changes it wants to hear of. Empty: all kinds but events.
    static var watches: [Kind] { get }
    /// The keys to look at.
    var queue: WorkQueue<Key> { get set }
    /// Hears of a change of a pod. O(1) in the number of pods.
    mutating func observe(pod change: Change<Pod>, _ cluster: inout Cluster)
    /// Hears of a change of a node.
    mutating func observe(node change: Change<Node>, _ cluster: inout Cluster)
    /// Hears of a change of any other kind.
    mutating func observe(_ entry: LogEntry, _ cluster: inout Cluster)
    /// Looks at `key` and does what is to be done; returns whether to come back.
    mutating func reconcile(_ key: Key, _ cluster: inout Cluster) -> Requeue
    /// When it next has a key to look at by itself; nil: only when something changes.
    var nextDue: Instant? { get }
    /// Looks at the keys that are due; after very many, or many writes, the rest is left for the next call at the same moment, so that a
    /// call never takes long.
    mutating func work(_ cluster: inout Cluster)
}

/// What a controller may do in one call of ``Controller/work(_:)``: some milliseconds' worth.
enum TurnLimit {
    static let looks = 1000
    static let writes = 500
}

/// Whether a key is looked at again without a change.
enum Requeue: Sendable, Equatable {
    /// Only when something changes.
    case none
    /// At this moment.
    case at(Instant)
    /// After a failure: later and later.
    case retry
}

extension Controller {
    var queueDepth: (name: String, depth: Int) { (Self.queueName, queue.depth) }
    mutating func observe(pod change: Change<Pod>, _ cluster: inout Cluster) {}
    mutating func observe(node change: Change<Node>, _ cluster: inout Cluster) {}
    mutating func observe(_ entry: LogEntry, _ cluster: inout Cluster) {}

    // Required, although none does it otherwise: so each controller has its own, specialized for its keys.
    var nextDue: Instant? { queue.nextDue }
    mutating func work(_ cluster: inout Cluster) {
        let last = cluster.store.revision + TurnLimit.writes
        var looks = 0
        while looks < TurnLimit.looks, cluster.store.revision < last, let key = queue.next(by: cluster.now) {
            looks += 1
            switch reconcile(key, &cluster) {
            case .none: queue.forget(key)
            case .at(let time):
                queue.forget(key)
                queue.add(key, at: time)
            case .retry: queue.retry(key, now: cluster.now)
            }
        }
    }
}

extension Requeue {
    /// The earlier of two wishes; a failure wins.
    func sooner(_ other: Requeue) -> Requeue {
        switch (self, other) {
        case (.retry, _), (_, .retry): .retry
        case (.none, let b): b
        case (let a, .none): a
        case (.at(let a), .at(let b)): .at(min(a, b))
        }
    }
}
