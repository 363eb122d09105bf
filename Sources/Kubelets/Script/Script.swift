// What the command of a container does as far as the small shell knows it: how long it runs, what it writes, how it exits.

import KubernetesAPI
import SimulationKit

/// The run of a container's command: `sleep 5`, `sh -c 'echo hi; exit 3'`, `while true; do date; sleep 5; done`.
///
/// Worked out from the command alone, when it is asked for. What is not known here (other programs, pipes, jobs) makes no script: then
/// the container has a program of its own, of which annotations tell.
///
/// Differs from Kubernetes: commands of a small shell decide how long a container runs, what it logs and how it exits; of other
/// programs annotations do.
struct Script: Sendable, Equatable {
    /// A line and when it is written, after the start.
    struct Line: Sendable, Equatable {
        var offset: Duration
        /// Has signs of ``Mark`` in it.
        var text: String
    }
    /// What goes round for ever.
    struct Round: Sendable, Equatable {
        var begin: Duration
        var period: Duration
        /// After the beginning of each round.
        var lines: [Line]
    }
    private(set) var lines: [Line] = []
    /// Nil: it runs until it is killed.
    private(set) var runTime: Duration?
    private(set) var exitCode = 0
    private(set) var round: Round?

    /// *Model*: a container that does nothing but sleep for an hour or longer stands for a program that does not matter to who wrote it.
    /// It logs and listens as one of which nothing is known.
    var isPlaceholder: Bool {
        lines.isEmpty && round?.lines.isEmpty ?? true && exitCode == 0 && runTime.map { $0 >= .hours(1) } ?? true
    }

    /// What is known only when a line is written: a private sign each.
    enum Mark: Character, CaseIterable {
        case date = "\u{E000}"
        case pod = "\u{E001}"
        case namespace = "\u{E002}"
        case node = "\u{E003}"
        case ip = "\u{E004}"
        case unixTime = "\u{E005}"

        /// Of a pod's own field.
        fileprivate init?(field: String) {
            switch field {
            case "metadata.name": self = .pod
            case "metadata.namespace": self = .namespace
            case "spec.nodeName": self = .node
            case "status.podIP": self = .ip
            default: return nil
            }
        }
    }

    /// The script that `container` runs; nil if its command is none that is known here.
    init?(_ container: Container) {
        // Without a command the arguments are given to what the image runs; images with a shell run them.
        let words = container.command.isEmpty ? container.args : container.command + container.args
        guard let first = words.first, Self.programs.contains(Self.name(first)) else { return nil }
        var variables: [String: String] = [:]
        for variable in container.env {
            if let value = variable.value { variables[variable.name] = value }
            if let path = variable.valueFrom?.fieldRef?["fieldPath"]?.string, let mark = Mark(field: path) { variables[variable.name] = String(mark.rawValue) }
        }
        // `$(NAME)` is filled in before the program starts, where there is such a variable.
        let filled = words.map { word in variables.reduce(word) { $1.value.isEmpty ? $0 : $0.replacing("$(\($1.key))", with: $1.value) } }
        variables["HOSTNAME"] = String(Mark.pod.rawValue)
        var run = ScriptRun(variables: variables)
        switch run.program(filled, isMuted: false) {
        case .unknown: return nil
        case .forever: runTime = nil
        case .done, .exit: (runTime, exitCode) = (run.offset, run.lastCode)
        }
        (lines, round) = (run.lines, run.round)
    }

    /// Programs that a script may begin with.
    private static let programs: Set<String> = ["sh", "bash", "ash", "dash", "sleep", "true", "false", "echo", "printf", "date", "hostname", "tail"]
    static func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    // MARK: Its log

    /// The lines of `from` to `to`, both included, of an instance that began at `start`.
    func lines(from: Instant, through to: Instant, start: Instant, _ fill: (Mark, Instant) -> String) -> [LogLine] {
        var found: [LogLine] = []
        func add(_ line: Line, _ base: Instant) {
            let time = base + line.offset
            guard time >= from, time <= to else { return }
            found.append(LogLine(time, Self.filled(line.text) { fill($0, time) }))
        }
        for line in lines { add(line, start) }
        guard let round, !round.lines.isEmpty, to >= start + round.begin else { return found }
        let begin = start + round.begin
        let period = round.period.nanoseconds
        let first = max(0, (from - begin).nanoseconds) / period
        for index in max(0, first - 1)...(to - begin).nanoseconds / period {
            for line in round.lines { add(line, begin + Duration(nanoseconds: index * period)) }
        }
        return found
    }
    /// Bytes a second that it writes, of a line that takes `overhead` more.
    func bytesPerSecond(overhead: Int) -> Double {
        guard let round else { return 0 }
        return Double(round.lines.reduce(0) { $0 + $1.text.utf8.count + overhead }) / round.period.seconds
    }

    private static func filled(_ text: String, _ fill: (Mark) -> String) -> String {
        guard text.contains(where: { Mark(rawValue: $0) != nil }) else { return text }
        return text.map { Mark(rawValue: $0).map(fill) ?? String($0) }.joined()
    }
}

extension Container {
    /// Whether it runs a shell that reads what is typed: by its command, or because its image has nothing else to run.
    package var runsShell: Bool {
        let words = command.isEmpty ? args : command + args
        guard let first = words.first else {
            let name = image.split(separator: "/").last?.prefix { $0 != ":" && $0 != "@" } ?? ""
            return ["busybox", "alpine", "debian", "ubuntu", "netshoot", "bash"].contains(name)
        }
        return ["sh", "bash", "ash", "dash"].contains(Script.name(first)) && words.dropFirst().allSatisfy { ["-i", "-l", "-il"].contains($0) }
    }
}
