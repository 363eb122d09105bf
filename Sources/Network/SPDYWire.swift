// Sessions with pods over SPDY/3.1, on a connection of its own or inside a WebSocket.

#if Network
    import APIServer

    /// The streams of a SPDY connection, by what the client says they are for.
    final class SPDYWire: SessionWire {
        private let asked: APIPodSession
        private let ends: WireEnds
        private var decoder = SPDYDecoder()
        private var encoder = SPDYEncoder()
        /// exec and attach: `stdin`, `stdout`, `stderr`, `error`, `resize` and their streams.
        private var streams: [String: UInt32] = [:]
        /// What the program said before the streams for it were there.
        private var early: [PodOutput] = []
        /// port-forward: the streams for errors by the client's number of the connection, and the connections.
        private var errorStreams: [String: UInt32] = [:]
        private var connections: [UInt32: (errorStream: UInt32?, isOpen: Bool)] = [:]
        private var isOver = false

        /// So many connections through one session at once; more are refused.
        private static let mostConnections = 1000

        init(_ asked: APIPodSession, _ ends: WireEnds) { (self.asked, self.ends) = (asked, ends) }

        private var isPortForward: Bool { if case .portForward = asked.kind { true } else { false } }

        func start() {}

        func receive(_ bytes: [UInt8]) {
            if isOver { return }
            do throws(SPDYError) {
                for frame in try decoder.take(bytes) { take(frame) }
            } catch {
                finish()
            }
        }

        private func finish() {
            if isOver { return }
            isOver = true
            ends.end()
        }

        private func take(_ frame: SPDYFrame) {
            switch frame {
            case .synStream(let id, let headers, let isLast):
                func header(_ name: String) -> String { headers.first { $0.name == name }?.value ?? "" }
                open(id, type: header("streamtype"), request: header("requestid"), port: Int(header("port")))
                if isLast { close(id) }
            case .data(let id, let bytes, let isLast):
                if !bytes.isEmpty { hear(bytes, on: id) }
                if isLast { close(id) }
            case .reset(let id): close(id)
            // Odd numbers are the client's own; they are sent back.
            case .ping(let id): if id % 2 == 1 { ends.emit(SPDYEncoder.ping(id)) }
            case .goAway, .other: break
            }
        }

        private func open(_ id: UInt32, type: String, request: String, port: Int?) {
            let isTaken = isPortForward ? openPort(id, type, request, port) : ["stdin", "stdout", "stderr", "error", "resize"].contains(type)
            guard isTaken else { return ends.emit(SPDYEncoder.reset(id)) }
            ends.emit(encoder.reply(to: id))
            if isPortForward {
                if type == "data", let port { ends.post(.connect(id: Int(id), port: port)) }
            } else {
                streams[type] = id
                if isComplete {
                    for output in early { write(output) }
                    early = []
                }
            }
        }

        /// Takes a stream of a forwarded connection; the one for its error comes first.
        private func openPort(_ id: UInt32, _ type: String, _ request: String, _ port: Int?) -> Bool {
            guard let port, (1...65_535).contains(port), connections.count < Self.mostConnections, errorStreams.count < Self.mostConnections else {
                return false
            }
            switch type {
            case "error": errorStreams[request] = id
            case "data": connections[id] = (errorStreams.removeValue(forKey: request), true)
            default: return false
            }
            return true
        }

        /// Whether all streams are there that the client will have made.
        private var isComplete: Bool {
            var wanted = ["error"]
            if asked.stdin { wanted.append("stdin") }
            if asked.stdout { wanted.append("stdout") }
            if asked.stderr, !asked.tty { wanted.append("stderr") }
            return wanted.allSatisfy { streams[$0] != nil }
        }

        private func hear(_ bytes: [UInt8], on id: UInt32) {
            if isPortForward {
                if connections[id]?.isOpen == true { ends.post(.data(id: Int(id), bytes)) }
            } else if streams["stdin"] == id {
                ends.post(.stdin(bytes))
            } else if streams["resize"] == id {
                for line in bytes.split(separator: UInt8(ascii: "\n")) { if let size = PodInput.resize(json: line) { ends.post(size) } }
            }
        }

        /// The client sends no more on a stream.
        private func close(_ id: UInt32) {
            if isPortForward {
                if connections[id]?.isOpen == true { ends.post(.close(id: Int(id))) }
            } else if streams["stdin"] == id {
                ends.post(.stdinEnd)
            }
        }

        func write(_ output: PodOutput) {
            if isOver { return }
            if !isPortForward, !isComplete { return early.append(output) }
            switch output {
            case .stdout(let bytes): send(bytes, on: streams["stdout"])
            case .stderr(let bytes): send(bytes, on: streams[asked.tty ? "stdout" : "stderr"])
            case .data(let id, let bytes): if let id = UInt32(exactly: id), connections[id]?.isOpen == true { send(bytes, on: id) }
            case .closed(let id, let error):
                guard let id = UInt32(exactly: id), let connection = connections.removeValue(forKey: id) else { return }
                send(Array((error ?? "").utf8), on: connection.errorStream, isLast: true)
                send([], on: id, isLast: true)
            case .exit, .failure:
                for name in ["stdout", "stderr"] { send([], on: streams[name], isLast: true) }
                send(Array((output.finalStatus?.text() ?? "").utf8), on: streams["error"], isLast: true)
                finish()
            }
        }

        /// In pieces, as io.Copy would.
        private func send(_ bytes: [UInt8], on id: UInt32?, isLast: Bool = false) {
            guard let id else { return }
            var rest = bytes[...]
            while rest.count > 32 << 10 {
                ends.emit(SPDYEncoder.data(id, rest.prefix(32 << 10)))
                rest = rest.dropFirst(32 << 10)
            }
            if isLast || !rest.isEmpty { ends.emit(SPDYEncoder.data(id, rest, isLast: isLast)) }
        }
    }
#endif
