// Memory pressure: which pods a node gives up to save itself.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension Kubelet {
    static let evictionPeriod = Duration.seconds(10)

    /// Begins to look at a node's memory each 10 s once its containers together could reach the threshold;
    /// nodes that cannot get there are never looked at.
    mutating func watchPressure(_ now: Instant, _ host: inout KubeletHost) {
        guard !isWatchingMemory, canRunShort(settings(host).memoryThreshold) else { return }
        isWatchingMemory = true
        let period = Self.evictionPeriod.nanoseconds
        host.schedule(.memory, of: index, at: Instant(nanoseconds: (now.nanoseconds / period + 1) * period))
    }

    private func canRunShort(_ threshold: KubeletSettings.Threshold?) -> Bool {
        guard let threshold, memoryCapacity > 0 else { return false }
        return memoryCapacity.saturatingSubtract(memoryPeak) < threshold.value(of: memoryCapacity)
    }

    /// Memory that no container of the node uses.
    func availableMemory(_ now: Instant) -> Int64 {
        counted.reduce(memoryCapacity) { $0.saturatingSubtract(pods[$1]?.memory(now) ?? 0) }
    }

    /// One pass of the eviction manager over a node.
    ///
    /// Differs from Kubernetes: what containers and sidecars write to the disk is not measured against limits of ephemeral storage, and
    /// nodes have no huge pages that would have to be left out of the available memory (`kubernetes-1.37.md` rows 4.6.2, 4.6.5).
    /// - Source: Kubernetes `pkg/kubelet/eviction/eviction_manager.go`, `synchronize`.
    mutating func checkMemory(_ host: inout KubeletHost, _ cluster: inout Cluster) {
        let now = cluster.now
        guard !isFailed, let threshold = settings(host).memoryThreshold else { return }
        let limit = threshold.value(of: memoryCapacity)
        let available = availableMemory(now)
        let isShort = available < limit
        if isShort {
            lastMemoryPressure = now
            if !hasMemoryPressure { setPressure(true, &host) }
            if evicting.map({ $0.until <= now }) ?? true { evict(limit, available, &host, &cluster) }
        } else if hasMemoryPressure,
            now - (lastMemoryPressure ?? now) >= settings(host).pressureTransition
        {
            setPressure(false, &host)
        }
        if hasMemoryPressure || canRunShort(threshold) {
            host.schedule(.memory, of: index, at: now + Self.evictionPeriod)
        } else {
            isWatchingMemory = false
        }
    }

    private mutating func setPressure(_ isShort: Bool, _ host: inout KubeletHost) {
        hasMemoryPressure = isShort
        host.reportDue[index] = .start
    }

    /// Evicts the pod that ranks first; one at a time.
    private mutating func evict(
        _ threshold: Int64, _ available: Int64, _ host: inout KubeletHost, _ cluster: inout Cluster
    ) {
        let now = cluster.now
        if let node = cluster.store.nodes[ObjectKey(name: name)] {
            tell("EvictionThresholdMet", "Attempting to reclaim memory", node, warning: true, &host, &cluster)
        }
        guard let victim = ranked(now).first else { return }
        evicting = (victim, now + .seconds(30))
        with(victim, &host, &cluster) { kubelet, worker, host, cluster in
            var message =
                "The node was low on resource: memory. Threshold quantity: \(Quantity(bytes: threshold)), "
                + "available: \(Self.inKi(available)). "
            for i in worker.appIndices {
                let used = worker.memory(i, now)
                let request = worker.spec(i).resources.requests["memory"] ?? Quantity(0)
                if used > request.value {
                    message +=
                        "Container \(worker.containers[i].status.name) was using \(Self.inKi(used)), "
                        + "request is \(request), has larger consumption of memory. "
                }
            }
            kubelet.tell("Evicted", message, worker, warning: true, &host, &cluster)
            worker.verdict = .init(reason: "Evicted", message: message, disruption: message)
            kubelet.terminate(&worker, grace: .seconds(host.profile.hardEvictionGraceSeconds), &host, &cluster)
            kubelet.continueTermination(&worker, &host, &cluster)
        }
    }

    /// Memory is accounted in pages, so amounts read as whole Ki.
    private static func inKi(_ bytes: Int64) -> Quantity { Quantity(bytes: bytes / 1024 * 1024) }

    /// The node's pods in the order in which they are evicted for memory: those that use more than they
    /// request first, then by priority from below, then by how much more they use.
    func ranked(_ now: Instant) -> [PodReference] {
        struct Candidate {
            var pod: PodReference
            var isWithin: Bool
            var priority: Int
            var excess: Int64
        }
        let candidates = counted.compactMap { slot -> Candidate? in
            guard let worker = pods[slot], worker.termination == nil, worker.isAnythingRunning,
                !worker.pod.isCritical
            else { return nil }
            let used = worker.memory(now)
            return Candidate(
                pod: worker.reference, isWithin: used <= worker.requests.memory,
                priority: worker.pod.spec.priority ?? 0, excess: used.saturatingSubtract(worker.requests.memory))
        }
        return candidates.enumerated().sorted { a, b in
            let (x, y) = (a.element, b.element)
            if x.isWithin != y.isWithin { return !x.isWithin }
            if x.priority != y.priority { return x.priority < y.priority }
            if x.excess != y.excess { return x.excess > y.excess }
            return a.offset < b.offset
        }.map(\.element.pod)
    }
}

/// How readily the kernel kills a container when its node is out of memory: −997 to 1000.
public enum OOMScore {
    /// The score of `container` in `pod` on a node with `capacity` bytes of memory.
    /// - Source: Kubernetes `pkg/kubelet/qos/policy.go`, `GetContainerOOMScoreAdjust`.
    public static func adjustment(of container: Container, in pod: Pod, nodeMemory capacity: Int64) -> Int {
        if pod.spec.priorityClassName == "system-node-critical" { return -997 }
        switch pod.status.qosClass == .unset ? pod.spec.qosClass : pod.status.qosClass {
        case .guaranteed: return -997
        case .bestEffort: return 1000
        default: break
        }
        guard capacity > 0 else { return 999 }
        func score(_ request: Int64) -> Int64 { Int64(1000).saturatingSubtract(Int64(1000).proportion(request, of: capacity)) }
        var value = score(container.resources.requests.memoryBytes ?? 0)
        if container.isSidecar, pod.spec.initContainers.contains(where: { $0.name == container.name }) {
            let least = pod.spec.containers.map { $0.resources.requests.memoryBytes ?? 0 }.min() ?? 0
            value = min(value, score(least))
        }
        // The lower bound keeps Burstable pods above Guaranteed ones, the upper one below BestEffort.
        return value < 3 ? 3 : value >= 1000 ? 999 : Int(value)
    }
}
