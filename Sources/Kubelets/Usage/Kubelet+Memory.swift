// The memory of containers over time: when they run out of it, and how `memory.high` holds them back.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension Kubelet {
    /// Finds out when the container will use more memory than it may, and what it can come to use at most.
    mutating func watchMemory(_ worker: inout PodWorker, _ i: Int, _ now: Instant, _ host: inout KubeletHost) {
        worker.containers[i].loadToken += 1
        let container = worker.containers[i]
        guard container.isRunning else { return }
        guard container.exited == nil else { return }
        var peak = container.program.memory.maximum + (container.program.pageCache?.maximum ?? 0)
        if let high = container.memory.high, peak > high {
            // From the moment at which it passes the threshold, its memory goes on step by step.
            if let begin = thresholdPassed(container, high, from: now) {
                host.schedule(
                    .memory(container: i, instance: container.instance, token: container.loadToken), worker,
                    at: max(now, begin))
            }
        } else if let limit = worker.memoryLimit(i, host.profile) {
            if let time = container.program.memory.firstAbove(
                limit, from: now, startedAt: container.startedAt)
            {
                host.schedule(
                    .outOfMemory(container: i, instance: container.instance, token: container.loadToken),
                    worker,
                    at: max(now, time))
            }
            peak = min(peak, limit)
        }
        countMemory(&worker, i, peak)
        watchPressure(now, &host)
    }

    /// Counts the container with `peak` bytes in what its node can come to use.
    mutating func countMemory(_ worker: inout PodWorker, _ i: Int, _ peak: Int64) {
        // More than any machine has counts as that: so the sum over a node's containers is always right.
        let peak = min(peak, Load.range.upperBound)
        memoryPeak += peak - worker.containers[i].memoryPeak
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
    mutating func stepMemory(_ worker: inout PodWorker, _ i: Int, _ host: inout KubeletHost, _ cluster: inout Cluster) {
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
            demand: demand, cache: cache, high: container.memory.high, rate: host.latencies.memoryRate,
            reclaim: host.latencies.reclaimRate, seconds: Self.memorySample.seconds)
        if limit > 0, group.anonymous > limit {
            return exits(&worker, i, code: 137, reason: "OOMKilled", now, &host)
        }
        if limit > 0 { group.cache = min(group.cache, limit - group.anonymous) }
        let speed = worker.containers[i].work?.speed ?? 1
        worker.containers[i].throttle = group
        if abs(speed - (1 - group.stall)) > 0.01, let work = worker.containers[i].work, work.end > now {
            worker.containers[i].work?.change(speed: 1 - group.stall, at: now)
            rescheduleProbes(&worker, i, now, &host)
        }
        // Back below the threshold, and what it wants is below too: nobody needs to look until it passes it again.
        if let high = container.memory.high, demand + cache <= high, group.usage == demand + cache {
            worker.containers[i].throttle = nil
            if let next = thresholdPassed(worker.containers[i], high, from: now + Self.memorySample) {
                host.schedule(.memory(container: i, instance: container.instance, token: container.loadToken), worker, at: next)
            }
            return
        }
        host.schedule(
            .memory(container: i, instance: container.instance, token: container.loadToken), worker,
            at: now + Self.memorySample)
    }
    static let memorySample = Duration.seconds(1)
}
