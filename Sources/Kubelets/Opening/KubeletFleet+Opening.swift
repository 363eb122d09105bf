// A state that is opened: kubelets that have been there for long go on with their pods as the API has them.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension KubeletFleet {
    /// Takes over all nodes and pods of an opened state, before anything else runs: nobody is told, and nothing is written.
    ///
    /// Containers that run go on, with their probes as they stand. Those that wait to be started or pulled again do so when their
    /// back-off is over. A node whose kubelet had fallen silent stays so until ``recover(node:)``.
    /// - Complexity: O(nodes + containers).
    public mutating func takeOver(_ known: KnownState, _ cluster: inout Cluster) {
        host.seen = SeenPrograms(known, cluster)
        for node in cluster.store.nodes.all {
            let index = enter(node, cluster.now)
            nodes[index]?.takeOver(node, renewed: known.renewals[node.name], &host, &cluster)
        }
        for pod in cluster.store.pods.all {
            if let index = nodeIndex[pod.nodeName] { nodes[index]?.takeOver(pod, &host, &cluster) }
        }
        var seen = host.seen
        seen.noteNodes { podUsage(onNode: $0, in: cluster) }
        host.seen = seen
        startReading(at: cluster.store.end)
        for index in nodes.indices where nodes[index]?.isWatchingMemory == true { host.schedule(.memory, of: index, at: cluster.now) }
    }
}

extension Kubelet {
    /// A kubelet renews its lease each 10 s; after this it has fallen silent.
    private static let silence = Duration.seconds(40)

    /// The kubelet has been there for long; `renewed` is when it last renewed its lease, if that is known.
    mutating func takeOver(_ node: Node, renewed: Instant?, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        let now = cluster.now
        readResources(node, settings(host))
        let ready = node.status.conditions[ConditionType.ready]
        let heard = renewed ?? ready?.lastHeartbeatTime
        wasUnschedulable = node.spec.unschedulable
        volumes.takeOver(node.status.volumesInUse)
        ills = node.status.conditions.filter { $0.type == ConditionType.ready ? $0.status == "False" : $0.isTrue && $0.type != ConditionType.memoryPressure }
        hasMemoryPressure = node.status.conditions.isTrue(ConditionType.memoryPressure)
        if hasMemoryPressure { lastMemoryPressure = now }
        // The node controller writes Unknown once nothing was heard for the grace period; before that the lease tells.
        if ready?.status == "Unknown" || renewed.map({ now - $0 > Self.silence }) ?? false {
            isFailed = true
            silentSince = heard ?? now
            cluster.leaseRenewals[name] = heard ?? now
        } else {
            cluster.leaseRenewals.join(name, at: now)
        }
        host.reportDue[index] = now + settings(host).statusReport
    }

    /// Goes on with a pod of the state.
    mutating func takeOver(_ pod: Pod, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        if pod.isFinished {
            if pod.metadata.isTerminating, !isFailed { cluster.finishDeletion(ofPod: pod.key, uid: pod.metadata.uid) }
            return
        }
        let known = pod.status.initContainerStatuses + pod.status.containerStatuses
        // Bound, and nothing of it was started yet: it starts as every other.
        if !pod.hasBegun, !isFailed { return take((pod, cluster.now), &host, &cluster) }
        var worker = makeWorker(pod, &host, cluster)
        takeOverResize(&worker, cluster.now, &host)
        book(worker)
        worker.stage = .containers
        worker.hasSandbox = true
        worker.probedSince = pod.status.startTime ?? cluster.now
        worker.ip = pod.status.podIP
        worker.startTime = pod.status.startTime ?? cluster.now
        for i in worker.containers.indices {
            if let status = known.first(where: { $0.name == worker.containers[i].status.name }) { takeOver(status, &worker, i, cluster.now, &host) }
        }
        takeOverVolumes(&worker, host, cluster)
        if !isFailed { goOn(&worker, &host, &cluster) }
        if !worker.isDropped { pods[worker.reference.slot] = worker }
    }

    private mutating func takeOver(_ status: ContainerStatus, _ worker: inout PodWorker, _ i: Int, _ now: Instant, _ host: inout KubeletHost) {
        worker.containers[i].status = status
        let hasRun = status.state.waiting == nil || status.lastState.terminated != nil
        worker.containers[i].instance = hasRun ? max(0, status.restartCount).saturatingAdd(1) : 0
        let image = Self.fullName(worker.spec(i).image)
        if hasRun { images.add(image, size: worker.containers[i].program.imageSize ?? ImageStore.modelSize(image), at: now) }
        if let end = (status.state.terminated ?? status.lastState.terminated)?.finishedAt {
            // How long the back-off has become is in the message, or follows from the restarts.
            let settings = settings(host)
            var delay = settings.crashInitial
            for _ in 0..<min(max(0, status.restartCount), 10) { delay = min(delay * 2, settings.crashMaximum) }
            let told = status.state.waiting?.message.split(separator: " ").dropFirst().first.flatMap { Duration($0) }
            worker.containers[i].crash = CrashBackOff(delay: max(told ?? delay, .zero), updated: end, exit: end)
        }
        if let waiting = status.state.waiting, ["ImagePullBackOff", "ErrImagePull"].contains(waiting.reason) {
            // When it was tried last is not known: the longest back-off, of which a part is over.
            let head = "Back-off pulling image \"\(worker.spec(i).image)\": ErrImagePull: "
            let cause = waiting.message.hasPrefix(head) ? String(waiting.message.dropFirst(head.count)) : waiting.message
            let passed = Duration.seconds(300) * host.jitter.unit()
            worker.containers[i].pull = PullBackOff(delay: .seconds(300), failedAt: now - passed, error: cause, isFresh: false)
        }
    }

    /// Goes on with a resize that was asked for and is not granted yet, or that is granted and not in force: what the node allocated is
    /// in the status of the containers, and of the pod where it has resources of its own.
    private mutating func takeOverResize(_ worker: inout PodWorker, _ now: Instant, _ host: inout KubeletHost) {
        guard host.profile.isEnabled(.inPlacePodVerticalScaling) else { return }
        let status = worker.pod.status.value
        func state(_ type: String) -> ResizeState.Condition? {
            guard let condition = status.conditions[type], condition.isTrue else { return nil }
            let since = condition.lastTransitionTime ?? now
            return .init(
                reason: condition.reason, message: condition.message,
                generation: condition.observedGeneration == 0 ? worker.pod.metadata.generation : condition.observedGeneration, since: since)
        }
        let pending = state("PodResizePending")
        let granted = worker.pod.spec.value.allocated(
            by: status, host.profile, isPending: pending != nil || ["Deferred", "Infeasible"].contains(status.resize))
        if worker.pod.spec.value.differs(from: granted) {
            worker.allocated = Shared(granted)
            worker.requests = Resources(requestedBy: worker.allocated, host.profile)
            worker.resize.pending = pending
            if !isFailed, host.profile.resizeReportsConditions, pending?.reason != "Infeasible" {
                pendingResizes.append(worker.reference)
                resizeTimer += 1
                resizeTrigger = "periodic_retry"
                host.schedule(.resizeRetry(token: resizeTimer), of: index, at: now + .minutes(3))
            }
        }
        worker.resize.inProgress = state("PodResizeInProgress")
        if !host.profile.resizeReportsConditions, status.resize == "InProgress" { worker.resize.text = status.resize }
        // What is still to be written is measured by what is written.
        let inForce = granted.inForce(by: status, host.profile)
        if granted.differs(from: inForce) { worker.resize.cgroup = PodCgroup(Shared(inForce), host.profile) }
    }

    /// The volumes of its claims are mounted for a pod whose containers have been started.
    private mutating func takeOverVolumes(_ worker: inout PodWorker, _ host: KubeletHost, _ cluster: Cluster) {
        worker.hasBegunMounting = true
        for volume in worker.allocated.value.volumes {
            guard case .claim(let claim) = Self.state(of: volume, worker.pod, host, cluster),
                let bound = cluster.store.persistentVolumes[ObjectKey(name: claim.spec.volumeName)]
            else { continue }
            let driver = bound.spec.csi.flatMap { cluster.store.csiDrivers[ObjectKey(name: $0.driver)] }
            let name = bound.isAttached(with: driver) ? bound.uniqueName : ""
            volumes.takeOver(bound.name, uniqueName: name, pod: worker.uid, at: worker.startTime)
        }
    }

    /// Goes on with a pod as its status has it; nothing is written.
    private mutating func goOn(_ worker: inout PodWorker, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        let now = cluster.now
        for i in worker.containers.indices where worker.containers[i].isRunning { keepRunning(&worker, i, now, &host) }
        if let limit = worker.pod.spec.activeDeadlineSeconds { host.schedule(.deadline, worker, at: max(now, worker.startTime + .seconds(limit))) }
        if worker.pod.metadata.isTerminating {
            let end = worker.pod.metadata.deletionTimestamp ?? now
            for i in worker.containers.indices where worker.containers[i].isRunning { keepEnding(&worker, i, end, now) }
            terminate(&worker, grace: max(.zero, end - now), deletion: true, &host, &cluster)
            return continueTermination(&worker, &host, &cluster)
        }
        // Where all runs there is nothing to look at.
        let isResizing =
            worker.resize.inProgress != nil || worker.resize.cgroup != nil || !host.profile.resizeReportsConditions && !worker.pod.status.resize.isEmpty
        let isAtRest = worker.wasInitialized && !isResizing
        guard worker.containers.contains(where: { !$0.isRunning && !$0.isPlainInit }) || !isAtRest else { return }
        var next = now
        for container in worker.containers {
            if container.status.state.waiting?.reason == "CrashLoopBackOff", let exit = container.crash.exit, let delay = container.crash.delay {
                next = max(next, exit + delay)
            }
            if let retry = container.pull.retryAt { next = max(next, retry) }
        }
        host.syncLater(worker, at: next)
    }

    /// A program that was told to stop before the state was taken, and was still there then: by what is said of it, it ends when its time
    /// is over; else it is taken to need all of its grace, as nothing tells when it would have ended.
    private func keepEnding(_ worker: inout PodWorker, _ i: Int, _ end: Instant, _ now: Instant) {
        let program = worker.containers[i].program
        guard Program.tellsStopTime(worker.pod.metadata.annotations, of: worker.spec(i).name), let time = program.stopTime else {
            return worker.containers[i].program.stopTime = nil
        }
        let began = end - .seconds(max(0, worker.pod.metadata.deletionGracePeriodSeconds ?? worker.pod.spec.terminationGracePeriodSeconds ?? 30))
        worker.containers[i].program.stopTime = max(.zero, min(time, began + time - now))
    }

    /// What belongs to a running instance, with the outcome of its probes as the status tells it.
    private mutating func keepRunning(_ worker: inout PodWorker, _ i: Int, _ now: Instant, _ host: inout KubeletHost) {
        let start = worker.containers[i].startedAt
        let spec = worker.spec(i)
        let status = worker.containers[i].status
        if !status.ready, spec.readinessProbe != nil, worker.containers[i].program.failures[.readiness] == nil {
            // Why it is not ready is not known: it stays so.
            worker.containers[i].program.failures[.readiness] = .init(from: .zero, until: nil)
        }
        worker.containers[i].actuated = (status.resources ?? spec.resources).resizable
        worker.containers[i].memory = memoryValues(worker, spec.resources, host)
        if let time = worker.containers[i].program.runTime(max(1, worker.containers[i].instance)) {
            // A program that has run longer than others of its sort is taken to run as long again.
            let due = start + time > now ? start + time : now + (now - start)
            host.schedule(.exit(container: i, instance: worker.containers[i].instance), worker, at: due)
        }
        watchMemory(&worker, i, now, &host)
        if !worker.containers[i].isPlainInit { takeOverProbes(&worker, i, now, &host) }
    }
}

extension Pod {
    /// Whether its status tells that a container was started, or failed to be: it is not only being prepared.
    var hasBegun: Bool {
        (status.initContainerStatuses + status.containerStatuses).contains { status in
            if status.state.running != nil || status.state.terminated != nil || status.lastState.terminated != nil || status.restartCount > 0 { return true }
            return !["", "ContainerCreating", "PodInitializing"].contains(status.state.waiting?.reason ?? "")
        }
    }
}

extension PodSpec {
    /// The spec with the CPU and memory that the status tells as allocated.
    fileprivate func allocated(by status: PodStatus, _ profile: KubernetesProfile, isPending: Bool) -> PodSpec {
        func keep(_ resources: inout ResourceRequirements, _ allocated: ResourceList, _ inForce: ResourceRequirements?) {
            guard !allocated.isEmpty else { return }
            let wanted = resources.requests
            for name in ["cpu", "memory"] where wanted[name] != nil { resources.requests[name] = allocated[name] ?? wanted[name] }
            // Which limits were allocated is not told: those in force.
            if isPending || resources.requests != wanted { resources.limits = inForce?.limits ?? resources.limits }
        }
        func keep(_ containers: inout [Container], _ known: [ContainerStatus]) {
            for i in containers.indices {
                guard let own = known.first(where: { $0.name == containers[i].name }) else { continue }
                keep(&containers[i].resources, own.allocatedResources, own.resources)
            }
        }
        var granted = self
        keep(&granted.containers, status.containerStatuses)
        keep(&granted.initContainers, status.initContainerStatuses)
        if var own = granted.resources, profile.isEnabled(.inPlacePodLevelResourcesVerticalScaling) {
            keep(&own, status.allocatedResources, status.resources)
            granted.resources = own
        }
        return granted
    }

    /// The spec with the CPU and memory that the status tells as written.
    fileprivate func inForce(by status: PodStatus, _ profile: KubernetesProfile) -> PodSpec {
        func take(_ resources: inout ResourceRequirements, _ actual: ResourceRequirements?) {
            guard let actual else { return }
            for name in ["cpu", "memory"] {
                if resources.requests[name] != nil { resources.requests[name] = actual.requests[name] ?? resources.requests[name] }
                if resources.limits[name] != nil { resources.limits[name] = actual.limits[name] ?? resources.limits[name] }
            }
        }
        func take(_ containers: inout [Container], _ known: [ContainerStatus]) {
            for i in containers.indices { take(&containers[i].resources, known.first { $0.name == containers[i].name }?.resources) }
        }
        var actual = self
        take(&actual.containers, status.containerStatuses)
        take(&actual.initContainers, status.initContainerStatuses)
        if var own = actual.resources, profile.isEnabled(.inPlacePodLevelResourcesVerticalScaling) {
            take(&own, status.resources)
            actual.resources = own
        }
        return actual
    }
}
