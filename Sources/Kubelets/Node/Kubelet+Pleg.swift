// How kubelets find out what became of containers, and runtimes that do not answer.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension Kubelet {
    /// Containers and sandboxes that a list of the node goes through.
    var plegItems: Int { counted.reduce(0) { $0 + 1 + (pods[$1]?.containers.count ?? 1) } }

    /// Whether a started container counts as running only at the next list; from 1.36 on the kubelet looks at once.
    func seesStartsLate(_ host: KubeletHost) -> Bool { !settings(host).profile.isEnabled(.plegOnDemandRelist) }

    /// A container has ended by itself; its kubelet will find out.
    mutating func exits(_ worker: inout PodWorker, _ i: Int, code: Int, reason: String, _ now: Instant, _ host: inout KubeletHost) {
        guard worker.containers[i].exited == nil else { return }
        worker.containers[i].exited = .init(code: code, reason: reason, at: now)
        worker.containers[i].loadToken += 1
        countMemory(&worker, i, 0)
        // Who is stopping it waits for its end anyway.
        if let stop = worker.containers[i].stop, stop.step == .signalled {
            worker.containers[i].stop?.token += 1
            worker.containers[i].stop?.due = now
            return host.schedule(
                .stop(container: i, instance: worker.containers[i].instance, token: stop.token + 1),
                worker, at: now)
        }
        let seen = pleg.detection(of: now, items: plegItems, isEnd: true, host.latencies)
        host.schedule(.detected(container: i, instance: worker.containers[i].instance), worker, at: seen)
    }

    /// The kubelet finds out that container `i` runs, or has ended.
    mutating func detected(_ worker: inout PodWorker, _ i: Int, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        let container = worker.containers[i]
        pleg.detections.append(
            .init(
                pod: worker.key, container: container.status.name,
                event: container.exited == nil ? "ContainerStarted" : "ContainerDied",
                happened: container.exited?.at ?? container.startedAt, seen: cluster.now))
        if let exit = container.exited {
            return containerEnded(&worker, i, code: exit.code, reason: exit.reason, &host, &cluster)
        }
        startProbes(&worker, i, cluster.now, &host)
        writeStatus(&worker, &host, &cluster)
        sync(&worker, &host, &cluster)
    }

    /// Why the kubelet reports its node as not ready; nil if it does not.
    func unreadiness(_ now: Instant, _ latencies: KubeletLatencies) -> String? {
        guard pleg.hang != nil else { return nil }
        return pleg.problem(at: now, items: plegItems, latencies)
    }

    func plegActivity(_ now: Instant, _ latencies: KubeletLatencies) -> NodeActivity.PLEG {
        var view = NodeActivity.PLEG()
        let items = plegItems
        view.isEvented = pleg.listensToEvents
        view.period = pleg.period(latencies)
        view.lastRelist = pleg.lastSuccess(by: now, items: items, latencies)
        view.relistDuration = Pleg.duration(items, latencies)
        view.threshold = pleg.threshold
        view.problem = unreadiness(now, latencies)
        view.hangsUntil = pleg.hang.flatMap { $0.until > now ? $0.until : nil }
        view.items = items
        view.milliCPU = view.relistDuration.seconds / (view.period + view.relistDuration).seconds * 1000
        view.detections = Array(pleg.detections.elements.suffix(64))
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

// MARK: - Faults

extension KubeletFleet {
    /// Has the container runtime of a node answer nothing for a time: no pod starts or stops there, and after three
    /// minutes the node is not ready. Returns false if there is no such node.
    @discardableResult
    public mutating func hangRuntime(node name: String, for time: Duration, at now: Instant) -> Bool {
        guard let index = nodeIndex[name], let items = nodes[index]?.plegItems, nodes[index]?.isFailed == false else { return false }
        let until = now + time
        let ill = nodes[index]?.pleg.stop(at: now, until: until, items: items, host.latencies) ?? until
        if ill < until { host.schedule(.pleg, of: index, at: ill + Duration(nanoseconds: 1)) }
        host.schedule(.pleg, of: index, at: until)
        return true
    }

    /// Breaks a kubelet's stream of container events: with the fifth time it goes back to listing each second.
    @discardableResult
    public mutating func breakEventStream(node name: String, at now: Instant) -> Bool {
        guard let index = nodeIndex[name], let items = nodes[index]?.plegItems, nodes[index]?.pleg.isEvented == true else { return false }
        nodes[index]?.pleg.settle(at: now, items: items, host.latencies)
        nodes[index]?.pleg.streamFailures += 1
        return true
    }
}
