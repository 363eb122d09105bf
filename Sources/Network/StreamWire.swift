// Watches and logs in the messages of a WebSocket, as browsers and some clients want them.

#if Network
    import APIServer
    import COpenSSL
    import Foundation
    import NIOHTTP1

    extension StreamForm {
        /// The subprotocol that is chosen, or none, and how its messages are written.
        ///
        /// - Source: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/watch.go, `HandleWS`;
        ///   staging/src/k8s.io/apimachinery/pkg/util/httpstream/wsstream/stream.go.
        func webSocket(for head: HTTPRequestHead) throws(SessionProtocol.Refusal) -> (name: String, framing: WebSocketMessages.Framing) {
            let offered = head.webSocketProtocols
            switch self {
            case .watch:
                // Not for whoever does not say where he comes from, as browsers do.
                guard head.headers.contains(name: "origin") else { throw SessionProtocol.Refusal(response: APIResponse(status: 403) { [] }) }
                guard offered.count <= 1 else { throw SessionProtocol.Refusal(response: APIResponse(status: 400) { [] }) }
                return (offered.first ?? "", .text)
            case .log:
                for name in offered.isEmpty ? [""] : offered {
                    if name == "base64.binary.k8s.io" { return (name, .base64) }
                    if ["", "binary.k8s.io"].contains(name) { return (name, .binary) }
                }
                throw SessionProtocol.Refusal(response: APIResponse(status: 403) { [] })
            }
        }
    }

    /// A stream that only the server writes to.
    final class StreamWire: SessionWire {
        private let form: StreamForm
        private let ends: WireEnds
        private static let largestPiece = 32 << 10

        init(_ form: StreamForm, _ ends: WireEnds) { (self.form, self.ends) = (form, ends) }

        /// A log begins with an empty message, so that the client knows that it is connected.
        func start() { if form == .log { ends.emit([]) } }
        func receive(_ bytes: [UInt8]) {}
        func write(_ output: PodOutput) {
            switch output {
            // Each event is a message; a log has none of its own.
            case .stdout(let bytes) where form == .watch: ends.emit(bytes)
            case .stdout(let bytes):
                var rest = bytes[...]
                while !rest.isEmpty {
                    ends.emit(Array(rest.prefix(Self.largestPiece)))
                    rest = rest.dropFirst(Self.largestPiece)
                }
            case .exit, .failure: ends.end()
            case .stderr, .data, .closed: break
            }
        }
    }

    extension HTTPRequestHead {
        var asksForWebSocket: Bool { headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" } }
        /// The subprotocols that are offered, in their order.
        var webSocketProtocols: [String] { headers[canonicalForm: "sec-websocket-protocol"].map(String.init).filter { !$0.isEmpty } }

        /// The head that makes a WebSocket of a connection. RFC 6455, section 4.2.2.
        func webSocketAnswer(protocol name: String) -> String {
            let key = headers.first(name: "sec-websocket-key") ?? ""
            let text = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
            var digest = [UInt8](repeating: 0, count: 20)
            SHA1(text, text.count, &digest)
            let accepted = Data(digest).base64EncodedString()
            let chosen = name.isEmpty ? "" : "Sec-WebSocket-Protocol: \(name)\r\n"
            return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: \(accepted)\r\n\(chosen)\r\n"
        }
    }
#endif
