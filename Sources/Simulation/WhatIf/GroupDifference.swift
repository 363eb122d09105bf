// What a change does to groups of pods: which of them still fits.

import ControlPlane
import KubernetesAPI
import Scheduling
import SimulationKit

extension WhatIfAnswer {
    /// A group of pods before and after the change.
    public struct GroupDifference: Sendable, Equatable {
        public var key: ObjectKey
        public var minCount: Int
        /// How many pods it had, or has if they are more.
        public var pods: Int
        /// Its pods on nodes that are ready; those that are ending do not count.
        public var runningBefore: Int
        public var runningAfter: Int
        /// Whether as many as it needs run in the end, or would fit on the nodes that are left if each lost pod were made again. Each
        /// group is tried alone, and nobody is evicted for it.
        public var fits: Bool
        /// Why not, in the scheduler's words; empty if it fits.
        public var why: String

        public var fitBefore: Bool { runningBefore >= minCount }
        /// `2 of 4 run, and the whole group still fits`
        public var words: String {
            let place = runningAfter >= minCount ? "" : fits ? ", and it fits elsewhere" : ", and it fits nowhere: \(why)"
            return "\(runningAfter) of \(pods) run, \(minCount) needed\(place)"
        }
    }

    /// All groups, by name.
    static func groups(_ before: Simulation, _ after: Simulation) -> [GroupDifference] {
        let scheduler = after.scheduler
        let old = members(before.cluster)
        let new = members(after.cluster)
        let lost = Set(after.cluster.store.nodes.all.filter { !$0.isReady }.map(\.name))
        return after.cluster.store.podGroups.sorted().map { group in
            let (was, now) = (old[group.key] ?? [], new[group.key] ?? [])
            let running = now.filter { isRunning($0, after.cluster) }
            let waiting = now.filter { $0.nodeName.isEmpty && !$0.metadata.isTerminating }
            let wanted = max(was.count, running.count + waiting.count)
            // Those that a lost node keeps, or that nobody made again, once more.
            let alive = Set((running + waiting).map(\.metadata.uid))
            let extra = was.filter { !alive.contains($0.metadata.uid) }.prefix(wanted - running.count - waiting.count)
            var difference = GroupDifference(
                key: group.key, minCount: group.minCount, pods: wanted, runningBefore: was.count { isRunning($0, before.cluster) },
                runningAfter: running.count, fits: true, why: "")
            if running.count >= group.minCount { return difference }
            let trial = scheduler.trial(ofGroup: group.key, extra: Array(extra), without: lost, in: after.cluster)
            if trial?.refusal == nil, trial?.outcomes.isEmpty == false { return difference }
            difference.fits = false
            difference.why = trial?.refusal ?? "too few pods of it are there"
            return difference
        }
    }

    /// The pods of each group that have not ended, in slot order.
    private static func members(_ cluster: Cluster) -> [ObjectKey: [Pod]] {
        var found: [ObjectKey: [Pod]] = [:]
        for case let pod? in cluster.store.pods.rows where !pod.isFinished { if let key = pod.podGroupKey { found[key, default: []].append(pod) } }
        return found
    }
    private static func isRunning(_ pod: Pod, _ cluster: Cluster) -> Bool {
        !pod.nodeName.isEmpty && !pod.metadata.isTerminating && cluster.store.nodes[ObjectKey(name: pod.nodeName)]?.isReady ?? false
    }
}
