// In-place resize: what is granted (allocated). `Kubelet+Actuation` brings it into force.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension Kubelet {
    /// The pod's spec changed while it is on the node.
    mutating func specChanged(_ worker: inout PodWorker, _ old: Pod, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        let pod = worker.pod
        if let limit = pod.spec.activeDeadlineSeconds, limit != old.spec.activeDeadlineSeconds {
            host.schedule(.deadline, worker, at: max(cluster.now, worker.startTime + .seconds(limit)))
        }
        // All but the resources holds at once.
        let previous = worker.allocated
        worker.allocated = pod.spec.keepingAllocation(of: previous.value)
        takeAdded(&worker, host, cluster)
        for i in 0..<worker.appIndices.upperBound where worker.containers[i].isRunning && !worker.containers[i].isPlainInit {
            let before =
                i < worker.initCount
                ? previous.value.initContainers[i] : previous.value.containers[i - worker.initCount]
            if worker.spec(i).image != before.image { worker.containers[i].kill = .definition }
        }
        guard host.profile.isEnabled(.inPlacePodVerticalScaling) else {
            worker.allocated = pod.spec
            return sync(&worker, &host, &cluster)
        }
        let isWanted = pod.spec.value.differs(from: worker.allocated.value)
        if isWanted {
            host.lastResize = cluster.now
            worker.resize.trace = ResizeTrace(generation: pod.metadata.generation, asked: cluster.now)
        } else if worker.resize.trace?.granted == nil {
            worker.resize.trace = nil
        }
        if host.profile.resizeReportsConditions {
            if !isWanted {
                if worker.resize.pending != nil { clearPending(&worker, &host, &cluster) }
            } else {
                if !pendingResizes.contains(worker.reference) {
                    pendingResizes.append(worker.reference)
                }
                retryResizesSoon(cluster.now, &host, because: "pod_updated")
            }
        } else {
            worker.resize.text = nil
        }
        sync(&worker, &host, &cluster)
    }

    private mutating func clearPending(_ worker: inout PodWorker, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        worker.resize.pending = nil
        pendingResizes.removeAll { $0 == worker.reference }
        writeStatus(&worker, &host, &cluster)
    }

    // MARK: Granting, 1.33 and later

    /// Tries the pending resizes of a node again at this moment; `trigger` says why, in the words of the kubelet's
    /// metrics.
    mutating func retryResizesSoon(_ now: Instant, _ host: inout KubeletHost, because trigger: String) {
        if pendingResizes.isEmpty || isFailed { return }
        resizeTimer += 1
        resizeTrigger = trigger
        host.schedule(.resizeRetry(token: resizeTimer), of: index, at: now)
    }

    /// Tries every pending resize of a node, in their order; one that fails does not stop the others.
    /// - Source: Kubernetes `pkg/kubelet/allocation/allocation_manager.go`, `retryPendingResizes`.
    mutating func retryResizes(_ host: inout KubeletHost, _ cluster: inout Cluster) {
        if isFailed { return }
        let trigger = resizeTrigger
        for reference in resizesInOrder(host.profile) {
            with(reference, &host, &cluster) { kubelet, worker, host, cluster in
                worker.resize.trace?.trigger = trigger
                worker.resize.trace?.tries += 1
                kubelet.tryResize(&worker, &host, &cluster)
            }
        }
        if pendingResizes.isEmpty { return }
        resizeTimer += 1
        resizeTrigger = "periodic_retry"
        host.schedule(.resizeRetry(token: resizeTimer), of: index, at: cluster.now + .minutes(3))
    }

    private func resizesInOrder(_ profile: KubernetesProfile) -> [PodReference] {
        struct Entry {
            var pod: PodReference
            var increases: Bool
            var priority: Int
            var isGuaranteed: Bool
            var since: Instant
        }
        let entries = pendingResizes.compactMap { reference -> Entry? in
            guard let worker = pods[reference.slot], worker.reference == reference else { return nil }
            let desired = Resources(requestedBy: worker.pod.spec, profile)
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

    private mutating func tryResize(_ worker: inout PodWorker, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        if worker.termination != nil || !worker.pod.spec.value.differs(from: worker.allocated.value) {
            return clearPending(&worker, &host, &cluster)
        }
        let desired = Resources(requestedBy: worker.pod.spec, host.profile)
        if let message = infeasibility(worker, desired, host) {
            pendingResizes.removeAll { $0 == worker.reference }
            return setPending(&worker, "Infeasible", message, event: "Infeasible", &host, &cluster)
        }
        if let refusal = refusal(worker, desired, cluster) {
            guard refusal.missing != nil, worker.pod.isCritical, makeRoom(for: worker, desired, &host, &cluster)
            else {
                return setPending(&worker, "Deferred", refusal.message, event: refusal.reason, &host, &cluster)
            }
        }
        pendingResizes.removeAll { $0 == worker.reference }
        worker.resize.pending = nil
        allocate(&worker, worker.pod.spec, cluster.now, host.profile)
        worker.resize.inProgress = .init(
            reason: "", message: "", generation: worker.pod.metadata.generation, since: cluster.now)
        worker.resize.toldError = ""
        tellResize("ResizeStarted", "started", worker, worker.pod.metadata.generation, &host, &cluster)
        writeStatus(&worker, &host, &cluster)
        sync(&worker, &host, &cluster)
    }

    private mutating func allocate(_ worker: inout PodWorker, _ spec: Shared<PodSpec>, _ now: Instant, _ profile: KubernetesProfile) {
        if worker.resize.cgroup == nil { worker.resize.cgroup = PodCgroup(worker.allocated, profile) }
        worker.resize.before = worker.requests
        worker.resize.retryAt = .start
        worker.resize.trace?.granted = now
        // The call that is under way is finished; then all is planned anew.
        worker.resize.steps = Array(worker.resize.steps.prefix(1))
        worker.allocated = spec
        let new = Resources(requestedBy: spec, profile)
        used += new - worker.requests
        worker.requests = new
    }

    /// Why this node will never grant the resize; nil if it may.
    ///
    /// Differs from Kubernetes: a plain init container that runs keeps the size it began with, and a memory-backed emptyDir the size of its pod's
    /// start; the API server takes both resizes (`kubernetes-1.37.md` row 4.6.6).
    fileprivate func infeasibility(_ worker: PodWorker, _ desired: Resources, _ host: KubeletHost) -> String? {
        let (profile, settings) = (host.profile, settings(host))
        if worker.pod.spec.resources != worker.allocated.value.resources,
            !profile.isEnabled(.inPlacePodLevelResourcesVerticalScaling)
        {
            return "InPlacePodLevelResourcesVerticalScaling is disabled"
        }
        if settings.swapsMemory, worker.mayNotSwapResize {
            return "In-place resize of containers with swap is not supported."
        }
        if worker.pod.status.qosClass == .guaranteed {
            if settings.staticCPUs, desired.milliCPU != worker.requests.milliCPU,
                !profile.isEnabled(.inPlacePodVerticalScalingExclusiveCPUs)
            {
                return "Resize is infeasible for Guaranteed Pods alongside CPU Manager policy \"static\""
            }
            if settings.staticMemory, desired.memory != worker.requests.memory,
                !profile.isEnabled(.inPlacePodVerticalScalingExclusiveMemory)
            {
                return "Resize is infeasible for Guaranteed Pods alongside Memory Manager policy \"Static\""
            }
        }
        if profile.resizeBeyondNodeIsRefused { return nil }
        if desired.milliCPU > allocatable.milliCPU {
            return
                "Node didn't have enough capacity: cpu, requested: \(desired.milliCPU), capacity: \(allocatable.milliCPU)"
        }
        if desired.memory > allocatable.memory {
            return
                "Node didn't have enough capacity: memory, requested: \(desired.memory), capacity: \(allocatable.memory)"
        }
        return nil
    }

    private mutating func setPending(
        _ worker: inout PodWorker, _ reason: String, _ message: String, event: String,
        _ host: inout KubeletHost, _ cluster: inout Cluster
    ) {
        let old = worker.resize.pending
        let generation = worker.pod.metadata.generation
        worker.resize.pending = .init(
            reason: reason, message: message, generation: generation,
            since: old.flatMap { $0.reason == reason ? $0.since : nil } ?? cluster.now)
        if old?.reason != reason || old?.generation != generation {
            tellResize("Resize\(reason)", event, worker, generation, warning: true, desired: true, &host, &cluster)
        }
        writeStatus(&worker, &host, &cluster)
    }

    mutating func tellResize(
        _ reason: String, _ what: String, _ worker: PodWorker, _ generation: Int, error: String = "",
        warning: Bool = false, desired: Bool = false, _ host: inout KubeletHost, _ cluster: inout Cluster
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
            &host, &cluster)
    }

    // MARK: Granting, up to 1.32

    /// Decides about changed resources in each sync of a running pod.
    /// - Source: Kubernetes v1.27.16 `pkg/kubelet/kubelet.go`, `canResizePod`.
    mutating func decideAtSync(_ worker: inout PodWorker, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        guard host.profile.isEnabled(.inPlacePodVerticalScaling), !host.profile.resizeReportsConditions,
            worker.pod.status.phase == .running, worker.pod.metadata.annotations["kubernetes.io/config.mirror"] == nil
        else { return }
        let (wanted, granted) = (worker.pod.spec.value, worker.allocated.value)
        if wanted.differs(from: granted) {
            // As upstream: requests that were added or removed are never noticed by themselves.
            let requestsChanged = zip(wanted.containers, granted.containers).contains {
                $0.resources.requests.entries.count == $1.resources.requests.entries.count
                    && $0.resources.requests != $1.resources.requests
            }
            let desired = Resources(requestedBy: worker.pod.spec, host.profile)
            if requestsChanged { worker.resize.trace?.tries += 1 }
            if !requestsChanged {
                allocate(&worker, worker.pod.spec, cluster.now, host.profile)
            } else if desired.milliCPU > allocatable.milliCPU
                || desired.memory > allocatable.memory
            {
                worker.resize.text = "Infeasible"
            } else if refusal(worker, desired, cluster) != nil {
                worker.resize.text = "Deferred"
            } else {
                allocate(&worker, worker.pod.spec, cluster.now, host.profile)
                worker.resize.text = "InProgress"
            }
            writeStatus(&worker, &host, &cluster)
            if wanted.differs(from: worker.allocated.value) {
                host.syncLater(worker, at: cluster.now + host.latencies.resync * (1 + host.jitter.unit() / 2))
            }
        } else if worker.resize.text == nil || worker.resize.text == "Deferred"
            || worker.resize.text == "Infeasible",
            !worker.pod.status.resize.isEmpty
        {
            // Set back to what is granted.
            worker.resize.text = worker.isInForce(host.profile) ? "" : "InProgress"
            writeStatus(&worker, &host, &cluster)
        }
    }
}

extension PodWorker {
    func resizeConditions(
        _ status: PodStatus, _ generation: Int, _ now: Instant, _ profile: KubernetesProfile
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
            make("PodResizePending", resize.pending),
            make("PodResizeInProgress", resize.inProgress),
        ]
        .compactMap { $0 }
    }

    /// Whether the memory request of a container changes that may swap and is not restarted for it.
    /// - Source: Kubernetes v1.36.2 `pkg/kubelet/allocation/allocation_manager.go`, `disallowResizeForSwappableContainers`.
    fileprivate var mayNotSwapResize: Bool {
        guard pod.status.qosClass == .burstable, !pod.isCritical else { return false }
        let (wanted, granted) = (pod.spec.value, allocated.value)
        return zip(wanted.containers + wanted.initContainers, granted.containers + granted.initContainers).contains { new, old in
            let resources = old.resources
            return new.resources.requests["memory"] != resources.requests["memory"]
                && resources.requests["memory"] != nil && resources.requests["memory"] != resources.limits["memory"]
                && !old.resizePolicy.contains { $0.resourceName == "memory" && $0.restartPolicy == "RestartContainer" }
        }
    }
}

extension Shared where Value == PodSpec {
    /// The spec with the CPU and memory that are granted in `allocated`.
    fileprivate func keepingAllocation(of allocated: PodSpec) -> Shared<PodSpec> {
        guard value.differs(from: allocated) else { return self }
        var result = value
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
}

extension PodSpec {
    /// Whether it differs from `other` in CPU or memory.
    func differs(from other: PodSpec) -> Bool {
        func same(_ a: ResourceRequirements, _ b: ResourceRequirements) -> Bool {
            a.requests == b.requests && a.limits == b.limits
        }
        return
            !(zip(containers, other.containers).allSatisfy { same($0.resources, $1.resources) }
            && zip(initContainers, other.initContainers).allSatisfy { same($0.resources, $1.resources) }
            && resources?.requests == other.resources?.requests && resources?.limits == other.resources?.limits)
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
            let kubelet = host.pods[pod.metadata.uid].flatMap({ nodes[$0.node] }), var worker = self.worker(of: pod)
        else { return forecast }
        worker.pod = pod
        if forecast.outcome == .fits, forecast.restarts.isEmpty {
            var granted = worker
            if granted.resize.cgroup == nil { granted.resize.cgroup = PodCgroup(worker.allocated, host.profile) }
            granted.allocated = pod.spec
            forecast.blocked = granted.decreaseError(cluster.now, host.profile)
        }
        if let message = kubelet.infeasibility(worker, Resources(requestedBy: pod.spec, host.profile), host) {
            forecast.outcome = .infeasible(message: message)
        }
        return forecast
    }
}
