// Which log a kubelet gives to whom asks for one, and what it takes from a log itself.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension KubeletFleet {
    /// How often a kubelet removes dead containers but the newest of each (`MaxPerPodContainer` is 1).
    static let deadContainerPeriod = Duration.minutes(1)

    /// The log of a container of `pod` as its kubelet gives it out, or its refusal in the kubelet's words.
    ///
    /// The status that the kubelet holds decides; it keeps dead containers until the pod's object is gone.
    /// - Parameter previous: the instance before the present one.
    /// - Source: Kubernetes `pkg/kubelet/kubelet_pods.go`, `validateContainerLogStatus`; `pod-sessions.md` §2.2.
    public func log(of pod: Pod, container name: String, previous: Bool = false, in cluster: Cluster) -> Result<ContainerLog, APIError> {
        let worker = worker(of: pod)
        if worker == nil, !pod.isFinished, pod.status.containerStatuses.isEmpty {
            return .failure(.notFoundText("pod \"\(pod.name)\" does not exist"))
        }
        let quoted = "container \"\(name)\" in pod \"\(pod.name)\""
        func refuse(_ why: String) -> Result<ContainerLog, APIError> { .failure(.badRequest(why)) }
        let statuses =
            worker.map { $0.containers.map(\.status) } ?? pod.status.initContainerStatuses + pod.status.containerStatuses + pod.status.ephemeralStatuses
        guard let i = statuses.firstIndex(where: { $0.name == name }) else { return refuse("\(quoted) is not available") }
        let status = statuses[i]
        func log(_ state: ContainerState) -> Result<ContainerLog, APIError> {
            let id = state.terminated?.containerID ?? status.containerID
            if previous, !isKept(id, worker?.containers[i], cluster.now) { return refuse("unable to retrieve container logs for \(id)") }
            return .success(makeLog(pod, worker, i, status, state, cluster))
        }
        let last = status.lastState.terminated.flatMap { $0.containerID.isEmpty ? nil : $0 }
        if previous {
            guard last != nil else { return refuse("previous terminated container \"\(name)\" in pod \"\(pod.name)\" not found") }
            return log(status.lastState)
        }
        if status.state.running != nil { return log(status.state) }
        if let end = status.state.terminated {
            if !end.containerID.isEmpty { return log(status.state) }
            return last == nil ? refuse("\(quoted) is terminated") : log(status.lastState)
        }
        if status.lastState.terminated != nil { return last == nil ? refuse("\(quoted) is terminated") : log(status.lastState) }
        guard let waiting = status.state.waiting, !waiting.reason.isEmpty else { return refuse("\(quoted) is waiting to start - no logs yet") }
        switch waiting.reason {
        case "ErrImagePull": return refuse("\(quoted) is waiting to start: image can't be pulled")
        case "ImagePullBackOff": return refuse("\(quoted) is waiting to start: trying and failing to pull image")
        default: return refuse("\(quoted) is waiting to start: \(waiting.reason)")
        }
    }

    /// Whether the dead container is still there: all but the newest are removed once a minute.
    private func isKept(_ id: String, _ container: ContainerRuntime?, _ now: Instant) -> Bool {
        guard let container, let newest = container.dead.last, newest.containerID != id, !container.isRunning else { return true }
        return container.dead.contains { $0.containerID == id } && Self.minute(newest.end) == Self.minute(now)
    }
    private static func minute(_ time: Instant) -> Int64 { time.nanoseconds / deadContainerPeriod.nanoseconds }

    private func makeLog(_ pod: Pod, _ worker: PodWorker?, _ i: Int, _ status: ContainerStatus, _ state: ContainerState, _ cluster: Cluster) -> ContainerLog {
        if let worker, let kubelet = nodes[worker.reference.node] {
            return kubelet.makeLog(worker, i, status, state, at: cluster.now, host, cluster)
        }
        // The kubelet is done with the pod: what its status does not tell follows from its spec.
        let isInit = i < pod.spec.initContainers.count
        let specs = pod.spec.initContainers + pod.spec.containers + pod.spec.ephemeral.map(\.container)
        guard let container = specs.first(where: { $0.name == status.name }) else { return ContainerLog() }
        var log = ContainerLog(pod, container, isInit: isInit, status, state, at: cluster.now, cluster)
        log.program = Program(container, isInit: isInit, of: pod)
        log.answers =
            StartupWork(
                left: log.program.startupWork, since: log.start, parallel: Int64(log.program.threads), limit: container.resources.limits.milliCPU
            ).end
        if !pod.status.reason.isEmpty, log.exitCode == log.program.stopExitCode, let end = log.end, let time = log.program.stopTime {
            log.signal = max(log.start, end - time)
        }
        log.finish(host.setups[0].settings, cluster)
        log.typed = host.files.typedLines(inContainer: log.containerID)
        return log
    }
}

extension Kubelet {
    /// The log of the instance that `state` is about.
    fileprivate func makeLog(
        _ worker: PodWorker, _ i: Int, _ status: ContainerStatus, _ state: ContainerState, at now: Instant, _ host: KubeletHost, _ cluster: Cluster
    ) -> ContainerLog {
        let container = worker.containers[i]
        let spec = worker.spec(i)
        var log = ContainerLog(worker.pod, spec, isInit: container.isInit, status, state, at: now, cluster)
        let dead = container.dead.last { $0.containerID == log.containerID }
        if state.running != nil, log.end == nil {
            log.program = container.program
            log.answers = container.work?.end ?? log.start
            log.signal = container.signalled
            // It has ended, and its kubelet does not know yet.
            if let exit = container.exited { (log.end, log.exitCode, log.reason) = (exit.at, exit.code, exit.reason) }
        } else if let dead {
            (log.program, log.answers, log.signal) = (dead.program, dead.answers, dead.signalled)
        } else {
            (log.program, log.answers) = (container.program, log.start)
        }
        log.spans = container.past.filter { $0.startedAt == log.start }
        if state.running != nil, let span = worker.presentSpan(i, now, host.profile) { log.spans.append(span) }
        for (kind, probe) in spec.probes where log.program.failures[kind] != nil {
            let ticker = state.running == nil ? dead?.tickers[kind] : container.probes.first { $0.kind == kind }?.ticker
            let first = log.start + .seconds(probe.initialDelaySeconds)
            log.probes.append((kind, ProbeWorker(kind: kind, probe: probe, ticker: ticker ?? worker.probedSince ?? log.start, earliest: first)))
        }
        log.finish(settings(host), cluster)
        log.typed = host.files.typedLines(inContainer: log.containerID)
        return log
    }

    /// What a container leaves as its termination message when it ends; empty if nothing.
    ///
    /// - Source: Kubernetes `pkg/kubelet/kuberuntime/kuberuntime_container.go`; `pod-sessions.md` §4.1.
    func lastWords(
        _ worker: PodWorker, _ i: Int, code: Int, reason: String, at time: Instant, _ host: KubeletHost, _ cluster: Cluster
    ) -> String {
        let spec = worker.spec(i)
        let container = worker.containers[i]
        let path = spec.terminationMessagePath.isEmpty ? "/dev/termination-log" : spec.terminationMessagePath
        var words = host.files.text(path, inContainer: container.status.containerID) ?? ""
        // Who is killed writes nothing.
        if words.isEmpty, reason != "OOMKilled", code != 137 { words = container.program.lastWords }
        // All containers of a pod share what is kept of them.
        let most = min(4096, 12_288 / max(1, worker.containers.count))
        if words.isEmpty, code != 0, spec.terminationMessagePolicy == "FallbackToLogsOnError" {
            var (state, end) = (ContainerState(), ContainerStateTerminated())
            (end.startedAt, end.finishedAt, end.exitCode, end.reason) = (container.startedAt, time, code, reason)
            end.containerID = container.status.containerID
            state.terminated = end
            var dead = worker
            dead.keepDead(i, at: time)
            let log = makeLog(dead, i, container.status, state, at: time, host, cluster)
            let text = log.lastLines(80, from: log.liveSince, through: time).map { $0.text + "\n" }.joined()
            return String(decoding: text.utf8.suffix(min(2048, most)), as: UTF8.self)
        }
        return String(decoding: words.utf8.prefix(most), as: UTF8.self)
    }
}

extension PodWorker {
    /// Remembers the running instance of container `i`, which ended at `time`, as a dead one.
    mutating func keepDead(_ i: Int, at time: Instant) {
        let container = containers[i]
        let tickers = Dictionary(container.probes.map { ($0.kind, $0.ticker) }, uniquingKeysWith: { first, _ in first })
        containers[i].dead.append(
            DeadInstance(
                containerID: container.status.containerID, end: time, answers: container.work?.end ?? container.startedAt, signalled: container.signalled,
                tickers: tickers, program: container.program))
        if containers[i].dead.count > 2 { containers[i].dead.removeFirst() }
    }
}

extension ContainerLog {
    fileprivate init(
        _ pod: Pod, _ container: Container, isInit: Bool, _ status: ContainerStatus, _ state: ContainerState, at now: Instant, _ cluster: Cluster
    ) {
        self.now = now
        self.pod = pod
        self.container = container
        isPlainInit = isInit && !container.isSidecar
        zone = cluster.store.nodes[ObjectKey(name: pod.nodeName)]?.zone ?? ""
        if let end = state.terminated {
            containerID = end.containerID
            (start, self.end) = (end.startedAt ?? .start, end.finishedAt)
            (exitCode, reason) = (end.exitCode, end.reason)
        } else {
            containerID = status.containerID
            start = state.running?.startedAt ?? .start
        }
        // A state may know nothing of the time; then it is not long ago.
        if start < now - .hours(87_600) { start = now }
        // Of what ran before the present instance there is one less.
        restarts = containerID == status.containerID ? status.restartCount : max(0, status.restartCount - 1)
        answers = start
        seed = StableHash.fnv1a64(containerID)
        version = "\(cluster.profile.version)"
    }

    fileprivate mutating func finish(_ settings: KubeletSettings, _ cluster: Cluster) {
        (maxSize, maxFiles, monitorInterval) = (settings.logMaxSize, settings.logMaxFiles, settings.logMonitorInterval)
        script = Script(container).flatMap { $0.isPlaceholder ? nil : $0 }
        ownLines = program.logLines
        if let source = program.logSource {
            let parts = source.split(separator: "/").map(String.init)
            let map = cluster.store.configMaps[ObjectKey(namespace: pod.namespace, name: parts[0])]
            ownLines = map?.data[parts[1]]?.split(separator: "\n").map(String.init) ?? ownLines
        }
    }
}

extension APIError {
    /// 404 in the words of a kubelet.
    fileprivate static func notFoundText(_ message: String) -> APIError { APIError(code: 404, reason: "NotFound", message: message) }
}
