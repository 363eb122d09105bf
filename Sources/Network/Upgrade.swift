// From HTTP to a session with a pod: which protocol the client gets, and the handlers that speak it.

#if Network
    import APIServer
    import Foundation
    import NIOCore
    import NIOHTTP1
    import NIOWebSocket

    /// The protocol in which a client and a pod talk.
    enum SessionProtocol: Equatable {
        /// A WebSocket's subprotocol, and what its messages hold.
        case webSocket(name: String, form: Form)
        /// SPDY/3.1 instead of HTTP; the name is that of what flows in its streams.
        case spdy(name: String)

        enum Form: Equatable {
            /// A byte for the channel, then the payload; since version 4 with a Status at the end.
            case channels(version: Int, isBase64: Bool)
            case spdyTunnel
            /// What a pod's program makes of it.
            case messages
        }

        /// What a server of sessions says to a request that it cannot upgrade.
        struct Refusal: Error { var response: APIResponse }

        /// Chooses by what the client offers, in its order.
        init(_ head: HTTPRequestHead, _ asked: APIPodSession) throws(Refusal) {
            if case .webSocket = asked.kind {
                self = .webSocket(name: head.webSocketProtocols.first ?? "", form: .messages)
                return
            }
            if head.asksForWebSocket {
                // Who offers nothing gets the oldest form.
                for offered in head.webSocketProtocols.isEmpty ? [""] : head.webSocketProtocols {
                    if let form = Self.form(of: offered, asked) {
                        self = .webSocket(name: offered, form: form)
                        return
                    }
                }
                throw Refusal(response: APIResponse(status: 403) { [] })
            }
            guard head.headers[canonicalForm: "upgrade"].contains(where: { $0.lowercased() == "spdy/3.1" }) else {
                throw Refusal(response: .refusal(400, "BadRequest", "Upgrade request required"))
            }
            let known = asked.kind.isPortForward ? "portforward.k8s.io" : "v4.channel.k8s.io"
            let offered = head.headers[canonicalForm: "x-stream-protocol-version"]
            guard offered.isEmpty || offered.contains(known[...]) else {
                throw Refusal(
                    response: .text(
                        403, "unable to upgrade: unable to negotiate protocol: client supports [\(offered.joined(separator: " "))], server accepts [\(known)]"))
            }
            self = .spdy(name: known)
        }

        private static func form(of name: String, _ asked: APIPodSession) -> Form? {
            if asked.kind.isPortForward {
                switch name {
                case "SPDY/3.1+portforward.k8s.io": return .spdyTunnel
                case "", "v4.channel.k8s.io": return .channels(version: 4, isBase64: false)
                case "v4.base64.channel.k8s.io": return .channels(version: 4, isBase64: true)
                default: return nil
                }
            }
            switch name {
            case "v5.channel.k8s.io": return .channels(version: 5, isBase64: false)
            case "v4.channel.k8s.io": return .channels(version: 4, isBase64: false)
            case "v4.base64.channel.k8s.io": return .channels(version: 4, isBase64: true)
            case "", "channel.k8s.io": return .channels(version: 1, isBase64: false)
            case "base64.channel.k8s.io": return .channels(version: 1, isBase64: true)
            default: return nil
            }
        }

        /// The head of the answer, after which the protocol begins.
        func head(for request: HTTPRequestHead) -> String {
            switch self {
            case .webSocket(let name, _): return request.webSocketAnswer(protocol: name)
            case .spdy(let name):
                return
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: SPDY/3.1\r\nConnection: Upgrade\r\nX-Stream-Protocol-Version: \(name)\r\n\r\n"
            }
        }

        /// How the messages of a WebSocket are written; nil for SPDY.
        var framing: WebSocketMessages.Framing? {
            switch self {
            case .webSocket(_, .channels(_, let isBase64)): isBase64 ? .base64Channels : .binary
            case .webSocket(_, .spdyTunnel): .binary
            case .webSocket(_, .messages): .same
            case .spdy: nil
            }
        }

        func wire(_ asked: APIPodSession, _ ends: WireEnds) -> any SessionWire {
            switch (self, asked.kind) {
            case (.webSocket(_, .messages), _): MessageWire(ends)
            case (.spdy, _), (.webSocket(_, .spdyTunnel), _): SPDYWire(asked, ends)
            case (.webSocket(_, .channels), .portForward(let ports)): PortWire(ports: ports, ends)
            case (.webSocket(_, .channels(let version, _)), _): ChannelWire(asked, version: version, ends)
            }
        }
    }

    extension APIPodSession.Kind {
        var isPortForward: Bool { if case .portForward = self { true } else { false } }
    }

    /// The end of a connection that has left HTTP: it carries bytes between the client and a wire.
    final class SessionHandler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let post: (PodInput) -> Void
        private let makeWire: (WireEnds) -> any SessionWire
        private var wire: (any SessionWire)?
        private var context: ChannelHandlerContext?
        private var lastWrite: EventLoopFuture<Void>?
        /// Bytes that were said while the client did not read.
        private var unread = 0
        private static let mostUnread = 8 << 20

        init(post: @escaping (PodInput) -> Void, wire: @escaping (WireEnds) -> any SessionWire) { (self.post, makeWire) = (post, wire) }

        func handlerAdded(context: ChannelHandlerContext) {
            self.context = context
            let ends = WireEnds(
                emit: { [unowned self] bytes in emit(bytes) }, post: post, end: { [unowned self] in end() })
            wire = makeWire(ends)
        }
        func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

        func start() { wire?.start() }
        func write(_ output: PodOutput) { wire?.write(output) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            wire?.receive(Array(unwrapInboundIn(data).readableBytesView))
        }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        private func emit(_ bytes: [UInt8]) {
            guard let context else { return }
            if !context.channel.isWritable {
                unread += bytes.count
                if unread > Self.mostUnread { return context.close(promise: nil) }
            }
            lastWrite = context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)))
        }
        func channelWritabilityChanged(context: ChannelHandlerContext) {
            if context.channel.isWritable { unread = 0 }
            context.fireChannelWritabilityChanged()
        }
        private func end() {
            guard let context else { return }
            // On a WebSocket this becomes the message that closes it.
            context.triggerUserOutboundEvent(SessionEnd(), promise: nil)
            guard let lastWrite else { return context.close(promise: nil) }
            lastWrite.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        }
    }

    /// Said by a wire before it closes.
    struct SessionEnd {}

    /// Makes messages of a WebSocket out of bytes, and bytes out of messages.
    final class WebSocketMessages: ChannelDuplexHandler {
        typealias InboundIn = WebSocketFrame
        typealias InboundOut = ByteBuffer
        typealias OutboundIn = ByteBuffer
        typealias OutboundOut = WebSocketFrame

        /// What a message is made of.
        enum Framing {
            case binary, text
            /// As the client's last one.
            case same
            case base64
            /// The same behind an ASCII digit, which is the channel.
            case base64Channels
        }
        private let framing: Framing
        private var isClosing = false
        /// How the client wrote its last message.
        private var latest = WebSocketOpcode.text

        init(_ framing: Framing) { self.framing = framing }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let frame = unwrapInboundIn(data)
            let bytes = frame.unmaskedData
            switch frame.opcode {
            case .binary, .text:
                latest = frame.opcode
                if let message = decoded(bytes) { context.fireChannelRead(wrapInboundOut(message)) }
            case .ping: send(.pong, bytes, context)
            case .connectionClose:
                if isClosing { return context.close(promise: nil) }
                isClosing = true
                context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .connectionClose, data: bytes)))
                    .assumeIsolated().whenComplete { _ in context.close(promise: nil) }
            default: break
            }
        }

        private func decoded(_ bytes: ByteBuffer) -> ByteBuffer? {
            guard framing == .base64Channels else { return bytes }
            let text = bytes.readableBytesView
            guard let digit = text.first, (0x30...0x39).contains(digit), let payload = Data(base64Encoded: Data(text.dropFirst())) else { return nil }
            return ByteBuffer(bytes: [digit - 0x30] + payload)
        }

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            var bytes = unwrapOutboundIn(data)
            switch framing {
            case .binary, .text, .same: break
            case .base64: bytes = ByteBuffer(string: Data(bytes.readableBytesView).base64EncodedString())
            case .base64Channels:
                guard let channel = bytes.readInteger(as: UInt8.self) else { break }
                bytes = ByteBuffer(string: "\(channel)" + Data(bytes.readableBytesView).base64EncodedString())
            }
            let opcode = framing == .same ? latest : framing == .binary ? .binary : .text
            context.write(wrapOutboundOut(WebSocketFrame(fin: true, opcode: opcode, data: bytes)), promise: promise)
        }

        func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
            guard event is SessionEnd else { return context.triggerUserOutboundEvent(event, promise: promise) }
            isClosing = true
            send(.connectionClose, ByteBuffer(bytes: [0x03, 0xe8]), context)
            promise?.succeed()
        }

        private func send(_ opcode: WebSocketOpcode, _ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: opcode, data: bytes)), promise: nil)
        }
    }
#endif
