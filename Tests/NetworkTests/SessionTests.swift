// Sessions with pods in each protocol, against a program that echoes.

#if Network
    import SimulationKit
    import Testing

    @testable import Network

    @Suite struct SessionTests {
        private static let exec = "/api/v1/namespaces/default/pods/solo/exec?container=c&command=cat&stdout=true"

        // MARK: WebSocket

        /// A client that has asked for a WebSocket; nil if it did not get one.
        private func webSocket(_ server: TestServer, _ path: String, _ name: String?, _ more: String = "") throws -> (client: TestClient, head: String) {
            let client = try server.connect()
            let offer = name.map { "Sec-WebSocket-Protocol: \($0)\r\n" } ?? ""
            client.send(
                "GET \(path) HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\(offer)\(more)\r\n"
            )
            _ = client.wait { _ in client.head != nil }
            return (client, client.head ?? "")
        }

        /// A message as clients send it; masked with zeros.
        private func message(_ bytes: [UInt8], opcode: UInt8 = 2, isLast: Bool = true) -> [UInt8] {
            [opcode | (isLast ? 0x80 : 0), 0x80 | UInt8(bytes.count), 0, 0, 0, 0] + bytes
        }

        /// The messages that the server has sent.
        private func messages(_ client: TestClient) -> [(opcode: UInt8, bytes: [UInt8])] {
            var rest = client.body[...]
            var messages: [(UInt8, [UInt8])] = []
            while let first = rest.first, rest.count >= 2 {
                var length = Int(rest[rest.startIndex + 1])
                var header = 2
                if length == 126, rest.count >= 4 {
                    length = Int(rest[rest.startIndex + 2]) << 8 | Int(rest[rest.startIndex + 3])
                    header = 4
                }
                guard rest.count >= header + length else { break }
                messages.append((first & 0x0f, Array(rest.dropFirst(header).prefix(length))))
                rest = rest.dropFirst(header + length)
            }
            return messages
        }
        private func texts(_ client: TestClient) -> [String] {
            messages(client).map { "\($0.opcode):" + $0.bytes.map { (0x20..<0x7f).contains($0) ? String(UnicodeScalar($0)) : "<\($0)>" }.joined() }
        }

        @Test func `exec over version 5 is as recorded from a real server`() throws {
            let server = try TestServer()
            defer { server.stop() }
            let (client, head) = try webSocket(server, Self.exec + "&stdin=true", "v5.channel.k8s.io")
            #expect(
                head
                    == "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n"
            )
            // In two pieces, with a ping in between.
            client.send(message([0] + Array("hel".utf8), isLast: false) + message([7], opcode: 9) + message(Array("lo\n".utf8), opcode: 0))
            client.send(message([255, 0]))
            let ended = client.waitForEnd()
            #expect(ended)
            // The answer to the ping does not wait for the simulation.
            #expect(texts(client).contains("10:<7>"))
            #expect(
                texts(client).filter { $0 != "10:<7>" }
                    == ["2:<1>", "2:<1>cat<10>", "2:<1>hello<10>", #"2:<3>{"metadata":{},"status":"Success"}"#, "8:<3><232>"])
        }

        @Test func `version 4 knows a terminal's size, base64 is text`() throws {
            let server = try TestServer()
            defer { server.stop() }
            let (client, _) = try webSocket(server, Self.exec + "&stdin=true&tty=true", "foo, v4.channel.k8s.io, v5.channel.k8s.io")
            client.send(message([4] + Array(#"{"Width":120,"Height":40}"#.utf8)) + message([255, 0]) + message([0] + Array("x".utf8)))
            let heard = client.wait { _ in texts(client).count == 4 }
            #expect(heard)
            #expect(texts(client) == ["2:<1>", "2:<1>cat<10>", "2:<1>120x40<10>", "2:<1>x"])
            let (text, _) = try webSocket(server, Self.exec, "base64.channel.k8s.io")
            let ended = text.waitForEnd()
            #expect(ended)
            #expect(texts(text) == ["1:1", "1:1Y2F0Cg==", "8:<3><232>"])
        }

        @Test func `a port is forwarded over version 4 with its number at the start`() throws {
            let server = try TestServer()
            defer { server.stop() }
            let (client, _) = try webSocket(server, "/api/v1/namespaces/default/pods/solo/portforward?ports=80", "v4.channel.k8s.io")
            client.send(message([0] + Array("GET /".utf8)))
            let heard = client.wait { _ in texts(client).count == 3 }
            #expect(heard)
            #expect(texts(client) == ["2:<0>P<0>", "2:<1>P<0>", "2:<0>GET /"])
        }

        @Test func `who offers no protocol gets the oldest form`() throws {
            let server = try TestServer()
            defer { server.stop() }
            let (forward, head) = try webSocket(server, "/api/v1/namespaces/default/pods/solo/portforward?ports=80", nil)
            #expect(head.hasPrefix("HTTP/1.1 101 ") && !head.contains("Protocol:"))
            forward.send(message([0] + Array("GET /".utf8)))
            let heard = forward.wait { _ in texts(forward).count == 3 }
            #expect(heard)
            #expect(texts(forward) == ["2:<0>P<0>", "2:<1>P<0>", "2:<0>GET /"])
            let (exec, _) = try webSocket(server, Self.exec, nil)
            let ended = exec.waitForEnd()
            #expect(ended)
            #expect(texts(exec) == ["2:<1>", "2:<1>cat<10>", "8:<3><232>"])
        }

        @Test func `a log on a WebSocket begins with an empty message and ends`() throws {
            let server = try TestServer()
            defer { server.stop() }
            let path = "/api/v1/namespaces/default/pods/solo/log?container=c"
            let plain = try server.connect().answer("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
            let (client, head) = try webSocket(server, path, "binary.k8s.io")
            #expect(head.contains("Sec-WebSocket-Protocol: binary.k8s.io\r\n"))
            let ended = client.waitForEnd()
            #expect(ended)
            let heard = messages(client)
            #expect(heard.map(\.opcode) == [2, 2, 8] && heard[0].bytes.isEmpty && !heard[1].bytes.isEmpty)
            // It may have gone on meanwhile.
            let first = plain.split(separator: "\r\n\r\n", maxSplits: 1).last?.split(separator: "\n").first ?? "none"
            #expect(String(decoding: heard[1].bytes, as: UTF8.self).hasPrefix(first))
            let (text, _) = try webSocket(server, path, "base64.binary.k8s.io")
            let over = text.waitForEnd()
            #expect(over && messages(text).map(\.opcode) == [1, 1, 8])
            let (refused, no) = try webSocket(server, path, "foo")
            _ = refused.waitForEnd()
            #expect(no.hasPrefix("HTTP/1.1 403 "))
            let (none, missing) = try webSocket(server, "/api/v1/namespaces/default/pods/none/log", "binary.k8s.io")
            _ = none.waitForEnd()
            #expect(missing.hasPrefix("HTTP/1.1 404 "))
        }

        @Test func `a watch on a WebSocket is a message an event, for whoever names an origin`() throws {
            let server = try TestServer()
            defer { server.stop() }
            let path = "/api/v1/nodes?watch=true&timeoutSeconds=1"
            let (refused, no) = try webSocket(server, path, "")
            _ = refused.waitForEnd()
            #expect(no.hasPrefix("HTTP/1.1 403 ") && refused.body.isEmpty)
            let (client, head) = try webSocket(server, path, nil, "Origin: https://x\r\n")
            #expect(head.hasPrefix("HTTP/1.1 101 "))
            let ended = client.waitForEnd()
            #expect(ended)
            let heard = messages(client)
            #expect(heard.map(\.opcode) == [1, 1, 1, 8])
            #expect(heard.prefix(3).allSatisfy { String(decoding: $0.bytes, as: UTF8.self).hasPrefix(#"{"type":"ADDED","object":{"kind":"Node""#) })
        }

        @Test func `a WebSocket through the proxy is the pod's own, and each message comes back as it was written`() throws {
            let server = try TestServer(programs: SimulatedPrograms.find)
            defer { server.stop() }
            let path = "/api/v1/namespaces/default/pods/solo:80/proxy/chat"
            let (client, head) = try webSocket(server, path, "a, b")
            #expect(head.hasPrefix("HTTP/1.1 101 ") && head.contains("Sec-WebSocket-Protocol: a\r\n"))
            client.send(message(Array("hello".utf8), opcode: 1))
            _ = client.wait { _ in texts(client).count == 1 }
            client.send(message([1, 2], opcode: 2))
            let heard = client.wait { _ in texts(client).count == 2 }
            #expect(heard && texts(client) == ["1:hello", "2:<1><2>"])
            let (none, refused) = try webSocket(server, path.replacing("solo", with: "none"), nil)
            _ = none.waitForEnd()
            #expect(refused.hasPrefix("HTTP/1.1 404 "))
        }

        @Test func `what cannot be upgraded is refused as upstream does`() throws {
            let server = try TestServer()
            defer { server.stop() }
            let (client, head) = try webSocket(server, Self.exec, "foo.example")
            #expect(head.hasPrefix("HTTP/1.1 403 Forbidden\r\n"))
            let ended = client.waitForEnd()
            #expect(ended && client.body.isEmpty)
            let plain = try server.connect().answer("GET \(Self.exec) HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(plain.hasPrefix("HTTP/1.1 400 ") && plain.contains("Upgrade request required"))
        }

        // MARK: SPDY

        /// Opens a stream; the headers are stored in the zlib stream, not packed.
        private func open(_ id: UInt8, _ headers: [(String, String)], isFirst: Bool, isLast: Bool = false) -> [UInt8] {
            func word(_ number: Int) -> [UInt8] { [UInt8(number >> 24), UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255)] }
            let block = word(headers.count) + headers.flatMap { word($0.0.utf8.count) + $0.0.utf8 + word($0.1.utf8.count) + $0.1.utf8 }
            let stored = (isFirst ? [0x78, 0x01] : []) + [0, UInt8(block.count), 0, ~UInt8(block.count), 0xff] + block
            return [0x80, 3, 0, 1, isLast ? 1 : 0] + word(10 + stored.count).dropFirst() + [0, 0, 0, id, 0, 0, 0, 0, 0, 0] + stored
        }

        private func frames(_ bytes: [UInt8]) throws -> [SPDYFrame] {
            var decoder = SPDYDecoder()
            return try decoder.take(bytes)
        }

        @Test func `exec over SPDY takes its streams in any order, and ends with a Status`() throws {
            let server = try TestServer()
            defer { server.stop() }
            let client = try server.connect()
            client.send(
                "POST \(Self.exec)&stdin=true HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nUpgrade: SPDY/3.1\r\nConnection: Upgrade\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n"
            )
            let upgraded = client.wait { _ in client.head != nil }
            #expect(upgraded)
            #expect(client.head?.contains("X-Stream-Protocol-Version: v4.channel.k8s.io\r\n") == true)
            client.send(
                open(1, [("streamtype", "stdin")], isFirst: true) + SPDYEncoder.ping(1) + open(3, [("streamtype", "stdout")], isFirst: false)
                    + open(5, [("streamtype", "error")], isFirst: false) + SPDYEncoder.data(1, Array("hello".utf8), isLast: true))
            let ended = client.waitForEnd()
            #expect(ended)
            let said = try frames(client.body).filter { $0 != .other }
            let status = Array(#"{"metadata":{},"status":"Success"}"#.utf8)
            #expect(
                said == [
                    .ping(id: 1), .data(id: 3, bytes: Array("cat\n".utf8), isLast: false), .data(id: 3, bytes: Array("hello".utf8), isLast: false),
                    .data(id: 3, bytes: [], isLast: true), .data(id: 5, bytes: status, isLast: true),
                ])
        }

        @Test func `two connections are forwarded through the tunnel of SPDY in a WebSocket`() throws {
            let server = try TestServer()
            defer { server.stop() }
            let (client, head) = try webSocket(server, "/api/v1/namespaces/default/pods/solo/portforward", "SPDY/3.1+portforward.k8s.io")
            #expect(head.hasPrefix("HTTP/1.1 101 "))
            func headers(_ type: String, _ request: String) -> [(String, String)] { [("streamtype", type), ("port", "80"), ("requestid", request)] }
            let opening =
                open(1, headers("error", "0"), isFirst: true, isLast: true) + open(3, headers("data", "0"), isFirst: false)
            client.send(message(opening.prefix(70).map { $0 }) + message(Array(opening.dropFirst(70))))
            client.send(message(SPDYEncoder.data(3, Array("one".utf8))))
            client.send(message(open(5, headers("error", "1"), isFirst: false, isLast: true)))
            client.send(message(open(7, headers("data", "1"), isFirst: false)))
            client.send(message(SPDYEncoder.data(7, Array("two".utf8), isLast: true)))
            client.send(message(open(9, headers("what", "2"), isFirst: false)))
            func said() -> [SPDYFrame] { ((try? frames(messages(client).flatMap(\.bytes))) ?? []).filter { $0 != .other } }
            let heard = client.wait { _ in said().count == 5 }
            #expect(heard)
            let expected: [SPDYFrame] = [
                .data(id: 3, bytes: Array("one".utf8), isLast: false), .data(id: 7, bytes: Array("two".utf8), isLast: false),
                .data(id: 5, bytes: [], isLast: true), .data(id: 7, bytes: [], isLast: true), .reset(id: 9),
            ]
            #expect(said().allSatisfy(expected.contains))
        }

        @Test func `headers packed with SPDY's dictionary are read`() throws {
            #expect(SPDYDictionary.bytes.count == 1423)
            let packed = [
                "80030001000000280000000100000000000078bbe3c6a7c202a62346703a2b294a4dcc851625aca9a08006000000ffff",
                "800300010000001700000003000000000000c22e555c02cc2e00000000ffff", "800300010000001900000005000000000000c22a054ce729f9a52500000000ffff",
            ]
            var decoder = SPDYDecoder()
            var found: [SPDYFrame] = []
            for hex in packed { found += try decoder.take(stride(from: 0, to: hex.count, by: 2).map { UInt8(hex.dropFirst($0).prefix(2), radix: 16) ?? 0 }) }
            #expect(
                found
                    == [(1, "error"), (3, "stdin"), (5, "stdout")].map {
                        .synStream(id: $0.0, headers: [SPDYHeader(name: "streamtype", value: $0.1)], isLast: false)
                    })
        }

        @Test func `replies are one zlib stream, each flushed`() {
            var encoder = SPDYEncoder()
            #expect(encoder.reply(to: 1).suffix(20) == [0, 0, 0, 1, 0x78, 0x01, 0, 4, 0, 0xfb, 0xff, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff])
            #expect(encoder.reply(to: 3) == [0x80, 3, 0, 2, 0, 0, 0, 18, 0, 0, 0, 3, 0, 4, 0, 0xfb, 0xff, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff])
        }

        @Test func `no bytes make the SPDY decoder trap or wait for more than it takes`() {
            let valid =
                open(1, [("streamtype", "error")], isFirst: true) + SPDYEncoder.data(1, [1, 2, 3]) + SPDYEncoder.ping(3)
                + open(3, [("streamtype", "data")], isFirst: false)
            var random = SeededRandom(seed: 15, stream: "spdy")
            for round in 0..<2000 {
                var bytes = round % 2 == 0 ? valid : (0..<64).map { _ in UInt8.random(in: 0...255, using: &random) }
                for _ in 0..<(1 + round % 4) { bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random) }
                var decoder = SPDYDecoder()
                do throws(SPDYError) {
                    for byte in bytes { _ = try decoder.take([byte]) }
                } catch {
                    #expect(!error.message.isEmpty)
                }
            }
        }
    }
#endif
