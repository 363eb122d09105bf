// The files of a log on its node: the one that is written, and those before it.

import KubernetesAPI
import SimulationKit

extension ContainerLog {
    /// A log file on the node.
    public struct File: Sendable, Equatable {
        /// `0.log`, `0.log.20260826-100000`, `0.log.20260826-095000.gz`
        public var name: String
        /// Bytes before they were compressed.
        public var size: Int64
        public var begin: Instant
    }

    /// Bytes of a line before its text: time, stream and tag.
    static let lineOverhead = 41

    /// The files that there are, the live one first.
    ///
    /// - Source: Kubernetes `pkg/kubelet/logs/container_log_manager.go`; `pod-sessions.md` §4.
    public var files: [File] {
        let (begins, size) = rotations
        let name = "\(restarts).log"
        var files = [File(name: name, size: size, begin: begins.last?.begin ?? start)]
        // The newest of the rotated files stays as it is, those before it are compressed, the oldest are gone.
        for (age, rotation) in begins.reversed().prefix(maxFiles - 1).enumerated() {
            files.append(
                File(
                    name: "\(name).\(rotation.begin.logStamp)\(age == 0 ? "" : ".gz")", size: rotation.size,
                    begin: begins.dropLast(age + 1).last?.begin ?? start))
        }
        return files
    }

    /// When the file that readers are given begins: only what came since the last rotation is read.
    public var liveSince: Instant { rotations.begins.last?.begin ?? start }

    /// The last rotations: when a new file began, and how large the old one was by then. And the size of the live file.
    /// - Complexity: O(spans of use), however long it has been written.
    private var rotations: (begins: [(begin: Instant, size: Int64)], live: Int64) {
        let pieces = growth
        let most = pieces.lazy.map(\.rate).max() ?? 0
        // Most logs never fill a file.
        if most * (last - start).seconds <= Double(maxSize) { return ([], Int64(saturating: most * (last - start).seconds)) }
        var (begins, size, time) = ([(begin: Instant, size: Int64)](), 0.0, start)
        let tick = monitorInterval
        for piece in pieces {
            let step = piece.rate * tick.seconds
            var ticks = max(0, Int((piece.to - time).nanoseconds / tick.nanoseconds))
            while ticks > 0 {
                // Checks until it is found too large.
                let room = step > 0 ? (Double(maxSize) - size) / step : .infinity
                guard room < Double(ticks) else {
                    size += step * Double(ticks)
                    time = time + tick * ticks
                    break
                }
                let needed = Int(max(0, room)) + 1
                (time, size, ticks) = (time + tick * needed, size + step * Double(needed), ticks - needed)
                begins.append((time, Int64(saturating: size)))
                if begins.count > maxFiles { begins.removeFirst() }
                size = 0
                // At an even rate the next ones follow each after as many checks: only the last few matter.
                let period = Int(min(Double(maxSize) / step, 1e15)) + 1
                let skipped = max(0, ticks / period - maxFiles) * period
                (time, ticks) = (time + tick * skipped, ticks - skipped)
            }
        }
        // Files of containers that have ended are not rotated, nor is what was written since the last check.
        return (begins, Int64(saturating: size + (pieces.last?.rate ?? 0) * (last - time).seconds))
    }

    /// How fast the file grows in bytes a second, from time to time: on average over each span of its use. What a program says of its
    /// start and end does not count.
    private var growth: [(to: Instant, rate: Double)] {
        if !ownLines.isEmpty {
            let bytes = ownLines.reduce(0) { $0 + $1.utf8.count + Self.lineOverhead }
            return [(last, Double(bytes) / Double(ownLines.count) / program.logEvery.seconds)]
        }
        if let script { return [(last, script.bytesPerSecond(overhead: Self.lineOverhead))] }
        let line = Double(Self.lineOverhead + 48)
        var (pieces, from) = ([(to: Instant, rate: Double)](), start)
        for to in spans.map(\.from) + [last] where to > from {
            // A wave has gone through all its values in less than an hour.
            let samples = 16
            let sum = (0..<samples).reduce(0.0) { $0 + lineRate(use(at: from + (to - from) * (Double($1) / Double(samples))).milliCPU) }
            pieces.append((to, sum / Double(samples) * line))
            from = to
        }
        return pieces
    }
}

extension Instant {
    /// `20260826-100000`
    fileprivate var logStamp: String {
        let text = rfc3339
        return String(text.filter { $0 != "-" && $0 != ":" && $0 != "Z" }.map { $0 == "T" ? "-" : $0 })
    }
}
