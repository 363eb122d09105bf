// A container's image: whether to pull it, the pull, its failure, and deleting images that nobody uses.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension KubeletFleet {
    /// Sees to it that the image of container `i` is there, and goes on to create it.
    /// - Source: Kubernetes `pkg/kubelet/images/image_manager.go`, `EnsureImageExists`.
    mutating func ensureImage(_ worker: inout PodWorker, _ i: Int, _ cluster: inout Cluster) {
        let now = cluster.now
        let spec = worker.spec(i)
        let profile = settings(worker.node).profile
        if let problem = Self.nameProblem(spec.image) {
            let message = "Failed to apply default image tag \"\(spec.image)\": couldn't parse image name \"\(spec.image)\": \(problem)"
            tell("InspectFailed", message, worker, container: i, warning: true, &cluster)
            return startFailed(&worker, i, "InvalidImageName", message, &cluster)
        }
        let image = Self.fullName(spec.image)
        var policy = spec.imagePullPolicy
        if policy.isEmpty { policy = image.hasSuffix(":latest") ? "Always" : "IfNotPresent" }
        let secrets = pullSecrets(worker, i, cluster)
        let isPresent = nodes[worker.node]!.images.contains(image)
        // An image that came with a secret is for those who have proved that they may use it.
        let isProved =
            !profile.isEnabled(.kubeletEnsureSecretPulledImages)
            || nodes[worker.node]!.images.images[image]?.secrets.map { !Set($0).isDisjoint(with: secrets.known) } ?? true
        if isPresent && policy != "Always" && isProved {
            let access = profile.presentImageTextTellsAccess ? " and can be accessed by the pod" : ""
            nodes[worker.node]!.images.use(image, at: now)
            tell(
                "Pulled", "Container image \"\(spec.image)\" already present on machine\(access)", worker,
                container: i, &cluster)
            return create(&worker, i, &cluster)
        }
        if policy == "Never" {
            let message = "Container image \"\(spec.image)\" is not present with pull policy of Never"
            tell("ErrImageNeverPull", message, worker, container: i, warning: true, &cluster)
            return startFailed(&worker, i, "ErrImageNeverPull", message, &cluster)
        }
        if let retry = worker.containers[i].pull.retryAt, retry > now {
            return pullBacksOff(&worker, i, until: retry, &cluster)
        }
        if !secrets.missing.isEmpty, profile.missingPullSecretGivesEvent {
            tell(
                "FailedToRetrieveImagePullSecret",
                "Unable to retrieve some image pull secrets (\(secrets.missing.joined(separator: ", "))); attempting to pull the image may not succeed.",
                worker, warning: true, &cluster)
        }
        tell("Pulling", "Pulling image \"\(spec.image)\"", worker, container: i, &cluster)
        let program = worker.containers[i].program
        let known = cluster.store.nodes[ObjectKey(name: worker.pod.nodeName)]?.status.images
        let listed = known?.first { $0.names.contains(image) }?.sizeBytes
        let pull = ImageStore.Pull(
            pod: worker.reference, podKey: worker.key, container: i, containerName: spec.name, image: image,
            size: program.imageSize ?? listed.map { max(0, Int64($0)) } ?? ImageStore.modelSize(image),
            fixedTime: program.pullTime, failure: program.pullFailure?.message(image), secrets: secrets.known,
            asked: now, began: now, updated: now)
        nodes[worker.node]!.images.request(pull)
        begin(.image(i), &worker, until: nil)
        advancePulls(worker.node, now)
    }

    /// The name with which the runtime is asked: without tag and digest it is the latest.
    static func fullName(_ image: String) -> String {
        let last = image.split(separator: "/").last ?? ""
        return last.contains(":") || last.contains("@") ? image : image + ":latest"
    }

    /// Why `image` is no reference to an image; nil if it is one.
    /// - Source: `github.com/distribution/reference`.
    static func nameProblem(_ image: String) -> String? {
        if image.isEmpty { return "invalid reference format" }
        let name = image.prefix { $0 != "@" }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        for (n, part) in parts.enumerated() {
            let isLast = n == parts.count - 1
            let path = isLast ? part.prefix { $0 != ":" } : part
            let isHost = n == 0 && parts.count > 1 && (part.contains(".") || part.contains(":") || part == "localhost")
            if path.isEmpty { return "invalid reference format" }
            for c in path.utf8 {
                let small = c >= 0x61 && c <= 0x7a || c >= 0x30 && c <= 0x39 || c == 0x2d || c == 0x2e || c == 0x5f
                if small || isHost && (c == 0x3a || c >= 0x41 && c <= 0x5a) { continue }
                return c >= 0x41 && c <= 0x5a
                    ? "invalid reference format: repository name (\(name.prefix { $0 != ":" })) must be lowercase" : "invalid reference format"
            }
            if isLast, path.count < part.count {
                let tag = part.dropFirst(path.count + 1)
                let isTag =
                    !tag.isEmpty && tag.count <= 128
                    && tag.utf8.allSatisfy {
                        $0 >= 0x61 && $0 <= 0x7a || $0 >= 0x41 && $0 <= 0x5a || $0 >= 0x30 && $0 <= 0x39 || $0 == 0x2d || $0 == 0x2e || $0 == 0x5f
                    }
                if !isTag { return "invalid reference format" }
            }
        }
        return nil
    }

    /// The pod's image pull secrets that are there, and those that are not.
    private func pullSecrets(_ worker: PodWorker, _ i: Int, _ cluster: Cluster) -> (known: [String], missing: [String]) {
        var (known, missing): ([String], [String]) = ([], [])
        for reference in worker.pod.spec.imagePullSecrets {
            let key = ObjectKey(namespace: worker.pod.namespace, name: reference.name)
            if cluster.store.secrets[key] != nil { known.append("\(key)") } else { missing.append(reference.name) }
        }
        return (known, missing)
    }

    // MARK: Pulls

    mutating func advancePulls(_ node: Int, _ now: Instant) {
        guard let end = nodes[node]!.images.advance(now, latencies) else { return }
        timers.schedule(.pull(node: node, token: nodes[node]!.images.token), at: end)
    }

    /// Pulls of a node may have ended.
    mutating func pullsEnd(_ node: Int, _ token: Int, _ cluster: inout Cluster) {
        guard nodes[node]?.images.token == token else { return }
        let done = nodes[node]!.images.finish(cluster.now, latencies)
        let before = nodes[node]!.images.token
        advancePulls(node, cluster.now)
        if nodes[node]!.images.token == before, let end = nodes[node]!.images.nextEnd(cluster.now, latencies) {
            timers.schedule(.pull(node: node, token: before), at: max(end, cluster.now))
        }
        watchImages(node, cluster.now)
        for pull in done {
            with(pull.pod, &cluster) { $0.pullEnded(&$1, pull, &$2) }
        }
    }

    private mutating func pullEnded(
        _ worker: inout PodWorker, _ pull: ImageStore.Pull, _ cluster: inout Cluster
    ) {
        guard worker.operation == .image(pull.container), !isDark(worker) else { return }
        let i = pull.container
        worker.operation = nil
        if pull.began > pull.asked {
            timelines[worker.uid]?.add(.imageQueue, container: i, from: pull.asked, to: pull.began)
        }
        timelines[worker.uid]?.add(.image, container: i, from: pull.began, to: cluster.now)
        let name = worker.spec(i).image
        if let error = pull.failure {
            let reason =
                pull.failure == "pull QPS exceeded"
                ? "ErrImagePull" : worker.containers[i].program.pullFailure?.reason(settings(worker.node).profile) ?? "ErrImagePull"
            worker.containers[i].pull.fail(error, at: cluster.now)
            tell(
                "Failed", "Failed to pull image \"\(name)\": \(error)", worker, container: i, warning: true,
                &cluster)
            tell("Failed", "Error: \(reason)", worker, container: i, warning: true, &cluster)
            setWaiting(&worker, i, reason, waitingMessage(reason, name, error, worker.node))
            worker.containers[i].retryAt = cluster.now + latencies.backOffNotice
            writeStatus(&worker, &cluster)
            syncLater(worker, at: cluster.now + latencies.backOffNotice)
            return sync(&worker, &cluster)
        }
        worker.containers[i].pull = PullBackOff()
        var (own, whole) = (cluster.now - pull.began, cluster.now - pull.asked)
        var size = ""
        if profile.pulledEventTexts == .v136 {
            own = own.truncated(to: .milliseconds(1))
            whole = whole.truncated(to: .milliseconds(1))
            size = ". Image size: \(pull.size) bytes."
        }
        tell(
            "Pulled", "Successfully pulled image \"\(name)\" in \(own) (\(whole) including waiting)\(size)",
            worker,
            container: i, &cluster)
        create(&worker, i, &cluster)
    }

    private func waitingMessage(_ reason: String, _ image: String, _ error: String, _ node: Int) -> String {
        switch reason {
        case "RegistryUnavailable":
            let detail = settings(node).profile.registryUnavailableTellsDetail ? ": \(error)" : "."
            return "image pull failed for \(image) because the registry is unavailable\(detail)"
        case "SignatureValidationFailed":
            let detail = settings(node).profile.registryUnavailableTellsDetail ? ": \(error)" : "."
            return "image pull failed for \(image) because the signature validation failed\(detail)"
        default: return error
        }
    }

    private mutating func pullBacksOff(
        _ worker: inout PodWorker, _ i: Int, until: Instant, _ cluster: inout Cluster
    ) {
        let name = worker.spec(i).image
        if worker.containers[i].pull.isFresh {
            worker.containers[i].pull.isFresh = false
            tell("BackOff", "Back-off pulling image \"\(name)\"", worker, container: i, &cluster)
            tell("Failed", "Error: ImagePullBackOff", worker, container: i, warning: true, &cluster)
            let cause =
                profile.pullBackOffNamesCause ? ": ErrImagePull: \(worker.containers[i].pull.error)" : ""
            setWaiting(&worker, i, "ImagePullBackOff", "Back-off pulling image \"\(name)\"\(cause)")
            writeStatus(&worker, &cluster)
        }
        worker.containers[i].retryAt = until
        syncLater(worker, at: until)
        // The container must not hold up those after it.
        syncLater(worker, at: cluster.now)
    }

    // MARK: Garbage collection

    static let imagePeriod = Duration.minutes(5)

    /// The images that containers of the node use.
    func imagesInUse(_ state: NodeState) -> Set<String> {
        var used: Set<String> = []
        for slot in state.workers {
            guard let worker = workers[slot], worker.termination?.isFinished != true else { continue }
            for i in worker.containers.indices { used.insert(Self.fullName(worker.spec(i).image)) }
        }
        return used
    }

    /// Looks at a node's images at the next five minutes if there can be something to delete; others never.
    mutating func watchImages(_ index: Int, _ now: Instant) {
        guard let state = nodes[index], !state.isWatchingImages, mustCollect(state) else { return }
        nodes[index]!.isWatchingImages = true
        let period = Self.imagePeriod.nanoseconds
        timers.schedule(.images(node: index), at: Instant(nanoseconds: (now.nanoseconds / period + 1) * period))
    }

    private func mustCollect(_ state: NodeState) -> Bool {
        settings(state.index).imageMaximumAge != nil && !state.images.images.isEmpty
            || usedPercent(state) >= settings(state.index).imageHighPercent
    }
    private func usedPercent(_ state: NodeState) -> Int {
        guard state.imageCapacity > 0 else { return 0 }
        return Int(100 - max(0, state.imageCapacity.saturatingSubtract(state.images.bytes)).proportion(100, of: state.imageCapacity))
    }

    /// One pass of the image garbage collection.
    /// - Source: Kubernetes `pkg/kubelet/images/image_gc_manager.go`, `GarbageCollect`.
    mutating func collectImages(_ index: Int, _ cluster: inout Cluster) {
        guard let state = nodes[index] else { return }
        nodes[index]!.isWatchingImages = false
        let now = cluster.now
        defer { watchImages(index, now) }
        if state.isFailed { return }
        let settings = settings(index)
        let used = imagesInUse(state)
        for name in state.images.names where used.contains(name) { nodes[index]!.images.use(name, at: now) }
        // Least recently used first, then those that came first.
        var unused = state.images.names.filter { !used.contains($0) }.map { ($0, state.images.images[$0]!) }
        unused.sort { ($0.1.lastUsed, $0.1.firstDetected) < ($1.1.lastUsed, $1.1.firstDetected) }
        if let age = settings.imageMaximumAge {
            for (name, image) in unused where now - image.lastUsed > age { nodes[index]!.images.remove(name) }
            unused.removeAll { now - $0.1.lastUsed > age }
        }
        guard let rest = nodes[index], usedPercent(rest) >= settings.imageHighPercent else {
            nodes[index]!.imageFailures = 0
            return
        }
        let wanted = rest.images.bytes.saturatingSubtract(state.imageCapacity.proportion(Int64(settings.imageLowPercent), of: 100))
        var freed: Int64 = 0
        for (name, image) in unused where freed < wanted {
            if image.lastUsed >= now || now - image.firstDetected < settings.imageMinimumAge { continue }
            nodes[index]!.images.remove(name)
            freed = freed.saturatingAdd(image.size)
        }
        guard freed < wanted else {
            nodes[index]!.imageFailures = 0
            return
        }
        nodes[index]!.imageFailures += 1
        guard let node = cluster.store.nodes[ObjectKey(name: state.name)] else { return }
        let isNew = settings.profile.version.minor >= 28
        let text =
            isNew
            ? "Insufficient free disk space on the node's image filesystem (\(usedPercent(rest))% of \(Self.size(state.imageCapacity)) used). "
                + "Failed to free sufficient space by deleting unused images (freed \(freed) bytes). "
                + "Investigate disk usage, as it could be used by active images, logs, volumes, or other data."
            : "Failed to garbage collect required amount of images. Attempted to free \(wanted) bytes, but only found \(freed) bytes eligible to free."
        tell("FreeDiskSpaceFailed", text, node, warning: true, &cluster)
        if rest.imageFailures > 0 { tell("ImageGCFailed", text, node, warning: true, &cluster) }
    }

    /// `100.0 GiB`, as the kubelet writes sizes.
    private static func size(_ bytes: Int64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var (value, unit) = (Double(bytes), 0)
        while value >= 1024, unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
