// HTTP/1.1 of one client: requests, answers, streams, and what becomes of clients that do not keep to it.

#if Network
    import APIServer
    import ControlPlane
    import NIOCore
    import NIOHTTP1
    import NIOWebSocket

    /// One client's connection: reads requests, hands them to the simulation one at a time, writes what comes back.
    ///
    /// It stands behind NIO's HTTP decoder. While a request is answered, those that the client has sent after it wait here, and
    /// nothing more is read from the socket once there are any.
    final class HTTPConnection: ChannelDuplexHandler, RemovableChannelHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundIn = HTTPServerResponsePart
        typealias OutboundOut = HTTPServerResponsePart

        private let server: ServerContext
        private var user: UserInfo?
        private var waiting = CircularBuffer<HTTPServerRequestPart>(initialCapacity: 0)
        private var heldRead = false
        private var isResuming = false
        private var state = State.idle
        private var head: HTTPRequestHead?
        private var body = ByteBuffer()
        /// What is open at the simulation's end, and which of this connection's requests it is.
        private var exchange: Exchange?
        private var number = 0
        /// What it counts as meanwhile.
        private var held = Held.nothing
        /// Chunks that were not written yet, since the client does not read.
        private var chunks = CircularBuffer<@Sendable () -> [UInt8]>(initialCapacity: 0)
        private var chunksEnd = false
        private var deadline: Scheduled<Void>?
        private var streamEnd: Scheduled<Void>?
        private var lastWrite: EventLoopFuture<Void>?
        /// What has taken this one's place in the pipeline.
        private var session: SessionHandler?
        /// What was wrong with the bytes behind the request that is being answered.
        private var laterFault: HTTPResponseStatus?

        private enum State {
            /// Between requests.
            case idle
            /// A request comes in.
            case reading
            /// The simulation has it.
            case asked
            /// A stream is written.
            case streaming
            /// It was refused before its end, which is thrown away.
            case refused
            /// The pipeline belongs to a session with a pod, or nothing more is read.
            case over
        }

        private enum Held { case nothing, request, stream }

        init(_ server: ServerContext) { self.server = server }

        // MARK: Reading

        func handlerAdded(context: ChannelHandlerContext) { expect(within: server.limits.requestSeconds, context) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if state == .over { return }
            waiting.append(unwrapInboundIn(data))
            resume(context)
        }

        func read(context: ChannelHandlerContext) {
            if waiting.isEmpty { context.read() } else { heldRead = true }
        }

        /// Takes what waits, until a request has come whole. A client that does not read its answers gets no more of them.
        private func resume(_ context: ChannelHandlerContext) {
            // What is answered at once leads back here; it goes on in the loop, not on top of the stack.
            if isResuming { return }
            isResuming = true
            defer { isResuming = false }
            while state == .reading || state == .refused || (state == .idle && context.channel.isWritable), let part = waiting.popFirst() {
                consume(part, context)
            }
            guard waiting.isEmpty else { return }
            if state == .idle, let laterFault { return fault(laterFault, context) }
            if heldRead {
                heldRead = false
                context.read()
            }
        }

        private func consume(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
            switch part {
            case .head(let head): begin(head, context)
            case .body(var bytes):
                guard state == .reading else { return }
                if body.readableBytes + bytes.readableBytes > server.limits.body { return refuse(bodyTooLarge, context) }
                body.writeBuffer(&bytes)
            case .end:
                switch state {
                case .reading: ask(context)
                case .refused: close(context)
                default: break
                }
            }
        }

        private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
            (self.head, state) = (head, .reading)
            body.clear()
            expect(within: server.limits.requestSeconds, context)
            if head.uri.utf8.count > server.limits.url { return refuse(.text(414, "414 URI Too Long"), context) }
            if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }), length > server.limits.body {
                return refuse(bodyTooLarge, context)
            }
            if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
                context.writeAndFlush(wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: .continue))), promise: nil)
            }
        }

        private var bodyTooLarge: APIResponse {
            .refusal(413, "RequestEntityTooLarge", "Request entity too large: limit is \(server.limits.body)")
        }

        /// Hands the request to the simulation.
        private func ask(_ context: ChannelHandlerContext) {
            guard let head else { return }
            stopWaiting()
            state = .asked
            if head.method == .CONNECT || !head.uri.hasPrefix("/") { return answer(.text(400, "400 Bad Request"), context) }
            guard server.usage.requests.take(atMost: server.limits.requests) else { return answer(.tooMany, context) }
            held = .request
            let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
            var request = APIRequest(
                method: head.method.rawValue, path: String(parts[0]), query: parts.count > 1 ? String(parts[1]) : "",
                headers: head.headers.map { ($0.name.lowercased(), $0.value) }, body: Array(body.readableBytesView), user: whoAsks(context))
            request.source = context.remoteAddress?.ipAddress ?? ""
            body = ByteBuffer()
            let bound = NIOLoopBound((connection: self, context: context), eventLoop: context.eventLoop)
            let loop = context.eventLoop
            number += 1
            let exchange = Exchange { [number] delivery in
                loop.execute {
                    let (connection, context) = bound.value
                    // It may be over, and the next one begun.
                    if connection.exchange != nil, connection.number == number { connection.take(delivery, context) }
                }
            }
            self.exchange = exchange
            server.inbox.post(.request(request, exchange))
        }

        private func whoAsks(_ context: ChannelHandlerContext) -> UserInfo {
            if let user { return user }
            let tls = try? context.pipeline.syncOperations.handler(type: TLSHandler.self)
            let found = (tls?.peerCertificate).flatMap { UserInfo(certificate: $0) } ?? .anonymous
            user = found
            return found
        }

        // MARK: Answering

        /// Takes what the simulation has for the client.
        private func take(_ delivery: Delivery, _ context: ChannelHandlerContext) {
            switch delivery {
            case .answer(let response):
                exchange = nil
                answer(response, context)
            case .begin(let form, let headers, let seconds):
                if head?.asksForWebSocket == true { upgrade(form, seconds, context) } else { beginStream(headers, seconds, context) }
            case .chunks(let more, let isOver):
                guard let session else { return append(more, isOver, context) }
                for chunk in more { session.write(.stdout(chunk())) }
                if isOver { session.write(.exit(0)) }
            case .session(let asked): upgrade(asked, context)
            case .output(let output): for item in output { session?.write(item) }
            }
        }

        /// Writes a whole answer and goes on to the next request.
        private func answer(_ response: APIResponse, _ context: ChannelHandlerContext) {
            guard let head else { return }
            giveBack()
            write(response, for: head, isLast: !keepsOpen, context)
            next(context)
        }

        /// Whether another request can come after this one. The decoder stops behind one that asked for another protocol.
        private var keepsOpen: Bool { head.map { $0.isKeepAlive && !$0.headers.contains(name: "upgrade") } ?? false }

        private func write(_ response: APIResponse, for head: HTTPRequestHead, isLast: Bool, _ context: ChannelHandlerContext) {
            var bytes = response.body()
            let hasBody = response.status != 204 && response.status != 304
            var headers = HTTPHeaders(response.headers)
            if head.method == .GET, bytes.count > Gzip.threshold, head.headers[canonicalForm: "accept-encoding"].contains(where: { $0.hasPrefix("gzip") }),
                let packed = Gzip.pack(bytes)
            {
                bytes = packed
                headers.replaceOrAdd(name: "content-encoding", value: "gzip")
                headers.add(name: "vary", value: "Accept-Encoding")
            }
            if hasBody { headers.replaceOrAdd(name: "content-length", value: "\(bytes.count)") }
            if isLast { headers.replaceOrAdd(name: "connection", value: "close") }
            let status = HTTPResponseStatus(statusCode: response.status)
            context.write(wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: status, headers: headers))), promise: nil)
            if hasBody, head.method != .HEAD {
                context.write(wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: bytes)))), promise: nil)
            }
            lastWrite = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        }

        /// Answers a request that has not come whole; the rest of it is thrown away, so that the client hears the answer.
        private func refuse(_ response: APIResponse, _ context: ChannelHandlerContext) {
            guard let head else { return }
            state = .refused
            body = ByteBuffer()
            write(response, for: head, isLast: true, context)
            expect(within: 5, context)
        }

        /// After an answer: the next request that waits, or a pause.
        private func next(_ context: ChannelHandlerContext) {
            let goesOn = keepsOpen
            head = nil
            guard goesOn else { return close(context) }
            state = .idle
            expect(within: server.limits.idleSeconds, context)
            resume(context)
        }

        // MARK: Streams

        private func beginStream(_ headers: [(name: String, value: String)], _ seconds: Int?, _ context: ChannelHandlerContext) {
            guard let head, let exchange else { return }
            giveBack()
            guard server.usage.streams.take(atMost: server.limits.streams) else {
                leave()
                return answer(.tooMany, context)
            }
            (state, held) = (.streaming, .stream)
            chunksEnd = false
            context.writeAndFlush(
                wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: .ok, headers: HTTPHeaders(headers)))), promise: nil)
            if let seconds {
                streamEnd = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(Int64(seconds))) { [server] in
                    server.inbox.post(.gone(exchange))
                    if self.exchange === exchange { self.append([], true, context) }
                }
            }
        }

        /// Ends what is open at the simulation's end.
        private func leave() {
            if let exchange { server.inbox.post(.gone(exchange)) }
            exchange = nil
        }

        private func append(_ more: [@Sendable () -> [UInt8]], _ isOver: Bool, _ context: ChannelHandlerContext) {
            guard state == .streaming else { return }
            // What came together may be more than that: the list that begins a watch.
            if chunks.count > server.limits.waitingChanges { return drop(context) }
            chunks.append(contentsOf: more)
            if isOver { chunksEnd = true }
            pump(context)
        }

        /// Encodes and writes what waits, as long as the client reads.
        private func pump(_ context: ChannelHandlerContext) {
            guard state == .streaming else { return }
            while context.channel.isWritable, !chunks.isEmpty {
                var buffer = context.channel.allocator.buffer(capacity: 1024)
                while buffer.readableBytes < 16 << 10, let chunk = chunks.popFirst() { buffer.writeBytes(chunk()) }
                context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
            }
            context.flush()
            if chunks.isEmpty {
                if chunksEnd { return endStream(context) }
                if context.channel.isWritable { stopWaiting() }
            } else if deadline == nil {
                expect(within: server.limits.writeSeconds, context)
            }
        }

        private func endStream(_ context: ChannelHandlerContext) {
            exchange = nil
            giveBack()
            lastWrite = context.writeAndFlush(wrapOutboundOut(.end(nil)))
            next(context)
        }

        /// Gives back what the request or the stream has taken.
        private func giveBack() {
            switch held {
            case .nothing: break
            case .request: server.usage.requests.giveBack()
            case .stream: server.usage.streams.giveBack()
            }
            held = .nothing
            streamEnd?.cancel()
            streamEnd = nil
            chunks.removeAll()
        }

        func channelWritabilityChanged(context: ChannelHandlerContext) {
            if context.channel.isWritable {
                if state == .streaming { pump(context) } else { resume(context) }
            }
            context.fireChannelWritabilityChanged()
        }

        // MARK: Other protocols

        /// Leaves HTTP for a session with a pod, if the client offers a protocol that is spoken here.
        private func upgrade(_ asked: APIPodSession, _ context: ChannelHandlerContext) {
            guard let head else { return }
            do throws(SessionProtocol.Refusal) {
                let chosen = try SessionProtocol(head, asked)
                try leaveHTTP(by: chosen.head(for: head), chosen.framing, context) { chosen.wire(asked, $0) }
            } catch {
                leave()
                answer(error.response, context)
            }
        }

        /// Leaves HTTP for a watch or a log in the messages of a WebSocket.
        private func upgrade(_ form: StreamForm, _ seconds: Int?, _ context: ChannelHandlerContext) {
            guard let head, let exchange else { return }
            do throws(SessionProtocol.Refusal) {
                let (name, framing) = try form.webSocket(for: head)
                try leaveHTTP(by: head.webSocketAnswer(protocol: name), framing, context) { StreamWire(form, $0) }
                guard let seconds else { return }
                streamEnd = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(Int64(seconds))) { [server] in
                    server.inbox.post(.gone(exchange))
                    self.session?.write(.exit(0))
                }
            } catch {
                leave()
                answer(error.response, context)
            }
        }

        /// Answers by the head of another protocol, whose handlers take the place of this one.
        private func leaveHTTP(
            by head: String, _ framing: WebSocketMessages.Framing?, _ context: ChannelHandlerContext, wire: @escaping (WireEnds) -> any SessionWire
        ) throws(SessionProtocol.Refusal) {
            guard let exchange else { return }
            giveBack()
            guard server.usage.streams.take(atMost: server.limits.streams) else { throw SessionProtocol.Refusal(response: .tooMany) }
            (state, held) = (.over, .stream)
            // This handler leaves the pipeline, and hears no more when the connection ends.
            context.channel.closeFuture.assumeIsolated().whenComplete { _ in
                self.leave()
                self.giveBack()
            }
            let inbox = server.inbox
            let session = SessionHandler(post: { inbox.post(.input($0, exchange)) }, wire: wire)
            guard (try? replace(by: session, framing, head, context)) != nil else { return drop(context) }
            self.session = session
            session.start()
        }

        /// Puts the session's handlers in the place of those for HTTP. What the client has already sent goes to them.
        private func replace(
            by session: SessionHandler, _ framing: WebSocketMessages.Framing?, _ head: String, _ context: ChannelHandlerContext
        ) throws {
            let channel = context.channel
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self)
            let encoder = try pipeline.context(handlerType: HTTPResponseEncoder.self)
            pipeline.removeHandler(context: encoder, promise: nil)
            pipeline.removeHandler(context: context, promise: nil)
            channel.writeAndFlush(ByteBuffer(string: head), promise: nil)
            if let framing {
                try pipeline.addHandler(WebSocketFrameEncoder())
                try pipeline.addHandler(ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: server.limits.body)))
                try pipeline.addHandler(
                    NIOWebSocketFrameAggregator(minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 4096, maxAccumulatedFrameSize: server.limits.body))
                try pipeline.addHandler(WebSocketMessages(framing))
            }
            try pipeline.addHandler(session)
            pipeline.removeHandler(context: decoder, promise: nil)
        }

        // MARK: Ends

        /// The connection ends unless something happens in time.
        private func expect(within seconds: Int, _ context: ChannelHandlerContext) {
            stopWaiting()
            deadline = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(Int64(seconds))) { self.drop(context) }
        }

        private func stopWaiting() {
            deadline?.cancel()
            deadline = nil
        }

        /// Closes once everything is written.
        private func close(_ context: ChannelHandlerContext) {
            state = .over
            expect(within: server.limits.writeSeconds, context)
            guard let lastWrite else { return drop(context) }
            lastWrite.assumeIsolated().whenComplete { _ in context.close(mode: .all, promise: nil) }
        }

        /// Closes at once.
        private func drop(_ context: ChannelHandlerContext) {
            state = .over
            context.close(mode: .all, promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            stopWaiting()
            leave()
            giveBack()
            state = .over
            waiting.removeAll()
            context.fireChannelInactive()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            guard let parserError = error as? HTTPParserError else { return drop(context) }
            let status: HTTPResponseStatus = parserError == .headerOverflow ? .requestHeaderFieldsTooLarge : .badRequest
            switch state {
            case .asked, .streaming: laterFault = status
            case .over, .refused: drop(context)
            case .idle, .reading: fault(status, context)
            }
        }

        /// Says that the bytes make no sense, and closes.
        private func fault(_ status: HTTPResponseStatus, _ context: ChannelHandlerContext) {
            let text = "\(status.code) \(status.reasonPhrase)"
            write(
                .text(Int(status.code), text), for: HTTPRequestHead(version: .http1_1, method: .GET, uri: "/"), isLast: true, context)
            close(context)
        }
    }

    extension APIResponse {
        static func text(_ code: Int, _ text: String, headers: [(name: String, value: String)] = []) -> APIResponse {
            APIResponse(status: code, headers: [("content-type", "text/plain; charset=utf-8")] + headers) { Array(text.utf8) }
        }
        /// A Status that says why not.
        static func refusal(_ code: Int, _ reason: String, _ message: String) -> APIResponse {
            APIResponse(status: code, headers: [("content-type", "application/json")]) {
                Array((APIError(code: code, reason: reason, message: message).status.text() + "\n").utf8)
            }
        }
        /// What upstream says when too many requests are being answered.
        static var tooMany: APIResponse { text(429, "Too many requests, please try again later.\n", headers: [("retry-after", "1")]) }
    }
#endif
