// What the kubelet asks of the API server, and what must wait for a token: statuses, deletions, events.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension Kubelet {
    /// Makes a request for a pod; returns when it begins.
    mutating func call(_ request: String, _ worker: PodWorker, _ now: Instant) -> Instant {
        api.call(request, for: worker.key, at: now)
    }

    // MARK: Statuses

    /// Sees to it that the API gets the pod's status if it differs from what it has.
    ///
    /// Each takes a GET and a PATCH, and one is sent after the other.
    /// Differs from Kubernetes: with two tokens at hand a status is in the API at once, as if the two calls took no time.
    mutating func writeStatus(_ worker: inout PodWorker, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        // What waits is made when its turn comes.
        if worker.isStatusQueued { return }
        guard let status = worker.changedStatus(hostIP: address, host.profile, cluster) else { return }
        let now = cluster.now
        if api.unsent.isEmpty, api.main.tokens(at: now) >= 2 {
            _ = call("GET pods", worker, now)
            _ = call("PATCH pods/status", worker, now)
            return put(status, worker, &host, &cluster)
        }
        worker.isStatusQueued = true
        api.unsent.append(worker.reference)
        if api.unsent.count == 1 { sendNext(worker.key, now, &host) }
    }

    private func put(_ status: PodStatus, _ worker: PodWorker, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        let ready = status.conditions.isTrue(ConditionType.ready)
        if ready, host.timelines[worker.uid]?.ready == nil { host.timelines[worker.uid]?.ready(at: cluster.now) }
        cluster.modify(Pod.self, worker.key) { $0.status = Shared(status) }
    }

    private mutating func sendNext(_ key: ObjectKey, _ now: Instant, _ host: inout KubeletHost) {
        api.isPatching = false
        let start = api.call("GET pods", for: key, at: now)
        host.schedule(.status(token: api.sendToken), of: index, at: start + host.latencies.apiLatency)
    }

    /// The status that is being sent has come one call further.
    mutating func continueSending(_ token: Int, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        guard api.sendToken == token, !isFailed, let first = api.unsent.first else { return }
        let now = cluster.now
        if !api.isPatching, has(first), let key = pods[first.slot]?.key {
            api.isPatching = true
            let start = api.call("PATCH pods/status", for: key, at: now)
            return host.schedule(.status(token: token), of: index, at: start + host.latencies.apiLatency)
        }
        api.unsent.removeFirst()
        with(first, &host, &cluster) { kubelet, worker, host, cluster in
            worker.isStatusQueued = false
            if let status = worker.changedStatus(hostIP: kubelet.address, host.profile, cluster) { kubelet.put(status, worker, &host, &cluster) }
            kubelet.statusIsSent(&worker, &host, &cluster)
        }
        while let next = api.unsent.first {
            if has(next), let key = pods[next.slot]?.key { return sendNext(key, now, &host) }
            api.unsent.removeFirst()
        }
    }

    /// The kubelet starts anew: nothing is under way.
    mutating func forgetRequests() {
        for reference in api.unsent where has(reference) { pods[reference.slot]?.isStatusQueued = false }
        api.unsent = []
        api.untold = []
        api.correlator = EventCorrelator()
        api.sendToken += 1
    }

    // MARK: Events

    /// Tells an event of the pod, or of one of its containers.
    mutating func tell(
        _ reason: String, _ message: String, _ worker: PodWorker, container: Int? = nil, warning: Bool = false,
        _ host: inout KubeletHost, _ cluster: inout Cluster
    ) {
        if worker.isObjectRemoved { return }
        var path = ""
        if let i = container {
            let list = worker.addedIndices.contains(i) ? "ephemeralContainers" : worker.containers[i].isInit ? "initContainers" : "containers"
            path = "spec.\(list){\(worker.containers[i].status.name)}"
        }
        send(
            reason, message, about: ObjectReference(worker.pod, fieldPath: path), warning: warning,
            from: EventSource("kubelet", host: worker.pod.nodeName), &host, &cluster)
    }

    /// Tells an event of the node.
    ///
    /// Differs from Kubernetes: up to 1.36 such events have the node's name as its uid; here they have its uid in all
    /// versions (`kubernetes-1.37.md` §4.5).
    mutating func tell(
        _ reason: String, _ message: String, _ node: Node, warning: Bool = false, _ host: inout KubeletHost, _ cluster: inout Cluster
    ) {
        send(
            reason, message, about: ObjectReference(node), warning: warning,
            from: EventSource("kubelet", host: node.name), &host, &cluster)
    }

    /// Tells an event: after those before it, if the correlator lets it through, and when its client has a token.
    private mutating func send(
        _ reason: String, _ message: String, about: ObjectReference, warning: Bool, from source: EventSource,
        _ host: inout KubeletHost, _ cluster: inout Cluster
    ) {
        let waiting = api.untold.count
        if waiting >= APIClient.maxQueuedEvents {
            api.droppedEvents += 1
            return
        }
        api.untold.append(
            .init(happened: cluster.now, reason: reason, message: message, about: about, isWarning: warning, source: source))
        if waiting == 0 { sendWaitingEvents(&host, &cluster) }
    }

    mutating func sendWaitingEvents(_ host: inout KubeletHost, _ cluster: inout Cluster) {
        let now = cluster.now
        var done = 0
        defer { if done > 0 { api.untold.removeFirst(done) } }
        while done < api.untold.count {
            let start = api.events.next(at: now)
            if start > now { return host.schedule(.events, of: index, at: start) }
            let event = api.untold[done]
            done += 1
            let isTold = cluster.record(
                event.reason, event.message, about: event.about, warning: event.isWarning, source: event.source, happened: event.happened,
                through: &api.correlator)
            if isTold { _ = api.events.reserve(at: now) } else { api.droppedEvents += 1 }
        }
    }
}
