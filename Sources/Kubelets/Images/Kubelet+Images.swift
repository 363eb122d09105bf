// A container's image: whether to pull it, the pull, its failure, and deleting images that nobody uses.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension Kubelet {
    /// Sees to it that the image of container `i` is there, and goes on to create it.
    /// - Source: Kubernetes `pkg/kubelet/images/image_manager.go`, `EnsureImageExists`.
    mutating func ensureImage(_ worker: inout PodWorker, _ i: Int, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        let now = cluster.now
        let spec = worker.spec(i)
        let profile = settings(host).profile
        if let problem = Self.nameProblem(spec.image) {
            let message = "Failed to apply default image tag \"\(spec.image)\": couldn't parse image name \"\(spec.image)\": \(problem)"
            tell("InspectFailed", message, worker, container: i, warning: true, &host, &cluster)
            return startFailed(&worker, i, "InvalidImageName", message, &host, &cluster)
        }
        let image = Self.fullName(spec.image)
        var policy = spec.imagePullPolicy
        if policy.isEmpty { policy = image.hasSuffix(":latest") ? "Always" : "IfNotPresent" }
        let secrets = pullSecrets(worker, i, cluster)
        let isPresent = images.contains(image)
        // An image that came with a secret is for those who have proved that they may use it.
        let isProved =
            !profile.isEnabled(.kubeletEnsureSecretPulledImages)
            || images.images[image]?.secrets.map { !Set($0).isDisjoint(with: secrets.known) } ?? true
        if isPresent && policy != "Always" && isProved {
            let access = profile.presentImageTextTellsAccess ? " and can be accessed by the pod" : ""
            images.use(image, at: now)
            tell(
                "Pulled", "Container image \"\(spec.image)\" already present on machine\(access)", worker,
                container: i, &host, &cluster)
            return create(&worker, i, &host, &cluster)
        }
        if policy == "Never" {
            let message = "Container image \"\(spec.image)\" is not present with pull policy of Never"
            tell("ErrImageNeverPull", message, worker, container: i, warning: true, &host, &cluster)
            return startFailed(&worker, i, "ErrImageNeverPull", message, &host, &cluster)
        }
        if let retry = worker.containers[i].pull.retryAt, retry > now {
            return pullBacksOff(&worker, i, until: retry, &host, &cluster)
        }
        if profile.missingPullSecretGivesEvent, !profile.has(.pullSecretEventAfterFailure) { tellMissing(secrets.missing, worker, &host, &cluster) }
        tell("Pulling", "Pulling image \"\(spec.image)\"", worker, container: i, &host, &cluster)
        let program = worker.containers[i].program
        let known = cluster.store.nodes[ObjectKey(name: worker.pod.nodeName)]?.status.images
        let listed = known?.first { $0.names.contains(image) }?.sizeBytes
        let pull = ImageStore.Pull(
            pod: worker.reference, podKey: worker.key, container: i, containerName: spec.name, image: image,
            size: program.imageSize ?? listed.map { max(0, Int64($0)) } ?? ImageStore.modelSize(image),
            fixedTime: program.pullTime, failure: program.pullFailure?.message(image), secrets: secrets.known,
            asked: now, began: now, updated: now)
        images.request(pull)
        host.begin(.image(i), &worker, until: nil)
        advancePulls(now, &host)
    }

    /// The name with which the runtime is asked: without tag and digest it is the latest.
    static func fullName(_ image: String) -> String {
        let slash = image.utf8.lastIndex(of: UInt8(ascii: "/")) ?? image.startIndex
        return image.utf8[slash...].contains { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "@") } ? image : image + ":latest"
    }

    /// Why `image` is no reference to an image; nil if it is one.
    /// - Source: `github.com/distribution/reference`.
    static func nameProblem(_ image: String) -> String? {
        if image.isEmpty { return "invalid reference format" }
        // By bytes, as it is written in Go: a container whose image has a bad name is tried again and again.
        func part(_ text: Substring, upTo sign: Unicode.Scalar) -> Substring { text[..<(text.utf8.firstIndex(of: UInt8(ascii: sign)) ?? text.endIndex)] }
        let name = part(image[...], upTo: "@")
        let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map { Substring($0) }
        for (n, component) in parts.enumerated() {
            let isLast = n == parts.count - 1
            let path = isLast ? part(component, upTo: ":") : component
            let isHost = n == 0 && parts.count > 1 && (component.utf8.contains { $0 == 0x2e || $0 == 0x3a } || component == "localhost")
            if path.isEmpty { return "invalid reference format" }
            for c in path.utf8 {
                let small = c >= 0x61 && c <= 0x7a || c >= 0x30 && c <= 0x39 || c == 0x2d || c == 0x2e || c == 0x5f
                if small || isHost && (c == 0x3a || c >= 0x41 && c <= 0x5a) { continue }
                return c >= 0x41 && c <= 0x5a
                    ? "invalid reference format: repository name (\(part(name, upTo: ":"))) must be lowercase" : "invalid reference format"
            }
            if isLast, path.endIndex < component.endIndex {
                let tag = component[path.endIndex...].utf8.dropFirst()
                let isTag =
                    !tag.isEmpty && tag.count <= 128
                    && tag.allSatisfy {
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

    private mutating func tellMissing(_ secrets: [String], _ worker: PodWorker, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        if secrets.isEmpty { return }
        tell(
            "FailedToRetrieveImagePullSecret",
            "Unable to retrieve some image pull secrets (\(secrets.joined(separator: ", "))); attempting to pull the image may not succeed.",
            worker, warning: true, &host, &cluster)
    }

    // MARK: Pulls

    mutating func advancePulls(_ now: Instant, _ host: inout KubeletHost) {
        guard let end = images.advance(now, host.latencies) else { return }
        host.schedule(.pull(token: images.token), of: index, at: end)
    }

    /// Pulls may have ended.
    mutating func pullsEnd(_ token: Int, _ host: inout KubeletHost, _ cluster: inout Cluster) {
        guard images.token == token else { return }
        let done = images.finish(cluster.now, host.latencies)
        let before = images.token
        advancePulls(cluster.now, &host)
        if images.token == before, let end = images.nextEnd(cluster.now, host.latencies) {
            host.schedule(.pull(token: before), of: index, at: max(end, cluster.now))
        }
        watchImages(cluster.now, &host)
        for pull in done {
            with(pull.pod, &host, &cluster) { $0.pullEnded(&$1, pull, &$2, &$3) }
        }
    }

    private mutating func pullEnded(
        _ worker: inout PodWorker, _ pull: ImageStore.Pull, _ host: inout KubeletHost, _ cluster: inout Cluster
    ) {
        guard worker.operation == .image(pull.container), !isFailed else { return }
        let i = pull.container
        worker.operation = nil
        if pull.began > pull.asked {
            host.timelines[worker.uid]?.add(.imageQueue, container: i, from: pull.asked, to: pull.began)
        }
        host.timelines[worker.uid]?.add(.image, container: i, from: pull.began, to: cluster.now)
        let name = worker.spec(i).image
        if let error = pull.failure {
            let reason =
                pull.failure == "pull QPS exceeded"
                ? "ErrImagePull" : worker.containers[i].program.pullFailure?.reason(settings(host).profile) ?? "ErrImagePull"
            worker.containers[i].pull.fail(error, at: cluster.now)
            tell(
                "Failed", "Failed to pull image \"\(name)\": \(error)", worker, container: i, warning: true,
                &host, &cluster)
            tell("Failed", "Error: \(reason)", worker, container: i, warning: true, &host, &cluster)
            if host.profile.has(.pullSecretEventAfterFailure) { tellMissing(pullSecrets(worker, i, cluster).missing, worker, &host, &cluster) }
            worker.setWaiting(i, reason, waitingMessage(reason, name, error, settings(host).profile))
            worker.containers[i].retryAt = cluster.now + host.latencies.backOffNotice
            writeStatus(&worker, &host, &cluster)
            host.syncLater(worker, at: cluster.now + host.latencies.backOffNotice)
            return sync(&worker, &host, &cluster)
        }
        worker.containers[i].pull = PullBackOff()
        var (own, whole) = (cluster.now - pull.began, cluster.now - pull.asked)
        var size = ""
        if host.profile.pulledEventTexts == .v136 {
            own = own.truncated(to: .milliseconds(1))
            whole = whole.truncated(to: .milliseconds(1))
            size = ". Image size: \(pull.size) bytes."
        }
        tell(
            "Pulled", "Successfully pulled image \"\(name)\" in \(own) (\(whole) including waiting)\(size)",
            worker,
            container: i, &host, &cluster)
        create(&worker, i, &host, &cluster)
    }

    private func waitingMessage(_ reason: String, _ image: String, _ error: String, _ profile: KubernetesProfile) -> String {
        switch reason {
        case "RegistryUnavailable":
            let detail = profile.registryUnavailableTellsDetail ? ": \(error)" : "."
            return "image pull failed for \(image) because the registry is unavailable\(detail)"
        case "SignatureValidationFailed":
            let detail = profile.registryUnavailableTellsDetail ? ": \(error)" : "."
            return "image pull failed for \(image) because the signature validation failed\(detail)"
        default: return error
        }
    }

    private mutating func pullBacksOff(
        _ worker: inout PodWorker, _ i: Int, until: Instant, _ host: inout KubeletHost, _ cluster: inout Cluster
    ) {
        let name = worker.spec(i).image
        if worker.containers[i].pull.isFresh {
            worker.containers[i].pull.isFresh = false
            tell("BackOff", "Back-off pulling image \"\(name)\"", worker, container: i, &host, &cluster)
            tell("Failed", "Error: ImagePullBackOff", worker, container: i, warning: true, &host, &cluster)
            let cause =
                host.profile.pullBackOffNamesCause ? ": ErrImagePull: \(worker.containers[i].pull.error)" : ""
            worker.setWaiting(i, "ImagePullBackOff", "Back-off pulling image \"\(name)\"\(cause)")
            writeStatus(&worker, &host, &cluster)
        }
        worker.containers[i].retryAt = until
        host.syncLater(worker, at: until)
        // The container must not hold up those after it.
        host.syncLater(worker, at: cluster.now)
    }

    // MARK: Garbage collection

    static let imagePeriod = Duration.minutes(5)

    /// The images that containers of the node use.
    func imagesInUse() -> Set<String> {
        var used: Set<String> = []
        for slot in counted {
            guard let worker = pods[slot], worker.termination?.isFinished != true else { continue }
            for i in worker.containers.indices { used.insert(Self.fullName(worker.spec(i).image)) }
        }
        return used
    }

    /// Looks at the node's images at the next five minutes if there can be something to delete; on others never.
    mutating func watchImages(_ now: Instant, _ host: inout KubeletHost) {
        guard !isWatchingImages, mustCollect(settings(host)) else { return }
        isWatchingImages = true
        let period = Self.imagePeriod.nanoseconds
        host.schedule(.images, of: index, at: Instant(nanoseconds: (now.nanoseconds / period + 1) * period))
    }

    private func mustCollect(_ settings: KubeletSettings) -> Bool {
        settings.imageMaximumAge != nil && !images.images.isEmpty || usedPercent >= settings.imageHighPercent
    }
    private var usedPercent: Int {
        guard imageCapacity > 0 else { return 0 }
        return Int(100 - max(0, imageCapacity.saturatingSubtract(images.bytes)).proportion(100, of: imageCapacity))
    }

    /// One pass of the image garbage collection.
    /// - Source: Kubernetes `pkg/kubelet/images/image_gc_manager.go`, `GarbageCollect`.
    mutating func collectImages(_ host: inout KubeletHost, _ cluster: inout Cluster) {
        isWatchingImages = false
        let now = cluster.now
        defer { watchImages(now, &host) }
        if isFailed { return }
        let settings = settings(host)
        let used = imagesInUse()
        // Least recently used first, then those that came first.
        var unused: [(name: String, image: ImageStore.Image)] = []
        for name in images.names {
            if used.contains(name) { images.use(name, at: now) } else if let image = images.images[name] { unused.append((name, image)) }
        }
        unused.sort { ($0.image.lastUsed, $0.image.firstDetected) < ($1.image.lastUsed, $1.image.firstDetected) }
        if let age = settings.imageMaximumAge {
            for (name, image) in unused where now - image.lastUsed > age { images.remove(name) }
            unused.removeAll { now - $0.image.lastUsed > age }
        }
        let percent = usedPercent
        guard percent >= settings.imageHighPercent else {
            imageFailures = 0
            return
        }
        let wanted = images.bytes.saturatingSubtract(imageCapacity.proportion(Int64(settings.imageLowPercent), of: 100))
        var freed: Int64 = 0
        for (name, image) in unused where freed < wanted {
            if image.lastUsed >= now || now - image.firstDetected < settings.imageMinimumAge { continue }
            images.remove(name)
            freed = freed.saturatingAdd(image.size)
        }
        guard freed < wanted else {
            imageFailures = 0
            return
        }
        imageFailures += 1
        guard let node = cluster.store.nodes[ObjectKey(name: name)] else { return }
        let isNew = settings.profile.has(.freeDiskSpaceWords)
        let text =
            isNew
            ? "Insufficient free disk space on the node's image filesystem (\(percent)% of \(Self.size(imageCapacity)) used). "
                + "Failed to free sufficient space by deleting unused images (freed \(freed) bytes). "
                + "Investigate disk usage, as it could be used by active images, logs, volumes, or other data."
            : "Failed to garbage collect required amount of images. Attempted to free \(wanted) bytes, but only found \(freed) bytes eligible to free."
        tell("FreeDiskSpaceFailed", text, node, warning: true, &host, &cluster)
        if imageFailures > 1 { tell("ImageGCFailed", text, node, warning: true, &host, &cluster) }
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
