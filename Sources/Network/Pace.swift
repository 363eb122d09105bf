// Virtual time beside the wall clock.

#if Network
    import Dispatch
    import Simulation
    import SimulationKit

    /// How virtual time follows the wall clock: from a moment at which both are known.
    struct Pace {
        private var wall: UInt64
        private var virtual: Instant
        private var speed: Speed
        private var isPaused: Bool
        private var returns: Int

        init(_ session: Session, at wall: UInt64) {
            (self.wall, virtual, speed, isPaused, returns) = (wall, session.now, session.speed, session.isPaused, session.returns)
        }

        /// Starts to count anew if the session's speed was changed, or its time was moved by something else than this.
        mutating func notice(_ session: Session, at now: UInt64) {
            let isAhead = goal(at: now).map { session.now > $0 } ?? false
            if isAhead || session.speed != speed || session.isPaused != isPaused || session.returns != returns { self = Pace(session, at: now) }
        }

        /// Where virtual time is to be at `now`; nil for as far as it gets.
        func goal(at now: UInt64) -> Instant? {
            if isPaused { return virtual }
            guard case .times(let factor) = speed else { return nil }
            return virtual + Duration(nanoseconds: Int64(clamping: now &- wall)) * factor
        }

        /// How many nanoseconds of the wall clock there are from `now` until virtual time is at `due`; nil if that is never.
        func wait(until due: Instant?, at now: UInt64) -> UInt64? {
            guard let due, !isPaused else { return nil }
            guard case .times(let factor) = speed else { return 0 }
            let moment = wall &+ UInt64(clamping: (due - virtual).nanoseconds / Int64(factor))
            return moment > now ? moment - now : 0
        }
    }
#endif
