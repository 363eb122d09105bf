// A cluster that is followed: how old what is known of it is, its past, and branches that are simulated.

import Canvas
import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// A followed cluster beside what is on the screen.
struct Followed {
    /// What is looked at.
    enum Look {
        /// What is told now.
        case present
        /// What was told, or what was told until it was stopped.
        case past
        /// A simulation that went on from a moment of it.
        case branch
    }
    /// Its context.
    var name: String
    /// Names the cluster on command lines, as `kubectl --context prod`.
    var kubectl: String
    var look = Look.present
    var status = LiveStatus()
    /// The present moment.
    var now: Instant
    /// The session that follows it, while something else is on the screen.
    @Shared var session: Session? = nil
    /// What was shown before a branch was made.
    @Shared var options: DashboardOptions? = nil
    /// When what follows from what is told was brought up to date.
    fileprivate var derived = Duration.zero
    fileprivate var isStale = false
    /// How many changes came since the last frame.
    fileprivate var unseen = 0
    /// What was said about it last, so that it is said once.
    fileprivate var toldLoss = false
    fileprivate var toldMissing: [String] = []

    /// How old what is known is: the time since the server, or a kind that fails, was last heard.
    var age: Duration {
        guard let heard = status.heard else { return .zero }
        return max(.zero, now - min(heard, status.lost?.since ?? heard, status.failing?.since ?? heard))
    }

    /// `3 s old`, `12 of 31 kinds`, `LOST 43 s`, `events 1m10s old`.
    var words: (text: String, role: Role) {
        if let lost = status.lost { return ("LOST \(Outages.span(now - lost.since))", .rowError) }
        if status.heard == nil { return ("connecting", .rowPending) }
        if status.waiting > 0 { return ("\(status.kinds.count - status.waiting) of \(status.kinds.count) kinds", .rowPending) }
        if let failing = status.failing { return ("\(failing.name) \(Outages.span(now - failing.since)) old", .rowPending) }
        // It is asked each ten seconds.
        return ("\(Outages.span(age)) old", age < .seconds(15) ? .good : .rowPending)
    }
}

extension World {
    /// Whether what a cluster tells now is on the screen.
    var isFollowing: Bool { followed?.look == .present }
    /// Whether what is on the screen is a followed cluster's present or past: nothing can be changed there.
    var isMirror: Bool { followed != nil && followed?.look != .branch }

    /// The simulation of what is looked at: of a followed cluster what it would do by itself from now on.
    var running: Simulation { session.simulation.awake }
}

extension Dashboard {
    /// The dashboard follows a cluster: its session is a mirror, and what the cluster tells comes by ``follow(_:at:)``.
    ///
    /// - Parameter kubectl: names the cluster on command lines that are shown, such as `kubectl --context prod`.
    public mutating func beginFollowing(_ name: String, kubectl: String) {
        world.followed = Followed(name: name, kubectl: kubectl, now: world.now)
    }

    /// Looks at one namespace, whether it was heard of yet or not.
    public mutating func look(at namespace: String) { setNamespace(namespace) }

    /// Takes in what the followed cluster told until `now`.
    public mutating func follow(_ update: LiveUpdate, at now: Instant) {
        // It is taken out, so that its session is changed where it is.
        guard var followed = world.followed else { return }
        world.followed = nil
        let (before, known) = (followed.now, followed.status)
        (followed.now, followed.status) = (max(now, before), update.status)
        if !update.changes.isEmpty { followed.isStale = true }
        if followed.look == .present {
            world.session.follow(update.changes, at: followed.now)
            followed.unseen += update.changes.count
            // Views that follow changes one by one do not get over so many.
            if followed.unseen > 8000 {
                world.generation += 1
                followed.unseen = 0
            }
            if !update.changes.isEmpty { noteChange() }
            derive(&followed)
            if followed.now >= world.history.nextSample { world.sample() }
        } else {
            let now = followed.now
            followed.session?.follow(update.changes, at: now)
        }
        // Ages move once a second.
        if !update.changes.isEmpty || known != followed.status || followed.now.flooredToSecond != before.flooredToSecond {
            setNeedsFrame()
        }
        tell(&followed)
        world.followed = followed
    }

    /// What frames are drawn of has been looked at.
    mutating func noteFrame() { world.followed?.unseen = 0 }

    /// Brings up to date what is only known of the whole cluster: once a second, and less often where there is much.
    private mutating func derive(_ followed: inout Followed) {
        // About a hundredth of the time, whatever there is.
        guard followed.isStale, world.clock - followed.derived >= max(.seconds(1), .milliseconds(world.store.count / 2)) else { return }
        world.session.derive()
        followed.derived = world.clock
        followed.isStale = false
        setNeedsFrame()
    }

    /// Says what is new about the connection, once.
    private mutating func tell(_ followed: inout Followed) {
        let status = followed.status
        if let lost = status.lost {
            if !followed.toldLoss { show("Connection lost: \(lost.why). What is shown is what was known then.", .error) }
            followed.toldLoss = true
        } else if followed.toldLoss {
            followed.toldLoss = false
            show("Connected again", .info)
        }
        guard status.waiting == 0, status.missing != followed.toldMissing else { return }
        followed.toldMissing = status.missing
        if let first = status.missing.first {
            show("\(first)" + (status.missing.count > 1 ? " (and \(status.missing.count - 1) more)" : "") + "; :live tells all", .warning)
        }
    }

    // MARK: Past and present

    /// Shows a moment that has been, as it was known then.
    mutating func lookBack(to time: Instant) {
        guard let present = world.followed?.session ?? (world.isFollowing ? world.session : nil) else { return }
        if time >= present.now { return lookAtPresent() }
        guard var replay = present.replay(to: max(time, world.cluster.origin)) else { return show("This is the beginning", .info) }
        replay.run()
        world.followed?.session = present
        world.followed?.look = .past
        world.session = replay.session
        world.session.derive()
        world.generation += 1
        show("As it was at \(world.time(world.now)); \(world.mark(GeneralAction.pause, in: Bindings.time)) returns to the present", .info)
    }

    /// Shows what the cluster tells now.
    mutating func lookAtPresent() {
        guard let session = world.followed?.session else { return }
        world.session = session
        if let options = world.followed?.options { world.options = options }
        world.followed?.session = nil
        world.followed?.options = nil
        world.followed?.look = .present
        world.followed?.isStale = true
        world.generation += 1
        show("The present", .info)
    }

    /// Stops the picture: what comes meanwhile is kept.
    mutating func stopAtPresent() {
        guard world.isFollowing else { return }
        world.followed?.session = world.session
        world.followed?.look = .past
        show("Stopped; \(world.mark(GeneralAction.pause, in: Bindings.time)) returns to the present", .info)
    }

    /// Makes what is looked at a simulated session of its own; the cluster is followed on behind it.
    mutating func branch() {
        guard let followed = world.followed else { return show("This is a simulation already", .warning) }
        if followed.look == .branch { return show("This is a branch already; :live returns to \(followed.name)", .warning) }
        if followed.look == .present { world.followed?.session = world.session }
        world.followed?.options = world.options
        world.followed?.look = .branch
        var session = Session(world.running)
        session.isPaused = true
        session.speed = .times(10)
        world.session = session
        world.options.readOnly = false
        world.options.name = "\(followed.name)@\(world.time(world.now, milliseconds: false))"
        world.generation += 1
        show(
            "A simulation that goes on from here; \(world.mark(GeneralAction.pause, in: Bindings.time)) lets time run, :live returns to \(followed.name)", .info
        )
    }
}
