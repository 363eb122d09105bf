// In-place resize: what is granted (allocated). `KubeletFleet+Actuation` brings it into force.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension KubeletFleet {
    /// The pod's spec changed while it is on the node.
    mutating func specChanged(_ worker: inout PodWorker, _ old: Pod, _ cluster: inout Cluster) {
        let pod = worker.pod
        if let limit = pod.spec.activeDeadlineSeconds, limit != old.spec.activeDeadlineSeconds {
            schedule(.deadline, worker, at: max(cluster.now, worker.startTime + .seconds(limit)))
        }
        // All but the resources holds at once.
        let previous = worker.allocated
        worker.allocated = keepingAllocation(of: previous.value, in: pod.spec)
        for i in worker.containers.indices
        where worker.containers[i].isRunning && !worker.containers[i].isPlainInit {
            let before =
                i < worker.initCount
                ? previous.value.initContainers[i] : previous.value.containers[i - worker.initCount]
            if worker.spec(i).image != before.image { worker.containers[i].kill = .definition }
        }
        guard profile.isEnabled(.inPlacePodVerticalScaling) else {
            worker.allocated = pod.spec
            return sync(&worker, &cluster)
        }
        let isWanted = differs(pod.spec.value, worker.allocated.value)
        if isWanted {
            lastResize = cluster.now
            worker.resize.trace = ResizeTrace(generation: pod.metadata.generation, asked: cluster.now)
        } else if worker.resize.trace?.granted == nil {
            worker.resize.trace = nil
        }
        if profile.resizeReportsConditions {
            if !isWanted {
                if worker.resize.pending != nil { clearPending(&worker, &cluster) }
            } else {
                if !nodes[worker.node]!.pendingResizes.contains(worker.reference) {
                    nodes[worker.node]!.pendingResizes.append(worker.reference)
                }
                retryResizesSoon(worker.node, cluster.now, because: "pod_updated")
            }
        } else {
            worker.resize.text = nil
        }
        sync(&worker, &cluster)
    }

    private mutating func clearPending(_ worker: inout PodWorker, _ cluster: inout Cluster) {
        worker.resize.pending = nil
        nodes[worker.node]!.pendingResizes.removeAll { $0 == worker.reference }
        writeStatus(&worker, &cluster)
    }

    /// `spec` with the CPU and memory that are granted in `allocated`.
    private func keepingAllocation(of allocated: PodSpec, in spec: Shared<PodSpec>) -> Shared<PodSpec> {
        guard differs(spec.value, allocated) else { return spec }
        var result = spec.value
        func keep(_ containers: inout [Container], _ granted: [Container]) {
            for i in containers.indices where i < granted.count {
                containers[i].resources.requests = granted[i].resources.requests
                containers[i].resources.limits = granted[i].resources.limits
            }
        }
        keep(&result.containers, allocated.containers)
        keep(&result.initContainers, allocated.initContainers)
        result.resources = allocated.resources
        return Shared(result)
    }

    /// Whether two specs differ in CPU or memory.
    func differs(_ a: PodSpec, _ b: PodSpec) -> Bool {
        func same(_ a: ResourceRequirements, _ b: ResourceRequirements) -> Bool {
            a.requests == b.requests && a.limits == b.limits
        }
        return
            !(zip(a.containers, b.containers).allSatisfy { same($0.resources, $1.resources) }
            && zip(a.initContainers, b.initContainers).allSatisfy { same($0.resources, $1.resources) }
            && a.resources?.requests == b.resources?.requests && a.resources?.limits == b.resources?.limits)
    }

    func requests(of spec: Shared<PodSpec>) -> Resources {
        var pod = Pod()
        pod.spec = spec
        return pod.requests(RequestRules(pending: profile))
    }

    // MARK: Granting, 1.33 and later

    /// Tries the pending resizes of a node again at this moment; `trigger` says why, in the words of the kubelet's
    /// metrics.
    mutating func retryResizesSoon(_ node: Int, _ now: Instant, because trigger: String) {
        guard let state = nodes[node], !state.pendingResizes.isEmpty, !state.isFailed else { return }
        nodes[node]!.resizeTimer += 1
        nodes[node]!.resizeTrigger = trigger
        timers.schedule(.resizeRetry(node: node, token: nodes[node]!.resizeTimer), at: now)
    }

    /// Tries every pending resize of a node, in their order; one that fails does not stop the others.
    /// - Source: Kubernetes `pkg/kubelet/allocation/allocation_manager.go`, `retryPendingResizes`.
    mutating func retryResizes(_ node: Int, _ cluster: inout Cluster) {
        guard let state = nodes[node], !state.isFailed else { return }
        for reference in inOrder(state.pendingResizes) {
            with(reference, &cluster) { fleet, worker, cluster in
                worker.resize.trace?.trigger = state.resizeTrigger
                worker.resize.trace?.tries += 1
                fleet.tryResize(&worker, &cluster)
            }
        }
        guard let rest = nodes[node]?.pendingResizes, !rest.isEmpty else { return }
        nodes[node]!.resizeTimer += 1
        nodes[node]!.resizeTrigger = "periodic_retry"
        timers.schedule(
            .resizeRetry(node: node, token: nodes[node]!.resizeTimer), at: cluster.now + .minutes(3))
    }

    private func inOrder(_ pending: [PodReference]) -> [PodReference] {
        struct Entry {
            var pod: PodReference
            var increases: Bool
            var priority: Int
            var isGuaranteed: Bool
            var since: Instant
        }
        let entries = pending.compactMap { reference -> Entry? in
            guard let worker = workers[reference.slot], worker.reference == reference else { return nil }
            let desired = requests(of: worker.pod.spec)
            return Entry(
                pod: reference,
                increases: desired.milliCPU > worker.requests.milliCPU
                    || desired.memory > worker.requests.memory,
                priority: worker.pod.spec.priority ?? 0,
                isGuaranteed: worker.pod.status.qosClass == .guaranteed,
                since: worker.resize.pending?.since ?? .distantFuture)
        }
        return entries.enumerated().sorted { a, b in
            let (x, y) = (a.element, b.element)
            if x.increases != y.increases { return !x.increases }
            if x.priority != y.priority { return x.priority > y.priority }
            if x.isGuaranteed != y.isGuaranteed { return x.isGuaranteed }
            if x.since != y.since { return x.since < y.since }
            return a.offset < b.offset
        }.map(\.element.pod)
    }

    private mutating func tryResize(_ worker: inout PodWorker, _ cluster: inout Cluster) {
        if worker.termination != nil || !differs(worker.pod.spec.value, worker.allocated.value) {
            return clearPending(&worker, &cluster)
        }
        let desired = requests(of: worker.pod.spec)
        if let message = infeasibility(worker, desired) {
            nodes[worker.node]!.pendingResizes.removeAll { $0 == worker.reference }
            return setPending(&worker, "Infeasible", message, event: "Infeasible", &cluster)
        }
        if let refusal = refusal(worker, desired, cluster) {
            guard refusal.missing != nil, isCritical(worker.pod), makeRoom(for: worker, desired, &cluster)
            else {
                return setPending(&worker, "Deferred", refusal.message, event: refusal.reason, &cluster)
            }
        }
        nodes[worker.node]!.pendingResizes.removeAll { $0 == worker.reference }
        worker.resize.pending = nil
        allocate(&worker, worker.pod.spec, cluster.now)
        worker.resize.inProgress = .init(
            reason: "", message: "", generation: worker.pod.metadata.generation, since: cluster.now)
        worker.resize.toldError = ""
        tellResize("ResizeStarted", "started", worker, worker.pod.metadata.generation, &cluster)
        writeStatus(&worker, &cluster)
        sync(&worker, &cluster)
    }

    private mutating func allocate(_ worker: inout PodWorker, _ spec: Shared<PodSpec>, _ now: Instant) {
        if worker.resize.cgroup == nil { worker.resize.cgroup = cgroup(of: worker.allocated) }
        worker.resize.before = worker.requests
        worker.resize.retryAt = .start
        worker.resize.trace?.granted = now
        // The call that is under way is finished; then all is planned anew.
        worker.resize.steps = Array(worker.resize.steps.prefix(1))
        worker.allocated = spec
        let new = requests(of: spec)
        nodes[worker.node]!.used += new - worker.requests
        worker.requests = new
    }

    /// Why this node will never grant the resize; nil if it may.
    private func infeasibility(_ worker: PodWorker, _ desired: Resources) -> String? {
        guard let state = nodes[worker.node] else { return nil }
        if worker.pod.spec.resources != worker.allocated.value.resources,
            !profile.isEnabled(.inPlacePodLevelResourcesVerticalScaling)
        {
            return "InPlacePodLevelResourcesVerticalScaling is disabled"
        }
        if settings(worker.node).swapsMemory, mayNotSwap(worker) {
            return "In-place resize of containers with swap is not supported."
        }
        if worker.pod.status.qosClass == .guaranteed {
            if settings(worker.node).staticCPUs, desired.milliCPU != worker.requests.milliCPU,
                !profile.isEnabled(.inPlacePodVerticalScalingExclusiveCPUs)
            {
                return "Resize is infeasible for Guaranteed Pods alongside CPU Manager policy \"static\""
            }
            if settings(worker.node).staticMemory, desired.memory != worker.requests.memory,
                !profile.isEnabled(.inPlacePodVerticalScalingExclusiveMemory)
            {
                return "Resize is infeasible for Guaranteed Pods alongside Memory Manager policy \"Static\""
            }
        }
        if profile.resizeBeyondNodeIsRefused { return nil }
        if desired.milliCPU > state.allocatable.milliCPU {
            return
                "Node didn't have enough capacity: cpu, requested: \(desired.milliCPU), capacity: \(state.allocatable.milliCPU)"
        }
        if desired.memory > state.allocatable.memory {
            return
                "Node didn't have enough capacity: memory, requested: \(desired.memory), capacity: \(state.allocatable.memory)"
        }
        return nil
    }

    /// Whether the memory request of a container changes that may swap and is not restarted for it.
    /// - Source: Kubernetes v1.36.2 `pkg/kubelet/allocation/allocation_manager.go`, `disallowResizeForSwappableContainers`.
    private func mayNotSwap(_ worker: PodWorker) -> Bool {
        guard worker.pod.status.qosClass == .burstable, !isCritical(worker.pod) else { return false }
        let (wanted, granted) = (worker.pod.spec.value, worker.allocated.value)
        return zip(wanted.containers + wanted.initContainers, granted.containers + granted.initContainers).contains { new, old in
            let resources = old.resources
            return new.resources.requests["memory"] != resources.requests["memory"]
                && resources.requests["memory"] != nil && resources.requests["memory"] != resources.limits["memory"]
                && !old.resizePolicy.contains { $0.resourceName == "memory" && $0.restartPolicy == "RestartContainer" }
        }
    }

    private mutating func setPending(
        _ worker: inout PodWorker, _ reason: String, _ message: String, event: String,
        _ cluster: inout Cluster
    ) {
        let old = worker.resize.pending
        let generation = worker.pod.metadata.generation
        worker.resize.pending = .init(
            reason: reason, message: message, generation: generation,
            since: old?.reason == reason ? old!.since : cluster.now)
        if old?.reason != reason || old?.generation != generation {
            tellResize("Resize\(reason)", event, worker, generation, warning: true, desired: true, &cluster)
        }
        writeStatus(&worker, &cluster)
    }

    mutating func tellResize(
        _ reason: String, _ what: String, _ worker: PodWorker, _ generation: Int, error: String = "",
        warning: Bool = false, desired: Bool = false, _ cluster: inout Cluster
    ) {
        let spec = desired ? worker.pod.spec.value : worker.allocated.value
        func list(_ containers: [Container]) -> JSONValue {
            .array(containers.map { ["name": .string($0.name), "resources": $0.resources.json ?? [:]] })
        }
        var object = JSONObject()
        if !spec.initContainers.isEmpty { object["initContainers"] = list(spec.initContainers) }
        object["containers"] = list(spec.containers)
        object["generation"] = .int(Int64(generation))
        if !error.isEmpty { object["error"] = .string(error) }
        tell(
            reason, "Pod resize \(what): \(JSONValue.object(object).text())", worker, warning: warning,
            &cluster)
    }

    func resizeConditions(
        _ worker: PodWorker, _ status: PodStatus, _ generation: Int, _ now: Instant
    ) -> [KubernetesAPI.Condition] {
        guard profile.resizeReportsConditions, status.phase != .succeeded, status.phase != .failed else {
            return []
        }
        func make(_ type: String, _ state: ResizeState.Condition?) -> KubernetesAPI.Condition? {
            guard let state else { return nil }
            var condition = Condition(
                type: type, status: true, reason: state.reason, message: state.message, at: state.since)
            condition.observedGeneration = generation > 0 ? state.generation : 0
            return condition
        }
        return [
            make("PodResizePending", worker.resize.pending),
            make("PodResizeInProgress", worker.resize.inProgress),
        ]
        .compactMap { $0 }
    }

    // MARK: Granting, up to 1.32

    /// Decides about changed resources in each sync of a running pod.
    /// - Source: Kubernetes v1.27.16 `pkg/kubelet/kubelet.go`, `canResizePod`.
    mutating func decideAtSync(_ worker: inout PodWorker, _ cluster: inout Cluster) {
        guard profile.isEnabled(.inPlacePodVerticalScaling), !profile.resizeReportsConditions,
            worker.pod.status.phase == .running, worker.pod.metadata.annotations["kubernetes.io/config.mirror"] == nil
        else { return }
        let (wanted, granted) = (worker.pod.spec.value, worker.allocated.value)
        if differs(wanted, granted) {
            // As upstream: requests that were added or removed are never noticed by themselves.
            let requestsChanged = zip(wanted.containers, granted.containers).contains {
                $0.resources.requests.entries.count == $1.resources.requests.entries.count
                    && $0.resources.requests != $1.resources.requests
            }
            let desired = requests(of: worker.pod.spec)
            guard let state = nodes[worker.node] else { return }
            if requestsChanged { worker.resize.trace?.tries += 1 }
            if !requestsChanged {
                allocate(&worker, worker.pod.spec, cluster.now)
            } else if desired.milliCPU > state.allocatable.milliCPU
                || desired.memory > state.allocatable.memory
            {
                worker.resize.text = "Infeasible"
            } else if refusal(worker, desired, cluster) != nil {
                worker.resize.text = "Deferred"
            } else {
                allocate(&worker, worker.pod.spec, cluster.now)
                worker.resize.text = "InProgress"
            }
            writeStatus(&worker, &cluster)
            if differs(wanted, worker.allocated.value) {
                syncLater(worker, at: cluster.now + latencies.resync * (1 + jitter.unit() / 2))
            }
        } else if worker.resize.text == nil || worker.resize.text == "Deferred"
            || worker.resize.text == "Infeasible",
            !worker.pod.status.resize.isEmpty
        {
            // Set back to what is granted.
            worker.resize.text = isInForce(worker) ? "" : "InProgress"
            writeStatus(&worker, &cluster)
        }
    }
}

// MARK: - Forecast

extension KubeletFleet {
    /// What a resize would come to now: as ``Cluster/forecastResize(pod:containers:)``, with what the kubelets'
    /// own configuration adds.
    public func forecastResize(pod key: ObjectKey, containers: [ContainerResize], in cluster: Cluster)
        -> ResizeForecast
    {
        var forecast = cluster.forecastResize(pod: key, containers: containers)
        switch forecast.outcome {
        case .refused, .unchanged: return forecast
        default: break
        }
        var fork = cluster
        guard let pod = try? fork.resize(pod: key, containers: containers),
            let slot = slots[pod.metadata.uid],
            var worker = workers[slot]
        else { return forecast }
        worker.pod = pod
        if forecast.outcome == .fits, forecast.restarts.isEmpty {
            var granted = worker
            if granted.resize.cgroup == nil { granted.resize.cgroup = self.cgroup(of: worker.allocated) }
            granted.allocated = pod.spec
            forecast.blocked = decreaseError(granted, cluster.now)
        }
        if let message = infeasibility(worker, requests(of: pod.spec)) {
            forecast.outcome = .infeasible(message: message)
        }
        return forecast
    }
}
