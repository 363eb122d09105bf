// A cluster that is followed rather than simulated: what came from its API server is put in place, and nothing runs by itself.

import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit
import Synchronization

/// Thousandths of a core and bytes that containers were measured to use, by pod and container.
public typealias MeasuredUsage = [ObjectKey: [String: (milliCPU: Int64, memory: Int64)]]
/// The same of whole nodes, by name.
public typealias MeasuredNodes = [String: (milliCPU: Int64, memory: Int64)]

/// Something that the API server of a followed cluster told.
public enum MirrorChange: Sendable {
    /// The object is as it is here.
    case put(StateObject)
    case remove(Kind, ObjectKey)
    /// A list has come to its end: what else is known of the kind, in one namespace or all, is gone.
    case keepOnly(KindInfo, Set<ObjectKey>, namespace: String?)
    /// What containers were measured to use; nil: nothing measures it.
    case usage(MeasuredUsage?)
    /// What nodes were measured to use as a whole.
    case nodeUsage(MeasuredNodes)
    /// The settings of all kubelets.
    indirect case kubelets(KubeletConfiguration)
    /// Nobody may look at nodes: those that pods run on are guessed.
    case guessNodes
}

/// What a followed cluster has beside its objects.
struct Mirror: Sendable {
    fileprivate var usage: MeasuredUsage?
    fileprivate var nodeUsage: MeasuredNodes = [:]
    @Shared fileprivate var kubelets: KubeletConfiguration? = nil
    fileprivate var guessesNodes = false
    /// Nodes that are guessed.
    fileprivate var guessed: Set<String> = []
    /// The resource versions as their API server counts them, by uid.
    fileprivate var versions: [String: Int] = [:]
    fileprivate var parts = SharedParts()
    fileprivate let wakened = Wakened()

    /// The simulation that was last made of the mirrored cluster: several questions are asked about one moment.
    fileprivate final class Wakened: Sendable {
        private let last = Mutex<(revision: Int, at: Instant, simulation: Simulation)?>(nil)

        func simulation(_ revision: Int, _ now: Instant, make: () -> Simulation) -> Simulation {
            if let last = last.withLock({ $0 }), last.revision == revision, last.at == now { return last.simulation }
            let made = make()
            last.withLock { $0 = (revision, now, made) }
            return made
        }
    }
}

extension Simulation {
    /// A cluster that is followed, of which nothing is known yet.
    public static func mirroring(_ options: SimulationOptions) -> Simulation {
        var simulation = Simulation(options, isEmpty: true)
        simulation.mirror = Mirror()
        return simulation
    }

    /// Whether it is a followed cluster, in which nothing happens by itself.
    public var isMirror: Bool { mirror != nil }

    /// So many of the newest changes are kept for views that follow them.
    static let mirroredChanges = 16_384

    /// Puts in place what came, in its order.
    /// - Complexity: O(changes), and of a whole list the objects of the kind.
    mutating func take(_ changes: [MirrorChange]) {
        for change in changes {
            switch change {
            case .put(let object): put(object.object, object.unknown)
            case .remove(let kind, let key): remove(ObjectStore.type(of: kind), key)
            case .keepOnly(let info, let keys, let namespace): keepOnly(ObjectStore.type(of: info.type), info, keys, namespace)
            case .usage(let usage): mirror?.usage = usage
            case .nodeUsage(let usage): mirror?.nodeUsage = usage
            case .kubelets(let settings): mirror?.kubelets = settings
            case .guessNodes: mirror?.guessesNodes = true
            }
        }
        cluster.keepChanges(Self.mirroredChanges)
    }

    /// The same changes, in which pods share what is equal in them: they are kept to go back over.
    mutating func sharing(_ changes: [MirrorChange]) -> [MirrorChange] {
        changes.map { change in
            guard case .put(var read) = change, var pod = read.object as? Pod else { return change }
            mirror?.parts.share(&pod)
            read.object = pod
            return .put(read)
        }
    }

    private mutating func put<O: StoredObject>(_ object: O, _ unknown: [UnknownField]) {
        let uid = object.metadata.uid
        if let before = cluster.store.get(O.self, object.key), before.metadata.uid != uid { forget(before.metadata.uid) }
        mirror?.versions[uid] = object.metadata.resourceVersion
        if unknown.isEmpty { unknownFields[uid] = nil } else { unknownFields[uid] = unknown }
        if O.kind == .node { mirror?.guessed.remove(object.metadata.name) }
        cluster.mirror(object)
    }

    private mutating func remove<O: StoredObject>(_ type: O.Type, _ key: ObjectKey) {
        if let last = cluster.store.get(type, key) { forget(last.metadata.uid) }
        cluster.unmirror(type, key)
    }

    private mutating func forget(_ uid: String) {
        unknownFields[uid] = nil
        mirror?.versions[uid] = nil
    }

    private mutating func keepOnly<O: StoredObject>(_ type: O.Type, _ info: KindInfo, _ keys: Set<ObjectKey>, _ namespace: String?) {
        for object in cluster.store[keyPath: O.table].all
        where !keys.contains(object.key) && (namespace == nil || object.metadata.namespace == namespace) {
            let own = object.kindInfo
            if own.group == info.group, own.kind == info.kind { remove(type, object.key) }
        }
    }

    /// The resource version of an object as the followed cluster's API server counts it; nil if there is none.
    func mirroredVersion(of object: any StoredObject) -> Int? { mirror?.versions[object.metadata.uid] }

    /// The cluster as a simulation that runs: what a followed cluster would do from now on by the simulation's rules. Itself, if it is
    /// a simulation already.
    /// - Complexity: O(objects), once for a moment.
    public var awake: Simulation {
        guard let mirror else { return self }
        return mirror.wakened.simulation(cluster.store.revision, now) { wake() }
    }

    /// What is known of a followed cluster, as a state that can be opened.
    var mirroredState: OpenedState {
        guard let mirror else { return OpenedState() }
        var objects: [any StoredObject] = []
        // As of files, leases only tell when nodes were heard last.
        var renewals: [String: Instant] = [:]
        for kind in Kind.allCases {
            func add<O: StoredObject>(_ type: O.Type) {
                // By name, not as they came.
                for object in cluster.store[keyPath: O.table].sorted() where O.kind != .node || !mirror.guessed.contains(object.metadata.name) {
                    if let lease = object as? CustomObject, lease.isLease {
                        renewals[lease.metadata.name] = lease.renewal
                        continue
                    }
                    objects.append(object)
                }
            }
            add(ObjectStore.type(of: kind))
        }
        return OpenedState(of: objects, usage: mirror.usage, nodeUsage: mirror.nodeUsage, unknown: unknownFields, renewals: renewals, now: now)
    }
    /// The settings of kubelets that a followed cluster told.
    var mirroredKubelets: [KubeletConfiguration] { mirror?.kubelets.map { [$0] } ?? [] }

    private func wake() -> Simulation {
        var options = options
        options.kubelets = mirroredKubelets + options.kubelets
        var simulation = Simulation(options, isEmpty: true)
        simulation.moveTime(to: now)
        var state = mirroredState
        state.finish()
        _ = simulation.open(state)
        return simulation
    }

    /// Brings what is not told but follows from what is told up to date: what containers use, nodes that nobody may look at.
    /// - Complexity: O(objects).
    mutating func derive() {
        guard let mirror else { return }
        let simulation = awake
        (kubelets, controllers) = (simulation.kubelets, simulation.controllers)
        cluster.metrics.isInstalled = mirror.usage != nil
        guard mirror.guessesNodes || !mirror.guessed.isEmpty else { return }
        let made = simulation.cluster.store.nodes.all
        for node in made where cluster.store.nodes[node.key] == nil {
            self.mirror?.guessed.insert(node.name)
            cluster.mirror(node)
        }
        for name in mirror.guessed.sorted() where simulation.cluster.store.nodes[ObjectKey(name: name)] == nil {
            self.mirror?.guessed.remove(name)
            cluster.unmirror(Node.self, ObjectKey(name: name))
        }
    }
}

extension CustomObject {
    fileprivate var isLease: Bool { kindName == "Lease" && group == "coordination.k8s.io" }
    /// When a node's kubelet renewed it last; nil for a lease of something else.
    fileprivate var renewal: Instant? {
        metadata.namespace == "kube-node-lease" ? content["spec"]?["renewTime"]?.string.flatMap { Instant(rfc3339: $0) } : nil
    }
}
