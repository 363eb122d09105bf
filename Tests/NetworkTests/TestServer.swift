// A server with its simulation's thread, and clients that send whatever bytes a test wants.

#if Network
    import APIServer
    import Dispatch
    import Foundation
    import Manifests
    import NIOCore
    import NIOPosix
    import Network
    import Simulation
    import SimulationKit
    import Synchronization

    /// A server on a free port, which runs until it is let go.
    final class TestServer: Sendable {
        let authority: CertificateAuthority
        let listener: APIListener
        private let inbox = Inbox()
        private let ended = DispatchSemaphore(value: 0)

        init(limits: ServerLimits = ServerLimits(), audit: AuditLog? = nil, programs: @escaping PodPrograms = { asked, _ in .success(EchoProgram(asked)) })
            throws
        {
            authority = try CertificateAuthority()
            listener = try APIListener(
                identity: try authority.server(for: ["127.0.0.1", "localhost"]), authority: authority, inbox: inbox, limits: limits)
            let (inbox, ended, start) = (inbox, ended, Self.session)
            let thread = Thread {
                let served = ServedSession(start, api: APIServer(), inbox: inbox, audit: audit, programs: programs)
                served.run()
                ended.signal()
            }
            thread.stackSize = 8 << 20
            thread.start()
        }

        /// Three nodes, and a pod that runs.
        private static let session: Session = {
            let pod = """
                apiVersion: v1
                kind: Pod
                metadata: {name: solo}
                spec: {containers: [{name: c, image: app}]}
                """
            var overrides = InputOverrides()
            overrides.nodes = 3
            var session = Input(ManifestReader.read(text: pod, file: "solo"), overrides: overrides).makeSession().session
            session.advance(to: session.now + .seconds(60))
            session.isPaused = false
            session.speed = .times(1)
            return session
        }()

        func stop() {
            inbox.stop()
            ended.wait()
            listener.close()
        }

        /// A client of the administrator, or of nobody.
        func connect(as user: String? = "admin", groups: [String] = ["system:masters"], receiveBuffer: Int = 1 << 20) throws
            -> TestClient
        {
            try TestClient(
                port: listener.port, authority: authority, identity: try user.map { try authority.client(user: $0, groups: groups) },
                receiveBuffer: receiveBuffer)
        }
    }

    /// A connection, of TLS most often, that sends bytes and gathers what comes.
    final class TestClient: Sendable {
        private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let channel: any Channel
        private let ear: Ear

        convenience init(port: Int, authority: CertificateAuthority, identity: Identity?, receiveBuffer: Int) throws {
            let context = try TLSContext.client(of: "localhost", authority: authority.root.certificate, identity)
            try self.init(port, context, receiveBuffer: receiveBuffer)
        }
        /// - Parameters:
        ///   - context: nil for a connection without TLS.
        ///   - reads: whether it reads what comes, from the first.
        init(_ port: Int, _ context: TLSContext?, receiveBuffer: Int = 1 << 20, reads: Bool = true) throws {
            let ear = Ear()
            self.ear = ear
            channel = try ClientBootstrap(group: Self.group)
                .channelOption(.socketOption(.so_rcvbuf), value: .init(receiveBuffer))
                .channelOption(.autoRead, value: reads)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if let context { try channel.pipeline.syncOperations.addHandler(TLSHandler(context)) }
                        try channel.pipeline.syncOperations.addHandler(ear)
                    }
                }
                .connect(host: "127.0.0.1", port: port).wait()
        }

        private final class Ear: ChannelInboundHandler, Sendable {
            typealias InboundIn = ByteBuffer
            let heard = Mutex<(bytes: [UInt8], error: String, isOver: Bool)>(([], "", false))
            func channelRead(context: ChannelHandlerContext, data: NIOAny) {
                let bytes = Array(unwrapInboundIn(data).readableBytesView)
                heard.withLock { $0.bytes += bytes }
            }
            func channelInactive(context: ChannelHandlerContext) { heard.withLock { $0.isOver = true } }
            func errorCaught(context: ChannelHandlerContext, error: any Error) {
                heard.withLock { $0.error = "\(error)" }
                context.close(promise: nil)
            }
        }

        func send(_ text: String) { send(Array(text.utf8)) }
        func send(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }
        func close() { channel.close(promise: nil) }
        /// From now on it reads what comes, or does not.
        func reads(_ reads: Bool) throws { try channel.setOption(.autoRead, value: reads).wait() }
        var bytes: [UInt8] { ear.heard.withLock { $0.bytes } }
        /// What ended it; empty if nothing did.
        var error: String { ear.heard.withLock { $0.error } }
        var text: String { String(decoding: bytes, as: UTF8.self) }
        /// The head of an answer, and what follows it.
        var head: String? { text.range(of: "\r\n\r\n").map { String(text[..<$0.upperBound]) } }
        var body: [UInt8] { Array(bytes.dropFirst(bytes.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound ?? bytes.count)) }
        /// What follows the head, without the lengths of its chunks.
        var unchunked: [UInt8] {
            var rest = body[...]
            var result: [UInt8] = []
            while let end = rest.firstIndex(of: 0x0d), let count = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16), count > 0 {
                result += rest.dropFirst(end - rest.startIndex + 2).prefix(count)
                rest = rest.dropFirst(end - rest.startIndex + 4 + count)
            }
            return result
        }
        var isOver: Bool { ear.heard.withLock { $0.isOver } }

        /// Waits until what was heard is as wanted; returns whether that came true within so many seconds.
        func wait(_ seconds: Double = 10, until isDone: (String) -> Bool) -> Bool {
            let end = DispatchTime.now().uptimeNanoseconds + UInt64(seconds * 1e9)
            while DispatchTime.now().uptimeNanoseconds < end {
                if isDone(text) { return true }
                usleep(2000)
            }
            return isDone(text)
        }
        func waitForEnd(_ seconds: Double = 10) -> Bool { wait(seconds) { _ in isOver } }

        /// Sends a request and waits for an answer with a body of known length.
        func answer(_ request: String) -> String {
            let before = bytes.count
            send(request)
            var found = ""
            _ = wait { _ in
                found = String(decoding: bytes.dropFirst(before), as: UTF8.self)
                guard let end = found.range(of: "\r\n\r\n"), let length = found.firstMatch(of: /[Cc]ontent-[Ll]ength: ([0-9]+)/), let count = Int(length.1)
                else { return isOver }
                return found[end.upperBound...].utf8.count >= count
            }
            return found
        }
    }

    /// Says what it hears.
    struct EchoProgram: PodProgram {
        private let asked: APIPodSession
        private var isFirst = true

        init(_ asked: APIPodSession) { self.asked = asked }

        mutating func receive(_ input: PodInput, in session: inout Session) -> [PodOutput] {
            switch input {
            case .stdin(let bytes): [.stdout(bytes)]
            case .stdinEnd: [.exit(0)]
            case .resize(let width, let height): [.stdout(Array("\(width)x\(height)\n".utf8))]
            case .data(let id, let bytes): [.data(id: id, bytes)]
            case .close(let id): [.closed(id: id, error: nil)]
            case .connect, .gone: []
            }
        }

        mutating func news(in session: inout Session) -> [PodOutput] {
            guard isFirst, case .exec(let command) = asked.kind else { return [] }
            isFirst = false
            return [.stdout(Array((command.joined(separator: " ") + "\n").utf8))] + (asked.stdin ? [] : [.exit(0)])
        }
    }
#endif
