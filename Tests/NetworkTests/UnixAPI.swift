// An API server on a Unix socket that answers with what was recorded, and with the faults that a test wants.

#if Network
    import Foundation
    import KubernetesAPI
    import NIOCore
    import NIOHTTP1
    import NIOPosix
    import Network
    import Simulation
    import SimulationKit
    import Synchronization

    /// What a request is answered with.
    enum UnixAnswer: Sendable {
        case json(Int, JSONValue, headers: [(String, String)] = [])
        case bytes([UInt8])
        case text(Int, String)
        /// Byte by byte, with a pause after each.
        case slow(JSONValue)
        /// A stream that stays open for what is pushed.
        case stream([String])
        /// So many bytes of what was promised, then nothing more.
        case cutOff(JSONValue, after: Int)
        /// Nothing at all.
        case silence

        static func status(_ code: Int, _ message: String, headers: [(String, String)] = []) -> UnixAnswer {
            .json(code, ["kind": "Status", "apiVersion": "v1", "status": "Failure", "message": .string(message), "code": .int(Int64(code))], headers: headers)
        }
    }

    final class UnixAPI: Sendable {
        private struct State: Sendable {
            var requests: [(method: String, uri: String)] = []
            var lists: [String: JSONValue] = [:]
            var faults: [(path: String, answer: UnixAnswer, times: Int)] = []
            var watches: [String: [any Channel]] = [:]
            var channel: (any Channel)?
        }
        static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let socket: String
        private let state = Mutex(State())

        init() throws {
            var name = Array("/tmp/evenkeel-test.XXXXXX".utf8CString)
            guard mkdtemp(&name) != nil else { throw POSIXError(.EIO) }
            socket = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self) + "/s"
            let recorded = try Self.recorded("lists.jsonl")
            state.withLock { state in
                for line in recorded { state.lists[line["path"]?.string ?? ""] = line["body"] }
            }
            try start()
        }

        /// The lines of a recorded file.
        static func recorded(_ name: String) throws -> [JSONValue] {
            let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recorded/\(name)")
            return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { try JSONParser.read(Array($0.utf8)).value }
        }

        func start() throws {
            unlink(socket)
            let channel = try ServerBootstrap(group: Self.group)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                        try channel.pipeline.syncOperations.addHandler(Handler(self))
                    }
                }
                .bind(unixDomainSocketPath: socket).wait()
            state.withLock { $0.channel = channel }
        }

        /// Nobody listens any more, and all streams end.
        func stop() {
            let (channel, streams) = state.withLock { state in
                defer { state.watches = [:] }
                return (state.channel, state.watches.values.flatMap { $0 })
            }
            try? channel?.close().wait()
            for stream in streams { stream.close(promise: nil) }
        }

        func remove() {
            stop()
            unlink(socket)
            rmdir((socket as NSString).deletingLastPathComponent)
        }

        var requests: [(method: String, uri: String)] { state.withLock { $0.requests } }
        /// What was asked of a path, queries included.
        func uris(_ path: String) -> [String] { requests.map(\.uri).filter { $0 == path || $0.hasPrefix(path + "?") } }
        func set(_ path: String, _ list: JSONValue?) { state.withLock { $0.lists[path] = list } }
        /// The next so many requests whose URI begins so are answered with this.
        func fail(_ path: String, _ answer: UnixAnswer, times: Int = 1) { state.withLock { $0.faults.append((path, answer, times)) } }
        /// Sends a line on the streams of a path; `ends`: and ends them in good order.
        func push(_ path: String, _ line: String, ends: Bool = false) {
            let channels = state.withLock { state in
                defer { if ends { state.watches[path] = [] } }
                return state.watches[path] ?? []
            }
            for channel in channels {
                channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: line))), promise: nil)
                if ends { channel.writeAndFlush(HTTPServerResponsePart.end(nil)).whenComplete { _ in channel.close(promise: nil) } }
            }
        }
        func watches(_ path: String) -> Int { state.withLock { $0.watches[path]?.count ?? 0 } }
        /// Tears the streams of a path.
        func tear(_ path: String) {
            let channels = state.withLock { state in
                defer { state.watches[path] = [] }
                return state.watches[path] ?? []
            }
            for channel in channels { channel.close(promise: nil) }
        }

        fileprivate func answer(_ method: String, _ uri: String, _ channel: any Channel) -> UnixAnswer {
            state.withLock { state in
                state.requests.append((method, uri))
                if let index = state.faults.firstIndex(where: { uri.hasPrefix($0.path) && $0.times > 0 }) {
                    state.faults[index].times -= 1
                    if case .stream = state.faults[index].answer { state.watches[Self.path(uri), default: []].append(channel) }
                    return state.faults[index].answer
                }
                let path = Self.path(uri)
                if path == "/version" { return .json(200, ["major": "1", "minor": "36", "gitVersion": "v1.36.2"]) }
                if uri.contains("watch=true") {
                    state.watches[path, default: []].append(channel)
                    return .stream([])
                }
                if let list = state.lists[path] { return .json(200, list) }
                if path.contains("configmaps") || path.contains("metrics.k8s.io") { return .status(404, "the server could not find the requested resource") }
                return .json(200, ["kind": "List", "apiVersion": "v1", "metadata": ["resourceVersion": "9000"], "items": []])
            }
        }
        private static func path(_ uri: String) -> String { String(uri.prefix { $0 != "?" }) }

        private final class Handler: ChannelInboundHandler {
            typealias InboundIn = HTTPServerRequestPart
            typealias OutboundOut = HTTPServerResponsePart
            private let api: UnixAPI
            private var head: HTTPRequestHead?
            init(_ api: UnixAPI) { self.api = api }

            func channelRead(context: ChannelHandlerContext, data: NIOAny) {
                switch unwrapInboundIn(data) {
                case .head(let head): self.head = head
                case .body: break
                case .end:
                    guard let head else { return }
                    reply(api.answer(head.method.rawValue, head.uri, context.channel), context)
                }
            }

            private func reply(_ answer: UnixAnswer, _ context: ChannelHandlerContext) {
                func begin(_ code: Int, _ more: [(String, String)] = []) {
                    let headers = HTTPHeaders([("Content-Type", "application/json")] + more)
                    context.write(
                        wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .init(statusCode: code), headers: headers))), promise: nil)
                }
                func body(_ bytes: [UInt8]) { context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil) }
                switch answer {
                case .json(let code, let json, let headers):
                    begin(code, headers)
                    body(Array(json.text().utf8))
                    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
                case .text(let code, let text):
                    begin(code)
                    body(Array(text.utf8))
                    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
                case .bytes(let bytes):
                    begin(200)
                    body(bytes)
                    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
                case .slow(let json):
                    begin(200)
                    dribble(ArraySlice(json.text().utf8), NIOLoopBound(context, eventLoop: context.eventLoop))
                case .stream(let lines):
                    begin(200)
                    body(Array(lines.joined().utf8))
                case .cutOff(let json, let count):
                    let bytes = Array(json.text().utf8)
                    begin(200, [("Content-Length", "\(bytes.count)")])
                    body(Array(bytes.prefix(count)))
                    context.close(promise: nil)
                case .silence: break
                }
            }

            private func dribble(_ bytes: ArraySlice<UInt8>, _ bound: NIOLoopBound<ChannelHandlerContext>) {
                let context = bound.value
                guard !bytes.isEmpty else {
                    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
                    return
                }
                context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes.prefix(64))))), promise: nil)
                let own = NIOLoopBound(self, eventLoop: context.eventLoop)
                context.eventLoop.scheduleTask(in: .milliseconds(1)) { own.value.dribble(bytes.dropFirst(64), bound) }
            }
        }
    }
#endif
