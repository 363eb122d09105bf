// How virtual time runs under the dashboard, and what it computes beside.

import ControlPlane
import Simulation
import SimulationKit

extension Dashboard {
    /// Lets virtual time run as far as `elapsed` real time allows at the present speed; `shouldStop` ends the work
    /// early (it is asked after each event). Samples for the curves are taken on the way, at fixed virtual times.
    public mutating func advance(by elapsed: Duration, until shouldStop: () -> Bool) {
        pass(elapsed)
        if world.isBehind { needsFrame = true }
        defer { work(until: shouldStop) }
        // A followed cluster has its own time.
        guard !world.session.isPaused, !world.isMirror else { return }
        let before = world.now
        let revision = world.store.revision
        run(to: goal, readAtOnce: World.readInFrame) { _ in shouldStop() }
        if world.now != before || world.store.revision != revision { needsFrame = true }
        if world.now != before { apply(withTop { screen, world in screen.tick(world) }) }
        if world.store.revision != revision { noteChange() }
        // A place to go back to, now and then in real time: it costs what changes afterwards, and a copy of each table that does.
        if clock - lastCheckpoint > .seconds(2), clock - lastCheckpoint > .seconds(2) * max(1, world.store.count / 20_000) {
            lastCheckpoint = clock
            world.session.checkpoint()
        }
    }

    /// Lets real time go by alone, for a key that is answered first: the next ``advance(by:until:)`` makes up for the virtual time.
    public mutating func pass(_ elapsed: Duration) {
        clock = clock + elapsed
        world.clock = clock
        // What has just changed is highlighted for a moment, and drawn plainly after it.
        if let until = highlightsUntil, clock >= until { (highlightsUntil, needsFrame) = (nil, true) }
        if flash != nil, flash?.level != .error, clock > flashUntil { (flash, needsFrame) = (nil, true) }
        guard !world.session.isPaused, !world.isMirror else { return }
        // After a suspension the real time that passed is not made up for, but what one turn leaves undone is.
        goal = world.session.target(elapsed: min(elapsed + owed, .milliseconds(250)))
    }

    /// The real time whose virtual time has not been run yet: none when paused or at full speed.
    private var owed: Duration {
        guard case .times(let factor) = world.session.speed, let goal, goal > world.now else { return .zero }
        return Duration(nanoseconds: (goal - world.now).nanoseconds / Int64(factor))
    }
    /// Whether virtual time is behind: the caller should not sleep.
    public var isBehind: Bool { !world.session.isPaused && owed > .milliseconds(1) }

    /// Lets clients of a server take their turn with the session, and shows what they change.
    public mutating func serve(_ turn: (inout Session) -> Void) {
        let (revision, isPaused, speed, now) = (world.store.revision, world.session.isPaused, world.session.speed, world.now)
        let returns = world.session.returns
        turn(&world.session)
        if world.session.returns != returns {
            // A client went back to a snapshot.
            replacements.forget()
            world.generation += 1
            needsFrame = true
            noteChange()
        }
        if world.session.isPaused != isPaused || world.session.speed != speed || world.now != now { needsFrame = true }
        if world.store.revision != revision {
            needsFrame = true
            noteChange()
        }
    }

    /// Lets the view compute. It gets some steps in any case, or time that runs at full speed would leave it none.
    private mutating func work(until shouldStop: () -> Bool) {
        guard stack.last!.hasWork else { return }
        var steps = 0
        withTop { screen, world in
            screen.work(world) {
                steps += 1
                return steps > 100 && shouldStop()
            }
        }
        needsFrame = true
    }

    /// As far as virtual time may go by one command.
    static let longestJump = Duration.hours(8760)

    /// Lets virtual time run to `limit` at once, as far as ``usersPatience`` allows; returns whether it got there.
    @discardableResult
    public mutating func run(to limit: Instant) -> Bool {
        let (from, patience, origin) = (world.now, world.patience, world.cluster.origin)
        var isOver = false
        run(to: limit) { now in
            isOver = patience.isOver {
                WorkProgress(
                    title: "Running to T+\(clockText(limit, since: origin, milliseconds: false))",
                    detail: "T+\(clockText(now, since: origin, milliseconds: false))",
                    share: (now - from).seconds / max((limit - from).seconds, 1e-9))
            }
            return isOver
        }
        noteChange()
        apply(withTop { screen, world in screen.tick(world) })
        if isOver { show("Stopped at \(world.time(world.now))", .warning) }
        return !isOver
    }

    mutating func run(to limit: Instant?, readAtOnce: Int = World.farAhead, until shouldStop: (Instant) -> Bool) {
        let period = History.period
        while true {
            // At full speed the goal is one sample further, again and again, until time is up.
            let goal = limit ?? world.now + period
            let next = min(goal, world.history.nextSample)
            var isOver = false
            let arrived = world.session.advance(to: next, writes: world.room(readAtOnce)) { now in
                isOver = shouldStop(now)
                return isOver
            }
            guard arrived else {
                if isOver { return }
                world.keepUp()
                continue
            }
            if next >= world.history.nextSample { world.sample() }
            if let limit, world.now >= limit { return }
            if limit == nil, world.session.simulation.nextDue == nil || shouldStop(world.now) { return }
        }
    }

    /// The time between two frames for which no key asks: 30 a second, and at x1, where nothing moves fast, ten.
    public var framePeriod: Duration { world.session.speed == .times(1) && !world.isMirror ? .milliseconds(100) : .milliseconds(33) }

    /// How long the caller may sleep when no key comes; nil for as long as it likes.
    public var patience: Duration? {
        // Nobody wakes the host when a client, or a followed cluster, says something.
        let others: Duration? = !world.forwards.isEmpty ? .milliseconds(20) : world.followed != nil ? .milliseconds(50) : nil
        guard let own = ownPatience else { return others }
        return others.map { min(own, $0) } ?? own
    }
    private var ownPatience: Duration? {
        if stack.last!.hasWork || world.isBehind { return .milliseconds(1) }
        if !world.session.isPaused, !world.isMirror { return framePeriod }
        if let highlightsUntil { return max(.milliseconds(20), highlightsUntil - clock + .milliseconds(5)) }
        if flash != nil, flash?.level != .error { return max(.milliseconds(20), flashUntil - clock + .milliseconds(5)) }
        return nil
    }
}
