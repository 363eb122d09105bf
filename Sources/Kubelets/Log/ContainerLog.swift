// What a container's program writes to its log: made when somebody reads it.

import KubernetesAPI
import SimulationKit

/// One line of a container's log.
public struct LogLine: Sendable, Equatable {
    public var time: Instant
    /// Without the line break.
    public var text: String

    public init(_ time: Instant, _ text: String) { (self.time, self.text) = (time, text) }
    /// As `--timestamps` shows it: with its time to the nanosecond.
    public var stamped: String { "\(time.rfc3339Nano) \(text)" }
}

/// The log of one instance of a container: what its program said from its start to its end, or to now.
///
/// Nothing of it is kept. What the instance lived through is known anyway (its times, its program, what it used, when its probes
/// fail), and each line follows from that and from its own time; so any stretch can be made by itself, and a log that nobody reads
/// costs nothing.
///
/// Differs from Kubernetes: what a program writes is made up from what its container lived through, unless annotations give its lines.
public struct ContainerLog: Sendable {
    /// `containerd://…`: the identity of the instance.
    public internal(set) var containerID = ""
    /// How many instances there were before it.
    public internal(set) var restarts = 0
    public internal(set) var start = Instant.start
    /// Nil: it runs.
    public internal(set) var end: Instant?
    /// The moment at which it is read.
    var now = Instant.start
    var pod = Pod()
    var container = Container()
    var isPlainInit = false
    var zone = ""
    var exitCode = 0
    var reason = ""
    /// When the work of its start was done, so that it answers.
    var answers = Instant.start
    /// When it was told to stop.
    var signal: Instant?
    var program = Program()
    /// What it used, oldest first; where nothing is known it is what its program says.
    var spans: [UsageSpan] = []
    /// Its probes that are to fail, each with a tick.
    var probes: [(kind: ProbeKind, worker: ProbeWorker)] = []
    /// Version of the kubelet that probes: `1.36`.
    var version = ""
    /// Lines of its own, in place of those that are made up.
    var ownLines: [String] = []
    /// What its command writes, if that is known.
    var script: Script?
    /// What its shell wrote to whom was attached to it.
    var typed: [LogLine] = []
    var maxSize: Int64 = 10 << 20
    var maxFiles = 5
    /// How often the kubelet looks how large the files are (`containerLogMonitorInterval`).
    var monitorInterval = Duration.seconds(10)

    /// The last moment that it can have written something.
    public var last: Instant { min(end ?? now, now) }
    /// Nothing more will come.
    public var isOver: Bool { end.map { $0 <= now } ?? false }

    // MARK: Reading

    /// The lines of `from` to `to`, both included, in the order in which they were written.
    public func lines(from: Instant, through to: Instant) -> [LogLine] {
        let (from, to) = (max(from, start), min(to, last))
        guard from <= to else { return [] }
        var lines: [LogLine] = []
        if !ownLines.isEmpty {
            addOwnLines(from, to, &lines)
            return lines
        }
        if container.runsShell { return typed.filter { $0.time >= from && $0.time <= to } }
        if let script { return script.lines(from: from, through: to, start: start, fill) }
        addBeginAndEnd(from, to, &lines)
        addFailedProbes(from, to, &lines)
        addWork(from, to, &lines)
        addComplaints(from, to, &lines)
        // Lines of one moment stay in the order of these four.
        return lines.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    }

    /// The last `count` lines of `from` to `to`, both included.
    /// - Complexity: O(count), and a little for each day in which nothing was said.
    public func lastLines(_ count: Int, from: Instant, through to: Instant) -> [LogLine] {
        let from = max(from, start)
        var (found, end) = ([LogLine](), min(to, last))
        var width = firstWidth(count, at: end)
        while found.count < count, end >= from {
            let begin = max(from, end - width)
            found = lines(from: begin, through: end) + found
            end = begin - Duration(nanoseconds: 1)
            width = min(width * 2, .hours(24))
        }
        return Array(found.suffix(count))
    }

    /// About the time in which it writes `count` lines.
    private func firstWidth(_ count: Int, at time: Instant) -> Duration {
        let rate = ownLines.isEmpty ? script == nil ? lineRate(use(at: time).milliCPU) : 0 : 1 / program.logEvery.seconds
        return rate > 0 ? .seconds(max(0.1, min(20, Double(count) * 1.3 / rate))) : .seconds(20)
    }

    /// The first lines of `from` to `to`, both included: at least so many that they have `bytes` bytes, if there are as many.
    public func firstLines(bytes: Int64, from: Instant, through to: Instant) -> [LogLine] {
        let end = min(to, last)
        var (found, begin, size) = ([LogLine](), max(from, start), Int64(0))
        var width = Duration.seconds(20)
        while size < bytes, begin <= end {
            let next = lines(from: begin, through: min(end, begin + width))
            size += next.reduce(0) { $0 + Int64($1.text.utf8.count) + 1 }
            found += next
            begin = begin + width + Duration(nanoseconds: 1)
            width = min(width * 2, .hours(24))
        }
        return found
    }

    // MARK: Chance

    /// A number that belongs to the instance and to `index`, as if drawn at random.
    func draw(_ index: Int, _ what: UInt64 = 0) -> UInt64 { Self.mix(seed &+ UInt64(bitPattern: Int64(index)) &* 0x9E37_79B9_7F4A_7C15 &+ what << 56) }
    var seed: UInt64 = 0

    static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    static func unit(_ bits: UInt64) -> Double { Double(bits >> 11) * 0x1p-53 }
}

extension Instant {
    /// RFC 3339 in UTC with nine digits after the second, as kubelets stamp log lines.
    public var rfc3339Nano: String {
        let rest = String((self - flooredToSecond).nanoseconds)
        return "\(rfc3339.dropLast()).\(String(repeating: "0", count: max(0, 9 - rest.count)))\(rest)Z"
    }
}
