import ControlPlane
import KubernetesAPI
import Scheduling
import SimulationKit

// Adding nodes for pods that wait.
// - Source: kubernetes/autoscaler `cluster-autoscaler/core/scaleup/orchestrator`, `estimator/binpacking_estimator.go`.
extension NodeAutoscaler {
    /// What a pool could do for the pods that wait.
    private struct Option {
        var pool: Pool
        /// Nodes that would be added.
        var count: Int
        var pods: [ObjectKey]
        /// How much of the new nodes nobody would use: the mean share of CPU and memory.
        var waste: Double
    }

    /// Asks for nodes of the pool that helps best, if any does. Returns whether some are, or are on their way.
    mutating func scaleUp(_ cluster: inout Cluster, _ scheduler: SchedulerConfiguration) -> Bool {
        var waiting = cluster.store.pods.rows.compactMap { $0 }.filter(\.waitsForRoom)
        if waiting.isEmpty { return !upcoming.isEmpty }
        // Those that fit on what is there, or is coming, wait for that.
        if !upcoming.isEmpty {
            var fork = cluster
            for new in upcoming { fork.addForTrial(new.node) }
            let placed = Set(decide(cluster: fork, order: .queue, configuration: scheduler).filter { $0.winner != nil }.map(\.pod))
            waiting.removeAll { placed.contains($0.key) }
            if waiting.isEmpty { return true }
        }
        let pools = pools(cluster)
        let total = pools.reduce(0) { $0 + $1.size }
        var refusals: [ObjectKey: [String]] = [:]
        var options: [Option] = []
        for pool in pools {
            let room = min(settings.maxPerZone - pool.size, (settings.maxNodesTotal ?? .max) - total)
            if room <= 0 {
                let why = settings.maxPerZone > pool.size ? "max cluster limit reached" : "max node group size reached"
                for pod in waiting { refusals[pod.key, default: []].append(why) }
                continue
            }
            if let option = estimate(pool, room: room, waiting, &refusals, cluster, scheduler) { options.append(option) }
        }
        let best = options.min { a, b in
            // What leaves least unused; then the smaller pool, then the name.
            if a.waste != b.waste { return a.waste < b.waste }
            return a.pool.size != b.pool.size ? a.pool.size < b.pool.size : a.pool.zone < b.pool.zone
        }
        let helped = Set(options.flatMap(\.pods))
        for pod in waiting where !helped.contains(pod.key) {
            var counts: [(reason: String, count: Int)] = []
            for reason in (refusals[pod.key] ?? []).sorted() {
                if counts.last?.reason == reason { counts[counts.count - 1].count += 1 } else { counts.append((reason, 1)) }
            }
            let text = counts.map { "\($0.count) \($0.reason)" }.joined(separator: ", ")
            cluster.record("NotTriggerScaleUp", "pod didn't trigger scale-up: \(text)", about: pod, source: source)
        }
        guard let best else { return !upcoming.isEmpty }
        for name in names(best.pool, count: best.count, cluster) {
            let span = (settings.provisioningTo - settings.provisioningFrom) * random.unit()
            upcoming.append(
                Upcoming(node: template(best.pool, name: name, cluster), zone: best.pool.zone, due: cluster.now + settings.provisioningFrom + span))
        }
        lastAdd = cluster.now
        let text = "pod triggered scale-up: [{\(best.pool.zone) \(best.pool.size)->\(best.pool.size + best.count) (max: \(settings.maxPerZone))}]"
        for key in best.pods {
            if let pod = cluster.store.pods[key] { cluster.record("TriggeredScaleUp", text, about: pod, source: source) }
        }
        return true
    }

    /// How many new nodes of `pool` it takes for the waiting pods, or for as many as it can help; nil if it helps none.
    ///
    /// Nodes are added until another one helps nobody: each is a new domain of its host name, and the first of a zone may
    /// open others to a spread constraint.
    private func estimate(
        _ pool: Pool, room: Int, _ waiting: [Pod], _ refusals: inout [ObjectKey: [String]], _ cluster: Cluster, _ scheduler: SchedulerConfiguration
    ) -> Option? {
        var best: Trial?
        var count = 1
        while true {
            let trial = self.trial(pool, count: min(count, room), waiting, cluster, scheduler)
            if trial.helped.count <= best?.helped.count ?? 0 {
                if best == nil { best = trial }
                break
            }
            best = trial
            if count >= room || trial.helped.count == waiting.count { break }
            count += max(1, count / 4)
        }
        guard let best else { return nil }
        for (pod, reason) in best.refusals { refusals[pod, default: []].append(reason) }
        guard best.used > 0 else { return nil }
        return Option(
            pool: pool, count: best.used, pods: best.helped,
            waste: waste(best.packed, count: best.used, template(pool, name: pool.zone, cluster), cluster))
    }

    /// What comes of some more nodes.
    private struct Trial {
        /// New nodes that got a pod.
        var used = 0
        /// Pods on them, and all waiting pods that found a place.
        var packed: [ObjectKey] = []
        var helped: [ObjectKey] = []
        var refusals: [(ObjectKey, String)] = []
    }

    /// Packs the waiting pods onto `count` new nodes, those first that have some already.
    private func trial(_ pool: Pool, count: Int, _ waiting: [Pod], _ cluster: Cluster, _ scheduler: SchedulerConfiguration) -> Trial {
        var fork = cluster
        for new in upcoming { fork.addForTrial(new.node) }
        let fresh = names(pool, count: count, cluster)
        for name in fresh { fork.addForTrial(template(pool, name: name, cluster)) }
        let wanted = Set(waiting.map(\.key))
        var trial = Trial()
        _ = decide(cluster: fork, order: .queue, configuration: scheduler) { decision in
            guard wanted.contains(decision.pod) else { return decision.winner }
            let feasible = Set(decision.nodes.filter(\.isFeasible).map(\.node))
            if let index = fresh.firstIndex(where: feasible.contains) {
                trial.used = max(trial.used, index + 1)
                trial.packed.append(decision.pod)
                trial.helped.append(decision.pod)
                return fresh[index]
            }
            if let other = decision.winner {
                trial.helped.append(decision.pod)
                return other
            }
            let verdict = decision.nodes.first { $0.node == fresh.last }
            trial.refusals.append((decision.pod, verdict?.refusal?.reasons.first ?? decision.preFilter?.reasons.first ?? "node(s) did not fit"))
            return nil
        }
        return trial
    }

    private func waste(_ pods: [ObjectKey], count: Int, _ node: Node, _ cluster: Cluster) -> Double {
        let rules = RequestRules(pending: cluster.profile)
        let sums = pods.compactMap { cluster.store.pods[$0]?.requests(rules) }.reduce(Resources(), +)
        func unused(_ requested: Int64, _ each: Int64?) -> Double {
            guard let each, each > 0 else { return 0 }
            return 1 - Double(requested) / (Double(each) * Double(count))
        }
        return (unused(sums.milliCPU, node.status.allocatable.milliCPU) + unused(sums.memory, node.status.allocatable.memoryBytes)) / 2
    }
}

extension Pod {
    /// Refused by the scheduler for want of a node.
    fileprivate var waitsForRoom: Bool {
        guard nodeName.isEmpty, !isFinished, !metadata.isTerminating, let condition = status.conditions[ConditionType.podScheduled] else { return false }
        return condition.status == "False" && condition.reason == ConditionReason.unschedulable
    }
}
