// When a pod lifecycle event generator sees a change.

import SimulationKit

/// The pod lifecycle event generator of one kubelet: how it finds out what became of containers.
///
/// Generic: it lists everything each second, counted from the end of the last list. No timer runs for that: when a
/// change happens, the moment of the list that will show it is worked out.
/// - Source: Kubernetes `pkg/kubelet/pleg/{generic,evented}.go`; cost: `pod-startup.md` §7; for 1.37 `kubernetes-1.37.md` §4.1.
struct Pleg: Sendable {
    /// By events of the runtime; the list is then only made each five minutes.
    var isEvented = false
    /// By events of the runtime, as far as containers end that the kubelet did not stop: each makes it list their pod. In 1.37 that is
    /// all that events do.
    var hearsEnds = false
    /// When some list began; others follow at the period.
    private(set) var begin: Instant
    /// The runtime does not answer from one moment to another.
    private(set) var hang: (from: Instant, until: Instant)?
    /// Failures of the event stream; after five the generic list takes over.
    var streamFailures = 0
    var detections = Recent<NodeActivity.Detection>(64)

    init(at now: Instant, index: Int) {
        // Kubelets do not all list at the same moment.
        begin = now + .milliseconds(index * 373 % 1000)
    }

    var listensToEvents: Bool { isEvented && streamFailures < 5 }
    var threshold: Duration { listensToEvents ? .minutes(10) : .minutes(3) }
    func period(_ latencies: KubeletLatencies) -> Duration {
        listensToEvents ? .seconds(300) : latencies.relistPeriod
    }

    /// How long one list of `items` containers and sandboxes takes.
    static func duration(_ items: Int, changed: Int = 0, _ latencies: KubeletLatencies) -> Duration {
        latencies.relistBase + latencies.relistPerContainer * items + latencies.inspectPod * changed
    }

    /// When the last list began that began by `now`, but for a hanging runtime.
    func last(by now: Instant, items: Int, _ latencies: KubeletLatencies) -> Instant? {
        guard now >= begin else { return nil }
        let cycle = (period(latencies) + Self.duration(items, latencies)).nanoseconds
        return Instant(nanoseconds: now.nanoseconds - (now - begin).nanoseconds % cycle)
    }

    /// The items, or the way of finding out, change at `now`: lists so far stay where they were.
    mutating func settle(at now: Instant, items: Int, _ latencies: KubeletLatencies) {
        if let hang {
            // While the runtime hangs the last list stays what it was; the next begins when it answers again.
            guard hang.until <= now else { return }
            (begin, self.hang) = (max(begin, hang.until), nil)
        }
        if let last = last(by: now, items: items, latencies) { begin = last }
    }

    /// When a change that happens at `now` is known; `isEnd`: a container has ended by itself.
    mutating func detection(of now: Instant, items: Int, isEnd: Bool = false, _ latencies: KubeletLatencies) -> Instant {
        settle(at: now, items: items, latencies)
        if let hang, hang.until > now { return hang.until + Self.duration(items, changed: 1, latencies) }
        if listensToEvents || isEnd && hearsEnds && streamFailures < 5 { return now + latencies.eventLatency }
        let duration = Self.duration(items, changed: 1, latencies)
        if begin >= now { return begin + duration }
        let cycle = period(latencies) + Self.duration(items, latencies)
        return begin + cycle + duration
    }

    /// The runtime answers no list from `now` until `until`. Returns when the PLEG counts as unhealthy: later than
    /// `until` means never.
    mutating func stop(at now: Instant, until: Instant, items: Int, _ latencies: KubeletLatencies) -> Instant {
        settle(at: now, items: items, latencies)
        hang = (now, until)
        return begin + threshold
    }

    /// When the last successful list began.
    func lastSuccess(by now: Instant, items: Int, _ latencies: KubeletLatencies) -> Instant? {
        if let hang, hang.until > now { return last(by: hang.from, items: items, latencies) }
        return last(by: now, items: items, latencies)
    }

    /// Why the node is not ready; nil if the PLEG is well.
    func problem(at now: Instant, items: Int, _ latencies: KubeletLatencies) -> String? {
        guard let hang, hang.until > now else { return nil }
        guard let last = lastSuccess(by: now, items: items, latencies) else {
            return "PLEG is not healthy: pleg has yet to be successful"
        }
        guard now - last > threshold else { return nil }
        return "PLEG is not healthy: pleg was last seen active \(now - last) ago; threshold is \(threshold)"
    }
}
