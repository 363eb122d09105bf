// The images of one node and the pulls that are under way.

import KubernetesAPI
import SimulationKit

/// The images of one node, and the pulls that are under way or wait.
///
/// Pulls are serialized, or run in parallel up to a limit and then share the node's bandwidth.
/// - Source: Kubernetes `pkg/kubelet/images/puller.go`; cost model: `pod-startup.md` §2.6.
struct ImageStore: Sendable {
    /// Who asked for an image, and what came of it.
    struct Pull: Sendable {
        var pod: PodReference
        var podKey: ObjectKey
        var container: Int
        var containerName: String
        var image: String
        var size: Int64
        /// How long it takes if that is given.
        var fixedTime: Duration?
        /// The registry's refusal if it has one.
        var failure: String?
        /// The pod's secrets with which it is pulled; empty: none.
        var secrets: [String] = []
        var asked: Instant
        var began: Instant
        /// Fixed time, manifest check and unpacking that are still to do.
        var overhead = Duration.zero
        /// Bytes that are still to come.
        var bytes = 0.0
        /// When `overhead` and `bytes` were last brought up to date.
        var updated: Instant
        var sharesLayers = false
    }
    /// An image that is there.
    struct Image: Sendable {
        var size: Int64
        var firstDetected: Instant
        var lastUsed: Instant
        /// Secrets with which it was pulled; nil: it was there before, or pulled without any.
        var secrets: [String]?
    }

    /// How many pulls may run at once; nil: no limit.
    var limit: Int?
    /// How many pulls may begin.
    var registry: TokenBucket
    /// The images that are there, by name.
    private(set) var images: [String: Image] = [:]
    /// Bytes of all images.
    private(set) var bytes: Int64 = 0
    /// Pulls that run, in the order of their begin.
    private(set) var active: [Pull] = []
    /// Pulls that wait, first come first served.
    private(set) var waiting: [Pull] = []
    private(set) var past = Recent<NodeActivity.PastPull>(64)
    /// Raised when the set of running pulls changes: older timers are void.
    private(set) var token = 0

    init(limit: Int?, registry: TokenBucket) { (self.limit, self.registry) = (limit, registry) }

    func contains(_ image: String) -> Bool { images[image] != nil }
    /// The names of the images that are there, in order.
    var names: [String] { images.keys.sorted() }
    mutating func add(_ image: String, size: Int64, at now: Instant, secrets: [String]? = nil) {
        if let old = images[image] { bytes = bytes.saturatingSubtract(old.size) }
        images[image] = Image(
            size: size, firstDetected: images[image]?.firstDetected ?? now, lastUsed: now, secrets: secrets)
        bytes = bytes.saturatingAdd(size)
    }
    mutating func remove(_ image: String) { if let old = images.removeValue(forKey: image) { bytes = bytes.saturatingSubtract(old.size) } }
    mutating func use(_ image: String, at now: Instant) { images[image]?.lastUsed = now }
    /// The pod with `secrets` has proved that it may use the image.
    mutating func prove(_ image: String, _ secrets: [String]) { images[image]?.secrets = secrets }

    /// The image's size by our model: 20 to 400 MB, from its name.
    static func modelSize(_ image: String) -> Int64 {
        20_000_000 + Int64(StableHash.fnv1a64(image) >> 16 & 0xffff) * 380_000_000 / 0xffff
    }
    /// The name without tag and digest: images of one repository share layers.
    static func repository(_ image: String) -> Substring {
        let name = image.prefix { $0 != "@" }
        let slash = name.lastIndex(of: "/") ?? name.startIndex
        return name[slash...].lastIndex(of: ":").map { name[..<$0] } ?? name
    }

    /// Asks for an image.
    mutating func request(_ pull: Pull) { waiting.append(pull) }

    /// Takes back what a pod asked for and what has not begun.
    mutating func cancel(_ pod: PodReference) {
        if !waiting.isEmpty { waiting.removeAll { $0.pod == pod } }
    }

    /// Begins what may begin. Returns when the next pull ends, if that moment changed.
    mutating func advance(_ now: Instant, _ latencies: KubeletLatencies) -> Instant? {
        var changed = false
        while !waiting.isEmpty, active.count < limit ?? .max {
            progress(to: now, latencies)
            var pull = waiting.removeFirst()
            pull.began = now
            pull.updated = now
            // The rate limit does not wait: who comes too early has failed.
            if !registry.take(at: now) { pull.failure = "pull QPS exceeded" }
            if pull.failure != nil {
                pull.overhead = .zero
            } else if contains(pull.image) {
                pull.overhead = latencies.manifestCheck
            } else if let first = active.first(where: { $0.image == pull.image && $0.failure == nil }) {
                // Layers that another pull is bringing are not fetched again: wait for it instead.
                (pull.bytes, pull.sharesLayers) = (first.bytes, true)
                pull.overhead = first.overhead + latencies.manifestCheck
            } else if let fixed = pull.fixedTime {
                pull.overhead = fixed
            } else {
                let repository = Self.repository(pull.image)
                let isUpdate = images.keys.contains { Self.repository($0) == repository }
                pull.bytes = Double(pull.size) * (isUpdate ? 1 - latencies.sharedLayers : 1)
                pull.overhead = latencies.manifestCheck + .seconds(pull.bytes / latencies.unpackRate)
            }
            active.append(pull)
            changed = true
        }
        guard changed else { return nil }
        token += 1
        return nextEnd(now, latencies)
    }

    /// Takes out the pulls that are done; their images are there from now on.
    mutating func finish(_ now: Instant, _ latencies: KubeletLatencies) -> [Pull] {
        progress(to: now, latencies)
        let done = active.filter { $0.bytes < 1 && $0.overhead <= .zero }
        guard !done.isEmpty else { return [] }
        active.removeAll { $0.bytes < 1 && $0.overhead <= .zero }
        for pull in done {
            if pull.failure == nil {
                add(pull.image, size: pull.size, at: now, secrets: pull.secrets.isEmpty ? nil : pull.secrets)
            }
            past.append(
                .init(
                    image: pull.image, pod: pull.podKey, container: pull.containerName, asked: pull.asked,
                    began: pull.began, ended: now, size: pull.size, error: pull.failure))
        }
        token += 1
        return done
    }

    /// When the next running pull ends at the present rates.
    func nextEnd(_ now: Instant, _ latencies: KubeletLatencies) -> Instant? {
        let rate = rate(latencies)
        return active.map { now + $0.overhead + Self.loading($0.bytes, rate) }.min()
    }

    private static func loading(_ bytes: Double, _ rate: Double) -> Duration {
        .seconds((bytes / rate * 1e9).rounded(.up) / 1e9)
    }
    private func rate(_ latencies: KubeletLatencies) -> Double {
        // Who waits for another's layers takes no bandwidth of its own.
        let loading = active.lazy.filter { $0.bytes > 0 && !$0.sharesLayers }.count
        return min(latencies.registryRate, latencies.nodeBandwidth / Double(max(1, loading)))
    }
    private mutating func progress(to now: Instant, _ latencies: KubeletLatencies) {
        let rate = rate(latencies)
        for i in active.indices {
            var passed = now - active[i].updated
            active[i].updated = now
            // First the bytes, then what does not depend on the bandwidth.
            let loading = Self.loading(active[i].bytes, rate)
            if passed < loading {
                active[i].bytes -= passed.seconds * rate
                passed = .zero
            } else {
                active[i].bytes = 0
                passed = passed - loading
            }
            active[i].overhead = active[i].overhead - passed
        }
    }

    /// What runs and waits, for screens.
    func pulls(at now: Instant, _ latencies: KubeletLatencies) -> [NodeActivity.Pull] {
        var ahead = self
        ahead.progress(to: now, latencies)
        let rate = ahead.rate(latencies)
        func view(_ pull: Pull, running: Bool) -> NodeActivity.Pull {
            var view = NodeActivity.Pull(
                image: pull.image, pod: pull.podKey, container: pull.containerName, asked: pull.asked, size: pull.size)
            guard running else { return view }
            view.began = pull.began
            view.sharesLayers = pull.sharesLayers
            let end = now + pull.overhead + Self.loading(pull.bytes, rate)
            view.end = end
            let whole = (end - pull.began).seconds
            view.progress = whole > 0 ? min(1, (now - pull.began).seconds / whole) : 1
            return view
        }
        return ahead.active.map { view($0, running: true) } + waiting.map { view($0, running: false) }
    }
}
