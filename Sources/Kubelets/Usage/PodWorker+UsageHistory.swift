// What containers used over time, as spans that can be computed.

import ControlPlane
import KubernetesAPI
import SimulationKit

/// A stretch of time in which a container's program and limits stayed as they were: what it used at any moment of it
/// can be computed.
public struct UsageSpan: Sendable, Equatable {
    public var from: Instant
    public var to: Instant
    /// The container's start, from which ramps count.
    public var startedAt: Instant
    public var cpu: Load
    public var memory: Load
    /// Thousandths of a core; nil: none.
    public var cpuLimit: Int64?
    /// The span ended because the container ran out of memory.
    public var isOutOfMemory = false

    /// Thousandths of a core used at `time`, which lies in the span.
    public func milliCPU(at time: Instant) -> Int64 { min(cpuLimit ?? .max, cpu.value(at: time, startedAt: startedAt)) }
    /// Bytes used at `time`.
    public func memory(at time: Instant) -> Int64 { memory.value(at: time, startedAt: startedAt) }
}

// What containers used in the past. A span is put down when something about the use changes, so quiet pods cost
// nothing however long they run; what was used in between is computed when somebody asks.
extension PodWorker {
    /// How many spans of a container are kept; older ones are forgotten.
    static let spansKept = 32

    /// Puts down what container `i` used up to now, before its program or limits change.
    mutating func keepUsage(_ i: Int, _ now: Instant, isOutOfMemory: Bool = false, _ profile: KubernetesProfile) {
        guard var span = presentSpan(i, now, profile), span.to > span.from || isOutOfMemory else { return }
        containers[i].throttled = containers[i].throttled + presentThrottling(i, now, profile)
        span.isOutOfMemory = isOutOfMemory
        containers[i].past.append(span)
        if containers[i].past.count > Self.spansKept { containers[i].past.removeFirst() }
    }

    func presentSpan(_ i: Int, _ now: Instant, _ profile: KubernetesProfile) -> UsageSpan? {
        let container = containers[i]
        guard container.isRunning else { return nil }
        return UsageSpan(
            from: max(container.startedAt, container.past.last?.to ?? .start), to: now, startedAt: container.startedAt,
            cpu: container.program.cpu, memory: container.program.memory, cpuLimit: cpuLimit(i, profile))
    }
}

extension KubeletFleet {
    /// What a container of the pod used, oldest first, up to now; empty if it is on no node.
    /// - Complexity: O(spans), at most 33.
    public func usageHistory(of pod: Pod, container name: String, in cluster: Cluster) -> [UsageSpan] {
        guard let worker = worker(of: pod), let i = worker.containers.firstIndex(where: { $0.status.name == name }) else { return [] }
        return worker.containers[i].past + (worker.presentSpan(i, cluster.now, host.profile).map { [$0] } ?? [])
    }
}
