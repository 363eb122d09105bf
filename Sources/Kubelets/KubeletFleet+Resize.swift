import ControlPlane
import KubernetesAPI
import SimulationKit

// In-place resize: what is granted (allocated), and how it comes into force (actuated).
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
        if profile.resizeReportsConditions {
            if !differs(pod.spec.value, worker.allocated.value) {
                if worker.resize.pending != nil { clearPending(&worker, &cluster) }
            } else {
                if !nodes[worker.node]!.pendingResizes.contains(worker.reference) {
                    nodes[worker.node]!.pendingResizes.append(worker.reference)
                }
                retryResizesSoon(worker.node, cluster.now)
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
    private func differs(_ a: PodSpec, _ b: PodSpec) -> Bool {
        func same(_ a: ResourceRequirements, _ b: ResourceRequirements) -> Bool {
            a.requests == b.requests && a.limits == b.limits
        }
        return
            !(zip(a.containers, b.containers).allSatisfy { same($0.resources, $1.resources) }
            && zip(a.initContainers, b.initContainers).allSatisfy { same($0.resources, $1.resources) }
            && a.resources?.requests == b.resources?.requests && a.resources?.limits == b.resources?.limits)
    }

    private func requests(of spec: Shared<PodSpec>) -> Resources {
        var pod = Pod()
        pod.spec = spec
        return pod.requests(RequestRules(pending: profile))
    }

    // MARK: Granting, 1.33 and later

    /// Tries the pending resizes of a node again at this moment.
    mutating func retryResizesSoon(_ node: Int, _ now: Instant) {
        guard let state = nodes[node], !state.pendingResizes.isEmpty, !state.isFailed else { return }
        nodes[node]!.resizeTimer += 1
        timers.schedule(.resizeRetry(node: node, token: nodes[node]!.resizeTimer), at: now)
    }

    /// Tries every pending resize of a node, in their order; one that fails does not stop the others.
    /// - Source: Kubernetes `pkg/kubelet/allocation/allocation_manager.go`, `retryPendingResizes`.
    mutating func retryResizes(_ node: Int, _ cluster: inout Cluster) {
        guard let state = nodes[node], !state.isFailed else { return }
        for reference in inOrder(state.pendingResizes) {
            with(reference, &cluster) { $0.tryResize(&$1, &$2) }
        }
        guard let rest = nodes[node]?.pendingResizes, !rest.isEmpty else { return }
        nodes[node]!.resizeTimer += 1
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
        allocate(&worker, worker.pod.spec)
        worker.resize.inProgress = .init(
            reason: "", message: "", generation: worker.pod.metadata.generation, since: cluster.now)
        worker.resize.toldError = ""
        tellResize("ResizeStarted", "started", worker, worker.pod.metadata.generation, &cluster)
        writeStatus(&worker, &cluster)
        sync(&worker, &cluster)
    }

    private mutating func allocate(_ worker: inout PodWorker, _ spec: Shared<PodSpec>) {
        worker.resize.before = worker.requests
        worker.resize.retryAt = .start
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

    private mutating func tellResize(
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
    private mutating func decideAtSync(_ worker: inout PodWorker, _ cluster: inout Cluster) {
        guard profile.isEnabled(.inPlacePodVerticalScaling), !profile.resizeReportsConditions,
            worker.pod.status.phase == .running
        else { return }
        let (wanted, granted) = (worker.pod.spec.value, worker.allocated.value)
        if differs(wanted, granted) {
            let requestsChanged = zip(wanted.containers, granted.containers).contains {
                $0.resources.requests != $1.resources.requests
            }
            let desired = requests(of: worker.pod.spec)
            guard let state = nodes[worker.node] else { return }
            if !requestsChanged {
                allocate(&worker, worker.pod.spec)
            } else if desired.milliCPU > state.allocatable.milliCPU
                || desired.memory > state.allocatable.memory
            {
                worker.resize.text = "Infeasible"
            } else if refusal(worker, desired, cluster) != nil {
                worker.resize.text = "Deferred"
            } else {
                allocate(&worker, worker.pod.spec)
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

    // MARK: Actuation

    private func isInForce(_ worker: PodWorker) -> Bool {
        worker.containers.indices.allSatisfy { changes(worker, $0).isEmpty }
    }

    /// What of container `i` must be written to bring its allocation into force.
    private func changes(_ worker: PodWorker, _ i: Int) -> [String] {
        let container = worker.containers[i]
        guard container.isRunning else { return [] }
        let wanted = resized(worker.spec(i).resources)
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

    /// Takes the next step of a resize: kills containers whose policy wants it, or begins to write. Answers
    /// whether the worker is busy with it.
    mutating func actuateResize(_ worker: inout PodWorker, _ cluster: inout Cluster) -> Bool {
        guard profile.isEnabled(.inPlacePodVerticalScaling) else { return false }
        decideAtSync(&worker, &cluster)
        let changed = worker.containers.indices.map { changes(worker, $0) }
        if changed.allSatisfy(\.isEmpty) {
            completeResize(&worker, &cluster)
            return false
        }
        if cluster.now < worker.resize.retryAt { return false }
        for i in worker.containers.indices where !changed[i].isEmpty {
            let policies = worker.spec(i).resizePolicy
            let restarts = changed[i].contains { name in
                policies.contains { $0.resourceName == name && $0.restartPolicy == "RestartContainer" }
            }
            if restarts {
                worker.containers[i].kill = .resize
                kill(&worker, i, &cluster)
                return true
            }
        }
        if let error = decreaseError(worker, cluster.now) {
            resizeFailed(&worker, error, &cluster)
            return false
        }
        worker.resize.calls = calls(worker, changed)
        begin(.resize, &worker, until: cluster.now + latencies.updateResources)
        return true
    }

    /// Memory before CPU; of each first what gets smaller, so that the pod's own limit is never exceeded.
    private func calls(_ worker: PodWorker, _ changed: [[String]]) -> [ResourceUpdate] {
        var result: [ResourceUpdate] = []
        for resource in ["memory", "cpu"] {
            let touched = changed.indices.filter { changed[$0].contains(resource) }
            let decreasing = touched.filter { i in
                let (old, new) = (worker.containers[i].actuated, worker.spec(i).resources)
                let (limit, before) = (new.limits[resource], old.limits[resource])
                if limit != before { return before == nil || limit.map { $0 < before! } ?? false }
                return new.requests[resource] ?? .zero < old.requests[resource] ?? .zero
            }
            for i in decreasing + touched.filter({ !decreasing.contains($0) }) {
                result.append(
                    ResourceUpdate(
                        uid: worker.uid, container: worker.containers[i].status.name, resource: resource))
            }
        }
        return result
    }

    /// Why the memory limits cannot be lowered now; nil if they can or need not.
    private func decreaseError(_ worker: PodWorker, _ now: Instant) -> String? {
        func limit(_ i: Int, _ resources: (Int) -> ResourceRequirements) -> Int64? {
            resources(i).limits.memoryBytes
        }
        let running = worker.containers.indices.filter { worker.containers[$0].isRunning }
        func podLimit(_ resources: (Int) -> ResourceRequirements) -> Int64? {
            let limits = running.map { limit($0, resources) }
            return limits.contains(nil) ? nil : limits.reduce(0) { $0 + $1! }
        }
        let wanted: (Int) -> ResourceRequirements = { worker.spec($0).resources }
        let actual: (Int) -> ResourceRequirements = { worker.containers[$0].actuated }
        let usage = memory(worker, now)
        var errors: [String] = []
        if let new = podLimit(wanted), new < podLimit(actual) ?? .max, usage >= new {
            errors.append("attempting to set pod memory limit (\(new)) below current usage (\(usage))")
        }
        if profile.resizeReportsConditions {
            for i in running {
                guard let new = limit(i, wanted), new < limit(i, actual) ?? .max,
                    memory(worker, i, now) >= new
                else { continue }
                // As upstream, the number is the pod's usage.
                errors.append(
                    "attempting to set container \"\(worker.containers[i].status.name)\" memory limit (\(new)) below current usage (\(usage))"
                )
            }
        }
        if errors.isEmpty { return nil }
        return "cannot decrease memory limits: "
            + (errors.count == 1 ? errors[0] : "[\(errors.joined(separator: ", "))]")
    }

    private mutating func resizeFailed(_ worker: inout PodWorker, _ error: String, _ cluster: inout Cluster) {
        worker.resize.retryAt = cluster.now + latencies.syncErrorBackOff * (1 + jitter.unit() / 2)
        syncLater(worker, at: worker.resize.retryAt)
        guard profile.resizeReportsConditions else { return }
        let old = worker.resize.inProgress
        worker.resize.inProgress = .init(
            reason: "Error", message: error, generation: old?.generation ?? worker.pod.metadata.generation,
            since: old?.reason == "Error" ? old!.since : cluster.now)
        if worker.resize.toldError != error {
            worker.resize.toldError = error
            tellResize(
                "ResizeError", "error", worker, worker.resize.inProgress!.generation, error: error,
                warning: true, &cluster)
        }
        writeStatus(&worker, &cluster)
    }

    /// One call to the runtime has returned.
    mutating func resizeEnded(_ worker: inout PodWorker, _ cluster: inout Cluster) {
        guard !worker.resize.calls.isEmpty else { return }
        let call = worker.resize.calls.removeFirst()
        if let times = failingUpdates[call], times > 0 {
            failingUpdates[call] = times - 1
            worker.resize.calls = []
            return resizeFailed(
                &worker,
                "updating \(call.resource) of container \"\(call.container)\": runtime refused the update",
                &cluster)
        }
        if let i = worker.containers.firstIndex(where: { $0.status.name == call.container }),
            worker.containers[i].isRunning
        {
            let wanted = worker.spec(i).resources
            worker.containers[i].actuated.requests[call.resource] = wanted.requests[call.resource]
            worker.containers[i].actuated.limits[call.resource] = wanted.limits[call.resource]
            if call.resource == "cpu" {
                worker.containers[i].work?.change(limit: wanted.limits.milliCPU, at: cluster.now)
                rescheduleProbes(&worker, i, cluster.now)
            } else {
                watchMemory(&worker, i, cluster.now)
            }
        }
        if !worker.resize.calls.isEmpty {
            begin(.resize, &worker, until: cluster.now + latencies.updateResources)
        }
        writeStatus(&worker, &cluster)
    }

    private mutating func completeResize(_ worker: inout PodWorker, _ cluster: inout Cluster) {
        if let done = worker.resize.inProgress {
            worker.resize.inProgress = nil
            tellResize("ResizeCompleted", "completed", worker, done.generation, &cluster)
        } else if worker.resize.text == "InProgress" {
            worker.resize.text = ""
        } else {
            return
        }
        writeStatus(&worker, &cluster)
        let before = worker.resize.before
        if worker.requests.milliCPU < before.milliCPU || worker.requests.memory < before.memory {
            retryResizesSoon(worker.node, cluster.now)
        }
    }

    /// Lets the next `times` updates of one resource (cpu or memory) of a container fail.
    public mutating func failUpdates(of pod: Pod, container: String, resource: String, times: Int) {
        failingUpdates[ResourceUpdate(uid: pod.metadata.uid, container: container, resource: resource)] =
            times
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
        if let message = infeasibility(worker, requests(of: pod.spec)) {
            forecast.outcome = .infeasible(message: message)
        }
        return forecast
    }
}
