// One GET over one connection, and what comes back: a whole answer, or lines.

#if Network
    import NIOCore
    import NIOHTTP1
    import Simulation
    import SimulationKit

    /// Asks once, and hands on what the server says.
    final class LiveExchange: ChannelInboundHandler {
        typealias InboundIn = HTTPClientResponsePart
        typealias OutboundOut = HTTPClientRequestPart

        /// A longer answer, or line, is nothing that an API server sends.
        static let largest = 512 << 20

        private let request: LiveRequest
        private let limit: Duration
        private let tell: (LiveReply) -> Void
        private var status = 0
        private var retryAfter: Duration?
        private var body = ByteBuffer()
        private var deadline: Scheduled<Void>?
        private var isOver = false

        init(_ request: LiveRequest, limit: Duration, tell: @escaping (LiveReply) -> Void) {
            (self.request, self.limit, self.tell) = (request, limit, tell)
        }

        func channelActive(context: ChannelHandlerContext) {
            let headers: HTTPHeaders = ["Host": "localhost", "Accept": "application/json", "User-Agent": "evenkeel", "Connection": "close"]
            context.write(wrapOutboundOut(.head(HTTPRequestHead(version: .http1_1, method: .GET, uri: request.path, headers: headers))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            deadline = context.eventLoop.scheduleTask(in: .nanoseconds(limit.nanoseconds)) {
                let (exchange, context) = bound.value
                // A watch has had its time; the server should have ended it.
                exchange.finish(.over(exchange.isStream ? nil : "no answer within \(exchange.limit)"), context)
            }
        }

        private var isStream: Bool { request.isWatch && status == 200 }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if isOver { return }
            switch unwrapInboundIn(data) {
            case .head(let head):
                status = Int(head.status.code)
                retryAfter = head.headers.first(name: "Retry-After").flatMap { Int($0) }.map { .seconds(min(max(0, $0), 3600)) }
                if isStream { tell(.began) }
            case .body(var part):
                body.writeBuffer(&part)
                if isStream { readLines() }
                if body.readableBytes > Self.largest { finish(.over("the answer is larger than \(Self.largest >> 20) MB"), context) }
            case .end:
                if isStream {
                    finish(.over(nil), context)
                } else {
                    finish(.answer(status: status, retryAfter: retryAfter, body: Array(body.readableBytesView)), context)
                }
            }
        }

        private func readLines() {
            while let end = body.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
                let count = end - body.readerIndex
                let line = body.readBytes(length: count) ?? []
                body.moveReaderIndex(forwardBy: 1)
                tell(.line(line))
            }
            body.discardReadBytes()
        }

        private func finish(_ reply: LiveReply, _ context: ChannelHandlerContext) {
            if isOver { return }
            isOver = true
            deadline?.cancel()
            tell(reply)
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { finish(.over("the connection was cut off"), context) }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { finish(.over("\(error)"), context) }
    }
#endif
