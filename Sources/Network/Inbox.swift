// What connections and the simulation tell each other. The simulation belongs to one thread; everything comes to it as messages.

#if Network
    import APIServer
    import Dispatch
    import Synchronization

    /// Something that a connection wants from the simulation.
    enum Message: Sendable {
        case request(APIRequest, Exchange)
        /// What a client says in a session with a pod.
        case input(PodInput, Exchange)
        /// The client has gone, or its time is over.
        case gone(Exchange)
        /// The server is to end.
        case stop
    }

    /// Something that the simulation has for a connection.
    enum Delivery: Sendable {
        case answer(APIResponse)
        /// 200, and chunks that follow. After so many seconds of the wall clock the stream ends; nil: by itself.
        case begin(StreamForm, headers: [(name: String, value: String)], seconds: Int?)
        case chunks([@Sendable () -> [UInt8]], isOver: Bool)
        /// The session may begin: the connection is to be upgraded.
        case session(APIPodSession)
        case output([PodOutput])
    }

    /// What flows in a stream that is no session with a pod.
    enum StreamForm: Sendable {
        /// Events, each a chunk.
        case watch
        case log
    }

    /// One request and what becomes of it: the simulation's end of it. Its identity is the request's.
    final class Exchange: Sendable {
        /// Carries a delivery to the connection, from any thread.
        let send: @Sendable (Delivery) -> Void

        init(_ send: @escaping @Sendable (Delivery) -> Void) { self.send = send }
    }

    /// The messages that wait for the simulation's thread, in the order in which they came.
    public final class Inbox: Sendable {
        private let waiting = Mutex<[Message]>([])
        private let bell = DispatchSemaphore(value: 0)

        public init() {}

        func post(_ message: Message) {
            let isFirst = waiting.withLock { messages in
                messages.append(message)
                return messages.count == 1
            }
            if isFirst { bell.signal() }
        }

        /// Takes what has come.
        func take() -> [Message] {
            waiting.withLock { messages in
                let taken = messages
                messages = []
                return taken
            }
        }

        /// Sleeps until a message has come, or so many nanoseconds have passed.
        func sleep(atMost nanoseconds: UInt64) {
            if waiting.withLock({ $0.isEmpty }) { _ = bell.wait(timeout: .now() + .nanoseconds(Int(min(nanoseconds, 1 << 60)))) }
        }

        /// Ends the loop of ``ServedSession/run()``, from any thread.
        public func stop() { post(.stop) }
    }
#endif
