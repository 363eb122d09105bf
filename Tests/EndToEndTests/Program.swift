import Foundation
import Glibc
import Subprocess

/// The release build of the program, as users run it; `EVENKEEL_PROGRAM` names another.
enum Program {
    static let path =
        ProcessInfo.processInfo.environment["EVENKEEL_PROGRAM"]
        ?? URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: ".build/release/evenkeel").path
    static var isBuilt: Bool { FileManager.default.isExecutableFile(atPath: path) }

    /// Runs it without a terminal and waits for its end.
    static func run(_ arguments: String...) async throws -> (status: TerminationStatus, output: String, error: String) { try await run(arguments) }
    /// - Parameter input: what is on its standard input.
    static func run(_ arguments: [String], input: String = "") async throws -> (status: TerminationStatus, output: String, error: String) {
        let result = try await Subprocess.run(
            .path(.init(path)), arguments: Arguments(arguments), input: .string(input), output: .string(limit: 64 << 20), error: .string(limit: 1 << 20))
        return (result.terminationStatus, result.standardOutput, result.standardError)
    }
}

/// A process as the kernel tells it.
struct RunningProcess {
    let pid: pid_t

    /// The fields of `/proc/PID/stat` from the state on; nil when there is no such process.
    private var fields: [Substring]? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return nil }
        return text[text.index(after: end)...].split(separator: " ")
    }

    /// Whether it runs. One that has ended and only waits for its parent to notice does not.
    var isAlive: Bool { fields.map { $0[0] != "Z" && $0[0] != "X" } ?? false }

    /// Whether it is stopped, as by SIGTSTP.
    var isStopped: Bool { fields?[0] == "T" }

    /// Processor time used so far, in seconds.
    var processorTime: Double {
        guard let fields, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    func send(_ signal: Int32) { kill(pid, signal) }

    /// Memory that is in use, in megabytes.
    var memory: Int {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8)) ?? ""
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) >> 20
    }
}
