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

    /// How often the kubelet looks how large the files are (`containerLogMonitorInterval`).
    static let monitorInterval = Duration.seconds(10)
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

    /// Each rotation: when a new file began, and how large the old one was by then. And the size of the live file.
    private var rotations: (begins: [(begin: Instant, size: Int64)], live: Int64) {
        let rate = bytesPerSecond
        // Most logs never fill a file.
        if rate.most * (last - start).seconds <= Double(maxSize) { return ([], Int64(saturating: rate.at(start) * (last - start).seconds)) }
        var (begins, size) = ([(begin: Instant, size: Int64)](), 0.0)
        var time = start
        while time + Self.monitorInterval <= last {
            size += rate.at(time + Self.monitorInterval / 2) * Self.monitorInterval.seconds
            time = time + Self.monitorInterval
            // Files of containers that have ended are not rotated.
            if size > Double(maxSize) {
                begins.append((time, Int64(saturating: size)))
                size = 0
            }
        }
        return (begins, Int64(saturating: size + rate.at(last) * (last - time).seconds))
    }

    /// How fast the file grows. What a program says of its start and end does not count.
    private var bytesPerSecond: (most: Double, at: (Instant) -> Double) {
        if !ownLines.isEmpty {
            let bytes = ownLines.reduce(0) { $0 + $1.utf8.count + Self.lineOverhead }
            let rate = Double(bytes) / Double(ownLines.count) / program.logEvery.seconds
            return (rate, { _ in rate })
        }
        if let script {
            let rate = script.bytesPerSecond(overhead: Self.lineOverhead)
            return (rate, { _ in rate })
        }
        let line = Double(Self.lineOverhead + 48)
        let most = max(program.cpu.maximum, spans.lazy.map(\.cpu.maximum).max() ?? 0)
        return (lineRate(most) * line, { lineRate(use(at: $0).milliCPU) * line })
    }
}

extension Instant {
    /// `20260826-100000`
    fileprivate var logStamp: String {
        let text = rfc3339
        return String(text.filter { $0 != "-" && $0 != ":" && $0 != "Z" }.map { $0 == "T" ? "-" : $0 })
    }
}
