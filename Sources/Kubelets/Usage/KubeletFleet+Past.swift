// What a pod used at an earlier moment.

import KubernetesAPI
import SimulationKit

extension KubeletFleet {
    /// What the pod's containers used at `time`, as their programs' courses say: thousandths of a core and bytes; nil
    /// while none of those that run now ran. Nothing is recorded for it: what is looked at is worked out.
    ///
    /// On a node whose kubelet is silent the last that was heard is what there is. Limits, and how far `memory.high` held a
    /// program back, are taken as they are now.
    /// - Complexity: O(containers).
    public func usage(of pod: Pod, at time: Instant) -> (milliCPU: Int64, memory: Int64)? {
        guard let worker = worker(of: pod) else { return nil }
        let time = lastSeen(worker, time)
        var sum: (milliCPU: Int64, memory: Int64)?
        for (i, container) in worker.containers.enumerated() where container.isRunning && container.startedAt <= time {
            let (limit, start) = (worker.cpuLimit(i, host.profile) ?? .max, container.startedAt)
            var cpu = container.program.cpu.value(at: time, startedAt: start)
            if let work = container.work, work.end > time { cpu = work.parallel * 1000 }
            let memory = container.program.memory.value(at: time, startedAt: start)
            sum = (
                (sum?.milliCPU ?? 0).saturatingAdd(min(limit, cpu)),
                (sum?.memory ?? 0).saturatingAdd(min(container.actuated.limits.memoryBytes ?? .max, memory))
            )
        }
        guard let all = sum, let limit = worker.podLimits(host.profile)?.cpuLimit else { return sum }
        return (min(limit, all.milliCPU), all.memory)
    }
}
