// The stages of one container's start after its image: create, start, postStart; then the program's own start.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension KubeletFleet {
    mutating func beginStart(_ worker: inout PodWorker, _ i: Int, _ cluster: inout Cluster) {
        ensureImage(&worker, i, &cluster)
    }

    /// A start that failed for another reason than its image is tried again after 10 to 15 s.
    mutating func startFailed(
        _ worker: inout PodWorker, _ i: Int, _ reason: String, _ message: String, _ cluster: inout Cluster
    ) {
        tell(
            "Failed", "Error: \(["ErrImageNeverPull", "InvalidImageName"].contains(reason) ? reason : message)", worker, container: i,
            warning: true, &cluster)
        setWaiting(&worker, i, reason, message)
        nodes[worker.node]!.images.use(Self.fullName(worker.spec(i).image), at: cluster.now)
        let retry = cluster.now + latencies.syncErrorBackOff * (1 + jitter.unit() / 2)
        worker.containers[i].retryAt = retry
        writeStatus(&worker, &cluster)
        syncLater(worker, at: retry)
        syncLater(worker, at: cluster.now)
    }

    func setWaiting(_ worker: inout PodWorker, _ i: Int, _ reason: String, _ message: String) {
        if worker.containers[i].status.state.terminated != nil {
            worker.containers[i].status.lastState = worker.containers[i].status.state
        }
        worker.containers[i].status.state = .waiting(reason, message)
    }

    // MARK: Create and start

    mutating func create(_ worker: inout PodWorker, _ i: Int, _ cluster: inout Cluster) {
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
        worker.containers[i].startsAnew = false
        worker.containers[i].throttled = CPUThrottling()
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
        if !seesStartsLate(worker.node) { writeStatus(&worker, &cluster) }
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
        makeRoomInGroup(&worker, i, cluster.now)
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
        worker.containers[i].exited = nil
        worker.containers[i].throttle = nil
        worker.containers[i].memory = memoryValues(worker, i, spec.resources)
        watchMemory(&worker, i, cluster.now)
        if start == cluster.now, seesStartsLate(worker.node) {
            (worker.containers[i].status.started, worker.containers[i].status.ready) = (false, false)
            let items = nodes[worker.node].map { plegItems($0) } ?? 0
            let seen = nodes[worker.node]!.pleg.detection(of: start, items: items, latencies)
            schedule(.detected(container: i, instance: instance), worker, at: seen)
        } else {
            startProbes(&worker, i, &cluster)
        }
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
