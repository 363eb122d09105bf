// Mounts the volumes of a pod, with tries, deadlines and waits.

import ControlPlane
import KubernetesAPI
import SimulationKit

/// One volume of a pod on its way to be mounted.
struct VolumeMount: Sendable {
    var name: String
    /// When the pod's token is there; a mount waits for it as long as it takes.
    var token: Instant
    /// When the ConfigMaps and Secrets are there; a mount waits a second for them.
    var objects: Instant
    /// One of the objects, for the words of a failure: `configmap`.
    var kind: String
    var step = Step.tries(.start)
    /// Until the next try after a failure.
    var delay = Duration.milliseconds(500)

    enum Step: Sendable, Equatable {
        case tries(Instant)
        /// The try ends without success.
        case fails(Instant, reason: String, String)
        case mounted(Instant)
        /// Until its claim is bound, or the node has reported that the volume is in use.
        case waits
    }
    /// The last try found that the volume is not attached to the node.
    var isUnattached = false
    var due: Instant? {
        switch step {
        case .tries(let at), .fails(let at, _, _): at
        case .mounted, .waits: nil
        }
    }

    /// Retries double from 500 ms to 2 m 2 s.
    mutating func tryLater(after time: Instant) {
        step = .tries(time + delay)
        delay = min(delay * 2, .seconds(122))
    }
    func failure(_ what: String) -> String { "MountVolume.SetUp failed for volume \"\(name)\" : \(what)" }
}

// Mounting the volumes of a pod: what must be asked of the API server first, tries and failures, and the worker that
// waits for all of it.
extension Kubelet {
    /// Goes on with the pod's volumes. Level-triggered: does what is due, and asks to be called again.
    /// - Source: Kubernetes `pkg/kubelet/volumemanager`, `WaitForAttachAndMount`; `pod-startup.md` §5 and §6.
    mutating func mount(_ worker: inout PodWorker, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        let now = cluster.now
        if !worker.hasBegunMounting {
            worker.hasBegunMounting = true
            worker.mountBegan = now
            host.timelines[worker.uid]?.begin(.volumes, at: now)
            worker.mounts = wantedVolumes(&worker, mountsToken: cluster.store.mountsToken(worker.pod), now, &host)
        }
        for v in worker.mounts.indices {
            if worker.mounts[v].step == .waits { worker.mounts[v].step = .tries(now) }
            while let due = worker.mounts[v].due, due <= now { goOn(&worker, v, due, &host, &cluster) }
        }
        let ends = worker.mounts.compactMap { mount -> Instant? in
            if case .mounted(let at) = mount.step { at } else { nil }
        }
        let deadline = worker.mountBegan + host.latencies.mountTimeout
        if ends.count == worker.mounts.count {
            // The worker looks at once, and then from time to time.
            let last = max(ends.max() ?? now, now, worker.mountBegan)
            let poll = host.latencies.mountPoll.nanoseconds
            let rest = (last - worker.mountBegan).nanoseconds
            let seen = worker.mountBegan + Duration(nanoseconds: poll > 0 ? (rest + poll - 1) / poll * poll : rest)
            if seen <= deadline {
                worker.mounts = []
                return host.begin(.volumes, &worker, until: seen)
            }
        }
        if now >= deadline {
            giveUp(&worker, &host, &cluster)
        } else if let due = worker.mounts.compactMap(\.due).min(), due < deadline {
            if worker.mountWake != due { host.syncLater(worker, at: due) }
            worker.mountWake = due
        }
        let end = worker.mountBegan + host.latencies.mountTimeout
        if worker.mountDeadline != end {
            worker.mountDeadline = end
            host.syncLater(worker, at: end)
        }
    }

    /// One step of one volume, that was due at `time`.
    private mutating func goOn(_ worker: inout PodWorker, _ v: Int, _ time: Instant, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        var mount = worker.mounts[v]
        defer { worker.mounts[v] = mount }
        switch mount.step {
        case .fails(_, let reason, let message):
            tell(reason, message, worker, warning: true, &host, &cluster)
            mount.tryLater(after: time)
        case .tries:
            mount.isUnattached = false
            let begin = max(time, mount.token)
            if mount.objects > begin + host.latencies.cacheWait {
                mount.step = .fails(
                    begin + host.latencies.cacheWait, reason: "FailedMount",
                    mount.failure("failed to sync \(mount.kind) cache: timed out waiting for the condition")
                )
                return
            }
            let asked = max(begin, mount.objects)
            let volume = worker.pod.spec.volumes.first { $0.name == mount.name }
            switch volume.map({ Self.state(of: $0, worker.pod, host, cluster) }) ?? .local {
            case .local: mount.step = .mounted(asked + host.latencies.setUpVolume)
            case .claim where asked > time: mount.step = .tries(asked)
            case .claim(let claim):
                switch self.mount(claim, &worker, &host, &cluster) {
                case .mounted(let end): mount.step = .mounted(end)
                case .waitsForReport:
                    volumes.waitingForReport.append(worker.reference)
                    (mount.step, mount.isUnattached) = (.waits, true)
                case .isNotAttached:
                    mount.isUnattached = true
                    mount.tryLater(after: time)
                case .fails(let reason, let message): mount.step = .fails(time, reason: reason, message)
                }
            case .waiting(let claim):
                host.waitingForClaim[claim, default: []].append(worker.reference)
                mount.step = .waits
            // That it is missing is seen when the answer is there.
            case .missing(let what): mount.step = asked > time ? .tries(asked) : .fails(time, reason: "FailedMount", mount.failure(what))
            }
        case .mounted, .waits: break
        }
    }

    /// The worker's patience is over: it says so, up to 1.35, and tries again after 10 to 15 s. What is under way goes on.
    private mutating func giveUp(_ worker: inout PodWorker, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        api.mountTimeouts += 1
        if host.profile.volumeTimeOutGivesEvent {
            let names = worker.mounts.filter { if case .mounted = $0.step { false } else { true } }.map(\.name).sorted()
            let waiting = worker.mounts.filter { $0.step == .waits || $0.isUnattached }.map(\.name).sorted()
            let failed = host.profile.has(.mountFailureLists) ? ", failed to process volumes=[]" : ""
            tell(
                "FailedMount",
                "Unable to attach or mount volumes: unmounted volumes=[\(names.joined(separator: " "))], "
                    + "unattached volumes=[\(waiting.joined(separator: " "))]\(failed): timed out waiting for the condition",
                worker, warning: true, &host, &cluster)
        }
        worker.mountBegan = cluster.now + host.syncErrorBackOff()
        host.syncLater(worker, at: worker.mountBegan)
    }

    /// The pod's volumes, with the requests that each needs made.
    private mutating func wantedVolumes(_ worker: inout PodWorker, mountsToken: Bool, _ now: Instant, _ host: inout KubeletHost) -> [VolumeMount] {
        let pod = worker.pod
        var mounts: [VolumeMount] = []
        var hasToken = false
        for volume in pod.spec.volumes {
            var mount = VolumeMount(name: volume.name, token: now, objects: now, kind: "configmap")
            mount.step = .tries(now)
            if let source = volume.configMap { need(&mount, "configmap", source.name, &worker, now, &host) }
            if let source = volume.secret { need(&mount, "secret", source.secretName, &worker, now, &host) }
            for source in volume.projected?.sources ?? [] {
                if source.serviceAccountToken != nil {
                    hasToken = true
                    mount.token = max(mount.token, answer("POST serviceaccounts/token", worker, now, host.latencies))
                }
                if let map = source.configMap { need(&mount, "configmap", map.name, &worker, now, &host) }
                if let secret = source.secret { need(&mount, "secret", secret.name, &worker, now, &host) }
            }
            if volume.persistentVolumeClaim != nil || volume.ephemeral != nil {
                mount.token = max(
                    answer("GET persistentvolumeclaims", worker, now, host.latencies), answer("GET persistentvolumes", worker, now, host.latencies))
            }
            mounts.append(mount)
        }
        // The service account's token, which admission mounts into pods.
        if !hasToken, mountsToken {
            var mount = VolumeMount(
                name: pod.tokenVolumeName, token: now, objects: now, kind: "configmap")
            mount.step = .tries(now)
            mount.token = answer("POST serviceaccounts/token", worker, now, host.latencies)
            need(&mount, "configmap", "kube-root-ca.crt", &worker, now, &host)
            mounts.append(mount)
        }
        if let last = mounts.map({ max($0.token, $0.objects) }).max(), last > now + host.latencies.apiLatency {
            host.timelines[worker.uid]?.add(.tokens, from: now, to: last)
        }
        return mounts
    }

    /// When the answer to a request made now is there.
    private mutating func answer(_ request: String, _ worker: PodWorker, _ now: Instant, _ latencies: KubeletLatencies) -> Instant {
        call(request, worker, now) + latencies.apiLatency
    }

    /// The volume needs an object: the first pod of a node that does has it listed, and watched from then on.
    private mutating func need(
        _ mount: inout VolumeMount, _ kind: String, _ name: String, _ worker: inout PodWorker, _ now: Instant,
        _ host: inout KubeletHost
    ) {
        let id = "\(kind) \(worker.pod.namespace)/\(name)"
        let ready: Instant
        if let known = api.cached[id] {
            ready = known.ready
        } else if settings(host).profile.watchListNeedsNoToken {
            ready = now + host.latencies.apiLatency
        } else {
            ready = answer("LIST \(kind)s", worker, now, host.latencies)
        }
        if !worker.cachedObjects.contains(id) {
            worker.cachedObjects.append(id)
            api.cached[id, default: (ready, 0)].users += 1
        }
        if ready > mount.objects { (mount.objects, mount.kind) = (ready, kind) }
    }

    /// The pod is gone: what only it needed is not watched any more.
    mutating func forgetObjects(_ worker: PodWorker) {
        for id in worker.cachedObjects {
            guard let entry = api.cached[id] else { continue }
            api.cached[id] = entry.users > 1 ? (entry.ready, entry.users - 1) : nil
        }
    }
}

extension KubernetesProfile {
    /// Whether a watch brings the first list with it, so that no LIST is made: client-go's default from 1.35 on.
    /// - Source: `pod-startup.md` §4.
    var watchListNeedsNoToken: Bool { has(.watchBringsList) }
}
