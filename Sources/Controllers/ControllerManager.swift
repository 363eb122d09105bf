import ControlPlane
import KubernetesAPI
import SimulationKit

/// All controllers as one component: it reads the feed of changes once and tells each controller what it watches.
///
/// A value: a copy is a fork of the controllers' state. Deterministic: controllers run in the order of
/// ``ControllerCatalog``, keys in the order in which they came.
public struct ControllerManager: Component {
    public private(set) var cursor = WatchCursor.beginning
    private(set) var controllers: [any Controller]
    private let watchersByKind: [Kind: [Int]]
    /// When each controller wants to work again, and the start of time where it heard of something since.
    private var due: [Instant?]
    /// The earliest of these.
    private var nextWork: Instant?
    /// The controller with which a round goes on that was left for the next turn, and what it may still do in it.
    private var turn = 0
    private var share = TurnShare()

    /// The controllers of `profile`'s version; `seed` feeds what they draw by chance.
    public init(profile: KubernetesProfile = .default, seed: UInt64 = 0, settings: ControllerManagerSettings = .init()) {
        controllers = ControllerCatalog.make(profile: profile, seed: seed, settings: settings)
        var watchers: [Kind: [Int]] = [:]
        for (index, controller) in controllers.enumerated() {
            let watches = type(of: controller).watches
            for kind in watches.isEmpty ? Kind.allCases.filter({ $0 != .event }) : watches {
                watchers[kind, default: []].append(index)
            }
        }
        watchersByKind = watchers
        due = controllers.map(\.nextDue)
    }

    /// How many keys wait in each controller's queue, by its name.
    public var queueDepths: [(name: String, depth: Int)] { controllers.map { $0.queueDepth }.sorted { $0.name < $1.name } }

    // A change is heard of after it was made, never in the same instant: else two controllers could answer
    // each other without time passing.
    private func delay(_ cluster: Cluster) -> Duration {
        max(cluster.settings.controllerWatchDelay, Duration(nanoseconds: 1))
    }

    public func nextWake(_ cluster: Cluster) -> Instant? {
        guard let change = nextChange(cluster, delay: delay(cluster)) else { return nextWork }
        return min(change, nextWork ?? change)
    }

    public mutating func run(_ cluster: inout Cluster) {
        let limit = cluster.now - delay(cluster)
        let end = cursor.position + Self.mostRead
        while cursor.position < end, let entry = cluster.store.next(&cursor, until: limit) {
            guard let watchers = watchersByKind[entry.kind] else { continue }
            for index in watchers { due[index] = .start }
            switch entry.kind {
            case .pod:
                let change = cluster.store.pods.change(entry.index)
                for index in watchers { controllers[index].observe(pod: change, &cluster) }
            case .node:
                let change = cluster.store.nodes.change(entry.index)
                for index in watchers { controllers[index].observe(node: change, &cluster) }
            default:
                for index in watchers { controllers[index].observe(entry, &cluster) }
            }
        }
        // Nobody works before all is read that has come by now.
        if cursor.position >= end {
            nextWork = cluster.now
            return
        }
        // A round of all that are due is one turn, or several at the same instant where there is much to do.
        let last = cluster.store.revision + TurnShare.writesAtOnce
        while turn < controllers.count {
            if let time = due[turn], time <= cluster.now {
                let isOver = controllers[turn].prepare(cluster) && controllers[turn].work(&cluster, &share)
                due[turn] = controllers[turn].nextDue
                if !isOver {
                    due[turn] = due[turn].map { min($0, cluster.now) } ?? cluster.now
                    nextWork = cluster.now
                    return
                }
            }
            (turn, share) = (turn + 1, TurnShare())
            if cluster.store.revision >= last, turn < controllers.count {
                nextWork = cluster.now
                return
            }
        }
        turn = 0
        // What is left is due at once.
        nextWork = due.lazy.compactMap { $0 }.min().map { max($0, cluster.now) }
    }
}
