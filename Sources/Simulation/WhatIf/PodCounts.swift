// What became of the pods of workloads, counted by identity as one would compare two dumps of a cluster.

import ControlPlane
import KubernetesAPI
import SimulationKit

/// What became of a workload's pods.
public struct PodCounts: Sendable, Equatable {
    /// Pods that were there and are no more; a pod of the same name with another uid is another one.
    public var gone = 0
    /// Pods that were not there before.
    public var new = 0
    /// Pods that are ending now, and were not before.
    public var terminating = 0
    /// Pods that no node has.
    public var pending = 0
    /// Pods on nodes that neither end nor are finished, by the zone of the node, in the order of the zones' names.
    public var zones: [(zone: String, pods: Int)] = []

    /// Whether any pod came, went or is on its way.
    public var hasMoved: Bool { gone + new + terminating > 0 }

    public static func == (a: Self, b: Self) -> Bool {
        (a.gone, a.new, a.terminating, a.pending) == (b.gone, b.new, b.terminating, b.pending) && a.zones.elementsEqual(b.zones) { $0 == $1 }
    }
}

extension WhatIfAnswer {
    /// A moment on the way at which nothing moved for a while, though more was to come: pods that tolerate a lost node for some minutes, say.
    public struct Rest: Sendable {
        /// How long after the change the last pod had moved.
        public var after: Duration
        /// Workloads whose pods came, went or wait, in the order of their names.
        public var workloads: [(workload: Workload, counts: PodCounts)]
        /// Pods without a node then.
        public var pending: [PendingPod]
    }
}

/// Counts of the present, to which what became of single pods is applied.
struct PodPlaces {
    private var zones: [Workload: [String: Int]] = [:]
    private var pending: [Workload: Int] = [:]
    private let zoneOf: [String: String]

    /// - Parameter later: a later state of the same cluster, for nodes that came since.
    init(_ simulation: Simulation, later: Simulation) {
        var zoneOf: [String: String] = [:]
        for node in later.cluster.store.nodes.all + simulation.cluster.store.nodes.all { zoneOf[node.name] = node.zone }
        self.zoneOf = zoneOf
        var owners = WorkloadIndex()
        for case let pod? in simulation.cluster.store.pods.rows { count(pod, owners.workload(of: pod, simulation.cluster), 1) }
    }

    private mutating func count(_ pod: Pod, _ workload: Workload, _ sign: Int) {
        if pod.isFinished || pod.metadata.isTerminating { return }
        if pod.nodeName.isEmpty {
            pending[workload, default: 0] += sign
        } else {
            zones[workload, default: [:]][zoneOf[pod.nodeName] ?? "", default: 0] += sign
        }
    }

    /// A workload as it is counted so far.
    subscript(workload: Workload) -> PodCounts {
        var counts = PodCounts()
        counts.pending = pending[workload] ?? 0
        counts.zones = (zones[workload] ?? [:]).filter { $0.value != 0 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        return counts
    }

    /// Workloads of which pods changed, counted after that.
    func counts(after fates: [Fork.PodFate]) -> [Workload: PodCounts] {
        var copy = self
        var found: [Workload: PodCounts] = [:]
        for fate in fates {
            var counts = found[fate.workload] ?? PodCounts()
            if let pod = fate.before { copy.count(pod, fate.workload, -1) }
            if let pod = fate.after { copy.count(pod, fate.workload, 1) }
            counts.gone += fate.before != nil && fate.after == nil ? 1 : 0
            counts.new += fate.before == nil && fate.after != nil ? 1 : 0
            counts.terminating += fate.after?.metadata.isTerminating == true && fate.before?.metadata.isTerminating != true ? 1 : 0
            found[fate.workload] = counts
        }
        for (workload, var counts) in found {
            let now = copy[workload]
            (counts.pending, counts.zones) = (now.pending, now.zones)
            found[workload] = counts
        }
        return found
    }
}
