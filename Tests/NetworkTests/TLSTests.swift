/// TLS between two handlers on loopback: who is let in, that nothing is lost, and how a connection ends.

#if Network
    import NIOCore
    import NIOPosix
    import Synchronization
    import Testing

    @testable import Network

    struct TLSTests {
        static let authority = Result { try CertificateAuthority() }

        /// A server that does one thing with each connection.
        final class Server: Sendable {
            private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
            private final class Ends: Sendable { let futures = Mutex<[EventLoopFuture<Void>]>([]) }
            private let channel: any Channel
            private let ends: Ends

            init(_ context: TLSContext, patience: TimeAmount = .minutes(10), _ handler: @escaping @Sendable () -> any ChannelInboundHandler & Sendable) throws {
                let ends = Ends()
                self.ends = ends
                channel = try ServerBootstrap(group: Self.group).childChannelInitializer { channel in
                    ends.futures.withLock { $0.append(channel.closeFuture) }
                    return channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(TLSHandler(context, patience: patience))
                        try channel.pipeline.syncOperations.addHandler(handler())
                    }
                }.bind(host: "127.0.0.1", port: 0).wait()
            }
            deinit { channel.close(promise: nil) }
            var port: Int { channel.localAddress?.port ?? 0 }
            /// Waits until its side of all connections that it has had is closed.
            func end() async throws { for end in ends.futures.withLock({ $0 }) { try await end.get() } }
        }

        /// Sends back what it hears.
        final class Echo: ChannelInboundHandler, Sendable {
            typealias InboundIn = ByteBuffer
            func channelRead(context: ChannelHandlerContext, data: NIOAny) { context.writeAndFlush(data, promise: nil) }
            func errorCaught(context: ChannelHandlerContext, error: any Error) {}
        }

        /// Says much as soon as it is asked, and hangs up at once.
        final class Speech: ChannelInboundHandler, Sendable {
            typealias InboundIn = ByteBuffer
            static let text = (0..<8 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            func channelRead(context: ChannelHandlerContext, data: NIOAny) {
                context.writeAndFlush(NIOAny(ByteBuffer(bytes: Self.text)), promise: nil)
                context.close(promise: nil)
            }
        }

        private static func contexts() throws -> (server: TLSContext, client: TLSContext) {
            let authority = try authority.get()
            return (
                try .server(try authority.server(for: ["localhost"]), authority: authority.root.certificate),
                try .client(of: "localhost", authority: authority.root.certificate)
            )
        }

        @Test func `bytes arrive whole and in order, whatever the pieces are`() async throws {
            let (theirs, ours) = try Self.contexts()
            let server = try Server(theirs) { Echo() }
            let client = try TestClient(server.port, ours)
            var sent: [UInt8] = []
            for (number, count) in [0, 1, 16_383, 16_384, 16_385, 0, 3, 1_000_000, 7].enumerated() {
                let piece = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ number) }
                sent += piece
                client.send(piece)
            }
            // Several that are flushed together.
            for byte: UInt8 in 0..<200 {
                sent += [byte, byte]
                client.channel.write(ByteBuffer(bytes: [byte, byte]), promise: nil)
            }
            try await client.channel.writeAndFlush(ByteBuffer()).get()
            try await client.wait(for: sent.count)
            #expect(client.bytes == sent)
            try await client.channel.close().get()
            try await server.end()
        }

        @Test func `what was written before a close arrives, also where the peer reads late and has more to say`() async throws {
            let (theirs, ours) = try Self.contexts()
            let server = try Server(theirs) { Speech() }
            let client = try TestClient(server.port, ours, reads: false)
            client.send([1])
            try await client.readBegin()
            // Nobody reads these any more.
            client.send([UInt8](repeating: 2, count: 100_000))
            try await Task.sleep(for: .milliseconds(100))
            try await client.channel.setOption(.autoRead, value: true).get()
            try await client.channel.closeFuture.get()
            #expect(client.bytes.count == Speech.text.count)
            #expect(client.bytes == Speech.text)
        }

        @Test func `a peer that hears nothing of a close is left after a while`() async throws {
            let (theirs, ours) = try Self.contexts()
            let server = try Server(theirs, patience: .milliseconds(200)) { Speech() }
            let client = try TestClient(server.port, ours, reads: false)
            client.send([1])
            try await client.readBegin()
            try await server.end()
            #expect(client.bytes.count < Speech.text.count)
        }

        @Test func `certificates of another authority and other names are refused`() async throws {
            let (authority, other) = (try Self.authority.get(), try CertificateAuthority())
            let (theirs, ours) = try Self.contexts()
            let server = try Server(theirs) { Echo() }
            let refused = [
                // The server's is not known.
                try TLSContext.client(of: "localhost", authority: other.root.certificate),
                // It is for somebody else.
                try TLSContext.client(of: "example", authority: authority.root.certificate),
                // The client's is not known.
                try TLSContext.client(of: "localhost", authority: authority.root.certificate, try other.client(user: "mallory", groups: [])),
            ]
            for context in refused {
                let client = try TestClient(server.port, context)
                client.send([1, 2, 3])
                try await client.channel.closeFuture.get()
                #expect(client.bytes.isEmpty)
                #expect(client.error.hasPrefix("TLS: "), "\(client.error)")
            }
            // Without one, or with one of its own authority, it lets them in.
            for identity in [nil, try authority.client(user: "jane", groups: ["staff"])] {
                let context = identity == nil ? ours : try TLSContext.client(of: "localhost", authority: authority.root.certificate, identity)
                let client = try TestClient(server.port, context)
                client.send([1, 2, 3])
                try await client.wait(for: 3)
                #expect(client.bytes == [1, 2, 3])
                try await client.channel.close().get()
            }
        }

        @Test func `the peer's certificate is the one that it has shown`() async throws {
            final class Look: ChannelInboundHandler, Sendable {
                typealias InboundIn = ByteBuffer
                func channelRead(context: ChannelHandlerContext, data: NIOAny) {
                    let tls = try? context.pipeline.syncOperations.handler(type: TLSHandler.self)
                    context.writeAndFlush(NIOAny(ByteBuffer(bytes: tls?.peerCertificate ?? [0])), promise: nil)
                }
            }
            let authority = try Self.authority.get()
            let (theirs, ours) = try Self.contexts()
            let server = try Server(theirs) { Look() }
            let identity = try authority.client(user: "jane", groups: ["staff"])
            for (context, expected) in [
                (ours, [0]), (try TLSContext.client(of: "localhost", authority: authority.root.certificate, identity), identity.certificate),
            ] {
                let client = try TestClient(server.port, context)
                client.send([1])
                try await client.wait(for: expected.count)
                #expect(client.bytes == expected)
            }
        }

        @Test(arguments: ["GET / HTTP/1.1\r\n\r\n", "\u{16}\u{3}\u{1}\u{0}\u{4}abcd", "\u{16}\u{3}\u{3}\u{ff}", ""])
        func `what is no TLS ends the connection, on both sides`(_ text: String) async throws {
            let server = try Server(try Self.contexts().server) { Echo() }
            let client = try TestClient(server.port, nil)
            client.send(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
            // One that sends too little hangs up in the middle.
            if text.count < 8 { try await client.channel.close().get() } else { try await client.channel.closeFuture.get() }
            try await server.end()
            #expect(client.bytes.first.map { $0 == 0x15 } ?? true)
        }
    }

    extension TestClient {
        /// Reads by hand until something was heard, which is a part of a long speech at most.
        fileprivate func readBegin() async throws {
            for _ in 0..<12_000 where bytes.isEmpty {
                channel.read()
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        fileprivate func wait(for count: Int) async throws {
            for _ in 0..<12_000 where bytes.count < count { try await Task.sleep(for: .milliseconds(5)) }
        }
    }
#endif
