// How kubelets find out what became of containers, and runtimes that do not answer.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension KubeletFleet {
    /// Containers and sandboxes that a list of the node goes through.
    func plegItems(_ state: NodeState) -> Int {
        state.workers.reduce(0) { $0 + 1 + (workers[$1]?.containers.count ?? 1) }
    }

    /// Whether a started container counts as running only at the next list; from 1.36 on the kubelet looks at once.
    func seesStartsLate(_ node: Int) -> Bool { !settings(node).profile.isEnabled(.plegOnDemandRelist) }

    /// A container has ended by itself; its kubelet will find out.
    mutating func exits(_ worker: inout PodWorker, _ i: Int, code: Int, reason: String, _ now: Instant) {
        guard worker.containers[i].exited == nil else { return }
        worker.containers[i].exited = .init(code: code, reason: reason, at: now)
        worker.containers[i].loadToken += 1
        countMemory(&worker, i, 0)
        // Who is stopping it waits for its end anyway.
        if worker.containers[i].stop?.step == .signalled {
            worker.containers[i].stop!.token += 1
            worker.containers[i].stop!.due = now
            return schedule(
                .stop(container: i, instance: worker.containers[i].instance, token: worker.containers[i].stop!.token),
                worker, at: now)
        }
        guard let state = nodes[worker.node] else { return }
        let seen = nodes[worker.node]!.pleg.detection(of: now, items: plegItems(state), latencies)
        schedule(.detected(container: i, instance: worker.containers[i].instance), worker, at: seen)
    }

    /// The kubelet finds out that container `i` runs, or has ended.
    mutating func detected(_ worker: inout PodWorker, _ i: Int, _ cluster: inout Cluster) {
        let container = worker.containers[i]
        nodes[worker.node]?.pleg.detections.append(
            .init(
                pod: worker.key, container: container.status.name,
                event: container.exited == nil ? "ContainerStarted" : "ContainerDied",
                happened: container.exited?.at ?? container.startedAt, seen: cluster.now))
        if let exit = container.exited {
            return containerEnded(&worker, i, code: exit.code, reason: exit.reason, &cluster)
        }
        startProbes(&worker, i, &cluster)
        writeStatus(&worker, &cluster)
        sync(&worker, &cluster)
    }

    // MARK: Faults

    /// Has the container runtime of a node answer nothing for a time: no pod starts or stops there, and after three
    /// minutes the node is not ready. Answers false if there is no such node.
    @discardableResult
    public mutating func hangRuntime(node name: String, for time: Duration, at now: Instant) -> Bool {
        guard let index = nodeIndex[name], let state = nodes[index], !state.isFailed else { return false }
        let until = now + time
        let ill = nodes[index]!.pleg.stop(at: now, until: until, items: plegItems(state), latencies)
        if ill < until { timers.schedule(.pleg(node: index), at: ill + Duration(nanoseconds: 1)) }
        timers.schedule(.pleg(node: index), at: until)
        return true
    }

    /// Breaks a kubelet's stream of container events: with the fifth time it goes back to listing each second.
    @discardableResult
    public mutating func breakEventStream(node name: String, at now: Instant) -> Bool {
        guard let index = nodeIndex[name], let state = nodes[index], state.pleg.isEvented else { return false }
        nodes[index]!.pleg.settle(at: now, items: plegItems(state), latencies)
        nodes[index]!.pleg.streamFailures += 1
        return true
    }

    /// Why the kubelet reports its node as not ready; nil if it does not.
    func unreadiness(_ state: NodeState, _ now: Instant) -> String? {
        guard state.pleg.hang != nil else { return nil }
        return state.pleg.problem(at: now, items: plegItems(state), latencies)
    }

    func plegActivity(_ state: NodeState, _ now: Instant) -> NodeActivity.PLEG {
        var view = NodeActivity.PLEG()
        let items = plegItems(state)
        view.isEvented = state.pleg.listensToEvents
        view.period = state.pleg.period(latencies)
        view.lastRelist = state.pleg.lastSuccess(by: now, items: items, latencies)
        view.relistDuration = Pleg.duration(items, latencies)
        view.threshold = state.pleg.threshold
        view.problem = unreadiness(state, now)
        view.hangsUntil = state.pleg.hang.flatMap { $0.until > now ? $0.until : nil }
        view.items = items
        view.milliCPU = view.relistDuration.seconds / (view.period + view.relistDuration).seconds * 1000
        view.detections = Array(state.pleg.detections.elements.suffix(64))
        if view.isEvented {
            let recent = view.detections.lazy.filter { now - $0.happened <= .seconds(10) }.count
            view.milliCPU += Double(recent) / 10 * latencies.eventCost.seconds * 1000
            view.detectionAtMost = latencies.eventLatency
        } else {
            view.detectionAtMost = view.period + view.relistDuration + Pleg.duration(items, changed: 1, latencies)
        }
        return view
    }
}
