// Startup, liveness and readiness.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension Kubelet {
    /// Gives a running container its probes; without a startup probe it counts as started at once.
    func startProbes(_ worker: inout PodWorker, _ i: Int, _ now: Instant, _ host: inout KubeletHost) {
        let spec = worker.spec(i)
        let start = worker.containers[i].startedAt
        worker.containers[i].probes = []
        if worker.containers[i].isPlainInit {
            worker.containers[i].status.started = true
            return
        }
        // What ends at once is never seen to run.
        if worker.containers[i].program.runTime(max(1, worker.containers[i].instance)) == .zero { return }
        for (kind, probe) in spec.probes {
            worker.containers[i].probes.append(
                ProbeWorker(
                    kind: kind, probe: probe, ticker: worker.containers[i].tickers[kind] ?? worker.probedSince ?? start,
                    earliest: start + .seconds(probe.initialDelaySeconds)))
        }
        if spec.startupProbe == nil {
            setStarted(&worker, i, now, &host)
        } else {
            worker.containers[i].status.started = false
            scheduleProbe(&worker, i, 0, from: now, &host)
        }
    }

    /// Gives a container that has been running its probes, with their outcome as its status tells it.
    func takeOverProbes(_ worker: inout PodWorker, _ i: Int, _ now: Instant, _ host: inout KubeletHost) {
        let status = worker.containers[i].status
        let start = worker.containers[i].startedAt
        let isStarted = status.started ?? true
        for (p, (kind, probe)) in worker.spec(i).probes.enumerated() {
            var known = ProbeWorker(
                kind: kind, probe: probe, ticker: now + ProbeWorker.period(probe) * host.jitter.unit(), earliest: start + .seconds(probe.initialDelaySeconds))
            switch kind {
            case .startup: known.result = isStarted ? true : nil
            case .liveness: known.result = isStarted ? true : nil
            case .readiness: known.result = isStarted ? status.ready : nil
            }
            worker.containers[i].probes.append(known)
            // While it succeeds and will go on to, nobody needs to look; what fails by now is found at the next attempt.
            if kind == .startup ? isStarted : !isStarted { continue }
            if known.result != true || worker.failure(i, known, now) != nil {
                scheduleProbe(&worker, i, p, from: now, &host)
            } else if let change = worker.nextFailure(i, kind, after: now) {
                scheduleProbe(&worker, i, p, from: change, &host)
            }
        }
    }

    /// The container is started: liveness and readiness begin.
    private func setStarted(_ worker: inout PodWorker, _ i: Int, _ now: Instant, _ host: inout KubeletHost) {
        worker.containers[i].status.started = true
        for p in worker.containers[i].probes.indices where worker.containers[i].probes[p].kind != .startup {
            if worker.containers[i].probes[p].kind == .readiness, host.profile.readinessIsProbedAtStart,
                worker.containers[i].probes[p].earliest <= now
            {
                // Its ticker begins anew with that.
                worker.containers[i].probes[p].ticker = now
                worker.containers[i].tickers[.readiness] = now
                let token = worker.containers[i].probes[p].token
                host.schedule(
                    .probe(container: i, instance: worker.containers[i].instance, probe: p, token: token),
                    worker,
                    at: now)
            } else {
                // A tick of this very moment comes too early: the pod's status is told after it.
                scheduleProbe(&worker, i, p, from: now + Duration(nanoseconds: 1), &host)
            }
        }
        let hasReadiness = worker.containers[i].probes.contains { $0.kind == .readiness }
        setReady(&worker, i, !hasReadiness, now, &host)
    }

    private func setReady(_ worker: inout PodWorker, _ i: Int, _ ready: Bool, _ now: Instant, _ host: inout KubeletHost) {
        worker.containers[i].status.ready = ready
        if ready { host.timelines[worker.uid]?.ready(container: i, answers: worker.containers[i].work?.end ?? now, at: now) }
    }

    private func scheduleProbe(_ worker: inout PodWorker, _ i: Int, _ p: Int, from time: Instant, _ host: inout KubeletHost) {
        worker.containers[i].probes[p].token += 1
        let probe = worker.containers[i].probes[p]
        host.schedule(
            .probe(container: i, instance: worker.containers[i].instance, probe: p, token: probe.token),
            worker,
            at: probe.attempt(from: time))
    }

    /// What decides about a probe changed: look at the next attempts again.
    func rescheduleProbes(_ worker: inout PodWorker, _ i: Int, _ now: Instant, _ host: inout KubeletHost) {
        for p in worker.containers[i].probes.indices {
            let kind = worker.containers[i].probes[p].kind
            if kind == .startup ? !worker.containers[i].isStarted : worker.containers[i].isStarted {
                scheduleProbe(&worker, i, p, from: now, &host)
            }
        }
    }

    /// One attempt of a probe.
    mutating func attempt(
        _ worker: inout PodWorker, _ i: Int, _ p: Int, _ token: Int, _ host: inout KubeletHost, _ cluster: inout Cluster
    ) {
        guard p < worker.containers[i].probes.count, worker.containers[i].probes[p].token == token else {
            return
        }
        var probe = worker.containers[i].probes[p]
        if worker.containers[i].kill != nil && probe.kind != .readiness || worker.containers[i].exited != nil { return }
        if worker.termination != nil, probe.kind == .liveness || probe.probe.exec != nil && host.profile.execReadinessEndsWithPod { return }
        let now = cluster.now
        let problem = worker.failure(i, probe, now)
        if let problem {
            probe.successes = 0
            probe.failures += 1
            tell(
                "Unhealthy", "\(probe.kind.title) probe failed: \(problem)", worker, container: i,
                warning: true, &host, &cluster)
            if probe.failures >= probe.failureThreshold { probe.result = false }
        } else {
            probe.failures = 0
            probe.successes += 1
            if probe.successes >= probe.successThreshold { probe.result = true }
        }
        worker.containers[i].probes[p] = probe
        switch (probe.kind, probe.result) {
        case (.startup, true): setStarted(&worker, i, cluster.now, &host)
        case (.startup, false), (.liveness, false):
            worker.containers[i].kill = .probe(probe.kind)
            return sync(&worker, &host, &cluster)
        case (.readiness, let ready?):
            if worker.containers[i].status.ready != ready { setReady(&worker, i, ready, now, &host) }
        default: break
        }
        if probe.kind == .startup, probe.result == true {
            writeStatus(&worker, &host, &cluster)
            // The next container may have waited for this one.
            return sync(&worker, &host, &cluster)
        }
        if probe.kind == .readiness { writeStatus(&worker, &host, &cluster) }
        // While it succeeds and will go on to, nobody needs to look.
        if problem == nil, probe.result == true {
            if let change = worker.nextFailure(i, probe.kind, after: now) {
                scheduleProbe(&worker, i, p, from: max(change, now + .milliseconds(1)), &host)
            }
        } else {
            scheduleProbe(&worker, i, p, from: now + .milliseconds(1), &host)
        }
    }

}

extension PodWorker {
    /// Why the probe fails at `now`, in the kubelet's words; nil if it succeeds.
    fileprivate func failure(_ i: Int, _ probe: ProbeWorker, _ now: Instant) -> String? {
        let container = containers[i]
        let spec = spec(i)
        func port(_ value: IntOrString) -> String {
            if case .string(let name) = value, let found = spec.ports.first(where: { $0.name == name }) {
                return String(found.containerPort)
            }
            return value.text
        }
        func host(_ given: String) -> String { given.isEmpty ? ip : given }
        let answers = container.work.map { $0.end <= now } ?? true
        if !answers || container.stop?.step == .signalled {
            if let get = probe.probe.httpGet {
                let address = "\(host(get.host)):\(port(get.port))"
                let url =
                    "\((get.scheme.isEmpty ? "http" : get.scheme).lowercased())://\(address)\(get.path.hasPrefix("/") ? "" : "/")\(get.path)"
                return "Get \"\(url)\": dial tcp \(address): connect: connection refused"
            }
            if let socket = probe.probe.tcpSocket {
                return "dial tcp \(host(socket.host)):\(port(socket.port)): connect: connection refused"
            }
            if let grpc = probe.probe.grpc {
                return "timeout: failed to connect service \"\(ip):\(grpc.port)\" within "
                    + "\(Duration.seconds(max(1, probe.probe.timeoutSeconds))): context deadline exceeded"
            }
            return ""
        }
        guard let window = container.program.failures[probe.kind] else { return nil }
        let age = now - container.startedAt
        guard age >= window.from, window.until.map({ age < $0 }) ?? true else { return nil }
        if probe.probe.httpGet != nil { return "HTTP probe failed with statuscode: 503" }
        if let socket = probe.probe.tcpSocket {
            return "dial tcp \(host(socket.host)):\(port(socket.port)): connect: connection refused"
        }
        if probe.probe.grpc != nil { return "service unhealthy (responded with \"NOT_SERVING\")" }
        return ""
    }

    /// When the probe begins to fail; nil if nothing known makes it.
    fileprivate func nextFailure(_ i: Int, _ kind: ProbeKind, after now: Instant) -> Instant? {
        let container = containers[i]
        guard let window = container.program.failures[kind] else { return nil }
        let begin = container.startedAt + window.from
        return begin > now ? begin : nil
    }
}

extension KubernetesProfile {
    /// Whether readiness probes that run a command end as soon as the pod is to end, by a mistake of 1.35 and 1.36.
    /// - Source: kubernetes PR 140882; `kubernetes-1.37.md` §4.6 row 4.6.1.
    fileprivate var execReadinessEndsWithPod: Bool { has(.execReadinessStops) && !has(.execReadinessGoesOn) }
    /// Whether readiness is probed once at the moment at which a container becomes started, instead of at the
    /// next period: in 1.36.
    /// - Source: Kubernetes v1.36.2 `pkg/kubelet/prober/go`; `pod-lifecycle.md` §6.
    var readinessIsProbedAtStart: Bool { has(.readinessProbedAtStart) }
}
