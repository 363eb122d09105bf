import KubernetesAPI
import SimulationKit

/// What the program in a container does: the simulation's stand-in for the image's content.
///
/// Given by annotations of the pod, `evenkeel.dev/KEY`, or for one container
/// `evenkeel.dev/CONTAINER.KEY`, which wins. They may be changed while the pod runs.
///
/// | key | value | default |
/// | --- | --- | --- |
/// | `startup-work` | CPU seconds before it answers probes, throttled by the CPU limit | `0` |
/// | `threads` | busy threads during that work | `1` |
/// | `run-time` | time until it exits, or `forever`; a list such as `0s,0s,11m` is for the 1st, 2nd, 3rd … start, the last entry stays | `forever`; init container `1s`; pod that does not restart always `10s` |
/// | `exit-code` | how it exits then, a list as above | `0` |
/// | `stop-time` | time from SIGTERM to its exit, or `never` | `1s` |
/// | `stop-exit-code` | how it exits on SIGTERM | `143` |
/// | `pre-stop-time` | how long the preStop hook runs | its sleep, else `1s` |
/// | `pre-stop`, `post-start` | `fail`: the hook fails | |
/// | `post-start-time` | how long the postStart hook runs | its sleep, else `1s` |
/// | `readiness-fails`, `liveness-fails`, `startup-fails` | when the probe fails, after the container's start: `100s` (from then on) or `30s-90s` | never |
/// | `cpu`, `memory` | use: `300m`; `100m..500m/10m` swings in 10 minutes; `64Mi->1Gi/5m` rises in 5 minutes | swings within 30 to 80 % of the request |
/// | `image-size` | size of the image | 20 to 400 MB, from its name |
/// | `image-pull-time` | how long the pull takes, whatever the size | from the size |
/// | `page-cache` | page cache that it fills, as `memory` | none |
/// | `image-pull` | `not-found`, `denied`, `timeout`, `unavailable` (registry down) or `bad-signature`: the pull fails | fails as not found if the image's name contains `does-not-exist` |
///
/// A value that cannot be read counts as absent.
public struct Program: Sendable, Equatable {
    /// Work before the program answers, in nanoseconds of CPU time.
    public var startupWork: Int64 = 0
    public var threads = 1
    /// Until it exits, for the first, second … start; the last stays. Nil: never.
    public var runTimes: [Duration?] = [nil]
    public var exitCodes = [0]
    /// From SIGTERM to the exit; nil: it ignores the signal.
    public var stopTime: Duration? = .seconds(1)
    public var stopExitCode = 143
    public var preStopTime: Duration?
    public var preStopFails = false
    public var postStartTime: Duration?
    public var postStartFails = false
    /// When probes fail, after the container's start.
    public var failures: [ProbeKind: FailureWindow] = [:]
    public var cpu = Load.constant(0)
    public var memory = Load.constant(0)
    /// Memory that the kernel may take back; nil: none to speak of.
    public var pageCache: Load?
    public var imageSize: Int64?
    public var pullTime: Duration?
    public var pullFailure: PullFailure?

    /// A span of time after the container's start in which a probe fails.
    public struct FailureWindow: Sendable, Equatable {
        public var from: Duration
        /// Nil: for ever.
        public var until: Duration?
    }

    /// Why an image cannot be pulled.
    public enum PullFailure: String, Sendable {
        case notFound = "not-found"
        case denied
        case timeout
        case unavailable
        case badSignature = "bad-signature"

        /// The container's reason to wait.
        func reason(_ profile: KubernetesProfile) -> String {
            switch self {
            case .unavailable: "RegistryUnavailable"
            case .badSignature where profile.hasSignatureValidationReason: "SignatureValidationFailed"
            default: "ErrImagePull"
            }
        }

        /// The runtime's error, in the words of containerd. *Model*.
        func message(_ image: String) -> String {
            let head =
                "failed to pull and unpack image \"\(image)\": failed to resolve reference \"\(image)\":"
            switch self {
            case .notFound: return "rpc error: code = NotFound desc = \(head) \(image): not found"
            case .denied:
                return
                    "rpc error: code = Unknown desc = \(head) pull access denied, repository does not exist or may "
                    + "require authorization: server message: insufficient_scope: authorization failed"
            case .timeout:
                return
                    "rpc error: code = DeadlineExceeded desc = \(head) failed to do request: dial tcp 192.0.2.1:443: i/o timeout"
            case .unavailable:
                return "rpc error: code = Unknown desc = RegistryUnavailable: \(head) unexpected status from HEAD request: 503 Service Unavailable"
            case .badSignature:
                return "rpc error: code = Unknown desc = SignatureValidationFailed: Source image rejected: A signature was required, but no signature exists"
            }
        }
    }

    /// The run time of the `instance`th start, counted from 1.
    func runTime(_ instance: Int) -> Duration? { runTimes[min(instance, runTimes.count) - 1] }
    /// The exit code of the `instance`th start, counted from 1.
    func exitCode(_ instance: Int) -> Int { exitCodes[min(instance, exitCodes.count) - 1] }
}

extension Program {
    /// The prefix of all annotations.
    public static let prefix = "evenkeel.dev/"

    /// The program of `container` in `pod`.
    public init(_ container: Container, isInit: Bool, of pod: Pod) {
        if isInit && !container.isSidecar {
            runTimes = [.seconds(1)]
        } else if !isInit && pod.spec.restartPolicy != "Always" && !pod.spec.restartPolicy.isEmpty {
            runTimes = [.seconds(10)]
        }
        if container.image.contains("does-not-exist") { pullFailure = .notFound }
        setDefaultLoads(container, pod)
        let annotations = pod.metadata.annotations
        // Most pods have none: look at single keys only where the prefix occurs.
        guard annotations.keys.contains(where: { $0.hasPrefix(Self.prefix) }) else { return }
        func text(_ key: String) -> String? {
            annotations["\(Self.prefix)\(container.name).\(key)"] ?? annotations[Self.prefix + key]
        }
        func time(_ key: String) -> Duration? { text(key).flatMap { Duration($0) } }
        if let work = text("startup-work").flatMap({ Double($0) }), work >= 0 {
            startupWork = Int64(work * 1e9)
        }
        if let count = text("threads").flatMap({ Int($0) }), count > 0 { threads = count }
        if let list = text("run-time") {
            let words = list.split(separator: ",")
            let times = words.map { Duration($0) }
            let isReadable = zip(words, times).allSatisfy { $0 == "forever" || $1 != nil }
            if !words.isEmpty && isReadable { runTimes = times }
        }
        if let list = text("exit-code") {
            let codes = list.split(separator: ",").map { Int($0) }
            if !codes.isEmpty, codes.allSatisfy({ $0 != nil }) { exitCodes = codes.map { $0! } }
        }
        if text("stop-time") == "never" {
            stopTime = nil
        } else if let time = time("stop-time") {
            stopTime = time
        }
        if let code = text("stop-exit-code").flatMap({ Int($0) }) { stopExitCode = code }
        preStopTime = time("pre-stop-time")
        preStopFails = text("pre-stop") == "fail"
        postStartTime = time("post-start-time")
        postStartFails = text("post-start") == "fail"
        for kind in ProbeKind.allCases {
            if let window = text("\(kind.rawValue)-fails").flatMap(FailureWindow.init) {
                failures[kind] = window
            }
        }
        if let load = text("cpu").flatMap({ Load($0, amount: \.milliValue) }) { cpu = load }
        if let load = text("memory").flatMap({ Load($0, amount: \.value) }) { memory = load }
        pageCache = text("page-cache").flatMap { Load($0, amount: \.value) }
        if let size = text("image-size").flatMap({ Quantity($0) }) { imageSize = size.value }
        pullTime = time("image-pull-time")
        if let failure = text("image-pull") { pullFailure = PullFailure(rawValue: failure) }
    }

    /// Use that looks alive: within 30 to 80 % of the request, swinging in 10 to 30 minutes; from name and identity.
    private mutating func setDefaultLoads(_ container: Container, _ pod: Pod) {
        let hash = StableHash.fnv1a64(pod.metadata.uid + container.name)
        func bits(_ shift: UInt64, _ count: UInt64) -> Int64 { Int64((hash >> shift) % count) }
        let period = Duration.seconds(Int(600 + bits(40, 1200)))
        let shift = Duration.seconds(Int(bits(20, 3600)))
        func load(_ name: String, _ amount: (Quantity) -> Int64, floor: Int64, _ from: UInt64) -> Load {
            var base = container.resources.requests[name].map(amount) ?? 0
            if base == 0 {
                base = container.resources.limits[name].map(amount) ?? floor + floor * bits(from, 100) / 50
            }
            let middle = 40 + bits(from, 31)
            return .wave(
                low: base * (middle - 10) / 100, high: base * (middle + 10) / 100, period: period,
                shift: shift)
        }
        cpu = load("cpu", \.milliValue, floor: 10, 3)
        memory = load("memory", \.value, floor: 32 << 20, 11)
    }
}

extension Program.FailureWindow {
    /// Reads `100s` or `30s-90s`.
    init?(_ text: String) {
        let parts = text.split(separator: "-")
        guard let first = parts.first, let from = Duration(first), parts.count <= 2 else { return nil }
        self.from = from
        if parts.count == 2 {
            guard let end = Duration(parts[1]), end > from else { return nil }
            until = end
        }
    }
}
