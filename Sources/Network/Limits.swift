// What one server bears, and the count of it.

#if Network
    import APIServer
    import Synchronization

    /// What clients may use of a server.
    public struct ServerLimits: Sendable {
        /// Bytes of a request's body. More is 413, with upstream's text.
        public var body = APIServer.largestBody
        /// Bytes of a request's headers in sum. More is 431.
        public var headers = 1 << 20
        /// Bytes of a URL. More is 414.
        public var url = 64 << 10
        /// Requests that are being answered, watches not counted. More is 429.
        public var requests = 600
        /// Streams that are open: watches, logs, sessions with pods. More is 429.
        public var streams = 10_000
        /// Connections; more are closed as they come.
        public var connections = 20_000
        /// Seconds within which TLS is set up and a first request has begun, and a request has come whole once it has begun.
        public var requestSeconds = 30
        /// Seconds that a connection may stay unused between two requests.
        public var idleSeconds = 120
        /// Seconds within which a client has to take what is written to it.
        public var writeSeconds = 30
        /// Changes that may wait for a watcher that does not read; then it is dropped.
        public var waitingChanges = 10_000

        public init() {}
    }

    /// What is in use at this moment.
    final class Usage: Sendable {
        let requests = Atomic(0)
        let streams = Atomic(0)
        let connections = Atomic(0)
    }

    extension Atomic<Int> {
        /// Takes one more unless there are `limit`; returns whether it was taken.
        func take(atMost limit: Int) -> Bool {
            if add(1, ordering: .relaxed).newValue <= limit { return true }
            giveBack()
            return false
        }
        func giveBack() { subtract(1, ordering: .relaxed) }
    }
#endif
