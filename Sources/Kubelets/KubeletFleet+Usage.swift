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
struct LoadOverride: Sendable {
    var cpu: Int64?
    var memory: Int64?
}

// How much of CPU and memory containers use.
extension KubeletFleet {
    /// What a running container uses now.
    public struct Usage: Sendable, Equatable {
        public var container: String
        public var milliCPU: Int64
        public var memory: Int64
    }

    /// What the pod uses at this moment: thousandths of a core and bytes; zero if nothing of it runs.
    /// - Complexity: O(containers).
    public func usage(of pod: Pod, in cluster: Cluster) -> (milliCPU: Int64, memory: Int64) {
        containerUsage(of: pod, in: cluster).reduce((0, 0)) { ($0.0 + $1.milliCPU, $0.1 + $1.memory) }
    }

    /// The same for each running container, in the order of the spec.
    public func containerUsage(of pod: Pod, in cluster: Cluster) -> [Usage] {
        guard let slot = slots[pod.metadata.uid], let worker = workers[slot] else { return [] }
        return worker.containers.indices.compactMap { i in
            let container = worker.containers[i]
            guard container.isRunning else { return nil }
            return Usage(
                container: container.status.name, milliCPU: milliCPU(worker, i, cluster.now),
                memory: memory(worker, i, cluster.now))
        }
    }

    private func milliCPU(_ worker: PodWorker, _ i: Int, _ now: Instant) -> Int64 {
        let container = worker.containers[i]
        let limit = container.actuated.limits.milliCPU ?? .max
        if let work = container.work, work.left > 0, work.end > now {
            return min(limit, work.parallel * 1000)
        }
        return min(limit, container.program.cpu.value(at: now, startedAt: container.startedAt))
    }

    func memory(_ worker: PodWorker, _ i: Int, _ now: Instant) -> Int64 {
        let container = worker.containers[i]
        return container.isRunning
            ? container.program.memory.value(at: now, startedAt: container.startedAt) : 0
    }
    func memory(_ worker: PodWorker, _ now: Instant) -> Int64 {
        worker.containers.indices.reduce(0) { $0 + memory(worker, $1, now) }
    }

    /// Sets what each pod of `target` uses from now on, also pods that come later; nil gives that resource back
    /// to the program. Spread over the pod's containers by their requests, evenly without.
    /// - Parameters:
    ///   - cpu: thousandths of a core per pod.
    ///   - memory: bytes per pod.
    public mutating func setLoad(
        of target: LoadTarget, cpu: Int64?, memory: Int64?, in cluster: inout Cluster
    ) {
        loads[target] = cpu == nil && memory == nil ? nil : LoadOverride(cpu: cpu, memory: memory)
        for slot in workers.indices
        where workers[slot].map({ owners($0.pod, cluster).contains(target) }) ?? false {
            with(slot, &cluster) { $0.reprogram(&$1, &$2) }
        }
    }

    /// The pod itself and what it belongs to, directly and through one step: its ReplicaSet and Deployment.
    func owners(_ pod: Pod, _ cluster: Cluster) -> [LoadTarget] {
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
        guard let load = owners(worker.pod, cluster).lazy.compactMap({ loads[$0] }).first else { return }
        func share(_ name: String, _ amount: (Quantity) -> Int64, _ total: Int64) -> Int64 {
            let requests = worker.appIndices.map { worker.spec($0).resources.requests[name].map(amount) ?? 0 }
            let sum = requests.reduce(0, +)
            if sum == 0 { return total / Int64(requests.count) }
            return Int64(Double(total) * Double(requests[i - worker.initCount]) / Double(sum))
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
        var peak = container.program.memory.maximum
        if let limit = container.actuated.limits.memoryBytes, limit > 0 {
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
        nodes[worker.node]?.memoryPeak += peak - worker.containers[i].memoryPeak
        worker.containers[i].memoryPeak = peak
    }
}
