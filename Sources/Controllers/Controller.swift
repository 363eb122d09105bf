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
    /// Reads on what it has to know before it works. Returns whether it knows all; if not it is asked again at the same moment, before
    /// anybody else works.
    mutating func prepare(_ cluster: Cluster) -> Bool
    /// Looks at the keys that are due. Returns false if it stopped only so that the call does not take long: it goes on at the same moment,
    /// before anybody else works; true if no key is due or its share of the round is used up.
    mutating func work(_ cluster: inout Cluster, _ share: inout TurnShare) -> Bool
}

/// What a controller may do before the others have their turn, and how far it has got with that.
struct TurnShare: Sendable {
    var looks = 1000
    var writes = ControllerManager.mostWritten

    /// So much of it in one call: some milliseconds' worth.
    static let looksAtOnce = 25
    static let writesAtOnce = 100

    var isUsedUp: Bool { looks <= 0 || writes <= 0 }
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

    mutating func prepare(_ cluster: Cluster) -> Bool { true }

    // Required, although none does it otherwise: so each controller has its own, specialized for its keys.
    var nextDue: Instant? { queue.nextDue }
    mutating func work(_ cluster: inout Cluster, _ share: inout TurnShare) -> Bool {
        let (looks, before) = (share.looks, cluster.store.revision)
        let writes = share.writes
        while !share.isUsedUp {
            // Only where something is left.
            if looks - share.looks >= TurnShare.looksAtOnce || writes - share.writes >= TurnShare.writesAtOnce, let due = queue.nextDue, due <= cluster.now {
                return false
            }
            guard let key = queue.next(by: cluster.now) else { return true }
            switch reconcile(key, &cluster) {
            case .none: queue.forget(key)
            case .at(let time):
                queue.forget(key)
                queue.add(key, at: time)
            case .retry: queue.retry(key, now: cluster.now)
            }
            share.looks -= 1
            share.writes = writes - (cluster.store.revision - before)
        }
        return true
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
