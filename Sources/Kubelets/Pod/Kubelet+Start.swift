// The stages of one container's start after its image: create, start, postStart; then the program's own start.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension Kubelet {
    mutating func beginStart(_ worker: inout PodWorker, _ i: Int, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        ensureImage(&worker, i, &host, &cluster)
    }

    /// A start that failed for another reason than its image is tried again after 10 to 15 s.
    mutating func startFailed(
        _ worker: inout PodWorker, _ i: Int, _ reason: String, _ message: String, _ host: inout KubeletHost, _ cluster: inout Cluster
    ) {
        tell(
            "Failed", "Error: \(["ErrImageNeverPull", "InvalidImageName"].contains(reason) ? reason : message)", worker, container: i,
            warning: true, &host, &cluster)
        worker.setWaiting(i, reason, message)
        images.use(Self.fullName(worker.spec(i).image), at: cluster.now)
        let retry = cluster.now + host.syncErrorBackOff()
        worker.containers[i].retryAt = retry
        writeStatus(&worker, &host, &cluster)
        host.syncLater(worker, at: retry)
        host.syncLater(worker, at: cluster.now)
    }

    // MARK: Create and start

    mutating func create(_ worker: inout PodWorker, _ i: Int, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        if let missing = worker.missingConfiguration(i, host, cluster) {
            return startFailed(&worker, i, "CreateContainerConfigError", missing, &host, &cluster)
        }
        host.timelines[worker.uid]?.begin(.create, container: i, at: cluster.now)
        host.begin(.create(i), &worker, until: cluster.now + host.latencies.createContainer)
    }

    mutating func created(_ worker: inout PodWorker, _ i: Int, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        let name = worker.containers[i].status.name
        host.timelines[worker.uid]?.end(.create, container: i, at: cluster.now)
        tell(
            "Created", host.profile.podStatusTexts == .v136 ? "Container created" : "Created container \(name)",
            worker,
            container: i, &host, &cluster)
        host.timelines[worker.uid]?.begin(.start, container: i, at: cluster.now)
        host.begin(.start(i), &worker, until: cluster.now + host.latencies.startContainer)
    }

    mutating func started(_ worker: inout PodWorker, _ i: Int, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        let now = cluster.now
        let spec = worker.spec(i)
        host.timelines[worker.uid]?.end(.start, container: i, at: now)
        tell(
            "Started",
            host.profile.podStatusTexts == .v136 ? "Container started" : "Started container \(spec.name)", worker,
            container: i, &host, &cluster)
        worker.containers[i].instance += 1
        let instance = worker.containers[i].instance
        var status = worker.containers[i].status
        if status.state.terminated != nil { status.lastState = status.state }
        status.state = .running(since: now)
        status.restartCount = instance - 1
        status.image = spec.image
        status.imageID = host.imageID(of: spec.image)
        status.containerID = Self.containerID("\(worker.uid)/\(spec.name)/\(instance)")
        worker.containers[i].status = status
        worker.containers[i].kill = nil
        worker.containers[i].startsAnew = false
        worker.containers[i].signalled = nil
        host.files.forget(container: worker.containers[i].dead.last?.containerID)
        worker.containers[i].throttled = CPUThrottling()
        worker.containers[i].pull = PullBackOff()
        if worker.containers[i].isPlainInit { host.timelines[worker.uid]?.begin(.initRun, container: i, at: now) }
        runs(&worker, i, since: now, &host, &cluster)
        if let hook = spec.lifecycle?.postStart {
            let time =
                worker.containers[i].program.postStartTime ?? hook.sleep.map { .seconds($0.seconds) }
                ?? .seconds(1)
            host.timelines[worker.uid]?.begin(.postStart, container: i, at: now)
            host.begin(.postStart(i), &worker, until: now + time)
        }
        if !seesStartsLate(host) { writeStatus(&worker, &host, &cluster) }
    }

    /// An identity as containerd gives it: 64 digits that follow from `identity`. *Model*.
    static func containerID(_ identity: String) -> String {
        let first = StableHash.fnv1a64(identity)
        // That of the identity with a dot behind it.
        let second = (first ^ UInt64(UInt8(ascii: "."))) &* 0x100_0000_01b3
        let prefix = "containerd://".utf8
        return String(unsafeUninitializedCapacity: prefix.count + 64) { text in
            var place = 0
            for byte in prefix {
                text[place] = byte
                place += 1
            }
            for half in [first, second, first, second] {
                for digit in stride(from: 60, through: 0, by: -4) {
                    let nibble = UInt8(truncatingIfNeeded: half >> UInt64(digit) & 0xf)
                    text[place] = nibble + (nibble < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
                    place += 1
                }
            }
            return place
        }
    }

    mutating func postStartEnded(_ worker: inout PodWorker, _ i: Int, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        host.timelines[worker.uid]?.end(.postStart, container: i, at: cluster.now)
        guard worker.containers[i].program.postStartFails, worker.containers[i].isRunning else { return }
        tell("FailedPostStartHook", "PostStartHook failed", worker, container: i, warning: true, &host, &cluster)
        worker.containers[i].kill = .postStart
    }

    // MARK: Running

    /// Sets going what belongs to a running instance: its program, its probes, its use of memory.
    ///
    /// - Parameter keepsProbes: it ran before, and what its probes said still holds.
    mutating func runs(
        _ worker: inout PodWorker, _ i: Int, since start: Instant, keepsProbes: Bool = false, _ host: inout KubeletHost, _ cluster: inout Cluster
    ) {
        let spec = worker.spec(i)
        let instance = worker.containers[i].instance
        let program = worker.containers[i].program
        makeRoomInGroup(&worker, i, cluster.now, &host)
        worker.containers[i].actuated = spec.resources.resizable
        let cores = Int64(self.cores)
        worker.containers[i].work = StartupWork(
            left: program.startupWork, since: start, parallel: min(Int64(program.threads), cores),
            limit: spec.resources.limits.milliCPU)
        if !worker.containers[i].isPlainInit {
            host.timelines[worker.uid]?.begin(.application, container: i, at: start)
        }
        if let time = program.runTime(max(1, instance)) {
            host.schedule(.exit(container: i, instance: instance), worker, at: max(cluster.now, start + time))
        }
        worker.containers[i].exited = nil
        worker.containers[i].throttle = nil
        worker.containers[i].memory = memoryValues(worker, spec.resources, host)
        watchMemory(&worker, i, cluster.now, &host)
        if start == cluster.now, seesStartsLate(host) {
            (worker.containers[i].status.started, worker.containers[i].status.ready) = (false, false)
            let seen = pleg.detection(of: start, items: plegItems, host.latencies)
            host.schedule(.detected(container: i, instance: instance), worker, at: seen)
        } else if keepsProbes, !worker.containers[i].isPlainInit {
            worker.containers[i].probes = []
            takeOverProbes(&worker, i, cluster.now, &host)
        } else {
            startProbes(&worker, i, cluster.now, &host)
        }
    }

    /// The pod's annotations changed: programs go on with other habits.
    mutating func reprogram(_ worker: inout PodWorker, _ host: inout KubeletHost, _ cluster: Cluster) {
        for i in 0..<worker.appIndices.upperBound {
            let old = worker.containers[i].program
            var new = Program(worker.spec(i), isInit: worker.containers[i].isInit, of: worker.pod)
            host.override(&new, worker, i, cluster)
            if new == old { continue }
            worker.keepUsage(i, cluster.now, host.profile)
            worker.containers[i].program = new
            guard worker.containers[i].isRunning else { continue }
            let instance = worker.containers[i].instance
            if new.runTimes != old.runTimes, let time = new.runTime(max(1, instance)) {
                host.schedule(
                    .exit(container: i, instance: instance), worker,
                    at: max(cluster.now, worker.containers[i].startedAt + time))
            }
            watchMemory(&worker, i, cluster.now, &host)
            rescheduleProbes(&worker, i, cluster.now, &host)
        }
    }
}

extension ResourceRequirements {
    /// The part of a container's resources that can be resized: CPU and memory.
    var resizable: ResourceRequirements {
        // Mostly there is nothing else; then it is the template's own list.
        if !(requests.entries + limits.entries).contains(where: { $0.key != "cpu" && $0.key != "memory" }) {
            var result = ResourceRequirements()
            (result.requests, result.limits) = (requests, limits)
            return result
        }
        var result = ResourceRequirements()
        for name in ["cpu", "memory"] {
            result.requests[name] = requests[name]
            result.limits[name] = limits[name]
        }
        return result
    }
}
