import SimulationKit

/// The images of one node, and the pulls that are under way or wait.
///
/// Pulls are serialized, or run in parallel up to a limit and then share the node's bandwidth.
/// - Source: Kubernetes `pkg/kubelet/images/puller.go`; cost model: `pod-startup.md` §2.6.
struct ImageStore: Sendable {
    /// Who asked for an image, and what came of it.
    struct Pull: Sendable {
        var pod: PodReference
        var container: Int
        var image: String
        var size: Int64
        /// How long it takes if that is given.
        var fixedTime: Duration?
        /// The registry's refusal if it has one.
        var failure: String?
        var asked: Instant
        var began: Instant
        /// Fixed time, manifest check and unpacking that are still to do.
        var overhead: Duration
        /// Bytes that are still to come.
        var bytes: Double
        /// When `overhead` and `bytes` were last brought up to date.
        var updated: Instant
    }

    /// How many pulls may run at once; nil: no limit.
    let limit: Int?
    let latencies: KubeletLatencies
    /// Sizes of the images that are there, by name.
    private(set) var sizes: [String: Int64] = [:]
    /// Pulls that run, in the order of their begin.
    private(set) var active: [Pull] = []
    /// Pulls that wait, first come first served.
    private(set) var waiting: [Pull] = []
    /// Raised when the set of running pulls changes: older timers are void.
    private(set) var token = 0

    init(limit: Int?, latencies: KubeletLatencies) {
        self.limit = limit
        self.latencies = latencies
    }

    func contains(_ image: String) -> Bool { sizes[image] != nil }
    mutating func add(_ image: String, size: Int64) { sizes[image] = size }

    /// The image's size by our model: 20 to 400 MB, from its name.
    static func modelSize(_ image: String) -> Int64 {
        20_000_000 + Int64(StableHash.fnv1a64(image) >> 16 & 0xffff) * 380_000_000 / 0xffff
    }

    /// Asks for an image.
    mutating func request(_ pull: Pull) { waiting.append(pull) }

    /// Takes back what a pod asked for and what has not begun.
    mutating func cancel(_ pod: PodReference) { waiting.removeAll { $0.pod == pod } }

    /// Begins what may begin. Answers when the next pull ends, if that moment changed.
    mutating func advance(_ now: Instant) -> Instant? {
        var changed = false
        while !waiting.isEmpty, active.count < limit ?? .max {
            progress(to: now)
            var pull = waiting.removeFirst()
            pull.began = now
            pull.updated = now
            if let fixed = pull.fixedTime, !contains(pull.image) {
                pull.overhead = fixed
            } else {
                pull.overhead = latencies.manifestCheck
                if pull.failure == nil, !contains(pull.image) {
                    pull.bytes = Double(pull.size)
                    pull.overhead = pull.overhead + .seconds(Double(pull.size) / latencies.unpackRate)
                    // Layers that another pull is bringing are not fetched again: wait for it instead.
                    if let first = active.first(where: { $0.image == pull.image }) {
                        pull.bytes = first.bytes
                        pull.overhead = first.overhead + latencies.manifestCheck
                    }
                }
            }
            if pull.failure != nil { pull.overhead = .zero }
            active.append(pull)
            changed = true
        }
        guard changed else { return nil }
        token += 1
        return nextEnd(now)
    }

    /// Takes out the pulls that are done; their images are there from now on.
    mutating func finish(_ now: Instant) -> [Pull] {
        progress(to: now)
        let done = active.filter { $0.bytes < 1 && $0.overhead <= .zero }
        guard !done.isEmpty else { return [] }
        active.removeAll { $0.bytes < 1 && $0.overhead <= .zero }
        for pull in done where pull.failure == nil { sizes[pull.image] = pull.size }
        token += 1
        return done
    }

    /// When the next running pull ends at the present rates.
    func nextEnd(_ now: Instant) -> Instant? {
        active.map { now + $0.overhead + .seconds(($0.bytes / rate * 1e9).rounded(.up) / 1e9) }.min()
    }

    private var rate: Double {
        let loading = active.lazy.filter { $0.bytes > 0 }.count
        return min(latencies.registryRate, latencies.nodeBandwidth / Double(max(1, loading)))
    }
    private mutating func progress(to now: Instant) {
        let rate = rate
        for i in active.indices {
            var passed = now - active[i].updated
            active[i].updated = now
            // First the bytes, then what does not depend on the bandwidth.
            let loading = Duration.seconds((active[i].bytes / rate * 1e9).rounded(.up) / 1e9)
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
}
