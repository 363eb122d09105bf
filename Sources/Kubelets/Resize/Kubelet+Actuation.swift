// In-place resize: how what was granted comes into force (actuated), container by container.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension Kubelet {
    /// Takes the next step of a resize: kills containers whose policy wants it, or begins to write. Returns
    /// whether the worker is busy with it.
    mutating func actuateResize(_ worker: inout PodWorker, _ host: inout KubeletHost, _ cluster: inout Cluster) -> Bool {
        guard host.profile.isEnabled(.inPlacePodVerticalScaling) else { return false }
        decideAtSync(&worker, &host, &cluster)
        let changed = worker.containers.indices.map { worker.changes($0, host.profile) }
        let steps = worker.plan(changed, host.profile)
        if changed.allSatisfy(\.isEmpty), steps.isEmpty {
            completeResize(&worker, &host, &cluster)
            return false
        }
        if cluster.now < worker.resize.retryAt { return false }
        for i in worker.containers.indices where !changed[i].isEmpty {
            let policies = worker.spec(i).resizePolicy
            let restarts = changed[i].contains { name in
                policies.contains { $0.resourceName == name && $0.restartPolicy == "RestartContainer" }
            }
            if restarts {
                let name = worker.containers[i].status.name
                worker.resize.trace?.restarts.append(name)
                worker.containers[i].kill = .resize
                kill(&worker, i, &host, &cluster)
                return true
            }
        }
        if let error = worker.decreaseError(cluster.now, host.profile) {
            resizeFailed(&worker, error, &host, &cluster)
            return false
        }
        worker.resize.steps = steps
        goOnWriting(&worker, cluster.now, &host)
        if !worker.resize.steps.isEmpty { return true }
        completeResize(&worker, &host, &cluster)
        return false
    }

    private mutating func resizeFailed(_ worker: inout PodWorker, _ error: String, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        worker.resize.retryAt = cluster.now + host.syncErrorBackOff()
        host.syncLater(worker, at: worker.resize.retryAt)
        guard host.profile.resizeReportsConditions else { return }
        let old = worker.resize.inProgress
        let generation = old?.generation ?? worker.pod.metadata.generation
        worker.resize.inProgress = .init(
            reason: "Error", message: error, generation: generation,
            since: old.flatMap { $0.reason == "Error" ? $0.since : nil } ?? cluster.now)
        if worker.resize.toldError != error {
            worker.resize.toldError = error
            tellResize("ResizeError", "error", worker, generation, error: error, warning: true, &host, &cluster)
        }
        writeStatus(&worker, &host, &cluster)
    }

    // MARK: Writing

    /// Writes the pod's own group at once, up to the next call to the runtime, and makes that.
    private mutating func goOnWriting(_ worker: inout PodWorker, _ now: Instant, _ host: inout KubeletHost) {
        while let step = worker.resize.steps.first {
            switch step.target {
            case .runtime, .container: return host.begin(.resize, &worker, until: now + host.latencies.updateResources)
            case .podLimit, .podRequest: write([step], of: PodCgroup(worker.allocated, host.profile), &worker, now, &host)
            }
            worker.resize.steps.removeFirst()
        }
    }

    /// Container `i` starts with all that was granted: its pod's group must have room for it, also while others have
    /// not given back yet what they are to give back.
    mutating func makeRoomInGroup(_ worker: inout PodWorker, _ i: Int, _ now: Instant, _ host: inout KubeletHost) {
        guard let group = worker.resize.cgroup else { return }
        var wanted = PodCgroup(worker.allocated, host.profile)
        if group == wanted { return }
        if worker.allocated.value.resources == nil {
            func together(_ limit: (ResourceRequirements) -> Int64?) -> Int64 {
                worker.containers.indices.reduce(0) { sum, other in
                    let container = worker.containers[other]
                    guard other == i || container.isRunning && container.exited == nil else { return sum }
                    return sum.saturatingAdd(limit(other == i ? worker.spec(i).resources : container.actuated) ?? 0)
                }
            }
            wanted.cpuLimit = wanted.cpuLimit.map { max($0, together(\.limits.milliCPU)) }
            wanted.memoryLimit = wanted.memoryLimit.map { max($0, together(\.limits.memoryBytes)) }
        }
        let all = ["memory", "cpu"].flatMap { [ResizeStep(target: .podLimit, resource: $0), ResizeStep(target: .podRequest, resource: $0)] }
        write(all, of: wanted, growingOnly: true, &worker, now, &host)
    }

    /// Writes values of the pod's own group; if `growingOnly`, those that get larger.
    private mutating func write(
        _ steps: [ResizeStep], of wanted: PodCgroup, growingOnly: Bool = false, _ worker: inout PodWorker, _ now: Instant,
        _ host: inout KubeletHost
    ) {
        guard let present = worker.resize.cgroup else { return }
        for step in steps {
            switch step.target {
            case .runtime, .container: break
            case .podLimit:
                if growingOnly, wanted.limit(step.resource) ?? .max <= present.limit(step.resource) ?? .max { continue }
                worker.resize.cgroup?.takeLimit(step.resource, of: wanted)
                // Containers without a limit of their own are bounded by the pod's.
                for i in worker.containers.indices
                where worker.containers[i].isRunning && worker.allocated.value.resources != nil {
                    if step.resource == "memory" { watchMemory(&worker, i, now, &host) }
                }
                let limit = wanted.limit(step.resource)
                worker.resize.trace?.note(
                    "pod", step.resource == "cpu" ? "cpu.max" : "memory.max",
                    limit.map { step.resource == "cpu" ? "\(CgroupValue.quota(milliCPU: $0) ?? 0) 100000" : "\($0)" } ?? "max", at: now)
            case .podRequest:
                if growingOnly, step.resource != "cpu" || wanted.milliCPU <= present.milliCPU { continue }
                worker.resize.cgroup?.milliCPU = wanted.milliCPU
                worker.resize.trace?.note(
                    "pod", "cpu.weight", "\(CgroupValue.weight(milliCPU: wanted.milliCPU, host.profile))", at: now)
            }
        }
    }

    /// One call to the runtime has returned.
    mutating func resizeEnded(_ worker: inout PodWorker, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        guard !worker.resize.steps.isEmpty else { return }
        let step = worker.resize.steps.removeFirst()
        var name = ""
        if case .container(let i) = step.target { name = worker.containers[i].status.name }
        let fault = ResourceUpdate(uid: worker.uid, container: name, resource: step.resource)
        if let times = host.failingUpdates[fault], times > 0 {
            host.failingUpdates[fault] = times - 1
            worker.resize.steps = []
            return resizeFailed(
                &worker,
                name.isEmpty
                    ? "failed to notify runtime for UpdatePodSandboxResources (resource=\(step.resource)); resize rejected: runtime refused"
                    : "updating \(step.resource) of container \"\(name)\": runtime refused the update",
                &host, &cluster)
        }
        if case .container(let i) = step.target, worker.containers[i].isRunning {
            putInForce(step, &worker, i, cluster.now, &host)
        }
        goOnWriting(&worker, cluster.now, &host)
        writeStatus(&worker, &host, &cluster)
    }

    private mutating func putInForce(_ step: ResizeStep, _ worker: inout PodWorker, _ i: Int, _ now: Instant, _ host: inout KubeletHost) {
        worker.keepUsage(i, now, host.profile)
        worker.containers[i].actuated.requests[step.resource] = step.request
        worker.containers[i].actuated.limits[step.resource] = step.limit
        let name = worker.containers[i].status.name
        worker.resize.trace?.note(
            name, step.resource, "\(step.request?.description ?? "-")/\(step.limit?.description ?? "-")",
            at: now)
        if step.resource == "cpu" {
            worker.containers[i].work?.change(limit: step.limit?.milliValue, at: now)
            rescheduleProbes(&worker, i, now, &host)
        } else {
            watchMemory(&worker, i, now, &host)
        }
    }

    private mutating func completeResize(_ worker: inout PodWorker, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        // Without a running container to write to, the pod's group follows by itself.
        if worker.resize.cgroup != nil { worker.resize.cgroup = PodCgroup(worker.allocated, host.profile) }
        if let done = worker.resize.inProgress {
            worker.resize.inProgress = nil
            tellResize("ResizeCompleted", "completed", worker, done.generation, &host, &cluster)
        } else if worker.resize.text == "InProgress" {
            // What the alpha never writes, it never reports either: CPU requests of containers without limits.
            if worker.containers.indices.contains(where: { i in
                let (actual, wanted) = (worker.containers[i].actuated, worker.spec(i).resources)
                return worker.containers[i].isRunning && wanted.limits.isEmpty && actual.requests["cpu"] != wanted.requests["cpu"]
            }) {
                return
            }
            worker.resize.text = ""
        } else {
            // The alpha shows no state for a change of limits alone.
            return noteCompletion(&worker, cluster.now, &host)
        }
        noteCompletion(&worker, cluster.now, &host)
        writeStatus(&worker, &host, &cluster)
        let before = worker.resize.before
        if worker.requests.milliCPU < before.milliCPU || worker.requests.memory < before.memory {
            retryResizesSoon(cluster.now, &host, because: "pod_resized")
        }
    }

    private func noteCompletion(_ worker: inout PodWorker, _ now: Instant, _ host: inout KubeletHost) {
        if worker.resize.trace?.granted != nil, worker.resize.trace?.completed == nil {
            worker.resize.trace?.completed = now
            host.lastResize = now
        }
    }
}

extension PodWorker {
    func isInForce(_ profile: KubernetesProfile) -> Bool {
        containers.indices.allSatisfy { changes($0, profile).isEmpty }
    }

    /// What of container `i` must be written to bring its allocation into force.
    fileprivate func changes(_ i: Int, _ profile: KubernetesProfile) -> [String] {
        let container = containers[i]
        guard container.isRunning else { return [] }
        let wanted = spec(i).resources.resizable
        var names = container.changes(to: wanted)
        if !profile.resizeReportsConditions {
            // The alpha leaves containers without limits alone, and has nothing to write for a memory request.
            if wanted.limits.isEmpty { return [] }
            if wanted.limits["memory"] == container.actuated.limits["memory"] {
                names.removeAll { $0 == "memory" }
            }
        }
        return names
    }

    /// What is to be written, in its order: memory before CPU; of each first the pod's own group if it grows, then the
    /// containers that get smaller, then those that grow, then the pod's group if it shrinks. So the containers
    /// together never have more than their pod.
    /// - Source: Kubernetes `pkg/kubelet/kuberuntime/kuberuntime_manager.go`, `doPodResizeAction`.
    fileprivate func plan(_ changed: [[String]], _ profile: KubernetesProfile) -> [ResizeStep] {
        guard let now = resize.cgroup else { return [] }
        let wanted = PodCgroup(allocated, profile)
        var steps: [ResizeStep] = []
        for resource in ["memory", "cpu"] {
            let touched = changed.indices.filter { changed[$0].contains(resource) }
            let (old, new) = (now.limit(resource) ?? .max, wanted.limit(resource) ?? .max)
            let (shares, newShares) = resource == "cpu" ? (now.milliCPU, wanted.milliCPU) : (0, 0)
            if touched.isEmpty, old == new, shares == newShares { continue }
            func add(_ target: ResizeStep.Target, if condition: Bool = true) {
                if condition { steps.append(ResizeStep(target: target, resource: resource)) }
            }
            // The runtime is asked where something that runs changes, or the pod as a whole.
            add(.runtime, if: profile.resizeReportsConditions && (!touched.isEmpty || allocated.value.resources != nil))
            add(.podLimit, if: new > old)
            add(.podRequest, if: newShares > shares)
            let shrinking = touched.filter { shrinks($0, resource) }
            for i in shrinking + touched.filter({ !shrinking.contains($0) }) {
                let resources = spec(i).resources
                steps.append(
                    ResizeStep(
                        target: .container(i), resource: resource, request: resources.requests[resource],
                        limit: resources.limits[resource]))
            }
            // The alpha lowered the limit first.
            if !profile.resizeReportsConditions { add(.podLimit, if: new < old) }
            add(.podRequest, if: newShares < shares)
            if profile.resizeReportsConditions { add(.podLimit, if: new < old) }
        }
        return steps
    }

    private func shrinks(_ i: Int, _ resource: String) -> Bool {
        let (old, new) = (containers[i].actuated, spec(i).resources)
        let (limit, before) = (new.limits[resource], old.limits[resource])
        if limit != before { return before.map { old in limit.map { $0 < old } ?? false } ?? true }
        return new.requests[resource] ?? .zero < old.requests[resource] ?? .zero
    }

    /// Why the memory limits cannot be lowered now; nil if they can or need not.
    func decreaseError(_ now: Instant, _ profile: KubernetesProfile) -> String? {
        let usage = memory(now)
        var errors: [String] = []
        if let new = PodCgroup(allocated, profile).memoryLimit, new < resize.cgroup?.memoryLimit ?? .max,
            resize.cgroup != nil, usage >= new
        {
            errors.append("attempting to set pod memory limit (\(new)) below current usage (\(usage))")
        }
        if profile.resizeReportsConditions {
            for i in containers.indices where containers[i].isRunning {
                guard let new = spec(i).resources.limits.memoryBytes,
                    new < containers[i].actuated.limits.memoryBytes ?? .max, memory(i, now) >= new
                else { continue }
                // As upstream, the number is the pod's usage.
                errors.append(
                    "attempting to set container \"\(containers[i].status.name)\" memory limit (\(new)) below current usage (\(usage))"
                )
            }
        }
        if errors.isEmpty { return nil }
        return "cannot decrease memory limits: "
            + (errors.count == 1 ? errors[0] : "[\(errors.joined(separator: ", "))]")
    }
}

// MARK: - For screens and faults

extension KubeletFleet {
    /// The pod's own control group as it is now; nil if it is on no node.
    public func cgroup(of pod: Pod) -> PodCgroup? {
        worker(of: pod).map { $0.resize.cgroup ?? PodCgroup($0.allocated, host.profile) }
    }

    /// The requests and limits of CPU and memory that the kubelet has written for each container that runs, by name in
    /// the order of the spec.
    public func actuated(of pod: Pod) -> [(container: String, resources: ResourceRequirements)] {
        guard let worker = worker(of: pod) else { return [] }
        return worker.containers.filter { $0.isRunning && $0.exited == nil }.map { ($0.status.name, $0.actuated) }
    }

    /// Whether a resize is under way anywhere, or was within `span`.
    public func hasResizes(within span: Duration, of now: Instant) -> Bool {
        guard let lastResize = host.lastResize else { return false }
        return now - lastResize < span || nodes.contains { $0.map { !$0.pendingResizes.isEmpty } ?? false }
    }

    /// The latest resize of the pod on its node; nil if there was none.
    public func resizeTrace(of pod: Pod) -> ResizeTrace? {
        worker(of: pod)?.resize.trace
    }

    /// Lets the next `times` updates of one resource (cpu or memory) of a container fail; of no container (`""`): lets
    /// the runtime refuse the pod's new size.
    public mutating func failUpdates(of pod: Pod, container: String, resource: String, times: Int) {
        host.failingUpdates[ResourceUpdate(uid: pod.metadata.uid, container: container, resource: resource)] =
            times
    }
}
