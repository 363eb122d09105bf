// The kubelets of all nodes as one component: changes in, timers, pod workers.

import ControlPlane
import KubernetesAPI
import SimulationKit

/// The kubelets of all nodes, as one component.
///
/// Every Node object has a kubelet as soon as it appears. Work is done only where something is due: a pod
/// that runs quietly has no timer, and the heartbeats of all nodes are one wake-up each 10 s.
///
/// ```swift
/// var fleet = KubeletFleet(profile: .default, seed: 7)
/// try cluster.bind(pod: pod.key, uid: pod.metadata.uid, to: "node-1")
/// while let wake = fleet.nextWake(cluster), wake <= end {
///     cluster.now = max(cluster.now, wake)
///     fleet.run(&cluster)
/// }
/// ```
///
/// What a kubelet does is a method of ``Kubelet``; the fleet routes changes and timers, takes pods in batches, and does what is
/// about many nodes at once: heartbeats, shared demands, loads, configurations.
public struct KubeletFleet: Component {
    /// The configuration documents as given: those for all nodes, and those for some.
    public let documents: [KubeletConfiguration]
    public private(set) var cursor = WatchCursor.beginning

    /// What every kubelet is handed.
    var host: KubeletHost
    /// In the order in which their nodes came; nil: the node is gone.
    var nodes = Pages<Kubelet?>()
    var nodeIndex: [String: Int] = [:]
    /// Demands whose pods are to be counted anew.
    var demandsDue: [LoadTarget] = []
    /// Nodes whose kubelet comes back at the next run.
    var recovering: [Int] = []
    /// Nodes that fell silent since the last heartbeat.
    var silenced: [Int] = []
    var isBeating = false
    /// The node with which a heartbeat goes on that was left for the next turn.
    var beat: Int?
    /// Whether timers are left for the next turn; what they write is not read before.
    private var isFiring = false
    /// Whether the rest of a turn was left for the next one: nobody else has his before that.
    public private(set) var isUnfinished = false

    public var profile: KubernetesProfile { host.profile }
    /// Latencies of kubelets and runtimes. Takes effect for what begins from now on.
    public var latencies: KubeletLatencies {
        get { host.latencies }
        set { host.latencies = newValue }
    }

    /// - Parameters:
    ///   - configuration: for all nodes; see ``KubeletConfiguration/validate(profile:)``.
    ///   - others: documents that go over it, in this order; each for all nodes or for those that it selects.
    ///   - latencies: times of the model.
    public init(
        profile: KubernetesProfile, seed: UInt64, configuration: KubeletConfiguration = .init(),
        others: [KubeletConfiguration] = [], latencies: KubeletLatencies = .init()
    ) {
        documents = [configuration] + others
        let general = documents.filter(\.isForAllNodes).reduce(KubeletConfiguration()) { $0.applying($1.jsonObject) ?? $0 }
        host = KubeletHost(profile: profile, seed: seed, configuration: general, latencies: latencies)
    }

    public func nextWake(_ cluster: Cluster) -> Instant? {
        if !recovering.isEmpty || isUnfinished { return cluster.now }
        let change = nextChange(cluster, delay: cluster.settings.kubeletWatchDelay)
        guard let timer = host.timers.nextDue else { return change }
        return change.map { min($0, timer) } ?? timer
    }

    public mutating func run(_ cluster: inout Cluster) {
        // After many writes the rest is left to the next turn, which goes on at the very place.
        let last = cluster.store.revision + Self.mostWritten
        if !isFiring {
            for node in recovering { nodes[node]?.comeBack(&host, &cluster) }
            recovering = []
            // Timers come after all that was written before them.
            isUnfinished = !readChanges(&cluster, last)
            if isUnfinished { return }
        }
        if let beat { heartbeat(from: beat, last, &cluster) }
        while beat == nil, cluster.store.revision < last, let (_, timer) = host.timers.popDue(by: cluster.now) {
            fire(timer, last, &cluster)
        }
        isFiring = beat != nil || host.timers.nextDue ?? .distantFuture <= cluster.now
        isUnfinished = isFiring
    }

    /// What was written before `place` is known already.
    mutating func startReading(at place: WatchCursor) { cursor = place }

    // MARK: Changes

    /// Returns whether all is read that has come by now.
    private mutating func readChanges(_ cluster: inout Cluster, _ last: Int) -> Bool {
        let limit = cluster.now - cluster.settings.kubeletWatchDelay
        let end = cursor.position + Self.mostRead
        var arrivals: [Arrival] = []
        while let entry = cluster.store.next(&cursor, until: limit) {
            // Arrivals that come together stay together.
            if cursor.position > end || cluster.store.revision >= last, arrivals.isEmpty {
                cursor.position -= 1
                return false
            }
            switch entry.kind {
            case .pod:
                let change = cluster.store.pods.change(entry.index)
                if !host.demands.isEmpty { noticeDemand(of: change, cluster) }
                if change.object.nodeName.isEmpty { continue }
                if host.pods[change.object.metadata.uid] == nil, change.action != .deleted {
                    if change.previous?.nodeName.isEmpty ?? true {
                        arrivals.append((change.object, entry.time))
                    }
                    continue
                }
                if !arrivals.isEmpty {
                    take(arrivals, &cluster)
                    arrivals = []
                }
                see(change, &cluster)
            case .node:
                let change = cluster.store.nodes.change(entry.index)
                see(change, &cluster)
            case .persistentVolumeClaim: claimChanged(cluster.store.persistentVolumeClaims.change(entry.index).object.key, &cluster)
            case .deployment, .statefulSet, .replicaSet, .daemonSet, .service, .endpointSlice: noticeDemand(entry, cluster)
            default: break
            }
        }
        take(arrivals, &cluster)
        return true
    }

    /// Hands pods that were bound to their nodes' kubelets; those of one batch in the order of their creation.
    private mutating func take(_ arrivals: [Arrival], _ cluster: inout Cluster) {
        if arrivals.isEmpty { return }
        for arrival in Kubelet.inOrder(arrivals) {
            if let node = nodeIndex[arrival.pod.nodeName] { nodes[node]?.take(arrival, &host, &cluster) }
        }
    }

    private mutating func see(_ change: Change<Pod>, _ cluster: inout Cluster) {
        let pod = change.object
        guard let reference = host.pods[pod.metadata.uid] else {
            host.timelines[pod.metadata.uid] = nil
            return
        }
        let (node, slot) = (reference.node, reference.slot)
        if change.action == .modified, nodes[node]?.pods[slot]?.takeStatus(of: pod) ?? false { return }
        nodes[node]?.with(slot, &host, &cluster) { $0.see(change, &$1, &$2, &$3) }
    }

    // MARK: Timers

    private mutating func fire(_ timer: KubeletHost.Timer, _ last: Int, _ cluster: inout Cluster) {
        switch timer {
        case .heartbeat: heartbeat(from: 0, last, &cluster)
        case .demands: shareDemands(&cluster)
        case .node(let node, let timer): nodes[node]?.fire(timer, &host, &cluster)
        case .pod(let pod, let timer): nodes[pod.node]?.with(pod, &host, &cluster) { $0.fire(timer, &$1, &$2, &$3) }
        }
    }

    // MARK: Look-up

    /// Whether the kubelet of its node looks after the pod.
    public func knows(_ pod: Pod) -> Bool { worker(of: pod) != nil }

    /// The kubelet of the node; nil if it has not started yet.
    func kubelet(of node: String) -> Kubelet? { nodeIndex[node].flatMap { nodes[$0] } }

    /// The pod on its node; nil if it is on none.
    func worker(of pod: Pod) -> PodWorker? {
        guard let place = host.pods[pod.metadata.uid] else { return nil }
        return nodes[place.node]?.pods[place.slot]
    }
}
