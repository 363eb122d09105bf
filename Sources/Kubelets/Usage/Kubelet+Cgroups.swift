// The control groups of a node: what the kubelet writes, and what the kernel makes of it.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension KubeletFleet {
    /// The pod's own cgroup, then those of its containers in the order of the spec; empty for a pod that is on no
    /// node, or has ended.
    public func cgroups(of pod: Pod, in cluster: Cluster) -> [CgroupValues] {
        guard let kubelet = host.pods[pod.metadata.uid].flatMap({ nodes[$0.node] }), let worker = worker(of: pod), worker.holdsResources
        else { return [] }
        return [kubelet.podCgroup(worker, host)] + worker.containers.indices.map { kubelet.containerCgroup(worker, $0, cluster.now, host) }
    }

    /// `/kubepods`, `/kubepods/burstable` and `/kubepods/besteffort` of a node.
    /// - Source: Kubernetes `pkg/kubelet/cm/qos_container_manager_linux.go`, `node_container_manager_linux.go`.
    public func cgroups(node name: String, in cluster: Cluster) -> [CgroupValues] {
        kubelet(of: name)?.cgroups(host) ?? []
    }
}

extension Kubelet {
    fileprivate func cgroups(_ host: KubeletHost) -> [CgroupValues] {
        var (guaranteed, burstable, burstableCPU) = (Int64(0), Int64(0), Int64(0))
        for worker in counted.lazy.compactMap({ pods[$0] }) where worker.holdsResources {
            switch worker.pod.spec.value.qosClass(host.profile) {
            case .guaranteed: guaranteed = guaranteed.saturatingAdd(worker.requests.memory)
            case .burstable:
                burstable = burstable.saturatingAdd(worker.requests.memory)
                burstableCPU = burstableCPU.saturatingAdd(worker.requests.milliCPU)
            default: break
            }
        }
        var all = CgroupValues(name: "/kubepods", cpuQuota: nil, cpuWeight: CgroupValue.weight(milliCPU: allocatable.milliCPU, host.profile))
        all.memoryMax = allocatable.memory > 0 ? allocatable.memory : nil
        var middle = CgroupValues(name: "/kubepods/burstable", cpuQuota: nil, cpuWeight: CgroupValue.weight(milliCPU: burstableCPU, host.profile))
        let memory = settings(host).memory
        if memory.isEnabled {
            switch memory.policy {
            case .always: (all.memoryMin, middle.memoryMin) = (guaranteed.saturatingAdd(burstable), burstable)
            case .tiered:
                (all.memoryMin, middle.memoryLow) = (guaranteed.saturatingAdd(burstable), burstable)
                if host.profile.memoryLowOfAllPods { all.memoryLow = burstable }
            case .none: break
            }
        }
        return [all, middle, CgroupValues(name: "/kubepods/besteffort", cpuQuota: nil, cpuWeight: 1)]
    }

    fileprivate func podCgroup(_ worker: PodWorker, _ host: KubeletHost) -> CgroupValues {
        let spec = worker.allocated.value
        let qos = worker.pod.spec.value.qosClass(host.profile)
        let containers = (0..<worker.containers.count).filter { !worker.containers[$0].isPlainInit }.map { worker.spec($0) }
        func sum(_ amount: (ResourceList) -> Int64?, own: Int64?) -> Int64? {
            if let own, own > 0 { return own }
            let limits = containers.map { amount($0.resources.limits) ?? 0 }
            return limits.contains(0) ? nil : limits.saturatingSum
        }
        var group = CgroupValues(
            name: worker.pod.name, cpuQuota: sum(\.milliCPU, own: spec.resources?.limits.milliCPU).flatMap { CgroupValue.quota(milliCPU: $0) },
            cpuWeight: qos == .bestEffort ? 1 : CgroupValue.weight(milliCPU: worker.requests.milliCPU, host.profile))
        group.memoryMax = sum(\.memoryBytes, own: spec.resources?.limits.memoryBytes)
        if host.profile.memoryHighOfPods {
            group.memoryHigh = memoryProtection(host).high(
                request: worker.requests.memory, limit: group.memoryMax ?? 0, allocatable: allocatable.memory)
        }
        (group.memoryMin, group.memoryLow) = settings(host).memory.protection(
            request: worker.requests.memory, isGuaranteed: qos == .guaranteed)
        return group
    }

    fileprivate func containerCgroup(_ worker: PodWorker, _ i: Int, _ now: Instant, _ host: KubeletHost) -> CgroupValues {
        let container = worker.containers[i]
        let spec = worker.spec(i)
        // A running container has what was written for it; one to come gets what its spec says.
        let resources = container.isRunning ? container.actuated : spec.resources
        let limit = resources.limits.milliCPU ?? 0
        var group = CgroupValues(
            name: spec.name, cpuQuota: CgroupValue.quota(milliCPU: limit),
            cpuWeight: CgroupValue.weight(milliCPU: resources.requests.milliCPU ?? 0, host.profile))
        let memory = container.isRunning ? container.memory : memoryValues(worker, resources, host)
        (group.memoryMin, group.memoryLow, group.memoryHigh) = (memory.min, memory.low, memory.high)
        group.memoryMax = resources.limits.memoryBytes.flatMap { $0 > 0 ? $0 : nil } ?? worker.allocated.value.resources?.limits.memoryBytes
        var own = worker.pod
        own.spec = worker.allocated
        group.oomScoreAdj = OOMScore.adjustment(of: spec, in: own, nodeMemory: memoryCapacity)
        guard container.isRunning, container.exited == nil else { return group }
        group.memoryUsed = worker.memory(i, now)
        if let throttle = container.throttle {
            (group.memoryStall, group.memoryHighEvents) = (throttle.stall, throttle.highEvents)
        }
        let throttling = worker.throttling(i, now, host.profile)
        (group.cpuThrottled, group.throttledPeriods, group.throttledTime) = (
            worker.throttledShare(i, now, host.profile), throttling.periods, throttling.stopped
        )
        return group
    }

    private func memoryProtection(_ host: KubeletHost) -> MemoryProtection {
        var protection = settings(host).memory
        protection.pageSize = max(1, Int64(saturating: host.latencies.pageSize))
        return protection
    }

    /// What MemoryQoS writes for a container with `resources` under the present configuration.
    func memoryValues(_ worker: PodWorker, _ resources: ResourceRequirements, _ host: KubeletHost) -> MemoryValues {
        let protection = memoryProtection(host)
        guard protection.isEnabled else { return MemoryValues() }
        let request = resources.requests.memoryBytes ?? 0
        let (min, low) = protection.protection(request: request, isGuaranteed: worker.pod.spec.value.qosClass(host.profile) == .guaranteed)
        return MemoryValues(
            min: min, low: low,
            high: protection.high(
                request: request, limit: resources.limits.memoryBytes ?? 0,
                allocatable: allocatable.memory))
    }
}

/// What was written into a running container's cgroup for MemoryQoS.
struct MemoryValues: Sendable, Equatable {
    var min: Int64 = 0
    var low: Int64 = 0
    var high: Int64?
}
