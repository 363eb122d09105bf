// What pods and their containers use now.

import ControlPlane
import KubernetesAPI
import SimulationKit

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
        guard let worker = worker(of: pod) else { return [] }
        let now = lastSeen(worker, cluster.now)
        var all = worker.containers.indices.compactMap { i -> Usage? in
            let container = worker.containers[i]
            guard container.isRunning else { return nil }
            let wanted = worker.wantedMilliCPU(i, now)
            let limit = worker.cpuLimit(i, host.profile)
            return Usage(
                container: container.status.name, milliCPU: min(limit ?? .max, wanted),
                memory: worker.memory(i, now), wantedMilliCPU: wanted, cpuLimit: limit, memoryLimit: worker.memoryLimit(i, host.profile),
                staleSince: now < cluster.now ? now : nil)
        }
        // Under a limit of the whole pod its containers share what it allows.
        if let limit = worker.podLimits(host.profile)?.cpuLimit {
            let sum = all.lazy.map(\.milliCPU).saturatingSum
            if sum > limit { for i in all.indices { all[i].milliCPU = all[i].milliCPU.proportion(limit, of: sum) } }
        }
        return all
    }

    /// What the node uses at this moment: its running pods, and what was measured beside them in an opened state.
    /// - Complexity: O(containers of the node).
    public func usage(ofNode name: String, in cluster: Cluster) -> (milliCPU: Int64, memory: Int64) {
        let (pods, beside) = (podUsage(onNode: name, in: cluster), host.seen.beside[name] ?? (0, 0))
        return (pods.milliCPU.saturatingAdd(beside.milliCPU), pods.memory.saturatingAdd(beside.memory))
    }
    func podUsage(onNode name: String, in cluster: Cluster) -> (milliCPU: Int64, memory: Int64) {
        var sum: (milliCPU: Int64, memory: Int64) = (0, 0)
        for pod in cluster.store.pods(onNode: name) where pod.status.phase == .running {
            let own = usage(of: pod, in: cluster)
            sum = (sum.milliCPU.saturatingAdd(own.milliCPU), sum.memory.saturatingAdd(own.memory))
        }
        return sum
    }
    /// Whether what the node uses is a guess: nothing measured it, and the use of a pod on it is one.
    public func isGuessed(node name: String, in cluster: Cluster) -> Bool {
        !host.seen.isEmpty && host.seen.beside[name] == nil
            && cluster.store.pods(onNode: name).contains { $0.status.phase == .running && isGuessed($0, in: cluster) }
    }

    /// When the pod's node was last heard of, if its kubelet is silent: what it uses since is not known. Else `now`.
    func lastSeen(_ worker: PodWorker, _ now: Instant) -> Instant { min(now, nodes[worker.reference.node]?.silentSince ?? now) }

    /// Whether what is known of the pod's use is old, because its node's kubelet is silent.
    public func isStale(_ pod: Pod) -> Bool {
        guard let worker = worker(of: pod) else { return false }
        return nodes[worker.reference.node]?.silentSince != nil
    }

    /// Whether what the pod uses is a guess from its requests: it is of an opened state, nothing measured it, and nobody said it.
    public func isGuessed(_ pod: Pod, in cluster: Cluster) -> Bool {
        guard !host.seen.isEmpty, let worker = worker(of: pod) else { return false }
        if LoadTarget.all(of: pod, in: cluster).contains(where: { host.loads[$0] != nil }) { return false }
        func isSaid(_ container: String, _ key: String) -> Bool {
            pod.metadata.annotations[Program.prefix + key] != nil || pod.metadata.annotations["\(Program.prefix)\(container).\(key)"] != nil
        }
        return worker.containers.contains { container in
            let name = container.status.name
            return container.isRunning && !host.seen.isMeasured(pod.key, name) && !(isSaid(name, "cpu") || isSaid(name, "memory"))
        }
    }

    /// Whether a container of the pod would use more CPU than its limit lets it.
    public func isThrottled(_ pod: Pod, in cluster: Cluster) -> Bool {
        guard let worker = worker(of: pod) else { return false }
        return worker.containers.indices.contains { i in
            guard worker.containers[i].isRunning, let limit = worker.cpuLimit(i, host.profile) else { return false }
            return worker.wantedMilliCPU(i, lastSeen(worker, cluster.now)) > limit
        }
    }
}

extension PodWorker {
    fileprivate func wantedMilliCPU(_ i: Int, _ now: Instant) -> Int64 {
        let container = containers[i]
        if container.exited != nil { return 0 }
        if let work = container.work, work.left > 0, work.end > now { return work.parallel * 1000 }
        return container.program.cpu.value(at: now, startedAt: container.startedAt)
    }

    /// The limit in force of container `i`; without one of its own that of its pod.
    func cpuLimit(_ i: Int, _ profile: KubernetesProfile) -> Int64? {
        containers[i].actuated.limits.milliCPU ?? podLimits(profile)?.cpuLimit
    }
    func memoryLimit(_ i: Int, _ profile: KubernetesProfile) -> Int64? {
        if let own = containers[i].actuated.limits.memoryBytes, own > 0 { return own }
        return podLimits(profile)?.memoryLimit
    }
    /// Limits of the pod as a whole, where its spec has any.
    func podLimits(_ profile: KubernetesProfile) -> PodCgroup? {
        allocated.value.resources == nil ? nil : resize.cgroup ?? PodCgroup(allocated, profile)
    }

    func memory(_ i: Int, _ now: Instant) -> Int64 {
        let container = containers[i]
        guard container.isRunning, container.exited == nil else { return 0 }
        if let throttle = container.throttle { return throttle.usage }
        let own = container.program.memory.value(at: now, startedAt: container.startedAt)
        guard let cache = container.program.pageCache else { return own }
        // The page cache takes what is left.
        let most = container.actuated.limits.memoryBytes ?? .max
        return own + max(0, min(cache.value(at: now, startedAt: container.startedAt), most - own))
    }
    func memory(_ now: Instant) -> Int64 {
        containers.indices.lazy.map { memory($0, now) }.saturatingSum
    }
}
