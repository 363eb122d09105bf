// The loop of a simulation that clients use.

#if Network
    import APIServer
    import Dispatch
    import Simulation
    import SimulationKit

    /// The simulation behind a server: it lets virtual time run, answers what has come, and tells watchers what is new.
    ///
    /// Everything here happens on one thread. Messages are answered in the order in which they came, each at the virtual
    /// moment at which it was taken. A class, as a session is large and there is only ever this one.
    public final class ServedSession {
        public private(set) var session: Session
        private let inbox: Inbox
        private let desk: Desk
        private var pace: Pace

        /// At most so much simulation between two looks at the messages, in nanoseconds.
        private static let slice: UInt64 = 5_000_000
        /// Sleeps no longer than this, in nanoseconds: logs go on while nothing happens.
        private static let nap: UInt64 = 100_000_000

        /// - Parameter desk: answers the clients of `inbox`.
        public init(_ session: Session, desk: Desk, inbox: Inbox) {
            (self.session, self.inbox, self.desk) = (session, inbox, desk)
            pace = Pace(session, at: DispatchTime.now().uptimeNanoseconds)
        }

        /// - Parameter programs: finds what runs at the other end of a session with a pod.
        public convenience init(_ session: Session, api: APIServer, inbox: Inbox, audit: AuditLog? = nil, programs: @escaping PodPrograms) {
            self.init(session, desk: Desk(api: api, inbox: inbox, audit: audit, programs: programs), inbox: inbox)
        }

        /// Runs until ``Inbox/stop()``.
        public func run() {
            while turn() {
                let now = DispatchTime.now().uptimeNanoseconds
                inbox.sleep(atMost: min(pace.wait(until: session.simulation.nextDue, at: now) ?? Self.nap, desk.patience(at: now), Self.nap))
            }
        }

        /// Lets time run up to the present, answers what has come, tells what is new. Returns false if the server is to end.
        private func turn() -> Bool {
            let now = DispatchTime.now().uptimeNanoseconds
            advance(from: now)
            let goesOn = desk.turn(&session)
            pace.notice(session, at: now)
            return goesOn
        }

        private func advance(from now: UInt64) {
            let deadline = now + Self.slice
            func isLate() -> Bool { DispatchTime.now().uptimeNanoseconds > deadline }
            guard let goal = pace.goal(at: now) else {
                while !isLate(), session.step() {}
                return
            }
            session.advance(to: max(goal, session.now), until: isLate)
        }
    }
#endif
