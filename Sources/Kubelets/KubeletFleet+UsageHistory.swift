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
extension KubeletFleet {
    /// How many spans of a container are kept; older ones are forgotten.
    static let spansKept = 32

    /// Puts down what container `i` used up to now, before its program or limits change.
    func keepUsage(_ worker: inout PodWorker, _ i: Int, _ now: Instant, isOutOfMemory: Bool = false) {
        guard var span = presentSpan(worker, i, now), span.to > span.from || isOutOfMemory else { return }
        worker.containers[i].throttled = worker.containers[i].throttled + presentThrottling(worker, i, now)
        span.isOutOfMemory = isOutOfMemory
        worker.containers[i].past.append(span)
        if worker.containers[i].past.count > Self.spansKept { worker.containers[i].past.removeFirst() }
    }

    private func presentSpan(_ worker: PodWorker, _ i: Int, _ now: Instant) -> UsageSpan? {
        let container = worker.containers[i]
        guard container.isRunning else { return nil }
        return UsageSpan(
            from: max(container.startedAt, container.past.last?.to ?? .start), to: now, startedAt: container.startedAt,
            cpu: container.program.cpu, memory: container.program.memory, cpuLimit: cpuLimit(worker, i))
    }

    /// What a container of the pod used, oldest first, up to now; empty if it is on no node.
    /// - Complexity: O(spans), at most 33.
    public func usageHistory(of pod: Pod, container name: String, in cluster: Cluster) -> [UsageSpan] {
        guard let slot = slots[pod.metadata.uid], let worker = workers[slot],
            let i = worker.containers.firstIndex(where: { $0.status.name == name })
        else { return [] }
        return worker.containers[i].past + (presentSpan(worker, i, cluster.now).map { [$0] } ?? [])
    }
}
