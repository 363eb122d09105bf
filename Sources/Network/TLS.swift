// TLS over OpenSSL: a context for each side, and the handler that encrypts what goes through a channel.

#if Network
    import COpenSSL
    import NIOCore

    /// TLS could not be set up, or a peer broke its rules.
    public struct TLSError: Error, CustomStringConvertible {
        public let description: String

        init(_ what: String) {
            // The first of OpenSSL's errors says why; the others, where it was noticed.
            let reason = ERR_reason_error_string(ERR_get_error()).map { String(cString: $0) }
            ERR_clear_error()
            description = "TLS: \(what)\(reason.map { ": \($0)" } ?? "")"
        }
    }

    /// What connections of one server, or of one client, have in common: certificates, and whom they trust.
    ///
    /// TLS 1.2 or newer with forward secrecy, HTTP/1.1 by ALPN, no renegotiation and no resumption.
    public final class TLSContext: @unchecked Sendable {  // OpenSSL counts who uses it, and nothing is written after init
        fileprivate let context: OpaquePointer
        fileprivate let host: String?

        /// For a server. Clients may show a certificate, which has to be signed by `authority` then, or none.
        public static func server(_ identity: Identity, authority: [UInt8]) throws -> TLSContext {
            try TLSContext(identity, trust: authority, host: nil)
        }
        /// For a client of `host`, whose certificate has to be signed by `authority` (DER) and to name it.
        public static func client(of host: String, authority: [UInt8], _ identity: Identity? = nil) throws -> TLSContext {
            try TLSContext(identity, trust: authority, host: host)
        }

        private init(_ identity: Identity?, trust: [UInt8], host: String?) throws {
            guard let context = evk_tls_context_new(host == nil ? 1 : 0) else { throw TLSError("no context") }
            (self.context, self.host) = (context, host)
            if let identity {
                let (certificate, key) = (Certificate.parse(identity.certificate), try Certificate.readKey(identity.key))
                defer {
                    X509_free(certificate)
                    EVP_PKEY_free(key)
                }
                guard SSL_CTX_use_certificate(context, certificate) == 1, SSL_CTX_use_PrivateKey(context, key) == 1 else { throw TLSError("certificate") }
            }
            let root = Certificate.parse(trust)
            defer { X509_free(root) }
            guard root != nil, X509_STORE_add_cert(SSL_CTX_get_cert_store(context), root) == 1 else { throw TLSError("authority") }
            // Of a server: ask for a certificate, and do without one.
            SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
            if host == nil { evk_tls_take_http1(context) }
        }

        deinit { SSL_CTX_free(context) }
    }

    /// Encrypts what is written to a channel and decrypts what comes: the handler nearest to the socket.
    ///
    /// What is written before the two sides know each other waits. A close tells the peer, and waits a few seconds for its answer: a socket
    /// that is closed with bytes unread takes back what the peer has not read yet.
    public final class TLSHandler: ChannelDuplexHandler {
        public typealias InboundIn = ByteBuffer
        public typealias InboundOut = ByteBuffer
        public typealias OutboundIn = ByteBuffer
        public typealias OutboundOut = ByteBuffer

        private enum State {
            case handshake
            case open
            /// This side has said that it ends, and hears what the other has to say, which nobody wants any more.
            case closing
            case over
        }

        private typealias Write = (bytes: ByteBuffer, promise: EventLoopPromise<Void>?)

        private let session: OpaquePointer
        /// What came and is to be decrypted, and what was encrypted and is to be sent. Both belong to the session.
        private let (input, output): (OpaquePointer, OpaquePointer)
        private var state = State.handshake
        private var hasBegun = false
        private var writes = MarkedCircularBuffer<Write>(initialCapacity: 4)
        private var closed: EventLoopPromise<Void>?
        /// How long a close waits for the peer's.
        private let patience: TimeAmount
        private var closing: Scheduled<Void>?

        /// As much as one record of TLS holds.
        private static let record = 16_384
        private static let piece = 16 * record

        public init(_ context: TLSContext, patience: TimeAmount = .seconds(5)) throws {
            guard let session = SSL_new(context.context) else { throw TLSError("no session") }
            guard let input = BIO_new(BIO_s_mem()), let output = BIO_new(BIO_s_mem()) else {
                SSL_free(session)
                throw TLSError("no memory")
            }
            (self.session, self.input, self.output, self.patience) = (session, input, output, patience)
            SSL_set_bio(session, input, output)
            if let host = context.host {
                SSL_set_connect_state(session)
                guard evk_tls_expect_host(session, host) == 1 else { throw TLSError("host") }
            } else {
                SSL_set_accept_state(session)
            }
        }

        deinit { SSL_free(session) }

        /// The certificate that the peer has shown, as DER, checked; nil if it has none.
        public var peerCertificate: [UInt8]? {
            guard let certificate = SSL_get1_peer_certificate(session) else { return nil }
            defer { X509_free(certificate) }
            return try? Certificate.der { i2d_X509(certificate, $0) }
        }

        // MARK: What comes

        public func handlerAdded(context: ChannelHandlerContext) { if context.channel.isActive { begin(context) } }
        public func channelActive(context: ChannelHandlerContext) {
            // First the others: what follows may close the channel.
            context.fireChannelActive()
            begin(context)
        }

        private func begin(_ context: ChannelHandlerContext) {
            if hasBegun { return }
            hasBegun = true
            shakeHands(context)
        }

        public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            guard state != .over else { return }
            bytes.withUnsafeReadableBytes { _ = BIO_write(input, $0.baseAddress, Int32(clamping: $0.count)) }
            if state == .handshake { shakeHands(context) }
            if state == .open || state == .closing { decrypt(context) }
        }

        public func channelReadComplete(context: ChannelHandlerContext) {
            if state == .closing { context.read() }
            context.fireChannelReadComplete()
        }

        public func channelInactive(context: ChannelHandlerContext) {
            end()
            context.fireChannelInactive()
        }

        public func handlerRemoved(context: ChannelHandlerContext) { end() }

        private func shakeHands(_ context: ChannelHandlerContext) {
            ERR_clear_error()
            let result = SSL_do_handshake(session)
            if result == 1 {
                state = .open
                encrypt(context)
                return
            }
            let problem = SSL_get_error(session, result)
            let error = problem == SSL_ERROR_WANT_READ ? nil : TLSError("handshake")
            send(context)
            if let error { fail(error, context) }
        }

        private func decrypt(_ context: ChannelHandlerContext) {
            var plain = context.channel.allocator.buffer(capacity: min(BIO_ctrl_pending(input), 4 * Self.record) + 1024)
            var (problem, error): (Int32, TLSError?) = (SSL_ERROR_NONE, nil)
            ERR_clear_error()
            while problem == SSL_ERROR_NONE {
                plain.writeWithUnsafeMutableBytes(minimumWritableBytes: 1024) { space in
                    var count = 0
                    let result = SSL_read_ex(session, space.baseAddress, space.count, &count)
                    if result != 1 { problem = SSL_get_error(session, result) }
                    return result == 1 ? count : 0
                }
            }
            if problem == SSL_ERROR_SSL || problem == SSL_ERROR_SYSCALL { error = TLSError("record") }
            // Answers to the peer's wish for new keys, alerts.
            send(context)
            if state == .closing {
                if problem != SSL_ERROR_WANT_READ { finish(context) }
                return
            }
            if plain.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(plain)) }
            if let error {
                fail(error, context)
            } else if problem == SSL_ERROR_ZERO_RETURN {
                // The peer writes no more, and closes when this side has said the same.
                close(context: context, mode: .all, promise: nil)
            }
        }

        // MARK: What goes

        public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            guard state == .handshake || state == .open else {
                promise?.fail(ChannelError.ioOnClosedChannel)
                return
            }
            writes.append((unwrapOutboundIn(data), promise))
        }

        public func flush(context: ChannelHandlerContext) {
            writes.mark()
            if state == .open { encrypt(context) }
        }

        /// Sends what was flushed; small writes together, as a record costs some thirty bytes and a call.
        private func encrypt(_ context: ChannelHandlerContext) {
            var promises: [EventLoopPromise<Void>] = []
            ERR_clear_error()
            while writes.hasMark, let write = writes.popFirst() {
                var bytes = write.bytes
                if let promise = write.promise { promises.append(promise) }
                while writes.hasMark, let next = writes.first, bytes.readableBytes + next.bytes.readableBytes <= Self.record {
                    bytes.writeImmutableBuffer(next.bytes)
                    if let promise = next.promise { promises.append(promise) }
                    _ = writes.popFirst()
                }
                // In pieces: OpenSSL's buffer, which would grow to the size of a whole list and stay so, is emptied between them.
                while let piece = bytes.readSlice(length: min(bytes.readableBytes, Self.piece)), piece.readableBytes > 0 {
                    var count = 0
                    let result = piece.withUnsafeReadableBytes { SSL_write_ex(session, $0.baseAddress, $0.count, &count) }
                    guard result == 1 else {
                        let error = TLSError("write")
                        for promise in promises { promise.fail(error) }
                        return fail(error, context)
                    }
                    if bytes.readableBytes > 0, let encrypted = encrypted(context) { context.write(wrapOutboundOut(encrypted), promise: nil) }
                }
            }
            send(context, promises)
        }

        /// What OpenSSL has for the peer; nil if that is nothing.
        private func encrypted(_ context: ChannelHandlerContext) -> ByteBuffer? {
            let pending = BIO_ctrl_pending(output)
            if pending == 0 { return nil }
            var bytes = context.channel.allocator.buffer(capacity: pending)
            bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: pending) { Int(max(0, BIO_read(output, $0.baseAddress, Int32(clamping: pending)))) }
            return bytes
        }

        /// Hands to the socket what is encrypted. The promises are kept when that, and all before it, is written.
        private func send(_ context: ChannelHandlerContext, _ promises: [EventLoopPromise<Void>] = []) {
            var whole = promises.first
            if promises.count > 1 {
                let promise = context.eventLoop.makePromise(of: Void.self)
                for other in promises { promise.futureResult.cascade(to: other) }
                whole = promise
            }
            if let bytes = encrypted(context) { context.writeAndFlush(wrapOutboundOut(bytes), promise: whole) } else { whole?.succeed() }
        }

        // MARK: The end

        public func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            guard mode == .all else {
                promise?.fail(ChannelError.operationUnsupported)
                return
            }
            switch state {
            case .handshake, .over:
                end()
                context.close(promise: promise)
            case .closing:
                wait(promise)
            case .open:
                state = .closing
                wait(promise)
                drop()
                closing = context.eventLoop.assumeIsolated().scheduleTask(in: patience) { self.finish(context) }
                ERR_clear_error()
                // 1: the peer has said the same before.
                let isAnswered = SSL_shutdown(session) == 1
                let sent = context.eventLoop.makePromise(of: Void.self)
                send(context, [sent])
                if isAnswered { sent.futureResult.assumeIsolated().whenComplete { _ in self.finish(context) } } else { context.read() }
            }
        }

        private func wait(_ promise: EventLoopPromise<Void>?) {
            guard let promise else { return }
            if let closed { closed.futureResult.cascade(to: promise) } else { closed = promise }
        }

        /// Closes the socket as soon as all is sent.
        private func finish(_ context: ChannelHandlerContext) {
            guard state == .closing else { return }
            let promise = closed
            closed = nil
            end()
            context.close(promise: promise)
        }

        private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
            guard state != .over else { return }
            end(error)
            context.fireErrorCaught(error)
            context.close(promise: nil)
        }

        private func end(_ error: any Error = ChannelError.ioOnClosedChannel) {
            state = .over
            closing?.cancel()
            closing = nil
            drop(error)
            closed?.succeed()
            closed = nil
        }

        /// Gives up what was not encrypted yet.
        private func drop(_ error: any Error = ChannelError.ioOnClosedChannel) { while let write = writes.popFirst() { write.promise?.fail(error) } }
    }
#endif
