// What a pod's worker does next. Level-triggered: it looks at what is, so it may be called at any time.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension KubeletFleet {
    mutating func sync(_ worker: inout PodWorker, _ cluster: inout Cluster) {
        if worker.termination != nil { return continueTermination(&worker, &cluster) }
        if worker.operation != nil { return }
        switch worker.stage {
        case .setup: begin(.setup, .setup, latencies.podSetup, &worker, cluster)
        case .volumes: mount(&worker, &cluster)
        case .sandbox: begin(.sandbox, .sandbox, latencies.runSandbox, &worker, cluster)
        case .containers: syncContainers(&worker, &cluster)
        }
    }

    /// Begins an operation that is a stage of the whole pod's start.
    private mutating func begin(
        _ operation: Operation, _ stage: StartStage, _ time: Duration, _ worker: inout PodWorker,
        _ cluster: Cluster
    ) {
        timelines[worker.uid]?.begin(stage, at: cluster.now)
        begin(operation, &worker, until: cluster.now + time)
    }

    /// An operation's time is over.
    mutating func endOperation(_ worker: inout PodWorker, _ cluster: inout Cluster) {
        guard let operation = worker.operation else { return }
        worker.operation = nil
        switch operation {
        case .setup:
            timelines[worker.uid]?.end(.setup, at: cluster.now)
            worker.stage = .volumes
        case .volumes:
            timelines[worker.uid]?.end(.volumes, at: cluster.now)
            worker.probedSince = worker.probedSince ?? cluster.now
            worker.stage = .sandbox
        case .sandbox:
            timelines[worker.uid]?.end(.sandbox, at: cluster.now)
            worker.stage = .containers
            worker.hasSandbox = true
            worker.ip =
                worker.pod.spec.hostNetwork ? nodes[worker.node]!.address : makePodAddress(worker.node)
            writeStatus(&worker, &cluster)
        case .create(let i): created(&worker, i, &cluster)
        case .start(let i): started(&worker, i, &cluster)
        case .postStart(let i): postStartEnded(&worker, i, &cluster)
        case .image, .kill: break  // these end by what happens, not by time
        case .resize: resizeEnded(&worker, &cluster)
        }
        sync(&worker, &cluster)
    }

    // MARK: Containers

    /// One pass over the containers, as the kubelet's `computePodActions`: kill what must go, then init
    /// containers in order, then all others that may start. Each start keeps the worker busy; the pass is
    /// repeated when it is over.
    private mutating func syncContainers(_ worker: inout PodWorker, _ cluster: inout Cluster) {
        if let i = worker.containers.firstIndex(where: { $0.kill != nil && $0.isRunning }) {
            return kill(&worker, i, &cluster)
        }
        beginAnew(&worker)
        if actuateResize(&worker, &cluster) { return }
        let initialized = worker.wasInitialized
        if isOver(worker) {
            terminate(&worker, grace: worker.grace, &cluster)
            return continueTermination(&worker, &cluster)
        }
        for i in 0..<worker.initCount {
            let container = worker.containers[i]
            if container.isSidecar {
                if container.isRunning {
                    if container.isStarted || initialized { continue }
                    return
                }
                if tryStart(&worker, i, &cluster) { return }
                if !initialized { return }
            } else if !initialized {
                if container.status.state.terminated?.exitCode == 0 { continue }
                if container.isRunning { return }
                _ = tryStart(&worker, i, &cluster)
                return
            }
        }
        for i in worker.appIndices where !worker.containers[i].isRunning {
            if tryStart(&worker, i, &cluster) { return }
        }
    }

    /// Whether nothing of the pod will run again by itself: it has failed to initialize, or all app
    /// containers have ended for good.
    private func isOver(_ worker: PodWorker) -> Bool {
        if !worker.wasInitialized {
            return (0..<worker.initCount).contains { i in
                let container = worker.containers[i]
                return container.isPlainInit && !container.isRunning && !container.startsAnew && container.kill != .allRestart
                    && (container.termination?.exitCode ?? 0) != 0
                    && !restarts(worker, i, exitCode: 1)
            }
        }
        return worker.appIndices.allSatisfy { i in
            let container = worker.containers[i]
            guard !container.isRunning, container.kill != .resize, container.kill != .allRestart, !container.startsAnew,
                let end = container.termination
            else { return false }
            return !restarts(worker, i, exitCode: end.exitCode)
        }
    }

    /// Whether container `i` starts again after it ended with `exitCode`.
    func restarts(_ worker: PodWorker, _ i: Int, exitCode: Int) -> Bool {
        if worker.containers[i].isSidecar { return true }
        var policy = worker.restartPolicy
        if profile.isEnabled(.containerRestartRules), let own = worker.spec(i).restartPolicy {
            if restartRule(worker, i, exitCode: exitCode) != nil { return true }
            policy = own
        }
        if worker.containers[i].isPlainInit && policy == "Always" { policy = "OnFailure" }
        return policy == "Always" || policy == "OnFailure" && exitCode != 0
    }

    /// Begins to start container `i` if it may start now; answers whether the worker is busy with it.
    private mutating func tryStart(_ worker: inout PodWorker, _ i: Int, _ cluster: inout Cluster) -> Bool {
        let now = cluster.now
        let container = worker.containers[i]
        if let end = container.termination, container.instance > 0 {
            // A container killed for a resize starts at once, whatever the policy says.
            if container.kill == .resize {
                worker.containers[i].crash.settleKill()
            } else if !container.startsAnew, !restarts(worker, i, exitCode: end.exitCode) {
                return false
            } else if !container.startsAnew || restartRule(worker, i, exitCode: end.exitCode) == .restartAllContainers,
                let until = crashDelay(&worker, i, now)
            {
                waitAfterCrash(&worker, i, until: until, &cluster)
                return false
            }
        }
        if let retry = container.retryAt, retry > now { return false }
        worker.containers[i].retryAt = nil
        beginStart(&worker, i, &cluster)
        return true
    }

    /// Until when container `i` must wait after its last exit; nil: not at all.
    private mutating func crashDelay(_ worker: inout PodWorker, _ i: Int, _ now: Instant) -> Instant? {
        // A start that was put off for its image has gone through the back-off already.
        if worker.containers[i].pull.retryAt != nil || worker.containers[i].retryAt != nil { return nil }
        let until = worker.containers[i].crash.next(
            now, initial: settings(worker.node).crashInitial, maximum: settings(worker.node).crashMaximum)
        worker.containers[i].crash.settleKill()
        return until
    }

    private mutating func waitAfterCrash(
        _ worker: inout PodWorker, _ i: Int, until: Instant, _ cluster: inout Cluster
    ) {
        let container = worker.containers[i]
        if container.status.state.waiting?.reason == "CrashLoopBackOff" { return }
        guard let end = container.termination else { return }
        // The next sync after the one that saw the exit finds the back-off.
        let notice = (end.finishedAt ?? cluster.now) + latencies.backOffNotice
        if cluster.now < notice, notice < until { return syncLater(worker, at: notice) }
        let delay = worker.containers[i].crash.delay ?? settings(worker.node).crashInitial
        let name = container.status.name
        if container.status.state.terminated != nil { worker.containers[i].status.lastState = container.status.state }
        worker.containers[i].status.state = .waiting(
            "CrashLoopBackOff",
            "back-off \(delay) restarting failed container=\(name) pod=\(worker.pod.name)_\(worker.pod.namespace)(\(worker.uid))"
        )
        tell(
            "BackOff",
            "Back-off restarting failed container \(name) in pod \(worker.pod.name)_\(worker.pod.namespace)(\(worker.uid))",
            worker, container: i, warning: true, &cluster)
        writeStatus(&worker, &cluster)
        syncLater(worker, at: until)
    }

    // MARK: Restart rules

    /// What a rule of a container has its kubelet do when the container ends.
    enum RestartAction: String {
        case restart = "Restart"
        case restartAllContainers = "RestartAllContainers"
    }

    /// The action of the first rule of container `i` that is for `exitCode`; nil: its restart policy decides.
    /// - Source: KEP-5307, KEP-5532; Kubernetes v1.36.2 `pkg/kubelet/container/helpers.go`.
    func restartRule(_ worker: PodWorker, _ i: Int, exitCode: Int) -> RestartAction? {
        let spec = worker.spec(i)
        guard spec.restartPolicyRules != nil, spec.restartPolicy != nil, profile.isEnabled(.containerRestartRules) else { return nil }
        for rule in spec.restartPolicyRules?.array ?? [] {
            let codes = (rule["exitCodes"]?["values"]?.array ?? []).compactMap { $0.int }
            let isListed = codes.contains(Int64(exitCode))
            guard rule["exitCodes"]?["operator"]?.string == "NotIn" ? !isListed : isListed else { continue }
            guard let action = RestartAction(rawValue: rule["action"]?.string ?? ""),
                action == .restart || profile.isEnabled(.restartAllContainersOnContainerExits)
            else { continue }
            return action
        }
        return nil
    }

    /// Once all containers have ended that a rule has start anew, they do: init containers first, in the same sandbox.
    private func beginAnew(_ worker: inout PodWorker) {
        guard worker.containers.contains(where: { $0.kill == .allRestart }), !worker.isAnythingRunning else { return }
        for i in worker.containers.indices where worker.containers[i].kill == .allRestart {
            worker.containers[i].kill = nil
            guard worker.containers[i].instance > 0 else { continue }
            worker.containers[i].startsAnew = true
            setWaiting(&worker, i, worker.initCount > 0 ? "PodInitializing" : "ContainerCreating", "")
        }
    }

    // MARK: Ends

    /// Container `i` has ended: by itself, by a signal, or by the kernel.
    mutating func containerEnded(
        _ worker: inout PodWorker, _ i: Int, code: Int, reason: String, message: String = "",
        _ cluster: inout Cluster
    ) {
        let wasStopping = worker.containers[i].stop != nil && worker.containers[i].exited == nil
        // The kubelet may hear of it later.
        let time = worker.containers[i].exited?.at ?? cluster.now
        markEnded(&worker, i, code: code, reason: reason, message: message, at: time)
        if worker.containers[i].isPlainInit {
            timelines[worker.uid]?.end(.initRun, container: i, at: cluster.now)
        }
        if wasStopping && worker.termination == nil {
            worker.containers[i].crash.killed = time
        } else {
            worker.containers[i].crash.exit = time
        }
        let restartsAll = !wasStopping && worker.termination == nil && restartRule(worker, i, exitCode: code) == .restartAllContainers
        if worker.containers[i].kill != .resize, worker.containers[i].kill != .allRestart { worker.containers[i].kill = nil }
        if restartsAll { for other in worker.containers.indices { worker.containers[other].kill = .allRestart } }
        if worker.operation == .kill(i) || worker.operation == .postStart(i) { worker.operation = nil }
        // The last words of a pod are written once, at its end.
        if worker.isAnythingRunning || worker.termination == nil && !isOver(worker) {
            writeStatus(&worker, &cluster)
        }
        sync(&worker, &cluster)
    }

    /// Puts down how container `i` ended.
    mutating func markEnded(
        _ worker: inout PodWorker, _ i: Int, code: Int, reason: String, message: String = "", at now: Instant
    ) {
        keepUsage(&worker, i, now, isOutOfMemory: reason == "OOMKilled")
        var end = ContainerStateTerminated()
        (end.exitCode, end.reason, end.message) = (code, reason, message)
        (end.startedAt, end.finishedAt) = (worker.containers[i].startedAt, now)
        end.containerID = worker.containers[i].status.containerID
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

    /// A program ended while its kubelet was silent.
    mutating func endUnseen(_ worker: inout PodWorker, _ i: Int, _ now: Instant) {
        guard worker.containers[i].isRunning else { return }
        let code = worker.containers[i].program.exitCode(worker.containers[i].instance)
        let exit = worker.containers[i].exited
        markEnded(
            &worker, i, code: exit?.code ?? code, reason: exit?.reason ?? (code == 0 ? "Completed" : "Error"),
            at: exit?.at ?? now)
        worker.containers[i].crash.exit = exit?.at ?? now
    }

    /// A kubelet that was silent, or is new, looks at a pod.
    mutating func resume(_ worker: inout PodWorker, rebooted: Bool, _ cluster: inout Cluster) {
        worker.operation = nil
        worker.operationNumber += 1
        for i in worker.containers.indices where worker.containers[i].exited != nil { endUnseen(&worker, i, cluster.now) }
        if rebooted {
            for i in worker.containers.indices where worker.containers[i].isRunning {
                markEnded(&worker, i, code: 255, reason: "Unknown", at: cluster.now)
                worker.containers[i].crash.exit = cluster.now
            }
        }
        guard let pod = cluster.store.pods[worker.key], pod.metadata.uid == worker.uid else {
            worker.isObjectRemoved = true
            terminate(&worker, grace: .seconds(1), &cluster)
            return continueTermination(&worker, &cluster)
        }
        let old = worker.pod
        worker.pod = pod
        if pod.isFinished {
            worker.verdict = worker.verdict ?? .init(reason: pod.status.reason, message: pod.status.message)
            terminate(&worker, grace: worker.grace, deletion: pod.metadata.isTerminating, &cluster)
            return continueTermination(&worker, &cluster)
        }
        if pod.metadata.isTerminating || worker.termination != nil {
            let grace = Duration.seconds(pod.metadata.deletionGracePeriodSeconds ?? 30)
            for i in worker.containers.indices { worker.containers[i].stop = nil }
            worker.termination = nil
            terminate(&worker, grace: grace, deletion: pod.metadata.isTerminating, &cluster)
            return continueTermination(&worker, &cluster)
        }
        if rebooted, worker.hasSandbox {
            // Differs from Kubernetes: init containers count as done; the new sandbox only costs its time.
            tell("SandboxChanged", "Pod sandbox changed, it will be killed and re-created.", worker, &cluster)
            worker.hasSandbox = false
            worker.stage = .sandbox
        }
        for i in worker.containers.indices where worker.containers[i].isRunning {
            worker.containers[i].stop = nil
            // After a restart of the kubelet each probe waits for a random part of its period.
            for (kind, probe) in worker.spec(i).probes {
                worker.containers[i].tickers[kind] = cluster.now + ProbeWorker.period(probe) * jitter.unit()
            }
            // What runs keeps its control group, whatever was granted meanwhile.
            let inForce = worker.containers[i].actuated
            runs(&worker, i, since: worker.containers[i].startedAt, &cluster)
            if inForce != ResourceRequirements() {
                worker.containers[i].actuated = inForce
                watchMemory(&worker, i, cluster.now)
            }
        }
        if pod.metadata.annotations != old.metadata.annotations { reprogram(&worker, &cluster) }
        if pod.spec.identity != old.spec.identity { specChanged(&worker, old, &cluster) }
        if worker.stage == .volumes { worker.hasBegunMounting = false }
        if let limit = pod.spec.activeDeadlineSeconds {
            schedule(.deadline, worker, at: max(cluster.now, worker.startTime + .seconds(limit)))
        }
        writeStatus(&worker, &cluster)
        sync(&worker, &cluster)
    }
}
