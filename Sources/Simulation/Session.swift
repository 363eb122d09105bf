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

    public var slower: Speed { Self.steps.last { $0.rank < rank } ?? Self.steps[0] }
    public var faster: Speed { Self.steps.first { $0.rank > rank } ?? .maximum }
    private var rank: Int {
        switch self {
        case .times(let n): n
        case .maximum: .max
        }
    }

    /// `x10`, `max`
    public var description: String {
        switch self {
        case .times(let n): "x\(n)"
        case .maximum: "max"
        }
    }
    /// Reads `10`, `x10`, `×10` or `max`; nil for anything else or out of range.
    public init?(_ text: String) {
        if text.lowercased() == "max" {
            self = .maximum
            return
        }
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
    /// The commands so far, oldest first; the oldest are forgotten when they are many, and with them the time they were in.
    public private(set) var journal: [JournalEntry] = []
    /// How many commands there were, forgotten ones included.
    public var commandCount: Int { forgotten + journal.count }
    private var forgotten = 0
    /// What the journal holds of clients' writes and of a followed cluster's changes, in bytes.
    private var held = 0
    /// Large writes whose changes are kept for watchers, and their bytes together.
    private var largeWrites: [(place: WatchCursor, size: Int)] = []
    private var largeSize = 0
    private var checkpoints: [Checkpoint] = []
    /// How many events and instants of the script were run.
    private var turns = 0
    /// How many times it went back: what was seen before is then no longer true.
    public private(set) var returns = 0
    /// The highest resource version before it last went back.
    private var highestRevision = 0

    public struct JournalEntry: Sendable {
        public var time: Instant
        public var command: Command
        public var result: Result<Receipt, APIError>
        /// A step of the scenario, rather than something that the user asked for.
        public var isScripted = false
        /// How many turns the session had taken: the exact place between the events of one instant.
        fileprivate var turn: Int
        /// About how many bytes the command holds, if it can be many.
        fileprivate var size = 0
    }
    private struct Checkpoint: Sendable {
        @Shared var simulation: Simulation
        var script: Script
        var journalCount: Int
        var turns: Int
        /// Taken just before a command: what undo goes back to.
        var isBeforeCommand: Bool

        /// What it holds in bytes beside what it shares with `next`, the state kept after it: no less than that.
        ///
        /// Objects that were written in between are held twice, and so are the tables and queues around them, which are
        /// copied as a whole when they are written. An estimate: what a write and an object take in round numbers.
        func size(beside next: Simulation) -> Int {
            let (store, later) = (simulation.cluster.store, next.cluster.store)
            let writes = abs(later.revision - store.revision)
            if writes == 0, simulation.eventsRun == next.eventsRun { return 1 << 10 }
            return min(writes, store.count) * 2400 + store.count * 400 + simulation.cluster.eventLog.events.count * 160 + (32 << 10)
        }
    }
    /// All states kept may hold so much, in bytes.
    public static let capacity = 96 << 20
    /// So many of the newest are kept whatever they hold.
    private static let leastKept = 8
    private static let mostKept = 240
    public var mostCommands = 10_000

    public init(_ simulation: Simulation, script: Script = Script()) {
        self.simulation = simulation
        self.script = script
        checkpoint(beforeCommand: false)
    }

    /// The session as one with real clients begins: pods trust the server's own `certificates` (PEM), and tokens are signed with a secret
    /// key. To be called before anything happens; the simulation is then as if it had begun so.
    public func serving(certificates: String, tokenKey: [UInt8]) -> Session {
        var start = simulation
        start.cluster.trust(certificates, tokenKey: tokenKey)
        var session = Session(start, script: script)
        (session.isPaused, session.speed, session.mostCommands) = (isPaused, speed, mostCommands)
        return session
    }

    public var now: Instant { simulation.now }
    public var cluster: Cluster { _read { yield simulation.cluster } }

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
    /// if nothing stopped it. Returns whether it got there.
    @discardableResult
    public mutating func advance(to limit: Instant, until shouldStop: () -> Bool = { false }) -> Bool {
        advance(to: limit) { _ in shouldStop() }
    }

    /// The same; `shouldStop` hears how far time has come.
    ///
    /// - Parameter writes: after so many it stops as well, for those who follow the feed of changes to keep up.
    public mutating func advance(to limit: Instant, writes: Int = .max, unless shouldStop: (Instant) -> Bool) -> Bool {
        let last = cluster.store.revision.saturatingAdd(writes)
        while true {
            // A step of the script comes before what the components do at its instant.
            if let due = script.nextDue, due <= limit {
                if !runEvent(by: due - Duration(nanoseconds: 1)) { runScript(at: due) }
            } else if !runEvent(by: limit) {
                break
            }
            if shouldStop(now) || cluster.store.revision >= last { return false }
        }
        simulation.moveTime(to: limit)
        return true
    }

    /// Runs to the next event and that one; returns false if nothing will ever happen.
    @discardableResult
    public mutating func step() -> Bool {
        if let due = script.nextDue, due <= simulation.nextDue ?? .distantFuture {
            runScript(at: due)
            return true
        }
        return runEvent(by: .distantFuture)
    }

    private mutating func runEvent(by limit: Instant) -> Bool {
        guard simulation.runNext(by: limit) else { return false }
        turns += 1
        return true
    }

    private mutating func runScript(at due: Instant) {
        simulation.moveTime(to: due)
        turns += 1
        while let step = script.takeStep(by: simulation.now) {
            let result = simulation.perform(step.command)
            script.note(result, of: step, at: simulation.now)
            note(JournalEntry(time: simulation.now, command: step.command, result: result, isScripted: true, turn: turns))
        }
        script.checkExpectations(due: simulation.now, in: simulation)
    }

    /// Checks the expectations that were not due before the end; what was not reached is a failure.
    /// - Parameter early: the user chose the end: steps after it are no failures.
    public mutating func finishScript(early: Bool = false) { script.finish(in: simulation, early: early) }

    // MARK: Commands

    /// Performs a user's command now and notes it, with a place to go back to.
    public mutating func perform(_ command: Command) -> Result<Receipt, APIError> {
        checkpoint(beforeCommand: true)
        let result = simulation.perform(command)
        if case .failure = result {
            // Not even the names that chance gives next may depend on what was refused: it is not in the journal.
            restore(checkpoints.removeLast().simulation)
        } else {
            note(JournalEntry(time: now, command: command, result: result, turn: turns))
        }
        return result
    }

    /// Performs a write of a client of the API server and notes it. States to go back to are kept of many such writes together:
    /// undoing a command takes back the clients' writes since.
    public mutating func perform(_ write: APIWrite) -> Result<APIWritten, APIError> {
        let result = simulation.perform(write)
        guard case .success(let written) = result else { return result }
        let size = write.size
        noteLarge(size)
        note(JournalEntry(time: now, command: .write(write), result: .success(Receipt(written.receipt(of: write))), turn: turns, size: size))
        if let last = checkpoints.last, journal.count - last.journalCount >= Self.writesBetweenCheckpoints { checkpoint(beforeCommand: false) }
        return result
    }
    private static let writesBetweenCheckpoints = 1000

    /// Moves a followed cluster's time on and puts in place what its API server told; it can be gone back to.
    public mutating func follow(_ changes: [MirrorChange], at time: Instant) {
        simulation.moveTime(to: time)
        if changes.isEmpty { return }
        let changes = simulation.sharing(changes)
        simulation.take(changes)
        let size = changes.count * Self.changeSize
        note(JournalEntry(time: now, command: .mirror(changes), result: .success(Receipt("")), turn: turns, size: size))
        if let last = checkpoints.last, journal.count - last.journalCount >= Self.writesBetweenCheckpoints / 10 { checkpoint(beforeCommand: false) }
    }
    /// What a change of a followed cluster is taken to hold, in bytes, beside what it shares with others.
    private static let changeSize = 480
    /// The journal may hold so much, in bytes: a hundred thousand changes of a followed cluster.
    static let mostHeld = 48 << 20

    /// Keeps the changes that watchers may still read from holding more than a bound: those of large objects go first by their age.
    private mutating func noteLarge(_ size: Int) {
        guard size > 16 << 10, simulation.history > 0 else { return }
        largeWrites.append((cluster.store.end, size))
        largeSize += size
        while largeSize > Self.mostLarge, let oldest = largeWrites.first {
            simulation.forgotten = max(simulation.forgotten, oldest.place.position)
            largeSize -= oldest.size
            largeWrites.removeFirst()
            simulation.forgetReadChanges()
        }
    }
    /// Changes kept for watchers may hold so much of large writes, in bytes.
    private static let mostLarge = 64 << 20

    /// Forgets the older half of what the journal holds by size, and the states before it.
    private mutating func forgetOldest() {
        checkpoint(beforeCommand: false)
        var sum = 0
        let middle = journal.firstIndex { entry in
            sum += entry.size
            return sum > Self.mostHeld / 2
        }
        guard let middle, let first = checkpoints.firstIndex(where: { $0.journalCount >= middle }) else { return }
        forget(before: first)
    }

    /// Brings what follows from what a followed cluster told up to date, such as what its containers use.
    public mutating func derive() { simulation.derive() }

    /// The moments at which something was told or done, oldest first.
    public var moments: [Instant] { journal.map(\.time) }

    /// Keeps at least the newest `count` changes for watchers that read them later than the components do.
    public mutating func keepChanges(_ count: Int) { simulation.history = max(simulation.history, count) }

    private mutating func note(_ entry: JournalEntry) {
        journal.append(entry)
        held += entry.size
        if held > Self.mostHeld, mostCommands < .max { forgetOldest() }
        guard journal.count > mostCommands, let first = checkpoints.firstIndex(where: { $0.journalCount >= mostCommands / 2 }) else { return }
        forget(before: first)
    }

    /// Forgets the states before the one at `first`, and what happened until then.
    private mutating func forget(before first: Int) {
        let gone = checkpoints[first].journalCount
        checkpoints.removeFirst(first)
        for index in checkpoints.indices { checkpoints[index].journalCount -= gone }
        for entry in journal[..<gone] { held -= entry.size }
        journal.removeFirst(gone)
        forgotten += gone
    }

    /// Takes back the last command and everything since: the state just before it. Returns what was undone.
    public mutating func undo() -> JournalEntry? {
        guard let index = checkpoints.lastIndex(where: \.isBeforeCommand) else { return nil }
        let undone = journal[checkpoints[index].journalCount]
        go(to: index)
        checkpoints.removeLast()
        return undone
    }

    // MARK: Snapshots

    /// The session as it is, to go back to with ``restore(_:)``, without what only watchers need.
    public var snapshot: Session {
        var kept = self
        kept.simulation.history = 0
        kept.simulation.forgetReadChanges()
        return kept
    }

    /// Goes back to a snapshot of this session, or forward to one of what it has left: its cluster, time, script, journal and states kept.
    /// Pace stays. Resource versions go on where they were, so that no client takes a new object for one that it has seen.
    public mutating func restore(_ snapshot: Session) {
        var restored = snapshot
        (restored.isPaused, restored.speed, restored.mostCommands) = (isPaused, speed, mostCommands)
        restored.returns = returns + 1
        restored.highestRevision = max(highestRevision, cluster.store.revision)
        restored.simulation.history = simulation.history
        self = restored
        let command = Command.skipRevisions(to: highestRevision + 1)
        note(JournalEntry(time: now, command: command, result: simulation.perform(command), turn: turns))
    }

    /// Goes back to `time`: the nearest state kept before it, and from there the same events and commands again.
    /// What came after `time` is forgotten. Returns false if `time` is not in the past.
    @discardableResult
    public mutating func rewind(to time: Instant) -> Bool {
        guard var replay = replay(to: time) else { return false }
        replay.run()
        self = replay.session
        return true
    }

    /// ``rewind(to:)`` as work that can be stopped; nil if `time` is not in the past.
    public func replay(to time: Instant) -> Replay? {
        guard time < now, let index = checkpoints.lastIndex(where: { $0.simulation.now <= time }) ?? checkpoints.indices.first
        else { return nil }
        let commands = journal[checkpoints[index].journalCount...].filter { $0.time <= time && !$0.isScripted }
        var session = self
        session.go(to: index)
        return Replay(session: session, commands: commands[...], goal: max(time, session.now))
    }

    /// The session again up to its present, from the oldest state that is kept: the same events and commands, without those who gave them.
    public func replayOfAll() -> Replay? {
        guard let first = checkpoints.first else { return nil }
        let commands = journal[first.journalCount...].filter { !$0.isScripted }
        var session = self
        session.go(to: 0)
        return Replay(session: session, commands: commands[...], goal: max(now, session.now))
    }

    /// The way back to a moment: the same events and commands again.
    public struct Replay: Sendable {
        /// As far as it got; what it was made of stays as it is until this takes its place.
        @Shared public private(set) var session: Session
        private var commands: ArraySlice<JournalEntry>
        private let goal: Instant

        fileprivate init(session: Session, commands: ArraySlice<JournalEntry>, goal: Instant) {
            (self.session, self.commands, self.goal) = (session, commands, goal)
        }

        /// Goes on until `shouldStop` says so; it is asked after each event. Returns whether it arrived.
        @discardableResult
        public mutating func run(unless shouldStop: (Instant) -> Bool = { _ in false }) -> Bool {
            while let entry = commands.first {
                while session.turns < entry.turn, session.step() {
                    if shouldStop(session.now) { return false }
                }
                session.repeat(entry)
                commands.removeFirst()
            }
            return session.advance(to: goal, unless: shouldStop)
        }
    }

    private mutating func `repeat`(_ entry: JournalEntry) {
        simulation.moveTime(to: entry.time)
        switch entry.command {
        case .write(let write):
            _ = perform(write)
            return
        case .mirror(let changes): return follow(changes, at: entry.time)
        default: break
        }
        if let kept = checkpoints.last, !kept.isBeforeCommand || kept.journalCount < journal.count { checkpoint(beforeCommand: true) }
        let result = simulation.perform(entry.command)
        note(JournalEntry(time: entry.time, command: entry.command, result: result, turn: turns))
    }

    private mutating func go(to index: Int) {
        returns += 1
        highestRevision = max(highestRevision, cluster.store.revision)
        let checkpoint = checkpoints[index]
        restore(checkpoint.simulation)
        script = checkpoint.script
        turns = checkpoint.turns
        for entry in journal[checkpoint.journalCount...] { held -= entry.size }
        journal.removeLast(journal.count - checkpoint.journalCount)
        checkpoints.removeLast(checkpoints.count - index - 1)
    }

    /// Takes a state that was kept, which has no changes for watchers; from now on they are kept again.
    private mutating func restore(_ kept: Simulation) {
        let history = simulation.history
        simulation = kept
        simulation.history = history
    }

    /// Keeps the present state to go back to. Called now and then; old states between commands are thinned out.
    public mutating func checkpoint() { checkpoint(beforeCommand: false) }

    private mutating func checkpoint(beforeCommand: Bool) {
        if !beforeCommand, let last = checkpoints.last, last.simulation.eventsRun == simulation.eventsRun, last.journalCount == journal.count { return }
        var kept = simulation
        kept.history = 0
        kept.forgetReadChanges()
        checkpoints.append(
            Checkpoint(simulation: kept, script: script, journalCount: journal.count, turns: turns, isBeforeCommand: beforeCommand))
        thin()
    }

    /// What the states kept hold, in bytes: an upper bound.
    public var keptSize: Int {
        checkpoints.indices.reduce(0) { $0 + checkpoints[$1].size(beside: $1 + 1 < checkpoints.count ? checkpoints[$1 + 1].simulation : simulation) }
    }
    /// How many states are kept.
    public var keptCount: Int { checkpoints.count }

    /// Drops states as long as they hold too much: every second one of the older half, those before commands last. The
    /// first stays, and so do the newest.
    private mutating func thin() {
        while checkpoints.count > Self.leastKept, checkpoints.count > Self.mostKept || keptSize > Self.capacity {
            let before = checkpoints.count
            let end = max(2, min(before / 2, before - Self.leastKept))
            var drops = false
            var kept = Array(checkpoints[..<1])
            for index in 1..<before {
                let isOld = index < end && !checkpoints[index].isBeforeCommand
                if isOld { drops.toggle() }
                if !(isOld && drops) { kept.append(checkpoints[index]) }
            }
            if kept.count == before { kept.remove(at: 1) }
            checkpoints = kept
        }
    }
}
