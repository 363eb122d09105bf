// What the kubelet asks of the API server, and what must wait for a token: statuses, deletions, events.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension KubeletFleet {
    /// Makes a request for a pod; returns when it begins.
    mutating func call(_ request: String, _ worker: PodWorker, _ now: Instant) -> Instant {
        nodes[worker.node]?.api.call(request, for: worker.key, at: now) ?? now
    }

    // MARK: Statuses

    /// Sees to it that the API gets the pod's status if it differs from what it has.
    ///
    /// Each takes a GET and a PATCH, and one is sent after the other.
    /// Differs from Kubernetes: with two tokens at hand a status is in the API at once, as if the two calls took no time.
    mutating func writeStatus(_ worker: inout PodWorker, _ cluster: inout Cluster) {
        // What waits is made when its turn comes.
        if worker.isStatusQueued { return }
        guard let status = changedStatus(worker, cluster) else { return }
        let now = cluster.now
        let isFree = nodes[worker.node].map { $0.api.unsent.isEmpty && $0.api.main.tokens(at: now) >= 2 } ?? true
        if isFree {
            _ = call("GET pods", worker, now)
            _ = call("PATCH pods/status", worker, now)
            return put(status, worker, &cluster)
        }
        worker.isStatusQueued = true
        nodes[worker.node]!.api.unsent.append(worker.reference)
        if nodes[worker.node]!.api.unsent.count == 1 { sendNext(worker.node, worker.key, now) }
    }

    private mutating func put(_ status: PodStatus, _ worker: PodWorker, _ cluster: inout Cluster) {
        let ready = status.conditions.isTrue("Ready")
        if ready, timelines[worker.uid]?.ready == nil { timelines[worker.uid]?.ready = cluster.now }
        cluster.modify(Pod.self, worker.key) { $0.status = Shared(status) }
    }

    private mutating func sendNext(_ node: Int, _ key: ObjectKey, _ now: Instant) {
        nodes[node]!.api.isPatching = false
        let start = nodes[node]!.api.call("GET pods", for: key, at: now)
        timers.schedule(.status(node: node, token: nodes[node]!.api.sendToken), at: start + latencies.apiLatency)
    }

    /// The status that is being sent has come one call further.
    mutating func continueSending(_ node: Int, _ token: Int, _ cluster: inout Cluster) {
        guard let state = nodes[node], state.api.sendToken == token, !state.isFailed, let first = state.api.unsent.first
        else { return }
        let now = cluster.now
        let isThere = workers[first.slot]?.reference == first
        if isThere, !state.api.isPatching {
            nodes[node]!.api.isPatching = true
            let start = nodes[node]!.api.call("PATCH pods/status", for: workers[first.slot]!.key, at: now)
            return timers.schedule(.status(node: node, token: token), at: start + latencies.apiLatency)
        }
        nodes[node]!.api.unsent.removeFirst()
        with(first, &cluster) { fleet, worker, cluster in
            worker.isStatusQueued = false
            if let status = fleet.changedStatus(worker, cluster) { fleet.put(status, worker, &cluster) }
            fleet.statusIsSent(&worker, &cluster)
        }
        while let next = nodes[node]!.api.unsent.first {
            if let worker = workers[next.slot], worker.reference == next { return sendNext(node, worker.key, now) }
            nodes[node]!.api.unsent.removeFirst()
        }
    }

    /// The kubelet starts anew: nothing is under way.
    mutating func forgetRequests(_ node: Int) {
        guard let state = nodes[node] else { return }
        for reference in state.api.unsent where workers[reference.slot]?.reference == reference {
            workers[reference.slot]!.isStatusQueued = false
        }
        nodes[node]!.api.unsent = []
        nodes[node]!.api.untold = []
        nodes[node]!.api.correlator.forgetAll()
        nodes[node]!.api.sendToken += 1
    }

    // MARK: Events

    /// Tells an event of a kubelet: after those before it, if the correlator lets it through, and when its client has a token.
    mutating func send(
        _ reason: String, _ message: String, about: ObjectReference, warning: Bool, from source: EventSource,
        node: Int, _ cluster: inout Cluster
    ) {
        let now = cluster.now
        guard let waiting = nodes[node]?.api.untold.count else {
            return cluster.record(reason, message, about: about, warning: warning, source: source)
        }
        if waiting >= APIClient.maxQueuedEvents {
            nodes[node]!.api.droppedEvents += 1
            return
        }
        nodes[node]!.api.untold.append(
            .init(happened: now, reason: reason, message: message, about: about, isWarning: warning, source: source))
        if waiting == 0 { sendWaitingEvents(node, &cluster) }
    }

    mutating func sendWaitingEvents(_ node: Int, _ cluster: inout Cluster) {
        let now = cluster.now
        var done = 0
        defer { if done > 0 { nodes[node]?.api.untold.removeFirst(done) } }
        while let events = nodes[node]?.api.untold, done < events.count {
            let event = events[done]
            let start = nodes[node]!.api.events.next(at: now)
            if start > now { return timers.schedule(.events(node: node), at: start) }
            done += 1
            guard let message = nodes[node]!.api.correlator.message(event, at: now) else {
                nodes[node]!.api.droppedEvents += 1
                continue
            }
            _ = nodes[node]!.api.events.reserve(at: now)
            cluster.record(
                event.reason, message, about: event.about, warning: event.isWarning, source: event.source,
                happened: event.happened == now ? nil : event.happened)
        }
    }
}
