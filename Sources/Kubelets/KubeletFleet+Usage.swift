// What containers, pods and nodes use now, and what overrides it from outside.

import ControlPlane
import KubernetesAPI
import SimulationKit

/// Whose use of resources is set from outside: one pod, or all pods of a workload.
public struct LoadTarget: Hashable, Sendable {
    public var kind: String
    public var key: ObjectKey
    /// - Parameter kind: `Pod`, `Deployment`, `ReplicaSet`, `StatefulSet`, `DaemonSet`, `Job`, `CronJob` …
    public init(kind: String, key: ObjectKey) { (self.kind, self.key) = (kind, key) }
}

/// Use per pod from outside: thousandths of a core and bytes; nil leaves the program's own.
public struct LoadOverride: Sendable, Equatable {
    public var cpu: Int64?
    public var memory: Int64?
}

// How much of CPU and memory containers use.
extension KubeletFleet {
    /// What a running container uses now.
    public struct Usage: Sendable, Equatable {
        public var container: String
        public var milliCPU: Int64
        public var memory: Int64
        /// What it would use without its CPU limit: more than ``milliCPU`` if it is throttled.
        public var wantedMilliCPU: Int64
        /// The limits in force, its own or its pod's; nil: none.
        public var cpuLimit: Int64?
        public var memoryLimit: Int64?
        /// When this was, if it is not now: the kubelet of its node is silent since.
        public var staleSince: Instant?
        public var isThrottled: Bool { wantedMilliCPU > milliCPU }
    }

    /// What the pod uses at this moment: thousandths of a core and bytes; zero if nothing of it runs.
    /// - Complexity: O(containers).
    public func usage(of pod: Pod, in cluster: Cluster) -> (milliCPU: Int64, memory: Int64) {
        let usage = containerUsage(of: pod, in: cluster)
        return (usage.lazy.map(\.milliCPU).saturatingSum, usage.lazy.map(\.memory).saturatingSum)
    }

    /// The same for each running container, in the order of the spec.
    public func containerUsage(of pod: Pod, in cluster: Cluster) -> [Usage] {
        guard let slot = slots[pod.metadata.uid], let worker = workers[slot] else { return [] }
        let now = lastSeen(worker, cluster.now)
        var all = worker.containers.indices.compactMap { i -> Usage? in
            let container = worker.containers[i]
            guard container.isRunning else { return nil }
            let wanted = wantedMilliCPU(worker, i, now)
            let limit = cpuLimit(worker, i)
            return Usage(
                container: container.status.name, milliCPU: min(limit ?? .max, wanted),
                memory: memory(worker, i, now), wantedMilliCPU: wanted, cpuLimit: limit, memoryLimit: memoryLimit(worker, i),
                staleSince: now < cluster.now ? now : nil)
        }
        // Under a limit of the whole pod its containers share what it allows.
        if let limit = podLimits(worker)?.cpuLimit {
            let sum = all.lazy.map(\.milliCPU).saturatingSum
            if sum > limit { for i in all.indices { all[i].milliCPU = all[i].milliCPU.proportion(limit, of: sum) } }
        }
        return all
    }

    /// When the pod's node was last heard of, if its kubelet is silent: what it uses since is not known. Else `now`.
    func lastSeen(_ worker: PodWorker, _ now: Instant) -> Instant { min(now, nodes[worker.node]?.silentSince ?? now) }

    /// Whether what is known of the pod's use is old, because its node's kubelet is silent.
    public func isStale(_ pod: Pod) -> Bool {
        guard let slot = slots[pod.metadata.uid], let worker = workers[slot] else { return false }
        return nodes[worker.node]?.silentSince != nil
    }

    /// Whether a container of the pod would use more CPU than its limit lets it.
    public func isThrottled(_ pod: Pod, in cluster: Cluster) -> Bool {
        guard let slot = slots[pod.metadata.uid], let worker = workers[slot] else { return false }
        return worker.containers.indices.contains { i in
            guard worker.containers[i].isRunning, let limit = cpuLimit(worker, i) else { return false }
            return wantedMilliCPU(worker, i, lastSeen(worker, cluster.now)) > limit
        }
    }

    private func wantedMilliCPU(_ worker: PodWorker, _ i: Int, _ now: Instant) -> Int64 {
        let container = worker.containers[i]
        if container.exited != nil { return 0 }
        if let work = container.work, work.left > 0, work.end > now { return work.parallel * 1000 }
        return container.program.cpu.value(at: now, startedAt: container.startedAt)
    }

    /// The limit in force of container `i`; without one of its own that of its pod.
    func cpuLimit(_ worker: PodWorker, _ i: Int) -> Int64? {
        worker.containers[i].actuated.limits.milliCPU ?? podLimits(worker)?.cpuLimit
    }
    private func memoryLimit(_ worker: PodWorker, _ i: Int) -> Int64? {
        if let own = worker.containers[i].actuated.limits.memoryBytes, own > 0 { return own }
        return podLimits(worker)?.memoryLimit
    }
    /// Limits of the pod as a whole, where its spec has any.
    func podLimits(_ worker: PodWorker) -> PodCgroup? {
        worker.allocated.value.resources == nil ? nil : worker.resize.cgroup ?? cgroup(of: worker.allocated)
    }

    func memory(_ worker: PodWorker, _ i: Int, _ now: Instant) -> Int64 {
        let container = worker.containers[i]
        guard container.isRunning, container.exited == nil else { return 0 }
        if let throttle = container.throttle { return throttle.usage }
        let own = container.program.memory.value(at: now, startedAt: container.startedAt)
        guard let cache = container.program.pageCache else { return own }
        // The page cache takes what is left.
        let most = container.actuated.limits.memoryBytes ?? .max
        return own + max(0, min(cache.value(at: now, startedAt: container.startedAt), most - own))
    }
    func memory(_ worker: PodWorker, _ now: Instant) -> Int64 {
        worker.containers.indices.lazy.map { memory(worker, $0, now) }.saturatingSum
    }

    /// Sets what each pod of `target` uses from now on, also pods that come later; nil gives that resource back
    /// to the program. Spread over the pod's containers by their requests, evenly without.
    /// - Parameters:
    ///   - cpu: thousandths of a core per pod; held within ``Load/range``, as is memory.
    ///   - memory: bytes per pod.
    public mutating func setLoad(
        of target: LoadTarget, cpu: Int64?, memory: Int64?, in cluster: inout Cluster
    ) {
        func held(_ amount: Int64?) -> Int64? { amount.map { min(max($0, Load.range.lowerBound), Load.range.upperBound) } }
        loads[target] = cpu == nil && memory == nil ? nil : LoadOverride(cpu: held(cpu), memory: held(memory))
        for slot in workers.indices
        where workers[slot].map({ targets(of: $0.pod, in: cluster).contains(target) }) ?? false {
            with(slot, &cluster) { $0.reprogram(&$1, &$2) }
        }
    }

    /// What was set by ``setLoad(of:cpu:memory:in:)`` for `target`; nil if nothing was.
    public func load(of target: LoadTarget) -> LoadOverride? { loads[target] }

    /// The pod itself and what it belongs to, directly and through one step: its ReplicaSet and Deployment.
    public func targets(of pod: Pod, in cluster: Cluster) -> [LoadTarget] {
        var targets = [LoadTarget(kind: "Pod", key: pod.key)]
        guard let owner = pod.metadata.controller else { return targets }
        let key = ObjectKey(namespace: pod.namespace, name: owner.name)
        targets.append(LoadTarget(kind: owner.kind, key: key))
        let upper: OwnerReference? =
            switch owner.kind {
            case "ReplicaSet": cluster.store.replicaSets[key]?.metadata.controller
            case "Job": cluster.store.jobs[key]?.metadata.controller
            default: nil
            }
        if let upper {
            targets.append(
                LoadTarget(kind: upper.kind, key: ObjectKey(namespace: pod.namespace, name: upper.name)))
        }
        return targets
    }

    /// Puts what was set from outside over a program's own use.
    func override(_ program: inout Program, _ worker: PodWorker, _ i: Int, _ cluster: Cluster) {
        if i < worker.initCount { return }
        if !demands.isEmpty { meetDemand(&program, worker, i, cluster) }
        if loads.isEmpty { return }
        guard let load = targets(of: worker.pod, in: cluster).lazy.compactMap({ loads[$0] }).first else { return }
        func share(_ name: String, _ amount: (Quantity) -> Int64, _ total: Int64) -> Int64 {
            let requests = worker.appIndices.map { worker.spec($0).resources.requests[name].map(amount) ?? 0 }
            let sum = requests.saturatingSum
            if sum == 0 { return total / Int64(requests.count) }
            return total.proportion(requests[i - worker.initCount], of: sum)
        }
        if let cpu = load.cpu { program.cpu = .constant(share("cpu", \.milliValue, cpu)) }
        if let memory = load.memory { program.memory = .constant(share("memory", \.value, memory)) }
    }

    // MARK: Memory

    /// Finds out when the container will use more memory than it may, and what it can come to use at most.
    mutating func watchMemory(_ worker: inout PodWorker, _ i: Int, _ now: Instant) {
        worker.containers[i].loadToken += 1
        let container = worker.containers[i]
        guard container.isRunning else { return }
        guard container.exited == nil else { return }
        var peak = container.program.memory.maximum + (container.program.pageCache?.maximum ?? 0)
        if let high = container.memory.high, peak > high {
            // From the moment at which it passes the threshold, its memory goes on step by step.
            if let begin = thresholdPassed(container, high, from: now) {
                schedule(
                    .memory(container: i, instance: container.instance, token: container.loadToken), worker,
                    at: max(now, begin))
            }
        } else if let limit = memoryLimit(worker, i) {
            if let time = container.program.memory.firstAbove(
                limit, from: now, startedAt: container.startedAt)
            {
                schedule(
                    .outOfMemory(container: i, instance: container.instance, token: container.loadToken),
                    worker,
                    at: max(now, time))
            }
            peak = min(peak, limit)
        }
        countMemory(&worker, i, peak)
        watchPressure(worker.node, now)
    }

    /// Counts the container with `peak` bytes in what its node can come to use.
    mutating func countMemory(_ worker: inout PodWorker, _ i: Int, _ peak: Int64) {
        // More than any machine has counts as that: so the sum over a node's containers is always right.
        let peak = min(peak, Load.range.upperBound)
        nodes[worker.node]?.memoryPeak += peak - worker.containers[i].memoryPeak
        worker.containers[i].memoryPeak = peak
    }

    private func thresholdPassed(_ container: ContainerRuntime, _ high: Int64, from now: Instant) -> Instant? {
        if container.throttle != nil { return now }
        guard let cache = container.program.pageCache else {
            return container.program.memory.firstAbove(high, from: now, startedAt: container.startedAt)
        }
        return container.program.memory.firstAbove(max(0, high - cache.maximum), from: now, startedAt: container.startedAt)
    }

    /// The memory of a container goes on by a second: what its program wants, against `memory.high` and `memory.max`.
    mutating func stepMemory(_ worker: inout PodWorker, _ i: Int, _ cluster: inout Cluster) {
        let now = cluster.now
        let container = worker.containers[i]
        guard container.exited == nil else { return }
        let program = container.program
        let demand = program.memory.value(at: now, startedAt: container.startedAt)
        let cache = program.pageCache?.value(at: now, startedAt: container.startedAt) ?? 0
        var group = container.throttle ?? MemoryGroup()
        if container.throttle == nil {
            group.anonymous = min(demand, container.memory.high ?? demand)
            group.cache = max(0, min(cache, (container.memory.high ?? .max) - group.anonymous))
        }
        let limit = container.actuated.limits.memoryBytes ?? 0
        group.step(
            demand: demand, cache: cache, high: container.memory.high, rate: latencies.memoryRate,
            reclaim: latencies.reclaimRate, seconds: Self.memorySample.seconds)
        if limit > 0, group.anonymous > limit {
            return exits(&worker, i, code: 137, reason: "OOMKilled", now)
        }
        if limit > 0 { group.cache = min(group.cache, limit - group.anonymous) }
        let speed = worker.containers[i].work?.speed ?? 1
        worker.containers[i].throttle = group
        if abs(speed - (1 - group.stall)) > 0.01, let work = worker.containers[i].work, work.end > now {
            worker.containers[i].work!.change(speed: 1 - group.stall, at: now)
            rescheduleProbes(&worker, i, now)
        }
        // Back below the threshold, and what it wants is below too: nobody needs to look until it passes it again.
        if let high = container.memory.high, demand + cache <= high, group.usage == demand + cache {
            worker.containers[i].throttle = nil
            if let next = thresholdPassed(worker.containers[i], high, from: now + Self.memorySample) {
                schedule(.memory(container: i, instance: container.instance, token: container.loadToken), worker, at: next)
            }
            return
        }
        schedule(
            .memory(container: i, instance: container.instance, token: container.loadToken), worker,
            at: now + Self.memorySample)
    }
    static let memorySample = Duration.seconds(1)
}
