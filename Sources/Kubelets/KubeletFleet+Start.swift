import ControlPlane
import KubernetesAPI
import SimulationKit

// The stages of one container's start: image, create, start, postStart; then the program's own start.
extension KubeletFleet {
    mutating func beginStart(_ worker: inout PodWorker, _ i: Int, _ cluster: inout Cluster) {
        let now = cluster.now
        let spec = worker.spec(i)
        let image = Self.fullName(spec.image)
        var policy = spec.imagePullPolicy
        if policy.isEmpty { policy = image.hasSuffix(":latest") ? "Always" : "IfNotPresent" }
        let isPresent = nodes[worker.node]!.images.contains(image)
        if isPresent && policy != "Always" {
            let access = profile.presentImageTextTellsAccess ? " and can be accessed by the pod" : ""
            tell(
                "Pulled", "Container image \"\(spec.image)\" already present on machine\(access)", worker,
                container: i, &cluster)
            return create(&worker, i, &cluster)
        }
        if policy == "Never" {
            let message = "Container image \"\(spec.image)\" is not present with pull policy of Never"
            tell("ErrImageNeverPull", message, worker, container: i, warning: true, &cluster)
            return startFailed(&worker, i, "ErrImageNeverPull", message, &cluster)
        }
        if let retry = worker.containers[i].pull.retryAt, retry > now {
            return pullBacksOff(&worker, i, until: retry, &cluster)
        }
        tell("Pulling", "Pulling image \"\(spec.image)\"", worker, container: i, &cluster)
        timelines[worker.uid]?.begin(.image, container: i, at: now)
        let program = worker.containers[i].program
        let known = cluster.store.nodes[ObjectKey(name: worker.pod.nodeName)]?.status.images
        let listed = known?.first { $0.names.contains(image) }?.sizeBytes
        let pull = ImageStore.Pull(
            pod: worker.reference, container: i, image: image,
            size: program.imageSize ?? listed.map { Int64($0) } ?? ImageStore.modelSize(image),
            fixedTime: program.pullTime, failure: program.pullFailure?.message(image), asked: now, began: now,
            overhead: .zero, bytes: 0, updated: now)
        nodes[worker.node]!.images.request(pull)
        begin(.image(i), &worker, until: nil)
        advancePulls(worker.node, now)
    }

    /// The name with which the runtime is asked: without tag and digest it is the latest.
    static func fullName(_ image: String) -> String {
        let last = image.split(separator: "/").last ?? ""
        return last.contains(":") || last.contains("@") ? image : image + ":latest"
    }

    private mutating func advancePulls(_ node: Int, _ now: Instant) {
        guard let end = nodes[node]!.images.advance(now) else { return }
        timers.schedule(.pull(node: node, token: nodes[node]!.images.token), at: end)
    }

    /// Pulls of a node may have ended.
    mutating func pullsEnd(_ node: Int, _ token: Int, _ cluster: inout Cluster) {
        guard nodes[node]?.images.token == token else { return }
        let done = nodes[node]!.images.finish(cluster.now)
        let before = nodes[node]!.images.token
        advancePulls(node, cluster.now)
        if nodes[node]!.images.token == before, let end = nodes[node]!.images.nextEnd(cluster.now) {
            timers.schedule(.pull(node: node, token: before), at: max(end, cluster.now))
        }
        for pull in done {
            with(pull.pod, &cluster) { $0.pullEnded(&$1, pull, &$2) }
        }
    }

    private mutating func pullEnded(
        _ worker: inout PodWorker, _ pull: ImageStore.Pull, _ cluster: inout Cluster
    ) {
        guard worker.operation == .image(pull.container), !isDark(worker) else { return }
        let i = pull.container
        worker.operation = nil
        timelines[worker.uid]?.end(.image, container: i, at: cluster.now)
        let name = worker.spec(i).image
        if let error = pull.failure {
            worker.containers[i].pull.fail(error, at: cluster.now)
            tell(
                "Failed", "Failed to pull image \"\(name)\": \(error)", worker, container: i, warning: true,
                &cluster)
            tell("Failed", "Error: ErrImagePull", worker, container: i, warning: true, &cluster)
            setWaiting(&worker, i, "ErrImagePull", error)
            worker.containers[i].retryAt = cluster.now + latencies.backOffNotice
            writeStatus(&worker, &cluster)
            syncLater(worker, at: cluster.now + latencies.backOffNotice)
            return sync(&worker, &cluster)
        }
        worker.containers[i].pull = PullBackOff()
        var (own, whole) = (cluster.now - pull.began, cluster.now - pull.asked)
        var size = ""
        if profile.pulledEventTexts == .v136 {
            own = own.truncated(to: .milliseconds(1))
            whole = whole.truncated(to: .milliseconds(1))
            size = ". Image size: \(pull.size) bytes."
        }
        tell(
            "Pulled", "Successfully pulled image \"\(name)\" in \(own) (\(whole) including waiting)\(size)",
            worker,
            container: i, &cluster)
        create(&worker, i, &cluster)
    }

    private mutating func pullBacksOff(
        _ worker: inout PodWorker, _ i: Int, until: Instant, _ cluster: inout Cluster
    ) {
        let name = worker.spec(i).image
        if worker.containers[i].pull.isFresh {
            worker.containers[i].pull.isFresh = false
            tell("BackOff", "Back-off pulling image \"\(name)\"", worker, container: i, &cluster)
            tell("Failed", "Error: ImagePullBackOff", worker, container: i, warning: true, &cluster)
            let cause =
                profile.pullBackOffNamesCause ? ": ErrImagePull: \(worker.containers[i].pull.error)" : ""
            setWaiting(&worker, i, "ImagePullBackOff", "Back-off pulling image \"\(name)\"\(cause)")
            writeStatus(&worker, &cluster)
        }
        worker.containers[i].retryAt = until
        syncLater(worker, at: until)
        // The container must not hold up those after it.
        syncLater(worker, at: cluster.now)
    }

    /// A start that failed for another reason than its image is tried again after 10 to 15 s.
    private mutating func startFailed(
        _ worker: inout PodWorker, _ i: Int, _ reason: String, _ message: String, _ cluster: inout Cluster
    ) {
        tell(
            "Failed", "Error: \(reason == "ErrImageNeverPull" ? reason : message)", worker, container: i,
            warning: true, &cluster)
        setWaiting(&worker, i, reason, message)
        let retry = cluster.now + latencies.syncErrorBackOff * (1 + jitter.unit() / 2)
        worker.containers[i].retryAt = retry
        writeStatus(&worker, &cluster)
        syncLater(worker, at: retry)
        syncLater(worker, at: cluster.now)
    }

    private func setWaiting(_ worker: inout PodWorker, _ i: Int, _ reason: String, _ message: String) {
        if worker.containers[i].status.state.terminated != nil {
            worker.containers[i].status.lastState = worker.containers[i].status.state
        }
        worker.containers[i].status.state = .waiting(reason, message)
    }

    // MARK: Create and start

    private mutating func create(_ worker: inout PodWorker, _ i: Int, _ cluster: inout Cluster) {
        if let missing = missingConfiguration(worker, i, cluster) {
            return startFailed(&worker, i, "CreateContainerConfigError", missing, &cluster)
        }
        timelines[worker.uid]?.begin(.create, container: i, at: cluster.now)
        begin(.create(i), &worker, until: cluster.now + latencies.createContainer)
    }

    mutating func created(_ worker: inout PodWorker, _ i: Int, _ cluster: inout Cluster) {
        let name = worker.containers[i].status.name
        timelines[worker.uid]?.end(.create, container: i, at: cluster.now)
        tell(
            "Created", profile.podStatusTexts == .v136 ? "Container created" : "Created container \(name)",
            worker,
            container: i, &cluster)
        timelines[worker.uid]?.begin(.start, container: i, at: cluster.now)
        begin(.start(i), &worker, until: cluster.now + latencies.startContainer)
    }

    mutating func started(_ worker: inout PodWorker, _ i: Int, _ cluster: inout Cluster) {
        let now = cluster.now
        let spec = worker.spec(i)
        timelines[worker.uid]?.end(.start, container: i, at: now)
        tell(
            "Started",
            profile.podStatusTexts == .v136 ? "Container started" : "Started container \(spec.name)", worker,
            container: i, &cluster)
        worker.containers[i].instance += 1
        let instance = worker.containers[i].instance
        var status = worker.containers[i].status
        if status.state.terminated != nil { status.lastState = status.state }
        status.state = .running(since: now)
        status.restartCount = instance - 1
        status.image = spec.image
        let digest = hex(StableHash.fnv1a64(spec.image)) + hex(StableHash.fnv1a64(spec.image + "@"))
        status.imageID = "\(spec.image.prefix { $0 != "@" })@sha256:\(digest)\(digest)"
        let identity = "\(worker.uid)/\(spec.name)/\(instance)"
        let id = hex(StableHash.fnv1a64(identity)) + hex(StableHash.fnv1a64(identity + "."))
        status.containerID = "containerd://\(id)\(id)"
        worker.containers[i].status = status
        worker.containers[i].kill = nil
        worker.containers[i].pull = PullBackOff()
        if worker.containers[i].isPlainInit { timelines[worker.uid]?.begin(.initRun, container: i, at: now) }
        runs(&worker, i, since: now, &cluster)
        if let hook = spec.lifecycle?.postStart {
            let time =
                worker.containers[i].program.postStartTime ?? hook.sleep.map { .seconds($0.seconds) }
                ?? .seconds(1)
            timelines[worker.uid]?.begin(.postStart, container: i, at: now)
            begin(.postStart(i), &worker, until: now + time)
        }
        writeStatus(&worker, &cluster)
    }

    mutating func postStartEnded(_ worker: inout PodWorker, _ i: Int, _ cluster: inout Cluster) {
        timelines[worker.uid]?.end(.postStart, container: i, at: cluster.now)
        guard worker.containers[i].program.postStartFails, worker.containers[i].isRunning else { return }
        tell("FailedPostStartHook", "PostStartHook failed", worker, container: i, warning: true, &cluster)
        worker.containers[i].kill = .postStart
    }

    // MARK: Running

    /// Sets going what belongs to a running instance: its program, its probes, its use of memory.
    mutating func runs(_ worker: inout PodWorker, _ i: Int, since start: Instant, _ cluster: inout Cluster) {
        let spec = worker.spec(i)
        let instance = worker.containers[i].instance
        let program = worker.containers[i].program
        makeRoomInGroup(&worker, cluster.now)
        worker.containers[i].actuated = resized(spec.resources)
        let cores = Int64(nodes[worker.node]!.cores)
        worker.containers[i].work = StartupWork(
            left: program.startupWork, since: start, parallel: min(Int64(program.threads), cores),
            limit: spec.resources.limits.milliCPU)
        if !worker.containers[i].isPlainInit {
            timelines[worker.uid]?.begin(.application, container: i, at: start)
        }
        if let time = program.runTime(max(1, instance)) {
            schedule(.exit(container: i, instance: instance), worker, at: max(cluster.now, start + time))
        }
        watchMemory(&worker, i, cluster.now)
        startProbes(&worker, i, &cluster)
    }

    /// The part of a container's resources that can be resized: CPU and memory.
    func resized(_ resources: ResourceRequirements) -> ResourceRequirements {
        var result = ResourceRequirements()
        for name in ["cpu", "memory"] {
            result.requests[name] = resources.requests[name]
            result.limits[name] = resources.limits[name]
        }
        return result
    }

    /// The pod's annotations changed: programs go on with other habits.
    mutating func reprogram(_ worker: inout PodWorker, _ cluster: inout Cluster) {
        for i in worker.containers.indices {
            let old = worker.containers[i].program
            var new = Program(worker.spec(i), isInit: worker.containers[i].isInit, of: worker.pod)
            override(&new, worker, i, cluster)
            if new == old { continue }
            keepUsage(&worker, i, cluster.now)
            worker.containers[i].program = new
            guard worker.containers[i].isRunning else { continue }
            let instance = worker.containers[i].instance
            if new.runTimes != old.runTimes, let time = new.runTime(max(1, instance)) {
                schedule(
                    .exit(container: i, instance: instance), worker,
                    at: max(cluster.now, worker.containers[i].startedAt + time))
            }
            watchMemory(&worker, i, cluster.now)
            rescheduleProbes(&worker, i, cluster.now)
        }
    }
}
