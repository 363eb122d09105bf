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
    private let way: Simulation.Way
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
    private var input: [UInt8] = []
    private var inputIsOver = false
    private var queue: [Work] = []
    /// What it was to run and cannot read.
    private var refusal: String?
    /// Lines that are not whole yet.
    private var unfinished = ""
    /// `break` or `continue` was run: what it leaves is to be left.
    var leaving: Leave?
    private var waiting: Waiting?
    private var pending: [ContainerFiles.Write] = []
    private var isPrompted = false
    private var history: [String] = []
    private var historyPlace = 0

    /// What is to be run next; what holds commands together falls into its parts only when they are due, so that each sees its own time.
    private indirect enum Work: Sendable {
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
    private static let mostNestedSteps = 20_000

    /// A command that is done, whose output is due later.
    private struct Waiting: Sendable {
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
        let simulation: Simulation
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

    private func show(_ result: Result, _ output: inout Output) {
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

    // MARK: Typing

    /// Reads the next command if there is one. Returns whether there was something to do.
    private mutating func readLine(_ output: inout Output) -> Bool {
        if !isPrompted, hasTerminal {
            output.stdout += prompt.utf8
            isPrompted = true
        }
        guard let end = input.firstIndex(of: 10) ?? (inputIsOver && !input.isEmpty ? input.count : nil) else {
            if inputIsOver { ended = lastCode }
            return inputIsOver
        }
        let line = String(decoding: input[..<end], as: UTF8.self)
        input.removeFirst(min(input.count, end + 1))
        isPrompted = false
        do {
            queue = try ShellSyntax.parse(unfinished + line).map(Work.run)
            unfinished = ""
        } catch {
            if error.isIncomplete, !inputIsOver {
                unfinished += line + "\n"
            } else {
                show(.fail("sh: \(error.text)", 2), &output)
                (lastCode, unfinished) = (2, "")
            }
        }
        if !line.isEmpty, history.last != line { history.append(line) }
        historyPlace = history.count
        return true
    }

    /// Where the line that is being typed begins.
    private var lineStart: Int { input.lastIndex(of: 10).map { $0 + 1 } ?? 0 }

    /// What a terminal does with what is typed: it shows it, and lets the line be corrected.
    private mutating func take(_ typed: [UInt8], _ output: inout Output) {
        var rest = typed[...]
        while let byte = rest.popFirst() {
            switch byte {
            case 13, 10:
                input.append(10)
                output.stdout += [13, 10]
            case 3:
                input = []
                output.stdout += "^C\n".utf8
                isPrompted = false
                interrupt()
            case 4: if lineStart == input.count { inputIsOver = true }
            case 8, 127:
                if input.count > lineStart { erase(&output) }
            case 21: while input.count > lineStart { erase(&output) }
            case 23:
                while input.count > lineStart, input.last == 32 { erase(&output) }
                while input.count > lineStart, input.last != 32 { erase(&output) }
            case 12:
                output.stdout += "\u{1B}[H\u{1B}[2J\(prompt)".utf8 + input[lineStart...]
            case 27:
                // Arrow up and down walk through what was typed before; other keys of that sort do nothing.
                guard rest.first == 91 || rest.first == 79 else { continue }
                rest.removeFirst()
                let key = rest.popFirst()
                if key == 65 || key == 66 { recall(key == 65 ? -1 : 1, &output) }
            case 0..<32: break
            default:
                input.append(byte)
                output.stdout.append(byte)
            }
        }
    }
    private mutating func erase(_ output: inout Output) {
        // A sign may have several bytes.
        var last = input.removeLast()
        while last & 0xC0 == 0x80, input.count > lineStart { last = input.removeLast() }
        output.stdout += [8, 32, 8]
    }
    private mutating func recall(_ step: Int, _ output: inout Output) {
        let place = historyPlace + step
        guard (0...history.count).contains(place) else { return }
        historyPlace = place
        while input.count > lineStart { erase(&output) }
        let line = place < history.count ? history[place] : ""
        input += line.utf8
        output.stdout += line.utf8
    }

    // MARK: Loops and branches

    /// The pipeline that is due, which stays in front; nil if something else was done in its place.
    private mutating func nextPipeline(_ turn: inout Turn) -> ShellPipeline? {
        switch queue[0] {
        case .run(let pipeline):
            // What is piped, redirected or negated is run as a whole.
            guard pipeline.commands.count == 1, let compound = pipeline.commands[0].compound, pipeline.commands[0].redirects.isEmpty, !pipeline.isNegated
            else { return pipeline }
            if case .subshell = compound { return pipeline }
            queue.removeFirst()
            if isDue(pipeline) { start(compound, &turn) }
        case .branch(let parts, let isDecided):
            queue.removeFirst()
            if let first = parts.first, isDecided ? lastCode == 0 : first.condition.isEmpty {
                queue.insert(contentsOf: first.body.map(Work.run), at: 0)
            } else if isDecided {
                lastCode = 0
                queue.insert(.branch(parts.dropFirst(), isDecided: false), at: 0)
            } else if let first = parts.first {
                queue.insert(contentsOf: first.condition.map(Work.run) + [.branch(parts, isDecided: true)], at: 0)
            }
        case .loop(let condition, let isUntil, let body, let isDecided):
            queue.removeFirst()
            if !isDecided {
                queue.insert(contentsOf: condition.map(Work.run) + [.loop(while: condition, isUntil: isUntil, body: body, isDecided: true)], at: 0)
            } else if (lastCode == 0) != isUntil {
                queue.insert(contentsOf: body.map(Work.run) + [.loop(while: condition, isUntil: isUntil, body: body, isDecided: false)], at: 0)
            } else {
                lastCode = 0
            }
        case .each(let name, let words, let body):
            queue.removeFirst()
            guard let first = words.first else { return nil }
            set(name, first)
            queue.insert(contentsOf: body.map(Work.run) + [.each(name: name, words: words.dropFirst(), body: body)], at: 0)
        }
        return nil
    }
    private func isDue(_ pipeline: ShellPipeline) -> Bool {
        switch pipeline.condition {
        case .always: true
        case .ifOK: lastCode == 0
        case .ifFailed: lastCode != 0
        }
    }
    private mutating func start(_ compound: ShellCompound, _ turn: inout Turn) {
        switch compound {
        case .branch(let parts): queue.insert(.branch(parts[...], isDecided: false), at: 0)
        case .loop(let condition, let isUntil, let body): queue.insert(.loop(while: condition, isUntil: isUntil, body: body, isDecided: false), at: 0)
        case .each(let name, let words, let body):
            let values = words.flatMap { expand($0, &turn) }
            lastCode = 0
            queue.insert(.each(name: name, words: values[...], body: body), at: 0)
        case .group(let list), .subshell(let list): queue.insert(contentsOf: list.map(Work.run), at: 0)
        }
    }
    private mutating func leaveLoop() {
        let leaves = leaving == .loop
        leaving = nil
        guard let at = queue.firstIndex(where: \.isLoop) else { return }
        queue.removeFirst(leaves ? at + 1 : at)
        if leaves { lastCode = 0 }
    }

    /// Runs a list as a whole, inside of a pipe, a subshell or `$(…)`: what it waits for adds up.
    mutating func runWhole(_ list: [ShellPipeline], _ piped: [UInt8]?, _ turn: inout Turn) -> Result {
        let outer = turn.pipe
        if let piped { turn.pipe = piped }
        // What was read of a pipe that is not its own stays read.
        defer { if piped != nil { turn.pipe = outer } }
        var result = Result(code: lastCode)
        for pipeline in list where leaving == nil && ended == nil {
            turn.steps += 1
            if turn.steps > Self.mostNestedSteps {
                ended = 2
                result.err += "sh: a loop that runs so long in a pipe or $(...): not known to this simulated shell\n".utf8
                result.code = 2
                break
            }
            let next = run(pipeline, nil, &turn)
            if next.wantsInput { return next }
            result = Result(out: result.out + next.out, err: result.err + next.err, code: next.code, delay: result.delay + next.delay)
            lastCode = next.code
        }
        return result
    }
    /// Runs a list as a shell of its own: what it sets and where it goes ends with it.
    mutating func runApart(_ list: [ShellPipeline], _ piped: [UInt8]?, _ turn: inout Turn) -> Result {
        let kept = (directory, variables, exported, leaving)
        var result = runWhole(list, piped, &turn)
        (directory, variables, exported, leaving) = kept
        if let code = ended {
            (ended, lastCode, result.code) = (nil, code, code)
        }
        return result
    }
    private mutating func runWhole(_ compound: ShellCompound, _ piped: [UInt8]?, _ turn: inout Turn) -> Result {
        let outer = turn.pipe
        if let piped { turn.pipe = piped }
        // What was read of a pipe that is not its own stays read.
        defer { if piped != nil { turn.pipe = outer } }
        var result = Result()
        /// Returns false if it ends here.
        func add(_ next: Result) -> Bool {
            result = Result(
                out: result.out + next.out, err: result.err + next.err, code: next.code, delay: result.delay + next.delay, wantsInput: next.wantsInput)
            return !next.wantsInput && ended == nil
        }
        /// Whether the loop goes on after a round.
        func goesOn() -> Bool {
            let leaves = leaving == .loop
            leaving = nil
            return !leaves && ended == nil
        }
        switch compound {
        case .group(let list): return runWhole(list, nil, &turn)
        case .subshell(let list): return runApart(list, nil, &turn)
        case .branch(let parts):
            for part in parts {
                if !part.condition.isEmpty {
                    guard add(runWhole(part.condition, nil, &turn)) else { return result }
                    if lastCode != 0 { continue }
                }
                _ = add(runWhole(part.body, nil, &turn))
                return result
            }
            (lastCode, result.code) = (0, 0)
        case .loop(let condition, let isUntil, let body):
            var code = 0
            while true {
                guard add(runWhole(condition, nil, &turn)) else { return result }
                if (lastCode == 0) == isUntil { break }
                guard add(runWhole(body, nil, &turn)) else { return result }
                code = result.code
                if !goesOn() { break }
            }
            (lastCode, result.code) = (code, code)
        case .each(let name, let words, let body):
            for value in words.flatMap({ expand($0, &turn) }) {
                set(name, value)
                guard add(runWhole(body, nil, &turn)) else { return result }
                if !goesOn() { break }
            }
        }
        return result
    }

    // MARK: Pipelines

    /// - Parameter piped: what the first command has on its standard input; nil: what the session has.
    mutating func run(_ pipeline: ShellPipeline, _ piped: [UInt8]?, _ turn: inout Turn) -> Result {
        switch pipeline.condition {
        case .ifOK where lastCode != 0, .ifFailed where lastCode == 0: return Result(code: lastCode)
        default: break
        }
        var result = Result()
        for (index, command) in pipeline.commands.enumerated() {
            var next = run(command, index == 0 ? piped : result.out, &turn)
            if next.wantsInput { return next }
            next.err = result.err + next.err
            next.delay = result.delay + next.delay
            result = next
        }
        if pipeline.isNegated { result.code = result.code == 0 ? 1 : 0 }
        return result
    }

    /// - Parameter piped: what the command before wrote; nil for the first.
    private mutating func run(_ command: ShellCommand, _ piped: [UInt8]?, _ turn: inout Turn) -> Result {
        var input = piped
        for redirect in command.redirects {
            guard case .read = redirect.kind else { continue }
            let name = expand(redirect.target, &turn).joined(separator: " ")
            guard let bytes = turn.files.node(ContainerFiles.absolute(name, from: directory))?.bytes else {
                return .fail("sh: can't open \(name): no such file")
            }
            input = bytes
        }
        if let compound = command.compound {
            var result = runWhole(compound, input, &turn)
            if !result.wantsInput { redirect(&result, command.redirects, &turn) }
            return result
        }
        // Inside of a loop or group what is piped into it is read.
        let isOwn = input != nil
        if input == nil { input = turn.pipe }
        var words: [String] = []
        // What is assigned is not split into words.
        for raw in command.words {
            let isAssigned = words.allSatisfy { Self.assignment($0) != nil } && Self.assignment(raw) != nil
            words += isAssigned ? [expand(raw, &turn, splits: false).joined()] : expand(raw, &turn)
        }
        // NAME=value by itself sets a variable; before a command it is for that one.
        let kept = variables
        var assigned = 0
        while assigned < words.count, assigned < command.words.count, let (name, value) = Self.assignment(words[assigned]), command.words[assigned].first != "'"
        {
            set(name, value)
            assigned += 1
        }
        words.removeFirst(assigned)
        var result = words.isEmpty ? Result() : perform(words, input, &turn)
        if !words.isEmpty, assigned > 0 { variables = kept }
        if result.wantsInput { return result }
        if !isOwn, turn.pipe != nil, Self.readers.contains(words.first.map(ContainerFiles.name) ?? "") { turn.pipe = [] }
        redirect(&result, command.redirects, &turn)
        return result
    }
    /// Programs that read their standard input to its end.
    private static let readers: Set<String> = ["cat", "head", "tail", "wc", "grep", "sort", "tr", "tar", "sh"]

    private static func assignment(_ word: String) -> (String, String)? {
        guard let equals = word.firstIndex(of: "="), let first = word.first, first.isLetter || first == "_" else { return nil }
        let name = word[..<equals]
        guard name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }) else { return nil }
        return (String(name), String(word[word.index(after: equals)...]))
    }
    mutating func set(_ name: String, _ value: String) {
        if let at = variables.firstIndex(where: { $0.name == name }) { variables[at].value = value } else { variables.append((name, value)) }
    }

    private mutating func redirect(_ result: inout Result, _ redirects: [ShellCommand.Redirect], _ turn: inout Turn) {
        for redirect in redirects {
            switch redirect.kind {
            case .read: break
            case .sameAs(let other):
                if redirect.stream == 2, other == 1 {
                    result.out += result.err
                    result.err = []
                } else if redirect.stream == 1, other == 2 {
                    result.err += result.out
                    result.out = []
                }
            case .write, .append:
                let name = expand(redirect.target, &turn).joined(separator: " ")
                var bytes = redirect.stream == 2 ? result.err : result.out
                if redirect.stream == 2 { result.err = [] } else { result.out = [] }
                let path = ContainerFiles.absolute(name, from: directory)
                let old = turn.files.node(path)
                if old?.isFolder == true {
                    result = .fail("sh: can't create \(name): Is a directory")
                    return
                }
                if case .append = redirect.kind { bytes = (old?.bytes ?? []) + bytes }
                if let problem = write(bytes, path, mode: old?.mode ?? 0o644, &turn) {
                    result = .fail("sh: can't create \(name): \(problem == "No such file or directory" ? "nonexistent directory" : problem)")
                    return
                }
            }
        }
    }

    /// Writes a file, and has the simulation keep it. Returns why it cannot be done.
    func write(_ bytes: [UInt8], _ path: String, mode: Int, _ turn: inout Turn) -> String? {
        put(.init(.bytes(bytes), mode: mode, time: turn.simulation.now), path, &turn)
    }
    func put(_ entry: WrittenFiles.Entry, _ path: String, _ turn: inout Turn) -> String? {
        let before = turn.files.pending.count
        if let problem = turn.files.write(entry, at: path) { return problem }
        let new = turn.files.pending.dropFirst(before)
        if !new.isEmpty {
            turn.commands.append(.inContainer(pod: pod, container: container, .write(new.map { .init(layer: $0.layer, path: $0.path, entry: $0.entry) })))
        }
        return nil
    }

    // MARK: Words

    /// The words that `raw` stands for: without quotes, with the values of variables, split where these are not quoted.
    private mutating func expand(_ raw: String, _ turn: inout Turn, splits: Bool = true) -> [String] {
        let all = Array(raw)
        var (words, word, at) = ([String](), "", 0)
        var (isQuoted, hasWord, hasPattern) = (false, false, false)
        func endWord() {
            if hasWord { words.append(word) }
            (word, hasWord) = ("", false)
        }
        while at < all.count {
            let sign = all[at]
            switch sign {
            case "'" where !isQuoted:
                let end = all[(at + 1)...].firstIndex(of: "'") ?? all.count
                word += String(all[(at + 1)..<end])
                (hasWord, at) = (true, end)
            case "\"":
                isQuoted.toggle()
                hasWord = true
            case "\\" where at + 1 < all.count:
                let next = all[at + 1]
                if isQuoted, !"$`\"\\\n".contains(next) { word.append("\\") }
                word.append(next)
                (hasWord, at) = (true, at + 1)
            case "$":
                let (value, end) = value(all, at, &turn)
                if let value {
                    if isQuoted || !splits {
                        word += value
                        hasWord = true
                    } else {
                        let pieces = value.split(omittingEmptySubsequences: false) { $0 == " " || $0 == "\n" || $0 == "\t" }
                        for (index, piece) in pieces.enumerated() {
                            if index > 0 { endWord() }
                            word += piece
                            if !piece.isEmpty { hasWord = true }
                        }
                    }
                } else {
                    word.append("$")
                    hasWord = true
                }
                at = end
            case "~" where at == 0 && (all.count == 1 || all[1] == "/"):
                word += "/root"
                hasWord = true
            default:
                if !isQuoted, sign == "*" || sign == "?" { hasPattern = true }
                word.append(sign)
                hasWord = true
            }
            at += 1
        }
        endWord()
        if hasPattern, words.count == 1 {
            let found = matches(words[0], turn)
            if !found.isEmpty { return found }
        }
        return words
    }

    /// The value of what begins with a dollar at `at`, and where that ends; nil if it is a dollar alone.
    private mutating func value(_ all: [Character], _ at: Int, _ turn: inout Turn) -> (String?, Int) {
        guard at + 1 < all.count else { return (nil, at) }
        switch all[at + 1] {
        case "?": return ("\(lastCode)", at + 1)
        case "$": return ("7", at + 1)
        case "(":
            var (depth, end) = (1, at + 2)
            while end < all.count {
                if all[end] == "(" { depth += 1 } else if all[end] == ")" { depth -= 1 }
                if depth == 0 { break }
                end += 1
            }
            let inner = String(all[(at + 2)..<min(end, all.count)])
            if inner.hasPrefix("("), inner.hasSuffix(")") {
                let known = turn.environment + variables
                func number(_ name: String) -> Int { known.last { $0.name == name }.flatMap { Int($0.value) } ?? 0 }
                return (ShellArithmetic.value(String(inner.dropFirst().dropLast()), number).map { "\($0)" } ?? "0", end)
            }
            let result = runApart((try? ShellSyntax.parse(inner)) ?? [], nil, &turn)
            lastCode = result.code
            var out = result.out
            while out.last == 10 { out.removeLast() }
            return (String(decoding: out, as: UTF8.self), end)
        case "{":
            let end = all[at...].firstIndex(of: "}") ?? all.count - 1
            guard end >= at + 2 else { return ("", all.count - 1) }
            let inner = String(all[(at + 2)..<end])
            for sign in [":-", "-"] {
                guard let range = inner.firstRange(of: sign) else { continue }
                let known = variable(String(inner[..<range.lowerBound]), turn)
                return (known == nil || known == "" && sign == ":-" ? String(inner[range.upperBound...]) : known, end)
            }
            return (variable(inner, turn) ?? "", end)
        default:
            var end = at + 1
            while end < all.count, all[end].isASCII, all[end].isLetter || all[end] == "_" || all[end].isNumber && end > at + 1 { end += 1 }
            if end == at + 1 { return (nil, at) }
            return (variable(String(all[(at + 1)..<end]), turn) ?? "", end - 1)
        }
    }
    func variable(_ name: String, _ turn: Turn) -> String? {
        if name == "PWD" { return directory }
        return variables.last { $0.name == name }?.value ?? turn.environment.first { $0.name == name }?.value
    }

    /// The paths that a pattern in their last part fits, in order.
    private func matches(_ pattern: String, _ turn: Turn) -> [String] {
        let slash = pattern.lastIndex(of: "/")
        let head = slash.map { String(pattern[...$0]) } ?? ""
        let tail = Array(slash.map { pattern[pattern.index(after: $0)...] } ?? pattern[...])
        if head.contains("*") { return [] }
        let names = turn.files.list(ContainerFiles.absolute(head.isEmpty ? "." : head, from: directory))
        return names.filter { $0.hasPrefix(".") == (tail.first == ".") && Self.fits(Array($0), tail) }.map { head + $0 }
    }
    private static func fits(_ name: [Character], _ pattern: [Character]) -> Bool {
        var (n, p) = (0, 0)
        // Where to go on when what was tried after the last star does not fit.
        var star: (pattern: Int, name: Int)?
        while n < name.count {
            if p < pattern.count, pattern[p] == "*" {
                star = (p + 1, n)
                p += 1
            } else if p < pattern.count, pattern[p] == "?" || pattern[p] == name[n] {
                (n, p) = (n + 1, p + 1)
            } else if let last = star {
                star = (last.pattern, last.name + 1)
                (p, n) = (last.pattern, last.name + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == "*" }
    }
}

extension Simulation {
    /// `kubectl exec`: from the API server over the way to the kubelet into a running container.
    ///
    /// - Parameters:
    ///   - words: the program and its arguments.
    ///   - terminal: with `-t`.
    ///   - takesInput: with `-i`.
    /// - Source: `pod-sessions.md` §2.3.
    public func exec(
        in key: ObjectKey, container name: String = "", _ words: [String], terminal: Bool = false, takesInput: Bool = true
    ) -> Result<Shell, APIError> {
        do throws(APIError) {
            guard let program = words.first else { throw .badRequest("you must specify at least one command for the container") }
            let (pod, container, way) = try session(.exec, key, name)
            let spec = pod.allContainers.first { $0.name == container }
            let id = pod.allContainerStatuses.first { $0.name == container }?.containerID ?? ""
            let isKnown = ContainerFiles.name(program) == "sh" || Shell.programs.contains(ContainerFiles.name(program))
            // Images without anything but their program.
            let isBare = spec.map { $0.image.contains("distroless") || $0.image.contains("/pause") || $0.image.hasPrefix("pause") } ?? false
            guard isKnown, !isBare else {
                let place = program.contains("/") ? "stat \(program): no such file or directory" : "executable file not found in $PATH"
                let exec = StableHash.hex(StableHash.fnv1a64("\(id) \(words.joined(separator: " ")) \(now.nanoseconds)"), 4)
                throw APIError(
                    code: 500, reason: "InternalError",
                    message:
                        "Internal error occurred: error executing command in container: failed to exec in container: failed to start exec \"\(exec)\": OCI runtime exec failed: exec failed: unable to start container process: exec: \"\(program)\": \(place): unknown"
                )
            }
            return .success(Shell(pod, container, id: id, way, words, hasTerminal: terminal, takesInput: takesInput))
        } catch {
            return .failure(error)
        }
    }
}
