// A small shell in a simulated container: bytes in, bytes out, and an exit code at the end.

import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit

/// A program run in a container by `kubectl exec`: a small shell, or one of its programs by itself.
///
/// A value: whoever holds it feeds it what is typed and shows what comes back. It asks the simulation and changes nothing; what
/// it wants changed is in ``Output/commands``, for the journal. What it does not know it says.
///
/// ```swift
/// var shell = try simulation.exec(in: key, container: "app", ["sh", "-c", "cat /etc/hostname"]).get()
/// let output = shell.run([], in: simulation)       // output.stdout, output.exitCode == 0
/// ```
public struct Shell: Sendable {
    /// What came of a turn.
    public struct Output: Sendable {
        public var stdout: [UInt8] = []
        public var stderr: [UInt8] = []
        /// To be performed now, in this order.
        public var commands: [Command] = []
        /// It waits for this moment; run it again then. Nil: it waits for input, or has ended.
        public var wake: Instant?
        /// Nil: it goes on.
        public var exitCode: Int?
    }

    public let pod: ObjectKey
    public let container: String
    let uid: String
    let containerID: String
    let way: Simulation.Way
    /// Echoes what is typed, edits the line and ends lines with a carriage return.
    let hasTerminal: Bool
    /// Whether it reads commands; else it runs those it was given and ends.
    var isInteractive: Bool
    /// It is what the container runs: what it writes is logged, and the container ends with it.
    private let isFirstProcess: Bool
    /// What it wrote and is not logged yet, for the line is not whole.
    private var unlogged: [UInt8] = []

    var directory = "/"
    var variables: [(name: String, value: String)] = []
    var exported: Set<String> = []
    var lastCode = 0
    var ended: Int?
    /// What was typed and not read yet.
    var input: [UInt8] = []
    var inputIsOver = false
    var queue: [Work] = []
    /// What it was to run and cannot read.
    private var refusal: String?
    /// Lines that are not whole yet.
    var unfinished = ""
    /// `break` or `continue` was run: what it leaves is to be left.
    var leaving: Leave?
    private var waiting: Waiting?
    var pending: [ContainerFiles.Write] = []
    var isPrompted = false
    var history: [String] = []
    var historyPlace = 0

    /// What is to be run next; what holds commands together falls into its parts only when they are due, so that each sees its own time.
    indirect enum Work: Sendable {
        case run(ShellPipeline)
        case branch(ArraySlice<(condition: [ShellPipeline], body: [ShellPipeline])>, isDecided: Bool)
        case loop(while: [ShellPipeline], isUntil: Bool, body: [ShellPipeline], isDecided: Bool)
        case each(name: String, words: ArraySlice<String>, body: [ShellPipeline])

        var isLoop: Bool {
            switch self {
            case .loop, .each: true
            case .run, .branch: false
            }
        }
    }
    enum Leave: Sendable { case thisRound, loop }
    /// So many commands are run in a turn; an endless loop that waits for nothing lets time go on between.
    private static let mostSteps = 2000
    /// So many in a loop inside of a pipe or `$(…)`, which is run as a whole.
    static let mostNestedSteps = 20_000

    /// A command that is done, whose output is due later.
    struct Waiting: Sendable {
        var until: Instant
        var result: Result
    }
    /// What a command came to.
    struct Result: Sendable {
        var out: [UInt8] = []
        var err: [UInt8] = []
        var code = 0
        /// Virtual time that it takes.
        var delay = Duration.zero
        /// It reads what is typed, all of it.
        var wantsInput = false

        static func text(_ text: String, _ code: Int = 0) -> Result { Result(out: Array(text.utf8), code: code) }
        static func fail(_ text: String, _ code: Int = 1) -> Result { Result(err: Array((text + "\n").utf8), code: code) }
    }
    /// What the commands of one call ask and change.
    struct Turn {
        @Shared private(set) var simulation: Simulation
        var files: ContainerFiles
        var commands: [Command] = []
        let pod: Pod
        var environment: [(name: String, value: String)]
        /// What the session has on standard input so far, and whether that is all.
        var input: [UInt8] = []
        var inputIsOver = false
        /// What is piped into the loop or group that is run, as far as nobody has read it.
        var pipe: [UInt8]?
        /// Commands that were run inside of pipes and `$(…)`.
        var steps = 0
        /// It was read, but for this.
        var tookInput = false
        var inputLeft: [UInt8] = []
    }

    /// - Parameters:
    ///   - words: the program and its arguments.
    ///   - takesInput: with `-i`; without it a shell that would read commands ends at once.
    init(
        _ pod: Pod, _ container: String, id: String, _ way: Simulation.Way, _ words: [String], hasTerminal: Bool, takesInput: Bool
    ) {
        self.way = way
        (self.pod, uid, self.container, containerID, self.hasTerminal) = (pod.key, pod.metadata.uid, container, id, hasTerminal)
        inputIsOver = !takesInput
        isFirstProcess = false
        let name = ContainerFiles.name(words[0])
        if name == "sh", let flag = words.firstIndex(of: "-c"), flag + 1 < words.count {
            isInteractive = false
            do { queue = try ShellSyntax.parse(words[flag + 1]).map(Work.run) } catch { refusal = error.text }
        } else if name == "sh" {
            isInteractive = true
        } else {
            isInteractive = false
            // Its words are taken as they are.
            queue = [.run(ShellPipeline(condition: .always, commands: [ShellCommand(words: words.map(Self.quoted))]))]
        }
    }
    /// The shell that is the first process of `container`.
    init(ofContainer container: String, _ pod: Pod, id: String, _ way: Simulation.Way, hasTerminal: Bool) {
        self.way = way
        (self.pod, uid, self.container, containerID, self.hasTerminal) = (pod.key, pod.metadata.uid, container, id, hasTerminal)
        (isInteractive, isFirstProcess) = (true, true)
    }
    static func quoted(_ word: String) -> String { "'" + word.replacing("'", with: "'\\''") + "'" }

    /// What stands before what is typed.
    public var prompt: String { unfinished.isEmpty ? "\(directory) # " : "> " }
    /// Whether it waits for a line to be typed.
    public var isReading: Bool { ended == nil && waiting == nil && queue.isEmpty && isInteractive }

    /// Gives up what it waits for and what was to come after, as ctrl-c does at a terminal.
    public mutating func interrupt() {
        (queue, waiting, lastCode, unfinished, leaving) = ([], nil, 130, "", nil)
        if !isInteractive { ended = 130 }
    }

    // MARK: A turn

    /// Takes in what was typed and does what can be done now. After the end it does nothing.
    /// - Parameter isEnd: no more will be typed.
    public mutating func run(_ typed: [UInt8], isEnd: Bool = false, in simulation: Simulation) -> Output {
        var output = Output()
        if let ended {
            output.exitCode = ended
            return output
        }
        if isEnd { inputIsOver = true }
        guard var turn = makeTurn(simulation) else {
            // Its container is gone, and it with it.
            (ended, output.exitCode) = (137, 137)
            return output
        }
        let state = simulation.state(ofSessionWith: turn.pod, by: way)
        if case .broken(let problem) = state {
            ended = 1
            (output.stderr, output.exitCode) = (Array((problem + "\n").utf8), 1)
            return output
        }
        if hasTerminal { take(typed, &output) } else { input += typed }
        if state == .silent {
            // What is typed gets nowhere, and nobody knows yet.
            output.wake = simulation.now + .seconds(1)
            return output
        }
        work(&turn, &output)
        output.commands = turn.commands
        pending = turn.files.pending
        output.exitCode = ended
        if isFirstProcess { log(&output) }
        if hasTerminal { (output.stdout, output.stderr) = (Self.withReturns(output.stdout + output.stderr), []) }
        return output
    }

    /// Runs what is due until it waits for something.
    private mutating func work(_ turn: inout Turn, _ output: inout Output) {
        let simulation = turn.simulation
        if let refusal {
            show(.fail("sh: \(refusal)", 2), &output)
            ended = 2
        }
        var steps = 0
        loop: while ended == nil {
            if leaving != nil { leaveLoop() }
            steps += 1
            if steps > Self.mostSteps {
                output.wake = simulation.now + .milliseconds(1)
                break
            }
            if let waiting {
                if simulation.now < waiting.until {
                    output.wake = waiting.until
                    break
                }
                self.waiting = nil
                show(waiting.result, &output)
                lastCode = waiting.result.code
                continue
            }
            if !queue.isEmpty {
                guard let pipeline = nextPipeline(&turn) else { continue }
                (turn.input, turn.inputIsOver, turn.tookInput, turn.inputLeft) = (input, inputIsOver, false, [])
                let result = run(pipeline, nil, &turn)
                if result.wantsInput { break loop }
                queue.removeFirst()
                if turn.tookInput { input = turn.inputLeft }
                if result.delay > .zero {
                    waiting = Waiting(until: simulation.now + result.delay, result: result)
                    continue
                }
                show(result, &output)
                lastCode = result.code
                continue
            }
            if !isInteractive {
                ended = lastCode
            } else if !readLine(&output) {
                break loop
            }
        }
    }

    /// Has the simulation log what was written, and end the container if the shell has ended.
    private mutating func log(_ output: inout Output) {
        unlogged += output.stdout + output.stderr
        var lines: [String] = []
        while let end = unlogged.firstIndex(of: 10) ?? (ended != nil && !unlogged.isEmpty ? unlogged.count : nil) {
            lines.append(String(decoding: unlogged[..<end].filter { $0 != 13 }, as: UTF8.self))
            unlogged.removeFirst(min(unlogged.count, end + 1))
        }
        if !lines.isEmpty { output.commands.append(.inContainer(pod: pod, container: container, .type(lines))) }
        if let ended { output.commands.append(.inContainer(pod: pod, container: container, .exit(ended))) }
    }

    /// What is asked in this turn; nil if the container no longer runs.
    private func makeTurn(_ simulation: Simulation) -> Turn? {
        guard let stored = simulation.cluster.store.pods[pod], stored.metadata.uid == uid,
            let status = stored.allContainerStatuses.first(where: { $0.name == container }),
            status.containerID == containerID, let start = status.state.running?.startedAt
        else { return nil }
        let pod = simulation.cluster.shown(stored)
        guard let spec = pod.allContainers.first(where: { $0.name == container }) else { return nil }
        var files = ContainerFiles(simulation, pod, spec, id: containerID, startedAt: start)
        // What the simulation has by now need not be remembered.
        files.pending = pending.filter { simulation.kubelets.files.entry($0.layer, $0.path) != $0.entry }
        let environment = VolumeContent(simulation: simulation, pod: pod, container: spec).environment(startedAt: start)
        return Turn(simulation: simulation, files: files, pod: pod, environment: environment)
    }

    func show(_ result: Result, _ output: inout Output) {
        output.stdout += result.out
        // A terminal shows both in the order in which they came.
        if hasTerminal { output.stdout += result.err } else { output.stderr += result.err }
    }
    private static func withReturns(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for (at, byte) in bytes.enumerated() {
            if byte == 10, at == 0 || bytes[at - 1] != 13 { result.append(13) }
            result.append(byte)
        }
        return result
    }
}
