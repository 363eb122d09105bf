// Ports of this machine that lead to simulated pods: bytes in and out, for whoever owns the simulation.

#if Network
    import NIOCore
    import NIOPosix
    import Synchronization

    /// Listeners on the loopback address, and what comes on their connections.
    ///
    /// Nothing is answered here: the owner takes what has come when it is its turn, and sends what is to go back.
    public final class LoopbackPorts: Sendable {
        /// Something that a client did.
        public enum Event: Sendable, Equatable {
            case data(listener: Int, connection: Int, [UInt8])
            case closed(connection: Int)
        }
        private struct State: Sendable {
            var events: [Event] = []
            var listeners: [Int: any Channel] = [:]
            var connections: [Int: (listener: Int, channel: any Channel)] = [:]
            var lastConnection = 0
        }
        private let state = Mutex(State())

        public init() {}

        /// Listens on `port` of 127.0.0.1; 0 takes any that is free. Returns the port.
        /// - Throws: what the system says, such as that the port is in use.
        public func open(_ listener: Int, port: Int) throws -> Int {
            let channel = try ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(ForwardedConnectionHandler(self, listener: listener))
                    }
                }
                .bind(host: "127.0.0.1", port: port).wait()
            state.withLock { $0.listeners[listener] = channel }
            return channel.localAddress?.port ?? port
        }

        /// Closes a listener and its connections.
        public func close(_ listener: Int) {
            let channels = state.withLock { state in
                var channels = state.connections.values.filter { $0.listener == listener }.map(\.channel)
                if let own = state.listeners.removeValue(forKey: listener) { channels.append(own) }
                return channels
            }
            for channel in channels { channel.close(promise: nil) }
        }

        /// What has come since the last call, in its order.
        public func take() -> [Event] {
            state.withLock { state in
                let events = state.events
                state.events = []
                return events
            }
        }

        /// Sends bytes to a client, and closes the connection after them if that is wanted.
        public func send(_ bytes: [UInt8], to connection: Int, closes: Bool) {
            guard let channel = state.withLock({ $0.connections[connection]?.channel }) else { return }
            let sent = channel.writeAndFlush(ByteBuffer(bytes: bytes))
            if closes { sent.whenComplete { _ in channel.close(promise: nil) } }
        }

        fileprivate func connected(_ channel: any Channel, to listener: Int) -> Int {
            state.withLock { state in
                state.lastConnection += 1
                state.connections[state.lastConnection] = (listener, channel)
                return state.lastConnection
            }
        }
        fileprivate func received(_ bytes: [UInt8], _ listener: Int, _ connection: Int) {
            state.withLock { $0.events.append(.data(listener: listener, connection: connection, bytes)) }
        }
        fileprivate func disconnected(_ connection: Int) {
            state.withLock { state in
                state.connections[connection] = nil
                state.events.append(.closed(connection: connection))
            }
        }
    }

    /// Hands what comes on one connection to its owner.
    private final class ForwardedConnectionHandler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let ports: LoopbackPorts
        private let listener: Int
        private var connection = 0

        init(_ ports: LoopbackPorts, listener: Int) { (self.ports, self.listener) = (ports, listener) }

        func channelActive(context: ChannelHandlerContext) { connection = ports.connected(context.channel, to: listener) }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            ports.received(Array(unwrapInboundIn(data).readableBytesView), listener, connection)
        }
        func channelInactive(context: ChannelHandlerContext) { ports.disconnected(connection) }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
#endif
