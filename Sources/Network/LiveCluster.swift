// Follows a cluster over a Unix socket: sends what a LiveFeed wants to know, and hands it the answers.

#if Network
    import Glibc
    import NIOCore
    import NIOPosix
    import Simulation
    import SimulationKit
    import Synchronization

    /// The present, which does not jump when somebody sets the clock, and goes on while the machine sleeps.
    public struct LiveClock: Sendable {
        private let start: Instant
        private let begin: Duration

        public init() {
            start = Instant(unixSeconds: 0) + Self.read(CLOCK_REALTIME)
            begin = Self.read(CLOCK_BOOTTIME)
        }
        public var now: Instant { start + (Self.read(CLOCK_BOOTTIME) - begin) }

        private static func read(_ clock: clockid_t) -> Duration {
            var time = timespec()
            clock_gettime(clock, &time)
            return .seconds(Int(time.tv_sec)) + Duration(nanoseconds: Int64(time.tv_nsec))
        }
    }

    /// A cluster that is followed by way of a socket on which its API server is reached without further ado, as `kubectl proxy` makes one.
    ///
    /// Everything is asked and understood on one thread of its own; the owner takes what has come when it is its turn. Nothing but GET is sent.
    public final class LiveCluster: Sendable {
        /// How long an answer may take, and how long one waits for what says whether the server is there.
        public struct Patience: Sendable {
            public var answer = Duration.seconds(60)
            public var beat = Duration.seconds(10)
            /// Servers end a watch within ten minutes.
            public var watch = Duration.seconds(660)
            public init() {}
        }
        private let group: MultiThreadedEventLoopGroup
        private let outbox = Mutex<(changes: [MirrorChange], status: LiveStatus)>(([], LiveStatus()))
        public let clock: LiveClock

        /// - Parameters:
        ///   - revive: called when nobody listens on the socket, from the thread of its own.
        public init(
            socket: String, feed: LiveFeed, clock: LiveClock = LiveClock(), patience: Patience = Patience(), revive: @escaping @Sendable () -> Void = {}
        ) {
            group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            self.clock = clock
            let loop = group.any()
            loop.execute { [self] in
                let follower = Follower(socket, feed, loop: loop, clock, patience, revive) { changes, status in
                    self.outbox.withLock { outbox in
                        outbox.changes += changes
                        outbox.status = status
                    }
                }
                follower.pump()
            }
        }

        /// What has come since the last call, at most so many changes of it.
        public func take(atMost count: Int = 4096) -> LiveUpdate {
            outbox.withLock { outbox in
                let changes = Array(outbox.changes.prefix(count))
                outbox.changes.removeFirst(changes.count)
                return LiveUpdate(changes: changes, status: outbox.status)
            }
        }

        /// Closes all connections and ends the thread.
        public func close() { try? group.syncShutdownGracefully() }
    }

    /// The thread's end of it: which request is on which connection. Used on its event loop alone.
    private final class Follower {
        private let socket: String
        private var feed: LiveFeed
        private let loop: any EventLoop
        private let clock: LiveClock
        private let patience: LiveCluster.Patience
        private let revive: () -> Void
        private let publish: ([MirrorChange], LiveStatus) -> Void
        private var channels: [Int: any Channel] = [:]
        private var timer: Scheduled<Void>?
        private var isPumping = false

        init(
            _ socket: String, _ feed: LiveFeed, loop: any EventLoop, _ clock: LiveClock, _ patience: LiveCluster.Patience, _ revive: @escaping () -> Void,
            publish: @escaping ([MirrorChange], LiveStatus) -> Void
        ) {
            (self.socket, self.feed, self.loop, self.clock, self.patience) = (socket, feed, loop, clock, patience)
            (self.revive, self.publish) = (revive, publish)
        }

        /// Sends what is due, hands on what has come, and comes back when something is due again.
        func pump() {
            isPumping = false
            for id in feed.takeAbandoned() { channels.removeValue(forKey: id)?.close(promise: nil) }
            for request in feed.requests(at: clock.now) { send(request) }
            publish(feed.take(), feed.status)
            timer?.cancel()
            guard let due = feed.nextDue else { return }
            let bound = NIOLoopBound(self, eventLoop: loop)
            let wait = max(Duration.milliseconds(5), due - clock.now)
            timer = loop.scheduleTask(in: .nanoseconds(min(wait.nanoseconds, 3_600_000_000_000))) { bound.value.pump() }
        }

        /// Soon, once for all that comes until then.
        private func pumpSoon() {
            if isPumping { return }
            isPumping = true
            let bound = NIOLoopBound(self, eventLoop: loop)
            loop.scheduleTask(in: .milliseconds(2)) { bound.value.pump() }
        }

        private func receive(_ reply: LiveReply, for id: Int) {
            switch reply {
            case .began, .line: break
            case .answer, .over: channels[id] = nil
            }
            feed.receive(reply, for: id, at: clock.now)
            pumpSoon()
        }

        private func send(_ request: LiveRequest) {
            let bound = NIOLoopBound(self, eventLoop: loop)
            let limit = request.isWatch ? patience.watch : request.isBeat ? patience.beat : patience.answer
            ClientBootstrap(group: loop)
                .connectTimeout(.seconds(5))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHTTPClientHandlers()
                        try pipeline.addHandler(LiveExchange(request, limit: limit) { bound.value.receive($0, for: request.id) })
                    }
                }
                .connect(unixDomainSocketPath: socket)
                .whenComplete { result in
                    let follower = bound.value
                    switch result {
                    case .success(let channel): follower.channels[request.id] = channel
                    case .failure(let error):
                        follower.receive(.over("\(error)"), for: request.id)
                        follower.revive()
                    }
                }
        }
    }
#endif
