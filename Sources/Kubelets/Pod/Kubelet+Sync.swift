// What a pod's worker does next. Level-triggered: it looks at what is, so it may be called at any time.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension Kubelet {
    mutating func sync(_ worker: inout PodWorker, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        if worker.termination != nil { return continueTermination(&worker, &host, &cluster) }
        if worker.operation != nil { return }
        switch worker.stage {
        case .setup: begin(.setup, .setup, host.latencies.podSetup, &worker, cluster.now, &host)
        case .volumes: mount(&worker, &host, &cluster)
        case .sandbox: begin(.sandbox, .sandbox, host.latencies.runSandbox, &worker, cluster.now, &host)
        case .containers: syncContainers(&worker, &host, &cluster)
        }
    }

    /// Begins an operation that is a stage of the whole pod's start.
    private func begin(
        _ operation: Operation, _ stage: StartStage, _ time: Duration, _ worker: inout PodWorker, _ now: Instant,
        _ host: inout KubeletHost
    ) {
        host.timelines[worker.uid]?.begin(stage, at: now)
        host.begin(operation, &worker, until: now + time)
    }

    /// An operation's time is over.
    mutating func endOperation(_ worker: inout PodWorker, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        guard let operation = worker.operation else { return }
        worker.operation = nil
        switch operation {
        case .setup:
            host.timelines[worker.uid]?.end(.setup, at: cluster.now)
            worker.stage = .volumes
        case .volumes:
            host.timelines[worker.uid]?.end(.volumes, at: cluster.now)
            worker.probedSince = worker.probedSince ?? cluster.now
            worker.stage = .sandbox
        case .sandbox:
            host.timelines[worker.uid]?.end(.sandbox, at: cluster.now)
            worker.stage = .containers
            worker.hasSandbox = true
            worker.ip = worker.pod.spec.hostNetwork ? address : makePodAddress()
            writeStatus(&worker, &host, &cluster)
        case .create(let i): created(&worker, i, &host, &cluster)
        case .start(let i): started(&worker, i, &host, &cluster)
        case .postStart(let i): postStartEnded(&worker, i, &host, &cluster)
        case .image, .kill: break  // these end by what happens, not by time
        case .resize: resizeEnded(&worker, &host, &cluster)
        }
        sync(&worker, &host, &cluster)
    }

    // MARK: Containers

    /// One pass over the containers, as the kubelet's `computePodActions`: kill what must go, then init
    /// containers in order, then all others that may start. Each start keeps the worker busy; the pass is
    /// repeated when it is over.
    private mutating func syncContainers(_ worker: inout PodWorker, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        if let i = worker.containers.firstIndex(where: { $0.kill != nil && $0.isRunning }) {
            return kill(&worker, i, &host, &cluster)
        }
        worker.beginAnew()
        if actuateResize(&worker, &host, &cluster) { return }
        let initialized = worker.wasInitialized
        if worker.isOver(host.profile) {
            terminate(&worker, grace: worker.grace, &host, &cluster)
            return continueTermination(&worker, &host, &cluster)
        }
        for i in worker.addedIndices where worker.containers[i].instance == 0 && !worker.containers[i].isRunning {
            if tryStart(&worker, i, &host, &cluster) { return }
        }
        for i in 0..<worker.initCount {
            let container = worker.containers[i]
            if container.isSidecar {
                if container.isRunning {
                    if container.isStarted || initialized { continue }
                    return
                }
                if tryStart(&worker, i, &host, &cluster) { return }
                if !initialized { return }
            } else if !initialized {
                if container.status.state.terminated?.exitCode == 0 { continue }
                if container.isRunning { return }
                _ = tryStart(&worker, i, &host, &cluster)
                return
            }
        }
        for i in worker.appIndices where !worker.containers[i].isRunning {
            if tryStart(&worker, i, &host, &cluster) { return }
        }
    }

    /// Begins to start container `i` if it may start now; returns whether the worker is busy with it.
    private mutating func tryStart(_ worker: inout PodWorker, _ i: Int, _ host: inout KubeletHost, _ cluster: inout Cluster) -> Bool {
        let now = cluster.now
        let container = worker.containers[i]
        if let end = container.termination, container.instance > 0 {
            // A container killed for a resize starts at once, whatever the policy says.
            if container.kill == .resize {
                worker.containers[i].crash.settleKill()
            } else if !container.startsAnew, !worker.restarts(i, exitCode: end.exitCode, host.profile) {
                return false
            } else if !container.startsAnew || worker.restartRule(i, exitCode: end.exitCode, host.profile) == .restartAllContainers,
                let until = crashDelay(&worker, i, now, settings(host))
            {
                waitAfterCrash(&worker, i, until: until, &host, &cluster)
                return false
            }
        }
        if let retry = container.retryAt, retry > now { return false }
        worker.containers[i].retryAt = nil
        beginStart(&worker, i, &host, &cluster)
        return true
    }

    /// Until when container `i` must wait after its last exit; nil: not at all.
    private func crashDelay(_ worker: inout PodWorker, _ i: Int, _ now: Instant, _ settings: KubeletSettings) -> Instant? {
        // A start that was put off for its image has gone through the back-off already.
        if worker.containers[i].pull.retryAt != nil || worker.containers[i].retryAt != nil { return nil }
        let until = worker.containers[i].crash.next(
            now, initial: settings.crashInitial, maximum: settings.crashMaximum)
        worker.containers[i].crash.settleKill()
        return until
    }

    private mutating func waitAfterCrash(
        _ worker: inout PodWorker, _ i: Int, until: Instant, _ host: inout KubeletHost, _ cluster: inout Cluster
    ) {
        let container = worker.containers[i]
        if container.status.state.waiting?.reason == "CrashLoopBackOff" { return }
        guard let end = container.termination else { return }
        // The next sync after the one that saw the exit finds the back-off.
        let notice = (end.finishedAt ?? cluster.now) + host.latencies.backOffNotice
        if cluster.now < notice, notice < until { return host.syncLater(worker, at: notice) }
        let delay = worker.containers[i].crash.delay ?? settings(host).crashInitial
        let name = container.status.name
        if container.status.state.terminated != nil { worker.containers[i].status.lastState = container.status.state }
        worker.containers[i].status.state = .waiting(
            "CrashLoopBackOff",
            "back-off \(delay) restarting failed container=\(name) pod=\(worker.pod.name)_\(worker.pod.namespace)(\(worker.uid))"
        )
        tell(
            "BackOff",
            "Back-off restarting failed container \(name) in pod \(worker.pod.name)_\(worker.pod.namespace)(\(worker.uid))",
            worker, container: i, warning: true, &host, &cluster)
        writeStatus(&worker, &host, &cluster)
        host.syncLater(worker, at: until)
    }

    // MARK: Ends

    /// Container `i` has ended: by itself, by a signal, or by the kernel.
    mutating func containerEnded(
        _ worker: inout PodWorker, _ i: Int, code: Int, reason: String, message: String = "",
        _ host: inout KubeletHost, _ cluster: inout Cluster
    ) {
        let wasStopping = worker.containers[i].stop != nil && worker.containers[i].exited == nil
        // The kubelet may hear of it later.
        let time = worker.containers[i].exited?.at ?? cluster.now
        let words = message.isEmpty ? lastWords(worker, i, code: code, reason: reason, at: time, host, cluster) : message
        markEnded(&worker, i, code: code, reason: reason, message: words, at: time, host.profile)
        if worker.containers[i].isPlainInit {
            host.timelines[worker.uid]?.end(.initRun, container: i, at: cluster.now)
        }
        if wasStopping && worker.termination == nil {
            worker.containers[i].crash.killed = time
        } else {
            worker.containers[i].crash.exit = time
        }
        let restartsAll = !wasStopping && worker.termination == nil && worker.restartRule(i, exitCode: code, host.profile) == .restartAllContainers
        if worker.containers[i].kill != .resize, worker.containers[i].kill != .allRestart { worker.containers[i].kill = nil }
        if restartsAll { for other in 0..<worker.appIndices.upperBound { worker.containers[other].kill = .allRestart } }
        if worker.operation == .kill(i) || worker.operation == .postStart(i) { worker.operation = nil }
        // The last words of a pod are written once, at its end.
        if worker.isAnythingRunning || worker.termination == nil && !worker.isOver(host.profile) {
            writeStatus(&worker, &host, &cluster)
        }
        sync(&worker, &host, &cluster)
    }

    /// Puts down how container `i` ended.
    mutating func markEnded(
        _ worker: inout PodWorker, _ i: Int, code: Int, reason: String, message: String = "", at now: Instant,
        _ profile: KubernetesProfile
    ) {
        worker.keepUsage(i, now, isOutOfMemory: reason == "OOMKilled", profile)
        var end = ContainerStateTerminated()
        (end.exitCode, end.reason, end.message) = (code, reason, message)
        (end.startedAt, end.finishedAt) = (worker.containers[i].startedAt, now)
        end.containerID = worker.containers[i].status.containerID
        worker.keepDead(i, at: now)
        var state = ContainerState()
        state.terminated = end
        worker.containers[i].status.state = state
        worker.containers[i].status.ready = false
        worker.containers[i].status.started = false
        worker.containers[i].stop = nil
        worker.containers[i].probes = []
        worker.containers[i].work = nil
        worker.containers[i].exited = nil
        worker.containers[i].throttle = nil
        countMemory(&worker, i, 0)
    }
}
