import ControlPlane
import KubernetesAPI
import Scheduling
import SimulationKit

// Removing nodes that are hardly used.
// - Source: kubernetes/autoscaler `cluster-autoscaler/core/scaledown`, `simulator/drain.go`.
extension NodeAutoscaler {
    /// Finds out which nodes could go, and begins to remove those that could for long enough.
    mutating func scaleDown(_ cluster: inout Cluster, _ scheduler: SchedulerConfiguration) {
        let before = unneeded
        unneeded = []
        var spare: [String: Int] = [:]
        for pool in pools(cluster) {
            spare[pool.zone] = pool.size - settings.minPerZone
            if pool.size <= settings.minPerZone { continue }
            for name in pool.nodes {
                guard let node = cluster.store.nodes[ObjectKey(name: name)], canGo(node, cluster, scheduler) else { continue }
                unneeded.append((name, before.first { $0.node == name }?.since ?? cluster.now))
            }
        }
        func isQuiet(_ since: Instant?, _ delay: Duration) -> Bool { since.map { cluster.now >= $0 + delay } ?? true }
        guard removals.isEmpty, isQuiet(lastAdd, settings.delayAfterAdd), isQuiet(lastFailure, settings.delayAfterFailure) else { return }
        let ripe = unneeded.filter { isQuiet($0.since, settings.unneededTime) }.compactMap { cluster.store.nodes[ObjectKey(name: $0.node)] }
        // Empty ones go together, others one at a time, as each move changes where the next could go.
        let empty = ripe.filter { movable($0, cluster).isEmpty }
        for node in empty.isEmpty ? Array(ripe.prefix(1)) : empty {
            guard spare[node.zone, default: 0] > 0 else { continue }
            spare[node.zone]! -= 1
            remove(node, &cluster)
        }
    }

    /// The pods that would have to move: not those of DaemonSets, nor finished ones.
    private func movable(_ node: Node, _ cluster: Cluster) -> [Pod] {
        cluster.store.pods(onNode: node.name).filter { !$0.isFinished && $0.metadata.controller?.kind != "DaemonSet" }
    }

    private func canGo(_ node: Node, _ cluster: Cluster, _ scheduler: SchedulerConfiguration) -> Bool {
        if node.metadata.annotations["cluster-autoscaler.kubernetes.io/scale-down-disabled"] == "true" { return false }
        guard utilization(node, cluster) < settings.utilizationThreshold else { return false }
        let pods = movable(node, cluster)
        if pods.isEmpty { return true }
        return mayMove(pods, cluster) && fitElsewhere(pods, node, cluster, scheduler)
    }

    /// Of CPU and memory, the greater share that is requested.
    func utilization(_ node: Node, _ cluster: Cluster) -> Double {
        let rules = RequestRules(pending: cluster.profile)
        var sum = Resources()
        for pod in cluster.store.pods(onNode: node.name) where !pod.isFinished {
            sum += pod.requests(rules)
        }
        func share(_ used: Int64, _ all: Int64?) -> Double { all.map { $0 > 0 ? Double(used) / Double($0) : 1 } ?? 1 }
        return max(share(sum.milliCPU, node.status.allocatable.milliCPU), share(sum.memory, node.status.allocatable.memoryBytes))
    }

    /// Whether nothing about the pods themselves keeps them where they are.
    private func mayMove(_ pods: [Pod], _ cluster: Cluster) -> Bool {
        var allowed: [ObjectKey: Int] = [:]
        for pod in pods {
            let annotation = pod.metadata.annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"]
            if annotation == "false" { return false }
            let budgets = cluster.store.podDisruptionBudgets.all.filter {
                $0.namespace == pod.namespace && $0.spec.selector?.matches(pod.metadata.labels) ?? false
            }
            if annotation != "true" {
                if pod.metadata.controller == nil { return false }
                if pod.namespace == "kube-system", budgets.isEmpty { return false }
                if pod.spec.volumes.contains(where: { $0.emptyDir != nil || $0.hostPath != nil }) { return false }
            }
            for budget in budgets {
                let left = allowed[budget.key] ?? budget.status.disruptionsAllowed
                if left < 1 { return false }
                allowed[budget.key] = left - 1
            }
        }
        return true
    }

    /// Whether the scheduler would find a place for all of the pods if their node were gone.
    private func fitElsewhere(_ pods: [Pod], _ node: Node, _ cluster: Cluster, _ scheduler: SchedulerConfiguration) -> Bool {
        var fork = cluster
        fork.store.remove(Node.self, node.key, at: cluster.now)
        for pod in pods {
            fork.store.remove(Pod.self, pod.key, at: cluster.now)
            var copy = pod
            copy.nodeName = ""
            copy.metadata.ownerReferences = pod.metadata.ownerReferences
            copy.status.phase = .pending
            copy.status.conditions.remove(ConditionType.podScheduled)
            _ = fork.store.insert(copy, at: cluster.now)
        }
        let moving = Set(pods.map(\.key))
        let decisions = decide(cluster: fork, order: .queue, configuration: scheduler) { moving.contains($0.pod) ? $0.winner : nil }
        return decisions.allSatisfy { !moving.contains($0.pod) || $0.winner != nil }
    }

    // MARK: Removing

    private mutating func remove(_ node: Node, _ cluster: inout Cluster) {
        let now = cluster.now
        _ = try? cluster.update(Node.self, node.key) { node in
            node.spec.taints.append(Taint(key: Self.taint, value: "\(Int(now.sinceStart.seconds))", effect: TaintEffect.noSchedule))
        }
        cluster.record(EventReason.scaleDown, "marked the node as toBeDeleted/unschedulable", about: node, source: source)
        unneeded.removeAll { $0.node == node.name }
        removals.append(Removal(node: node.name, zone: node.zone, began: now, next: now))
        goOnRemoving(&cluster)
    }

    /// Evicts what is still on nodes that are to go, and removes those that are empty.
    mutating func goOnRemoving(_ cluster: inout Cluster) {
        for index in removals.indices.reversed() where removals[index].next <= cluster.now {
            let removal = removals[index]
            guard let node = cluster.store.nodes[ObjectKey(name: removal.node)] else {
                removals.remove(at: index)
                continue
            }
            let pods = movable(node, cluster)
            if pods.isEmpty {
                removals.remove(at: index)
                cluster.record(EventReason.scaleDown, "node removed by cluster autoscaler", about: node, source: source)
                _ = try? cluster.delete(Node.self, node.key)
                continue
            }
            if cluster.now >= removal.began + settings.maxGracefulTermination {
                giveUp(node, index, &cluster)
                continue
            }
            for pod in pods where !pod.metadata.isTerminating {
                // A budget that refuses is asked again.
                guard (try? cluster.evict(pod: pod.key)) != nil else { continue }
                cluster.record(EventReason.scaleDown, "deleting pod for node scale down", about: pod, source: source)
            }
            removals[index].next = cluster.now + .seconds(5)
        }
    }

    private mutating func giveUp(_ node: Node, _ index: Int, _ cluster: inout Cluster) {
        removals.remove(at: index)
        lastFailure = cluster.now
        _ = try? cluster.update(Node.self, node.key) { $0.spec.taints.removeAll { $0.key == Self.taint } }
        cluster.record(
            "ScaleDownFailed", "failed to drain the node, aborting ScaleDown", about: node, warning: true, source: source)
    }
}
