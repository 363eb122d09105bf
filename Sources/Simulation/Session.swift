import ControlPlane
import KubernetesAPI
import SimulationKit

/// How fast virtual time runs.
public enum Speed: Sendable, Equatable, CustomStringConvertible {
    /// So many seconds of virtual time in one real second, 1 … 10,000.
    case times(Int)
    /// As fast as the machine can.
    case maximum

    /// The speeds that `<` and `>` step through.
    public static let steps: [Speed] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000].map { .times($0) } + [.maximum]

    public var slower: Speed { Self.steps[max(0, (Self.steps.firstIndex(of: self) ?? 4) - 1)] }
    public var faster: Speed { Self.steps[min(Self.steps.count - 1, (Self.steps.firstIndex(of: self) ?? 3) + 1)] }

    /// `x10`, `max`
    public var description: String {
        switch self {
        case .times(let n): "x\(n)"
        case .maximum: "max"
        }
    }
    /// Reads `10`, `x10`, `×10` or `max`; nil for anything else or out of range.
    public init?(_ text: String) {
        if text.lowercased() == "max" { self = .maximum; return }
        let digits = text.drop { $0 == "x" || $0 == "X" || $0 == "×" }
        guard let n = Int(digits), (1...10_000).contains(n) else { return nil }
        self = .times(n)
    }
}

/// A simulation that a user works with: it is paced, takes commands, keeps a journal, and can go back.
///
/// Going back is a copy of the simulation as it was: states are values, so keeping one costs what is
/// changed afterwards.
public struct Session: Sendable {
    public private(set) var simulation: Simulation
    public var isPaused = true
    public var speed = Speed.times(10)
    /// The scenario that is being played, if any.
    public private(set) var script: Script
    /// The commands so far, oldest first.
    public private(set) var journal: [JournalEntry] = []
    private var checkpoints: [Checkpoint] = []

    public struct JournalEntry: Sendable {
        public var time: Instant
        public var command: Command
        public var result: Result<Receipt, APIError>
    }
    private struct Checkpoint: Sendable {
        var simulation: Simulation
        var script: Script
        var journalCount: Int
        /// Taken just before a command: what undo goes back to.
        var isBeforeCommand: Bool
    }

    public init(_ simulation: Simulation, script: Script = Script()) {
        self.simulation = simulation
        self.script = script
        checkpoint(beforeCommand: false)
    }

    public var now: Instant { simulation.now }
    public var cluster: Cluster { simulation.cluster }

    // MARK: Time

    /// How far virtual time may go when `elapsed` real time has passed; nil for as far as it gets.
    public func target(elapsed: Duration) -> Instant? {
        if isPaused { return now }
        switch speed {
        case .times(let n): return now + elapsed * n
        case .maximum: return nil
        }
    }

    /// Runs events due by `limit` until `shouldStop` says so (it is asked after each); the time ends at `limit`
    /// if nothing stopped it. Answers whether it got there.
    @discardableResult
    public mutating func advance(to limit: Instant, until shouldStop: () -> Bool = { false }) -> Bool {
        while true {
            // A step of the script comes before what the components do at its instant.
            if let due = script.nextDue, due <= limit {
                if simulation.runNext(by: due - Duration(nanoseconds: 1)) {
                    if shouldStop() { return false }
                    continue
                }
                simulation.moveTime(to: due)
                runScript()
            } else if !simulation.runNext(by: limit) {
                break
            }
            if shouldStop() { return false }
        }
        simulation.advance(to: limit)
        return true
    }

    /// Runs to the next event and that one; answers false if nothing will ever happen.
    @discardableResult
    public mutating func step() -> Bool {
        if let due = script.nextDue, due <= simulation.nextDue ?? .distantFuture {
            simulation.advance(to: due - Duration(nanoseconds: 1))
            simulation.moveTime(to: due)
            runScript()
            return true
        }
        return simulation.runNext(by: .distantFuture)
    }

    private mutating func runScript() {
        while let step = script.takeStep(by: simulation.now) {
            let result = simulation.perform(step.command)
            script.note(result, of: step, at: simulation.now)
            journal.append(JournalEntry(time: simulation.now, command: step.command, result: result))
        }
        script.checkExpectations(due: simulation.now, in: simulation)
    }

    /// Checks the expectations that were not due before the end.
    public mutating func finishScript() { script.finish(in: simulation) }

    // MARK: Commands

    /// Performs a user's command now and notes it, with a place to go back to.
    public mutating func perform(_ command: Command) -> Result<Receipt, APIError> {
        checkpoint(beforeCommand: true)
        let result = simulation.perform(command)
        if case .failure = result {
            checkpoints.removeLast()
        } else {
            journal.append(JournalEntry(time: now, command: command, result: result))
        }
        return result
    }

    /// Takes back the last command and everything since: the state just before it. Answers what was undone.
    public mutating func undo() -> JournalEntry? {
        guard let index = checkpoints.lastIndex(where: \.isBeforeCommand) else { return nil }
        let undone = journal[checkpoints[index].journalCount]
        go(to: index)
        checkpoints.removeLast()
        return undone
    }

    /// Goes back to `time`: the nearest state kept before it, and from there the same events and commands again.
    /// What came after `time` is forgotten. Answers false if `time` is not in the past.
    @discardableResult
    public mutating func rewind(to time: Instant) -> Bool {
        guard time < now, let index = checkpoints.lastIndex(where: { $0.simulation.now <= time }) ?? checkpoints.indices.first
        else { return false }
        let commands = journal[checkpoints[index].journalCount...].filter { $0.time <= time }
        let scripted = script
        go(to: index)
        for entry in commands where !scripted.ran(entry) {
            advance(to: entry.time)
            let result = simulation.perform(entry.command)
            journal.append(JournalEntry(time: entry.time, command: entry.command, result: result))
        }
        advance(to: max(time, now))
        return true
    }

    private mutating func go(to index: Int) {
        let checkpoint = checkpoints[index]
        simulation = checkpoint.simulation
        script = checkpoint.script
        journal.removeLast(journal.count - checkpoint.journalCount)
        checkpoints.removeLast(checkpoints.count - index - 1)
    }

    /// Keeps the present state to go back to. Called now and then; old states between commands are thinned out.
    public mutating func checkpoint() { checkpoint(beforeCommand: false) }

    private mutating func checkpoint(beforeCommand: Bool) {
        if !beforeCommand, let last = checkpoints.last, last.simulation.eventsRun == simulation.eventsRun { return }
        checkpoints.append(
            Checkpoint(
                simulation: simulation, script: script, journalCount: journal.count, isBeforeCommand: beforeCommand))
        guard checkpoints.count > 240 else { return }
        // Every second one of the older half goes, but not those before a command.
        var keep = true
        var index = 1
        while index < checkpoints.count / 2 {
            if !checkpoints[index].isBeforeCommand {
                keep.toggle()
                if !keep {
                    checkpoints.remove(at: index)
                    continue
                }
            }
            index += 1
        }
        if checkpoints.count > 240 { checkpoints.remove(at: 1) }
    }
}
