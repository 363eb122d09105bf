// Requests answered and streams kept, on the simulation's thread.

#if Network
    import APIServer
    import Dispatch
    import Simulation
    import SimulationKit

    /// Answers requests at the API server, and keeps the streams that are open: watches, logs and sessions with pods. Of one thread.
    ///
    /// Whoever has the session lets it take turns: ``ServedSession``, or a dashboard.
    public final class Desk {
        private var api: APIServer
        private let inbox: Inbox
        /// How far a client wants time to be at once, who asked, and what he is told then.
        private var jump: (goal: Instant, exchange: Exchange, answer: @Sendable (Session) -> APIResponse)?
        /// How long the holder may wait from `now` for the next turn, in nanoseconds, if nothing else is due.
        public func patience(at now: UInt64) -> UInt64 {
            if jump != nil { return 0 }
            return hasNews ? Self.gap - min(Self.gap, now &- watchesAsked) : .max
        }
        /// Between two times that watchers are told, in nanoseconds: changes that follow each other closely go out together, as each
        /// message to each of many watchers costs a call of the system. The first after a rest goes out at once.
        private static let gap: UInt64 = 4_000_000
        /// There is something that watchers were not told yet.
        private var hasNews = false
        /// At most so much of it in one turn, in nanoseconds.
        private static let slice: UInt64 = 5_000_000
        private let audit: AuditLog?
        private let programs: PodPrograms
        private let signer: CertificateSigner?
        private var streams: [Stream] = []
        /// What watchers were told of, and when the streams were last asked, by the machine's clock.
        private var revision = 0
        private var watchesAsked: UInt64 = 0
        private var othersAsked: UInt64 = 0

        private struct Stream {
            let exchange: Exchange
            var source: Source
            /// What the audit log says of it.
            var event: AuditEvent?
            /// Nothing was sent yet.
            var isNew = true
            var isWatch: Bool { if case .watch = source { true } else { false } }

            /// Sends what is new; afterwards the source may be over.
            mutating func tell(_ session: inout Session) {
                isNew = false
                switch source {
                case .watch(var watch):
                    source = .over
                    let (chunks, isOver) = watch.next(in: session)
                    if !isOver { source = .watch(watch) }
                    if isOver || !chunks.isEmpty { exchange.send(.chunks(chunks, isOver: isOver)) }
                case .log(var log):
                    source = .over
                    let (bytes, isOver) = log.next(in: session)
                    if !isOver { source = .log(log) }
                    if isOver || !bytes.isEmpty { exchange.send(.chunks(bytes.isEmpty ? [] : [{ bytes }], isOver: isOver)) }
                case .program(var program):
                    source = .over
                    let output = program.news(in: &session)
                    if !output.contains(where: \.isEnd) { source = .program(program) }
                    if !output.isEmpty { exchange.send(.output(output)) }
                case .over: break
                }
            }
        }
        private enum Source {
            case watch(APIWatch)
            case log(APILogStream)
            case program(any PodProgram)
            case over

            var isOver: Bool { if case .over = self { true } else { false } }
        }

        /// - Parameter programs: finds what runs at the other end of a session with a pod.
        /// - Parameter audit: where each request is told of.
        /// - Parameter signer: signs requests for certificates that are approved; nil: nobody does.
        public init(api: APIServer, inbox: Inbox, audit: AuditLog? = nil, signer: CertificateSigner? = nil, programs: @escaping PodPrograms) {
            (self.api, self.inbox, self.audit, self.signer, self.programs) = (api, inbox, audit, signer, programs)
            self.api.isAudited = audit != nil
        }

        /// Answers what has come, in its order, and tells what is new. Returns false if the server is to end.
        @discardableResult
        public func turn(_ session: inout Session) -> Bool {
            for message in inbox.take() {
                if case .stop = message { return false }
                handle(message, in: &session)
            }
            goOnJumping(&session)
            tellNews(in: &session, at: DispatchTime.now().uptimeNanoseconds)
            return true
        }

        private func handle(_ message: Message, in session: inout Session) {
            switch message {
            case .request(let request, let exchange):
                answer(request, exchange, in: &session)
            case .input(let input, let exchange):
                guard let index = streams.firstIndex(where: { $0.exchange === exchange }), case .program(var program) = streams[index].source else { return }
                let output = program.receive(input, in: &session)
                streams[index].source = .program(program)
                if !output.isEmpty { exchange.send(.output(output)) }
                if output.contains(where: \.isEnd) { forget(at: session.now) { $0.exchange === exchange } }
            case .gone(let exchange):
                // Nobody waits for it any more: time stays where it got to.
                if let jump, jump.exchange === exchange { self.jump = nil }
                guard let index = streams.firstIndex(where: { $0.exchange === exchange }) else { return }
                if case .program(var program) = streams[index].source { _ = program.receive(.gone, in: &session) }
                forget(at: session.now) { $0.exchange === exchange }
            case .stop: break
            }
        }

        private func answer(_ request: APIRequest, _ exchange: Exchange, in session: inout Session) {
            let reply = api.reply(to: request, in: &session)
            if request.method != "GET", request.path.contains("/certificatesigningrequests") { signer?.run(&session) }
            var event = api.lastEvent
            func open(_ source: Source) {
                if let event { audit?.write(event, .started, at: session.now) }
                streams.append(Stream(exchange: exchange, source: source, event: event))
                event = nil
            }
            switch reply {
            case .answer(let response): exchange.send(.answer(response))
            case .watch(let watch):
                exchange.send(.begin(.watch, headers: watch.headers, seconds: watch.timeoutSeconds > 0 ? watch.timeoutSeconds : nil))
                open(.watch(watch))
            case .log(let log):
                exchange.send(.begin(.log, headers: log.headers, seconds: nil))
                open(.log(log))
            case .session(let asked):
                switch programs(asked, session) {
                case .success(let program):
                    exchange.send(.session(asked))
                    open(.program(program))
                case .failure(let error):
                    event?.code = error.code
                    event?.failure = error
                    exchange.send(.answer(.refusal(error.code, error.reason, error.message)))
                }
            case .advance(let goal, let answer):
                if jump == nil {
                    jump = (goal, exchange, answer)
                } else {
                    exchange.send(.answer(.refusal(409, "Conflict", "another jump of time is under way")))
                }
            }
            if let event { audit?.write(event, .complete, at: session.now) }
        }

        /// Forgets streams that are over.
        private func forget(at now: Instant, where isOver: (Stream) -> Bool) {
            if let audit { for stream in streams where isOver(stream) { stream.event.map { audit.write($0, .complete, at: now) } } }
            streams.removeAll(where: isOver)
        }

        /// Lets time run towards where a client wants it to be.
        private func goOnJumping(_ session: inout Session) {
            guard let (goal, exchange, answer) = jump else { return }
            let returns = session.returns
            let deadline = DispatchTime.now().uptimeNanoseconds + Self.slice
            let hasArrived = session.advance(to: max(goal, session.now)) { DispatchTime.now().uptimeNanoseconds > deadline }
            if hasArrived || session.returns != returns {
                jump = nil
                exchange.send(.answer(answer(session)))
            }
        }

        /// Sends each stream what is new, and forgets those that are over.
        ///
        /// Watches are asked soon after something was written, and once a second for their bookmarks; logs and programs fifty times a second.
        private func tellNews(in session: inout Session, at now: UInt64) {
            hasNews = session.cluster.store.revision != revision
            let pause = now &- watchesAsked
            let watchesAreDue = hasNews && pause >= Self.gap || pause > 1_000_000_000
            let othersAreDue = now &- othersAsked > 20_000_000
            for index in streams.indices where streams[index].isNew || (streams[index].isWatch ? watchesAreDue : othersAreDue) {
                streams[index].tell(&session)
            }
            forget(at: session.now) { $0.source.isOver }
            if watchesAreDue { (revision, watchesAsked, hasNews) = (session.cluster.store.revision, now, false) }
            if othersAreDue { othersAsked = now }
        }
    }
#endif
