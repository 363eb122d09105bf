// A client's TLS connection, for crowds of them: sends bytes as they are, reads answers and streams.

#if Network
    import Glibc
    import NIOCore
    import NIOPosix
    import Network

    /// Where a server is, and what its clients need to know.
    public struct Place: Sendable {
        public var port: Int
        /// The server's authority, DER.
        public var trust: [UInt8]
        /// The administrator's certificate and key, DER; nil for a client that is nobody.
        public var identity: Identity?

        public init(port: Int, trust: [UInt8], identity: Identity?) {
            (self.port, self.trust, self.identity) = (port, trust, identity)
        }

        func security() throws -> TLSContext { try .client(of: "localhost", authority: trust, identity) }
    }

    /// What a client does. All calls come on the line's event loop.
    protocol Role: AnyObject {
        func connected(_ line: Line)
        /// A whole answer.
        func answered(_ status: Int, _ body: ByteBuffer, _ line: Line)
        /// A line of a stream.
        func heard(_ text: ByteBufferView, _ line: Line)
        func closed(_ line: Line)
    }

    extension Role {
        func answered(_ status: Int, _ body: ByteBuffer, _ line: Line) {}
        func heard(_ text: ByteBufferView, _ line: Line) {}
    }

    /// One connection of a client.
    final class Line: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let role: any Role
        private let place: Place
        private var channel: (any Channel)?
        private var input = ByteBuffer()
        private var state = State.head
        private var status = 0
        private var body = ByteBuffer()
        private var text = ByteBuffer()

        private enum State {
            case head
            case body(left: Int)
            /// Before a chunk's length.
            case chunk
            case content(left: Int)
        }

        private init(_ role: any Role, _ place: Place) { (self.role, self.place) = (role, place) }

        /// Connects on `loop` and hands the line to `role`; if that fails, the line is told to be closed.
        static func open(
            _ place: Place, _ security: TLSContext, on loop: any EventLoop, _ role: @escaping @Sendable () -> any Role
        ) -> EventLoopFuture<Void> {
            ClientBootstrap(group: loop)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(TLSHandler(security))
                        try channel.pipeline.syncOperations.addHandler(Line(role(), place))
                    }
                }
                .connect(host: "127.0.0.1", port: place.port).map { _ in }
        }

        func channelActive(context: ChannelHandlerContext) {
            channel = context.channel
            role.connected(self)
        }

        func channelInactive(context: ChannelHandlerContext) {
            channel = nil
            role.closed(self)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        var loop: (any EventLoop)? { channel?.eventLoop }

        func send(_ text: String) { channel?.writeAndFlush(ByteBuffer(string: text), promise: nil) }
        func send(_ bytes: [UInt8]) { channel?.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }
        func close() { channel?.close(promise: nil) }
        func stopReading() { channel?.setOption(.autoRead, value: false).whenComplete { _ in } }

        func get(_ path: String, accept: String = "application/json") { send("GET \(path) HTTP/1.1\r\nHost: localhost\r\nAccept: \(accept)\r\n\r\n") }
        func request(_ method: String, _ path: String, type: String = "application/json", _ body: String) {
            send(
                "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        }

        // MARK: Reading

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var bytes = unwrapInboundIn(data)
            if input.readableBytes == 0 { input = bytes } else { input.writeBuffer(&bytes) }
            while step() {}
            input.discardReadBytes()
        }

        /// Takes one thing off the input; false if it has not come whole.
        private func step() -> Bool {
            switch state {
            case .head:
                let view = input.readableBytesView
                guard let end = view.place(of: [13, 10, 13, 10]).map({ $0 + 4 }) else { return false }
                let head = String(decoding: view[view.startIndex..<end], as: UTF8.self).lowercased()
                input.moveReaderIndex(forwardBy: end - view.startIndex)
                let words = head.split(separator: "\r\n").first?.split(separator: " ") ?? []
                status = words.count > 1 ? Int(words[1]) ?? 0 : 0
                body.clear()
                if head.contains("transfer-encoding: chunked") {
                    state = .chunk
                } else {
                    let length = head.split(separator: "\r\n").first { $0.hasPrefix("content-length:") }?.split(separator: ":").last
                    state = .body(left: length.flatMap { Int($0.filter { $0 != " " }) } ?? 0)
                }
            case .body(let left):
                guard input.readableBytes > 0 || left == 0 else { return false }
                if var piece = input.readSlice(length: min(left, input.readableBytes)) {
                    state = .body(left: left - piece.readableBytes)
                    body.writeBuffer(&piece)
                }
                guard case .body(0) = state else { return true }
                state = .head
                role.answered(status, body, self)
            case .chunk:
                let view = input.readableBytesView
                guard let end = view.place(of: [10]) else { return false }
                let digits = String(decoding: view[view.startIndex..<end], as: UTF8.self).filter(\.isHexDigit)
                input.moveReaderIndex(forwardBy: end - view.startIndex + 1)
                // The line's end behind a chunk has no digits.
                guard let length = Int(digits, radix: 16) else { return true }
                if length > 0 {
                    state = .content(left: length)
                } else {
                    state = .head
                    role.answered(status, body, self)
                }
            case .content(let left):
                guard var piece = input.readSlice(length: min(left, input.readableBytes)), piece.readableBytes > 0 else { return false }
                let rest = left - piece.readableBytes
                state = rest == 0 ? .chunk : .content(left: rest)
                text.writeBuffer(&piece)
                while let end = text.readableBytesView.place(of: [10]) {
                    let view = text.readableBytesView
                    role.heard(view[view.startIndex..<end], self)
                    text.moveReaderIndex(forwardBy: end - view.startIndex + 1)
                }
                text.discardReadBytes()
            }
            return true
        }
    }

    extension ByteBufferView {
        /// Where `mark` first stands. A call of the C library: a crowd reads much.
        func place(of mark: [UInt8]) -> Int? {
            let offset = withUnsafeBytes { bytes -> Int? in
                guard let base = bytes.baseAddress, let first = mark.first else { return nil }
                var at = 0
                while at + mark.count <= bytes.count, let found = memchr(base + at, Int32(first), bytes.count - at - mark.count + 1) {
                    at = UnsafeRawPointer(found) - base
                    if memcmp(found, mark, mark.count) == 0 { return at }
                    at += 1
                }
                return nil
            }
            return offset.map { startIndex + $0 }
        }

        /// The text between quotes that follows `mark` for the first time.
        func text(after mark: [UInt8]) -> String? {
            guard let begin = place(of: mark).map({ $0 + mark.count }), let end = self[begin...].place(of: [0x22]) else { return nil }
            return String(decoding: self[begin..<end], as: UTF8.self)
        }
    }
#endif
