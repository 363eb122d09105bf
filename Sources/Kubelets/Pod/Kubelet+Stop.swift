// The end of containers and pods: preStop, SIGTERM, SIGKILL, and the last words.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension Kubelet {
    /// SIGTERM comes at least this long before SIGKILL.
    static let minimumGrace = Duration.seconds(2)

    // MARK: One container, while the pod goes on

    /// Kills container `i` for the reason that it has, so that it starts again.
    mutating func kill(_ worker: inout PodWorker, _ i: Int, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        let name = worker.containers[i].status.name
        var grace = worker.grace
        let message: String
        switch worker.containers[i].kill {
        case .probe(let kind):
            let probe = kind == .startup ? worker.spec(i).startupProbe : worker.spec(i).livenessProbe
            if let own = probe?.terminationGracePeriodSeconds { grace = .seconds(own) }
            let title = worker.containers[i].isInit ? "Init container" : "Container"
            let restarts = !worker.containers[i].isInit && worker.restarts(i, exitCode: 137, host.profile)
            message =
                "\(title) \(name) failed \(kind.rawValue) probe" + (restarts ? ", will be restarted" : "")
        case .resize: message = "Container \(name) resize requires restart"
        case .definition: message = "Container \(name) definition changed, will be restarted"
        case .allRestart: message = "Container \(name) will be restarted with all containers of the pod"
        case .postStart: message = "FailedPostStartHook"
        case nil: return
        }
        host.begin(.kill(i), &worker, until: nil)
        beginStop(&worker, i, grace: grace, message: message, isOrdered: false, &host, &cluster)
    }

    /// Tells container `i` to stop within `grace`.
    private mutating func beginStop(
        _ worker: inout PodWorker, _ i: Int, grace: Duration, message: String, isOrdered: Bool,
        _ host: inout KubeletHost, _ cluster: inout Cluster
    ) {
        let now = cluster.now
        tell("Killing", message, worker, container: i, &host, &cluster)
        let hook = worker.spec(i).lifecycle?.preStop
        var stop = StopSequence(step: .preStop, began: now, grace: grace, due: now, isOrdered: isOrdered)
        if let hook, grace > .zero, worker.containers[i].exited == nil {
            let program = worker.containers[i].program
            if program.preStopFails {
                tell("FailedPreStopHook", "PreStopHook failed", worker, container: i, warning: true, &host, &cluster)
            } else {
                let time = program.preStopTime ?? hook.sleep.map { .seconds($0.seconds) } ?? .seconds(1)
                stop.due = now + min(time, grace)
            }
        }
        worker.containers[i].stop = stop
        if stop.due > now { scheduleStop(&worker, i, &host) } else { continueStop(&worker, i, &host, &cluster) }
    }

    private func scheduleStop(_ worker: inout PodWorker, _ i: Int, _ host: inout KubeletHost) {
        worker.containers[i].stop?.token += 1
        guard let stop = worker.containers[i].stop else { return }
        host.schedule(
            .stop(container: i, instance: worker.containers[i].instance, token: stop.token), worker,
            at: stop.due)
    }

    /// The next step of a container's end.
    mutating func continueStop(_ worker: inout PodWorker, _ i: Int, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        guard let stop = worker.containers[i].stop else { return }
        let now = cluster.now
        switch stop.step {
        case .preStop where stop.isOrdered && now < stop.began + stop.grace && worker.mustWait(i):
            worker.containers[i].stop?.step = .waitingForTurn
            worker.containers[i].stop?.due = stop.began + stop.grace
            scheduleStop(&worker, i, &host)
        case .preStop, .waitingForTurn: signal(&worker, i, now, &host)
        case .signalled:
            let program = worker.containers[i].program
            let code = stop.endsByKill ? 137 : program.stopExitCode
            let exit = worker.containers[i].exited
            if worker.containers[i].kill == .allRestart, exit == nil {
                return containerEnded(&worker, i, code: 137, reason: "RestartingAllContainers", &host, &cluster)
            }
            containerEnded(
                &worker, i, code: exit?.code ?? code, reason: exit?.reason ?? (code == 0 ? "Completed" : "Error"),
                &host, &cluster)
        }
    }

    /// SIGTERM: the program ends by itself, or is killed when its grace is over.
    private func signal(_ worker: inout PodWorker, _ i: Int, _ now: Instant, _ host: inout KubeletHost) {
        guard let stop = worker.containers[i].stop else { return }
        let rest = max(Self.minimumGrace, stop.began + stop.grace - now)
        worker.containers[i].stop?.step = .signalled
        if worker.containers[i].exited == nil { worker.containers[i].signalled = worker.containers[i].signalled ?? now }
        if worker.containers[i].exited != nil {
            worker.containers[i].stop?.due = now
        } else if let time = worker.containers[i].program.stopTime, time < rest {
            worker.containers[i].stop?.due = now + time
        } else {
            worker.containers[i].stop?.due = now + rest
            worker.containers[i].stop?.endsByKill = true
        }
        scheduleStop(&worker, i, &host)
    }

    // MARK: The whole pod

    /// Ends the pod: nothing starts any more, and all that runs is told to stop. A later call only shortens.
    mutating func terminate(
        _ worker: inout PodWorker, grace: Duration, deletion: Bool = false, _ host: inout KubeletHost, _ cluster: inout Cluster
    ) {
        let now = cluster.now
        let grace = max(.seconds(1), grace)
        if let termination = worker.termination {
            if deletion { worker.termination?.isDeletion = true }
            if now + grace < termination.deadline { shorten(&worker, to: grace, now, &host) }
            return
        }
        worker.termination = .init(deadline: now + grace, isDeletion: deletion)
        worker.operation = nil
        worker.operationNumber += 1
        images.cancel(worker.reference)
        pendingResizes.removeAll { $0 == worker.reference }
        for i in worker.containers.indices where worker.containers[i].isRunning {
            worker.containers[i].kill = nil
            if worker.containers[i].stop != nil { continue }
            beginStop(
                &worker, i, grace: grace, message: "Stopping container \(worker.containers[i].status.name)",
                isOrdered: worker.containers[i].isSidecar, &host, &cluster)
        }
    }

    private func shorten(_ worker: inout PodWorker, to grace: Duration, _ now: Instant, _ host: inout KubeletHost) {
        worker.termination?.deadline = now + grace
        for i in worker.containers.indices {
            guard let stop = worker.containers[i].stop else { continue }
            worker.containers[i].stop?.grace = min(stop.grace, now + grace - stop.began)
            let latest = now + (stop.step == .signalled ? max(Self.minimumGrace, grace) : grace)
            guard stop.due > latest else { continue }
            worker.containers[i].stop?.due = latest
            if stop.step == .signalled { worker.containers[i].stop?.endsByKill = true }
            scheduleStop(&worker, i, &host)
        }
    }

    /// Something of the pod ended: whose turn is it, or is it all over?
    mutating func continueTermination(_ worker: inout PodWorker, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        guard let termination = worker.termination else { return }
        if worker.isAnythingRunning {
            for i in (0..<worker.initCount).reversed()
            where worker.containers[i].stop?.step == .waitingForTurn && !worker.mustWait(i) {
                signal(&worker, i, cluster.now, &host)
            }
            return
        }
        if !termination.isFinished {
            worker.termination?.isFinished = true
            worker.settleContainers()
            writeStatus(&worker, &host, &cluster)
            worker.unmounted = unmount(worker, cluster.now, &host)
            release(&worker)
            if evicting?.pod == worker.reference { evicting = nil }
            retryResizesSoon(cluster.now, &host, because: termination.isDeletion ? "pods_removed" : "pod_terminated")
            if worker.isObjectRemoved || !worker.isStatusQueued { statusIsSent(&worker, &host, &cluster) }
        } else if worker.isObjectRemoved {
            drop(&worker, &host)
        }
    }

    /// The API has the newest status: a pod that has come to its end is forgotten, or its object removed.
    mutating func statusIsSent(_ worker: inout PodWorker, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        guard let termination = worker.termination, termination.isFinished else { return }
        if worker.isObjectRemoved || !termination.isDeletion { return drop(&worker, &host) }
        host.schedule(.gone, worker, at: max(worker.unmounted, cluster.now + host.latencies.cleanUp))
    }

    /// All is cleaned up: the object may go.
    mutating func finishDeletion(_ worker: inout PodWorker, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        if !worker.hasDeletionToken {
            worker.hasDeletionToken = true
            let start = call("DELETE pods", worker, cluster.now)
            if start > cluster.now { return host.schedule(.gone, worker, at: start) }
        }
        cluster.finishDeletion(ofPod: worker.key, uid: worker.uid)
        drop(&worker, &host)
    }

    /// `activeDeadlineSeconds` is over.
    mutating func deadlinePassed(_ worker: inout PodWorker, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        guard worker.termination == nil, let limit = worker.pod.spec.activeDeadlineSeconds,
            cluster.now >= worker.startTime + .seconds(limit)
        else { return }
        let message = "Pod was active on the node longer than the specified deadline"
        tell("DeadlineExceeded", message, worker, &host, &cluster)
        worker.verdict = .init(reason: "DeadlineExceeded", message: message)
        terminate(&worker, grace: worker.grace, &host, &cluster)
        continueTermination(&worker, &host, &cluster)
    }
}

extension PodWorker {
    /// Sidecars stop in reverse order, each after all containers and all sidecars behind it.
    fileprivate func mustWait(_ i: Int) -> Bool {
        containers[i].isSidecar && containers.indices.contains { $0 > i && containers[$0].isRunning }
    }

    /// Containers that never ran, or are lost, have an end too when their pod has one.
    /// - Source: Kubernetes `pkg/kubelet/status/status_manager.go`, `TerminatePod`.
    fileprivate mutating func settleContainers() {
        guard wasInitialized else { return }
        for i in appIndices where containers[i].status.state.waiting != nil {
            if containers[i].status.lastState.terminated != nil {
                containers[i].status.state = containers[i].status.lastState
                containers[i].status.lastState = ContainerState()
                continue
            }
            var end = ContainerStateTerminated()
            (end.exitCode, end.reason) = (137, "ContainerStatusUnknown")
            end.message = "The container could not be located when the pod was terminated"
            var state = ContainerState()
            state.terminated = end
            containers[i].status.state = state
        }
    }
}
