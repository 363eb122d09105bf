// What the program in a container does, read from annotations.

import KubernetesAPI
import SimulationKit

/// What the program in a container does: the simulation's stand-in for the image's content.
///
/// Given by annotations of the pod, `evenkeel.dev/KEY`, or for one container
/// `evenkeel.dev/CONTAINER.KEY`, which wins. They may be changed while the pod runs.
///
/// ``AnnotationNote/all`` lists them.
///
/// Files with a value that cannot be read, or is out of its range, are refused; on an object that came another way it counts as
/// absent.
///
/// Most programs differ in nothing but their loads: all else is kept out of line, see ``Habits``.
@dynamicMemberLookup
public struct Program: Sendable, Equatable {
    public var cpu = Load.constant(0)
    public var memory = Load.constant(0)
    private var habits = Seldom<Habits>()

    public subscript<Member: Equatable>(dynamicMember path: WritableKeyPath<Habits, Member>) -> Member {
        get { habits[dynamicMember: path] }
        set { habits[dynamicMember: path] = newValue }
    }

    /// What a program does but for its loads, as annotations give it.
    public struct Habits: SeldomSet {
        // Kept once, as they are asked for all the time.
        private static let always: [Duration?] = [nil]
        private static let success = [0]
        /// Work before the program answers, in nanoseconds of CPU time.
        public var startupWork: Int64 = 0
        public var threads = 1
        /// Until it exits, for the first, second … start; the last stays. Nil: never.
        public var runTimes: [Duration?] = Self.always
        public var exitCodes = Self.success
        /// From SIGTERM to the exit; nil: it ignores the signal.
        public var stopTime: Duration? = .seconds(1)
        public var stopExitCode = 143
        public var preStopTime: Duration?
        public var preStopFails = false
        public var postStartTime: Duration?
        public var postStartFails = false
        /// When probes fail, after the container's start.
        public var failures: [ProbeKind: FailureWindow] = [:]
        /// Memory that the kernel may take back; nil: none to speak of.
        public var pageCache: Load?
        public var imageSize: Int64?
        public var pullTime: Duration?
        public var pullFailure: PullFailure?
        /// Lines that it writes to its log in place of those that are made up for it, over and over; see ``ContainerLog/placeholders``.
        public var logLines: [String] = []
        /// `CONFIGMAP/KEY`: where such lines stand.
        public var logSource: String?
        /// From one such line to the next.
        public var logEvery = Duration.seconds(1)
        /// What it writes to its termination message file when it ends by itself or is told to stop.
        public var lastWords = ""
        public init() {}
    }

    /// A span of time after the container's start in which a probe fails.
    public struct FailureWindow: Sendable, Equatable {
        public var from: Duration
        /// Nil: for ever.
        public var until: Duration?
    }

    /// Why an image cannot be pulled.
    public enum PullFailure: String, Sendable, CaseIterable {
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
    func runTime(_ instance: Int) -> Duration? { self.runTimes[max(0, min(instance, self.runTimes.count) - 1)] }
    /// The exit code of the `instance`th start, counted from 1.
    func exitCode(_ instance: Int) -> Int { self.exitCodes[max(0, min(instance, self.exitCodes.count) - 1)] }
}

extension Program {
    /// The prefix of all annotations.
    public static let prefix = "evenkeel.dev/"
    /// The longest time that an annotation can give: ten years.
    public static let longest = Duration.hours(87_600)

    /// The program of `container` in `pod`: by annotations, else by its command if that is a ``Script``, else one that runs on.
    public init(_ container: Container, isInit: Bool, of pod: Pod) {
        if isInit && !container.isSidecar {
            self.runTimes = [.seconds(1)]
        } else if !isInit && pod.spec.restartPolicy != "Always" && !pod.spec.restartPolicy.isEmpty {
            self.runTimes = [.seconds(10)]
        }
        let script = Script(container)
        if let script {
            (self.runTimes, self.exitCodes) = ([script.runTime], [script.exitCode])
            // What does not handle a signal does not die of it as process 1: it is killed when its grace is over.
            self.stopTime = nil
        }
        if Self.isUnknown(container.image) { self.pullFailure = .notFound }
        if container.stdin, container.runsShell { (self.runTimes, self.stopTime) = ([nil], nil) }
        // A script waits most of its time.
        if script == nil { setDefaultLoads(container, pod) } else { memory = .constant(1 << 20) }
        read(pod.metadata.annotations, of: container.name) { _, _ in }
    }

    // By bytes: a search of the standard library takes as long as all the rest.
    private static func isUnknown(_ image: String) -> Bool {
        var rest = image.utf8[...]
        while let first = rest.firstIndex(of: UInt8(ascii: "d")) {
            rest = rest[first...]
            if rest.starts(with: "does-not-exist".utf8) { return true }
            rest = rest.dropFirst()
        }
        return false
    }

    /// The program of a container that was added for debugging, which annotations do not tell of: a script, a shell that waits for what
    /// is typed, or without that ends at once.
    init(added container: Container) {
        self.init(container, isInit: false, of: Pod())
        if Script(container) == nil { self.runTimes = [container.stdin || !container.runsShell ? nil : .zero] }
        self.stopTime = nil
        (cpu, memory) = (.constant(0), .constant(1 << 20))
    }

    /// What is wrong with the annotations for the program of container `name`: each with its key and what it must be.
    public static func problems(of annotations: StringMap<String>, container name: String) -> [(key: String, message: String)] {
        var problems: [(String, String)] = []
        var program = Program()
        program.read(annotations, of: name) { problems.append(($0, $1)) }
        return problems
    }

    /// Whether annotations say how long the program of container `name` takes to stop.
    static func tellsStopTime(_ annotations: StringMap<String>, of name: String) -> Bool {
        annotations["\(prefix)\(name).stop-time"] != nil || annotations[prefix + "stop-time"] != nil
    }

    private mutating func read(_ annotations: StringMap<String>, of name: String, refuse: (String, String) -> Void) {
        // Most pods have none: look at single keys only where the prefix occurs.
        guard annotations.hasKey(withPrefix: Self.prefix) else { return }
        func take<Value>(_ key: String, _ wanted: String, _ read: (String) -> Value?) -> Value? {
            let own = "\(Self.prefix)\(name).\(key)"
            let full = annotations[own] == nil ? Self.prefix + key : own
            guard let text = annotations[full] else { return nil }
            if let value = read(text) { return value }
            refuse(full, "must be \(wanted), not \"\(text)\"")
            return nil
        }
        func time(_ text: some StringProtocol) -> Duration? {
            Duration(text).flatMap { $0 >= .zero && $0 <= Self.longest ? $0 : nil }
        }
        func number(_ text: some StringProtocol, _ range: ClosedRange<Int>) -> Int? { Int(text).flatMap { range.contains($0) ? $0 : nil } }
        func list<Value>(_ text: String, _ read: (Substring) -> Value?) -> [Value]? {
            let words = text.split(separator: ",")
            let values = words.compactMap(read)
            return values.isEmpty || values.count < words.count ? nil : values
        }
        let times = "a length of time from 0s to 87600h"
        let amount = "from 0 to 8Pi: 512Mi, 64Mi..1Gi/10m or 64Mi->1Gi/5m with a time from 100ms to 87600h, or 64Mi@0s 1Gi@5m"
        if let work = take("startup-work", "a number of CPU seconds from 0 to 1000000", { Double($0).flatMap { 0...1_000_000 ~= $0 ? $0 : nil } }) {
            self.startupWork = Int64(saturating: (work * 1e9).rounded(.down))
        }
        if let count = take("threads", "a whole number from 1 to 1024", { number($0, 1...1024) }) { self.threads = count }
        if let list = take(
            "run-time", "\(times), forever, or a list of them",
            { list($0) { word in word == "forever" ? .some(Duration?.none) : time(word).map { .some($0) } } })
        {
            self.runTimes = list
        }
        if let list = take("exit-code", "a whole number from 0 to 255, or a list of them", { list($0) { number($0, 0...255) } }) { self.exitCodes = list }
        if let time = take("stop-time", "\(times), or never", { $0 == "never" ? .some(Duration?.none) : time($0).map { .some($0) } }) { self.stopTime = time }
        if let code = take("stop-exit-code", "a whole number from 0 to 255", { number($0, 0...255) }) { self.stopExitCode = code }
        self.preStopTime = take("pre-stop-time", times) { time($0) }
        self.preStopFails = take("pre-stop", "fail") { $0 == "fail" ? true : nil } ?? false
        self.postStartTime = take("post-start-time", times) { time($0) }
        self.postStartFails = take("post-start", "fail") { $0 == "fail" ? true : nil } ?? false
        for kind in ProbeKind.allCases {
            self.failures[kind] = take("\(kind.rawValue)-fails", "\(times) from which on it fails, or a span such as 30s-90s", FailureWindow.init)
        }
        if let load = take(
            "cpu", "from 0 to 9007199254740 cores: 300m, 100m..500m/10m or 100m->2/5m with a time from 100ms to 87600h, or 200m@0s 6@5m",
            {
                Load($0, amount: \.milliValue)
            })
        {
            cpu = load
        }
        if let load = take("memory", amount, { Load($0, amount: \.value) }) { memory = load }
        self.pageCache = take("page-cache", amount) { Load($0, amount: \.value) }
        self.imageSize = take("image-size", "a size from 0 to 8Pi") { Quantity($0).map(\.value).flatMap { Load.range.contains($0) ? $0 : nil } }
        self.pullTime = take("image-pull-time", times) { time($0) }
        if let text = take("log", "text", { $0 }) { self.logLines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
        self.logSource = take("log-from", "CONFIGMAP/KEY", { $0.split(separator: "/").count == 2 ? $0 : nil })
        if let every = take("log-every", "a length of time from 1ms to 87600h", { time($0).flatMap { $0 >= .milliseconds(1) ? $0 : nil } }) {
            self.logEvery = every
        }
        self.lastWords = take("termination-message", "text", { $0 }) ?? ""
        let failures = PullFailure.allCases.map(\.rawValue).joined(separator: ", ")
        if let failure = take("image-pull", "one of \(failures)", PullFailure.init(rawValue:)) { self.pullFailure = failure }
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
            base = min(max(0, base), Load.range.upperBound)
            let middle = 40 + bits(from, 31)
            return .wave(
                low: base.proportion(middle - 10, of: 100), high: base.proportion(middle + 10, of: 100), period: period,
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
        guard let first = parts.first, let from = Duration(first), parts.count <= 2, from <= Program.longest, !text.hasPrefix("-") else { return nil }
        self.from = from
        if parts.count == 2 {
            guard let end = Duration(parts[1]), end > from, end <= Program.longest else { return nil }
            until = end
        }
    }
}
