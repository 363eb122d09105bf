import KubernetesAPI
import SimulationKit

extension KubeletFleet {
    /// What the pod's containers used at `time`, as their programs' courses say: thousandths of a core and bytes; nil
    /// while none of those that run now ran. Nothing is recorded for it: what is looked at is worked out.
    ///
    /// Limits, and how far `memory.high` held a program back, are taken as they are now.
    /// - Complexity: O(containers).
    public func usage(of pod: Pod, at time: Instant) -> (milliCPU: Int64, memory: Int64)? {
        guard let slot = slots[pod.metadata.uid], let worker = workers[slot] else { return nil }
        var sum: (milliCPU: Int64, memory: Int64)?
        for container in worker.containers where container.isRunning && container.startedAt <= time {
            let (limit, start) = (container.actuated.limits.milliCPU ?? .max, container.startedAt)
            var cpu = container.program.cpu.value(at: time, startedAt: start)
            if let work = container.work, work.end > time { cpu = work.parallel * 1000 }
            let memory = container.program.memory.value(at: time, startedAt: start)
            sum = (
                (sum?.milliCPU ?? 0).saturatingAdd(min(limit, cpu)),
                (sum?.memory ?? 0).saturatingAdd(min(container.actuated.limits.memoryBytes ?? .max, memory)))
        }
        return sum
    }
}
