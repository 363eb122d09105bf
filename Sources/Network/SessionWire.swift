// Sessions with pods as the bytes of each protocol: channels of a WebSocket, and streams of SPDY.

#if Network
    import APIServer
    import Foundation
    import KubernetesAPI

    /// The client's end of a session, whatever the protocol. Used on one event loop.
    protocol SessionWire: AnyObject {
        /// The session has begun.
        func start()
        /// Bytes from the client: one message of a WebSocket, or whatever came on a plain connection.
        func receive(_ bytes: [UInt8])
        /// Something that the program says.
        func write(_ output: PodOutput)
    }

    /// What a wire does to the world.
    struct WireEnds {
        /// Sends bytes to the client: a message of its own on a WebSocket.
        var emit: ([UInt8]) -> Void
        /// Tells the program.
        var post: (PodInput) -> Void
        /// Ends the session once everything is sent.
        var end: () -> Void
    }

    extension PodOutput {
        /// The Status that ends exec and attach, as the error stream carries it; nil if this is no end.
        ///
        /// - Source: staging/src/k8s.io/kubelet/pkg/cri/streaming/remotecommand/exec.go
        var finalStatus: JSONValue? {
            switch self {
            case .exit(0): ["metadata": [:], "status": "Success"]
            case .exit(let code):
                [
                    "metadata": [:], "status": "Failure",
                    "message": .string("command terminated with non-zero exit code: command terminated with exit code \(code)"),
                    "reason": "NonZeroExitCode", "details": ["causes": [["reason": "ExitCode", "message": .string("\(code)")]]],
                ]
            case .failure(let text):
                [
                    "metadata": [:], "status": "Failure", "message": .string("Internal error occurred: \(text)"), "reason": "InternalError",
                    "details": ["causes": [["message": .string(text)]]], "code": 500,
                ]
            default: nil
            }
        }
    }

    extension PodInput {
        /// `{"Width":120,"Height":40}`; nil if the bytes are none.
        static func resize(json bytes: some Collection<UInt8>) -> PodInput? {
            guard let size = try? JSONDecoder().decode([String: Int].self, from: Data(bytes)), let width = size["Width"], let height = size["Height"],
                width > 0, height > 0
            else { return nil }
            return .resize(width: width, height: height)
        }
    }

    /// exec and attach on a WebSocket: the first byte of each message is its channel.
    final class ChannelWire: SessionWire {
        private let asked: APIPodSession
        /// Below 4 there is no Status at the end, only the text of a failure; from 5 on clients can end their input.
        private let version: Int
        private let ends: WireEnds

        init(_ asked: APIPodSession, version: Int, _ ends: WireEnds) { (self.asked, self.version, self.ends) = (asked, version, ends) }

        func start() {
            // The lowest channel that is written to, so that the client knows that it is connected.
            ends.emit([asked.stdout ? 1 : asked.stderr ? 2 : 3])
        }

        func receive(_ bytes: [UInt8]) {
            guard let channel = bytes.first else { return }
            let payload = bytes.dropFirst()
            switch channel {
            case 0 where asked.stdin: if !payload.isEmpty { ends.post(.stdin(Array(payload))) }
            case 4 where asked.tty: if let size = PodInput.resize(json: payload) { ends.post(size) }
            case 255 where version >= 5 && payload.first == 0: ends.post(.stdinEnd)
            default: break
            }
        }

        func write(_ output: PodOutput) {
            switch output {
            case .stdout(let bytes): if asked.stdout { ends.emit([1] + bytes) }
            // A terminal has one output.
            case .stderr(let bytes): if asked.tty { ends.emit([1] + bytes) } else if asked.stderr { ends.emit([2] + bytes) }
            case .data, .closed: break
            case .exit, .failure:
                if version >= 4 {
                    if let status = output.finalStatus { ends.emit([3] + status.text().utf8) }
                } else if case .failure(let text) = output {
                    ends.emit([3] + text.utf8)
                }
                ends.end()
            }
        }
    }

    /// A WebSocket that a pod's program speaks itself: messages as they are.
    final class MessageWire: SessionWire {
        private let ends: WireEnds
        init(_ ends: WireEnds) { self.ends = ends }

        func start() {}
        func receive(_ bytes: [UInt8]) { ends.post(.stdin(bytes)) }
        func write(_ output: PodOutput) {
            switch output {
            case .stdout(let bytes): ends.emit(bytes)
            case .exit, .failure: ends.end()
            case .stderr, .data, .closed: break
            }
        }
    }

    /// port-forward on a plain WebSocket: two channels for each port of the request, one for data and one for an error.
    final class PortWire: SessionWire {
        private let ports: [Int]
        private let ends: WireEnds
        private var open: Set<Int>

        init(ports: [Int], _ ends: WireEnds) {
            (self.ports, self.ends) = (ports, ends)
            open = Set(ports.indices)
        }

        func start() {
            for (index, port) in ports.enumerated() {
                for channel in [index * 2, index * 2 + 1] { ends.emit([UInt8(channel & 0xff), UInt8(port & 0xff), UInt8(port >> 8 & 0xff)]) }
                ends.post(.connect(id: index, port: port))
            }
        }

        func receive(_ bytes: [UInt8]) {
            guard let channel = bytes.first.map(Int.init), channel % 2 == 0, open.contains(channel / 2), bytes.count > 1 else { return }
            ends.post(.data(id: channel / 2, Array(bytes.dropFirst())))
        }

        func write(_ output: PodOutput) {
            switch output {
            case .data(let id, let bytes): ends.emit([UInt8(id * 2 & 0xff)] + bytes)
            case .closed(let id, let error):
                if let error { ends.emit([UInt8((id * 2 + 1) & 0xff)] + error.utf8) }
                open.remove(id)
                if open.isEmpty { ends.end() }
            case .exit, .failure: ends.end()
            case .stdout, .stderr: break
            }
        }
    }
#endif
