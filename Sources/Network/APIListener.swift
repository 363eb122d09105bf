// The HTTPS server: TLS, limits, one pipeline for each connection.

#if Network
    import APIServer
    import Foundation
    import NIOCore
    import NIOHTTP1
    import NIOPosix

    /// What all connections of a server share.
    final class ServerContext: Sendable {
        let inbox: Inbox
        let limits: ServerLimits
        let usage = Usage()

        init(inbox: Inbox, limits: ServerLimits) { (self.inbox, self.limits) = (inbox, limits) }
    }

    /// An HTTPS server that hands requests to the simulation behind an ``Inbox``.
    ///
    /// HTTP/1.1 over TLS 1.2 or newer. A client certificate of the same authority says who asks; without one the request is
    /// anonymous, and a bearer token in it is the API server's affair. Nothing is logged.
    public final class APIListener: Sendable {
        private let group: MultiThreadedEventLoopGroup
        private let channel: any Channel
        /// The port that it listens on.
        public let port: Int

        /// Binds and listens.
        ///
        /// - Parameters:
        ///   - address: an IP address of this machine; only loopback is reached by nobody else.
        ///   - port: 0 for any that is free.
        ///   - identity: the server's certificate and key.
        ///   - authority: signs the certificates of clients.
        /// - Throws: what the system says, such as that the port is in use.
        public init(
            address: String = "127.0.0.1", port: Int = 0, identity: Identity, authority: CertificateAuthority, inbox: Inbox,
            limits: ServerLimits = ServerLimits()
        ) throws {
            let security = try TLSContext.server(identity, authority: authority.root.certificate)
            let server = ServerContext(inbox: inbox, limits: limits)
            group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, min(4, ProcessInfo.processInfo.activeProcessorCount)))
            let bootstrap = ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 512)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.socketOption(.so_keepalive), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(.writeBufferWaterMark, value: .init(low: 64 << 10, high: 256 << 10))
                .childChannelInitializer { channel in
                    guard server.usage.connections.take(atMost: limits.connections) else { return channel.close() }
                    channel.closeFuture.whenComplete { _ in server.usage.connections.giveBack() }
                    return channel.eventLoop.makeCompletedFuture { try Self.setUp(channel, security, server) }
                }
            do {
                channel = try bootstrap.bind(host: address, port: port).wait()
            } catch {
                try? group.syncShutdownGracefully()
                throw error
            }
            self.port = channel.localAddress?.port ?? port
        }

        private static func setUp(_ channel: any Channel, _ security: TLSContext, _ server: ServerContext) throws {
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderListSize = server.limits.headers
            limits.maxHeaderFieldSize = max(limits.maxHeaderFieldSize, 2 * server.limits.url)
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(TLSHandler(security))
            try pipeline.addHandler(HTTPResponseEncoder())
            try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits)))
            try pipeline.addHandler(HTTPConnection(server))
        }

        /// Closes all connections and ends the threads.
        public func close() {
            try? channel.close().wait()
            try? group.syncShutdownGracefully()
        }
    }
#endif
